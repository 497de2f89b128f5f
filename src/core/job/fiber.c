/* Fibers on ucontext: creation, switching, the scheduler on the loop. The waits of everyday use are
 * in fiber_wait.c. */
#include "core/job/fiber.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define HAS_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_ASAN 1
#endif
#endif
#if defined(__SANITIZE_THREAD__)
#define HAS_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define HAS_TSAN 1
#endif
#endif
#ifdef HAS_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef HAS_TSAN
#include <sanitizer/tsan_interface.h>
#endif

enum {
    STACK_BYTES = 256 << 10,
    GUARD_BYTES = 64 << 10, /* a big local must not jump over it */
    POOL_MAX = 32,          /* stacks kept for reuse */
};

struct fiber {
    struct fiber *next_ready;
    struct sched *sched;
    ucontext_t context;
    char *stack; /* mapping: guard, then the stack */
    fiber_fn *fn;
    void *arg;
    char name[64];
    struct await *waiting; /* the wait that it is parked on */
    int shield;
    bool ready, cancelled, ended, detached;
    enum err result;
    struct await *joiner;
    void (*done)(void *arg, enum err result);
    void *done_arg;
#ifdef HAS_ASAN
    void *fake_stack;
#endif
#ifdef HAS_TSAN
    void *tsan;
#endif
};

struct sched {
    uv_loop_t *loop;
    uv_prepare_t prepare;
    uv_check_t check;
    uv_idle_t idle; /* runs while fibers are ready, so that the loop does not sleep */
    struct fiber *first, **last;
    ucontext_t main;
    size_t fibers;
    int closing;
    char *pool[POOL_MAX];
    int pooled;
#ifdef HAS_ASAN
    const void *main_stack;
    size_t main_size;
    void *main_fake;
#endif
#ifdef HAS_TSAN
    void *main_tsan;
#endif
};

static _Thread_local struct fiber *current;

/* ---- stacks ---- */

static char *stack_take(struct sched *s)
{
    char *p;
    if (s->pooled)
        return s->pool[--s->pooled];
    p = mmap(NULL, GUARD_BYTES + STACK_BYTES, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED)
        return NULL;
    if (mprotect(p, GUARD_BYTES, PROT_NONE)) {
        munmap(p, GUARD_BYTES + STACK_BYTES);
        return NULL;
    }
    return p;
}

static void stack_give(struct sched *s, char *p)
{
#ifdef HAS_ASAN
    __asan_unpoison_memory_region(p + GUARD_BYTES, STACK_BYTES);
#endif
    if (s->pooled < POOL_MAX)
        s->pool[s->pooled++] = p;
    else
        munmap(p, GUARD_BYTES + STACK_BYTES);
}

/* ---- switching ---- */

static void enter_begin(struct fiber *f)
{
#ifdef HAS_ASAN
    __sanitizer_start_switch_fiber(&f->sched->main_fake, f->stack + GUARD_BYTES, STACK_BYTES);
#endif
#ifdef HAS_TSAN
    f->sched->main_tsan = __tsan_get_current_fiber();
    __tsan_switch_to_fiber(f->tsan, 0);
#endif
    (void)f;
}

static void enter_end(struct sched *s)
{
#ifdef HAS_ASAN
    __sanitizer_finish_switch_fiber(s->main_fake, NULL, NULL);
#endif
    (void)s;
}

/* Leaving a fiber; `dying` lets ASan drop its fake stack. */
static void leave_begin(struct fiber *f, bool dying)
{
#ifdef HAS_ASAN
    __sanitizer_start_switch_fiber(dying ? NULL : &f->fake_stack, f->sched->main_stack,
                                   f->sched->main_size);
#endif
#ifdef HAS_TSAN
    __tsan_switch_to_fiber(f->sched->main_tsan, 0);
#endif
    (void)f;
    (void)dying;
}

static void leave_end(struct fiber *f)
{
#ifdef HAS_ASAN
    __sanitizer_finish_switch_fiber(f->fake_stack, &f->sched->main_stack, &f->sched->main_size);
#endif
    (void)f;
}

static void park(struct fiber *f)
{
    leave_begin(f, false);
    swapcontext(&f->context, &f->sched->main);
    leave_end(f);
}

static void fiber_main(unsigned low, unsigned high)
{
    struct fiber *f = (struct fiber *)((uintptr_t)high << 32 | low);
#ifdef HAS_ASAN
    f->fake_stack = NULL;
#endif
    leave_end(f);
    f->result = f->fn(f->arg);
    f->ended = true;
    leave_begin(f, true);
    setcontext(&f->sched->main);
    abort(); /* setcontext does not return */
}

static void fiber_free(struct fiber *f)
{
    stack_give(f->sched, f->stack);
#ifdef HAS_TSAN
    __tsan_destroy_fiber(f->tsan);
#endif
    f->sched->fibers--;
    free(f);
}

static void finish(struct fiber *f)
{
    if (f->joiner) {
        await_done(f->joiner, ERR_OK);
    } else if (f->detached) {
        void (*done)(void *, enum err) = f->done;
        void *arg = f->done_arg;
        enum err result = f->result;
        fiber_free(f);
        if (done)
            done(arg, result);
    }
}

static void resume(struct fiber *f)
{
    struct sched *s = f->sched;
    current = f;
    enter_begin(f);
    swapcontext(&s->main, &f->context);
    enter_end(s);
    current = NULL;
    if (f->ended)
        finish(f);
}

/* ---- the scheduler ---- */

static void on_idle(uv_idle_t *idle)
{
    (void)idle;
}

static void make_ready(struct fiber *f)
{
    struct sched *s = f->sched;
    if (f->ready || f->ended)
        return;
    f->ready = true;
    f->next_ready = NULL;
    if (!s->first)
        uv_idle_start(&s->idle, on_idle);
    *s->last = f;
    s->last = &f->next_ready;
}

