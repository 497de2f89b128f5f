#include "backends/openai.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/completions.h"

static enum err open_backend(struct sched *s, const struct backend_config *config,
                             struct backend **out, struct err_info *info)
{
    static const char *const endings[] = {"/", NULL};
    struct completions *c = calloc(1, sizeof *c);
    enum err e;
    *out = NULL;
    if (!c)
        return err_set(info, ERR_NOMEM, "out of memory");
    e = provider_open(&c->p, s, &openai_backend, config, "Authorization: Bearer ", info);
    if (e) {
        completions_close(&c->p.base);
        return e;
    }
    provider_set_url(&c->p, config->base_url ? config->base_url : "https://api.openai.com/v1",
                     endings);
    c->llama = strcmp(config->name, "local") == 0;
    c->strict = strstr(c->p.url, "://api.openai.com/") != NULL;
    *out = &c->p.base;
    return ERR_OK;
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

/* llama.cpp tells, beside its /v1, what it has given to each slot; it runs one model, whatever name
 * it is asked for. */
static int ask_props(struct completions *c, int timeout_ms)
{
    const size_t n = strlen(c->p.url);
    const bool below = n > 3 && strcmp(c->p.url + n - 3, "/v1") == 0;
    struct json_object *o = NULL;
    int64_t window = 0;
    if (completions_get(c, below ? "/../props" : "/props", timeout_ms, &o, NULL) == ERR_OK)
        window = json_i64(json_object_of(o, "default_generation_settings"), "n_ctx", 0);
    json_object_put(o);
    return window > 0 && window < INT32_MAX ? (int)window : 0;
}

static void note_windows(struct completions *c, struct json_object *list, int timeout_ms)
{
    int props = -1; /* not asked for yet */
    json_object_put(c->windows);
    c->windows = json_object_new_object();
    for (size_t i = 0; list && i < json_object_array_length(list); i++) {
        struct json_object *o = json_object_array_get_idx(list, i);
        const char *id = json_str(o, "id", NULL);
        int n = window_of(o);
        if (!n && strcmp(json_str(o, "owned_by", ""), "llamacpp") == 0)
            n = props = props < 0 ? ask_props(c, timeout_ms) : props;
        if (id && n)
            json_add_i64(c->windows, id, n);
    }
}

static int window(struct backend *base, const char *model)
{
    return (int)json_i64(((struct completions *)base)->windows, model, 0);
}

static enum err models(struct backend *base, int timeout_ms, struct json_object **out,
                       struct err_info *info)
{
    struct completions *c = (struct completions *)base;
    struct json_object *o, *list;
    enum err e = completions_get(c, "/models", timeout_ms, &o, info);
    *out = NULL;
    if (e)
        return e;
    *out = json_object_new_array();
    list = json_array(o, "data");
    for (size_t i = 0; list && i < json_object_array_length(list); i++) {
        const char *id = json_str(json_object_array_get_idx(list, i), "id", NULL);
        if (id)
            json_object_array_add(*out, json_object_new_string(id));
    }
    note_windows(c, list, timeout_ms);
    json_object_put(o);
    return ERR_OK;
}

const struct backend_class openai_backend = {
    .name = "openai",
    .open = open_backend,
    .close = completions_close,
    .models = models,
    .chat = completions_chat,
    .window = window,
    .embed = completions_embed,
};
