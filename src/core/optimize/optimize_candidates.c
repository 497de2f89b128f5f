/* What is worth optimizing: what is used most and is not good yet. */
#include <stdio.h>

#include "core/optimize/optimize.h"

/* Uses count for the chain: the newest version inherits what the older ones were asked for. What
 * was optimized without a gain is half as promising the next time. */
static const char query[] =
    "WITH tried(id,n) AS (SELECT CAST(substr(json_extract(input,'$.id'),2) AS INTEGER), count(*)"
    " FROM job WHERE kind='optimize' AND status='unsolved' GROUP BY 1),"
    " asked(chain,n) AS (SELECT chain, sum(uses) FROM artifact WHERE kind='function' GROUP BY "
    "chain)"
    " SELECT a.id, a.name, u.n, a.quality,"
    " u.n * (1 - a.quality) / (1 << min(coalesce(t.n, 0), 20)) AS value"
    " FROM artifact a JOIN asked u ON u.chain=a.chain LEFT JOIN tried t ON t.id=a.id"
    " WHERE a.kind='function' AND a.solved=1 AND a.deleted=0 AND a.old=0 AND a.stale=0"
    " AND coalesce(json_extract(a.body,'$.class'),'')<>'ARITHMETIC'"
    " AND coalesce(json_extract(a.body,'$.imported'),0)=0"
    " AND u.n * (1 - a.quality) / (1 << min(coalesce(t.n, 0), 20)) >= 1"
    " ORDER BY value DESC, a.id LIMIT ?";

enum err optimize_candidates(sqlite3 *db, int64_t most, struct json_object **out,
                             struct err_info *info)
{
    sqlite3_stmt *st;
    enum err e = store_prepare(db, info, &st, query, "i", most);
    *out = json_object_new_array();
    while (store_row(st, &e, info)) {
        struct json_object *o = json_object_new_object();
        char id[24];
        const double value = sqlite3_column_double(st, 4);
        snprintf(id, sizeof id, "a%lld", (long long)sqlite3_column_int64(st, 0));
        json_add_str(o, "id", id);
        json_add_str(o, "name", (const char *)sqlite3_column_text(st, 1));
        json_add_i64(o, "uses", sqlite3_column_int64(st, 2));
        json_add_f64(o, "quality", sqlite3_column_double(st, 3));
        json_add_f64(o, "value", value);
        json_add_str(o, "class", value >= 5 ? "HIGH" : "MED");
        json_object_array_add(*out, o);
    }
    sqlite3_finalize(st);
    return e;
}
