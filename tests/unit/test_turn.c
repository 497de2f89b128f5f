/* Local models take turns. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "core/llm/turn.h"

struct talk {
    enum err code;
    struct turn turn;
    char log[64]; /* "a" a call of model a begins, "-" it ends */
    int inside;
    char model; /* of those inside */
    bool mixed;
};

struct caller {
    struct talk *talk;
    const char *model;
    uint64_t after, takes;
};

static enum err call(void *arg)
{
    const struct caller *c = arg;
    struct talk *t = c->talk;
    enum err e = fiber_sleep(c->after);
    if (!e)
        e = turn_take(&t->turn, c->model);
    if (e)
        return e;
    t->mixed |= t->inside && t->model != *c->model;
    t->inside++;
    t->model = *c->model;
    strncat(t->log, c->model, 1);
    e = fiber_sleep(c->takes);
    strcat(t->log, "-");
    t->inside--;
    turn_give(&t->turn);
    return e;
}

/* All of them, one of which (number `cancelled`, -1: none) is cancelled while it waits. */
static enum err all(struct talk *t, struct caller *list, size_t n, int cancelled)
{
    struct fiber *fibers[8];
    enum err e = ERR_OK, result;
    turn_init(&t->turn);
    for (size_t i = 0; i < n; i++) {
        list[i].talk = t;
        fibers[i] = fiber_spawn(fiber_sched(fiber_current()), "call", call, &list[i]);
    }
    if (cancelled >= 0) {
        e = fiber_sleep(30);
        fiber_cancel(fibers[cancelled]);
    }
    for (size_t i = 0; i < n; i++)
        if (fiber_join(fibers[i], &result) || (result && (int)i != cancelled))
            e = ERR_INTERNAL;
    return t->code = e;
}

static enum err turns(void *arg)
{
    struct caller list[] = {{.model = "a", .takes = 60},
                            {.model = "a", .after = 10, .takes = 60},
                            {.model = "b", .after = 20, .takes = 20},
                            {.model = "a", .after = 30, .takes = 20}};
    return all(arg, list, 4, -1);
}

static enum err one_gives_up(void *arg)
{
    struct caller list[] = {{.model = "a", .takes = 60},
                            {.model = "b", .after = 10, .takes = 20},
                            {.model = "a", .after = 40, .takes = 20}};
    return all(arg, list, 3, 1);
}

static void run(fiber_fn *fn, struct talk *t)
{
    uv_loop_t loop;
    struct sched *s;
    memset(t, 0, sizeof *t);
    uv_loop_init(&loop);
    s = sched_new(&loop);
    fiber_detach(fiber_spawn(s, "test", fn, t), NULL, NULL);
    sched_run(s);
    sched_close(s);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    assert_int_equal(t->code, ERR_OK);
}

static void models_never_compute_together_and_nobody_overtakes_one_that_waits(void **state)
{
    struct talk t;
    (void)state;
    run(turns, &t);
    assert_false(t.mixed);
    assert_string_equal(t.log, "aa--b-a-");
}

static void one_that_gives_up_stands_in_nobodys_way(void **state)
{
    struct talk t;
    (void)state;
    run(one_gives_up, &t);
    assert_string_equal(t.log, "aa--");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(models_never_compute_together_and_nobody_overtakes_one_that_waits),
        cmocka_unit_test(one_that_gives_up_stands_in_nobodys_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
