// Instructions that work on registers, lane by lane. Names and meanings are those of the PTX ISA, section 9.7.

#include "ptx_interpreter.h"

#include <math.h>

static inline uint32_t bits_of(float value) { uint32_t bits; __builtin_memcpy(&bits, &value, 4); return bits; }
static inline float float_of(uint32_t bits) { float value; __builtin_memcpy(&value, &bits, 4); return value; }

// A NaN gives way to a number, and -0 is less than +0.
static inline float max_f32(float a, float b)
{
    return a != a ? b : b != b ? a : a > b ? a : b > a ? b : float_of(bits_of(a) & bits_of(b));
}

static inline float min_f32(float a, float b)
{
    return a != a ? b : b != b ? a : a < b ? a : b < a ? b : float_of(bits_of(a) | bits_of(b));
}

static inline double max_f64(double a, double b) { return a != a ? b : b != b ? a : a > b ? a : b; }

// To an integer towards zero: what is out of range becomes the nearest, NaN becomes 0.
static inline int32_t truncated(float a, float least, float above, int32_t most)
{
    return a != a ? 0 : a < least ? (int32_t)least : a >= above ? most : (int32_t)a;
}

// To the nearest, ties to even; NaN becomes 0x7fff.
static inline uint32_t bf16_of(float a)
{
    uint32_t bits = bits_of(a);
    return a != a ? 0x7fff : (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
}

// To the nearest of 10 bits, ties away from zero.
static inline uint32_t tf32_of(float a)
{
    uint32_t bits = bits_of(a);
    return a != a ? 0x7fffffff : (bits & 0x7f800000) == 0x7f800000 ? bits : (bits + 0x1000) & 0xffffe000;
}

static inline uint32_t bfe_u32(uint32_t a, uint32_t position, uint32_t length)
{
    position &= 255;
    length &= 255;
    uint32_t shifted = position > 31 ? 0 : a >> position;
    return length > 31 ? shifted : shifted & ((1u << length) - 1);
}

// An exact quotient: the divisor zero is an error here, as its quotient is unspecified.
#define NONZERO (b == 0 ? (ptx_fail(warp, in, i, "division by zero"), b) : b)

#define OPERATIONS \
    BINARY(add_s16, "add.s16", "hhh", uint16_t, uint16_t, a + b) \
    BINARY(add_s32, "add.s32", "www", uint32_t, uint32_t, a + b) \
    BINARY(add_s64, "add.s64", "ddd", uint64_t, uint64_t, a + b) \
    BINARY(add_u64, "add.u64", "ddd", uint64_t, uint64_t, a + b) \
    BINARY(sub_s16, "sub.s16", "hhh", uint16_t, uint16_t, a - b) \
    BINARY(sub_s32, "sub.s32", "www", uint32_t, uint32_t, a - b) \
    BINARY(sub_s64, "sub.s64", "ddd", uint64_t, uint64_t, a - b) \
    BINARY(mul_lo_s16, "mul.lo.s16", "hhh", uint16_t, uint16_t, (uint32_t)a * b) \
    BINARY(mul_lo_s32, "mul.lo.s32", "www", uint32_t, uint32_t, a * b) \
    BINARY(mul_lo_s64, "mul.lo.s64", "ddd", uint64_t, uint64_t, a * b) \
    BINARY(mul_hi_s32, "mul.hi.s32", "www", int32_t, int32_t, ((int64_t)a * b) >> 32) \
    BINARY(mul_hi_u32, "mul.hi.u32", "www", uint32_t, uint32_t, ((uint64_t)a * b) >> 32) \
    BINARY(mul_wide_s16, "mul.wide.s16", "whh", int32_t, int16_t, (int32_t)a * b) \
    BINARY(mul_wide_u16, "mul.wide.u16", "whh", uint32_t, uint16_t, (uint32_t)a * b) \
    BINARY(mul_wide_s32, "mul.wide.s32", "dww", int64_t, int32_t, (int64_t)a * b) \
    BINARY(mul_wide_u32, "mul.wide.u32", "dww", uint64_t, uint32_t, (uint64_t)a * b) \
    TERNARY(mad_lo_s32, "mad.lo.s32", "wwww", uint32_t, a * b + c) \
    TERNARY(mad_lo_s64, "mad.lo.s64", "dddd", uint64_t, a * b + c) \
    TERNARY(mad_lo_u64, "mad.lo.u64", "dddd", uint64_t, a * b + c) \
    BINARY(div_s32, "div.s32", "www", int32_t, int32_t, b == -1 ? (int32_t)(0u - (uint32_t)a) : a / NONZERO) \
    BINARY(div_s64, "div.s64", "ddd", int64_t, int64_t, b == -1 ? (int64_t)(0ull - (uint64_t)a) : a / NONZERO) \
    BINARY(div_u32, "div.u32", "www", uint32_t, uint32_t, a / NONZERO) \
    BINARY(rem_s32, "rem.s32", "www", int32_t, int32_t, b == -1 ? 0 : a % NONZERO) \
    BINARY(rem_s64, "rem.s64", "ddd", int64_t, int64_t, b == -1 ? 0 : a % NONZERO) \
    BINARY(rem_u32, "rem.u32", "www", uint32_t, uint32_t, a % NONZERO) \
    BINARY(min_s32, "min.s32", "www", int32_t, int32_t, a < b ? a : b) \
    BINARY(max_s32, "max.s32", "www", int32_t, int32_t, a > b ? a : b) \
    BINARY(min_s64, "min.s64", "ddd", int64_t, int64_t, a < b ? a : b) \
    UNARY(neg_s32, "neg.s32", "ww", uint32_t, uint32_t, 0u - a) \
    UNARY(neg_s64, "neg.s64", "dd", uint64_t, uint64_t, 0ull - a) \
    BINARY(and_b16, "and.b16", "hhh", uint16_t, uint16_t, a & b) \
    BINARY(and_b32, "and.b32", "www", uint32_t, uint32_t, a & b) \
    BINARY(and_b64, "and.b64", "ddd", uint64_t, uint64_t, a & b) \
    BINARY(or_b32, "or.b32", "www", uint32_t, uint32_t, a | b) \
    BINARY(or_b64, "or.b64", "ddd", uint64_t, uint64_t, a | b) \
    BINARY(xor_b32, "xor.b32", "www", uint32_t, uint32_t, a ^ b) \
    BINARY(xor_b64, "xor.b64", "ddd", uint64_t, uint64_t, a ^ b) \
    UNARY(not_b32, "not.b32", "ww", uint32_t, uint32_t, ~a) \
    SHIFT(shl_b16, "shl.b16", "hhw", uint16_t, b > 15 ? 0 : a << b) \
    SHIFT(shl_b32, "shl.b32", "www", uint32_t, b > 31 ? 0 : a << b) \
    SHIFT(shl_b64, "shl.b64", "ddw", uint64_t, b > 63 ? 0 : a << b) \
    SHIFT(shr_u16, "shr.u16", "hhw", uint16_t, b > 15 ? 0 : a >> b) \
    SHIFT(shr_u32, "shr.u32", "www", uint32_t, b > 31 ? 0 : a >> b) \
    SHIFT(shr_u64, "shr.u64", "ddw", uint64_t, b > 63 ? 0 : a >> b) \
    SHIFT(shr_s16, "shr.s16", "hhw", int16_t, a >> (b > 15 ? 15 : b)) \
    SHIFT(shr_s32, "shr.s32", "www", int32_t, a >> (b > 31 ? 31 : b)) \
    SHIFT(shr_s64, "shr.s64", "ddw", int64_t, a >> (b > 63 ? 63 : b)) \
    TERNARY(bfe_u32_, "bfe.u32", "wwww", uint32_t, bfe_u32(a, b, c)) \
    BINARY(add_rn_f32, "add.rn.f32", "www", float, float, a + b) \
    BINARY(add_rn_f64, "add.rn.f64", "ddd", double, double, a + b) \
    BINARY(sub_rn_f32, "sub.rn.f32", "www", float, float, a - b) \
    BINARY(sub_rn_f64, "sub.rn.f64", "ddd", double, double, a - b) \
    BINARY(mul_rn_f32, "mul.rn.f32", "www", float, float, a * b) \
    BINARY(mul_rn_f64, "mul.rn.f64", "ddd", double, double, a * b) \
    BINARY(div_rn_f32, "div.rn.f32", "www", float, float, a / b) \
    BINARY(div_rn_f64, "div.rn.f64", "ddd", double, double, a / b) \
    BINARY(add_f32, "add.f32", "www", float, float, a + b) \
    BINARY(sub_f32, "sub.f32", "www", float, float, a - b) \
    BINARY(mul_f32, "mul.f32", "www", float, float, a * b) \
    BINARY(add_f64, "add.f64", "ddd", double, double, a + b) \
    BINARY(sub_f64, "sub.f64", "ddd", double, double, a - b) \
    BINARY(mul_f64, "mul.f64", "ddd", double, double, a * b) \
    TERNARY(fma_rn_f32, "fma.rn.f32", "wwww", float, __builtin_fmaf(a, b, c)) \
    UNARY(rcp_rn_f32, "rcp.rn.f32", "ww", float, float, 1.0f / a) \
    UNARY(rcp_rn_f64, "rcp.rn.f64", "dd", double, double, 1.0 / a) \
    UNARY(sqrt_rn_f32, "sqrt.rn.f32", "ww", float, float, __builtin_sqrtf(a)) \
    UNARY(ex2_approx_f32, "ex2.approx.f32", "ww", float, float, exp2f(a)) \
    UNARY(lg2_approx_f32, "lg2.approx.f32", "ww", float, float, log2f(a)) \
    UNARY(sin_approx_f32, "sin.approx.f32", "ww", float, float, sinf(a)) \
    UNARY(cos_approx_f32, "cos.approx.f32", "ww", float, float, cosf(a)) \
    UNARY(neg_f32, "neg.f32", "ww", uint32_t, uint32_t, a ^ 0x80000000u) \
    UNARY(neg_f64, "neg.f64", "dd", uint64_t, uint64_t, a ^ 0x8000000000000000u) \
    UNARY(abs_f32, "abs.f32", "ww", uint32_t, uint32_t, a & 0x7fffffffu) \
    BINARY(max_f32_, "max.f32", "www", float, float, max_f32(a, b)) \
    BINARY(min_f32_, "min.f32", "www", float, float, min_f32(a, b)) \
    BINARY(max_f64_, "max.f64", "ddd", double, double, max_f64(a, b)) \
    UNARY(cvt_u16_u8, "cvt.u16.u8", "hh", uint16_t, uint16_t, (uint8_t)a) \
    UNARY(cvt_s16_s8, "cvt.s16.s8", "hh", int16_t, uint16_t, (int8_t)a) \
    UNARY(cvt_u32_u8, "cvt.u32.u8", "wh", uint32_t, uint16_t, (uint8_t)a) \
    UNARY(cvt_s32_s8, "cvt.s32.s8", "ww", int32_t, uint32_t, (int8_t)a) \
    UNARY(cvt_s32_u8, "cvt.s32.u8", "wh", int32_t, uint16_t, (uint8_t)a) \
    UNARY(cvt_u8_s32, "cvt.u8.s32", "hw", uint16_t, uint32_t, (uint8_t)a) \
    UNARY(cvt_u16_u32, "cvt.u16.u32", "hw", uint16_t, uint32_t, a) \
    UNARY(cvt_u32_u16, "cvt.u32.u16", "wh", uint32_t, uint16_t, a) \
    UNARY(cvt_s32_s16, "cvt.s32.s16", "wh", int32_t, int16_t, a) \
    UNARY(cvt_u32_u64, "cvt.u32.u64", "wd", uint32_t, uint64_t, a) \
    UNARY(cvt_s32_s64, "cvt.s32.s64", "wd", int32_t, int64_t, a) \
    UNARY(cvt_u64_u32, "cvt.u64.u32", "dw", uint64_t, uint32_t, a) \
    UNARY(cvt_s64_s32, "cvt.s64.s32", "dw", int64_t, int32_t, a) \
    UNARY(cvt_s64_s32_wide, "cvt.s64.s32", "dd", int64_t, uint64_t, (int32_t)a) \
    UNARY(cvt_rn_f32_u16, "cvt.rn.f32.u16", "wh", float, uint16_t, a) \
    UNARY(cvt_rn_f32_u32, "cvt.rn.f32.u32", "ww", float, uint32_t, a) \
    UNARY(cvt_rn_f32_s32, "cvt.rn.f32.s32", "ww", float, int32_t, a) \
    UNARY(cvt_rn_f64_u32, "cvt.rn.f64.u32", "dw", double, uint32_t, a) \
    UNARY(cvt_rn_f64_s32, "cvt.rn.f64.s32", "dw", double, int32_t, a) \
    UNARY(cvt_rn_f64_s64, "cvt.rn.f64.s64", "dd", double, int64_t, a) \
    UNARY(cvt_f64_f32, "cvt.f64.f32", "dw", double, float, a) \
    UNARY(cvt_rn_f32_f64, "cvt.rn.f32.f64", "wd", float, double, a) \
    UNARY(cvt_rmi_f32_f32, "cvt.rmi.f32.f32", "ww", float, float, __builtin_floorf(a)) \
    UNARY(cvt_rzi_s32_f32, "cvt.rzi.s32.f32", "ww", int32_t, float, truncated(a, -0x1p31f, 0x1p31f, INT32_MAX)) \
    UNARY(cvt_rzi_s16_f32, "cvt.rzi.s16.f32", "hw", int16_t, float, truncated(a, -0x1p15f, 0x1p15f, INT16_MAX)) \
    UNARY(cvt_rzi_u8_f32, "cvt.rzi.u8.f32", "hw", uint16_t, float, truncated(a, 0, 0x1p8f, UINT8_MAX)) \
    UNARY(cvt_rn_bf16_f32, "cvt.rn.bf16.f32", "hw", uint16_t, float, bf16_of(a)) \
    BINARY(cvt_rn_bf16x2_f32, "cvt.rn.bf16x2.f32", "www", uint32_t, float, bf16_of(a) << 16 | bf16_of(b)) \
    UNARY(cvt_rna_tf32_f32, "cvt.rna.tf32.f32", "ww", uint32_t, float, tf32_of(a)) \
    UNARY(mov_16, "mov.u16", "hh", uint16_t, uint16_t, a) \
    UNARY(mov_u32, "mov.u32", "ww", uint32_t, uint32_t, a) \
    UNARY(mov_b32, "mov.b32", "ww", uint32_t, uint32_t, a) \
    UNARY(mov_f32, "mov.f32", "ww", uint32_t, uint32_t, a) \
    UNARY(mov_u64, "mov.u64", "dd", uint64_t, uint64_t, a) \
    UNARY(mov_b64, "mov.b64", "dd", uint64_t, uint64_t, a) \
    UNARY(mov_f64, "mov.f64", "dd", uint64_t, uint64_t, a) \
    UNARY(cvta_to_global, "cvta.to.global.u64", "dd", uint64_t, uint64_t, a) \
    SELECT(selp_b16, "selp.b16", "hhhp", uint16_t) \
    SELECT(selp_u16, "selp.u16", "hhhp", uint16_t) \
    SELECT(selp_b32, "selp.b32", "wwwp", uint32_t) \
    SELECT(selp_u32, "selp.u32", "wwwp", uint32_t) \
    SELECT(selp_s32, "selp.s32", "wwwp", uint32_t) \
    SELECT(selp_f32, "selp.f32", "wwwp", uint32_t) \
    SELECT(selp_b64, "selp.b64", "dddp", uint64_t) \
    SELECT(selp_f64, "selp.f64", "dddp", uint64_t) \
    COMPARE(setp_eq_s16, "setp.eq.s16", "phh", int16_t, a == b) \
    COMPARE(setp_eq_b32, "setp.eq.b32", "pww", uint32_t, a == b) \
    COMPARE(setp_eq_s32, "setp.eq.s32", "pww", int32_t, a == b) \
    COMPARE(setp_ne_s32, "setp.ne.s32", "pww", int32_t, a != b) \
    COMPARE(setp_ne_u32, "setp.ne.u32", "pww", uint32_t, a != b) \
    COMPARE(setp_lt_s32, "setp.lt.s32", "pww", int32_t, a < b) \
    COMPARE(setp_le_s32, "setp.le.s32", "pww", int32_t, a <= b) \
    COMPARE(setp_gt_s32, "setp.gt.s32", "pww", int32_t, a > b) \
    COMPARE(setp_ge_s32, "setp.ge.s32", "pww", int32_t, a >= b) \
    COMPARE(setp_lt_u32, "setp.lt.u32", "pww", uint32_t, a < b) \
    COMPARE(setp_gt_u32, "setp.gt.u32", "pww", uint32_t, a > b) \
    COMPARE(setp_ge_u32, "setp.ge.u32", "pww", uint32_t, a >= b) \
    COMPARE(setp_eq_b64, "setp.eq.b64", "pdd", uint64_t, a == b) \
    COMPARE(setp_eq_s64, "setp.eq.s64", "pdd", int64_t, a == b) \
    COMPARE(setp_ne_s64, "setp.ne.s64", "pdd", int64_t, a != b) \
    COMPARE(setp_lt_s64, "setp.lt.s64", "pdd", int64_t, a < b) \
    COMPARE(setp_gt_s64, "setp.gt.s64", "pdd", int64_t, a > b) \
    COMPARE(setp_ge_s64, "setp.ge.s64", "pdd", int64_t, a >= b) \
    COMPARE(setp_ge_u64, "setp.ge.u64", "pdd", uint64_t, a >= b) \
    COMPARE(setp_eq_f32, "setp.eq.f32", "pww", float, a == b) \
    COMPARE(setp_lt_f32, "setp.lt.f32", "pww", float, a < b) \
    COMPARE(setp_le_f32, "setp.le.f32", "pww", float, a <= b) \
    COMPARE(setp_gt_f32, "setp.gt.f32", "pww", float, a > b) \
    COMPARE(setp_ge_f32, "setp.ge.f32", "pww", float, a >= b) \
    COMPARE(setp_neu_f32, "setp.neu.f32", "pww", float, !(a == b)) \
    COMPARE(setp_ltu_f32, "setp.ltu.f32", "pww", float, !(a >= b)) \
    COMPARE(setp_leu_f32, "setp.leu.f32", "pww", float, !(a > b)) \
    COMPARE(setp_gtu_f32, "setp.gtu.f32", "pww", float, !(a <= b)) \
    COMPARE(setp_num_f32, "setp.num.f32", "pww", float, a == a && b == b) \
    COMPARE(testp_notanumber_f32, "testp.notanumber.f32", "pw", float, a != a) \
    COMPARE(setp_lt_f64, "setp.lt.f64", "pdd", double, a < b) \
    COMPARE(setp_le_f64, "setp.le.f64", "pdd", double, a <= b) \
    COMPARE(setp_leu_f64, "setp.leu.f64", "pdd", double, !(a > b)) \
    COMPARE(setp_gt_f64, "setp.gt.f64", "pdd", double, a > b) \
    PREDICATE(mov_pred, "mov.pred", "pp", a) \
    PREDICATE(not_pred, "not.pred", "pp", ~a) \
    PREDICATE(and_pred, "and.pred", "ppp", a & b) \
    PREDICATE(or_pred, "or.pred", "ppp", a | b) \
    PREDICATE(xor_pred, "xor.pred", "ppp", a ^ b)

#define BEGIN(id) static void id(struct ptx_warp* warp, struct ptx_instruction* in, uint32_t mask) {

#define UNARY(id, name, sizes, D, S, value)                                               \
    BEGIN(id)                                                                             \
        D* d = PTX_AT(D, 0);                                                              \
        const S* x = PTX_AT(const S, 1);                                                  \
        PTX_EACH_LANE(S a = x[i]; d[i] = (D)(value))                                      \
    }

