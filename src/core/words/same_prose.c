#include "core/words/same_prose.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void blank(char *from, const char *to)
{
    for (; from < to; from++)
        if (*from != '\n')
            *from = ' ';
}

/* A number beside which something else comes out: f(6) == 8. */
static bool number_tells(const char *p, size_t n, const struct example *e)
{
    const bool whole = n < 9 && strspn(p, "0123456789") >= n;
    return whole && strtol(p, NULL, 10) > 2 && e->expected_len > 0 &&
           !strchr("TF", e->expected[0]) &&
           !(e->expected_len == n && memcmp(e->expected, p, n) == 0);
}

/* A list or a dict with more than one thing in it, and not the same ones. */
static bool has_two(const char *p, const char *end)
{
    char open[64], seen = 0;
    int depth = 0;
    bool differ = false, comma = false;
    for (; p < end && depth < (int)sizeof open; p++) {
        if (strchr("([{", *p))
            open[depth++] = *p;
        else if (strchr(")]}", *p) && depth)
            depth--;
        else if (*p == ',' && depth && open[depth - 1] != '(')
            comma = true;
        if (isalnum((unsigned char)*p)) {
            differ |= seen && seen != *p;
            seen = *p;
        }
    }
    return comma && differ;
}

static bool scalars_tell(const char *p, const char *end)
{
    int letters = 0, digits = 0, values = 0;
    for (; p < end; p++) {
        letters += isalpha((unsigned char)*p) != 0;
        digits += isdigit((unsigned char)*p) && !strchr("01", *p);
        values += *p == ',';
    }
    return (values > 0 && letters + digits > 1) || letters > 2 || digits > 1;
}

/* f([1, 2]) == [1, 2] */
static bool gives_itself(const char *p, const char *end, const struct example *e)
{
    return (size_t)(end - p) == e->expected_len && memcmp(p, e->expected, e->expected_len) == 0;
}

/* A call with nothing in it tells as little as one with an empty list or a single value. */
static bool tells(const struct example *e)
{
    const char *p = e->call ? memchr(e->call, '(', e->call_len) : e->args;
    const char *end = e->call ? e->call + e->call_len : e->args + e->args_len;
    if (!p || e->kind > EXAMPLE_NEAR ||
        gives_itself(p + (e->call != NULL), end - (e->call != NULL), e))
        return false;
    if (e->call ? end - p > 2 && number_tells(p + 1, (size_t)(end - p - 2), e)
                : number_tells(p, e->args_len, e))
        return true;
    if (memchr(p + (e->call != NULL), '[', (size_t)(end - p) - (e->call != NULL)) ||
        memchr(p, '{', (size_t)(end - p)))
        return has_two(p, end);
    return scalars_tell(p, end);
}

static bool is_literal(const struct example *e, const char *text)
{
    return e->expected_len == strlen(text) && strncasecmp(e->expected, text, strlen(text)) == 0;
}

/* FNV over the pieces of a part of an example. */
static unsigned hash_part(unsigned hash, const char *p, const char *end)
{
    struct example_piece piece;
    while (examples_piece(&p, end, &piece)) {
        for (size_t i = 0; i < piece.len; i++)
            hash = (hash ^ (unsigned char)piece.text[i]) * 16777619u;
        if (piece.quoted)
            hash = (hash ^ '"') * 16777619u;
    }
    return hash;
}

/* Of the arguments, the expected value, and what is looked at. */
static unsigned example_hash(const struct example *e)
{
    const char *p = e->call ? memchr(e->call, '(', e->call_len) : e->args;
    const char *end = e->call ? e->call + e->call_len - 1 : e->args + e->args_len;
    unsigned hash = 2166136261u;
    if (!p)
        return 0;
    hash = hash_part(hash, p + (e->call != NULL), end);
    hash = hash_part(hash, e->expected, e->expected + e->expected_len);
    return e->view ? hash_part(hash, e->view, e->view + e->view_len) : hash;
}

static void blank_examples(char *copy, const char *text, const struct examples *x,
                           struct same_text *out)
{
    int yes = 0, no = 0;
    out->examples = (int)x->count;
    for (size_t i = 0; i < x->count; i++) {
        const struct example *e = &x->list[i];
        const char *from = e->call ? e->call : e->args, *other = e->expected, *end;
        end = from + (e->call ? e->call_len : e->args_len);
        if (e->view) {
            from = e->view;
            end = from + e->view_len;
        }
        if (other < text || other > text + strlen(text))
            other = from; /* of a doctest that shows nothing */
        if (other < from)
            from = other;
        if (other + e->expected_len > end && other != from)
            end = other + e->expected_len;
        yes += tells(e) && is_literal(e, "True");
        no += tells(e) && is_literal(e, "False");
        out->telling += tells(e) && !is_literal(e, "True") && !is_literal(e, "False");
        if (tells(e))
            out->hashes[out->hash_count++] = example_hash(e);
        if (end - from > 2 * EXAMPLE_TEXT_MAX)
            continue;
        copy[from - text] = '.';
        blank(copy + (from - text) + 1, copy + (end - text));
        if (from > text && copy[from - text - 1] == '(')
            copy[from - text - 1] = ' ';
    }
    if (yes && no)
        out->telling += yes + no - 1; /* one kind alone is what a constant gives as well */
}

