#include "ui/pane/graph_layout.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { ORDER_SWEEPS = 6, PLACE_SWEEPS = 5 };

/* A box, or the place where a long edge passes a layer. "Along" is the direction of the edges,
 * "across" the direction of a layer. */
struct vertex {
    int layer, order;
    int along, across; /* size */
    int at;            /* across, the first cell */
    double key;
};

struct link { /* from one layer to the next */
    int from, to;
};

struct work {
    const struct graph_layout_input *in;
    struct vertex *v;
    struct link *links; /* by edge, in the order of the layers */
    size_t v_n, links_n;
    size_t *first_link; /* of each edge; and one more at the end */
    int layers;
    int *in_layer;   /* vertices by layer and order */
    int *layer_at;   /* where each layer begins in it, and one more */
    int *up, *up_at; /* links by their target, and where each vertex's begin */
    int *down, *down_at;
    int *begin, *channel; /* along: where each layer and the channel behind it begin */
    int *track;           /* of each link; -1: straight */
    int *best;            /* the best order so far */
    int *scratch;         /* zero between uses */
    double *wanted;
};

static bool usable(const struct graph_layout_input *in, size_t e)
{
    const struct graph_edge *k = &in->edges[e];
    return k->from >= 0 && k->from < k->to && k->to < (int)in->n;
}

/* ---- layers ---- */

static void set_layers(struct work *w)
{
    const struct graph_layout_input *in = w->in;
    /* Edges lead to greater numbers, so one pass by source would do if they were sorted; passes
     * until nothing moves are few, as they nearly are. */
    for (bool moved = true; moved;) {
        moved = false;
        for (size_t e = 0; e < in->edges_n; e++) {
            const struct graph_edge *k = &in->edges[e];
            if (usable(in, e) && w->v[k->to].layer <= w->v[k->from].layer) {
                w->v[k->to].layer = w->v[k->from].layer + 1;
                moved = true;
            }
        }
    }
    for (size_t i = 0; i < in->n; i++) {
        w->v[i].along = in->down ? in->sizes[i].h : in->sizes[i].w;
        w->v[i].across = in->down ? in->sizes[i].w : in->sizes[i].h;
        if (w->v[i].layer >= w->layers)
            w->layers = w->v[i].layer + 1;
    }
}

static size_t count_links(const struct work *w)
{
    size_t n = 0;
    for (size_t e = 0; e < w->in->edges_n; e++)
        if (usable(w->in, e))
            n += (size_t)(w->v[w->in->edges[e].to].layer - w->v[w->in->edges[e].from].layer);
    return n;
}

static void add_links(struct work *w)
{
    for (size_t e = 0; e < w->in->edges_n; e++) {
        const struct graph_edge k = w->in->edges[e];
        int at = k.from;
        w->first_link[e] = w->links_n;
        if (!usable(w->in, e))
            continue;
        while (w->v[at].layer + 1 < w->v[k.to].layer) {
            int next = (int)w->v_n++;
            w->v[next] = (struct vertex){.layer = w->v[at].layer + 1, .across = 1};
            w->links[w->links_n++] = (struct link){at, next};
            at = next;
        }
        w->links[w->links_n++] = (struct link){at, k.to};
    }
    w->first_link[w->in->edges_n] = w->links_n;
}

/* Links sorted by an end, by counting. */
static void sort_links(const struct work *w, bool by_target, int *list, int *at)
{
    memset(at, 0, (w->v_n + 1) * sizeof *at);
    for (size_t i = 0; i < w->links_n; i++)
        at[(by_target ? w->links[i].to : w->links[i].from) + 1]++;
    for (size_t i = 0; i < w->v_n; i++)
        at[i + 1] += at[i];
    for (size_t i = w->links_n; i-- > 0;) {
        int k = by_target ? w->links[i].to : w->links[i].from;
        list[at[k + 1] - 1 - w->scratch[k]++] = (int)i;
    }
    memset(w->scratch, 0, w->v_n * sizeof *w->scratch);
}

