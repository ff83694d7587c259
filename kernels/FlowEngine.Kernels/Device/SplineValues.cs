namespace FlowEngine.Kernels.Device;

/// <summary>
/// One value through its spline, for kernels to call; see <see cref="RationalQuadraticSpline"/> for the formulae.
/// </summary>
/// <remarks>
/// The raw numbers are in shared memory, from the value's first on, each so far from the next as the stride says. They are
/// read twice to normalize the sizes and once more on the walk over the knots.
/// </remarks>
internal static class SplineValues
{
    /// <summary>The length of what a walk over the knots finds, in registers.</summary>
    public const int BinLength = 11;

    /// <summary>The knot to the left.</summary>
    public const int X = 0;

    /// <summary>Its height.</summary>
    public const int Y = 1;

    /// <summary>The width of the bin.</summary>
    public const int Width = 2;

    /// <summary>Its height.</summary>
    public const int Height = 3;

    /// <summary>The raw number of the slope at its left end.</summary>
    public const int RawLeft = 4;

    /// <summary>The same at its right end.</summary>
    public const int RawRight = 5;

    /// <summary>The largest raw number of widths, bent.</summary>
    public const int LargestWidth = 6;

    /// <summary>The same of heights.</summary>
    public const int LargestHeight = 7;

    /// <summary>1 by the sum of exponentials of widths.</summary>
    public const int InverseWidths = 8;

    /// <summary>The same of heights.</summary>
    public const int InverseHeights = 9;

    /// <summary>ln dy/dx, which <see cref="Forward"/> leaves.</summary>
    public const int LogSlope = 10;

    /// <summary>y of x; the value itself beyond the bound.</summary>
    /// <param name="x">The value.</param>
    /// <param name="raw">Its raw numbers.</param>
    /// <param name="stride">The distance of two of them.</param>
    /// <param name="spline">The spline.</param>
    /// <param name="bin">(<see cref="BinLength"/>), overwritten.</param>
    public static float Forward(
        float x, SharedView<float> raw, int stride, SplineNumbers spline, LocalArray<float> bin)
    {
        float value = x;
        bin[LogSlope] = 0.0f;
        if (XMath.Abs(value) <= spline.Bound)
        {
            Find(raw, stride, value, false, spline, bin);
            float xi = Unit((value - bin[X]) / bin[Width]);
            float eta = 1.0f - xi;
            float s = bin[Height] / bin[Width];
            float left = Slope(bin[RawLeft], spline);
            float right = Slope(bin[RawRight], spline);
            float d = Denominator(s, xi, eta, left + right);
            float ratio = s / d;
            bin[LogSlope] = XMath.Log(ratio * ratio * Numerator(s, xi, eta, left, right));
            value = Within(XMath.Fma(bin[Height], XMath.Fma(s * xi, xi, left * (xi * eta)) / d, bin[Y]), spline);
        }

        return value;
    }

    /// <summary>x of y; the value itself beyond the bound.</summary>
    /// <param name="y">The value.</param>
    /// <param name="raw">Its raw numbers.</param>
    /// <param name="stride">The distance of two of them.</param>
    /// <param name="spline">The spline.</param>
    /// <param name="bin">(<see cref="BinLength"/>), overwritten.</param>
    public static float Inverse(
        float y, SharedView<float> raw, int stride, SplineNumbers spline, LocalArray<float> bin)
    {
        float value = y;
        if (XMath.Abs(value) <= spline.Bound)
        {
            Find(raw, stride, value, true, spline, bin);
            float t = Unit((value - bin[Y]) / bin[Height]);
            float u = 1.0f - t;
            float twice = 2.0f * bin[Height] / bin[Width];
            float m = (Slope(bin[RawLeft], spline) * u) - (Slope(bin[RawRight], spline) * t);
            float g = XMath.Abs(m) + XMath.Sqrt(XMath.Fma(m, m, twice * twice * (t * u)));
            float near = m >= 0.0f ? twice * t : g;
            float far = m >= 0.0f ? g : twice * u;
            value = Within(XMath.Fma(bin[Width], near / (near + far), bin[X]), spline);
        }

        return value;
    }

