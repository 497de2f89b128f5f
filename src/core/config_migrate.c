/* An old configuration in the form of today: the same values, said in one way. What the old
 * system's files spread over `ollama`, `llm.api_settings`, `llm.<backend>` and tiers at the top
 * comes to llm.backends, llm.model_roles and model_tiers; keys go into files of their own. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/yaml_write.h"
#include "core/config_internal.h"
#include "core/config_migrate.h"
#include "core/config_primary.h"

enum { TEXT_MAX = 8 << 20, BACKUPS_MAX = 100 };

typedef struct json_object json;

static const char *const providers[] = {"ollama", "lmstudio", "openai", "anthropic", "azure"};
enum { PROVIDERS = sizeof providers / sizeof *providers };

struct moving {
    json *root;
    struct config_migration *m;
};

static PRINTF_LIKE(2, 3) void note(struct moving *v, const char *format, ...)
{
    char text[400];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    json_object_array_add(v->m->notes, json_object_new_string(text));
    v->m->changed = true;
}

static json *block(json *o, const char *key)
{
    json *b = json_object_of(o, key);
    if (!b) {
        b = json_object_new_object();
        json_object_object_add(o, key, b);
    }
    return b;
}

static void drop(json *o, const char *key)
{
    if (o)
        json_object_object_del(o, key);
}

/* Members that are not there yet; returns whether there was one. */
static bool fill(json *into, json *from, const char *but)
{
    bool any = false;
    json_object_object_foreach(from, key, value)
    {
        if ((but && strcmp(key, but) == 0) || json_object_object_get_ex(into, key, NULL))
            continue;
        json_object_object_add(into, key, json_object_get(value));
        any = true;
    }
    return any;
}

/* ---- who is asked first ---- */

/* Before anything moves, who was meant is said, because a new entry would be taken for it. */
static json *entry_of(struct moving *v, const char *name)
{
    json *llm = block(v->root, "llm");
    if (!*json_str(llm, "backend", "") && *config_primary(v->root)) {
        char primary[64];
        snprintf(primary, sizeof primary, "%s", config_primary(v->root));
        json_add_str(llm, "backend", primary);
    }
    return block(block(llm, "backends"), name);
}

/* ---- the moves ---- */

