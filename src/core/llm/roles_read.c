/* The generations of the configuration's schema for models, read into one table. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/config.h"
#include "core/llm/roles_internal.h"

/* ---- tiers ---- */

static const char *const domains[] = {"coding",     "content",   "analysis",    "validation",
                                      "quality",    "planning",  "translation", "summarization",
                                      "embeddings", "escalation"};

/* A file that holds nothing but tiers has the domains at its top. */
static void find_tiers(struct roles_reader *r)
{
    r->tiers = json_object_of(r->root, "model_tiers");
    r->tiers_path = "model_tiers.";
    if (!r->tiers && json_object_of(json_object_of(r->root, "coding"), "tier_1")) {
        r->tiers = r->root;
        r->tiers_path = "";
    }
}

static bool is_domain(const struct roles_reader *r, const char *name)
{
    if (r->tiers != r->root)
        return strcmp(name, "aliases") != 0;
    for (size_t i = 0; i < sizeof domains / sizeof *domains; i++)
        if (strcmp(domains[i], name) == 0)
            return true;
    return false;
}

static bool is_tier(const char *key)
{
    return strncmp(key, "tier_", 5) == 0 || strcmp(key, "default") == 0;
}

/* "coding.tier_2", or "tier_2" of the domain at hand. */
static struct json_object *tier_at(const struct roles_reader *r, const char *domain,
                                   const char *ref, char full[ROLES_NAME_MAX])
{
    const char *dot = strchr(ref, '.');
    char name[ROLES_NAME_MAX];
    snprintf(name, sizeof name, "%.*s", dot ? (int)(dot - ref) : (int)strlen(domain),
             dot ? ref : domain);
    snprintf(full, ROLES_NAME_MAX, "%.38s.%.38s", name, dot ? dot + 1 : ref);
    return is_domain(r, name) ? json_object_of(json_object_of(r->tiers, name), dot ? dot + 1 : ref)
                              : NULL;
}

static enum err unknown_tier(struct roles_reader *r, const char *path, const char *domain_at_hand,
                             const char *ref)
{
    char full[ROLES_NAME_MAX];
    char store[64][ROLES_NAME_MAX];
    const char *names[64];
    int n = 0;
    if (r->tiers) {
        json_object_object_foreach(r->tiers, domain, tiers)
        {
            if (!is_domain(r, domain) || !json_object_is_type(tiers, json_type_object))
                continue;
            json_object_object_foreach(tiers, key, tier)
            {
                if (!json_object_is_type(tier, json_type_object) || n == 64)
                    continue;
                snprintf(store[n], ROLES_NAME_MAX, "%.38s.%.38s", domain, key);
                names[n] = store[n];
                n++;
            }
        }
    }
    snprintf(full, sizeof full, "%.38s%s%.38s", strchr(ref, '.') ? "" : domain_at_hand,
             strchr(ref, '.') || !*domain_at_hand ? "" : ".", ref);
    return roles_fail_name(r, path, "unknown tier", full, names, n);
}

/* The i-th model of a tier, the first one at 0, with its path: `model`, or `models` as one, as
 * {primary, fallback: […]}. NULL: no more. */
static struct json_object *tier_value(struct json_object *tier, int i, const char *path,
                                      char at[ROLES_PATH_MAX + 32])
{
    struct json_object *models = json_get(tier, "models"),
                       *more = json_array(json_object_of(tier, "models"), "fallback");
    if (i > 0) {
        snprintf(at, ROLES_PATH_MAX + 32, "%.200s.models.fallback.%d", path, i - 1);
        return more && (size_t)i <= json_object_array_length(more)
                   ? json_object_array_get_idx(more, (size_t)i - 1)
                   : NULL;
    }
    if (json_object_is_type(models, json_type_object)) {
        snprintf(at, ROLES_PATH_MAX + 32, "%.200s.models.primary", path);
        return json_get(models, "primary");
    }
    snprintf(at, ROLES_PATH_MAX + 32, "%.200s.%s", path, models ? "models" : "model");
    return models ? models : json_get(tier, "model");
}

