/* Literals as people write them, and Python source made of them. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/words/examples_internal.h"

enum { DEPTH_MAX = 32, ARGUMENTS_MAX = 12 };

static const char *literal(const char *p, const char *end, int depth);

bool ex_is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

const char *ex_gap(const char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\t' || *p == '`' || *p == '*'))
        p++;
    return p;
}

const char *ex_lines(const char *p, const char *end)
{
    while (p < end && isspace((unsigned char)*p))
        p++;
    return p;
}

/* The text `word` at p as a whole word. */
const char *ex_word(const char *p, const char *end, const char *text)
{
    size_t n = strlen(text);
    if ((size_t)(end - p) < n || strncasecmp(p, text, n) != 0)
        return NULL;
    if (ex_is_word(text[n - 1]) && p + n < end && ex_is_word(p[n]))
        return NULL;
    return p + n;
}

const char *ex_any(const char *p, const char *end, const char *const *list)
{
    const char *q = NULL;
    for (; *list && !q; list++)
        q = ex_word(p, end, *list);
    return q;
}

const char *ex_name(const char *p, const char *end)
{
    if (p >= end || !(isalpha((unsigned char)*p) || *p == '_'))
        return NULL;
    while (p < end && ex_is_word(*p))
        p++;
    return p;
}

/* ---- strings ---- */

static bool starts(const char *p, const char *end, const char *text)
{
    size_t n = strlen(text);
    return (size_t)(end - p) >= n && memcmp(p, text, n) == 0;
}

/* Typographic quotes: what opens, what closes; `"` and `'` close what they open. */
static const struct {
    const char *open, *close[3];
} quotes[] = {
    {"\"", {"\"", NULL}},
    {"'", {"'", NULL}},
    {"\xE2\x80\x9C", {"\xE2\x80\x9D", "\xE2\x80\x9C", NULL}}, /* “…” */
    {"\xE2\x80\x9E", {"\xE2\x80\x9C", "\xE2\x80\x9D", NULL}}, /* „…“ */
    {"\xE2\x80\x98", {"\xE2\x80\x99", NULL}},                 /* ‘…’ */
};
enum { QUOTES = sizeof quotes / sizeof *quotes };

/* The text between the quotes at p. */
static const char *string(const char *p, const char *end, const char **inner, size_t *n)
{
    int k = 0;
    while (k < QUOTES && !starts(p, end, quotes[k].open))
        k++;
    if (k == QUOTES)
        return NULL;
    *inner = p += strlen(quotes[k].open);
    for (; p < end && *p != '\n'; p++) {
        if (*p == '\\' && p + 1 < end) {
            p++;
            continue;
        }
        for (int i = 0; quotes[k].close[i]; i++) {
            if (starts(p, end, quotes[k].close[i])) {
                *n = (size_t)(p - *inner);
                return p + strlen(quotes[k].close[i]);
            }
        }
    }
    return NULL;
}

const char *ex_string(const char *p, const char *end)
{
    const char *inner;
    size_t n;
    return string(p, end, &inner, &n);
}

bool examples_piece(const char **p, const char *end, struct example_piece *out)
{
    const char *q, *at = ex_lines(*p, end);
    if (at == end)
        return false;
    q = string(at, end, &out->text, &out->len);
    out->quoted = q != NULL;
    if (!q) {
        out->text = at;
        out->len = 1;
        q = at + 1;
    }
    *p = q;
    return true;
}

/* ---- numbers ---- */

static const char *digits(const char *p, const char *end)
{
    while (p < end && (isdigit((unsigned char)*p) || *p == '_'))
        p++;
    return p;
}

/* 0b101, 0o17, 0x1F */
static const char *other_base(const char *p, const char *end)
{
    static const char bases[] = "bBoOxX";
    static const char *const sets[] = {"01_", "01234567_", "0123456789abcdefABCDEF_"};
    const char *base = end - p > 2 && *p == '0' ? strchr(bases, p[1]) : NULL, *start = p + 2;
    if (!base || !*base)
        return NULL;
    for (p = start; p < end && *p && strchr(sets[(base - bases) / 2], *p);)
        p++;
    return p == start || *start == '_' || p[-1] == '_' || (p < end && ex_is_word(*p)) ? NULL : p;
}

