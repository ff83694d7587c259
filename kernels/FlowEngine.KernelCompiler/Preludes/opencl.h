// The OpenCL C 1.2 dialect of the kernels' C text. Build it with -cl-std=CL1.2, and where the
// device has CL_FP_CORRECTLY_ROUNDED_DIVIDE_SQRT with -cl-fp32-correctly-rounded-divide-sqrt: only
// then are / and sqrt those of the CPU to the last bit. Subnormal numbers need a device with
// CL_FP_DENORM.
#define FLOW_OPENCL 1

#pragma OPENCL FP_CONTRACT OFF
#ifdef cl_khr_fp64
#pragma OPENCL EXTENSION cl_khr_fp64 : enable
#endif

typedef char i8;
typedef uchar u8;
typedef short i16;
typedef ushort u16;
typedef uint u32;
typedef long i64;
typedef ulong u64;
typedef float2 f2;
typedef float4 f4;
typedef int4 i4;

#define KERNEL(threads) __kernel __attribute__((reqd_work_group_size(threads, 1, 1)))
#define KERNEL_MIN(threads, groups) KERNEL(threads)
#define DEV static inline __attribute__((always_inline, unused))

// A kernel of OpenCL 1.2 takes whole buffers: where in it a view starts is an argument of its own.
#define GIN(T, name) __global const T* restrict name##_memory, long name##_start
#define GOUT(T, name) __global T* restrict name##_memory, long name##_start
#define GIN_ALIAS(T, name) __global const T* name##_memory, long name##_start
#define GOUT_ALIAS(T, name) __global T* name##_memory, long name##_start
#define VIEW_IN(T, name) __global const T* restrict name = name##_memory + name##_start
#define VIEW_OUT(T, name) __global T* restrict name = name##_memory + name##_start
#define VIEW_IN_ALIAS(T, name) __global const T* name = name##_memory + name##_start
#define VIEW_OUT_ALIAS(T, name) __global T* name = name##_memory + name##_start

#define GPTR(T) __global T*
#define GCPTR(T) __global const T*
#define LPTR(T) __local T*
#define PPTR(T) T*
#define SHARED(T, name, length) __local T name[length] __attribute__((aligned(128)))
#define DYN_PARAM , __local u8* dyn_smem
#define DYN_SHARED(T, name) __local T* name = (__local T*)dyn_smem

// On a processor arrays stay in memory, unrolled or not, and the emulated products of a warp take a
// driver minutes to unroll.
#ifdef FLOW_CPU
#define UNROLL _Pragma("nounroll")
#else
#define UNROLL _Pragma("unroll")
#endif

// OpenCL C 1.2 has no warps: their operations go through local memory, between barriers of the
// whole group, and so must stand where all its threads pass. The widest, a matrix product, hands on
// 6 words per thread.
#define WARP_WORDS 6
#define WARP_SCRATCH(threads) __local u32 warp_scr[(threads) * WARP_WORDS]
#define WARP_ARG , WARP_ARG0
#define WARP_ARG0 __local u32* warp_scr
#define WARP_PASS , WARP_PASS0
#define WARP_PASS0 warp_scr

#define GRID_IDX_X ((int)get_group_id(0))
#define GRID_IDX_Y ((int)get_group_id(1))
#define GRID_IDX_Z ((int)get_group_id(2))
#define GRID_DIM_X ((int)get_num_groups(0))
#define GRID_DIM_Y ((int)get_num_groups(1))
#define GRID_DIM_Z ((int)get_num_groups(2))
#define GROUP_IDX_X ((int)get_local_id(0))
#define GROUP_DIM_X ((int)get_local_size(0))
#define GRID_GLOBAL_INDEX_X ((i64)GRID_IDX_X * GROUP_DIM_X + GROUP_IDX_X)
#define WARP_LANE_IDX (GROUP_IDX_X & 31)
#define WARP_IDX (GROUP_IDX_X >> 5)

DEV void GROUP_BARRIER(void) { barrier(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE); }
DEV void WARP_BARRIER(void) { GROUP_BARRIER(); }

