using FlowEngine.Kernels;
using FlowEngine.Layers;
using FlowEngine.Onnx.Format;

namespace FlowEngine.Onnx.Layers;

/// <summary>The nodes of an <see cref="ElementwiseLayer"/>; the formulae stand at <see cref="LogitMap"/> and
/// <see cref="AsinhMap"/>.</summary>
internal sealed class ElementwiseNodes : ILayerNodes
{
    private readonly Translation _translation;
    private readonly bool _isLogit;
    private readonly double _parameter;
    private readonly double _constantLogDet;

    public ElementwiseNodes(ElementwiseLayer layer, ImageShape shape, Translation translation)
    {
        IElementwiseMap map = layer.Map.Formulae;
        if (map is not (LogitMap or AsinhMap))
        {
            throw Translation.Unsupported($"the layer {layer.Name} has a {map.GetType().Name}, for which there are no nodes");
        }

        _translation = translation;
        _isLogit = map is LogitMap;
        _parameter = map.Parameter;
        _constantLogDet = shape.Dims * map.ConstantLogSlope;
    }

    // 1 - 2α.
    private double Range => 1 - (2 * _parameter);

    public OnnxValue Forward(OnnxValue x, LogDensity logDet)
    {
        logDet.Add(_constantLogDet);
        return _isLogit ? Logit(x, logDet) : Asinh(x, logDet);
    }

    public OnnxValue Inverse(OnnxValue y) => _isLogit
        ? ((y.Sigmoid() - _parameter) / Range) - 0.5
        : _parameter * (y / _parameter).Unary("Sinh");

    private OnnxValue Logit(OnnxValue x, LogDensity logDet)
    {
        // 1 - p by itself: near the upper end it keeps its digits.
        OnnxGraph graph = _translation.Graph;
        OnnxValue p = (Range * (x + 0.5)) + _parameter;
        OnnxValue rest = (Range * (0.5 - x)) + _parameter;
        OnnxValue isOutside = graph.Node("Or", [p.AtMost(graph.Scalar(0)), rest.AtMost(graph.Scalar(0))]);
        (OnnxValue logP, OnnxValue logRest) = (p.Log(), rest.Log());
        logDet.Add(_translation.SumOfDatum(
            isOutside.Where(graph.Scalar(double.NegativeInfinity), -(logP + logRest))));
        return isOutside.Where(graph.Scalar(0), logP - logRest);
    }

    private OnnxValue Asinh(OnnxValue x, LogDensity logDet)
    {
        OnnxValue ratio = x / _parameter;
        logDet.Add(_translation.SumOfDatum(-0.5 * ((ratio * ratio) + 1).Log()));
        return _parameter * ratio.Unary("Asinh");
    }
}
