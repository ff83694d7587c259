using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using FlowEngine.Kernels.Device;

namespace FlowEngine.Kernels.Cpu;

/// <summary>Sixteen splines at once, lane by lane; the formulae stand at <see cref="RationalQuadraticSpline"/>.</summary>
/// <remarks>
/// Raw numbers and their gradients are [number][16 lanes]. The bin is found without a branch: a walk over the knots keeps
/// the last one that is not beyond the value, and what belongs to its bin. Lanes outside the bound compute something and are
/// dropped. Knots are sums in float64, rounded once: in a steep bin an error of a knot is one of the value, many times over.
/// </remarks>
internal readonly unsafe struct SplineLanes : IMonotonicLanes
{
    private const int Width = SimdMath.Width;

    private readonly SplineNumbers _numbers;
    private readonly double _freeSize;
    private readonly double _leastSize;

    public SplineLanes(RationalQuadraticSpline spline)
    {
        _numbers = spline.Numbers;
        _freeSize = spline.FreeSize;
        _leastSize = 2 * spline.Bound * spline.LeastSize;
    }

    /// <summary>The scratch memory of the functions, in floats.</summary>
    public int ScratchLength => 2 * Bins * Width;

    private int Bins => _numbers.Bins;

    private bool HasFreeEnds => _numbers.HasFreeEnds != 0;

    /// <summary>Raw numbers of the widths, and of the heights.</summary>
    private int Sizes => HasFreeEnds ? Bins - 1 : Bins;

    private static Vector512<float> One => Vector512<float>.One;

    public Vector512<float> Forward(float* raw, float* scratch, Vector512<float> x, out Vector512<float> logSlope)
    {
        Find(raw, scratch, x, byHeight: false, out Bin bin);
        Vector512<float> inside = Inside(x);
        Vector512<float> xi = Unit((x - bin.X) / bin.Width);
        Vector512<float> eta = One - xi;
        Vector512<float> s = bin.Height / bin.Width;
        Vector512<float> left = Slope(bin.RawLeft);
        Vector512<float> right = Slope(bin.RawRight);
        Vector512<float> cross = xi * eta;
        Vector512<float> d = Denominator(s, xi, eta, cross, left + right);
        Vector512<float> n = Vector512.FusedMultiplyAdd(s * xi, xi, left * cross);
        Vector512<float> ratio = s / d;
        logSlope = Vector512.ConditionalSelect(
            inside, SimdMath.Log(ratio * ratio * Numerator(s, xi, eta, cross, left, right)), Vector512<float>.Zero);
        return Vector512.ConditionalSelect(inside, Within(Vector512.FusedMultiplyAdd(bin.Height, n / d, bin.Y)), x);
    }

    public Vector512<float> Inverse(float* raw, float* scratch, Vector512<float> y)
    {
        Find(raw, scratch, y, byHeight: true, out Bin bin);
        Vector512<float> t = Unit((y - bin.Y) / bin.Height);
        Vector512<float> u = One - t;
        Vector512<float> s = bin.Height / bin.Width;
        Vector512<float> twice = s + s;
        Vector512<float> m = (Slope(bin.RawLeft) * u) - (Slope(bin.RawRight) * t);
        Vector512<float> g = Vector512.Abs(m)
            + Vector512.Sqrt(Vector512.FusedMultiplyAdd(m, m, twice * twice * (t * u)));

        // The smaller of two sums of terms of one sign decides nothing: each is right where its sign of m is.
        Vector512<float> isRising = Vector512.GreaterThanOrEqual(m, Vector512<float>.Zero);
        Vector512<float> near = Vector512.ConditionalSelect(isRising, twice * t, g);
        Vector512<float> far = Vector512.ConditionalSelect(isRising, g, twice * u);
        Vector512<float> x = Vector512.FusedMultiplyAdd(bin.Width, near / (near + far), bin.X);
        return Vector512.ConditionalSelect(Inside(y), Within(x), y);
    }

    /// <summary>The gradient of x; those of the raw numbers are overwritten.</summary>
    public Vector512<float> Backward(
        float* raw, float* scratch, Vector512<float> x, Vector512<float> dy, Vector512<float> dLogDet, float* dRaw)
    {
        Find(raw, scratch, x, byHeight: false, out Bin bin);
        Vector512<float> inside = Inside(x);
        Vector512<float> two = Vector512.Create(2f);
        Vector512<float> xi = Unit((x - bin.X) / bin.Width);
        Vector512<float> eta = One - xi;
        Vector512<float> s = bin.Height / bin.Width;
        Vector512<float> left = Slope(bin.RawLeft);
        Vector512<float> right = Slope(bin.RawRight);
        Vector512<float> cross = xi * eta;
        Vector512<float> square = Vector512.FusedMultiplyAdd(xi, xi, eta * eta);
        Vector512<float> d = Denominator(s, xi, eta, cross, left + right);
        Vector512<float> p = Numerator(s, xi, eta, cross, left, right);
        Vector512<float> n = Vector512.FusedMultiplyAdd(s * xi, xi, left * cross);
        Vector512<float> rest = Vector512.FusedMultiplyAdd(s * eta, eta, right * cross);

        // By ξ, s and the two slopes as if each were free: R = N/D has R_ξ = sP/D², R_s = ξη (δ'ξ² - δη²)/D²,
        // R_δ = ξη (D - N)/D², R_δ' = -ξη N/D², and D - N is the rest. ln dy/dx = 2 ln s + ln P - 2 ln D.
        Vector512<float> dRatio = dy * bin.Height / (d * d);
        Vector512<float> dLogP = dLogDet / p;
        Vector512<float> dLogD = -two * dLogDet / d;
        Vector512<float> slant = (right * xi) - (left * eta) + (s * (eta - xi));
        Vector512<float> dXi = (dRatio * s * p) + (dLogP * two * slant)
            + (dLogD * (left + right - (two * s)) * (eta - xi));
        Vector512<float> dS = (dRatio * cross * ((right * xi * xi) - (left * eta * eta)))
            + (two * dLogDet / s) + (dLogP * two * cross) + (dLogD * square);
        Vector512<float> dLeft = (dRatio * cross * rest) + (dLogP * eta * eta) + (dLogD * cross);
        Vector512<float> dRight = (dLogP * xi * xi) + (dLogD * cross) - (dRatio * cross * n);

        // Then by the sizes of the bins: those to the left move the corner, the bin's own scales.
        Vector512<float> dx = dXi / bin.Width;
        Vector512<float> dWidth = -Vector512.FusedMultiplyAdd(dXi, xi, dS * s) / bin.Width;
        Vector512<float> dHeight = Vector512.FusedMultiplyAdd(dy, n / d, dS / bin.Width);
        SizesBackward(raw, scratch, bin.InverseWidths, bin.Index, Only(inside, -dx), Only(inside, dWidth), dRaw);
        SizesBackward(
            raw + (Sizes * Width),
            scratch + (Bins * Width),
            bin.InverseHeights,
            bin.Index,
            Only(inside, dy),
            Only(inside, dHeight),
            dRaw + (Sizes * Width));
        SlopesBackward(
            bin.Index,
            Only(inside, dLeft * SlopeOfSlope(bin.RawLeft, left)),
            Only(inside, dRight * SlopeOfSlope(bin.RawRight, right)),
            dRaw + (2 * Sizes * Width));
        return Vector512.ConditionalSelect(inside, dx, dy);
    }

    private static Vector512<float> Only(Vector512<float> inside, Vector512<float> value) =>
        Vector512.ConditionalSelect(inside, value, Vector512<float>.Zero);

    // NaN is outside, and stays NaN.
    private Vector512<float> Inside(Vector512<float> value) =>
        Vector512.LessThanOrEqual(Vector512.Abs(value), Vector512.Create(_numbers.Bound));

    // Beyond a bound whose slope is not 1 the way back is another one: rounding must not lead there.
    private Vector512<float> Within(Vector512<float> value)
    {
        if (!HasFreeEnds)
        {
            return value;
        }

        Vector512<float> bound = Vector512.Create(_numbers.Bound);
        value = Vector512.ConditionalSelect(Vector512.GreaterThan(value, bound), bound, value);
        return Vector512.ConditionalSelect(Vector512.LessThan(value, -bound), -bound, value);
    }

    // Rounding may put a value a little beside its bin.
    private static Vector512<float> Unit(Vector512<float> value)
    {
        value = Vector512.ConditionalSelect(
            Vector512.LessThan(value, Vector512<float>.Zero), Vector512<float>.Zero, value);
        return Vector512.ConditionalSelect(Vector512.GreaterThan(value, One), One, value);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Denominator(
        Vector512<float> s, Vector512<float> xi, Vector512<float> eta, Vector512<float> cross, Vector512<float> slopes) =>
        Vector512.FusedMultiplyAdd(s, Vector512.FusedMultiplyAdd(xi, xi, eta * eta), slopes * cross);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Numerator(
        Vector512<float> s,
        Vector512<float> xi,
        Vector512<float> eta,
        Vector512<float> cross,
        Vector512<float> left,
        Vector512<float> right) =>
        Vector512.FusedMultiplyAdd(
            right * xi, xi, Vector512.FusedMultiplyAdd(left * eta, eta, (s + s) * cross));

    private static Vector512<float> Bend(Vector512<float> raw, float bend) =>
        raw / Vector512.FusedMultiplyAdd(Vector512.Abs(raw), Vector512.Create(bend), One);

    // The derivative of Bend.
    private static Vector512<float> BendSlope(Vector512<float> raw, float bend)
    {
        Vector512<float> sum = Vector512.FusedMultiplyAdd(Vector512.Abs(raw), Vector512.Create(bend), One);
        return One / (sum * sum);
    }

    private Vector512<float> Slope(Vector512<float> raw) => _numbers.HasExponentialSlopes != 0
        ? SimdMath.Exp(Bend(raw, _numbers.SlopeBend))
        : Vector512.Create(_numbers.LeastSlope) - SimdMath.LogSigmoid(-raw);

    private Vector512<float> SlopeOfSlope(Vector512<float> raw, Vector512<float> slope) => _numbers.HasExponentialSlopes != 0
        ? slope * BendSlope(raw, _numbers.SlopeBend)
        : SimdMath.Sigmoid(raw);

    private void Find(float* raw, float* scratch, Vector512<float> value, bool byHeight, out Bin bin)
    {
        float* heights = scratch + (Bins * Width);
        float* slopes = raw + (2 * Sizes * Width);
        LaneSum widthTotal = Exponentials(raw, scratch);
        LaneSum heightTotal = Exponentials(raw + (Sizes * Width), heights);
        LaneSum widthScale = widthTotal.Dividing(_freeSize);
        LaneSum heightScale = heightTotal.Dividing(_freeSize);
        bin.InverseWidths = One / widthTotal.ToSingle();
        bin.InverseHeights = One / heightTotal.ToSingle();

        // x, y and the sums of exponentials up to a knot; then those of the last knot that is not beyond the value.
        LaneSum widthSum = default;
        LaneSum heightSum = default;
        Vector512<float> width = Exponential(scratch, 0);
        Vector512<float> height = Exponential(heights, 0);
        bin.X = Vector512.Create(-_numbers.Bound);
        bin.Y = bin.X;
        bin.RawLeft = RawSlope(slopes, 0);
        bin.RawRight = RawSlope(slopes, 1);
        bin.Index = Vector512<int>.Zero;
        double shared = HasFreeEnds ? 0.5 : 0;
        for (int j = 1; j < Bins; j++)
        {
            double start = ((j - shared) * _leastSize) - _numbers.Bound;
            widthSum.Add(Exponential(scratch, j - 1));
            heightSum.Add(Exponential(heights, j - 1));
            Vector512<float> x = widthSum.MultiplyAdd(widthScale, start);
            Vector512<float> y = heightSum.MultiplyAdd(heightScale, start);
            Vector512<float> isPast = Vector512.GreaterThanOrEqual(value, byHeight ? y : x);
            bin.X = Vector512.ConditionalSelect(isPast, x, bin.X);
            bin.Y = Vector512.ConditionalSelect(isPast, y, bin.Y);
            width = Vector512.ConditionalSelect(isPast, Exponential(scratch, j), width);
            height = Vector512.ConditionalSelect(isPast, Exponential(heights, j), height);
            bin.RawLeft = Vector512.ConditionalSelect(isPast, RawSlope(slopes, j), bin.RawLeft);
            bin.RawRight = Vector512.ConditionalSelect(isPast, RawSlope(slopes, j + 1), bin.RawRight);
            bin.Index = Vector512.ConditionalSelect(isPast.AsInt32(), Vector512.Create(j), bin.Index);
        }

        Vector512<float> least = Vector512.Create(_numbers.LeastSize);
        if (HasFreeEnds)
        {
            Vector512<int> isEnd = Vector512.Equals(bin.Index, Vector512<int>.Zero)
                | Vector512.Equals(bin.Index, Vector512.Create(Bins - 1));
            least = Vector512.ConditionalSelect(isEnd.AsSingle(), Vector512.Create(0.5f) * least, least);
        }

        bin.Width = Vector512.FusedMultiplyAdd(width, widthScale.ToSingle(), least);
        bin.Height = Vector512.FusedMultiplyAdd(height, heightScale.ToSingle(), least);
    }

    /// <summary>A bin's share of the sum of exponentials; the first and the last bin may share one, half for each.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector512<float> Exponential(float* exponentials, int bin) => HasFreeEnds && (bin == 0 || bin == Bins - 1)
        ? Vector512.Create(0.5f) * Vector512.Load(exponentials)
        : Vector512.Load(exponentials + (bin * Width));

    /// <summary>The raw number of the slope at a knot, 0 to K, with what is added to it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector512<float> RawSlope(float* slopes, int knot) =>
        HasFreeEnds ? Vector512.Load(slopes + (knot * Width)) + Vector512.Create(_numbers.RawOfUnitSlope)
        : knot == 0 || knot == Bins ? Vector512.Create(_numbers.RawOfUnitSlope)
        : Vector512.Load(slopes + ((knot - 1) * Width));

    /// <summary>The exponentials of a softmax and their sum.</summary>
    private LaneSum Exponentials(float* raw, float* exponentials)
    {
        Vector512<float> largest = Vector512.Create(float.NegativeInfinity);
        for (int j = 0; j < Sizes; j++)
        {
            Vector512<float> bent = Bend(Vector512.Load(raw + (j * Width)), _numbers.SizeBend);
            bent.Store(exponentials + (j * Width));
            largest = Vector512.ConditionalSelect(Vector512.GreaterThan(bent, largest), bent, largest);
        }

        LaneSum sum = default;
        for (int j = 0; j < Sizes; j++)
        {
            Vector512<float> e = SimdMath.Exp(Vector512.Load(exponentials + (j * Width)) - largest);
            e.Store(exponentials + (j * Width));
            sum.Add(e);
        }

        return sum;
    }

    /// <summary>The raw numbers of sizes, of the gradients of the corner, which all bins before have, and of the bin's own.</summary>
    private void SizesBackward(
        float* raw,
        float* exponentials,
        Vector512<float> inverse,
        Vector512<int> index,
        Vector512<float> dCorner,
        Vector512<float> dOwn,
        float* dRaw)
    {
        Vector512<float> mean = Vector512<float>.Zero;
        for (int j = 0; j < Sizes; j++)
        {
            Vector512<float> d = OfSize(index, j, dCorner, dOwn);
            mean = Vector512.FusedMultiplyAdd(Vector512.Load(exponentials + (j * Width)), d, mean);
        }

        mean *= inverse;
        Vector512<float> scale = inverse * Vector512.Create(_numbers.FreeSize);
        for (int j = 0; j < Sizes; j++)
        {
            Vector512<float> d = OfSize(index, j, dCorner, dOwn) - mean;
            d *= Vector512.Load(exponentials + (j * Width)) * scale;
            (d * BendSlope(Vector512.Load(raw + (j * Width)), _numbers.SizeBend)).Store(dRaw + (j * Width));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector512<float> OfSize(Vector512<int> index, int j, Vector512<float> dCorner, Vector512<float> dOwn) =>
        HasFreeEnds && j == 0
            ? Vector512.Create(0.5f) * (OfBin(index, 0, dCorner, dOwn) + OfBin(index, Bins - 1, dCorner, dOwn))
            : OfBin(index, j, dCorner, dOwn);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> OfBin(
        Vector512<int> index, int j, Vector512<float> dCorner, Vector512<float> dOwn)
    {
        Vector512<int> own = Vector512.Create(j);
        return Vector512.ConditionalSelect(Vector512.GreaterThan(index, own).AsSingle(), dCorner, Vector512<float>.Zero)
            + Vector512.ConditionalSelect(Vector512.Equals(index, own).AsSingle(), dOwn, Vector512<float>.Zero);
    }

    private void SlopesBackward(Vector512<int> index, Vector512<float> dLeft, Vector512<float> dRight, float* dRaw)
    {
        int slopes = HasFreeEnds ? Bins + 1 : Bins - 1;
        int first = HasFreeEnds ? 0 : 1;
        for (int j = 0; j < slopes; j++)
        {
            Vector512<float> isRight = Vector512.Equals(index, Vector512.Create(first + j - 1)).AsSingle();
            Vector512<float> isLeft = Vector512.Equals(index, Vector512.Create(first + j)).AsSingle();
            (Only(isRight, dRight) + Only(isLeft, dLeft)).Store(dRaw + (j * Width));
        }
    }

    /// <summary>The bin of each lane's value.</summary>
    private struct Bin
    {
        /// <summary>k.</summary>
        public Vector512<int> Index;

        /// <summary>Its lower left corner.</summary>
        public Vector512<float> X;

        public Vector512<float> Y;

        public Vector512<float> Width;

        public Vector512<float> Height;

        /// <summary>The raw numbers of the slopes at its ends.</summary>
        public Vector512<float> RawLeft;

        public Vector512<float> RawRight;

        /// <summary>The inverse sums of the exponentials.</summary>
        public Vector512<float> InverseWidths;

        public Vector512<float> InverseHeights;
    }
}
