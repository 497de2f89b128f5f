/* The ledger: whatever the timing, calls side by side use exactly what the budget allows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/llm/ledger.h"

enum { CALLS = 64, RUNS = 1000 };

static const struct price some = {.in = 1, .cached = 0.25, .out = 4, .known = true};

static struct estimate wanted(int64_t prompt, int answer)
{
    return (struct estimate){.prompt = prompt, .max_tokens = answer, .price = some};
}

static struct account account(struct account *above, const char *name)
{
    return (struct account){.above = above, .name = name, .code = ERR_BUDGET};
}

static struct amount cost_of(int64_t in, int64_t out)
{
    return (struct amount){in + out, price_nano(&some, in, 0, out)};
}

/* ---- many at once ---- */

struct world {
    struct account job, day;
    uint64_t seed;
    int sent, refused, cancelled;
    int64_t most; /* that was ever spent and reserved together */
};

struct caller {
    struct world *world;
    struct fiber *fiber;
    int prompt, answer, used;
    bool cancel;
};

static uint64_t random_of(uint64_t *seed) /* splitmix64, Steele et al. 2014 */
{
    uint64_t z = (*seed += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static void pause_a_little(struct world *w)
{
    for (uint64_t n = random_of(&w->seed) % 5; n; n--)
        (void)!fiber_yield();
}

static enum err call(void *arg)
{
    struct caller *c = arg;
    struct world *w = c->world;
    struct estimate want = wanted(c->prompt, c->answer);
    struct reservation r;
    struct amount used;
    struct err_info info;
    enum err e;
    pause_a_little(w);
    e = ledger_begin(&w->job, &want, &r, &info);
    if (e) {
        w->refused += e == ERR_BUDGET;
        w->cancelled += e == ERR_CANCELLED;
        return e;
    }
    w->sent++;
    if (w->day.spent.tokens + w->day.reserved.tokens > w->most)
        w->most = w->day.spent.tokens + w->day.reserved.tokens;
    pause_a_little(w);
    used = cost_of(c->prompt, c->used < want.max_tokens ? c->used : want.max_tokens);
    fiber_shield(true);
    ledger_settle(&r, &used, "stop", ledger_now());
    fiber_shield(false);
    return ERR_OK;
}

static void together(struct world *w, struct caller *callers)
{
    uv_loop_t loop;
    struct sched *s;
    uv_loop_init(&loop);
    s = sched_new(&loop);
    for (int i = 0; i < CALLS; i++) {
        callers[i].world = w;
        callers[i].fiber = fiber_spawn(s, "call", call, &callers[i]);
        fiber_detach(callers[i].fiber, NULL, NULL);
        if (callers[i].cancel)
            fiber_cancel(callers[i].fiber);
    }
    sched_run(s);
    sched_close(s);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
}

static struct world world(uint64_t seed)
{
    return (struct world){.seed = seed, .day = account(NULL, "today's")};
}

static void assert_at_rest(const struct account *a)
{
    assert_int_equal(a->reserved.tokens, 0);
    assert_int_equal(a->reserved.nano, 0);
    assert_int_equal(a->at_work, 0);
    assert_null(a->first);
}

static void sixty_four_calls_of_which_ten_are_paid_for(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < RUNS; seed++) {
        struct caller callers[CALLS];
        struct world w = world(seed);
        w.job = account(&w.day, "the");
        if (seed % 3 == 0)
            w.job.limit.tokens = 10 * 130 + 29; /* and too little for an eleventh */
        else if (seed % 3 == 1)
            w.day.limit.tokens = 10 * 130 + 29;
        else
            w.day.limit.nano = 10 * cost_of(30, 100).nano + 30 * 1000;
        for (int i = 0; i < CALLS; i++)
            callers[i] = (struct caller){.prompt = 30, .answer = 100, .used = 100};
        together(&w, callers);
        assert_int_equal(w.sent, 10);
        assert_int_equal(w.refused, CALLS - 10);
        assert_int_equal(w.day.spent.tokens, 1300);
        assert_int_equal(w.most, 1300);
        assert_at_rest(&w.job);
        assert_at_rest(&w.day);
    }
}

/* Calls of all sizes, which use less than they reserve, some cancelled: never too much, and nobody
 * is refused who could have been paid. */
static void what_is_not_used_is_free_again(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < RUNS; seed++) {
        struct caller callers[CALLS];
        struct world w = world(seed * 7919);
        int cancelled = 0;
        w.job = account(&w.day, "the");
        w.job.limit.tokens = 4000;
        w.day.limit.nano = 5 * 1000 * 1000;
        for (int i = 0; i < CALLS; i++) {
            callers[i] = (struct caller){.prompt = 10 + (int)(random_of(&w.seed) % 200),
                                         .answer = 50 + (int)(random_of(&w.seed) % 900),
                                         .cancel = random_of(&w.seed) % 10 == 0};
            callers[i].used = (int)(random_of(&w.seed) % 300);
            cancelled += callers[i].cancel;
        }
        together(&w, callers);
        assert_true(w.job.spent.tokens <= 4000 && w.day.spent.nano <= 5 * 1000 * 1000);
        assert_true(w.most <= 4000);
        assert_true(w.cancelled <= cancelled); /* others had no need to wait */
        assert_int_equal(w.sent + w.refused + w.cancelled, CALLS);
        if (w.refused)
            assert_true(4000 - w.job.spent.tokens < 10 + 200 + LEDGER_LEAST_ANSWER ||
                        5 * 1000 * 1000 - w.day.spent.nano <
                            cost_of(10 + 200, LEDGER_LEAST_ANSWER).nano);
        assert_at_rest(&w.job);
        assert_at_rest(&w.day);
    }
}

