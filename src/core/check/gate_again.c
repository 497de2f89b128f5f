/* Gates on a program that is kept and has no figures of its own: it was made by hand, came from
 * elsewhere, or is older than they are. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/day_time.h"
#include "core/check/gate.h"
#include "core/check/gate_figures.h"
#include "core/store/artifact.h"

struct keep {
    int64_t number, when;
    struct json_object *gates;
};

static enum err keep(sqlite3 *db, void *arg, struct err_info *info)
{
    const struct keep *k = arg;
    return artifact_judged(db, k->number, k->gates, k->when, info);
}

static void kept(void *arg, enum err result)
{
    struct keep *k = arg;
    (void)result;
    json_object_put(k->gates);
    free(k);
}

/* Not waited for: it is committed with the job's end, which is queued behind it. */
static void post(struct task *t, const char *id, struct json_object *gates)
{
    struct keep *k = calloc(1, sizeof *k);
    if (!k)
        return;
    k->number = artifact_number(id);
    k->when = day_time_now();
    k->gates = json_object_get(gates);
    if (store_post(t->p->store, STORE_LAZY, keep, k, kept))
        kept(k, ERR_OK);
}

enum err gate_look(struct task *t, struct candidate *c, bool all, bool *blocked,
                   struct err_info *info)
{
    enum err e = ERR_OK;
    if (!c->verdict.gates)
        c->verdict.gates = json_object_new_array();
    gate_want_accepted(t);
    for (int accepted = !all; !e && accepted < 2; accepted++) {
        struct gate_sum sum = {.candidate = c, .accepted = accepted, .gates = c->verdict.gates};
        e = gate_groups(t->job, &sum, NULL, info);
        if (blocked)
            *blocked |= sum.blocked;
        gate_sum_fini(&sum);
    }
    return e;
}

enum err gate_again(struct task *t, struct json_object *a, struct err_info *info)
{
    static const struct stage stage = {.candidates = 1};
    struct candidate c;
    enum err e;
    if (json_get(a, "gate_score") && !json_get(a, "gates_of"))
        return ERR_OK;
    e = gates_load(t, info);
    if (e || !gate_count(t))
        return e;
    candidate_init(&c, t, &stage, 1, NULL);
    snprintf(c.verdict.function, sizeof c.verdict.function, "%s", json_str(a, "function", ""));
    e = buf_adds(&c.code, json_str(a, "source", ""));
    if (!e)
        e = gate_look(t, &c, true, NULL, info);
    if (!e)
        gate_figures_tell(t->job, &c, c.verdict.gates);
    if (!e && json_object_array_length(c.verdict.gates))
        post(t, json_str(a, "id", ""), c.verdict.gates);
    candidate_fini(&c);
    return e;
}
