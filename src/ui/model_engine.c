#include "ui/model_engine.h"

#include <string.h>

static const char *or_empty(const char *s)
{
    return s ? s : "";
}

static void copy_into(char *field, size_t size, const char *text)
{
    size_t n = strnlen(or_empty(text), size - 1);
    memcpy(field, or_empty(text), n);
    field[n] = '\0';
}

void model_note(struct model *m, const struct event *ev, const char *level, const char *text)
{
    copy_into(m->note.level, sizeof m->note.level, level);
    copy_into(m->note.text, sizeof m->note.text, text);
    m->note.time = ev->time;
    m->note.job = ev->job;
}

void model_fold_engine(struct model *m, const struct event *ev)
{
    if (ev->type == EVENT_PROGRESS) {
        const struct event_progress *p = &ev->u.progress;
        copy_into(m->progress.what, sizeof m->progress.what, p->what);
        copy_into(m->progress.item, sizeof m->progress.item, p->item);
        copy_into(m->progress.unit, sizeof m->progress.unit, p->unit);
        m->progress.done = p->done;
        m->progress.total = p->total;
        m->progress.rate = p->rate;
        m->progress.active = p->total <= 0 || p->done < p->total;
    } else if (ev->type == EVENT_ENGINE_STATE) {
        const struct event_engine_state *s = &ev->u.engine_state;
        m->running = s->running;
        m->queued = s->queued;
        copy_into(m->model_state, sizeof m->model_state, s->model_state);
        copy_into(m->model, sizeof m->model, s->model);
        copy_into(m->sandbox, sizeof m->sandbox, s->sandbox);
        m->cpu = s->cpu;
        m->rss_kb = s->rss_kb;
    } else if (ev->type == EVENT_ENGINE_SAMPLE) {
        m->spend = ev->u.engine_sample.spend;
    } else if (ev->type == EVENT_BACKEND_STATE &&
               (strcmp(or_empty(ev->u.backend_state.state), "down") == 0 ||
                strcmp(or_empty(ev->u.backend_state.state), "slow") == 0)) {
        model_note(m, ev, "warn", ev->u.backend_state.detail);
    } else if (ev->type == EVENT_JOB_NOTE) {
        model_note(m, ev, ev->u.job_note.level, ev->u.job_note.text);
    }
}
