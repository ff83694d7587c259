namespace FlowEngine.Kernels.Cpu;

public sealed unsafe partial class CpuBackend
{
    // Lanes are pixels. Activations are planes; each layer gathers the patches of 32 pixels into a panel and multiplies it
    // by its weights in one product, layer after layer over the whole batch. Backward the patches of the gradient,
    // mirrored, are multiplied by the transposed weights.
    private sealed class ResidualNetwork(CpuBackend backend, ResidualNetworkShape network) : INetwork
    {
        private readonly ResidualNetworkLayout _layout = new(network);

        public long PreparedLength(bool backward) => _layout.PreparedLength;

        public void Prepare(in NetworkWeights weights)
        {
            float* from = Pointer(weights.Parameters, network.ParametersLength);
            float* to = Pointer(weights.Prepared, _layout.PreparedLength);
            for (int layer = 0; layer < network.Layers; layer++)
            {
                ResidualNetworkLayout.PreparedLayer at = _layout.At(layer);
                ResidualNormJob norms = new(_layout, layer, from, to);
                backend._team.Run(norms.Parts, norms);
                (int inputs, int outputs) = (network.InputsOf(layer), network.OutputsOf(layer));
                int depth = network.DepthOf(layer);
                float* weight = from + network.WeightOffset(layer);
                float* scale = to + at.Scale;
                backend.Pack(new StripPacking(
                    weight, outputs, StripProduct.PaddedRows(outputs), depth, depth, 1, scale, null, to + at.Forward));
                backend.Pack(new StripPacking(
                    weight,
                    inputs,
                    StripProduct.PaddedRows(inputs),
                    _layout.BackwardDepthOf(layer),
                    1,
                    depth,
                    null,
                    scale,
                    to + at.Backward,
                    run: outputs,
                    runStride: inputs));
            }
        }

        public long KeptLength(ImageShape image) => network.KeptArrays * _layout.HiddenLength(image);

        public long WorkspaceLength(ImageShape image, bool backward) =>
            new ResidualNetworkWorkspace(_layout, image, backend.Threads, backward).Length;

        public void Forward(
            ImageShape image,
            in NetworkWeights weights,
            BufferView x,
            BufferView output,
            BufferView kept,
            BufferView workspace)
        {
            ResidualNetworkWorkspace work = new(_layout, image, backend.Threads, backward: false);
            float* at = Pointer(workspace, work.Length);
            Planes input = Planes.At(at + work.Input, image, network.InputChannels);
            backend._team.Run(PlanarCopy.Parts(image), new PlanarCopy(Pointer(x, image.Length), image, input));
            ResidualNetworkForwardJob job = new()
            {
                Layout = _layout,
                Work = work,
                Image = image,
                Prepared = Pointer(weights.Prepared, _layout.PreparedLength),
                Workspace = at,
                Stream = _layout.HiddenAt(at + work.Stream, image),
                Output = Pointer(output, image.WithChannels(network.OutputChannels).Length),
                Target = input,
            };
            for (int layer = 0; layer < network.Layers; layer++)
            {
                job.Layer = layer;
                job.Source = job.Target;
                job.Target = kept.IsEmpty
                    ? _layout.HiddenAt(at + (layer % 2 == 0 ? work.First : work.Second), image)
                    : KeptPlanes(image, kept, Math.Min(layer, network.KeptArrays - 1));
                backend._team.Run(work.Panels, job);
            }
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
            ResidualNetworkWorkspace work = new(_layout, image, backend.Threads, backward: true);
            float* at = Pointer(workspace, work.Length);
            float* parameters = Pointer(weights.Parameters, network.ParametersLength);
            float* sums = Pointer(weights.Gradients, network.ParametersLength);
            Planes input = Planes.At(at + work.Input, image, network.InputChannels);
            backend._team.Run(PlanarCopy.Parts(image), new PlanarCopy(Pointer(x, image.Length), image, input));
            ResidualNetworkBackwardJob job = new()
            {
                Layout = _layout,
                Work = work,
                Image = image,
                Prepared = Pointer(weights.Prepared, _layout.PreparedLength),
                Workspace = at,
                DOutput = Pointer(dOutput, image.WithChannels(network.OutputChannels).Length),
                Dx = dx.IsEmpty ? null : Pointer(dx, image.Length),
            };
            Planes stream = _layout.HiddenAt(at + work.Stream, image);
            Planes inner = _layout.HiddenAt(at + work.First, image);
            for (int layer = network.Layers - 1; layer >= 0; layer--)
            {
                job.Layer = layer;
                job.Source = layer == 0 ? input : KeptPlanes(image, kept, layer - 1);
                job.Gradient = layer % 2 == 0 ? stream : inner;
                job.Target = layer % 2 == 0 ? inner : stream;
                RunBackward(job);
                backend._team.Run(network.OutputsOf(layer), new ResidualWeightGradient(job, parameters, sums));
            }
        }

        private Planes KeptPlanes(ImageShape image, BufferView kept, int index)
        {
            long length = _layout.HiddenLength(image);
            return _layout.HiddenAt(Pointer(kept, network.KeptArrays * length) + (index * length), image);
        }

        /// <summary>One layer over all superblocks: the gradient of what it read, and dW and db in the workspace.</summary>
        private void RunBackward(ResidualNetworkBackwardJob job)
        {
            ResidualNetworkWorkspace work = job.Work;
            float* at = job.Workspace;
            int outputs = job.Layout.Shape.OutputsOf(job.Layer);
            GradientProduct product = new(
                at + work.Patches,
                job.PatchRows * StripProduct.PanelWidth,
                job.PatchRows,
                at + work.Turned,
                work.ColumnPanelLength,
                PixelMajor.ColumnPanels(outputs),
                at + work.WeightGradient);
            Clear(at + work.BiasGradient, work.Columns);
            for (int panel = 0; panel < work.Panels; panel += work.BlockPanels)
            {
                int panels = Math.Min(work.BlockPanels, work.Panels - panel);
                int pixels = Math.Min(
                    panels * StripProduct.PanelWidth, job.Image.Pixels - (panel * StripProduct.PanelWidth));
                job.FirstPanel = panel;
                backend._team.Run(panels, job);
                backend._team.Run(product.Parts, new GradientProductJob(product, pixels, isFirst: panel == 0));
                PixelMajor.AddSums(
                    at + work.PanelSums, work.Columns, panels, PixelMajor.PaddedChannels(outputs), at + work.BiasGradient);
            }
        }
    }
}
