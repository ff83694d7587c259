// The kernels of FlowEngine.Conformance.Kernels.PhiloxBlocks. Written by FlowEngine.KernelCompiler; not edited.

typedef struct { u32 keyLow; u32 keyHigh; u32 index; u32 epoch; u32 purpose; } PhiloxBlocks_Stream;

KERNEL(128) void PhiloxBlocks_Fill(GOUT(u32, words), PhiloxBlocks_Stream stream, int blocks)
{
    VIEW_OUT(u32, words);
    i64 block = GRID_GLOBAL_INDEX_X;
    if (block >= (i64)blocks)
    {
        return;
    }
    u32 c0 = (u32)block;
    u32 c1 = stream.index;
    u32 c2 = stream.epoch;
    u32 c3 = stream.purpose;
    u32 k0 = stream.keyLow;
    u32 k1 = stream.keyHigh;
    UNROLL
    for (int round = 0; round < 10; round++)
    {
        u64 product0 = (u64)3528531795u * (u64)c0;
        u64 product1 = (u64)3449720151u * (u64)c2;
        c0 = (u32)(product1 >> 32) ^ c1 ^ k0;
        c2 = (u32)(product0 >> 32) ^ c3 ^ k1;
        c1 = (u32)product1;
        c3 = (u32)product0;
        k0 += 2654435769u;
        k1 += 3144134277u;
    }
    words[(i64)4 * block] = c0;
    words[(i64)4 * block + (i64)1] = c1;
    words[(i64)4 * block + (i64)2] = c2;
    words[(i64)4 * block + (i64)3] = c3;
}
