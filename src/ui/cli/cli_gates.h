/* dise gates: what the quality gates say of a program. */
#ifndef DISE_UI_CLI_GATES_H
#define DISE_UI_CLI_GATES_H

#include <stdbool.h>

/* The result of the job "gates": a table, or one object a line. */
void cli_gates_print(const char *result, bool json);

#endif
