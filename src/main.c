/* The composition root: the only file that sees all layers. */
#include "backends/openai.h"
#include "backends/replay.h"
#include "core/engine.h"
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
    (void)args;
    fputs("dise: the dashboard is not part of this build\n", stderr);
    return EXIT_UNSOLVED;
}

int main(int argc, char **argv)
{
    static const struct cli_hooks hooks = {.engine = engine, .dashboard = dashboard};
    return cli_main(argc, argv, &hooks);
}
