#include "core/check/measures.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- gates ---- */

bool measures_has(struct json_object *gate)
{
    struct json_object *argv = json_array(json_object_of(gate, "run"), "argv");
    const char *command = json_object_get_string(json_object_array_get_idx(argv, 0));
    return command && strcmp(command, MEASURES_COMMAND) == 0;
}

static const char *figure_of(struct json_object *gate)
{
    return json_str(gate, "value", json_str(gate, "id", ""));
}

static struct json_object *find(struct json_object *value, const char *name)
{
    struct json_object *records = json_array(value, "records");
    for (size_t i = 0; records && i < json_object_array_length(records); i++) {
        struct json_object *r = json_object_array_get_idx(records, i);
        if (strcmp(json_str(r, "kind", ""), "measure") == 0 &&
            strcmp(json_str(r, "name", ""), name) == 0)
            return r;
    }
    return NULL;
}

static void copy(struct json_object *to, struct json_object *from, const char *key)
{
    if (json_get(from, key))
        json_object_object_add(to, key, json_object_get(json_get(from, key)));
}

struct json_object *measures_report(struct json_object *gate, struct json_object *value)
{
    static const char *const keys[] = {"missing", "findings", "score", "value", "ms", NULL};
    struct json_object *o = json_object_new_object(), *values = json_object_new_object();
    struct json_object *r = find(value, figure_of(gate));
    const bool ended = strcmp(json_str(value, "outcome", ""), "exited") == 0;
    char why[120];
    json_object_object_add(o, "values", values);
    if (json_get(r, "value"))
        json_object_object_add(values, figure_of(gate), json_object_get(json_get(r, "value")));
    copy(o, gate, "unit");
    for (int i = 0; r && keys[i]; i++)
        copy(o, r, keys[i]);
    if (r)
        return o;
    if (ended && !json_flag(harness_record(value, "parse"), "ok", true))
        snprintf(why, sizeof why, "the program does not parse");
    else
        snprintf(why, sizeof why,
                 ended ? "DiSE has no such measure: %.60s" : "its run was ended: %.60s",
                 ended ? figure_of(gate) : json_str(value, "outcome", ""));
    json_add_str(o, "missing", why);
    json_add_bool(o, "crashed", !ended);
    return o;
}

/* ---- the run ---- */

/* The task's examples, and the generated tests that the program passes. */
static void add_checks(const struct task *t, const struct candidate *c, struct examples *out)
{
    *out = t->examples;
    for (size_t i = 0; t->tests && i < t->tests->count && out->count < EXAMPLES_MAX; i++)
        if (i < 32 && c->evidence.passed & UINT32_C(1) << i)
            out->list[out->count++] = t->tests->list[i];
}

/* What the gates ask for. How many mutants the checks notice is told in any case. */
static enum err list_names(const struct task *t, struct buf *out)
{
    size_t n = t->gates ? json_object_array_length(t->gates) : 0;
    enum err e = buf_adds(out, "[\"mutation\"");
    for (size_t i = 0; !e && i < n; i++) {
        struct json_object *gate = json_object_array_get_idx(t->gates, i);
        const char *name = figure_of(gate);
        if (!measures_has(gate))
            continue;
        e = buf_adds(out, ",");
        if (!e)
            e = json_quote(out, name, strlen(name));
    }
    return e ? e : buf_adds(out, "]");
}

enum err measures_run(struct job *job, struct candidate *c, struct json_object **out,
                      struct err_info *info)
{
    struct examples *checks = malloc(sizeof *checks); /* too large for a fiber's stack */
    struct json_object *r;
    struct buf names;
    struct harness_run run = {.step = "measures",
                              .label = "how good are the code and its checks?",
                              .code = c->code.data,
                              .function = c->verdict.function,
                              .examples = checks,
                              .grants = &c->verdict.grants};
    enum err e;
    *out = NULL;
    if (!checks)
        return err_set(info, ERR_NOMEM, "out of memory");
    buf_init(&names, 4096);
    add_checks(c->task, c, checks);
    e = list_names(c->task, &names);
    run.measures = names.data;
    if (!e)
        e = harness_run(job, c->task, &run, out, info);
    r = find(*out, "mutation");
    c->evidence.measured = !e;
    c->evidence.mutants = (int)json_i64(r, "tried", 0);
    c->evidence.killed = (int)json_i64(r, "killed", 0);
    buf_fini(&names);
    free(checks);
    return e;
}

enum err measures_finish(struct task *t, struct candidate *c, struct err_info *info)
{
    struct json_object *value = NULL;
    enum err e = c->evidence.measured ? ERR_OK : measures_run(t->job, c, &value, info);
    json_object_put(value);
    return e;
}
