// A stand-in for libcuda.so.1 on machines without a GPU. It has the functions of the CUDA driver that FlowEngine
// calls, works on host memory, runs the PTX it is given (ptx_interpreter.h), and notes whatever a caller does wrong. It
// proves the sequence of calls, their arguments, what becomes of their errors and what the PTX computes; it proves nothing
// about a GPU, its speed or its assembler.
//
// Work runs when it is queued, or, after fakeCudaLazy, as late as the order of streams and events allows: then work that
// nobody ordered behind other work reads what was there before.
//
// FAKE_CUDA_FAIL=cuMemAlloc_v2:2 in the environment makes a call fail from the start; fakeCudaFail does so later.

#include "ptx_interpreter.h"

#include <pthread.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define API __attribute__((visibility("default")))
#define TOTAL_MEMORY ((size_t)1 << 30)
#define MULTIPROCESSORS 108
#define SHARED_PER_GROUP 166912
#define SHARED_UNLESS_ASKED 49152

typedef int CUresult;
typedef uint64_t CUdeviceptr;

enum kind { CONTEXT, MODULE, FUNCTION, STREAM, GRAPH, GRAPH_EXEC, EVENT, MEMORY, HOST_MEMORY, KINDS };
static const char* const kind_names[] = {
    "context", "module", "function", "stream", "graph", "executable graph", "event", "memory", "host memory"};

enum operation_type { LAUNCH, COPY_TO_DEVICE, COPY_TO_HOST, COPY, FILL, RECORD, WAIT };

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
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct object* objects;
static struct object the_context = {.kind = CONTEXT};
static struct object default_streams[3] = {{.kind = STREAM}, {.kind = STREAM}, {.kind = STREAM}};
static int context_references, initialized, launches, sticky, lazy, waits, skips_kernels, multiprocessors = MULTIPROCESSORS;
static size_t used_memory;
static CUdeviceptr next_address = 0x700000000000u;
static double clock_milliseconds;
static char complaints[8192];
static char fail_name[64];
static char planted[2][512];
static char launch_error[1024];
static int fail_code, fail_after;
static _Thread_local struct object* stack[32];
static _Thread_local int depth;

static void complain(const char* format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    size_t used = strlen(complaints);
    vsnprintf(complaints + used, sizeof complaints - used, format, arguments);
    va_end(arguments);
    used = strlen(complaints);
    snprintf(complaints + used, sizeof complaints - used, "\n");
}

static int number_from_environment(const char* name, int otherwise)
{
    const char* text = getenv(name);
    return text && *text ? atoi(text) : otherwise;
}

// How often each function was called since the last reset.
static struct { const char* name; int count; } calls[64];

static void count_call(const char* name)
{
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        if (calls[i].name == NULL) { calls[i].name = name; }
        if (strcmp(calls[i].name, name) == 0) {
            calls[i].count++;
            return;
        }
    }
}

static CUresult asked_to_fail(const char* name)
{
    count_call(name);
    if (strcmp(fail_name, name) != 0 || fail_code == 0 || fail_after-- > 0) { return 0; }
    if (fail_code >= 700 && fail_code <= 719) { sticky = fail_code; }
    return fail_code;
}

// What every call begins with: the lock, a failure that was asked for, the error that a crash left behind.
#define BEGIN(name)                                         \
    pthread_mutex_lock(&lock);                              \
    CUresult result = asked_to_fail(name);                  \
    if (result == 0) { result = sticky; }                   \
    if (!initialized) { complain("%s before cuInit", name); } \
    if (result != 0) { goto end; }

// A call that frees does so even when it reports an error of earlier work.
#define BEGIN_FREE(name)                                    \
    pthread_mutex_lock(&lock);                              \
    CUresult result = asked_to_fail(name);                  \
    if (result == 0) { result = sticky; }

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
    if ((uintptr_t)handle < 3) { handle = &default_streams[(uintptr_t)handle]; } \
    else { NEED(handle, STREAM, name) }

#define END                                                 \
    end:                                                    \
    pthread_mutex_unlock(&lock);                            \
    return result;

static struct object* current(void) { return depth == 0 ? NULL : stack[depth - 1]; }

static int is_live(struct object* handle, enum kind kind)
{
    for (struct object* o = objects; o; o = o->next) {
        if (o == handle) { return o->kind == kind; }
    }
    return 0;
}

static int is_context(struct object* handle)
{
    return handle == &the_context ? context_references > 0 : is_live(handle, CONTEXT);
}

static struct object* make(enum kind kind)
{
    struct object* made = calloc(1, sizeof *made);
    made->kind = kind;
    made->context = current();
    made->next = objects;
    objects = made;
    return made;
}

