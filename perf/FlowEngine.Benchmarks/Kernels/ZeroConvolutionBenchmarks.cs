using FlowEngine.Kernels;

namespace FlowEngine.Benchmarks;

/// <summary>The convolution that gives a split its prior: from the kept half to a mean and a log scale of the other.</summary>
public class ZeroConvolutionBenchmarks : OperationBenchmarks
{
    private const string Forward = "forward";
    private const string Backward = "backward";

    private protected override IReadOnlyList<string> Passes { get; } = [Forward, Backward];

    private protected override bool Applies(string pass, ModelShape shape) => !shape.IsLast;

    private protected override Operation Create(string pass, Arrays arrays, ModelShape shape)
    {
        ImageShape image = shape.Latent;
        ZeroConvolutionShape convolution = new(image.Channels, 2 * image.Channels, OutsideReadsOne: false);
        INetwork network = arrays.Backend.GetNetwork(convolution);
        NetworkWeights weights = new(arrays.Parameters(convolution, [0.1, 0.5, 0.1]));
        BufferView x = arrays.Random(image.Length);
        BufferView output = arrays.Random(2 * image.Length);
        BufferView workspace = arrays.Zeros(network.WorkspaceLength(image, backward: true));
        if (pass == Forward)
        {
            return new Operation(
                () => network.Forward(image, weights, x, output, default, workspace), output);
        }

        BufferView dx = arrays.Random(image.Length);
        weights = weights with { Gradients = arrays.Parameters(convolution, [0.1, 0.5, 0.1]) };
        var gradients = ZeroConvolutionParameters.Of(convolution, weights.Gradients);
        return new Operation(
            () => network.Backward(image, weights, x, default, output, dx, workspace),
            dx,
            gradients.Weight,
            gradients.Bias,
            gradients.LogScale);
    }

    // I and O = 2 I channels. Forward: x and the weights in, the output out. Backward: one product each for dx and the
    // weights; x and dOutput in, dx in and out, the weights in, their gradients in and out.
    private protected override Work Count(string pass, ModelShape shape)
    {
        double pixels = shape.Latent.Pixels;
        double inputs = shape.Latent.Channels;
        double weights = 9 * inputs * 2 * inputs;
        return pass == Forward
            ? new Work(2 * pixels * weights, sizeof(float) * ((pixels * 3 * inputs) + weights))
            : new Work(4 * pixels * weights, sizeof(float) * ((pixels * 5 * inputs) + (3 * weights)));
    }
}
