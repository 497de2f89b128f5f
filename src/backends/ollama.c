#include "backends/ollama.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/provider.h"
#include "base/log.h"

enum {
    WINDOW_LEAST = 4096,
    WINDOW_MOST = 32768, /* by itself; a person may configure more */
    ANSWER_TOKENS = 1024,
    NEAR = 16,           /* so close to the window, and the window was full */
    BYTES_LEAST = 2,     /* a token has at least */
    BYTES_MOST = 6,      /* and, over a whole prompt, at most */
    SILENCE_MS = 120000, /* of a pull: the registry may verify gigabytes without a word */
};

struct ollama {
    struct provider p;
    char *keep_alive;        /* as configured, JSON text; NULL: the server's own */
    int configured, largest; /* window: of the configuration, 0 none; asked for so far */
};

/* ---- opening ---- */

static int window_of(struct json_object *options)
{
    static const char *const keys[] = {"num_ctx", "context_tokens", "context_window"};
    for (int i = 0; i < 3; i++) {
        int64_t n = json_i64(options, keys[i], 0);
        if (n > 0 && n <= 1 << 24)
            return (int)n;
    }
    return 0;
}

static void close_backend(struct backend *base)
{
    struct ollama *b = (struct ollama *)base;
    provider_close(&b->p);
    free(b->keep_alive);
    free(b);
}

static enum err open_backend(struct sched *s, const struct backend_config *config,
                             struct backend **out, struct err_info *info)
{
    /* old configurations name the address of the OpenAI format, which is Ollama's own with /v1 */
    static const char *const endings[] = {"/", "/v1", "/api", NULL};
    struct ollama *b = calloc(1, sizeof *b);
    struct json_object *keep = json_get(config->options, "keep_alive");
    enum err e;
    *out = NULL;
    if (!b)
        return err_set(info, ERR_NOMEM, "out of memory");
    provider_set_url(&b->p, config->base_url ? config->base_url : "http://127.0.0.1:11434",
                     endings);
    b->configured = window_of(config->options);
    e = provider_open(&b->p, s, &ollama_backend, config, "Authorization: Bearer ", info);
    if (!e && keep && !(b->keep_alive = strdup(json_object_get_string(keep))))
        e = err_set(info, ERR_NOMEM, "out of memory");
    if (e) {
        close_backend(&b->p.base);
        return e;
    }
    *out = &b->p.base;
    return ERR_OK;
}

/* One call to one of the addresses; `body` is put. */
struct call {
    struct exchange x;
    const char *headers[2];
    char url[300];
};

static void begin(struct ollama *b, struct call *c, const char *path, const char *model,
                  struct json_object *body)
{
    memset(c, 0, sizeof *c);
    c->headers[0] = b->p.key_header;
    snprintf(c->url, sizeof c->url, "%s%s", b->p.url, path);
    c->x = provider_exchange(&b->p, c->url, c->headers, model, body);
}

/* A number is seconds, a text has a unit ("10m"): a bare number as text is no duration. */
static void add_keep_alive(const struct ollama *b, struct json_object *body, const char *asked)
{
    const char *text = asked ? asked : b->keep_alive;
    char *end;
    long long seconds;
    if (!text || !*text)
        return;
    seconds = strtoll(text, &end, 10);
    if (*end)
        json_add_str(body, "keep_alive", text);
    else
        json_add_i64(body, "keep_alive", seconds);
}

/* ---- models ---- */

static enum err models(struct backend *base, int timeout_ms, struct json_object **out,
                       struct err_info *info)
{
    struct ollama *b = (struct ollama *)base;
    struct json_object *o, *list;
    struct call c;
    enum err e;
    *out = NULL;
    begin(b, &c, "/api/tags", NULL, NULL);
    e = exchange_json(&c.x, timeout_ms, timeout_ms, &o, info);
    if (e)
        return e;
    list = json_array(o, "models");
    if (!list && !json_object_object_get_ex(o, "models", NULL))
        e = err_set(
            info, ERR_PROTOCOL,
            "%.200s does not list models as Ollama does; set llm.backends.%s.type to openai "
            "when it speaks that format",
            c.url, base->name);
    *out = e ? NULL : json_object_new_array();
    for (size_t i = 0; list && i < json_object_array_length(list); i++) {
        struct json_object *m = json_object_array_get_idx(list, i);
        const char *name = json_str(m, "model", json_str(m, "name", NULL));
        if (name)
            json_object_array_add(*out, json_object_new_string(name));
    }
    json_object_put(o);
    return e;
}

