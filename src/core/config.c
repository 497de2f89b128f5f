#include "core/config.h"

#include <stdio.h>

#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "base/yaml.h"
#include "core/escalation.h"

enum option_type { INT, NUM, FLAG, TEXT };

static const struct option {
    const char *path, *standard;
    enum option_type type;
    double least, most;
} options[] = {
#define OPTION(id, path, type, def, least, most, scope, text) {path, def, type, least, most},
#include "core/options.def"
#undef OPTION
};

/* Top-level keys beside those of options.def: of the old system's configuration some mean nothing
 * here, or not yet. Known, so no warning. */
static const char *const known_keys[] = {"llm",
                                         "batch",
                                         "execution",
                                         "auto_evolution",
                                         "quality_evaluation",
                                         "registry",
                                         "nodes",
                                         "rag_memory",
                                         "database",
                                         "pattern_recognizer",
                                         "loki",
                                         "filesystem",
                                         "style_extractor",
                                         "logging",
                                         "bugcatcher",
                                         "chat",
                                         "llmapi",
                                         "testing",
                                         "optimization",
                                         "optimization_pressure",
                                         "fine_tuning",
                                         "build",
                                         "git",
                                         "google",
                                         "tools",
                                         "mcp_servers",
                                         "model_tiers",
                                         "role_to_tier_mapping",
                                         "ollama",
                                         "escalation",
                                         "sandbox",
                                         "engine",
                                         "ui",
                                         "budget",
                                         "pipeline",
                                         "gates",
                                         "servers"};

struct config {
    struct json_object *root; /* merged */
    struct json_object *warnings;
    struct json_object *values[OPTION_COUNT]; /* borrowed from root; NULL: the standard */
};

/* ---- ${VAR} ---- */

/* Copies text with its variables replaced; an unset one without a default becomes empty. */
static enum err expand(const char *text, struct buf *out)
{
    const char *end, *start;
    enum err e = ERR_OK;
    while (!e && (start = strstr(text, "${")) && (end = strchr(start, '}'))) {
        char name[128];
        const char *standard = strstr(start, ":-"), *value;
        size_t n = (size_t)((standard && standard < end ? standard : end) - start) - 2;
        e = buf_add(out, text, (size_t)(start - text));
        snprintf(name, sizeof name, "%.*s", (int)(n < 127 ? n : 127), start + 2);
        value = getenv(name);
        if (!e && value && *value)
            e = buf_adds(out, value);
        else if (!e && standard && standard < end)
            e = buf_add(out, standard + 2, (size_t)(end - standard) - 2);
        text = end + 1;
    }
    return e ? e : buf_adds(out, text);
}

static struct json_object *expanded(struct json_object *o)
{
    struct json_object *copy;
    struct buf b;
    switch (json_object_get_type(o)) {
    case json_type_object:
        copy = json_object_new_object();
        json_object_object_foreach(o, key, value)
            json_object_object_add(copy, key, expanded(value));
        return copy;
    case json_type_array:
        copy = json_object_new_array();
        for (size_t i = 0; i < json_object_array_length(o); i++)
            json_object_array_add(copy, expanded(json_object_array_get_idx(o, i)));
        return copy;
    case json_type_string:
        if (!strstr(json_object_get_string(o), "${"))
            return json_object_get(o);
        buf_init(&b, 64 << 10);
        copy = expand(json_object_get_string(o), &b) ? json_object_get(o)
                                                     : json_object_new_string(b.data);
        buf_fini(&b);
        return copy;
    default:
        return json_object_get(o);
    }
}

/* ---- layers ---- */

/* Mappings are merged, everything else is replaced. Takes nothing; `into` is an object. */
static void merge(struct json_object *into, struct json_object *from)
{
    json_object_object_foreach(from, key, value)
    {
        struct json_object *old = json_get(into, key);
        if (old && json_object_is_type(old, json_type_object) &&
            json_object_is_type(value, json_type_object))
            merge(old, value);
        else
            json_object_object_add(into, key, json_object_get(value));
    }
}

static struct json_object *at_path(struct json_object *root, const char *path,
                                   struct json_object **parent, const char **key)
{
    char part[64];
    const char *dot;
    *parent = root;
    while ((dot = strchr(path, '.'))) {
        snprintf(part, sizeof part, "%.*s", (int)(dot - path), path);
        root = json_object_of(root, part);
        *parent = root;
        path = dot + 1;
    }
    *key = path;
    return json_get(root, path);
}

static enum err check_option(const struct yaml_doc *doc, const struct option *o,
                             struct err_info *info)
{
    struct json_object *parent, *value;
    const char *key;
    double n;
    value = at_path(doc->root, o->path, &parent, &key);
    if (!value)
        return ERR_OK;
    if (o->type == FLAG)
        return json_object_is_type(value, json_type_boolean)
                   ? ERR_OK
                   : yaml_fail(doc, parent, key, info, "%s must be true or false", o->path);
    if (o->type == TEXT)
        return json_object_is_type(value, json_type_string)
                   ? ERR_OK
                   : yaml_fail(doc, parent, key, info, "%s must be a text", o->path);
    if (!json_object_is_type(value, json_type_int) &&
        !(o->type == NUM && json_object_is_type(value, json_type_double)))
        return yaml_fail(doc, parent, key, info, "%s must be a number", o->path);
    n = json_object_get_double(value);
    if ((o->least != 0 || o->most != 0) && (n < o->least || n > o->most))
        return yaml_fail(doc, parent, key, info, "%s must be between %g and %g", o->path, o->least,
                         o->most);
    return ERR_OK;
}

