/* What people and jobs do with artifacts, and what that makes of their quality
 * (core/rag/quality.h).
 */
#include <string.h>

#include "core/rag/quality.h"
#include "core/store/artifact_internal.h"

/* ---- quality ---- */

struct known {
    struct quality_facts facts;
    int64_t seen; /* last use, or when it was made */
    struct json_object *body;
};

/* The checks may stand in the content (content_slim), if they are many: then they are read there.
 */
static enum err read_known(sqlite3 *db, int64_t number, struct known *k, struct err_info *info)
{
    sqlite3_stmt *st;
    enum err e = store_prepare(db, info, &st,
                               "SELECT body,uses,ok,bad,ms,rating,max(created,last_use)"
                               " FROM artifact WHERE id=?",
                               "i", number);
    const char *text;
    if (!store_row(st, &e, info)) {
        sqlite3_finalize(st);
        return e ? e : ERR_NOT_FOUND;
    }
    text = (const char *)sqlite3_column_text(st, 0);
    e = json_parse(text, strlen(text), NULL, &k->body, NULL);
    if (!e && !json_get(k->body, "checked"))
        e = content_restore(db, number, k->body);
    if (!e) {
        quality_read(k->body, &k->facts);
        k->facts.uses = sqlite3_column_int64(st, 1);
        k->facts.ok = sqlite3_column_int64(st, 2);
        k->facts.bad = sqlite3_column_int64(st, 3);
        if (sqlite3_column_double(st, 4) > 0)
            k->facts.ms = sqlite3_column_double(st, 4);
        k->facts.rating = sqlite3_column_int(st, 5);
        k->seen = sqlite3_column_int64(st, 6);
    }
    sqlite3_finalize(st);
    return e;
}

static enum err write_quality(sqlite3 *db, int64_t number, double quality, bool stale,
                              struct err_info *info)
{
    sqlite3_stmt *st;
    enum err e = store_prepare(db, info, &st, "UPDATE artifact SET stale=?1,quality=?3 WHERE id=?2",
                               "ii", (int64_t)stale, number);
    if (e)
        return e;
    sqlite3_bind_double(st, 3, quality);
    e = store_error(db, sqlite3_step(st), info);
    sqlite3_finalize(st);
    return e;
}

bool quality_first(struct json_object *a, double *quality)
{
    struct quality_facts facts;
    quality_read(a, &facts);
    facts.uses = json_i64(a, "uses", 0);
    facts.rating = (int)json_i64(a, "rating", 0);
    *quality = quality_of(&facts);
    return quality_stale(*quality, 0);
}

enum err quality_refresh(sqlite3 *db, int64_t number, int64_t when, struct err_info *info)
{
    struct known k = {.body = NULL};
    enum err e = read_known(db, number, &k, info);
    if (!e) {
        double quality = quality_of(&k.facts);
        e = write_quality(db, number, quality, quality_stale(quality, when - k.seen), info);
    }
    json_object_put(k.body);
    return e;
}

enum err artifact_quality_parts(sqlite3 *db, int64_t number, struct json_object **out,
                                struct err_info *info)
{
    struct known k = {.body = NULL};
    enum err e = read_known(db, number, &k, info);
    *out = e ? NULL : quality_parts(&k.facts);
    json_object_put(k.body);
    return e;
}

enum err artifact_sweep(sqlite3 *db, int64_t when, int64_t *pruned, struct err_info *info)
{
    sqlite3_stmt *st;
    enum err e = store_prepare(db, info, &st,
                               "SELECT id,quality,max(created,last_use) FROM artifact"
                               " INDEXED BY artifact_weak WHERE stale=0 AND quality<0.5",
                               "");
    *pruned = 0;
    while (store_row(st, &e, info)) {
        double quality = sqlite3_column_double(st, 1);
        if (!quality_stale(quality, when - sqlite3_column_int64(st, 2)))
            continue;
        e = write_quality(db, sqlite3_column_int64(st, 0), quality, true, info);
        ++*pruned;
    }
    sqlite3_finalize(st);
    return e;
}

/* ---- what a person does with them ---- */