static const char *number(const char *p, const char *end)
{
    const char *start;
    if (p < end && (*p == '-' || *p == '+'))
        p++;
    start = p;
    if (p >= end || !isdigit((unsigned char)*p))
        return NULL;
    if ((p = other_base(start, end)))
        return p;
    p = start;
    p = digits(p, end);
    if (p - start > 1 && *start == '0' && strspn(start, "0_") < (size_t)(p - start))
        return NULL; /* 007 is no Python, and no number either */
    if (p + 1 < end && *p == '.' && isdigit((unsigned char)p[1]))
        p = digits(p + 1, end);
    if (p + 1 < end && (*p == 'e' || *p == 'E')) {
        const char *q = p + 1 + (p[1] == '-' || p[1] == '+');
        if (q < end && isdigit((unsigned char)*q))
            p = digits(q, end);
    }
    if (p[-1] == '_')
        return NULL;
    return p < end && ex_is_word(*p) ? NULL : p;
}

bool ex_number(const char *p, size_t n)
{
    return number(p, p + n) == p + n;
}

/* ---- the rest ---- */

static const char *items(const char *p, const char *end, char close, bool pairs, int depth)
{
    p = ex_lines(p, end);
    while (p < end && *p != close) {
        p = literal(p, end, depth);
        if (!p)
            return NULL;
        p = ex_lines(p, end);
        if (p < end && *p == ':' && pairs) {
            p = literal(ex_lines(p + 1, end), end, depth);
            if (!p)
                return NULL;
            p = ex_lines(p, end);
        }
        if (p < end && *p == ',')
            p = ex_lines(p + 1, end);
        else if (p >= end || *p != close)
            return NULL;
    }
    return p < end ? p + 1 : NULL;
}

static const struct {
    const char *written, *python;
} names[] = {
    {"True", "True"}, {"False", "False"}, {"None", "None"},
    {"true", "True"}, {"false", "False"}, {"null", "None"},
};

static const char *name(const char *p, const char *end, const char **python)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *q = p + strlen(names[i].written);
        if (starts(p, end, names[i].written) && (q == end || !ex_is_word(*q))) {
            *python = names[i].python;
            return q;
        }
    }
    return NULL;
}

static const char *literal(const char *p, const char *end, int depth)
{
    const char *q, *unused;
    if (p >= end || depth > DEPTH_MAX)
        return NULL;
    if ((q = ex_string(p, end)))
        return q;
    if (*p == '[')
        return items(p + 1, end, ']', false, depth + 1);
    if (*p == '(')
        return items(p + 1, end, ')', false, depth + 1);
    if (*p == '{')
        return items(p + 1, end, '}', true, depth + 1);
    if ((q = name(p, end, &unused)))
        return q;
    if (end - p > 1 && (*p == 'b' || *p == 'r') && (p[1] == '"' || p[1] == '\''))
        return ex_string(p + 1, end);
    if (starts(p, end, "set()"))
        return p + 5;
    return number(p, end);
}

const char *examples_literal(const char *p, const char *end)
{
    return literal(p, end, 0);
}

/* ---- arguments ---- */

/* `name = literal`, in a block also `name: literal`, or `literal` */
static const char *argument(const char *p, const char *end, bool block, bool *named)
{
    static const char *const no_names[] = {"output", "outputs", "expected", "result",      "answer",
                                           "return", "returns", "sample",   "explanation", NULL};
    const char *unused, *q = name(p, end, &unused) ? NULL : ex_name(p, end), *r;
    *named = false;
    if (q) {
        r = ex_gap(q, end);
        if (r + 1 < end && (*r == '=' || (*r == ':' && block)) && r[1] != '=') {
            if (ex_any(p, end, no_names))
                return NULL;
            *named = true;
            return examples_literal(ex_gap(r + 1, end), end);
        }
    }
    return examples_literal(p, end);
}

