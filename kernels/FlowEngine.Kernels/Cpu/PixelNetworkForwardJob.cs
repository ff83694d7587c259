namespace FlowEngine.Kernels.Cpu;

/// <summary>One tile of panels through the three products of a pixel network.</summary>
internal unsafe struct PixelNetworkForwardJob : IJob
{
    public PixelNetworkLayout Layout;
    public PixelNetworkWorkspace Work;
    public ImageShape Image;
    public float* Prepared;
    public float* Scratch;

    /// <summary>Receives h₁ of the batch, or null.</summary>
    public float* Kept1;

    /// <summary>Receives h₂ of the batch, or null.</summary>
    public float* Kept2;

    public Planes Input;
    public Planes Taps;

    /// <summary>0 for the whole network; 1 or 2 to stop at that hidden layer, before its rectification.</summary>
    public int LinearLayer;

    public readonly int Tiles => (Work.Panels + Work.TilePanels - 1) / Work.TilePanels;

    public readonly void Invoke(int index, int worker)
    {
        int first = index * Work.TilePanels;
        int panels = Math.Min(Work.TilePanels, Work.Panels - first);
        nint patchPanel = Layout.PaddedPatch * StripProduct.PanelWidth;
        nint hiddenPanel = Layout.HiddenPanel;
        float* patches = Scratch + (worker * Work.WorkerLength);
        float* h1 = Kept1 is null ? patches + Work.PatchScratch : Kept1 + (first * hiddenPanel);
        float* h2 = Kept2 is null
            ? patches + Work.PatchScratch + Work.HiddenScratch
            : Kept2 + (first * hiddenPanel);
        for (int panel = 0; panel < panels; panel++)
        {
            Input.GatherPatches(Image, first + panel, false, 0, patches + (panel * patchPanel));
        }

        float* bias1 = Prepared + Layout.Bias1;
        Hidden(1, Layout.Forward1, Layout.Patch, bias1, patches, patchPanel, panels, h1, hiddenPanel);
        if (LinearLayer == 1)
        {
            return;
        }

        float* bias2 = Prepared + Layout.Bias2;
        Hidden(2, Layout.Forward2, Layout.Shape.Hidden, bias2, h1, hiddenPanel, panels, h2, hiddenPanel);
        if (LinearLayer == 2)
        {
            return;
        }

        StripProduct.MultiplyPanels<Linear>(
            Prepared + Layout.Forward3,
            Layout.PaddedTaps,
            Layout.Shape.Hidden,
            null,
            h2,
            hiddenPanel,
            panels,
            Taps.Pointer + ((nint)first * StripProduct.PanelWidth),
            StripProduct.PanelWidth,
            Taps.Stride,
            null);
    }

    private readonly void Hidden(
        int layer,
        long weights,
        int depth,
        float* bias,
        float* source,
        nint sourcePanel,
        int panels,
        float* target,
        nint targetPanel)
    {
        float* strips = Prepared + weights;
        int rows = Layout.PaddedHidden;
        const int row = StripProduct.PanelWidth;
        if (layer == LinearLayer)
        {
            StripProduct.MultiplyPanels<Linear>(
                strips, rows, depth, bias, source, sourcePanel, panels, target, targetPanel, row, null);
        }
        else
        {
            StripProduct.MultiplyPanels<Rectified>(
                strips, rows, depth, bias, source, sourcePanel, panels, target, targetPanel, row, null);
        }
    }
}
