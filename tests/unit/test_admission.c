/* The door to a backend, with fibers and real time: who waits, for what, and who is turned away. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/llm/admission.h"

enum { CALLERS = 12, LOG = 128 };

struct talk {
    struct admission door;
    struct admission_limits limits;
    enum err code;
    char log[LOG]; /* "a" a call of model a begins, "-" it ends, "!" one is turned away */
    int inside, most;
    char model; /* of those inside */
    bool mixed;
    uint64_t began;
};

struct caller {
    const char *model;
    uint64_t after, takes; /* ms */
    int64_t job, tokens, retry_after_ms;
    int rank;
    uint64_t patience_ms;
    enum admission_end end;
    struct talk *talk;
    uint64_t at; /* ms after the beginning, when it began */
};

static void log_add(struct talk *t, char c)
{
    const size_t n = strlen(t->log);
    if (n + 1 < sizeof t->log)
        t->log[n] = c;
}

static enum err call(void *arg)
{
    struct caller *c = arg;
    struct talk *t = c->talk;
    struct admission_call door = {
        .queued = {.job = c->job, .rank = c->rank, .model = c->model ? c->model : "a"},
        .tokens = c->tokens,
        .breaker_patience_ms = c->patience_ms,
        .pause_patience_ms = c->patience_ms};
    enum err e = fiber_sleep(c->after);
    if (!e)
        e = admission_enter(&t->door, &door);
    if (e == ERR_UNAVAILABLE)
        log_add(t, '!');
    if (e)
        return e;
    c->at = admission_now() - t->began;
    t->mixed |= t->inside && t->model != *door.queued.model;
    t->inside++;
    t->most = t->inside > t->most ? t->inside : t->most;
    t->model = *door.queued.model;
    log_add(t, t->model);
    e = fiber_sleep(c->takes);
    log_add(t, '-');
    t->inside--;
    admission_leave(&t->door, &door, e ? CALL_SAID_NOTHING : c->end, c->tokens, c->retry_after_ms);
    return e;
}

struct play {
    struct talk talk;
    struct caller callers[CALLERS];
    size_t n;
    int cancelled;         /* number of the one that gives up; -1: none */
    uint64_t cancelled_ms; /* when */
};

static enum err all(void *arg)
{
    struct play *p = arg;
    struct fiber *fibers[CALLERS];
    enum err e = ERR_OK, result;
    admission_init(&p->talk.door, fiber_sched(fiber_current()));
    admission_set_limits(&p->talk.door, &p->talk.limits);
    p->talk.began = admission_now();
    for (size_t i = 0; i < p->n; i++) {
        p->callers[i].talk = &p->talk;
        fibers[i] = fiber_spawn(fiber_sched(fiber_current()), "call", call, &p->callers[i]);
    }
    if (p->cancelled >= 0) {
        e = fiber_sleep(p->cancelled_ms);
        fiber_cancel(fibers[p->cancelled]);
    }
    for (size_t i = 0; i < p->n; i++)
        if (fiber_join(fibers[i], &result) ||
            (result && result != ERR_UNAVAILABLE && (int)i != p->cancelled))
            e = ERR_INTERNAL;
    admission_fini(&p->talk.door);
    return p->talk.code = e;
}

static void run(struct play *p)
{
    uv_loop_t loop;
    struct sched *s;
    uv_loop_init(&loop);
    s = sched_new(&loop);
    while (p->n < CALLERS && (p->callers[p->n].takes || p->callers[p->n].after))
        p->n++;
    fiber_detach(fiber_spawn(s, "test", all, p), NULL, NULL);
    sched_run(s);
    sched_close(s);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    assert_int_equal(p->talk.code, ERR_OK);
    assert_int_equal(p->talk.inside, 0);
}

static void models_never_compute_together(void **state)
{
    struct play p = {.talk.limits = {.parallel = 4, .stays = true, .one_model = true},
                     .callers = {{.model = "a", .takes = 60, .job = 1},
                                 {.model = "a", .after = 10, .takes = 60, .job = 2},
                                 {.model = "b", .after = 20, .takes = 20, .job = 3},
                                 {.model = "a", .after = 30, .takes = 60, .job = 4},
                                 {.model = "b", .after = 40, .takes = 20, .job = 5}},
                     .cancelled = -1};
    (void)state;
    run(&p);
    assert_false(p.talk.mixed);
    assert_string_equal(p.talk.log, "aaa---bb--");
}

static void one_that_gives_up_stands_in_nobodys_way(void **state)
{
    struct play p = {.talk.limits = {.parallel = 4, .one_model = true},
                     .callers = {{.model = "a", .takes = 90, .job = 1},
                                 {.model = "b", .after = 10, .takes = 20, .job = 2},
                                 {.model = "a", .after = 20, .takes = 20, .job = 3}},
                     .cancelled = 1,
                     .cancelled_ms = 40};
    (void)state;
    run(&p);
    assert_string_equal(p.talk.log, "aa--"); /* at once, not when the first has ended */
    assert_int_equal(p.talk.most, 2);
}