enum err artifact_tag(sqlite3 *db, int64_t number, struct json_object *tags, struct err_info *info)
{
    enum err e = artifact_changed_one(
        db, store_exec(db, info, "UPDATE artifact SET tags=? WHERE id=?", "ti",
                       json_object_to_json_string_ext(tags, JSON_C_TO_STRING_PLAIN), number));
    if (!e)
        e = store_exec(db, info, "DELETE FROM artifact_tag WHERE artifact=?", "i", number);
    for (size_t i = 0; !e && i < json_object_array_length(tags); i++)
        e = store_exec(db, info, "INSERT OR IGNORE INTO artifact_tag(tag,artifact) VALUES(?,?)",
                       "ti", json_object_get_string(json_object_array_get_idx(tags, i)), number);
    return e ? e : artifact_index_soon(db, info);
}

enum err quality_refresh_chain(sqlite3 *db, int64_t number, int64_t when, struct err_info *info)
{
    int64_t chain;
    enum err e = quality_refresh(db, number, when, info);
    if (!e)
        e = version_chain(db, number, &chain);
    return e ? e : version_mark(db, chain, info);
}

enum err artifact_rate(sqlite3 *db, int64_t number, int rating, int64_t when, struct err_info *info)
{
    enum err e =
        artifact_changed_one(db, store_exec(db, info, "UPDATE artifact SET rating=? WHERE id=?",
                                            "ii", (int64_t)rating, number));
    return e ? e : quality_refresh_chain(db, number, when, info);
}

enum err artifact_put_aside(sqlite3 *db, int64_t number, int64_t when, struct err_info *info)
{
    int64_t chain;
    enum err e = version_chain(db, number, &chain);
    if (!e)
        e = store_exec(db, info, "UPDATE artifact SET deleted=? WHERE id=?", "ii", when, number);
    return e ? e : version_mark(db, chain, info);
}

enum err artifact_put_all_aside(sqlite3 *db, int64_t when, int64_t *count, struct err_info *info)
{
    enum err e = store_exec(db, info,
                            when ? "UPDATE artifact SET deleted=? WHERE deleted=0"
                                 : "UPDATE artifact SET deleted=? WHERE deleted>0",
                            "i", when);
    *count = sqlite3_changes64(db);
    if (!e)
        e = store_exec(
            db, info,
            "UPDATE artifact AS a SET old=NOT old WHERE old<>coalesce(id<>" VERSION_COUNTS(
                "a.chain", "v.chain") ",0)",
            "");
    return e;
}

/* ---- what jobs do with them ---- */

enum err artifact_use(sqlite3 *db, int64_t number, int64_t job, int64_t when, struct err_info *info)
{
    enum err e = store_exec(db, info,
                            "INSERT OR IGNORE INTO artifact_use(artifact,job)"
                            " VALUES(?,?)",
                            "ii", number, job);
    if (e || sqlite3_changes(db) == 0)
        return e; /* told before a crash */
    e = store_exec(db, info, "UPDATE artifact SET uses=uses+1, last_use=? WHERE id=?", "ii", when,
                   number);
    if (!e && sqlite3_changes(db))
        e = quality_refresh(db, number, when, info);
    return e;
}

enum err artifact_outcome(sqlite3 *db, int64_t number, int64_t job, bool ok, int64_t ms,
                          int64_t when, struct err_info *info)
{
    enum err e = artifact_use(db, number, job, when, info);
    if (!e)
        e = store_exec(db, info,
                       "UPDATE artifact_use SET ok=?, ms=? WHERE artifact=? AND job=?"
                       " AND ok IS NULL",
                       "iiii", (int64_t)ok, ms, number, job);
    if (e || sqlite3_changes(db) == 0)
        return e;
    e = store_exec(db, info,
                   "UPDATE artifact SET ok=ok+?1, bad=bad+1-?1,"
                   " ms=CASE WHEN ?2<=0 THEN ms WHEN ms<=0 THEN ?2 ELSE 0.8*ms+0.2*?2 END"
                   " WHERE id=?3",
                   "iii", (int64_t)ok, ok ? ms : 0, number);
    return e ? e : quality_refresh_chain(db, number, when, info);
}
