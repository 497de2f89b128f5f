/* The index of the words of what is kept: what is to come into it stands in artifact_words_todo,
 * where triggers put it (store_migrate.c). */
#include "core/store/artifact.h"

static enum err has_todo(sqlite3 *db, bool *any, struct err_info *info)
{
    sqlite3_stmt *st;
    enum err e = store_prepare(db, info, &st, "SELECT 1 FROM artifact_words_todo LIMIT 1", "");
    *any = !e && sqlite3_step(st) == SQLITE_ROW;
    sqlite3_finalize(st);
    return e;
}

/* Inside a transaction its end is the time: one statement for all that it has kept. */
enum err artifact_index_soon(sqlite3 *db, struct err_info *info)
{
    return sqlite3_get_autocommit(db) ? artifact_index_words(db, info) : ERR_OK;
}

enum err artifact_index_words(sqlite3 *db, struct err_info *info)
{
    bool any;
    enum err e = has_todo(db, &any, info);
    if (e || !any)
        return e;
    e = store_exec(db, info,
                   "INSERT INTO artifact_text(rowid,name,task,kind,tags,content)"
                   " SELECT w.id,w.name,w.task,w.kind,w.tags,w.content FROM artifact_words_todo t"
                   " CROSS JOIN artifact_words w ON w.id=t.artifact",
                   "");
    return e ? e : store_exec(db, info, "DELETE FROM artifact_words_todo", "");
}
