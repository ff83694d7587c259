namespace FlowEngine.Kernels.Cpu;

/// <summary>
/// One tile of a superblock through the transposed products, and the turned copies that the weight gradients need.
/// </summary>
internal unsafe struct DenseNetworkBackwardJob : IJob
{
    public DenseNetworkLayout Layout;
    public DenseNetworkWorkspace Work;
    public ImageShape Image;
    public float* Prepared;
    public float* Workspace;
    public float* X;
    public float* Kept;
    public float* DOutput;

    /// <summary>Added to; null if it is not wanted.</summary>
    public float* Dx;

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
        DenseNetworkShape network = Layout.Shape;
        int inBlock = index * TilePanels;
        int panels = Math.Min(TilePanels, BlockPanels - inBlock);
        int first = FirstPanel + inBlock;
        long firstRow = (long)first * StripProduct.PanelWidth;
        long rows = Math.Min((long)panels * StripProduct.PanelWidth, Image.Pixels - firstRow);
        float* input = Workspace + Work.Workers + (worker * Work.WorkerLength);
        float* dInput = input + (Work.TilePanels * (nint)Layout.LargestPanel);
        for (int panel = 0; panel < panels; panel++)
        {
            long row = firstRow + (panel * StripProduct.PanelWidth);
            int count = (int)Math.Min(StripProduct.PanelWidth, Image.Pixels - row);
            RowPanels.Gather(
                X + (row * Image.Channels),
                Image.Channels,
                count,
                network.InputChannels,
                Layout.Padded(0),
                input + ((nint)panel * Layout.Panel(0)));
            RowPanels.Gather(
                DOutput + (row * network.OutputChannels),
                network.OutputChannels,
                count,
                network.OutputChannels,
                Layout.Padded(network.Layers),
                Gradient(network.HiddenLayers, inBlock + panel));
        }

        for (int layer = network.HiddenLayers; layer >= 0; layer--)
        {
            float* values = layer == 0 ? input : Hidden(layer, first);
            for (int panel = 0; panel < panels; panel++)
            {
                Turn(layer, values + ((nint)panel * Layout.Panel(layer)), inBlock + panel);
            }

            float* gradient = Gradient(layer, inBlock);
            if (layer > 0)
            {
                DenseProduct.Backward<Gated>(
                    Layout, Prepared, layer, gradient, rows, Gradient(layer - 1, inBlock), values);
            }
            else if (Dx is not null)
            {
                DenseProduct.Backward<Linear>(Layout, Prepared, 0, gradient, rows, dInput, null);
            }
        }

        for (int panel = 0; panel < panels && Dx is not null; panel++)
        {
            long row = firstRow + (panel * StripProduct.PanelWidth);
            RowPanels.ScatterAdd(
                dInput + ((nint)panel * Layout.Panel(0)),
                Dx + (row * Image.Channels),
                Image.Channels,
                (int)Math.Min(StripProduct.PanelWidth, Image.Pixels - row),
                network.InputChannels);
        }
    }

    /// <summary>The gradients of what a layer makes, from a panel of the superblock on.</summary>
    public readonly float* Gradient(int layer, int panel) =>
        Workspace + Work.At(layer).Gradient + ((nint)panel * Layout.Panel(layer + 1));

    private readonly float* Hidden(int layer, int panel) =>
        Kept + ((layer - 1) * Layout.HiddenLength(Image.Pixels)) + ((nint)panel * Layout.Panel(1));

    private readonly void Turn(int layer, float* values, int panel)
    {
        DenseNetworkWorkspace.BackwardLayer at = Work.At(layer);
        float* target = Workspace + at.Turned + ((nint)panel * StripProduct.PanelWidth * PixelMajor.Columns);
        PixelMajor.Turn(values, Layout.Padded(layer), target, at.ColumnPanelLength, null);
    }
}
