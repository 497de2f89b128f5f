#include "ui/widget/list_view.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { FILTER_MAX = 128 };

struct row {
    size_t index;
    int score;
};

struct list_view {
    const struct list_ops *ops;
    void *arg;
    struct row *rows; /* those that pass the filter, in the order shown */
    size_t count, cap;
    size_t selected, top; /* positions in rows */
    int h;
    bool stale;
    char filter[FILTER_MAX];
};

struct list_view *list_view_new(const struct list_ops *ops, void *arg)
{
    struct list_view *l = calloc(1, sizeof *l);
    if (!l)
        return NULL;
    l->ops = ops;
    l->arg = arg;
    l->stale = true;
    l->h = 10;
    return l;
}

void list_view_free(struct list_view *l)
{
    if (!l)
        return;
    free(l->rows);
    free(l);
}

static int compare(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    if (x->score != y->score)
        return x->score < y->score ? 1 : -1;
    return x->index < y->index ? -1 : x->index > y->index;
}

static void refresh(struct list_view *l)
{
    size_t n = l->ops->count(l->arg);
    bool filtered = l->filter[0] && l->ops->score;
    if (!l->stale)
        return;
    l->stale = false;
    l->count = 0;
    if (n > l->cap) {
        struct row *more = realloc(l->rows, n * sizeof *more);
        if (!more)
            return;
        l->rows = more;
        l->cap = n;
    }
    for (size_t i = 0; i < n; i++) {
        int score = filtered ? l->ops->score(l->arg, i, l->filter) : 1;
        if (score > 0)
            l->rows[l->count++] = (struct row){i, score};
    }
    if (filtered)
        qsort(l->rows, l->count, sizeof *l->rows, compare);
    if (l->selected >= l->count)
        l->selected = l->count ? l->count - 1 : 0;
}

void list_view_changed(struct list_view *l)
{
    size_t index = list_view_selected(l);
    l->stale = true;
    refresh(l);
    if (index != SIZE_MAX)
        list_view_select(l, index);
}

void list_view_filter(struct list_view *l, const char *filter)
{
    strncpy(l->filter, filter ? filter : "", FILTER_MAX - 1);
    l->stale = true;
    l->selected = l->top = 0;
}

const char *list_view_filter_text(const struct list_view *l)
{
    return l->filter;
}

size_t list_view_count(struct list_view *l)
{
    refresh(l);
    return l->count;
}

size_t list_view_selected(struct list_view *l)
{
    refresh(l);
    return l->selected < l->count ? l->rows[l->selected].index : SIZE_MAX;
}

void list_view_select(struct list_view *l, size_t i)
{
    refresh(l);
    for (size_t k = 0; k < l->count; k++)
        if (l->rows[k].index == i)
            l->selected = k;
}

bool list_view_scroll(struct list_view *l, enum scroll how)
{
    size_t old, half = (size_t)(l->h > 1 ? l->h / 2 : 1), page = (size_t)(l->h > 1 ? l->h - 1 : 1),
                n = 1;
    bool up = false;
    refresh(l);
    old = l->selected;
    switch (how) {
    case SCROLL_LINE_UP:
    case SCROLL_WHEEL_UP:
        up = true;
        break;
    case SCROLL_HALF_UP:
        up = true;
        n = half;
        break;
    case SCROLL_HALF_DOWN:
        n = half;
        break;
    case SCROLL_PAGE_UP:
        up = true;
        n = page;
        break;
    case SCROLL_PAGE_DOWN:
        n = page;
        break;
    case SCROLL_TOP:
        up = true;
        n = SIZE_MAX;
        break;
    case SCROLL_END:
        n = l->count;
        break;
    default:
        break;
    }
    if (!l->count)
        return false;
    if (up)
        l->selected = l->selected > n ? l->selected - n : 0;
    else
        l->selected = n < l->count - l->selected ? l->selected + n : l->count - 1;
    return l->selected != old;
}

void list_view_draw(struct list_view *l, struct canvas *c, bool focused)
{
    size_t h = (size_t)(c->h > 0 ? c->h : 0);
    refresh(l);
    l->h = c->h;
    if (l->selected < l->top)
        l->top = l->selected;
    if (h && l->selected >= l->top + h)
        l->top = l->selected - h + 1;
    if (l->count <= h)
        l->top = 0;
    for (size_t i = 0; i < h && l->top + i < l->count; i++) {
        struct rect r = {0, (int)i, c->w, 1};
        struct canvas row = canvas_part(c, r);
        bool selected = l->top + i == l->selected;
        l->ops->draw(l->arg, l->rows[l->top + i].index, &row, selected && focused);
        if (selected && focused)
            canvas_ground(c, r, STYLE_SELECTION);
    }
}

size_t list_view_top(const struct list_view *l)
{
    return l->top;
}

size_t list_view_at(const struct list_view *l, int y)
{
    size_t i = l->top + (size_t)(y < 0 ? 0 : y);
    return y >= 0 && y < l->h && i < l->count ? l->rows[i].index : SIZE_MAX;
}

int list_view_fuzzy(const char *text, const char *filter)
{
    int score = 1, run = 0;
    const char *p = text;
    for (; *filter; filter++) {
        if (*filter == ' ')
            continue;
        while (*p && tolower((unsigned char)*p) != tolower((unsigned char)*filter)) {
            p++;
            run = 0;
        }
        if (!*p)
            return 0;
        score += 1 + run * 2;
        if (p == text || !isalnum((unsigned char)p[-1]))
            score += 6;
        run++;
        p++;
    }
    return score;
}

void list_view_place(struct list_view *l, size_t *at, size_t *of)
{
    refresh(l);
    *of = l->count;
    *at = l->selected < l->count ? l->selected + 1 : 0;
}
