#include "core/engine/metrics.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/usage.h"

enum { LAG_MS = 100 };

/* ---- windows ---- */

void metrics_window_add(struct metrics_window *w, double value)
{
    w->values[w->next] = value;
    w->next = (w->next + 1) % METRICS_WINDOW;
    w->count += w->count < METRICS_WINDOW;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double metrics_window_at(const struct metrics_window *w, double share)
{
    double sorted[METRICS_WINDOW];
    size_t rank = (size_t)ceil(share * (double)w->count);
    if (!w->count)
        return 0;
    memcpy(sorted, w->values, w->count * sizeof *sorted);
    qsort(sorted, w->count, sizeof *sorted, compare);
    return sorted[rank ? rank - 1 : 0];
}

/* ---- the loop ---- */

static void on_timer(uv_timer_t *timer)
{
    struct metrics *m = timer->data;
    uint64_t now = uv_hrtime();
    double late = now > m->expected ? (double)(now - m->expected) / 1e6 : 0;
    if (late > m->lag_ms)
        m->lag_ms = late;
    m->expected = now + LAG_MS * UINT64_C(1000000);
}

void metrics_open(struct metrics *m, uv_loop_t *loop)
{
    memset(m, 0, sizeof *m);
    uv_timer_init(loop, &m->timer);
    m->timer.data = m;
}

void metrics_close(struct metrics *m)
{
    uv_close((uv_handle_t *)&m->timer, NULL);
}

void metrics_active(struct metrics *m, bool on)
{
    if (on == m->active)
        return;
    m->active = on;
    if (!on) {
        uv_timer_stop(&m->timer);
        return;
    }
    m->lag_ms = 0;
    m->last_cpu = usage_cpu_seconds();
    m->last_time = uv_hrtime();
    m->expected = m->last_time + LAG_MS * UINT64_C(1000000);
    uv_timer_start(&m->timer, on_timer, LAG_MS, LAG_MS);
}

/* ---- folding ---- */

/* Empties the seconds that have passed since the last token. */
static void advance(struct metrics *m)
{
    uint64_t now = uv_hrtime() / UINT64_C(1000000000);
    if (now - m->second > METRICS_SECONDS)
        memset(m->arrived, 0, sizeof m->arrived);
    else
        while (m->second < now)
            m->arrived[++m->second % (METRICS_SECONDS + 1)] = 0;
    m->second = now;
}

static void fold_call(struct metrics *m, const struct event_llm_call *c)
{
    m->sums.calls++;
    m->sums.cached += c->cached;
    m->sums.spend += c->cost;
    m->sums.tokens_in += c->tokens_in;
    m->sums.tokens_cached += c->tokens_cached;
    m->sums.tokens_out += c->tokens_out;
    if (c->first_token_ms > 0)
        metrics_window_add(&m->first_token, c->first_token_ms);
}

void metrics_fold(struct metrics *m, const struct event *ev)
{
    switch (ev->type) {
    case EVENT_TOKEN_DELTA:
        advance(m);
        m->arrived[m->second % (METRICS_SECONDS + 1)]++;
        break;
    case EVENT_LLM_CALL:
        fold_call(m, &ev->u.llm_call);
        break;
    case EVENT_SANDBOX_RUN:
        m->sums.sandbox_runs++;
        metrics_window_add(&m->sandbox, ev->u.sandbox_run.wall_ms);
        break;
    case EVENT_JOB_DONE:
        m->sums.tasks++;
        m->sums.reused += ev->u.job_done.llm_calls == 0 && ev->u.job_done.artifact &&
                          *ev->u.job_done.artifact && strcmp(ev->u.job_done.status, "solved") == 0;
        break;
    default:
        break;
    }
}

void metrics_sample(struct metrics *m, struct event_engine_sample *out)
{
    uint64_t now = uv_hrtime();
    double cpu = usage_cpu_seconds();
    int64_t arrived = 0;
    advance(m);
    for (int i = 0; i <= METRICS_SECONDS; i++) /* all but the second that is being filled */
        arrived += i == (int)(m->second % (METRICS_SECONDS + 1)) ? 0 : m->arrived[i];
    *out = m->sums;
    out->tokens_s = (double)arrived / METRICS_SECONDS;
    out->first_token_p50 = metrics_window_at(&m->first_token, 0.5);
    out->first_token_p95 = metrics_window_at(&m->first_token, 0.95);
    out->sandbox_p50 = metrics_window_at(&m->sandbox, 0.5);
    out->sandbox_p95 = metrics_window_at(&m->sandbox, 0.95);
    if (now > m->last_time)
        out->cpu = 100 * (cpu - m->last_cpu) / ((double)(now - m->last_time) / 1e9);
    out->rss_kb = usage_resident_kb();
    out->lag_ms = m->lag_ms;
    m->lag_ms = 0;
    m->last_cpu = cpu;
    m->last_time = now;
}
