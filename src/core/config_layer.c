/* One layer onto those below it: what it may say, and where every value came from. */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/nearest.h"
#include "core/config_internal.h"
#include "core/escalation.h"

extern char **environ;

/* A document on its way into the configuration. */
struct incoming {
    struct config *c;
    const struct yaml_doc *doc;
    const struct layer *layer;
    int index;
    bool engine_only;
    struct buf refused; /* of a project: what it may not say */
    struct err_info *info;
};

/* ---- small parts ---- */

bool config_join(char out[CONFIG_PATH_MAX], const char *path, const char *key)
{
    return snprintf(out, CONFIG_PATH_MAX, "%s%s%s", path, *path ? "." : "", key) < CONFIG_PATH_MAX;
}

struct json_object *config_at(struct json_object *root, const char *path)
{
    char part[64];
    const char *dot;
    while ((dot = strchr(path, '.'))) {
        snprintf(part, sizeof part, "%.*s", (int)(dot - path), path);
        root = json_object_of(root, part);
        path = dot + 1;
    }
    return json_get(root, path);
}

void config_refresh(struct config *c)
{
    for (int i = 0; i < OPTION_COUNT; i++)
        c->values[i] = config_at(c->root, config_options[i].path);
}

void config_warn(struct config *c, const struct layer *layer, int line, int column,
                 const char *format, ...)
{
    char text[512], whole[PATH_SIZE + 600];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (layer && line)
        snprintf(whole, sizeof whole, "%s:%d:%d: %s", layer->file, line, column, text);
    else
        snprintf(whole, sizeof whole, "%s%s%s", layer ? layer->file : "", layer ? ": " : "", text);
    json_object_array_add(c->warnings, json_object_new_string(whole));
    if (layer && layer->kind >= LAYER_PROJECT)
        json_object_array_add(c->own_warnings, json_object_new_string(whole));
}

/* ---- places ---- */

static void put_place(struct incoming *in, const char *path, int line, int column)
{
    int64_t packed =
        (int64_t)in->index << 52 | (int64_t)(line & 0xfffffff) << 24 | (column & 0xffffff);
    json_add_i64(in->c->places, path, packed);
    json_object_object_del(in->c->variables, path);
}

static void forget_below(struct json_object *table, const char *path)
{
    const size_t n = strlen(path);
    json_object_object_foreach(table, key, value)
    {
        (void)value;
        if (strncmp(key, path, n) == 0 && key[n] == '.')
            json_object_object_del(table, key);
    }
}

int config_layer_of(const struct config *c, const char *path)
{
    struct json_object *packed = json_get(c->places, path);
    return packed ? (int)(json_object_get_int64(packed) >> 52) : -1;
}

/* ---- copying ---- */

static struct json_object *take(struct incoming *in, struct json_object *value, const char *path);

static struct json_object *take_text(struct incoming *in, struct json_object *value,
                                     const char *path)
{
    int64_t packed = json_object_get_int64(json_get(in->c->places, path));
    if (config_is_secret(path))
        config_warn_literal(in->c, in->layer, path, json_object_get_string(value),
                            (int)(packed >> 24 & 0xfffffff), (int)(packed & 0xffffff));
    /* what a project asks for goes into the journal; it must not carry the environment there */
    return in->layer->kind == LAYER_PROJECT ? json_object_get(value)
                                            : config_expand(in->c, path, value);
}

/* A copy with its variables expanded; its places are noted. */
static struct json_object *take(struct incoming *in, struct json_object *value, const char *path)
{
    struct json_object *copy;
    char at[CONFIG_PATH_MAX], number[24];
    int line, column;
    switch (json_object_get_type(value)) {
    case json_type_object:
        copy = json_object_new_object();
        json_object_object_foreach(value, key, member)
        {
            bool fits = config_join(at, path, key);
            yaml_place(in->doc, value, key, &line, &column);
            if (fits)
                put_place(in, at, line, column);
            json_object_object_add(copy, key, fits ? take(in, member, at) : NULL);
        }
        return copy;
    case json_type_array:
        copy = json_object_new_array();
        for (size_t i = 0; i < json_object_array_length(value); i++) {
            struct json_object *item = json_object_array_get_idx(value, i);
            bool fits;
            snprintf(number, sizeof number, "%zu", i);
            fits = config_join(at, path, number);
            yaml_place(in->doc, item, NULL, &line, &column);
            if (fits)
                put_place(in, at, line, column);
            json_object_array_add(copy, fits ? take(in, item, at) : NULL);
        }
        return copy;
    case json_type_string:
        return take_text(in, value, path);
    default:
        return json_object_get(value);
    }
}

