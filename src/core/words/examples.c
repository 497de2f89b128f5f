#include "core/words/examples.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/words/examples_internal.h"

/* ---- keeping ---- */

/* "19 - 5 - 6 = 8": how a number comes about, then the number. */
static const char *after_calculation(const char *p, const char *end)
{
    const char *q = p;
    while (q < end && *q && (isdigit((unsigned char)*q) || strchr(" +-*/%().", *q)))
        q++;
    if (q == p || q >= end || *q != '=' || (q + 1 < end && q[1] == '='))
        return NULL;
    q = ex_gap(q + 1, end);
    p = examples_literal(q, end);
    return p && ex_number(q, (size_t)(p - q)) && ex_ends_well(p, end) ? q : NULL;
}

const char *ex_expected(const char *p, const char *end, struct example *e)
{
    const char *start, *stop;
    p = ex_gap(p, end);
    start = after_calculation(p, end);
    start = start ? start : p;
    stop = examples_literal(start, end);
    if (!stop || !ex_ends_well(stop, end) || stop - start > EXAMPLE_TEXT_MAX)
        return NULL;
    e->expected = start;
    e->expected_len = (uint32_t)(stop - start);
    return stop;
}

const char *ex_keep(struct reader *r, const struct example *e, const char *begin, const char *next,
                    bool weak)
{
    if (ex_denied(r, begin) || (e->kind == EXAMPLE_RAISES && ex_error_denied(r, begin, next))) {
        r->denied = next;
        return next;
    }
    if (r->out->count < EXAMPLES_MAX && !ex_taken_back(next, r->end)) {
        r->weak[r->out->count] = weak;
        r->out->list[r->out->count++] = *e;
    }
    return next;
}

/* ---- calls ---- */

/* After a call nearly anything that people write means "is". */
static const char *arrow_after_call(const char *p, const char *end)
{
    static const char *const arrows[] = {"==",
                                         "===",
                                         "=>",
                                         "->",
                                         "-->",
                                         "==>",
                                         "\xE2\x9E\x9E",
                                         "\xE2\x86\x92",
                                         "\xE2\x87\x92",
                                         "\xE2\x86\xA6",
                                         "\xE2\x9F\xB6",
                                         "should return",
                                         "should be",
                                         "should give",
                                         "should equal",
                                         "should yield",
                                         "should produce",
                                         "should evaluate to",
                                         "must return",
                                         "must be",
                                         "must give",
                                         "must equal",
                                         "will return",
                                         "will be",
                                         "would return",
                                         "would be",
                                         "returns",
                                         "return",
                                         "gives",
                                         "yields",
                                         "produces",
                                         "evaluates to",
                                         "results in",
                                         "equals",
                                         "is equal to",
                                         "is",
                                         "=",
                                         ":",
                                         "outputs",
                                         NULL};
    static const char *const marks[] = {"#", "//", "--", NULL};
    static const char *const after_marks[] = {
        "->",           "=>",      "==>",    "-->",           "==",        "=",     "\xE2\x86\x92",
        "\xE2\x9E\x9E", "returns", "return", "should return", "should be", "gives", "is",
        "returns:",     "output:", NULL};
    static const char *const after_comma[] = {
        "returns", "it returns", "should return", "it should return", "gives", "is", NULL};
    const char *q, *longest = NULL;
    if (p < end && *p == ',')
        return ex_any(ex_gap(p + 1, end), end, after_comma);
    for (int i = 0; arrows[i]; i++)
        if ((q = ex_word(p, end, arrows[i])) && q > longest)
            longest = q;
    if (longest)
        return longest;
    q = ex_any(p, end, marks);
    if (!q)
        return NULL;
    longest = ex_any(ex_gap(q, end), end, after_marks);
    return longest ? longest : *p == '#' ? q : NULL;
}

bool ex_python_name(const char *name, size_t n)
{
    static const char *const words[] = {
        "print",  "range",  "len",       "if",   "while", "for",        "input",    "e",
        "return", "and",    "or",        "not",  "in",    "is",         "g",        "i",
        "elif",   "assert", "sum",       "max",  "min",   "abs",        "int",      "str",
        "float",  "list",   "tuple",     "set",  "dict",  "sorted",     "reversed", "round",
        "type",   "ord",    "chr",       "hex",  "bin",   "any",        "all",      "zip",
        "map",    "filter", "enumerate", "bool", "repr",  "isinstance", "sqrt",     "pow",
        "divmod", "O",      "open",      "iter", "next"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i]) == n && memcmp(words[i], name, n) == 0)
            return true;
    return false;
}

