namespace FlowEngine.Kernels.Cpu;

/// <summary>Where the passes of a residual network keep what they need beside their arguments.</summary>
internal readonly struct ResidualNetworkWorkspace
{
    private const int SuperblockPanels = 32;

    public ResidualNetworkWorkspace(in ResidualNetworkLayout layout, ImageShape image, int threads, bool backward)
    {
        const int Width = StripProduct.PanelWidth;

        ResidualNetworkShape network = layout.Shape;
        int depth = StripProduct.PaddedRows(layout.LargestDepth);
        int channels = PixelMajor.PaddedChannels(Math.Max(layout.LargestOutputs, network.InputChannels));
        Panels = StripProduct.Panels(image.Pixels);
        BlockPanels = Math.Min(SuperblockPanels, Panels);
        ColumnPanels = PixelMajor.ColumnPanels(layout.LargestOutputs);
        Columns = ColumnPanels * PixelMajor.Columns;
        ColumnPanelLength = BlockPanels * Width * PixelMajor.Columns;
        BlockLayout block = default;
        Input = block.Take(Planes.LengthFor(image, network.InputChannels));
        Stream = block.Take(layout.HiddenLength(image));
        First = block.Take(layout.HiddenLength(image));
        Second = backward ? 0 : block.Take(layout.HiddenLength(image));

        // Of the nine taps of a gradient those from the center on are read up to whole vectors of channels.
        Local = (depth + channels) * Width;
        WorkerLength = Local + (channels * Width);
        Workers = block.Take(threads * (long)WorkerLength);
        if (backward)
        {
            Patches = block.Take((long)BlockPanels * depth * Width);
            Turned = block.Take((long)ColumnPanels * ColumnPanelLength);
            PanelSums = block.Take((long)BlockPanels * Columns);
            WeightGradient = block.Take((long)depth * Columns);
            BiasGradient = block.Take(Columns);
        }

        Length = block.Length;
    }

    public int Panels { get; }

    /// <summary>Panels of a superblock.</summary>
    public int BlockPanels { get; }

    /// <summary>Column panels of the widest layer.</summary>
    public int ColumnPanels { get; }

    public int Columns { get; }

    public int ColumnPanelLength { get; }

    /// <summary>x in planes.</summary>
    public long Input { get; }

    /// <summary>h, or its gradient, in planes.</summary>
    public long Stream { get; }

    /// <summary>a where it is not kept, or the gradient of c, in planes.</summary>
    public long First { get; }

    /// <summary>c where it is not kept, in planes.</summary>
    public long Second { get; }

    /// <summary>One part per worker: a panel of patches, and at <see cref="Local"/> one of products.</summary>
    public long Workers { get; }

    public int WorkerLength { get; }

    public int Local { get; }

    /// <summary>Patches of a superblock, panels.</summary>
    public long Patches { get; }

    /// <summary>The gradient of what a layer makes, of a superblock, pixel-major.</summary>
    public long Turned { get; }

    /// <summary>The sums of that gradient over the pixels of each panel.</summary>
    public long PanelSums { get; }

    /// <summary>dWᵀ of one layer.</summary>
    public long WeightGradient { get; }

    /// <summary>db of one layer.</summary>
    public long BiasGradient { get; }

    public long Length { get; }
}
