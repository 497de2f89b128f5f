#include "core/rag/embeddings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sha256.h"
#include "base/utf8.h"
#include "core/store/artifact.h"

enum { TEXT_MAX = 64 << 10, WORDS_MOST = 4000 };

/* ---- the text ---- */

/* At most `most` bytes, never half a character. */
static enum err add_cut(struct buf *out, const char *text, size_t most)
{
    size_t n = strlen(text);
    if (n > most)
        n = utf8_floor(text, most);
    return buf_add(out, text, n);
}

static enum err add_line(struct buf *out, const char *text, size_t most)
{
    enum err e = *text && out->len ? buf_adds(out, "\n") : ERR_OK;
    return e ? e : add_cut(out, text, most);
}

static enum err add_tags(struct buf *out, struct json_object *tags)
{
    const size_t n = tags ? json_object_array_length(tags) : 0;
    enum err e = ERR_OK;
    for (size_t i = 0; !e && i < n; i++) {
        struct json_object *tag = json_object_array_get_idx(tags, i);
        e = buf_addf(out, "%s%.64s", i ? " " : out->len ? " (" : "(", json_object_get_string(tag));
    }
    return !e && n ? buf_adds(out, ")") : e;
}

static bool begins_part(const char *name, size_t i)
{
    return i && name[i] >= 'A' && name[i] <= 'Z' && name[i - 1] >= 'a' && name[i - 1] <= 'z';
}

/* An identifier as the words that it is made of: models of language know these better. */
static enum err add_name(struct buf *out, const char *name)
{
    const size_t n = strlen(name) > WORDS_MOST ? utf8_floor(name, WORDS_MOST) : strlen(name);
    enum err e = ERR_OK;
    for (size_t i = 0; !e && i < n; i++) {
        if (begins_part(name, i))
            e = buf_adds(out, " ");
        if (!e)
            e = buf_add(out, strchr("_-", name[i]) ? " " : name + i, 1);
    }
    return e;
}

/* What the artifact is, in words where it has them; a program only where no task says what it does:
 * beside name, task and tags it added nothing on the labelled set and took several times as long.
 */
static const char *content_of(struct json_object *a)
{
    static const char *const keys[] = {"specification", "plan", "description", "content",
                                       "text",          "code", "source"};
    enum { ALL = sizeof keys / sizeof *keys, WORDS = ALL - 2 };
    const size_t n = *json_str(a, "task", "") ? WORDS : ALL;
    for (size_t i = 0; i < n; i++) {
        struct json_object *o = json_get(a, keys[i]);
        if (o && json_object_is_type(o, json_type_string) && *json_object_get_string(o))
            return json_object_get_string(o);
    }
    return "";
}

enum err embeddings_text(struct json_object *a, size_t most, struct buf *out)
{
    const char *task = json_str(a, "task", "");
    enum err e = add_name(out, json_str(a, "name", ""));
    if (!e && *task && out->len)
        e = buf_adds(out, ": ");
    if (!e)
        e = add_cut(out, task, WORDS_MOST);
    if (!e)
        e = add_tags(out, json_array(a, "tags"));
    return e ? e : add_line(out, content_of(a), most);
}

/* ---- what is to be done ---- */

static bool has_row(sqlite3 *db, const char *sql, const char *model, int64_t artifact,
                    const char *hash)
{
    sqlite3_stmt *st;
    bool found;
    if (store_prepare(db, NULL, &st, sql, "tit", model, artifact, hash))
        return false;
    found = sqlite3_step(st) == SQLITE_ROW;
    sqlite3_finalize(st);
    return found;
}

static enum embed_how how_of(sqlite3 *db, const char *model, const struct embed_item *item)
{
    if (has_row(db, "SELECT 1 FROM embedding WHERE model=? AND artifact=? AND hash=?", model,
                item->artifact, item->hash))
        return EMBED_KNOWN;
    return has_row(db,
                   "SELECT 1 FROM embedding WHERE model=?1 AND artifact<>?2 AND hash=?3"
                   " AND dimensions>0",
                   model, item->artifact, item->hash)
               ? EMBED_COPY
               : EMBED_MAKE;
}

