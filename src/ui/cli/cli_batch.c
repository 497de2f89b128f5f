/* dise batch: overnight runs. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/day_time.h"
#include "base/figure.h"
#include "base/task_file.h"
#include "ui/cli/cli.h"
#include "ui/cli/timer_units.h"

enum { FILE_MAX = PROTOCOL_REQUEST_MAX - (1 << 20) };

typedef struct json_object json;

/* ---- shared ---- */

static void print_json(json *o)
{
    printf("%s\n", json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN |
                                                         JSON_C_TO_STRING_NOSLASHESCAPE));
    fflush(stdout);
}

static int ask(const struct cli_args *args, enum protocol_method method, json *params, json **out)
{
    struct err_info info = {0};
    enum err e = cli_ask(args, true, method, params, out, &info);
    return e ? cli_fail(args, cli_exit_code(e), &info) : EXIT_SOLVED;
}

static int usage(const struct cli_args *args, const char *sentence, const char *word)
{
    struct err_info info;
    err_set(&info, ERR_USAGE, "%s%s; see dise batch --help", sentence, word);
    return cli_fail(args, EXIT_USAGE, &info);
}

static void format_time(int64_t ms, const char *otherwise, char out[24])
{
    time_t t = (time_t)(ms / 1000);
    struct tm tm;
    snprintf(out, 24, "%s", otherwise);
    if (ms && localtime_r(&t, &tm))
        strftime(out, 24, "%Y-%m-%d %H:%M", &tm);
}

/* ---- what to run ---- */

static enum err read_tasks(const struct cli_args *args, json **tasks, struct err_info *info)
{
    const char *file = args->words[1];
    bool standard = strcmp(file, "-") == 0;
    struct buf text;
    enum err e;
    buf_init(&text, FILE_MAX);
    e = buf_read_file(&text, standard ? "/dev/stdin" : file, info);
    if (!e)
        e = task_file_parse(text.data, text.len, standard ? "standard input" : file, tasks, info);
    if (!e && !json_object_array_length(*tasks)) {
        json_object_put(*tasks);
        *tasks = NULL;
        e = err_at(info, ERR_INPUT, standard ? "standard input" : file, 1, 1, "there is no task");
    }
    buf_fini(&text);
    return e;
}

enum err cli_number(const char *option, const char *text, bool whole, double *out,
                    struct err_info *info)
{
    char *end;
    *out = 0;
    if (!text)
        return ERR_OK;
    errno = 0;
    *out = strtod(text, &end);
    if (end != text && !*end && !errno && *out >= (whole ? 1 : 0) && *out < 1e15 &&
        (!whole || *out == (double)(int64_t)*out))
        return ERR_OK;
    return err_set(info, ERR_USAGE, "--%s must be a %snumber, not %.40s", option,
                   whole ? "whole " : "", text);
}

enum err cli_batch_limits(const struct cli_args *args, json *params, struct err_info *info)
{
    json *limits = json_object_new_object();
    double width, tokens, money, hours;
    enum err e = cli_number("width", args->width, true, &width, info);
    json_object_object_add(params, "limits", limits);
    if (!e)
        e = cli_number("tokens", args->tokens, true, &tokens, info);
    if (!e)
        e = cli_number("money", args->money, false, &money, info);
    if (!e)
        e = cli_number("hours", args->hours, false, &hours, info);
    if (e)
        return e;
    if (args->width)
        json_add_i64(params, "width", (int64_t)width);
    json_add_i64(limits, "tokens", (int64_t)tokens);
    json_add_f64(limits, "money", money);
    json_add_f64(limits, "hours", hours);
    return ERR_OK;
}

/* What is used most is to be optimized. */
static enum err add_improve(const struct cli_args *args, json *params, int64_t start,
                            struct err_info *info)
{
    json *improve = json_object_new_object();
    double most = 0;
    char key[33];
    enum err e = cli_number("limit", args->limit, true, &most, info);
    if (args->limit)
        json_add_i64(improve, "most", (int64_t)most);
    json_add_str(improve, "target", args->word_count > 1 ? args->words[1] : "");
    json_object_object_add(params, "improve", improve);
    client_key(key);
    json_add_str(params, "key", key);
    json_add_i64(params, "start", start);
    json_add_str(params, "name", args->name ? args->name : "improve what is used most");
    return e;
}

