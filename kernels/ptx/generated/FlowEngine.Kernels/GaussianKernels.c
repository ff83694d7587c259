// The kernels of FlowEngine.Kernels.Device.GaussianKernels. Written by FlowEngine.KernelCompiler; not edited.

typedef struct { int batch; int priorBatch; int dims; int channels; } GaussianKernels_Shape;

DEV i64 GaussianKernels_Mean(int image, int element, GaussianKernels_Shape shape)
{
    int pixel = element / shape.channels;
    int channel = element % shape.channels;
    i64 start = (shape.priorBatch == 1) ? (i64)0 : (i64)image * (i64)2 * (i64)shape.dims;
    return start + (i64)pixel * (i64)2 * (i64)shape.channels + (i64)channel;
}

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

KERNEL(256) void GaussianKernels_LogProb(
    GIN(float, z),
    GIN(float, prior),
    GOUT(float, partials),
    GaussianKernels_Shape shape)
{
    VIEW_IN(float, z);
    VIEW_IN(float, prior);
    VIEW_OUT(float, partials);
    SHARED(float, scratch, 256);
    int start = GRID_IDX_X * 2048;
    float sum = 0.0f;
    for (int i = start + GROUP_IDX_X; i < MIN_I32(start + 2048, shape.dims); i += 256)
    {
        i64 mean = GaussianKernels_Mean(GRID_IDX_Y, i, shape);
        float logScale = prior[mean + (i64)shape.channels];
        float unit = (z[(i64)GRID_IDX_Y * (i64)shape.dims + (i64)i] - prior[mean]) * EXP_F32(-logScale);
        sum -= 0.5f * FMA_F32(unit, unit, 1.837877f + 2.0f * logScale);
    }
    sum = GroupReduction_Sum(scratch, sum);
    if (GROUP_IDX_X == 0)
    {
        partials[(i64)GRID_IDX_Y * (i64)GRID_DIM_X + (i64)GRID_IDX_X] = sum;
    }
}

KERNEL(256) void GaussianKernels_Backward(
    GIN(float, z),
    GIN(float, prior),
    GIN(float, dLogProb),
    GOUT(float, dz),
    GOUT(float, dPrior),
    GaussianKernels_Shape shape)
{
    VIEW_IN(float, z);
    VIEW_IN(float, prior);
    VIEW_IN(float, dLogProb);
    VIEW_OUT(float, dz);
    VIEW_OUT(float, dPrior);
    i64 index = GRID_GLOBAL_INDEX_X;
    if (index < (i64)shape.priorBatch * (i64)shape.dims)
    {
        int first = (int)(index / (i64)shape.dims);
        int i = (int)(index % (i64)shape.dims);
        i64 mean = GaussianKernels_Mean(first, i, shape);
        float center = prior[mean];
        float inverseScale = EXP_F32(-prior[mean + (i64)shape.channels]);
        double dMean = 0.0;
        double dLogScale = 0.0;
        int end = (shape.priorBatch == 1) ? shape.batch : first + 1;
        for (int b = first; b < end; b++)
        {
            float g = dLogProb[b];
            float unit = (z[(i64)b * (i64)shape.dims + (i64)i] - center) * inverseScale;
            dz[(i64)b * (i64)shape.dims + (i64)i] = -g * unit * inverseScale;
            dMean += (double)(g * unit * inverseScale);
            dLogScale += (double)(g * FMA_F32(unit, unit, -1.0f));
        }
        dPrior[mean] = (float)dMean;
        dPrior[mean + (i64)shape.channels] = (float)dLogScale;
    }
}

KERNEL(256) void GaussianKernels_Sample(
    GIN_ALIAS(float, noise),
    GIN(float, prior),
    GOUT_ALIAS(float, z),
    float temperature,
    GaussianKernels_Shape shape)
{
    VIEW_IN_ALIAS(float, noise);
    VIEW_IN(float, prior);
    VIEW_OUT_ALIAS(float, z);
    i64 index = GRID_GLOBAL_INDEX_X;
    if (index < (i64)shape.batch * (i64)shape.dims)
    {
        i64 mean = GaussianKernels_Mean((int)(index / (i64)shape.dims), (int)(index % (i64)shape.dims), shape);
        float scale = EXP_F32(prior[mean + (i64)shape.channels]) * temperature;
        z[index] = FMA_F32(scale, noise[index], prior[mean]);
    }
}

KERNEL(256) void GaussianKernels_Standardize(
    GIN_ALIAS(float, z),
    GIN(float, prior),
    GOUT_ALIAS(float, noise),
    GaussianKernels_Shape shape)
{
    VIEW_IN_ALIAS(float, z);
    VIEW_IN(float, prior);
    VIEW_OUT_ALIAS(float, noise);
    i64 index = GRID_GLOBAL_INDEX_X;
    if (index < (i64)shape.batch * (i64)shape.dims)
    {
        i64 mean = GaussianKernels_Mean((int)(index / (i64)shape.dims), (int)(index % (i64)shape.dims), shape);
        noise[index] = (z[index] - prior[mean]) * EXP_F32(-prior[mean + (i64)shape.channels]);
    }
}
