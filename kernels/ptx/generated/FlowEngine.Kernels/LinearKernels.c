// The kernels of FlowEngine.Kernels.Device.LinearKernels. Written by FlowEngine.KernelCompiler; not edited.

KERNEL(256) void LinearKernels_Forward(
    GIN(float, condition),
    GIN(float, weight),
    GOUT(float, y),
    i64 length,
    int inputs,
    int outputs)
{
    VIEW_IN(float, condition);
    VIEW_IN(float, weight);
    VIEW_OUT(float, y);
    i64 i = GRID_GLOBAL_INDEX_X;
    if (i < length)
    {
        i64 row = i / (i64)outputs;
        i64 output = i % (i64)outputs;
        float sum = y[i];
        for (int n = 0; n < inputs; n++)
        {
            float factor = condition[row * (i64)inputs + (i64)n];
            if (factor != 0.0f)
            {
                sum = FMA_F32(factor, weight[(i64)n * (i64)outputs + output], sum);
            }
        }
        y[i] = sum;
    }
}

KERNEL(256) void LinearKernels_Backward(
    GIN(float, condition),
    GIN(float, dy),
    GOUT(float, dWeight),
    i64 length,
    int rows,
    int inputs,
    int outputs)
{
    VIEW_IN(float, condition);
    VIEW_IN(float, dy);
    VIEW_OUT(float, dWeight);
    i64 i = GRID_GLOBAL_INDEX_X;
    if (i < length)
    {
        i64 input = i / (i64)outputs;
        i64 output = i % (i64)outputs;
        double sum = 0.0;
        for (int b = 0; b < rows; b++)
        {
            float factor = condition[(i64)b * (i64)inputs + input];
            if (factor != 0.0f)
            {
                sum += (double)factor * (double)dy[(i64)b * (i64)outputs + output];
            }
        }
        dWeight[i] = (float)((double)dWeight[i] + sum);
    }
}

KERNEL(256) void LinearKernels_ConditionBackward(
    GIN(float, weight),
    GIN(float, dy),
    GOUT(float, dCondition),
    i64 length,
    int inputs,
    int outputs)
{
    VIEW_IN(float, weight);
    VIEW_IN(float, dy);
    VIEW_OUT(float, dCondition);
    i64 i = GRID_GLOBAL_INDEX_X;
    if (i < length)
    {
        i64 row = i / (i64)inputs;
        i64 input = i % (i64)inputs;
        double sum = 0.0;
        for (int o = 0; o < outputs; o++)
        {
            sum += (double)weight[input * (i64)outputs + (i64)o] * (double)dy[row * (i64)outputs + (i64)o];
        }
        dCondition[i] = (float)((double)dCondition[i] + sum);
    }
}
