// A stand-in for libnccl.so.2 beside the one for CUDA (fake_cuda.h): it has the functions of NCCL that FlowEngine calls, does
// their work in the order of the streams they are queued on, and notes them. Ranks are processes, or threads that have a copy of the
// other stand-in each: what is sent lies in files of a folder that is the id of the group. It proves calls, order, streams and sums,
// and nothing about speed.

#include "fake_cuda.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOST_RANKS 64
#define LONGEST_WAIT_SECONDS 60

typedef struct { char folder[128]; } ncclUniqueId;

struct group {
    int rank, size, sent[MOST_RANKS], received[MOST_RANKS];
    char folder[128];
};

enum part_type { SEND, RECEIVE, SUM };

struct part {
    enum part_type type;
    CUdeviceptr address;
    size_t count;
    int peer;
    struct group* group;
};

// What is queued as one.
struct exchange {
    int count;
    struct part parts[16];
};

static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;
static char log_text[1 << 20];
static int join_failure;

static _Thread_local int group_depth;
static _Thread_local struct exchange* opened;
static _Thread_local struct object* opened_stream;

static void note(const char* format, ...) __attribute__((format(printf, 1, 2)));
static void note(const char* format, ...)
{
    pthread_mutex_lock(&log_lock);
    size_t used = strlen(log_text);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(log_text + used, sizeof log_text - used, format, arguments);
    va_end(arguments);
    pthread_mutex_unlock(&log_lock);
}

static void send_to(struct group* group, int peer, const void* bytes, size_t length)
{
    char path[256], made[264];
    snprintf(path, sizeof path, "%s/%d-%d-%d", group->folder, group->rank, peer, group->sent[peer]++);
    snprintf(made, sizeof made, "%s.made", path);
    FILE* file = fopen(made, "wb");
    if (!file || fwrite(bytes, 1, length, file) != length || fclose(file) != 0 || rename(made, path) != 0) {
        note("error: %s: %s\n", path, strerror(errno));
    }
}

static void receive_from(struct group* group, int peer, void* bytes, size_t length)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%d-%d-%d", group->folder, peer, group->rank, group->received[peer]++);
    FILE* file = NULL;
    for (int i = 0; i < LONGEST_WAIT_SECONDS * 5000 && !(file = fopen(path, "rb")); i++) { usleep(200); }
    if (!file) {
        note("error: nothing came from rank %d\n", peer);
        return;
    }
    if (fread(bytes, 1, length, file) != length || fgetc(file) != EOF) { note("error: rank %d sent another length\n", peer); }
    fclose(file);
    unlink(path);
}

// In the order of the ranks, one after the other, as no tree does.
static void sum_all(struct part* part, float* values)
{
    struct group* group = part->group;
    size_t length = part->count * sizeof(float);
    float* sum = calloc(part->count, sizeof(float));
    float* of = malloc(length);
    for (int i = 0; i < group->size; i++) {
        if (i != group->rank) { send_to(group, i, values, length); }
    }
    for (int i = 0; i < group->size; i++) {
        if (i == group->rank) { memcpy(of, values, length); }
        else { receive_from(group, i, of, length); }
        for (size_t j = 0; j < part->count; j++) { sum[j] += of[j]; }
    }
    memcpy(values, sum, length);
    free(sum);
    free(of);
}

static void run_exchange(void* argument, device_bytes_function* device_bytes)
{
    struct exchange* exchange = argument;
    for (enum part_type type = SEND; type <= SUM; type++) {
        for (int i = 0; i < exchange->count; i++) {
            struct part* part = &exchange->parts[i];
            size_t length = part->count * sizeof(float);
            unsigned char* bytes = part->type == type ? device_bytes(part->address, length, "NCCL") : NULL;
            if (!bytes) { continue; }
            if (type == SEND) { send_to(part->group, part->peer, bytes, length); }
            if (type == RECEIVE) { receive_from(part->group, part->peer, bytes, length); }
            if (type == SUM) { sum_all(part, (float*)(void*)bytes); }
        }
    }
    free(exchange);
}

static void queue_part(struct object* stream, struct part part)
{
    static const char* const names[] = {"send", "receive", "sum"};
    note("rank %d %s %d %zu stream %p\n", part.group->rank, names[part.type], part.peer, part.count, (void*)stream);
    struct exchange* exchange = opened ? opened : calloc(1, sizeof *exchange);
    if (exchange->count == 16 || (exchange->count > 0 && stream != opened_stream)) {
        note("error: a group of more than 16 calls, or of several streams\n");
        return;
    }
    exchange->parts[exchange->count++] = part;
    if (group_depth > 0) {
        opened = exchange;
        opened_stream = stream;
    } else {
        stream->queue(stream, run_exchange, exchange);
    }
}

API int ncclGetUniqueId(ncclUniqueId* id)
{
    memset(id, 0, sizeof *id);
    snprintf(id->folder, sizeof id->folder, "%s/flow-nccl-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
    return mkdtemp(id->folder) ? 0 : 2;
}

API int ncclCommInitRank(struct group** made, int size, ncclUniqueId id, int rank)
{
    if (join_failure != 0) {
        rmdir(id.folder);
        return join_failure;
    }
    if (size > MOST_RANKS || rank < 0 || rank >= size || access(id.folder, W_OK) != 0) { return 4; }
    struct group* group = calloc(1, sizeof *group);
    group->rank = rank;
    group->size = size;
    memcpy(group->folder, id.folder, sizeof id.folder);
    note("rank %d joins %d\n", rank, size);
    *made = group;
    return 0;
}

API int ncclCommDestroy(struct group* group)
{
    note("rank %d leaves\n", group->rank);

    // The last one can: messages are gone when they are read.
    rmdir(group->folder);
    free(group);
    return 0;
}

API int ncclGroupStart(void)
{
    group_depth++;
    return 0;
}

API int ncclGroupEnd(void)
{
    if (--group_depth > 0 || !opened) { return 0; }
    struct exchange* exchange = opened;
    opened = NULL;
    opened_stream->queue(opened_stream, run_exchange, exchange);
    return 0;
}

API int ncclSend(CUdeviceptr values, size_t count, int type, int peer, struct group* group, struct object* stream)
{
    if (type != 7 || peer < 0 || peer >= group->size) { return 4; }
    queue_part(stream, (struct part){SEND, values, count, peer, group});
    return 0;
}

API int ncclRecv(CUdeviceptr values, size_t count, int type, int peer, struct group* group, struct object* stream)
{
    if (type != 7 || peer < 0 || peer >= group->size) { return 4; }
    queue_part(stream, (struct part){RECEIVE, values, count, peer, group});
    return 0;
}

API int ncclAllReduce(
    CUdeviceptr from, CUdeviceptr to, size_t count, int type, int operation, struct group* group, struct object* stream)
{
    if (type != 7 || operation != 0 || from != to) { return 4; }
    queue_part(stream, (struct part){SUM, to, count, -1, group});
    return 0;
}

API const char* ncclGetErrorString(int code) { return code == 5 ? "invalid usage" : "an error of the stand-in"; }

// What was called since the last reset, a line each.
API const char* fakeNcclLog(void) { return log_text; }

API void fakeNcclReset(void)
{
    pthread_mutex_lock(&log_lock);
    log_text[0] = 0;
    join_failure = 0;
    pthread_mutex_unlock(&log_lock);
}

// No process can join a group from now on, until the next reset.
API void fakeNcclFail(int code) { join_failure = code; }
