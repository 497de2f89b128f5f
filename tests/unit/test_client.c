/* The client's end of the protocol against an engine that is this same executable, started by the
 * client: its "jobs" are lines of a file in home, so that it can be killed and started again. */
#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../until.h"
#include "base/build_id.h"
#include "base/path.h"
#include "core/engine/rpc.h"
#include "ui/client.h"

enum { ENGINE_LIFE_S = 120 };

/* ---- the engine ---- */

static char engine_home[PATH_SIZE];
static struct rpc *engine_rpc;

static void in_home(const char *name, char out[PATH_SIZE])
{
    if (path_join(out, engine_home, name))
        abort();
}

static bool flag(const char *name)
{
    char path[PATH_SIZE];
    in_home(name, path);
    return path_exists(path);
}

static void make_flag(const char *name, const char *text)
{
    char path[PATH_SIZE];
    in_home(name, path);
    if (path_write(path, text, strlen(text), NULL))
        abort();
}

static void event_of(int64_t seq, const char *key, struct event *ev)
{
    memset(ev, 0, sizeof *ev);
    ev->type = EVENT_JOB_NOTE;
    ev->seq = seq;
    ev->job = 1;
    ev->u.job_note.level = "info";
    ev->u.job_note.text = key;
}

static enum err fake_events(void *context, int64_t job, int64_t after, int limit,
                            struct json_object **out)
{
    char path[PATH_SIZE], key[64];
    FILE *f;
    (void)context;
    (void)job;
    in_home("events", path);
    *out = json_object_new_array();
    f = fopen(path, "re");
    for (int64_t seq = 1; f && limit > 0 && fscanf(f, "%63s", key) == 1; seq++) {
        struct event ev;
        struct buf line;
        struct json_object *o = NULL;
        if (seq <= after)
            continue;
        event_of(seq, key, &ev);
        buf_init(&line, 4096);
        if (event_encode(&ev, &line) || json_parse(line.data, line.len, NULL, &o, NULL))
            abort();
        buf_fini(&line);
        json_object_array_add(*out, o);
        limit--;
    }
    if (f)
        fclose(f);
    return ERR_OK;
}

/* Adds a line unless the key is there; answers its number. */
static int64_t fake_submit(const char *key)
{
    char path[PATH_SIZE], old[64];
    struct event ev;
    int64_t seq = 0, at = 0;
    FILE *f;
    in_home("events", path);
    f = fopen(path, "a+e");
    rewind(f);
    while (fscanf(f, "%63s", old) == 1) {
        seq++;
        if (strcmp(old, key) == 0)
            at = seq;
    }
    if (!at) {
        fprintf(f, "%s\n", key);
        at = seq + 1;
    }
    fclose(f);
    event_of(at, key, &ev);
    if (at == seq + 1)
        rpc_event(engine_rpc, &ev);
    return at;
}

static enum err fake_handle(void *context, enum protocol_method method, struct json_object *params,
                            struct json_object **result, struct err_info *info)
{
    struct json_object *o = *result = json_object_new_object();
    bool other = flag("other");
    (void)context;
    switch (method) {
    case METHOD_HELLO:
        json_add_i64(o, "protocol", PROTOCOL_VERSION);
        json_add_str(o, "build", other ? "another" : build_id());
        json_add_i64(o, "pid", getpid());
        json_add_i64(o, "running", flag("busy"));
        json_object_object_add(o, "missing_keys", json_object_new_array());
        if (flag("keyless"))
            json_object_array_add(json_get(o, "missing_keys"),
                                  json_object_new_string("OPENAI_API_KEY"));
        return ERR_OK;
    case METHOD_ENGINE_STOP:
        if (other) {
            char path[PATH_SIZE];
            in_home("other", path);
            unlink(path);
        }
        _exit(0);
    case METHOD_JOB_SUBMIT:
        json_add_i64(o, "job", fake_submit(json_str(params, "key", "")));
        if (flag("die") && !flag("died")) {
            make_flag("died", "");
            _exit(1); /* accepted, but the answer is lost */
        }
        return ERR_OK;
    case METHOD_ENGINE_STATUS:
        return fiber_sleep(600000); /* an answer that does not come */
    default:
        return err_set(info, ERR_NOT_FOUND, "no");
    }
}

