/* The engine's life: this executable is also the engine (its jobs are small stand-ins of the
 * pipeline's), started and driven through the client library. */
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
#include "backends/openai.h"
#include "backends/replay.h"
#include "base/path.h"
#include "core/check/gate_job.h"
#include "core/check/profile.h"
#include "core/engine/engine.h"
#include "core/pipeline/pipeline.h"
#include "ui/client.h"

enum { ENGINE_LIFE_S = 200 };

/* ---- the engine's side: a job that counts ---- */

static enum err count_step(struct step *step, void *arg, struct buf *out)
{
    (void)step;
    (void)arg;
    enum err e = fiber_sleep(10);
    return e ? e : buf_adds(out, "1");
}

static enum err count_run(struct job *job, void *context, struct json_object *input)
{
    const struct step_desc desc = {.name = "count", .run = count_step};
    int64_t n = strtoll(json_str(input, "task", "1"), NULL, 10);
    struct event done = {.type = EVENT_JOB_DONE};
    enum err e = ERR_OK;
    (void)context;
    for (int64_t i = 0; !e && i < n; i++) {
        struct event note = {.type = EVENT_JOB_NOTE};
        e = job_step(job, &desc, NULL, NULL);
        note.u.job_note.level = "info";
        note.u.job_note.text = "one more";
        if (!e)
            job_emit(job, &note);
    }
    if (e)
        return e;
    done.u.job_done.status = "solved";
    job_emit(job, &done);
    return ERR_OK;
}

const struct job_kind pipeline_task __attribute__((weak)) = {"task", 1, count_run};
const struct job_kind pipeline_artifact_run __attribute__((weak)) = {"artifact_run", 1, count_run};
const struct job_kind pipeline_workflow_run __attribute__((weak)) = {"workflow_run", 1, count_run};
const struct job_kind pipeline_text __attribute__((weak)) = {"text", 1, count_run};
const struct job_kind pipeline_bench_task __attribute__((weak)) = {"bench_task", 1, count_run};
const struct job_kind pipeline_bench_raw __attribute__((weak)) = {"bench_raw", 1, count_run};
const struct job_kind optimize_kind __attribute__((weak)) = {"optimize", 1, count_run};
const struct job_kind profile_job __attribute__((weak)) = {"profile", 1, count_run};
const struct job_kind gates_job __attribute__((weak)) = {"gates", 1, count_run};

static int engine_process(const char *home, bool detached)
{
    static const struct backend_class *const classes[] = {&openai_backend, &replay_backend, NULL};
    const struct engine_options options = {
        .home = home, .detached = detached, .unsafe = true, .classes = classes};
    alarm(ENGINE_LIFE_S);
    return engine_main(&options);
}

/* ---- the client's side ---- */

struct world {
    uv_loop_t loop;
    struct client *client;
    enum client_state state;
    char home[64], sentence[600];
    int lost, notes, done, epoch;
    int64_t replies, job, last_seq;
    enum err code;
    bool disorder;
    struct json_object *result;
};

static void on_state(void *arg, enum client_state state, const char *sentence)
{
    struct world *w = arg;
    w->state = state;
    w->lost += state == CLIENT_LOST;
    snprintf(w->sentence, sizeof w->sentence, "%s", sentence);
}

static void on_event(void *arg, const struct event *ev, const char *line)
{
    struct world *w = arg;
    (void)line;
    if (!ev->seq)
        return;
    w->disorder |= ev->seq <= w->last_seq;
    w->last_seq = ev->seq;
    w->notes += ev->type == EVENT_JOB_NOTE;
    w->done += ev->type == EVENT_JOB_DONE;
    if (ev->type == EVENT_JOB_STARTED)
        w->epoch = (int)ev->u.job_started.epoch;
}

static void on_reply(void *arg, struct json_object *result, const struct err_info *info)
{
    struct world *w = arg;
    w->replies++;
    w->code = info ? info->code : ERR_OK;
    json_object_put(w->result);
    w->result = json_object_get(result);
    if (info)
        snprintf(w->sentence, sizeof w->sentence, "%s", info->message);
    if (json_i64(result, "job", 0))
        w->job = json_i64(result, "job", 0);
}