static void drop(struct object* handle)
{
    for (struct object** o = &objects; *o; o = &(*o)->next) {
        if (*o == handle) {
            *o = handle->next;
            free(handle->bytes);
            free(handle->work);
            free(handle->record);
            free(handle);
            return;
        }
    }
}

static unsigned char* device_bytes(CUdeviceptr address, size_t length, const char* call)
{
    for (struct object* o = objects; o; o = o->next) {
        if (o->kind == MEMORY && address >= o->address && address + length <= o->address + o->length) {
            return o->bytes + (address - o->address);
        }
    }
    complain("%s: %zu bytes at %llx are no device memory", call, length, (unsigned long long)address);
    return NULL;
}

static int find_block(uint64_t address, struct ptx_block* block)
{
    for (struct object* o = objects; o; o = o->next) {
        if (o->kind == MEMORY && address >= o->address && address < o->address + o->length) {
            *block = (struct ptx_block){o->address, o->length, o->bytes};
            return 1;
        }
    }
    return 0;
}

static void run_kernel(const struct operation* o)
{
    if (sticky) { return; }
    if (skips_kernels) {
        o->function->kernel->launches++;
        return;
    }
    if (ptx_run(o->function->kernel, o->grid, o->block, o->shared, o->parameters, find_block, launch_error,
                sizeof launch_error)) {
        complain("%s", launch_error);
        sticky = 719;
    }
}

static void run_until(struct object* stream, struct object* event, int ticket);

static void run(const struct operation* o)
{
    unsigned char *to, *from;
    clock_milliseconds += 1;
    switch (o->type) {
    case LAUNCH:
        launches++;
        run_kernel(o);
        break;
    case COPY_TO_DEVICE:
        if ((to = device_bytes(o->to, o->length, "copy"))) { memcpy(to, o->host, o->length); }
        break;
    case COPY_TO_HOST:
        if ((from = device_bytes(o->from, o->length, "copy"))) { memcpy(o->host, from, o->length); }
        break;
    case COPY:
        to = device_bytes(o->to, o->length, "copy");
        from = device_bytes(o->from, o->length, "copy");
        if (to && from) { memcpy(to, from, o->length); }
        break;
    case FILL:
        if ((to = device_bytes(o->to, o->length, "fill"))) { memset(to, o->value, o->length); }
        break;
    case RECORD:
        if (is_live(o->event, EVENT)) {
            o->event->set = 1;
            o->event->reached = o->ticket;
            o->event->time = clock_milliseconds;
        }
        break;
    case WAIT:
        if (is_live(o->event, EVENT)) { run_until(o->stream, o->event, o->ticket); }
        break;
    }
}

// Runs what is next on a stream, and before it what it waits for; whether there was something. A stream that this waits for
// may wait for this one: each goes on where it was.
static int run_next(struct object* stream)
{
    if (stream->done == stream->operations) {
        stream->done = stream->operations = 0;
        return 0;
    }
    struct operation o = stream->work[stream->done++];
    run(&o);
    if (o.type == COPY_TO_DEVICE) { free(o.host); }
    return 1;
}

static void run_until(struct object* stream, struct object* event, int ticket)
{
    while (event->reached < ticket && run_next(stream)) {}
}

static void drain(struct object* stream)
{
    while (run_next(stream)) {}
}

static void drain_all(void)
{
    for (int i = 0; i < 3; i++) { drain(&default_streams[i]); }
    for (struct object* o = objects; o; o = o->next) {
        if (o->kind == STREAM) { drain(o); }
    }
}

static void add(struct object* stream, const struct operation* o)
{
    if (!stream->capturing && !lazy) {
        run(o);
        return;
    }
    struct operation** list = stream->capturing ? &stream->record : &stream->work;
    int* count = stream->capturing ? &stream->recorded : &stream->operations;
    *list = realloc(*list, (size_t)(*count + 1) * sizeof *o);
    struct operation* queued = &(*list)[(*count)++];
    *queued = *o;
    if (o->type == COPY_TO_DEVICE && !stream->capturing) {
        // The caller may use its memory again at once.
        queued->host = malloc(o->length);
        memcpy(queued->host, o->host, o->length);
    }
}

// What the tests call.
API void fakeCudaReset(void)
{
    pthread_mutex_lock(&lock);
    complaints[0] = fail_name[0] = planted[0][0] = 0;
    fail_code = sticky = launches = lazy = waits = skips_kernels = 0;
    multiprocessors = MULTIPROCESSORS;
    memset(calls, 0, sizeof calls);
    pthread_mutex_unlock(&lock);
}

// Takes away what a lost context could not free.
API void fakeCudaForget(void)
{
    pthread_mutex_lock(&lock);
    while (objects) { drop(objects); }
    context_references = 0;
    used_memory = 0;
    pthread_mutex_unlock(&lock);
    fakeCudaReset();
}

