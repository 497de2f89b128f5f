/* The scene's cells: boxes, edges with their junctions, and only what shows. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ui/pane/graph_scene.h"

enum { LEFT = 1, RIGHT = 2, UP = 4, DOWN = 8, HEAD = 16 };
enum rank { RANK_WAITING = 1, RANK_DONE, RANK_TAKEN };

/* Edges are gathered before they are drawn, so that where they meet the right junction stands. */
struct web {
    int w, h, x, y; /* the part of the scene that shows */
    uint8_t *sides, *rank;
};

enum style graph_style(enum graph_state state)
{
    static const enum style styles[] = {[GRAPH_WAITING] = STYLE_WAITING,
                                        [GRAPH_RUNNING] = STYLE_RUNNING,
                                        [GRAPH_DONE] = STYLE_OK,
                                        [GRAPH_FAILED] = STYLE_ERROR,
                                        [GRAPH_CANCELLED] = STYLE_DIM};
    return styles[state];
}

enum glyph graph_glyph(enum graph_state state)
{
    static const enum glyph glyphs[] = {[GRAPH_WAITING] = GLYPH_WAIT,
                                        [GRAPH_RUNNING] = GLYPH_RUN,
                                        [GRAPH_DONE] = GLYPH_OK,
                                        [GRAPH_FAILED] = GLYPH_FAIL,
                                        [GRAPH_CANCELLED] = GLYPH_RING};
    return glyphs[state];
}

/* ---- edges ---- */

static void mark(struct web *web, int x, int y, unsigned sides, enum rank rank)
{
    size_t i;
    if (x < web->x || y < web->y || x >= web->x + web->w || y >= web->y + web->h)
        return;
    i = (size_t)(y - web->y) * (size_t)web->w + (size_t)(x - web->x);
    web->sides[i] |= (uint8_t)sides;
    if (web->rank[i] < rank)
        web->rank[i] = (uint8_t)rank;
}

static int within(int n, int low, int high)
{
    return n < low ? low : n > high ? high : n;
}

static void mark_line(struct web *web, struct graph_point a, struct graph_point b, enum rank rank)
{
    int step;
    if (a.y == b.y) {
        int from = within(a.x, web->x - 1, web->x + web->w);
        int to = within(b.x, web->x - 1, web->x + web->w);
        step = b.x > a.x ? 1 : -1;
        for (int x = from; x != to; x += step) {
            mark(web, x, a.y, step > 0 ? RIGHT : LEFT, rank);
            mark(web, x + step, a.y, step > 0 ? LEFT : RIGHT, rank);
        }
    } else {
        int from = within(a.y, web->y - 1, web->y + web->h);
        int to = within(b.y, web->y - 1, web->y + web->h);
        step = b.y > a.y ? 1 : -1;
        for (int y = from; y != to; y += step) {
            mark(web, a.x, y, step > 0 ? DOWN : UP, rank);
            mark(web, a.x, y + step, step > 0 ? UP : DOWN, rank);
        }
    }
}

static enum rank rank_of(const struct graph_scene *s, const struct graph *g, size_t e)
{
    const struct graph_edge *k = &s->view.edges[e];
    enum graph_state from = g->nodes[s->view.items[k->from].node].state;
    enum graph_state to = g->nodes[s->view.items[k->to].node].state;
    if ((int)e == s->view.taken)
        return RANK_TAKEN;
    return to == GRAPH_WAITING || to == GRAPH_CANCELLED || from == GRAPH_CANCELLED ? RANK_WAITING
                                                                                   : RANK_DONE;
}

static void mark_edges(const struct graph_scene *s, const struct graph *g, struct web *web)
{
    for (size_t e = 0; e < s->layout.routes_n; e++) {
        struct graph_route r = s->layout.routes[e];
        const struct graph_point *p = s->layout.points + r.first;
        enum rank rank = rank_of(s, g, e);
        if (!r.n)
            continue;
        mark(web, p[0].x, p[0].y, s->down ? UP : LEFT, rank);
        for (size_t i = 1; i < r.n; i++)
            mark_line(web, p[i - 1], p[i], rank);
        mark(web, p[r.n - 1].x, p[r.n - 1].y, (s->down ? DOWN : RIGHT) | (s->arrow ? HEAD : 0),
             rank);
    }
}

static enum glyph junction(unsigned sides, bool down)
{
    static const enum glyph glyphs[16] = {[LEFT] = GLYPH_HLINE,
                                          [RIGHT] = GLYPH_HLINE,
                                          [LEFT | RIGHT] = GLYPH_HLINE,
                                          [UP] = GLYPH_VLINE,
                                          [DOWN] = GLYPH_VLINE,
                                          [UP | DOWN] = GLYPH_VLINE,
                                          [RIGHT | DOWN] = GLYPH_TOP_LEFT,
                                          [LEFT | DOWN] = GLYPH_TOP_RIGHT,
                                          [RIGHT | UP] = GLYPH_BOTTOM_LEFT,
                                          [LEFT | UP] = GLYPH_BOTTOM_RIGHT,
                                          [UP | DOWN | RIGHT] = GLYPH_LEFT_TEE,
                                          [UP | DOWN | LEFT] = GLYPH_RIGHT_TEE,
                                          [LEFT | RIGHT | DOWN] = GLYPH_TOP_TEE,
                                          [LEFT | RIGHT | UP] = GLYPH_BOTTOM_TEE,
                                          [LEFT | RIGHT | UP | DOWN] = GLYPH_CROSS};
    return sides & HEAD ? (down ? GLYPH_DOWN : GLYPH_PLAY) : glyphs[sides];
}

static enum style edge_style(enum rank rank)
{
    return rank == RANK_TAKEN ? STYLE_ACCENT : rank == RANK_DONE ? STYLE_DIM : STYLE_RULE;
}