/* The next argument, behind a comma, an "and" or on the next line. */
static const char *separator(const char *p, const char *end)
{
    const char *q = ex_gap(p, end), *r;
    bool comma = q < end && (*q == ',' || *q == ';');
    if (comma)
        q = ex_lines(q + 1, end);
    if ((r = ex_word(q, end, "and")))
        return ex_gap(r, end);
    if (comma)
        return ex_gap(q, end);
    return q < end && (*q == '\n' || *q == '\r') ? ex_lines(q, end) : NULL;
}

const char *ex_arguments(const char *p, const char *end, bool block, struct arguments *out)
{
    const char *last = argument(p, end, block, &out->named), *q;
    bool named;
    out->count = 1;
    for (p = last; p && out->count < ARGUMENTS_MAX; out->count++) {
        p = separator(p, end);
        q = p ? argument(p, end, block, &named) : NULL;
        if (!q || named < out->named) /* as in Python: the names come last */
            break;
        out->named = named;
        p = last = q;
    }
    return last;
}

/* ---- Python source ---- */

static enum err python(const char *p, const char *end, struct buf *out);

static enum err quoted(const char *p, size_t n, struct buf *out)
{
    enum err e = buf_adds(out, "\"");
    for (size_t i = 0; !e && i < n; i++) {
        if (p[i] == '\\' && i + 1 < n)
            e = buf_add(out, p + i++, 1);
        else if (p[i] == '"')
            e = buf_adds(out, "\\");
        if (!e)
            e = buf_add(out, p + i, 1);
    }
    return e ? e : buf_adds(out, "\"");
}

/* One string, word or other byte. */
static enum err token(const char **at, const char *end, struct buf *out)
{
    const char *p = *at, *inner, *name_end, *text;
    size_t n;
    if ((*at = string(p, end, &inner, &n)))
        return (unsigned char)*p < 0x80 ? buf_add(out, p, (size_t)(*at - p))
                                        : quoted(inner, n, out);
    if ((*at = name(p, end, &text)))
        return buf_adds(out, text);
    if ((name_end = ex_name(p, end)) || (name_end = number(p, end)))
        *at = name_end;
    else
        *at = p + 1;
    return buf_add(out, p, (size_t)(*at - p));
}

static enum err python(const char *p, const char *end, struct buf *out)
{
    enum err e = ERR_OK;
    while (!e && p < end)
        e = token(&p, end, out);
    return e;
}

/* Bare arguments: one after the other, whatever stood between them; with their names or without. */
static enum err python_arguments(const char *p, const char *end, bool named_too, struct buf *out)
{
    enum err e = ERR_OK;
    for (bool first = true; !e && p < end; first = false) {
        const char *q = NULL, *r;
        bool named = false;
        while (p < end && !(q = argument(p, end, true, &named)))
            p++;
        if (p >= end)
            break;
        e = first ? ERR_OK : buf_adds(out, ", ");
        if (!e && named) {
            r = ex_name(p, end);
            e = named_too ? buf_addf(out, "%.*s=", (int)(r - p), p) : ERR_OK;
            p = ex_gap(ex_gap(r, end) + 1, end);
        }
        if (!e)
            e = python(p, q, out);
        p = q;
    }
    return e;
}

bool ex_foreign_names(const struct examples *x, const char *p, const char *end)
{
    while (p < end) {
        const char *q = ex_name(p, end), *s = ex_string(p, end);
        if (q && *ex_gap(q, end) == '=' && !ex_param(x, p, (size_t)(q - p)))
            return true;
        p = s ? s : q ? q : p + 1;
    }
    return false;
}

/* The call names arguments as the function's head does not, and has as many as that takes: they
 * were meant in its order. */
