// A stand-in for libcuda.so.1 on machines without a GPU. It has the functions of the CUDA driver that FlowEngine
// calls, works on host memory, runs the PTX it is given (ptx_interpreter.h), and notes whatever a caller does wrong. It
// proves the sequence of calls, their arguments, what becomes of their errors and what the PTX computes; it proves nothing
// about a GPU, its speed or its assembler.
//
// Work runs when it is queued, or, after fakeCudaLazy, as late as the order of streams and events allows: then work that
// nobody ordered behind other work reads what was there before.
//
// FAKE_CUDA_FAIL=cuMemAlloc_v2:2 in the environment makes a call fail from the start; fakeCudaFail does so later.

#ifndef FAKE_CUDA_H
#define FAKE_CUDA_H

#include "ptx_interpreter.h"

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#define API __attribute__((visibility("default")))
#define TOTAL_MEMORY ((size_t)1 << 30)
#define MULTIPROCESSORS 108
#define SHARED_PER_GROUP 166912
#define SHARED_UNLESS_ASKED 49152

typedef int CUresult;
typedef uint64_t CUdeviceptr;

enum kind { CONTEXT, MODULE, FUNCTION, STREAM, GRAPH, GRAPH_EXEC, EVENT, MEMORY, HOST_MEMORY, KINDS };
extern const char* const kind_names[KINDS];

enum operation_type { LAUNCH, COPY_TO_DEVICE, COPY_TO_HOST, COPY, FILL, RECORD, WAIT, CALL };

// The bytes at an address, or NULL and a complaint of a call.
typedef unsigned char* device_bytes_function(CUdeviceptr address, size_t length, const char* call);

// What another library does on a stream.
typedef void call_function(void* argument, device_bytes_function* bytes);

struct operation {
    enum operation_type type;
    struct object* function;
    unsigned grid[3], block, shared;
    unsigned char parameters[PTX_PARAMETER_BYTES];
    CUdeviceptr to, from;
    void* host;
    size_t length;
    unsigned char value;
    // Of a wait, where the event was queued to be set when the wait was queued.
    struct object *event, *stream;
    int ticket;
    // Its argument is host.
    call_function* call;
};

struct object {
    enum kind kind;
    struct object* next;
    struct object* owner;
    // The context that it was made in.
    struct object* context;
    struct ptx_module* module;
    struct ptx_kernel* kernel;
    CUdeviceptr address;
    size_t length;
    unsigned char* bytes;
    int capturing, set, max_dynamic_shared;
    double time;
    // What is queued, or of a graph what it runs; and what a stream records for a graph.
    int operations, done, recorded;
    struct operation *work, *record;
    // Of an event: how often it was queued to be set, how often it was set, and where it is queued.
    int queued, reached;
    struct object* stream;
    // Of a stream: whether another library is at work on it, and what queues such work.
    int busy;
    void (*queue)(struct object* stream, call_function* call, void* argument);
};

// All that the stand-in knows, under one lock.
struct fake {
    pthread_mutex_t lock;
    struct object* objects;
    struct object the_context, default_streams[3];
    int context_references, initialized, launches, sticky, lazy, calls_early, waits, skips_kernels, multiprocessors;
    size_t used_memory;
    CUdeviceptr next_address;
    double clock_milliseconds;
    char complaints[8192], launch_error[1024];
    // The call that fails, its result, and how often it succeeds before.
    char fail_name[64];
    int fail_code, fail_after;
    // A fault of modules that are loaded: what is there, what is put in its place, and whether a module had it.
    char planted[2][512];
    int is_planted;
};

extern struct fake fake;

// The contexts of this thread.
extern _Thread_local struct object* stack[32];
extern _Thread_local int depth;

// What every call begins with: the lock, a failure that was asked for, the error that a crash left behind.
#define BEGIN(name)                                         \
    pthread_mutex_lock(&fake.lock);                         \
    CUresult result = asked_to_fail(name);                  \
    if (result == 0) { result = fake.sticky; }              \
    if (!fake.initialized) { complain("%s before cuInit", name); } \
    if (result != 0) { goto end; }

// A call that frees does so even when it reports an error of earlier work.
#define BEGIN_FREE(name)                                    \
    pthread_mutex_lock(&fake.lock);                         \
    CUresult result = asked_to_fail(name);                  \
    if (result == 0) { result = fake.sticky; }

#define NEED_CONTEXT(name)                                  \
    if (!is_context(current())) {                           \
        complain("%s without a current context", name);     \
        result = 201;                                       \
        goto end;                                           \
    }

#define NEED(handle, kind, name)                            \
    if (!is_live(handle, kind) || handle->context != current()) { \
        complain("%s with a handle that is no %s of the context", name, kind_names[kind]); \
        result = 400;                                       \
        goto end;                                           \
    }

// The handles 0, 1 and 2 are the default streams of a context.
#define NEED_STREAM(handle, name)                           \
    if ((uintptr_t)handle < 3) { handle = &fake.default_streams[(uintptr_t)handle]; } \
    else { NEED(handle, STREAM, name) }

#define END                                                 \
    end:                                                    \
    pthread_mutex_unlock(&fake.lock);                       \
    return result;

void complain(const char* format, ...) __attribute__((format(printf, 1, 2)));
int number_from_environment(const char* name, int otherwise);

// Counts a call; its result where it was asked to fail.
CUresult asked_to_fail(const char* name);
int calls_of(const char* name);
void forget_calls(void);

struct object* current(void);
int is_live(struct object* handle, enum kind kind);
int is_context(struct object* handle);
struct object* make(enum kind kind);
void drop(struct object* handle);
ptx_find_block find_block;

// Queues work, or does it at once.
void add(struct object* stream, const struct operation* o);
void queue_call(struct object* stream, call_function* call, void* argument);
void run_until(struct object* stream, struct object* event, int ticket);
void drain(struct object* stream);
void drain_all(void);

#endif
