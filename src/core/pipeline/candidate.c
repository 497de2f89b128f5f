/* One answer of a model: question, stream, code, verdict. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/figure.h"
#include "core/check/example_calls.h"
#include "core/check/gate.h"
#include "core/learn/fix.h"
#include "core/pipeline/extract.h"
#include "core/pipeline/model_call.h"
#include "core/pipeline/prompt.h"
#include "core/pipeline/prompt_fit.h"
#include "core/words/head.h"

enum {
    PROMPT_MAX = 512 << 10,
    CLOCK_MS = 20, /* by which two clocks may differ */
};

void candidate_init(struct candidate *c, struct task *t, const struct stage *s, int number,
                    const struct candidate *best)
{
    memset(c, 0, sizeof *c);
    c->task = t;
    c->stage = s;
    c->target = s ? &s->target : NULL;
    c->number = number;
    c->seed = t->seed + (s ? s->seed : 0) + number - 1;
    c->best = best;
    buf_init(&c->code, CODE_MAX);
    verdict_init(&c->verdict);
}

void candidate_fini(struct candidate *c)
{
    buf_fini(&c->code);
    free(c->log);
    free(c->hint);
    verdict_fini(&c->verdict);
    free(c->from.code);
    json_object_put(c->probed);
}

const struct llm_target *candidate_by(const struct candidate *c)
{
    return c->by.place[0] ? &c->by : c->target;
}

char candidate_letter(const struct candidate *c)
{
    return (char)('a' + c->number - 1);
}

void candidate_label(char out[80], const char *verb, int number, bool alone, const char *model)
{
    char letter[4] = "";
    if (!alone)
        snprintf(letter, sizeof letter, " %c", 'a' + number - 1);
    snprintf(out, 80, "%s%s%s%.60s", verb, letter, *model ? " · " : "", model);
}

/* ---- the question ---- */

/* Every second one is asked for in other words, or all of the stage: two ways of asking find more
 * than one way does twice (docs/decisions.md). */
static bool asked_plainly(const struct candidate *c)
{
    return !c->errand && !c->task->plain && !c->best && c->stage->candidates > 1 &&
           (c->stage->plainly || c->number % 2 == 0);
}

/* The tool whose prompt it is. */
static const char *tool_of(const struct candidate *c)
{
    return c->errand            ? c->errand->tool
           : c->task->plain     ? "writer"
           : asked_plainly(c)   ? "coder_plain"
           : !c->best           ? "coder"
           : c->stage->analysis ? "analyst"
                                : "repairer";
}

/* The examples again, one a line: small models overlook them in running text. */
static enum err list_examples(const struct task *t, struct buf *out)
{
    enum err e = ERR_OK;
    if (t->examples.count)
        e = buf_adds(out, "\n\nExamples:\n");
    for (size_t i = 0; !e && i < t->examples.count; i++) {
        e = examples_show(&t->examples.list[i], out);
        if (!e)
            e = buf_adds(out, "\n");
    }
    if (!e && t->given && !t->examples.count) {
        e = buf_adds(out, "\n\nIt will be called with the arguments ");
        if (!e)
            e = json_print(out, t->given);
        if (!e)
            e = buf_adds(out, "\n");
    }
    return e;
}

/* How the function is called, as far as it is known. */
static enum err name_function(const struct examples *x, struct buf *out)
{
    enum err e = buf_adds(out, x->function[0] ? x->function : "solution");
    return e || !x->params[0] ? e : buf_addf(out, "(%s)", x->params);
}

/* What a prompt can do without, the least important first; as texts of their own. */
enum { HISTORY, HINT, LOG, SIMILAR, PLAN, EXAMPLES, PARTS };
static const struct prompt_part parts_of_prompt[PARTS] = {
    [HISTORY] = {.name = "history", .what = "the earlier failures"},
    [HINT] = {.name = "hint", .what = "the earlier mending"},
    [LOG] = {.name = "log", .what = "the log"},
    [SIMILAR] = {.name = "similar", .what = "the similar programs"},
    [PLAN] = {.name = "plan", .what = "the specification"},
    [EXAMPLES] = {.name = "examples", .what = "examples", .lines = true},
};

