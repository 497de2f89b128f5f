/* The schema, as numbered migrations: append, never change one that was released. */
#include "core/store/store.h"

static const char *const migrations[] = {
    /* 1: jobs with their journal, the event stream, artifacts */
    "CREATE TABLE job("
    " id INTEGER PRIMARY KEY, kind TEXT NOT NULL, version INTEGER NOT NULL, key TEXT UNIQUE,"
    " title TEXT NOT NULL, input TEXT NOT NULL,"
    " state INTEGER NOT NULL," /* enum job_state */
    " epoch INTEGER NOT NULL DEFAULT 0, cancel INTEGER NOT NULL DEFAULT 0,"
    " status TEXT, result TEXT, created INTEGER NOT NULL, ended INTEGER) STRICT;"
    "CREATE INDEX job_open ON job(id) WHERE state<>2;"
    "CREATE TABLE step("
    " job INTEGER NOT NULL, path TEXT NOT NULL,"
    " state INTEGER NOT NULL," /* enum record_state */
    " attempt INTEGER NOT NULL DEFAULT 0, name TEXT NOT NULL, input TEXT NOT NULL,"
    " err INTEGER NOT NULL DEFAULT 0, message TEXT, value BLOB, time INTEGER NOT NULL,"
    " PRIMARY KEY(job,path)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE event("
    " seq INTEGER PRIMARY KEY AUTOINCREMENT, job INTEGER NOT NULL, path TEXT NOT NULL,"
    " n INTEGER NOT NULL, type INTEGER NOT NULL, time INTEGER NOT NULL, body TEXT NOT NULL,"
    " UNIQUE(job,path,n)) STRICT;"
    "CREATE INDEX event_job ON event(job,seq);"
    "CREATE TABLE signal("
    " job INTEGER NOT NULL, name TEXT NOT NULL, body TEXT NOT NULL,"
    " PRIMARY KEY(job,name)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE artifact("
    " id INTEGER PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL, task TEXT NOT NULL,"
    " task_hash TEXT NOT NULL, solved INTEGER NOT NULL, model TEXT NOT NULL,"
    " created INTEGER NOT NULL, body TEXT NOT NULL) STRICT;" /* body: the whole as JSON */
    "CREATE INDEX artifact_task ON artifact(task_hash, solved, id);",
    /* 2: what a person sees of a step; what they say about artifacts, and what became of them */
    "ALTER TABLE step ADD COLUMN began INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE step ADD COLUMN given_size INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE step ADD COLUMN given BLOB;" /* the beginning of the input's text */
    "ALTER TABLE artifact ADD COLUMN tags TEXT NOT NULL DEFAULT '[]';"
    "ALTER TABLE artifact ADD COLUMN rating INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE artifact ADD COLUMN uses INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE artifact ADD COLUMN last_use INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE artifact ADD COLUMN deleted INTEGER NOT NULL DEFAULT 0;" /* ms since 1970 */
    "CREATE TABLE artifact_tag(tag TEXT NOT NULL, artifact INTEGER NOT NULL,"
    " PRIMARY KEY(tag,artifact)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE artifact_use(artifact INTEGER NOT NULL, job INTEGER NOT NULL,"
    " PRIMARY KEY(artifact,job)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE tool_use(tool TEXT PRIMARY KEY, uses INTEGER NOT NULL,"
    " last_use INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    /* a page of the browser is found in these alone: the rows are wide */
    "CREATE INDEX artifact_page ON artifact(deleted>0, id, kind, solved, created);"
    "CREATE INDEX artifact_kind ON artifact(deleted>0, kind, id, solved, created);"
    "CREATE INDEX artifact_solved ON artifact(deleted>0, solved, id, created);"
    "ALTER TABLE artifact ADD COLUMN job INTEGER;"
    "UPDATE artifact SET job=json_extract(body,'$.job') WHERE json_valid(body);"
    "CREATE INDEX artifact_job ON artifact(job, kind);"
    "CREATE VIRTUAL TABLE artifact_text USING fts5(name, task, kind, content='', prefix='1 2 3');"
    "INSERT INTO artifact_text(rowid,name,task,kind) SELECT id,name,task,kind FROM artifact;"
    "CREATE TRIGGER artifact_words AFTER INSERT ON artifact BEGIN"
    " INSERT INTO artifact_text(rowid,name,task,kind) VALUES(new.id,new.name,new.task,new.kind);"
    " END;",
    /* 3: batches. The input of an item is that of its job; `paused` is what a person wants. */
    "ALTER TABLE job ADD COLUMN parent INTEGER NOT NULL DEFAULT 0;"
    "CREATE INDEX job_parent ON job(parent) WHERE parent<>0;"
    "CREATE INDEX job_kind ON job(kind,id);"
    "CREATE TABLE batch("
    " job INTEGER PRIMARY KEY, paused INTEGER NOT NULL DEFAULT 0) STRICT;"
    "CREATE TABLE batch_item("
    " batch INTEGER NOT NULL, item INTEGER NOT NULL, kind TEXT NOT NULL, title TEXT NOT NULL,"
    " input TEXT NOT NULL, PRIMARY KEY(batch,item)) STRICT, WITHOUT ROWID;",
    /* 4: what jobs have learned (learned.h) */
    "CREATE TABLE stage_outcome("
    " id INTEGER PRIMARY KEY, job INTEGER NOT NULL, stage INTEGER NOT NULL,"
    " class TEXT NOT NULL, model TEXT NOT NULL, signature TEXT NOT NULL, time INTEGER NOT NULL,"
    " outcome TEXT NOT NULL, tokens INTEGER NOT NULL, ms INTEGER NOT NULL,"
    " UNIQUE(job,stage)) STRICT;"
    "CREATE INDEX stage_outcome_key ON stage_outcome(class, model, signature, id, outcome);"
    "CREATE TABLE call_time("
    " id INTEGER PRIMARY KEY, model TEXT NOT NULL, kind TEXT NOT NULL, ms INTEGER NOT NULL)"
    " STRICT;"
    "CREATE INDEX call_time_key ON call_time(model, kind, id, ms);"
    "CREATE TABLE fix("
    " id INTEGER PRIMARY KEY, job INTEGER NOT NULL, signature TEXT NOT NULL,"
    " time INTEGER NOT NULL, before TEXT NOT NULL, after TEXT NOT NULL,"
    " offered INTEGER NOT NULL DEFAULT 0, helped INTEGER NOT NULL DEFAULT 0,"
    " UNIQUE(job,signature)) STRICT;"
    "CREATE INDEX fix_signature ON fix(signature);"
    "CREATE TABLE fix_use(fix INTEGER NOT NULL, job INTEGER NOT NULL, helped INTEGER NOT NULL,"
    " PRIMARY KEY(fix,job,helped)) STRICT, WITHOUT ROWID;",
    /* 5: the calls of a day (type 16: LLM_CALL); answers that are kept (answer_cache.h) */
    "CREATE INDEX event_call ON event(time) WHERE type=16;"
    "CREATE TABLE answer("
    " id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, used INTEGER NOT NULL,"
    " size INTEGER NOT NULL, body TEXT NOT NULL) STRICT;"
    "CREATE INDEX answer_used ON answer(used, size);",
    /* 6: by what a model's tokens differ from the estimate (tokens.h) */
    ("CREATE TABLE token_factor(model TEXT PRIMARY KEY, factor REAL NOT NULL,"
     " calls INTEGER NOT NULL) STRICT, WITHOUT ROWID;"),
};

