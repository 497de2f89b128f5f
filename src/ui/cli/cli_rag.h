/* The verbs of dise rag, one file a group. */
#ifndef DISE_UI_CLI_RAG_H
#define DISE_UI_CLI_RAG_H

#include "ui/cli/cli.h"

int cli_rag(const struct cli_args *args);
/* cli_rag_status.c */
int cli_rag_status(const struct cli_args *args);
/* cli_rag_search.c */
int cli_rag_search(const struct cli_args *args);

#endif
