// The kernels of FlowEngine.Kernels.Device.WeightGradientKernels. Written by FlowEngine.KernelCompiler; not edited.

typedef struct { int inputs; int hidden; int outputs; int pixels; int slice; } WeightGradientKernels_Sizes;

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

DEV int WeightGradientKernels_Tiles(int length)
{
    return (length + 128 - 1) / 128;
}

DEV int WeightGradientKernels_Stride(int precision)
{
    return (precision == 2) ? 68 : 136;
}

DEV int WeightGradientKernels_StageWords(int precision)
{
    return 4 * NetworkTile_StepLength(precision) * WeightGradientKernels_Stride(precision);
}

DEV void WeightGradientKernels_StartRows(
    LPTR(float) stage,
    GCPTR(float) matrix,
    int element,
    int words,
    int pixel,
    int end,
    int precision)
{
    int perWord = (precision == 2) ? 2 : 1;
    int vectors = 128 / perWord / 4;
    for (int i = GROUP_IDX_X; i < NetworkTile_StepLength(precision) * 2 * vectors; i += 256)
    {
        int row = i / vectors;
        int word = i % vectors * 4;
        int place = element / perWord + word;
        bool inside = pixel + row < end && place < words;
        ASYNC_COPY_16_OR_ZERO(stage + (row * WeightGradientKernels_Stride(precision) + word), matrix + (inside ? (i64)(pixel + row) * (i64)words + (i64)place : (i64)0), inside);
    }
}

DEV void TileProduct_AddRow(PPTR(float) sums, float left, f4 right)
{
    sums[0] = FMA_F32(left, right.x, sums[0]);
    sums[1] = FMA_F32(left, right.y, sums[1]);
    sums[2] = FMA_F32(left, right.z, sums[2]);
    sums[3] = FMA_F32(left, right.w, sums[3]);
}

DEV void WeightGradientKernels_MultiplyRows(
    PPTR(float) sums,
    LPTR(float) leftRows,
    LPTR(float) rightRows)
{
    int row = GROUP_IDX_X / 16 * 4;
    int column = GROUP_IDX_X % 16 * 4;
    UNROLL
    for (int k = 0; k < 8; k++)
    {
        UNROLL
        for (int i = 0; i < 2; i++)
        {
            f4 a = LOAD_F4_L(leftRows, (i64)(k * 136 + row + i * 64));
            UNROLL
            for (int j = 0; j < 2; j++)
            {
                f4 b = LOAD_F4_L(rightRows, (i64)(k * 136 + column + j * 64));
                TileProduct_AddRow(sums + (i * 32 + j * 4), a.x, b);
                TileProduct_AddRow(sums + (i * 32 + j * 4 + 8), a.y, b);
                TileProduct_AddRow(sums + (i * 32 + j * 4 + 16), a.z, b);
                TileProduct_AddRow(sums + (i * 32 + j * 4 + 24), a.w, b);
            }
        }
    }
}

