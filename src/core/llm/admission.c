#include "core/llm/admission.h"

#include <stdlib.h>
#include <string.h>

enum {
    MINUTE_MS =
        60000 + 200,      /* the server's clock begins when a question arrives, not when it left */
    BREAKER_FAILURES = 5, /* in a row, then the backend is left alone */
    BREAKER_FIRST_MS = 5000,
    BREAKER_MOST_MS = 60000,
};

uint64_t admission_now(void)
{
    return uv_hrtime() / 1000000;
}

void admission_init(struct admission *a, struct sched *s)
{
    memset(a, 0, sizeof *a);
    a->sched = s;
    call_queue_init(&a->queue, 1);
    rate_init(&a->rate, 0, 0, MINUTE_MS);
    breaker_init(&a->breaker, 0, BREAKER_FIRST_MS, BREAKER_MOST_MS);
}

/* ---- who may begin ---- */

/* ms until the first in the queue may be asked for more than a place; 0: now. */
static uint64_t wait_of(struct admission *a, const struct admission_call *c, uint64_t now)
{
    uint64_t wait = rate_wait(&a->rate, now, c->tokens), more = breaker_wait(&a->breaker, now);
    wait = more > wait ? more : wait;
    more = a->paused_until > now ? a->paused_until - now : 0;
    return more > wait ? more : wait;
}

static void begin(struct admission *a, struct admission_call *c, uint64_t now)
{
    call_queue_begin(&a->queue, &c->queued);
    c->probe = breaker_begin(&a->breaker, now);
    c->in = true;
    await_done(&c->await, rate_take(&a->rate, now, c->tokens, &c->number));
}

static void on_timer(uv_timer_t *timer);

static void wake_after(struct admission *a, uint64_t ms)
{
    if (!a->timer) {
        a->timer = malloc(sizeof *a->timer);
        if (!a->timer)
            return; /* the next call that ends looks again */
        uv_timer_init(sched_loop(a->sched), a->timer);
        a->timer->data = a;
    }
    uv_timer_start(a->timer, on_timer, ms + 1, 0); /* the loop's clock may lag behind by one */
}

static struct admission_call *call_of(struct queued_call *queued)
{
    return (struct admission_call *)((char *)queued - offsetof(struct admission_call, queued));
}

/* ms for which the breaker lets nobody in; how long the probe takes is not known. */
static uint64_t closed_ms(const struct admission *a, uint64_t now)
{
    const uint64_t wait = breaker_wait(&a->breaker, now);
    return wait ? wait : !breaker_allows(&a->breaker, now);
}

static bool has_patience(const struct admission *a, const struct admission_call *c, uint64_t now)
{
    const uint64_t closed = closed_ms(a, now);
    return (!closed || now + closed <= c->came + c->breaker_patience_ms) &&
           (a->paused_until <= now || a->paused_until <= c->came + c->pause_patience_ms);
}

static void turn_away(struct admission *a)
{
    const uint64_t now = admission_now();
    if (!closed_ms(a, now) && a->paused_until <= now)
        return;
    for (struct queued_call *q = call_queue_each(&a->queue, NULL), *next; q; q = next) {
        struct admission_call *c = call_of(q);
        next = call_queue_each(&a->queue, q);
        if (has_patience(a, c, now))
            continue;
        call_queue_remove(&a->queue, q);
        await_done(&c->await, ERR_UNAVAILABLE);
    }
}

/* Lets in whoever may begin. */
static void open_door(struct admission *a)
{
    struct queued_call *next;
    turn_away(a);
    while ((next = call_queue_next(&a->queue)) != NULL) {
        struct admission_call *c = call_of(next);
        const uint64_t now = admission_now(), wait = wait_of(a, c, now);
        if (wait) {
            wake_after(a, wait);
            return;
        }
        if (!breaker_allows(&a->breaker, now))
            return; /* the probe is under way: its end opens the door */
        begin(a, c, now);
    }
}

static void on_timer(uv_timer_t *timer)
{
    open_door(timer->data);
}

/* ---- the door ---- */

void admission_set_limits(struct admission *a, const struct admission_limits *limits)
{
    a->limits = *limits;
    a->queue.parallel = limits->parallel > 0 ? limits->parallel : 1;
    a->queue.stays = limits->stays;
    a->queue.one_model = limits->one_model;
    a->rate.requests = limits->requests;
    a->rate.tokens = limits->tokens;
    a->breaker.threshold = limits->breaks ? BREAKER_FAILURES : 0;
    open_door(a);
}

static void free_timer(uv_handle_t *timer)
{
    free(timer);
}

void admission_fini(struct admission *a)
{
    if (a->timer)
        uv_close((uv_handle_t *)a->timer, free_timer);
    a->timer = NULL;
    rate_fini(&a->rate);
}

static void abort_enter(struct await *await)
{
    struct admission_call *c = await->data;
    call_queue_remove(&c->door->queue, &c->queued);
    await_done(await, ERR_CANCELLED);
    open_door(c->door); /* it may have stood in the way of a smaller one, or of another model */
}

bool admission_open(const struct admission *a, uint64_t breaker_ms, uint64_t pause_ms)
{
    const uint64_t now = admission_now();
    const struct admission_call c = {
        .came = now, .breaker_patience_ms = breaker_ms, .pause_patience_ms = pause_ms};
    return has_patience(a, &c, now);
}

static void note_wait(struct admission *a, uint64_t began)
{
    a->calls++;
    a->waited_last_ms = (double)(uv_hrtime() - began) / 1e6;
    a->waited_ms += a->waited_last_ms;
    if (a->waited_last_ms > a->waited_most_ms)
        a->waited_most_ms = a->waited_last_ms;
}

enum err admission_enter(struct admission *a, struct admission_call *c)
{
    const uint64_t began = uv_hrtime();
    enum err e = fiber_check();
    c->door = a;
    c->came = admission_now();
    c->in = c->probe = false;
    if (e)
        return e;
    call_queue_add(&a->queue, &c->queued);
    await_init(&c->await, abort_enter, c);
    open_door(a);
    e = await_wait(&c->await);
    if (e && c->in) /* let in, and out of memory */
        admission_leave(a, c, CALL_SAID_NOTHING, 0, 0);
    if (!e)
        note_wait(a, began);
    return e;
}

void admission_leave(struct admission *a, struct admission_call *c, enum admission_end end,
                     int64_t tokens, int64_t retry_after_ms)
{
    const uint64_t now = admission_now();
    if (end == CALL_WENT_WELL)
        breaker_succeed(&a->breaker);
    else if (end == CALL_FAILED)
        breaker_fail(&a->breaker, now, c->probe);
    else
        breaker_drop(&a->breaker, c->probe);
    if (tokens >= 0)
        rate_settle(&a->rate, c->number, tokens);
    if (retry_after_ms > 0 && now + (uint64_t)retry_after_ms > a->paused_until)
        a->paused_until = now + (uint64_t)retry_after_ms;
    call_queue_end(&a->queue);
    open_door(a);
}

void admission_hurry(struct admission *a)
{
    breaker_hurry(&a->breaker, admission_now());
    open_door(a);
}
