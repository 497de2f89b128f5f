#include "core/rag/interface.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/words/examples_internal.h"

enum { SLOTS_MAX = 256 };

/* One input or output. Texts point into the artifact and have lengths. */
struct slot {
    const char *name, *type;
    size_t name_len, type_len; /* type_len 0: nothing is said of it */
    bool optional;
};

struct slots {
    struct slot list[SLOTS_MAX];
    int count;
    bool known, rest; /* rest: takes whatever else it is given */
    bool ordered;     /* callers name them by their place */
};

struct interface {
    char function[80]; /* "" */
    struct slots in, out;
    const char *gives; /* the annotation of what the function returns */
    size_t gives_len;
};

static struct slot *slot_add(struct slots *s, const char *name, size_t n)
{
    struct slot *x;
    if (s->count == SLOTS_MAX || !n)
        return NULL;
    x = &s->list[s->count++];
    *x = (struct slot){.name = name, .name_len = n};
    return x;
}

/* ---- the head of a function ---- */

static void trim(const char **p, const char **end)
{
    while (*p < *end && isspace((unsigned char)**p))
        (*p)++;
    while (*end > *p && isspace((unsigned char)(*end)[-1]))
        (*end)--;
}

/* Where `mark` stands outside of brackets and texts, or the end. */
static const char *outer(const char *p, const char *end, char mark)
{
    int depth = 0;
    while (p < end) {
        const char *q = ex_string(p, end);
        if (q) {
            p = q;
            continue;
        }
        if (!depth && *p == mark && !(mark == '=' && p[1] == '='))
            return p;
        depth += strchr("([{", *p) ? 1 : strchr(")]}", *p) ? -1 : 0;
        if (depth < 0)
            return end;
        p++;
    }
    return end;
}

/* "a: int = 3" */
static void read_param(const char *p, const char *end, struct slots *out)
{
    const char *equals = outer(p, end, '='), *colon = outer(p, equals, ':'), *name_end = colon;
    struct slot *s;
    trim(&p, &name_end);
    if (*p == '*' || *p == '/') {
        out->rest |= *p == '*' && name_end - p > 1;
        return;
    }
    s = slot_add(out, p, (size_t)(name_end - p));
    if (!s)
        return;
    s->optional = equals < end;
    if (colon < equals) {
        const char *type = colon + 1, *type_end = equals;
        trim(&type, &type_end);
        s->type = type;
        s->type_len = (size_t)(type_end - type);
    }
}

/* From behind the opening parenthesis. */
static void read_params(const char *p, const char *end, struct interface *out)
{
    const char *close = outer(p, end, ')'), *colon;
    if (close >= end)
        return;
    out->in.known = out->in.ordered = true;
    while (p < close) {
        const char *stop = outer(p, close, ','), *first = p, *last = stop;
        trim(&first, &last);
        if (last > first)
            read_param(first, last, &out->in);
        p = stop + 1;
    }
    colon = outer(close + 1, end, ':');
    p = memmem(close, (size_t)(colon - close), "->", 2);
    if (p) {
        p += 2;
        trim(&p, &colon);
        out->gives = p;
        out->gives_len = (size_t)(colon - p);
    }
}

static void read_function(struct json_object *a, struct interface *out)
{
    const char *code = json_str(a, "source", json_str(a, "code", "")), *name, *end;
    char def[96];
    size_t n;
    name = json_str(a, "function", "");
    if (!*name)
        return;
    snprintf(out->function, sizeof out->function, "%s", name);
    n = (size_t)snprintf(def, sizeof def, "def %.79s(", name);
    end = code + strlen(code);
    for (const char *p = code; p && *p; p = strchr(p, '\n'), p += p != NULL) {
        if (strncmp(p, "async ", 6) == 0)
            p += 6;
        if (strncmp(p, def, n) == 0) {
            read_params(p + n, end, out);
            return;
        }
    }
}

/* ---- inputs and outputs in JSON ---- */

static void describe_slot(struct slot *s, struct json_object *o)
{
    const char *type;
    if (!s)
        return;
    if (json_object_is_type(o, json_type_string)) { /* "number - the first" */
        s->type = json_object_get_string(o);
        s->type_len = strcspn(s->type, " -");
        return;
    }
    if (!json_object_is_type(o, json_type_object))
        return;
    type = json_str(o, "type", "");
    s->type = type;
    s->type_len = strlen(type);
    s->optional = !json_flag(o, "required", true) || json_get(o, "default");
}

static void read_slots(struct json_object *o, struct slots *out)
{
    if (json_object_is_type(o, json_type_object)) {
        out->known = true;
        json_object_object_foreach(o, key, value)
            describe_slot(slot_add(out, key, strlen(key)), value);
    } else if (json_object_is_type(o, json_type_array)) {
        out->known = true;
        for (size_t i = 0; i < json_object_array_length(o); i++) {
            struct json_object *x = json_object_array_get_idx(o, i);
            const char *name = json_object_is_type(x, json_type_string) ? json_object_get_string(x)
                                                                        : json_str(x, "name", "");
            struct slot *s = slot_add(out, name, strlen(name));
            if (!json_object_is_type(x, json_type_string))
                describe_slot(s, x);
        }
    }
}

static void interface_read(struct json_object *a, struct interface *out)
{
    struct json_object *o = json_object_of(a, "workflow");
    read_function(a, out);
    if (!o)
        o = json_object_of(a, "interface");
    if (!o)
        o = a;
    if (!out->in.known)
        read_slots(json_get(o, "inputs"), &out->in);
    read_slots(json_get(o, "outputs"), &out->out);
}

