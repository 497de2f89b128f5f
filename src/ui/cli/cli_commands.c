/* The commands of the command line. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/figure.h"
#include "base/utf8.h"
#include "ui/cli/cli.h"
#include "ui/cli/cli_cell.h"

/* ---- shared ---- */

static void print_json(struct json_object *o)
{
    printf("%s\n", json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN |
                                                         JSON_C_TO_STRING_NOSLASHESCAPE));
}

static struct json_object *strings(const char *const *list)
{
    struct json_object *a = json_object_new_array();
    char here[PATH_SIZE], path[PATH_SIZE];
    for (; *list; list++) {
        bool relative = **list != '/' && getcwd(here, sizeof here);
        if (relative && path_join(path, here, *list) == ERR_OK)
            json_object_array_add(a, json_object_new_string(path));
        else
            json_object_array_add(a, json_object_new_string(*list));
    }
    return a;
}

static struct json_object *words(const char *const *list)
{
    struct json_object *a = json_object_new_array();
    for (; *list; list++)
        json_object_array_add(a, json_object_new_string(*list));
    return a;
}

void cli_add_grants(struct json_object *params, const struct cli_args *args)
{
    struct json_object *grants = json_object_new_object();
    json_object_object_add(grants, "read", strings(args->read));
    json_object_object_add(grants, "write", strings(args->write));
    json_object_object_add(grants, "net", words(args->net));
    json_object_object_add(grants, "packages", words(args->packages));
    json_object_object_add(params, "grants", grants);
}

/* --input must be one JSON object. */
enum err cli_add_input(struct json_object *params, const struct cli_args *args,
                       struct err_info *info)
{
    struct json_object *input;
    enum err e;
    if (!args->input)
        return ERR_OK;
    e = json_parse(args->input, strlen(args->input), "--input", &input, info);
    if (e)
        return e;
    if (!json_object_is_type(input, json_type_object)) {
        json_object_put(input);
        return err_set(info, ERR_INPUT, "--input must be a JSON object such as {\"n\": 3}");
    }
    json_object_object_add(params, "input", input);
    return ERR_OK;
}

/* Asks and prints the answer as it is with --json; else leaves it to the caller. */
static int ask(const struct cli_args *args, bool start, enum protocol_method method,
               struct json_object *params, struct json_object **out)
{
    struct err_info info = {0};
    enum err e = cli_ask(args, start, method, params, out, &info);
    return e ? cli_fail(args, cli_exit_code(e), &info) : EXIT_SOLVED;
}

static int unknown_word(const struct cli_args *args, const char *what)
{
    struct err_info info;
    err_set(&info, ERR_USAGE, "unknown: %s %s; see dise %s --help", what, args->words[0], what);
    return cli_fail(args, EXIT_USAGE, &info);
}

static int missing_word(const struct cli_args *args, const char *what)
{
    struct err_info info;
    err_set(&info, ERR_USAGE, "%s is missing", what);
    return cli_fail(args, EXIT_USAGE, &info);
}

/* ---- run ---- */

static enum err read_task(const struct cli_args *args, struct buf *task, struct err_info *info)
{
    const char *word = args->words[0];
    enum err e = ERR_OK;
    size_t bad;
    int line, column;
    if (strcmp(word, "-") == 0)
        e = buf_read_file(task, "/dev/stdin", NULL);
    else
        e = buf_adds(task, word);
    if (e == ERR_TOO_LARGE)
        return err_set(info, e, "the task is longer than %d KB; name a file in it instead",
                       PROTOCOL_TASK_MAX >> 10);
    if (e)
        return err_set(info, e, "the task cannot be read: %s", err_text(e));
    if (strspn(task->data, " \t\r\n") == task->len)
        return err_set(info, ERR_INPUT, "the task is empty; say in a sentence what you need");
    bad = utf8_invalid(task->data, task->len);
    if (bad == task->len && !memchr(task->data, 0, task->len))
        return ERR_OK;
    utf8_place(task->data, task->len, bad, &line, &column);
    return err_at(info, ERR_INPUT, "TASK", line, column, "the task is not valid UTF-8 text");
}

/* One of "2000" (tokens), "$0.05", "90s" into limits, up to `end`. */
static bool read_limit(const char *text, const char *end, struct json_object *limits)
{
    const bool money = *text == '$', seconds = !money && end > text && end[-1] == 's';
    const char *from = text + money, *to = end - seconds;
    char *stop;
    double n;
    if (from >= to || strspn(from, "0123456789.") < (size_t)(to - from))
        return false;
    n = strtod(from, &stop);
    if (stop != to || !(n > 0) || n > 1e12 || (!money && !seconds && n != (double)(int64_t)n))
        return false;
    if (money || seconds)
        json_add_f64(limits, money ? "money" : "seconds", n);
    else
        json_add_i64(limits, "tokens", (int64_t)n);
    return true;
}

