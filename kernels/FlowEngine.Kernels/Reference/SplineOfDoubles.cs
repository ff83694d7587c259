namespace FlowEngine.Kernels.Reference;

/// <summary>One spline in float64, in the paper's form: all its knots, then the bin. Not made for speed.</summary>
internal sealed class SplineOfDoubles : IMapOfDoubles
{
    private readonly RationalQuadraticSpline _spline;
    private readonly double[] _raw;
    private readonly double[] _widths;
    private readonly double[] _heights;
    private readonly double[] _x;
    private readonly double[] _y;
    private readonly double[] _slopes;

    public SplineOfDoubles(RationalQuadraticSpline spline, double[] raw)
    {
        _spline = spline;
        _raw = raw;
        _widths = Parts(raw.AsSpan(0, spline.Sizes));
        _heights = Parts(raw.AsSpan(spline.Sizes, spline.Sizes));
        _x = Knots(_widths);
        _y = Knots(_heights);
        double[] slopes = [.. raw.AsSpan(2 * spline.Sizes).ToArray().Select(Slope)];
        _slopes = spline.HasFreeEnds ? slopes : [1, .. slopes, 1];
    }

    public double Forward(double x, out double logSlope)
    {
        logSlope = 0;
        if (IsOutside(x))
        {
            return x;
        }

        int k = Bin(_x, x);
        Part part = new(this, k, x);
        logSlope = Math.Log(part.S * part.S * part.P / (part.D * part.D));
        return Within(_y[k] + (part.H * part.N / part.D));
    }

    public double Inverse(double y)
    {
        if (IsOutside(y))
        {
            return y;
        }

        // Equations 6 to 8 of the paper; 2c / (-b - √...) is the root that does not cancel.
        int k = Bin(_y, y);
        Part part = new(this, k, _x[k]);
        double rise = y - _y[k];
        double sum = part.Right + part.Left - (2 * part.S);
        double a = (part.H * (part.S - part.Left)) + (rise * sum);
        double b = (part.H * part.Left) - (rise * sum);
        double c = -part.S * rise;
        double root = 2 * c / (-b - Math.Sqrt(Math.Max(0, (b * b) - (4 * a * c))));
        return Within(_x[k] + (root * part.W));
    }

    /// <summary>The gradient of x; those of the raw numbers are overwritten.</summary>
    public double Backward(double x, double dy, double dLogDet, Span<double> dRaw)
    {
        dRaw.Clear();
        if (IsOutside(x))
        {
            return dy;
        }

        // By ξ, s and the two slopes as if each were free; then by the corners of the bin.
        int bins = _spline.Bins;
        int k = Bin(_x, x);
        Part part = new(this, k, x);
        (double xi, double eta, double s) = (part.Xi, part.Eta, part.S);
        double cross = xi * eta;
        double square = part.D * part.D;
        double dRatio = dy * part.H;
        double dLogP = dLogDet / part.P;
        double dLogD = -2 * dLogDet / part.D;
        double dXi = (dRatio * s * part.P / square)
            + (dLogP * 2 * ((part.Right * xi) + (s * (eta - xi)) - (part.Left * eta)))
            + (dLogD * (part.Right + part.Left - (2 * s)) * (eta - xi));
        double dS = (dRatio * cross * ((part.Right * xi * xi) - (part.Left * eta * eta)) / square)
            + (2 * dLogDet / s) + (dLogP * 2 * cross) + (dLogD * ((xi * xi) + (eta * eta)));
        double dLeft = (dRatio * cross * (part.D - part.N) / square) + (dLogP * eta * eta) + (dLogD * cross);
        double dRight = (-dRatio * cross * part.N / square) + (dLogP * xi * xi) + (dLogD * cross);
        double dWidth = -((dXi * xi) + (dS * s)) / part.W;
        double dHeight = (dy * part.N / part.D) + (dS / part.W);

        // A knot is the sum of what lies to its left.
        double[] dWidths = new double[bins];
        double[] dHeights = new double[bins];
        for (int j = 0; j < k; j++)
        {
            dWidths[j] = -dXi / part.W;
            dHeights[j] = dy;
        }

        dWidths[k] = dWidth;
        dHeights[k] = dHeight;
        int sizes = _spline.Sizes;
        PartsBackward(_raw.AsSpan(0, sizes), _widths, dWidths, dRaw[..sizes]);
        PartsBackward(_raw.AsSpan(sizes, sizes), _heights, dHeights, dRaw.Slice(sizes, sizes));

        // The left knot of bin 0 has a slope of its own where the ends are free.
        int left = _spline.HasFreeEnds ? k : k - 1;
        if (left >= 0)
        {
            dRaw[(2 * sizes) + left] = dLeft * SlopeOfSlope(left);
        }

        if (left + 1 < _spline.Slopes)
        {
            dRaw[(2 * sizes) + left + 1] = dRight * SlopeOfSlope(left + 1);
        }

        return dXi / part.W;
    }

