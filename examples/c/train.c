/*
 * Trains a small masked autoregressive flow on a table of numbers in memory and saves it:
 *     train CHECKPOINT [UPDATES]
 * The rows are points near a parabola and a third column that follows both of theirs, noise and all: anything but
 * independent.
 */
#include "flowengine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 2048, COLUMNS = 3, BATCH = 256 };

static uint32_t state = 1;

static float uniform(void)
{
    state = state * 1664525u + 1013904223u;
    return (float)(state >> 8) / (1 << 24);
}

static int fail(const char *what)
{
    fprintf(stderr, "train: %s: %s\n", what, flow_last_error());
    return 1;
}

int main(int argc, char **argv)
{
    static float table[ROWS][COLUMNS], batch[BATCH][COLUMNS];
    flow_model_options sizes;
    flow_trainer_options training;
    flow_metrics metrics;
    flow_model *model = NULL, *trained = NULL;
    flow_trainer *trainer = NULL;
    int updates = argc > 2 ? atoi(argv[2]) : 400;
    int i, update, result = 0;

    if (argc < 2 || updates < 1) {
        fprintf(stderr, "usage: train CHECKPOINT [UPDATES]\n");
        return 2;
    }
    for (i = 0; i < ROWS; i++) {
        float across = 2 * uniform() - 1, noise = 0.1f * (uniform() + uniform() - 1);
        table[i][0] = across;
        table[i][1] = 2 * across * across + noise;
        table[i][2] = across - 3 * noise + 0.1f * uniform();
    }

    memset(&sizes, 0, sizeof sizes);
    sizes.struct_size = sizeof sizes;
    sizes.channels = COLUMNS;
    sizes.blocks = 5;
    sizes.hidden = 32;
    memset(&training, 0, sizeof training);
    training.struct_size = sizeof training;
    training.batch = BATCH;
    training.learning_rate = 0.002;
    training.warmup_images = 10 * BATCH;
    training.ema_decay = 0.9;
    memset(&metrics, 0, sizeof metrics);
    metrics.struct_size = sizeof metrics;

    if (flow_model_create("maf", &sizes, NULL, &model) != FLOW_OK
        || flow_model_initialize(model, table[0], ROWS * COLUMNS, NULL) != FLOW_OK)
        result = fail("creating");
    else if (flow_trainer_create(model, &training, &trainer) != FLOW_OK)
        result = fail("preparing");
    for (update = 1; result == 0 && update <= updates; update++) {
        for (i = 0; i < BATCH; i++)
            memcpy(batch[i], table[(int)(uniform() * ROWS)], sizeof batch[i]);
        if (flow_trainer_step(trainer, batch[0], BATCH * COLUMNS, NULL, &metrics) != FLOW_OK)
            result = fail("training");
        else if (update % 100 == 0)
            printf("update %4d  %.3f bits/dim\n", update, metrics.bits_per_dim);
    }
    if (result == 0
        && (flow_trainer_snapshot(trainer, &trained) != FLOW_OK || flow_model_save(trained, argv[1]) != FLOW_OK))
        result = fail("saving");

    flow_model_free(trained);
    flow_trainer_free(trainer);
    flow_model_free(model);
    return result;
}
