/* One request to Qdrant: its answer, its failures in words, and when it is made again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/qdrant_internal.h"
#include "base/utf8.h"
#include "core/llm/backoff.h"

enum { CONNECT_MS = 5000, REPLY_MAX = 64 << 20, WORDS_MAX = 200, HEADERS_MAX = 4 };

/* ---- failures ---- */

/* One line of whole characters, without the key. */
static void one_line(const struct qdrant *q, const char *text, char out[WORDS_MAX + 4])
{
    size_t key = q->key ? strlen(q->key) : 0, n = 0;
    while (*text && n < WORDS_MAX) {
        unsigned char c = (unsigned char)*text;
        if (key && strncmp(text, q->key, key) == 0) {
            n += (size_t)snprintf(out + n, WORDS_MAX + 4 - n, "***");
            text += key;
            continue;
        }
        if (c > ' ' && c != 127)
            out[n++] = (char)c;
        else if (n && out[n - 1] != ' ')
            out[n++] = ' ';
        text++;
    }
    n = utf8_floor(out, n > WORDS_MAX ? WORDS_MAX : n);
    while (n && strchr(" .", out[n - 1]))
        n--;
    out[n] = 0;
}

/* {"status": {"error": "…"}, "time": …}, or plain text. Returns whether it is Qdrant's form. */
static bool read_words(const struct qdrant *q, const struct http_response *r,
                       char out[WORDS_MAX + 4])
{
    struct json_object *o = NULL;
    const char *error = NULL;
    *out = 0;
    if (json_parse(r->body.data, r->body.len, NULL, &o, NULL) == ERR_OK)
        error = json_str(json_object_of(o, "status"), "error", NULL);
    if (error)
        one_line(q, error, out);
    else if (strchr(r->body.data, '<'))
        snprintf(out, WORDS_MAX + 4, "it sent a web page; a proxy may stand between");
    else if (utf8_invalid(r->body.data, r->body.len) == r->body.len)
        one_line(q, r->body.data, out);
    json_object_put(o);
    return error != NULL;
}

/* What it does, in the words of a status, and what a person can do about it. */
static enum err judge(const struct qdrant *q, long status, bool its_form, const char **does,
                      const char **remedy)
{
    switch (status) {
    case 401:
    case 403:
        *does = status == 403 ? "does not permit this" : q->key ? "refuses the key" : "wants a key";
        *remedy = status == 403 ? "give a key that may read and write this collection"
                                : "set the right QDRANT_API_KEY, or rag.qdrant.api_key";
        return ERR_HTTP_AUTH;
    case 404:
        *does = its_form ? "has no such collection any more" : "does not know this request";
        *remedy = its_form ? "dise rag sync --to qdrant makes it anew and fills it"
                           : "DiSE needs Qdrant 1.10 or newer, and rag.qdrant.url must be the "
                             "address of its REST API (port 6333)";
        return its_form ? ERR_NOT_FOUND : ERR_HTTP_CLIENT;
    case 413:
        *does = "takes no request as large as this";
        *remedy = "raise service.max_request_size_mb in its configuration";
        return ERR_TOO_LARGE;
    case 429:
        *does = "asks to slow down";
        *remedy = "try again later, or raise its limits";
        return ERR_HTTP_RATE;
    default:
        *does = status >= 500 ? "failed" : "refused the request";
        *remedy = status >= 500 ? "look at its log and its disk, and try again"
                                : "check that it is Qdrant 1.10 or newer";
        return http_status_error(status);
    }
}

static enum err refused(const struct qdrant *q, const struct http_response *r,
                        struct err_info *info)
{
    char words[WORDS_MAX + 4], other[128];
    const char *does, *remedy;
    bool its_form = read_words(q, r, words);
    enum err e = judge(q, r->status, its_form, &does, &remedy);
    http_host(r->url, other);
    if (r->status < 400)
        e = err_set(info, ERR_HTTP_CLIENT,
                    "Qdrant at %.100s sends elsewhere (%ld, to %.100s); write the new address in "
                    "rag.qdrant.url",
                    q->host, r->status, other);
    else if (words[0] && e != ERR_HTTP_AUTH) /* a part of the key may stand in those words */
        err_set(info, e, "Qdrant at %.100s %s (%ld: %s); %s", q->host, does, r->status, words,
                remedy);
    else
        err_set(info, e, "Qdrant at %.100s %s (%ld); %s", q->host, does, r->status, remedy);
    if (info) {
        info->native = (int)r->status;
        info->retry_after_ms = r->retry_after_ms > 0 ? r->retry_after_ms : 0;
    }
    return e;
}