static enum err add_tier_models(struct roles_reader *r, const char *row, const char *path,
                                struct json_object *tier, const char *backend)
{
    char at[ROLES_PATH_MAX + 32];
    struct json_object *value;
    int window = 0, timeout_ms = 0;
    enum err e = roles_read_number(r, tier, "context_window", path, 1, &window);
    if (!e)
        e = roles_read_number(r, tier, "timeout", path, 1000, &timeout_ms);
    for (int i = 0; !e && (value = tier_value(tier, i, path, at)); i++) {
        struct role_choice c;
        e = roles_read_choice(r, value, at, backend, false, &c);
        if (window && i == 0) /* of the first one: another model holds what it holds */
            c.context_tokens = window;
        if (timeout_ms)
            c.timeout_ms = timeout_ms;
        if (!e)
            e = roles_row_add(r, row, &c);
    }
    return e;
}

/* The models of one tier, and of the one that is asked in its place when it takes too long. */
static enum err add_tier(struct roles_reader *r, const char *row, const char *name,
                         struct json_object *tier, int depth)
{
    char path[ROLES_PATH_MAX], at[ROLES_PATH_MAX + 32], domain[ROLES_NAME_MAX],
        next_name[ROLES_NAME_MAX];
    const char *backend = json_str(tier, "backend", NULL),
               *next = json_str(tier, "timeout_fallback", NULL);
    enum err e = ERR_OK;
    snprintf(path, sizeof path, "%s%.80s", r->tiers_path, name);
    if (!tier_value(tier, 0, path, at))
        return roles_fail(r, path, "the tier %s names no model; give it a \"model\"", name);
    snprintf(at, sizeof at, "%s.backend", path);
    if (backend)
        e = roles_check_backend(r, at, backend);
    if (!e)
        e = add_tier_models(r, row, path, tier, backend ? backend : r->primary);
    if (e || !next || depth > 8)
        return e;
    snprintf(domain, sizeof domain, "%.*s", (int)strcspn(name, "."), name);
    tier = tier_at(r, domain, next, next_name);
    return tier ? add_tier(r, row, next_name, tier, depth + 1) : ERR_OK;
}

static enum err check_reference(struct roles_reader *r, const char *domain, const char *key,
                                struct json_object *tier, const char *field)
{
    char path[ROLES_PATH_MAX], full[ROLES_NAME_MAX];
    struct json_object *value = json_get(tier, field);
    if (!value)
        return ERR_OK;
    snprintf(path, sizeof path, "%s%.64s.%.64s.%s", r->tiers_path, domain, key, field);
    if (!json_object_is_type(value, json_type_string))
        return roles_fail(r, path, "%s must name a tier", path);
    return tier_at(r, domain, json_object_get_string(value), full)
               ? ERR_OK
               : unknown_tier(r, path, domain, json_object_get_string(value));
}

static enum err read_domain(struct roles_reader *r, const char *domain, struct json_object *tiers)
{
    static const char *const names[] = {"tier_1", "tier_2", "tier_3", "tier_4", "default"};
    enum err e = ERR_OK;
    char path[ROLES_PATH_MAX];
    snprintf(path, sizeof path, "%s%.80s", r->tiers_path, domain);
    if (!json_object_is_type(tiers, json_type_object))
        return roles_fail(r, path, "%s must be a mapping of tiers (tier_1, tier_2 …)", path);
    json_object_object_foreach(tiers, key, tier)
    {
        char name[ROLES_NAME_MAX];
        if (!is_tier(key) && !json_object_is_type(tier, json_type_object))
            continue;
        snprintf(name, sizeof name, "%.38s.%.38s", domain, key);
        snprintf(path, sizeof path, "%s%s", r->tiers_path, name);
        if (!is_tier(key) && roles_nearest(key, names, 5))
            return roles_fail_name(r, path, "unknown tier", key, names, 5);
        if (!json_object_is_type(tier, json_type_object))
            return roles_fail(r, path, "the tier %s must be a mapping such as {model: …}", name);
        e = check_reference(r, domain, key, tier, "timeout_fallback");
        if (!e)
            e = check_reference(r, domain, key, tier, "escalates_to");
        if (!e)
            e = add_tier(r, name, name, tier, 0);
        if (e)
            return e;
    }
    return e;
}