/* ---- one at a time ---- */

static void an_answer_is_lowered_to_what_is_left(void **state)
{
    struct account day = account(NULL, "today's"), batch = account(&day, "the batch's"),
                   job = account(&batch, "the");
    struct estimate want = wanted(100, 900);
    struct reservation r;
    struct account *by = NULL;
    struct err_info info = {0};
    struct amount used = cost_of(100, 200);
    (void)state;
    job.limit.tokens = 700;
    batch.limit.tokens = 400;
    assert_int_equal(ledger_reserve(&job, &want, 0, &r, &by, &info), ERR_OK);
    assert_int_equal(want.max_tokens, 300);
    assert_ptr_equal(r.clipped_by, &batch);
    assert_int_equal(day.reserved.tokens, 400);
    assert_true(ledger_settle(&r, &used, "length", 0)); /* incomplete because of it */
    assert_int_equal(day.spent.tokens, 300);
    want = wanted(90, 900);
    assert_int_equal(ledger_reserve(&job, &want, 0, &r, &by, &info), ERR_BUDGET);
    assert_string_equal(info.message,
                        "the batch's budget of 400 tokens allows no further call (300 are spent)");
    assert_int_equal(job.reserved.tokens, 0);
}

static void time_is_that_of_calls_side_by_side_once(void **state)
{
    struct account job = account(NULL, "the");
    struct reservation a, b, c;
    struct estimate want = wanted(1, 100);
    struct account *by = NULL;
    struct err_info info = {0};
    const struct amount used = cost_of(1, 1);
    (void)state;
    job.limit_ms = 1000;
    assert_int_equal(ledger_reserve(&job, &want, 5000, &a, &by, &info), ERR_OK);
    assert_int_equal(want.total_ms, 1000);
    assert_int_equal(ledger_work(&a, 5000, &want.total_ms, &info), ERR_OK);
    want.total_ms = 0;
    assert_int_equal(ledger_reserve(&job, &want, 5400, &b, &by, &info), ERR_OK);
    assert_int_equal(want.total_ms, 600);
    assert_int_equal(ledger_work(&b, 5400, &want.total_ms, &info), ERR_OK);
    ledger_settle(&a, &used, "stop", 5500);
    assert_int_equal(ledger_busy(&job, 5600), 600);
    ledger_settle(&b, &used, "stop", 5700);
    assert_int_equal(ledger_busy(&job, 9000), 700);
    want.total_ms = 200; /* less than is left */
    assert_int_equal(ledger_reserve(&job, &want, 9000, &c, &by, &info), ERR_OK);
    assert_int_equal(want.total_ms, 200);
    assert_int_equal(ledger_work(&c, 9000, &want.total_ms, &info), ERR_OK);
    assert_int_equal(want.total_ms, 200);
    assert_null(c.timed_by);
    ledger_settle(&c, &used, "stop", 9300);
    assert_int_equal(ledger_reserve(&job, &want, 9400, &c, &by, &info), ERR_BUDGET);
    assert_string_equal(info.message, "the budget of 1 s allows no further call (1.0 s is spent)");
}

/* What waits for its turn, or before it is asked again, is not at work; what is left counts when
 * its turn comes. */
