/* Who is asked when a backend fails, and what the listener is told, with backends that do as a
 * script says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/llm/router.h"

enum { STEPS = 8, LOG = 400 };

/* How one call goes: the pieces of `text` up to |, then the error. */
struct script {
    const char *text;
    enum err error;
    int retry_after_ms;
    uint64_t takes_ms;
};

struct world {
    struct script scripts[2][STEPS]; /* of the backends a and b */
    int asked[2], max_tokens[2];
    const char *names[2];
    char log[LOG]; /* what the listener heard */
    enum err refuse;
    bool no_listener, no_route;
    int cancel_ms, lower;
    int calls, parallel;    /* at the same time, 0: one; that a serves at once, 0: many */
    struct account account; /* of all of them */
    double all_ms;          /* that they took together */
    const char *record;
    enum err code, last; /* of the first call, of the last one */
    struct err_info info;
    char text[200], by[64];
    int64_t tokens_out;
    double took_ms;
    struct json_object *state;
    char states[300]; /* what was told of backends */
};

static struct world *w;

/* ---- backends ---- */

struct fake {
    struct backend base;
    struct sched *sched;
};

static const struct backend_class fake_class;

static enum err open_fake(struct sched *s, const struct backend_config *config,
                          struct backend **out, struct err_info *info)
{
    struct fake *f = calloc(1, sizeof *f);
    (void)info;
    f->base.class = &fake_class;
    f->sched = s;
    snprintf(f->base.name, sizeof f->base.name, "%s", config->name);
    *out = &f->base;
    return ERR_OK;
}

static void close_fake(struct backend *b)
{
    free(b);
}

static enum err models_fake(struct backend *b, int timeout_ms, struct json_object **out,
                            struct err_info *info)
{
    (void)timeout_ms;
    (void)info;
    *out = json_object_new_array();
    json_object_array_add(*out, json_object_new_string(b->name));
    return ERR_OK;
}

static enum err chat_fake(struct backend *b, const struct llm_request *q, struct llm_reply *r,
                          struct err_info *info)
{
    const int which = strcmp(b->name, w->names[0]) != 0;
    const struct script *s = &w->scripts[which][w->asked[which]++];
    enum err e = s->takes_ms ? fiber_sleep(s->takes_ms) : ERR_OK;
    w->max_tokens[which] = q->max_tokens;
    for (const char *at = s->text; !e && at && *at; at++) {
        r->tokens_out++;
        e = buf_add(&r->text, at, 1);
        if (!e && q->on_text && q->on_text(q->arg, at, 1) == LLM_STOP)
            break;
    }
    if (e)
        return e;
    r->tokens_in = s->text ? 10 : 0;
    snprintf(r->finish, sizeof r->finish, "%s", s->error ? "error" : "stop");
    if (!s->error)
        return ERR_OK;
    err_set(info, s->error, "%s says no", b->name);
    info->retry_after_ms = s->retry_after_ms;
    return s->error;
}

static const struct backend_class fake_class = {.name = "fake",
                                                .open = open_fake,
                                                .close = close_fake,
                                                .models = models_fake,
                                                .chat = chat_fake};

/* ---- the listener ---- */

static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void say(const char *format, ...)
{
    const size_t n = strlen(w->log);
    va_list args;
    va_start(args, format);
    vsnprintf(w->log + n, sizeof w->log - n, format, args);
    va_end(args);
}

static enum llm_more on_text(void *arg, const char *text, size_t n)
{
    (void)arg;
    say("%.*s", (int)n, text);
    return LLM_MORE;
}

static enum err on_restart(void *arg, const struct llm_restart *r, struct llm_request *next,
                           struct err_info *info)
{
    (void)arg;
    say("[%s%s%s %s %lld>%s]", r->from->place, r->asked ? "" : " not asked", r->told ? " told" : "",
        err_name(r->error), (long long)(r->broken->tokens_in + r->broken->tokens_out),
        r->to->place);
    if (w->lower)
        next->max_tokens = w->lower;
    return w->refuse ? err_set(info, w->refuse, "no more") : ERR_OK;
}

/* ---- a call ---- */