enum { SCHEMA_VERSION = sizeof migrations / sizeof *migrations };

static enum err current_version(sqlite3 *db, int *version, struct err_info *info)
{
    sqlite3_stmt *st;
    enum err e = store_prepare(db, info, &st, "PRAGMA user_version", "");
    if (e)
        return e;
    int code = sqlite3_step(st);
    *version = code == SQLITE_ROW ? sqlite3_column_int(st, 0) : 0;
    sqlite3_finalize(st);
    return store_error(db, code, info);
}

static enum err apply(sqlite3 *db, int number, struct err_info *info)
{
    char mark[64];
    int code;
    snprintf(mark, sizeof mark, "PRAGMA user_version=%d", number + 1);
    code = sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_exec(db, migrations[number], NULL, NULL, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_exec(db, mark, NULL, NULL, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
    if (code != SQLITE_OK) {
        enum err e = store_error(db, code, info);
        sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
        return e;
    }
    return ERR_OK;
}

enum err store_migrate(sqlite3 *db, struct err_info *info)
{
    int version = 0;
    enum err e = current_version(db, &version, info);
    if (!e && version > SCHEMA_VERSION)
        return err_set(info, ERR_VERSION,
                       "the database was written by a newer DiSE (schema %d, this one knows %d); "
                       "update DiSE or choose another --home",
                       version, SCHEMA_VERSION);
    for (; !e && version < SCHEMA_VERSION; version++)
        e = apply(db, version, info);
    return e;
}
