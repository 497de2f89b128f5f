/* The replay backend, and the router that records and plays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "backends/openai.h"
#include "backends/replay.h"
#include "base/path.h"
#include "core/llm/llm_digest.h"
#include "core/llm/models.h"
#include "core/llm/router.h"

struct world {
    uv_loop_t loop;
    struct sched *sched;
    char home[64], file[96], record[96];
    struct err_info info;
    enum err code;
    fiber_fn *test;
    struct llm_reply reply;
    char heard[1024], finish[4][16], text[4][256];
    int64_t seed;
    const char *timing;
    struct llm_target target;
    bool found, config;
    int pieces, stop_after, stall_ms; /* stall: of the first piece */
};

static int begin(void **state)
{
    struct world *w = *state = calloc(1, sizeof *w);
    strcpy(w->home, "/tmp/dise-replay-XXXXXX");
    if (!mkdtemp(w->home))
        return -1;
    snprintf(w->file, sizeof w->file, "%s/answers.jsonl", w->home);
    snprintf(w->record, sizeof w->record, "%s/record.jsonl", w->home);
    w->config = true;
    uv_loop_init(&w->loop);
    w->sched = sched_new(&w->loop);
    return 0;
}

static int end(void **state)
{
    struct world *w = *state;
    int code;
    sched_close(w->sched);
    uv_run(&w->loop, UV_RUN_DEFAULT);
    code = uv_loop_close(&w->loop);
    unlink(w->file);
    unlink(w->record);
    rmdir(w->home);
    free(w);
    return code;
}

static void put(const char *file, const char *text)
{
    assert_int_equal(path_write(file, text, strlen(text), NULL), ERR_OK);
}

static enum llm_more on_text(void *arg, const char *text, size_t n)
{
    struct world *w = arg;
    snprintf(w->heard + strlen(w->heard), sizeof w->heard - strlen(w->heard), "%.*s", (int)n, text);
    if (w->pieces == 0)
        usleep((useconds_t)w->stall_ms * 1000);
    return ++w->pieces == w->stop_after ? LLM_STOP : LLM_MORE;
}

static const struct llm_message question[] = {{"user", "sort a list"}};

static struct llm_request ask(struct world *w)
{
    return (struct llm_request){.model = "fast",
                                .messages = question,
                                .message_count = 1,
                                .seed = w->seed,
                                .on_text = on_text,
                                .arg = w};
}

/* One call to the backend itself. */
static enum err direct(void *arg)
{
    struct world *w = arg;
    struct json_object *options = json_object_new_object();
    const struct backend_config config = {.name = "replay", .options = options};
    struct llm_request q = ask(w);
    struct backend *b;
    json_add_str(options, "file", w->file);
    if (w->timing)
        json_add_str(options, "timing", w->timing);
    memset(&w->info, 0, sizeof w->info);
    w->heard[0] = 0;
    w->pieces = 0;
    w->code = replay_backend.open(w->sched, &config, &b, &w->info);
    if (!w->code) {
        llm_reply_init(&w->reply);
        w->code = replay_backend.chat(b, &q, &w->reply, &w->info);
        snprintf(w->text[0], sizeof w->text[0], "%s", w->reply.text.data);
        snprintf(w->finish[0], sizeof w->finish[0], "%s", w->reply.finish);
        llm_reply_fini(&w->reply);
        replay_backend.close(b);
    }
    json_object_put(options);
    return ERR_OK;
}

static void run(struct world *w, fiber_fn *fn)
{
    fiber_detach(fiber_spawn(w->sched, "test", fn, w), NULL, NULL);
    sched_run(w->sched);
}

static void says(struct world *w, const char *text)
{
    run(w, direct);
    assert_int_equal(w->code, ERR_OK);
    assert_string_equal(w->text[0], text);
    assert_string_equal(w->heard, text);
}

static void the_line_that_fits_answers(void **state)
{
    struct world *w = *state;
    put(w->file, "{\"match\":\"primes\",\"text\":\"primes\"}\n\n"
                 "{\"match\":\"sort\",\"model\":\"powerful\",\"text\":\"large\"}\n"
                 "{\"match\":\"sort\",\"text\":\"one\"}\n{\"text\":\"two\"}\n");
    says(w, "one");
    w->seed = 1; /* the second candidate gets the second line, all later ones the last */
    says(w, "two");
    w->seed = 9;
    says(w, "two");
    put(w->file, "{\"match\":\"primes\",\"text\":\"primes\"}\n");
    run(w, direct);
    assert_int_equal(w->code, ERR_NOT_FOUND);
    assert_non_null(strstr(w->info.message, "no recorded answer"));
}

static void recorded_pieces_and_errors(void **state)
{
    struct world *w = *state;
    put(w->file, "{\"chunks\":[[1,\"a\"],[2,\"b\"],[3,\"c\"]]}\n");
    w->timing = "real";
    says(w, "abc");
    assert_int_equal(w->pieces, 3);
    w->stop_after = 2;
    run(w, direct);
    assert_string_equal(w->text[0], "ab");
    assert_string_equal(w->finish[0], "cut");
    w->stop_after = 0;
    put(w->file, "{\"text\":\"half\",\"error\":\"NET_BROKEN\"}\n");
    run(w, direct);
    assert_int_equal(w->code, ERR_NET_BROKEN);
    assert_string_equal(w->text[0], "half");
    put(w->file,
        "{\"tokens_per_s\":2000,\"text\":\"caf\xC3\xA9 au lait, s'il vous pla\xC3\xAEt\"}\n");
    says(w, "caf\xC3\xA9 au lait, s'il vous pla\xC3\xAEt");
    assert_true(w->pieces > 1);
}

