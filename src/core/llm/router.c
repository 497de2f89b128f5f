#include "core/llm/router.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/llm/models.h"
#include "core/llm/record.h"
#include "core/llm/router_internal.h"

static enum err roles_of_block(struct json_object *llm, struct roles **out, struct err_info *info)
{
    struct roles_source source = {.root = json_object_new_object()};
    enum err e;
    json_object_object_add(source.root, "llm", json_object_get(llm));
    e = roles_new(&source, out, info);
    json_object_put(source.root);
    return e;
}

enum err router_open(struct sched *s, const struct router_options *options, struct router **out,
                     struct err_info *info)
{
    struct router *r = calloc(1, sizeof *r);
    enum err e = ERR_OK;
    *out = NULL;
    if (!r) {
        roles_free(options->roles);
        return err_set(info, ERR_NOMEM, "out of memory");
    }
    r->sched = s;
    r->options = *options;
    r->roles = options->roles;
    fiber_sem_init(&r->looking, 1);
    if (!r->roles)
        e = roles_of_block(options->config, &r->roles, info);
    if (!e)
        e = prices_open(options->prices, json_get(options->config, "prices"), &r->prices, info);
    if (!e && options->record)
        e = record_open(options->record, &r->record, info);
    if (e) {
        prices_close(r->prices);
        roles_free(r->roles);
        free(r);
        return e;
    }
    r->unpriced = json_object_new_object();
    places_init(r);
    *out = r;
    return ERR_OK;
}

void router_close(struct router *r)
{
    places_close(r);
    record_close(r->record);
    roles_free(r->roles);
    prices_close(r->prices);
    json_object_put(r->unpriced);
    free(r);
}

const struct roles *router_roles(const struct router *r)
{
    return r->roles;
}

/* ---- resolving ---- */

static void make_label(const char *model, char out[48])
{
    const char *slash = strrchr(model, '/');
    snprintf(out, 48, "%.47s", slash ? slash + 1 : model);
    if (strncmp(out, "qwen2.5-", 8) == 0)
        memmove(out, out + 8, strlen(out) - 7);
}

/* Why nobody plays the role now: what the first choice lacks, else what the machine lacks. */
static enum err none(const struct router *r, const char *role, const struct role_choice *first,
                     struct err_info *info)
{
    const struct place *p = first ? place_named(r, first->backend) : NULL;
    const char *nearest;
    bool any = false;
    for (int i = 0; i < r->count; i++)
        any |= r->places[i].up;
    if (!roles_known(r->roles, role, &nearest))
        return err_set(info, ERR_INPUT, "unknown role \"%.64s\"%s%.64s%s", role,
                       nearest ? ", did you mean \"" : "", nearest ? nearest : "",
                       nearest ? "\"?" : "");
    if (p && p->configured && p->up)
        return err_set(
            info, ERR_NO_BACKEND, "%s has no model \"%.100s\" (%.120s): %s%.100s", p->name,
            first->model, first->how,
            strcmp(p->name, "ollama") == 0 ? "ollama pull " : "load it there: ", first->model);
    if (any && strstr(role, "powerful"))
        return err_set(info, ERR_NO_BACKEND,
                       "no stronger model is installed: dise model install qwen2.5-coder-1.5b");
    if (any)
        return err_set(info, ERR_NO_BACKEND, "none configured");
    if (p && p->configured)
        return err_set(info, ERR_NO_BACKEND,
                       "%s cannot be asked: %.190s (dise backends tells more)", p->name, p->detail);
    return err_set(info, ERR_NO_BACKEND,
                   "no language model is to be had: dise model install, or start Ollama or LM "
                   "Studio, or set OPENAI_API_KEY (dise doctor tells more)");
}

static void set_target(struct llm_target *t, const struct role_choice *c)
{
    memset(t, 0, sizeof *t);
    snprintf(t->place, sizeof t->place, "%.31s", c->backend);
    snprintf(t->model, sizeof t->model, "%.127s", c->model);
    make_label(t->model, t->label);
    t->context_tokens = c->context_tokens;
    t->timeout_ms = c->timeout_ms;
}

static enum err chain(struct router *r, const char *role, struct llm_target out[], int max, int *n,
                      struct err_info *info)
{
    struct role_choice list[ROLES_CHAIN_MAX];
    enum err e = places_look(r, false);
    int choices;
    *n = 0;
    if (e)
        return e;
    choices = roles_chain(r->roles, role, list, ROLES_CHAIN_MAX);
    for (int i = 0; i < choices && *n < max; i++) {
        const struct place *p = place_named(r, list[i].backend);
        if (p && p->up && place_has(p, list[i].model))
            set_target(&out[(*n)++], &list[i]);
    }
    if (*n)
        return ERR_OK;
    r->looked = 0; /* what is missing may come any time */
    return none(r, role, choices ? &list[0] : NULL, info);
}

const char *router_role_played(struct router *r, const struct llm_target *t)
{
    struct role_choice list[ROLES_CHAIN_MAX];
    for (int i = 0; i < 4; i++) {
        const char *role = roles_name(r->roles, i);
        int n = roles_chain(r->roles, role, list, ROLES_CHAIN_MAX);
        for (int k = 0; k < n; k++)
            if (strcmp(list[k].backend, t->place) == 0 && strcmp(list[k].model, t->model) == 0)
                return role;
    }
    return NULL;
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

/* The shipped prices are those of providers: a model of the same name on this machine is free. */
struct price router_price(const struct router *r, const struct llm_target *target)
{
    const struct place *p = place_find(r, target);
    struct price price = prices_own(r->prices, target->model);
    char url[256] = "";
    if (!price.known)
        price = prices_own(r->prices, target->label);
    if (price.known)
        return price;
    if (p)
        place_url(r, p, url, sizeof url);
    if (p && (p->local || place_is_near(url) || strcmp(p->name, "replay") == 0))
        return (struct price){.known = true};
    price = prices_of(r->prices, target->model);
    return price.known ? price : prices_of(r->prices, target->label);
}

bool router_first_unpriced(struct router *r, const char *model)
{
    if (json_get(r->unpriced, model))
        return false;
    json_add_bool(r->unpriced, model, true);
    return true;
}
