/* What earlier jobs have learned, as this one finds it at its beginning: a journaled snapshot, so
 * that a replay decides as the first run did, whatever was learned since. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/day_time.h"
#include "core/learn/call_limit.h"
#include "core/learn/odds.h"
#include "core/pipeline/pipeline_internal.h"

static const char *const kinds[] = {"code", "repair", "text", "tests", "plan"};
enum { KINDS = sizeof kinds / sizeof *kinds, VALUE_MAX = 64 << 10 };

/* ---- reading ---- */

static void key_of(const struct task *t, const struct stage *s, struct stage_key *key)
{
    static const char *const contexts[] = {
        [CONTEXT_NONE] = "none", [CONTEXT_ERRORS] = "errors", [CONTEXT_FULL] = "full"};
    snprintf(key->class, sizeof key->class, "%s", t->class);
    snprintf(key->model, sizeof key->model, "%s", s->target.model);
    snprintf(key->signature, sizeof key->signature, "%.2f x%d %s%s%s", s->temperature,
             s->candidates, contexts[s->context], s->logging ? " log" : "",
             s->analysis ? " analysis" : "");
}

struct look {
    const struct task *task;
    const struct stage *stages;
    int count;
    struct json_object *found; /* {stages:[{tried,solved,skipped}], limits:{"model kind":ms}} */
};

static enum err look_at_stages(sqlite3 *db, const struct look *l, struct err_info *info)
{
    struct json_object *list = json_object_new_array();
    enum err e = ERR_OK;
    json_object_object_add(l->found, "stages", list);
    for (int i = 0; !e && i < l->count; i++) {
        struct stage_record r = {0};
        struct stage_key key;
        struct json_object *o = json_object_new_object();
        key_of(l->task, &l->stages[i], &key);
        if (l->stages[i].available)
            e = learned_record(db, &key, &r, info);
        json_add_i64(o, "tried", r.tried);
        json_add_i64(o, "solved", r.solved);
        json_add_i64(o, "skipped", r.skipped);
        json_object_array_add(list, o);
    }
    return e;
}

static void limit_name(const char *model, const char *kind, char out[160])
{
    snprintf(out, 160, "%.128s %.20s", model, kind);
}

static enum err look_at_times(sqlite3 *db, const struct look *l, struct err_info *info)
{
    struct json_object *limits = json_object_new_object();
    int64_t most = config_int(l->task->p->config, OPTION_TOTAL_MS), times[LEARNED_TIMES];
    enum err e = ERR_OK;
    json_object_object_add(l->found, "limits", limits);
    for (int i = 0; !e && i < l->count; i++) {
        const char *model = l->stages[i].target.model;
        for (int k = 0; !e && *model && k < KINDS; k++) {
            char name[160];
            size_t n;
            limit_name(model, kinds[k], name);
            if (json_get(limits, name))
                continue;
            e = learned_times(db, model, kinds[k], times, &n, info);
            if (!e && n >= CALL_LIMIT_DATA)
                json_add_i64(limits, name, call_limit(times, n, router_model_size(model), most));
        }
    }
    return e;
}

static enum err look(sqlite3 *db, void *arg, struct err_info *info)
{
    struct look *l = arg;
    enum err e = look_at_stages(db, l, info);
    return e ? e : look_at_times(db, l, info);
}

/* A store that cannot be read teaches nothing; the job goes on. */
static enum err load_step(struct step *step, void *arg, struct buf *out)
{
    struct look *l = arg;
    enum err e;
    l->found = json_object_new_object();
    e = store_read(l->task->p->store, look, l, NULL);
    if (e && e != ERR_CANCELLED) {
        json_object_put(l->found);
        l->found = json_object_new_object();
        step_say(step, "nothing could be read");
        e = ERR_OK;
    }
    if (!e)
        e = json_print(out, l->found);
    json_object_put(l->found);
    return e;
}

/* ---- what follows from it ---- */

static void spare(struct stage *s, const struct stage_record *r)
{
    s->spared = true;
    s->available = false;
    snprintf(s->why, sizeof s->why, "solved %d of %d such tasks (at most %.0f %%)", r->solved,
             r->tried, 100 * odds_upper(r->solved, r->tried));
}

