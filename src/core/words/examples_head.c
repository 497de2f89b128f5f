/* The function that a task names: by a head (`def add(a, b) -> int:`) or by words ("a function
 * add(a, b)", "called `add`"). */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/words/examples_internal.h"

/* ---- parameters ---- */

static const char *param_end(const char *p, const char *end)
{
    int depth = 0;
    while (p < end) {
        const char *q = ex_string(p, end);
        if (q) {
            p = q;
            continue;
        }
        if (!depth && (*p == ',' || *p == ')'))
            return p;
        depth += strchr("([{", *p) ? 1 : strchr(")]}", *p) ? -1 : 0;
        p++;
    }
    return NULL;
}

static void add_param(const char *p, const char *name_end, const char *stop, struct examples *out)
{
    size_t used = strlen(out->params), n = (size_t)(name_end - p);
    const char *d = p;
    if (used + n + 3 > sizeof out->params)
        return;
    memcpy(out->params + used, ", ", used ? 2 : 0);
    used += used ? 2 : 0;
    memcpy(out->params + used, p, n);
    out->params[used + n] = 0;
    out->takes++;
    while (d < stop && !(*d == '=' && d[1] != '='))
        d++;
    out->needs += d == stop;
}

/* "(a: int, b=2)" from behind the parenthesis; false: these are no parameters. */
static bool read_params(const char *p, const char *end, struct examples *out)
{
    bool star = false;
    out->params[0] = 0;
    out->needs = out->takes = 0;
    for (p = ex_lines(p, end); p < end && *p != ')'; p = ex_lines(p, end)) {
        const char *stop = param_end(p, end), *q = ex_name(p, stop ? stop : p);
        if (!stop)
            return false;
        if (*p == '*' || *p == '/')
            star |= *p == '*' && p + 1 < stop;
        else if (!q || !(q == stop || strchr(" \t\n=:", *q)))
            return false;
        else if (!(q - p == 4 && memcmp(p, "self", 4) == 0))
            add_param(p, q, stop, out);
        p = stop + (*stop == ',');
    }
    if (star)
        out->takes = 99;
    return p < end;
}

static bool set_function(struct examples *out, const char *p, const char *q)
{
    size_t n = (size_t)(q - p);
    if (!n || n >= sizeof out->function)
        return false;
    memset(out->function, 0, sizeof out->function);
    memcpy(out->function, p, n);
    return true;
}

/* ---- a head ---- */

/* A `def` that begins a line at p: its name; NULL: none. *indent: of its line. */
static const char *def_at(const char *text, const char *p, const char *end, long *indent)
{
    const char *line = p;
    if (end - p < 5 || memcmp(p, "def ", 4) != 0)
        return NULL;
    while (line > text && (line[-1] == ' ' || line[-1] == '\t'))
        line--;
    if (line > text && line[-1] != '\n' && line[-1] != '`')
        return NULL;
    *indent = p - line;
    p = ex_gap(p + 4, end);
    return ex_name(p, end) ? p : NULL;
}

/* The last head at the indentation of the first: those before it are helpers. */
static bool read_head(const char *text, const char *end, struct examples *out)
{
    long first = -1, indent;
    bool found = false;
    for (const char *p = text; p < end; p++) {
        const char *name = *p == 'd' ? def_at(text, p, end, &indent) : NULL, *q;
        if (!name || (first >= 0 && indent != first))
            continue;
        first = indent;
        q = ex_name(name, end);
        if (*q != '(' || !set_function(out, name, q))
            continue;
        found = true;
        if (!read_params(q + 1, end, out))
            out->takes = -1;
    }
    return found;
}

bool ex_helper(const struct reader *r, const char *name, size_t n)
{
    long indent;
    for (const char *p = r->defs ? r->text : r->end; p < r->end; p++) {
        const char *q = *p == 'd' ? def_at(r->text, p, r->end, &indent) : NULL;
        if (q && ex_name(q, r->end) == q + n && memcmp(q, name, n) == 0)
            return true;
    }
    return false;
}

bool ex_param(const struct examples *x, const char *name, size_t n)
{
    for (const char *p = x->params; *p; p += strspn(p, ", ")) {
        size_t m = strcspn(p, ",");
        if (m == n && memcmp(p, name, n) == 0)
            return true;
        p += m;
    }
    return false;
}

