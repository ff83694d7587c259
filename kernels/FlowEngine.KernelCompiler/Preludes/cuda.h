// The CUDA C dialect of the kernels' C text, for clang without a CUDA toolkit: sm_80, PTX 7.5.
// There is no libdevice: every function is made here. These bytes are part of every PTX file's
// hash.
#define FLOW_CUDA 1

typedef signed char i8;
typedef unsigned char u8;
typedef short i16;
typedef unsigned short u16;
typedef unsigned int u32;
typedef long long i64;
typedef unsigned long long u64;
typedef float f2 __attribute__((ext_vector_type(2)));
typedef float f4 __attribute__((ext_vector_type(4)));
typedef int i4 __attribute__((ext_vector_type(4)));

#define KERNEL(threads) extern "C" __attribute__((global, launch_bounds(threads)))
#define KERNEL_MIN(threads, groups) \
    extern "C" __attribute__((global, launch_bounds(threads, groups)))
#define DEV __attribute__((device, always_inline)) inline
#define GIN(T, name) const T* __restrict__ name
#define GOUT(T, name) T* __restrict__ name
#define GIN_ALIAS(T, name) const T* name
#define GOUT_ALIAS(T, name) T* name
#define VIEW_IN(T, name)
#define VIEW_OUT(T, name)
#define VIEW_IN_ALIAS(T, name)
#define VIEW_OUT_ALIAS(T, name)
#define GPTR(T) T*
#define GCPTR(T) const T*
#define LPTR(T) T*
#define PPTR(T) T*
#define SHARED(T, name, length) __attribute__((shared, aligned(128))) T name[length]
#define DYN_PARAM
#define DYN_SHARED(T, name) T* name = (T*)dyn_smem
#define WARP_SCRATCH(threads)
#define WARP_ARG
#define WARP_ARG0
#define WARP_PASS
#define WARP_PASS0
#define UNROLL _Pragma("unroll")

// Without an alignment of its own it would be declared .align 1, too little for vectors.
extern "C" { extern __attribute__((shared, aligned(128))) u8 dyn_smem[]; }

#define WHOLE_WARP 0xffffffffu
#define GLOBAL_SPACE(T) __attribute__((address_space(1))) T*
#define SHARED_SPACE(T) __attribute__((address_space(3))) T*

DEV u32 SHARED_ADDRESS(const void* pointer) { return (u32)(u64)(SHARED_SPACE(const void))pointer; }
DEV u64 GLOBAL_ADDRESS(const void* pointer) { return (u64)(GLOBAL_SPACE(const void))pointer; }

#define GRID_IDX_X ((int)__nvvm_read_ptx_sreg_ctaid_x())
#define GRID_IDX_Y ((int)__nvvm_read_ptx_sreg_ctaid_y())
#define GRID_IDX_Z ((int)__nvvm_read_ptx_sreg_ctaid_z())
#define GRID_DIM_X ((int)__nvvm_read_ptx_sreg_nctaid_x())
#define GRID_DIM_Y ((int)__nvvm_read_ptx_sreg_nctaid_y())
#define GRID_DIM_Z ((int)__nvvm_read_ptx_sreg_nctaid_z())
#define GROUP_IDX_X ((int)__nvvm_read_ptx_sreg_tid_x())
#define GROUP_DIM_X ((int)__nvvm_read_ptx_sreg_ntid_x())
#define GRID_GLOBAL_INDEX_X ((i64)GRID_IDX_X * GROUP_DIM_X + GROUP_IDX_X)
#define WARP_LANE_IDX (GROUP_IDX_X & 31)
#define WARP_IDX (GROUP_IDX_X >> 5)

DEV void GROUP_BARRIER() { __syncthreads(); }
DEV void WARP_BARRIER() { __nvvm_bar_warp_sync(WHOLE_WARP); }

DEV int OPAQUE_I32(int value)
{
    int result;
    asm volatile("mov.b32 %0, %1;" : "=r"(result) : "r"(value));
    return result;
}

DEV u32 BITS_F2U(float value) { return __builtin_bit_cast(u32, value); }
DEV float BITS_U2F(u32 bits) { return __builtin_bit_cast(float, bits); }

#define INF_F32 __builtin_inff()
#define NAN_F32 BITS_U2F(0xffc00000u)

DEV f2 F2(float x, float y) { return (f2){x, y}; }
DEV f4 F4(float x, float y, float z, float w) { return (f4){x, y, z, w}; }
DEV f4 F4_SPLAT(float value) { return (f4){value, value, value, value}; }
DEV i4 I4(int x, int y, int z, int w) { return (i4){x, y, z, w}; }
DEV i4 I4_SPLAT(int value) { return (i4){value, value, value, value}; }

