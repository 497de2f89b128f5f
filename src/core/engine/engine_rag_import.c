/* Requests about what comes from elsewhere, and goes there. */
#include <stdio.h>
#include <string.h>

#include "base/day_time.h"
#include "core/engine/engine_internal.h"
#include "core/store/artifact.h"
#include "core/store/import.h"
#include "core/store/learned.h"
#include "core/tool/workflow.h"

typedef struct json_object json;

enum { RECORDS_MAX = 1000, PAGE_BYTES = 4 << 20, UNVERIFIED_MAX = 10000 };

struct import_arg {
    json *records, *artifacts, *links, *results;
    int64_t linked;
    bool dry;
    char last[24]; /* the last that was taken; "": none was */
};

static const char *const words[] = {
    [IMPORT_TAKEN] = "taken", [IMPORT_CHANGED] = "changed", [IMPORT_KNOWN] = "known"};

/* One that is wrong in itself keeps nobody else out. */
static enum err take_one(sqlite3 *db, struct import_arg *a, json *one, bool line,
                         struct err_info *info)
{
    struct import_outcome out = {0};
    struct err_info why = {0};
    json *result = json_object_new_object();
    enum err e = line ? import_line(db, one, &out, &why) : import_record(db, one, &out, &why);
    json_object_array_add(a->results, result);
    if (e == ERR_INPUT) {
        json_add_str(result, "result", "refused");
        json_add_str(result, "why", why.message);
        return ERR_OK;
    }
    if (e) {
        if (info)
            *info = why;
        return e;
    }
    json_add_str(result, "result", words[out.result]);
    json_add_str(result, "id", a->dry && out.result != IMPORT_KNOWN ? "" : out.id);
    if (out.result != IMPORT_KNOWN)
        snprintf(a->last, sizeof a->last, "%s", out.id);
    return ERR_OK;
}

/* A dry run does the same and is rolled back. */
static enum err take_all(sqlite3 *db, void *arg, struct err_info *info)
{
    struct import_arg *a = arg;
    enum err e = ERR_OK;
    for (size_t i = 0; !e && a->records && i < json_object_array_length(a->records); i++)
        e = take_one(db, a, json_object_array_get_idx(a->records, i), false, info);
    for (size_t i = 0; !e && a->artifacts && i < json_object_array_length(a->artifacts); i++)
        e = take_one(db, a, json_object_array_get_idx(a->artifacts, i), true, info);
    for (size_t i = 0; !e && a->links && i < json_object_array_length(a->links); i++) {
        bool linked = false;
        e = import_link(db, json_object_array_get_idx(a->links, i), &linked, info);
        a->linked += linked;
    }
    return !e && a->dry ? ERR_CANCELLED : e;
}

/* The steps of an old workflow become one that runs here; one that is not understood stays a text.
 */
static void read_workflow(json *record)
{
    json *body = json_object_of(record, "body"), *steps = json_object_of(body, "steps_of"), *flow;
    const char *text;
    if (!steps)
        return;
    text = json_object_to_json_string_ext(steps, JSON_C_TO_STRING_PLAIN);
    if (workflow_read(text, strlen(text), "workflow", &flow, NULL) == ERR_OK) {
        json_object_object_add(body, "workflow", flow);
        json_object_object_del(body, "steps_of");
    }
}

enum err engine_rag_import(struct engine *e, json *params, json **result, struct err_info *info)
{
    struct import_arg a = {.records = json_array(params, "records"),
                           .artifacts = json_array(params, "artifacts"),
                           .links = json_array(params, "links"),
                           .dry = json_flag(params, "dry", false)};
    size_t n = (a.records ? json_object_array_length(a.records) : 0) +
               (a.artifacts ? json_object_array_length(a.artifacts) : 0) +
               (a.links ? json_object_array_length(a.links) : 0);
    enum err err;
    if (n > RECORDS_MAX)
        return err_set(info, ERR_TOO_LARGE, "at most %d artifacts a request", RECORDS_MAX);
    for (size_t i = 0; a.records && i < json_object_array_length(a.records); i++)
        read_workflow(json_object_array_get_idx(a.records, i));
    a.results = json_object_new_array();
    err = store_write(e->store, take_all, &a, info);
    if (err == ERR_CANCELLED && a.dry)
        err = ERR_OK;
    if (err) {
        json_object_put(a.results);
        return err;
    }
    if (a.last[0] && !a.dry)
        engine_artifact_changed(e, a.last, "added");
    *result = json_object_new_object();
    json_object_object_add(*result, "results", a.results);
    json_add_i64(*result, "linked", a.linked);
    return ERR_OK;
}