static enum err read_item(sqlite3 *db, const struct embed_batch *b, struct embed_item *item,
                          struct err_info *info)
{
    struct json_object *a = NULL;
    struct buf text;
    char id[24];
    enum err e;
    snprintf(id, sizeof id, "%lld", (long long)item->artifact);
    item->how = EMBED_GONE;
    e = artifact_get(db, id, &a, info);
    if (e == ERR_NOT_FOUND || e == ERR_CORRUPT || json_i64(a, "deleted", 0) > 0) {
        json_object_put(a);
        return ERR_OK;
    }
    buf_init(&text, TEXT_MAX);
    if (!e)
        e = embeddings_text(a, b->text_most, &text);
    json_object_put(a);
    if (!e) {
        sha256_of(text.data, text.len, item->hash);
        item->how = text.len ? how_of(db, b->model, item) : EMBED_GONE;
    }
    if (!e && item->how == EMBED_MAKE && !(item->text = strdup(text.data)))
        e = ERR_NOMEM;
    buf_fini(&text);
    return e;
}

/* Two with the same text: the second waits for the first, whose vector it then gets. */
static bool is_twin(const struct embed_batch *b, const struct embed_item *item)
{
    for (int i = 0; i < b->count; i++)
        if (b->items[i].how == EMBED_MAKE && strcmp(b->items[i].hash, item->hash) == 0)
            return true;
    return false;
}

enum err embeddings_next(sqlite3 *db, void *arg, struct err_info *info)
{
    struct embed_batch *b = arg;
    size_t bytes = 0;
    sqlite3_stmt *st;
    enum err e = store_prepare(db, info, &st,
                               "SELECT artifact,n FROM embedding_todo ORDER BY artifact DESC"
                               " LIMIT ?",
                               "i", (int64_t)EMBED_BATCH_MAX);
    b->count = 0;
    while (b->count < b->most && store_row(st, &e, info)) {
        struct embed_item *item = &b->items[b->count];
        *item = (struct embed_item){.artifact = sqlite3_column_int64(st, 0),
                                    .n = sqlite3_column_int64(st, 1)};
        e = read_item(db, b, item, info);
        if (!e && item->how == EMBED_MAKE) {
            bytes += strlen(item->text);
            if (is_twin(b, item) || (b->count && bytes > b->bytes_most)) {
                free(item->text);
                item->text = NULL;
                if (bytes > b->bytes_most)
                    break;
                continue;
            }
        }
        b->count += e == ERR_OK;
    }
    if (st)
        sqlite3_finalize(st);
    return e;
}

void embeddings_batch_free(struct embed_batch *b)
{
    for (int i = 0; i < b->count; i++)
        free(b->items[i].text);
    b->count = 0;
}

/* ---- keeping ---- */

#define NEXT_SEQ "(SELECT coalesce(max(seq),0)+1 FROM embedding)"

static enum err keep_vector(sqlite3 *db, const struct embed_batch *b, const struct embed_item *item,
                            struct err_info *info)
{
    const bool made = item->how == EMBED_MAKE;
    return store_exec(
        db, info,
        "INSERT INTO embedding(artifact,model,seq,hash,dimensions,vector,error)"
        " VALUES(?,?," NEXT_SEQ ",?,?,nullif(?,x''),?) ON CONFLICT(artifact,model) DO UPDATE SET"
        " seq=excluded.seq,hash=excluded.hash,dimensions=excluded.dimensions,"
        " vector=excluded.vector,error=excluded.error",
        "ittibt", item->artifact, b->model, item->hash, made ? (int64_t)b->dimensions : (int64_t)0,
        made ? (const void *)item->vector : (const void *)"",
        made ? b->dimensions * sizeof(float) : (size_t)0, made ? NULL : item->error);
}

static enum err copy_vector(sqlite3 *db, const struct embed_batch *b, const struct embed_item *item,
                            struct err_info *info)
{
    return store_exec(
        db, info,
        "INSERT INTO embedding(artifact,model,seq,hash,dimensions,vector)"
        " SELECT ?1,model," NEXT_SEQ ",hash,dimensions,vector FROM embedding"
        " WHERE hash=?3 AND model=?2 AND dimensions>0 LIMIT 1 ON CONFLICT(artifact,model)"
        " DO UPDATE SET seq=excluded.seq,hash=excluded.hash,dimensions=excluded.dimensions,"
        " vector=excluded.vector,error=NULL",
        "itt", item->artifact, b->model, item->hash);
}

