/* The backends of the configuration, from all the places where it may speak of them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/config_primary.h"
#include "core/llm/roles_internal.h"

/* ---- backends ---- */

bool roles_is_known(const char *name)
{
    for (int i = 0; i < CONFIG_LOOKED_FOR; i++)
        if (strcmp(config_looked_for[i], name) == 0)
            return true;
    return strcmp(name, "replay") == 0;
}

bool roles_needs_key(const char *name)
{
    return strcmp(name, "openai") == 0 || strcmp(name, "anthropic") == 0 ||
           strcmp(name, "azure") == 0;
}

enum err roles_check_backend(struct roles_reader *r, const char *path, const char *name)
{
    const char *names[64];
    int n;
    if (roles_is_known(name) || json_object_of(json_object_of(r->llm, "backends"), name))
        return ERR_OK;
    n = roles_keys(json_object_of(r->llm, "backends"), names, 64 - CONFIG_LOOKED_FOR);
    for (int i = 0; i < CONFIG_LOOKED_FOR; i++)
        names[n++] = config_looked_for[i];
    return roles_fail_name(r, path, "unknown backend", name, names, n);
}

static void fill(struct json_object *into, struct json_object *from)
{
    if (!from)
        return;
    json_object_object_foreach(from, key, value)
    {
        if (strcmp(key, "models") != 0 && !json_object_object_get_ex(into, key, NULL))
            json_object_object_add(into, key, json_object_get(value));
    }
}

/* Its settings from all the places where they may stand, the most particular first. */
static struct json_object *entry_of(const struct roles_reader *r, const char *name)
{
    struct json_object *o = json_object_new_object();
    const char *url = json_str(r->llm, "base_url", NULL);
    fill(o, json_object_of(json_object_of(r->llm, "backends"), name));
    fill(o, json_object_of(r->llm, name));
    if (strcmp(r->primary, name) == 0) {
        fill(o, json_object_of(r->llm, "api_settings"));
        if (json_object_of(r->llm, "model_roles") && !json_get(o, "model_roles"))
            json_object_object_add(o, "model_roles",
                                   json_object_get(json_object_of(r->llm, "model_roles")));
        if (url && !json_get(o, "base_url"))
            json_add_str(o, "base_url", url);
    }
    if (strcmp(name, "ollama") == 0 && !json_get(o, "base_url") &&
        json_str(r->legacy, "base_url", NULL))
        json_add_str(o, "base_url", json_str(r->legacy, "base_url", NULL));
    return o;
}

struct known_backend *roles_add_backend(struct roles_reader *r, const char *name, bool configured)
{
    struct known_backend *b = roles_known_backend(r->out, name);
    if (b) {
        b->b.configured |= configured;
        return b;
    }
    if (r->out->backend_n == BACKENDS_MAX)
        return NULL;
    b = &r->out->backends[r->out->backend_n++];
    snprintf(b->b.name, sizeof b->b.name, "%s", name);
    b->b.configured = configured;
    b->b.entry = entry_of(r, name);
    b->b.enabled = json_flag(b->b.entry, "enabled", true);
    r->out->configured |= configured;
    return b;
}

static bool enabled(const struct roles_reader *r, const char *name)
{
    return json_flag(json_object_of(json_object_of(r->llm, "backends"), name), "enabled", true);
}

/* The name in an entry of fallback_backends: a word, {backend|name: x, …} or {x: {…}}. */
const char *roles_fallback_name(struct json_object *item, struct json_object **map)
{
    const char *name;
    *map = NULL;
    if (json_object_is_type(item, json_type_string))
        return json_object_get_string(item);
    if (!json_object_is_type(item, json_type_object))
        return NULL;
    *map = item;
    name = json_str(item, "backend", json_str(item, "name", NULL));
    if (name || json_object_object_length(item) != 1)
        return name;
    json_object_object_foreach(item, key, value)
    {
        *map = json_object_is_type(value, json_type_object) ? value : NULL;
        return key;
    }
    return NULL;
}