#define BINARY(id, name, sizes, D, S, value)                                              \
    BEGIN(id)                                                                             \
        D* d = PTX_AT(D, 0);                                                              \
        const S* x = PTX_AT(const S, 1);                                                  \
        const S* y = PTX_AT(const S, 2);                                                  \
        PTX_EACH_LANE(S a = x[i]; S b = y[i]; d[i] = (D)(value))                          \
    }

#define SHIFT(id, name, sizes, D, value)                                                  \
    BEGIN(id)                                                                             \
        D* d = PTX_AT(D, 0);                                                              \
        const D* x = PTX_AT(const D, 1);                                                  \
        const uint32_t* y = PTX_AT(const uint32_t, 2);                                    \
        PTX_EACH_LANE(D a = x[i]; uint32_t b = y[i]; d[i] = (D)(value))                   \
    }

#define TERNARY(id, name, sizes, D, value)                                                \
    BEGIN(id)                                                                             \
        D* d = PTX_AT(D, 0);                                                              \
        const D* x = PTX_AT(const D, 1);                                                  \
        const D* y = PTX_AT(const D, 2);                                                  \
        const D* z = PTX_AT(const D, 3);                                                  \
        PTX_EACH_LANE(D a = x[i]; D b = y[i]; D c = z[i]; d[i] = (D)(value))              \
    }