static bool is_domain(const char *name)
{
    static const char *const names[] = {"coding",     "content",   "analysis",    "validation",
                                        "quality",    "planning",  "translation", "summarization",
                                        "embeddings", "escalation"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

/* A file of tiers alone has the domains at its top. */
static void move_tiers(struct moving *v)
{
    json *tiers, *names;
    if (json_get(v->root, "model_tiers") ||
        !json_object_of(json_object_of(v->root, "coding"), "tier_1"))
        return;
    tiers = json_object_new_object();
    names = json_object_new_array();
    json_object_object_foreach(v->root, key, value)
    {
        if ((is_domain(key) && json_object_is_type(value, json_type_object)) ||
            strcmp(key, "aliases") == 0) {
            json_object_object_add(tiers, key, json_object_get(value));
            json_object_array_add(names, json_object_new_string(key));
        }
    }
    for (size_t i = 0; i < json_object_array_length(names); i++)
        drop(v->root, json_object_get_string(json_object_array_get_idx(names, i)));
    json_object_put(names);
    json_object_object_add(v->root, "model_tiers", tiers);
    note(v, "the domains of tiers go below model_tiers");
}

/* llm.openai: {base_url, models: {fast: …}} */
static void move_providers(struct moving *v)
{
    for (int i = 0; i < PROVIDERS; i++) {
        json *llm = json_object_of(v->root, "llm"), *from = json_object_of(llm, providers[i]);
        json *entry, *models = json_object_of(from, "models");
        if (!from)
            continue;
        entry = entry_of(v, providers[i]);
        fill(entry, from, "models");
        if (models)
            fill(block(entry, "model_roles"), models, NULL);
        drop(llm, providers[i]);
        note(v, "llm.%s goes to llm.backends.%s%s", providers[i], providers[i],
             models ? ", its models to model_roles there" : "");
    }
}

static void move_settings(struct moving *v)
{
    json *llm = json_object_of(v->root, "llm"), *settings = json_object_of(llm, "api_settings");
    const char *url = json_str(llm, "base_url", NULL);
    char primary[64];
    snprintf(primary, sizeof primary, "%s", config_primary(v->root));
    if (!*primary)
        return;
    if (settings) {
        fill(entry_of(v, primary), settings, NULL);
        drop(llm, "api_settings");
        note(v, "llm.api_settings goes to llm.backends.%s", primary);
    }
    if (url) {
        json *entry = entry_of(v, primary);
        if (!json_get(entry, "base_url"))
            json_add_str(entry, "base_url", url);
        drop(llm, "base_url");
        note(v, "llm.base_url goes to llm.backends.%s", primary);
    }
}

/* ---- the block `ollama` ---- */

/* A model, {model, endpoint}, or one for each kind of text with a default. */
static json *legacy_value(json *models, const char *name)
{
    json *value = json_get(models, name);
    if (!json_object_is_type(value, json_type_object) || json_get(value, "model"))
        return value;
    return json_get(value, "default") ? json_get(value, "default")
           : json_get(value, "code")  ? json_get(value, "code")
                                      : value;
}

/* The choice says its backend where another is asked first. */
static json *choice_of(json *value, bool own)
{
    json *o;
    if (own || (json_object_is_type(value, json_type_object) && json_get(value, "backend")))
        return json_object_get(value);
    if (json_object_is_type(value, json_type_object)) {
        o = NULL;
        if (json_object_deep_copy(value, &o, NULL))
            return json_object_get(value);
    } else {
        o = json_object_new_object();
        json_object_object_add(o, "model", json_object_get(value));
    }
    json_add_str(o, "backend", "ollama");
    return o;
}

static void move_legacy_models(struct moving *v, json *models)
{
    json *roles = json_object_new_object();
    const bool own = strcmp(config_primary(v->root), "ollama") == 0;
    entry_of(v, "ollama"); /* who is asked first is said before the block goes */
    for (size_t i = 0; config_legacy_roles[i].role; i++)
        for (int k = 0;
             config_legacy_roles[i].from[k] && !json_get(roles, config_legacy_roles[i].role); k++) {
            json *value = legacy_value(models, config_legacy_roles[i].from[k]);
            if (value)
                json_object_object_add(roles, config_legacy_roles[i].role, choice_of(value, own));
        }
    json_object_object_add(json_object_of(v->root, "llm"), "model_roles", roles);
    note(v,
         "ollama.models goes to llm.model_roles (generator plays fast and base, escalation plays "
         "powerful and god_level, triage plays veryfast)");
}

/* Whether something else says who plays the roles: then the old block only fills the gaps, in a
 * way that no other form says. */
static bool roles_are_said(json *root)
{
    json *llm = json_object_of(root, "llm"), *backends = json_object_of(llm, "backends");
    if (json_get(llm, "model_roles") || json_get(llm, "models") || json_get(llm, "defaults") ||
        json_get(llm, "roles") || json_get(root, "model_tiers") ||
        json_get(root, "role_to_tier_mapping") || json_get(llm, "embedding") ||
        json_get(root, "embedding"))
        return true;
    if (backends) {
        json_object_object_foreach(backends, name, entry)
        {
            (void)name;
            if (json_get(entry, "model_roles"))
                return true;
        }
    }
    return false;
}

/* Where the fallbacks are listed, an entry of its own would leave it out. */
static bool has_place(json *root)
{
    json *llm = json_object_of(root, "llm");
    return !json_get(llm, "fallback_backends") || strcmp(config_primary(root), "ollama") == 0 ||
           json_get(json_object_of(llm, "backends"), "ollama");
}

static void move_legacy(struct moving *v)
{
    json *old = json_object_of(v->root, "ollama"), *models, *url;
    const bool said = roles_are_said(v->root);
    if (!old)
        return;
    models = json_object_of(old, "models");
    url = json_get(old, "base_url");
    if (url && has_place(v->root)) {
        json *entry = entry_of(v, "ollama");
        if (!json_get(entry, "base_url"))
            json_object_object_add(entry, "base_url", json_object_get(url));
        drop(old, "base_url");
        note(v, "ollama.base_url goes to llm.backends.ollama");
    }
    if (models && !said) {
        move_legacy_models(v, models);
        drop(old, "models");
    }
    if (json_get(old, "context_windows") &&
        !json_get(json_object_of(v->root, "llm"), "context_windows") &&
        !json_get(v->root, "context_windows")) {
        json_object_object_add(block(v->root, "llm"), "context_windows",
                               json_object_get(json_get(old, "context_windows")));
        drop(old, "context_windows");
        note(v, "ollama.context_windows goes to llm.context_windows");
    }
    if (json_object_object_length(old) == 0)
        drop(v->root, "ollama");
}

/* ---- the memory ---- */

static void move_to(struct moving *v, json *old, const char *key, json *into, const char *as,
                    const char *path)
{
    json *value = json_get(old, key);
    if (!value)
        return;
    if (!json_get(into, as))
        json_object_object_add(into, as, json_object_get(value));
    drop(old, key);
    note(v, "rag_memory.%s goes to %s", key, path);
}

static void move_memory(struct moving *v)
{
    json *old = json_object_of(v->root, "rag_memory"), *use = json_get(old, "use_qdrant");
    if (!use && !json_get(old, "qdrant_url") && !json_get(old, "collection_name"))
        return;
    if (json_object_is_type(use, json_type_boolean)) {
        json *rag = block(v->root, "rag");
        if (!json_get(rag, "store"))
            json_add_str(rag, "store", json_object_get_boolean(use) ? "qdrant" : "file");
        drop(old, "use_qdrant");
        note(v, "rag_memory.use_qdrant goes to rag.store");
    }
    if (json_get(old, "qdrant_url") || json_get(old, "collection_name")) {
        json *qdrant = block(block(v->root, "rag"), "qdrant");
        move_to(v, old, "qdrant_url", qdrant, "url", "rag.qdrant.url");
        move_to(v, old, "collection_name", qdrant, "collection", "rag.qdrant.collection");
    }
    if (json_object_object_length(old) == 0)
        drop(v->root, "rag_memory");
}

/* ---- keys ---- */

static bool is_literal(json *value)
{
    return json_object_is_type(value, json_type_string) && *json_object_get_string(value) &&
           !strstr(json_object_get_string(value), "${");
}

/* "llm.backends.openai" and "api_key" → "openai.api_key", in a folder of letters that are safe. */
static void file_name(const char *owner, const char *key, char out[160])
{
    size_t n = (size_t)snprintf(out, 160, "%.80s.%.60s", owner, key);
    for (size_t i = 0; i < n; i++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_", out[i]))
            out[i] = '_';
}

static void move_key(struct moving *v, json *entry, const char *name, const char *path)
{
    char file[160];
    json *key = json_get(entry, "api_key");
    if (!is_literal(key))
        return;
    file_name(name, "api_key", file);
    json_object_object_add(v->m->keys, file, json_object_get(key));
    drop(entry, "api_key");
    if (!json_get(entry, "api_key_file"))
        json_add_str(entry, "api_key_file", file);
    note(v, "the key of %s%s goes into the file %s beside this one", path, name, file);
}

/* Keys of backends, and of Qdrant, that stand in the file itself. */
static void move_keys(struct moving *v)
{
    json *backends = json_object_of(json_object_of(v->root, "llm"), "backends");
    move_key(v, json_object_of(json_object_of(v->root, "rag"), "qdrant"), "qdrant", "rag.");
    if (!backends)
        return;
    json_object_object_foreach(backends, name, entry) move_key(v, entry, name, "llm.backends.");
}

/* A copy for the screen: secrets that had to stay are not in it. */
static json *shown(json *o, const char *path)
{
    json *copy;
    char at[CONFIG_PATH_MAX];
    if (json_object_is_type(o, json_type_object)) {
        copy = json_object_new_object();
        json_object_object_foreach(o, key, value)
            json_object_object_add(copy, key, config_join(at, path, key) ? shown(value, at) : NULL);
        return copy;
    }
    if (json_object_is_type(o, json_type_array)) {
        copy = json_object_new_array();
        for (size_t i = 0; i < json_object_array_length(o); i++)
            json_object_array_add(copy, shown(json_object_array_get_idx(o, i), path));
        return copy;
    }
    return config_shown_plain(path, o);
}

/* ---- all ---- */

enum err config_migrate(const char *path, struct config_migration *m, struct err_info *info)
{
    struct yaml_doc doc;
    struct moving v = {.m = m};
    json *screen;
    enum err e;
    *m = (struct config_migration){.notes = json_object_new_array(),
                                   .keys = json_object_new_object()};
    buf_init(&m->text, TEXT_MAX);
    buf_init(&m->screen, TEXT_MAX);
    e = yaml_load(path, &doc, info);
    if (e)
        return e;
    if (!json_object_is_type(doc.root, json_type_object)) {
        yaml_doc_free(&doc);
        return err_at(info, ERR_INPUT, path, 1, 1,
                      "a configuration is a mapping of keys to values");
    }
    if (json_object_deep_copy(doc.root, &v.root, NULL)) {
        yaml_doc_free(&doc);
        return err_set(info, ERR_NOMEM, "out of memory");
    }
    yaml_doc_free(&doc);
    move_tiers(&v);
    move_providers(&v);
    move_settings(&v);
    move_legacy(&v);
    move_memory(&v);
    move_keys(&v);
    screen = shown(v.root, "");
    e = yaml_write(&m->text, v.root);
    if (!e)
        e = yaml_write(&m->screen, screen);
    json_object_put(screen);
    json_object_put(v.root);
    return e ? err_set(info, e, "%s is too large", path) : ERR_OK;
}

void config_migration_fini(struct config_migration *m)
{
    json_object_put(m->notes);
    json_object_put(m->keys);
    buf_fini(&m->text);
    buf_fini(&m->screen);
}

/* ---- writing ---- */

static enum err keep_old(const char *path, char backup[PATH_SIZE], struct err_info *info)
{
    struct buf text;
    enum err e = ERR_TOO_LARGE;
    for (int i = 0; e && i < BACKUPS_MAX; i++) {
        if (snprintf(backup, PATH_SIZE, i ? "%s.bak%d" : "%s.bak", path, i) >= PATH_SIZE)
            return err_set(info, ERR_TOO_LARGE, "the path is too long");
        e = path_exists(backup) ? ERR_EXISTS : ERR_OK;
    }
    if (e)
        return err_set(info, ERR_EXISTS, "%s.bak and its like are there already; remove some",
                       path);
    buf_init(&text, TEXT_MAX);
    e = buf_read_file(&text, path, info);
    if (!e)
        e = path_write(backup, text.data, text.len, info);
    buf_fini(&text);
    return e;
}

static enum err write_keys(const char *path, const struct config_migration *m,
                           struct err_info *info)
{
    const char *slash = strrchr(path, '/');
    json_object_object_foreach(m->keys, name, key)
    {
        char file[PATH_SIZE];
        const char *text = json_object_get_string(key);
        enum err e;
        if (snprintf(file, sizeof file, "%.*s%s", slash ? (int)(slash - path) + 1 : 0, path,
                     name) >= (int)sizeof file)
            return err_set(info, ERR_TOO_LARGE, "the path is too long");
        if (path_exists(file))
            return err_set(info, ERR_EXISTS, "%s is there already; move it away", file);
        e = path_write(file, text, strlen(text), info);
        if (e)
            return e;
    }
    return ERR_OK;
}

enum err config_migration_write(const char *path, const struct config_migration *m,
                                char backup[PATH_SIZE], struct err_info *info)
{
    enum err e = write_keys(path, m, info);
    if (!e)
        e = keep_old(path, backup, info);
    return e ? e : path_write(path, m->text.data, m->text.len, info);
}
