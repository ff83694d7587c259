// Instructions of a whole warp: shuffles, votes, matrix fragments. PTX ISA, sections 9.7.8.6, 9.7.12 and 9.7.13.4.

#include "ptx_interpreter.h"

#include <string.h>

// shfl.sync d, a, b, c, mask: c has the clamp in bits 0 to 4 and the mask of segments in bits 8 to 12.
#define SHUFFLE(id, source, is_valid)                                                              \
    static void id(struct ptx_warp* warp, struct ptx_instruction* in, uint32_t mask)               \
    {                                                                                              \
        uint32_t before[PTX_LANES];                                                                \
        memcpy(before, PTX_AT(uint32_t, 1), sizeof before);                                        \
        for (int lane = 0; lane < PTX_LANES; lane++) {                                             \
            if (!(mask >> lane & 1)) { continue; }                                                 \
            int b = (int)(PTX_AT(uint32_t, 2)[lane] & 31);                                         \
            int clamp = (int)(PTX_AT(uint32_t, 3)[lane] & 31);                                     \
            int segment = (int)(PTX_AT(uint32_t, 3)[lane] >> 8 & 31);                              \
            int most = (lane & segment) | (clamp & ~segment);                                      \
            int from = source;                                                                     \
            if (!(is_valid)) { from = lane; }                                                      \
            if (!(mask >> from & 1)) { ptx_fail(warp, in, lane, "lane %d does not take part", from); } \
            PTX_AT(uint32_t, 0)[lane] = before[from];                                              \
        }                                                                                          \
    }

SHUFFLE(shfl_bfly, lane ^ b, from <= most)
SHUFFLE(shfl_down, lane + b, from <= most)
SHUFFLE(shfl_up, lane - b, from >= most)
SHUFFLE(shfl_idx, (lane & segment) | (b & ~segment), from <= most)

static void set_all(struct ptx_warp* warp, struct ptx_instruction* in, uint32_t mask, int holds)
{
    uint32_t* d = PTX_AT(uint32_t, 0);
    *d = holds ? *d | mask : *d & ~mask;
}

static void vote_any(struct ptx_warp* warp, struct ptx_instruction* in, uint32_t mask)
{
    set_all(warp, in, mask, (*PTX_AT(uint32_t, 1) & mask) != 0);
}

static void vote_all(struct ptx_warp* warp, struct ptx_instruction* in, uint32_t mask)
{
    set_all(warp, in, mask, (*PTX_AT(uint32_t, 1) & mask) == mask);
}

static void vote_ballot(struct ptx_warp* warp, struct ptx_instruction* in, uint32_t mask)
{
    uint32_t ballot = *PTX_AT(uint32_t, 1) & mask;
    uint32_t* d = PTX_AT(uint32_t, 0);
    PTX_EACH_LANE(d[i] = ballot)
}

static void bar_warp_sync(struct ptx_warp* warp, struct ptx_instruction* in, uint32_t mask)
{
    (void)in;
    (void)mask;
    warp->epoch++;
}

// Matrix j has its eight rows of eight 16-bit elements at the addresses of lanes 8j to 8j + 7. Lane l receives elements
// 2 (l % 4) and the next of row l / 4; with .trans, of column l / 4.
static void load_matrices(struct ptx_warp* warp, struct ptx_instruction* in, int is_transposed)
{
    uint16_t rows[32][8];
    ptx_count_conflicts(warp, in, ~0u, 4, 16, 0);
    for (int lane = 0; lane < PTX_LANES; lane++) {
        uint64_t address = ptx_address(warp, in, 4, lane);
        memcpy(rows[lane], ptx_shared(warp, in, lane, address, 16), 16);
        ptx_note_read(warp, in, lane, address, 16);
    }
    for (int j = 0; j < 4; j++) {
        for (int lane = 0; lane < PTX_LANES; lane++) {
            int row = lane / 4, column = lane % 4 * 2;
            uint32_t low = is_transposed ? rows[8 * j + column][row] : rows[8 * j + row][column];
            uint32_t high = is_transposed ? rows[8 * j + column + 1][row] : rows[8 * j + row][column + 1];
            PTX_AT(uint32_t, j)[lane] = low | high << 16;
        }
    }
}

static void ldmatrix_x4(struct ptx_warp* warp, struct ptx_instruction* in, uint32_t mask)
{
    (void)mask;
    load_matrices(warp, in, 0);
}

static void ldmatrix_x4_trans(struct ptx_warp* warp, struct ptx_instruction* in, uint32_t mask)
{
    (void)mask;
    load_matrices(warp, in, 1);
}

static float float_of(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, 4);
    return value;
}