/* ---- what a layer may say ---- */

/* Of a project: the values that loosen what the person allows. 0 tokens are no limit. */
static bool loosens(const struct config *c, enum option_id id, struct json_object *value)
{
    int64_t now = config_int(c, id), wanted = json_object_get_int64(value);
    const bool zero_is_none = config_options[id].least == 0;
    if (!config_option_is_limit(id))
        return false;
    if (zero_is_none && now == 0)
        return false;
    return (zero_is_none && wanted == 0) || wanted > now;
}

static bool allowed(struct incoming *in, struct json_object *parent, const char *key,
                    struct json_object *value, const char *path)
{
    enum option_scope scope = config_scope(path);
    enum option_id id = config_option_named(path);
    int line, column;
    if (in->layer->kind == LAYER_JOB)
        return scope == SCOPE_JOB;
    if (in->engine_only && in->layer->kind >= LAYER_PROJECT)
        return scope == SCOPE_ENGINE;
    if (in->layer->kind != LAYER_PROJECT)
        return true;
    if (scope == SCOPE_ENGINE) {
        if (id != OPTION_COUNT || !config_keys_unused(path))
            (void)!buf_addf(&in->refused, "%s%s", in->refused.len ? ", " : "", path);
        return false;
    }
    if (id == OPTION_COUNT || !loosens(in->c, id, value))
        return true;
    yaml_place(in->doc, parent, key, &line, &column);
    config_warn(in->c, in->layer, line, column,
                "a project may only lower %s; %lld stays (say it in your own configuration, or "
                "with --set)",
                path, (long long)config_int(in->c, id));
    return false;
}

/* Mappings are merged, everything else is replaced. */
static void merge(struct incoming *in, struct json_object *into, struct json_object *from,
                  const char *path)
{
    json_object_object_foreach(from, key, value)
    {
        struct json_object *old = json_get(into, key);
        const bool mapping = json_object_is_type(value, json_type_object);
        char at[CONFIG_PATH_MAX];
        int line, column;
        if (!config_join(at, path, key))
            continue;
        yaml_place(in->doc, from, key, &line, &column);
        if (mapping && config_option_within(at)) { /* decided member by member */
            struct json_object *block = json_object_of(into, key);
            struct json_object *mine = block ? json_object_get(block) : json_object_new_object();
            merge(in, mine, value, at);
            if (!block && json_object_object_length(mine)) {
                put_place(in, at, line, column);
                json_object_object_add(into, key, json_object_get(mine));
            }
            json_object_put(mine);
            continue;
        }
        /* only the layers' top is asked, and what lies beside an option */
        if ((!*path || config_option_within(path)) && !allowed(in, from, key, value, at))
            continue;
        put_place(in, at, line, column);
        if (mapping && old && json_object_is_type(old, json_type_object)) {
            merge(in, old, value, at);
            continue;
        }
        forget_below(in->c->places, at);
        forget_below(in->c->variables, at);
        json_object_object_add(into, key, take(in, value, at));
    }
}

/* ---- checking ---- */

static bool refused(const struct incoming *in, const struct option *o, struct json_object *value,
                    char why[160])
{
    struct json_object *said =
        in->layer->kind != LAYER_PROJECT && json_object_is_type(value, json_type_string)
            ? config_expand(NULL, o->path, value)
            : json_object_get(value);
    bool no = config_option_refuses(o, said, why);
    json_object_put(said);
    return no;
}

static enum err check_options(struct incoming *in)
{
    char why[160], key[64];
    for (int i = 0; i < OPTION_COUNT; i++) {
        const struct option *o = &config_options[i];
        struct json_object *parent = in->doc->root, *value;
        const char *at = o->path, *dot;
        while ((dot = strchr(at, '.'))) {
            snprintf(key, sizeof key, "%.*s", (int)(dot - at), at);
            parent = json_object_of(parent, key);
            at = dot + 1;
        }
        if (!parent || !json_object_object_get_ex(parent, at, &value))
            continue;
        if (refused(in, o, value, why))
            return yaml_fail(in->doc, parent, at, in->info, "%s", why);
        if (o->type == TEXT && o->scope != SCOPE_ENGINE &&
            config_takes_secret(json_object_get_string(value)))
            return yaml_fail(in->doc, parent, at, in->info,
                             "%s takes a variable that holds a secret, which would be shown",
                             o->path);
    }
    return ERR_OK;
}

