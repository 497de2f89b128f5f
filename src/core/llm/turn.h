/* Local models take turns: two that compute at the same time on the same processors wait for each
 * other's threads at every layer (measured: 68 tokens took 105 s instead of 6). Calls to one and
 * the same model run together, its server batches them. */
#ifndef DISE_CORE_TURN_H
#define DISE_CORE_TURN_H

#include "core/job/fiber.h"

struct turn {
    struct fiber_sem free;
    char model[128]; /* whose turn it is */
    int running, waiting;
};
void turn_init(struct turn *t);
/* Waits until no other model computes; those that wait are served in their order. ERR_CANCELLED. */
enum err turn_take(struct turn *t, const char *model) MUST_CHECK;
void turn_give(struct turn *t);

#endif