static enum err write_parts(const struct candidate *c, struct prompt_part *parts)
{
    const struct task *t = c->task;
    enum err e = list_examples(t, parts[EXAMPLES].text);
    if (!t->examples.count) {
        parts[EXAMPLES].what = "the program's input";
        parts[EXAMPLES].lines = false;
    }
    if (!e && t->plan)
        e = buf_addf(parts[PLAN].text, "\n\nSpecification:\n%s\n", t->plan);
    if (!e && c->stage->context == CONTEXT_FULL)
        e = history_write(t->history, parts[HISTORY].text);
    if (!e)
        e = buf_adds(parts[SIMILAR].text, similar_offer(c));
    if (!e)
        e = buf_adds(parts[LOG].text, c->log ? c->log : "");
    return e ? e : buf_adds(parts[HINT].text, c->hint ? c->hint : "");
}

/* What the template has no place for takes none. */
static void drop_unused(const char *template, struct prompt_part *parts)
{
    char mark[32];
    for (int i = 0; i < PARTS; i++) {
        snprintf(mark, sizeof mark, "{%s}", parts[i].name);
        if (!strstr(template, mark))
            buf_clear(parts[i].text);
    }
}

static enum err write_prompt(struct job *job, struct candidate *c, struct json_object *tool,
                             struct buf *out, struct err_info *info)
{
    const char *template = json_str(tool, "template", "{task}");
    const char *code = c->best ? c->best->code.data : "",
               *error = c->best ? c->best->verdict.why : "";
    const char *const fixed[] = {
        json_str(tool, "system", ""), template, c->task->text, code, error, NULL};
    struct prompt_part parts[PARTS];
    struct buf texts[PARTS], function;
    enum err e;
    buf_init(&function, 512);
    for (int i = 0; i < PARTS; i++) {
        buf_init(&texts[i], PROMPT_MAX);
        parts[i] = parts_of_prompt[i];
        parts[i].text = &texts[i];
    }
    e = write_parts(c, parts);
    drop_unused(template, parts);
    if (!e)
        e = name_function(&c->task->examples, &function);
    if (!e)
        e = room_make(job, c, fixed, parts, PARTS, info);
    if (!e) {
        struct prompt_value values[PARTS + 5] = {
            {"task", c->task->text}, {"function", function.data}, {"code", code}, {"error", error}};
        for (int i = 0; i < PARTS; i++)
            values[4 + i] = (struct prompt_value){parts[i].name, texts[i].data};
        e = prompt_fill(template, values, out);
    }
    c->adapted = c->best ? c->best->adapted : texts[SIMILAR].len > 0;
    for (int i = 0; i < PARTS; i++)
        buf_fini(&texts[i]);
    buf_fini(&function);
    return e;
}

/* ---- the call, as a step ---- */

struct call {
    struct candidate *candidate;
    struct job *job;
    struct llm_message messages[2];
    size_t message_count;
    const char *tool; /* whose prompt it is; "": of no tool */
    struct llm_reply *reply;
    struct model_call to;
    struct code_stream answer;
    int limit_ms; /* of the try under way, without what is left of any budget */
    int64_t chunks;
    bool asked; /* the result is no journaled one */
};

/* The answer has all that it was asked for. */
static bool complete(const struct call *call, const struct buf *text)
{
    const struct candidate *c = call->candidate;
    if (c->errand)
        return c->errand->enough && c->errand->enough(text->data, text->len);
    return !c->task->plain &&
           (extract_closed(text->data, text->len) || call->answer.state == CODE_STREAM_ENDED);
}

/* A program can still come of it. */
static bool hopeful(struct call *call, const struct buf *text)
{
    const struct candidate *c = call->candidate;
    return c->errand || c->task->plain || code_stream_go_on(&call->answer, text->data, text->len);
}