static enum err read_tiers(struct roles_reader *r)
{
    struct json_object *tiers = r->tiers;
    if (json_get(r->root, "model_tiers") && r->tiers_path[0] && !tiers)
        return roles_fail(r, "model_tiers",
                          "model_tiers must be a mapping of domains (coding, content …)");
    if (!tiers)
        return ERR_OK;
    json_object_object_foreach(tiers, domain, value)
    {
        enum err e;
        if (!is_domain(r, domain) ||
            (r->tiers == r->root && !json_object_is_type(value, json_type_object)))
            continue;
        e = read_domain(r, domain, value);
        if (e)
            return e;
    }
    return ERR_OK;
}

/* {role: "coding.tier_1"}: what the tier has becomes the role's, unless that is roles_decided. */
static enum err read_tier_map(struct roles_reader *r, struct json_object *map, const char *map_path)
{
    if (!map)
        return ERR_OK;
    if (!json_object_is_type(map, json_type_object))
        return roles_fail(r, map_path, "%s must be a mapping of roles to tiers", map_path);
    json_object_object_foreach(map, role, value)
    {
        char path[ROLES_PATH_MAX], full[ROLES_NAME_MAX];
        const char *ref, *name = roles_index(role) >= 0 ? roles_names[roles_index(role)] : role;
        struct json_object *tier;
        bool before = roles_decided(r, name);
        enum err e;
        snprintf(path, sizeof path, "%.120s.%.80s", map_path, role);
        if (!json_object_is_type(value, json_type_string))
            return roles_fail(r, path, "%s must name a tier such as coding.tier_1", path);
        ref = json_object_get_string(value);
        tier = strchr(ref, '.') ? tier_at(r, "", ref, full) : NULL;
        if (!tier)
            return unknown_tier(r, path, "", ref);
        if (!before && (e = roles_row_copy(r, name, full, path)))
            return e;
    }
    return ERR_OK;
}

/* Tiers without a map: those of coding play the roles. */
static enum err roles_by_tiers(struct roles_reader *r)
{
    for (int i = 0; i < R_EMBEDDING; i++) {
        char name[ROLES_NAME_MAX];
        enum err e;
        snprintf(name, sizeof name, "coding.tier_%d", i + 1);
        if (roles_decided(r, roles_names[i]) || !roles_decided(r, name) || roles_primary_has(r, i))
            continue;
        e = roles_row_copy(r, roles_names[i], name, NULL);
        if (e)
            return e;
    }
    return ERR_OK;
}

/* ---- role maps ---- */

static enum err check_role_name(struct roles_reader *r, const char *path, const char *role)
{
    static const char *const names[] = {"fast",      "base",    "powerful",   "god_level",
                                        "embedding", "general", "escalation", "veryfast"};
    const int n = sizeof names / sizeof *names;
    const char *near;
    if (roles_index(role) >= 0 || roles_instead(role))
        return ERR_OK;
    near = roles_nearest(role, names, n);
    return near ? roles_fail_name(r, path, "unknown role", role, names, n) : ERR_OK;
}

/* {fast: MODEL, …} of the whole, for the primary's models. A map that the primary has for itself
 * goes before it, except where this one names another backend's model. */
