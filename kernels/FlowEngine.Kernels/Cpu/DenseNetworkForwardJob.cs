namespace FlowEngine.Kernels.Cpu;

/// <summary>One tile of panels through the products of a dense network.</summary>
internal unsafe struct DenseNetworkForwardJob : IJob
{
    public DenseNetworkLayout Layout;
    public DenseNetworkWorkspace Work;
    public ImageShape Image;
    public float* Prepared;
    public float* Scratch;
    public float* X;
    public float* Output;

    /// <summary>Receives the hidden activations of the batch, layer after layer, or null.</summary>
    public float* Kept;

    public readonly int Parts => (Work.Panels + Work.TilePanels - 1) / Work.TilePanels;

    public readonly void Invoke(int index, int worker)
    {
        DenseNetworkShape network = Layout.Shape;
        int first = index * Work.TilePanels;
        int panels = Math.Min(Work.TilePanels, Work.Panels - first);
        long firstRow = (long)first * StripProduct.PanelWidth;
        long rows = Math.Min((long)panels * StripProduct.PanelWidth, Image.Pixels - firstRow);
        float* source = Scratch + (worker * Work.WorkerLength);
        float* target = source + (Work.TilePanels * (nint)Layout.LargestPanel);
        for (int panel = 0; panel < panels; panel++)
        {
            long row = firstRow + (panel * StripProduct.PanelWidth);
            RowPanels.Gather(
                X + (row * Image.Channels),
                Image.Channels,
                (int)Math.Min(StripProduct.PanelWidth, Image.Pixels - row),
                network.InputChannels,
                Layout.Padded(0),
                source + ((nint)panel * Layout.Panel(0)));
        }

        // Values that are kept go to their place, and no scratch is needed for them.
        float* free = target;
        for (int layer = 0; layer < network.HiddenLayers; layer++)
        {
            target = Kept is null
                ? free
                : Kept + (layer * Layout.HiddenLength(Image.Pixels)) + ((nint)first * Layout.Panel(1));
            DenseProduct.Forward<Rectified>(Layout, Prepared, layer, source, rows, target);
            free = Kept is null ? source : free;
            source = target;
        }

        DenseProduct.Forward<Linear>(Layout, Prepared, network.HiddenLayers, source, rows, free);
        for (int panel = 0; panel < panels; panel++)
        {
            long row = firstRow + (panel * StripProduct.PanelWidth);
            RowPanels.Scatter(
                free + ((nint)panel * Layout.Panel(network.Layers)),
                Output + (row * network.OutputChannels),
                network.OutputChannels,
                (int)Math.Min(StripProduct.PanelWidth, Image.Pixels - row),
                network.OutputChannels);
        }
    }
}