static bool foreign_names(const struct examples *x, const char *p, const char *end)
{
    struct arguments a;
    const char *open = memchr(p, '(', (size_t)(end - p)), *q;
    if (!open || x->takes <= 0 || x->takes == 99 || !x->params[0])
        return false;
    p = ex_lines(open + 1, end);
    q = ex_arguments(p, end, true, &a);
    if (!q || ex_lines(q, end) != end - 1 || a.count < x->needs || a.count > x->takes)
        return false;
    return ex_foreign_names(x, p, q);
}

/* From p on, where a name in the place of an argument is a text without its quotes. */
static enum err python_bare(const char *p, const char *end, struct buf *out)
{
    enum err e = ERR_OK;
    while (!e && p < end) {
        const char *unused, *q = name(p, end, &unused) ? NULL : ex_name(p, end);
        const char *next = q ? ex_lines(q, end) : end;
        const bool text = next < end && strchr(",)", *next);
        e = text ? buf_adds(out, "\"") : ERR_OK;
        if (!e)
            e = token(&p, end, out);
        if (!e && text)
            e = buf_adds(out, "\"");
    }
    return e;
}

static enum err python_call(const struct examples *x, const struct example *m, struct buf *out)
{
    const char *p = m->call, *end = p + m->call_len, *open;
    enum err e;
    if (m->bare)
        return python_bare(p, end, out);
    if (!foreign_names(x, p, end))
        return python(p, end, out);
    open = memchr(p, '(', (size_t)(end - p));
    e = buf_add(out, p, (size_t)(open + 1 - p));
    if (!e)
        e = python_arguments(ex_lines(open + 1, end), end - 1, false, out);
    return e ? e : buf_adds(out, ")");
}

/* A parenthesis that holds one value and no comma; `tuple`: the other way round. */
static bool in_parentheses(const struct example *m, bool tuple)
{
    const char *end = m->expected + m->expected_len, *p = m->expected, *q;
    if (p >= end || *p != '(')
        return false;
    q = examples_literal(ex_lines(p + 1, end), end);
    q = q ? ex_lines(q, end) : NULL;
    return tuple ? !q || *q == ',' : q && *q == ')';
}

static bool other_is_tuple(const struct examples *x)
{
    for (size_t i = 0; i < x->count; i++)
        if (x->list[i].kind == EXAMPLE_IS && in_parentheses(&x->list[i], true))
            return true;
    return false;
}

/* `("Venus")` beside `("Saturn", "Uranus")` is a tuple of one. */
static enum err python_expected(const struct example *m, bool tuples, struct buf *out)
{
    const char *p = m->expected, *end = p + m->expected_len;
    bool one = tuples && in_parentheses(m, false);
    enum err e = python(p, end - one, out);
    return !e && one ? buf_adds(out, ",)") : e;
}

/* How the answer is looked at: "" it is taken as it is. */
static enum err python_view(const struct example *m, struct buf *out)
{
    const char *end = m->view ? m->view + m->view_len : NULL;
    const bool near = m->kind == EXAMPLE_NEAR || m->kind == EXAMPLE_CLOSE;
    const bool counts = m->kind == EXAMPLE_TRUE || m->kind == EXAMPLE_FALSE;
    size_t from;
    enum err e = counts ? buf_adds(out, "bool(") : ERR_OK;
    if (!e && m->view)
        e = python(m->view, m->call, out);
    if (!e && (m->view || near || counts))
        e = buf_adds(out, "_");
    if (!e && m->view)
        e = python(m->call + m->call_len, end, out);
    if (!e && counts)
        e = buf_adds(out, ")");
    if (!e && near)
        e = buf_adds(out, " == pytest.approx(");
    from = out->len;
    if (!e && near)
        e = python(m->expected, m->expected + m->expected_len, out);
    return !e && near ? ex_python_near(m, from, out) : e;
}

