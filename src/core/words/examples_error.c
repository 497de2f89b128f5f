/* Examples of errors: "f(-1) raises ValueError", a doctest's trace, `with pytest.raises(…)`. */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "core/words/examples_internal.h"

/* ---- names of errors ---- */

static bool ends_in(const char *p, const char *end, const char *text)
{
    size_t n = strlen(text);
    return (size_t)(end - p) > n && memcmp(end - n, text, n) == 0;
}

/* `ValueError`, `json.JSONDecodeError`, `StopIteration` */
static const char *error_name(const char *p, const char *end)
{
    static const char *const others[] = {"Exception", "StopIteration", "KeyboardInterrupt",
                                         "SystemExit", NULL};
    const char *q = ex_name(p, end);
    while (q && q + 1 < end && *q == '.' && ex_name(q + 1, end)) {
        p = q + 1;
        q = ex_name(p, end);
    }
    if (!q || !isupper((unsigned char)*p))
        return NULL;
    if (ends_in(p, q, "Error") || ends_in(p, q, "Exception"))
        return q;
    for (int i = 0; others[i]; i++)
        if (strlen(others[i]) == (size_t)(q - p) && memcmp(p, others[i], strlen(others[i])) == 0)
            return q;
    return NULL;
}

/* `(ValueError, TypeError)` or one name. */
static const char *error_names(const char *p, const char *end)
{
    if (p >= end || *p != '(')
        return error_name(p, end);
    do {
        p = error_name(ex_gap(p + 1, end), end);
        p = p ? ex_gap(p, end) : NULL;
    } while (p && p < end && *p == ',');
    return p && p < end && *p == ')' ? p + 1 : NULL;
}

static const char *take(const char *p, const char *q, struct example *e)
{
    if (!q || q - p > EXAMPLE_TEXT_MAX)
        return NULL;
    e->kind = EXAMPLE_RAISES;
    e->expected = p;
    e->expected_len = (uint32_t)(q - p);
    return q;
}

/* Behind `("the message")` or `: the message`. */
static const char *behind_message(const char *p, const char *end)
{
    static const char *const words[] = {"with the message",
                                        "with message",
                                        "with a message",
                                        "saying",
                                        "with",
                                        "exception",
                                        "error",
                                        NULL};
    const char *q = ex_any(ex_gap(p, end), end, words), *s;
    if (p < end && *p == '(' && (s = ex_string(ex_gap(p + 1, end), end)) && s < end && *s == ')')
        return s + 1;
    if (p + 1 < end && *p == '(' && p[1] == ')')
        return p + 2;
    if (p < end && *p == ':') {
        while (p < end && *p != '\n')
            p++;
        return p;
    }
    if (q && (s = ex_string(ex_gap(q, end), end)))
        return s;
    return q && ex_any(ex_gap(p, end), end, (const char *const[]){"exception", "error", NULL}) ? q
                                                                                               : p;
}

/* What follows must not take it back or make it hang on a condition. */
static bool ends_well(const char *p, const char *end)
{
    static const char *const words[] = {"and", "but", "because", "while", "#", "(", "since", NULL};
    p = ex_gap(p, end);
    if (p >= end)
        return true;
    if (*p == '.')
        return p + 1 >= end || !ex_is_word(p[1]);
    return strchr(",;)]}\n\r|\"", *p) != NULL || (unsigned char)*p >= 0x80 || ex_any(p, end, words);
}

static const char *name_or_any(const char *p, const char *end, bool said)
{
    static const char *const articles[] = {"a", "an", "the", "python's", NULL};
    static const char *const any[] = {"error", "exception", NULL};
    const char *q = ex_any(p, end, articles), *s;
    p = q ? ex_gap(q, end) : p;
    s = error_names(p, end);
    if (!s && said && q)
        s = ex_any(p, end, any);
    return s;
}

