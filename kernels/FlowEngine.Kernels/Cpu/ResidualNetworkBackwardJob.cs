using System.Runtime.Intrinsics;

namespace FlowEngine.Kernels.Cpu;

/// <summary>
/// One panel of one layer of a residual network back to what it read, and the copies that its weight gradient needs.
/// </summary>
internal unsafe struct ResidualNetworkBackwardJob : IJob
{
    private const int Width = StripProduct.PanelWidth;
    private const int CenterTap = TapMasks.Taps / 2;

    public ResidualNetworkLayout Layout;
    public ResidualNetworkWorkspace Work;
    public ImageShape Image;
    public float* Prepared;
    public float* Workspace;
    public int Layer;

    /// <summary>The superblock's first panel.</summary>
    public int FirstPanel;

    /// <summary>What the layer read.</summary>
    public Planes Source;

    /// <summary>The gradient of what the layer made, in planes, but for the last layer.</summary>
    public Planes Gradient;

    /// <summary>The gradient of the last layer's output, (B, P, O).</summary>
    public float* DOutput;

    /// <summary>Receives the gradient before the rectifier of what the layer read, but for the first layer.</summary>
    public Planes Target;

    /// <summary>Receives the first layer's, (B, P, C), added to.</summary>
    public float* Dx;

    private readonly ResidualNetworkShape Network => Layout.Shape;

    /// <summary>The rows of a panel of patches.</summary>
    public readonly int PatchRows => StripProduct.PaddedRows(Network.DepthOf(Layer));

    public readonly void Invoke(int index, int worker)
    {
        int panel = FirstPanel + index;
        int pixels = (int)Math.Min(Width, Image.Pixels - ((long)panel * Width));
        int center = Network.IsLast(Layer) ? 0 : CenterTap;
        float* patches = Workspace + Work.Patches + ((nint)index * PatchRows * Width);
        float* gradients = Workspace + Work.Workers + (worker * (nint)Work.WorkerLength);
        float* local = gradients + Work.Local;
        GatherPatches(panel, patches);
        GatherGradients(panel, pixels, gradients);
        Multiply(gradients, pixels, local, patches + (center * Network.InputsOf(Layer) * Width));
        if (Layer > 0)
        {
            Keep(panel, local);
        }
        else if (Dx is not null)
        {
            long row = (long)panel * Width * Image.Channels;
            RowPanels.ScatterAdd(local, Dx + row, Image.Channels, pixels, Network.InputChannels);
        }

        int outputs = Network.OutputsOf(Layer);
        PixelMajor.Turn(
            gradients + (center * outputs * Width),
            PixelMajor.PaddedChannels(outputs),
            Workspace + Work.Turned + ((nint)index * Width * PixelMajor.Columns),
            Work.ColumnPanelLength,
            Workspace + Work.PanelSums + ((nint)index * Work.Columns));
    }

    private readonly void GatherPatches(int panel, float* patches)
    {
        if (Network.IsLast(Layer))
        {
            Source.CopyPanel(Image.Pixels, panel, patches);
        }
        else
        {
            Source.GatherPatches(Image, panel, false, 0, patches);
        }

        int depth = Network.DepthOf(Layer);
        new Span<float>(patches + (depth * Width), (PatchRows - depth) * Width).Clear();
    }

    private readonly void GatherGradients(int panel, int pixels, float* gradients)
    {
        if (!Network.IsLast(Layer))
        {
            Gradient.GatherPatches(Image, panel, true, 0, gradients);
            return;
        }

        int outputs = Network.OutputChannels;
        float* rows = DOutput + ((long)panel * Width * outputs);
        RowPanels.Gather(rows, outputs, pixels, outputs, PixelMajor.PaddedChannels(outputs), gradients);
    }

    private readonly void Multiply(float* gradients, int pixels, float* local, float* gate)
    {
        float* weights = Prepared + Layout.At(Layer).Backward;
        int rows = StripProduct.PaddedRows(Network.InputsOf(Layer));
        int depth = Layout.BackwardDepthOf(Layer);
        if (Layer == 0)
        {
            StripProduct.MultiplyPanels<Linear>(
                weights, rows, depth, null, gradients, 0, pixels, local, 0, Width, null);
        }
        else
        {
            StripProduct.MultiplyPanels<Gated>(
                weights, rows, depth, null, gradients, 0, pixels, local, 0, Width, gate);
        }
    }

    // Every other layer's input is where the stream branches: its gradient is added to what came past the block.
    private readonly void Keep(int panel, float* local)
    {
        bool adds = Layer % 2 == 1 && !Network.IsLast(Layer);
        for (int row = 0; row < Network.Hidden; row++)
        {
            for (int half = 0; half < Width; half += SimdMath.Width)
            {
                float* to = Target.Pointer + (row * Target.Stride) + ((nint)panel * Width) + half;
                Vector512<float> value = Vector512.Load(local + (row * Width) + half);
                (adds ? value + Vector512.Load(to) : value).Store(to);
            }
        }
    }
}
