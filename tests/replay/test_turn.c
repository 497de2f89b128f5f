#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "../jobs_fixture.h"

/* Branches write beside each other, then are looked at one at a time. */
enum { RACERS = 4 };
static struct racer {
    int until; /* it writes until so many wait for their turn; below 0: until so many are looked at;
                  HANGS: until it is cancelled */
    double merit;
    bool refused;
    int look_until; /* the same of its being looked at */
} racers[RACERS];
enum { HANGS = 99 };

static int written[RACERS], looked[RACERS], cut; /* effects */
static int waiting, inside, most_inside;
static char order[32];
static size_t won;
static int64_t id;
static struct session s;

static enum err until(int count)
{
    enum err e = ERR_OK;
    while (!e && (count == HANGS || (count < 0 ? (int)strlen(order) < -count : waiting < count)))
        e = fiber_sleep(1);
    return e;
}

static enum err write_step(struct step *step, void *arg, struct buf *out)
{
    struct racer *r = arg;
    (void)step;
    written[r - racers]++;
    (void)out;
    return until(r->until);
}

static enum err look_step(struct step *step, void *arg, struct buf *out)
{
    struct racer *r = arg;
    (void)step;
    looked[r - racers]++;
    (void)out;
    return until(r->look_until);
}

static enum err run_racer(struct job *job, void *arg)
{
    struct racer *r = arg;
    const struct step_desc write = {.name = "write", .run = write_step, .arg = r};
    const struct step_desc look = {.name = "look", .run = look_step, .arg = r};
    enum err e = job_step(job, &write, NULL, NULL);
    waiting += !e;
    if (!e)
        e = job_turn(job, r->merit);
    if (!e) {
        order[strlen(order)] = (char)('a' + (r - racers));
        most_inside = ++inside > most_inside ? inside : most_inside;
        e = job_step(job, &look, NULL, NULL);
        inside--;
    }
    cut += e == ERR_CANCELLED;
    return e ? e : r->refused ? ERR_NOT_FOUND : ERR_OK;
}

static enum err run_race(struct job *job, void *context, struct json_object *input)
{
    struct branch branches[RACERS];
    struct event ev = {.type = EVENT_JOB_NOTE};
    enum err e;
    (void)context;
    (void)input;
    for (int i = 0; i < RACERS; i++)
        branches[i] = (struct branch){.name = "racer", .fn = run_racer, .arg = &racers[i]};
    e = job_any(job, "race", branches, RACERS, &won);
    if (e && e != ERR_NOT_FOUND)
        return e;
    ev.u.job_note.text = e ? "nobody won" : "won";
    job_emit(job, &ev);
    return job_wait(job, "go", 0, NULL);
}

static const struct job_kind race = {"race", 1, run_race};
static const struct job_kind *const kinds[] = {&race, NULL};

static void begin_life(void)
{
    waiting = inside = most_inside = cut = 0;
    memset(order, 0, sizeof order);
    won = RACERS;
}

static void reset(void)
{
    memset(written, 0, sizeof written);
    memset(looked, 0, sizeof looked);
    session_init(&s, kinds);
    begin_life();
}

static enum err until_told(struct session *session)
{
    enum err e = ERR_OK;
    while (!e && !session_count(session, 0, EVENT_JOB_NOTE, NULL))
        e = fiber_sleep(1);
    return e;
}

static enum err whole_race(struct session *session)
{
    enum err e = session_submit(session, "race", NULL, &id);
    return e ? e : until_told(session);
}

static enum err go_on(struct session *session)
{
    enum err e = jobs_signal(session->jobs, id, "go", "\"yes\"");
    return e ? e : session_wait_ends(session, 1);
}

static void check_solved(const char *note)
{
    assert_string_equal(session_end(&s, id)->text, "solved");
    assert_int_equal(session_count(&s, 0, EVENT_JOB_NOTE, note), 1);
    assert_int_equal(session_count(&s, 0, EVENT_JOB_NOTE, NULL), 1);
    assert_int_equal(s.loop_close, 0);
    session_fini(&s);
}

