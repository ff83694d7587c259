using FlowEngine.Kernels;

namespace FlowEngine.Conformance.Operations;

// Operations of the zero convolution.
internal static partial class BackendOperations
{
    public static OperationOutputs RunZeroConvolution(
        OperationBuffers buffers, ImageShape shape, int outputChannels, bool outsideReadsOne)
    {
        var convolution = new ZeroConvolutionShape(shape.Channels, outputChannels, outsideReadsOne);
        BufferView x = buffers.PerImage(shape.Dims);
        NetworkWeights weights = new(ConvolutionParameters(buffers, convolution));
        BufferView output = NetworkOutput(buffers, convolution, shape, weights, x, keep: false).Output;

        // Not zero: all of these are added to.
        BufferView dOutput = buffers.PerImage((long)shape.PixelsPerImage * outputChannels);
        BufferView dx = buffers.PerImage(shape.Dims);
        ZeroConvolutionParameters gradients = Backward(dx);
        ZeroConvolutionParameters constant = Backward(default);
        return new OperationOutputs()
            .PerImage("output", output)
            .PerImage("dx", dx)
            .Shared("dWeight", gradients.Weight)
            .Shared("dBias", gradients.Bias)
            .Shared("dLogScale", gradients.LogScale)
            .Shared("dWeight of a constant", constant.Weight)
            .Shared("dBias of a constant", constant.Bias)
            .Shared("dLogScale of a constant", constant.LogScale);

        ZeroConvolutionParameters Backward(BufferView inputGradient)
        {
            NetworkWeights all = weights with { Gradients = ConvolutionParameters(buffers, convolution) };
            BufferView workspace = NetworkWorkspace(buffers, convolution, shape, backward: true);
            buffers.Backend.GetNetwork(convolution).Backward(
                shape, all, x, default, dOutput, inputGradient, workspace);
            return ZeroConvolutionParameters.Of(convolution, all.Gradients);
        }
    }

    private static BufferView ConvolutionParameters(OperationBuffers buffers, ZeroConvolutionShape convolution) =>
        buffers.Parameters(convolution, 1 / Math.Sqrt(9 * convolution.InputChannels), 0.5, 0.1);
}
