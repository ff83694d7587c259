using FlowEngine.Kernels;

namespace FlowEngine.Benchmarks;

/// <summary>What an ActNorm is initialized from: mean and deviation of each channel.</summary>
public class ActNormStatisticsBenchmarks : BandwidthBenchmarks
{
    private protected override IReadOnlyList<string> Passes { get; } = ["forward"];

    private protected override Operation Create(string pass, Arrays arrays, ModelShape shape)
    {
        BufferView x = arrays.Random(shape.Image.Length, 1, 0.5);
        BufferView mean = arrays.Zeros(shape.Image.Channels);
        BufferView deviation = arrays.Zeros(shape.Image.Channels);
        return new Operation(
            () => arrays.Backend.ActNormStatistics(shape.Image, x, mean, deviation), mean, deviation);
    }

    // All in.
    private protected override Work Count(string pass, ModelShape shape) =>
        new(0, sizeof(float) * (double)shape.Image.Length);
}
