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

    public static BufferView NetworkParameters(OperationBuffers buffers, PixelNetworkShape network)
    {
        (int inputs, int hidden, _, bool innerActNorm, _, _) = network;
        double first = 1 / Math.Sqrt(9 * inputs);
        double second = 1 / Math.Sqrt(hidden);
        double third = 1 / Math.Sqrt(9 * hidden);
        return innerActNorm
            ? buffers.Parameters(network, first, 0.5, 0.3, second, 0.5, 0.3, third, 0.5, 0.1)
            : buffers.Parameters(network, first, 0.5, second, 0.5, third, 0.5, 0.1);
    }

    /// <summary>Parameters, prepared weights, and gradients that are added to where they are wanted.</summary>
    public static NetworkWeights PreparedWeights(
        OperationBuffers buffers, NetworkShape network, BufferView parameters, BufferView gradients = default)
    {
        INetwork runs = buffers.Backend.GetNetwork(network);
        var weights = new NetworkWeights(parameters, buffers.Output(runs.PreparedLength(backward: true)), gradients);
        runs.Prepare(weights);
        return weights;
    }

    public static BufferView NetworkWorkspace(
        OperationBuffers buffers, NetworkShape network, ImageShape shape, bool backward) =>
        buffers.Output(buffers.Backend.GetNetwork(network).WorkspaceLength(shape, backward));

    public static (BufferView Kept, BufferView Output) NetworkOutput(
        OperationBuffers buffers,
        NetworkShape network,
        ImageShape shape,
        in NetworkWeights weights,
        BufferView x,
        bool keep)
    {
        INetwork runs = buffers.Backend.GetNetwork(network);
        BufferView kept = keep ? buffers.Output(runs.KeptLength(shape)) : default;
        BufferView output = buffers.Output((long)shape.Pixels * network.OutputChannels);
        runs.Forward(shape, weights, x, output, kept, NetworkWorkspace(buffers, network, shape, backward: false));
        return (kept, output);
    }

    public static OperationOutputs RunPixelNetwork(OperationBuffers buffers, ImageShape shape, PixelNetworkShape network)
    {
        NetworkWeights weights = PreparedWeights(buffers, network, NetworkParameters(buffers, network));
        BufferView x = buffers.PerImage(shape.Dims);
        (BufferView kept, BufferView output) = NetworkOutput(buffers, network, shape, weights, x, keep: true);

        // Not zero: all of these are added to.
        weights = weights with { Gradients = NetworkParameters(buffers, network) };
        BufferView dOutput = buffers.PerImage((long)shape.PixelsPerImage * network.OutputChannels);
        BufferView dx = buffers.PerImage(shape.Dims);
        BufferView workspace = NetworkWorkspace(buffers, network, shape, backward: true);
        buffers.Backend.GetNetwork(network).Backward(shape, weights, x, kept, dOutput, dx, workspace);
        PixelNetworkParameters gradients = PixelNetworkParameters.Of(network, weights.Gradients);
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
