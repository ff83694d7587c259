// The driver's calls of memory.

#include "fake_cuda.h"

#include <stdlib.h>
#include <string.h>

API CUresult cuMemGetInfo_v2(size_t* free_bytes, size_t* total)
{
    BEGIN("cuMemGetInfo_v2")
    NEED_CONTEXT("cuMemGetInfo_v2")
    *free_bytes = TOTAL_MEMORY - fake.used_memory;
    *total = TOTAL_MEMORY;
    END
}

API CUresult cuMemAlloc_v2(CUdeviceptr* address, size_t length)
{
    BEGIN("cuMemAlloc_v2")
    NEED_CONTEXT("cuMemAlloc_v2")
    if (length == 0 || length > TOTAL_MEMORY - fake.used_memory) {
        result = length == 0 ? 1 : 2;
        goto end;
    }
    struct object* memory = make(MEMORY);
    memory->address = fake.next_address;
    memory->length = length;
    memory->bytes = malloc(length);
    memset(memory->bytes, 0xee, length);
    // A gap beside each block finds accesses beyond it.
    fake.next_address += (length + 4096) & ~(size_t)511;
    fake.used_memory += length;
    *address = memory->address;
    END
}

API CUresult cuMemFree_v2(CUdeviceptr address)
{
    BEGIN_FREE("cuMemFree_v2")
    NEED_CONTEXT("cuMemFree_v2")
    drain_all();
    for (struct object* o = fake.objects; o; o = o->next) {
        if (o->kind == MEMORY && o->address == address) {
            fake.used_memory -= o->length;
            drop(o);
            goto end;
        }
    }
    complain("cuMemFree_v2 of %llx, which is no start of memory", (unsigned long long)address);
    result = 1;
    END
}

// An int, or of the attribute 1 a handle.
API CUresult cuPointerGetAttribute(void* value, int attribute, CUdeviceptr address)
{
    BEGIN("cuPointerGetAttribute")
    NEED_CONTEXT("cuPointerGetAttribute")
    if (attribute != 1 && attribute != 2 && attribute != 9) { complain("pointer attribute %d was asked for", attribute); }
    for (struct object* o = fake.objects; o; o = o->next) {
        int is_of_device = o->kind == MEMORY && address >= o->address && address < o->address + o->length;
        if (is_of_device || (o->kind == HOST_MEMORY && (CUdeviceptr)(uintptr_t)o->bytes == address)) {
            if (attribute == 1) {
                *(struct object**)value = o->context;
            } else {
                *(int*)value = attribute == 9 ? 0 : is_of_device ? 2 : 1;
            }
            goto end;
        }
    }
    result = 1;
    END
}

API CUresult cuMemHostAlloc(void** pointer, size_t length, unsigned flags)
{
    BEGIN("cuMemHostAlloc")
    NEED_CONTEXT("cuMemHostAlloc")
    if (flags != 1) { complain("cuMemHostAlloc with flags %u", flags); }
    struct object* memory = make(HOST_MEMORY);
    memory->bytes = malloc(length);
    *pointer = memory->bytes;
    END
}

API CUresult cuMemFreeHost(void* pointer)
{
    BEGIN_FREE("cuMemFreeHost")
    NEED_CONTEXT("cuMemFreeHost")
    for (struct object* o = fake.objects; o; o = o->next) {
        if (o->kind == HOST_MEMORY && o->bytes == pointer) {
            drop(o);
            goto end;
        }
    }
    complain("cuMemFreeHost of what it did not give");
    result = 1;
    END
}

API CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr to, void* from, size_t length, struct object* stream)
{
    BEGIN("cuMemcpyHtoDAsync_v2")
    NEED_CONTEXT("cuMemcpyHtoDAsync_v2")
    NEED_STREAM(stream, "cuMemcpyHtoDAsync_v2")
    if (stream->capturing) { complain("host memory in a capture"); }
    struct operation o = {.type = COPY_TO_DEVICE, .to = to, .host = from, .length = length};
    add(stream, &o);
    END
}

API CUresult cuMemcpyDtoHAsync_v2(void* to, CUdeviceptr from, size_t length, struct object* stream)
{
    BEGIN("cuMemcpyDtoHAsync_v2")
    NEED_CONTEXT("cuMemcpyDtoHAsync_v2")
    NEED_STREAM(stream, "cuMemcpyDtoHAsync_v2")
    if (stream->capturing) { complain("host memory in a capture"); }
    struct operation o = {.type = COPY_TO_HOST, .host = to, .from = from, .length = length};
    add(stream, &o);
    if (!stream->capturing) {
        fake.waits++;
        drain(stream);
        result = fake.sticky;
    }
    END
}

// Addresses of the device and of the host are of one space: what is no device memory is the host's.
API CUresult cuMemcpyAsync(CUdeviceptr to, CUdeviceptr from, size_t length, struct object* stream)
{
    BEGIN("cuMemcpyAsync")
    NEED_CONTEXT("cuMemcpyAsync")
    NEED_STREAM(stream, "cuMemcpyAsync")
    struct ptx_block block;
    int is_to_device = find_block(to, &block), is_from_device = find_block(from, &block);
    struct operation o = {.to = to, .from = from, .length = length};
    o.type = is_to_device && is_from_device ? COPY : is_to_device ? COPY_TO_DEVICE : COPY_TO_HOST;
    o.host = is_to_device ? (void*)(uintptr_t)from : (void*)(uintptr_t)to;
    add(stream, &o);
    if (o.type == COPY_TO_HOST) {
        fake.waits++;
        drain(stream);
        result = fake.sticky;
    }
    END
}

API CUresult cuMemcpyDtoDAsync_v2(CUdeviceptr to, CUdeviceptr from, size_t length, struct object* stream)
{
    BEGIN("cuMemcpyDtoDAsync_v2")
    NEED_CONTEXT("cuMemcpyDtoDAsync_v2")
    NEED(stream, STREAM, "cuMemcpyDtoDAsync_v2")
    struct operation o = {.type = COPY, .to = to, .from = from, .length = length};
    add(stream, &o);
    END
}

API CUresult cuMemsetD8Async(CUdeviceptr to, unsigned char value, size_t length, struct object* stream)
{
    BEGIN("cuMemsetD8Async")
    NEED_CONTEXT("cuMemsetD8Async")
    NEED_STREAM(stream, "cuMemsetD8Async")
    struct operation o = {.type = FILL, .to = to, .value = value, .length = length};
    add(stream, &o);
    END
}
