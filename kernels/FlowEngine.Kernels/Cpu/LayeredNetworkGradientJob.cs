using System.Runtime.Intrinsics;

namespace FlowEngine.Kernels.Cpu;

/// <summary>Adds one superblock to the gradients of a linear map: parts of the weight, then 16 biases each.</summary>
internal readonly unsafe struct LayeredNetworkGradientJob : IJob
{
    private readonly LayeredNetworkBackwardJob _block;
    private readonly GradientProduct _weight;
    private readonly int _target;
    private readonly int _units;
    private readonly float* _bias;

    /// <summary>The gradients of one map.</summary>
    /// <param name="block">The superblock.</param>
    /// <param name="step">The step of the map.</param>
    /// <param name="gradients">The gradients of the network, whose biases are added to.</param>
    public LayeredNetworkGradientJob(in LayeredNetworkBackwardJob block, in NetworkStep step, float* gradients)
    {
        NetworkLayer layer = block.Layout.Plan.Layers[step.Layer];
        LayeredNetworkLayout.BackwardLayer at = block.Layout.Backward(step.Layer, block.LargestBlock);
        _block = block;
        _target = step.Target;
        _units = layer.Outputs;
        _bias = gradients + layer.BiasOffset;
        _weight = new GradientProduct(
            block.Gradient(step.Target, 0),
            LayeredNetworkLayout.Panel(layer.Outputs),
            LayeredNetworkLayout.Padded(layer.Outputs),
            block.Block + at.Turned,
            at.ColumnPanelLength,
            at.ColumnPanels,
            block.Block + at.Weight);
    }

    public int Parts => _weight.Parts + ((_units + SimdMath.Width - 1) / SimdMath.Width);

    public void Invoke(int index, int worker)
    {
        if (index < _weight.Parts)
        {
            _weight.Compute(index, _block.BlockRows, _block.FirstPanel == 0);
            return;
        }

        nint panel = LayeredNetworkLayout.Panel(_units);
        int first = (index - _weight.Parts) * SimdMath.Width;
        for (int unit = first; unit < Math.Min(first + SimdMath.Width, _units); unit++)
        {
            float* row = _block.Gradient(_target, 0) + ((nint)unit * StripProduct.PanelWidth);
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