/* ---- chat ---- */

int ollama_window(int64_t prompt_tokens, int max_tokens, int had)
{
    int64_t need =
        prompt_tokens + prompt_tokens / 4 + (max_tokens > 0 ? max_tokens : ANSWER_TOKENS);
    int window = WINDOW_LEAST;
    while (window < need && window < WINDOW_MOST)
        window *= 2;
    return window > had ? window : had;
}

bool ollama_truncated(size_t bytes, int64_t count, int window)
{
    bool may_be_long = (int64_t)(bytes / BYTES_LEAST) > window;
    if (count <= 0 || !may_be_long)
        return false;
    return count * BYTES_MOST < (int64_t)bytes || count + NEAR >= window;
}

static bool read_value(struct answer *a, const struct json_node *o)
{
    const struct json_node *message = json_node_object(o, "message");
    struct llm_reply *r = a->reply;
    const char *reason;
    if (!answer_no_error(a, o))
        return false;
    answer_thinking(a, json_node_str(message, "thinking", NULL));
    if (!answer_text(a, json_node_str(message, "content", NULL)))
        return false;
    if (!json_node_flag(o, "done", false))
        return true;
    reason = json_node_str(o, "done_reason", "stop");
    answer_finish(a, strcmp(reason, "length") == 0 ? "length" : "stop");
    if (json_node_get(o, "prompt_eval_count")) {
        r->tokens_in = answer_tokens(o, "prompt_eval_count", 0);
        a->in_known = true;
    }
    if (json_node_get(o, "eval_count")) {
        r->tokens_out = answer_tokens(o, "eval_count", 0);
        a->out_known = true;
    }
    a->done = true;
    return false;
}

const struct answer_format ollama_format = {.lines = true, .read = read_value};

static struct json_object *write_body(const struct ollama *b, const struct llm_request *q,
                                      int window, int limit)
{
    struct json_object *o = json_object_new_object(), *options = json_object_new_object(),
                       *schema = exchange_schema(q);
    json_add_str(o, "model", q->model);
    json_object_object_add(o, "messages", exchange_messages(q, true));
    json_add_bool(o, "stream", true);
    json_add_f64(options, "temperature", q->temperature);
    json_add_i64(options, "num_ctx", window);
    if (limit > 0)
        json_add_i64(options, "num_predict", limit);
    if (q->seed >= 0)
        json_add_i64(options, "seed", q->seed);
    json_object_object_add(o, "options", options);
    if (schema)
        json_object_object_add(o, "format", schema);
    add_keep_alive(b, o, q->keep_alive);
    return o;
}

static size_t prompt_bytes(const struct llm_request *q)
{
    size_t n = 0;
    for (size_t i = 0; i < q->message_count; i++)
        n += strlen(q->messages[i].content);
    return n;
}

static enum err chat_once(struct ollama *b, const struct llm_request *request, int limit,
                          struct llm_reply *reply, struct err_info *info)
{
    struct refusal why;
    struct call c;
    int window = request->context_tokens ? request->context_tokens : b->configured;
    enum err e;
    if (!window)
        window = b->largest = ollama_window(answer_prompt_tokens(request), limit, b->largest);
    begin(b, &c, "/api/chat", request->model, write_body(b, request, window, limit));
    reply->finish[0] = 0;
    e = exchange_answer(&c.x, &ollama_format, request, reply, &why, info);
    json_object_put(c.x.body);
    if (!reply->estimated)
        reply->truncated = ollama_truncated(prompt_bytes(request), reply->tokens_in, window);
    if (reply->truncated)
        log_line(
            "%s: %s has read %lld of about %lld tokens; raise llm.backends.%s.num_ctx, which is "
            "%d",
            b->p.base.name, request->model, (long long)reply->tokens_in,
            (long long)reply->prompt_tokens, b->p.base.name, window);
    return e;
}

