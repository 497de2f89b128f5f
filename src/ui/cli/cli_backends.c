/* `dise backends`: who can be asked, with --explain who plays which role and why, and with --test
 * whether each model answers. The slowest takes minutes, so each is shown as it answers; the table
 * comes when all have. */
#include <string.h>

#include "ui/backends_text.h"
#include "ui/cli/cli.h"

static void print_line(void *arg, enum backends_mark mark, int indent, const char *text)
{
    static const char *const marks[] = {
        [BACKENDS_NONE] = "", [BACKENDS_OK] = "✔ ", [BACKENDS_WARN] = "⚠ ", [BACKENDS_FAIL] = "✘ "};
    (void)arg;
    printf("%*s%s%s\n", indent, "", marks[mark], text);
}

static void on_event(void *arg, const struct event *ev, const char *line)
{
    const struct cli_args *args = arg;
    const struct event_backend_tested *t = &ev->u.backend_tested;
    struct json_object *test = NULL;
    if (ev->type != EVENT_BACKEND_TESTED)
        return;
    if (args->json)
        printf("%s\n", line);
    else if (json_parse(t->test, strlen(t->test), NULL, &test, NULL) == ERR_OK)
        backends_text_test(t->backend, t->model, test, print_line, NULL);
    json_object_put(test);
    cli_flush();
}

static enum err ask(const struct cli_args *args, struct json_object **result, struct err_info *info)
{
    struct json_object *params = json_object_new_object();
    json_add_bool(params, "test", args->test);
    if (!args->test)
        return cli_ask(args, true, METHOD_BACKENDS, params, result, info);
    return cli_ask_watching(args, METHOD_BACKENDS, params, on_event, (void *)args, result, info);
}

int cli_backends(const struct cli_args *args)
{
    struct json_object *result = NULL;
    struct err_info info = {0};
    enum err e = ask(args, &result, &info);
    bool well;
    if (e)
        return cli_fail(args, cli_exit_code(e), &info);
    if (args->json)
        printf("%s\n", json_object_to_json_string_ext(result, JSON_C_TO_STRING_PLAIN |
                                                                  JSON_C_TO_STRING_NOSLASHESCAPE));
    else if (args->test)
        printf("\n");
    if (!args->json)
        backends_text(result, args->explain, print_line, NULL);
    well = json_i64(result, "well", 0) > 0 &&
           (!args->test || json_i64(result, "well", 0) == json_i64(result, "asked", 0));
    json_object_put(result);
    return well ? EXIT_SOLVED : EXIT_NO_BACKEND;
}
