/*
 * Device pointers and streams of another library in one process, on the stand-in for the CUDA driver, which this is linked
 * with and FLOWENGINE_CUDA_LIBRARY names: the order of calls, whose memory they touch, what they compute, and what becomes
 * of errors.
 */
#include "checks.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The driver, as the other library uses it. */
typedef uint64_t cu_pointer;
extern int cuInit(unsigned flags);
extern int cuDevicePrimaryCtxRetain(void **context, int device);
extern int cuDevicePrimaryCtxRelease_v2(int device);
extern int cuCtxPushCurrent_v2(void *context);
extern int cuMemAlloc_v2(cu_pointer *pointer, size_t length);
extern int cuMemFree_v2(cu_pointer pointer);
extern int cuMemcpyHtoDAsync_v2(cu_pointer to, const void *from, size_t length, void *stream);
extern int cuMemcpyDtoHAsync_v2(void *to, cu_pointer from, size_t length, void *stream);
extern int cuStreamCreate(void **stream, unsigned flags);
extern int cuStreamDestroy_v2(void *stream);
extern int cuStreamBeginCapture_v2(void *stream, int mode);
extern int cuStreamEndCapture(void *stream, void **graph);
extern int cuGraphDestroy(void *graph);
extern void fakeCudaReset(void);
extern void fakeCudaLazy(void);
extern void fakeCudaFail(const char *name, int code, int after);
extern int fakeCudaWaits(void);
extern int fakeCudaLaunches(void);
extern const char *fakeCudaComplaints(void);
extern const char *fakeCudaLeaks(void);

enum { SIZE = 4, D = SIZE * SIZE, N = 5, BINS = 16 };

int checks, failures;

static flow_model *model;
static flow_call call;
static void *stream;
static cu_pointer images, latents, levels, densities;
static uint8_t grey[N * D];
static double found[N], expected_densities[N], expected_bits[N];
static float values[N * D], expected_images[N * D];

static const float *floats(cu_pointer pointer) { return (const float *)(uintptr_t)pointer; }
static float *room(cu_pointer pointer) { return (float *)(uintptr_t)pointer; }
static double *numbers(cu_pointer pointer) { return (double *)(uintptr_t)pointer; }
static uint8_t *bytes(cu_pointer pointer) { return (uint8_t *)(uintptr_t)pointer; }

static flow_model *make_model(int32_t device)
{
    flow_model *made = NULL, *on_cuda = NULL;
    flow_model_options sizes;
    flow_device_options options;
    static unsigned char checkpoint[1 << 16];
    size_t length = 0;
    float first[8 * D];
    int i;

    memset(&sizes, 0, sizeof sizes);
    sizes.struct_size = sizeof sizes;
    sizes.height = sizes.width = SIZE;
    sizes.channels = 1;
    sizes.levels = 2;
    sizes.steps = 1;
    sizes.hidden = 4;
    sizes.bins = BINS;
    memset(&options, 0, sizeof options);
    options.struct_size = sizeof options;
    options.backend = FLOW_BACKEND_CUDA;
    options.device = device;
    for (i = 0; i < 8 * D; i++)
        first[i] = (float)(i * 11 % 31) / 31 - 0.5f;
    OK(flow_model_create("glow", &sizes, NULL, &made));
    OK(flow_model_initialize(made, first, 8 * D, NULL));
    OK(flow_model_dequantize(made, grey, N * D, 1, 0, NULL, expected_images, N * D));
    OK(flow_model_log_prob(made, expected_images, N * D, NULL, expected_densities, N));
    OK(flow_model_bits_per_dim_u8(made, grey, N * D, 1, 0, NULL, expected_bits, N));
    OK(flow_model_save_memory(made, checkpoint, sizeof checkpoint, &length));
    flow_model_free(made);
    OK(flow_model_load_memory(checkpoint, length, &options, &on_cuda));
    return on_cuda;
}

