// The kernels of FlowEngine.Kernels.Device.AffineKernels. Written by FlowEngine.KernelCompiler; not edited.

typedef struct { int scale; int isCentered; float sign; float bend; float least; } AffineKernels_AffineNumbers;

DEV float AffineKernels_Bent(float raw, AffineKernels_AffineNumbers affine)
{
    return affine.sign * raw / FMA_F32(ABS_F32(raw), affine.bend, 1.0f);
}

DEV float AffineKernels_Scale(float raw, AffineKernels_AffineNumbers affine)
{
    float scale = affine.least;
    if (affine.scale == 0)
    {
        scale = EXP_F32(AffineKernels_Bent(raw, affine));
    }
    else if (affine.scale == 1)
    {
        scale += SIGMOID_F32(raw + 2.0f);
    }
    else
    {
        scale -= LOG_SIGMOID_F32(-raw);
    }
    return scale;
}

DEV float AffineKernels_LogScale(float raw, float scale, AffineKernels_AffineNumbers affine)
{
    return (affine.scale == 0) ? AffineKernels_Bent(raw, affine) : LOG_F32(scale);
}

KERNEL(256) void AffineKernels_Forward(
    GIN(float, x),
    GIN(float, output),
    GOUT(float, y),
    GOUT(float, logSlopes),
    i64 length,
    int dims,
    int passing,
    AffineKernels_AffineNumbers affine)
{
    VIEW_IN(float, x);
    VIEW_IN(float, output);
    VIEW_OUT(float, y);
    VIEW_OUT(float, logSlopes);
    i64 i = GRID_GLOBAL_INDEX_X;
    if (i < length)
    {
        float value = x[i];
        int column = (int)(i % (i64)dims) - passing;
        if (column >= 0)
        {
            i64 moved = i / (i64)dims * (i64)(dims - passing) + (i64)column;
            float shift = output[(i64)2 * moved];
            float raw = output[(i64)2 * moved + (i64)1];
            float scale = AffineKernels_Scale(raw, affine);
            value = (affine.isCentered != 0) ? scale * (value - shift) : FMA_F32(scale, value, shift);
            logSlopes[moved] = AffineKernels_LogScale(raw, scale, affine);
        }
        y[i] = value;
    }
}

KERNEL(256) void AffineKernels_Inverse(
    GIN(float, y),
    GIN(float, output),
    GOUT(float, x),
    i64 length,
    int dims,
    int passing,
    AffineKernels_AffineNumbers affine)
{
    VIEW_IN(float, y);
    VIEW_IN(float, output);
    VIEW_OUT(float, x);
    i64 i = GRID_GLOBAL_INDEX_X;
    if (i < length)
    {
        float value = y[i];
        int column = (int)(i % (i64)dims) - passing;
        if (column >= 0)
        {
            i64 moved = i / (i64)dims * (i64)(dims - passing) + (i64)column;
            float shift = output[(i64)2 * moved];
            float scale = AffineKernels_Scale(output[(i64)2 * moved + (i64)1], affine);
            value = (affine.isCentered != 0) ? value / scale + shift : (value - shift) / scale;
        }
        x[i] = value;
    }
}

DEV float AffineKernels_LogScaleSlope(float raw, float scale, AffineKernels_AffineNumbers affine)
{
    float slope = SIGMOID_F32(raw) / scale;
    if (affine.scale == 0)
    {
        float sum = FMA_F32(ABS_F32(raw), affine.bend, 1.0f);
        slope = affine.sign / (sum * sum);
    }
    else if (affine.scale == 1)
    {
        slope = SIGMOID_F32(raw + 2.0f) * SIGMOID_F32((-2.0f) - raw) / scale;
    }
    return slope;
}

KERNEL(256) void AffineKernels_Backward(
    GIN(float, x),
    GIN(float, output),
    GIN(float, dy),
    GIN(float, dLogDet),
    GOUT(float, dx),
    GOUT(float, dOutput),
    i64 length,
    int dims,
    int passing,
    AffineKernels_AffineNumbers affine)
{
    VIEW_IN(float, x);
    VIEW_IN(float, output);
    VIEW_IN(float, dy);
    VIEW_IN(float, dLogDet);
    VIEW_OUT(float, dx);
    VIEW_OUT(float, dOutput);
    i64 i = GRID_GLOBAL_INDEX_X;
    if (i < length)
    {
        float gradient = dy[i];
        int column = (int)(i % (i64)dims) - passing;
        if (column >= 0)
        {
            i64 moved = i / (i64)dims * (i64)(dims - passing) + (i64)column;
            float shift = output[(i64)2 * moved];
            float raw = output[(i64)2 * moved + (i64)1];
            float scale = AffineKernels_Scale(raw, affine);
            float scaled = scale * gradient;
            float source = (affine.isCentered != 0) ? x[i] - shift : x[i];
            dOutput[(i64)2 * moved] = (affine.isCentered != 0) ? -scaled : gradient;
            dOutput[(i64)2 * moved + (i64)1] = FMA_F32(scaled, source, dLogDet[i / (i64)dims]) * AffineKernels_LogScaleSlope(raw, scale, affine);
            gradient = scaled;
        }
        dx[i] = gradient;
    }
}