    // Beyond a bound whose slope is not 1 the way back is another one: rounding must not lead there.
    private double Within(double value) => _spline.HasFreeEnds ? Math.Clamp(value, -_spline.Bound, _spline.Bound) : value;

    // NaN is outside, and stays NaN.
    private bool IsOutside(double value) => !(Math.Abs(value) <= _spline.Bound);

    private int Bin(double[] knots, double value)
    {
        int k = 0;
        while (k < _spline.Bins - 1 && value >= knots[k + 1])
        {
            k++;
        }

        return k;
    }

    private double[] Parts(ReadOnlySpan<double> raw)
    {
        double[] bent = [.. raw.ToArray().Select(r => r / (1 + (Math.Abs(r) * _spline.SizeBend)))];
        double largest = bent.Max();
        double[] parts = [.. bent.Select(r => Math.Exp(r - largest))];
        double total = parts.Sum();
        return [.. parts.Select(part => _spline.LeastSize + ((1 - (_spline.Sizes * _spline.LeastSize)) * part / total))];
    }

    private void PartsBackward(ReadOnlySpan<double> raw, double[] parts, double[] dSizes, Span<double> dRaw)
    {
        double free = 1 - (_spline.Sizes * _spline.LeastSize);
        double[] softmax = [.. parts.Select(part => (part - _spline.LeastSize) / free)];
        if (_spline.HasFreeEnds)
        {
            dSizes = [(dSizes[0] + dSizes[^1]) / 2, .. dSizes[1..^1]];
        }

        double mean = softmax.Zip(dSizes, (p, d) => p * d).Sum();
        for (int j = 0; j < dRaw.Length; j++)
        {
            double bend = Math.Pow(1 + (Math.Abs(raw[j]) * _spline.SizeBend), -2);
            dRaw[j] = 2 * _spline.Bound * free * softmax[j] * (dSizes[j] - mean) * bend;
        }
    }

    private double[] Knots(double[] parts)
    {
        if (_spline.HasFreeEnds)
        {
            parts = [parts[0] / 2, .. parts[1..], parts[0] / 2];
        }

        double[] knots = new double[parts.Length + 1];
        knots[0] = -_spline.Bound;
        for (int j = 0; j < parts.Length; j++)
        {
            knots[j + 1] = knots[j] + (2 * _spline.Bound * parts[j]);
        }

        knots[^1] = _spline.Bound;
        return knots;
    }

    private double Slope(double raw)
    {
        raw += _spline.SlopeOffset;
        return _spline.HasExponentialSlopes
            ? Math.Exp(raw / (1 + (Math.Abs(raw) * _spline.SlopeBend)))
            : _spline.LeastSlope + Math.Max(raw, 0) + Math.Log(1 + Math.Exp(-Math.Abs(raw)));
    }

    private double SlopeOfSlope(int j)
    {
        double raw = _raw[(2 * _spline.Sizes) + j] + _spline.SlopeOffset;
        return _spline.HasExponentialSlopes
            ? _slopes[j + 1] * Math.Pow(1 + (Math.Abs(raw) * _spline.SlopeBend), -2)
            : 1 / (1 + Math.Exp(-raw));
    }

    // What the formulae of bin k are made of.
    private readonly struct Part
    {
        public Part(SplineOfDoubles spline, int k, double x)
        {
            W = spline._x[k + 1] - spline._x[k];
            H = spline._y[k + 1] - spline._y[k];
            S = H / W;
            Left = spline._slopes[k];
            Right = spline._slopes[k + 1];
            Xi = (x - spline._x[k]) / W;
            Eta = 1 - Xi;
            N = (S * Xi * Xi) + (Left * Xi * Eta);
            D = S + ((Left + Right - (2 * S)) * Xi * Eta);
            P = (Right * Xi * Xi) + (2 * S * Xi * Eta) + (Left * Eta * Eta);
        }

        public double W { get; }

        public double H { get; }

        public double S { get; }

        public double Left { get; }

        public double Right { get; }

        public double Xi { get; }

        public double Eta { get; }

        public double N { get; }

        public double D { get; }

        public double P { get; }
    }
}
