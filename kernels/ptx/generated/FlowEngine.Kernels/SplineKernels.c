// The kernels of FlowEngine.Kernels.Device.SplineKernels. Written by FlowEngine.KernelCompiler; not edited.

typedef struct { int bins; int hasExponentialSlopes; int hasFreeEnds; float bound; float leastSize; float freeSize; float sizeBend; float leastSlope; float slopeBend; float rawOfUnitSlope; } SplineKernels_SplineNumbers;

DEV int SplineKernels_Sizes(SplineKernels_SplineNumbers spline)
{
    return spline.bins - spline.hasFreeEnds;
}

DEV float SplineKernels_Bend(float raw, float bend)
{
    return raw / FMA_F32(ABS_F32(raw), bend, 1.0f);
}

DEV float SplineKernels_Largest(GCPTR(float) output, i64 at, SplineKernels_SplineNumbers spline)
{
    float largest = SplineKernels_Bend(output[at], spline.sizeBend);
    for (int j = 1; j < SplineKernels_Sizes(spline); j++)
    {
        largest = MAX_F32(largest, SplineKernels_Bend(output[at + (i64)j], spline.sizeBend));
    }
    return largest;
}

DEV float SplineKernels_Exponential(float raw, float largest, SplineKernels_SplineNumbers spline)
{
    return EXP_F32(SplineKernels_Bend(raw, spline.sizeBend) - largest);
}

DEV float SplineKernels_Sum(
    GCPTR(float) output,
    i64 at,
    float largest,
    SplineKernels_SplineNumbers spline)
{
    float sum = 0.0f;
    for (int j = 0; j < SplineKernels_Sizes(spline); j++)
    {
        sum += SplineKernels_Exponential(output[at + (i64)j], largest, spline);
    }
    return sum;
}

DEV float SplineKernels_Share(
    GCPTR(float) output,
    i64 at,
    int bin,
    float largest,
    SplineKernels_SplineNumbers spline)
{
    bool isEnd = spline.hasFreeEnds != 0 && (bin == 0 || bin == spline.bins - 1);
    float whole = SplineKernels_Exponential(output[isEnd ? at : at + (i64)bin], largest, spline);
    return isEnd ? 0.5f * whole : whole;
}

DEV float SplineKernels_RawSlope(
    GCPTR(float) output,
    i64 slopes,
    int knot,
    SplineKernels_SplineNumbers spline)
{
    float raw = spline.rawOfUnitSlope;
    if (spline.hasFreeEnds != 0)
    {
        raw += output[slopes + (i64)knot];
    }
    else if (knot > 0 && knot < spline.bins)
    {
        raw = output[slopes + (i64)knot - (i64)1];
    }
    return raw;
}