API void fakeCudaFail(const char* name, int code, int after)
{
    pthread_mutex_lock(&lock);
    snprintf(fail_name, sizeof fail_name, "%s", name);
    fail_code = code;
    fail_after = after;
    pthread_mutex_unlock(&lock);
}

// Work is put off from now on, for as long as the order of streams and events allows.
API void fakeCudaLazy(void)
{
    pthread_mutex_lock(&lock);
    lazy = 1;
    pthread_mutex_unlock(&lock);
}

// Kernels are counted and not run from now on.
API void fakeCudaSkipKernels(void)
{
    pthread_mutex_lock(&lock);
    skips_kernels = 1;
    pthread_mutex_unlock(&lock);
}

// The device has so few multiprocessors from now on.
API void fakeCudaShrink(int count)
{
    pthread_mutex_lock(&lock);
    multiprocessors = count;
    pthread_mutex_unlock(&lock);
}

// The text of modules that are loaded from now on has a fault: one string in the place of another.
API void fakeCudaPlant(const char* right, const char* wrong)
{
    pthread_mutex_lock(&lock);
    snprintf(planted[0], sizeof planted[0], "%s", right);
    snprintf(planted[1], sizeof planted[1], "%s", wrong);
    pthread_mutex_unlock(&lock);
}

// A line for each kernel that was loaded in this process: its name, its instructions, those that ran.
API const char* fakeCudaCoverage(void)
{
    static char text[32768];
    pthread_mutex_lock(&lock);
    ptx_coverage(text, sizeof text);
    pthread_mutex_unlock(&lock);
    return text;
}

// Counts of kernels since fakeCudaCountAnew: a line of names, and a line for each kernel that was launched.
API void fakeCudaCountAnew(void)
{
    pthread_mutex_lock(&lock);
    ptx_count_anew();
    pthread_mutex_unlock(&lock);
}

API const char* fakeCudaCounts(void)
{
    static char text[65536];
    pthread_mutex_lock(&lock);
    ptx_counts(text, sizeof text);
    pthread_mutex_unlock(&lock);
    return text;
}

// How often the host waited for the device.
API int fakeCudaWaits(void) { return waits; }

API const char* fakeCudaComplaints(void) { return complaints; }
API int fakeCudaLaunches(void) { return launches; }
API int fakeCudaCalls(const char* name)
{
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        if (calls[i].name && strcmp(calls[i].name, name) == 0) { return calls[i].count; }
    }
    return 0;
}

API int fakeCudaDepth(void) { return depth; }

// What is alive, in words; nothing where all was given back.
API const char* fakeCudaLeaks(void)
{
    static char text[1024];
    int counts[KINDS] = {0};
    text[0] = 0;
    pthread_mutex_lock(&lock);
    for (struct object* o = objects; o; o = o->next) { counts[o->kind]++; }
    counts[CONTEXT] += context_references;
    for (int i = 0; i < KINDS; i++) {
        if (counts[i] != 0) {
            size_t used = strlen(text);
            snprintf(text + used, sizeof text - used, "%d x %s; ", counts[i], kind_names[i]);
        }
    }
    pthread_mutex_unlock(&lock);
    return text;
}

// The driver.
API CUresult cuInit(unsigned flags)
{
    (void)flags;
    pthread_mutex_lock(&lock);
    const char* failure = getenv("FAKE_CUDA_FAIL");
    const char* colon = failure ? strchr(failure, ':') : NULL;
    if (colon && !initialized) {
        snprintf(fail_name, sizeof fail_name, "%.*s", (int)(colon - failure), failure);
        fail_code = atoi(colon + 1);
    }
    initialized = 1;
    CUresult result = asked_to_fail("cuInit");
    pthread_mutex_unlock(&lock);
    return result;
}

API CUresult cuDriverGetVersion(int* version)
{
    BEGIN("cuDriverGetVersion")
    *version = number_from_environment("FAKE_CUDA_VERSION", 12040);
    END
}

API CUresult cuGetErrorName(int code, const char** name)
{
    *name = code == 2 ? "CUDA_ERROR_OUT_OF_MEMORY" : code == 700 ? "CUDA_ERROR_ILLEGAL_ADDRESS"
        : code == 719 ? "CUDA_ERROR_LAUNCH_FAILED" : code == 218 ? "CUDA_ERROR_INVALID_PTX" : code == 100 ? "CUDA_ERROR_NO_DEVICE" : "CUDA_ERROR_FAKE";
    return 0;
}

API CUresult cuGetErrorString(int code, const char** text)
{
    *text = code == 2 ? "out of memory" : code == 700 ? "an illegal memory access was encountered"
        : code == 719 ? launch_error : code == 218 ? "a PTX JIT compilation failed" : code == 100 ? "no CUDA-capable device is detected" : "made up";
    return 0;
}

