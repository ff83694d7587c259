namespace FlowEngine.Kernels.Cpu;

/// <remarks>
/// Lanes are rows of the batch. Values are panels, [panel][unit][32 rows]; a tile of up to four panels goes through
/// all products while its values are in the cache.
/// </remarks>
public sealed unsafe partial class CpuBackend
{
    /// <inheritdoc cref="IBackend.DenseNetworkPreparedLength"/>
    public long DenseNetworkPreparedLength(DenseNetworkShape network) => new DenseNetworkLayout(network).PreparedLength;

    /// <inheritdoc cref="IBackend.DenseNetworkPrepare"/>
    public void DenseNetworkPrepare(DenseNetworkShape network, BufferView parameters, BufferView prepared)
    {
        DenseNetworkLayout layout = new(network);
        float* from = Pointer(parameters, network.ParametersLength);
        float* to = Pointer(prepared, layout.PreparedLength);
        for (int layer = 0; layer < network.Layers; layer++)
        {
            DenseNetworkLayout.PreparedLayer at = layout.At(layer);
            int inputs = network.InputsOf(layer);
            int outputs = network.OutputsOf(layer);
            int padded = layout.Padded(layer + 1);
            float* weight = from + network.WeightOffset(layer);
            if (network.IsAutoregressive)
            {
                MaskCopy mask = new(weight, network, layer, to + at.Rows);
                _team.Run(mask.Parts, mask);
                weight = to + at.Rows;
            }

            Pack(new StripPacking(weight, outputs, padded, inputs, inputs, 1, null, null, to + at.Forward));
            Pack(new StripPacking(
                weight, inputs, layout.Padded(layer), outputs, 1, inputs, null, null, to + at.Backward));
            ReadOnlySpan<float> bias = new(from + network.BiasOffset(layer), outputs);
            bias.CopyTo(new Span<float>(to + at.Bias, outputs));
            new Span<float>(to + at.Bias + outputs, padded - outputs).Clear();
        }
    }

    /// <inheritdoc cref="IBackend.DenseNetworkKeptLength"/>
    public long DenseNetworkKeptLength(DenseNetworkShape network, int rows) =>
        network.HiddenLayers * new DenseNetworkLayout(network).HiddenLength(rows);

    /// <inheritdoc cref="IBackend.DenseNetworkWorkspaceLength"/>
    public long DenseNetworkWorkspaceLength(DenseNetworkShape network, int rows, bool backward) =>
        new DenseNetworkWorkspace(new DenseNetworkLayout(network), rows, Threads, backward).Length;

    /// <inheritdoc cref="IBackend.DenseNetworkForward"/>
    public void DenseNetworkForward(
        DenseNetworkShape network,
        ImageShape image,
        BufferView prepared,
        BufferView x,
        BufferView output,
        BufferView kept,
        BufferView workspace)
    {
        DenseNetworkLayout layout = new(network);
        DenseNetworkWorkspace work = new(layout, image.Pixels, Threads, backward: false);
        DenseNetworkForwardJob job = new()
        {
            Layout = layout,
            Work = work,
            Image = image,
            Prepared = Pointer(prepared, layout.PreparedLength),
            Scratch = Pointer(workspace, work.Length) + work.Workers,
            X = Pointer(x, image.Length),
            Output = Pointer(output, (long)image.Pixels * network.Outputs),
            Kept = kept.IsEmpty ? null : Pointer(kept, DenseNetworkKeptLength(network, image.Pixels)),
        };
        _team.Run(job.Parts, job);
    }

    /// <inheritdoc cref="IBackend.DenseNetworkBackward"/>
    public void DenseNetworkBackward(
        DenseNetworkShape network,
        ImageShape image,
        BufferView prepared,
        BufferView x,
        BufferView kept,
        BufferView dOutput,
        BufferView dx,
        BufferView gradients,
        BufferView workspace)
    {
        DenseNetworkLayout layout = new(network);
        DenseNetworkWorkspace work = new(layout, image.Pixels, Threads, backward: true);
        float* sums = Pointer(gradients, network.ParametersLength);
        DenseNetworkBackwardJob block = new()
        {
            Layout = layout,
            Work = work,
            Image = image,
            Prepared = Pointer(prepared, layout.PreparedLength),
            Workspace = Pointer(workspace, work.Length),
            X = Pointer(x, image.Length),
            Kept = Pointer(kept, DenseNetworkKeptLength(network, image.Pixels)),
            DOutput = Pointer(dOutput, (long)image.Pixels * network.Outputs),
            Dx = dx.IsEmpty ? null : Pointer(dx, image.Length),
        };
        for (int panel = 0; panel < work.Panels; panel += work.BlockPanels)
        {
            block.FirstPanel = panel;
            block.BlockPanels = Math.Min(work.BlockPanels, work.Panels - panel);
            block.TilePanels = Math.Clamp(block.BlockPanels / Threads, 1, work.TilePanels);
            _team.Run(block.Parts, block);
            for (int layer = 0; layer < network.Layers; layer++)
            {
                DenseNetworkGradientJob job = new(block, layer, sums);
                _team.Run(job.Parts, job);
            }
        }

        for (int layer = 0; layer < network.Layers; layer++)
        {
            DenseWeightGradient job = new(
                block.Workspace + work.At(layer).Weight,
                layout.Padded(layer + 1),
                network,
                layer,
                sums + network.WeightOffset(layer));
            _team.Run(job.Parts, job);
        }
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
