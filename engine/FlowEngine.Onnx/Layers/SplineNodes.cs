using FlowEngine.Kernels;
using FlowEngine.Layers;
using FlowEngine.Onnx.Format;
using FlowEngine.Onnx.Networks;

namespace FlowEngine.Onnx.Layers;

/// <summary>The nodes of a <see cref="SplineCoupling"/> or a <see cref="SplineAutoregressive"/>.</summary>
internal sealed class SplineNodes : ILayerNodes
{
    private readonly SplineLayer _layer;
    private readonly Translation _translation;
    private readonly DenseNodes _network;
    private readonly IMapNodes _map;

    public SplineNodes(SplineLayer layer, ImageShape shape, Translation translation)
    {
        _layer = layer;
        _translation = translation;
        _network = (DenseNodes)NetworkNodes.Of(layer.Network, layer.Name, shape, translation);
        _map = layer.Spline switch
        {
            RationalQuadraticSpline spline => new RationalQuadraticNodes(spline),
            MonotonicAffine affine => new MonotonicAffineNodes(affine),
            _ => throw Translation.Unsupported(
                $"the layer {layer.Name} has a {layer.Spline}, for which there are no nodes"),
        };
    }

    private bool IsCoupling => _layer.Passing > 0;

    public OnnxValue Forward(OnnxValue x, LogDensity logDet)
    {
        OnnxValue read = IsCoupling ? Passing(x) : x;
        OnnxValue y = _map.Forward(Moved(x), Parameters(_network.Apply(read)), out OnnxValue logSlope);
        logDet.Add(_translation.SumOfDatum(logSlope));
        return IsCoupling ? _translation.Graph.Concat(1, read, y) : y;
    }

    public OnnxValue Inverse(OnnxValue y)
    {
        if (!IsCoupling)
        {
            return SequentialSolve.Run(
                _translation,
                _network,
                _layer.Spline.ParametersLength,
                y,
                (known, output) => _map.Inverse(known, Parameters(output)));
        }

        OnnxValue passing = Passing(y);
        return _translation.Graph.Concat(
            1, passing, _map.Inverse(Moved(y), Parameters(_network.Apply(passing))));
    }

    private OnnxValue Passing(OnnxValue values) => values.Channels(0, _layer.Passing);

    private OnnxValue Moved(OnnxValue values) =>
        IsCoupling ? values.Channels(_layer.Passing, _layer.Dims - _layer.Passing) : values;

    // The raw numbers of each value, (B, n, R).
    private OnnxValue Parameters(OnnxValue output) => output.Reshape(0, -1, _layer.Spline.ParametersLength);
}
