#include "backends/openai.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/sse.h"
#include "base/utf8.h"
#include "core/llm/llm_fault.h"

enum { BODY_MAX = 4 << 20, MODELS_MAX = 1 << 20, CONNECT_MS = 5000, HEAD_MAX = 2048 };

struct openai {
    struct backend base;
    struct http *http;
    struct sched *sched;
    char url[256];
    char *authorization;         /* header; NULL: none */
    const char *key;             /* inside it */
    bool llama;                  /* llama.cpp: may be asked to keep the prompt's prefix */
    struct json_object *windows; /* {MODEL: tokens}, as the server tells; NULL: it has not */
    bool schema_refused;         /* the server knows no response_format of this kind */
};

static enum err open_backend(struct sched *s, const struct backend_config *config,
                             struct backend **out, struct err_info *info)
{
    struct openai *b = calloc(1, sizeof *b);
    enum err e;
    *out = NULL;
    if (!b)
        return err_set(info, ERR_NOMEM, "out of memory");
    b->base.class = &openai_backend;
    b->sched = s;
    snprintf(b->base.name, sizeof b->base.name, "%s", config->name);
    snprintf(b->url, sizeof b->url, "%s",
             config->base_url ? config->base_url : "https://api.openai.com/v1");
    for (size_t n = strlen(b->url); n && b->url[n - 1] == '/'; n--)
        b->url[n - 1] = 0;
    b->llama = strcmp(config->name, "local") == 0;
    if (config->api_key && *config->api_key &&
        asprintf(&b->authorization, "Authorization: Bearer %s", config->api_key) < 0) {
        free(b);
        return err_set(info, ERR_NOMEM, "out of memory");
    }
    b->key = b->authorization ? b->authorization + strlen("Authorization: Bearer ") : NULL;
    e = http_open(s, &b->http, info);
    if (e) {
        free(b->authorization);
        free(b);
        return e;
    }
    *out = &b->base;
    return ERR_OK;
}

static void close_backend(struct backend *base)
{
    struct openai *b = (struct openai *)base;
    http_close(b->http);
    json_object_put(b->windows);
    free(b->authorization);
    free(b);
}

/* ---- models ---- */

/* OpenAI's own list has no window; those of its kin have. */
static int window_of(struct json_object *model)
{
    static const char *const keys[] = {"max_model_len", "loaded_context_length", "context_length",
                                       "context_window", "max_context_length"};
    int64_t n = 0;
    for (size_t i = 0; n <= 0 && i < sizeof keys / sizeof *keys; i++)
        n = json_i64(model, keys[i], 0);
    return n > 0 && n < INT32_MAX ? (int)n : 0;
}

/* llama.cpp tells what it has given to each slot; it runs one model, whatever name it is asked for.
 */
static int ask_props(struct openai *b, int timeout_ms)
{
    const char *headers[] = {b->authorization, NULL};
    size_t n = strlen(b->url);
    char url[300];
    struct http_request q = {
        .url = url, .headers = headers, .connect_ms = timeout_ms, .total_ms = timeout_ms};
    struct http_response r;
    struct json_object *o = NULL;
    int64_t window = 0;
    if (n > 3 && strcmp(b->url + n - 3, "/v1") == 0)
        n -= 3;
    snprintf(url, sizeof url, "%.*s/props", (int)n, b->url);
    http_response_init(&r, MODELS_MAX);
    if (http_fetch(b->http, &q, &r, NULL) == ERR_OK &&
        json_parse(r.body.data, r.body.len, NULL, &o, NULL) == ERR_OK)
        window = json_i64(json_object_of(o, "default_generation_settings"), "n_ctx", 0);
    json_object_put(o);
    http_response_fini(&r);
    return window > 0 && window < INT32_MAX ? (int)window : 0;
}

