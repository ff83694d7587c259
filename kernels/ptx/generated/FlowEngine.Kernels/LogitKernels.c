// The kernels of FlowEngine.Kernels.Device.LogitKernels. Written by FlowEngine.KernelCompiler; not edited.

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

KERNEL(256) void LogitKernels_Forward(
    GIN(float, x),
    GOUT(float, y),
    GOUT(float, partials),
    int dims,
    float margin)
{
    VIEW_IN(float, x);
    VIEW_OUT(float, y);
    VIEW_OUT(float, partials);
    SHARED(float, scratch, 256);
    int start = GRID_IDX_X * 2048;
    float slope = 1.0f - 2.0f * margin;
    float constant_ = LOG_F32(slope);
    float sum = 0.0f;
    for (int i = start + GROUP_IDX_X; i < MIN_I32(start + 2048, dims); i += 256)
    {
        i64 at = (i64)GRID_IDX_Y * (i64)dims + (i64)i;
        float p = FMA_F32(slope, x[at] + 0.5f, margin);
        float rest = FMA_F32(slope, 0.5f - x[at], margin);
        if (p <= 0.0f || rest <= 0.0f)
        {
            y[at] = 0.0f;
            sum += BITS_U2F(4286578688u);
        }
        else
        {
            float logP = LOG_F32(p);
            float logRest = LOG_F32(rest);
            y[at] = logP - logRest;
            sum += constant_ - (logP + logRest);
        }
    }
    sum = GroupReduction_Sum(scratch, sum);
    if (GROUP_IDX_X == 0)
    {
        partials[(i64)GRID_IDX_Y * (i64)GRID_DIM_X + (i64)GRID_IDX_X] = sum;
    }
}

KERNEL(256) void LogitKernels_Inverse(GIN(float, y), GOUT(float, x), i64 length, float margin)
{
    VIEW_IN(float, y);
    VIEW_OUT(float, x);
    i64 i = GRID_GLOBAL_INDEX_X;
    if (i < length)
    {
        x[i] = (SIGMOID_F32(y[i]) - margin) / (1.0f - 2.0f * margin) - 0.5f;
    }
}

KERNEL(256) void LogitKernels_Backward(
    GIN(float, y),
    GIN(float, dy),
    GIN(float, dLogDet),
    GOUT(float, dx),
    i64 length,
    int dims,
    float margin)
{
    VIEW_IN(float, y);
    VIEW_IN(float, dy);
    VIEW_IN(float, dLogDet);
    VIEW_OUT(float, dx);
    i64 i = GRID_GLOBAL_INDEX_X;
    if (i < length)
    {
        float p = SIGMOID_F32(y[i]);
        float rest = SIGMOID_F32(-y[i]);
        float gradient = FMA_F32(p - rest, dLogDet[i / (i64)dims], dy[i]);
        dx[i] = (1.0f - 2.0f * margin) / (p * rest) * gradient;
    }
}
