/*
 * flow: starts the image beside it that fits the processor.
 *
 * NativeAOT code is compiled for one instruction set: with AVX-512 it ends the process on an older machine.  So there are
 * two images, and this program becomes one of them.
 *
 * Where it is started without standard input, output or error, they are made nowhere: else the next file that is opened
 * would get their number, and what is printed would go there.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if !defined(__x86_64__)
#  error "the chooser is for x86-64; elsewhere the one image has the plain name"
#endif

int main(int count, char **arguments)
{
    char path[4096];
    const char *wanted = getenv("FLOWENGINE_IMAGE");
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 8);
    (void)count;
    for (int standard = 0; standard <= 2; standard++)
        if (fcntl(standard, F_GETFD) < 0 && open("/dev/null", O_RDWR) < 0)
            return 1;
    __builtin_cpu_init();
    if (wanted == NULL || *wanted == '\0')
        wanted = __builtin_cpu_supports("x86-64-v4") ? "v4" : "v3";
    if (strcmp(wanted, "v3") != 0 && strcmp(wanted, "v4") != 0) {
        fprintf(stderr, "flow: FLOWENGINE_IMAGE is %.64s, expected v3 or v4\n", wanted);
        return 2;
    }
    if (!(wanted[1] == '4' ? __builtin_cpu_supports("x86-64-v4") : __builtin_cpu_supports("x86-64-v3"))) {
        fprintf(stderr, "flow: this processor lacks %s, which FlowEngine needs\n",
                wanted[1] == '3' ? "AVX2 (x86-64-v3)" : "AVX-512 (x86-64-v4)");
        return 2;
    }
    if (length < 0 || length >= (ssize_t)sizeof path - 8) {
        fprintf(stderr, "flow: its own path cannot be read\n");
        return 1;
    }
    snprintf(path + length, sizeof path - (size_t)length, "-%s", wanted);
    execv(path, arguments);
    fprintf(stderr, "flow: %s: %s\n", path, strerror(errno));
    return 1;
}
