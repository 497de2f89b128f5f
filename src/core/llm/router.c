#include "core/llm/router.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/llm/models.h"
#include "core/llm/record.h"
#include "core/llm/router_internal.h"

static int role_of(const char *name)
{
    for (int i = 0; i < ROLES; i++)
        if (strcmp(router_role_names[i], name) == 0)
            return i;
    return FAST;
}

enum err router_open(struct sched *s, const struct router_options *options, struct router **out,
                     struct err_info *info)
{
    struct router *r = calloc(1, sizeof *r);
    *out = NULL;
    if (!r)
        return err_set(info, ERR_NOMEM, "out of memory");
    r->sched = s;
    r->options = *options;
    fiber_sem_init(&r->looking, 1);
    if (options->record) {
        enum err e = record_open(options->record, &r->record, info);
        if (e) {
            free(r);
            return e;
        }
    }
    places_init(r);
    *out = r;
    return ERR_OK;
}

void router_close(struct router *r)
{
    places_close(r);
    record_close(r->record);
    free(r);
}

/* ---- resolving ---- */

static void make_label(const char *model, char out[48])
{
    const char *slash = strrchr(model, '/');
    snprintf(out, 48, "%.47s", slash ? slash + 1 : model);
    if (strncmp(out, "qwen2.5-", 8) == 0)
        memmove(out, out + 8, strlen(out) - 7);
}

static enum err none(bool any, int wanted, struct err_info *info)
{
    if (any && wanted == POWERFUL)
        return err_set(info, ERR_NO_BACKEND,
                       "no stronger model is installed: dise model install qwen2.5-coder-1.5b");
    if (any)
        return err_set(info, ERR_NO_BACKEND, "none configured");
    return err_set(info, ERR_NO_BACKEND,
                   "no language model is to be had: dise model install, or start Ollama or LM "
                   "Studio, or set OPENAI_API_KEY (dise doctor tells more)");
}

static enum err chain(struct router *r, const char *role, struct llm_target out[], int max, int *n,
                      struct err_info *info)
{
    int wanted = role_of(role);
    bool any = false;
    enum err e = places_look(r, false);
    *n = 0;
    if (e)
        return e;
    for (int i = 0; i < r->count && *n < max; i++) {
        struct place *p = &r->places[i];
        any |= p->up;
        if (!p->up || !p->roles[wanted][0])
            continue;
        memset(&out[*n], 0, sizeof out[*n]);
        snprintf(out[*n].place, sizeof out->place, "%s", p->name);
        snprintf(out[*n].model, sizeof out->model, "%s", p->roles[wanted]);
        make_label(out[*n].model, out[*n].label);
        (*n)++;
    }
    if (*n)
        return ERR_OK;
    r->looked = 0; /* what is missing may come any time */
    return none(any, wanted, info);
}

/* A task that is given while the first model is being installed waits for it. */
enum err router_chain(struct router *r, const char *role, struct llm_target out[], int max, int *n,
                      struct err_info *info)
{
    enum err e = chain(r, role, out, max, n, info), waited;
    if (e != ERR_NO_BACKEND || !r->options.models || !models_installing(r->options.models))
        return e;
    for (int i = 0; i < r->count; i++)
        if (r->places[i].up)
            return e;
    waited = models_await_install(r->options.models);
    return waited ? waited : chain(r, role, out, max, n, info);
}

enum err router_resolve(struct router *r, const char *role, struct llm_target *out,
                        struct err_info *info)
{
    int n;
    memset(out, 0, sizeof *out);
    return router_chain(r, role, out, 1, &n, info);
}

int router_parallel(struct router *r, const struct llm_target *target)
{
    struct place *p = place_of(r, target);
    return p ? p->parallel : 1;
}

bool router_cost(const struct router *r, const struct llm_target *target, int64_t tokens_in,
                 int64_t tokens_out, double *dollars)
{
    struct json_object *prices = json_object_of(r->options.config, "prices"),
                       *price = json_object_of(prices, target->model);
    const struct place *p = place_find(r, target);
    char url[256] = "";
    *dollars = 0;
    if (!price)
        price = json_object_of(prices, target->label);
    if (price) {
        *dollars = ((double)tokens_in * json_f64(price, "in", 0) +
                    (double)tokens_out * json_f64(price, "out", 0)) /
                   1e6;
        return true;
    }
    if (p)
        place_url(r, p, url, sizeof url);
    return p && (p->local || place_is_near(url) || strcmp(p->name, "replay") == 0);
}