static enum err check_dimensions(sqlite3 *db, const struct embed_batch *b, struct err_info *info)
{
    int64_t known = 0;
    sqlite3_stmt *st;
    enum err e = store_prepare(
        db, info, &st, "SELECT dimensions FROM embedding_model WHERE model=?", "t", b->model);
    if (store_row(st, &e, info))
        known = sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    if (e)
        return e;
    if (known && known != (int64_t)b->dimensions)
        return err_set(info, ERR_PROTOCOL,
                       "%s gives vectors of %zu numbers now and gave such of %lld before; name "
                       "another model for llm.model_roles.embedding, or make it the one it was",
                       b->model, b->dimensions, (long long)known);
    return known ? ERR_OK
                 : store_exec(db, info, "UPDATE embedding_model SET dimensions=? WHERE model=?",
                              "it", (int64_t)b->dimensions, b->model);
}

enum err embeddings_keep(sqlite3 *db, void *arg, struct err_info *info)
{
    const struct embed_batch *b = arg;
    enum err e = b->dimensions ? check_dimensions(db, b, info) : ERR_OK;
    for (int i = 0; !e && i < b->count; i++) {
        const struct embed_item *item = &b->items[i];
        if (item->how == EMBED_MAKE && !item->vector)
            continue; /* its turn comes again */
        if (item->how == EMBED_MAKE || item->how == EMBED_REFUSED)
            e = keep_vector(db, b, item, info);
        else if (item->how == EMBED_COPY)
            e = copy_vector(db, b, item, info);
        if (!e)
            e = store_exec(db, info, "DELETE FROM embedding_todo WHERE artifact=? AND n=?", "ii",
                           item->artifact, item->n);
    }
    return e;
}

/* ---- models ---- */

static enum err read_model(sqlite3 *db, const char *sql, const char *model, struct embed_model *m,
                           struct err_info *info)
{
    sqlite3_stmt *st;
    enum err e = store_prepare(db, info, &st, sql, "t", model);
    if (store_row(st, &e, info)) {
        snprintf(m->model, sizeof m->model, "%s", (const char *)sqlite3_column_text(st, 0));
        snprintf(m->place, sizeof m->place, "%s", (const char *)sqlite3_column_text(st, 1));
        snprintf(m->name, sizeof m->name, "%s", (const char *)sqlite3_column_text(st, 2));
        m->dimensions = sqlite3_column_int64(st, 3);
        m->searched = sqlite3_column_int(st, 4) != 0;
    }
    sqlite3_finalize(st);
    return e;
}

#define MODEL_COLUMNS "SELECT model,place,name,dimensions,searched FROM embedding_model WHERE "

enum err embeddings_searched(sqlite3 *db, void *arg, struct err_info *info)
{
    struct embed_model *m = arg;
    *m = (struct embed_model){.dimensions = 0};
    return read_model(db, MODEL_COLUMNS "searched=1 AND ?='searched'", "searched", m, info);
}

#define REFUSED_BEFORE                                                                             \
    "model=?1 AND dimensions=0 AND hash<>'' AND EXISTS(SELECT 1 FROM embedding_model m"            \
    " WHERE m.model=?1 AND m.setting<>?2)"

/* Their texts count as new ones. */
static enum err try_refused(sqlite3 *db, const struct embed_model *m, struct err_info *info)
{
    enum err e = store_exec(db, info,
                            "INSERT INTO embedding_todo(artifact) SELECT artifact FROM embedding"
                            " WHERE " REFUSED_BEFORE " ON CONFLICT(artifact) DO UPDATE SET n=n+1",
                            "tt", m->model, m->setting);
    return e ? e
             : store_exec(db, info, "UPDATE embedding SET hash='' WHERE " REFUSED_BEFORE, "tt",
                          m->model, m->setting);
}

enum err embeddings_want(sqlite3 *db, void *arg, struct err_info *info)
{
    struct embed_model *m = arg;
    enum err e = try_refused(db, m, info);
    if (!e)
        e = store_exec(db, info,
                       "INSERT INTO embedding_model(model,place,name,dimensions,searched,setting)"
                       " VALUES(?,?,?,0,0,?) ON CONFLICT(model) DO UPDATE SET"
                       " place=excluded.place,name=excluded.name,setting=excluded.setting",
                       "tttt", m->model, m->place, m->name, m->setting);
    return e ? e : read_model(db, MODEL_COLUMNS "model=?", m->model, m, info);
}

enum err embeddings_list(sqlite3 *db, void *arg, struct err_info *info)
{
    return store_exec(db, info,
                      "INSERT OR IGNORE INTO embedding_todo(artifact) SELECT id FROM artifact a"
                      " WHERE NOT EXISTS(SELECT 1 FROM embedding WHERE artifact=a.id AND model=?)"
                      " AND id NOT IN (SELECT id FROM artifact WHERE deleted>0)",
                      "t", (const char *)arg);
}

