/* Kills a running engine core with SIGKILL at random points, again and again, until its jobs are
 * done, and compares with what an undisturbed run leaves. DISE_KILLS sets how many kills. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include "../jobs_fixture.h"

#define STEP_BEGINS "22,24"
#define STEP_ENDS   "23,25"
_Static_assert(EVENT_STEP_BEGIN == 22 && EVENT_STEP_END == 23 && EVENT_FORK_BEGIN == 24 &&
                   EVENT_FORK_END == 25,
               "the numbers in the queries");

enum { JOBS = 12, WIDTH = 6, PATHS_MAX = 4096 };

/* ---- the victim ---- */

static int log_fd, life;

/* One line a call; a write survives SIGKILL, so no sync is needed. */
static void log_line(const char *format, ...) PRINTF_LIKE(1, 2);
static void log_line(const char *format, ...)
{
    char line[128];
    va_list args;
    int n;
    va_start(args, format);
    n = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (write(log_fd, line, (size_t)n) != n)
        _exit(9);
}

struct call {
    int64_t job;
    const char *path;
    int ms;
};

static enum err effect(struct step *step, void *arg, struct buf *out)
{
    const struct call *c = arg;
    struct event ev = {.type = EVENT_JOB_NOTE};
    enum err e;
    (void)step;
    log_line("E %d %lld %s\n", life, (long long)c->job, c->path);
    e = fiber_sleep((uint64_t)c->ms);
    if (e)
        return e;
    ev.u.job_note.text = c->path;
    step_emit(step, &ev);
    if (strcmp(c->path, "5") == 0)
        return step_fail(step, ERR_HTTP_SERVER, "the server failed");
    return buf_addf(out, "%lld/%s;", (long long)c->job, c->path);
}

/* A step whose result must be its own; its path is known to the caller, so that the log names it.
 */
static enum err call(struct job *job, const char *path, unsigned flags, int ms)
{
    struct call c = {job_id(job), path, ms};
    struct step_desc d = {.name = "call",
                          .flags = flags,
                          .input = path,
                          .input_len = strlen(path),
                          .run = effect,
                          .arg = &c};
    char want[64];
    struct buf out;
    enum err e;
    buf_init(&out, 128);
    e = job_step(job, &d, &out, NULL);
    snprintf(want, sizeof want, "%lld/%s;", (long long)c.job, path);
    if (!e && strcmp(out.data, want) != 0)
        e = ERR_CORRUPT;
    buf_fini(&out);
    if (!e && !(flags & STEP_LAZY))
        log_line("A %d %lld %s\n", life, (long long)c.job, path);
    return e;
}

static void note(struct job *job, const char *text)
{
    struct event ev = {.type = EVENT_JOB_NOTE};
    ev.u.job_note.text = text;
    job_emit(job, &ev);
}

static enum err leaf(struct job *job, void *arg)
{
    char path[32];
    enum err e;
    snprintf(path, sizeof path, "%s.1", (const char *)arg);
    note(job, "leaf");
    e = call(job, path, STEP_INTENT, 1);
    note(job, "leaf ends");
    return e;
}

static enum err branch(struct job *job, void *arg)
{
    char path[4][32];
    struct branch two[] = {{.name = "l", .fn = leaf, .arg = path[2]},
                           {.name = "r", .fn = leaf, .arg = path[3]}};
    int64_t now;
    enum err e;
    for (int i = 0; i < 2; i++)
        snprintf(path[i], 32, "%s.%d", (const char *)arg, i == 0 ? 1 : 4);
    for (int i = 0; i < 2; i++)
        snprintf(path[2 + i], 32, "%s.3.%d", (const char *)arg, i + 1);
    e = call(job, path[0], STEP_INTENT, 2);
    if (!e)
        e = job_clock(job, &now);
    if (!e)
        e = job_all(job, "nested", two, 2);
    return e ? e : call(job, path[1], 0, 1);
}

static enum err slow_branch(struct job *job, void *arg)
{
    return call(job, arg, STEP_INTENT, 100000);
}

