#include "core/artifact.h"

#include <stdlib.h>
#include <string.h>

#include "base/sha256.h"

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

enum err artifact_insert(sqlite3 *db, struct json_object *a, char id[24], struct err_info *info)
{
    enum err e = store_exec(
        db, info,
        "INSERT INTO artifact(kind,name,task,task_hash,solved,model,created,body)"
        " VALUES(?,?,?,?,?,?,?,?)",
        "ttttitit", json_str(a, "kind", "function"), json_str(a, "name", ""),
        json_str(a, "task", ""), json_str(a, "task_hash", ""),
        (int64_t)json_flag(a, "solved", false), json_str(a, "model", ""), json_i64(a, "created", 0),
        json_object_to_json_string_ext(a, JSON_C_TO_STRING_PLAIN));
    if (!e)
        snprintf(id, 24, "a%lld", (long long)sqlite3_last_insert_rowid(db));
    return e;
}

static enum err read_body(sqlite3_stmt *st, struct json_object **out)
{
    char id[24];
    const char *text = (const char *)sqlite3_column_text(st, 1);
    enum err e = json_parse(text, strlen(text), NULL, out, NULL);
    if (e)
        return ERR_CORRUPT;
    snprintf(id, sizeof id, "a%lld", (long long)sqlite3_column_int64(st, 0));
    json_add_str(*out, "id", id);
    return ERR_OK;
}

static enum err read_one(sqlite3_stmt *st, struct json_object **out)
{
    enum err e = sqlite3_step(st) == SQLITE_ROW ? read_body(st, out) : ERR_NOT_FOUND;
    sqlite3_finalize(st);
    return e;
}

enum err artifact_get(sqlite3 *db, const char *id, struct json_object **out, struct err_info *info)
{
    sqlite3_stmt *st;
    char *end;
    int64_t number = strtoll(*id == 'a' ? id + 1 : id, &end, 10);
    enum err e;
    *out = NULL;
    if (*end || number <= 0)
        return ERR_NOT_FOUND;
    e = store_prepare(db, info, &st, "SELECT id,body FROM artifact WHERE id=?", "i", number);
    return e ? e : read_one(st, out);
}

enum err artifact_find(sqlite3 *db, const char task_hash[65], struct json_object **out)
{
    sqlite3_stmt *st;
    enum err e = store_prepare(db, NULL, &st,
                               "SELECT id,body FROM artifact WHERE task_hash=? AND solved=1"
                               " ORDER BY id DESC LIMIT 1",
                               "t", task_hash);
    *out = NULL;
    return e ? e : read_one(st, out);
}

/* The text as a pattern of LIKE, its own wildcards escaped. */
static enum err make_pattern(const char *query, struct buf *out)
{
    enum err e = buf_adds(out, "%");
    for (; !e && *query; query++) {
        if (strchr("%_\\", *query))
            e = buf_adds(out, "\\");
        if (!e)
            e = buf_add(out, query, 1);
    }
    return e ? e : buf_adds(out, "%");
}

enum err artifact_list(sqlite3 *db, int limit, const char *query, struct json_object **out)
{
    sqlite3_stmt *st;
    struct buf pattern;
    enum err e;
    *out = NULL;
    buf_init(&pattern, 4096);
    e = make_pattern(query ? query : "", &pattern);
    if (!e)
        e = store_prepare(db, NULL, &st,
                          "SELECT id,kind,name,task,model,created,solved FROM artifact"
                          " WHERE name LIKE ?1 ESCAPE '\\' OR task LIKE ?1 ESCAPE '\\'"
                          " ORDER BY id DESC LIMIT ?2",
                          "ti", pattern.data, (int64_t)limit);
    if (!e)
        *out = json_object_new_array();
    while (!e && sqlite3_step(st) == SQLITE_ROW) {
        struct json_object *o = json_object_new_object();
        char id[24];
        snprintf(id, sizeof id, "a%lld", (long long)sqlite3_column_int64(st, 0));
        json_add_str(o, "id", id);
        json_add_str(o, "kind", (const char *)sqlite3_column_text(st, 1));
        json_add_str(o, "name", (const char *)sqlite3_column_text(st, 2));
        json_add_str(o, "task", (const char *)sqlite3_column_text(st, 3));
        json_add_str(o, "model", (const char *)sqlite3_column_text(st, 4));
        json_add_i64(o, "created", sqlite3_column_int64(st, 5));
        json_add_bool(o, "solved", sqlite3_column_int(st, 6));
        json_object_array_add(*out, o);
    }
    if (!e)
        sqlite3_finalize(st);
    buf_fini(&pattern);
    return e;
}
