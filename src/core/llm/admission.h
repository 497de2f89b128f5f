/* The door to one backend: its queue (call_queue.h), what it may be asked in a minute (rate.h), the
 * pause that it has asked for, its circuit breaker (breaker.h), and the figures of all that. Call
 * on fibers of one loop. */
#ifndef DISE_CORE_ADMISSION_H
#define DISE_CORE_ADMISSION_H

#include "core/job/fiber.h"
#include "core/llm/breaker.h"
#include "core/llm/call_queue.h"
#include "core/llm/rate.h"

struct admission_limits {
    int parallel;             /* calls at the same time */
    int64_t requests, tokens; /* of a minute; 0: no limit */
    bool stays, one_model;    /* call_queue.h */
    bool breaks;              /* it has a circuit breaker */
};

struct admission {
    struct sched *sched;
    struct admission_limits limits;
    struct call_queue queue;
    struct rate rate;
    struct breaker breaker;
    uint64_t paused_until; /* ms of uv_hrtime: it asked not to be asked before */
    uv_timer_t *timer;     /* on the heap, as a loop closes it later; NULL: not needed yet */
    int64_t calls;         /* that have begun */
    double waited_ms, waited_most_ms, waited_last_ms;
};

/* One call at the door, on the caller's stack. */
struct admission_call {
    struct queued_call queued; /* job, rank and model: set before admission_enter */
    int64_t tokens;            /* that it will use at most, prompt and answer */
    uint64_t breaker_patience_ms,
        pause_patience_ms; /* so long it waits for either, from its coming */
    /* the rest is the door's */
    struct admission *door;
    struct await await;
    bool in, probe;
    uint64_t came, number;
};

void admission_init(struct admission *a, struct sched *s);
/* May be changed while calls are under way. */
void admission_set_limits(struct admission *a, const struct admission_limits *limits);
/* With no call at the door. The loop must run once more afterwards. */
void admission_fini(struct admission *a);
/* Waits until the call may begin. ERR_CANCELLED, ERR_NOMEM; ERR_UNAVAILABLE: the breaker is open,
 * or the pause lasts, for longer than the call has patience. */
enum err admission_enter(struct admission *a, struct admission_call *c) MUST_CHECK;

enum admission_end { CALL_WENT_WELL, CALL_FAILED, CALL_SAID_NOTHING };
/* The call has ended; `tokens`: what it has used, < 0: not known. `retry_after_ms`: the backend
 * asks not to be asked before; 0: it does not. */
void admission_leave(struct admission *a, struct admission_call *c, enum admission_end end,
                     int64_t tokens, int64_t retry_after_ms);
/* Whether a call with as much patience would not be turned away now. */
bool admission_open(const struct admission *a, uint64_t breaker_ms, uint64_t pause_ms);
/* breaker_hurry */
void admission_hurry(struct admission *a);
uint64_t admission_now(void); /* the clock of all this, ms */

#endif
