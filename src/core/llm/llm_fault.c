#include "core/llm/llm_fault.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

enum { WORDS_MAX = 200 };

/* What a server says about its failure, whatever its format. */
struct said {
    enum err code; /* by the words of its type or code; OK: they say nothing */
    long status;   /* in the body; 0: none */
    char words[WORDS_MAX + 4];
};

/* Values of `type`, `code` and `status` in the error objects of OpenAI, Azure, Anthropic, Gemini,
 * Mistral, vLLM and llama.cpp, by their references. */
static const struct {
    const char *name;
    enum err code;
} kinds[] = {
    {"insufficient_quota", ERR_HTTP_QUOTA},
    {"billing_error", ERR_HTTP_QUOTA},
    {"billing_not_active", ERR_HTTP_QUOTA},
    {"billing_hard_limit_reached", ERR_HTTP_QUOTA},
    {"context_length_exceeded", ERR_PROMPT_LONG},
    {"exceed_context_size_error", ERR_PROMPT_LONG},
    {"string_above_max_length", ERR_PROMPT_LONG},
    {"request_too_large", ERR_PROMPT_LONG},
    {"model_not_found", ERR_HTTP_MODEL},
    {"DeploymentNotFound", ERR_HTTP_MODEL},
    {"invalid_api_key", ERR_HTTP_AUTH},
    {"authentication_error", ERR_HTTP_AUTH},
    {"permission_error", ERR_HTTP_AUTH},
    {"UNAUTHENTICATED", ERR_HTTP_AUTH},
    {"PERMISSION_DENIED", ERR_HTTP_AUTH},
    {"rate_limit_exceeded", ERR_HTTP_RATE},
    {"rate_limit_error", ERR_HTTP_RATE},
    {"RESOURCE_EXHAUSTED", ERR_HTTP_RATE},
    {"overloaded_error", ERR_HTTP_SERVER},
    {"api_error", ERR_HTTP_SERVER},
    {"server_error", ERR_HTTP_SERVER},
    {"timeout_error", ERR_HTTP_SERVER},
    {"unavailable_error", ERR_HTTP_SERVER},
    {"UNAVAILABLE", ERR_HTTP_SERVER},
    {"INTERNAL", ERR_HTTP_SERVER},
};

/* Some say it in words only. Looked for in refusals of the client's (4xx), and in errors without a
 * status. */
static const struct {
    const char *words;
    enum err code;
} phrases[] = {
    {"prompt is too long", ERR_PROMPT_LONG}, /* Anthropic */
    {"context length", ERR_PROMPT_LONG},     /* vLLM, OpenAI's kin */
    {"context size", ERR_PROMPT_LONG},       /* llama.cpp */
    {"context window", ERR_PROMPT_LONG},
    {"credit balance", ERR_HTTP_QUOTA}, /* Anthropic */
    {"exceeded your current quota", ERR_HTTP_QUOTA},
};

/* ---- reading ---- */

static enum err kind_of(const char *name)
{
    for (size_t i = 0; name && i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].name, name) == 0)
            return kinds[i].code;
    return ERR_OK;
}

static enum err phrase_in(const char *text)
{
    for (size_t i = 0; i < sizeof phrases / sizeof *phrases; i++)
        if (strcasestr(text, phrases[i].words))
            return phrases[i].code;
    return ERR_OK;
}

/* One line of whole characters without controls and without the key. */
static void take_words(const struct llm_server *s, const char *text, struct said *out)
{
    size_t key = s->key ? strlen(s->key) : 0, n = 0;
    while (*text && n < WORDS_MAX) {
        unsigned char c = (unsigned char)*text;
        if (key >= 4 && strncmp(text, s->key, key) == 0) {
            n += (size_t)snprintf(out->words + n, sizeof out->words - n, "***");
            text += key;
            continue;
        }
        if (c > ' ' && c != 127)
            out->words[n++] = (char)c;
        else if (n && out->words[n - 1] != ' ')
            out->words[n++] = ' ';
        text++;
    }
    n = utf8_floor(out->words, n > WORDS_MAX ? WORDS_MAX : n);
    while (n && strchr(" .", out->words[n - 1]))
        n--;
    out->words[n] = 0;
}

