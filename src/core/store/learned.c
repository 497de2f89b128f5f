#include "core/store/learned.h"

#include <string.h>

enum { ROWS_MAX = 2000 }; /* that are looked through for LEARNED_TRIES tries */

enum err learned_add_outcome(sqlite3 *db, const struct stage_outcome *o, struct err_info *info)
{
    return store_exec(db, info,
                      "INSERT INTO stage_outcome(job,stage,class,model,signature,time,outcome,"
                      "tokens,ms) VALUES(?,?,?,?,?,?,?,?,?) ON CONFLICT DO UPDATE"
                      " SET outcome='solved' WHERE excluded.outcome='solved' AND outcome='failed'",
                      "iitttitii", o->job, (int64_t)o->stage, o->key.class, o->key.model,
                      o->key.signature, o->when, o->outcome, o->tokens, o->ms);
}

enum err learned_record(sqlite3 *db, const struct stage_key *key, struct stage_record *out,
                        struct err_info *info)
{
    sqlite3_stmt *st;
    enum err e = store_prepare(db, info, &st,
                               "SELECT outcome FROM stage_outcome WHERE class=? AND model=?"
                               " AND signature=? ORDER BY id DESC LIMIT ?",
                               "ttti", key->class, key->model, key->signature, (int64_t)ROWS_MAX);
    *out = (struct stage_record){0};
    while (!e && out->tried < LEARNED_TRIES && sqlite3_step(st) == SQLITE_ROW) {
        const char *outcome = (const char *)sqlite3_column_text(st, 0);
        bool skipped = strcmp(outcome, "skipped") == 0;
        out->skipped += skipped && !out->tried;
        out->tried += !skipped;
        out->solved += strcmp(outcome, "solved") == 0;
    }
    sqlite3_finalize(st);
    return e;
}

enum err learned_add_time(sqlite3 *db, const char *model, const char *kind, int64_t ms,
                          struct err_info *info)
{
    enum err e = store_exec(db, info, "INSERT INTO call_time(model,kind,ms) VALUES(?,?,?)", "tti",
                            model, kind, ms);
    return e ? e
             : store_exec(db, info,
                          "DELETE FROM call_time WHERE model=?1 AND kind=?2 AND id<=(SELECT id"
                          " FROM call_time WHERE model=?1 AND kind=?2 ORDER BY id DESC"
                          " LIMIT 1 OFFSET ?3)",
                          "tti", model, kind, (int64_t)LEARNED_TIMES);
}

enum err learned_times(sqlite3 *db, const char *model, const char *kind, int64_t out[LEARNED_TIMES],
                       size_t *n, struct err_info *info)
{
    sqlite3_stmt *st;
    enum err e = store_prepare(db, info, &st,
                               "SELECT ms FROM call_time WHERE model=? AND kind=?"
                               " ORDER BY id DESC LIMIT ?",
                               "tti", model, kind, (int64_t)LEARNED_TIMES);
    *n = 0;
    while (!e && sqlite3_step(st) == SQLITE_ROW)
        out[(*n)++] = sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    return e;
}

/* ---- mending ---- */

enum err learned_add_tokens(sqlite3 *db, const char *model, double factor, struct err_info *info)
{
    return store_exec(db, info,
                      "INSERT INTO token_factor(model,factor,calls) VALUES(?,?/1000.0,1)"
                      " ON CONFLICT DO UPDATE SET calls=calls+1,"
                      " factor=factor+(excluded.factor-factor)*max(0.1, 1.0/(calls+1))",
                      "ti", model, (int64_t)(1000 * factor + 0.5));
}

enum err learned_tokens(sqlite3 *db, const char *model, double *factor, struct err_info *info)
{
    sqlite3_stmt *st;
    enum err e =
        store_prepare(db, info, &st, "SELECT factor FROM token_factor WHERE model=?", "t", model);
    *factor = !e && sqlite3_step(st) == SQLITE_ROW ? sqlite3_column_double(st, 0) : 1;
    sqlite3_finalize(st);
    return e;
}

enum err learned_add_fix(sqlite3 *db, const struct fix *f, struct err_info *info)
{
    return store_exec(db, info,
                      "INSERT OR IGNORE INTO fix(job,signature,time,before,after)"
                      " VALUES(?,?,?,?,?)",
                      "ititt", f->job, f->signature, f->when, f->before, f->after);
}

enum err learned_find_fix(sqlite3 *db, const char *signature, struct json_object **out,
                          struct err_info *info)
{
    sqlite3_stmt *st;
    enum err e = store_prepare(db, info, &st,
                               "SELECT id,before,after,offered,helped FROM fix WHERE signature=?"
                               " ORDER BY (helped+1.0)/(offered+2.0) DESC, id DESC LIMIT 1",
                               "t", signature);
    *out = NULL;
    if (!e && sqlite3_step(st) == SQLITE_ROW) {
        *out = json_object_new_object();
        json_add_i64(*out, "id", sqlite3_column_int64(st, 0));
        json_add_str(*out, "before", (const char *)sqlite3_column_text(st, 1));
        json_add_str(*out, "after", (const char *)sqlite3_column_text(st, 2));
        json_add_i64(*out, "offered", sqlite3_column_int64(st, 3));
        json_add_i64(*out, "helped", sqlite3_column_int64(st, 4));
    }
    sqlite3_finalize(st);
    return e || *out ? e : ERR_NOT_FOUND;
}

enum err learned_count_fix(sqlite3 *db, int64_t fix, int64_t job, bool helped,
                           struct err_info *info)
{
    enum err e = store_exec(db, info,
                            "INSERT OR IGNORE INTO fix_use(fix,job,helped)"
                            " VALUES(?,?,?)",
                            "iii", fix, job, (int64_t)helped);
    if (e || sqlite3_changes(db) == 0)
        return e; /* told before a crash */
    return store_exec(db, info,
                      helped ? "UPDATE fix SET helped=helped+1 WHERE id=?"
                             : "UPDATE fix SET offered=offered+1 WHERE id=?",
                      "i", fix);
}
