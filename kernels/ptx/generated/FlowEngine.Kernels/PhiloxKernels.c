// The kernels of FlowEngine.Kernels.Device.PhiloxKernels. Written by FlowEngine.KernelCompiler; not edited.

typedef struct { u32 keyLow; u32 keyHigh; u32 epoch; u32 purpose; } PhiloxKernels_Key;

DEV void PhiloxKernels_Block(PPTR(u32) words, u32 block, u32 index, PhiloxKernels_Key key)
{
    u32 c0 = block;
    u32 c1 = index;
    u32 c2 = key.epoch;
    u32 c3 = key.purpose;
    u32 k0 = key.keyLow;
    u32 k1 = key.keyHigh;
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
    words[0] = c0;
    words[1] = c1;
    words[2] = c2;
    words[3] = c3;
}

DEV float PhiloxKernels_UnitInterval(u32 word)
{
    return (float)(word >> 8) * 5.9604645E-08f;
}

KERNEL(128) void PhiloxKernels_Uniform(
    GIN(u32, indices),
    GOUT(float, destination),
    PhiloxKernels_Key key,
    int items,
    int elements)
{
    VIEW_IN(u32, indices);
    VIEW_OUT(float, destination);
    i64 item = GRID_GLOBAL_INDEX_X / (i64)((elements + 3) / 4);
    int block = (int)(GRID_GLOBAL_INDEX_X % (i64)((elements + 3) / 4));
    if (item < (i64)items)
    {
        u32 words[4];
        PhiloxKernels_Block(words, (u32)block, indices[item], key);
        UNROLL
        for (int i = 0; i < 4; i++)
        {
            if (4 * block + i < elements)
            {
                destination[item * (i64)elements + (i64)(4 * block) + (i64)i] = PhiloxKernels_UnitInterval(words[i]);
            }
        }
    }
}

KERNEL(128) void PhiloxKernels_Normal(
    GIN(u32, indices),
    GOUT(float, destination),
    PhiloxKernels_Key key,
    int items,
    int elements)
{
    VIEW_IN(u32, indices);
    VIEW_OUT(float, destination);
    i64 item = GRID_GLOBAL_INDEX_X / (i64)((elements + 3) / 4);
    int block = (int)(GRID_GLOBAL_INDEX_X % (i64)((elements + 3) / 4));
    if (item < (i64)items)
    {
        u32 words[4];
        PhiloxKernels_Block(words, (u32)block, indices[item], key);
        UNROLL
        for (int i = 0; i < 4; i += 2)
        {
            float u = MIN_F32((float)(((double)words[i] + 0.5) * 2.3283064365386963E-10), 0.99999994f);
            float radius = SQRT_F32((-2.0f) * LOG_F32(u));
            float turns = PhiloxKernels_UnitInterval(words[i + 1]);
            i64 place = item * (i64)elements + (i64)(4 * block) + (i64)i;
            if (4 * block + i < elements)
            {
                destination[place] = radius * COS_TURNS_F32(turns);
            }
            if (4 * block + i + 1 < elements)
            {
                destination[place + (i64)1] = radius * SIN_TURNS_F32(turns);
            }
        }
    }
}

DEV void PhiloxKernels_Scale(
    GCPTR(u8) levels,
    GCPTR(u32) indices,
    GPTR(float) x,
    PhiloxKernels_Key key,
    int items,
    int elements,
    float binWidth)
{
    i64 item = GRID_GLOBAL_INDEX_X / (i64)((elements + 3) / 4);
    int block = (int)(GRID_GLOBAL_INDEX_X % (i64)((elements + 3) / 4));
    if (item < (i64)items)
    {
        u32 words[4];
        PhiloxKernels_Block(words, (u32)block, indices[item], key);
        UNROLL
        for (int i = 0; i < 4; i++)
        {
            if (4 * block + i < elements)
            {
                i64 place = item * (i64)elements + (i64)(4 * block) + (i64)i;
                float u = MIN_F32(MAX_F32(PhiloxKernels_UnitInterval(words[i]), 6.1035156E-05f), 0.99993896f);
                x[place] = FMA_F32((float)levels[place] + u, binWidth, -0.5f);
            }
        }
    }
}

KERNEL(128) void PhiloxKernels_Dequantize(
    GIN(u8, levels),
    GIN(u32, indices),
    GOUT(float, x),
    PhiloxKernels_Key key,
    int items,
    int elements,
    float binWidth)
{
    VIEW_IN(u8, levels);
    VIEW_IN(u32, indices);
    VIEW_OUT(float, x);
    PhiloxKernels_Scale(levels, indices, x, key, items, elements, binWidth);
}

KERNEL(128) void PhiloxKernels_DequantizeInput(
    GIN(u32, key),
    GIN(u8, levels),
    GIN(u32, indices),
    GOUT(float, x),
    int items,
    int elements,
    float binWidth)
{
    VIEW_IN(u32, key);
    VIEW_IN(u8, levels);
    VIEW_IN(u32, indices);
    VIEW_OUT(float, x);
    PhiloxKernels_Scale(levels, indices, x, ((PhiloxKernels_Key){ key[0], key[1], key[2], key[3] }), items, elements, binWidth);
}
