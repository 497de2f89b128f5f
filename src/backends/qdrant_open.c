/* Opening a collection of Qdrant: made when it is missing, looked at before anything is written. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/qdrant_internal.h"
#include "base/log.h"
#include "base/secret.h"

enum {
    TIMEOUT_MS = 60000,
    RETRY_MS = 250,
    DIMENSIONS_MAX = 65535,
    BODY_MAX = 4096,
    BASE_MAX = 100
};

void qdrant_collection(const char *base, const char *model, char out[QDRANT_NAME_MAX])
{
    snprintf(out, QDRANT_NAME_MAX, "%.100s_%.90s", base, model);
    for (char *p = out; *p; p++)
        if (!isalnum((unsigned char)*p) && *p != '_' && *p != '.' && *p != '-')
            *p = '-';
}

/* ---- the object ---- */

static enum err check_options(const struct vector_server *o, struct err_info *info)
{
    if (!o->url || (strncmp(o->url, "http://", 7) != 0 && strncmp(o->url, "https://", 8) != 0))
        return err_set(info, ERR_INPUT,
                       "rag.qdrant.url is no http or https address; write it as "
                       "http://127.0.0.1:6333");
    if (!o->dimensions || o->dimensions > DIMENSIONS_MAX)
        return err_set(info, ERR_INPUT,
                       "Qdrant takes vectors of 1 to %d numbers, and %.100s makes them of %zu; "
                       "choose another embedding model",
                       DIMENSIONS_MAX, o->model, o->dimensions);
    if (!o->collection || !*o->collection || strlen(o->collection) > BASE_MAX ||
        o->collection[strspn(o->collection, QDRANT_NAME_CHARS)])
        return err_set(info, ERR_INPUT,
                       "rag.qdrant.collection is a name of 1 to %d letters, digits, \"_\", \".\" "
                       "and \"-\"",
                       BASE_MAX);
    return ERR_OK;
}

static enum err fill(struct qdrant *q, const struct vector_server *o)
{
    size_t n = strlen(o->url);
    while (n && o->url[n - 1] == '/')
        n--;
    q->base.dimensions = o->dimensions;
    snprintf(q->base.model, sizeof q->base.model, "%s", o->model);
    qdrant_collection(o->collection, o->model, q->collection);
    snprintf(q->mark, sizeof q->mark, "%.64s/%.90s", o->home, o->model);
    http_host(o->url, q->host);
    q->timeout_ms = o->timeout_ms ? o->timeout_ms : TIMEOUT_MS;
    q->retry_ms = o->retry_ms ? o->retry_ms : RETRY_MS;
    if (asprintf(&q->url, "%.*s/collections/%s", (int)n, o->url, q->collection) < 0) {
        q->url = NULL;
        return ERR_NOMEM;
    }
    if (o->api_key && *o->api_key) {
        secret_note(o->api_key);
        if (asprintf(&q->header, "api-key: %s", o->api_key) < 0) {
            q->header = NULL;
            return ERR_NOMEM;
        }
        q->key = q->header + strlen("api-key: ");
    }
    return ERR_OK;
}

/* ---- what is there ---- */

static enum err create(struct qdrant *q, struct err_info *info)
{
    struct json_object *result = NULL;
    struct buf body;
    struct qdrant_call c = {.method = "PUT", .path = "", .body = &body, .tries = QDRANT_TRIES};
    enum err e;
    buf_init(&body, BODY_MAX);
    e = buf_addf(&body, "{\"vectors\":{\"size\":%zu,\"distance\":\"Cosine\"}}", q->base.dimensions);
    if (!e)
        e = qdrant_ask(q, &c, &result, info);
    if (e == ERR_HTTP_CLIENT && info && (info->native == 409 || strstr(info->message, "already")))
        e = ERR_OK; /* another was faster; what it has made is looked at next */
    json_object_put(result);
    buf_fini(&body);
    return e;
}

/* The points' mark is looked for each time that the collection is opened. */
static enum err index_mark(struct qdrant *q, struct err_info *info)
{
    struct json_object *result = NULL;
    struct buf body;
    struct qdrant_call c = {
        .method = "PUT", .path = "/index?wait=true", .body = &body, .tries = QDRANT_TRIES};
    enum err e;
    buf_init(&body, BODY_MAX);
    e = buf_adds(&body, "{\"field_name\":\"" QDRANT_FIELD "\",\"field_schema\":\"keyword\"}");
    if (!e)
        e = qdrant_ask(q, &c, &result, info);
    json_object_put(result);
    buf_fini(&body);
    return e;
}

static enum err check_vectors(const struct qdrant *q, struct json_object *collection,
                              struct err_info *info)
{
    struct json_object *config = json_object_of(collection, "config"),
                       *vectors = json_object_of(json_object_of(config, "params"), "vectors");
    int64_t size = json_i64(vectors, "size", 0);
    const char *distance = json_str(vectors, "distance", "");
    if (!config)
        return qdrant_odd(q, "a collection without its configuration", info);
    if (!size)
        return err_set(info, ERR_INPUT,
                       "the collection %s of Qdrant has named vectors, which DiSE does not write; "
                       "choose another name in rag.qdrant.collection",
                       q->collection);
    if (size != (int64_t)q->base.dimensions)
        return err_set(info, ERR_INPUT,
                       "the collection %s of Qdrant holds vectors of %lld numbers, and %s makes "
                       "them of %zu; choose another name in rag.qdrant.collection, or delete the "
                       "collection",
                       q->collection, (long long)size, q->base.model, q->base.dimensions);
    if (strcmp(distance, "Cosine") != 0)
        return err_set(info, ERR_INPUT,
                       "the collection %s of Qdrant measures by %.20s, and DiSE needs Cosine; "
                       "choose another name in rag.qdrant.collection, or delete the collection",
                       q->collection, distance);
    return ERR_OK;
}

