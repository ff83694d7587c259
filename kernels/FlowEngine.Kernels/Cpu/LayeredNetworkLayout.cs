namespace FlowEngine.Kernels.Cpu;

/// <summary>Where a layered network keeps its prepared weights, its values and what its backward pass needs.</summary>
internal sealed class LayeredNetworkLayout
{
    private const int LargestTile = 4;
    private const int SuperblockPanels = 32;

    private readonly PreparedLayer[] _prepared;

    public LayeredNetworkLayout(LayeredNetworkShape shape)
    {
        Shape = shape;
        Plan = shape.Plan;
        BlockLayout block = default;
        _prepared =
        [
            .. Plan.Layers.Select(layer =>
            {
                long weight = (long)layer.Inputs * layer.Outputs;
                return new PreparedLayer(
                    block.Take(Padded(layer.Outputs)),
                    block.Take((long)Padded(layer.Outputs) * layer.Inputs),
                    block.Take((long)Padded(layer.Inputs) * layer.Outputs),
                    block.Take(layer.InputDegrees is null ? 0 : weight));
            }),
        ];
        PreparedLength = block.Length;
        LargestPanel = Plan.Widths.Max(Panel);
    }

    public LayeredNetworkShape Shape { get; }

    public LayeredNetworkPlan Plan { get; }

    public long PreparedLength { get; }

    /// <summary>The largest of <see cref="Panel"/>.</summary>
    public int LargestPanel { get; }

    /// <summary>Rows of a panel of values; those past the last hold 0.</summary>
    public static int Padded(int width) => PixelMajor.PaddedChannels(width);

    /// <summary>
    /// From one panel of values to the next: a row more than they take, as in <see cref="DenseNetworkLayout.Panel"/>.
    /// </summary>
    public static int Panel(int width) => (Padded(width) + 1) * StripProduct.PanelWidth;

    /// <summary>Where the prepared weights of a layer lie.</summary>
    public PreparedLayer At(int layer) => _prepared[layer];

    /// <summary>Where an array of a batch starts among what is kept; the output's start is the length.</summary>
    public long Kept(int array, int panels)
    {
        long offset = 0;
        for (int a = 1; a < array; a++)
        {
            offset += (long)panels * Panel(Plan.Widths[a]);
        }

        return offset;
    }

    /// <summary>Panels that go through all steps together; a matter of caches, not of results.</summary>
    public static int TilePanels(int panels, int threads) => Math.Clamp(panels / threads, 1, LargestTile);

    /// <summary>Panels whose gradients are kept until those of the weights are added.</summary>
    public static int BlockPanels(int panels) => Math.Min(SuperblockPanels, panels);

    /// <summary>A worker's scratch: what a layer reads, what it passes back, and all arrays of a tile.</summary>
    public long WorkerLength(int tilePanels) => tilePanels * ((2L * LargestPanel) + Plan.Widths.Sum(Panel));

    /// <summary>Where an array of a tile lies in a worker's scratch, after what a layer reads and passes back.</summary>
    public long InWorker(int array, int tilePanels)
    {
        long offset = 2L * LargestPanel * tilePanels;
        for (int a = 0; a < array; a++)
        {
            offset += (long)tilePanels * Panel(Plan.Widths[a]);
        }

        return offset;
    }

    /// <summary>Where the gradients of an array of a superblock lie, from the end of the workers' scratch.</summary>
    public long Gradient(int array, int blockPanels)
    {
        long offset = 0;
        for (int a = 0; a < array; a++)
        {
            offset += (long)blockPanels * Panel(Plan.Widths[a]);
        }

        return offset;
    }

    /// <summary>Where what the weight gradient of a layer needs lies, from the end of the workers' scratch.</summary>
    /// <param name="layer">The layer; the number of layers for the end.</param>
    /// <param name="blockPanels">Panels of a superblock.</param>
    public BackwardLayer Backward(int layer, int blockPanels)
    {
        int length = blockPanels * StripProduct.PanelWidth * PixelMajor.Columns;
        long offset = Gradient(Plan.Widths.Count, blockPanels);
        for (int l = 0; l < layer; l++)
        {
            int columns = PixelMajor.ColumnPanels(Padded(Plan.Layers[l].Inputs));
            offset += (long)columns * (length + (Padded(Plan.Layers[l].Outputs) * PixelMajor.Columns));
        }

        int columnPanels = layer == Plan.Layers.Count ? 0 : PixelMajor.ColumnPanels(Padded(Plan.Layers[layer].Inputs));
        return new(columnPanels, length, offset, offset + ((long)columnPanels * length));
    }

    /// <summary>Where the prepared weights of one layer lie.</summary>
    /// <param name="Bias">b, padded with 0.</param>
    /// <param name="Forward">W, strips of the padded outputs over the inputs.</param>
    /// <param name="Backward">Wᵀ, strips of the padded inputs over the outputs.</param>
    /// <param name="Rows">W, masked, (out, in); where there are masks.</param>
    internal readonly record struct PreparedLayer(long Bias, long Forward, long Backward, long Rows);

    /// <summary>Where what a weight gradient needs lies.</summary>
    /// <param name="ColumnPanels">Column panels of what the layer reads.</param>
    /// <param name="ColumnPanelLength">From one to the next.</param>
    /// <param name="Turned">What the layer reads, of a superblock, row-major column panels.</param>
    /// <param name="Weight">dW of all superblocks so far, [32 inputs][output][input].</param>
    internal readonly record struct BackwardLayer(int ColumnPanels, int ColumnPanelLength, long Turned, long Weight);
}
