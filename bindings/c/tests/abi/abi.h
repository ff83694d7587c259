/* The parts of abi_test, and the data that they share: N images of H x W x C and their grey levels below BINS. */
#ifndef ABI_H
#define ABI_H

#include "../checks.h"

enum { H = 8, W = 8, C = 3, D = H * W * C, N = 10, BINS = 16 };

extern float images[N * D];
extern uint8_t levels[N * D];

/* Room for results. */
extern float again[N * D], latents[N * D];
extern double log_prob[N], other[N];

flow_model_options options(void); /* of a small Glow */
flow_call call_with(flow_progress progress, void *user);

void test_library(void);
flow_model *test_create(void); /* gives the small Glow, initialized */
void test_json(void);
void test_handles(flow_model *model);
void test_version_1(flow_model *model);
void test_inference(flow_model *model);
void test_files(flow_model *model, const char *folder);
void test_import(const char *folder);
void test_compression(flow_model *model);
void test_parameters(flow_model *model);
void test_tape(flow_model *model);
void test_trainer(flow_model *used, const char *folder);
void test_shared_trainer(flow_model *used);
void test_real_nvp(const char *folder);
void test_tables(const char *folder);
void test_conditions(void);
void test_schema(flow_model *glow);
void test_detector(flow_model *model, const char *folder);

#endif /* ABI_H */
