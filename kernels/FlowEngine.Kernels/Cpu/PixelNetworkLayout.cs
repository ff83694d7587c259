namespace FlowEngine.Kernels.Cpu;

/// <summary>The padded sizes of a pixel network and where its prepared weights lie.</summary>
internal readonly struct PixelNetworkLayout
{
    // An element of h₁ takes 2 · Patch operations, or 12 bytes of traffic: read for ownership, written, read. A core has
    // some 10 operations for a byte of its share of the memory's bandwidth.
    private const int LargestPatchAgain = 64;

    public PixelNetworkLayout(PixelNetworkShape network)
    {
        Shape = network;
        Patch = TapMasks.Taps * network.InputChannels;
        PaddedPatch = StripProduct.PaddedRows(Patch);
        PaddedHidden = PixelMajor.PaddedChannels(network.Hidden);
        Taps = TapMasks.Taps * network.OutputChannels;
        PaddedTaps = StripProduct.PaddedRows(Taps);
        BlockLayout block = default;
        Scale1 = block.Take(PaddedHidden);
        Scale2 = block.Take(PaddedHidden);
        Scale3 = block.Take(Taps);
        Bias1 = block.Take(PaddedHidden);
        Bias2 = block.Take(PaddedHidden);
        Bias3 = block.Take(network.OutputChannels);
        Outside = block.Take(PixelMajor.PaddedChannels(Taps));
        Forward1 = block.Take((long)PaddedHidden * Patch);
        Forward2 = block.Take((long)PaddedHidden * network.Hidden);
        Forward3 = block.Take((long)PaddedTaps * network.Hidden);
        ForwardLength = block.Length;
        Backward3 = block.Take((long)PaddedHidden * Taps);
        Backward2 = block.Take((long)PaddedHidden * network.Hidden);
        Backward1 = block.Take((long)PaddedPatch * network.Hidden);
        PreparedLength = block.Length;
    }

    public PixelNetworkShape Shape { get; }

    /// <summary>9·I.</summary>
    public int Patch { get; }

    /// <summary>Rows of a panel of patches.</summary>
    public int PaddedPatch { get; }

    /// <summary>Rows of a panel of hidden activations; those past the last channel hold 0.</summary>
    public int PaddedHidden { get; }

    /// <summary>
    /// From one panel of hidden activations to the next: a row more than they take, so that the same rows of many
    /// panels do not fall into the same cache sets when a weight gradient walks over them.
    /// </summary>
    public int HiddenPanel => (PaddedHidden + 1) * StripProduct.PanelWidth;

    /// <summary>True if a forward pass keeps h₁ beside h₂; false if a backward pass computes it again.</summary>
    public bool KeepsFirst => Patch > LargestPatchAgain;

    /// <summary>9·O.</summary>
    public int Taps { get; }

    /// <summary>Rows of a panel of tap values.</summary>
    public int PaddedTaps { get; }

    /// <summary>e^ls₁, (N), or 1.</summary>
    public long Scale1 { get; }

    /// <summary>e^ls₂, (N), or 1.</summary>
    public long Scale2 { get; }

    /// <summary>e^(3 ls₃), repeated for each tap, (9, O).</summary>
    public long Scale3 { get; }

    /// <summary>b₁', (N).</summary>
    public long Bias1 { get; }

    /// <summary>b₂', (N).</summary>
    public long Bias2 { get; }

    /// <summary>b₃', (O).</summary>
    public long Bias3 { get; }

    /// <summary>What a tap outside the image adds, (9, O): Σ of W₃' over the hidden channels, or 0.</summary>
    public long Outside { get; }

    /// <summary>W₁', strips of N rows over 9·I.</summary>
    public long Forward1 { get; }

    /// <summary>W₂', strips of N rows over N.</summary>
    public long Forward2 { get; }

    /// <summary>W₃'ᵀ, strips of 9·O rows over N.</summary>
    public long Forward3 { get; }

    /// <summary>W₃', strips of N rows over 9·O.</summary>
    public long Backward3 { get; }

    /// <summary>W₂'ᵀ, strips of N rows over N.</summary>
    public long Backward2 { get; }

    /// <summary>W₁'ᵀ, strips of 9·I rows over N.</summary>
    public long Backward1 { get; }

    /// <summary>Everything but the transposed weights.</summary>
    public long ForwardLength { get; }

    public long PreparedLength { get; }

    /// <summary>Elements of the hidden activations that a forward pass keeps.</summary>
    public long KeptLength(ImageShape image) => (KeepsFirst ? 2 : 1) * HiddenLength(image);

    /// <summary>Elements of one layer of hidden activations of a batch.</summary>
    public long HiddenLength(ImageShape image) =>
        (long)StripProduct.Panels(image.Pixels) * HiddenPanel;
}
