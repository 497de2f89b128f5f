/* Rows that cannot be read are an error, never the end of the rows: each reader of the store with
 * each of its reads failing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "../faulty_disk.h"
#include "../jobs_fixture.h"
#include "core/job/job_internal.h"
#include "core/llm/spend.h"
#include "core/store/artifact_internal.h"
#include "core/store/import.h"
#include "core/store/tokenizer.h"

enum { ARTIFACTS = 150, JOBS = 3 };

static struct session s;

/* ---- what is kept ---- */

static enum err run_steps(struct job *job, void *context, struct json_object *input)
{
    int64_t now;
    enum err e = ERR_OK;
    (void)context;
    (void)input;
    for (int i = 0; !e && i < 60; i++)
        e = job_clock(job, &now);
    return e ? e : job_wait(job, "never", 0, NULL);
}

static const struct job_kind waits = {"waits", 1, run_steps};
static const struct job_kind *const kinds[] = {&waits, NULL};

static enum err add_artifacts(sqlite3 *db, void *arg, struct err_info *info)
{
    char id[24], text[300];
    enum err e = ERR_OK;
    (void)arg;
    for (int i = 0; !e && i < ARTIFACTS; i++) {
        struct json_object *o = json_object_new_object();
        memset(text, 'a' + i % 26, sizeof text - 1);
        text[sizeof text - 1] = 0;
        snprintf(id, sizeof id, "hash%d", i);
        json_add_str(o, "kind", "function");
        json_add_str(o, "name", id);
        json_add_str(o, "task", text);
        json_add_str(o, "task_hash", id);
        json_add_bool(o, "solved", true);
        json_add_str(o, "source", text);
        json_add_str(o, "model", "m");
        json_add_i64(o, "created", 1700000000000 + i);
        e = artifact_insert(db, o, id, info);
        if (!e && i % 3 == 0)
            e = store_exec(db, info, "UPDATE artifact SET deleted=5 WHERE id=?", "i",
                           (int64_t)i + 1);
        json_object_put(o);
    }
    return e;
}

static enum err fill(struct session *session)
{
    int64_t id;
    enum err e = store_write(session->store, add_artifacts, NULL, &session->info);
    for (int i = 0; !e && i < JOBS; i++)
        e = session_submit(session, "waits", NULL, &id);
    while (!e && session_count(session, 0, EVENT_STEP_BEGIN, NULL) < JOBS)
        e = fiber_sleep(1);
    return e ? e : fiber_sleep(20);
}

/* ---- the readers; each says how much there is ---- */

static enum err list_artifacts(sqlite3 *db, int64_t *n, struct err_info *info)
{
    const struct artifact_filter filter = {.limit = 1000, .before = INT64_MAX, .solved = -1};
    struct json_object *list = NULL;
    bool more;
    enum err e = artifact_list(db, &filter, &list, &more);
    (void)info;
    *n = e ? 0 : (int64_t)json_object_array_length(list);
    json_object_put(list);
    return e;
}

static enum err count_artifacts(sqlite3 *db, int64_t *n, struct err_info *info)
{
    const struct artifact_filter filter = {.limit = 10, .solved = -1};
    (void)info;
    return artifact_count(db, &filter, n);
}

static enum err export_all(sqlite3 *db, int64_t *n, struct err_info *info)
{
    struct export_page page = {.deleted = true, .bytes = 64 << 20};
    enum err e = export_page(db, &page, info);
    *n = (int64_t)json_object_array_length(page.list);
    json_object_put(page.list);
    return e;
}

static enum err count_garbage(sqlite3 *db, int64_t *n, struct err_info *info)
{
    struct gc_figures figures = {0};
    bool more;
    enum err e = artifact_gc(db, 10, true, &figures, &more, info);
    *n = figures.artifacts * 1000 + figures.contents;
    return e;
}

static enum err find_artifact(sqlite3 *db, int64_t *n, struct err_info *info)
{
    static const char hash[65] = "hash100";
    struct json_object *o = NULL;
    enum err e = artifact_find(db, hash, &o);
    (void)info;
    *n = (int64_t)strlen(json_str(o, "source", ""));
    json_object_put(o);
    return e;
}

static enum err list_versions(sqlite3 *db, int64_t *n, struct err_info *info)
{
    struct json_object *list = NULL;
    enum err e = artifact_versions(db, 100, &list, info);
    *n = e ? 0 : (int64_t)json_object_array_length(list);
    json_object_put(list);
    return e;
}

