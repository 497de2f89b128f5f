/* Artifacts from elsewhere: taken once, never believed, and back in an archive as they were. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/archive_file.h"
#include "core/store/artifact.h"
#include "core/store/import.h"

typedef struct json_object json;

static const char task_h[65] = "h";

static json *parse(const char *text)
{
    json *o = json_tokener_parse(text);
    assert_non_null(o);
    return o;
}

static sqlite3 *open_memory(void)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    assert_int_equal(store_migrate(db, NULL), ERR_OK);
    return db;
}

static struct import_outcome take(sqlite3 *db, const char *text, bool line)
{
    struct import_outcome out = {0};
    struct err_info info = {0};
    json *o = parse(text);
    enum err e = line ? import_line(db, o, &out, &info) : import_record(db, o, &out, &info);
    if (e)
        fail_msg("%s: %s", text, info.message);
    json_object_put(o);
    return out;
}

static json *get(sqlite3 *db, const char *id)
{
    json *o;
    assert_int_equal(artifact_get(db, id, &o, NULL), ERR_OK);
    return o;
}

static json *export_all(sqlite3 *db, bool deleted)
{
    struct export_page page = {.bytes = 1 << 20, .deleted = deleted};
    assert_int_equal(export_page(db, &page, NULL), ERR_OK);
    assert_false(page.more);
    return page.list;
}

#define RECORD(uses, text)                                                                         \
    "{\"source\":\"rag_memory/"                                                                    \
    "x\",\"kind\":\"function\",\"name\":\"x\",\"task\":\"t\",\"uses\":" uses                       \
    ",\"quality\":0.5,\"created\":7,\"tags\":[\"a\"],\"body\":{\"source\":\"" text "\","           \
    "\"solved\":true}}"

static void a_record_is_taken_once(void **state)
{
    sqlite3 *db = open_memory();
    struct import_outcome a = take(db, RECORD("3", "one"), false), b;
    json *o;
    (void)state;
    assert_int_equal(a.result, IMPORT_TAKEN);
    b = take(db, RECORD("9", "one"), false); /* was used since, and says the same */
    assert_int_equal(b.result, IMPORT_KNOWN);
    assert_string_equal(a.id, b.id);
    b = take(db, RECORD("3", "two"), false);
    assert_int_equal(b.result, IMPORT_CHANGED);
    assert_string_not_equal(a.id, b.id);
    assert_int_equal(take(db, RECORD("3", "one"), false).result, IMPORT_KNOWN);
    o = get(db, a.id);
    assert_false(json_flag(o, "solved", true)); /* whatever it says of itself */
    assert_string_equal(json_str(o, "code", ""), "one");
    assert_int_equal(json_i64(o, "uses", 0), 3);
    assert_int_equal(json_object_array_length(json_array(o, "tags")), 1);
    json_object_put(o);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void a_wrong_one_is_refused(void **state)
{
    static const char *const records[] = {"{}", "{\"source\":\"a\",\"kind\":\"k\"}",
                                          "{\"source\":\"a\",\"body\":{}}"};
    static const char *const lines[] = {"{}", "{\"id\":\"x-1\"}", "{\"id\":\"x-1\",\"body\":{}}",
                                        "{\"id\":\"x1\",\"body\":{\"kind\":\"k\"}}"};
    sqlite3 *db = open_memory();
    struct import_outcome out;
    (void)state;
    for (size_t i = 0; i < sizeof records / sizeof *records; i++) {
        json *o = parse(records[i]);
        assert_int_equal(import_record(db, o, &out, NULL), ERR_INPUT);
        json_object_put(o);
    }
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        json *o = parse(lines[i]);
        assert_int_equal(import_line(db, o, &out, NULL), ERR_INPUT);
        json_object_put(o);
    }
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void make(sqlite3 *db, const char *text, const char *expected)
{
    json *o = parse(text);
    char id[24];
    assert_int_equal(artifact_insert(db, o, id, NULL), ERR_OK);
    assert_string_equal(id, expected);
    json_object_put(o);
}

