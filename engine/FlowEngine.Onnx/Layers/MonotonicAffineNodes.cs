using FlowEngine.Kernels;
using FlowEngine.Onnx.Format;

namespace FlowEngine.Onnx.Layers;

/// <summary>The nodes of a <see cref="MonotonicAffine"/>.</summary>
internal sealed class MonotonicAffineNodes(MonotonicAffine map) : IMapNodes
{
    private const double Least = 1e-3;
    private static readonly double _bend = 1 / Math.Log(1000);

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
        if (map.Parametrization is AffineParametrization.NflowsSigmoid or AffineParametrization.NflowsSoftplus)
        {
            OnnxValue scale = map.Parametrization == AffineParametrization.NflowsSigmoid
                ? (raw + 2).Sigmoid() + Least
                : raw.Softplus() + Least;
            return (scale, scale.Log());
        }

        OnnxValue logScale = IsCentered ? -raw : raw / (1 + (_bend * raw.Abs()));
        return (logScale.Exp(), logScale);
    }
}