DEV int SplineKernels_Find(
    GCPTR(float) output,
    i64 at,
    float value,
    bool byHeight,
    SplineKernels_SplineNumbers spline,
    PPTR(float) bin)
{
    i64 heights = at + (i64)SplineKernels_Sizes(spline);
    i64 slopes = heights + (i64)SplineKernels_Sizes(spline);
    float largestWidth = SplineKernels_Largest(output, at, spline);
    float largestHeight = SplineKernels_Largest(output, heights, spline);
    float inverseWidths = 1.0f / SplineKernels_Sum(output, at, largestWidth, spline);
    float inverseHeights = 1.0f / SplineKernels_Sum(output, heights, largestHeight, spline);
    float widthScale = inverseWidths * spline.freeSize;
    float heightScale = inverseHeights * spline.freeSize;
    float widthSum = 0.0f;
    float heightSum = 0.0f;
    float width = SplineKernels_Share(output, at, 0, largestWidth, spline);
    float height = SplineKernels_Share(output, heights, 0, largestHeight, spline);
    float shared = 0.5f * (float)spline.hasFreeEnds;
    int index = 0;
    bin[0] = -spline.bound;
    bin[1] = -spline.bound;
    bin[2] = width;
    bin[3] = height;
    bin[4] = SplineKernels_RawSlope(output, slopes, 0, spline);
    bin[5] = SplineKernels_RawSlope(output, slopes, 1, spline);
    for (int j = 1; j < spline.bins; j++)
    {
        float start = ((float)j - shared) * spline.leastSize - spline.bound;
        widthSum += width;
        heightSum += height;
        float x = FMA_F32(widthSum, widthScale, start);
        float y = FMA_F32(heightSum, heightScale, start);
        width = SplineKernels_Share(output, at, j, largestWidth, spline);
        height = SplineKernels_Share(output, heights, j, largestHeight, spline);
        bool isPast = value >= (byHeight ? y : x);
        index = isPast ? j : index;
        bin[0] = isPast ? x : bin[0];
        bin[1] = isPast ? y : bin[1];
        bin[2] = isPast ? width : bin[2];
        bin[3] = isPast ? height : bin[3];
        float left = SplineKernels_RawSlope(output, slopes, j, spline);
        float right = SplineKernels_RawSlope(output, slopes, j + 1, spline);
        bin[4] = isPast ? left : bin[4];
        bin[5] = isPast ? right : bin[5];
    }
    float least = (index == 0 || index == spline.bins - 1) ? (1.0f - shared) * spline.leastSize : spline.leastSize;
    bin[2] = FMA_F32(bin[2], widthScale, least);
    bin[3] = FMA_F32(bin[3], heightScale, least);
    bin[6] = largestWidth;
    bin[7] = largestHeight;
    bin[8] = inverseWidths;
    bin[9] = inverseHeights;
    return index;
}

DEV float SplineKernels_Unit(float value)
{
    float least = (value < 0.0f) ? 0.0f : value;
    return (least > 1.0f) ? 1.0f : least;
}

DEV float SplineKernels_Slope(float raw, SplineKernels_SplineNumbers spline)
{
    float slope = spline.leastSlope - LOG_SIGMOID_F32(-raw);
    if (spline.hasExponentialSlopes != 0)
    {
        slope = EXP_F32(SplineKernels_Bend(raw, spline.slopeBend));
    }
    return slope;
}

DEV float SplineKernels_Denominator(float s, float xi, float eta, float slopes)
{
    return FMA_F32(s, FMA_F32(xi, xi, eta * eta), slopes * (xi * eta));
}

DEV float SplineKernels_Numerator(float s, float xi, float eta, float left, float right)
{
    return FMA_F32(right * xi, xi, FMA_F32(left * eta, eta, 2.0f * s * (xi * eta)));
}

DEV float SplineKernels_Within(float value, SplineKernels_SplineNumbers spline)
{
    return (spline.hasFreeEnds != 0) ? MAX_F32(-spline.bound, MIN_F32(spline.bound, value)) : value;
}

KERNEL(128) void SplineKernels_Forward(
    GIN(float, x),
    GIN(float, output),
    GOUT(float, y),
    GOUT(float, logSlopes),
    i64 length,
    int dims,
    int passing,
    SplineKernels_SplineNumbers spline)
{
    VIEW_IN(float, x);
    VIEW_IN(float, output);
    VIEW_OUT(float, y);
    VIEW_OUT(float, logSlopes);
    i64 i = GRID_GLOBAL_INDEX_X;
    if (i < length)
    {
        float value = x[i];
        int column = (int)(i % (i64)dims) - passing;
        if (column >= 0)
        {
            i64 moved = i / (i64)dims * (i64)(dims - passing) + (i64)column;
            float logSlope = 0.0f;
            if (ABS_F32(value) <= spline.bound)
            {
                float bin[10];
                SplineKernels_Find(output, moved * (i64)(3 * spline.bins - 1), value, false, spline, bin);
                float xi = SplineKernels_Unit((value - bin[0]) / bin[2]);
                float eta = 1.0f - xi;
                float s = bin[3] / bin[2];
                float left = SplineKernels_Slope(bin[4], spline);
                float right = SplineKernels_Slope(bin[5], spline);
                float d = SplineKernels_Denominator(s, xi, eta, left + right);
                float ratio = s / d;
                logSlope = LOG_F32(ratio * ratio * SplineKernels_Numerator(s, xi, eta, left, right));
                value = SplineKernels_Within(FMA_F32(bin[3], FMA_F32(s * xi, xi, left * (xi * eta)) / d, bin[1]), spline);
            }
            logSlopes[moved] = logSlope;
        }
        y[i] = value;
    }
}

