#include "ui/widget/text_view.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { LABEL_BYTES = 16, LINE_BYTES_MAX = 1 << 20, NEEDLE_MAX = 128 };

struct run {
    uint32_t end; /* byte behind it */
    uint8_t style;
};

struct line {
    struct buf text;
    struct run *runs;
    uint32_t run_count;
    struct text_layout layout;
    uint8_t label_style;
    char label[LABEL_BYTES];
};

/* A place in the document: a row is a byte offset where it begins. */
struct place {
    size_t line, at;
};

struct text_view {
    struct line *lines;
    size_t start, count, cap; /* lines[start … start + count) are held */
    size_t first;             /* number of lines[start] */
    size_t bytes, max;
    int w, h; /* of the last drawing */
    struct place top;
    bool follow, leap;
    size_t *shown; /* line of each row of the last drawing */
    int shown_cap;
    char needle[NEEDLE_MAX];
    size_t needle_n;
    bool needle_fold;   /* it has no capitals: both cases match */
    struct place match; /* the current one */
    bool matched;
};

/* ---- the document ---- */

struct text_view *text_view_new(size_t max)
{
    struct text_view *v = calloc(1, sizeof *v);
    if (!v)
        return NULL;
    v->max = max;
    v->follow = true;
    v->w = 80;
    v->h = 24;
    return v;
}

static void line_fini(struct text_view *v, struct line *l)
{
    v->bytes -= l->text.len;
    buf_fini(&l->text);
    free(l->runs);
    l->runs = NULL;
    l->run_count = 0;
}

void text_view_clear(struct text_view *v)
{
    for (size_t i = 0; i < v->count; i++)
        line_fini(v, &v->lines[v->start + i]);
    v->first += v->count;
    v->start = v->count = 0;
    v->follow = true;
    v->matched = false;
    v->top = (struct place){v->first, 0};
}

void text_view_free(struct text_view *v)
{
    if (!v)
        return;
    text_view_clear(v);
    free(v->lines);
    free(v->shown);
    free(v);
}

size_t text_view_first(const struct text_view *v)
{
    return v->first;
}

size_t text_view_end(const struct text_view *v)
{
    return v->first + v->count;
}

static struct line *line_of(const struct text_view *v, size_t number)
{
    if (number < v->first || number >= v->first + v->count)
        return NULL;
    return &v->lines[v->start + (number - v->first)];
}

static enum err make_room(struct text_view *v)
{
    struct line *more;
    if (v->start + v->count < v->cap)
        return ERR_OK;
    if (v->start > v->cap / 2) {
        memmove(v->lines, v->lines + v->start, v->count * sizeof *v->lines);
        v->start = 0;
        return ERR_OK;
    }
    more = realloc(v->lines, (v->cap ? v->cap * 2 : 64) * sizeof *more);
    if (!more)
        return ERR_NOMEM;
    v->lines = more;
    v->cap = v->cap ? v->cap * 2 : 64;
    return ERR_OK;
}

static void drop_oldest(struct text_view *v)
{
    while (v->bytes > v->max && v->count > 1) {
        line_fini(v, &v->lines[v->start]);
        v->start++;
        v->count--;
        v->first++;
    }
    if (v->top.line < v->first)
        v->top = (struct place){v->first, 0};
}

enum err text_view_line(struct text_view *v, struct text_layout layout, enum style label_style,
                        const char *label)
{
    struct line *l;
    enum err e = make_room(v);
    if (e)
        return e;
    l = &v->lines[v->start + v->count++];
    memset(l, 0, sizeof *l);
    buf_init(&l->text, LINE_BYTES_MAX);
    l->layout = layout;
    l->label_style = (uint8_t)label_style;
    if (label)
        strncpy(l->label, label, LABEL_BYTES - 1);
    return ERR_OK;
}

static enum err add_run(struct line *l, enum style s)
{
    struct run *more;
    if (l->run_count && l->runs[l->run_count - 1].style == s) {
        l->runs[l->run_count - 1].end = (uint32_t)l->text.len;
        return ERR_OK;
    }
    if ((l->run_count & (l->run_count - 1)) == 0) {
        more = realloc(l->runs, (l->run_count ? l->run_count * 2 : 1) * sizeof *more);
        if (!more)
            return ERR_NOMEM;
        l->runs = more;
    }
    l->runs[l->run_count++] = (struct run){(uint32_t)l->text.len, (uint8_t)s};
    return ERR_OK;
}

static enum err add_piece(struct text_view *v, enum style s, const char *text, size_t n)
{
    struct line *l = &v->lines[v->start + v->count - 1];
    enum err e = buf_add(&l->text, text, n);
    if (e || !n)
        return e;
    v->bytes += n;
    return add_run(l, s);
}