static enum err read_role_map(struct roles_reader *r, struct json_object *map)
{
    if (!map)
        return ERR_OK;
    if (!json_object_is_type(map, json_type_object))
        return roles_fail(r, "llm.model_roles",
                          "llm.model_roles must be a mapping of roles to models");
    json_object_object_foreach(map, role, value)
    {
        char path[ROLES_PATH_MAX];
        const int index = roles_index(role);
        const char *name = index >= 0 ? roles_names[index] : role;
        struct role_choice c = {0};
        enum err e;
        snprintf(path, sizeof path, "llm.model_roles.%.80s", role);
        e = check_role_name(r, path, role);
        if (!e && value)
            e = roles_read_choice(r, value, path, r->primary, false, &c);
        if (!e && value && !roles_decided(r, name) &&
            !(roles_primary_has(r, index) && strcmp(c.backend, r->primary) == 0))
            e = roles_row_add(r, name, &c);
        if (e)
            return e;
    }
    return ERR_OK;
}

/* A backend's own map: backends.B.model_roles, llm.B.models, or that of its fallback entry. */
static enum err read_own_map(struct roles_reader *r, struct known_backend *b,
                             struct json_object *map, const char *map_path)
{
    if (!map)
        return ERR_OK;
    if (!json_object_is_type(map, json_type_object))
        return roles_fail(r, map_path, "%s must be a mapping of roles to models", map_path);
    json_object_object_foreach(map, role, value)
    {
        char path[ROLES_PATH_MAX];
        int index = roles_index(role);
        struct role_choice c;
        enum err e;
        snprintf(path, sizeof path, "%.120s.%.80s", map_path, role);
        e = check_role_name(r, path, role);
        if (!e && value)
            e = roles_read_choice(r, value, path, b->b.name, false, &c);
        if (e)
            return e;
        if (index < 0 || !value || b->own.of[index].model[0])
            continue;
        snprintf(c.backend, sizeof c.backend, "%s", b->b.name);
        b->own.of[index] = c;
        b->own.any = true;
    }
    return ERR_OK;
}

static enum err read_own_maps(struct roles_reader *r)
{
    for (int i = 0; i < r->out->backend_n; i++) {
        struct known_backend *b = &r->out->backends[i];
        struct json_object *list = json_array(r->llm, "fallback_backends"), *map;
        char path[ROLES_PATH_MAX];
        enum err e;
        snprintf(path, sizeof path, "llm.backends.%s.model_roles", b->b.name);
        e = read_own_map(
            r, b,
            json_get(json_object_of(json_object_of(r->llm, "backends"), b->b.name), "model_roles"),
            path);
        for (size_t k = 0; !e && list && k < json_object_array_length(list); k++) {
            const char *name = roles_fallback_name(json_object_array_get_idx(list, k), &map);
            snprintf(path, sizeof path, "llm.fallback_backends.%zu.model_roles", k);
            if (name && map && strcmp(name, b->b.name) == 0)
                e = read_own_map(r, b, json_get(map, "model_roles"), path);
        }
        snprintf(path, sizeof path, "llm.%s.models", b->b.name);
        if (!e && roles_is_known(b->b.name))
            e = read_own_map(r, b, json_get(json_object_of(r->llm, b->b.name), "models"), path);
        if (e)
            return e;
    }
    return ERR_OK;
}

/* ---- unified: llm.models, defaults, roles ---- */

static const struct level {
    const char *name, *role;
} levels[] = {{"god", "god_level"},
              {"escalation", "powerful"},
              {"general", "base"},
              {"fast", "fast"},
              {"veryfast", "veryfast"}};
enum { LEVELS = sizeof levels / sizeof *levels };

static const char *role_of_level(const char *level)
{
    int index = roles_index(level);
    for (int i = 0; i < LEVELS; i++)
        if (strcmp(levels[i].name, level) == 0)
            return levels[i].role;
    return index >= 0 && index != R_EMBEDDING ? roles_names[index] : NULL;
}