API CUresult cuDeviceGetCount(int* count)
{
    BEGIN("cuDeviceGetCount")
    *count = number_from_environment("FAKE_CUDA_DEVICES", 1);
    END
}

API CUresult cuDeviceGet(int* device, int ordinal)
{
    BEGIN("cuDeviceGet")
    *device = ordinal;
    END
}

API CUresult cuDeviceGetName(char* name, int length, int device)
{
    BEGIN("cuDeviceGetName")
    snprintf(name, (size_t)length, "stand-in %d", device);
    END
}

API CUresult cuDeviceTotalMem_v2(size_t* bytes, int device)
{
    (void)device;
    BEGIN("cuDeviceTotalMem_v2")
    *bytes = TOTAL_MEMORY;
    END
}

// What ILGPU asks for besides (CUdevice_attribute in cuda.h): limits of threads, groups, shared and constant memory, the warp,
// registers, clocks, buses, caches and engines, as an A100 has them.
static const int attributes[][2] = {
    {1, 1024}, {2, 1024}, {3, 1024}, {4, 64}, {5, 2147483647}, {6, 65535}, {7, 65535}, {8, SHARED_UNLESS_ASKED}, {9, 65536},
    {10, 32}, {11, 2147483647}, {12, 65536}, {13, 1410000}, {19, 1}, {32, 0}, {33, 0}, {34, 0}, {35, 0}, {36, 1215000}, {37, 5120},
    {38, 41943040}, {39, 2048}, {40, 3}, {50, 0}, {81, 167936}, {82, 65536}, {83, 1}, {90, 1}, {91, 1}};

API CUresult cuDeviceGetAttribute(int* value, int attribute, int device)
{
    (void)device;
    BEGIN("cuDeviceGetAttribute")
    switch (attribute) {
    case 16: *value = multiprocessors; break;
    case 75: *value = number_from_environment("FAKE_CUDA_CAPABILITY", 8); break;
    case 76: *value = 0; break;
    case 97: *value = SHARED_PER_GROUP; break;
    default:
        for (size_t i = 0; i < sizeof attributes / sizeof *attributes; i++) {
            if (attributes[i][0] == attribute) {
                *value = attributes[i][1];
                goto end;
            }
        }
        complain("attribute %d was asked for", attribute);
        result = 1;
    }
    END
}

API CUresult cuDevicePrimaryCtxRetain(struct object** context, int device)
{
    (void)device;
    BEGIN("cuDevicePrimaryCtxRetain")
    context_references++;
    *context = &the_context;
    END
}

API CUresult cuDevicePrimaryCtxRelease_v2(int device)
{
    (void)device;
    BEGIN_FREE("cuDevicePrimaryCtxRelease_v2")
    if (context_references-- == 0) { complain("the context was released too often"); }
    pthread_mutex_unlock(&lock);
    return result;
}

API CUresult cuCtxPushCurrent_v2(struct object* context)
{
    BEGIN("cuCtxPushCurrent_v2")
    if (!is_context(context)) {
        complain("a context was pushed that is none");
        result = 201;
        goto end;
    }
    stack[depth++] = context;
    END
}

API CUresult cuCtxPopCurrent_v2(struct object** context)
{
    BEGIN_FREE("cuCtxPopCurrent_v2")
    if (depth == 0) {
        complain("a context was popped that was not pushed");
        result = 201;
    } else {
        *context = stack[--depth];
    }
    pthread_mutex_unlock(&lock);
    return result;
}

API CUresult cuCtxCreate_v2(struct object** context, unsigned flags, int device)
{
    (void)flags;
    (void)device;
    BEGIN("cuCtxCreate_v2")
    *context = stack[depth++] = make(CONTEXT);
    END
}

API CUresult cuCtxDestroy_v2(struct object* context)
{
    BEGIN_FREE("cuCtxDestroy_v2")
    if (!is_live(context, CONTEXT)) {
        complain("a context was destroyed that is none");
        result = 201;
        goto end;
    }
    drain_all();
    for (struct object *o = objects, *next; o; o = next) {
        next = o->next;
        if (o->context == context) {
            complain("a context was destroyed before a %s of it", kind_names[o->kind]);
            drop(o);
        }
    }
    if (current() == context) { depth--; }
    drop(context);
    END
}

API CUresult cuCtxSetCurrent(struct object* context)
{
    BEGIN("cuCtxSetCurrent")
    if (context && !is_context(context)) {
        complain("a context was made current that is none");
        result = 201;
        goto end;
    }
    if (depth > 0) { depth--; }
    if (context) { stack[depth++] = context; }
    END
}

API CUresult cuCtxGetDevice(int* device)
{
    BEGIN("cuCtxGetDevice")
    NEED_CONTEXT("cuCtxGetDevice")
    *device = 0;
    END
}

// Of no preference, and of four bytes.
API CUresult cuCtxGetCacheConfig(int* config)
{
    BEGIN("cuCtxGetCacheConfig")
    *config = 0;
    END
}