const char *ex_error(const char *p, const char *end, bool said, struct example *e)
{
    const char *q, *s, *from;
    p = ex_gap(p, end);
    q = name_or_any(p, end, said);
    if (!q)
        return NULL;
    for (from = q; from > p && (ex_is_word(from[-1]) || from[-1] == '.');)
        from--;
    if (*p == '(')
        from = p;
    if (!take(from, q, e))
        return NULL;
    s = ex_gap(q, end);
    s = behind_message(s, end);
    return ends_well(s, end) ? s : NULL;
}

/* ---- behind a call ---- */

static const char *raising(const char *p, const char *end)
{
    static const char *const words[] = {"raises",           "should raise",   "must raise",
                                        "will raise",       "would raise",    "should throw",
                                        "must throw",       "will throw",     "throws",
                                        "would throw",      "raise",          "throw",
                                        "shall raise",      "has to raise",   "fails with",
                                        "should fail with", "must fail with", NULL};
    return ex_any(p, end, words);
}

const char *ex_raises(const char *p, const char *end, struct example *e)
{
    static const char *const symbols[] = {
        "->", "=>", "-->",          "==>",          "==",           "=", ":",
        "#",  "//", "\xE2\x9E\x9E", "\xE2\x86\x92", "\xE2\x87\x92", NULL};
    const char *q = raising(p, end), *arrow;
    if (q)
        return ex_error(q, end, true, e);
    if ((q = ex_any(p, end, (const char *const[]){"gives", "results in", "leads to", NULL})))
        return ex_error(q, end, false, e);
    arrow = ex_any(p, end, symbols) || (p < end && strchr("\r\n", *p)) ? ex_arrow(p, end) : NULL;
    if (!arrow)
        return NULL;
    arrow = ex_gap(arrow, end);
    q = raising(arrow, end);
    return ex_error(q ? q : arrow, end, q != NULL, e);
}

/* A line under "It crashes:". */
static bool follows_colon(const char *text, const char *p)
{
    if (p == text || p[-1] != '\n')
        return false;
    while (p > text && isspace((unsigned char)p[-1]))
        p--;
    return p > text && p[-1] == ':';
}

/* The text reports what is wrong with a program: its errors are those that are to go. */
static bool reports_a_bug(const struct reader *r)
{
    static const char *const words[] = {"fix",   "bug",        "bugs",    "buggy",
                                        "crash", "broken",     "crashes", "crashed",
                                        "debug", "traceback:", NULL};
    for (const char *p = r->text; p < r->end; p++)
        if ((p == r->text || !(ex_is_word(p[-1]) || p[-1] == '_')) && ex_any(p, r->end, words))
            return true;
    return false;
}

/* The words of the same line before p, of which there may be three. */
static bool has_before(const char *text, const char *p, const char *const *list)
{
    for (int words = 0; words < 3; words++) {
        const char *end;
        while (p > text && (strchr(" \t`:,(*\"", p[-1]) || follows_colon(text, p)))
            p--;
        end = p;
        while (p > text && (ex_is_word(p[-1]) || p[-1] == '\''))
            p--;
        if (p == end)
            return false;
        for (int i = 0; list[i]; i++)
            if (strlen(list[i]) == (size_t)(end - p) &&
                strncasecmp(p, list[i], strlen(list[i])) == 0)
                return true;
    }
    return false;
}

bool ex_error_denied(const struct reader *r, const char *begin, const char *end)
{
    static const char *const before[] = {
        "when",    "why",     "because", "fix",   "catch",   "catches", "handle",     "handles",
        "problem", "issue",   "fails",   "crash", "crashes", "now",     "if",         "case",
        "where",   "without", "until",   "stop",  "stops",   "rather",  "previously", NULL};
    static const char *const behind[] = {"instead",    "it should", "fix",      "must not",
                                         "should not", "shouldn't", "is wrong", NULL};
    if (has_before(r->text, begin, before) || reports_a_bug(r))
        return true;
    for (int n = 0; n < 60 && end < r->end && !strchr("\n(", *end); n++, end++)
        if (!ex_is_word(end[-1]) && ex_any(end, r->end, behind))
            return true;
    return false;
}

