/* dise-engine: the process that owns the jobs. Started by `dise` when there is none; the
 * composition root of core and backends. */
#include "backends/anthropic.h"
#include "backends/azure.h"
#include "backends/ollama.h"
#include "backends/openai.h"
#include "backends/qdrant.h"
#include "backends/replay.h"
#include "core/engine/engine.h"
#include "ui/cli/cli.h"

/* The first speaks to the managed local server. */
static const struct backend_class *const classes[] = {
    &openai_backend, &ollama_backend, &anthropic_backend, &azure_backend, &replay_backend, NULL};

static int engine(const struct cli_args *args)
{
    const struct engine_options options = {.home = args->home,
                                           .config = args->config,
                                           .sets = args->sets,
                                           .record = args->record,
                                           .unsafe = args->unsafe,
                                           .detached = args->detached,
                                           .classes = classes,
                                           .vector_server = qdrant_open,
                                           .vector_health = qdrant_health,
                                           .vector_drop_old = qdrant_drop_old};
    return engine_main(&options);
}

int main(int argc, char **argv)
{
    const struct cli_hooks hooks = {.engine = engine};
    return cli_main(argc, argv, &hooks);
}