enum err embeddings_search(sqlite3 *db, void *arg, struct err_info *info)
{
    return store_exec(db, info, "UPDATE embedding_model SET searched=(model=?)", "t",
                      (const char *)arg);
}

static enum err count(sqlite3 *db, const char *sql, const char *model, int64_t *out,
                      struct err_info *info);

#define OLD_MODEL "model<>?1 AND model NOT IN(SELECT model FROM embedding_model WHERE searched=1)"
enum { OLD_PIECE = 500 };

static enum err forget_models(sqlite3 *db, struct embed_old *o, struct err_info *info)
{
    sqlite3_stmt *st = NULL;
    enum err e = store_prepare(db, info, &st,
                               "DELETE FROM embedding_model WHERE " OLD_MODEL " RETURNING model",
                               "t", o->wanted);
    while (store_row(st, &e, info))
        json_object_array_add(o->models,
                              json_object_new_string((const char *)sqlite3_column_text(st, 0)));
    sqlite3_finalize(st);
    return e ? e
             : store_exec(db, info, "DELETE FROM embedding_copy WHERE " OLD_MODEL, "t", o->wanted);
}

/* The row with the largest `seq` stays: the next change gets a larger one, and those who keep
 * copies ask for what is larger than what they had. */
enum err embeddings_drop_old(sqlite3 *db, void *arg, struct err_info *info)
{
    struct embed_old *o = arg;
    int64_t n = 0;
    enum err e;
    o->more = false;
    if (o->dry) {
        e = count(db, "SELECT count(*) FROM embedding WHERE dimensions>=0 AND " OLD_MODEL,
                  o->wanted, &n, info);
        o->count += n;
        return e;
    }
    e = store_exec(db, info,
                   "DELETE FROM embedding WHERE rowid IN(SELECT rowid FROM embedding WHERE "
                   "dimensions>=0 AND " OLD_MODEL
                   " AND seq<(SELECT max(seq) FROM embedding) LIMIT ?2)",
                   "ti", o->wanted, (int64_t)OLD_PIECE);
    n = e ? 0 : sqlite3_changes64(db);
    o->count += n;
    o->more = n > 0;
    return e || n ? e : forget_models(db, o, info);
}

enum err embeddings_kept(sqlite3 *db, void *arg, struct err_info *info)
{
    struct embed_old *o = arg;
    sqlite3_stmt *st = NULL;
    enum err e =
        store_prepare(db, info, &st, "SELECT model FROM embedding_model WHERE NOT(" OLD_MODEL ")",
                      "t", o->wanted);
    while (store_row(st, &e, info))
        json_object_array_add(o->models,
                              json_object_new_string((const char *)sqlite3_column_text(st, 0)));
    sqlite3_finalize(st);
    return e;
}

/* ---- figures ---- */

/* `model` is bound when the statement asks for it. */
static enum err count(sqlite3 *db, const char *sql, const char *model, int64_t *out,
                      struct err_info *info)
{
    sqlite3_stmt *st;
    enum err e = store_prepare(db, info, &st, sql, strchr(sql, '?') ? "t" : "", model);
    *out = store_row(st, &e, info) ? sqlite3_column_int64(st, 0) : 0;
    sqlite3_finalize(st);
    return e;
}

/* Those of a model whose artifacts are not put aside: out of indexes alone, as the rows are wide.
 */
#define COUNT_LIVE "SELECT count(*) FROM embedding e WHERE model=?1 AND "
#define NOT_ASIDE  " AND artifact NOT IN (SELECT id FROM artifact WHERE deleted>0)"

static enum err read_refusal(sqlite3 *db, struct embed_figures *f, struct err_info *info)
{
    sqlite3_stmt *st;
    enum err e =
        store_prepare(db, info, &st,
                      "SELECT 'a'||artifact||': '||coalesce(error,'') FROM embedding"
                      " WHERE model=? AND dimensions=0" NOT_ASIDE " ORDER BY seq DESC LIMIT 1",
                      "t", f->model);
    if (store_row(st, &e, info))
        snprintf(f->refused_why, sizeof f->refused_why, "%.190s",
                 (const char *)sqlite3_column_text(st, 0));
    sqlite3_finalize(st);
    return e;
}

