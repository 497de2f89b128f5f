/* What is run of a program beside its checks: a failing call is followed, so that the next prompt
 * can show what it went through; debugging output goes out of a program that was accepted. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/check/harness.h"

enum { LOG_MAX = 8 << 10 };

/* ---- following a failing call ---- */

/* Its lines stand in a prompt: no blank line and no fence may end them early. */
static enum err add_log(const char *text, struct buf *out)
{
    enum err e = *text ? buf_adds(out, "\n\nWhat that call went through:\n") : ERR_OK;
    while (!e && *text) {
        size_t n = strcspn(text, "\n");
        if (n && !memmem(text, n, "```", 3))
            e = buf_addf(out, "%.*s\n", (int)n, text);
        text += n + (text[n] == '\n');
    }
    return e;
}

enum err trace_run(struct job *job, struct candidate *c)
{
    const struct verdict *v = &c->best->verdict;
    struct task *t = c->task;
    struct harness_run run = {.step = "trace",
                              .label = "what the failing call goes through",
                              .code = c->best->code.data,
                              .function = t->examples.function,
                              .examples = &t->examples,
                              .given = t->given,
                              .grants = &v->grants,
                              .trace = v->wrong,
                              .whose = "the other candidate"};
    struct json_object *value = NULL;
    struct err_info info = {0};
    struct buf log;
    enum err e;
    if (!v->wrong || !v->imported)
        return ERR_OK;
    buf_init(&log, LOG_MAX);
    e = harness_run(job, t, &run, &value, &info);
    if (!e)
        e = add_log(json_str(harness_record(value, "trace"), "text", ""), &log);
    if (!e)
        c->log = buf_take(&log);
    buf_fini(&log);
    json_object_put(value);
    return e == ERR_SANDBOX || e == ERR_TOO_LARGE ? ERR_OK : e;
}

/* ---- debugging output ---- */

static bool mentions(const char *text, const char *const *words)
{
    for (; *words; words++)
        if (strcasestr(text, *words))
            return true;
    return false;
}

/* Output that the task asks for is none. */
static bool has_debugging(const struct task *t, const struct candidate *c)
{
    static const char *const signs[] = {"print(", "log(", "logging", "logger", NULL};
    static const char *const asked[] = {"print",  "log",     "show",   "display",
                                        "output", "console", "stdout", NULL};
    return mentions(c->code.data, signs) && !mentions(t->text, asked);
}

static void tell_cleaned(struct job *job, const struct candidate *c, int64_t gone)
{
    struct event code = {.type = EVENT_CANDIDATE_CODE}, note = {.type = EVENT_JOB_NOTE};
    char text[120];
    code.u.candidate_code.stage = c->stage->number;
    code.u.candidate_code.candidate = c->number;
    code.u.candidate_code.code = c->code.data;
    job_emit(job, &code);
    snprintf(text, sizeof text, "%lld line%s of debugging output taken out, and checked again",
             (long long)gone, gone == 1 ? "" : "s");
    note.u.job_note.level = "info";
    note.u.job_note.text = text;
    job_emit(job, &note);
}

/* Takes the program over when it is accepted as the one before was. */
static enum err take_cleaned(struct job *job, struct candidate *c, const char *source, int64_t gone)
{
    struct verdict v;
    struct err_info info = {0};
    enum err e;
    verdict_init(&v);
    e = verify_run(job, c->task, c->stage->number, c->number, "verify cleaned", source, &v, &info);
    if (!e && v.accepted) {
        buf_clear(&c->code);
        e = buf_adds(&c->code, source);
        verdict_take(&c->verdict, &v);
        tell_cleaned(job, c, gone);
    }
    verdict_fini(&v);
    return e;
}

enum err clean_run(struct job *job, struct candidate *c)
{
    struct harness_run run = {.step = "clean",
                              .label = "debugging output",
                              .code = c->code.data,
                              .function = "",
                              .grants = &c->verdict.grants,
                              .clean = true};
    struct json_object *value = NULL, *r;
    struct err_info info = {0};
    enum err e;
    if (!has_debugging(c->task, c))
        return ERR_OK;
    e = harness_run(job, c->task, &run, &value, &info);
    r = harness_record(value, "clean");
    if (!e && json_i64(r, "gone", 0) > 0)
        e = take_cleaned(job, c, json_str(r, "source", ""), json_i64(r, "gone", 0));
    json_object_put(value);
    return e == ERR_SANDBOX ? ERR_OK : e;
}
