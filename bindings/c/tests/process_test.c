/*
 * What the library leaves of the process that it is in: signals, descriptors, locale, environment, and children.
 *     process_test
 * Each part runs in a process of its own, so that its first call is the first.
 */
#define _GNU_SOURCE
#include "flowengine.h"

#include <fcntl.h>
#include <fenv.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { ROWS = 512, COLUMNS = 4, FORKS = 100, SIGNALS = 64, SMALL_STACK = 128 * 1024 };

enum { RESTORER = 0x04000000 }; /* what the C library adds to whatever it sets */

static float rows[ROWS][COLUMNS];
static int failed;

static void expect(int holds, const char *what)
{
    if (!holds) {
        printf("FAILED: %s (%s)\n", what, flow_last_error());
        failed++;
    }
}

static flow_model *make_model(int threads)
{
    flow_model_options sizes;
    flow_device_options device;
    flow_model *model = NULL;
    memset(&sizes, 0, sizeof sizes);
    sizes.struct_size = sizeof sizes;
    sizes.channels = COLUMNS;
    sizes.blocks = 3;
    sizes.hidden = 64;
    memset(&device, 0, sizeof device);
    device.struct_size = sizeof device;
    device.backend = FLOW_BACKEND_CPU;
    device.threads = threads;
    expect(flow_model_create("maf", &sizes, &device, &model) == FLOW_OK, "a model");
    return model;
}

/* Every kind of call: inference, training, samples, an error, a file. */
static void use(int threads)
{
    static double log_prob[ROWS];
    static float drawn[ROWS][COLUMNS];
    flow_model *model = make_model(threads), *none = NULL;
    flow_trainer *trainer = NULL;
    flow_trainer_options training;
    flow_metrics metrics;
    expect(flow_model_initialize(model, rows[0], ROWS * COLUMNS, NULL) == FLOW_OK, "initialize");
    memset(&training, 0, sizeof training);
    training.struct_size = sizeof training;
    training.batch = ROWS;
    expect(flow_trainer_create(model, &training, &trainer) == FLOW_OK, "a trainer");
    memset(&metrics, 0, sizeof metrics);
    metrics.struct_size = sizeof metrics;
    expect(flow_trainer_step(trainer, rows[0], ROWS * COLUMNS, NULL, &metrics) == FLOW_OK, "a step");
    flow_trainer_free(trainer);
    expect(flow_model_log_prob(model, rows[0], ROWS * COLUMNS, NULL, log_prob, ROWS) == FLOW_OK, "log_prob");
    expect(flow_model_sample(model, ROWS, 1, 0, NULL, drawn[0], ROWS * COLUMNS) == FLOW_OK, "sample");
    expect(flow_model_load("/nowhere", NULL, &none) == FLOW_IO, "no such file");
    flow_model_free(model);
}

/* --- Signals, environment, locale, descriptors ------------------------------------------------------------------- */

struct process {
    struct sigaction actions[SIGNALS + 1];
    sigset_t blocked;
    stack_t alternate;
    fenv_t arithmetic;
    char locale[256], folder[4096];
    size_t environment;
    mode_t mask;
    struct rlimit files, stack;
};

static void take(struct process *p)
{
    char **entry;
    int number;
    memset(p, 0, sizeof *p);
    for (number = 1; number <= SIGNALS; number++)
        sigaction(number, NULL, &p->actions[number]);
    pthread_sigmask(0, NULL, &p->blocked);
    sigaltstack(NULL, &p->alternate);
    fegetenv(&p->arithmetic);
    snprintf(p->locale, sizeof p->locale, "%s", setlocale(LC_ALL, NULL));
    if (getcwd(p->folder, sizeof p->folder) == NULL)
        p->folder[0] = '\0';
    for (entry = environ; *entry != NULL; entry++)
        p->environment += strlen(*entry) + 1;
    p->mask = umask(0);
    umask(p->mask);
    getrlimit(RLIMIT_NOFILE, &p->files);
    getrlimit(RLIMIT_STACK, &p->stack);
}

/* Signals that the runtime cannot do without: its handlers hand on what is not theirs. */
static int is_of_runtime(int number) { return number == SIGSEGV || number == SIGFPE || number == SIGRTMIN; }

static void compare(const struct process *a, const struct process *b)
{
    char what[128];
    int number;
    for (number = 1; number <= SIGNALS; number++) {
        snprintf(what, sizeof what, "the disposition of signal %d is as before", number);
        expect(is_of_runtime(number) || (a->actions[number].sa_handler == b->actions[number].sa_handler
               && ((a->actions[number].sa_flags ^ b->actions[number].sa_flags) & ~RESTORER) == 0), what);
    }
    expect(memcmp(&a->blocked, &b->blocked, sizeof a->blocked) == 0, "the mask of signals is as before");
    expect(a->alternate.ss_sp == b->alternate.ss_sp, "the signal stack is as before");
    expect(a->arithmetic.__control_word == b->arithmetic.__control_word
           && (a->arithmetic.__mxcsr & ~0x3fu) == (b->arithmetic.__mxcsr & ~0x3fu), "arithmetic rounds as before");
    expect(strcmp(a->locale, b->locale) == 0, "the locale is as before");
    expect(strcmp(a->folder, b->folder) == 0, "the current folder is as before");
    expect(a->environment == b->environment, "the environment is as before");
    expect(a->mask == b->mask, "umask is as before");
    expect(a->files.rlim_cur == b->files.rlim_cur && a->stack.rlim_cur == b->stack.rlim_cur, "limits are as before");
}

