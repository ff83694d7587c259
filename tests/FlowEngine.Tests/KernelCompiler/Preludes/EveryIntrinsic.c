// A body as the kernel compiler writes it, with every macro and every function of the preludes.
typedef struct { int height; u32 width; i64 stride; } Every_Size;

DEV float Every_WarpSum(float value WARP_ARG)
{
    UNROLL
    for (int mask = 16; mask > 0; mask >>= 1)
    {
        value = value + SHFL_XOR_F32(value, mask WARP_PASS);
    }

    return value;
}

DEV u32 Every_LowLanes(WARP_ARG0) { return WARP_BALLOT(WARP_LANE_IDX < 7 WARP_PASS); }

KERNEL(256) void Every_Math(GIN(float, x), GIN(float, y), GOUT(float, z), i64 length)
{
    VIEW_IN(float, x);
    VIEW_IN(float, y);
    VIEW_OUT(float, z);
    const i64 i = GRID_GLOBAL_INDEX_X;
    if (i >= length)
    {
        return;
    }

    const float v = (x)[i];
    const float w = (y)[i];
    (z)[i] = EXP_F32(v);
    (z)[length + i] = LOG_F32(v);
    (z)[2L * length + i] = SIGMOID_F32(v);
    (z)[3L * length + i] = LOG_SIGMOID_F32(v);
    (z)[4L * length + i] = SQRT_F32(v);
    (z)[5L * length + i] = v / w;
    (z)[6L * length + i] = v * w + w;
    (z)[7L * length + i] = FMA_F32(v, w, w);
    (z)[8L * length + i] = FLOOR_F32(v);
    (z)[9L * length + i] = MIN_F32(v, w);
    (z)[10L * length + i] = MAX_F32(v, w);
    (z)[11L * length + i] = ABS_F32(v);
    (z)[12L * length + i] = BITS_U2F(TO_TF32(v));
    (z)[13L * length + i] = BF16_TO_F32(BF16_FROM_F32(v));
    (z)[14L * length + i] = BITS_U2F(BF16_PACK(v, w));
    (z)[15L * length + i] = 1.0f / v;
    (z)[16L * length + i] = SIN_TURNS_F32(v) + COS_TURNS_F32(w);
}

KERNEL_MIN(128, 2) void Every_Whole(GIN(int, x), GOUT(i64, y), Every_Size size, int length)
{
    VIEW_IN(int, x);
    VIEW_OUT(i64, y);
    const int i = GRID_IDX_X * GROUP_DIM_X + GROUP_IDX_X;
    if (i >= length)
    {
        return;
    }

    const int v = (x)[i];
    i64 sum = (i64)MIN_I32(v, size.height) + (i64)MAX_I32(v, size.height) * 3L + (i64)ABS_I32(OPAQUE_I32(v));
    sum = sum + (i64)MIN_U32((u32)v, size.width) * 5L + (i64)MAX_U32((u32)v, size.width) * 7L;
    sum = sum + MIN_I64((i64)v * size.stride, sum) * 11L + MAX_I64((i64)v, sum) * 13L;
    (y)[i] = sum + (i64)(GRID_IDX_Y + GRID_IDX_Z + GRID_DIM_X + GRID_DIM_Y + GRID_DIM_Z);
}

KERNEL(128) void Every_Vector(GIN(float, x), GIN(int, k), GOUT(float, y), GOUT(int, m) DYN_PARAM)
{
    VIEW_IN(float, x);
    VIEW_IN(int, k);
    VIEW_OUT(float, y);
    VIEW_OUT(int, m);
    SHARED(float, tile, 512);
    SHARED(int, whole, 512);
    DYN_SHARED(float, rest);
    const int i = GROUP_IDX_X;
    const i64 at = (i64)GRID_IDX_X * 512L + (i64)i * 4L;
    f4 v = LOAD_F4_G(x, at);
    STORE_F4_L(tile, (i64)(i ^ 1) * 4L, v * F4(1.0f, 2.0f, 3.0f, 4.0f) - v / F4_SPLAT(2.0f));
    i4 w = LOAD_I4_G(k, at);
    STORE_I4_L(whole, (i64)(i ^ 1) * 4L, w * I4(1, 2, 3, 4) + I4_SPLAT(7));
    GROUP_BARRIER();
    v = LOAD_F4_L(tile, (i64)i * 4L);
    v = FMA_F4(v, v, F4_SPLAT(v.w));
    const f2 pair = LOAD_F2_L(tile, (i64)i * 4L + 2L);
    STORE_F2_L(rest, (i64)i * 2L, F2(pair.y, pair.x));
    STORE_I4_G(m, at, LOAD_I4_L(whole, (i64)i * 4L));
    GROUP_BARRIER();
    const f2 other = LOAD_F2_L(rest, (i64)(i ^ 3) * 2L);
    STORE_F4_G(y, at, v);
    const f2 first = LOAD_F2_G(x, at);
    STORE_F2_G(y, at + 2L, F2(other.x + first.x, other.y + first.y));
}

