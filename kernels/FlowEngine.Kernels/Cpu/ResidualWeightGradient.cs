namespace FlowEngine.Kernels.Cpu;

/// <summary>From dW and db of a layer to its parameters' gradients, added to; a channel a part.</summary>
internal readonly unsafe struct ResidualWeightGradient(
    in ResidualNetworkBackwardJob hidden, float* parameters, float* gradients) : IJob
{
    private readonly ResidualNetworkBackwardJob _hidden = hidden;
    private readonly float* _parameters = parameters;
    private readonly float* _gradients = gradients;

    public void Invoke(int index, int worker)
    {
        ResidualNetworkShape network = _hidden.Layout.Shape;
        int layer = _hidden.Layer;
        int depth = network.DepthOf(layer);
        float* weights = _parameters + network.WeightOffset(layer) + ((nint)index * depth);
        float* dWeights = _gradients + network.WeightOffset(layer) + ((nint)index * depth);
        float* folded = _hidden.Workspace + _hidden.Work.WeightGradient
            + ((nint)(index / PixelMajor.Columns) * _hidden.PatchRows * PixelMajor.Columns)
            + (index % PixelMajor.Columns);
        _gradients[network.BiasOffset(layer) + index] += _hidden.Workspace[_hidden.Work.BiasGradient + index];
        float scale = 1;
        float share = 0;
        if (!network.IsLast(layer))
        {
            ResidualNetworkLayout.PreparedLayer at = _hidden.Layout.At(layer);
            double product = 0;
            for (int k = 0; k < depth; k++)
            {
                product += (double)weights[k] * folded[(nint)k * PixelMajor.Columns];
            }

            scale = _hidden.Prepared[at.Scale + index];
            share = (float)(product / _hidden.Prepared[at.Norm + index]);
            float* dLogScale = _gradients + network.LogScaleOffset(layer) + index;
            *dLogScale = (float)(*dLogScale + (scale * product));
        }

        for (int k = 0; k < depth; k++)
        {
            dWeights[k] += scale * (folded[(nint)k * PixelMajor.Columns] - (weights[k] * share));
        }
    }
}
