/*
 * Scores images against a checkpoint: bits per dimension of each, the unlikely ones last.
 *     score CHECKPOINT IMAGE.ppm...
 * The images are binary PPM (three channels) or PGM (one) of the model's size, 8 bits.
 */
#include "flowengine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int fail(const char *what)
{
    fprintf(stderr, "score: %s: %s\n", what, flow_last_error());
    return 1;
}

/* Reads a picture of a known size; grey levels of 8 bits become the model's. */
static int read_picture(const char *path, const flow_model_info *info, uint8_t *levels)
{
    FILE *file = fopen(path, "rb");
    char kind = 0;
    int width = 0, height = 0, most = 0;
    int64_t i;
    int ok = file != NULL && fscanf(file, "P%c %d %d %d", &kind, &width, &height, &most) == 4 && fgetc(file) != EOF
        && kind == (info->channels == 3 ? '6' : '5') && width == info->width && height == info->height && most == 255
        && fread(levels, 1, (size_t)info->dims, file) == (size_t)info->dims;
    if (file != NULL)
        fclose(file);
    for (i = 0; ok && i < info->dims; i++)
        levels[i] = (uint8_t)(levels[i] * info->bins / 256);
    return ok;
}

int main(int argc, char **argv)
{
    flow_model *model = NULL;
    flow_model_info info;
    size_t count, i;
    uint8_t *levels;
    double *bits;
    int result = 0;

    if (argc < 3) {
        fprintf(stderr, "usage: score CHECKPOINT IMAGE.ppm...\n");
        return 2;
    }
    if (flow_abi_version() != FLOW_ABI_VERSION) {
        fprintf(stderr, "score: the library has another ABI\n");
        return 1;
    }
    if (flow_model_load(argv[1], NULL, &model) != FLOW_OK)
        return fail("loading");
    memset(&info, 0, sizeof info);
    info.struct_size = sizeof info;
    if (flow_model_get_info(model, &info) != FLOW_OK) {
        flow_model_free(model);
        return fail("describing");
    }

    count = (size_t)argc - 2;
    levels = (uint8_t *)malloc(count * (size_t)info.dims);
    bits = (double *)malloc(count * sizeof(double));
    for (i = 0; i < count && levels != NULL && bits != NULL && result == 0; i++)
        if (!read_picture(argv[i + 2], &info, levels + i * (size_t)info.dims)) {
            fprintf(stderr, "score: %s: expected a binary %s of %dx%d, 8 bits\n", argv[i + 2],
                    info.channels == 3 ? "PPM" : "PGM", (int)info.width, (int)info.height);
            result = 1;
        }
    if (result == 0 && (levels == NULL || bits == NULL
        || flow_model_bits_per_dim_u8(model, levels, count * (size_t)info.dims, 0, 0, NULL, bits, count) != FLOW_OK))
        result = fail("scoring");
    for (i = 0; i < count && result == 0; i++)
        printf("%8.4f bits/dim  %s\n", bits[i], argv[i + 2]);

    free(bits);
    free(levels);
    flow_model_free(model);
    return result;
}
