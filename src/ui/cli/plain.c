#include "ui/cli/plain.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/figure.h"
#include "base/task_class.h"
#include "ui/questions.h"
#include "ui/term/cluster.h"

enum { LINE_MAX_BYTES = PROTOCOL_TASK_MAX, DOUBLE_MS = 1000, JOBS_MAX = 4096 };

struct plain {
    const struct cli_args *args;
    uv_loop_t loop;
    uv_signal_t interrupt, terminate;
    uv_poll_t keyboard;
    struct client *client;
    int fd; /* an own description of standard input: libuv makes what it polls nonblocking */
    struct buf typed;
    bool polled, tty, eof, ended;
    int64_t mine[JOBS_MAX], over[JOBS_MAX]; /* over: ended, whoever gave them */
    int mine_n, over_n, asking;             /* asking: answers that are on their way */
    uint64_t interrupted;
    int code;
    struct questions questions;
};

/* ---- lines ---- */

static enum err stage_line(const struct event *ev, struct buf *out)
{
    const struct event_stage_end *e = &ev->u.stage_end;
    const struct event_candidate_begin *c = &ev->u.candidate_begin;
    char tokens[FIGURE_SIZE], time[FIGURE_SIZE];
    if (ev->type == EVENT_CANDIDATE_BEGIN)
        return buf_addf(out, "stage %lld: %.60s writes", (long long)c->stage, c->model);
    if (strcmp(e->outcome, "skipped") == 0)
        return buf_addf(out, "stage %lld skipped: %.400s", (long long)e->stage, e->why);
    return buf_addf(out, "stage %lld %.20s%s%.400s, %s token%s, %s", (long long)e->stage,
                    e->outcome, *e->why ? ": " : "", e->why, figure_count(tokens, e->tokens_out),
                    figure_s(e->tokens_out), figure_time(time, e->seconds, false));
}

/* Words and calculations as they are read out, all else as JSON. */
static enum err result_words(const char *json, struct buf *out)
{
    struct json_object *o = NULL;
    const char *text = json;
    enum err e;
    if (json_parse(json, strlen(json), NULL, &o, NULL) == ERR_OK) {
        if (json_object_is_type(o, json_type_string))
            text = json_object_get_string(o);
        else if (json_get(o, "expression"))
            text = json_str(o, "text", json);
    }
    e = buf_addf(out, ", result %.4000s", text);
    json_object_put(o);
    return e;
}

static enum err done_line(const struct event_job_done *d, struct buf *out)
{
    char tokens[FIGURE_SIZE], time[FIGURE_SIZE];
    enum err e = buf_addf(out, "%s%s%.400s, %lld call%s, %s token%s, %s",
                          strcmp(d->status, "unsolved") == 0 ? "not solved" : d->status,
                          *d->message ? ": " : "", d->message, (long long)d->llm_calls,
                          figure_s(d->llm_calls), figure_count(tokens, d->tokens_out),
                          figure_s(d->tokens_out), figure_time(time, d->seconds, false));
    if (!e && *d->artifact)
        e = buf_addf(out, ", kept as %.40s", d->artifact);
    if (!e && *d->result && strcmp(d->result, "null") != 0)
        e = result_words(d->result, out);
    return e;
}

static enum err batch_line(const struct event *ev, struct buf *out)
{
    const struct event_batch_state *s = &ev->u.batch_state;
    return buf_addf(out, "overnight run %.20s%s%.200s, %lld of %lld done, %lld solved", s->state,
                    *s->why ? ": " : "", s->why, (long long)s->done, (long long)s->items,
                    (long long)s->solved);
}

static enum err question_line(const struct event_job_question *q, struct buf *out)
{
    enum err e = buf_addf(out, "asks: %.600s Answers: %.100s", q->text, q->choices);
    if (!e && q->seconds > 0)
        e = buf_addf(out, ", within %lld s", (long long)q->seconds);
    return e;
}