static void fill_layers(struct work *w)
{
    memset(w->layer_at, 0, ((size_t)w->layers + 1) * sizeof *w->layer_at);
    for (size_t i = 0; i < w->v_n; i++)
        w->layer_at[w->v[i].layer + 1]++;
    for (int l = 0; l < w->layers; l++)
        w->layer_at[l + 1] += w->layer_at[l];
    for (size_t i = 0; i < w->v_n; i++) {
        struct vertex *v = &w->v[i];
        v->order = w->scratch[v->layer]++;
        w->in_layer[w->layer_at[v->layer] + v->order] = (int)i;
    }
    memset(w->scratch, 0, w->v_n * sizeof *w->scratch);
}

/* ---- order within the layers ---- */

static void sort_layer(struct work *w, int l)
{
    int *list = w->in_layer + w->layer_at[l];
    int n = w->layer_at[l + 1] - w->layer_at[l];
    for (int i = 1; i < n; i++) { /* by insertion: stable, and nearly sorted after one sweep */
        int k = list[i], j = i;
        for (; j > 0 && w->v[list[j - 1]].key > w->v[k].key; j--)
            list[j] = list[j - 1];
        list[j] = k;
    }
    for (int i = 0; i < n; i++)
        w->v[list[i]].order = i;
}

static void sweep_layer(struct work *w, int l, bool forward)
{
    const int *links = forward ? w->up : w->down, *at = forward ? w->up_at : w->down_at;
    bool sorted = true;
    double last = -1;
    for (int i = w->layer_at[l]; i < w->layer_at[l + 1]; i++) {
        int k = w->in_layer[i], n = at[k + 1] - at[k];
        double sum = 0;
        for (int j = at[k]; j < at[k + 1]; j++)
            sum += w->v[forward ? w->links[links[j]].from : w->links[links[j]].to].order;
        w->v[k].key = n ? sum / n : w->v[k].order;
        sorted = sorted && w->v[k].key >= last;
        last = w->v[k].key;
    }
    if (!sorted)
        sort_layer(w, l);
}

/* Crossings between a layer and the next, by insertion into a Fenwick tree. */
static long crossings(struct work *w, int l)
{
    int n = w->layer_at[l + 2] - w->layer_at[l + 1], seen = 0;
    long sum = 0;
    for (int i = w->layer_at[l]; i < w->layer_at[l + 1]; i++) {
        int k = w->in_layer[i];
        for (int j = w->down_at[k]; j < w->down_at[k + 1]; j++) {
            int below = 0;
            for (int t = w->v[w->links[w->down[j]].to].order + 1; t > 0; t -= t & -t)
                below += w->scratch[t];
            sum += seen - below;
        }
        for (int j = w->down_at[k]; j < w->down_at[k + 1]; j++, seen++)
            for (int t = w->v[w->links[w->down[j]].to].order + 1; t <= n; t += t & -t)
                w->scratch[t]++;
    }
    memset(w->scratch, 0, ((size_t)n + 1) * sizeof *w->scratch);
    return sum;
}

static long all_crossings(struct work *w)
{
    long sum = 0;
    for (int l = 0; l + 1 < w->layers; l++)
        sum += crossings(w, l);
    return sum;
}

/* Sweeps forwards and backwards; keeps the best order that was seen. */
static void order_layers(struct work *w)
{
    int *best = w->best;
    size_t bytes = w->v_n * sizeof *best;
    long least = all_crossings(w);
    memcpy(best, w->in_layer, bytes);
    for (int s = 0; s < ORDER_SWEEPS && least > 0; s++) {
        bool forward = s % 2 == 0;
        long now;
        for (int i = 1; i < w->layers; i++)
            sweep_layer(w, forward ? i : w->layers - 1 - i, forward);
        now = all_crossings(w);
        if (now >= least)
            continue;
        least = now;
        memcpy(best, w->in_layer, bytes);
    }
    memcpy(w->in_layer, best, bytes);
    for (int l = 0; l < w->layers; l++)
        for (int i = w->layer_at[l]; i < w->layer_at[l + 1]; i++)
            w->v[w->in_layer[i]].order = i - w->layer_at[l];
}

/* ---- places across ---- */

static int port(const struct vertex *v)
{
    return v->at + (v->across - 1) / 2;
}

static int whole_below(double x)
{
    int n = (int)x;
    return n > x ? n - 1 : n;
}