KERNEL(64) void Every_Warp(GIN(float, x), GOUT(float, y), GOUT(u32, z))
{
    VIEW_IN(float, x);
    VIEW_OUT(float, y);
    VIEW_OUT(u32, z);
    WARP_SCRATCH(64);
    const int i = GROUP_IDX_X;
    const float v = (x)[i];
    const u32 bits = BITS_F2U(v);
    (y)[i] = Every_WarpSum(v WARP_PASS);
    (y)[64 + i] = SHFL_DOWN_F32(v, 5 WARP_PASS);
    (y)[128 + i] = SHFL_F32(v, 9 WARP_PASS);
    (z)[i] = SHFL_XOR_U32(bits, 3 WARP_PASS);
    (z)[64 + i] = SHFL_DOWN_U32(bits, 31 WARP_PASS);
    (z)[128 + i] = SHFL_U32(bits, WARP_LANE_IDX / 2 WARP_PASS);
    (z)[192 + i] = (u32)SHFL_XOR_I32((int)bits, 17 WARP_PASS);
    (z)[256 + i] = (u32)SHFL_DOWN_I32((int)bits, 1 WARP_PASS);
    (z)[320 + i] = (u32)SHFL_I32((int)bits, 31 - WARP_LANE_IDX WARP_PASS);
    (z)[384 + i] = Every_LowLanes(WARP_PASS0);
    (z)[448 + i] = WARP_BALLOT(v > 0.0f WARP_PASS);
    (z)[512 + i] = (WARP_ANY(i == 40 WARP_PASS) ? 1u : 0u) | (WARP_ALL(i < 32 WARP_PASS) ? 2u : 0u);
    (z)[576 + i] = (u32)WARP_IDX;
    WARP_BARRIER();
}

KERNEL(64) void Every_Atomic(GIN(int, x), GOUT(int, a), GOUT(u32, b), GOUT(float, c))
{
    VIEW_IN(int, x);
    VIEW_OUT(int, a);
    VIEW_OUT(u32, b);
    VIEW_OUT(float, c);
    SHARED(int, sa, 4);
    SHARED(u32, sb, 4);
    SHARED(float, sc, 1);
    const int i = GROUP_IDX_X;
    if (i == 0)
    {
        (sa)[0] = 0;
        (sa)[1] = 2147483647;
        (sa)[2] = -2147483647;
        (sa)[3] = 0;
        (sb)[0] = 0u;
        (sb)[1] = 4294967295u;
        (sb)[2] = 0u;
        (sb)[3] = 0u;
        (sc)[0] = 0.0f;
    }

    GROUP_BARRIER();
    const int v = (x)[(i64)GRID_IDX_X * 64L + (i64)i];
    const int seen = ATOMIC_ADD_I32_G(a, 0L, v);
    ATOMIC_ADD_I32_G(a, 4L, seen & 0);
    ATOMIC_MIN_I32_G(a, 1L, v);
    ATOMIC_MAX_I32_G(a, 2L, v);
    ATOMIC_CAS_I32_G(a, 3L, 0, 1);
    ATOMIC_ADD_U32_G(b, 0L, (u32)v);
    ATOMIC_MIN_U32_G(b, 1L, (u32)v);
    ATOMIC_MAX_U32_G(b, 2L, (u32)v);
    ATOMIC_CAS_U32_G(b, 3L, 0u, 1u);
    ATOMIC_ADD_F32_G(c, 0L, (float)v);
    ATOMIC_ADD_I32_L(sa, 0L, v);
    ATOMIC_MIN_I32_L(sa, 1L, v);
    ATOMIC_MAX_I32_L(sa, 2L, v);
    ATOMIC_CAS_I32_L(sa, 3L, 0, 1);
    ATOMIC_ADD_U32_L(sb, 0L, (u32)v);
    ATOMIC_MIN_U32_L(sb, 1L, (u32)v);
    ATOMIC_MAX_U32_L(sb, 2L, (u32)v);
    ATOMIC_CAS_U32_L(sb, 3L, 0u, 1u);
    ATOMIC_ADD_F32_L(sc, 0L, (float)v);
    GROUP_BARRIER();
    if (i == 0)
    {
        ATOMIC_ADD_I32_G(a, 5L, (sa)[0]);
        ATOMIC_MIN_I32_G(a, 6L, (sa)[1]);
        ATOMIC_MAX_I32_G(a, 7L, (sa)[2]);
        ATOMIC_ADD_I32_G(a, 8L, (sa)[3]);
        ATOMIC_ADD_U32_G(b, 5L, (sb)[0]);
        ATOMIC_MIN_U32_G(b, 6L, (sb)[1]);
        ATOMIC_MAX_U32_G(b, 7L, (sb)[2]);
        ATOMIC_ADD_U32_G(b, 8L, (sb)[3]);
        ATOMIC_ADD_F32_G(c, 1L, (sc)[0]);
    }
}

