using FlowEngine.Kernels;

namespace FlowEngine.Conformance.Operations;

// Operations of dense networks of any widths, activation and masks.
internal static partial class BackendOperations
{
    private const int LayeredConditions = 3;

    /// <summary>One of each kind: what it reads a condition by, and residual or not.</summary>
    public static IEnumerable<(string Name, LayeredNetworkShape Shape)> LayeredShapes(ImageShape shape, int hidden)
    {
        int dims = shape.Channels;
        int inputs = dims + LayeredConditions;
        LayeredNetworkShape plain = new(dims, [hidden, hidden + 3], dims + 1) { Activation = Activation.Tanh };
        LayeredNetworkShape joined = new(inputs, [hidden, hidden], 2 * dims, LayeredConditions);
        LayeredNetworkShape residual = joined with { IsResidual = true, HasGates = true };
        yield return ("plain", plain);
        yield return ("plain, one layer", new(dims, [hidden], dims) { Activation = Activation.LeakyRelu, Leak = 0.2 });
        yield return ("residual", residual with { Activation = Activation.Elu });
        yield return ("residual, no condition", new(dims, [hidden], 5) { IsResidual = true, Activation = Activation.Relu });
        yield return ("masked, plain", joined with { Activation = Activation.Silu, Degrees = Degrees(joined.Hidden, true) });
        yield return (
            "masked, condition added",
            joined with { AddsCondition = true, Activation = Activation.GeluTanh, Degrees = Degrees(joined.Hidden, true) });
        yield return (
            "masked, residual",
            residual with { AddsCondition = true, Activation = Activation.Gelu, Degrees = Degrees([hidden], true) });
        yield return (
            "masked, residual, condition added",
            residual with
            {
                HasGates = false,
                AddsCondition = true,
                AddsToBlocks = true,
                Activation = Activation.Tanh,
                Degrees = Degrees([hidden], true),
            });

        // Some dimensions share a place in the order, which is not that of the columns.
        UnitDegrees Degrees(IReadOnlyList<int> widths, bool conditions) => UnitDegrees.Autoregressive(
            [.. Enumerable.Range(0, dims).Select(d => (dims - 1 - d) / 2)], widths, 2, conditions);
    }

    public static OperationOutputs RunLayeredNetwork(
        OperationBuffers buffers, ImageShape shape, LayeredNetworkShape network)
    {
        // One column more than the network reads.
        return RunNetwork(
            buffers,
            shape.WithChannels(network.InputChannels + 1),
            network,
            PreparedWeights(buffers, network, buffers.Values(UnitParameters(buffers, network, 1))));
    }

    // The sums of a unit are about as large as what it reads, times the scale.
    private static double[] UnitParameters(OperationBuffers buffers, NetworkShape network, double scale)
    {
        double[] values = buffers.Read(buffers.Random(network.ParametersLength, scale));
        int at = 0;
        foreach (NetworkParameter parameter in network.Parameters)
        {
            double factor = parameter.Sizes.Length == 2 ? 1 / Math.Sqrt(parameter.Sizes[1]) : 1;
            for (int i = 0; i < parameter.Length; i++)
            {
                values[at + i] = (float)(values[at + i] * factor);
            }

            at += (int)FlowEngine.Kernels.NetworkShape.Aligned(parameter.Length);
        }

        return values;
    }
}
