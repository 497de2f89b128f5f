/* One call: the target that is asked, again when that helps, then those that may answer in its
 * place. Which errors lead where is one table, policy_of. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "core/llm/backoff.h"
#include "core/llm/models.h"
#include "core/llm/record.h"
#include "core/llm/router_internal.h"

enum {
    TRIES = 5,             /* of a target with nobody behind it, while it says nothing */
    TRIES_BEFORE_NEXT = 2, /* of one that others may stand in for */
    TRIES_TOLD = 3,        /* of an answer that breaks off: each has cost something */
    BYTES_PER_TOKEN = 4,
    PAUSE_TOLD_MS = 3000, /* a longer one is told of */
    OPEN_PATIENCE_MS =
        15000, /* so long a call waits for the only target, when that is left alone */
};

static const struct backoff again = {.base_ms = 500, .most_ms = 8000, .patience_ms = 60000};
/* With somebody else at hand a server that asks for patience is not waited for. */
static const int64_t patience_before_next_ms = 2000;

struct call {
    struct router *router;
    const struct llm_request *request; /* as it was given */
    struct llm_request q;              /* as it is asked: model, listener, limits */
    struct llm_route *route;           /* never NULL */
    struct llm_route none;
    struct llm_reply *reply;
    struct err_info *info;
    struct llm_target chain[ROUTER_CHAIN_MAX];
    int count;
    /* the last try */
    bool tried, asked, told;
    bool over; /* nobody else is to be asked */
    enum err error;
    struct json_object *chunks; /* for the record; NULL: none is kept */
    uint64_t began;
};

/* ---- which error leads where ---- */

enum policy {
    GIVE_UP,   /* it would be the same anywhere */
    ASK_OTHER, /* it would be the same here */
    ASK_AGAIN, /* here, after a pause; then others */
};

static enum policy policy_of(enum err e)
{
    switch (e) {
    case ERR_OK:
    case ERR_NOMEM:
    case ERR_NOSPACE:
    case ERR_NOT_FOUND: /* no recorded answer fits */
    case ERR_TOO_LARGE:
    case ERR_CANCELLED:
    case ERR_BUDGET:
    case ERR_CORRUPT:
    case ERR_DIVERGED:
    case ERR_INTERNAL:
        return GIVE_UP;
    case ERR_TIMEOUT: /* what took its whole time once would take it again */
        return ASK_OTHER;
    default: /* credentials, a refusal, the place's configuration, a garbled answer */
        return err_retryable(e) ? ASK_AGAIN : ASK_OTHER;
    }
}

/* Whether the error says that the backend is not well; nothing that it has answered to is that. */
static bool is_its_fault(const struct call *c, enum err e)
{
    switch (e) {
    case ERR_TIMEOUT: /* of an answer: it was slow; of the first token: it is not there */
        return !c->told && c->q.first_token_ms > 0 &&
               uv_hrtime() - c->began >= (uint64_t)c->q.first_token_ms * 1000000;
    case ERR_NET_BROKEN:
    case ERR_NET_CONNECT:
    case ERR_NET_RESOLVE:
    case ERR_NET_TLS:
    case ERR_HTTP_SERVER:
    case ERR_HTTP_QUOTA:
    case ERR_HTTP_AUTH:
    case ERR_PROTOCOL:
        return true;
    default:
        return false;
    }
}

/* ---- recording ---- */

static enum llm_more on_text(void *arg, const char *text, size_t n)
{
    struct call *c = arg;
    struct json_object *piece;
    c->told = true;
    if (c->chunks) {
        piece = json_object_new_array();
        json_object_array_add(piece,
                              json_object_new_int64((int64_t)((uv_hrtime() - c->began) / 1000000)));
        json_object_array_add(piece, json_object_new_string_len(text, (int)n));
        json_object_array_add(c->chunks, piece);
    }
    return c->request->on_text ? c->request->on_text(c->request->arg, text, n) : LLM_MORE;
}

/* The answer of any of those that may give it, when the record has one. */
static bool play(struct call *c)
{
    struct llm_request q = *c->request;
    for (int i = 0; c->router->record && i < c->count; i++) {
        q.model = c->chain[i].model;
        if (record_play(c->router->record, &q, c->reply))
            continue;
        c->route->by = c->chain[i];
        return true;
    }
    return false;
}