enum err qdrant_fault(const struct qdrant *q, enum err e, const struct http_response *r,
                      struct err_info *info)
{
    char message[sizeof info->message] = "";
    if (e == ERR_CANCELLED)
        return e;
    if (r->status >= 300)
        return refused(q, r, info);
    if (e == ERR_TIMEOUT && r->late == HTTP_LATE_CONNECT)
        return err_set(info, e,
                       "Qdrant at %.100s cannot be reached: no connection within %.3g s; check "
                       "rag.qdrant.url and the network",
                       q->host, r->late_ms / 1000.0);
    if (e == ERR_TIMEOUT)
        return err_set(info, e,
                       "Qdrant at %.100s did not answer within %.3g s; look at its load and its "
                       "log, and try again",
                       q->host, r->late_ms / 1000.0);
    if (info)
        memcpy(message, info->message, sizeof message);
    return err_set(info, e, "Qdrant at %.400s; its address is rag.qdrant.url", message);
}

enum err qdrant_odd(const struct qdrant *q, const char *what, struct err_info *info)
{
    return err_set(info, ERR_PROTOCOL,
                   "Qdrant at %.100s sent %.150s; check that rag.qdrant.url is the address of its "
                   "REST API (port 6333), and that it is 1.10 or newer",
                   q->host, what);
}

/* ---- asking ---- */

static enum err read_result(const struct qdrant *q, const struct http_response *r,
                            struct json_object **result, struct err_info *info)
{
    struct json_object *o = NULL;
    enum err e = ERR_OK;
    if (json_parse(r->body.data, r->body.len, NULL, &o, NULL))
        e = qdrant_odd(q, "what is no JSON", info);
    else if (!json_get(o, "result"))
        e = qdrant_odd(q, "an answer without a result", info);
    else
        *result = json_object_get(json_get(o, "result"));
    json_object_put(o);
    return e;
}

static enum err ask_once(struct qdrant *q, const struct qdrant_call *c, struct json_object **result,
                         struct err_info *info)
{
    /* "Expect:" — curl would wait a second for leave to send a large body */
    const char *headers[HEADERS_MAX + 1] = {"Accept: application/json"};
    char url[512];
    struct http_request request = {.url = url,
                                   .headers = headers,
                                   .method = c->method,
                                   .body = c->body ? c->body->data : NULL,
                                   .body_len = c->body ? c->body->len : 0,
                                   .connect_ms =
                                       CONNECT_MS < q->timeout_ms ? CONNECT_MS : q->timeout_ms,
                                   .total_ms = q->timeout_ms};
    struct http_response r;
    enum err e;
    int n = 1;
    if (c->most_ms && c->most_ms < q->timeout_ms)
        request.total_ms = c->most_ms;
    if (c->body) {
        headers[n++] = "Content-Type: application/json";
        headers[n++] = "Expect:";
    }
    headers[n] = q->header;
    if (snprintf(url, sizeof url, "%s%s", q->url, c->path) >= (int)sizeof url)
        return err_set(info, ERR_INPUT, "rag.qdrant.url is too long");
    http_response_init(&r, REPLY_MAX);
    e = http_fetch(q->http, &request, &r, info);
    e = e ? qdrant_fault(q, e, &r, info) : read_result(q, &r, result, info);
    http_response_fini(&r);
    return e;
}

enum err qdrant_ask(struct qdrant *q, const struct qdrant_call *c, struct json_object **result,
                    struct err_info *info)
{
    const struct backoff again = {.base_ms = q->retry_ms, .most_ms = 8000, .patience_ms = 30000};
    struct err_info local;
    *result = NULL;
    if (!info)
        info = &local;
    for (int failed = 1;; failed++) {
        uint64_t random;
        int64_t ms;
        enum err e;
        memset(info, 0, sizeof *info);
        e = ask_once(q, c, result, info);
        if (!e || failed >= c->tries || !err_retryable(e))
            return e;
        if (uv_random(NULL, NULL, &random, sizeof random, 0, NULL))
            random = uv_hrtime();
        ms = backoff_ms(&again, failed, info->retry_after_ms, random);
        if (ms < 0)
            return e;
        e = fiber_sleep((uint64_t)ms);
        if (e)
            return err_set(info, e, "cancelled");
    }
}