static void draw_edges(const struct graph_scene *s, const struct graph *g, struct canvas *c,
                       const struct graph_look *look)
{
    size_t cells = (size_t)c->w * (size_t)c->h;
    struct web web = {.w = c->w, .h = c->h, .x = look->x, .y = look->y};
    web.sides = calloc(cells + 1, 2);
    if (!web.sides)
        return;
    web.rank = web.sides + cells;
    mark_edges(s, g, &web);
    for (size_t i = 0; i < cells; i++)
        if (web.sides[i])
            canvas_puts(c, (int)i % c->w, (int)i / c->w, edge_style((enum rank)web.rank[i]),
                        canvas_glyph(c, junction(web.sides[i], s->down)));
    free(web.sides);
}

/* The rails and arrows of the flow. */
static void draw_flow(const struct graph_scene *s, const struct graph *g, struct canvas *c,
                      const struct graph_look *look)
{
    const struct graph_view *v = &s->view;
    int taken = v->taken < 0 ? -1 : v->edges[v->taken].to;
    for (size_t i = 0; i < v->n; i++) {
        struct rect r = s->layout.boxes[i];
        int rail = 2 * v->items[i].depth - 2, x = r.x - 2;
        bool head = v->items[i].first;
        enum graph_state state = g->nodes[v->items[i].node].state;
        enum style own = (int)i == taken                                      ? STYLE_ACCENT
                         : state == GRAPH_WAITING || state == GRAPH_CANCELLED ? STYLE_RULE
                                                                              : STYLE_DIM;
        bool fresh = i > 0 && s->layout.boxes[i - 1].y != r.y;
        if (rail >= 0 && (head || (fresh && !v->items[i].last)))
            canvas_puts(c, rail - look->x, r.y - look->y, head ? own : STYLE_RULE,
                        canvas_glyph(c, !head              ? GLYPH_VLINE
                                        : v->items[i].last ? GLYPH_BOTTOM_LEFT
                                                           : GLYPH_LEFT_TEE));
        if (i > 0 && !head)
            canvas_puts(c, x - look->x, r.y - look->y, own, canvas_glyph(c, GLYPH_ARROW));
    }
}

/* ---- boxes ---- */

static void put_title(struct canvas *c, int x, int y, int w, const struct graph_node *node,
                      enum style st, const char *find)
{
    char text[128];
    int used;
    snprintf(text, sizeof text, "%s", node->title);
    if (node->fork)
        snprintf(text, sizeof text, "%.96s %s%d", node->title, canvas_glyph(c, GLYPH_TIMES),
                 node->width);
    used = canvas_put_fit(c, x, y, w, st, text);
    if (graph_matches(node->title, find))
        canvas_restyle(c, (struct rect){x, y, used, 1}, STYLE_MATCH);
}

static enum style title_style(enum graph_state state)
{
    return state == GRAPH_DONE      ? STYLE_TEXT
           : state == GRAPH_WAITING ? STYLE_WAITING
                                    : graph_style(state);
}

static void draw_node(struct canvas *c, struct rect r, const struct graph_node *node,
                      enum graph_zoom zoom, const struct graph_look *look, bool selected)
{
    struct rect in = r;
    char time[FIGURE_SIZE];
    int room;
    graph_time(node, look->now, time);
    if (zoom >= GRAPH_BOXES) {
        canvas_box(c, r,
                   selected                       ? STYLE_BORDER_FOCUS
                   : node->state == GRAPH_RUNNING ? STYLE_RUNNING
                                                  : STYLE_BORDER);
        in = (struct rect){r.x + 2, r.y + 1, r.w - 4, r.h - 2};
    } else if (zoom == GRAPH_TIMES) {
        in = (struct rect){r.x + 1, r.y, r.w - 2, r.h};
    }
    canvas_puts(c, in.x, in.y, graph_style(node->state), canvas_glyph(c, graph_glyph(node->state)));
    if (zoom > GRAPH_DOTS) {
        room = in.w - 2;
        if (zoom == GRAPH_FLOW && *time && (node->ms >= 100 || node->state == GRAPH_RUNNING)) {
            room -= 1 + (int)strlen(time);
            canvas_put_right(c, in.x, in.y, in.w, STYLE_DIM, time);
        }
        put_title(c, in.x + 2, in.y, room, node, title_style(node->state), look->find);
    }
    if (zoom == GRAPH_ALL)
        canvas_put_fit(c, in.x, in.y + 1, in.w, STYLE_DIM, node->why);
    if (zoom == GRAPH_TIMES)
        canvas_put_fit(c, in.x + 2, in.y + 1, in.w - 2, STYLE_DIM, time);
    if (zoom >= GRAPH_BOXES)
        canvas_put_right(c, in.x, in.y + in.h - 1, in.w, STYLE_DIM, time);
    if (selected)
        canvas_ground(c,
                      zoom >= GRAPH_BOXES ? (struct rect){r.x + 1, r.y + 1, r.w - 2, r.h - 2} : r,
                      STYLE_SELECTION);
}

void graph_scene_draw(const struct graph_scene *s, const struct graph *g, struct canvas *c,
                      const struct graph_look *look)
{
    if (s->zoom == GRAPH_FLOW)
        draw_flow(s, g, c, look);
    else
        draw_edges(s, g, c, look);
    for (size_t i = 0; i < s->layout.n; i++) {
        struct rect r = s->layout.boxes[i];
        r.x -= look->x;
        r.y -= look->y;
        if (r.x < c->w && r.y < c->h && r.x + r.w > 0 && r.y + r.h > 0)
            draw_node(c, r, &g->nodes[s->view.items[i].node], s->zoom, look,
                      (int)i == look->selected);
    }
}
