/* The keys that a configuration may have: their types, and the nearest of them to a mistyped one.
 */
#include <stdio.h>
#include <string.h>

#include "base/nearest.h"
#include "core/config_internal.h"

enum key_type { MAP, LIST, WORD, NUMBER, SWITCH, ANY };
enum key_use { USED, UNUSED };

static const struct key {
    const char *pattern;
    enum key_type type;
    enum key_use use;
} keys[] = {
#define KEY(pattern, type, use) {pattern, type, use},
#include "core/config_keys.def"
#undef KEY
};

enum { KEY_COUNT = sizeof keys / sizeof *keys };

/* ---- finding ---- */

static const struct key *key_at(const char *pattern)
{
    for (int i = 0; i < KEY_COUNT; i++)
        if (strcmp(keys[i].pattern, pattern) == 0)
            return &keys[i];
    return NULL;
}

/* The pattern of a member, out of its parent's; false: there is no such key. *key: NULL for an
 * option, or a block of options. */
static bool descend(const char *parent, const char *name, char out[CONFIG_PATH_MAX],
                    const struct key **key)
{
    *key = NULL;
    if (!config_join(out, parent, name))
        return false;
    *key = key_at(out);
    if (*key || config_option_named(out) != OPTION_COUNT || config_option_within(out))
        return true;
    if (!config_join(out, parent, "*"))
        return false;
    *key = key_at(out);
    return *key != NULL;
}

/* What stands at a path of points: its key, or NULL for an option; false: nothing. */
static bool resolve(const char *path, const struct key **key)
{
    char pattern[CONFIG_PATH_MAX] = "", next[CONFIG_PATH_MAX], name[CONFIG_PATH_MAX];
    for (;;) {
        size_t n = strcspn(path, ".");
        snprintf(name, sizeof name, "%.*s", (int)n, path);
        if (!descend(pattern, name, next, key))
            return false;
        if (!path[n] || (*key && ((*key)->type == ANY || (*key)->use == UNUSED)))
            return true;
        memcpy(pattern, next, sizeof pattern);
        path += n + 1;
    }
}

bool config_keys_known(const char *path)
{
    const struct key *key;
    return resolve(path, &key);
}

bool config_wants_scalar(const char *path)
{
    const enum option_id id = config_option_named(path);
    const struct key *key;
    if (id != OPTION_COUNT)
        return config_options[id].type != TEXT;
    return resolve(path, &key) && key && (key->type == NUMBER || key->type == SWITCH);
}

bool config_keys_unused(const char *path)
{
    const struct key *key;
    return resolve(path, &key) && key && key->use == UNUSED;
}

/* ---- the nearest ---- */

struct nearest {
    const char *typed;
    char best[96];
    int distance;
};

static void try_name(struct nearest *n, const char *name, size_t length)
{
    char text[96];
    int d;
    snprintf(text, sizeof text, "%.*s", (int)(length < 95 ? length : 95), name);
    if (strcmp(text, "*") == 0)
        return;
    d = nearest_distance(n->typed, text);
    if (d < n->distance) {
        n->distance = d;
        memcpy(n->best, text, sizeof text);
    }
}

/* A member of `parent` that the typed word was meant to be. */
static bool nearest_member(const char *parent, const char *typed, char out[96])
{
    struct nearest n = {.typed = typed, .distance = nearest_allowed(typed) + 2};
    const size_t length = strlen(parent);
    for (int i = 0; i < KEY_COUNT + OPTION_COUNT; i++) {
        const char *path = i < KEY_COUNT ? keys[i].pattern : config_options[i - KEY_COUNT].path;
        if (length && (strncmp(path, parent, length) != 0 || path[length] != '.'))
            continue;
        path += length ? length + 1 : 0;
        try_name(&n, path, strcspn(path, "."));
    }
    memcpy(out, n.best, 96);
    return *n.best != 0;
}

const char *config_keys_nearest(const char *path)
{
    static char found[96];
    struct nearest n = {.typed = path, .distance = nearest_allowed(path) + 3};
    for (int i = 0; i < OPTION_COUNT; i++)
        try_name(&n, config_options[i].path, strlen(config_options[i].path));
    for (int i = 0; i < KEY_COUNT; i++)
        if (!strchr(keys[i].pattern, '*'))
            try_name(&n, keys[i].pattern, strlen(keys[i].pattern));
    memcpy(found, n.best, sizeof found);
    return *found ? found : NULL;
}

/* ---- checking ---- */

