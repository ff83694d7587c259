namespace FlowEngine.Kernels.Cpu;

/// <summary>Where the passes of a dense network keep what they need beside their arguments.</summary>
internal readonly struct DenseNetworkWorkspace
{
    private const int LargestTile = 4;
    private const int SuperblockPanels = 32;

    private readonly DenseNetworkLayout _layout;

    public DenseNetworkWorkspace(in DenseNetworkLayout layout, int rows, int threads, bool backward)
    {
        _layout = layout;
        Panels = StripProduct.Panels(rows);
        TilePanels = Math.Clamp(Panels / threads, 1, LargestTile);
        BlockLayout block = default;
        WorkerLength = 2L * layout.LargestPanel * TilePanels;
        Workers = block.Take(threads * WorkerLength);
        BlockPanels = backward ? Math.Min(SuperblockPanels, Panels) : 0;
        Start = block.Length;
        Length = Start;
        for (int layer = 0; layer < layout.Shape.Layers && backward; layer++)
        {
            Take(ref block, layer);
            Length = block.Length;
        }
    }

    /// <summary>Panels of the batch.</summary>
    public int Panels { get; }

    /// <summary>Panels that go through all products together; a matter of caches, not of results.</summary>
    public int TilePanels { get; }

    /// <summary>One part per worker: two layers of values of a tile.</summary>
    public long Workers { get; }

    public long WorkerLength { get; }

    /// <summary>Panels of a superblock.</summary>
    public int BlockPanels { get; }

    public long Length { get; }

    private long Start { get; }

    /// <summary>What the backward pass keeps of a layer.</summary>
    /// <param name="layer">0 to <see cref="DenseNetworkShape.Layers"/> - 1.</param>
    public BackwardLayer At(int layer)
    {
        BlockLayout block = default;
        block.Take(Start);
        for (int l = 0; l < layer; l++)
        {
            Take(ref block, l);
        }

        return Take(ref block, layer);
    }

    private BackwardLayer Take(ref BlockLayout block, int layer)
    {
        int columnPanels = PixelMajor.ColumnPanels(_layout.Padded(layer));
        int columnPanelLength = BlockPanels * StripProduct.PanelWidth * PixelMajor.Columns;
        return new BackwardLayer(
            columnPanels,
            columnPanelLength,
            block.Take((long)BlockPanels * _layout.Panel(layer + 1)),
            block.Take((long)columnPanels * columnPanelLength),
            block.Take((long)columnPanels * _layout.Padded(layer + 1) * PixelMajor.Columns));
    }

    /// <summary>Where the arrays of one layer lie.</summary>
    /// <param name="ColumnPanels">Column panels of what the layer reads.</param>
    /// <param name="ColumnPanelLength">From one to the next.</param>
    /// <param name="Gradient">The gradients of what the layer makes, of a superblock, panels.</param>
    /// <param name="Turned">What the layer reads, of a superblock, row-major column panels.</param>
    /// <param name="Weight">dW of all superblocks so far, [32 inputs][output][input].</param>
    internal readonly record struct BackwardLayer(
        int ColumnPanels, int ColumnPanelLength, long Gradient, long Turned, long Weight);
}
