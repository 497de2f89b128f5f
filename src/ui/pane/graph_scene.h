/* The workflow graph as it stands on the screen: what shows, how large, and where. */
#ifndef DISE_UI_GRAPH_SCENE_H
#define DISE_UI_GRAPH_SCENE_H

#include "base/figure.h"
#include "ui/pane/graph_layout.h"

/* Levels of detail. FIT takes the largest of BOXES, TIMES, NAMES, FLOW that shows all of it, else
 * what shows most: FLOW for few steps, DOTS for many. */
enum graph_zoom {
    GRAPH_FIT = -1,
    GRAPH_DOTS,  /* states alone */
    GRAPH_FLOW,  /* chains on lines, a line or more a branch: for small panes */
    GRAPH_NAMES, /* state and name */
    GRAPH_TIMES, /* the duration below */
    GRAPH_BOXES, /* in boxes */
    GRAPH_ALL,   /* with what it said, and with the quiet steps */
};

struct graph_scene {
    struct graph_view view;
    struct graph_layout layout; /* boxes by item of the view */
    enum graph_zoom zoom;       /* never FIT */
    bool down;
    int arrow; /* cells behind the turns of an edge: whether there is room for its head */
};

struct graph_look {
    int x, y;         /* the scene's cell at the canvas' corner */
    int selected;     /* item; -1: none is shown as such */
    const char *find; /* "" or a text to mark in names */
    int64_t now;      /* ms since 1970 */
};

/* Makes it anew for a pane of w×h cells. ERR_NOMEM leaves an empty scene. */
enum err graph_scene_make(struct graph_scene *s, const struct graph *g, enum graph_zoom zoom, int w,
                          int h, int64_t now) MUST_CHECK;
void graph_scene_fini(struct graph_scene *s);
void graph_scene_draw(const struct graph_scene *s, const struct graph *g, struct canvas *c,
                      const struct graph_look *look);
/* The item at a cell of the scene; -1: none. */
int graph_scene_at(const struct graph_scene *s, int x, int y);
/* The item of a path; -1: it does not show. */
int graph_scene_find(const struct graph_scene *s, const struct graph *g, const char *path);
/* The nearest item from one: dx, dy one of -1, 0, 1. Along the edges it follows them. -1: none. */
int graph_scene_next(const struct graph_scene *s, int item, int dx, int dy);
/* "1.8 s" of a node; of one that runs, up to now; "" when there is nothing to tell. */
void graph_time(const struct graph_node *node, int64_t now, char out[FIGURE_SIZE]);
/* How a state looks. */
enum style graph_style(enum graph_state state);
enum glyph graph_glyph(enum graph_state state);
/* Case is ignored; "" is nowhere. */
bool graph_matches(const char *text, const char *find);

#endif
