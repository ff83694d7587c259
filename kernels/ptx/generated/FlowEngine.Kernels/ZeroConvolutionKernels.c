// The kernels of FlowEngine.Kernels.Device.ZeroConvolutionKernels. Written by FlowEngine.KernelCompiler; not edited.

typedef struct { int pixels; int height; int width; int inputs; int outputs; int outsideReadsOne; } ZeroConvolutionKernels_Shape;

DEV int Neighbors_Of(int pixel, int tap, int height, int width)
{
    int down = tap / 3 - 1;
    int right = tap % 3 - 1;
    int row = pixel / width % height + down;
    int column = pixel % width + right;
    bool inside = row >= 0 && row < height && column >= 0 && column < width;
    return inside ? pixel + down * width + right : (-1);
}

DEV float ZeroConvolutionKernels_Patch(
    GCPTR(float) x,
    int pixel,
    int channel,
    ZeroConvolutionKernels_Shape shape)
{
    float value = (shape.outsideReadsOne != 0) ? 1.0f : 0.0f;
    if (pixel >= 0)
    {
        value = x[(i64)pixel * (i64)shape.inputs + (i64)channel];
    }
    return value;
}

KERNEL(256) void ZeroConvolutionKernels_Forward(
    GIN(float, x),
    GIN(float, weight),
    GIN(float, bias),
    GIN(float, logScale),
    GOUT(float, output),
    ZeroConvolutionKernels_Shape shape)
{
    VIEW_IN(float, x);
    VIEW_IN(float, weight);
    VIEW_IN(float, bias);
    VIEW_IN(float, logScale);
    VIEW_OUT(float, output);
    i64 index = GRID_GLOBAL_INDEX_X;
    if (index < (i64)shape.pixels * (i64)shape.outputs)
    {
        int pixel = (int)(index / (i64)shape.outputs);
        int o = (int)(index % (i64)shape.outputs);
        float sum = bias[o];
        for (int tap = 0; tap < 9; tap++)
        {
            int q = Neighbors_Of(pixel, tap, shape.height, shape.width);
            int row = (o * 9 + tap) * shape.inputs;
            for (int i = 0; i < shape.inputs; i++)
            {
                sum = FMA_F32(weight[row + i], ZeroConvolutionKernels_Patch(x, q, i, shape), sum);
            }
        }
        output[index] = EXP_F32(3.0f * logScale[o]) * sum;
    }
}

KERNEL(256) void ZeroConvolutionKernels_GradientOfParts(
    GIN(float, x),
    GIN(float, dOutput),
    GOUT(float, parts),
    ZeroConvolutionKernels_Shape shape)
{
    VIEW_IN(float, x);
    VIEW_IN(float, dOutput);
    VIEW_OUT(float, parts);
    int start = GRID_IDX_X * 256;
    int end = MIN_I32(start + 256, shape.pixels);
    int rowLength = 9 * shape.inputs;
    int length = shape.outputs * (rowLength + 1);
    for (int e = GROUP_IDX_X; e < length; e += 256)
    {
        bool ofBias = e >= shape.outputs * rowLength;
        int o = ofBias ? e - shape.outputs * rowLength : e / rowLength;
        int tap = e % rowLength / shape.inputs;
        int i = e % shape.inputs;
        float sum = 0.0f;
        for (int p = start; p < end; p++)
        {
            float gradient = dOutput[(i64)p * (i64)shape.outputs + (i64)o];
            float input = 1.0f;
            if (!ofBias)
            {
                input = ZeroConvolutionKernels_Patch(x, Neighbors_Of(p, tap, shape.height, shape.width), i, shape);
            }
            sum = FMA_F32(gradient, input, sum);
        }
        parts[(i64)GRID_IDX_X * (i64)length + (i64)e] = sum;
    }
}

KERNEL(256) void ZeroConvolutionKernels_Parameters(
    GIN(float, sums),
    GIN(float, weight),
    GIN(float, bias),
    GIN(float, logScale),
    GOUT(float, dWeight),
    GOUT(float, dBias),
    GOUT(float, dLogScale),
    ZeroConvolutionKernels_Shape shape)
{
    VIEW_IN(float, sums);
    VIEW_IN(float, weight);
    VIEW_IN(float, bias);
    VIEW_IN(float, logScale);
    VIEW_OUT(float, dWeight);
    VIEW_OUT(float, dBias);
    VIEW_OUT(float, dLogScale);
    int o = GRID_IDX_X * GROUP_DIM_X + GROUP_IDX_X;
    if (o < shape.outputs)
    {
        int rowLength = 9 * shape.inputs;
        float scale = EXP_F32(3.0f * logScale[o]);
        float ofBias = sums[shape.outputs * rowLength + o];
        double inner = (double)bias[o] * (double)ofBias;
        for (int e = o * rowLength; e < (o + 1) * rowLength; e++)
        {
            inner += (double)weight[e] * (double)sums[e];
            dWeight[e] += scale * sums[e];
        }
        dBias[o] += scale * ofBias;
        dLogScale[o] += (float)(3.0 * (double)scale * inner);
    }
}

KERNEL(256) void ZeroConvolutionKernels_Input(
    GIN(float, dOutput),
    GIN(float, weight),
    GIN(float, logScale),
    GOUT(float, dx),
    ZeroConvolutionKernels_Shape shape)
{
    VIEW_IN(float, dOutput);
    VIEW_IN(float, weight);
    VIEW_IN(float, logScale);
    VIEW_OUT(float, dx);
    i64 index = GRID_GLOBAL_INDEX_X;
    if (index < (i64)shape.pixels * (i64)shape.inputs)
    {
        int q = (int)(index / (i64)shape.inputs);
        int i = (int)(index % (i64)shape.inputs);
        float sum = dx[index];
        for (int o = 0; o < shape.outputs; o++)
        {
            float scale = EXP_F32(3.0f * logScale[o]);
            for (int tap = 0; tap < 9; tap++)
            {
                int p = Neighbors_Of(q, 8 - tap, shape.height, shape.width);
                if (p >= 0)
                {
                    float gradient = scale * dOutput[(i64)p * (i64)shape.outputs + (i64)o];
                    sum = FMA_F32(weight[(o * 9 + tap) * shape.inputs + i], gradient, sum);
                }
            }
        }
        dx[index] = sum;
    }
}