DEV void WeightGradientKernels_MultiplyFragments(
    PPTR(float) sums,
    LPTR(float) leftRows,
    LPTR(float) rightRows,
    int precision WARP_ARG)
{
    u32 left[16];
    u32 right[8];
    int row = WARP_IDX / 4 * 64;
    int column = WARP_IDX % 4 * 32;
    if (precision == 2)
    {
        UNROLL
        for (int i = 0; i < 4; i++)
        {
            int k = WARP_LANE_IDX % 8 + WARP_LANE_IDX / 16 * 8;
            int m = row + i * 16 + WARP_LANE_IDX / 8 % 2 * 8;
            LOAD_WORDS_X4_TRANS(left + i * 4, leftRows + (k * 68 + m / 2) WARP_PASS);
        }
        UNROLL
        for (int j = 0; j < 4; j += 2)
        {
            int k = WARP_LANE_IDX % 16;
            int n = column + j * 8 + WARP_LANE_IDX / 16 * 8;
            LOAD_WORDS_X4_TRANS(right + j * 2, rightRows + (k * 68 + n / 2) WARP_PASS);
        }
    }
    else
    {
        int k = WARP_LANE_IDX % 4 * 136;
        UNROLL
        for (int i = 0; i < 4; i++)
        {
            LPTR(float) place = leftRows + (k + row + i * 16 + WARP_LANE_IDX / 4);
            left[i * 4] = BITS_F2U(place[0]);
            left[i * 4 + 1] = BITS_F2U(place[8]);
            left[i * 4 + 2] = BITS_F2U(place[544]);
            left[i * 4 + 3] = BITS_F2U(place[552]);
        }
        UNROLL
        for (int j = 0; j < 4; j++)
        {
            LPTR(float) place = rightRows + (k + column + j * 8 + WARP_LANE_IDX / 4);
            right[j * 2] = BITS_F2U(place[0]);
            right[j * 2 + 1] = BITS_F2U(place[544]);
        }
    }
    UNROLL
    for (int i = 0; i < 4; i++)
    {
        UNROLL
        for (int j = 0; j < 4; j++)
        {
            if (precision == 2)
            {
                MMA_BF16(sums + (i * 4 + j) * 4, left + i * 4, right + j * 2 WARP_PASS);
            }
            else
            {
                MMA_TF32(sums + (i * 4 + j) * 4, left + i * 4, right + j * 2 WARP_PASS);
            }
        }
    }
}

DEV void WeightGradientKernels_Store(
    PPTR(float) sums,
    GPTR(float) product,
    int row,
    int column,
    int rows,
    int columns,
    int precision)
{
    UNROLL
    for (int pair = 0; pair < 32; pair++)
    {
        int r;
        int c;
        if (precision == 0)
        {
            r = pair / 16 * 64 + pair / 4 % 4 + GROUP_IDX_X / 16 * 4;
            c = pair / 2 % 2 * 64 + pair % 2 * 2 + GROUP_IDX_X % 16 * 4;
        }
        else
        {
            r = WARP_IDX / 4 * 64 + pair / 8 * 16 + pair % 2 * 8 + WARP_LANE_IDX / 4;
            c = WARP_IDX % 4 * 32 + pair / 2 % 4 * 8 + WARP_LANE_IDX % 4 * 2;
        }
        if (row + r < rows && column + c < columns)
        {
            i64 place = (i64)(row + r) * (i64)columns + (i64)column + (i64)c;
            int room = columns - column - c;
            product[place] = sums[pair * 2];
            if (room > 1)
            {
                product[place + (i64)1] = sums[pair * 2 + 1];
            }
        }
    }
}

