/* What kind of task it is: the rules' step, memory, and a model where the rules do not know. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/pipeline/question.h"
#include "core/words/arithmetic.h"
#include "core/words/classify.h"

enum { ANSWER_TOKENS = 60, TASK_BYTES_MAX = 4000 };

/* ---- the step ---- */

static enum task_class said_class(const struct task *t)
{
    const char *said = json_str(t->input, "class", "");
    return t->plain ? CLASS_SIMPLE_CONTENT : *said ? class_said(said) : CLASS_COUNT;
}

static enum err judge_step(struct step *step, void *arg, struct buf *out)
{
    static const char *const names[] = {[INTAKE_TASK] = "a task",
                                        [INTAKE_COMMAND] = "a command",
                                        [INTAKE_ACCIDENTAL] = "typed by accident"};
    const struct task *t = arg;
    enum task_class said = said_class(t);
    struct classification c;
    struct json_object *o;
    char why[200] = "";
    enum intake_verdict v = intake_judge(t->text, why);
    enum err e;
    if (said < CLASS_COUNT)
        classify_as(t->text, said, &c);
    else
        classify_rules(t->text, t->given != NULL, &c);
    if (v == INTAKE_ACCIDENTAL && c.class == CLASS_ARITHMETIC) /* 10^10^10 */
        v = INTAKE_TASK;
    if (v == INTAKE_TASK)
        step_say(step, "%s%s: %s", class_words(class_name(c.class)),
                 c.confidence < CLASSIFY_SURE ? "?" : "", c.why);
    else
        step_say(step, "%s%s%s", names[v], why[0] ? ": " : "", why);
    o = json_object_new_object();
    json_add_i64(o, "verdict", v);
    json_add_str(o, "why", why);
    json_add_str(o, "class", class_name(c.class));
    json_add_str(o, "complexity", complexity_name(c.complexity));
    json_add_bool(o, "sure", c.confidence >= CLASSIFY_SURE);
    json_add_str(o, "because", c.why);
    e = json_print(out, o);
    json_object_put(o);
    return e;
}

static void tell(struct task *t, const char *by, const char *why)
{
    struct event ev = {.type = EVENT_CLASSIFIED};
    ev.u.classified.class = t->class;
    ev.u.classified.complexity = t->complexity;
    ev.u.classified.tier = classify_tier(complexity_by_name(t->complexity));
    ev.u.classified.by = by;
    ev.u.classified.why = why;
    job_emit(t->job, &ev);
    t->decided = true;
}

static void set(struct task *t, struct json_object *o)
{
    snprintf(t->class, sizeof t->class, "%s", json_str(o, "class", "CODE"));
    snprintf(t->complexity, sizeof t->complexity, "%s", json_str(o, "complexity", "simple"));
}

enum err task_judge(struct task *t, enum intake_verdict *v, char why[200])
{
    struct step_desc desc = {.name = "classify",
                             .label = "what kind of task?",
                             .flags = STEP_LAZY,
                             .run = judge_step,
                             .arg = t};
    struct json_object *o = NULL;
    struct buf input;
    enum err e;
    buf_init(&input, 4 << 20);
    e = buf_addf(&input, "%s%s%s", class_name(said_class(t)), t->given ? " with an input\n" : "\n",
                 t->text);
    desc.input = input.data;
    desc.input_len = input.len;
    if (!e)
        e = job_step_json(t->job, &desc, 2048, &o, NULL);
    *v = (enum intake_verdict)json_i64(o, "verdict", INTAKE_TASK);
    snprintf(why, 200, "%s", json_str(o, "why", ""));
    t->said = said_class(t) < CLASS_COUNT;
    if (!e) {
        set(t, o);
        if (json_flag(o, "sure", true))
            tell(t, t->said ? "person" : "rules", json_str(o, "because", ""));
    }
    json_object_put(o);
    buf_fini(&input);
    return e;
}

/* ---- memory ---- */

static enum err recall_one(struct task *t, enum task_class c, struct json_object **out)
{
    char hash[65];
    enum err e = classify_hash(c, t->text, t->given, hash);
    if (!e)
        e = task_recall(t, hash, NULL, out);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static bool is_expression(const char *text)
{
    struct arithmetic a;
    bool yes;
    arithmetic_init(&a);
    arithmetic_read(text, &a);
    yes = a.verdict != ARITHMETIC_NO;
    arithmetic_fini(&a);
    return yes;
}

/* Whether the rules are sure or not: what answered this task before tells what it is. */
enum err task_recall_class(struct task *t, struct json_object **out)
{
    static const enum task_class all[] = {CLASS_CODE, CLASS_SIMPLE_CONTENT, CLASS_ARITHMETIC};
    enum task_class own = class_by_name(t->class);
    enum err e = ERR_OK;
    *out = NULL;
    if (t->decided) {
        e = recall_one(t, own, out);
        if (e || *out || t->said || own != CLASS_ARITHMETIC || is_expression(t->text))
            return e;
        return recall_one(t, CLASS_CODE, out); /* no expression was found the last time */
    }
    for (size_t i = 0; !e && !*out && i < sizeof all / sizeof *all; i++)
        e = recall_one(t, all[i], out);
    if (e || !*out)
        return e;
    if (json_get(*out, "class"))
        set(t, *out);
    tell(t, "memory", "as it was answered before");
    return ERR_OK;
}

void task_known_class(struct task *t, struct json_object *artifact)
{
    if (t->decided)
        return;
    if (json_get(artifact, "class"))
        set(t, artifact);
    tell(t, "memory", "as the same task was answered before");
}

/* ---- a model ---- */

static const char schema[] =
    "{\"type\":\"object\",\"properties\":{\"class\":{\"type\":\"string\",\"enum\":[\"ARITHMETIC\","
    "\"SIMPLE_CONTENT\",\"COMPLEX_CONTENT\",\"CODE\",\"ALGORITHM\",\"API_CALL\","
    "\"MULTI_STEP_WORKFLOW\"]},\"complexity\":{\"type\":\"string\",\"enum\":[\"simple\","
    "\"moderate\",\"complex\"]}},\"required\":[\"class\",\"complexity\"],"
    "\"additionalProperties\":false}";

static bool understood(struct json_object *o)
{
    return class_by_name(json_str(o, "class", "")) < CLASS_COUNT &&
           complexity_by_name(json_str(o, "complexity", "")) < COMPLEXITY_COUNT;
}

enum err task_decide(struct task *t, struct err_info *info)
{
    char text[TASK_BYTES_MAX + 1];
    const struct prompt_value values[] = {{"task", text}, {NULL, NULL}};
    const struct question q = {"classifier", schema, values, ANSWER_TOKENS};
    struct json_object *o = NULL;
    struct err_info why = {0};
    enum err e;
    if (t->decided)
        return ERR_OK;
    job_takes_time(t->job);
    snprintf(text, sizeof text, "%s", t->text);
    task_phase(t, "classify", "");
    e = question_ask(t, &q, &o, &why);
    if (e == ERR_CANCELLED || e == ERR_NOMEM || e == ERR_DIVERGED) {
        if (info)
            *info = why;
        return e;
    }
    if (!e && understood(o)) {
        set(t, o);
        tell(t, "model", "the rules were not sure");
    } else {
        tell(t, "rules", "a guess: no model told");
    }
    json_object_put(o);
    return ERR_OK;
}

/* ---- what is kept ---- */

void task_describe(const struct task *t, const char *hash, struct json_object *o)
{
    json_add_str(o, "task", t->text);
    json_add_str(o, "task_hash", hash);
    json_add_str(o, "class", t->class);
    json_add_str(o, "complexity", t->complexity);
}