static void test_device(void)
{
    flow_device device;
    flow_model_info info;
    int64_t unused = 0, whole = 0;

    memset(&device, 0, sizeof device);
    device.struct_size = sizeof device;
    OK(flow_device_get(1, &device));
    CHECK(device.backend == FLOW_BACKEND_CUDA && device.device == 0 && device.cores == 108);
    CHECK(strcmp(device.name, "stand-in 0") == 0 && strcmp(device.instruction_set, "compute capability 8.0") == 0);
    OK(flow_device_memory(1, &unused, &whole));
    CHECK(whole == (int64_t)1 << 30 && unused > 0 && unused < whole); /* the other library has some */
    memset(&info, 0, sizeof info);
    info.struct_size = sizeof info;
    OK(flow_model_get_info(model, &info));
    CHECK(info.backend == FLOW_BACKEND_CUDA && info.device == 0 && info.threads == 0);
}

static int32_t count_calls(int64_t done, int64_t total, void *user)
{
    (void)done;
    (void)total;
    ++*(int *)user;
    return 0;
}

static int32_t stop(int64_t done, int64_t total, void *user)
{
    (void)done;
    (void)total;
    (void)user;
    return 1;
}

/* Nothing runs before it must: what the calls queue shows only behind the caller's own work on its stream. */
static void test_order(void)
{
    int i, waits, launches, called = 0;
    float *parts[2];
    size_t lengths[2] = { N * D / 2, N * D / 2 };

    /* The first calls prepare weights and plans. */
    OK(flow_model_log_prob(model, floats(images), N * D, &call, numbers(densities), N));
    OK(flow_model_inverse(model, floats(latents), N * D, &call, room(images), N * D));
    fakeCudaReset();
    fakeCudaLazy();

    memset(found, 0x7f, sizeof found);
    cuMemcpyHtoDAsync_v2(densities, found, sizeof found, stream);
    cuMemcpyHtoDAsync_v2(levels, grey, sizeof grey, stream);
    waits = fakeCudaWaits();
    launches = fakeCudaLaunches();
    OK(flow_model_dequantize(model, bytes(levels), N * D, 1, 0, &call, room(images), N * D));
    OK(flow_model_log_prob(model, floats(images), N * D, &call, numbers(densities), N));
    CHECK(fakeCudaLaunches() == launches && fakeCudaWaits() == waits);
    cuMemcpyDtoHAsync_v2(values, images, sizeof values, stream);
    cuMemcpyDtoHAsync_v2(found, densities, sizeof found, stream);
    CHECK(fakeCudaLaunches() > launches);
    for (i = 0; i < N * D; i++)
        if (!(fabs(values[i] - expected_images[i]) <= 1e-6))
            break;
    CHECK(i == N * D);
    for (i = 0; i < N; i++)
        CHECK(fabs(found[i] - expected_densities[i]) <= 1e-4 * fabs(expected_densities[i]));

    /* Every function that takes device pointers, in batches of two. */
    call.batch = 2;
    call.progress = count_calls;
    call.user = &called;
    waits = fakeCudaWaits();
    OK(flow_model_log_prob_u8(model, bytes(levels), N * D, 1, 0, &call, numbers(densities), N));
    OK(flow_model_bits_per_dim(model, floats(images), N * D, &call, numbers(densities), N));
    OK(flow_model_bits_per_dim_u8(model, bytes(levels), N * D, 1, 0, &call, numbers(densities), N));
    cuMemcpyDtoHAsync_v2(found, densities, sizeof found, stream);
    CHECK(fabs(found[N - 1] - expected_bits[N - 1]) <= 1e-4 * expected_bits[N - 1]);
    waits++;
    OK(flow_model_forward(model, floats(images), N * D, &call, room(latents), N * D));
    OK(flow_model_inverse(model, floats(latents), N * D, &call, room(images), N * D));
    OK(flow_model_round_trip(model, floats(images), N * D, &call, numbers(densities), N));
    OK(flow_model_sample(model, N, 0.7, 5, &call, room(images), N * D));
    OK(flow_model_sample_u8(model, N, 0.7, 5, &call, bytes(levels), N * D));
    parts[0] = room(latents);
    parts[1] = room(latents) + lengths[0];
    OK(flow_model_forward_levels(model, floats(images), N * D, &call, parts, lengths, 2));
    OK(flow_model_inverse_levels(model, (const float *const *)parts, lengths, 2, &call, room(images), N * D));
    CHECK(fakeCudaWaits() == waits);
    CHECK(called == 10 * 3);
    OK(flow_model_log_prob(model, NULL, 0, &call, NULL, 0));
    OK(flow_model_sample(model, 0, 1, 5, &call, NULL, 0));
    call.progress = stop;
    GIVES(FLOW_CANCELLED, flow_model_log_prob(model, floats(images), N * D, &call, numbers(densities), N));
    call.progress = NULL;
    call.batch = 0;

    /* The default stream is a stream. */
    call.stream = NULL;
    OK(flow_model_log_prob(model, floats(images), N * D, &call, numbers(densities), N));
    call.stream = stream;
    cuMemcpyDtoHAsync_v2(found, densities, sizeof found, stream);
    CHECK(fakeCudaComplaints()[0] == '\0');
    fakeCudaReset();
}

