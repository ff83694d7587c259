// The kernels of FlowEngine.Kernels.Device.DenseNetworkKernels. Written by FlowEngine.KernelCompiler; not edited.

typedef struct { int m; int n; int k; int slice; int leftRow; int leftColumn; int rightRow; int rightColumn; int productRow; int epilogue; } DenseNetworkKernels_Product;
typedef struct { int inputs; int hidden; int hiddenLayers; int outputs; int outputsPerDim; int isAutoregressive; int conditions; } DenseNetworkKernels_DenseMask;

DEV void TileProduct_Clear(PPTR(float) sums)
{
    UNROLL
    for (int i = 0; i < 16; i++)
    {
        sums[i] = 0.0f;
    }
}

DEV int TileProduct_Row(void)
{
    return GROUP_IDX_X / 16 * 4;
}

DEV int TileProduct_Column(void)
{
    return GROUP_IDX_X % 16 * 4;
}

DEV void TileProduct_AddRow(PPTR(float) sums, float left, f4 right)
{
    sums[0] = FMA_F32(left, right.x, sums[0]);
    sums[1] = FMA_F32(left, right.y, sums[1]);
    sums[2] = FMA_F32(left, right.z, sums[2]);
    sums[3] = FMA_F32(left, right.w, sums[3]);
}

DEV void TileProduct_Add(PPTR(float) sums, LPTR(float) left, LPTR(float) right)
{
    UNROLL
    for (int k = 0; k < 16; k++)
    {
        f4 a = LOAD_F4_L(left, (i64)(k * 64));
        f4 b = LOAD_F4_L(right, (i64)(k * 64));
        TileProduct_AddRow(sums + 0, a.x, b);
        TileProduct_AddRow(sums + 4, a.y, b);
        TileProduct_AddRow(sums + 8, a.z, b);
        TileProduct_AddRow(sums + 12, a.w, b);
    }
}

KERNEL(256) void DenseNetworkKernels_Multiply(
    GIN(float, left),
    GIN(float, right),
    GIN(float, bias),
    GOUT(float, product),
    DenseNetworkKernels_Product shape)
{
    VIEW_IN(float, left);
    VIEW_IN(float, right);
    VIEW_IN(float, bias);
    VIEW_OUT(float, product);
    SHARED(float, tileA, 1024);
    SHARED(float, tileB, 1024);
    float sums[16];
    TileProduct_Clear(sums);
    int row = GRID_IDX_X * 64;
    int column = GRID_IDX_Y * 64;
    int start = GRID_IDX_Z * shape.slice;
    int end = MIN_I32(start + shape.slice, shape.k);
    int threadRow = TileProduct_Row();
    int threadColumn = TileProduct_Column();
    for (int depth = start; depth < end; depth += 16)
    {
        for (int i = GROUP_IDX_X; i < 1024; i += 256)
        {
            int r = (shape.leftColumn == 1) ? i / 16 : i % 64;
            int k = (shape.leftColumn == 1) ? i % 16 : i / 64;
            float value = 0.0f;
            if (row + r < shape.m && depth + k < end)
            {
                value = left[(i64)(row + r) * (i64)shape.leftRow + (i64)(depth + k) * (i64)shape.leftColumn];
            }
            tileA[k * 64 + r] = value;
        }
        for (int i = GROUP_IDX_X; i < 1024; i += 256)
        {
            int k = (shape.rightRow == 1) ? i % 16 : i / 64;
            int c = (shape.rightRow == 1) ? i / 16 : i % 64;
            float value = 0.0f;
            if (column + c < shape.n && depth + k < end)
            {
                value = right[(i64)(depth + k) * (i64)shape.rightRow + (i64)(column + c) * (i64)shape.rightColumn];
            }
            tileB[k * 64 + c] = value;
        }
        GROUP_BARRIER();
        TileProduct_Add(sums, tileA + threadRow, tileB + threadColumn);
        GROUP_BARRIER();
    }
    GPTR(float) slice = product + (i64)GRID_IDX_Z * (i64)shape.m * (i64)shape.n;
    UNROLL
    for (int i = 0; i < 4; i++)
    {
        UNROLL
        for (int j = 0; j < 4; j++)
        {
            int r = row + threadRow + i;
            int c = column + threadColumn + j;
            if (r < shape.m && c < shape.n)
            {
                i64 place = (i64)r * (i64)shape.productRow + (i64)c;
                float value = sums[i * 4 + j];
                if (shape.epilogue == 1)
                {
                    value += bias[c];
                }
                else if (shape.epilogue == 2)
                {
                    value += bias[c];
                    value = (value < 0.0f) ? 0.0f : value;
                }
                else if (shape.epilogue == 3)
                {
                    value = (slice[place] > 0.0f) ? value : 0.0f;
                }
                else if (shape.epilogue == 4)
                {
                    value += slice[place];
                }
                slice[place] = value;
            }
        }
    }
}

DEV int DenseMasks_LowestDegree(DenseNetworkKernels_DenseMask mask)
{
    return (mask.conditions > 0) ? 0 : 1;
}

DEV int DenseMasks_UnitsUpTo(DenseNetworkKernels_DenseMask mask, int degree)
{
    int lowest = DenseMasks_LowestDegree(mask);
    int degrees = MAX_I32(1, mask.inputs - mask.conditions - lowest);
    i64 above = (i64)MAX_I32(0, degree + 1 - lowest);
    return (int)MIN_I64((i64)mask.hidden, (above * (i64)mask.hidden + (i64)degrees - (i64)1) / (i64)degrees);
}

DEV int DenseMasks_ReadsOf(DenseNetworkKernels_DenseMask mask, int layer, int unit)
{
    int reads = (layer == 0) ? mask.inputs : mask.hidden;
    if (mask.isAutoregressive != 0)
    {
        int lowest = DenseMasks_LowestDegree(mask);
        int degree = (layer == mask.hiddenLayers) ? unit / mask.outputsPerDim : lowest + (int)((i64)unit * (i64)(mask.inputs - mask.conditions - lowest) / (i64)mask.hidden);
        reads = (layer == 0) ? mask.conditions + degree : DenseMasks_UnitsUpTo(mask, degree);
    }
    return reads;
}

KERNEL(256) void DenseNetworkKernels_MaskWeight(
    GIN(float, weight),
    GOUT(float, masked),
    DenseNetworkKernels_DenseMask mask,
    int layer,
    int inputs,
    i64 length)
{
    VIEW_IN(float, weight);
    VIEW_OUT(float, masked);
    i64 i = GRID_GLOBAL_INDEX_X;
    if (i < length)
    {
        masked[i] = (i % (i64)inputs < (i64)DenseMasks_ReadsOf(mask, layer, (int)(i / (i64)inputs))) ? weight[i] : 0.0f;
    }
}

KERNEL(256) void DenseNetworkKernels_AddWeightSlices(
    GIN(float, slices),
    GOUT(float, gradient),
    DenseNetworkKernels_DenseMask mask,
    int layer,
    int inputs,
    int count,
    i64 length)
{
    VIEW_IN(float, slices);
    VIEW_OUT(float, gradient);
    i64 i = GRID_GLOBAL_INDEX_X;
    if (i < length && i % (i64)inputs < (i64)DenseMasks_ReadsOf(mask, layer, (int)(i / (i64)inputs)))
    {
        double sum = (double)gradient[i];
        for (int slice = 0; slice < count; slice++)
        {
            sum += (double)slices[(i64)slice * length + i];
        }
        gradient[i] = (float)sum;
    }
}
