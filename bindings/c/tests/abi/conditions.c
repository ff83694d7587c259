/* Conditions, and what a model knows of its data. */
#include "abi.h"

#include <math.h>
#include <string.h>

void test_conditions(void)
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
void test_schema(flow_model *glow)
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