static void test_refusals(void)
{
    void *graph = NULL;
    flow_model *elsewhere = NULL;
    flow_tape *tape = NULL;
    flow_trainer *trainer = NULL;
    float *parts[2];
    size_t lengths[2] = { N * D / 2, N * D / 2 };

    INVALID(flow_model_log_prob(model, values, N * D, &call, numbers(densities), N)); /* host memory */
    CHECK(strstr(flow_last_error(), "images") != NULL);
    INVALID(flow_model_log_prob(model, floats(images), N * D, &call, found, N));
    CHECK(strstr(flow_last_error(), "log_prob") != NULL);
    INVALID(flow_model_log_prob(model, floats(images) + 1, N * D, &call, numbers(densities), N)); /* past its end */
    INVALID(flow_model_log_prob(model, floats(images + 2), D, &call, numbers(densities), 1));
    INVALID(flow_model_log_prob(model, floats(images), D, &call, numbers(densities + 4), 1));
    INVALID(flow_model_log_prob(model, floats(12345677), D, &call, numbers(densities), 1));
    INVALID(flow_model_log_prob(model, NULL, D, &call, numbers(densities), 1));
    INVALID(flow_model_log_prob(model, floats(images), N * D, &call, NULL, N));
    INVALID(flow_model_log_prob(model, floats(images), N * D, &call, numbers(densities), N - 1));
    INVALID(flow_model_sample(model, N, 0.7, 5, &call, values, N * D));
    INVALID(flow_model_sample(model, N, NAN, 5, &call, room(images), N * D));
    parts[0] = values;
    parts[1] = room(latents);
    INVALID(flow_model_forward_levels(model, floats(images), N * D, &call, parts, lengths, 2));
    CHECK(strstr(flow_last_error(), "levels[0]") != NULL);
    call.device = 1;
    INVALID(flow_model_log_prob(model, floats(images), N * D, &call, numbers(densities), N));
    call.device = 0;
    cuStreamBeginCapture_v2(stream, 2);
    INVALID(flow_model_log_prob(model, floats(images), N * D, &call, numbers(densities), N));
    CHECK(strstr(flow_last_error(), "captures") != NULL);
    cuStreamEndCapture(stream, &graph);
    cuGraphDestroy(graph);

    /* These take only arrays in host memory. */
    INVALID(flow_model_initialize(model, floats(images), N * D, &call));
    OK(flow_tape_create(model, N, FLOW_ACTIVATIONS_STORE, &tape));
    INVALID(flow_tape_forward(tape, floats(images), N * D, &call, numbers(densities), N));
    flow_tape_free(tape);
    OK(flow_trainer_create(model, NULL, &trainer));
    INVALID(flow_trainer_step(trainer, floats(images), 64 * D, &call, NULL));
    INVALID(flow_trainer_step_u8(trainer, bytes(levels), 64 * D, &call, NULL));
    flow_trainer_free(trainer);

    /* The same pointers, and a model on the second device. */
    elsewhere = make_model(1);
    INVALID(flow_model_log_prob(elsewhere, floats(images), N * D, &call, numbers(densities), N));
    call.device = 1;
    INVALID(flow_model_log_prob(elsewhere, floats(images), N * D, &call, numbers(densities), N));
    CHECK(strstr(flow_last_error(), "it is on cuda:0") != NULL);
    call.device = 0;
    flow_model_free(elsewhere);
}

