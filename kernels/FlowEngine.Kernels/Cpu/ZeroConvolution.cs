namespace FlowEngine.Kernels.Cpu;

public sealed unsafe partial class CpuBackend
{
    // The patches of 32 pixels are gathered into a panel and multiplied by the folded weights in one product.
    private sealed class ZeroConvolution(CpuBackend backend, ZeroConvolutionShape convolution) : INetwork
    {
        public long PreparedLength(bool backward) => 0;

        public void Prepare(in NetworkWeights weights)
        {
        }

        public long KeptLength(ImageShape image) => 0;

        public long WorkspaceLength(ImageShape image, bool backward) =>
            new ZeroConvolutionWorkspace(convolution, image, backend.Threads).Length;

        public void Forward(
            ImageShape image,
            in NetworkWeights weights,
            BufferView x,
            BufferView output,
            BufferView kept,
            BufferView workspace)
        {
            ZeroConvolutionParameters parameters = ZeroConvolutionParameters.Of(convolution, weights.Parameters);
            ZeroConvolutionJob job = ConvolutionJob(image, parameters, x, workspace);
            ZeroConvolutionWorkspace work = job.Work;
            int outputs = convolution.OutputChannels;
            float* weight = Pointer(parameters.Weight, (long)outputs * work.Patch);
            backend.Pack(new StripPacking(
                weight,
                outputs,
                work.PaddedOutputs,
                work.Patch,
                work.Patch,
                1,
                job.Workspace + work.Scale,
                null,
                job.Workspace + work.Strips));
            job.Output = Pointer(output, image.WithChannels(outputs).Length);
            backend._team.Run(work.Panels, job);
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
            ZeroConvolutionParameters parameters = ZeroConvolutionParameters.Of(convolution, weights.Parameters);
            ZeroConvolutionParameters gradients = ZeroConvolutionParameters.Of(convolution, weights.Gradients);
            ZeroConvolutionJob job = ConvolutionJob(image, parameters, x, workspace);
            ZeroConvolutionWorkspace work = job.Work;
            float* at = job.Workspace;
            int outputs = convolution.OutputChannels;
            ImageShape outputShape = image.WithChannels(outputs);
            float* weight = Pointer(parameters.Weight, (long)outputs * work.Patch);
            job.OutputGradient = Planes.At(at + work.OutputGradient, image, outputs);
            job.PatchGradient = Planes.At(at + work.PatchGradient, image, work.PaddedPatch);
            job.WantsInputGradient = !dx.IsEmpty;
            Clear(at + work.BiasGradient, work.Columns);
            backend._team.Run(
                PlanarCopy.Parts(image),
                new PlanarCopy(Pointer(dOutput, outputShape.Length), outputShape, job.OutputGradient));
            backend.Pack(new StripPacking(
                weight, work.Patch, work.PaddedPatch, outputs, 1, work.Patch, null, at + work.Scale, at + work.Strips));
            GradientProduct product = new(
                at + work.Patches,
                work.PaddedPatch * StripProduct.PanelWidth,
                work.PaddedPatch,
                at + work.Turned,
                work.ColumnPanelLength,
                work.ColumnPanels,
                at + work.WeightGradient);
            for (int panel = 0; panel < work.Panels; panel += work.BlockPanels)
            {
                int panels = Math.Min(work.BlockPanels, work.Panels - panel);
                job.FirstPanel = panel;
                backend._team.Run(panels, job);
                int pixels = Math.Min(panels * StripProduct.PanelWidth, image.Pixels - (panel * StripProduct.PanelWidth));
                backend._team.Run(product.Parts, new GradientProductJob(product, pixels, isFirst: panel == 0));
                PixelMajor.AddSums(
                    at + work.PanelSums, work.Columns, panels, work.PaddedOutputs, at + work.BiasGradient);
            }

            if (!dx.IsEmpty)
            {
                TapSum sum = new()
                {
                    Taps = job.PatchGradient,
                    Image = image,
                    Channels = convolution.InputChannels,
                    Adjoint = true,
                    Target = Pointer(dx, image.Length),
                };
                backend.ForImages(image.Batch, ImageChunks.OfPixels(image.PixelsPerImage), sum);
            }

            GradientUnfolding unfolding = new()
            {
                Transposed = at + work.WeightGradient,
                TransposedRows = work.PaddedPatch,
                Rows = outputs,
                Depth = work.Patch,
                RowScale = at + work.Scale,
                Weight = weight,
                WeightGradient = Pointer(gradients.Weight, (long)outputs * work.Patch),
                FoldedBias = at + work.Bias,
                FoldedBiasGradient = at + work.BiasGradient,
                BiasGradient = Pointer(gradients.Bias, outputs),
                LogScaleGradient = Pointer(gradients.LogScale, outputs),
                LogScaleFactor = 3,
            };
            backend._team.Run(unfolding.Parts, unfolding);
        }

        private ZeroConvolutionJob ConvolutionJob(
            ImageShape image, in ZeroConvolutionParameters parameters, BufferView x, BufferView workspace)
        {
            ZeroConvolutionWorkspace work = new(convolution, image, backend.Threads);
            float* at = Pointer(workspace, work.Length);
            Planes input = Planes.At(at + work.Input, image, convolution.InputChannels);
            backend._team.Run(PlanarCopy.Parts(image), new PlanarCopy(Pointer(x, image.Length), image, input));
            Clear(at + work.Bias, work.PaddedOutputs);
            FoldOutputs(
                parameters.LogScale, parameters.Bias, convolution.OutputChannels, at + work.Scale, at + work.Bias);
            return new ZeroConvolutionJob
            {
                Convolution = convolution,
                Work = work,
                Image = image,
                Workspace = at,
                Input = input,
            };
        }
    }
}
