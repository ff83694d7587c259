namespace FlowEngine.Kernels.Cpu;

/// <summary>Where the passes of a pixel network keep what they need beside their arguments.</summary>
internal readonly struct PixelNetworkWorkspace
{
    // Two layers of 512 channels of 128 pixels are 512 KiB: half of the second-level cache of a core.
    private const int LargestTile = 4;

    // Tiles enough for many threads, and turned copies that stay near.
    private const int SuperblockPanels = 32;

    public PixelNetworkWorkspace(in PixelNetworkLayout layout, ImageShape image, int threads, bool backward)
    {
        PixelNetworkShape network = layout.Shape;
        int panels = StripProduct.Panels(image.Pixels);
        Panels = panels;
        TilePanels = Math.Clamp(panels / threads, 1, LargestTile);
        BlockLayout block = default;
        Input = block.Take(Planes.LengthFor(image, network.InputChannels));
        PatchScratch = layout.PaddedPatch * StripProduct.PanelWidth * TilePanels;
        HiddenScratch = layout.HiddenPanel * TilePanels;
        WorkerLength = PatchScratch + (2L * HiddenScratch);
        Workers = block.Take(threads * WorkerLength);
        if (backward)
        {
            BlockPanels = Math.Min(SuperblockPanels, panels);
            ColumnPanels = PixelMajor.ColumnPanels(network.Hidden);
            Columns = ColumnPanels * PixelMajor.Columns;
            ColumnPanelLength = BlockPanels * StripProduct.PanelWidth * PixelMajor.Columns;
            OutputGradient = block.Take(Planes.LengthFor(image, network.OutputChannels));
            PatchGradient = block.Take(Planes.LengthFor(image, layout.PaddedPatch));
            Patches = block.Take((long)BlockPanels * layout.PaddedPatch * StripProduct.PanelWidth);
            TapGradients = block.Take((long)BlockPanels * layout.PaddedTaps * StripProduct.PanelWidth);
            Hidden1 = block.Take(layout.KeepsFirst ? 0 : (long)BlockPanels * layout.HiddenPanel);
            TurnedHidden2 = block.Take((long)ColumnPanels * ColumnPanelLength);
            TurnedGradient2 = block.Take((long)ColumnPanels * ColumnPanelLength);
            TurnedGradient1 = block.Take((long)ColumnPanels * ColumnPanelLength);
            PanelSums1 = block.Take((long)BlockPanels * Columns);
            PanelSums2 = block.Take((long)BlockPanels * Columns);

            Weight1 = block.Take((long)layout.PaddedPatch * Columns);
            Weight2 = block.Take((long)layout.PaddedHidden * Columns);
            Weight3 = block.Take((long)layout.PaddedTaps * Columns);

            // What the superblocks add to, cleared at the start.
            Sums = block.Length;
            Bias1 = block.Take(Columns);
            Bias2 = block.Take(Columns);
            OutputSums = block.Take(OutputSumsJob.LengthFor(network.OutputChannels));
            SumsLength = block.Length - Sums;

            OutsideGradient = block.Take(layout.Taps);
            ColumnSums = block.Take(
                (long)layout.PaddedHidden / SimdMath.Width * PixelMajor.PaddedChannels(layout.Taps));

            // The unfolding of the weights reads 16 rows at a time.
            block.Take((long)SimdMath.Width * Columns);
        }

        Length = block.Length;
    }

    /// <summary>Panels of the batch.</summary>
    public int Panels { get; }

    /// <summary>Panels that go through all products together; a matter of caches, not of results.</summary>
    public int TilePanels { get; }

    /// <summary>x₁ in planes.</summary>
    public long Input { get; }

    /// <summary>One part per worker: patches and two layers of activations of a tile.</summary>
    public long Workers { get; }

    public long WorkerLength { get; }

    public long PatchScratch { get; }

    public long HiddenScratch { get; }

    /// <summary>Panels of a superblock.</summary>
    public int BlockPanels { get; }

    /// <summary>Column panels of the hidden channels.</summary>
    public int ColumnPanels { get; }

    /// <summary>Columns of the transposed weight gradients.</summary>
    public int Columns { get; }

    public int ColumnPanelLength { get; }

    /// <summary>dOutput in planes.</summary>
    public long OutputGradient { get; }

    /// <summary>dg in planes, (9, I).</summary>
    public long PatchGradient { get; }

    /// <summary>g of a superblock, panels.</summary>
    public long Patches { get; }

    /// <summary>The gradients of the tap values of a superblock, panels.</summary>
    public long TapGradients { get; }

    /// <summary>h₁ of a superblock, panels, where it is computed again.</summary>
    public long Hidden1 { get; }

    /// <summary>h₂ of a superblock, pixel-major.</summary>
    public long TurnedHidden2 { get; }

    /// <summary>dh₂ of a superblock, pixel-major.</summary>
    public long TurnedGradient2 { get; }

    /// <summary>dh₁ of a superblock, pixel-major.</summary>
    public long TurnedGradient1 { get; }

    /// <summary>Σ dh₁ over the pixels of each panel.</summary>
    public long PanelSums1 { get; }

    /// <summary>Σ dh₂ over the pixels of each panel.</summary>
    public long PanelSums2 { get; }

    public long Sums { get; }

    public long SumsLength { get; }

    /// <summary>dW₁'ᵀ.</summary>
    public long Weight1 { get; }

    /// <summary>dW₂'ᵀ.</summary>
    public long Weight2 { get; }

    /// <summary>dW₃', taps by hidden channels.</summary>
    public long Weight3 { get; }

    /// <summary>db₁'.</summary>
    public long Bias1 { get; }

    /// <summary>db₂'.</summary>
    public long Bias2 { get; }

    /// <summary>The lanes of <see cref="OutputSumsJob"/>.</summary>
    public long OutputSums { get; }

    /// <summary>The gradient of what taps outside the image add, (9, O).</summary>
    public long OutsideGradient { get; }

    /// <summary>⟨W₃', dW₃'⟩ per column and 16 hidden channels.</summary>
    public long ColumnSums { get; }

    public long Length { get; }
}
