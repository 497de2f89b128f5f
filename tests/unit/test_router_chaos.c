/* A thousand calls at once, of jobs by day and by night, at three backends that fail at random:
 * what a listener ends up with is one whole answer, and what was paid is what was told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/llm/router.h"

enum { CALLS = 1000, PLACES = 3, PARALLEL = 7, TRIES_MOST = 2 + 2 + 5 };

struct caller {
    int number;
    char text[64]; /* what the listener has */
    int64_t told;  /* tokens of tries that were told */
    int64_t paid;  /* tokens that the backends have given out */
    int tries, restarts;
    bool wrong, cancelled;
    enum err code;
};

static struct caller callers[CALLS];
static int inside[PLACES], most[PLACES];

static uint64_t mix(uint64_t z) /* splitmix64 */
{
    z += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

/* ---- backends ---- */

struct fake {
    struct backend base;
    int which;
};

static const struct backend_class fake_class;

static enum err open_fake(struct sched *s, const struct backend_config *config,
                          struct backend **out, struct err_info *info)
{
    struct fake *f = calloc(1, sizeof *f);
    (void)s;
    (void)info;
    f->base.class = &fake_class;
    f->which = config->name[0] - 'a';
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
    (void)b;
    (void)timeout_ms;
    (void)info;
    *out = json_object_new_array();
    json_object_array_add(*out, json_object_new_string("m"));
    return ERR_OK;
}

static enum err stream(const struct llm_request *q, struct llm_reply *r, const char *text, size_t n,
                       struct caller *c)
{
    enum err e = ERR_OK;
    for (size_t i = 0; !e && i < n; i++) {
        r->tokens_out++;
        c->paid++;
        e = buf_add(&r->text, text + i, 1);
        q->on_text(q->arg, text + i, 1);
        if (!e && i % 3 == 0)
            e = fiber_sleep(1);
    }
    return e;
}

/* No errors that open a breaker: those have tests of their own, and take seconds. */
static enum err chat_fake(struct backend *b, const struct llm_request *q, struct llm_reply *r,
                          struct err_info *info)
{
    static const enum err errors[] = {ERR_HTTP_RATE, ERR_HTTP_CLIENT, ERR_TIMEOUT,
                                      ERR_BUSY,      ERR_IO,          ERR_UNAVAILABLE};
    const struct fake *f = (struct fake *)b;
    struct caller *c = &callers[q->seed];
    const uint64_t random = mix((uint64_t)q->seed * 100 + (uint64_t)c->tries++);
    char answer[32];
    size_t n;
    enum err e;
    snprintf(answer, sizeof answer, "%c answers %d", 'a' + f->which, c->number);
    n = random % 10 < 6 ? random / 16 % strlen(answer) : strlen(answer);
    inside[f->which]++;
    most[f->which] = inside[f->which] > most[f->which] ? inside[f->which] : most[f->which];
    e = fiber_sleep(random >> 20 & 3);
    if (!e)
        e = stream(q, r, answer, n, c);
    inside[f->which]--;
    if (e)
        return err_set(info, e, "cut");
    if (n == strlen(answer))
        return ERR_OK;
    return err_set(info, errors[random >> 40 & 3 ? (random >> 44) % 6 : 0], "no");
}

static const struct backend_class fake_class = {.name = "fake",
                                                .open = open_fake,
                                                .close = close_fake,
                                                .models = models_fake,
                                                .chat = chat_fake};

/* ---- listeners ---- */

static enum llm_more on_text(void *arg, const char *text, size_t n)
{
    struct caller *c = arg;
    strncat(c->text, text, n);
    return LLM_MORE;
}

static enum err on_restart(void *arg, const struct llm_restart *r, struct llm_request *next,
                           struct err_info *info)
{
    struct caller *c = arg;
    (void)next;
    (void)info;
    c->wrong |= strcmp(c->text, r->broken->text.len ? r->broken->text.data : "") != 0;
    c->wrong |= r->told != (c->text[0] != 0);
    c->text[0] = 0;
    c->told += r->broken->tokens_out;
    c->restarts++;
    return ERR_OK;
}

struct call {
    struct router *router;
    struct caller *caller;
};

static enum err one_call(void *arg)
{
    static const struct llm_message messages[] = {{"user", "a question"}};
    const struct call *call = arg;
    struct caller *c = call->caller;
    struct llm_target target;
    struct llm_reply reply;
    struct err_info info;
    struct llm_route route = {.role = "fast",
                              .job = c->number % 40,
                              .priority = c->number % 40 < 20 ? LLM_BATCH : LLM_PERSON,
                              .on_restart = on_restart,
                              .arg = c};
    const struct llm_request q = {.messages = messages,
                                  .message_count = 1,
                                  .max_tokens = 100,
                                  .seed = c->number,
                                  .on_text = on_text,
                                  .arg = c,
                                  .route = &route};
    enum err e = router_resolve(call->router, "fast", &target, &info);
    llm_reply_init(&reply);
    if (!e)
        e = router_chat(call->router, &target, &q, &reply, &info);
    c->code = e;
    c->told += reply.tokens_out;
    c->wrong |= strcmp(c->text, reply.text.len ? reply.text.data : "") != 0;
    llm_reply_fini(&reply);
    return e;
}

static enum err session(void *arg)
{
    static const struct backend_class *const classes[] = {&fake_class, NULL};
    static struct call calls[CALLS];
    static struct fiber *fibers[CALLS];
    struct router_options options = {.classes = classes};
    const char *config = arg;
    struct err_info info;
    struct router *r;
    enum err e = json_parse(config, strlen(config), NULL, &options.config, &info);
    if (!e)
        e = router_open(fiber_sched(fiber_current()), &options, &r, &info);
    if (e)
        return e;
    for (int i = 0; i < CALLS; i++) {
        callers[i].number = i;
        calls[i] = (struct call){r, &callers[i]};
        fibers[i] = fiber_spawn(fiber_sched(fiber_current()), "call", one_call, &calls[i]);
    }
    for (int i = 0; i < CALLS; i += 10) { /* wherever they are by then */
        (void)!fiber_sleep(2);
        callers[i].cancelled = true;
        fiber_cancel(fibers[i]);
    }
    for (int i = 0; i < CALLS; i++)
        (void)!fiber_join(fibers[i], NULL);
    router_close(r);
    json_object_put(options.config);
    return ERR_OK;
}

static void check(const struct caller *c)
{
    char end[32];
    snprintf(end, sizeof end, " answers %d", c->number);
    if (c->wrong)
        fail_msg("call %d: the listener has \"%s\"", c->number, c->text);
    if (c->paid != c->told)
        fail_msg("call %d: %lld tokens paid, %lld told", c->number, (long long)c->paid,
                 (long long)c->told);
    assert_true(c->tries <= TRIES_MOST);
    if (!c->code)
        assert_string_equal(c->text + 1, end);
    if (c->code == ERR_CANCELLED)
        assert_true(c->cancelled);
}

static void every_listener_has_one_whole_answer_and_the_whole_bill(void **state)
{
    static char config[] = "{\"backend\":\"a\",\"backends\":{"
                           "\"a\":{\"base_url\":\"http://127.0.0.1:1/"
                           "v1\",\"model_roles\":{\"fast\":\"m\"},\"parallel\":7},"
                           "\"b\":{\"base_url\":\"http://127.0.0.1:2/"
                           "v1\",\"model_roles\":{\"fast\":\"m\"},\"parallel\":7},"
                           "\"c\":{\"base_url\":\"http://127.0.0.1:3/"
                           "v1\",\"model_roles\":{\"fast\":\"m\"},\"parallel\":7},"
                           "\"ollama\":{\"enabled\":false},\"lmstudio\":{\"enabled\":false},"
                           "\"openai\":{\"enabled\":false},\"local\":{\"enabled\":false}}}";
    int well = 0, restarted = 0, cancelled = 0;
    uv_loop_t loop;
    struct sched *s;
    (void)state;
    uv_loop_init(&loop);
    s = sched_new(&loop);
    fiber_detach(fiber_spawn(s, "test", session, config), NULL, NULL);
    sched_run(s);
    sched_close(s);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    for (int i = 0; i < CALLS; i++) {
        check(&callers[i]);
        well += callers[i].code == ERR_OK;
        restarted += callers[i].restarts > 0 && !callers[i].code;
        cancelled += callers[i].code == ERR_CANCELLED;
    }
    for (int i = 0; i < PLACES; i++) {
        assert_int_equal(inside[i], 0);
        assert_true(most[i] <= PARALLEL);
    }
    assert_true(well > CALLS / 2 && restarted > CALLS / 10 && cancelled > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_listener_has_one_whole_answer_and_the_whole_bill),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
