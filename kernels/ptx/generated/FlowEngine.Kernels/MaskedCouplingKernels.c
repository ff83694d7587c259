// The kernels of FlowEngine.Kernels.Device.MaskedCouplingKernels. Written by FlowEngine.KernelCompiler; not edited.

typedef struct { int pixels; int width; int channels; int first; int moved; int color; } MaskedCouplingKernels_Sites;

DEV bool MaskedCouplingKernels_MovesPixel(i64 pixel, MaskedCouplingKernels_Sites sites)
{
    int inImage = (int)(pixel % (i64)sites.pixels);
    int color = (inImage / sites.width + inImage % sites.width) & 1;
    return sites.color < 0 || sites.color == color;
}

DEV int MaskedCouplingKernels_PassingChannel(int c, MaskedCouplingKernels_Sites sites)
{
    return (c < sites.first) ? c : c + sites.moved;
}

KERNEL(256) void MaskedCouplingKernels_Input(
    GIN(float, x),
    GOUT(float, input),
    i64 length,
    int inputs,
    MaskedCouplingKernels_Sites sites)
{
    VIEW_IN(float, x);
    VIEW_OUT(float, input);
    i64 i = GRID_GLOBAL_INDEX_X;
    if (i < length)
    {
        i64 pixel = i / (i64)inputs;
        int c = (int)(i % (i64)inputs);
        bool passes = !MaskedCouplingKernels_MovesPixel(pixel, sites);
        float value = 0.0f;
        if (sites.color < 0)
        {
            value = x[pixel * (i64)sites.channels + (i64)MaskedCouplingKernels_PassingChannel(c, sites)];
        }
        else if (passes)
        {
            value = 1.0f;
            if (c < sites.channels)
            {
                value = x[pixel * (i64)sites.channels + (i64)c];
            }
        }
        input[i] = value;
    }
}

KERNEL(256) void MaskedCouplingKernels_InputBackward(
    GIN(float, dInput),
    GOUT(float, dx),
    i64 length,
    int inputs,
    MaskedCouplingKernels_Sites sites)
{
    VIEW_IN(float, dInput);
    VIEW_OUT(float, dx);
    i64 i = GRID_GLOBAL_INDEX_X;
    if (i < length)
    {
        i64 pixel = i / (i64)inputs;
        int c = (int)(i % (i64)inputs);
        if (sites.color < 0)
        {
            dx[pixel * (i64)sites.channels + (i64)MaskedCouplingKernels_PassingChannel(c, sites)] += dInput[i];
        }
        else if (c < sites.channels && !MaskedCouplingKernels_MovesPixel(pixel, sites))
        {
            dx[pixel * (i64)sites.channels + (i64)c] += dInput[i];
        }
    }
}

