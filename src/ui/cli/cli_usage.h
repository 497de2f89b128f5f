/* The forms of a command line, as its usage says them: what helps a person is what is checked. */
#ifndef DISE_UI_CLI_USAGE_H
#define DISE_UI_CLI_USAGE_H

#include <stddef.h>

/* A usage is forms with " | " between them. A form is a verb, or several with "|" between them,
 * and words: "ID", "[ID]" (may be missing), "ID…" (one or more). A form without a verb begins with
 * a word. "[--to VERSION]" is an option, and what stands in (round brackets) is a remark.
 *
 * How many words the form takes to which `first` (NULL: there is no word) belongs, itself included;
 * INT_MAX: any number. -1: it belongs to none. `out` is the form with this verb alone; of other
 * words, the usage. */
int cli_usage_most(const char *usage, const char *first, char *out, size_t size);

#endif
