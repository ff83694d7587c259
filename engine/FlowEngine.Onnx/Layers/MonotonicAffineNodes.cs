using FlowEngine.Kernels;
using FlowEngine.Onnx.Format;

namespace FlowEngine.Onnx.Layers;

/// <summary>The nodes of a <see cref="MonotonicAffine"/>.</summary>
internal sealed class MonotonicAffineNodes(MonotonicAffine map) : IMapNodes
{
    private bool IsCentered => map.Parametrization == AffineParametrization.Normflows;

    public OnnxValue Forward(OnnxValue x, OnnxValue raw, out OnnxValue logSlope)
    {
        (OnnxValue scale, logSlope) = Scale(raw.At(2, 1));
        OnnxValue shift = raw.At(2, 0);
        return IsCentered ? scale * (x - shift) : (scale * x) + shift;
    }

    public OnnxValue Inverse(OnnxValue y, OnnxValue raw)
    {
        OnnxValue scale = Scale(raw.At(2, 1)).Scale;
        OnnxValue shift = raw.At(2, 0);
        return IsCentered ? (y / scale) + shift : (y - shift) / scale;
    }

    private (OnnxValue Scale, OnnxValue LogScale) Scale(OnnxValue raw)
    {
        return map.Parametrization switch
        {
            AffineParametrization.Zuko => OfLogScale(raw / (1 + (raw.Abs() / Math.Log(1000)))),
            AffineParametrization.NflowsSigmoid => OfScale((raw + 2).Sigmoid() + map.Least),
            AffineParametrization.NflowsSoftplus => OfScale(raw.Softplus() + map.Least),
            AffineParametrization.Flowjax => OfScale(raw.Softplus()),
            AffineParametrization.Normflows => OfLogScale(-raw),
            _ => throw Translation.Unsupported($"there are no nodes for the scale of {map.Parametrization}"),
        };

        static (OnnxValue Scale, OnnxValue LogScale) OfScale(OnnxValue scale) => (scale, scale.Log());

        static (OnnxValue Scale, OnnxValue LogScale) OfLogScale(OnnxValue logScale) => (logScale.Exp(), logScale);
    }
}
