/* The workflow graph: a pure fold of one job's stored events into its real steps, and what of it is
 * shown. Steps that follow each other in a branch are joined by an edge; a fan-out leads from the
 * step before it to the first step of each branch, the branches join in the step behind it. Every
 * edge goes from a smaller path to a greater one. */
#ifndef DISE_UI_GRAPH_H
#define DISE_UI_GRAPH_H

#include "core/event.h"

enum {
    GRAPH_PATH = 104, /* bytes of a path, 0 included */
    GRAPH_NODES_MAX = 20000,
    GRAPH_QUIET_MS = 10,
    GRAPH_TITLE_W = 20, /* columns */
};

enum graph_state { GRAPH_WAITING, GRAPH_RUNNING, GRAPH_DONE, GRAPH_FAILED, GRAPH_CANCELLED };

struct graph_node {
    char path[GRAPH_PATH];
    char title[96]; /* what stands on it: the first words of its label, or its name */
    char *name, *label, *why;
    enum graph_state state;
    bool fork;       /* a fan-out of `width` branches; `won` decided it (0: all, or none) */
    bool branch;     /* stands for a branch that has not had a step yet */
    bool told_begin; /* its begin was an event of its own */
    int width, won;
    int64_t began, ended; /* ms since 1970; 0: unknown, not yet */
    int64_t seq;          /* of the event that changed it last */
    int begun;            /* how often it began: more than once after a crash */
    double ms;
};

struct graph {
    struct graph_node *nodes; /* by path: 2 before 10, 3 before 3.1.1 */
    size_t n, cap;
    int latest; /* the node that changed last; -1: none */
};

void graph_init(struct graph *g);
void graph_fini(struct graph *g);
void graph_clear(struct graph *g);
/* The node of a path, -1 when there is none. */
int graph_find(const struct graph *g, const char *path);
/* As the numbers of two paths compare. */
int graph_compare(const char *a, const char *b);
/* Bookkeeping that went well and took no time (GRAPH_QUIET_MS): steps called prompts, resolve,
 * clock, random, path, package or gates; and gates that do not say no, however long they took.
 * Everything else shows, also what this build has never heard of. */
bool graph_quiet(const struct graph_node *node);

/* ---- the events of a job, for the scrubber ---- */

/* One stored event, with what the graph needs of it. */
struct graph_event {
    enum event_type type;
    int64_t seq, time, number; /* number: width or won */
    double ms;
    char *path, *name, *label, *outcome, *why;
};

struct graph_log {
    struct graph_event *events; /* by seq, each once */
    size_t n, cap;
};

void graph_log_clear(struct graph_log *log); /* frees */
/* Takes over a stored event of the job; *added tells whether it is new, *last whether it is the
 * latest of all (else what was folded before has to be folded again). ERR_NOMEM. */
enum err graph_log_add(struct graph_log *log, const struct event *ev, bool *added,
                       bool *last) MUST_CHECK;
/* Folds an event of the log. ERR_NOMEM, ERR_TOO_LARGE over GRAPH_NODES_MAX. */
enum err graph_fold(struct graph *g, const struct graph_event *ev) MUST_CHECK;

/* ---- what shows ---- */

struct graph_edge {
    int from, to; /* places in the view */
};

struct graph_item {
    int node;   /* in the graph */
    int depth;  /* fan-outs around it */
    bool first; /* of its branch */
    bool last;  /* of the branches of its fan-out; for depth > 0 */
};

struct graph_view {
    struct graph_item *items; /* in the order of their paths */
    size_t n;
    struct graph_edge *edges;
    size_t edges_n;
    int taken; /* the edge just taken; -1: none */
};

/* Makes the view anew; `all`: with the quiet steps. A fan-out shows as a node of its own when it
 * has no step, or when not exactly one step leads to it. ERR_NOMEM leaves an empty view. */
enum err graph_view_make(struct graph_view *v, const struct graph *g, bool all) MUST_CHECK;
void graph_view_fini(struct graph_view *v);

#endif
