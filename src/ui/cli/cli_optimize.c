/* `dise optimize`: a job that makes a kept program better, followed to its end. */
#include <stdio.h>
#include <string.h>

#include "ui/cli/cli.h"

int cli_optimize(const struct cli_args *args)
{
    struct json_object *params = json_object_new_object();
    struct err_info info;
    double iterations = 3;
    enum err e = cli_number("iterations", args->iterations, false, &iterations, &info);
    if (!e && iterations != (double)(int64_t)iterations)
        e = err_set(&info, ERR_USAGE, "--iterations must be a whole number, not %.40s",
                    args->iterations);
    if (!e)
        e = cli_add_budget(params, args, &info);
    if (e) {
        json_object_put(params);
        return cli_fail(args, EXIT_USAGE, &info);
    }
    json_add_str(params, "id", args->words[0]);
    json_add_str(params, "target", args->word_count > 1 ? args->words[1] : "");
    json_add_i64(params, "iterations", args->iterations ? (int64_t)iterations : 3);
    return cli_follow(args, METHOD_ARTIFACT_OPTIMIZE, params);
}
