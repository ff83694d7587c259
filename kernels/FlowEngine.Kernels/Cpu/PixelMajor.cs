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
        // Four columns at a time as four-by-four transpositions side by side: no shuffle crosses 128 bits.
        Vector512<float> sum = Vector512<float>.Zero;
        for (int column = 0; column < Lanes; column += 4)
        {
            float* at = from + column;
            Vector512<float> r0 = LoadFours(at, fromStride);
            Vector512<float> r1 = LoadFours(at + fromStride, fromStride);
            Vector512<float> r2 = LoadFours(at + (2 * fromStride), fromStride);
            Vector512<float> r3 = LoadFours(at + (3 * fromStride), fromStride);
            Vector512<float> low01 = Unpack.Low(r0, r1);
            Vector512<float> high01 = Unpack.High(r0, r1);
            Vector512<float> low23 = Unpack.Low(r2, r3);
            Vector512<float> high23 = Unpack.High(r2, r3);
            Vector512<float> c0 = Unpack.LowPairs(low01, low23);
            Vector512<float> c1 = Unpack.HighPairs(low01, low23);
            Vector512<float> c2 = Unpack.LowPairs(high01, high23);
            Vector512<float> c3 = Unpack.HighPairs(high01, high23);
            float* row = to + (column * toStride);
            c0.Store(row);
            c1.Store(row + toStride);
            c2.Store(row + (2 * toStride));
            c3.Store(row + (3 * toStride));
            sum += (c0 + c1) + (c2 + c3);
        }

        return sum;
    }

    // Four columns of rows 0, 4, 8 and 12 after the one given.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> LoadFours(float* at, nint stride) =>
        Vector512.Create(
            Vector256.Create(Vector128.Load(at), Vector128.Load(at + (4 * stride))),
            Vector256.Create(Vector128.Load(at + (8 * stride)), Vector128.Load(at + (12 * stride))));
}