static struct json_object *configuration(void)
{
    struct json_object *o = NULL;
    char text[800];
    snprintf(text, sizeof text,
             "{\"backend\":\"%s\",\"backends\":{"
             "\"%s\":{\"base_url\":\"http://127.0.0.1:1/v1\",\"model_roles\":{\"fast\":\"%s\"},"
             "\"parallel\":%d},"
             "\"%s\":{\"base_url\":\"http://127.0.0.1:2/v1\",\"model_roles\":{\"fast\":\"%s\"},"
             "\"parallel\":3,\"requests_per_minute\":50},"
             "\"ollama\":{\"enabled\":false},\"lmstudio\":{\"enabled\":false},"
             "\"openai\":{\"enabled\":false},\"local\":{\"enabled\":false}}}",
             w->names[0], w->names[0], w->names[0], w->parallel ? w->parallel : 4, w->names[1],
             w->names[1]);
    assert_int_equal(json_parse(text, strlen(text), NULL, &o, NULL), ERR_OK);
    return o;
}

static enum err one_call(void *arg)
{
    static const struct llm_message messages[] = {{"user", "a question"}};
    struct router *r = arg;
    struct llm_target target;
    struct llm_reply reply;
    struct reservation held;
    struct estimate want = {.prompt = 10, .max_tokens = 100};
    const struct amount nothing = {0};
    struct llm_route route = {
        .role = "fast", .job = 5, .held = &held, .on_restart = w->no_listener ? NULL : on_restart};
    const struct llm_request q = {.messages = messages,
                                  .message_count = 1,
                                  .max_tokens = 100,
                                  .on_text = on_text,
                                  .route = w->no_route ? NULL : &route};
    const uint64_t began = uv_hrtime();
    enum err e = router_resolve(r, "fast", &target, &w->info);
    if (e)
        return e;
    if (ledger_begin(&w->account, &want, &held, &w->info))
        abort();
    llm_reply_init(&reply);
    e = router_chat(r, &target, &q, &reply, &w->info);
    ledger_settle(&held, &nothing, "stop", ledger_now());
    w->took_ms = (double)(uv_hrtime() - began) / 1e6;
    snprintf(w->text, sizeof w->text, "%s", reply.text.len ? reply.text.data : "");
    snprintf(w->by, sizeof w->by, "%s", route.by.place);
    w->tokens_out = reply.tokens_out;
    llm_reply_fini(&reply);
    return e;
}

static void on_state(void *arg, const char *backend, const char *state, const char *detail)
{
    const size_t n = strlen(w->states);
    (void)arg;
    snprintf(w->states + n, sizeof w->states - n, "%s %s: %s\n", backend, state, detail);
}

static enum err session(void *arg)
{
    static const struct backend_class *const classes[] = {&fake_class, NULL};
    struct router_options options = {.classes = classes, .record = w->record, .on_state = on_state};
    const uint64_t began = uv_hrtime();
    struct router *r;
    struct fiber *f, *more[STEPS];
    enum err e;
    (void)arg;
    options.config = configuration();
    e = router_open(fiber_sched(fiber_current()), &options, &r, &w->info);
    if (!e) {
        f = fiber_spawn(fiber_sched(fiber_current()), "call", one_call, r);
        if (w->cancel_ms && !fiber_sleep((uint64_t)w->cancel_ms))
            fiber_cancel(f);
        for (int i = 1; i < w->calls; i++)
            more[i] = fiber_spawn(fiber_sched(fiber_current()), "call", one_call, r);
        e = fiber_join(f, &w->code);
        for (int i = 1; i < w->calls; i++)
            fiber_join(more[i], &w->last);
        w->all_ms = (double)(uv_hrtime() - began) / 1e6;
        w->state = router_state(r);
        router_close(r);
    }
    json_object_put(options.config);
    return e;
}

static void run(struct world *world)
{
    uv_loop_t loop;
    struct sched *s;
    w = world;
    if (!w->names[0]) {
        w->names[0] = "a";
        w->names[1] = "b";
    }
    uv_loop_init(&loop);
    s = sched_new(&loop);
    fiber_detach(fiber_spawn(s, "test", session, NULL), NULL, NULL);
    sched_run(s);
    sched_close(s);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
}

static void done(void)
{
    json_object_put(w->state);
}

static void the_next_answers_when_one_is_not_there(void **state)
{
    struct world world = {.lower = 7, .scripts = {{{.error = ERR_NET_CONNECT}}, {{.text = "yes"}}}};
    (void)state;
    run(&world);
    assert_int_equal(w->code, ERR_OK);
    assert_string_equal(w->log, "[a NET_CONNECT 0>b]yes");
    assert_string_equal(w->text, "yes");
    assert_string_equal(w->by, "b");
    assert_int_equal(w->max_tokens[1], 7); /* the listener's limits */
    done();
}

