/* The schema, as numbered migrations: append, never change one that was released. */
#include <string.h>

#include "base/sha256.h"
#include "core/rag/quality.h"
#include "core/store/store.h"
#include "core/store/tokenizer.h"

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
    /* 7: artifacts have versions, quality and lineage; what is large in them stands once */
    "CREATE TABLE content(id INTEGER PRIMARY KEY, hash TEXT NOT NULL UNIQUE," /* SHA-256, hex */
    " bytes BLOB NOT NULL) STRICT;"
    /* a member of an artifact's JSON that stands there; json: it is no text */
    "CREATE TABLE artifact_part("
    " artifact INTEGER NOT NULL, part TEXT NOT NULL, json INTEGER NOT NULL,"
    " content INTEGER NOT NULL, PRIMARY KEY(artifact,part)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX artifact_part_content ON artifact_part(content);"
    "CREATE TABLE artifact_edge("
    " artifact INTEGER NOT NULL, source INTEGER NOT NULL, how TEXT NOT NULL,"
    " PRIMARY KEY(artifact,source,how)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX artifact_edge_of ON artifact_edge(source);"
    "CREATE TABLE artifact_last(id INTEGER NOT NULL) STRICT;" /* the largest that was removed */
    "INSERT INTO artifact_last VALUES(0);"
    "CREATE INDEX artifact_tag_of ON artifact_tag(artifact);"
    "ALTER TABLE artifact ADD COLUMN chain INTEGER NOT NULL DEFAULT 0;" /* its first version */
    "ALTER TABLE artifact ADD COLUMN version TEXT NOT NULL DEFAULT '1.0.0';"
    "ALTER TABLE artifact ADD COLUMN reason TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE artifact ADD COLUMN breaking TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE artifact ADD COLUMN old INTEGER NOT NULL DEFAULT 0;" /* a newer one is shown */
    "ALTER TABLE artifact ADD COLUMN quality REAL NOT NULL DEFAULT 0.5;"
    "ALTER TABLE artifact ADD COLUMN ok INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE artifact ADD COLUMN bad INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE artifact ADD COLUMN ms REAL NOT NULL DEFAULT 0;"
    "ALTER TABLE artifact ADD COLUMN stale INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE artifact_use ADD COLUMN ok INTEGER;"
    "ALTER TABLE artifact_use ADD COLUMN ms INTEGER;"
    "UPDATE artifact SET chain=coalesce((SELECT min(b.id) FROM artifact b"
    " WHERE b.task_hash=artifact.task_hash AND b.solved=1 AND b.kind=artifact.kind"
    " AND artifact.solved=1 AND artifact.task_hash<>''),id);"
    "UPDATE artifact SET version='1.0.'||w.n, reason='kept before versions had numbers'"
    " FROM (SELECT id, row_number() OVER (PARTITION BY chain ORDER BY id)-1 n FROM artifact"
    " WHERE chain IN (SELECT chain FROM artifact GROUP BY chain HAVING count(*)>1)) w"
    " WHERE w.id=artifact.id;"
    "CREATE INDEX artifact_chain ON artifact(chain, id, deleted);"
    "UPDATE artifact SET old=coalesce(id<>(SELECT max(b.id) FROM artifact b"
    " WHERE b.chain=artifact.chain AND b.deleted=0),0);"
    "DROP INDEX artifact_page; DROP INDEX artifact_kind; DROP INDEX artifact_solved;"
    "CREATE INDEX artifact_page ON artifact(iif(deleted>0,2,old), id, kind, solved, created);"
    "CREATE INDEX artifact_kind ON artifact(iif(deleted>0,2,old), kind, id, solved, created);"
    "CREATE INDEX artifact_solved ON artifact(iif(deleted>0,2,old), solved, id, created);"
    "CREATE INDEX artifact_aside ON artifact(deleted) WHERE deleted>0;"
    "CREATE INDEX artifact_weak ON artifact(id) WHERE stale=0 AND quality<0.5;"
    "CREATE TRIGGER artifact_words_gone BEFORE DELETE ON artifact BEGIN"
    " INSERT INTO artifact_text(artifact_text,rowid,name,task,kind)"
    " VALUES('delete',old.id,old.name,old.task,old.kind);"
    " END;"
    "INSERT OR IGNORE INTO artifact_edge(artifact,source,how)"
    " SELECT a.id, CAST(substr(json_extract(j.value,'$.id'),2) AS INTEGER), 'adapted'"
    " FROM artifact a, json_each(iif(json_valid(a.body),a.body,'{}'),'$.adapted_from') j"
    " WHERE iif(j.type='object',json_extract(j.value,'$.id') GLOB 'a[0-9]*'"
    " AND json_extract(j.value,'$.tool') IS NULL,0);"
    "UPDATE artifact SET quality=first_quality(body,uses,rating);"
    /* sha256 takes the bytes of a text; a text with a zero byte is left where it is */
    "CREATE TEMP TABLE moved AS SELECT a.id artifact, j.key part, j.type<>'text' json,"
    " sha256(j.value) hash, CAST(j.value AS BLOB) bytes"
    " FROM artifact a, json_each(iif(json_valid(a.body),a.body,'{}')) j"
    " WHERE instr(a.body,'\\u0000')=0"
    " AND j.type IN('text','object','array')"
    " AND (length(CAST(j.value AS BLOB))>=256 OR j.key IN('source','workflow','text'));"
    "INSERT OR IGNORE INTO content(hash,bytes) SELECT hash,bytes FROM moved;"
    "INSERT INTO artifact_part(artifact,part,json,content)"
    " SELECT m.artifact,m.part,m.json,c.id FROM moved m JOIN content c ON c.hash=m.hash;"
    "UPDATE artifact SET body=without_parts(body,"
    "(SELECT json_group_array(part) FROM artifact_part p WHERE p.artifact=artifact.id))"
    " WHERE id IN(SELECT artifact FROM moved);"
    "DROP TABLE moved;",
    /* whose artifacts they are, where several homes keep copies (vector_server.h) */
    "CREATE TABLE home(id TEXT NOT NULL) STRICT;"
    "INSERT INTO home VALUES(lower(hex(randomblob(16))));",
    /* embeddings (rag/embeddings.h). `seq` grows with every change of a row, also when its artifact
     * is put aside, taken back or removed: who keeps a copy of the vectors goes on from there. `n`
     * tells whether an artifact was changed while its vector was being made. */
    "CREATE TABLE embedding("
    " artifact INTEGER NOT NULL, model TEXT NOT NULL, seq INTEGER NOT NULL, hash TEXT NOT NULL,"
    " dimensions INTEGER NOT NULL," /* 0: the model refuses the text; -1: the artifact is removed */
    " vector BLOB, error TEXT, PRIMARY KEY(artifact,model)) STRICT;"
    "CREATE INDEX embedding_seq ON embedding(seq);"
    "CREATE INDEX embedding_live ON embedding(model,dimensions,seq,artifact);"
    "CREATE INDEX embedding_gone ON embedding(seq) WHERE dimensions<0;"
    "CREATE INDEX embedding_aside ON artifact(id) WHERE deleted>0;"
    "CREATE INDEX embedding_hash ON embedding(hash,model);"
    "CREATE TABLE embedding_todo("
    " artifact INTEGER PRIMARY KEY, n INTEGER NOT NULL DEFAULT 0) STRICT;"
    "CREATE TABLE embedding_model("
    " model TEXT PRIMARY KEY, place TEXT NOT NULL, name TEXT NOT NULL,"
    " dimensions INTEGER NOT NULL, searched INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE embedding_copy("
    " store TEXT NOT NULL, model TEXT NOT NULL, seq INTEGER NOT NULL,"
    " PRIMARY KEY(store,model)) STRICT, WITHOUT ROWID;"
    "CREATE TRIGGER embedding_added AFTER INSERT ON artifact BEGIN"
    " INSERT INTO embedding_todo(artifact) VALUES(new.id)"
    " ON CONFLICT(artifact) DO UPDATE SET n=n+1; END;"
    "CREATE TRIGGER embedding_changed AFTER UPDATE OF name,task,tags,body ON artifact BEGIN"
    " INSERT INTO embedding_todo(artifact) VALUES(new.id)"
    " ON CONFLICT(artifact) DO UPDATE SET n=n+1; END;"
    "CREATE TRIGGER embedding_moved AFTER UPDATE OF deleted ON artifact"
    " WHEN (old.deleted>0)<>(new.deleted>0) BEGIN"
    " UPDATE embedding SET seq=(SELECT max(seq)+1 FROM embedding) WHERE artifact=new.id;"
    " INSERT INTO embedding_todo(artifact) VALUES(new.id)"
    " ON CONFLICT(artifact) DO UPDATE SET n=n+1; END;"
    "CREATE TRIGGER embedding_removed AFTER DELETE ON artifact BEGIN"
    " UPDATE embedding SET seq=(SELECT max(seq)+1 FROM embedding),dimensions=-1,hash='',"
    " vector=NULL WHERE artifact=old.id;"
    " DELETE FROM embedding_todo WHERE artifact=old.id; END;"
    "INSERT INTO embedding_todo(artifact) SELECT id FROM artifact WHERE deleted=0;",
    /* words are found by their stems, by parts of identifiers and by what programs say
     * (tokenizer.h). All rows of the index come out of the view, so that it can be told exactly
     * what to forget: who changes the view builds the index anew. What is to come into it stands
     * in artifact_words_todo (artifact_words.c), to which any program can write, with or without
     * our tokenizer; a row that changes leaves the index first. */
    "DROP TRIGGER artifact_words;"
    "DROP TRIGGER artifact_words_gone;"
    "DROP TABLE artifact_text;"
    "CREATE VIRTUAL TABLE artifact_text USING fts5(name, task, kind, tags, content, content='',"
    " prefix='1 2 3', tokenize='dise');"
    "CREATE VIEW artifact_words AS SELECT id, name, task, kind, tags,"
    " coalesce((SELECT group_concat(substr(CAST(c.bytes AS TEXT),1,16000),' ')"
    "  FROM artifact_part p JOIN content c ON c.id=p.content WHERE p.artifact=a.id"
    "  AND p.part IN('source','text','content','workflow','plan','description')),'')"
    " || iif(json_valid(body),"
    "  ' ' || coalesce(json_extract(body,'$.description'),'')"
    "  || ' ' || coalesce(json_extract(body,'$.plan'),'')"
    "  || ' ' || coalesce(json_extract(body,'$.content'),''),'') AS content FROM artifact a;"
    "CREATE TABLE artifact_words_todo(artifact INTEGER PRIMARY KEY) STRICT;"
    "INSERT INTO artifact_words_todo(artifact) SELECT id FROM artifact;"
    "CREATE TRIGGER artifact_words_new AFTER INSERT ON artifact BEGIN"
    " INSERT OR IGNORE INTO artifact_words_todo(artifact) VALUES(new.id); END;"
    "CREATE TRIGGER artifact_words_old BEFORE DELETE ON artifact BEGIN"
    " INSERT INTO artifact_text(artifact_text,rowid,name,task,kind,tags,content)"
    "  SELECT 'delete',id,name,task,kind,tags,content FROM artifact_words WHERE id=old.id"
    "  AND id NOT IN(SELECT artifact FROM artifact_words_todo);"
    " INSERT OR IGNORE INTO artifact_words_todo(artifact) SELECT id FROM artifact WHERE id=old.id;"
    " DELETE FROM artifact_words_todo WHERE artifact=old.id; END;"
    "CREATE TRIGGER artifact_words_change BEFORE UPDATE OF name,task,kind,tags,body ON artifact"
    " BEGIN"
    " INSERT INTO artifact_text(artifact_text,rowid,name,task,kind,tags,content)"
    "  SELECT 'delete',id,name,task,kind,tags,content FROM artifact_words WHERE id=old.id"
    "  AND id NOT IN(SELECT artifact FROM artifact_words_todo);"
    " INSERT OR IGNORE INTO artifact_words_todo(artifact) SELECT id FROM artifact WHERE id=old.id;"
    " END;"
    "CREATE TRIGGER artifact_part_new BEFORE INSERT ON artifact_part BEGIN"
    " INSERT INTO artifact_text(artifact_text,rowid,name,task,kind,tags,content)"
    "  SELECT 'delete',id,name,task,kind,tags,content FROM artifact_words WHERE id=new.artifact"
    "  AND id NOT IN(SELECT artifact FROM artifact_words_todo);"
    " INSERT OR IGNORE INTO artifact_words_todo(artifact) SELECT id FROM artifact WHERE "
    "id=new.artifact;"
    " END;"
    "CREATE TRIGGER artifact_part_old BEFORE DELETE ON artifact_part BEGIN"
    " INSERT INTO artifact_text(artifact_text,rowid,name,task,kind,tags,content)"
    "  SELECT 'delete',id,name,task,kind,tags,content FROM artifact_words WHERE id=old.artifact"
    "  AND id NOT IN(SELECT artifact FROM artifact_words_todo);"
    " INSERT OR IGNORE INTO artifact_words_todo(artifact) SELECT id FROM artifact WHERE "
    "id=old.artifact;"
    " END;"
    "CREATE INDEX artifact_stale ON artifact(id) WHERE stale=1;",
    /* where artifacts came from that were not made here (import.h) */
    "CREATE TABLE artifact_source("
    " source TEXT NOT NULL, hash TEXT NOT NULL, artifact INTEGER NOT NULL,"
    " PRIMARY KEY(source,hash)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX artifact_source_of ON artifact_source(artifact);"
    /* the tags of one are set anew with each that comes: without it all tags are looked through */
    "CREATE INDEX IF NOT EXISTS artifact_tag_of ON artifact_tag(artifact);",
    /* what gates say is a part of the quality (quality.h) */
    "UPDATE artifact SET quality=quality_now(body,(SELECT CAST(c.bytes AS TEXT)"
    " FROM artifact_part p JOIN content c ON c.id=p.content"
    " WHERE p.artifact=artifact.id AND p.part='checked'),uses,ok,bad,ms,rating);",
    /* how the embedder was set when it refused texts (rag/embeddings.h) */
    "ALTER TABLE embedding_model ADD COLUMN setting TEXT NOT NULL DEFAULT '';",
};

