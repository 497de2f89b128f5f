#include "core/store/artifact.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/sha256.h"

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

enum err artifact_insert(sqlite3 *db, struct json_object *a, char id[24], struct err_info *info)
{
    enum err e = store_exec(
        db, info,
        "INSERT INTO artifact(kind,name,task,task_hash,solved,model,created,body,job)"
        " VALUES(?,?,?,?,?,?,?,?,?)",
        "ttttititi", json_str(a, "kind", "function"), json_str(a, "name", ""),
        json_str(a, "task", ""), json_str(a, "task_hash", ""),
        (int64_t)json_flag(a, "solved", false), json_str(a, "model", ""), json_i64(a, "created", 0),
        json_object_to_json_string_ext(a, JSON_C_TO_STRING_PLAIN), json_i64(a, "job", 0));
    if (!e)
        snprintf(id, 24, "a%lld", (long long)sqlite3_last_insert_rowid(db));
    return e;
}

/* Columns of what a person says and does, behind id and body. */
#define ARTIFACT_COLUMNS "id,body,tags,rating,uses,last_use,deleted"

static void add_tags(struct json_object *o, const char *text)
{
    struct json_object *tags = NULL;
    if (json_parse(text, strlen(text), NULL, &tags, NULL) || !tags)
        tags = json_object_new_array();
    json_object_object_add(o, "tags", tags);
}

static void add_id(struct json_object *o, int64_t number)
{
    char id[24];
    snprintf(id, sizeof id, "a%lld", (long long)number);
    json_add_str(o, "id", id);
}

static enum err read_body(sqlite3_stmt *st, struct json_object **out)
{
    const char *text = (const char *)sqlite3_column_text(st, 1);
    enum err e = json_parse(text, strlen(text), NULL, out, NULL);
    if (e)
        return ERR_CORRUPT;
    add_id(*out, sqlite3_column_int64(st, 0));
    add_tags(*out, (const char *)sqlite3_column_text(st, 2));
    json_add_i64(*out, "rating", sqlite3_column_int64(st, 3));
    json_add_i64(*out, "uses", sqlite3_column_int64(st, 4));
    json_add_i64(*out, "last_use", sqlite3_column_int64(st, 5));
    json_add_i64(*out, "deleted", sqlite3_column_int64(st, 6));
    return ERR_OK;
}

static enum err read_one(sqlite3_stmt *st, struct json_object **out)
{
    enum err e = sqlite3_step(st) == SQLITE_ROW ? read_body(st, out) : ERR_NOT_FOUND;
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
    return e ? e : read_one(st, out);
}

enum err artifact_find(sqlite3 *db, const char task_hash[65], struct json_object **out)
{
    sqlite3_stmt *st;
    enum err e = store_prepare(db, NULL, &st,
                               "SELECT " ARTIFACT_COLUMNS " FROM artifact"
                               " WHERE task_hash=? AND solved=1 AND deleted=0"
                               " ORDER BY id DESC LIMIT 1",
                               "t", task_hash);
    *out = NULL;
    return e ? e : read_one(st, out);
}

/* ---- the browser's pages ---- */

/* Each word of the query as the beginning of a word of the text, all of them: "a"* "b"*. */
static enum err make_match(const struct artifact_filter *f, struct buf *out)
{
    static const char blanks[] = " \t\r\n\"'`.,;:!?()[]{}<>/\\|=+*&^%$#@~-_";
    const char *p = f->query ? f->query : "";
    enum err e = ERR_OK;
    while (!e && *p) {
        size_t gap = strspn(p, blanks), n = strcspn(p + gap, blanks);
        if (n)
            e = buf_addf(out, "{name task}:\"%.*s\"* ", (int)n, p + gap);
        p += gap + n;
    }
    if (!e && out->len && f->kind)
        e = buf_addf(out, "kind:\"%.*s\"", (int)strcspn(f->kind, "\""), f->kind);
    return e;
}

/* The statement that finds one page's numbers. Parameters: ?1 words, ?2 tag, ?3 kind, ?4 before,
 * ?5 since, ?6 solved, ?7 rows. The index is named: without statistics SQLite
 * takes the one of the solved for a rare kind. */
