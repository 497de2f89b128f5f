#include "core/pipeline/examples.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 32 };

/* ---- literals ---- */

static const char *literal(const char *p, const char *end, int depth);

static const char *skip(const char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\t'))
        p++;
    return p;
}

static const char *skip_lines(const char *p, const char *end)
{
    while (p < end && isspace((unsigned char)*p))
        p++;
    return p;
}

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* The text `word` at p as a whole word; its end or NULL. */
static const char *word(const char *p, const char *end, const char *text)
{
    size_t n = strlen(text);
    if ((size_t)(end - p) < n || strncasecmp(p, text, n) != 0)
        return NULL;
    if (is_word(text[n - 1]) && p + n < end && is_word(p[n]))
        return NULL;
    return p + n;
}

static const char *string(const char *p, const char *end)
{
    char quote = *p;
    for (p++; p < end; p++) {
        if (*p == '\\')
            p++;
        else if (*p == quote)
            return p + 1;
        else if (*p == '\n')
            return NULL;
    }
    return NULL;
}

static const char *number(const char *p, const char *end)
{
    const char *start, *digits;
    if (p < end && (*p == '-' || *p == '+'))
        p++;
    start = p;
    while (p < end && (isdigit((unsigned char)*p) || *p == '_'))
        p++;
    digits = p;
    if (p + 1 < end && *p == '.' && isdigit((unsigned char)p[1])) {
        for (p++; p < end && isdigit((unsigned char)*p);)
            p++;
        digits = p;
    }
    if (digits == start)
        return NULL;
    if (p + 1 < end && (*p == 'e' || *p == 'E') &&
        (isdigit((unsigned char)p[1]) ||
         ((p[1] == '-' || p[1] == '+') && p + 2 < end && isdigit((unsigned char)p[2])))) {
        for (p += 2; p < end && isdigit((unsigned char)*p);)
            p++;
    }
    return p < end && is_word(*p) ? NULL : p;
}

static const char *items(const char *p, const char *end, char close, bool pairs, int depth)
{
    p = skip_lines(p, end);
    while (p < end && *p != close) {
        p = literal(p, end, depth);
        if (!p)
            return NULL;
        p = skip_lines(p, end);
        if (p < end && *p == ':' && pairs) {
            p = literal(skip_lines(p + 1, end), end, depth);
            if (!p)
                return NULL;
            p = skip_lines(p, end);
        }
        if (p < end && *p == ',')
            p = skip_lines(p + 1, end);
        else if (p >= end || *p != close)
            return NULL;
    }
    return p < end ? p + 1 : NULL;
}

static const char *literal(const char *p, const char *end, int depth)
{
    static const char *const names[] = {"True", "False", "None"};
    if (p >= end || depth > DEPTH_MAX)
        return NULL;
    if (*p == '"' || *p == '\'')
        return string(p, end);
    if (*p == '[')
        return items(p + 1, end, ']', false, depth + 1);
    if (*p == '(')
        return items(p + 1, end, ')', false, depth + 1);
    if (*p == '{')
        return items(p + 1, end, '}', true, depth + 1);
    for (int i = 0; i < 3; i++) {
        size_t n = strlen(names[i]);
        if ((size_t)(end - p) >= n && memcmp(p, names[i], n) == 0 &&
            (p + n == end || !is_word(p[n])))
            return p + n;
    }
    if (end - p > 1 && (*p == 'b' || *p == 'r') && (p[1] == '"' || p[1] == '\''))
        return string(p + 1, end);
    if (end - p >= 5 && memcmp(p, "set()", 5) == 0)
        return p + 5;
    return number(p, end);
}

const char *examples_literal(const char *p, const char *end)
{
    return literal(p, end, 0);
}

/* ---- calls and arrows ---- */

