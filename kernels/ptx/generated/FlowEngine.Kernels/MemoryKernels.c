// The kernels of FlowEngine.Kernels.Device.MemoryKernels. Written by FlowEngine.KernelCompiler; not edited.

KERNEL(256) void MemoryKernels_Fill(GOUT(float, destination), float value, i64 length)
{
    VIEW_OUT(float, destination);
    i64 i = GRID_GLOBAL_INDEX_X;
    if (i < length)
    {
        destination[i] = value;
    }
}

KERNEL(256) void MemoryKernels_CopyChannels(
    GIN_ALIAS(float, source),
    GOUT_ALIAS(float, destination),
    i64 length,
    int sourceChannels,
    int sourceChannel,
    int destinationChannels,
    int destinationChannel,
    int count)
{
    VIEW_IN_ALIAS(float, source);
    VIEW_OUT_ALIAS(float, destination);
    i64 i = GRID_GLOBAL_INDEX_X;
    if (i < length)
    {
        i64 pixel = i / (i64)count;
        int channel = (int)(i % (i64)count);
        destination[pixel * (i64)destinationChannels + (i64)destinationChannel + (i64)channel] = source[pixel * (i64)sourceChannels + (i64)sourceChannel + (i64)channel];
    }
}

KERNEL(256) void MemoryKernels_SpreadRows(
    GIN(float, rows),
    GOUT(float, destination),
    i64 length,
    int pixelsPerImage,
    int channels,
    int count)
{
    VIEW_IN(float, rows);
    VIEW_OUT(float, destination);
    i64 i = GRID_GLOBAL_INDEX_X;
    if (i < length)
    {
        i64 pixel = i / (i64)count;
        int channel = (int)(i % (i64)count);
        destination[pixel * (i64)channels + (i64)channel] = rows[pixel / (i64)pixelsPerImage * (i64)count + (i64)channel];
    }
}

KERNEL(256) void MemoryKernels_FindNonFinite(GIN(float, source), GOUT(u32, found), i64 length)
{
    VIEW_IN(float, source);
    VIEW_OUT(u32, found);
    i64 i = GRID_GLOBAL_INDEX_X;
    if (i < length && (BITS_F2U(source[i]) & 2139095040u) == 2139095040u)
    {
        ATOMIC_MAX_U32_G(found, (i64)0, 1u);
    }
}

KERNEL(256) void MemoryKernels_BroadcastChannels(
    GIN(float, values),
    GOUT(float, destination),
    i64 length,
    int channels)
{
    VIEW_IN(float, values);
    VIEW_OUT(float, destination);
    i64 i = GRID_GLOBAL_INDEX_X;
    if (i < length)
    {
        destination[i] = values[i % (i64)channels];
    }
}
