#include "ui/model_made.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/figure.h"

enum { PLAN = 1, PLAN_TEXT_MAX = 64 << 10 };

const struct model_item *model_made(const struct model_job *job, enum model_item_type type)
{
    for (size_t i = job->items_n; i-- > 0;)
        if (job->items[i].type == type)
            return &job->items[i];
    return NULL;
}

/* The item of this kind that is still being written, else a new one. */
static struct model_item *open_item(struct model_job *job, enum model_item_type type)
{
    for (size_t i = job->items_n; i-- > 0;)
        if (job->items[i].type == type && !job->items[i].made)
            return &job->items[i];
    return model_item_add(job, type, "", "") ? model_item_early(job) : NULL;
}

static enum err set_text(struct model_item *it, const char *text, size_t n)
{
    char *copy = strndup(text, n);
    if (!copy)
        return ERR_NOMEM;
    free(it->text);
    it->text = copy;
    it->rev++;
    return ERR_OK;
}

static enum err append(struct model_item *it, const char *text)
{
    size_t n = strlen(it->text), k = strlen(text);
    char *more;
    if (n + k > PLAN_TEXT_MAX)
        return ERR_OK; /* the whole comes when it is made */
    more = realloc(it->text, n + k + 1);
    if (!more)
        return ERR_NOMEM;
    memcpy(more + n, text, k + 1);
    it->text = more;
    it->rev++;
    return ERR_OK;
}

enum err model_made_delta(struct model *m, struct model_job *job, const struct event_token_delta *d)
{
    const bool plan = d->candidate == PLAN;
    struct model_item *it = open_item(job, plan ? ITEM_PLAN : ITEM_TESTS);
    char text[80], figure[FIGURE_SIZE];
    if (!it)
        return ERR_NOMEM;
    if (plan && it->text && (d->restart || d->tokens < it->tokens)) /* asked again */
        it->text[0] = 0;
    job->tokens_live += d->tokens - it->tokens;
    m->streamed += d->tokens - it->tokens;
    it->tokens = d->tokens;
    if (plan)
        return append(it, d->text ? d->text : "");
    snprintf(text, sizeof text, "writing tests, %s token%s", figure_count(figure, d->tokens),
             figure_s(d->tokens));
    return set_text(it, text, strlen(text));
}

/* A plan that the person has changed takes the place of the first. */
enum err model_made_plan(struct model_job *job, const char *text)
{
    const struct model_item *old = model_made(job, ITEM_PLAN);
    struct model_item *it = old ? &job->items[old - job->items] : open_item(job, ITEM_PLAN);
    if (!it)
        return ERR_NOMEM;
    it->made = true;
    return set_text(it, text ? text : "", strnlen(text ? text : "", PLAN_TEXT_MAX));
}

enum err model_made_tests(struct model_job *job, const struct event_tests_made *e)
{
    struct model_item *it = open_item(job, ITEM_TESTS);
    char text[120], *label;
    if (!it)
        return ERR_NOMEM;
    it->made = true;
    snprintf(text, sizeof text, "%lld of %lld usable", (long long)e->usable, (long long)e->written);
    if (!(label = strdup(text)))
        return ERR_NOMEM;
    free(it->label);
    it->label = label;
    if (e->written)
        snprintf(text, sizeof text, "%lld test%s written, %lld usable", (long long)e->written,
                 figure_s(e->written), (long long)e->usable);
    else
        snprintf(text, sizeof text, "no tests were written");
    return set_text(it, text, strlen(text));
}

void model_made_forget(struct model_job *job)
{
    for (size_t i = 0; i < job->items_n; i++) {
        struct model_item *it = &job->items[i];
        if ((it->type != ITEM_PLAN && it->type != ITEM_TESTS) || it->made)
            continue;
        job->tokens_live = job->tokens_live > it->tokens ? job->tokens_live - it->tokens : 0;
        it->tokens = 0;
        it->text[0] = 0;
        it->rev++;
    }
}
