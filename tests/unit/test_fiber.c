#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/job/fiber.h"

/* Runs one fiber to its end on a fresh loop; the loop must close without a handle left. */
static enum err run(fiber_fn *fn, void *arg)
{
    uv_loop_t loop;
    struct sched *s;
    struct fiber *f;
    enum err result = ERR_INTERNAL;
    uv_loop_init(&loop);
    s = sched_new(&loop);
    f = fiber_spawn(s, "test", fn, arg);
    fiber_detach(f, NULL, NULL);
    sched_run(s);
    result = *(enum err *)arg;
    sched_close(s);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    return result;
}

struct shared {
    enum err code; /* first: run() reads it */
    struct fiber_sem sem;
    int order[16], count, inside, most;
    int pipe[2];
    enum err seen;
};

static enum err sleeper(void *arg)
{
    struct shared *s = arg;
    s->seen = fiber_sleep(60000);
    return s->seen;
}

static enum err cancels_a_sleeper(void *arg)
{
    struct shared *s = arg;
    struct fiber *f = fiber_spawn(fiber_sched(fiber_current()), "sleeper", sleeper, s);
    enum err result = ERR_OK;
    s->code = fiber_sleep(1);
    fiber_cancel(f);
    if (!s->code)
        s->code = fiber_join(f, &result);
    if (!s->code && result != ERR_CANCELLED)
        s->code = ERR_INTERNAL;
    return s->code;
}

static void a_cancelled_sleep_ends_at_once(void **state)
{
    struct shared s = {.code = ERR_INTERNAL};
    (void)state;
    assert_int_equal(run(cancels_a_sleeper, &s), ERR_OK);
    assert_int_equal(s.seen, ERR_CANCELLED);
}

static enum err sticky(void *arg)
{
    struct shared *s = arg;
    enum err first = fiber_sleep(60000), second = fiber_sleep(1), third;
    fiber_shield(true);
    third = fiber_sleep(1);
    fiber_shield(false);
    s->seen = first == ERR_CANCELLED && second == ERR_CANCELLED && third == ERR_OK ? ERR_OK
                                                                                   : ERR_INTERNAL;
    return first;
}

static enum err cancels_sticky(void *arg)
{
    struct shared *s = arg;
    struct fiber *f = fiber_spawn(fiber_sched(fiber_current()), "sticky", sticky, s);
    s->code = fiber_yield();
    fiber_cancel(f);
    if (!s->code)
        s->code = fiber_join(f, NULL);
    return s->code;
}

static void cancellation_is_sticky_and_a_shield_holds_it_off(void **state)
{
    struct shared s = {.code = ERR_INTERNAL, .seen = ERR_INTERNAL};
    (void)state;
    assert_int_equal(run(cancels_sticky, &s), ERR_OK);
    assert_int_equal(s.seen, ERR_OK);
}

static enum err worker(void *arg)
{
    struct shared *s = arg;
    enum err e = fiber_sem_take(&s->sem);
    if (e)
        return e;
    if (++s->inside > s->most)
        s->most = s->inside;
    e = fiber_sleep(1);
    s->inside--;
    s->count++;
    fiber_sem_give(&s->sem);
    return e;
}

static enum err many_workers(void *arg)
{
    struct shared *s = arg;
    struct fiber *f[200];
    fiber_sem_init(&s->sem, 3);
    for (int i = 0; i < 200; i++)
        f[i] = fiber_spawn(fiber_sched(fiber_current()), "worker", worker, s);
    s->code = fiber_sleep(10);
    for (int i = 100; i < 200; i++) /* these wait in the queue */
        fiber_cancel(f[i]);
    for (int i = 0; i < 200; i++)
        if (fiber_join(f[i], NULL))
            s->code = ERR_INTERNAL;
    return s->code;
}

static void a_semaphore_lets_in_as_many_as_it_has_places(void **state)
{
    struct shared s = {.code = ERR_INTERNAL};
    (void)state;
    assert_int_equal(run(many_workers, &s), ERR_OK);
    assert_int_equal(s.most, 3);
    assert_true(s.count >= 100);
    assert_int_equal(s.sem.free, 3);
    assert_null(s.sem.first);
}