static char *parenthesis_end(char *p)
{
    int depth = 0;
    for (; *p; p++) {
        depth += strchr("([{", *p) ? 1 : strchr(")]}", *p) ? -1 : 0;
        if (!depth)
            return p + 1;
    }
    return NULL;
}

/* The defaults of the parameters from '(' to `end`. */
static void read_defaults(const char *p, const char *end, struct same_text *out)
{
    for (; p < end; p++) {
        size_t n = strlen(out->defaults), k;
        if (*p != '=' || p[1] == '=')
            continue;
        p += 1 + strspn(p + 1, " ");
        k = strcspn(p, ",)");
        snprintf(out->defaults + n, sizeof out->defaults - n, "%.*s;", (int)k, p);
    }
}

/* "-> List[int]:" */
static char *read_result(char *p, struct same_text *out)
{
    char *q = p + strspn(p, " ");
    size_t n = 0;
    if (q[0] != '-' || q[1] != '>')
        return p;
    q += 2 + strspn(q + 2, " ");
    while (isalnum((unsigned char)q[n]) || q[n] == '.')
        n++;
    for (size_t i = 0; i < n && i + 1 < sizeof out->gives; i++)
        out->gives[i] = (char)tolower((unsigned char)q[i]);
    return q + strcspn(q, ":\n");
}

/* What a call gives, where the reader of examples has not taken it for one. */
static void blank_value(const char *call, char *p, struct same_text *out)
{
    struct example e = {.call = call, .call_len = (uint32_t)(p - call)};
    static const char *const words[] = {"returns", "gives", "is", "==", "->", "=>", "="};
    const char *stop = p + strlen(p), *end;
    p += strspn(p, " \n");
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t n = strlen(words[i]);
        if (strncmp(p, words[i], n) != 0)
            continue;
        p += n;
        p += strspn(p, " \n");
        end = strchr("[{(\"'", *p) ? examples_literal(p, stop) : NULL;
        if (!*p || !end)
            return;
        e.expected = p;
        e.expected_len = (uint32_t)(end - p);
        if (out->hash_count < EXAMPLES_MAX && tells(&e))
            out->hashes[out->hash_count++] = example_hash(&e);
        blank(p, end);
        return;
    }
}

/* Every "name(…)" of the function that the task names, with its `def`. */
static void blank_heads(char *copy, struct same_text *out)
{
    const size_t n = strlen(out->function);
    for (char *p = copy; n && (p = strstr(p, out->function)); p += n) {
        char *end, *from = p;
        if ((p > copy && (isalnum((unsigned char)p[-1]) || p[-1] == '_')) || p[n] != '(')
            continue;
        end = parenthesis_end(p + n);
        if (!end)
            continue;
        if (!out->defaults[0])
            read_defaults(p + n, end, out);
        if (p - copy >= 4 && memcmp(p - 4, "def ", 4) == 0) {
            from = p - 4;
            end = read_result(end, out);
        }
        blank_value(p, end, out);
        blank(from, end);
    }
}

/* "(name, price, count)", "[start, end]": the order of fields that the words tell. */
static void read_fields(const char *copy, struct same_text *out)
{
    for (const char *p = copy; !out->fields[0] && (p = strpbrk(p, "([")); p++) {
        size_t n = strspn(p + 1, "abcdefghijklmnopqrstuvwxyz_, ");
        if (!strchr(")]", p[1 + n]) || !p[1 + n] || !memchr(p + 1, ',', n) ||
            n >= sizeof out->fields)
            continue;
        for (size_t i = 0, k = 0; i < n; i++)
            if (p[1 + i] != ' ')
                out->fields[k++] = p[1 + i];
    }
}

static void blank_imports(char *copy)
{
    for (char *p = copy; *p; p += *p != 0) {
        size_t n = strcspn(p, "\n");
        if (strncmp(p, "import ", 7) == 0 ||
            (strncmp(p, "from ", 5) == 0 && strstr(p, " import ") && strstr(p, " import ") < p + n))
            blank(p, p + n);
        p += n;
    }
}

void same_prose(char *copy, const char *text, const struct examples *x, struct same_text *out)
{
    blank_examples(copy, text, x, out);
    blank_heads(copy, out);
    blank_imports(copy);
    read_fields(copy, out);
}
