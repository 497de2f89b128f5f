/* How the output of a gate's program is read, as the gate's file declares it: `executable: {output:
 * {…}}`, so that a program of one's own needs no C.
 *
 *   of JSON (output_format: json), one document or one object a line:
 *     findings: results     where the list is: members with dots between, `*` for any of them
 *     line, column, code, message: FIELD    of a finding (what they are called there)
 *     only: {FIELD: [WORD, …]}              others are no findings
 *     weight: {FIELD: {WORD: 3, …}, …}      what a finding counts: the product of its words'
 * figures values: {NAME: PATH}                  figures of the program as a whole of lines
 * (output_format: lines): pattern: REGEX        POSIX extended; what it does not match is no
 * finding fields: [line, column, code, message, value]    what its groups are, "" for none lines: 2
 * it matches so many lines at once of both: column_from: 0        the number of the first column, 1
 * when nothing is said message, code         (lines) what is said when no group does */
#ifndef DISE_CORE_GATE_OUTPUT_H
#define DISE_CORE_GATE_OUTPUT_H

#include "base/json.h"
#include "base/yaml.h"

enum { OUTPUT_GROUPS_MAX = 9, OUTPUT_LINES_MAX = 8 };

/* Whether the block's `output` and `silencers` can be used. Pure. */
enum err gate_output_check(const struct yaml_doc *doc, struct json_object *block,
                           struct err_info *info) MUST_CHECK;

/* Takes what a program printed. */
struct gate_found {
    int64_t line, column; /* from 1; 0: not said */
    const char *code, *message;
    double weight;
};
typedef bool gate_found_fn(void *arg, const struct gate_found *found); /* false: enough */

/* A document, or one object of many. Figures go into `values`. Pure. */
void gate_output_json(struct json_object *output, struct json_object *document,
                      struct json_object *values, gate_found_fn *take, void *arg);
/* Lines; `text` need not end with one. Lines longer than OUTPUT_LINE_MAX are cut, and no more than
 * OUTPUT_LINES_READ are looked at, so that the time is bounded. False: `output` has no pattern. */
enum { OUTPUT_LINE_MAX = 1000, OUTPUT_LINES_READ = 20000 };
bool gate_output_lines(struct json_object *output, const char *text, size_t n,
                       struct json_object *values, gate_found_fn *take, void *arg);

/* `code` with everything that would silence the gate overwritten by - after its first character, so
 * that places stay the same. Takes over nothing; caller frees. NULL: out of memory, or nothing to
 * do. */
char *gate_output_unsilenced(struct json_object *silencers, const char *code);

#endif
