// What the tests call: faults that they ask for, and what was noted.

#include "fake_cuda.h"

#include <stdio.h>
#include <string.h>

API void fakeCudaReset(void)
{
    pthread_mutex_lock(&fake.lock);
    fake.complaints[0] = fake.fail_name[0] = fake.planted[0][0] = 0;
    fake.fail_code = fake.sticky = fake.launches = fake.lazy = fake.calls_early = fake.waits = fake.skips_kernels = 0;
    fake.multiprocessors = MULTIPROCESSORS;
    forget_calls();
    pthread_mutex_unlock(&fake.lock);
}

// Takes away what a lost context could not free.
API void fakeCudaForget(void)
{
    pthread_mutex_lock(&fake.lock);
    while (fake.objects) { drop(fake.objects); }
    fake.context_references = 0;
    fake.used_memory = 0;
    pthread_mutex_unlock(&fake.lock);
    fakeCudaReset();
}

API void fakeCudaFail(const char* name, int code, int after)
{
    pthread_mutex_lock(&fake.lock);
    snprintf(fake.fail_name, sizeof fake.fail_name, "%s", name);
    fake.fail_code = code;
    fake.fail_after = after;
    pthread_mutex_unlock(&fake.lock);
}

// Work is put off from now on, for as long as the order of streams and events allows.
API void fakeCudaLazy(void)
{
    pthread_mutex_lock(&fake.lock);
    fake.lazy = 1;
    pthread_mutex_unlock(&fake.lock);
}

// What other libraries queue runs at once from now on, and before it what it waits for.
API void fakeCudaCallEarly(void)
{
    pthread_mutex_lock(&fake.lock);
    fake.calls_early = 1;
    pthread_mutex_unlock(&fake.lock);
}

// Kernels are counted and not run from now on.
API void fakeCudaSkipKernels(void)
{
    pthread_mutex_lock(&fake.lock);
    fake.skips_kernels = 1;
    pthread_mutex_unlock(&fake.lock);
}

// The device has so few multiprocessors from now on.
API void fakeCudaShrink(int count)
{
    pthread_mutex_lock(&fake.lock);
    fake.multiprocessors = count;
    pthread_mutex_unlock(&fake.lock);
}

// The text of modules that are loaded from now on has a fault: one string in the place of another.
API void fakeCudaPlant(const char* right, const char* wrong)
{
    pthread_mutex_lock(&fake.lock);
    snprintf(fake.planted[0], sizeof fake.planted[0], "%s", right);
    snprintf(fake.planted[1], sizeof fake.planted[1], "%s", wrong);
    fake.is_planted = 0;
    pthread_mutex_unlock(&fake.lock);
}

// Whether a fault was planted whose text no module has had.
API int fakeCudaMissesFault(void) { return fake.planted[0][0] && !fake.is_planted; }

// A line for each kernel that was loaded in this process: its name, its instructions, those that ran.
API const char* fakeCudaCoverage(void)
{
    static char text[1 << 20];
    pthread_mutex_lock(&fake.lock);
    ptx_coverage(text, sizeof text);
    pthread_mutex_unlock(&fake.lock);
    return text;
}

// Counts of kernels since fakeCudaCountAnew: a line of names, and a line for each kernel that was launched.
API void fakeCudaCountAnew(void)
{
    pthread_mutex_lock(&fake.lock);
    ptx_count_anew();
    pthread_mutex_unlock(&fake.lock);
}

API const char* fakeCudaCounts(void)
{
    static char text[65536];
    pthread_mutex_lock(&fake.lock);
    ptx_counts(text, sizeof text);
    pthread_mutex_unlock(&fake.lock);
    return text;
}

// How often the host waited for the device.
API int fakeCudaWaits(void) { return fake.waits; }

API const char* fakeCudaComplaints(void) { return fake.complaints; }
API int fakeCudaLaunches(void) { return fake.launches; }
API int fakeCudaCalls(const char* name) { return calls_of(name); }
API int fakeCudaDepth(void) { return depth; }

// What is alive, in words; nothing where all was given back.
API const char* fakeCudaLeaks(void)
{
    static char text[1024];
    int counts[KINDS] = {0};
    text[0] = 0;
    pthread_mutex_lock(&fake.lock);
    for (struct object* o = fake.objects; o; o = o->next) { counts[o->kind]++; }
    counts[CONTEXT] += fake.context_references;
    for (int i = 0; i < KINDS; i++) {
        if (counts[i] != 0) {
            size_t used = strlen(text);
            snprintf(text + used, sizeof text - used, "%d x %s; ", counts[i], kind_names[i]);
        }
    }
    pthread_mutex_unlock(&fake.lock);
    return text;
}
