/* The store of vectors that Qdrant is: vectors in, vectors out, the nearest of them. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/qdrant_internal.h"

enum {
    NUMBER_BYTES = 16, /* "-1.23456789e-38," */
    ROW_BYTES = 256,   /* id and payload */
    ROWS_A_TURN = 16,  /* written before the loop has its turn: about 2 ms */
    SCAN_ROWS = 128,   /* vectors an answer */
};

static struct qdrant *of(struct vector_store *s)
{
    return (struct qdrant *)s;
}

static enum err no_memory(struct err_info *info)
{
    return err_set(info, ERR_NOMEM, "out of memory");
}

/* ---- writing ---- */

/* 1 / length; 0: no vector that has a direction. */
static double scale_of(const float *v, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)v[i] * v[i];
    return isfinite(sum) && sum > 0 ? 1 / sqrt(sum) : 0;
}

/* Nine digits bring every float back as it was. */
static enum err add_vector(struct buf *b, const float *v, size_t n)
{
    const double scale = scale_of(v, n);
    enum err e = buf_adds(b, "[");
    for (size_t i = 0; !e && i < n; i++) {
        char text[NUMBER_BYTES + 16];
        int k = snprintf(text, sizeof text, "%s%.9g", i ? "," : "", (float)(v[i] * scale));
        e = buf_add(b, text, (size_t)k);
    }
    return e ? e : buf_adds(b, "]");
}

static enum err add_ids(struct buf *b, const int64_t *ids, size_t n)
{
    enum err e = buf_adds(b, "[");
    for (size_t i = 0; !e && i < n; i++)
        e = buf_addf(b, "%s%lld", i ? "," : "", (long long)ids[i]);
    return e ? e : buf_adds(b, "]");
}

/* With wait=true it is "completed" when it comes back; else it may not be searched yet. */
static enum err write_points(struct qdrant *q, const char *method, const char *path,
                             const struct buf *body, struct err_info *info)
{
    struct qdrant_call c = {.method = method, .path = path, .body = body, .tries = QDRANT_TRIES};
    struct json_object *result = NULL;
    enum err e = qdrant_ask(q, &c, &result, info);
    if (!e && strcmp(json_str(result, "status", ""), "completed") != 0)
        e = err_set(info, ERR_TIMEOUT,
                    "Qdrant at %.100s has taken vectors and not applied them yet (%.40s); look at "
                    "its load, and try again",
                    q->host, json_str(result, "status", "no status"));
    json_object_put(result);
    return e;
}

static enum err put_rows(struct qdrant *q, const int64_t *ids, const float *vectors, size_t n,
                         struct err_info *info)
{
    const size_t dimensions = q->base.dimensions;
    struct buf body;
    enum err e;
    buf_init(&body, QDRANT_BODY_MAX);
    e = buf_adds(&body, "{\"points\":[");
    for (size_t i = 0; !e && i < n; i++) {
        e = buf_addf(&body, "%s{\"id\":%lld,\"payload\":{\"" QDRANT_FIELD "\":", i ? "," : "",
                     (long long)ids[i]);
        if (!e)
            e = json_quote(&body, q->mark, strlen(q->mark));
        if (!e)
            e = buf_adds(&body, "},\"vector\":");
        if (!e)
            e = add_vector(&body, vectors + i * dimensions, dimensions);
        if (!e)
            e = buf_adds(&body, "}");
        if (!e && i % ROWS_A_TURN == ROWS_A_TURN - 1)
            e = fiber_yield();
    }
    if (!e)
        e = buf_adds(&body, "]}");
    if (e)
        err_set(info, e, "%s", err_text(e));
    else
        e = write_points(q, "PUT", "/points?wait=true", &body, info);
    buf_fini(&body);
    return e;
}

static enum err check_rows(const struct qdrant *q, const int64_t *ids, const float *vectors,
                           size_t n, struct err_info *info)
{
    for (size_t i = 0; i < n; i++) {
        if (ids[i] <= 0)
            return err_set(info, ERR_INPUT, "%lld is no artifact's number", (long long)ids[i]);
        if (scale_of(vectors + i * q->base.dimensions, q->base.dimensions) == 0)
            return err_set(info, ERR_INPUT,
                           "the vector of artifact a%lld is zero or not finite; the embedding "
                           "model is broken",
                           (long long)ids[i]);
    }
    return ERR_OK;
}

/* A proxy may take less than Qdrant: what is too large goes in halves. */
static enum err upsert(struct vector_store *s, const int64_t *ids, const float *vectors, size_t n,
                       struct err_info *info)
{
    struct qdrant *q = of(s);
    size_t most = QDRANT_BYTES / (s->dimensions * NUMBER_BYTES + ROW_BYTES);
    enum err e = check_rows(q, ids, vectors, n, info);
    most = most < 1 ? 1 : most > q->rows ? q->rows : most;
    for (size_t at = 0; !e && at < n;) {
        size_t rows = n - at < most ? n - at : most;
        e = put_rows(q, ids + at, vectors + at * s->dimensions, rows, info);
        if (e == ERR_TOO_LARGE && rows > 1) {
            most = rows / 2;
            e = ERR_OK;
            continue;
        }
        at += rows;
    }
    return e;
}

