/* The store and the jobs above it when the disk fails them: full, broken writes, damaged files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <fcntl.h>
#include <glob.h>

#include "../faulty_disk.h"
#include "../jobs_fixture.h"

/* ---- jobs over it ---- */

static int effects;

static enum err one_effect(struct step *step, void *arg, struct buf *out)
{
    struct event ev = {.type = EVENT_JOB_NOTE};
    (void)arg;
    effects++;
    ev.u.job_note.text = "effect";
    step_emit(step, &ev);
    return buf_adds(out, "result");
}

static enum err run_steps(struct job *job, void *context, struct json_object *input)
{
    struct step_desc d = {.name = "a", .run = one_effect};
    struct event ev = {.type = EVENT_JOB_NOTE};
    int64_t now;
    enum err e = job_clock(job, &now);
    (void)context;
    (void)input;
    for (int i = 0; !e && i < 3; i++) {
        ev.u.job_note.text = "between";
        job_emit(job, &ev);
        if (i == 1) /* long enough for the event to be committed alone */
            e = fiber_sleep(8);
        d.flags = i == 2 ? STEP_INTENT : 0;
        if (!e)
            e = job_step(job, &d, NULL, NULL);
    }
    return e;
}

static const struct job_kind steps = {"steps", 1, run_steps};
static const struct job_kind *const kinds[] = {&steps, NULL};
static struct session s;
static int accepted;

static enum err idle(struct session *session)
{
    int running = 1, queued = 0;
    enum err e = ERR_OK;
    while (!e && (running || queued)) {
        jobs_count(session->jobs, &running, &queued);
        e = fiber_sleep(1);
    }
    return e;
}

/* Counts from the first failure on: on a busy machine the jobs may take long to come to it. */
static enum err disarm(void *arg)
{
    const int before = fired;
    enum err e = ERR_OK;
    (void)arg;
    while (!e && fired == before)
        e = fiber_sleep(1);
    if (!e)
        e = fiber_sleep(50);
    armed = 0;
    return e;
}

/* Two jobs while the disk fails; then the disk is well again. */
static enum err submit_two(struct session *session)
{
    int64_t id;
    struct fiber *healer = fiber_spawn(session->sched, "healer", disarm, NULL);
    enum err e;
    armed = 1;
    for (int i = 0; i < 2; i++)
        if (session_submit(session, "steps", NULL, &id) == ERR_OK)
            accepted++;
    e = idle(session);
    fiber_cancel(healer);
    if (fiber_join(healer, NULL))
        e = ERR_INTERNAL;
    return e;
}

/* What ended well has its whole stream. */
static void check_solved(void)
{
    for (int i = 0; i < s.count; i++) {
        int64_t job = s.seen[i].job;
        if (s.seen[i].type != EVENT_JOB_DONE || strcmp(s.seen[i].text, "solved") != 0)
            continue;
        assert_int_equal(session_count(&s, job, EVENT_JOB_CREATED, NULL), 1);
        assert_int_equal(session_count(&s, job, EVENT_JOB_NOTE, "between"), 3);
        assert_int_equal(session_count(&s, job, EVENT_JOB_NOTE, "effect"), 3);
    }
}

static void every_accepted_job_ends_once_whatever_write_fails(void **state)
{
    static const int codes[] = {SQLITE_FULL, SQLITE_IOERR_WRITE};
    static const int spans[] = {1, 1000000};
    (void)state;
    for (int way = 0; way < 4; way++)
        for (int n = 1; n < (way < 2 ? 120 : 40); n += way ? 7 : 2) {
            session_init(&s, kinds);
            calls = 0;
            accepted = effects = 0;
            fail_with = codes[way & 1];
            fail_from = n;
            fail_to = n + spans[way >> 1];
            assert_int_equal(session_run(&s, submit_two), ERR_OK);
            armed = 0;
            assert_int_equal(s.loop_close, 0);
            assert_int_equal(session_count(&s, 0, EVENT_JOB_DONE, NULL), accepted);
            assert_int_equal(session_run(&s, idle), ERR_OK);
            assert_int_equal(session_count(&s, 0, EVENT_JOB_DONE, NULL), accepted);
            check_solved();
            assert_true(session_count(&s, 0, EVENT_JOB_NOTE, "effect") <= effects);
            session_fini(&s);
        }
    assert_true(fired > 50); /* the faults were met */
}

