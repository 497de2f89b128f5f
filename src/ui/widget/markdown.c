#include "ui/widget/markdown.h"

#include <stdlib.h>
#include <string.h>

#include "ui/widget/markup.h"

enum { COLUMNS_MAX = 12, GAP = 2, LEAST_W = 4, ROWS_MAX = 20000 };

struct span {
    const char *text;
    size_t n;
};

struct table {
    struct span *rows; /* lines of the source; the second one says how columns are aligned */
    size_t n;
    const char *cut; /* ends a cell that is too long; one column wide */
    int columns, gap, width[COLUMNS_MAX];
    bool right[COLUMNS_MAX];
};

static struct span trim(const char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\t' || *p == '\r'))
        p++;
    while (end > p && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r'))
        end--;
    return (struct span){p, (size_t)(end - p)};
}

/* The cells of a row; a bar behind a backslash belongs to its cell. */
static int cells_of(struct span row, struct span out[COLUMNS_MAX])
{
    const char *p = row.text, *end = row.text + row.n, *from;
    int n = 0;
    if (p < end && *p == '|')
        p++;
    while (p < end && n < COLUMNS_MAX) {
        for (from = p; p < end && *p != '|'; p++)
            if (*p == '\\' && p + 1 < end)
                p++;
        out[n++] = trim(from, p);
        p++;
    }
    return n;
}

static bool is_row(struct span line)
{
    return line.n > 1 && *line.text == '|';
}

static bool is_rule(struct span line)
{
    for (size_t i = 0; i < line.n; i++)
        if (!strchr("|-: ", line.text[i]))
            return false;
    return is_row(line);
}

/* Without the backslashes; the caller frees it. */
static char *plain(struct span cell)
{
    char *out = malloc(cell.n + 1);
    size_t n = 0;
    for (size_t i = 0; out && i < cell.n; i++) {
        if (cell.text[i] == '\\' && i + 1 < cell.n && cell.text[i + 1] == '|')
            i++;
        else if (cell.text[i] == '`' ||
                 (cell.text[i] == '*' && i + 1 < cell.n && cell.text[i + 1] == '*' && ++i))
            continue;
        out[n++] = cell.text[i];
    }
    if (out)
        out[n] = 0;
    return out;
}

static void measure(struct table *t, int room)
{
    struct span cells[COLUMNS_MAX];
    int sum = 0, widest;
    for (size_t r = 0; r < t->n; r++) {
        int n = cells_of(t->rows[r], cells);
        if (n > t->columns)
            t->columns = n;
        for (int i = 0; i < n; i++) {
            char *text = r == 1 ? NULL : plain(cells[i]);
            int w = text ? cluster_columns(text, strlen(text)) : 0;
            if (r == 1)
                t->right[i] =
                    cells[i].n && cells[i].text[cells[i].n - 1] == ':' && cells[i].text[0] != ':';
            if (w > t->width[i])
                t->width[i] = w;
            free(text);
        }
    }
    for (int i = 0; i < t->columns; i++)
        sum += t->width[i] + (i ? GAP : 0);
    t->gap = sum > room ? 1 : GAP;
    if (sum > room)
        sum -= (GAP - 1) * (t->columns - 1);
    for (; sum > room; sum--) { /* the widest gives way */
        widest = 0;
        for (int i = 1; i < t->columns; i++)
            if (t->width[i] > t->width[widest])
                widest = i;
        if (t->width[widest] <= LEAST_W)
            return;
        t->width[widest]--;
    }
}

static enum err pad(struct text_view *v, int n)
{
    enum err e = ERR_OK;
    for (; !e && n > 0; n--)
        e = text_view_add(v, STYLE_TEXT, " ", 1);
    return e;
}

static enum err put_cell(struct text_view *v, const struct table *t, int i, struct span cell,
                         enum style s)
{
    char *text = plain(cell);
    int used, left;
    size_t n;
    enum err e = ERR_OK;
    if (!text)
        return ERR_NOMEM;
    used = cluster_columns(text, strlen(text));
    left = t->width[i] - used;
    n = left < 0 ? cluster_fit(text, strlen(text), t->width[i] - 1, &used) : strlen(text);
    if (left > 0 && t->right[i])
        e = pad(v, left);
    if (!e && n)
        e = text_view_add(v, s, text, n);
    if (!e && left < 0) {
        e = text_view_add(v, s, t->cut, strlen(t->cut));
        left = t->width[i] - used - 1;
    }
    if (!e && left > 0 && !t->right[i] && i + 1 < t->columns)
        e = pad(v, left);
    free(text);
    return e;
}

static enum err show_table(struct text_view *v, struct table *t, int room)
{
    static const struct text_layout layout = {.wrap = TEXT_WRAP_NONE};
    struct span cells[COLUMNS_MAX];
    enum err e = ERR_OK;
    measure(t, room);
    for (size_t r = 0; !e && r < t->n; r++) {
        int n = cells_of(t->rows[r], cells);
        if (r == 1)
            continue;
        e = text_view_line(v, layout, STYLE_TEXT, NULL);
        for (int i = 0; !e && i < n; i++) {
            e = i ? pad(v, t->gap) : ERR_OK;
            if (!e)
                e = put_cell(v, t, i, cells[i],
                             r == 0        ? STYLE_DIM
                             : t->right[i] ? STYLE_NUMBER
                                           : STYLE_TEXT);
        }
    }
    return e;
}

static struct span next_line(const char **p)
{
    const char *from = *p, *newline = strchr(from, '\n');
    *p = newline ? newline + 1 : from + strlen(from);
    return trim(from, newline ? newline : *p);
}

/* A table's rows from `first` on; *p moves behind them. */
static enum err take_table(struct text_view *v, struct span first, const char **p, int width,
                           bool ascii)
{
    struct table t = {.cut = ascii ? "." : "…"};
    struct span line = first;
    const char *behind = *p;
    enum err e;
    do {
        if (!(t.n & (t.n - 1))) { /* doubles at powers of two */
            struct span *more = realloc(t.rows, (t.n ? t.n * 2 : 1) * sizeof *more);
            if (!more) {
                free(t.rows);
                return ERR_NOMEM;
            }
            t.rows = more;
        }
        t.rows[t.n++] = line;
        *p = behind;
        line = next_line(&behind);
    } while (is_row(line) && t.n < ROWS_MAX);
    e = show_table(v, &t, width);
    free(t.rows);
    return e;
}

static enum err feed_line(struct markup *m, struct span line, const char *raw, bool ascii)
{
    bool item = line.n > 2 && (line.text[0] == '-' || line.text[0] == '*') && line.text[1] == ' ';
    const char *bullet = ascii ? "- " : "• ";
    enum err e = item ? markup_feed(m, bullet, strlen(bullet)) : ERR_OK;
    size_t indent = item ? 2 : 0;
    if (!e && !item) /* code keeps its indent */
        e = markup_feed(m, raw, (size_t)(line.text - raw));
    if (!e)
        e = markup_feed(m, line.text + indent, line.n - indent);
    return e ? e : markup_feed(m, "\n", 1);
}

void markdown_show(struct text_view *v, const char *text, int width, bool ascii)
{
    static const struct text_layout layout = {.hang = 2, .wrap = TEXT_WRAP_WORD};
    struct markup *m = markup_new(v, layout, STYLE_TEXT, NULL);
    bool fenced = false;
    enum err e = m ? ERR_OK : ERR_NOMEM;
    text_view_clear(v);
    while (!e && *text) {
        const char *raw = text, *behind;
        struct span line = next_line(&text);
        behind = text;
        if (line.n >= 3 && strncmp(line.text, "```", 3) == 0)
            fenced = !fenced;
        if (!fenced && is_row(line) && is_rule(next_line(&behind)))
            e = take_table(v, line, &text, width, ascii);
        else
            e = feed_line(m, line, raw, ascii);
    }
    if (m && markup_end(m))
        text_view_clear(v);
    markup_free(m);
}