bool ex_reserved(const struct reader *r, const char *name, size_t n)
{
    if (strlen(r->out->function) == n && memcmp(r->out->function, name, n) == 0)
        return false;
    return ex_python_name(name, n) || ex_helper(r, name, n);
}

/* "f(3) -> 1, 2": a tuple without its parentheses, or the beginning of the next example? */
static bool goes_on(const char *p, const char *end)
{
    const char *q = ex_gap(p, end);
    struct arguments a;
    if (q >= end || *q != ',')
        return false;
    q = ex_gap(q + 1, end);
    q = ex_arguments(q, end, false, &a);
    if (!q || a.named)
        return false;
    q = ex_gap(q, end);
    return q >= end || strchr(",.;)\n\r", *q) != NULL;
}

static bool result_is_false(const char *p, const char *end)
{
    p = ex_lines(ex_gap(p, end), end);
    return ex_word(p, end, "False") != NULL;
}

static bool in_assert(const struct reader *r, const char *p)
{
    while (p > r->text && strchr(" \t(", p[-1]))
        p--;
    return p - r->text >= 6 && memcmp(p - 6, "assert", 6) == 0;
}

/* A doctest that shows nothing before its docstring ends gives None. */
static bool shows_nothing(const char *p, const char *end)
{
    return end - p >= 3 && (memcmp(p, "\"\"\"", 3) == 0 || memcmp(p, "'''", 3) == 0);
}

/* The answer of a call on the next line, behind an arrow. */
static const char *arrow_on_next_line(const char *p, const char *end)
{
    static const char *const arrows[] = {"->",
                                         "-->",
                                         "=>",
                                         "==>",
                                         "==",
                                         "\xE2\x9E\x9E",
                                         "\xE2\x86\x92",
                                         "\xE2\x87\x92",
                                         "# ->",
                                         "# =>",
                                         "# ==>",
                                         "# returns",
                                         "#",
                                         "// ->",
                                         "// =>",
                                         "output:",
                                         "result:",
                                         NULL};
    const char *q, *longest = NULL;
    p = ex_gap(p + (p < end && *p == '\r'), end);
    if (p >= end || *p != '\n')
        return NULL;
    p = ex_gap(p + 1, end);
    for (int i = 0; arrows[i]; i++)
        if ((q = ex_word(p, end, arrows[i])) && q > longest)
            longest = q;
    return longest;
}

/* The comment behind a doctest's call says nothing when the answer stands on the next line. */
static const char *behind_comment(const char *p, const char *end)
{
    const char *line = memchr(p, '\n', (size_t)(end - p)), *q;
    if (*p != '#' || !line)
        return p;
    if (ex_word(p, end, "# doctest:") || ex_word(ex_lines(line, end), end, "Traceback"))
        return line;
    q = examples_literal(ex_lines(line, end), end);
    return q && (q = ex_gap(q, end)) && (q == end || strchr("\r\n", *q)) ? line : p;
}

const char *ex_arrow(const char *p, const char *end)
{
    const char *next = arrow_on_next_line(p, end);
    return next ? next : arrow_after_call(p, end);
}

/* The call at p with what is looked at of it. */
static const char *read_view(struct reader *r, const char *p, bool strict, struct example *e)
{
    struct view v;
    const char *q = ex_view(r, p, strict, &v);
    if (!q || ex_reserved(r, v.call, (size_t)(v.name_end - v.call)) || q - p > EXAMPLE_TEXT_MAX)
        return NULL;
    e->call = v.call;
    e->call_len = v.call_len;
    e->bare = v.bare;
    if (v.call != p || v.call + v.call_len != q) {
        e->view = p;
        e->view_len = (uint32_t)(q - p);
    }
    return q;
}

static const char *made(const char *p, const char *q, struct example *e)
{
    if (q - p > EXAMPLE_TEXT_MAX)
        return NULL;
    e->kind = EXAMPLE_MADE;
    e->expected = p;
    e->expected_len = (uint32_t)(q - p);
    return q;
}

/* The answer itself: a literal, `3.14159...`, behind "==" also `float("inf")`; `strict`: in a
 * program's text, 1/3 as well. */