static void what_was_told_is_void_and_counted(void **state)
{
    struct world world = {
        .scripts = {{{.text = "half", .error = ERR_NET_BROKEN}}, {{.text = "whole"}}}};
    (void)state;
    run(&world);
    assert_int_equal(w->code, ERR_OK);
    assert_string_equal(w->log, "half[a told NET_BROKEN 14>b]whole");
    assert_string_equal(w->text, "whole");
    assert_int_equal(w->tokens_out, 5);
    assert_int_equal(w->asked[0], 1);
    done();
}

static void nothing_is_told_twice_to_one_who_cannot_forget(void **state)
{
    struct world world = {
        .no_listener = true,
        .scripts = {{{.text = "half", .error = ERR_NET_BROKEN}}, {{.text = "whole"}}}};
    (void)state;
    run(&world);
    assert_int_equal(w->code, ERR_NET_BROKEN);
    assert_string_equal(w->log, "half");
    assert_string_equal(w->text, "half"); /* with what it cost */
    assert_int_equal(w->tokens_out, 4);
    assert_string_equal(w->by, "a");
    assert_int_equal(w->asked[1], 0);
    done();
}

static void without_a_word_it_may_go_on_also_so(void **state)
{
    struct world world = {.no_listener = true,
                          .scripts = {{{.error = ERR_HTTP_AUTH}}, {{.text = "yes"}}}};
    (void)state;
    run(&world);
    assert_int_equal(w->code, ERR_OK);
    assert_string_equal(w->by, "b");
    done();
}

static void a_call_without_a_route_is_for_its_target(void **state)
{
    struct world world = {.no_route = true,
                          .scripts = {{{.error = ERR_HTTP_AUTH}}, {{.text = "yes"}}}};
    (void)state;
    run(&world);
    assert_int_equal(w->code, ERR_HTTP_AUTH);
    assert_int_equal(w->asked[0], 1);
    assert_int_equal(w->asked[1], 0);
    done();
}

/* Neither in the queue nor before it is asked again. */
static void a_call_that_waits_uses_no_time(void **state)
{
    struct world world = {.calls = 4,
                          .parallel = 1,
                          .scripts = {{{.text = "a", .takes_ms = 60},
                                       {.error = ERR_HTTP_RATE, .retry_after_ms = 400},
                                       {.text = "b", .takes_ms = 60},
                                       {.text = "c", .takes_ms = 60},
                                       {.text = "d", .takes_ms = 60}}}};
    (void)state;
    world.account = (struct account){.name = "the", .code = ERR_BUDGET};
    run(&world);
    assert_int_equal(w->code, ERR_OK);
    assert_int_equal(w->asked[0], 5);
    assert_true(w->account.busy_ms >= 230 && w->account.busy_ms < w->all_ms - 380);
    assert_int_equal(w->account.at_work, 0);
    done();
}

/* All are within the budget when they come, but not when their turn comes. */
static void a_turn_that_comes_too_late_is_not_taken(void **state)
{
    struct world world = {
        .calls = 3,
        .parallel = 1,
        .scripts = {{{.text = "a", .takes_ms = 80}, {.text = "b"}, {.text = "c"}}}};
    (void)state;
    world.account = (struct account){.name = "the", .code = ERR_BUDGET, .limit_ms = 50};
    run(&world);
    assert_int_equal(w->code, ERR_OK);
    assert_int_equal(w->last, ERR_BUDGET);
    assert_non_null(strstr(w->info.message, "the budget of 0.05 s allows no further call"));
    assert_int_equal(w->asked[0], 1);
    assert_int_equal(w->asked[1], 0);
    done();
}

static void the_listener_may_end_it(void **state)
{
    struct world world = {
        .refuse = ERR_BUDGET,
        .scripts = {{{.text = "half", .error = ERR_NET_BROKEN}}, {{.text = "whole"}}}};
    (void)state;
    run(&world);
    assert_int_equal(w->code, ERR_BUDGET);
    assert_string_equal(w->info.message, "no more");
    assert_string_equal(w->text, ""); /* it has counted it */
    assert_int_equal(w->tokens_out, 0);
    assert_int_equal(w->asked[1], 0);
    done();
}

static void what_would_be_the_same_anywhere_is_asked_once(void **state)
{
    struct world world = {.scripts = {{{.error = ERR_NOT_FOUND}}, {{.text = "yes"}}}};
    (void)state;
    run(&world);
    assert_int_equal(w->code, ERR_NOT_FOUND);
    assert_int_equal(w->asked[0] + w->asked[1], 1);
    done();
}

