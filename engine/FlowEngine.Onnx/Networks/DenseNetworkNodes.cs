using FlowEngine.Kernels;
using FlowEngine.Layers;
using FlowEngine.Onnx.Format;

namespace FlowEngine.Onnx.Networks;

/// <summary>The nodes of a <see cref="DenseNetworkShape"/>.</summary>
internal sealed class DenseNetworkNodes(Network network, DenseNetworkShape shape, Translation translation)
    : DenseNodes(network, translation)
{
    public override IReadOnlyList<int[]> Places => [.. Enumerable.Range(0, shape.Dims).Select(dim => new[] { dim })];

    protected override OnnxValue Run(OnnxValue input, IReadOnlyList<int>? outputs)
    {
        OnnxValue values = input;
        for (int layer = 0; layer < shape.Layers; layer++)
        {
            int l = layer;
            bool isLast = layer == shape.HiddenLayers;
            values = Linear(
                values,
                $"layers.{layer}",
                shape.InputsOf(layer),
                shape.OutputsOf(layer),
                (unit, i) => i < shape.ReadsOf(l, unit),
                isLast ? outputs : null);
            values = isLast ? values : values.Relu();
        }

        return values;
    }
}