static enum err check_stages(struct incoming *in)
{
    struct json_object *list = json_array(in->doc->root, "escalation");
    enum err e = escalation_check(in->doc, in->info);
    for (size_t i = 0; !e && list && i < json_object_array_length(list); i++) {
        struct json_object *entry = json_object_array_get_idx(list, i);
        json_object_object_foreach(entry, key, value)
        {
            if (json_object_is_type(value, json_type_string) &&
                config_takes_secret(json_object_get_string(value)))
                return yaml_fail(in->doc, entry, key, in->info,
                                 "%s of a stage takes a variable that holds a secret, which would "
                                 "be shown",
                                 key);
        }
    }
    return e;
}

static const char *base_name(const char *path)
{
    return strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
}

static void tell_refused(struct incoming *in)
{
    if (in->refused.len)
        config_warn(in->c, in->layer, 0, 0,
                    "not taken from a project: %.200s; who works on it decides that (put it into "
                    "your own config.yaml, or use --config %.100s)",
                    in->refused.data, base_name(in->layer->file));
}

enum err config_add_doc(struct config *c, enum layer_kind kind, const char *file,
                        const struct yaml_doc *doc, bool engine_only, struct err_info *info)
{
    struct incoming in = {
        .c = c, .doc = doc, .index = c->layer_count, .engine_only = engine_only, .info = info};
    struct layer *layer = &c->layers[c->layer_count];
    enum err e;
    if (c->layer_count >= LAYERS_MAX)
        return err_set(info, ERR_INTERNAL, "too many layers of configuration");
    if (!doc->root)
        return ERR_OK;
    if (!json_object_is_type(doc->root, json_type_object))
        return err_at(info, ERR_INPUT, file, 1, 1,
                      "a configuration is a mapping of keys to values");
    layer->kind = kind;
    snprintf(layer->file, sizeof layer->file, "%s", file);
    in.layer = layer;
    c->layer_count++;
    e = check_options(&in);
    if (!e)
        e = config_keys_check(c, layer, doc, info);
    if (!e)
        e = check_stages(&in);
    if (e)
        return e;
    buf_init(&in.refused, 4096);
    merge(&in, c->root, doc->root, "");
    tell_refused(&in);
    buf_fini(&in.refused);
    config_refresh(c);
    return ERR_OK;
}

/* ---- environment and --set ---- */

void config_put_at(struct json_object *root, const char *path, struct json_object *value)
{
    char part[CONFIG_PATH_MAX];
    const char *dot;
    while ((dot = strchr(path, '.'))) {
        struct json_object *next;
        snprintf(part, sizeof part, "%.*s", (int)(dot - path), path);
        next = json_object_of(root, part);
        if (!next) {
            next = json_object_new_object();
            json_object_object_add(root, part, next);
        }
        root = next;
        path = dot + 1;
    }
    json_object_object_add(root, path, value);
}

/* One value as YAML reads it; a text for an option that is one. */
static enum err parse_value(const char *name, const char *path, const char *text,
                            struct json_object **out, struct err_info *info)
{
    enum option_id id = config_option_named(path);
    struct yaml_doc doc;
    enum err e;
    *out = NULL;
    if (id != OPTION_COUNT && config_options[id].type == TEXT) {
        *out = json_object_new_string(text);
        return ERR_OK;
    }
    e = yaml_parse(text, strlen(text), name, &doc, info);
    if (e)
        return e;
    *out = json_object_get(doc.root);
    yaml_doc_free(&doc);
    return ERR_OK;
}

/* One layer for each, so that an error names the variable or the flag. */
static enum err add_one(struct config *c, enum layer_kind kind, const char *name, const char *path,
                        const char *text, bool engine_only, struct err_info *info)
{
    struct yaml_doc doc = {0};
    struct json_object *value;
    enum err e = parse_value(name, path, text, &value, info);
    if (e)
        return e;
    snprintf(doc.file, sizeof doc.file, "%.190s", name);
    doc.root = json_object_new_object();
    config_put_at(doc.root, path, value);
    e = config_add_doc(c, kind, name, &doc, engine_only, info);
    json_object_put(doc.root);
    return e;
}

