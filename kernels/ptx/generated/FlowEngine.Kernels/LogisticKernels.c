// The kernels of FlowEngine.Kernels.Device.LogisticKernels. Written by FlowEngine.KernelCompiler; not edited.

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

KERNEL(256) void LogisticKernels_LogProb(GIN(float, z), GOUT(float, partials), int dims)
{
    VIEW_IN(float, z);
    VIEW_OUT(float, partials);
    SHARED(float, scratch, 256);
    int start = GRID_IDX_X * 2048;
    float sum = 0.0f;
    for (int i = start + GROUP_IDX_X; i < MIN_I32(start + 2048, dims); i += 256)
    {
        float size = ABS_F32(z[(i64)GRID_IDX_Y * (i64)dims + (i64)i]);
        float logSigmoid = LOG_SIGMOID_F32(size);
        sum += logSigmoid + logSigmoid - size;
    }
    sum = GroupReduction_Sum(scratch, sum);
    if (GROUP_IDX_X == 0)
    {
        partials[(i64)GRID_IDX_Y * (i64)GRID_DIM_X + (i64)GRID_IDX_X] = sum;
    }
}

KERNEL(256) void LogisticKernels_Backward(
    GIN(float, z),
    GIN(float, dLogProb),
    GOUT(float, dz),
    i64 length,
    int dims)
{
    VIEW_IN(float, z);
    VIEW_IN(float, dLogProb);
    VIEW_OUT(float, dz);
    i64 i = GRID_GLOBAL_INDEX_X;
    if (i < length)
    {
        dz[i] = dLogProb[i / (i64)dims] * (SIGMOID_F32(-z[i]) - SIGMOID_F32(z[i]));
    }
}

KERNEL(256) void LogisticKernels_Sample(
    GIN_ALIAS(float, uniform_),
    GOUT_ALIAS(float, z),
    float temperature,
    i64 length)
{
    VIEW_IN_ALIAS(float, uniform_);
    VIEW_OUT_ALIAS(float, z);
    i64 i = GRID_GLOBAL_INDEX_X;
    if (i < length)
    {
        float u = uniform_[i];
        z[i] = (LOG_F32(u + 2.9802322E-08f) - LOG_F32(1.0f - u - 2.9802322E-08f)) * temperature;
    }
}
