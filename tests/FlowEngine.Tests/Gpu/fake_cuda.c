// A stand-in for libcuda.so.1 on machines without a GPU. It has the functions of the CUDA driver that FlowEngine
// calls, works on host memory, runs the few kernels it knows by name, and notes whatever a caller does wrong. It proves
// the sequence of calls, their arguments and what becomes of their errors; it proves nothing about a GPU or its compiler.
//
// Work runs when it is queued, or, after fakeCudaLazy, as late as the order of streams and events allows: then work that
// nobody ordered behind other work reads what was there before.
//
// FAKE_CUDA_FAIL=cuMemAlloc_v2:2 in the environment makes a call fail from the start; fakeCudaFail does so later.

#include <pthread.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define API __attribute__((visibility("default")))
#define TOTAL_MEMORY ((size_t)1 << 30)
#define SHARED_PER_GROUP 166912
#define SHARED_UNLESS_ASKED 49152
#define MAX_PARAMETERS 8
#define MAX_OPERATIONS 64

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
    unsigned char parameters[MAX_PARAMETERS][16];
    CUdeviceptr to, from;
    void* host;
    size_t length;
    unsigned char value;
    struct object* event;
    int ticket;
};

struct object {
    enum kind kind;
    struct object* next;
    struct object* owner;
    char* text;
    char name[128];
    CUdeviceptr address;
    size_t length;
    unsigned char* bytes;
    int capturing, set, max_dynamic_shared;
    double time;
    int operations;
    struct operation* work;
    // Of an event: how often it was queued to be set, how often it was set, and where it is queued.
    int queued, reached;
    struct object* stream;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct object* objects;
static struct object the_context = {.kind = CONTEXT};
static struct object default_streams[3] = {{.kind = STREAM}, {.kind = STREAM}, {.kind = STREAM}};
static int context_references, initialized, launches, sticky, lazy, waits;
static size_t used_memory;
static CUdeviceptr next_address = 0x700000000000u;
static double clock_milliseconds;
static char complaints[8192];
static char fail_name[64];
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
    if (depth == 0 || stack[depth - 1] != &the_context || context_references == 0) { \
        complain("%s without a current context", name);     \
        result = 201;                                       \
        goto end;                                           \
    }

#define NEED(handle, kind, name)                            \
    if (!is_live(handle, kind)) {                           \
        complain("%s with a handle that is no %s", name, kind_names[kind]); \
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

static int is_live(struct object* handle, enum kind kind)
{
    for (struct object* o = objects; o; o = o->next) {
        if (o == handle) { return o->kind == kind; }
    }
    return 0;
}

static struct object* make(enum kind kind)
{
    struct object* made = calloc(1, sizeof *made);
    made->kind = kind;
    made->next = objects;
    objects = made;
    return made;
}

static void drop(struct object* handle)
{
    for (struct object** o = &objects; *o; o = &(*o)->next) {
        if (*o == handle) {
            *o = handle->next;
            free(handle->text);
            free(handle->bytes);
            free(handle->work);
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

// The kernels of RunnerKernels.cs.
static CUdeviceptr pointer_of(const struct operation* o, int i) { CUdeviceptr p; memcpy(&p, o->parameters[i], 8); return p; }

struct pair { int count; float factor; };

static double sum_at(const float* prior, const float* det, int i) { return (double)prior[i] + (double)det[i]; }

static const struct { const char* name; int sizes[MAX_PARAMETERS]; } signatures[] = {
    {"MemoryKernels_Fill", {8, 4, 8}},
    {"MemoryKernels_CopyChannels", {8, 8, 8, 4, 4, 4, 4, 4}},
    {"PhiloxKernels_Dequantize", {8, 8, 8, 16, 4, 4, 4}},
    {"CallerArrayKernels_LogProb", {8, 8, 8, 4}},
    {"CallerArrayKernels_BitsPerDim", {8, 8, 8, 8, 8, 4}},
    {"CallerArrayKernels_Count", {8, 4, 4}},
    {"CallerArrayKernels_MarkBadLevels", {8, 8, 4, 8}},
    {"CallerArrayKernels_Quantize", {8, 8, 4, 8}},
    {"CallerArrayKernels_LargestDifference", {8, 8, 8, 4}},
    {"RunnerKernels_Add", {8, 8, 8, 4}},
    {"RunnerKernels_Report", {8, 4, 8, 8, 8, 4}},
    {"RunnerKernels_Reverse", {8}},
    {"RunnerKernels_MarkGroups", {8}},
};

static void run_kernel(const struct operation* o)
{
    const char* name = o->function->name;
    unsigned groups = o->grid[0] * o->grid[1] * o->grid[2];
    if (strcmp(name, "RunnerKernels_Add") == 0) {
        int length;
        memcpy(&length, o->parameters[3], 4);
        unsigned threads = groups * o->block;
        if ((unsigned)length > threads) { length = (int)threads; }
        const float* x = (const float*)device_bytes(pointer_of(o, 0), 4u * (unsigned)length, name);
        const float* y = (const float*)device_bytes(pointer_of(o, 1), 4u * (unsigned)length, name);
        float* sum = (float*)device_bytes(pointer_of(o, 2), 4u * (unsigned)length, name);
        for (int i = 0; x && y && sum && i < length; i++) { sum[i] = x[i] + y[i]; }
    } else if (strcmp(name, "RunnerKernels_Report") == 0) {
        int a;
        double b;
        struct pair c;
        int64_t d;
        uint32_t e;
        memcpy(&a, o->parameters[1], sizeof a);
        memcpy(&b, o->parameters[2], sizeof b);
        memcpy(&c, o->parameters[3], sizeof c);
        memcpy(&d, o->parameters[4], sizeof d);
        memcpy(&e, o->parameters[5], sizeof e);
        double* values = (double*)device_bytes(pointer_of(o, 0), 6 * sizeof(double), name);
        double said[] = {a, b, c.count, c.factor, (double)d, e};
        if (values) { memcpy(values, said, sizeof said); }
    } else if (strcmp(name, "RunnerKernels_Reverse") == 0) {
        if (o->shared < 4 * o->block) { complain("%s with %u bytes of shared memory", name, o->shared); return; }
        int* data = (int*)device_bytes(pointer_of(o, 0), 4ul * groups * o->block, name);
        for (unsigned g = 0; data && g < groups; g++) {
            for (unsigned i = 0; i < o->block / 2; i++) {
                int* left = data + g * o->block + i;
                int* right = data + (g + 1) * o->block - 1 - i;
                int value = *left;
                *left = *right;
                *right = value;
            }
        }
    } else if (strcmp(name, "MemoryKernels_Fill") == 0) {
        float value;
        int64_t length;
        memcpy(&value, o->parameters[1], 4);
        memcpy(&length, o->parameters[2], 8);
        float* to = (float*)device_bytes(pointer_of(o, 0), 4ul * (size_t)length, name);
        for (int64_t i = 0; to && i < length; i++) { to[i] = value; }
    } else if (strcmp(name, "MemoryKernels_CopyChannels") == 0) {
        int64_t length;
        int shape[5];
        memcpy(&length, o->parameters[2], 8);
        for (int i = 0; i < 5; i++) { memcpy(&shape[i], o->parameters[3 + i], 4); }
        size_t rows = (size_t)(length / shape[4]);
        const float* from = (const float*)device_bytes(pointer_of(o, 0), 4 * rows * (size_t)shape[0], name);
        float* to = (float*)device_bytes(pointer_of(o, 1), 4 * rows * (size_t)shape[2], name);
        for (size_t row = 0; from && to && row < rows; row++) {
            memcpy(to + row * (size_t)shape[2] + shape[3], from + row * (size_t)shape[0] + shape[1], 4ul * (size_t)shape[4]);
        }
    } else if (strcmp(name, "PhiloxKernels_Dequantize") == 0) {
        // Without its noise: half a level.
        int items, elements;
        float width;
        memcpy(&items, o->parameters[4], 4);
        memcpy(&elements, o->parameters[5], 4);
        memcpy(&width, o->parameters[6], 4);
        size_t length = (size_t)items * (size_t)elements;
        const unsigned char* levels = device_bytes(pointer_of(o, 0), length, name);
        const unsigned char* indices = device_bytes(pointer_of(o, 1), 4ul * (size_t)items, name);
        float* x = (float*)device_bytes(pointer_of(o, 2), 4 * length, name);
        for (size_t i = 0; levels && indices && x && i < length; i++) { x[i] = ((float)levels[i] + 0.5f) * width - 0.5f; }
    } else if (strcmp(name, "CallerArrayKernels_LogProb") == 0 || strcmp(name, "CallerArrayKernels_BitsPerDim") == 0) {
        int is_bits = strcmp(name, "CallerArrayKernels_BitsPerDim") == 0, length;
        double range = 0, bit = -1;
        memcpy(&length, o->parameters[is_bits ? 5 : 3], 4);
        if (is_bits) {
            memcpy(&range, o->parameters[3], 8);
            memcpy(&bit, o->parameters[4], 8);
        }
        const float* prior = (const float*)device_bytes(pointer_of(o, 0), 4u * (unsigned)length, name);
        const float* det = (const float*)device_bytes(pointer_of(o, 1), 4u * (unsigned)length, name);
        double* to = (double*)device_bytes(pointer_of(o, 2), 8u * (unsigned)length, name);
        for (int i = 0; prior && det && to && i < length; i++) { to[i] = (range - sum_at(prior, det, i)) / bit; }
    } else if (strcmp(name, "CallerArrayKernels_Count") == 0) {
        uint32_t first;
        int length;
        memcpy(&first, o->parameters[1], 4);
        memcpy(&length, o->parameters[2], 4);
        uint32_t* to = (uint32_t*)device_bytes(pointer_of(o, 0), 4u * (unsigned)length, name);
        for (int i = 0; to && i < length; i++) { to[i] = first + (uint32_t)i; }
    } else if (strcmp(name, "CallerArrayKernels_MarkBadLevels") == 0) {
        int bins;
        int64_t length;
        memcpy(&bins, o->parameters[2], 4);
        memcpy(&length, o->parameters[3], 8);
        const unsigned char* levels = device_bytes(pointer_of(o, 0), (size_t)length, name);
        float* x = (float*)device_bytes(pointer_of(o, 1), 4ul * (size_t)length, name);
        for (int64_t i = 0; levels && x && i < length; i++) { if (levels[i] >= bins) { x[i] = __builtin_nanf(""); } }
    } else if (strcmp(name, "CallerArrayKernels_Quantize") == 0) {
        float bins;
        int64_t length;
        memcpy(&bins, o->parameters[2], 4);
        memcpy(&length, o->parameters[3], 8);
        const float* x = (const float*)device_bytes(pointer_of(o, 0), 4ul * (size_t)length, name);
        unsigned char* levels = device_bytes(pointer_of(o, 1), (size_t)length, name);
        for (int64_t i = 0; x && levels && i < length; i++) {
            float level = (x[i] + 0.5f) * bins;
            levels[i] = level > 0 ? (unsigned char)(level < bins - 1 ? level : bins - 1) : 0;
        }
    } else if (strcmp(name, "CallerArrayKernels_LargestDifference") == 0) {
        int dims;
        memcpy(&dims, o->parameters[3], 4);
        size_t length = (size_t)dims * groups;
        const float* left = (const float*)device_bytes(pointer_of(o, 0), 4 * length, name);
        const float* right = (const float*)device_bytes(pointer_of(o, 1), 4 * length, name);
        double* to = (double*)device_bytes(pointer_of(o, 2), 8ul * groups, name);
        for (size_t g = 0; left && right && to && g < groups; g++) {
            to[g] = 0;
            for (size_t i = g * (size_t)dims; i < (g + 1) * (size_t)dims; i++) {
                double difference = (double)left[i] - (double)right[i];
                difference = difference < 0 ? -difference : difference;
                to[g] = difference > to[g] ? difference : to[g];
            }
        }
    } else if (strcmp(name, "RunnerKernels_MarkGroups") == 0) {
        int* marks = (int*)device_bytes(pointer_of(o, 0), 4ul * groups, name);
        for (unsigned g = 0; marks && g < groups; g++) { marks[g] = (int)g + 1; }
    }
}

static void drain(struct object* stream);

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
        if (is_live(o->event, EVENT) && o->event->reached < o->ticket) { drain(o->event->stream); }
        break;
    }
}

// Runs what is queued on a stream, and before it what it waits for.
static void drain(struct object* stream)
{
    struct operation* work = stream->work;
    int operations = stream->operations;
    stream->work = NULL;
    stream->operations = 0;
    for (int i = 0; i < operations; i++) {
        run(&work[i]);
        if (work[i].type == COPY_TO_DEVICE) { free(work[i].host); }
    }
    free(work);
}

static void drain_all(void)
{
    for (int i = 0; i < 3; i++) { drain(&default_streams[i]); }
    for (struct object* o = objects; o; o = o->next) {
        if (o->kind == STREAM && !o->capturing) { drain(o); }
    }
}

static void add(struct object* stream, const struct operation* o)
{
    if (!stream->capturing && !lazy) {
        run(o);
        return;
    }
    stream->work = realloc(stream->work, (size_t)(stream->operations + 1) * sizeof *o);
    struct operation* queued = &stream->work[stream->operations++];
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
    complaints[0] = fail_name[0] = 0;
    fail_code = sticky = launches = lazy = waits = 0;
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
    counts[CONTEXT] = context_references;
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
        : code == 218 ? "CUDA_ERROR_INVALID_PTX" : code == 100 ? "CUDA_ERROR_NO_DEVICE" : "CUDA_ERROR_FAKE";
    return 0;
}

API CUresult cuGetErrorString(int code, const char** text)
{
    *text = code == 2 ? "out of memory" : code == 700 ? "an illegal memory access was encountered"
        : code == 218 ? "a PTX JIT compilation failed" : code == 100 ? "no CUDA-capable device is detected" : "made up";
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

API CUresult cuDeviceGetAttribute(int* value, int attribute, int device)
{
    (void)device;
    BEGIN("cuDeviceGetAttribute")
    switch (attribute) {
    case 16: *value = 108; break;
    case 75: *value = number_from_environment("FAKE_CUDA_CAPABILITY", 8); break;
    case 76: *value = 0; break;
    case 97: *value = SHARED_PER_GROUP; break;
    default: complain("attribute %d was asked for", attribute); result = 1;
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
    if (context != &the_context || context_references == 0) {
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

API CUresult cuModuleLoadDataEx(
    struct object** module, const char* image, unsigned count, const int* options, void** values)
{
    BEGIN("cuModuleLoadDataEx")
    NEED_CONTEXT("cuModuleLoadDataEx")
    if (!strstr(image, ".version") || !strstr(image, ".entry")) {
        char* log = NULL;
        size_t room = 0;
        for (unsigned i = 0; i < count; i++) {
            if (options[i] == 5) { log = values[i]; }
            if (options[i] == 6) { room = (size_t)values[i]; }
        }
        if (log) { snprintf(log, room, "ptxas fatal : Missing .version directive at start of file"); }
        result = 218;
        goto end;
    }
    *module = make(MODULE);
    (*module)->text = strdup(image);
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
    char entry[160];
    BEGIN("cuModuleGetFunction")
    NEED_CONTEXT("cuModuleGetFunction")
    NEED(module, MODULE, "cuModuleGetFunction")
    snprintf(entry, sizeof entry, ".entry %s(", name);
    if (!strstr(module->text, entry)) {
        result = 500;
        goto end;
    }
    *function = make(FUNCTION);
    (*function)->owner = module;
    (*function)->max_dynamic_shared = SHARED_UNLESS_ASKED;
    snprintf((*function)->name, sizeof (*function)->name, "%s", name);
    END
}

API CUresult cuFuncGetAttribute(int* value, int attribute, struct object* function)
{
    BEGIN("cuFuncGetAttribute")
    NEED_CONTEXT("cuFuncGetAttribute")
    NEED(function, FUNCTION, "cuFuncGetAttribute")
    if (attribute != 1) { complain("function attribute %d was asked for", attribute); }
    *value = 0;
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

API CUresult cuLaunchKernel(
    struct object* function, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x, unsigned block_y,
    unsigned block_z, unsigned shared, struct object* stream, void** parameters, void** extra)
{
    BEGIN("cuLaunchKernel")
    NEED_CONTEXT("cuLaunchKernel")
    NEED(function, FUNCTION, "cuLaunchKernel")
    NEED(stream, STREAM, "cuLaunchKernel")
    if (!grid_x || !grid_y || !grid_z || grid_y > 65535 || grid_z > 65535 || block_x % 32 || block_x > 1024
        || block_y != 1 || block_z != 1 || extra || (int)shared > function->max_dynamic_shared) {
        complain("cuLaunchKernel of %s: %u x %u x %u groups of %u, %u bytes of shared memory", function->name, grid_x,
                 grid_y, grid_z, block_x, shared);
        result = 1;
        goto end;
    }
    struct operation o = {.type = LAUNCH, .function = function, .grid = {grid_x, grid_y, grid_z}, .block = block_x,
                          .shared = shared};
    for (size_t i = 0; i < sizeof signatures / sizeof *signatures; i++) {
        if (strcmp(signatures[i].name, function->name) != 0) { continue; }
        for (int p = 0; p < MAX_PARAMETERS && signatures[i].sizes[p]; p++) {
            memcpy(o.parameters[p], parameters[p], (size_t)signatures[i].sizes[p]);
        }
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

API CUresult cuPointerGetAttribute(int* value, int attribute, CUdeviceptr address)
{
    BEGIN("cuPointerGetAttribute")
    NEED_CONTEXT("cuPointerGetAttribute")
    if (attribute != 2 && attribute != 9) { complain("pointer attribute %d was asked for", attribute); }
    for (struct object* o = objects; o; o = o->next) {
        if (o->kind == MEMORY && address >= o->address && address < o->address + o->length) {
            *value = attribute == 2 ? 2 : 0;
            goto end;
        }
        if (o->kind == HOST_MEMORY && (CUdeviceptr)(uintptr_t)o->bytes == address) {
            *value = attribute == 2 ? 1 : 0;
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
    NEED(stream, STREAM, "cuMemsetD8Async")
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
    if (!stream->capturing) { drain(stream); }
    drop(stream);
    END
}

API CUresult cuStreamSynchronize(struct object* stream)
{
    BEGIN("cuStreamSynchronize")
    NEED_CONTEXT("cuStreamSynchronize")
    NEED_STREAM(stream, "cuStreamSynchronize")
    waits++;
    if (stream->capturing) { result = 900; } else { drain(stream); }
    END
}

API CUresult cuStreamWaitEvent(struct object* stream, struct object* event, unsigned flags)
{
    BEGIN("cuStreamWaitEvent")
    NEED_CONTEXT("cuStreamWaitEvent")
    NEED_STREAM(stream, "cuStreamWaitEvent")
    NEED(event, EVENT, "cuStreamWaitEvent")
    if (flags != (stream->capturing ? 1u : 0u)) { complain("cuStreamWaitEvent with flags %u", flags); }
    struct operation o = {.type = WAIT, .event = event, .ticket = event->queued};
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
        (*graph)->work = stream->work;
        (*graph)->operations = stream->operations;
    } else {
        free(stream->work);
    }
    stream->work = NULL;
    stream->operations = 0;
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
    if (event->reached < event->queued) { drain(event->stream); }
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
