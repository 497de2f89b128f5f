/* What a place may be asked: llm.backends.NAME.parallel, requests_per_minute, tokens_per_minute. */
#include <string.h>

#include "core/llm/models.h"
#include "core/llm/router_internal.h"

enum { PARALLEL_MOST = 1024 };
static const int64_t minute_most = 1000000000;

/* Leaves *out alone when the entry does not say. */
static enum err read_limit(struct json_object *entry, const char *place, const char *key,
                           int64_t most, int64_t *out, struct err_info *info)
{
    struct json_object *o = json_get(entry, key);
    int64_t n;
    if (!o)
        return ERR_OK;
    n = json_object_get_int64(o);
    if (!json_object_is_type(o, json_type_int) || n < 1 || n > most)
        return err_set(info, ERR_INPUT,
                       "llm.backends.%s.%s must be a whole number from 1 to %lld, not %.60s", place,
                       key, (long long)most, json_object_to_json_string(o));
    *out = n;
    return ERR_OK;
}

enum err place_limits(struct router *r, struct place *p, struct err_info *info)
{
    const struct roles_backend *named = roles_backend_of(r->roles, p->name);
    struct json_object *entry = named ? named->entry : NULL;
    int64_t parallel = p->parallel;
    char url[256];
    struct admission_limits l;
    enum err e, e2, e3;
    place_url(r, p, url, sizeof url);
    l = (struct admission_limits){
        /* a change of model costs a load, or the other's place in memory; elsewhere nothing */
        .stays = p->local || place_is_near(url),
        .one_model = p->local, /* two that compute at the same time wait for each other's threads at
                                * every layer (68 tokens took 105 s instead of 6) */
        .breaks = strcmp(p->name, "replay") != 0, /* no service that fails from overwork */
    };
    e = read_limit(entry, p->name, "parallel", PARALLEL_MOST, &parallel, info);
    e2 = read_limit(entry, p->name, "requests_per_minute", minute_most, &l.requests,
                    e ? NULL : info);
    e3 = read_limit(entry, p->name, "tokens_per_minute", minute_most, &l.tokens,
                    e || e2 ? NULL : info);
    p->parallel = parallel > 0 ? (int)parallel : 1;
    if (p->local && r->options.models)
        models_set_parallel(r->options.models, p->parallel);
    l.parallel = p->parallel;
    admission_set_limits(&p->door, &l);
    return e ? e : e2 ? e2 : e3;
}
