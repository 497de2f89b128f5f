/* Requests about the memory's artifacts: versions, lineage, tombstones and their end. */
#include <stdio.h>
#include <string.h>

#include "base/day_time.h"
#include "base/log.h"
#include "core/engine/engine_internal.h"
#include "core/rag/embeddings.h"
#include "core/rag/rag.h"
#include "core/store/artifact.h"
#include "core/tool/workflow.h"
#include "core/words/examples.h"

typedef struct json_object json;

enum { IDS_MAX = 10000, CODE_BYTES = 2 << 20, BATCH_MAX = 10000 };

static enum err no_artifact(enum err err, const char *id, struct err_info *info)
{
    return err == ERR_NOT_FOUND && !info->message[0]
               ? err_set(info, err, "there is no artifact %.40s; see dise rag list", id)
               : err;
}

/* ---- looking ---- */

struct look {
    const char *id, *other;
    json *out;
};

static enum err read_versions(sqlite3 *db, void *arg, struct err_info *info)
{
    struct look *l = arg;
    return artifact_versions(db, artifact_number(l->id), &l->out, info);
}

static enum err read_diff(sqlite3 *db, void *arg, struct err_info *info)
{
    struct look *l = arg;
    return artifact_diff(db, l->id, l->other, &l->out, info);
}

static enum err read_lineage(sqlite3 *db, void *arg, struct err_info *info)
{
    struct look *l = arg;
    return artifact_lineage(db, l->id, &l->out, info);
}

static enum err look(struct engine *e, store_fn *read, struct look *l, struct err_info *info)
{
    enum err err;
    info->message[0] = 0;
    err = store_read(e->store, read, l, info);
    if (err) {
        json_object_put(l->out);
        l->out = NULL;
    }
    return no_artifact(err, l->id, info);
}

enum err engine_rag_versions(struct engine *e, json *params, json **result, struct err_info *info)
{
    struct look l = {.id = json_str(params, "id", "")};
    enum err err = look(e, read_versions, &l, info);
    if (err)
        return err;
    *result = json_object_new_object();
    json_object_object_add(*result, "versions", l.out);
    return ERR_OK;
}

enum err engine_rag_diff(struct engine *e, json *params, json **result, struct err_info *info)
{
    struct look l = {.id = json_str(params, "from", ""), .other = json_str(params, "to", "")};
    enum err err = look(e, read_diff, &l, info);
    *result = l.out;
    return err;
}

enum err engine_rag_lineage(struct engine *e, json *params, json **result, struct err_info *info)
{
    struct look l = {.id = json_str(params, "id", "")};
    enum err err = look(e, read_lineage, &l, info);
    *result = l.out;
    return err;
}

/* ---- new versions ---- */

struct renewal {
    const char *id, *to;
    json *changes;
    int64_t when;
    char made[24];
    json *artifact; /* what was made */
};

static enum err roll_back(sqlite3 *db, void *arg, struct err_info *info)
{
    struct renewal *r = arg;
    enum err e = artifact_rollback(db, r->id, r->to, r->when, r->made, info);
    return e ? e : artifact_get(db, r->made, &r->artifact, info);
}

/* A version that could not be read back is none. */
static enum err revise(sqlite3 *db, void *arg, struct err_info *info)
{
    struct renewal *r = arg;
    enum err e = artifact_revise(db, r->id, r->changes, r->when, r->made, info);
    return e ? e : artifact_get(db, r->made, &r->artifact, info);
}

static enum err renew(struct engine *e, store_fn *fn, struct renewal *r, json **result,
                      struct err_info *info)
{
    static const char *const told[] = {"id", "version", "reason", "breaking", "name", NULL};
    enum err err;
    info->message[0] = 0;
    r->when = day_time_now();
    err = store_write(e->store, fn, r, info);
    if (!err) {
        *result = json_object_new_object();
        for (int i = 0; told[i]; i++)
            json_object_object_add(*result, told[i],
                                   json_object_get(json_get(r->artifact, told[i])));
        engine_artifact_changed(e, r->made, "added");
    }
    json_object_put(r->artifact);
    return no_artifact(err, r->id, info);
}