#define SELECT(id, name, sizes, D)                                                        \
    BEGIN(id)                                                                             \
        D* d = PTX_AT(D, 0);                                                              \
        const D* x = PTX_AT(const D, 1);                                                  \
        const D* y = PTX_AT(const D, 2);                                                  \
        uint32_t first = *PTX_AT(uint32_t, 3);                                            \
        PTX_EACH_LANE(D a = x[i]; D b = y[i]; d[i] = first >> i & 1 ? a : b)              \
    }

#define COMPARE(id, name, sizes, S, value)                                                \
    BEGIN(id)                                                                             \
        uint32_t* d = PTX_AT(uint32_t, 0);                                                \
        const S* x = PTX_AT(const S, 1);                                                  \
        const S* y = PTX_AT(const S, 2);                                                  \
        uint32_t holds = 0;                                                               \
        for (int i = 0; i < PTX_LANES; i++) {                                             \
            S a = x[i];                                                                   \
            S b = y[i];                                                                   \
            (void)b;                                                                      \
            holds |= (uint32_t)(value) << i;                                              \
        }                                                                                 \
        *d = (*d & ~mask) | (holds & mask);                                               \
    }

#define PREDICATE(id, name, sizes, value)                                                 \
    BEGIN(id)                                                                             \
        uint32_t* d = PTX_AT(uint32_t, 0);                                                \
        uint32_t a = *PTX_AT(uint32_t, 1);                                                \
        uint32_t b = *PTX_AT(uint32_t, 2);                                                \
        (void)b;                                                                          \
        *d = (*d & ~mask) | ((value) & mask);                                             \
    }

