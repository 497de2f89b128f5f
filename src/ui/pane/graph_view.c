/* From the steps and their paths to the nodes and edges that are shown. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ui/pane/graph.h"

enum { DEPTH_MAX = 24 };

struct builder {
    const struct graph *g;
    struct graph_view *v;
    bool all;
    size_t items_cap, edges_cap;
    int *ends; /* a stack of loose ends: items that the next one follows */
    size_t ends_n, ends_cap;
    enum err err;
};

/* A stretch of the stack of loose ends. */
struct ends {
    size_t at, n;
};

static void *room(struct builder *b, void *list, size_t n, size_t *cap, size_t size)
{
    void *more;
    if (n < *cap)
        return list;
    more = realloc(list, (*cap ? *cap * 2 : 64) * size);
    if (!more) {
        b->err = ERR_NOMEM;
        return list;
    }
    *cap = *cap ? *cap * 2 : 64;
    return more;
}

static void push_end(struct builder *b, int item)
{
    b->ends = room(b, b->ends, b->ends_n, &b->ends_cap, sizeof *b->ends);
    if (!b->err)
        b->ends[b->ends_n++] = item;
}

static void add_edge(struct builder *b, int from, int to)
{
    struct graph_view *v = b->v;
    v->edges = room(b, v->edges, v->edges_n, &b->edges_cap, sizeof *v->edges);
    if (!b->err)
        v->edges[v->edges_n++] = (struct graph_edge){from, to};
}

/* Adds an item behind the loose ends; returns it as the only loose end. */
static struct ends add_item(struct builder *b, int node, int depth, struct ends before)
{
    struct graph_view *v = b->v;
    struct ends own = {b->ends_n, 1};
    v->items = room(b, v->items, v->n, &b->items_cap, sizeof *v->items);
    if (b->err)
        return before;
    v->items[v->n] = (struct graph_item){.node = node, .depth = depth};
    for (size_t i = 0; i < before.n && !b->err; i++)
        add_edge(b, b->ends[before.at + i], (int)v->n);
    push_end(b, (int)v->n++);
    return b->err ? before : own;
}

static bool below(const char *path, const char *head)
{
    size_t n = strlen(head);
    return strncmp(path, head, n) == 0 && path[n] == '.';
}

static size_t end_of(const struct graph *g, size_t i)
{
    size_t j = i + 1;
    while (j < g->n && below(g->nodes[j].path, g->nodes[i].path))
        j++;
    return j;
}

/* "3.12" of a node in branch 12 of the fan-out "3". */
static void branch_of(const char *fork, const char *path, char out[GRAPH_PATH])
{
    size_t n = strlen(fork) + 1;
    snprintf(out, GRAPH_PATH, "%.*s", (int)(n + strcspn(path + n, ".")), path);
}

static struct ends sequence(struct builder *b, size_t from, size_t to, int depth,
                            struct ends before);

static struct ends branches(struct builder *b, size_t fork, size_t end, int depth,
                            struct ends before)
{
    const struct graph *g = b->g;
    int *loose = malloc((end - fork + 1) * sizeof *loose);
    size_t loose_n = 0, last = b->v->n;
    struct ends out;
    if (!loose) {
        b->err = ERR_NOMEM;
        return before;
    }
    for (size_t i = fork + 1; i < end && !b->err;) {
        char head[GRAPH_PATH];
        size_t j = i + 1, first = b->v->n;
        struct ends own;
        branch_of(g->nodes[fork].path, g->nodes[i].path, head);
        while (j < end && below(g->nodes[j].path, head))
            j++;
        own = sequence(b, i, j, depth + 1, before);
        if (b->v->n > first) {
            b->v->items[first].first = true;
            last = first;
            for (size_t k = 0; k < own.n && loose_n <= end - fork; k++)
                loose[loose_n++] = b->ends[own.at + k];
        }
        i = j;
    }
    for (size_t i = last; i < b->v->n; i++)
        b->v->items[i].last = true;
    out = (struct ends){b->ends_n, loose_n};
    for (size_t i = 0; i < loose_n; i++)
        push_end(b, loose[i]);
    free(loose);
    return loose_n ? out : before;
}

static bool any_shown(const struct builder *b, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        if (!b->g->nodes[i].fork && (b->all || !graph_quiet(&b->g->nodes[i])))
            return true;
    return false;
}

/* Gates that pass are quiet; the run beside them then stands in the row of its candidate. */
static bool lone_run(const struct builder *b, size_t fork, size_t end)
{
    const struct graph *g = b->g;
    char shown[GRAPH_PATH] = "", head[GRAPH_PATH];
    if (b->all || strcmp(g->nodes[fork].name, "judge") != 0)
        return false;
    for (size_t i = fork + 1; i < end; i++) {
        if (g->nodes[i].fork || graph_quiet(&g->nodes[i]))
            continue;
        branch_of(g->nodes[fork].path, g->nodes[i].path, head);
        if (*shown && strcmp(shown, head) != 0)
            return false;
        snprintf(shown, sizeof shown, "%s", head);
    }
    return true;
}

static struct ends sequence(struct builder *b, size_t from, size_t to, int depth,
                            struct ends before)
{
    for (size_t i = from; i < to && !b->err;) {
        const struct graph_node *node = &b->g->nodes[i];
        size_t end = node->fork ? end_of(b->g, i) : i + 1;
        if (end > to)
            end = to;
        if (!node->fork) {
            if (b->all || !graph_quiet(node))
                before = add_item(b, (int)i, depth, before);
        } else if (lone_run(b, i, end)) {
            before = sequence(b, i + 1, end, depth, before);
        } else {
            if (before.n != 1 || !any_shown(b, i + 1, end))
                before = add_item(b, (int)i, depth, before);
            if (depth < DEPTH_MAX)
                before = branches(b, i, end, depth, before);
        }
        i = end;
    }
    return before;
}

/* Into the node that changed last, from the one before it that was at work last. */
static int taken_edge(const struct graph_view *v, const struct graph *g)
{
    int best = -1;
    for (size_t i = 0; i < v->edges_n; i++) {
        const struct graph_edge *e = &v->edges[i];
        if (v->items[e->to].node != g->latest)
            continue;
        if (best < 0 ||
            g->nodes[v->items[e->from].node].seq > g->nodes[v->items[v->edges[best].from].node].seq)
            best = (int)i;
    }
    return best;
}

enum err graph_view_make(struct graph_view *v, const struct graph *g, bool all)
{
    struct builder b = {.g = g, .v = v, .all = all};
    graph_view_fini(v);
    sequence(&b, 0, g->n, 0, (struct ends){0, 0});
    free(b.ends);
    if (b.err) {
        graph_view_fini(v);
        return b.err;
    }
    v->taken = taken_edge(v, g);
    return ERR_OK;
}

void graph_view_fini(struct graph_view *v)
{
    free(v->items);
    free(v->edges);
    memset(v, 0, sizeof *v);
    v->taken = -1;
}