static int engine_process(const char *home)
{
    const struct rpc_options options = {fake_handle, fake_events, NULL};
    char run[PATH_SIZE], socket[PATH_SIZE];
    uv_loop_t loop;
    snprintf(engine_home, sizeof engine_home, "%s", home);
    if (path_run(home, run, NULL) || path_join(socket, run, "engine.sock"))
        return 1;
    if (flag("broken")) {
        make_flag("run/engine.log", "12:00:00 cannot start: old\n"
                                    "12:00:01 cannot start: c.yaml:2:3: width must be a number\n");
        return EXIT_USAGE;
    }
    alarm(ENGINE_LIFE_S);
    uv_loop_init(&loop);
    if (rpc_open(sched_new(&loop), socket, &options, &engine_rpc, NULL))
        return 1;
    uv_run(&loop, UV_RUN_DEFAULT);
    return 0;
}

/* ---- the client ---- */

struct world {
    uv_loop_t loop;
    struct client *client;
    enum client_state state;
    char home[64], sentence[600], note[600];
    int states[CLIENT_FAILED + 1], notes;
    int64_t seq, events, replies, result;
    enum err code;
    bool disorder;
};

static void on_state(void *arg, enum client_state state, const char *sentence)
{
    struct world *w = arg;
    w->state = state;
    w->states[state]++;
    snprintf(w->sentence, sizeof w->sentence, "%s", sentence);
}

static void on_note(void *arg, const char *sentence)
{
    struct world *w = arg;
    w->notes++;
    snprintf(w->note, sizeof w->note, "%s", sentence);
}

static void on_event(void *arg, const struct event *ev, const char *line)
{
    struct world *w = arg;
    w->disorder |= ev->seq != w->seq + 1 || !strstr(line, "\"type\":\"job_note\"");
    w->seq = ev->seq;
    w->events++;
}

static void on_reply(void *arg, struct json_object *result, const struct err_info *info)
{
    struct world *w = arg;
    w->replies++;
    w->code = info ? info->code : ERR_OK;
    w->result = json_i64(result, "job", 0);
    if (info)
        snprintf(w->sentence, sizeof w->sentence, "%s", info->message);
}

static int begin(void **state)
{
    struct world *w = *state = calloc(1, sizeof *w);
    strcpy(w->home, "/tmp/dise-client-XXXXXX");
    if (!mkdtemp(w->home))
        return -1;
    strcpy(engine_home, w->home);
    return uv_loop_init(&w->loop);
}

static void start_program(struct world *w, const char *engine, bool may_start)
{
    const struct client_options options = {.home = w->home,
                                           .engine = engine,
                                           .name = "test",
                                           .start = may_start,
                                           .on_state = on_state,
                                           .on_note = on_note,
                                           .on_event = on_event,
                                           .arg = w};
    w->client = client_new(&w->loop, &options);
}

static void start(struct world *w, bool may_start)
{
    static char self[PATH_SIZE];
    start_program(w, path_self(self, NULL) ? NULL : self, may_start);
}

static pid_t engine_pid(const struct world *w)
{
    return (pid_t)json_i64(client_hello(w->client), "pid", 0);
}

static void end_engine(pid_t pid)
{
    if (pid > 0) {
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
    }
}

static void remove_files(const char *folder)
{
    DIR *d = opendir(folder);
    struct dirent *entry;
    char path[PATH_SIZE];
    while (d && (entry = readdir(d)))
        if (entry->d_name[0] != '.' && path_join(path, folder, entry->d_name) == ERR_OK &&
            unlink(path))
            remove_files(path);
    if (d)
        closedir(d);
    rmdir(folder);
}

static int end(void **state)
{
    struct world *w = *state;
    pid_t pid = engine_pid(w);
    int code;
    client_close(w->client);
    uv_run(&w->loop, UV_RUN_DEFAULT);
    code = uv_loop_close(&w->loop);
    end_engine(pid);
    remove_files(w->home);
    free(w);
    return code;
}

static void submit(struct world *w, const char *key)
{
    struct json_object *o = json_object_new_object();
    json_add_str(o, "key", key);
    client_call(w->client, METHOD_JOB_SUBMIT, o, on_reply, w);
}

