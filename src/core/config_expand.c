/* ${VAR} and ${VAR:-default}, and what is a secret. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/secret.h"
#include "base/yaml_scalar.h"
#include "core/config_internal.h"

enum { TEXT_MAX = 64 << 10, KEY_FILE_MAX = 16 << 10, NAME_MAX_BYTES = 128 };

/* ---- secrets ---- */

static bool ends_with(const char *text, const char *tail)
{
    const size_t n = strlen(text), t = strlen(tail);
    return n >= t && strcasecmp(text + n - t, tail) == 0;
}

bool config_is_secret(const char *path)
{
    static const char *const names[] = {"key",           "apikey",     "token",
                                        "secret",        "passwd",     "password",
                                        "authorization", "credential", "credentials"};
    const char *name = strrchr(path, '.') ? strrchr(path, '.') + 1 : path;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcasecmp(name, names[i]) == 0)
            return true;
    return ends_with(name, "_key") || ends_with(name, "_token") || ends_with(name, "_secret") ||
           ends_with(name, "_password") || ends_with(name, "-key") || ends_with(name, "-token");
}

/* ---- variables ---- */

/* The next variable of a text: its name, the default behind ":-" (NULL: none) and what follows. */
struct variable {
    const char *start, *name, *standard, *rest;
    size_t name_len, standard_len;
};

static bool next_variable(const char *text, struct variable *v)
{
    const char *end, *dash;
    v->start = strstr(text, "${");
    end = v->start ? strchr(v->start, '}') : NULL;
    if (!end)
        return false;
    v->name = v->start + 2;
    dash = strstr(v->name, ":-");
    v->standard = dash && dash < end ? dash + 2 : NULL;
    v->name_len = (size_t)((v->standard ? dash : end) - v->name);
    v->standard_len = v->standard ? (size_t)(end - v->standard) : 0;
    v->rest = end + 1;
    return true;
}

bool config_takes_secret(const char *text)
{
    struct variable v;
    for (; next_variable(text, &v); text = v.rest)
        if (secret_name(v.name, v.name_len))
            return true;
    return false;
}

/* Copies text with its variables replaced; an unset one without a default becomes empty. `took`:
 * the first that was set. */
static enum err expand(const char *text, struct buf *out, char took[NAME_MAX_BYTES])
{
    struct variable v;
    enum err e = ERR_OK;
    *took = 0;
    for (; !e && next_variable(text, &v); text = v.rest) {
        char name[NAME_MAX_BYTES];
        const char *value;
        snprintf(name, sizeof name, "%.*s", (int)(v.name_len < 127 ? v.name_len : 127), v.name);
        value = getenv(name);
        e = buf_add(out, text, (size_t)(v.start - text));
        if (!e && value && *value)
            e = buf_adds(out, value);
        else if (!e && v.standard)
            e = buf_add(out, v.standard, v.standard_len);
        if (value && *value != '/' && secret_name(name, strlen(name)))
            secret_note(value);
        if (!*took && (!v.standard || (value && *value)))
            memcpy(took, name, sizeof name);
    }
    return e ? e : buf_adds(out, text);
}

struct json_object *config_expand(struct config *c, const char *path, struct json_object *text)
{
    char took[NAME_MAX_BYTES], from[NAME_MAX_BYTES + 16];
    struct json_object *copy;
    struct buf b;
    if (!strstr(json_object_get_string(text), "${"))
        return json_object_get(text);
    buf_init(&b, TEXT_MAX);
    if (expand(json_object_get_string(text), &b, took))
        copy = json_object_get(text);
    else if (!config_wants_scalar(path) || !yaml_scalar(b.data, b.len, &copy))
        copy = json_object_new_string(b.data);
    if (config_is_secret(path)) /* with its default, and what stands around */
        secret_note(b.data);
    buf_fini(&b);
    if (*took && c) {
        snprintf(from, sizeof from, "environment %s", took);
        json_add_str(c->variables, path, from);
    }
    return copy;
}

/* ---- keys in files ---- */

/* "llm.backends.openai.api_key" → OPENAI_API_KEY, for the remedy. */
static void variable_for(const char *path, char out[96])
{
    const char *name = strrchr(path, '.'), *entry = name;
    size_t n = 0;
    while (entry && entry > path && entry[-1] != '.')
        entry--;
    for (const char *p = entry ? entry : path; *p && n < 95; p++)
        out[n++] = *p >= 'a' && *p <= 'z'                                 ? (char)(*p - 32)
                   : (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') ? *p
                                                                          : '_';
    out[n] = 0;
}

void config_warn_literal(struct config *c, const struct layer *layer, const char *path,
                         const char *text, int line, int column)
{
    struct variable v;
    char name[96];
    bool literal = !next_variable(text, &v);
    for (const char *p = text; !literal && next_variable(p, &v); p = v.rest)
        literal = v.standard_len > 0;
    if (!*text || !literal)
        return;
    secret_note(text);
    variable_for(path, name);
    config_warn(c, layer, line, column,
                "the value of %.150s stands in the file itself; put it into the environment and "
                "write ${%.90s}, or into a file of its own and name that as %.60s_file",
                path, name, strrchr(path, '.') ? strrchr(path, '.') + 1 : path);
}

/* ~/x, /x, or x beside the file that names it. */
static enum err key_path(const struct config_place *place, const char *said, char out[PATH_SIZE])
{
    const char *home = getenv("HOME"), *slash = strrchr(place->file, '/');
    char folder[PATH_SIZE];
    if (*said == '/')
        return snprintf(out, PATH_SIZE, "%s", said) < PATH_SIZE ? ERR_OK : ERR_TOO_LARGE;
    if (strncmp(said, "~/", 2) == 0 && home)
        return path_join(out, home, said + 2);
    snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - place->file) : 1,
             slash ? place->file : ".");
    return path_join(out, folder, said);
}

