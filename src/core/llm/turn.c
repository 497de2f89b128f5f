#include "core/llm/turn.h"

#include <stdio.h>
#include <string.h>

void turn_init(struct turn *t)
{
    memset(t, 0, sizeof *t);
    fiber_sem_init(&t->free, 1);
}

enum err turn_take(struct turn *t, const char *model)
{
    enum err e;
    /* behind one that waits nobody joins any more, or it might wait for ever */
    if (t->running && !t->waiting && strcmp(t->model, model) == 0) {
        t->running++;
        return ERR_OK;
    }
    t->waiting++;
    e = fiber_sem_take(&t->free);
    t->waiting--;
    if (e)
        return e;
    t->running = 1;
    snprintf(t->model, sizeof t->model, "%s", model);
    return ERR_OK;
}

void turn_give(struct turn *t)
{
    if (--t->running == 0)
        fiber_sem_give(&t->free);
}