static enum err run_campaign(struct job *job, void *context, struct json_object *input)
{
    struct branch all[] = {{.name = "a", .fn = branch, .arg = (void *)"2.1"},
                           {.name = "b", .fn = branch, .arg = (void *)"2.2"},
                           {.name = "c", .fn = branch, .arg = (void *)"2.3"}};
    struct branch any[] = {{.name = "slow", .fn = slow_branch, .arg = (void *)"4.1.1"},
                           {.name = "quick", .fn = leaf, .arg = (void *)"4.2"}};
    size_t won = 9;
    enum err e;
    (void)context;
    (void)input;
    note(job, "begin");
    e = call(job, "1", STEP_LAZY, 0);
    if (!e)
        e = job_all(job, "candidates", all, 3);
    if (!e)
        e = call(job, "3", STEP_INTENT, 3);
    if (!e)
        e = job_any(job, "race", any, 2, &won);
    if (!e && won != 1)
        e = ERR_CORRUPT;
    if (!e && call(job, "5", 0, 1) != ERR_HTTP_SERVER)
        e = ERR_CORRUPT;
    note(job, "end");
    if (!e)
        e = call(job, "6", 0, 1);
    return e ? e : job_result(job, "{\"fine\":true}");
}

static const struct job_kind campaign = {"campaign", 1, run_campaign};
static const struct job_kind *const kinds[] = {&campaign, NULL};

static void count_done(void *arg, const struct event *ev)
{
    (void)arg;
    log_line("V %d %lld %lld\n", life, (long long)ev->seq, (long long)ev->job);
}

static enum err run_jobs(void *arg)
{
    struct session *s = arg;
    struct jobs_options options = {
        .kinds = kinds, .context = s, .width = WIDTH, .on_event = count_done, .arg = s};
    int running = 1, queued = 0;
    enum err e = store_open(s->sched, s->path, &s->store, &s->info);
    if (!e)
        e = jobs_open(s->sched, s->store, &options, &s->jobs, &s->info);
    if (!e && write(STDOUT_FILENO, "x", 1) != 1)
        e = ERR_IO;
    for (int i = 0; !e && i < JOBS; i++) {
        char key[16];
        int64_t id;
        snprintf(key, sizeof key, "k%d", i);
        e = session_submit(s, "campaign", key, &id);
        if (!e && id != i + 1)
            e = ERR_CORRUPT;
    }
    while (!e && (running || queued)) {
        e = fiber_sleep(2);
        jobs_count(s->jobs, &running, &queued);
    }
    if (s->jobs)
        jobs_close(s->jobs);
    if (s->store)
        store_close(s->store);
    s->result = e;
    return e;
}

static int victim(const char *folder, int number)
{
    static struct session s;
    char path[160];
    life = number;
    snprintf(s.path, sizeof s.path, "%s/store.db", folder);
    snprintf(path, sizeof path, "%s/log", folder);
    log_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    uv_loop_init(&s.loop);
    s.sched = sched_new(&s.loop);
    fiber_detach(fiber_spawn(s.sched, "victim", run_jobs, &s), NULL, NULL);
    sched_run(s.sched);
    sched_close(s.sched);
    uv_run(&s.loop, UV_RUN_DEFAULT);
    if (uv_loop_close(&s.loop))
        return 3;
    if (s.result)
        fprintf(stderr, "victim: %s %s\n", err_name(s.result), s.info.message);
    return s.result ? 2 : 0;
}

/* ---- the judge ---- */

static unsigned dice = 12345;

static unsigned roll(unsigned n)
{
    dice = dice * 1103515245u + 12345u;
    return (dice >> 8) % n;
}

struct done_row {
    int64_t job;
    char path[48];
};
struct done_rows {
    struct done_row row[PATHS_MAX];
    int count;
};
static struct done_rows done_rows;

static void nap(int ms)
{
    poll(NULL, 0, ms);
}

