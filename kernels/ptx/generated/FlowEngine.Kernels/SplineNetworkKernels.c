// The kernels of FlowEngine.Kernels.Device.SplineNetworkKernels. Written by FlowEngine.KernelCompiler; not edited.

typedef struct { int weight; int inputs; int depth; int columns; int source; int begins; int ending; int bias; int target; int activated; int other; int addend; int units; int unit; int keptSum; int kept; int firstMoved; int moved; } SplineNetworkKernels_NetworkStage;
typedef struct { int batch; int dims; int passing; int inputs; int conditions; int stages; int activation; float leak; int raw; int logSlopes; int tile; } SplineNetworkKernels_SplineNetworkSizes;
typedef struct { int bins; int hasExponentialSlopes; int hasFreeEnds; float bound; float leastSize; float freeSize; float sizeBend; float leastSlope; float slopeBend; float rawOfUnitSlope; } SplineNetworkKernels_SplineNumbers;

DEV void SplineNetworkKernels_ReadRows(
    LPTR(float) memory,
    GCPTR(float) values,
    GCPTR(float) condition,
    GPTR(float) result,
    SplineNetworkKernels_SplineNetworkSizes sizes)
{
    int firstRow = GRID_IDX_X * 16;
    for (int i = GROUP_IDX_X; i < sizes.inputs * 16; i += 256)
    {
        int input = i % sizes.inputs;
        i64 row = (i64)(firstRow + i / sizes.inputs);
        float value = 0.0f;
        if (row < (i64)sizes.batch)
        {
            if (input < sizes.conditions)
            {
                value = condition[row * (i64)sizes.conditions + (i64)input];
            }
            else
            {
                value = values[row * (i64)sizes.dims + (i64)input - (i64)sizes.conditions];
            }
        }
        memory[input * 20 + i / sizes.inputs] = value;
    }
    for (int i = GROUP_IDX_X; i < sizes.passing * 16; i += 256)
    {
        i64 row = (i64)(firstRow + i / sizes.passing);
        if (row < (i64)sizes.batch)
        {
            i64 at = row * (i64)sizes.dims + (i64)(i % sizes.passing);
            result[at] = values[at];
        }
    }
}

DEV void SplineNetworkKernels_Fetch(
    PPTR(float) fetched,
    GCPTR(float) weights,
    SplineNetworkKernels_NetworkStage stage)
{
    int input = GROUP_IDX_X % 64;
    UNROLL
    for (int i = 0; i < 16; i++)
    {
        int unit = GROUP_IDX_X / 64 + i * 4;
        float weight = 0.0f;
        if (input < stage.depth && unit < stage.columns)
        {
            weight = weights[stage.weight + unit * stage.inputs + input];
        }
        fetched[i] = weight;
    }
}

DEV void SplineNetworkKernels_Place(PPTR(float) fetched, LPTR(float) tile)
{
    UNROLL
    for (int i = 0; i < 16; i++)
    {
        tile[GROUP_IDX_X % 64 * 65 + GROUP_IDX_X / 64 + i * 4] = fetched[i];
    }
}

DEV void SplineNetworkKernels_Clear(PPTR(float) sums)
{
    UNROLL
    for (int i = 0; i < 4; i++)
    {
        sums[i] = 0.0f;
    }
}

DEV int SplineNetworkKernels_FirstRowOfThread(void)
{
    return GROUP_IDX_X / 64 * 4;
}

DEV void TileProduct_AddRow(PPTR(float) sums, float left, f4 right)
{
    sums[0] = FMA_F32(left, right.x, sums[0]);
    sums[1] = FMA_F32(left, right.y, sums[1]);
    sums[2] = FMA_F32(left, right.z, sums[2]);
    sums[3] = FMA_F32(left, right.w, sums[3]);
}

DEV void SplineNetworkKernels_Multiply(
    PPTR(float) sums,
    LPTR(float) memory,
    SplineNetworkKernels_NetworkStage stage,
    SplineNetworkKernels_SplineNetworkSizes sizes)
{
    if (stage.begins != 0)
    {
        SplineNetworkKernels_Clear(sums);
    }
    LPTR(float) tile = memory + (sizes.tile + GROUP_IDX_X % 64);
    LPTR(float) values = memory + (stage.source + SplineNetworkKernels_FirstRowOfThread());
    int k = 0;
    for (; k + 8 <= stage.depth; k += 8)
    {
        LPTR(float) some = tile + k * 65;
        LPTR(float) theirs = values + k * 20;
        UNROLL
        for (int i = 0; i < 8; i++)
        {
            TileProduct_AddRow(sums, some[i * 65], LOAD_F4_L(theirs, (i64)(i * 20)));
        }
    }
    for (; k < stage.depth; k++)
    {
        TileProduct_AddRow(sums, tile[k * 65], LOAD_F4_L(values, (i64)(k * 20)));
    }
}

