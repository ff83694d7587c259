// Loads, stores, atomics and asynchronous copies: PTX ISA, sections 5.1 (state spaces), 9.7.8 and 9.7.12.

#include "ptx_interpreter.h"

#include <stdlib.h>
#include <string.h>

// A thread that stands for several: atomics of any thread, lanes of one warp, threads of several warps.
enum { ATOMIC = 0xffff, MANY = 0xfffe, LANES_OF = 0x8000 };

// A copy has been asked for and not been waited for.
#define PENDING 0xffffffffu

static unsigned char* global(
    struct ptx_warp* warp, struct ptx_instruction* in, int lane, uint64_t address, uint32_t length)
{
    struct ptx_block* block = &in->block;
    if (in->block_launch != warp->launch->id || address - block->start > block->length - length) {
        in->block_launch = warp->launch->id;
        if (!warp->launch->find(address, block) || address - block->start > block->length - length
            || block->length < length) {
            in->block_launch = 0;
            ptx_fail(warp, in, lane, "%u bytes at %llx are not in device memory", length, (unsigned long long)address);
        }
    }
    if (address % length) {
        ptx_fail(warp, in, lane, "%u bytes at %llx are not aligned", length, (unsigned long long)address);
    }
    return block->bytes + (address - block->start);
}

unsigned char* ptx_shared(
    struct ptx_warp* warp, struct ptx_instruction* in, int lane, uint64_t address, uint32_t length)
{
    uint64_t at = address - PTX_SHARED_BASE;
    uint32_t room = warp->launch->shared_bytes;
    if (length > room || at > room - length) {
        ptx_fail(warp, in, lane, "%u bytes at %lld of %u bytes of shared memory", length, (long long)at, room);
    }
    if (address % length) { ptx_fail(warp, in, lane, "%u bytes at %lld are not aligned", length, (long long)at); }
    return warp->launch->shared + at;
}

_Noreturn static void race(
    struct ptx_warp* warp, struct ptx_instruction* in, int lane, const struct ptx_word* word, const char* other)
{
    long at = (long)(word - warp->launch->words) * 4;
    if (word->written == PENDING) {
        ptx_fail(warp, in, lane, "shared memory at %ld, where a cp.async that nobody waited for writes", at);
    }
    ptx_fail(warp, in, lane, "shared memory at %ld, which thread %u %s with no barrier between", at,
             other[0] == 'r' ? word->reader & 0x3ffu : word->writer & 0x3ffu, other);
}

// Whether what a thread did before is ordered before what this one does now. Lanes of a warp are ordered by bar.warp.sync.
static inline int is_ordered(
    const struct ptx_warp* warp, unsigned thread, uint32_t when, uint32_t when_in, unsigned other)
{
    if (when != warp->launch->epoch || other == thread) { return when != PENDING; }
    return other < MANY && (other & ~(unsigned)LANES_OF) / PTX_LANES == warp->index && when_in != warp->epoch;
}

static inline void note_read(struct ptx_warp* warp, struct ptx_instruction* in, int lane, struct ptx_word* word)
{
    unsigned thread = warp->index * PTX_LANES + (unsigned)lane;
    if (!is_ordered(warp, thread, word->written, word->written_in, word->writer)) {
        race(warp, in, lane, word, "writes");
    }
    if (word->read != warp->launch->epoch) {
        word->reader = (uint16_t)thread;
    } else if (word->reader != thread) {
        unsigned of_warp = (word->reader & ~(unsigned)LANES_OF) / PTX_LANES;
        if (word->reader == MANY || of_warp != warp->index) {
            word->reader = MANY;
        } else {
            word->reader = (uint16_t)(word->read_in == warp->epoch ? thread | LANES_OF : thread);
        }
    }
    word->read = warp->launch->epoch;
    word->read_in = warp->epoch;
}

static inline void note_write(
    struct ptx_warp* warp, struct ptx_instruction* in, int lane, struct ptx_word* word, int is_atomic)
{
    unsigned thread = warp->index * PTX_LANES + (unsigned)lane;
    int both_atomic = is_atomic && word->writer == ATOMIC && word->written == warp->launch->epoch;
    if (!both_atomic && !is_ordered(warp, thread, word->written, word->written_in, word->writer)) {
        race(warp, in, lane, word, "writes");
    }
    if (!is_ordered(warp, thread, word->read, word->read_in, word->reader)) { race(warp, in, lane, word, "reads"); }
    word->written = warp->launch->epoch;
    word->written_in = warp->epoch;
    word->writer = (uint16_t)(is_atomic ? ATOMIC : thread);
}

