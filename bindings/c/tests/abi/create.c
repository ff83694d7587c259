/* Making models, by sizes and by JSON; handles that are none. */
#include "abi.h"

#include <math.h>
#include <string.h>

flow_model *test_create(void)
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
    INVALID(flow_model_prepare(model, N));
    INVALID(flow_model_initialize(model, images, 0, NULL));
    OK(flow_model_initialize(model, images, N * D, NULL));
    INVALID(flow_model_initialize(model, images, N * D, NULL));
    OK(flow_model_prepare(model, N));
    INVALID(flow_model_prepare(model, 0));
    INVALID(flow_model_prepare(model, 65537));
    INVALID(flow_model_prepare(NULL, N));
    return model;
}

/* Models described by JSON, and what there is to describe. */
void test_json(void)
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

void test_handles(flow_model *model)
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
