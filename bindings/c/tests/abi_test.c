/*
 * The whole C API: struct sizes, every function, every status code, hostile arguments, and agreement between functions.
 *     abi_test FOLDER    a folder for the files it writes
 */
#include "flowengine.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__cplusplus)
#  define ASSERT_SIZE(type, size) static_assert(sizeof(type) == (size), #type)
#elif defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L
#  define ASSERT_SIZE(type, size) _Static_assert(sizeof(type) == (size), #type)
#else
#  define ASSERT_SIZE(type, size) typedef char size_of_##type[sizeof(type) == (size) ? 1 : -1]
#endif

/* Sizes of 64-bit ABIs; what the library was compiled with is compared by every call that takes the struct. */
ASSERT_SIZE(flow_status, 4);
ASSERT_SIZE(flow_device_options, 20);
ASSERT_SIZE(flow_device, 120);
ASSERT_SIZE(flow_model_options, 88);
ASSERT_SIZE(flow_model_info, 184);
ASSERT_SIZE(flow_compressed, 104);
ASSERT_SIZE(flow_shape, 12);
ASSERT_SIZE(flow_parameter, 224);
ASSERT_SIZE(flow_call, 72);
ASSERT_SIZE(flow_trainer_options, 120);
ASSERT_SIZE(flow_metrics, 200);

enum { H = 8, W = 8, C = 3, D = H * W * C, N = 10, BINS = 16 };

static int checks, failures;