DEV void WeightGradientKernels_Run(
    LPTR(float) stages,
    GCPTR(float) hidden,
    GCPTR(float) dHidden,
    GCPTR(float) patches,
    GCPTR(float) dTaps,
    GPTR(float) parts,
    WeightGradientKernels_Sizes sizes,
    int precision WARP_ARG)
{
    i64 layer = (i64)sizes.pixels * (i64)NetworkTile_Words(sizes.hidden, precision);
    int rowTiles = WeightGradientKernels_Tiles(sizes.hidden);
    int tile = GRID_IDX_X;
    int columns = sizes.inputs;
    i64 start = (i64)0;
    GCPTR(float) left = dHidden;
    GCPTR(float) right = patches;
    if (tile >= rowTiles * WeightGradientKernels_Tiles(columns))
    {
        tile -= rowTiles * WeightGradientKernels_Tiles(columns);
        start += (i64)sizes.hidden * (i64)columns;
        columns = sizes.hidden;
        left = dHidden + layer;
        right = hidden;
        if (tile >= rowTiles * WeightGradientKernels_Tiles(columns))
        {
            tile -= rowTiles * WeightGradientKernels_Tiles(columns);
            start += (i64)sizes.hidden * (i64)columns;
            columns = sizes.outputs;
            left = hidden + layer;
            right = dTaps;
        }
    }
    int row = tile % rowTiles * 128;
    int column = tile / rowTiles * 128;
    int first = GRID_IDX_Y * sizes.slice;
    int end = MIN_I32(first + sizes.slice, sizes.pixels);
    float sums[64];
    UNROLL
    for (int i = 0; i < 64; i++)
    {
        sums[i] = 0.0f;
    }
    int depth = NetworkTile_StepLength(precision) * 2;
    int steps = (end - first + depth - 1) / depth;
    int stageWords = WeightGradientKernels_StageWords(precision);
    int leftWords = NetworkTile_Words(sizes.hidden, precision);
    int rightWords = NetworkTile_Words(columns, precision);
    for (int step = 0; step < 2; step++)
    {
        int pixel = first + step * depth;
        WeightGradientKernels_StartRows(stages + step * stageWords, left, row, leftWords, pixel, end, precision);
        WeightGradientKernels_StartRows(stages + (step * stageWords + stageWords / 2), right, column, rightWords, pixel, end, precision);
        ASYNC_COMMIT();
    }
    for (int step = 0; step < steps; step++)
    {
        ASYNC_WAIT(1);
        GROUP_BARRIER();
        int next = step + 3 - 1;
        int pixel = first + next * depth;
        LPTR(float) filled = stages + next % 3 * stageWords;
        WeightGradientKernels_StartRows(filled, left, row, leftWords, pixel, end, precision);
        WeightGradientKernels_StartRows(filled + stageWords / 2, right, column, rightWords, pixel, end, precision);
        ASYNC_COMMIT();
        LPTR(float) rows = stages + step % 3 * stageWords;
        for (int half_ = 0; half_ < 2; half_++)
        {
            LPTR(float) leftRows = rows + half_ * stageWords / 4;
            LPTR(float) rightRows = leftRows + stageWords / 2;
            if (precision == 0)
            {
                WeightGradientKernels_MultiplyRows(sums, leftRows, rightRows);
            }
            else
            {
                WeightGradientKernels_MultiplyFragments(sums, leftRows, rightRows, precision WARP_PASS);
            }
        }
    }
    i64 total = (i64)sizes.hidden * (i64)(sizes.inputs + sizes.hidden + sizes.outputs);
    WeightGradientKernels_Store(sums, parts + ((i64)GRID_IDX_Y * total + start), row, column, sizes.hidden, columns, precision);
}

KERNEL(256) void WeightGradientKernels_Full(
    GIN(float, hidden),
    GIN(float, dHidden),
    GIN(float, patches),
    GIN(float, dTaps),
    GOUT(float, parts),
    WeightGradientKernels_Sizes sizes DYN_PARAM)
{
    VIEW_IN(float, hidden);
    VIEW_IN(float, dHidden);
    VIEW_IN(float, patches);
    VIEW_IN(float, dTaps);
    VIEW_OUT(float, parts);
    WARP_SCRATCH(256);
    DYN_SHARED(float, stages);
    WeightGradientKernels_Run(stages, hidden, dHidden, patches, dTaps, parts, sizes, 0 WARP_PASS);
}

KERNEL(256) void WeightGradientKernels_TensorFloat32(
    GIN(float, hidden),
    GIN(float, dHidden),
    GIN(float, patches),
    GIN(float, dTaps),
    GOUT(float, parts),
    WeightGradientKernels_Sizes sizes DYN_PARAM)
{
    VIEW_IN(float, hidden);
    VIEW_IN(float, dHidden);
    VIEW_IN(float, patches);
    VIEW_IN(float, dTaps);
    VIEW_OUT(float, parts);
    WARP_SCRATCH(256);
    DYN_SHARED(float, stages);
    WeightGradientKernels_Run(stages, hidden, dHidden, patches, dTaps, parts, sizes, 1 WARP_PASS);
}

KERNEL(256) void WeightGradientKernels_BFloat16(
    GIN(float, hidden),
    GIN(float, dHidden),
    GIN(float, patches),
    GIN(float, dTaps),
    GOUT(float, parts),
    WeightGradientKernels_Sizes sizes DYN_PARAM)
{
    VIEW_IN(float, hidden);
    VIEW_IN(float, dHidden);
    VIEW_IN(float, patches);
    VIEW_IN(float, dTaps);
    VIEW_OUT(float, parts);
    WARP_SCRATCH(256);
    DYN_SHARED(float, stages);
    WeightGradientKernels_Run(stages, hidden, dHidden, patches, dTaps, parts, sizes, 2 WARP_PASS);
}
