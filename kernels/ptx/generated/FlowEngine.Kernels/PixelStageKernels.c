// The kernels of FlowEngine.Kernels.Device.PixelStageKernels. Written by FlowEngine.KernelCompiler; not edited.

typedef struct { int height; int width; int channels; int outputs; int affine; int map; int keepOutput; int keepCoupled; int squeezedWidth; } PixelStageKernels_Shape;

DEV int Neighbors_Of(int pixel, int tap, int height, int width)
{
    int down = tap / 3 - 1;
    int right = tap % 3 - 1;
    int row = pixel / width % height + down;
    int column = pixel % width + right;
    bool inside = row >= 0 && row < height && column >= 0 && column < width;
    return inside ? pixel + down * width + right : (-1);
}

DEV float PixelNetworkKernels_TapSum(
    GCPTR(float) taps,
    GCPTR(float) bias,
    GCPTR(float) border,
    int pixel,
    int output,
    int height,
    int width,
    int outputs)
{
    float sum = bias[output];
    for (int tap = 0; tap < 9; tap++)
    {
        int q = Neighbors_Of(pixel, tap, height, width);
        float value;
        if (q < 0)
        {
            value = border[tap * outputs + output];
        }
        else
        {
            value = taps[((i64)q * (i64)9 + (i64)tap) * (i64)outputs + (i64)output];
        }
        sum += value;
    }
    return sum;
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

DEV float PixelStageKernels_Mapped(
    LPTR(float) tile,
    GCPTR(float) map,
    int element,
    PixelStageKernels_Shape shape)
{
    float value = tile[element];
    if (shape.map != 0)
    {
        int channels = shape.channels;
        int row = element % channels;
        value = map[channels * channels + row];
        for (int c = 0; c < channels; c++)
        {
            value = FMA_F32(map[row * channels + c], tile[element - row + c], value);
        }
    }
    return value;
}

KERNEL(256) void PixelStageKernels_Forward(
    GIN(float, taps),
    GIN(float, bias),
    GIN(float, border),
    GIN(float, map),
    GIN_ALIAS(float, x),
    GOUT(float, output),
    GOUT(float, coupled),
    GOUT_ALIAS(float, y),
    GOUT(float, partials),
    PixelStageKernels_Shape shape DYN_PARAM)
{
    VIEW_IN(float, taps);
    VIEW_IN(float, bias);
    VIEW_IN(float, border);
    VIEW_IN(float, map);
    VIEW_IN_ALIAS(float, x);
    VIEW_OUT(float, output);
    VIEW_OUT(float, coupled);
    VIEW_OUT_ALIAS(float, y);
    VIEW_OUT(float, partials);
    DYN_SHARED(float, tile);
    SHARED(float, scratch, 256);
    int channels = shape.channels;
    int half_ = channels / 2;
    int start = GRID_IDX_X * 32;
    int count = MIN_I32(32, shape.height * shape.width - start);
    int first = GRID_IDX_Y * shape.height * shape.width + start;
    float logDet = 0.0f;
    for (int i = GROUP_IDX_X; i < count * half_; i += 256)
    {
        int pixel = first + i / half_;
        int c = i % half_;
        i64 place = (i64)pixel * (i64)channels + (i64)c;
        float y2 = x[place + (i64)half_];
        float shift = PixelNetworkKernels_TapSum(taps, bias, border, pixel, (shape.affine != 0) ? half_ + c : c, shape.height, shape.width, shape.outputs);
        if (shape.affine != 0)
        {
            float raw = PixelNetworkKernels_TapSum(taps, bias, border, pixel, c, shape.height, shape.width, shape.outputs);
            if (shape.keepOutput != 0)
            {
                output[place] = raw;
                output[place + (i64)half_] = shift;
            }
            raw += 2.0f;
            y2 = SIGMOID_F32(raw) * (y2 + shift);
            logDet += LOG_SIGMOID_F32(raw);
        }
        else
        {
            if (shape.keepOutput != 0)
            {
                output[(i64)pixel * (i64)half_ + (i64)c] = shift;
            }
            y2 += shift;
        }
        tile[i / half_ * channels + c] = x[place];
        tile[i / half_ * channels + half_ + c] = y2;
    }
    logDet = GroupReduction_Sum(scratch, logDet);
    if (GROUP_IDX_X == 0)
    {
        partials[GRID_IDX_Y * GRID_DIM_X + GRID_IDX_X] = logDet;
    }
    for (int i = GROUP_IDX_X; i < count * channels; i += 256)
    {
        i64 place = (i64)first * (i64)channels + (i64)i;
        if (shape.keepCoupled != 0)
        {
            coupled[place] = tile[i];
        }
        y[place] = PixelStageKernels_Mapped(tile, map, i, shape);
    }
}

DEV i64 SqueezeKernels_Place(int first, int i, int channels, int width)
{
    i64 place = (i64)first * (i64)channels + (i64)i;
    if (width != 0)
    {
        int pixel = first + i / channels;
        int element = i % channels;
        int half_ = channels / 2;
        place = ((i64)2 * (i64)pixel - (i64)(pixel % width)) * (i64)half_ + (i64)(element / 2 % 2) * (i64)width * (i64)half_ + (i64)(element % 2 * (channels / 4)) + (i64)(element / 4);
    }
    return place;
}

KERNEL(256) void PixelStageKernels_Inverse(
    GIN(float, taps),
    GIN(float, bias),
    GIN(float, border),
    GIN(float, map),
    GIN_ALIAS(float, y),
    GOUT_ALIAS(float, x),
    PixelStageKernels_Shape shape DYN_PARAM)
{
    VIEW_IN(float, taps);
    VIEW_IN(float, bias);
    VIEW_IN(float, border);
    VIEW_IN(float, map);
    VIEW_IN_ALIAS(float, y);
    VIEW_OUT_ALIAS(float, x);
    DYN_SHARED(float, tile);
    int channels = shape.channels;
    int half_ = channels / 2;
    int start = GRID_IDX_X * 32;
    int count = MIN_I32(32, shape.height * shape.width - start);
    int first = GRID_IDX_Y * shape.height * shape.width + start;
    for (int i = GROUP_IDX_X; i < count * half_; i += 256)
    {
        int pixel = first + i / half_;
        int c = i % half_;
        i64 place = (i64)pixel * (i64)channels + (i64)c;
        float x2 = y[place + (i64)half_];
        float shift = PixelNetworkKernels_TapSum(taps, bias, border, pixel, (shape.affine != 0) ? half_ + c : c, shape.height, shape.width, shape.outputs);
        if (shape.affine != 0)
        {
            float raw = PixelNetworkKernels_TapSum(taps, bias, border, pixel, c, shape.height, shape.width, shape.outputs);
            x2 /= SIGMOID_F32(raw + 2.0f);
        }
        tile[i / half_ * channels + c] = y[place];
        tile[i / half_ * channels + half_ + c] = x2 - shift;
    }
    GROUP_BARRIER();
    for (int i = GROUP_IDX_X; i < count * channels; i += 256)
    {
        x[SqueezeKernels_Place(first, i, channels, shape.squeezedWidth)] = PixelStageKernels_Mapped(tile, map, i, shape);
    }
}

KERNEL(256) void PixelStageKernels_Backward(
    GIN(float, taps),
    GIN(float, bias),
    GIN(float, border),
    GIN(float, map),
    GIN(float, y),
    GIN_ALIAS(float, dy),
    GIN(float, dLogDet),
    GOUT(float, x),
    GOUT_ALIAS(float, dx),
    GOUT(float, dOutput),
    PixelStageKernels_Shape shape DYN_PARAM)
{
    VIEW_IN(float, taps);
    VIEW_IN(float, bias);
    VIEW_IN(float, border);
    VIEW_IN(float, map);
    VIEW_IN(float, y);
    VIEW_IN_ALIAS(float, dy);
    VIEW_IN(float, dLogDet);
    VIEW_OUT(float, x);
    VIEW_OUT_ALIAS(float, dx);
    VIEW_OUT(float, dOutput);
    DYN_SHARED(float, tile);
    int channels = shape.channels;
    int half_ = channels / 2;
    int start = GRID_IDX_X * 32;
    int count = MIN_I32(32, shape.height * shape.width - start);
    int first = GRID_IDX_Y * shape.height * shape.width + start;
    for (int i = GROUP_IDX_X; i < count * half_; i += 256)
    {
        int pixel = first + i / half_;
        int c = i % half_;
        i64 place = (i64)pixel * (i64)channels + (i64)c;
        float dy1 = dy[place];
        float dx2 = dy[place + (i64)half_];
        float y2 = y[place + (i64)half_];
        float x2 = y2;
        float shift = PixelNetworkKernels_TapSum(taps, bias, border, pixel, (shape.affine != 0) ? half_ + c : c, shape.height, shape.width, shape.outputs);
        if (shape.affine != 0)
        {
            float raw = 2.0f + PixelNetworkKernels_TapSum(taps, bias, border, pixel, c, shape.height, shape.width, shape.outputs);
            float scale = SIGMOID_F32(raw);
            dOutput[place] = SIGMOID_F32(-raw) * FMA_F32(dx2, y2, dLogDet[GRID_IDX_Y]);
            dx2 *= scale;
            dOutput[place + (i64)half_] = dx2;
            x2 /= scale;
        }
        else
        {
            dOutput[(i64)pixel * (i64)half_ + (i64)c] = dx2;
        }
        dx[place] = dy1;
        dx[place + (i64)half_] = dx2;
        tile[i / half_ * channels + c] = y[place];
        tile[i / half_ * channels + half_ + c] = x2 - shift;
    }
    GROUP_BARRIER();
    for (int i = GROUP_IDX_X; i < count * channels; i += 256)
    {
        x[SqueezeKernels_Place(first, i, channels, shape.squeezedWidth)] = PixelStageKernels_Mapped(tile, map, i, shape);
    }
}
