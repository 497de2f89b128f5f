#include "base/diff.h"

#include <stdlib.h>
#include <string.h>

enum {
    EDITS_MAX = 1000, /* the search keeps a row of 2d + 1 numbers for each d */
    CONTEXT = 3,
};

struct line {
    const char *text;
    size_t len; /* without the line's end */
};

struct side {
    struct line *lines;
    int count;
    bool open; /* the last line has no end */
};

/* The way through the grid: from (x, y) so many equal lines, behind one line of one side. */
struct edit {
    bool insert; /* a line of b; else one of a is left out */
    int x, y;    /* before it: lines of a and b */
};

static enum err side_read(const char *text, struct side *out)
{
    size_t n = 0;
    for (const char *p = text; *p; p++)
        n += *p == '\n';
    out->count = 0;
    out->lines = calloc(n + 1, sizeof *out->lines);
    if (!out->lines)
        return ERR_NOMEM;
    out->open = false;
    while (*text) {
        size_t len = strcspn(text, "\n");
        out->lines[out->count++] = (struct line){text, len};
        out->open = !text[len];
        text += len + !out->open;
    }
    return ERR_OK;
}

static bool same_line(const struct side *a, int x, const struct side *b, int y)
{
    const struct line *p = &a->lines[x], *q = &b->lines[y];
    if ((a->open && x == a->count - 1) != (b->open && y == b->count - 1))
        return false;
    return p->len == q->len && memcmp(p->text, q->text, p->len) == 0;
}

/* ---- the shortest script ---- */

struct search {
    const struct side *a, *b;
    int **rows; /* of each d: how far it came on diagonal k, at k + d */
    int edits;  /* d of the end; -1: more than EDITS_MAX */
};

/* The furthest x on diagonal k after d edits. */
static int step(const int *before, int d, int k)
{
    if (!d)
        return 0;
    if (k == -d || (k != d && before[k - 1 + d - 1] < before[k + 1 + d - 1]))
        return before[k + 1 + d - 1]; /* a line of b */
    return before[k - 1 + d - 1] + 1;
}

static enum err search_run(struct search *s)
{
    s->edits = -1;
    for (int d = 0; d <= EDITS_MAX; d++) {
        int *row = s->rows[d] = malloc(sizeof *row * (size_t)(2 * d + 1));
        if (!row)
            return ERR_NOMEM;
        for (int k = -d; k <= d; k += 2) {
            int x = step(d ? s->rows[d - 1] : NULL, d, k), y = x - k;
            while (x < s->a->count && y >= 0 && y < s->b->count && same_line(s->a, x, s->b, y))
                x++, y++;
            row[k + d] = x;
            if (x >= s->a->count && y >= s->b->count) {
                s->edits = d;
                return ERR_OK;
            }
        }
    }
    return ERR_OK;
}

/* Backwards from the end, into a list in the order of the texts. */
static void backtrack(const struct search *s, struct edit *list)
{
    int x = s->a->count, y = s->b->count;
    for (int d = s->edits; d > 0; d--) {
        const int *before = s->rows[d - 1];
        int k = x - y;
        bool insert = k == -d || (k != d && before[k - 1 + d - 1] < before[k + 1 + d - 1]);
        x = before[(insert ? k + 1 : k - 1) + d - 1];
        y = x - (insert ? k + 1 : k - 1);
        list[d - 1] = (struct edit){insert, x, y};
    }
}

/* All of a goes, all of b comes. */
static int replace_all(const struct side *a, const struct side *b, struct edit *list)
{
    int n = 0;
    for (int x = 0; x < a->count; x++)
        list[n++] = (struct edit){false, x, 0};
    for (int y = 0; y < b->count; y++)
        list[n++] = (struct edit){true, a->count, y};
    return n;
}

static enum err find_edits(const struct side *a, const struct side *b, struct edit **out, int *n)
{
    struct search s = {.a = a, .b = b};
    enum err e = ERR_OK;
    s.rows = calloc(EDITS_MAX + 1, sizeof *s.rows);
    *out = calloc((size_t)a->count + (size_t)b->count + 1, sizeof **out);
    if (!s.rows || !*out)
        e = ERR_NOMEM;
    if (!e)
        e = search_run(&s);
    if (!e && s.edits >= 0) {
        backtrack(&s, *out);
        *n = s.edits;
    } else if (!e) {
        *n = replace_all(a, b, *out);
    }
    for (int d = 0; s.rows && d <= EDITS_MAX; d++)
        free(s.rows[d]);
    free(s.rows);
    return e;
}

/* ---- hunks ---- */

static enum err add_line(struct buf *out, char mark, const struct side *s, int i)
{
    enum err e = buf_addf(out, "%c", mark);
    if (!e)
        e = buf_add(out, s->lines[i].text, s->lines[i].len);
    if (!e)
        e = buf_adds(out, "\n");
    if (!e && s->open && i == s->count - 1)
        e = buf_adds(out, "\\ No newline at end of file\n");
    return e;
}

/* A range as unified diffs have it: an empty one is told by the line before. */
static enum err add_range(struct buf *out, char mark, int from, int count)
{
    return count == 1 ? buf_addf(out, "%c%d", mark, from + 1)
                      : buf_addf(out, "%c%d,%d", mark, count ? from + 1 : from, count);
}

/* The edits from `first` to before `last` with the lines around them. */
static enum err add_hunk(struct buf *out, const struct side *a, const struct side *b,
                         const struct edit *edits, int first, int last)
{
    int before = edits[first].x < CONTEXT ? edits[first].x : CONTEXT, x = edits[first].x - before,
        y = edits[first].y - before;
    const struct edit *final = &edits[last - 1];
    int end = final->x + !final->insert,
        after = a->count - end < CONTEXT ? a->count - end : CONTEXT;
    int b_end = final->y + final->insert + after;
    enum err e = buf_adds(out, "@@ ");
    if (!e)
        e = add_range(out, '-', x, end + after - x);
    if (!e)
        e = buf_adds(out, " ");
    if (!e)
        e = add_range(out, '+', y, b_end - y);
    if (!e)
        e = buf_adds(out, " @@\n");
    for (int i = first; !e && i < last; i++) {
        while (!e && x < edits[i].x)
            e = add_line(out, ' ', a, x++);
        if (!e)
            e = edits[i].insert ? add_line(out, '+', b, edits[i].y) : add_line(out, '-', a, x++);
    }
    while (!e && x < end + after)
        e = add_line(out, ' ', a, x++);
    return e;
}

static enum err add_hunks(struct buf *out, const struct side *a, const struct side *b,
                          const struct edit *edits, int n)
{
    enum err e = ERR_OK;
    for (int first = 0, i = 1; !e && i <= n; i++)
        if (i == n || edits[i].x - edits[i - 1].x > 2 * CONTEXT + 1) {
            e = add_hunk(out, a, b, edits, first, i);
            first = i;
        }
    return e;
}

enum err diff_unified(const char *a, const char *b, const char *a_name, const char *b_name,
                      struct buf *out)
{
    struct side left = {0}, right = {0};
    struct edit *edits = NULL;
    int n = 0;
    enum err e;
    if (strcmp(a, b) == 0)
        return ERR_OK;
    e = side_read(a, &left);
    if (!e)
        e = side_read(b, &right);
    if (!e)
        e = find_edits(&left, &right, &edits, &n);
    if (!e)
        e = buf_addf(out, "--- %s\n+++ %s\n", a_name, b_name);
    if (!e)
        e = add_hunks(out, &left, &right, edits, n);
    free(edits);
    free(left.lines);
    free(right.lines);
    return e;
}