static enum err page_sql(const struct artifact_filter *f, bool words, struct buf *out)
{
    const char *from = words            ? "artifact_text t CROSS JOIN artifact a ON a.id=t.rowid"
                       : f->tag         ? "artifact_tag g CROSS JOIN artifact a ON a.id=g.artifact"
                       : f->kind        ? "artifact a INDEXED BY artifact_kind"
                       : f->solved >= 0 ? "artifact a INDEXED BY artifact_solved"
                                        : "artifact a INDEXED BY artifact_page";
    const char *id = words ? "t.rowid" : f->tag ? "g.artifact" : "a.id";
    enum err e = buf_addf(out, "SELECT a.id FROM %s WHERE (a.deleted>0)=%d", from, f->deleted);
    if (!e && words)
        e = buf_adds(out, " AND artifact_text MATCH ?1");
    if (!e && f->tag)
        e = buf_adds(out, words ? " AND EXISTS(SELECT 1 FROM artifact_tag g WHERE g.tag=?2"
                                  " AND g.artifact=a.id)"
                                : " AND g.tag=?2");
    if (!e)
        e = buf_adds(out, f->kind ? " AND a.kind=?3" : " AND a.kind<>'workflow'");
    if (!e && f->before > 0)
        e = buf_addf(out, " AND %s<?4", id);
    if (!e && f->since > 0)
        e = buf_adds(out, " AND a.created>=?5");
    if (!e && f->solved >= 0)
        e = buf_adds(out, " AND a.solved=?6");
    return e ? e : buf_addf(out, " ORDER BY %s DESC LIMIT ?7", id);
}

static void bind_page(sqlite3_stmt *st, const struct artifact_filter *f, const char *words)
{
    sqlite3_bind_text(st, 1, words, -1, SQLITE_TRANSIENT);
    sqlite3_bind_text(st, 2, f->tag, -1, SQLITE_TRANSIENT);
    sqlite3_bind_text(st, 3, f->kind, -1, SQLITE_TRANSIENT);
    sqlite3_bind_int64(st, 4, f->before);
    sqlite3_bind_int64(st, 5, f->since);
    sqlite3_bind_int(st, 6, f->solved);
    sqlite3_bind_int64(st, 7, (int64_t)f->limit + 1);
}

static void add_row(struct json_object *list, sqlite3_stmt *st)
{
    struct json_object *o = json_object_new_object();
    add_id(o, sqlite3_column_int64(st, 0));
    json_add_str(o, "kind", (const char *)sqlite3_column_text(st, 1));
    json_add_str(o, "name", (const char *)sqlite3_column_text(st, 2));
    json_add_str(o, "task", (const char *)sqlite3_column_text(st, 3));
    json_add_str(o, "model", (const char *)sqlite3_column_text(st, 4));
    json_add_i64(o, "created", sqlite3_column_int64(st, 5));
    json_add_bool(o, "solved", sqlite3_column_int(st, 6));
    add_tags(o, (const char *)sqlite3_column_text(st, 7));
    json_add_i64(o, "rating", sqlite3_column_int64(st, 8));
    json_add_i64(o, "uses", sqlite3_column_int64(st, 9));
    json_object_array_add(list, o);
}

/* A statement about the numbers of a page: `head` in front of them, `tail` behind. */
static enum err prepare_page(sqlite3 *db, const struct artifact_filter *f, const char *head,
                             const char *tail, sqlite3_stmt **st)
{
    struct buf words, sql;
    enum err e;
    buf_init(&words, 4096);
    buf_init(&sql, 4096);
    e = make_match(f, &words);
    if (!e)
        e = buf_adds(&sql, head);
    if (!e)
        e = page_sql(f, words.len > 0, &sql);
    if (!e)
        e = buf_adds(&sql, tail);
    if (!e)
        e = store_prepare(db, NULL, st, sql.data, "");
    if (!e)
        bind_page(*st, f, words.data);
    buf_fini(&sql);
    buf_fini(&words);
    return e;
}

enum err artifact_count(sqlite3 *db, const struct artifact_filter *filter, int64_t *count)
{
    struct artifact_filter f = *filter;
    sqlite3_stmt *st = NULL;
    enum err e;
    f.before = 0;
    f.limit = INT_MAX - 1;
    e = prepare_page(db, &f, "SELECT count(*) FROM(", ")", &st);
    *count = !e && sqlite3_step(st) == SQLITE_ROW ? sqlite3_column_int64(st, 0) : 0;
    sqlite3_finalize(st);
    return e;
}

enum err artifact_list(sqlite3 *db, const struct artifact_filter *f, struct json_object **out,
                       bool *more)
{
    sqlite3_stmt *st = NULL;
    enum err e;
    *out = json_object_new_array();
    *more = false;
    e = prepare_page(db, f,
                     "SELECT id,kind,name,task,model,created,solved,tags,rating,uses"
                     " FROM artifact WHERE id IN(",
                     ") ORDER BY id DESC", &st);
    while (!e && sqlite3_step(st) == SQLITE_ROW) {
        *more = json_object_array_length(*out) == (size_t)f->limit;
        if (!*more)
            add_row(*out, st);
    }
    sqlite3_finalize(st);
    if (e) {
        json_object_put(*out);
        *out = NULL;
    }
    return e;
}

