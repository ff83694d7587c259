// The kernels of FlowEngine.Conformance.Kernels.Counts. Written by FlowEngine.KernelCompiler; not edited.

KERNEL(256) void Counts_Count(
    GIN(u32, values),
    GIN(float, weights),
    GOUT(u32, counts),
    GOUT(float, sums),
    GOUT(u32, extremes),
    int length)
{
    VIEW_IN(u32, values);
    VIEW_IN(float, weights);
    VIEW_OUT(u32, counts);
    VIEW_OUT(float, sums);
    VIEW_OUT(u32, extremes);
    SHARED(u32, ofGroup, 64);
    SHARED(float, sumOfGroup, 64);
    for (int i = GROUP_IDX_X; i < 64; i += 256)
    {
        ofGroup[i] = 0u;
        sumOfGroup[i] = 0.0f;
    }
    GROUP_BARRIER();
    i64 place = GRID_GLOBAL_INDEX_X;
    if (place < (i64)length)
    {
        u32 value = values[place];
        ATOMIC_ADD_U32_L(ofGroup, (i64)(value % 64u), 1u);
        ATOMIC_ADD_F32_L(sumOfGroup, (i64)(value % 64u), weights[place]);
        ATOMIC_MIN_U32_G(extremes, (i64)0, value);
        ATOMIC_MAX_U32_G(extremes, (i64)1, value);
    }
    GROUP_BARRIER();
    for (int i = GROUP_IDX_X; i < 64; i += 256)
    {
        ATOMIC_ADD_U32_G(counts, (i64)i, ofGroup[i]);
        ATOMIC_ADD_F32_G(sums, (i64)i, sumOfGroup[i]);
    }
}

KERNEL(256) void Counts_Product(GIN(u32, values), GOUT(u32, product), int length)
{
    VIEW_IN(u32, values);
    VIEW_OUT(u32, product);
    i64 place = GRID_GLOBAL_INDEX_X;
    if (place >= (i64)length)
    {
        return;
    }
    u32 factor = values[place];
    u32 expected = 1u;
    bool done = false;
    while (!done)
    {
        u32 old = ATOMIC_CAS_U32_G(product, (i64)0, expected, expected * factor);
        done = old == expected;
        expected = old;
    }
}
