/* What was put aside long enough is removed for good, a piece at a time, so that nobody waits long
 * for the writer. Tables of other parts that know artifacts by their number are swept where they
 * exist. */
#include <stdio.h>

#include "core/store/artifact_internal.h"

/* Tables with a column `artifact`. Not `embedding`: whoever has copies of the vectors learns by its
 * rows that they are gone, which a trigger of that table marks. */
static const char *const owned[] = {"artifact_tag", "artifact_use", "artifact_part",
                                    "artifact_edge", "artifact_source"};

static bool has_column(sqlite3 *db, const char *table, enum err *e, struct err_info *info)
{
    sqlite3_stmt *st = NULL;
    bool found;
    if (!*e)
        *e = store_prepare(db, info, &st,
                           "SELECT 1 FROM pragma_table_info(?) WHERE name='artifact'", "t", table);
    found = store_row(st, e, info);
    sqlite3_finalize(st);
    return found;
}

static enum err count(sqlite3 *db, int64_t before, struct gc_figures *out, struct err_info *info)
{
    enum err e =
        artifact_int(db, &out->artifacts, info,
                     "SELECT count(*) FROM artifact WHERE deleted>0 AND deleted<=?", "i", before);
    sqlite3_stmt *st = NULL;
    if (!e)
        e = store_prepare(
            db, info, &st,
            "SELECT count(*), coalesce(sum(length(bytes)),0) FROM content WHERE NOT EXISTS("
            "SELECT 1 FROM artifact_part p JOIN artifact a ON a.id=p.artifact"
            " WHERE p.content=content.id AND NOT(a.deleted>0 AND a.deleted<=?))",
            "i", before);
    if (store_row(st, &e, info)) {
        out->contents = sqlite3_column_int64(st, 0);
        out->bytes = sqlite3_column_int64(st, 1);
    }
    sqlite3_finalize(st);
    if (has_column(db, "embedding", &e, info))
        e = artifact_int(db, &out->embeddings, info,
                         "SELECT count(*) FROM embedding WHERE artifact IN(SELECT id FROM artifact"
                         " WHERE deleted>0 AND deleted<=?)",
                         "i", before);
    return e;
}

/* Of all those numbers at once, which stand in the table `going`. */
static enum err remove_owned(sqlite3 *db, struct err_info *info)
{
    enum err e = ERR_OK;
    for (size_t i = 0; !e && i < sizeof owned / sizeof *owned; i++) {
        char sql[120];
        if (!has_column(db, owned[i], &e, info))
            continue;
        snprintf(sql, sizeof sql, "DELETE FROM %s WHERE artifact IN(SELECT id FROM temp.going)",
                 owned[i]);
        e = store_exec(db, info, sql, "");
    }
    return e;
}

static enum err count_embeddings(sqlite3 *db, struct gc_figures *out, struct err_info *info)
{
    int64_t n = 0;
    enum err e = ERR_OK;
    if (has_column(db, "embedding", &e, info))
        e = artifact_int(
            db, &n, info,
            "SELECT count(*) FROM embedding WHERE artifact IN(SELECT id FROM temp.going)", "", 0);
    out->embeddings += n;
    return e;
}

static enum err remove_rows(sqlite3 *db, int64_t before, int most, struct gc_figures *out,
                            struct err_info *info)
{
    enum err e =
        store_exec(db, info, "CREATE TEMP TABLE IF NOT EXISTS going(id INTEGER PRIMARY KEY)", "");
    if (!e)
        e = store_exec(db, info, "DELETE FROM temp.going", "");
    if (!e)
        e = store_exec(db, info,
                       "INSERT INTO temp.going SELECT id FROM artifact"
                       " WHERE deleted>0 AND deleted<=? LIMIT ?",
                       "ii", before, (int64_t)most);
    if (e || sqlite3_changes(db) == 0)
        return e;
    e = remove_owned(db, info);
    if (!e)
        e = count_embeddings(db, out, info);
    if (!e)
        e = store_exec(db, info,
                       "UPDATE artifact_last SET id=max(id,(SELECT max(id) FROM temp.going))", "");
    if (!e)
        e = store_exec(db, info, "DELETE FROM artifact WHERE id IN(SELECT id FROM temp.going)", "");
    out->artifacts += e ? 0 : sqlite3_changes64(db);
    return e;
}

/* What nobody refers to any more; *out counts it. */
static enum err remove_contents(sqlite3 *db, int most, struct gc_figures *out,
                                struct err_info *info)
{
    sqlite3_stmt *st;
    enum err e = store_prepare(
        db, info, &st,
        "DELETE FROM content WHERE id IN(SELECT c.id FROM content c WHERE NOT EXISTS("
        "SELECT 1 FROM artifact_part p WHERE p.content=c.id) LIMIT ?) RETURNING length(bytes)",
        "i", (int64_t)most);
    if (e)
        return e;
    while (store_row(st, &e, info)) {
        out->contents++;
        out->bytes += sqlite3_column_int64(st, 0);
    }
    sqlite3_finalize(st);
    return e;
}

enum err artifact_gc(sqlite3 *db, int64_t before, bool dry, struct gc_figures *out, bool *more,
                     struct err_info *info)
{
    int64_t had = out->artifacts + out->contents;
    enum err e;
    *more = false;
    if (dry)
        return count(db, before, out, info);
    e = remove_rows(db, before, GC_PIECE, out, info);
    if (!e && out->artifacts + out->contents == had)
        e = remove_contents(db, GC_PIECE, out, info);
    *more = out->artifacts + out->contents != had;
    return e;
}