/* A solved program, one made after it, a workflow of the first, and a new version of that. */
static sqlite3 *home_with_four(void)
{
    sqlite3 *db = open_memory();
    json *tags = parse("[\"mine\"]");
    char plan[400];
    make(db,
         "{\"kind\":\"function\",\"name\":\"f\",\"task\":\"t\",\"task_hash\":\"h\",\"solved\":"
         "true,\"job\":12,\"created\":5,\"x\":1e-3,\"source\":\"def f(): return 1\"}",
         "a1");
    /* so long that the ids decide on which side of the store's limit it is */
    snprintf(plan, sizeof plan,
             "{\"kind\":\"function\",\"name\":\"g\",\"task\":\"u\",\"solved\":false,"
             "\"adapted_from\":[{\"id\":\"a1\",\"name\":\"%0210d\"},{\"id\":\"a99\"}],"
             "\"z\":1}",
             7);
    make(db, plan, "a2");
    make(db,
         "{\"kind\":\"workflow\",\"name\":\"w\",\"task\":\"t\",\"solved\":true,\"program\":"
         "\"a1\",\"job\":12,\"workflow\":{\"steps\":[{\"tool\":\"a1\"},{\"tool\":\"my-tool\"}]}}",
         "a3");
    make(db,
         "{\"kind\":\"function\",\"name\":\"f\",\"task\":\"t\",\"task_hash\":\"h\",\"solved\":"
         "true,\"created\":9,\"source\":\"def f(): return 2\"}",
         "a4");
    assert_int_equal(artifact_tag(db, 1, tags, NULL), ERR_OK);
    assert_int_equal(artifact_rate(db, 1, 4, 10, NULL), ERR_OK);
    assert_int_equal(artifact_outcome(db, 1, 33, true, 12, 50, NULL), ERR_OK);
    assert_int_equal(artifact_outcome(db, 4, 34, false, 0, 60, NULL), ERR_OK);
    assert_int_equal(artifact_put_aside(db, 2, 77, NULL), ERR_OK);
    json_object_put(tags);
    return db;
}

static void import_all(sqlite3 *db, json *lines, enum import_result expected)
{
    for (size_t i = 0; i < json_object_array_length(lines); i++) {
        const char *text = json_object_to_json_string_ext(json_object_array_get_idx(lines, i),
                                                          JSON_C_TO_STRING_PLAIN);
        assert_int_equal(take(db, text, true).result, expected);
    }
}

static void an_archive_comes_back_as_it_went(void **state)
{
    sqlite3 *a = home_with_four(), *b = open_memory(), *c = open_memory();
    json *first = export_all(a, true), *second, *third, *few;
    (void)state;
    take(b, RECORD("1", "was here before"), false); /* so that the numbers are others */
    import_all(b, first, IMPORT_TAKEN);
    import_all(b, first, IMPORT_KNOWN);
    import_all(a, first, IMPORT_KNOWN); /* home again */
    second = export_all(b, true);
    json_object_array_del_idx(second, 0, 1);
    assert_string_equal(json_object_to_json_string(first), json_object_to_json_string(second));
    import_all(c, second, IMPORT_TAKEN);
    third = export_all(c, true);
    assert_string_equal(json_object_to_json_string(first), json_object_to_json_string(third));
    few = export_all(a, false);
    assert_int_equal(json_object_array_length(few), 3);
    json_object_put(first);
    json_object_put(second);
    json_object_put(third);
    json_object_put(few);
    assert_int_equal(sqlite3_close(a) + sqlite3_close(b) + sqlite3_close(c), SQLITE_OK);
}

static void what_comes_is_at_home_but_unverified(void **state)
{
    sqlite3 *a = home_with_four(), *b = open_memory();
    json *lines = export_all(a, true), *o, *versions;
    const char *steps;
    (void)state;
    take(b, RECORD("1", "was here before"), false);
    import_all(b, lines, IMPORT_TAKEN);
    json_object_put(lines);
    o = get(b, "a2");
    assert_false(json_flag(o, "solved", true)); /* verified there, not here */
    assert_int_equal(json_i64(o, "job", -1), 0);
    assert_int_equal(json_i64(o, "rating", 0), 4);
    assert_int_equal(json_i64(o, "ok", 0), 1);
    assert_int_equal(json_i64(o, "last_use", 0), 50);
    assert_false(json_flag(o, "old", true)); /* the newer one has failed */
    assert_string_equal(json_object_to_json_string(json_array(o, "tags")), "[ \"mine\" ]");
    json_object_put(o);
    assert_int_equal(artifact_find(b, task_h, &o), ERR_NOT_FOUND); /* so it answers nothing */
    o = get(b, "a3");
    assert_string_equal(
        json_str(json_object_array_get_idx(json_array(o, "adapted_from"), 0), "id", ""), "a2");
    assert_int_equal(json_i64(o, "deleted", 0), 77);
    json_object_put(o);
    o = get(b, "a4");
    assert_string_equal(json_str(o, "program", ""), "a2");
    steps = json_object_to_json_string_ext(json_object_of(o, "workflow"), JSON_C_TO_STRING_PLAIN);
    assert_string_equal(steps, "{\"steps\":[{\"tool\":\"a2\"},{\"tool\":\"my-tool\"}]}");
    json_object_put(o);
    assert_int_equal(artifact_versions(b, 5, &versions, NULL), ERR_OK);
    assert_int_equal(json_object_array_length(versions), 2);
    o = json_object_array_get_idx(versions, 0);
    assert_string_equal(json_str(o, "id", ""), "a5");
    assert_string_equal(json_str(o, "version", ""), "1.0.1");
    json_object_put(versions);
    assert_int_equal(sqlite3_close(a) + sqlite3_close(b), SQLITE_OK);
}

