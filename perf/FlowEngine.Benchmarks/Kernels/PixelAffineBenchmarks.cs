using FlowEngine.Kernels;

namespace FlowEngine.Benchmarks;

/// <summary>ActNorm and the 1x1 convolution as one affine map per pixel.</summary>
public class PixelAffineBenchmarks : BandwidthBenchmarks
{
    private const string Forward = "forward";
    private const string Inverse = "inverse";
    private const string Backward = "backward";

    private protected override IReadOnlyList<string> Passes { get; } = [Forward, Inverse, Backward];

    private protected override Operation Create(string pass, Arrays arrays, ModelShape shape)
    {
        IBackend backend = arrays.Backend;
        ImageShape image = shape.Image;
        PixelAffineMap map = AffineArrays.RandomMap(arrays, image.Channels);
        BufferView x = arrays.Random(image.Length);
        BufferView y = arrays.Zeros(image.Length);
        if (pass == Backward)
        {
            BufferView dy = arrays.Random(image.Length);
            BufferView dMatrix = arrays.Zeros((long)image.Channels * image.Channels);
            BufferView dOffset = arrays.Zeros(image.Channels);
            BufferView workspace = arrays.Zeros(backend.PixelAffine.WorkspaceLength(image));
            return new Operation(
                () => backend.PixelAffine.Backward(image, map, x, dy, y, dMatrix, dOffset, workspace),
                y,
                dMatrix,
                dOffset);
        }

        BufferView logDet = arrays.Random(image.Batch);
        return pass == Forward
            ? new Operation(() => backend.PixelAffine.Forward(image, map, x, y, logDet), y, logDet)
            : new Operation(() => backend.PixelAffine.Inverse(image, map, x, y), y);
    }

    // Forward: x in, y out. Backward: Mᵀ dy and Σ dy xᵀ; x and dy in, dx out.
    private protected override Work Count(string pass, ModelShape shape)
    {
        double square = (double)shape.Image.Channels * shape.Image.Channels;
        (double products, double arrays) = pass == Backward ? (2, 3) : (1, 2);
        return new Work(2 * products * shape.Image.Pixels * square, sizeof(float) * arrays * shape.Image.Length);
    }
}
