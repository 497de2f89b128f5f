/* Calls for embeddings. One target, one try: who wants vectors wants those of one model, and comes
 * again later. */
#include <stdio.h>
#include <string.h>

#include "core/llm/models.h"
#include "core/llm/router_internal.h"

enum { EMBED_PATIENCE_MS = 2000 };

enum err router_embedding(struct router *r, struct llm_target *out, bool *guessed,
                          struct err_info *info)
{
    struct role_choice choice;
    const struct place *p;
    enum err e;
    memset(out, 0, sizeof *out);
    *guessed = false;
    /* what is named is not looked for */
    if (roles_chain(r->roles, "embedding", &choice, 1) < 1 || choice.guessed) {
        e = places_look(r, false);
        if (e)
            return err_set(info, e, "cancelled");
    }
    if (roles_chain(r->roles, "embedding", &choice, 1) < 1)
        return err_set(info, ERR_NO_BACKEND, "no model is configured for embeddings");
    p = place_named(r, choice.backend);
    *guessed = choice.guessed;
    if (!p || (choice.guessed && !p->up))
        return err_set(info, ERR_NO_BACKEND, "no model for embeddings is to be had");
    snprintf(out->place, sizeof out->place, "%s", choice.backend);
    snprintf(out->model, sizeof out->model, "%s", choice.model);
    snprintf(out->label, sizeof out->label, "%.47s", choice.model);
    out->timeout_ms = choice.timeout_ms;
    return ERR_OK;
}

void router_url(const struct router *r, const struct llm_target *t, char out[256])
{
    const struct place *p = strcmp(t->place, "local") == 0 ? NULL : place_find(r, t);
    out[0] = 0;
    if (p)
        place_url(r, p, out, 256);
}

bool router_is_near(const struct router *r, const struct llm_target *t)
{
    const struct place *p = place_find(r, t);
    char url[256] = "";
    if (strcmp(t->place, "local") == 0)
        return true;
    if (p)
        place_url(r, p, url, sizeof url);
    return p && place_is_near(url);
}

bool router_person_served(const struct router *r, uint64_t ms)
{
    const uint64_t now = admission_now();
    for (int i = 0; i < r->count; i++) {
        const struct place *p = &r->places[i];
        char url[256];
        place_url(r, p, url, sizeof url);
        if (!p->local && !place_is_near(url))
            continue;
        if (p->persons > 0 || (p->person_at && now - p->person_at < ms))
            return true;
    }
    return false;
}

static enum err embed_local(struct router *r, const char *model, const struct embed_request *q,
                            struct embed_reply *reply, struct err_info *info)
{
    struct backend *local = NULL;
    enum err e = router_open_local(r, model, &local, info);
    if (e)
        return e;
    e = local->class->embed(local, q, reply, info);
    models_used(r->options.models, model, e == ERR_OK);
    local->class->close(local);
    return e;
}

/* That it has no such model, or does not like a text, says nothing about its conversations. */
static bool is_its_fault(enum err e)
{
    return e == ERR_NET_BROKEN || e == ERR_NET_CONNECT || e == ERR_NET_RESOLVE ||
           e == ERR_NET_TLS || e == ERR_HTTP_AUTH || e == ERR_HTTP_QUOTA;
}

static int64_t tokens_of(const struct embed_request *q)
{
    size_t n = 0;
    for (size_t i = 0; i < q->count; i++)
        n += strlen(q->texts[i]);
    return (int64_t)n / 4 + 1;
}

enum err router_embed(struct router *r, const struct llm_target *target,
                      const struct embed_request *request, enum llm_priority priority,
                      struct reservation *held, struct embed_reply *reply, struct err_info *info)
{
    struct embed_request q = *request;
    struct admission_call door = {.queued = {.rank = priority == LLM_BATCH, .model = target->model},
                                  .tokens = tokens_of(request),
                                  .pause_patience_ms = EMBED_PATIENCE_MS};
    struct place *p = place_of(r, target);
    enum err e = fiber_check();
    if (e)
        return err_set(info, e, "cancelled");
    if (strcmp(target->place, "local") == 0)
        return embed_local(r, target->model, &q, reply, info);
    if (!p)
        return err_set(info, ERR_NO_BACKEND, "there is no backend %s", target->place);
    e = place_open(r, p, info);
    if (!e && !p->backend->class->embed)
        e = err_set(info, ERR_UNSUPPORTED, "%s makes no embeddings; name another backend for them",
                    p->name);
    if (e)
        return e;
    e = admission_enter(&p->door, &door);
    if (e)
        return err_set(info, e, e == ERR_CANCELLED ? "cancelled" : "%s is left alone for a while",
                       p->name);
    if (held)
        e = ledger_work(held, ledger_now(), &q.total_ms, info);
    if (e) {
        admission_leave(&p->door, &door, CALL_SAID_NOTHING, 0, 0);
        return e;
    }
    e = p->backend->class->embed(p->backend, &q, reply, info);
    if (held)
        ledger_rest(held, ledger_now());
    admission_leave(&p->door, &door,
                    !e                   ? CALL_WENT_WELL
                    : is_its_fault(e)    ? CALL_FAILED
                    : e == ERR_CANCELLED ? CALL_SAID_NOTHING
                                         : CALL_WENT_WELL,
                    reply->tokens_in ? reply->tokens_in : door.tokens,
                    e && info ? info->retry_after_ms : 0);
    return e;
}
