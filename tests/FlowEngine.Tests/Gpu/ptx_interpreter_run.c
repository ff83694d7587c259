// Launches: groups one after the other, their warps in turn from barrier to barrier.

#include "ptx_interpreter.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static jmp_buf failed;
static char* message;
static size_t message_room;
static uint64_t launches;
static uint32_t epochs;
static unsigned char* shared_memory;
static struct ptx_word* shared_words;
static uint32_t shared_room;

void ptx_fail(struct ptx_warp* warp, const struct ptx_instruction* in, int lane, const char* format, ...)
{
    const struct ptx_launch* launch = warp->launch;
    int used = snprintf(
        message, message_room, "%s, group (%u, %u, %u), thread %u, line %d, %s: ", launch->kernel->name, launch->group[0],
        launch->group[1], launch->group[2], warp->index * PTX_LANES + (unsigned)lane, in->line, in->text);
    va_list arguments;
    va_start(arguments, format);
    if ((size_t)used < message_room) { vsnprintf(message + used, message_room - (size_t)used, format, arguments); }
    va_end(arguments);
    longjmp(failed, 1);
}

static int first_lane(uint32_t lanes) { return lanes ? __builtin_ctz(lanes) : 0; }

// Joins strands at the same place, and gives the one to run: the first in the text that does not wait.
static struct ptx_strand* next_strand(struct ptx_warp* warp, int* stop)
{
    for (int i = 0; i < warp->strand_count; i++) {
        for (int j = i + 1; j < warp->strand_count; j++) {
            if (warp->strands[j].pc != warp->strands[i].pc) { continue; }
            warp->strands[i].lanes |= warp->strands[j].lanes;
            warp->strands[i].is_waiting = 0;
            warp->strands[j--] = warp->strands[--warp->strand_count];
        }
    }
    struct ptx_strand* first = NULL;
    for (int i = 0; i < warp->strand_count; i++) {
        struct ptx_strand* strand = &warp->strands[i];
        if (!strand->is_waiting && (!first || strand->pc < first->pc)) { first = strand; }
    }
    if (!first) {
        const struct ptx_strand* waits = &warp->strands[0];
        ptx_fail(warp, &warp->launch->kernel->code[waits->pc], first_lane(waits->lanes),
                 "lanes %08x wait for others that never come; alive are %08x", waits->lanes, warp->alive);
    }
    // It runs until it comes to another one, or passes it.
    *stop = INT_MAX;
    for (int i = 0; i < warp->strand_count; i++) {
        struct ptx_strand* strand = &warp->strands[i];
        if (strand != first && !strand->is_waiting && strand->pc < *stop) { *stop = strand->pc; }
    }
    return first;
}

// Runs a warp until all its threads that are alive are at a barrier, or none is alive.
static void run_warp(struct ptx_warp* warp)
{
    struct ptx_instruction* code = warp->launch->kernel->code;
    int length = warp->launch->kernel->length;
    while (warp->alive) {
        int stop;
        struct ptx_strand* strand = next_strand(warp, &stop);
        uint32_t lanes = strand->lanes;
        int pc = strand->pc, is_stopped = 0;
        while (!is_stopped && pc < stop) {
            struct ptx_instruction* in = &code[pc];
            uint32_t mask = lanes;
            if (in->guard >= 0) {
                uint32_t guard = *(uint32_t*)(warp->registers + in->guard);
                mask &= in->guard_is_negated ? ~guard : guard;
            }
            in->executed++;
            switch (in->flow) {
            case PTX_PLAIN:
                if (mask) { in->execute(warp, in, mask); }
                pc++;
                break;
            case PTX_BRANCH:
                if (mask == lanes) {
                    pc = in->target;
                } else if (mask == 0) {
                    pc++;
                } else {
                    warp->strands[warp->strand_count++] = (struct ptx_strand){in->target, mask, 0};
                    lanes &= ~mask;
                    pc++;
                    is_stopped = 1;
                }
                break;
            case PTX_ALIGNED:
            case PTX_COLLECTIVE: {
                uint32_t needed = in->flow == PTX_ALIGNED ? ~0u : PTX_AT(uint32_t, in->operands - 1)[first_lane(lanes)];
                if (mask & ~needed) { ptx_fail(warp, in, first_lane(mask & ~needed), "is not in its own mask"); }
                if (mask != needed) {
                    strand->is_waiting = is_stopped = 1;
                } else {
                    in->execute(warp, in, mask);
                    pc++;
                }
                break;
            }
            case PTX_BARRIER:
                if (mask != warp->alive) {
                    strand->is_waiting = is_stopped = 1;
                } else {
                    warp->at_barrier = 1;
                    strand->pc = pc + 1;
                    return;
                }
                break;
            case PTX_EXIT:
                warp->alive &= ~mask;
                lanes &= ~mask;
                pc++;
                for (int i = 0; i < warp->strand_count; i++) { warp->strands[i].is_waiting = 0; }
                is_stopped = 1;
                break;
            }
            if (pc >= length && lanes) { ptx_fail(warp, in, first_lane(lanes), "the program ends without ret"); }
        }
        strand->lanes = lanes;
        strand->pc = pc;
        if (!lanes) { *strand = warp->strands[--warp->strand_count]; }
    }
}