static void note_windows(struct openai *b, struct json_object *list, int timeout_ms)
{
    int props = -1; /* not asked for yet */
    json_object_put(b->windows);
    b->windows = json_object_new_object();
    for (size_t i = 0; list && i < json_object_array_length(list); i++) {
        struct json_object *o = json_object_array_get_idx(list, i);
        const char *id = json_str(o, "id", NULL);
        int n = window_of(o);
        if (!n && strcmp(json_str(o, "owned_by", ""), "llamacpp") == 0)
            n = props = props < 0 ? ask_props(b, timeout_ms) : props;
        if (id && n)
            json_add_i64(b->windows, id, n);
    }
}

static int window(struct backend *base, const char *model)
{
    return (int)json_i64(((struct openai *)base)->windows, model, 0);
}

static enum err models(struct backend *base, int timeout_ms, struct json_object **out,
                       struct err_info *info)
{
    struct openai *b = (struct openai *)base;
    const char *headers[] = {b->authorization, NULL};
    char url[300];
    struct http_request q = {
        .url = url, .headers = headers, .connect_ms = timeout_ms, .total_ms = timeout_ms};
    struct http_response r;
    struct json_object *o = NULL, *list;
    struct llm_server server = {.place = b->base.name, .key = b->key};
    struct err_info why = {0};
    enum err e;
    *out = NULL;
    snprintf(url, sizeof url, "%s/models", b->url);
    http_response_init(&r, MODELS_MAX);
    e = http_fetch(b->http, &q, &r, info);
    if (e)
        e = llm_fault_http(&server, e, &r, info);
    else if (json_parse(r.body.data, r.body.len, NULL, &o, &why))
        e = llm_fault_garbage(&server, &why, info);
    else
        e = llm_fault_object(&server, o, info);
    http_response_fini(&r);
    if (e)
        json_object_put(o);
    if (e)
        return e;
    *out = json_object_new_array();
    list = json_array(o, "data");
    for (size_t i = 0; list && i < json_object_array_length(list); i++) {
        const char *id = json_str(json_object_array_get_idx(list, i), "id", NULL);
        if (id)
            json_object_array_add(*out, json_object_new_string(id));
    }
    note_windows(b, list, timeout_ms);
    json_object_put(o);
    return ERR_OK;
}

/* ---- chat ---- */

struct stream {
    struct llm_server server;
    const struct llm_request *request;
    struct llm_reply *reply;
    struct sse sse;
    uint64_t began;
    int64_t pieces;                /* that held text or reasoning */
    size_t told;                   /* bytes of reply->text that on_text has seen */
    bool events, done, cut, usage; /* events: one came */
    char head[HEAD_MAX];           /* of the body: tells what came when there are no events */
    size_t head_len;
    struct err_info error; /* an error object inside the stream */
};

static struct json_object *message_list(const struct llm_request *q)
{
    struct json_object *list = json_object_new_array();
    for (size_t i = 0; i < q->message_count; i++) {
        struct json_object *m = json_object_new_object();
        json_add_str(m, "role", q->messages[i].role);
        json_add_str(m, "content", q->messages[i].content);
        json_object_array_add(list, m);
    }
    return list;
}

static void add_schema(struct json_object *body, const char *schema)
{
    struct json_object *o, *format, *holder;
    if (!schema || json_parse(schema, strlen(schema), NULL, &o, NULL))
        return;
    format = json_object_new_object();
    holder = json_object_new_object();
    json_add_str(holder, "name", "answer");
    json_add_bool(holder, "strict", true);
    json_object_object_add(holder, "schema", o);
    json_add_str(format, "type", "json_schema");
    json_object_object_add(format, "json_schema", holder);
    json_object_object_add(body, "response_format", format);
}

static enum err write_body(const struct openai *b, const struct llm_request *q, struct buf *out)
{
    struct json_object *o = json_object_new_object(), *options = json_object_new_object();
    enum err e;
    json_add_str(o, "model", q->model);
    json_object_object_add(o, "messages", message_list(q));
    json_add_f64(o, "temperature", q->temperature);
    if (q->max_tokens > 0)
        json_add_i64(o, "max_tokens", q->max_tokens);
    if (q->seed >= 0)
        json_add_i64(o, "seed", q->seed);
    json_add_bool(o, "stream", true);
    json_add_bool(options, "include_usage", true);
    json_object_object_add(o, "stream_options", options);
    if (b->llama) {
        json_add_bool(o, "cache_prompt", true);
        json_add_bool(o, "timings_per_token", true); /* a cut stream has no usage at its end */
    }
    add_schema(o, b->schema_refused ? NULL : q->schema);
    e = json_print(out, o);
    json_object_put(o);
    return e;
}

