using FlowEngine.Kernels;

namespace FlowEngine.Benchmarks;

/// <summary>The affine coupling alone.</summary>
public class CouplingBenchmarks : BandwidthBenchmarks
{
    private const string Forward = "forward";
    private const string Inverse = "inverse";
    private const string Backward = "backward";

    private protected override IReadOnlyList<string> Passes { get; } = [Forward, Inverse, Backward];

    private protected override Operation Create(string pass, Arrays arrays, ModelShape shape)
    {
        const CouplingKind Kind = CouplingKind.Affine;

        IBackend backend = arrays.Backend;
        ImageShape image = shape.Image;
        BufferView x = arrays.Random(image.Length);
        BufferView output = arrays.Random(image.Length);
        BufferView y = arrays.Zeros(image.Length);
        BufferView perImage = arrays.Random(image.Batch);
        if (pass == Backward)
        {
            BufferView dy = arrays.Random(image.Length);
            BufferView dOutput = arrays.Zeros(image.Length);
            return new Operation(
                () => backend.CouplingBackward(Kind, image, x, output, dy, perImage, y, dOutput), y, dOutput);
        }

        return pass == Forward
            ? new Operation(() => backend.CouplingForward(Kind, image, x, output, y, perImage), y, perImage)
            : new Operation(() => backend.CouplingInverse(Kind, image, x, output, y), y);
    }

    // Forward: x, r and t in, y out. Backward: y₂, r and dy in, dx, dr and dt out.
    private protected override Work Count(string pass, ModelShape shape) =>
        new(0, sizeof(float) * (pass == Backward ? 4.0 : 3.0) * shape.Image.Length);
}