static void decide(struct task *t, struct stage *stages, int count)
{
    struct json_object *list = json_array(t->learned, "stages");
    struct stage_record records[STAGES_MAX] = {{0}};
    bool available[STAGES_MAX] = {0}, out[STAGES_MAX] = {0};
    for (int i = 0; i < count; i++) {
        struct json_object *o = list ? json_object_array_get_idx(list, (size_t)i) : NULL;
        records[i] = (struct stage_record){.tried = (int)json_i64(o, "tried", 0),
                                           .solved = (int)json_i64(o, "solved", 0),
                                           .skipped = (int)json_i64(o, "skipped", 0)};
        available[i] = stages[i].available;
    }
    odds_decide(records, available, (size_t)count, config_num(t->p->config, OPTION_SKIP_BELOW),
                out);
    for (int i = 0; i < count; i++)
        if (out[i])
            spare(&stages[i], &records[i]);
}

/* What the snapshot depends on. */
static enum err write_input(const struct look *l, struct buf *out)
{
    enum err e = ERR_OK;
    for (int i = 0; !e && i < l->count; i++) {
        struct stage_key key;
        key_of(l->task, &l->stages[i], &key);
        e = buf_addf(out, "%s %s %s\n", key.class, key.model, key.signature);
    }
    return e;
}

enum err experience_load(struct task *t, struct stage *stages, int count)
{
    struct look l = {.task = t, .stages = stages, .count = count};
    struct step_desc desc = {.name = "learned",
                             .label = "what helped before",
                             .flags = STEP_LAZY,
                             .run = load_step,
                             .arg = &l};
    struct buf input;
    enum err e;
    if (task_without(t, "policy"))
        return ERR_OK;
    json_object_put(t->learned);
    t->learned = NULL;
    buf_init(&input, VALUE_MAX);
    e = write_input(&l, &input);
    desc.input = input.data;
    desc.input_len = input.len;
    if (!e)
        e = job_step_json(t->job, &desc, VALUE_MAX, &t->learned, NULL);
    if (!e)
        decide(t, stages, count);
    buf_fini(&input);
    return e;
}

int experience_limit(const struct task *t, const char *model, const char *kind)
{
    const int64_t most = config_int(t->p->config, OPTION_TOTAL_MS);
    char name[160];
    limit_name(model, kind, name);
    return (int)json_i64(json_object_of(t->learned, "limits"), name,
                         call_limit(NULL, 0, router_model_size(model), most));
}

/* ---- noting; committed with the next write, not waited for ---- */

static void noted(void *arg, enum err result)
{
    (void)result;
    free(arg);
}

static enum err store_outcome(sqlite3 *db, void *arg, struct err_info *info)
{
    return learned_add_outcome(db, arg, info);
}

static void note_outcome(struct task *t, const struct stage *s, const char *outcome, int64_t tokens,
                         int64_t ms)
{
    struct stage_outcome *o = calloc(1, sizeof *o);
    if (!o)
        return;
    key_of(t, s, &o->key);
    o->job = job_id(t->job);
    o->stage = s->number;
    o->when = day_time_now();
    o->tokens = tokens;
    o->ms = ms;
    snprintf(o->outcome, sizeof o->outcome, "%s", outcome);
    if (store_post(t->p->store, STORE_LAZY, store_outcome, o, noted))
        free(o);
}

void experience_note_stage(struct task *t, const struct stage *s, enum err result, int64_t tokens,
                           int64_t ms)
{
    if (result == ERR_OK || result == ERR_NOT_FOUND)
        note_outcome(t, s, result == ERR_OK ? "solved" : "failed", tokens, ms);
}

void experience_note_spared(struct task *t, const struct stage *s)
{
    note_outcome(t, s, "skipped", 0, 0);
}

struct call_note {
    char model[128], kind[16];
    int64_t ms;
};

static enum err store_call(sqlite3 *db, void *arg, struct err_info *info)
{
    const struct call_note *n = arg;
    return learned_add_time(db, n->model, n->kind, n->ms, info);
}

void experience_note_call(struct pipeline *p, const char *model, const char *kind, double ms)
{
    struct call_note *n = calloc(1, sizeof *n);
    if (!n)
        return;
    snprintf(n->model, sizeof n->model, "%s", model);
    snprintf(n->kind, sizeof n->kind, "%s", kind);
    n->ms = (int64_t)ms;
    if (store_post(p->store, STORE_LAZY, store_call, n, noted))
        free(n);
}
