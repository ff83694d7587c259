/*
 * Draws images from a checkpoint into one picture, side by side.
 *     sample CHECKPOINT OUT.ppm [COUNT [TEMPERATURE [SEED]]]
 */
#include "flowengine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int fail(const char *what)
{
    fprintf(stderr, "sample: %s: %s\n", what, flow_last_error());
    return 1;
}

static int write_ppm(const char *path, const flow_model_info *info, const uint8_t *levels, int count)
{
    FILE *file = fopen(path, "wb");
    int row, image, column, c;
    if (file == NULL)
        return 0;
    fprintf(file, "P6\n%d %d\n255\n", (int)info->width * count, (int)info->height);
    for (row = 0; row < info->height; row++)
        for (image = 0; image < count; image++)
            for (column = 0; column < info->width; column++)
                for (c = 0; c < 3; c++) {
                    int64_t pixel = ((int64_t)image * info->height + row) * info->width + column;
                    int channel = c < info->channels ? c : info->channels - 1;
                    fputc(levels[pixel * info->channels + channel] * 255 / (info->bins - 1), file);
                }
    return fclose(file) == 0;
}

int main(int argc, char **argv)
{
    int count = argc > 3 ? atoi(argv[3]) : 8;
    double temperature = argc > 4 ? atof(argv[4]) : 0.7;
    uint64_t seed = argc > 5 ? strtoull(argv[5], NULL, 10) : 0;
    flow_model *model = NULL;
    flow_model_info info;
    uint8_t *levels;
    size_t length;
    int result = 0;

    if (argc < 3 || count < 1) {
        fprintf(stderr, "usage: sample CHECKPOINT OUT.ppm [COUNT [TEMPERATURE [SEED]]]\n");
        return 2;
    }
    if (flow_model_load(argv[1], NULL, &model) != FLOW_OK)
        return fail("loading");
    memset(&info, 0, sizeof info);
    info.struct_size = sizeof info;
    if (flow_model_get_info(model, &info) != FLOW_OK) {
        flow_model_free(model);
        return fail("describing");
    }

    length = (size_t)count * (size_t)info.dims;
    levels = (uint8_t *)malloc(length);
    if (levels == NULL || flow_model_sample_u8(model, count, temperature, seed, NULL, levels, length) != FLOW_OK)
        result = fail("sampling");
    else if (!write_ppm(argv[2], &info, levels, count)) {
        fprintf(stderr, "sample: %s cannot be written\n", argv[2]);
        result = 1;
    }

    free(levels);
    flow_model_free(model);
    return result;
}
