/* Where artifacts come from and what became of them. */
#include <stdio.h>
#include <string.h>

#include "core/store/artifact_internal.h"

static struct json_object *json_of(sqlite3_stmt *st, int column)
{
    const char *text = (const char *)sqlite3_column_text(st, column);
    struct json_object *o = NULL;
    return text && json_parse(text, strlen(text), NULL, &o, NULL) == ERR_OK ? o : NULL;
}

enum err artifact_runs(sqlite3 *db, int64_t number, int limit, struct json_object **out,
                       struct err_info *info)
{
    sqlite3_stmt *st;
    enum err e = store_prepare(db, info, &st,
                               "SELECT j.id,j.kind,j.status,j.created,j.ended,"
                               "json_extract(j.input,'$.input'),j.result FROM artifact_use u"
                               " JOIN job j ON j.id=u.job WHERE u.artifact=?"
                               " ORDER BY u.job DESC LIMIT ?",
                               "ii", number, (int64_t)limit);
    *out = json_object_new_array();
    while (store_row(st, &e, info)) {
        struct json_object *o = json_object_new_object();
        const char *status = (const char *)sqlite3_column_text(st, 2);
        json_add_i64(o, "job", sqlite3_column_int64(st, 0));
        json_add_str(o, "kind", (const char *)sqlite3_column_text(st, 1));
        json_add_str(o, "status", status ? status : "running");
        json_add_i64(o, "created", sqlite3_column_int64(st, 3));
        json_add_i64(o, "ended", sqlite3_column_int64(st, 4));
        json_object_object_add(o, "input", json_of(st, 5));
        json_object_object_add(o, "result", json_of(st, 6));
        json_object_array_add(*out, o);
    }
    sqlite3_finalize(st);
    return e;
}

#define DAY(ms) "CAST(julianday(date(" ms "/1000,'unixepoch','localtime')) AS INTEGER)"

enum err artifact_use_days(sqlite3 *db, int64_t number, int64_t now, struct json_object **out,
                           struct err_info *info)
{
    int64_t days[USE_DAYS] = {0}, any = 0;
    sqlite3_stmt *st;
    enum err e =
        store_prepare(db, info, &st,
                      "SELECT " DAY("?2") "-" DAY(
                          "j.created") " ago,count(*) FROM artifact_use u"
                                       " JOIN job j ON j.id=u.job WHERE u.artifact=?1 GROUP BY ago",
                      "ii", number, now);
    while (store_row(st, &e, info)) {
        const int64_t ago = sqlite3_column_int64(st, 0);
        if (ago >= 0 && ago < USE_DAYS)
            any += days[USE_DAYS - 1 - ago] = sqlite3_column_int64(st, 1);
    }
    sqlite3_finalize(st);
    *out = json_object_new_array();
    for (int i = 0; any && i < USE_DAYS; i++)
        json_object_array_add(*out, json_object_new_int64(days[i]));
    return e;
}

enum err artifact_of_job(sqlite3 *db, int64_t job, const char *kind, char id[24],
                         struct err_info *info)
{
    sqlite3_stmt *st;
    enum err e;
    id[0] = 0;
    if (!job)
        return ERR_OK; /* no job: loaded, imported, edited */
    e = store_prepare(db, info, &st, "SELECT id FROM artifact WHERE job=? AND kind=?", "it", job,
                      kind);
    if (store_row(st, &e, info))
        snprintf(id, 24, "a%lld", (long long)sqlite3_column_int64(st, 0));
    sqlite3_finalize(st);
    return e;
}

enum err artifact_profile(sqlite3 *db, int64_t number, char id[24], struct json_object **out,
                          struct err_info *info)
{
    struct json_object *kept = NULL;
    int64_t found = 0;
    enum err e = artifact_int(db, &found, info,
                              "SELECT max(a.id) FROM artifact_edge e JOIN artifact a"
                              " ON a.id=e.artifact WHERE e.source=? AND e.how='profiled'"
                              " AND a.kind='performance' AND a.deleted=0",
                              "i", number);
    id[0] = 0;
    if (out)
        *out = NULL;
    if (e || !found)
        return e;
    artifact_id(found, id);
    e = out ? artifact_get(db, id, &kept, info) : ERR_OK;
    if (!e && out)
        *out = json_object_get(json_object_of(kept, "profile"));
    json_object_put(kept);
    return e;
}

/* ---- what was made out of what ---- */

static enum err add_edge(sqlite3 *db, int64_t number, const char *source, const char *how,
                         struct err_info *info)
{
    int64_t from = *source == 'a' ? artifact_number(source) : 0;
    if (!from || from == number)
        return ERR_OK;
    return store_exec(db, info,
                      "INSERT OR IGNORE INTO artifact_edge(artifact,source,how) VALUES(?,?,?)",
                      "iit", number, from, how);
}

