// The kernels of FlowEngine.Kernels.Device.NetworkWeightKernels. Written by FlowEngine.KernelCompiler; not edited.

typedef struct { int inputs; int hidden; int outputs; } NetworkWeightKernels_Sizes;

DEV int NetworkWeightKernels_DepthOf(int matrix, NetworkWeightKernels_Sizes sizes)
{
    int depth = sizes.hidden;
    if (matrix == 0)
    {
        depth = 9 * sizes.inputs;
    }
    else if (matrix == 3)
    {
        depth = 9 * sizes.outputs;
    }
    return depth;
}

DEV int NetworkWeightKernels_ColumnsOf(int matrix, NetworkWeightKernels_Sizes sizes)
{
    int columns = sizes.hidden;
    if (matrix == 2)
    {
        columns = 9 * sizes.outputs;
    }
    else if (matrix == 5)
    {
        columns = 9 * sizes.inputs;
    }
    return columns;
}

DEV int NetworkProduct_BlocksOf(int columns)
{
    return (columns + 128 - 1) / 128 * 8;
}

DEV int NetworkTile_StepLength(int precision)
{
    return (precision == 2) ? 16 : 8;
}

DEV int NetworkTile_Steps(int length, int precision)
{
    return (length + NetworkTile_StepLength(precision) - 1) / NetworkTile_StepLength(precision);
}

DEV int NetworkWeightKernels_PackedWords(int depth, int columns, int precision)
{
    return NetworkTile_Steps(depth, precision) * NetworkProduct_BlocksOf(columns) * 128;
}

DEV float NetworkTile_Rounded(float value, int precision)
{
    float result = value;
    if (precision == 1)
    {
        result = BITS_U2F(TO_TF32(value));
    }
    else if (precision == 2)
    {
        result = BITS_U2F(BF16_PACK(0.0f, value));
    }
    return result;
}

DEV float NetworkTile_Word(float value, float next, int precision)
{
    return (precision == 2) ? BITS_U2F(BF16_PACK(value, next)) : NetworkTile_Rounded(value, precision);
}

KERNEL(256) void NetworkWeightKernels_Pack(
    GIN(float, weight1),
    GIN(float, weight2),
    GIN(float, weight3),
    GOUT(float, packed),
    NetworkWeightKernels_Sizes sizes,
    int precision)
{
    VIEW_IN(float, weight1);
    VIEW_IN(float, weight2);
    VIEW_IN(float, weight3);
    VIEW_OUT(float, packed);
    int matrix = GRID_IDX_Y;
    int depth = NetworkWeightKernels_DepthOf(matrix, sizes);
    int columns = NetworkWeightKernels_ColumnsOf(matrix, sizes);
    int blocks = NetworkProduct_BlocksOf(columns);
    int i = GRID_IDX_X * 256 + GROUP_IDX_X;
    if (i < NetworkWeightKernels_PackedWords(depth, columns, precision))
    {
        i64 start = (i64)0;
        for (int m = 0; m < matrix; m++)
        {
            start += (i64)NetworkWeightKernels_PackedWords(NetworkWeightKernels_DepthOf(m, sizes), NetworkWeightKernels_ColumnsOf(m, sizes), precision);
        }
        GCPTR(float) weight = weight2;
        int rowDistance = 1;
        int columnDistance = sizes.hidden;
        if (matrix == 0 || matrix == 5)
        {
            weight = weight1;
            columnDistance = 9 * sizes.inputs;
        }
        else if (matrix == 2 || matrix == 3)
        {
            weight = weight3;
            columnDistance = 9 * sizes.outputs;
        }
        if (matrix == 2 || matrix == 4 || matrix == 5)
        {
            rowDistance = columnDistance;
            columnDistance = 1;
        }
        int word = i % 128;
        int block = i / 128 % blocks;
        int step = i / 128 / blocks;
        int lane = word / 4;
        int k = lane % 4 + word % 2 * 4;
        int n = lane / 4 + word / 2 % 2 * 8;
        if (precision == 0)
        {
            k = word / 16;
            n = word % 16;
        }
        else if (precision == 2)
        {
            k = lane % 4 * 2 + word % 2 * 8;
        }
        k += step * NetworkTile_StepLength(precision);
        n += block * 16;
        float value = 0.0f;
        float next = 0.0f;
        if (n < columns)
        {
            i64 place = (i64)k * (i64)rowDistance + (i64)n * (i64)columnDistance;
            if (k < depth)
            {
                value = weight[place];
            }
            if (k + 1 < depth)
            {
                next = weight[place + (i64)rowDistance];
            }
        }
        packed[start + (i64)i] = NetworkTile_Word(value, next, precision);
    }
}
