/* The verbs of dise rag, one file a group. */
#ifndef DISE_UI_CLI_RAG_H
#define DISE_UI_CLI_RAG_H

#include "ui/cli/cli.h"

int cli_rag(const struct cli_args *args);
/* cli_rag_status.c */
int cli_rag_status(const struct cli_args *args);
/* cli_rag_search.c */
int cli_rag_search(const struct cli_args *args);
/* cli_rag_store.c */
int cli_rag_list(const struct cli_args *args);
int cli_rag_show(const struct cli_args *args);
int cli_rag_versions(const struct cli_args *args);
int cli_rag_diff(const struct cli_args *args);
int cli_rag_lineage(const struct cli_args *args);
int cli_rag_rollback(const struct cli_args *args);
int cli_rag_edit(const struct cli_args *args);
int cli_rag_delete(const struct cli_args *args);
int cli_rag_restore(const struct cli_args *args);
int cli_rag_gc(const struct cli_args *args);
int cli_rag_fixes(const struct cli_args *args);
/* cli_rag_sync.c */
int cli_rag_sync(const struct cli_args *args);
int cli_rag_import(const struct cli_args *args);
int cli_rag_export(const struct cli_args *args);
int cli_rag_verify(const struct cli_args *args);

#endif