/* ---- a coordinator over it ---- */

enum { CHILDREN = 3 };

static int directed; /* runs of the coordinator's function */

/* As a batch does: the same key until the child is there. */
static enum err begin_child(struct step *step, void *arg, struct buf *out)
{
    struct job *job = step_job(step);
    char key[32];
    struct submission given = {.kind = "steps", .key = key, .parent = job_id(job)};
    struct err_info info;
    int64_t id = 0;
    enum err e;
    snprintf(key, sizeof key, "d/%d", *(const int *)arg);
    while ((e = jobs_submit_as(job_jobs(job), &given, &id, &info)) != ERR_OK)
        if (fiber_sleep(5))
            return ERR_CANCELLED;
    return buf_addf(out, "%lld", (long long)id);
}

static enum err read_state(sqlite3 *db, void *arg, struct err_info *info)
{
    int64_t *it = arg;
    sqlite3_stmt *st;
    enum err e = store_prepare(db, info, &st, "SELECT state FROM job WHERE id=?", "i", it[0]);
    if (!e && sqlite3_step(st) == SQLITE_ROW)
        it[1] = sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    return e;
}

static enum err await_child(struct step *step, void *arg, struct buf *out)
{
    int64_t it[2] = {*(const int64_t *)arg, JOB_QUEUED};
    enum err e = ERR_OK;
    (void)out;
    while (!e && it[1] != JOB_DONE) {
        e = store_read(s.store, read_state, it, NULL);
        if (!e && it[1] != JOB_DONE)
            e = job_bell(step_job(step), 20);
    }
    return e;
}

static enum err run_director(struct job *job, void *context, struct json_object *input)
{
    struct buf text;
    int64_t id;
    enum err e = ERR_OK;
    (void)context;
    (void)input;
    directed++;
    buf_init(&text, 64);
    for (int i = 0; !e && i < CHILDREN; i++) {
        struct step_desc begin = {.name = "begin",
                                  .flags = STEP_LAZY,
                                  .run = begin_child,
                                  .arg = &i},
                         await = {
                             .name = "await", .flags = STEP_LAZY, .run = await_child, .arg = &id};
        buf_clear(&text);
        e = job_step(job, &begin, &text, NULL);
        id = e ? 0 : strtoll(text.data, NULL, 10);
        if (!e)
            e = job_step(job, &await, NULL, NULL);
    }
    buf_fini(&text);
    return e;
}

static const struct job_kind director = {"director", 1, run_director};
static const struct job_kind *const directing[] = {&director, &steps, NULL};

static enum err submit_director(struct session *session)
{
    int64_t id;
    struct fiber *healer = fiber_spawn(session->sched, "healer", disarm, NULL);
    enum err e;
    armed = 1;
    accepted = session_submit(session, "director", "d", &id) == ERR_OK;
    e = idle(session);
    fiber_cancel(healer);
    if (fiber_join(healer, NULL))
        armed = 0;
    return e;
}

static void check_directed(void)
{
    int64_t children = 0;
    for (int i = 0; i < s.count; i++)
        if (s.seen[i].type == EVENT_JOB_CREATED)
            children++;
    assert_int_equal(children, 1 + CHILDREN);
    assert_int_equal(session_count(&s, 0, EVENT_JOB_DONE, NULL), 1 + CHILDREN);
    for (int i = 0; i < s.count; i++)
        if (s.seen[i].type == EVENT_JOB_DONE && s.seen[i].job == 1)
            assert_string_equal(s.seen[i].text, "solved");
}

static void a_coordinator_that_lost_a_row_is_run_again_out_of_the_store(void **state)
{
    int again = 0;
    (void)state;
    for (int n = 2; n < 40 && again < 5; n++) {
        session_init(&s, directing);
        s.coordinator = &director;
        calls = directed = 0;
        fail_with = SQLITE_FULL;
        fail_from = n;
        fail_to = n + (n % 2 ? 2 : 1000000);
        assert_int_equal(session_run(&s, submit_director), ERR_OK);
        armed = 0;
        again += directed > 1;
        if (accepted)
            check_directed();
        session_fini(&s);
    }
    assert_true(again > 0); /* rows were lost */
}

