/* The rows of batches: items in, children out. Everything here runs on a store thread. */
#include <stdlib.h>
#include <string.h>

#include "core/batch/batch_internal.h"

/* ---- writing ---- */

enum err batch_items_add(struct batch_items *items, const char *kind, const char *title,
                         struct json_object *input)
{
    struct json_object *o = json_object_new_object();
    const char *text;
    enum err e;
    json_add_str(o, "kind", kind);
    json_add_str(o, "title", title);
    json_object_object_add(o, "input", input);
    text =
        json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
    e = text ? buf_adds(&items->lines, text) : ERR_NOMEM;
    if (!e)
        e = buf_adds(&items->lines, "\n");
    items->n += !e;
    json_object_put(o);
    return e;
}

struct json_object *batch_items_next(const struct batch_items *items, size_t *at)
{
    const char *line = items->lines.data + *at;
    const char *end = *at < items->lines.len ? strchr(line, '\n') : NULL;
    struct json_object *o = NULL;
    if (!end || json_parse(line, (size_t)(end - line), NULL, &o, NULL))
        return NULL;
    *at += (size_t)(end - line) + 1;
    return o;
}

enum err batch_insert(sqlite3 *db, int64_t batch, void *arg, struct err_info *info)
{
    const struct batch_items *items = arg;
    size_t at = 0;
    enum err e = store_exec(db, info, "INSERT INTO batch(job) VALUES(?)", "i", batch);
    for (size_t i = 0; !e && i < items->n; i++) {
        struct json_object *o = batch_items_next(items, &at);
        if (!o)
            return err_set(info, ERR_NOMEM, "out of memory");
        e = store_exec(
            db, info, "INSERT INTO batch_item(batch,item,kind,title,input) VALUES(?,?,?,?,?)",
            "iittt", batch, (int64_t)i + 1, json_str(o, "kind", ""), json_str(o, "title", ""),
            json_object_to_json_string_ext(json_get(o, "input"), JSON_C_TO_STRING_PLAIN));
        json_object_put(o);
    }
    return e;
}

enum err batch_set_paused(sqlite3 *db, void *arg, struct err_info *info)
{
    const struct batch_pause *p = arg;
    enum err e = store_exec(db, info,
                            "UPDATE batch SET paused=? WHERE job=?"
                            " AND EXISTS(SELECT 1 FROM job WHERE id=batch.job AND state<>2)",
                            "ii", (int64_t)p->paused, p->batch);
    return !e && sqlite3_changes(db) == 0
               ? err_set(info, ERR_NOT_FOUND, "no batch %lld is at work", (long long)p->batch)
               : e;
}

/* ---- keys ---- */

void batch_key(int64_t batch, int64_t item, int attempt, char out[64])
{
    int n = snprintf(out, 64, "batch %lld/%lld", (long long)batch, (long long)item);
    if (attempt)
        snprintf(out + n, 64 - (size_t)n, "/%d", attempt);
}

int64_t batch_item_of_key(const char *key)
{
    const char *slash = key && strncmp(key, "batch ", 6) == 0 ? strchr(key, '/') : NULL;
    return slash ? strtoll(slash + 1, NULL, 10) : 0;
}

/* ---- reading ---- */

enum err batch_read_inputs(sqlite3 *db, void *arg, struct err_info *info)
{
    struct batch_inputs *a = arg;
    enum err e = ERR_OK;
    for (int i = 0; !e && i < a->n; i++) {
        struct json_object *o = json_object_new_object(), *input = NULL;
        const char *text;
        sqlite3_stmt *st;
        json_object_array_add(a->out, o);
        e = store_prepare(db, info, &st,
                          "SELECT kind,title,input FROM batch_item WHERE batch=? AND item=?", "ii",
                          a->batch, a->list[i].item);
        if (store_row(st, &e, info)) {
            json_add_str(o, "kind", (const char *)sqlite3_column_text(st, 0));
            json_add_str(o, "title", (const char *)sqlite3_column_text(st, 1));
            text = (const char *)sqlite3_column_text(st, 2);
            if (json_parse(text, strlen(text), NULL, &input, NULL) == ERR_OK)
                json_object_object_add(o, "input", input);
        }
        sqlite3_finalize(st);
    }
    return e;
}

/* In words that are equal for equal causes. */
static void set_cause(struct batch_end *end, struct json_object *done)
{
    struct json_object *checked = json_object_of(done, "checked");
    const char *cause = "";
    if (strcmp(end->status, "solved") == 0)
        cause = "";
    else if (strcmp(end->status, "cancelled") == 0)
        cause = "cancelled";
    else if (end->error)
        cause = err_text(end->error);
    else if (json_get(checked, "cause"))
        cause = json_str(checked, "cause", ""); /* of a bench */
    else if (!checked)
        cause = "no usable answer";
    else if (!json_flag(checked, "parsed", false))
        cause = "no program that can be parsed";
    else if (!json_get(checked, "input") &&
             json_i64(checked, "examples_passed", 0) < json_i64(checked, "examples", 0))
        cause = "an example from the task fails"; /* where no input was given, it ran for these */
    else if (!json_flag(checked, "ran", false))
        cause = "the program fails when it runs";
    else if (json_i64(checked, "examples_passed", 0) < json_i64(checked, "examples", 0))
        cause = "a wrong answer to an example";
    else
        cause = "not solved";
    snprintf(end->cause, sizeof end->cause, "%s", cause);
}

/* A task that climbs through several candidates ends unsolved also when none of them could be
 * asked. */
