/* The waits of everyday use. All but a sleep return only after their handles' close callbacks, so
 * that the handles may live on the fiber's stack. */
#include <stdlib.h>

#include "core/job/fiber.h"

/* ---- time ---- */

/* On the heap: close callbacks come in any order, and sleepers are to wake in the order of their
 * times, also when the loop was held up meanwhile. */
struct sleep {
    uv_timer_t timer;
    struct await *await;
};

static void free_sleep(uv_handle_t *h)
{
    free(h->data);
}

static void wake(struct sleep *s, enum err code)
{
    await_done(s->await, code);
    uv_close((uv_handle_t *)&s->timer, free_sleep);
}

static void on_time(uv_timer_t *t)
{
    wake(t->data, ERR_OK);
}

static void abort_sleep(struct await *a)
{
    struct sleep *s = a->data;
    if (!uv_is_closing((uv_handle_t *)&s->timer))
        wake(s, ERR_CANCELLED);
}

enum err fiber_sleep(uint64_t ms)
{
    struct await await;
    struct sleep *s;
    enum err e = fiber_check();
    if (e)
        return e;
    s = calloc(1, sizeof *s);
    if (!s)
        return ERR_NOMEM;
    s->await = &await;
    await_init(&await, abort_sleep, s);
    uv_timer_init(sched_loop(fiber_sched(fiber_current())), &s->timer);
    s->timer.data = s;
    uv_timer_start(&s->timer, on_time, ms, 0);
    return await_wait(&await);
}

/* ---- descriptors ---- */

struct poll_wait {
    struct await await;
    uv_timer_t timer;
    uv_poll_t poll;
    bool has_timer;
    int open; /* handles not yet closed */
    enum err code;
};

static void on_closed(uv_handle_t *h)
{
    struct poll_wait *w = h->data;
    if (--w->open == 0)
        await_done(&w->await, w->code);
}

static void end(struct poll_wait *w, enum err code)
{
    if (uv_is_closing((uv_handle_t *)&w->poll))
        return;
    w->code = code;
    if (w->has_timer)
        uv_close((uv_handle_t *)&w->timer, on_closed);
    uv_close((uv_handle_t *)&w->poll, on_closed);
}

static void on_timer(uv_timer_t *t)
{
    end(t->data, ERR_TIMEOUT);
}

static void on_poll(uv_poll_t *p, int status, int events)
{
    (void)status; /* an error makes the descriptor ready: the caller's read or write tells it */
    (void)events;
    end(p->data, ERR_OK);
}

static void abort_poll(struct await *a)
{
    end(a->data, ERR_CANCELLED);
}

enum err fiber_poll(int fd, int events, uint64_t ms)
{
    struct poll_wait w = {.has_timer = ms > 0, .open = 1};
    uv_loop_t *loop = sched_loop(fiber_sched(fiber_current()));
    enum err e = fiber_check();
    if (e)
        return e;
    await_init(&w.await, abort_poll, &w);
    if (uv_poll_init(loop, &w.poll, fd))
        return ERR_IO;
    w.poll.data = &w;
    uv_poll_start(&w.poll, events, on_poll);
    if (w.has_timer) {
        uv_timer_init(loop, &w.timer);
        w.timer.data = &w;
        w.open++;
        uv_timer_start(&w.timer, on_timer, ms, 0);
    }
    return await_wait(&w.await);
}

/* ---- the thread pool ---- */

struct work_wait {
    uv_work_t work;
    struct await await;
    void (*fn)(void *arg);
    void *arg;
};

static void run_work(uv_work_t *work)
{
    struct work_wait *w = work->data;
    w->fn(w->arg);
}

static void after_work(uv_work_t *work, int status)
{
    struct work_wait *w = work->data;
    await_done(&w->await, status == UV_ECANCELED ? ERR_CANCELLED : ERR_OK);
}

static void abort_work(struct await *a)
{
    struct work_wait *w = a->data;
    uv_cancel((uv_req_t *)&w->work); /* fails when it runs already: it is then waited for */
}

enum err fiber_work(void (*fn)(void *arg), void *arg)
{
    struct work_wait w = {.fn = fn, .arg = arg};
    enum err e = fiber_check();
    if (e)
        return e;
    await_init(&w.await, abort_work, &w);
    w.work.data = &w;
    if (uv_queue_work(sched_loop(fiber_sched(fiber_current())), &w.work, run_work, after_work))
        return ERR_INTERNAL;
    return await_wait(&w.await);
}

/* ---- semaphores ---- */

struct sem_waiter {
    struct sem_waiter *next;
    struct fiber_sem *sem;
    struct await await;
};

void fiber_sem_init(struct fiber_sem *sem, int count)
{
    *sem = (struct fiber_sem){.free = count};
}

static void remove_waiter(struct fiber_sem *sem, struct sem_waiter *w)
{
    struct sem_waiter *before = NULL;
    for (struct sem_waiter *at = sem->first; at; before = at, at = at->next) {
        if (at != w)
            continue;
        if (before)
            before->next = w->next;
        else
            sem->first = w->next;
        if (sem->last == w)
            sem->last = before;
        return;
    }
}

static void abort_take(struct await *a)
{
    struct sem_waiter *w = a->data;
    remove_waiter(w->sem, w);
    await_done(a, ERR_CANCELLED);
}

enum err fiber_sem_take(struct fiber_sem *sem)
{
    struct sem_waiter w = {.sem = sem};
    enum err e = fiber_check();
    if (e)
        return e;
    if (sem->free > 0 && !sem->first) {
        sem->free--;
        return ERR_OK;
    }
    await_init(&w.await, abort_take, &w);
    if (sem->last)
        sem->last->next = &w;
    else
        sem->first = &w;
    sem->last = &w;
    return await_wait(&w.await);
}

/* The place goes straight to the first waiter, so that nobody can overtake it. */
void fiber_sem_give(struct fiber_sem *sem)
{
    struct sem_waiter *w = sem->first;
    if (!w) {
        sem->free++;
        return;
    }
    remove_waiter(sem, w);
    await_done(&w->await, ERR_OK);
}
