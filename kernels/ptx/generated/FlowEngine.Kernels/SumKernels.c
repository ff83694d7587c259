// The kernels of FlowEngine.Kernels.Device.SumKernels. Written by FlowEngine.KernelCompiler; not edited.

KERNEL(256) void SumKernels_AddParts(
    GIN(float, partials),
    GOUT(float, sums),
    int parts,
    i64 length,
    int accumulate)
{
    VIEW_IN(float, partials);
    VIEW_OUT(float, sums);
    i64 i = GRID_GLOBAL_INDEX_X;
    if (i < length)
    {
        double sum = (accumulate != 0) ? (double)sums[i] : 0.0;
        for (int part = 0; part < parts; part++)
        {
            sum += (double)partials[(i64)part * length + i];
        }
        sums[i] = (float)sum;
    }
}

KERNEL(256) void SumKernels_AddManyParts(
    GIN(float, partials),
    GOUT(float, sums),
    int parts,
    int length)
{
    VIEW_IN(float, partials);
    VIEW_OUT(float, sums);
    SHARED(double, ofWarps, 256);
    int i = GRID_IDX_X * 32 + WARP_LANE_IDX;
    int count = (parts + 8 - 1) / 8;
    int end = MIN_I32((WARP_IDX + 1) * count, parts);
    double sum = 0.0;
    for (int part = WARP_IDX * count; part < end && i < length; part++)
    {
        sum += (double)partials[(i64)part * (i64)length + (i64)i];
    }
    ofWarps[GROUP_IDX_X] = sum;
    GROUP_BARRIER();
    if (GROUP_IDX_X < 32 && i < length)
    {
        sum = 0.0;
        for (int warp = 0; warp < 8; warp++)
        {
            sum += ofWarps[warp * 32 + GROUP_IDX_X];
        }
        sums[i] = (float)sum;
    }
}

KERNEL(256) void SumKernels_AddPartsOfRows(
    GIN(float, partials),
    GIN(float, addend),
    GOUT(float, sums),
    int parts,
    float factor,
    int length)
{
    VIEW_IN(float, partials);
    VIEW_IN(float, addend);
    VIEW_OUT(float, sums);
    i64 i = GRID_GLOBAL_INDEX_X;
    if (i < (i64)length)
    {
        double sum = (double)sums[i];
        for (int part = 0; part < parts; part++)
        {
            sum += (double)partials[i * (i64)parts + (i64)part];
        }
        if (factor != 0.0f)
        {
            sum += (double)addend[0] * (double)factor;
        }
        sums[i] = (float)sum;
    }
}

KERNEL(256) void SumKernels_AddToAll(
    GIN(float, addend),
    GOUT(float, sums),
    float factor,
    int length)
{
    VIEW_IN(float, addend);
    VIEW_OUT(float, sums);
    i64 i = GRID_GLOBAL_INDEX_X;
    if (i < (i64)length)
    {
        sums[i] += addend[0] * factor;
    }
}

KERNEL(256) void SumKernels_SquaresOfParts(GIN(float, x), GOUT(double, parts), i64 length)
{
    VIEW_IN(float, x);
    VIEW_OUT(double, parts);
    SHARED(double, sums, 256);
    i64 start = (i64)GRID_IDX_X * (i64)16384;
    double sum = 0.0;
    for (int i = GROUP_IDX_X; i < 16384; i += 256)
    {
        double value = (start + (i64)i < length) ? (double)x[start + (i64)i] : 0.0;
        sum += value * value;
    }
    sums[GROUP_IDX_X] = sum;
    GROUP_BARRIER();
    for (int half_ = 128; half_ > 0; half_ /= 2)
    {
        if (GROUP_IDX_X < half_)
        {
            sums[GROUP_IDX_X] += sums[GROUP_IDX_X + half_];
        }
        GROUP_BARRIER();
    }
    if (GROUP_IDX_X == 0)
    {
        parts[GRID_IDX_X] = sums[0];
    }
}

KERNEL(32) void SumKernels_TotalOfParts(GIN(double, parts), GOUT(float, result), int count)
{
    VIEW_IN(double, parts);
    VIEW_OUT(float, result);
    if (GROUP_IDX_X == 0)
    {
        double sum = 0.0;
        for (int i = 0; i < count; i++)
        {
            sum += parts[i];
        }
        result[0] = (float)sum;
    }
}

KERNEL(256) void SumKernels_ChannelsOfParts(
    GIN(float, x),
    GOUT(double, parts),
    i64 pixels,
    int channels,
    int pixelsPerPart)
{
    VIEW_IN(float, x);
    VIEW_OUT(double, parts);
    i64 start = (i64)GRID_IDX_X * (i64)pixelsPerPart;
    i64 end = MIN_I64(start + (i64)pixelsPerPart, pixels);
    for (int c = GROUP_IDX_X; c < channels; c += 256)
    {
        double sum = 0.0;
        double squares = 0.0;
        for (i64 p = start; p < end; p++)
        {
            double value = (double)x[p * (i64)channels + (i64)c];
            sum += value;
            squares += value * value;
        }
        i64 place = (i64)GRID_IDX_X * (i64)2 * (i64)channels;
        parts[place + (i64)c] = sum;
        parts[place + (i64)channels + (i64)c] = squares;
    }
}

KERNEL(256) void SumKernels_SumChannels(
    GIN(double, parts),
    GOUT(float, sums),
    int count,
    int channels)
{
    VIEW_IN(double, parts);
    VIEW_OUT(float, sums);
    int c = GRID_IDX_X * GROUP_DIM_X + GROUP_IDX_X;
    if (c < channels)
    {
        double sum = (double)sums[c];
        for (int part = 0; part < count; part++)
        {
            sum += parts[(i64)part * (i64)2 * (i64)channels + (i64)c];
        }
        sums[c] = (float)sum;
    }
}

KERNEL(256) void SumKernels_Statistics(
    GIN(double, parts),
    GOUT(float, mean),
    GOUT(float, deviation),
    int count,
    int channels,
    i64 pixels)
{
    VIEW_IN(double, parts);
    VIEW_OUT(float, mean);
    VIEW_OUT(float, deviation);
    int c = GRID_IDX_X * GROUP_DIM_X + GROUP_IDX_X;
    if (c < channels)
    {
        double sum = 0.0;
        double squares = 0.0;
        for (int part = 0; part < count; part++)
        {
            i64 place = (i64)part * (i64)2 * (i64)channels;
            sum += parts[place + (i64)c];
            squares += parts[place + (i64)channels + (i64)c];
        }
        double center = sum / (double)pixels;
        double variance = squares / (double)pixels - center * center;
        mean[c] = (float)center;
        deviation[c] = SQRT_F32((float)((variance > 0.0) ? variance : 0.0));
    }
}
