/*
 * Log-probabilities of a file of floats, one a line, every bit of them:
 *     log_prob CHECKPOINT IMAGES BATCH
 */
#include "flowengine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 1 << 20 };

int main(int argc, char **argv)
{
    static float images[MOST];
    static double log_prob[MOST];
    flow_model *model = NULL;
    flow_model_info info;
    flow_call call;
    size_t length, i;
    FILE *file = argc == 4 ? fopen(argv[2], "rb") : NULL;

    if (file == NULL) {
        fprintf(stderr, "usage: log_prob CHECKPOINT IMAGES BATCH\n");
        return 2;
    }
    length = fread(images, sizeof(float), MOST, file);
    fclose(file);
    memset(&info, 0, sizeof info);
    info.struct_size = sizeof info;
    memset(&call, 0, sizeof call);
    call.struct_size = sizeof call;
    call.batch = atoi(argv[3]);
    if (flow_model_load(argv[1], NULL, &model) != FLOW_OK || flow_model_get_info(model, &info) != FLOW_OK
        || flow_model_log_prob(model, images, length, &call, log_prob, length / (size_t)info.dims) != FLOW_OK) {
        fprintf(stderr, "log_prob: %s\n", flow_last_error());
        return 1;
    }
    for (i = 0; i < length / (size_t)info.dims; i++)
        printf("%a\n", log_prob[i]);
    flow_model_free(model);
    return 0;
}
