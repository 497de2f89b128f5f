#include "ui/pane/graph.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ui/term/cluster.h"

int graph_compare(const char *a, const char *b)
{
    while (*a && *b) {
        char *after_a, *after_b;
        unsigned long x = strtoul(a, &after_a, 10), y = strtoul(b, &after_b, 10);
        if (x != y)
            return x < y ? -1 : 1;
        if (after_a == a || after_b == b) /* no number: as text */
            return strcmp(a, b);
        a = after_a + (*after_a == '.');
        b = after_b + (*after_b == '.');
    }
    return (*a != 0) - (*b != 0);
}

void graph_init(struct graph *g)
{
    memset(g, 0, sizeof *g);
    g->latest = -1;
}

static void free_texts(struct graph_node *node)
{
    free(node->name);
    free(node->label);
    free(node->why);
}

void graph_clear(struct graph *g)
{
    for (size_t i = 0; i < g->n; i++)
        free_texts(&g->nodes[i]);
    g->n = 0;
    g->latest = -1;
}

void graph_fini(struct graph *g)
{
    graph_clear(g);
    free(g->nodes);
    graph_init(g);
}

/* The place of a path, or where it belongs. */
static size_t place_of(const struct graph *g, const char *path, bool *found)
{
    size_t low = 0, high = g->n;
    *found = false;
    while (low < high) {
        size_t mid = (low + high) / 2;
        int c = graph_compare(g->nodes[mid].path, path);
        if (c == 0) {
            *found = true;
            return mid;
        }
        if (c < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

int graph_find(const struct graph *g, const char *path)
{
    bool found;
    size_t i = place_of(g, path, &found);
    return found ? (int)i : -1;
}

bool graph_quiet(const struct graph_node *node)
{
    static const char *const names[] = {"prompts", "resolve", "clock",   "random", "path",
                                        "package", "gates",   "learned", "fix"};
    /* each program passes a row of gates: only one that says no is worth a place */
    if (!node->fork && strcmp(node->name, "gate") == 0)
        return node->state != GRAPH_FAILED;
    if (node->fork || node->state != GRAPH_DONE || node->told_begin || node->ms >= GRAPH_QUIET_MS)
        return false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(node->name, names[i]) == 0)
            return true;
    return false;
}

/* ---- the log ---- */

static char *copy_of(const char *text)
{
    return strdup(text ? text : "");
}

static void event_free(struct graph_event *e)
{
    free(e->path);
    free(e->name);
    free(e->label);
    free(e->outcome);
    free(e->why);
}

void graph_log_clear(struct graph_log *log)
{
    for (size_t i = 0; i < log->n; i++)
        event_free(&log->events[i]);
    free(log->events);
    memset(log, 0, sizeof *log);
}

static void texts_of(const struct event *ev, const char *t[5])
{
    t[1] = event_name(ev->type);
    switch (ev->type) {
    case EVENT_STEP_BEGIN:
        t[0] = ev->u.step_begin.path;
        t[1] = ev->u.step_begin.name;
        t[2] = ev->u.step_begin.label;
        break;
    case EVENT_STEP_END:
        t[0] = ev->u.step_end.path;
        t[1] = ev->u.step_end.name;
        t[2] = ev->u.step_end.label;
        t[3] = ev->u.step_end.outcome;
        t[4] = ev->u.step_end.why;
        break;
    case EVENT_FORK_BEGIN:
        t[0] = ev->u.fork_begin.path;
        t[1] = ev->u.fork_begin.name;
        t[2] = ev->u.fork_begin.labels;
        break;
    case EVENT_FORK_END:
        t[0] = ev->u.fork_end.path;
        t[3] = ev->u.fork_end.outcome;
        break;
    case EVENT_JOB_DONE:
        t[3] = ev->u.job_done.status;
        break;
    default:
        break;
    }
}

static enum err copy_event(struct graph_event *to, const struct event *ev)
{
    const char *t[5] = {NULL};
    texts_of(ev, t);
    *to = (struct graph_event){.type = ev->type, .seq = ev->seq, .time = ev->time};
    if (ev->type == EVENT_STEP_END)
        to->ms = ev->u.step_end.ms;
    if (ev->type == EVENT_FORK_END)
        to->ms = ev->u.fork_end.ms;
    to->number = ev->type == EVENT_FORK_BEGIN ? ev->u.fork_begin.width
                 : ev->type == EVENT_FORK_END ? ev->u.fork_end.won
                                              : 0;
    to->path = copy_of(t[0]);
    to->name = copy_of(t[1]);
    to->label = copy_of(t[2]);
    to->outcome = copy_of(t[3]);
    to->why = copy_of(t[4]);
    if (to->path && to->name && to->label && to->outcome && to->why)
        return ERR_OK;
    event_free(to);
    return ERR_NOMEM;
}

enum err graph_log_add(struct graph_log *log, const struct event *ev, bool *added, bool *last)
{
    size_t at = log->n;
    *added = *last = false;
    while (at && log->events[at - 1].seq > ev->seq)
        at--;
    if (ev->seq <= 0 || (at && log->events[at - 1].seq == ev->seq))
        return ERR_OK;
    if (log->n == log->cap) {
        size_t cap = log->cap ? log->cap * 2 : 64;
        struct graph_event *more = realloc(log->events, cap * sizeof *more);
        if (!more)
            return ERR_NOMEM;
        log->events = more;
        log->cap = cap;
    }
    struct graph_event e;
    if (copy_event(&e, ev))
        return ERR_NOMEM;
    memmove(&log->events[at + 1], &log->events[at], (log->n - at) * sizeof e);
    log->events[at] = e;
    log->n++;
    *added = true;
    *last = at + 1 == log->n;
    return ERR_OK;
}

/* ---- the fold ---- */

static enum err node_at(struct graph *g, const char *path, struct graph_node **out)
{
    bool found;
    size_t i = place_of(g, path, &found);
    struct graph_node *node;
    if (!found) {
        if (g->n >= GRAPH_NODES_MAX || strlen(path) >= GRAPH_PATH)
            return ERR_TOO_LARGE;
        if (g->n == g->cap) {
            size_t cap = g->cap ? g->cap * 2 : 32;
            struct graph_node *more = realloc(g->nodes, cap * sizeof *more);
            if (!more)
                return ERR_NOMEM;
            g->nodes = more;
            g->cap = cap;
        }
        node = &g->nodes[i];
        memmove(node + 1, node, (g->n - i) * sizeof *node);
        memset(node, 0, sizeof *node);
        snprintf(node->path, sizeof node->path, "%s", path);
        node->name = copy_of("");
        node->label = copy_of("");
        node->why = copy_of("");
        g->n++;
        if (!node->name || !node->label || !node->why)
            return ERR_NOMEM;
    }
    g->latest = (int)i;
    *out = &g->nodes[i];
    return ERR_OK;
}

static enum err set_text(char **to, const char *text)
{
    char *copy;
    if (!*text)
        return ERR_OK;
    copy = strdup(text);
    if (!copy)
        return ERR_NOMEM;
    free(*to);
    *to = copy;
    return ERR_OK;
}

/* Steps of these names are many in a job: their label tells them apart ("code a · model"). */
static void set_title(struct graph_node *node)
{
    static const char dot[] = " · ";
    bool many = strcmp(node->name, "llm") == 0 || strcmp(node->name, "run") == 0 ||
                strcmp(node->name, "gate") == 0;
    const char *text = many && *node->label ? node->label : node->name;
    const char *end = many ? strstr(text, dot) : NULL;
    size_t n = cluster_fit(text, end ? (size_t)(end - text) : strlen(text), GRAPH_TITLE_W, NULL);
    snprintf(node->title, sizeof node->title, "%.*s", (int)n, text);
}

static enum graph_state state_of(const char *outcome)
{
    return strcmp(outcome, "failed") == 0      ? GRAPH_FAILED
           : strcmp(outcome, "cancelled") == 0 ? GRAPH_CANCELLED
                                               : GRAPH_DONE;
}

/* The stand-in of the branch that a path lies in goes as soon as the branch has a step. */
static void drop_branch(struct graph *g, const char *path)
{
    char branch[GRAPH_PATH];
    const char *dot = strrchr(path, '.');
    int i;
    if (!dot)
        return;
    snprintf(branch, sizeof branch, "%.*s", (int)(dot - path), path);
    i = graph_find(g, branch);
    if (i < 0 || !g->nodes[i].branch)
        return;
    free_texts(&g->nodes[i]);
    g->n--;
    memmove(&g->nodes[i], &g->nodes[i + 1], (g->n - (size_t)i) * sizeof *g->nodes);
}

static enum err fold_step(struct graph *g, const struct graph_event *ev)
{
    struct graph_node *node;
    enum err e;
    drop_branch(g, ev->path);
    e = node_at(g, ev->path, &node);
    if (e)
        return e;
    node->seq = ev->seq;
    e = set_text(&node->name, ev->name);
    if (!e)
        e = set_text(&node->label, ev->label);
    if (ev->type == EVENT_STEP_BEGIN) {
        node->state = GRAPH_RUNNING;
        node->began = ev->time;
        node->told_begin = true;
        node->begun++;
    } else {
        node->state = state_of(ev->outcome);
        node->ended = ev->time;
        node->ms = ev->ms;
        if (!e)
            e = set_text(&node->why, ev->why);
    }
    set_title(node);
    return e;
}

/* Branches that wait for their first step. */
static enum err add_branches(struct graph *g, const struct graph_event *ev)
{
    const char *label = ev->label;
    enum err e = ERR_OK;
    for (int64_t i = 1; !e && i <= ev->number && i <= 1000; i++) {
        size_t n = strcspn(label, "|");
        char path[GRAPH_PATH], name[48];
        struct graph_node *node;
        int after;
        snprintf(path, sizeof path, "%.90s.%d", ev->path, (int)i);
        snprintf(name, sizeof name, "%.*s", (int)(n < 40 ? n : 40), label);
        label += n + (label[n] == '|');
        after = (int)place_of(g, path, &(bool){false});
        if (after < (int)g->n && strncmp(g->nodes[after].path, path, strlen(path)) == 0)
            continue; /* told again after a crash */
        e = node_at(g, path, &node);
        if (e)
            break;
        node->branch = true;
        node->seq = ev->seq;
        e = set_text(&node->name, *name ? name : "branch");
        set_title(node);
    }
    return e;
}

static enum err fold_fork(struct graph *g, const struct graph_event *ev)
{
    struct graph_node *node;
    enum err e;
    drop_branch(g, ev->path);
    e = node_at(g, ev->path, &node);
    if (e)
        return e;
    node->fork = true;
    node->seq = ev->seq;
    if (ev->type == EVENT_FORK_BEGIN) {
        node->state = GRAPH_RUNNING;
        node->began = ev->time;
        node->told_begin = true;
        node->begun++;
        node->width = (int)(ev->number < 0 ? 0 : ev->number > 9999 ? 9999 : ev->number);
        e = set_text(&node->name, ev->name);
        set_title(node);
        if (!e)
            e = add_branches(g, ev);
        g->latest = graph_find(g, ev->path);
        return e;
    }
    node->state = state_of(ev->outcome);
    node->ended = ev->time;
    node->ms = ev->ms;
    node->won = (int)ev->number;
    set_title(node);
    return ERR_OK;
}

/* What still ran or waited when its fan-out or job ended was cut off. */
static void cut_rest(struct graph *g, const char *below, int64_t time)
{
    size_t n = strlen(below);
    for (size_t i = 0; i < g->n; i++) {
        struct graph_node *node = &g->nodes[i];
        if (node->state > GRAPH_RUNNING ||
            (n && (strncmp(node->path, below, n) != 0 || node->path[n] != '.')))
            continue;
        node->state = GRAPH_CANCELLED;
        node->ended = time;
        if (node->began)
            node->ms = (double)(time - node->began);
    }
}

enum err graph_fold(struct graph *g, const struct graph_event *ev)
{
    enum err e = ERR_OK;
    switch (ev->type) {
    case EVENT_STEP_BEGIN:
    case EVENT_STEP_END:
        e = fold_step(g, ev);
        break;
    case EVENT_FORK_BEGIN:
        e = fold_fork(g, ev);
        break;
    case EVENT_FORK_END:
        e = fold_fork(g, ev);
        cut_rest(g, ev->path, ev->time);
        break;
    case EVENT_JOB_DONE:
        cut_rest(g, "", ev->time);
        break;
    default:
        break;
    }
    return e;
}
