/* Recording and calling. */
#include <string.h>

#include "base/log.h"
#include "core/llm/models.h"
#include "core/llm/record.h"
#include "core/llm/router_internal.h"

enum { TRIES = 3, RETRY_MS = 400 };

/* ---- recording ---- */

struct recorder {
    const struct llm_request *request;
    struct json_object *chunks;
    uint64_t began;
    bool began_text;
};

static enum llm_more on_text(void *arg, const char *text, size_t n)
{
    struct recorder *rec = arg;
    struct json_object *c;
    rec->began_text = true;
    if (rec->chunks) {
        c = json_object_new_array();
        json_object_array_add(
            c, json_object_new_int64((int64_t)((uv_hrtime() - rec->began) / 1000000)));
        json_object_array_add(c, json_object_new_string_len(text, (int)n));
        json_object_array_add(rec->chunks, c);
    }
    return rec->request->on_text ? rec->request->on_text(rec->request->arg, text, n) : LLM_MORE;
}

/* ---- calling ---- */

/* The local server of the model, started when needed. One backend a place: a change of model or
 * address opens it anew, which is safe because the slots of the place are counted below. */
static enum err open_local(struct router *r, const char *model, struct backend **out,
                           struct err_info *info)
{
    struct model_address a;
    struct backend_config config = {.name = "local", .base_url = a.base_url, .api_key = a.api_key};
    enum err e = models_start(r->options.models, model, &a, info);
    return e ? e : r->options.classes[0]->open(r->sched, &config, out, info);
}

static enum err call_once(struct router *r, struct place *p, const struct llm_target *t,
                          const struct llm_request *q, struct llm_reply *reply,
                          struct err_info *info)
{
    struct backend *local = NULL;
    enum err e;
    if (!p->local) {
        e = place_open(r, p, info);
        return e ? e : p->backend->class->chat(p->backend, q, reply, info);
    }
    e = open_local(r, t->model, &local, info);
    if (e)
        return e;
    e = turn_take(&p->turn, t->model);
    if (!e) {
        e = local->class->chat(local, q, reply, info);
        turn_give(&p->turn);
        models_used(r->options.models, t->model, e == ERR_OK);
    }
    local->class->close(local);
    return e;
}

static void forget(struct llm_reply *r)
{
    buf_clear(&r->text);
    r->finish[0] = 0;
    r->tokens_in = r->tokens_cached = r->tokens_out = 0;
    r->first_token_ms = r->ms = 0;
    r->estimated = r->recorded = false;
}

enum err router_chat(struct router *r, const struct llm_target *target,
                     const struct llm_request *request, struct llm_reply *reply,
                     struct err_info *info)
{
    struct recorder rec = {.request = request, .began = uv_hrtime()};
    struct llm_request q = *request;
    struct place *p = place_of(r, target);
    enum err e;
    if (!p)
        return err_set(info, ERR_NO_BACKEND, "the backend %s is gone", target->place);
    q.model = target->model;
    forget(reply);
    if (fiber_check())
        return err_set(info, ERR_CANCELLED, "cancelled");
    if (r->record && record_play(r->record, &q, reply) == ERR_OK)
        return ERR_OK;
    e = places_look(
        r, false); /* also after a restart, when the job knows its target from the journal */
    if (!e)
        e = fiber_sem_take(&p->slots);
    if (e)
        return err_set(info, e, "cancelled");
    rec.chunks = r->record ? json_object_new_array() : NULL;
    q.on_text = on_text;
    q.arg = &rec;
    for (int i = 0; i < TRIES; i++) {
        forget(reply); /* of the try before */
        e = call_once(r, p, target, &q, reply, info);
        if (!e || !err_retryable(e) || e == ERR_TIMEOUT || rec.began_text)
            break; /* what took its whole time once would take it again */
        log_line("%s: %s", target->label, err_name(e));
        if (i + 1 < TRIES && fiber_sleep((uint64_t)RETRY_MS << (2 * i))) {
            e = ERR_CANCELLED;
            break;
        }
    }
    fiber_sem_give(&p->slots);
    if (rec.chunks)
        record_add(r->record, &q, rec.chunks, reply, e);
    json_object_put(rec.chunks);
    if (e == ERR_NET_CONNECT)
        r->looked = 0;
    return e;
}