/* ---- one try ---- */

enum err router_open_local(struct router *r, const char *model, struct backend **out,
                           struct err_info *info)
{
    struct model_address a;
    struct backend_config config = {.name = "local", .base_url = a.base_url, .api_key = a.api_key};
    enum err e = models_start(r->options.models, model, &a, info);
    return e ? e : r->options.classes[0]->open(r->sched, &config, out, info);
}

static enum err chat(struct call *c, struct place *p, const struct llm_target *t)
{
    struct backend *local = NULL;
    enum err e;
    if (!p->local) {
        e = place_open(c->router, p, c->info);
        return e ? e : p->backend->class->chat(p->backend, &c->q, c->reply, c->info);
    }
    e = router_open_local(c->router, t->model, &local, c->info);
    if (e)
        return e;
    e = local->class->chat(local, &c->q, c->reply, c->info);
    models_used(c->router->options.models, t->model, e == ERR_OK);
    local->class->close(local);
    return e;
}

static void forget(struct llm_reply *r)
{
    buf_clear(&r->text);
    r->finish[0] = 0;
    r->tokens_in = r->tokens_cached = r->tokens_out = 0;
    r->first_token_ms = r->ms = 0;
    r->estimated = r->truncated = r->recorded = r->cached = false;
}

/* Something may have been paid for: tokens that are known, or an answer that was lost on its way.
 */
static bool may_have_cost(const struct call *c)
{
    return c->told || c->error == ERR_NET_BROKEN || c->reply->tokens_in + c->reply->tokens_out > 0;
}

/* Tells the listener, when another target comes or the try may have cost something. Without a
 * listener nothing that was told is told again. */
static enum err restart(struct call *c, const struct llm_target *to)
{
    const struct llm_target from = c->route->by;
    const bool other = strcmp(from.place, to->place) != 0 || strcmp(from.model, to->model) != 0;
    const struct err_info why = *c->info;
    const struct llm_restart what = {
        &from,    to,     c->reply, c->error, why.message[0] ? why.message : err_text(c->error),
        c->asked, c->told};
    enum err e;
    if (!c->tried || (!other && !may_have_cost(c)))
        return ERR_OK;
    if (!c->route->on_restart) {
        c->over = c->told;
        return c->told ? c->error : ERR_OK;
    }
    e = c->route->on_restart(c->route->arg, &what, &c->q, c->info);
    c->over = e != ERR_OK;
    forget(c->reply); /* it is counted */
    return e;
}

static int64_t prompt_tokens(const struct llm_request *q)
{
    int64_t n = 0;
    for (size_t i = 0; i < q->message_count; i++)
        n += (int64_t)strlen(q->messages[i].content) / BYTES_PER_TOKEN + 4;
    return n;
}

/* Waits until the place may be asked; not for long where others may answer. */
static enum err enter(struct call *c, struct place *p, bool last, struct admission_call *door)
{
    enum err e;
    *door = (struct admission_call){
        .queued = {.job = c->route->job,
                   .rank = c->route->priority == LLM_BATCH,
                   .model = c->q.model},
        /* at most, as providers count it who limit tokens */
        .tokens = prompt_tokens(&c->q) + (c->q.max_tokens > 0 ? c->q.max_tokens : 0),
        .breaker_patience_ms = last ? OPEN_PATIENCE_MS : 0,
        .pause_patience_ms = (uint64_t)(last ? again.patience_ms : patience_before_next_ms),
    };
    e = admission_enter(&p->door, door);
    if (e != ERR_UNAVAILABLE)
        return e;
    if (p->door.paused_until > admission_now())
        return err_set(c->info, ERR_HTTP_RATE, "%s asks not to be asked for %llu s more", p->name,
                       (unsigned long long)(p->door.paused_until - admission_now() + 999) / 1000);
    return err_set(c->info, last && p->error ? p->error : ERR_UNAVAILABLE,
                   "%s has failed %d times in a row and is left alone for a while: %.200s", p->name,
                   p->door.breaker.failures, p->why);
}

