#include "core/config_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- reading ---- */

static struct config *config_new(void)
{
    struct config *c = calloc(1, sizeof *c);
    if (!c)
        return NULL;
    c->refs = 1;
    c->root = json_object_new_object();
    c->places = json_object_new_object();
    c->variables = json_object_new_object();
    c->warnings = json_object_new_array();
    c->own_warnings = json_object_new_array();
    c->layer_count = 1; /* the built-in values */
    return c;
}

static enum err add_file(struct config *c, enum layer_kind kind, const char *path, bool engine_only,
                         struct err_info *info)
{
    struct yaml_doc doc;
    enum err e = yaml_load(path, &doc, info);
    if (e)
        return e;
    e = config_add_doc(c, kind, path, &doc, engine_only, info);
    yaml_doc_free(&doc);
    return e;
}

/* The system's and the user's. */
static enum err add_common(struct config *c, const struct config_sources *s, struct err_info *info)
{
    char path[PATH_SIZE];
    enum err e = ERR_OK;
    config_system_file(path);
    if (path_exists(path))
        e = add_file(c, LAYER_SYSTEM, path, false, info);
    if (!e && config_user_file(path))
        e = add_file(c, LAYER_USER, path, false, info);
    if (!e && path_join(path, s->home, "config.yaml") == ERR_OK && path_exists(path))
        e = add_file(c, LAYER_USER, path, false, info);
    return e;
}

static enum err add_project(struct config *c, const struct config_sources *s, struct err_info *info)
{
    struct layer layer = {.kind = LAYER_PROJECT};
    bool foreign;
    if (!config_project_file(s->cwd, s->home, layer.file, &foreign))
        return ERR_OK;
    if (!foreign)
        return add_file(c, LAYER_PROJECT, layer.file, false, info);
    config_warn(
        c, &layer, 0, 0,
        "not read: it belongs to somebody else, or others may write it (chown or chmod it)");
    return ERR_OK;
}

enum err config_read(const struct config_sources *s, struct config **out, struct err_info *info)
{
    struct config *c = config_new();
    enum err e = ERR_OK;
    *out = NULL;
    if (!c)
        return err_set(info, ERR_NOMEM, "out of memory");
    if (s->home)
        e = add_common(c, s, info);
    if (!e && s->cwd)
        e = add_project(c, s, info);
    if (!e && s->file)
        e = add_file(c, LAYER_FILE, s->file, s->engine_only, info);
    if (!e && s->environment)
        e = config_add_environment(c, s->engine_only, info);
    if (!e)
        e = config_add_sets(c, s->sets, s->engine_only, info);
    if (!e && s->keys)
        e = config_read_keys(c, info);
    if (e) {
        config_free(c);
        return e;
    }
    *out = c;
    return ERR_OK;
}

enum err config_load(const char *home, const char *file, struct config **out, struct err_info *info)
{
    return config_read(&(struct config_sources){.home = home, .file = file, .keys = true}, out,
                       info);
}

void config_files(const struct config *c, const struct config_sources *s,
                  void (*each)(void *arg, const char *path), void *arg)
{
    struct json_object *backends = json_object_of(config_llm(c), "backends");
    char path[PATH_SIZE];
    config_system_file(path);
    each(arg, path);
    if (config_user_file(path))
        each(arg, path);
    if (s->home && path_join(path, s->home, "config.yaml") == ERR_OK)
        each(arg, path);
    if (s->file)
        each(arg, s->file);
    json_object_object_foreach(c->variables, key, from)
    {
        const char *text = json_object_get_string(from);
        (void)key;
        if (strncmp(text, "file ", 5) == 0)
            each(arg, text + 5);
    }
    if (backends) {
        json_object_object_foreach(backends, name, entry)
        {
            (void)name;
            if (*json_str(entry, "file", ""))
                each(arg, json_str(entry, "file", ""));
        }
    }
}

struct config *config_ref(const struct config *c)
{
    struct config *counted = (struct config *)(uintptr_t)c;
    counted->refs++;
    return counted;
}

void config_free(struct config *c)
{
    if (!c || --c->refs)
        return;
    json_object_put(c->root);
    json_object_put(c->places);
    json_object_put(c->variables);
    json_object_put(c->warnings);
    json_object_put(c->own_warnings);
    free(c);
}

/* ---- values ---- */

int64_t config_int(const struct config *c, enum option_id id)
{
    return c->values[id] ? json_object_get_int64(c->values[id])
                         : strtoll(config_options[id].standard, NULL, 10);
}

double config_num(const struct config *c, enum option_id id)
{
    return c->values[id] ? json_object_get_double(c->values[id])
                         : strtod(config_options[id].standard, NULL);
}

bool config_flag(const struct config *c, enum option_id id)
{
    return c->values[id] ? json_object_get_boolean(c->values[id])
                         : strcmp(config_options[id].standard, "true") == 0;
}

const char *config_text(const struct config *c, enum option_id id)
{
    return c->values[id] ? json_object_get_string(c->values[id]) : config_options[id].standard;
}

struct json_object *config_root(const struct config *c)
{
    return c->root;
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

struct json_object *config_own_warnings(const struct config *c)
{
    return c->own_warnings;
}

/* ---- places ---- */

static const char *layer_name(enum layer_kind kind)
{
    static const char *const names[] = {
        [LAYER_BUILT_IN] = "built-in", [LAYER_SYSTEM] = "system",
        [LAYER_USER] = "user",         [LAYER_PROJECT] = "project",
        [LAYER_FILE] = "--config",     [LAYER_ENVIRONMENT] = "environment",
        [LAYER_FLAG] = "--set",        [LAYER_JOB] = "job",
    };
    return names[kind];
}

bool config_place(const struct config *c, const char *path, struct config_place *out)
{
    struct json_object *packed = json_get(c->places, path);
    const struct layer *layer;
    int64_t n;
    *out = (struct config_place){.layer = layer_name(LAYER_BUILT_IN)};
    if (!packed)
        return false;
    n = json_object_get_int64(packed);
    layer = &c->layers[n >> 52];
    out->layer = layer_name(layer->kind);
    out->line = (int)(n >> 24 & 0xfffffff);
    out->column = (int)(n & 0xffffff);
    out->variable = json_str(c->variables, path, NULL);
    if (layer->kind == LAYER_ENVIRONMENT && config_option_named(path) != OPTION_COUNT) {
        char name[96];
        config_option_variable(config_option_named(path), name);
        snprintf(out->file, sizeof out->file, "environment %s", name);
    } else {
        size_t length = strlen(layer->file);
        snprintf(out->file, sizeof out->file, "%s",
                 layer->file + (length >= sizeof out->file ? length - sizeof out->file + 1 : 0));
    }
    return true;
}

enum err config_fail(const struct config *c, const char *path, struct err_info *info,
                     const char *format, ...)
{
    char text[512], at[CONFIG_PATH_MAX], *dot;
    struct config_place place = {0};
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    snprintf(at, sizeof at, "%s", path);
    while (!config_place(c, at, &place) && (dot = strrchr(at, '.')))
        *dot = 0;
    return err_at(info, ERR_INPUT, place.file, place.line, place.column, "%s", text);
}
