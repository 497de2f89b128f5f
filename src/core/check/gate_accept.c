/* The gates of the program that would be taken: what is too dear for every candidate. Fixes come
 * first, and what they make of the program must answer as the program before did. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/check/gate.h"
#include "core/check/gate_figures.h"
#include "core/check/gate_report.h"
#include "core/rag/quality.h"

static bool strict(const struct task *t)
{
    return strcmp(config_text(t->p->config, OPTION_GATES_PROFILE), "strict") == 0;
}

static bool is_for_it(struct json_object *gate)
{
    return strcmp(json_str(gate, "on", ""), "accepted") == 0;
}

void gates_prepare(const struct task *t)
{
    if (strict(t))
        gate_want_accepted(t);
}

/* ---- fixing ---- */

struct fixing {
    struct candidate *candidate;
    struct buf code;           /* as far as it is fixed */
    struct json_object *fixed; /* [{gate: its number, what}] */
    bool *settled;             /* by gate: its fix has left nothing for it to find */
};

static enum err fix_one(struct job *job, struct fixing *f, size_t i, struct err_info *info)
{
    const struct candidate *c = f->candidate;
    struct json_object *gate = gate_at(c->task, i), *o = NULL, *done;
    char label[80];
    struct gate_run g = {.task = c->task,
                         .gate = gate,
                         .run = json_object_of(gate, "fix"),
                         .code = f->code.data,
                         .label = label,
                         .checked_after = true,
                         .at_once = !strict(c->task),
                         .together = true};
    enum err e;
    gate_label(c, "fix", g.run, label);
    e = gate_run_fix(job, &g, &o, info);
    f->settled[i] = json_flag(gate, "complete", false) && json_flag(o, "well", false);
    if (!e && *json_str(o, "code", "")) {
        buf_clear(&f->code);
        e = buf_adds(&f->code, json_str(o, "code", ""));
        done = json_object_new_object();
        json_add_i64(done, "gate", (int64_t)i);
        json_add_str(done, "what", json_str(o, "what", ""));
        json_object_array_add(f->fixed, done);
    }
    json_object_put(o);
    return e;
}

/* Whether examples, the given input and tests say of `code` what they said of the candidate, whose
 * verdict *out takes. */
static enum err verify(struct job *job, const struct candidate *c, const struct buf *code,
                       struct verdict *out, bool *same, struct err_info *info)
{
    struct candidate draft = *c; /* borrows all but code, verdict, evidence and probes */
    enum err e = verify_run(job, c->task, c->stage->number, c->number, "verify fixed", code->data,
                            out, info);
    *same = !e && out->accepted && strcmp(out->function, c->verdict.function) == 0 &&
            strcmp(out->result.data ? out->result.data : "",
                   c->verdict.result.data ? c->verdict.result.data : "") == 0;
    if (e || !*same || !c->evidence.tested)
        return e;
    draft.code = *code;
    draft.verdict = *out;
    draft.evidence = (struct evidence){.due = true};
    draft.probed = NULL;
    e = evidence_run(job, &draft, info);
    json_object_put(draft.probed);
    *same = !e && draft.evidence.passed == c->evidence.passed &&
            draft.evidence.behaviour == c->evidence.behaviour;
    return e;
}

static enum err take_fixed(struct job *job, struct fixing *f, struct verdict *v)
{
    struct candidate *c = f->candidate;
    enum err e;
    buf_clear(&c->code);
    e = buf_add(&c->code, f->code.data, f->code.len);
    verdict_take(&c->verdict, v);
    if (!c->verdict.gates)
        c->verdict.gates = json_object_new_array();
    for (size_t i = 0; i < json_object_array_length(f->fixed); i++) {
        struct json_object *o = json_object_array_get_idx(f->fixed, i);
        struct json_object *gate = gate_at(c->task, (size_t)json_i64(o, "gate", 0));
        gate_figures_fixed(c->verdict.gates, json_str(gate, "id", ""));
        gate_emit_fixed(job, c, gate, json_str(o, "what", ""));
    }
    gate_emit_code(job, c);
    return e;
}

static void tell_not_taken(struct job *job)
{
    struct event ev = {.type = EVENT_JOB_NOTE};
    ev.u.job_note.level = "warn";
    ev.u.job_note.text =
        "the program that the automatic fixes make answers otherwise: it stays as it was";
    job_emit(job, &ev);
}

static enum err fix(struct job *job, struct candidate *c, bool *settled, struct err_info *info)
{
    const struct task *t = c->task;
    struct fixing f = {.candidate = c, .fixed = json_object_new_array(), .settled = settled};
    struct verdict v;
    bool same = false;
    enum err e;
    buf_init(&f.code, CODE_MAX);
    verdict_init(&v);
    e = buf_add(&f.code, c->code.data, c->code.len);
    for (size_t i = 0; !e && i < gate_count(t); i++) {
        struct json_object *gate = gate_at(t, i);
        if (is_for_it(gate) && json_object_of(gate, "fix") &&
            strstr(f.code.data, json_str(gate, "when", "")))
            e = fix_one(job, &f, i, info);
    }
    if (!e && json_object_array_length(f.fixed)) {
        e = verify(job, c, &f.code, &v, &same, info);
        if (!e && same)
            e = take_fixed(job, &f, &v);
        if (!same)
            memset(settled, 0, gate_count(t) * sizeof *settled);
        if (!e && !same)
            tell_not_taken(job);
    }
    verdict_fini(&v);
    buf_fini(&f.code);
    json_object_put(f.fixed);
    return e == ERR_SANDBOX ? ERR_OK : e;
}

/* ---- judging ---- */

bool gates_may_refuse(const struct task *t)
{
    for (size_t i = 0; i < gate_count(t); i++)
        if (is_for_it(gate_at(t, i)) &&
            strcmp(json_str(gate_at(t, i), "severity", ""), "block") == 0)
            return true;
    return false;
}

enum err gate_accept(struct job *job, struct candidate *c, struct err_info *info)
{
    struct task *t = c->task;
    struct gate_sum all = {
        .candidate = c, .accepted = true, .at_once = !strict(t), .together = true};
    bool any = false, *settled;
    enum err e;
    for (size_t i = 0; i < gate_count(t); i++)
        any |= gate_begins(&all, i);
    if (!any)
        return ERR_OK;
    settled = calloc(gate_count(t), sizeof *settled);
    if (!settled)
        return err_set(info, ERR_NOMEM, "out of memory");
    gate_want_accepted(t);
    all.left_out = json_object_new_array();
    e = fix(job, c, settled, info);
    if (!c->verdict.gates)
        c->verdict.gates = json_object_new_array();
    all.gates = c->verdict.gates;
    if (!e)
        e = gate_groups(job, &all, settled, info);
    if (!e)
        e = gate_tell_left_out(job, t, all.left_out, info);
    if (!e && all.asked && !all.blocked)
        gate_emit_passed(job, &all);
    if (!e)
        gate_figures_tell(job, c, all.gates);
    if (!e)
        quality_code(all.gates, &c->verdict.score);
    if (!e && all.blocked) {
        c->verdict.accepted = false;
        gate_report_why(all.blocking, c->verdict.why, sizeof c->verdict.why);
        e = ERR_NOT_FOUND;
    }
    gate_sum_fini(&all);
    free(settled);
    return e;
}