/* ---- tests ---- */

static void without_an_engine_it_says_so(void **state)
{
    struct world *w = *state;
    start(w, false);
    submit(w, "a");
    UNTIL(w, w->state == CLIENT_FAILED && w->replies == 1);
    assert_int_equal(w->code, ERR_NOT_FOUND);
    assert_string_equal(w->sentence, "no engine runs for this home");
    submit(w, "b"); /* answered at once */
    assert_int_equal(w->replies, 2);
}

static void it_starts_the_engine_and_keeps_early_requests(void **state)
{
    struct world *w = *state;
    start(w, true);
    client_subscribe(w->client, 0, 0, true);
    submit(w, "a");
    UNTIL(w, w->events == 1 && w->replies == 1);
    assert_int_equal(w->result, 1);
    assert_int_equal(w->states[CLIENT_READY], 1);
    assert_true(engine_pid(w) > 0 && engine_pid(w) != getpid());
}

/* Who subscribes to what comes, and asks, hears all that comes of the asking: also where neither
 * could be sent yet, and the requests are so large that the engine reads them one by one. */
static void what_comes_of_early_requests_is_heard(void **state)
{
    static char filler[300000];
    struct world *w = *state;
    memset(filler, 'x', sizeof filler - 1);
    start(w, true);
    client_subscribe(w->client, 0, -1, true);
    for (int i = 0; i < 4; i++) {
        struct json_object *o = json_object_new_object();
        json_add_str(o, "key", (const char *[]){"a", "b", "c", "d"}[i]);
        json_add_str(o, "filler", filler);
        client_call(w->client, METHOD_JOB_SUBMIT, o, on_reply, w);
    }
    UNTIL(w, w->replies == 4 && w->events == 4);
    assert_false(w->disorder);
}

static void an_error_keeps_its_code_and_sentence(void **state)
{
    struct world *w = *state;
    start(w, true);
    client_call(w->client, METHOD_DOCTOR, NULL, on_reply, w);
    UNTIL(w, w->replies == 1);
    assert_int_equal(w->code, ERR_NOT_FOUND);
    assert_string_equal(w->sentence, "no");
}

static void a_second_client_finds_the_same_engine(void **state)
{
    struct world *w = *state, v = {0};
    start(w, true);
    UNTIL(w, w->state == CLIENT_READY);
    uv_loop_init(&v.loop);
    strcpy(v.home, w->home);
    start(&v, true);
    UNTIL(&v, v.state == CLIENT_READY);
    assert_int_equal(engine_pid(w), engine_pid(&v));
    client_close(v.client);
    uv_run(&v.loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&v.loop), 0);
}

/* The engine accepts a request and dies before it answers: the request is sent again, the key makes
 * it the same job, and the events go on without loss or double. */
static void a_death_in_the_middle_loses_and_doubles_nothing(void **state)
{
    struct world *w = *state;
    start(w, true);
    client_subscribe(w->client, 0, 0, true);
    submit(w, "a");
    UNTIL(w, w->replies == 1 && w->events == 1);
    make_flag("die", "");
    submit(w, "b");
    submit(w, "c");
    UNTIL(w, w->replies == 3 && w->events == 3);
    assert_int_equal(w->states[CLIENT_LOST], 1);
    assert_int_equal(w->states[CLIENT_READY], 2);
    assert_int_equal(client_seq(w->client), 3);
    assert_false(w->disorder);
}

static void killed_again_and_again_it_goes_on(void **state)
{
    struct world *w = *state;
    char key[16];
    start(w, true);
    client_subscribe(w->client, 0, 0, true);
    for (int i = 1; i <= 8; i++) {
        UNTIL(w, w->state == CLIENT_READY && w->replies == i - 1);
        kill(engine_pid(w), SIGKILL);
        snprintf(key, sizeof key, "k%d", i);
        submit(w, key);
        UNTIL(w, w->replies == i && w->events == i);
    }
    assert_false(w->disorder);
    for (int i = 1; i <= 6; i++) { /* without an event in between, the sixth is one too many */
        kill(engine_pid(w), SIGKILL);
        UNTIL(w, w->state != CLIENT_READY);
        if (i < 6)
            UNTIL(w, w->state == CLIENT_READY);
    }
    UNTIL(w, w->state == CLIENT_FAILED);
    assert_non_null(strstr(w->sentence, "again and again"));
}

