using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace FlowEngine.Kernels.Cpu;

/// <summary>
/// A few rows of a plain matrix times one panel: what the sequential direction of a masked network needs.
/// </summary>
internal static unsafe class RowProduct
{
    private const int Width = StripProduct.PanelWidth;
    private const int Lanes = SimdMath.Width;

    /// <summary>target[row] = start[row] + Σ_k weights[row, k] · source[k], in the order of k.</summary>
    /// <param name="weights">The first row at the first k.</param>
    /// <param name="stride">From one row to the next.</param>
    /// <param name="rows">How many rows.</param>
    /// <param name="depth">How many k values.</param>
    /// <param name="start">One value per row, or null for 0.</param>
    /// <param name="source">The panel's row of the first k.</param>
    /// <param name="target">The panel's row of the first row.</param>
    public static void Multiply(
        float* weights, nint stride, int rows, int depth, float* start, float* source, float* target)
    {
        int row = 0;
        for (; row + 4 <= rows; row += 4)
        {
            FourRows(
                weights + (row * stride),
                stride,
                depth,
                start is null ? null : start + row,
                source,
                target + (row * Width));
        }

        for (; row < rows; row++)
        {
            OneRow(weights + (row * stride), depth, start is null ? 0 : start[row], source, target + (row * Width));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FourRows(float* weights, nint stride, int depth, float* start, float* source, float* target)
    {
        Vector512<float> c0a = Vector512.Create(start is null ? 0 : start[0]);
        Vector512<float> c1a = Vector512.Create(start is null ? 0 : start[1]);
        Vector512<float> c2a = Vector512.Create(start is null ? 0 : start[2]);
        Vector512<float> c3a = Vector512.Create(start is null ? 0 : start[3]);
        Vector512<float> c0b = c0a, c1b = c1a, c2b = c2a, c3b = c3a;
        for (int k = 0; k < depth; k++, source += Width, weights++)
        {
            Vector512<float> a = Vector512.Load(source);
            Vector512<float> b = Vector512.Load(source + Lanes);
            Vector512<float> w = Vector512.Create(weights[0]);
            c0a = Vector512.FusedMultiplyAdd(w, a, c0a);
            c0b = Vector512.FusedMultiplyAdd(w, b, c0b);
            w = Vector512.Create(weights[stride]);
            c1a = Vector512.FusedMultiplyAdd(w, a, c1a);
            c1b = Vector512.FusedMultiplyAdd(w, b, c1b);
            w = Vector512.Create(weights[2 * stride]);
            c2a = Vector512.FusedMultiplyAdd(w, a, c2a);
            c2b = Vector512.FusedMultiplyAdd(w, b, c2b);
            w = Vector512.Create(weights[3 * stride]);
            c3a = Vector512.FusedMultiplyAdd(w, a, c3a);
            c3b = Vector512.FusedMultiplyAdd(w, b, c3b);
        }

        Store(c0a, c0b, target);
        Store(c1a, c1b, target + Width);
        Store(c2a, c2b, target + (2 * Width));
        Store(c3a, c3b, target + (3 * Width));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void OneRow(float* weights, int depth, float start, float* source, float* target)
    {
        Vector512<float> a = Vector512.Create(start);
        Vector512<float> b = a;
        for (int k = 0; k < depth; k++, source += Width)
        {
            Vector512<float> w = Vector512.Create(weights[k]);
            a = Vector512.FusedMultiplyAdd(w, Vector512.Load(source), a);
            b = Vector512.FusedMultiplyAdd(w, Vector512.Load(source + Lanes), b);
        }

        Store(a, b, target);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector512<float> a, Vector512<float> b, float* target)
    {
        a.Store(target);
        b.Store(target + Lanes);
    }
}