KERNEL(128) void SplineKernels_Inverse(
    GIN(float, y),
    GIN(float, output),
    GOUT(float, x),
    i64 length,
    int dims,
    int passing,
    SplineKernels_SplineNumbers spline)
{
    VIEW_IN(float, y);
    VIEW_IN(float, output);
    VIEW_OUT(float, x);
    i64 i = GRID_GLOBAL_INDEX_X;
    if (i < length)
    {
        float value = y[i];
        int column = (int)(i % (i64)dims) - passing;
        if (column >= 0 && ABS_F32(value) <= spline.bound)
        {
            i64 moved = i / (i64)dims * (i64)(dims - passing) + (i64)column;
            float bin[10];
            SplineKernels_Find(output, moved * (i64)(3 * spline.bins - 1), value, true, spline, bin);
            float t = SplineKernels_Unit((value - bin[1]) / bin[3]);
            float u = 1.0f - t;
            float twice = 2.0f * bin[3] / bin[2];
            float m = SplineKernels_Slope(bin[4], spline) * u - SplineKernels_Slope(bin[5], spline) * t;
            float g = ABS_F32(m) + SQRT_F32(FMA_F32(m, m, twice * twice * (t * u)));
            float near = (m >= 0.0f) ? twice * t : g;
            float far = (m >= 0.0f) ? g : twice * u;
            value = SplineKernels_Within(FMA_F32(bin[2], near / (near + far), bin[0]), spline);
        }
        x[i] = value;
    }
}

DEV float SplineKernels_BendSlope(float raw, float bend)
{
    float sum = FMA_F32(ABS_F32(raw), bend, 1.0f);
    return 1.0f / (sum * sum);
}

DEV float SplineKernels_SlopeOfSlope(float raw, float slope, SplineKernels_SplineNumbers spline)
{
    return (spline.hasExponentialSlopes != 0) ? slope * SplineKernels_BendSlope(raw, spline.slopeBend) : SIGMOID_F32(raw);
}

DEV float SplineKernels_OfBin(int index, int j, float dCorner, float dOwn)
{
    return (j < index) ? dCorner : ((j == index) ? dOwn : 0.0f);
}

DEV float SplineKernels_OfSize(
    int index,
    int j,
    float dCorner,
    float dOwn,
    SplineKernels_SplineNumbers spline)
{
    return (spline.hasFreeEnds != 0 && j == 0) ? 0.5f * (SplineKernels_OfBin(index, 0, dCorner, dOwn) + SplineKernels_OfBin(index, spline.bins - 1, dCorner, dOwn)) : SplineKernels_OfBin(index, j, dCorner, dOwn);
}

DEV void SplineKernels_SizesBackward(
    GCPTR(float) output,
    i64 at,
    float largest,
    float inverse,
    int index,
    float dCorner,
    float dOwn,
    GPTR(float) dOutput,
    SplineKernels_SplineNumbers spline)
{
    float mean = 0.0f;
    for (int j = 0; j < SplineKernels_Sizes(spline); j++)
    {
        mean = FMA_F32(SplineKernels_Exponential(output[at + (i64)j], largest, spline), SplineKernels_OfSize(index, j, dCorner, dOwn, spline), mean);
    }
    mean *= inverse;
    float scale = inverse * spline.freeSize;
    for (int j = 0; j < SplineKernels_Sizes(spline); j++)
    {
        float raw = output[at + (i64)j];
        float d = (SplineKernels_OfSize(index, j, dCorner, dOwn, spline) - mean) * SplineKernels_Exponential(raw, largest, spline) * scale;
        dOutput[at + (i64)j] = d * SplineKernels_BendSlope(raw, spline.sizeBend);
    }
}

