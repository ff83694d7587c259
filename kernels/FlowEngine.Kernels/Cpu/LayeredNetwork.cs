namespace FlowEngine.Kernels.Cpu;

public sealed unsafe partial class CpuBackend
{
    // Lanes are rows of the batch, values panels of 32 rows, as in DenseNetwork.
    private sealed class LayeredNetwork(CpuBackend backend, LayeredNetworkShape shape) : INetwork
    {
        private readonly LayeredNetworkLayout _layout = new(shape);

        private LayeredNetworkPlan Plan => _layout.Plan;

        public long PreparedLength(bool backward) => _layout.PreparedLength;

        public void Prepare(in NetworkWeights weights)
        {
            float* from = Pointer(weights.Parameters, shape.ParametersLength);
            float* to = Pointer(weights.Prepared, _layout.PreparedLength);
            for (int l = 0; l < Plan.Layers.Count; l++)
            {
                NetworkLayer layer = Plan.Layers[l];
                LayeredNetworkLayout.PreparedLayer at = _layout.At(l);
                float* weight = from + layer.WeightOffset;
                if (layer.InputDegrees is not null)
                {
                    Masked(layer, weight, to + at.Rows);
                    weight = to + at.Rows;
                }

                int outputs = layer.Outputs;
                int inputs = layer.Inputs;
                int padded = LayeredNetworkLayout.Padded(outputs);
                backend.Pack(new StripPacking(weight, outputs, padded, inputs, inputs, 1, null, null, to + at.Forward));
                backend.Pack(new StripPacking(
                    weight, inputs, LayeredNetworkLayout.Padded(inputs), outputs, 1, inputs, null, null, to + at.Backward));
                new ReadOnlySpan<float>(from + layer.BiasOffset, outputs).CopyTo(new Span<float>(to + at.Bias, outputs));
                new Span<float>(to + at.Bias + outputs, padded - outputs).Clear();
            }
        }

        public long KeptLength(ImageShape image) => _layout.Kept(Plan.Output, StripProduct.Panels(image.Pixels));

        public long WorkspaceLength(ImageShape image, bool backward)
        {
            int panels = StripProduct.Panels(image.Pixels);
            long block = backward
                ? _layout.Backward(Plan.Layers.Count, LayeredNetworkLayout.BlockPanels(panels)).Turned
                : 0;
            return ScratchLength(panels) + block;
        }

        public void Forward(
            ImageShape image,
            in NetworkWeights weights,
            BufferView x,
            BufferView output,
            BufferView kept,
            BufferView workspace)
        {
            int panels = StripProduct.Panels(image.Pixels);
            LayeredNetworkForwardJob job = new()
            {
                Layout = _layout,
                Image = image,
                TilePanels = LayeredNetworkLayout.TilePanels(panels, backend.Threads),
                Prepared = Pointer(weights.Prepared, _layout.PreparedLength),
                Scratch = Pointer(workspace, ScratchLength(panels)),
                X = Pointer(x, image.Length),
                Output = Pointer(output, (long)image.Pixels * shape.OutputChannels),
                Kept = kept.IsEmpty ? null : Pointer(kept, KeptLength(image)),
            };
            backend._team.Run(job.Parts, job);
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
            int panels = StripProduct.Panels(image.Pixels);
            float* scratch = Pointer(workspace, WorkspaceLength(image, backward: true));
            float* sums = Pointer(weights.Gradients, shape.ParametersLength);
            int tilePanels = LayeredNetworkLayout.TilePanels(panels, backend.Threads);
            LayeredNetworkBackwardJob block = new()
            {
                Layout = _layout,
                Image = image,
                Prepared = Pointer(weights.Prepared, _layout.PreparedLength),
                Scratch = scratch,
                Block = scratch + ScratchLength(panels),
                X = Pointer(x, image.Length),
                Kept = Pointer(kept, KeptLength(image)),
                DOutput = Pointer(dOutput, (long)image.Pixels * shape.OutputChannels),
                Dx = dx.IsEmpty ? null : Pointer(dx, image.Length),
                LargestBlock = LayeredNetworkLayout.BlockPanels(panels),
                LargestTile = tilePanels,
            };
            for (int panel = 0; panel < panels; panel += block.LargestBlock)
            {
                block.FirstPanel = panel;
                block.BlockPanels = Math.Min(block.LargestBlock, panels - panel);
                block.TilePanels = Math.Clamp(block.BlockPanels / backend.Threads, 1, tilePanels);
                backend._team.Run(block.Parts, block);
                for (int i = 0; i < Plan.Steps.Count; i++)
                {
                    if (Plan.Steps[i].Kind == NetworkStepKind.Linear)
                    {
                        LayeredNetworkGradientJob job = new(block, Plan.Steps[i], sums);
                        backend._team.Run(job.Parts, job);
                    }
                }
            }

            for (int l = 0; l < Plan.Layers.Count; l++)
            {
                AddWeights(Plan.Layers[l], block.Block + _layout.Backward(l, block.LargestBlock).Weight, sums);
            }
        }

        private static void Masked(NetworkLayer layer, float* weight, float* rows)
        {
            for (int unit = 0; unit < layer.Outputs; unit++)
            {
                for (int input = 0; input < layer.Inputs; input++)
                {
                    nint at = ((nint)unit * layer.Inputs) + input;
                    rows[at] = layer.Reads(unit, input) ? weight[at] : 0;
                }
            }
        }

        /// <summary>dW += what <see cref="GradientProduct"/> summed, inside the mask.</summary>
        private static void AddWeights(NetworkLayer layer, float* sums, float* gradients)
        {
            int padded = LayeredNetworkLayout.Padded(layer.Outputs);
            for (int unit = 0; unit < layer.Outputs; unit++)
            {
                float* row = gradients + layer.WeightOffset + ((nint)unit * layer.Inputs);
                for (int input = 0; input < layer.Inputs; input++)
                {
                    if (layer.Reads(unit, input))
                    {
                        int panel = input / PixelMajor.Columns;
                        row[input] += sums[((((nint)panel * padded) + unit) * PixelMajor.Columns) + (input % PixelMajor.Columns)];
                    }
                }
            }
        }

        private long ScratchLength(int panels) =>
            backend.Threads * _layout.WorkerLength(LayeredNetworkLayout.TilePanels(panels, backend.Threads));
    }
}
