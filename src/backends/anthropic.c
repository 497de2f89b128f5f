#include "backends/anthropic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/provider.h"

#define API_VERSION "2023-06-01"

enum { ANSWER_TOKENS = 4096, MODEL_PAGES = 20 };

struct anthropic {
    struct provider p;
    char *version_header;
    int max_tokens; /* where the request sets none: the API demands one */
};

/* ---- opening ---- */

static void close_backend(struct backend *base)
{
    struct anthropic *b = (struct anthropic *)base;
    provider_close(&b->p);
    free(b->version_header);
    free(b);
}

static enum err open_backend(struct sched *s, const struct backend_config *config,
                             struct backend **out, struct err_info *info)
{
    static const char *const endings[] = {"/", "/v1", NULL};
    struct anthropic *b = calloc(1, sizeof *b);
    int64_t most = json_i64(config->options, "max_tokens", 0);
    enum err e;
    *out = NULL;
    if (!b)
        return err_set(info, ERR_NOMEM, "out of memory");
    b->max_tokens = most > 0 && most <= 1 << 20 ? (int)most : ANSWER_TOKENS;
    provider_set_url(&b->p, config->base_url ? config->base_url : "https://api.anthropic.com",
                     endings);
    e = provider_open(&b->p, s, &anthropic_backend, config, "x-api-key: ", info);
    if (!e && asprintf(&b->version_header, "anthropic-version: %s",
                       json_str(config->options, "anthropic_version", API_VERSION)) < 0) {
        b->version_header = NULL;
        e = err_set(info, ERR_NOMEM, "out of memory");
    }
    if (e) {
        close_backend(&b->p.base);
        return e;
    }
    *out = &b->p.base;
    return ERR_OK;
}

struct call {
    struct exchange x;
    const char *headers[3];
    char url[400];
};

static void begin(struct anthropic *b, struct call *c, const char *model, struct json_object *body)
{
    c->headers[0] = b->version_header;
    c->headers[1] = b->p.key_header;
    c->headers[2] = NULL;
    c->x = provider_exchange(&b->p, c->url, c->headers, model, body);
}

/* ---- models ---- */

/* A list comes in pages. `last`: the last name of the page before, then of this one. */
static enum err add_page(struct anthropic *b, int timeout_ms, struct json_object *names,
                         char last[128], bool *more, struct err_info *info)
{
    struct json_object *o, *list;
    struct call c;
    enum err e;
    begin(b, &c, NULL, NULL);
    snprintf(c.url, sizeof c.url, "%s/v1/models?limit=100%s%s", b->p.url, *last ? "&after_id=" : "",
             last);
    e = exchange_json(&c.x, timeout_ms, timeout_ms, &o, info);
    if (e)
        return e;
    list = json_array(o, "data");
    for (size_t i = 0; list && i < json_object_array_length(list); i++) {
        const char *id = json_str(json_object_array_get_idx(list, i), "id", NULL);
        if (id)
            json_object_array_add(names, json_object_new_string(id));
    }
    snprintf(last, 128, "%s", json_str(o, "last_id", ""));
    *more = json_flag(o, "has_more", false) && *last;
    json_object_put(o);
    return ERR_OK;
}

static enum err models(struct backend *base, int timeout_ms, struct json_object **out,
                       struct err_info *info)
{
    struct json_object *names = json_object_new_array();
    char last[128] = "";
    bool more = true;
    enum err e = ERR_OK;
    *out = NULL;
    for (int i = 0; !e && more && i < MODEL_PAGES; i++)
        e = add_page((struct anthropic *)base, timeout_ms, names, last, &more, info);
    if (e)
        json_object_put(names);
    else
        *out = names;
    return e;
}

/* ---- chat ---- */

/* What the cache gave and what it took in is not in input_tokens. The counts of message_delta are
 * those of the whole message, and may leave out what has not changed. */
