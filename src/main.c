/* The composition root: the only file that sees all layers. */
#include "ui/cli.h"

static int engine(const struct cli_args *args)
{
    (void)args;
    fputs("dise: the engine is not part of this build\n", stderr);
    return EXIT_UNSOLVED;
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
