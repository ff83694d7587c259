// The kernels of FlowEngine.Conformance.Kernels.Reductions. Written by FlowEngine.KernelCompiler; not edited.

DEV float Reductions_PartialSum(GCPTR(float) row, int length)
{
    float sum = 0.0f;
    for (int i = GROUP_IDX_X; i < length; i += 256)
    {
        sum += row[i];
    }
    return sum;
}

KERNEL(256) void Reductions_SumByShared(GIN(float, x), GOUT(float, sums), int length)
{
    VIEW_IN(float, x);
    VIEW_OUT(float, sums);
    SHARED(float, partial, 256);
    partial[GROUP_IDX_X] = Reductions_PartialSum(x + (i64)GRID_IDX_X * (i64)length, length);
    GROUP_BARRIER();
    for (int half_ = 128; half_ > 0; half_ /= 2)
    {
        if (GROUP_IDX_X < half_)
        {
            partial[GROUP_IDX_X] += partial[GROUP_IDX_X + half_];
        }
        GROUP_BARRIER();
    }
    if (GROUP_IDX_X == 0)
    {
        sums[GRID_IDX_X] = partial[0];
    }
}

DEV float Reductions_WarpSum(float value WARP_ARG)
{
    for (int mask = 16; mask > 0; mask /= 2)
    {
        value += SHFL_XOR_F32(value, mask WARP_PASS);
    }
    return value;
}

KERNEL(256) void Reductions_SumByShuffle(GIN(float, x), GOUT(float, sums), int length)
{
    VIEW_IN(float, x);
    VIEW_OUT(float, sums);
    WARP_SCRATCH(256);
    SHARED(float, ofWarps, 8);
    float sum = Reductions_WarpSum(Reductions_PartialSum(x + (i64)GRID_IDX_X * (i64)length, length) WARP_PASS);
    if (WARP_LANE_IDX == 0)
    {
        ofWarps[WARP_IDX] = sum;
    }
    GROUP_BARRIER();
    sum = Reductions_WarpSum((WARP_LANE_IDX < 8) ? ofWarps[WARP_LANE_IDX] : 0.0f WARP_PASS);
    if (GROUP_IDX_X == 0)
    {
        sums[GRID_IDX_X] = sum;
    }
}
