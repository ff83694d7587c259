using System.Runtime.Intrinsics;

namespace FlowEngine.Kernels.Cpu;

/// <summary>One panel of rows back through the dimensions of an autoregressive network, the last one first.</summary>
internal unsafe struct AutoregressiveSolveBackwardJob : IJob
{
    public DenseNetworkLayout Layout;
    public ImageShape Shape;

    /// <summary>Wᵀ of each layer, masked, (in, out), where its weight lies among the parameters.</summary>
    public float* Columns;

    public float* Y;
    public float* Output;
    public float* Kept;
    public float* Dy;
    public float* DLogDet;
    public float* Dx;
    public float* DOutput;
    public float* Scratch;

    /// <summary>
    /// Scratch memory of a worker: y, dy, the output, its gradient and those of the hidden layers of a panel.
    /// </summary>
    public static long WorkerLength(in DenseNetworkLayout layout) =>
        (long)StripProduct.PanelWidth
        * ((2 * layout.Padded(0))
            + (2 * layout.Padded(layout.Shape.Layers))
            + (layout.Shape.HiddenLayers * layout.Padded(1))
            + 2);

    public readonly void Invoke(int index, int worker)
    {
        const int Width = StripProduct.PanelWidth;
        DenseNetworkShape network = Layout.Shape;
        int dims = Shape.Dims;
        long firstRow = (long)index * Width;
        int rows = (int)Math.Min(Width, Shape.Batch - firstRow);
        float* y = Scratch + (worker * WorkerLength(Layout));
        float* dy = y + (Layout.Padded(0) * Width);
        float* output = dy + (Layout.Padded(0) * Width);
        float* dOutput = output + (Layout.Padded(network.Layers) * Width);
        float* hidden = dOutput + (Layout.Padded(network.Layers) * Width);
        nint hiddenLength = Layout.Padded(1) * Width;
        float* sum = hidden + (network.HiddenLayers * hiddenLength);
        float* dLogDet = sum + Width;
        RowPanels.Gather(Y + (firstRow * dims), dims, rows, dims, Layout.Padded(0), y);
        RowPanels.Gather(Dy + (firstRow * dims), dims, rows, dims, Layout.Padded(0), dy);
        RowPanels.Gather(
            Output + (firstRow * network.OutputChannels),
            network.OutputChannels,
            rows,
            network.OutputChannels,
            Layout.Padded(network.Layers),
            output);
        new Span<float>(dLogDet, Width).Clear();
        new ReadOnlySpan<float>(DLogDet + firstRow, rows).CopyTo(new Span<float>(dLogDet, Width));
        for (int d = dims - 1; d >= 0; d--)
        {
            int first = network.UnitsUpTo(d);
            int units = network.UnitsUpTo(d + 1) - first;
            for (int layer = network.HiddenLayers; layer > 0 && units > 0; layer--)
            {
                float* source = layer == network.HiddenLayers ? dOutput : hidden + (layer * hiddenLength);
                float* target = hidden + ((layer - 1) * hiddenLength) + (first * Width);
                Multiply(layer, first, units, source, target);
                Gate(target, Hidden(layer, index, first), units);
            }

            Multiply(0, network.Conditions + d, 1, hidden, sum);
            Solve(
                dy + (d * Width),
                sum,
                y + (d * Width),
                output + (((2 * d) + 1) * Width),
                dLogDet,
                dOutput + (2 * d * Width));
        }

        RowPanels.Scatter(dy, Dx + (firstRow * dims), dims, rows, dims);
        int outputs = network.OutputChannels;
        RowPanels.Scatter(dOutput, DOutput + (firstRow * outputs), outputs, rows, outputs);
    }

    private static void Gate(float* values, float* gate, int units)
    {
        for (int i = 0; i < units * StripProduct.PanelWidth; i += SimdMath.Width)
        {
            VectorUnit512.Gate(Vector512.Load(values + i), Vector512.Load(gate + i)).Store(values + i);
        }
    }

    /// <summary>dy becomes dx; dm and dr follow.</summary>
    private static void Solve(float* dy, float* sum, float* y, float* raw, float* dLogDet, float* dPair)
    {
        for (int i = 0; i < StripProduct.PanelWidth; i += SimdMath.Width)
        {
            Vector512<float> dx = AutoregressiveLanes.Backward(
                Vector512.Load(y + i),
                Vector512.Load(raw + i),
                Vector512.Load(dy + i) + Vector512.Load(sum + i),
                Vector512.Load(dLogDet + i),
                out Vector512<float> dRaw);
            dx.Store(dy + i);
            (-dx).Store(dPair + i);
            dRaw.Store(dPair + StripProduct.PanelWidth + i);
        }
    }

    private readonly float* Hidden(int layer, int panel, int unit) =>
        Kept
        + ((layer - 1) * Layout.HiddenLength(Shape.Batch))
        + ((nint)panel * Layout.Panel(1))
        + (unit * StripProduct.PanelWidth);

    /// <summary>What those units of a layer that read some inputs pass back to them.</summary>
    private readonly void Multiply(int layer, int input, int inputs, float* source, float* target)
    {
        nint outputs = Layout.Shape.OutputsOf(layer);
        int first = Layout.Shape.FirstReaderOf(layer, input);
        RowProduct.Multiply(
            Columns + Layout.Shape.WeightOffset(layer) + (input * outputs) + first,
            outputs,
            inputs,
            (int)outputs - first,
            null,
            source + ((nint)first * StripProduct.PanelWidth),
            target);
    }
}