/* Runs those that are ready now; what they wake runs in the next batch. */
static void run_batch(struct sched *s)
{
    struct fiber *batch = s->first;
    s->first = NULL;
    s->last = &s->first;
    while (batch) {
        struct fiber *f = batch;
        batch = f->next_ready;
        f->ready = false;
        resume(f);
    }
    if (!s->first)
        uv_idle_stop(&s->idle);
}

static void on_prepare(uv_prepare_t *h)
{
    run_batch(h->data);
}

static void on_check(uv_check_t *h)
{
    run_batch(h->data);
}

struct sched *sched_new(uv_loop_t *loop)
{
    struct sched *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->loop = loop;
    s->last = &s->first;
    uv_prepare_init(loop, &s->prepare);
    uv_check_init(loop, &s->check);
    uv_idle_init(loop, &s->idle);
    s->prepare.data = s->check.data = s->idle.data = s;
    uv_prepare_start(&s->prepare, on_prepare);
    uv_check_start(&s->check, on_check);
    uv_unref((uv_handle_t *)&s->prepare);
    uv_unref((uv_handle_t *)&s->check);
    return s;
}

static void on_closed(uv_handle_t *h)
{
    struct sched *s = h->data;
    if (--s->closing)
        return;
    while (s->pooled)
        munmap(s->pool[--s->pooled], GUARD_BYTES + STACK_BYTES);
    free(s);
}

void sched_close(struct sched *s)
{
    s->closing = 3;
    uv_close((uv_handle_t *)&s->prepare, on_closed);
    uv_close((uv_handle_t *)&s->check, on_closed);
    uv_close((uv_handle_t *)&s->idle, on_closed);
}

uv_loop_t *sched_loop(struct sched *s)
{
    return s->loop;
}

size_t sched_fibers(const struct sched *s)
{
    return s->fibers;
}

void sched_run(struct sched *s)
{
    while (s->fibers)
        uv_run(s->loop, UV_RUN_ONCE);
}

/* ---- fibers ---- */

/* Apart, because getcontext may return twice in the compiler's eyes. */
static __attribute__((noinline)) void make_context(struct fiber *f)
{
    uintptr_t self = (uintptr_t)f;
    getcontext(&f->context);
    f->context.uc_stack.ss_sp = f->stack + GUARD_BYTES;
    f->context.uc_stack.ss_size = STACK_BYTES;
    f->context.uc_link = NULL;
    makecontext(&f->context, (void (*)(void))fiber_main, 2, (unsigned)(self & 0xffffffffu),
                (unsigned)(self >> 32));
}

struct fiber *fiber_spawn(struct sched *s, const char *name, fiber_fn *fn, void *arg)
{
    struct fiber *f = calloc(1, sizeof *f);
    if (!f)
        return NULL;
    f->sched = s;
    f->stack = stack_take(s);
    if (!f->stack) {
        free(f);
        return NULL;
    }
    f->fn = fn;
    f->arg = arg;
    snprintf(f->name, sizeof f->name, "%s", name);
#ifdef HAS_TSAN
    f->tsan = __tsan_create_fiber(0);
    __tsan_set_fiber_name(f->tsan, f->name);
#endif
    make_context(f);
    s->fibers++;
    make_ready(f);
    return f;
}

struct fiber *fiber_current(void)
{
    return current;
}

struct sched *fiber_sched(const struct fiber *f)
{
    return f->sched;
}

const char *fiber_name(const struct fiber *f)
{
    return f->name;
}

static void abort_wait(struct await *a)
{
    if (a->aborted || a->done)
        return;
    a->aborted = true;
    if (a->abort)
        a->abort(a);
}

void fiber_cancel(struct fiber *f)
{
    if (f->cancelled || f->ended)
        return;
    f->cancelled = true;
    if (f->waiting && !f->shield)
        abort_wait(f->waiting);
}

enum err fiber_check(void)
{
    return current && current->cancelled && !current->shield ? ERR_CANCELLED : ERR_OK;
}

void fiber_shield(bool on)
{
    if (current)
        current->shield += on ? 1 : -1;
}

static void cancel_joined(struct await *a)
{
    fiber_cancel(a->data);
}

enum err fiber_join(struct fiber *f, enum err *result)
{
    struct await joined;
    enum err e = fiber_check();
    if (!f->ended) {
        await_init(&joined, cancel_joined, f);
        f->joiner = &joined;
        e = await_wait(&joined);
        if (joined.aborted)
            e = ERR_CANCELLED;
    }
    if (result)
        *result = f->result;
    fiber_free(f);
    return e;
}

void fiber_detach(struct fiber *f, void (*done)(void *arg, enum err result), void *arg)
{
    f->detached = true;
    f->done = done;
    f->done_arg = arg;
    if (f->ended)
        finish(f);
}

enum err fiber_yield(void)
{
    struct fiber *f = current;
    make_ready(f);
    park(f);
    return fiber_check();
}

/* ---- waits ---- */

void await_init(struct await *a, void (*abort)(struct await *), void *data)
{
    *a = (struct await){.fiber = current, .abort = abort, .data = data};
}

enum err await_wait(struct await *a)
{
    struct fiber *f = a->fiber;
    if (fiber_check())
        abort_wait(a);
    f->waiting = a;
    while (!a->done)
        park(f);
    f->waiting = NULL;
    return a->code;
}

void await_done(struct await *a, enum err code)
{
    if (a->done)
        return;
    a->done = true;
    a->code = a->aborted && code != ERR_OK ? ERR_CANCELLED : code;
    if (a->fiber->waiting == a)
        make_ready(a->fiber);
}