/* Open descriptors beyond the standard ones; those that a program started from here would inherit are counted in *inherited. */
static int descriptors(int *inherited)
{
    int count = 0, number;
    *inherited = 0;
    for (number = 3; number < 256; number++) {
        int flags = fcntl(number, F_GETFD);
        count += flags >= 0;
        *inherited += flags >= 0 && (flags & FD_CLOEXEC) == 0;
    }
    return count;
}

static void leaves_the_process_as_it_was(void)
{
    struct process before, after;
    int inherited_before, inherited, open_before = descriptors(&inherited_before), open_once, repeat;
    setlocale(LC_ALL, "C.UTF-8");
    signal(SIGUSR1, SIG_IGN);
    take(&before);
    flow_abi_version();
    take(&after);
    compare(&before, &after);
    use(2);
    take(&after);
    compare(&before, &after);
    open_once = descriptors(&inherited);
    expect(inherited == inherited_before, "no descriptor is left to programs that are started");
    expect(open_once <= open_before + 1, "at most one descriptor stays open, that of random numbers");
    for (repeat = 0; repeat < 20; repeat++)
        use(2);
    expect(descriptors(&inherited) == open_once, "descriptors do not leak");
}

static void leaves_an_ignored_pipe_ignored(void)
{
    struct sigaction action;
    signal(SIGPIPE, SIG_IGN);
    use(1);
    sigaction(SIGPIPE, NULL, &action);
    expect(action.sa_handler == SIG_IGN, "SIGPIPE that is ignored stays so");
    signal(SIGPIPE, SIG_DFL);
    use(1);
    sigaction(SIGPIPE, NULL, &action);
    expect(action.sa_handler == SIG_DFL, "SIGPIPE is the host's at any time");
}

static sigjmp_buf escape;

static void handle(int number, siginfo_t *info, void *context)
{
    (void)number, (void)info, (void)context;
    siglongjmp(escape, 1);
}

static void hands_on_the_faults_of_the_host(void)
{
    struct sigaction action;
    volatile int caught = 0;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = handle;
    action.sa_flags = SA_SIGINFO;
    sigaction(SIGSEGV, &action, NULL);
    use(2);
    if (sigsetjmp(escape, 1) == 0)
        *(volatile int *)16 = 1;
    else
        caught = 1;
    expect(caught, "a fault of the host reaches the host's handler");
    use(2);
}

/* --- Children ---------------------------------------------------------------------------------------------------- */

static void children_go_on_with_the_model(void)
{
    static double expected[ROWS], found[ROWS];
    flow_model *model = make_model(4);
    int number, status, hung = 0, wrong = 0;
    expect(flow_model_initialize(model, rows[0], ROWS * COLUMNS, NULL) == FLOW_OK, "initialize");
    for (number = 0; number < FORKS; number++) {
        pid_t child;
        expect(flow_model_log_prob(model, rows[0], ROWS * COLUMNS, NULL, expected, ROWS) == FLOW_OK, "log_prob");
        child = fork();
        if (child == 0) {
            int repeat, same = 1;
            alarm(20);
            for (repeat = 0; repeat < 3; repeat++) {
                same = same && flow_model_log_prob(model, rows[0], ROWS * COLUMNS, NULL, found, ROWS) == FLOW_OK
                    && memcmp(found, expected, sizeof found) == 0;
            }
            use(3);
            flow_model_free(model);
            _exit(same && failed == 0 ? 0 : 1);
        }
        waitpid(child, &status, 0);
        hung += WIFSIGNALED(status);
        wrong += WIFEXITED(status) && WEXITSTATUS(status) != 0;
        if (hung > 2)
            break;
    }
    expect(hung == 0, "a child of a process that just made a call makes calls");
    expect(wrong == 0, "a child computes what its parent does");
    flow_model_free(model);
}

/* --- Threads ----------------------------------------------------------------------------------------------------- */

static void *use_in_thread(void *unused)
{
    (void)unused;
    use(2);
    return NULL;
}

static void works_on_a_small_stack(void)
{
    pthread_attr_t attributes;
    pthread_t thread;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, SMALL_STACK);
    expect(pthread_create(&thread, &attributes, use_in_thread, NULL) == 0, "a thread with a small stack");
    pthread_join(thread, NULL);
}

/* --- */

static void apart(void (*part)(void), const char *name)
{
    int status;
    pid_t child;
    fflush(stdout);
    child = fork();
    if (child == 0) {
        failed = 0;
        alarm(300);
        part();
        fflush(stdout);
        _exit(failed > 100 ? 100 : failed);
    }
    waitpid(child, &status, 0);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        printf("FAILED: %s (status %x)\n", name, (unsigned)status);
        failed++;
    }
}

int main(void)
{
    int i;
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (i = 0; i < ROWS * COLUMNS; i++)
        rows[i / COLUMNS][i % COLUMNS] = (float)sin(i * 12.9898) + (float)(i % COLUMNS);
    apart(leaves_the_process_as_it_was, "the process as it was");
    apart(leaves_an_ignored_pipe_ignored, "SIGPIPE");
    apart(hands_on_the_faults_of_the_host, "faults of the host");
    apart(works_on_a_small_stack, "a small stack");
    apart(children_go_on_with_the_model, "children");
    printf("%d failed\n", failed);
    return failed != 0;
}