// Functions of a pointer: a cast of the address of an array's element keeps the alignment of the
// element, and the access is split.
DEV f4 LOAD_F4_G(const float* view, i64 index) { return *(const f4*)(view + index); }
DEV f4 LOAD_F4_L(const float* view, i64 index) { return *(const f4*)(view + index); }
DEV void STORE_F4_G(float* view, i64 index, f4 value) { *(f4*)(view + index) = value; }
DEV void STORE_F4_L(float* view, i64 index, f4 value) { *(f4*)(view + index) = value; }
DEV f2 LOAD_F2_G(const float* view, i64 index) { return *(const f2*)(view + index); }
DEV f2 LOAD_F2_L(const float* view, i64 index) { return *(const f2*)(view + index); }
DEV void STORE_F2_G(float* view, i64 index, f2 value) { *(f2*)(view + index) = value; }
DEV void STORE_F2_L(float* view, i64 index, f2 value) { *(f2*)(view + index) = value; }
DEV i4 LOAD_I4_G(const int* view, i64 index) { return *(const i4*)(view + index); }
DEV i4 LOAD_I4_L(const int* view, i64 index) { return *(const i4*)(view + index); }
DEV void STORE_I4_G(int* view, i64 index, i4 value) { *(i4*)(view + index) = value; }
DEV void STORE_I4_L(int* view, i64 index, i4 value) { *(i4*)(view + index) = value; }

DEV float ABS_F32(float value) { return __builtin_fabsf(value); }
DEV int ABS_I32(int value) { return value < 0 ? -value : value; }
DEV float FLOOR_F32(float value) { return __builtin_floorf(value); }
DEV float SQRT_F32(float value) { return __nvvm_sqrt_rn_f(value); }
DEV float FMA_F32(float left, float right, float addend)
{
    return __builtin_fmaf(left, right, addend);
}

DEV f4 FMA_F4(f4 left, f4 right, f4 addend)
{
    return F4(
        FMA_F32(left.x, right.x, addend.x),
        FMA_F32(left.y, right.y, addend.y),
        FMA_F32(left.z, right.z, addend.z),
        FMA_F32(left.w, right.w, addend.w));
}

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

// bf16 is its bits everywhere: clang's own type asks for instructions that sm_80 does not have.
DEV u16 BF16_FROM_F32(float value)
{
    u16 bits;
    asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(bits) : "f"(value));
    return bits;
}

DEV float BF16_TO_F32(u16 value) { return BITS_U2F((u32)value << 16); }

DEV u32 BF16_PACK(float low, float high)
{
    u32 bits;
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(bits) : "f"(high), "f"(low));
    return bits;
}

// PTX leaves the low 13 bits of a tf32 open.
DEV u32 TO_TF32(float value)
{
    u32 bits;
    asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(bits) : "f"(value));
    return bits & 0xffffe000u;
}

