/* Versions, content that stands once, lineage, tombstones and their end, and databases of before.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/store/artifact.h"

/* The number of the last migration before quality had a part for the code. */
enum { BEFORE_CODE_QUALITY = 11 };

static sqlite3 *db;
static char id[24];

static int64_t number(const char *sql)
{
    sqlite3_stmt *st;
    int64_t n;
    assert_int_equal(store_prepare(db, NULL, &st, sql, ""), ERR_OK);
    n = sqlite3_step(st) == SQLITE_ROW ? sqlite3_column_int64(st, 0) : -1;
    sqlite3_finalize(st);
    return n;
}

static struct json_object *program(const char *task, const char *source)
{
    struct json_object *o = json_object_new_object(), *checked = json_object_new_object();
    json_add_str(o, "kind", "function");
    json_add_str(o, "name", "f");
    json_add_str(o, "function", "f");
    json_add_str(o, "task", task);
    json_add_str(o, "task_hash", task);
    json_add_bool(o, "solved", true);
    json_add_str(o, "source", source);
    json_add_i64(checked, "examples_passed", 2);
    json_object_object_add(o, "checked", checked);
    json_add_i64(o, "created", 1000);
    json_add_str(o, "result", "42");
    return o;
}

static const char *keep(struct json_object *o)
{
    assert_int_equal(artifact_insert(db, o, id, NULL), ERR_OK);
    json_object_put(o);
    return id;
}

static struct json_object *get(const char *name)
{
    struct json_object *o;
    assert_int_equal(artifact_get(db, name, &o, NULL), ERR_OK);
    return o;
}

static const char *member(const char *name, const char *key)
{
    static char text[4][400];
    static int turn;
    struct json_object *o = get(name);
    char *out = text[turn++ % 4];
    snprintf(out, 400, "%s", json_object_get_string(json_get(o, key)));
    json_object_put(o);
    return out;
}

static const char *page(struct artifact_filter f)
{
    static char text[1024];
    struct json_object *list;
    bool more;
    f.limit = 50;
    assert_int_equal(artifact_list(db, &f, &list, &more), ERR_OK);
    text[0] = 0;
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        strcat(text, json_str(json_object_array_get_idx(list, i), "id", "?"));
        strcat(text, " ");
    }
    json_object_put(list);
    return text;
}

static int open_database(void **state)
{
    (void)state;
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    assert_int_equal(store_migrate(db, NULL), ERR_OK);
    return 0;
}

static int close_database(void **state)
{
    (void)state;
    return sqlite3_close(db) != SQLITE_OK;
}

static void new_solutions_are_versions(void **state)
{
    struct json_object *o;
    (void)state;
    keep(program("t", "def f(a):\n    return 1\n"));
    keep(program("t", "def f(a):\n    return 2\n"));
    keep(program("t", "def f(a, b=1):\n    return 2\n"));
    keep(program("t", "def f(a, b=1):\n    return 2\n"));
    keep(program("t", "def f(a, b):\n    return 2\n"));
    assert_string_equal(member("a1", "version"), "1.0.0");
    assert_string_equal(member("a2", "version"), "1.0.1");
    assert_string_equal(member("a3", "version"), "1.1.0");
    assert_string_equal(member("a3", "reason"), "the optional input b is new");
    assert_string_equal(member("a4", "version"), "1.1.0");
    assert_string_equal(member("a4", "reason"), "the same content again");
    assert_string_equal(member("a5", "version"), "2.0.0");
    assert_string_equal(member("a5", "breaking"), "the input b is needed now");
    assert_string_equal(member("a5", "chain"), "a1");
    /* another task, and a failed attempt at this one, are none */
    o = program("t", "def f(a):\n    return 9\n");
    json_add_bool(o, "solved", false);
    keep(o);
    keep(program("u", "def f(a):\n    return 1\n"));
    assert_string_equal(member("a6", "chain"), "a6");
    assert_string_equal(member("a7", "chain"), "a7");
    assert_string_equal(page((struct artifact_filter){.solved = -1}), "a7 a6 a5 ");
    assert_string_equal(page((struct artifact_filter){.solved = -1, .versions = true}),
                        "a7 a6 a5 a4 a3 a2 a1 ");
    /* each stays under its name */
    assert_string_equal(member("a2", "source"), "def f(a):\n    return 2\n");
    assert_string_equal(member("a2", "old"), "true");
    assert_int_equal(artifact_versions(db, 3, &o, NULL), ERR_OK);
    assert_int_equal(json_object_array_length(o), 5);
    assert_string_equal(json_str(json_object_array_get_idx(o, 0), "id", ""), "a5");
    json_object_put(o);
    assert_int_equal(artifact_versions(db, 99, &o, NULL), ERR_NOT_FOUND);
}

