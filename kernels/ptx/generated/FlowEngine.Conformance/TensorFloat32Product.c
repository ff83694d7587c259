// The kernels of FlowEngine.Conformance.Kernels.TensorFloat32Product. Written by FlowEngine.KernelCompiler; not edited.

DEV void TensorFloat32Product_StartTile(
    LPTR(float) tile,
    GCPTR(float) matrix,
    int first,
    int depth,
    int rows,
    int k)
{
    for (int i = GROUP_IDX_X; i < 256; i += 128)
    {
        int r = i / 4;
        int place = depth + i % 4 * 4;
        bool inside = first + r < rows && place < k;
        ASYNC_COPY_16_OR_ZERO(tile + (r * 20 + i % 4 * 4), matrix + (inside ? (i64)(first + r) * (i64)k + (i64)place : (i64)0), inside);
    }
}

KERNEL(128) void TensorFloat32Product_Multiply(
    GIN(float, a),
    GIN(float, b),
    GOUT(float, c),
    int m,
    int n,
    int k)
{
    VIEW_IN(float, a);
    VIEW_IN(float, b);
    VIEW_OUT(float, c);
    WARP_SCRATCH(128);
    SHARED(float, tileA, 2560);
    SHARED(float, tileB, 2560);
    float sums[32];
    u32 left[8];
    u32 right[2];
    UNROLL
    for (int i = 0; i < 32; i++)
    {
        sums[i] = 0.0f;
    }
    int row = GRID_IDX_Y * 64;
    int column = GRID_IDX_X * 64;
    int warpRow = WARP_IDX / 2 * 32;
    int warpColumn = WARP_IDX % 2 * 32;
    int g = WARP_LANE_IDX / 4;
    int q = WARP_LANE_IDX % 4;
    int steps = (k + 16 - 1) / 16;
    TensorFloat32Product_StartTile(tileA, a, row, 0, m, k);
    TensorFloat32Product_StartTile(tileB, b, column, 0, n, k);
    ASYNC_COMMIT();
    for (int step = 0; step < steps; step++)
    {
        int next = (step + 1) % 2 * 64 * 20;
        TensorFloat32Product_StartTile(tileA + next, a, row, (step + 1) * 16, m, k);
        TensorFloat32Product_StartTile(tileB + next, b, column, (step + 1) * 16, n, k);
        ASYNC_COMMIT();
        ASYNC_WAIT(1);
        GROUP_BARRIER();
        LPTR(float) rowsA = tileA + (step % 2 * 64 * 20 + warpRow * 20);
        LPTR(float) rowsB = tileB + (step % 2 * 64 * 20 + warpColumn * 20);
        UNROLL
        for (int depth = 0; depth < 16; depth += 8)
        {
            UNROLL
            for (int i = 0; i < 2; i++)
            {
                int place = (i * 16 + g) * 20 + depth + q;
                left[i * 4] = TO_TF32(rowsA[place]);
                left[i * 4 + 1] = TO_TF32(rowsA[place + 160]);
                left[i * 4 + 2] = TO_TF32(rowsA[place + 4]);
                left[i * 4 + 3] = TO_TF32(rowsA[place + 160 + 4]);
            }
            UNROLL
            for (int j = 0; j < 4; j++)
            {
                int place = (j * 8 + g) * 20 + depth + q;
                right[0] = TO_TF32(rowsB[place]);
                right[1] = TO_TF32(rowsB[place + 4]);
                UNROLL
                for (int i = 0; i < 2; i++)
                {
                    MMA_TF32(sums + (i * 4 + j) * 4, left + i * 4, right + 0 WARP_PASS);
                }
            }
        }
        GROUP_BARRIER();
    }
    UNROLL
    for (int i = 0; i < 2; i++)
    {
        UNROLL
        for (int j = 0; j < 4; j++)
        {
            UNROLL
            for (int e = 0; e < 4; e++)
            {
                int r = row + warpRow + i * 16 + g + e / 2 * 8;
                int col = column + warpColumn + j * 8 + q * 2 + e % 2;
                if (r < m && col < n)
                {
                    c[(i64)r * (i64)n + (i64)col] = sums[(i * 4 + j) * 4 + e];
                }
            }
        }
    }
}
