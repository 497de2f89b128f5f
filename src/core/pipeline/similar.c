/* Programs that solved similar tasks, offered to the model that begins anew. What is kept changes
 * from job to job, so what was found is a step of the journal. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/pipeline/pipeline_internal.h"
#include "core/store/similar.h"
#include "core/tool/tool_similar.h"

enum { OFFERED = 2, OFFERED_BYTES = 1000, TASK_BYTES = 100, VALUE_MAX = 64 << 10 };

struct find {
    struct task *task;
    struct json_object *found;
};

static enum err find(sqlite3 *db, void *arg, struct err_info *info)
{
    struct find *f = arg;
    const struct task *t = f->task;
    const struct tool_places places = {t->p->home, t->p->data};
    enum err e = similar_programs(db, t->text, t->class, OFFERED, OFFERED_BYTES, &f->found, info);
    return e ? e : tool_similar(&places, t->text, OFFERED, OFFERED_BYTES, f->found);
}

/* Looked up here and not before the step: another setting after a restart changes no order. A store
 * that cannot be read has nothing to show. */
static enum err find_step(struct step *step, void *arg, struct buf *out)
{
    struct find *f = arg;
    struct err_info info = {0};
    size_t n;
    enum err e = ERR_OK;
    if (!config_flag(f->task->p->config, OPTION_SIMILAR) || task_without(f->task, "similar"))
        return buf_adds(out, "[]");
    e = store_read(f->task->p->store, find, f, &info);
    if (e == ERR_CANCELLED)
        return e;
    if (e) {
        json_object_put(f->found);
        f->found = NULL;
        step_say(step, "%.150s", info.message[0] ? info.message : err_text(e));
        return buf_adds(out, "[]");
    }
    n = json_object_array_length(f->found);
    step_say(step, n == 0 ? "no" : "%s%s%s",
             n ? json_str(json_object_array_get_idx(f->found, 0), "id", "") : "", n > 1 ? ", " : "",
             n > 1 ? json_str(json_object_array_get_idx(f->found, 1), "id", "") : "");
    e = json_print(out, f->found);
    json_object_put(f->found);
    f->found = NULL;
    return e;
}

/* One line of a task, whole characters only. */
static enum err write_task(const char *task, struct buf *out)
{
    size_t n = strcspn(task, "\r\n");
    if (n > TASK_BYTES)
        for (n = TASK_BYTES; n && ((unsigned char)task[n] & 0xc0) == 0x80;)
            n--;
    return buf_add(out, task, n);
}

static enum err write_one(struct json_object *o, struct buf *out)
{
    const char *source = json_str(o, "source", "");
    const size_t n = strlen(source);
    enum err e = buf_adds(out, json_flag(o, "tool", false)
                                   ? "\nA tool, which cannot be called here; take over what helps: "
                                   : "\nTask: ");
    if (!e)
        e = write_task(json_str(o, "task", ""), out);
    return e ? e
             : buf_addf(out, "\n```python\n%s%s```\n", source,
                        n && source[n - 1] == '\n' ? "" : "\n");
}

static enum err write_offer(struct json_object *found, struct buf *out)
{
    const size_t n = json_object_array_length(found);
    enum err e = buf_adds(out, n == 1 ? "\n\nA program that solved a similar task; change what "
                                        "differs:\n"
                                      : "\n\nPrograms that solved similar tasks; change what "
                                        "differs:\n");
    for (size_t i = 0; !e && i < n; i++)
        e = write_one(json_object_array_get_idx(found, i), out);
    return e;
}

static void tell(struct task *t)
{
    char text[300];
    size_t n = 0;
    n = (size_t)snprintf(text, sizeof text, "the model is shown what solved similar tasks:");
    for (size_t i = 0; i < json_object_array_length(t->similar) && n < 200; i++) {
        struct json_object *o = json_object_array_get_idx(t->similar, i);
        n += (size_t)snprintf(text + n, sizeof text - n, "%s %s%.40s (%.48s)", i ? "," : "",
                              json_flag(o, "tool", false) ? "the tool " : "", json_str(o, "id", ""),
                              json_str(o, "name", ""));
    }
    task_note(t, "info", text);
}

enum err similar_find(struct task *t, struct err_info *info)
{
    struct find f = {.task = t};
    struct buf input;
    struct step_desc desc = {.name = "similar",
                             .label = "was something similar solved before?",
                             .flags = STEP_LAZY,
                             .run = find_step,
                             .arg = &f};
    enum err e;
    /* fresh: without what is remembered; benchmarks are so */
    if (json_flag(t->input, "fresh", false) ||
        !strstr(json_str(json_object_of(t->prompts, "coder"), "template", ""), "{similar}"))
        return ERR_OK;
    buf_init(&input, strlen(t->text) + sizeof t->class + 2);
    e = buf_addf(&input, "%s\n%s", t->class, t->text);
    desc.input = input.data;
    desc.input_len = input.len;
    if (!e)
        e = job_step_json(t->job, &desc, VALUE_MAX, &t->similar, info);
    if (!e && json_object_array_length(t->similar)) {
        e = write_offer(t->similar, &t->similar_text);
        tell(t);
    }
    buf_fini(&input);
    return e;
}

/* Every second answer to the same question goes without, so that an example which misleads cannot
 * spoil them all. */
const char *similar_offer(const struct candidate *c)
{
    return c->errand || c->best || c->task->plain || c->number % 2 == 0
               ? ""
               : c->task->similar_text.data;
}

static void note_use(struct task *t, struct json_object *of)
{
    if (json_flag(of, "tool", false))
        pipeline_note_tool(t->p, json_str(of, "id", ""));
    else
        pipeline_note_use(t, json_str(of, "id", ""));
}

void similar_describe(struct task *t, const struct candidate *c, struct json_object *artifact)
{
    struct json_object *list;
    if (!c->adapted || !t->similar)
        return;
    list = json_object_new_array();
    for (size_t i = 0; i < json_object_array_length(t->similar); i++) {
        struct json_object *o = json_object_new_object(),
                           *of = json_object_array_get_idx(t->similar, i);
        json_add_str(o, "id", json_str(of, "id", ""));
        json_add_str(o, "name", json_str(of, "name", ""));
        json_object_array_add(list, o);
        if (json_flag(of, "tool", false))
            json_add_bool(o, "tool", true);
        if (json_flag(artifact, "solved", false))
            note_use(t, of);
    }
    json_object_object_add(artifact, "adapted_from", list);
}
