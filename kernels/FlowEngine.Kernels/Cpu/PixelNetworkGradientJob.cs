namespace FlowEngine.Kernels.Cpu;

/// <summary>Adds one superblock to the gradients of the folded weights, in parts.</summary>
internal readonly unsafe struct PixelNetworkGradientJob : IJob
{
    private readonly PixelNetworkBackwardJob _hidden;
    private readonly GradientProduct _weight1;
    private readonly GradientProduct _weight2;
    private readonly GradientProduct _weight3;

    public PixelNetworkGradientJob(in PixelNetworkBackwardJob hidden)
    {
        _hidden = hidden;
        PixelNetworkLayout layout = hidden.Layout;
        PixelNetworkWorkspace work = hidden.Work;
        float* at = hidden.Workspace;
        _weight1 = new GradientProduct(
            at + work.Patches,
            layout.PaddedPatch * StripProduct.PanelWidth,
            layout.PaddedPatch,
            at + work.TurnedGradient1,
            work.ColumnPanelLength,
            work.ColumnPanels,
            at + work.Weight1);
        _weight2 = new GradientProduct(
            hidden.Hidden1,
            layout.HiddenPanel,
            layout.PaddedHidden,
            at + work.TurnedGradient2,
            work.ColumnPanelLength,
            work.ColumnPanels,
            at + work.Weight2);
        _weight3 = new GradientProduct(
            at + work.TapGradients,
            layout.PaddedTaps * StripProduct.PanelWidth,
            layout.PaddedTaps,
            at + work.TurnedHidden2,
            work.ColumnPanelLength,
            work.ColumnPanels,
            at + work.Weight3);
    }

    public int Parts => _weight1.Parts + _weight2.Parts + _weight3.Parts + 1;

    public static OutputSumsJob OutputSums(in PixelNetworkBackwardJob hidden) =>
        new(
            hidden.OutputGradient,
            hidden.Image,
            hidden.Layout.Shape.OutsideReadsOne,
            hidden.Workspace + hidden.Work.OutputSums);

    public void Invoke(int index, int worker)
    {
        int panels = _hidden.BlockPanels;
        int pixels = _hidden.BlockPixels;
        bool isFirst = _hidden.FirstPanel == 0;
        int part = index;
        if (part < _weight2.Parts)
        {
            _weight2.Compute(part, pixels, isFirst);
            return;
        }

        part -= _weight2.Parts;
        if (part < _weight3.Parts)
        {
            _weight3.Compute(part, pixels, isFirst);
            return;
        }

        part -= _weight3.Parts;
        if (part < _weight1.Parts)
        {
            _weight1.Compute(part, pixels, isFirst);
            return;
        }

        PixelNetworkWorkspace work = _hidden.Work;
        float* at = _hidden.Workspace;
        int channels = _hidden.Layout.PaddedHidden;
        PixelMajor.AddSums(at + work.PanelSums1, work.Columns, panels, channels, at + work.Bias1);
        PixelMajor.AddSums(at + work.PanelSums2, work.Columns, panels, channels, at + work.Bias2);
        OutputSums(_hidden).Accumulate(_hidden.FirstPanel, panels);
    }
}
