// The kernels of FlowEngine.Kernels.Device.CallerArrayKernels. Written by FlowEngine.KernelCompiler; not edited.

KERNEL(256) void CallerArrayKernels_LogProb(
    GIN(float, logPrior),
    GIN(float, logDet),
    GOUT(double, logProb),
    int length)
{
    VIEW_IN(float, logPrior);
    VIEW_IN(float, logDet);
    VIEW_OUT(double, logProb);
    i64 i = GRID_GLOBAL_INDEX_X;
    if (i < (i64)length)
    {
        logProb[i] = (double)logPrior[i] + (double)logDet[i];
    }
}

KERNEL(256) void CallerArrayKernels_BitsPerDim(
    GIN(float, logPrior),
    GIN(float, logDet),
    GOUT(double, bits),
    double wholeRange,
    double wholeBit,
    int length)
{
    VIEW_IN(float, logPrior);
    VIEW_IN(float, logDet);
    VIEW_OUT(double, bits);
    i64 i = GRID_GLOBAL_INDEX_X;
    if (i < (i64)length)
    {
        bits[i] = (wholeRange - ((double)logPrior[i] + (double)logDet[i])) / wholeBit;
    }
}

KERNEL(256) void CallerArrayKernels_Count(GOUT(u32, destination), u32 first, int length)
{
    VIEW_OUT(u32, destination);
    i64 i = GRID_GLOBAL_INDEX_X;
    if (i < (i64)length)
    {
        destination[i] = first + (u32)i;
    }
}

KERNEL(256) void CallerArrayKernels_MarkBadLevels(
    GIN(u8, levels),
    GOUT(float, x),
    int bins,
    i64 length)
{
    VIEW_IN(u8, levels);
    VIEW_OUT(float, x);
    i64 i = GRID_GLOBAL_INDEX_X;
    if (i < length && (int)levels[i] >= bins)
    {
        x[i] = BITS_U2F(2143289344u);
    }
}

KERNEL(256) void CallerArrayKernels_Quantize(
    GIN(float, x),
    GOUT(u8, levels),
    float bins,
    i64 length)
{
    VIEW_IN(float, x);
    VIEW_OUT(u8, levels);
    i64 i = GRID_GLOBAL_INDEX_X;
    if (i < length)
    {
        float level = (x[i] + 0.5f) * bins;
        levels[i] = (level > 0.0f) ? (u8)MIN_F32(level, bins - 1.0f) : (u8)0;
    }
}

DEV double CallerArrayKernels_Larger(double left, double right)
{
    return (left > right) ? left : ((left <= right) ? right : left + right);
}

KERNEL(256) void CallerArrayKernels_LargestDifference(
    GIN(float, left),
    GIN(float, right),
    GOUT(double, largest),
    int dims)
{
    VIEW_IN(float, left);
    VIEW_IN(float, right);
    VIEW_OUT(double, largest);
    SHARED(double, scratch, 256);
    i64 first = (i64)GRID_IDX_X * (i64)dims;
    double mine = 0.0;
    for (int i = GROUP_IDX_X; i < dims; i += 256)
    {
        double difference = (double)left[first + (i64)i] - (double)right[first + (i64)i];
        mine = CallerArrayKernels_Larger(mine, (difference < 0.0) ? -difference : difference);
    }
    scratch[GROUP_IDX_X] = mine;
    GROUP_BARRIER();
    for (int half_ = 128; half_ > 0; half_ /= 2)
    {
        if (GROUP_IDX_X < half_)
        {
            scratch[GROUP_IDX_X] = CallerArrayKernels_Larger(scratch[GROUP_IDX_X], scratch[GROUP_IDX_X + half_]);
        }
        GROUP_BARRIER();
    }
    if (GROUP_IDX_X == 0)
    {
        largest[GRID_IDX_X] = scratch[0];
    }
}