static const char *answer(const char *arrow, const char *p, const char *end, bool strict,
                          struct example *e)
{
    static const char *const equal[] = {"==", "===", NULL};
    const char *q = ex_expected(p, end, e), *start = ex_gap(p, end);
    if (q)
        return ex_digits_go_on(e, q, end);
    q = ex_any(arrow, end, equal) || !arrow ? ex_made(start, end, strict) : NULL;
    return q && ex_ends_well(q, end) ? made(start, q, e) : NULL;
}

/* "f(3) == pytest.approx(0.333)" */
static const char *approximate(struct reader *r, const char *p, struct example *e)
{
    struct view v;
    const char *end = r->end, *q = ex_claim(r, p, &v), *s = e->call + e->call_len;
    if (!q || !v.compares || v.call != e->call || !ex_ends_well(q, end))
        return NULL;
    while (s < q && !ex_word(s, q, "approx"))
        s++;
    return s < q ? ex_holds(p, q, e) : NULL;
}

/* What stands behind a call, of which s is the first that is no gap. */
static const char *behind_call(struct reader *r, const char *p, const char *s, struct example *e)
{
    const char *end = r->end, *q = e->view ? NULL : ex_raises(s, end, e);
    if (q || (q = ex_about(s, end, e)) || (q = ex_truth(s, end, e)))
        return q;
    if ((q = approximate(r, p, e)))
        return q;
    q = ex_arrow(s, end);
    q = q ? answer(s, q, end, in_assert(r, p), e) : NULL;
    return q && !in_assert(r, p) && goes_on(q, end) ? NULL : q;
}

/* The lines below a doctest's call. */
static const char *behind_prompt(struct reader *r, const char *s, struct example *e)
{
    static const char none[] = "None";
    const char *end = r->end, *q;
    s = ex_lines(s, end);
    if (shows_nothing(s, end)) {
        e->expected = none;
        e->expected_len = sizeof none - 1;
        return s;
    }
    if (!e->view && (q = ex_traceback(r, s, e)))
        return q;
    q = ex_expected(s, end, e);
    if (q)
        return ex_digits_go_on(e, q, end);
    q = ex_made(s, end, false);
    return q && (q == end || strchr("\r\n", *q)) ? made(s, q, e) : NULL;
}

/* `>>> abs(f(2) - 1.41) < 0.01`, and True on the next line. */
static const char *read_shown_claim(struct reader *r, const char *p)
{
    struct example e = {0};
    struct view v;
    const char *end = r->end, *q = ex_claim(r, p, &v), *s = q ? ex_gap(q, end) : NULL;
    if (!s || !v.compares || s >= end || !strchr("\r\n", *s) || q - p > EXAMPLE_TEXT_MAX ||
        ex_reserved(r, v.call, (size_t)(v.name_end - v.call)))
        return NULL;
    s = ex_lines(s, end);
    if (!ex_holds(p, q, &e) || !ex_word(s, end, "True"))
        return NULL;
    e.call = v.call;
    e.call_len = v.call_len;
    return ex_keep(r, &e, p, s + 4, false);
}

/* Texts without quotes are read only where the answer is plain and ends the line or the clause:
 * "count(words) returns 9 for 3" says something else. */
static bool bare_misleads(const struct example *e, const char *q, const char *end)
{
    q = ex_gap(q, end);
    return e->bare && (e->kind != EXAMPLE_IS || e->view || (q < end && !strchr(",.;)\r\n", *q)));
}

/* `prompt`: behind ">>>", where the value follows as told. */
static const char *read_call(struct reader *r, const char *p, bool prompt)
{
    struct example e = {0};
    const char *end = r->end, *q = read_view(r, p, prompt || in_assert(r, p), &e), *s;
    if (!q)
        return NULL;
    s = ex_gap(q, end);
    if (prompt && s < end)
        s = behind_comment(s, end);
    q = prompt && s < end && (*s == '\n' || *s == '\r') ? behind_prompt(r, s, &e)
                                                        : behind_call(r, p, s, &e);
    if (!q || bare_misleads(&e, q, end) ||
        (prompt && e.kind == EXAMPLE_IS && result_is_false(q, end) &&
         memchr(p, '=', (size_t)(q - p))))
        return NULL;
    return ex_keep(r, &e, p, q, false);
}

