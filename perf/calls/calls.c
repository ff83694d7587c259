/* The loop that is timed: calls of flow_model_log_prob for one row, from C. */
#include "flowengine.h"

typedef flow_status (*log_prob_function)(
    const flow_model *, const float *, size_t, const flow_call *, double *, size_t);

flow_status make_calls(
    log_prob_function log_prob, const flow_model *model, const float *row, size_t length, int32_t calls, double *result)
{
    flow_status status = FLOW_OK;
    int32_t i;

    for (i = 0; i < calls && status == FLOW_OK; i++)
        status = log_prob(model, row, length, NULL, result, 1);
    return status;
}