static enum err words_of(const struct event *ev, struct buf *out)
{
    const struct event_check *c = &ev->u.check;
    switch (ev->type) {
    case EVENT_JOB_CREATED:
        return buf_addf(out, "accepted: %.400s", ev->u.job_created.title);
    case EVENT_CLASSIFIED:
        return buf_addf(out, "kind of task: %.40s, %.20s: %.120s",
                        class_words(ev->u.classified.class), ev->u.classified.complexity,
                        ev->u.classified.why);
    case EVENT_CANDIDATE_BEGIN:
    case EVENT_STAGE_END:
        return stage_line(ev, out);
    case EVENT_CHECK:
        if (c->ok)
            return buf_addf(out, "check passed: %.40s %.300s", c->name, c->subject);
        if (*c->severity && strcmp(c->severity, "block") != 0)
            return buf_addf(out, "noticed: %.100s: %.400s", c->name, c->detail);
        return buf_addf(out, "check failed: %.40s %.300s %.400s", c->name, c->subject, c->detail);
    case EVENT_JOB_NOTE:
        return buf_addf(out, "%.10s: %.600s", ev->u.job_note.level, ev->u.job_note.text);
    case EVENT_JOB_QUESTION:
        return question_line(&ev->u.job_question, out);
    case EVENT_PLAN:
        return buf_addf(out, "plan: %.4000s", ev->u.plan.text);
    case EVENT_TESTS_MADE:
        return buf_addf(out, "%lld tests written, %lld usable", (long long)ev->u.tests_made.written,
                        (long long)ev->u.tests_made.usable);
    case EVENT_JOB_DONE:
        return done_line(&ev->u.job_done, out);
    case EVENT_BATCH_STATE:
        return batch_line(ev, out);
    default:
        return ERR_OK;
    }
}

void plain_line(const struct event *ev, struct buf *out)
{
    struct cleaner cleaner = {0};
    struct buf words;
    size_t from = out->len;
    buf_init(&words, 1 << 16);
    if (words_of(ev, &words) == ERR_OK && words.len &&
        (buf_addf(out, "job %lld ", (long long)ev->job) ||
         cleaner_feed(&cleaner, words.data, words.len, out)))
        buf_truncate(out, from);
    for (size_t i = from; i < out->len; i++)
        if (out->data[i] == '\n' || out->data[i] == '\t')
            out->data[i] = ' ';
    buf_fini(&words);
}

static void say(struct plain *p, const char *text)
{
    if (!p->args->json)
        printf("%s\n", text);
    cli_flush();
}

/* ---- the end ---- */

static void finish(struct plain *p)
{
    if (p->ended)
        return;
    p->ended = true;
    client_close(p->client);
    uv_close((uv_handle_t *)&p->interrupt, NULL);
    uv_close((uv_handle_t *)&p->terminate, NULL);
    if (p->polled)
        uv_close((uv_handle_t *)&p->keyboard, NULL);
}

static void finish_when_done(struct plain *p)
{
    if (p->eof && p->mine_n == 0 && p->asking == 0)
        finish(p);
}

static bool take_out(int64_t *list, int *n, int64_t id)
{
    for (int i = 0; i < *n; i++)
        if (list[i] == id) {
            list[i] = list[--*n];
            return true;
        }
    return false;
}

static void on_program(void *arg, struct json_object *result, const struct err_info *info)
{
    struct plain *p = arg;
    struct cleaner cleaner = {0};
    const char *code = json_str(result, "code", "");
    struct buf clean;
    buf_init(&clean, 4 << 20);
    p->asking--;
    if (strcmp(json_str(result, "class", ""), class_name(CLASS_ARITHMETIC)) == 0)
        code = ""; /* its line is the answer */
    if (!info && *code && cleaner_feed(&cleaner, code, strlen(code), &clean) == ERR_OK) {
        say(p, "program:");
        say(p, clean.data);
    }
    buf_fini(&clean);
    finish_when_done(p);
}

static void job_over(struct plain *p, const struct event *ev)
{
    const struct event_job_done *d = &ev->u.job_done;
    struct json_object *o;
    if (p->over_n == JOBS_MAX)
        p->over_n = 0;
    p->over[p->over_n++] = ev->job;
    if (!take_out(p->mine, &p->mine_n, ev->job))
        return;
    if (strcmp(d->status, "solved") != 0)
        p->code = EXIT_UNSOLVED;
    if (*d->artifact && !p->args->json) {
        o = json_object_new_object();
        json_add_str(o, "id", d->artifact);
        p->asking++;
        client_call(p->client, METHOD_ARTIFACT_SHOW, o, on_program, p);
    }
    finish_when_done(p);
}

/* ---- the engine ---- */

