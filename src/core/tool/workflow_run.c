/* Runs a kept workflow on other input: the steps whose inputs are there, those of a fan-out side by
 * side, until the outputs are there. Steps that only made a program are not repeated while its
 * source is in the workflow. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/pipeline/model_call.h"
#include "core/pipeline/prompt.h"
#include "core/store/artifact.h"
#include "core/tool/test_data.h"
#include "core/tool/tool.h"
#include "core/tool/workflow.h"

enum { ANSWER_MAX = 4 << 20, PROMPT_BYTES = 512 << 10, WAVE_MAX = 16 };

struct run {
    struct pipeline *p;
    struct job *job;
    struct json_object *input;    /* of the job */
    struct json_object *artifact; /* what is kept */
    struct json_object *workflow, *steps;
    struct json_object *scope; /* {"inputs", "steps"}: written between the waves only */
    struct task whole;         /* its account is that of all steps */
    unsigned char done[WORKFLOW_STEPS_MAX];
    size_t count;
    bool began_steps;
};

/* One step of a wave: a branch with memory of its own. */
struct part {
    struct run *run;
    struct json_object *step, *values, *result;
    size_t index;
    char why[400];
};

/* ---- loading ---- */

/* Models' tools, and those that DiSE brings a program for, that are here but not in the workflow:
 * taken in, as they are now. */
static void take_in_tools(const struct pipeline *p, struct json_object *workflow)
{
    const struct tool_places places = {p->home, p->data};
    struct json_object *steps = json_array(workflow, "steps");
    struct json_object *tools = json_object_of(workflow, "tools");
    if (!tools)
        json_object_object_add(workflow, "tools", tools = json_object_new_object());
    json_object_object_foreach(tools, name, given)
    {
        (void)name;
        json_object_object_del(given, "packages"); /* what may be installed says a tool's file */
    }
    for (size_t i = 0; steps && i < json_object_array_length(steps); i++) {
        const char *id = json_str(json_object_array_get_idx(steps, i), "tool", "");
        struct json_object *tool = NULL, *own;
        if (!*id || json_get(tools, id) || tool_show(&places, id, &tool, NULL))
            continue;
        if (strcmp(json_str(tool, "type", ""), "llm") == 0 && !*json_str(tool, "problem", "")) {
            own = json_object_new_object();
            json_add_str(own, "tool_id", id);
            json_add_str(own, "type", "llm");
            json_add_str(own, "role", tool_plays(tool));
            json_add_str(own, "system_prompt", json_str(tool, "system", ""));
            json_add_str(own, "prompt_template", json_str(tool, "prompt", ""));
            json_add_f64(own, "temperature", json_f64(tool, "temperature", 0.1));
            json_object_object_add(tools, id, own);
        } else if (*json_str(tool, "runtime", "") && !*json_str(tool, "problem", "")) {
            own = json_object_new_object();
            json_add_str(own, "tool_id", id);
            json_add_str(own, "type", "function");
            json_add_str(own, "runtime", json_str(tool, "runtime", ""));
            json_object_object_add(own, "packages", json_object_get(json_get(tool, "packages")));
            json_object_object_add(tools, id, own);
        }
        json_object_put(tool);
    }
}

static enum err load(sqlite3 *db, void *arg, struct err_info *info)
{
    struct part *p = arg;
    enum err e = artifact_get(db, json_str(p->run->input, "id", ""), &p->result, info);
    if (!e && json_object_of(p->result, "workflow"))
        take_in_tools(p->run->p, json_object_of(p->result, "workflow"));
    return e;
}