static void an_engine_that_refuses_to_start_tells_why(void **state)
{
    struct world *w = *state;
    make_flag("broken", "");
    start(w, true);
    submit(w, "a");
    UNTIL(w, w->replies == 1);
    assert_int_equal(w->state, CLIENT_FAILED);
    assert_int_equal(w->code, ERR_INPUT);
    assert_string_equal(w->sentence, "c.yaml:2:3: width must be a number");
}

static void an_idle_engine_of_another_build_is_replaced(void **state)
{
    struct world *w = *state;
    make_flag("other", "");
    start(w, true);
    submit(w, "a");
    UNTIL(w, w->replies == 1);
    assert_int_equal(w->code, ERR_OK);
    assert_string_equal(json_str(client_hello(w->client), "build", ""), build_id());
    assert_int_equal(w->notes, 0);
}

/* An update while a client runs: what counts is the build of the file, not the one that it was. */
static void an_engine_that_the_file_holds_is_no_other_build(void **state)
{
    struct world *w = *state;
    char program[PATH_SIZE], self[PATH_SIZE];
    in_home("program", program);
    assert_int_equal(path_self(self, NULL), ERR_OK);
    assert_int_equal(symlink("/bin/sh", program), 0);
    start(w, true);
    UNTIL(w, w->state == CLIENT_READY);
    client_close(w->client);
    start_program(w, program, true);
    unlink(program);
    assert_int_equal(symlink(self, program), 0);
    UNTIL(w, w->state == CLIENT_READY);
    assert_int_equal(w->notes, 0);
}

static void a_busy_engine_of_another_build_is_kept_and_named(void **state)
{
    struct world *w = *state;
    make_flag("other", "");
    make_flag("busy", "");
    start(w, true);
    UNTIL(w, w->state == CLIENT_READY);
    assert_string_equal(json_str(client_hello(w->client), "build", ""), "another");
    assert_non_null(strstr(w->note, "another build"));
}

static void a_key_that_the_engine_lacks_gets_a_sentence(void **state)
{
    struct world *w = *state;
    make_flag("keyless", "");
    start(w, true);
    UNTIL(w, w->state == CLIENT_READY);
    assert_int_equal(w->notes, 1);
    assert_non_null(strstr(w->note, "OPENAI_API_KEY"));
    assert_non_null(strstr(w->note, "dise restart"));
}

static void closing_answers_what_is_pending(void **state)
{
    struct world *w = *state;
    start(w, true);
    client_call(w->client, METHOD_ENGINE_STATUS, NULL, on_reply, w);
    UNTIL(w, w->state == CLIENT_READY);
    assert_int_equal(w->replies, 0);
    client_close(w->client); /* end() closes again: harmless */
    assert_int_equal(w->replies, 1);
    assert_int_equal(w->code, ERR_CANCELLED);
}

static void keys_differ(void **state)
{
    char a[33], b[33];
    (void)state;
    client_key(a);
    client_key(b);
    assert_int_equal(strspn(a, "0123456789abcdef"), 32);
    assert_string_not_equal(a, b);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(without_an_engine_it_says_so),
        TEST(it_starts_the_engine_and_keeps_early_requests),
        TEST(what_comes_of_early_requests_is_heard),
        TEST(an_error_keeps_its_code_and_sentence),
        TEST(a_second_client_finds_the_same_engine),
        TEST(a_death_in_the_middle_loses_and_doubles_nothing),
        TEST(killed_again_and_again_it_goes_on),
        TEST(an_engine_that_refuses_to_start_tells_why),
        TEST(an_idle_engine_of_another_build_is_replaced),
        TEST(an_engine_that_the_file_holds_is_no_other_build),
        TEST(a_busy_engine_of_another_build_is_kept_and_named),
        TEST(a_key_that_the_engine_lacks_gets_a_sentence),
        TEST(closing_answers_what_is_pending),
        cmocka_unit_test(keys_differ),
    };
    if (argc > 4 && strcmp(argv[1], "engine") == 0)
        return engine_process(argv[4]);
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
