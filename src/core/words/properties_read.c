/* Properties that a model has written: lines "property: for NAME in STRATEGY: EXPRESSION". */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "core/words/properties.h"

static const char mark[] = "property: for ";

static size_t name_length(const char *p)
{
    size_t n = 0;
    while (isalnum((unsigned char)p[n]) || p[n] == '_')
        n++;
    return n && !isdigit((unsigned char)*p) ? n : 0;
}

static const char *skip_word(const char *p, const char *word)
{
    size_t n = strlen(word);
    return strncmp(p, word, n) == 0 && !isalnum((unsigned char)p[n]) && p[n] != '_' ? p + n : NULL;
}

static const char *skip_number(const char *p)
{
    size_t n = strspn(p + (*p == '-'), "0123456789");
    return n && n < 7 ? p + (*p == '-') + n : NULL;
}

/* "(-5, 5)" */
static const char *skip_range(const char *p)
{
    p = *p == '(' ? skip_number(p + 1) : NULL;
    if (!p || *p != ',')
        return NULL;
    p = skip_number(p + 1 + strspn(p + 1, " "));
    return p && *p == ')' ? p + 1 : NULL;
}

/* ("abc"), without quotes and backslashes inside */
static const char *skip_letters(const char *p)
{
    size_t n;
    if (*p != '(' || !strchr("\"'", p[1]) || !p[1])
        return NULL;
    n = strcspn(p + 2, "\"'\\\n");
    return n && p[2 + n] == p[1] && p[3 + n] == ')' ? p + 4 + n : NULL;
}

/* Where the strategy at p ends; NULL: it is none. `depth` lists may still be nested. */
static const char *skip_strategy(const char *p, int depth)
{
    const char *q;
    if ((q = skip_word(p, "integers")))
        return *q == '(' ? skip_range(q) : q;
    if ((q = skip_word(p, "text")))
        return *q == '(' ? skip_letters(q) : q;
    if ((q = skip_word(p, "booleans")))
        return q;
    q = depth ? skip_word(p, "lists") : NULL;
    if (!q || *q != '(')
        return NULL;
    q = skip_strategy(q + 1, depth - 1);
    return q && *q == ')' ? q + 1 : NULL;
}

/* Whether the name stands in the text as a word; `call`: with a parenthesis behind it. */
static bool mentions(const char *text, size_t size, const char *name, bool call)
{
    const size_t n = strlen(name);
    for (size_t i = 0; i + n <= size; i++) {
        const char after = i + n < size ? text[i + n] : 0;
        if (strncmp(text + i, name, n) == 0 && !isalnum((unsigned char)after) && after != '_' &&
            (i == 0 || !(isalnum((unsigned char)text[i - 1]) || text[i - 1] == '_')) &&
            (!call || after == '('))
            return true;
    }
    return false;
}

/* One line of n bytes. */
static bool read_line(const char *p, size_t n, const char *function, struct written *out)
{
    const char *end = p + n, *strategy, *after;
    size_t k;
    if (n <= sizeof mark || strncmp(p, mark, sizeof mark - 1) != 0)
        return false;
    p += sizeof mark - 1;
    k = name_length(p);
    if (!k || k >= sizeof out->name || strncmp(p + k, " in ", 4) != 0)
        return false;
    snprintf(out->name, sizeof out->name, "%.*s", (int)k, p);
    strategy = p + k + 4;
    after = skip_strategy(strategy, 2);
    if (!after || after + 2 > end || *after != ':' || after[1] != ' ' ||
        (size_t)(after - strategy) >= sizeof out->strategy)
        return false;
    snprintf(out->strategy, sizeof out->strategy, "%.*s", (int)(after - strategy), strategy);
    p = after + 2;
    if ((size_t)(end - p) >= sizeof out->expression || strcmp(out->name, function) == 0 ||
        !mentions(p, (size_t)(end - p), out->name, false) ||
        !mentions(p, (size_t)(end - p), function, true))
        return false;
    snprintf(out->expression, sizeof out->expression, "%.*s", (int)(end - p), p);
    out->unusable = false;
    return true;
}

size_t properties_read(const char *answer, const char *function, struct written out[WRITTEN_MAX])
{
    size_t count = 0;
    while (*answer && count < WRITTEN_MAX) {
        size_t n = strcspn(answer, "\n"), used = n;
        while (used && isspace((unsigned char)answer[used - 1]))
            used--;
        count += *function && read_line(answer, used, function, &out[count]);
        answer += n + (answer[n] == '\n');
    }
    return count;
}