/* ---- groups ---- */

struct row {
    const char *text;
    enum err fail;
    enum err outcome;
};

static enum err add_row(sqlite3 *db, void *arg, struct err_info *info)
{
    struct row *r = arg;
    enum err e = store_exec(db, info,
                            "INSERT INTO artifact(kind,name,task,task_hash,solved,model,"
                            "created,body) VALUES('','','','',0,'',0,?)",
                            "t", r->text);
    return e ? e : r->fail;
}

static void keep_outcome(void *arg, enum err result)
{
    ((struct row *)arg)->outcome = result;
}

static enum err count_rows(sqlite3 *db, void *arg, struct err_info *info)
{
    sqlite3_stmt *st;
    enum err e = store_prepare(db, info, &st, "SELECT count(*) FROM artifact", "");
    if (e)
        return e;
    *(int *)arg = sqlite3_step(st) == SQLITE_ROW ? sqlite3_column_int(st, 0) : -1;
    sqlite3_finalize(st);
    return ERR_OK;
}

static enum err limit_pages(sqlite3 *db, void *arg, struct err_info *info)
{
    char sql[64];
    (void)info;
    snprintf(sql, sizeof sql, "PRAGMA max_page_count=%d", *(int *)arg);
    return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK ? ERR_OK : ERR_INTERNAL;
}

static struct row rows[3];
static int row_count[2];

static enum err one_bad_row(struct session *session)
{
    enum err e = ERR_OK;
    for (int i = 0; !e && i < 2; i++)
        e = store_post(session->store, STORE_LAZY, add_row, &rows[i], keep_outcome);
    if (!e)
        rows[2].outcome = store_write(session->store, add_row, &rows[2], &session->info);
    return e ? e : store_read(session->store, count_rows, &row_count[0], NULL);
}

/* One after the other, each in a transaction of its own. */
static enum err one_bad_row_alone(struct session *session)
{
    struct err_info info = {0};
    for (int i = 0; i < 3; i++)
        rows[i].outcome = store_write(session->store, add_row, &rows[i], &info);
    return store_read(session->store, count_rows, &row_count[0], NULL);
}

static void a_request_that_fails_alone_leaves_nothing(void **state)
{
    (void)state;
    session_init(&s, NULL);
    for (int i = 0; i < 3; i++)
        rows[i] = (struct row){"x", i == 1 ? ERR_INPUT : ERR_OK, ERR_INTERNAL};
    assert_int_equal(session_run(&s, one_bad_row_alone), ERR_OK);
    assert_int_equal(rows[0].outcome, ERR_OK);
    assert_int_equal(rows[1].outcome, ERR_INPUT);
    assert_int_equal(rows[2].outcome, ERR_OK);
    assert_int_equal(row_count[0], 2);
    session_fini(&s);
}

static void a_failed_request_takes_no_neighbour_with_it(void **state)
{
    (void)state;
    session_init(&s, NULL);
    for (int i = 0; i < 3; i++)
        rows[i] = (struct row){"x", i == 1 ? ERR_INPUT : ERR_OK, ERR_INTERNAL};
    assert_int_equal(session_run(&s, one_bad_row), ERR_OK);
    assert_int_equal(rows[0].outcome, ERR_OK);
    assert_int_equal(rows[1].outcome, ERR_INPUT);
    assert_int_equal(rows[2].outcome, ERR_OK);
    assert_int_equal(row_count[0], 2);
    session_fini(&s);
}

static enum err full_disk(struct session *session)
{
    static char large[1 << 20];
    struct row big = {large, ERR_OK, ERR_OK}, small = {"small", ERR_OK, ERR_OK};
    int pages = 40;
    enum err e = store_write(session->store, limit_pages, &pages, NULL);
    memset(large, 'x', sizeof large - 1);
    rows[0].outcome = store_write(session->store, add_row, &big, &session->info);
    rows[1].outcome = store_write(session->store, add_row, &small, NULL);
    pages = 1 << 20;
    if (!e)
        e = store_write(session->store, limit_pages, &pages, NULL);
    rows[2].outcome = store_write(session->store, add_row, &big, NULL);
    return e ? e : store_read(session->store, count_rows, &row_count[0], NULL);
}