static void one_that_is_cancelled_inside_leaves(void **state)
{
    struct play p = {.talk.limits = {.parallel = 1},
                     .callers = {{.takes = 5000, .job = 1}, {.after = 10, .takes = 10, .job = 2}},
                     .cancelled = 0,
                     .cancelled_ms = 30};
    (void)state;
    run(&p);
    assert_string_equal(p.talk.log, "a-a-");
}

static void a_pause_holds_for_all_and_ends_by_itself(void **state)
{
    struct play p = {.talk.limits = {.parallel = 2},
                     .callers = {{.takes = 20, .job = 1, .retry_after_ms = 200},
                                 {.after = 40, .takes = 10, .job = 2, .patience_ms = 1000},
                                 {.after = 60, .takes = 10, .job = 3, .patience_ms = 100},
                                 {.after = 50, .takes = 10, .job = 4, .patience_ms = 1000}},
                     .cancelled = -1};
    (void)state;
    run(&p);
    assert_string_equal(p.talk.log, "a-!aa--"); /* who has too little patience learns it at once */
    assert_true(p.callers[1].at >= 220);
    assert_true(p.callers[3].at >= 220);
}

static void calls_that_wait_are_turned_away_when_the_breaker_opens(void **state)
{
    struct play p = {.talk.limits = {.parallel = 5, .breaks = true}, .cancelled = -1};
    (void)state;
    for (int i = 0; i < 5; i++)
        p.callers[i] = (struct caller){.takes = 50, .job = 1, .end = CALL_FAILED};
    for (int i = 5; i < CALLERS; i++)
        p.callers[i] =
            (struct caller){.after = 10, .takes = 50, .job = 2, .end = CALL_SAID_NOTHING};
    run(&p);
    /* each of the first four failures makes room for another, the fifth closes the door */
    assert_string_equal(p.talk.log, "aaaaa-----aaaa!!!----");
    assert_int_equal(breaker_state(&p.talk.door.breaker, admission_now()), BREAKER_OPEN);
}

static void the_probe_goes_alone_and_lets_the_others_in(void **state)
{
    struct play p = {.talk.limits = {.parallel = 5, .breaks = true}, .cancelled = -1};
    (void)state;
    for (int i = 0; i < 5; i++)
        p.callers[i] = (struct caller){.takes = 10, .job = 1, .end = CALL_FAILED};
    for (int i = 5; i < 8; i++)
        p.callers[i] = (struct caller){.after = 50, .takes = 100, .job = 2, .patience_ms = 15000};
    run(&p);
    assert_string_equal(p.talk.log, "aaaaa-----a-aa--");
    assert_true(p.callers[5].at >= 5000 && p.callers[6].at >= 5100);
}

static void the_limits_of_a_minute_hold_the_door(void **state)
{
    struct play p = {.talk.limits = {.parallel = 9, .requests = 3, .tokens = 1000},
                     .cancelled = 3,
                     .cancelled_ms = 300};
    (void)state;
    for (int i = 0; i < 4; i++)
        p.callers[i] =
            (struct caller){.after = 10 * (uint64_t)i, .takes = 100, .job = i, .tokens = 10};
    run(&p);
    assert_string_equal(p.talk.log, "aaa---"); /* the fourth would have come after a minute */
    assert_int_equal(p.talk.door.calls, 3);
}

static void a_person_goes_before_the_night(void **state)
{
    struct play p = {.talk.limits = {.parallel = 1}, .cancelled = -1};
    (void)state;
    p.callers[0] = (struct caller){.model = "n", .takes = 40, .job = 1, .rank = 1};
    for (int i = 1; i < 5; i++)
        p.callers[i] = (struct caller){.model = "n", .after = 10, .takes = 10, .job = i, .rank = 1};
    p.callers[5] = (struct caller){.model = "p", .after = 20, .takes = 10, .job = 9};
    run(&p);
    assert_string_equal(p.talk.log, "n-p-n-n-n-n-");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(models_never_compute_together),
        cmocka_unit_test(one_that_gives_up_stands_in_nobodys_way),
        cmocka_unit_test(one_that_is_cancelled_inside_leaves),
        cmocka_unit_test(a_pause_holds_for_all_and_ends_by_itself),
        cmocka_unit_test(calls_that_wait_are_turned_away_when_the_breaker_opens),
        cmocka_unit_test(the_probe_goes_alone_and_lets_the_others_in),
        cmocka_unit_test(the_limits_of_a_minute_hold_the_door),
        cmocka_unit_test(a_person_goes_before_the_night),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
