using FlowEngine.Kernels;

namespace FlowEngine.Benchmarks;

/// <summary>What stands between two coupling networks: tap addition, coupling, LogDet, the next affine map.</summary>
public class PixelStageBenchmarks : BandwidthBenchmarks
{
    private const string Forward = "forward";
    private const string ForwardStoring = "forward, stored";
    private const string Inverse = "inverse";
    private const string Backward = "backward";

    private protected override IReadOnlyList<string> Passes { get; } = [Forward, ForwardStoring, Inverse, Backward];

    private protected override Operation Create(string pass, Arrays arrays, ModelShape shape)
    {
        (ImageShape image, PixelNetworkShape network) = (shape.Image, shape.Network);
        long outputLength = image.WithChannels(network.OutputChannels).Length;
        NetworkArrays inputs = new(arrays, shape);
        IPixelStage stage = inputs.Network.Stage(CouplingKind.Affine);
        (BufferView x, BufferView taps, NetworkWeights weights) = (inputs.X, inputs.Forward(default), inputs.Weights);
        PixelAffineMap map = AffineArrays.RandomMap(arrays, image.Channels);
        BufferView y = arrays.Zeros(image.Length);
        BufferView perImage = arrays.Random(image.Batch);
        switch (pass)
        {
            case Forward:
                return new Operation(
                    () => stage.Forward(image, weights, taps, x, map, default, default, y, perImage),
                    y,
                    perImage);
            case ForwardStoring:
                BufferView output = arrays.Zeros(outputLength);
                BufferView coupled = arrays.Zeros(image.Length);
                return new Operation(
                    () => stage.Forward(image, weights, taps, x, map, output, coupled, y, perImage),
                    output,
                    coupled,
                    y,
                    perImage);
            case Inverse:
                return new Operation(() => stage.Inverse(image, weights, taps, x, map, y), y);
            default:
                BufferView dy = arrays.Random(image.Length);
                BufferView dx = arrays.Zeros(image.Length);
                BufferView dOutput = arrays.Zeros(outputLength);
                return new Operation(
                    () => stage.Backward(image, weights, taps, x, map, dy, perImage, y, dx, dOutput),
                    y,
                    dx,
                    dOutput);
        }
    }

    // A pixel: nine sums an output, the map; the taps and x in, y out. Stored: the output and coupling(x) out as well.
    // Backward: the taps, y and dy in, x, dx and dOutput out.
    private protected override Work Count(string pass, ModelShape shape)
    {
        double channels = shape.Image.Channels;
        double outputs = shape.Network.OutputChannels;
        double numbers = pass switch
        {
            ForwardStoring => (10 * outputs) + (3 * channels),
            Backward => (10 * outputs) + (4 * channels),
            _ => (9 * outputs) + (2 * channels),
        };
        double operations = (9 * outputs) + (2 * channels * channels);
        return new Work(shape.Image.Pixels * operations, sizeof(float) * shape.Image.Pixels * numbers);
    }
}
