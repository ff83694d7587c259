namespace FlowEngine.Kernels.Cpu;

/// <remarks>
/// Lanes are pixels. Activations are planes; each layer gathers the patches of 32 pixels into a panel and multiplies it by
/// its weights in one product, layer after layer over the whole batch. Backward the patches of the gradient, mirrored, are
/// multiplied by the transposed weights.
/// </remarks>
public sealed unsafe partial class CpuBackend
{
    /// <inheritdoc cref="IBackend.ResidualNetworkPreparedLength"/>
    public long ResidualNetworkPreparedLength(ResidualNetworkShape network) =>
        new ResidualNetworkLayout(network).PreparedLength;

    /// <inheritdoc cref="IBackend.ResidualNetworkPrepare"/>
    public void ResidualNetworkPrepare(ResidualNetworkShape network, BufferView parameters, BufferView prepared)
    {
        ResidualNetworkLayout layout = new(network);
        float* from = Pointer(parameters, network.ParametersLength);
        float* to = Pointer(prepared, layout.PreparedLength);
        for (int layer = 0; layer < network.Layers; layer++)
        {
            ResidualNetworkLayout.PreparedLayer at = layout.At(layer);
            ResidualNormJob norms = new(layout, layer, from, to);
            _team.Run(norms.Parts, norms);
            (int inputs, int outputs) = (network.InputsOf(layer), network.OutputsOf(layer));
            int depth = network.DepthOf(layer);
            float* weight = from + network.WeightOffset(layer);
            float* scale = to + at.Scale;
            Pack(new StripPacking(
                weight, outputs, StripProduct.PaddedRows(outputs), depth, depth, 1, scale, null, to + at.Forward));
            Pack(new StripPacking(
                weight,
                inputs,
                StripProduct.PaddedRows(inputs),
                layout.BackwardDepthOf(layer),
                1,
                depth,
                null,
                scale,
                to + at.Backward,
                run: outputs,
                runStride: inputs));
        }
    }

    /// <inheritdoc cref="IBackend.ResidualNetworkKeptLength"/>
    public long ResidualNetworkKeptLength(ResidualNetworkShape network, ImageShape image) =>
        network.KeptArrays * new ResidualNetworkLayout(network).HiddenLength(image);

    /// <inheritdoc cref="IBackend.ResidualNetworkWorkspaceLength"/>
    public long ResidualNetworkWorkspaceLength(ResidualNetworkShape network, ImageShape image, bool backward) =>
        new ResidualNetworkWorkspace(new ResidualNetworkLayout(network), image, Threads, backward).Length;

    /// <inheritdoc cref="IBackend.ResidualNetworkForward"/>
    public void ResidualNetworkForward(
        ResidualNetworkShape network,
        ImageShape image,
        BufferView prepared,
        BufferView x,
        BufferView output,
        BufferView kept,
        BufferView workspace)
    {
        ResidualNetworkLayout layout = new(network);
        ResidualNetworkWorkspace work = new(layout, image, Threads, backward: false);
        float* at = Pointer(workspace, work.Length);
        Planes input = Planes.At(at + work.Input, image, network.InputChannels);
        _team.Run(PlanarCopy.Parts(image), new PlanarCopy(Pointer(x, image.Length), image, input));
        ResidualNetworkForwardJob job = new()
        {
            Layout = layout,
            Work = work,
            Image = image,
            Prepared = Pointer(prepared, layout.PreparedLength),
            Workspace = at,
            Stream = layout.HiddenAt(at + work.Stream, image),
            Output = Pointer(output, image.WithChannels(network.OutputChannels).Length),
            Target = input,
        };
        for (int layer = 0; layer < network.Layers; layer++)
        {
            job.Layer = layer;
            job.Source = job.Target;
            job.Target = kept.IsEmpty
                ? layout.HiddenAt(at + (layer % 2 == 0 ? work.First : work.Second), image)
                : KeptPlanes(layout, image, kept, Math.Min(layer, network.KeptArrays - 1));
            _team.Run(work.Panels, job);
        }
    }

    /// <inheritdoc cref="IBackend.ResidualNetworkBackward"/>
    public void ResidualNetworkBackward(
        ResidualNetworkShape network,
        ImageShape image,
        BufferView parameters,
        BufferView prepared,
        BufferView x,
        BufferView kept,
        BufferView dOutput,
        BufferView dx,
        BufferView gradients,
        BufferView workspace)
    {
        ResidualNetworkLayout layout = new(network);
        ResidualNetworkWorkspace work = new(layout, image, Threads, backward: true);
        float* at = Pointer(workspace, work.Length);
        float* weights = Pointer(parameters, network.ParametersLength);
        float* sums = Pointer(gradients, network.ParametersLength);
        Planes input = Planes.At(at + work.Input, image, network.InputChannels);
        _team.Run(PlanarCopy.Parts(image), new PlanarCopy(Pointer(x, image.Length), image, input));
        ResidualNetworkBackwardJob job = new()
        {
            Layout = layout,
            Work = work,
            Image = image,
            Prepared = Pointer(prepared, layout.PreparedLength),
            Workspace = at,
            DOutput = Pointer(dOutput, image.WithChannels(network.OutputChannels).Length),
            Dx = Pointer(dx, image.Length),
        };
        Planes stream = layout.HiddenAt(at + work.Stream, image);
        Planes inner = layout.HiddenAt(at + work.First, image);
        for (int layer = network.Layers - 1; layer >= 0; layer--)
        {
            job.Layer = layer;
            job.Source = layer == 0 ? input : KeptPlanes(layout, image, kept, layer - 1);
            job.Gradient = layer % 2 == 0 ? stream : inner;
            job.Target = layer % 2 == 0 ? inner : stream;
            RunBackward(job);
            _team.Run(network.OutputsOf(layer), new ResidualWeightGradient(job, weights, sums));
        }
    }

    private static Planes KeptPlanes(in ResidualNetworkLayout layout, ImageShape image, BufferView kept, int index)
    {
        long length = layout.HiddenLength(image);
        return layout.HiddenAt(Pointer(kept, layout.Shape.KeptArrays * length) + (index * length), image);
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
            _team.Run(panels, job);
            _team.Run(product.Parts, new GradientProductJob(product, pixels, isFirst: panel == 0));
            PixelMajor.AddSums(
                at + work.PanelSums, work.Columns, panels, PixelMajor.PaddedChannels(outputs), at + work.BiasGradient);
        }
    }
}
