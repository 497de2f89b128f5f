#include "core/pipeline/question.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/pipeline/model_call.h"

enum { PROMPT_MAX = 512 << 10 };

struct asking {
    struct task *task;
    const struct question *question;
    const struct llm_target *target;
    const struct stage *stage;
    double temperature;
    struct llm_message messages[2];
};

static enum err call(const struct asking *a, struct step *step, struct llm_reply *reply,
                     struct err_info *info)
{
    const struct config *config = a->task->p->config;
    struct llm_request q = {
        .model = a->target->model,
        .messages = a->messages,
        .message_count = 2,
        .temperature = a->temperature,
        .max_tokens = a->question->max_tokens,
        .seed = 0,
        .schema = a->question->schema,
        .first_token_ms = (int)config_int(config, OPTION_FIRST_TOKEN_MS),
        .between_tokens_ms = (int)config_int(config, OPTION_BETWEEN_MS),
        .total_ms = (int)config_int(config, OPTION_TOTAL_MS),
    };
    struct model_call to = {.task = a->task,
                            .step = step,
                            .target = a->target,
                            .stage = a->stage,
                            .account = &a->task->account};
    return model_call(&to, &q, reply, info);
}

static enum err ask_step(struct step *step, void *arg, struct buf *out)
{
    const struct asking *a = arg;
    struct llm_reply reply;
    struct err_info info = {0};
    enum err e;
    llm_reply_init(&reply);
    e = call(a, step, &reply, &info);
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
