using FlowEngine.Kernels;
using Xunit;

namespace FlowEngine.Tests.Backends;

public abstract partial class BackendTests
{
    /// <summary>Rows, columns, hidden units: around the sizes of panels, tiles and superblocks.</summary>
    public static TheoryData<int, int, int> LayeredSizes => new()
    {
        { 1, 2, 1 },
        { 17, 16, 12 },
        { 33, 19, 40 },
        { 1100, 4, 9 },
    };

    [Theory]
    [MemberData(nameof(LayeredSizes))]
    public void Layered_networks_agree_with_the_reference(int rows, int columns, int hidden)
    {
        var shape = new ImageShape(rows, 1, 1, columns);
        foreach ((_, LayeredNetworkShape network) in LayeredShapes(shape, hidden))
        {
            AssertAgrees((buffers, s) => RunLayeredNetwork(buffers, s, network), shape);
        }
    }

    [Fact]
    public void Layered_networks_do_not_depend_on_the_batch()
    {
        var shape = new ImageShape(4, 1, 1, 5);
        foreach ((_, LayeredNetworkShape network) in LayeredShapes(shape, 11))
        {
            AssertIndependentOfTheBatch((buffers, s) => RunLayeredNetwork(buffers, s, network), shape);
        }
    }

    [Fact]
    public void Layered_networks_are_what_their_formulae_say()
    {
        const double Step = 1e-5;

        ImageShape shape = new(3, 1, 1, 4);
        bool isDouble = Backend.ElementType == ElementType.Float64;
        foreach ((string name, LayeredNetworkShape network) in LayeredShapes(shape, 5))
        {
            ImageShape rows = shape.WithChannels(network.InputChannels);
            using var buffers = new OperationBuffers(Backend, seed: 1, 0, 1, 2);
            NetworkWeights weights = PreparedWeights(
                buffers, network, buffers.Random(network.ParametersLength, 0.6), buffers.Filled(network.ParametersLength, 0));
            BufferView x = buffers.PerImage(rows.Dims);
            BufferView dOutput = buffers.PerImage(network.OutputChannels);
            BufferView dx = buffers.Filled(rows.Length, 0);
            (BufferView kept, BufferView output) = NetworkOutput(buffers, network, rows, weights, x, keep: true);
            Backend.GetNetwork(network).Backward(
                rows, weights, x, kept, dOutput, dx, NetworkWorkspace(buffers, network, rows, backward: true));

            LayeredFormula formula = new(network);
            double[] input = buffers.Read(x);
            double[] parameters = buffers.Read(weights.Parameters);
            double[] g = buffers.Read(dOutput);
            Agreement.AssertClose($"output, {name}", Outputs(), buffers.Read(output), isDouble ? 1e-9 : 2e-6);
            Agreement.AssertClose($"dx, {name}", Differences(input), buffers.Read(dx), isDouble ? 1e-7 : 1e-5);
            Agreement.AssertClose(
                $"gradients, {name}", Differences(parameters), buffers.Read(weights.Gradients), isDouble ? 1e-7 : 1e-5);

            double[] Outputs() => [.. input.Chunk(rows.Channels).SelectMany(row => formula.Output(parameters, row))];

            double[] Differences(double[] values) => [.. values.Select((value, i) =>
            {
                values[i] = value + Step;
                double above = Outputs().Zip(g, (y, factor) => y * factor).Sum();
                values[i] = value - Step;
                double below = Outputs().Zip(g, (y, factor) => y * factor).Sum();
                values[i] = value;
                return (above - below) / (2 * Step);
            })];
        }
    }
}