enum { SCHEMA_VERSION = sizeof migrations / sizeof *migrations };

/* ---- functions for the statements above ---- */

static void fn_sha256(sqlite3_context *c, int n, sqlite3_value **args)
{
    const void *data = sqlite3_value_text(args[0]);
    char hash[65];
    (void)n;
    sha256_of(data ? data : "", (size_t)sqlite3_value_bytes(args[0]), hash);
    sqlite3_result_text(c, hash, 64, SQLITE_TRANSIENT);
}

static struct json_object *json_of(sqlite3_value *v)
{
    const char *text = (const char *)sqlite3_value_text(v);
    struct json_object *o = NULL;
    return text && json_parse(text, strlen(text), NULL, &o, NULL) == ERR_OK ? o : NULL;
}

/* body, uses, rating */
static void fn_first_quality(sqlite3_context *c, int n, sqlite3_value **args)
{
    struct json_object *body = json_of(args[0]);
    struct quality_facts facts;
    (void)n;
    quality_read(body, &facts);
    facts.uses = sqlite3_value_int64(args[1]);
    facts.rating = sqlite3_value_int(args[2]);
    sqlite3_result_double(c, quality_of(&facts));
    json_object_put(body);
}

/* body, its member `checked` where that stands elsewhere, uses, ok, bad, ms, rating */
static void fn_quality_now(sqlite3_context *c, int n, sqlite3_value **args)
{
    struct json_object *body = json_of(args[0]), *checked = json_of(args[1]);
    struct quality_facts facts;
    (void)n;
    if (body && checked)
        json_object_object_add(body, "checked", json_object_get(checked));
    quality_read(body, &facts);
    facts.uses = sqlite3_value_int64(args[2]);
    facts.ok = sqlite3_value_int64(args[3]);
    facts.bad = sqlite3_value_int64(args[4]);
    if (sqlite3_value_double(args[5]) > 0)
        facts.ms = sqlite3_value_double(args[5]);
    facts.rating = sqlite3_value_int(args[6]);
    sqlite3_result_double(c, quality_of(&facts));
    json_object_put(checked);
    json_object_put(body);
}

