// The kernels of FlowEngine.Kernels.Device.SqueezeKernels. Written by FlowEngine.KernelCompiler; not edited.

DEV i64 SqueezeKernels_Squeezed(i64 i, int height, int width, int channels)
{
    int c = (int)(i % (i64)channels);
    i64 pixel = i / (i64)channels;
    int column = (int)(pixel % (i64)width);
    int row = (int)(pixel / (i64)width % (i64)height);
    i64 image = pixel / (i64)width / (i64)height;
    i64 place = (image * (i64)(height / 2) + (i64)(row / 2)) * (i64)(width / 2) + (i64)(column / 2);
    return place * (i64)4 * (i64)channels + (i64)(4 * c) + (i64)(2 * (row % 2)) + (i64)(column % 2);
}

KERNEL(256) void SqueezeKernels_Forward(
    GIN(float, x),
    GOUT(float, y),
    i64 length,
    int height,
    int width,
    int channels)
{
    VIEW_IN(float, x);
    VIEW_OUT(float, y);
    i64 i = GRID_GLOBAL_INDEX_X;
    if (i < length)
    {
        y[SqueezeKernels_Squeezed(i, height, width, channels)] = x[i];
    }
}

KERNEL(256) void SqueezeKernels_Inverse(
    GIN(float, y),
    GOUT(float, x),
    i64 length,
    int height,
    int width,
    int channels)
{
    VIEW_IN(float, y);
    VIEW_OUT(float, x);
    i64 i = GRID_GLOBAL_INDEX_X;
    if (i < length)
    {
        x[i] = y[SqueezeKernels_Squeezed(i, height, width, channels)];
    }
}
