/* References of workflows and what they lead to. */
#include <ctype.h>
#include <string.h>

#include "core/tool/workflow.h"

enum { REFERENCE_MAX = 256 };

static size_t name_length(const char *p)
{
    size_t n = 0;
    while (isalnum((unsigned char)p[n]) || (p[n] && strchr("_.-", p[n])))
        n++;
    return n;
}

/* The whole text is one reference: copied without its frame. */
static bool whole_reference(const char *text, char out[REFERENCE_MAX])
{
    size_t n = strlen(text);
    if ((strncmp(text, "inputs.", 7) == 0 || strncmp(text, "steps.", 6) == 0) &&
        n < REFERENCE_MAX && name_length(text) == n) {
        strcpy(out, text);
        return true;
    }
    if (strncmp(text, "${", 2) != 0 || strcspn(text, "}") != n - 1 || n >= REFERENCE_MAX)
        return false;
    memcpy(out, text + 2, n - 3);
    out[n - 3] = 0;
    return true;
}

/* The next ${…} at or behind *p that is not escaped; *p is moved behind it. */
static bool inner_reference(const char **p, const char **start, char out[REFERENCE_MAX])
{
    const char *at = *p;
    while ((at = strstr(at, "${"))) {
        size_t n = strcspn(at, "}");
        if (at > *p && at[-1] == '$') {
            at += 2;
            continue;
        }
        if (!at[n] || n < 2 || n - 2 >= REFERENCE_MAX)
            return false;
        memcpy(out, at + 2, n - 2);
        out[n - 2] = 0;
        *start = at;
        *p = at + n + 1;
        return true;
    }
    return false;
}

enum err workflow_references(struct json_object *mapping, workflow_found *found, void *arg)
{
    char ref[REFERENCE_MAX];
    const char *p, *start;
    enum err e = ERR_OK;
    if (!json_object_is_type(mapping, json_type_string))
        return ERR_OK;
    p = json_object_get_string(mapping);
    if (whole_reference(p, ref))
        return found(arg, ref);
    while (!e && inner_reference(&p, &start, ref))
        e = found(arg, ref);
    return e;
}

/* Follows a.b.c through objects; borrowed. */
static bool follow(struct json_object *scope, const char *ref, struct json_object **out)
{
    char part[REFERENCE_MAX];
    *out = scope;
    while (*ref) {
        size_t n = strcspn(ref, ".");
        memcpy(part, ref, n);
        part[n] = 0;
        if (!json_object_is_type(*out, json_type_object) ||
            !json_object_object_get_ex(*out, part, out))
            return false;
        ref += n + (ref[n] == '.');
    }
    return true;
}

static enum err look_up(struct json_object *scope, const char *ref, struct json_object **out,
                        struct err_info *info)
{
    if (follow(scope, ref, out))
        return ERR_OK;
    return err_set(info, ERR_NOT_FOUND, "\"%.100s\" leads to no value", ref);
}

static enum err add_plain(struct buf *out, const char *from, size_t n)
{
    enum err e = ERR_OK;
    for (size_t i = 0; !e && i < n; i++) {
        if (n - i >= 3 && strncmp(from + i, "$${", 3) == 0)
            i++; /* the escape's first character */
        e = buf_add(out, from + i, 1);
    }
    return e;
}

/* Text with ${…} filled in. */
static enum err fill(struct json_object *scope, const char *text, struct buf *out,
                     struct err_info *info)
{
    char ref[REFERENCE_MAX];
    const char *p = text, *from = text, *start = NULL;
    enum err e = ERR_OK;
    while (!e && inner_reference(&p, &start, ref)) {
        struct json_object *value;
        e = add_plain(out, from, (size_t)(start - from));
        from = p;
        if (!e)
            e = look_up(scope, ref, &value, info);
        if (!e)
            e = json_object_is_type(value, json_type_string)
                    ? buf_adds(out, json_object_get_string(value))
                    : json_print(out, value);
    }
    return e ? e : add_plain(out, from, strlen(from));
}

enum err workflow_value(struct json_object *scope, struct json_object *mapping,
                        struct json_object **out, struct err_info *info)
{
    char ref[REFERENCE_MAX];
    struct buf text;
    enum err e;
    *out = NULL;
    if (!json_object_is_type(mapping, json_type_string)) {
        *out = json_object_get(mapping);
        return ERR_OK;
    }
    if (whole_reference(json_object_get_string(mapping), ref)) {
        e = look_up(scope, ref, out, info);
        *out = e ? NULL : json_object_get(*out);
        return e;
    }
    buf_init(&text, WORKFLOW_TEXT_MAX);
    e = fill(scope, json_object_get_string(mapping), &text, info);
    if (!e)
        *out = json_object_new_string_len(text.data, (int)text.len);
    buf_fini(&text);
    return e;
}