static void what_is_put_aside_gives_way_to_the_one_before(void **state)
{
    static const char hash[65] = "t";
    struct json_object *o;
    (void)state;
    keep(program("t", "def f(a):\n    return 1\n"));
    keep(program("t", "def f(a):\n    return 2\n"));
    assert_int_equal(artifact_put_aside(db, 2, 77, NULL), ERR_OK);
    assert_string_equal(page((struct artifact_filter){.solved = -1}), "a1 ");
    assert_int_equal(artifact_find(db, hash, &o), ERR_OK);
    assert_string_equal(json_str(o, "id", ""), "a1");
    json_object_put(o);
    assert_int_equal(artifact_put_aside(db, 2, 0, NULL), ERR_OK);
    assert_string_equal(page((struct artifact_filter){.solved = -1}), "a2 ");
}

static void the_same_content_stands_once(void **state)
{
    char large[2000];
    struct json_object *o, *prompts;
    int64_t contents;
    (void)state;
    memset(large, 'x', sizeof large - 1);
    large[sizeof large - 1] = 0;
    for (int i = 0; i < 3; i++) {
        char task[2] = {(char)('a' + i), 0};
        o = program(task, "def f(a):\n    return 1\n");
        prompts = json_object_new_object();
        json_add_str(prompts, "coder", large);
        json_object_object_add(o, "prompts", prompts);
        json_add_str(o, "text", large); /* a text, where the prompt is JSON */
        keep(o);
    }
    contents = number("SELECT count(*) FROM content");
    assert_int_equal(contents, 3);
    assert_int_equal(number("SELECT count(*) FROM artifact_part"), 9);
    assert_true(number("SELECT max(length(body)) FROM artifact") < 400);
    o = get("a2");
    assert_string_equal(json_str(json_object_of(o, "prompts"), "coder", ""), large);
    assert_string_equal(json_str(o, "text", ""), large);
    assert_string_equal(json_str(o, "source", ""), "def f(a):\n    return 1\n");
    json_object_put(o);
}

static void odd_contents_come_back_whole(void **state)
{
    struct json_object *o = program("z", "");
    (void)state;
    json_object_object_add(o, "source", json_object_new_string_len("a\0b", 3));
    json_object_object_add(o, "nothing", NULL);
    keep(o);
    o = get("a1");
    assert_int_equal(json_object_get_string_len(json_get(o, "source")), 3);
    assert_true(json_object_object_get_ex(o, "nothing", NULL));
    json_object_put(o);
    keep(program("y", ""));
    assert_string_equal(member("a2", "source"), "");
}

static void an_edit_is_a_version_that_nothing_has_checked(void **state)
{
    struct json_object *changes = json_object_new_object(), *o;
    static const char hash[65] = "t";
    (void)state;
    keep(program("t", "def f(a):\n    return 1\n"));
    json_add_str(changes, "source", "def f(a):\n    return 11\n");
    json_add_str(changes, "reason", "one more");
    assert_int_equal(artifact_revise(db, "a1", changes, 5000, id, NULL), ERR_OK);
    assert_string_equal(id, "a2");
    assert_string_equal(member("a2", "version"), "1.0.1");
    assert_string_equal(member("a2", "reason"), "one more");
    assert_string_equal(member("a2", "solved"), "false");
    assert_string_equal(member("a2", "task"), "t");
    o = get("a2");
    assert_null(json_get(o, "result"));
    json_object_put(o);
    assert_string_equal(page((struct artifact_filter){.solved = -1}), "a2 ");
    /* nobody is answered with it */
    assert_int_equal(artifact_find(db, hash, &o), ERR_OK);
    assert_string_equal(json_str(o, "id", ""), "a1");
    json_object_put(o);
    assert_int_equal(artifact_revise(db, "a9", changes, 5000, id, NULL), ERR_NOT_FOUND);
    json_object_put(changes);
}

