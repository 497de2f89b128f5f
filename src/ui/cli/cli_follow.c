/* `dise run` and everything else that follows a job to its end. Progress goes to stderr, results to
 * stdout; with --json every event goes to stdout as one line. */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/day_time.h"
#include "base/figure.h"
#include "base/task_class.h"
#include "base/utf8.h"
#include "ui/cli/cli.h"
#include "ui/cli/cli_gates.h"
#include "ui/cli/cli_profile.h"
#include "ui/questions.h"
#include "ui/term/external_editor.h"

enum { STREAM_TESTS = 2, PLAN_MAX = 16 << 10 };

struct follow {
    const struct cli_args *args;
    uv_loop_t loop;
    uv_signal_t interrupt, terminate;
    uv_poll_t keyboard;
    bool keyboard_on;
    struct client *client;
    enum protocol_method method;
    int64_t job;
    int keyboard_fd; /* an own /dev/tty: libuv makes what it polls nonblocking */
    int interrupts, code;
    bool ended, job_over, streaming, tty;
    int64_t stream_stage, stream_candidate;
    char *plan; /* as it was told; NULL: none */
    struct questions asked;
    bool words; /* the answer is words or a number: it is printed, no program */
};

/* ---- printing ---- */

/* Text of models and files can carry escape sequences: only printable characters, newlines and tabs
 * go out. */
static void print_safe(FILE *out, const char *text)
{
    size_t n = strlen(text), used;
    uint32_t cp;
    for (size_t i = 0; i < n; i += used) {
        used = utf8_decode(text + i, n - i, &cp);
        if (cp == UTF8_BAD)
            fputs("\xEF\xBF\xBD", out);
        else if (cp == '\n' || cp == '\t' || !utf8_is_control(cp))
            fwrite(text + i, 1, used, out);
    }
}

static void say(struct follow *f, const char *mark, const char *text)
{
    if (f->args->json || !*text)
        return;
    if (f->streaming)
        fputc('\n', stderr);
    f->streaming = false;
    fprintf(stderr, "%s ", mark);
    print_safe(stderr, text);
    fputc('\n', stderr);
}

/* Streams one candidate's text to a terminal; others are only told by their outcome. */
static void print_delta(struct follow *f, const struct event_token_delta *d)
{
    if (!f->tty || f->args->json || (d->stage == 0 && d->candidate == STREAM_TESTS))
        return;
    if (!f->streaming) {
        f->stream_stage = d->stage;
        f->stream_candidate = d->candidate;
        f->streaming = true;
    }
    if (d->stage != f->stream_stage || d->candidate != f->stream_candidate)
        return;
    if (d->restart) /* a terminal takes nothing back */
        fputs("\n… it broke off, the answer begins anew:\n", stderr);
    print_safe(stderr, d->text);
}

static void print_check(struct follow *f, const struct event_check *c)
{
    char text[1024];
    if (c->ok)
        snprintf(text, sizeof text, "%s %.300s", c->name, c->subject);
    else if (*c->got || *c->expected)
        snprintf(text, sizeof text, "%s %.200s -> %.200s, expected %.200s", c->name, c->subject,
                 c->got, c->expected);
    else
        snprintf(text, sizeof text, "%s%s%.200s: %.600s", c->name, *c->subject ? " " : "",
                 c->subject, c->detail);
    say(f,
        c->ok                                ? "    ✔"
        : strcmp(c->severity, "score") == 0  ? "    ⚠"
        : strcmp(c->severity, "inform") == 0 ? "    ·"
                                             : "    ✘",
        text);
}