/* The places of a layer that are nearest to the wanted ones (least squares) and keep order and
 * distance: isotonic regression by pooling adjacent violators. */
static void place_layer(struct work *w, int l)
{
    const int *list = w->in_layer + w->layer_at[l];
    int n = w->layer_at[l + 1] - w->layer_at[l], blocks = 0, offset = 0;
    double *value = w->wanted;     /* a block's mean */
    int *size = w->scratch, i = 0; /* its members */
    int whole = INT_MIN;
    for (int k = 0; k < n; k++) {
        struct vertex *v = &w->v[list[k]];
        value[blocks] = v->key - offset;
        size[blocks++] = 1;
        offset += v->across + w->in->gap;
        while (blocks > 1 && value[blocks - 2] > value[blocks - 1]) {
            int a = size[blocks - 2], b = size[blocks - 1];
            value[blocks - 2] = (value[blocks - 2] * a + value[blocks - 1] * b) / (a + b);
            size[blocks-- - 2] = a + b;
        }
    }
    offset = 0;
    for (int b = 0; b < blocks; b++) {
        /* Halves go up for one and down for several, so that a chain of fans does not drift. */
        int near = whole_below(size[b] > 1 ? value[b] + 0.5 : value[b] + 0.49);
        whole = near > whole ? near : whole;
        for (int k = 0; k < size[b]; k++, i++) {
            w->v[list[i]].at = whole + offset;
            offset += w->v[list[i]].across + w->in->gap;
        }
    }
    memset(w->scratch, 0, (size_t)n * sizeof *w->scratch);
}

/* Each wants its port in the middle of those before it, or behind it; a long edge wants to go
 * straight on from where it begins. */
static void want(struct work *w, int l, bool towards)
{
    for (int i = w->layer_at[l]; i < w->layer_at[l + 1]; i++) {
        int k = w->in_layer[i], low = INT_MAX, high = INT_MIN;
        bool forward = towards || k >= (int)w->in->n;
        const int *links = forward ? w->up : w->down, *at = forward ? w->up_at : w->down_at;
        for (int j = at[k]; j < at[k + 1]; j++) {
            const struct link *x = &w->links[links[j]];
            int p = port(&w->v[forward ? x->from : x->to]);
            low = p < low ? p : low;
            high = p > high ? p : high;
        }
        w->v[k].key = w->v[k].at;
        if (low <= high)
            w->v[k].key = (low + high) / 2.0 - (w->v[k].across - 1) / 2;
    }
}

static void place_across(struct work *w)
{
    int least = INT_MAX;
    for (size_t i = 0; i < w->v_n; i++)
        w->v[i].key = 0;
    for (int l = 0; l < w->layers; l++)
        place_layer(w, l);
    for (int s = 0; s < PLACE_SWEEPS; s++)
        for (int i = s % 2 == 0; i < w->layers; i++) {
            int l = s % 2 ? w->layers - 1 - i : i;
            want(w, l, s % 2 == 0);
            place_layer(w, l);
        }
    for (size_t i = 0; i < w->v_n; i++)
        least = w->v[i].at < least ? w->v[i].at : least;
    for (size_t i = 0; i < w->v_n; i++)
        w->v[i].at -= least;
}

/* ---- channels ---- */

/* A stretch across a channel that links share: they come from one box, or go to one. */
struct rail {
    int owner;     /* vertex */
    int low, high; /* cells across */
    int from, to;  /* ports of its only source or target; INT_MIN: several */
    int key, track;
};

/* Down-going rails from the lowest source up, then up-going ones from the highest source down: so
 * the end of one seldom runs along the begin of another. */
static void set_key(struct rail *r)
{
    int from = r->from != INT_MIN ? r->from : r->to - r->low > r->high - r->to ? r->high : r->low;
    bool rises = from - r->low > r->high - from;
    r->key = rises ? (1 << 24) + from : -from;
}

static int by_key(const void *a, const void *b)
{
    const struct rail *x = a, *y = b;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return x->owner < y->owner ? -1 : 1;
}

