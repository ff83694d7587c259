using FlowEngine.Kernels;
using FlowEngine.Layers;
using FlowEngine.Onnx.Format;
using FlowEngine.Onnx.Networks;

namespace FlowEngine.Onnx.Layers;

/// <summary>The nodes of an <see cref="AffineCoupling"/> or an <see cref="AdditiveCoupling"/>.</summary>
internal sealed class CouplingNodes(CouplingLayer layer, ImageShape shape, Translation translation) : ILayerNodes
{
    private readonly int _passing = layer.Channels / 2;
    private readonly int _moved = layer.Channels - (layer.Channels / 2);
    private readonly NetworkNodes _network = NetworkNodes.Of(layer.Network, layer.Name, shape, translation);

    public OnnxValue Forward(OnnxValue x, LogDensity logDet)
    {
        OnnxValue x1 = x.Channels(0, _passing);
        OnnxValue x2 = x.Channels(_passing, _moved);
        OnnxValue output = _network.Apply(x1);
        if (layer.Kind == CouplingKind.Additive)
        {
            return translation.Graph.Concat(1, x1, x2 + output);
        }

        OnnxValue raw = output.Channels(0, _moved) + 2;
        logDet.Add(translation.SumOfDatum(-(-raw).Softplus()));
        return translation.Graph.Concat(1, x1, raw.Sigmoid() * (x2 + output.Channels(_moved, _moved)));
    }

    public OnnxValue Inverse(OnnxValue y)
    {
        OnnxValue y1 = y.Channels(0, _passing);
        OnnxValue y2 = y.Channels(_passing, _moved);
        OnnxValue output = _network.Apply(y1);
        return translation.Graph.Concat(
            1,
            y1,
            layer.Kind == CouplingKind.Additive
                ? y2 - output
                : (y2 / (output.Channels(0, _moved) + 2).Sigmoid()) - output.Channels(_moved, _moved));
    }
}
