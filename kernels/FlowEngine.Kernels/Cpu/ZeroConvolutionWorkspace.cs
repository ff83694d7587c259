namespace FlowEngine.Kernels.Cpu;

/// <summary>
/// The padded sizes of a zero convolution and where its passes keep what they need beside their arguments.
/// </summary>
internal readonly struct ZeroConvolutionWorkspace
{
    private const int SuperblockPanels = 32;

    public ZeroConvolutionWorkspace(ZeroConvolutionShape convolution, ImageShape image, int threads)
    {
        Patch = TapMasks.Taps * convolution.InputChannels;
        PaddedPatch = StripProduct.PaddedRows(Patch);
        PaddedOutputs = PixelMajor.PaddedChannels(convolution.OutputChannels);
        Panels = StripProduct.Panels(image.Pixels);
        BlockPanels = Math.Min(SuperblockPanels, Panels);
        ColumnPanels = PixelMajor.ColumnPanels(convolution.OutputChannels);
        Columns = ColumnPanels * PixelMajor.Columns;
        ColumnPanelLength = BlockPanels * StripProduct.PanelWidth * PixelMajor.Columns;
        BlockLayout block = default;
        Scale = block.Take(PaddedOutputs);
        Bias = block.Take(PaddedOutputs);
        Strips = block.Take((long)PaddedPatch * PaddedOutputs);
        Input = block.Take(Planes.LengthFor(image, convolution.InputChannels));
        OutputGradient = block.Take(Planes.LengthFor(image, convolution.OutputChannels));
        PatchGradient = block.Take(Planes.LengthFor(image, PaddedPatch));
        WorkerLength = (long)(PaddedPatch + PaddedOutputs) * StripProduct.PanelWidth;
        Workers = block.Take(threads * WorkerLength);
        Patches = block.Take((long)BlockPanels * PaddedPatch * StripProduct.PanelWidth);
        Turned = block.Take((long)ColumnPanels * ColumnPanelLength);
        PanelSums = block.Take((long)BlockPanels * Columns);
        WeightGradient = block.Take((long)PaddedPatch * Columns);
        BiasGradient = block.Take(Columns);

        // The unfolding of the weights reads 16 rows at a time.
        block.Take((long)SimdMath.Width * Columns);
        Length = block.Length;
    }

    /// <summary>9·I.</summary>
    public int Patch { get; }

    public int PaddedPatch { get; }

    public int PaddedOutputs { get; }

    public int Panels { get; }

    /// <summary>Panels of a superblock.</summary>
    public int BlockPanels { get; }

    public int ColumnPanels { get; }

    public int Columns { get; }

    public int ColumnPanelLength { get; }

    /// <summary>e^(3k), (O).</summary>
    public long Scale { get; }

    /// <summary>b', (O).</summary>
    public long Bias { get; }

    /// <summary>W' in strips: of O rows for the forward pass, of 9·I rows for the backward pass.</summary>
    public long Strips { get; }

    /// <summary>x in planes.</summary>
    public long Input { get; }

    /// <summary>dOutput in planes.</summary>
    public long OutputGradient { get; }

    /// <summary>dg in planes, (9, I).</summary>
    public long PatchGradient { get; }

    /// <summary>One part per worker: a panel of patches and one of outputs.</summary>
    public long Workers { get; }

    public long WorkerLength { get; }

    /// <summary>g of a superblock, panels.</summary>
    public long Patches { get; }

    /// <summary>dOutput of a superblock, pixel-major.</summary>
    public long Turned { get; }

    /// <summary>Σ dOutput over the pixels of each panel.</summary>
    public long PanelSums { get; }

    /// <summary>dW'ᵀ.</summary>
    public long WeightGradient { get; }

    /// <summary>db'.</summary>
    public long BiasGradient { get; }

    public long Length { get; }
}
