// The kernels of FlowEngine.Kernels.Device.SplineKernels. Written by FlowEngine.KernelCompiler; not edited.

typedef struct { int bins; int hasExponentialSlopes; int hasFreeEnds; float bound; float leastSize; float freeSize; float sizeBend; float leastSlope; float slopeBend; float rawOfUnitSlope; } SplineKernels_SplineNumbers;

DEV int SplineKernels_Numbers(SplineKernels_SplineNumbers spline)
{
    return 3 * spline.bins - 1;
}

DEV int SplineKernels_ValuesPerGroup(int numbers)
{
    return MIN_I32(128, 4096 / numbers);
}

DEV i64 SplineKernels_First(SplineKernels_SplineNumbers spline)
{
    return (i64)GRID_IDX_X * (i64)SplineKernels_ValuesPerGroup(SplineKernels_Numbers(spline));
}

DEV i64 SplineKernels_MovedBefore(i64 i, int dims, int passing)
{
    return i / (i64)dims * (i64)(dims - passing) + (i64)MAX_I32(0, (int)(i % (i64)dims) - passing);
}

DEV void SplineKernels_Read(
    LPTR(float) raw,
    GCPTR(float) output,
    i64 length,
    int dims,
    int passing,
    SplineKernels_SplineNumbers spline)
{
    int numbers = SplineKernels_Numbers(spline);
    i64 first = SplineKernels_First(spline);
    i64 from = SplineKernels_MovedBefore(first, dims, passing) * (i64)numbers;
    i64 end = SplineKernels_MovedBefore(MIN_I64(first + (i64)SplineKernels_ValuesPerGroup(numbers), length), dims, passing) * (i64)numbers;
    int count = (int)(end - from);
    for (int i = GROUP_IDX_X; i < count; i += 128)
    {
        raw[i] = output[from + (i64)i];
    }
}

DEV i64 SplineKernels_Element(i64 length, SplineKernels_SplineNumbers spline)
{
    return (GROUP_IDX_X < SplineKernels_ValuesPerGroup(SplineKernels_Numbers(spline))) ? SplineKernels_First(spline) + (i64)GROUP_IDX_X : length;
}

DEV int SplineValues_Sizes(SplineKernels_SplineNumbers spline)
{
    return spline.bins - spline.hasFreeEnds;
}

DEV float SplineValues_Bend(float raw, float bend)
{
    return raw / FMA_F32(ABS_F32(raw), bend, 1.0f);
}

DEV float SplineValues_Largest(LPTR(float) raw, int stride, SplineKernels_SplineNumbers spline)
{
    float largest = SplineValues_Bend(raw[0], spline.sizeBend);
    for (int j = 1; j < SplineValues_Sizes(spline); j++)
    {
        largest = MAX_F32(largest, SplineValues_Bend(raw[j * stride], spline.sizeBend));
    }
    return largest;
}

DEV float SplineValues_Exponential(float raw, float largest, SplineKernels_SplineNumbers spline)
{
    return EXP_F32(SplineValues_Bend(raw, spline.sizeBend) - largest);
}

DEV float SplineValues_Sum(
    LPTR(float) raw,
    int stride,
    float largest,
    SplineKernels_SplineNumbers spline)
{
    float sum = 0.0f;
    for (int j = 0; j < SplineValues_Sizes(spline); j++)
    {
        sum += SplineValues_Exponential(raw[j * stride], largest, spline);
    }
    return sum;
}

DEV float SplineValues_Share(
    LPTR(float) raw,
    int stride,
    int bin,
    float largest,
    SplineKernels_SplineNumbers spline)
{
    bool isEnd = spline.hasFreeEnds != 0 && (bin == 0 || bin == spline.bins - 1);
    float whole = SplineValues_Exponential(raw[isEnd ? 0 : bin * stride], largest, spline);
    return isEnd ? 0.5f * whole : whole;
}

DEV float SplineValues_RawSlope(
    LPTR(float) slopes,
    int stride,
    int knot,
    SplineKernels_SplineNumbers spline)
{
    float raw = spline.rawOfUnitSlope;
    if (spline.hasFreeEnds != 0)
    {
        raw += slopes[knot * stride];
    }
    else if (knot > 0 && knot < spline.bins)
    {
        raw = slopes[(knot - 1) * stride];
    }
    return raw;
}

