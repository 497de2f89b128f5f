/* A task whose answer is words: the model is asked once, the answer is kept as it is. No program
 * comes of it, so there is nothing to run and nothing to check. */
#include <stdlib.h>
#include <string.h>

#include "core/pipeline/pipeline_internal.h"
#include "core/store/artifact.h"

enum { TEXT_MAX = 4 << 20, NAME_MAX_BYTES = 40 };

/* The one stage of a text: the writer's model, resolved. */
static enum err choose_model(struct task *t, struct stage *s, struct err_info *info)
{
    struct json_object *tool = json_object_of(t->prompts, "writer");
    *s = (struct stage){.number = 1, .candidates = 1};
    s->temperature = json_f64(tool, "temperature", 0.1);
    snprintf(s->role, sizeof s->role, "%s", json_str(tool, "role", "fast"));
    return stage_resolve(t, s, info);
}

static struct json_object *describe(const struct task *t, const struct candidate *c,
                                    const char *text, const char *hash)
{
    struct json_object *o = json_object_new_object();
    char name[NAME_MAX_BYTES + 1];
    size_t n = strnlen(t->text, NAME_MAX_BYTES);
    while (n && ((unsigned char)t->text[n] & 0xc0) == 0x80)
        n--; /* not within a character */
    snprintf(name, sizeof name, "%.*s", (int)n, t->text);
    name[strcspn(name, "\r\n")] = 0;
    json_add_str(o, "kind", "text");
    json_add_str(o, "name", name);
    json_add_str(o, "task", t->text);
    json_add_str(o, "task_hash", hash);
    json_add_bool(o, "solved", true);
    json_add_str(o, "text", text);
    json_add_str(o, "result", text);
    json_add_str(o, "model", c->stage->target.label);
    json_add_str(o, "backend", c->stage->target.place);
    json_add_i64(o, "job", job_id(t->job));
    json_add_i64(o, "created", t->began);
    json_object_object_add(o, "prompts", json_object_get(t->prompts));
    json_object_object_add(o, "input", json_object_get(t->given));
    return o;
}

static enum err keep(struct task *t, const struct candidate *c, const struct buf *text,
                     const char *hash, struct ending *end, struct err_info *info)
{
    struct json_object *artifact = describe(t, c, text->data, hash);
    enum err e;
    snprintf(end->checked, sizeof end->checked, "{\"text\":\"answered, nothing to check\"}");
    json_object_object_add(artifact, "checked", json_tokener_parse(end->checked));
    ending_set(end, "solved", ERR_OK, "");
    e = json_quote(&end->result, text->data, text->len);
    if (!e)
        e = task_keep(t, artifact, "text", text, end, info);
    json_object_put(artifact);
    return e;
}

/* An answer without a word is none; what it cost is told. */
static enum err refuse(struct task *t, struct ending *end, struct err_info *info)
{
    struct buf nothing;
    buf_init(&nothing, 1);
    ending_set(end, "unsolved", ERR_OK, "the model gave an empty answer");
    return task_keep(t, NULL, "", &nothing, end, info);
}

/* A call that failed has cost as well; its own error stays the job's. */
static enum err count_failed(struct task *t, struct ending *end, enum err why)
{
    struct buf nothing;
    struct err_info unused;
    enum err e;
    buf_init(&nothing, 1);
    e = why == ERR_CANCELLED ? why : task_keep(t, NULL, "", &nothing, end, &unused);
    return e == ERR_CANCELLED ? e : why;
}

static enum err ask(struct task *t, const char *hash, struct ending *end, struct err_info *info)
{
    static const char *const prompts[] = {"writer", NULL};
    struct stage stage;
    struct candidate c;
    struct buf text;
    enum err e = task_prompts(t, prompts, info);
    if (!e)
        e = choose_model(t, &stage, info);
    if (e)
        return e;
    candidate_init(&c, t, &stage, 1, NULL);
    buf_init(&text, TEXT_MAX);
    task_phase(t, "generate", "");
    e = candidate_ask(t->job, &c, &text, info);
    if (e)
        e = count_failed(t, end, e);
    else if (strspn(text.data, " \t\r\n") == text.len)
        e = refuse(t, end, info);
    else
        e = keep(t, &c, &text, hash, end, info);
    buf_fini(&text);
    candidate_fini(&c);
    return e;
}

static enum err run_text(struct job *job, void *context, struct json_object *input)
{
    struct task t;
    struct ending end = {.status = NULL};
    struct err_info info = {0};
    struct json_object *known = NULL;
    char hash[65];
    enum err e = task_init(&t, context, job, input);
    t.plain = true;
    buf_init(&end.result, TEXT_MAX);
    if (!e)
        e = artifact_text_hash(t.text, t.given, hash);
    if (!e)
        e = task_intake(&t, &end);
    if (!e)
        e = job_clock(job, &t.began);
    if (!e && !json_flag(input, "fresh", false)) {
        e = task_recall(&t, hash, NULL, &known);
        e = e == ERR_NOT_FOUND ? ERR_OK : e;
    }
    if (!e && known)
        e = task_answer(known, &end);
    else if (!e)
        e = ask(&t, hash, &end, &info);
    task_finish(&t, &end, e, &info);
    json_object_put(known);
    buf_fini(&end.result);
    task_fini(&t);
    return e;
}

const struct job_kind pipeline_text = {"text", 1, run_text};