enum err cli_add_budget(struct json_object *params, const struct cli_args *args,
                        struct err_info *info)
{
    struct json_object *limits;
    const char *text = args->budget;
    if (!text)
        return ERR_OK;
    limits = json_object_new_object();
    json_object_object_add(params, "limits", limits);
    for (;;) {
        size_t n = strcspn(text, ",");
        if (!read_limit(text, text + n, limits))
            return err_set(info, ERR_INPUT,
                           "--budget must be tokens (2000), money ($0.05), time of models at work "
                           "(90s), or several of them with commas between, not %.40s",
                           args->budget);
        if (!text[n])
            return ERR_OK;
        text += n + 1;
    }
}

/* Said before a model has worked for minutes. */
static enum err check_out(const struct cli_args *args, struct err_info *info)
{
    char folder[PATH_SIZE];
    struct stat st;
    const char *end = args->out ? strrchr(args->out, '/') : NULL;
    if (!args->out)
        return ERR_OK;
    snprintf(folder, sizeof folder, "%.*s", end ? (int)(end - args->out) + 1 : 1,
             end ? args->out : ".");
    if (access(folder, W_OK) == 0 && stat(args->out, &st) == 0 && S_ISDIR(st.st_mode))
        errno = EISDIR;
    else if (access(folder, W_OK) == 0 && (access(args->out, W_OK) == 0 || errno == ENOENT))
        return ERR_OK;
    return err_set(info, ERR_INPUT, "--out %.300s cannot be written: %s", args->out,
                   strerror(errno));
}

int cli_run(const struct cli_args *args)
{
    struct json_object *params = json_object_new_object();
    struct err_info info;
    struct buf task;
    char here[PATH_SIZE];
    buf_init(&task, PROTOCOL_TASK_MAX);
    if (read_task(args, &task, &info) || cli_add_input(params, args, &info) ||
        cli_add_budget(params, args, &info) || check_out(args, &info)) {
        buf_fini(&task);
        json_object_put(params);
        return cli_fail(args, EXIT_USAGE, &info);
    }
    json_add_str(params, "task", task.data);
    buf_fini(&task);
    if (getcwd(here, sizeof here))
        json_add_str(params, "cwd", here);
    if (args->as)
        json_add_str(params, "class", args->as);
    json_add_bool(params, "anyway", args->anyway);
    json_add_bool(params, "fresh", args->fresh);
    if (args->no_cache)
        json_add_bool(params, "cache", false);
    json_add_bool(params, "plan", args->plan);
    cli_add_grants(params, args);
    return cli_follow(args, METHOD_JOB_SUBMIT, params);
}

/* ---- artifact ---- */

static void print_when(int64_t ms)
{
    char text[32];
    struct tm tm;
    time_t t = (time_t)(ms / 1000);
    localtime_r(&t, &tm);
    strftime(text, sizeof text, "%Y-%m-%d %H:%M", &tm);
    printf("%s", text);
}

enum { LIST_NAME_W = 80 };

static int artifact_list(const struct cli_args *args)
{
    struct json_object *result, *list, *o = json_object_new_object();
    int code;
    json_add_i64(o, "limit", 200);
    code = ask(args, true, METHOD_ARTIFACT_LIST, o, &result);
    if (code)
        return code;
    list = json_array(result, "artifacts");
    for (size_t i = 0; list && i < json_object_array_length(list); i++) {
        struct json_object *a = json_object_array_get_idx(list, i);
        if (args->json) {
            print_json(a);
            continue;
        }
        printf("%-6s %s ", json_str(a, "id", ""), json_flag(a, "solved", false) ? "✔" : "✘");
        print_when(json_i64(a, "created", 0));
        printf("  ");
        cli_cell(json_str(a, "model", ""), 24);
        putchar(' ');
        cli_last_cell(json_str(a, "name", ""), LIST_NAME_W);
        putchar('\n');
    }
    if (!args->json && (!list || json_object_array_length(list) == 0))
        printf("nothing is kept yet; try: dise run \"a function that adds two numbers\"\n");
    json_object_put(result);
    return EXIT_SOLVED;
}

