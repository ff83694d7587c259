namespace FlowEngine.Kernels.Device;

/// <summary>Rational-quadratic splines; see <see cref="RationalQuadraticSpline"/> for the formulae.</summary>
/// <remarks>
/// A thread has an element of a row of D values: one that passes is copied, one that is moved has a spline of its own. The
/// raw numbers of a group's splines stand together: they are first read as one into shared memory.
/// </remarks>
internal static partial class SplineKernels
{
    private const int BlockSize = 128;

    // The raw numbers of a group, at most.
    private const int Room = 4_096;

    /// <summary>The elements that a group has: one for each thread, if there is the room for their raw numbers.</summary>
    /// <param name="numbers">The raw numbers of a spline, at most 191.</param>
    public static int ValuesPerGroup(int numbers) => XMath.Min(BlockSize, Room / numbers);

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
        SharedView<float> raw = SharedMemory.Allocate<float>(Room);
        Read(raw, output, length, dims, passing, spline);
        Group.Barrier();
        long i = Element(length, spline);
        if (i < length)
        {
            float value = x[i];
            if (i % dims >= passing)
            {
                var bin = new LocalArray<float>(SplineValues.BinLength);
                value = SplineValues.Forward(value, raw.Slice(Place(i, dims, passing, spline)), 1, spline, bin);
                logSlopes[MovedBefore(i, dims, passing)] = bin[SplineValues.LogSlope];
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
        SharedView<float> raw = SharedMemory.Allocate<float>(Room);
        Read(raw, output, length, dims, passing, spline);
        Group.Barrier();
        long i = Element(length, spline);
        if (i < length)
        {
            float value = y[i];
            if (i % dims >= passing)
            {
                var bin = new LocalArray<float>(SplineValues.BinLength);
                value = SplineValues.Inverse(value, raw.Slice(Place(i, dims, passing, spline)), 1, spline, bin);
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
        SharedView<float> raw = SharedMemory.Allocate<float>(Room);
        Read(raw, output, length, dims, passing, spline);
        Group.Barrier();
        long i = Element(length, spline);
        if (i < length)
        {
            float value = x[i];
            float gradient = dy[i];
            if (i % dims >= passing)
            {
                int numbers = Numbers(spline);
                GlobalView<float> dRaw = dOutput.Slice(MovedBefore(i, dims, passing) * numbers);
                if (XMath.Abs(value) <= spline.Bound)
                {
                    SharedView<float> own = raw.Slice(Place(i, dims, passing, spline));
                    gradient = BackwardInside(own, value, gradient, dLogDet[i / dims], dRaw, spline);
                }
                else
                {
                    for (int j = 0; j < numbers; j++)
                    {
                        dRaw[j] = 0.0f;
                    }
                }
            }

            dx[i] = gradient;
        }
    }

    // The raw numbers of the group's elements.
    private static void Read(
        SharedView<float> raw,
        ReadOnlyGlobalView<float> output,
        long length,
        int dims,
        int passing,
        SplineNumbers spline)
    {
        int numbers = Numbers(spline);
        long first = First(spline);
        long from = MovedBefore(first, dims, passing) * numbers;
        long end = MovedBefore(XMath.Min(first + ValuesPerGroup(numbers), length), dims, passing) * numbers;
        int count = (int)(end - from);
        for (int i = Group.IdxX; i < count; i += BlockSize)
        {
            raw[i] = output[from + i];
        }
    }

    private static long First(SplineNumbers spline) => (long)Grid.IdxX * ValuesPerGroup(Numbers(spline));

    // The thread's element; the length where it has none.
    private static long Element(long length, SplineNumbers spline) =>
        Group.IdxX < ValuesPerGroup(Numbers(spline)) ? First(spline) + Group.IdxX : length;

    // Where the raw numbers of an element begin among those of the group.
    private static long Place(long i, int dims, int passing, SplineNumbers spline) =>
        (MovedBefore(i, dims, passing) - MovedBefore(First(spline), dims, passing)) * Numbers(spline);

    // How many elements before this one are moved.
    private static long MovedBefore(long i, int dims, int passing) =>
        ((i / dims) * (dims - passing)) + XMath.Max(0, (int)(i % dims) - passing);

    private static int Numbers(SplineNumbers spline) => (3 * spline.Bins) - 1;

    private static float BackwardInside(
        SharedView<float> raw,
        float x,
        float dy,
        float dLogDet,
        GlobalView<float> dOutput,
        SplineNumbers spline)
    {
        var bin = new LocalArray<float>(SplineValues.BinLength);
        int index = SplineValues.Find(raw, 1, x, false, spline, bin);
        float xi = SplineValues.Unit((x - bin[SplineValues.X]) / bin[SplineValues.Width]);
        float eta = 1.0f - xi;
        float s = bin[SplineValues.Height] / bin[SplineValues.Width];
        float left = SplineValues.Slope(bin[SplineValues.RawLeft], spline);
        float right = SplineValues.Slope(bin[SplineValues.RawRight], spline);
        float cross = xi * eta;
        float d = SplineValues.Denominator(s, xi, eta, left + right);
        float p = SplineValues.Numerator(s, xi, eta, left, right);
        float n = XMath.Fma(s * xi, xi, left * cross);
        float rest = XMath.Fma(s * eta, eta, right * cross);
        float dRatio = dy * bin[SplineValues.Height] / (d * d);
        float dLogP = dLogDet / p;
        float dLogD = -2.0f * dLogDet / d;
        float slant = (right * xi) - (left * eta) + (s * (eta - xi));
        float dXi = (dRatio * s * p) + (2.0f * dLogP * slant) + (dLogD * (left + right - (2.0f * s)) * (eta - xi));
        float dS = (dRatio * cross * ((right * xi * xi) - (left * eta * eta)))
            + (2.0f * dLogDet / s) + (2.0f * dLogP * cross) + (dLogD * XMath.Fma(xi, xi, eta * eta));
        float dLeft = (dRatio * cross * rest) + (dLogP * eta * eta) + (dLogD * cross);
        float dRight = (dLogP * xi * xi) + (dLogD * cross) - (dRatio * cross * n);
        float dx = dXi / bin[SplineValues.Width];
        float dWidth = -XMath.Fma(dXi, xi, dS * s) / bin[SplineValues.Width];
        float dHeight = XMath.Fma(dy, n / d, dS / bin[SplineValues.Width]);
        // First, so that what they need is in registers no longer than this.
        float dRawLeft = dLeft * SlopeOfSlope(bin[SplineValues.RawLeft], left, spline);
        float dRawRight = dRight * SlopeOfSlope(bin[SplineValues.RawRight], right, spline);
        int sizes = SplineValues.Sizes(spline);
        int firstKnot = 1 - spline.HasFreeEnds;
        for (int knot = firstKnot; knot <= spline.Bins - firstKnot; knot++)
        {
            dOutput[(2 * sizes) + (knot - firstKnot)] =
                (knot == index + 1 ? dRawRight : 0.0f) + (knot == index ? dRawLeft : 0.0f);
        }

        SizesBackward(
            raw, bin[SplineValues.LargestWidth], bin[SplineValues.InverseWidths], index, -dx, dWidth, dOutput, spline);
        SizesBackward(
            raw.Slice(sizes),
            bin[SplineValues.LargestHeight],
            bin[SplineValues.InverseHeights],
            index,
            dy,
            dHeight,
            dOutput.Slice(sizes),
            spline);
        return dx;
    }

    private static void SizesBackward(
        SharedView<float> raw,
        float largest,
        float inverse,
        int index,
        float dCorner,
        float dOwn,
        GlobalView<float> dOutput,
        SplineNumbers spline)
    {
        float mean = 0.0f;
        for (int j = 0; j < SplineValues.Sizes(spline); j++)
        {
            float weight = SplineValues.Exponential(raw[j], largest, spline);
            mean = XMath.Fma(weight, OfSize(index, j, dCorner, dOwn, spline), mean);
        }

        mean *= inverse;
        float scale = inverse * spline.FreeSize;
        for (int j = 0; j < SplineValues.Sizes(spline); j++)
        {
            float own = raw[j];
            float d = (OfSize(index, j, dCorner, dOwn, spline) - mean) * SplineValues.Exponential(own, largest, spline) * scale;
            dOutput[j] = d * BendSlope(own, spline.SizeBend);
        }
    }

    // The first and the last bin may have half of the first size each.
    private static float OfSize(int index, int j, float dCorner, float dOwn, SplineNumbers spline) =>
        spline.HasFreeEnds != 0 && j == 0
            ? 0.5f * (OfBin(index, 0, dCorner, dOwn) + OfBin(index, spline.Bins - 1, dCorner, dOwn))
            : OfBin(index, j, dCorner, dOwn);

    private static float OfBin(int index, int j, float dCorner, float dOwn) =>
        j < index ? dCorner : (j == index ? dOwn : 0.0f);

    private static float SlopeOfSlope(float raw, float slope, SplineNumbers spline) =>
        spline.HasExponentialSlopes != 0 ? slope * BendSlope(raw, spline.SlopeBend) : XMath.Sigmoid(raw);

    private static float BendSlope(float raw, float bend)
    {
        float sum = XMath.Fma(XMath.Abs(raw), bend, 1.0f);
        return 1.0f / (sum * sum);
    }
}