/* Hands on whole characters only; what is cut waits for its rest. */
static bool tell(struct stream *s, bool last)
{
    struct buf *text = &s->reply->text;
    size_t end = last ? text->len : utf8_floor(text->data, text->len);
    size_t from = s->told;
    if (end <= from || !s->request->on_text)
        return true;
    s->told = end;
    return s->request->on_text(s->request->arg, text->data + from, end - from) == LLM_MORE;
}

static void read_usage(struct stream *s, struct json_object *usage)
{
    struct json_object *details = json_object_of(usage, "prompt_tokens_details");
    if (!usage)
        return;
    s->usage = true;
    s->reply->tokens_in = json_i64(usage, "prompt_tokens", 0);
    s->reply->tokens_out = json_i64(usage, "completion_tokens", 0);
    s->reply->tokens_cached = json_i64(details, "cached_tokens", s->reply->tokens_cached);
}

/* llama.cpp's own counts, which come with every piece. */
static void read_timings(struct stream *s, struct json_object *timings)
{
    if (!json_get(timings, "predicted_n"))
        return;
    s->usage = true;
    s->reply->tokens_cached = json_i64(timings, "cache_n", 0);
    s->reply->tokens_in = json_i64(timings, "prompt_n", 0) + s->reply->tokens_cached;
    s->reply->tokens_out = json_i64(timings, "predicted_n", 0);
}

/* Reasoning is no part of the answer, but the model is at work, and it is paid for. */
static bool take_text(struct stream *s, struct json_object *delta)
{
    const char *text = json_str(delta, "content", "");
    if (!*text) {
        s->pieces += *json_str(delta, "reasoning_content", json_str(delta, "reasoning", "")) != 0;
        return true;
    }
    if (s->pieces++ == 0 || s->reply->first_token_ms == 0)
        s->reply->first_token_ms = (double)(uv_hrtime() - s->began) / 1e6;
    if (buf_adds(&s->reply->text, text)) {
        err_set(&s->error, ERR_TOO_LARGE, "%s answered with more than 1 MB; lower llm.max_tokens",
                s->server.place);
        return false;
    }
    s->cut = !tell(s, false);
    return !s->cut;
}

static bool on_event(void *arg, const char *data, size_t n)
{
    struct stream *s = arg;
    struct json_object *o, *choices, *first, *delta;
    struct err_info why = {0};
    const char *finish;
    bool more;
    s->events = true;
    if (n == 6 && memcmp(data, "[DONE]", 6) == 0) {
        s->done = true;
        return false;
    }
    if (json_parse(data, n, NULL, &o, &why)) {
        s->error.code = llm_fault_garbage(&s->server, &why, &s->error);
        return false;
    }
    more = llm_fault_object(&s->server, o, &s->error) == ERR_OK;
    read_timings(s, json_object_of(o, "timings"));
    read_usage(s, json_object_of(o, "usage"));
    choices = json_array(o, "choices");
    first =
        choices && json_object_array_length(choices) ? json_object_array_get_idx(choices, 0) : NULL;
    delta = json_object_of(first, "delta");
    finish = json_str(first, "finish_reason", NULL);
    if (finish)
        snprintf(s->reply->finish, sizeof s->reply->finish, "%s", finish);
    if (more)
        more = take_text(s, delta);
    json_object_put(o);
    return more;
}

