// Runs the PTX that clang made of our kernels, and what ILGPU makes of its users', as NVIDIA's PTX ISA document says: warps
// of 32 threads in lockstep, apart where their branches part. It was written from that document and not from our preludes,
// so that it judges them.
//
// What it refuses: an instruction it does not know (when the module is loaded), an access outside of a block of memory or
// not aligned, a shuffle or barrier that threads of its mask never reach, and accesses of shared memory by two threads, one
// of them a write, that no barrier orders.

#ifndef PTX_INTERPRETER_H
#define PTX_INTERPRETER_H

#include <stddef.h>
#include <stdint.h>

enum { PTX_LANES = 32, PTX_OPERANDS = 14, PTX_PARAMETERS = 24, PTX_PARAMETER_BYTES = 512 };

// A block of device memory: addresses, and where its bytes are on the host.
struct ptx_block { uint64_t start, length; unsigned char* bytes; };

// The block that holds an address, or 0.
typedef int ptx_find_block(uint64_t address, struct ptx_block* block);

struct ptx_warp;
struct ptx_instruction;

// Runs an instruction for the lanes of a mask.
typedef void ptx_execute(struct ptx_warp* warp, struct ptx_instruction* in, uint32_t mask);

// How an instruction takes part in the flow of a warp. COLLECTIVE waits for the lanes of the mask in its last operand.
enum ptx_flow { PTX_PLAIN, PTX_COLLECTIVE, PTX_ALIGNED, PTX_BRANCH, PTX_EXIT, PTX_BARRIER };

struct ptx_instruction {
    ptx_execute* execute;
    enum ptx_flow flow;
    int target;
    // Where the predicate of @%p is, or -1.
    int guard, guard_is_negated;
    // Operands as bytes from the start of a warp's registers; immediates are there too, once for all lanes.
    int operands;
    uint32_t operand[PTX_OPERANDS];
    unsigned char operand_bytes[PTX_OPERANDS];
    // Of an access to memory: what is added to the address in a register, and what is loaded or stored there.
    int64_t offset;
    unsigned char element_bytes, elements, is_signed;
    struct ptx_block block;
    uint64_t block_launch;
    // Counted for warps; is_covered remembers what was counted before.
    uint64_t executed, sectors, conflicts;
    int is_covered;
    // For messages.
    int line;
    char* text;
};

// A form of instruction: the sizes of its operands are p (predicate), h, w and d (16, 32 and 64 bits), and a (an address).
struct ptx_form {
    const char* name;
    const char* sizes;
    ptx_execute* execute;
    enum ptx_flow flow;
};

struct ptx_parameter { char* name; uint32_t offset, length; };

struct ptx_kernel {
    char* name;
    struct ptx_kernel* next;
    struct ptx_instruction* code;
    int length;
    uint64_t launches;
    struct ptx_parameter parameters[PTX_PARAMETERS];
    int parameter_count;
    uint32_t parameter_bytes, static_shared, max_threads;
    // Where in a warp's registers its threads have their local memory, one after the other, and its length for each.
    uint32_t local, local_bytes;
    // One warp's registers: their length, and what they are before the first instruction.
    uint32_t frame;
    unsigned char* constants;
    // Registers of all warps, kept from launch to launch.
    unsigned char* registers;
    unsigned registers_of;
};

struct ptx_module { char* text; struct ptx_module* next; struct ptx_kernel* kernels; };

// The special registers, each a 32-bit slot at the start of a warp's registers.
enum ptx_special { TID_X, TID_Y, TID_Z, NTID_X, NTID_Y, NTID_Z, CTAID_X, CTAID_Y, CTAID_Z, NCTAID_X, NCTAID_Y, NCTAID_Z, LANEID, DYNAMIC_SMEM_SIZE, SPECIALS };

// Where the address spaces begin. Generic addresses of parameters and shared memory are outside of device memory.
#define PTX_PARAMETER_BASE 0x100000000u
#define PTX_LOCAL_BASE 0x200000000u
#define PTX_SHARED_BASE 1024u

struct ptx_copy { int lane; int group; uint32_t to, length; const unsigned char* from; };

