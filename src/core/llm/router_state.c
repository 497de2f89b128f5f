/* How it goes at the places: what `dise backends` and `dise doctor` show. */
#include <stdio.h>

#include "core/llm/router_internal.h"

static int64_t pause_of(const struct place *p, uint64_t now)
{
    return p->door.paused_until > now ? (int64_t)(p->door.paused_until - now) : 0;
}

static void add_door(struct json_object *o, struct admission *a, uint64_t now)
{
    int64_t requests, tokens;
    rate_used(&a->rate, now, &requests, &tokens);
    json_add_i64(o, "running", a->queue.running);
    json_add_i64(o, "waiting", a->queue.rings[0].waiting + a->queue.rings[1].waiting);
    json_add_i64(o, "waiting_night", a->queue.rings[1].waiting);
    json_add_str(o, "model", a->queue.model);
    json_add_i64(o, "calls", a->calls);
    json_add_f64(o, "waited_ms", a->calls ? a->waited_ms / (double)a->calls : 0);
    json_add_f64(o, "waited_most_ms", a->waited_most_ms);
    json_add_i64(o, "parallel", a->queue.parallel);
    json_add_i64(o, "requests_per_minute", a->limits.requests);
    json_add_i64(o, "requests_used", requests);
    json_add_i64(o, "tokens_per_minute", a->limits.tokens);
    json_add_i64(o, "tokens_used", tokens);
}

struct json_object *router_state(struct router *r)
{
    const uint64_t now = admission_now();
    struct json_object *list = json_object_new_array();
    for (int i = 0; i < r->count; i++) {
        struct place *p = &r->places[i];
        const struct breaker *b = &p->door.breaker;
        struct json_object *o = json_object_new_object();
        json_add_str(o, "name", p->name);
        json_add_str(o, "title", p->title);
        json_add_bool(o, "up", p->up);
        json_add_str(o, "breaker", breaker_state_name(breaker_state(b, now)));
        json_add_i64(o, "failures", b->failures);
        json_add_i64(o, "retry_ms", (int64_t)breaker_wait(b, now));
        json_add_str(o, "why", b->failures ? p->why : "");
        json_add_i64(o, "paused_ms", pause_of(p, now));
        add_door(o, &p->door, now);
        json_object_array_add(list, o);
    }
    return list;
}

void place_describe(const struct place *p, char *out, size_t size)
{
    const uint64_t now = admission_now();
    const struct breaker *b = &p->door.breaker;
    const int64_t pause = pause_of(p, now);
    const enum breaker_state s = breaker_state(b, now);
    if (s != BREAKER_CLOSED)
        snprintf(out, size,
                 "%.100s; %d calls in a row have failed, the next one finds out (%.120s)",
                 p->detail, b->failures, p->why);
    else if (pause)
        snprintf(out, size, "%.150s; it asks not to be asked for %lld s", p->detail,
                 (long long)(pause + 999) / 1000);
    else
        snprintf(out, size, "%s", p->detail);
}