static enum err load_journal(sqlite3 *db, int64_t *n, struct err_info *info)
{
    struct journal journal = {0};
    struct journal_load load = {.job = 2, .out = &journal};
    enum err e = journal_load(db, &load, info);
    *n = (int64_t)journal.count;
    journal_free(&journal);
    return e;
}

static enum err sum_costs(sqlite3 *db, int64_t *n, struct err_info *info)
{
    struct cost cost;
    enum err e = cost_read(db, 2, &cost, info);
    *n = cost.calls;
    return e;
}

static const struct {
    const char *name;
    enum err (*read)(sqlite3 *db, int64_t *n, struct err_info *info);
    int64_t all;
} readers[] = {
    {"artifact_list", list_artifacts, ARTIFACTS - ARTIFACTS / 3},
    {"artifact_count", count_artifacts, ARTIFACTS - ARTIFACTS / 3},
    {"export_page", export_all, ARTIFACTS},
    {"artifact_gc", count_garbage, ARTIFACTS / 3 * 1000},
    {"artifact_find", find_artifact, 299},
    {"artifact_versions", list_versions, 1},
    {"journal_load", load_journal, 61},
    {"cost_read", sum_costs, 0},
};

static void no_reader_takes_a_failed_read_for_the_end(void **state)
{
    static const int codes[] = {SQLITE_IOERR_READ, SQLITE_CORRUPT};
    (void)state;
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++)
        for (int way = 0; way < 2; way++) {
            int failed = 0, met = 1;
            for (int n = 1; met; n++) {
                struct err_info info = {0};
                sqlite3 *db;
                int64_t found = 0;
                enum err e;
                assert_int_equal(sqlite3_open(s.path, &db), SQLITE_OK);
                assert_int_equal(tokenizer_register(db, &info), ERR_OK);
                calls = fired = 0;
                fail_with = codes[way];
                fail_from = n;
                fail_to = n + 1;
                reads = true;
                armed = 1;
                e = readers[i].read(db, &found, &info);
                armed = 0;
                reads = false;
                met = fired;
                failed += e != ERR_OK;
                if (!e && found != readers[i].all)
                    fail_msg("%s: read %d fails, and there are %lld of %lld", readers[i].name, n,
                             (long long)found, (long long)readers[i].all);
                if (e == ERR_NOT_FOUND)
                    fail_msg("%s: read %d fails, and there is nothing", readers[i].name, n);
                assert_int_equal(sqlite3_close(db), SQLITE_OK); /* no statement is left open */
            }
            assert_true(failed > 0);
        }
}

/* ---- a start ---- */

static int64_t steps, events;

static enum err count_rows(sqlite3 *db, void *arg, struct err_info *info)
{
    enum err e = artifact_int(db, &steps, info, "SELECT count(*) FROM step", "", 0);
    (void)arg;
    return e ? e : artifact_int(db, &events, info, "SELECT count(*) FROM event", "", 0);
}

static enum err look(struct session *session)
{
    return store_read(session->store, count_rows, NULL, &session->info);
}

static enum err nothing(struct session *session)
{
    (void)session;
    return ERR_OK;
}

/* Without the jobs, so that nothing is added. */
static void count_all(void)
{
    const struct job_kind *const *own = s.kinds;
    s.kinds = NULL;
    assert_int_equal(session_run(&s, look), ERR_OK);
    s.kinds = own;
}

static void a_start_that_cannot_read_loses_no_row(void **state)
{
    int met = 1, refused = 0;
    (void)state;
    count_all();
    for (int n = 1; met; n++) {
        const int64_t had = steps, told = events;
        calls = fired = 0;
        fail_with = SQLITE_IOERR_READ;
        fail_from = n;
        fail_to = n + 1;
        reads = true;
        armed = 1;
        refused += session_run(&s, nothing) != ERR_OK;
        armed = 0;
        reads = false;
        met = fired;
        if (s.opened == ERR_CORRUPT)
            fail_msg("read %d fails, and the database is put aside: %s", n, s.info.message);
        count_all();
        if (steps < had || events < told)
            fail_msg("read %d fails: %lld steps of %lld, %lld events of %lld are left", n,
                     (long long)steps, (long long)had, (long long)events, (long long)told);
    }
    assert_true(refused > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_reader_takes_a_failed_read_for_the_end),
        cmocka_unit_test(a_start_that_cannot_read_loses_no_row),
    };
    int failed = 1;
    install_faults();
    session_init(&s, kinds);
    if (session_run(&s, fill) == ERR_OK)
        failed = cmocka_run_group_tests(tests, NULL, NULL);
    else
        print_error("%s\n", s.info.message);
    session_fini(&s);
    return failed;
}
