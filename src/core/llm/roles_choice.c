/* Reading one choice of a model, with its place, and putting it into the table. */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/llm/roles_internal.h"

/* ---- places and complaints ---- */

/* Its own place, or that of the nearest mapping around it. */
static bool place_of_path(const struct roles_reader *r, const char *path, char file[192], int *line,
                          int *column)
{
    char at[ROLES_PATH_MAX + 64], *dot;
    *line = *column = 0;
    file[0] = 0;
    snprintf(at, sizeof at, "%s", path);
    while (r->source->place && !r->source->place(r->source->arg, at, file, line, column)) {
        dot = strrchr(at, '.');
        if (!dot)
            return false;
        *dot = 0;
    }
    return r->source->place != NULL;
}

enum err roles_fail(struct roles_reader *r, const char *path, const char *format, ...)
{
    char text[400], file[192];
    int line, column;
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (place_of_path(r, path, file, &line, &column))
        return err_at(r->info, ERR_INPUT, file, line, column, "%s", text);
    return err_set(r->info, ERR_INPUT, "%s", text);
}

/* "…, did you mean "x"?" or what there is to choose from. */
enum err roles_fail_name(struct roles_reader *r, const char *path, const char *what,
                         const char *name, const char *const *names, int n)
{
    const char *near = roles_nearest(name, names, n);
    char list[160] = "";
    if (near)
        return roles_fail(r, path, "%s \"%.64s\", did you mean \"%.64s\"?", what, name, near);
    for (int i = 0; i < n && strlen(list) < 120; i++)
        snprintf(list + strlen(list), sizeof list - strlen(list), "%s%.30s", i ? ", " : "",
                 names[i]);
    return roles_fail(r, path, "%s \"%.64s\"; there %s %s%s", what, name, n == 1 ? "is" : "are",
                      n ? list : "none", n && strlen(list) >= 120 ? " …" : "");
}

void roles_warn(struct roles_reader *r, const char *format, ...)
{
    char text[400];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    json_object_array_add(r->out->warnings, json_object_new_string(text));
}

void roles_how(const struct roles_reader *r, struct role_choice *c, const char *path)
{
    char file[192];
    const char *tail;
    int line, column;
    if (!place_of_path(r, path, file, &line, &column)) {
        snprintf(c->how, sizeof c->how, "%.190s", path);
        return;
    }
    tail = strlen(file) > 90 ? file + strlen(file) - 90 : file;
    snprintf(c->how, sizeof c->how, "%.80s, %.90s:%d:%d", path, tail, line, column);
}

int roles_keys(struct json_object *o, const char *names[], int max)
{
    int n = 0;
    if (!o)
        return 0;
    json_object_object_foreach(o, key, value)
    {
        (void)value;
        if (n < max)
            names[n++] = key;
    }
    return n;
}

/* ---- one choice ---- */

enum err roles_read_number(struct roles_reader *r, struct json_object *o, const char *key,
                           const char *path, double unit, int *out)
{
    struct json_object *value = json_get(o, key);
    char at[ROLES_PATH_MAX + 32];
    double n;
    if (!value)
        return ERR_OK;
    n = json_object_get_double(value) * unit;
    if ((json_object_is_type(value, json_type_int) ||
         json_object_is_type(value, json_type_double)) &&
        n > 0 && n < 2e9) {
        *out = (int)n;
        return ERR_OK;
    }
    snprintf(at, sizeof at, "%s.%s", path, key);
    return roles_fail(r, at, "%s must be a number above 0%s", at, unit > 1 ? ", in seconds" : "");
}

static bool is_openai(const char *model)
{
    return (strncmp(model, "gpt-", 4) == 0 && strncmp(model, "gpt-oss", 7) != 0) ||
           strncmp(model, "chatgpt-", 8) == 0 || (model[0] == 'o' && isdigit((uint8_t)model[1]));
}

/* Whose model a name without a backend is: a provider's own names tell, unless the backend serves
 * models under names that a person has given them. */