DEV float Activations_ExpM1(float x)
{
    float q = 0.0001984127f;
    q = FMA_F32(q, x, 0.0013888889f);
    q = FMA_F32(q, x, 0.008333334f);
    q = FMA_F32(q, x, 0.041666668f);
    q = FMA_F32(q, x, 0.16666667f);
    q = FMA_F32(q, x, 0.5f);
    return (x > (-0.25f)) ? FMA_F32(x * x, q, x) : EXP_F32(x) - 1.0f;
}

DEV float Activations_Distribution(float z)
{
    float t = 1.0f / FMA_F32(ABS_F32(z), 0.35355338f, 1.0f);
    float p = 0.17087276f;
    p = FMA_F32(p, t, -0.82215226f);
    p = FMA_F32(p, t, 1.4885159f);
    p = FMA_F32(p, t, -1.135204f);
    p = FMA_F32(p, t, 0.27886808f);
    p = FMA_F32(p, t, -0.18628806f);
    p = FMA_F32(p, t, 0.09678418f);
    p = FMA_F32(p, t, 0.37409195f);
    p = FMA_F32(p, t, 1.0000237f);
    p = FMA_F32(p, t, -1.2655122f);
    float tail = 0.5f * t * EXP_F32(FMA_F32((-0.5f) * z, z, p));
    return (z < 0.0f) ? tail : 1.0f - tail;
}

DEV float Activations_Argument(float z, float factor)
{
    return 1.5957692f * z * FMA_F32(z * z, factor, 1.0f);
}

DEV float Activations_Value(int activation, float leak, float z)
{
    float value = z;
    if (activation == 0)
    {
        value = (z < 0.0f) ? 0.0f : z;
    }
    else if (activation == 6)
    {
        value = (z < 0.0f) ? leak * z : z;
    }
    else if (activation == 1)
    {
        float e = Activations_ExpM1((-2.0f) * ABS_F32(z));
        value = -e / (e + 2.0f);
        value = (z < 0.0f) ? -value : value;
    }
    else if (activation == 2)
    {
        value = (z > 0.0f) ? z : Activations_ExpM1(z);
    }
    else if (activation == 3)
    {
        value = z * SIGMOID_F32(z);
    }
    else if (activation == 4)
    {
        value = z * Activations_Distribution(z);
    }
    else if (activation == 5)
    {
        value = z * SIGMOID_F32(Activations_Argument(z, 0.044715f));
    }
    return value;
}

DEV void SplineNetworkKernels_End(
    PPTR(float) sums,
    LPTR(float) memory,
    GCPTR(float) weights,
    SplineNetworkKernels_NetworkStage stage,
    SplineNetworkKernels_SplineNetworkSizes sizes)
{
    int unit = GROUP_IDX_X % 64;
    if (unit < stage.columns)
    {
        int place = unit * 20 + SplineNetworkKernels_FirstRowOfThread();
        float bias = weights[stage.bias + unit];
        UNROLL
        for (int i = 0; i < 4; i++)
        {
            memory[stage.target + place + i] = sums[i] + bias;
        }
        int end = place + 4 + OPAQUE_I32(0);
        for (int i = place; i < end; i++)
        {
            float value = memory[stage.target + i];
            if (stage.ending == 1)
            {
                value = (value < 0.0f) ? 0.0f : value;
            }
            else if (stage.ending == 2)
            {
                value = memory[stage.other + i] + value;
            }
            else if (stage.ending == 3)
            {
                value = memory[stage.other + i] + Activations_Value(sizes.activation, sizes.leak, value);
            }
            else if (stage.ending == 4)
            {
                value = FMA_F32(memory[stage.addend + i], SIGMOID_F32(value), memory[stage.other + i]);
            }
            memory[stage.target + i] = value;
        }
    }
}

DEV void SplineNetworkKernels_Keep(
    PPTR(float) sums,
    LPTR(float) memory,
    GCPTR(float) weights,
    GPTR(float) output,
    GPTR(float) kept,
    SplineNetworkKernels_NetworkStage stage,
    SplineNetworkKernels_SplineNetworkSizes sizes)
{
    int unit = GROUP_IDX_X % 64;
    int firstRow = GRID_IDX_X * 16 + SplineNetworkKernels_FirstRowOfThread();
    UNROLL
    for (int i = 0; i < 4; i++)
    {
        if (unit < stage.columns && firstRow + i < sizes.batch)
        {
            i64 at = (i64)(firstRow + i) * (i64)stage.units + (i64)stage.unit + (i64)unit;
            float value = memory[stage.target + unit * 20 + SplineNetworkKernels_FirstRowOfThread() + i];
            if (stage.keptSum >= 0)
            {
                kept[(i64)stage.keptSum * (i64)sizes.batch + at] = sums[i] + weights[stage.bias + unit];
            }
            if (stage.kept >= 0)
            {
                kept[(i64)stage.kept * (i64)sizes.batch + at] = value;
            }
            else if (stage.kept == (-2))
            {
                output[at] = value;
            }
        }
    }
}

