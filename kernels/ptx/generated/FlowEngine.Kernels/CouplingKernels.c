// The kernels of FlowEngine.Kernels.Device.CouplingKernels. Written by FlowEngine.KernelCompiler; not edited.

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

KERNEL(256) void CouplingKernels_Forward(
    GIN_ALIAS(float, x),
    GIN(float, output),
    GOUT_ALIAS(float, y),
    GOUT(float, partials),
    int pixels,
    int channels,
    int affine)
{
    VIEW_IN_ALIAS(float, x);
    VIEW_IN(float, output);
    VIEW_OUT_ALIAS(float, y);
    VIEW_OUT(float, partials);
    SHARED(float, sums, 256);
    int kept = channels / 2;
    int half_ = channels - kept;
    i64 image = (i64)GRID_IDX_Y * (i64)pixels;
    int start = GRID_IDX_X * 64;
    int count = MIN_I32(64, pixels - start) * half_;
    float sum = 0.0f;
    for (int i = GROUP_IDX_X; i < count; i += 256)
    {
        i64 pixel = image + (i64)start + (i64)(i / half_);
        int c = i % half_;
        float x1 = x[pixel * (i64)channels + (i64)c];
        float x2 = x[pixel * (i64)channels + (i64)kept + (i64)c];
        if (affine != 0)
        {
            float raw = output[pixel * (i64)2 * (i64)half_ + (i64)c] + 2.0f;
            x2 = SIGMOID_F32(raw) * (x2 + output[pixel * (i64)2 * (i64)half_ + (i64)half_ + (i64)c]);
            sum += LOG_SIGMOID_F32(raw);
        }
        else
        {
            x2 += output[pixel * (i64)half_ + (i64)c];
        }
        if (c < kept)
        {
            y[pixel * (i64)channels + (i64)c] = x1;
        }
        y[pixel * (i64)channels + (i64)kept + (i64)c] = x2;
    }
    sum = GroupReduction_Sum(sums, sum);
    if (GROUP_IDX_X == 0)
    {
        partials[(i64)GRID_IDX_Y * (i64)GRID_DIM_X + (i64)GRID_IDX_X] = sum;
    }
}

KERNEL(256) void CouplingKernels_Inverse(
    GIN_ALIAS(float, y),
    GIN(float, output),
    GOUT_ALIAS(float, x),
    i64 length,
    int channels,
    int affine)
{
    VIEW_IN_ALIAS(float, y);
    VIEW_IN(float, output);
    VIEW_OUT_ALIAS(float, x);
    i64 i = GRID_GLOBAL_INDEX_X;
    if (i < length)
    {
        int kept = channels / 2;
        int half_ = channels - kept;
        i64 pixel = i / (i64)half_;
        int c = (int)(i % (i64)half_);
        float y1 = y[pixel * (i64)channels + (i64)c];
        float y2 = y[pixel * (i64)channels + (i64)kept + (i64)c];
        if (affine != 0)
        {
            float scale = SIGMOID_F32(output[pixel * (i64)2 * (i64)half_ + (i64)c] + 2.0f);
            y2 = y2 / scale - output[pixel * (i64)2 * (i64)half_ + (i64)half_ + (i64)c];
        }
        else
        {
            y2 -= output[pixel * (i64)half_ + (i64)c];
        }
        if (c < kept)
        {
            x[pixel * (i64)channels + (i64)c] = y1;
        }
        x[pixel * (i64)channels + (i64)kept + (i64)c] = y2;
    }
}

KERNEL(256) void CouplingKernels_Backward(
    GIN(float, y),
    GIN(float, output),
    GIN_ALIAS(float, dy),
    GIN(float, dLogDet),
    GOUT_ALIAS(float, dx),
    GOUT(float, dOutput),
    i64 length,
    int pixels,
    int channels,
    int affine)
{
    VIEW_IN(float, y);
    VIEW_IN(float, output);
    VIEW_IN_ALIAS(float, dy);
    VIEW_IN(float, dLogDet);
    VIEW_OUT_ALIAS(float, dx);
    VIEW_OUT(float, dOutput);
    i64 i = GRID_GLOBAL_INDEX_X;
    if (i < length)
    {
        int kept = channels / 2;
        int half_ = channels - kept;
        i64 pixel = i / (i64)half_;
        int c = (int)(i % (i64)half_);
        float dy1 = dy[pixel * (i64)channels + (i64)c];
        float dx2 = dy[pixel * (i64)channels + (i64)kept + (i64)c];
        if (affine != 0)
        {
            float raw = output[pixel * (i64)2 * (i64)half_ + (i64)c] + 2.0f;
            float y2 = y[pixel * (i64)channels + (i64)kept + (i64)c];
            dOutput[pixel * (i64)2 * (i64)half_ + (i64)c] = SIGMOID_F32(-raw) * FMA_F32(dx2, y2, dLogDet[pixel / (i64)pixels]);
            dx2 *= SIGMOID_F32(raw);
            dOutput[pixel * (i64)2 * (i64)half_ + (i64)half_ + (i64)c] = dx2;
        }
        else
        {
            dOutput[pixel * (i64)half_ + (i64)c] = dx2;
        }
        if (c < kept)
        {
            dx[pixel * (i64)channels + (i64)c] = dy1;
        }
        dx[pixel * (i64)channels + (i64)kept + (i64)c] = dx2;
    }
}