/* ---- what a person does with them ---- */

static enum err changed_one(sqlite3 *db, enum err e)
{
    return !e && sqlite3_changes(db) == 0 ? ERR_NOT_FOUND : e;
}

enum err artifact_tag(sqlite3 *db, int64_t number, struct json_object *tags, struct err_info *info)
{
    enum err e = changed_one(
        db, store_exec(db, info, "UPDATE artifact SET tags=? WHERE id=?", "ti",
                       json_object_to_json_string_ext(tags, JSON_C_TO_STRING_PLAIN), number));
    if (!e)
        e = store_exec(db, info, "DELETE FROM artifact_tag WHERE artifact=?", "i", number);
    for (size_t i = 0; !e && i < json_object_array_length(tags); i++)
        e = store_exec(db, info, "INSERT OR IGNORE INTO artifact_tag(tag,artifact) VALUES(?,?)",
                       "ti", json_object_get_string(json_object_array_get_idx(tags, i)), number);
    return e;
}

enum err artifact_rate(sqlite3 *db, int64_t number, int rating, struct err_info *info)
{
    return changed_one(db, store_exec(db, info, "UPDATE artifact SET rating=? WHERE id=?", "ii",
                                      (int64_t)rating, number));
}

enum err artifact_put_aside(sqlite3 *db, int64_t number, int64_t when, struct err_info *info)
{
    return changed_one(
        db, store_exec(db, info, "UPDATE artifact SET deleted=? WHERE id=?", "ii", when, number));
}

enum err artifact_use(sqlite3 *db, int64_t number, int64_t job, int64_t when, struct err_info *info)
{
    enum err e = store_exec(db, info,
                            "INSERT OR IGNORE INTO artifact_use(artifact,job)"
                            " VALUES(?,?)",
                            "ii", number, job);
    if (e || sqlite3_changes(db) == 0)
        return e; /* told before a crash */
    return store_exec(db, info, "UPDATE artifact SET uses=uses+1, last_use=? WHERE id=?", "ii",
                      when, number);
}

/* ---- lineage ---- */

static struct json_object *json_of(sqlite3_stmt *st, int column)
{
    const char *text = (const char *)sqlite3_column_text(st, column);
    struct json_object *o = NULL;
    return text && json_parse(text, strlen(text), NULL, &o, NULL) == ERR_OK ? o : NULL;
}

enum err artifact_runs(sqlite3 *db, int64_t number, int limit, struct json_object **out,
                       struct err_info *info)
{
    sqlite3_stmt *st;
    enum err e = store_prepare(db, info, &st,
                               "SELECT j.id,j.kind,j.status,j.created,j.ended,"
                               "json_extract(j.input,'$.input'),j.result FROM artifact_use u"
                               " JOIN job j ON j.id=u.job WHERE u.artifact=?"
                               " ORDER BY u.job DESC LIMIT ?",
                               "ii", number, (int64_t)limit);
    *out = json_object_new_array();
    while (!e && sqlite3_step(st) == SQLITE_ROW) {
        struct json_object *o = json_object_new_object();
        const char *status = (const char *)sqlite3_column_text(st, 2);
        json_add_i64(o, "job", sqlite3_column_int64(st, 0));
        json_add_str(o, "kind", (const char *)sqlite3_column_text(st, 1));
        json_add_str(o, "status", status ? status : "running");
        json_add_i64(o, "created", sqlite3_column_int64(st, 3));
        json_add_i64(o, "ended", sqlite3_column_int64(st, 4));
        json_object_object_add(o, "input", json_of(st, 5));
        json_object_object_add(o, "result", json_of(st, 6));
        json_object_array_add(*out, o);
    }
    sqlite3_finalize(st);
    return e;
}

enum err artifact_of_job(sqlite3 *db, int64_t job, const char *kind, char id[24],
                         struct err_info *info)
{
    sqlite3_stmt *st;
    enum err e = store_prepare(db, info, &st, "SELECT id FROM artifact WHERE job=? AND kind=?",
                               "it", job, kind);
    id[0] = 0;
    if (!e && sqlite3_step(st) == SQLITE_ROW)
        snprintf(id, 24, "a%lld", (long long)sqlite3_column_int64(st, 0));
    sqlite3_finalize(st);
    return e;
}