#define CHECK(condition) \
    (checks++, (condition) ? (void)0 \
        : (void)(failures++, printf("%s:%d: %s (last error: %s)\n", __FILE__, __LINE__, #condition, flow_last_error())))
#define GIVES(status, call) CHECK((call) == (status))
#define OK(call) GIVES(FLOW_OK, call)
#define INVALID(call) GIVES(FLOW_INVALID_ARGUMENT, call)

static float images[N * D], again[N * D], latents[N * D];
static uint8_t levels[N * D];
static double log_prob[N], other[N];

static flow_model_options options(void)
{
    flow_model_options o;
    memset(&o, 0, sizeof o);
    o.struct_size = sizeof o;
    o.height = H;
    o.width = W;
    o.channels = C;
    o.levels = 2;
    o.steps = 2;
    o.hidden = 16;
    o.bins = BINS;
    o.seed = 7;
    return o;
}

static flow_call call_with(flow_progress progress, void *user)
{
    flow_call c;
    memset(&c, 0, sizeof c);
    c.struct_size = sizeof c;
    c.batch = 3;
    c.progress = progress;
    c.user = user;
    return c;
}

static int32_t count_progress(int64_t done, int64_t total, void *user)
{
    int64_t *calls = (int64_t *)user;
    ++*calls;
    return done > total;
}

static int32_t stop_at_six(int64_t done, int64_t total, void *user)
{
    (void)total;
    (void)user;
    return done >= 6;
}

static int32_t stop_after_two(const flow_metrics *metrics, void *user)
{
    flow_trainer *trainer = (flow_trainer *)user;
    flow_metrics now;
    memset(&now, 0, sizeof now);
    now.struct_size = sizeof now;
    /* The trainer is in use by the call that called us. */
    INVALID(flow_trainer_get_metrics(trainer, &now));
    return metrics->updates >= 2;
}

static void make_data(void)
{
    uint32_t state = 1;
    int i;
    for (i = 0; i < N * D; i++) {
        state = state * 1664525u + 1013904223u;
        levels[i] = (uint8_t)((state >> 24) * BINS / 256 / (1 + (uint32_t)i % 3));
        images[i] = ((float)levels[i] + 0.5f) / BINS - 0.5f;
    }
}

static void test_library(void)
{
    int32_t count = 0, i;
    int64_t unused, whole;
    flow_device device;
    static const flow_status all[] = { FLOW_OK, FLOW_INVALID_ARGUMENT, FLOW_OUT_OF_MEMORY, FLOW_IO, FLOW_BAD_FORMAT,
                                       FLOW_NO_DEVICE, FLOW_CANCELLED, FLOW_DEVICE_FAILED, FLOW_UNSUPPORTED,
                                       FLOW_INTERNAL };
    CHECK(flow_abi_version() == FLOW_ABI_VERSION);
    CHECK(strlen(flow_version()) >= 5);
    CHECK(strlen(flow_instruction_set()) > 0);
    CHECK(flow_last_error() != NULL);
    for (i = 0; i < (int32_t)(sizeof all / sizeof *all); i++)
        CHECK(strlen(flow_status_text(all[i])) > 0 && strcmp(flow_status_text(all[i]), flow_status_text(12345)) != 0);

    OK(flow_device_count(&count));
    CHECK(count >= 1);
    INVALID(flow_device_count(NULL));
    memset(&device, 0, sizeof device);
    INVALID(flow_device_get(0, &device));
    device.struct_size = sizeof device;
    OK(flow_device_get(0, &device));
    CHECK(device.backend == FLOW_BACKEND_CPU && device.cores >= 1 && device.memory_bytes > 0);
    CHECK(strcmp(device.instruction_set, flow_instruction_set()) == 0);
    for (i = 1; i < count; i++) {
        OK(flow_device_get(i, &device));
        CHECK(device.backend > FLOW_BACKEND_CPU && device.backend <= FLOW_BACKEND_EMULATOR);
        CHECK(device.memory_bytes > 0 && device.cores >= 1 && device.name[0] != '\0');
    }
    CHECK(device.backend == FLOW_BACKEND_EMULATOR);
    for (i = 0; i < count; i++) {
        OK(flow_device_memory(i, &unused, &whole));
        CHECK(whole > 0 && unused > 0 && unused <= whole);
    }
    INVALID(flow_device_get(count, &device));
    INVALID(flow_device_get(-1, &device));
    INVALID(flow_device_memory(count, &unused, &whole));
    INVALID(flow_device_memory(0, NULL, &whole));
    INVALID(flow_device_memory(0, &unused, NULL));
}

static flow_model *test_create(void)
{
    flow_model *model = NULL, *none = (flow_model *)1;
    flow_model_options o = options();
    flow_device_options d;
    flow_model_info info;
    flow_shape shape;
    int32_t level, dims = 0;
    int64_t memory[3];

    INVALID(flow_model_create("glow", &o, NULL, NULL));
    INVALID(flow_model_create("glue", &o, NULL, &none));
    CHECK(none == NULL && strstr(flow_last_error(), "glue") != NULL);
    INVALID(flow_model_create(NULL, &o, NULL, &none));
    INVALID(flow_model_create("\xff\xfe", &o, NULL, &none));
    INVALID(flow_model_create("glow", NULL, NULL, &none));
    o.struct_size--;
    INVALID(flow_model_create("glow", &o, NULL, &none));
    o = options();
    o.height = 10;
    INVALID(flow_model_create("glow", &o, NULL, &none));
    o = options();
    o.coupling = 2;
    INVALID(flow_model_create("glow", &o, NULL, &none));
    o = options();
    o.steps = 4096;
    o.hidden = 32768; /* 17 terabytes */
    GIVES(FLOW_OUT_OF_MEMORY, flow_model_create("glow", &o, NULL, &none));
    CHECK(none == NULL);

    o = options();
    memset(&d, 0, sizeof d);
    INVALID(flow_model_create("glow", &o, &d, &none));
    d.struct_size = sizeof d;
    d.backend = FLOW_BACKEND_CUDA;
    d.device = 99;
    GIVES(FLOW_NO_DEVICE, flow_model_create("glow", &o, &d, &none));
    d.device = -1;
    GIVES(FLOW_NO_DEVICE, flow_model_create("glow", &o, &d, &none));
    d.backend = FLOW_BACKEND_OPENCL;
    GIVES(FLOW_NO_DEVICE, flow_model_create("glow", &o, &d, &none));
    d.backend = FLOW_BACKEND_EMULATOR;
    GIVES(FLOW_NO_DEVICE, flow_model_create("glow", &o, &d, &none));
    d.backend = 77;
    INVALID(flow_model_create("glow", &o, &d, &none));
    d.backend = FLOW_BACKEND_CPU;
    d.device = 1;
    GIVES(FLOW_NO_DEVICE, flow_model_create("glow", &o, &d, &none));
    d.device = 0;
    d.threads = -1;
    INVALID(flow_model_create("glow", &o, &d, &none));
    d.threads = 2;
    d.precision = 3;
    INVALID(flow_model_create("glow", &o, &d, &none));
    d.precision = FLOW_PRECISION_TF32;
    GIVES(FLOW_UNSUPPORTED, flow_model_create("glow", &o, &d, &none));
    CHECK(strstr(flow_last_error(), "tf32") != NULL);
    d.struct_size = 16; /* of the first header, which had no precision */
    OK(flow_model_create("glow", &o, &d, &model));
    d.struct_size = 12;
    INVALID(flow_model_create("glow", &o, &d, &none));
    d.struct_size = sizeof d + 4;
    INVALID(flow_model_create("glow", &o, &d, &none));

    memset(&info, 0, sizeof info);
    INVALID(flow_model_get_info(model, &info));
    info.struct_size = sizeof info;
    OK(flow_model_get_info(model, &info));
    CHECK(info.height == H && info.width == W && info.channels == C && info.dims == D && info.bins == BINS);
    CHECK(info.levels == 2 && info.steps == 2 && info.hidden == 16 && !info.is_initialized && info.threads == 2);
    CHECK(strcmp(info.model, "glow") == 0 && info.backend == FLOW_BACKEND_CPU);
    CHECK(info.precision == FLOW_PRECISION_FP32 && info.struct_size == sizeof info);
    for (level = 0; level < info.levels; level++) {
        OK(flow_model_latent_shape(model, level, &shape));
        dims += shape.height * shape.width * shape.channels;
    }
    CHECK(dims == D);
    OK(flow_model_memory(model, N, &memory[0], &memory[1], &memory[2]));
    CHECK(memory[0] > 0 && memory[2] > memory[0] && memory[1] > memory[2]);
    INVALID(flow_model_memory(model, 0, &memory[0], &memory[1], &memory[2]));
    INVALID(flow_model_memory(model, N, &memory[0], NULL, &memory[2]));
    INVALID(flow_model_latent_shape(model, 2, &shape));
    INVALID(flow_model_latent_shape(model, 0, NULL));

    INVALID(flow_model_log_prob(model, images, N * D, NULL, log_prob, N)); /* not initialized */
    INVALID(flow_model_initialize(model, images, 0, NULL));
    OK(flow_model_initialize(model, images, N * D, NULL));
    INVALID(flow_model_initialize(model, images, N * D, NULL));
    return model;
}

static void test_inference(flow_model *model)
{
    flow_call call;
    int64_t calls = 0;
    int i, level;
    float *parts[2];
    size_t lengths[2];
    flow_shape shape;
    uint8_t drawn[N * D];

    OK(flow_model_log_prob(model, images, N * D, NULL, log_prob, N));
    call = call_with(count_progress, &calls);
    OK(flow_model_log_prob(model, images, N * D, &call, other, N));
    CHECK(memcmp(log_prob, other, sizeof log_prob) == 0 && calls == 4);
    for (i = 0; i < N; i++) {
        OK(flow_model_log_prob(model, images + i * D, D, NULL, other + i, 1));
        CHECK(isfinite(other[i]));
    }
    CHECK(memcmp(log_prob, other, sizeof log_prob) == 0);
    call = call_with(stop_at_six, NULL);
    GIVES(FLOW_CANCELLED, flow_model_log_prob(model, images, N * D, &call, other, N));
    call = call_with(NULL, NULL);
    call.memory = FLOW_MEMORY_CUDA; /* the model is on the CPU */
    INVALID(flow_model_log_prob(model, images, N * D, &call, other, N));
    CHECK(strstr(flow_last_error(), "cuda:0") != NULL);
    INVALID(flow_model_forward(model, (const float *)0x7f0000000000, N * D, &call, (float *)16, N * D));
    INVALID(flow_model_sample_u8(model, N, 0.7, 5, &call, levels, N * D));
    call.memory = 2;
    INVALID(flow_model_log_prob(model, images, N * D, &call, other, N));
    call = call_with(NULL, NULL);
    call.stream = &call;
    INVALID(flow_model_log_prob(model, images, N * D, &call, other, N));
    call = call_with(NULL, NULL);
    call.batch = -1;
    INVALID(flow_model_log_prob(model, images, N * D, &call, other, N));
    call.struct_size = 8;
    INVALID(flow_model_log_prob(model, images, N * D, &call, other, N));
    INVALID(flow_model_log_prob(model, images, N * D - 1, NULL, other, N));
    INVALID(flow_model_log_prob(model, images, N * D, NULL, other, N - 1));
    INVALID(flow_model_log_prob(model, NULL, N * D, NULL, other, N));
    INVALID(flow_model_log_prob(model, images, N * D, NULL, NULL, N));
    INVALID(flow_model_log_prob(model, images, (size_t)-1 / D * D, NULL, other, (size_t)-1 / D));
    OK(flow_model_log_prob(model, NULL, 0, NULL, NULL, 0));

    OK(flow_model_bits_per_dim(model, images, N * D, NULL, other, N));
    for (i = 0; i < N; i++)
        CHECK(fabs(other[i] - (D * log((double)BINS) - log_prob[i]) / (D * log(2.0))) < 1e-12 * fabs(other[i]));

    OK(flow_model_log_prob_u8(model, levels, N * D, 3, 0, NULL, log_prob, N));
    OK(flow_model_dequantize(model, levels, N * D, 3, 0, NULL, again, N * D));
    OK(flow_model_log_prob(model, again, N * D, NULL, other, N));
    CHECK(memcmp(log_prob, other, sizeof log_prob) == 0);
    OK(flow_model_log_prob_u8(model, levels + 4 * D, D, 3, 4, NULL, other, 1));
    CHECK(other[0] == log_prob[4]);
    OK(flow_model_bits_per_dim_u8(model, levels, N * D, 3, 0, NULL, other, N));
    CHECK(fabs(other[0] - (D * log((double)BINS) - log_prob[0]) / (D * log(2.0))) < 1e-12 * fabs(other[0]));
    levels[5] = BINS;
    INVALID(flow_model_log_prob_u8(model, levels, N * D, 3, 0, NULL, log_prob, N));
    levels[5] = 0;
    INVALID(flow_model_dequantize(model, levels, N * D, 3, 0, NULL, again, N * D - 1));
    INVALID(flow_model_bits_per_dim_u8(model, NULL, N * D, 3, 0, NULL, other, N));
    INVALID(flow_model_bits_per_dim(model, images, N * D, NULL, NULL, N));

    OK(flow_model_forward(model, images, N * D, NULL, latents, N * D));
    OK(flow_model_inverse(model, latents, N * D, NULL, again, N * D));
    for (i = 0; i < N * D; i++)
        if (!(fabs(again[i] - images[i]) < 1e-3))
            break;
    CHECK(i == N * D);
    OK(flow_model_round_trip(model, images, N * D, NULL, other, N));
    for (i = 0; i < N; i++)
        CHECK(other[i] >= 0 && other[i] < 1e-3);
    INVALID(flow_model_round_trip(model, images, N * D, NULL, NULL, N));
    INVALID(flow_model_forward(model, images, N * D, NULL, latents, D));
    INVALID(flow_model_inverse(model, latents, N * D, NULL, NULL, N * D));

    for (level = 0; level < 2; level++) {
        OK(flow_model_latent_shape(model, level, &shape));
        lengths[level] = (size_t)(N * shape.height * shape.width * shape.channels);
        parts[level] = (float *)malloc(lengths[level] * sizeof(float));
    }
    OK(flow_model_forward_levels(model, images, N * D, NULL, parts, lengths, 2));
    CHECK(parts[0][0] == latents[0] && parts[1][0] == latents[lengths[0] / N]);
    CHECK(parts[1][lengths[1] - 1] == latents[N * D - 1]);
    memset(again, 0, sizeof again);
    OK(flow_model_inverse_levels(model, (const float *const *)parts, lengths, 2, NULL, again, N * D));
    for (i = 0; i < N * D; i++)
        if (!(fabs(again[i] - images[i]) < 1e-3))
            break;
    CHECK(i == N * D);
    INVALID(flow_model_forward_levels(model, images, N * D, NULL, parts, lengths, 1));
    INVALID(flow_model_forward_levels(model, images, N * D, NULL, NULL, lengths, 2));
    INVALID(flow_model_inverse_levels(model, NULL, lengths, 2, NULL, again, N * D));
    lengths[1]--;
    INVALID(flow_model_forward_levels(model, images, N * D, NULL, parts, lengths, 2));
    INVALID(flow_model_inverse_levels(model, (const float *const *)parts, lengths, 2, NULL, again, N * D));
    free(parts[0]);
    free(parts[1]);

    OK(flow_model_sample(model, N, 0.7, 5, NULL, again, N * D));
    call = call_with(NULL, NULL);
    OK(flow_model_sample(model, N, 0.7, 5, &call, latents, N * D));
    CHECK(memcmp(again, latents, sizeof again) == 0);
    OK(flow_model_sample_u8(model, N, 0.7, 5, NULL, drawn, N * D));
    for (i = 0; i < N * D; i++)
        if (drawn[i] >= BINS)
            break;
    CHECK(i == N * D);
    OK(flow_model_sample(model, 0, 1, 5, NULL, NULL, 0));
    INVALID(flow_model_sample(model, -1, 1, 5, NULL, again, N * D));
    INVALID(flow_model_sample(model, N, -1, 5, NULL, again, N * D));
    INVALID(flow_model_sample(model, N, NAN, 5, NULL, again, N * D));
    INVALID(flow_model_sample(model, N, 1, 5, NULL, again, D));
    INVALID(flow_model_sample_u8(model, N, 1, 5, NULL, NULL, N * D));
}

static void test_files(flow_model *model, const char *folder)
{
    char path[4096];
    flow_model *loaded = NULL;
    size_t length = 0, needed = 0;
    unsigned char *bytes;
    FILE *file;

    snprintf(path, sizeof path, "%s/abi.safetensors", folder);
    OK(flow_model_save(model, path));
    OK(flow_model_load(path, NULL, &loaded));
    OK(flow_model_log_prob(model, images, N * D, NULL, log_prob, N));
    OK(flow_model_log_prob(loaded, images, N * D, NULL, other, N));
    CHECK(memcmp(log_prob, other, sizeof log_prob) == 0);
    flow_model_free(loaded);

    OK(flow_model_save_memory(model, NULL, 0, &needed));
    bytes = (unsigned char *)malloc(needed);
    INVALID(flow_model_save_memory(model, bytes, needed - 1, &length));
    CHECK(length == needed);
    OK(flow_model_save_memory(model, bytes, needed, &length));
    OK(flow_model_load_memory(bytes, needed, NULL, &loaded));
    OK(flow_model_log_prob(loaded, images, N * D, NULL, other, N));
    CHECK(memcmp(log_prob, other, sizeof log_prob) == 0);
    flow_model_free(loaded);
    GIVES(FLOW_BAD_FORMAT, flow_model_load_memory(bytes, needed - 1, NULL, &loaded));
    CHECK(loaded == NULL);
    bytes[needed - 1] ^= 1;
    GIVES(FLOW_BAD_FORMAT, flow_model_load_memory(bytes, needed, NULL, &loaded));
    GIVES(FLOW_BAD_FORMAT, flow_model_load_memory(bytes, 0, NULL, &loaded));
    INVALID(flow_model_load_memory(NULL, needed, NULL, &loaded));
    INVALID(flow_model_save_memory(model, bytes, needed, NULL));

    snprintf(path, sizeof path, "%s/no such folder/x", folder);
    GIVES(FLOW_IO, flow_model_load(path, NULL, &loaded));
    CHECK(strstr(flow_last_error(), "no such file") != NULL);
    GIVES(FLOW_IO, flow_model_save(model, path));
    GIVES(FLOW_IO, flow_model_load("", NULL, &loaded));
    GIVES(FLOW_IO, flow_model_save(model, ""));
    INVALID(flow_model_load(NULL, NULL, &loaded));
    INVALID(flow_model_load(path, NULL, NULL));
    INVALID(flow_model_save(model, NULL));
    snprintf(path, sizeof path, "%s/damaged", folder);
    file = fopen(path, "wb");
    fwrite(bytes, 1, 100, file);
    fclose(file);
    GIVES(FLOW_BAD_FORMAT, flow_model_load(path, NULL, &loaded));
    free(bytes);
}

static void test_compression(flow_model *model)
{
    flow_model *another;
    flow_model_options o = options();
    flow_compressed info;
    uint8_t read[N * D], *file;
    size_t enough, length, i;

    o.seed = 8;
    OK(flow_model_create("glow", &o, NULL, &another));
    OK(flow_model_compress(model, levels, N * D, 4, NULL, 0, &enough));
    file = (uint8_t *)malloc(enough);
    OK(flow_model_compress(model, levels, N * D, 4, file, enough, &length));
    CHECK(length < enough);

    memset(&info, 0, sizeof info);
    info.struct_size = sizeof info;
    OK(flow_compressed_get_info(file, length, &info));
    CHECK(info.height == H && info.width == W && info.channels == C && info.bins == BINS);
    CHECK(info.count == N && info.block == 4 && strlen(info.model_sha256) == 64);

    memset(read, 255, sizeof read);
    OK(flow_model_decompress(model, file, length, 0, read, N * D));
    CHECK(memcmp(read, levels, sizeof read) == 0);
    memset(read, 255, sizeof read);
    OK(flow_model_decompress(model, file, length, 5, read, 2 * D));
    CHECK(memcmp(read, levels + 5 * D, 2 * D) == 0 && read[2 * D] == 255);
    OK(flow_model_decompress(model, file, length, N, NULL, 0));

    INVALID(flow_model_decompress(model, file, length, N, read, D));
    INVALID(flow_model_decompress(model, file, length, -1, read, D));
    INVALID(flow_model_decompress(model, file, length, 0, read, D - 1));
    INVALID(flow_model_decompress(model, file, length, 0, NULL, D));
    INVALID(flow_model_decompress(model, NULL, length, 0, read, D));
    INVALID(flow_model_decompress(NULL, file, length, 0, read, D));
    INVALID(flow_model_decompress(another, file, length, 0, read, D));
    INVALID(flow_model_compress(model, NULL, D, 0, file, enough, &length));
    INVALID(flow_model_compress(model, levels, D, -1, file, enough, &length));
    INVALID(flow_model_compress(model, levels, D, 0, file, enough, NULL));
    INVALID(flow_model_compress(NULL, levels, D, 0, file, enough, &length));
    INVALID(flow_model_compress(another, levels, D, 0, file, enough, &length));
    INVALID(flow_compressed_get_info(NULL, 4, &info));
    OK(flow_model_compress(model, levels, N * D, 4, file, enough, &length));
    INVALID(flow_compressed_get_info(file, length, NULL));
    file[length - 1] = 7;
    INVALID(flow_model_compress(model, levels, N * D, 4, file, length - 1, &i));
    CHECK(i == length && file[length - 1] == 7);

    OK(flow_model_compress(model, levels, N * D, 4, file, enough, &length));
    for (i = 0; i < length; i += 7) {
        file[i] ^= 4;
        CHECK(flow_model_decompress(model, file, length, 0, read, N * D) != FLOW_OK);
        file[i] ^= 4;
    }
    GIVES(FLOW_BAD_FORMAT, flow_compressed_get_info(file, length - 1, &info));
    GIVES(FLOW_BAD_FORMAT, flow_compressed_get_info(file, 3, &info));
    free(file);
    flow_model_free(another);
}

static void test_parameters(flow_model *model)
{
    flow_model_info info;
    flow_parameter parameter;
    float *values, *constants;
    double norm = 0;
    int64_t i, trained = 0, total = 0;

    memset(&info, 0, sizeof info);
    info.struct_size = sizeof info;
    OK(flow_model_get_info(model, &info));
    values = (float *)calloc((size_t)info.parameters_length, sizeof(float));
    constants = (float *)calloc((size_t)info.constants_length, sizeof(float));
    OK(flow_model_read_parameters(model, values, (size_t)info.parameters_length));
    OK(flow_model_read_constants(model, constants, (size_t)info.constants_length));
    memset(&parameter, 0, sizeof parameter);
    parameter.struct_size = sizeof parameter;
    for (i = 0; i < info.tensors; i++) {
        int64_t product = 1, last = parameter.offset;
        int axis;
        OK(flow_model_parameter(model, i, &parameter));
        for (axis = 0; axis < parameter.rank; axis++) {
            product *= parameter.shape[axis];
            last += (parameter.shape[axis] - 1) * parameter.stride[axis];
        }
        CHECK(product == parameter.length && strlen(parameter.name) > 0);
        CHECK(parameter.offset + parameter.length
              <= (parameter.is_constant ? info.constants_length : info.parameters_length));
        trained += parameter.is_constant ? 0 : parameter.length;
        total += parameter.length;
        (void)last;
    }
    CHECK(trained == info.parameters && total > trained);
    INVALID(flow_model_parameter(model, info.tensors, &parameter));
    INVALID(flow_model_parameter(model, -1, &parameter));
    parameter.struct_size = 0;
    INVALID(flow_model_parameter(model, 0, &parameter));

    OK(flow_model_log_prob(model, images, N * D, NULL, log_prob, N));
    for (i = 0; i < info.parameters_length; i++) {
        norm += fabs((double)values[i]);
        values[i] *= 1.01f;
    }
    CHECK(norm > 0);
    OK(flow_model_write_parameters(model, values, (size_t)info.parameters_length));
    OK(flow_model_log_prob(model, images, N * D, NULL, other, N));
    CHECK(other[0] != log_prob[0]);
    OK(flow_model_write_constants(model, constants, (size_t)info.constants_length));
    values[0] = INFINITY;
    INVALID(flow_model_write_parameters(model, values, (size_t)info.parameters_length));
    for (i = 0; i < info.constants_length; i++)
        constants[i] = 1e9f;
    INVALID(flow_model_write_constants(model, constants, (size_t)info.constants_length));
    INVALID(flow_model_read_parameters(model, values, (size_t)info.parameters_length - 1));
    INVALID(flow_model_read_parameters(model, NULL, (size_t)info.parameters_length));
    INVALID(flow_model_read_constants(model, constants, 0));
    INVALID(flow_model_write_parameters(model, NULL, 0));
    INVALID(flow_model_write_constants(model, NULL, (size_t)info.constants_length));
    free(values);
    free(constants);
}

static void test_tape(flow_model *model)
{
    flow_model_info info;
    flow_tape *tape = NULL;
    double g[N], up[1], down[1];
    float *d_images = (float *)malloc(sizeof images), *d_parameters, nudged[D];
    int i, mode;

    memset(&info, 0, sizeof info);
    info.struct_size = sizeof info;
    OK(flow_model_get_info(model, &info));
    d_parameters = (float *)calloc((size_t)info.parameters_length, sizeof(float));
    for (i = 0; i < N; i++)
        g[i] = i == 0 ? 1 : 0;
    INVALID(flow_tape_create(model, 0, FLOW_ACTIVATIONS_AUTO, &tape));
    INVALID(flow_tape_create(model, 1 << 30, FLOW_ACTIVATIONS_AUTO, &tape));
    INVALID(flow_tape_create(model, N, 3, &tape));
    INVALID(flow_tape_create(model, N, 0, NULL));
    CHECK(tape == NULL);
    for (mode = FLOW_ACTIVATIONS_AUTO; mode <= FLOW_ACTIVATIONS_INVERT; mode++) {
        double slope = 0, expected;
        OK(flow_tape_create(model, N, mode, &tape));
        INVALID(flow_tape_backward(tape, g, N, NULL, d_images, N * D, NULL, 0)); /* no forward pass */
        OK(flow_tape_forward(tape, images, N * D, NULL, log_prob, N));
        OK(flow_model_log_prob(model, images, N * D, NULL, other, N));
        CHECK(memcmp(log_prob, other, sizeof other) == 0);
        OK(flow_tape_backward(tape, g, N, NULL, d_images, N * D, d_parameters, (size_t)info.parameters_length));
        INVALID(flow_tape_backward(tape, g, N, NULL, d_images, N * D, NULL, 0)); /* a second time */
        for (i = D; i < N * D; i++)
            if (d_images[i] != 0)
                break;
        CHECK(i == N * D); /* the other images have no part in the first log-probability */
        for (i = 0; i < D; i++)
            slope += (double)d_images[i] * (i % 2 ? 1 : -1);
        for (i = 0; i < D; i++)
            nudged[i] = images[i] + (i % 2 ? 1e-3f : -1e-3f);
        OK(flow_model_log_prob(model, nudged, D, NULL, up, 1));
        for (i = 0; i < D; i++)
            nudged[i] = images[i] - (i % 2 ? 1e-3f : -1e-3f);
        OK(flow_model_log_prob(model, nudged, D, NULL, down, 1));
        expected = (up[0] - down[0]) / 2e-3;
        CHECK(fabs(slope - expected) <= 0.02 * fabs(expected) + 0.1);
        INVALID(flow_tape_forward(tape, images, N * D - D, NULL, log_prob, N));
        INVALID(flow_tape_forward(tape, images, N * D, NULL, NULL, N));
        OK(flow_tape_forward(tape, images, N * D, NULL, log_prob, N));
        INVALID(flow_tape_backward(tape, g, N, NULL, d_images, 5, NULL, 0));
        INVALID(flow_tape_backward(tape, g, N - 1, NULL, NULL, 0, NULL, 0));
        OK(flow_tape_backward(tape, g, N, NULL, NULL, 0, d_parameters, (size_t)info.parameters_length));
        flow_tape_free(tape);
        INVALID(flow_tape_forward(tape, images, N * D, NULL, log_prob, N));
    }
    flow_tape_free(NULL);
    free(d_images);
    free(d_parameters);
}

static void test_trainer(flow_model *used, const char *folder)
{
    char path[4096], state[4096];
    flow_model *model = NULL, *snapshot = NULL;
    flow_trainer *trainer = NULL, *resumed = NULL;
    flow_model_options o = options();
    flow_trainer_options t;
    flow_metrics m, first, m2;
    int i;

    memset(&t, 0, sizeof t);
    t.struct_size = sizeof t;
    t.batch = 5;
    t.warmup_images = -1;
    t.ema_decay = 0.5;
    memset(&m, 0, sizeof m);
    m.struct_size = sizeof m;
    first = m2 = m;

    INVALID(flow_trainer_create(used, &t, NULL));
    INVALID(flow_trainer_create(NULL, &t, &trainer));
    t.batch = -4;
    INVALID(flow_trainer_create(used, &t, &trainer));
    t.batch = 5;
    t.learning_rate = -1;
    INVALID(flow_trainer_create(used, &t, &trainer));
    t.learning_rate = 0.002;
    OK(flow_trainer_create(used, &t, &trainer));
    INVALID(flow_trainer_run(trainer, 1, NULL, NULL, &m)); /* no data set */
    OK(flow_trainer_step(trainer, images, 5 * D, NULL, &first));
    CHECK(first.updates == 1 && first.images == 5 && first.updates_per_epoch == 0 && isfinite(first.bits_per_dim));
    for (i = 0; i < 10; i++)
        OK(flow_trainer_step(trainer, images, 5 * D, NULL, &m));
    CHECK(m.updates == 11 && m.bits_per_dim < first.bits_per_dim && m.learning_rate == 0.002);
    OK(flow_trainer_step_u8(trainer, levels, 5 * D, NULL, NULL));
    INVALID(flow_trainer_step(trainer, images, 4 * D, NULL, &m));
    INVALID(flow_trainer_step(trainer, NULL, 5 * D, NULL, &m));
    INVALID(flow_trainer_step_u8(trainer, NULL, 5 * D, NULL, &m));
    OK(flow_trainer_set_learning_rate(trainer, 0.001));
    INVALID(flow_trainer_set_learning_rate(trainer, -1));
    INVALID(flow_trainer_set_learning_rate(trainer, NAN));
    OK(flow_trainer_get_metrics(trainer, &m));
    CHECK(m.updates == 12 && m.learning_rate == 0.001 && m.skipped == 0 && m.skipped_because[0] == '\0');
    again[0] = NAN;
    memcpy(again + 1, images + 1, (5 * D - 1) * sizeof(float));
    OK(flow_trainer_step(trainer, again, 5 * D, NULL, &m));
    CHECK(m.was_skipped == 1 && m.skipped == 1 && strlen(m.skipped_because) > 0);
    m.struct_size = 3;
    INVALID(flow_trainer_get_metrics(trainer, &m));
    INVALID(flow_trainer_get_metrics(trainer, NULL));
    flow_trainer_free(trainer);
    INVALID(flow_trainer_step(trainer, images, 5 * D, NULL, NULL));

    /* Over a data set; then the same, interrupted and resumed. */
    m.struct_size = sizeof m;
    OK(flow_model_create("glow", &o, NULL, &model));
    OK(flow_trainer_create(model, &t, &trainer));
    INVALID(flow_trainer_step(trainer, images, 5 * D, NULL, &m)); /* not initialized */
    flow_trainer_free(trainer);
    INVALID(flow_trainer_create_on(model, levels, N * D - 1, &t, &trainer));
    INVALID(flow_trainer_create_on(model, levels, 0, &t, &trainer));
    levels[0] = BINS;
    INVALID(flow_trainer_create_on(model, levels, N * D, &t, &trainer));
    levels[0] = 0;
    OK(flow_trainer_create_on(model, levels, N * D, &t, &trainer));
    INVALID(flow_trainer_run(trainer, -1, NULL, NULL, &m));
    GIVES(FLOW_CANCELLED, flow_trainer_run(trainer, 6, stop_after_two, trainer, &m));
    OK(flow_trainer_get_metrics(trainer, &m));
    CHECK(m.updates == 2 && m.updates_per_epoch == 2);
    snprintf(path, sizeof path, "%s/trained.safetensors", folder);
    snprintf(state, sizeof state, "%s/training.safetensors", folder);
    OK(flow_model_save(model, path));
    OK(flow_trainer_save(trainer, state));
    GIVES(FLOW_IO, flow_trainer_save(trainer, ""));
    OK(flow_trainer_run(trainer, 4, NULL, NULL, &m));
    OK(flow_trainer_snapshot(trainer, &snapshot));
    INVALID(flow_trainer_snapshot(trainer, NULL));
    OK(flow_model_log_prob(snapshot, images, N * D, NULL, log_prob, N));
    flow_model_free(snapshot);
    flow_model_free(model); /* the trainer keeps it */
    OK(flow_trainer_run(trainer, 1, NULL, NULL, NULL));
    flow_trainer_free(trainer);

    OK(flow_model_load(path, NULL, &model));
    OK(flow_trainer_create_on(model, levels, N * D, &t, &resumed));
    GIVES(FLOW_IO, flow_trainer_resume(resumed, "no such file"));
    GIVES(FLOW_BAD_FORMAT, flow_trainer_resume(resumed, path));
    OK(flow_trainer_resume(resumed, state));
    OK(flow_trainer_run(resumed, 4, NULL, NULL, &m2));
    CHECK(m2.updates == 6 && m2.bits_per_dim == m.bits_per_dim);
    OK(flow_trainer_snapshot(resumed, &snapshot));
    OK(flow_model_log_prob(snapshot, images, N * D, NULL, other, N));
    CHECK(memcmp(log_prob, other, sizeof other) == 0);
    flow_model_free(snapshot);
    flow_trainer_free(resumed);
    flow_model_free(model);
}

/* The other model of images: its sizes, and what it computes from the images that the Glow gets. */
static void test_real_nvp(const char *folder)
{
    flow_model_options o;
    flow_model_info info;
    flow_model *model = NULL, *loaded = NULL;
    double densities[N], other[N];
    static float z[N * D], back[N * D];
    char path[4096];
    int i;

    memset(&o, 0, sizeof o);
    o.struct_size = sizeof o;
    o.height = H;
    o.width = W;
    o.channels = C;
    o.bins = BINS;
    memset(&info, 0, sizeof info);
    info.struct_size = sizeof info;
    OK(flow_model_create("realnvp", &o, NULL, &model));
    OK(flow_model_get_info(model, &info));
    CHECK(strcmp(info.model, "realnvp") == 0 && info.levels == 2 && info.blocks == 2 && info.steps == 0 && info.hidden == 32);
    OK(flow_model_initialize(model, images, N * D, NULL));
    OK(flow_model_log_prob(model, images, N * D, NULL, densities, N));
    OK(flow_model_forward(model, images, N * D, NULL, z, N * D));
    OK(flow_model_inverse(model, z, N * D, NULL, back, N * D));
    for (i = 0; i < N * D; i++)
        if (!(fabs(back[i] - images[i]) < 1e-3))
            break;
    CHECK(i == N * D);
    snprintf(path, sizeof path, "%s/realnvp.safetensors", folder);
    OK(flow_model_save(model, path));
    OK(flow_model_load(path, NULL, &loaded));
    OK(flow_model_log_prob(loaded, images, N * D, NULL, other, N));
    CHECK(memcmp(other, densities, sizeof other) == 0);
    flow_model_free(loaded);
    flow_model_free(model);
    o.levels = 5;
    INVALID(flow_model_create("realnvp", &o, NULL, &model));
    o.levels = 0;
    o.blocks = -1;
    INVALID(flow_model_create("realnvp", &o, NULL, &model));
    o.blocks = 0;
    o.steps = 2; /* of glow */
    INVALID(flow_model_create("realnvp", &o, NULL, &model));
    CHECK(strstr(flow_last_error(), "steps is no option of the model realnvp") != NULL);
}

/* Rows of a table: every kind of model of vectors. */
static void test_tables(const char *folder)
{
    static const char *const names[] = { "maf", "iaf", "nice", "dense-glow", "nsf" };
    enum { COLUMNS = 6, ROWS = 40 };
    static float rows[ROWS * COLUMNS], z[ROWS * COLUMNS], back[ROWS * COLUMNS];
    double densities[ROWS], bits[ROWS], loss = 0;
    char path[4096];
    flow_model_options o;
    flow_model_info info;
    flow_trainer_options t;
    flow_metrics m;
    flow_model *model = NULL, *loaded = NULL;
    flow_trainer *trainer = NULL;
    size_t k;
    int i;

    for (i = 0; i < ROWS * COLUMNS; i++)
        rows[i] = (float)sin(i * 0.7) * (float)(1 + i % COLUMNS) + (float)(i % COLUMNS);
    memset(&o, 0, sizeof o);
    o.struct_size = sizeof o;
    o.channels = COLUMNS;
    o.blocks = 2;
    o.hidden = 8;
    o.hidden_layers = 2;
    memset(&info, 0, sizeof info);
    info.struct_size = sizeof info;
    memset(&t, 0, sizeof t);
    t.struct_size = sizeof t;
    t.batch = ROWS;
    t.warmup_images = -1;
    t.learning_rate = 0.01;
    memset(&m, 0, sizeof m);
    m.struct_size = sizeof m;
    for (k = 0; k < sizeof names / sizeof *names; k++) {
        OK(flow_model_create(names[k], &o, NULL, &model));
        OK(flow_model_get_info(model, &info));
        CHECK(strcmp(info.model, names[k]) == 0 && info.dims == COLUMNS && info.bins == 0 && info.levels == 1);
        CHECK(info.blocks == 2 && info.steps == 0 && info.hidden == 8 && info.hidden_layers == 2);
        OK(flow_model_initialize(model, rows, ROWS * COLUMNS, NULL));
        OK(flow_trainer_create(model, &t, &trainer));
        for (i = 0; i < 40; i++) {
            OK(flow_trainer_step(trainer, rows, ROWS * COLUMNS, NULL, &m));
            loss = i == 0 ? m.bits_per_dim : loss;
        }
        CHECK(m.bits_per_dim < loss && m.skipped == 0);
        INVALID(flow_trainer_step_u8(trainer, levels, ROWS * COLUMNS, NULL, &m)); /* the data is continuous */
        flow_trainer_free(trainer);
        INVALID(flow_trainer_create_on(model, levels, ROWS * COLUMNS, &t, &trainer));
        INVALID(flow_model_log_prob_u8(model, levels, ROWS * COLUMNS, 0, 0, NULL, densities, ROWS));
        INVALID(flow_model_sample_u8(model, 2, 1, 0, NULL, levels, 2 * COLUMNS));
        OK(flow_model_log_prob(model, rows, ROWS * COLUMNS, NULL, densities, ROWS));
        OK(flow_model_bits_per_dim(model, rows, ROWS * COLUMNS, NULL, bits, ROWS));
        CHECK(fabs(bits[3] + densities[3] / (COLUMNS * log(2.0))) < 1e-12 * fabs(bits[3]));
        OK(flow_model_log_prob_gradient(model, rows, ROWS * COLUMNS, NULL, bits, ROWS, z, ROWS * COLUMNS, NULL, 0));
        CHECK(memcmp(bits, densities, sizeof bits) == 0);
        for (i = 0; i < COLUMNS; i++) {
            double above, below;
            memcpy(back, rows, COLUMNS * sizeof *rows);
            back[i] = rows[i] + 0.01f;
            OK(flow_model_log_prob(model, back, COLUMNS, NULL, &above, 1));
            back[i] = rows[i] - 0.01f;
            OK(flow_model_log_prob(model, back, COLUMNS, NULL, &below, 1));
            CHECK(fabs(z[i] - (above - below) / 0.02) < 0.05 * (1 + fabs(z[i])));
        }
        INVALID(flow_model_log_prob_gradient(model, rows, ROWS * COLUMNS, NULL, bits, ROWS, z, 1, NULL, 0));
        INVALID(flow_model_log_prob_gradient(model, rows, ROWS * COLUMNS, NULL, bits, ROWS, z, ROWS * COLUMNS, back, 1));
        OK(flow_model_forward(model, rows, ROWS * COLUMNS, NULL, z, ROWS * COLUMNS));
        OK(flow_model_inverse(model, z, ROWS * COLUMNS, NULL, back, ROWS * COLUMNS));
        for (i = 0; i < ROWS * COLUMNS; i++)
            if (!(fabs(back[i] - rows[i]) < 1e-3))
                break;
        CHECK(i == ROWS * COLUMNS);
        OK(flow_model_sample(model, ROWS, 1, 3, NULL, z, ROWS * COLUMNS));
        snprintf(path, sizeof path, "%s/%s.safetensors", folder, names[k]);
        OK(flow_model_save(model, path));
        OK(flow_model_load(path, NULL, &loaded));
        OK(flow_model_log_prob(loaded, rows, ROWS * COLUMNS, NULL, bits, ROWS));
        CHECK(memcmp(bits, densities, sizeof bits) == 0);
        flow_model_free(loaded);
        flow_model_free(model);
    }

    o.mixing = FLOW_MIXING_LU;
    o.batch_norm = 1;
    o.hidden_layers = 1;
    OK(flow_model_create("maf", &o, NULL, &model));
    OK(flow_model_get_info(model, &info));
    CHECK(info.mixing == FLOW_MIXING_LU && info.batch_norm == 1 && info.hidden_layers == 1);
    flow_model_free(model);
    INVALID(flow_model_create("nice", &o, NULL, &model)); /* mixing is of maf and iaf */
    o.mixing = 0;
    o.batch_norm = 0;
    o.prior = FLOW_PRIOR_GAUSSIAN;
    OK(flow_model_create("nice", &o, NULL, &model));
    OK(flow_model_get_info(model, &info));
    CHECK(info.prior == FLOW_PRIOR_GAUSSIAN);
    flow_model_free(model);
    o.prior = 0;
    o.mixing = 3;
    INVALID(flow_model_create("maf", &o, NULL, &model));
    o.mixing = 0;
    o.prior = -1;
    INVALID(flow_model_create("nice", &o, NULL, &model));
    o.prior = 0;
    o.channels = 1;
    INVALID(flow_model_create("maf", &o, NULL, &model));
    o.channels = COLUMNS;
    o.hidden_layers = -1;
    INVALID(flow_model_create("dense-glow", &o, NULL, &model));
    o.hidden_layers = 0;
    o.blocks = 0;
    OK(flow_model_create("nice", &o, NULL, &model)); /* the paper's but for hidden */
    OK(flow_model_get_info(model, &info));
    CHECK(info.blocks == 4 && info.hidden_layers == 5 && info.prior == FLOW_PRIOR_LOGISTIC);
    flow_model_free(model);
}

/* Callers that were compiled with the header of FLOW_ABI_VERSION 1. */
static void test_version_1(flow_model *model)
{
    static const uint32_t options_sizes[] = { 48, 80 }, info_sizes[] = { 136, 140, 168 };
    static const char says[] = "made for FLOW_ABI_VERSION 1, this library has 2; recompile it";
    unsigned char bytes[256];
    flow_model *none = (flow_model *)1;
    uint32_t zero = 0;
    size_t i;

    CHECK(flow_abi_version() == 2 && FLOW_ABI_VERSION == 2);
    for (i = 0; i < sizeof options_sizes / sizeof *options_sizes; i++) {
        memset(bytes, 0, sizeof bytes);
        memcpy(bytes, &options_sizes[i], sizeof zero);
        INVALID(flow_model_create("maf", (const flow_model_options *)(const void *)bytes, NULL, &none));
        CHECK(none == NULL && strstr(flow_last_error(), says) != NULL);
    }
    for (i = 0; i < sizeof info_sizes / sizeof *info_sizes; i++) {
        memset(bytes, 77, sizeof bytes);
        memcpy(bytes, &info_sizes[i], sizeof zero);
        INVALID(flow_model_get_info(model, (flow_model_info *)(void *)bytes));
        CHECK(strstr(flow_last_error(), says) != NULL && bytes[4] == 77);
    }
}

/* Models described by JSON, and what there is to describe. */
static void test_json(void)
{
    static const char description[] =
        "{\"model\": \"transforms\", \"channels\": 4, \"transforms\": [{\"type\": \"actnorm\"},"
        " {\"type\": \"permutation\"}, {\"type\": \"affine_coupling\", \"hidden\": 8}]}";
    static float rows[20 * 4];
    double densities[20];
    char text[65536];
    flow_model *model = NULL, *again = NULL;
    flow_model_info info;
    size_t length = 0, same = 0;
    int i;

    OK(flow_model_create_json(description, 3, NULL, &model));
    memset(&info, 0, sizeof info);
    info.struct_size = sizeof info;
    OK(flow_model_get_info(model, &info));
    CHECK(strcmp(info.model, "transforms") == 0 && info.dims == 4 && info.levels == 1 && info.blocks == 0);
    for (i = 0; i < 20 * 4; i++)
        rows[i] = (float)sin(i * 0.7);
    OK(flow_model_initialize(model, rows, 20 * 4, NULL));
    OK(flow_model_log_prob(model, rows, 20 * 4, NULL, densities, 20));
    OK(flow_model_get_json(model, NULL, 0, &length));
    INVALID(flow_model_get_json(model, text, length - 1, &same));
    CHECK(same == length && length < sizeof text);
    OK(flow_model_get_json(model, text, sizeof text, &same));
    CHECK(strlen(text) + 1 == length && strstr(text, "\"affine_coupling\"") != NULL);
    OK(flow_model_create_json(text, 3, NULL, &again));
    flow_model_free(again);
    flow_model_free(model);

    OK(flow_model_create_json("{\"model\": \"nice\", \"channels\": 3, \"hidden\": 9}", 0, NULL, &model));
    OK(flow_model_get_info(model, &info));
    CHECK(info.blocks == 4 && info.hidden == 9 && info.hidden_layers == 5);
    flow_model_free(model);
    INVALID(flow_model_create_json("{\"model\": \"nice\", \"channels\": 3, \"steps\": 9}", 0, NULL, &model));
    CHECK(strstr(flow_last_error(), "steps") != NULL);
    INVALID(flow_model_create_json("{\"model\": \"transforms\", \"channels\": 3}", 0, NULL, &model));
    INVALID(flow_model_create_json("{\"model\": \"maf\"}", 0, NULL, &model));
    INVALID(flow_model_create_json("[]", 0, NULL, &model));
    INVALID(flow_model_create_json(NULL, 0, NULL, &model));
    INVALID(flow_model_get_json(NULL, text, sizeof text, &length));
    OK(flow_describe(NULL, 0, &length));
    CHECK(length <= sizeof text);
    OK(flow_describe(text, sizeof text, &length));
    CHECK(strstr(text, "\"realnvp\"") != NULL && strstr(text, "\"weight_decay\"") != NULL);
    INVALID(flow_describe(text, 10, &length));
    INVALID(flow_describe(text, sizeof text, NULL));
}

static void test_conditions(void)
{
    static float latents[N * D], back[N * D], rows[N * 3];
    static double by_class[N * 3];
    double temperatures[2];
    flow_model *model = NULL;
    flow_trainer *trainer = NULL;
    flow_tape *tape = NULL;
    flow_trainer_options t;
    flow_model_info info;
    flow_model_options o = options();
    flow_call call = call_with(NULL, NULL);
    int i;

    o.classes = 3;
    o.condition_into = FLOW_CONDITION_BOTH;
    OK(flow_model_create("glow", &o, NULL, &model));
    memset(&info, 0, sizeof info);
    info.struct_size = sizeof info;
    OK(flow_model_get_info(model, &info));
    CHECK(info.classes == 3 && info.condition_columns == 0 && info.condition_into == FLOW_CONDITION_BOTH);
    memset(rows, 0, sizeof rows);
    for (i = 0; i < N; i++)
        rows[i * 3 + i % 3] = 1;
    call.condition = rows;
    call.condition_length = N * 3;
    OK(flow_model_initialize(model, images, N * D, &call));
    memset(&t, 0, sizeof t);
    t.struct_size = sizeof t;
    t.batch = N;
    t.warmup_images = -1;
    OK(flow_trainer_create(model, &t, &trainer));
    for (i = 0; i < 5; i++)
        OK(flow_trainer_step_u8(trainer, levels, N * D, &call, NULL));
    INVALID(flow_trainer_step_u8(trainer, levels, N * D, NULL, NULL));
    flow_trainer_free(trainer);

    /* Of each class as if it were told so. */
    OK(flow_model_class_log_prob(model, images, N * D, NULL, by_class, N * 3));
    OK(flow_model_log_prob(model, images, N * D, &call, log_prob, N));
    for (i = 0; i < N; i++)
        CHECK(fabs(by_class[i * 3 + i % 3] - log_prob[i]) <= 1e-3);
    call.condition_length = 3; /* the first class for all */
    OK(flow_model_log_prob(model, images, N * D, &call, log_prob, N));
    for (i = 0; i < N; i++)
        CHECK(fabs(by_class[i * 3] - log_prob[i]) <= 1e-3);
    CHECK(fabs(by_class[0] - by_class[1]) > 0);
    OK(flow_tape_create(model, N, FLOW_ACTIVATIONS_AUTO, &tape));
    OK(flow_tape_forward(tape, images, N * D, &call, log_prob, N));
    for (i = 0; i < N; i++)
        CHECK(fabs(by_class[i * 3] - log_prob[i]) <= 1e-3);
    INVALID(flow_tape_forward(tape, images, N * D, NULL, log_prob, N));
    flow_tape_free(tape);
    OK(flow_model_class_log_prob_u8(model, levels, N * D, 1, 0, NULL, by_class, N * 3));

    INVALID(flow_model_log_prob(model, images, N * D, NULL, log_prob, N));
    CHECK(strstr(flow_last_error(), "3 classes") != NULL);
    call.condition_length = 4;
    INVALID(flow_model_log_prob(model, images, N * D, &call, log_prob, N));
    call.condition_length = 3;
    call.condition = NULL;
    INVALID(flow_model_log_prob(model, images, N * D, &call, log_prob, N));
    call.condition = rows;

    /* Standard latents give the images back, and a temperature for each level scales them. */
    call.standard = 1;
    OK(flow_model_forward(model, images, N * D, &call, latents, N * D));
    OK(flow_model_inverse(model, latents, N * D, &call, back, N * D));
    for (i = 0; i < N * D; i++)
        CHECK(fabsf(back[i] - images[i]) <= 1e-4f);
    temperatures[0] = temperatures[1] = 0.5;
    OK(flow_model_sample(model, N, 0.5, 3, &call, back, N * D));
    call.temperatures = temperatures;
    call.temperature_count = 2;
    OK(flow_model_sample(model, N, 9, 3, &call, latents, N * D));
    CHECK(memcmp(back, latents, sizeof back) == 0);
    temperatures[1] = 0;
    OK(flow_model_sample(model, N, 9, 3, &call, latents, N * D));
    CHECK(memcmp(back, latents, sizeof back) != 0);
    call.temperature_count = 3;
    INVALID(flow_model_sample(model, N, 1, 3, &call, latents, N * D));
    call.temperature_count = 0;
    call.standard = 2;
    INVALID(flow_model_forward(model, images, N * D, &call, latents, N * D));
    flow_model_free(model);

    o.condition_columns = 2;
    INVALID(flow_model_create("glow", &o, NULL, &model));
    o.condition_columns = 0;
    o.condition_into = 4;
    INVALID(flow_model_create("glow", &o, NULL, &model));
    o.condition_into = 0;
    o.classes = 1;
    INVALID(flow_model_create("glow", &o, NULL, &model));
}

/* What a model knows of its data, and rows of a table that it scales. */
static void test_schema(flow_model *glow)
{
    static const char scaled[] =
        "{\"columns\": [{\"name\": \"a\", \"mean\": 10, \"deviation\": 2}, {\"name\": \"c\", \"mean\": 7, \"deviation\": 0},"
        " {\"name\": \"b\", \"mean\": -1, \"deviation\": 0.5}], \"classes\": [{\"name\": \"x\", \"count\": 3},"
        " {\"name\": \"y\", \"count\": 1}]}";
    static char json[4096];
    static uint8_t padded[N * D];
    double rows[6] = {12, 7, -1, 8, 7, 0}, back[6], log_det[2], joint[2] = {-1, -1}, probability[4], given[2] = {0, 1};
    float values[4], condition[4];
    int32_t classes[2];
    flow_model *model = NULL;
    flow_model_info info;
    flow_model_options o;
    size_t length = 0;
    int i;

    OK(flow_model_schema(glow, NULL, 0, &length));
    CHECK(length > 1 && length <= sizeof json);
    INVALID(flow_model_schema(glow, json, length - 1, &length));
    OK(flow_model_schema(glow, json, length, &length));
    CHECK(strlen(json) + 1 == length && strstr(json, "\"kind\":\"images\"") != NULL);
    OK(flow_model_set_schema(glow, json, length - 1));
    OK(flow_model_pad_u8(glow, levels, N * D, padded, N * D));
    CHECK(memcmp(padded, levels, sizeof padded) == 0);
    INVALID(flow_model_crop_u8(glow, padded, N * D, padded, N * D - 1));
    INVALID(flow_model_rows_log_prob(glow, rows, 6, NULL, 0, NULL, log_prob, 2));
    INVALID(flow_model_rows_log_prob_gradient(glow, rows, 6, NULL, 0, NULL, log_prob, 2, rows, 6, NULL, 0));

    memset(&o, 0, sizeof o);
    o.struct_size = sizeof o;
    o.channels = 2;
    o.classes = 2;
    o.blocks = 2;
    o.hidden = 16;
    OK(flow_model_create("maf", &o, NULL, &model));
    GIVES(FLOW_BAD_FORMAT, flow_model_set_schema(model, "{}", 2));
    GIVES(FLOW_BAD_FORMAT, flow_model_set_schema(model, json, length - 1));
    INVALID(flow_model_set_schema(model, NULL, 2));
    OK(flow_model_set_schema(model, scaled, sizeof scaled - 1));
    memset(&info, 0, sizeof info);
    info.struct_size = sizeof info;
    OK(flow_model_get_info(model, &info));
    CHECK(info.table_columns == 3 && info.table_condition_columns == 0 && info.dims == 2);
    OK(flow_model_rows_scale(model, rows, 6, values, 4, log_det, 2));
    CHECK(values[0] == 1 && values[1] == 0 && values[2] == -1 && values[3] == 2 && fabs(log_det[0]) <= 1e-15);
    OK(flow_model_rows_restore(model, values, 4, back, 6));
    for (i = 0; i < 6; i++)
        CHECK(back[i] == rows[i]);
    OK(flow_model_condition(model, given, 2, condition, 4));
    CHECK(condition[0] == 1 && condition[1] == 0 && condition[2] == 0 && condition[3] == 1);
    OK(flow_model_classify(model, joint, 2, classes, 1, probability, 2));
    CHECK(classes[0] == 0 && fabs(probability[0] - 0.75) <= 1e-12 && fabs(probability[1] - 0.25) <= 1e-12);
    INVALID(flow_model_rows_scale(model, rows, 5, values, 4, log_det, 2));
    given[1] = 2;
    INVALID(flow_model_condition(model, given, 2, condition, 4));
    rows[4] = NAN;
    INVALID(flow_model_rows_scale(model, rows, 6, values, 4, log_det, 2));
    CHECK(strstr(flow_last_error(), "row 1, column 1 (c)") != NULL);
    flow_model_free(model);
}

static void test_handles(flow_model *model)
{
    flow_model *freed = NULL;
    flow_tape *tape = NULL;
    flow_model_options o = options();
    uintptr_t bits;

    OK(flow_model_create("glow", &o, NULL, &freed));
    flow_model_free(freed);
    INVALID(flow_model_log_prob(freed, images, D, NULL, log_prob, 1));
    flow_model_free(freed);
    flow_model_free(NULL);
    INVALID(flow_model_log_prob(NULL, images, D, NULL, log_prob, 1));
    OK(flow_tape_create(model, 1, 0, &tape));
    INVALID(flow_model_log_prob((flow_model *)tape, images, D, NULL, log_prob, 1));
    flow_model_free((flow_model *)tape); /* not a model: left alone */
    OK(flow_tape_forward(tape, images, D, NULL, log_prob, 1));
    flow_trainer_free((flow_trainer *)model);
    OK(flow_model_log_prob(model, images, D, NULL, log_prob, 1));
    for (bits = 1; bits != 0; bits <<= 1)
        INVALID(flow_model_log_prob((flow_model *)bits, images, D, NULL, log_prob, 1));
    INVALID(flow_model_log_prob((flow_model *)images, images, D, NULL, log_prob, 1));
    flow_tape_free(tape);
}

int main(int argc, char **argv)
{
    flow_model *model;
    if (argc != 2) {
        fprintf(stderr, "usage: abi_test FOLDER\n");
        return 2;
    }
    make_data();
    test_library();
    model = test_create();
    test_inference(model);
    test_files(model, argv[1]);
    test_schema(model);
    test_compression(model);
    test_tape(model);
    test_trainer(model, argv[1]);
    test_parameters(model);
    test_real_nvp(argv[1]);
    test_tables(argv[1]);
    test_version_1(model);
    test_json();
    test_conditions();
    test_handles(model);
    flow_model_free(model);
    printf("%d checks, %d failed, %s\n", checks, failures, flow_instruction_set());
    return failures != 0;
}
