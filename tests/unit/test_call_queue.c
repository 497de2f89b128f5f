/* Which call goes next: turns of jobs, persons before the night, models that stay. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/llm/call_queue.h"

enum { JOBS = 12, CALLS = 200, SEEDS = 1000 };

static uint64_t next_random(uint64_t *seed) /* splitmix64 */
{
    uint64_t z = *seed += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static void add(struct call_queue *q, struct queued_call *c, int64_t job, int rank,
                const char *model)
{
    *c = (struct queued_call){.job = job, .rank = rank, .model = model};
    call_queue_add(q, c);
}

/* All that wait, one at a time, by their jobs' numbers. */
static void drain(struct call_queue *q, char *out)
{
    struct queued_call *c;
    while ((c = call_queue_next(q)) != NULL) {
        *out++ = (char)('0' + c->job);
        call_queue_begin(q, c);
        call_queue_end(q);
    }
    *out = 0;
}

static void jobs_take_turns_and_not_calls(void **state)
{
    struct call_queue q;
    struct queued_call c[9];
    char order[16];
    (void)state;
    call_queue_init(&q, 1);
    for (int i = 0; i < 6; i++)
        add(&q, &c[i], 1, 0, "m");
    add(&q, &c[6], 2, 0, "m");
    add(&q, &c[7], 2, 0, "m");
    add(&q, &c[8], 3, 0, "m");
    drain(&q, order);
    assert_string_equal(order, "123121111");
    assert_null(call_queue_each(&q, NULL));
}

static void a_person_overtakes_the_night_but_not_for_ever(void **state)
{
    struct call_queue q;
    struct queued_call c[40];
    char order[48];
    (void)state;
    call_queue_init(&q, 1);
    for (int i = 0; i < 5; i++)
        add(&q, &c[i], 9, 1, "m");
    for (int i = 5; i < 40; i++)
        add(&q, &c[i], 1, 0, "m");
    drain(&q, order);
    assert_string_equal(order, "1111111111111111"
                               "9"
                               "1111111111111111"
                               "9"
                               "111"
                               "999");
    assert_null(call_queue_each(&q, NULL));
}

static void as_many_run_as_may(void **state)
{
    struct call_queue q;
    struct queued_call c[3];
    (void)state;
    call_queue_init(&q, 2);
    for (int i = 0; i < 3; i++)
        add(&q, &c[i], i, 0, "m");
    call_queue_begin(&q, call_queue_next(&q));
    call_queue_begin(&q, call_queue_next(&q));
    assert_null(call_queue_next(&q));
    call_queue_end(&q);
    assert_ptr_equal(call_queue_next(&q), &c[2]);
    call_queue_remove(&q, &c[2]);
    assert_null(call_queue_next(&q));
    call_queue_remove(&q, &c[2]); /* twice is nothing */
    assert_int_equal(q.rings[0].waiting, 0);
    assert_null(call_queue_each(&q, NULL));
}

static void a_loaded_model_stays_for_a_while(void **state)
{
    struct call_queue q;
    struct queued_call c[12];
    char models[16] = "";
    struct queued_call *next;
    (void)state;
    call_queue_init(&q, 1);
    q.stays = q.one_model = true;
    for (int i = 0; i < 12; i++)
        add(&q, &c[i], i, 0, i % 2 ? "b" : "a");
    while ((next = call_queue_next(&q)) != NULL) {
        strcat(models, next->model);
        call_queue_begin(&q, next);
        call_queue_end(&q);
    }
    assert_string_equal(models, "aaaaabbbbbba"); /* 2 changes, not 11 */
    assert_null(call_queue_each(&q, NULL));
}

static void no_two_models_compute_and_nobody_joins_before_a_change(void **state)
{
    struct call_queue q;
    struct queued_call c[CALL_QUEUE_STAYS + 3];
    int n = 0;
    (void)state;
    call_queue_init(&q, 64);
    q.stays = q.one_model = true;
    add(&q, &c[n++], 1, 0, "a");
    call_queue_begin(&q, call_queue_next(&q));
    add(&q, &c[n++], 2, 0, "b");
    assert_null(call_queue_next(&q)); /* there is room, but not for another model */
    for (int i = 0; i < CALL_QUEUE_STAYS; i++) {
        add(&q, &c[n++], 3 + i, 0, "a");
        call_queue_begin(&q, call_queue_next(&q));
    }
    add(&q, &c[n++], 1, 0, "a");
    for (int i = 0; i <= CALL_QUEUE_STAYS; i++) { /* enough have gone before it */
        assert_null(call_queue_next(&q));
        call_queue_end(&q);
    }
    assert_string_equal(call_queue_next(&q)->model, "b");
    call_queue_begin(&q, call_queue_next(&q));
    assert_null(call_queue_next(&q));
    call_queue_end(&q);
    assert_string_equal(call_queue_next(&q)->model, "a");
    call_queue_remove(&q, call_queue_next(&q));
    assert_null(call_queue_each(&q, NULL));
}

/* ---- any load ---- */

struct load {
    struct call_queue q;
    struct queued_call calls[CALLS]; /* in the order of their coming */
    int came[CALLS]; /* calls of its rank that had begun when it became its job's first; -1: not yet
                      */
    int bound[CALLS]; /* how many more may begin before it */
    bool waits[CALLS];
    int added, running, begun[2];
    int night_passed; /* calls of persons that have begun while the same one of the night waited */
};

static bool is_first_of_job(const struct load *l, int i)
{
    for (int k = 0; k < i; k++)
        if (l->waits[k] && l->calls[k].job == l->calls[i].job)
            return false;
    return l->waits[i];
}

/* The stated bound, with the jobs that wait now. */
static int bound_of(const struct load *l, int rank)
{
    int n = 0;
    for (int i = 0; i < l->added; i++)
        n += l->calls[i].rank == rank && is_first_of_job(l, i);
    return n - 1 + (l->q.stays ? n * CALL_QUEUE_STAYS : 0);
}

static void note_firsts(struct load *l)
{
    for (int i = 0; i < l->added; i++) {
        if (!l->waits[i] || l->came[i] >= 0 || !is_first_of_job(l, i))
            continue;
        l->came[i] = l->begun[l->calls[i].rank];
        l->bound[i] = bound_of(l, l->calls[i].rank);
    }
}

static int waiting_of(const struct load *l)
{
    int n = 0;
    for (int i = 0; i < l->added; i++)
        n += l->waits[i];
    return n;
}

static void check_begin(struct load *l, const struct queued_call *c, uint64_t seed)
{
    const int i = (int)(c - l->calls);
    assert_true(l->waits[i] && is_first_of_job(l, i));
    assert_true(l->running < l->q.parallel);
    if (l->q.one_model && l->running)
        assert_string_equal(c->model, l->q.model);
    if (l->begun[c->rank] - l->came[i] > l->bound[i])
        fail_msg("seed %llu: %d calls went before, not %d", (unsigned long long)seed,
                 l->begun[c->rank] - l->came[i], l->bound[i]);
    l->night_passed = c->rank == 0 && l->q.rings[1].waiting ? l->night_passed + 1 : 0;
    assert_true(l->night_passed <= CALL_QUEUE_PERSONS);
}

static void begin_some(struct load *l, uint64_t seed)
{
    struct queued_call *c;
    int each = 0;
    while ((c = call_queue_next(&l->q)) != NULL) {
        check_begin(l, c, seed);
        call_queue_begin(&l->q, c);
        l->waits[c - l->calls] = false;
        l->begun[c->rank]++;
        l->running++;
        note_firsts(l);
    }
    /* never idle without a reason, and nobody lost */
    if (waiting_of(l) && !l->running)
        fail_msg("seed %llu: nobody begins", (unsigned long long)seed);
    for (c = call_queue_each(&l->q, NULL); c; c = call_queue_each(&l->q, c))
        each++;
    assert_int_equal(each, waiting_of(l));
    assert_int_equal(each, l->q.rings[0].waiting + l->q.rings[1].waiting);
}

/* Of the first job, which floods; of some that come again; or of one that never came before. */
static int64_t any_job(uint64_t random, int i)
{
    return random % 4 < 2 ? 0 : random % 4 == 2 ? (int64_t)(random >> 8) % JOBS : 3 * JOBS + i;
}

static void any_load(uint64_t seed)
{
    static const char *const models[] = {"a", "b", "c"};
    struct load *l = calloc(1, sizeof *l);
    uint64_t random = seed;
    memset(l->came, -1, sizeof l->came);
    call_queue_init(&l->q, 1 + (int)(seed % 4));
    l->q.stays = seed % 2;
    l->q.one_model = seed % 4 == 1;
    while (l->added < CALLS || l->running) {
        const uint64_t r = next_random(&random);
        const int i = l->added ? (int)((r >> 8) % (uint64_t)l->added) : 0;
        if (l->added < CALLS && r % 5 < 3) {
            const int64_t job = any_job(r >> 16, l->added);
            add(&l->q, &l->calls[l->added], job, job % 3 == 2, models[(r >> 50) % 3]);
            l->waits[l->added++] = true;
        } else if (r % 5 == 3 && l->waits[i] && r >> 40 & 1) {
            call_queue_remove(&l->q, &l->calls[i]);
            l->waits[i] = false;
        } else if (l->running) {
            call_queue_end(&l->q);
            l->running--;
        }
        note_firsts(l);
        begin_some(l, seed);
    }
    assert_int_equal(waiting_of(l), 0);
    free(l);
}

static void nobody_starves_whatever_comes(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < SEEDS; seed++)
        any_load(seed);
}

