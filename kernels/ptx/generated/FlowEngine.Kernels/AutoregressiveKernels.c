// The kernels of FlowEngine.Kernels.Device.AutoregressiveKernels. Written by FlowEngine.KernelCompiler; not edited.

typedef struct { int inputs; int hidden; int hiddenLayers; int outputs; int outputsPerDim; int isAutoregressive; int conditions; } AutoregressiveKernels_DenseMask;

DEV float AutoregressiveKernels_Damping(float raw)
{
    return 1.0f / FMA_F32(ABS_F32(raw), 0.33333334f, 1.0f);
}

DEV float AutoregressiveKernels_LogScale(float raw)
{
    return raw * AutoregressiveKernels_Damping(raw);
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

KERNEL(256) void AutoregressiveKernels_Normalize(
    GIN(float, x),
    GIN(float, output),
    GOUT(float, y),
    GOUT(float, partials),
    int dims)
{
    VIEW_IN(float, x);
    VIEW_IN(float, output);
    VIEW_OUT(float, y);
    VIEW_OUT(float, partials);
    SHARED(float, scratch, 256);
    int start = GRID_IDX_X * 2048;
    float sum = 0.0f;
    for (int i = start + GROUP_IDX_X; i < MIN_I32(start + 2048, dims); i += 256)
    {
        i64 at = (i64)GRID_IDX_Y * (i64)dims + (i64)i;
        float logScale = AutoregressiveKernels_LogScale(output[(i64)2 * at + (i64)1]);
        y[at] = (x[at] - output[(i64)2 * at]) * EXP_F32(-logScale);
        sum -= logScale;
    }
    sum = GroupReduction_Sum(scratch, sum);
    if (GROUP_IDX_X == 0)
    {
        partials[(i64)GRID_IDX_Y * (i64)GRID_DIM_X + (i64)GRID_IDX_X] = sum;
    }
}

KERNEL(256) void AutoregressiveKernels_Denormalize(
    GIN(float, y),
    GIN(float, output),
    GOUT(float, x),
    i64 length)
{
    VIEW_IN(float, y);
    VIEW_IN(float, output);
    VIEW_OUT(float, x);
    i64 i = GRID_GLOBAL_INDEX_X;
    if (i < length)
    {
        x[i] = FMA_F32(y[i], EXP_F32(AutoregressiveKernels_LogScale(output[(i64)2 * i + (i64)1])), output[(i64)2 * i]);
    }
}

DEV float AutoregressiveKernels_LogScaleSlope(float raw)
{
    float damping = AutoregressiveKernels_Damping(raw);
    return damping * damping;
}

KERNEL(256) void AutoregressiveKernels_Backward(
    GIN(float, y),
    GIN(float, output),
    GIN(float, dy),
    GIN(float, dLogDet),
    GOUT(float, dx),
    GOUT(float, dOutput),
    i64 length,
    int dims)
{
    VIEW_IN(float, y);
    VIEW_IN(float, output);
    VIEW_IN(float, dy);
    VIEW_IN(float, dLogDet);
    VIEW_OUT(float, dx);
    VIEW_OUT(float, dOutput);
    i64 i = GRID_GLOBAL_INDEX_X;
    if (i < length)
    {
        float raw = output[(i64)2 * i + (i64)1];
        float d = dy[i] * EXP_F32(-AutoregressiveKernels_LogScale(raw));
        dx[i] = d;
        dOutput[(i64)2 * i] = -d;
        dOutput[(i64)2 * i + (i64)1] = -FMA_F32(dy[i], y[i], dLogDet[i / (i64)dims]) * AutoregressiveKernels_LogScaleSlope(raw);
    }
}

DEV i64 AutoregressiveKernels_Aligned(i64 length)
{
    return (length + (i64)15) / (i64)16 * (i64)16;
}

DEV i64 AutoregressiveKernels_WeightOffset(AutoregressiveKernels_DenseMask mask, int layer)
{
    i64 offset = (i64)0;
    for (int l = 0; l < layer; l++)
    {
        offset += AutoregressiveKernels_Aligned((i64)((l == 0) ? mask.inputs : mask.hidden) * (i64)mask.hidden) + AutoregressiveKernels_Aligned((i64)mask.hidden);
    }
    return offset;
}

DEV i64 AutoregressiveKernels_BiasOffset(AutoregressiveKernels_DenseMask mask, int layer)
{
    return AutoregressiveKernels_WeightOffset(mask, layer) + AutoregressiveKernels_Aligned((i64)((layer == 0) ? mask.inputs : mask.hidden) * (i64)((layer == mask.hiddenLayers) ? mask.outputs : mask.hidden));
}

DEV int DenseMasks_LowestDegree(AutoregressiveKernels_DenseMask mask)
{
    return (mask.conditions > 0) ? 0 : 1;
}

DEV int DenseMasks_UnitsUpTo(AutoregressiveKernels_DenseMask mask, int degree)
{
    int lowest = DenseMasks_LowestDegree(mask);
    int degrees = MAX_I32(1, mask.inputs - mask.conditions - lowest);
    i64 above = (i64)MAX_I32(0, degree + 1 - lowest);
    return (int)MIN_I64((i64)mask.hidden, (above * (i64)mask.hidden + (i64)degrees - (i64)1) / (i64)degrees);
}

KERNEL(256) void AutoregressiveKernels_Solve(
    GIN(float, weights),
    GIN(float, condition),
    GIN(float, known),
    GOUT(float, found),
    GOUT(float, output),
    GOUT(float, hidden),
    AutoregressiveKernels_DenseMask mask,
    int batch,
    int normalize)
{
    VIEW_IN(float, weights);
    VIEW_IN(float, condition);
    VIEW_IN(float, known);
    VIEW_OUT(float, found);
    VIEW_OUT(float, output);
    VIEW_OUT(float, hidden);
    SHARED(float, sums, 256);
    int conditions = mask.conditions;
    int dims = mask.inputs - conditions;
    int thread = GROUP_IDX_X;
    int rowInGroup = thread % 16;
    int split = thread / 16;
    int row = GRID_IDX_X * 16 + rowInGroup;
    i64 layerLength = (i64)mask.hidden * (i64)16;
    i64 values = (i64)(GRID_IDX_X * mask.hiddenLayers) * layerLength;
    i64 last = values + (i64)(mask.hiddenLayers - 1) * layerLength;
    i64 outputWeight = AutoregressiveKernels_WeightOffset(mask, mask.hiddenLayers);
    i64 outputBias = AutoregressiveKernels_BiasOffset(mask, mask.hiddenLayers);
    for (int d = (conditions > 0) ? (-1) : 0; d < dims; d++)
    {
        int first = DenseMasks_UnitsUpTo(mask, d);
        int next = DenseMasks_UnitsUpTo(mask, d + 1);
        int unit = 2 * d + split % 2;
        float sum = 0.0f;
        for (int k = split / 2; k < first; k += 8)
        {
            sum = FMA_F32(weights[outputWeight + (i64)unit * (i64)mask.hidden + (i64)k], hidden[last + (i64)k * (i64)16 + (i64)rowInGroup], sum);
        }
        sums[thread] = sum;
        GROUP_BARRIER();
        if (split == 0 && row < batch && d >= 0)
        {
            float mean = weights[outputBias + (i64)(2 * d)];
            float raw = weights[outputBias + (i64)(2 * d) + (i64)1];
            for (int part = 0; part < 8; part++)
            {
                mean += sums[2 * part * 16 + rowInGroup];
                raw += sums[(2 * part + 1) * 16 + rowInGroup];
            }
            i64 at = (i64)row * (i64)dims + (i64)d;
            output[(i64)2 * at] = mean;
            output[(i64)2 * at + (i64)1] = raw;
            if (normalize != 0)
            {
                found[at] = (known[at] - mean) * EXP_F32(-AutoregressiveKernels_LogScale(raw));
            }
            else
            {
                found[at] = FMA_F32(known[at], EXP_F32(AutoregressiveKernels_LogScale(raw)), mean);
            }
        }
        GROUP_BARRIER();
        for (int layer = 0; layer < mask.hiddenLayers; layer++)
        {
            i64 weight = AutoregressiveKernels_WeightOffset(mask, layer);
            i64 bias = AutoregressiveKernels_BiasOffset(mask, layer);
            for (int u = first + split; u < next; u += 16)
            {
                float value = weights[bias + (i64)u];
                if (layer == 0)
                {
                    i64 from = weight + (i64)u * (i64)mask.inputs;
                    for (int k = 0; k < conditions && row < batch; k++)
                    {
                        value = FMA_F32(weights[from + (i64)k], condition[(i64)row * (i64)conditions + (i64)k], value);
                    }
                    for (int k = 0; k <= d && row < batch; k++)
                    {
                        value = FMA_F32(weights[from + (i64)conditions + (i64)k], found[(i64)row * (i64)dims + (i64)k], value);
                    }
                }
                else
                {
                    i64 source = values + (i64)(layer - 1) * layerLength;
                    for (int k = 0; k < next; k++)
                    {
                        value = FMA_F32(weights[weight + (i64)u * (i64)mask.hidden + (i64)k], hidden[source + (i64)k * (i64)16 + (i64)rowInGroup], value);
                    }
                }
                hidden[values + (i64)layer * layerLength + (i64)u * (i64)16 + (i64)rowInGroup] = (value < 0.0f) ? 0.0f : value;
            }
            GROUP_BARRIER();
        }
    }
}

DEV int DenseMasks_FirstReaderOf(AutoregressiveKernels_DenseMask mask, int layer, int degree)
{
    return (layer == mask.hiddenLayers) ? mask.outputsPerDim * degree : DenseMasks_UnitsUpTo(mask, degree - 1);
}

KERNEL(256) void AutoregressiveKernels_SolveBackward(
    GIN(float, weights),
    GIN(float, y),
    GIN(float, output),
    GIN(float, kept),
    GIN(float, dy),
    GIN(float, dLogDet),
    GOUT(float, dx),
    GOUT(float, dOutput),
    GOUT(float, hidden),
    AutoregressiveKernels_DenseMask mask,
    int batch)
{
    VIEW_IN(float, weights);
    VIEW_IN(float, y);
    VIEW_IN(float, output);
    VIEW_IN(float, kept);
    VIEW_IN(float, dy);
    VIEW_IN(float, dLogDet);
    VIEW_OUT(float, dx);
    VIEW_OUT(float, dOutput);
    VIEW_OUT(float, hidden);
    SHARED(float, sums, 256);
    int conditions = mask.conditions;
    int dims = mask.inputs - conditions;
    int thread = GROUP_IDX_X;
    int rowInGroup = thread % 16;
    int split = thread / 16;
    int row = GRID_IDX_X * 16 + rowInGroup;
    i64 layerLength = (i64)mask.hidden * (i64)16;
    i64 values = (i64)(GRID_IDX_X * mask.hiddenLayers) * layerLength;
    for (int d = dims - 1; d >= 0; d--)
    {
        int first = DenseMasks_UnitsUpTo(mask, d);
        int next = DenseMasks_UnitsUpTo(mask, d + 1);
        for (int layer = mask.hiddenLayers; layer > 0; layer--)
        {
            i64 weight = AutoregressiveKernels_WeightOffset(mask, layer);
            int reader = DenseMasks_FirstReaderOf(mask, layer, d + 1);
            for (int u = first + split; u < next; u += 16)
            {
                float value = 0.0f;
                if (row < batch && kept[((i64)(layer - 1) * (i64)batch + (i64)row) * (i64)mask.hidden + (i64)u] > 0.0f)
                {
                    if (layer == mask.hiddenLayers)
                    {
                        for (int k = reader; k < mask.outputs; k++)
                        {
                            value = FMA_F32(weights[weight + (i64)k * (i64)mask.hidden + (i64)u], dOutput[(i64)row * (i64)mask.outputs + (i64)k], value);
                        }
                    }
                    else
                    {
                        for (int k = reader; k < mask.hidden; k++)
                        {
                            value = FMA_F32(weights[weight + (i64)k * (i64)mask.hidden + (i64)u], hidden[values + (i64)layer * layerLength + (i64)k * (i64)16 + (i64)rowInGroup], value);
                        }
                    }
                }
                hidden[values + (i64)(layer - 1) * layerLength + (i64)u * (i64)16 + (i64)rowInGroup] = value;
            }
            GROUP_BARRIER();
        }
        float sum = 0.0f;
        for (int k = first + split; k < mask.hidden; k += 16)
        {
            sum = FMA_F32(weights[(i64)k * (i64)mask.inputs + (i64)conditions + (i64)d], hidden[values + (i64)k * (i64)16 + (i64)rowInGroup], sum);
        }
        sums[thread] = sum;
        GROUP_BARRIER();
        if (split == 0 && row < batch)
        {
            int origin = OPAQUE_I32(0);
            i64 at = (i64)(row + origin) * (i64)dims + (i64)d;
            float gradient = dy[at];
            for (int part = 0; part < 16; part++)
            {
                gradient += sums[part * 16 + rowInGroup + origin];
            }
            float raw = output[(i64)2 * at + (i64)1];
            float d1 = gradient * EXP_F32(-AutoregressiveKernels_LogScale(raw));
            dx[at] = d1;
            dOutput[(i64)2 * at] = -d1;
            dOutput[(i64)2 * at + (i64)1] = -FMA_F32(gradient, y[at], dLogDet[row + origin]) * AutoregressiveKernels_LogScaleSlope(raw);
        }
        GROUP_BARRIER();
    }
}