enum err engine_rag_rollback(struct engine *e, json *params, json **result, struct err_info *info)
{
    struct renewal r = {.id = json_str(params, "id", ""), .to = json_str(params, "to", "")};
    return renew(e, roll_back, &r, result, info);
}

static enum err read_one(sqlite3 *db, void *arg, struct err_info *info)
{
    struct look *l = arg;
    return artifact_get(db, l->id, &l->out, info);
}

/* What stands behind the function in a whole program calls it by its name. */
static enum err add_tail(struct buf *code, const char *tail, const char *was, const char *is)
{
    enum err e = ERR_OK;
    size_t n = strlen(was);
    while (!e && n && *tail) {
        const char *at = strstr(tail, was);
        if (!at || at[n] != '(')
            break;
        e = buf_add(code, tail, (size_t)(at - tail));
        if (!e)
            e = buf_adds(code, is);
        tail = at + n;
    }
    return e ? e : buf_adds(code, tail);
}

/* The members of a program: its source, the whole program around it, the function's name. */
static enum err change_program(json *a, const char *text, json *changes, struct err_info *info)
{
    const char *source = json_str(a, "source", ""), *code = json_str(a, "code", source),
               *function = json_str(a, "function", "");
    size_t n = strlen(source);
    struct examples head = {.takes = -1};
    char def[80];
    struct buf whole;
    enum err e;
    if (*function) {
        snprintf(def, sizeof def, "def %.63s(", function);
        snprintf(head.function, sizeof head.function, "%.63s", function);
        if (!strstr(text, def) && strstr(text, "def "))
            examples_head(text, &head);
        snprintf(def, sizeof def, "def %.63s(", head.function);
        if (!strstr(text, def))
            return err_set(info, ERR_INPUT,
                           "the program has no function any more; it had %.60s: keep it, or give "
                           "it another name",
                           function);
        json_add_str(changes, "function", head.function);
        json_add_str(changes, "name", head.function);
    }
    buf_init(&whole, 2 * CODE_BYTES);
    e = buf_adds(&whole, text);
    if (!e && strncmp(code, source, n) == 0)
        e = add_tail(&whole, code + n, function, head.function);
    json_add_str(changes, "source", text);
    json_add_str(changes, "code", whole.data);
    buf_fini(&whole);
    return e;
}

static enum err change_workflow(const char *text, json *changes, struct err_info *info)
{
    json *workflow = NULL;
    enum err e = workflow_read(text, strlen(text), "the workflow", &workflow, info);
    if (!e)
        json_object_object_add(changes, "workflow", workflow);
    return e;
}

static enum err changes_of(json *a, json *params, json *changes, struct err_info *info)
{
    json *content = json_get(params, "content");
    const char *text =
        json_object_is_type(content, json_type_string) ? json_object_get_string(content) : NULL;
    if (content && json_get(a, "workflow"))
        return change_workflow(text ? text : json_object_to_json_string(content), changes, info);
    if (!content || (!text && !json_get(a, "content")))
        return err_set(info, ERR_INPUT, "content: the new text is missing");
    if (text && strlen(text) > CODE_BYTES)
        return err_set(info, ERR_TOO_LARGE, "the content has more than %d bytes", CODE_BYTES);
    if (json_get(a, "source"))
        return change_program(a, text, changes, info);
    if (json_get(a, "text"))
        json_add_str(changes, "result", text);
    json_object_object_add(changes, json_get(a, "text") ? "text" : "content",
                           json_object_get(content));
    return ERR_OK;
}

enum err engine_rag_revise(struct engine *e, json *params, json **result, struct err_info *info)
{
    struct look l = {.id = json_str(params, "id", "")};
    struct renewal r = {.id = l.id};
    enum err err = look(e, read_one, &l, info);
    if (err)
        return err;
    r.changes = json_object_new_object();
    json_add_str(r.changes, "reason", json_str(params, "reason", ""));
    err = changes_of(l.out, params, r.changes, info);
    if (!err)
        err = renew(e, revise, &r, result, info);
    json_object_put(r.changes);
    json_object_put(l.out);
    return err;
}

