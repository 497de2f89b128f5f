/* Simple expressions as people write them beside a call: what its arguments are made by
 * (`"a" * 3`, `date(2020, 1, 1)`), and how they look at its answer (`round(f(3), 2)`, `f(3)[0]`).
 */
#include <ctype.h>
#include <string.h>

#include "core/words/examples_internal.h"

enum { DEPTH_MAX = 64 };

/* What runtime/judging.py evaluates as well. */
static const char *const functions[] = {
    "abs",         "all",     "any",     "bool",     "complex",  "dict",       "float",
    "frozenset",   "int",     "iter",    "len",      "list",     "max",        "min",
    "next",        "range",   "repr",    "reversed", "round",    "set",        "sorted",
    "str",         "sum",     "tuple",   "date",     "datetime", "time",       "deque",
    "timedelta",   "Decimal", "Counter", "Fraction", "isclose",  "isinstance", "approx",
    "OrderedDict", NULL};
static const char *const types[] = {"bool", "bytes", "complex", "dict", "float", "frozenset", "int",
                                    "len",  "list",  "set",     "str",  "tuple", NULL};
static const char *const of_modules[] = {"math.isclose",
                                         "math.sqrt",
                                         "math.floor",
                                         "math.ceil",
                                         "math.isinf",
                                         "math.isfinite",
                                         "datetime.date",
                                         "datetime.time",
                                         "datetime.datetime",
                                         "decimal.Decimal",
                                         "datetime.timedelta",
                                         "pytest.approx",
                                         "fractions.Fraction",
                                         "collections.Counter",
                                         "collections.OrderedDict",
                                         "collections.deque",
                                         NULL};
static const char *const constants[] = {"math.pi", "math.e", "math.inf", NULL};
static const char *const methods[] = {
    "upper",      "lower",  "strip",      "lstrip",    "rstrip",       "title",    "capitalize",
    "swapcase",   "split",  "splitlines", "join",      "startswith",   "endswith", "count",
    "index",      "find",   "replace",    "isdigit",   "isalpha",      "isupper",  "islower",
    "keys",       "values", "items",      "get",       "issubset",     "copy",     "issuperset",
    "isdisjoint", "union",  "is_integer", "isoformat", "intersection", NULL};

struct expression {
    struct view *view; /* NULL: no call of a program's function is allowed */
    const char *end;
    int depth, inside;         /* inside: brackets, within which lines go on */
    const struct reader *bare; /* words without quotes are texts; NULL: they are not */
    int bare_words;
};

static const char *comparison(struct expression *x, const char *p);
static const char *sum(struct expression *x, const char *p);

static const char *blank(const struct expression *x, const char *p)
{
    while (p < x->end && (*p == ' ' || *p == '\t' || (x->inside && isspace((unsigned char)*p))))
        p++;
    return p;
}

/* The exact word, not in other letters' case. */
static const char *exactly(const char *p, const char *end, const char *const *list)
{
    for (; *list; list++) {
        size_t n = strlen(*list);
        if ((size_t)(end - p) >= n && memcmp(p, *list, n) == 0 &&
            (p + n == end || !ex_is_word(p[n])))
            return p + n;
    }
    return NULL;
}

/* Values between brackets, from behind the one that opens: `1, key=len`, `1: 2`. */
static const char *values(struct expression *x, const char *p, char close, bool named)
{
    x->inside++;
    p = blank(x, p);
    while (p && p < x->end && *p != close) {
        const char *q = named ? ex_name(p, x->end) : NULL;
        if (q && (q = blank(x, q)) + 1 < x->end && *q == '=' && q[1] != '=')
            p = blank(x, q + 1);
        p = comparison(x, p);
        p = p ? blank(x, p) : NULL;
        if (p && close == '}' && p < x->end && *p == ':') {
            p = comparison(x, blank(x, p + 1));
            p = p ? blank(x, p) : NULL;
        }
        if (p && p < x->end && *p == ',')
            p = blank(x, p + 1);
        else if (p && (p >= x->end || *p != close))
            p = NULL;
    }
    x->inside--;
    return p && p < x->end ? p + 1 : NULL;
}

/* `0]`, `"a"]`, `1:3]`, `::-1]` */
static const char *subscript(struct expression *x, const char *p)
{
    int parts = 0;
    x->inside++;
    p = blank(x, p);
    for (; p && p < x->end && *p != ']' && parts < 3; parts++) {
        if (*p != ':')
            p = sum(x, p);
        p = p ? blank(x, p) : NULL;
        if (!p || p >= x->end || *p == ']')
            continue;
        p = *p == ':' && parts < 2 ? blank(x, p + 1) : NULL;
    }
    x->inside--;
    return p && p < x->end && *p == ']' && parts ? p + 1 : NULL;
}

/* A text without its quotes as an argument, `is_happy(abcd)`: letters that no head names. */
static const char *bare_word(struct expression *x, const char *p)
{
    const char *q = p, *next;
    while (q < x->end && isalpha((unsigned char)*q))
        q++;
    next = blank(x, q);
    if (!x->bare || x->inside != 1 || q == p || next >= x->end || !strchr(",)", *next) ||
        ex_param(x->bare->out, p, (size_t)(q - p)) || ex_python_name(p, (size_t)(q - p)))
        return NULL;
    x->bare_words++;
    return q;
}

static bool is_own(const struct reader *r, const char *p, const char *name_end)
{
    const size_t n = (size_t)(name_end - p);
    return strlen(r->out->function) == n && memcmp(r->out->function, p, n) == 0;
}

