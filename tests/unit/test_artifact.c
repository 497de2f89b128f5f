/* Artifacts in a database of their own: pages, filters, tombstones, uses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/store/artifact.h"

static sqlite3 *db;

static char code[4000]; /* a row is as wide as a real one */

static void keep(const char *kind, const char *name, const char *task, bool solved, int64_t created)
{
    struct json_object *o = json_object_new_object();
    char id[24];
    json_add_str(o, "kind", kind);
    json_add_str(o, "name", name);
    json_add_str(o, "task", task);
    json_add_str(o, "task_hash", task);
    json_add_bool(o, "solved", solved);
    json_add_i64(o, "created", created);
    json_add_str(o, "code", code);
    assert_int_equal(artifact_insert(db, o, id, NULL), ERR_OK);
    json_object_put(o);
}

static int open_database(void **state)
{
    (void)state;
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    assert_int_equal(store_migrate(db, NULL), ERR_OK);
    keep("function", "make_slug", "make a slug of a title", true, 1000);
    keep("function", "parse_date", "Read a date like 12.10.", false, 2000);
    keep("workflow", "slug_flow", "make a slug of a title", true, 3000);
    keep("function", "primes", "the prime numbers below n", true, 4000);
    return 0;
}

static int close_database(void **state)
{
    (void)state;
    return sqlite3_close(db) != SQLITE_OK;
}

/* The ids of a page, each with a space behind it. */
static const char *page(struct artifact_filter f, bool *more)
{
    static char text[1024];
    struct json_object *list;
    bool unused;
    f.limit = f.limit ? f.limit : 10;
    assert_int_equal(artifact_list(db, &f, &list, more ? more : &unused), ERR_OK);
    text[0] = 0;
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        strcat(text, json_str(json_object_array_get_idx(list, i), "id", "?"));
        strcat(text, " ");
    }
    json_object_put(list);
    return text;
}

static int64_t counted(struct artifact_filter f)
{
    int64_t n = -1;
    assert_int_equal(artifact_count(db, &f, &n), ERR_OK);
    return n;
}

static void filters_are_combined(void **state)
{
    bool more;
    (void)state;
    assert_string_equal(page((struct artifact_filter){.solved = -1}, &more), "a4 a2 a1 ");
    assert_false(more);
    assert_string_equal(page((struct artifact_filter){.solved = -1, .limit = 2}, &more), "a4 a2 ");
    assert_true(more);
    assert_string_equal(page((struct artifact_filter){.solved = -1, .before = 3}, NULL), "a2 a1 ");
    assert_string_equal(page((struct artifact_filter){.solved = 0}, NULL), "a2 ");
    assert_string_equal(page((struct artifact_filter){.solved = 1, .since = 3000}, NULL), "a4 ");
    assert_int_equal(counted((struct artifact_filter){.solved = -1, .limit = 1, .before = 2}), 3);
    assert_int_equal(counted((struct artifact_filter){.solved = -1, .kind = "workflow"}), 1);
    assert_string_equal(page((struct artifact_filter){.solved = -1, .kind = "workflow"}, NULL),
                        "a3 ");
    assert_string_equal(page((struct artifact_filter){.solved = -1, .query = "SLUG ti"}, NULL),
                        "a1 ");
    assert_string_equal(page((struct artifact_filter){.solved = -1, .query = "prim"}, NULL), "a4 ");
    assert_string_equal(
        page((struct artifact_filter){.solved = -1, .query = "slug", .kind = "function"}, NULL),
        "a1 ");
    assert_string_equal(page((struct artifact_filter){.solved = -1, .query = "workflow"}, NULL),
                        "");
    assert_string_equal(page((struct artifact_filter){.solved = -1, .query = "\"*) OR 12.1"}, NULL),
                        "");
    assert_string_equal(page((struct artifact_filter){.solved = -1, .query = "12.10"}, NULL),
                        "a2 ");
}

static void what_is_put_aside_is_never_recalled(void **state)
{
    static const char hash[65] = "make a slug of a title";
    struct json_object *o;
    (void)state;
    assert_int_equal(artifact_find(db, hash, &o), ERR_OK);
    assert_string_equal(json_str(o, "id", ""), "a3");
    json_object_put(o);
    assert_int_equal(artifact_put_aside(db, 3, 77, NULL), ERR_OK);
    assert_int_equal(artifact_put_aside(db, 1, 77, NULL), ERR_OK);
    assert_int_equal(artifact_find(db, hash, &o), ERR_NOT_FOUND);
    assert_string_equal(page((struct artifact_filter){.solved = -1}, NULL), "a4 a2 ");
    assert_string_equal(page((struct artifact_filter){.solved = -1, .deleted = true}, NULL), "a1 ");
    assert_int_equal(artifact_get(db, "a3", &o, NULL), ERR_OK);
    assert_int_equal(json_i64(o, "deleted", 0), 77);
    json_object_put(o);
    assert_int_equal(artifact_put_aside(db, 1, 0, NULL), ERR_OK);
    assert_int_equal(artifact_find(db, hash, &o), ERR_OK);
    json_object_put(o);
    assert_int_equal(artifact_put_aside(db, 99, 0, NULL), ERR_NOT_FOUND);
}

