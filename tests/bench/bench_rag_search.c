/* How long a search by words takes in a large memory: bench_rag_search [ARTIFACTS [FOLDER]].
 * The artifacts are made of a few hundred words whose frequencies fall as those of a language
 * (Zipf), with a program of some thirty lines each; every query runs on the request's own path
 * (rag_search on a fiber, through the store's reader). FOLDER is kept for the next time. */
#include <math.h>
#include <time.h>

#include "../rag_fixture.h"

enum { WORDS = 4000, LINES = 20, BATCH = 500, ROUNDS = 40 };

static const char *const verbs[] = {"sort",  "merge", "parse", "count", "split", "join",
                                    "find",  "check", "turn",  "draw",  "sum",   "reverse",
                                    "group", "clean", "list",  "text"};
static struct session session;
static int artifacts = 100000, made;
static uint64_t seed = 42;
static double took[ROUNDS], busy[ROUNDS];

static uint64_t next(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

/* Word k with a probability near 1/k. */
static int zipf(void)
{
    double u = (double)(next() >> 11) / 9007199254740992.0;
    return (int)exp(u * log(WORDS));
}

static void add_word(char *out, size_t size, const char *gap)
{
    size_t n = strlen(out);
    int k = zipf();
    if (k <= 16)
        snprintf(out + n, size - n, "%s%s", gap, verbs[k - 1]);
    else
        snprintf(out + n, size - n, "%sw%c%c%c", gap, 'a' + k % 26, 'a' + k / 26 % 26,
                 'a' + k / 676 % 26);
}

static enum err keep_many(sqlite3 *db, void *arg, struct err_info *info)
{
    static char task[400], source[8000], name[100];
    enum err e = ERR_OK;
    (void)arg;
    for (int i = 0; !e && i < BATCH && made < artifacts; i++, made++) {
        struct kept k = {.name = name,
                         .task = task,
                         .source = source,
                         .created = made * 1000,
                         .tags = made % 10    ? NULL
                                 : made % 100 ? "math"
                                              : "rare"};
        name[0] = source[0] = 0;
        snprintf(task, sizeof task, "write a function that");
        add_word(name, sizeof name, "");
        add_word(name, sizeof name, "_");
        for (int w = 0; w < 10; w++)
            add_word(task, sizeof task, " ");
        for (int l = 0; l < LINES; l++) {
            add_word(source, sizeof source, "    value = ");
            add_word(source, sizeof source, "(");
            add_word(source, sizeof source, ", ");
            strcat(source, ")\n");
        }
        e = keep_one(db, &k, info);
    }
    return e;
}

static double clock_ms(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static double now_ms(void)
{
    return clock_ms(CLOCK_MONOTONIC);
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static enum err measure(struct session *s, const char *what, const char *text, bool typing)
{
    struct rag_search_parts parts = {.store = s->store};
    struct rag_query q = {.text = text, .typing = typing, .filter = rag_filter_all(), .limit = 20};
    size_t found = 0;
    char left[200] = "";
    enum err e = ERR_OK;
    for (int i = 0; !e && i < ROUNDS; i++) {
        struct json_object *out = NULL;
        double began = now_ms(), worked = clock_ms(CLOCK_PROCESS_CPUTIME_ID);
        e = rag_search(&parts, &q, &out, &s->info);
        took[i] = now_ms() - began;
        busy[i] = clock_ms(CLOCK_PROCESS_CPUTIME_ID) - worked;
        if (e)
            break;
        found = json_object_array_length(json_array(out, "results"));
        snprintf(left, sizeof left, "%.190s", json_object_get_string(json_array(out, "left_out")));
        json_object_put(out);
    }
    qsort(took, ROUNDS, sizeof *took, by_size);
    qsort(busy, ROUNDS, sizeof *busy, by_size);
    printf("%-34s %8.2f %8.2f %8.2f ms  %zu found%s%s\n", what, took[ROUNDS / 2],
           took[ROUNDS * 99 / 100], busy[ROUNDS / 2], found, strlen(left) > 4 ? ", left out " : "",
           strlen(left) > 4 ? left : "");
    return e;
}

static enum err bench(struct session *s)
{
    double began = now_ms(), worked = clock_ms(CLOCK_PROCESS_CPUTIME_ID);
    enum err e = ERR_OK;
    while (!e && made < artifacts)
        e = store_write(s->store, keep_many, NULL, &s->info);
    if (!e)
        printf(
            "%d artifacts kept in %.1f s, %.0f/s, %.2f ms of processor each\n%-34s %8s %8s %8s\n",
            made, (now_ms() - began) / 1e3, made / (now_ms() - began) * 1e3,
            (clock_ms(CLOCK_PROCESS_CPUTIME_ID) - worked) / made, "", "p50", "p99", "processor");
    if (!e)
        e = measure(s, "two rare words", "wabc wbcd", false);
    if (!e)
        e = measure(s, "a rare and a common word", "sort wabc", false);
    if (!e)
        e = measure(s, "one word that is in most", "sort", false);
    if (!e)
        e = measure(s, "a sentence", "write a function that sorts a list and merges wabd texts",
                    false);
    if (!e)
        e = measure(s, "a phrase of common words", "\"sort merge\"", false);
    if (!e)
        e = measure(s, "a common word with a rare tag", "sort tag:rare", false);
    if (!e)
        e = measure(s, "a tag alone", "tag:math", false);
    if (!e)
        e = measure(s, "typing: one letter", "s", true);
    if (!e)
        e = measure(s, "typing: two letters", "wa", true);
    if (!e)
        e = measure(s, "typing: a word and a beginning", "sort wab", true);
    if (!e)
        e = measure(s, "a misspelt word", "wabbd", false);
    if (!e)
        e = measure(s, "a word that is nowhere", "wzzzzzzzz", false);
    if (!e)
        e = measure(s, "nothing: the newest", "", false);
    return e;
}

int main(int argc, char **argv)
{
    if (argc > 1)
        artifacts = atoi(argv[1]);
    session_init(&session, NULL);
    if (argc > 2) { /* kept, and taken as it is when it is there */
        session_fini(&session);
        snprintf(session.path, sizeof session.path, "%s/store.db", argv[2]);
        made = access(session.path, R_OK) == 0 ? artifacts : 0;
    }
    if (session_run(&session, bench))
        fprintf(stderr, "bench_rag_search: %s\n", session.info.message);
    if (argc < 3)
        session_fini(&session);
    return 0;
}
