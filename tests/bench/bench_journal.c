/* Journaled steps a second: N fibers (branches of one job) each doing durable 1 KB steps, and the
 * replay of the same journal. Run it on the kind of disk that the engine will use (TMPDIR). */
#include <time.h>

#include "../jobs_fixture.h"

enum { STEPS = 2000, FIBERS_MAX = 64 };

static int fibers;
static unsigned flags;
static double latency[STEPS * 2];
static int measured;

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static enum err one_kilobyte(struct step *step, void *arg, struct buf *out)
{
    char block[1024];
    (void)step;
    (void)arg;
    memset(block, 'x', sizeof block);
    return buf_add(out, block, sizeof block);
}

static enum err branch(struct job *job, void *arg)
{
    struct step_desc d = {.name = "bench", .flags = flags, .run = one_kilobyte};
    enum err e = ERR_OK;
    (void)arg;
    for (int i = 0; !e && i < STEPS / fibers; i++) {
        double start = now_ms();
        e = job_step(job, &d, NULL, NULL);
        latency[measured++] = now_ms() - start;
    }
    return e;
}

static enum err run_bench(struct job *job, void *context, struct json_object *input)
{
    struct branch b[FIBERS_MAX];
    enum err e;
    (void)context;
    (void)input;
    for (int i = 0; i < fibers; i++)
        b[i] = (struct branch){.name = "b", .fn = branch};
    e = job_all(job, "all", b, (size_t)fibers);
    return e ? e : job_wait(job, "go", 0, NULL);
}

static const struct job_kind bench = {"bench", 1, run_bench};
static const struct job_kind *const kinds[] = {&bench, NULL};

static enum err all_measured(struct session *s)
{
    int64_t id;
    enum err e = ERR_OK;
    if (!s->count)
        e = session_submit(s, "bench", NULL, &id);
    while (!e && measured < STEPS / fibers * fibers)
        e = fiber_sleep(1);
    return e;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static void measure(int n, unsigned with, const char *name)
{
    static struct session s;
    double start, ms, replay;
    fibers = n;
    flags = with;
    measured = 0;
    session_init(&s, kinds);
    start = now_ms();
    if (session_run(&s, all_measured))
        printf("failed: %s\n", s.info.message);
    ms = now_ms() - start;
    qsort(latency, (size_t)measured, sizeof *latency, by_size);
    printf("%3d fibers %-8s %8.0f steps/s  p50 %7.3f ms  p99 %7.3f ms", n, name,
           measured * 1e3 / ms, latency[measured / 2], latency[measured * 99 / 100]);
    measured = 0;
    start = now_ms();
    if (session_run(&s, all_measured))
        printf("failed: %s\n", s.info.message);
    replay = now_ms() - start;
    printf("  replay %6.1f us/step\n", replay * 1e3 / measured);
    session_fini(&s);
}

int main(void)
{
    measure(1, 0, "durable");
    measure(8, 0, "durable");
    measure(64, 0, "durable");
    measure(64, STEP_INTENT, "intent");
    measure(64, STEP_LAZY, "lazy");
    return 0;
}