static int assign_tracks(struct rail *rails, int n)
{
    int tracks = 0;
    qsort(rails, (size_t)n, sizeof *rails, by_key);
    for (int i = 0; i < n; i++) {
        int t = 0;
        for (int j = 0; j < i; j++) {
            bool behind = rails[j].from != INT_MIN && rails[j].from == rails[i].to;
            bool meets = rails[j].low <= rails[i].high && rails[i].low <= rails[j].high;
            if ((behind || meets) && rails[j].track >= t)
                t = rails[j].track + 1;
        }
        rails[i].track = t;
        tracks = t + 1 > tracks ? t + 1 : tracks;
    }
    return tracks;
}

static void widen(struct rail *r, int from, int to)
{
    r->from = r->from == from ? from : INT_MIN;
    r->to = r->to == to ? to : INT_MIN;
    r->low = from < r->low ? from : r->low;
    r->high = from > r->high ? from : r->high;
    r->low = to < r->low ? to : r->low;
    r->high = to > r->high ? to : r->high;
}

/* A link lies on the rail of its source when several links leave it, else on that of its target. */
static int owner_of(const struct work *w, const struct link *k)
{
    return w->down_at[k->from + 1] - w->down_at[k->from] > 1 ? k->from : k->to;
}

/* Sets the tracks of the links behind layer l; returns how many there are. `mine` is zero for every
 * vertex, before and after. */
static int route_channel(struct work *w, int l, struct rail *rails, int *mine)
{
    int n = 0, bent = 0, tracks;
    for (int i = w->layer_at[l]; i < w->layer_at[l + 1]; i++)
        for (int j = w->down_at[w->in_layer[i]]; j < w->down_at[w->in_layer[i] + 1]; j++) {
            const struct link *k = &w->links[w->down[j]];
            int from = port(&w->v[k->from]), to = port(&w->v[k->to]), owner = owner_of(w, k);
            if (!mine[owner]) {
                rails[n] = (struct rail){owner, from, from, from, to, 0, 0};
                mine[owner] = ++n;
            }
            widen(&rails[mine[owner] - 1], from, to);
        }
    for (int i = 0; i < n; i++) {
        mine[rails[i].owner] = 0;
        set_key(&rails[i]);
        if (rails[i].low < rails[i].high)
            rails[bent++] = rails[i];
    }
    tracks = assign_tracks(rails, bent);
    for (int i = 0; i < bent; i++)
        mine[rails[i].owner] = rails[i].track + 1;
    for (int i = w->layer_at[l]; i < w->layer_at[l + 1]; i++)
        for (int j = w->down_at[w->in_layer[i]]; j < w->down_at[w->in_layer[i] + 1]; j++)
            w->track[w->down[j]] = mine[owner_of(w, &w->links[w->down[j]])] - 1;
    for (int i = 0; i < bent; i++)
        mine[rails[i].owner] = 0;
    return tracks;
}

static enum err place_along(struct work *w)
{
    struct rail *rails = malloc((w->v_n + 1) * sizeof *rails);
    int at = 0;
    if (!rails)
        return ERR_NOMEM;
    for (int l = 0; l < w->layers; l++) {
        int widest = 0, turns;
        for (int i = w->layer_at[l]; i < w->layer_at[l + 1]; i++)
            if (w->v[w->in_layer[i]].along > widest)
                widest = w->v[w->in_layer[i]].along;
        w->begin[l] = at;
        w->channel[l] = at += widest;
        if (l + 1 == w->layers)
            break;
        turns = route_channel(w, l, rails, w->scratch);
        turns += w->in->lead + w->in->tail;
        at += turns > 1 ? turns : 1;
    }
    w->begin[w->layers] = at;
    free(rails);
    return ERR_OK;
}

/* ---- the result ---- */

static void add_point(const struct work *w, struct graph_layout *out, int along, int across)
{
    struct graph_point p = {w->in->down ? across : along, w->in->down ? along : across};
    struct graph_point *last = out->points_n ? &out->points[out->points_n - 1] : NULL;
    if (last && out->routes[out->routes_n].n && last->x == p.x && last->y == p.y)
        return;
    out->points[out->points_n++] = p;
    out->routes[out->routes_n].n++;
}

