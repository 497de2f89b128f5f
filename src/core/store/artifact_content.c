/* Content is kept by its SHA-256: the same code, text or workflow stands once in the database,
 * whichever artifacts and versions have it. An artifact's row holds the small rest of its JSON;
 * the table artifact_part says which member is which content. */
#include <stdlib.h>
#include <string.h>

#include "base/sha256.h"
#include "core/store/artifact_internal.h"

/* Smaller members would need more room as a row of their own. */
enum { PART_BYTES = 256 };

static const char *const mains[] = {"content", "source", "code", "workflow", "text", NULL};

const char *content_main(struct json_object *artifact)
{
    for (int i = 0; mains[i]; i++)
        if (json_get(artifact, mains[i]))
            return mains[i];
    return NULL;
}

/* What stands in columns of its own. */
static bool is_column(const char *key)
{
    static const char *const columns[] = {"id",         "tags",    "rating",  "uses", "last_use",
                                          "deleted",    "chain",   "version", "old",  "reason",
                                          "breaking",   "quality", "ok",      "bad",  "stale",
                                          "version_of", NULL};
    for (int i = 0; columns[i]; i++)
        if (strcmp(columns[i], key) == 0)
            return true;
    return false;
}

/* The bytes of a member as they are stored: a text itself, of the rest its JSON. */
static const char *bytes_of(struct json_object *value, size_t *n)
{
    if (!json_object_is_type(value, json_type_string))
        return json_object_to_json_string_length(value, JSON_C_TO_STRING_PLAIN, n);
    *n = (size_t)json_object_get_string_len(value);
    return json_object_get_string(value);
}

static bool is_part(const char *key, struct json_object *value, const char *main)
{
    size_t n = 0;
    switch (json_object_get_type(value)) {
    case json_type_string:
    case json_type_object:
    case json_type_array:
        break;
    default:
        return false;
    }
    if (main && strcmp(key, main) == 0)
        return true;
    bytes_of(value, &n);
    return n >= PART_BYTES;
}

struct json_object *content_slim(struct json_object *artifact)
{
    struct json_object *slim = json_object_new_object();
    const char *main = content_main(artifact);
    json_object_object_foreach(artifact, key, value)
    {
        if (!is_column(key) && !is_part(key, value, main))
            json_object_object_add(slim, key, json_object_get(value));
    }
    return slim;
}

static enum err keep_one(sqlite3 *db, const char *bytes, size_t n, int64_t *id,
                         struct err_info *info)
{
    char hash[65];
    enum err e;
    sqlite3_stmt *st;
    sha256_of(bytes, n, hash);
    e = store_exec(db, info, "INSERT OR IGNORE INTO content(hash,bytes) VALUES(?,?)", "tb", hash,
                   bytes, n);
    *id = sqlite3_last_insert_rowid(db);
    if (e || sqlite3_changes(db) == 1)
        return e;
    e = store_prepare(db, info, &st, "SELECT id FROM content WHERE hash=?", "t", hash);
    if (!e)
        e = sqlite3_step(st) == SQLITE_ROW ? ERR_OK : ERR_CORRUPT;
    if (!e)
        *id = sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    return e;
}

enum err content_keep(sqlite3 *db, int64_t number, struct json_object *artifact,
                      struct err_info *info)
{
    const char *main = content_main(artifact);
    json_object_object_foreach(artifact, key, value)
    {
        size_t n;
        int64_t id = 0;
        const char *bytes;
        enum err e;
        if (is_column(key) || !is_part(key, value, main))
            continue;
        bytes = bytes_of(value, &n);
        e = keep_one(db, bytes, n, &id, info);
        if (!e)
            e = store_exec(
                db, info, "INSERT INTO artifact_part(artifact,part,json,content) VALUES(?,?,?,?)",
                "itii", number, key, (int64_t)!json_object_is_type(value, json_type_string), id);
        if (e)
            return e;
    }
    return ERR_OK;
}

enum err content_replace(sqlite3 *db, int64_t number, const char *part, struct json_object *value,
                         struct err_info *info)
{
    size_t n;
    const char *bytes = bytes_of(value, &n);
    int64_t id = 0;
    enum err e = keep_one(db, bytes, n, &id, info);
    if (!e)
        e = store_exec(db, info, "DELETE FROM artifact_part WHERE artifact=? AND part=?", "it",
                       number, part);
    return e ? e
             : store_exec(db, info,
                          "INSERT INTO artifact_part(artifact,part,json,content) VALUES(?,?,?,?)",
                          "itii", number, part,
                          (int64_t)!json_object_is_type(value, json_type_string), id);
}

/* One row of part, json, bytes. */
static enum err restore_one(struct json_object *body, sqlite3_stmt *st)
{
    const char *part = (const char *)sqlite3_column_text(st, 0);
    const char *bytes = sqlite3_column_blob(st, 2);
    int n = sqlite3_column_bytes(st, 2);
    struct json_object *value = NULL;
    if (!bytes)
        bytes = ""; /* an empty blob has no address */
    if (!sqlite3_column_int(st, 1))
        value = json_object_new_string_len(bytes, n);
    else if (json_parse(bytes, (size_t)n, NULL, &value, NULL))
        return ERR_CORRUPT;
    json_object_object_add(body, part, value);
    return ERR_OK;
}

enum err content_restore(sqlite3 *db, int64_t number, struct json_object *body)
{
    sqlite3_stmt *st;
    enum err e = store_prepare(db, NULL, &st,
                               "SELECT p.part,p.json,c.bytes FROM artifact_part p"
                               " JOIN content c ON c.id=p.content WHERE p.artifact=?",
                               "i", number);
    while (store_row(st, &e, NULL))
        e = restore_one(body, st);
    sqlite3_finalize(st);
    return e;
}
