/* Turns: branches that do their last part one at a time, in an order that a resumed job keeps. */
#include <stdlib.h>

#include "core/job/job_internal.h"

static enum err turn_step(struct step *step, void *arg, struct buf *out)
{
    const struct branch_run *next = arg;
    (void)step;
    return buf_addf(out, "%zu", next->index);
}

/* Whose turn is next as the journal has it; NULL: it does not know. */
static struct branch_run *recorded(struct fan *fan)
{
    char path[JOB_PATH_MAX];
    const struct record *r;
    size_t index;
    step_path(&fan->turns, path);
    r = journal_find(&fan->job->root->journal, path);
    if (!r || r->state != RECORD_DONE)
        return NULL;
    index = strtoul(r->value, NULL, 10);
    return index < fan->n ? &fan->runs[index] : NULL;
}

static struct branch_run *best_waiting(struct fan *fan)
{
    struct branch_run *best = NULL;
    for (size_t i = 0; i < fan->n; i++) {
        struct branch_run *run = &fan->runs[i];
        if (run->turn == TURN_WAITS && (!best || run->merit > best->merit ||
                                        (run->merit >= best->merit && run->came < best->came)))
            best = run;
    }
    return best;
}

static void wake(struct branch_run *run, enum turn_state state, enum err code)
{
    run->turn = state;
    await_done(&run->await, code);
}

/* The order cannot be journaled, so the job cannot go on: nobody may wait for ever. */
static void give_up(struct fan *fan, enum err code)
{
    for (size_t i = 0; i < fan->n; i++)
        if (fan->runs[i].turn == TURN_WAITS)
            wake(&fan->runs[i], TURN_OVER, code);
}

/* Who had the turn before a crash has it again, and is waited for; it can be over only in a program
 * that is not the one that wrote the row. */
static void give(struct fan *fan)
{
    const bool decided = fan->any && fan->won < fan->n;
    while (!fan->holder && !decided) {
        struct branch_run *known = recorded(fan), *next = known ? known : best_waiting(fan);
        const struct step_desc desc = {
            .name = "turn", .flags = STEP_LAZY | STEP_SILENT, .run = turn_step, .arg = next};
        enum err e;
        if (!next || next->turn == TURN_BEFORE)
            return;
        e = job_step(&fan->turns, &desc, NULL, NULL);
        if (e) {
            give_up(fan, e);
            return;
        }
        if (next->turn != TURN_WAITS)
            continue;
        fan->holder = next;
        wake(next, TURN_HELD, ERR_OK);
    }
}

void turn_end(struct branch_run *run)
{
    if (run->fan->holder == run)
        run->fan->holder = NULL;
    run->turn = TURN_OVER;
    give(run->fan);
}

static void abort_turn(struct await *a)
{
    wake(a->data, TURN_OVER, ERR_CANCELLED);
}

enum err job_turn(struct job *job, double merit)
{
    struct branch_run *run = job->run;
    enum err e = fiber_check();
    if (e || !run || run->fan->alone || run->turn != TURN_BEFORE)
        return e;
    run->turn = TURN_WAITS;
    run->merit = merit;
    run->came = run->fan->came++;
    await_init(&run->await, abort_turn, run);
    give(run->fan);
    return await_wait(&run->await);
}
