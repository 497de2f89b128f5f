#include "core/pipeline/question.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PROMPT_MAX = 512 << 10 };

struct asking {
    struct task *task;
    const struct question *question;
    const struct llm_target *target;
    const struct stage *stage;
    double temperature;
    struct llm_message messages[2];
    struct llm_reply *reply;
    struct spending spending;
    struct llm_route route;
    struct step *step;
    bool cut_short;
    bool entered;   /* the try under way counts in the budget */
    bool lost_told; /* the tries that a crash cut off */
};

static enum llm_more on_text(void *arg, const char *text, size_t n)
{
    struct asking *a = arg;
    (void)text;
    (void)n;
    return budget_go_on(&a->spending, a->reply->text.len) ? LLM_MORE : LLM_STOP;
}

static size_t prompt_bytes(const struct asking *a)
{
    return strlen(a->messages[0].content) + strlen(a->messages[1].content);
}

/* The event of one try. */
static void tell_try(struct asking *a, const struct llm_target *by, const struct llm_reply *r,
                     enum err e)
{
    struct event ev = {0};
    call_event(a->task, by, a->stage->role, r, e, &ev);
    if (!a->lost_told && e != ERR_CANCELLED)
        call_event_lost(a->step, a->task, by, &ev);
    a->lost_told = true;
    if (e == ERR_CANCELLED)
        job_emit(a->task->job, &ev); /* its step is not journaled, but what it cost is told */
    else if (e != ERR_BUDGET)
        step_emit(a->step, &ev);
}

static enum err enter_budget(struct asking *a, struct llm_request *q, struct err_info *info)
{
    enum err e;
    q->max_tokens = a->question->max_tokens;
    e = budget_begin(&a->task->budget, &a->spending, prompt_bytes(a), &q->max_tokens, info);
    a->entered = e == ERR_OK;
    return e;
}

static int limit_of(const struct asking *a, const struct llm_target *t)
{
    const int standard = (int)config_int(a->task->p->config, OPTION_TOTAL_MS);
    return call_limit_ms(t, standard, standard);
}

static enum err on_restart(void *arg, const struct llm_restart *r, struct llm_request *next,
                           struct err_info *info)
{
    struct asking *a = arg;
    budget_end(&a->spending, r->broken);
    if (r->asked)
        tell_try(a, r->from, r->broken, r->error);
    call_event_restart(a->step, r);
    next->total_ms = limit_of(a, r->to);
    return enter_budget(a, next, info);
}

static enum err call(struct asking *a, struct err_info *info)
{
    const struct config *config = a->task->p->config;
    struct llm_request q = {
        .model = a->target->model,
        .messages = a->messages,
        .message_count = 2,
        .temperature = a->temperature,
        .seed = 0,
        .schema = a->question->schema,
        .first_token_ms = (int)config_int(config, OPTION_FIRST_TOKEN_MS),
        .between_tokens_ms = (int)config_int(config, OPTION_BETWEEN_MS),
        .total_ms = limit_of(a, a->target),
        .on_text = on_text,
        .arg = a,
        .route = &a->route,
    };
    enum err e = enter_budget(a, &q, info);
    if (e)
        return e;
    call_route(&a->route, a->task->job, a->stage);
    a->route.on_restart = on_restart;
    a->route.arg = a;
    e = router_chat(a->task->p->router, a->target, &q, a->reply, info);
    if (a->entered)
        a->cut_short = budget_end(&a->spending, a->reply);
    return e;
}

static enum err ask_step(struct step *step, void *arg, struct buf *out)
{
    struct asking *a = arg;
    struct llm_reply reply;
    struct err_info info = {0};
    enum err e;
    budget_lost(&a->task->budget, step_attempt(step), prompt_bytes(a));
    llm_reply_init(&reply);
    a->reply = &reply;
    a->step = step;
    e = call(a, &info);
    tell_try(a, a->route.by.place[0] ? &a->route.by : a->target, &reply, e);
    if (!e) {
        step_say(step, "%.100s", reply.text.data);
        pipeline_note_tool(a->task->p, a->question->tool);
        e = buf_add(out, reply.text.data, reply.text.len);
    } else if (e != ERR_CANCELLED) {
        step_fail(step, e, "%s", info.message[0] ? info.message : err_text(e));
    }
    llm_reply_fini(&reply);
    return e;
}

/* Models that are not held to the schema wrap the object in words or fences. */
static enum err read_object(const struct buf *text, struct json_object **out, struct err_info *info)
{
    const char *from = strchr(text->data, '{'), *to = strrchr(text->data, '}');
    enum err e = ERR_PARSE;
    *out = NULL;
    if (from && to > from)
        e = json_parse(from, (size_t)(to - from) + 1, NULL, out, info);
    if (!e && json_object_is_type(*out, json_type_object))
        return ERR_OK;
    json_object_put(*out);
    *out = NULL;
    return err_set(info, ERR_PARSE, "the model's answer is no JSON object");
}

static enum err ask(struct asking *a, struct json_object **out, struct err_info *info)
{
    char label[80];
    struct step_desc desc = {.name = "llm",
                             .label = label,
                             .flags = STEP_INTENT | STEP_REUSE,
                             .run = ask_step,
                             .arg = a};
    struct buf input, value;
    enum err e;
    snprintf(label, sizeof label, "%.30s \u00b7 %.40s", a->question->tool, a->target->label);
    buf_init(&input, 2 * PROMPT_MAX);
    buf_init(&value, 1 << 20);
    e = buf_addf(&input, "%s %.3f\n%s\n%s\n%s", a->target->model, a->temperature,
                 a->question->schema, a->messages[0].content, a->messages[1].content);
    desc.input = input.data;
    desc.input_len = input.len;
    if (!e)
        e = job_step(a->task->job, &desc, &value, info);
    if (!e)
        e = read_object(&value, out, info);
    buf_fini(&value);
    buf_fini(&input);
    return e;
}

enum err question_ask(struct task *t, const struct question *q, struct json_object **out,
                      struct err_info *info)
{
    const char *ids[] = {q->tool, NULL};
    struct stage s = {.number = 0, .candidates = 1};
    struct json_object *tool, *before = t->prompts;
    struct asking a = {.task = t, .question = q, .target = &s.target, .stage = &s};
    struct buf prompt;
    enum err e;
    *out = NULL;
    t->prompts = NULL;
    buf_init(&prompt, PROMPT_MAX);
    e = task_prompts(t, ids, info);
    tool = json_object_of(t->prompts, q->tool);
    snprintf(s.name, sizeof s.name, "%.40s", q->tool);
    snprintf(s.role, sizeof s.role, "%s", json_str(tool, "role", "fast"));
    if (!e)
        e = stage_resolve(t, &s, info);
    if (!e)
        e = prompt_fill(json_str(tool, "template", "{task}"), q->values, &prompt);
    a.temperature = json_f64(tool, "temperature", 0);
    a.messages[0] = (struct llm_message){"system", json_str(tool, "system", "")};
    a.messages[1] = (struct llm_message){"user", prompt.data};
    if (!e)
        e = ask(&a, out, info);
    buf_fini(&prompt);
    json_object_put(t->prompts);
    t->prompts = before;
    return e;
}