/* ---- new ones ---- */

struct insertion {
    json *artifacts, *ids;
};

static enum err insert(sqlite3 *db, void *arg, struct err_info *info)
{
    struct insertion *in = arg;
    enum err e = ERR_OK;
    for (size_t i = 0; !e && i < json_object_array_length(in->artifacts); i++) {
        char id[24];
        e = artifact_insert(db, json_object_array_get_idx(in->artifacts, i), id, info);
        if (!e)
            json_object_array_add(in->ids, json_object_new_string(id));
    }
    return e;
}

/* Programs, texts and workflows come of jobs and of workflow.load, which check them. */
static enum err check_new(json *a, size_t i, struct err_info *info)
{
    const char *kind = json_str(a, "kind", "");
    if (!artifact_kind_known(kind) || strcmp(kind, "function") == 0 || strcmp(kind, "text") == 0 ||
        strcmp(kind, "workflow") == 0)
        return err_set(info, ERR_INPUT,
                       "artifacts[%zu]: \"%.30s\" is no kind that can be kept like this", i, kind);
    if (!json_get(a, "content") || !*json_str(a, "name", ""))
        return err_set(info, ERR_INPUT, "artifacts[%zu]: name and content are needed", i);
    return ERR_OK;
}

/* Only what a client may say of it. */
static json *new_artifact(json *given, int64_t now)
{
    static const char *const taken[] = {"kind",       "name",     "task",   "content",
                                        "tags",       "metadata", "inputs", "outputs",
                                        "version_of", "reason",   NULL};
    json *a = json_object_new_object();
    for (int i = 0; taken[i]; i++)
        if (json_get(given, taken[i]))
            json_object_object_add(a, taken[i], json_object_get(json_get(given, taken[i])));
    json_add_bool(a, "solved", strcmp(json_str(a, "kind", ""), "code") != 0); /* nothing ran it */
    json_add_i64(a, "created", now);
    return a;
}

enum err engine_rag_add(struct engine *e, json *params, json **result, struct err_info *info)
{
    json *given = json_array(params, "artifacts");
    struct insertion in = {.artifacts = NULL};
    size_t n = given ? json_object_array_length(given) : 0;
    enum err err = ERR_OK;
    if (!n || n > BATCH_MAX)
        return err_set(info, ERR_INPUT, "artifacts: a list of 1 to %d", BATCH_MAX);
    in.artifacts = json_object_new_array();
    in.ids = json_object_new_array();
    for (size_t i = 0; !err && i < n; i++) {
        json *a = json_object_array_get_idx(given, i);
        err = check_new(a, i, info);
        if (!err && json_get(a, "tags"))
            err = engine_check_tags(json_array(a, "tags"), info);
        if (!err)
            json_object_array_add(in.artifacts, new_artifact(a, day_time_now()));
    }
    if (!err)
        err = store_write(e->store, insert, &in, info);
    json_object_put(in.artifacts);
    if (err) {
        json_object_put(in.ids);
        return err;
    }
    engine_artifact_changed(e, json_object_get_string(json_object_array_get_idx(in.ids, n - 1)),
                            "added");
    *result = json_object_new_object();
    json_object_object_add(*result, "ids", in.ids);
    return ERR_OK;
}

/* ---- tombstones ---- */

struct tombs {
    json *ids;
    bool versions;
    int64_t when, count; /* when 0: taken back */
    json *changed;       /* [{id, shown}] */
};

static enum err shown_of(sqlite3 *db, int64_t number, char id[24], struct err_info *info)
{
    sqlite3_stmt *st;
    enum err e = store_prepare(db, info, &st,
                               "SELECT max(b.id) FROM artifact a JOIN artifact b ON b.chain=a.chain"
                               " WHERE a.id=? AND b.deleted=0",
                               "i", number);
    id[0] = 0;
    if (store_row(st, &e, info) && sqlite3_column_int64(st, 0))
        snprintf(id, 24, "a%lld", (long long)sqlite3_column_int64(st, 0));
    sqlite3_finalize(st);
    return e;
}

