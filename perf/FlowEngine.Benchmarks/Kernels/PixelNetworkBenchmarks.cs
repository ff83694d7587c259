using BenchmarkDotNet.Attributes;

using FlowEngine.Kernels;

namespace FlowEngine.Benchmarks;

/// <summary>The coupling network: three products forward, six backward; beside the products alone by OpenBLAS.</summary>
public class PixelNetworkBenchmarks : OperationBenchmarks
{
    private const string Forward = "forward";
    private const string ForwardKeeping = "forward, kept";
    private const string Backward = "backward";

    private Arrays? _factors;
    private NetworkProducts? _products;

    private protected override IReadOnlyList<string> Passes { get; } = [Forward, ForwardKeeping, Backward];

    public override void Setup()
    {
        base.Setup();
        if (OpenBlas.IsPresent)
        {
            _factors = new Arrays(Cpu);
            _products = new NetworkProducts(_factors, Case.Shape, Case.Pass == Backward, Cpu.Threads);
        }
    }

    public override void Cleanup()
    {
        _factors?.Dispose();
        base.Cleanup();
    }

    [Benchmark(Baseline = true)]
    public void Sgemm() => (_products ?? throw new InvalidOperationException(
        "OpenBLAS is not on this machine (Debian: apt-get install libopenblas0-pthread); its rows are left out")).Run();

    private protected override Operation Create(string pass, Arrays arrays, ModelShape shape)
    {
        (ImageShape image, PixelNetworkShape network) = (shape.Image, shape.Network);
        NetworkArrays inputs = new(arrays, shape);
        BufferView kept = pass == Forward ? default : inputs.Kept();
        BufferView outputs = arrays.Random(image.WithChannels(network.OutputChannels).Length);
        if (pass != Backward)
        {
            return new Operation(() => inputs.Forward(kept), outputs)
            {
                Reveal = () => inputs.Network.Forward(
                    image, inputs.Weights, inputs.X, outputs, default, inputs.Workspace),
            };
        }

        inputs.Forward(kept);
        BufferView dx = arrays.Random(image.Length);
        NetworkWeights weights = inputs.Weights with { Gradients = inputs.RandomParameters() };
        var gradients = PixelNetworkParameters.Of(network, weights.Gradients);
        return new Operation(
            () => inputs.Network.Backward(image, weights, inputs.X, kept, outputs, dx, inputs.Workspace),
            dx,
            gradients.Weight1,
            gradients.LogScale1,
            gradients.Weight2,
            gradients.LogScale2,
            gradients.Weight3,
            gradients.LogScale3);
    }

    // Backward: every product once for the gradient of its input and once for that of its weights; the hidden
    // activations are read, dx is read and written, the weights are read and their gradients read and written.
    private protected override Work Count(string pass, ModelShape shape)
    {
        double pixels = shape.Image.Pixels;
        double weights = NetworkArrays.WeightCount(shape);
        (double inputs, double hidden, double outputs) =
            (shape.Network.InputChannels, shape.Network.Hidden, shape.Network.OutputChannels);
        (double products, double numbers) = pass switch
        {
            Forward => (1, (pixels * (inputs + (9 * outputs))) + weights),
            ForwardKeeping => (1, (pixels * (inputs + (9 * outputs) + (2 * hidden))) + weights),
            _ => (2, (pixels * ((3 * inputs) + (2 * hidden) + outputs)) + (3 * weights)),
        };
        return new Work(2 * products * pixels * weights, sizeof(float) * numbers);
    }
}
