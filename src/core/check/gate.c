#include "core/check/gate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/check/gate_figures.h"
#include "core/check/gate_report.h"
#include "core/check/measures.h"
#include "core/rag/quality.h"
#include "core/sandbox/programs.h"
#include "core/tool/tool_gate.h"

enum { GATES_MAX = 64, LIST_MAX = 1 << 20, EXAMPLE_WHY = 200 /* beside what a gate says */ };

/* ---- the gates of a job ---- */

size_t gate_count(const struct task *t)
{
    return t->gates ? json_object_array_length(t->gates) : 0;
}

struct json_object *gate_at(const struct task *t, size_t i)
{
    return json_object_array_get_idx(t->gates, i);
}

struct list_arg {
    struct task *task;
    struct json_object *gates, *problems;
};

static enum err list(sqlite3 *db, void *arg, struct err_info *info)
{
    struct list_arg *a = arg;
    const struct tool_places places = {a->task->p->home, a->task->p->data};
    (void)db;
    (void)info;
    return tool_gate_list(&places, config_text(a->task->p->config, OPTION_GATES_PROFILE), &a->gates,
                          &a->problems);
}

static void tell_problems(struct step *step, struct json_object *problems)
{
    for (size_t i = 0; problems && i < json_object_array_length(problems) && i < 5; i++) {
        struct event ev = {.type = EVENT_JOB_NOTE};
        char text[900];
        snprintf(text, sizeof text, "%.800s; this gate is left out",
                 json_object_get_string(json_object_array_get_idx(problems, i)));
        ev.u.job_note.level = "warn";
        ev.u.job_note.text = text;
        step_emit(step, &ev);
    }
}

static enum err list_step(struct step *step, void *arg, struct buf *out)
{
    struct list_arg *a = arg;
    struct err_info info = {0};
    enum err e = store_read(a->task->p->store, list, a, &info);
    size_t n = a->gates ? json_object_array_length(a->gates) : 0;
    if (n > GATES_MAX)
        json_object_array_del_idx(a->gates, GATES_MAX, n - GATES_MAX);
    tell_problems(step, a->problems);
    if (!e)
        e = json_print(out, a->gates);
    else if (e != ERR_CANCELLED)
        step_fail(step, e, "%s", info.message);
    json_object_put(a->gates);
    json_object_put(a->problems);
    return e;
}

static const char *command_of(struct json_object *run)
{
    return json_object_get_string(json_object_array_get_idx(json_array(run, "argv"), 0));
}

static bool for_accepted(struct json_object *gate)
{
    return strcmp(json_str(gate, "on", ""), "accepted") == 0;
}

static void want_programs(const struct task *t, bool accepted)
{
    for (size_t i = 0; i < gate_count(t); i++) {
        struct json_object *run = json_object_of(gate_at(t, i), "run");
        const char *command = command_of(run), *package = json_str(run, "package", "");
        if (for_accepted(gate_at(t, i)) != accepted || measures_has(gate_at(t, i)))
            continue;
        if (*package)
            programs_want_library(t->p->programs, package);
        else if (strcmp(command, "python3") != 0)
            programs_want(t->p->programs, command);
    }
}

void gate_want_accepted(const struct task *t)
{
    want_programs(t, true);
}

enum err gates_load(struct task *t, struct err_info *info)
{
    struct list_arg arg = {.task = t};
    struct step_desc desc = {.name = "gates",
                             .label = "the quality gates",
                             .flags = STEP_LAZY,
                             .run = list_step,
                             .arg = &arg};
    enum err e;
    if (!t->p->programs || !config_flag(t->p->config, OPTION_GATES) || task_without(t, "gates"))
        return ERR_OK;
    e = job_step_json(t->job, &desc, LIST_MAX, &t->gates, info);
    if (!e)
        want_programs(t, false);
    return e;
}

/* ---- events ---- */

static void emit_check(struct job *job, const struct candidate *c, const char *name,
                       struct json_object *gate, bool ok, const char *detail)
{
    struct event ev = {.type = EVENT_CHECK};
    char text[100];
    snprintf(text, sizeof text, "%s %.80s", name, json_str(gate, "id", ""));
    ev.u.check.stage = c->stage->number;
    ev.u.check.candidate = c->number;
    ev.u.check.name = text;
    ev.u.check.ok = ok;
    ev.u.check.subject = ok ? detail : "";
    ev.u.check.detail = ok ? "" : detail;
    ev.u.check.severity = json_str(gate, "severity", "inform");
    job_emit(job, &ev);
}

