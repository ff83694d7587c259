// The kernels of FlowEngine.Kernels.Device.PixelNetworkKernels. Written by FlowEngine.KernelCompiler; not edited.

typedef struct { int pixels; int height; int width; int channels; int gathered; int mirrored; } PixelNetworkKernels_NeighborhoodRows;
typedef struct { int m; int n; int k; int slice; int leftKind; int leftRow; int leftColumn; int rightKind; int rightRow; int rightColumn; int epilogue; int height; int width; int channels; int gathered; int precision; } PixelNetworkKernels_Product;
typedef struct { int inputs; int hidden; int outputs; int innerActNorm; int outsideReadsOne; } PixelNetworkKernels_Network;

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

DEV int Neighbors_Of(int pixel, int tap, int height, int width)
{
    int down = tap / 3 - 1;
    int right = tap % 3 - 1;
    int row = pixel / width % height + down;
    int column = pixel % width + right;
    bool inside = row >= 0 && row < height && column >= 0 && column < width;
    return inside ? pixel + down * width + right : (-1);
}

DEV float Neighbors_Element(
    GCPTR(float) source,
    PixelNetworkKernels_NeighborhoodRows rows,
    int pixel,
    int column)
{
    float value = 0.0f;
    int tap = column / rows.gathered;
    if (pixel < rows.pixels && tap < 9)
    {
        int q = Neighbors_Of(pixel, (rows.mirrored != 0) ? 8 - tap : tap, rows.height, rows.width);
        if (q >= 0)
        {
            value = source[(i64)q * (i64)rows.channels + (i64)(column % rows.gathered)];
        }
    }
    return value;
}

DEV float PixelNetworkKernels_Element(
    GCPTR(float) matrix,
    int kind,
    int row,
    int column,
    int rowStride,
    int columnStride,
    PixelNetworkKernels_Product shape)
{
    float value;
    if (kind == 0)
    {
        value = matrix[(i64)row * (i64)rowStride + (i64)column * (i64)columnStride];
    }
    else
    {
        PixelNetworkKernels_NeighborhoodRows gathered = ((PixelNetworkKernels_NeighborhoodRows){ row + 1, shape.height, shape.width, shape.channels, shape.gathered, (kind == 2) ? 1 : 0 });
        value = Neighbors_Element(matrix, gathered, row, column);
    }
    return value;
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

KERNEL(256) void PixelNetworkKernels_Multiply(
    GIN(float, left),
    GIN(float, right),
    GIN(float, bias),
    GOUT(float, product),
    PixelNetworkKernels_Product shape)
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
                value = PixelNetworkKernels_Element(left, shape.leftKind, row + r, depth + k, shape.leftRow, shape.leftColumn, shape);
            }
            tileA[k * 64 + r] = NetworkTile_Rounded(value, shape.precision);
        }
        for (int i = GROUP_IDX_X; i < 1024; i += 256)
        {
            int k = (shape.rightRow == 1) ? i % 16 : i / 64;
            int c = (shape.rightRow == 1) ? i / 16 : i % 64;
            float value = 0.0f;
            if (column + c < shape.n && depth + k < end)
            {
                value = PixelNetworkKernels_Element(right, shape.rightKind, depth + k, column + c, shape.rightRow, shape.rightColumn, shape);
            }
            tileB[k * 64 + c] = NetworkTile_Rounded(value, shape.precision);
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
                i64 place = (i64)r * (i64)shape.n + (i64)c;
                float value = sums[i * 4 + j];
                if (shape.epilogue == 1)
                {
                    value = MAX_F32(value + bias[c], 0.0f);
                }
                else if (shape.epilogue == 2)
                {
                    value = (slice[place] > 0.0f) ? value : 0.0f;
                }
                else if (shape.epilogue == 3)
                {
                    value += bias[c];
                }
                else if (shape.epilogue == 4)
                {
                    value += slice[place] + bias[c];
                }
                slice[place] = value;
            }
        }
    }
}