static void rolling_back_makes_a_version(void **state)
{
    struct err_info info = {0};
    struct json_object *o;
    (void)state;
    keep(program("t", "def f(a):\n    return 1\n"));
    assert_int_equal(artifact_rollback(db, "a1", "", 9, id, &info), ERR_NOT_FOUND);
    assert_string_equal(info.message, "a1 has no earlier version");
    keep(program("t", "def f(a, b):\n    return 2\n"));
    assert_int_equal(artifact_rollback(db, "a1", "", 9000, id, &info), ERR_OK);
    assert_string_equal(id, "a3");
    assert_string_equal(member("a3", "version"), "3.0.0");
    assert_string_equal(member("a3", "reason"), "rolled back to 1.0.0 (a1)");
    assert_string_equal(member("a3", "breaking"), "the input b is gone");
    assert_string_equal(member("a3", "source"), "def f(a):\n    return 1\n");
    assert_string_equal(member("a3", "solved"), "true");
    assert_int_equal(number("SELECT count(*) FROM content WHERE length(bytes)<99"), 2);
    assert_int_equal(artifact_rollback(db, "a2", "2.0.0", 9000, id, &info), ERR_OK);
    assert_string_equal(member(id, "source"), "def f(a, b):\n    return 2\n");
    assert_int_equal(artifact_rollback(db, "a2", "a4", 9000, id, &info), ERR_EXISTS);
    assert_int_equal(artifact_rollback(db, "a2", "7.0.0", 9000, id, &info), ERR_NOT_FOUND);
    assert_string_equal(info.message, "a2 has no version 7.0.0; see dise rag versions a2");
    assert_int_equal(artifact_lineage(db, "a3", &o, NULL), ERR_OK);
    assert_int_equal(json_object_array_length(json_array(o, "derived_from")), 2);
    json_object_put(o);
}

static void differences_are_told(void **state)
{
    struct json_object *o, *changed;
    struct err_info info = {0};
    (void)state;
    keep(program("t", "def f(a):\n    return 1\n"));
    keep(program("t", "def f(a, b):\n    return 1\n"));
    assert_int_equal(artifact_diff(db, "a1", "a2", &o, NULL), ERR_OK);
    assert_string_equal(json_str(o, "diff", ""), "--- a1 1.0.0\n+++ a2 2.0.0\n@@ -1,2 +1,2 @@\n"
                                                 "-def f(a):\n+def f(a, b):\n     return 1\n");
    assert_string_equal(json_str(o, "bump", ""), "major");
    changed = json_object_of(o, "changed");
    assert_string_equal(json_str(json_object_of(changed, "version"), "to", ""), "2.0.0");
    assert_null(json_get(changed, "task"));
    assert_null(json_get(changed, "source"));
    json_object_put(o);
    assert_int_equal(artifact_diff(db, "a1", "a7", &o, &info), ERR_NOT_FOUND);
    assert_string_equal(info.message, "there is no artifact a7; see dise rag list");
}

static void lineage_is_kept_both_ways(void **state)
{
    struct json_object *o = program("u", "def f(a):\n    return 3\n"), *list, *one;
    (void)state;
    keep(program("t", "def f(a):\n    return 1\n"));
    list = json_object_new_array();
    one = json_object_new_object();
    json_add_str(one, "id", "a1");
    json_object_array_add(list, one);
    one = json_object_new_object();
    json_add_str(one, "id", "a1");
    json_add_bool(one, "tool", true);
    json_object_array_add(list, one);
    json_object_object_add(o, "adapted_from", list);
    json_add_i64(o, "job", 7);
    json_add_str(o, "step", "3.1");
    keep(o);
    assert_int_equal(artifact_lineage(db, "a1", &o, NULL), ERR_OK);
    list = json_array(o, "derivatives");
    assert_int_equal(json_object_array_length(list), 1);
    assert_string_equal(json_str(json_object_array_get_idx(list, 0), "how", ""), "adapted");
    json_object_put(o);
    assert_int_equal(artifact_put_aside(db, 1, 5, NULL), ERR_OK);
    assert_int_equal(artifact_lineage(db, "a2", &o, NULL), ERR_OK);
    assert_string_equal(json_str(o, "step", ""), "3.1");
    one = json_object_array_get_idx(json_array(o, "derived_from"), 0);
    assert_string_equal(json_str(one, "id", ""), "a1");
    assert_int_equal(json_i64(one, "deleted", 0), 5);
    json_object_put(o);
    assert_int_equal(artifact_lineage(db, "a9", &o, NULL), ERR_NOT_FOUND);
}

