/* Waits in a test for what a loop has to do first. Include after <cmocka.h>. */
#ifndef DISE_TESTS_UNTIL_H
#define DISE_TESTS_UNTIL_H

#include <uv.h>

enum { PATIENCE_S = 60 };

static inline void on_beat(uv_timer_t *t)
{
    (void)t;
}

/* Runs the loop of `w` until the condition holds; fails after PATIENCE_S. The beat wakes a loop
 * that has nothing else to do. */
#define UNTIL(w, condition)                                                                        \
    do {                                                                                           \
        uint64_t until_ = uv_hrtime() + PATIENCE_S * UINT64_C(1000000000);                         \
        uv_timer_t beat_;                                                                          \
        uv_timer_init(&(w)->loop, &beat_);                                                         \
        uv_timer_start(&beat_, on_beat, 5, 5);                                                     \
        while (!(condition) && uv_hrtime() < until_)                                               \
            uv_run(&(w)->loop, UV_RUN_ONCE);                                                       \
        uv_close((uv_handle_t *)&beat_, NULL);                                                     \
        uv_run(&(w)->loop, UV_RUN_NOWAIT);                                                         \
        assert_true(condition);                                                                    \
    } while (0)

#endif
