/*
 * Models on other devices than the CPU, with arrays in host memory:
 *     device_test          on every OpenCL device and on the emulator: values, latents, samples, gradients, training
 */
#include "checks.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { SIZE = 4, D = SIZE * SIZE, N = 3, BINS = 16 };

int checks, failures;

typedef struct results {
    double log_prob[N], bits[N], loss;
    float latents[N * D], images[N * D], drawn[N * D], d_images[N * D];
} results;

static double difference(const float *left, const float *right, int length)
{
    double largest = 0;
    int i;
    for (i = 0; i < length; i++)
        largest = !(fabs(left[i] - right[i]) <= largest) ? fabs(left[i] - right[i]) : largest;
    return largest;
}

static void run(const flow_device_options *device, const void *checkpoint, size_t length, results *out)
{
    uint8_t levels[N * D];
    float images[N * D];
    double g[N];
    flow_model *model = NULL;
    flow_model_info info;
    flow_tape *tape = NULL;
    flow_trainer *trainer = NULL;
    flow_trainer_options options;
    flow_metrics metrics;
    int i;

    memset(&info, 0, sizeof info);
    info.struct_size = sizeof info;
    memset(&options, 0, sizeof options);
    options.struct_size = sizeof options;
    options.batch = N;
    options.warmup_images = -1;
    memset(&metrics, 0, sizeof metrics);
    metrics.struct_size = sizeof metrics;
    for (i = 0; i < N * D; i++)
        levels[i] = (uint8_t)(i * 7 % BINS);
    for (i = 0; i < N; i++)
        g[i] = 1;
    OK(flow_model_load_memory(checkpoint, length, device, &model));
    OK(flow_model_get_info(model, &info));
    CHECK(info.backend == device->backend && info.device == device->device);
    CHECK((info.threads > 0) == (info.backend == FLOW_BACKEND_CPU));
    OK(flow_model_dequantize(model, levels, N * D, 5, 0, NULL, images, N * D));
    OK(flow_model_log_prob_u8(model, levels, N * D, 5, 0, NULL, out->log_prob, N));
    OK(flow_model_bits_per_dim(model, images, N * D, NULL, out->bits, N));
    OK(flow_model_forward(model, images, N * D, NULL, out->latents, N * D));
    OK(flow_model_inverse(model, out->latents, N * D, NULL, out->images, N * D));
    CHECK(difference(out->images, images, N * D) <= 1e-4);
    OK(flow_model_sample(model, N, 0.7, 9, NULL, out->drawn, N * D));
    OK(flow_tape_create(model, N, FLOW_ACTIVATIONS_INVERT, &tape));
    OK(flow_tape_forward(tape, images, N * D, NULL, out->log_prob, N));
    OK(flow_tape_backward(tape, g, N, NULL, out->d_images, N * D, NULL, 0));
    flow_tape_free(tape);
    OK(flow_trainer_create(model, &options, &trainer));
    OK(flow_trainer_step(trainer, images, N * D, NULL, &metrics));
    OK(flow_trainer_step(trainer, images, N * D, NULL, &metrics));
    out->loss = metrics.bits_per_dim;
    flow_trainer_free(trainer);
    flow_model_free(model);
}

/* As flowengine.h says: the CPU computes only in fp32, every other device in all of them. */
static void try_precisions(const flow_device *device, const void *checkpoint, size_t length)
{
    static const int32_t precisions[] = { FLOW_PRECISION_FP32, FLOW_PRECISION_TF32, FLOW_PRECISION_BF16 };
    size_t i;
    for (i = 0; i < sizeof precisions / sizeof *precisions; i++) {
        flow_device_options options;
        flow_model_info info;
        flow_model *model = NULL;
        int has = device->backend != FLOW_BACKEND_CPU || precisions[i] == FLOW_PRECISION_FP32;
        memset(&options, 0, sizeof options);
        options.struct_size = sizeof options;
        options.backend = device->backend;
        options.device = device->device;
        options.precision = precisions[i];
        memset(&info, 0, sizeof info);
        info.struct_size = sizeof info;
        CHECK(flow_model_load_memory(checkpoint, length, &options, &model) == (has ? FLOW_OK : FLOW_UNSUPPORTED));
        CHECK((model != NULL) == has);
        if (model != NULL) {
            OK(flow_model_get_info(model, &info));
            CHECK(info.precision == precisions[i]);
        }
        flow_model_free(model);
    }
}

int main(void)
{
    static results expected, found;
    static unsigned char checkpoint[1 << 16];
    size_t length = 0;
    flow_model_options sizes;
    flow_device_options options;
    flow_device device;
    flow_model *model = NULL;
    float first[8 * D];
    int32_t count = 0, index;
    int i, gpus = 0;

    memset(&sizes, 0, sizeof sizes);
    sizes.struct_size = sizeof sizes;
    sizes.height = sizes.width = SIZE;
    sizes.channels = 1;
    sizes.levels = 1;
    sizes.steps = 1;
    sizes.hidden = 4;
    sizes.bins = BINS;
    memset(&options, 0, sizeof options);
    options.struct_size = sizeof options;
    memset(&device, 0, sizeof device);
    device.struct_size = sizeof device;
    for (i = 0; i < 8 * D; i++)
        first[i] = (float)(i * 11 % 31) / 31 - 0.5f;
    OK(flow_model_create("glow", &sizes, NULL, &model));
    OK(flow_model_initialize(model, first, 8 * D, NULL));
    OK(flow_model_save_memory(model, checkpoint, sizeof checkpoint, &length));
    flow_model_free(model);

    OK(flow_device_count(&count));
    options.backend = FLOW_BACKEND_CPU;
    run(&options, checkpoint, length, &expected);
    for (index = 0; index < count; index++) {
        OK(flow_device_get(index, &device));
        try_precisions(&device, checkpoint, length);
        if (device.backend == FLOW_BACKEND_CPU)
            continue;
        options.backend = device.backend;
        options.device = device.device;
        memset(&found, 0, sizeof found);
        run(&options, checkpoint, length, &found);
        for (i = 0; i < N; i++) {
            CHECK(fabs(found.log_prob[i] - expected.log_prob[i]) <= 1e-4 * fabs(expected.log_prob[i]));
            CHECK(fabs(found.bits[i] - expected.bits[i]) <= 1e-4 * fabs(expected.bits[i]));
        }
        CHECK(difference(found.latents, expected.latents, N * D) <= 1e-4);
        CHECK(difference(found.drawn, expected.drawn, N * D) <= 1e-4);
        CHECK(difference(found.d_images, expected.d_images, N * D) <= 1e-3);
        CHECK(fabs(found.loss - expected.loss) <= 1e-4 * fabs(expected.loss));
        gpus += device.backend != FLOW_BACKEND_EMULATOR;
    }
    printf("%d checks, %d failed, %d devices of drivers\n", checks, failures, gpus);
    return failures != 0;
}
