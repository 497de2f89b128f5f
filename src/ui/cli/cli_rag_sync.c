/* dise rag sync: vectors from one store to the other, followed to the end. */
#include "ui/cli/cli_rag.h"

int cli_rag_sync(const struct cli_args *args)
{
    struct json_object *params = json_object_new_object();
    struct err_info info;
    if (args->word_count > 1) {
        json_object_put(params);
        err_set(&info, ERR_INPUT,
                "dise rag sync takes no further words; say --to file or --to "
                "qdrant");
        return cli_fail(args, EXIT_USAGE, &info);
    }
    if (args->to)
        json_add_str(params, "to", args->to);
    return cli_follow(args, METHOD_RAG_SYNC, params);
}