static void print_stage(struct follow *f, const struct event *ev)
{
    const struct event_stage_planned *p = &ev->u.stage_planned;
    const struct event_stage_end *e = &ev->u.stage_end;
    char text[512], tokens[FIGURE_SIZE], time[FIGURE_SIZE];
    if (ev->type == EVENT_STAGE_PLANNED && *p->why) {
        snprintf(text, sizeof text, "stage %lld %s: %.300s", (long long)p->stage, p->model, p->why);
        say(f, "·", text);
    } else if (ev->type == EVENT_CANDIDATE_BEGIN) {
        const struct event_candidate_begin *c = &ev->u.candidate_begin;
        snprintf(text, sizeof text, "stage %lld candidate %lld: %s writes", (long long)c->stage,
                 (long long)c->candidate, c->model);
        say(f, "▸", text);
    } else if (ev->type == EVENT_STAGE_END && strcmp(e->outcome, "skipped") == 0) {
        snprintf(text, sizeof text, "stage %lld skipped: %.300s", (long long)e->stage, e->why);
        say(f, "·", text);
    } else if (ev->type == EVENT_STAGE_END) {
        snprintf(text, sizeof text, "stage %lld %s %.300s (%s token%s, %s)", (long long)e->stage,
                 e->outcome, e->why, figure_count(tokens, e->tokens_out), figure_s(e->tokens_out),
                 figure_time(time, e->seconds, false));
        say(f, strcmp(e->outcome, "solved") == 0 ? "✔" : "✘", text);
    }
}

/* Shown as it streams where somebody looks on. */
static void take_plan(struct follow *f, const char *text)
{
    const bool seen = f->tty && f->streaming && f->stream_stage == 0;
    free(f->plan);
    f->plan = strdup(text);
    if (f->args->json)
        return;
    say(f, "·", seen ? "that is the plan" : "the plan");
    if (!seen) {
        print_safe(stderr, text);
        fputc('\n', stderr);
    }
}

static void print_tests(struct follow *f, const struct event_tests_made *e)
{
    char text[80];
    snprintf(text, sizeof text, "%lld test%s written, %lld usable", (long long)e->written,
             figure_s(e->written), (long long)e->usable);
    say(f, "·", text);
}

static void print_class(struct follow *f, const struct event_classified *c)
{
    char text[200];
    enum task_class class = class_by_name(c->class);
    f->words = class == CLASS_ARITHMETIC || class_is_content(class);
    snprintf(text, sizeof text, "%.40s, %.20s: %.120s", class_words(c->class), c->complexity,
             c->why);
    say(f, "·", text);
}

static void print_progress(struct follow *f, const struct event_progress *p)
{
    const bool bytes = strcmp(p->unit, "bytes") == 0;
    const double scale = bytes ? 1e6 : 1;
    if (f->args->json)
        return;
    if (!f->tty && p->done > 0 && p->done < p->total)
        return; /* in a file only the beginning and the end of each part */
    fprintf(stderr, "%s%.40s %.40s", f->tty ? "\r\x1b[K" : "", p->what, p->item);
    if (p->total > 0)
        fprintf(stderr, "  %.1f of %.1f%s", (double)p->done / scale, (double)p->total / scale,
                bytes ? " MB" : "");
    if (p->rate > 0)
        fprintf(stderr, "  %.1f%s/s", p->rate / scale, bytes ? " MB" : "");
    if (f->tty)
        f->streaming = true;
    else
        fputc('\n', stderr);
    fflush(stderr);
}

/* ---- the end ---- */

static void finish(struct follow *f, int code)
{
    if (f->ended)
        return;
    f->ended = true;
    f->code = code;
    client_close(f->client);
    uv_close((uv_handle_t *)&f->interrupt, NULL);
    uv_close((uv_handle_t *)&f->terminate, NULL);
    if (f->keyboard_on)
        uv_close((uv_handle_t *)&f->keyboard, NULL);
}

static void finish_error(struct follow *f, const struct err_info *info)
{
    if (!f->ended)
        finish(f, cli_fail(f->args, cli_exit_code(info->code), info));
}

static int save_code(struct follow *f, const char *code)
{
    struct err_info info;
    mode_t mask = umask(0);
    umask(mask);
    if (path_write(f->args->out, code, strlen(code), &info))
        return cli_fail(f->args, EXIT_USAGE, &info);
    if (chmod(f->args->out, 0666 & ~mask) == 0)
        say(f, "✔ saved", f->args->out);
    return f->code;
}

static void on_artifact(void *arg, struct json_object *result, const struct err_info *info)
{
    struct follow *f = arg;
    const char *code = json_str(result, "code", json_str(result, "text", ""));
    if (info) {
        finish_error(f, info);
        return;
    }
    if (!f->args->json && !f->words) {
        print_safe(stdout, code);
        if (*code && code[strlen(code) - 1] != '\n')
            fputc('\n', stdout);
    }
    finish(f, f->args->out ? save_code(f, code) : f->code);
}