/* `9 == f(3)` */
static const char *read_turned(struct reader *r, const char *p)
{
    struct example e = {.expected = p};
    const char *end = r->end, *q = examples_literal(p, end), *s;
    if (!q || q - p > EXAMPLE_TEXT_MAX)
        return NULL;
    e.expected_len = (uint32_t)(q - p);
    s = ex_gap(q, end);
    if (!ex_word(s, end, "=="))
        return NULL;
    q = read_view(r, ex_gap(s + 2, end), false, &e);
    if (!q || !ex_ends_well(q, end))
        return NULL;
    return ex_keep(r, &e, p, q, false);
}

/* `assertEqual(f(3), 9)`, `expect(f(3)).toBe(9)` */
static const char *read_unittest(struct reader *r, const char *p)
{
    static const char *const begins[] = {
        "assertEqual(",     "assertEquals(",     "assert_equal(",   "expect(", "assertListEqual(",
        "assertDictEqual(", "assertTupleEqual(", "assertSetEqual(", NULL};
    static const char *const middles[] = {",",           ").toBe(",          ").toEqual(",
                                          ").to.equal(", ").toStrictEqual(", NULL};
    struct example e = {0};
    const char *end = r->end, *q = ex_any(p, end, begins), *s;
    if (!q)
        return ex_unittest(r, p);
    q = read_view(r, ex_lines(q, end), true, &e);
    s = q ? ex_any(q, end, middles) : NULL;
    s = s ? answer(NULL, ex_lines(s, end), end, true, &e) : NULL;
    return s && *s && strchr("),", *s) ? ex_keep(r, &e, p, s, false) : NULL;
}

/* ---- values ---- */

/* Between two bare values only an arrow, or a word that cannot be prose. */
static const char *arrow_after_value(const char *p, const char *end)
{
    static const char *const arrows[] = {"->",
                                         "-->",
                                         "=>",
                                         "==>",
                                         "\xE2\x9E\x9E",
                                         "\xE2\x86\x92",
                                         "\xE2\x87\x92",
                                         "\xE2\x86\xA6",
                                         "\xE2\x9F\xB6",
                                         "gives",
                                         "becomes",
                                         "returns",
                                         "yields",
                                         "produces",
                                         "should return",
                                         "should give",
                                         "should become",
                                         "should yield",
                                         "should produce",
                                         "should be converted to",
                                         "should be turned into",
                                         "would become",
                                         "will become",
                                         "must become",
                                         "turns into",
                                         "is turned into",
                                         "converts to",
                                         "is converted to",
                                         "is converted into",
                                         "transforms into",
                                         "is transformed into",
                                         "maps to",
                                         "evaluates to",
                                         "results in",
                                         "is encoded as",
                                         NULL};
    const char *q, *longest = NULL;
    for (int i = 0; arrows[i]; i++)
        if ((q = ex_word(p, end, arrows[i])) && q > longest)
            longest = q;
    return longest;
}

/* `"XIV" -> 14`, `3, 4 -> 7`, `nums = [1, 2], k = 1 -> [2]` */
static const char *read_values(struct reader *r, const char *p)
{
    struct example e = {.args = p};
    struct arguments a;
    const char *end = r->end, *q = ex_arguments(p, end, false, &a), *s;
    if (q && a.count > 1 && memchr(p, '\n', (size_t)(q - p)) && !a.named)
        q = examples_literal(p, end); /* one value a line: only the last has the arrow */
    if (!q || q - p > EXAMPLE_TEXT_MAX)
        return NULL;
    e.args_len = (uint32_t)(q - p);
    s = arrow_after_value(ex_gap(q, end), end);
    q = s;
    s = s ? ex_expected(s, end, &e) : NULL;
    if (!s && q && (s = ex_error(q, end, false, &e)))
        return ex_keep(r, &e, p, s, true);
    q = e.args + e.args_len;
    s = s ? ex_digits_go_on(&e, s, end) : NULL;
    if (!s || goes_on(s, end) || arrow_after_value(ex_lines(ex_gap(s, end), end), end))
        return NULL;
    if (!ex_values_may_begin(r, p,
                             ex_number(p, (size_t)(q - p)) && isdigit((unsigned char)s[-1]))) {
        r->denied = s; /* what is listed behind it is none either */
        return s;
    }
    return ex_keep(r, &e, p, s, true);
}

/* ---- the text ---- */

