/* dise: the dashboard and the command line, which are clients of the engine. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "ui/actions.h"
#include "ui/app.h"
#include "ui/cli/cli.h"

static char **arguments;

/* An executable of its own: the libraries that it needs cost each command milliseconds to load. */
static int engine(const struct cli_args *args)
{
    char path[PATH_SIZE];
    struct err_info info;
    if (!path_beside("dise-engine", path, &info)) {
        execv(path, arguments);
        err_set(&info, ERR_NOT_FOUND, "%s cannot be started: %s", path, strerror(errno));
    }
    return cli_fail(args, EXIT_UNSOLVED, &info);
}

static int dashboard(const struct cli_args *args)
{
    char data[PATH_SIZE], themes[PATH_SIZE];
    struct err_info info;
    const struct ui_options options = {.home = args->home,
                                       .themes = themes,
                                       .engine_args = cli_engine_args(args),
                                       .config = cli_config(args)};
    if (path_data(data, &info) || path_join(themes, data, "themes"))
        return cli_fail(args, EXIT_UNSOLVED, &info);
    return ui_main(&options);
}

int main(int argc, char **argv)
{
    static const struct cli_hooks hooks = {
        .docs = action_docs, .engine = engine, .dashboard = dashboard};
    arguments = argv;
    return cli_main(argc, argv, &hooks);
}