enum err text_view_add(struct text_view *v, enum style s, const char *text, size_t n)
{
    enum err e = ERR_OK;
    if (v->count == 0)
        e = text_view_line(v, (struct text_layout){0}, STYLE_TEXT, NULL);
    while (!e && n > 0) {
        const char *newline = memchr(text, '\n', n);
        size_t part = newline ? (size_t)(newline - text) : n;
        e = add_piece(v, s, text, part);
        if (!e && newline) {
            struct text_layout layout = v->lines[v->start + v->count - 1].layout;
            e = text_view_line(v, layout, STYLE_TEXT, NULL);
            part++;
        }
        text += part;
        n -= part;
    }
    drop_oldest(v);
    return e;
}

void text_view_cut(struct text_view *v, size_t line)
{
    while (v->count && v->first + v->count > line)
        line_fini(v, &v->lines[v->start + --v->count]);
    if (!v->follow && v->top.line >= v->first + v->count && v->count)
        v->top = (struct place){v->first + v->count - 1, 0};
}

const char *text_view_get(const struct text_view *v, size_t line, size_t *n)
{
    const struct line *l = line_of(v, line);
    *n = l ? l->text.len : 0;
    return l ? l->text.data : "";
}

/* ---- rows ---- */

static int row_width(const struct text_view *v, const struct line *l, size_t at)
{
    int w = v->w - l->layout.margin - (at ? l->layout.hang : 0);
    return w < 1 ? 1 : w;
}

/* Where the row that begins at byte `at` ends; *next gets where the following one begins. */
static size_t row_end(const struct text_view *v, const struct line *l, size_t at, size_t *next)
{
    const char *text = l->text.data;
    size_t len = l->text.len, end;
    struct cluster k;
    *next = len;
    if (l->layout.wrap == TEXT_WRAP_NONE || l->layout.wrap == TEXT_WRAP_RULE)
        return len;
    end = at + cluster_fit(text + at, len - at, row_width(v, l, at), NULL);
    if (end >= len)
        return len;
    if (end == at) /* a wide character in one column */
        end = at + cluster_next(text + at, len - at, &k);
    if (l->layout.wrap == TEXT_WRAP_WORD) {
        size_t space = end;
        while (space > at && text[space] != ' ')
            space--;
        if (space > at) {
            *next = space + 1;
            return space;
        }
    }
    *next = end;
    return end;
}

static bool next_row(const struct text_view *v, struct place *p)
{
    const struct line *l = line_of(v, p->line);
    size_t next;
    if (!l)
        return false;
    row_end(v, l, p->at, &next);
    if (next < l->text.len) {
        p->at = next;
        return true;
    }
    if (p->line + 1 >= text_view_end(v))
        return false;
    *p = (struct place){p->line + 1, 0};
    return true;
}

/* Begin of the line's last row. */
static size_t last_row(const struct text_view *v, const struct line *l)
{
    size_t at = 0, next;
    for (;;) {
        row_end(v, l, at, &next);
        if (next >= l->text.len)
            return at;
        at = next;
    }
}

static bool prev_row(const struct text_view *v, struct place *p)
{
    const struct line *l = line_of(v, p->line);
    size_t at = 0, next;
    if (l && p->at > 0) {
        for (;;) {
            row_end(v, l, at, &next);
            if (next >= p->at)
                break;
            at = next;
        }
        p->at = at;
        return true;
    }
    if (p->line <= v->first)
        return false;
    p->line--;
    l = line_of(v, p->line);
    p->at = l ? last_row(v, l) : 0;
    return true;
}

/* The place from which the rest of the document fills the view. */
static struct place end_top(const struct text_view *v)
{
    struct place p = {v->first, 0};
    const struct line *l;
    if (!v->count)
        return p;
    p.line = text_view_end(v) - 1;
    l = line_of(v, p.line);
    p.at = last_row(v, l);
    for (int i = 1; i < v->h && prev_row(v, &p); i++)
        ;
    return p;
}

static bool before(struct place a, struct place b)
{
    return a.line < b.line || (a.line == b.line && a.at < b.at);
}

/* Where the view stands before it is drawn. */
static void follow_end(struct text_view *v)
{
    struct place least = end_top(v), next = least;
    const struct line *first = line_of(v, v->top.line);
    bool leaping = v->follow && v->leap;
    if (leaping && !before(v->top, least) && first && v->top.at <= first->text.len)
        return; /* the end still shows */
    if (!v->follow && !before(least, v->top))
        return;
    v->top = least;
    if (!leaping || !before((struct place){v->first, 0}, least))
        return; /* all of it fits */
    for (int i = 0; i < v->h / 3 && next_row(v, &next); i++)
        v->top = next;
}

