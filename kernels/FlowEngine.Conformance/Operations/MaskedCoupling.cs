using FlowEngine.Kernels;

namespace FlowEngine.Conformance.Operations;

// Operations of RealNVP beside its network.
internal static partial class BackendOperations
{
    public static OperationOutputs RunMaskedCoupling(OperationBuffers buffers, ImageShape shape, CouplingMask mask)
    {
        IBackend backend = buffers.Backend;
        BufferView factor = buffers.Random(mask.Channels, 0.4, 0.8);
        BufferView x = buffers.PerImage(shape.Dims);
        int inputDims = shape.PixelsPerImage * mask.InputChannels(shape.Channels);
        int outputDims = shape.PixelsPerImage * mask.OutputChannels;
        BufferView input = buffers.Output((long)shape.Batch * inputDims);
        backend.MaskedCouplingInput(shape, mask, x, input);
        BufferView output = buffers.PerImage(outputDims);
        BufferView y = buffers.Output(shape.Length);
        BufferView logDet = buffers.PerImage(1);
        backend.MaskedCouplingForward(shape, mask, factor, x, output, y, logDet);
        BufferView back = buffers.Output(shape.Length);
        backend.MaskedCouplingInverse(shape, mask, factor, y, output, back);

        BufferView dx = buffers.Output(shape.Length);
        BufferView dOutput = buffers.Output(output.Length);
        BufferView dFactor = buffers.Random(mask.Channels);
        backend.MaskedCouplingBackward(
            shape,
            mask,
            factor,
            x,
            output,
            buffers.PerImage(shape.Dims),
            buffers.PerImage(1),
            dx,
            dOutput,
            dFactor,
            buffers.Output(backend.MaskedCouplingWorkspaceLength(shape, mask)));
        BufferView dxWithInput = buffers.CopyOf(dx);
        backend.MaskedCouplingInputBackward(shape, mask, buffers.PerImage(inputDims), dxWithInput);
        return new OperationOutputs()
            .PerImage("input", input)
            .PerImage("y", y)
            .PerImage("logDet", logDet)
            .PerImage("back", back)
            .PerImage("dx", dx)
            .PerImage("dOutput", dOutput)
            .PerImage("dx with the input's", dxWithInput)
            .Shared("dFactor", dFactor);
    }
}
