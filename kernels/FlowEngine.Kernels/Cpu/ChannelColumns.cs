using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace FlowEngine.Kernels.Cpu;

/// <summary>Sums down the columns of a batch: over all pixels, for 16 channels at a time, in float64.</summary>
/// <remarks>Pixel p adds to the accumulator p mod 4; ((0 + 1) + (2 + 3)) at the end.</remarks>
internal readonly unsafe struct ChannelColumns(float* values, int pixels, int channels)
{
    public int Pixels => pixels;

    public int Channels => channels;

    /// <summary>totals[l] = Σ x[p, first + l]; lanes beyond the last channel are undefined.</summary>
    public void Sum(int first, double* totals)
    {
        LaneSum* sums = stackalloc LaneSum[4];
        for (int p = 0; p < pixels; p++)
        {
            sums[p & 3].Add(Load(p, first));
        }

        (sums[0] + sums[1] + (sums[2] + sums[3])).Store(totals);
    }

    /// <summary>totals[l] = Σ (x[p, first + l] - centers[l])².</summary>
    public void SumOfSquares(int first, double* centers, double* totals)
    {
        LaneSum* sums = stackalloc LaneSum[4];
        LaneSum center = LaneSum.Load(centers);
        for (int p = 0; p < pixels; p++)
        {
            sums[p & 3].AddSquare(Load(p, first), center);
        }

        (sums[0] + sums[1] + (sums[2] + sums[3])).Store(totals);
    }

    // A whole vector reaches into the next pixel, which is harmless, except at the end of the batch.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector512<float> Load(int pixel, int first)
    {
        long offset = ((long)pixel * channels) + first;
        long left = ((long)pixels * channels) - offset;
        return left >= SimdMath.Width ? Vector512.Load(values + offset) : Lanes.Load(values + offset, (int)left);
    }
}