/* ---- drawing ---- */

static void draw_runs(const struct line *l, struct canvas *c, int x, int y, size_t from, size_t to)
{
    size_t at = from;
    for (uint32_t i = 0; i < l->run_count && at < to; i++) {
        size_t end = l->runs[i].end < to ? l->runs[i].end : to;
        if (end <= at)
            continue;
        x += canvas_put(c, x, y, (enum style)l->runs[i].style, l->text.data + at, end - at);
        at = end;
    }
}

static void draw_rule(const struct line *l, struct canvas *c, int y)
{
    const char *tab = memchr(l->text.data, '\t', l->text.len);
    size_t left = tab ? (size_t)(tab - l->text.data) : l->text.len;
    int x = l->layout.margin + cluster_columns(l->text.data, left), right = 0;
    draw_runs(l, c, l->layout.margin, y, 0, left);
    if (tab)
        right = cluster_columns(tab + 1, l->text.len - left - 1);
    if (c->w - right - 1 > x + 1)
        canvas_hline(c, x + (left > 0), y, c->w - right - x - (left > 0) - (right > 0) - 0,
                     STYLE_RULE);
    if (tab && c->w - right > x)
        draw_runs(l, c, c->w - right, y, left + 1, l->text.len);
}

static bool same_letter(char a, char b, bool fold)
{
    return fold ? tolower((unsigned char)a) == b : a == b;
}

static bool is_match(const struct text_view *v, const struct line *l, size_t at)
{
    size_t n = v->needle_n;
    bool fold = v->needle_fold;
    if (!n || l->text.len < n || at > l->text.len - n)
        return false;
    for (size_t i = 0; i < n; i++)
        if (!same_letter(l->text.data[at + i], v->needle[i], fold))
            return false;
    return true;
}

static void draw_matches(const struct text_view *v, const struct line *l, size_t number,
                         struct canvas *c, int x, int y, size_t from, size_t to)
{
    size_t n = strlen(v->needle);
    if (!n)
        return;
    for (size_t at = from; at < to; at++) {
        bool current = v->matched && v->match.line == number && v->match.at == at;
        size_t end = at + n < to ? at + n : to;
        if (!is_match(v, l, at))
            continue;
        canvas_restyle(c,
                       (struct rect){x + cluster_columns(l->text.data + from, at - from), y,
                                     cluster_columns(l->text.data + at, end - at), 1},
                       current ? STYLE_MATCH_CURRENT : STYLE_MATCH);
    }
}

static void draw_row(const struct text_view *v, struct canvas *c, struct place p, int y)
{
    const struct line *l = line_of(v, p.line);
    int x = l->layout.margin + (p.at ? l->layout.hang : 0);
    size_t next, end = row_end(v, l, p.at, &next);
    if (l->layout.ground != STYLE_TEXT)
        canvas_fill(c, (struct rect){l->layout.margin, y, c->w - l->layout.margin, 1},
                    (enum style)l->layout.ground);
    if (p.at == 0 && l->label[0])
        canvas_put_fit(c, 0, y, l->layout.margin, (enum style)l->label_style, l->label);
    if (l->layout.wrap == TEXT_WRAP_RULE) {
        draw_rule(l, c, y);
        return;
    }
    draw_runs(l, c, x, y, p.at, end);
    if (l->layout.wrap == TEXT_WRAP_NONE && cluster_columns(l->text.data, end) > c->w - x)
        canvas_puts(c, c->w - 1, y, STYLE_DIM, canvas_glyph(c, GLYPH_ELLIPSIS));
    draw_matches(v, l, p.line, c, x, y, p.at, end);
}

void text_view_draw(struct text_view *v, struct canvas *c)
{
    struct place p;
    int y = 0;
    v->w = c->w;
    v->h = c->h;
    if (v->shown_cap < c->h) {
        size_t *more = realloc(v->shown, (size_t)c->h * sizeof *more);
        if (!more)
            return;
        v->shown = more;
        v->shown_cap = c->h;
    }
    for (int i = 0; i < c->h; i++)
        v->shown[i] = text_view_end(v);
    if (!v->count)
        return;
    follow_end(v);
    p = v->top;
    do {
        v->shown[y] = p.line;
        draw_row(v, c, p, y++);
    } while (y < c->h && next_row(v, &p));
}

/* ---- moving ---- */

void text_view_leap(struct text_view *v, bool on)
{
    v->leap = on;
}

