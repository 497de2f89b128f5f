/* A layered layout of a graph in terminal cells, after Sugiyama, Tagawa and Toda (1981): layers by
 * the longest path, fewer crossings by barycentres, places by least squares, edges routed at right
 * angles through the channels between the layers. No box overlaps another, no edge touches a box
 * but its ends. Pure. */
#ifndef DISE_UI_GRAPH_LAYOUT_H
#define DISE_UI_GRAPH_LAYOUT_H

#include <stddef.h>

#include "base/err.h"
#include "ui/pane/graph.h"
#include "ui/term/canvas.h"

struct graph_point {
    int x, y;
};

/* The cells of an edge: a polyline with right angles. Its first cell stands beside the source's
 * box, its last one beside the target's. */
struct graph_route {
    size_t first, n; /* points */
};

struct graph_layout_input {
    size_t n;
    const struct rect *sizes; /* w and h of each box */
    const struct graph_edge *edges;
    size_t edges_n; /* from < to; others are left out, their route is empty */
    bool down;      /* layers below each other, else beside each other */
    int lead, tail; /* cells of an edge before and behind its turns; 1 cell at least in all */
    int gap;        /* cells between the boxes of a layer */
};

struct graph_layout {
    struct rect *boxes;
    size_t n;
    struct graph_route *routes; /* one an edge */
    size_t routes_n;
    struct graph_point *points;
    size_t points_n;
    int w, h; /* all of it; its corner is 0,0 */
};

/* Fills *out, which graph_layout_fini() frees. ERR_NOMEM leaves it empty. */
enum err graph_layout_make(const struct graph_layout_input *in,
                           struct graph_layout *out) MUST_CHECK;
void graph_layout_fini(struct graph_layout *l);

#endif