static enum err make_params(const struct cli_args *args, json *params, struct err_info *info)
{
    json *tasks = NULL;
    int64_t start = 0;
    char key[33];
    enum err e;
    e = cli_batch_limits(args, params, info);
    if (!e && args->at && day_time_next(args->at, day_time_now(), &start))
        e = err_set(info, ERR_USAGE, "--at must be a time of the day such as 02:00, not %.40s",
                    args->at);
    if (!e && strcmp(args->words[0], "improve") == 0)
        return add_improve(args, params, start, info);
    if (!e)
        e = read_tasks(args, &tasks, info);
    if (!e)
        json_object_object_add(params, "tasks", tasks);
    client_key(key);
    json_add_str(params, "key", key);
    json_add_i64(params, "start", start);
    json_add_str(params, "source", strcmp(args->words[1], "-") == 0 ? "" : args->words[1]);
    if (args->name)
        json_add_str(params, "name", args->name);
    return e;
}

static void print_estimate(json *o)
{
    int64_t items = json_i64(o, "items", 0), calls = json_i64(o, "calls", 0);
    char in[FIGURE_SIZE], out[FIGURE_SIZE], cost[FIGURE_SIZE], time[FIGURE_SIZE], late[FIGURE_SIZE];
    printf("%lld task%s: %lld call%s, %s tokens in, %s out, %s, %s (80 %%: %s)\nbasis: %s\n",
           (long long)items, figure_s(items), (long long)calls, figure_s(calls),
           figure_count(in, json_i64(o, "tokens_in", 0)),
           figure_count(out, json_i64(o, "tokens_out", 0)),
           figure_money(cost, json_f64(o, "cost", 0)),
           figure_time(time, json_f64(o, "seconds", 0), true),
           figure_time(late, json_f64(o, "seconds_p80", 0), true), json_str(o, "basis", ""));
}

static int estimate(const struct cli_args *args, json *params)
{
    json *result;
    int code = ask(args, METHOD_BATCH_ESTIMATE, params, &result);
    if (code)
        return code;
    if (args->json)
        print_json(result);
    else
        print_estimate(result);
    json_object_put(result);
    return EXIT_SOLVED;
}

/* ---- waiting ---- */

static int end_code(json *b)
{
    if (strcmp(json_str(b, "state", ""), "cancelled") == 0)
        return EXIT_CANCELLED;
    if (json_i64(b, "solved", 0) == json_i64(b, "items", 0))
        return EXIT_SOLVED;
    return *json_str(b, "why", "") ? EXIT_BUDGET : EXIT_UNSOLVED;
}

static void print_progress(const struct cli_args *args, json *b)
{
    char eta[24], tokens[FIGURE_SIZE], cost[FIGURE_SIZE];
    const char *why = json_str(b, "why", "");
    if (args->json) {
        print_json(b);
        return;
    }
    format_time(json_i64(b, "eta", 0), "–", eta);
    printf("%-9s %lld of %lld done, %lld solved, %s tokens, %s, until %s%s%s\n",
           json_str(b, "state", ""), (long long)json_i64(b, "done", 0),
           (long long)json_i64(b, "items", 0), (long long)json_i64(b, "solved", 0),
           figure_count(tokens, json_i64(b, "tokens", 0)),
           figure_money(cost, json_f64(b, "cost", 0)), eta, *why ? "; " : "", why);
    fflush(stdout);
}

struct waiting {
    const struct cli_args *args;
    uv_loop_t loop;
    struct client *client;
    int64_t id;
    char last[128]; /* state and count, as printed */
    bool asking, again, ended;
    bool came; /* to its end, as the engine told */
    int code;
};

static void end_waiting(struct waiting *w, int code)
{
    if (w->ended)
        return;
    w->ended = true;
    w->code = code;
    client_close(w->client);
}

static void ask_progress(struct waiting *w);

static void on_progress(void *arg, struct json_object *b, const struct err_info *info)
{
    struct waiting *w = arg;
    const char *state = json_str(b, "state", "");
    bool ended = strcmp(state, "done") == 0 || strcmp(state, "cancelled") == 0;
    char text[128];
    w->asking = false;
    if (w->ended)
        return;
    if (info) {
        end_waiting(w, cli_fail(w->args, cli_exit_code(info->code), info));
        return;
    }
    snprintf(text, sizeof text, "%.60s %lld", state, (long long)json_i64(b, "done", 0));
    if (ended || strcmp(text, w->last) != 0)
        print_progress(w->args, b);
    strcpy(w->last, text);
    cli_flush();
    w->came = ended;
    if (ended)
        end_waiting(w, end_code(b));
    else if (w->again)
        ask_progress(w);
}