static enum err waits_for_a_pipe(void *arg)
{
    struct shared *s = arg;
    char byte;
    s->seen = fiber_poll(s->pipe[0], UV_READABLE, 5);
    if (write(s->pipe[1], "x", 1) != 1)
        return ERR_IO;
    s->code = fiber_poll(s->pipe[0], UV_READABLE, 1000);
    if (!s->code && read(s->pipe[0], &byte, 1) != 1)
        s->code = ERR_IO;
    return s->code;
}

static void a_poll_ends_by_data_or_time(void **state)
{
    struct shared s = {.code = ERR_INTERNAL};
    (void)state;
    assert_int_equal(pipe(s.pipe), 0);
    assert_int_equal(run(waits_for_a_pipe, &s), ERR_OK);
    assert_int_equal(s.seen, ERR_TIMEOUT);
    close(s.pipe[0]);
    close(s.pipe[1]);
}

static void add_one(void *arg)
{
    struct shared *s = arg;
    s->count++;
}

static enum err works(void *arg)
{
    struct shared *s = arg;
    s->code = ERR_OK;
    for (int i = 0; i < 10 && !s->code; i++)
        s->code = fiber_work(add_one, s);
    return s->code;
}

static void work_runs_on_the_pool_and_is_waited_for(void **state)
{
    struct shared s = {.code = ERR_INTERNAL};
    (void)state;
    assert_int_equal(run(works, &s), ERR_OK);
    assert_int_equal(s.count, 10);
}

static enum err parent_of_sleeper(void *arg)
{
    struct shared *s = arg;
    enum err result = ERR_OK;
    struct fiber *f = fiber_spawn(fiber_sched(fiber_current()), "sleeper", sleeper, s);
    enum err e = fiber_join(f, &result);
    return e == ERR_CANCELLED && result == ERR_CANCELLED ? ERR_OK : ERR_INTERNAL;
}

static enum err cancels_a_parent(void *arg)
{
    struct shared *s = arg;
    struct fiber *f = fiber_spawn(fiber_sched(fiber_current()), "parent", parent_of_sleeper, s);
    enum err result = ERR_INTERNAL;
    s->code = fiber_sleep(1);
    fiber_cancel(f);
    if (!s->code)
        s->code = fiber_join(f, &result);
    if (!s->code)
        s->code = result;
    return s->code;
}

static void cancelling_a_parent_cancels_whom_it_joins(void **state)
{
    struct shared s = {.code = ERR_INTERNAL};
    (void)state;
    assert_int_equal(run(cancels_a_parent, &s), ERR_OK);
    assert_int_equal(s.seen, ERR_CANCELLED);
}

struct late {
    struct shared *shared;
    int ms;
};

static enum err sleeps(void *arg)
{
    struct late *l = arg;
    enum err e = fiber_sleep((uint64_t)l->ms);
    l->shared->order[l->shared->count++] = l->ms;
    return e;
}

static enum err holds_up_the_loop(void *arg)
{
    struct shared *s = arg;
    struct late late[] = {{s, 4}, {s, 1}, {s, 3}, {s, 2}};
    struct fiber *fibers[4];
    enum err result;
    for (int i = 0; i < 4; i++)
        fibers[i] = fiber_spawn(fiber_sched(fiber_current()), "late", sleeps, &late[i]);
    s->code = fiber_yield(); /* now they sleep */
    usleep(20000);
    for (int i = 0; i < 4; i++)
        s->code = fiber_join(fibers[i], &result) || result ? ERR_INTERNAL : s->code;
    return s->code;
}

static void sleepers_wake_in_the_order_of_their_times(void **state)
{
    struct shared s = {.code = ERR_INTERNAL};
    (void)state;
    assert_int_equal(run(holds_up_the_loop, &s), ERR_OK);
    assert_int_equal(s.count, 4);
    for (int i = 0; i < 4; i++)
        assert_int_equal(s.order[i], i + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cancelled_sleep_ends_at_once),
        cmocka_unit_test(cancellation_is_sticky_and_a_shield_holds_it_off),
        cmocka_unit_test(a_semaphore_lets_in_as_many_as_it_has_places),
        cmocka_unit_test(a_poll_ends_by_data_or_time),
        cmocka_unit_test(work_runs_on_the_pool_and_is_waited_for),
        cmocka_unit_test(cancelling_a_parent_cancels_whom_it_joins),
        cmocka_unit_test(sleepers_wake_in_the_order_of_their_times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