static enum err change_one(sqlite3 *db, struct tombs *t, int64_t number, struct err_info *info)
{
    json *o;
    char id[24];
    enum err e = artifact_put_aside(db, number, t->when, info);
    if (e)
        return e;
    o = json_object_new_object();
    snprintf(id, sizeof id, "a%lld", (long long)number);
    json_add_str(o, "id", id);
    e = shown_of(db, number, id, info);
    json_add_str(o, "shown", id);
    json_object_array_add(t->changed, o);
    t->count++;
    return e;
}

static enum err change_chain(sqlite3 *db, struct tombs *t, int64_t number, struct err_info *info)
{
    json *versions = NULL;
    enum err e = artifact_versions(db, number, &versions, info);
    for (size_t i = 0; !e && i < json_object_array_length(versions); i++) {
        json *v = json_object_array_get_idx(versions, i);
        if ((json_i64(v, "deleted", 0) > 0) != (t->when > 0))
            e = change_one(db, t, artifact_number(json_str(v, "id", "")), info);
    }
    json_object_put(versions);
    return e;
}

/* All of them or none. */
static enum err change_tombs(sqlite3 *db, void *arg, struct err_info *info)
{
    struct tombs *t = arg;
    enum err e = ERR_OK;
    if (!t->ids)
        return artifact_put_all_aside(db, t->when, &t->count, info);
    for (size_t i = 0; !e && i < json_object_array_length(t->ids); i++) {
        const char *id = json_object_get_string(json_object_array_get_idx(t->ids, i));
        int64_t number = artifact_number(id ? id : "");
        e = t->versions ? change_chain(db, t, number, info) : change_one(db, t, number, info);
        if (e == ERR_NOT_FOUND)
            return err_set(info, e,
                           "there is no artifact %.40s, and nothing was done; see dise rag list",
                           id ? id : "");
    }
    return e;
}

static void tell_tombs(struct engine *e, const struct tombs *t)
{
    const char *what = t->when ? "deleted" : "restored";
    if (!t->ids)
        engine_artifact_changed(e, "", what);
    for (size_t i = 0; i < json_object_array_length(t->changed); i++) {
        json *o = json_object_array_get_idx(t->changed, i);
        const char *id = json_str(o, "id", ""), *shown = json_str(o, "shown", "");
        engine_artifact_changed(e, id, what);
        if (*shown && strcmp(shown, id) != 0)
            engine_artifact_changed(e, shown, "version");
    }
}

static enum err tombs(struct engine *e, json *params, int64_t when, json **result,
                      struct err_info *info)
{
    struct tombs t = {.ids = json_array(params, "ids"),
                      .versions = json_flag(params, "versions", false),
                      .when = when};
    enum err err;
    bool all = json_flag(params, "all", false);
    size_t n = t.ids ? json_object_array_length(t.ids) : 0;
    if (all == (n > 0) || n > IDS_MAX)
        return err_set(info, ERR_INPUT, "either ids, at most %d of them, or all", IDS_MAX);
    if (all)
        t.ids = NULL;
    t.changed = json_object_new_array();
    err = store_write(e->store, change_tombs, &t, info);
    if (!err)
        tell_tombs(e, &t);
    if (err) {
        json_object_put(t.changed);
        return err;
    }
    *result = json_object_new_object();
    json_add_i64(*result, "count", t.count);
    json_object_object_add(*result, "changed", t.changed);
    return ERR_OK;
}

enum err engine_rag_delete(struct engine *e, json *params, json **result, struct err_info *info)
{
    return tombs(e, params, day_time_now(), result, info);
}

enum err engine_rag_restore(struct engine *e, json *params, json **result, struct err_info *info)
{
    return tombs(e, params, 0, result, info);
}

/* ---- their end ---- */

struct gc {
    int64_t before, pruned;
    bool dry, more;
    struct gc_figures figures;
    json *collections; /* names of those that are gone from the server of vectors … */
    char problem[512]; /* … and why it could not be asked; "" */
};