static void on_event(void *arg, const struct event *ev, const char *line)
{
    struct plain *p = arg;
    struct buf text;
    if (p->ended)
        return;
    buf_init(&text, 1 << 16);
    if (p->args->json)
        printf("%s\n", line);
    else
        plain_line(ev, &text);
    if (text.len)
        printf("%s\n", text.data);
    buf_fini(&text);
    cli_flush();
    questions_follow(&p->questions, ev);
    if (ev->type == EVENT_JOB_DONE)
        job_over(p, ev);
}

static void on_state(void *arg, enum client_state state, const char *sentence)
{
    struct plain *p = arg;
    if (*sentence)
        fprintf(stderr, "dise: %s\n", sentence);
    if (state == CLIENT_FAILED) {
        p->code = EXIT_UNSOLVED;
        if (p->client)
            finish(p);
    }
}

static void on_note(void *arg, const char *sentence)
{
    (void)arg;
    fprintf(stderr, "dise: %s\n", sentence);
}

static void on_submitted(void *arg, struct json_object *result, const struct err_info *info)
{
    struct plain *p = arg;
    int64_t job = json_i64(result, "job", 0);
    p->asking--;
    if (info) {
        if (!p->ended)
            p->code = cli_fail(p->args, cli_exit_code(info->code), info);
    } else if (!take_out(p->over, &p->over_n, job) && p->mine_n < JOBS_MAX) {
        p->mine[p->mine_n++] = job;
    }
    finish_when_done(p);
}

/* ---- what is typed ---- */

static void submit(struct plain *p, const char *task)
{
    struct json_object *o = json_object_new_object();
    char key[33], cwd[PATH_SIZE];
    client_key(key);
    json_add_str(o, "task", task);
    json_add_str(o, "key", key);
    json_add_str(o, "cwd", getcwd(cwd, sizeof cwd) ? cwd : "");
    if (!p->tty)
        json_add_str(o, "questions", "no");
    p->asking++;
    client_call(p->client, METHOD_JOB_SUBMIT, o, on_submitted, p);
}

/* The oldest question takes the line when it is one of its choices. */
static bool answered(struct plain *p, const char *line)
{
    const struct question *q = questions_first(&p->questions);
    size_t n;
    const char *choice = q ? question_choice(q->choices, line, &n) : NULL;
    struct json_object *o;
    if (!choice)
        return false;
    o = json_object_new_object();
    json_add_i64(o, "job", q->job);
    json_add_str(o, "question", q->id);
    json_object_object_add(o, "answer", json_object_new_string_len(choice, (int)n));
    client_call(p->client, METHOD_JOB_ANSWER, o, NULL, NULL);
    questions_drop(&p->questions);
    return true;
}

static bool cancel_last(struct plain *p)
{
    struct json_object *o;
    if (!p->mine_n)
        return false;
    o = json_object_new_object();
    json_add_i64(o, "job", p->mine[p->mine_n - 1]);
    client_call(p->client, METHOD_JOB_CANCEL, o, NULL, NULL);
    say(p, "cancelling");
    return true;
}

/* "/text TASK": the engine reads the prefix. */
static bool says_class(const char *line)
{
    char word[16];
    size_t n = strcspn(line, " \t");
    snprintf(word, sizeof word, "%.*s", (int)n - 1, line + 1);
    return line[n] && (strcmp(word, "code") == 0 || strcmp(word, "text") == 0 ||
                       strcmp(word, "arithmetic") == 0);
}

static void take_line(struct plain *p, char *line)
{
    line += strspn(line, " \t");
    for (size_t n = strlen(line); n && strchr(" \t\r", line[n - 1]);)
        line[--n] = 0;
    if (!*line || answered(p, line))
        return;
    if (strcmp(line, "/quit") == 0)
        finish(p);
    else if (strcmp(line, "/cancel") == 0)
        cancel_last(p);
    else if (*line == '/' && !says_class(line))
        say(p, "a line is a task, /code TASK, /text TASK, an answer, /cancel or /quit; dise --help "
               "tells the other commands");
    else
        submit(p, line);
}

static void take_bytes(struct plain *p, const char *bytes, size_t n)
{
    char *newline;
    if (buf_add(&p->typed, bytes, n)) {
        say(p, "this line is longer than 256 KB and is left out");
        buf_clear(&p->typed);
    }
    while (!p->ended && (newline = memchr(p->typed.data, '\n', p->typed.len))) {
        *newline = 0;
        take_line(p, p->typed.data);
        buf_consume(&p->typed, (size_t)(newline - p->typed.data) + 1);
    }
}

