#include "ui/term/canvas.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

struct grid {
    struct cell *cells;
    int w, h;
    int cursor_x, cursor_y; /* -1: hidden */
    bool ascii;
};

static const char *const glyphs[][2] = {
#define GLYPH(name, utf8, ascii) {utf8, ascii},
#include "ui/term/glyph.def"
#undef GLYPH
};

static const struct cell blank = {.width = 1, .style = STYLE_TEXT, .ground = STYLE_TEXT};

static struct rect intersect(struct rect a, struct rect b)
{
    int x = a.x > b.x ? a.x : b.x, y = a.y > b.y ? a.y : b.y;
    int right = a.x + a.w < b.x + b.w ? a.x + a.w : b.x + b.w;
    int bottom = a.y + a.h < b.y + b.h ? a.y + a.h : b.y + b.h;
    return (struct rect){x, y, right > x ? right - x : 0, bottom > y ? bottom - y : 0};
}

static void whole(struct canvas *c)
{
    struct grid *g = c->grid;
    *c = (struct canvas){.grid = g, .w = g->w, .h = g->h, .clip = {0, 0, g->w, g->h}};
}

bool rect_has(struct rect r, int x, int y)
{
    return x >= r.x && x < r.x + r.w && y >= r.y && y < r.y + r.h;
}

enum err canvas_init(struct canvas *c, int w, int h, bool ascii)
{
    *c = (struct canvas){0};
    c->grid = calloc(1, sizeof *c->grid);
    if (!c->grid)
        return ERR_NOMEM;
    c->grid->ascii = ascii;
    if (canvas_resize(c, w, h)) {
        canvas_fini(c);
        return ERR_NOMEM;
    }
    return ERR_OK;
}

void canvas_fini(struct canvas *c)
{
    if (c->grid)
        free(c->grid->cells);
    free(c->grid);
    *c = (struct canvas){0};
}

enum err canvas_resize(struct canvas *c, int w, int h)
{
    struct cell *cells;
    w = w < 1 ? 1 : w > 1000 ? 1000 : w;
    h = h < 1 ? 1 : h > 1000 ? 1000 : h;
    cells = malloc((size_t)w * (size_t)h * sizeof *cells);
    if (!cells)
        return ERR_NOMEM;
    free(c->grid->cells);
    c->grid->cells = cells;
    c->grid->w = w;
    c->grid->h = h;
    whole(c);
    canvas_clear(c);
    return ERR_OK;
}

void canvas_set_ascii(struct canvas *c, bool ascii)
{
    c->grid->ascii = ascii;
}

bool canvas_ascii(const struct canvas *c)
{
    return c->grid->ascii;
}

void canvas_clear(struct canvas *c)
{
    size_t n = (size_t)c->grid->w * (size_t)c->grid->h;
    for (size_t i = 0; i < n; i++)
        c->grid->cells[i] = blank;
    c->grid->cursor_x = c->grid->cursor_y = -1;
}

struct canvas canvas_part(const struct canvas *c, struct rect r)
{
    struct canvas part = *c;
    part.x = c->x + r.x;
    part.y = c->y + r.y;
    part.w = r.w > 0 ? r.w : 0;
    part.h = r.h > 0 ? r.h : 0;
    part.clip = intersect(c->clip, (struct rect){part.x, part.y, part.w, part.h});
    return part;
}

/* The cell when it may be written, else NULL. */
static struct cell *writable(const struct canvas *c, int x, int y)
{
    const struct rect *r = &c->clip;
    x += c->x;
    y += c->y;
    if (x < r->x || y < r->y || x >= r->x + r->w || y >= r->y + r->h)
        return NULL;
    return &c->grid->cells[(size_t)y * (size_t)c->grid->w + (size_t)x];
}

static void make_blank(struct cell *cell)
{
    cell->len = 0;
    cell->width = 1;
}

/* A wide character whose one half is overwritten loses the other, also outside the clip. */
static void split_wide(const struct canvas *c, struct cell *cell)
{
    size_t x = (size_t)(cell - c->grid->cells) % (size_t)c->grid->w;
    if (cell->width == 0 && x > 0)
        make_blank(cell - 1);
    if (cell->width == 2 && x + 1 < (size_t)c->grid->w)
        make_blank(cell + 1);
}

static void set_cell(const struct canvas *c, int x, int y, enum style s, const struct cluster *k)
{
    struct cell *left = writable(c, x, y);
    struct cell *right = k->width == 2 ? writable(c, x + 1, y) : NULL;
    if (right)
        split_wide(c, right);
    if (left)
        split_wide(c, left);
    if (k->width == 2 && (!left || !right)) { /* half a character cannot be shown */
        left = left ? left : right;
        if (left) {
            make_blank(left);
            left->style = s;
        }
        return;
    }
    if (!left)
        return;
    memcpy(left->text, k->text, sizeof left->text);
    left->len = k->len == 1 && k->text[0] == ' ' ? 0 : k->len;
    left->width = k->width;
    left->style = s;
    if (right)
        *right = (struct cell){.style = s, .ground = right->ground};
}