/* A workflow of one step: the tool, whose inputs are those of the job. */
static struct json_object *workflow_of_tool(const char *id, struct json_object *given)
{
    struct json_object *flow = json_object_new_object(), *inputs = json_object_new_object();
    struct json_object *outputs = json_object_new_object(), *port = json_object_new_object();
    struct json_object *step = json_object_new_object(), *mapping = json_object_new_object();
    struct json_object *steps = json_object_new_array();
    json_object_object_foreach(given, name, value)
    {
        char from[TOOL_ID_MAX + 8];
        (void)value;
        snprintf(from, sizeof from, "inputs.%.80s", name);
        json_object_object_add(inputs, name, json_object_new_object());
        json_add_str(mapping, name, from);
    }
    json_add_str(step, "step_id", "tool");
    json_add_str(step, "type", "existing_tool");
    json_add_str(step, "tool", id);
    json_add_str(step, "output_name", "result");
    json_object_object_add(step, "input_mapping", mapping);
    json_object_array_add(steps, step);
    json_add_str(port, "source_reference", "steps.tool.result");
    json_object_object_add(outputs, "result", port);
    json_add_str(flow, "workflow_id", id);
    json_object_object_add(flow, "inputs", inputs);
    json_object_object_add(flow, "outputs", outputs);
    json_object_object_add(flow, "steps", steps);
    return flow;
}

static enum err load_tool(sqlite3 *db, void *arg, struct err_info *info)
{
    struct part *p = arg;
    struct json_object *given = json_object_of(p->run->input, "input"),
                       *none = json_object_new_object();
    struct json_object *flow =
        workflow_of_tool(json_str(p->run->input, "tool", ""), given ? given : none);
    (void)db;
    (void)info;
    json_object_put(none);
    take_in_tools(p->run->p, flow);
    p->result = json_object_new_object();
    json_object_object_add(p->result, "workflow", flow);
    return ERR_OK;
}

static enum err load_step(struct step *step, void *arg, struct buf *out)
{
    struct part p = {.run = arg};
    const bool tool = *json_str(p.run->input, "tool", "");
    enum err e = store_read(p.run->p->store, tool ? load_tool : load, &p, NULL);
    if (!e && !json_object_of(p.result, "workflow"))
        e = step_fail(step, ERR_INPUT, "this artifact is no workflow");
    if (!e)
        e = json_print(out, json_object_of(p.result, "workflow"));
    json_object_put(p.result);
    return e;
}

/* As it was when the job began: a later version of it changes nothing. */
static enum err load_workflow(struct run *r, struct err_info *info)
{
    const char *id = json_str(r->input, "id", json_str(r->input, "tool", ""));
    struct step_desc desc = {.name = "workflow",
                             .label = id,
                             .flags = STEP_LAZY,
                             .input = id,
                             .input_len = strlen(id),
                             .run = load_step,
                             .arg = r};
    struct buf text;
    enum err e;
    buf_init(&text, WORKFLOW_TEXT_MAX);
    e = job_step(r->job, &desc, &text, info);
    if (!e)
        e = workflow_read(text.data, text.len, id, &r->workflow, info);
    buf_fini(&text);
    r->steps = json_array(r->workflow, "steps");
    r->count = r->steps ? json_object_array_length(r->steps) : 0;
    return e;
}

static struct json_object *tool_of(const struct run *r, const char *id)
{
    return json_object_of(json_object_of(r->workflow, "tools"), id);
}

static const char *source_of(const struct run *r, const char *id)
{
    const char *source = json_str(tool_of(r, id), "source_code", "");
    return *source ? source : NULL;
}

/* ---- before anything runs ---- */

static enum err read_inputs(struct run *r, struct err_info *info)
{
    struct json_object *given = json_object_of(r->input, "input"), *inputs;
    r->scope = json_object_new_object();
    inputs = json_object_new_object();
    json_object_object_add(r->scope, "inputs", inputs);
    json_object_object_add(r->scope, "steps", json_object_new_object());
    json_object_object_foreach(json_object_of(r->workflow, "inputs"), name, port)
    {
        struct json_object *value = NULL;
        if (!json_object_object_get_ex(given, name, &value) &&
            !json_object_object_get_ex(port, "default", &value) &&
            json_flag(port, "required", true))
            return err_set(info, ERR_INPUT, "the workflow needs the input \"%.80s\" (%.20s)", name,
                           json_str(port, "type", "any"));
        if (value) /* else the step decides: its program has a default of its own */
            json_object_object_add(inputs, name, json_object_get(value));
    }
    return ERR_OK;
}

static bool asks_model(const struct run *r, struct json_object *step)
{
    const char *type = json_str(step, "type", "");
    return strcmp(type, "llm_call") == 0 ||
           (strcmp(type, "existing_tool") == 0 &&
            strcmp(json_str(tool_of(r, json_str(step, "tool", "")), "type", ""), "llm") == 0);
}