static void tags_ratings_and_uses_are_kept(void **state)
{
    struct json_object *o, *tags = json_object_new_array();
    (void)state;
    json_object_array_add(tags, json_object_new_string("text"));
    json_object_array_add(tags, json_object_new_string("good"));
    assert_int_equal(artifact_tag(db, 2, tags, NULL), ERR_OK);
    assert_int_equal(artifact_tag(db, 4, tags, NULL), ERR_OK);
    assert_int_equal(artifact_tag(db, 9, tags, NULL), ERR_NOT_FOUND);
    json_object_put(tags);
    tags = json_object_new_array();
    assert_int_equal(artifact_tag(db, 4, tags, NULL), ERR_OK);
    json_object_put(tags);
    assert_string_equal(page((struct artifact_filter){.solved = -1, .tag = "good"}, NULL), "a2 ");
    assert_string_equal(
        page((struct artifact_filter){.solved = -1, .tag = "good", .query = "slug"}, NULL), "");
    assert_int_equal(artifact_rate(db, 2, 4, 600, NULL), ERR_OK);
    for (int i = 0; i < 3; i++)
        assert_int_equal(artifact_use(db, 2, i ? 7 : 6, 500, NULL), ERR_OK);
    assert_int_equal(artifact_get(db, "2", &o, NULL), ERR_OK);
    assert_int_equal(json_i64(o, "rating", 0), 4);
    assert_int_equal(json_i64(o, "uses", 0), 2);
    assert_int_equal(json_i64(o, "last_use", 0), 500);
    assert_int_equal(json_object_array_length(json_array(o, "tags")), 2);
    json_object_put(o);
}

static void uses_are_counted_by_day(void **state)
{
    static const int64_t day = 86400000, noon = 1700049600000; /* noon, so that no zone matters */
    static const int64_t ago[] = {0, 0, 3, 29, 30};
    struct json_object *days;
    (void)state;
    assert_int_equal(artifact_use_days(db, 2, noon, &days, NULL), ERR_OK);
    assert_int_equal(json_object_array_length(days), 0);
    json_object_put(days);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(store_exec(db, NULL,
                                    "INSERT INTO job(id,kind,version,title,input,state,created)"
                                    " VALUES(?,'task',1,'','{}',2,?)",
                                    "ii", (int64_t)(20 + i), noon - ago[i] * day),
                         ERR_OK);
        assert_int_equal(artifact_use(db, 2, 20 + i, noon, NULL), ERR_OK);
    }
    assert_int_equal(artifact_use_days(db, 2, noon, &days, NULL), ERR_OK);
    assert_int_equal(json_object_array_length(days), USE_DAYS);
    for (int i = 0; i < USE_DAYS; i++)
        assert_int_equal(json_object_get_int(json_object_array_get_idx(days, USE_DAYS - 1 - i)),
                         i == 0 ? 2 : i == 3 || i == 29);
    json_object_put(days);
}

/* ---- a store of years ---- */

static double page_ms(struct artifact_filter f)
{
    double best = 1e9;
    for (int i = 0; i < 5; i++) { /* the machine has other work too: the best counts */
        struct timespec a, b;
        clock_gettime(CLOCK_MONOTONIC, &a);
        page(f, NULL);
        clock_gettime(CLOCK_MONOTONIC, &b);
        double ms = (double)(b.tv_sec - a.tv_sec) * 1e3 + (double)(b.tv_nsec - a.tv_nsec) / 1e6;
        best = ms < best ? ms : best;
    }
    return best;
}

static void pages_of_many_take_milliseconds(void **state)
{
    static const struct {
        const char *what;
        struct artifact_filter f;
    } pages[] = {
        {"first page", {.solved = -1, .limit = 50}},
        {"in the middle", {.solved = -1, .limit = 50, .before = 10000}},
        {"solved", {.solved = 0, .limit = 50}},
        {"rare kind", {.solved = -1, .limit = 50, .kind = "rare"}},
        {"rare kind, solved", {.solved = 1, .limit = 50, .kind = "rare"}},
        {"since never", {.solved = -1, .limit = 50, .since = INT64_MAX}},
        {"common word", {.solved = -1, .limit = 50, .query = "task"}},
        {"common beginning", {.solved = -1, .limit = 50, .query = "t"}},
        {"rare word", {.solved = -1, .limit = 50, .query = "needle"}},
        {"common word, rare kind", {.solved = -1, .limit = 50, .query = "t", .kind = "rare"}},
        {"no such word", {.solved = -1, .limit = 50, .query = "xylophone"}},
        {"tag", {.solved = -1, .limit = 50, .tag = "good"}},
        {"put aside", {.solved = -1, .limit = 50, .deleted = true}},
    };
    const char *count = getenv("DISE_ARTIFACTS");
    int n = count ? atoi(count) : 2000;
    (void)state;
    memset(code, 'x', sizeof code - 1);
    assert_int_equal(sqlite3_exec(db, "BEGIN", NULL, NULL, NULL), SQLITE_OK);
    for (int i = 0; i < n; i++) {
        char name[64], task[128];
        snprintf(name, sizeof name, "function_%d", i);
        snprintf(task, sizeof task, "task number %d to turn this text into that %s", i,
                 i % (n / 10) ? "thing" : "needle");
        keep(i % (n / 20) ? "function" : "rare", name, task, i % 3, 5000 + i);
    }
    assert_int_equal(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        double ms = page_ms(pages[i].f);
        if (count)
            printf("%-24s %8.2f ms\n", pages[i].what, ms);
        assert_true(ms < 10 * (count ? 1 : 3)); /* sanitizers and a busy machine */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(filters_are_combined, open_database, close_database),
        cmocka_unit_test_setup_teardown(what_is_put_aside_is_never_recalled, open_database,
                                        close_database),
        cmocka_unit_test_setup_teardown(uses_are_counted_by_day, open_database, close_database),
        cmocka_unit_test_setup_teardown(tags_ratings_and_uses_are_kept, open_database,
                                        close_database),
        cmocka_unit_test_setup_teardown(pages_of_many_take_milliseconds, open_database,
                                        close_database),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
