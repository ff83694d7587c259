// The kernels of FlowEngine.Conformance.Kernels.BFloat16Product. Written by FlowEngine.KernelCompiler; not edited.

DEV int BFloat16Product_Place(int row, int chunk)
{
    return row * 32 + (chunk ^ (row / 2 % 4)) * 8;
}

DEV void BFloat16Product_StartTile(
    LPTR(u16) tile,
    GCPTR(u16) matrix,
    int first,
    int depth,
    int rows,
    int k)
{
    int chunk = GROUP_IDX_X % 4;
    int place = depth + chunk * 8;
    UNROLL
    for (int i = 0; i < 4; i++)
    {
        int r = GROUP_IDX_X / 4 + i * 32;
        bool inside = first + r < rows && place < k;
        ASYNC_COPY_16_OR_ZERO(tile + BFloat16Product_Place(r, chunk), matrix + (inside ? (i64)(first + r) * (i64)k + (i64)place : (i64)0), inside);
    }
}

DEV void BFloat16Product_StartStage(
    LPTR(u16) stage,
    GCPTR(u16) a,
    GCPTR(u16) b,
    int row,
    int column,
    int depth,
    int m,
    int n,
    int k)
{
    if (depth < k)
    {
        BFloat16Product_StartTile(stage, a, row, depth, m, k);
        BFloat16Product_StartTile(stage + 4096, b, column, depth, n, k);
    }
    ASYNC_COMMIT();
}

DEV void BFloat16Product_StorePair(
    GPTR(float) c,
    int row,
    int column,
    int m,
    int n,
    PPTR(float) pair)
{
    if (row < m)
    {
        i64 place = (i64)row * (i64)n + (i64)column;
        if (n % 2 == 0 && column < n)
        {
            STORE_F2_G(c, place, F2(pair[0], pair[1]));
        }
        else
        {
            if (column < n)
            {
                c[place] = pair[0];
            }
            if (column + 1 < n)
            {
                c[place + (i64)1] = pair[1];
            }
        }
    }
}

KERNEL(128) void BFloat16Product_Multiply(
    GIN(u16, a),
    GIN(u16, b),
    GOUT(float, c),
    int m,
    int n,
    int k DYN_PARAM)
{
    VIEW_IN(u16, a);
    VIEW_IN(u16, b);
    VIEW_OUT(float, c);
    WARP_SCRATCH(128);
    DYN_SHARED(u16, stages);
    float sums[128];
    u32 left[16];
    u32 right[16];
    UNROLL
    for (int i = 0; i < 128; i++)
    {
        sums[i] = 0.0f;
    }
    int row = GRID_IDX_Y * 128;
    int column = GRID_IDX_X * 128;
    int warpRow = WARP_IDX / 2 * 64;
    int warpColumn = WARP_IDX % 2 * 64;
    int steps = (k + 32 - 1) / 32;
    for (int stage = 0; stage < 3; stage++)
    {
        BFloat16Product_StartStage(stages + stage * 8192, a, b, row, column, stage * 32, m, n, k);
    }
    for (int step = 0; step < steps; step++)
    {
        ASYNC_WAIT(2);
        GROUP_BARRIER();
        int next = step + 4 - 1;
        BFloat16Product_StartStage(stages + next % 4 * 8192, a, b, row, column, next * 32, m, n, k);
        LPTR(u16) tileA = stages + step % 4 * 8192;
        LPTR(u16) tileB = tileA + 4096;
        UNROLL
        for (int half_ = 0; half_ < 2; half_++)
        {
            UNROLL
            for (int i = 0; i < 4; i++)
            {
                int r = warpRow + i * 16 + WARP_LANE_IDX % 16;
                LOAD_MATRIX_X4(left + i * 4, tileA + BFloat16Product_Place(r, half_ * 2 + WARP_LANE_IDX / 16) WARP_PASS);
            }
            UNROLL
            for (int j = 0; j < 8; j += 2)
            {
                int r = warpColumn + j * 8 + WARP_LANE_IDX % 8 + WARP_LANE_IDX / 16 * 8;
                LOAD_MATRIX_X4(right + j * 2, tileB + BFloat16Product_Place(r, half_ * 2 + WARP_LANE_IDX / 8 % 2) WARP_PASS);
            }
            UNROLL
            for (int i = 0; i < 4; i++)
            {
                UNROLL
                for (int j = 0; j < 8; j++)
                {
                    MMA_BF16(sums + (i * 8 + j) * 4, left + i * 4, right + j * 2 WARP_PASS);
                }
            }
        }
    }
    UNROLL
    for (int i = 0; i < 4; i++)
    {
        UNROLL
        for (int j = 0; j < 8; j++)
        {
            int r = row + warpRow + i * 16 + WARP_LANE_IDX / 4;
            int col = column + warpColumn + j * 8 + WARP_LANE_IDX % 4 * 2;
            BFloat16Product_StorePair(c, r, col, m, n, sums + (i * 8 + j) * 4);
            BFloat16Product_StorePair(c, r + 8, col, m, n, sums + ((i * 8 + j) * 4 + 2));
        }
    }
}