/* A variable that begins like a block's options but is none of them: likely a slip of the pen. */
static void warn_variable(struct config *c, const char *name, size_t n)
{
    char standard[96], typed[96];
    struct layer layer = {.kind = LAYER_ENVIRONMENT};
    const char *nearest = NULL;
    int best;
    snprintf(typed, sizeof typed, "%.*s", (int)(n < 95 ? n : 95), name);
    snprintf(layer.file, sizeof layer.file, "environment %s", typed);
    best = nearest_allowed(typed) + 1;
    for (int i = 0; i < OPTION_COUNT; i++) {
        int d;
        config_option_variable((enum option_id)i, standard);
        d = nearest_distance(typed, standard);
        if (d == 0)
            return;
        if (d < best) {
            best = d;
            nearest = config_options[i].path;
        }
    }
    if (!nearest)
        return; /* DISE_HOME and its like, and what others use */
    config_option_variable(config_option_named(nearest), standard);
    config_warn(c, &layer, 0, 0, "no option of this name, did you mean %s?", standard);
}

enum err config_add_environment(struct config *c, bool engine_only, struct err_info *info)
{
    struct yaml_doc doc = {.root = json_object_new_object(), .file = "environment"};
    enum err e = ERR_OK;
    for (int i = 0; !e && i < OPTION_COUNT; i++) {
        char name[96], where[112], why[160];
        struct json_object *value;
        const char *text;
        config_option_variable((enum option_id)i, name);
        text = getenv(name);
        if (!text || !*text)
            continue;
        snprintf(where, sizeof where, "environment %s", name);
        e = parse_value(where, config_options[i].path, text, &value, info);
        if (!e && config_option_refuses(&config_options[i], value, why)) {
            json_object_put(value);
            e = err_at(info, ERR_INPUT, where, 0, 0, "%s", why);
        }
        if (!e)
            config_put_at(doc.root, config_options[i].path, value);
    }
    for (char **at = environ; !e && *at; at++)
        if (strncmp(*at, "DISE_", 5) == 0 && strchr(*at, '='))
            warn_variable(c, *at, strcspn(*at, "="));
    if (!e && json_object_object_length(doc.root))
        e = config_add_doc(c, LAYER_ENVIRONMENT, "environment", &doc, engine_only, info);
    json_object_put(doc.root);
    return e;
}

static enum err check_set(const char *set, char path[CONFIG_PATH_MAX], struct err_info *info)
{
    const char *equals = strchr(set, '='), *nearest;
    if (!equals || equals == set || equals - set >= CONFIG_PATH_MAX)
        return err_set(info, ERR_INPUT,
                       "--set wants path=value, such as --set pipeline.tests=false");
    snprintf(path, CONFIG_PATH_MAX, "%.*s", (int)(equals - set), set);
    if (config_is_secret(path))
        return err_set(info, ERR_INPUT,
                       "--set %.100s: others can read a command line; put a key into the "
                       "environment or into a file (%.60s_file)",
                       path, strrchr(path, '.') ? strrchr(path, '.') + 1 : path);
    if (config_option_named(path) != OPTION_COUNT || config_keys_known(path))
        return ERR_OK;
    nearest = config_keys_nearest(path);
    return err_set(info, ERR_INPUT, "--set: there is no \"%.100s\"%s%.100s%s", path,
                   nearest ? ", did you mean \"" : "", nearest ? nearest : "",
                   nearest ? "\"?" : " (dise config show lists them)");
}

/* Each is merged by itself, so that the last of two holds. They share one layer's name. */
enum err config_add_sets(struct config *c, const char *const *sets, bool engine_only,
                         struct err_info *info)
{
    enum err e = ERR_OK;
    for (; !e && sets && *sets; sets++) {
        char path[CONFIG_PATH_MAX], name[CONFIG_PATH_MAX + 8];
        e = check_set(*sets, path, info);
        if (e)
            break;
        snprintf(name, sizeof name, "--set %s", path);
        if (c->layer_count && c->layers[c->layer_count - 1].kind == LAYER_FLAG)
            c->layer_count--;
        e = add_one(c, LAYER_FLAG, name, path, strchr(*sets, '=') + 1, engine_only, info);
        snprintf(c->layers[c->layer_count - 1].file, PATH_SIZE, "--set");
    }
    return e;
}
