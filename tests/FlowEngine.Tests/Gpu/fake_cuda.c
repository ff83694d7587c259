// What the driver's calls have in common: objects, what is noted of callers, and the work of streams.

#include "fake_cuda.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char* const kind_names[KINDS] = {
    "context", "module", "function", "stream", "graph", "executable graph", "event", "memory", "host memory"};

struct fake fake = {
    .lock = PTHREAD_MUTEX_INITIALIZER,
    .the_context = {.kind = CONTEXT},
    .default_streams = {{.kind = STREAM}, {.kind = STREAM}, {.kind = STREAM}},
    .multiprocessors = MULTIPROCESSORS,
    .next_address = 0x700000000000u,
};
_Thread_local struct object* stack[32];
_Thread_local int depth;

void complain(const char* format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    size_t used = strlen(fake.complaints);
    vsnprintf(fake.complaints + used, sizeof fake.complaints - used, format, arguments);
    va_end(arguments);
    used = strlen(fake.complaints);
    snprintf(fake.complaints + used, sizeof fake.complaints - used, "\n");
}

int number_from_environment(const char* name, int otherwise)
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

int calls_of(const char* name)
{
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        if (calls[i].name && strcmp(calls[i].name, name) == 0) { return calls[i].count; }
    }
    return 0;
}

void forget_calls(void) { memset(calls, 0, sizeof calls); }

CUresult asked_to_fail(const char* name)
{
    count_call(name);
    if (strcmp(fake.fail_name, name) != 0 || fake.fail_code == 0 || fake.fail_after-- > 0) { return 0; }
    if (fake.fail_code >= 700 && fake.fail_code <= 719) { fake.sticky = fake.fail_code; }
    return fake.fail_code;
}

struct object* current(void) { return depth == 0 ? NULL : stack[depth - 1]; }

int is_live(struct object* handle, enum kind kind)
{
    for (struct object* o = fake.objects; o; o = o->next) {
        if (o == handle) { return o->kind == kind; }
    }
    return 0;
}

int is_context(struct object* handle)
{
    return handle == &fake.the_context ? fake.context_references > 0 : is_live(handle, CONTEXT);
}

struct object* make(enum kind kind)
{
    struct object* made = calloc(1, sizeof *made);
    made->kind = kind;
    made->context = current();
    made->next = fake.objects;
    fake.objects = made;
    return made;
}

void drop(struct object* handle)
{
    for (struct object** o = &fake.objects; *o; o = &(*o)->next) {
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
    for (struct object* o = fake.objects; o; o = o->next) {
        if (o->kind == MEMORY && address >= o->address && address + length <= o->address + o->length) {
            return o->bytes + (address - o->address);
        }
    }
    complain("%s: %zu bytes at %llx are no device memory", call, length, (unsigned long long)address);
    return NULL;
}

static unsigned char* bytes_of_call(CUdeviceptr address, size_t length, const char* call)
{
    pthread_mutex_lock(&fake.lock);
    unsigned char* bytes = device_bytes(address, length, call);
    pthread_mutex_unlock(&fake.lock);
    return bytes;
}

int find_block(uint64_t address, struct ptx_block* block)
{
    for (struct object* o = fake.objects; o; o = o->next) {
        if (o->kind == MEMORY && address >= o->address && address < o->address + o->length) {
            *block = (struct ptx_block){o->address, o->length, o->bytes};
            return 1;
        }
    }
    return 0;
}

static void run_kernel(const struct operation* o)
{
    if (fake.sticky) { return; }
    if (fake.skips_kernels) {
        o->function->kernel->launches++;
        return;
    }
    if (ptx_run(o->function->kernel, o->grid, o->block, o->shared, o->parameters, find_block, fake.launch_error,
                sizeof fake.launch_error)) {
        complain("%s", fake.launch_error);
        fake.sticky = 719;
    }
}

static void run(const struct operation* o)
{
    unsigned char *to, *from;
    fake.clock_milliseconds += 1;
    switch (o->type) {
    case LAUNCH:
        fake.launches++;
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
            o->event->time = fake.clock_milliseconds;
        }
        break;
    case WAIT:
        if (is_live(o->event, EVENT)) { run_until(o->stream, o->event, o->ticket); }
        break;
    case CALL:
        // It may wait for another process: the driver answers other threads meanwhile.
        o->stream->busy = 1;
        pthread_mutex_unlock(&fake.lock);
        o->call(o->host, bytes_of_call);
        pthread_mutex_lock(&fake.lock);
        o->stream->busy = 0;
        if (!fake.lazy) { drain(o->stream); }
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

void run_until(struct object* stream, struct object* event, int ticket)
{
    while (event->reached < ticket && run_next(stream)) {}
}

void drain(struct object* stream)
{
    while (run_next(stream)) {}
}

void drain_all(void)
{
    for (int i = 0; i < 3; i++) { drain(&fake.default_streams[i]); }
    for (struct object* o = fake.objects; o; o = o->next) {
        if (o->kind == STREAM) { drain(o); }
    }
}

void add(struct object* stream, const struct operation* o)
{
    if (!stream->capturing && !fake.lazy && !stream->busy) {
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

void queue_call(struct object* stream, call_function* call, void* argument)
{
    pthread_mutex_lock(&fake.lock);
    struct operation o = {.type = CALL, .call = call, .host = argument, .stream = stream};
    if (!is_live(stream, STREAM) || stream->capturing) {
        complain("a call of another library on what is no stream, or captures");
    } else {
        add(stream, &o);
        if (fake.calls_early) { drain(stream); }
    }
    pthread_mutex_unlock(&fake.lock);
}