/* ---- words ---- */

static const char *article(const char *p, const char *end)
{
    static const char *const words[] = {"python",    "the",  "a",  "called", "named",
                                        "name",      "it",   "is", "as",     "must be",
                                        "should be", "must", "be", NULL};
    const char *q;
    while (p < end && (*p == ' ' || *p == ','))
        p++;
    q = ex_any(p, end, words);
    return q;
}

/* "called add", "`add`", "add(a, b)" behind the word "function". */
static bool read_words(const char *p, const char *end, bool called, struct examples *out)
{
    static const char *const not_names[] = {
        "that", "which", "to",    "for", "with",   "on",   "by",   "when",    "in", "from",
        "and",  "once",  "after", "at",  "should", "must", "will", "returns", NULL};
    static const char *const names[] = {"called", "named", "name", NULL};
    bool quoted;
    const char *q;
    for (int i = 0; i < 4 && (q = article(p, end)); i++) {
        called |= ex_any(ex_gap(p, end), end, names) != NULL;
        p = q;
    }
    p = ex_gap(p, end);
    quoted = p[-1] == '`' || (p < end && strchr("\"'", *p));
    p += p < end && strchr("\"'", *p) != NULL;
    q = ex_name(p, end);
    if (!q || ex_any(p, end, not_names) ||
        (!called && !quoted && (q == end || *q != '(') && !memchr(p, '_', (size_t)(q - p))))
        return false;
    if (!set_function(out, p, q))
        return false;
    if (q < end && *q == '(' && !read_params(q + 1, end, out))
        out->takes = -1;
    if (out->takes <= 0) { /* "add()" says nothing */
        out->takes = out->needs = -1;
        out->params[0] = 0;
    }
    return true;
}

static bool named_by_words(const char *text, const char *end, struct examples *out)
{
    static const char *const calls[] = {"call it",           "name it",        "name the function",
                                        "call the function", "function name:", NULL};
    static const char *const nouns[] = {"function", "method", "implement", "func", NULL};
    for (const char *p = text; p < end; p++) {
        const bool begins = p == text || !ex_is_word(p[-1]);
        const char *q = begins ? ex_any(p, end, calls) : NULL;
        const bool called = q != NULL;
        struct examples tried = {.takes = -1, .needs = -1};
        if (begins && !q)
            q = ex_any(p, end, nouns);
        if (!q || !read_words(q, end, called, &tried))
            continue;
        memcpy(out->function, tried.function, sizeof out->function);
        memcpy(out->params, tried.params, sizeof out->params);
        out->needs = tried.needs;
        out->takes = tried.takes;
        return true;
    }
    return false;
}

/* "Write merge(a, b)": a call of bare names, which is no example. */
static void named_by_call(const char *text, const char *end, struct examples *out)
{
    for (const char *p = text; p < end;) {
        const bool begins = p == text || !(ex_is_word(p[-1]) || p[-1] == '.');
        const char *q = begins ? ex_name(p, end) : NULL;
        struct examples tried = {.takes = -1, .needs = -1};
        if (q && q < end && *q == '(' && islower((unsigned char)*p) &&
            !ex_python_name(p, (size_t)(q - p)) && read_params(q + 1, end, &tried) &&
            tried.takes > 0 && set_function(&tried, p, q)) {
            memcpy(out->function, tried.function, sizeof out->function);
            memcpy(out->params, tried.params, sizeof out->params);
            out->needs = tried.needs;
            out->takes = tried.takes;
            return;
        }
        p = q ? q : p + 1;
    }
}

void examples_head_at(const char *def, struct examples *out)
{
    const char *end = def + strlen(def), *name = ex_gap(def + 4, end), *q = ex_name(name, end);
    out->function[0] = out->params[0] = 0;
    out->needs = out->takes = -1;
    if (q && q < end && *q == '(' && set_function(out, name, q) && !read_params(q + 1, end, out))
        out->takes = -1;
}

void examples_head(const char *text, struct examples *out)
{
    const char *end = text + strlen(text);
    out->function[0] = out->params[0] = 0;
    out->needs = out->takes = -1;
    if (!read_head(text, end, out) && !named_by_words(text, end, out))
        named_by_call(text, end, out);
}
