/* Checks that count: a test ends with its failures as its status. */
#ifndef CHECKS_H
#define CHECKS_H

#include "flowengine.h"

#include <stdio.h>

/* Of the program. */
extern int checks, failures;

#define CHECK(condition) \
    (checks++, (condition) ? (void)0 \
        : (void)(failures++, printf("%s:%d: %s (last error: %s)\n", __FILE__, __LINE__, #condition, flow_last_error())))
#define GIVES(status, call) CHECK((call) == (status))
#define OK(call) GIVES(FLOW_OK, call)
#define INVALID(call) GIVES(FLOW_INVALID_ARGUMENT, call)

#endif /* CHECKS_H */