/* One question at a time: what happens meanwhile asks for another behind it. */
static void ask_progress(struct waiting *w)
{
    json *params;
    w->again = w->asking;
    if (w->asking)
        return;
    w->asking = true;
    params = json_object_new_object();
    json_add_i64(params, "id", w->id);
    json_add_bool(params, "tasks", false);
    client_call(w->client, METHOD_BATCH_SHOW, params, on_progress, w);
}

static void on_wait_event(void *arg, const struct event *ev, const char *line)
{
    struct waiting *w = arg;
    (void)line;
    if (!w->ended && ev->job == w->id &&
        (ev->type == EVENT_BATCH_STATE || ev->type == EVENT_JOB_DONE))
        ask_progress(w);
}

static void on_wait_state(void *arg, enum client_state state, const char *sentence)
{
    struct waiting *w = arg;
    struct err_info info;
    if (state != CLIENT_FAILED || w->ended || !w->client)
        return;
    err_set(&info, ERR_UNAVAILABLE, "%s; batch %lld is kept and goes on with the next engine",
            sentence, (long long)w->id);
    end_waiting(w, cli_fail(w->args, cli_exit_code(info.code), &info));
}

int cli_batch_wait(const struct cli_args *args, int64_t id, bool *ended)
{
    struct waiting w = {.args = args, .id = id, .code = EXIT_UNSOLVED};
    struct client_options options = {.home = args->home,
                                     .name = "batch",
                                     .start = true,
                                     .engine_args = cli_engine_args(args),
                                     .config = cli_config(args),
                                     .on_state = on_wait_state,
                                     .on_event = on_wait_event,
                                     .arg = &w};
    struct err_info info;
    *ended = false;
    uv_loop_init(&w.loop);
    w.client = client_new(&w.loop, &options);
    if (!w.client) {
        uv_loop_close(&w.loop);
        err_set(&info, ERR_NOMEM, "out of memory");
        return cli_fail(args, EXIT_UNSOLVED, &info);
    }
    client_subscribe(w.client, id, -1, false);
    ask_progress(&w);
    if (client_state(w.client) == CLIENT_FAILED)
        client_close(w.client);
    uv_run(&w.loop, UV_RUN_DEFAULT);
    uv_loop_close(&w.loop);
    *ended = w.came;
    return w.code;
}

static int run(const struct cli_args *args)
{
    json *params = json_object_new_object(), *result;
    struct err_info info;
    int64_t id, start;
    char when[24];
    bool ended;
    int code;
    if (make_params(args, params, &info)) {
        json_object_put(params);
        return cli_fail(args, EXIT_USAGE, &info);
    }
    if (args->dry_run)
        return estimate(args, params);
    start = json_i64(params, "start", 0);
    code = ask(args, METHOD_BATCH_SUBMIT, params, &result);
    if (code)
        return code;
    id = json_i64(result, "job", 0);
    format_time(start, "now", when);
    if (args->json)
        print_json(result);
    else
        printf("batch %lld, starts %s; dise batch show %lld\n", (long long)id, when, (long long)id);
    fflush(stdout);
    json_object_put(result);
    return args->wait ? cli_batch_wait(args, id, &ended) : EXIT_SOLVED;
}

/* ---- looking ---- */

static void print_line(json *b)
{
    char start[24];
    format_time(json_i64(b, "start", 0), "at once", start);
    printf("%-5lld %-10s %-16s %5lld of %-5lld %5lld solved  %-9lld $%-8.4f %s\n",
           (long long)json_i64(b, "id", 0), json_str(b, "state", ""), start,
           (long long)json_i64(b, "done", 0), (long long)json_i64(b, "items", 0),
           (long long)json_i64(b, "solved", 0), (long long)json_i64(b, "tokens", 0),
           json_f64(b, "cost", 0), json_str(b, "name", ""));
}

static int list(const struct cli_args *args)
{
    json *result, *batches;
    int code = ask(args, METHOD_BATCH_LIST, NULL, &result);
    if (code)
        return code;
    batches = json_array(result, "batches");
    for (size_t i = 0; batches && i < json_object_array_length(batches); i++) {
        json *b = json_object_array_get_idx(batches, i);
        if (args->json)
            print_json(b);
        else
            print_line(b);
    }
    if (!args->json && (!batches || !json_object_array_length(batches)))
        printf("there is no batch yet; try: dise batch run FILE\n");
    json_object_put(result);
    return EXIT_SOLVED;
}