/* identifier "(" literals, perhaps named ")" */
static const char *call(const char *p, const char *end, const char **name_end)
{
    if (p >= end || !(isalpha((unsigned char)*p) || *p == '_'))
        return NULL;
    while (p < end && is_word(*p))
        p++;
    *name_end = p;
    if (p >= end || *p != '(')
        return NULL;
    p = skip_lines(p + 1, end);
    while (p < end && *p != ')') {
        const char *q = p;
        while (q < end && is_word(*q))
            q++;
        if (q > p && q < end && *q == '=' && q + 1 < end && q[1] != '=' &&
            !isdigit((unsigned char)*p))
            p = skip_lines(q + 1, end);
        p = literal(p, end, 0);
        if (!p)
            return NULL;
        p = skip_lines(p, end);
        if (p < end && *p == ',')
            p = skip_lines(p + 1, end);
        else if (p >= end || *p != ')')
            return NULL;
    }
    return p < end ? p + 1 : NULL;
}

static const char *any_of(const char *p, const char *end, const char *const *list)
{
    const char *q = NULL;
    for (; *list && !q; list++)
        q = word(p, end, *list);
    return q;
}

static const char *quoted_space(const char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\t' || *p == '`'))
        p++;
    return p;
}

/* After a call nearly anything that people write means "is". */
static const char *arrow_after_call(const char *p, const char *end)
{
    static const char *const arrows[] = {"==",
                                         "=>",
                                         "->",
                                         "-->",
                                         "➞",
                                         "→",
                                         "⇒",
                                         "should return",
                                         "should be",
                                         "should give",
                                         "must return",
                                         "must be",
                                         "returns",
                                         "return",
                                         "gives",
                                         "yields",
                                         "evaluates to",
                                         "equals",
                                         "is",
                                         "=",
                                         "# ->",
                                         "# =>",
                                         "#=>",
                                         "#",
                                         NULL};
    return any_of(p, end, arrows);
}

/* Between two bare values only an arrow, or a word that cannot be prose. */
static const char *arrow_after_value(const char *p, const char *end)
{
    static const char *const arrows[] = {
        "->",          "-->",           "=>",      "➞",       "→",
        "⇒",           "gives",         "becomes", "returns", "should return",
        "should give", "should become", "yields",  NULL};
    return any_of(p, end, arrows);
}

/* An expected value must end where it ends: "9 + 1" or "9 apples" is none. */
static bool ends_well(const char *p, const char *end)
{
    p = quoted_space(p, end);
    if (p >= end || strchr(",.;:)]}\n\r|\"'", *p))
        return true;
    if ((unsigned char)*p >= 0x80)
        return true;
    return word(p, end, "and") || word(p, end, "but") || word(p, end, "or") ||
           word(p, end, "because") || word(p, end, "for") || word(p, end, "while") ||
           word(p, end, "#") || word(p, end, "(") || word(p, end, "as") || word(p, end, "since") ||
           word(p, end, "with");
}

static const char *expected(const char *p, const char *end, struct example *e)
{
    const char *start, *stop;
    p = quoted_space(p, end);
    start = p;
    stop = literal(p, end, 0);
    if (!stop || !ends_well(stop, end) || stop - start > EXAMPLE_TEXT_MAX)
        return NULL;
    e->expected = start;
    e->expected_len = (size_t)(stop - start);
    return stop;
}

static const char *keep(struct examples *out, const struct example *e, const char *next)
{
    if (out->count < EXAMPLES_MAX)
        out->list[out->count++] = *e;
    return next;
}

static bool reserved(const char *name, size_t n)
{
    static const char *const words[] = {"print", "range", "len",    "if",  "while", "for",
                                        "input", "e",     "return", "and", "or",    "not",
                                        "in",    "is",    "g",      "i"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i]) == n && memcmp(words[i], name, n) == 0)
            return true;
    return false;
}

static const char *read_call(const char *p, const char *end, bool prompt, struct examples *out)
{
    struct example e = {.call = p};
    const char *name_end, *q = call(p, end, &name_end), *r;
    size_t n;
    if (!q || reserved(p, (size_t)(name_end - p)) || q - p > EXAMPLE_TEXT_MAX)
        return NULL;
    e.call_len = (size_t)(q - p);
    r = quoted_space(q, end);
    if (prompt && r < end && (*r == '\n' || *r == '\r'))
        r = skip_lines(r, end);
    else
        r = arrow_after_call(r, end);
    q = r ? expected(r, end, &e) : NULL;
    if (!q)
        return NULL;
    n = (size_t)(name_end - p);
    if (!out->function[0] && n < sizeof out->function)
        memcpy(out->function, p, n);
    return keep(out, &e, q);
}

/* `"XIV" -> 14`, `3, 4 -> 7` */
static const char *read_values(const char *p, const char *end, struct examples *out)
{
    struct example e = {.args = p};
    const char *q = literal(p, end, 0), *r;
    while (q) {
        e.args_len = (size_t)(q - p);
        r = quoted_space(q, end);
        if ((r = arrow_after_value(r, end)) && (r = expected(r, end, &e)))
            return e.args_len > EXAMPLE_TEXT_MAX ? NULL : keep(out, &e, r);
        r = skip(q, end);
        if (r >= end || *r != ',')
            return NULL;
        q = literal(skip(r + 1, end), end, 0);
    }
    return NULL;
}

/* ---- sentences ---- */

/* "for 3 the answer is 9", "input: 3 output: 9", "given 3 returns 9" */
static const char *read_sentence(const char *p, const char *end, struct examples *out)
{
    static const char *const openings[] = {"input:", "input", "for input", "for",
                                           "given",  "with",  NULL};
    static const char *const answers[] = {"output:",
                                          "output is",
                                          "output",
                                          "expected:",
                                          "expected output:",
                                          "the answer is",
                                          "the result is",
                                          "the output is",
                                          "it returns",
                                          "it should return",
                                          "the result should be",
                                          "return",
                                          "returns",
                                          "result:",
                                          "answer:",
                                          NULL};
    struct example e = {0};
    const char *q = any_of(p, end, openings), *r;
    if (!q)
        return NULL;
    q = quoted_space(q, end);
    if (q < end && (*q == ':' || *q == '='))
        q = quoted_space(q + 1, end);
    e.args = q;
    q = literal(q, end, 0);
    if (!q)
        return NULL;
    e.args_len = (size_t)(q - e.args);
    q = quoted_space(q, end);
    while (q < end && strchr(",;:.\n\r \t`", *q))
        q++;
    r = any_of(q, end, answers);
    if (!r || e.args_len > EXAMPLE_TEXT_MAX)
        return NULL;
    r = quoted_space(r, end);
    if (r < end && *r == ':')
        r++;
    r = expected(r, end, &e);
    return r ? keep(out, &e, r) : NULL;
}