API CUresult cuCtxGetSharedMemConfig(int* config)
{
    BEGIN("cuCtxGetSharedMemConfig")
    *config = 1;
    END
}

API CUresult cuCtxSynchronize(void)
{
    BEGIN("cuCtxSynchronize")
    NEED_CONTEXT("cuCtxSynchronize")
    waits++;
    drain_all();
    result = sticky;
    END
}

// The text, with the fault that a test planted.
static char* text_of(const char* image)
{
    const char* right = planted[0][0] ? strstr(image, planted[0]) : NULL;
    if (!right) { return strdup(image); }
    size_t room = strlen(image) + sizeof planted[1];
    char* text = malloc(room);
    snprintf(text, room, "%.*s%s%s", (int)(right - image), image, planted[1], right + strlen(planted[0]));
    return text;
}

API CUresult cuModuleLoadDataEx(
    struct object** module, const char* image, unsigned count, const int* options, void** values)
{
    BEGIN("cuModuleLoadDataEx")
    NEED_CONTEXT("cuModuleLoadDataEx")
    char error[512];
    char* text = text_of(image);
    struct ptx_module* loaded = ptx_load(text, error, sizeof error);
    free(text);
    if (!loaded) {
        char* log = NULL;
        size_t room = 0;
        for (unsigned i = 0; i < count; i++) {
            if (options[i] == 5) { log = values[i]; }
            if (options[i] == 6) { room = (size_t)values[i]; }
        }
        if (log) { snprintf(log, room, "ptxas fatal : %s", error); }
        result = 218;
        goto end;
    }
    *module = make(MODULE);
    (*module)->module = loaded;
    END
}

API CUresult cuModuleUnload(struct object* module)
{
    BEGIN_FREE("cuModuleUnload")
    NEED_CONTEXT("cuModuleUnload")
    NEED(module, MODULE, "cuModuleUnload")
    for (struct object* o = objects; o;) {
        struct object* next = o->next;
        if (o->kind == FUNCTION && o->owner == module) { drop(o); }
        o = next;
    }
    drop(module);
    END
}

API CUresult cuModuleGetFunction(struct object** function, struct object* module, const char* name)
{
    BEGIN("cuModuleGetFunction")
    NEED_CONTEXT("cuModuleGetFunction")
    NEED(module, MODULE, "cuModuleGetFunction")
    struct ptx_kernel* kernel = ptx_find_kernel(module->module, name);
    if (!kernel) {
        result = 500;
        goto end;
    }
    *function = make(FUNCTION);
    (*function)->owner = module;
    (*function)->max_dynamic_shared = SHARED_UNLESS_ASKED;
    (*function)->kernel = kernel;
    END
}

API CUresult cuFuncGetAttribute(int* value, int attribute, struct object* function)
{
    BEGIN("cuFuncGetAttribute")
    NEED_CONTEXT("cuFuncGetAttribute")
    NEED(function, FUNCTION, "cuFuncGetAttribute")
    if (attribute != 1) { complain("function attribute %d was asked for", attribute); }
    *value = (int)function->kernel->static_shared;
    END
}

API CUresult cuFuncSetAttribute(struct object* function, int attribute, int value)
{
    BEGIN("cuFuncSetAttribute")
    NEED_CONTEXT("cuFuncSetAttribute")
    NEED(function, FUNCTION, "cuFuncSetAttribute")
    if (attribute != 8 || value > SHARED_PER_GROUP) {
        complain("function attribute %d was set to %d", attribute, value);
        result = 1;
        goto end;
    }
    function->max_dynamic_shared = value;
    END
}

// Groups of 256 threads, one on every multiprocessor.
API CUresult cuOccupancyMaxPotentialBlockSize(
    int* groups, int* threads, struct object* function, void* shared_of, size_t shared, int most)
{
    (void)shared_of;
    (void)shared;
    BEGIN("cuOccupancyMaxPotentialBlockSize")
    NEED(function, FUNCTION, "cuOccupancyMaxPotentialBlockSize")
    *groups = multiprocessors;
    *threads = most > 0 && most < 256 ? most : 256;
    END
}