static void a_failing_server_gets_a_second_chance_before_others(void **state)
{
    struct world world = {
        .scripts = {{{.error = ERR_HTTP_SERVER}, {.error = ERR_HTTP_SERVER}, {.text = "late"}},
                    {{.text = "yes"}}}};
    (void)state;
    run(&world);
    assert_int_equal(w->asked[0], 2);
    assert_string_equal(w->log, "[a HTTP_SERVER 0>b]yes");
    done();
}

static void the_last_one_breaks_off_three_times_at_most(void **state)
{
    struct world world = {.scripts = {{{.error = ERR_HTTP_AUTH}},
                                      {{.text = "1", .error = ERR_NET_BROKEN},
                                       {.text = "2", .error = ERR_NET_BROKEN},
                                       {.text = "3", .error = ERR_NET_BROKEN},
                                       {.text = "4"}}}};
    (void)state;
    run(&world);
    assert_int_equal(w->code, ERR_NET_BROKEN);
    assert_string_equal(w->info.message, "b says no");
    assert_string_equal(w->log,
                        "[a HTTP_AUTH 0>b]1[b told NET_BROKEN 11>b]2[b told NET_BROKEN 11>b]3");
    assert_string_equal(w->text, "3"); /* not told of yet, so it is the reply's */
    done();
}

static void a_silent_server_is_asked_five_times_where_nobody_else_is(void **state)
{
    struct world world = {.no_route = true,
                          .scripts = {{{.error = ERR_UNAVAILABLE},
                                       {.error = ERR_UNAVAILABLE},
                                       {.error = ERR_UNAVAILABLE},
                                       {.error = ERR_UNAVAILABLE},
                                       {.error = ERR_UNAVAILABLE},
                                       {.text = "yes"}}}};
    (void)state;
    run(&world);
    assert_int_equal(w->code, ERR_UNAVAILABLE);
    assert_int_equal(w->asked[0], 5);
    assert_true(w->took_ms < 500 + 1000 + 2000 + 4000 + 1000);
    done();
}

static void a_backend_that_is_left_alone_is_told_of_once(void **state)
{
    struct world world = {.no_route = true,
                          .scripts = {{{.error = ERR_HTTP_SERVER},
                                       {.error = ERR_HTTP_SERVER},
                                       {.error = ERR_HTTP_SERVER},
                                       {.error = ERR_HTTP_SERVER},
                                       {.error = ERR_HTTP_SERVER}}}};
    (void)state;
    run(&world);
    assert_int_equal(w->code, ERR_HTTP_SERVER);
    assert_string_equal(
        w->states, "a down: a has failed 5 times in a row and is left alone for 5 s: a says no\n");
    assert_string_equal(json_str(json_object_array_get_idx(w->state, 0), "breaker", ""), "open");
    done();
}

static void a_long_pause_is_told_of_once(void **state)
{
    struct world world = {
        .scripts = {{{.error = ERR_HTTP_RATE, .retry_after_ms = 29500}}, {{.text = "yes"}}}};
    (void)state;
    run(&world);
    assert_string_equal(w->log, "[a HTTP_RATE 0>b]yes");
    assert_string_equal(w->states, "a slow: a asks not to be asked for 30 s\n");
    assert_true(json_i64(json_object_array_get_idx(w->state, 0), "paused_ms", 0) > 29000);
    done();
}

static void an_answer_that_was_lost_on_its_way_is_told_of(void **state)
{
    struct world world = {
        .scripts = {{{.error = ERR_NET_BROKEN}, {.text = "yes"}}, {{.text = "never"}}}};
    (void)state;
    run(&world);
    assert_string_equal(w->log, "[a NET_BROKEN 0>a]yes"); /* it may be on the bill */
    done();
}

static void what_it_asks_for_is_waited_for(void **state)
{
    struct world world = {
        .no_route = true,
        .scripts = {{{.error = ERR_HTTP_RATE, .retry_after_ms = 400}, {.text = "yes"}}}};
    (void)state;
    run(&world);
    assert_int_equal(w->code, ERR_OK);
    assert_true(w->took_ms >= 400 && w->took_ms < 1500);
    done();
}

