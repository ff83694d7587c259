// The kernels of FlowEngine.Kernels.Device.LayeredNetworkKernels. Written by FlowEngine.KernelCompiler; not edited.

DEV bool LayeredNetworkKernels_Reads(GCPTR(int) degrees, int inputs, i64 weight)
{
    return degrees[weight % (i64)inputs] <= degrees[(i64)inputs + weight / (i64)inputs];
}

KERNEL(256) void LayeredNetworkKernels_MaskWeight(
    GIN(float, weight),
    GOUT(float, masked),
    GIN(int, degrees),
    int inputs,
    i64 length)
{
    VIEW_IN(float, weight);
    VIEW_OUT(float, masked);
    VIEW_IN(int, degrees);
    i64 i = GRID_GLOBAL_INDEX_X;
    if (i < length)
    {
        masked[i] = LayeredNetworkKernels_Reads(degrees, inputs, i) ? weight[i] : 0.0f;
    }
}

KERNEL(256) void LayeredNetworkKernels_AddWeightSlices(
    GIN(float, slices),
    GOUT(float, gradient),
    GIN(int, degrees),
    int inputs,
    int count,
    i64 length)
{
    VIEW_IN(float, slices);
    VIEW_OUT(float, gradient);
    VIEW_IN(int, degrees);
    i64 i = GRID_GLOBAL_INDEX_X;
    if (i < length && LayeredNetworkKernels_Reads(degrees, inputs, i))
    {
        double sum = (double)gradient[i];
        for (int slice = 0; slice < count; slice++)
        {
            sum += (double)slices[(i64)slice * length + i];
        }
        gradient[i] = (float)sum;
    }
}

DEV float Activations_ExpM1(float x)
{
    float q = 0.0001984127f;
    q = FMA_F32(q, x, 0.0013888889f);
    q = FMA_F32(q, x, 0.008333334f);
    q = FMA_F32(q, x, 0.041666668f);
    q = FMA_F32(q, x, 0.16666667f);
    q = FMA_F32(q, x, 0.5f);
    return (x > (-0.25f)) ? FMA_F32(x * x, q, x) : EXP_F32(x) - 1.0f;
}

DEV float Activations_Distribution(float z)
{
    float t = 1.0f / FMA_F32(ABS_F32(z), 0.35355338f, 1.0f);
    float p = 0.17087276f;
    p = FMA_F32(p, t, -0.82215226f);
    p = FMA_F32(p, t, 1.4885159f);
    p = FMA_F32(p, t, -1.135204f);
    p = FMA_F32(p, t, 0.27886808f);
    p = FMA_F32(p, t, -0.18628806f);
    p = FMA_F32(p, t, 0.09678418f);
    p = FMA_F32(p, t, 0.37409195f);
    p = FMA_F32(p, t, 1.0000237f);
    p = FMA_F32(p, t, -1.2655122f);
    float tail = 0.5f * t * EXP_F32(FMA_F32((-0.5f) * z, z, p));
    return (z < 0.0f) ? tail : 1.0f - tail;
}

DEV float Activations_Argument(float z, float factor)
{
    return 1.5957692f * z * FMA_F32(z * z, factor, 1.0f);
}

DEV float Activations_Value(int activation, float leak, float z)
{
    float value = z;
    if (activation == 0)
    {
        value = (z < 0.0f) ? 0.0f : z;
    }
    else if (activation == 6)
    {
        value = (z < 0.0f) ? leak * z : z;
    }
    else if (activation == 1)
    {
        float e = Activations_ExpM1((-2.0f) * ABS_F32(z));
        value = -e / (e + 2.0f);
        value = (z < 0.0f) ? -value : value;
    }
    else if (activation == 2)
    {
        value = (z > 0.0f) ? z : Activations_ExpM1(z);
    }
    else if (activation == 3)
    {
        value = z * SIGMOID_F32(z);
    }
    else if (activation == 4)
    {
        value = z * Activations_Distribution(z);
    }
    else if (activation == 5)
    {
        value = z * SIGMOID_F32(Activations_Argument(z, 0.044715f));
    }
    return value;
}

KERNEL(256) void LayeredNetworkKernels_Activate(
    GIN(float, z),
    GOUT(float, target),
    int activation,
    float leak,
    i64 length)
{
    VIEW_IN(float, z);
    VIEW_OUT(float, target);
    i64 i = GRID_GLOBAL_INDEX_X;
    if (i < length)
    {
        target[i] = Activations_Value(activation, leak, z[i]);
    }
}