/* Gates that found nothing are told in one: a batch of thousands keeps all of this. */
void gate_emit_passed(struct job *job, const struct gate_sum *sum)
{
    const struct candidate *c = sum->candidate;
    struct event ev = {.type = EVENT_CHECK};
    char text[80];
    snprintf(text, sizeof text, "%d of %d quality gates%s", sum->passed, sum->asked,
             sum->accepted ? " of the accepted program" : "");
    ev.u.check.stage = c->stage->number;
    ev.u.check.candidate = c->number;
    ev.u.check.name = "gates";
    ev.u.check.ok = true;
    ev.u.check.subject = text;
    job_emit(job, &ev);
}

void gate_emit_code(struct job *job, const struct candidate *c)
{
    struct event ev = {.type = EVENT_CANDIDATE_CODE};
    ev.u.candidate_code.stage = c->stage->number;
    ev.u.candidate_code.candidate = c->number;
    ev.u.candidate_code.code = c->code.data;
    job_emit(job, &ev);
}

/* ---- fixing ---- */

void gate_emit_fixed(struct job *job, const struct candidate *c, struct json_object *gate,
                     const char *what)
{
    emit_check(job, c, "fix", gate, true, what);
}

void gate_label(const struct candidate *c, const char *verb, struct json_object *run, char out[80])
{
    const char *package = json_str(run, "package", "");
    candidate_label(out, verb, c->number, c->stage->candidates == 1,
                    *package ? package : command_of(run));
}

static enum err fix_one(struct job *job, struct candidate *c, struct json_object *gate,
                        bool *changed, struct err_info *info)
{
    char label[80];
    struct gate_run g = {.task = c->task,
                         .gate = gate,
                         .run = json_object_of(gate, "fix"),
                         .code = c->code.data,
                         .label = label};
    struct json_object *o = NULL;
    const char *code;
    enum err e;
    gate_label(c, "fix", g.run, label);
    e = gate_run_fix(job, &g, &o, info);
    code = json_str(o, "code", "");
    if (!e && *code) {
        buf_clear(&c->code);
        e = buf_adds(&c->code, code);
        gate_emit_fixed(job, c, gate, json_str(o, "what", ""));
        *changed = true;
    }
    json_object_put(o);
    return e;
}

/* Before anything is judged; only where the code has what the fix is about, as each is a run. */
static enum err fix(struct job *job, struct candidate *c, struct json_object *gates,
                    struct err_info *info)
{
    bool changed = false;
    enum err e = ERR_OK;
    for (size_t i = 0; !e && i < gate_count(c->task); i++) {
        struct json_object *gate = gate_at(c->task, i);
        const char *when = json_str(gate, "when", "");
        bool fixed = false;
        if (!for_accepted(gate) && json_object_of(gate, "fix") && strstr(c->code.data, when))
            e = fix_one(job, c, gate, &fixed, info);
        if (fixed)
            gate_figures_fixed(gates, json_str(gate, "id", ""));
        changed |= fixed;
    }
    if (changed)
        gate_emit_code(job, c);
    return e;
}

/* ---- judging ---- */

static bool applies(struct json_object *gate, const char *code)
{
    if (!strstr(code, json_str(gate, "only_with", "")))
        return false;
    return strcmp(json_str(gate, "applies_to", "program"), "function") != 0 ||
           strncmp(code, "def ", 4) == 0 || strstr(code, "\ndef ") || strstr(code, "\nasync def ");
}

static bool same_run(struct json_object *a, struct json_object *b)
{
    return json_object_equal(json_object_of(a, "run"), json_object_of(b, "run"));
}

/* Whether this gate looks at the code with the run of `first`. */
static bool shares(struct json_object *gate, struct json_object *first, const char *code)
{
    return for_accepted(gate) == for_accepted(first) && applies(gate, code) &&
           same_run(gate, first);
}

/* A gate that came to no end blocks nothing, but takes of the score. */
static bool blocks(struct json_object *gate, struct json_object *report,
                   const struct gate_verdict *v)
{
    return !v->passed && strcmp(json_str(gate, "severity", ""), "block") == 0 &&
           !json_flag(report, "cut", false);
}