static void connect_client(struct world *w)
{
    static char self[PATH_SIZE];
    const struct client_options options = {.home = w->home,
                                           .engine = path_self(self, NULL) ? NULL : self,
                                           .name = "test",
                                           .start = true,
                                           .on_state = on_state,
                                           .on_event = on_event,
                                           .arg = w};
    w->client = client_new(&w->loop, &options);
}

static int begin(void **state)
{
    struct world *w = *state = calloc(1, sizeof *w);
    strcpy(w->home, "/tmp/dise-engine-XXXXXX");
    return mkdtemp(w->home) ? uv_loop_init(&w->loop) : -1;
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

static pid_t engine_pid(const struct world *w)
{
    return w->client ? (pid_t)json_i64(client_hello(w->client), "pid", 0) : 0;
}

/* Whether the engine's log holds the words. */
static bool logged(const struct world *w, const char *words)
{
    char path[PATH_SIZE];
    struct buf b;
    bool found;
    snprintf(path, sizeof path, "%s/run/engine.log", w->home);
    buf_init(&b, 1 << 20);
    found = buf_read_file(&b, path, NULL) == ERR_OK && strstr(b.data, words);
    buf_fini(&b);
    return found;
}

static void disconnect(struct world *w)
{
    if (!w->client)
        return;
    client_close(w->client);
    w->client = NULL;
    uv_run(&w->loop, UV_RUN_DEFAULT);
}

static int end(void **state)
{
    struct world *w = *state;
    pid_t pid = engine_pid(w);
    int code;
    disconnect(w);
    if (pid > 0) {
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
    }
    code = uv_loop_close(&w->loop);
    code |= logged(w, "defect") || logged(w, "ERROR: ");
    json_object_put(w->result);
    remove_files(w->home);
    free(w);
    return code;
}

static void ask(struct world *w, enum protocol_method method, struct json_object *params)
{
    int64_t before = w->replies;
    client_call(w->client, method, params, on_reply, w);
    UNTIL(w, w->replies == before + 1);
}

static struct json_object *with(const char *key, const char *text)
{
    struct json_object *o = json_object_new_object();
    json_add_str(o, key, text);
    return o;
}

static void submit(struct world *w, const char *steps)
{
    struct json_object *o = with("task", steps);
    char key[33];
    client_key(key);
    json_add_str(o, "key", key);
    ask(w, METHOD_JOB_SUBMIT, o);
    assert_int_equal(w->code, ERR_OK);
}

static pid_t spawn_engine(const struct world *w)
{
    pid_t pid = fork();
    if (pid == 0) {
        char self[PATH_SIZE];
        if (path_self(self, NULL) == ERR_OK)
            execl(self, self, "engine", "--detached", "--home", w->home, (char *)NULL);
        _exit(99);
    }
    return pid;
}

static int wait_for(pid_t pid)
{
    int status = -1;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

/* ---- tests ---- */

static void a_job_from_submission_to_its_end(void **state)
{
    struct world *w = *state;
    struct json_object *jobs;
    struct stat st;
    char path[PATH_SIZE];
    connect_client(w);
    client_subscribe(w->client, 0, 0, true);
    submit(w, "5");
    UNTIL(w, w->done == 1);
    assert_int_equal(w->notes, 5);
    assert_false(w->disorder);
    ask(w, METHOD_JOB_LIST, NULL);
    jobs = json_array(w->result, "jobs");
    assert_int_equal(json_object_array_length(jobs), 1);
    assert_string_equal(json_str(json_object_array_get_idx(jobs, 0), "status", ""), "solved");
    ask(w, METHOD_ENGINE_STATUS, NULL);
    assert_string_equal(json_str(w->result, "home", ""), w->home);
    snprintf(path, sizeof path, "%s/run", w->home);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 077, 0);
}

static void killed_in_the_middle_it_goes_on(void **state)
{
    struct world *w = *state;
    connect_client(w);
    client_subscribe(w->client, 0, 0, true);
    submit(w, "60");
    for (int i = 1; i <= 3; i++) {
        UNTIL(w, w->notes >= 15 * i && w->state == CLIENT_READY);
        kill(engine_pid(w), SIGKILL);
        UNTIL(w, w->lost == i && w->state == CLIENT_READY);
    }
    UNTIL(w, w->done == 1);
    assert_int_equal(w->notes, 60); /* none lost, none twice */
    assert_false(w->disorder);
    assert_int_equal(w->epoch, 4);
}

static void stop_waits_for_jobs_unless_told_otherwise(void **state)
{
    struct world *w = *state;
    char socket[PATH_SIZE];
    pid_t pid;
    connect_client(w);
    submit(w, "200");
    pid = engine_pid(w);
    ask(w, METHOD_ENGINE_STOP, NULL);
    assert_int_equal(w->code, ERR_BUSY);
    ask(w, METHOD_ENGINE_STOP, with("when", "now"));
    assert_int_equal(w->code, ERR_OK);
    disconnect(w);
    assert_int_equal(wait_for(pid), 0);
    snprintf(socket, sizeof socket, "%s/run/engine.sock", w->home);
    assert_false(path_exists(socket));
    assert_true(logged(w, "ended"));
    connect_client(w);
    client_subscribe(w->client, 0, 0, true);
    UNTIL(w, w->done == 1);
    assert_int_equal(w->notes, 200);
    assert_int_equal(w->epoch, 2);
}

/* A signal at any moment of the start or of the work ends the engine in order. */
static void a_signal_at_any_moment_ends_it_in_order(void **state)
{
    struct world *w = *state;
    for (int i = 0; i < 30; i++) {
        pid_t pid = spawn_engine(w);
        char path[PATH_SIZE];
        snprintf(path, sizeof path, "%s/run/engine.sock", w->home);
        for (int k = 0; k < PATIENCE_S * 5000 && !path_exists(path); k++)
            usleep(200); /* before it listens it does not hear signals yet */
        usleep((useconds_t)(i * 700));
        kill(pid, i % 2 ? SIGTERM : SIGINT);
        assert_int_equal(wait_for(pid), 0);
        assert_false(path_exists(path));
    }
}

static void one_engine_a_home(void **state)
{
    struct world *w = *state;
    pid_t first;
    connect_client(w);
    UNTIL(w, w->state == CLIENT_READY);
    first = engine_pid(w);
    assert_int_equal(wait_for(spawn_engine(w)), 0);
    assert_true(logged(w, "at work for this home already"));
    ask(w, METHOD_ENGINE_STATUS, NULL);
    assert_int_equal(json_i64(w->result, "pid", 0), first);
}

static void a_broken_configuration_ends_it_with_the_place(void **state)
{
    struct world *w = *state;
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s/config.yaml", w->home);
    assert_int_equal(path_write(path, "execution:\n  width: x\n", 22, NULL), ERR_OK);
    assert_int_equal(wait_for(spawn_engine(w)), 2);
    assert_true(logged(w, "config.yaml:2:3: execution.width must be a number"));
    connect_client(w);
    UNTIL(w, w->state == CLIENT_FAILED);
    assert_non_null(strstr(w->sentence, "config.yaml:2:3: execution.width must be a number"));
}

static void idle_it_ends_by_itself(void **state)
{
    struct world *w = *state;
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s/config.yaml", w->home);
    assert_int_equal(path_write(path, "engine: {idle_s: 1}\n", 20, NULL), ERR_OK);
    assert_int_equal(wait_for(spawn_engine(w)), 0);
    assert_true(logged(w, "idle long enough"));
}

static void a_damaged_database_is_moved_aside_and_said(void **state)
{
    struct world *w = *state;
    static char text[8192];
    char path[PATH_SIZE];
    bool said = false;
    memset(text, 'x', sizeof text);
    snprintf(path, sizeof path, "%s/dise.db", w->home);
    assert_int_equal(path_write(path, text, sizeof text, NULL), ERR_OK);
    connect_client(w);
    submit(w, "1");
    ask(w, METHOD_DOCTOR, NULL);
    for (size_t i = 0; i < json_object_array_length(json_array(w->result, "checks")); i++) {
        struct json_object *c = json_object_array_get_idx(json_array(w->result, "checks"), i);
        if (strcmp(json_str(c, "name", ""), "database") == 0)
            said = strcmp(json_str(c, "state", ""), "warn") == 0;
    }
    assert_true(said);
}

static void every_request_answers(void **state)
{
    struct world *w = *state;
    char *big = malloc(PROTOCOL_TASK_MAX + 2);
    connect_client(w);
    ask(w, METHOD_SETUP_LOOK, NULL);
    assert_int_equal(w->code, ERR_OK);
    assert_non_null(json_array(w->result, "found"));
    ask(w, METHOD_MODEL_LIST, NULL);
    assert_int_equal(w->code, ERR_OK);
    assert_true(json_object_array_length(json_array(w->result, "models")) >= 2);
    ask(w, METHOD_MODEL_STOP, NULL);
    assert_int_equal(w->code, ERR_OK);
    ask(w, METHOD_MODEL_START, with("name", "no-such-model"));
    assert_int_not_equal(w->code, ERR_OK);
    ask(w, METHOD_ARTIFACT_LIST, NULL);
    assert_int_equal(w->code, ERR_OK);
    ask(w, METHOD_ARTIFACT_SHOW, with("id", "a99"));
    assert_int_equal(w->code, ERR_NOT_FOUND);
    ask(w, METHOD_ARTIFACT_RUN, with("id", "a99"));
    assert_int_equal(w->code, ERR_NOT_FOUND);
    ask(w, METHOD_SPEND, NULL);
    assert_int_equal(w->code, ERR_OK);
    assert_non_null(json_object_of(w->result, "today"));
    ask(w, METHOD_SPEND, with("days", "0"));
    assert_int_equal(w->code, ERR_OK); /* what is no number is not there */
    ask(w, METHOD_JOB_CANCEL, NULL);
    assert_int_equal(w->code, ERR_NOT_FOUND);
    ask(w, METHOD_JOB_ANSWER, NULL);
    assert_int_not_equal(w->code, ERR_OK);
    ask(w, METHOD_JOB_EVENTS, NULL);
    assert_int_equal(w->code, ERR_OK);
    ask(w, METHOD_JOB_SUBMIT, NULL);
    assert_int_equal(w->code, ERR_INPUT);
    memset(big, 'x', PROTOCOL_TASK_MAX + 1);
    big[PROTOCOL_TASK_MAX + 1] = 0;
    ask(w, METHOD_JOB_SUBMIT, with("task", big));
    assert_int_equal(w->code, ERR_TOO_LARGE);
    ask(w, METHOD_SETUP_ADDRESS, with("url", "nonsense"));
    assert_int_equal(w->code, ERR_INPUT);
    free(big);
}

static void a_job_is_cancelled(void **state)
{
    struct world *w = *state;
    struct json_object *o = json_object_new_object();
    connect_client(w);
    client_subscribe(w->client, 0, 0, true);
    submit(w, "100000");
    UNTIL(w, w->notes > 0);
    json_add_i64(o, "job", w->job);
    ask(w, METHOD_JOB_CANCEL, o);
    assert_int_equal(w->code, ERR_OK);
    UNTIL(w, w->done == 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(a_job_from_submission_to_its_end),
        TEST(killed_in_the_middle_it_goes_on),
        TEST(stop_waits_for_jobs_unless_told_otherwise),
        TEST(a_signal_at_any_moment_ends_it_in_order),
        TEST(one_engine_a_home),
        TEST(a_broken_configuration_ends_it_with_the_place),
        TEST(idle_it_ends_by_itself),
        TEST(a_damaged_database_is_moved_aside_and_said),
        TEST(every_request_answers),
        TEST(a_job_is_cancelled),
    };
    if (argc > 4 && strcmp(argv[1], "engine") == 0)
        return engine_process(argv[4], strcmp(argv[2], "--detached") == 0);
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
