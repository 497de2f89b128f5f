#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "ui/questions.h"

static bool ask(struct questions *q, int64_t job, const char *id, int64_t seconds)
{
    const struct event ev = {.type = EVENT_JOB_QUESTION,
                             .job = job,
                             .time = 1000,
                             .u.job_question = {.question = id,
                                                .kind = "case",
                                                .text = "What?",
                                                .subject = "",
                                                .choices = "1|2|neither|skip",
                                                .seconds = seconds}};
    return questions_follow(q, &ev);
}

static bool tell(struct questions *q, enum event_type type, int64_t job, const char *id)
{
    struct event ev = {.type = type, .job = job, .time = 61000};
    if (type == EVENT_JOB_ANSWER)
        ev.u.job_answer = (struct event_job_answer){.question = id, .answer = "skip"};
    return questions_follow(q, &ev);
}

static void what_was_answered_elsewhere_goes(void **state)
{
    struct questions q = {NULL, 0};
    (void)state;
    assert_true(ask(&q, 1, "a", 0));
    assert_false(ask(&q, 1, "b", 0));
    assert_false(ask(&q, 2, "a", 0));
    assert_false(ask(&q, 1, "a", 0)); /* the same once more */
    assert_int_equal(q.count, 3);
    assert_false(tell(&q, EVENT_JOB_ANSWER, 1, "b"));
    assert_true(tell(&q, EVENT_JOB_ANSWER, 1, "a"));
    assert_int_equal(q.count, 1);
    assert_int_equal(q.list[0].job, 2);
    assert_true(tell(&q, EVENT_JOB_DONE, 2, ""));
    assert_int_equal(q.count, 0);
    questions_fini(&q);
}

static void more_than_are_kept_are_left_out(void **state)
{
    struct questions q = {NULL, 0};
    char id[20];
    (void)state;
    for (int i = 0; i < 2 * QUESTIONS_MAX; i++) {
        snprintf(id, sizeof id, "%d", i);
        ask(&q, 1, id, 0);
    }
    assert_int_equal(q.count, QUESTIONS_MAX);
    questions_fini(&q);
}

static void a_resumed_job_waits_anew(void **state)
{
    struct questions q = {NULL, 0};
    (void)state;
    ask(&q, 1, "a", 120);
    assert_int_equal(question_left(q.list[0].since, q.list[0].seconds, 61000), 60);
    assert_int_equal(question_left(q.list[0].since, q.list[0].seconds, 500000), 0);
    tell(&q, EVENT_JOB_STARTED, 1, "");
    assert_int_equal(question_left(q.list[0].since, q.list[0].seconds, 61000), 120);
    assert_int_equal(question_left(1000, 0, 61000), -1);
    questions_fini(&q);
}

static void a_line_means_a_choice(void **state)
{
    static const struct {
        const char *line, *choice;
    } cases[] = {{"neither", "neither"},
                 {"n", "neither"},
                 {"1", "1"},
                 {"sk", "skip"},
                 {"", NULL},
                 {"x", NULL},
                 {"12", NULL},
                 {"either", NULL},
                 {"skips", NULL},
                 {"|", NULL}};
    size_t n;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *choice = question_choice("1|2|neither|skip", cases[i].line, &n);
        assert_int_equal(choice != NULL, cases[i].choice != NULL);
        if (choice) {
            assert_int_equal(n, strlen(cases[i].choice));
            assert_memory_equal(choice, cases[i].choice, n);
        }
    }
    assert_null(question_choice("stop|start", "st", &n)); /* either */
    assert_non_null(question_choice("no|none", "no", &n));
    assert_int_equal(n, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_answered_elsewhere_goes),
        cmocka_unit_test(more_than_are_kept_are_left_out),
        cmocka_unit_test(a_resumed_job_waits_anew),
        cmocka_unit_test(a_line_means_a_choice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