static enum llm_more on_text(void *arg, const char *text, size_t n)
{
    struct call *call = arg;
    struct event ev = {.type = EVENT_TOKEN_DELTA};
    char *copy = strndup(text, n);
    call->chunks++;
    ev.u.token_delta.stage = call->candidate->stage->number;
    ev.u.token_delta.candidate = call->candidate->number;
    ev.u.token_delta.text = copy;
    ev.u.token_delta.tokens = call->chunks;
    event_ephemeral(call->job, &ev);
    free(copy);
    /* first line by line, as if each had come alone: how much comes at once changes nothing */
    bool go_on = hopeful(call, &call->reply->text);
    return go_on && !complete(call, &call->reply->text) &&
                   stage_limit_go_on(&call->candidate->task->stage_limit)
               ? LLM_MORE
               : LLM_STOP;
}

/* What came to its own end was not ended by the stage's limit. */
static void note_limits(struct call *call, const struct llm_reply *reply, enum err e)
{
    struct candidate *c = call->candidate;
    c->cut_short = call->to.cut_short && call->to.cut_code == ERR_BUDGET;
    if (c->cut_short) {
        snprintf(c->cut, sizeof c->cut, "%s", call->to.cut_by);
        return;
    }
    stage_limit_why(&c->task->stage_limit, call->to.cut_short, c->cut);
    if (!e && (strcmp(reply->finish, "stop") == 0 || complete(call, &reply->text)))
        c->cut[0] = 0;
}

/* What was stopped because it was broken ends there. One that came whole all the same (out of a
 * record) is judged as a whole. */
static void leave_broken(struct call *call, struct llm_reply *reply, enum err e)
{
    struct candidate *c = call->candidate;
    c->broken[0] = 0;
    if (e || call->answer.state != CODE_STREAM_BROKEN || strcmp(reply->finish, "cut") != 0)
        return;
    snprintf(c->broken, sizeof c->broken, "%s", call->answer.why);
    buf_truncate(&reply->text, call->answer.end);
}

/* The kind of call, by which its time is judged. */
static const char *kind_of(const struct candidate *c)
{
    return c->errand ? c->errand->step : c->task->plain ? "text" : c->best ? "repair" : "code";
}

/* How long it took teaches how long such calls may take: also that it did not end in time, or the
 * limit could only ever sink. Silence teaches nothing, and its sentence names the limit. */
static enum err judge_time(struct call *call, const struct llm_target *by,
                           const struct llm_reply *reply, enum err e, struct err_info *info)
{
    struct candidate *c = call->candidate;
    if (e == ERR_TIMEOUT && c->cut[0] && !c->cut_short)
        return err_set(info, ERR_TOO_LARGE, "%s", c->cut); /* asking a faster model is no remedy */
    if (!e && !c->cut[0] && !c->broken[0] && !reply->cached)
        experience_note_call(c->task->p, by->model, kind_of(c), reply->ms);
    if (e != ERR_TIMEOUT || reply->ms + CLOCK_MS < call->limit_ms)
        return e;
    experience_note_call(c->task->p, by->model, kind_of(c), call->limit_ms);
    return err_set(info, e, "%s did not answer within %.3g s", by->label,
                   (double)call->limit_ms / 1000);
}

static enum err enter(void *arg, const struct llm_target *to, struct llm_request *q,
                      struct err_info *info)
{
    struct call *call = arg;
    struct task *t = call->candidate->task;
    q->total_ms = call->limit_ms =
        call_limit_ms(to, experience_limit(t, to->model, kind_of(call->candidate)),
                      (int)config_int(t->p->config, OPTION_TOTAL_MS));
    return stage_limit_enter(&t->stage_limit, &q->total_ms, info);
}

/* Of each try, with what it has cost. */
static enum err left(void *arg, const struct llm_target *by, const struct llm_reply *r, enum err e,
                     const char **finish, struct err_info *info)
{
    struct call *call = arg;
    struct candidate *c = call->candidate;
    note_limits(call, r, e);
    leave_broken(call, call->reply, e);
    if (strcmp(r->finish, "cut") == 0 && !c->cut[0])
        *finish = c->broken[0] ? "broken" : "fence";
    c->tokens_in += r->tokens_in;
    c->tokens_out += r->tokens_out;
    return judge_time(call, by, r, e, info);
}

