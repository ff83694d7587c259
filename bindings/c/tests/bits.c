/*
 * Whether another build of the library computes the same bits:
 *     bits CHECKPOINT KIND...       without KIND every one
 * Trains a little model of each kind and prints digests of its losses, weights, log densities, latents and samples.  The
 * lines of two builds, or of two processors, are compared as text.
 */
#include "flowengine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 9, STEPS = 3, SAMPLES = 5, MOST = 1 << 18 };

typedef struct {
    const char *name;
    int bins; /* 0: of rows */
    const char *json;
} kind;

static const kind kinds[] = {
    { "glow", 32, "{\"model\":\"glow\",\"channels\":3,\"height\":12,\"width\":8,\"bins\":32,\"levels\":2,\"steps\":2,\"hidden\":20}" },
    { "glow-additive", 32, "{\"model\":\"glow\",\"channels\":1,\"height\":8,\"width\":8,\"bins\":32,\"levels\":1,\"steps\":2,"
                           "\"hidden\":13,\"coupling\":\"additive\",\"condition\":{\"classes\":3}}" },
    { "realnvp", 32, "{\"model\":\"realnvp\",\"channels\":3,\"height\":8,\"width\":8,\"bins\":32,\"levels\":2,\"blocks\":1,\"hidden\":12}" },
    { "maf", 0, "{\"model\":\"maf\",\"channels\":21,\"blocks\":2,\"hidden\":50,\"batch_norm\":true}" },
    { "iaf", 0, "{\"model\":\"iaf\",\"channels\":7,\"blocks\":2,\"hidden\":33,\"condition\":{\"columns\":2}}" },
    { "nice", 0, "{\"model\":\"nice\",\"channels\":20,\"blocks\":4,\"hidden\":50,\"hidden_layers\":2}" },
    { "dense-glow", 0, "{\"model\":\"dense-glow\",\"channels\":21,\"blocks\":2,\"hidden\":50}" },
};

static float x[MOST], y[MOST], condition[MOST], weights[MOST];
static uint8_t levels[MOST];

static void print_digest(const char *what, const void *bytes, size_t length)
{
    const unsigned char *byte = (const unsigned char *)bytes;
    uint64_t digest = 14695981039346656037u; /* FNV-1a */
    size_t i;

    for (i = 0; i < length; i++)
        digest = (digest ^ byte[i]) * 1099511628211u;
    printf(" %s %08x%08x", what, (unsigned)(digest >> 32), (unsigned)digest);
}

static int run(const kind *k)
{
    flow_model *model = NULL;
    flow_trainer *trainer = NULL;
    flow_model_info info;
    flow_trainer_options options;
    flow_metrics metrics;
    flow_call call;
    double log_prob[BATCH], losses[STEPS];
    size_t length, i;
    uint32_t state = 1;
    int step, row;

    memset(&info, 0, sizeof info);
    memset(&options, 0, sizeof options);
    memset(&metrics, 0, sizeof metrics);
    memset(&call, 0, sizeof call);
    info.struct_size = sizeof info;
    options.struct_size = sizeof options;
    metrics.struct_size = sizeof metrics;
    call.struct_size = sizeof call;
    options.batch = BATCH;
    options.warmup_images = -1;
    if (flow_model_create_json(k->json, 3, NULL, &model) != FLOW_OK || flow_model_get_info(model, &info) != FLOW_OK)
        return -1;
    length = BATCH * (size_t)info.dims;
    for (i = 0; i < length; i++) {
        state = state * 1664525u + 1013904223u;
        levels[i] = (uint8_t)((state >> 24) / 8 / (1 + i % 3));
        x[i] = k->bins != 0 ? ((float)levels[i] + 0.5f) / 32 - 0.5f : (float)(int32_t)state / 1.0e9f;
    }
    if (info.classes != 0 || info.condition_columns != 0) {
        size_t columns = (size_t)(info.classes != 0 ? info.classes : info.condition_columns);
        for (row = 0; row < BATCH; row++)
            for (i = 0; i < columns; i++)
                condition[row * (int)columns + (int)i] = (size_t)row % columns == i ? 1.0f : 0.0f;
        call.condition = condition;
        call.condition_length = BATCH * columns;
    }
    if (flow_model_initialize(model, x, length, &call) != FLOW_OK
        || flow_trainer_create(model, &options, &trainer) != FLOW_OK)
        return -1;
    for (step = 0; step < STEPS; step++) {
        if ((k->bins != 0 ? flow_trainer_step_u8(trainer, levels, length, &call, &metrics)
                          : flow_trainer_step(trainer, x, length, &call, &metrics)) != FLOW_OK)
            return -1;
        losses[step] = metrics.bits_per_dim;
    }
    if (info.parameters_length > MOST || flow_model_read_parameters(model, weights, (size_t)info.parameters_length) != FLOW_OK)
        return -1;
    printf("%s", k->name);
    print_digest("losses", losses, sizeof losses);
    print_digest("weights", weights, (size_t)info.parameters_length * sizeof(float));
    if (flow_model_log_prob(model, x, length, &call, log_prob, BATCH) != FLOW_OK
        || flow_model_forward(model, x, length, &call, y, length) != FLOW_OK)
        return -1;
    print_digest("log_prob", log_prob, sizeof log_prob);
    print_digest("latents", y, length * sizeof(float));
    call.condition_length /= BATCH;
    if (flow_model_sample(model, SAMPLES, 1.0, 11, &call, y, SAMPLES * (size_t)info.dims) != FLOW_OK)
        return -1;
    print_digest("samples", y, SAMPLES * (size_t)info.dims * sizeof(float));
    printf("\n");
    flow_trainer_free(trainer);
    flow_model_free(model);
    return 0;
}

int main(void)
{
    size_t i;

    for (i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (run(&kinds[i]) != 0) {
            printf("%s: %s\n", kinds[i].name, flow_last_error());
            return 1;
        }
    return 0;
}
