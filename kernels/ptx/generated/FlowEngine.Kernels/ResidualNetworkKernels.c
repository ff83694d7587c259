// The kernels of FlowEngine.Kernels.Device.ResidualNetworkKernels. Written by FlowEngine.KernelCompiler; not edited.

DEV float GroupReduction_Sum(LPTR(float) scratch, float value)
{
    scratch[GROUP_IDX_X] = value;
    GROUP_BARRIER();
    for (int half_ = GROUP_DIM_X / 2; half_ > 0; half_ /= 2)
    {
        if (GROUP_IDX_X < half_)
        {
            scratch[GROUP_IDX_X] += scratch[GROUP_IDX_X + half_];
        }
        GROUP_BARRIER();
    }
    return scratch[0];
}

KERNEL(256) void ResidualNetworkKernels_Normalize(
    GIN(float, weight),
    GIN(float, logScale),
    GOUT(float, normalized),
    GOUT(float, scales),
    int depth)
{
    VIEW_IN(float, weight);
    VIEW_IN(float, logScale);
    VIEW_OUT(float, normalized);
    VIEW_OUT(float, scales);
    SHARED(float, scratch, 256);
    i64 row = (i64)GRID_IDX_X * (i64)depth;
    float sum = 0.0f;
    for (int k = GROUP_IDX_X; k < depth; k += 256)
    {
        sum = FMA_F32(weight[row + (i64)k], weight[row + (i64)k], sum);
    }
    float scale = EXP_F32(logScale[GRID_IDX_X]) / SQRT_F32(GroupReduction_Sum(scratch, sum) + 1E-12f);
    for (int k = GROUP_IDX_X; k < depth; k += 256)
    {
        normalized[row + (i64)k] = scale * weight[row + (i64)k];
    }
    if (GROUP_IDX_X == 0)
    {
        scales[GRID_IDX_X] = scale;
    }
}

KERNEL(256) void ResidualNetworkKernels_Denormalize(
    GIN(float, weight),
    GIN(float, scales),
    GIN(float, gradient),
    GOUT(float, dWeight),
    GOUT(float, dLogScale),
    int depth)
{
    VIEW_IN(float, weight);
    VIEW_IN(float, scales);
    VIEW_IN(float, gradient);
    VIEW_OUT(float, dWeight);
    VIEW_OUT(float, dLogScale);
    SHARED(float, scratch, 256);
    i64 row = (i64)GRID_IDX_X * (i64)depth;
    float square = 0.0f;
    float product = 0.0f;
    for (int k = GROUP_IDX_X; k < depth; k += 256)
    {
        square = FMA_F32(weight[row + (i64)k], weight[row + (i64)k], square);
        product = FMA_F32(weight[row + (i64)k], gradient[row + (i64)k], product);
    }
    float norm = GroupReduction_Sum(scratch, square) + 1E-12f;
    GROUP_BARRIER();
    float total = GroupReduction_Sum(scratch, product);
    float scale = scales[GRID_IDX_X];
    float share = total / norm;
    for (int k = GROUP_IDX_X; k < depth; k += 256)
    {
        dWeight[row + (i64)k] += scale * (gradient[row + (i64)k] - weight[row + (i64)k] * share);
    }
    if (GROUP_IDX_X == 0)
    {
        dLogScale[GRID_IDX_X] += scale * total;
    }
}

KERNEL(256) void ResidualNetworkKernels_Rectify(GIN(float, from), GOUT(float, to), i64 length)
{
    VIEW_IN(float, from);
    VIEW_OUT(float, to);
    i64 i = GRID_GLOBAL_INDEX_X;
    if (i < length)
    {
        to[i] = (from[i] < 0.0f) ? 0.0f : from[i];
    }
}

DEV int Neighbors_Of(int pixel, int tap, int height, int width)
{
    int down = tap / 3 - 1;
    int right = tap % 3 - 1;
    int row = pixel / width % height + down;
    int column = pixel % width + right;
    bool inside = row >= 0 && row < height && column >= 0 && column < width;
    return inside ? pixel + down * width + right : (-1);
}

KERNEL(256) void ResidualNetworkKernels_GatherPatches(
    GIN(float, dPatches),
    GIN_ALIAS(float, gate),
    GOUT_ALIAS(float, target),
    int pixels,
    int height,
    int width,
    int channels,
    int adds)
{
    VIEW_IN(float, dPatches);
    VIEW_IN_ALIAS(float, gate);
    VIEW_OUT_ALIAS(float, target);
    i64 index = GRID_GLOBAL_INDEX_X;
    if (index < (i64)pixels * (i64)channels)
    {
        int q = (int)(index / (i64)channels);
        int n = (int)(index % (i64)channels);
        float sum = 0.0f;
        for (int tap = 0; tap < 9; tap++)
        {
            int p = Neighbors_Of(q, 8 - tap, height, width);
            if (p >= 0)
            {
                sum += dPatches[((i64)p * (i64)9 + (i64)tap) * (i64)channels + (i64)n];
            }
        }
        float passed = (gate[index] > 0.0f) ? sum : 0.0f;
        if (adds != 0)
        {
            passed += target[index];
        }
        target[index] = passed;
    }
}
