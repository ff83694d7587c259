/*
 * libflowengine.so: finds the image that fits the processor and hands every call to it.
 *
 * NativeAOT code is compiled for one instruction set: without one it has no AVX2, and with AVX-512 it ends the process
 * on an older machine.  So there are two images beside this library, and each flow_* symbol here jumps through a table
 * entry.  dispatcher.inc, made from flowengine.h, lists the symbols by their return type.
 *
 * The constructor finds the image.  The first call starts its runtime, which sets SIGPIPE to be ignored: that is taken back,
 * for it is the host's to say.  From then on the image hears of every fork, and ends its threads before it.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
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

/* A tail jump keeps arguments, stack and result as they are, whatever they are; first_... comes before it in the first call. */
#define FLOW_FUNCTION(kind, name)                               \
    __attribute__((visibility("hidden"))) void *entry_##name = (void *)absent_##kind; \
    __attribute__((visibility("hidden"))) void first_##name(void); \
    __asm__(".text\n.globl " #name "\n.type " #name ", @function\n" \
            #name ":\n    endbr64\n    jmp *entry_" #name "(%rip)\n" \
            ".size " #name ", . - " #name "\n" \
            ".hidden first_" #name "\n.globl first_" #name "\n.type first_" #name ", @function\n" \
            "first_" #name ":\n    endbr64\n    lea entry_" #name "(%rip), %r11\n    jmp first_call\n" \
            ".size first_" #name ", . - first_" #name "\n");
#include "dispatcher.inc"
#undef FLOW_FUNCTION

static const struct { const char *name; void **entry; void (*first)(void); } table[] = {
#define FLOW_FUNCTION(kind, name) { #name, &entry_##name, first_##name },
#include "dispatcher.inc"
#undef FLOW_FUNCTION
};
enum { FUNCTIONS = sizeof table / sizeof *table };
static void *found[FUNCTIONS];

/* Of the image, beside what flowengine.h has. */
static uint32_t (*image_version)(void);
static void (*image_before_fork)(void);

static pthread_once_t started = PTHREAD_ONCE_INIT;

static void before_fork(void) { image_before_fork(); }

static void start(void)
{
    struct sigaction pipe_action;
    sigaction(SIGPIPE, NULL, &pipe_action);
    image_version();
    sigaction(SIGPIPE, &pipe_action, NULL);
    pthread_atfork(before_fork, NULL, NULL);
    for (size_t i = 0; i < FUNCTIONS; i++)
        __atomic_store_n(table[i].entry, found[i], __ATOMIC_RELEASE);
}

__attribute__((used, visibility("hidden"))) void start_once(void) { pthread_once(&started, start); }

/* Keeps what arguments may be in, starts the image, and jumps to the entry that r11 leads to. */
__asm__(".text\n.type first_call, @function\nfirst_call:\n"
        "    push %rdi\n    push %rsi\n    push %rdx\n    push %rcx\n    push %r8\n    push %r9\n    push %r11\n"
        "    sub $128, %rsp\n"
        "    movaps %xmm0, (%rsp)\n    movaps %xmm1, 16(%rsp)\n    movaps %xmm2, 32(%rsp)\n    movaps %xmm3, 48(%rsp)\n"
        "    movaps %xmm4, 64(%rsp)\n    movaps %xmm5, 80(%rsp)\n    movaps %xmm6, 96(%rsp)\n    movaps %xmm7, 112(%rsp)\n"
        "    call start_once\n"
        "    movaps (%rsp), %xmm0\n    movaps 16(%rsp), %xmm1\n    movaps 32(%rsp), %xmm2\n    movaps 48(%rsp), %xmm3\n"
        "    movaps 64(%rsp), %xmm4\n    movaps 80(%rsp), %xmm5\n    movaps 96(%rsp), %xmm6\n    movaps 112(%rsp), %xmm7\n"
        "    add $128, %rsp\n"
        "    pop %r11\n    pop %r9\n    pop %r8\n    pop %rcx\n    pop %rdx\n    pop %rsi\n    pop %rdi\n"
        "    jmp *(%r11)\n"
        ".size first_call, . - first_call\n");

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
    for (size_t i = 0; i < FUNCTIONS; i++) {
        found[i] = dlsym(library, table[i].name);
        if (found[i] == NULL) {
            snprintf(failure_text, sizeof failure_text, "%.900s lacks %s: it is of another release", path, table[i].name);
            failure_status = FLOW_INTERNAL;
            return;
        }
    }
    *(void **)&image_version = dlsym(library, "flow_abi_version");
    *(void **)&image_before_fork = dlsym(library, "flowengine_before_fork");
    if (image_before_fork == NULL) {
        snprintf(failure_text, sizeof failure_text, "%.900s does not handle forks: it is of another release", path);
        failure_status = FLOW_INTERNAL;
        return;
    }
    for (size_t i = 0; i < FUNCTIONS; i++)
        *table[i].entry = (void *)table[i].first;
}