static void print_items(json *b)
{
    json *tasks = json_array(b, "tasks"), *causes = json_object_of(b, "causes");
    char tokens[FIGURE_SIZE], time[FIGURE_SIZE];
    for (size_t i = 0; tasks && i < json_object_array_length(tasks); i++) {
        json *t = json_object_array_get_idx(tasks, i);
        printf("%5lld %-9s %5s tokens %6s  %s%s%s\n", (long long)json_i64(t, "item", 0),
               json_str(t, "state", ""), figure_count(tokens, json_i64(t, "tokens", 0)),
               figure_time(time, json_f64(t, "seconds", 0), false), json_str(t, "title", ""),
               *json_str(t, "cause", "") ? " — " : "", json_str(t, "cause", ""));
    }
    if (!causes)
        return;
    json_object_object_foreach(causes, cause, n)
        printf("%5lld × %s\n", (long long)json_object_get_int64(n), cause);
}

static int show(const struct cli_args *args, json *params)
{
    json *result;
    int code = ask(args, METHOD_BATCH_SHOW, params, &result);
    if (code)
        return code;
    if (args->json) {
        print_json(result);
    } else {
        print_line(result);
        if (*json_str(result, "why", ""))
            printf("      %s\n", json_str(result, "why", ""));
        print_items(result);
    }
    json_object_put(result);
    return EXIT_SOLVED;
}

static int report(const struct cli_args *args, json *params)
{
    json *result, *differences;
    struct err_info info;
    int code;
    size_t n;
    json_add_bool(params, "verify", args->verify);
    code = ask(args, METHOD_BATCH_REPORT, params, &result);
    if (code)
        return code;
    differences = json_array(result, "differences");
    n = differences ? json_object_array_length(differences) : 0;
    if (args->out) {
        const char *text = json_str(result, "markdown", "");
        if (path_write(args->out, text, strlen(text), &info))
            code = cli_fail(args, EXIT_USAGE, &info);
    }
    if (args->json)
        print_json(result);
    else if (!args->out)
        fputs(json_str(result, "markdown", ""), stdout);
    for (size_t i = 0; !args->json && i < n; i++)
        fprintf(stderr, "dise: differs: %s\n",
                json_object_to_json_string(json_object_array_get_idx(differences, i)));
    if (args->verify && !args->json)
        fprintf(stderr, "dise: %zu differences\n", n);
    json_object_put(result);
    return code ? code : n ? EXIT_UNSOLVED : EXIT_SOLVED;
}

static int change(const struct cli_args *args, enum protocol_method method, json *params,
                  const char *done)
{
    json *result;
    int code = ask(args, method, params, &result);
    if (!code && args->json)
        printf("{\"batch\":%s,\"done\":\"%s\"}\n", args->words[1], done);
    else if (!code)
        printf("batch %s %s\n", args->words[1], done);
    json_object_put(result);
    return code;
}

/* ---- entry ---- */

static int with_id(const struct cli_args *args, const char *verb)
{
    json *params;
    char *end;
    int64_t id = strtoll(args->words[1], &end, 10);
    if (end == args->words[1] || *end || id <= 0)
        return usage(args, "a batch is named by its number, not ", args->words[1]);
    params = json_object_new_object();
    json_add_i64(params, "id", id);
    if (strcmp(verb, "show") == 0)
        return show(args, params);
    if (strcmp(verb, "report") == 0)
        return report(args, params);
    if (strcmp(verb, "pause") == 0)
        return change(args, METHOD_BATCH_PAUSE, params, "pauses: what is at work ends");
    if (strcmp(verb, "resume") == 0)
        return change(args, METHOD_BATCH_RESUME, params, "goes on");
    json_add_i64(params, "job", id);
    return change(args, METHOD_JOB_CANCEL, params, "is cancelled");
}

int cli_batch(const struct cli_args *args)
{
    static const char *const verbs[] = {"run", "show", "report", "pause", "resume", "cancel", NULL};
    const char *verb = args->words[0];
    int i = 0;
    if (strcmp(verb, "list") == 0)
        return list(args);
    if (strcmp(verb, "improve") == 0)
        return run(args);
    if (strcmp(verb, "install-timer") == 0)
        return timer_units_install(args);
    while (verbs[i] && strcmp(verbs[i], verb) != 0)
        i++;
    if (!verbs[i])
        return usage(args, "unknown: batch ", verb);
    if (args->word_count < 2)
        return usage(args, i ? "the number of the batch is missing" : "the file is missing", "");
    return i ? with_id(args, verb) : run(args);
}