static void collect(int64_t before, bool dry, struct gc_figures *f)
{
    bool more = true;
    memset(f, 0, sizeof *f);
    while (more)
        assert_int_equal(artifact_gc(db, before, dry, f, &more, NULL), ERR_OK);
}

static void tombstones_go_when_they_are_old(void **state)
{
    struct gc_figures f;
    struct json_object *o;
    (void)state;
    keep(program("t", "def f(a):\n    return 1\n"));
    keep(program("u", "def f(a):\n    return 1\n"));
    keep(program("v", "def f(a):\n    return 3\n"));
    assert_int_equal(sqlite3_exec(db,
                                  "INSERT INTO embedding(artifact,model,seq,hash,dimensions)"
                                  " VALUES(1,'m',1,'x',9),(2,'m',3,'z',9),(3,'m',2,'y',9)",
                                  0, 0, 0),
                     0);
    assert_int_equal(artifact_put_aside(db, 1, 100, NULL), ERR_OK);
    assert_int_equal(artifact_put_aside(db, 3, 200, NULL), ERR_OK);
    collect(99, false, &f);
    assert_int_equal(f.artifacts, 0);
    collect(150, true, &f);
    assert_int_equal(f.artifacts, 1);
    assert_int_equal(f.contents, 0); /* a2 has it, too */
    assert_int_equal(f.embeddings, 1);
    collect(250, true, &f);
    assert_int_equal(f.artifacts, 2);
    assert_int_equal(f.contents, 1);
    assert_int_equal(f.bytes, 23);
    collect(250, false, &f);
    assert_int_equal(f.artifacts, 2);
    assert_int_equal(f.contents, 1);
    assert_int_equal(f.embeddings, 2);
    assert_int_equal(artifact_get(db, "a3", &o, NULL), ERR_NOT_FOUND);
    assert_string_equal(member("a2", "source"), "def f(a):\n    return 1\n");
    assert_string_equal(page((struct artifact_filter){.solved = -1, .query = "v"}), "");
    /* who has copies of the vectors is told */
    assert_int_equal(number("SELECT count(*) FROM embedding WHERE dimensions=-1"), 2);
    /* its number is given to nobody else */
    assert_string_equal(keep(program("w", "def f(a):\n    return 4\n")), "a4");
    assert_string_equal(page((struct artifact_filter){.solved = -1, .query = "w"}), "a4 ");
    assert_int_equal(number("SELECT count(*) FROM artifact_text WHERE artifact_text MATCH 'v'"), 0);
}

static void everything_is_put_aside_and_taken_back(void **state)
{
    int64_t count;
    (void)state;
    keep(program("t", "def f(a):\n    return 1\n"));
    keep(program("t", "def f(a):\n    return 2\n"));
    keep(program("u", "def f(a):\n    return 1\n"));
    assert_int_equal(artifact_put_all_aside(db, 100, &count, NULL), ERR_OK);
    assert_int_equal(count, 3);
    assert_string_equal(page((struct artifact_filter){.solved = -1}), "");
    assert_string_equal(page((struct artifact_filter){.solved = -1, .deleted = true}), "a3 a2 a1 ");
    assert_int_equal(artifact_put_all_aside(db, 0, &count, NULL), ERR_OK);
    assert_int_equal(count, 3);
    assert_string_equal(page((struct artifact_filter){.solved = -1}), "a3 a2 ");
}

static double quality(const char *name)
{
    struct json_object *o = get(name);
    double q = json_f64(o, "quality", -1);
    json_object_put(o);
    return q;
}

