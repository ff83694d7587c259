namespace FlowEngine.Kernels.Reference;

/// <summary>A scale and a shift in float64; the formulae stand at <see cref="MonotonicAffine"/>.</summary>
internal sealed class AffineOfDoubles : IMapOfDoubles
{
    private readonly bool _isCentered;
    private readonly double _shift;
    private readonly double _scale;
    private readonly double _logScale;
    private readonly double _logScaleSlope;

    public AffineOfDoubles(MonotonicAffine affine, ReadOnlySpan<double> raw)
    {
        _shift = raw[0];
        double r = raw[1];
        _isCentered = affine.Parametrization == AffineParametrization.Normflows;
        switch (affine.Parametrization)
        {
            case AffineParametrization.NflowsSigmoid:
                double part = 1 / (1 + Math.Exp(-r - 2));
                _scale = part + affine.Least;
                _logScale = Math.Log(_scale);
                _logScaleSlope = part / (1 + Math.Exp(r + 2)) / _scale;
                break;
            case AffineParametrization.NflowsSoftplus or AffineParametrization.Flowjax:
                _scale = Math.Max(r, 0) + Math.Log(1 + Math.Exp(-Math.Abs(r))) + affine.Least;
                _logScale = Math.Log(_scale);
                _logScaleSlope = 1 / (1 + Math.Exp(-r)) / _scale;
                break;
            default:
                double sum = _isCentered ? 1 : 1 + (Math.Abs(r) / Math.Log(1000));
                double sign = _isCentered ? -1 : 1;
                _logScale = sign * r / sum;
                _scale = Math.Exp(_logScale);
                _logScaleSlope = sign / (sum * sum);
                break;
        }
    }

    public double Forward(double x, out double logSlope)
    {
        logSlope = _logScale;
        return _isCentered ? _scale * (x - _shift) : (_scale * x) + _shift;
    }

    public double Inverse(double y) => _isCentered ? (y / _scale) + _shift : (y - _shift) / _scale;

    public double Backward(double x, double dy, double dLogDet, Span<double> dRaw)
    {
        double dx = _scale * dy;
        dRaw[0] = _isCentered ? -dx : dy;
        dRaw[1] = ((dx * (_isCentered ? x - _shift : x)) + dLogDet) * _logScaleSlope;
        return dx;
    }
}
