/* dise rag: what is in memory, and what can be done with it. One row a verb. */
#include <stdio.h>
#include <string.h>

#include "ui/cli/cli.h"
#include "ui/cli/cli_rag.h"

struct verb {
    const char *name;
    int least;           /* words behind the verb */
    const char *missing; /* what the least words are */
    int (*run)(const struct cli_args *args);
};

static const struct verb verbs[] = {
    {"status", 0, "", cli_rag_status},
    {"search", 0, "", cli_rag_search},
    {"list", 0, "", cli_rag_list},
    {"show", 1, "the artifact's id (see dise rag list)", cli_rag_show},
    {"versions", 1, "the artifact's id (see dise rag list)", cli_rag_versions},
    {"diff", 2, "the ids of two artifacts (see dise rag versions)", cli_rag_diff},
    {"lineage", 1, "the artifact's id (see dise rag list)", cli_rag_lineage},
    {"rollback", 1, "the artifact's id (see dise rag list)", cli_rag_rollback},
    {"edit", 1, "the artifact's id (see dise rag list)", cli_rag_edit},
    {"delete", 1, "the ids of what is to be put aside", cli_rag_delete},
    {"restore", 0, "", cli_rag_restore},
    {"fixes", 0, "", cli_rag_fixes},
    {"gc", 0, "", cli_rag_gc},
    {"sync", 0, "", cli_rag_sync},
    {"import", 1, "the folder of the old system, or the file of an export", cli_rag_import},
    {"export", 1, "the file to be written", cli_rag_export},
    {"verify", 0, "", cli_rag_verify},
};

int cli_rag(const struct cli_args *args)
{
    struct err_info info;
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        if (strcmp(verbs[i].name, args->words[0]) != 0)
            continue;
        if (args->word_count > verbs[i].least)
            return verbs[i].run(args);
        err_set(&info, ERR_INPUT, "something is missing: %s", verbs[i].missing);
        return cli_fail(args, EXIT_USAGE, &info);
    }
    err_set(&info, ERR_INPUT, "dise rag does not know %.40s; see dise rag --help", args->words[0]);
    return cli_fail(args, EXIT_USAGE, &info);
}
