namespace FlowEngine.Kernels.Cpu;

/// <summary>One tile of panels through the steps of a layered network.</summary>
internal unsafe struct LayeredNetworkForwardJob : IJob
{
    public LayeredNetworkLayout Layout;
    public ImageShape Image;
    public int TilePanels;
    public float* Prepared;
    public float* Scratch;
    public float* X;
    public float* Output;

    /// <summary>Receives the inner arrays of the batch, or null.</summary>
    public float* Kept;

    public readonly int Parts => (Panels + TilePanels - 1) / TilePanels;

    private readonly int Panels => StripProduct.Panels(Image.Pixels);

    public readonly void Invoke(int index, int worker)
    {
        LayeredNetworkPlan plan = Layout.Plan;
        int first = index * TilePanels;
        int panels = Math.Min(TilePanels, Panels - first);
        long firstRow = (long)first * StripProduct.PanelWidth;
        long rows = Math.Min((long)panels * StripProduct.PanelWidth, Image.Pixels - firstRow);
        float* scratch = Scratch + (worker * Layout.WorkerLength(TilePanels));
        LayeredNetworkTile tile = new(Layout, Prepared, rows, scratch);
        for (int panel = 0; panel < panels; panel++)
        {
            long row = firstRow + (panel * StripProduct.PanelWidth);
            RowPanels.Gather(
                X + (row * Image.Channels),
                Image.Channels,
                (int)Math.Min(StripProduct.PanelWidth, Image.Pixels - row),
                plan.Widths[0],
                LayeredNetworkLayout.Padded(plan.Widths[0]),
                At(0, scratch, first) + ((nint)panel * LayeredNetworkLayout.Panel(plan.Widths[0])));
        }

        for (int i = 0; i < plan.Steps.Count; i++)
        {
            NetworkStep step = plan.Steps[i];
            float* source = At(step.Source, scratch, first);
            float* target = At(step.Target, scratch, first);
            if (step.Kind == NetworkStepKind.Linear)
            {
                tile.Linear(step, source, target);
            }
            else
            {
                float* gate = step.Gate < 0 ? null : At(step.Gate, scratch, first);
                tile.Add(step, source, At(step.Addend, scratch, first), gate, target);
            }
        }

        int outputs = plan.Widths[plan.Output];
        for (int panel = 0; panel < panels; panel++)
        {
            long row = firstRow + (panel * StripProduct.PanelWidth);
            RowPanels.Scatter(
                At(plan.Output, scratch, first) + ((nint)panel * LayeredNetworkLayout.Panel(outputs)),
                Output + (row * outputs),
                outputs,
                (int)Math.Min(StripProduct.PanelWidth, Image.Pixels - row),
                outputs);
        }
    }

    private readonly float* At(int array, float* scratch, int firstPanel) =>
        Kept is null || array == 0 || array == Layout.Plan.Output
            ? scratch + Layout.InWorker(array, TilePanels)
            : Kept + Layout.Kept(array, Panels) + ((nint)firstPanel * LayeredNetworkLayout.Panel(Layout.Plan.Widths[array]));
}
