/* The figures of the metrics pane, folded out of the event stream and of the loop.
 *
 *   tokens_s                 tokens that arrived in the last 5 whole seconds, by second
 *   first_token_p50, _p95    of the last 200 model calls that answered
 *   sandbox_p50, _p95        wall time of the last 200 runs
 *   cpu                      percent of one processor since the sample before
 *   lag_ms                   worst delay of a 100 ms timer since the sample before
 *   tokens, spend, calls, cached, tasks, reused, sandbox_runs: sums since the engine's start; a
 * task is reused when it was solved without a model call, a call is cached when its answer was kept
 * from before
 *
 * Nothing is measured while it is at rest. */
#ifndef DISE_CORE_METRICS_H
#define DISE_CORE_METRICS_H

#include <uv.h>

#include "core/event.h"

enum { METRICS_WINDOW = 200, METRICS_SECONDS = 5 };

/* The newest values of one figure. */
struct metrics_window {
    double values[METRICS_WINDOW];
    size_t count, next;
};

struct metrics {
    uv_timer_t timer; /* for the lag; runs while samples are wanted */
    bool active;
    uint64_t expected, last_time; /* ns */
    double lag_ms, last_cpu;
    int64_t arrived[METRICS_SECONDS + 1]; /* tokens by second; [second % 6] is being filled */
    uint64_t second;
    struct metrics_window first_token, sandbox;
    struct event_engine_sample sums;
};

void metrics_open(struct metrics *m, uv_loop_t *loop);
/* Closes the handle; the loop must run once more. */
void metrics_close(struct metrics *m);
/* Whether samples are wanted. */
void metrics_active(struct metrics *m, bool on);
/* Folds one event, stored or ephemeral. */
void metrics_fold(struct metrics *m, const struct event *ev);
/* The sample of this moment; the caller adds running and queued. */
void metrics_sample(struct metrics *m, struct event_engine_sample *out);

void metrics_window_add(struct metrics_window *w, double value);
/* The value below which `share` (0 … 1) of the window lies, by nearest rank; 0 when it is empty. */
double metrics_window_at(const struct metrics_window *w, double share);

#endif