/* ---- a doctest ---- */

static const char *line_end(const char *p, const char *end)
{
    const char *q = memchr(p, '\n', (size_t)(end - p));
    return q ? q : end;
}

const char *ex_traceback(const struct reader *r, const char *p, struct example *e)
{
    static const char head[] = "Traceback (most recent call last):";
    const char *end = r->end, *line = p, *q;
    while (line > r->text && (line[-1] == ' ' || line[-1] == '\t'))
        line--;
    if ((size_t)(end - p) > sizeof head - 1 && memcmp(p, head, sizeof head - 1) == 0) {
        const long indent = (long)(p - line);
        for (int lines = 0; lines < 40; lines++) {
            p = line_end(p, end);
            if (p >= end)
                return NULL;
            q = ++p;
            p = ex_gap(p, end);
            if (p - q < indent || *p == '\n')
                return NULL;
            if (p - q == indent && strncmp(p, "...", 3) != 0)
                break;
        }
    }
    q = error_name(p, end);
    if (!q || !(*q == ':' || strchr("\r\n", *q) || q == end) || !take(p, q, e))
        return NULL;
    return line_end(q, end);
}

/* ---- the error first ---- */

/* `, match="…"` and `) as e:` of a statement, up to the call. */
static const char *behind_with(const char *p, const char *end)
{
    const char *q = ex_gap(p, end), *s;
    if (q < end && *q == ',' && (q = ex_word(ex_gap(q + 1, end), end, "match"))) {
        q = ex_gap(q, end);
        q = q < end && *q == '=' ? ex_gap(q + 1, end) : end;
        q += q < end && *q == 'r';
        if (!(q = ex_string(q, end)))
            return NULL;
        p = q;
    }
    q = ex_gap(p, end);
    if (q >= end || *q != ')')
        return NULL;
    q = ex_gap(q + 1, end);
    if ((s = ex_word(q, end, "as")) && (s = ex_name(ex_gap(s, end), end)))
        q = s;
    return q < end && *q == ':' ? ex_lines(q + 1, end) : NULL;
}

/* The call alone on its line, perhaps behind `result =`. */
static const char *statement(struct reader *r, const char *p, struct example *e)
{
    const char *end = r->end, *q = ex_name(p, end), *s;
    struct view v;
    if (q && *(s = ex_gap(q, end)) == '=' && s[1] != '=')
        p = ex_gap(s + 1, end);
    q = ex_view(r, p, true, &v);
    if (!q || v.call != p || p + v.call_len != q || v.call_len > EXAMPLE_TEXT_MAX ||
        ex_reserved(r, p, (size_t)(v.name_end - p)))
        return NULL;
    s = ex_gap(q, end);
    if (s < end && !strchr("\r\n#;`", *s))
        return NULL;
    e->call = p;
    e->call_len = v.call_len;
    return q;
}