/* One life: true when it ran to its end. `after` < 0: not killed. */
static bool live(const char *folder, int number, int after, bool wait_open, int *status)
{
    extern char **environ;
    char text[16], byte;
    char *argv[] = {(char *)"test_kill", (char *)"victim", (char *)(uintptr_t)folder, text, NULL};
    posix_spawn_file_actions_t actions;
    struct pollfd p;
    int pipe_fd[2];
    pid_t pid = 0;
    snprintf(text, sizeof text, "%d", number);
    assert_int_equal(pipe(pipe_fd), 0);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, pipe_fd[1], STDOUT_FILENO);
    posix_spawn_file_actions_addclose(&actions, pipe_fd[0]);
    assert_int_equal(posix_spawn(&pid, "/proc/self/exe", &actions, NULL, argv, environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    close(pipe_fd[1]);
    if (after >= 0) {
        p = (struct pollfd){.fd = pipe_fd[0], .events = POLLIN};
        if (wait_open && poll(&p, 1, -1) == 1 && read(pipe_fd[0], &byte, 1) < 0)
            abort();
        nap(after);
        kill(pid, SIGKILL);
    }
    assert_int_equal(waitpid(pid, status, 0), pid);
    close(pipe_fd[0]);
    return WIFEXITED(*status);
}

static sqlite3 *open_db(const char *folder)
{
    char path[160];
    sqlite3 *db;
    snprintf(path, sizeof path, "%s/store.db", folder);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    return db;
}

static int number_of(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *st;
    int n;
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &st, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(st), SQLITE_ROW);
    n = sqlite3_column_int(st, 0);
    sqlite3_finalize(st);
    return n;
}

static bool is_done(const struct done_rows *rows, int64_t job, const char *path)
{
    for (int i = 0; i < rows->count; i++)
        if (rows->row[i].job == job && strcmp(rows->row[i].path, path) == 0)
            return true;
    return false;
}

/* Reads what the last life logged, against the journal as it was before and is after. */
static void judge_life(FILE *log, const struct done_rows *before, const struct done_rows *after,
                       int64_t *last_seq, int *repeated)
{
    static struct done_rows begun;
    char line[128], path[48];
    int number;
    long long a, b;
    begun.count = 0;
    while (fgets(line, sizeof line, log)) {
        if (sscanf(line, "V %d %lld %lld", &number, &a, &b) == 3) {
            assert_true(a > *last_seq); /* each event once, in order */
            *last_seq = a;
        } else if (sscanf(line, "E %d %lld %47s", &number, &a, path) == 3) {
            assert_false(is_done(before, a, path)); /* its result was journaled */
            assert_false(is_done(&begun, a, path)); /* at most once a life */
            begun.row[begun.count].job = a;
            snprintf(begun.row[begun.count++].path, 48, "%s", path);
            *repeated += !is_done(after, a, path);
        } else if (sscanf(line, "A %d %lld %47s", &number, &a, path) == 3) {
            assert_true(is_done(after, a, path)); /* acknowledged: durable */
        }
    }
    clearerr(log);
}

static void read_done(const char *folder, struct done_rows *out)
{
    sqlite3 *db = open_db(folder);
    sqlite3_stmt *st;
    out->count = 0;
    if (sqlite3_prepare_v2(db, "SELECT job,path FROM step WHERE state=1", -1, &st, NULL) ==
        SQLITE_OK) {
        while (sqlite3_step(st) == SQLITE_ROW && out->count < PATHS_MAX) {
            out->row[out->count].job = sqlite3_column_int64(st, 0);
            snprintf(out->row[out->count++].path, 48, "%s",
                     (const char *)sqlite3_column_text(st, 1));
        }
    }
    sqlite3_finalize(st);
    sqlite3_close(db);
}

