#include "core/check/judge.h"

#include <stdio.h>
#include <string.h>

#include "core/check/harness.h"

/* The first thing that went wrong, in the order in which things happen. */
static void explain(struct json_object *value, char why[400])
{
    static const char *const kinds[] = {"parse", "import", "script"};
    const char *outcome = json_str(value, "outcome", "");
    if (strcmp(outcome, "exited") != 0) {
        snprintf(why, 400, "the run was ended: %s", outcome);
        return;
    }
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct json_object *r = harness_record(value, kinds[i]);
        if (!r || json_flag(r, "ok", false))
            continue;
        snprintf(why, 400, "%s: %.360s", kinds[i], json_str(r, "error", "failed"));
        return;
    }
    snprintf(why, 400, "the run gave no report");
}

enum err judge_run(struct job *job, struct task *t, const char *code, struct json_object *hidden,
                   bool *passed, char why[400], struct err_info *info)
{
    const struct harness_run run = {.step = "judge",
                                    .label = "the hidden test",
                                    .code = code,
                                    .function = json_str(hidden, "entry_point", ""),
                                    .script = json_str(hidden, "test", ""),
                                    .prelude = json_str(hidden, "head", ""),
                                    .grants = &t->grants};
    struct json_object *value = NULL;
    enum err e = harness_run(job, t, &run, &value, info);
    why[0] = 0;
    *passed = !e && strcmp(json_str(value, "outcome", ""), "exited") == 0 &&
              json_flag(harness_record(value, "script"), "ok", false);
    if (!e && !*passed)
        explain(value, why);
    json_object_put(value);
    return e;
}