// Lanes at one place of the program.
struct ptx_strand { int pc; uint32_t lanes; int is_waiting; };

// Who used a word of shared memory since the last barrier.
struct ptx_word { uint32_t written, written_in, read, read_in; uint16_t writer, reader; };

struct ptx_warp {
    unsigned char* registers;
    struct ptx_launch* launch;
    unsigned index;
    uint32_t alive;
    int at_barrier;
    // Counts bar.warp.sync.
    uint32_t epoch;
    struct ptx_strand strands[PTX_LANES];
    int strand_count;
    struct ptx_copy* copies;
    int copy_count, copy_room;
    int committed[PTX_LANES];
};

struct ptx_launch {
    struct ptx_kernel* kernel;
    ptx_find_block* find;
    uint64_t id;
    const unsigned char* parameters;
    unsigned char* shared;
    struct ptx_word* words;
    uint32_t shared_bytes, epoch;
    unsigned group[3];
    unsigned warps;
    struct ptx_warp* warp;
};

// Loads a module, or returns null and says why. A text is parsed once in a process.
struct ptx_module* ptx_load(const char* text, char* error, size_t room);
struct ptx_kernel* ptx_find_kernel(struct ptx_module* module, const char* name);

// Runs a launch; returns 0, or 1 and says what went wrong.
int ptx_run(
    struct ptx_kernel* kernel, const unsigned grid[3], unsigned threads, unsigned dynamic_shared,
    const unsigned char* parameters, ptx_find_block* find, char* error, size_t room);

// A line for each kernel that was loaded: name, instructions, those that ran.
void ptx_coverage(char* text, size_t room);

// Counts of launches since the last ptx_count_anew: a line for each kernel that ran, as the line of names says.
void ptx_counts(char* text, size_t room);
void ptx_count_anew(void);

// Parts of the interpreter.
const struct ptx_form* ptx_arithmetic_forms(int* count);
const struct ptx_form* ptx_memory_forms(int* count);
const struct ptx_form* ptx_warp_forms(int* count);
ptx_execute ptx_load_parameter, ptx_load_shared, ptx_load_global, ptx_load_local;
ptx_execute ptx_store_shared, ptx_store_global, ptx_store_local;
void ptx_drop_copies(struct ptx_warp* warp);
unsigned char* ptx_shared(
    struct ptx_warp* warp, struct ptx_instruction* in, int lane, uint64_t address, uint32_t length);
struct ptx_module* ptx_modules(void);
void ptx_count_sectors(struct ptx_warp* warp, struct ptx_instruction* in, uint32_t mask, int operand);
void ptx_count_conflicts(
    struct ptx_warp* warp, struct ptx_instruction* in, uint32_t mask, int operand, uint32_t length, int is_atomic);
void ptx_note_read(struct ptx_warp* warp, struct ptx_instruction* in, int lane, uint64_t address, uint32_t length);

// Ends the launch with a message: what, the kernel, the line, the group and thread.
_Noreturn void ptx_fail(struct ptx_warp* warp, const struct ptx_instruction* in, int lane, const char* format, ...)
    __attribute__((format(printf, 4, 5)));

#define PTX_AT(type, n) ((type*)(warp->registers + in->operand[n]))

// What an address operand says: a register of 32 or 64 bits, and an offset.
static inline uint64_t ptx_address(struct ptx_warp* warp, const struct ptx_instruction* in, int operand, int lane)
{
    return (in->operand_bytes[operand] == 8 ? PTX_AT(uint64_t, operand)[lane] : PTX_AT(uint32_t, operand)[lane])
        + (uint64_t)in->offset;
}

// A statement for each lane of the mask, which the compiler may do for several lanes at once.
#define PTX_EACH_LANE(...)                                                        \
    if (mask == ~0u) {                                                            \
        _Pragma("GCC ivdep") for (int i = 0; i < PTX_LANES; i++) { __VA_ARGS__; } \
    } else {                                                                      \
        for (int i = 0; i < PTX_LANES; i++) {                                     \
            if (mask >> i & 1) { __VA_ARGS__; }                                   \
        }                                                                         \
    }

#endif