DEV int OPAQUE_I32(int value) { return value; }

DEV u32 BITS_F2U(float value) { return as_uint(value); }
DEV float BITS_U2F(u32 bits) { return as_float(bits); }

#define INF_F32 INFINITY
#define NAN_F32 BITS_U2F(0xffc00000u)

DEV f2 F2(float x, float y) { return (f2)(x, y); }
DEV f4 F4(float x, float y, float z, float w) { return (f4)(x, y, z, w); }
DEV f4 F4_SPLAT(float value) { return (f4)(value); }
DEV i4 I4(int x, int y, int z, int w) { return (i4)(x, y, z, w); }
DEV i4 I4_SPLAT(int value) { return (i4)(value); }

DEV f4 LOAD_F4_G(__global const float* view, i64 index)
{
    return *(__global const f4*)(view + index);
}
DEV f4 LOAD_F4_L(__local const float* view, i64 index)
{
    return *(__local const f4*)(view + index);
}
DEV void STORE_F4_G(__global float* view, i64 index, f4 value)
{
    *(__global f4*)(view + index) = value;
}
DEV void STORE_F4_L(__local float* view, i64 index, f4 value)
{
    *(__local f4*)(view + index) = value;
}
DEV f2 LOAD_F2_G(__global const float* view, i64 index)
{
    return *(__global const f2*)(view + index);
}
DEV f2 LOAD_F2_L(__local const float* view, i64 index)
{
    return *(__local const f2*)(view + index);
}
DEV void STORE_F2_G(__global float* view, i64 index, f2 value)
{
    *(__global f2*)(view + index) = value;
}
DEV void STORE_F2_L(__local float* view, i64 index, f2 value)
{
    *(__local f2*)(view + index) = value;
}
DEV i4 LOAD_I4_G(__global const int* view, i64 index)
{
    return *(__global const i4*)(view + index);
}
DEV i4 LOAD_I4_L(__local const int* view, i64 index) { return *(__local const i4*)(view + index); }
DEV void STORE_I4_G(__global int* view, i64 index, i4 value)
{
    *(__global i4*)(view + index) = value;
}
DEV void STORE_I4_L(__local int* view, i64 index, i4 value)
{
    *(__local i4*)(view + index) = value;
}

DEV float ABS_F32(float value) { return fabs(value); }
DEV int ABS_I32(int value) { return value < 0 ? (int)(0u - (u32)value) : value; }
DEV float FLOOR_F32(float value) { return floor(value); }
DEV float SQRT_F32(float value) { return sqrt(value); }
DEV float FMA_F32(float left, float right, float addend) { return fma(left, right, addend); }
DEV f4 FMA_F4(f4 left, f4 right, f4 addend) { return fma(left, right, addend); }

DEV float MIN_F32(float left, float right) { return left < right ? left : right; }
DEV float MAX_F32(float left, float right) { return left > right ? left : right; }
DEV int MIN_I32(int left, int right) { return left < right ? left : right; }
DEV int MAX_I32(int left, int right) { return left > right ? left : right; }
DEV u32 MIN_U32(u32 left, u32 right) { return left < right ? left : right; }
DEV u32 MAX_U32(u32 left, u32 right) { return left > right ? left : right; }
DEV i64 MIN_I64(i64 left, i64 right) { return left < right ? left : right; }
DEV i64 MAX_I64(i64 left, i64 right) { return left > right ? left : right; }

// The twins of SimdMath in kernels/FlowEngine.Kernels/Cpu: the same operations in the same order,
// so the same bits. Integers are unsigned where C# wraps.
DEV float POWER_OF_TWO_F32(u32 exponent) { return BITS_U2F((exponent + 127u) << 23); }

