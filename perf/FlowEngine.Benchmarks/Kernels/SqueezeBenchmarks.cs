using FlowEngine.Kernels;

namespace FlowEngine.Benchmarks;

/// <summary>Blocks of 2x2 pixels to channels and back: the squeeze that gives a level its shape.</summary>
public class SqueezeBenchmarks : BandwidthBenchmarks
{
    private const string Forward = "forward";
    private const string Inverse = "inverse";

    private protected override IReadOnlyList<string> Passes { get; } = [Forward, Inverse];

    private protected override Operation Create(string pass, Arrays arrays, ModelShape shape)
    {
        IBackend backend = arrays.Backend;
        ImageShape image = shape.Image;
        ImageShape before = new(image.Batch, 2 * image.Height, 2 * image.Width, image.Channels / 4);
        BufferView source = arrays.Random(image.Length);
        BufferView target = arrays.Zeros(image.Length);
        return pass == Forward
            ? new Operation(() => backend.SqueezeForward(before, source, target), target)
            : new Operation(() => backend.SqueezeInverse(before, source, target), target);
    }

    // All in, all out.
    private protected override Work Count(string pass, ModelShape shape) =>
        new(0, sizeof(float) * 2.0 * shape.Image.Length);
}