// D = A B + C of 16 x 8 results, summed in the order of k; the document leaves order and rounding open.
static void multiply(struct ptx_warp* warp, struct ptx_instruction* in, int depth, float (*a)[16], float (*b)[8])
{
    float d[16][8];
    for (int lane = 0; lane < PTX_LANES; lane++) {
        // Fragments of C and D: row lane / 4, and that plus 8 for the second pair; columns 2 (lane % 4) and the next.
        for (int i = 0; i < 4; i++) { d[lane / 4 + i / 2 * 8][lane % 4 * 2 + i % 2] = PTX_AT(float, 10 + i)[lane]; }
    }
    for (int row = 0; row < 16; row++) {
        for (int k = 0; k < depth; k++) {
            for (int column = 0; column < 8; column++) {
                d[row][column] = __builtin_fmaf(a[row][k], b[k][column], d[row][column]);
            }
        }
    }
    for (int lane = 0; lane < PTX_LANES; lane++) {
        for (int i = 0; i < 4; i++) { PTX_AT(float, i)[lane] = d[lane / 4 + i / 2 * 8][lane % 4 * 2 + i % 2]; }
    }
}

// m16n8k16: register r of A holds columns 2 (lane % 4) and the next, plus 8 for r >= 2, of row lane / 4, plus 8 for odd r;
// register r of B holds rows 2 (lane % 4) and the next, plus 8 r, of column lane / 4.
static void mma_bf16(struct ptx_warp* warp, struct ptx_instruction* in, uint32_t mask)
{
    (void)mask;
    float a[16][16], b[16][8];
    for (int lane = 0; lane < PTX_LANES; lane++) {
        for (int r = 0; r < 4; r++) {
            uint32_t pair = PTX_AT(uint32_t, 4 + r)[lane];
            float* to = &a[lane / 4 + r % 2 * 8][lane % 4 * 2 + r / 2 * 8];
            to[0] = float_of(pair << 16);
            to[1] = float_of(pair & 0xffff0000);
        }
        for (int r = 0; r < 2; r++) {
            uint32_t pair = PTX_AT(uint32_t, 8 + r)[lane];
            b[lane % 4 * 2 + r * 8][lane / 4] = float_of(pair << 16);
            b[lane % 4 * 2 + r * 8 + 1][lane / 4] = float_of(pair & 0xffff0000);
        }
    }
    multiply(warp, in, 16, a, b);
}

// m16n8k8: register r of A is row lane / 4, plus 8 for odd r, of column lane % 4, plus 4 for r >= 2; register r of B is row
// lane % 4, plus 4 r, of column lane / 4. The lowest 13 bits do not count.
static void mma_tf32(struct ptx_warp* warp, struct ptx_instruction* in, uint32_t mask)
{
    (void)mask;
    float a[16][16], b[16][8];
    for (int lane = 0; lane < PTX_LANES; lane++) {
        for (int r = 0; r < 4; r++) {
            a[lane / 4 + r % 2 * 8][lane % 4 + r / 2 * 4] = float_of(PTX_AT(uint32_t, 4 + r)[lane] & 0xffffe000);
        }
        for (int r = 0; r < 2; r++) {
            b[lane % 4 + r * 4][lane / 4] = float_of(PTX_AT(uint32_t, 8 + r)[lane] & 0xffffe000);
        }
    }
    multiply(warp, in, 8, a, b);
}

static const struct ptx_form forms[] = {
    {"shfl.sync.bfly.b32", "wwwww", shfl_bfly, PTX_COLLECTIVE},
    {"shfl.sync.down.b32", "wwwww", shfl_down, PTX_COLLECTIVE},
    {"shfl.sync.up.b32", "wwwww", shfl_up, PTX_COLLECTIVE},
    {"shfl.sync.idx.b32", "wwwww", shfl_idx, PTX_COLLECTIVE},
    {"vote.sync.any.pred", "ppw", vote_any, PTX_COLLECTIVE},
    {"vote.sync.all.pred", "ppw", vote_all, PTX_COLLECTIVE},
    {"vote.sync.ballot.b32", "wpw", vote_ballot, PTX_COLLECTIVE},
    {"bar.warp.sync", "w", bar_warp_sync, PTX_COLLECTIVE},
    {"ldmatrix.sync.aligned.m8n8.x4.shared.b16", "wwwwa", ldmatrix_x4, PTX_ALIGNED},
    {"ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16", "wwwwa", ldmatrix_x4_trans, PTX_ALIGNED},
    {"mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32", "wwwwwwwwwwwwww", mma_bf16, PTX_ALIGNED},
    {"mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32", "wwwwwwwwwwwwww", mma_tf32, PTX_ALIGNED},
};

const struct ptx_form* ptx_warp_forms(int* count)
{
    *count = sizeof forms / sizeof *forms;
    return forms;
}