static int save_to(const struct cli_args *args, const char *text)
{
    struct err_info info;
    if (path_write(args->out, text, strlen(text), &info))
        return cli_fail(args, EXIT_USAGE, &info);
    return EXIT_SOLVED;
}

static int artifact_show(const struct cli_args *args)
{
    struct json_object *result, *o = json_object_new_object();
    int code;
    json_add_str(o, "id", args->words[1]);
    code = ask(args, true, METHOD_ARTIFACT_SHOW, o, &result);
    if (code)
        return code;
    if (args->json) {
        print_json(result);
    } else if (!args->out) {
        printf("# %s  %s\n# task: %s\n# model: %s   checked: %s\n\n%s", json_str(result, "id", ""),
               json_flag(result, "solved", false) ? "solved" : "not solved",
               json_str(result, "name", ""), json_str(result, "model", ""),
               json_str(json_object_of(result, "checked"), "text", ""),
               json_str(result, "code", ""));
    }
    if (args->out)
        code = save_to(args, json_str(result, "code", ""));
    json_object_put(result);
    return code;
}

/* An artifact or a tool, words[1], on --input. */
int cli_run_on_input(const struct cli_args *args, enum protocol_method method)
{
    struct json_object *params = json_object_new_object();
    struct err_info info;
    if (cli_add_input(params, args, &info)) {
        json_object_put(params);
        return cli_fail(args, EXIT_USAGE, &info);
    }
    json_add_str(params, "id", args->words[1]);
    cli_add_grants(params, args);
    return cli_follow(args, method, params);
}

int cli_artifact_run(const struct cli_args *args)
{
    return cli_run_on_input(args, METHOD_ARTIFACT_RUN);
}

int cli_artifact(const struct cli_args *args)
{
    const char *verb = args->words[0];
    if (strcmp(verb, "list") == 0)
        return artifact_list(args);
    if (strcmp(verb, "show") && strcmp(verb, "run"))
        return unknown_word(args, "artifact");
    if (args->word_count < 2)
        return missing_word(args, "the artifact's id (see dise artifact list)");
    return strcmp(verb, "show") == 0 ? artifact_show(args) : cli_artifact_run(args);
}

/* ---- engine ---- */

int cli_status(const struct cli_args *args)
{
    char up[FIGURE_SIZE];
    struct json_object *result, *jobs;
    struct err_info info = {0};
    enum err e = cli_ask(args, false, METHOD_ENGINE_STATUS, NULL, &result, &info);
    if (e == ERR_NOT_FOUND) {
        if (args->json)
            printf("{\"engine\":null,\"home\":\"%s\"}\n", args->home);
        else
            printf("no engine runs for %s\n", args->home);
        return EXIT_SOLVED;
    }
    if (e)
        return cli_fail(args, cli_exit_code(e), &info);
    if (args->json) {
        print_json(result);
    } else {
        jobs = json_object_of(result, "jobs");
        printf("engine   pid %lld, up %s, %.1f MB\nhome     %s\njobs     %lld running, %lld "
               "queued\nmodel    %s\nsandbox  %s\n",
               (long long)json_i64(result, "pid", 0),
               figure_time(up, json_f64(result, "uptime_s", 0), true),
               json_f64(result, "memory_kb", 0) / 1024, json_str(result, "home", ""),
               (long long)json_i64(jobs, "running", 0), (long long)json_i64(jobs, "queued", 0),
               json_str(result, "model", "none"), json_str(result, "sandbox", ""));
    }
    json_object_put(result);
    return EXIT_SOLVED;
}

/* Its lock is free when the process has gone and its files are still. */
static void wait_for_end(const struct cli_args *args)
{
    char run[PATH_SIZE], path[PATH_SIZE];
    int fd = -1;
    if (path_run(args->home, run, NULL) == ERR_OK && path_join(path, run, "engine.lock") == ERR_OK)
        fd = open(path, O_RDONLY | O_CLOEXEC);
    for (int i = 0; fd >= 0 && i < 1000 && flock(fd, LOCK_SH | LOCK_NB) != 0; i++)
        usleep(10000);
    if (fd >= 0)
        close(fd);
}

