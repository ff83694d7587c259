// The kernels of FlowEngine.Kernels.Device.NetworkForwardKernels. Written by FlowEngine.KernelCompiler; not edited.

typedef struct { int pixels; int height; int width; int channels; int gathered; int mirrored; } NetworkForwardKernels_NeighborhoodRows;
typedef struct { int hidden; int columns; int products; int stride; int keep; } NetworkForwardKernels_NetworkChain;

DEV int NetworkTile_StepLength(int precision)
{
    return (precision == 2) ? 16 : 8;
}

DEV int NetworkTile_Steps(int length, int precision)
{
    return (length + NetworkTile_StepLength(precision) - 1) / NetworkTile_StepLength(precision);
}

DEV int NetworkTile_Words(int length, int precision)
{
    return NetworkTile_Steps(length, precision) * 8;
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

DEV void NetworkTile_SetPair(LPTR(float) row, int column, float value, float next, int precision)
{
    if (precision == 2)
    {
        row[column / 2] = NetworkTile_Word(value, next, precision);
    }
    else
    {
        STORE_F2_L(row, (i64)column, F2(NetworkTile_Rounded(value, precision), NetworkTile_Rounded(next, precision)));
    }
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
    NetworkForwardKernels_NeighborhoodRows rows,
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

DEV void NetworkTile_Gather(
    LPTR(float) tile,
    GCPTR(float) source,
    NetworkForwardKernels_NeighborhoodRows window,
    int rows,
    int stride,
    int precision)
{
    int pairs = NetworkTile_Steps(9 * window.gathered, precision) * NetworkTile_StepLength(precision) / 2;
    for (int i = GROUP_IDX_X; i < rows * pairs; i += 256)
    {
        int row = i / pairs;
        int column = i % pairs * 2;
        int pixel = GRID_IDX_X * rows + row;
        NetworkTile_SetPair(tile + row * stride, column, Neighbors_Element(source, window, pixel, column), Neighbors_Element(source, window, pixel, column + 1), precision);
    }
}

DEV int NetworkProduct_BlocksOf(int columns)
{
    return (columns + 128 - 1) / 128 * 8;
}

DEV void NetworkProduct_StartStep(LPTR(float) stage, GCPTR(float) weights, int bands, bool valid)
{
    if (valid)
    {
        UNROLL
        for (int band = 0; band < 4; band++)
        {
            if (band < bands)
            {
                ASYNC_COPY_16(stage + (band * 128 + WARP_LANE_IDX * 4), weights + band * 8 * 128);
            }
        }
    }
    ASYNC_COMMIT();
}

DEV void NetworkProduct_MultiplyStep(
    PPTR(float) sums,
    LPTR(float) tile,
    int stride,
    LPTR(float) stage,
    int bands)
{
    f4 left[8];
    LPTR(float) rows = tile + WARP_LANE_IDX / 8 * 8 * stride;
    LPTR(float) columns = stage + WARP_LANE_IDX % 8 * 2;
    UNROLL
    for (int k = 0; k < 8; k += 4)
    {
        UNROLL
        for (int r = 0; r < 8; r++)
        {
            left[r] = LOAD_F4_L(rows, (i64)(r * stride + k));
        }
        UNROLL
        for (int band = 0; band < 4; band++)
        {
            if (band < bands)
            {
                LPTR(float) right = columns + (band * 128 + k * 16);
                f2 b0 = LOAD_F2_L(right, (i64)0);
                f2 b1 = LOAD_F2_L(right, (i64)16);
                f2 b2 = LOAD_F2_L(right, (i64)32);
                f2 b3 = LOAD_F2_L(right, (i64)48);
                UNROLL
                for (int r = 0; r < 8; r++)
                {
                    f4 a = left[r];
                    int place = (band * 8 + r) * 2;
                    float first = sums[place];
                    float second = sums[place + 1];
                    first = FMA_F32(a.x, b0.x, first);
                    second = FMA_F32(a.x, b0.y, second);
                    first = FMA_F32(a.y, b1.x, first);
                    second = FMA_F32(a.y, b1.y, second);
                    first = FMA_F32(a.z, b2.x, first);
                    second = FMA_F32(a.z, b2.y, second);
                    first = FMA_F32(a.w, b3.x, first);
                    second = FMA_F32(a.w, b3.y, second);
                    sums[place] = first;
                    sums[place + 1] = second;
                }
            }
        }
    }
}

DEV void NetworkProduct_MultiplyFragments(
    PPTR(float) sums,
    LPTR(float) tile,
    int stride,
    LPTR(float) stage,
    int bands,
    int precision,
    int rowBlocks WARP_ARG)
{
    u32 left[16];
    u32 right[4];
    UNROLL
    for (int i = 0; i < 4; i++)
    {
        if (i < rowBlocks)
        {
            LOAD_WORDS_X4(left + i * 4, tile + ((i * 16 + WARP_LANE_IDX % 16) * stride + WARP_LANE_IDX / 16 * 4) WARP_PASS);
        }
    }
    UNROLL
    for (int band = 0; band < 4; band++)
    {
        if (band < bands)
        {
            f4 words = LOAD_F4_L(stage, (i64)(band * 128 + WARP_LANE_IDX * 4));
            right[0] = BITS_F2U(words.x);
            right[1] = BITS_F2U(words.y);
            right[2] = BITS_F2U(words.z);
            right[3] = BITS_F2U(words.w);
            UNROLL
            for (int i = 0; i < 4; i++)
            {
                if (i < rowBlocks)
                {
                    PPTR(float) ofBlock = sums + (band * rowBlocks + i) * 8;
                    if (precision == 2)
                    {
                        MMA_BF16(ofBlock, left + i * 4, right WARP_PASS);
                        MMA_BF16(ofBlock + 4, left + i * 4, right + 2 WARP_PASS);
                    }
                    else
                    {
                        MMA_TF32(ofBlock, left + i * 4, right WARP_PASS);
                        MMA_TF32(ofBlock + 4, left + i * 4, right + 2 WARP_PASS);
                    }
                }
            }
        }
    }
}

DEV void NetworkProduct_Multiply(
    PPTR(float) sums,
    LPTR(float) tile,
    int stride,
    LPTR(float) ring,
    GCPTR(float) weights,
    int steps,
    int blocks,
    int bands,
    int precision,
    int rowBlocks WARP_ARG)
{
    UNROLL
    for (int i = 0; i < 128; i++)
    {
        if (i < rowBlocks * 32)
        {
            sums[i] = 0.0f;
        }
    }
    int stageWords = bands * 128;
    LPTR(float) stages = ring + WARP_IDX * 3 * stageWords;
    GCPTR(float) own = weights + (WARP_IDX * 128 + WARP_LANE_IDX * 4);
    for (int step = 0; step < 2; step++)
    {
        NetworkProduct_StartStep(stages + step * stageWords, own + step * blocks * 128, bands, step < steps);
    }
    for (int step = 0; step < steps; step++)
    {
        ASYNC_WAIT(1);
        if (precision == 0)
        {
            WARP_BARRIER();
        }
        int next = step + 3 - 1;
        NetworkProduct_StartStep(stages + next % 3 * stageWords, own + next * blocks * 128, bands, next < steps);
        LPTR(float) stage = stages + step % 3 * stageWords;
        if (precision == 0)
        {
            NetworkProduct_MultiplyStep(sums, tile + step * 8, stride, stage, bands);
        }
        else
        {
            NetworkProduct_MultiplyFragments(sums, tile + step * 8, stride, stage, bands, precision, rowBlocks WARP_PASS);
        }
    }
    if (precision == 0)
    {
        WARP_BARRIER();
    }
}

DEV int NetworkProduct_BandsOf(int columns)
{
    return MIN_I32((columns + 128 - 1) / 128, 4);
}

DEV int NetworkProduct_RowOf(int pair, int precision)
{
    return (precision == 0) ? WARP_LANE_IDX / 8 * 8 + pair : pair / 4 * 16 + pair % 2 * 8 + WARP_LANE_IDX / 4;
}

DEV int NetworkProduct_ColumnOf(int pair, int precision)
{
    return WARP_IDX * 16 + ((precision == 0) ? WARP_LANE_IDX % 8 * 2 : pair / 2 % 2 * 8 + WARP_LANE_IDX % 4 * 2);
}

DEV int NetworkProduct_PairsOf(int rowBlocks)
{
    return rowBlocks * 8 / 2;
}

DEV void NetworkProduct_StorePair(GPTR(float) output, i64 place, int room, PPTR(float) pair)
{
    if (place % (i64)2 == (i64)0 && room > 1)
    {
        STORE_F2_G(output, place, F2(pair[0], pair[1]));
    }
    else
    {
        output[place] = pair[0];
        if (room > 1)
        {
            output[place + (i64)1] = pair[1];
        }
    }
}

DEV void NetworkProduct_Store(
    PPTR(float) sums,
    GPTR(float) output,
    int column,
    int columns,
    int pixels,
    int precision,
    int rowBlocks)
{
    int origin = OPAQUE_I32(0);
    UNROLL
    for (int band = 0; band < 4; band++)
    {
        UNROLL
        for (int pair = 0; pair < 16; pair++)
        {
            int pixel = GRID_IDX_X * rowBlocks * 16 + NetworkProduct_RowOf(pair, precision) + origin;
            int c = column + band * 128 + NetworkProduct_ColumnOf(pair, precision) + origin;
            if (pair < NetworkProduct_PairsOf(rowBlocks) && pixel < pixels && c < columns)
            {
                NetworkProduct_StorePair(output, (i64)pixel * (i64)columns + (i64)c, columns - c, sums + (band * NetworkProduct_PairsOf(rowBlocks) + pair) * 2);
            }
        }
    }
}

DEV void NetworkForwardKernels_Rectify(
    PPTR(float) sums,
    LPTR(float) tile,
    int stride,
    GCPTR(float) bias,
    int columns,
    int precision,
    int rowBlocks)
{
    int end = NetworkTile_Steps(columns, precision) * NetworkTile_StepLength(precision);
    int origin = OPAQUE_I32(0);
    UNROLL
    for (int band = 0; band < 4; band++)
    {
        UNROLL
        for (int pair = 0; pair < 16; pair++)
        {
            int column = band * 128 + NetworkProduct_ColumnOf(pair, precision) + origin;
            if (pair < NetworkProduct_PairsOf(rowBlocks) && column < end)
            {
                int place = (band * NetworkProduct_PairsOf(rowBlocks) + pair) * 2;
                float first = (column < columns) ? bias[column] : 0.0f;
                float second = (column + 1 < columns) ? bias[column + 1] : 0.0f;
                NetworkTile_SetPair(tile + (NetworkProduct_RowOf(pair, precision) + origin) * stride, column, MAX_F32(sums[place] + first, 0.0f), MAX_F32(sums[place + 1] + second, 0.0f), precision);
            }
        }
    }
}

DEV void NetworkTile_CopyRows(
    LPTR(float) tile,
    GPTR(float) destination,
    int pixels,
    int rows,
    int stride,
    int words)
{
    int vectors = words / 4;
    int first = GRID_IDX_X * rows;
    for (int i = GROUP_IDX_X; i < MIN_I32(rows, pixels - first) * vectors; i += 256)
    {
        int row = i / vectors;
        int word = i % vectors * 4;
        STORE_F4_G(destination, (i64)(first + row) * (i64)words + (i64)word, LOAD_F4_L(tile, (i64)(row * stride + word)));
    }
}

DEV void NetworkForwardKernels_Run(
    LPTR(float) tile,
    GCPTR(float) x,
    GCPTR(float) weights,
    GCPTR(float) biases,
    GPTR(float) kept,
    GPTR(float) output,
    NetworkForwardKernels_NeighborhoodRows patches,
    NetworkForwardKernels_NetworkChain chain,
    int precision,
    int rowBlocks WARP_ARG)
{
    int rows = rowBlocks * 16;
    int words = NetworkTile_Words(chain.hidden, precision);
    LPTR(float) ring = tile + rows * chain.stride;
    GCPTR(float) matrix = weights;
    float sums[128];
    NetworkTile_Gather(tile, x, patches, rows, chain.stride, precision);
    GROUP_BARRIER();
    for (int product = 0; product < chain.products; product++)
    {
        int steps = NetworkTile_Steps((product == 0) ? 9 * patches.gathered : chain.hidden, precision);
        int columns = (product == 2) ? chain.columns : chain.hidden;
        int blocks = NetworkProduct_BlocksOf(columns);
        for (int column = 0; column < columns; column += 512)
        {
            NetworkProduct_Multiply(sums, tile, chain.stride, ring, matrix + column / 16 * 128, steps, blocks, NetworkProduct_BandsOf(columns - column), precision, rowBlocks WARP_PASS);
            GROUP_BARRIER();
            bool last = product == chain.products - 1;
            if (last)
            {
                NetworkProduct_Store(sums, output, column, columns, patches.pixels, precision, rowBlocks);
            }
            else
            {
                NetworkForwardKernels_Rectify(sums, tile, chain.stride, biases + product * chain.hidden, chain.hidden, precision, rowBlocks);
            }
            GROUP_BARRIER();
            if (!last && chain.keep != 0)
            {
                NetworkTile_CopyRows(tile, kept + (i64)product * (i64)patches.pixels * (i64)words, patches.pixels, rows, chain.stride, words);
            }
        }
        matrix = matrix + (i64)steps * (i64)blocks * (i64)128;
    }
}

KERNEL(256) void NetworkForwardKernels_Full(
    GIN(float, x),
    GIN(float, weights),
    GIN(float, biases),
    GOUT(float, kept),
    GOUT(float, output),
    NetworkForwardKernels_NeighborhoodRows patches,
    NetworkForwardKernels_NetworkChain chain DYN_PARAM)
{
    VIEW_IN(float, x);
    VIEW_IN(float, weights);
    VIEW_IN(float, biases);
    VIEW_OUT(float, kept);
    VIEW_OUT(float, output);
    WARP_SCRATCH(256);
    DYN_SHARED(float, tile);
    NetworkForwardKernels_Run(tile, x, weights, biases, kept, output, patches, chain, 0, 2 WARP_PASS);
}

KERNEL(256) void NetworkForwardKernels_TensorFloat32(
    GIN(float, x),
    GIN(float, weights),
    GIN(float, biases),
    GOUT(float, kept),
    GOUT(float, output),
    NetworkForwardKernels_NeighborhoodRows patches,
    NetworkForwardKernels_NetworkChain chain DYN_PARAM)
{
    VIEW_IN(float, x);
    VIEW_IN(float, weights);
    VIEW_IN(float, biases);
    VIEW_OUT(float, kept);
    VIEW_OUT(float, output);
    WARP_SCRATCH(256);
    DYN_SHARED(float, tile);
    NetworkForwardKernels_Run(tile, x, weights, biases, kept, output, patches, chain, 1, 2 WARP_PASS);
}

KERNEL(256) void NetworkForwardKernels_TensorFloat32Wide(
    GIN(float, x),
    GIN(float, weights),
    GIN(float, biases),
    GOUT(float, kept),
    GOUT(float, output),
    NetworkForwardKernels_NeighborhoodRows patches,
    NetworkForwardKernels_NetworkChain chain DYN_PARAM)
{
    VIEW_IN(float, x);
    VIEW_IN(float, weights);
    VIEW_IN(float, biases);
    VIEW_OUT(float, kept);
    VIEW_OUT(float, output);
    WARP_SCRATCH(256);
    DYN_SHARED(float, tile);
    NetworkForwardKernels_Run(tile, x, weights, biases, kept, output, patches, chain, 1, 4 WARP_PASS);
}

KERNEL(256) void NetworkForwardKernels_BFloat16(
    GIN(float, x),
    GIN(float, weights),
    GIN(float, biases),
    GOUT(float, kept),
    GOUT(float, output),
    NetworkForwardKernels_NeighborhoodRows patches,
    NetworkForwardKernels_NetworkChain chain DYN_PARAM)
{
    VIEW_IN(float, x);
    VIEW_IN(float, weights);
    VIEW_IN(float, biases);
    VIEW_OUT(float, kept);
    VIEW_OUT(float, output);
    WARP_SCRATCH(256);
    DYN_SHARED(float, tile);
    NetworkForwardKernels_Run(tile, x, weights, biases, kept, output, patches, chain, 2, 2 WARP_PASS);
}

KERNEL(256) void NetworkForwardKernels_BFloat16Wide(
    GIN(float, x),
    GIN(float, weights),
    GIN(float, biases),
    GOUT(float, kept),
    GOUT(float, output),
    NetworkForwardKernels_NeighborhoodRows patches,
    NetworkForwardKernels_NetworkChain chain DYN_PARAM)
{
    VIEW_IN(float, x);
    VIEW_IN(float, weights);
    VIEW_IN(float, biases);
    VIEW_OUT(float, kept);
    VIEW_OUT(float, output);
    WARP_SCRATCH(256);
    DYN_SHARED(float, tile);
    NetworkForwardKernels_Run(tile, x, weights, biases, kept, output, patches, chain, 2, 4 WARP_PASS);
}