API CUresult cuLaunchKernel(
    struct object* function, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x, unsigned block_y,
    unsigned block_z, unsigned shared, struct object* stream, void** parameters, void** extra)
{
    BEGIN("cuLaunchKernel")
    NEED_CONTEXT("cuLaunchKernel")
    NEED(function, FUNCTION, "cuLaunchKernel")
    NEED_STREAM(stream, "cuLaunchKernel")
    if (!grid_x || !grid_y || !grid_z || grid_y > 65535 || grid_z > 65535 || block_x % 32 || block_x > 1024
        || block_y != 1 || block_z != 1 || !parameters == !extra || (int)shared > function->max_dynamic_shared) {
        complain("cuLaunchKernel of %s: %u x %u x %u groups of %u, %u bytes of shared memory", function->kernel->name, grid_x,
                 grid_y, grid_z, block_x, shared);
        result = 1;
        goto end;
    }
    struct operation o = {.type = LAUNCH, .function = function, .grid = {grid_x, grid_y, grid_z}, .block = block_x,
                          .shared = shared};
    // Instead of pointers to the parameters, extra may have all of them in a buffer: 1, buffer, 2, pointer to its length, 0.
    if (extra) {
        size_t length = extra[0] == (void*)1 && extra[2] == (void*)2 ? *(size_t*)extra[3] : 0;
        if (length != function->kernel->parameter_bytes) {
            complain("cuLaunchKernel of %s with %zu bytes of parameters", function->kernel->name, length);
            result = 1;
            goto end;
        }
        memcpy(o.parameters, extra[1], length);
    }
    for (int p = 0; p < function->kernel->parameter_count && parameters; p++) {
        const struct ptx_parameter* parameter = &function->kernel->parameters[p];
        memcpy(o.parameters + parameter->offset, parameters[p], parameter->length);
    }
    add(stream, &o);
    END
}

API CUresult cuMemGetInfo_v2(size_t* free_bytes, size_t* total)
{
    BEGIN("cuMemGetInfo_v2")
    NEED_CONTEXT("cuMemGetInfo_v2")
    *free_bytes = TOTAL_MEMORY - used_memory;
    *total = TOTAL_MEMORY;
    END
}

API CUresult cuMemAlloc_v2(CUdeviceptr* address, size_t length)
{
    BEGIN("cuMemAlloc_v2")
    NEED_CONTEXT("cuMemAlloc_v2")
    if (length == 0 || length > TOTAL_MEMORY - used_memory) {
        result = length == 0 ? 1 : 2;
        goto end;
    }
    struct object* memory = make(MEMORY);
    memory->address = next_address;
    memory->length = length;
    memory->bytes = malloc(length);
    memset(memory->bytes, 0xee, length);
    // A gap beside each block finds accesses beyond it.
    next_address += (length + 4096) & ~(size_t)511;
    used_memory += length;
    *address = memory->address;
    END
}

API CUresult cuMemFree_v2(CUdeviceptr address)
{
    BEGIN_FREE("cuMemFree_v2")
    NEED_CONTEXT("cuMemFree_v2")
    drain_all();
    for (struct object* o = objects; o; o = o->next) {
        if (o->kind == MEMORY && o->address == address) {
            used_memory -= o->length;
            drop(o);
            goto end;
        }
    }
    complain("cuMemFree_v2 of %llx, which is no start of memory", (unsigned long long)address);
    result = 1;
    END
}

// An int, or of the attribute 1 a handle.
API CUresult cuPointerGetAttribute(void* value, int attribute, CUdeviceptr address)
{
    BEGIN("cuPointerGetAttribute")
    NEED_CONTEXT("cuPointerGetAttribute")
    if (attribute != 1 && attribute != 2 && attribute != 9) { complain("pointer attribute %d was asked for", attribute); }
    for (struct object* o = objects; o; o = o->next) {
        int is_of_device = o->kind == MEMORY && address >= o->address && address < o->address + o->length;
        if (is_of_device || (o->kind == HOST_MEMORY && (CUdeviceptr)(uintptr_t)o->bytes == address)) {
            if (attribute == 1) {
                *(struct object**)value = o->context;
            } else {
                *(int*)value = attribute == 9 ? 0 : is_of_device ? 2 : 1;
            }
            goto end;
        }
    }
    result = 1;
    END
}

API CUresult cuMemHostAlloc(void** pointer, size_t length, unsigned flags)
{
    BEGIN("cuMemHostAlloc")
    NEED_CONTEXT("cuMemHostAlloc")
    if (flags != 1) { complain("cuMemHostAlloc with flags %u", flags); }
    struct object* memory = make(HOST_MEMORY);
    memory->bytes = malloc(length);
    *pointer = memory->bytes;
    END
}

API CUresult cuMemFreeHost(void* pointer)
{
    BEGIN_FREE("cuMemFreeHost")
    NEED_CONTEXT("cuMemFreeHost")
    for (struct object* o = objects; o; o = o->next) {
        if (o->kind == HOST_MEMORY && o->bytes == pointer) {
            drop(o);
            goto end;
        }
    }
    complain("cuMemFreeHost of what it did not give");
    result = 1;
    END
}

API CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr to, void* from, size_t length, struct object* stream)
{
    BEGIN("cuMemcpyHtoDAsync_v2")
    NEED_CONTEXT("cuMemcpyHtoDAsync_v2")
    NEED_STREAM(stream, "cuMemcpyHtoDAsync_v2")
    if (stream->capturing) { complain("host memory in a capture"); }
    struct operation o = {.type = COPY_TO_DEVICE, .to = to, .host = from, .length = length};
    add(stream, &o);
    END
}

