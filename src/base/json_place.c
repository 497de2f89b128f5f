#include "base/json_place.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"

struct scan {
    const char *text;
    size_t n, at;
};

static char here(const struct scan *s)
{
    return s->at < s->n ? s->text[s->at] : 0;
}

static void skip_blanks(struct scan *s)
{
    while (s->at < s->n && strchr(" \t\r\n", s->text[s->at]))
        s->at++;
}

static void skip_string(struct scan *s)
{
    for (s->at++; s->at < s->n && s->text[s->at] != '"'; s->at++)
        s->at += s->text[s->at] == '\\';
    s->at++;
}

/* To behind the value at hand. */
static void skip_value(struct scan *s)
{
    int depth = 0;
    do {
        char c = here(s);
        if (c == '"') {
            skip_string(s);
        } else if (c == '{' || c == '[') {
            depth++;
            s->at++;
        } else if (c == '}' || c == ']') {
            depth--;
            s->at++;
        } else if (c && strchr(",: \t\r\n", c)) {
            s->at++;
        } else {
            while (s->at < s->n && !strchr(",:{}[]\" \t\r\n", s->text[s->at]))
                s->at++;
        }
    } while (depth > 0 && s->at < s->n);
}

/* Whether the literal with quotes from `from` is the part of the pointer up to the next slash. */
static bool same_key(const struct scan *s, size_t from, const char *part, size_t part_len)
{
    struct json_object *o = NULL;
    char key[256];
    size_t n = 0;
    bool same;
    for (size_t i = 0; i < part_len && n + 1 < sizeof key; i++) {
        bool escaped = part[i] == '~' && i + 1 < part_len;
        key[n++] = !escaped ? part[i] : part[i + 1] == '1' ? '/' : '~';
        i += escaped;
    }
    key[n] = 0;
    if (json_parse(s->text + from, s->at - from, NULL, &o, NULL))
        return false;
    same = o && strcmp(json_object_get_string(o), key) == 0;
    json_object_put(o);
    return same;
}

/* Moves to the member's value; false: back where it was. */
static bool enter_member(struct scan *s, const char *part, size_t n)
{
    size_t start = s->at++;
    for (skip_blanks(s); here(s) == '"'; skip_blanks(s)) {
        size_t from = s->at;
        bool found;
        skip_string(s);
        found = same_key(s, from, part, n);
        skip_blanks(s);
        s->at++; /* the colon */
        skip_blanks(s);
        if (found)
            return true;
        skip_value(s);
        skip_blanks(s);
        s->at += here(s) == ',';
    }
    s->at = start;
    return false;
}

static bool enter_item(struct scan *s, size_t index)
{
    size_t start = s->at++;
    for (skip_blanks(s); here(s) && here(s) != ']'; skip_blanks(s)) {
        if (index-- == 0)
            return true;
        skip_value(s);
        skip_blanks(s);
        s->at += here(s) == ',';
    }
    s->at = start;
    return false;
}

bool json_place(const char *text, size_t n, const char *pointer, int *line, int *column)
{
    struct scan s = {text, n, 0};
    bool found = true;
    skip_blanks(&s);
    while (found && *pointer == '/') {
        size_t part = strcspn(pointer + 1, "/");
        char *end;
        size_t index = strtoul(pointer + 1, &end, 10);
        if (here(&s) == '{')
            found = enter_member(&s, pointer + 1, part);
        else
            found = here(&s) == '[' && part && end == pointer + 1 + part && enter_item(&s, index);
        pointer += 1 + part;
    }
    utf8_place(text, n, s.at < n ? s.at : n, line, column);
    return found;
}
