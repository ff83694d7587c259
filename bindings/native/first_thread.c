/*
 * Linked into each image: the first thread that the runtime makes, its finalizer's, has a stack of our own.
 *
 * What the runtime knows of a thread lies on the thread's stack, and it looks at that of every thread when it collects
 * garbage.  In a forked process the C library gives the stacks of threads that are gone to new ones, but none that it did not
 * allocate.  The finalizer's thread never ends, and neither does its stack.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sys/mman.h>

enum { STACK_LENGTH = 1 << 20 };

int __real_pthread_create(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *argument)
{
    static int was_made;
    if (__atomic_exchange_n(&was_made, 1, __ATOMIC_RELAXED) != 0)
        return __real_pthread_create(thread, attributes, run, argument);
    pthread_attr_t own;
    int state = PTHREAD_CREATE_JOINABLE;
    void *stack = mmap(NULL, STACK_LENGTH, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (stack == MAP_FAILED)
        return __real_pthread_create(thread, attributes, run, argument);
    if (attributes != NULL)
        pthread_attr_getdetachstate(attributes, &state);
    pthread_attr_init(&own);
    pthread_attr_setdetachstate(&own, state);
    pthread_attr_setstack(&own, stack, STACK_LENGTH);
    int result = __real_pthread_create(thread, &own, run, argument);
    pthread_attr_destroy(&own);
    return result;
}
