namespace FlowEngine.Kernels.Device;

/// <summary>Rational-quadratic splines; see <see cref="RationalQuadraticSpline"/> for the formulae.</summary>
/// <remarks>
/// A thread has an element of a row of D values: one that passes is copied, one that is moved has a spline of its own. The
/// raw numbers are read twice to normalize the sizes and once more on the walk over the knots, from the cache after the
/// first time.
/// </remarks>
internal static partial class SplineKernels
{
    private const int BlockSize = 128;

    // What a walk over the knots finds, in registers.
    private const int X = 0;
    private const int Y = 1;
    private const int Width = 2;
    private const int Height = 3;
    private const int RawLeft = 4;
    private const int RawRight = 5;
    private const int LargestWidth = 6;
    private const int LargestHeight = 7;
    private const int InverseWidths = 8;
    private const int InverseHeights = 9;
    private const int BinLength = 10;

    // logSlopes (B, n): the values of a row are added up afterwards, in their order.
    [Kernel(BlockSize)]
    private static void Forward(
        ReadOnlyGlobalView<float> x,
        ReadOnlyGlobalView<float> output,
        GlobalView<float> y,
        GlobalView<float> logSlopes,
        long length,
        int dims,
        int passing,
        SplineNumbers spline)
    {
        long i = Grid.GlobalIndexX;
        if (i < length)
        {
            float value = x[i];
            int column = (int)(i % dims) - passing;
            if (column >= 0)
            {
                long moved = ((i / dims) * (dims - passing)) + column;
                float logSlope = 0.0f;
                if (XMath.Abs(value) <= spline.Bound)
                {
                    var bin = new LocalArray<float>(BinLength);
                    Find(output, moved * ((3 * spline.Bins) - 1), value, false, spline, bin);
                    float xi = Unit((value - bin[X]) / bin[Width]);
                    float eta = 1.0f - xi;
                    float s = bin[Height] / bin[Width];
                    float left = Slope(bin[RawLeft], spline);
                    float right = Slope(bin[RawRight], spline);
                    float d = Denominator(s, xi, eta, left + right);
                    float ratio = s / d;
                    logSlope = XMath.Log(ratio * ratio * Numerator(s, xi, eta, left, right));
                    value = Within(XMath.Fma(bin[Height], XMath.Fma(s * xi, xi, left * (xi * eta)) / d, bin[Y]), spline);
                }

                logSlopes[moved] = logSlope;
            }

            y[i] = value;
        }
    }

    [Kernel(BlockSize)]
    private static void Inverse(
        ReadOnlyGlobalView<float> y,
        ReadOnlyGlobalView<float> output,
        GlobalView<float> x,
        long length,
        int dims,
        int passing,
        SplineNumbers spline)
    {
        long i = Grid.GlobalIndexX;
        if (i < length)
        {
            float value = y[i];
            int column = (int)(i % dims) - passing;
            if (column >= 0 && XMath.Abs(value) <= spline.Bound)
            {
                long moved = ((i / dims) * (dims - passing)) + column;
                var bin = new LocalArray<float>(BinLength);
                Find(output, moved * ((3 * spline.Bins) - 1), value, true, spline, bin);
                float t = Unit((value - bin[Y]) / bin[Height]);
                float u = 1.0f - t;
                float twice = 2.0f * bin[Height] / bin[Width];
                float m = (Slope(bin[RawLeft], spline) * u) - (Slope(bin[RawRight], spline) * t);
                float g = XMath.Abs(m) + XMath.Sqrt(XMath.Fma(m, m, twice * twice * (t * u)));
                float near = m >= 0.0f ? twice * t : g;
                float far = m >= 0.0f ? g : twice * u;
                value = Within(XMath.Fma(bin[Width], near / (near + far), bin[X]), spline);
            }

            x[i] = value;
        }
    }

