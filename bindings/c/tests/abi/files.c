/* Checkpoints, compressed images and parameters. */
#include "abi.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void test_files(flow_model *model, const char *folder)
{
    char path[4096];
    flow_model *loaded = NULL;
    size_t length = 0, needed = 0;
    unsigned char *bytes;
    FILE *file;

    snprintf(path, sizeof path, "%s/abi.safetensors", folder);
    OK(flow_model_save(model, path));
    OK(flow_model_load(path, NULL, &loaded));
    OK(flow_model_log_prob(model, images, N * D, NULL, log_prob, N));
    OK(flow_model_log_prob(loaded, images, N * D, NULL, other, N));
    CHECK(memcmp(log_prob, other, sizeof log_prob) == 0);
    flow_model_free(loaded);

    OK(flow_model_save_memory(model, NULL, 0, &needed));
    bytes = (unsigned char *)malloc(needed);
    INVALID(flow_model_save_memory(model, bytes, needed - 1, &length));
    CHECK(length == needed);
    OK(flow_model_save_memory(model, bytes, needed, &length));
    OK(flow_model_load_memory(bytes, needed, NULL, &loaded));
    OK(flow_model_log_prob(loaded, images, N * D, NULL, other, N));
    CHECK(memcmp(log_prob, other, sizeof log_prob) == 0);
    flow_model_free(loaded);
    GIVES(FLOW_BAD_FORMAT, flow_model_load_memory(bytes, needed - 1, NULL, &loaded));
    CHECK(loaded == NULL);
    bytes[needed - 1] ^= 1;
    GIVES(FLOW_BAD_FORMAT, flow_model_load_memory(bytes, needed, NULL, &loaded));
    GIVES(FLOW_BAD_FORMAT, flow_model_load_memory(bytes, 0, NULL, &loaded));
    INVALID(flow_model_load_memory(NULL, needed, NULL, &loaded));
    INVALID(flow_model_save_memory(model, bytes, needed, NULL));

    snprintf(path, sizeof path, "%s/no such folder/x", folder);
    GIVES(FLOW_IO, flow_model_load(path, NULL, &loaded));
    CHECK(strstr(flow_last_error(), "no such file") != NULL);
    GIVES(FLOW_IO, flow_model_save(model, path));
    OK(flow_model_load("digits", NULL, &loaded));
    flow_model_free(loaded);
    GIVES(FLOW_IO, flow_model_load("", NULL, &loaded));
    GIVES(FLOW_IO, flow_model_save(model, ""));
    INVALID(flow_model_load(NULL, NULL, &loaded));
    INVALID(flow_model_load(path, NULL, NULL));
    INVALID(flow_model_save(model, NULL));
    snprintf(path, sizeof path, "%s/damaged", folder);
    file = fopen(path, "wb");
    fwrite(bytes, 1, 100, file);
    fclose(file);
    GIVES(FLOW_BAD_FORMAT, flow_model_load(path, NULL, &loaded));
    free(bytes);
}

void test_compression(flow_model *model)
{
    flow_model *another;
    flow_model_options o = options();
    flow_compressed info;
    uint8_t read[N * D], *file;
    size_t enough, length, i;

    o.seed = 8;
    OK(flow_model_create("glow", &o, NULL, &another));
    OK(flow_model_compress(model, levels, N * D, 4, NULL, 0, &enough));
    file = (uint8_t *)malloc(enough);
    OK(flow_model_compress(model, levels, N * D, 4, file, enough, &length));
    CHECK(length < enough);

    memset(&info, 0, sizeof info);
    info.struct_size = sizeof info;
    OK(flow_compressed_get_info(file, length, &info));
    CHECK(info.height == H && info.width == W && info.channels == C && info.bins == BINS);
    CHECK(info.count == N && info.block == 4 && strlen(info.model_sha256) == 64);

    memset(read, 255, sizeof read);
    OK(flow_model_decompress(model, file, length, 0, read, N * D));
    CHECK(memcmp(read, levels, sizeof read) == 0);
    memset(read, 255, sizeof read);
    OK(flow_model_decompress(model, file, length, 5, read, 2 * D));
    CHECK(memcmp(read, levels + 5 * D, 2 * D) == 0 && read[2 * D] == 255);
    OK(flow_model_decompress(model, file, length, N, NULL, 0));

    INVALID(flow_model_decompress(model, file, length, N, read, D));
    INVALID(flow_model_decompress(model, file, length, -1, read, D));
    INVALID(flow_model_decompress(model, file, length, 0, read, D - 1));
    INVALID(flow_model_decompress(model, file, length, 0, NULL, D));
    INVALID(flow_model_decompress(model, NULL, length, 0, read, D));
    INVALID(flow_model_decompress(NULL, file, length, 0, read, D));
    INVALID(flow_model_decompress(another, file, length, 0, read, D));
    INVALID(flow_model_compress(model, NULL, D, 0, file, enough, &length));
    INVALID(flow_model_compress(model, levels, D, -1, file, enough, &length));
    INVALID(flow_model_compress(model, levels, D, 0, file, enough, NULL));
    INVALID(flow_model_compress(NULL, levels, D, 0, file, enough, &length));
    INVALID(flow_model_compress(another, levels, D, 0, file, enough, &length));
    INVALID(flow_compressed_get_info(NULL, 4, &info));
    OK(flow_model_compress(model, levels, N * D, 4, file, enough, &length));
    INVALID(flow_compressed_get_info(file, length, NULL));
    file[length - 1] = 7;
    INVALID(flow_model_compress(model, levels, N * D, 4, file, length - 1, &i));
    CHECK(i == length && file[length - 1] == 7);

    OK(flow_model_compress(model, levels, N * D, 4, file, enough, &length));
    for (i = 0; i < length; i += 7) {
        file[i] ^= 4;
        CHECK(flow_model_decompress(model, file, length, 0, read, N * D) != FLOW_OK);
        file[i] ^= 4;
    }
    GIVES(FLOW_BAD_FORMAT, flow_compressed_get_info(file, length - 1, &info));
    GIVES(FLOW_BAD_FORMAT, flow_compressed_get_info(file, 3, &info));
    free(file);
    flow_model_free(another);
}

