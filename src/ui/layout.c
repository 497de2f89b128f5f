#include "ui/layout.h"

#include <string.h>

enum {
    SIDE_W = 80,  /* from here on something stands beside the conversation */
    ALL_W = 120,  /* from here on all panes show */
    ALL_H = 36,   /* screen rows, title bar and hints included */
    TALL_H = 28,  /* rows for portrait */
    STRIP_H = 20, /* rows from which a strip of stages fits beside the tabbed pane */
    BARS = 2,     /* title bar and hints, not in the area */
    LEAST = 150,  /* thousandths */
    MOST = 850,
    LEAST_ROWS = 4,
};

const int layout_standard[SHARE_COUNT] = {
    [SHARE_TALK] = 530,    [SHARE_GRAPH] = 300, [SHARE_STAGES] = 340,
    [SHARE_METRICS] = 440, [SHARE_STRIP] = 380, [SHARE_ABOVE] = 500,
};

int layout_limit(int share)
{
    return share < LEAST ? LEAST : share > MOST ? MOST : share;
}

static int part(int whole, int share)
{
    return whole * layout_limit(share) / 1000;
}

static unsigned bit(enum pane_id p)
{
    return 1u << p;
}

static void add_edge(struct layout *out, struct layout_edge edge)
{
    out->edges[out->edge_count++] = edge;
}

/* The place of several panes: the focused one of them, else the one chosen last. */
static void place_tabs(struct layout *out, const struct layout_input *in, unsigned panes,
                       struct rect r)
{
    enum pane_id shown = in->tab;
    panes &= in->present;
    if (panes & bit(in->focus))
        shown = in->focus;
    for (int p = 0; !(panes & bit(shown)) && p < PANE_COUNT; p++)
        if (panes & bit((enum pane_id)p))
            shown = (enum pane_id)p;
    if (!(panes & bit(shown)))
        return;
    out->tabbed = panes;
    out->shown = shown;
    out->pane[shown] = r;
}

static void stack_side(struct layout *out, const struct layout_input *in, struct rect r)
{
    unsigned all = in->present & ~bit(PANE_TALK);
    int strip = part(r.h, in->shares[SHARE_STRIP]);
    if (r.h + BARS < STRIP_H || !(all & ~bit(PANE_STAGES))) {
        place_tabs(out, in, all, r);
        return;
    }
    out->pane[PANE_STAGES] = (struct rect){r.x, r.y, r.w, strip};
    place_tabs(out, in, all & ~bit(PANE_STAGES), (struct rect){r.x, r.y + strip, r.w, r.h - strip});
    add_edge(out,
             (struct layout_edge){{r.x, r.y + strip - 1, r.w, 2}, SHARE_STRIP, false, r.y, r.h});
}

static void stack_all(struct layout *out, const struct layout_input *in, struct rect r)
{
    int graph = part(r.h, in->shares[SHARE_GRAPH]), stages = part(r.h, in->shares[SHARE_STAGES]);
    int metrics = part(r.w, in->shares[SHARE_METRICS]), y, low;
    bool beside = in->present & bit(PANE_METRICS);
    if (graph + stages > r.h - LEAST_ROWS)
        stages = r.h - LEAST_ROWS - graph;
    low = r.h - graph - stages;
    y = r.y + graph;
    out->pane[PANE_GRAPH] = (struct rect){r.x, r.y, r.w, graph};
    out->pane[PANE_STAGES] = (struct rect){r.x, y, r.w, stages};
    add_edge(out, (struct layout_edge){{r.x, y - 1, r.w, 2}, SHARE_GRAPH, false, r.y, r.h});
    add_edge(out, (struct layout_edge){{r.x, y + stages - 1, r.w, 2}, SHARE_STAGES, false, y, r.h});
    y += stages;
    if (beside) {
        out->pane[PANE_METRICS] = (struct rect){r.x, y, metrics, low};
        add_edge(out, (struct layout_edge){
                          {r.x + metrics - 1, y, 2, low}, SHARE_METRICS, true, r.x, r.w});
    } else {
        metrics = 0;
    }
    place_tabs(out, in, bit(PANE_MEMORY) | bit(PANE_JOBS) | bit(PANE_BATCH),
               (struct rect){r.x + metrics, y, r.w - metrics, low});
}

static enum layout_mode choose(const struct layout_input *in)
{
    int w = in->area.w, h = in->area.h + BARS;
    unsigned all = bit(PANE_GRAPH) | bit(PANE_MEMORY);
    if (in->zoom || (w < SIDE_W && h < TALL_H))
        return LAYOUT_ONE;
    if (w < SIDE_W)
        return LAYOUT_PORTRAIT;
    return w >= ALL_W && h >= ALL_H && (in->present & all) == all ? LAYOUT_ALL : LAYOUT_SIDE;
}

static void place(struct layout *out, const struct layout_input *in)
{
    struct rect r = in->area, talk = r, rest = r;
    if (out->mode == LAYOUT_PORTRAIT) {
        talk.h = part(r.h, in->shares[SHARE_ABOVE]);
        rest.y += talk.h;
        rest.h -= talk.h;
        add_edge(out,
                 (struct layout_edge){{r.x, rest.y - 1, r.w, 2}, SHARE_ABOVE, false, r.y, r.h});
    } else {
        talk.w = part(r.w, in->shares[SHARE_TALK]);
        rest.x += talk.w;
        rest.w -= talk.w;
        add_edge(out, (struct layout_edge){{rest.x - 1, r.y, 2, r.h}, SHARE_TALK, true, r.x, r.w});
    }
    out->pane[PANE_TALK] = talk;
    if (out->mode == LAYOUT_ALL)
        stack_all(out, in, rest);
    else
        stack_side(out, in, rest);
}

void layout_compute(const struct layout_input *in, struct layout *out)
{
    memset(out, 0, sizeof *out);
    out->shown = PANE_COUNT;
    out->mode = choose(in);
    if (out->mode != LAYOUT_ONE) {
        place(out, in);
        return;
    }
    out->tabbed = in->present;
    out->shown = in->focus;
    out->pane[in->focus] = in->area;
}

int layout_drag(const struct layout_edge *edge, int x, int y)
{
    int at = (edge->vertical ? x : y) - edge->from;
    return edge->length > 0 ? layout_limit(at * 1000 / edge->length) : LEAST;
}
