/* A calculation: the task's words as an expression, computed by a program in the sandbox. Where the
 * words tell a story a model writes the expression; the number is never a model's. */
#include <stdio.h>
#include <string.h>

#include "core/pipeline/question.h"
#include "core/words/arithmetic.h"

enum { ANSWER_TOKENS = 120, NAME_BYTES = 40, SOURCE_MAX = 128 << 10 };

/* ---- the expression ---- */

static const char schema[] =
    "{\"type\":\"object\",\"properties\":{\"expression\":{\"type\":\"string\"}},"
    "\"required\":[\"expression\"],\"additionalProperties\":false}";

/* The expression in a model's words. ERR_NOT_FOUND: none, or one with numbers of its own. */
static enum err translate(struct task *t, struct arithmetic *a, struct err_info *info)
{
    const struct prompt_value values[] = {{"task", t->text}, {NULL, NULL}};
    const struct question q = {"arithmetic", schema, values, ANSWER_TOKENS};
    struct json_object *o = NULL;
    const char *text;
    enum err e;
    job_takes_time(t->job);
    task_phase(t, "expression", "");
    e = question_ask(t, &q, &o, info);
    if (e == ERR_PARSE)
        return ERR_NOT_FOUND;
    if (e)
        return e;
    text = json_str(o, "expression", "");
    if (arithmetic_same_numbers(t->text, text))
        arithmetic_read(text, a);
    json_object_put(o);
    return a->verdict == ARITHMETIC_NO || (a->verdict == ARITHMETIC_OK && !a->operations)
               ? ERR_NOT_FOUND
               : ERR_OK;
}

/* ---- the result ---- */

static struct json_object *describe(const struct task *t, const struct arithmetic *a,
                                    struct json_object *result, const char *hash)
{
    struct json_object *o = json_object_new_object();
    char name[NAME_BYTES + 1];
    struct buf code;
    snprintf(name, sizeof name, "%s", a->expression.data);
    buf_init(&code, SOURCE_MAX);
    json_add_str(o, "kind", "function");
    json_add_str(o, "name", name);
    task_describe(t, hash, o);
    json_add_bool(o, "solved", true);
    json_add_str(o, "function", "answer");
    json_add_str(o, "source", a->program.data);
    if (task_program(a->program.data, "answer", &code) == ERR_OK)
        json_add_str(o, "code", code.data);
    json_add_str(o, "model", "");
    json_add_str(o, "backend", "");
    json_add_str(o, "failed", "");
    json_add_i64(o, "job", job_id(t->job));
    json_add_i64(o, "created", t->began);
    json_object_object_add(o, "input", json_object_new_object());
    json_object_object_add(o, "result", json_object_get(result));
    buf_fini(&code);
    return o;
}

static enum err keep(struct task *t, const struct arithmetic *a, struct json_object *result,
                     const char *hash, struct ending *end, struct err_info *info)
{
    struct json_object *artifact = describe(t, a, result, hash);
    enum err e;
    snprintf(end->checked, sizeof end->checked,
             "{\"text\":\"computed by a program, no model's number\"}");
    json_object_object_add(artifact, "checked", json_tokener_parse(end->checked));
    ending_set(end, "solved", ERR_OK, "");
    e = task_keep(t, artifact, "answer", &a->program, end, info);
    json_object_put(artifact);
    return e;
}

/* A calculation without a result: nothing is kept, what was asked is counted. */
static enum err refuse(struct task *t, const char *why, struct ending *end, struct err_info *info)
{
    struct buf nothing;
    buf_init(&nothing, 1);
    ending_set(end, "unsolved", ERR_OK, why);
    return task_keep(t, NULL, "", &nothing, end, info);
}

static enum err judge(struct task *t, const struct arithmetic *a, const struct verdict *v,
                      const char *hash, struct ending *end, struct err_info *info)
{
    struct json_object *result = NULL;
    char why[300];
    enum err e;
    if (!v->ran || !v->result.len)
        return refuse(t, v->why[0] ? v->why : "the calculation gave no result", end, info);
    e = json_parse(v->result.data, v->result.len, NULL, &result, info);
    if (e)
        return e;
    snprintf(why, sizeof why, "%.150s has no value: %.100s", a->expression.data,
             json_str(result, "error", ""));
    if (json_get(result, "error"))
        e = refuse(t, why, end, info);
    else
        e = buf_add(&end->result, v->result.data, v->result.len);
    if (!e && !json_get(result, "error"))
        e = keep(t, a, result, hash, end, info);
    json_object_put(result);
    return e;
}

static enum err compute(struct task *t, const struct arithmetic *a, const char *hash,
                        struct ending *end, struct err_info *info)
{
    struct json_object *empty = json_object_new_object(), *given = t->given;
    struct verdict v;
    enum err e;
    verdict_init(&v);
    snprintf(t->examples.function, sizeof t->examples.function, "answer");
    t->given = empty; /* the program takes nothing */
    e = verify_run(t->job, t, 0, 1, a->expression.data, a->program.data, &v, info);
    t->given = given;
    if (!e)
        e = judge(t, a, &v, hash, end, info);
    verdict_fini(&v);
    json_object_put(empty);
    return e;
}

/* A person who said "arithmetic" is told; else a program may do what no expression does. */
static enum err no_expression(struct task *t, struct ending *end, struct err_info *info)
{
    if (t->said)
        return refuse(t, "no expression could be read out of the words", end, info);
    task_note(t, "info", "no expression could be read out of the words: a program is written");
    snprintf(t->class, sizeof t->class, "CODE");
    return ERR_NOT_FOUND;
}

enum err arithmetic_solve(struct task *t, const char *hash, struct ending *end,
                          struct err_info *info)
{
    struct arithmetic a;
    enum err e = ERR_OK;
    arithmetic_init(&a);
    arithmetic_read(t->text, &a);
    if (a.verdict == ARITHMETIC_NO)
        e = translate(t, &a, info);
    if (e == ERR_NOT_FOUND)
        e = no_expression(t, end, info);
    else if (!e && a.verdict == ARITHMETIC_REFUSED)
        e = refuse(t, a.why, end, info);
    else if (!e)
        e = compute(t, &a, hash, end, info);
    arithmetic_fini(&a);
    return e;
}
