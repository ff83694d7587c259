using System.Runtime.Intrinsics;

namespace FlowEngine.Kernels.Cpu;

/// <summary>Adds one superblock to the gradients of a layer: parts of the weight, then 16 biases each.</summary>
internal readonly unsafe struct DenseNetworkGradientJob : IJob
{
    private readonly DenseNetworkBackwardJob _block;
    private readonly int _layer;
    private readonly GradientProduct _weight;
    private readonly float* _bias;

    /// <summary>The gradients of one layer.</summary>
    /// <param name="block">The superblock.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="gradients">The gradients of the network, whose biases are added to.</param>
    public DenseNetworkGradientJob(in DenseNetworkBackwardJob block, int layer, float* gradients)
    {
        _block = block;
        _layer = layer;
        _bias = gradients + block.Layout.Shape.BiasOffset(layer);
        DenseNetworkWorkspace.BackwardLayer at = block.Work.At(layer);
        _weight = new GradientProduct(
            block.Gradient(layer, 0),
            block.Layout.Panel(layer + 1),
            block.Layout.Padded(layer + 1),
            block.Workspace + at.Turned,
            at.ColumnPanelLength,
            at.ColumnPanels,
            block.Workspace + at.Weight);
    }

    public int Parts => _weight.Parts + ((Units + SimdMath.Width - 1) / SimdMath.Width);

    private int Units => _block.Layout.Shape.OutputsOf(_layer);

    public void Invoke(int index, int worker)
    {
        if (index >= _weight.Parts)
        {
            SumBiases((index - _weight.Parts) * SimdMath.Width);
            return;
        }

        // Nothing of a part is read whose last unit does not read its first input.
        (int lastRow, int firstColumn) = _weight.Corner(index);
        DenseNetworkShape network = _block.Layout.Shape;
        if (firstColumn < network.ReadsOf(_layer, Math.Min(lastRow, Units - 1)))
        {
            _weight.Compute(index, _block.BlockRows, _block.FirstPanel == 0);
        }
    }

    private void SumBiases(int first)
    {
        nint panel = _block.Layout.Panel(_layer + 1);
        for (int unit = first; unit < Math.Min(first + SimdMath.Width, Units); unit++)
        {
            float* row = _block.Gradient(_layer, 0) + ((nint)unit * StripProduct.PanelWidth);
            LaneSum sum = default;
            for (int p = 0; p < _block.BlockPanels; p++)
            {
                sum.Add(Vector512.Load(row + (p * panel)));
                sum.Add(Vector512.Load(row + (p * panel) + SimdMath.Width));
            }

            _bias[unit] = (float)(_bias[unit] + sum.Total());
        }
    }
}
