using FlowEngine.Kernels;

namespace FlowEngine.Conformance.Operations;

internal static partial class BackendOperations
{
    public static OperationOutputs RunBatchNorm(OperationBuffers buffers, ImageShape shape, bool throughStatistics)
    {
        IBackend backend = buffers.Backend;
        BatchNormParameters parameters = new(
            buffers.Random(shape.Channels),
            buffers.Random(shape.Channels, 0.3),
            buffers.Random(shape.Channels),
            buffers.Random(shape.Channels, 0.2, 1),
            Floor: 1e-5);
        BufferView x = buffers.PerImage(shape.Dims);
        BufferView y = buffers.Output(shape.Length);
        BufferView logDet = buffers.PerImage(1);
        backend.BatchNormForward(shape, parameters, x, y, logDet);
        BufferView back = buffers.Output(shape.Length);
        backend.BatchNormInverse(shape, parameters, y, back);
        BufferView dx = buffers.Output(shape.Length);
        BufferView dBias = buffers.Random(shape.Channels);
        BufferView dLogScale = buffers.Random(shape.Channels);
        backend.BatchNormBackward(
            shape,
            parameters,
            throughStatistics,
            x,
            buffers.PerImage(shape.Dims),
            buffers.PerImage(1),
            dx,
            dBias,
            dLogScale);
        BufferView running = buffers.Random(shape.Channels);
        backend.MoveTowards(running, parameters.Mean, 0.3);
        OperationOutputs outputs = new OperationOutputs()
            .PerImage("y", y)
            .PerImage("logDet", logDet)
            .PerImage("back", back)
            .Shared("dBias", dBias)
            .Shared("dLogScale", dLogScale)
            .Shared("running", running);
        return throughStatistics ? outputs.Shared("dx", dx) : outputs.PerImage("dx", dx);
    }
}