bool text_view_scroll(struct text_view *v, enum scroll how)
{
    struct place old = v->top, least;
    int half = v->h / 2 ? v->h / 2 : 1, page = v->h > 2 ? v->h - 2 : 1, n = 0;
    if (!v->count)
        return false;
    least = end_top(v);
    if (v->follow)
        old = v->top = least;
    switch (how) {
    case SCROLL_LINE_UP:
    case SCROLL_WHEEL_UP:
        n = how == SCROLL_LINE_UP ? -1 : -3;
        break;
    case SCROLL_LINE_DOWN:
    case SCROLL_WHEEL_DOWN:
        n = how == SCROLL_LINE_DOWN ? 1 : 3;
        break;
    case SCROLL_HALF_UP:
        n = -half;
        break;
    case SCROLL_HALF_DOWN:
        n = half;
        break;
    case SCROLL_PAGE_UP:
        n = -page;
        break;
    case SCROLL_PAGE_DOWN:
        n = page;
        break;
    case SCROLL_TOP:
        v->top = (struct place){v->first, 0};
        break;
    case SCROLL_END:
        v->top = least;
        break;
    }
    for (; n < 0 && prev_row(v, &v->top); n++)
        ;
    for (; n > 0 && before(v->top, least) && next_row(v, &v->top); n--)
        ;
    v->follow = !before(v->top, least);
    return before(old, v->top) || before(v->top, old);
}

void text_view_goto(struct text_view *v, size_t line)
{
    if (!line_of(v, line))
        return;
    v->top = (struct place){line, 0};
    v->follow = !before(v->top, end_top(v));
}

bool text_view_following(const struct text_view *v)
{
    return v->follow;
}

size_t text_view_line_at(const struct text_view *v, int y)
{
    return y >= 0 && y < v->h && y < v->shown_cap ? v->shown[y] : text_view_end(v);
}

void text_view_position(const struct text_view *v, size_t *above, size_t *total)
{
    *above = v->top.line - v->first;
    *total = v->count;
}

/* ---- searching ---- */

static void show_match(struct text_view *v)
{
    size_t top = v->match.line > v->first + 2 ? v->match.line - 2 : v->first;
    if (v->match.line < v->top.line || v->match.line >= v->top.line + (size_t)v->h / 2)
        text_view_goto(v, top);
}

/* From `p` on (or back) around the ends, `p` itself last. */
static bool find(struct text_view *v, struct place p, bool backwards)
{
    for (size_t i = 0; i <= v->count; i++) {
        const struct line *l = line_of(v, p.line);
        if (l && !backwards) {
            for (size_t at = p.at; at < l->text.len; at++)
                if (is_match(v, l, at)) {
                    v->match = (struct place){p.line, at};
                    return true;
                }
        } else if (l) {
            for (size_t at = p.at < l->text.len ? p.at : l->text.len; at-- > 0;)
                if (is_match(v, l, at)) {
                    v->match = (struct place){p.line, at};
                    return true;
                }
        }
        if (backwards)
            p = (struct place){p.line > v->first ? p.line - 1 : text_view_end(v) - 1, SIZE_MAX};
        else
            p = (struct place){p.line + 1 < text_view_end(v) ? p.line + 1 : v->first, 0};
    }
    return false;
}

bool text_view_search(struct text_view *v, const char *text)
{
    size_t last = v->top.line;
    v->needle[0] = 0;
    v->needle_n = 0;
    v->matched = false;
    if (!text || !*text || !v->count)
        return false;
    strncpy(v->needle, text, NEEDLE_MAX - 1);
    v->needle_n = strlen(v->needle);
    v->needle_fold = true;
    for (size_t i = 0; i < v->needle_n; i++)
        v->needle_fold &= !isupper((unsigned char)v->needle[i]);
    for (int i = 0; i < v->h && i < v->shown_cap; i++)
        if (v->shown[i] < text_view_end(v))
            last = v->shown[i];
    v->matched = find(v, (struct place){last, SIZE_MAX}, true);
    if (v->matched)
        show_match(v);
    return v->matched;
}

bool text_view_match(struct text_view *v, bool backwards)
{
    struct place from = v->match;
    if (!v->needle[0] || !v->count)
        return false;
    if (!backwards)
        from.at++;
    v->matched = find(v, from, backwards);
    if (v->matched)
        show_match(v);
    return v->matched;
}

void text_view_found(const struct text_view *v, size_t *at, size_t *of)
{
    *at = *of = 0;
    for (size_t i = v->first; v->needle[0] && i < text_view_end(v); i++) {
        const struct line *l = line_of(v, i);
        for (size_t k = 0; k < l->text.len; k++) {
            if (!is_match(v, l, k))
                continue;
            ++*of;
            if (v->matched && v->match.line == i && v->match.at == k)
                *at = *of;
        }
    }
}
