namespace FlowEngine.Kernels.Cpu;

public sealed unsafe partial class CpuBackend
{
    // Lanes are rows of the batch. Values are panels, [panel][unit][32 rows]; a tile of up to four panels goes through
    // all products while its values are in the cache.
    private class DenseNetwork(CpuBackend backend, DenseNetworkShape shape) : INetwork
    {
        protected CpuBackend Backend { get; } = backend;

        protected DenseNetworkShape Shape { get; } = shape;

        protected DenseNetworkLayout Layout { get; } = new(shape);

        public long PreparedLength(bool backward) => Layout.PreparedLength;

        public void Prepare(in NetworkWeights weights)
        {
            float* from = Pointer(weights.Parameters, Shape.ParametersLength);
            float* to = Pointer(weights.Prepared, Layout.PreparedLength);
            for (int layer = 0; layer < Shape.Layers; layer++)
            {
                DenseNetworkLayout.PreparedLayer at = Layout.At(layer);
                int inputs = Shape.InputsOf(layer);
                int outputs = Shape.OutputsOf(layer);
                int padded = Layout.Padded(layer + 1);
                float* weight = from + Shape.WeightOffset(layer);
                if (Shape.IsAutoregressive)
                {
                    MaskCopy mask = new(weight, Shape, layer, to + at.Rows);
                    Backend._team.Run(mask.Parts, mask);
                    weight = to + at.Rows;
                }

                Backend.Pack(new StripPacking(weight, outputs, padded, inputs, inputs, 1, null, null, to + at.Forward));
                Backend.Pack(new StripPacking(
                    weight, inputs, Layout.Padded(layer), outputs, 1, inputs, null, null, to + at.Backward));
                ReadOnlySpan<float> bias = new(from + Shape.BiasOffset(layer), outputs);
                bias.CopyTo(new Span<float>(to + at.Bias, outputs));
                new Span<float>(to + at.Bias + outputs, padded - outputs).Clear();
            }
        }

        public long KeptLength(ImageShape image) => Shape.HiddenLayers * Layout.HiddenLength(image.Pixels);

        public long WorkspaceLength(ImageShape image, bool backward) =>
            new DenseNetworkWorkspace(Layout, image.Pixels, Backend.Threads, backward).Length;

        public void Forward(
            ImageShape image,
            in NetworkWeights weights,
            BufferView x,
            BufferView output,
            BufferView kept,
            BufferView workspace)
        {
            DenseNetworkWorkspace work = new(Layout, image.Pixels, Backend.Threads, backward: false);
            if (image.Pixels == 1 && kept.IsEmpty && !Shape.IsAutoregressive)
            {
                ForwardRow(
                    Pointer(weights.Prepared, Layout.PreparedLength),
                    Pointer(x, image.Length),
                    Pointer(output, Shape.OutputChannels),
                    Pointer(workspace, work.Length) + work.Workers);
                return;
            }

            DenseNetworkForwardJob job = new()
            {
                Layout = Layout,
                Work = work,
                Image = image,
                Prepared = Pointer(weights.Prepared, Layout.PreparedLength),
                Scratch = Pointer(workspace, work.Length) + work.Workers,
                X = Pointer(x, image.Length),
                Output = Pointer(output, (long)image.Pixels * Shape.OutputChannels),
                Kept = kept.IsEmpty ? null : Pointer(kept, KeptLength(image)),
            };
            Backend._team.Run(job.Parts, job);
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
            DenseNetworkWorkspace work = new(Layout, image.Pixels, Backend.Threads, backward: true);
            float* sums = Pointer(weights.Gradients, Shape.ParametersLength);
            DenseNetworkBackwardJob block = new()
            {
                Layout = Layout,
                Work = work,
                Image = image,
                Prepared = Pointer(weights.Prepared, Layout.PreparedLength),
                Workspace = Pointer(workspace, work.Length),
                X = Pointer(x, image.Length),
                Kept = Pointer(kept, KeptLength(image)),
                DOutput = Pointer(dOutput, (long)image.Pixels * Shape.OutputChannels),
                Dx = dx.IsEmpty ? null : Pointer(dx, image.Length),
            };
            for (int panel = 0; panel < work.Panels; panel += work.BlockPanels)
            {
                block.FirstPanel = panel;
                block.BlockPanels = Math.Min(work.BlockPanels, work.Panels - panel);
                block.TilePanels = Math.Clamp(block.BlockPanels / Backend.Threads, 1, work.TilePanels);
                Backend._team.Run(block.Parts, block);
                for (int layer = 0; layer < Shape.Layers; layer++)
                {
                    DenseNetworkGradientJob job = new(block, layer, sums);
                    Backend._team.Run(job.Parts, job);
                }
            }

            for (int layer = 0; layer < Shape.Layers; layer++)
            {
                DenseWeightGradient job = new(
                    block.Workspace + work.At(layer).Weight,
                    Layout.Padded(layer + 1),
                    Shape,
                    layer,
                    sums + Shape.WeightOffset(layer));
                Backend._team.Run(job.Parts, job);
            }
        }

        private void ForwardRow(float* prepared, float* x, float* output, float* scratch)
        {
            float* source = x;
            float* target = scratch;
            float* free = scratch + Layout.LargestPanel;
            for (int layer = 0; layer < Shape.HiddenLayers; layer++)
            {
                DenseRow.Forward<Rectified>(Layout, prepared, layer, source, target);
                source = target;
                target = free;
                free = source;
            }

            DenseRow.Forward<Linear>(Layout, prepared, Shape.HiddenLayers, source, target);
            new ReadOnlySpan<float>(target, Shape.OutputChannels).CopyTo(new Span<float>(output, Shape.OutputChannels));
        }

        /// <summary>A weight with zeros outside the mask; 16 units a part.</summary>
        private readonly struct MaskCopy(float* weight, DenseNetworkShape network, int layer, float* rows) : IJob
        {
            private const int UnitsPerPart = 16;

            public int Parts => (network.OutputsOf(layer) + UnitsPerPart - 1) / UnitsPerPart;

            public void Invoke(int index, int worker)
            {
                int first = index * UnitsPerPart;
                int inputs = network.InputsOf(layer);
                for (int unit = first; unit < Math.Min(first + UnitsPerPart, network.OutputsOf(layer)); unit++)
                {
                    int reads = network.ReadsOf(layer, unit);
                    nint at = (nint)unit * inputs;
                    new ReadOnlySpan<float>(weight + at, reads).CopyTo(new Span<float>(rows + at, reads));
                    new Span<float>(rows + at + reads, inputs - reads).Clear();
                }
            }
        }
    }
}
