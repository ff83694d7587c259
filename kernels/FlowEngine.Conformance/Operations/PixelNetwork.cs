using FlowEngine.Kernels;

namespace FlowEngine.Conformance.Operations;

// Operations of the coupling network.
internal static partial class BackendOperations
{
    public static PixelNetworkShape NetworkShape(
        CouplingKind kind, int channels, int hidden, bool innerActNorm, bool outsideReadsOne)
    {
        int outputs = kind == CouplingKind.Affine ? channels : channels / 2;
        return new PixelNetworkShape(channels / 2, hidden, outputs, innerActNorm, outsideReadsOne);
    }

    public static PixelNetworkParameters NetworkParameters(OperationBuffers buffers, PixelNetworkShape network)
    {
        (int inputs, int hidden, int outputs, bool innerActNorm, bool _) = network;
        return new PixelNetworkParameters(
            buffers.Random(9L * hidden * inputs, 1 / Math.Sqrt(9 * inputs)),
            buffers.Random(hidden, 0.5),
            innerActNorm ? buffers.Random(hidden, 0.3) : default,
            buffers.Random((long)hidden * hidden, 1 / Math.Sqrt(hidden)),
            buffers.Random(hidden, 0.5),
            innerActNorm ? buffers.Random(hidden, 0.3) : default,
            buffers.Random(9L * hidden * outputs, 1 / Math.Sqrt(9 * hidden)),
            buffers.Random(outputs, 0.5),
            buffers.Random(outputs, 0.1));
    }

    public static BufferView PreparedNetwork(
        OperationBuffers buffers, PixelNetworkShape network, in PixelNetworkParameters parameters)
    {
        BufferView prepared = buffers.Output(buffers.Backend.PixelNetworkPreparedLength(network, backward: true));
        buffers.Backend.PixelNetworkPrepare(network, parameters, prepared);
        return prepared;
    }

    public static BufferView NetworkWorkspace(OperationBuffers buffers, PixelNetworkShape network, ImageShape shape) =>
        buffers.Output(buffers.Backend.PixelNetworkWorkspaceLength(network, shape, backward: true));

    public static (BufferView Taps, BufferView Kept, BufferView Output) NetworkOutput(
        OperationBuffers buffers,
        PixelNetworkShape network,
        ImageShape shape,
        BufferView prepared,
        BufferView x,
        bool keep)
    {
        IBackend backend = buffers.Backend;
        BufferView taps = buffers.Output(backend.PixelNetworkTapsLength(network, shape));
        BufferView kept = keep ? buffers.Output(backend.PixelNetworkKeptLength(network, shape)) : default;
        BufferView workspace =
            buffers.Output(backend.PixelNetworkWorkspaceLength(network, shape, backward: false));
        backend.PixelNetworkForward(network, shape, prepared, x, taps, kept, workspace);
        BufferView output = buffers.Output((long)shape.Pixels * network.OutputChannels);
        backend.PixelNetworkTapAdd(network, shape, prepared, taps, output);
        return (taps, kept, output);
    }

    public static OperationOutputs RunPixelNetwork(OperationBuffers buffers, ImageShape shape, PixelNetworkShape network)
    {
        PixelNetworkParameters parameters = NetworkParameters(buffers, network);
        BufferView prepared = PreparedNetwork(buffers, network, parameters);
        BufferView x = buffers.PerImage(shape.Dims);
        (_, BufferView kept, BufferView output) = NetworkOutput(buffers, network, shape, prepared, x, keep: true);

        // Not zero: all of these are added to.
        PixelNetworkParameters gradients = NetworkParameters(buffers, network);
        BufferView dOutput = buffers.PerImage((long)shape.PixelsPerImage * network.OutputChannels);
        BufferView dx = buffers.PerImage(shape.Dims);
        buffers.Backend.PixelNetworkBackward(
            network,
            shape,
            parameters,
            prepared,
            x,
            kept,
            dOutput,
            dx,
            gradients,
            NetworkWorkspace(buffers, network, shape));
        OperationOutputs outputs = new OperationOutputs()
            .PerImage("output", output)
            .PerImage("dx", dx)
            .Shared("dWeight1", gradients.Weight1)
            .Shared("dBias1", gradients.Bias1)
            .Shared("dWeight2", gradients.Weight2)
            .Shared("dBias2", gradients.Bias2)
            .Shared("dWeight3", gradients.Weight3)
            .Shared("dBias3", gradients.Bias3)
            .Shared("dLogScale3", gradients.LogScale3);
        if (network.InnerActNorm)
        {
            outputs.Shared("dLogScale1", gradients.LogScale1).Shared("dLogScale2", gradients.LogScale2);
        }

        return outputs;
    }
}