DEV float MaskedCouplingKernels_Tanh(float raw)
{
    return SIGMOID_F32(2.0f * raw) - SIGMOID_F32((-2.0f) * raw);
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

KERNEL(256) void MaskedCouplingKernels_Forward(
    GIN(float, factor),
    GIN(float, x),
    GIN(float, output),
    GOUT(float, y),
    GOUT(float, partials),
    MaskedCouplingKernels_Sites sites)
{
    VIEW_IN(float, factor);
    VIEW_IN(float, x);
    VIEW_IN(float, output);
    VIEW_OUT(float, y);
    VIEW_OUT(float, partials);
    SHARED(float, sums, 256);
    int start = GRID_IDX_X * 64;
    int count = MIN_I32(64, sites.pixels - start) * sites.channels;
    float sum = 0.0f;
    for (int i = GROUP_IDX_X; i < count; i += 256)
    {
        i64 pixel = (i64)GRID_IDX_Y * (i64)sites.pixels + (i64)start + (i64)(i / sites.channels);
        int c = i % sites.channels - sites.first;
        i64 at = pixel * (i64)sites.channels + (i64)(i % sites.channels);
        float value = x[at];
        if (c >= 0 && c < sites.moved && MaskedCouplingKernels_MovesPixel(pixel, sites))
        {
            float scale = factor[c] * MaskedCouplingKernels_Tanh(output[pixel * (i64)2 * (i64)sites.moved + (i64)c]);
            value = FMA_F32(value, EXP_F32(scale), output[(pixel * (i64)2 + (i64)1) * (i64)sites.moved + (i64)c]);
            sum += scale;
        }
        y[at] = value;
    }
    sum = GroupReduction_Sum(sums, sum);
    if (GROUP_IDX_X == 0)
    {
        partials[(i64)GRID_IDX_Y * (i64)GRID_DIM_X + (i64)GRID_IDX_X] = sum;
    }
}

KERNEL(256) void MaskedCouplingKernels_Inverse(
    GIN(float, factor),
    GIN(float, y),
    GIN(float, output),
    GOUT(float, x),
    i64 length,
    MaskedCouplingKernels_Sites sites)
{
    VIEW_IN(float, factor);
    VIEW_IN(float, y);
    VIEW_IN(float, output);
    VIEW_OUT(float, x);
    i64 i = GRID_GLOBAL_INDEX_X;
    if (i < length)
    {
        i64 pixel = i / (i64)sites.channels;
        int c = (int)(i % (i64)sites.channels) - sites.first;
        float value = y[i];
        if (c >= 0 && c < sites.moved && MaskedCouplingKernels_MovesPixel(pixel, sites))
        {
            float scale = factor[c] * MaskedCouplingKernels_Tanh(output[pixel * (i64)2 * (i64)sites.moved + (i64)c]);
            value = (value - output[(pixel * (i64)2 + (i64)1) * (i64)sites.moved + (i64)c]) * EXP_F32(-scale);
        }
        x[i] = value;
    }
}

KERNEL(256) void MaskedCouplingKernels_Backward(
    GIN(float, factor),
    GIN(float, x),
    GIN(float, output),
    GIN(float, dy),
    GIN(float, dLogDet),
    GOUT(float, dx),
    GOUT(float, dOutput),
    i64 length,
    MaskedCouplingKernels_Sites sites)
{
    VIEW_IN(float, factor);
    VIEW_IN(float, x);
    VIEW_IN(float, output);
    VIEW_IN(float, dy);
    VIEW_IN(float, dLogDet);
    VIEW_OUT(float, dx);
    VIEW_OUT(float, dOutput);
    i64 i = GRID_GLOBAL_INDEX_X;
    if (i < length)
    {
        i64 pixel = i / (i64)sites.channels;
        int c = (int)(i % (i64)sites.channels) - sites.first;
        float gradient = dy[i];
        if (c >= 0 && c < sites.moved)
        {
            i64 raw = pixel * (i64)2 * (i64)sites.moved + (i64)c;
            float dRaw = 0.0f;
            float dShift = 0.0f;
            if (MaskedCouplingKernels_MovesPixel(pixel, sites))
            {
                float tanh = MaskedCouplingKernels_Tanh(output[raw]);
                float scaled = gradient * EXP_F32(factor[c] * tanh);
                float dScale = FMA_F32(scaled, x[i], dLogDet[pixel / (i64)sites.pixels]);
                float slope = 4.0f * SIGMOID_F32(2.0f * output[raw]) * SIGMOID_F32((-2.0f) * output[raw]);
                dRaw = dScale * factor[c] * slope;
                dShift = gradient;
                gradient = scaled;
            }
            dOutput[raw] = dRaw;
            dOutput[raw + (i64)sites.moved] = dShift;
        }
        dx[i] = gradient;
    }
}

KERNEL(256) void MaskedCouplingKernels_FactorParts(
    GIN(float, factor),
    GIN(float, x),
    GIN(float, output),
    GIN(float, dy),
    GIN(float, dLogDet),
    GOUT(float, parts),
    int pixels,
    MaskedCouplingKernels_Sites sites)
{
    VIEW_IN(float, factor);
    VIEW_IN(float, x);
    VIEW_IN(float, output);
    VIEW_IN(float, dy);
    VIEW_IN(float, dLogDet);
    VIEW_OUT(float, parts);
    SHARED(float, scratch, 256);
    int start = GRID_IDX_X * 2048;
    int end = MIN_I32(start + 2048, pixels);
    for (int c = 0; c < sites.moved; c++)
    {
        float sum = 0.0f;
        for (int pixel = start + GROUP_IDX_X; pixel < end; pixel += 256)
        {
            if (MaskedCouplingKernels_MovesPixel((i64)pixel, sites))
            {
                i64 at = (i64)pixel * (i64)sites.channels + (i64)sites.first + (i64)c;
                float tanh = MaskedCouplingKernels_Tanh(output[(i64)pixel * (i64)2 * (i64)sites.moved + (i64)c]);
                float scaled = dy[at] * EXP_F32(factor[c] * tanh);
                sum = FMA_F32(FMA_F32(scaled, x[at], dLogDet[pixel / sites.pixels]), tanh, sum);
            }
        }
        sum = GroupReduction_Sum(scratch, sum);
        if (GROUP_IDX_X == 0)
        {
            parts[(i64)GRID_IDX_X * (i64)sites.moved + (i64)c] = sum;
        }
        GROUP_BARRIER();
    }
}
