namespace FlowEngine.Kernels.Cpu;

/// <summary>The products of one layer of a dense network over some panels.</summary>
/// <remarks>
/// What a unit of an autoregressive network does not read lies at the end of its row, and what does not read an input
/// at the start of its column: a strip of rows runs over the range that any of its rows needs, which halves the work.
/// </remarks>
internal static unsafe class DenseProduct
{
    /// <summary>target = finish(W source + b).</summary>
    public static void Forward<TFinish>(
        in DenseNetworkLayout layout, float* prepared, int layer, float* source, long rows, float* target)
        where TFinish : IFinish
    {
        DenseNetworkShape network = layout.Shape;
        DenseNetworkLayout.PreparedLayer at = layout.At(layer);
        int padded = layout.Padded(layer + 1);
        int inputs = network.InputsOf(layer);
        int step = network.IsAutoregressive ? StripProduct.StripRows : padded;
        for (int unit = 0; unit < padded; unit += step)
        {
            int count = Math.Min(step, padded - unit);
            int last = Math.Min(unit + count, network.OutputsOf(layer)) - 1;
            StripProduct.MultiplyPanels<TFinish>(
                prepared + at.Forward + ((nint)unit * inputs),
                count,
                network.ReadsOf(layer, last),
                prepared + at.Bias + unit,
                source,
                layout.Panel(layer),
                rows,
                target + (unit * StripProduct.PanelWidth),
                layout.Panel(layer + 1),
                StripProduct.PanelWidth,
                null);
        }
    }

    /// <summary>target = finish(Wᵀ source).</summary>
    public static void Backward<TFinish>(
        in DenseNetworkLayout layout, float* prepared, int layer, float* source, long rows, float* target, float* gate)
        where TFinish : IFinish
    {
        DenseNetworkShape network = layout.Shape;
        DenseNetworkLayout.PreparedLayer at = layout.At(layer);
        int padded = layout.Padded(layer);
        int outputs = network.OutputsOf(layer);
        int step = network.IsAutoregressive ? StripProduct.StripRows : padded;
        for (int input = 0; input < padded; input += step)
        {
            // A strip past the last input makes zeros of nothing.
            int count = Math.Min(step, padded - input);
            int first = input < network.InputsOf(layer) ? network.FirstReaderOf(layer, input) : outputs;
            nint offset = (nint)input * StripProduct.PanelWidth;
            StripProduct.MultiplyPanels<TFinish>(
                prepared + at.Backward + ((nint)input * outputs) + (first * Math.Min(count, StripProduct.StripRows)),
                count,
                outputs - first,
                null,
                source + ((nint)first * StripProduct.PanelWidth),
                layout.Panel(layer + 1),
                rows,
                target + offset,
                layout.Panel(layer),
                StripProduct.PanelWidth,
                gate is null ? null : gate + offset);
        }
    }
}
