/* Tables: pipes or tabs between the cells, a header that names the columns. */
#include <ctype.h>
#include <string.h>

#include "core/words/examples_internal.h"

enum { COLUMNS_MAX = 12 };

struct row {
    const char *cell[COLUMNS_MAX], *stop[COLUMNS_MAX]; /* trimmed */
    int columns;
};

static const char *line_end(const char *p, const char *end)
{
    const char *q = memchr(p, '\n', (size_t)(end - p));
    return q ? q : end;
}

/* The next `mark` that is not within a string. */
static const char *cell_end(const char *p, const char *end, char mark)
{
    while (p < end && *p != mark) {
        const char *q = *p == '"' || *p == '\'' ? ex_string(p, end) : NULL;
        p = q ? q : p + 1;
    }
    return p;
}

static void trim(const char **p, const char **end)
{
    while (*p < *end && strchr(" \t\r`*", **p))
        ++*p;
    while (*end > *p && strchr(" \t\r`*", (*end)[-1]))
        --*end;
}

/* The line's cells; false: it is no row. */
static bool split(const char *p, const char *end, char mark, struct row *out)
{
    memset(out, 0, sizeof *out);
    while (p < end && (*p == ' ' || *p == '\r'))
        p++;
    while (end > p && isspace((unsigned char)end[-1]))
        end--;
    if (p < end && mark == '|' && *p == '|')
        p++;
    if (p < end && mark == '|' && end[-1] == '|')
        end--;
    while (p < end) {
        const char *q = cell_end(p, end, mark);
        if (out->columns == COLUMNS_MAX)
            return false;
        out->cell[out->columns] = p;
        out->stop[out->columns] = q;
        trim(&out->cell[out->columns], &out->stop[out->columns]);
        out->columns++;
        p = q + (q < end);
    }
    return out->columns >= 2;
}

static bool is_literal(const struct row *r, int i)
{
    return r->cell[i] < r->stop[i] && examples_literal(r->cell[i], r->stop[i]) == r->stop[i];
}

static bool is_ruler(const struct row *r)
{
    for (int i = 0; i < r->columns; i++)
        for (const char *p = r->cell[i]; p < r->stop[i]; p++)
            if (!strchr("-:=+ ", *p))
                return false;
    return true;
}

static bool named_so(const struct row *r, int i, const char *const *list)
{
    for (; *list; list++)
        if (ex_word(r->cell[i], r->stop[i], *list))
            return true;
    return false;
}

/* The cells before the last are the function's parameters. */
static bool names_params(const struct reader *r, const struct row *header)
{
    const char *p = r->out->params;
    int i = 0;
    for (; *p && i < header->columns - 1; i++) {
        size_t n = strcspn(p, ",");
        if ((size_t)(header->stop[i] - header->cell[i]) != n || memcmp(header->cell[i], p, n) != 0)
            return false;
        p += n + strspn(p + n, ", ");
    }
    return !*p && i == header->columns - 1;
}

/* Whether the header says that the last column is the answer to the others. */
static bool answers(const struct reader *r, const struct row *header)
{
    static const char *const outputs[] = {"output",  "outputs", "result",   "results", "expected",
                                          "returns", "return",  "answer",   "gives",   "out",
                                          "becomes", "f(",      "returned", NULL};
    static const char *const inputs[] = {"input", "inputs", "argument", "arguments",
                                         "in",    "given",  NULL};
    const int last = header->columns - 1;
    size_t n = strlen(r->out->function);
    if (named_so(header, last, outputs) || named_so(header, 0, inputs) || names_params(r, header))
        return true;
    return n && (size_t)(header->stop[last] - header->cell[last]) >= n &&
           memcmp(header->cell[last], r->out->function, n) == 0;
}

/* 1: the first column counts the rows. */
static int skipped(const struct row *header)
{
    static const char *const counters[] = {"#", "no", "nr", "case", "example", "test", "id", NULL};
    return header->columns > 2 && named_so(header, 0, counters);
}

static bool keep_row(struct reader *r, const struct row *row, int first)
{
    const int last = row->columns - 1;
    struct example e = {0};
    for (int i = first; i <= last; i++)
        if (!is_literal(row, i))
            return false;
    e.args = row->cell[first];
    if (row->stop[last - 1] - e.args > EXAMPLE_TEXT_MAX ||
        row->stop[last] - row->cell[last] > EXAMPLE_TEXT_MAX)
        return true;
    e.args_len = (uint32_t)(row->stop[last - 1] - e.args);
    e.expected = row->cell[last];
    e.expected_len = (uint32_t)(row->stop[last] - e.expected);
    if ((r->out->takes < 0 || (last - first >= r->out->needs && last - first <= r->out->takes)) &&
        r->out->count < EXAMPLES_MAX)
        r->out->list[r->out->count++] = e;
    return true;
}

static const char *read_table(struct reader *r, const char *p, char mark)
{
    struct row header, row;
    const char *end = line_end(p, r->end), *last = NULL;
    int first;
    if (!split(p, end, mark, &header) || is_literal(&header, header.columns - 1) ||
        is_ruler(&header) || !answers(r, &header) || ex_denied(r, p))
        return NULL;
    first = skipped(&header);
    for (p = end; p < r->end; p = end) {
        end = line_end(++p, r->end);
        if (!split(p, end, mark, &row) || row.columns != header.columns)
            break;
        if (!is_ruler(&row) && !keep_row(r, &row, first))
            continue; /* an unreadable row says nothing about the others */
        last = end;
    }
    return last;
}

/* The first line of the table that p lies in. */
static const char *table_top(const char *text, const char *p)
{
    while (p > text) {
        const char *q = p - 1, *s;
        while (q > text && q[-1] != '\n')
            q--;
        for (s = q; s < p && *s == ' ';)
            s++;
        if (*s != '|')
            break;
        p = q;
    }
    return p;
}

/* Two columns of literals without a header: | 3 | 9 | */
static const char *read_bare_row(struct reader *r, const char *p)
{
    const char *end = line_end(p, r->end), *top = table_top(r->text, p);
    struct row row, first;
    if (!split(p, end, '|', &row) || row.columns != 2 || ex_denied(r, top) ||
        !split(top, line_end(top, r->end), '|', &first) || !is_literal(&first, 0))
        return NULL;
    return keep_row(r, &row, 0) ? end : NULL;
}

const char *ex_table(struct reader *r, const char *p)
{
    const char *end = line_end(p, r->end), *q = NULL, *s = p;
    if (memchr(p, '|', (size_t)(end - p)))
        q = read_table(r, p, '|');
    if (!q && memchr(p, '\t', (size_t)(end - p)))
        q = read_table(r, p, '\t');
    while (s < end && *s == ' ')
        s++;
    return q || s == end || *s != '|' ? q : read_bare_row(r, p);
}