static int done_code(const struct event_job_done *d)
{
    if (strcmp(d->status, "solved") == 0)
        return EXIT_SOLVED;
    if (strcmp(d->status, "unsolved") == 0)
        return *d->error ? cli_exit_code(err_by_name(d->error)) : EXIT_UNSOLVED;
    if (strcmp(d->status, "cancelled") == 0)
        return EXIT_CANCELLED;
    return cli_exit_code(err_by_name(d->error));
}

/* Words as they are; a calculation as "1/3 + 1/6 = 1/2 = 0.5"; what a program gave as JSON. */
static void print_result(struct follow *f, const char *json)
{
    struct json_object *o = NULL;
    const char *text = json;
    if (f->method == METHOD_ARTIFACT_PROFILE &&
        json_parse(json, strlen(json), NULL, &o, NULL) == ERR_OK) {
        cli_profile_print(o);
        json_object_put(o);
        return;
    }
    if (f->method == METHOD_ARTIFACT_GATES) {
        cli_gates_print(json, f->args->json);
        return;
    }
    if (f->words && json_parse(json, strlen(json), NULL, &o, NULL) == ERR_OK)
        text = json_object_is_type(o, json_type_string) ? json_object_get_string(o)
                                                        : json_str(o, "text", json);
    print_safe(stdout, text);
    fputc('\n', stdout);
    json_object_put(o);
}

static void print_done(struct follow *f, const struct event_job_done *d)
{
    struct json_object *checked = NULL;
    const bool solved = strcmp(d->status, "solved") == 0;
    char text[512], in[FIGURE_SIZE], out[FIGURE_SIZE], time[FIGURE_SIZE];
    figure_time(time, d->seconds, false);
    if (json_parse(d->checked, strlen(d->checked), NULL, &checked, NULL))
        checked = NULL;
    if ((f->method == METHOD_MODEL_INSTALL || f->method == METHOD_RAG_SYNC ||
         f->method == METHOD_ARTIFACT_PROFILE || f->method == METHOD_ARTIFACT_GATES) &&
        *d->message)
        snprintf(text, sizeof text, "%.300s  (%s)", d->message, time);
    else
        snprintf(text, sizeof text, "%s%s%.300s  (%lld call%s, %s + %s tokens, %s)", d->status,
                 *d->message ? ": " : "", d->message, (long long)d->llm_calls,
                 figure_s(d->llm_calls), figure_count(in, d->tokens_in),
                 figure_count(out, d->tokens_out), time);
    say(f, solved ? "✔" : "✘", text);
    say(f, "  checked:", json_str(checked, "text", ""));
    if (*d->artifact && f->method == METHOD_JOB_SUBMIT) {
        if (f->words)
            snprintf(text, sizeof text, "%.60s", d->artifact);
        else
            snprintf(text, sizeof text, "%.60s (dise artifact run %.60s --input JSON)", d->artifact,
                     d->artifact);
        say(f, solved ? "  kept as" : "  the best attempt is kept as", text);
    }
    if (!f->args->json && f->method != METHOD_RAG_SYNC && f->method != METHOD_ARTIFACT_OPTIMIZE &&
        *d->result && strcmp(d->result, "null") != 0)
        print_result(f, d->result);
    json_object_put(checked);
}

/* The JSON contract: the job's end is the last line, so the program is saved before it is printed.
 */
static void on_done(struct follow *f, const struct event *ev, const char *line)
{
    const struct event_job_done *d = &ev->u.job_done;
    const bool wants_code = *d->artifact && f->method == METHOD_JOB_SUBMIT;
    f->code = done_code(d);
    f->job_over = true;
    if (f->args->json && f->method == METHOD_ARTIFACT_GATES && !d->error[0])
        cli_gates_print(d->result, true);
    else if (f->args->json)
        printf("%s\n", line);
    print_done(f, d);
    if (wants_code && (f->args->out || !f->args->json)) {
        struct json_object *o = json_object_new_object();
        json_add_str(o, "id", d->artifact);
        client_call(f->client, METHOD_ARTIFACT_SHOW, o, on_artifact, f);
        return;
    }
    finish(f, f->code);
}

/* ---- questions ---- */