/* A tool that is a program of DiSE's own. */
static bool is_own_program(const struct run *r, struct json_object *step)
{
    return strcmp(json_str(step, "type", ""), "existing_tool") == 0 &&
           strcmp(json_str(tool_of(r, json_str(step, "tool", "")), "runtime", ""), "testdata") == 0;
}

static enum err can_run(const struct run *r, struct json_object *step, struct err_info *info)
{
    const char *type = json_str(step, "type", ""), *tool = json_str(step, "tool", "");
    const char *id = json_str(step, "step_id", "");
    if (asks_model(r, step)) {
        if (*json_str(step, "prompt_template", "") ||
            *json_str(tool_of(r, tool), "prompt_template", ""))
            return ERR_OK;
        return err_set(info, ERR_UNSUPPORTED,
                       "the step \"%.60s\" asks the tool \"%.60s\", which has no prompt_template "
                       "here",
                       id, tool);
    }
    if (strcmp(type, "existing_tool") == 0 && (source_of(r, tool) || is_own_program(r, step)))
        return ERR_OK;
    if (strcmp(type, "python_tool") == 0) {
        if (source_of(r, tool))
            return ERR_OK;
        return err_set(
            info, ERR_UNSUPPORTED,
            "the step \"%.60s\" runs the tool \"%.60s\", whose source_code is not in the "
            "workflow",
            id, tool);
    }
    return err_set(info, ERR_UNSUPPORTED,
                   !*type ? "the step \"%.60s\" is only a plan: it has no type%.0s%.0s"
                          : "the step \"%.60s\" is of type %.20s; its tool \"%.60s\" is not "
                            "available here",
                   id, type, tool);
}

static enum err check_steps(struct run *r, struct err_info *info)
{
    enum err e = ERR_OK;
    for (size_t i = 0; !e && i < r->count; i++) {
        struct json_object *step = json_object_array_get_idx(r->steps, i);
        const char *makes = json_str(step, "makes", "");
        r->done[i] = *makes && source_of(r, makes);
        if (!r->done[i])
            e = can_run(r, step, info);
    }
    return e;
}

/* ---- a model's step ---- */

struct question {
    struct part *part;
    struct stage stage;
    struct llm_message messages[2];
};

static enum err call(const struct question *q, struct step *step, struct llm_reply *reply,
                     struct err_info *info)
{
    struct task *whole = &q->part->run->whole;
    const struct config *config = whole->p->config;
    struct llm_request request = {
        .model = q->stage.target.model,
        .messages = q->messages,
        .message_count = 2,
        .temperature = q->stage.temperature,
        .max_tokens = (int)config_int(config, OPTION_MAX_TOKENS),
        .seed = 0,
        .first_token_ms = (int)config_int(config, OPTION_FIRST_TOKEN_MS),
        .between_tokens_ms = (int)config_int(config, OPTION_BETWEEN_MS),
        .total_ms = (int)config_int(config, OPTION_TOTAL_MS),
    };
    struct model_call to = {.task = whole,
                            .step = step,
                            .target = &q->stage.target,
                            .stage = &q->stage,
                            .account = &whole->account};
    enum err e = model_call(&to, &request, reply, info);
    if (!e && to.cut_short)
        e = err_set(info, ERR_BUDGET, "%s ended in the middle of the answer", to.cut_by);
    return e;
}

static enum err ask_step(struct step *step, void *arg, struct buf *out)
{
    struct llm_reply reply;
    struct err_info info = {0};
    enum err e;
    llm_reply_init(&reply);
    e = call(arg, step, &reply, &info);
    if (!e)
        e = buf_add(out, reply.text.data, reply.text.len);
    else if (e != ERR_CANCELLED)
        step_fail(step, e, "%s", info.message[0] ? info.message : err_text(e));
    llm_reply_fini(&reply);
    return e;
}

/* The template with {name} filled in from the mapping. */
static enum err fill_prompt(struct part *p, const char *template, struct buf *out)
{
    struct prompt_value values[64];
    size_t n = 0;
    json_object_object_foreach(p->values, name, value)
    {
        if (n + 1 == sizeof values / sizeof *values)
            break;
        values[n++] = (struct prompt_value){
            name, json_object_is_type(value, json_type_string)
                      ? json_object_get_string(value)
                      : json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN)};
    }
    values[n] = (struct prompt_value){NULL, NULL};
    return prompt_fill(template, values, out);
}

