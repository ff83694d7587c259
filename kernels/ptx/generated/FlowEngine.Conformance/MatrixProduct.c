// The kernels of FlowEngine.Conformance.Kernels.MatrixProduct. Written by FlowEngine.KernelCompiler; not edited.

DEV void MatrixProduct_MultiplyRow(PPTR(float) sums, float left, f4 right)
{
    sums[0] = FMA_F32(left, right.x, sums[0]);
    sums[1] = FMA_F32(left, right.y, sums[1]);
    sums[2] = FMA_F32(left, right.z, sums[2]);
    sums[3] = FMA_F32(left, right.w, sums[3]);
}

KERNEL(256) void MatrixProduct_Multiply(
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
    SHARED(float, tileA, 1024);
    SHARED(float, tileB, 1024);
    float sums[16];
    UNROLL
    for (int i = 0; i < 16; i++)
    {
        sums[i] = 0.0f;
    }
    int row = GRID_IDX_Y * 64;
    int column = GRID_IDX_X * 64;
    int threadRow = GROUP_IDX_X / 16 * 4;
    int threadColumn = GROUP_IDX_X % 16 * 4;
    for (int start = 0; start < k; start += 16)
    {
        for (int i = GROUP_IDX_X; i < 1024; i += 256)
        {
            int r = row + i / 16;
            int depth = start + i % 16;
            tileA[i % 16 * 64 + i / 16] = (r < m && depth < k) ? a[(i64)r * (i64)k + (i64)depth] : 0.0f;
        }
        for (int i = GROUP_IDX_X; i < 1024; i += 256)
        {
            int depth = start + i / 64;
            int col = column + i % 64;
            tileB[i] = (depth < k && col < n) ? b[(i64)depth * (i64)n + (i64)col] : 0.0f;
        }
        GROUP_BARRIER();
        UNROLL
        for (int depth = 0; depth < 16; depth++)
        {
            f4 left = LOAD_F4_L(tileA, (i64)(depth * 64 + threadRow));
            f4 right = LOAD_F4_L(tileB, (i64)(depth * 64 + threadColumn));
            MatrixProduct_MultiplyRow(sums + 0, left.x, right);
            MatrixProduct_MultiplyRow(sums + 4, left.y, right);
            MatrixProduct_MultiplyRow(sums + 8, left.z, right);
            MatrixProduct_MultiplyRow(sums + 12, left.w, right);
        }
        GROUP_BARRIER();
    }
    UNROLL
    for (int i = 0; i < 4; i++)
    {
        UNROLL
        for (int j = 0; j < 4; j++)
        {
            int r = row + threadRow + i;
            int col = column + threadColumn + j;
            if (r < m && col < n)
            {
                c[(i64)r * (i64)n + (i64)col] = sums[i * 4 + j];
            }
        }
    }
}