/* The object that holds message, type and code: `error`, or the whole when it says itself that it
 * is one. A list holds it first (Gemini). */
static struct json_object *error_of(struct json_object *o)
{
    struct json_object *error;
    if (json_object_is_type(o, json_type_array) && json_object_array_length(o))
        o = json_object_array_get_idx(o, 0);
    if (!json_object_is_type(o, json_type_object))
        return NULL;
    error = json_get(o, "error");
    if (error)
        return error;
    if (strcmp(json_str(o, "object", json_str(o, "type", "")), "error") == 0 ||
        json_get(o, "detail") || json_get(o, "statusCode"))
        return o;
    return NULL;
}

bool llm_fault_likely(const struct json_node *o)
{
    return json_node_is(o, JSON_KIND_ARRAY) || json_node_get(o, "error") ||
           strcmp(json_node_str(o, "object", json_node_str(o, "type", "")), "error") == 0 ||
           json_node_get(o, "detail") || json_node_get(o, "statusCode");
}

/* False: `o` is no error object. */
static bool read_said(const struct llm_server *s, struct json_object *o, struct said *out)
{
    struct json_object *error = error_of(o);
    memset(out, 0, sizeof *out);
    if (!error)
        return false;
    if (json_object_is_type(error, json_type_object)) {
        static const char *const names[] = {"code", "type", "status"};
        take_words(s, json_str(error, "message", json_str(error, "detail", "")), out);
        for (int i = 0; i < 3 && !out->code; i++)
            out->code = kind_of(json_str(error, names[i], NULL));
        out->status = json_i64(error, "code", json_i64(error, "statusCode", 0));
        if (!out->status) /* Azure writes it as text */
            out->status = strtol(json_str(error, "code", "0"), NULL, 10);
        if (out->status < 300 || out->status > 599)
            out->status = 0;
    } else {
        take_words(
            s, json_object_is_type(error, json_type_string) ? json_object_get_string(error) : "",
            out);
    }
    return true;
}

/* "with a web page" and the like are said where there are no words. */
static void read_body(const struct llm_server *s, const struct http_response *r, struct said *out)
{
    struct json_object *o = NULL;
    size_t blank = strspn(r->body.data, " \r\n\t");
    memset(out, 0, sizeof *out);
    if (json_parse(r->body.data, r->body.len, NULL, &o, NULL) == ERR_OK)
        (void)read_said(s, o, out);
    else if (r->body.data[blank] == '<')
        snprintf(out->words, sizeof out->words, "it sent a web page; a proxy may stand between");
    else if (utf8_invalid(r->body.data, r->body.len) == r->body.len)
        take_words(s, r->body.data, out);
    json_object_put(o);
}

/* The body's word goes before the status, which is coarser. */
static enum err judge(const struct llm_server *s, long status, const struct said *said)
{
    enum err e = said->code, by_words = phrase_in(said->words);
    if ((status < 500) && by_words && e != ERR_HTTP_QUOTA)
        return by_words;
    if (e)
        return e;
    if (status == 404 && s->model &&
        (strcasestr(said->words, "model") || strcasestr(said->words, "deployment")))
        return ERR_HTTP_MODEL;
    return http_status_error(status);
}

/* ---- telling ---- */

static void tell_model(const struct llm_server *s, char out[256])
{
    if (strcmp(s->place, "ollama") == 0)
        snprintf(out, 256,
                 "ollama pull %.100s, or choose another in llm.backends.ollama.model_roles",
                 s->model ? s->model : "MODEL");
    else
        snprintf(out, 256, "choose another in llm.backends.%s.model_roles", s->place);
}

