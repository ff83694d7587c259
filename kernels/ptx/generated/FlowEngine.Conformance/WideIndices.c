// The kernels of FlowEngine.Conformance.Kernels.WideIndices. Written by FlowEngine.KernelCompiler; not edited.

KERNEL(64) void WideIndices_Mark(GOUT(u8, marks), GOUT(u32, back), i64 start, i64 stride, int count)
{
    VIEW_OUT(u8, marks);
    VIEW_OUT(u32, back);
    int i = GRID_IDX_X * GROUP_DIM_X + GROUP_IDX_X;
    if (i >= count)
    {
        return;
    }
    i64 place = start + (i64)i * stride;
    marks[place] = (u8)(i + 1);
    back[i] = (u32)(marks + place)[0] + ((u32)(place >> 31) << 8);
}
