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
        IBackend backend = buffers.Backend;
        BufferView parameters = buffers.Values(ResidualParameters(buffers, network));
        BufferView prepared = buffers.Output(backend.ResidualNetworkPreparedLength(network));
        backend.ResidualNetworkPrepare(network, parameters, prepared);
        BufferView x = buffers.PerImage(shape.Dims);
        long outputLength = (long)shape.PixelsPerImage * network.OutputChannels;
        BufferView output = buffers.Output(shape.Batch * outputLength);
        BufferView alone = buffers.Output(output.Length);
        BufferView kept = buffers.Output(backend.ResidualNetworkKeptLength(network, shape));
        BufferView workspace = buffers.Output(backend.ResidualNetworkWorkspaceLength(network, shape, false));
        backend.ResidualNetworkForward(network, shape, prepared, x, alone, default, workspace);
        backend.ResidualNetworkForward(network, shape, prepared, x, output, kept, workspace);

        // Not zero: both are added to.
        BufferView dx = buffers.PerImage(shape.Dims);
        BufferView gradients = buffers.Random(network.ParametersLength);
        backend.ResidualNetworkBackward(
            network,
            shape,
            parameters,
            prepared,
            x,
            kept,
            buffers.PerImage(outputLength),
            dx,
            gradients,
            buffers.Output(backend.ResidualNetworkWorkspaceLength(network, shape, true)));
        return new OperationOutputs()
            .PerImage("output", output)
            .PerImage("output without activations", alone)
            .PerImage("dx", dx)
            .Shared("gradients", gradients);
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
