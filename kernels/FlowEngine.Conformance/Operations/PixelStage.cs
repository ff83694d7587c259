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
        IBackend backend = buffers.Backend;
        long outputLength = (long)shape.Pixels * network.OutputChannels;
        PixelAffineMap map = AssembledMap(buffers, AffineParameters(buffers, shape.Channels, true, true));
        BufferView prepared = PreparedNetwork(buffers, network, NetworkParameters(buffers, network));
        BufferView x = buffers.PerImage(shape.Dims);
        BufferView taps = NetworkOutput(buffers, network, shape, prepared, x, keep: false).Taps;

        // Without a next map, and without the outputs that may be left out.
        BufferView last = buffers.Output(shape.Length);
        BufferView lastLogDet = buffers.PerImage(1, 0.5, -3);
        backend.PixelStageForward(
            kind, network, shape, prepared, taps, x, default, default, default, last, lastLogDet);

        BufferView output = buffers.Output(outputLength);
        BufferView coupled = buffers.Output(shape.Length);
        BufferView forwardInput = buffers.CopyOf(x);
        BufferView y = LikeOutputs(buffers, forwardInput, inPlace);
        BufferView logDet = buffers.PerImage(1, 0.5, -3);
        backend.PixelStageForward(
            kind, network, shape, prepared, taps, forwardInput, map, output, coupled, y, logDet);

        // The taps belong to x₁, which the coupling leaves as it is.
        BufferView toInvert = buffers.CopyOf(coupled);
        BufferView inverse = LikeOutputs(buffers, toInvert, inPlace && !squeeze);
        backend.PixelStageInverse(kind, network, shape, prepared, taps, toInvert, map, inverse, squeeze);

        BufferView dy = buffers.PerImage(shape.Dims);
        BufferView dx = LikeOutputs(buffers, dy, inPlace);
        BufferView dOutput = buffers.Output(outputLength);
        BufferView undone = buffers.Output(shape.Length);
        backend.PixelStageBackward(
            kind, network, shape, prepared, taps, coupled, map, dy, buffers.PerImage(1), undone, dx, dOutput, squeeze);
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