DEV float Activations_Slope(int activation, float leak, float z)
{
    float slope = 1.0f;
    if (activation == 0)
    {
        slope = (z > 0.0f) ? 1.0f : 0.0f;
    }
    else if (activation == 6)
    {
        slope = (z > 0.0f) ? 1.0f : leak;
    }
    else if (activation == 1)
    {
        float e = EXP_F32((-2.0f) * ABS_F32(z));
        slope = 4.0f * e / ((1.0f + e) * (1.0f + e));
    }
    else if (activation == 2)
    {
        slope = (z > 0.0f) ? 1.0f : EXP_F32(z);
    }
    else if (activation == 3)
    {
        slope = SIGMOID_F32(z) * FMA_F32(z, SIGMOID_F32(-z), 1.0f);
    }
    else if (activation == 4)
    {
        slope = FMA_F32(z, 0.3989423f * EXP_F32((-0.5f) * z * z), Activations_Distribution(z));
    }
    else if (activation == 5)
    {
        float u = Activations_Argument(z, 0.044715f);
        slope = SIGMOID_F32(u) * FMA_F32(Activations_Argument(z, 0.13414499f), SIGMOID_F32(-u), 1.0f);
    }
    return slope;
}

KERNEL(256) void LayeredNetworkKernels_ActivateBackward(
    GIN(float, product),
    GIN(float, z),
    GOUT(float, dSource),
    int activation,
    float leak,
    i64 length)
{
    VIEW_IN(float, product);
    VIEW_IN(float, z);
    VIEW_OUT(float, dSource);
    i64 i = GRID_GLOBAL_INDEX_X;
    if (i < length)
    {
        dSource[i] = FMA_F32(product[i], Activations_Slope(activation, leak, z[i]), dSource[i]);
    }
}

KERNEL(256) void LayeredNetworkKernels_Add(
    GIN(float, source),
    GIN(float, addend),
    GOUT(float, target),
    int activation,
    float leak,
    i64 length)
{
    VIEW_IN(float, source);
    VIEW_IN(float, addend);
    VIEW_OUT(float, target);
    i64 i = GRID_GLOBAL_INDEX_X;
    if (i < length)
    {
        target[i] = source[i] + Activations_Value(activation, leak, addend[i]);
    }
}

KERNEL(256) void LayeredNetworkKernels_AddBackward(
    GIN(float, dTarget),
    GIN(float, addend),
    GOUT(float, dSource),
    GOUT(float, dAddend),
    int activation,
    float leak,
    i64 length)
{
    VIEW_IN(float, dTarget);
    VIEW_IN(float, addend);
    VIEW_OUT(float, dSource);
    VIEW_OUT(float, dAddend);
    i64 i = GRID_GLOBAL_INDEX_X;
    if (i < length)
    {
        dSource[i] += dTarget[i];
        dAddend[i] = FMA_F32(dTarget[i], Activations_Slope(activation, leak, addend[i]), dAddend[i]);
    }
}

KERNEL(256) void LayeredNetworkKernels_AddGated(
    GIN(float, source),
    GIN(float, addend),
    GIN(float, gate),
    GOUT(float, target),
    i64 length)
{
    VIEW_IN(float, source);
    VIEW_IN(float, addend);
    VIEW_IN(float, gate);
    VIEW_OUT(float, target);
    i64 i = GRID_GLOBAL_INDEX_X;
    if (i < length)
    {
        target[i] = FMA_F32(addend[i], SIGMOID_F32(gate[i]), source[i]);
    }
}

KERNEL(256) void LayeredNetworkKernels_AddGatedBackward(
    GIN(float, dTarget),
    GIN(float, addend),
    GIN(float, gate),
    GOUT(float, dSource),
    GOUT(float, dAddend),
    GOUT(float, dGate),
    i64 length)
{
    VIEW_IN(float, dTarget);
    VIEW_IN(float, addend);
    VIEW_IN(float, gate);
    VIEW_OUT(float, dSource);
    VIEW_OUT(float, dAddend);
    VIEW_OUT(float, dGate);
    i64 i = GRID_GLOBAL_INDEX_X;
    if (i < length)
    {
        float d = dTarget[i];
        float open = SIGMOID_F32(gate[i]);
        dSource[i] += d;
        dAddend[i] = FMA_F32(d, open, dAddend[i]);
        dGate[i] = FMA_F32(d * addend[i], open * SIGMOID_F32(-gate[i]), dGate[i]);
    }
}