static void add_route(const struct work *w, struct graph_layout *out, size_t e)
{
    struct graph_route *r = &out->routes[out->routes_n];
    *r = (struct graph_route){out->points_n, 0};
    for (size_t i = w->first_link[e]; i < w->first_link[e + 1]; i++) {
        const struct link *k = &w->links[i];
        const struct vertex *a = &w->v[k->from], *b = &w->v[k->to];
        if (i == w->first_link[e])
            add_point(w, out, w->begin[a->layer] + a->along, port(a));
        if (w->track[i] >= 0 && port(a) != port(b)) {
            int rail = w->channel[a->layer] + w->in->lead + w->track[i];
            add_point(w, out, rail, port(a));
            add_point(w, out, rail, port(b));
        }
        if (i + 1 == w->first_link[e + 1])
            add_point(w, out, w->begin[b->layer] - 1, port(b));
    }
    out->routes_n++;
}

static enum err give(const struct work *w, struct graph_layout *out)
{
    const struct graph_layout_input *in = w->in;
    int across = 0;
    out->boxes = calloc(in->n + 1, sizeof *out->boxes);
    out->routes = calloc(in->edges_n + 1, sizeof *out->routes);
    out->points = calloc(2 * in->edges_n + 2 * w->links_n + 1, sizeof *out->points);
    if (!out->boxes || !out->routes || !out->points)
        return ERR_NOMEM;
    out->n = in->n;
    for (size_t i = 0; i < w->v_n; i++) {
        const struct vertex *v = &w->v[i];
        int along = w->begin[v->layer];
        if (v->at + v->across > across)
            across = v->at + v->across;
        if (i < in->n)
            out->boxes[i] = (struct rect){in->down ? v->at : along, in->down ? along : v->at,
                                          in->sizes[i].w, in->sizes[i].h};
    }
    for (size_t e = 0; e < in->edges_n; e++)
        add_route(w, out, e);
    out->w = in->down ? across : w->begin[w->layers];
    out->h = in->down ? w->begin[w->layers] : across;
    return ERR_OK;
}

/* One block of memory for all lists of numbers. */
static enum err allocate(struct work *w, size_t vertices, size_t links)
{
    size_t n = vertices + 2;
    int *block = calloc(8 * n + 3 * (links + 1), sizeof *block);
    w->links = calloc(links + 1, sizeof *w->links);
    w->first_link = calloc(w->in->edges_n + 1, sizeof *w->first_link);
    w->wanted = calloc(n, sizeof *w->wanted);
    w->in_layer = block;
    if (!block || !w->links || !w->first_link || !w->wanted)
        return ERR_NOMEM;
    w->layer_at = block + n;
    w->up_at = block + 2 * n;
    w->down_at = block + 3 * n;
    w->begin = block + 4 * n;
    w->channel = block + 5 * n;
    w->scratch = block + 6 * n;
    w->best = block + 7 * n;
    w->up = block + 8 * n;
    w->down = w->up + links + 1;
    w->track = w->down + links + 1;
    return ERR_OK;
}

static enum err make(struct work *w, struct graph_layout *out)
{
    size_t links, vertices = w->in->n;
    struct vertex *more;
    enum err e;
    w->v = calloc(vertices + 1, sizeof *w->v);
    if (!w->v)
        return ERR_NOMEM;
    set_layers(w);
    links = count_links(w);
    more = realloc(w->v, (vertices + links + 1) * sizeof *more);
    if (!more || (w->v = more, e = allocate(w, vertices + links, links)))
        return ERR_NOMEM;
    w->v_n = vertices;
    add_links(w);
    sort_links(w, true, w->up, w->up_at);
    sort_links(w, false, w->down, w->down_at);
    fill_layers(w);
    order_layers(w);
    place_across(w);
    e = place_along(w);
    return e ? e : give(w, out);
}

enum err graph_layout_make(const struct graph_layout_input *in, struct graph_layout *out)
{
    struct work w = {.in = in};
    enum err e;
    memset(out, 0, sizeof *out);
    e = in->n ? make(&w, out) : ERR_OK;
    free(w.v);
    free(w.links);
    free(w.first_link);
    free(w.wanted);
    free(w.in_layer);
    if (e)
        graph_layout_fini(out);
    return e;
}

void graph_layout_fini(struct graph_layout *l)
{
    free(l->boxes);
    free(l->routes);
    free(l->points);
    memset(l, 0, sizeof *l);
}
