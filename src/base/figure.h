/* Figures in few columns, the same in every pane and on the command line. Pure. */
#ifndef DISE_BASE_FIGURE_H
#define DISE_BASE_FIGURE_H

#include <stdbool.h>
#include <stdint.h>

enum { FIGURE_SIZE = 24 };

/* All write into `out` and return it. What is negative or not a number counts as 0. */

/* "940", "1.2k", "31k", "2M" */
const char *figure_count(char out[FIGURE_SIZE], int64_t n);
/* Milliseconds: "< 1 ms", "310 ms", and from a second on as figure_time */
const char *figure_ms(char out[FIGURE_SIZE], double ms);
/* Seconds: "4.2 s", "42 s", "3:05", "2h05", "3d04h"; `whole`: no tenths, for what still runs */
const char *figure_time(char out[FIGURE_SIZE], double seconds, bool whole);
/* Dollars: "$0.00", "$0.0012", "$2.50" */
const char *figure_money(char out[FIGURE_SIZE], double dollars);
/* What a noun takes behind a number: "" for 1, else "s". */
const char *figure_s(int64_t n);

#endif
