typedef struct { int count; float factor; } RunnerKernels_Pair;

KERNEL(64) void RunnerKernels_Add(GIN(float, x), GIN(float, y), GOUT(float, sum), int length)
{
    VIEW_IN(float, x);
    VIEW_IN(float, y);
    VIEW_OUT(float, sum);
    int i = (int)GRID_GLOBAL_INDEX_X;
    if (i < length) {
        sum[i] = x[i] + y[i];
    }
}

KERNEL(32) void RunnerKernels_Report(GOUT(double, values), int a, double b, RunnerKernels_Pair c, i64 d, u32 e)
{
    VIEW_OUT(double, values);
    if (GROUP_IDX_X == 0) {
        values[0] = (double)a;
        values[1] = b;
        values[2] = (double)c.count;
        values[3] = (double)c.factor;
        values[4] = (double)d;
        values[5] = (double)e;
    }
}

KERNEL(64) void RunnerKernels_Reverse(GOUT(int, data) DYN_PARAM)
{
    VIEW_OUT(int, data);
    DYN_SHARED(int, tile);
    int first = GRID_IDX_X * 64;
    tile[GROUP_IDX_X] = data[first + GROUP_IDX_X];
    GROUP_BARRIER();
    data[first + GROUP_IDX_X] = tile[63 - GROUP_IDX_X];
}

KERNEL(32) void RunnerKernels_MarkGroups(GOUT(int, marks))
{
    VIEW_OUT(int, marks);
    int group = (GRID_IDX_Z * GRID_DIM_Y + GRID_IDX_Y) * GRID_DIM_X + GRID_IDX_X;
    if (GROUP_IDX_X == 0) {
        marks[group] = group + 1;
    }
}