DEV void SplineNetworkKernels_Activate(
    LPTR(float) memory,
    SplineNetworkKernels_NetworkStage stage,
    SplineNetworkKernels_SplineNetworkSizes sizes)
{
    int place = GROUP_IDX_X % 64 * 20 + SplineNetworkKernels_FirstRowOfThread();
    if (stage.activated >= 0 && GROUP_IDX_X % 64 < stage.columns)
    {
        int end = place + 4 + OPAQUE_I32(0);
        for (int i = place; i < end; i++)
        {
            memory[stage.activated + i] = Activations_Value(sizes.activation, sizes.leak, memory[stage.target + i]);
        }
    }
}

DEV int SplineValues_Sizes(SplineNetworkKernels_SplineNumbers spline)
{
    return spline.bins - spline.hasFreeEnds;
}

DEV float SplineValues_Bend(float raw, float bend)
{
    return raw / FMA_F32(ABS_F32(raw), bend, 1.0f);
}

DEV float SplineValues_Largest(
    LPTR(float) raw,
    int stride,
    SplineNetworkKernels_SplineNumbers spline)
{
    float largest = SplineValues_Bend(raw[0], spline.sizeBend);
    for (int j = 1; j < SplineValues_Sizes(spline); j++)
    {
        largest = MAX_F32(largest, SplineValues_Bend(raw[j * stride], spline.sizeBend));
    }
    return largest;
}

DEV float SplineValues_Exponential(
    float raw,
    float largest,
    SplineNetworkKernels_SplineNumbers spline)
{
    return EXP_F32(SplineValues_Bend(raw, spline.sizeBend) - largest);
}

DEV float SplineValues_Sum(
    LPTR(float) raw,
    int stride,
    float largest,
    SplineNetworkKernels_SplineNumbers spline)
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
    SplineNetworkKernels_SplineNumbers spline)
{
    bool isEnd = spline.hasFreeEnds != 0 && (bin == 0 || bin == spline.bins - 1);
    float whole = SplineValues_Exponential(raw[isEnd ? 0 : bin * stride], largest, spline);
    return isEnd ? 0.5f * whole : whole;
}

DEV float SplineValues_RawSlope(
    LPTR(float) slopes,
    int stride,
    int knot,
    SplineNetworkKernels_SplineNumbers spline)
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
    SplineNetworkKernels_SplineNumbers spline,
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

DEV float SplineValues_Slope(float raw, SplineNetworkKernels_SplineNumbers spline)
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

DEV float SplineValues_Within(float value, SplineNetworkKernels_SplineNumbers spline)
{
    return (spline.hasFreeEnds != 0) ? MAX_F32(-spline.bound, MIN_F32(spline.bound, value)) : value;
}

