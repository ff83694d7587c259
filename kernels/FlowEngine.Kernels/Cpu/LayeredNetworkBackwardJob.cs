namespace FlowEngine.Kernels.Cpu;

/// <summary>
/// One tile of a superblock back through the steps of a layered network, and the turned copies that the weight gradients
/// need.
/// </summary>
internal unsafe struct LayeredNetworkBackwardJob : IJob
{
    public LayeredNetworkLayout Layout;
    public ImageShape Image;
    public float* Prepared;

    /// <summary>The workers' scratch, <see cref="LayeredNetworkLayout.WorkerLength"/> each.</summary>
    public float* Scratch;

    /// <summary>What is kept of a superblock.</summary>
    public float* Block;

    public float* X;
    public float* Kept;
    public float* DOutput;

    /// <summary>Added to; null if it is not wanted.</summary>
    public float* Dx;

    /// <summary>The panels of a superblock that is full.</summary>
    public int LargestBlock;

    /// <summary>The panels of a tile that is full.</summary>
    public int LargestTile;

    /// <summary>The superblock's first panel.</summary>
    public int FirstPanel;

    /// <summary>The superblock's panels.</summary>
    public int BlockPanels;

    /// <summary>The panels of a tile.</summary>
    public int TilePanels;

    /// <summary>The superblock's rows.</summary>
    public readonly int BlockRows => (int)Math.Min(
        (long)BlockPanels * StripProduct.PanelWidth, Image.Pixels - ((long)FirstPanel * StripProduct.PanelWidth));

    public readonly int Parts => (BlockPanels + TilePanels - 1) / TilePanels;

    public readonly void Invoke(int index, int worker)
    {
        LayeredNetworkPlan plan = Layout.Plan;
        int inBlock = index * TilePanels;
        int panels = Math.Min(TilePanels, BlockPanels - inBlock);
        long firstRow = (long)(FirstPanel + inBlock) * StripProduct.PanelWidth;
        long rows = Math.Min((long)panels * StripProduct.PanelWidth, Image.Pixels - firstRow);
        float* read = Scratch + (worker * Layout.WorkerLength(LargestTile));
        float* passed = read + ((nint)LargestTile * Layout.LargestPanel);
        float* input = read + Layout.InWorker(0, LargestTile);
        LayeredNetworkTile tile = new(Layout, Prepared, rows, read);
        int outputs = plan.Widths[plan.Output];
        int inputs = plan.Widths[0];
        for (int array = 0; array < plan.Output; array++)
        {
            int length = panels * LayeredNetworkLayout.Panel(plan.Widths[array]);
            new Span<float>(Gradient(array, inBlock), length).Clear();
        }

        for (int panel = 0; panel < panels; panel++)
        {
            long row = firstRow + (panel * StripProduct.PanelWidth);
            int count = (int)Math.Min(StripProduct.PanelWidth, Image.Pixels - row);
            RowPanels.Gather(
                X + (row * Image.Channels),
                Image.Channels,
                count,
                inputs,
                LayeredNetworkLayout.Padded(inputs),
                input + ((nint)panel * LayeredNetworkLayout.Panel(inputs)));
            RowPanels.Gather(
                DOutput + (row * outputs),
                outputs,
                count,
                outputs,
                LayeredNetworkLayout.Padded(outputs),
                Gradient(plan.Output, inBlock + panel));
        }

        for (int i = plan.Steps.Count - 1; i >= 0; i--)
        {
            NetworkStep step = plan.Steps[i];
            float* source = step.Source == 0 ? input : Values(step.Source, inBlock);
            float* dTarget = Gradient(step.Target, inBlock);
            float* dSource = Gradient(step.Source, inBlock);
            if (step.Kind == NetworkStepKind.Linear)
            {
                tile.Read(step, source);
                Turn(step.Layer, read, inBlock, panels);
                if (step.Source > 0 || Dx is not null)
                {
                    tile.LinearBackward(step, source, dTarget, passed, dSource);
                }
            }
            else
            {
                bool isGated = step.Gate >= 0;
                tile.AddBackward(
                    step,
                    Values(step.Addend, inBlock),
                    isGated ? Values(step.Gate, inBlock) : null,
                    dTarget,
                    dSource,
                    Gradient(step.Addend, inBlock),
                    isGated ? Gradient(step.Gate, inBlock) : null);
            }
        }

        for (int panel = 0; panel < panels && Dx is not null; panel++)
        {
            long row = firstRow + (panel * StripProduct.PanelWidth);
            RowPanels.ScatterAdd(
                Gradient(0, inBlock + panel),
                Dx + (row * Image.Channels),
                Image.Channels,
                (int)Math.Min(StripProduct.PanelWidth, Image.Pixels - row),
                inputs);
        }
    }

    /// <summary>The gradients of an array, from a panel of the superblock on.</summary>
    public readonly float* Gradient(int array, int panel) =>
        Block + Layout.Gradient(array, LargestBlock) + ((nint)panel * LayeredNetworkLayout.Panel(Layout.Plan.Widths[array]));

    private readonly float* Values(int array, int panel) =>
        Kept
        + Layout.Kept(array, StripProduct.Panels(Image.Pixels))
        + ((nint)(FirstPanel + panel) * LayeredNetworkLayout.Panel(Layout.Plan.Widths[array]));

    private readonly void Turn(int layer, float* values, int firstPanel, int panels)
    {
        LayeredNetworkLayout.BackwardLayer at = Layout.Backward(layer, LargestBlock);
        int inputs = Layout.Plan.Layers[layer].Inputs;
        for (int panel = 0; panel < panels; panel++)
        {
            float* target = Block + at.Turned
                + ((nint)(firstPanel + panel) * StripProduct.PanelWidth * PixelMajor.Columns);
            PixelMajor.Turn(
                values + ((nint)panel * LayeredNetworkLayout.Panel(inputs)),
                LayeredNetworkLayout.Padded(inputs),
                target,
                at.ColumnPanelLength,
                null);
        }
    }
}
