/* Anomaly detectors. */
#include "abi.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 64, COLUMNS = 3 };

void test_detector(flow_model *model, const char *folder)
{
    static const char *const names[COLUMNS] = { "a", "b", "a \\ \"c\"" };
    static double rows[ROWS * COLUMNS], share[ROWS * COLUMNS], score[ROWS], again[ROWS], p_value[ROWS];
    static int32_t is_anomaly[ROWS];
    static char json[4096];
    char path[4096];
    flow_detector *detector = NULL, *loaded = (flow_detector *)1;
    flow_detector_options o;
    flow_detector_info info;
    unsigned char *bytes;
    size_t length = 0;
    int i, above = 0;

    for (i = 0; i < ROWS; i++) {
        rows[i * COLUMNS] = (double)(i % 8);
        rows[i * COLUMNS + 1] = 2 * (double)(i % 8) + 0.1 * (double)(i % 5);
        rows[i * COLUMNS + 2] = 7;
    }
    memset(&o, 0, sizeof o);
    o.struct_size = sizeof o;
    o.contamination = 0.125;
    OK(flow_detector_fit(rows, ROWS * COLUMNS, names, COLUMNS, &o, &detector));
    OK(flow_detector_score(detector, rows, ROWS * COLUMNS, score, ROWS, NULL, 0, is_anomaly, ROWS));
    for (i = 0; i < ROWS; i++)
        above += is_anomaly[i];
    CHECK(above <= 8);
    flow_detector_free(detector);

    o.contamination = 0;
    o.seed = 5;
    OK(flow_detector_fit(rows, ROWS * COLUMNS, names, COLUMNS, &o, &detector));
    memset(&info, 0, sizeof info);
    info.struct_size = sizeof info;
    OK(flow_detector_get_info(detector, &info));
    CHECK(info.columns == COLUMNS && info.held_out_rows == ROWS && info.threshold > 0 && info.contamination == 0);
    CHECK(info.false_alarms == 0.05 && info.seed == 5);
    INVALID(flow_detector_schema(detector, json, 3, &length));
    CHECK(length > 3 && length <= sizeof json);
    OK(flow_detector_schema(detector, json, sizeof json, &length));
    CHECK(strlen(json) + 1 == length && strstr(json, "\"left_out\":\"constant\"") != NULL);

    rows[1] += 9; /* of the first row, in one column */
    OK(flow_detector_score(detector, rows, ROWS * COLUMNS, score, ROWS, p_value, ROWS, is_anomaly, ROWS));
    CHECK(is_anomaly[0] == 1 && score[0] > info.threshold && fabs(p_value[0] - 1.0 / (ROWS + 1)) <= 1e-12);
    CHECK(is_anomaly[1] == 0 && score[1] > 0 && score[1] <= info.threshold && p_value[1] > 0.05);
    OK(flow_detector_explain(detector, rows, ROWS * COLUMNS, share, ROWS * COLUMNS));
    CHECK(share[1] > share[0] && share[0] >= 0 && share[2] == 0);
    OK(flow_detector_score(detector, NULL, 0, NULL, 0, NULL, 0, NULL, 0));

    snprintf(path, sizeof path, "%s/detector.safetensors", folder);
    OK(flow_detector_save(detector, path));
    OK(flow_detector_load(path, &loaded));
    OK(flow_detector_score(loaded, rows, ROWS * COLUMNS, again, ROWS, NULL, 0, NULL, 0));
    CHECK(memcmp(score, again, sizeof score) == 0);
    flow_detector_free(loaded);
    OK(flow_detector_save_memory(detector, NULL, 0, &length));
    bytes = (unsigned char *)malloc(length);
    INVALID(flow_detector_save_memory(detector, bytes, length - 1, &length));
    OK(flow_detector_save_memory(detector, bytes, length, &length));
    OK(flow_detector_load_memory(bytes, length, &loaded));
    OK(flow_detector_score(loaded, rows, ROWS * COLUMNS, again, ROWS, NULL, 0, NULL, 0));
    CHECK(memcmp(score, again, sizeof score) == 0);
    flow_detector_free(loaded);
    GIVES(FLOW_BAD_FORMAT, flow_detector_load_memory(bytes, length - 1, &loaded));
    CHECK(loaded == NULL);
    free(bytes);

    INVALID(flow_detector_fit(rows, 7 * COLUMNS, names, COLUMNS, NULL, &loaded));
    CHECK(strstr(flow_last_error(), "7 rows") != NULL);
    INVALID(flow_detector_fit(rows, ROWS * COLUMNS - 1, NULL, COLUMNS, NULL, &loaded));
    INVALID(flow_detector_fit(rows, ROWS * COLUMNS, NULL, 0, NULL, &loaded));
    INVALID(flow_detector_fit(NULL, ROWS * COLUMNS, NULL, COLUMNS, NULL, &loaded));
    INVALID(flow_detector_fit(rows, ROWS * COLUMNS, NULL, COLUMNS, NULL, NULL));
    o.contamination = 0.5;
    INVALID(flow_detector_fit(rows, ROWS * COLUMNS, NULL, COLUMNS, &o, &loaded));
    o.contamination = 0;
    o.false_alarms = NAN;
    INVALID(flow_detector_fit(rows, ROWS * COLUMNS, NULL, COLUMNS, &o, &loaded));
    o.struct_size = 31;
    INVALID(flow_detector_fit(rows, ROWS * COLUMNS, NULL, COLUMNS, &o, &loaded));
    INVALID(flow_detector_score(detector, rows, ROWS * COLUMNS - 1, score, ROWS, NULL, 0, NULL, 0));
    INVALID(flow_detector_score(detector, rows, ROWS * COLUMNS, score, ROWS - 1, NULL, 0, NULL, 0));
    INVALID(flow_detector_score(detector, rows, ROWS * COLUMNS, score, ROWS, p_value, 1, NULL, 0));
    INVALID(flow_detector_score(detector, rows, ROWS * COLUMNS, score, ROWS, NULL, 0, NULL, ROWS));
    INVALID(flow_detector_explain(detector, rows, ROWS * COLUMNS, share, ROWS));
    rows[4] = NAN;
    INVALID(flow_detector_score(detector, rows, ROWS * COLUMNS, score, ROWS, NULL, 0, NULL, 0));
    CHECK(strstr(flow_last_error(), "row 1, column 1 (b)") != NULL);
    INVALID(flow_detector_fit(rows, ROWS * COLUMNS, names, COLUMNS, NULL, &loaded));
    INVALID(flow_detector_get_info((flow_detector *)model, &info));
    CHECK(strstr(flow_last_error(), "detector is not one") != NULL);
    GIVES(FLOW_IO, flow_detector_load("/no such folder/x", &loaded));
    GIVES(FLOW_IO, flow_detector_save(detector, "/no such folder/x"));
    snprintf(path, sizeof path, "%s/abi.safetensors", folder);
    GIVES(FLOW_BAD_FORMAT, flow_detector_load(path, &loaded));
    CHECK(strstr(flow_last_error(), "expected an anomaly detector") != NULL);
    flow_detector_free(detector);
    flow_detector_free(detector);
    flow_detector_free(NULL);
    INVALID(flow_detector_schema(detector, json, sizeof json, &length));
}