DEV float EXP_F32(float x)
{
    x = x > 89.0f ? 89.0f : x;
    x = x < -104.0f ? -104.0f : x;
    const float rounder = 12582912.0f;
    const float rounded = FMA_F32(x, 1.44269502f, rounder);
    const float n = rounded - rounder;
    float r = FMA_F32(n, -0.693145752f, x);
    r = FMA_F32(n, -1.42860677e-06f, r);
    float q = 0.00138210005f;
    q = FMA_F32(q, r, 0.0083686728f);
    q = FMA_F32(q, r, 0.0416682623f);
    q = FMA_F32(q, r, 0.166665211f);
    q = FMA_F32(q, r, 0.49999994f);
    q = FMA_F32(q, r * r, r) + 1.0f;
    const u32 exponent = BITS_F2U(rounded) - BITS_F2U(rounder);
    const u32 half_exponent = (u32)((int)exponent >> 1);
    return q * POWER_OF_TWO_F32(half_exponent) * POWER_OF_TWO_F32(exponent - half_exponent);
}

DEV float LOG_F32(float x)
{
    const bool subnormal = x < 1.17549435e-38f;
    const u32 root = 0x3f3504f3u;
    const u32 bits = BITS_F2U(subnormal ? x * 8388608.0f : x) - root;
    const float k = (float)(((int)bits >> 23) + (subnormal ? -23 : 0));
    const float f = BITS_U2F((bits & 0x007fffffu) + root) - 1.0f;
    float q = -0.0763636231f;
    q = FMA_F32(q, f, 0.12762183f);
    q = FMA_F32(q, f, -0.131596163f);
    q = FMA_F32(q, f, 0.14201583f);
    q = FMA_F32(q, f, -0.166234091f);
    q = FMA_F32(q, f, 0.200012416f);
    q = FMA_F32(q, f, -0.250008196f);
    q = FMA_F32(q, f, 0.333333313f);
    q = FMA_F32(q, f, -0.5f);
    const float tail = FMA_F32(k, 1.42860677e-06f, q * (f * f));
    float result = FMA_F32(k, 0.693145752f, f + tail);
    result = x == INF_F32 ? INF_F32 : result;
    result = x == 0.0f ? -INF_F32 : result;
    return x >= 0.0f ? result : NAN_F32;
}

DEV float LOG1P_UNIT_F32(float e)
{
    float q = 0.00208487222f;
    q = FMA_F32(q, e, -0.0136932507f);
    q = FMA_F32(q, e, 0.0421180353f);
    q = FMA_F32(q, e, -0.0832425132f);
    q = FMA_F32(q, e, 0.124797612f);
    q = FMA_F32(q, e, -0.16135259f);
    q = FMA_F32(q, e, 0.19899641f);
    q = FMA_F32(q, e, -0.249888659f);
    q = FMA_F32(q, e, 0.333327144f);
    q = FMA_F32(q, e, -0.499999881f);
    return FMA_F32(q, e * e, e);
}

DEV float SIGMOID_F32(float x)
{
    const float e = EXP_F32(-ABS_F32(x));
    return (x >= 0.0f ? 1.0f : e) / (1.0f + e);
}

DEV float LOG_SIGMOID_F32(float x)
{
    return (x >= 0.0f ? 0.0f : x) - LOG1P_UNIT_F32(EXP_F32(-ABS_F32(x)));
}

// u = quarter / 4 + r; an odd quarter swaps sine and cosine.
DEV float TURNS_F32(float u, int shift)
{
    const float rounded = FMA_F32(u, 4.0f, 12582912.0f);
    const u32 quarter = BITS_F2U(rounded);
    const float r = FMA_F32(rounded - 12582912.0f, -0.25f, u);
    const float z = r * r;
    float s = -75.4319382f;
    s = FMA_F32(s, z, 81.5934753f);
    s = FMA_F32(s, z, -41.341671f);
    s = FMA_F32(s, z, -1.74845553e-07f);
    s = FMA_F32(r, 6.28318548f, r * s);
    float c = 58.6113892f;
    c = FMA_F32(c, z, -85.4244156f);
    c = FMA_F32(c, z, 64.9391479f);
    c = FMA_F32(c, z, -19.7392082f);
    c = FMA_F32(c, z, 1.0f);
    const u32 turned = quarter + (u32)shift;
    return BITS_U2F(BITS_F2U((turned & 1u) != 0u ? c : s) ^ ((turned & 2u) << 30));
}

