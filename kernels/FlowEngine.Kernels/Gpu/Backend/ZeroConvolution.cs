using FlowEngine.Kernels.Device;

namespace FlowEngine.Kernels.Gpu;

public sealed partial class GpuBackend
{
    private sealed class ZeroConvolution(GpuBackend backend, ZeroConvolutionShape convolution) : INetwork
    {
        private long WeightLength =>
            (long)Neighbors.Taps * convolution.InputChannels * convolution.OutputChannels;

        // The sums of the weights' gradients, and of the biases'.
        private long SumsLength =>
            WeightLength + convolution.OutputChannels;

        public long PreparedLength(bool backward) => 0;

        public void Prepare(in NetworkWeights weights)
        {
        }

        public long KeptLength(ImageShape image) => 0;

        public long WorkspaceLength(ImageShape image, bool backward) =>
            (Parts(image.Pixels, ZeroConvolutionKernels.PixelsPerPart) + 1L) * SumsLength;

        public void Forward(
            ImageShape image,
            in NetworkWeights weights,
            BufferView x,
            BufferView output,
            BufferView kept,
            BufferView workspace)
        {
            using Lock.Scope queue = backend._queue.EnterScope();
            ZeroConvolutionParameters parameters = ZeroConvolutionParameters.Of(convolution, weights.Parameters);
            long length = (long)image.Pixels * convolution.OutputChannels;
            ZeroConvolutionKernels.Forward(
                backend._stream,
                Cover(length, ZeroConvolutionKernels.ForwardKernel),
                backend.View(x, image.Length),
                backend.View(parameters.Weight, WeightLength),
                backend.View(parameters.Bias, convolution.OutputChannels),
                backend.View(parameters.LogScale, convolution.OutputChannels),
                backend.View(output, length),
                KernelShape(image));
        }

        public void Backward(
            ImageShape image,
            in NetworkWeights weights,
            BufferView x,
            BufferView kept,
            BufferView dOutput,
            BufferView dx,
            BufferView workspace)
        {
            using Lock.Scope queue = backend._queue.EnterScope();
            ZeroConvolutionParameters parameters = ZeroConvolutionParameters.Of(convolution, weights.Parameters);
            ZeroConvolutionParameters gradients = ZeroConvolutionParameters.Of(convolution, weights.Gradients);
            int outputs = convolution.OutputChannels;
            int parts = Parts(image.Pixels, ZeroConvolutionKernels.PixelsPerPart);
            long length = SumsLength;
            GpuView<float> scratch = backend.View(workspace, (parts + 1L) * length);
            GpuView<float> partials = scratch.Slice(0, parts * length);
            GpuView<float> sums = scratch.Slice(parts * length, length);
            GpuView<float> gradient = backend.View(dOutput, (long)image.Pixels * outputs);
            GpuView<float> weight = backend.View(parameters.Weight, WeightLength);
            GpuView<float> logScale = backend.View(parameters.LogScale, outputs);
            ZeroConvolutionKernels.Shape shape = KernelShape(image);
            ZeroConvolutionKernels.GradientOfParts(
                backend._stream, new LaunchGrid(parts), backend.View(x, image.Length), gradient, partials, shape);
            backend.AddParts(partials, sums, parts, accumulate: false);
            ZeroConvolutionKernels.Parameters(
                backend._stream,
                Cover(outputs, ZeroConvolutionKernels.ParametersKernel),
                sums,
                weight,
                backend.View(parameters.Bias, outputs),
                logScale,
                backend.View(gradients.Weight, WeightLength),
                backend.View(gradients.Bias, outputs),
                backend.View(gradients.LogScale, outputs),
                shape);
            if (!dx.IsEmpty)
            {
                ZeroConvolutionKernels.Input(
                    backend._stream,
                    Cover(image.Length, ZeroConvolutionKernels.InputKernel),
                    gradient,
                    weight,
                    logScale,
                    backend.View(dx, image.Length),
                    shape);
            }
        }

        private ZeroConvolutionKernels.Shape KernelShape(ImageShape image) => new(
            image.Pixels,
            image.Height,
            image.Width,
            convolution.InputChannels,
            convolution.OutputChannels,
            convolution.OutsideReadsOne ? 1 : 0);
    }
}
