/* Densities, latents and samples. */
#include "abi.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

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

void test_inference(flow_model *model)
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