/* A row of a table: | 3 | 9 | */
static const char *read_row(const char *p, const char *end, struct examples *out)
{
    struct example e = {0};
    const char *q = quoted_space(p + 1, end);
    e.args = q;
    q = literal(q, end, 0);
    if (!q)
        return NULL;
    e.args_len = (size_t)(q - e.args);
    q = quoted_space(q, end);
    if (q >= end || *q != '|')
        return NULL;
    q = expected(q + 1, end, &e);
    if (!q)
        return NULL;
    q = quoted_space(q, end);
    if (q < end && *q == '|')
        q = skip(q + 1, end);
    if (q < end && *q != '\n' && *q != '\r')
        return NULL; /* more columns: which is which cannot be known */
    return keep(out, &e, q);
}

/* ---- the text ---- */

static const char *read_at(const char *text, const char *p, const char *end, struct examples *out)
{
    const char *q = NULL;
    bool begins = p == text || !is_word(p[-1]);
    if (!begins || (p > text && p[-1] == '.' && isdigit((unsigned char)*p)))
        return NULL;
    if (end - p > 3 && memcmp(p, ">>>", 3) == 0)
        return read_call(skip(p + 3, end), end, true, out);
    if (*p == '|' && (p == text || p[-1] == '\n'))
        return read_row(p, end, out);
    q = read_call(p, end, false, out);
    if (!q)
        q = read_sentence(p, end, out);
    if (!q)
        q = read_values(p, end, out);
    return q;
}

void examples_read(const char *text, struct examples *out)
{
    const char *p = text, *end = text + strlen(text);
    memset(out, 0, sizeof *out);
    while (p < end && out->count < EXAMPLES_MAX) {
        const char *q = read_at(text, p, end, out);
        if (q) {
            p = q;
        } else if (*p == '"' || *p == '\'') {
            q = p > text && is_word(p[-1]) ? NULL
                                           : string(p, end); /* an apostrophe opens nothing */
            p = q ? q : p + 1;
        } else {
            p++;
        }
    }
}
