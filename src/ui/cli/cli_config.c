/* The configuration of a command: what it reads itself, what its engine has to be started with, and
 * `dise config`. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/config.h"
#include "ui/cli/cli.h"

/* ---- sources ---- */

/* What jobs may decide goes with each job; only what the engine decides is its own. */
const char *const *cli_engine_args(const struct cli_args *args)
{
    static const char *list[8 + 2 * CLI_GRANTS_MAX];
    int n = 0;
    if (args->config && config_file_for_engine(args->config)) {
        list[n++] = "--config";
        list[n++] = args->config;
    }
    for (const char *const *set = args->sets; *set; set++)
        if (config_set_for_engine(*set)) {
            list[n++] = "--set";
            list[n++] = *set;
        }
    if (args->unsafe)
        list[n++] = "--unsafe";
    if (args->record) {
        list[n++] = "--record";
        list[n++] = args->record;
    }
    list[n] = NULL;
    return list;
}

const struct config_sources *cli_config(const struct cli_args *args)
{
    static char here[PATH_SIZE];
    static struct config_sources sources;
    sources = (struct config_sources){.home = args->home,
                                      .file = args->config,
                                      .cwd = getcwd(here, sizeof here),
                                      .sets = args->sets,
                                      .environment = true};
    return &sources;
}
