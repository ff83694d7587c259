/*
 * Trains a small flow on images made in memory, bright bars on a dark ground, and saves it:
 *     train_images CHECKPOINT [UPDATES]
 */
#include "flowengine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIZE = 8, DIMS = SIZE * SIZE, COUNT = 512, BINS = 16 };

static int32_t report(const flow_metrics *metrics, void *user)
{
    (void)user;
    if (metrics->updates % 50 == 0)
        printf("update %4d  %.3f bits/dim\n", (int)metrics->updates, metrics->bits_per_dim);
    return 0; /* anything else stops */
}

static int fail(const char *what)
{
    fprintf(stderr, "train_images: %s: %s\n", what, flow_last_error());
    return 1;
}

int main(int argc, char **argv)
{
    static uint8_t images[COUNT * DIMS];
    flow_model_options sizes;
    flow_trainer_options training;
    flow_metrics metrics;
    flow_model *model = NULL, *trained = NULL;
    flow_trainer *trainer = NULL;
    uint32_t state = 1;
    int updates = argc > 2 ? atoi(argv[2]) : 150;
    int i, p, result = 0;

    if (argc < 2 || updates < 1) {
        fprintf(stderr, "usage: train_images CHECKPOINT [UPDATES]\n");
        return 2;
    }
    for (i = 0; i < COUNT; i++) {
        int bar;
        state = state * 1664525u + 1013904223u;
        bar = (int)(state >> 24) % SIZE;
        for (p = 0; p < DIMS; p++) {
            state = state * 1664525u + 1013904223u;
            images[i * DIMS + p] = (uint8_t)((p % SIZE == bar ? 10 : 0) + (state >> 30));
        }
    }

    memset(&sizes, 0, sizeof sizes);
    sizes.struct_size = sizeof sizes;
    sizes.height = sizes.width = SIZE;
    sizes.channels = 1;
    sizes.levels = 2;
    sizes.steps = 4;
    sizes.hidden = 32;
    sizes.bins = BINS;
    memset(&training, 0, sizeof training);
    training.struct_size = sizeof training;
    training.batch = 64;
    training.learning_rate = 0.003;
    training.warmup_images = 640;
    training.ema_decay = 0.9;
    memset(&metrics, 0, sizeof metrics);
    metrics.struct_size = sizeof metrics;

    if (flow_model_create("glow", &sizes, NULL, &model) != FLOW_OK)
        result = fail("creating");
    else if (flow_trainer_create_on(model, images, sizeof images, &training, &trainer) != FLOW_OK)
        result = fail("preparing");
    else if (flow_trainer_run(trainer, updates, report, NULL, &metrics) != FLOW_OK)
        result = fail("training");
    else if (flow_trainer_snapshot(trainer, &trained) != FLOW_OK || flow_model_save(trained, argv[1]) != FLOW_OK)
        result = fail("saving");

    flow_model_free(trained);
    flow_trainer_free(trainer);
    flow_model_free(model);
    return result;
}