/* Only what brings the answer on keeps a call alive: neither comments nor single bytes do. */
static enum http_more on_bytes(void *arg, const char *data, size_t n)
{
    struct stream *s = arg;
    size_t room = HEAD_MAX - s->head_len, head = n < room ? n : room;
    int64_t before = s->pieces;
    enum err e;
    memcpy(s->head + s->head_len, data, head);
    s->head_len += head;
    e = sse_feed(&s->sse, data, n);
    if (e == ERR_TOO_LARGE)
        err_set(&s->error, e, "%s sent a line of more than %d MB; choose another backend",
                s->server.place, SSE_LINE_MAX >> 20);
    if (e)
        return s->done ? HTTP_END : HTTP_STOP;
    return s->pieces > before ? HTTP_MORE : HTTP_WAITING;
}

static void finish_reply(struct stream *s, enum err e)
{
    struct llm_reply *r = s->reply;
    r->ms = (double)(uv_hrtime() - s->began) / 1e6;
    if (e)
        snprintf(r->finish, sizeof r->finish, "error");
    else if (s->cut)
        snprintf(r->finish, sizeof r->finish, "cut");
    else if (!r->finish[0])
        snprintf(r->finish, sizeof r->finish, "stop");
    if (!s->usage)
        llm_reply_estimate(r, s->request, s->pieces, !e || s->events);
}

/* Some servers leave [DONE] out; that the model has finished is an end mark as well. */
static enum err stream_error(struct stream *s, const struct http_response *r, struct err_info *info)
{
    if (s->error.code && info)
        *info = s->error;
    if (s->error.code || s->cut || s->done || s->reply->finish[0])
        return s->error.code;
    return llm_fault_end(&s->server, r, s->head, s->events ? 0 : s->head_len, info);
}

/* *status: of the response, 0: there was none. */
static enum err chat_once(struct openai *b, const struct llm_request *request,
                          struct llm_reply *reply, long *status, struct err_info *info)
{
    const char *headers[] = {"Content-Type: application/json", "Accept: text/event-stream",
                             b->authorization, NULL};
    char url[300];
    struct stream s = {.server = {.place = b->base.name, .model = request->model, .key = b->key},
                       .request = request,
                       .reply = reply,
                       .began = uv_hrtime()};
    struct http_request q = {.url = url,
                             .headers = headers,
                             .connect_ms = CONNECT_MS,
                             .first_ms = request->first_token_ms,
                             .between_ms = request->between_tokens_ms,
                             .total_ms = request->total_ms,
                             .on_data = on_bytes,
                             .arg = &s};
    struct http_response r;
    struct buf body;
    enum err e;
    snprintf(url, sizeof url, "%s/chat/completions", b->url);
    buf_init(&body, BODY_MAX);
    http_response_init(&r, MODELS_MAX);
    sse_init(&s.sse, on_event, &s);
    e = write_body(b, request, &body);
    if (e) {
        err_set(info, e, "the prompt is larger than %d MB", BODY_MAX >> 20);
    } else {
        q.body = body.data;
        q.body_len = body.len;
        e = http_fetch(b->http, &q, &r, info);
        *status = r.status;
        if (e)
            e = llm_fault_http(&s.server, e, &r, info);
        else
            e = stream_error(&s, &r, info);
        if (!e && !s.cut && !tell(&s, true))
            s.cut = true;
        finish_reply(&s, e);
    }
    sse_fini(&s.sse);
    http_response_fini(&r);
    buf_fini(&body);
    return e;
}

/* A server that does not know the schema's form is asked again without it, and no more with it: the
 * prompt says the form as well, and the caller reads with tolerance. */
static enum err chat(struct backend *base, const struct llm_request *request,
                     struct llm_reply *reply, struct err_info *info)
{
    struct openai *b = (struct openai *)base;
    long status = 0;
    enum err e = chat_once(b, request, reply, &status, info);
    if (e != ERR_HTTP_CLIENT || !request->schema || b->schema_refused || reply->text.len ||
        (status != 400 && status != 422))
        return e;
    b->schema_refused = true;
    buf_clear(&reply->text);
    reply->finish[0] = 0;
    e = chat_once(b, request, reply, &status, info);
    if (e)
        b->schema_refused = false; /* it was something else */
    return e;
}

const struct backend_class openai_backend = {
    .name = "openai",
    .open = open_backend,
    .close = close_backend,
    .models = models,
    .chat = chat,
    .window = window,
};