static void tell_rate(const struct llm_server *s, int retry_after_ms, char out[256])
{
    if (retry_after_ms > 0)
        snprintf(out, 256, "ask again in %d s, or lower llm.backends.%s.parallel",
                 (retry_after_ms + 999) / 1000, s->place);
    else
        snprintf(out, 256, "ask again later, or lower llm.backends.%s.parallel", s->place);
}

/* What a person can do about it. */
static void remedy(const struct llm_server *s, enum err e, long status, int retry_after_ms,
                   char out[256])
{
    switch (e) {
    case ERR_HTTP_AUTH:
        if (status == 403)
            snprintf(out, 256, "let the key of llm.backends.%s use this model", s->place);
        else
            snprintf(out, 256, "set the right llm.backends.%s.api_key", s->place);
        break;
    case ERR_HTTP_MODEL:
        tell_model(s, out);
        break;
    case ERR_HTTP_QUOTA:
        snprintf(out, 256, "look at the account's billing, or choose another backend");
        break;
    case ERR_PROMPT_LONG:
        snprintf(out, 256, "shorten the task, or choose a model that reads more");
        break;
    case ERR_HTTP_RATE:
        tell_rate(s, retry_after_ms, out);
        break;
    case ERR_HTTP_SERVER:
        if (retry_after_ms > 0)
            snprintf(out, 256, "ask again in %d s", (retry_after_ms + 999) / 1000);
        else
            snprintf(out, 256, "ask again later, or choose another backend");
        break;
    default:
        snprintf(out, 256, "check llm.backends.%s", s->place);
        break;
    }
}

static const char *deed(enum err e, long status)
{
    switch (e) {
    case ERR_HTTP_AUTH:
        return status == 403 ? "does not permit this" : "refuses the key";
    case ERR_HTTP_MODEL:
        return "does not have the model";
    case ERR_HTTP_QUOTA:
        return "says that the account's quota is spent";
    case ERR_PROMPT_LONG:
        return "takes no prompt as long as this";
    case ERR_HTTP_RATE:
        return "asks to slow down";
    case ERR_HTTP_SERVER:
        return status == 529 || status == 503 ? "is overloaded" : "failed";
    default:
        return "refused the request";
    }
}

/* "openai failed (502: bad gateway); ask again later, or choose another backend". A refused key may
 * stand in the server's words in part, so they are left out. */
static enum err tell(const struct llm_server *s, enum err e, long status, const struct said *said,
                     int retry_after_ms, struct err_info *info)
{
    char what[256], number[24] = "", why[WORDS_MAX + 32] = "", model[64] = "";
    bool words = said->words[0] && e != ERR_HTTP_AUTH;
    remedy(s, e, status, retry_after_ms, what);
    if (status)
        snprintf(number, sizeof number, "%ld%s", status, words ? ": " : "");
    if (status || words)
        snprintf(why, sizeof why, " (%s%s)", number, words ? said->words : "");
    if (e == ERR_HTTP_MODEL && s->model)
        snprintf(model, sizeof model, " %s", s->model);
    err_set(info, e, "%.31s %s%s%s; %s", s->place, deed(e, status), model, why, what);
    if (info) {
        info->native = (int)status;
        info->retry_after_ms = retry_after_ms > 0 ? retry_after_ms : 0;
    }
    return e;
}

/* A limit of ours ended it: the option's name is the remedy. */
static void tell_late(const struct llm_server *s, const struct http_response *r,
                      struct err_info *info)
{
    double seconds = r->late_ms / 1000.0;
    if (!s->model && r->late != HTTP_LATE_CONNECT) {
        err_set(info, ERR_TIMEOUT,
                "%.31s did not say within %.3g s which models it has; check that it is well, and "
                "its base_url",
                s->place, seconds);
        return;
    }
    switch (r->late) {
    case HTTP_LATE_FIRST:
        err_set(info, ERR_TIMEOUT,
                "%.31s sent no token within %.3g s; it may be loading the model or be busy: try "
                "again, or raise llm.first_token_ms",
                s->place, seconds);
        break;
    case HTTP_LATE_BETWEEN:
        err_set(info, ERR_TIMEOUT,
                "%.31s fell silent for %.3g s in the middle of its answer; try again, or raise "
                "llm.between_tokens_ms",
                s->place, seconds);
        break;
    case HTTP_LATE_TOTAL:
        err_set(info, ERR_TIMEOUT,
                "%.31s did not end its answer within %.3g s; choose a faster model, or raise "
                "llm.total_ms",
                s->place, seconds);
        break;
    default:
        err_set(info, ERR_TIMEOUT,
                "%.31s cannot be reached: no connection within %.3g s; check its base_url, also "
                "whether it is https, and the network",
                s->place, seconds);
        break;
    }
}