static enum err collect(sqlite3 *db, void *arg, struct err_info *info)
{
    struct gc *g = arg;
    struct gc_figures figures = g->figures; /* a piece that is undone counts nothing */
    enum err e = artifact_gc(db, g->before, g->dry, &figures, &g->more, info);
    if (!e)
        g->figures = figures;
    return e;
}

static enum err sweep(sqlite3 *db, void *arg, struct err_info *info)
{
    struct gc *g = arg;
    return artifact_sweep(db, day_time_now(), &g->pruned, info);
}

static enum err sweep_later(sqlite3 *db, void *arg, struct err_info *info)
{
    int64_t pruned;
    (void)arg;
    return artifact_sweep(db, day_time_now(), &pruned, info);
}

void engine_rag_begin(struct engine *e)
{
    if (store_post(e->store, STORE_LAZY, sweep_later, NULL, NULL))
        log_line("no memory to look for what nobody uses any more");
}

/* A server that does not answer keeps the rest from nothing: the next gc finds them again. */
static enum err drop_old_collections(struct engine *e, struct gc *g, const char *wanted,
                                     struct err_info *info)
{
    struct embed_old kept = {.wanted = wanted, .models = json_object_new_array()};
    struct err_info why = {0};
    enum err err = store_read(e->store, embeddings_kept, &kept, info);
    if (!err) {
        err = engine_vectors_drop_old(e, kept.models, g->dry, g->collections, &why);
        if (err && err != ERR_CANCELLED) {
            snprintf(g->problem, sizeof g->problem, "%s", why.message);
            err = ERR_OK;
        }
    }
    json_object_put(kept.models);
    return err;
}

/* Vectors of models that were replaced, with their files and collections. */
static enum err drop_old_models(struct engine *e, struct gc *g, struct err_info *info)
{
    char wanted[64];
    struct embed_old old = {.wanted = wanted, .dry = g->dry, .models = json_object_new_array()};
    enum err err = ERR_OK;
    if (!e->rag)
        return ERR_OK;
    snprintf(wanted, sizeof wanted, "%s", rag_wanted(e->rag));
    do
        err = g->dry ? store_read(e->store, embeddings_drop_old, &old, info)
                     : store_write(e->store, embeddings_drop_old, &old, info);
    while (!err && old.more && !(err = fiber_check()));
    for (size_t i = 0; i < json_object_array_length(old.models); i++)
        engine_vectors_remove(e, json_object_get_string(json_object_array_get_idx(old.models, i)));
    json_object_put(old.models);
    g->figures.embeddings += old.count;
    return err ? err : drop_old_collections(e, g, wanted, info);
}

enum err engine_rag_gc(struct engine *e, json *params, json **result, struct err_info *info)
{
    double days = json_f64(params, "older_than_days", 0);
    struct gc g = {.dry = json_flag(params, "dry_run", false)};
    enum err err = ERR_OK;
    if (!(days >= 0 && days <= 36500))
        return err_set(info, ERR_INPUT, "older_than_days is 0 to 36500");
    g.before = day_time_now() - (int64_t)(days * 24 * 3600 * 1000);
    g.collections = json_object_new_array();
    do
        err = g.dry ? store_read(e->store, collect, &g, info)
                    : store_write(e->store, collect, &g, info);
    while (!err && g.more && !(err = fiber_check()));
    if (!err)
        err = drop_old_models(e, &g, info);
    if (!err && !g.dry)
        err = store_write(e->store, sweep, &g, info);
    if (err) {
        json_object_put(g.collections);
        return err;
    }
    *result = json_object_new_object();
    json_add_bool(*result, "dry_run", g.dry);
    json_add_i64(*result, "artifacts", g.figures.artifacts);
    json_add_i64(*result, "contents", g.figures.contents);
    json_add_i64(*result, "bytes", g.figures.bytes);
    json_add_i64(*result, "embeddings", g.figures.embeddings);
    json_add_i64(*result, "pruned", g.pruned);
    json_object_object_add(*result, "collections", g.collections);
    json_add_str(*result, "problem", g.problem);
    return ERR_OK;
}
