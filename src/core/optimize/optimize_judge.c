/* What a changed program has to pass before it is measured: all that the one before it passes. */
#include <stdio.h>
#include <string.h>

#include "core/check/gate.h"
#include "core/check/gate_figures.h"
#include "core/optimize/optimize.h"

void standing_init(struct standing *s, struct optimize *o, int number, const char *name)
{
    s->stage = (struct stage){.number = number, .candidates = 1, .available = true};
    snprintf(s->stage.name, sizeof s->stage.name, "%s", name);
    candidate_init(&s->c, &o->t, &s->stage, 1, NULL);
    s->c.target = &s->stage.target;
}

void standing_fini(struct standing *s)
{
    candidate_fini(&s->c);
}

enum err optimize_check(struct optimize *o, struct standing *s, const char *label,
                        struct err_info *info)
{
    enum err e;
    s->c.task = &o->t;
    s->c.stage = &s->stage;
    e = gate_judge(o->t.job, &s->c, label, info);
    if (!e && s->c.verdict.accepted && o->t.tests)
        e = evidence_run(o->t.job, &s->c, info);
    if (!e && s->c.verdict.accepted && properties_wanted(&o->t))
        e = property_run(o->t.job, &s->c, info);
    return e;
}

enum err optimize_accept(struct optimize *o, struct proposal *p, struct err_info *info)
{
    const char *lost;
    enum err e = o->looked ? ERR_OK : gate_look(&o->t, &o->now.c, false, NULL, info);
    o->looked |= !e;
    if (!e)
        e = gate_accept(o->t.job, &p->s.c, info);
    if (e == ERR_NOT_FOUND && /* what stands is no better: no reason to stay with it */
        gate_figures_blocked_before(o->now.c.verdict.gates, p->s.c.verdict.gates)) {
        p->s.c.verdict.accepted = true;
        p->s.c.verdict.why[0] = 0;
        e = ERR_OK;
    }
    lost = e ? NULL : gate_figures_lost(o->now.c.verdict.gates, p->s.c.verdict.gates);
    if (e == ERR_NOT_FOUND)
        snprintf(p->why, sizeof p->why, "%.390s", p->s.c.verdict.why);
    else if (lost)
        snprintf(p->why, sizeof p->why,
                 "it fails the quality gate %.60s, which the program passed before", lost);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

bool optimize_worse(const struct candidate *before, const struct candidate *after, char why[400])
{
    const struct verdict *v = &after->verdict;
    const char *lost;
    why[0] = 0;
    if (!v->accepted)
        snprintf(why, 400, "%s", v->why[0] ? v->why : "it does not pass the task's examples");
    else if (v->function[0] && before->verdict.function[0] &&
             strcmp(v->function, before->verdict.function) != 0)
        snprintf(why, 400, "its function is %s and no longer %s", v->function,
                 before->verdict.function);
    else if ((lost = gate_figures_lost(before->verdict.gates, v->gates)))
        snprintf(why, 400, "it fails the quality gate %.60s, which the program passed before",
                 lost);
    else if (v->score < before->verdict.score - 1e-9)
        snprintf(why, 400, "the quality gates give it %.2f instead of %.2f", v->score,
                 before->verdict.score);
    else if (before->evidence.passed & ~after->evidence.passed)
        snprintf(why, 400, "it fails a generated test that the program passed before");
    else if ((before->trial.upheld & ~after->trial.upheld) ||
             (before->trial.written & ~after->trial.written) ||
             (after->trial.refuted & ~before->trial.refuted))
        snprintf(why, 400, "a property no longer holds%s%.300s",
                 after->trial.complaint[0] ? ": " : "", after->trial.complaint);
    return why[0] != 0;
}