    // The steps are those of SplineOfDoubles and SplineLanes: by ξ, s and the two slopes, then by the sizes of the bins.
    [Kernel(BlockSize)]
    private static void Backward(
        ReadOnlyGlobalView<float> x,
        ReadOnlyGlobalView<float> output,
        ReadOnlyGlobalView<float> dy,
        ReadOnlyGlobalView<float> dLogDet,
        GlobalView<float> dx,
        GlobalView<float> dOutput,
        long length,
        int dims,
        int passing,
        SplineNumbers spline)
    {
        long i = Grid.GlobalIndexX;
        if (i < length)
        {
            float value = x[i];
            float gradient = dy[i];
            int column = (int)(i % dims) - passing;
            if (column >= 0)
            {
                long at = (((i / dims) * (dims - passing)) + column) * ((3 * spline.Bins) - 1);
                if (XMath.Abs(value) <= spline.Bound)
                {
                    gradient = BackwardInside(output, at, value, gradient, dLogDet[i / dims], dOutput, spline);
                }
                else
                {
                    for (int j = 0; j < (3 * spline.Bins) - 1; j++)
                    {
                        dOutput[at + j] = 0.0f;
                    }
                }
            }

            dx[i] = gradient;
        }
    }

    private static float BackwardInside(
        ReadOnlyGlobalView<float> output,
        long at,
        float x,
        float dy,
        float dLogDet,
        GlobalView<float> dOutput,
        SplineNumbers spline)
    {
        var bin = new LocalArray<float>(BinLength);
        int index = Find(output, at, x, false, spline, bin);
        float xi = Unit((x - bin[X]) / bin[Width]);
        float eta = 1.0f - xi;
        float s = bin[Height] / bin[Width];
        float left = Slope(bin[RawLeft], spline);
        float right = Slope(bin[RawRight], spline);
        float cross = xi * eta;
        float d = Denominator(s, xi, eta, left + right);
        float p = Numerator(s, xi, eta, left, right);
        float n = XMath.Fma(s * xi, xi, left * cross);
        float rest = XMath.Fma(s * eta, eta, right * cross);
        float dRatio = dy * bin[Height] / (d * d);
        float dLogP = dLogDet / p;
        float dLogD = -2.0f * dLogDet / d;
        float slant = (right * xi) - (left * eta) + (s * (eta - xi));
        float dXi = (dRatio * s * p) + (2.0f * dLogP * slant) + (dLogD * (left + right - (2.0f * s)) * (eta - xi));
        float dS = (dRatio * cross * ((right * xi * xi) - (left * eta * eta)))
            + (2.0f * dLogDet / s) + (2.0f * dLogP * cross) + (dLogD * XMath.Fma(xi, xi, eta * eta));
        float dLeft = (dRatio * cross * rest) + (dLogP * eta * eta) + (dLogD * cross);
        float dRight = (dLogP * xi * xi) + (dLogD * cross) - (dRatio * cross * n);
        float dx = dXi / bin[Width];
        float dWidth = -XMath.Fma(dXi, xi, dS * s) / bin[Width];
        float dHeight = XMath.Fma(dy, n / d, dS / bin[Width]);
        // First, so that what they need is in registers no longer than this.
        float dRawLeft = dLeft * SlopeOfSlope(bin[RawLeft], left, spline);
        float dRawRight = dRight * SlopeOfSlope(bin[RawRight], right, spline);
        long slopes = at + (2 * Sizes(spline));
        int firstKnot = 1 - spline.HasFreeEnds;
        for (int knot = firstKnot; knot <= spline.Bins - firstKnot; knot++)
        {
            dOutput[slopes + (knot - firstKnot)] =
                (knot == index + 1 ? dRawRight : 0.0f) + (knot == index ? dRawLeft : 0.0f);
        }

        SizesBackward(output, at, bin[LargestWidth], bin[InverseWidths], index, -dx, dWidth, dOutput, spline);
        SizesBackward(
            output, at + Sizes(spline), bin[LargestHeight], bin[InverseHeights], index, dy, dHeight, dOutput, spline);
        return dx;
    }

