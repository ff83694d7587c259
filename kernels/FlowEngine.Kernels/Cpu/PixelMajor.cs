using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace FlowEngine.Kernels.Cpu;

/// <summary>Turns panels, [channel][32 pixels], into pixel-major column panels, [column panel][pixel][32 channels].</summary>
internal static unsafe class PixelMajor
{
    private const int Lanes = 16;

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
            Vector512<float> sum = TurnBlock(from, to);
            sum += TurnBlock(from + Lanes, to + (Lanes * Columns));
            if (sums is not null)
            {
                sum.Store(sums + channel);
            }
        }
    }

    // Transposes 16 x 16, both with rows of 32 floats, and returns the sum of the 16 rows written.
    [SkipLocalsInit]
    private static Vector512<float> TurnBlock(float* from, float* to)
    {
        // Four by four by 128-bit loads and stores: the quarter blocks need no shuffle across 128 bits.
        Vector512<float> sum = Vector512<float>.Zero;
        for (int pixel = 0; pixel < Lanes; pixel += 4)
        {
            float* at = from + pixel;
            Vector512<float> r0 = Gather(at);
            Vector512<float> r1 = Gather(at + Columns);
            Vector512<float> r2 = Gather(at + (2 * Columns));
            Vector512<float> r3 = Gather(at + (3 * Columns));
            Vector512<float> low01 = Unpack.Low(r0, r1);
            Vector512<float> high01 = Unpack.High(r0, r1);
            Vector512<float> low23 = Unpack.Low(r2, r3);
            Vector512<float> high23 = Unpack.High(r2, r3);
            Vector512<float> p0 = Unpack.LowPairs(low01, low23);
            Vector512<float> p1 = Unpack.HighPairs(low01, low23);
            Vector512<float> p2 = Unpack.LowPairs(high01, high23);
            Vector512<float> p3 = Unpack.HighPairs(high01, high23);
            float* row = to + (pixel * Columns);
            p0.Store(row);
            p1.Store(row + Columns);
            p2.Store(row + (2 * Columns));
            p3.Store(row + (3 * Columns));
            sum += (p0 + p1) + (p2 + p3);
        }

        return sum;
    }

    // Four pixels of channels 0, 4, 8 and 12 after the one given.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Gather(float* at) =>
        Vector512.Create(
            Vector256.Create(Vector128.Load(at), Vector128.Load(at + (4 * Columns))),
            Vector256.Create(Vector128.Load(at + (8 * Columns)), Vector128.Load(at + (12 * Columns))));
}