static enum err ask(struct job *job, struct part *p, struct err_info *info)
{
    struct json_object *tool = tool_of(p->run, json_str(p->step, "tool", ""));
    struct question q = {.part = p, .stage = {.candidates = 1}};
    struct step_desc desc = {.name = "llm",
                             .label = json_str(p->step, "step_id", ""),
                             .flags = STEP_INTENT | STEP_REUSE,
                             .run = ask_step,
                             .arg = &q};
    struct task t;
    struct buf prompt, input, text;
    enum err e = task_init(&t, p->run->p, job, p->run->input);
    snprintf(q.stage.role, sizeof q.stage.role, "%s", json_str(tool, "role", "fast"));
    snprintf(q.stage.name, sizeof q.stage.name, "%.40s", desc.label);
    q.stage.temperature = json_f64(tool, "temperature", 0.1);
    buf_init(&prompt, PROMPT_BYTES);
    buf_init(&input, 2 * PROMPT_BYTES);
    buf_init(&text, ANSWER_MAX);
    if (!e)
        e = fill_prompt(p,
                        json_str(p->step, "prompt_template", json_str(tool, "prompt_template", "")),
                        &prompt);
    if (!e)
        e = stage_resolve(&t, &q.stage, info);
    q.messages[0] = (struct llm_message){"system", json_str(tool, "system_prompt", "")};
    q.messages[1] = (struct llm_message){"user", prompt.data};
    if (!e)
        e = buf_addf(&input, "%s %.3f\n%s\n%s", q.stage.target.model, q.stage.temperature,
                     q.messages[0].content, prompt.data);
    desc.input = input.data;
    desc.input_len = input.len;
    if (!e)
        e = job_step(job, &desc, &text, info);
    if (!e)
        p->result = json_object_new_string_len(text.data, (int)text.len);
    buf_fini(&text);
    buf_fini(&input);
    buf_fini(&prompt);
    task_fini(&t);
    return e;
}

/* ---- a program's step ---- */

/* The harness wraps what is no object into {"result": …}. */
static struct json_object *unwrap(const struct buf *text)
{
    struct json_object *o = NULL, *inner = NULL;
    if (!text->len || json_parse(text->data, text->len, NULL, &o, NULL))
        return NULL;
    if (!json_object_is_type(o, json_type_object) || json_object_object_length(o) != 1 ||
        !json_object_object_get_ex(o, "result", &inner))
        return o;
    json_object_get(inner);
    json_object_put(o);
    return inner;
}

static enum err run_program(struct job *job, struct part *p, struct err_info *info)
{
    const char *tool = json_str(p->step, "tool", ""), *id = json_str(p->step, "step_id", "");
    struct verdict v;
    struct task t;
    enum err e = task_init(&t, p->run->p, job, p->run->input);
    verdict_init(&v);
    t.given = p->values;
    snprintf(t.examples.function, sizeof t.examples.function, "%.60s", tool);
    if (!e)
        e = verify_run(job, &t, 0, (int)p->index + 1, id, source_of(p->run, tool), &v, info);
    if (!e && !v.ran)
        e = err_set(info, ERR_NOT_FOUND, "the step \"%.60s\": %.300s", id, v.why);
    if (!e)
        p->result = unwrap(&v.result);
    verdict_fini(&v);
    task_fini(&t);
    return e;
}

static enum err make_data(struct job *job, struct part *p, struct err_info *info)
{
    struct json_object *tool = tool_of(p->run, json_str(p->step, "tool", ""));
    return test_data_make(job, &p->run->whole, json_str(p->step, "step_id", ""), p->values,
                          json_array(tool, "packages"), &p->result, info);
}

/* ---- waves ---- */

static bool is_input(struct json_object *mapping)
{
    const char *text = json_object_get_string(mapping);
    return text && (strncmp(text, "inputs.", 7) == 0 || strncmp(text, "${inputs.", 9) == 0);
}

