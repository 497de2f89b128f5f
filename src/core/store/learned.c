#include "core/store/learned.h"

#include <math.h>
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
    while (out->tried < LEARNED_TRIES && store_row(st, &e, info)) {
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
    while (store_row(st, &e, info))
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
    *factor = store_row(st, &e, info) ? sqlite3_column_double(st, 0) : 1;
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

static double weight_of(int64_t when, int64_t now)
{
    const double half = FIX_HALF_LIFE_DAYS * 86400e3;
    return now > when ? exp2(-(double)(now - when) / half) : 1;
}

/* Sums up the jobs to which it was offered; one that is forgotten counts as old as the mending. */
static enum err odds_of(sqlite3 *db, int64_t fix, int64_t made, int64_t now, double *odds,
                        struct err_info *info)
{
    double good = weight_of(made, now), all = good;
    sqlite3_stmt *st = NULL;
    enum err e = store_prepare(db, info, &st,
                               "SELECT u.helped,coalesce(j.created,?2) FROM fix_use u"
                               " LEFT JOIN job j ON j.id=u.job WHERE u.fix=?1",
                               "ii", fix, made);
    while (store_row(st, &e, info)) {
        const double w = weight_of(sqlite3_column_int64(st, 1), now);
        if (sqlite3_column_int(st, 0))
            good += w;
        else
            all += w;
    }
    sqlite3_finalize(st);
    *odds = (good + 1) / (all + 2);
    return e;
}

static struct json_object *read_fix(sqlite3_stmt *st)
{
    struct json_object *o = json_object_new_object();
    json_add_i64(o, "id", sqlite3_column_int64(st, 0));
    json_add_str(o, "before", (const char *)sqlite3_column_text(st, 1));
    json_add_str(o, "after", (const char *)sqlite3_column_text(st, 2));
    json_add_i64(o, "offered", sqlite3_column_int64(st, 3));
    json_add_i64(o, "helped", sqlite3_column_int64(st, 4));
    json_add_i64(o, "time", sqlite3_column_int64(st, 5));
    json_add_i64(o, "job", sqlite3_column_int64(st, 6));
    json_add_str(o, "signature", (const char *)sqlite3_column_text(st, 7));
    return o;
}

static int by_odds(const void *a, const void *b)
{
    struct json_object *x = *(struct json_object *const *)a, *y = *(struct json_object *const *)b;
    const double p = json_f64(x, "odds", 0), q = json_f64(y, "odds", 0);
    return p > q ? -1 : p < q ? 1 : json_i64(x, "id", 0) > json_i64(y, "id", 0) ? -1 : 1;
}

/* Those that `st` gives, with their odds, sorted. */
static enum err read_fixes(sqlite3 *db, sqlite3_stmt *st, int64_t now, struct json_object *out,
                           struct err_info *info)
{
    enum err e = ERR_OK;
    while (store_row(st, &e, info)) {
        struct json_object *o = read_fix(st);
        double odds = 0;
        e = odds_of(db, json_i64(o, "id", 0), json_i64(o, "time", 0), now, &odds, info);
        json_add_f64(o, "odds", odds);
        json_object_array_add(out, o);
    }
    json_object_array_sort(out, by_odds);
    return e;
}

#define FIX_COLUMNS "SELECT id,before,after,offered,helped,time,job,signature FROM fix"

enum err learned_find_fix(sqlite3 *db, const char *signature, int64_t now, struct json_object **out,
                          struct err_info *info)
{
    struct json_object *list = json_object_new_array(), *best;
    sqlite3_stmt *st = NULL;
    enum err e = store_prepare(db, info, &st, FIX_COLUMNS " WHERE signature=?", "t", signature);
    *out = NULL;
    if (!e)
        e = read_fixes(db, st, now, list, info);
    sqlite3_finalize(st);
    best = json_object_array_get_idx(list, 0);
    if (!e && best && json_f64(best, "odds", 0) >= FIX_LEAST_ODDS)
        *out = json_object_get(best);
    json_object_put(list);
    return e || *out ? e : ERR_NOT_FOUND;
}

enum err learned_list_fixes(sqlite3 *db, const char *words, int64_t now, int most,
                            struct json_object **out, struct err_info *info)
{
    sqlite3_stmt *st = NULL;
    enum err e = store_prepare(db, info, &st, FIX_COLUMNS " WHERE instr(lower(signature),lower(?))",
                               "t", words);
    *out = json_object_new_array();
    if (!e)
        e = read_fixes(db, st, now, *out, info);
    sqlite3_finalize(st);
    if (json_object_array_length(*out) > (size_t)most)
        json_object_array_del_idx(*out, (size_t)most,
                                  json_object_array_length(*out) - (size_t)most);
    return e;
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
