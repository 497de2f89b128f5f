/* What gates said of an artifact and of the versions before it. */
#include <string.h>

#include "core/rag/quality.h"
#include "core/store/artifact_internal.h"

#define BODY "iif(json_valid(a.body),a.body,'{}')"

enum { TREND = 24 }; /* versions that a trend reaches back */

/* Those of one version: {name: figure}. */
static struct json_object *by_name(const char *text)
{
    struct json_object *list = NULL, *out = json_object_new_object();
    if (text && json_parse(text, strlen(text), NULL, &list, NULL))
        list = NULL;
    for (size_t i = 0;
         json_object_is_type(list, json_type_array) && i < json_object_array_length(list); i++) {
        struct json_object *g = json_object_array_get_idx(list, i);
        json_object_object_add(out, json_str(g, "name", ""), json_object_get(g));
    }
    json_object_put(list);
    return out;
}

/* Newest first, this version among them. One that was edited has the figures of the version that it
 * was made of: they are told once. */
static enum err read_versions(sqlite3 *db, int64_t number, struct json_object *out,
                              struct err_info *info)
{
    sqlite3_stmt *st;
    int64_t chain;
    enum err e = version_chain(db, number, &chain);
    if (!e)
        e = store_prepare(db, info, &st,
                          "SELECT coalesce(CAST(c.bytes AS TEXT),json_extract(" BODY
                          ",'$.gates')) g"
                          " FROM artifact a"
                          " LEFT JOIN artifact_part p ON p.artifact=a.id AND p.part='gates'"
                          " LEFT JOIN content c ON c.id=p.content"
                          " WHERE a.chain=?1 AND a.id<=?2 AND (a.deleted=0 OR a.id=?2)"
                          " AND json_extract(" BODY ",'$.gates_of') IS NULL AND g IS NOT NULL"
                          " ORDER BY a.id DESC LIMIT ?3",
                          "iii", chain, number, (int64_t)TREND);
    if (e)
        return e;
    while (store_row(st, &e, info))
        json_object_array_add(out, by_name((const char *)sqlite3_column_text(st, 0)));
    sqlite3_finalize(st);
    return e;
}

/* The scores, oldest first; where a version had none of this gate, it is passed over. */
static void add_trend(struct json_object *gate, struct json_object *versions, bool stale)
{
    const char *name = json_str(gate, "name", "");
    struct json_object *trend = json_object_new_array(), *before;
    size_t n = json_object_array_length(versions);
    for (size_t i = n; i-- > 0;) {
        struct json_object *g = json_object_of(json_object_array_get_idx(versions, i), name);
        if (json_get(g, "score"))
            json_object_array_add(trend, json_object_new_double(json_f64(g, "score", 0)));
    }
    before = n > 1 ? json_object_of(json_object_array_get_idx(versions, 1), name) : NULL;
    if (!stale && json_get(before, "score") && json_get(gate, "score"))
        json_add_f64(gate, "change", json_f64(gate, "score", 0) - json_f64(before, "score", 0));
    if (!stale && json_get(before, "value") && json_get(gate, "value"))
        json_add_f64(gate, "value_change",
                     json_f64(gate, "value", 0) - json_f64(before, "value", 0));
    json_object_object_add(gate, "trend", trend);
}

enum err artifact_gates(sqlite3 *db, int64_t number, struct json_object *artifact,
                        struct err_info *info)
{
    struct json_object *gates = json_array(artifact, "gates"), *versions;
    bool stale = json_get(artifact, "gates_of") != NULL;
    enum err e;
    if (!gates)
        return ERR_OK;
    versions = json_object_new_array();
    e = read_versions(db, number, versions, info);
    for (size_t i = 0; !e && i < json_object_array_length(gates); i++)
        add_trend(json_object_array_get_idx(gates, i), versions, stale);
    json_object_put(versions);
    return e;
}

static enum err read_body(sqlite3 *db, int64_t number, struct json_object **out,
                          struct err_info *info)
{
    sqlite3_stmt *st;
    enum err e = store_prepare(db, info, &st, "SELECT body FROM artifact WHERE id=?", "i", number);
    *out = NULL;
    if (store_row(st, &e, info)) {
        const char *text = (const char *)sqlite3_column_text(st, 0);
        e = json_parse(text, strlen(text), NULL, out, NULL);
    } else if (!e) {
        e = ERR_NOT_FOUND;
    }
    sqlite3_finalize(st);
    return e;
}

enum err artifact_judged(sqlite3 *db, int64_t number, struct json_object *gates, int64_t when,
                         struct err_info *info)
{
    struct json_object *body = NULL;
    double score;
    enum err e = read_body(db, number, &body, info);
    if (e)
        return e;
    json_object_object_del(body, "gates");
    json_object_object_del(body, "gates_of");
    json_object_object_del(body, "gate_score");
    if (quality_code(gates, &score))
        json_add_f64(body, "gate_score", score);
    e = store_exec(db, info, "UPDATE artifact SET body=? WHERE id=?", "ti",
                   json_object_to_json_string_ext(body, JSON_C_TO_STRING_PLAIN), number);
    json_object_put(body);
    if (!e)
        e = content_replace(db, number, "gates", gates, info);
    return e ? e : quality_refresh_chain(db, number, when, info);
}
