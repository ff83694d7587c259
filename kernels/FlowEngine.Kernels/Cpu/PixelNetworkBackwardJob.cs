namespace FlowEngine.Kernels.Cpu;

/// <summary>
/// One tile of a superblock through the transposed products, through the first layer again where that was not kept, and
/// the turned copies that the weight gradients need.
/// </summary>
internal unsafe struct PixelNetworkBackwardJob : IJob
{
    public PixelNetworkLayout Layout;
    public PixelNetworkWorkspace Work;
    public ImageShape Image;
    public float* Prepared;
    public float* Workspace;

    /// <summary>h₁ of the batch; null to compute it again.</summary>
    public float* Kept1;

    /// <summary>h₂ of the batch.</summary>
    public float* Kept2;

    public Planes Input;
    public Planes OutputGradient;
    public Planes PatchGradient;

    /// <summary>The superblock's first panel.</summary>
    public int FirstPanel;

    /// <summary>h₁ of the superblock.</summary>
    public readonly float* Hidden1 =>
        Kept1 is null ? Workspace + Work.Hidden1 : Kept1 + ((nint)FirstPanel * Layout.HiddenPanel);

    /// <summary>The superblock's panels.</summary>
    public int BlockPanels;

    /// <summary>The superblock's pixels.</summary>
    public readonly int BlockPixels => (int)Math.Min(
        (long)BlockPanels * StripProduct.PanelWidth, Image.Pixels - ((long)FirstPanel * StripProduct.PanelWidth));

    /// <summary>The panels of a tile.</summary>
    public int TilePanels;

    public readonly void Invoke(int index, int worker)
    {
        int inBlock = index * TilePanels;
        int panels = Math.Min(TilePanels, BlockPanels - inBlock);
        int first = FirstPanel + inBlock;
        long pixels = Math.Min(
            (long)panels * StripProduct.PanelWidth, Image.Pixels - ((long)first * StripProduct.PanelWidth));
        int hidden = Layout.Shape.Hidden;
        nint patchPanel = Layout.PaddedPatch * StripProduct.PanelWidth;
        nint tapPanel = Layout.PaddedTaps * StripProduct.PanelWidth;
        nint hiddenPanel = Layout.HiddenPanel;
        float* patches = Workspace + Work.Patches + (inBlock * patchPanel);
        float* taps = Workspace + Work.TapGradients + (inBlock * tapPanel);
        float* h1 = Hidden1 + (inBlock * hiddenPanel);
        float* h2 = Kept2 + (first * hiddenPanel);
        float* d2 = Workspace + Work.Workers + (worker * Work.WorkerLength);
        float* d1 = d2 + Work.HiddenScratch;
        for (int panel = 0; panel < panels; panel++)
        {
            Gather(Input, first + panel, false, patches + (panel * patchPanel), patchPanel);
            Gather(OutputGradient, first + panel, true, taps + (panel * tapPanel), tapPanel);
        }

        if (Kept1 is null)
        {
            StripProduct.MultiplyPanels<Rectified>(
                Prepared + Layout.Forward1,
                Layout.PaddedHidden,
                Layout.Patch,
                Prepared + Layout.Bias1,
                patches,
                patchPanel,
                pixels,
                h1,
                hiddenPanel,
                StripProduct.PanelWidth,
                null);
        }

        StripProduct.MultiplyPanels<Gated>(
            Prepared + Layout.Backward3,
            Layout.PaddedHidden,
            Layout.Taps,
            null,
            taps,
            tapPanel,
            pixels,
            d2,
            hiddenPanel,
            StripProduct.PanelWidth,
            h2);
        StripProduct.MultiplyPanels<Gated>(
            Prepared + Layout.Backward2,
            Layout.PaddedHidden,
            hidden,
            null,
            d2,
            hiddenPanel,
            pixels,
            d1,
            hiddenPanel,
            StripProduct.PanelWidth,
            h1);
        StripProduct.MultiplyPanels<Linear>(
            Prepared + Layout.Backward1,
            Layout.PaddedPatch,
            hidden,
            null,
            d1,
            hiddenPanel,
            pixels,
            PatchGradient.Pointer + ((nint)first * StripProduct.PanelWidth),
            StripProduct.PanelWidth,
            PatchGradient.Stride,
            null);

        for (int panel = 0; panel < panels; panel++)
        {
            int at = inBlock + panel;
            nint pixel = at * StripProduct.PanelWidth * PixelMajor.Columns;
            float* sums1 = Workspace + Work.PanelSums1 + ((nint)at * Work.Columns);
            float* sums2 = Workspace + Work.PanelSums2 + ((nint)at * Work.Columns);
            Turn(d1 + (panel * hiddenPanel), Workspace + Work.TurnedGradient1 + pixel, sums1);
            Turn(d2 + (panel * hiddenPanel), Workspace + Work.TurnedGradient2 + pixel, sums2);
            Turn(h2 + (panel * hiddenPanel), Workspace + Work.TurnedHidden2 + pixel, null);
        }
    }

    private readonly void Turn(float* panel, float* target, float* sums) =>
        PixelMajor.Turn(panel, Layout.PaddedHidden, target, Work.ColumnPanelLength, sums);

    // The rows past the last are an operand of the weight gradients too.
    private readonly void Gather(Planes planes, int panel, bool mirrored, float* target, nint length)
    {
        planes.GatherPatches(Image, panel, mirrored, 0, target);
        int written = TapMasks.Taps * planes.Rows * StripProduct.PanelWidth;
        new Span<float>(target + written, (int)length - written).Clear();
    }
}
