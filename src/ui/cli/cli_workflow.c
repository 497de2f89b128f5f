/* dise workflow, dise tool: what is kept as files, and files of one's own. */
#include <string.h>

#include "ui/cli/cli.h"
#include "ui/cli/cli_cell.h"

enum { FILE_MAX = 8 << 20 };

static int ask(const struct cli_args *args, enum protocol_method method, const char *key,
               const char *value, struct json_object *params, struct json_object **out)
{
    struct err_info info = {0};
    enum err e;
    json_add_str(params, key, value);
    e = cli_ask(args, true, method, params, out, &info);
    if (e == ERR_INPUT || e == ERR_PARSE)
        return cli_fail(args, EXIT_USAGE, &info);
    return e ? cli_fail(args, cli_exit_code(e), &info) : EXIT_SOLVED;
}

static int wrong_words(const struct cli_args *args, const char *command)
{
    struct err_info info;
    err_set(&info, ERR_USAGE, "dise %s %.40s: unknown, or a word is missing; see dise %s --help",
            command, args->words[0], command);
    return cli_fail(args, EXIT_USAGE, &info);
}

static void print_json(struct json_object *o, int flags)
{
    printf("%s\n", json_object_to_json_string_ext(o, flags | JSON_C_TO_STRING_NOSLASHESCAPE));
}

/* ---- workflow ---- */

static int workflow_list(const struct cli_args *args)
{
    struct json_object *result, *list;
    int code =
        ask(args, METHOD_ARTIFACT_LIST, "kind", "workflow", json_object_new_object(), &result);
    if (code)
        return code;
    list = json_array(result, "artifacts");
    for (size_t i = 0; list && i < json_object_array_length(list); i++) {
        struct json_object *a = json_object_array_get_idx(list, i);
        if (args->json) {
            print_json(a, JSON_C_TO_STRING_PLAIN);
            continue;
        }
        printf("%-6s ", json_str(a, "id", ""));
        cli_cell(json_str(a, "name", ""), 32);
        putchar(' ');
        cli_last_cell(json_str(a, "task", ""), 80);
        putchar('\n');
    }
    if (!args->json && (!list || json_object_array_length(list) == 0))
        printf("no workflow is kept yet; each finished task leaves one\n");
    json_object_put(result);
    return EXIT_SOLVED;
}

static int no_workflow(const struct cli_args *args)
{
    struct err_info info;
    err_set(&info, ERR_INPUT, "%.40s is no workflow; see dise workflow list", args->words[1]);
    return cli_fail(args, EXIT_USAGE, &info);
}

/* The workflow's JSON, on the screen or into a file. */
static int workflow_show(const struct cli_args *args, const char *file)
{
    struct json_object *result, *flow;
    struct err_info info;
    int code =
        ask(args, METHOD_ARTIFACT_SHOW, "id", args->words[1], json_object_new_object(), &result);
    if (code)
        return code;
    flow = json_object_of(result, "workflow");
    if (!flow) {
        code = no_workflow(args);
    } else if (!file) {
        print_json(flow, args->json ? JSON_C_TO_STRING_PLAIN
                                    : JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED);
    } else {
        const char *text =
            json_object_to_json_string_ext(flow, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
                                                     JSON_C_TO_STRING_NOSLASHESCAPE);
        if (path_write(file, text, strlen(text), &info))
            code = cli_fail(args, EXIT_USAGE, &info);
    }
    json_object_put(result);
    return code;
}

/* Sends a file's text; what the answer has under `shown` is printed. */
static int send_file(const struct cli_args *args, enum protocol_method method, const char *file,
                     struct json_object *params, const char *shown, const char *sentence)
{
    struct json_object *result;
    struct err_info info = {0};
    struct buf text;
    int code;
    buf_init(&text, FILE_MAX);
    if (buf_read_file(&text, file, &info)) {
        buf_fini(&text);
        json_object_put(params);
        return cli_fail(args, EXIT_USAGE, &info);
    }
    json_add_str(params, "name", file);
    code = ask(args, method, "text", text.data, params, &result);
    buf_fini(&text);
    if (code)
        return code;
    if (args->json)
        print_json(result, JSON_C_TO_STRING_PLAIN);
    else
        printf("%s %s\n", sentence, json_str(result, shown, ""));
    json_object_put(result);
    return EXIT_SOLVED;
}

int cli_workflow(const struct cli_args *args)
{
    const char *verb = args->words[0];
    int n = args->word_count;
    if (strcmp(verb, "list") == 0 && n == 1)
        return workflow_list(args);
    if (strcmp(verb, "show") == 0 && n == 2)
        return workflow_show(args, NULL);
    if (strcmp(verb, "run") == 0 && n == 2)
        return cli_artifact_run(args);
    if (strcmp(verb, "save") == 0 && n == 3)
        return workflow_show(args, args->words[2]);
    if (strcmp(verb, "load") == 0 && n == 2)
        return send_file(args, METHOD_WORKFLOW_LOAD, args->words[1], json_object_new_object(), "id",
                         "kept as");
    return wrong_words(args, "workflow");
}

/* ---- tool ---- */

static int tool_list(const struct cli_args *args)
{
    struct json_object *result, *list;
    int code = ask(args, METHOD_TOOL_LIST, "client", "dise", json_object_new_object(), &result);
    if (code)
        return code;
    list = json_array(result, "tools");
    for (size_t i = 0; list && i < json_object_array_length(list); i++) {
        struct json_object *t = json_object_array_get_idx(list, i);
        const char *problem = json_str(t, "problem", "");
        if (args->json) {
            print_json(t, JSON_C_TO_STRING_PLAIN);
            continue;
        }
        cli_cell(json_str(t, "id", ""), 24);
        putchar(' ');
        cli_cell(json_str(t, "type", ""), 12);
        putchar(' ');
        cli_cell(json_str(t, "origin", ""), 8);
        fputs(*problem ? " ✘ " : " ", stdout);
        cli_last_cell(*problem ? problem : json_str(t, "description", ""), 80);
        putchar('\n');
    }
    json_object_put(result);
    return EXIT_SOLVED;
}

static int tool_show(const struct cli_args *args)
{
    struct json_object *result;
    int code = ask(args, METHOD_TOOL_SHOW, "id", args->words[1], json_object_new_object(), &result);
    if (code)
        return code;
    if (args->json)
        print_json(result, JSON_C_TO_STRING_PLAIN);
    else
        printf("# %s\n%s", json_str(result, "file", ""), json_str(result, "text", ""));
    json_object_put(result);
    return EXIT_SOLVED;
}

int cli_tool(const struct cli_args *args)
{
    const char *verb = args->words[0];
    struct json_object *params, *result;
    int n = args->word_count, code;
    if (strcmp(verb, "list") == 0 && n == 1)
        return tool_list(args);
    if (strcmp(verb, "show") == 0 && n == 2)
        return tool_show(args);
    if (strcmp(verb, "run") == 0 && n == 2)
        return cli_run_on_input(args, METHOD_TOOL_RUN);
    if (strcmp(verb, "save") == 0 && n == 3) {
        params = json_object_new_object();
        json_add_str(params, "id", args->words[1]);
        return send_file(args, METHOD_TOOL_SAVE, args->words[2], params, "file", "kept as");
    }
    if (strcmp(verb, "reset") != 0 || n != 2)
        return wrong_words(args, "tool");
    code = ask(args, METHOD_TOOL_RESET, "id", args->words[1], json_object_new_object(), &result);
    if (!code)
        json_object_put(result);
    return code;
}
