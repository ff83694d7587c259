using FlowEngine.Kernels.Device;

namespace FlowEngine.Kernels.Gpu;

public sealed partial class GpuBackend
{
    /// <inheritdoc/>
    public long ZeroConvolutionWorkspaceLength(ZeroConvolutionShape convolution, ImageShape image) =>
        (Parts(image.Pixels, ZeroConvolutionKernels.PixelsPerPart) + 1L) * ConvolutionSums(convolution);

    /// <inheritdoc/>
    public void ZeroConvolutionForward(
        ZeroConvolutionShape convolution,
        ImageShape image,
        in ZeroConvolutionParameters parameters,
        BufferView x,
        BufferView output,
        BufferView workspace)
    {
        using Lock.Scope queue = _queue.EnterScope();
        long length = (long)image.Pixels * convolution.OutputChannels;
        ZeroConvolutionKernels.Forward(
            _stream,
            Cover(length, ZeroConvolutionKernels.ForwardKernel),
            View(x, image.Length),
            View(parameters.Weight, ConvolutionWeights(convolution)),
            View(parameters.Bias, convolution.OutputChannels),
            View(parameters.LogScale, convolution.OutputChannels),
            View(output, length),
            KernelShape(convolution, image));
    }

    /// <inheritdoc/>
    public void ZeroConvolutionBackward(
        ZeroConvolutionShape convolution,
        ImageShape image,
        in ZeroConvolutionParameters parameters,
        BufferView x,
        BufferView dOutput,
        BufferView dx,
        in ZeroConvolutionParameters gradients,
        BufferView workspace)
    {
        using Lock.Scope queue = _queue.EnterScope();
        int outputs = convolution.OutputChannels;
        int parts = Parts(image.Pixels, ZeroConvolutionKernels.PixelsPerPart);
        long length = ConvolutionSums(convolution);
        GpuView<float> scratch = View(workspace, (parts + 1L) * length);
        GpuView<float> partials = scratch.Slice(0, parts * length);
        GpuView<float> sums = scratch.Slice(parts * length, length);
        GpuView<float> gradient = View(dOutput, (long)image.Pixels * outputs);
        GpuView<float> weight = View(parameters.Weight, ConvolutionWeights(convolution));
        GpuView<float> logScale = View(parameters.LogScale, outputs);
        ZeroConvolutionKernels.Shape shape = KernelShape(convolution, image);
        ZeroConvolutionKernels.GradientOfParts(
            _stream, new LaunchGrid(parts), View(x, image.Length), gradient, partials, shape);
        AddParts(partials, sums, parts, accumulate: false);
        ZeroConvolutionKernels.Parameters(
            _stream,
            Cover(outputs, ZeroConvolutionKernels.ParametersKernel),
            sums,
            weight,
            View(parameters.Bias, outputs),
            logScale,
            View(gradients.Weight, ConvolutionWeights(convolution)),
            View(gradients.Bias, outputs),
            View(gradients.LogScale, outputs),
            shape);
        if (!dx.IsEmpty)
        {
            ZeroConvolutionKernels.Input(
                _stream,
                Cover(image.Length, ZeroConvolutionKernels.InputKernel),
                gradient,
                weight,
                logScale,
                View(dx, image.Length),
                shape);
        }
    }

    private static long ConvolutionWeights(ZeroConvolutionShape convolution) =>
        (long)Neighbors.Taps * convolution.InputChannels * convolution.OutputChannels;

    // The sums of the weights' gradients, and of the biases'.
    private static long ConvolutionSums(ZeroConvolutionShape convolution) =>
        ConvolutionWeights(convolution) + convolution.OutputChannels;

    private static ZeroConvolutionKernels.Shape KernelShape(ZeroConvolutionShape convolution, ImageShape image) => new(
        image.Pixels,
        image.Height,
        image.Width,
        convolution.InputChannels,
        convolution.OutputChannels,
        convolution.OutsideReadsOne ? 1 : 0);
}