static const char *backend_of_model(const struct roles_reader *r, const char *model,
                                    const char *standard)
{
    const char *whose = strchr(model, ':') || strchr(model, '/') ? NULL
                        : is_openai(model)                       ? "openai"
                        : strncmp(model, "claude-", 7) == 0      ? "anthropic"
                                                                 : NULL;
    struct known_backend *b = roles_known_backend(r->out, standard);
    if (!whose || strcmp(standard, "azure") == 0 || !(roles_is_known(standard) || !*standard) ||
        strcmp(standard, "replay") == 0 ||
        (roles_needs_key(standard) && b && json_str(b->b.entry, "base_url", NULL) &&
         !strstr(json_str(b->b.entry, "base_url", ""), "//api.")))
        return standard;
    return whose;
}

/* Context by the model's name: {name: n, default: n}, which stands in three places. */
static int window_of(const struct roles_reader *r, const char *model)
{
    struct json_object *where[] = {json_object_of(r->llm, "context_windows"),
                                   json_object_of(r->root, "context_windows"),
                                   json_object_of(r->legacy, "context_windows")};
    for (int i = 0; i < 3; i++)
        if (json_i64(where[i], model, 0) > 0)
            return (int)json_i64(where[i], model, 0);
    for (int i = 0; i < 3; i++)
        if (json_i64(where[i], "default", 0) > 0)
            return (int)json_i64(where[i], "default", 0);
    return 0;
}

static void fill_choice(struct roles_reader *r, struct role_choice *c)
{
    const struct roles_backend *b = roles_backend_of(r->out, c->backend);
    struct json_object *timeouts = json_object_of(r->llm, "model_timeouts");
    double s = json_f64(timeouts, c->model, json_f64(timeouts, "default", 0));
    if (!c->context_tokens)
        c->context_tokens = window_of(r, c->model);
    if (!c->timeout_ms && s <= 0 && b)
        s = json_f64(b->entry, "timeout", 0);
    if (!c->timeout_ms && s > 0 && s < 2e6)
        c->timeout_ms = (int)(s * 1000);
}

static enum err set_backend(struct roles_reader *r, struct role_choice *c, const char *name,
                            const char *path)
{
    enum err e = roles_check_backend(r, path, name);
    if (e)
        return e;
    if (!roles_known_backend(r->out, name)) {
        struct known_backend *b = roles_add_backend(r, name, true);
        if (b)
            b->left_out = true; /* it serves what names it, and no more */
    }
    snprintf(c->backend, sizeof c->backend, "%s", name);
    return ERR_OK;
}

/* A model of the registry llm.models. */
enum err roles_read_registered(struct roles_reader *r, const char *key, const char *standard,
                               struct role_choice *c)
{
    struct json_object *m = json_object_of(r->models, key);
    const char *name = json_str(m, "name", json_str(m, "model", NULL)), *backend;
    char path[ROLES_PATH_MAX], at[ROLES_PATH_MAX + 16];
    enum err e;
    snprintf(path, sizeof path, "llm.models.%.128s", key);
    if (!name || !*name)
        return roles_fail(r, path, "%s needs a \"name\": the model's name at its backend", path);
    snprintf(c->model, sizeof c->model, "%s", name);
    backend = json_str(m, "backend", NULL);
    snprintf(at, sizeof at, "%s.backend", path);
    e = set_backend(r, c, backend ? backend : backend_of_model(r, name, standard),
                    backend ? at : path);
    if (!e)
        e = roles_read_number(r, m, "context_window", path, 1, &c->context_tokens);
    return e ? e : roles_read_number(r, m, "timeout", path, 1000, &c->timeout_ms);
}

/* A model's name, or a key of the registry. `strict`: only the latter, where there is one. */
static enum err read_name(struct roles_reader *r, const char *name, const char *path,
                          const char *standard, bool strict, struct role_choice *c)
{
    const char *names[128];
    if (!*name)
        return roles_fail(r, path, "%s is empty; name a model", path);
    if (json_object_of(r->models, name))
        return roles_read_registered(r, name, standard, c);
    if (r->models) {
        json_object_object_foreach(r->models, key, m)
        {
            if (strcmp(json_str(m, "name", ""), name) == 0)
                return roles_read_registered(r, key, standard, c);
        }
    }
    if (strict && r->models)
        return roles_fail_name(r, path, "llm.models has no", name, names,
                               roles_keys(r->models, names, 128));
    snprintf(c->model, sizeof c->model, "%s", name);
    return set_backend(r, c, backend_of_model(r, name, standard), path);
}