static void a_chain_goes_on_without_its_first(void **state)
{
    sqlite3 *a = home_with_four(), *b = open_memory();
    json *before, *after, *again, *versions;
    (void)state;
    assert_int_equal(artifact_put_aside(a, 1, 88, NULL), ERR_OK);
    before = export_all(a, false); /* the workflow, and the program's second version */
    assert_int_equal(json_object_array_length(before), 2);
    import_all(b, before, IMPORT_TAKEN);
    make(a,
         "{\"kind\":\"function\",\"name\":\"f\",\"task\":\"t\",\"task_hash\":\"h\",\"solved\":"
         "true,\"created\":11,\"source\":\"def f(): return 3\"}",
         "a5");
    after = export_all(a, false);
    json_object_array_del_idx(after, 0, 2);
    import_all(b, after, IMPORT_TAKEN);
    assert_int_equal(artifact_versions(b, 3, &versions, NULL), ERR_OK);
    assert_int_equal(json_object_array_length(versions), 2);
    json_object_put(versions);
    again = export_all(b, false);
    json_object_array_add(before, json_object_get(json_object_array_get_idx(after, 0)));
    assert_string_equal(json_object_to_json_string(before), json_object_to_json_string(again));
    json_object_put(before);
    json_object_put(after);
    json_object_put(again);
    assert_int_equal(sqlite3_close(a) + sqlite3_close(b), SQLITE_OK);
}