DEV float SplineKernels_BackwardInside(
    GCPTR(float) output,
    i64 at,
    float x,
    float dy,
    float dLogDet,
    GPTR(float) dOutput,
    SplineKernels_SplineNumbers spline)
{
    float bin[10];
    int index = SplineKernels_Find(output, at, x, false, spline, bin);
    float xi = SplineKernels_Unit((x - bin[0]) / bin[2]);
    float eta = 1.0f - xi;
    float s = bin[3] / bin[2];
    float left = SplineKernels_Slope(bin[4], spline);
    float right = SplineKernels_Slope(bin[5], spline);
    float cross = xi * eta;
    float d = SplineKernels_Denominator(s, xi, eta, left + right);
    float p = SplineKernels_Numerator(s, xi, eta, left, right);
    float n = FMA_F32(s * xi, xi, left * cross);
    float rest = FMA_F32(s * eta, eta, right * cross);
    float dRatio = dy * bin[3] / (d * d);
    float dLogP = dLogDet / p;
    float dLogD = (-2.0f) * dLogDet / d;
    float slant = right * xi - left * eta + s * (eta - xi);
    float dXi = dRatio * s * p + 2.0f * dLogP * slant + dLogD * (left + right - 2.0f * s) * (eta - xi);
    float dS = dRatio * cross * (right * xi * xi - left * eta * eta) + 2.0f * dLogDet / s + 2.0f * dLogP * cross + dLogD * FMA_F32(xi, xi, eta * eta);
    float dLeft = dRatio * cross * rest + dLogP * eta * eta + dLogD * cross;
    float dRight = dLogP * xi * xi + dLogD * cross - dRatio * cross * n;
    float dx = dXi / bin[2];
    float dWidth = -FMA_F32(dXi, xi, dS * s) / bin[2];
    float dHeight = FMA_F32(dy, n / d, dS / bin[2]);
    float dRawLeft = dLeft * SplineKernels_SlopeOfSlope(bin[4], left, spline);
    float dRawRight = dRight * SplineKernels_SlopeOfSlope(bin[5], right, spline);
    i64 slopes = at + (i64)(2 * SplineKernels_Sizes(spline));
    int firstKnot = 1 - spline.hasFreeEnds;
    for (int knot = firstKnot; knot <= spline.bins - firstKnot; knot++)
    {
        dOutput[slopes + (i64)(knot - firstKnot)] = ((knot == index + 1) ? dRawRight : 0.0f) + ((knot == index) ? dRawLeft : 0.0f);
    }
    SplineKernels_SizesBackward(output, at, bin[6], bin[8], index, -dx, dWidth, dOutput, spline);
    SplineKernels_SizesBackward(output, at + (i64)SplineKernels_Sizes(spline), bin[7], bin[9], index, dy, dHeight, dOutput, spline);
    return dx;
}

KERNEL(128) void SplineKernels_Backward(
    GIN(float, x),
    GIN(float, output),
    GIN(float, dy),
    GIN(float, dLogDet),
    GOUT(float, dx),
    GOUT(float, dOutput),
    i64 length,
    int dims,
    int passing,
    SplineKernels_SplineNumbers spline)
{
    VIEW_IN(float, x);
    VIEW_IN(float, output);
    VIEW_IN(float, dy);
    VIEW_IN(float, dLogDet);
    VIEW_OUT(float, dx);
    VIEW_OUT(float, dOutput);
    i64 i = GRID_GLOBAL_INDEX_X;
    if (i < length)
    {
        float value = x[i];
        float gradient = dy[i];
        int column = (int)(i % (i64)dims) - passing;
        if (column >= 0)
        {
            i64 at = (i / (i64)dims * (i64)(dims - passing) + (i64)column) * (i64)(3 * spline.bins - 1);
            if (ABS_F32(value) <= spline.bound)
            {
                gradient = SplineKernels_BackwardInside(output, at, value, gradient, dLogDet[i / (i64)dims], dOutput, spline);
            }
            else
            {
                for (int j = 0; j < 3 * spline.bins - 1; j++)
                {
                    dOutput[at + (i64)j] = 0.0f;
                }
            }
        }
        dx[i] = gradient;
    }
}