/* `, f, -1)` or `, lambda: f(-1))` */
static const char *by_arguments(struct reader *r, const char *p, struct example *e)
{
    const char *end = r->end, *q = ex_gap(p, end), *s;
    struct arguments a;
    struct view v;
    if (q >= end || *q != ',')
        return NULL;
    q = ex_lines(q + 1, end);
    if ((s = ex_word(q, end, "lambda"))) {
        s = ex_gap(s, end);
        s = s < end && *s == ':' ? ex_gap(s + 1, end) : NULL;
        q = s ? ex_view(r, s, true, &v) : NULL;
        if (!q || v.call != s || s + v.call_len != q || *ex_gap(q, end) != ')' ||
            v.call_len > EXAMPLE_TEXT_MAX || ex_reserved(r, s, (size_t)(v.name_end - s)))
            return NULL;
        e->call = s;
        e->call_len = v.call_len;
        return ex_gap(q, end) + 1;
    }
    s = ex_name(q, end);
    if (!s || *(s = ex_lines(s, end)) != ',' || ex_reserved(r, q, (size_t)(ex_name(q, end) - q)))
        return NULL;
    if (!r->out->function[0] && (size_t)(ex_name(q, end) - q) < sizeof r->out->function)
        memcpy(r->out->function, q, (size_t)(ex_name(q, end) - q));
    else if (strlen(r->out->function) != (size_t)(ex_name(q, end) - q) ||
             memcmp(r->out->function, q, strlen(r->out->function)) != 0)
        return NULL;
    e->args = ex_lines(s + 1, end);
    q = ex_arguments(e->args, end, false, &a);
    if (!q || q - e->args > EXAMPLE_TEXT_MAX || *ex_lines(q, end) != ')')
        return NULL;
    e->args_len = (uint32_t)(q - e->args);
    return ex_lines(q, end) + 1;
}

static const char *assertion(struct reader *r, const char *p)
{
    static const char *const begins[] = {"pytest.raises(", "assertRaises(", "assertRaisesRegex(",
                                         NULL};
    struct example e = {0};
    const char *end = r->end, *names = ex_any(p, end, begins), *q, *s;
    if (!names)
        return NULL;
    names = ex_gap(names, end);
    q = take(names, error_names(names, end), &e);
    if (!q)
        return NULL;
    s = behind_with(q, end);
    s = s ? statement(r, s, &e) : by_arguments(r, q, &e);
    return s ? ex_keep(r, &e, p, s, false) : NULL;
}

/* What is refused at p: a call, or the one argument of a function that takes one. */
static const char *refused_one(struct reader *r, const char *p, struct example *e)
{
    struct view v;
    const char *end = r->end, *q = ex_view(r, p, false, &v);
    e->call = e->args = NULL;
    e->call_len = e->args_len = 0;
    if (q) {
        if (v.call != p || p + v.call_len != q || v.call_len > EXAMPLE_TEXT_MAX ||
            ex_reserved(r, p, (size_t)(v.name_end - p)))
            return NULL;
        e->call = p;
        e->call_len = v.call_len;
    } else {
        q = r->out->takes == 1 ? examples_literal(p, end) : NULL;
        if (!q || q - p > EXAMPLE_TEXT_MAX)
            return NULL;
        e->args = p;
        e->args_len = (uint32_t)(q - p);
    }
    return ends_well(q, end) ? q : NULL;
}

/* "f(-1) and f(-2)" of "raises ValueError for f(-1) and f(-2)": each is an example. */
static const char *refused(struct reader *r, const char *begin, const char *p, struct example *e)
{
    const char *end = r->end, *last = NULL, *q;
    while ((q = refused_one(r, ex_gap(p, end), e))) {
        last = ex_keep(r, e, begin, q, false);
        p = ex_gap(last, end);
        q = p < end && *p == ',' ? ex_gap(p + 1, end) : p;
        p = ex_word(q, end, "and") ? q + 3 : q > p ? q : end;
    }
    return last;
}

const char *ex_error_first(struct reader *r, const char *p)
{
    static const char *const links[] = {
        "for", "on", "when calling", "if you call", "when you call", "for the call", NULL};
    struct example e = {0};
    const char *end = r->end, *q = assertion(r, p), *s;
    if (q)
        return q;
    q = raising(p, end);
    s = q ? name_or_any(ex_gap(q, end), end, true) : NULL;
    if (!s)
        return NULL;
    for (q = s; q > p && (ex_is_word(q[-1]) || q[-1] == '.');)
        q--;
    if (!take(q, s, &e))
        return NULL;
    q = behind_message(ex_gap(s, end), end);
    q = ex_any(ex_gap(q, end), end, links);
    return q ? refused(r, p, q, &e) : NULL;
}
