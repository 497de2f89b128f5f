/* The composition root: the only file that sees all layers. */
#include "backends/openai.h"
#include "backends/replay.h"
#include "core/engine.h"
#include "ui/actions.h"
#include "ui/app.h"
#include "ui/cli.h"

/* The first speaks to the managed local server. */
static const struct backend_class *const classes[] = {&openai_backend, &replay_backend, NULL};

static int engine(const struct cli_args *args)
{
    const struct engine_options options = {.home = args->home,
                                           .config = args->config,
                                           .record = args->record,
                                           .unsafe = args->unsafe,
                                           .detached = args->detached,
                                           .classes = classes};
    return engine_main(&options);
}

static int dashboard(const struct cli_args *args)
{
    char data[PATH_SIZE], themes[PATH_SIZE];
    struct err_info info;
    const struct ui_options options = {
        .home = args->home, .themes = themes, .engine_args = cli_engine_args(args)};
    if (path_data(data, &info) || path_join(themes, data, "themes"))
        return cli_fail(args, EXIT_UNSOLVED, &info);
    return ui_main(&options);
}

int main(int argc, char **argv)
{
    static const struct cli_hooks hooks = {
        .docs = action_docs, .engine = engine, .dashboard = dashboard};
    return cli_main(argc, argv, &hooks);
}
