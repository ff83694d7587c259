using FlowEngine.Kernels;
using FlowEngine.Kernels.Reference;
using Xunit;

namespace FlowEngine.Tests.Gradients;

/// <summary>Dense networks in float64: gradients by the input, by the condition and by all parameters, and the masks.</summary>
public sealed class LayeredNetworkGradientTests
{
    private static readonly ImageShape _shape = new(3, 1, 1, 4);

    public static TheoryData<string> Kinds =>
        [.. BackendOperations.LayeredShapes(_shape, 6).Select(network => network.Name)];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Backward_matches_finite_differences(string kind)
    {
        LayeredNetworkShape network = Find(kind);
        ImageShape rows = _shape.WithChannels(network.InputChannels);
        var random = new Random(1);
        double error = GradientChecker.WorstError(
            [
                GradientChecker.RandomArray(random, (int)rows.Length),
                GradientChecker.RandomArray(random, (int)network.ParametersLength, 0.6),
            ],
            values =>
            {
                using var arrays = new DoubleArrays();
                return arrays.Read(Forward(arrays, network, rows, values).Output);
            },
            (values, g) =>
            {
                using var arrays = new DoubleArrays();
                Pass pass = Forward(arrays, network, rows, values);
                BufferView dx = arrays.Zeros(rows.Length);
                BufferView gradients = arrays.Zeros(network.ParametersLength);
                arrays.Backend.GetNetwork(network).Backward(
                    rows, pass.Weights with { Gradients = gradients }, pass.X, pass.Kept, arrays.Of(g[0]), dx, default);
                return arrays.Read(dx, gradients);
            });
        Assert.True(error <= 1, $"error {error}");
    }

    [Fact]
    public void The_outputs_of_a_masked_network_read_what_stands_before_them_in_the_order()
    {
        int[] order = [2, 0, 3, 1];
        LayeredNetworkShape network = new(5, [7, 7], 8, conditions: 1)
        {
            IsResidual = true,
            HasGates = true,
            AddsCondition = true,
            Activation = Activation.Silu,
            Degrees = UnitDegrees.Autoregressive(order, [7], 2, conditions: true),
        };
        ImageShape rows = new(1, 1, 1, 5);
        var random = new Random(2);
        double[] x = GradientChecker.RandomArray(random, 5);
        double[] parameters = GradientChecker.RandomArray(random, (int)network.ParametersLength);
        double[] output = Run(x);
        for (int input = 0; input < 5; input++)
        {
            double[] moved = [.. x];
            moved[input] += 0.5;
            double[] changed = Run(moved);
            for (int o = 0; o < 8; o++)
            {
                bool reads = input == 0 || order[input - 1] < order[o / 2];
                Assert.Equal(reads, changed[o] != output[o]);
            }
        }

        double[] Run(double[] values)
        {
            using var arrays = new DoubleArrays();
            return arrays.Read(Forward(arrays, network, rows, [values, parameters]).Output)[0];
        }
    }

    [Theory]
    [InlineData(Activation.Relu, 0, 0.8, -0)]
    [InlineData(Activation.Tanh, 0, 0.6640367702678491, -0.9051482536448664)]
    [InlineData(Activation.Elu, 0, 0.8, -0.7768698398515702)]
    [InlineData(Activation.Silu, 0, 0.55197958490209, -0.2736382857095345)]
    [InlineData(Activation.Gelu, 0, 0.6305156811332827, -0.10021080190328713)]
    [InlineData(Activation.GeluTanh, 0, 0.6304316914364482, -0.10042842301976707)]
    [InlineData(Activation.LeakyRelu, 0.2, 0.8, -0.3)]
    public void Activations_have_the_values_of_other_libraries(
        Activation activation, double leak, double above, double below)
    {
        Assert.Equal(above, ActivationOfDoubles.Value(activation, leak, 0.8), 1e-14);
        Assert.Equal(below, ActivationOfDoubles.Value(activation, leak, -1.5), 1e-14);
    }

    private static LayeredNetworkShape Find(string kind) =>
        BackendOperations.LayeredShapes(_shape, 6).First(network => network.Name == kind).Shape;

    private static Pass Forward(DoubleArrays arrays, LayeredNetworkShape shape, ImageShape rows, double[][] values)
    {
        INetwork network = arrays.Backend.GetNetwork(shape);
        NetworkWeights weights = new(arrays.Of(values[1]), arrays.Zeros(network.PreparedLength(true)));
        network.Prepare(weights);
        BufferView x = arrays.Of(values[0]);
        BufferView output = arrays.Zeros((long)rows.Pixels * shape.OutputChannels);
        BufferView kept = arrays.Zeros(network.KeptLength(rows));
        network.Forward(rows, weights, x, output, kept, default);
        return new(weights, x, output, kept);
    }

    private readonly record struct Pass(NetworkWeights Weights, BufferView X, BufferView Output, BufferView Kept);
}