static struct ptx_word* words_at(struct ptx_warp* warp, uint64_t address)
{
    return warp->launch->words + (address - PTX_SHARED_BASE) / 4;
}

void ptx_note_read(struct ptx_warp* warp, struct ptx_instruction* in, int lane, uint64_t address, uint32_t length)
{
    for (uint32_t i = 0; i < length / 4; i++) { note_read(warp, in, lane, words_at(warp, address) + i); }
}

static void note_written(
    struct ptx_warp* warp, struct ptx_instruction* in, int lane, uint64_t address, uint32_t length, int is_atomic)
{
    for (uint32_t i = 0; i < length / 4; i++) { note_write(warp, in, lane, words_at(warp, address) + i, is_atomic); }
}

// A register may be wider than what is loaded, and is then filled by its sign or zeros.
static inline void put(
    struct ptx_warp* warp, const struct ptx_instruction* in, int operand, int lane, const unsigned char* from)
{
    int bytes = in->element_bytes;
    if (bytes == in->operand_bytes[operand] && bytes == 4) {
        memcpy(PTX_AT(uint32_t, operand) + lane, from, 4);
        return;
    }
    uint64_t value = 0;
    memcpy(&value, from, (size_t)bytes);
    if (in->is_signed) { value = (uint64_t)((int64_t)(value << (64 - 8 * bytes)) >> (64 - 8 * bytes)); }
    switch (in->operand_bytes[operand]) {
    case 2: PTX_AT(uint16_t, operand)[lane] = (uint16_t)value; break;
    case 4: PTX_AT(uint32_t, operand)[lane] = (uint32_t)value; break;
    default: PTX_AT(uint64_t, operand)[lane] = value;
    }
}

static inline const void* register_at(
    struct ptx_warp* warp, const struct ptx_instruction* in, int operand, int lane)
{
    return warp->registers + in->operand[operand] + lane * in->operand_bytes[operand];
}

#define EACH(lane) for (uint32_t left = mask, lane; left && (lane = (uint32_t)__builtin_ctz(left), 1); left &= left - 1)

// The address is the last operand of a load and the first of a store.
void ptx_load_parameter(struct ptx_warp* warp, struct ptx_instruction* in, uint32_t mask)
{
    const struct ptx_kernel* kernel = warp->launch->kernel;
    uint32_t length = (uint32_t)in->element_bytes * in->elements;
    EACH(lane) {
        uint64_t at = ptx_address(warp, in, in->elements, (int)lane) - PTX_PARAMETER_BASE;
        int is_inside = 0;
        for (int p = 0; p < kernel->parameter_count; p++) {
            const struct ptx_parameter* parameter = &kernel->parameters[p];
            is_inside |= at - parameter->offset < parameter->length && at - parameter->offset + length <= parameter->length;
        }
        if (!is_inside) { ptx_fail(warp, in, (int)lane, "%u bytes at %lld are in no parameter", length, (long long)at); }
        if (at % length) { ptx_fail(warp, in, (int)lane, "the parameter at %lld is not aligned", (long long)at); }
        for (int e = 0; e < in->elements; e++) {
            put(warp, in, e, (int)lane, warp->launch->parameters + at + e * in->element_bytes);
        }
    }
}

void ptx_load_shared(struct ptx_warp* warp, struct ptx_instruction* in, uint32_t mask)
{
    uint32_t length = (uint32_t)in->element_bytes * in->elements;
    ptx_count_conflicts(warp, in, mask, in->elements, length, 0);
    EACH(lane) {
        uint64_t address = ptx_address(warp, in, in->elements, (int)lane);
        const unsigned char* from = ptx_shared(warp, in, (int)lane, address, length);
        ptx_note_read(warp, in, (int)lane, address, length);
        for (int e = 0; e < in->elements; e++) { put(warp, in, e, (int)lane, from + e * in->element_bytes); }
    }
}