static const char *wanted(enum key_type type, struct json_object *value)
{
    const enum json_type is = json_object_get_type(value);
    if (is == json_type_null)
        return NULL; /* says nothing */
    switch (type) {
    case MAP:
        return is == json_type_object ? NULL : "a mapping";
    case LIST:
        return is == json_type_array ? NULL : "a list";
    case WORD:
        return is == json_type_string ? NULL : "a text";
    case NUMBER:
        return is == json_type_int || is == json_type_double ? NULL : "a number";
    case SWITCH:
        return is == json_type_boolean ? NULL : "true or false";
    case ANY:
        break;
    }
    return NULL;
}

/* As it will be when it is taken. */
static struct json_object *with_variables(const struct layer *layer, const char *path,
                                          struct json_object *value)
{
    if (layer->kind == LAYER_PROJECT || !json_object_is_type(value, json_type_string))
        return json_object_get(value);
    return config_expand(NULL, path, value);
}

static void warn_unknown(struct config *c, const struct layer *layer, const struct yaml_doc *doc,
                         struct json_object *o, const char *pattern, const char *path,
                         const char *name)
{
    char nearest[96];
    bool any = nearest_member(pattern, name, nearest);
    int line, column;
    yaml_place(doc, o, name, &line, &column);
    config_warn(c, layer, line, column, "unknown key \"%.64s\"%s%.200s%s%s%s", name,
                *path ? " in " : "", path, any ? ", did you mean \"" : "", any ? nearest : "",
                any ? "\"?" : "");
}

static enum err check_map(struct config *c, const struct layer *layer, const struct yaml_doc *doc,
                          struct json_object *o, const char *pattern, const char *path,
                          struct err_info *info)
{
    enum err e = ERR_OK;
    json_object_object_foreach(o, name, value)
    {
        char below[CONFIG_PATH_MAX], at[CONFIG_PATH_MAX];
        const struct key *key;
        struct json_object *said;
        const char *type;
        if (!config_join(at, path, name))
            return yaml_fail(doc, o, name, info, "the path of this key is too long");
        if (!descend(pattern, name, below, &key)) {
            warn_unknown(c, layer, doc, o, pattern, path, name);
            continue;
        }
        said = with_variables(layer, at, value);
        type = wanted(key ? key->type : config_option_within(below) ? MAP : ANY, said);
        json_object_put(said);
        if (type && (!key || key->use == USED))
            return yaml_fail(doc, o, name, info, "%.200s must be %s", at, type);
        if (json_object_is_type(value, json_type_object) &&
            (!key || (key->type != ANY && key->use == USED)))
            e = check_map(c, layer, doc, value, below, at, info);
        if (e)
            return e;
    }
    return ERR_OK;
}

enum err config_keys_check(struct config *c, const struct layer *layer, const struct yaml_doc *doc,
                           struct err_info *info)
{
    return check_map(c, layer, doc, doc->root, "", "", info);
}

const struct config_legacy config_legacy_roles[] = {{"veryfast", {"veryfast", "triage", NULL}},
                                                    {"fast", {"fast", "generator", NULL}},
                                                    {"base", {"base", "generator", NULL}},
                                                    {"powerful", {"powerful", "escalation", NULL}},
                                                    {"god_level", {"god", "escalation", NULL}},
                                                    {"overseer", {"overseer", NULL}},
                                                    {"generator", {"generator", NULL}},
                                                    {"evaluator", {"evaluator", NULL}},
                                                    {"triage", {"triage", NULL}},
                                                    {"embedding", {"embedding", NULL}},
                                                    {NULL, {NULL}}};

/* ---- documentation ---- */

enum err config_keys_docs(struct buf *out)
{
    static const char *const names[] = {"a mapping", "a list",      "a text",
                                        "a number",  "true, false", "one of several forms"};
    const char *comma = "";
    enum err e = ERR_OK;
    for (int i = 0; !e && i < KEY_COUNT; i++)
        if (keys[i].use == USED && !config_option_within(keys[i].pattern))
            e = buf_addf(out, "| `%s` | %s |\n", keys[i].pattern, names[keys[i].type]);
    if (!e)
        e = buf_adds(out, "\nKnown from the old system, and not used here: ");
    for (int i = 0; !e && i < KEY_COUNT; i++)
        if (keys[i].use == UNUSED) {
            e = buf_addf(out, "%s`%s`", comma, keys[i].pattern);
            comma = ", ";
        }
    return e ? e : buf_adds(out, ".\n");
}