static enum err moved(const struct llm_server *s, const struct http_response *r,
                      struct err_info *info)
{
    char host[128];
    http_host(r->url, host);
    err_set(info, ERR_HTTP_CLIENT,
            "%.31s sends elsewhere (%ld, to %.60s); write the new address in llm.backends.%.31s."
            "base_url",
            s->place, r->status, host, s->place);
    if (info)
        info->native = (int)r->status;
    return ERR_HTTP_CLIENT;
}

/* "openai at api.openai.com: its name cannot be resolved …" */
static void say_who(const struct llm_server *s, struct err_info *info)
{
    struct err_info was;
    if (!info)
        return;
    was = *info;
    err_set(info, was.code, "%.31s at %.440s", s->place, was.message);
    info->native = was.native;
}

enum err llm_fault_http(const struct llm_server *s, enum err e, const struct http_response *r,
                        struct err_info *info)
{
    struct said said;
    int native = info ? info->native : 0;
    if (e == ERR_TIMEOUT && r->late) {
        tell_late(s, r, info);
        if (info)
            info->native = native;
        return e;
    }
    if (e == ERR_CANCELLED)
        return e;
    if (r->status < 300) {
        say_who(s, info);
        return e;
    }
    if (r->status < 400)
        return moved(s, r, info);
    read_body(s, r, &said);
    e = judge(s, r->status, &said);
    return tell(s, e, r->status, &said, r->retry_after_ms, info);
}

enum err llm_fault_object(const struct llm_server *s, struct json_object *o, struct err_info *info)
{
    struct said said;
    enum err e;
    if (!read_said(s, o, &said))
        return ERR_OK;
    e = judge(s, said.status, &said);
    return tell(s, e ? e : ERR_HTTP_SERVER, said.status, &said, 0, info);
}

static enum err broke(const struct llm_server *s, struct err_info *info)
{
    return err_set(info, ERR_NET_BROKEN,
                   "%.31s broke off: the answer ended without its end mark; try again", s->place);
}

enum err llm_fault_end(const struct llm_server *s, const struct http_response *r, const char *head,
                       size_t n, struct err_info *info)
{
    struct json_object *o = NULL;
    size_t blank = 0;
    enum err e = ERR_OK;
    while (blank < n && strchr(" \r\n\t", head[blank]))
        blank++;
    if (blank == n)
        return broke(s, info);
    if (json_parse(head, n, NULL, &o, NULL) == ERR_OK)
        e = llm_fault_object(s, o, info);
    json_object_put(o);
    if (e)
        return e;
    if (head[blank] != '<' && head[blank] != '{')
        return broke(s, info);
    return err_set(info, ERR_PROTOCOL,
                   "%.31s answered with %s instead of a stream (%.47s); check llm.backends.%.31s."
                   "base_url",
                   s->place, head[blank] == '<' ? "a web page" : "one object",
                   r->type[0] ? r->type : "no type", s->place);
}

enum err llm_fault_garbage(const struct llm_server *s, const struct err_info *why,
                           struct err_info *info)
{
    char words[160];
    snprintf(words, sizeof words, "%.150s", why->message);
    return err_set(info, ERR_PROTOCOL,
                   "%.31s sent what is no JSON (%s); check that llm.backends.%.31s.base_url is its "
                   "API, or choose another backend",
                   s->place, words, s->place);
}