DEV void Every_Put(GPTR(u32) to, PPTR(u32) words, int count)
{
    UNROLL
    for (int i = 0; i < count; i++)
    {
        (to)[i * 64] = (words)[i];
    }
}

KERNEL(64) void Every_LoadMatrix(GIN(u16, x), GOUT(u32, y))
{
    VIEW_IN(u16, x);
    VIEW_OUT(u32, y);
    WARP_SCRATCH(64);
    SHARED(u16, tile, 4096);
    const int i = GROUP_IDX_X;
    GCPTR(u16) from = (x) + (i * 64);
    LPTR(u16) to = (tile) + (i * 64);
    UNROLL
    for (int k = 0; k < 6; k++)
    {
        ASYNC_COPY_16((to) + (k * 8), (from) + (k * 8));
    }

    ASYNC_COMMIT();
    ASYNC_COPY_16_OR_ZERO((to) + (48), (from) + (48), i < 20);
    ASYNC_COPY_16_OR_ZERO((to) + (56), (from) + (56), true);
    ASYNC_COMMIT();
    ASYNC_WAIT(1);
    ASYNC_WAIT(0);
    GROUP_BARRIER();
    LPTR(u16) row = (tile) + ((i * 37 & 63) * 64 + (i & 7) * 8);
    u32 four[4];
    u32 two[2];
    LOAD_MATRIX_X4(four, row WARP_PASS);
    Every_Put((y) + (i), four, 4);
    LOAD_MATRIX_X4_TRANS(four, row WARP_PASS);
    Every_Put((y) + (256 + i), four, 4);
    LOAD_MATRIX_X2(two, row WARP_PASS);
    Every_Put((y) + (512 + i), two, 2);
    LOAD_MATRIX_X2_TRANS(two, row WARP_PASS);
    Every_Put((y) + (640 + i), two, 2);
}

KERNEL(64) void Every_LoadWords(GIN(float, x), GOUT(u32, y))
{
    VIEW_IN(float, x);
    VIEW_OUT(u32, y);
    WARP_SCRATCH(64);
    SHARED(float, tile, 512);
    const int i = GROUP_IDX_X;
    UNROLL
    for (int k = 0; k < 8; k++)
    {
        (tile)[k * 64 + i] = (x)[k * 64 + i];
    }

    GROUP_BARRIER();
    LPTR(float) row = (tile) + ((i * 37 & 63) * 8 + (i & 1) * 4);
    u32 four[4];
    LOAD_WORDS_X4(four, row WARP_PASS);
    Every_Put((y) + (i), four, 4);
    LOAD_WORDS_X4_TRANS(four, row WARP_PASS);
    Every_Put((y) + (256 + i), four, 4);
}

KERNEL(64) void Every_Multiply(GIN(u32, a), GIN(u32, b), GOUT(float, d))
{
    VIEW_IN(u32, a);
    VIEW_IN(u32, b);
    VIEW_OUT(float, d);
    WARP_SCRATCH(64);
    const int i = GROUP_IDX_X;
    float sum[4];
    float sum32[4];
    u32 left[4];
    u32 right[2];
    UNROLL
    for (int k = 0; k < 4; k++)
    {
        (sum)[k] = (float)(i + k);
        (sum32)[k] = (float)(i - k);
        (left)[k] = (a)[k * 64 + i];
    }

    UNROLL
    for (int k = 0; k < 2; k++)
    {
        (right)[k] = (b)[k * 64 + i];
    }

    MMA_BF16(sum, left, right WARP_PASS);
    UNROLL
    for (int k = 0; k < 4; k++)
    {
        (left)[k] = (a)[256 + k * 64 + i];
    }

    UNROLL
    for (int k = 0; k < 2; k++)
    {
        (right)[k] = (b)[128 + k * 64 + i];
    }

    MMA_TF32(sum32, left, right WARP_PASS);
    UNROLL
    for (int k = 0; k < 4; k++)
    {
        (d)[k * 64 + i] = (sum)[k];
        (d)[256 + k * 64 + i] = (sum32)[k];
    }
}

KERNEL(32) void Every_Types(
    GOUT(double, x), GOUT(i8, y), GOUT(u8, z), GOUT(i16, w), GOUT(u64, v), GOUT(float, n))
{
    VIEW_OUT(double, x);
    VIEW_OUT(i8, y);
    VIEW_OUT(u8, z);
    VIEW_OUT(i16, w);
    VIEW_OUT(u64, v);
    VIEW_OUT(float, n);
    const int i = GROUP_IDX_X;
    (x)[i] = 0.5 * (double)i;
    (y)[i] = (i8)(i * 9);
    (z)[i] = (u8)(i * 9);
    (w)[i] = (i16)(i * 5000);
    (v)[i] = (u64)0x9e3779b97f4a7c15UL * (u64)i;
    (n)[i] = i == 0 ? INF_F32 : i == 1 ? NAN_F32 : -INF_F32;
}