DEV i64 PixelNetworkKernels_FoldArray(
    GCPTR(float) array,
    GCPTR(float) logScale,
    GPTR(float) folded,
    i64 place,
    i64 start,
    i64 length,
    int inner,
    int channels,
    int factor)
{
    i64 i = place - start;
    if (i >= (i64)0 && i < length)
    {
        float scale = (factor != 0) ? EXP_F32((float)factor * logScale[i / (i64)inner % (i64)channels]) : 1.0f;
        folded[place] = array[i] * scale;
    }
    return start + length;
}

KERNEL(256) void PixelNetworkKernels_Fold(
    GIN(float, weight1),
    GIN(float, bias1),
    GIN(float, logScale1),
    GIN(float, weight2),
    GIN(float, bias2),
    GIN(float, logScale2),
    GIN(float, weight3),
    GIN(float, bias3),
    GIN(float, logScale3),
    GOUT(float, folded),
    PixelNetworkKernels_Network network)
{
    VIEW_IN(float, weight1);
    VIEW_IN(float, bias1);
    VIEW_IN(float, logScale1);
    VIEW_IN(float, weight2);
    VIEW_IN(float, bias2);
    VIEW_IN(float, logScale2);
    VIEW_IN(float, weight3);
    VIEW_IN(float, bias3);
    VIEW_IN(float, logScale3);
    VIEW_OUT(float, folded);
    i64 place = GRID_GLOBAL_INDEX_X;
    int hidden = network.hidden;
    int patch = 9 * network.inputs;
    i64 i = PixelNetworkKernels_FoldArray(weight1, logScale1, folded, place, (i64)0, (i64)hidden * (i64)patch, patch, hidden, network.innerActNorm);
    i = PixelNetworkKernels_FoldArray(weight2, logScale2, folded, place, i, (i64)hidden * (i64)hidden, hidden, hidden, network.innerActNorm);
    i = PixelNetworkKernels_FoldArray(weight3, logScale3, folded, place, i, (i64)hidden * (i64)9 * (i64)network.outputs, 1, network.outputs, 3);
    i = PixelNetworkKernels_FoldArray(bias1, logScale1, folded, place, i, (i64)hidden, 1, hidden, network.innerActNorm);
    i = PixelNetworkKernels_FoldArray(bias2, logScale2, folded, place, i, (i64)hidden, 1, hidden, network.innerActNorm);
    PixelNetworkKernels_FoldArray(bias3, logScale3, folded, place, i, (i64)network.outputs, 1, network.outputs, 3);
}