static void runs_and_verdicts_move_quality(void **state)
{
    double was;
    int64_t pruned;
    (void)state;
    keep(program("t", "def f(a):\n    return 1\n"));
    was = quality("a1");
    assert_true(was > 0.5 && was < 1);
    assert_int_equal(artifact_outcome(db, 1, 8, false, 100, 2000, NULL), ERR_OK);
    assert_true(quality("a1") < was);
    was = quality("a1");
    assert_int_equal(artifact_outcome(db, 1, 8, false, 100, 2000, NULL), ERR_OK); /* told again */
    assert_true(quality("a1") == was);
    assert_string_equal(member("a1", "bad"), "1");
    assert_int_equal(artifact_outcome(db, 1, 9, true, 100, 2000, NULL), ERR_OK);
    assert_true(quality("a1") > was);
    was = quality("a1");
    assert_string_equal(page((struct artifact_filter){.solved = -1, .quality = was - 0.01}), "a1 ");
    assert_string_equal(page((struct artifact_filter){.solved = -1, .quality = was + 0.01}), "");
    assert_int_equal(artifact_rate(db, 1, 1, 3000, NULL), ERR_OK);
    assert_true(quality("a1") < was);
    for (int job = 10; job < 60; job++)
        assert_int_equal(artifact_outcome(db, 1, job, false, 0, 2000, NULL), ERR_OK);
    assert_string_equal(member("a1", "stale"), "true");
    assert_int_equal(number("SELECT count(*) FROM artifact a WHERE " ARTIFACT_SEARCHED("a")), 0);
    assert_string_equal(page((struct artifact_filter){.solved = -1}), "a1 "); /* lists show it */
    keep(program("u", "def f(a):\n    return 1\n"));
    assert_int_equal(artifact_rate(db, 2, 1, 3000, NULL), ERR_OK);
    assert_int_equal(artifact_sweep(db, 4000, &pruned, NULL), ERR_OK);
    assert_int_equal(pruned, 0);
    assert_int_equal(artifact_sweep(db, 40LL * 24 * 3600 * 1000, &pruned, NULL), ERR_OK);
    assert_int_equal(pruned, 1);
    assert_int_equal(artifact_use(db, 2, 70, 40LL * 24 * 3600 * 1000, NULL), ERR_OK);
    assert_string_equal(member("a2", "stale"), "false");
}

/* A version loses its place by what it has shown itself, and gets it back the same way. */
static void a_version_that_fails_gives_way_to_a_better_one(void **state)
{
    static const char hash[65] = "t";
    struct json_object *o;
    (void)state;
    keep(program("t", "def f(a):\n    return 1\n"));
    for (int job = 1; job <= 10; job++)
        assert_int_equal(artifact_outcome(db, 1, job, true, 5, 1000, NULL), ERR_OK);
    keep(program("t", "def f(a):\n    return 2\n"));
    assert_string_equal(member("a1", "old"), "true"); /* whatever it has behind it */
    assert_int_equal(artifact_find(db, hash, &o), ERR_OK);
    assert_string_equal(json_str(o, "id", ""), "a2");
    json_object_put(o);
    assert_int_equal(artifact_outcome(db, 2, 20, false, 0, 2000, NULL), ERR_OK);
    assert_string_equal(member("a1", "old"), "false");
    assert_string_equal(member("a2", "old"), "true");
    assert_int_equal(artifact_find(db, hash, &o), ERR_OK);
    assert_string_equal(json_str(o, "id", ""), "a1");
    json_object_put(o);
    assert_int_equal(number("SELECT id FROM artifact a WHERE " ARTIFACT_SEARCHED("a")), 1);
    for (int job = 30; job < 60; job++)
        assert_int_equal(artifact_outcome(db, 1, job, false, 0, 3000, NULL), ERR_OK);
    assert_string_equal(member("a2", "old"), "false"); /* the other is worse now */
    for (int job = 60; job < 90; job++)
        assert_int_equal(artifact_outcome(db, 2, job, true, 5, 3000, NULL), ERR_OK);
    assert_string_equal(member("a2", "old"), "false");
    assert_int_equal(artifact_rollback(db, "a2", "a1", 4000, id, NULL), ERR_OK);
    assert_string_equal(member(id, "old"), "false"); /* a person has said so */
    assert_int_equal(artifact_rate(db, 3, 1, 5000, NULL), ERR_OK);
    assert_string_equal(member("a2", "old"), "false"); /* and thinks no more of it */
    assert_int_equal(artifact_put_all_aside(db, 6000, &(int64_t){0}, NULL), ERR_OK);
    assert_int_equal(artifact_put_all_aside(db, 0, &(int64_t){0}, NULL), ERR_OK);
    assert_string_equal(member("a2", "old"), "false");
    assert_int_equal(number("SELECT count(*) FROM artifact WHERE old=0"), 1);
}