static void again(void *arg)
{
    struct call *call = arg;
    struct event ev = {.type = EVENT_TOKEN_DELTA};
    ev.u.token_delta.stage = call->candidate->stage->number;
    ev.u.token_delta.candidate = call->candidate->number;
    ev.u.token_delta.text = "";
    ev.u.token_delta.restart = true;
    event_ephemeral(call->job, &ev);
    call->chunks = 0;
    code_stream_init(&call->answer);
}

static enum err ask_models(struct call *call, struct step *step, struct llm_reply *reply,
                           struct err_info *info)
{
    struct candidate *c = call->candidate;
    const struct config *config = c->task->p->config;
    struct llm_request q = {
        .model = c->target->model,
        .messages = call->messages,
        .message_count = call->message_count,
        .temperature = c->stage->temperature,
        .max_tokens = (int)config_int(config, OPTION_MAX_TOKENS),
        .seed = c->seed,
        .first_token_ms = (int)config_int(config, OPTION_FIRST_TOKEN_MS),
        .between_tokens_ms = (int)config_int(config, OPTION_BETWEEN_MS),
    };
    call->to = (struct model_call){.task = c->task,
                                   .step = step,
                                   .target = c->target,
                                   .stage = c->stage,
                                   .alone = c->target != &c->stage->target,
                                   .account = &c->task->stage_limit.account,
                                   .enter = enter,
                                   .on_text = on_text,
                                   .left = left,
                                   .again = again,
                                   .arg = call};
    call->reply = reply;
    call->chunks = 0;
    code_stream_init(&call->answer);
    call->asked = true;
    if (c->errand && c->errand->max_tokens && c->errand->max_tokens < q.max_tokens)
        q.max_tokens = c->errand->max_tokens;
    if (c->room && c->room < q.max_tokens)
        q.max_tokens = c->room;
    return model_call(&call->to, &q, reply, info);
}

/* Who answered is part of it: it need not be the one that the question was for. */
static enum err write_reply(const struct call *call, const struct llm_reply *r, struct buf *out)
{
    const struct candidate *c = call->candidate;
    const struct llm_target *by = model_call_by(&call->to);
    enum err e = buf_addf(
        out, "{\"tokens_in\":%lld,\"tokens_out\":%lld,\"cut_short\":%s,\"cut\":\"%s\",\"place\":",
        (long long)c->tokens_in, (long long)c->tokens_out, c->cut_short ? "true" : "false", c->cut);
    if (!e)
        e = json_quote(out, by->place, strlen(by->place));
    if (!e)
        e = buf_adds(out, ",\"model\":");
    if (!e)
        e = json_quote(out, by->model, strlen(by->model));
    if (!e)
        e = buf_adds(out, ",\"label\":");
    if (!e)
        e = json_quote(out, by->label, strlen(by->label));
    if (!e)
        e = buf_adds(out, ",\"text\":");
    if (!e)
        e = json_quote(out, r->text.data, r->text.len);
    if (!e && c->broken[0])
        e = buf_adds(out, ",\"broken\":");
    if (!e && c->broken[0])
        e = json_quote(out, c->broken, strlen(c->broken));
    return e ? e : buf_adds(out, "}");
}

static enum err llm_step(struct step *step, void *arg, struct buf *out)
{
    struct call *call = arg;
    struct llm_reply reply;
    struct err_info info = {0};
    enum err e;
    llm_reply_init(&reply);
    e = ask_models(call, step, &reply, &info);
    if (strcmp(model_call_by(&call->to)->model, call->candidate->target->model) == 0)
        room_leave(step, call->candidate, call->messages, call->message_count, &reply);
    if (e != ERR_CANCELLED && *call->tool)
        pipeline_note_tool(call->candidate->task->p, call->tool);
    if (!e)
        step_say(step, "%lld token%s", (long long)reply.tokens_out, figure_s(reply.tokens_out));
    if (!e)
        e = write_reply(call, &reply, out);
    else if (e != ERR_CANCELLED)
        step_fail(step, e, "%s", info.message[0] ? info.message : err_text(e));
    llm_reply_fini(&reply);
    return e;
}

static void emit_begin(struct job *job, const struct candidate *c)
{
    struct event ev = {.type = EVENT_CANDIDATE_BEGIN};
    ev.u.candidate_begin.stage = c->stage->number;
    ev.u.candidate_begin.candidate = c->number;
    ev.u.candidate_begin.model = candidate_by(c)->label;
    job_emit(job, &ev);
}