static enum err read_fallbacks(struct roles_reader *r)
{
    struct json_object *list = json_get(r->llm, "fallback_backends"), *map;
    if (list && !json_object_is_type(list, json_type_array))
        return roles_fail(r, "llm.fallback_backends",
                          "llm.fallback_backends must be a list of backends");
    for (size_t i = 0; list && i < json_object_array_length(list); i++) {
        char path[ROLES_PATH_MAX];
        const char *name = roles_fallback_name(json_object_array_get_idx(list, i), &map);
        struct known_backend *b;
        enum err e;
        snprintf(path, sizeof path, "llm.fallback_backends.%zu", i);
        if (!name)
            return roles_fail(r, path,
                              "a fallback is the name of a backend, or {backend: NAME, …}");
        e = roles_check_backend(r, path, name);
        if (e)
            return e;
        b = roles_add_backend(r, name, true);
        if (!b)
            continue;
        fill(b->b.entry, map);
        if (!b->b.enabled)
            roles_warn(r,
                       "llm.fallback_backends names %s, which is not enabled: it is left out; set "
                       "llm.backends.%s.enabled: true to use it",
                       name, name);
    }
    return ERR_OK;
}

static enum err check_entries(struct roles_reader *r)
{
    struct json_object *backends = json_get(r->llm, "backends");
    if (!backends)
        return ERR_OK;
    if (!json_object_is_type(backends, json_type_object))
        return roles_fail(r, "llm.backends", "llm.backends must be a mapping of names to settings");
    json_object_object_foreach(backends, name, value)
    {
        char path[ROLES_PATH_MAX];
        snprintf(path, sizeof path, "llm.backends.%s", name);
        if (strlen(name) > 31)
            return roles_fail(r, path, "the name of a backend has at most 31 letters");
        if (value && !json_object_is_type(value, json_type_object))
            return roles_fail(r, path, "llm.backends.%s must be a mapping such as {base_url: …}",
                              name);
    }
    return ERR_OK;
}

/* Primary, fallbacks, the others of the configuration. */
enum err roles_read_backends(struct roles_reader *r)
{
    struct json_object *backends = json_object_of(r->llm, "backends");
    bool lists = json_get(r->llm, "fallback_backends") != NULL;
    int named;
    enum err e = check_entries(r);
    r->primary = config_primary(r->root);
    if (!e && *r->primary)
        e = roles_check_backend(r, "llm.backend", r->primary);
    if (e)
        return e;
    if (*r->primary) {
        struct known_backend *b = roles_add_backend(r, r->primary, true);
        if (b)
            b->primary = true;
        if (!enabled(r, r->primary))
            roles_warn(r,
                       "llm.backend is %s, which is not enabled: it is left out; set "
                       "llm.backends.%s.enabled: true to use it",
                       r->primary, r->primary);
    }
    e = read_fallbacks(r);
    if (e)
        return e;
    named = r->out->backend_n;
    if (backends) {
        json_object_object_foreach(backends, name, value)
        {
            (void)value;
            roles_add_backend(r, name, true);
        }
    }
    for (int i = 0; i < CONFIG_LOOKED_FOR; i++)
        if (json_object_of(r->llm, config_looked_for[i]))
            roles_add_backend(r, config_looked_for[i], true);
    for (int i = named; lists && i < r->out->backend_n; i++)
        r->out->backends[i].left_out = true;
    return ERR_OK;
}

/* A key that merely lies in the environment is not spent where the configuration says whom to ask.
 */
void roles_add_looked_for(struct roles_reader *r)
{
    const bool configured = r->out->configured;
    for (int i = 0; i < CONFIG_LOOKED_FOR; i++)
        if (!configured || !roles_needs_key(config_looked_for[i]))
            roles_add_backend(r, config_looked_for[i], false);
}