static void waiting_uses_no_time(void **state)
{
    struct account day = account(NULL, "today's"), job = account(&day, "the");
    struct reservation a, b;
    struct estimate want = wanted(1, 100);
    struct account *by = NULL;
    struct err_info info = {0};
    const struct amount used = cost_of(1, 1), nothing = {0};
    int ms = 0;
    (void)state;
    job.limit_ms = 1000;
    assert_int_equal(ledger_reserve(&job, &want, 0, &a, &by, &info), ERR_OK);
    assert_int_equal(ledger_reserve(&job, &want, 0, &b, &by, &info), ERR_OK);
    assert_int_equal(ledger_work(&a, 5000, &ms, &info), ERR_OK);
    assert_int_equal(ms, 1000);
    ledger_rest(&a, 5300); /* it failed */
    ledger_rest(&a, 5400);
    assert_int_equal(ledger_busy(&job, 6000), 300);
    assert_int_equal(ledger_work(&a, 7000, &ms, &info), ERR_OK);
    assert_int_equal(ms, 700);
    assert_ptr_equal(a.timed_by, &job);
    ledger_settle(&a, &used, "stop", 7700);
    assert_int_equal(ledger_busy(&day, 9000), 1000);
    assert_int_equal(ledger_work(&b, 9000, &ms, &info), ERR_BUDGET);
    assert_string_equal(info.message, "the budget of 1 s allows no further call (1.0 s is spent)");
    ledger_settle(&b, &nothing, "", 9500);
    assert_int_equal(ledger_busy(&day, 9900), 1000);
    assert_at_rest(&job);
    assert_at_rest(&day);
}

static void a_free_model_needs_no_money(void **state)
{
    const struct price none = {.known = true};
    struct account job = account(NULL, "the");
    struct reservation r;
    struct estimate want = {.prompt = 10, .max_tokens = 100, .price = none};
    struct account *by = NULL;
    enum account_kind kind;
    struct amount used = {0, 60};
    (void)state;
    job.limit.nano = 50;
    ledger_charge(&job, &used);
    assert_ptr_equal(ledger_spent(&job, false, 0, &kind), &job);
    assert_int_equal(kind, ACCOUNT_MONEY);
    assert_null(ledger_spent(&job, true, 0, &kind));
    assert_int_equal(ledger_reserve(&job, &want, 0, &r, &by, NULL), ERR_OK);
    assert_int_equal(want.max_tokens, 100);
    want = wanted(10, 100);
    assert_int_equal(ledger_reserve(&job, &want, 0, &r, &by, NULL), ERR_BUDGET);
}

static void a_huge_prompt_says_nothing_about_others(void **state)
{
    struct account day = account(NULL, "today's");
    struct reservation r;
    struct estimate huge = wanted(100000, 900), usual = wanted(300, 900);
    struct account *by = NULL;
    enum account_kind kind;
    (void)state;
    day.limit.tokens = 50000;
    assert_int_equal(ledger_reserve(&day, &huge, 0, &r, &by, NULL), ERR_BUDGET);
    assert_null(ledger_spent(&day, false, 0, &kind));
    day.spent.tokens = 49700;
    assert_int_equal(ledger_reserve(&day, &usual, 0, &r, &by, NULL), ERR_BUDGET);
    assert_ptr_equal(ledger_spent(&day, false, 0, &kind), &day);
}

static void a_server_that_writes_on_is_cut(void **state)
{
    struct account job = account(NULL, "the");
    struct reservation r;
    struct estimate want = wanted(10, 100);
    struct account *by = NULL;
    int pieces = 0;
    struct amount used = cost_of(10, 140);
    (void)state;
    job.limit.tokens = 150; /* 40 more than were asked for */
    assert_int_equal(ledger_reserve(&job, &want, 0, &r, &by, NULL), ERR_OK);
    while (ledger_go_on(&r, 0))
        pieces++;
    assert_int_equal(pieces, 140);
    assert_int_equal(job.reserved.tokens, 150);
    assert_true(ledger_settle(&r, &used, "cut", 0));
    assert_int_equal(job.spent.tokens, 150);
    assert_at_rest(&job);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sixty_four_calls_of_which_ten_are_paid_for),
        cmocka_unit_test(what_is_not_used_is_free_again),
        cmocka_unit_test(an_answer_is_lowered_to_what_is_left),
        cmocka_unit_test(time_is_that_of_calls_side_by_side_once),
        cmocka_unit_test(waiting_uses_no_time),
        cmocka_unit_test(a_free_model_needs_no_money),
        cmocka_unit_test(a_huge_prompt_says_nothing_about_others),
        cmocka_unit_test(a_server_that_writes_on_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
