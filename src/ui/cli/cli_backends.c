/* `dise backends`: who can be asked, and with --explain who plays which role and why. */
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

int cli_backends(const struct cli_args *args)
{
    struct json_object *params = json_object_new_object(), *result = NULL;
    struct err_info info = {0};
    enum err e;
    bool well;
    json_add_bool(params, "test", args->test);
    e = cli_ask(args, true, METHOD_BACKENDS, params, &result, &info);
    if (e)
        return cli_fail(args, cli_exit_code(e), &info);
    if (args->json)
        printf("%s\n", json_object_to_json_string_ext(result, JSON_C_TO_STRING_PLAIN |
                                                                  JSON_C_TO_STRING_NOSLASHESCAPE));
    else
        backends_text(result, args->explain, print_line, NULL);
    well = json_i64(result, "well", 0) > 0 &&
           (!args->test || json_i64(result, "well", 0) == json_i64(result, "asked", 0));
    json_object_put(result);
    return well ? EXIT_SOLVED : EXIT_NO_BACKEND;
}