/* ---- gates ---- */

static struct json_object *judged(const char *source, double lines, double coverage)
{
    struct json_object *o = program("t", source), *gates = NULL;
    char text[700];
    snprintf(text, sizeof text,
             "[{\"name\":\"lines\",\"severity\":\"score\",\"state\":\"passed\",\"score\":%.2f,"
             "\"found\":0},"
             "{\"name\":\"coverage\",\"severity\":\"score\",\"state\":\"passed\",\"score\":%.2f,"
             "\"value\":%.1f,"
             "\"unit\":\"%%\",\"found\":0},{\"name\":\"mypy\",\"severity\":\"score\",\"state\":"
             "\"missing\"}]",
             lines, coverage, coverage * 100);
    assert_int_equal(json_parse(text, strlen(text), NULL, &gates, NULL), ERR_OK);
    json_object_object_add(o, "gates", gates);
    json_add_f64(o, "gate_score", (lines + coverage) / 2);
    return o;
}

static const char *figure(const char *name, size_t gate, const char *key)
{
    static char text[2][200];
    static int turn;
    struct json_object *o = get(name);
    char *out = text[turn++ % 2];
    assert_int_equal(artifact_gates(db, artifact_number(name), o, NULL), ERR_OK);
    snprintf(out, 200, "%s",
             json_object_get_string(
                 json_get(json_object_array_get_idx(json_array(o, "gates"), gate), key)));
    json_object_put(o);
    return out;
}

