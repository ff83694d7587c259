/* Tapes and trainers. */
#include "abi.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

void test_tape(flow_model *model)
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

void test_trainer(flow_model *used, const char *folder)
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

/* Notes the partner of a call and its bytes, and fails. */
static int32_t lose(
    int32_t partner, const void *sent, size_t sent_bytes, void *received, size_t received_bytes, void *user)
{
    CHECK(partner == 1 && sent != NULL && sent_bytes == received_bytes && received != NULL);
    ++*(int *)user;
    return 7;
}

void test_shared_trainer(flow_model *used)
{
    flow_trainer *trainer = NULL;
    flow_trainer_options t;
    flow_communicator c;
    flow_metrics m, alike;
    int calls = 0;

    memset(&t, 0, sizeof t);
    t.struct_size = sizeof t;
    t.batch = 4;
    t.shards = 2;
    memset(&m, 0, sizeof m);
    m.struct_size = sizeof m;
    alike = m;
    memset(&c, 0, sizeof c);
    c.struct_size = sizeof c;
    c.size = 1;
    c.send_receive = lose;
    c.user = &calls;

    /* One rank calls nobody, and does as a process by itself. */
    OK(flow_trainer_create_shared(used, NULL, 0, &t, &c, &trainer));
    OK(flow_trainer_step(trainer, images, 4 * D, NULL, &m));
    OK(flow_trainer_step_u8(trainer, levels, 4 * D, NULL, &m));
    flow_trainer_free(trainer);
    CHECK(calls == 0 && m.updates == 2 && m.was_skipped == 0);
    OK(flow_trainer_create_shared(used, levels, N * D, &t, &c, &trainer));
    OK(flow_trainer_run(trainer, 1, NULL, NULL, &alike));
    CHECK(alike.updates == 1 && alike.updates_per_epoch == 2);
    flow_trainer_free(trainer);

    /* Two share a batch; where the other is lost the call says so. */
    c.size = 2;
    OK(flow_trainer_create_shared(used, NULL, 0, &t, &c, &trainer));
    INVALID(flow_trainer_step(trainer, images, 4 * D, NULL, &m)); /* of both ranks */
    GIVES(FLOW_DEVICE_FAILED, flow_trainer_step(trainer, images, 2 * D, NULL, &m));
    CHECK(calls == 1 && strstr(flow_last_error(), "send_receive returned 7") != NULL);
    flow_trainer_free(trainer);

    INVALID(flow_trainer_create_shared(used, NULL, 0, &t, NULL, &trainer));
    INVALID(flow_trainer_create_shared(used, NULL, 0, &t, &c, NULL));
    INVALID(flow_trainer_create_shared(used, levels, N * D - 1, &t, &c, &trainer));
    c.size = 4; /* of 2 shards */
    INVALID(flow_trainer_create_shared(used, NULL, 0, &t, &c, &trainer));
    c.size = 3;
    INVALID(flow_trainer_create_shared(used, NULL, 0, &t, &c, &trainer));
    c.size = 2;
    c.rank = 2;
    INVALID(flow_trainer_create_shared(used, NULL, 0, &t, &c, &trainer));
    c.rank = 0;
    c.send_receive = NULL;
    INVALID(flow_trainer_create_shared(used, NULL, 0, &t, &c, &trainer));
    c.struct_size = 3;
    INVALID(flow_trainer_create_shared(used, NULL, 0, &t, &c, &trainer));
}