DEV float SplineValues_Forward(
    float x,
    LPTR(float) raw,
    int stride,
    SplineNetworkKernels_SplineNumbers spline,
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

KERNEL(256) void SplineNetworkKernels_Forward(
    GIN(float, x),
    GIN(float, condition),
    GIN(float, weights),
    GIN(SplineNetworkKernels_NetworkStage, stages),
    GOUT(float, y),
    GOUT(float, logDet),
    GOUT(float, output),
    GOUT(float, kept),
    SplineNetworkKernels_SplineNetworkSizes sizes,
    SplineNetworkKernels_SplineNumbers spline,
    int keeps DYN_PARAM)
{
    VIEW_IN(float, x);
    VIEW_IN(float, condition);
    VIEW_IN(float, weights);
    VIEW_IN(SplineNetworkKernels_NetworkStage, stages);
    VIEW_OUT(float, y);
    VIEW_OUT(float, logDet);
    VIEW_OUT(float, output);
    VIEW_OUT(float, kept);
    DYN_SHARED(float, memory);
    float fetched[16];
    float sums[4];
    float bin[11];
    LPTR(float) logSlopes = memory + sizes.logSlopes;
    int numbers = 3 * spline.bins - 1;
    int firstRow = GRID_IDX_X * 16;
    int ownRow = firstRow + GROUP_IDX_X;
    bool sumsUp = GROUP_IDX_X < 16 && ownRow < sizes.batch;
    double total = sumsUp ? (double)logDet[ownRow] : 0.0;
    SplineNetworkKernels_ReadRows(memory, x, condition, y, sizes);
    SplineNetworkKernels_Fetch(fetched, weights, stages[0]);
    for (int s = 0; s < sizes.stages; s++)
    {
        SplineNetworkKernels_NetworkStage stage = stages[s];
        SplineNetworkKernels_Place(fetched, memory + sizes.tile);
        GROUP_BARRIER();
        SplineNetworkKernels_Fetch(fetched, weights, stages[(s + 1 < sizes.stages) ? s + 1 : 0]);
        SplineNetworkKernels_Multiply(sums, memory, stage, sizes);
        if (stage.ending != (-1))
        {
            SplineNetworkKernels_End(sums, memory, weights, stage, sizes);
            if (keeps != 0)
            {
                SplineNetworkKernels_Keep(sums, memory, weights, output, kept, stage, sizes);
            }
            SplineNetworkKernels_Activate(memory, stage, sizes);
        }
        GROUP_BARRIER();
        for (int i = GROUP_IDX_X; i < stage.moved * 16; i += 256)
        {
            int row = firstRow + i % 16;
            if (row < sizes.batch)
            {
                i64 at = (i64)row * (i64)sizes.dims + (i64)sizes.passing + (i64)stage.firstMoved + (i64)(i / 16);
                LPTR(float) raw = memory + (sizes.raw + i / 16 * numbers * 20 + i % 16);
                y[at] = SplineValues_Forward(x[at], raw, 20, spline, bin);
                logSlopes[i] = bin[10];
            }
        }
        GROUP_BARRIER();
        for (int moved = 0; moved < stage.moved && sumsUp; moved++)
        {
            total += (double)logSlopes[moved * 16 + GROUP_IDX_X];
        }
    }
    if (sumsUp)
    {
        logDet[ownRow] = (float)total;
    }
}

DEV float SplineValues_Inverse(
    float y,
    LPTR(float) raw,
    int stride,
    SplineNetworkKernels_SplineNumbers spline,
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

KERNEL(256) void SplineNetworkKernels_Inverse(
    GIN(float, y),
    GIN(float, condition),
    GIN(float, weights),
    GIN(SplineNetworkKernels_NetworkStage, stages),
    GOUT(float, x),
    SplineNetworkKernels_SplineNetworkSizes sizes,
    SplineNetworkKernels_SplineNumbers spline,
    int passes DYN_PARAM)
{
    VIEW_IN(float, y);
    VIEW_IN(float, condition);
    VIEW_IN(float, weights);
    VIEW_IN(SplineNetworkKernels_NetworkStage, stages);
    VIEW_OUT(float, x);
    DYN_SHARED(float, memory);
    float fetched[16];
    float sums[4];
    float bin[11];
    int numbers = 3 * spline.bins - 1;
    int firstRow = GRID_IDX_X * 16;
    SplineNetworkKernels_ReadRows(memory, y, condition, x, sizes);
    SplineNetworkKernels_Fetch(fetched, weights, stages[0]);
    for (int pass = 0; pass < passes; pass++)
    {
        for (int s = 0; s < sizes.stages; s++)
        {
            SplineNetworkKernels_NetworkStage stage = stages[s];
            SplineNetworkKernels_Place(fetched, memory + sizes.tile);
            GROUP_BARRIER();
            SplineNetworkKernels_Fetch(fetched, weights, stages[(s + 1 < sizes.stages) ? s + 1 : 0]);
            SplineNetworkKernels_Multiply(sums, memory, stage, sizes);
            if (stage.ending != (-1))
            {
                SplineNetworkKernels_End(sums, memory, weights, stage, sizes);
                SplineNetworkKernels_Activate(memory, stage, sizes);
            }
            GROUP_BARRIER();
            for (int i = GROUP_IDX_X; i < stage.moved * 16; i += 256)
            {
                int row = firstRow + i % 16;
                if (row < sizes.batch)
                {
                    int moved = stage.firstMoved + i / 16;
                    i64 at = (i64)row * (i64)sizes.dims + (i64)sizes.passing + (i64)moved;
                    LPTR(float) raw = memory + (sizes.raw + i / 16 * numbers * 20 + i % 16);
                    float value = SplineValues_Inverse(y[at], raw, 20, spline, bin);
                    x[at] = value;
                    if (passes > 1)
                    {
                        memory[(sizes.conditions + moved) * 20 + i % 16] = value;
                    }
                }
            }
        }
    }
}
