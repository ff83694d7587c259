namespace FlowEngine.Kernels.Cpu;

/// <summary>One tile of panels through the three products of a pixel network.</summary>
internal unsafe struct PixelNetworkForwardJob : IJob
{
    // Multiply-adds of a product, some 2 microseconds: below, a meeting of two threads takes longer than half of it.
    private const long LeastToDivide = 1 << 18;

    public PixelNetworkLayout Layout;
    public PixelNetworkWorkspace Work;
    public ImageShape Image;
    public float* Prepared;
    public float* Scratch;

    /// <summary>Receives h₁ of the batch, or null.</summary>
    public float* Kept1;

    /// <summary>Receives h₂ of the batch, or null.</summary>
    public float* Kept2;

    public Planes Input;
    public Planes Taps;

    /// <summary>0 for the whole network; 1 or 2 to stop at that hidden layer, before its rectification.</summary>
    public int LinearLayer;

    /// <summary>
    /// 0 for all products of a tile; 1 to 3 for some strips of one product of the whole batch, which is one tile.
    /// </summary>
    public int Product;

    /// <summary>The strips of a part where <see cref="Product"/> is not 0.</summary>
    public int StripsPerPart;

    private readonly int Tiles => (Work.Panels + Work.TilePanels - 1) / Work.TilePanels;

    private readonly int LastProduct => LinearLayer == 0 ? 3 : LinearLayer;

    private readonly bool IsSmall =>
        (long)Work.Panels * StripProduct.PanelWidth * Layout.Shape.Hidden * Layout.Shape.Hidden < LeastToDivide;

    /// <summary>
    /// Runs the network, by tiles, or strip by strip where there are fewer panels than threads and long products.
    /// </summary>
    public void Run(WorkerTeam team)
    {
        if (Work.Panels >= team.Threads || IsSmall)
        {
            team.Run(Tiles, this);
            return;
        }

        Gather(0, Work.Panels, Scratch);
        for (Product = 1; Product <= LastProduct; Product++)
        {
            int strips = StripProduct.Strips(Product == 3 ? Layout.PaddedTaps : Layout.PaddedHidden);
            StripsPerPart = (strips + (2 * team.Threads) - 1) / (2 * team.Threads);
            team.Run((strips + StripsPerPart - 1) / StripsPerPart, this);
        }
    }

    public readonly void Invoke(int index, int worker)
    {
        if (Product != 0)
        {
            int first = index * StripsPerPart * StripProduct.StripRows;
            Multiply(Product, 0, Work.Panels, Scratch, first, StripsPerPart * StripProduct.StripRows);
            return;
        }

        int firstPanel = index * Work.TilePanels;
        int panels = Math.Min(Work.TilePanels, Work.Panels - firstPanel);
        float* scratch = Scratch + (worker * Work.WorkerLength);
        Gather(firstPanel, panels, scratch);
        for (int product = 1; product <= LastProduct; product++)
        {
            Multiply(product, firstPanel, panels, scratch, 0, int.MaxValue);
        }
    }

    private readonly void Gather(int firstPanel, int panels, float* patches)
    {
        nint length = Layout.PaddedPatch * StripProduct.PanelWidth;
        for (int panel = 0; panel < panels; panel++)
        {
            Input.GatherPatches(Image, firstPanel + panel, false, 0, patches + (panel * length));
        }
    }

    /// <summary>Some rows of one product of some panels; the scratch holds their patches, h₁ and h₂.</summary>
    private readonly void Multiply(int product, int firstPanel, int panels, float* scratch, int firstRow, int rows)
    {
        const nint row = StripProduct.PanelWidth;
        nint patchPanel = Layout.PaddedPatch * row;
        nint hiddenPanel = Layout.HiddenPanel;
        nint tile = Math.Max(panels, Work.TilePanels);
        float* h1 = Kept1 is null ? scratch + (tile * patchPanel) : Kept1 + (firstPanel * hiddenPanel);
        float* h2 = Kept2 is null
            ? scratch + (tile * (patchPanel + hiddenPanel))
            : Kept2 + (firstPanel * hiddenPanel);
        long pixels = Math.Min(panels * row, Image.Pixels - (firstPanel * row));
        int allRows = product == 3 ? Layout.PaddedTaps : Layout.PaddedHidden;
        int depth = product == 1 ? Layout.Patch : Layout.Shape.Hidden;
        long layout = product == 1 ? Layout.Forward1 : product == 2 ? Layout.Forward2 : Layout.Forward3;
        rows = Math.Min(rows, allRows - firstRow);
        float* weights = Prepared + layout + ((nint)firstRow * depth);
        float* source = product == 1 ? scratch : product == 2 ? h1 : h2;
        nint sourcePanel = product == 1 ? patchPanel : hiddenPanel;
        if (product == 3)
        {
            float* taps = Taps.Pointer + (firstPanel * row) + (firstRow * Taps.Stride);
            StripProduct.MultiplyPanels<Linear>(
                weights, rows, depth, null, source, sourcePanel, pixels, taps, row, Taps.Stride, null);
            return;
        }

        float* bias = Prepared + (product == 1 ? Layout.Bias1 : Layout.Bias2) + firstRow;
        float* target = (product == 1 ? h1 : h2) + (firstRow * row);
        if (product == LinearLayer)
        {
            StripProduct.MultiplyPanels<Linear>(
                weights, rows, depth, bias, source, sourcePanel, pixels, target, hiddenPanel, row, null);
        }
        else
        {
            StripProduct.MultiplyPanels<Rectified>(
                weights, rows, depth, bias, source, sourcePanel, pixels, target, hiddenPanel, row, null);
        }
    }
}