void ptx_store_shared(struct ptx_warp* warp, struct ptx_instruction* in, uint32_t mask)
{
    uint32_t length = (uint32_t)in->element_bytes * in->elements;
    ptx_count_conflicts(warp, in, mask, 0, length, 0);
    EACH(lane) {
        uint64_t address = ptx_address(warp, in, 0, (int)lane);
        unsigned char* to = ptx_shared(warp, in, (int)lane, address, length);
        note_written(warp, in, (int)lane, address, length, 0);
        for (int e = 0; e < in->elements; e++) {
            memcpy(to + e * in->element_bytes, register_at(warp, in, 1 + e, (int)lane), in->element_bytes);
        }
    }
}

static unsigned char* local(struct ptx_warp* warp, struct ptx_instruction* in, int lane, uint64_t address, uint32_t length)
{
    const struct ptx_kernel* kernel = warp->launch->kernel;
    uint64_t at = address - PTX_LOCAL_BASE;
    if (length > kernel->local_bytes || at > kernel->local_bytes - length) {
        ptx_fail(warp, in, lane, "%u bytes at %lld of %u bytes of local memory", length, (long long)at, kernel->local_bytes);
    }
    if (at % length) { ptx_fail(warp, in, lane, "%u bytes at %lld are not aligned", length, (long long)at); }
    return warp->registers + kernel->local + (uint32_t)lane * kernel->local_bytes + at;
}

void ptx_load_local(struct ptx_warp* warp, struct ptx_instruction* in, uint32_t mask)
{
    uint32_t length = (uint32_t)in->element_bytes * in->elements;
    EACH(lane) {
        const unsigned char* from = local(warp, in, (int)lane, ptx_address(warp, in, in->elements, (int)lane), length);
        for (int e = 0; e < in->elements; e++) { put(warp, in, e, (int)lane, from + e * in->element_bytes); }
    }
}

void ptx_store_local(struct ptx_warp* warp, struct ptx_instruction* in, uint32_t mask)
{
    uint32_t length = (uint32_t)in->element_bytes * in->elements;
    EACH(lane) {
        unsigned char* to = local(warp, in, (int)lane, ptx_address(warp, in, 0, (int)lane), length);
        for (int e = 0; e < in->elements; e++) {
            memcpy(to + e * in->element_bytes, register_at(warp, in, 1 + e, (int)lane), in->element_bytes);
        }
    }
}

// All lanes' addresses, and whether they follow each other in one block: the common case, done at once.
static const unsigned char* run_of_global(
    struct ptx_warp* warp, struct ptx_instruction* in, uint32_t mask, int operand, uint32_t length)
{
    if (mask != ~0u || in->operand_bytes[operand] != 8) { return NULL; }
    const uint64_t* address = PTX_AT(const uint64_t, operand);
    uint64_t first = address[0], apart = 0;
    for (int i = 0; i < PTX_LANES; i++) { apart |= address[i] ^ (first + (uint64_t)i * length); }
    if (apart) { return NULL; }
    unsigned char* bytes = global(warp, in, 0, first + (uint64_t)in->offset, length);
    return first + (uint64_t)in->offset - in->block.start + PTX_LANES * length <= in->block.length ? bytes : NULL;
}

void ptx_load_global(struct ptx_warp* warp, struct ptx_instruction* in, uint32_t mask)
{
    uint32_t length = (uint32_t)in->element_bytes * in->elements;
    const unsigned char* run = in->elements == 1 && in->element_bytes == 4 && in->operand_bytes[0] == 4
        ? run_of_global(warp, in, mask, 1, 4) : NULL;
    ptx_count_sectors(warp, in, mask, in->elements);
    if (run) {
        memcpy(PTX_AT(unsigned char, 0), run, PTX_LANES * 4);
        return;
    }
    EACH(lane) {
        uint64_t address = ptx_address(warp, in, in->elements, (int)lane);
        const unsigned char* from = global(warp, in, (int)lane, address, length);
        for (int e = 0; e < in->elements; e++) { put(warp, in, e, (int)lane, from + e * in->element_bytes); }
    }
}

