// A stand-in for libnccl.so.2 beside the one for CUDA (fake_cuda.h): it has the functions of NCCL that FlowEngine calls, does
// their work in the order of the streams they are queued on, and notes them. Ranks are processes, or threads that have a copy of the
// other stand-in each: what is sent lies in files of a folder that is the id of the group. Where NCCL_COMM_ID is set, the id is its
// value, and rank 0 leaves the name of the folder in a file that is named by it. It proves calls, order, streams and sums, and
// nothing about speed.
//
// FAKE_NCCL_FAIL=ncclSend:2:10 in the environment makes a call fail after ten that succeed; fakeNcclFail does so from then on. What
// ncclCommGetAsyncError "fails" with is the error that it reports.

#include "fake_cuda.h"

#include <ctype.h>
#include <errno.h>
#include <signal.h>
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
    volatile int is_aborted;
    char folder[128];
};

enum part_type { SEND, RECEIVE, SUM };

struct part {
    enum part_type type;
    CUdeviceptr address;
    size_t count, element;
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
static char fail_name[64];
static int fail_code;

// A reset ends what waits for ranks to come.
static volatile int resets;

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

static int failure_of(const char* name)
{
    static int calls;
    char asked[64];
    int code, after;
    const char* text = getenv("FAKE_NCCL_FAIL");
    if (text && sscanf(text, "%63[^:]:%d:%d", asked, &code, &after) == 3 && strcmp(asked, name) == 0 && calls++ >= after) { return code; }
    return strcmp(fail_name, name) == 0 ? fail_code : 0;
}

static const char* temporary(void) { return getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp"; }

static void pause_briefly(void) { usleep(500); }

static void write_file(const char* path, const char* text)
{
    char made[300];
    snprintf(made, sizeof made, "%s.made", path);
    FILE* file = fopen(made, "wb");
    if (!file || fputs(text, file) < 0 || fclose(file) != 0 || rename(made, path) != 0) {
        note("error: %s: %s\n", path, strerror(errno));
    }
}

// Where ranks meet whose id is a place: the folder that rank 0 made for them, once it is there.
static void find_folder(const char* place, int rank, char* folder, size_t length)
{
    char path[256], text[256];
    snprintf(path, sizeof path, "%s/flow-nccl-%s", temporary(), place);
    for (char* c = path + strlen(temporary()) + 1; *c; c++) {
        if (!isalnum((unsigned char)*c)) { *c = '-'; }
    }
    if (rank == 0) {
        snprintf(folder, length, "%s/flow-nccl-XXXXXX", temporary());
        if (!mkdtemp(folder)) { note("error: %s: %s\n", folder, strerror(errno)); }
        snprintf(text, sizeof text, "%d %s", (int)getpid(), folder);
        write_file(path, text);
        snprintf(text, sizeof text, "%s/meeting", folder);
        if (symlink(path, text) != 0) { note("error: %s: %s\n", text, strerror(errno)); }
        return;
    }
    for (int since = resets; since == resets; pause_briefly()) {
        // What a rank left that is gone is of an earlier run.
        int process = 0;
        FILE* file = fopen(path, "rb");
        int is_read = file && fscanf(file, "%d %127s", &process, folder) == 2;
        if (file) { fclose(file); }
        if (is_read && kill(process, 0) == 0) { return; }
    }
}

// All ranks are there when this returns.
static void wait_for_all(const char* folder, int rank, int size)
{
    char path[256];
    int since = resets;
    snprintf(path, sizeof path, "%s/joined-%d", folder, rank);
    write_file(path, "");
    for (int i = 0; i < size; i++) {
        snprintf(path, sizeof path, "%s/joined-%d", folder, i);
        while (access(path, F_OK) != 0 && since == resets) { pause_briefly(); }
    }
    char meeting[256];
    snprintf(path, sizeof path, "%s/meeting", folder);
    ssize_t length = rank == 0 ? readlink(path, meeting, sizeof meeting - 1) : -1;
    if (length > 0) {
        meeting[length] = 0;
        unlink(meeting);
        unlink(path);
    }
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
    for (int i = 0; i < LONGEST_WAIT_SECONDS * 2000 && !group->is_aborted && !(file = fopen(path, "rb")); i++) { pause_briefly(); }
    if (!file && group->is_aborted) { return; }
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
            size_t length = part->count * part->element;
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
    const char* place = getenv("NCCL_COMM_ID");
    if (place) {
        snprintf(id->folder, sizeof id->folder, "@%s", place);
        return strchr(place, ':') ? 0 : 4;
    }
    snprintf(id->folder, sizeof id->folder, "%s/flow-nccl-XXXXXX", temporary());
    return mkdtemp(id->folder) ? 0 : 2;
}

API int ncclCommInitRank(struct group** made, int size, ncclUniqueId id, int rank)
{
    int failure = failure_of("ncclCommInitRank");
    if (failure != 0) {
        rmdir(id.folder);
        return failure;
    }
    if (size > MOST_RANKS || rank < 0 || rank >= size) { return 4; }
    struct group* group = calloc(1, sizeof *group);
    group->rank = rank;
    group->size = size;
    memcpy(group->folder, id.folder, sizeof id.folder);
    if (id.folder[0] == '@') { find_folder(id.folder + 1, rank, group->folder, sizeof group->folder); }
    if (access(group->folder, W_OK) != 0) { return 4; }
    wait_for_all(group->folder, rank, size);
    note("rank %d joins %d\n", rank, size);
    *made = group;
    return 0;
}

API int ncclCommDestroy(struct group* group)
{
    note("rank %d leaves\n", group->rank);
    char path[256];
    snprintf(path, sizeof path, "%s/joined-%d", group->folder, group->rank);
    unlink(path);

    // The last one can: messages are gone when they are read.
    rmdir(group->folder);
    free(group);
    return 0;
}

// What others are in stays.
API int ncclCommAbort(struct group* group)
{
    note("rank %d aborts\n", group->rank);
    group->is_aborted = 1;
    return 0;
}

API int ncclCommGetAsyncError(struct group* group, int* error)
{
    *error = group->is_aborted ? 5 : failure_of("ncclCommGetAsyncError");
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

static int queue_exchange(enum part_type kind, CUdeviceptr values, size_t count, int type, int peer, struct group* group,
                          struct object* stream, const char* name)
{
    if ((type != 7 && type != 1) || peer < 0 || peer >= group->size || peer == group->rank) { return 4; }
    int failure = failure_of(name);
    if (failure == 0) { queue_part(stream, (struct part){kind, values, count, type == 7 ? sizeof(float) : 1, peer, group}); }
    return failure;
}

API int ncclSend(CUdeviceptr values, size_t count, int type, int peer, struct group* group, struct object* stream)
{
    return queue_exchange(SEND, values, count, type, peer, group, stream, "ncclSend");
}

API int ncclRecv(CUdeviceptr values, size_t count, int type, int peer, struct group* group, struct object* stream)
{
    return queue_exchange(RECEIVE, values, count, type, peer, group, stream, "ncclRecv");
}

API int ncclAllReduce(
    CUdeviceptr from, CUdeviceptr to, size_t count, int type, int operation, struct group* group, struct object* stream)
{
    if (type != 7 || operation != 0 || from != to) { return 4; }
    queue_part(stream, (struct part){SUM, to, count, sizeof(float), -1, group});
    return 0;
}

API const char* ncclGetErrorString(int code)
{
    return code == 5 ? "invalid usage" : code == 6 ? "remote process exited or there was a network error" : "an error of the stand-in";
}

// What was called since the last reset, a line each.
API const char* fakeNcclLog(void) { return log_text; }

API void fakeNcclReset(void)
{
    pthread_mutex_lock(&log_lock);
    log_text[0] = 0;
    fail_name[0] = 0;
    resets++;
    pthread_mutex_unlock(&log_lock);
}

// A call fails from now on, until the next reset.
API void fakeNcclFail(const char* name, int code)
{
    fail_code = code;
    snprintf(fail_name, sizeof fail_name, "%s", name);
}
