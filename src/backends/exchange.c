#include "backends/exchange.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CONNECT_MS = 5000, HEADERS_MAX = 12, ERROR_MAX = 1 << 20 };

/* Names the fault; the server's own words are kept for those who can do something about it. */
static enum err refused(const struct exchange *x, enum err e, const struct http_response *r,
                        struct refusal *why, struct err_info *info)
{
    if (why) {
        why->status = r->status;
        snprintf(why->text, sizeof why->text, "%s", r->body.data);
    }
    return llm_fault_http(&x->server, e, r, info);
}

/* The caller's headers and those of the content. */
static void all_headers(const struct exchange *x, const char *accept,
                        const char *out[HEADERS_MAX + 3])
{
    int n = 0;
    if (x->body)
        out[n++] = "Content-Type: application/json";
    if (accept)
        out[n++] = accept;
    for (int i = 0; x->headers && x->headers[i] && i < HEADERS_MAX; i++)
        out[n++] = x->headers[i];
    out[n] = NULL;
}

static enum err print_body(const struct exchange *x, struct buf *out, struct http_request *q,
                           struct err_info *info)
{
    enum err e = x->body ? json_print(out, x->body) : ERR_OK;
    if (e)
        return err_set(info, e, "the prompt is larger than %d MB", EXCHANGE_BODY_MAX >> 20);
    q->body = x->body ? out->data : NULL;
    q->body_len = out->len;
    return ERR_OK;
}

enum err exchange_json(const struct exchange *x, int connect_ms, int total_ms,
                       struct json_object **out, struct err_info *info)
{
    const char *headers[HEADERS_MAX + 3];
    struct http_request q = {.url = x->url,
                             .headers = headers,
                             .connect_ms = connect_ms ? connect_ms : CONNECT_MS,
                             .total_ms = total_ms};
    struct http_response r;
    struct err_info why = {0};
    struct buf body;
    enum err e;
    *out = NULL;
    all_headers(x, "Accept: application/json", headers);
    buf_init(&body, EXCHANGE_BODY_MAX);
    http_response_init(&r, EXCHANGE_REPLY_MAX);
    e = print_body(x, &body, &q, info);
    if (!e) {
        e = http_fetch(x->http, &q, &r, info);
        if (e)
            e = refused(x, e, &r, NULL, info);
        else if (json_parse(r.body.data, r.body.len, NULL, out, &why))
            e = llm_fault_garbage(&x->server, &why, info);
        else
            e = llm_fault_object(&x->server, *out, info);
    }
    if (e) {
        json_object_put(*out);
        *out = NULL;
    }
    http_response_fini(&r);
    buf_fini(&body);
    return e;
}

static enum http_more feed_answer(void *arg, const char *data, size_t n)
{
    return answer_feed(arg, data, n);
}

enum err exchange_answer(const struct exchange *x, const struct answer_format *format,
                         const struct llm_request *request, struct llm_reply *reply,
                         struct refusal *why, struct err_info *info)
{
    const char *headers[HEADERS_MAX + 3];
    struct answer a;
    struct http_request q = {.url = x->url,
                             .headers = headers,
                             .connect_ms = CONNECT_MS,
                             .first_ms = request->first_token_ms,
                             .between_ms = request->between_tokens_ms,
                             .total_ms = request->total_ms,
                             .on_data = feed_answer,
                             .arg = &a};
    struct http_response r;
    struct buf body;
    enum err e;
    memset(why, 0, sizeof *why);
    all_headers(x, format->lines ? "Accept: application/x-ndjson" : "Accept: text/event-stream",
                headers);
    buf_init(&body, EXCHANGE_BODY_MAX);
    http_response_init(&r, ERROR_MAX);
    answer_init(&a, format, &x->server, request, reply);
    e = print_body(x, &body, &q, info);
    if (!e) {
        e = http_fetch(x->http, &q, &r, info);
        if (e)
            e = refused(x, e, &r, why, info);
        else
            e = answer_end(&a, &r, info);
    }
    answer_count(&a, e);
    answer_fini(&a);
    http_response_fini(&r);
    buf_fini(&body);
    return e;
}

static enum http_more feed_lines(void *arg, const char *data, size_t n)
{
    return lines_feed(arg, data, n) ? HTTP_STOP : HTTP_MORE;
}

enum err exchange_lines(const struct exchange *x, int between_ms,
                        bool (*on_line)(void *arg, const char *line, size_t n), void *arg,
                        struct err_info *info)
{
    const char *headers[HEADERS_MAX + 3];
    struct lines lines;
    struct http_request q = {.url = x->url,
                             .headers = headers,
                             .connect_ms = CONNECT_MS,
                             .first_ms = between_ms,
                             .between_ms = between_ms,
                             .on_data = feed_lines,
                             .arg = &lines};
    struct http_response r;
    struct buf body;
    enum err e;
    all_headers(x, "Accept: application/x-ndjson", headers);
    buf_init(&body, EXCHANGE_BODY_MAX);
    http_response_init(&r, ERROR_MAX);
    lines_init(&lines, on_line, arg);
    e = print_body(x, &body, &q, info);
    if (!e) {
        e = http_fetch(x->http, &q, &r, info);
        if (e)
            e = refused(x, e, &r, NULL, info);
        else if (!r.stopped)
            (void)!lines_end(&lines); /* on_line knows what it has said */
    }
    lines_fini(&lines);
    http_response_fini(&r);
    buf_fini(&body);
    return e;
}