static void a_full_disk_fails_the_write_and_nothing_else(void **state)
{
    (void)state;
    session_init(&s, NULL);
    assert_int_equal(session_run(&s, full_disk), ERR_OK);
    assert_int_equal(rows[0].outcome, ERR_NOSPACE);
    assert_int_equal(rows[1].outcome, ERR_OK);
    assert_int_equal(rows[2].outcome, ERR_OK);
    assert_int_equal(row_count[0], 2);
    session_fini(&s);
}

/* ---- damaged files ---- */

static void overwrite(const char *path, size_t at, size_t n)
{
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    char noise[512];
    memset(noise, 0xa5, sizeof noise);
    for (size_t i = 0; fd >= 0 && i < n; i += sizeof noise)
        if (pwrite(fd, noise, sizeof noise, (off_t)(at + i)) < 0)
            break;
    close(fd);
}

static int moved_aside(void)
{
    char pattern[160];
    glob_t found;
    int n;
    snprintf(pattern, sizeof pattern, "%s.corrupt-*", s.path);
    n = glob(pattern, 0, NULL, &found) == 0 ? (int)found.gl_pathc : 0;
    globfree(&found);
    return n;
}

static enum err add_and_count(struct session *session)
{
    struct row r = {"x", ERR_OK, ERR_OK};
    enum err e = store_write(session->store, add_row, &r, NULL);
    return e ? e : store_read(session->store, count_rows, &row_count[0], NULL);
}

static void a_damaged_database_is_moved_aside_and_said(void **state)
{
    (void)state;
    for (size_t at = 0; at < 3; at++) {
        session_init(&s, NULL);
        if (at)
            assert_int_equal(session_run(&s, add_and_count), ERR_OK);
        if (at == 2) { /* a log that was left asks for a check; this one has no valid frame */
            char wal[160];
            snprintf(wal, sizeof wal, "%s-wal", s.path);
            overwrite(wal, 0, 512);
        }
        overwrite(s.path, at == 2 ? 4096 : 0, 8192);
        memset(&s.info, 0, sizeof s.info);
        assert_int_equal(session_run(&s, add_and_count), ERR_OK);
        assert_int_equal(s.opened, ERR_CORRUPT);
        assert_non_null(strstr(s.info.message, ".corrupt-"));
        assert_true(moved_aside() >= 1);
        assert_int_equal(row_count[0], 1);
        assert_int_equal(s.loop_close, 0);
        session_fini(&s);
    }
}

static enum err make_newer(sqlite3 *db, void *arg, struct err_info *info)
{
    (void)arg;
    (void)info;
    return sqlite3_exec(db, "PRAGMA user_version=999", NULL, NULL, NULL) ? ERR_INTERNAL : ERR_OK;
}

static enum err become_newer(struct session *session)
{
    return store_write(session->store, make_newer, NULL, NULL);
}

static void a_newer_database_is_refused_and_left_alone(void **state)
{
    (void)state;
    session_init(&s, NULL);
    assert_int_equal(session_run(&s, become_newer), ERR_OK);
    assert_int_equal(session_run(&s, add_and_count), ERR_VERSION);
    assert_int_equal(moved_aside(), 0);
    assert_int_equal(s.loop_close, 0);
    session_fini(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failed_request_takes_no_neighbour_with_it),
        cmocka_unit_test(a_request_that_fails_alone_leaves_nothing),
        cmocka_unit_test(a_full_disk_fails_the_write_and_nothing_else),
        cmocka_unit_test(a_damaged_database_is_moved_aside_and_said),
        cmocka_unit_test(a_newer_database_is_refused_and_left_alone),
        cmocka_unit_test(every_accepted_job_ends_once_whatever_write_fails),
        cmocka_unit_test(a_coordinator_that_lost_a_row_is_run_again_out_of_the_store),
    };
    install_faults();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
