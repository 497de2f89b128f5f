/* Whether Qdrant is well, and of which version it is: nothing is made or changed. */
#include <stdio.h>
#include <string.h>

#include "backends/qdrant_internal.h"

enum { HEALTH_MS = 3000, TEXT_MAX = 64 << 10 };

/* `path` below the server's address: q->url goes on with /collections/NAME. */
static enum err get(struct qdrant *q, const char *path, struct http_response *r,
                    struct err_info *info)
{
    const char *headers[] = {q->header, NULL};
    const char *end = strstr(q->url, "/collections/");
    char url[512];
    struct http_request request = {
        .url = url, .headers = headers, .connect_ms = HEALTH_MS, .total_ms = HEALTH_MS};
    enum err e;
    snprintf(url, sizeof url, "%.*s%s", (int)(end - q->url), q->url, path);
    buf_clear(&r->body);
    e = http_fetch(q->http, &request, r, info);
    return e ? qdrant_fault(q, e, r, info) : ERR_OK;
}

static void read_version(const struct http_response *r, char out[32])
{
    struct json_object *o = NULL;
    *out = 0;
    if (json_parse(r->body.data, r->body.len, NULL, &o, NULL) == ERR_OK)
        snprintf(out, 32, "%.30s", json_str(o, "version", ""));
    json_object_put(o);
}

enum err qdrant_health(struct sched *s, const struct vector_server *server,
                       char text[VECTOR_HEALTH_SIZE], struct err_info *info)
{
    struct vector_server asked = *server;
    struct http_response r;
    struct qdrant *q;
    char version[32];
    enum err e;
    asked.home = asked.model = "health";
    asked.dimensions = 1;
    e = qdrant_new(s, &asked, &q, info);
    if (e)
        return e;
    http_response_init(&r, TEXT_MAX);
    e = get(q, "/healthz", &r, info);
    if (!e)
        e = get(q, "/", &r, info);
    if (!e)
        read_version(&r, version);
    if (!e && !version[0])
        e = qdrant_odd(q, "no version", info);
    if (!e)
        snprintf(text, VECTOR_HEALTH_SIZE, "Qdrant %s at %.100s is well%s", version, q->host,
                 q->key ? ", asked with a key" : "");
    http_response_fini(&r);
    q->base.class->close(&q->base);
    return e;
}
