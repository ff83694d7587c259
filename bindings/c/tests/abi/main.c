/*
 * The whole C API: struct sizes, every function, every status code, hostile arguments, and agreement between functions.
 *     abi_test FOLDER    a folder for the files it writes
 */
#include "abi.h"

#include <stdio.h>
#include <string.h>

int checks, failures;

float images[N * D], again[N * D], latents[N * D];
uint8_t levels[N * D];
double log_prob[N], other[N];

flow_model_options options(void)
{
    flow_model_options o;
    memset(&o, 0, sizeof o);
    o.struct_size = sizeof o;
    o.height = H;
    o.width = W;
    o.channels = C;
    o.levels = 2;
    o.steps = 2;
    o.hidden = 16;
    o.bins = BINS;
    o.seed = 7;
    return o;
}

flow_call call_with(flow_progress progress, void *user)
{
    flow_call c;
    memset(&c, 0, sizeof c);
    c.struct_size = sizeof c;
    c.batch = 3;
    c.progress = progress;
    c.user = user;
    return c;
}

static void make_data(void)
{
    uint32_t state = 1;
    int i;
    for (i = 0; i < N * D; i++) {
        state = state * 1664525u + 1013904223u;
        levels[i] = (uint8_t)((state >> 24) * BINS / 256 / (1 + (uint32_t)i % 3));
        images[i] = ((float)levels[i] + 0.5f) / BINS - 0.5f;
    }
}

int main(int argc, char **argv)
{
    flow_model *model;
    if (argc != 2) {
        fprintf(stderr, "usage: abi_test FOLDER\n");
        return 2;
    }
    make_data();
    test_library();
    model = test_create();
    test_inference(model);
    test_files(model, argv[1]);
    test_import(argv[1]);
    test_schema(model);
    test_compression(model);
    test_tape(model);
    test_trainer(model, argv[1]);
    test_shared_trainer(model);
    test_parameters(model);
    test_real_nvp(argv[1]);
    test_tables(argv[1]);
    test_version_1(model);
    test_json();
    test_conditions();
    test_detector(model, argv[1]);
    test_handles(model);
    flow_model_free(model);
    printf("%d checks, %d failed, %s\n", checks, failures, flow_instruction_set());
    return failures != 0;
}