/* Levenshtein distance, for "did you mean". Both texts are short. */
static size_t distance(const char *a, const char *b)
{
    size_t row[65], n = strlen(b);
    if (n > 64)
        return n;
    for (size_t j = 0; j <= n; j++)
        row[j] = j;
    for (size_t i = 1; a[i - 1]; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= n; j++) {
            size_t best = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = best;
        }
    }
    return row[n];
}

/* The first word of an option's path. */
static bool has_option(const char *key)
{
    const size_t n = strlen(key);
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        if (strncmp(options[i].path, key, n) == 0 && options[i].path[n] == '.')
            return true;
    return false;
}

static void warn_unknown(struct config *c, const struct yaml_doc *doc)
{
    json_object_object_foreach(doc->root, key, value)
    {
        const char *nearest = NULL;
        size_t best = strlen(key) / 2 < 3 ? strlen(key) / 2 + 1 : 4;
        int line, column;
        char text[512];
        bool known = has_option(key);
        (void)value;
        for (size_t i = 0; i < sizeof known_keys / sizeof *known_keys; i++) {
            size_t d = distance(key, known_keys[i]);
            known |= d == 0;
            if (d < best) {
                best = d;
                nearest = known_keys[i];
            }
        }
        if (known)
            continue;
        yaml_place(doc, doc->root, key, &line, &column);
        snprintf(text, sizeof text, "%.180s:%d:%d: unknown key \"%.64s\"%s%s%s", doc->file, line,
                 column, key, nearest ? ", did you mean \"" : "", nearest ? nearest : "",
                 nearest ? "\"?" : "");
        json_object_array_add(c->warnings, json_object_new_string(text));
    }
}

static enum err check_block(const struct yaml_doc *doc, const char *key, enum json_type type,
                            const char *what, struct err_info *info)
{
    struct json_object *value = json_get(doc->root, key);
    if (!value || json_object_is_type(value, type))
        return ERR_OK;
    return yaml_fail(doc, doc->root, key, info, "%s must be %s", key, what);
}

static enum err add_layer(struct config *c, const char *path, struct err_info *info)
{
    struct yaml_doc doc;
    struct json_object *copy;
    enum err e = yaml_load(path, &doc, info);
    if (e)
        return e;
    if (doc.root && !json_object_is_type(doc.root, json_type_object))
        e = err_at(info, ERR_INPUT, path, 1, 1, "a configuration is a mapping of keys to values");
    for (int i = 0; !e && doc.root && i < OPTION_COUNT; i++)
        e = check_option(&doc, &options[i], info);
    if (!e && doc.root)
        e = check_block(&doc, "llm", json_type_object, "a mapping", info);
    if (!e && doc.root)
        e = escalation_check(&doc, info);
    if (!e && doc.root) {
        warn_unknown(c, &doc);
        copy = expanded(doc.root);
        merge(c->root, copy);
        json_object_put(copy);
    }
    yaml_doc_free(&doc);
    return e;
}

enum err config_load(const char *home, const char *file, struct config **out, struct err_info *info)
{
    struct config *c = calloc(1, sizeof *c);
    char path[PATH_SIZE];
    enum err e = ERR_OK;
    *out = NULL;
    if (!c)
        return err_set(info, ERR_NOMEM, "out of memory");
    c->root = json_object_new_object();
    c->warnings = json_object_new_array();
    if (path_join(path, home, "config.yaml") == ERR_OK && path_exists(path))
        e = add_layer(c, path, info);
    if (!e && file)
        e = add_layer(c, file, info);
    if (e) {
        config_free(c);
        return e;
    }
    for (int i = 0; i < OPTION_COUNT; i++) {
        struct json_object *parent;
        const char *key;
        c->values[i] = at_path(c->root, options[i].path, &parent, &key);
    }
    *out = c;
    return ERR_OK;
}

void config_free(struct config *c)
{
    if (!c)
        return;
    json_object_put(c->root);
    json_object_put(c->warnings);
    free(c);
}

int64_t config_int(const struct config *c, enum option_id id)
{
    return c->values[id] ? json_object_get_int64(c->values[id])
                         : strtoll(options[id].standard, NULL, 10);
}

double config_num(const struct config *c, enum option_id id)
{
    return c->values[id] ? json_object_get_double(c->values[id])
                         : strtod(options[id].standard, NULL);
}

bool config_flag(const struct config *c, enum option_id id)
{
    return c->values[id] ? json_object_get_boolean(c->values[id])
                         : strcmp(options[id].standard, "true") == 0;
}

const char *config_text(const struct config *c, enum option_id id)
{
    return c->values[id] ? json_object_get_string(c->values[id]) : options[id].standard;
}

struct json_object *config_llm(const struct config *c)
{
    return json_object_of(c->root, "llm");
}

struct json_object *config_escalation(const struct config *c)
{
    return json_array(c->root, "escalation");
}

struct json_object *config_warnings(const struct config *c)
{
    return c->warnings;
}