static void put_question(struct follow *f)
{
    const struct question *q = questions_first(&f->asked);
    const int64_t left = question_left(q->since, q->seconds, day_time_now());
    say(f, "?", q->text);
    if (left < 0)
        fprintf(stderr, "%s: ", q->choices);
    else
        fprintf(stderr, "%s (within %lld s): ", q->choices, (long long)left);
    fflush(stderr);
}

static void answer(struct follow *f, const char *text)
{
    struct json_object *o = json_object_new_object();
    json_add_i64(o, "job", f->job);
    json_add_str(o, "question", questions_first(&f->asked)->id);
    json_add_str(o, "answer", text);
    client_call(f->client, METHOD_JOB_ANSWER, o, NULL, NULL);
    questions_drop(&f->asked);
}

/* The plan in the person's editor; what comes of it is the answer. */
static void edit_plan(struct follow *f)
{
    struct err_info info = {0};
    struct buf changed;
    buf_init(&changed, PLAN_MAX);
    if (external_edit("plan.txt", f->plan ? f->plan : "", &changed, &info))
        say(f, "·", info.message);
    else if (strspn(changed.data, " \t\r\n") == changed.len)
        say(f, "·", "the plan is empty; cancel drops the task");
    else
        answer(f, changed.data);
    buf_fini(&changed);
    if (f->asked.count)
        put_question(f);
}

static void on_keyboard(uv_poll_t *poll, int status, int events)
{
    struct follow *f = poll->data;
    const struct question *q;
    char line[256], *end;
    const char *choice;
    bool plan;
    size_t k;
    ssize_t n = read(f->keyboard_fd, line, sizeof line - 1);
    (void)events;
    if (status < 0 || n <= 0) {
        uv_close((uv_handle_t *)poll, NULL);
        while (f->asked.count)
            answer(f, "no");
        f->keyboard_on = false;
        return;
    }
    line[n] = 0;
    end = strpbrk(line, "\r\n ");
    if (end)
        *end = 0;
    q = questions_first(&f->asked);
    if (!q)
        return;
    plan = strcmp(q->id, "plan") == 0;
    if (plan && !*line)
        snprintf(line, sizeof line, "go");
    choice = question_choice(q->choices, line, &k);
    if (!choice) {
        fprintf(stderr, "one of %s: ", q->choices);
        return;
    }
    snprintf(line, sizeof line, "%.*s", (int)k, choice);
    if (plan && strcmp(line, "edit") == 0) {
        edit_plan(f);
        return;
    }
    answer(f, line);
    if (f->asked.count)
        put_question(f);
}

/* What was answered elsewhere, or is no longer waited for, makes room for the next. */
static void follow_questions(struct follow *f, const struct event *ev)
{
    const bool other = questions_follow(&f->asked, ev);
    if (ev->type == EVENT_JOB_QUESTION && !f->keyboard_on && f->asked.count) {
        say(f, "?", ev->u.job_question.text);
        answer(f, "no");
    } else if (other && f->asked.count) {
        put_question(f);
    } else if (other && f->keyboard_on && ev->type == EVENT_JOB_ANSWER) {
        say(f, "\n·", ev->u.job_answer.answer);
    }
}

/* ---- events ---- */

static void on_event(void *arg, const struct event *ev, const char *line)
{
    struct follow *f = arg;
    if (f->ended || f->job_over || (ev->job && ev->job != f->job))
        return; /* the end of the job is the last line */
    if (f->args->json && ev->type != EVENT_JOB_DONE && f->method != METHOD_ARTIFACT_GATES)
        printf("%s\n", line);
    switch (ev->type) {
    case EVENT_TOKEN_DELTA:
        print_delta(f, &ev->u.token_delta);
        break;
    case EVENT_PLAN:
        take_plan(f, ev->u.plan.text);
        break;
    case EVENT_TESTS_MADE:
        print_tests(f, &ev->u.tests_made);
        break;
    case EVENT_CLASSIFIED:
        print_class(f, &ev->u.classified);
        break;
    case EVENT_CHECK:
        if (!f->words && f->method != METHOD_ARTIFACT_GATES) /* their table says it all */
            print_check(f, &ev->u.check);
        break;
    case EVENT_STAGE_PLANNED:
    case EVENT_STAGE_END:
    case EVENT_CANDIDATE_BEGIN:
        print_stage(f, ev);
        break;
    case EVENT_PHASE:
        if (strcmp(ev->u.phase.name, "install") == 0)
            say(f, "· installing", ev->u.phase.detail);
        break;
    case EVENT_JOB_NOTE:
        say(f, "·", ev->u.job_note.text);
        break;
    case EVENT_JOB_QUESTION:
    case EVENT_JOB_ANSWER:
        follow_questions(f, ev);
        break;
    case EVENT_PROGRESS:
        print_progress(f, &ev->u.progress);
        break;
    case EVENT_JOB_DONE:
        on_done(f, ev, line);
        break;
    default:
        break;
    }
    cli_flush();
}

