#include "core/store/salvage.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/sha256.h"
#include "core/store/artifact.h"

enum {
    JUMP_MOST = 1 << 24, /* rows that are skipped at once where none can be read */
    COLUMNS_MAX = 64,
};

/* Without a key: by rowid, over holes. With one: from both ends as far as it goes. */
static const struct table {
    const char *name, *key, *where;
} tables[] = {
    {"content", NULL, "1"},
    {"job", NULL, "state=2"},
    {"artifact", NULL, "json_valid(body)"},
    {"artifact_part", "artifact,part", "1"},
    {"artifact_edge", "artifact,source,how", "1"},
    {"artifact_tag", "tag,artifact", "1"},
    {"artifact_use", "artifact,job", "1"},
    {"artifact_source", "source,hash", "1"},
    {"embedding_model", "model", "1"},
    {"embedding", NULL, "1"},
    {"event", NULL, "1"},
    {"batch", NULL, "1"},
    {"batch_item", "batch,item", "1"},
    {"stage_outcome", NULL, "1"},
    {"call_time", NULL, "1"},
    {"fix", NULL, "1"},
    {"fix_use", "fix,job,helped", "1"},
    {"token_factor", "model", "1"},
    {"tool_use", "tool", "1"},
};

struct copy {
    sqlite3 *from, *to;
    const struct table *table;
    sqlite3_stmt *read, *write;
    char columns[2000];
    int count; /* columns */
    bool torn;
};

static bool has_column(sqlite3 *db, const char *table, const char *column)
{
    return sqlite3_table_column_metadata(db, NULL, table, column, NULL, NULL, NULL, NULL, NULL) ==
           SQLITE_OK;
}

/* The columns that both know: the damaged one may be of an older version. */
static enum err list_columns(struct copy *c, struct err_info *info)
{
    char sql[120];
    sqlite3_stmt *st = NULL;
    size_t n = 0;
    enum err e;
    snprintf(sql, sizeof sql, "PRAGMA table_info(%s)", c->table->name);
    e = store_prepare(c->to, info, &st, sql, "");
    c->count = 0;
    c->columns[0] = 0;
    while (!e && sqlite3_step(st) == SQLITE_ROW && c->count < COLUMNS_MAX) {
        const char *name = (const char *)sqlite3_column_text(st, 1);
        if (!has_column(c->from, c->table->name, name))
            continue;
        n += (size_t)snprintf(c->columns + n, sizeof c->columns - n, "%s%s", n ? "," : "", name);
        c->count++;
    }
    sqlite3_finalize(st);
    return e;
}

static enum err prepare_write(struct copy *c, struct err_info *info)
{
    struct buf sql;
    enum err e;
    buf_init(&sql, 8192);
    e = buf_addf(&sql, "INSERT OR IGNORE INTO %s(%s) VALUES(", c->table->name, c->columns);
    for (int i = 0; !e && i < c->count; i++)
        e = buf_adds(&sql, i ? ",?" : "?");
    if (!e)
        e = buf_adds(&sql, ")");
    if (!e)
        e = store_prepare(c->to, info, &c->write, sql.data, "");
    buf_fini(&sql);
    return e;
}

/* Bytes that do not have their hash are those of a damaged page. */
static bool is_sound(const struct copy *c)
{
    char hash[65];
    if (strcmp(c->table->name, "content") != 0 || c->count < 3)
        return true;
    sha256_of(sqlite3_column_blob(c->read, 3), (size_t)sqlite3_column_bytes(c->read, 3), hash);
    return strcmp(hash, (const char *)sqlite3_column_text(c->read, 2)) == 0;
}

/* A row that does not fit (damage, again) is left out. Column 0 of what is read is the rowid. */
static enum err take_row(struct copy *c, struct err_info *info)
{
    enum err e;
    if (!is_sound(c)) {
        c->torn = true;
        return ERR_OK;
    }
    for (int i = 0; i < c->count; i++)
        sqlite3_bind_value(c->write, i + 1, sqlite3_column_value(c->read, i + 1));
    e = store_error(c->to, sqlite3_step(c->write), info);
    sqlite3_reset(c->write);
    sqlite3_clear_bindings(c->write);
    if (e != ERR_EXISTS && e != ERR_CORRUPT)
        return e;
    c->torn = true;
    return ERR_OK;
}

/* ---- by rowid ---- */

