/* What a job's journal tells of its steps while they run: the events STEP_BEGIN, STEP_END,
 * FORK_BEGIN and FORK_END. They travel with the rows that are written anyway, under numbers of
 * their own at the step's path, so a replay cannot tell them twice. */
#include <stdlib.h>
#include <string.h>

#include "base/day_time.h"
#include "core/job/job_internal.h"

enum { LABELS_MAX = 4096 };

/* A step or fan-out that was cancelled while it ran. */
struct cut_step {
    struct cut_step *next;
    char path[JOB_PATH_MAX];
    char *name, *label;
    int64_t began;
    bool fork;
};

const char *trace_outcome(enum err result, unsigned flags)
{
    if (!result)
        return "done";
    if (result == ERR_CANCELLED)
        return "cancelled";
    if (flags & STEP_MAY_MISS && (result == ERR_NOT_FOUND || result == ERR_NO_BACKEND))
        return "done";
    return "failed";
}

enum err trace_begin(struct entry *e, const char *path, const char *name, const char *label)
{
    struct event ev = {.type = EVENT_STEP_BEGIN};
    ev.u.step_begin.path = path;
    ev.u.step_begin.name = name;
    ev.u.step_begin.label = label;
    return entry_add_event(e, path, STEP_BEGIN_N, &ev);
}

enum err trace_end(struct entry *e, const char *path, const char *name, const char *label,
                   const char *outcome, const char *why, double ms)
{
    struct event ev = {.type = EVENT_STEP_END};
    ev.u.step_end.path = path;
    ev.u.step_end.name = name;
    ev.u.step_end.label = label;
    ev.u.step_end.outcome = outcome;
    ev.u.step_end.why = why;
    ev.u.step_end.ms = ms > 0 ? ms : 0;
    return entry_add_event(e, path, STEP_END_N, &ev);
}

enum err trace_fork_begin(struct entry *e, const char *path, const char *name,
                          const struct branch *branches, size_t n)
{
    struct event ev = {.type = EVENT_FORK_BEGIN};
    struct buf labels;
    enum err err = ERR_OK;
    buf_init(&labels, LABELS_MAX);
    for (size_t i = 0; !err && i < n; i++)
        err = buf_addf(&labels, "%s%.40s", i ? "|" : "", branches[i].name);
    ev.u.fork_begin.path = path;
    ev.u.fork_begin.name = name;
    ev.u.fork_begin.width = (int64_t)n;
    ev.u.fork_begin.labels = labels.data; /* more than fit: the first ones */
    err = entry_add_event(e, path, STEP_BEGIN_N, &ev);
    buf_fini(&labels);
    return err;
}

enum err trace_fork_end(struct entry *e, const char *path, const char *outcome, size_t won,
                        double ms)
{
    struct event ev = {.type = EVENT_FORK_END};
    ev.u.fork_end.path = path;
    ev.u.fork_end.outcome = outcome;
    ev.u.fork_end.won = (int64_t)won;
    ev.u.fork_end.ms = ms > 0 ? ms : 0; /* the clock may have been set back */
    return entry_add_event(e, path, STEP_END_N, &ev);
}

/* ---- cancelled ones ---- */

static void cut_free(struct cut_step *c)
{
    free(c->name);
    free(c->label);
    free(c);
}

void trace_drop_cuts(struct cut_step **list)
{
    while (*list) {
        struct cut_step *c = *list;
        *list = c->next;
        cut_free(c);
    }
}

void trace_move_cuts(struct cut_step **to, struct cut_step **from)
{
    while (*to)
        to = &(*to)->next;
    *to = *from;
    *from = NULL;
}

enum err trace_add_cuts(struct entry *e, struct cut_step **list)
{
    enum err err = ERR_OK;
    for (struct cut_step *c = *list; !err && c; c = c->next) {
        double ms = (double)(day_time_now() - c->began);
        err = c->fork ? trace_fork_end(e, c->path, "cancelled", 0, ms)
                      : trace_end(e, c->path, c->name, c->label, "cancelled", "", ms);
    }
    trace_drop_cuts(list);
    return err;
}

/* A person's cancellation is durable before anything is cut, so it can be told at once. A branch
 * that lost runs again when the engine dies before the winner is in the journal, and may then come
 * to another end: it waits for the row of its fan-out. When the engine only ends, nothing is told.
 */
void trace_cut(struct job *job, const char *path, const char *name, const char *label,
               int64_t began, bool fork)
{
    struct cut_step *c;
    struct entry *e;
    if (root_suspended(job->root) || job->root->lost || (!job->root->cancelled && !job->prefix[0]))
        return;
    c = calloc(1, sizeof *c);
    if (!c)
        return;
    snprintf(c->path, sizeof c->path, "%s", path);
    c->name = strdup(name);
    c->label = strdup(label ? label : "");
    c->began = began;
    c->fork = fork;
    if (!job->root->cancelled) {
        trace_move_cuts(&c->next, &job->cuts);
        job->cuts = c;
        return;
    }
    e = entry_new(job->root);
    if (!e || trace_add_cuts(e, &c))
        entry_free(e);
    else if (jobs_post(job->root->jobs, STORE_LAZY, e))
        job->root->lost = ERR_NOMEM;
    trace_drop_cuts(&c);
}
