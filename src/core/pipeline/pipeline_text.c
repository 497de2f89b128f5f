/* A task whose answer is words: the model is asked once, the answer is kept as it is. No program
 * comes of it, so there is nothing to run and nothing to check. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/task_class.h"
#include "core/pipeline/pipeline_internal.h"
#include "core/store/artifact.h"

enum { TEXT_MAX = 4 << 20, NAME_MAX_BYTES = 40 };

/* The one stage of a text: the writer's model, resolved. A long text wants the powerful one where
 * there is one. */
static enum err choose_model(struct task *t, struct stage *s, struct err_info *info)
{
    struct json_object *tool = json_object_of(t->prompts, "writer");
    bool large = strcmp(t->class, class_name(CLASS_COMPLEX_CONTENT)) == 0;
    enum err e;
    *s = (struct stage){.number = 1, .candidates = 1, .name = "text"};
    s->temperature = json_f64(tool, "temperature", 0.1);
    snprintf(s->role, sizeof s->role, "%s", large ? "powerful" : json_str(tool, "role", "fast"));
    e = stage_resolve(t, s, info);
    if (e != ERR_NO_BACKEND || !large)
        return e;
    snprintf(s->role, sizeof s->role, "%s", json_str(tool, "role", "fast"));
    return stage_resolve(t, s, info);
}

/* ---- what is told ---- */

static void tell_begin(struct task *t, const struct stage *s)
{
    struct event ev = {.type = EVENT_STAGE_PLANNED};
    ev.u.stage_planned.stage = s->number;
    ev.u.stage_planned.name = s->name;
    ev.u.stage_planned.model = s->target.label;
    ev.u.stage_planned.temperature = s->temperature;
    ev.u.stage_planned.candidates = 1;
    ev.u.stage_planned.why = "";
    job_emit(t->job, &ev);
    ev = (struct event){.type = EVENT_STAGE_BEGIN};
    ev.u.stage_begin.stage = s->number;
    job_emit(t->job, &ev);
    ev = (struct event){.type = EVENT_CANDIDATE_BEGIN};
    ev.u.candidate_begin.stage = s->number;
    ev.u.candidate_begin.candidate = 1;
    ev.u.candidate_begin.model = s->target.label;
    job_emit(t->job, &ev);
}

static void tell_end(struct task *t, const struct candidate *c, enum err e, int64_t ms,
                     const char *why)
{
    struct event ev = {.type = EVENT_CANDIDATE_END};
    ev.u.candidate_end.stage = 1;
    ev.u.candidate_end.candidate = 1;
    ev.u.candidate_end.outcome = e == ERR_CANCELLED ? "cancelled" : e ? "failed" : "accepted";
    ev.u.candidate_end.why = why;
    ev.u.candidate_end.tokens_out = c->tokens_out;
    ev.u.candidate_end.seconds = (double)ms / 1000;
    job_emit(t->job, &ev);
    ev = (struct event){.type = EVENT_STAGE_END};
    ev.u.stage_end.stage = 1;
    ev.u.stage_end.outcome = e == ERR_CANCELLED ? "cancelled" : e ? "failed" : "solved";
    ev.u.stage_end.why = why;
    ev.u.stage_end.tokens_in = c->tokens_in;
    ev.u.stage_end.tokens_out = c->tokens_out;
    ev.u.stage_end.seconds = (double)ms / 1000;
    job_emit(t->job, &ev);
}

/* ---- the answer ---- */

static struct json_object *describe(const struct task *t, const struct candidate *c,
                                    const char *text, const char *hash)
{
    struct json_object *o = json_object_new_object();
    char name[NAME_MAX_BYTES + 1];
    size_t n = strnlen(t->text, NAME_MAX_BYTES);
    while (n && ((unsigned char)t->text[n] & 0xc0) == 0x80)
        n--; /* not within a character */
    snprintf(name, sizeof name, "%.*s", (int)n, t->text);
    name[strcspn(name, "\r\n")] = 0;
    json_add_str(o, "kind", "text");
    json_add_str(o, "name", name);
    task_describe(t, hash, o);
    json_add_bool(o, "solved", true);
    json_add_str(o, "text", text);
    json_add_str(o, "result", text);
    json_add_str(o, "model", candidate_by(c)->label);
    json_add_str(o, "backend", candidate_by(c)->place);
    json_add_i64(o, "job", job_id(t->job));
    json_add_i64(o, "created", t->began);
    json_object_object_add(o, "prompts", json_object_get(t->prompts));
    json_object_object_add(o, "input", json_object_get(t->given));
    return o;
}

