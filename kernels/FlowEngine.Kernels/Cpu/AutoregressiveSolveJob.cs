using System.Runtime.Intrinsics;

namespace FlowEngine.Kernels.Cpu;

/// <summary>One panel of rows through the dimensions of an autoregressive network, one after the other.</summary>
internal unsafe struct AutoregressiveSolveJob : IJob
{
    public DenseNetworkLayout Layout;
    public ImageShape Shape;
    public float* Prepared;
    public float* Condition;
    public bool Normalize;
    public float* Known;
    public float* Found;
    public float* Output;
    public float* Scratch;

    /// <summary>
    /// Scratch memory of a worker: what is known, what is found, the output and the hidden layers of a panel.
    /// </summary>
    public static long WorkerLength(in DenseNetworkLayout layout) =>
        (long)StripProduct.PanelWidth
        * ((2 * layout.Padded(0))
            + layout.Padded(layout.Shape.Layers)
            + (layout.Shape.HiddenLayers * layout.Padded(1)));

    public readonly void Invoke(int index, int worker)
    {
        const int Width = StripProduct.PanelWidth;
        DenseNetworkShape network = Layout.Shape;
        int dims = Shape.Dims;
        long firstRow = (long)index * Width;
        int rows = (int)Math.Min(Width, Shape.Batch - firstRow);
        float* known = Scratch + (worker * WorkerLength(Layout));
        float* found = known + (Layout.Padded(0) * Width);
        float* output = found + (Layout.Padded(0) * Width);
        float* hidden = output + (Layout.Padded(network.Layers) * Width);
        nint hiddenLength = Layout.Padded(1) * Width;
        RowPanels.Gather(Known + (firstRow * dims), dims, rows, dims, Layout.Padded(0), known);

        // What the network reads: the conditions, then what is found.
        float* input = found;
        found += network.Conditions * Width;
        if (network.Conditions > 0)
        {
            RowPanels.Gather(
                Condition + (firstRow * network.Conditions),
                network.Conditions,
                rows,
                network.Conditions,
                network.Conditions,
                input);
        }

        for (int d = -1; d < dims; d++)
        {
            int first = network.UnitsUpTo(d);
            int units = network.UnitsUpTo(d + 1) - first;
            if (d >= 0)
            {
                float* last = hidden + ((network.HiddenLayers - 1) * hiddenLength);
                float* pair = output + (2 * d * Width);
                Multiply(network.HiddenLayers, 2 * d, 2, first, last, pair);
                Solve(known + (d * Width), pair, found + (d * Width));
            }

            for (int layer = 0; layer < network.HiddenLayers && units > 0; layer++)
            {
                float* source = layer == 0 ? input : hidden + ((layer - 1) * hiddenLength);
                float* target = hidden + (layer * hiddenLength) + (first * Width);
                int depth = layer == 0 ? network.Conditions + d + 1 : first + units;
                Multiply(layer, first, units, depth, source, target);
                Rectify(target, units);
            }
        }

        RowPanels.Scatter(found, Found + (firstRow * dims), dims, rows, dims);
        int outputs = network.OutputChannels;
        RowPanels.Scatter(output, Output + (firstRow * outputs), outputs, rows, outputs);
    }

    private static void Rectify(float* values, int units)
    {
        for (int i = 0; i < units * StripProduct.PanelWidth; i += SimdMath.Width)
        {
            VectorUnit512.Rectify(Vector512.Load(values + i)).Store(values + i);
        }
    }

    private readonly void Multiply(int layer, int unit, int units, int depth, float* source, float* target)
    {
        DenseNetworkLayout.PreparedLayer at = Layout.At(layer);
        nint inputs = Layout.Shape.InputsOf(layer);
        RowProduct.Multiply(
            Prepared + at.Rows + (unit * inputs), inputs, units, depth, Prepared + at.Bias + unit, source, target);
    }

    private readonly void Solve(float* known, float* pair, float* found)
    {
        for (int i = 0; i < StripProduct.PanelWidth; i += SimdMath.Width)
        {
            Vector512<float> mean = Vector512.Load(pair + i);
            Vector512<float> raw = Vector512.Load(pair + StripProduct.PanelWidth + i);
            Vector512<float> value = Vector512.Load(known + i);
            value = Normalize
                ? AutoregressiveLanes.Normalize(value, mean, raw, out _)
                : AutoregressiveLanes.Denormalize(value, mean, raw);
            value.Store(found + i);
        }
    }
}