/* What names a chain or an id of its own choice gets neither. */
static void a_line_cannot_reach_into_this_home(void **state)
{
    sqlite3 *db = home_with_four();
    struct import_outcome out =
        take(db,
             "{\"id\":\"f0-1\",\"body\":{\"kind\":\"function\",\"name\":\"evil\",\"task\":\"t\","
             "\"task_hash\":\"h\",\"solved\":true,\"version_of\":\"a4\",\"job\":12,\"rating\":5,"
             "\"adapted_from\":[{\"id\":\"a1\"}],\"source\":\"import os\"}}",
             true);
    json *o = get(db, out.id), *found;
    (void)state;
    assert_string_equal(json_str(o, "chain", ""), out.id);
    assert_int_equal(json_i64(o, "rating", -1), 0);
    assert_int_equal(json_i64(o, "job", -1), 0);
    assert_string_equal(
        json_str(json_object_array_get_idx(json_array(o, "adapted_from"), 0), "id", "?"), "");
    json_object_put(o);
    assert_int_equal(artifact_find(db, task_h, &found), ERR_OK);
    assert_string_equal(json_str(found, "id", ""), "a1"); /* a4 has failed */
    json_object_put(found);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void links_lead_to_what_is_here(void **state)
{
    sqlite3 *db = open_memory();
    struct import_outcome a = take(db, RECORD("0", "one"), false);
    json *link = parse("{\"from\":\"rag_memory/x\",\"how\":\"parent\",\"source\":\"nodes/y\"}");
    json *lines, *lineage;
    bool linked;
    (void)state;
    assert_int_equal(import_link(db, link, &linked, NULL), ERR_OK);
    assert_false(linked);
    take(db, "{\"source\":\"nodes/y\",\"kind\":\"function\",\"body\":{}}", false);
    assert_int_equal(import_link(db, link, &linked, NULL), ERR_OK);
    assert_int_equal(import_link(db, link, &linked, NULL), ERR_OK);
    assert_true(linked);
    assert_int_equal(artifact_lineage(db, a.id, &lineage, NULL), ERR_OK);
    assert_int_equal(json_object_array_length(json_array(lineage, "derived_from")), 1);
    json_object_put(lineage);
    lines = export_all(db, true);
    assert_string_equal(json_str(json_object_array_get_idx(
                                     json_array(json_object_array_get_idx(lines, 0), "links"), 0),
                                 "how", ""),
                        "parent");
    json_object_put(lines);
    json_object_put(link);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void a_changed_record_is_the_next_version(void **state)
{
    sqlite3 *db = open_memory();
    struct import_outcome a = take(db, RECORD("0", "one"), false),
                          b = take(db, RECORD("0", "two"), false);
    json *o = get(db, b.id);
    (void)state;
    assert_string_equal(json_str(o, "chain", ""), a.id);
    assert_string_equal(json_str(o, "version", ""), "1.0.1");
    json_object_put(o);
    o = get(db, a.id);
    assert_true(json_flag(o, "old", false));
    json_object_put(o);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void pages_follow_each_other(void **state)
{
    sqlite3 *db = home_with_four();
    struct export_page page = {.bytes = 1, .deleted = true};
    int pages = 0;
    (void)state;
    do {
        assert_int_equal(export_page(db, &page, NULL), ERR_OK);
        assert_int_equal(json_object_array_length(page.list), 1);
        json_object_put(page.list);
        pages++;
    } while (page.more);
    assert_int_equal(pages, 4);
    page = (struct export_page){.bytes = 1 << 20, .kind = "workflow"};
    assert_int_equal(export_page(db, &page, NULL), ERR_OK);
    assert_int_equal(json_object_array_length(page.list), 1);
    json_object_put(page.list);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* ---- the file ---- */

static enum err count_line(void *arg, json *line)
{
    *(int *)arg += json_get(line, "id") != NULL;
    json_object_put(line);
    return ERR_OK;
}

static enum err read_back(const char *text, size_t n, int *lines, struct err_info *info)
{
    FILE *f = fmemopen((void *)(uintptr_t)text, n, "r");
    enum err e;
    *lines = 0;
    e = archive_read(f, "a.jsonl", count_line, lines, info);
    fclose(f);
    return e;
}

static void a_file_is_whole_or_refused(void **state)
{
    struct archive_writer w;
    struct err_info info = {0};
    char *text, *copy;
    size_t n;
    int lines;
    FILE *f = open_memstream(&text, &n);
    (void)state;
    assert_int_equal(archive_begin(&w, f, &info), ERR_OK);
    for (int i = 0; i < 3; i++) {
        json *o = parse("{\"id\":\"x-1\",\"body\":{\"kind\":\"k/l\"}}");
        assert_int_equal(archive_add(&w, o, &info), ERR_OK);
        json_object_put(o);
    }
    assert_int_equal(archive_end(&w, &info), ERR_OK);
    fclose(f);
    assert_int_equal(read_back(text, n, &lines, &info), ERR_OK);
    assert_int_equal(lines, 3);
    for (size_t cut = 1; cut < n; cut++) { /* nothing is given out of what is cut */
        assert_int_not_equal(read_back(text, cut, &lines, &info), ERR_OK);
        assert_int_equal(lines, 0);
    }
    copy = strdup(text);
    *strstr(copy, "x-1") = 'y';
    assert_int_equal(read_back(copy, n, &lines, &info), ERR_PARSE);
    assert_non_null(strstr(info.message, "SHA-256"));
    assert_int_equal(lines, 0);
    free(copy);
    assert_int_equal(read_back("{\"format\":\"dise-memory\",\"version\":2}\n", 38, &lines, &info),
                     ERR_VERSION);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_is_taken_once),
        cmocka_unit_test(a_wrong_one_is_refused),
        cmocka_unit_test(a_changed_record_is_the_next_version),
        cmocka_unit_test(an_archive_comes_back_as_it_went),
        cmocka_unit_test(what_comes_is_at_home_but_unverified),
        cmocka_unit_test(a_chain_goes_on_without_its_first),
        cmocka_unit_test(a_line_cannot_reach_into_this_home),
        cmocka_unit_test(links_lead_to_what_is_here),
        cmocka_unit_test(pages_follow_each_other),
        cmocka_unit_test(a_file_is_whole_or_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
