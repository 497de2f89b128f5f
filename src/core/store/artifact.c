#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sha256.h"
#include "core/store/artifact_internal.h"

enum { TEXT_MAX = 4 << 20 };

/* Words apart by single spaces: a task is the same whatever its line breaks are. */
static void add_words(struct sha256 *h, const char *text)
{
    bool gap = false, begun = false;
    for (; *text; text++) {
        if (strchr(" \t\r\n", *text)) {
            gap = true;
            continue;
        }
        if (gap && begun)
            sha256_add(h, " ", 1);
        gap = false;
        begun = true;
        sha256_add(h, text, 1);
    }
}

void artifact_task_hash(const char *task, struct json_object *input, char out[65])
{
    struct sha256 h;
    const char *text = input ? json_object_to_json_string_ext(input, JSON_C_TO_STRING_PLAIN) : "";
    sha256_init(&h);
    add_words(&h, task);
    sha256_add(&h, "", 1);
    sha256_add(&h, text, strlen(text));
    sha256_hex(&h, out);
}

/* The mark cannot stand in a task that a person typed. */
enum err artifact_marked_hash(const char *mark, const char *task, struct json_object *input,
                              char out[65])
{
    struct buf marked;
    enum err e;
    buf_init(&marked, TEXT_MAX);
    e = buf_addf(&marked, "\x01%s ", mark);
    if (!e)
        e = buf_adds(&marked, task);
    if (!e)
        artifact_task_hash(marked.data, input, out);
    buf_fini(&marked);
    return e;
}

enum err artifact_text_hash(const char *task, struct json_object *input, char out[65])
{
    return artifact_marked_hash("text", task, input, out);
}

bool artifact_kind_known(const char *kind)
{
    static const char *const kinds[] = {
        "function",   "text",     "workflow",   "plan",        "code",         "sub_workflow",
        "tool",       "prompt",   "pattern",    "performance", "evaluation",   "failure",
        "bug_report", "code_fix", "debug_data", "perf_data",   "conversation", NULL};
    for (int i = 0; kinds[i]; i++)
        if (strcmp(kinds[i], kind) == 0)
            return true;
    return false;
}

/* Numbers are never given twice, also when the row of the last one is gone (artifact_gc.c). */
#define NEXT_NUMBER                                                                                \
    "SELECT max((SELECT coalesce(max(id),0) FROM artifact),(SELECT id FROM artifact_last))+1"

static enum err insert_row(sqlite3 *db, struct json_object *a, struct version *v, int64_t *number,
                           struct err_info *info)
{
    struct json_object *slim = content_slim(a);
    sqlite3_stmt *st = NULL;
    enum err e = artifact_int(db, number, info, NEXT_NUMBER, "", 0);
    double quality;
    bool stale = quality_first(a, &quality);
    if (!v->chain)
        v->chain = *number;
    if (!e)
        e = store_prepare(
            db, info, &st,
            "INSERT INTO artifact(id,kind,name,task,task_hash,solved,model,created,body,job,"
            "chain,version,reason,breaking,rating,uses,last_use,deleted,stale,quality)"
            " VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
            "ittttititiitttiiiii", *number, json_str(a, "kind", "function"),
            json_str(a, "name", ""), json_str(a, "task", ""), json_str(a, "task_hash", ""),
            (int64_t)json_flag(a, "solved", false), json_str(a, "model", ""),
            json_i64(a, "created", 0), json_object_to_json_string_ext(slim, JSON_C_TO_STRING_PLAIN),
            json_i64(a, "job", 0), v->chain, v->text, v->reason, v->breaking,
            json_i64(a, "rating", 0), json_i64(a, "uses", 0), json_i64(a, "last_use", 0),
            json_i64(a, "deleted", 0), (int64_t)stale);
    if (!e) {
        sqlite3_bind_double(st, 20, quality);
        e = store_error(db, sqlite3_step(st), info);
    }
    sqlite3_finalize(st);
    json_object_put(slim);
    return e;
}

enum err artifact_insert(sqlite3 *db, struct json_object *a, char id[24], struct err_info *info)
{
    struct json_object *tags = json_array(a, "tags");
    struct version v;
    int64_t number = 0;
    enum err e = version_of_new(db, a, &v, info);
    if (!e)
        e = insert_row(db, a, &v, &number, info);
    if (e)
        return e;
    artifact_id(number, id);
    e = content_keep(db, number, a, info);
    if (!e && (v.before || json_i64(a, "deleted", 0)))
        e = version_mark(db, v.chain, info);
    if (!e && tags && json_object_array_length(tags))
        e = artifact_tag(db, number, tags, info);
    if (!e)
        e = lineage_keep(db, number, a, v.before, info);
    return e ? e : artifact_index_soon(db, info);
}

/* ---- rows ---- */