static enum err remove_points(struct vector_store *s, const int64_t *ids, size_t n,
                              struct err_info *info)
{
    struct buf body;
    enum err e = ERR_OK;
    buf_init(&body, QDRANT_BODY_MAX);
    for (size_t at = 0; !e && at < n; at += QDRANT_IDS) {
        buf_clear(&body);
        e = buf_adds(&body, "{\"points\":");
        if (!e)
            e = add_ids(&body, ids + at, n - at < QDRANT_IDS ? n - at : QDRANT_IDS);
        if (!e)
            e = buf_adds(&body, "}");
        if (e)
            err_set(info, e, "%s", err_text(e));
        else
            e = write_points(of(s), "POST", "/points/delete?wait=true", &body, info);
    }
    buf_fini(&body);
    return e;
}

/* ---- reading ---- */

/* An id of ours; 0: another one. */
static int64_t id_of(struct json_object *point)
{
    struct json_object *id = json_get(point, "id");
    return json_object_is_type(id, json_type_int) ? json_object_get_int64(id) : 0;
}

static bool number_of(struct json_object *o, double *out)
{
    if (!json_object_is_type(o, json_type_double) && !json_object_is_type(o, json_type_int))
        return false;
    *out = json_object_get_double(o);
    return isfinite(*out);
}

static bool read_vector(struct json_object *list, float *out, size_t dimensions)
{
    double scale;
    if (!json_object_is_type(list, json_type_array) || json_object_array_length(list) != dimensions)
        return false;
    for (size_t i = 0; i < dimensions; i++) {
        double x;
        if (!number_of(json_object_array_get_idx(list, i), &x))
            return false;
        out[i] = (float)x;
    }
    scale = scale_of(out, dimensions);
    for (size_t i = 0; i < dimensions; i++)
        out[i] = (float)(out[i] * scale);
    return scale > 0;
}

static int nearer(const void *a, const void *b)
{
    const struct vector_hit *x = a, *y = b;
    if (x->score != y->score)
        return x->score > y->score ? -1 : 1;
    return x->id < y->id ? -1 : x->id > y->id;
}

/* Exact: without the graph, which is approximate. */
static enum err write_query(struct buf *b, const struct qdrant *q, const float *query, size_t most,
                            const int64_t *among, size_t among_count)
{
    enum err e = buf_adds(b, "{\"query\":");
    if (!e)
        e = add_vector(b, query, q->base.dimensions);
    if (!e)
        e = buf_addf(b,
                     ",\"limit\":%zu,\"params\":{\"exact\":%s},\"with_payload\":false,"
                     "\"with_vector\":false",
                     most, q->approximate ? "false" : "true");
    if (!e && among) {
        e = buf_adds(b, ",\"filter\":{\"must\":[{\"has_id\":");
        if (!e)
            e = add_ids(b, among, among_count);
        if (!e)
            e = buf_adds(b, "}]}");
    }
    return e ? e : buf_adds(b, "}");
}

static enum err read_hits(const struct qdrant *q, struct json_object *result, size_t most,
                          struct vector_hit *hits, size_t *found, struct err_info *info)
{
    struct json_object *points = json_array(result, "points");
    size_t n = points ? json_object_array_length(points) : 0;
    *found = 0;
    if (!points || n > most)
        return qdrant_odd(q, points ? "more points than were asked for" : "no list of points",
                          info);
    for (size_t i = 0; i < n; i++) {
        struct json_object *p = json_object_array_get_idx(points, i);
        int64_t id = id_of(p);
        double score;
        if (id <= 0 || !number_of(json_get(p, "score"), &score))
            return qdrant_odd(q, "a point without a number or a score", info);
        score = score > 1 ? 1 : score < -1 ? -1 : score;
        hits[(*found)++] = (struct vector_hit){.id = id, .score = (float)score};
    }
    return ERR_OK;
}

static enum err search_part(struct qdrant *q, const float *query, size_t most, const int64_t *among,
                            size_t among_count, struct vector_hit *hits, size_t *found,
                            struct err_info *info)
{
    struct json_object *result = NULL;
    struct buf body;
    struct qdrant_call c = {.method = "POST",
                            .path = "/points/query",
                            .body = &body,
                            .tries = QDRANT_TRIES_SEARCH,
                            .most_ms = QDRANT_SEARCH_MS};
    enum err e;
    *found = 0;
    buf_init(&body, QDRANT_BODY_MAX);
    e = write_query(&body, q, query, most, among, among_count);
    if (e)
        err_set(info, e, "%s", err_text(e));
    else
        e = qdrant_ask(q, &c, &result, info);
    if (!e)
        e = read_hits(q, result, most, hits, found, info);
    json_object_put(result);
    buf_fini(&body);
    return e;
}

