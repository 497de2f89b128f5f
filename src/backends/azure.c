#include "backends/azure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/completions.h"

#define API_VERSION "2024-10-21" /* the latest that is generally available with dates */

struct azure {
    struct completions c; /* first */
    struct json_object *deployments;
};

static void close_backend(struct backend *base)
{
    json_object_put(((struct azure *)base)->deployments);
    completions_close(base);
}

/* ---- what is configured ---- */

static void add_name(struct json_object *list, const char *name)
{
    if (!name || !*name)
        return;
    for (size_t i = 0; i < json_object_array_length(list); i++)
        if (strcmp(json_object_get_string(json_object_array_get_idx(list, i)), name) == 0)
            return;
    json_object_array_add(list, json_object_new_string(name));
}

/* The names in a text, a list, or the values of a map (role: deployment). */
static void add_names(struct json_object *list, struct json_object *from)
{
    if (json_object_is_type(from, json_type_string))
        add_name(list, json_object_get_string(from));
    if (json_object_is_type(from, json_type_array))
        for (size_t i = 0; i < json_object_array_length(from); i++)
            add_names(list, json_object_array_get_idx(from, i));
    if (json_object_is_type(from, json_type_object)) {
        json_object_object_foreach(from, role, value)
        {
            (void)role;
            add_names(list, value);
        }
    }
}

static struct json_object *deployments_of(struct json_object *options)
{
    static const char *const keys[] = {"model_roles",      "deployments", "deployment_name",
                                       "azure_deployment", "deployment",  "model"};
    struct json_object *list = json_object_new_array();
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        add_names(list, json_get(options, keys[i]));
    return list;
}

/* An endpoint as the portal shows it, or the address of a deployment that was copied from there:
 * what stands behind /openai is built anew. */
static void set_url(struct completions *c, const char *endpoint, const char *version)
{
    char *openai, *query;
    size_t n;
    snprintf(c->p.url, sizeof c->p.url - sizeof "/openai", "%s", endpoint);
    query = strchr(c->p.url, '?');
    if (query && !version && strstr(query, "api-version="))
        snprintf(c->query, sizeof c->query, "?api-version=%.40s",
                 strstr(query, "api-version=") + strlen("api-version="));
    if (query)
        *query = 0;
    c->query[strcspn(c->query, "&")] = 0;
    for (n = strlen(c->p.url); n && c->p.url[n - 1] == '/'; n--)
        c->p.url[n - 1] = 0;
    openai = strstr(c->p.url, "/openai");
    c->deployments = !openai || strncmp(openai, "/openai/v1", 10) != 0;
    if (!c->deployments) {
        openai[10] = 0;
        c->query[0] = 0;
        return;
    }
    if (openai)
        *openai = 0;
    strcat(c->p.url, "/openai");
    if (!c->query[0])
        snprintf(c->query, sizeof c->query, "?api-version=%.40s", version ? version : API_VERSION);
}

static enum err open_backend(struct sched *s, const struct backend_config *config,
                             struct backend **out, struct err_info *info)
{
    struct azure *b;
    enum err e;
    *out = NULL;
    if (!config->base_url)
        return err_set(info, ERR_INPUT,
                       "llm.backends.%s needs an \"endpoint\" (or set AZURE_OPENAI_ENDPOINT)",
                       config->name);
    b = calloc(1, sizeof *b);
    if (!b)
        return err_set(info, ERR_NOMEM, "out of memory");
    b->deployments = deployments_of(config->options);
    e = provider_open(&b->c.p, s, &azure_backend, config, "api-key: ", info);
    if (e) {
        close_backend(&b->c.p.base);
        return e;
    }
    set_url(&b->c, config->base_url, json_str(config->options, "api_version", NULL));
    b->c.strict = true;
    *out = &b->c.p.base;
    return ERR_OK;
}

/* The deployments cannot be listed with this key, only the models that could be deployed: asking
 * for those shows whether the endpoint and the key are right. */
static enum err models(struct backend *base, int timeout_ms, struct json_object **out,
                       struct err_info *info)
{
    struct azure *b = (struct azure *)base;
    struct json_object *o = NULL;
    enum err e;
    *out = NULL;
    e = completions_get(&b->c, "/models", timeout_ms, &o, info);
    json_object_put(o);
    if (!e)
        *out = json_object_get(b->deployments);
    return e;
}

const struct backend_class azure_backend = {
    .name = "azure",
    .open = open_backend,
    .close = close_backend,
    .models = models,
    .chat = completions_chat,
    .embed = completions_embed,
};