void artifact_add_tags(struct json_object *o, const char *text)
{
    struct json_object *tags = NULL;
    if (json_parse(text, strlen(text), NULL, &tags, NULL) || !tags)
        tags = json_object_new_array();
    json_object_object_add(o, "tags", tags);
}

void artifact_id(int64_t number, char id[24])
{
    snprintf(id, 24, "a%lld", (long long)number);
}

void artifact_add_id(struct json_object *o, int64_t number)
{
    char id[24];
    artifact_id(number, id);
    json_add_str(o, "id", id);
}

enum err artifact_int(sqlite3 *db, int64_t *out, struct err_info *info, const char *sql,
                      const char *types, int64_t value)
{
    sqlite3_stmt *st;
    enum err e = store_prepare(db, info, &st, sql, types, value);
    int code = e ? SQLITE_OK : sqlite3_step(st);
    *out = code == SQLITE_ROW ? sqlite3_column_int64(st, 0) : 0;
    if (!e)
        e = store_error(db, code, info);
    sqlite3_finalize(st);
    return e;
}

enum err artifact_changed_one(sqlite3 *db, enum err e)
{
    return !e && sqlite3_changes(db) == 0 ? ERR_NOT_FOUND : e;
}

enum err artifact_body(sqlite3 *db, int64_t number, const char *body, struct json_object **out)
{
    enum err e = json_parse(body, strlen(body), NULL, out, NULL);
    if (!e)
        e = content_restore(db, number, *out);
    if (!e)
        return ERR_OK;
    json_object_put(*out);
    *out = NULL;
    return ERR_CORRUPT;
}

enum err artifact_row(sqlite3 *db, sqlite3_stmt *st, struct json_object **out)
{
    const char *text = (const char *)sqlite3_column_text(st, 1);
    int64_t number = sqlite3_column_int64(st, 0);
    enum err e = artifact_body(db, number, text, out);
    if (e)
        return e;
    artifact_add_id(*out, number);
    artifact_add_tags(*out, (const char *)sqlite3_column_text(st, 2));
    json_add_i64(*out, "rating", sqlite3_column_int64(st, 3));
    json_add_i64(*out, "uses", sqlite3_column_int64(st, 4));
    json_add_i64(*out, "last_use", sqlite3_column_int64(st, 5));
    json_add_i64(*out, "deleted", sqlite3_column_int64(st, 6));
    artifact_add_version(*out, st, 7);
    json_add_i64(*out, "ok", sqlite3_column_int64(st, 13));
    json_add_i64(*out, "bad", sqlite3_column_int64(st, 14));
    json_add_bool(*out, "stale", sqlite3_column_int(st, 15));
    return ERR_OK;
}

void artifact_add_version(struct json_object *o, sqlite3_stmt *st, int at)
{
    char chain[24];
    artifact_id(sqlite3_column_int64(st, at), chain);
    json_add_str(o, "chain", chain);
    json_add_str(o, "version", (const char *)sqlite3_column_text(st, at + 1));
    json_add_str(o, "reason", (const char *)sqlite3_column_text(st, at + 2));
    json_add_str(o, "breaking", (const char *)sqlite3_column_text(st, at + 3));
    json_add_bool(o, "old", sqlite3_column_int(st, at + 4));
    json_add_f64(o, "quality", sqlite3_column_double(st, at + 5));
}

static enum err read_one(sqlite3 *db, sqlite3_stmt *st, struct json_object **out,
                         struct err_info *info)
{
    enum err e = ERR_OK;
    if (store_row(st, &e, info))
        e = artifact_row(db, st, out);
    else if (!e)
        e = ERR_NOT_FOUND;
    sqlite3_finalize(st);
    return e;
}

int64_t artifact_number(const char *id)
{
    char *end;
    int64_t number = strtoll(*id == 'a' ? id + 1 : id, &end, 10);
    return *end || number <= 0 ? 0 : number;
}

enum err artifact_get(sqlite3 *db, const char *id, struct json_object **out, struct err_info *info)
{
    sqlite3_stmt *st;
    int64_t number = artifact_number(id);
    enum err e;
    *out = NULL;
    if (!number)
        return ERR_NOT_FOUND;
    e = store_prepare(db, info, &st, "SELECT " ARTIFACT_COLUMNS " FROM artifact WHERE id=?", "i",
                      number);
    return e ? e : read_one(db, st, out, info);
}

enum err artifact_find(sqlite3 *db, const char task_hash[65], struct json_object **out)
{
    sqlite3_stmt *st;
    enum err e = store_prepare(db, NULL, &st,
                               "SELECT " ARTIFACT_COLUMNS " FROM artifact"
                               " WHERE task_hash=? AND solved=1 AND deleted=0"
                               " ORDER BY old, id DESC LIMIT 1",
                               "t", task_hash);
    *out = NULL;
    return e ? e : read_one(db, st, out, NULL);
}
