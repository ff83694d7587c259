using FlowEngine.Kernels;

namespace FlowEngine.Conformance.Operations;

// Operations of the zero convolution.
internal static partial class BackendOperations
{
    public static OperationOutputs RunZeroConvolution(
        OperationBuffers buffers, ImageShape shape, int outputChannels, bool outsideReadsOne)
    {
        IBackend backend = buffers.Backend;
        var convolution = new ZeroConvolutionShape(shape.Channels, outputChannels, outsideReadsOne);
        BufferView x = buffers.PerImage(shape.Dims);
        ZeroConvolutionParameters parameters = ConvolutionParameters(buffers, convolution);
        BufferView output = buffers.Output((long)shape.Pixels * outputChannels);
        long workspaceLength = backend.ZeroConvolutionWorkspaceLength(convolution, shape);
        backend.ZeroConvolutionForward(convolution, shape, parameters, x, output, buffers.Output(workspaceLength));

        // Not zero: all of these are added to.
        BufferView dOutput = buffers.PerImage((long)shape.PixelsPerImage * outputChannels);
        BufferView dx = buffers.PerImage(shape.Dims);
        ZeroConvolutionParameters gradients = ConvolutionParameters(buffers, convolution);
        ZeroConvolutionParameters constant = ConvolutionParameters(buffers, convolution);
        backend.ZeroConvolutionBackward(
            convolution, shape, parameters, x, dOutput, dx, gradients, buffers.Output(workspaceLength));
        backend.ZeroConvolutionBackward(
            convolution, shape, parameters, x, dOutput, default, constant, buffers.Output(workspaceLength));
        return new OperationOutputs()
            .PerImage("output", output)
            .PerImage("dx", dx)
            .Shared("dWeight", gradients.Weight)
            .Shared("dBias", gradients.Bias)
            .Shared("dLogScale", gradients.LogScale)
            .Shared("dWeight of a constant", constant.Weight)
            .Shared("dBias of a constant", constant.Bias)
            .Shared("dLogScale of a constant", constant.LogScale);
    }

    public static ZeroConvolutionParameters ConvolutionParameters(
        OperationBuffers buffers, ZeroConvolutionShape convolution)
    {
        (int inputs, int outputs, bool _) = convolution;
        return new ZeroConvolutionParameters(
            buffers.Random(9L * inputs * outputs, 1 / Math.Sqrt(9 * inputs)),
            buffers.Random(outputs, 0.5),
            buffers.Random(outputs, 0.1));
    }
}
