/* Where the panes stand on a screen of a given size. Pure. */
#ifndef DISE_UI_LAYOUT_H
#define DISE_UI_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "ui/pane/pane.h"
#include "ui/term/canvas.h"

enum layout_mode {
    LAYOUT_ONE,      /* the focused pane alone */
    LAYOUT_PORTRAIT, /* conversation above, stages as a strip, one tabbed pane below */
    LAYOUT_SIDE, /* conversation at the left; at the right stages as a strip and one tabbed pane */
    LAYOUT_ALL,  /* conversation at the left, all others at the right, the last place tabbed */
};

/* Shares in thousandths that a person can change; kept between sessions. */
enum layout_share {
    SHARE_TALK,    /* width of the conversation */
    SHARE_GRAPH,   /* height of the workflow at the right */
    SHARE_STAGES,  /* height of the stages at the right */
    SHARE_METRICS, /* width of the metrics in the lowest row */
    SHARE_STRIP,   /* height of the stages as a strip */
    SHARE_ABOVE,   /* height of the conversation in portrait */
    SHARE_COUNT
};
extern const int layout_standard[SHARE_COUNT];

/* A border that can be dragged. */
struct layout_edge {
    struct rect r; /* the cells to take hold of */
    enum layout_share share;
    bool vertical;    /* moves left and right */
    int from, length; /* what the share is a share of: columns or rows */
};

struct layout_input {
    struct rect area;
    const int *shares;
    unsigned present;        /* panes that exist, a bit each */
    enum pane_id focus, tab; /* tab: shown in the tabbed place; never TALK */
    bool zoom;
};

struct layout {
    enum layout_mode mode;
    struct rect pane[PANE_COUNT]; /* w 0: not shown */
    unsigned tabbed;              /* panes that share the place of the shown one of them */
    enum pane_id shown;           /* of the tabbed ones; PANE_COUNT: none */
    struct layout_edge edges[4];
    int edge_count;
};

void layout_compute(const struct layout_input *in, struct layout *out);
/* The share that an edge gets when it is dragged to a cell, within its limits. */
int layout_drag(const struct layout_edge *edge, int x, int y);
/* Least and most of a share. */
int layout_limit(int share);

#endif