void ptx_store_global(struct ptx_warp* warp, struct ptx_instruction* in, uint32_t mask)
{
    uint32_t length = (uint32_t)in->element_bytes * in->elements;
    ptx_count_sectors(warp, in, mask, 0);
    EACH(lane) {
        uint64_t address = ptx_address(warp, in, 0, (int)lane);
        unsigned char* to = global(warp, in, (int)lane, address, length);
        for (int e = 0; e < in->elements; e++) {
            memcpy(to + e * in->element_bytes, register_at(warp, in, 1 + e, (int)lane), in->element_bytes);
        }
    }
}

// Atomics of 32 bits: the old value into the first operand, then the address, then the operands. red has no first one.
#define ATOMIC_FORM(id, space, address_operand, declare, value)                                                      \
    static void id(struct ptx_warp* warp, struct ptx_instruction* in, uint32_t mask)                                 \
    {                                                                                                                \
        count_##space(warp, in, mask, address_operand);                                                              \
        EACH(lane) {                                                                                                 \
            uint64_t address = ptx_address(warp, in, address_operand, (int)lane);              \
            unsigned char* at = space(warp, in, (int)lane, address, 4);                                              \
            uint32_t old, b = PTX_AT(uint32_t, address_operand + 1)[lane];                                           \
            memcpy(&old, at, 4);                                                                                     \
            declare                                                                                                  \
            uint32_t made = value;                                                                                   \
            memcpy(at, &made, 4);                                                                                    \
            if (address_operand == 1) { PTX_AT(uint32_t, 0)[lane] = old; }                                           \
        }                                                                                                            \
    }

static unsigned char* atomic_shared(
    struct ptx_warp* warp, struct ptx_instruction* in, int lane, uint64_t address, uint32_t length)
{
    unsigned char* at = ptx_shared(warp, in, lane, address, length);
    note_written(warp, in, lane, address, length, 1);
    return at;
}

static void count_global(struct ptx_warp* warp, struct ptx_instruction* in, uint32_t mask, int operand)
{
    ptx_count_sectors(warp, in, mask, operand);
}

static void count_atomic_shared(struct ptx_warp* warp, struct ptx_instruction* in, uint32_t mask, int operand)
{
    ptx_count_conflicts(warp, in, mask, operand, 4, 1);
}

static inline uint32_t sum_f32(uint32_t a, uint32_t b)
{
    float x, y;
    memcpy(&x, &a, 4);
    memcpy(&y, &b, 4);
    x += y;
    memcpy(&a, &x, 4);
    return a;
}

ATOMIC_FORM(atom_global_add, global, 1, , old + b)
ATOMIC_FORM(atom_global_max, global, 1, , old > b ? old : b)
ATOMIC_FORM(atom_global_min, global, 1, , old < b ? old : b)
ATOMIC_FORM(atom_global_cas, global, 1, uint32_t c = PTX_AT(uint32_t, 3)[lane];, old == b ? c : old)
ATOMIC_FORM(atom_shared_add, atomic_shared, 1, , old + b)
ATOMIC_FORM(red_global_add, global, 0, , old + b)
ATOMIC_FORM(red_global_max, global, 0, , old > b ? old : b)
ATOMIC_FORM(red_shared_add, atomic_shared, 0, , old + b)
ATOMIC_FORM(red_global_add_f32, global, 0, , sum_f32(old, b))
ATOMIC_FORM(red_shared_add_f32, atomic_shared, 0, , sum_f32(old, b))

// Accesses of device memory are in order already.
static void membar(struct ptx_warp* warp, struct ptx_instruction* in, uint32_t mask)
{
    (void)warp;
    (void)in;
    (void)mask;
}