int canvas_put(struct canvas *c, int x, int y, enum style s, const char *text, size_t n)
{
    struct cluster k = {0};
    int start = x;
    for (size_t i = 0; i < n && x < c->w;) {
        i += cluster_next(text + i, n - i, &k);
        if (k.width)
            set_cell(c, x, y, s, &k);
        x += k.width;
    }
    return x > c->w && start < c->w ? c->w - start : x - start;
}

int canvas_puts(struct canvas *c, int x, int y, enum style s, const char *text)
{
    return canvas_put(c, x, y, s, text, strlen(text));
}

int canvas_printf(struct canvas *c, int x, int y, enum style s, const char *format, ...)
{
    char line[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    return canvas_put(c, x, y, s, line, utf8_floor(line, strlen(line)));
}

int canvas_put_fit(struct canvas *c, int x, int y, int width, enum style s, const char *text)
{
    size_t n = strlen(text), fit;
    int used;
    if (width < 1)
        return 0;
    fit = cluster_fit(text, n, width, &used);
    if (fit == n)
        return canvas_put(c, x, y, s, text, n);
    fit = cluster_fit(text, n, width - 1, &used);
    canvas_put(c, x, y, s, text, fit);
    return used + canvas_puts(c, x + used, y, s, canvas_glyph(c, GLYPH_ELLIPSIS));
}

int canvas_put_right(struct canvas *c, int x, int y, int width, enum style s, const char *text)
{
    int columns = cluster_columns(text, strlen(text));
    if (columns < width)
        x += width - columns;
    return canvas_put_fit(c, x, y, columns < width ? columns : width, s, text);
}

static struct rect visible(const struct canvas *c, struct rect r)
{
    r.x += c->x;
    r.y += c->y;
    return intersect(r, c->clip);
}

int canvas_put_wrapped(struct canvas *c, struct rect at, enum style s, const char *text)
{
    size_t n = strlen(text);
    int rows = 0;
    while (n && rows < at.h) {
        size_t take = cluster_fit(text, n, at.w, NULL), cut = take;
        if (rows + 1 == at.h) {
            canvas_put_fit(c, at.x, at.y + rows, at.w, s, text);
            return rows + 1;
        }
        while (cut && cut < n && text[cut] != ' ' && text[cut - 1] != ' ')
            cut--;
        if (cut)
            take = cut;
        if (!take)
            break;
        canvas_put(c, at.x, at.y + rows++, s, text, take);
        text += take;
        n -= take;
        while (n && *text == ' ')
            text++, n--;
    }
    return rows;
}

void canvas_fill(struct canvas *c, struct rect r, enum style ground)
{
    r = visible(c, r);
    for (int y = r.y; y < r.y + r.h; y++) {
        struct cell *row = &c->grid->cells[(size_t)y * (size_t)c->grid->w];
        for (int x = r.x; x < r.x + r.w; x++) {
            if (row[x].width != 1)
                split_wide(c, &row[x]);
            row[x] = blank;
            row[x].ground = ground;
        }
    }
}

void canvas_ground(struct canvas *c, struct rect r, enum style ground)
{
    r = visible(c, r);
    for (int y = r.y; y < r.y + r.h; y++)
        for (int x = r.x; x < r.x + r.w; x++)
            c->grid->cells[(size_t)y * (size_t)c->grid->w + (size_t)x].ground = ground;
}

void canvas_restyle(struct canvas *c, struct rect r, enum style s)
{
    r = visible(c, r);
    for (int y = r.y; y < r.y + r.h; y++)
        for (int x = r.x; x < r.x + r.w; x++)
            c->grid->cells[(size_t)y * (size_t)c->grid->w + (size_t)x].style = s;
}

void canvas_hline(struct canvas *c, int x, int y, int w, enum style s)
{
    for (int i = 0; i < w; i++)
        canvas_puts(c, x + i, y, s, canvas_glyph(c, GLYPH_HLINE));
}

void canvas_vline(struct canvas *c, int x, int y, int h, enum style s)
{
    for (int i = 0; i < h; i++)
        canvas_puts(c, x, y + i, s, canvas_glyph(c, GLYPH_VLINE));
}

void canvas_box(struct canvas *c, struct rect r, enum style s)
{
    int right = r.x + r.w - 1, bottom = r.y + r.h - 1;
    if (r.w < 2 || r.h < 2)
        return;
    canvas_hline(c, r.x + 1, r.y, r.w - 2, s);
    canvas_hline(c, r.x + 1, bottom, r.w - 2, s);
    canvas_vline(c, r.x, r.y + 1, r.h - 2, s);
    canvas_vline(c, right, r.y + 1, r.h - 2, s);
    canvas_puts(c, r.x, r.y, s, canvas_glyph(c, GLYPH_TOP_LEFT));
    canvas_puts(c, right, r.y, s, canvas_glyph(c, GLYPH_TOP_RIGHT));
    canvas_puts(c, r.x, bottom, s, canvas_glyph(c, GLYPH_BOTTOM_LEFT));
    canvas_puts(c, right, bottom, s, canvas_glyph(c, GLYPH_BOTTOM_RIGHT));
}

void canvas_divide(struct canvas *c, struct rect r, int y, enum style s)
{
    if (r.w < 2)
        return;
    canvas_puts(c, r.x, y, s, canvas_glyph(c, GLYPH_LEFT_TEE));
    canvas_hline(c, r.x + 1, y, r.w - 2, s);
    canvas_puts(c, r.x + r.w - 1, y, s, canvas_glyph(c, GLYPH_RIGHT_TEE));
}

void canvas_scrollbar(struct canvas *c, int x, int y, int h, size_t top, size_t shown, size_t total)
{
    int size, at;
    if (h < 1 || shown >= total)
        return;
    size = (int)((double)h * (double)shown / (double)total);
    size = size < 1 ? 1 : size;
    at = (int)((double)(h - size) * (double)top / (double)(total - shown) + 0.5);
    at = at < 0 ? 0 : at > h - size ? h - size : at;
    for (int i = 0; i < size; i++)
        canvas_puts(c, x, y + at + i, STYLE_SCROLLBAR, canvas_glyph(c, GLYPH_BAR_8));
}

const char *canvas_glyph(const struct canvas *c, enum glyph g)
{
    return glyphs[g][c->grid->ascii];
}

void canvas_spark(struct canvas *c, int x, int y, int w, enum style s, const double *values,
                  size_t n, double max)
{
    size_t shown = n < (size_t)(w > 0 ? w : 0) ? n : (size_t)(w > 0 ? w : 0);
    const double *v = values + (n - shown);
    if (max <= 0)
        for (size_t i = 0; i < shown; i++)
            max = v[i] > max ? v[i] : max;
    for (size_t i = 0; i < shown; i++) {
        double part = max > 0 && v[i] > 0 && v[i] < max ? v[i] / max : v[i] > 0;
        int level = part >= 1 ? 7 : (int)(part * 8);
        canvas_puts(c, x + w - (int)shown + (int)i, y, s, canvas_glyph(c, GLYPH_BAR_1 + level));
    }
}

void canvas_cursor(struct canvas *c, int x, int y)
{
    bool inside = writable(c, x, y) != NULL;
    c->grid->cursor_x = inside ? c->x + x : -1;
    c->grid->cursor_y = inside ? c->y + y : -1;
}

bool canvas_cursor_at(const struct canvas *c, int *x, int *y)
{
    *x = c->grid->cursor_x;
    *y = c->grid->cursor_y;
    return *x >= 0;
}

const struct cell *canvas_cell(const struct canvas *c, int x, int y)
{
    return writable(c, x, y);
}

static enum err add_cell(struct buf *out, const struct cell *cell)
{
    if (cell->width == 0)
        return ERR_OK;
    return cell->len ? buf_add(out, cell->text, cell->len) : buf_add(out, " ", 1);
}

enum err canvas_text(const struct canvas *c, struct buf *out)
{
    for (int y = 0; y < c->h; y++) {
        size_t keep = out->len;
        enum err e;
        for (int x = 0; x < c->w; x++) {
            const struct cell *cell = canvas_cell(c, x, y);
            e = add_cell(out, cell ? cell : &blank);
            if (e)
                return e;
            if (cell && cell->len)
                keep = out->len;
        }
        buf_truncate(out, keep);
        e = buf_add(out, "\n", 1);
        if (e)
            return e;
    }
    return ERR_OK;
}

static enum err add_run(const struct canvas *c, int x, int end, int y, struct buf *out)
{
    const struct cell *cell = canvas_cell(c, x, y);
    enum err e = buf_addf(out, "%d,%d+%d %s/%s ", y, x, end - x, style_name(cell->style),
                          style_name(cell->ground));
    for (; x < end && !e; x++)
        e = add_cell(out, canvas_cell(c, x, y));
    return e ? e : buf_add(out, "\n", 1);
}

static bool same_look(const struct cell *a, const struct cell *b)
{
    return a->style == b->style && a->ground == b->ground;
}

enum err canvas_styles(const struct canvas *c, struct buf *out)
{
    struct rect r = intersect(c->clip, (struct rect){c->x, c->y, c->w, c->h});
    for (int y = r.y - c->y; y < r.y - c->y + r.h; y++) {
        int x = r.x - c->x, right = x + r.w;
        while (x < right) {
            const struct cell *first = canvas_cell(c, x, y);
            int end = x + 1;
            enum err e;
            while (end < right && same_look(first, canvas_cell(c, end, y)))
                end++;
            e = add_run(c, x, end, y, out);
            if (e)
                return e;
            x = end;
        }
    }
    return ERR_OK;
}
