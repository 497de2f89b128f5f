/* Fibers: straight-line functions on the loop's one thread. A fiber waits by parking on an await;
 * callbacks only queue wake-ups, which the loop's prepare and check handles drain in batches.
 * All functions here belong to the loop's thread. No assert of a test framework may longjmp out of
 * a fiber. */
#ifndef DISE_CORE_FIBER_H
#define DISE_CORE_FIBER_H

#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/err.h"

struct sched; /* one per loop */
struct fiber;

typedef enum err fiber_fn(void *arg);

/* Attaches a scheduler to the loop; NULL when out of memory. */
struct sched *sched_new(uv_loop_t *loop);
/* Closes the scheduler's handles; call with no fiber left, then run the loop until it is empty
 * and uv_loop_close() succeeds. */
void sched_close(struct sched *s);
uv_loop_t *sched_loop(struct sched *s);
/* Fibers alive, the current one included. */
size_t sched_fibers(const struct sched *s);
/* Runs the loop until the scheduler has no fibers (tests, and the end of a process). */
void sched_run(struct sched *s);

/* Creates a fiber that starts in the next batch. `name` is copied (63 bytes). NULL: out of memory.
 * Every fiber must be joined or detached exactly once. */
struct fiber *fiber_spawn(struct sched *s, const char *name, fiber_fn *fn, void *arg);
/* The running fiber; NULL on the loop's own stack. */
struct fiber *fiber_current(void);
struct sched *fiber_sched(const struct fiber *f);
const char *fiber_name(const struct fiber *f);
/* Sticky: the current and every later wait of `f` outside a shield gives ERR_CANCELLED. */
void fiber_cancel(struct fiber *f);
/* ERR_CANCELLED when the current fiber has been cancelled (and is not shielded). */
enum err fiber_check(void) MUST_CHECK;
/* While shielded, waits of the current fiber are not cut by a cancellation (for clean-up). Nests.
 */
void fiber_shield(bool on);
/* Waits for the end of `f`, stores its result, frees it. Cancelled: cancels `f`, still waits. */
enum err fiber_join(struct fiber *f, enum err *result);
/* The fiber frees itself at its end. `done` (may be NULL) is called on the loop's own stack then.
 */
void fiber_detach(struct fiber *f, void (*done)(void *arg, enum err result), void *arg);

/* One wait. Lives on the waiting fiber's stack; await_wait returns only after await_done, so the
 * handles that the callback uses may live on that stack too. */
struct await {
    struct fiber *fiber;
    void (*abort)(
        struct await *); /* asks the operation to end early; may be NULL; must lead to done */
    void *data;
    enum err code;
    bool done, aborted;
};
void await_init(struct await *a, void (*abort)(struct await *), void *data);
/* Parks until await_done. Cancellation calls abort() once, then waits for done; the result is then
 * ERR_CANCELLED unless the operation had ended before. */
enum err await_wait(struct await *a) MUST_CHECK;
/* From a callback. Idempotent; only queues the wake-up. */
void await_done(struct await *a, enum err code);

/* Waits of everyday use; ERR_CANCELLED or what the operation gave. Sleepers wake in the order of
 * their times; ERR_NOMEM: there was no memory to sleep with. */
enum err fiber_sleep(uint64_t ms) MUST_CHECK;
/* Lets every other ready fiber and the loop's callbacks run once. */
enum err fiber_yield(void) MUST_CHECK;
/* Runs fn(arg) on libuv's thread pool and waits; a running function cannot be cut. */
enum err fiber_work(void (*fn)(void *arg), void *arg) MUST_CHECK;
/* Waits until fd is readable/writable (UV_READABLE|UV_WRITABLE) or ms have passed (0: no limit). */
enum err fiber_poll(int fd, int events, uint64_t ms) MUST_CHECK;

/* A counting semaphore, first come first served. Embedded; no waiters may be left at the end. */
struct fiber_sem {
    int free;
    struct sem_waiter *first, *last;
};
void fiber_sem_init(struct fiber_sem *sem, int count);
enum err fiber_sem_take(struct fiber_sem *sem) MUST_CHECK;
void fiber_sem_give(struct fiber_sem *sem);

#endif
