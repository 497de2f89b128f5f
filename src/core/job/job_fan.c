/* Fan-outs: parallel branches of a job, each with a counter of steps of its own. */
#include <stdlib.h>
#include <string.h>

#include "base/day_time.h"
#include "base/sha256.h"
#include "core/job/job_internal.h"

static void cancel_others(struct fan *fan, size_t index)
{
    for (size_t i = 0; i < fan->n; i++)
        if (i != index && fan->runs[i].fiber)
            fiber_cancel(fan->runs[i].fiber);
}

static enum err branch_main(void *arg)
{
    struct branch_run *run = arg;
    struct fan *fan = run->fan;
    struct branch *b = &fan->branches[run->index];
    b->result = b->fn(&run->job, b->arg);
    if (fan->any && b->result == ERR_OK && fan->won == fan->n) {
        fan->won = run->index;
        cancel_others(fan, run->index);
    } else if (!fan->any && b->result != ERR_OK) {
        cancel_others(fan, run->index);
    }
    turn_end(run);
    return b->result;
}

static enum err join_all(struct fan *fan)
{
    enum err cut = ERR_OK;
    for (size_t i = 0; i < fan->n; i++) {
        enum err result = ERR_OK;
        if (!fan->runs[i].fiber)
            continue;
        if (fiber_join(fan->runs[i].fiber, &result) == ERR_CANCELLED && !cut) {
            cut = ERR_CANCELLED;
            for (size_t k = i + 1; k < fan->n; k++)
                if (fan->runs[k].fiber)
                    fiber_cancel(fan->runs[k].fiber);
        }
        fan->runs[i].fiber = NULL;
    }
    return cut;
}

/* Runs the branches (only one, when the journal knows the winner) to their ends. */
static enum err run_branches(struct fan *fan, const char *path, size_t only)
{
    struct sched *sched = fan->job->root->jobs->sched;
    enum err e = ERR_OK;
    char prefix[JOB_PATH_MAX];
    fan->runs = calloc(fan->n, sizeof *fan->runs);
    if (!fan->runs)
        return ERR_NOMEM;
    fan->alone = only < fan->n;
    snprintf(prefix, sizeof prefix, "%.80s.0.", path);
    job_init(&fan->turns, fan->job->root, prefix);
    for (size_t i = 0; i < fan->n; i++) {
        struct branch_run *run = &fan->runs[i];
        fan->branches[i].result = ERR_CANCELLED;
        if (fan->alone && i != only)
            continue;
        snprintf(prefix, sizeof prefix, "%.80s.%u.", path, (unsigned)i + 1);
        *run = (struct branch_run){.fan = fan, .index = i};
        job_init(&run->job, fan->job->root, prefix);
        run->job.run = run;
        run->fiber = fiber_spawn(sched, fan->branches[i].name, branch_main, run);
        if (!run->fiber)
            e = ERR_NOMEM;
    }
    if (e)
        cancel_others(fan, fan->n);
    if (join_all(fan) && !e)
        e = ERR_CANCELLED;
    for (size_t i = 0; i < fan->n; i++)
        trace_move_cuts(&fan->cuts, &fan->runs[i].job.cuts);
    free(fan->runs);
    fan->runs = NULL;
    return e;
}

static void fan_input(const struct branch *branches, size_t n, char out[JOB_HASH_SIZE])
{
    struct sha256 h;
    char hex[65];
    sha256_init(&h);
    for (size_t i = 0; i < n; i++)
        sha256_add(&h, branches[i].name, strlen(branches[i].name) + 1);
    sha256_hex(&h, hex);
    snprintf(out, JOB_HASH_SIZE, "%.32s", hex);
}

/* The row's events: where the fan-out begins, or where it and what it cut off end. */
static enum err trace_fan(struct fan *fan, struct entry *e, const char *path, const char *name,
                          enum record_state state, enum err result)
{
    double ms = (double)(day_time_now() - fan->began);
    enum err err;
    if (state == RECORD_INTENT)
        return trace_fork_begin(e, path, name + sizeof "any", fan->branches, fan->n);
    err = trace_add_cuts(e, &fan->cuts);
    e->record.began = fan->began;
    return err ? err
               : trace_fork_end(e, path, trace_outcome(result, 0),
                                fan->any && fan->won < fan->n ? fan->won + 1 : 0, ms);
}

