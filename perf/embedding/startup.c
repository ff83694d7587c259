/*
 * What it costs to have the library in a process:
 *     startup LIBFLOWENGINE
 * Milliseconds to load it and of the first call, which starts its runtime; and the memory that both added.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return 1e3 * (double)time.tv_sec + 1e-6 * (double)time.tv_nsec;
}

static double resident(void)
{
    long size = 0, pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file == NULL || fscanf(file, "%ld %ld", &size, &pages) != 2)
        return -1;
    fclose(file);
    return (double)pages * (double)sysconf(_SC_PAGESIZE) / 1e6;
}

int main(int argc, char **argv)
{
    double before = resident(), start = now(), loaded;
    void *library = argc == 2 ? dlopen(argv[1], RTLD_NOW) : NULL;
    uint32_t (*version)(void) = NULL;
    if (library != NULL)
        *(void **)&version = dlsym(library, "flow_abi_version");
    if (version == NULL) {
        fprintf(stderr, "startup: %s\n", argc == 2 ? dlerror() : "usage: startup LIBFLOWENGINE");
        return 1;
    }
    loaded = now();
    version();
    printf("%.1f ms to load, %.1f ms for the first call, %.1f MB\n", loaded - start, now() - loaded, resident() - before);
    return 0;
}
