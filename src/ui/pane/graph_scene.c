#include "ui/pane/graph_scene.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Panes narrower than NARROW show chains on lines rather than layers below each other. */
enum { NARROW = 44, FEW = 60, TITLE_SMALL = 14, SAID_W = 24, BIG_MS = 100 };

void graph_time(const struct graph_node *node, int64_t now, char out[FIGURE_SIZE])
{
    double ms = node->ms;
    out[0] = 0;
    if (node->state == GRAPH_RUNNING)
        ms = node->began && now > node->began ? (double)(now - node->began) : 0;
    if (node->state != GRAPH_WAITING)
        figure_ms(out, ms);
}

/* ---- sizes ---- */

static int title_columns(const struct graph_node *node, int most)
{
    int w = cluster_columns(node->title, strlen(node->title));
    if (node->fork)
        w += node->width > 99 ? 6 : 5;
    return w < most ? w : most;
}

static struct rect size_of(const struct graph_node *node, enum graph_zoom zoom, int64_t now)
{
    struct rect r = {0, 0, 1, 1};
    char time[FIGURE_SIZE];
    int said;
    if (zoom == GRAPH_DOTS)
        return r;
    r.w = 2 + title_columns(node, zoom >= GRAPH_BOXES ? GRAPH_TITLE_W : TITLE_SMALL);
    graph_time(node, now, time);
    if (zoom == GRAPH_FLOW && *time && (node->ms >= BIG_MS || node->state == GRAPH_RUNNING))
        r.w += 1 + (int)strlen(time);
    if (zoom < GRAPH_TIMES)
        return r;
    if (r.w < 9) /* 999 ms and 59:59: the width stays while the time grows */
        r.w = 9;
    r.h = 2;
    if (zoom < GRAPH_BOXES) {
        r.w += 2; /* a blank at both sides */
        return r;
    }
    if (zoom == GRAPH_ALL) {
        said = cluster_columns(node->why, strlen(node->why));
        said = said < SAID_W ? said : SAID_W;
        r.w = r.w < said ? said : r.w;
        r.h = 3;
    }
    r.w += 4;
    r.h += 2;
    return r;
}

/* ---- the flow: chains on lines ---- */

static enum err flow(struct graph_scene *s, const struct rect *sizes, int w)
{
    const struct graph_view *v = &s->view;
    struct graph_layout *l = &s->layout;
    int x = 0, y = 0;
    l->boxes = calloc(v->n + 1, sizeof *l->boxes);
    if (!l->boxes)
        return ERR_NOMEM;
    l->n = v->n;
    for (size_t i = 0; i < v->n; i++) {
        int indent = 2 * v->items[i].depth, wide = sizes[i].w;
        bool first = i == 0 || v->items[i].first;
        if (wide > w - indent - 2 && w - indent - 2 > 3)
            wide = w - indent - 2;
        if (first || v->items[i].depth < v->items[i - 1].depth || x + 3 + wide > w) {
            y += i > 0;
            x = indent + (first ? 0 : 2); /* behind an arrow */
        } else {
            x += 3;
        }
        l->boxes[i] = (struct rect){x, y, wide, 1};
        x += wide;
        if (x > l->w)
            l->w = x;
    }
    l->h = v->n ? y + 1 : 0;
    return ERR_OK;
}

/* ---- making ---- */

static enum err try_level(struct graph_scene *s, const struct graph *g, enum graph_zoom zoom,
                          bool down, int w, int64_t now)
{
    struct rect *sizes = calloc(s->view.n + 1, sizeof *sizes);
    struct graph_layout_input in = {.n = s->view.n,
                                    .sizes = sizes,
                                    .edges = s->view.edges,
                                    .edges_n = s->view.edges_n,
                                    .down = down};
    enum err e;
    graph_layout_fini(&s->layout);
    if (!sizes)
        return ERR_NOMEM;
    for (size_t i = 0; i < s->view.n; i++)
        sizes[i] = size_of(&g->nodes[s->view.items[i].node], zoom, now);
    in.lead = !down;
    in.tail = down ? zoom >= GRAPH_BOXES : zoom >= GRAPH_NAMES;
    in.gap = down && zoom > GRAPH_DOTS ? 2 : 0;
    s->zoom = zoom;
    s->down = down;
    s->arrow = in.tail;
    e = zoom == GRAPH_FLOW ? flow(s, sizes, w) : graph_layout_make(&in, &s->layout);
    free(sizes);
    return e;
}

static bool fits(const struct graph_scene *s, int w, int h)
{
    return s->layout.w <= w && s->layout.h <= h;
}

/* Cells that the boxes alone need, to leave out what cannot fit. */
static bool may_fit(const struct graph_scene *s, const struct graph *g, enum graph_zoom zoom, int w,
                    int h, int64_t now)
{
    long cells = 0;
    for (size_t i = 0; i < s->view.n && cells <= (long)w * h; i++) {
        struct rect r = size_of(&g->nodes[s->view.items[i].node], zoom, now);
        cells += (long)r.w * r.h;
    }
    return cells <= (long)w * h;
}