/* body, names */
static void fn_without_parts(sqlite3_context *c, int n, sqlite3_value **args)
{
    struct json_object *body = json_of(args[0]), *names = json_of(args[1]);
    (void)n;
    for (size_t i = 0; body && names && i < json_object_array_length(names); i++)
        json_object_object_del(body, json_object_get_string(json_object_array_get_idx(names, i)));
    if (body)
        sqlite3_result_text(c, json_object_to_json_string_ext(body, JSON_C_TO_STRING_PLAIN), -1,
                            SQLITE_TRANSIENT);
    else
        sqlite3_result_value(c, args[0]);
    json_object_put(body);
    json_object_put(names);
}

static enum err add_functions(sqlite3 *db, struct err_info *info)
{
    static const struct {
        const char *name;
        int args;
        void (*fn)(sqlite3_context *, int, sqlite3_value **);
    } functions[] = {{"sha256", 1, fn_sha256},
                     {"first_quality", 3, fn_first_quality},
                     {"quality_now", 7, fn_quality_now},
                     {"without_parts", 2, fn_without_parts}};
    int code = SQLITE_OK;
    for (int i = 0; code == SQLITE_OK && i < 4; i++)
        code = sqlite3_create_function(db, functions[i].name, functions[i].args,
                                       SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL, functions[i].fn,
                                       NULL, NULL);
    return store_error(db, code, info);
}

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
    return store_migrate_to(db, SCHEMA_VERSION, info);
}

enum err store_migrate_to(sqlite3 *db, int wanted, struct err_info *info)
{
    int version = 0;
    enum err e = tokenizer_register(db, info);
    if (!e)
        e = add_functions(db, info);
    if (!e)
        e = current_version(db, &version, info);
    if (!e && version > SCHEMA_VERSION)
        return err_set(info, ERR_VERSION,
                       "the database was written by a newer DiSE (schema %d, this one knows %d); "
                       "update DiSE or choose another --home",
                       version, SCHEMA_VERSION);
    for (; !e && version < wanted; version++)
        e = apply(db, version, info);
    return e;
}
