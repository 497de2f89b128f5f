/* How a job that directs others learns that there is something to look at. */
#include "core/job/job_internal.h"

struct listening {
    struct await await;
    uv_timer_t timer;
    enum err code;
};

static void on_closed(uv_handle_t *h)
{
    struct listening *l = h->data;
    await_done(&l->await, l->code);
}

/* The await ends when the timer is closed, since both live on the fiber's stack. */
static void end(struct listening *l, enum err code)
{
    if (uv_is_closing((uv_handle_t *)&l->timer))
        return;
    l->code = code;
    uv_close((uv_handle_t *)&l->timer, on_closed);
}

static void on_timer(uv_timer_t *timer)
{
    end(timer->data, ERR_OK);
}

static void abort_listening(struct await *a)
{
    end(a->data, ERR_CANCELLED);
}

void root_ring(struct root *root)
{
    root->bell = true;
    if (root->listening)
        end(root->listening->data, ERR_OK);
}

void jobs_ring(struct jobs *jobs, int64_t id)
{
    struct root *root = roots_find(jobs, id);
    if (root)
        root_ring(root);
}

enum err job_bell(struct job *job, uint64_t ms)
{
    struct root *root = job->root;
    struct listening l = {.code = ERR_OK};
    enum err e = fiber_check();
    if (!e && !root->bell) {
        await_init(&l.await, abort_listening, &l);
        uv_timer_init(sched_loop(root->jobs->sched), &l.timer);
        l.timer.data = &l;
        uv_timer_start(&l.timer, on_timer, ms, 0);
        root->listening = &l.await;
        e = await_wait(&l.await);
        root->listening = NULL;
    }
    root->bell = false;
    return e;
}
