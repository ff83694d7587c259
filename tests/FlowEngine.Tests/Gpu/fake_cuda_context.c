// The driver's calls of devices and contexts.

#include "fake_cuda.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

API CUresult cuInit(unsigned flags)
{
    (void)flags;
    pthread_mutex_lock(&fake.lock);
    const char* failure = getenv("FAKE_CUDA_FAIL");
    const char* colon = failure ? strchr(failure, ':') : NULL;
    if (colon && !fake.initialized) {
        snprintf(fake.fail_name, sizeof fake.fail_name, "%.*s", (int)(colon - failure), failure);
        fake.fail_code = atoi(colon + 1);
    }
    fake.initialized = 1;
    CUresult result = asked_to_fail("cuInit");
    pthread_mutex_unlock(&fake.lock);
    return result;
}

API CUresult cuDriverGetVersion(int* version)
{
    BEGIN("cuDriverGetVersion")
    *version = number_from_environment("FAKE_CUDA_VERSION", 12040);
    END
}

API CUresult cuGetErrorName(int code, const char** name)
{
    *name = code == 2 ? "CUDA_ERROR_OUT_OF_MEMORY" : code == 700 ? "CUDA_ERROR_ILLEGAL_ADDRESS"
        : code == 719 ? "CUDA_ERROR_LAUNCH_FAILED" : code == 218 ? "CUDA_ERROR_INVALID_PTX" : code == 100 ? "CUDA_ERROR_NO_DEVICE" : "CUDA_ERROR_FAKE";
    return 0;
}

API CUresult cuGetErrorString(int code, const char** text)
{
    *text = code == 2 ? "out of memory" : code == 700 ? "an illegal memory access was encountered"
        : code == 719 ? fake.launch_error : code == 218 ? "a PTX JIT compilation failed" : code == 100 ? "no CUDA-capable device is detected" : "made up";
    return 0;
}

API CUresult cuDeviceGetCount(int* count)
{
    BEGIN("cuDeviceGetCount")
    *count = number_from_environment("FAKE_CUDA_DEVICES", 1);
    END
}

API CUresult cuDeviceGet(int* device, int ordinal)
{
    BEGIN("cuDeviceGet")
    *device = ordinal;
    END
}

API CUresult cuDeviceGetName(char* name, int length, int device)
{
    BEGIN("cuDeviceGetName")
    snprintf(name, (size_t)length, "stand-in %d", device);
    END
}

API CUresult cuDeviceTotalMem_v2(size_t* bytes, int device)
{
    (void)device;
    BEGIN("cuDeviceTotalMem_v2")
    *bytes = TOTAL_MEMORY;
    END
}

// What ILGPU asks for besides (CUdevice_attribute in cuda.h): limits of threads, groups, shared and constant memory, the warp,
// registers, clocks, buses, caches and engines, as an A100 has them.
static const int attributes[][2] = {
    {1, 1024}, {2, 1024}, {3, 1024}, {4, 64}, {5, 2147483647}, {6, 65535}, {7, 65535}, {8, SHARED_UNLESS_ASKED}, {9, 65536},
    {10, 32}, {11, 2147483647}, {12, 65536}, {13, 1410000}, {19, 1}, {32, 0}, {33, 0}, {34, 0}, {35, 0}, {36, 1215000}, {37, 5120},
    {38, 41943040}, {39, 2048}, {40, 3}, {50, 0}, {81, 167936}, {82, 65536}, {83, 1}, {90, 1}, {91, 1}};

API CUresult cuDeviceGetAttribute(int* value, int attribute, int device)
{
    (void)device;
    BEGIN("cuDeviceGetAttribute")
    switch (attribute) {
    case 16: *value = fake.multiprocessors; break;
    case 75: *value = number_from_environment("FAKE_CUDA_CAPABILITY", 8); break;
    case 76: *value = 0; break;
    case 97: *value = SHARED_PER_GROUP; break;
    default:
        for (size_t i = 0; i < sizeof attributes / sizeof *attributes; i++) {
            if (attributes[i][0] == attribute) {
                *value = attributes[i][1];
                goto end;
            }
        }
        complain("attribute %d was asked for", attribute);
        result = 1;
    }
    END
}

API CUresult cuDevicePrimaryCtxRetain(struct object** context, int device)
{
    (void)device;
    BEGIN("cuDevicePrimaryCtxRetain")
    fake.context_references++;
    *context = &fake.the_context;
    END
}

API CUresult cuDevicePrimaryCtxRelease_v2(int device)
{
    (void)device;
    BEGIN_FREE("cuDevicePrimaryCtxRelease_v2")
    if (fake.context_references-- == 0) { complain("the context was released too often"); }
    pthread_mutex_unlock(&fake.lock);
    return result;
}

API CUresult cuCtxPushCurrent_v2(struct object* context)
{
    BEGIN("cuCtxPushCurrent_v2")
    if (!is_context(context)) {
        complain("a context was pushed that is none");
        result = 201;
        goto end;
    }
    stack[depth++] = context;
    END
}

API CUresult cuCtxPopCurrent_v2(struct object** context)
{
    BEGIN_FREE("cuCtxPopCurrent_v2")
    if (depth == 0) {
        complain("a context was popped that was not pushed");
        result = 201;
    } else {
        *context = stack[--depth];
    }
    pthread_mutex_unlock(&fake.lock);
    return result;
}

API CUresult cuCtxCreate_v2(struct object** context, unsigned flags, int device)
{
    (void)flags;
    (void)device;
    BEGIN("cuCtxCreate_v2")
    *context = stack[depth++] = make(CONTEXT);
    END
}

API CUresult cuCtxDestroy_v2(struct object* context)
{
    BEGIN_FREE("cuCtxDestroy_v2")
    if (!is_live(context, CONTEXT)) {
        complain("a context was destroyed that is none");
        result = 201;
        goto end;
    }
    drain_all();
    for (struct object *o = fake.objects, *next; o; o = next) {
        next = o->next;
        // A context that was made while this one was current is not of it.
        if (o->context == context && o->kind != CONTEXT) {
            complain("a context was destroyed before a %s of it", kind_names[o->kind]);
            drop(o);
        }
    }
    if (current() == context) { depth--; }
    drop(context);
    END
}

API CUresult cuCtxSetCurrent(struct object* context)
{
    BEGIN("cuCtxSetCurrent")
    if (context && !is_context(context)) {
        complain("a context was made current that is none");
        result = 201;
        goto end;
    }
    if (depth > 0) { depth--; }
    if (context) { stack[depth++] = context; }
    END
}

API CUresult cuCtxGetDevice(int* device)
{
    BEGIN("cuCtxGetDevice")
    NEED_CONTEXT("cuCtxGetDevice")
    *device = 0;
    END
}

// Of no preference, and of four bytes.
API CUresult cuCtxGetCacheConfig(int* config)
{
    BEGIN("cuCtxGetCacheConfig")
    *config = 0;
    END
}

API CUresult cuCtxGetSharedMemConfig(int* config)
{
    BEGIN("cuCtxGetSharedMemConfig")
    *config = 1;
    END
}

API CUresult cuCtxSynchronize(void)
{
    BEGIN("cuCtxSynchronize")
    NEED_CONTEXT("cuCtxSynchronize")
    fake.waits++;
    drain_all();
    result = fake.sticky;
    END
}
