/* One answer of a model: question, stream, code, verdict. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/figure.h"
#include "core/check/gate.h"
#include "core/learn/fix.h"
#include "core/pipeline/extract.h"
#include "core/pipeline/pipeline_internal.h"
#include "core/pipeline/prompt.h"
#include "core/words/head.h"

enum { PROMPT_MAX = 512 << 10 };

void candidate_init(struct candidate *c, struct task *t, const struct stage *s, int number,
                    const struct candidate *best)
{
    memset(c, 0, sizeof *c);
    c->task = t;
    c->stage = s;
    c->target = s ? &s->target : NULL;
    c->number = number;
    c->seed = t->asked + number - 1;
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

/* Every second one is asked for in other words: two ways of asking find more than one way does
 * twice (docs/decisions.md). */
static bool asked_plainly(const struct candidate *c)
{
    return !c->errand && !c->task->plain && !c->best && c->stage->candidates > 1 &&
           c->number % 2 == 0;
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
        const struct example *x = &t->examples.list[i];
        if (x->call)
            e = buf_addf(out, "%.*s == %.*s\n", (int)x->call_len, x->call, (int)x->expected_len,
                         x->expected);
        else
            e = buf_addf(out, "input %.*s -> output %.*s\n", (int)x->args_len, x->args,
                         (int)x->expected_len, x->expected);
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

static enum err write_prompt(const struct candidate *c, struct json_object *tool, struct buf *out)
{
    const struct candidate *b = c->best;
    struct buf examples, plan, function, history;
    enum err e;
    buf_init(&examples, PROMPT_MAX);
    buf_init(&plan, PROMPT_MAX);
    buf_init(&function, 512);
    buf_init(&history, 2 * HISTORY_BYTES);
    e = list_examples(c->task, &examples);
    if (!e && c->task->plan)
        e = buf_addf(&plan, "\n\nSpecification:\n%s\n", c->task->plan);
    if (!e)
        e = name_function(&c->task->examples, &function);
    if (!e && c->stage->context == CONTEXT_FULL)
        e = history_write(c->task->history, &history);
    if (!e) {
        const struct prompt_value values[] = {{"task", c->task->text},
                                              {"examples", examples.data},
                                              {"plan", plan.data},
                                              {"function", function.data},
                                              {"code", b ? b->code.data : ""},
                                              {"error", b ? b->verdict.why : ""},
                                              {"log", c->log ? c->log : ""},
                                              {"hint", c->hint ? c->hint : ""},
                                              {"history", history.data},
                                              {NULL, NULL}};
        e = prompt_fill(json_str(tool, "template", "{task}"), values, out);
    }
    buf_fini(&history);
    buf_fini(&function);
    buf_fini(&plan);
    buf_fini(&examples);
    return e;
}

/* ---- the call, as a step ---- */

struct call {
    struct candidate *candidate;
    struct job *job;
    struct step *step;
    struct llm_message messages[2];
    size_t message_count;
    const char *tool; /* whose prompt it is; "": of no tool */
    struct llm_reply *reply;
    struct spending spending, stage_spending;
    struct llm_route route;
    int max_tokens, limit_ms; /* of the try under way; tokens before the budgets' share */
    int64_t chunks;
    bool asked;     /* a model was: the result is no journaled one */
    bool entered;   /* the try under way counts in the limits */
    bool lost_told; /* the tries that a crash cut off */
};

/* The answer has all that it was asked for. */
static bool complete(const struct candidate *c, const struct buf *text)
{
    if (c->errand)
        return c->errand->enough && c->errand->enough(text->data, text->len);
    return !c->task->plain && extract_closed(text->data, text->len);
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
    if (complete(call->candidate, &call->reply->text))
        return LLM_STOP;
    if (!stage_limit_go_on(&call->candidate->task->stage_limit, &call->stage_spending,
                           call->reply->text.len))
        return LLM_STOP;
    return budget_go_on(&call->spending, call->reply->text.len) ? LLM_MORE : LLM_STOP;
}

static size_t prompt_bytes(const struct call *call)
{
    size_t n = 0;
    for (size_t i = 0; i < call->message_count; i++)
        n += strlen(call->messages[i].content);
    return n;
}

/* Lowers the call's limits to what is left. ERR_BUDGET, ERR_TOO_LARGE: nothing is. */
static enum err enter_limits(struct call *call, struct llm_request *q, struct err_info *info)
{
    struct task *t = call->candidate->task;
    const size_t bytes = prompt_bytes(call);
    enum err e = stage_limit_enter(&t->stage_limit, &call->stage_spending, bytes, &q->total_ms,
                                   &q->max_tokens, info);
    return e ? e : budget_begin(&t->budget, &call->spending, bytes, &q->max_tokens, info);
}

/* What came to its own end was not ended by the stage's limit. */
static void leave_limits(struct call *call, const struct llm_reply *reply, enum err e)
{
    struct candidate *c = call->candidate;
    c->cut_short = budget_end(&call->spending, reply);
    stage_limit_leave(&c->task->stage_limit, &call->stage_spending, reply, c->cut);
    if (!e && (strcmp(reply->finish, "stop") == 0 || complete(c, &reply->text)))
        c->cut[0] = 0;
}

/* The kind of call, by which its time is judged. */
static const char *kind_of(const struct candidate *c)
{
    return c->errand ? c->errand->step : c->task->plain ? "text" : c->best ? "repair" : "code";
}

static const struct llm_target *asked_last(const struct call *call)
{
    return call->route.by.place[0] ? &call->route.by : call->candidate->target;
}

/* How long it took teaches how long such calls may take: also that it did not end in time, or the
 * limit could only ever sink. */
static enum err judge_time(struct call *call, enum err e, struct err_info *info)
{
    struct candidate *c = call->candidate;
    const struct llm_target *by = asked_last(call);
    if (e == ERR_TIMEOUT && c->cut[0]) /* the stage's limit: asking a faster model is no remedy */
        return err_set(info, ERR_TOO_LARGE, "%s", c->cut);
    if (!e && !c->cut[0] && !c->cut_short)
        experience_note_call(c->task->p, by->model, kind_of(c), call->reply->ms);
    if (e != ERR_TIMEOUT)
        return e;
    experience_note_call(c->task->p, by->model, kind_of(c), call->limit_ms);
    return err_set(info, e, "%s did not answer within %.3g s", by->label,
                   (double)call->limit_ms / 1000);
}

/* The event of one try, and its tokens. */
static void tell_try(struct call *call, const struct llm_target *by, const struct llm_reply *r,
                     enum err e)
{
    struct candidate *c = call->candidate;
    struct event ev = {0};
    call_event(c->task, by, c->stage->role, r, e == ERR_TOO_LARGE ? ERR_TIMEOUT : e, &ev);
    if (strcmp(r->finish, "cut") == 0 && !c->cut_short && !c->cut[0])
        ev.u.llm_call.finish = "fence";
    if (!call->lost_told && e != ERR_CANCELLED)
        call_event_lost(call->step, c->task, by, &ev);
    call->lost_told = true;
    if (!call->asked)
        return;
    if (e == ERR_CANCELLED) /* its step is not journaled, but what it cost is told */
        job_emit(call->job, &ev);
    else
        step_emit(call->step, &ev);
    c->tokens_in += r->tokens_in;
    c->tokens_out += r->tokens_out;
}

static void tell_begin_again(struct call *call)
{
    struct event ev = {.type = EVENT_TOKEN_DELTA};
    ev.u.token_delta.stage = call->candidate->stage->number;
    ev.u.token_delta.candidate = call->candidate->number;
    ev.u.token_delta.text = "";
    ev.u.token_delta.restart = true;
    event_ephemeral(call->job, &ev);
    call->chunks = 0;
}

static enum err enter_try(struct call *call, const struct llm_target *t, struct llm_request *q,
                          struct err_info *info)
{
    const struct task *task = call->candidate->task;
    enum err e;
    q->max_tokens = call->max_tokens;
    q->total_ms = call->limit_ms =
        call_limit_ms(t, experience_limit(task, t->model, kind_of(call->candidate)),
                      (int)config_int(task->p->config, OPTION_TOTAL_MS));
    e = enter_limits(call, q, info);
    call->entered = e == ERR_OK;
    return e;
}

/* An answer that breaks off is asked for again from its beginning, of whom the router finds; what
 * it cost is counted. */
static enum err on_restart(void *arg, const struct llm_restart *r, struct llm_request *next,
                           struct err_info *info)
{
    struct call *call = arg;
    struct candidate *c = call->candidate;
    leave_limits(call, r->broken, r->error);
    call->asked = r->asked;
    if (r->error == ERR_TIMEOUT && !c->cut[0])
        experience_note_call(c->task->p, r->from->model, kind_of(c), call->limit_ms);
    if (r->asked)
        tell_try(call, r->from, r->broken, r->error);
    call_event_restart(call->step, r);
    if (r->told)
        tell_begin_again(call);
    call->asked = true;
    return enter_try(call, r->to, next, info);
}

/* Sets call->asked when a call was made whose end is not told yet. */
static enum err ask_models(struct call *call, struct llm_reply *reply, struct err_info *info)
{
    struct candidate *c = call->candidate;
    const struct config *config = c->task->p->config;
    enum err e;
    struct llm_request q = {
        .model = c->target->model,
        .messages = call->messages,
        .message_count = call->message_count,
        .temperature = c->stage->temperature,
        .seed = c->seed,
        .first_token_ms = (int)config_int(config, OPTION_FIRST_TOKEN_MS),
        .between_tokens_ms = (int)config_int(config, OPTION_BETWEEN_MS),
        .on_text = on_text,
        .arg = call,
        .route = &call->route,
    };
    call->reply = reply;
    call->chunks = 0;
    call->max_tokens = (int)config_int(config, OPTION_MAX_TOKENS);
    if (c->errand && c->errand->max_tokens && c->errand->max_tokens < call->max_tokens)
        call->max_tokens = c->errand->max_tokens;
    call_route(&call->route, call->job, c->stage);
    call->route.on_restart = on_restart;
    call->route.arg = call;
    e = enter_try(call, c->target, &q, info);
    if (e)
        return e;
    call->asked = true;
    e = router_chat(c->task->p->router, c->target, &q, reply, info);
    call->asked = call->entered;
    if (!call->entered)
        return e; /* a limit let no further try begin */
    leave_limits(call, reply, e);
    return judge_time(call, e, info);
}

/* Who answered is part of it: it need not be the one that the question was for. */
static enum err write_reply(const struct call *call, const struct llm_reply *r, struct buf *out)
{
    const struct candidate *c = call->candidate;
    const struct llm_target *by = asked_last(call);
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
    return e ? e : buf_adds(out, "}");
}

static enum err llm_step(struct step *step, void *arg, struct buf *out)
{
    struct call *call = arg;
    struct llm_reply reply;
    struct err_info info = {0};
    enum err e;
    call->step = step;
    budget_lost(&call->candidate->task->budget, step_attempt(step), prompt_bytes(call));
    llm_reply_init(&reply);
    e = ask_models(call, &reply, &info);
    tell_try(call, asked_last(call), &reply, e);
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
    struct buf prompt, input, value;
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
    buf_init(&value, 8 << 20);
    e = write_prompt(c, tool, &prompt);
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
        e = job_step(job, &desc, &value, info);
    if (!e)
        e = json_parse(value.data, value.len, NULL, &o, info);
    if (!e) {
        c->tokens_in = json_i64(o, "tokens_in", 0);
        c->tokens_out = json_i64(o, "tokens_out", 0);
        c->cut_short = json_flag(o, "cut_short", false);
        snprintf(c->cut, sizeof c->cut, "%s", json_str(o, "cut", ""));
        read_by(c, o);
        if (!call.asked) /* a journaled call */
            c->task->stage_limit.tokens.spent += c->tokens_in + c->tokens_out;
        e = buf_adds(text, json_str(o, "text", ""));
    }
    json_object_put(o);
    buf_fini(&value);
    buf_fini(&input);
    buf_fini(&prompt);
    return e;
}

static void emit_begin(struct job *job, const struct candidate *c)
{
    struct event ev = {.type = EVENT_CANDIDATE_BEGIN};
    ev.u.candidate_begin.stage = c->stage->number;
    ev.u.candidate_begin.candidate = c->number;
    ev.u.candidate_begin.model = c->target->label;
    job_emit(job, &ev);
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

/* `began`: of this run of the job; what ran before a crash is not counted. */
static void emit_end(struct job *job, const struct candidate *c, const char *outcome,
                     uint64_t began)
{
    struct event ev = {.type = EVENT_CANDIDATE_END};
    ev.u.candidate_end.stage = c->stage->number;
    ev.u.candidate_end.candidate = c->number;
    ev.u.candidate_end.outcome = outcome;
    ev.u.candidate_end.why = c->verdict.why;
    ev.u.candidate_end.tokens_out = c->tokens_out;
    ev.u.candidate_end.seconds = (double)(uv_hrtime() - began) / 1e9;
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
    snprintf(c->verdict.why, sizeof c->verdict.why,
             "the budget of %lld tokens ended in the middle of the answer",
             (long long)c->task->budget.limit);
    return ERR_BUDGET;
}

/* The program in the answer, as the head of a function that is the task asks for it. */
static enum err take_code(struct candidate *c, const struct buf *answer, struct err_info *info)
{
    struct buf code;
    enum err e;
    buf_init(&code, CODE_MAX);
    e = extract_code(answer->data, answer->len, &code, info);
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
    const uint64_t began = uv_hrtime();
    enum err e, rating;
    emit_begin(job, c);
    buf_init(&text, 4 << 20);
    e = candidate_ask(job, c, &text, &info);
    if (!e)
        e = take_code(c, &text, &info);
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
    rating = rate(c, e);
    emit_end(job, c,
             e == ERR_CANCELLED    ? "cancelled"
             : e                   ? "failed"
             : c->verdict.accepted ? "accepted"
                                   : "rejected",
             began);
    return rating;
}