    // The bin of a value that is not outside; returns its index.
    private static int Find(
        ReadOnlyGlobalView<float> output,
        long at,
        float value,
        bool byHeight,
        SplineNumbers spline,
        LocalArray<float> bin)
    {
        long heights = at + Sizes(spline);
        long slopes = heights + Sizes(spline);
        float largestWidth = Largest(output, at, spline);
        float largestHeight = Largest(output, heights, spline);
        float inverseWidths = 1.0f / Sum(output, at, largestWidth, spline);
        float inverseHeights = 1.0f / Sum(output, heights, largestHeight, spline);
        float widthScale = inverseWidths * spline.FreeSize;
        float heightScale = inverseHeights * spline.FreeSize;
        float widthSum = 0.0f;
        float heightSum = 0.0f;
        float width = Share(output, at, 0, largestWidth, spline);
        float height = Share(output, heights, 0, largestHeight, spline);
        float shared = 0.5f * spline.HasFreeEnds;
        int index = 0;
        bin[X] = -spline.Bound;
        bin[Y] = -spline.Bound;
        bin[Width] = width;
        bin[Height] = height;
        bin[RawLeft] = RawSlope(output, slopes, 0, spline);
        bin[RawRight] = RawSlope(output, slopes, 1, spline);
        for (int j = 1; j < spline.Bins; j++)
        {
            float start = ((j - shared) * spline.LeastSize) - spline.Bound;
            widthSum += width;
            heightSum += height;
            float x = XMath.Fma(widthSum, widthScale, start);
            float y = XMath.Fma(heightSum, heightScale, start);
            width = Share(output, at, j, largestWidth, spline);
            height = Share(output, heights, j, largestHeight, spline);
            bool isPast = value >= (byHeight ? y : x);
            index = isPast ? j : index;
            bin[X] = isPast ? x : bin[X];
            bin[Y] = isPast ? y : bin[Y];
            bin[Width] = isPast ? width : bin[Width];
            bin[Height] = isPast ? height : bin[Height];
            float left = RawSlope(output, slopes, j, spline);
            float right = RawSlope(output, slopes, j + 1, spline);
            bin[RawLeft] = isPast ? left : bin[RawLeft];
            bin[RawRight] = isPast ? right : bin[RawRight];
        }

        float least = index == 0 || index == spline.Bins - 1 ? (1.0f - shared) * spline.LeastSize : spline.LeastSize;
        bin[Width] = XMath.Fma(bin[Width], widthScale, least);
        bin[Height] = XMath.Fma(bin[Height], heightScale, least);
        bin[LargestWidth] = largestWidth;
        bin[LargestHeight] = largestHeight;
        bin[InverseWidths] = inverseWidths;
        bin[InverseHeights] = inverseHeights;
        return index;
    }

    private static void SizesBackward(
        ReadOnlyGlobalView<float> output,
        long at,
        float largest,
        float inverse,
        int index,
        float dCorner,
        float dOwn,
        GlobalView<float> dOutput,
        SplineNumbers spline)
    {
        float mean = 0.0f;
        for (int j = 0; j < Sizes(spline); j++)
        {
            mean = XMath.Fma(Exponential(output[at + j], largest, spline), OfSize(index, j, dCorner, dOwn, spline), mean);
        }

        mean *= inverse;
        float scale = inverse * spline.FreeSize;
        for (int j = 0; j < Sizes(spline); j++)
        {
            float raw = output[at + j];
            float d = (OfSize(index, j, dCorner, dOwn, spline) - mean) * Exponential(raw, largest, spline) * scale;
            dOutput[at + j] = d * BendSlope(raw, spline.SizeBend);
        }
    }

