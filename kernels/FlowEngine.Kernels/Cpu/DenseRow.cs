using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace FlowEngine.Kernels.Cpu;

/// <summary>A batch of one row through the products of a dense network, lane = output.</summary>
/// <remarks>
/// A panel has a lane for each row, so that one row would use one of them. Each output is the same chain of fused
/// multiply-adds as in <see cref="MicroKernel"/>, so it has the same bits.
/// </remarks>
internal static unsafe class DenseRow
{
    private const int Lanes = 4;

    /// <summary>target = finish(W source + b).</summary>
    /// <param name="layout">Where the weights lie.</param>
    /// <param name="prepared">The prepared weights.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="source">What it reads.</param>
    /// <param name="target">Receives its outputs, padded.</param>
    public static void Forward<TFinish>(
        in DenseNetworkLayout layout, float* prepared, int layer, float* source, float* target)
        where TFinish : IFinish
    {
        DenseNetworkLayout.PreparedLayer at = layout.At(layer);
        int inputs = layout.Shape.InputsOf(layer);
        int padded = layout.Padded(layer + 1);
        int output = 0;
        for (; output + (2 * StripProduct.StripRows) <= padded; output += 2 * StripProduct.StripRows)
        {
            Strips<TFinish>(prepared + at.Forward, prepared + at.Bias, output, inputs, source, target);
        }

        for (; output < padded; output += Lanes)
        {
            int strip = output / StripProduct.StripRows * StripProduct.StripRows;
            int rows = Math.Min(StripProduct.StripRows, padded - strip);
            float* weight = prepared + at.Forward + ((nint)strip * inputs) + (output - strip);
            Vector128<float> sum = Vector128.Load(prepared + at.Bias + output);
            for (int k = 0; k < inputs; k++, weight += rows)
            {
                sum = Add(weight, Vector128.Create(source[k]), sum);
            }

            Finish<TFinish>(sum, target + output);
        }
    }

    // Two full strips at a time: six chains keep the multiply-adders busy.
    private static void Strips<TFinish>(
        float* weights, float* bias, int output, int inputs, float* source, float* target)
        where TFinish : IFinish
    {
        bias += output;
        target += output;
        float* left = weights + ((nint)output * inputs);
        float* right = left + ((nint)StripProduct.StripRows * inputs);
        Vector128<float> l0 = Vector128.Load(bias);
        Vector128<float> l1 = Vector128.Load(bias + Lanes);
        Vector128<float> l2 = Vector128.Load(bias + (2 * Lanes));
        Vector128<float> r0 = Vector128.Load(bias + (3 * Lanes));
        Vector128<float> r1 = Vector128.Load(bias + (4 * Lanes));
        Vector128<float> r2 = Vector128.Load(bias + (5 * Lanes));
        for (int k = 0; k < inputs; k++, left += StripProduct.StripRows, right += StripProduct.StripRows)
        {
            Vector128<float> value = Vector128.Create(source[k]);
            l0 = Add(left, value, l0);
            l1 = Add(left + Lanes, value, l1);
            l2 = Add(left + (2 * Lanes), value, l2);
            r0 = Add(right, value, r0);
            r1 = Add(right + Lanes, value, r1);
            r2 = Add(right + (2 * Lanes), value, r2);
        }

        Finish<TFinish>(l0, target);
        Finish<TFinish>(l1, target + Lanes);
        Finish<TFinish>(l2, target + (2 * Lanes));
        Finish<TFinish>(r0, target + (3 * Lanes));
        Finish<TFinish>(r1, target + (4 * Lanes));
        Finish<TFinish>(r2, target + (5 * Lanes));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Add(float* weight, Vector128<float> value, Vector128<float> sum) =>
        Vector128.FusedMultiplyAdd(Vector128.Load(weight), value, sum);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Finish<TFinish>(Vector128<float> sum, float* target)
        where TFinish : IFinish =>
        TFinish.Apply<VectorUnit128, Vector128<float>>(sum, target, null).Store(target);
}