API CUresult cuMemcpyDtoHAsync_v2(void* to, CUdeviceptr from, size_t length, struct object* stream)
{
    BEGIN("cuMemcpyDtoHAsync_v2")
    NEED_CONTEXT("cuMemcpyDtoHAsync_v2")
    NEED_STREAM(stream, "cuMemcpyDtoHAsync_v2")
    if (stream->capturing) { complain("host memory in a capture"); }
    struct operation o = {.type = COPY_TO_HOST, .host = to, .from = from, .length = length};
    add(stream, &o);
    if (!stream->capturing) {
        waits++;
        drain(stream);
        result = sticky;
    }
    END
}

// Addresses of the device and of the host are of one space: what is no device memory is the host's.
API CUresult cuMemcpyAsync(CUdeviceptr to, CUdeviceptr from, size_t length, struct object* stream)
{
    BEGIN("cuMemcpyAsync")
    NEED_CONTEXT("cuMemcpyAsync")
    NEED_STREAM(stream, "cuMemcpyAsync")
    struct ptx_block block;
    int is_to_device = find_block(to, &block), is_from_device = find_block(from, &block);
    struct operation o = {.to = to, .from = from, .length = length};
    o.type = is_to_device && is_from_device ? COPY : is_to_device ? COPY_TO_DEVICE : COPY_TO_HOST;
    o.host = is_to_device ? (void*)(uintptr_t)from : (void*)(uintptr_t)to;
    add(stream, &o);
    if (o.type == COPY_TO_HOST) {
        waits++;
        drain(stream);
        result = sticky;
    }
    END
}

API CUresult cuMemcpyDtoDAsync_v2(CUdeviceptr to, CUdeviceptr from, size_t length, struct object* stream)
{
    BEGIN("cuMemcpyDtoDAsync_v2")
    NEED_CONTEXT("cuMemcpyDtoDAsync_v2")
    NEED(stream, STREAM, "cuMemcpyDtoDAsync_v2")
    struct operation o = {.type = COPY, .to = to, .from = from, .length = length};
    add(stream, &o);
    END
}

API CUresult cuMemsetD8Async(CUdeviceptr to, unsigned char value, size_t length, struct object* stream)
{
    BEGIN("cuMemsetD8Async")
    NEED_CONTEXT("cuMemsetD8Async")
    NEED_STREAM(stream, "cuMemsetD8Async")
    struct operation o = {.type = FILL, .to = to, .value = value, .length = length};
    add(stream, &o);
    END
}

API CUresult cuStreamCreate(struct object** stream, unsigned flags)
{
    BEGIN("cuStreamCreate")
    NEED_CONTEXT("cuStreamCreate")
    if (flags != 1) { complain("cuStreamCreate with flags %u", flags); }
    *stream = make(STREAM);
    END
}

API CUresult cuStreamDestroy_v2(struct object* stream)
{
    BEGIN_FREE("cuStreamDestroy_v2")
    NEED_CONTEXT("cuStreamDestroy_v2")
    NEED(stream, STREAM, "cuStreamDestroy_v2")
    drain(stream);
    drop(stream);
    END
}

API CUresult cuStreamSynchronize(struct object* stream)
{
    BEGIN("cuStreamSynchronize")
    NEED_CONTEXT("cuStreamSynchronize")
    NEED_STREAM(stream, "cuStreamSynchronize")
    waits++;
    if (stream->capturing) {
        result = 900;
    } else {
        drain(stream);
        result = sticky;
    }
    END
}

API CUresult cuStreamWaitEvent(struct object* stream, struct object* event, unsigned flags)
{
    BEGIN("cuStreamWaitEvent")
    NEED_CONTEXT("cuStreamWaitEvent")
    NEED_STREAM(stream, "cuStreamWaitEvent")
    NEED(event, EVENT, "cuStreamWaitEvent")
    if (flags != (stream->capturing ? 1u : 0u)) { complain("cuStreamWaitEvent with flags %u", flags); }
    struct operation o = {.type = WAIT, .event = event, .stream = event->stream, .ticket = event->queued};
    add(stream, &o);
    END
}

API CUresult cuStreamIsCapturing(struct object* stream, int* status)
{
    BEGIN("cuStreamIsCapturing")
    NEED_CONTEXT("cuStreamIsCapturing")
    NEED_STREAM(stream, "cuStreamIsCapturing")
    *status = stream->capturing;
    END
}