static enum err read_key(struct config *c, struct json_object *entry, const char *said,
                         const char *file_at, const char *key_at, struct err_info *info)
{
    struct config_place place;
    struct err_info why;
    struct stat st;
    struct buf text;
    const char *key = strrchr(key_at, '.') ? strrchr(key_at, '.') + 1 : key_at;
    char path[PATH_SIZE], from[PATH_SIZE + 8];
    enum err e = ERR_OK;
    config_place(c, file_at, &place);
    if (key_path(&place, said, path))
        return config_fail(c, file_at, info, "the path of the key's file is too long");
    buf_init(&text, KEY_FILE_MAX);
    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) /* a pipe would be waited for */
        e = config_fail(c, file_at, info, "%.300s is no file that could hold a key", path);
    else if (buf_read_file(&text, path, &why))
        e = config_fail(c, file_at, info, "the key cannot be read: %.300s", why.message);
    while (text.len && strchr(" \t\r\n", text.data[text.len - 1]))
        buf_truncate(&text, text.len - 1);
    if (!e && (!text.len || memchr(text.data, '\n', text.len) || memchr(text.data, 0, text.len)))
        e = config_fail(c, file_at, info, "%.300s must hold the key and nothing else", path);
    if (!e) {
        secret_note(text.data);
        json_object_object_add(entry, key, json_object_new_string_len(text.data, (int)text.len));
        snprintf(from, sizeof from, "file %s", path);
        json_add_str(c->variables, key_at, from);
        if (!stat(path, &st) && (st.st_mode & 077))
            config_warn(c, NULL, 0, 0, "%.400s can be read by others; chmod 600 it", path);
    }
    explicit_bzero(text.data, text.len);
    buf_fini(&text);
    return e;
}

/* "api_key_file" → "api_key"; false: the member names no file of a secret. */
static bool names_key_file(const char *name, char key[64])
{
    static const char tail[] = "_file";
    const size_t n = strlen(name), t = sizeof tail - 1;
    if (n <= t || n - t >= 64 || !ends_with(name, tail))
        return false;
    snprintf(key, 64, "%.*s", (int)(n - t), name);
    return config_is_secret(key);
}

/* The later layer wins; within one, the key that is set. */
static bool file_holds(const struct config *c, struct json_object *o, const char *key,
                       const char *key_at, const char *file_at)
{
    return !*json_str(o, key, "") || config_layer_of(c, file_at) > config_layer_of(c, key_at);
}

static enum err read_keys_of(struct config *c, struct json_object *o, const char *path,
                             struct err_info *info)
{
    struct json_object *files = json_object_new_array();
    enum err e = ERR_OK;
    json_object_object_foreach(o, name, value)
    {
        char none[64];
        if (json_object_is_type(value, json_type_string) && names_key_file(name, none))
            json_object_array_add(files, json_object_new_string(name));
    }
    for (size_t i = 0; !e && i < json_object_array_length(files); i++) {
        const char *file = json_object_get_string(json_object_array_get_idx(files, i));
        char key[64], file_at[CONFIG_PATH_MAX], key_at[CONFIG_PATH_MAX];
        if (names_key_file(file, key) && config_join(file_at, path, file) &&
            config_join(key_at, path, key) && file_holds(c, o, key, key_at, file_at))
            e = read_key(c, o, json_str(o, file, ""), file_at, key_at, info);
    }
    json_object_put(files);
    return e;
}

static enum err read_keys_in(struct config *c, struct json_object *o, char path[CONFIG_PATH_MAX],
                             struct err_info *info)
{
    const size_t n = strlen(path);
    enum err e = json_flag(o, "enabled", true) ? read_keys_of(c, o, path, info) : ERR_OK;
    json_object_object_foreach(o, name, value)
    {
        if (e || !json_object_is_type(value, json_type_object) ||
            n + strlen(name) + 2 > CONFIG_PATH_MAX)
            continue;
        snprintf(path + n, CONFIG_PATH_MAX - n, "%s%s", n ? "." : "", name);
        e = read_keys_in(c, value, path, info);
        path[n] = 0;
    }
    return e;
}

enum err config_read_keys(struct config *c, struct err_info *info)
{
    char path[CONFIG_PATH_MAX] = "";
    return read_keys_in(c, c->root, path, info);
}
