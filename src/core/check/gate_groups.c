/* Gates that judge the same program side by side. */
#include <stdlib.h>

#include "core/check/gate.h"
#include "core/check/gate_figures.h"

enum { GROUPS_MAX = 32 };

struct group {
    struct gate_sum sum;
    size_t first;
    struct fiber_sem *places; /* as many as there are processors */
    struct err_info info;
};

static enum err run_group(struct job *job, void *arg)
{
    struct group *g = arg;
    enum err e = fiber_sem_take(g->places);
    if (e)
        return e;
    e = gate_group(job, &g->sum, g->first, &g->info);
    fiber_sem_give(g->places);
    return e;
}

/* Appends `from` to the list, which may not be there yet. */
static void append(struct json_object **to, struct json_object *from)
{
    const size_t n = from ? json_object_array_length(from) : 0;
    if (n && !*to)
        *to = json_object_new_array();
    for (size_t i = 0; i < n; i++)
        json_object_array_add(*to, json_object_get(json_object_array_get_idx(from, i)));
}

static void add_up(struct gate_sum *all, const struct gate_sum *one)
{
    all->passed += one->passed;
    all->asked += one->asked;
    for (size_t i = 0; i < json_object_array_length(one->gates); i++)
        gate_figures_add(all->gates, json_object_get(json_object_array_get_idx(one->gates, i)));
    all->blocked |= one->blocked;
    append(&all->blocking, one->blocking);
    append(&all->left_out, one->left_out);
}

enum err gate_groups(struct job *job, struct gate_sum *all, const bool *settled,
                     struct err_info *info)
{
    struct task *t = all->candidate->task;
    struct group *groups = calloc(GROUPS_MAX, sizeof *groups);
    struct branch branches[GROUPS_MAX];
    struct fiber_sem places;
    size_t n = 0;
    enum err e = groups ? ERR_OK : ERR_NOMEM;
    fiber_sem_init(&places, (int)uv_available_parallelism());
    for (size_t i = 0; !e && i < gate_count(t) && n < GROUPS_MAX; i++) {
        if (!gate_begins(all, i))
            continue;
        if (settled && settled[i]) {
            gate_pass(job, all, i);
            continue;
        }
        groups[n].sum = (struct gate_sum){.candidate = all->candidate,
                                          .accepted = all->accepted,
                                          .at_once = all->at_once,
                                          .together = all->together,
                                          .gates = json_object_new_array()};
        groups[n].first = i;
        groups[n].places = &places;
        branches[n] = (struct branch){
            .name = json_str(gate_at(t, i), "id", ""), .fn = run_group, .arg = &groups[n]};
        n++;
    }
    if (!e && n)
        e = job_all(job, "gates", branches, n);
    for (size_t i = 0; i < n; i++) {
        if (!e)
            add_up(all, &groups[i].sum);
        else if (groups[i].info.message[0] && info)
            *info = groups[i].info;
        gate_sum_fini(&groups[i].sum);
        json_object_put(groups[i].sum.gates);
    }
    free(groups);
    return e;
}