static enum err fit(struct graph_scene *s, const struct graph *g, int w, int h, int64_t now)
{
    static const struct {
        enum graph_zoom zoom;
        bool down;
    } order[] = {{GRAPH_BOXES, false}, {GRAPH_BOXES, true},  {GRAPH_TIMES, false},
                 {GRAPH_TIMES, true},  {GRAPH_NAMES, false}, {GRAPH_NAMES, true},
                 {GRAPH_FLOW, false}};
    enum err e = ERR_OK;
    for (size_t i = 0; !e && i < sizeof order / sizeof *order; i++) {
        if ((order[i].down && w < NARROW) || !may_fit(s, g, order[i].zoom, w, h, now))
            continue;
        e = try_level(s, g, order[i].zoom, order[i].down, w, now);
        if (!e && fits(s, w, h))
            return ERR_OK;
    }
    return e ? e : try_level(s, g, s->view.n <= FEW ? GRAPH_FLOW : GRAPH_DOTS, w < h, w, now);
}

/* Below each other where that shows more of it. */
static enum err at_level(struct graph_scene *s, const struct graph *g, enum graph_zoom zoom, int w,
                         int h, int64_t now)
{
    enum err e = try_level(s, g, zoom, false, w, now);
    long shown, all;
    if (e || zoom == GRAPH_FLOW || fits(s, w, h) || w >= 2 * h)
        return e;
    shown = (long)(s->layout.w < w ? s->layout.w : w) * (s->layout.h < h ? s->layout.h : h);
    all = (long)s->layout.w * s->layout.h;
    return shown * 2 < all ? try_level(s, g, zoom, true, w, now) : ERR_OK;
}

enum err graph_scene_make(struct graph_scene *s, const struct graph *g, enum graph_zoom zoom, int w,
                          int h, int64_t now)
{
    enum err e = graph_view_make(&s->view, g, zoom == GRAPH_ALL);
    if (!e)
        e = zoom == GRAPH_FIT ? fit(s, g, w, h, now) : at_level(s, g, zoom, w, h, now);
    if (e)
        graph_scene_fini(s);
    return e;
}

void graph_scene_fini(struct graph_scene *s)
{
    graph_view_fini(&s->view);
    graph_layout_fini(&s->layout);
    memset(s, 0, sizeof *s);
}

/* ---- asking ---- */

int graph_scene_at(const struct graph_scene *s, int x, int y)
{
    for (size_t i = 0; i < s->layout.n; i++)
        if (rect_has(s->layout.boxes[i], x, y))
            return (int)i;
    return -1;
}

int graph_scene_find(const struct graph_scene *s, const struct graph *g, const char *path)
{
    for (size_t i = 0; i < s->view.n; i++)
        if (strcmp(g->nodes[s->view.items[i].node].path, path) == 0)
            return (int)i;
    return -1;
}

static int distance(struct rect a, struct rect b, int dx, int dy)
{
    int x = (2 * b.x + b.w - 2 * a.x - a.w) / 2, y = (2 * b.y + b.h - 2 * a.y - a.h) / 2;
    int forward = dx ? x * dx : y * dy, aside = abs(dx ? y : x);
    if (forward <= 0)
        return -1;
    return dx ? forward + 8 * aside : 6 * forward + aside;
}

static int along_edges(const struct graph_scene *s, int item, bool forward)
{
    int best = -1, least = 0;
    for (size_t e = 0; e < s->view.edges_n; e++) {
        const struct graph_edge *k = &s->view.edges[e];
        int other = forward ? k->to : k->from, d;
        struct rect a = s->layout.boxes[item], b = s->layout.boxes[other];
        if ((forward ? k->from : k->to) != item)
            continue;
        d = s->down ? abs(2 * a.x + a.w - 2 * b.x - b.w) : abs(2 * a.y + a.h - 2 * b.y - b.h);
        if (best < 0 || d < least) {
            best = other;
            least = d;
        }
    }
    return best;
}

int graph_scene_next(const struct graph_scene *s, int item, int dx, int dy)
{
    int best = -1, least = 0;
    if (item < 0 || item >= (int)s->layout.n)
        return s->layout.n ? 0 : -1;
    if (s->down ? dy : dx)
        return along_edges(s, item, (s->down ? dy : dx) > 0);
    for (size_t i = 0; i < s->layout.n; i++) {
        int d = distance(s->layout.boxes[item], s->layout.boxes[i], dx, dy);
        if (d >= 0 && (best < 0 || d < least)) {
            best = (int)i;
            least = d;
        }
    }
    return best;
}

bool graph_matches(const char *text, const char *find)
{
    return *find && strcasestr(text, find) != NULL;
}