    /// <summary>The bin of a value that is not beyond the bound.</summary>
    /// <param name="raw">The raw numbers of the value.</param>
    /// <param name="stride">The distance of two of them.</param>
    /// <param name="value">x; y where it is sought by height.</param>
    /// <param name="byHeight">Which.</param>
    /// <param name="spline">The spline.</param>
    /// <param name="bin">(<see cref="BinLength"/>), overwritten but for the log slope.</param>
    /// <returns>Its index.</returns>
    public static int Find(
        SharedView<float> raw,
        int stride,
        float value,
        bool byHeight,
        SplineNumbers spline,
        LocalArray<float> bin)
    {
        SharedView<float> heights = raw.Slice(Sizes(spline) * stride);
        SharedView<float> slopes = heights.Slice(Sizes(spline) * stride);
        float largestWidth = Largest(raw, stride, spline);
        float largestHeight = Largest(heights, stride, spline);
        float inverseWidths = 1.0f / Sum(raw, stride, largestWidth, spline);
        float inverseHeights = 1.0f / Sum(heights, stride, largestHeight, spline);
        float widthScale = inverseWidths * spline.FreeSize;
        float heightScale = inverseHeights * spline.FreeSize;
        float widthSum = 0.0f;
        float heightSum = 0.0f;
        float width = Share(raw, stride, 0, largestWidth, spline);
        float height = Share(heights, stride, 0, largestHeight, spline);
        float shared = 0.5f * spline.HasFreeEnds;
        int index = 0;
        bin[X] = -spline.Bound;
        bin[Y] = -spline.Bound;
        bin[Width] = width;
        bin[Height] = height;
        bin[RawLeft] = RawSlope(slopes, stride, 0, spline);
        bin[RawRight] = RawSlope(slopes, stride, 1, spline);
        for (int j = 1; j < spline.Bins; j++)
        {
            float start = ((j - shared) * spline.LeastSize) - spline.Bound;
            widthSum += width;
            heightSum += height;
            float x = XMath.Fma(widthSum, widthScale, start);
            float y = XMath.Fma(heightSum, heightScale, start);
            width = Share(raw, stride, j, largestWidth, spline);
            height = Share(heights, stride, j, largestHeight, spline);
            bool isPast = value >= (byHeight ? y : x);
            index = isPast ? j : index;
            bin[X] = isPast ? x : bin[X];
            bin[Y] = isPast ? y : bin[Y];
            bin[Width] = isPast ? width : bin[Width];
            bin[Height] = isPast ? height : bin[Height];
            float left = RawSlope(slopes, stride, j, spline);
            float right = RawSlope(slopes, stride, j + 1, spline);
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

    // A bin's part of the sum of exponentials.
    private static float Share(SharedView<float> raw, int stride, int bin, float largest, SplineNumbers spline)
    {
        bool isEnd = spline.HasFreeEnds != 0 && (bin == 0 || bin == spline.Bins - 1);
        float whole = Exponential(raw[isEnd ? 0 : bin * stride], largest, spline);
        return isEnd ? 0.5f * whole : whole;
    }

    // The raw number of the slope at a knot, with what is added to it.
    private static float RawSlope(SharedView<float> slopes, int stride, int knot, SplineNumbers spline)
    {
        float raw = spline.RawOfUnitSlope;
        if (spline.HasFreeEnds != 0)
        {
            raw += slopes[knot * stride];
        }
        else if (knot > 0 && knot < spline.Bins)
        {
            raw = slopes[(knot - 1) * stride];
        }

        return raw;
    }

    // Beyond a bound whose slope is not 1 the way back is another one: rounding must not lead there.
    private static float Within(float value, SplineNumbers spline) => spline.HasFreeEnds != 0
        ? XMath.Max(-spline.Bound, XMath.Min(spline.Bound, value))
        : value;

    /// <summary>Raw numbers of widths, and of heights.</summary>
    /// <param name="spline">The spline.</param>
    public static int Sizes(SplineNumbers spline) => spline.Bins - spline.HasFreeEnds;

    private static float Largest(SharedView<float> raw, int stride, SplineNumbers spline)
    {
        float largest = Bend(raw[0], spline.SizeBend);
        for (int j = 1; j < Sizes(spline); j++)
        {
            largest = XMath.Max(largest, Bend(raw[j * stride], spline.SizeBend));
        }

        return largest;
    }

    private static float Sum(SharedView<float> raw, int stride, float largest, SplineNumbers spline)
    {
        float sum = 0.0f;
        for (int j = 0; j < Sizes(spline); j++)
        {
            sum += Exponential(raw[j * stride], largest, spline);
        }

        return sum;
    }

    /// <summary>The exponential of a raw number of a size, by that of the largest.</summary>
    /// <param name="raw">The raw number.</param>
    /// <param name="largest">The largest, bent.</param>
    /// <param name="spline">The spline.</param>
    public static float Exponential(float raw, float largest, SplineNumbers spline) =>
        XMath.Exp(Bend(raw, spline.SizeBend) - largest);

    /// <summary>The slope at a knot.</summary>
    /// <param name="raw">Its raw number.</param>
    /// <param name="spline">The spline.</param>
    public static float Slope(float raw, SplineNumbers spline)
    {
        float slope = spline.LeastSlope - XMath.LogSigmoid(-raw);
        if (spline.HasExponentialSlopes != 0)
        {
            slope = XMath.Exp(Bend(raw, spline.SlopeBend));
        }

        return slope;
    }

    private static float Bend(float raw, float bend) => raw / XMath.Fma(XMath.Abs(raw), bend, 1.0f);

    /// <summary>A place in a bin: rounding may put it a little beside.</summary>
    /// <param name="value">ξ, or that of y.</param>
    public static float Unit(float value)
    {
        float least = value < 0.0f ? 0.0f : value;
        return least > 1.0f ? 1.0f : least;
    }

    /// <summary>D of the formulae.</summary>
    /// <param name="s">The bin's slope.</param>
    /// <param name="xi">ξ.</param>
    /// <param name="eta">η.</param>
    /// <param name="slopes">The sum of the slopes at both ends.</param>
    public static float Denominator(float s, float xi, float eta, float slopes) =>
        XMath.Fma(s, XMath.Fma(xi, xi, eta * eta), slopes * (xi * eta));

    /// <summary>P of the formulae.</summary>
    /// <param name="s">The bin's slope.</param>
    /// <param name="xi">ξ.</param>
    /// <param name="eta">η.</param>
    /// <param name="left">The slope at the left end.</param>
    /// <param name="right">The slope at the right end.</param>
    public static float Numerator(float s, float xi, float eta, float left, float right) =>
        XMath.Fma(right * xi, xi, XMath.Fma(left * eta, eta, 2.0f * s * (xi * eta)));
}