static void test_failures(void)
{
    static const char *const calls[] = {
        "cuPointerGetAttribute", "cuStreamIsCapturing", "cuEventRecordWithFlags", "cuStreamWaitEvent",
        "cuMemcpyDtoDAsync_v2", "cuLaunchKernel" };
    size_t i;

    for (i = 0; i < sizeof calls / sizeof *calls; i++) {
        fakeCudaFail(calls[i], 999, 0);
        GIVES(FLOW_DEVICE_FAILED, flow_model_log_prob(model, floats(images), N * D, &call, numbers(densities), N));
        CHECK(strstr(flow_last_error(), "made up") != NULL);
        fakeCudaReset();
        OK(flow_model_log_prob(model, floats(images), N * D, &call, numbers(densities), N));
    }
    fakeCudaFail("cuMemAlloc_v2", 2, 0);
    call.batch = 3; /* wants a plan that is not there yet */
    GIVES(FLOW_OUT_OF_MEMORY, flow_model_log_prob(model, floats(images), N * D, &call, numbers(densities), N));
    call.batch = 0;
    fakeCudaReset();
    fakeCudaFail("cuLaunchKernel", 700, 0); /* a kernel that crashed: the context is lost */
    GIVES(FLOW_DEVICE_FAILED, flow_model_log_prob(model, floats(images), N * D, &call, numbers(densities), N));
    GIVES(FLOW_DEVICE_FAILED, flow_model_log_prob(model, floats(images), N * D, &call, numbers(densities), N));
    fakeCudaReset();
}

int main(void)
{
    void *context = NULL;
    int i;

    cuInit(0);
    cuDevicePrimaryCtxRetain(&context, 0);
    cuCtxPushCurrent_v2(context);
    cuMemAlloc_v2(&images, sizeof values);
    cuMemAlloc_v2(&latents, sizeof values);
    cuMemAlloc_v2(&levels, sizeof grey);
    cuMemAlloc_v2(&densities, sizeof found);
    cuStreamCreate(&stream, 1);
    for (i = 0; i < N * D; i++)
        grey[i] = (uint8_t)(i * 7 % BINS);
    memset(&call, 0, sizeof call);
    call.struct_size = sizeof call;
    call.memory = FLOW_MEMORY_CUDA;
    call.stream = stream;
    model = make_model(0);
    test_device();
    test_order();
    test_refusals();
    CHECK(fakeCudaComplaints()[0] == '\0');
    test_failures();
    flow_model_free(model);
    cuStreamDestroy_v2(stream);
    cuMemFree_v2(images);
    cuMemFree_v2(latents);
    cuMemFree_v2(levels);
    cuMemFree_v2(densities);
    cuDevicePrimaryCtxRelease_v2(0);
    CHECK(fakeCudaLeaks()[0] == '\0');
    if (fakeCudaComplaints()[0] != '\0' || fakeCudaLeaks()[0] != '\0')
        printf("%s%s\n", fakeCudaComplaints(), fakeCudaLeaks());
    printf("%d checks, %d failed\n", checks, failures);
    return failures != 0;
}
