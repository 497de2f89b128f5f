/* The index of the words of what is kept: what is to come into it stands in artifact_words_todo,
 * where triggers put it (store_migrate.c). */
#include "core/store/artifact.h"

/* The smallest number of the piece; 0: there is nothing. */
static enum err find_piece(sqlite3 *db, int64_t above, int most, int64_t *from,
                           struct err_info *info)
{
    sqlite3_stmt *st;
    enum err e = store_prepare(db, info, &st,
                               "SELECT coalesce(min(artifact),0) FROM(SELECT artifact FROM"
                               " artifact_words_todo WHERE artifact>? ORDER BY artifact DESC"
                               " LIMIT ?)",
                               "ii", above, (int64_t)most);
    *from = store_row(st, &e, info) ? sqlite3_column_int64(st, 0) : 0;
    sqlite3_finalize(st);
    return e;
}

enum err artifact_index_words(sqlite3 *db, int most, int64_t *left, struct err_info *info)
{
    int64_t from;
    enum err e = find_piece(db, *left, most, &from, info);
    /* ascending: FTS5 writes what it holds to its table whenever a smaller number comes */
    if (!e && from)
        e = store_exec(
            db, info,
            "INSERT INTO artifact_text(rowid,name,task,kind,tags,content)"
            " SELECT w.id,w.name,w.task,w.kind,w.tags,w.content FROM artifact_words_todo t"
            " CROSS JOIN artifact_words w ON w.id=t.artifact"
            " WHERE t.artifact>=? ORDER BY t.artifact",
            "i", from);
    if (!e && from)
        e = store_exec(db, info, "DELETE FROM artifact_words_todo WHERE artifact>=?", "i", from);
    return e ? e : find_piece(db, 0, 1, left, info);
}

enum err artifact_index_anew(sqlite3 *db, struct err_info *info)
{
    enum err e =
        store_exec(db, info, "INSERT INTO artifact_text(artifact_text) VALUES('delete-all')", "");
    return e ? e
             : store_exec(db, info,
                          "INSERT OR IGNORE INTO artifact_words_todo(artifact)"
                          " SELECT id FROM artifact",
                          "");
}

enum err artifact_index_soon(sqlite3 *db, struct err_info *info)
{
    int64_t left = 0;
    enum err e = ERR_OK;
    if (!sqlite3_get_autocommit(db))
        return ERR_OK;
    do {
        left = 0;
        e = artifact_index_words(db, WORDS_AT_ONCE, &left, info);
    } while (!e && left);
    return e;
}
