// The driver's calls of modules and kernels.

#include "fake_cuda.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// The text, with the fault that a test planted.
static char* text_of(const char* image)
{
    const char* right = fake.planted[0][0] ? strstr(image, fake.planted[0]) : NULL;
    if (!right) { return strdup(image); }
    fake.is_planted = 1;
    size_t room = strlen(image) + sizeof fake.planted[1];
    char* text = malloc(room);
    snprintf(text, room, "%.*s%s%s", (int)(right - image), image, fake.planted[1], right + strlen(fake.planted[0]));
    return text;
}

API CUresult cuModuleLoadDataEx(
    struct object** module, const char* image, unsigned count, const int* options, void** values)
{
    BEGIN("cuModuleLoadDataEx")
    NEED_CONTEXT("cuModuleLoadDataEx")
    char error[512];
    char* text = text_of(image);
    struct ptx_module* loaded = ptx_load(text, error, sizeof error);
    free(text);
    if (!loaded) {
        char* log = NULL;
        size_t room = 0;
        for (unsigned i = 0; i < count; i++) {
            if (options[i] == 5) { log = values[i]; }
            if (options[i] == 6) { room = (size_t)values[i]; }
        }
        if (log) { snprintf(log, room, "ptxas fatal : %s", error); }
        result = 218;
        goto end;
    }
    *module = make(MODULE);
    (*module)->module = loaded;
    END
}

API CUresult cuModuleUnload(struct object* module)
{
    BEGIN_FREE("cuModuleUnload")
    NEED_CONTEXT("cuModuleUnload")
    NEED(module, MODULE, "cuModuleUnload")
    for (struct object* o = fake.objects; o;) {
        struct object* next = o->next;
        if (o->kind == FUNCTION && o->owner == module) { drop(o); }
        o = next;
    }
    drop(module);
    END
}

API CUresult cuModuleGetFunction(struct object** function, struct object* module, const char* name)
{
    BEGIN("cuModuleGetFunction")
    NEED_CONTEXT("cuModuleGetFunction")
    NEED(module, MODULE, "cuModuleGetFunction")
    struct ptx_kernel* kernel = ptx_find_kernel(module->module, name);
    if (!kernel) {
        result = 500;
        goto end;
    }
    *function = make(FUNCTION);
    (*function)->owner = module;
    (*function)->max_dynamic_shared = SHARED_UNLESS_ASKED;
    (*function)->kernel = kernel;
    END
}

API CUresult cuFuncGetAttribute(int* value, int attribute, struct object* function)
{
    BEGIN("cuFuncGetAttribute")
    NEED_CONTEXT("cuFuncGetAttribute")
    NEED(function, FUNCTION, "cuFuncGetAttribute")
    if (attribute != 1) { complain("function attribute %d was asked for", attribute); }
    *value = (int)function->kernel->static_shared;
    END
}

API CUresult cuFuncSetAttribute(struct object* function, int attribute, int value)
{
    BEGIN("cuFuncSetAttribute")
    NEED_CONTEXT("cuFuncSetAttribute")
    NEED(function, FUNCTION, "cuFuncSetAttribute")
    if (attribute != 8 || value > SHARED_PER_GROUP) {
        complain("function attribute %d was set to %d", attribute, value);
        result = 1;
        goto end;
    }
    function->max_dynamic_shared = value;
    END
}

// Groups of 256 threads, one on every multiprocessor.
API CUresult cuOccupancyMaxPotentialBlockSize(
    int* groups, int* threads, struct object* function, void* shared_of, size_t shared, int most)
{
    (void)shared_of;
    (void)shared;
    BEGIN("cuOccupancyMaxPotentialBlockSize")
    NEED(function, FUNCTION, "cuOccupancyMaxPotentialBlockSize")
    *groups = fake.multiprocessors;
    *threads = most > 0 && most < 256 ? most : 256;
    END
}

API CUresult cuLaunchKernel(
    struct object* function, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x, unsigned block_y,
    unsigned block_z, unsigned shared, struct object* stream, void** parameters, void** extra)
{
    BEGIN("cuLaunchKernel")
    NEED_CONTEXT("cuLaunchKernel")
    NEED(function, FUNCTION, "cuLaunchKernel")
    NEED_STREAM(stream, "cuLaunchKernel")
    if (!grid_x || !grid_y || !grid_z || grid_y > 65535 || grid_z > 65535 || block_x % 32 || block_x > 1024
        || block_y != 1 || block_z != 1 || !parameters == !extra || (int)shared > function->max_dynamic_shared) {
        complain("cuLaunchKernel of %s: %u x %u x %u groups of %u, %u bytes of shared memory", function->kernel->name, grid_x,
                 grid_y, grid_z, block_x, shared);
        result = 1;
        goto end;
    }
    struct operation o = {.type = LAUNCH, .function = function, .grid = {grid_x, grid_y, grid_z}, .block = block_x,
                          .shared = shared};
    // Instead of pointers to the parameters, extra may have all of them in a buffer: 1, buffer, 2, pointer to its length, 0.
    if (extra) {
        size_t length = extra[0] == (void*)1 && extra[2] == (void*)2 ? *(size_t*)extra[3] : 0;
        if (length != function->kernel->parameter_bytes) {
            complain("cuLaunchKernel of %s with %zu bytes of parameters", function->kernel->name, length);
            result = 1;
            goto end;
        }
        memcpy(o.parameters, extra[1], length);
    }
    for (int p = 0; p < function->kernel->parameter_count && parameters; p++) {
        const struct ptx_parameter* parameter = &function->kernel->parameters[p];
        memcpy(o.parameters + parameter->offset, parameters[p], parameter->length);
    }
    add(stream, &o);
    END
}