void gate_say(struct step *step, const struct gate_run *g, struct json_object *report)
{
    int passed = 0, asked = 0;
    bool blocked = false;
    for (size_t i = 0; i < gate_count(g->task); i++) {
        struct json_object *gate = gate_at(g->task, i);
        struct gate_verdict v;
        if (!shares(gate, g->gate, g->code))
            continue;
        gate_report_weigh(gate, report, &v);
        asked++;
        passed += v.passed;
        if (!blocked && blocks(gate, report, &v)) {
            blocked = true;
            step_reject(step);
            step_say(step, "%.150s", v.detail);
        }
    }
    if (!blocked)
        step_say(step, "%d of %d gates", passed, asked);
}

/* What is not run says nothing, but whoever looks at this program is told what is about it. */
static void leave_out(struct job *job, struct gate_sum *sum, struct json_object *gate,
                      struct json_object *report)
{
    struct json_object *told = json_object_new_object();
    bool crashed = json_flag(report, "crashed", false);
    char text[400];
    snprintf(text, sizeof text, "%s: %.380s", crashed ? "crashed" : "left out",
             json_str(report, "missing", ""));
    json_add_str(told, "severity", "inform");
    json_add_str(told, "id", json_str(gate, "id", ""));
    if (crashed || json_flag(report, "long", false))
        emit_check(job, sum->candidate, "gate", told, false, text);
    json_object_put(told);
}

/* Its figures go to the list of the candidate and to those who look on. */
static void keep(struct job *job, const struct gate_sum *sum, struct json_object *gate,
                 struct json_object *report, const struct gate_verdict *v)
{
    gate_figures_live(job, sum->candidate, gate, gate_figures_put(sum->gates, gate, report, v));
}

/* All that block are told, so that one repair may do. */
static void note_blocking(struct gate_sum *sum, const char *id, const char *says)
{
    struct json_object *o = json_object_new_object();
    sum->blocked = true;
    if (!sum->blocking)
        sum->blocking = json_object_new_array();
    json_add_str(o, "gate", id);
    json_add_str(o, "says", says);
    json_object_array_add(sum->blocking, o);
}

void gate_sum_fini(struct gate_sum *sum)
{
    json_object_put(sum->blocking);
    json_object_put(sum->left_out);
}

static void weigh(struct job *job, struct gate_sum *sum, struct json_object *gate,
                  struct json_object *report)
{
    struct gate_verdict v;
    if (json_get(report, "missing")) {
        keep(job, sum, gate, report, NULL);
        leave_out(job, sum, gate, report);
        return;
    }
    gate_report_weigh(gate, report, &v);
    keep(job, sum, gate, report, &v);
    sum->asked++;
    sum->passed += v.passed;
    if (!v.passed)
        emit_check(job, sum->candidate, "gate", gate, false, v.detail);
    if (blocks(gate, report, &v))
        note_blocking(sum, json_str(gate, "id", ""), v.detail);
}

static bool is_due(const struct gate_sum *sum, size_t i)
{
    struct json_object *gate = gate_at(sum->candidate->task, i);
    return for_accepted(gate) == sum->accepted && applies(gate, sum->candidate->code.data);
}

bool gate_begins(const struct gate_sum *sum, size_t i)
{
    const struct task *t = sum->candidate->task;
    if (!is_due(sum, i))
        return false;
    for (size_t k = 0; k < i; k++)
        if (is_due(sum, k) && same_run(gate_at(t, k), gate_at(t, i)))
            return false;
    return true;
}

/* To those who look on: all gates of one run begin. */
static void tell_begun(struct job *job, const struct gate_sum *sum, size_t first)
{
    const struct task *t = sum->candidate->task;
    for (size_t i = first; i < gate_count(t); i++)
        if (is_due(sum, i) && same_run(gate_at(t, i), gate_at(t, first)))
            gate_figures_live(job, sum->candidate, gate_at(t, i), NULL);
}

/* One run gives the figures of all gates that DiSE measures itself. */
static enum err measure_group(struct job *job, struct gate_sum *sum, size_t first,
                              struct err_info *info)
{
    const struct task *t = sum->candidate->task;
    struct json_object *value = NULL;
    enum err e;
    tell_begun(job, sum, first);
    e = measures_run(job, sum->candidate, &value, info);
    for (size_t i = first; !e && i < gate_count(t); i++) {
        struct json_object *gate = gate_at(t, i);
        if (is_due(sum, i) && same_run(gate, gate_at(t, first))) {
            struct json_object *report = measures_report(gate, value);
            weigh(job, sum, gate, report);
            json_object_put(report);
        }
    }
    json_object_put(value);
    return e;
}

