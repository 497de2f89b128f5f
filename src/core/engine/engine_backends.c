/* The request `backends`: who can be asked, who plays which role and why, and with `test` whether a
 * tiny real call of each model goes well. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/day_time.h"
#include "core/engine/engine_internal.h"
#include "core/llm/roles.h"
#include "core/llm/tokens.h"

typedef struct json_object json;

/* ---- roles ---- */

static bool place_of_value(void *arg, const char *path, char file[192], int *line, int *column)
{
    struct config_place place;
    if (!config_place(arg, path, &place))
        return false;
    snprintf(file, 192, "%.191s", place.file);
    *line = place.line;
    *column = place.column;
    return true;
}

enum err engine_roles(const struct config *c, struct roles **out, struct err_info *info)
{
    const struct roles_source source = {config_root(c), place_of_value, (void *)c};
    return roles_new(&source, out, info);
}

/* ---- what today's calls have cost ---- */

/* What the models of one backend have used together; NULL: nothing. */
static json *today_of(json *rows, const char *backend)
{
    json *o = NULL;
    for (size_t i = 0; i < json_object_array_length(rows); i++) {
        static const char *const names[] = {"calls", "tokens_in", "tokens_out"};
        json *row = json_object_array_get_idx(rows, i);
        if (strcmp(json_str(row, "backend", ""), backend) != 0)
            continue;
        if (!o)
            o = json_object_new_object();
        for (size_t k = 0; k < sizeof names / sizeof *names; k++)
            json_add_i64(o, names[k], json_i64(o, names[k], 0) + json_i64(row, names[k], 0));
        json_add_f64(o, "cost", json_f64(o, "cost", 0) + json_f64(row, "cost", 0));
    }
    return o;
}

static enum err add_spend(struct engine *e, json *backends, struct err_info *info)
{
    struct spend_sums sums = {.since = spend_midnight(day_time_now(), 0)};
    enum err err = store_read(e->store, spend_read, &sums, info);
    for (size_t i = 0; !err && i < json_object_array_length(backends); i++) {
        json *row = json_object_array_get_idx(backends, i);
        json *today = today_of(sums.out, json_str(row, "name", ""));
        if (today)
            json_object_object_add(row, "today", today);
    }
    json_object_put(sums.out);
    return err;
}

/* ---- the tiny call ---- */

enum { TEST_TOKENS = 48, TEST_FIRST_MS = 90000, TEST_TOTAL_MS = 120000 };

static void remedy_of(enum err code, const char *backend, const char *model, char out[200])
{
    out[0] = 0;
    switch (code) {
    case ERR_HTTP_AUTH:
        snprintf(out, 200, "set llm.backends.%s.api_key, or its variable in the environment",
                 backend);
        break;
    case ERR_NET_CONNECT:
    case ERR_NET_RESOLVE:
        snprintf(out, 200, "start %s, or correct llm.backends.%s.base_url", backend, backend);
        break;
    case ERR_HTTP_CLIENT:
    case ERR_HTTP_MODEL:
    case ERR_NOT_FOUND:
    case ERR_NO_BACKEND:
        if (strcmp(backend, "ollama") == 0)
            snprintf(out, 200, "ollama pull %.100s", model);
        else
            snprintf(out, 200, "name a model that %s offers (dise backends --json lists them)",
                     backend);
        break;
    case ERR_HTTP_QUOTA:
        snprintf(out, 200, "fill up the account at %s, or name another backend", backend);
        break;
    case ERR_NET_TLS:
        snprintf(out, 200, "correct llm.backends.%s.base_url (https, its certificate)", backend);
        break;
    case ERR_HTTP_RATE:
        snprintf(out, 200, "wait, or raise the quota of the account");
        break;
    case ERR_TIMEOUT:
        snprintf(out, 200, "give it more time (timeout), or take a smaller model");
        break;
    case ERR_UNSUPPORTED:
    case ERR_INPUT:
        snprintf(out, 200, "correct llm.backends.%s", backend);
        break;
    default:
        snprintf(out, 200, "try again; the log of %s may tell more", backend);
    }
}

static void add_figures(struct engine *e, json *o, const struct llm_target *t,
                        const struct llm_reply *r)
{
    const double rest_ms = r->ms - r->first_token_ms;
    const struct price price = router_price(e->router, t);
    json_add_f64(o, "first_token_ms", r->first_token_ms);
    json_add_f64(o, "ms", r->ms);
    json_add_i64(o, "tokens_in", r->tokens_in);
    json_add_i64(o, "tokens_out", r->tokens_out);
    json_add_f64(o, "tokens_s",
                 r->tokens_out > 1 && rest_ms > 0 ? (double)(r->tokens_out - 1) * 1000 / rest_ms
                                                  : 0);
    json_add_bool(o, "cost_known", price.known);
    json_add_f64(o, "cost",
                 (double)price_nano(&price, r->tokens_in, r->tokens_cached, r->tokens_out) / 1e9);
}

/* It is of no job: today's account alone pays, and no event tells it. */
static enum err ask_within_budget(struct engine *e, const struct llm_target *t,
                                  struct llm_request *q, struct llm_reply *reply,
                                  struct err_info *info)
{
    struct estimate want = {
        .prompt = (int64_t)ceil(tokens_of_prompt(t->model, q->messages, q->message_count)),
        .max_tokens = q->max_tokens,
        .total_ms = q->total_ms,
        .price = router_price(e->router, t)};
    struct reservation r;
    struct llm_route route = {.held = &r};
    struct amount used;
    enum err err = spend_look(e->spend, info);
    if (!err)
        err = ledger_begin(spend_day(e->spend), &want, &r, info);
    if (err)
        return err;
    q->max_tokens = want.max_tokens;
    q->total_ms = want.total_ms;
    q->route = &route;
    err = router_chat(e->router, t, q, reply, info);
    used = (struct amount){
        reply->tokens_in + reply->tokens_out,
        price_nano(&want.price, reply->tokens_in, reply->tokens_cached, reply->tokens_out)};
    ledger_settle(&r, &used, reply->finish, ledger_now());
    return err;
}