static void take_end(struct plain *p)
{
    p->eof = true;
    if (p->typed.len)
        take_line(p, p->typed.data);
    buf_clear(&p->typed);
    finish_when_done(p);
}

static void read_typed(struct plain *p)
{
    char bytes[4096];
    ssize_t n;
    while (!p->ended && (n = read(p->fd, bytes, sizeof bytes)) > 0)
        take_bytes(p, bytes, (size_t)n);
    if (!p->ended && n == 0) {
        if (p->polled)
            uv_poll_stop(&p->keyboard);
        take_end(p);
    }
}

static void on_keyboard(uv_poll_t *poll, int status, int events)
{
    struct plain *p = poll->data;
    (void)events;
    if (status < 0) {
        uv_poll_stop(poll);
        take_end(p);
        return;
    }
    read_typed(p);
}

/* The first Ctrl-C cancels the task given last; a second within a second leaves, jobs go on. */
static void on_signal(uv_signal_t *handle, int number)
{
    struct plain *p = handle->data;
    uint64_t now = uv_now(&p->loop);
    bool twice = p->interrupted && now - p->interrupted < DOUBLE_MS;
    p->interrupted = now;
    if (number == SIGINT && !twice && cancel_last(p))
        return;
    p->code = EXIT_CANCELLED;
    finish(p);
}

/* ---- main ---- */

static void watch(struct plain *p)
{
    uv_signal_init(&p->loop, &p->interrupt);
    uv_signal_init(&p->loop, &p->terminate);
    p->interrupt.data = p->terminate.data = p->keyboard.data = p;
    uv_signal_start(&p->interrupt, on_signal, SIGINT);
    uv_signal_start(&p->terminate, on_signal, SIGTERM);
    p->fd = open(p->tty ? "/dev/tty" : "/dev/stdin", O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (p->fd < 0)
        p->fd = fcntl(0, F_DUPFD_CLOEXEC, 3); /* a socket */
    p->polled = p->fd >= 0 && uv_poll_init(&p->loop, &p->keyboard, p->fd) == 0;
    p->keyboard.data = p;
    if (p->polled)
        uv_poll_start(&p->keyboard, UV_READABLE, on_keyboard);
}

static void begin(struct plain *p)
{
    if (p->tty)
        say(p, "DiSE. Type a task and press Enter; /quit leaves.");
    client_subscribe(p->client, 0, -1, false);
    if (p->fd < 0)
        take_end(p);
    else if (!p->polled) /* a regular file, or /dev/null */
        read_typed(p);
}

/* Nothing to read and nothing to show on: not worth an engine. */
static bool empty_input(void)
{
    struct stat st;
    if (fstat(0, &st) || isatty(0))
        return !isatty(0);
    return S_ISCHR(st.st_mode) || (S_ISREG(st.st_mode) && st.st_size == 0);
}

int plain_main(const struct cli_args *args)
{
    static struct plain plain;
    struct plain *p = &plain;
    const struct client_options options = {.home = args->home,
                                           .name = "plain",
                                           .start = true,
                                           .engine_args = cli_engine_args(args),
                                           .config = cli_config(args),
                                           .on_state = on_state,
                                           .on_note = on_note,
                                           .on_event = on_event,
                                           .arg = p};
    if (empty_input())
        return cli_fail(args, EXIT_USAGE,
                        &(struct err_info){.code = ERR_USAGE,
                                           .message = "there is no terminal for the dashboard and "
                                                      "no task on standard input; see dise run"});
    memset(p, 0, sizeof *p);
    p->args = args;
    p->tty = isatty(0);
    buf_init(&p->typed, LINE_MAX_BYTES);
    signal(SIGPIPE, SIG_IGN);
    cluster_locale();
    uv_loop_init(&p->loop);
    watch(p);
    p->client = client_new(&p->loop, &options);
    if (p->client)
        begin(p);
    uv_run(&p->loop, UV_RUN_DEFAULT);
    uv_loop_close(&p->loop);
    if (p->fd >= 0)
        close(p->fd);
    buf_fini(&p->typed);
    questions_fini(&p->questions);
    return p->code;
}
