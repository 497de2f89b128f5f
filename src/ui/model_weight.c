/* What the details of jobs weigh, and which are forgotten. */
#include <string.h>

#include "ui/model_checks.h"

static size_t job_bytes(const struct model_job *job)
{
    size_t n = job->items_n * sizeof *job->items;
    for (size_t i = 0; i < job->items_n; i++)
        n += strlen(job->items[i].text) + strlen(job->items[i].label);
    for (size_t i = 0; i < job->stages_n; i++) {
        const struct model_stage *s = &job->stages[i];
        n += sizeof *s;
        for (size_t k = 0; k < s->candidates_n; k++) {
            const struct model_candidate *c = &s->candidates[k];
            n += sizeof *c + c->text.cap + model_checks_bytes(c);
        }
    }
    return n;
}

void model_weigh(struct model *m, struct model_job *job)
{
    size_t now = job_bytes(job);
    m->bytes += now - job->bytes;
    job->bytes = now;
}

size_t model_bytes(const struct model *m)
{
    return m->bytes;
}

static void forget(struct model *m, struct model_job *job)
{
    model_job_reset(job);
    model_weigh(m, job);
}

static bool can_forget(const struct model_job *job, int64_t keep)
{
    return job->state == MODEL_DONE && job->details && job->id != keep;
}

/* Goes on to three quarters, so that the jobs are not looked through at every event. */
void model_trim(struct model *m, int64_t keep, size_t max)
{
    m->viewed = keep;
    if (m->bytes <= max)
        return;
    for (size_t i = 0; i < m->jobs_n && m->bytes > max / 4 * 3; i++)
        if (can_forget(m->jobs[i], keep))
            forget(m, m->jobs[i]);
}

size_t model_active(const struct model *m)
{
    size_t n = 0;
    for (size_t i = 0; i < m->jobs_n; i++)
        n += m->jobs[i]->state != MODEL_DONE;
    return n;
}

const char *model_code(const struct model_job *job)
{
    const char *last = NULL;
    for (size_t i = 0; i < job->stages_n; i++) {
        const struct model_candidate *c = model_shown(&job->stages[i]);
        if (!c || !c->code)
            continue;
        last = c->text.data;
        if (strcmp(c->outcome, "accepted") == 0)
            return last;
    }
    return last;
}