void test_parameters(flow_model *model)
{
    flow_model_info info;
    flow_parameter parameter;
    float *values, *constants;
    double norm = 0;
    int64_t i, trained = 0, total = 0;

    memset(&info, 0, sizeof info);
    info.struct_size = sizeof info;
    OK(flow_model_get_info(model, &info));
    values = (float *)calloc((size_t)info.parameters_length, sizeof(float));
    constants = (float *)calloc((size_t)info.constants_length, sizeof(float));
    OK(flow_model_read_parameters(model, values, (size_t)info.parameters_length));
    OK(flow_model_read_constants(model, constants, (size_t)info.constants_length));
    memset(&parameter, 0, sizeof parameter);
    parameter.struct_size = sizeof parameter;
    for (i = 0; i < info.tensors; i++) {
        int64_t product = 1, last = parameter.offset;
        int axis;
        OK(flow_model_parameter(model, i, &parameter));
        for (axis = 0; axis < parameter.rank; axis++) {
            product *= parameter.shape[axis];
            last += (parameter.shape[axis] - 1) * parameter.stride[axis];
        }
        CHECK(product == parameter.length && strlen(parameter.name) > 0);
        CHECK(parameter.offset + parameter.length
              <= (parameter.is_constant ? info.constants_length : info.parameters_length));
        trained += parameter.is_constant ? 0 : parameter.length;
        total += parameter.length;
        (void)last;
    }
    CHECK(trained == info.parameters && total > trained);
    INVALID(flow_model_parameter(model, info.tensors, &parameter));
    INVALID(flow_model_parameter(model, -1, &parameter));
    parameter.struct_size = 0;
    INVALID(flow_model_parameter(model, 0, &parameter));

    OK(flow_model_log_prob(model, images, N * D, NULL, log_prob, N));
    for (i = 0; i < info.parameters_length; i++) {
        norm += fabs((double)values[i]);
        values[i] *= 1.01f;
    }
    CHECK(norm > 0);
    OK(flow_model_write_parameters(model, values, (size_t)info.parameters_length));
    OK(flow_model_log_prob(model, images, N * D, NULL, other, N));
    CHECK(other[0] != log_prob[0]);
    OK(flow_model_write_constants(model, constants, (size_t)info.constants_length));
    values[0] = INFINITY;
    INVALID(flow_model_write_parameters(model, values, (size_t)info.parameters_length));
    for (i = 0; i < info.constants_length; i++)
        constants[i] = 1e9f;
    INVALID(flow_model_write_constants(model, constants, (size_t)info.constants_length));
    INVALID(flow_model_read_parameters(model, values, (size_t)info.parameters_length - 1));
    INVALID(flow_model_read_parameters(model, NULL, (size_t)info.parameters_length));
    INVALID(flow_model_read_constants(model, constants, 0));
    INVALID(flow_model_write_parameters(model, NULL, 0));
    INVALID(flow_model_write_constants(model, NULL, (size_t)info.constants_length));
    free(values);
    free(constants);
}