static enum err keep(struct task *t, const struct candidate *c, const struct buf *text,
                     const char *hash, struct ending *end, struct err_info *info)
{
    struct json_object *artifact = describe(t, c, text->data, hash);
    enum err e;
    snprintf(end->checked, sizeof end->checked, "{\"text\":\"answered, nothing to check\"}");
    json_object_object_add(artifact, "checked", json_tokener_parse(end->checked));
    ending_set(end, "solved", ERR_OK, "");
    e = json_quote(&end->result, text->data, text->len);
    if (!e)
        e = task_keep(t, artifact, "text", text, end, info);
    json_object_put(artifact);
    return e;
}

/* An answer without a word is none; what it cost is told. */
static enum err refuse(struct task *t, struct ending *end, struct err_info *info)
{
    struct buf nothing;
    buf_init(&nothing, 1);
    ending_set(end, "unsolved", ERR_OK, "the model gave an empty answer");
    return task_keep(t, NULL, "", &nothing, end, info);
}

/* A call that failed has cost as well; its own error stays the job's. */
static enum err count_failed(struct task *t, struct ending *end, enum err why)
{
    struct buf nothing;
    struct err_info unused;
    enum err e;
    buf_init(&nothing, 1);
    e = why == ERR_CANCELLED ? why : task_keep(t, NULL, "", &nothing, end, &unused);
    return e == ERR_CANCELLED ? e : why;
}

/* The answer, told as a stage of one candidate. */
static enum err write_text(struct task *t, struct candidate *c, struct buf *text,
                           struct err_info *info)
{
    int64_t began = 0, ended = 0;
    enum err e = job_clock(t->job, &began);
    bool empty;
    tell_begin(t, c->stage);
    if (!e)
        e = candidate_ask(t->job, c, text, info);
    empty = !e && strspn(text->data, " \t\r\n") == text->len;
    if (e != ERR_CANCELLED && job_clock(t->job, &ended))
        ended = began;
    tell_end(t, c, empty ? ERR_NOT_FOUND : e, ended > began ? ended - began : 0,
             empty                     ? "the answer is empty"
             : e && e != ERR_CANCELLED ? (info->message[0] ? info->message : err_text(e))
                                       : "");
    return e;
}

enum err text_solve(struct task *t, const char *hash, struct ending *end, struct err_info *info)
{
    static const char *const prompts[] = {"writer", NULL};
    struct stage stage;
    struct candidate c;
    struct buf text;
    enum err e;
    job_takes_time(t->job);
    e = task_prompts(t, prompts, info);
    if (!e)
        e = choose_model(t, &stage, info);
    if (!e)
        e = experience_load(t, &stage, 1);
    if (e)
        return e;
    candidate_init(&c, t, &stage, 1, NULL);
    buf_init(&text, TEXT_MAX);
    task_phase(t, "generate", "");
    e = write_text(t, &c, &text, info);
    if (e)
        e = count_failed(t, end, e);
    else if (strspn(text.data, " \t\r\n") == text.len)
        e = refuse(t, end, info);
    else
        e = keep(t, &c, &text, hash, end, info);
    buf_fini(&text);
    candidate_fini(&c);
    return e;
}

static enum err run_text(struct job *job, void *context, struct json_object *input)
{
    struct task t;
    struct ending end = {.status = NULL};
    struct err_info info = {0};
    struct json_object *known = NULL;
    char hash[65];
    enum err e = task_init(&t, context, job, input);
    t.plain = true;
    buf_init(&end.result, TEXT_MAX);
    if (!e)
        e = artifact_text_hash(t.text, t.given, hash);
    if (!e)
        e = task_intake(&t, &end);
    if (!e)
        e = job_clock(job, &t.began);
    if (!e && !json_flag(input, "fresh", false)) {
        e = task_recall(&t, hash, NULL, &known);
        e = e == ERR_NOT_FOUND ? ERR_OK : e;
    }
    if (!e && known)
        e = task_answer(known, &end);
    else if (!e)
        e = text_solve(&t, hash, &end, &info);
    task_finish(&t, &end, e, &info);
    json_object_put(known);
    buf_fini(&end.result);
    task_fini(&t);
    return e;
}

const struct job_kind pipeline_text = {"text", 4, run_text};