static void a_file_that_is_wrong_is_refused_with_its_line(void **state)
{
    static const char *const bad[] = {
        "{\"text\":\"a\"}\n{broken\n",
        "{\"text\":\"a\"}\n{\"match\":\"x\"}\n",
        "{\"text\":\"a\"}\n{\"chunks\":5}\n",
        "{\"text\":\"a\"}\n{\"chunks\":[5]}\n",
        "{\"text\":\"a\"}\n{\"chunks\":[[1]]}\n",
        "{\"text\":\"a\"}\n[]\n",
    };
    struct world *w = *state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        put(w->file, bad[i]);
        run(w, direct);
        assert_true(w->code == ERR_PARSE || w->code == ERR_INPUT);
        assert_int_equal(w->info.line, 2);
    }
    unlink(w->file);
    run(w, direct);
    assert_int_equal(w->code, ERR_NOT_FOUND);
}

/* ---- through the router ---- */

static struct json_object *llm_block(const char *file)
{
    struct json_object *o = json_object_new_object(), *list = json_object_new_object(),
                       *entry = json_object_new_object();
    json_add_str(entry, "file", file);
    json_object_object_add(list, "replay", entry);
    json_add_str(o, "backend", "replay");
    json_object_object_add(o, "backends", list);
    return o;
}

static enum err through_router(void *arg)
{
    static const struct backend_class *const classes[] = {&openai_backend, &replay_backend, NULL};
    struct world *w = arg;
    struct python_env python;
    const struct models_options models = {.home = w->home,
                                          .python = &python,
                                          .manifest = DISE_SOURCE_DIR "/tools/models.yaml",
                                          .runtime = DISE_SOURCE_DIR "/src/runtime",
                                          .idle_s = 60};
    struct json_object *llm = w->config ? llm_block(w->file) : NULL;
    struct router_options options = {
        .classes = classes, .config = llm, .record = w->config ? w->record : NULL};
    struct router *r = NULL;
    w->code = python_env_init(&python, w->home, &w->info);
    if (!w->code)
        w->code = models_open(w->sched, &models, &options.models, &w->info);
    if (!w->code)
        w->code = router_open(w->sched, &options, &r, &w->info);
    if (!w->code)
        w->code = router_resolve(r, "powerful", &w->target, &w->info);
    w->found = r && router_ready(r);
    for (int i = 0; !w->code && i < 2; i++) {
        struct llm_request q = ask(w);
        q.seed = i;
        q.temperature = 0.7; /* at 0 the seed makes no other question */
        llm_reply_init(&w->reply);
        w->code = router_chat(r, &w->target, &q, &w->reply, &w->info);
        snprintf(w->text[i], sizeof w->text[i], "%s", w->reply.text.data);
        llm_reply_fini(&w->reply);
    }
    if (r)
        router_close(r);
    if (options.models)
        models_close(options.models);
    json_object_put(llm);
    return ERR_OK;
}

static void what_was_recorded_plays_again(void **state)
{
    struct world *w = *state;
    put(w->file, "{\"model\":\"powerful\",\"text\":\"first \\u00e9\"}\n"
                 "{\"model\":\"powerful\",\"text\":\"second\",\"tokens_out\":9}\n");
    run(w, through_router);
    assert_int_equal(w->code, ERR_OK);
    assert_true(w->found);
    assert_string_equal(w->target.place, "replay");
    assert_string_equal(w->target.model, "powerful");
    assert_string_equal(w->text[0], "first \xC3\xA9");
    assert_string_equal(w->text[1], "second");
    assert_int_equal(rename(w->record, w->file), 0);
    memset(w->text, 0, sizeof w->text);
    run(w, through_router);
    assert_int_equal(w->code, ERR_OK);
    assert_string_equal(w->text[0], "first \xC3\xA9");
    assert_string_equal(w->text[1], "second");
}

/* Answers of parallel candidates stand in the order in which they came. */
static void the_recorded_seed_chooses(void **state)
{
    struct world *w = *state;
    char digest[65], text[1000];
    struct llm_request q = ask(w);
    llm_digest(&q, digest);
    snprintf(text, sizeof text,
             "{\"digest\":\"%s\",\"seed\":7001,\"text\":\"b\"}\n"
             "{\"digest\":\"%s\",\"seed\":7000,\"text\":\"a\"}\n",
             digest, digest);
    put(w->file, text);
    w->seed = 7000;
    says(w, "a");
    w->seed = 7001;
    says(w, "b");
    w->seed = 0; /* no line is of this seed: by the order */
    says(w, "b");
    w->seed = 9;
    says(w, "a");
}

static void a_broken_recording_is_named_by_the_router(void **state)
{
    struct world *w = *state;
    put(w->file, "{oops\n");
    run(w, through_router);
    assert_int_equal(w->code, ERR_NO_BACKEND);
    assert_false(w->found);
    assert_true(strlen(w->info.message) > 20);
}

/* Ten times the answer is due when the first piece has been heard. */
static void a_busy_machine_hears_the_same_pieces(void **state)
{
    struct world *w = *state;
    put(w->file, "{\"tokens_per_s\":1000,\"text\":\"one two, three four\"}\n");
    w->stall_ms = 50;
    says(w, "one two, three four");
    assert_int_equal(w->pieces, 5);
    w->stop_after = 3;
    run(w, direct);
    assert_string_equal(w->text[0], "one two, thr");
    assert_string_equal(w->finish[0], "cut");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_line_that_fits_answers),
        TEST(recorded_pieces_and_errors),
        TEST(a_file_that_is_wrong_is_refused_with_its_line),
        TEST(what_was_recorded_plays_again),
        TEST(the_recorded_seed_chooses),
        TEST(a_broken_recording_is_named_by_the_router),
        TEST(a_busy_machine_hears_the_same_pieces),
    };
    unsetenv("OPENAI_API_KEY");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
