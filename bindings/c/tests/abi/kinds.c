/* RealNVP and the models of vectors. */
#include "abi.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* The other model of images: its sizes, and what it computes from the images that the Glow gets. */
void test_real_nvp(const char *folder)
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
void test_tables(const char *folder)
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
    INVALID(flow_model_create("nice", &o, NULL, &model)); /* a coupling has no other column to read */
    OK(flow_model_create("maf", &o, NULL, &model));
    flow_model_free(model);
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