static void tell(const struct router *r, const struct place *p, const char *state, const char *text)
{
    log_line("%s", text);
    if (r->options.on_state)
        r->options.on_state(r->options.arg, p->name, state, text);
}

/* When the breaker has opened or closed, or a pause has begun that somebody may wonder about. */
static void tell_state(const struct router *r, const struct place *p, bool was_closed,
                       bool was_paused)
{
    const uint64_t now = admission_now();
    const struct breaker *b = &p->door.breaker;
    const uint64_t open = breaker_wait(b, now),
                   pause = p->door.paused_until > now ? p->door.paused_until - now : 0;
    char text[300];
    if (was_closed && open) {
        snprintf(text, sizeof text,
                 "%s has failed %d times in a row and is left alone for %llu s: %.180s", p->name,
                 b->failures, (unsigned long long)(open + 999) / 1000, p->why);
        tell(r, p, "down", text);
    } else if (!was_closed && breaker_state(b, now) == BREAKER_CLOSED) {
        snprintf(text, sizeof text, "%s answers again", p->name);
        tell(r, p, "up", text);
    } else if (!was_paused && pause > PAUSE_TOLD_MS) {
        snprintf(text, sizeof text, "%s asks not to be asked for %llu s", p->name,
                 (unsigned long long)(pause + 999) / 1000);
        tell(r, p, "slow", text);
    }
}

static void leave(struct call *c, struct place *p, enum err e, struct admission_call *door)
{
    int64_t used = c->reply->tokens_in + c->reply->tokens_out;
    const bool fault = is_its_fault(c, e);
    const uint64_t now = admission_now();
    const bool closed = breaker_state(&p->door.breaker, now) == BREAKER_CLOSED;
    const bool paused = p->door.paused_until > now;
    if (fault) {
        p->error = e;
        snprintf(p->why, sizeof p->why, "%.190s", c->info->message);
    }
    if (e == ERR_CANCELLED && !used)
        used = prompt_tokens(&c->q); /* it was on its way */
    admission_leave(&p->door, door,
                    fault                ? CALL_FAILED
                    : e == ERR_CANCELLED ? CALL_SAID_NOTHING
                                         : CALL_WENT_WELL,
                    used, e ? c->info->retry_after_ms : 0);
    tell_state(c->router, p, closed, paused);
}

static enum err try_once(struct call *c, const struct llm_target *t, bool last)
{
    struct place *p = place_of(c->router, t);
    struct admission_call door;
    const int person = c->route->priority == LLM_PERSON;
    enum err e = restart(c, t);
    if (e)
        return e;
    forget(c->reply);
    c->tried = true;
    c->asked = c->told = false;
    c->route->by = *t;
    c->q.model = t->model;
    c->q.context_tokens = t->context_tokens;
    if (!p)
        return err_set(c->info, ERR_NO_BACKEND, "the backend %s is gone", t->place);
    e = enter(c, p, last, &door);
    if (e)
        return e;
    if (c->route->held)
        e = ledger_work(c->route->held, ledger_now(), &c->q.total_ms, c->info);
    if (e) { /* others have used up the time while it waited */
        admission_leave(&p->door, &door, CALL_SAID_NOTHING, 0, 0);
        return e;
    }
    c->asked = true;
    c->began = uv_hrtime();
    c->chunks = c->router->record ? json_object_new_array() : NULL;
    p->persons += person;
    e = chat(c, p, t);
    if (c->route->held)
        ledger_rest(c->route->held, ledger_now());
    p->persons -= person;
    if (person)
        p->person_at = admission_now();
    leave(c, p, e, &door);
    if (c->chunks)
        record_add(c->router->record, &c->q, c->chunks, c->reply, e);
    json_object_put(c->chunks);
    c->chunks = NULL;
    if (e == ERR_NET_CONNECT)
        c->router->looked = 0;
    return e;
}

/* ---- again, and others ---- */

