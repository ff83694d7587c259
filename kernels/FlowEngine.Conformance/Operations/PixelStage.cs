using FlowEngine.Kernels;

namespace FlowEngine.Conformance.Operations;

// Operations between two coupling networks.
internal static partial class BackendOperations
{
    public static OperationOutputs RunPixelStage(
        OperationBuffers buffers,
        ImageShape shape,
        CouplingKind kind,
        PixelNetworkShape network,
        bool inPlace,
        bool squeeze = false)
    {
        var runs = (IPixelNetwork)buffers.Backend.GetNetwork(network);
        IPixelStage stage = runs.Stage(kind);
        long outputLength = (long)shape.Pixels * network.OutputChannels;
        PixelAffineMap map = AssembledMap(buffers, AffineParameters(buffers, shape.Channels, true, true));
        NetworkWeights weights = PreparedWeights(buffers, network, NetworkParameters(buffers, network));
        BufferView x = buffers.PerImage(shape.Dims);
        BufferView workspace = NetworkWorkspace(buffers, network, shape, backward: false);
        BufferView taps = runs.ForwardToTaps(shape, weights, x, default, workspace);

        // Without a next map, and without the outputs that may be left out.
        BufferView last = buffers.Output(shape.Length);
        BufferView lastLogDet = buffers.PerImage(1, 0.5, -3);
        stage.Forward(shape, weights, taps, x, default, default, default, last, lastLogDet);

        BufferView output = buffers.Output(outputLength);
        BufferView coupled = buffers.Output(shape.Length);
        BufferView forwardInput = buffers.CopyOf(x);
        BufferView y = LikeOutputs(buffers, forwardInput, inPlace);
        BufferView logDet = buffers.PerImage(1, 0.5, -3);
        stage.Forward(shape, weights, taps, forwardInput, map, output, coupled, y, logDet);

        // The taps belong to x₁, which the coupling leaves as it is.
        BufferView toInvert = buffers.CopyOf(coupled);
        BufferView inverse = LikeOutputs(buffers, toInvert, inPlace && !squeeze);
        map = map with { Squeezes = squeeze };
        stage.Inverse(shape, weights, taps, toInvert, map, inverse);

        BufferView dy = buffers.PerImage(shape.Dims);
        BufferView dx = LikeOutputs(buffers, dy, inPlace);
        BufferView dOutput = buffers.Output(outputLength);
        BufferView undone = buffers.Output(shape.Length);
        stage.Backward(shape, weights, taps, coupled, map, dy, buffers.PerImage(1), undone, dx, dOutput);
        return new OperationOutputs()
            .PerImage("last", last)
            .PerImage("lastLogDet", lastLogDet)
            .PerImage("output", output)
            .PerImage("coupled", coupled)
            .PerImage("y", y)
            .PerImage("logDet", logDet)
            .PerImage("inverse", inverse)
            .PerImage("undone", undone)
            .PerImage("dx", dx)
            .PerImage("dOutput", dOutput);
    }
}
