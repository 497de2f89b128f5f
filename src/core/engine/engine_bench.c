/* `dise bench` in the engine: the items of its batch, and its report. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bench_file.h"
#include "core/batch/bench.h"
#include "core/engine/engine_internal.h"

enum { SEED_MAX = 1000000, SEED_STEP = 1000 }; /* a task asks for fewer answers than that */

typedef struct json_object json;

/* ---- items ---- */

/* What the tasks of a bench have in common. */
struct bench {
    json *tasks, *without;
    int64_t seed, samples;
    bool raw;
    struct llm_target models[BENCH_RAW_MAX]; /* model "": none of its own */
};

static enum err read_options(struct bench *b, json *params, struct err_info *info)
{
    json *o = json_object_of(params, "bench");
    b->tasks = json_array(params, "tasks");
    b->without = json_array(o, "without");
    b->seed = json_i64(o, "seed", 0);
    b->samples = json_i64(o, "raw_samples", 0);
    b->raw = json_flag(o, "raw", false) || b->samples > 0;
    if (b->seed < 0 || b->seed > SEED_MAX)
        return err_set(info, ERR_INPUT, "the seed is 0 to %d", SEED_MAX);
    if (b->samples < 0 || b->samples > BENCH_SAMPLES_MAX)
        return err_set(info, ERR_INPUT, "raw samples are 0 to %d a task", BENCH_SAMPLES_MAX);
    for (size_t i = 0; b->without && i < json_object_array_length(b->without); i++) {
        const char *part = json_object_get_string(json_object_array_get_idx(b->without, i));
        int k = 0;
        while (bench_parts[k] && strcmp(bench_parts[k], part ? part : "") != 0)
            k++;
        if (!bench_parts[k])
            return err_set(info, ERR_INPUT, "\"%.40s\" is no part of the pipeline", part);
    }
    return ERR_OK;
}

/* The distinct models of the ladder: raw answers of the same one would say the same. */
static enum err find_models(struct engine *e, struct bench *b, struct err_info *info)
{
    for (int k = 0; k < BENCH_RAW_MAX; k++) {
        struct err_info why;
        struct llm_target *t = &b->models[k];
        enum err err = router_resolve(e->router, bench_roles[k], t, &why);
        if (err && (k == 0 || err == ERR_CANCELLED))
            return err_set(info, err, "%s", why.message);
        if (err || (k > 0 && strcmp(t->model, b->models[0].model) == 0 &&
                    strcmp(t->place, b->models[0].place) == 0))
            t->model[0] = 0;
    }
    return ERR_OK;
}

static enum err check_task(json *task, size_t number, struct err_info *info)
{
    static const char *const names[] = {"task_id", "prompt", "entry_point", "test", NULL};
    for (int i = 0; names[i]; i++)
        if (!*json_str(task, names[i], ""))
            return err_set(info, ERR_INPUT, "task %zu has no %s", number, names[i]);
    if (strlen(json_str(task, "prompt", "")) > BENCH_PROMPT_MAX)
        return err_set(info, ERR_TOO_LARGE, "the prompt of task %zu is too long", number);
    return ERR_OK;
}

/* What the judge and the report need, out of the pipeline's reach. */
static json *hidden_part(json *task)
{
    static const char *const names[] = {"task_id", "class", "split", "entry_point", "test", NULL};
    json *o = json_object_new_object();
    for (int i = 0; names[i]; i++)
        json_add_str(o, names[i], json_str(task, names[i], ""));
    if (bench_prompt_is_head(json_str(task, "prompt", ""), json_str(task, "entry_point", "")))
        json_add_str(o, "head", json_str(task, "prompt", ""));
    return o;
}

static enum err make_input(const struct bench *b, json *task, bool lead, json **out)
{
    json *o = json_object_new_object();
    struct buf text;
    enum err e;
    buf_init(&text, PROTOCOL_TASK_MAX);
    e = bench_task_text(json_str(task, "prompt", ""), json_str(task, "entry_point", ""), lead,
                        &text);
    json_add_str(o, "task", text.data);
    json_add_str(o, "questions", "no"); /* nobody is there */
    json_add_str(o, "class", "code");   /* whatever its words say */
    json_add_bool(o, "anyway", true);
    json_add_bool(o, "fresh", true); /* what is remembered would be no measurement */
    json_add_i64(o, "seed", b->seed * SEED_STEP);
    json_object_object_add(o, "bench", hidden_part(task));
    buf_fini(&text);
    *out = o;
    return e;
}

static enum err add_task(const struct bench *b, json *task, struct batch_items *items)
{
    char title[TITLE_MAX];
    json *input;
    enum err e = make_input(b, task, true, &input);
    if (!e && b->without)
        json_object_object_add(input, "without", json_object_get(b->without));
    engine_title(json_str(task, "task_id", ""), title);
    if (!e)
        return batch_items_add(items, pipeline_bench_task.name, title, input);
    json_object_put(input);
    return e;
}

static enum err add_raw(const struct bench *b, json *task, int role, struct batch_items *items)
{
    bool strongest = role + 1 == BENCH_RAW_MAX || !b->models[role + 1].model[0];
    char title[TITLE_MAX];
    json *input, *hidden;
    enum err e = make_input(b, task, false, &input);
    hidden = json_object_of(input, "bench");
    json_add_str(hidden, "role", bench_roles[role]);
    json_add_i64(hidden, "samples", strongest ? b->samples : 0);
    snprintf(title, sizeof title, "%.40s · raw %.20s", json_str(task, "task_id", ""),
             b->models[role].label);
    if (!e)
        return batch_items_add(items, pipeline_bench_raw.name, title, input);
    json_object_put(input);
    return e;
}

/* Each task in all ways, one after the other: what a bench has done when it is paused can be
 * compared. */
static enum err add_all(const struct bench *b, struct batch_items *items, struct err_info *info)
{
    size_t n = json_object_array_length(b->tasks);
    enum err e = ERR_OK;
    for (size_t i = 0; !e && i < n; i++) {
        e = check_task(json_object_array_get_idx(b->tasks, i), i + 1, info);
        if (e)
            return e;
        e = add_task(b, json_object_array_get_idx(b->tasks, i), items);
        for (int k = 0; !e && b->raw && k < BENCH_RAW_MAX; k++)
            if (b->models[k].model[0])
                e = add_raw(b, json_object_array_get_idx(b->tasks, i), k, items);
    }
    return e ? err_set(info, e, "the bench is too large") : ERR_OK;
}

enum err engine_bench_items(struct engine *e, json *params, struct batch_items *items,
                            struct err_info *info)
{
    struct bench *b = calloc(1, sizeof *b);
    enum err err = b ? read_options(b, params, info) : ERR_NOMEM;
    if (!err && b->raw)
        err = find_models(e, b, info);
    if (!err && b->tasks)
        err = add_all(b, items, info);
    free(b);
    return err;
}

/* ---- the report ---- */

enum err engine_bench_report(struct engine *e, json *params, json **result, struct err_info *info)
{
    struct bench_report r = {.batch = json_i64(params, "id", 0)};
    enum err err = store_read(e->store, bench_report_read, &r, info);
    *result = r.out;
    return err;
}