KERNEL(256) void PixelNetworkKernels_Border(
    GIN(float, weight3),
    GOUT(float, border),
    PixelNetworkKernels_Network network)
{
    VIEW_IN(float, weight3);
    VIEW_OUT(float, border);
    int i = GRID_IDX_X * GROUP_DIM_X + GROUP_IDX_X;
    int rowLength = 9 * network.outputs;
    if (i < rowLength)
    {
        double sum = 0.0;
        for (int n = 0; n < network.hidden && network.outsideReadsOne != 0; n++)
        {
            sum += (double)weight3[(i64)n * (i64)rowLength + (i64)i];
        }
        border[i] = (float)sum;
    }
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

KERNEL(256) void PixelNetworkKernels_TapAdd(
    GIN(float, taps),
    GIN(float, bias),
    GIN(float, border),
    GOUT(float, output),
    int pixels,
    int height,
    int width,
    int outputs)
{
    VIEW_IN(float, taps);
    VIEW_IN(float, bias);
    VIEW_IN(float, border);
    VIEW_OUT(float, output);
    i64 index = GRID_GLOBAL_INDEX_X;
    if (index < (i64)pixels * (i64)outputs)
    {
        output[index] = PixelNetworkKernels_TapSum(taps, bias, border, (int)(index / (i64)outputs), (int)(index % (i64)outputs), height, width, outputs);
    }
}

KERNEL(256) void PixelNetworkKernels_ColumnsOfParts(
    GIN(float, matrix),
    GOUT(float, parts),
    int rows,
    int columns,
    int rowsPerPart,
    int precision)
{
    VIEW_IN(float, matrix);
    VIEW_OUT(float, parts);
    int start = GRID_IDX_X * rowsPerPart;
    int end = MIN_I32(start + rowsPerPart, rows);
    for (int c = GROUP_IDX_X; c < columns; c += 256)
    {
        float sum = 0.0f;
        for (int r = start; r < end; r++)
        {
            sum += NetworkTile_Rounded(matrix[(i64)r * (i64)columns + (i64)c], precision);
        }
        parts[(i64)GRID_IDX_X * (i64)columns + (i64)c] = sum;
    }
}

KERNEL(256) void PixelNetworkKernels_BorderOfParts(
    GIN(float, dOutput),
    GOUT(float, parts),
    int pixels,
    int height,
    int width,
    int outputs,
    int pixelsPerPart)
{
    VIEW_IN(float, dOutput);
    VIEW_OUT(float, parts);
    int start = GRID_IDX_X * pixelsPerPart;
    int end = MIN_I32(start + pixelsPerPart, pixels);
    int length = 9 * outputs;
    for (int i = GROUP_IDX_X; i < length; i += 256)
    {
        float sum = 0.0f;
        for (int p = start; p < end; p++)
        {
            if (Neighbors_Of(p, i / outputs, height, width) < 0)
            {
                sum += dOutput[(i64)p * (i64)outputs + (i64)(i % outputs)];
            }
        }
        parts[(i64)GRID_IDX_X * (i64)length + (i64)i] = sum;
    }
}

KERNEL(256) void PixelNetworkKernels_ScatterPatches(
    GIN(float, dPatches),
    GOUT(float, dx),
    int pixels,
    int height,
    int width,
    int channels,
    int inputs)
{
    VIEW_IN(float, dPatches);
    VIEW_OUT(float, dx);
    i64 index = GRID_GLOBAL_INDEX_X;
    if (index < (i64)pixels * (i64)inputs)
    {
        int q = (int)(index / (i64)inputs);
        int i = (int)(index % (i64)inputs);
        float sum = dx[(i64)q * (i64)channels + (i64)i];
        for (int tap = 0; tap < 9; tap++)
        {
            int p = Neighbors_Of(q, 8 - tap, height, width);
            if (p >= 0)
            {
                sum += dPatches[((i64)p * (i64)9 + (i64)tap) * (i64)inputs + (i64)i];
            }
        }
        dx[(i64)q * (i64)channels + (i64)i] = sum;
    }
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

KERNEL(256) void PixelNetworkKernels_Unfold(
    GIN(float, folded),
    GIN(float, dFolded),
    GIN(float, foldedBias),
    GIN(float, dFoldedBias),
    GIN(float, borders),
    GIN(float, logScale),
    GOUT(float, dWeight),
    GOUT(float, dBias),
    GOUT(float, dLogScale),
    int outer,
    int channels,
    int inner,
    int borderLength,
    float factor)
{
    VIEW_IN(float, folded);
    VIEW_IN(float, dFolded);
    VIEW_IN(float, foldedBias);
    VIEW_IN(float, dFoldedBias);
    VIEW_IN(float, borders);
    VIEW_IN(float, logScale);
    VIEW_OUT(float, dWeight);
    VIEW_OUT(float, dBias);
    VIEW_OUT(float, dLogScale);
    SHARED(float, scratch, 256);
    int channel = GRID_IDX_X;
    float scale = (factor != 0.0f) ? EXP_F32(factor * logScale[channel]) : 1.0f;
    float sum = 0.0f;
    for (int e = GROUP_IDX_X; e < outer * inner; e += 256)
    {
        i64 place = ((i64)(e / inner) * (i64)channels + (i64)channel) * (i64)inner + (i64)(e % inner);
        float gradient = dFolded[place];
        if (borderLength != 0)
        {
            gradient += borders[place % (i64)borderLength];
        }
        sum = FMA_F32(folded[place], gradient, sum);
        dWeight[place] += scale * gradient;
    }
    sum = GroupReduction_Sum(scratch, sum);
    if (GROUP_IDX_X == 0)
    {
        float ofBias = dFoldedBias[channel];
        dBias[channel] += scale * ofBias;
        if (factor != 0.0f)
        {
            dLogScale[channel] += factor * FMA_F32(foldedBias[channel], ofBias, sum);
        }
    }
}