/* "ValueError, TypeError"; "an error" is any exception. */
static enum err python_errors(const struct example *m, struct buf *out)
{
    const char *p = m->expected, *end = p + m->expected_len, *q;
    enum err e = ERR_OK;
    if (islower((unsigned char)*p) && !memchr(p, '.', m->expected_len))
        return buf_adds(out, "Exception");
    for (bool first = true; !e && p < end; first = false, p = q) {
        while (p < end && !ex_is_word(*p))
            p++;
        for (q = p; q < end && (ex_is_word(*q) || *q == '.');)
            q++;
        if (q > p)
            e = buf_addf(out, "%s%.*s", first ? "" : ", ", (int)(q - p), p);
    }
    return e;
}

static enum err python_answer(const struct example *m, bool tuples, struct buf *out)
{
    switch (m->kind) {
    case EXAMPLE_IS:
        return python_expected(m, tuples, out);
    case EXAMPLE_MADE:
        return python(m->expected, m->expected + m->expected_len, out);
    case EXAMPLE_RAISES:
        return python_errors(m, out);
    default:
        return buf_adds(out, m->kind == EXAMPLE_FALSE ? "False" : "True");
    }
}

/* Offsets first: the buffer moves while it grows. */
enum err examples_python(struct examples *x, struct buf *text)
{
    size_t at[EXAMPLES_MAX][4];
    const bool tuples = other_is_tuple(x);
    enum err e = ERR_OK;
    for (size_t i = 0; !e && i < x->count; i++) {
        struct example *m = &x->list[i];
        at[i][0] = text->len;
        if (m->call)
            e = python_call(x, m, text);
        else
            e = python_arguments(m->args, m->args + m->args_len, true, text);
        at[i][1] = text->len;
        if (!e)
            e = python_view(m, text);
        at[i][2] = text->len;
        if (!e)
            e = python_answer(m, tuples, text);
        at[i][3] = text->len;
    }
    if (e) {
        x->count = 0;
        return e;
    }
    for (size_t i = 0; i < x->count; i++) {
        struct example *m = &x->list[i];
        const char *subject = text->data + at[i][0];
        m->call = m->call ? subject : NULL;
        m->bare = false;
        m->args = m->call ? NULL : subject;
        m->call_len = m->call ? at[i][1] - at[i][0] : 0;
        m->args_len = m->call ? 0 : at[i][1] - at[i][0];
        m->view_len = at[i][2] - at[i][1];
        m->view = m->view_len ? text->data + at[i][1] : NULL;
        m->expected = text->data + at[i][2];
        m->expected_len = at[i][3] - at[i][2];
    }
    return ERR_OK;
}

/* The place of the `_` that stands for the call. */
static const char *place(const char *p, const char *end)
{
    while (p < end) {
        const char *q = ex_string(p, end);
        q = q ? q : ex_name(p, end);
        if (q == p + 1 && *p == '_')
            return p;
        p = q ? q : p + 1;
    }
    return end;
}

enum err examples_show(const struct example *m, struct buf *out)
{
    const char *end = m->view ? m->view + m->view_len : NULL,
               *at = m->view ? place(m->view, end) : NULL;
    const bool raises = m->kind == EXAMPLE_RAISES;
    enum err e = ERR_OK;
    if (m->args)
        e = buf_addf(out, "input %.*s -> ", (int)m->args_len, m->args);
    if (!e && m->args && !at)
        return buf_addf(out, "%s %.*s", raises ? "raises" : "output", (int)m->expected_len,
                        m->expected);
    if (!e && at)
        e = buf_add(out, m->view, (size_t)(at - m->view));
    if (!e)
        e = m->call ? buf_add(out, m->call, m->call_len) : buf_adds(out, "output");
    if (!e && at && at < end)
        e = buf_add(out, at + 1, (size_t)(end - at - 1));
    if (e || m->kind == EXAMPLE_HOLDS || m->kind == EXAMPLE_NEAR || m->kind == EXAMPLE_CLOSE)
        return e;
    return buf_addf(out, " %s %.*s", raises ? "raises" : "==", (int)m->expected_len, m->expected);
}
