/* Pages of what is kept, for lists and the browser. */
#include <limits.h>
#include <string.h>

#include "core/store/artifact_internal.h"

static bool one_kind(const struct artifact_filter *f)
{
    return f->kind && strcmp(f->kind, "*") != 0;
}

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
    if (!e && out->len && one_kind(f))
        e = buf_addf(out, "kind:\"%.*s\"", (int)strcspn(f->kind, "\""), f->kind);
    return e;
}

/* The statement that finds one page's numbers. Parameters: ?1 words, ?2 tag, ?3 kind, ?4 before,
 * ?5 since, ?6 solved, ?7 rows, ?8 quality. The index is named: without statistics SQLite
 * takes the one of the solved for a rare kind. */
static enum err page_sql(const struct artifact_filter *f, bool words, struct buf *out)
{
    const bool kind = one_kind(f);
    const char *from = words            ? "artifact_text t CROSS JOIN artifact a ON a.id=t.rowid"
                       : f->tag         ? "artifact_tag g CROSS JOIN artifact a ON a.id=g.artifact"
                       : kind           ? "artifact a INDEXED BY artifact_kind"
                       : f->solved >= 0 ? "artifact a INDEXED BY artifact_solved"
                                        : "artifact a INDEXED BY artifact_page";
    const char *id = words ? "t.rowid" : f->tag ? "g.artifact" : "a.id";
    const char *shelf = f->deleted ? "=2" : f->versions ? "<2" : "=0";
    enum err e = buf_addf(out, "SELECT a.id FROM %s WHERE iif(a.deleted>0,2,a.old)%s", from, shelf);
    if (!e && words)
        e = buf_adds(out, " AND artifact_text MATCH ?1");
    if (!e && f->tag)
        e = buf_adds(out, words ? " AND EXISTS(SELECT 1 FROM artifact_tag g WHERE g.tag=?2"
                                  " AND g.artifact=a.id)"
                                : " AND g.tag=?2");
    if (!e)
        e = buf_adds(out, kind ? " AND a.kind=?3" : f->kind ? "" : " AND a.kind<>'workflow'");
    if (!e && f->before > 0)
        e = buf_addf(out, " AND %s<?4", id);
    if (!e && f->since > 0)
        e = buf_adds(out, " AND a.created>=?5");
    if (!e && f->solved >= 0)
        e = buf_adds(out, " AND a.solved=?6");
    if (!e && f->quality > 0)
        e = buf_adds(out, " AND a.quality>=?8");
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
    sqlite3_bind_double(st, 8, f->quality);
}

#define ROW_COLUMNS                                                                                \
    "id,kind,name,task,model,created,solved,tags,rating,uses,"                                     \
    "chain,version,reason,breaking,old,quality,deleted,stale"

static void add_row(struct json_object *list, sqlite3_stmt *st)
{
    struct json_object *o = json_object_new_object();
    artifact_add_id(o, sqlite3_column_int64(st, 0));
    json_add_str(o, "kind", (const char *)sqlite3_column_text(st, 1));
    json_add_str(o, "name", (const char *)sqlite3_column_text(st, 2));
    json_add_str(o, "task", (const char *)sqlite3_column_text(st, 3));
    json_add_str(o, "model", (const char *)sqlite3_column_text(st, 4));
    json_add_i64(o, "created", sqlite3_column_int64(st, 5));
    json_add_bool(o, "solved", sqlite3_column_int(st, 6));
    artifact_add_tags(o, (const char *)sqlite3_column_text(st, 7));
    json_add_i64(o, "rating", sqlite3_column_int64(st, 8));
    json_add_i64(o, "uses", sqlite3_column_int64(st, 9));
    artifact_add_version(o, st, 10);
    json_add_i64(o, "deleted", sqlite3_column_int64(st, 16));
    json_add_bool(o, "stale", sqlite3_column_int(st, 17));
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
    *count = store_row(st, &e, NULL) ? sqlite3_column_int64(st, 0) : 0;
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
    e = prepare_page(db, f, "SELECT " ROW_COLUMNS " FROM artifact WHERE id IN(",
                     ") ORDER BY id DESC", &st);
    while (store_row(st, &e, NULL)) {
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

enum err artifact_rows(sqlite3 *db, const int64_t *ids, size_t n, struct json_object **out,
                       struct err_info *info)
{
    sqlite3_stmt *st;
    enum err e = store_prepare(db, info, &st, "SELECT " ROW_COLUMNS " FROM artifact WHERE id=?",
                               "i", (int64_t)0);
    *out = json_object_new_array();
    for (size_t i = 0; !e && i < n; i++) {
        sqlite3_bind_int64(st, 1, ids[i]);
        if (sqlite3_step(st) == SQLITE_ROW)
            add_row(*out, st);
        e = store_error(db, sqlite3_reset(st), info);
    }
    sqlite3_finalize(st);
    if (e) {
        json_object_put(*out);
        *out = NULL;
    }
    return e;
}
