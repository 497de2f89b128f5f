/* Artifacts kept a second: programs of 1 KB with their prompts, each a task of its own, in batches
 * of one durable commit each; and what a page of the list, one artifact, a new version and the
 * sweep of tombstones cost then. Run it on the kind of disk that the engine will use (TMPDIR). */
#include <time.h>

#include "../jobs_fixture.h"
#include "core/store/artifact.h"

enum { COUNT = 5000 };

static int batch;
static int made;
static char prompt[6000];

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static double cpu_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static struct json_object *program(int n)
{
    struct json_object *o = json_object_new_object(), *checked = json_object_new_object(),
                       *prompts = json_object_new_object();
    char text[1400], task[200], hash[65];
    snprintf(task, sizeof task, "write the function f%d(a, b), which adds %d to the sum of both", n,
             n * 7);
    snprintf(text, sizeof text, "def f%d(a, b):\n    return a + b + %d\n# %0900d\n", n, n * 7, n);
    artifact_task_hash(task, NULL, hash);
    json_add_str(o, "kind", "function");
    json_add_str(o, "name", "f");
    json_add_str(o, "function", "f");
    json_add_str(o, "task", task);
    json_add_str(o, "task_hash", hash);
    json_add_bool(o, "solved", true);
    json_add_str(o, "source", text);
    json_add_str(o, "model", "fast");
    json_add_i64(o, "created", 1700000000000 + n);
    json_add_i64(checked, "examples_passed", 2);
    json_object_object_add(o, "checked", checked);
    json_add_str(prompts, "coder", prompt);
    json_object_object_add(o, "prompts", prompts);
    return o;
}

static enum err keep(sqlite3 *db, void *arg, struct err_info *info)
{
    struct json_object **list = arg;
    enum err e = ERR_OK;
    for (int i = 0; !e && i < batch; i++) {
        char id[24];
        e = artifact_insert(db, list[i], id, info);
    }
    return e;
}

static enum err keep_all(struct store *store, struct err_info *info)
{
    struct json_object **list = calloc((size_t)batch, sizeof(struct json_object *));
    enum err e = list ? ERR_OK : ERR_NOMEM;
    for (int done = 0; !e && done < COUNT; done += batch) {
        for (int i = 0; i < batch; i++)
            list[i] = program(made++);
        e = store_write(store, keep, list, info);
        for (int i = 0; i < batch; i++)
            json_object_put(list[i]);
    }
    free(list);
    return e;
}

static enum err page(sqlite3 *db, void *arg, struct err_info *info)
{
    struct artifact_filter f = {.limit = 200, .solved = -1};
    struct json_object *list = NULL;
    bool more;
    enum err e = artifact_list(db, &f, &list, &more);
    (void)arg;
    (void)info;
    json_object_put(list);
    return e;
}

static enum err one(sqlite3 *db, void *arg, struct err_info *info)
{
    struct json_object *o = NULL;
    enum err e = artifact_get(db, "a777", &o, info);
    (void)arg;
    json_object_put(o);
    return e;
}

static enum err revise(sqlite3 *db, void *arg, struct err_info *info)
{
    struct json_object *changes = json_object_new_object();
    char id[24], text[100];
    enum err e;
    (void)arg;
    snprintf(text, sizeof text, "def f(a, b):\n    return a - b - %d\n", made++);
    json_add_str(changes, "source", text);
    e = artifact_revise(db, "a777", changes, 5, id, info);
    json_object_put(changes);
    return e;
}

static enum err aside(sqlite3 *db, void *arg, struct err_info *info)
{
    int64_t count;
    (void)arg;
    return artifact_put_all_aside(db, 9, &count, info);
}

static bool more;
static struct gc_figures figures;

static enum err collect(sqlite3 *db, void *arg, struct err_info *info)
{
    (void)arg;
    return artifact_gc(db, 10, false, &figures, &more, info);
}

static enum err timed(struct store *store, const char *name, int times, bool write, store_fn *fn,
                      struct err_info *info)
{
    double start = now_ms();
    enum err e = ERR_OK;
    for (int i = 0; !e && i < times; i++)
        e = write ? store_write(store, fn, NULL, info) : store_read(store, fn, NULL, info);
    printf("%-34s %8.2f ms each\n", name, (now_ms() - start) / times);
    return e;
}

static enum err collect_all(struct store *store, struct err_info *info)
{
    double start = now_ms(), cpu = cpu_ms(), worst = 0;
    enum err e = ERR_OK;
    more = true;
    while (!e && more) {
        double began = now_ms(), ms;
        e = store_write(store, collect, NULL, info);
        ms = now_ms() - began;
        worst = ms > worst ? ms : worst;
    }
    printf("gc of %lld artifacts, %lld contents  %8.0f ms (processor %.0f ms), the longest piece "
           "%.1f ms\n",
           (long long)figures.artifacts, (long long)figures.contents, now_ms() - start,
           cpu_ms() - cpu, worst);
    return e;
}

static enum err measure(struct session *s)
{
    static const int sizes[] = {1, 10, 100, 1000};
    enum err e = ERR_OK;
    for (int i = 0; !e && i < 4; i++) {
        double start, cpu = cpu_ms();
        batch = sizes[i];
        if (batch == 1) { /* a commit each: fewer of them */
            start = now_ms();
            for (int n = 0; !e && n < 500; n++) {
                struct json_object *o = program(made++);
                e = store_write(s->store, keep, &o, &s->info);
                json_object_put(o);
            }
            printf("batches of %4d %8.0f artifacts/s, processor %.3f ms each\n", batch,
                   500e3 / (now_ms() - start), (cpu_ms() - cpu) / 500);
            continue;
        }
        start = now_ms();
        e = keep_all(s->store, &s->info);
        printf("batches of %4d %8.0f artifacts/s, processor %.3f ms each\n", batch,
               COUNT * 1e3 / (now_ms() - start), (cpu_ms() - cpu) / COUNT);
    }
    printf("with %d kept:\n", made);
    if (!e)
        e = timed(s->store, "a page of 200", 100, false, page, &s->info);
    if (!e)
        e = timed(s->store, "one artifact", 1000, false, one, &s->info);
    if (!e)
        e = timed(s->store, "a new version of one, durable", 100, true, revise, &s->info);
    if (!e)
        e = timed(s->store, "all put aside", 1, true, aside, &s->info);
    return e ? e : collect_all(s->store, &s->info);
}

static const struct job_kind *const kinds[] = {NULL};

int main(void)
{
    static struct session s;
    setvbuf(stdout, NULL, _IOLBF, 0);
    memset(prompt, 'p', sizeof prompt - 1);
    session_init(&s, kinds);
    if (session_run(&s, measure))
        printf("failed: %s\n", s.info.message);
    session_fini(&s);
    return 0;
}