// cp.async writes no earlier than it is waited for, so a wait that is missing reads what was there before.
static void cp_async(struct ptx_warp* warp, struct ptx_instruction* in, uint32_t mask)
{
    uint32_t reads = mask;
    EACH(lane) { if (in->operands > 3 && PTX_AT(uint32_t, 3)[lane] == 0) { reads &= ~(1u << lane); } }
    ptx_count_sectors(warp, in, reads, 1);
    ptx_count_conflicts(warp, in, mask, 0, 16, 0);
    EACH(lane) {
        uint64_t to = ptx_address(warp, in, 0, (int)lane), from = ptx_address(warp, in, 1, (int)lane);
        uint32_t size = PTX_AT(uint32_t, 2)[lane], length = in->operands > 3 ? PTX_AT(uint32_t, 3)[lane] : size;
        if (size != 16 || length > size) { ptx_fail(warp, in, (int)lane, "%u of %u bytes are copied", length, size); }
        if (from % size) { ptx_fail(warp, in, (int)lane, "the source %llx is not aligned", (unsigned long long)from); }
        struct ptx_copy copy = {
            .lane = (int)lane, .group = warp->committed[lane], .length = length,
            .to = (uint32_t)(ptx_shared(warp, in, (int)lane, to, size) - warp->launch->shared),
        };
        // One byte each of the ends, as a part of 16 bytes need not be aligned to its length.
        if (length > 0) {
            copy.from = global(warp, in, (int)lane, from, 1);
            global(warp, in, (int)lane, from + length - 1, 1);
        }
        note_written(warp, in, (int)lane, to, size, 0);
        for (uint32_t i = 0; i < size / 4; i++) { words_at(warp, to)[i].written = PENDING; }
        if (warp->copy_count == warp->copy_room) {
            warp->copy_room = warp->copy_room * 2 + 256;
            warp->copies = realloc(warp->copies, (size_t)warp->copy_room * sizeof copy);
        }
        warp->copies[warp->copy_count++] = copy;
    }
}

static void cp_async_commit(struct ptx_warp* warp, struct ptx_instruction* in, uint32_t mask)
{
    (void)in;
    EACH(lane) { warp->committed[lane]++; }
}

// All groups of a lane but the last ones are written; what is not committed is in none.
static void cp_async_wait(struct ptx_warp* warp, struct ptx_instruction* in, uint32_t mask)
{
    int kept = 0;
    for (int i = 0; i < warp->copy_count; i++) {
        struct ptx_copy* copy = &warp->copies[i];
        int newest = (int)PTX_AT(uint32_t, 0)[copy->lane];
        if (!(mask >> copy->lane & 1) || copy->group >= warp->committed[copy->lane] - newest) {
            warp->copies[kept++] = *copy;
            continue;
        }
        unsigned char* to = warp->launch->shared + copy->to;
        if (copy->length > 0) { memcpy(to, copy->from, copy->length); }
        memset(to + copy->length, 0, 16 - copy->length);
        struct ptx_word* words = warp->launch->words + copy->to / 4;
        for (int w = 0; w < 4; w++) {
            words[w].written = warp->launch->epoch;
            words[w].written_in = warp->epoch;
        }
    }
    warp->copy_count = kept;
}

void ptx_drop_copies(struct ptx_warp* warp)
{
    for (int i = 0; i < warp->copy_count; i++) {
        for (int w = 0; w < 4; w++) { warp->launch->words[warp->copies[i].to / 4 + (uint32_t)w].written = 0; }
    }
    warp->copy_count = 0;
}

static const struct ptx_form forms[] = {
    {"atom.global.add.u32", "waw", atom_global_add, PTX_PLAIN},
    {"atom.global.max.u32", "waw", atom_global_max, PTX_PLAIN},
    {"atom.global.min.u32", "waw", atom_global_min, PTX_PLAIN},
    {"atom.global.cas.b32", "waww", atom_global_cas, PTX_PLAIN},
    {"atom.shared.add.u32", "waw", atom_shared_add, PTX_PLAIN},
    {"atom.cas.b32", "waww", atom_global_cas, PTX_PLAIN},
    {"membar.gl", "", membar, PTX_PLAIN},
    {"red.add.u32", "aw", red_global_add, PTX_PLAIN},
    {"red.max.u32", "aw", red_global_max, PTX_PLAIN},
    {"red.add.shared.u32", "aw", red_shared_add, PTX_PLAIN},
    {"red.global.add.f32", "aw", red_global_add_f32, PTX_PLAIN},
    {"red.shared.add.f32", "aw", red_shared_add_f32, PTX_PLAIN},
    {"cp.async.cg.shared.global", "aaw", cp_async, PTX_PLAIN},
    {"cp.async.cg.shared.global", "aaww", cp_async, PTX_PLAIN},
    {"cp.async.commit_group", "", cp_async_commit, PTX_PLAIN},
    {"cp.async.wait_group", "w", cp_async_wait, PTX_PLAIN},
};

const struct ptx_form* ptx_memory_forms(int* count)
{
    *count = sizeof forms / sizeof *forms;
    return forms;
}