/* The other models may take minutes: whoever waits hears of each as soon as it is known. */
static void tell_test(struct engine *e, const struct llm_target *t, json *test)
{
    struct event ev = {.type = EVENT_BACKEND_TESTED, .time = day_time_now()};
    ev.u.backend_tested.backend = t->place;
    ev.u.backend_tested.model = t->model;
    ev.u.backend_tested.test = json_object_to_json_string_ext(test, JSON_C_TO_STRING_PLAIN);
    rpc_event(e->rpc, &ev);
}

static void test_model(struct engine *e, const char *backend, json *model)
{
    static const struct llm_message messages[] = {
        {"user", "Count from 1 to 20, separated by blanks. Write nothing else."}};
    struct llm_target t = {0};
    struct llm_request q = {.messages = messages,
                            .message_count = 1,
                            .max_tokens = TEST_TOKENS,
                            .seed = 0,
                            .first_token_ms = TEST_FIRST_MS,
                            .total_ms = TEST_TOTAL_MS};
    struct llm_reply reply;
    struct err_info info = {0};
    json *o = json_object_new_object();
    char remedy[200] = "";
    enum err err;
    snprintf(t.place, sizeof t.place, "%s", backend);
    snprintf(t.model, sizeof t.model, "%s", json_str(model, "model", ""));
    snprintf(t.label, sizeof t.label, "%.47s", t.model);
    llm_reply_init(&reply);
    err = ask_within_budget(e, &t, &q, &reply, &info);
    if (!err && !reply.text.len)
        err = err_set(&info, ERR_PROTOCOL, "it answered, but with no text");
    if (err)
        remedy_of(err, backend, t.model, remedy);
    json_add_bool(o, "ok", err == ERR_OK);
    json_add_str(o, "code", err ? err_name(err) : "");
    json_add_str(o, "error", !err ? "" : info.message[0] ? info.message : err_text(err));
    json_add_str(o, "remedy", remedy);
    add_figures(e, o, &t, &reply);
    json_object_object_add(model, "test", o);
    tell_test(e, &t, o);
    llm_reply_fini(&reply);
}

struct testing {
    struct engine *engine;
    json *row;
};

/* The models of one backend, one after the other: each has the machine for itself. An embedding
 * answers no question. */
static enum err test_backend(void *arg)
{
    struct testing *t = arg;
    json *plays = json_array(t->row, "plays");
    for (size_t i = 0; plays && i < json_object_array_length(plays) && !fiber_check(); i++) {
        json *model = json_object_array_get_idx(plays, i), *roles = json_array(model, "roles");
        const char *role = json_object_get_string(json_object_array_get_idx(roles, 0));
        if (role && strncmp(role, "embedding", 9) != 0)
            test_model(t->engine, json_str(t->row, "name", ""), model);
    }
    return fiber_check();
}

/* Backends at the same time: the slowest decides how long it takes. */
static enum err test_all(struct engine *e, json *backends)
{
    enum { MOST = 32 };
    struct testing all[MOST];
    struct fiber *fibers[MOST];
    size_t n = json_object_array_length(backends);
    n = n > MOST ? MOST : n;
    for (size_t i = 0; i < n; i++) {
        all[i] = (struct testing){e, json_object_array_get_idx(backends, i)};
        fibers[i] = NULL;
        if (strcmp(json_str(all[i].row, "state", ""), "up") != 0)
            continue;
        fibers[i] = fiber_spawn(e->sched, "test", test_backend, &all[i]);
        if (!fibers[i] && test_backend(&all[i]))
            break;
    }
    for (size_t i = 0; i < n; i++)
        if (fibers[i])
            fiber_join(fibers[i], NULL);
    return fiber_check();
}

/* ---- the request ---- */

/* A backend is well when it can be asked, and no test of it failed. */
static int64_t count_well(json *backends, int64_t *asked)
{
    int64_t well = 0;
    *asked = 0;
    for (size_t i = 0; i < json_object_array_length(backends); i++) {
        json *row = json_object_array_get_idx(backends, i), *plays = json_array(row, "plays");
        const char *state = json_str(row, "state", "");
        bool ok = strcmp(state, "up") == 0;
        if (strcmp(state, "disabled") == 0 || (!ok && !json_flag(row, "configured", false)))
            continue;
        (*asked)++;
        for (size_t k = 0; plays && k < json_object_array_length(plays); k++) {
            json *test = json_object_of(json_object_array_get_idx(plays, k), "test");
            ok &= !test || json_flag(test, "ok", false);
        }
        well += ok;
    }
    return well;
}

enum err engine_backends(struct engine *e, json *params, json **result, struct err_info *info)
{
    json *backends = NULL;
    int64_t asked, well;
    enum err err = router_backends(e->router, &backends);
    if (!err && json_flag(params, "test", false))
        err = test_all(e, backends);
    if (!err)
        err = add_spend(e, backends, info);
    if (err) {
        json_object_put(backends);
        return err;
    }
    well = count_well(backends, &asked);
    *result = json_object_new_object();
    json_object_object_add(*result, "backends", backends);
    json_object_object_add(*result, "roles", router_explain(e->router));
    json_object_object_add(*result, "warnings",
                           json_object_get(roles_warnings(router_roles(e->router))));
    json_add_i64(*result, "well", well);
    json_add_i64(*result, "asked", asked);
    return ERR_OK;
}
