// What is counted while kernels run: instructions of warps by kind, sectors of global memory, conflicts of banks of shared
// memory. There is no cache and no clock: these are what a kernel asks for, the same on every machine.

#include "ptx_interpreter.h"

#include <stdio.h>
#include <string.h>

enum { SECTOR = 32, BANKS = 32 };

enum kind { MATRIX, FLOAT, OTHER, SHARED, GLOBAL, ORDER, BRANCH, KINDS };

static int begins(const char* text, const char* with) { return strncmp(text, with, strlen(with)) == 0; }

// The text of an instruction from its name on.
static const char* name_of(const struct ptx_instruction* in)
{
    return in->text[0] == '@' ? strpbrk(in->text, " \t") + 1 : in->text;
}

// cp.async counts as global, though half of it is in shared memory.
static enum kind kind_of(const struct ptx_instruction* in)
{
    const char* name = name_of(in);
    if (in->flow == PTX_BRANCH || in->flow == PTX_EXIT) { return BRANCH; }
    if (begins(name, "mma.")) { return MATRIX; }
    if (begins(name, "cp.async.cg.")) { return GLOBAL; }
    if (begins(name, "cp.async.") || in->flow == PTX_BARRIER || in->flow == PTX_COLLECTIVE) { return ORDER; }
    if (strstr(name, ".shared")) { return SHARED; }
    if (strstr(name, ".global")) { return GLOBAL; }
    return !begins(name, "ld.param.") && (strstr(name, ".f32") || strstr(name, ".f64")) ? FLOAT : OTHER;
}

// The aligned parts of 32 bytes that the lanes of a mask touch; what a lane accesses is in one.
void ptx_count_sectors(struct ptx_warp* warp, struct ptx_instruction* in, uint32_t mask, int operand)
{
    uint64_t touched[PTX_LANES];
    int count = 0;
    for (int lane = 0; lane < PTX_LANES; lane++) {
        if (!(mask >> lane & 1)) { continue; }
        uint64_t sector = ptx_address(warp, in, operand, lane) / SECTOR;
        int i = count;
        while (i > 0 && touched[i - 1] != sector) { i--; }
        if (i == 0) { touched[count++] = sector; }
    }
    in->sectors += (uint64_t)count;
}

// A warp's access takes one turn for 128 bytes: all lanes of 4 bytes, half of them of 8, a quarter of 16. Lanes of a turn
// that want different words of one bank wait for each other, atomics also for those of the same word. The turns that this
// takes more are counted.
void ptx_count_conflicts(
    struct ptx_warp* warp, struct ptx_instruction* in, uint32_t mask, int operand, uint32_t length, int is_atomic)
{
    int lanes = BANKS * 4 / (int)length;
    for (int first = 0; first < PTX_LANES; first += lanes) {
        uint64_t wanted[BANKS][BANKS];
        unsigned char counts[BANKS] = {0}, most = 1;
        for (int lane = first; lane < first + lanes; lane++) {
            if (!(mask >> lane & 1)) { continue; }
            uint64_t word = ptx_address(warp, in, operand, lane) / 4;
            for (uint32_t w = 0; w < length / 4; w++, word++) {
                uint64_t* of_bank = wanted[word % BANKS];
                unsigned char* count = &counts[word % BANKS];
                int i = is_atomic ? 0 : *count;
                while (i > 0 && of_bank[i - 1] != word) { i--; }
                if (i > 0) { continue; }
                of_bank[(*count)++] = word;
                if (*count > most) { most = *count; }
            }
        }
        in->conflicts += most - 1u;
    }
}

#define EACH_KERNEL(kernel)                                                         \
    for (struct ptx_module* module = ptx_modules(); module; module = module->next) \
        for (struct ptx_kernel* kernel = module->kernels; kernel; kernel = kernel->next)

void ptx_coverage(char* text, size_t room)
{
    size_t used = 0;
    text[0] = 0;
    EACH_KERNEL(kernel) {
        int executed = 0;
        for (int i = 0; i < kernel->length; i++) { executed += kernel->code[i].is_covered || kernel->code[i].executed > 0; }
        int length = snprintf(text + used, room - used, "%s %d %d\n", kernel->name, kernel->length, executed);
        used += used + (size_t)length < room ? (size_t)length : 0;
    }
}

void ptx_count_anew(void)
{
    EACH_KERNEL(kernel) {
        kernel->launches = 0;
        for (int i = 0; i < kernel->length; i++) {
            struct ptx_instruction* in = &kernel->code[i];
            in->is_covered |= in->executed > 0;
            in->executed = in->sectors = in->conflicts = 0;
        }
    }
}

void ptx_counts(char* text, size_t room)
{
    size_t used = (size_t)snprintf(
        text, room, "kernel launches matrix float other shared global order branch bytes-read bytes-written conflicts\n");
    EACH_KERNEL(kernel) {
        unsigned long long kinds[KINDS] = {0}, read = 0, written = 0, conflicts = 0;
        if (kernel->launches == 0) { continue; }
        for (int i = 0; i < kernel->length; i++) {
            const struct ptx_instruction* in = &kernel->code[i];
            kinds[kind_of(in)] += in->executed;
            conflicts += in->conflicts;
            // An atomic reads and writes.
            if (!begins(name_of(in), "st.")) { read += in->sectors * SECTOR; }
            if (!begins(name_of(in), "ld.") && !begins(name_of(in), "cp.")) { written += in->sectors * SECTOR; }
        }
        int length = snprintf(
            text + used, room - used, "%s %llu %llu %llu %llu %llu %llu %llu %llu %llu %llu %llu\n", kernel->name,
            (unsigned long long)kernel->launches, kinds[MATRIX], kinds[FLOAT], kinds[OTHER], kinds[SHARED], kinds[GLOBAL],
            kinds[ORDER], kinds[BRANCH], read, written, conflicts);
        used += used + (size_t)length < room ? (size_t)length : 0;
    }
}