/* A journal of an earlier build does not say. */
static void read_by(struct candidate *c, struct json_object *o)
{
    c->by = *c->target;
    if (!*json_str(o, "place", ""))
        return;
    snprintf(c->by.place, sizeof c->by.place, "%s", json_str(o, "place", ""));
    snprintf(c->by.model, sizeof c->by.model, "%s", json_str(o, "model", ""));
    snprintf(c->by.label, sizeof c->by.label, "%s", json_str(o, "label", ""));
}

static enum err ask_model(struct job *job, struct candidate *c, struct buf *text,
                          struct err_info *info)
{
    const char *role = tool_of(c);
    struct json_object *tool = json_object_of(c->task->prompts, role), *o = NULL;
    const char *system = json_str(tool, "system", "");
    struct call call = {.candidate = c, .job = job};
    char label[80];
    struct step_desc desc = {.name = c->errand ? c->errand->step : "llm",
                             .label = label,
                             .flags = STEP_INTENT | STEP_REUSE,
                             .run = llm_step,
                             .arg = &call};
    struct buf prompt, input;
    enum err e;
    candidate_label(label,
                    c->errand          ? c->errand->label
                    : c->task->plain   ? "write"
                    : asked_plainly(c) ? "plain code"
                    : c->best          ? "repair"
                                       : "code",
                    c->number, c->stage->candidates == 1, c->target->label);
    buf_init(&prompt, PROMPT_MAX);
    buf_init(&input, 2 * PROMPT_MAX);
    e = write_prompt(job, c, tool, &prompt, info);
    call.tool = json_str(tool, "id", role);
    if (*system) /* an empty one is another question than none */
        call.messages[call.message_count++] = (struct llm_message){"system", system};
    call.messages[call.message_count++] = (struct llm_message){"user", prompt.data};
    if (!e)
        e = buf_addf(&input, "%s %.3f %d\n%s\n%s", c->target->model, c->stage->temperature, c->seed,
                     system, prompt.data);
    desc.input = input.data;
    desc.input_len = input.len;
    if (!e)
        e = job_step_json(job, &desc, 8 << 20, &o, info);
    if (!e) {
        c->tokens_in = json_i64(o, "tokens_in", 0);
        c->tokens_out = json_i64(o, "tokens_out", 0);
        c->cut_short = json_flag(o, "cut_short", false);
        snprintf(c->cut, sizeof c->cut, "%s", json_str(o, "cut", ""));
        read_by(c, o);
        snprintf(c->broken, sizeof c->broken, "%s", json_str(o, "broken", ""));
        if (!c->errand && strcmp(c->by.label, c->target->label) != 0)
            emit_begin(job, c); /* it is somebody else's */
        if (!call.asked)        /* a journaled call */
            c->task->stage_limit.account.spent.tokens += c->tokens_in + c->tokens_out;
        e = buf_adds(text, json_str(o, "text", ""));
    }
    json_object_put(o);
    buf_fini(&input);
    buf_fini(&prompt);
    return e;
}

/* The next weaker model in the place of one that was too slow; false: none is worth asking. */
static bool step_down(struct job *job, struct candidate *c, const char *why)
{
    const struct llm_target *weaker = ladder_weaker(c->task, c->stage, c->target);
    struct event ev = {.type = EVENT_JOB_NOTE};
    char text[200];
    if (!weaker)
        return false;
    snprintf(text, sizeof text, "%.110s: %.48s is asked instead", why, weaker->label);
    ev.u.job_note.level = "warn";
    ev.u.job_note.text = text;
    job_emit(job, &ev);
    c->target = weaker;
    emit_begin(job, c);
    return true;
}

enum err candidate_ask(struct job *job, struct candidate *c, struct buf *text,
                       struct err_info *info)
{
    const bool mends = c->best && !c->errand;
    enum err e = mends && c->stage->logging ? trace_run(job, c) : ERR_OK;
    if (!e && mends)
        e = fix_offer(job, c);
    if (!e)
        e = ask_model(job, c, text, info);
    while (e == ERR_TIMEOUT && !c->errand && step_down(job, c, info->message))
        e = ask_model(job, c, text, info);
    return e;
}

