#include "core/check/example_calls.h"

#include <stdbool.h>
#include <string.h>

#include "core/check/syntax.h"

enum { NAMES_MAX = 64 };

struct word {
    const char *text;
    size_t n;
};

/* What the statements at the outer level have been so far. */
struct scan {
    const char *code;
    struct word defined[NAMES_MAX]; /* functions and classes */
    int defined_count;
    struct word set[NAMES_MAX]; /* variables that the tail assigns */
    int set_count;
    size_t tail; /* where what follows the last definition begins */
    bool open;   /* there is such a thing */
    bool shows;  /* and it shows the function at work */
    bool holds;  /* its latest statement has a body */
    bool other;  /* it holds what may belong to the program */
};

static bool in_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           (unsigned char)c >= 0x80;
}

static struct word word_at(const char *p, const char *end)
{
    struct word w = {p, 0};
    while (p + w.n < end && in_word(p[w.n]))
        w.n++;
    return w;
}

static bool is_word(struct word w, const char *text)
{
    return w.n == strlen(text) && memcmp(w.text, text, w.n) == 0;
}

static bool is_one_of(struct word w, const char *const *list)
{
    for (; *list; list++)
        if (is_word(w, *list))
            return true;
    return false;
}

static bool is_known(const struct word *list, int n, struct word w)
{
    for (int i = 0; i < n; i++)
        if (list[i].n == w.n && memcmp(list[i].text, w.text, w.n) == 0)
            return true;
    return false;
}

static void keep(struct word *list, int *n, struct word w, struct scan *s)
{
    if (*n < NAMES_MAX)
        list[(*n)++] = w;
    else
        s->other = true; /* what is not known is not cut */
}

static bool has_word(const char *p, const char *end, const struct word *list, int n)
{
    while (p < end) {
        struct word w = word_at(p, end);
        if (w.n && is_known(list, n, w))
            return true;
        p += w.n ? w.n : 1;
    }
    return false;
}

/* A call with arguments of what the program defines, a print, a test without arguments. */
static bool is_show(const struct scan *s, struct word first, const char *p, const char *end)
{
    static const char *const prints[] = {"print", "pprint", NULL};
    const char *argument = p + 1;
    if (is_one_of(first, prints))
        return true;
    if (!has_word(first.text, end, s->defined, s->defined_count) &&
        !has_word(first.text, end, s->set, s->set_count))
        return false;
    while (argument < end && (*argument == ' ' || *argument == '\t'))
        argument++;
    return (argument < end && *argument != ')') ||
           (first.n > 4 && memcmp(first.text, "test", 4) == 0);
}

/* One statement behind the last definition. */
static void look_at(struct scan *s, struct word first, const char *end)
{
    static const char *const holders[] = {"for", "while", "with", "try", "except", "finally", NULL};
    const char *p = first.text + first.n;
    s->holds = false;
    while (p < end && (*p == ' ' || *p == '\t'))
        p++;
    if (is_word(first, "assert")) {
        s->shows = true;
    } else if (is_one_of(first, holders)) {
        s->holds = true;
    } else if (p < end && *p == '(') {
        if (is_show(s, first, p, end))
            s->shows = true;
        else
            s->other = true;
    } else if (p < end &&
               ((*p == '=' && (p + 1 == end || p[1] != '=')) || *p == ':' || *p == ',')) {
        for (const char *q = first.text; q < end && *q != '='; q++) {
            struct word w = word_at(q, end);
            if (w.n)
                keep(s->set, &s->set_count, w, s);
            q += w.n ? w.n - 1 : 0;
        }
    } else {
        s->other = true;
    }
}

static void define(struct scan *s, const char *line, const char *end)
{
    struct word w = word_at(line, end);
    while (is_word(w, "async") || is_word(w, "def") || is_word(w, "class")) {
        line = w.text + w.n;
        while (line < end && (*line == ' ' || *line == '\t'))
            line++;
        w = word_at(line, end);
    }
    if (w.n)
        keep(s->defined, &s->defined_count, w, s);
}

/* A line at the outer level that begins a statement or is a comment. */
static void outer_line(struct scan *s, const char *line, const char *end)
{
    static const char *const definitions[] = {"def", "class", "async", NULL};
    static const char *const imports[] = {"import", "from", NULL};
    struct word first = word_at(line, end);
    if (is_one_of(first, definitions) || is_one_of(first, imports) || *line == '@') {
        if (is_one_of(first, definitions))
            define(s, line, end);
        s->open = s->shows = s->other = false;
        s->set_count = 0;
        return;
    }
    if (!s->open) {
        s->open = true;
        s->tail = (size_t)(line - s->code);
    }
    if (*line != '#')
        look_at(s, first, end);
}

size_t example_calls_begin(const char *code, size_t n)
{
    struct scan s = {.code = code};
    struct syntax syntax;
    const char *stop = code + n;
    syntax_init(&syntax);
    for (const char *line = code; line < stop;) {
        const char *newline = memchr(line, '\n', (size_t)(stop - line));
        const char *end = newline ? newline : stop;
        bool outer = syntax_between(&syntax) && line < end && *line != ' ' && *line != '\t';
        if (outer)
            outer_line(&s, line, end);
        else if (s.open && s.holds)
            s.shows |= has_word(line, end, s.defined, s.defined_count);
        if (!syntax_line(&syntax, line, (size_t)(end - line)) || syntax.unsure)
            return n;
        line = newline ? newline + 1 : stop;
    }
    if (!s.open || !s.shows || s.other || !s.defined_count ||
        has_word(code, code + s.tail, s.set, s.set_count))
        return n;
    return s.tail;
}
