/* Cells of a table on standard output. Their text may be anything: it is cut by the columns that a
 * terminal gives it, between whole characters, and what acts on a terminal is left out. */
#ifndef DISE_UI_CLI_CELL_H
#define DISE_UI_CLI_CELL_H

/* Exactly `width` columns: blanks behind what is shorter, "…" at the end of what is longer. */
void cli_cell(const char *text, int width);
/* The same without blanks behind it, for the last cell of a row. */
void cli_last_cell(const char *text, int most);

#endif