/* `stay`: clients that wait leave it ended. */
static int stop_engine(const struct cli_args *args, bool stay)
{
    struct json_object *result, *params = json_object_new_object();
    struct err_info info = {0};
    int64_t running;
    enum err e;
    json_add_str(params, "when", "now");
    json_add_bool(params, "stay", stay);
    e = cli_ask(args, false, METHOD_ENGINE_STOP, params, &result, &info);
    if (e == ERR_NOT_FOUND) {
        printf(args->json ? "{\"stopped\":false}\n" : "no engine runs\n");
        return EXIT_SOLVED;
    }
    if (e && e != ERR_UNAVAILABLE) /* it may be gone before its answer is read */
        return cli_fail(args, cli_exit_code(e), &info);
    wait_for_end(args);
    running = json_i64(result, "running", 0);
    if (args->json)
        printf("{\"stopped\":true,\"running\":%lld}\n", (long long)running);
    else if (running)
        printf("the engine has ended; %lld running job%s at the next start\n", (long long)running,
               running == 1 ? " goes on" : "s go on");
    else
        printf("the engine has ended\n");
    json_object_put(result);
    return EXIT_SOLVED;
}

int cli_stop(const struct cli_args *args)
{
    return stop_engine(args, true);
}

int cli_restart(const struct cli_args *args)
{
    struct json_object *result;
    int code = stop_engine(args, false);
    if (code)
        return code;
    code = ask(args, true, METHOD_ENGINE_STATUS, NULL, &result);
    if (!code && args->json)
        print_json(result);
    else if (!code)
        printf("the engine runs, pid %lld\n", (long long)json_i64(result, "pid", 0));
    json_object_put(result);
    return code;
}

/* ---- model ---- */

static int model_list(const struct cli_args *args)
{
    struct json_object *result, *list;
    int code = ask(args, true, METHOD_MODEL_LIST, NULL, &result);
    if (code)
        return code;
    list = json_array(result, "models");
    for (size_t i = 0; list && i < json_object_array_length(list); i++) {
        struct json_object *m = json_object_array_get_idx(list, i);
        if (args->json)
            print_json(m);
        else
            printf("%-28s %-10s %7.0f MB  %s%s%s\n", json_str(m, "name", ""),
                   json_str(m, "state", ""), json_f64(m, "size", 0) / 1e6,
                   json_str(m, "licence", ""),
                   strcmp(json_str(m, "kind", ""), "embedding") == 0 ? "  for the search in memory"
                                                                     : "",
                   json_flag(m, "loaded", false) ? "  loaded" : "");
    }
    json_object_put(result);
    return EXIT_SOLVED;
}

static int model_simple(const struct cli_args *args, enum protocol_method method, const char *done)
{
    struct json_object *result, *params = json_object_new_object();
    int code;
    if (args->word_count > 1)
        json_add_str(params, "name", args->words[1]);
    code = ask(args, true, method, params, &result);
    if (!code && args->json)
        print_json(result);
    else if (!code)
        printf("%s %s\n", done, json_str(result, "address", ""));
    json_object_put(result);
    return code;
}

int cli_model(const struct cli_args *args)
{
    const char *verb = args->words[0];
    struct json_object *params;
    if (strcmp(verb, "list") == 0)
        return model_list(args);
    if (strcmp(verb, "start") == 0)
        return model_simple(args, METHOD_MODEL_START, "the model server answers at");
    if (strcmp(verb, "stop") == 0)
        return model_simple(args, METHOD_MODEL_STOP, "the model server has ended");
    if (strcmp(verb, "install"))
        return unknown_word(args, "model");
    params = json_object_new_object();
    if (args->word_count > 1)
        json_add_str(params, "name", args->words[1]);
    return cli_follow(args, METHOD_MODEL_INSTALL, params);
}

/* ---- doctor ---- */

int cli_doctor(const struct cli_args *args)
{
    struct json_object *result, *list;
    int code = ask(args, true, METHOD_DOCTOR, NULL, &result), failed = 0;
    if (code)
        return code;
    list = json_array(result, "checks");
    for (size_t i = 0; list && i < json_object_array_length(list); i++) {
        struct json_object *c = json_object_array_get_idx(list, i);
        const char *state = json_str(c, "state", "fail"), *remedy = json_str(c, "remedy", "");
        bool ok = strcmp(state, "ok") == 0, warn = strcmp(state, "warn") == 0;
        failed += !ok && !warn;
        if (args->json)
            continue;
        printf("%s %-18s %s\n",
               ok     ? "✔"
               : warn ? "⚠"
                      : "✘",
               json_str(c, "name", ""), json_str(c, "detail", ""));
        if (*remedy)
            printf("  %-18s → %s\n", "", remedy);
    }
    if (args->json)
        print_json(result);
    json_object_put(result);
    return failed ? EXIT_UNSOLVED : EXIT_SOLVED;
}
