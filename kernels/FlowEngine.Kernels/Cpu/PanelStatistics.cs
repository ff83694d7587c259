using System.Runtime.Intrinsics;

namespace FlowEngine.Kernels.Cpu;

/// <summary>Mean and population deviation of one channel of panels, in float64.</summary>
internal readonly unsafe struct PanelStatistics(
    float* source, nint panelStride, long pixels, float* mean, float* deviation) : IJob
{
    public void Invoke(int index, int worker)
    {
        LaneSum sum = default;
        for (long pixel = 0; pixel < pixels; pixel += SimdMath.Width)
        {
            sum.Add(Load(index, pixel));
        }

        double average = sum.Total() / pixels;

        // Differences from a float near the mean: their squares lose nothing, and the rest of the mean is corrected.
        Vector512<float> pivot = Vector512.Create((float)average);
        LaneSum differences = default;
        LaneSum squares = default;
        for (long pixel = 0; pixel < pixels; pixel += SimdMath.Width)
        {
            Vector512<float> difference = Valid(Load(index, pixel) - pivot, pixel);
            differences.Add(difference);
            squares.AddSquare(difference);
        }

        double rest = differences.Total() / pixels;
        mean[index] = (float)average;
        deviation[index] = (float)Math.Sqrt(Math.Max(0, (squares.Total() / pixels) - (rest * rest)));
    }

    private Vector512<float> Load(int row, long pixel)
    {
        nint panel = (nint)(pixel / StripProduct.PanelWidth);
        nint at = (panel * panelStride) + (row * StripProduct.PanelWidth) + (nint)(pixel % StripProduct.PanelWidth);
        return Valid(Vector512.Load(source + at), pixel);
    }

    private Vector512<float> Valid(Vector512<float> value, long pixel) =>
        Lanes.First(value, (int)Math.Min(SimdMath.Width, pixels - pixel));
}
