// The kernels of FlowEngine.Kernels.Device.UniformKernels. Written by FlowEngine.KernelCompiler; not edited.

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

KERNEL(256) void UniformKernels_LogProb(
    GIN(float, z),
    GIN(float, bounds),
    GOUT(float, partials),
    int dims)
{
    VIEW_IN(float, z);
    VIEW_IN(float, bounds);
    VIEW_OUT(float, partials);
    SHARED(float, scratch, 256);
    int start = GRID_IDX_X * 2048;
    float sum = 0.0f;
    for (int i = start + GROUP_IDX_X; i < MIN_I32(start + 2048, dims); i += 256)
    {
        float value = z[(i64)GRID_IDX_Y * (i64)dims + (i64)i];
        float least = bounds[i];
        float most = bounds[dims + i];
        if (value < least || value > most)
        {
            sum += BITS_U2F(4286578688u);
        }
        else
        {
            sum -= FMA_F32(value, 0.0f, LOG_F32(most - least));
        }
    }
    sum = GroupReduction_Sum(scratch, sum);
    if (GROUP_IDX_X == 0)
    {
        partials[(i64)GRID_IDX_Y * (i64)GRID_DIM_X + (i64)GRID_IDX_X] = sum;
    }
}

KERNEL(256) void UniformKernels_Sample(
    GIN_ALIAS(float, uniform_),
    GIN(float, bounds),
    GOUT_ALIAS(float, z),
    float temperature,
    i64 length,
    int dims)
{
    VIEW_IN_ALIAS(float, uniform_);
    VIEW_IN(float, bounds);
    VIEW_OUT_ALIAS(float, z);
    i64 i = GRID_GLOBAL_INDEX_X;
    if (i < length)
    {
        int column = (int)(i % (i64)dims);
        float least = bounds[column];
        z[i] = FMA_F32(bounds[dims + column] - least, FMA_F32(temperature, uniform_[i] - 0.5f, 0.5f), least);
    }
}
