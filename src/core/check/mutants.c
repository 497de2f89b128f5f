/* Do the checks notice a wrong program? Small changes of the accepted one are tried on them. */
#include <stdlib.h>

#include "core/check/harness.h"

enum { MUTANTS_MAX = 30 };

/* The task's examples, and the generated tests that the program passes. */
static void add_checks(const struct task *t, const struct candidate *c, struct examples *out)
{
    *out = t->examples;
    for (size_t i = 0; t->tests && i < t->tests->count && out->count < EXAMPLES_MAX; i++)
        if (i < 32 && c->evidence.passed & UINT32_C(1) << i)
            out->list[out->count++] = t->tests->list[i];
}

enum err mutants_run(struct task *t, struct candidate *c, struct err_info *info)
{
    struct examples *checks = malloc(sizeof *checks);
    struct json_object *value = NULL, *r;
    struct harness_run run = {.step = "mutants",
                              .label = "do the checks notice a wrong program?",
                              .code = c->code.data,
                              .function = c->verdict.function,
                              .examples = checks,
                              .grants = &c->verdict.grants,
                              .mutants = MUTANTS_MAX};
    enum err e = ERR_OK;
    if (!checks)
        return err_set(info, ERR_NOMEM, "out of memory");
    add_checks(t, c, checks);
    if (checks->count)
        e = harness_run(t->job, t, &run, &value, info);
    r = harness_record(value, "mutants");
    c->evidence.mutants = (int)json_i64(r, "tried", 0);
    c->evidence.killed = (int)json_i64(r, "killed", 0);
    json_object_put(value);
    free(checks);
    return e;
}