static void what_gates_say_has_a_trend_over_the_versions(void **state)
{
    struct json_object *o, *changes = json_object_new_object(), *parts;
    (void)state;
    keep(judged("def f(a):\n    return 1\n", 0.5, 0.9));
    keep(judged("def f(a):\n    return 2\n", 0.75, 0.8));
    assert_string_equal(figure("a1", 0, "trend"), "[ 0.5 ]");
    assert_string_equal(figure("a1", 0, "change"), "(null)");
    assert_string_equal(figure("a2", 0, "trend"), "[ 0.5, 0.75 ]");
    assert_string_equal(figure("a2", 0, "change"), "0.25");
    assert_string_equal(figure("a2", 1, "value_change"), "-10.0");
    assert_string_equal(figure("a2", 2, "trend"), "[ ]");
    assert_true(strtod(member("a2", "quality"), NULL) > strtod(member("a1", "quality"), NULL));
    /* edited: of the version before, and no part of its quality */
    json_add_str(changes, "source", "def f(a):\n    return 3\n");
    assert_int_equal(artifact_revise(db, "a2", changes, 2000, id, NULL), ERR_OK);
    json_object_put(changes);
    assert_string_equal(member("a3", "gates_of"), "1.0.1");
    assert_string_equal(member("a3", "gate_score"), "(null)");
    assert_string_equal(figure("a3", 0, "trend"), "[ 0.5, 0.75 ]");
    assert_string_equal(figure("a3", 0, "change"), "(null)");
    assert_int_equal(artifact_quality_parts(db, 3, &parts, NULL), ERR_OK);
    assert_null(strstr(json_object_to_json_string(parts), "code 0"));
    json_object_put(parts);
    /* edited once more, judged anew, gone back to */
    changes = json_object_new_object();
    json_add_str(changes, "source", "def f(a):\n    return 4\n");
    assert_int_equal(artifact_revise(db, "a3", changes, 2000, id, NULL), ERR_OK);
    json_object_put(changes);
    assert_string_equal(member("a4", "gates_of"), "1.0.1");
    o = judged("def f(a):\n    return 4\n", 0.25, 1);
    assert_int_equal(artifact_judged(db, 4, json_array(o, "gates"), 2500, NULL), ERR_OK);
    assert_int_equal(artifact_judged(db, 4, json_array(o, "gates"), 2500, NULL), ERR_OK);
    assert_int_equal(artifact_judged(db, 99, json_array(o, "gates"), 2500, NULL), ERR_NOT_FOUND);
    json_object_put(o);
    assert_string_equal(member("a4", "gates_of"), "(null)");
    assert_true(fabs(strtod(member("a4", "gate_score"), NULL) - 0.625) < 1e-9);
    assert_string_equal(figure("a4", 0, "trend"), "[ 0.5, 0.75, 0.25 ]");
    assert_string_equal(figure("a4", 0, "change"), "-0.5");
    assert_string_equal(member("a3", "gates_of"), "1.0.1"); /* the others stay as they were */
    o = judged("def f(a):\n    return 4\n", 1, 1);
    json_add_str(o, "version_of", "a1");
    keep(o);
    assert_string_equal(figure("a5", 0, "trend"), "[ 0.5, 0.75, 0.25, 1.0 ]");
    assert_int_equal(artifact_rollback(db, "a5", "a1", 3000, id, NULL), ERR_OK);
    assert_string_equal(figure("a6", 0, "trend"), "[ 0.5, 0.75, 0.25, 1.0, 0.5 ]");
    assert_true(fabs(strtod(member("a6", "gate_score"), NULL) - 0.7) < 1e-9);
    assert_int_equal(artifact_versions(db, 1, &o, NULL), ERR_OK);
    assert_string_equal(json_str(json_object_array_get_idx(o, 3), "gates_of", "?"), "1.0.1");
    assert_true(json_f64(json_object_array_get_idx(o, 4), "gate_score", 0) > 0.77);
    json_object_put(o);
    /* many of them, and one that was damaged */
    assert_int_equal(store_exec(db, NULL, "UPDATE artifact SET body='{damaged' WHERE id=2", ""),
                     ERR_OK);
    for (int i = 0; i < 40; i++)
        keep(judged(i % 2 ? "def f(a):\n    return 5\n" : "def f(a):\n    return 6\n", 0.25, 1));
    o = get("a46");
    assert_int_equal(artifact_gates(db, 46, o, NULL), ERR_OK);
    assert_int_equal(json_object_array_length(
                         json_array(json_object_array_get_idx(json_array(o, "gates"), 0), "trend")),
                     24);
    json_object_put(o);
}

/* What the program of before wrote: everything in the body. */
static void keep_old(const char *hash, int solved, int64_t deleted, const char *body)
{
    assert_int_equal(
        store_exec(db, NULL,
                   "INSERT INTO artifact(kind,name,task,task_hash,solved,model,created,"
                   "body,job,deleted) VALUES('function','f',?,?,?,'m',5,?,1,?)",
                   "ttiti", hash, hash, (int64_t)solved, body, deleted),
        ERR_OK);
}

