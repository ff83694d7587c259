// The kernels of FlowEngine.Conformance.Kernels.WarpExchange. Written by FlowEngine.KernelCompiler; not edited.

KERNEL(64) void WarpExchange_Exchange(GIN(int, values), GOUT(u32, results))
{
    VIEW_IN(int, values);
    VIEW_OUT(u32, results);
    WARP_SCRATCH(64);
    i64 thread = GRID_GLOBAL_INDEX_X;
    int value = values[thread];
    int across = SHFL_XOR_I32(value, 5 WARP_PASS);
    int above = SHFL_DOWN_I32(value, 3 WARP_PASS);
    int chosen = SHFL_I32(value, value & 31 WARP_PASS);
    bool any = WARP_ANY(value > 1000 WARP_PASS);
    bool all = WARP_ALL(value > (-1000) WARP_PASS);
    u32 ballot = WARP_BALLOT((value & 1) != 0 WARP_PASS);
    float real = SHFL_XOR_F32((float)value * 0.5f, 16 WARP_PASS);
    GPTR(u32) mine = results + thread * (i64)7;
    mine[0] = (u32)across;
    mine[1] = (u32)above;
    mine[2] = (u32)chosen;
    mine[3] = any ? 1u : 0u;
    mine[4] = all ? 1u : 0u;
    mine[5] = ballot;
    mine[6] = BITS_F2U(real);
}