/* What stands between a hole behind `low` and the row `high`, down to the hole. */
static enum err copy_back(struct copy *c, int64_t low, int64_t high, struct err_info *info)
{
    sqlite3_stmt *forward = c->read;
    char sql[2400];
    enum err e;
    snprintf(sql, sizeof sql,
             "SELECT rowid,%s FROM %s NOT INDEXED WHERE rowid>? AND rowid<? AND %s"
             " ORDER BY rowid DESC",
             c->columns, c->table->name, c->table->where);
    e = store_prepare(c->from, info, &c->read, sql, "ii", low, high);
    while (!e && sqlite3_step(c->read) == SQLITE_ROW)
        e = take_row(c, info);
    sqlite3_finalize(c->read);
    c->read = forward;
    return e;
}

/* Where a row or a page cannot be read, farther and farther ones are tried. */
static enum err copy_rows(struct copy *c, struct err_info *info)
{
    int64_t at = INT64_MIN, jump = 0;
    char sql[2400];
    enum err e;
    snprintf(sql, sizeof sql,
             "SELECT rowid,%s FROM %s NOT INDEXED WHERE rowid>? AND %s ORDER BY rowid", c->columns,
             c->table->name, c->table->where);
    e = store_prepare(c->from, info, &c->read, sql, "i", at);
    while (!e) {
        const int code = sqlite3_step(c->read);
        if (code == SQLITE_DONE)
            return ERR_OK;
        if (code == SQLITE_ROW) {
            const int64_t before = at;
            at = sqlite3_column_int64(c->read, 0);
            e = take_row(c, info);
            if (!e && jump > 1)
                e = copy_back(c, before, at, info);
            jump = 0;
            continue;
        }
        c->torn = true;
        at = at < 0 ? 0 : at;
        jump = jump ? jump * 2 : 1;
        if (jump > JUMP_MOST)
            return ERR_OK;
        sqlite3_reset(c->read);
        sqlite3_bind_int64(c->read, 1, at + jump);
    }
    return e;
}

/* ---- by key ---- */

static enum err copy_until(struct copy *c, const char *order, bool *torn, struct err_info *info)
{
    char sql[2400];
    enum err e;
    int code = SQLITE_ROW;
    snprintf(sql, sizeof sql, "SELECT 0,%s FROM %s NOT INDEXED WHERE %s ORDER BY %s", c->columns,
             c->table->name, c->table->where, order);
    e = store_prepare(c->from, info, &c->read, sql, "");
    while (!e && (code = sqlite3_step(c->read)) == SQLITE_ROW)
        e = take_row(c, info);
    *torn = code != SQLITE_DONE;
    return e;
}

static enum err copy_keys(struct copy *c, struct err_info *info)
{
    char backwards[120];
    size_t n = 0;
    bool torn = false;
    enum err e = copy_until(c, c->table->key, &torn, info);
    if (e || !torn)
        return e;
    c->torn = true;
    for (const char *at = c->table->key; *at; at++)
        n += (size_t)snprintf(backwards + n, sizeof backwards - n, *at == ',' ? " DESC," : "%c",
                              *at);
    snprintf(backwards + n, sizeof backwards - n, " DESC");
    sqlite3_finalize(c->read);
    c->read = NULL;
    return copy_until(c, backwards, &torn, info);
}

/* A table that cannot be read at all, or was not there yet, gives nothing. */
static enum err copy_table(struct copy *c, struct err_info *info)
{
    enum err e = list_columns(c, info);
    if (e || !c->count)
        return e;
    e = prepare_write(c, info);
    if (!e)
        e = c->table->key ? copy_keys(c, info) : copy_rows(c, info);
    if (e && !c->read) { /* its statement could not be made */
        c->torn = true;
        e = ERR_OK;
    }
    sqlite3_finalize(c->read);
    sqlite3_finalize(c->write);
    c->read = c->write = NULL;
    return e;
}

/* ---- afterwards ---- */

/* New jobs get numbers that nothing of the old ones refers to, and artifacts, too. */
#define LARGEST_JOB                                                                                \
    "max((SELECT coalesce(max(job),0) FROM artifact),(SELECT coalesce(max(job),0) FROM "           \
    "artifact_use),(SELECT coalesce(max(job),0) FROM fix),(SELECT coalesce(max(job),0) FROM "      \
    "fix_use),(SELECT coalesce(max(job),0) FROM stage_outcome),(SELECT coalesce(max(job),0) FROM " \
    "event),(SELECT coalesce(max(job),0) FROM batch))"

