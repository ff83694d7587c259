/*
 * What every call answers where there is no usable image:
 *     dispatcher_test STATUS TEXT    the status expected, and a part of the message
 */
#include "flowengine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
    flow_model *model = NULL;
    flow_status expected = argc == 3 ? (flow_status)atoi(argv[1]) : FLOW_OK;
    int32_t count = 0;
    float image[3] = { 0, 0, 0 };
    double log_prob = 0;
    int failures = 0;

    failures += flow_abi_version() != FLOW_ABI_VERSION;
    failures += flow_device_count(&count) != expected;
    failures += flow_model_load("checkpoint.safetensors", NULL, &model) != expected;
    failures += flow_model_log_prob(NULL, image, 3, NULL, &log_prob, 1) != expected;
    failures += flow_trainer_run(NULL, 1, NULL, NULL, NULL) != expected;
    failures += strstr(flow_last_error(), argc == 3 ? argv[2] : "") == NULL;
    failures += strlen(flow_version()) == 0 || strlen(flow_status_text(expected)) == 0;
    flow_model_free(model);
    flow_trainer_free(NULL);
    printf("status %d expected, %d of 7 checks failed: %s\n", (int)expected, failures, flow_last_error());
    return failures != 0;
}