static enum err last_call_error(sqlite3 *db, int64_t child, enum err *error, struct err_info *info)
{
    sqlite3_stmt *st;
    const char *name;
    enum err e = store_prepare(db, info, &st,
                               "SELECT json_extract(body,'$.error') FROM event"
                               " WHERE job=? AND type=? ORDER BY seq DESC LIMIT 1",
                               "ii", child, (int64_t)EVENT_LLM_CALL);
    if (store_row(st, &e, info) && (name = (const char *)sqlite3_column_text(st, 0)) != NULL &&
        *name && strcmp(name, "interrupted") != 0)
        *error = err_by_name(name);
    sqlite3_finalize(st);
    if (!batch_transient(*error))
        *error = ERR_OK;
    return e;
}

static enum err sum_calls(sqlite3 *db, int64_t child, struct batch_end *end, struct err_info *info)
{
    struct cost cost;
    enum err e = cost_read(db, child, &cost, info);
    end->tokens = cost.tokens_in + cost.tokens_out;
    end->cost = cost.dollars;
    return e;
}

static enum err read_done(sqlite3_stmt *st, struct batch_end *end)
{
    struct json_object *done = NULL;
    const char *body = (const char *)sqlite3_column_text(st, 1), *error;
    snprintf(end->status, sizeof end->status, "%s", (const char *)sqlite3_column_text(st, 0));
    snprintf(end->title, sizeof end->title, "%s", (const char *)sqlite3_column_text(st, 2));
    if (!body || json_parse(body, strlen(body), NULL, &done, NULL))
        return ERR_CORRUPT;
    error = json_str(done, "error", "");
    end->error = *error ? err_by_name(error) : ERR_OK;
    end->seconds = json_f64(done, "seconds", 0);
    set_cause(end, done);
    json_object_put(done);
    return ERR_OK;
}

enum err batch_read_end(sqlite3 *db, int64_t child, struct batch_end *end, struct err_info *info)
{
    sqlite3_stmt *st;
    enum err e = store_prepare(db, info, &st,
                               "SELECT j.status, e.body, j.title FROM job j LEFT JOIN event e"
                               " ON e.job=j.id AND e.path='end' AND e.n=0"
                               " WHERE j.id=? AND j.state=2",
                               "i", child);
    if (store_row(st, &e, info))
        e = read_done(st, end);
    else if (!e)
        e = ERR_NOT_FOUND;
    sqlite3_finalize(st);
    if (!e)
        e = sum_calls(db, child, end, info);
    if (!e && strcmp(end->status, "unsolved") == 0 && !end->error) {
        e = last_call_error(db, child, &end->error, info);
        if (end->error)
            snprintf(end->cause, sizeof end->cause, "%s", err_text(end->error));
    }
    return e;
}

enum err batch_look(sqlite3 *db, void *arg, struct err_info *info)
{
    struct batch_look *a = arg;
    sqlite3_stmt *st;
    enum err e =
        store_prepare(db, info, &st, "SELECT paused FROM batch WHERE job=?", "i", a->batch);
    a->ended = 0;
    if (store_row(st, &e, info))
        a->paused = sqlite3_column_int(st, 0);
    sqlite3_finalize(st);
    for (int i = 0; !e && i < a->n; i++) {
        struct batch_end *end = &a->ends[a->ended];
        memset(end, 0, sizeof *end);
        end->item = a->list[i].item;
        e = batch_read_end(db, a->list[i].child, end, info);
        a->ended += e == ERR_OK;
        e = e == ERR_NOT_FOUND ? ERR_OK : e;
    }
    return e;
}

enum err batch_read_open(sqlite3 *db, void *arg, struct err_info *info)
{
    struct batch_open *a = arg;
    sqlite3_stmt *st;
    enum err e = store_prepare(db, info, &st, "SELECT id FROM job WHERE parent=? AND state<>2", "i",
                               a->batch);
    a->n = 0;
    while (a->n < BATCH_WIDTH_MAX * 2 && store_row(st, &e, info))
        a->ids[a->n++] = sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    return e;
}

static enum err add_child(sqlite3 *db, struct batch_last *a, struct err_info *info)
{
    struct batch_end end = {.item = a->item};
    enum err e = batch_read_end(db, a->child, &end, info);
    if (e == ERR_NOT_FOUND || (!e && batch_transient(end.error))) {
        snprintf(end.status, sizeof end.status, "cancelled");
        snprintf(end.cause, sizeof end.cause, "cancelled");
        e = ERR_OK;
    }
    end.tokens += a->end.tokens;
    end.cost += a->end.cost;
    end.seconds += a->end.seconds;
    a->end = end;
    return e;
}

enum err batch_read_last(sqlite3 *db, void *arg, struct err_info *info)
{
    struct batch_last *a = arg;
    char key[64];
    sqlite3_stmt *st;
    enum err e;
    batch_key(a->batch, a->item, 0, key);
    /* '0' follows '/': all keys with a slash behind the item */
    e = store_prepare(db, info, &st,
                      "SELECT id FROM job WHERE key=?1 OR (key>?1||'/' AND key<?1||'0')"
                      " ORDER BY id",
                      "t", key);
    while (store_row(st, &e, info)) {
        a->child = sqlite3_column_int64(st, 0);
        e = add_child(db, a, info);
    }
    sqlite3_finalize(st);
    return e;
}

bool batch_transient(enum err e)
{
    switch (e) {
    case ERR_NO_BACKEND:
    case ERR_NET_RESOLVE:
    case ERR_NET_CONNECT:
    case ERR_NET_BROKEN:
    case ERR_HTTP_RATE:
    case ERR_HTTP_SERVER:
    case ERR_UNAVAILABLE:
    case ERR_NOSPACE:
        return true;
    default:
        return false;
    }
}