static void databases_of_before_are_migrated(void **state)
{
    static char body[4000];
    struct json_object *o;
    char large[1000];
    (void)state;
    sqlite3_close(db);
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    assert_int_equal(store_migrate_to(db, 6, NULL), ERR_OK);
    assert_int_equal(number("PRAGMA user_version"), 6);
    memset(large, 'p', sizeof large - 1);
    large[sizeof large - 1] = 0;
    snprintf(
        body, sizeof body,
        "{\"kind\":\"function\",\"name\":\"f\",\"task\":\"t\",\"solved\":true,\"function\":\"f\","
        "\"source\":\"def f():\\n    return \\\"\\u00e4 \\/\\\"\\n\",\"created\":5,"
        "\"prompts\":{\"coder\":\"%s\"},\"checked\":{\"examples_passed\":2},"
        "\"adapted_from\":[{\"id\":\"a1\",\"name\":\"g\"},{\"id\":\"t\",\"tool\":true}]}",
        large);
    keep_old("t", 1, 0, body);
    keep_old("t", 1, 0, body);
    keep_old("t", 1, 9, body);
    keep_old("t", 0, 0, "{\"kind\":\"function\",\"source\":\"\"}");
    keep_old("u", 1, 0, "{\"kind\":\"function\",\"source\":\"nul \\u0000 in it\"}");
    keep_old("v", 1, 0, "{damaged");
    assert_int_equal(store_migrate(db, NULL), ERR_OK);
    assert_string_equal(page((struct artifact_filter){.solved = -1}), "a6 a5 a4 a2 ");
    assert_string_equal(page((struct artifact_filter){.solved = -1, .deleted = true}), "a3 ");
    assert_string_equal(member("a2", "version"), "1.0.1");
    assert_string_equal(member("a2", "chain"), "a1");
    assert_string_equal(member("a4", "chain"), "a4");
    o = get("a2");
    assert_string_equal(json_str(o, "source", ""), "def f():\n    return \"\xc3\xa4 /\"\n");
    assert_string_equal(json_str(json_object_of(o, "prompts"), "coder", ""), large);
    assert_true(json_f64(o, "quality", 0) > 0.6);
    json_object_put(o);
    o = get("a5");
    assert_int_equal(json_object_get_string_len(json_get(o, "source")), 11);
    json_object_put(o);
    assert_int_equal(number("SELECT count(*) FROM content"), 3); /* source, prompts, "" */
    assert_true(number("SELECT length(body) FROM artifact WHERE id=1") < 400);
    assert_int_equal(artifact_lineage(db, "a2", &o, NULL), ERR_OK);
    assert_int_equal(json_object_array_length(json_array(o, "derived_from")), 1);
    json_object_put(o);
    /* what is kept now is found in what was kept then */
    keep(program("x", "def f():\n    return \"\xc3\xa4 /\"\n"));
    assert_int_equal(number("SELECT count(*) FROM content"), 3);
    keep(program("t", "def f(a):\n    return 1\n"));
    assert_string_equal(member("a8", "version"), "2.0.0");
    assert_int_equal(store_migrate(db, NULL), ERR_OK);
}

/* The formula has changed: what stands in the rows is computed anew, of all that is known. */
static void qualities_of_before_are_computed_anew(void **state)
{
    struct json_object *o = judged("def f(a):\n    return 1\n", 0.5, 0.5), *parts;
    char large[600];
    (void)state;
    sqlite3_close(db);
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    assert_int_equal(store_migrate_to(db, BEFORE_CODE_QUALITY, NULL), ERR_OK);
    memset(large, 'c', sizeof large - 1);
    large[sizeof large - 1] = 0;
    json_add_str(json_object_of(o, "checked"), "text", large); /* it stands apart for its size */
    keep(o);
    assert_int_equal(artifact_outcome(db, 1, 3, true, 40, 1500, NULL), ERR_OK);
    assert_int_equal(store_exec(db, NULL, "UPDATE artifact SET quality=0.1", ""), ERR_OK);
    assert_int_equal(store_migrate(db, NULL), ERR_OK);
    assert_int_equal(artifact_quality_parts(db, 1, &parts, NULL), ERR_OK);
    assert_true(fabs(strtod(member("a1", "quality"), NULL) - json_f64(parts, "quality", -1)) <
                1e-9);
    assert_true(json_f64(parts, "quality", -1) > 0.6 && json_f64(parts, "merits", 1) < 0.7);
    json_object_put(parts);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_database, close_database)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(new_solutions_are_versions),
        TEST(what_is_put_aside_gives_way_to_the_one_before),
        TEST(the_same_content_stands_once),
        TEST(odd_contents_come_back_whole),
        TEST(an_edit_is_a_version_that_nothing_has_checked),
        TEST(rolling_back_makes_a_version),
        TEST(differences_are_told),
        TEST(lineage_is_kept_both_ways),
        TEST(tombstones_go_when_they_are_old),
        TEST(everything_is_put_aside_and_taken_back),
        TEST(runs_and_verdicts_move_quality),
        TEST(a_version_that_fails_gives_way_to_a_better_one),
        TEST(what_gates_say_has_a_trend_over_the_versions),
        TEST(databases_of_before_are_migrated),
        TEST(qualities_of_before_are_computed_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