/* ---- the whole ---- */

static void emit_code(struct job *job, const struct candidate *c)
{
    struct event ev = {.type = EVENT_CANDIDATE_CODE};
    ev.u.candidate_code.stage = c->stage->number;
    ev.u.candidate_code.candidate = c->number;
    ev.u.candidate_code.code = c->code.data;
    job_emit(job, &ev);
}

/* What ran before a crash is not counted in its time. */
void candidate_tell_end(struct job *job, const struct candidate *c, const char *outcome,
                        const char *why)
{
    struct event ev = {.type = EVENT_CANDIDATE_END};
    ev.u.candidate_end.stage = c->stage->number;
    ev.u.candidate_end.candidate = c->number;
    ev.u.candidate_end.outcome = outcome;
    ev.u.candidate_end.why = why;
    ev.u.candidate_end.tokens_out = c->tokens_out;
    ev.u.candidate_end.seconds = (double)(uv_hrtime() - c->began) / 1e9;
    job_emit(job, &ev);
}

/* What a candidate's end means for its stage. */
static enum err rate(struct candidate *c, enum err e)
{
    if (!e && c->verdict.accepted)
        return c->verdict.echoes ? ERR_NOT_FOUND : ERR_OK;
    c->task->too_slow += e == ERR_TIMEOUT;
    if (e == ERR_TIMEOUT || e == ERR_TOO_LARGE)
        return ERR_NOT_FOUND; /* another may be faster */
    if (e && e != ERR_INPUT)
        return e;
    if (!c->cut_short && c->cut[0])
        snprintf(c->verdict.why, sizeof c->verdict.why, "%s in the middle of the answer", c->cut);
    if (!c->cut_short)
        return ERR_NOT_FOUND; /* an answer without code is a rejected one */
    snprintf(c->verdict.why, sizeof c->verdict.why, "%s ended in the middle of the answer",
             c->cut[0] ? c->cut : "the budget");
    return ERR_BUDGET;
}

enum err candidate_take(struct candidate *c, const struct buf *answer, struct err_info *info)
{
    struct buf code;
    enum err e;
    buf_init(&code, CODE_MAX);
    e = extract_code(answer->data, answer->len, &code, info);
    if (!e)
        buf_truncate(&code, example_calls_begin(code.data, code.len));
    if (!e)
        e = head_complete(c->task->text, code.data, &c->code);
    buf_fini(&code);
    return e;
}

/* A program that runs and is not what the head asks for is not accepted. */
static void check_head(struct candidate *c)
{
    char why[200];
    if (head_kept(c->task->text, c->code.data, why) || !c->verdict.parsed)
        return;
    c->verdict.accepted = false;
    snprintf(c->verdict.why, sizeof c->verdict.why, "%s", why);
}

enum err candidate_run(struct job *job, void *arg)
{
    struct candidate *c = arg;
    struct err_info info = {0};
    char label[80];
    struct buf text;
    enum err e, rating;
    c->began = uv_hrtime();
    emit_begin(job, c);
    buf_init(&text, 4 << 20);
    e = candidate_ask(job, c, &text, &info);
    if (!e)
        e = candidate_take(c, &text, &info);
    buf_fini(&text);
    if (!e) {
        emit_code(job, c);
        candidate_label(label, "verify", c->number, c->stage->candidates == 1, "");
        e = gate_judge(job, c, label, &info);
        check_head(c);
    }
    c->done = true;
    if (e && !c->verdict.why[0])
        snprintf(c->verdict.why, sizeof c->verdict.why, "%.380s",
                 info.message[0] ? info.message : err_text(e));
    if (c->broken[0] && !c->verdict.parsed)
        snprintf(c->verdict.why, sizeof c->verdict.why, "%s", c->broken);
    rating = rate(c, e);
    if (e != ERR_CANCELLED)
        candidate_tell_end(job, c,
                           e                     ? "failed"
                           : c->verdict.accepted ? "accepted"
                                                 : "rejected",
                           c->verdict.why);
    return rating;
}