static void a_cancelled_call_ends_at_once(void **state)
{
    struct world world = {
        .cancel_ms = 50,
        .scripts = {{{.text = "half", .error = ERR_HTTP_RATE, .retry_after_ms = 1900}},
                    {{.text = "yes", .takes_ms = 5000}}}};
    (void)state;
    run(&world);
    assert_int_equal(w->code, ERR_CANCELLED);
    assert_true(w->took_ms < 1000);
    done();
}

static void a_recording_has_nobody_found_in_its_place(void **state)
{
    struct world world = {.names = {"replay", "b"},
                          .scripts = {{{.error = ERR_HTTP_AUTH}}, {{.text = "yes"}}}};
    (void)state;
    run(&world);
    assert_int_equal(w->code, ERR_OK); /* but somebody configured */
    assert_string_equal(w->by, "b");
    done();
}

static void the_state_of_each_place_can_be_read(void **state)
{
    struct world world = {
        .scripts = {{{.text = "half", .error = ERR_NET_BROKEN}}, {{.text = "whole"}}}};
    (void)state;
    run(&world);
    struct json_object *a = json_object_array_get_idx(w->state, 0),
                       *b = json_object_array_get_idx(w->state, 1);
    assert_int_equal(json_object_array_length(w->state), 2);
    assert_string_equal(json_str(a, "name", ""), "a");
    assert_string_equal(json_str(a, "breaker", ""), "closed");
    assert_int_equal(json_i64(a, "failures", -1), 1);
    assert_string_equal(json_str(a, "why", ""), "a says no");
    assert_int_equal(json_i64(b, "failures", -1), 0);
    assert_string_equal(json_str(b, "why", "?"), "");
    assert_int_equal(json_i64(b, "calls", -1), 1);
    assert_int_equal(json_i64(b, "running", -1), 0);
    assert_int_equal(json_i64(b, "waiting", -1), 0);
    assert_int_equal(json_i64(b, "parallel", -1), 3);
    assert_int_equal(json_i64(b, "requests_per_minute", -1), 50);
    assert_int_equal(json_i64(b, "requests_used", -1), 1);
    assert_int_equal(json_i64(b, "tokens_used", -1),
                     15); /* what it was, not what it might have been */
    assert_string_equal(json_str(b, "model", ""), "b");
    done();
}

/* The second's answer is in the record: the first is not asked, whoever it is now. */
static void what_is_recorded_of_any_of_them_plays(void **state)
{
    char path[] = "/tmp/dise-record-XXXXXX";
    struct world first = {.scripts = {{{.error = ERR_HTTP_AUTH}}, {{.text = "whole"}}},
                          .record = path};
    struct world second = {.scripts = {{{.text = "other"}}, {{.text = "other"}}}, .record = path};
    (void)state;
    close(mkstemp(path));
    run(&first);
    done();
    assert_int_equal(first.code, ERR_OK);
    run(&second);
    done();
    unlink(path);
    assert_int_equal(second.code, ERR_OK);
    assert_int_equal(second.asked[0] + second.asked[1], 0);
    assert_string_equal(second.text, "whole");
    assert_string_equal(second.by, "b");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_next_answers_when_one_is_not_there),
        cmocka_unit_test(what_was_told_is_void_and_counted),
        cmocka_unit_test(nothing_is_told_twice_to_one_who_cannot_forget),
        cmocka_unit_test(without_a_word_it_may_go_on_also_so),
        cmocka_unit_test(a_call_without_a_route_is_for_its_target),
        cmocka_unit_test(a_call_that_waits_uses_no_time),
        cmocka_unit_test(a_turn_that_comes_too_late_is_not_taken),
        cmocka_unit_test(the_listener_may_end_it),
        cmocka_unit_test(what_would_be_the_same_anywhere_is_asked_once),
        cmocka_unit_test(a_failing_server_gets_a_second_chance_before_others),
        cmocka_unit_test(the_last_one_breaks_off_three_times_at_most),
        cmocka_unit_test(a_silent_server_is_asked_five_times_where_nobody_else_is),
        cmocka_unit_test(a_backend_that_is_left_alone_is_told_of_once),
        cmocka_unit_test(a_long_pause_is_told_of_once),
        cmocka_unit_test(an_answer_that_was_lost_on_its_way_is_told_of),
        cmocka_unit_test(what_it_asks_for_is_waited_for),
        cmocka_unit_test(a_cancelled_call_ends_at_once),
        cmocka_unit_test(a_recording_has_nobody_found_in_its_place),
        cmocka_unit_test(the_state_of_each_place_can_be_read),
        cmocka_unit_test(what_is_recorded_of_any_of_them_plays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
