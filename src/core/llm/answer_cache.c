#include "core/llm/answer_cache.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/llm/answer.h"
#include "core/llm/llm_digest.h"

enum { SECRET_LEAST = 8, BODY_MAX = 8 << 20 };

struct answer_cache {
    struct store *store;
    struct json_object *llm;
    int64_t max_bytes;
};

struct answer_cache *cache_open(struct store *store, struct json_object *llm, int64_t max_bytes)
{
    struct answer_cache *c = calloc(1, sizeof *c);
    if (c)
        *c = (struct answer_cache){store, json_object_get(llm), max_bytes};
    return c;
}

void cache_close(struct answer_cache *c)
{
    if (c)
        json_object_put(c->llm);
    free(c);
}

/* ---- secrets ---- */

static bool holds(const char *text, const char *secret)
{
    return secret && strlen(secret) >= SECRET_LEAST && strstr(text, secret) != NULL;
}

static bool holds_any(const struct answer_cache *c, const char *text)
{
    static const char *const names[] = {"OPENAI_API_KEY", "ANTHROPIC_API_KEY",
                                        "AZURE_OPENAI_API_KEY"};
    struct json_object *backends = json_object_of(c->llm, "backends");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (holds(text, getenv(names[i])))
            return true;
    if (holds(text, json_str(c->llm, "api_key", NULL)))
        return true;
    if (!backends)
        return false;
    json_object_object_foreach(backends, name, entry)
    {
        (void)name;
        if (holds(text, json_str(entry, "api_key", NULL)))
            return true;
    }
    return false;
}

static bool asks_with_secret(const struct answer_cache *c, const struct llm_request *q)
{
    for (size_t i = 0; i < q->message_count; i++)
        if (holds_any(c, q->messages[i].content))
            return true;
    return false;
}

/* ---- taking ---- */

struct kept {
    char key[65];
    char *body; /* NULL: there is none */
    int64_t max_bytes;
};

static enum err read_kept(sqlite3 *db, void *arg, struct err_info *info)
{
    struct kept *k = arg;
    sqlite3_stmt *st;
    enum err e = store_prepare(db, info, &st, "SELECT body FROM answer WHERE key=?", "t", k->key);
    if (e)
        return e;
    if (sqlite3_step(st) == SQLITE_ROW) {
        k->body = strdup((const char *)sqlite3_column_text(st, 0));
        e = k->body ? ERR_OK : ERR_NOMEM;
    }
    sqlite3_finalize(st);
    return e;
}

#define NEXT_USE "(SELECT coalesce(max(used),0)+1 FROM answer)"

static enum err mark_used(sqlite3 *db, void *arg, struct err_info *info)
{
    const struct kept *k = arg;
    return store_exec(db, info, "UPDATE answer SET used=" NEXT_USE " WHERE key=?", "t", k->key);
}

static void free_kept(void *arg, enum err result)
{
    struct kept *k = arg;
    (void)result; /* what is not kept is asked for again */
    free(k->body);
    free(k);
}

static void post(struct answer_cache *c, const char *key, char *body, store_fn *fn)
{
    struct kept *k = calloc(1, sizeof *k);
    if (!k) {
        free(body);
        return;
    }
    *k = (struct kept){.body = body, .max_bytes = c->max_bytes};
    snprintf(k->key, sizeof k->key, "%s", key);
    if (store_post(c->store, STORE_LAZY, fn, k, free_kept))
        free_kept(k, ERR_NOMEM);
}

enum err cache_play(struct answer_cache *c, const struct llm_request *q, struct llm_reply *reply)
{
    struct kept k = {.body = NULL};
    struct json_object *o = NULL;
    uint64_t began = uv_hrtime();
    enum err e;
    if (asks_with_secret(c, q))
        return ERR_NOT_FOUND;
    llm_key(q, k.key);
    if (store_read(c->store, read_kept, &k, NULL) || !k.body)
        return ERR_NOT_FOUND;
    e = json_parse(k.body, strlen(k.body), NULL, &o, NULL) ? ERR_NOT_FOUND
                                                           : answer_play(q, o, reply);
    json_object_put(o);
    free(k.body);
    if (e)
        return ERR_NOT_FOUND;
    reply->tokens_in = reply->tokens_cached = reply->tokens_out = 0;
    reply->first_token_ms = 0; /* it says nothing about the model */
    reply->ms = (double)(uv_hrtime() - began) / 1e6;
    reply->cached = true;
    post(c, k.key, NULL, mark_used);
    return ERR_OK;
}

/* ---- keeping ---- */

/* The newest that fit stay. */
static enum err evict(sqlite3 *db, int64_t max_bytes, struct err_info *info)
{
    sqlite3_stmt *st;
    int64_t total = 0;
    enum err e = store_prepare(db, info, &st, "SELECT total(size) FROM answer", "");
    if (!e && sqlite3_step(st) == SQLITE_ROW)
        total = (int64_t)sqlite3_column_double(st, 0);
    sqlite3_finalize(st);
    if (e || total <= max_bytes)
        return e;
    return store_exec(db, info,
                      "DELETE FROM answer WHERE id IN (SELECT id FROM (SELECT id,sum(size) OVER"
                      " (ORDER BY used DESC) AS upto FROM answer) WHERE upto>?)",
                      "i", max_bytes);
}

static enum err keep(sqlite3 *db, void *arg, struct err_info *info)
{
    const struct kept *k = arg;
    enum err e = store_exec(db, info,
                            "INSERT INTO answer(key,used,size,body) VALUES(?," NEXT_USE ",?,?)"
                            " ON CONFLICT(key) DO UPDATE SET used=excluded.used,size=excluded.size,"
                            "body=excluded.body",
                            "tit", k->key, (int64_t)(sizeof k->key + strlen(k->body)), k->body);
    return e ? e : evict(db, k->max_bytes, info);
}

void cache_add(struct answer_cache *c, const struct llm_request *q, const struct llm_reply *reply)
{
    struct json_object *o;
    struct buf body;
    char key[65];
    if (asks_with_secret(c, q) || holds_any(c, reply->text.data))
        return;
    o = json_object_new_object();
    answer_describe(reply, NULL, o);
    buf_init(&body, BODY_MAX);
    llm_key(q, key);
    if (json_print(&body, o))
        buf_fini(&body);
    else
        post(c, key, buf_take(&body), keep);
    json_object_put(o);
}
