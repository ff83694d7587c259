using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace FlowEngine.Kernels.Cpu;

/// <summary>
/// Turns panels, [channel][32 pixels], into pixel-major column panels, [column panel][pixel][32 channels].
/// </summary>
internal static unsafe class PixelMajor
{
    private const int Lanes = SimdMath.Width;

    /// <summary>Channels of a column panel.</summary>
    public const int Columns = MicroKernel.Columns;

    /// <summary>Channels of a panel that is to be turned: a multiple of 16.</summary>
    public static int PaddedChannels(int channels) => (channels + Lanes - 1) / Lanes * Lanes;

    /// <summary>The number of column panels.</summary>
    public static int ColumnPanels(int channels) => (channels + Columns - 1) / Columns;

    /// <summary>Turns one panel.</summary>
    /// <param name="panel">The panel, <see cref="PaddedChannels"/> rows.</param>
    /// <param name="channels">Its padded channels.</param>
    /// <param name="target">This panel's first pixel in the first column panel.</param>
    /// <param name="columnPanelStride">From one column panel to the next.</param>
    /// <param name="sums">Receives the sum over the 32 pixels of each channel, if not null.</param>
    public static void Turn(float* panel, int channels, float* target, nint columnPanelStride, float* sums)
    {
        for (int channel = 0; channel < channels; channel += Lanes)
        {
            float* to = target + (channel / Columns * columnPanelStride) + (channel % Columns);
            float* from = panel + (channel * Columns);
            Vector512<float> sum = TransposeBlock(from, Columns, to, Columns);
            sum += TransposeBlock(from + Lanes, Columns, to + (Lanes * Columns), Columns);
            if (sums is not null)
            {
                sum.Store(sums + channel);
            }
        }
    }

    /// <summary>Adds the sums of some panels, one after the other, and the result to the target.</summary>
    /// <param name="sums">From <see cref="Turn"/>.</param>
    /// <param name="stride">From one panel's sums to the next.</param>
    /// <param name="panels">How many panels.</param>
    /// <param name="channels">Their padded channels.</param>
    /// <param name="target">Added to.</param>
    public static void AddSums(float* sums, nint stride, int panels, int channels, float* target)
    {
        for (int channel = 0; channel < channels; channel += Lanes)
        {
            Vector512<float> sum = Vector512<float>.Zero;
            for (int panel = 0; panel < panels; panel++)
            {
                sum += Vector512.Load(sums + (panel * stride) + channel);
            }

            (Vector512.Load(target + channel) + sum).Store(target + channel);
        }
    }

    /// <summary>Transposes 16 x 16 floats.</summary>
    /// <param name="from">The block.</param>
    /// <param name="fromStride">From one of its rows to the next.</param>
    /// <param name="to">Its columns as rows.</param>
    /// <param name="toStride">From one of those to the next.</param>
    /// <returns>The sum of the 16 rows written.</returns>
    public static Vector512<float> TransposeBlock(float* from, nint fromStride, float* to, nint toStride)
    {
        if (Vector512.IsHardwareAccelerated)
        {
            return TransposeRows<VectorUnit512, Vector512<float>>(from, fromStride, to, toStride);
        }

        if (Vector256.IsHardwareAccelerated)
        {
            const int half = Lanes / 2;
            return Vector512.Create(
                TransposeRows<VectorUnit256, Vector256<float>>(from, fromStride, to, toStride),
                TransposeRows<VectorUnit256, Vector256<float>>(from + (half * fromStride), fromStride, to + half, toStride));
        }

        const int quarter = Lanes / 4;
        Vector512<float> sum = Vector512<float>.Zero;
        for (int row = 0; row < Lanes; row += quarter)
        {
            TransposeRows<VectorUnit128, Vector128<float>>(from + (row * fromStride), fromStride, to + row, toStride)
                .Store((float*)&sum + row);
        }

        return sum;
    }

    /// <summary>Transposes 16 rows of some columns into rows of 16.</summary>
    /// <param name="from">The first row.</param>
    /// <param name="fromStride">From one of them to the next.</param>
    /// <param name="columns">Columns, a multiple of four.</param>
    /// <param name="to">Columns as rows, without gaps.</param>
    public static void TransposeColumns(float* from, nint fromStride, int columns, float* to)
    {
        if (Vector512.IsHardwareAccelerated)
        {
            TransposeRows<VectorUnit512, Vector512<float>>(from, fromStride, to, Lanes, columns);
            return;
        }

        if (Vector256.IsHardwareAccelerated)
        {
            const int half = Lanes / 2;
            TransposeRows<VectorUnit256, Vector256<float>>(from, fromStride, to, Lanes, columns);
            TransposeRows<VectorUnit256, Vector256<float>>(from + (half * fromStride), fromStride, to + half, Lanes, columns);
            return;
        }

        for (int row = 0; row < Lanes; row += 4)
        {
            TransposeRows<VectorUnit128, Vector128<float>>(from + (row * fromStride), fromStride, to + row, Lanes, columns);
        }
    }

    /// <summary>Undoes <see cref="TransposeColumns"/>.</summary>
    /// <param name="from">Rows of 16, without gaps.</param>
    /// <param name="rows">Rows, a multiple of four.</param>
    /// <param name="to">The first of 16 rows.</param>
    /// <param name="toStride">From one of them to the next.</param>
    public static void TransposeBack(float* from, int rows, float* to, nint toStride)
    {
        for (int row = 0; row < rows; row += 4)
        {
            TransposeRows<VectorUnit128, Vector128<float>>(from + (row * Lanes), Lanes, to + row, toStride, Lanes);
        }
    }

    // As many rows as the unit has lanes. Four columns at a time as four-by-four transpositions side by side: no shuffle
    // crosses 128 bits.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector TransposeRows<TUnit, TVector>(
        float* from, nint fromStride, float* to, nint toStride, int columns = Lanes)
        where TUnit : IVectorUnit<TVector>
        where TVector : struct
    {
        TVector sum = default;
        for (int column = 0; column < columns; column += 4)
        {
            float* at = from + column;
            TVector r0 = TUnit.LoadFours(at, fromStride);
            TVector r1 = TUnit.LoadFours(at + fromStride, fromStride);
            TVector r2 = TUnit.LoadFours(at + (2 * fromStride), fromStride);
            TVector r3 = TUnit.LoadFours(at + (3 * fromStride), fromStride);
            TVector low01 = TUnit.UnpackLow(r0, r1);
            TVector high01 = TUnit.UnpackHigh(r0, r1);
            TVector low23 = TUnit.UnpackLow(r2, r3);
            TVector high23 = TUnit.UnpackHigh(r2, r3);
            TVector c0 = TUnit.UnpackLowPairs(low01, low23);
            TVector c1 = TUnit.UnpackHighPairs(low01, low23);
            TVector c2 = TUnit.UnpackLowPairs(high01, high23);
            TVector c3 = TUnit.UnpackHighPairs(high01, high23);
            float* row = to + (column * toStride);
            TUnit.Store(c0, row);
            TUnit.Store(c1, row + toStride);
            TUnit.Store(c2, row + (2 * toStride));
            TUnit.Store(c3, row + (3 * toStride));
            sum = TUnit.Add(sum, TUnit.Add(TUnit.Add(c0, c1), TUnit.Add(c2, c3)));
        }

        return sum;
    }
}
