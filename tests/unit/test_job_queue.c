#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/job/job_internal.h"

enum { MANY = 10000 };

static const struct job_kind task = {"task", 1, NULL}, batch = {"batch", 1, NULL};

static struct root *add(struct jobs *jobs, int64_t id, const struct job_kind *kind, int64_t parent,
                        const char *key)
{
    struct root *r = calloc(1, sizeof *r);
    r->jobs = jobs;
    r->id = id;
    r->kind = kind;
    r->parent = parent;
    r->key = key ? strdup(key) : NULL;
    assert_int_equal(roots_add(jobs, r), ERR_OK);
    queue_push(jobs, r);
    return r;
}

static void drop(struct jobs *jobs, struct root *r)
{
    queue_remove(jobs, r);
    roots_remove(jobs, r);
    free(r->key);
    free(r);
}

static void persons_go_before_batches(void **state)
{
    struct jobs jobs = {.options = {.width = 1, .coordinator = &batch}};
    struct root *child = add(&jobs, 1, &task, 4, NULL), *first = add(&jobs, 2, &task, 0, NULL),
                *second = add(&jobs, 3, &task, 0, NULL), *parent = add(&jobs, 4, &batch, 0, NULL);
    (void)state;
    assert_ptr_equal(queue_pop(&jobs), parent);
    assert_ptr_equal(queue_pop(&jobs), first);
    jobs.running = 1;
    assert_null(queue_pop(&jobs)); /* a person waits: no child begins either */
    jobs.running = 0;
    assert_ptr_equal(queue_pop(&jobs), second);
    jobs.running = 1;
    assert_ptr_equal(queue_pop(&jobs), child); /* beside the width */
    assert_null(queue_pop(&jobs));
    assert_int_equal(jobs.queued, 0);
    drop(&jobs, child);
    drop(&jobs, first);
    drop(&jobs, second);
    drop(&jobs, parent);
    roots_free(&jobs);
}

static void many_are_found_and_keep_their_order(void **state)
{
    struct jobs jobs = {.options = {.width = MANY}};
    char key[32];
    (void)state;
    for (int i = 1; i <= MANY; i++) {
        snprintf(key, sizeof key, "key %d", i);
        add(&jobs, i, &task, 0, key);
    }
    for (int i = 3; i <= MANY; i += 3)
        drop(&jobs, roots_find(&jobs, i));
    for (int i = 1; i <= MANY; i++) {
        struct root *r = roots_find(&jobs, i);
        snprintf(key, sizeof key, "key %d", i);
        assert_ptr_equal(r, roots_find_key(&jobs, key));
        assert_int_equal(r == NULL, i % 3 == 0);
        if (r)
            assert_ptr_equal(queue_pop(&jobs), r);
    }
    assert_null(queue_pop(&jobs));
    while (jobs.first)
        drop(&jobs, jobs.first);
    assert_int_equal(jobs.count, 0);
    assert_null(jobs.last);
    roots_free(&jobs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(persons_go_before_batches),
                                       cmocka_unit_test(many_are_found_and_keep_their_order)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