#define ATOMIC(NAME, T, RAW, OPERATION, SPACE) \
    DEV T NAME(T* view, i64 index, T value) \
    { return (T)__nvvm_atom_##OPERATION((RAW*)(SPACE(T))(view + index), (RAW)value); }
#define ATOMIC_CAS(NAME, T, SPACE) \
    DEV T NAME(T* view, i64 index, T comparand, T value) \
    { \
        int* place = (int*)(SPACE(T))(view + index); \
        return (T)__nvvm_atom_cas_gen_i(place, (int)comparand, (int)value); \
    }
#define ATOMICS(SPACE, S) \
    ATOMIC(ATOMIC_ADD_I32_##S, int, int, add_gen_i, SPACE) \
    ATOMIC(ATOMIC_ADD_U32_##S, u32, int, add_gen_i, SPACE) \
    ATOMIC(ATOMIC_MIN_I32_##S, int, int, min_gen_i, SPACE) \
    ATOMIC(ATOMIC_MIN_U32_##S, u32, u32, min_gen_ui, SPACE) \
    ATOMIC(ATOMIC_MAX_I32_##S, int, int, max_gen_i, SPACE) \
    ATOMIC(ATOMIC_MAX_U32_##S, u32, u32, max_gen_ui, SPACE) \
    ATOMIC_CAS(ATOMIC_CAS_I32_##S, int, SPACE) \
    ATOMIC_CAS(ATOMIC_CAS_U32_##S, u32, SPACE)

ATOMICS(GLOBAL_SPACE, G)
ATOMICS(SHARED_SPACE, L)

DEV void ATOMIC_ADD_F32_G(float* view, i64 index, float value)
{
    asm volatile("red.global.add.f32 [%0], %1;"
        :: "l"(GLOBAL_ADDRESS(view + index)), "f"(value) : "memory");
}

DEV void ATOMIC_ADD_F32_L(float* view, i64 index, float value)
{
    asm volatile("red.shared.add.f32 [%0], %1;"
        :: "r"(SHARED_ADDRESS(view + index)), "f"(value) : "memory");
}

DEV int SHFL_XOR_I32(int value, int mask)
{
    return __nvvm_shfl_sync_bfly_i32(WHOLE_WARP, value, mask, 31);
}
DEV int SHFL_DOWN_I32(int value, int delta)
{
    return __nvvm_shfl_sync_down_i32(WHOLE_WARP, value, delta, 31);
}
DEV int SHFL_I32(int value, int lane)
{
    return __nvvm_shfl_sync_idx_i32(WHOLE_WARP, value, lane, 31);
}
DEV u32 SHFL_XOR_U32(u32 value, int mask) { return (u32)SHFL_XOR_I32((int)value, mask); }
DEV u32 SHFL_DOWN_U32(u32 value, int delta) { return (u32)SHFL_DOWN_I32((int)value, delta); }
DEV u32 SHFL_U32(u32 value, int lane) { return (u32)SHFL_I32((int)value, lane); }
DEV float SHFL_XOR_F32(float value, int mask)
{
    return __nvvm_shfl_sync_bfly_f32(WHOLE_WARP, value, mask, 31);
}
DEV float SHFL_DOWN_F32(float value, int delta)
{
    return __nvvm_shfl_sync_down_f32(WHOLE_WARP, value, delta, 31);
}
DEV float SHFL_F32(float value, int lane)
{
    return __nvvm_shfl_sync_idx_f32(WHOLE_WARP, value, lane, 31);
}

DEV bool WARP_ANY(bool predicate) { return __nvvm_vote_any_sync(WHOLE_WARP, predicate); }
DEV bool WARP_ALL(bool predicate) { return __nvvm_vote_all_sync(WHOLE_WARP, predicate); }
DEV u32 WARP_BALLOT(bool predicate) { return (u32)__nvvm_vote_ballot_sync(WHOLE_WARP, predicate); }

DEV void ASYNC_COPY_16(void* destination, const void* source)
{
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16;"
        :: "r"(SHARED_ADDRESS(destination)), "l"(GLOBAL_ADDRESS(source)) : "memory");
}

// Of a source of no bytes nothing is read, and the 16 bytes become zeros.
DEV void ASYNC_COPY_16_OR_ZERO(void* destination, const void* source, bool valid)
{
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;"
        :: "r"(SHARED_ADDRESS(destination)), "l"(GLOBAL_ADDRESS(source)), "r"(valid ? 16 : 0)
        : "memory");
}

DEV void ASYNC_COMMIT() { asm volatile("cp.async.commit_group;" ::: "memory"); }

// A macro, because the instruction takes a constant.
#define ASYNC_WAIT(groups) asm volatile("cp.async.wait_group %0;" :: "n"(groups) : "memory")

DEV void LOAD_MATRIX_X4(u32* fragment, const u16* row)
{
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
        : "=r"(fragment[0]), "=r"(fragment[1]), "=r"(fragment[2]), "=r"(fragment[3])
        : "r"(SHARED_ADDRESS(row)) : "memory");
}

DEV void LOAD_MATRIX_X4_TRANS(u32* fragment, const u16* row)
{
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
        : "=r"(fragment[0]), "=r"(fragment[1]), "=r"(fragment[2]), "=r"(fragment[3])
        : "r"(SHARED_ADDRESS(row)) : "memory");
}

DEV void LOAD_MATRIX_X2(u32* fragment, const u16* row)
{
    asm volatile("ldmatrix.sync.aligned.m8n8.x2.shared.b16 {%0, %1}, [%2];"
        : "=r"(fragment[0]), "=r"(fragment[1]) : "r"(SHARED_ADDRESS(row)) : "memory");
}

DEV void LOAD_MATRIX_X2_TRANS(u32* fragment, const u16* row)
{
    asm volatile("ldmatrix.sync.aligned.m8n8.x2.trans.shared.b16 {%0, %1}, [%2];"
        : "=r"(fragment[0]), "=r"(fragment[1]) : "r"(SHARED_ADDRESS(row)) : "memory");
}

DEV void LOAD_WORDS_X4(u32* fragment, const float* row)
{
    LOAD_MATRIX_X4(fragment, (const u16*)row);
}

DEV void LOAD_WORDS_X4_TRANS(u32* fragment, const float* row)
{
    LOAD_MATRIX_X4_TRANS(fragment, (const u16*)row);
}

DEV void MMA_BF16(float* d, const u32* a, const u32* b)
{
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 "
        "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

DEV void MMA_TF32(float* d, const u32* a, const u32* b)
{
    asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 "
        "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}