/* The nearest of each part of `among` hold the nearest of all. */
static enum err search_parts(struct qdrant *q, const float *query, size_t most,
                             const int64_t *among, size_t among_count, struct vector_hit *hits,
                             size_t *found, struct err_info *info)
{
    struct vector_hit *all = calloc(2 * most, sizeof *all);
    enum err e = all ? ERR_OK : no_memory(info);
    for (size_t at = 0; !e && at < among_count; at += q->among) {
        size_t n = among_count - at < q->among ? among_count - at : q->among, more = 0;
        e = search_part(q, query, most, among + at, n, all + *found, &more, info);
        *found += more;
        qsort(all, *found, sizeof *all, nearer);
        *found = *found < most ? *found : most;
    }
    if (!e)
        memcpy(hits, all, *found * sizeof *hits);
    free(all);
    return e;
}

static enum err search(struct vector_store *s, const float *query, size_t most,
                       const int64_t *among, size_t among_count, struct vector_hit *hits,
                       size_t *found, struct err_info *info)
{
    struct qdrant *q = of(s);
    enum err e;
    *found = 0;
    if (scale_of(query, s->dimensions) == 0)
        return err_set(info, ERR_INPUT,
                       "the vector to look for is zero or not finite; the embedding model is "
                       "broken");
    if (!most || (among && !among_count))
        return ERR_OK;
    most = most < q->page ? most : q->page; /* so few as the collection gives at most */
    if (among && among_count > q->among)
        return search_parts(q, query, most, among, among_count, hits, found, info);
    e = search_part(q, query, most, among, among_count, hits, found, info);
    qsort(hits, *found, sizeof *hits, nearer);
    return e;
}

static enum err count(struct vector_store *s, int64_t *count, struct err_info *info)
{
    struct json_object *result = NULL;
    struct buf body;
    struct qdrant_call c = {
        .method = "POST", .path = "/points/count", .body = &body, .tries = QDRANT_TRIES};
    enum err e;
    buf_init(&body, 64);
    e = buf_adds(&body, "{\"exact\":true}");
    if (!e)
        e = qdrant_ask(of(s), &c, &result, info);
    *count = json_i64(result, "count", -1);
    if (!e && *count < 0)
        e = qdrant_odd(of(s), "no count", info);
    json_object_put(result);
    buf_fini(&body);
    return e;
}

/* One page; *more: there is another. */
static enum err scan_page(struct qdrant *q, int64_t after, size_t most, int64_t *ids,
                          float *vectors, size_t *found, bool *more, struct err_info *info)
{
    struct json_object *result = NULL, *points;
    struct buf body;
    struct qdrant_call c = {
        .method = "POST", .path = "/points/scroll", .body = &body, .tries = QDRANT_TRIES};
    enum err e;
    *found = 0;
    buf_init(&body, 256);
    e = buf_addf(&body, "{\"offset\":%lld,\"limit\":%zu,\"with_payload\":false,\"with_vector\":%s}",
                 (long long)after + 1, most, vectors ? "true" : "false");
    if (!e)
        e = qdrant_ask(q, &c, &result, info);
    points = json_array(result, "points");
    if (!e && (!points || json_object_array_length(points) > most))
        e = qdrant_odd(q, points ? "more points than were asked for" : "no list of points", info);
    for (size_t i = 0; !e && i < json_object_array_length(points); i++) {
        struct json_object *p = json_object_array_get_idx(points, i);
        int64_t id = id_of(p);
        if (id <= after)
            e = qdrant_odd(q, "points that are not in the order of their numbers", info);
        else if (vectors && !read_vector(json_get(p, "vector"), vectors + i * q->base.dimensions,
                                         q->base.dimensions))
            e = qdrant_odd(q, "a point without its vector", info);
        ids[(*found)++] = after = id;
    }
    *more = json_get(result, "next_page_offset") != NULL;
    json_object_put(result);
    buf_fini(&body);
    return e;
}

static enum err scan(struct vector_store *s, int64_t after, size_t most, int64_t *ids,
                     float *vectors, size_t *found, struct err_info *info)
{
    const size_t wanted = vectors ? SCAN_ROWS : QDRANT_IDS,
                 page = wanted < of(s)->page ? wanted : of(s)->page;
    bool more = after < INT64_MAX;
    enum err e = ERR_OK;
    *found = 0;
    while (!e && more && *found < most) {
        size_t n = most - *found < page ? most - *found : page, got = 0;
        e = scan_page(of(s), after, n, ids + *found,
                      vectors ? vectors + *found * s->dimensions : NULL, &got, &more, info);
        *found += got;
        more = more && got;
        after = got ? ids[*found - 1] : after;
    }
    if (e)
        *found = 0;
    return e;
}

static void close_store(struct vector_store *s)
{
    struct qdrant *q = of(s);
    if (q->http)
        http_close(q->http);
    if (q->header)
        explicit_bzero(q->header, strlen(q->header));
    free(q->header);
    free(q->url);
    free(q);
}

const struct vector_store_class qdrant_store = {
    .name = "qdrant",
    .upsert = upsert,
    .remove = remove_points,
    .search = search,
    .count = count,
    .scan = scan,
    .close = close_store,
};
