#include "backends/completions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { URL_MAX = 1024 };

void completions_close(struct backend *base)
{
    struct completions *c = (struct completions *)base;
    provider_close(&c->p);
    json_object_put(c->windows);
    free(c);
}

/* ---- addresses ---- */

struct call {
    struct exchange x;
    const char *headers[2];
    char url[URL_MAX];
};

/* A deployment's name may have any characters. */
static void add_escaped(char *out, size_t size, const char *text)
{
    size_t n = strlen(out);
    for (; *text && n + 4 < size; text++) {
        bool plain = (*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z') ||
                     (*text >= '0' && *text <= '9') || strchr("-_.~", *text);
        n += (size_t)snprintf(out + n, size - n, plain ? "%c" : "%%%02X", (unsigned char)*text);
    }
}

static void begin(struct completions *c, struct call *call, const char *path, const char *model,
                  struct json_object *body)
{
    size_t n;
    snprintf(call->url, sizeof call->url, "%s", c->p.url);
    if (c->deployments && model) {
        strcat(call->url, "/deployments/"); /* url has at most a quarter of the room */
        add_escaped(call->url, URL_MAX / 2, model);
    }
    n = strlen(call->url);
    snprintf(call->url + n, sizeof call->url - n, "%s%s", path, c->query);
    call->headers[0] = c->p.key_header;
    call->headers[1] = NULL;
    call->x = provider_exchange(&c->p, call->url, call->headers, model, body);
}

enum err completions_get(struct completions *c, const char *path, int timeout_ms,
                         struct json_object **out, struct err_info *info)
{
    struct call call;
    begin(c, &call, path, NULL, NULL);
    return exchange_json(&call.x, timeout_ms, timeout_ms, out, info);
}

/* ---- the stream ---- */

static void read_usage(struct answer *a, const struct json_node *usage)
{
    struct llm_reply *r = a->reply;
    if (!usage)
        return;
    a->in_known = a->out_known = true;
    r->tokens_in = answer_tokens(usage, "prompt_tokens", 0);
    r->tokens_out = answer_tokens(usage, "completion_tokens", 0);
    r->tokens_cached = answer_tokens(json_node_object(usage, "prompt_tokens_details"),
                                     "cached_tokens", r->tokens_cached);
    r->tokens_thinking = answer_tokens(json_node_object(usage, "completion_tokens_details"),
                                       "reasoning_tokens", r->tokens_thinking);
}

/* llama.cpp's own counts, which come with every piece. */
static void read_timings(struct answer *a, const struct json_node *timings)
{
    struct llm_reply *r = a->reply;
    if (!json_node_get(timings, "predicted_n"))
        return;
    a->in_known = a->out_known = true;
    r->tokens_cached = answer_tokens(timings, "cache_n", 0);
    r->tokens_in = answer_tokens(timings, "prompt_n", 0) + r->tokens_cached;
    r->tokens_out = answer_tokens(timings, "predicted_n", 0);
}

static bool declined(struct answer *a, const char *why)
{
    return answer_fail(a, ERR_HTTP_CLIENT,
                       "%s declines to answer this (%.150s); word the task differently, or choose "
                       "another model",
                       a->server.place, why);
}

static bool read_choice(struct answer *a, const struct json_node *choice)
{
    const struct json_node *delta = json_node_object(choice, "delta");
    const char *finish = json_node_str(choice, "finish_reason", NULL),
               *refusal = json_node_str(delta, "refusal", NULL);
    if (refusal && *refusal)
        return declined(a, refusal);
    if (finish && strcmp(finish, "content_filter") == 0)
        return declined(a, finish);
    if (finish)
        answer_finish(a, strcmp(finish, "length") == 0 ? "length" : "stop");
    answer_thinking(
        a, json_node_str(delta, "reasoning_content", json_node_str(delta, "reasoning", NULL)));
    return answer_text(a, json_node_str(delta, "content", NULL));
}

static bool read_event(struct answer *a, const struct json_node *o)
{
    if (!answer_no_error(a, o))
        return false;
    read_timings(a, json_node_object(o, "timings"));
    read_usage(a, json_node_object(o, "usage"));
    return read_choice(a, json_node_first(json_node_array(o, "choices")));
}

/* Some servers leave [DONE] out. */
const struct answer_format completions_format = {
    .end = "[DONE]", .finish_ends = true, .read = read_event};

/* ---- asking ---- */

bool completions_new_limit(const char *model)
{
    const char *slash = strrchr(model, '/');
    const char *name = slash ? slash + 1 : model;
    if (name[0] == 'o' && name[1] >= '1' && name[1] <= '9')
        return true;
    return strncmp(name, "gpt-", 4) == 0 && strtol(name + 4, NULL, 10) >= 5;
}

/* Strict schemas must demand every member that they name. */
static bool is_complete(struct json_object *schema)
{
    struct json_object *properties = json_object_of(schema, "properties"),
                       *required = json_array(schema, "required");
    if (properties && (!required || json_object_array_length(required) !=
                                        (size_t)json_object_object_length(properties)))
        return false;
    if (json_object_is_type(schema, json_type_object)) {
        json_object_object_foreach(schema, name, value)
        {
            (void)name;
            if (!is_complete(value))
                return false;
        }
    }
    return true;
}

static void add_schema(struct json_object *body, struct json_object *schema, bool demanding)
{
    struct json_object *format, *holder;
    bool strict = !demanding || is_complete(schema);
    if (!schema)
        return;
    if (demanding && strict)
        exchange_close_schema(schema);
    format = json_object_new_object();
    holder = json_object_new_object();
    json_add_str(holder, "name", "answer");
    json_add_bool(holder, "strict", strict);
    json_object_object_add(holder, "schema", schema);
    json_add_str(format, "type", "json_schema");
    json_object_object_add(format, "json_schema", holder);
    json_object_object_add(body, "response_format", format);
}

static struct json_object *write_body(const struct completions *c, const struct llm_request *q,
                                      unsigned quirks)
{
    struct json_object *o = json_object_new_object(), *options;
    bool new_limit = completions_new_limit(q->model) != ((quirks & QUIRK_OTHER_LIMIT) != 0);
    json_add_str(o, "model", q->model);
    json_object_object_add(o, "messages", exchange_messages(q, true));
    if (!(quirks & QUIRK_NO_TEMPERATURE))
        json_add_f64(o, "temperature", q->temperature);
    if (q->max_tokens > 0)
        json_add_i64(o, new_limit ? "max_completion_tokens" : "max_tokens",
                     exchange_limit(q, quirks & QUIRK_THINKS));
    if (q->seed >= 0 && !(quirks & QUIRK_NO_SEED))
        json_add_i64(o, "seed", q->seed);
    json_add_bool(o, "stream", true);
    if (!(quirks & QUIRK_NO_USAGE)) {
        options = json_object_new_object();
        json_add_bool(options, "include_usage", true);
        json_object_object_add(o, "stream_options", options);
    }
    if (c->llama) {
        json_add_bool(o, "cache_prompt", true);
        json_add_bool(o, "timings_per_token", true); /* a cut stream has no usage at its end */
    }
    if (!(quirks & QUIRK_NO_SCHEMA))
        add_schema(o, exchange_schema(q), c->strict || quirks & QUIRK_STRICT_SCHEMA);
    return o;
}

static enum err chat_once(struct completions *c, const struct llm_request *request, unsigned quirks,
                          struct llm_reply *reply, struct refusal *why, struct err_info *info)
{
    struct call call;
    enum err e;
    begin(c, &call, "/chat/completions", request->model, write_body(c, request, quirks));
    reply->finish[0] = 0;
    e = exchange_answer(&call.x, &completions_format, request, reply, why, info);
    json_object_put(call.x.body);
    return e;
}

/* What the refusal is about, of what this request has with these quirks; 0: nothing that can be
 * left out. A server that does not know the schema's form may not say so: it is tried without. */
static unsigned refused_for(const struct llm_request *q, unsigned quirks, enum err e,
                            const struct refusal *why)
{
    unsigned sent = QUIRK_NO_TEMPERATURE | QUIRK_NO_USAGE | (q->seed >= 0 ? QUIRK_NO_SEED : 0) |
                    (q->schema ? QUIRK_NO_SCHEMA : 0) | (q->max_tokens > 0 ? QUIRK_OTHER_LIMIT : 0),
             named;
    if (!e || (why->status != 400 && why->status != 422))
        return 0;
    if (sent & ~quirks & QUIRK_NO_SCHEMA && !(quirks & QUIRK_STRICT_SCHEMA) &&
        (strstr(why->text, "additionalProperties") || strstr(why->text, "Invalid schema")))
        return QUIRK_STRICT_SCHEMA;
    named = quirk_named(why->text, sent & ~quirks);
    return named ? named : e == ERR_HTTP_CLIENT ? sent & ~quirks & QUIRK_NO_SCHEMA : 0;
}

/* What a model does not take is left out, then and from then on. Without the schema the prompt says
 * the form as well, and the caller reads with tolerance. */
enum err completions_chat(struct backend *base, const struct llm_request *request,
                          struct llm_reply *reply, struct err_info *info)
{
    struct completions *c = (struct completions *)base;
    unsigned quirks = quirks_of(&c->p.quirks, request->model), refused;
    struct refusal why;
    enum err e = chat_once(c, request, quirks, reply, &why, info);
    while ((refused = refused_for(request, quirks, e, &why)) != 0) {
        quirks |= refused;
        e = chat_once(c, request, quirks, reply, &why, info);
        if (!e) /* else it was something else */
            quirks_add(&c->p.quirks, request->model, quirks);
    }
    if (exchange_starved(request, reply, e) && !(quirks & QUIRK_THINKS)) {
        struct llm_reply before = *reply;
        quirks |= QUIRK_THINKS;
        quirks_add(&c->p.quirks, request->model, quirks);
        e = chat_once(c, request, quirks, reply, &why, info);
        exchange_add_cost(reply, &before);
    }
    return e;
}

/* ---- embeddings ---- */

static enum err read_vectors(const struct exchange *x, struct json_object *o, size_t count,
                             struct embed_reply *r, struct err_info *info)
{
    struct json_object *list = json_array(o, "data");
    enum err e = ERR_OK;
    if ((list ? json_object_array_length(list) : 0) != count)
        return err_set(info, ERR_PROTOCOL, "%s gives another number of vectors than it got texts",
                       x->server.place);
    exchange_vectors(r, count);
    for (size_t i = 0; !e && i < count; i++) {
        struct json_object *row = json_object_array_get_idx(list, i);
        int64_t at = json_i64(row, "index", (int64_t)i);
        e = exchange_vector(r, at < 0 ? count : (size_t)at, json_array(row, "embedding"),
                            &x->server, info);
    }
    return e;
}

enum err completions_embed(struct backend *base, const struct embed_request *q,
                           struct embed_reply *r, struct err_info *info)
{
    struct completions *c = (struct completions *)base;
    struct json_object *body = exchange_embed_body(q), *o = NULL;
    uint64_t began = uv_hrtime();
    struct call call;
    enum err e;
    begin(c, &call, "/embeddings", q->model, body);
    e = exchange_json(&call.x, 0, q->total_ms, &o, info);
    if (!e)
        e = read_vectors(&call.x, o, q->count, r, info);
    r->tokens_in = json_i64(json_object_of(o, "usage"), "prompt_tokens", 0);
    r->ms = (double)(uv_hrtime() - began) / 1e6;
    json_object_put(o);
    json_object_put(body);
    return e;
}