/* All that a run leaves, but for times, starts and the order among parallel parts. */
static void digest(const char *folder, struct buf *out)
{
    static const char *const queries[] = {
        "SELECT job||' '||path||' '||n||' '||type||' '||json_remove(body,'$.ms') FROM event"
        " WHERE path<>'0' OR n=0 ORDER BY job,path,n",
        "SELECT id||' '||state||' '||status||' '||result FROM job ORDER BY id",
        "SELECT job||' '||path||' '||name||' '||input||' '||err||' '||coalesce(message,'')||' '||"
        " CASE name WHEN 'clock' THEN '' ELSE CAST(value AS TEXT) END"
        " FROM step WHERE state=1 ORDER BY job,path"};
    sqlite3 *db = open_db(folder);
    buf_clear(out);
    for (int i = 0; i < 3; i++) {
        sqlite3_stmt *st;
        assert_int_equal(sqlite3_prepare_v2(db, queries[i], -1, &st, NULL), SQLITE_OK);
        while (sqlite3_step(st) == SQLITE_ROW)
            assert_int_equal(buf_addf(out, "%s\n", (const char *)sqlite3_column_text(st, 0)),
                             ERR_OK);
        sqlite3_finalize(st);
    }
    assert_int_equal(number_of(db, "SELECT count(*) FROM job WHERE state=2"), JOBS);
    assert_int_equal(number_of(db, "SELECT count(*) FROM event WHERE path='end'"), JOBS);
    /* on the graph each step that was done ends once, and what has begun ends */
    assert_int_equal(number_of(db, "SELECT count(*) FROM step s WHERE state=1 AND name<>'clock' AND"
                                   " 1<>(SELECT count(*) FROM event e WHERE e.job=s.job AND"
                                   " type IN(" STEP_ENDS ") AND body->>'path'=s.path)"),
                     0);
    assert_int_equal(number_of(db, "SELECT count(*) FROM event b WHERE type IN(" STEP_BEGINS ") AND"
                                   " 1<>(SELECT count(*) FROM event e WHERE e.job=b.job AND"
                                   " type IN(" STEP_ENDS ") AND e.path=b.path)"),
                     0);
    sqlite3_close(db);
}

static void remove_folder(char *folder)
{
    nftw(folder, session_remove, 8, FTW_DEPTH | FTW_PHYS);
}

static void reference(struct buf *want)
{
    char folder[] = "/tmp/dise-kill-XXXXXX";
    int status;
    assert_non_null(mkdtemp(folder));
    assert_true(live(folder, 0, -1, false, &status));
    assert_int_equal(WEXITSTATUS(status), 0);
    digest(folder, want);
    remove_folder(folder);
}

/* One folder: killed until its jobs are done. Returns the kills. */
static int round_of_kills(const struct buf *want, int limit, int *repeated)
{
    static struct done_rows before;
    char folder[] = "/tmp/dise-kill-XXXXXX", path[64];
    int kills = 0, status = 0;
    bool ended = false;
    int64_t last_seq = 0;
    FILE *log;
    struct buf got;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/log", folder);
    close(open(path, O_WRONLY | O_CREAT, 0600));
    log = fopen(path, "r");
    done_rows.count = 0;
    for (int number = 1; !ended; number++) {
        int after = kills < limit ? (int)roll(30) : -1;
        ended = live(folder, number, after, roll(5) > 0, &status);
        kills += !ended;
        before = done_rows;
        read_done(folder, &done_rows);
        judge_life(log, &before, &done_rows, &last_seq, repeated);
    }
    assert_int_equal(WEXITSTATUS(status), 0);
    fclose(log);
    buf_init(&got, 8 << 20);
    digest(folder, &got);
    assert_string_equal(got.data, want->data);
    buf_fini(&got);
    remove_folder(folder);
    return kills;
}

static void nothing_is_lost_or_done_twice(void **state)
{
    const char *text = getenv("DISE_KILLS");
    int goal = text ? atoi(text) : 10, kills = 0, repeated = 0, rounds = 0;
    struct buf want;
    (void)state;
    buf_init(&want, 8 << 20);
    reference(&want);
    while (kills < goal) {
        kills += round_of_kills(&want, goal - kills, &repeated);
        rounds++;
    }
    printf("%d kills in %d rounds of %d jobs; %d calls were cut or begun without a result\n", kills,
           rounds, JOBS, repeated);
    buf_fini(&want);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(nothing_is_lost_or_done_twice)};
    if (argc == 4 && strcmp(argv[1], "victim") == 0)
        return victim(argv[2], atoi(argv[3]));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