/* Where something may begin: not within a word or number, nor behind the dot of `math.sqrt(4)`. */
static bool may_begin(const struct reader *r, const char *p)
{
    if (p == r->text)
        return true;
    if (p[-1] == '.')
        return !isdigit((unsigned char)*p) &&
               (p - r->text < 2 || !(ex_is_word(p[-2]) || strchr(")]}\"'", p[-2])) ||
                (p - r->text > 4 && memcmp(p - 5, "self.", 5) == 0));
    return !ex_is_word(p[-1]) && !(p[-1] == '-' && isdigit((unsigned char)*p));
}

static const char *read_at(struct reader *r, const char *p)
{
    const char *q;
    if (!may_begin(r, p))
        return NULL;
    if (r->end - p > 3 && memcmp(p, ">>>", 3) == 0) {
        q = read_call(r, ex_gap(p + 3, r->end), true);
        q = q ? q : read_shown_claim(r, ex_gap(p + 3, r->end));
        return q ? q : p + strcspn(p, "\n");
    }
    if ((p == r->text || p[-1] == '\n') && (q = ex_table(r, p)))
        return q;
    if ((q = read_unittest(r, p)) || (q = ex_claimed(r, p)) || (q = ex_error_first(r, p)) ||
        (q = read_call(r, p, false)) || (q = ex_sentence(r, p)) || (q = ex_reversed(r, p)) ||
        (q = read_turned(r, p)))
        return q;
    return read_values(r, p);
}

/* p behind a string that is no example; only its quote when it is of a docstring. */
static const char *skip_string(const char *text, const char *p, const char *end)
{
    const char *q;
    if (end - p >= 3 && p[1] == *p && p[2] == *p)
        return p + 3;
    q = p > text && ex_is_word(p[-1]) ? NULL : ex_string(p, end); /* an apostrophe opens nothing */
    return q ? q : p + 1;
}

/* ---- the whole ---- */

void examples_read(const char *text, struct examples *out)
{
    struct reader r = {.text = text, .end = text + strlen(text), .out = out};
    const char *p = text, *q;
    memset(out, 0, sizeof *out);
    r.defs = strstr(text, "def ") != NULL;
    examples_head(text, out);
    while (p < r.end && out->count < EXAMPLES_MAX) {
        q = read_at(&r, p);
        if (q && q > p)
            p = q;
        else if (*p == '"' || *p == '\'' || strncmp(p, "\xE2\x80\x9C", 3) == 0)
            p = skip_string(text, p, r.end);
        else
            p++;
    }
    ex_sift(out, r.weak);
    ex_name_by_calls(out);
}

/* ---- the answer of a model that was asked for tests ---- */

static bool against(const struct examples *truth, const struct example *e)
{
    for (size_t i = 0; truth && i < truth->count; i++)
        if (ex_same_subject(&truth->list[i], e))
            return true; /* told already, or told otherwise */
    return false;
}

/* `assert f(…) == literal`, perhaps with a message behind a comma or a comment. */
static bool read_assert(struct reader *r, const char *p, const char *end)
{
    struct example e = {0};
    const char *q = ex_word(ex_gap(p, end), end, "assert");
    if (!q)
        return false;
    q = read_view(r, ex_gap(q, end), true, &e);
    if (!q || e.view) /* of a model's own ways to look at an answer too many are wrong */
        return false;
    q = ex_gap(q, end);
    q = ex_word(q, end, "==") ? q + 2 : ex_word(q, end, "is");
    q = q ? ex_expected(q, end, &e) : NULL;
    q = q ? ex_gap(q, end) : NULL;
    if (!q || (q < end && !strchr(",#\r", *q)))
        return false;
    r->out->list[r->out->count++] = e;
    return true;
}

void examples_read_asserts(const char *text, const struct examples *truth, size_t limit,
                           struct examples *out)
{
    const char *p = text, *end = text + strlen(text);
    struct reader r = {.text = "", .out = out};
    size_t n = 0;
    memset(out, 0, sizeof *out);
    out->takes = -1;
    if (truth)
        memcpy(out->function, truth->function, sizeof out->function);
    while (p < end && out->count < EXAMPLES_MAX) {
        const char *q = memchr(p, '\n', (size_t)(end - p));
        r.end = q ? q : end;
        (void)read_assert(&r, p, r.end);
        p = r.end + (r.end < end);
    }
    ex_sift(out, NULL);
    for (size_t i = 0; i < out->count && n < limit; i++)
        if (!against(truth, &out->list[i]))
            out->list[n++] = out->list[i];
    out->count = n;
    ex_name_by_calls(out);
}