    // The first and the last bin may have half of the first size each.
    private static float OfSize(int index, int j, float dCorner, float dOwn, SplineNumbers spline) =>
        spline.HasFreeEnds != 0 && j == 0
            ? 0.5f * (OfBin(index, 0, dCorner, dOwn) + OfBin(index, spline.Bins - 1, dCorner, dOwn))
            : OfBin(index, j, dCorner, dOwn);

    private static float OfBin(int index, int j, float dCorner, float dOwn) =>
        j < index ? dCorner : (j == index ? dOwn : 0.0f);

    // A bin's part of the sum of exponentials.
    private static float Share(ReadOnlyGlobalView<float> output, long at, int bin, float largest, SplineNumbers spline)
    {
        bool isEnd = spline.HasFreeEnds != 0 && (bin == 0 || bin == spline.Bins - 1);
        float whole = Exponential(output[isEnd ? at : at + bin], largest, spline);
        return isEnd ? 0.5f * whole : whole;
    }

    // The raw number of the slope at a knot, with what is added to it.
    private static float RawSlope(ReadOnlyGlobalView<float> output, long slopes, int knot, SplineNumbers spline)
    {
        float raw = spline.RawOfUnitSlope;
        if (spline.HasFreeEnds != 0)
        {
            raw += output[slopes + knot];
        }
        else if (knot > 0 && knot < spline.Bins)
        {
            raw = output[slopes + knot - 1];
        }

        return raw;
    }

    // Beyond a bound whose slope is not 1 the way back is another one: rounding must not lead there.
    private static float Within(float value, SplineNumbers spline) => spline.HasFreeEnds != 0
        ? XMath.Max(-spline.Bound, XMath.Min(spline.Bound, value))
        : value;

    private static int Sizes(SplineNumbers spline) => spline.Bins - spline.HasFreeEnds;

    private static float Largest(ReadOnlyGlobalView<float> output, long at, SplineNumbers spline)
    {
        float largest = Bend(output[at], spline.SizeBend);
        for (int j = 1; j < Sizes(spline); j++)
        {
            largest = XMath.Max(largest, Bend(output[at + j], spline.SizeBend));
        }

        return largest;
    }

    private static float Sum(ReadOnlyGlobalView<float> output, long at, float largest, SplineNumbers spline)
    {
        float sum = 0.0f;
        for (int j = 0; j < Sizes(spline); j++)
        {
            sum += Exponential(output[at + j], largest, spline);
        }

        return sum;
    }

    private static float Exponential(float raw, float largest, SplineNumbers spline) =>
        XMath.Exp(Bend(raw, spline.SizeBend) - largest);

    private static float Slope(float raw, SplineNumbers spline)
    {
        float slope = spline.LeastSlope - XMath.LogSigmoid(-raw);
        if (spline.HasExponentialSlopes != 0)
        {
            slope = XMath.Exp(Bend(raw, spline.SlopeBend));
        }

        return slope;
    }

    private static float SlopeOfSlope(float raw, float slope, SplineNumbers spline) =>
        spline.HasExponentialSlopes != 0 ? slope * BendSlope(raw, spline.SlopeBend) : XMath.Sigmoid(raw);

    private static float Bend(float raw, float bend) => raw / XMath.Fma(XMath.Abs(raw), bend, 1.0f);

    private static float BendSlope(float raw, float bend)
    {
        float sum = XMath.Fma(XMath.Abs(raw), bend, 1.0f);
        return 1.0f / (sum * sum);
    }

    // Rounding may put a value a little beside its bin.
    private static float Unit(float value)
    {
        float least = value < 0.0f ? 0.0f : value;
        return least > 1.0f ? 1.0f : least;
    }

    private static float Denominator(float s, float xi, float eta, float slopes) =>
        XMath.Fma(s, XMath.Fma(xi, xi, eta * eta), slopes * (xi * eta));

    private static float Numerator(float s, float xi, float eta, float left, float right) =>
        XMath.Fma(right * xi, xi, XMath.Fma(left * eta, eta, 2.0f * s * (xi * eta)));
}
