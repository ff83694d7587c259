// The kernels of FlowEngine.Kernels.Device.AsinhKernels. Written by FlowEngine.KernelCompiler; not edited.

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

KERNEL(256) void AsinhKernels_Forward(
    GIN(float, x),
    GOUT(float, y),
    GOUT(float, partials),
    int dims,
    float scale)
{
    VIEW_IN(float, x);
    VIEW_OUT(float, y);
    VIEW_OUT(float, partials);
    SHARED(float, scratch, 256);
    int start = GRID_IDX_X * 2048;
    int end = MIN_I32(start + 2048, dims);
    float sum = 0.0f;
    for (int i = start + GROUP_IDX_X; i < end; i += 256)
    {
        i64 at = (i64)GRID_IDX_Y * (i64)dims + (i64)i;
        float ratio = x[at] / scale;
        float root = SQRT_F32(FMA_F32(ratio, ratio, 1.0f));
        float size = LOG_F32(ABS_F32(ratio) + root) * scale;
        y[at] = (ratio < 0.0f) ? -size : size;
        sum -= LOG_F32(root);
    }
    sum = GroupReduction_Sum(scratch, sum);
    if (GROUP_IDX_X == 0)
    {
        partials[(i64)GRID_IDX_Y * (i64)GRID_DIM_X + (i64)GRID_IDX_X] = sum;
    }
}

KERNEL(256) void AsinhKernels_Inverse(GIN(float, y), GOUT(float, x), i64 length, float scale)
{
    VIEW_IN(float, y);
    VIEW_OUT(float, x);
    i64 i = GRID_GLOBAL_INDEX_X;
    if (i < length)
    {
        float ratio = y[i] / scale;
        x[i] = (0.5f * EXP_F32(ratio) - 0.5f * EXP_F32(-ratio)) * scale;
    }
}

KERNEL(256) void AsinhKernels_Backward(
    GIN(float, y),
    GIN(float, dy),
    GIN(float, dLogDet),
    GOUT(float, dx),
    i64 length,
    int dims,
    float scale)
{
    VIEW_IN(float, y);
    VIEW_IN(float, dy);
    VIEW_IN(float, dLogDet);
    VIEW_OUT(float, dx);
    i64 i = GRID_GLOBAL_INDEX_X;
    if (i < length)
    {
        float ratio = y[i] / scale;
        float e = EXP_F32(-ABS_F32(ratio));
        float sum = FMA_F32(e, e, 1.0f);
        float size = (1.0f - e * e) / sum;
        float tanh = (ratio < 0.0f) ? -size : size;
        dx[i] = (e + e) / sum * FMA_F32(-tanh / scale, dLogDet[i / (i64)dims], dy[i]);
    }
}