static void read_usage(struct answer *a, const struct json_node *usage, bool last)
{
    struct llm_reply *r = a->reply;
    int64_t written;
    if (!usage)
        return;
    if (json_node_is(json_node_get(usage, "input_tokens"), JSON_KIND_INT)) {
        written = answer_tokens(usage, "cache_creation_input_tokens", 0);
        r->tokens_cached = answer_tokens(usage, "cache_read_input_tokens", 0);
        r->tokens_in = answer_tokens(usage, "input_tokens", 0) + written + r->tokens_cached;
        a->in_known = true;
    }
    r->tokens_thinking = answer_tokens(json_node_object(usage, "output_tokens_details"),
                                       "thinking_tokens", r->tokens_thinking);
    if (last && json_node_get(usage, "output_tokens")) {
        r->tokens_out = answer_tokens(usage, "output_tokens", 0);
        a->out_known = true;
    }
}

static bool read_stop(struct answer *a, const char *reason)
{
    if (!reason)
        return true;
    if (strcmp(reason, "refusal") == 0)
        return answer_fail(a, ERR_HTTP_CLIENT,
                           "%s declines to answer this; word the task differently, or choose "
                           "another model",
                           a->server.place);
    answer_finish(a, strcmp(reason, "max_tokens") == 0 ||
                             strcmp(reason, "model_context_window_exceeded") == 0
                         ? "length"
                         : "stop");
    return true;
}

static bool read_delta(struct answer *a, const struct json_node *delta)
{
    const char *type = json_node_str(delta, "type", "");
    if (strcmp(type, "thinking_delta") == 0)
        answer_thinking(a, json_node_str(delta, "thinking", NULL));
    else if (strcmp(type, "text_delta") == 0)
        return answer_text(a, json_node_str(delta, "text", NULL));
    return true; /* signatures, citations, the input of tools */
}

/* Kinds of events that are not known are passed over, as the API asks. */
static bool read_event(struct answer *a, const struct json_node *o)
{
    const char *type = json_node_str(o, "type", "");
    if (strcmp(type, "error") == 0 || json_node_get(o, "error"))
        return answer_no_error(a, o);
    if (strcmp(type, "message_start") == 0) {
        read_usage(a, json_node_object(json_node_object(o, "message"), "usage"), false);
    } else if (strcmp(type, "content_block_start") == 0) {
        const struct json_node *block = json_node_object(o, "content_block");
        if (strcmp(json_node_str(block, "type", ""), "text") == 0)
            return answer_text(a, json_node_str(block, "text", NULL));
    } else if (strcmp(type, "content_block_delta") == 0) {
        return read_delta(a, json_node_object(o, "delta"));
    } else if (strcmp(type, "message_delta") == 0) {
        read_usage(a, json_node_object(o, "usage"), true);
        return read_stop(a, json_node_str(json_node_object(o, "delta"), "stop_reason", NULL));
    } else if (strcmp(type, "message_stop") == 0) {
        a->done = true;
        return false;
    }
    return true;
}

const struct answer_format anthropic_format = {.finish_ends = true, .read = read_event};

static struct json_object *text_block(const char *text)
{
    struct json_object *block = json_object_new_object();
    json_add_str(block, "type", "text");
    json_add_str(block, "text", text);
    return block;
}

/* The system's messages as blocks; the last one ends what is worth keeping in the cache, because
 * the same role is asked again and again with other tasks. Empty blocks are refused by the API. */
static struct json_object *system_blocks(const struct llm_request *q, const char *schema)
{
    struct json_object *list = json_object_new_array(), *last = NULL, *cache;
    struct buf text;
    for (size_t i = 0; i < q->message_count; i++)
        if (strcmp(q->messages[i].role, "system") == 0 && q->messages[i].content[0])
            json_object_array_add(list, last = text_block(q->messages[i].content));
    if (schema) {
        buf_init(&text, EXCHANGE_BODY_MAX);
        if (buf_addf(&text,
                     "Answer with one JSON value that obeys this JSON schema, without any other "
                     "words and without a code fence:\n%s",
                     schema) == ERR_OK)
            json_object_array_add(list, last = text_block(text.data));
        buf_fini(&text);
    }
    if (last) {
        cache = json_object_new_object();
        json_add_str(cache, "type", "ephemeral");
        json_object_object_add(last, "cache_control", cache);
    }
    return list;
}

static void add_format(struct json_object *body, struct json_object *schema)
{
    struct json_object *format = json_object_new_object(), *output = json_object_new_object();
    exchange_close_schema(schema);
    json_add_str(format, "type", "json_schema");
    json_object_object_add(format, "schema", schema);
    json_object_object_add(output, "format", format);
    json_object_object_add(body, "output_config", output);
}

