// The kernels of FlowEngine.Conformance.Kernels.Elementwise. Written by FlowEngine.KernelCompiler; not edited.

KERNEL(256) void Elementwise_MultiplyAdd(
    GIN(float, x),
    GIN(float, scale),
    GIN(float, shift),
    GOUT(float, y),
    int length)
{
    VIEW_IN(float, x);
    VIEW_IN(float, scale);
    VIEW_IN(float, shift);
    VIEW_OUT(float, y);
    int first = 4 * (GRID_IDX_X * GROUP_DIM_X + GROUP_IDX_X);
    if (first + 4 <= length)
    {
        STORE_F4_G(y, (i64)first, FMA_F4(LOAD_F4_G(x, (i64)first), LOAD_F4_G(scale, (i64)first), LOAD_F4_G(shift, (i64)first)));
    }
    else
    {
        for (int i = first; i < length; i++)
        {
            y[i] = FMA_F32(x[i], scale[i], shift[i]);
        }
    }
}

KERNEL(256) void Elementwise_Functions(GIN(float, x), GOUT(float, y), int length)
{
    VIEW_IN(float, x);
    VIEW_OUT(float, y);
    i64 i = GRID_GLOBAL_INDEX_X;
    if (i >= (i64)length)
    {
        return;
    }
    float value = x[i];
    y[i] = EXP_F32(value);
    y[(i64)length + i] = LOG_F32(value);
    y[(i64)2 * (i64)length + i] = SIGMOID_F32(value);
    y[(i64)3 * (i64)length + i] = LOG_SIGMOID_F32(value);
    y[(i64)4 * (i64)length + i] = SQRT_F32(value) / (1.0f + ABS_F32(value));
    y[(i64)5 * (i64)length + i] = BF16_TO_F32(BF16_FROM_F32(value)) + FLOOR_F32(value);
}
