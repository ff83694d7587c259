/*
 * libflowengine.so: finds the image that fits the processor and hands every call to it.
 *
 * NativeAOT code is compiled for one instruction set: without one it has no AVX2, and with AVX-512 it ends the process
 * on an older machine.  So there are two images beside this library, and each flow_* symbol here jumps through a table
 * entry that the constructor filled.  dispatcher.inc, made from flowengine.h, lists the symbols by their return type.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flowengine.h"

#if !defined(__x86_64__)
#  error "the dispatcher is for x86-64; elsewhere the one image has the plain name"
#endif

static char failure_text[1024];
static flow_status failure_status = FLOW_NO_DEVICE;

/* What a symbol of each return type answers when there is no image. */
__attribute__((used)) static flow_status absent_status(void) { return failure_status; }
__attribute__((used)) static const char *absent_text(void) { return failure_text; }
__attribute__((used)) static uint32_t absent_version(void) { return FLOW_ABI_VERSION; }
__attribute__((used)) static void absent_nothing(void) { }

/* A tail jump keeps arguments, stack and result as they are, whatever they are. */
#define FLOW_FUNCTION(kind, name)                               \
    __attribute__((visibility("hidden"))) void *entry_##name = (void *)absent_##kind; \
    __asm__(".text\n.globl " #name "\n.type " #name ", @function\n" \
            #name ":\n    endbr64\n    jmp *entry_" #name "(%rip)\n" \
            ".size " #name ", . - " #name "\n");
#include "dispatcher.inc"
#undef FLOW_FUNCTION

static const struct { const char *name; void **entry; } table[] = {
#define FLOW_FUNCTION(kind, name) { #name, &entry_##name },
#include "dispatcher.inc"
#undef FLOW_FUNCTION
};

static int is_supported(const char *image)
{
    __builtin_cpu_init();
    if (strcmp(image, "v4") == 0)
        return __builtin_cpu_supports("x86-64-v4");
    return __builtin_cpu_supports("x86-64-v3");
}

/* The best image, or the one that FLOWENGINE_IMAGE names: for tests, and for machines that slow down on AVX-512. */
static const char *choose(void)
{
    const char *wanted = getenv("FLOWENGINE_IMAGE");
    if (wanted == NULL || *wanted == '\0')
        wanted = is_supported("v4") ? "v4" : "v3";
    if (strcmp(wanted, "v3") != 0 && strcmp(wanted, "v4") != 0) {
        snprintf(failure_text, sizeof failure_text, "FLOWENGINE_IMAGE is %.64s, expected v3 or v4", wanted);
        failure_status = FLOW_INVALID_ARGUMENT;
        return NULL;
    }
    if (!is_supported(wanted)) {
        snprintf(failure_text, sizeof failure_text, "this processor lacks %s, which FlowEngine needs",
                 wanted[1] == '3' ? "AVX2 (x86-64-v3)" : "AVX-512 (x86-64-v4)");
        return NULL;
    }
    return wanted;
}

__attribute__((constructor)) static void open_image(void)
{
    const char *image = choose();
    Dl_info self;
    char path[4096];
    if (image == NULL)
        return;
    failure_status = FLOW_IO;
    if (dladdr((void *)open_image, &self) == 0 || self.dli_fname == NULL)
        self.dli_fname = "libflowengine.so";
    const char *slash = strrchr(self.dli_fname, '/');
    int folder = slash == NULL ? 0 : (int)(slash - self.dli_fname) + 1;
    int length = snprintf(path, sizeof path, "%.*slibflowengine-%s.so", folder, self.dli_fname, image);
    void *library = length < (int)sizeof path ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;
    if (library == NULL) {
        const char *error = length < (int)sizeof path ? dlerror() : "the path is too long";
        snprintf(failure_text, sizeof failure_text, "%s", error);
        return;
    }
    void *found[sizeof table / sizeof *table];
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        found[i] = dlsym(library, table[i].name);
        if (found[i] == NULL) {
            snprintf(failure_text, sizeof failure_text, "%.900s lacks %s: it is of another release", path, table[i].name);
            failure_status = FLOW_INTERNAL;
            return;
        }
    }
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        *table[i].entry = found[i];
}