static struct json_object *write_body(const struct anthropic *b, const struct llm_request *q,
                                      unsigned quirks)
{
    struct json_object *o = json_object_new_object(), *system,
                       *schema = quirks & QUIRK_NO_SCHEMA ? NULL : exchange_schema(q);
    json_add_str(o, "model", q->model);
    json_add_i64(o, "max_tokens",
                 q->max_tokens > 0 ? exchange_limit(q, quirks & QUIRK_THINKS) : b->max_tokens);
    json_add_bool(o, "stream", true);
    if (!(quirks & QUIRK_NO_TEMPERATURE))
        json_add_f64(o, "temperature", q->temperature > 1 ? 1 : q->temperature);
    system = system_blocks(q, quirks & QUIRK_NO_SCHEMA ? q->schema : NULL);
    if (json_object_array_length(system))
        json_object_object_add(o, "system", system);
    else
        json_object_put(system);
    json_object_object_add(o, "messages", exchange_messages(q, false));
    if (schema)
        add_format(o, schema);
    return o;
}

/* The model was only told of the schema, not held to it: fences are taken off, and what is no JSON
 * is not passed off as an answer. The text that on_text has heard stays what it was. */
static enum err check_json(const struct anthropic *b, struct llm_reply *reply,
                           struct err_info *info)
{
    const char *text = reply->text.data, *from = strpbrk(text, "{["), *to;
    struct json_object *o = NULL;
    size_t n;
    enum err e;
    if (json_parse(text, reply->text.len, NULL, &o, NULL) == ERR_OK) {
        json_object_put(o);
        return ERR_OK;
    }
    to = from ? strrchr(from, *from == '{' ? '}' : ']') : NULL;
    n = to ? (size_t)(to - from) + 1 : 0;
    e = n ? json_parse(from, n, NULL, &o, NULL) : ERR_PARSE;
    json_object_put(o);
    if (e)
        return err_set(info, ERR_PROTOCOL,
                       "%s did not answer with JSON as it was told; choose a model that knows "
                       "structured outputs",
                       b->p.base.name);
    buf_consume(&reply->text, (size_t)(from - text));
    buf_truncate(&reply->text, n);
    return ERR_OK;
}

static enum err chat_once(struct anthropic *b, const struct llm_request *request, unsigned quirks,
                          struct llm_reply *reply, struct refusal *why, struct err_info *info)
{
    struct call c;
    enum err e;
    begin(b, &c, request->model, write_body(b, request, quirks));
    snprintf(c.url, sizeof c.url, "%s/v1/messages", b->p.url);
    reply->finish[0] = 0;
    e = exchange_answer(&c.x, &anthropic_format, request, reply, why, info);
    json_object_put(c.x.body);
    return e;
}

/* What this call has told about the model that makes asking again worth it; 0: nothing. */
static unsigned learn(const struct llm_request *q, const struct llm_reply *reply, unsigned quirks,
                      enum err e, const struct refusal *why)
{
    unsigned sent = QUIRK_NO_TEMPERATURE | (q->schema ? QUIRK_NO_SCHEMA : 0);
    if (exchange_starved(q, reply, e))
        return QUIRK_THINKS & ~quirks;
    return e && why->status == 400 ? quirk_named(why->text, sent & ~quirks) : 0;
}

static enum err chat(struct backend *base, const struct llm_request *request,
                     struct llm_reply *reply, struct err_info *info)
{
    struct anthropic *b = (struct anthropic *)base;
    unsigned quirks = quirks_of(&b->p.quirks, request->model), learned = 1;
    struct llm_reply before = {0};
    struct refusal why;
    enum err e = ERR_OK;
    while (learned) {
        e = chat_once(b, request, quirks, reply, &why, info);
        exchange_add_cost(reply, &before);
        learned = learn(request, reply, quirks, e, &why);
        before = *reply;
        if (learned)
            quirks_add(&b->p.quirks, request->model, quirks |= learned);
    }
    if (!e && request->schema && quirks & QUIRK_NO_SCHEMA && strcmp(reply->finish, "stop") == 0)
        e = check_json(b, reply, info);
    return e;
}

const struct backend_class anthropic_backend = {
    .name = "anthropic",
    .open = open_backend,
    .close = close_backend,
    .models = models,
    .chat = chat,
};