static void run_group(struct ptx_launch* launch)
{
    memset(launch->shared, 0xff, launch->shared_bytes);
    for (unsigned w = 0; w < launch->warps; w++) {
        struct ptx_warp* warp = &launch->warp[w];
        warp->alive = ~0u;
        warp->at_barrier = 0;
        warp->strand_count = 1;
        warp->strands[0] = (struct ptx_strand){0, ~0u, 0};
        memset(warp->committed, 0, sizeof warp->committed);
        for (int axis = 0; axis < 3; axis++) {
            uint32_t* at = (uint32_t*)(warp->registers + (CTAID_X + axis) * 4 * PTX_LANES);
            for (int lane = 0; lane < PTX_LANES; lane++) { at[lane] = launch->group[axis]; }
        }
    }
    for (unsigned left = launch->warps; left > 0;) {
        launch->epoch = ++epochs;
        left = 0;
        for (unsigned w = 0; w < launch->warps; w++) {
            struct ptx_warp* warp = &launch->warp[w];
            warp->at_barrier = 0;
            warp->epoch++;
            run_warp(warp);
            left += warp->alive != 0;
        }
    }
    for (unsigned w = 0; w < launch->warps; w++) { ptx_drop_copies(&launch->warp[w]); }
}

// Memory that launches share, grown to the largest.
static void make_room(struct ptx_launch* launch)
{
    struct ptx_kernel* kernel = launch->kernel;
    if (launch->shared_bytes > shared_room) {
        shared_room = launch->shared_bytes + 16;
        shared_memory = realloc(shared_memory, shared_room);
        free(shared_words);
        shared_words = calloc(shared_room / 4 + 1, sizeof *shared_words);
    }
    launch->shared = shared_memory;
    launch->words = shared_words;
    if (kernel->registers_of < launch->warps) {
        free(kernel->registers);
        kernel->registers = aligned_alloc(64, (size_t)kernel->frame * launch->warps);
        for (unsigned w = 0; w < launch->warps; w++) {
            memcpy(kernel->registers + (size_t)kernel->frame * w, kernel->constants, kernel->frame);
        }
        kernel->registers_of = launch->warps;
    }
}

int ptx_run(
    struct ptx_kernel* kernel, const unsigned grid[3], unsigned threads, unsigned dynamic_shared,
    const unsigned char* parameters, ptx_find_block* find, char* error, size_t room)
{
    static struct ptx_warp warps[1024 / PTX_LANES];
    struct ptx_launch launch = {
        .kernel = kernel, .find = find, .id = ++launches, .parameters = parameters, .warps = threads / PTX_LANES,
        .warp = warps, .shared_bytes = kernel->static_shared + dynamic_shared,
    };
    message = error;
    message_room = room;
    error[0] = 0;
    if (threads > kernel->max_threads) {
        snprintf(error, room, "%s: %u threads, made for %u", kernel->name, threads, kernel->max_threads);
        return 1;
    }
    kernel->launches++;
    make_room(&launch);
    for (unsigned w = 0; w < launch.warps; w++) {
        warps[w].launch = &launch;
        warps[w].index = w;
        warps[w].registers = kernel->registers + (size_t)kernel->frame * w;
        const uint32_t values[SPECIALS] = {
            [NTID_X] = threads, [NTID_Y] = 1, [NTID_Z] = 1, [NCTAID_X] = grid[0], [NCTAID_Y] = grid[1], [NCTAID_Z] = grid[2],
            [DYNAMIC_SMEM_SIZE] = dynamic_shared};
        for (int s = 0; s < SPECIALS; s++) {
            uint32_t* at = (uint32_t*)(warps[w].registers + s * 4 * PTX_LANES);
            for (uint32_t lane = 0; lane < PTX_LANES; lane++) { at[lane] = s == TID_X ? w * PTX_LANES + lane : s == LANEID ? lane : values[s]; }
        }
    }
    if (setjmp(failed)) {
        for (unsigned w = 0; w < launch.warps; w++) { ptx_drop_copies(&warps[w]); }
        return 1;
    }
    unsigned* group = launch.group;
    for (group[2] = 0; group[2] < grid[2]; group[2]++) {
        for (group[1] = 0; group[1] < grid[1]; group[1]++) {
            for (group[0] = 0; group[0] < grid[0]; group[0]++) { run_group(&launch); }
        }
    }
    return 0;
}
