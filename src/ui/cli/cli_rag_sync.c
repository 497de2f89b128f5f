/* dise rag sync: vectors from one store to the other, followed to the end. */
#include "ui/cli/cli_rag.h"

int cli_rag_sync(const struct cli_args *args)
{
    struct json_object *params = json_object_new_object();
    if (args->to)
        json_add_str(params, "to", args->to);
    return cli_follow(args, METHOD_RAG_SYNC, params);
}
