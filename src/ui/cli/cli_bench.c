/* dise bench: tasks with hidden tests, as a batch. */
#include <stdlib.h>
#include <string.h>

#include "base/bench_file.h"
#include "base/figure.h"
#include "ui/cli/cli.h"

enum { SEED_MAX = 1000000, SAMPLES_MAX = 24 };

typedef struct json_object json;

static void print_json(json *o)
{
    printf("%s\n", json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN |
                                                         JSON_C_TO_STRING_NOSLASHESCAPE));
    cli_flush();
}

static int ask(const struct cli_args *args, enum protocol_method method, json *params, json **out)
{
    struct err_info info = {0};
    enum err e = cli_ask(args, true, method, params, out, &info);
    return e ? cli_fail(args, cli_exit_code(e), &info) : EXIT_SOLVED;
}

/* ---- what to run ---- */

static enum err read_whole(const char *option, const char *text, int64_t least, int64_t most,
                           int64_t *out, struct err_info *info)
{
    char *end;
    *out = 0;
    if (!text)
        return ERR_OK;
    *out = strtoll(text, &end, 10);
    if (end != text && !*end && *out >= least && *out <= most)
        return ERR_OK;
    return err_set(info, ERR_USAGE, "--%s must be a whole number from %lld to %lld, not %.40s",
                   option, (long long)least, (long long)most, text);
}

static enum err read_options(const struct cli_args *args, struct bench_choice *choice, json *bench,
                             struct err_info *info)
{
    json *without = NULL;
    int64_t seed, samples;
    enum err e = read_whole("seed", args->seed, 0, SEED_MAX, &seed, info);
    if (!e)
        e = read_whole("raw-samples", args->raw_samples, 0, SAMPLES_MAX, &samples, info);
    if (!e)
        e = read_whole("limit", args->limit, 1, BENCH_TASKS_MAX, &choice->limit, info);
    if (!e && args->without)
        e = bench_parts_read(args->without, &without, info);
    if (e)
        return e;
    choice->seed = (uint64_t)seed;
    choice->split = args->split;
    choice->class = args->class;
    json_add_i64(bench, "seed", seed);
    json_add_bool(bench, "raw", args->raw || samples > 0);
    json_add_i64(bench, "raw_samples", samples);
    if (without)
        json_object_object_add(bench, "without", without);
    return ERR_OK;
}

static enum err read_tasks(const char *file, const struct bench_choice *choice, json **out,
                           struct err_info *info)
{
    bool standard = strcmp(file, "-") == 0;
    json *all = NULL;
    struct buf text;
    enum err e;
    buf_init(&text, BENCH_FILE_MAX);
    e = buf_read_file(&text, standard ? "/dev/stdin" : file, info);
    if (!e)
        e = bench_file_parse(text.data, text.len, standard ? "standard input" : file, &all, info);
    if (!e)
        e = bench_file_draw(all, choice, out, info);
    json_object_put(all);
    buf_fini(&text);
    return e;
}

static enum err make_params(const struct cli_args *args, json *params, struct err_info *info)
{
    const char *file = args->words[0];
    json *bench = json_object_new_object(), *tasks = NULL;
    struct bench_choice choice = {.limit = 0};
    char key[33];
    enum err e = cli_batch_limits(args, params, info);
    json_object_object_add(params, "bench", bench);
    if (!e)
        e = read_options(args, &choice, bench, info);
    if (!e)
        e = read_tasks(file, &choice, &tasks, info);
    if (!e)
        json_object_object_add(params, "tasks", tasks);
    client_key(key);
    json_add_str(params, "key", key);
    json_add_str(params, "source", strcmp(file, "-") == 0 ? "" : file);
    if (args->name)
        json_add_str(params, "name", args->name);
    return e;
}

/* ---- the report ---- */

/* A bench that came to its end is a success, however much it solved. */
static int end_code(json *figures)
{
    if (strcmp(json_str(figures, "state", ""), "cancelled") == 0)
        return EXIT_CANCELLED;
    return *json_str(figures, "why", "") ? EXIT_BUDGET : EXIT_SOLVED;
}

static int report(const struct cli_args *args, int64_t id)
{
    json *params = json_object_new_object(), *result;
    int code;
    json_add_i64(params, "id", id);
    code = ask(args, METHOD_BENCH_REPORT, params, &result);
    if (code)
        return code;
    if (args->json)
        print_json(json_object_of(result, "figures"));
    else
        fputs(json_str(result, "text", ""), stdout);
    code = end_code(json_object_of(result, "figures"));
    json_object_put(result);
    return code;
}

/* ---- running ---- */

static void tell_begun(const struct cli_args *args, json *result, int64_t tasks)
{
    long long id = json_i64(result, "job", 0);
    if (args->json)
        print_json(result);
    else
        printf("bench %lld: %lld task%s; it goes on without this command: dise bench report %lld, "
               "dise batch pause|resume|cancel %lld\n",
               id, (long long)tasks, figure_s(tasks), id, id);
    cli_flush();
}

static int run(const struct cli_args *args)
{
    json *params = json_object_new_object(), *result;
    struct err_info info = {0};
    int64_t id, tasks;
    bool ended;
    int code;
    if (make_params(args, params, &info)) {
        json_object_put(params);
        return cli_fail(args, EXIT_USAGE, &info);
    }
    tasks = (int64_t)json_object_array_length(json_array(params, "tasks"));
    code = ask(args, METHOD_BATCH_SUBMIT, params, &result);
    if (code)
        return code;
    id = json_i64(result, "job", 0);
    tell_begun(args, result, tasks);
    json_object_put(result);
    code = cli_batch_wait(args, id, &ended);
    if (!ended)
        return code;
    if (!args->json)
        printf("\n");
    return report(args, id);
}

int cli_bench(const struct cli_args *args)
{
    struct err_info info;
    char *end;
    int64_t id;
    if (strcmp(args->words[0], "report") != 0)
        return run(args);
    id = args->word_count < 2 ? 0 : strtoll(args->words[1], &end, 10);
    if (id > 0 && !*end)
        return report(args, id);
    err_set(&info, ERR_USAGE, "the number of the bench is missing: dise bench report ID");
    return cli_fail(args, EXIT_USAGE, &info);
}