/* What may stand for a model: a name, or {model|name, backend, context_window, timeout}. */
enum err roles_read_choice(struct roles_reader *r, struct json_object *value, const char *path,
                           const char *standard, bool strict, struct role_choice *c)
{
    char at[ROLES_PATH_MAX + 32];
    const char *backend, *name;
    enum err e;
    memset(c, 0, sizeof *c);
    roles_how(r, c, path);
    if (json_object_is_type(value, json_type_string)) {
        e = read_name(r, json_object_get_string(value), path, standard, strict, c);
        if (!e)
            fill_choice(r, c);
        return e;
    }
    if (!json_object_is_type(value, json_type_object))
        return roles_fail(r, path, "%s must name a model", path);
    name = json_str(value, "model", json_str(value, "name", NULL));
    if (!name)
        return roles_fail(r, path, "%s names no model; give it a \"model\"", path);
    backend = json_str(value, "backend", NULL);
    snprintf(at, sizeof at, "%s.backend", path);
    if (backend && (e = roles_check_backend(r, at, backend)))
        return e;
    snprintf(at, sizeof at, "%s.model", path);
    e = read_name(r, name, at, backend ? backend : standard, false, c);
    if (!e && backend)
        e = set_backend(r, c, backend, path);
    if (!e)
        e = roles_read_number(r, value, "context_window", path, 1, &c->context_tokens);
    if (!e)
        e = roles_read_number(r, value, "timeout", path, 1000, &c->timeout_ms);
    if (!e)
        fill_choice(r, c);
    return e;
}

/* ---- rows ---- */

static struct roles_row *row_for(struct roles_reader *r, const char *name)
{
    struct roles_row *row = roles_row(r->out, name), *more;
    if (row)
        return row;
    more = realloc(r->out->rows, sizeof *more * (size_t)(r->out->row_n + 1));
    if (!more)
        return NULL;
    r->out->rows = more;
    row = &more[r->out->row_n++];
    memset(row, 0, sizeof *row);
    snprintf(row->name, sizeof row->name, "%s", name);
    return row;
}

/* What is not enabled is left out, and said. */
enum err roles_row_add(struct roles_reader *r, const char *name, const struct role_choice *c)
{
    struct known_backend *b = roles_known_backend(r->out, c->backend);
    struct roles_row *row = row_for(r, name);
    struct role_choice *list;
    if (!row)
        return err_set(r->info, ERR_NOMEM, "out of memory");
    if (b && !b->b.enabled) {
        roles_warn(r, "%.64s: %.64s is left out, because its backend %s is not enabled (%s)", name,
                   c->model, c->backend, c->how);
        return ERR_OK;
    }
    list = realloc(row->list, sizeof *list * (size_t)(row->n + 1));
    if (!list)
        return err_set(r->info, ERR_NOMEM, "out of memory");
    row->list = list;
    list[row->n++] = *c;
    return ERR_OK;
}

bool roles_decided(const struct roles_reader *r, const char *name)
{
    const struct roles_row *row = roles_row(r->out, name);
    return row && row->n;
}

/* Whether the primary backend's own map has a model for one of the five. */
bool roles_primary_has(const struct roles_reader *r, int role)
{
    const struct known_backend *b = roles_known_backend(r->out, r->primary);
    return role >= 0 && b && b->own.of[role].model[0];
}

/* What one row has, for another, too; `path` (may be NULL) is where that was said. */
enum err roles_row_copy(struct roles_reader *r, const char *to, const char *from, const char *path)
{
    const struct roles_row *row = roles_row(r->out, from);
    const struct role_choice *list = row ? row->list : NULL;
    const int n = row ? row->n : 0;
    char said[ROLES_PATH_MAX];
    for (int i = 0; i < n; i++) { /* the rows may move, their lists do not */
        struct role_choice c = list[i];
        enum err e;
        if (path) {
            roles_how(r, &c, path);
            snprintf(said, sizeof said, "%s", c.how);
            snprintf(c.how, sizeof c.how, "%.40s by %.150s", from, said);
        }
        e = roles_row_add(r, to, &c);
        if (e)
            return e;
    }
    return ERR_OK;
}

enum err roles_decide(struct roles_reader *r, const char *row, struct json_object *value,
                      const char *path, const char *standard, bool strict)
{
    struct role_choice c;
    enum err e = roles_read_choice(r, value, path, standard, strict, &c);
    return e ? e : roles_row_add(r, row, &c);
}