/* All gates of one command line share its run. */
enum err gate_group(struct job *job, struct gate_sum *sum, size_t first, struct err_info *info)
{
    struct candidate *c = sum->candidate;
    struct json_object *gate = gate_at(c->task, first), *report = NULL;
    char label[80];
    struct gate_run g = {.task = c->task,
                         .gate = gate,
                         .run = json_object_of(gate, "run"),
                         .code = c->code.data,
                         .label = label,
                         .at_once = sum->at_once,
                         .together = sum->together};
    enum err e;
    if (measures_has(gate))
        return measure_group(job, sum, first, info);
    gate_label(c, "gate", g.run, label);
    tell_begun(job, sum, first);
    e = gate_run_check(job, &g, &report, info);
    for (size_t i = first; !e && i < gate_count(c->task); i++)
        if (is_due(sum, i) && same_run(gate_at(c->task, i), gate))
            weigh(job, sum, gate_at(c->task, i), report);
    if (!e && json_get(report, "missing")) {
        if (!sum->left_out)
            sum->left_out = json_object_new_array();
        json_object_array_add(sum->left_out, json_object_get(report));
    }
    json_object_put(report);
    return e;
}

void gate_pass(struct job *job, struct gate_sum *sum, size_t i)
{
    struct json_object *report = json_object_new_object();
    const struct task *t = sum->candidate->task;
    json_object_object_add(report, "findings", json_object_new_array());
    for (size_t k = i; k < gate_count(t); k++)
        if (is_due(sum, k) && same_run(gate_at(t, k), gate_at(t, i)))
            weigh(job, sum, gate_at(t, k), report);
    json_object_put(report);
}

struct judge {
    struct candidate *candidate;
    const char *label; /* of the run of the examples */
    struct err_info info;
    struct gate_sum gates; /* the branch of the examples fills the candidate's verdict meanwhile */
};

/* A branch. Later gates are dearer, and a program that is blocked needs none of them. */
static enum err run_gates(struct job *job, void *arg)
{
    struct judge *j = arg;
    struct err_info info = {0};
    enum err e = ERR_OK;
    for (size_t i = 0; !e && !j->gates.blocked && i < gate_count(j->candidate->task); i++)
        if (gate_begins(&j->gates, i))
            e = gate_group(job, &j->gates, i, &info);
    if (!e && j->gates.asked && !j->gates.blocked)
        gate_emit_passed(job, &j->gates);
    if (!e)
        gate_figures_tell(job, j->candidate, j->gates.gates);
    return e;
}

/* The other branch. */
static enum err run_examples(struct job *job, void *arg)
{
    struct judge *j = arg;
    struct candidate *c = j->candidate;
    return verify_run(job, c->task, c->stage->number, c->number, j->label, c->code.data,
                      &c->verdict, &j->info);
}

static void settle(const struct judge *j, struct verdict *v)
{
    size_t used;
    json_object_put(v->gates);
    v->gates = json_object_get(j->gates.gates);
    quality_code(v->gates, &v->score);
    if (!j->gates.blocked)
        return;
    v->accepted = false;
    used = strlen(v->why);
    if (used > EXAMPLE_WHY)
        for (used = EXAMPLE_WHY; ((unsigned char)v->why[used] & 0xc0) == 0x80; used--)
            ; /* not in the middle of a character */
    if (used)
        used += (size_t)snprintf(v->why + used, sizeof v->why - used, "; ");
    gate_report_why(j->gates.blocking, v->why + used, sizeof v->why - used);
}

enum err gate_judge(struct job *job, struct candidate *c, const char *label, struct err_info *info)
{
    struct judge j = {.candidate = c,
                      .label = label,
                      .gates = {.candidate = c, .gates = json_object_new_array()}};
    struct branch branches[] = {{.name = "gate", .fn = run_gates, .arg = &j},
                                {.name = "examples", .fn = run_examples, .arg = &j}};
    bool any = false;
    enum err e = fix(job, c, j.gates.gates, info);
    for (size_t i = 0; i < gate_count(c->task); i++)
        any |= gate_begins(&j.gates, i);
    if (!e)
        e = any ? job_all(job, "judge", branches, 2) : run_examples(job, &j);
    if (!e)
        settle(&j, &c->verdict);
    else if (j.info.message[0] && info)
        *info = j.info;
    gate_sum_fini(&j.gates);
    json_object_put(j.gates.gates);
    return e;
}