enum err embeddings_count(sqlite3 *db, void *arg, struct err_info *info)
{
    struct embed_figures *f = arg;
    enum err e = count(db,
                       "SELECT (SELECT count(*) FROM artifact)"
                       "-(SELECT count(*) FROM artifact WHERE deleted>0)",
                       f->model, &f->artifacts, info);
    f->refused_why[0] = 0;
    if (!e)
        e = count(db, COUNT_LIVE "dimensions>0" NOT_ASIDE, f->model, &f->made, info);
    if (!e)
        e = count(db, COUNT_LIVE "dimensions=0" NOT_ASIDE, f->model, &f->refused, info);
    if (!e)
        e = count(db, "SELECT count(*) FROM embedding_todo", f->model, &f->todo, info);
    return e || !f->refused ? e : read_refusal(db, f, info);
}

/* ---- copies ---- */

enum err embeddings_changes(sqlite3 *db, void *arg, struct err_info *info)
{
    struct embed_changes *c = arg;
    const size_t bytes = c->dimensions * sizeof(float);
    sqlite3_stmt *st;
    enum err e = store_prepare(
        db, info, &st,
        "SELECT e.artifact,e.seq,e.vector,e.model=?2 AND e.dimensions=?3 AND a.deleted=0"
        " FROM embedding e LEFT JOIN artifact a ON a.id=e.artifact"
        " WHERE e.seq>?1 AND +e.model=?2 ORDER BY e.seq LIMIT ?4",
        "itii", c->after, c->model, (int64_t)c->dimensions, (int64_t)c->most);
    c->count = c->live = 0;
    if (e)
        return e;
    while (store_row(st, &e, info)) {
        struct embed_change *change = &c->changes[c->count++];
        change->artifact = sqlite3_column_int64(st, 0);
        c->after = sqlite3_column_int64(st, 1);
        change->live =
            sqlite3_column_int(st, 3) && (size_t)sqlite3_column_bytes(st, 2) == bytes && bytes;
        if (change->live)
            memcpy(c->vectors + (size_t)c->live++ * c->dimensions, sqlite3_column_blob(st, 2),
                   bytes);
    }
    sqlite3_finalize(st);
    c->end = c->count < c->most;
    return e;
}

enum err embeddings_copy_read(sqlite3 *db, void *arg, struct err_info *info)
{
    struct embed_copy *c = arg;
    sqlite3_stmt *st;
    enum err e =
        store_prepare(db, info, &st, "SELECT seq FROM embedding_copy WHERE store=? AND model=?",
                      "tt", c->store, c->model);
    if (e)
        return e;
    c->seq = store_row(st, &e, info) ? sqlite3_column_int64(st, 0) : 0;
    sqlite3_finalize(st);
    c->live = 0;
    if (e || !c->dimensions)
        return e;
    e = store_prepare(db, info, &st, COUNT_LIVE "dimensions=?2 AND seq<=?3" NOT_ASIDE, "tii",
                      c->model, c->dimensions, c->seq);
    if (e)
        return e;
    c->live = store_row(st, &e, info) ? sqlite3_column_int64(st, 0) : 0;
    sqlite3_finalize(st);
    return e;
}

/* The last row stays, as the next number follows from it. */
enum err embeddings_clean(sqlite3 *db, void *arg, struct err_info *info)
{
    (void)arg;
    return store_exec(
        db, info,
        "DELETE FROM embedding WHERE dimensions<0 AND seq<(SELECT max(seq) FROM embedding)"
        " AND seq<=(SELECT coalesce(min(seq),0) FROM embedding_copy c"
        " WHERE c.model=embedding.model)",
        "");
}

enum err embeddings_copy_set(sqlite3 *db, void *arg, struct err_info *info)
{
    const struct embed_copy *c = arg;
    return store_exec(db, info,
                      "INSERT INTO embedding_copy(store,model,seq) VALUES(?,?,?)"
                      " ON CONFLICT(store,model) DO UPDATE SET seq=excluded.seq",
                      "tti", c->store, c->model, c->seq);
}

enum err embeddings_check(sqlite3 *db, void *arg, struct err_info *info)
{
    struct embed_check *c = arg;
    sqlite3_stmt *st;
    enum err e = store_prepare(db, info, &st,
                               "SELECT 1 FROM embedding e CROSS JOIN artifact a ON a.id=e.artifact"
                               " WHERE e.model=?1 AND e.dimensions=?2 AND e.artifact=?3"
                               " AND a.deleted=0",
                               "ti", c->model, (int64_t)c->dimensions);
    for (size_t i = 0; !e && i < c->count; i++) {
        sqlite3_bind_int64(st, 3, c->ids[i]);
        c->keep[i] = store_row(st, &e, info);
        sqlite3_reset(st);
    }
    sqlite3_finalize(st);
    return e;
}