OPERATIONS

// mov.b64 {low, high}, d
BEGIN(mov_split)
    uint32_t* low = PTX_AT(uint32_t, 0);
    uint32_t* high = PTX_AT(uint32_t, 1);
    const uint64_t* x = PTX_AT(const uint64_t, 2);
    PTX_EACH_LANE(low[i] = (uint32_t)x[i]; high[i] = (uint32_t)(x[i] >> 32))
}

#undef UNARY
#undef BINARY
#undef SHIFT
#undef TERNARY
#undef SELECT
#undef COMPARE
#undef PREDICATE

#define UNARY(id, name, sizes, D, S, value) {name, sizes, id, PTX_PLAIN},
#define BINARY(id, name, sizes, D, S, value) {name, sizes, id, PTX_PLAIN},
#define SHIFT(id, name, sizes, D, value) {name, sizes, id, PTX_PLAIN},
#define TERNARY(id, name, sizes, D, value) {name, sizes, id, PTX_PLAIN},
#define SELECT(id, name, sizes, D) {name, sizes, id, PTX_PLAIN},
#define COMPARE(id, name, sizes, S, value) {name, sizes, id, PTX_PLAIN},
#define PREDICATE(id, name, sizes, value) {name, sizes, id, PTX_PLAIN},

static const struct ptx_form forms[] = {OPERATIONS {"mov.b64", "wwd", mov_split, PTX_PLAIN}};

const struct ptx_form* ptx_arithmetic_forms(int* count)
{
    *count = sizeof forms / sizeof *forms;
    return forms;
}
