using System.Runtime.Intrinsics;

namespace FlowEngine.Kernels.Cpu;

/// <summary>One panel of one layer of a residual network.</summary>
internal unsafe struct ResidualNetworkForwardJob : IJob
{
    public ResidualNetworkLayout Layout;
    public ResidualNetworkWorkspace Work;
    public ImageShape Image;
    public float* Prepared;
    public float* Workspace;
    public int Layer;

    /// <summary>What the layer reads.</summary>
    public Planes Source;

    /// <summary>h, to which every other layer adds.</summary>
    public Planes Stream;

    /// <summary>What the next layer reads.</summary>
    public Planes Target;

    /// <summary>What the last layer makes, (B, P, O).</summary>
    public float* Output;

    public readonly void Invoke(int index, int worker)
    {
        const int Width = StripProduct.PanelWidth;

        ResidualNetworkShape network = Layout.Shape;
        ResidualNetworkLayout.PreparedLayer at = Layout.At(Layer);
        int outputs = network.OutputsOf(Layer);
        long pixel = (long)index * Width;
        int pixels = (int)Math.Min(Width, Image.Pixels - pixel);
        float* patches = Workspace + Work.Workers + (worker * (nint)Work.WorkerLength);
        float* local = patches + Work.Local;
        if (network.IsLast(Layer))
        {
            Source.CopyPanel(Image.Pixels, index, patches);
        }
        else
        {
            Source.GatherPatches(Image, index, false, 0, patches);
        }

        StripProduct.MultiplyPanels<Linear>(
            Prepared + at.Forward,
            StripProduct.PaddedRows(outputs),
            network.DepthOf(Layer),
            Prepared + at.Bias,
            patches,
            0,
            pixels,
            local,
            0,
            Width,
            null);
        if (network.IsLast(Layer))
        {
            RowPanels.Scatter(local, Output + (pixel * outputs), outputs, pixels, outputs);
            return;
        }

        for (int row = 0; row < outputs; row++)
        {
            nint offset = (row * Stream.Stride) + (nint)pixel;
            for (int half = 0; half < Width; half += SimdMath.Width)
            {
                Vector512<float> value = Vector512.Load(local + (row * Width) + half);
                if (Layer % 2 == 0)
                {
                    float* stream = Stream.Pointer + offset + half;
                    value = Layer == 0 ? value : value + Vector512.Load(stream);
                    value.Store(stream);
                }

                VectorUnit512.Rectify(value).Store(Target.Pointer + offset + half);
            }
        }
    }
}
