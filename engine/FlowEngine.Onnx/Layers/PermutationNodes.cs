using FlowEngine.Layers;
using FlowEngine.Onnx.Format;

namespace FlowEngine.Onnx.Layers;

/// <summary>The nodes of a <see cref="Permutation"/>.</summary>
internal sealed class PermutationNodes(Permutation layer, Translation translation) : ILayerNodes
{
    private readonly int[] _order = Array.ConvertAll(translation.Read(layer.Order), channel => (int)channel);

    public OnnxValue Forward(OnnxValue x, LogDensity logDet) => x.Gather(1, _order);

    public OnnxValue Inverse(OnnxValue y)
    {
        int[] places = [.. Enumerable.Range(0, _order.Length)];
        Array.Sort([.. _order], places);
        return y.Gather(1, places);
    }
}
