/*
 * A model of classes of a table, in the table's units, every bit of it:
 *     rows CHECKPOINT ROWS CLASSES
 * ROWS and CLASSES are files of doubles: rows, and the number of the class of each.  Prints for each row its log
 * density given its class, and the class that is likeliest for it; then the values of four samples of class 1.
 */
#include "flowengine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 1 << 16, SAMPLES = 4 };

static size_t read_all(const char *path, double *values)
{
    FILE *file = fopen(path, "rb");
    size_t length = file == NULL ? 0 : fread(values, sizeof(double), MOST, file);

    if (file != NULL)
        fclose(file);
    return length;
}

int main(int argc, char **argv)
{
    static double rows[MOST], given[MOST], log_prob[MOST], probability[MOST], again[MOST], log_det[MOST], samples[MOST];
    static float values[MOST];
    static int32_t classes[MOST];
    double one = 1;
    flow_model *model = NULL;
    flow_model_info info;
    size_t length, count, columns, labels, i;

    if (argc != 4) {
        fprintf(stderr, "usage: rows CHECKPOINT ROWS CLASSES\n");
        return 2;
    }
    length = read_all(argv[2], rows);
    count = read_all(argv[3], given);
    memset(&info, 0, sizeof info);
    info.struct_size = sizeof info;
    if (flow_model_load(argv[1], NULL, &model) != FLOW_OK || flow_model_get_info(model, &info) != FLOW_OK)
        goto failed;
    columns = (size_t)info.table_columns;
    labels = (size_t)info.classes;
    if (flow_model_rows_log_prob(model, rows, length, given, count, NULL, log_prob, count) != FLOW_OK
        || flow_model_rows_predict(model, rows, length, NULL, classes, count, probability, count * labels) != FLOW_OK
        || flow_model_rows_sample(model, SAMPLES, &one, 1, 1, 5, NULL, samples, SAMPLES * columns) != FLOW_OK
        || flow_model_rows_scale(model, rows, length, values, count * (size_t)info.dims, log_det, count) != FLOW_OK
        || flow_model_rows_restore(model, values, count * (size_t)info.dims, again, length) != FLOW_OK)
        goto failed;
    for (i = 0; i < length; i++)
        if (!(again[i] - rows[i] <= 1e-4 * (1 + rows[i] * rows[i]) && rows[i] - again[i] <= 1e-4 * (1 + rows[i] * rows[i]))) {
            fprintf(stderr, "rows: value %d comes back as %g from %g\n", (int)i, again[i], rows[i]);
            return 1;
        }
    for (i = 0; i < count; i++)
        printf("%a %d\n", log_prob[i], (int)classes[i]);
    for (i = 0; i < SAMPLES * columns; i++)
        printf("%a\n", samples[i]);
    flow_model_free(model);
    return 0;

failed:
    fprintf(stderr, "rows: %s\n", flow_last_error());
    return 1;
}