static enum err run_part(struct job *job, void *arg)
{
    struct part *p = arg;
    struct err_info info = {0};
    bool model = asks_model(p->run, p->step);
    enum err e = ERR_OK;
    p->values = json_object_new_object();
    json_object_object_foreach(json_object_of(p->step, "input_mapping"), name, mapping)
    {
        struct json_object *value = NULL;
        e = workflow_value(p->run->scope, mapping, &value, &info);
        if (e == ERR_NOT_FOUND && is_input(mapping)) {
            e = ERR_OK; /* one that was not required and not given */
            continue;
        }
        if (e)
            break;
        json_object_object_add(p->values, name, value);
    }
    if (!e)
        e = model                             ? ask(job, p, &info)
            : is_own_program(p->run, p->step) ? make_data(job, p, &info)
                                              : run_program(job, p, &info);
    if (e && e != ERR_CANCELLED)
        snprintf(p->why, sizeof p->why, "%.390s", info.message[0] ? info.message : err_text(e));
    return e;
}

static size_t index_of(const struct run *r, const char *id, size_t n)
{
    for (size_t i = 0; i < r->count; i++) {
        const char *other = json_str(json_object_array_get_idx(r->steps, i), "step_id", "");
        if (strlen(other) == n && strncmp(other, id, n) == 0)
            return i;
    }
    return r->count;
}

static enum err is_done(void *arg, const char *ref)
{
    const struct run *r = arg;
    size_t i =
        strncmp(ref, "steps.", 6) == 0 ? index_of(r, ref + 6, strcspn(ref + 6, ".")) : r->count;
    return i == r->count || r->done[i] ? ERR_OK : ERR_BUSY;
}

static bool is_ready(struct run *r, struct json_object *step)
{
    struct json_object *depends = json_array(step, "depends_on");
    json_object_object_foreach(json_object_of(step, "input_mapping"), name, mapping)
    {
        (void)name;
        if (workflow_references(mapping, is_done, r))
            return false;
    }
    for (size_t k = 0; k < json_object_array_length(depends); k++) {
        const char *id = json_object_get_string(json_object_array_get_idx(depends, k));
        size_t i = index_of(r, id, strlen(id));
        if (i < r->count && !r->done[i])
            return false;
    }
    return true;
}

static void keep_result(struct run *r, struct part *p)
{
    struct json_object *outputs = json_object_new_object();
    json_object_object_add(outputs, json_str(p->step, "output_name", "output"),
                           json_object_get(p->result));
    json_object_object_add(json_object_of(r->scope, "steps"), json_str(p->step, "step_id", ""),
                           outputs);
    r->done[p->index] = 1;
}

static enum err run_wave(struct run *r, struct part *parts, size_t n, struct err_info *info)
{
    struct branch branches[WAVE_MAX];
    enum err e;
    for (size_t i = 0; i < n; i++)
        branches[i] = (struct branch){
            .name = json_str(parts[i].step, "step_id", ""), .fn = run_part, .arg = &parts[i]};
    e = n == 1 ? run_part(r->job, &parts[0]) : job_all(r->job, "steps", branches, n);
    for (size_t i = 0; i < n; i++) {
        if (!e)
            keep_result(r, &parts[i]);
        if (e && e != ERR_CANCELLED && parts[i].why[0] && !info->message[0])
            err_set(info, e, "%s", parts[i].why);
        json_object_put(parts[i].values);
        json_object_put(parts[i].result);
    }
    return e;
}

/* All steps that wait for nothing, as one wave, until none is left. */
static enum err run_steps(struct run *r, struct err_info *info)
{
    struct part *parts = calloc(WAVE_MAX, sizeof *parts);
    enum err e = parts ? ERR_OK : ERR_NOMEM;
    for (size_t n = 1; !e && n;) {
        n = 0;
        for (size_t i = 0; i < r->count && n < WAVE_MAX; i++) {
            struct json_object *step = json_object_array_get_idx(r->steps, i);
            if (!r->done[i] && is_ready(r, step))
                parts[n++] = (struct part){.run = r, .step = step, .index = i};
        }
        if (n)
            e = run_wave(r, parts, n, info);
    }
    free(parts);
    return e;
}