/* A call of the program's function at p, whose arguments need nothing of the program. */
static const char *program_call(struct expression *x, const char *p, const char *name_end)
{
    struct expression inner = {.end = x->end, .depth = x->depth};
    const char *q;
    if (x->view && is_own(x->view->reader, p, name_end) && x->view->reader->out->params[0])
        inner.bare = x->view->reader;
    q = values(&inner, name_end + 1, ')', true);
    if (!q || !x->view || x->view->call)
        return NULL;
    x->view->call = p;
    x->view->name_end = name_end;
    x->view->call_len = (uint32_t)(q - p);
    x->view->bare = inner.bare_words > 0;
    return q;
}

/* The task's function may have the name of one of Python's. */
static bool is_meant(const struct expression *x, const char *p, const char *name_end)
{
    static const char *const wraps[] = {"isclose", "frozenset", "complex", NULL};
    if (!x->view || is_own(x->view->reader, p, name_end))
        return x->view != NULL;
    return !x->inside && islower((unsigned char)*p) && !ex_python_name(p, (size_t)(name_end - p)) &&
           !exactly(p, x->end, wraps);
}

static const char *named(struct expression *x, const char *p)
{
    const char *end = x->end, *q, *name_end = ex_name(p, end);
    if ((q = exactly(p, end, of_modules)) && q < end && *q == '(')
        return values(x, q + 1, ')', true);
    if ((q = exactly(p, end, constants)))
        return q;
    if (name_end < end && *name_end == '(') {
        if (exactly(p, end, functions) && !is_meant(x, p, name_end))
            return values(x, name_end + 1, ')', true);
        return program_call(x, p, name_end);
    }
    q = x->inside ? exactly(p, end, types) : NULL;
    return q ? q : bare_word(x, p);
}

static const char *atom(struct expression *x, const char *p)
{
    const char *end = x->end, *q;
    if (p >= end)
        return NULL;
    if (*p == '(')
        return values(x, p + 1, ')', false);
    if (*p == '[')
        return values(x, p + 1, ']', false);
    if (*p == '{')
        return values(x, p + 1, '}', false);
    if ((q = examples_literal(p, end)))
        return q;
    return ex_name(p, end) ? named(x, p) : NULL;
}

/* With what stands behind it: `[0]`, `.upper()`. */
static const char *operand(struct expression *x, const char *p)
{
    const char *q;
    p = blank(x, p);
    if (x->depth > DEPTH_MAX)
        return NULL;
    x->depth++;
    if (p < x->end && (*p == '-' || *p == '+') && !examples_literal(p, x->end)) {
        p = operand(x, p + 1);
        x->depth--;
        return p;
    }
    p = atom(x, p);
    while (p && p < x->end && (*p == '[' || *p == '.')) {
        if (*p == '[')
            q = subscript(x, p + 1);
        else if ((q = exactly(p + 1, x->end, methods)) && q < x->end && *q == '(')
            q = values(x, q + 1, ')', true);
        else
            q = NULL;
        if (!q)
            break; /* the dot of a sentence */
        p = q;
    }
    x->depth--;
    return p;
}

/* Behind an operator; NULL: there is none. */
static const char *operator_at(const struct expression *x, const char *p)
{
    static const char two[] = "**//";
    if (p + 1 >= x->end || !strchr("+-*/%", *p))
        return NULL;
    if (*p == '-' && (p[1] == '>' || p[1] == '-'))
        return NULL;
    return p + (strchr(two, *p) && p[1] == *p ? 2 : 1);
}

static const char *sum(struct expression *x, const char *p)
{
    p = operand(x, p);
    while (p && (x->inside || !x->view || x->view->strict)) {
        const char *q = operator_at(x, blank(x, p));
        struct view before = x->view ? *x->view : (struct view){0};
        q = q ? operand(x, q) : NULL;
        if (!q) {
            if (x->view)
                *x->view = before;
            break;
        }
        p = q;
    }
    return p;
}

static const char *comparing(const char *p, const char *end)
{
    static const char *const signs[] = {"==", "!=", "<=", ">=", "<", ">", NULL};
    static const char *const words[] = {"not in", "in", "is not", "is", NULL};
    for (int i = 0; signs[i]; i++)
        if ((size_t)(end - p) > strlen(signs[i]) && memcmp(p, signs[i], strlen(signs[i])) == 0)
            return p + strlen(signs[i]);
    return exactly(p, end, words);
}

static const char *comparison(struct expression *x, const char *p)
{
    static const char *const nots[] = {"not", NULL};
    const bool outer = !x->inside && x->view;
    const char *q = exactly(p = blank(x, p), x->end, nots);
    if (x->depth > DEPTH_MAX)
        return NULL;
    x->depth++;
    p = q ? comparison(x, q) : sum(x, p);
    x->depth--;
    if (outer && q)
        x->view->compares = true;
    for (q = p; !outer && p && (q = comparing(blank(x, p), x->end)) && (q = sum(x, q));)
        p = q;
    return p;
}

const char *ex_view(const struct reader *r, const char *p, bool strict, struct view *out)
{
    struct expression x = {.view = out, .end = r->end};
    const char *q;
    *out = (struct view){.reader = r, .strict = strict};
    if (p >= r->end || !(ex_name(p, r->end) || (strict && strchr("([\"'", *p))))
        return NULL;
    q = sum(&x, p);
    return q && out->call ? q : NULL;
}

const char *ex_claim(const struct reader *r, const char *p, struct view *out)
{
    struct expression x = {.view = out, .end = r->end};
    const char *q, *s;
    *out = (struct view){.reader = r, .strict = true};
    q = comparison(&x, p);
    if (!q || !out->call)
        return NULL;
    if ((s = comparing(blank(&x, q), r->end)) && (s = sum(&x, s))) {
        out->compares = true;
        q = s;
    }
    return q;
}

const char *ex_made(const char *p, const char *end, bool strict)
{
    struct expression x = {.end = end};
    return strict ? sum(&x, p) : operand(&x, p);
}
