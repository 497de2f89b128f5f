/* Answers that are kept in the store: found by their whole question, the least used go first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/llm/answer_cache.h"

enum { TEXT = 1000, ANSWERS = 8 };

struct world {
    uv_loop_t loop;
    struct sched *sched;
    struct store *store;
    struct answer_cache *cache;
    char path[64];
    int found[ANSWERS];
    char heard[TEXT + 8];
    int stop_after; /* bytes; 0: never */
};

static enum llm_more on_text(void *arg, const char *text, size_t n)
{
    struct world *w = arg;
    snprintf(w->heard, sizeof w->heard, "%.*s", (int)n, text);
    return w->stop_after && (int)n >= w->stop_after ? LLM_STOP : LLM_MORE;
}

static struct llm_request question(struct world *w, const struct llm_message *words)
{
    return (struct llm_request){.model = "m",
                                .messages = words,
                                .message_count = 1,
                                .max_tokens = 100,
                                .on_text = on_text,
                                .arg = w};
}

/* Keeps an answer of TEXT bytes to the question of this name. */
static void keep(struct world *w, const char *name, const char *finish, char letter)
{
    const struct llm_message words[] = {{"user", name}};
    const struct llm_request q = question(w, words);
    struct llm_reply reply;
    llm_reply_init(&reply);
    for (int i = 0; i < TEXT; i++)
        (void)!buf_add(&reply.text, &letter, 1);
    snprintf(reply.finish, sizeof reply.finish, "%s", finish);
    reply.tokens_in = reply.tokens_out = 7;
    cache_add(w->cache, &q, &reply);
    llm_reply_fini(&reply);
}

static bool play(struct world *w, const char *name)
{
    const struct llm_message words[] = {{"user", name}};
    const struct llm_request q = question(w, words);
    struct llm_reply reply;
    bool found;
    llm_reply_init(&reply);
    w->heard[0] = 0;
    found = cache_play(w->cache, &q, &reply) == ERR_OK;
    if (found && (!reply.cached || reply.recorded || reply.tokens_in || reply.tokens_out ||
                  strcmp(reply.finish, "stop") != 0 || reply.text.len != TEXT))
        found = false;
    llm_reply_fini(&reply);
    return found;
}

/* A write that is waited for: what was posted before it is through. */
static enum err nothing(sqlite3 *db, void *arg, struct err_info *info)
{
    (void)db;
    (void)arg;
    (void)info;
    return ERR_OK;
}

static enum err evictions(void *arg)
{
    struct world *w = arg;
    enum err e;
    w->cache = cache_open(w->store, NULL, 5 * (TEXT + 300));
    for (char name[2] = "0"; name[0] < '5'; name[0]++)
        keep(w, name, "stop", name[0]);
    e = store_write(w->store, nothing, NULL, NULL);
    w->found[0] = play(w, "0") && w->heard[0] == '0'; /* used again: now the newest */
    for (char name[2] = "5"; name[0] < '7'; name[0]++)
        keep(w, name, "stop", name[0]);
    if (!e)
        e = store_write(w->store, nothing, NULL, NULL);
    for (char name[2] = "0"; name[0] < '7'; name[0]++)
        w->found[1 + name[0] - '0'] = play(w, name);
    cache_close(w->cache);
    return e;
}

static enum err cuts(void *arg)
{
    struct world *w = arg;
    enum err e;
    w->cache = cache_open(w->store, NULL, 1 << 20);
    keep(w, "whole", "stop", 'a');
    keep(w, "fence", "cut", 'b');
    keep(w, "whole", "stop", 'c'); /* the newest counts */
    e = store_write(w->store, nothing, NULL, NULL);
    w->found[0] = play(w, "whole") && w->heard[0] == 'c';
    w->found[1] = play(w, "fence"); /* this listener wants to hear more */
    w->found[2] = play(w, "other");
    cache_close(w->cache);
    return e;
}

static void on_fiber(struct world *w, fiber_fn *fn)
{
    struct fiber *f;
    strcpy(w->path, "/tmp/dise-cache-XXXXXX");
    assert_non_null(mkdtemp(w->path));
    uv_loop_init(&w->loop);
    w->sched = sched_new(&w->loop);
    f = fiber_spawn(w->sched, "test", fn, w);
    fiber_detach(f, NULL, NULL);
    sched_run(w->sched);
    sched_close(w->sched);
    uv_run(&w->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&w->loop), 0);
}

static enum err with_store(struct world *w, fiber_fn *fn)
{
    char file[80];
    struct err_info info;
    enum err e;
    snprintf(file, sizeof file, "%s/db", w->path);
    e = store_open(w->sched, file, &w->store, &info);
    if (!e)
        e = fn(w);
    if (w->store)
        store_close(w->store);
    unlink(file);
    rmdir(w->path);
    return e;
}

static enum err run_evictions(void *arg)
{
    return with_store(arg, evictions);
}

static enum err run_cuts(void *arg)
{
    return with_store(arg, cuts);
}

static void what_was_not_used_for_longest_goes_first(void **state)
{
    struct world w = {.store = NULL};
    (void)state;
    on_fiber(&w, run_evictions);
    assert_true(w.found[0]);
    assert_true(w.found[1]);                /* 0 was used again */
    assert_false(w.found[2] || w.found[3]); /* 1 and 2 made room for 5 and 6 */
    assert_true(w.found[4] && w.found[5] && w.found[6] && w.found[7]);
}

static void a_cut_answer_is_for_those_who_end_there(void **state)
{
    struct world w = {.store = NULL};
    (void)state;
    on_fiber(&w, run_cuts);
    assert_true(w.found[0]);
    assert_false(w.found[1]);
    assert_false(w.found[2]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_not_used_for_longest_goes_first),
        cmocka_unit_test(a_cut_answer_is_for_those_who_end_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