static enum err read_page(sqlite3 *db, void *arg, struct err_info *info)
{
    return export_page(db, arg, info);
}

/* The numbers of ["a17", …], each of which must be there. */
static enum err read_only(sqlite3 *db, void *arg, struct err_info *info)
{
    json *ids = ((json **)arg)[0], *numbers = ((json **)arg)[1];
    enum err e = ERR_OK;
    for (size_t i = 0; !e && i < json_object_array_length(ids); i++) {
        const char *id = json_object_get_string(json_object_array_get_idx(ids, i));
        json *o = NULL;
        e = artifact_get(db, id ? id : "", &o, info);
        if (e == ERR_NOT_FOUND)
            e = err_set(info, e, "there is no artifact %.40s; see dise rag list", id ? id : "");
        json_object_put(o);
        json_object_array_add(numbers, json_object_new_int64(artifact_number(id ? id : "")));
    }
    return e;
}

enum err engine_rag_export(struct engine *e, json *params, json **result, struct err_info *info)
{
    const char *kind = json_str(params, "kind", "");
    json *ids = json_array(params, "ids"), *only[] = {ids, ids ? json_object_new_array() : NULL};
    struct export_page page = {.after = json_i64(params, "after", 0),
                               .kind = *kind ? kind : NULL,
                               .only = only[1],
                               .deleted = json_flag(params, "deleted", false),
                               .bytes = PAGE_BYTES};
    enum err err = ids ? store_read(e->store, read_only, only, info) : ERR_OK;
    if (!err)
        err = store_read(e->store, read_page, &page, info);
    json_object_put(only[1]);
    if (err) {
        json_object_put(page.list);
        return err;
    }
    *result = json_object_new_object();
    json_object_object_add(*result, "artifacts", page.list);
    json_add_i64(*result, "after", page.after);
    json_add_bool(*result, "more", page.more);
    return ERR_OK;
}

static enum err read_unverified(sqlite3 *db, void *arg, struct err_info *info)
{
    return import_list_unverified(db, UNVERIFIED_MAX, arg, info);
}

enum { FIXES_MOST = 500 };

struct fixes_arg {
    const char *words;
    json *out;
};

static enum err read_fixes(sqlite3 *db, void *arg, struct err_info *info)
{
    struct fixes_arg *a = arg;
    return learned_list_fixes(db, a->words, day_time_now(), FIXES_MOST, &a->out, info);
}

enum err engine_rag_fixes(struct engine *e, json *params, json **result, struct err_info *info)
{
    struct fixes_arg a = {json_str(params, "query", ""), NULL};
    enum err err = store_read(e->store, read_fixes, &a, info);
    if (err) {
        json_object_put(a.out);
        return err;
    }
    *result = json_object_new_object();
    json_object_object_add(*result, "fixes", a.out);
    json_add_i64(*result, "half_life_days", FIX_HALF_LIFE_DAYS);
    return ERR_OK;
}

enum err engine_rag_unverified(struct engine *e, json *params, json **result, struct err_info *info)
{
    json *ids = NULL;
    enum err err = store_read(e->store, read_unverified, &ids, info);
    (void)params;
    if (err) {
        json_object_put(ids);
        return err;
    }
    *result = json_object_new_object();
    json_object_object_add(*result, "artifacts", ids);
    return ERR_OK;
}