static enum err read_outputs(struct run *r, struct buf *out, struct err_info *info)
{
    struct json_object *result = json_object_new_object();
    enum err e = ERR_OK;
    json_object_object_foreach(json_object_of(r->workflow, "outputs"), name, port)
    {
        struct json_object *value = NULL;
        e = workflow_value(r->scope, json_get(port, "source_reference"), &value, info);
        if (e)
            break;
        json_object_object_add(result, name, value);
    }
    if (!e)
        e = json_print(out, result);
    json_object_put(result);
    return e;
}

/* ---- the job ---- */

struct cost_arg {
    int64_t job;
    struct cost cost;
};

static enum err read_cost(sqlite3 *db, void *arg, struct err_info *info)
{
    struct cost_arg *a = arg;
    return cost_read(db, a->job, &a->cost, info);
}

/* Its program was kept as a best attempt: what it says is shown, and never called a solution. */
static bool is_attempt(const struct run *r)
{
    struct json_object *tags = json_array(r->workflow, "tags");
    for (size_t i = 0; tags && i < json_object_array_length(tags); i++) {
        const char *tag = json_object_get_string(json_object_array_get_idx(tags, i));
        if (tag && strcmp(tag, WORKFLOW_UNSOLVED) == 0)
            return true;
    }
    return false;
}

static void finish(struct run *r, enum err e, const char *result, const struct err_info *info,
                   int64_t ms)
{
    struct event ev = {.type = EVENT_JOB_DONE};
    struct event_job_done *d = &ev.u.job_done;
    struct cost_arg sum = {.job = job_id(r->job)};
    bool attempt = !e && is_attempt(r);
    bool wrong = e == ERR_NOT_FOUND; /* a program ran and failed: no fault of the machinery */
    if (e != ERR_CANCELLED && store_read(r->p->store, read_cost, &sum, NULL))
        sum.cost = (struct cost){0};
    d->status = attempt || wrong     ? "unsolved"
                : !e                 ? "solved"
                : e == ERR_CANCELLED ? "cancelled"
                                     : "failed";
    d->artifact = json_str(r->input, "id", "");
    d->result = !e ? result : "null";
    d->checked = "null";
    d->llm_calls = sum.cost.calls;
    d->tokens_in = sum.cost.tokens_in;
    d->tokens_out = sum.cost.tokens_out;
    d->cost = sum.cost.dollars;
    d->seconds = (double)ms / 1000;
    d->message = attempt ? "its program is a best attempt that failed the examples of its task"
                 : !e || e == ERR_CANCELLED ? ""
                 : info->message[0]         ? info->message
                                            : err_text(e);
    d->error = e && !wrong ? err_name(e) : "";
    if (job_result(r->job, d->result))
        d->error = err_name(ERR_NOMEM);
    job_emit(r->job, &ev);
}

static enum err run_workflow(struct job *job, void *context, struct json_object *input)
{
    struct run *r = calloc(1, sizeof *r);
    struct err_info info = {0};
    int64_t began = 0, ended = 0;
    struct buf result;
    enum err e;
    if (!r)
        return ERR_NOMEM;
    *r = (struct run){.p = context, .job = job, .input = input};
    buf_init(&result, ANSWER_MAX);
    e = task_init(&r->whole, context, job, input);
    r->p = r->whole.p; /* with the job's own configuration */
    if (!e)
        e = job_clock(job, &began);
    if (!e)
        e = load_workflow(r, &info);
    if (!e)
        e = read_inputs(r, &info);
    if (!e)
        e = check_steps(r, &info);
    r->began_steps = !e;
    if (!e)
        e = run_steps(r, &info);
    if (!e)
        e = read_outputs(r, &result, &info);
    if (e != ERR_CANCELLED && job_clock(job, &ended))
        ended = 0;
    if (r->began_steps && e != ERR_CANCELLED && *json_str(input, "id", ""))
        pipeline_note_outcome(&r->whole, json_str(input, "id", ""), !e, ended ? ended - began : 0);
    finish(r, e, result.data, &info, ended ? ended - began : 0);
    json_object_put(r->scope);
    json_object_put(r->workflow);
    task_fini(&r->whole);
    buf_fini(&result);
    free(r);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

const struct job_kind pipeline_workflow_run = {"workflow_run", 2, run_workflow};