/* ms until the target is asked again; -1: it is not. */
static int64_t pause_of(const struct call *c, int failed, bool last)
{
    const struct err_info *i = c->info;
    uint64_t random = 0;
    if (policy_of(c->error) != ASK_AGAIN || !c->asked)
        return -1;
    if (failed >= (!last ? TRIES_BEFORE_NEXT : c->told ? TRIES_TOLD : TRIES))
        return -1;
    if (!last && (c->told || c->error == ERR_NET_CONNECT || c->error == ERR_NET_RESOLVE ||
                  i->retry_after_ms > patience_before_next_ms))
        return -1;
    if (uv_random(NULL, NULL, &random, sizeof random, 0, NULL))
        random = uv_hrtime();
    return backoff_ms(&again, failed, i->retry_after_ms, random);
}

/* Sets c->over when nobody else is to be asked either. */
static enum err ask_target(struct call *c, const struct llm_target *t, bool last)
{
    for (int failed = 1;; failed++) {
        int64_t ms;
        enum err e = c->error = try_once(c, t, last);
        c->over |= !e || policy_of(e) == GIVE_UP;
        if (c->over)
            return e;
        log_line("%s at %s: %s", t->label, t->place, err_name(e));
        ms = pause_of(c, failed, last);
        if (ms < 0)
            return e;
        if (fiber_sleep((uint64_t)ms)) {
            c->over = true;
            return ERR_CANCELLED;
        }
    }
}

static bool is_near(const struct router *r, const struct place *p)
{
    char url[256];
    place_url(r, p, url, sizeof url);
    return p->local || place_is_near(url);
}

/* A task does not leave this machine, nor cost money, because something failed here, unless the
 * person has configured that. And a recording is no service that fails: nothing that was only found
 * stands in for it. */
static bool stands_in(const struct router *r, const struct llm_target *first,
                      const struct llm_target *t)
{
    const struct place *p = place_find(r, t), *of = place_find(r, first);
    if (!p || (strcmp(first->place, t->place) == 0 && strcmp(first->model, t->model) == 0))
        return false;
    if (p->configured)
        return true;
    return strcmp(first->place, "replay") != 0 && (is_near(r, p) || (of && !is_near(r, of)));
}

/* The target first, also when it is down now: it was resolved a moment ago, or before a restart. */
static enum err find_chain(struct call *c, const struct llm_target *target)
{
    struct llm_target all[ROUTER_CHAIN_MAX];
    struct err_info unused;
    const char *role = c->route->role;
    int n = 0;
    enum err e;
    c->chain[c->count++] = *target;
    if (!role)
        return places_look(c->router, false);
    e = router_chain(c->router, role, all, ROUTER_CHAIN_MAX, &n, &unused);
    if (e == ERR_NO_BACKEND && (role = router_role_played(c->router, target)) != NULL)
        e = router_chain(c->router, role, all, ROUTER_CHAIN_MAX, &n, &unused);
    for (int i = 0; !e && i < n && c->count < ROUTER_CHAIN_MAX; i++)
        if (stands_in(c->router, target, &all[i]))
            c->chain[c->count++] = all[i];
    return e == ERR_CANCELLED ? e : ERR_OK;
}

/* Nobody behind number i would be asked now. */
static bool is_last(const struct call *c, int i)
{
    for (i++; i < c->count; i++) {
        const struct place *p = place_find(c->router, &c->chain[i]);
        if (p && admission_open(&p->door, 0, (uint64_t)patience_before_next_ms))
            return false;
    }
    return true;
}

enum err router_chat(struct router *r, const struct llm_target *target,
                     const struct llm_request *request, struct llm_reply *reply,
                     struct err_info *info)
{
    struct err_info unused = {0};
    struct call c = {.router = r,
                     .request = request,
                     .q = *request,
                     .reply = reply,
                     .info = info ? info : &unused};
    enum err e = fiber_check();
    c.route = request->route ? request->route : &c.none;
    memset(&c.route->by, 0, sizeof c.route->by);
    forget(reply);
    if (!e)
        e = find_chain(&c, target);
    if (e)
        return err_set(info, e, "cancelled");
    if (play(&c))
        return ERR_OK;
    c.q.on_text = on_text;
    c.q.arg = &c;
    for (int i = 0; i < c.count && !c.over; i++)
        e = ask_target(&c, &c.chain[i], is_last(&c, i));
    return e;
}
