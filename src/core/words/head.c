#include "core/words/head.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "core/words/examples_internal.h"

enum { HELPERS_MAX = 256 << 10 };

/* ---- lines ---- */

static const char *next_line(const char *p)
{
    p += strcspn(p, "\n");
    return p + (*p == '\n');
}

/* Where the block that begins with the line at p ends: at the next text in the first column. */
static const char *block_end(const char *p)
{
    for (p = next_line(p); *p; p = next_line(p))
        if (!isspace((unsigned char)*p) && *p != ')' && *p != '#')
            break;
    return p;
}

static bool has_line(const char *code, const char *line, size_t n)
{
    for (const char *p = code; *p; p = next_line(p))
        if (strcspn(p, "\r\n") == n && memcmp(p, line, n) == 0)
            return true;
    return false;
}

/* The colon that ends the head at `def`; NULL: none. */
static const char *head_end(const char *def)
{
    const char *end = def + strlen(def), *q;
    int depth = 0;
    for (const char *p = def; p < end; p++) {
        if ((q = ex_string(p, end))) {
            p = q - 1;
            continue;
        }
        depth += strchr("([{", *p) ? 1 : strchr(")]}", *p) ? -1 : 0;
        if (!depth && *p == ':')
            return p;
        if (!depth && *p == '\n')
            return NULL;
    }
    return NULL;
}

/* The definition of `name` in the first column of the text; NULL: none. */
static const char *definition(const char *text, const char *name)
{
    char def[80];
    size_t n = (size_t)snprintf(def, sizeof def, "def %.64s(", name);
    for (const char *p = text; *p; p = next_line(p))
        if (strncmp(p, def, n) == 0)
            return p;
    return NULL;
}

/* ---- the head of the task ---- */

/* Between p and end stand a docstring and at most a placeholder. */
static bool no_body(const char *p, const char *end)
{
    static const char *const nothings[] = {"pass", "...", "raise NotImplementedError", "```", NULL};
    p = ex_lines(p, end);
    if (end - p > 3 && (strncmp(p, "\"\"\"", 3) == 0 || strncmp(p, "'''", 3) == 0)) {
        const char *close = memmem(p + 3, (size_t)(end - p - 3), p, 3);
        p = close ? close + 3 : end;
    }
    for (p = ex_lines(p, end); p < end; p = ex_lines(p, end)) {
        const char *q = *p == '#' ? p + strcspn(p, "\n") : ex_any(p, end, nothings);
        if (!q)
            return false;
        while (q < end && strchr("() \t", *q))
            q++;
        p = q;
    }
    return true;
}

/* The head that is to be filled in, read into `x`; NULL: the task has none. */
static const char *wanted_head(const char *task, struct examples *x)
{
    const char *def, *colon;
    if (!strstr(task, "def "))
        return NULL;
    examples_head(task, x);
    def = x->function[0] ? definition(task, x->function) : NULL;
    colon = def ? head_end(def) : NULL;
    return colon && x->takes >= 0 && no_body(colon + 1, block_end(def)) ? def : NULL;
}

/* ---- completing the code ---- */

static bool is_import(const char *p, size_t n)
{
    if (memchr(p, '(', n) || memchr(p, '\\', n))
        return false;
    return strncmp(p, "import ", 7) == 0 ||
           (strncmp(p, "from ", 5) == 0 && memmem(p, n, " import ", 8));
}

/* Those that the code has as well, when `all`: a helper stands before the code's own. */
static enum err add_imports(const char *task, const char *head, const char *code, bool all,
                            struct buf *out)
{
    enum err e = ERR_OK;
    for (const char *p = task; !e && p < head; p = next_line(p)) {
        size_t n = strcspn(p, "\r\n");
        if (is_import(p, n) && (all || !has_line(code, p, n)))
            e = buf_addf(out, "%.*s\n", (int)n, p);
    }
    return e;
}

static bool calls(const char *code, const char *name, size_t n)
{
    for (const char *p = code; (p = strchr(p, '(')); p++)
        if ((size_t)(p - code) >= n && memcmp(p - n, name, n) == 0 &&
            ((size_t)(p - code) == n || !ex_is_word(p[-(long)n - 1])))
            return true;
    return false;
}

static enum err add_helpers(const char *task, const char *head, const char *code, struct buf *out)
{
    enum err e = ERR_OK;
    for (const char *p = task; !e && p < head; p = next_line(p)) {
        struct examples x;
        if (strncmp(p, "def ", 4) != 0)
            continue;
        examples_head_at(p, &x);
        if (x.function[0] && !definition(code, x.function) &&
            calls(code, x.function, strlen(x.function))) {
            const char *end = block_end(p);
            while (end > p && isspace((unsigned char)end[-1]))
                end--;
            e = buf_addf(out, "\n\n%.*s\n", (int)(end - p), p);
        }
    }
    return e;
}

/* The code with the task's own head in the place of its. */
static enum err add_code(const char *head, const struct examples *x, const char *code,
                         struct buf *out)
{
    const char *def = definition(code, x->function), *colon = def ? head_end(def) : NULL;
    struct examples own;
    enum err e;
    if (colon)
        examples_head_at(def, &own);
    if (!colon || own.takes != x->takes || strcmp(own.params, x->params) != 0)
        return buf_adds(out, code);
    e = buf_add(out, code, (size_t)(def - code));
    if (!e)
        e = buf_add(out, head, (size_t)(head_end(head) - head));
    return e ? e : buf_adds(out, colon);
}

enum err head_complete(const char *task, const char *code, struct buf *out)
{
    struct examples x;
    const char *head = wanted_head(task, &x);
    struct buf helpers;
    size_t before = out->len;
    enum err e;
    if (!head)
        return buf_adds(out, code);
    buf_init(&helpers, HELPERS_MAX);
    e = add_helpers(task, head, code, &helpers);
    if (!e)
        e = add_imports(task, head, code, helpers.len > 0, out);
    if (!e)
        e = buf_add(out, helpers.data, helpers.len);
    if (!e && out->len > before)
        e = buf_adds(out, "\n");
    buf_fini(&helpers);
    return e ? e : add_code(head, &x, code, out);
}

bool head_kept(const char *task, const char *code, char why[200])
{
    struct examples wanted, own;
    const char *def;
    why[0] = 0;
    if (!wanted_head(task, &wanted))
        return true;
    def = definition(code, wanted.function);
    if (!def) {
        snprintf(why, 200, "it has no function %.60s(%.100s)", wanted.function, wanted.params);
        return false;
    }
    examples_head_at(def, &own);
    if (own.takes < 0 || (own.needs <= wanted.takes && own.takes >= wanted.takes))
        return true;
    snprintf(why, 200, "the parameters of %.60s must be (%.100s)", wanted.function, wanted.params);
    return false;
}