/* The second and the third wait while the first is looked at; the third is the better one. */
static void the_best_of_those_that_wait_comes_next(void **state)
{
    (void)state;
    reset();
    racers[0] = (struct racer){.merit = 0.5, .refused = true, .look_until = 3};
    racers[1] = (struct racer){.until = -1, .merit = 0.5};
    racers[2] = (struct racer){.until = 2, .merit = 0.9};
    racers[3] = (struct racer){.until = HANGS};
    assert_int_equal(session_run(&s, whole_race), ERR_OK);
    assert_string_equal(order, "ac");
    assert_int_equal(won, 2);
    assert_int_equal(most_inside, 1);
    assert_int_equal(cut, 2); /* what waits and what still writes, as soon as one is through */
    assert_int_equal(looked[1], 0);
    begin_life();
    assert_int_equal(session_run(&s, go_on), ERR_OK);
    assert_string_equal(order, "c"); /* only the winner is gone through again */
    assert_int_equal(won, 2);
    for (int i = 0; i < RACERS; i++) {
        assert_int_equal(written[i], 1);
        assert_int_equal(looked[i], i == 0 || i == 2);
    }
    check_solved("won");
}

static enum err until_both_stand(struct session *session)
{
    enum err e = session_submit(session, "race", NULL, &id);
    while (!e && (!*order || waiting < 2))
        e = fiber_sleep(1);
    return e ? e : fiber_sleep(5); /* what is lazy is stored */
}

static void who_had_the_turn_has_it_again_after_a_kill(void **state)
{
    (void)state;
    reset();
    racers[0] = (struct racer){.until = -1, .merit = 0.9}; /* comes while the second one has it */
    racers[1] = (struct racer){.merit = 0.1, .look_until = HANGS};
    racers[2] = racers[3] = (struct racer){.until = HANGS};
    assert_int_equal(session_run(&s, until_both_stand), ERR_OK);
    assert_string_equal(order, "b");
    begin_life();
    racers[1].look_until = 0;
    assert_int_equal(session_run(&s, until_told), ERR_OK);
    assert_string_equal(order, "b");
    assert_int_equal(won, 1);
    assert_int_equal(written[0], 1);
    assert_int_equal(looked[0], 0);
    assert_int_equal(session_run(&s, go_on), ERR_OK);
    check_solved("won");
}

static void all_are_looked_at_before_nobody_wins(void **state)
{
    (void)state;
    reset();
    for (int i = 0; i < RACERS; i++)
        racers[i] = (struct racer){.until = i - RACERS + 1, .merit = 0.5, .refused = true};
    assert_int_equal(session_run(&s, whole_race), ERR_OK);
    assert_string_equal(order, "dcba");
    assert_int_equal(won, RACERS);
    begin_life();
    for (int i = 0; i < RACERS; i++) /* would change the order if it were not journaled */
        racers[i].merit = -i;
    assert_int_equal(session_run(&s, go_on), ERR_OK);
    assert_string_equal(order, "dcba");
    for (int i = 0; i < RACERS; i++)
        assert_int_equal(looked[i], 1);
    check_solved("nobody won");
}

static enum err cancelled(struct session *session)
{
    enum err e = until_both_stand(session);
    if (!e)
        e = jobs_cancel(session->jobs, id);
    return e ? e : session_wait_ends(session, 1);
}

static void a_job_is_cancelled_in_a_turn_and_before_it(void **state)
{
    (void)state;
    reset();
    for (int i = 0; i < RACERS; i++)
        racers[i] = (struct racer){.until = i == 3 ? HANGS : -i, .look_until = HANGS};
    racers[2].until = -1;
    assert_int_equal(session_run(&s, cancelled), ERR_OK);
    assert_string_equal(session_end(&s, id)->text, "cancelled");
    assert_string_equal(order, "a");
    assert_int_equal(cut, RACERS);
    assert_int_equal(s.loop_close, 0);
    session_fini(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_best_of_those_that_wait_comes_next),
        cmocka_unit_test(who_had_the_turn_has_it_again_after_a_kill),
        cmocka_unit_test(all_are_looked_at_before_nobody_wins),
        cmocka_unit_test(a_job_is_cancelled_in_a_turn_and_before_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
