// The kernels of FlowEngine.Conformance.Kernels.PrefixSums. Written by FlowEngine.KernelCompiler; not edited.

KERNEL(128) void PrefixSums_Inclusive(GIN(int, x), GOUT(int, sums), int length DYN_PARAM)
{
    VIEW_IN(int, x);
    VIEW_OUT(int, sums);
    DYN_SHARED(int, rows);
    i64 row = (i64)GRID_IDX_X * (i64)length;
    for (int i = GROUP_IDX_X; i < length; i += 128)
    {
        rows[i] = x[row + (i64)i];
    }
    GROUP_BARRIER();
    int from = 0;
    for (int distance = 1; distance < length; distance *= 2)
    {
        for (int i = GROUP_IDX_X; i < length; i += 128)
        {
            int before = (i >= distance) ? rows[from + i - distance] : 0;
            rows[length - from + i] = rows[from + i] + before;
        }
        from = length - from;
        GROUP_BARRIER();
    }
    for (int i = GROUP_IDX_X; i < length; i += 128)
    {
        sums[row + (i64)i] = rows[from + i];
    }
}