DEV float SIN_TURNS_F32(float u)
{
    return TURNS_F32(u, 0);
}

DEV float COS_TURNS_F32(float u)
{
    return TURNS_F32(u, 1);
}

DEV u16 BF16_FROM_F32(float value)
{
    const u32 bits = as_uint(value);
    return (u16)(value != value ? 0x7fffu : (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
}

DEV float BF16_TO_F32(u16 value) { return as_float((u32)value << 16); }
DEV u32 BF16_PACK(float low, float high)
{
    return (u32)BF16_FROM_F32(low) | ((u32)BF16_FROM_F32(high) << 16);
}
DEV u32 TO_TF32(float value)
{
    return value != value ? 0x7fffe000u : (as_uint(value) + 0x1000u) & 0xffffe000u;
}

#define ATOMIC(NAME, T, OPERATION, SPACE) \
    DEV T NAME(SPACE T* view, i64 index, T value) { return OPERATION(view + index, value); }
#define ATOMICS(SPACE, S) \
    ATOMIC(ATOMIC_ADD_I32_##S, int, atomic_add, SPACE) \
    ATOMIC(ATOMIC_ADD_U32_##S, u32, atomic_add, SPACE) \
    ATOMIC(ATOMIC_MIN_I32_##S, int, atomic_min, SPACE) \
    ATOMIC(ATOMIC_MIN_U32_##S, u32, atomic_min, SPACE) \
    ATOMIC(ATOMIC_MAX_I32_##S, int, atomic_max, SPACE) \
    ATOMIC(ATOMIC_MAX_U32_##S, u32, atomic_max, SPACE) \
    DEV int ATOMIC_CAS_I32_##S(SPACE int* view, i64 index, int comparand, int value) \
    { return atomic_cmpxchg(view + index, comparand, value); } \
    DEV u32 ATOMIC_CAS_U32_##S(SPACE u32* view, i64 index, u32 comparand, u32 value) \
    { return atomic_cmpxchg(view + index, comparand, value); } \
    DEV void ATOMIC_ADD_F32_##S(SPACE float* view, i64 index, float value) \
    { \
        volatile SPACE u32* place = (volatile SPACE u32*)(view + index); \
        u32 seen = *place; \
        u32 expected; \
        do \
        { \
            expected = seen; \
            seen = atomic_cmpxchg(place, expected, as_uint(as_float(expected) + value)); \
        } while (seen != expected); \
    }

ATOMICS(__global, G)
ATOMICS(__local, L)

DEV u32 SHFL_U32(u32 value, int lane WARP_ARG)
{
    warp_scr[GROUP_IDX_X] = value;
    barrier(CLK_LOCAL_MEM_FENCE);
    const u32 result = warp_scr[WARP_IDX * 32 + (lane & 31)];
    barrier(CLK_LOCAL_MEM_FENCE);
    return result;
}

DEV u32 SHFL_XOR_U32(u32 value, int mask WARP_ARG)
{
    return SHFL_U32(value, WARP_LANE_IDX ^ mask WARP_PASS);
}

DEV u32 SHFL_DOWN_U32(u32 value, int delta WARP_ARG)
{
    const int lane = WARP_LANE_IDX;
    return SHFL_U32(value, lane + delta < 32 ? lane + delta : lane WARP_PASS);
}

DEV int SHFL_I32(int value, int lane WARP_ARG) { return (int)SHFL_U32((u32)value, lane WARP_PASS); }
DEV int SHFL_XOR_I32(int value, int mask WARP_ARG)
{
    return (int)SHFL_XOR_U32((u32)value, mask WARP_PASS);
}
DEV int SHFL_DOWN_I32(int value, int delta WARP_ARG)
{
    return (int)SHFL_DOWN_U32((u32)value, delta WARP_PASS);
}
DEV float SHFL_F32(float value, int lane WARP_ARG)
{
    return as_float(SHFL_U32(as_uint(value), lane WARP_PASS));
}

DEV float SHFL_XOR_F32(float value, int mask WARP_ARG)
{
    return as_float(SHFL_XOR_U32(as_uint(value), mask WARP_PASS));
}

DEV float SHFL_DOWN_F32(float value, int delta WARP_ARG)
{
    return as_float(SHFL_DOWN_U32(as_uint(value), delta WARP_PASS));
}

DEV u32 WARP_BALLOT(bool predicate WARP_ARG)
{
    warp_scr[GROUP_IDX_X] = predicate ? 1u << WARP_LANE_IDX : 0u;
    barrier(CLK_LOCAL_MEM_FENCE);
    u32 result = 0u;
    for (int lane = 0; lane < 32; lane++)
    {
        result |= warp_scr[WARP_IDX * 32 + lane];
    }

    barrier(CLK_LOCAL_MEM_FENCE);
    return result;
}

DEV bool WARP_ANY(bool predicate WARP_ARG) { return WARP_BALLOT(predicate WARP_PASS) != 0u; }
DEV bool WARP_ALL(bool predicate WARP_ARG)
{
    return WARP_BALLOT(predicate WARP_PASS) == 0xffffffffu;
}

DEV void ASYNC_COPY_16(__local void* destination, __global const void* source)
{
    *(__local uint4*)destination = *(__global const uint4*)source;
}

DEV void ASYNC_COPY_16_OR_ZERO(__local void* destination, __global const void* source, bool valid)
{
    if (valid)
    {
        ASYNC_COPY_16(destination, source);
    }
    else
    {
        *(__local uint4*)destination = (uint4)(0u);
    }
}

DEV void ASYNC_COMMIT(void) {}
#define ASYNC_WAIT(groups) ((void)(groups))

// The others know a lane's row by the low half of its address: all rows lie in the local memory of
// one group, less than 2 GiB apart, so the difference to one's own row gives the whole.
DEV __local const u16* MATRIX_ROW(__local const u16* own, u32 address)
{
    return (__local const u16*)((intptr_t)own + (intptr_t)(int)(address - (u32)(uintptr_t)own));
}

DEV void LOAD_MATRIX(u32* fragment, int matrices, bool transposed, __local const u16* row WARP_ARG)
{
    const int g = WARP_LANE_IDX >> 2;
    const int q = (WARP_LANE_IDX & 3) * 2;
    __local u32* addresses = warp_scr + WARP_IDX * 32;
    addresses[WARP_LANE_IDX] = (u32)(uintptr_t)row;
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int i = 0; i < matrices; i++)
    {
        __local const u16* low = MATRIX_ROW(row, addresses[i * 8 + (transposed ? q : g)]);
        __local const u16* high = MATRIX_ROW(row, addresses[i * 8 + (transposed ? q + 1 : g)]);
        fragment[i] = (u32)low[transposed ? g : q] | ((u32)high[transposed ? g : q + 1] << 16);
    }

    barrier(CLK_LOCAL_MEM_FENCE);
}

DEV void LOAD_MATRIX_X4(u32* fragment, __local const u16* row WARP_ARG)
{
    LOAD_MATRIX(fragment, 4, false, row WARP_PASS);
}

DEV void LOAD_MATRIX_X4_TRANS(u32* fragment, __local const u16* row WARP_ARG)
{
    LOAD_MATRIX(fragment, 4, true, row WARP_PASS);
}

DEV void LOAD_MATRIX_X2(u32* fragment, __local const u16* row WARP_ARG)
{
    LOAD_MATRIX(fragment, 2, false, row WARP_PASS);
}

DEV void LOAD_MATRIX_X2_TRANS(u32* fragment, __local const u16* row WARP_ARG)
{
    LOAD_MATRIX(fragment, 2, true, row WARP_PASS);
}

// The same of rows of words: element e of a row is half e % 2 of word e / 2.
DEV void LOAD_WORDS(u32* fragment, bool transposed, __local const float* row WARP_ARG)
{
    const int g = WARP_LANE_IDX >> 2;
    const int q = WARP_LANE_IDX & 3;
    __local u32* addresses = warp_scr + WARP_IDX * 32;
    addresses[WARP_LANE_IDX] = (u32)(uintptr_t)row;
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int i = 0; i < 4; i++)
    {
        const u32 low_row = addresses[i * 8 + (transposed ? 2 * q : g)];
        const u32 high_row = addresses[i * 8 + (transposed ? 2 * q + 1 : g)];
        __local const float* low = (__local const float*)MATRIX_ROW((__local const u16*)row, low_row);
        __local const float* high = (__local const float*)MATRIX_ROW((__local const u16*)row, high_row);
        const u32 word = as_uint(low[transposed ? g >> 1 : q]);
        const u32 upper = as_uint(high[transposed ? g >> 1 : q]);
        fragment[i] = !transposed ? word
            : (g & 1) != 0 ? (word >> 16) | (upper & 0xffff0000u)
            : (word & 0xffffu) | (upper << 16);
    }

    barrier(CLK_LOCAL_MEM_FENCE);
}

DEV void LOAD_WORDS_X4(u32* fragment, __local const float* row WARP_ARG)
{
    LOAD_WORDS(fragment, false, row WARP_PASS);
}

DEV void LOAD_WORDS_X4_TRANS(u32* fragment, __local const float* row WARP_ARG)
{
    LOAD_WORDS(fragment, true, row WARP_PASS);
}

// Every lane hands out its 4 words of A and 2 of B; word i of lane l is words[i * 32 + l].
DEV __local u32* SHARE_FRAGMENTS(const u32* a, const u32* b WARP_ARG)
{
    __local u32* words = warp_scr + WARP_IDX * (32 * WARP_WORDS);
    for (int i = 0; i < 4; i++)
    {
        words[i * 32 + WARP_LANE_IDX] = a[i];
    }

    for (int i = 0; i < 2; i++)
    {
        words[(4 + i) * 32 + WARP_LANE_IDX] = b[i];
    }

    barrier(CLK_LOCAL_MEM_FENCE);
    return words;
}

DEV void MMA_BF16(float* d, const u32* a, const u32* b WARP_ARG)
{
    __local const u32* words = SHARE_FRAGMENTS(a, b WARP_PASS);
    for (int i = 0; i < 4; i++)
    {
        const int column = (WARP_LANE_IDX & 3) * 2 + (i & 1);
        float sum = 0.0f;
        for (int k = 0; k < 8; k++)
        {
            const u32 left = words[((k >> 2) * 2 + (i >> 1)) * 32 + (WARP_LANE_IDX & ~3) + (k & 3)];
            const u32 right = words[(4 + (k >> 2)) * 32 + column * 4 + (k & 3)];
            sum = fma(as_float(left << 16), as_float(right << 16), sum);
            sum = fma(as_float(left & 0xffff0000u), as_float(right & 0xffff0000u), sum);
        }

        d[i] += sum;
    }

    barrier(CLK_LOCAL_MEM_FENCE);
}

DEV void MMA_TF32(float* d, const u32* a, const u32* b WARP_ARG)
{
    __local const u32* words = SHARE_FRAGMENTS(a, b WARP_PASS);
    for (int i = 0; i < 4; i++)
    {
        const int column = (WARP_LANE_IDX & 3) * 2 + (i & 1);
        float sum = 0.0f;
        for (int k = 0; k < 8; k++)
        {
            const u32 left = words[((k >> 2) * 2 + (i >> 1)) * 32 + (WARP_LANE_IDX & ~3) + (k & 3)];
            const u32 right = words[(4 + (k >> 2)) * 32 + column * 4 + (k & 3)];
            sum = fma(as_float(left & 0xffffe000u), as_float(right & 0xffffe000u), sum);
        }

        d[i] += sum;
    }

    barrier(CLK_LOCAL_MEM_FENCE);
}