static const char *const afterwards[] = {
    "INSERT OR IGNORE INTO job(id,kind,version,title,input,state,status,created,ended)"
    " SELECT " LARGEST_JOB ",'task',1,'a job that was lost','{}',2,'failed',0,0"
    " WHERE " LARGEST_JOB ">(SELECT coalesce(max(id),0) FROM job)",
    "UPDATE artifact_last SET id=max(id,(SELECT coalesce(max(artifact),0) FROM artifact_part),"
    "(SELECT coalesce(max(artifact),0) FROM artifact_tag),"
    "(SELECT coalesce(max(artifact),0) FROM artifact_use))",
    "DELETE FROM artifact_part WHERE content NOT IN(SELECT id FROM content)",
    "DELETE FROM artifact_part WHERE artifact NOT IN(SELECT id FROM artifact)",
};

#define INCOMPLETE                                                                                 \
    "UPDATE artifact SET deleted=?1 WHERE deleted=0 AND kind='function' AND solved=1"              \
    " AND coalesce(json_extract(body,'$.source'),json_extract(body,'$.code'),"                     \
    "json_extract(body,'$.content')) IS NULL AND NOT EXISTS(SELECT 1 FROM artifact_part p"         \
    " WHERE p.artifact=artifact.id AND p.part IN('source','code','content'))"

static int64_t count_of(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *st = NULL;
    int64_t n = 0;
    if (store_prepare(db, NULL, &st, sql, "") == ERR_OK && sqlite3_step(st) == SQLITE_ROW)
        n = sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    return n;
}

/* Whose vectors a server holds stays the same. */
static enum err keep_home(sqlite3 *from, sqlite3 *to, struct err_info *info)
{
    sqlite3_stmt *st = NULL;
    enum err e = ERR_OK;
    if (store_prepare(from, NULL, &st, "SELECT id FROM home", "") == ERR_OK &&
        sqlite3_step(st) == SQLITE_ROW)
        e = store_exec(to, info, "UPDATE home SET id=?", "t", sqlite3_column_text(st, 0));
    sqlite3_finalize(st);
    return e;
}

static enum err finish(sqlite3 *from, sqlite3 *to, struct salvage *out, struct err_info *info)
{
    enum err e = keep_home(from, to, info);
    out->jobs = count_of(to, "SELECT count(*) FROM job");
    for (size_t i = 0; !e && i < sizeof afterwards / sizeof *afterwards; i++)
        e = store_exec(to, info, afterwards[i], "");
    if (!e)
        e = store_exec(to, info, INCOMPLETE, "i", (int64_t)1);
    out->incomplete = sqlite3_changes64(to);
    out->artifacts = count_of(to, "SELECT count(*) FROM artifact");
    out->unfinished = count_of(from, "SELECT count(*) FROM job WHERE state<>2");
    return e;
}

/* ---- opening ---- */

/* A file that is shorter than its head says is read with a writable schema only. Its log stays
 * where it is. */
static enum err open_damaged(const char *path, sqlite3 **db, struct err_info *info)
{
    int code = sqlite3_open_v2(path, db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_db_config(*db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_db_config(*db, SQLITE_DBCONFIG_WRITABLE_SCHEMA, 1, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_exec(*db, "PRAGMA cell_size_check=ON; SELECT 1 FROM sqlite_schema LIMIT 1",
                            NULL, NULL, NULL);
    return store_error(*db, code, info);
}

enum err store_salvage(sqlite3 *db, const char *path, struct salvage *out, struct err_info *info)
{
    struct copy c = {.to = db};
    enum err e = open_damaged(path, &c.from, info);
    *out = (struct salvage){0};
    if (!e)
        e = store_exec(db, info, "BEGIN IMMEDIATE", "");
    for (size_t i = 0; !e && i < sizeof tables / sizeof *tables; i++) {
        c.table = &tables[i];
        e = copy_table(&c, info);
    }
    if (!e)
        e = finish(c.from, db, out, info);
    if (!e)
        e = store_exec(db, info, "COMMIT", "");
    if (e && !sqlite3_get_autocommit(db))
        sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    out->torn = c.torn;
    sqlite3_close(c.from);
    return e;
}
