using FlowEngine.Kernels;

namespace FlowEngine.Conformance.Operations;

// Operations of couplings.
internal static partial class BackendOperations
{
    public static BufferView LikeOutputs(OperationBuffers buffers, BufferView view, bool inPlace) =>
        inPlace ? view : buffers.Output(view.Length);

    public static OperationOutputs RunCoupling(OperationBuffers buffers, ImageShape shape, CouplingKind kind, bool inPlace)
    {
        int outputs = (kind == CouplingKind.Affine ? 2 : 1) * (shape.Channels - (shape.Channels / 2));
        BufferView x = buffers.PerImage(shape.Dims);
        BufferView output = buffers.PerImage((long)shape.PixelsPerImage * outputs);
        BufferView y = LikeOutputs(buffers, x, inPlace);
        BufferView logDet = buffers.PerImage(1, 0.5, -3);
        buffers.Backend.CouplingForward(kind, shape, x, output, y, logDet);

        BufferView dy = buffers.PerImage(shape.Dims);
        BufferView dLogDet = buffers.PerImage(1);
        BufferView dx = LikeOutputs(buffers, dy, inPlace);
        BufferView dOutput = buffers.Output(output.Length);
        buffers.Backend.CouplingBackward(kind, shape, y, output, dy, dLogDet, dx, dOutput);

        BufferView forInverse = buffers.PerImage(shape.Dims);
        BufferView inverse = LikeOutputs(buffers, forInverse, inPlace);
        buffers.Backend.CouplingInverse(kind, shape, forInverse, output, inverse);
        return new OperationOutputs()
            .PerImage("y", y)
            .PerImage("logDet", logDet)
            .PerImage("dx", dx)
            .PerImage("dOutput", dOutput)
            .PerImage("inverse", inverse);
    }
}