static enum err add_edges(sqlite3 *db, int64_t number, struct json_object *list, const char *key,
                          const char *how, struct err_info *info)
{
    enum err e = ERR_OK;
    for (size_t i = 0; !e && list && i < json_object_array_length(list); i++) {
        struct json_object *o = json_object_array_get_idx(list, i);
        if (!json_flag(o, "tool", false))
            e = add_edge(db, number, json_str(o, key, ""), how, info);
    }
    return e;
}

enum err lineage_keep(sqlite3 *db, int64_t number, struct json_object *a, int64_t before,
                      struct err_info *info)
{
    struct json_object *made = json_object_of(a, "made_from");
    char id[24] = "";
    enum err e = add_edges(db, number, json_array(a, "adapted_from"), "id", "adapted", info);
    if (!e)
        e = add_edge(db, number, json_str(made, "id", ""), json_str(made, "how", "made"), info);
    if (!e)
        e = add_edge(db, number, json_str(a, "program", ""), "program", info);
    if (!e)
        e = add_edge(db, number, json_str(json_object_of(a, "repaired_from"), "id", ""), "repaired",
                     info);
    if (!e)
        e = add_edges(db, number, json_array(json_object_of(a, "workflow"), "steps"), "tool",
                      "step", info);
    if (!e && before) {
        artifact_id(before, id);
        e = add_edge(db, number, id, "version", info);
    }
    return e;
}

/* {id, how, kind, name, version, deleted}; of one whose row is gone only the first two. */
static enum err edges(sqlite3 *db, const char *sql, int64_t number, struct json_object *list,
                      struct err_info *info)
{
    sqlite3_stmt *st;
    enum err e = store_prepare(db, info, &st, sql, "i", number);
    while (store_row(st, &e, info)) {
        struct json_object *o = json_object_new_object();
        bool there = sqlite3_column_type(st, 2) != SQLITE_NULL;
        artifact_add_id(o, sqlite3_column_int64(st, 0));
        json_add_str(o, "how", (const char *)sqlite3_column_text(st, 1));
        json_add_bool(o, "gone", !there);
        if (there) {
            json_add_str(o, "kind", (const char *)sqlite3_column_text(st, 2));
            json_add_str(o, "name", (const char *)sqlite3_column_text(st, 3));
            json_add_str(o, "version", (const char *)sqlite3_column_text(st, 4));
            json_add_i64(o, "deleted", sqlite3_column_int64(st, 5));
        }
        json_object_array_add(list, o);
    }
    sqlite3_finalize(st);
    return e;
}

/* By which job and step. */
static void add_origin(struct json_object *out, struct json_object *a)
{
    static const char *const keys[] = {"id",    "kind",    "name",  "version",    "created",
                                       "job",   "step",    "stage", "stage_name", "candidate",
                                       "model", "backend", NULL};
    struct json_object *repaired = json_object_of(a, "repaired_from"), *o;
    for (int i = 0; keys[i]; i++)
        if (json_get(a, keys[i]))
            json_object_object_add(out, keys[i], json_object_get(json_get(a, keys[i])));
    if (!repaired)
        return;
    o = json_object_new_object();
    json_add_i64(o, "stage", json_i64(repaired, "stage", 0));
    json_add_i64(o, "candidate", json_i64(repaired, "candidate", 0));
    json_add_str(o, "why", json_str(repaired, "why", ""));
    json_object_object_add(out, "repaired_from", o);
}

#define EDGE_COLUMNS "how,a.kind,a.name,a.version,a.deleted"

enum err artifact_lineage(sqlite3 *db, const char *id, struct json_object **out,
                          struct err_info *info)
{
    struct json_object *a = NULL, *from = json_object_new_array(), *to = json_object_new_array();
    int64_t number = artifact_number(id);
    enum err e = artifact_get(db, id, &a, info);
    *out = json_object_new_object();
    if (!e)
        add_origin(*out, a);
    if (!e)
        e = edges(db,
                  "SELECT s.source," EDGE_COLUMNS " FROM artifact_edge s LEFT JOIN artifact a"
                  " ON a.id=s.source WHERE s.artifact=? ORDER BY s.source LIMIT 1000",
                  number, from, info);
    if (!e)
        e = edges(db,
                  "SELECT s.artifact," EDGE_COLUMNS " FROM artifact_edge s LEFT JOIN artifact a"
                  " ON a.id=s.artifact WHERE s.source=? ORDER BY s.artifact LIMIT 1000",
                  number, to, info);
    json_object_object_add(*out, "derived_from", from);
    json_object_object_add(*out, "derivatives", to);
    json_object_put(a);
    if (e) {
        json_object_put(*out);
        *out = NULL;
    }
    return e;
}