DEV int SplineValues_Find(
    LPTR(float) raw,
    int stride,
    float value,
    bool byHeight,
    SplineKernels_SplineNumbers spline,
    PPTR(float) bin)
{
    LPTR(float) heights = raw + SplineValues_Sizes(spline) * stride;
    LPTR(float) slopes = heights + SplineValues_Sizes(spline) * stride;
    float largestWidth = SplineValues_Largest(raw, stride, spline);
    float largestHeight = SplineValues_Largest(heights, stride, spline);
    float inverseWidths = 1.0f / SplineValues_Sum(raw, stride, largestWidth, spline);
    float inverseHeights = 1.0f / SplineValues_Sum(heights, stride, largestHeight, spline);
    float widthScale = inverseWidths * spline.freeSize;
    float heightScale = inverseHeights * spline.freeSize;
    float widthSum = 0.0f;
    float heightSum = 0.0f;
    float width = SplineValues_Share(raw, stride, 0, largestWidth, spline);
    float height = SplineValues_Share(heights, stride, 0, largestHeight, spline);
    float shared = 0.5f * (float)spline.hasFreeEnds;
    int index = 0;
    bin[0] = -spline.bound;
    bin[1] = -spline.bound;
    bin[2] = width;
    bin[3] = height;
    bin[4] = SplineValues_RawSlope(slopes, stride, 0, spline);
    bin[5] = SplineValues_RawSlope(slopes, stride, 1, spline);
    for (int j = 1; j < spline.bins; j++)
    {
        float start = ((float)j - shared) * spline.leastSize - spline.bound;
        widthSum += width;
        heightSum += height;
        float x = FMA_F32(widthSum, widthScale, start);
        float y = FMA_F32(heightSum, heightScale, start);
        width = SplineValues_Share(raw, stride, j, largestWidth, spline);
        height = SplineValues_Share(heights, stride, j, largestHeight, spline);
        bool isPast = value >= (byHeight ? y : x);
        index = isPast ? j : index;
        bin[0] = isPast ? x : bin[0];
        bin[1] = isPast ? y : bin[1];
        bin[2] = isPast ? width : bin[2];
        bin[3] = isPast ? height : bin[3];
        float left = SplineValues_RawSlope(slopes, stride, j, spline);
        float right = SplineValues_RawSlope(slopes, stride, j + 1, spline);
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

DEV float SplineValues_Unit(float value)
{
    float least = (value < 0.0f) ? 0.0f : value;
    return (least > 1.0f) ? 1.0f : least;
}

DEV float SplineValues_Slope(float raw, SplineKernels_SplineNumbers spline)
{
    float slope = spline.leastSlope - LOG_SIGMOID_F32(-raw);
    if (spline.hasExponentialSlopes != 0)
    {
        slope = EXP_F32(SplineValues_Bend(raw, spline.slopeBend));
    }
    return slope;
}

DEV float SplineValues_Denominator(float s, float xi, float eta, float slopes)
{
    return FMA_F32(s, FMA_F32(xi, xi, eta * eta), slopes * (xi * eta));
}

DEV float SplineValues_Numerator(float s, float xi, float eta, float left, float right)
{
    return FMA_F32(right * xi, xi, FMA_F32(left * eta, eta, 2.0f * s * (xi * eta)));
}

DEV float SplineValues_Within(float value, SplineKernels_SplineNumbers spline)
{
    return (spline.hasFreeEnds != 0) ? MAX_F32(-spline.bound, MIN_F32(spline.bound, value)) : value;
}

DEV float SplineValues_Forward(
    float x,
    LPTR(float) raw,
    int stride,
    SplineKernels_SplineNumbers spline,
    PPTR(float) bin)
{
    float value = x;
    bin[10] = 0.0f;
    if (ABS_F32(value) <= spline.bound)
    {
        SplineValues_Find(raw, stride, value, false, spline, bin);
        float xi = SplineValues_Unit((value - bin[0]) / bin[2]);
        float eta = 1.0f - xi;
        float s = bin[3] / bin[2];
        float left = SplineValues_Slope(bin[4], spline);
        float right = SplineValues_Slope(bin[5], spline);
        float d = SplineValues_Denominator(s, xi, eta, left + right);
        float ratio = s / d;
        bin[10] = LOG_F32(ratio * ratio * SplineValues_Numerator(s, xi, eta, left, right));
        value = SplineValues_Within(FMA_F32(bin[3], FMA_F32(s * xi, xi, left * (xi * eta)) / d, bin[1]), spline);
    }
    return value;
}

DEV i64 SplineKernels_Place(i64 i, int dims, int passing, SplineKernels_SplineNumbers spline)
{
    return (SplineKernels_MovedBefore(i, dims, passing) - SplineKernels_MovedBefore(SplineKernels_First(spline), dims, passing)) * (i64)SplineKernels_Numbers(spline);
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
    SHARED(float, raw, 4096);
    SplineKernels_Read(raw, output, length, dims, passing, spline);
    GROUP_BARRIER();
    i64 i = SplineKernels_Element(length, spline);
    if (i < length)
    {
        float value = x[i];
        if (i % (i64)dims >= (i64)passing)
        {
            float bin[11];
            value = SplineValues_Forward(value, raw + SplineKernels_Place(i, dims, passing, spline), 1, spline, bin);
            logSlopes[SplineKernels_MovedBefore(i, dims, passing)] = bin[10];
        }
        y[i] = value;
    }
}

DEV float SplineValues_Inverse(
    float y,
    LPTR(float) raw,
    int stride,
    SplineKernels_SplineNumbers spline,
    PPTR(float) bin)
{
    float value = y;
    if (ABS_F32(value) <= spline.bound)
    {
        SplineValues_Find(raw, stride, value, true, spline, bin);
        float t = SplineValues_Unit((value - bin[1]) / bin[3]);
        float u = 1.0f - t;
        float twice = 2.0f * bin[3] / bin[2];
        float m = SplineValues_Slope(bin[4], spline) * u - SplineValues_Slope(bin[5], spline) * t;
        float g = ABS_F32(m) + SQRT_F32(FMA_F32(m, m, twice * twice * (t * u)));
        float near = (m >= 0.0f) ? twice * t : g;
        float far = (m >= 0.0f) ? g : twice * u;
        value = SplineValues_Within(FMA_F32(bin[2], near / (near + far), bin[0]), spline);
    }
    return value;
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
    SHARED(float, raw, 4096);
    SplineKernels_Read(raw, output, length, dims, passing, spline);
    GROUP_BARRIER();
    i64 i = SplineKernels_Element(length, spline);
    if (i < length)
    {
        float value = y[i];
        if (i % (i64)dims >= (i64)passing)
        {
            float bin[11];
            value = SplineValues_Inverse(value, raw + SplineKernels_Place(i, dims, passing, spline), 1, spline, bin);
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
    LPTR(float) raw,
    float largest,
    float inverse,
    int index,
    float dCorner,
    float dOwn,
    GPTR(float) dOutput,
    SplineKernels_SplineNumbers spline)
{
    float mean = 0.0f;
    for (int j = 0; j < SplineValues_Sizes(spline); j++)
    {
        float weight = SplineValues_Exponential(raw[j], largest, spline);
        mean = FMA_F32(weight, SplineKernels_OfSize(index, j, dCorner, dOwn, spline), mean);
    }
    mean *= inverse;
    float scale = inverse * spline.freeSize;
    for (int j = 0; j < SplineValues_Sizes(spline); j++)
    {
        float own = raw[j];
        float d = (SplineKernels_OfSize(index, j, dCorner, dOwn, spline) - mean) * SplineValues_Exponential(own, largest, spline) * scale;
        dOutput[j] = d * SplineKernels_BendSlope(own, spline.sizeBend);
    }
}

DEV float SplineKernels_BackwardInside(
    LPTR(float) raw,
    float x,
    float dy,
    float dLogDet,
    GPTR(float) dOutput,
    SplineKernels_SplineNumbers spline)
{
    float bin[11];
    int index = SplineValues_Find(raw, 1, x, false, spline, bin);
    float xi = SplineValues_Unit((x - bin[0]) / bin[2]);
    float eta = 1.0f - xi;
    float s = bin[3] / bin[2];
    float left = SplineValues_Slope(bin[4], spline);
    float right = SplineValues_Slope(bin[5], spline);
    float cross = xi * eta;
    float d = SplineValues_Denominator(s, xi, eta, left + right);
    float p = SplineValues_Numerator(s, xi, eta, left, right);
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
    int sizes = SplineValues_Sizes(spline);
    int firstKnot = 1 - spline.hasFreeEnds;
    for (int knot = firstKnot; knot <= spline.bins - firstKnot; knot++)
    {
        dOutput[2 * sizes + (knot - firstKnot)] = ((knot == index + 1) ? dRawRight : 0.0f) + ((knot == index) ? dRawLeft : 0.0f);
    }
    SplineKernels_SizesBackward(raw, bin[6], bin[8], index, -dx, dWidth, dOutput, spline);
    SplineKernels_SizesBackward(raw + sizes, bin[7], bin[9], index, dy, dHeight, dOutput + sizes, spline);
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
    SHARED(float, raw, 4096);
    SplineKernels_Read(raw, output, length, dims, passing, spline);
    GROUP_BARRIER();
    i64 i = SplineKernels_Element(length, spline);
    if (i < length)
    {
        float value = x[i];
        float gradient = dy[i];
        if (i % (i64)dims >= (i64)passing)
        {
            int numbers = SplineKernels_Numbers(spline);
            GPTR(float) dRaw = dOutput + SplineKernels_MovedBefore(i, dims, passing) * (i64)numbers;
            if (ABS_F32(value) <= spline.bound)
            {
                LPTR(float) own = raw + SplineKernels_Place(i, dims, passing, spline);
                gradient = SplineKernels_BackwardInside(own, value, gradient, dLogDet[i / (i64)dims], dRaw, spline);
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