/* ---- reasoning ---- */

bool exchange_starved(const struct llm_request *q, const struct llm_reply *r, enum err e)
{
    return !e && q->max_tokens > 0 && r->text.len == 0 && r->tokens_thinking > 0 &&
           strcmp(r->finish, "length") == 0;
}

int exchange_limit(const struct llm_request *q, bool thinks)
{
    return q->max_tokens > 0 ? q->max_tokens + (thinks ? EXCHANGE_THINKING_ROOM : 0) : 0;
}

void exchange_add_cost(struct llm_reply *r, const struct llm_reply *before)
{
    if (!before->tokens_in && !before->tokens_out) /* refused: it has cost nothing */
        return;
    r->tokens_in += before->tokens_in;
    r->tokens_cached += before->tokens_cached;
    r->tokens_out += before->tokens_out;
    r->tokens_thinking += before->tokens_thinking;
    r->estimated |= before->estimated;
    r->ms += before->ms;
}

/* ---- bodies ---- */

struct json_object *exchange_messages(const struct llm_request *q, bool system)
{
    struct json_object *list = json_object_new_array();
    for (size_t i = 0; i < q->message_count; i++) {
        struct json_object *m;
        if (!system && strcmp(q->messages[i].role, "system") == 0)
            continue;
        m = json_object_new_object();
        json_add_str(m, "role", q->messages[i].role);
        json_add_str(m, "content", q->messages[i].content);
        json_object_array_add(list, m);
    }
    return list;
}

struct json_object *exchange_schema(const struct llm_request *q)
{
    struct json_object *o = NULL;
    if (q->schema && json_parse(q->schema, strlen(q->schema), NULL, &o, NULL))
        return NULL;
    return o;
}

void exchange_close_schema(struct json_object *schema)
{
    static const char *const refused_words[] = {
        "minimum",     "maximum",       "exclusiveMinimum", "exclusiveMaximum",
        "multipleOf",  "minLength",     "maxLength",        "maxItems",
        "uniqueItems", "minProperties", "maxProperties",    "pattern",
    };
    if (json_object_is_type(schema, json_type_array))
        for (size_t i = 0; i < json_object_array_length(schema); i++)
            exchange_close_schema(json_object_array_get_idx(schema, i));
    if (!json_object_is_type(schema, json_type_object))
        return;
    /* a member of `properties` may be called so, too: then its value is an object */
    for (size_t i = 0; i < sizeof refused_words / sizeof *refused_words; i++)
        if (json_get(schema, refused_words[i]) && !json_object_of(schema, refused_words[i]))
            json_object_object_del(schema, refused_words[i]);
    json_object_object_foreach(schema, name, value)
    {
        (void)name;
        exchange_close_schema(value);
    }
    if (strcmp(json_str(schema, "type", ""), "object") == 0)
        json_add_bool(schema, "additionalProperties", false);
}

/* ---- vectors ---- */

struct json_object *exchange_embed_body(const struct embed_request *q)
{
    struct json_object *body = json_object_new_object(), *input = json_object_new_array();
    json_add_str(body, "model", q->model);
    for (size_t i = 0; i < q->count; i++)
        json_object_array_add(input, json_object_new_string(q->texts[i]));
    json_object_object_add(body, "input", input);
    if (q->dimensions > 0)
        json_add_i64(body, "dimensions", q->dimensions);
    return body;
}

void exchange_vectors(struct embed_reply *r, size_t count)
{
    embed_reply_fini(r);
    r->count = count;
}

enum err exchange_vector(struct embed_reply *r, size_t at, struct json_object *row,
                         const struct llm_server *server, struct err_info *info)
{
    size_t n = json_object_is_type(row, json_type_array) ? json_object_array_length(row) : 0;
    if (n == 1 && json_object_is_type(json_object_array_get_idx(row, 0), json_type_array)) {
        row = json_object_array_get_idx(row, 0); /* llama.cpp's way of telling one of one token */
        n = json_object_array_length(row);
    }
    if (!r->vectors && n) {
        r->vectors = calloc(r->count * n, sizeof *r->vectors);
        if (!r->vectors)
            return err_set(info, ERR_NOMEM, "out of memory");
        r->dimensions = n;
    }
    if (!n || n != r->dimensions || at >= r->count)
        return err_set(info, ERR_PROTOCOL,
                       "%s gives vectors of different lengths; choose another "
                       "embedding model",
                       server->place);
    for (size_t i = 0; i < n; i++) {
        struct json_object *x = json_object_array_get_idx(row, i);
        bool number =
            json_object_is_type(x, json_type_double) || json_object_is_type(x, json_type_int);
        double v = number ? json_object_get_double(x) : 0;
        if (!number || !isfinite(v))
            return err_set(info, ERR_PROTOCOL,
                           "%s gives vectors that are no numbers; choose "
                           "another embedding model",
                           server->place);
        r->vectors[at * n + i] = (float)v;
    }
    return ERR_OK;
}
