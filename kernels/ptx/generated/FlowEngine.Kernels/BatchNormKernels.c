// The kernels of FlowEngine.Kernels.Device.BatchNormKernels. Written by FlowEngine.KernelCompiler; not edited.

DEV float BatchNormKernels_InverseDeviation(float deviation, float floor_)
{
    return 1.0f / SQRT_F32(FMA_F32(deviation, deviation, floor_));
}

KERNEL(256) void BatchNormKernels_Map(
    GIN(float, from),
    GIN(float, bias),
    GIN(float, logScale),
    GIN(float, mean),
    GIN(float, deviation),
    GOUT(float, to),
    i64 length,
    int channels,
    float floor_,
    int isInverse)
{
    VIEW_IN(float, from);
    VIEW_IN(float, bias);
    VIEW_IN(float, logScale);
    VIEW_IN(float, mean);
    VIEW_IN(float, deviation);
    VIEW_OUT(float, to);
    i64 i = GRID_GLOBAL_INDEX_X;
    if (i < length)
    {
        int c = (int)(i % (i64)channels);
        float scale = EXP_F32(logScale[c]);
        float inverse = BatchNormKernels_InverseDeviation(deviation[c], floor_);
        if (isInverse != 0)
        {
            to[i] = (from[i] - bias[c]) / (scale * inverse) + mean[c];
        }
        else
        {
            to[i] = FMA_F32((from[i] - mean[c]) * inverse, scale, bias[c]);
        }
    }
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

KERNEL(256) void BatchNormKernels_LogDet(
    GIN(float, logScale),
    GIN(float, deviation),
    GOUT(float, sum),
    int channels,
    float floor_)
{
    VIEW_IN(float, logScale);
    VIEW_IN(float, deviation);
    VIEW_OUT(float, sum);
    SHARED(float, scratch, 256);
    float part = 0.0f;
    for (int c = GROUP_IDX_X; c < channels; c += 256)
    {
        part += logScale[c] + LOG_F32(BatchNormKernels_InverseDeviation(deviation[c], floor_));
    }
    part = GroupReduction_Sum(scratch, part);
    if (GROUP_IDX_X == 0)
    {
        sum[0] = part;
    }
}

KERNEL(256) void BatchNormKernels_Backward(
    GIN(float, x),
    GIN(float, dy),
    GIN(float, dLogDet),
    GIN(float, logScale),
    GIN(float, mean),
    GIN(float, deviation),
    GOUT(float, dx),
    GOUT(float, dBias),
    GOUT(float, dLogScale),
    int pixels,
    int batch,
    int channels,
    float floor_,
    int throughStatistics)
{
    VIEW_IN(float, x);
    VIEW_IN(float, dy);
    VIEW_IN(float, dLogDet);
    VIEW_IN(float, logScale);
    VIEW_IN(float, mean);
    VIEW_IN(float, deviation);
    VIEW_OUT(float, dx);
    VIEW_OUT(float, dBias);
    VIEW_OUT(float, dLogScale);
    SHARED(float, scratch, 256);
    int c = GRID_IDX_X;
    float scale = EXP_F32(logScale[c]);
    float inverse = BatchNormKernels_InverseDeviation(deviation[c], floor_);
    float center = mean[c];
    float sum = 0.0f;
    float product = 0.0f;
    for (int p = GROUP_IDX_X; p < pixels; p += 256)
    {
        i64 at = (i64)p * (i64)channels + (i64)c;
        sum += dy[at];
        product = FMA_F32(dy[at] * scale, (x[at] - center) * inverse, product);
    }
    float gradients = 0.0f;
    for (int b = GROUP_IDX_X; b < batch; b += 256)
    {
        gradients += dLogDet[b];
    }
    float totalOfDy = GroupReduction_Sum(scratch, sum);
    GROUP_BARRIER();
    float total = GroupReduction_Sum(scratch, FMA_F32((float)(pixels / batch), gradients, product));
    if (GROUP_IDX_X == 0)
    {
        dBias[c] += totalOfDy;
        dLogScale[c] += total;
    }
    float share = (throughStatistics != 0) ? 1.0f / (float)pixels : 0.0f;
    for (int p = GROUP_IDX_X; p < pixels; p += 256)
    {
        i64 at = (i64)p * (i64)channels + (i64)c;
        float centered = (x[at] - center) * inverse;
        float shared = FMA_F32(centered, total, scale * totalOfDy) * share;
        dx[at] = inverse * (scale * dy[at] - shared);
    }
}

KERNEL(256) void BatchNormKernels_Move(
    GOUT(float, running),
    GIN(float, batch),
    float rate,
    i64 length)
{
    VIEW_OUT(float, running);
    VIEW_IN(float, batch);
    i64 i = GRID_GLOBAL_INDEX_X;
    if (i < length && (BITS_F2U(batch[i]) & 2139095040u) != 2139095040u)
    {
        running[i] = FMA_F32(rate, batch[i] - running[i], running[i]);
    }
}
