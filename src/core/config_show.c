/* The configuration as rows for people: value, default, origin, scope and text; never a secret. */
#include <stdio.h>
#include <string.h>

#include "core/config_internal.h"

static const char *const scope_names[] = {"engine", "job", "dashboard"};

/* ---- values ---- */

/* "https://name:word@host/…" → "https://…@host/…"; false: there is nothing to hide. */
static bool hide_login(const char *text, struct buf *out)
{
    const char *host = strstr(text, "://"), *at;
    if (!host)
        return false;
    host += 3;
    at = memchr(host, '@', strcspn(host, "/?#"));
    return at && buf_addf(out, "%.*s…%s", (int)(host - text), text, at) == ERR_OK;
}

static void place_text(const struct config_place *p, char *out, size_t size)
{
    if (p->line)
        snprintf(out, size, "%s:%d:%d", p->file, p->line, p->column);
    else
        snprintf(out, size, "%s", *p->file ? p->file : p->layer);
}

/* How a secret is shown: that it is there, and where it comes from. */
static struct json_object *hidden(const struct config_place *p, struct json_object *value)
{
    char text[400], from[300];
    const bool set = value && strcmp(json_object_get_string(value), "") != 0;
    place_text(p, from, sizeof from);
    snprintf(text, sizeof text, "%s (%s)", set ? "set" : "not set",
             p->variable ? p->variable : from);
    return json_object_new_string(text);
}

static struct json_object *shown(const struct config_place *p, bool secret,
                                 struct json_object *value)
{
    struct json_object *copy;
    struct buf b;
    if (secret)
        return hidden(p, value);
    if (!json_object_is_type(value, json_type_string))
        return json_object_get(value);
    buf_init(&b, 4096);
    copy = hide_login(json_object_get_string(value), &b) ? json_object_new_string(b.data)
                                                         : json_object_get(value);
    buf_fini(&b);
    return copy;
}

struct json_object *config_shown_plain(const char *path, struct json_object *value)
{
    struct json_object *copy;
    const char *text;
    struct buf b;
    if (!json_object_is_type(value, json_type_string))
        return config_is_secret(path) && value ? json_object_new_string("***")
                                               : json_object_get(value);
    text = json_object_get_string(value);
    if (config_is_secret(path) && *text && (!strstr(text, "${") || strstr(text, ":-")))
        return json_object_new_string("***");
    buf_init(&b, 4096);
    copy = hide_login(text, &b) ? json_object_new_string(b.data) : json_object_get(value);
    buf_fini(&b);
    return copy;
}

static bool secret_source(const struct config_place *p)
{
    static const char mark[] = "environment ";
    char text[160];
    if (!p->variable || strncmp(p->variable, mark, sizeof mark - 1) != 0)
        return p->variable != NULL; /* out of a key's file */
    snprintf(text, sizeof text, "${%.150s}", p->variable + sizeof mark - 1);
    return config_takes_secret(text);
}

static struct json_object *row_of(const struct config *c, const char *path, bool secret,
                                  struct json_object *value)
{
    struct json_object *o = json_object_new_object();
    const enum option_id id = config_option_named(path);
    struct config_place p;
    char from[300];
    config_place(c, path, &p);
    place_text(&p, from, sizeof from);
    secret = secret || config_is_secret(path) || secret_source(&p);
    json_add_str(o, "path", path);
    json_object_object_add(o, "value", shown(&p, secret, value));
    json_add_bool(o, "secret", secret);
    json_add_str(o, "layer", p.layer);
    json_add_str(o, "from", from);
    json_add_str(o, "file", p.file);
    json_add_i64(o, "line", p.line);
    json_add_i64(o, "column", p.column);
    json_add_str(o, "variable", p.variable);
    json_add_str(
        o, "scope",
        scope_names[strncmp(path, "escalation", 10) == 0 ? SCOPE_JOB : config_scope(path)]);
    json_add_bool(o, "used", !config_keys_unused(path));
    if (id != OPTION_COUNT) {
        json_object_object_add(o, "default", config_standard(&config_options[id]));
        json_add_str(o, "text", config_options[id].text);
    }
    return o;
}

/* ---- rows ---- */

/* The path itself, or one below it; "" takes all. */
static bool wanted(const char *path, const char *prefix)
{
    const size_t n = strlen(prefix);
    return !n || (strncmp(path, prefix, n) == 0 && (!path[n] || path[n] == '.'));
}

struct walk {
    const struct config *c;
    const char *prefix;
    bool unused; /* rows of those that nothing uses; else of all others */
    struct json_object *rows;
    char path[CONFIG_PATH_MAX];
};

static void add_row(struct walk *w, bool secret, struct json_object *value)
{
    if (wanted(w->path, w->prefix) && config_option_named(w->path) == OPTION_COUNT &&
        (*w->prefix || config_keys_unused(w->path) == w->unused))
        json_object_array_add(w->rows, row_of(w->c, w->path, secret, value));
}

static void walk(struct walk *w, bool secret, struct json_object *value);

static void walk_member(struct walk *w, bool secret, const char *key, struct json_object *value)
{
    const size_t n = strlen(w->path);
    if (n + strlen(key) + 2 > sizeof w->path)
        return;
    snprintf(w->path + n, sizeof w->path - n, "%s%s", n ? "." : "", key);
    walk(w, secret || config_is_secret(w->path), value);
    w->path[n] = 0;
}

/* Leaves, and blocks that nothing uses as one row each. */
static void walk(struct walk *w, bool secret, struct json_object *value)
{
    const bool whole = *w->path && !*w->prefix && config_keys_unused(w->path);
    char number[24];
    if (whole && json_object_get_type(value) == json_type_object) {
        add_row(w, secret, NULL);
    } else if (json_object_is_type(value, json_type_object) &&
               (json_object_object_length(value) || config_option_within(w->path))) {
        json_object_object_foreach(value, key, member) walk_member(w, secret, key, member);
    } else if (json_object_is_type(value, json_type_array) && json_object_array_length(value)) {
        for (size_t i = 0; i < json_object_array_length(value); i++) {
            snprintf(number, sizeof number, "%zu", i);
            walk_member(w, secret, number, json_object_array_get_idx(value, i));
        }
    } else if (*w->path) {
        add_row(w, secret, value);
    }
}

static struct json_object *value_of(const struct config *c, int id)
{
    return c->values[id] ? json_object_get(c->values[id]) : config_standard(&config_options[id]);
}

struct json_object *config_rows(const struct config *c, const char *prefix, bool unused)
{
    struct walk w = {.c = c, .prefix = prefix, .unused = unused};
    w.rows = json_object_new_array();
    for (int i = 0; !unused && i < OPTION_COUNT; i++) {
        struct json_object *value = value_of(c, i);
        if (wanted(config_options[i].path, prefix))
            json_object_array_add(w.rows, row_of(c, config_options[i].path, false, value));
        json_object_put(value);
    }
    walk(&w, false, c->root);
    return w.rows;
}