/* {god: KEY, general: KEY …}; `domain` NULL: of all. */
static enum err read_levels(struct roles_reader *r, struct json_object *map, const char *map_path,
                            const char *domain)
{
    if (!map)
        return ERR_OK;
    if (!json_object_is_type(map, json_type_object))
        return roles_fail(r, map_path, "%s must be a mapping of levels to models", map_path);
    json_object_object_foreach(map, level, value)
    {
        char path[ROLES_PATH_MAX], row[ROLES_NAME_MAX];
        const char *names[LEVELS], *role = role_of_level(level);
        struct role_choice unused;
        enum err e;
        snprintf(path, sizeof path, "%.120s.%.80s", map_path, level);
        for (int i = 0; i < LEVELS; i++)
            names[i] = levels[i].name;
        if (!role)
            return roles_fail_name(r, path, "unknown level", level, names, LEVELS);
        if (!value)
            continue;
        snprintf(row, sizeof row, "%s%s%s", domain ? domain : "", domain ? "." : "", role);
        e = roles_decided(r, row) ? roles_read_choice(r, value, path, r->primary, true, &unused)
                                  : roles_decide(r, row, value, path, r->primary, true);
        if (e)
            return e;
    }
    return ERR_OK;
}

static enum err read_unified(struct roles_reader *r)
{
    struct json_object *roles = json_get(r->llm, "roles");
    enum err e;
    if (roles && !json_object_is_type(roles, json_type_object))
        return roles_fail(r, "llm.roles", "llm.roles must be a mapping (default, code, content …)");
    e = read_levels(r, json_object_of(roles, "default"), "llm.roles.default", NULL);
    if (!e)
        e = read_levels(r, json_get(r->llm, "defaults"), "llm.defaults", NULL);
    if (e || !roles)
        return e;
    json_object_object_foreach(roles, name, map)
    {
        char path[ROLES_PATH_MAX];
        snprintf(path, sizeof path, "llm.roles.%.80s", name);
        if (strcmp(name, "default") == 0 || !map)
            continue;
        if (json_object_is_type(map, json_type_string)) { /* one model for all levels */
            char row[ROLES_NAME_MAX];
            for (int i = 0; !e && i < LEVELS; i++) {
                snprintf(row, sizeof row, "%.60s.%s", strcmp(name, "code") == 0 ? "coding" : name,
                         levels[i].role);
                e = roles_decide(r, row, map, path, r->primary, true);
            }
        } else {
            e = read_levels(r, map, path, strcmp(name, "code") == 0 ? "coding" : name);
        }
        if (e)
            return e;
    }
    return ERR_OK;
}

static enum err check_registry(struct roles_reader *r)
{
    struct json_object *models = json_get(r->llm, "models");
    if (models && !json_object_is_type(models, json_type_object))
        return roles_fail(r, "llm.models", "llm.models must be a mapping of keys to models");
    if (!models)
        return ERR_OK;
    json_object_object_foreach(models, key, value)
    {
        char path[ROLES_PATH_MAX];
        struct role_choice unused = {0};
        enum err e;
        snprintf(path, sizeof path, "llm.models.%.128s", key);
        if (!json_object_is_type(value, json_type_object))
            return roles_fail(r, path, "%s must be a mapping such as {name: …, backend: …}", path);
        e = roles_read_registered(r, key, *r->primary ? r->primary : "ollama", &unused);
        if (e)
            return e;
    }
    return ERR_OK;
}

/* ---- legacy: the block `ollama` ---- */

/* A model, {model, backend, endpoint}, or one for each kind of text with a default. */
static struct json_object *legacy_value(struct json_object *models, const char *name, char *path,
                                        size_t size)
{
    struct json_object *value = json_get(models, name);
    snprintf(path, size, "ollama.models.%s", name);
    if (!json_object_is_type(value, json_type_object) || json_get(value, "model"))
        return value;
    for (int i = 0; i < 2; i++) {
        const char *key = i ? "code" : "default";
        if (json_get(value, key)) {
            snprintf(path, size, "ollama.models.%s.%s", name, key);
            return json_get(value, key);
        }
    }
    return value;
}