static enum err chat(struct backend *base, const struct llm_request *request,
                     struct llm_reply *reply, struct err_info *info)
{
    struct ollama *b = (struct ollama *)base;
    bool thinks = quirks_of(&b->p.quirks, request->model) & QUIRK_THINKS;
    enum err e = chat_once(b, request, exchange_limit(request, thinks), reply, info);
    if (exchange_starved(request, reply, e) && !thinks) {
        struct llm_reply before = *reply;
        quirks_add(&b->p.quirks, request->model, QUIRK_THINKS);
        e = chat_once(b, request, exchange_limit(request, true), reply, info);
        exchange_add_cost(reply, &before);
    }
    return e;
}

/* ---- embeddings ---- */

static enum err embed(struct backend *base, const struct embed_request *q, struct embed_reply *r,
                      struct err_info *info)
{
    struct ollama *b = (struct ollama *)base;
    struct json_object *body = exchange_embed_body(q), *o = NULL, *list;
    uint64_t began = uv_hrtime();
    struct call c;
    enum err e;
    add_keep_alive(b, body, q->keep_alive);
    begin(b, &c, "/api/embed", q->model, body);
    e = exchange_json(&c.x, 0, q->total_ms, &o, info);
    json_object_put(body);
    list = json_array(o, "embeddings");
    if (!e && (list ? json_object_array_length(list) : 0) != q->count)
        e = err_set(info, ERR_PROTOCOL, "%s gives another number of vectors than it got texts",
                    base->name);
    exchange_vectors(r, q->count);
    for (size_t i = 0; !e && i < q->count; i++)
        e = exchange_vector(r, i, json_object_array_get_idx(list, i), &c.x.server, info);
    r->tokens_in = json_i64(o, "prompt_eval_count", 0);
    r->ms = (double)(uv_hrtime() - began) / 1e6;
    json_object_put(o);
    return e;
}

/* ---- pull ---- */

struct pulling {
    const struct pull_request *request;
    const struct llm_server *server;
    bool done, stopped;
    struct err_info error;
};

static bool on_status(void *arg, const char *line, size_t n)
{
    struct pulling *p = arg;
    struct json_object *o = NULL;
    struct err_info why = {0};
    const char *status;
    if (json_parse(line, n, NULL, &o, &why))
        return llm_fault_garbage(p->server, &why, &p->error) == ERR_OK;
    status = json_str(o, "status", "");
    if (llm_fault_object(p->server, o, &p->error) != ERR_OK)
        p->done = false;
    else if (strcmp(status, "success") == 0)
        p->done = true;
    else if (*status && p->request->on_progress)
        p->stopped = p->request->on_progress(p->request->arg, status, json_i64(o, "completed", 0),
                                             json_i64(o, "total", 0)) == LLM_STOP;
    json_object_put(o);
    return !p->error.code && !p->done && !p->stopped;
}

static enum err pull(struct backend *base, const struct pull_request *q, struct err_info *info)
{
    struct ollama *b = (struct ollama *)base;
    struct json_object *body = json_object_new_object();
    struct call c;
    struct pulling p = {.request = q, .server = &c.x.server};
    enum err e;
    json_add_str(body, "model", q->model);
    json_add_bool(body, "stream", true);
    begin(b, &c, "/api/pull", q->model, body);
    e = exchange_lines(&c.x, q->between_ms ? q->between_ms : SILENCE_MS, on_status, &p, info);
    json_object_put(body);
    if (e)
        return e;
    if (p.stopped)
        return err_set(info, ERR_CANCELLED, "cancelled");
    if (p.error.code && info)
        *info = p.error;
    if (p.error.code)
        return p.error.code;
    if (!p.done)
        return err_set(info, ERR_NET_BROKEN,
                       "%s broke off pulling %.100s; pulling again goes on where it stopped",
                       base->name, q->model);
    return ERR_OK;
}

const struct backend_class ollama_backend = {
    .name = "ollama",
    .open = open_backend,
    .close = close_backend,
    .models = models,
    .chat = chat,
    .embed = embed,
    .pull = pull,
};