static enum err write_fan(struct fan *fan, const char *path, const char *name, const char *input,
                          enum record_state state, enum err result, struct err_info *info)
{
    struct job *job = fan->job;
    struct entry *e = row_entry(job, path, name, input, state, 1);
    struct buf value;
    enum err err = e ? ERR_OK : ERR_NOMEM;
    buf_init(&value, 32);
    if (!err)
        err = buf_addf(&value, "%zu", fan->won);
    if (!err)
        err = row_fill(&e->record, result, "", &value);
    if (!err)
        err = trace_fan(fan, e, path, name, state, result);
    buf_fini(&value);
    if (err) {
        entry_free(e);
        return err_set(info, err, "out of memory");
    }
    return row_send(job, e, true, info);
}

static enum err first_error(const struct fan *fan)
{
    enum err found = ERR_OK;
    for (size_t i = 0; i < fan->n; i++)
        if (fan->branches[i].result && (!found || found == ERR_CANCELLED))
            found = fan->branches[i].result;
    return found;
}

/* The fan-out cannot be finished now. */
static enum err cut_fan(struct fan *fan, const char *path, const char *name, struct err_info *info)
{
    struct job *job = fan->job;
    if (job->prefix[0])
        trace_move_cuts(&job->cuts, &fan->cuts);
    trace_drop_cuts(&fan->cuts);
    trace_cut(job, path, name, "", fan->began, true);
    return step_cut(job, info);
}

/* Looks the fan-out up in the journal or writes that it begins. *only: the winner that the journal
 * knows. *over: it is known how it ended. A job_any that failed goes through its branches again:
 * each came to its own end, and the job wants what they left in memory. */
static enum err begin_fan(struct fan *fan, const char *path, const char *name, const char *input,
                          size_t *only, bool *over, struct err_info *info)
{
    struct job *job = fan->job;
    struct record *r;
    enum err e = step_find(job, path, name, input, &r, info);
    if (e)
        return e;
    *over = r && r->state == RECORD_DONE;
    if (*over) {
        if (r->err || fan->any)
            journal_use_below(&job->root->journal, path);
        if (r->err && !fan->any)
            return r->err;
        *only = strtoul(r->value, NULL, 10);
        return ERR_OK;
    }
    e = r ? ERR_OK : step_may_begin(job, info);
    return e || r ? e : write_fan(fan, path, name, input, RECORD_INTENT, ERR_OK, info);
}

/* Only what decides how the job goes on is recorded: the winner, or the error of the whole. */
static enum err fan_out(struct fan *fan, const char *name, struct err_info *info)
{
    struct job *job = fan->job;
    char path[JOB_PATH_MAX], input[JOB_HASH_SIZE], label[80];
    size_t only = fan->n;
    bool over = false;
    enum err e, result;
    step_path(job, path);
    job->next++;
    job->events = 0;
    if (strlen(path) > JOB_PATH_ROOM)
        return err_set(info, ERR_TOO_LARGE, "fan-outs nested too deep");
    fan->began = day_time_now();
    fan_input(fan->branches, fan->n, input);
    snprintf(label, sizeof label, "%s:%.60s", fan->any ? "any" : "all", name);
    e = begin_fan(fan, path, label, input, &only, &over, info);
    if (e)
        return e;
    e = run_branches(fan, path, only);
    if (e && e != ERR_CANCELLED)
        trace_drop_cuts(&fan->cuts);
    if (e)
        return e == ERR_CANCELLED ? cut_fan(fan, path, name, info) : e;
    result = fan->any ? (fan->won < fan->n ? ERR_OK : ERR_NOT_FOUND) : first_error(fan);
    if (result == ERR_CANCELLED || (result && fiber_check()) || root_suspended(job->root))
        return cut_fan(fan, path, name, info);
    if (fan->any || result) /* a cancelled branch may not have come to all its rows */
        journal_use_below(&job->root->journal, path);
    if (!over)
        e = write_fan(fan, path, label, input, RECORD_DONE, result, info);
    trace_drop_cuts(&fan->cuts);
    return e ? e : result;
}

enum err job_all(struct job *job, const char *name, struct branch *branches, size_t n)
{
    struct fan fan = {.job = job, .branches = branches, .n = n, .won = n};
    return fan_out(&fan, name, NULL);
}

enum err job_any(struct job *job, const char *name, struct branch *branches, size_t n, size_t *won)
{
    struct fan fan = {.job = job, .branches = branches, .n = n, .won = n, .any = true};
    enum err e = fan_out(&fan, name, NULL);
    *won = fan.won;
    return e;
}
