/* Flows of other libraries. */
#include "abi.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char header[] =
    "{\"_transform._transforms.0.log_scale\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
    "\"_transform._transforms.0.shift\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,16]}}";
static const char description[] =
    "{\"library\": \"nflows\", \"features\": 2, \"context\": 0, \"transforms\": [{\"class\": \"ActNorm\"}]}";

/* An imported model is saved, loaded, scored, sampled, differentiated and trained as any other. */
void test_import(const char *folder)
{
    static const float scale_and_shift[4] = { 0.5f, -0.25f, 1, 2 };
    unsigned char weights[8 + sizeof header - 1 + sizeof scale_and_shift];
    const size_t length = sizeof weights;
    static float rows[2 * N], z[2 * N], back[2 * N], gradient[2 * N];
    double first = 0;
    char path[4096];
    flow_model *model = NULL, *loaded = NULL;
    flow_trainer *trainer = NULL;
    flow_trainer_options t;
    flow_metrics m;
    int i;

    memset(weights, 0, sizeof weights);
    weights[0] = (unsigned char)(sizeof header - 1);
    memcpy(weights + 8, header, sizeof header - 1);
    memcpy(weights + 8 + sizeof header - 1, scale_and_shift, sizeof scale_and_shift);
    for (i = 0; i < 2 * N; i++)
        rows[i] = (float)sin(i * 0.7) + (i % 2 ? 3.0f : -1.0f);

    OK(flow_model_import(weights, length, "nflows", description, NULL, &model));
    INVALID(flow_model_prepare(model, 0));
    OK(flow_model_prepare(model, N));
    OK(flow_model_log_prob(model, rows, 2 * N, NULL, log_prob, N));
    for (i = 0; i < N; i++) {
        const double a = exp(0.5) * rows[2 * i] + 1, b = exp(-0.25) * rows[2 * i + 1] + 2;
        CHECK(fabs(log_prob[i] - (0.25 - log(2 * 3.14159265358979) - (a * a + b * b) / 2)) < 1e-5 * (1 + fabs(log_prob[i])));
    }
    OK(flow_model_log_prob_gradient(model, rows, 2 * N, NULL, other, N, gradient, 2 * N, NULL, 0));
    CHECK(memcmp(log_prob, other, sizeof other) == 0);
    CHECK(fabs(gradient[0] + exp(0.5) * (exp(0.5) * rows[0] + 1)) < 1e-5);
    OK(flow_model_forward(model, rows, 2 * N, NULL, z, 2 * N));
    OK(flow_model_inverse(model, z, 2 * N, NULL, back, 2 * N));
    for (i = 0; i < 2 * N; i++)
        CHECK(fabs(back[i] - rows[i]) < 1e-5);
    OK(flow_model_sample(model, N, 1, 5, NULL, back, 2 * N));

    snprintf(path, sizeof path, "%s/imported.safetensors", folder);
    OK(flow_model_save(model, path));
    OK(flow_model_load(path, NULL, &loaded));
    OK(flow_model_prepare(loaded, 1));
    OK(flow_model_log_prob(loaded, rows, 2 * N, NULL, other, N));
    CHECK(memcmp(log_prob, other, sizeof other) == 0);
    flow_model_free(loaded);

    memset(&t, 0, sizeof t);
    t.struct_size = sizeof t;
    t.batch = N;
    t.warmup_images = -1;
    t.learning_rate = 0.01;
    memset(&m, 0, sizeof m);
    m.struct_size = sizeof m;
    OK(flow_trainer_create(model, &t, &trainer));
    for (i = 0; i < 40; i++) {
        OK(flow_trainer_step(trainer, rows, 2 * N, NULL, &m));
        first = i == 0 ? m.bits_per_dim : first;
    }
    CHECK(m.bits_per_dim < first && m.skipped == 0);
    flow_trainer_free(trainer);
    flow_model_free(model);

    INVALID(flow_model_import(NULL, length, "nflows", description, NULL, &model));
    CHECK(model == NULL);
    INVALID(flow_model_import(weights, length, NULL, description, NULL, &model));
    INVALID(flow_model_import(weights, length, "nflows", NULL, NULL, &model));
    INVALID(flow_model_import(weights, length, "nflows", description, NULL, NULL));
    INVALID(flow_model_import(weights, length, "sbi", description, NULL, &model));
    CHECK(strstr(flow_last_error(), "expected one of zuko, nflows") != NULL);
    INVALID(flow_model_import(weights, length, "zuko", description, NULL, &model));
    GIVES(FLOW_BAD_FORMAT, flow_model_import(weights, length - 1, "nflows", description, NULL, &model));
    GIVES(FLOW_BAD_FORMAT, flow_model_import(weights, length, "nflows", "{", NULL, &model));
    GIVES(FLOW_BAD_FORMAT, flow_model_import(weights, length, "nflows",
        "{\"library\": \"nflows\", \"features\": 3, \"context\": 0, \"transforms\": [{\"class\": \"ActNorm\"}]}", NULL, &model));
    GIVES(FLOW_UNSUPPORTED, flow_model_import(weights, length, "nflows",
        "{\"library\": \"nflows\", \"features\": 2, \"context\": 0, \"transforms\": [{\"class\": \"Sigmoid\"}]}", NULL, &model));
    CHECK(strstr(flow_last_error(), "transform 0 (Sigmoid)") != NULL);
    CHECK(model == NULL);
}
