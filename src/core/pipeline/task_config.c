/* The configuration of one job: the engine's, or what was journaled with it. */
#include "core/pipeline/pipeline_internal.h"

enum err task_config(struct task *t, struct pipeline *p)
{
    struct json_object *snapshot = json_object_of(t->input, "config");
    enum err e = ERR_OK;
    if (snapshot)
        e = config_of_snapshot(snapshot, &t->config, NULL);
    else
        t->config = config_ref(p->config);
    t->own = *p;
    t->own.config = e ? p->config : t->config;
    t->p = &t->own;
    return e;
}

void task_config_note(struct task *t)
{
    const char *text = json_str(json_object_of(t->input, "config"), "note", "");
    if (*text)
        task_note(t, "warn", text);
}