static void lower(size_t *limit, struct json_object *strict, const char *name)
{
    int64_t n = json_i64(strict, name, 0);
    if (n > 0 && (uint64_t)n < *limit)
        *limit = (size_t)n;
}

/* Qdrant's cloud sets such limits; what goes beyond them is refused there. */
static void read_limits(struct qdrant *q, struct json_object *collection)
{
    struct json_object *strict =
        json_object_of(json_object_of(collection, "config"), "strict_mode_config");
    q->rows = QDRANT_ROWS;
    q->page = QDRANT_IDS;
    q->among = QDRANT_AMONG;
    if (!json_flag(strict, "enabled", false))
        return;
    lower(&q->rows, strict, "upsert_max_batchsize");
    lower(&q->page, strict, "max_query_limit");
    lower(&q->among, strict, "condition_max_size");
    q->approximate = !json_flag(strict, "search_allow_exact", true);
    if (q->approximate)
        log_line("the collection %s of Qdrant allows no exact search: what is found is approximate",
                 q->collection);
}

/* A point that is not ours says whose it is. */
static enum err tell_stranger(const struct qdrant *q, struct json_object *payload,
                              struct err_info *info)
{
    const char *mark = json_str(payload, QDRANT_FIELD, NULL), *slash = mark ? strchr(mark, '/') : 0;
    size_t home = strcspn(q->mark, "/");
    if (mark && slash && strncmp(mark, q->mark, home + 1) == 0)
        return err_set(info, ERR_INPUT,
                       "the collection %s of Qdrant holds vectors of the model %.60s, which cannot "
                       "be compared with those of %s; choose another name in "
                       "rag.qdrant.collection, or delete the collection",
                       q->collection, slash + 1, q->base.model);
    if (mark)
        return err_set(info, ERR_INPUT,
                       "the collection %s of Qdrant belongs to another home of DiSE; choose a name "
                       "of this home's own in rag.qdrant.collection",
                       q->collection);
    if (json_get(payload, "artifact_id") || json_get(payload, "artifact_type"))
        return err_set(info, ERR_INPUT,
                       "the collection %s of Qdrant was written by the old system, whose ids "
                       "change with each start; choose another name in rag.qdrant.collection, and "
                       "take its memory over with dise rag import",
                       q->collection);
    return err_set(info, ERR_INPUT,
                   "the collection %s of Qdrant holds what DiSE has not written; choose another "
                   "name in rag.qdrant.collection",
                   q->collection);
}

static enum err check_points(struct qdrant *q, struct err_info *info)
{
    struct json_object *result = NULL, *points;
    struct buf body;
    struct qdrant_call c = {
        .method = "POST", .path = "/points/scroll", .body = &body, .tries = QDRANT_TRIES_SEARCH};
    enum err e;
    buf_init(&body, BODY_MAX);
    e = buf_adds(&body, "{\"limit\":1,\"with_payload\":true,\"with_vector\":false,\"filter\":{"
                        "\"must_not\":[{\"key\":\"" QDRANT_FIELD "\",\"match\":{\"value\":");
    if (!e)
        e = json_quote(&body, q->mark, strlen(q->mark));
    if (!e)
        e = buf_adds(&body, "}}]}}");
    if (!e)
        e = qdrant_ask(q, &c, &result, info);
    points = json_array(result, "points");
    if (!e && !points)
        e = qdrant_odd(q, "no list of points", info);
    if (!e && json_object_array_length(points))
        e = tell_stranger(q, json_object_of(json_object_array_get_idx(points, 0), "payload"), info);
    json_object_put(result);
    buf_fini(&body);
    return e;
}

static enum err look(struct qdrant *q, struct json_object **collection, struct err_info *info)
{
    return qdrant_ask(q, &(struct qdrant_call){.method = "GET", .path = "", .tries = 2}, collection,
                      info);
}

static enum err prepare(struct qdrant *q, struct err_info *info)
{
    struct json_object *collection = NULL;
    enum err e = look(q, &collection, info);
    if (e == ERR_NOT_FOUND) {
        e = create(q, info);
        if (!e)
            e = look(q, &collection, info);
    }
    if (!e)
        e = check_vectors(q, collection, info);
    if (!e)
        e = check_points(q, info);
    if (!e && !json_get(json_object_of(collection, "payload_schema"), QDRANT_FIELD))
        e = index_mark(q, info);
    if (!e)
        read_limits(q, collection);
    json_object_put(collection);
    return e;
}

enum err qdrant_new(struct sched *s, const struct vector_server *server, struct qdrant **out,
                    struct err_info *info)
{
    struct qdrant *q;
    enum err e = check_options(server, info);
    *out = NULL;
    if (e)
        return e;
    q = calloc(1, sizeof *q);
    if (!q)
        return err_set(info, ERR_NOMEM, "out of memory");
    q->base.class = &qdrant_store;
    e = fill(q, server);
    if (e)
        err_set(info, e, "out of memory");
    else
        e = http_open(s, &q->http, info);
    if (e)
        q->base.class->close(&q->base);
    else
        *out = q;
    return e;
}

enum err qdrant_open(struct sched *s, const struct vector_server *server, struct vector_store **out,
                     struct err_info *info)
{
    struct err_info local = {0};
    struct qdrant *q;
    enum err e;
    *out = NULL;
    if (!info)
        info = &local;
    e = qdrant_new(s, server, &q, info);
    if (e)
        return e;
    e = prepare(q, info);
    if (e) {
        q->base.class->close(&q->base);
        return e;
    }
    memset(info, 0, sizeof *info); /* of a collection that was missing */
    *out = &q->base;
    return ERR_OK;
}