static void on_state(void *arg, enum client_state state, const char *sentence)
{
    struct follow *f = arg;
    struct err_info info;
    if (state == CLIENT_LOST)
        say(f, "·", sentence);
    if (state != CLIENT_FAILED || !f->job)
        return; /* the request that is under way gets the reason */
    err_set(&info, ERR_UNAVAILABLE, "%s; job %lld is kept and goes on with the next engine",
            sentence, (long long)f->job);
    finish_error(f, &info);
}

static void on_note(void *arg, const char *sentence)
{
    say(arg, "·", sentence);
}

static void cancel(struct follow *f)
{
    struct json_object *o = json_object_new_object();
    json_add_i64(o, "job", f->job);
    client_call(f->client, METHOD_JOB_CANCEL, o, NULL, NULL);
}

static void on_submitted(void *arg, struct json_object *result, const struct err_info *info)
{
    struct follow *f = arg;
    if (info) {
        finish_error(f, info);
        return;
    }
    f->job = json_i64(result, "job", 0);
    client_subscribe(f->client, f->job, 0, true);
    if (f->interrupts)
        cancel(f);
}

/* The first cancels the job, as soon as its number is known, and waits for its end; the second
 * leaves at once, the job's cancellation being durable in the engine. */
static void on_signal(uv_signal_t *handle, int number)
{
    struct follow *f = handle->data;
    (void)number;
    if (f->interrupts++) {
        finish(f, EXIT_CANCELLED);
        return;
    }
    say(f, "·", "cancelling; once more leaves at once");
    if (f->job)
        cancel(f);
}

static void watch(struct follow *f)
{
    uv_signal_init(&f->loop, &f->interrupt);
    uv_signal_init(&f->loop, &f->terminate);
    f->interrupt.data = f->terminate.data = f;
    uv_signal_start(&f->interrupt, on_signal, SIGINT);
    uv_signal_start(&f->terminate, on_signal, SIGTERM);
    f->tty = isatty(2);
    if (!isatty(0) || !f->tty || f->args->json)
        return;
    f->keyboard_fd = open("/dev/tty", O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (f->keyboard_fd >= 0 && uv_poll_init(&f->loop, &f->keyboard, f->keyboard_fd) == 0) {
        f->keyboard_on = true;
        f->keyboard.data = f;
        uv_poll_start(&f->keyboard, UV_READABLE, on_keyboard);
    }
}

int cli_follow(const struct cli_args *args, enum protocol_method method, struct json_object *params)
{
    struct follow f = {.args = args, .method = method, .keyboard_fd = -1, .code = EXIT_UNSOLVED};
    struct client_options options = {.home = args->home,
                                     .name = "run",
                                     .start = true,
                                     .engine_args = cli_engine_args(args),
                                     .config = cli_config(args),
                                     .on_state = on_state,
                                     .on_note = on_note,
                                     .on_event = on_event,
                                     .arg = &f};
    char key[33];
    client_key(key);
    json_add_str(params, "key", key);
    uv_loop_init(&f.loop);
    watch(&f);
    if (!f.keyboard_on)
        json_add_str(params, "questions", "no");
    f.client = client_new(&f.loop, &options);
    client_call(f.client, method, params, on_submitted, &f);
    uv_run(&f.loop, UV_RUN_DEFAULT);
    uv_loop_close(&f.loop);
    if (f.keyboard_fd >= 0)
        close(f.keyboard_fd);
    free(f.plan);
    questions_fini(&f.asked);
    return f.code;
}
