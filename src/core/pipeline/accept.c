/* The last look at a candidate that is to be taken: what is too dear for every one of them. */
#include <stdio.h>

#include "core/check/gate.h"

void candidate_call(const struct candidate *c, char out[48])
{
    if (c->stage->candidates > 1)
        snprintf(out, 48, "candidate %c of stage %d", candidate_letter(c), c->stage->number);
    else
        snprintf(out, 48, "the program of stage %d", c->stage->number);
}

/* A person sees why it is not the first that is taken. */
static void tell_instead(struct job *job, const struct candidate *c, const struct candidate *of)
{
    struct event ev = {.type = EVENT_JOB_NOTE};
    char text[600], mine[48], its[48];
    candidate_call(c, mine);
    candidate_call(of, its);
    snprintf(text, sizeof text, "%s is looked at in the place of %s: %.380s", mine, its,
             of->verdict.why);
    ev.u.job_note.level = "info";
    ev.u.job_note.text = text;
    job_emit(job, &ev);
}

enum err candidate_accept(struct job *job, struct candidate *c, const struct candidate *instead,
                          struct err_info *info)
{
    enum err e;
    if (c->taken)
        return ERR_OK;
    if (instead)
        tell_instead(job, c, instead);
    e = clean_run(job, c);
    if (!e)
        e = gate_accept(job, c, info);
    c->taken = !e;
    if (e == ERR_NOT_FOUND)
        candidate_tell_end(job, c, "refused", c->verdict.why);
    return e;
}