/* ---- comparing ---- */

static const struct slot *find(const struct slots *s, const struct slot *x)
{
    for (int i = 0; i < s->count; i++)
        if (s->list[i].name_len == x->name_len &&
            memcmp(s->list[i].name, x->name, x->name_len) == 0)
            return &s->list[i];
    return NULL;
}

/* A type that one of them does not tell is no other type. */
static bool same_type(const struct slot *a, const struct slot *b)
{
    return !a->type_len || !b->type_len ||
           (a->type_len == b->type_len && memcmp(a->type, b->type, a->type_len) == 0);
}

static enum bump worse(enum bump a, enum bump b)
{
    return a > b ? a : b;
}

/* Keeps the first sentence of the worst kind. */
static enum bump say(enum bump now, enum bump was, char why[INTERFACE_WHY], const char *format,
                     const struct slot *s)
{
    if (now > was) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(why, INTERFACE_WHY, format, (int)(s->name_len < 60 ? s->name_len : 60), s->name);
#pragma GCC diagnostic pop
    }
    return worse(now, was);
}

static enum bump compare_slot(const struct slots *was, const struct slots *is, int i, enum bump b,
                              char why[INTERFACE_WHY])
{
    const struct slot *old = &was->list[i], *new = find(is, old);
    if (!new)
        return is->rest ? b : say(BUMP_MAJOR, b, why, "the input %.*s is gone", old);
    if (!same_type(old, new))
        return say(BUMP_MAJOR, b, why, "the input %.*s has another type", old);
    if (old->optional && !new->optional)
        return say(BUMP_MAJOR, b, why, "the input %.*s is needed now", old);
    if (was->ordered && is->ordered && new != &is->list[i])
        return say(BUMP_MAJOR, b, why, "the parameter %.*s has another place", old);
    return !old->optional && new->optional
               ? say(BUMP_MINOR, b, why, "the input %.*s may be left out", old)
               : b;
}

static enum bump compare_inputs(const struct slots *was, const struct slots *is, enum bump b,
                                char why[INTERFACE_WHY])
{
    if (!was->known || !is->known)
        return b;
    for (int i = 0; i < was->count; i++)
        b = compare_slot(was, is, i, b, why);
    for (int i = 0; i < is->count; i++) {
        const struct slot *new = &is->list[i];
        if (find(was, new))
            continue;
        b = new->optional ? say(BUMP_MINOR, b, why, "the optional input %.*s is new", new)
                          : say(BUMP_MAJOR, b, why, "the input %.*s is new and needed", new);
    }
    return b;
}

static enum bump compare_outputs(const struct slots *was, const struct slots *is, enum bump b,
                                 char why[INTERFACE_WHY])
{
    if (!was->known || !is->known)
        return b;
    for (int i = 0; i < was->count; i++) {
        const struct slot *old = &was->list[i], *new = find(is, old);
        if (!new)
            b = say(BUMP_MAJOR, b, why, "the output %.*s is gone", old);
        else if (!same_type(old, new))
            b = say(BUMP_MAJOR, b, why, "the output %.*s has another type", old);
    }
    for (int i = 0; i < is->count; i++)
        if (!find(was, &is->list[i]))
            b = say(BUMP_MINOR, b, why, "the output %.*s is new", &is->list[i]);
    return b;
}

static enum bump compare(const struct interface *a, const struct interface *b,
                         char why[INTERFACE_WHY])
{
    enum bump bump = BUMP_PATCH;
    if (a->function[0] && b->function[0] && strcmp(a->function, b->function) != 0) {
        snprintf(why, INTERFACE_WHY, "the function %.60s is called %.60s now", a->function,
                 b->function);
        return BUMP_MAJOR;
    }
    bump = compare_inputs(&a->in, &b->in, bump, why);
    bump = compare_outputs(&a->out, &b->out, bump, why);
    if (a->gives_len && b->gives_len &&
        (a->gives_len != b->gives_len || memcmp(a->gives, b->gives, a->gives_len) != 0)) {
        struct slot gives = {.name = b->gives, .name_len = b->gives_len};
        bump = say(BUMP_MAJOR, bump, why, "it gives %.*s now", &gives);
    }
    return bump;
}

enum bump interface_compare(struct json_object *was, struct json_object *is,
                            char why[INTERFACE_WHY])
{
    struct interface *both = calloc(2, sizeof *both);
    enum bump bump;
    why[0] = 0;
    if (!both) {
        snprintf(why, INTERFACE_WHY, "there was no memory to compare them");
        return BUMP_MAJOR;
    }
    interface_read(was, &both[0]);
    interface_read(is, &both[1]);
    bump = compare(&both[0], &both[1], why);
    free(both);
    return bump;
}

void version_bump(const char *version, enum bump bump, char out[32])
{
    unsigned major = 1, minor = 0, patch = 0;
    if (sscanf(version, "%6u.%6u.%6u", &major, &minor, &patch) != 3)
        major = 1, minor = patch = 0;
    if (bump == BUMP_MAJOR)
        major++, minor = patch = 0;
    else if (bump == BUMP_MINOR)
        minor++, patch = 0;
    else if (bump == BUMP_PATCH)
        patch++;
    snprintf(out, 32, "%u.%u.%u", major, minor, patch);
}
