/* Kills a process that fills, changes and empties a vector index at random points, again and again;
 * each time the file opens, and every vector is as the last acknowledged call left it, but for
 * those of the call that was cut. DISE_KILLS sets how many kills. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "../vector_fixture.h"

enum { D = 32, IDS = 6000, SPAN_MAX = 900, KILLS = 25 };

extern char **environ;

/* What is written down of a call; a write survives SIGKILL. */
struct entry {
    enum { BEGIN, END } what;
    int32_t remove, first, span, version;
    int64_t mark; /* > 0: only that */
};

static void vector_of(int32_t id, int32_t version, float *row)
{
    uint64_t seed = (uint64_t)id * 1000003 + (uint64_t)version;
    for (size_t i = 0; i < D; i++)
        row[i] = vectors_random(&seed) + (i < 4);
}

/* ---- the victim ---- */

static void note(int log, const struct entry *e)
{
    if (write(log, e, sizeof *e) != sizeof *e)
        _exit(9);
}

static int victim(const char *path, int log, uint64_t seed)
{
    static float rows[SPAN_MAX * D];
    static int64_t ids[SPAN_MAX];
    struct vectors v;
    vectors_begin_at(&v, path, D);
    if (vectors_open(&v))
        return 8;
    for (int32_t version = (int32_t)(seed & 0xffffff);; version++) {
        struct entry e = {.version = version};
        vectors_random(&seed);
        e.remove = (seed >> 40) % 4 == 0;
        e.first = 1 + (int32_t)((seed >> 33) % (IDS - SPAN_MAX));
        vectors_random(&seed);
        e.span = 1 + (int32_t)((seed >> 33) % SPAN_MAX);
        for (int32_t i = 0; i < e.span; i++) {
            ids[i] = e.first + i;
            vector_of(e.first + i, version, rows + i * D);
        }
        note(log, &e);
        if (e.remove ? vectors_remove(&v, ids, (size_t)e.span)
                     : vectors_upsert(&v, ids, rows, (size_t)e.span))
            return 7;
        e.what = END;
        note(log, &e);
        if (version % 16 == 0) {
            e = (struct entry){.mark = version + 1};
            note(log, &e);
            if (vectors_mark(&v, e.mark))
                return 6;
            e.what = END;
            note(log, &e);
        }
    }
}

/* ---- what must be there ---- */

static int32_t acknowledged[IDS + 1]; /* a version; 0: not there */
static bool open_call[IDS + 1];
static struct entry cut;
static int64_t marks[2]; /* acknowledged, begun */

static void read_log(int log)
{
    struct entry e;
    memset(open_call, 0, sizeof open_call);
    cut = (struct entry){.what = END};
    while (read(log, &e, sizeof e) == sizeof e) {
        if (e.mark)
            marks[e.what == BEGIN] = e.mark;
        if (!e.mark)
            cut = e;
        for (int32_t i = 0; i < e.span && e.what == END; i++)
            acknowledged[e.first + i] = e.remove ? 0 : e.version;
    }
    for (int32_t i = 0; i < cut.span && cut.what == BEGIN; i++)
        open_call[cut.first + i] = true;
}

/* After the kill the state of what was being written becomes the acknowledged one. */
static void check_row(int32_t id, const float *row)
{
    float want[D], cut_want[D];
    bool same = false;
    vector_of(id, acknowledged[id], want);
    if (acknowledged[id])
        same = row && vectors_cosine(row, want, D) > 1 - 1e-9;
    else
        same = !row;
    if (same)
        return;
    if (!open_call[id])
        fail_msg("vector %d is %s, of version %d", id, row ? "wrong" : "missing", acknowledged[id]);
    if (!row) {
        acknowledged[id] = 0;
        return;
    }
    vector_of(id, cut.version, cut_want);
    assert_true(!cut.remove && vectors_cosine(row, cut_want, D) > 1 - 1e-9);
    acknowledged[id] = cut.version;
}

static void check_all(struct vectors *v)
{
    static float rows[1000 * D];
    static int64_t ids[1000];
    int32_t next = 1;
    size_t found;
    assert_int_equal(vectors_open(v), ERR_OK);
    assert_int_equal(vectors_verify(v), ERR_OK);
    for (ids[0] = 0;; ids[0] = ids[found - 1]) {
        assert_int_equal(
            VECTORS_CALL(v, SCAN, .number = ids, .most = 1000, .out = rows, .found = &found),
            ERR_OK);
        for (size_t i = 0; i < found; i++) {
            while (next < ids[i])
                check_row(next++, NULL);
            check_row(next++, rows + i * D);
        }
        if (!found)
            break;
    }
    while (next <= IDS)
        check_row(next++, NULL);
    assert_true(vector_file_marked(v->store) == marks[0] ||
                vector_file_marked(v->store) == marks[1]);
    vectors_close(v);
}

static void sleep_ms(long ms)
{
    struct timespec t = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&t, NULL);
}

/* Until the victim has begun its first call, however slow the machine is. */
static void wait_for_it(int log)
{
    struct stat before, now;
    assert_int_equal(fstat(log, &before), 0);
    for (int i = 0; i < 60000; i++) {
        assert_int_equal(fstat(log, &now), 0);
        if (now.st_size > before.st_size)
            return;
        sleep_ms(1);
    }
    fail_msg("the victim does nothing");
}

static void killed_at_any_point(void **state)
{
    const char *wanted = getenv("DISE_KILLS");
    int kills = wanted ? atoi(wanted) : KILLS;
    uint64_t seed = (uint64_t)time(NULL);
    char log_path[128];
    struct vectors v;
    int log, cuts = 0;
    (void)state;
    print_message("seed %llu\n", (unsigned long long)seed);
    vectors_begin(&v, D);
    snprintf(log_path, sizeof log_path, "%s/log", v.folder);
    log = open(log_path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    assert_true(log >= 0);
    for (int i = 0; i < kills; i++) {
        char number[32];
        char *argv[] = {(char *)"test", (char *)"victim", v.path, log_path, number, NULL};
        pid_t pid;
        int status;
        vectors_random(&seed);
        snprintf(number, sizeof number, "%llu", (unsigned long long)seed);
        assert_int_equal(posix_spawn(&pid, "/proc/self/exe", NULL, NULL, argv, environ), 0);
        if (i % 5) /* else perhaps while it opens */
            wait_for_it(log);
        sleep_ms((long)(seed >> 33) % 60);
        kill(pid, SIGKILL);
        assert_true(waitpid(pid, &status, 0) == pid);
        assert_true(WIFSIGNALED(status));
        read_log(log); /* goes on where it ended before */
        cuts += cut.what == BEGIN && cut.span;
        check_all(&v);
        if (i % 4 == 3) { /* growth and the first coding again, too */
            unlink(v.path);
            memset(acknowledged, 0, sizeof acknowledged);
            memset(marks, 0, sizeof marks);
        }
    }
    print_message("%d of %d kills cut a call\n", cuts, kills);
    assert_true(cuts > 0);
    close(log);
    assert_int_equal(vectors_end(&v), 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(killed_at_any_point),
    };
    if (argc == 5 && !strcmp(argv[1], "victim"))
        return victim(argv[2], open(argv[3], O_WRONLY | O_APPEND), strtoull(argv[4], NULL, 10));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