API CUresult cuStreamBeginCapture_v2(struct object* stream, int mode)
{
    BEGIN("cuStreamBeginCapture_v2")
    NEED_CONTEXT("cuStreamBeginCapture_v2")
    NEED(stream, STREAM, "cuStreamBeginCapture_v2")
    if (mode != 2 || stream->capturing) { complain("cuStreamBeginCapture_v2 in mode %d", mode); }
    stream->capturing = 1;
    END
}

API CUresult cuStreamEndCapture(struct object* stream, struct object** graph)
{
    *graph = NULL;
    pthread_mutex_lock(&lock);
    CUresult result = asked_to_fail("cuStreamEndCapture");
    if (result == 0) { result = sticky; }
    NEED_CONTEXT("cuStreamEndCapture")
    NEED(stream, STREAM, "cuStreamEndCapture")
    if (!stream->capturing) { complain("cuStreamEndCapture without a capture"); }
    stream->capturing = 0;
    if (result == 0) {
        *graph = make(GRAPH);
        (*graph)->work = stream->record;
        (*graph)->operations = stream->recorded;
    } else {
        free(stream->record);
    }
    stream->record = NULL;
    stream->recorded = 0;
    END
}

API CUresult cuGraphInstantiateWithFlags(struct object** exec, struct object* graph, uint64_t flags)
{
    BEGIN("cuGraphInstantiateWithFlags")
    NEED_CONTEXT("cuGraphInstantiateWithFlags")
    NEED(graph, GRAPH, "cuGraphInstantiateWithFlags")
    if (flags != 0) { complain("cuGraphInstantiateWithFlags with flags"); }
    *exec = make(GRAPH_EXEC);
    (*exec)->operations = graph->operations;
    (*exec)->work = malloc((size_t)graph->operations * sizeof *graph->work + 1);
    memcpy((*exec)->work, graph->work, (size_t)graph->operations * sizeof *graph->work);
    END
}

API CUresult cuGraphLaunch(struct object* exec, struct object* stream)
{
    BEGIN("cuGraphLaunch")
    NEED_CONTEXT("cuGraphLaunch")
    NEED(exec, GRAPH_EXEC, "cuGraphLaunch")
    NEED(stream, STREAM, "cuGraphLaunch")
    for (int i = 0; i < exec->operations; i++) { add(stream, &exec->work[i]); }
    END
}

API CUresult cuGraphDestroy(struct object* graph)
{
    BEGIN_FREE("cuGraphDestroy")
    NEED_CONTEXT("cuGraphDestroy")
    NEED(graph, GRAPH, "cuGraphDestroy")
    drop(graph);
    END
}

API CUresult cuGraphExecDestroy(struct object* exec)
{
    BEGIN_FREE("cuGraphExecDestroy")
    NEED_CONTEXT("cuGraphExecDestroy")
    NEED(exec, GRAPH_EXEC, "cuGraphExecDestroy")
    drop(exec);
    END
}

API CUresult cuEventCreate(struct object** event, unsigned flags)
{
    BEGIN("cuEventCreate")
    NEED_CONTEXT("cuEventCreate")
    if (flags != 0 && flags != 2) { complain("cuEventCreate with flags %u", flags); }
    *event = make(EVENT);
    END
}

API CUresult cuEventDestroy_v2(struct object* event)
{
    BEGIN_FREE("cuEventDestroy_v2")
    NEED_CONTEXT("cuEventDestroy_v2")
    NEED(event, EVENT, "cuEventDestroy_v2")
    drop(event);
    END
}

API CUresult cuEventRecordWithFlags(struct object* event, struct object* stream, unsigned flags)
{
    BEGIN("cuEventRecordWithFlags")
    NEED_CONTEXT("cuEventRecordWithFlags")
    NEED(event, EVENT, "cuEventRecordWithFlags")
    NEED_STREAM(stream, "cuEventRecordWithFlags")
    if (flags != (stream->capturing ? 1u : 0u)) { complain("cuEventRecordWithFlags with flags %u", flags); }
    event->stream = stream;
    struct operation o = {.type = RECORD, .event = event, .ticket = ++event->queued};
    add(stream, &o);
    END
}

API CUresult cuEventSynchronize(struct object* event)
{
    BEGIN("cuEventSynchronize")
    NEED_CONTEXT("cuEventSynchronize")
    NEED(event, EVENT, "cuEventSynchronize")
    waits++;
    run_until(event->stream, event, event->queued);
    result = sticky;
    END
}

#ifndef WITHOUT_ELAPSED_TIME
API CUresult cuEventElapsedTime(float* milliseconds, struct object* start, struct object* end_event)
{
    BEGIN("cuEventElapsedTime")
    NEED_CONTEXT("cuEventElapsedTime")
    NEED(start, EVENT, "cuEventElapsedTime")
    NEED(end_event, EVENT, "cuEventElapsedTime")
    if (!start->set || !end_event->set) { result = 400; goto end; }
    *milliseconds = (float)(end_event->time - start->time);
    END
}
#endif