/* While all of them wait, jobs get equal shares, whoever has more calls there. */
static void shares_are_equal(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        static struct queued_call calls[4][64];
        struct call_queue q;
        struct queued_call *c;
        uint64_t random = seed;
        int got[4] = {0};
        call_queue_init(&q, 1);
        for (int n = 0; n < 4 * 40;) { /* in any order, 40 of each */
            const int job = (int)(next_random(&random) % 4);
            if (got[job] == 40)
                continue;
            add(&q, &calls[job][got[job]++], job, 0, "m");
            n++;
        }
        memset(got, 0, sizeof got);
        for (int i = 0; i < 4 * 30; i++) {
            c = call_queue_next(&q);
            got[c->job]++;
            call_queue_begin(&q, c);
            call_queue_end(&q);
            for (int a = 0; a < 4; a++)
                for (int b = 0; b < 4; b++)
                    assert_true(got[a] - got[b] <= 1);
        }
        while ((c = call_queue_next(&q)) != NULL)
            call_queue_remove(&q, c);
        assert_null(call_queue_each(&q, NULL));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jobs_take_turns_and_not_calls),
        cmocka_unit_test(a_person_overtakes_the_night_but_not_for_ever),
        cmocka_unit_test(as_many_run_as_may),
        cmocka_unit_test(a_loaded_model_stays_for_a_while),
        cmocka_unit_test(no_two_models_compute_and_nobody_joins_before_a_change),
        cmocka_unit_test(nobody_starves_whatever_comes),
        cmocka_unit_test(shares_are_equal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
