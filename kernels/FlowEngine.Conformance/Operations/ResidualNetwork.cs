using FlowEngine.Kernels;

namespace FlowEngine.Conformance.Operations;

// Operations of RealNVP's coupling network.
internal static partial class BackendOperations
{
    public static ResidualNetworkShape ResidualShape(ImageShape shape, int hidden, int blocks) =>
        new(Math.Max(1, shape.Channels / 2), hidden, blocks, shape.Channels + 1);

    public static OperationOutputs RunResidualNetwork(
        OperationBuffers buffers, ImageShape shape, ResidualNetworkShape network)
    {
        NetworkWeights weights = PreparedWeights(
            buffers, network, buffers.Values(ResidualParameters(buffers, network)));
        return RunNetwork(buffers, shape, network, weights);
    }

    /// <summary>Both passes of a network; the gradients are of the whole array of parameters.</summary>
    private static OperationOutputs RunNetwork(
        OperationBuffers buffers, ImageShape shape, NetworkShape network, NetworkWeights weights)
    {
        BufferView x = buffers.PerImage(shape.Dims);
        BufferView alone = NetworkOutput(buffers, network, shape, weights, x, keep: false).Output;
        (BufferView kept, BufferView output) = NetworkOutput(buffers, network, shape, weights, x, keep: true);

        // Not zero: both are added to.
        BufferView dx = buffers.PerImage(shape.Dims);
        weights = weights with { Gradients = buffers.Random(network.ParametersLength) };
        buffers.Backend.GetNetwork(network).Backward(
            shape,
            weights,
            x,
            kept,
            buffers.PerImage((long)shape.PixelsPerImage * network.OutputChannels),
            dx,
            NetworkWorkspace(buffers, network, shape, backward: true));
        return new OperationOutputs()
            .PerImage("output", output)
            .PerImage("output without activations", alone)
            .PerImage("dx", dx)
            .Shared("gradients", weights.Gradients);
    }

    // Of a norm near 1, so that the stream stays about as large as what the network reads.
    private static double[] ResidualParameters(OperationBuffers buffers, ResidualNetworkShape network)
    {
        double[] values = buffers.Read(buffers.Random(network.ParametersLength, 0.2));
        double lastFactor = 5 / Math.Sqrt(network.Hidden);
        for (long i = network.WeightOffset(network.Layers - 1); i < network.BiasOffset(network.Layers - 1); i++)
        {
            values[i] = (float)(values[i] * lastFactor);
        }

        return values;
    }
}