static enum err read_legacy(struct roles_reader *r)
{
    struct json_object *models = json_get(r->legacy, "models");
    if (models && !json_object_is_type(models, json_type_object))
        return roles_fail(r, "ollama.models", "ollama.models must be a mapping of roles to models");
    for (size_t i = 0; models && config_legacy_roles[i].role; i++) {
        for (int k = 0;
             config_legacy_roles[i].from[k] && !roles_decided(r, config_legacy_roles[i].role);
             k++) {
            if (roles_primary_has(r, roles_index(config_legacy_roles[i].role)))
                break;
            char path[ROLES_PATH_MAX];
            struct json_object *value =
                legacy_value(models, config_legacy_roles[i].from[k], path, sizeof path);
            enum err e =
                value ? roles_decide(r, config_legacy_roles[i].role, value, path, "ollama", false)
                      : ERR_OK;
            if (e)
                return e;
        }
    }
    return ERR_OK;
}

/* ---- embedding ---- */

static enum err read_embedding(struct roles_reader *r)
{
    struct {
        struct json_object *in;
        const char *key, *path;
    } places[] = {{json_object_of(r->llm, "embedding"), "default", "llm.embedding.default"},
                  {json_object_of(r->llm, "embedding"), "model", "llm.embedding"},
                  {json_object_of(r->root, "embedding"), "model", "embedding"},
                  {json_object_of(r->legacy, "embedding"), "model", "ollama.embedding"}};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        struct json_object *value = json_get(places[i].in, places[i].key);
        enum err e;
        if (!value || roles_decided(r, "embedding"))
            continue;
        if (strcmp(places[i].key, "model") == 0)
            value = places[i].in;
        e = roles_decide(r, "embedding", value, places[i].path,
                         i < 2 && *r->primary ? r->primary : "ollama", i == 0);
        if (e)
            return e;
    }
    if (!roles_decided(r, "embedding") && roles_decided(r, "embeddings.default"))
        return roles_row_add(r, "embedding", &roles_row(r->out, "embeddings.default")->list[0]);
    return ERR_OK;
}

/* ---- all ---- */

static enum err read_all(struct roles_reader *r)
{
    enum err e = roles_read_backends(r);
    if (!e)
        e = check_registry(r);
    if (!e)
        e = read_own_maps(r);
    if (!e)
        e = read_role_map(r, json_get(r->llm, "model_roles"));
    if (!e)
        e = read_unified(r);
    if (!e)
        e = read_tiers(r);
    if (!e)
        e = read_tier_map(r, json_get(r->root, "role_to_tier_mapping"), "role_to_tier_mapping");
    if (!e && r->tiers == r->root)
        e = read_tier_map(r, json_get(r->tiers, "aliases"), "aliases");
    else if (!e)
        e = read_tier_map(r, json_get(r->tiers, "aliases"), "model_tiers.aliases");
    if (!e)
        e = read_embedding(r);
    if (!e)
        e = read_legacy(r);
    return e ? e : roles_by_tiers(r);
}

enum err roles_new(const struct roles_source *source, struct roles **out, struct err_info *info)
{
    struct roles *t = calloc(1, sizeof *t);
    struct roles_reader r = {.source = source, .root = source->root, .out = t, .info = info};
    enum err e;
    *out = NULL;
    if (!t)
        return err_set(info, ERR_NOMEM, "out of memory");
    t->warnings = json_object_new_array();
    r.llm = json_object_of(r.root, "llm");
    r.models = json_object_of(r.llm, "models");
    r.legacy = json_object_of(r.root, "ollama");
    r.primary = "";
    find_tiers(&r);
    e = read_all(&r);
    if (e) {
        roles_free(t);
        return e;
    }
    for (int i = 0; i < R_EMBEDDING; i++)
        t->decides |= roles_decided(&r, roles_names[i]);
    for (int i = 0; i < t->backend_n; i++)
        t->decides |= t->backends[i].own.any;
    roles_add_looked_for(&r);
    *out = t;
    return ERR_OK;
}
