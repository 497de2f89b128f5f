/* The answer of the request `backends` as lines, for the command line and the dashboard alike. */
#ifndef DISE_UI_BACKENDS_TEXT_H
#define DISE_UI_BACKENDS_TEXT_H

#include "base/json.h"

enum backends_mark { BACKENDS_NONE, BACKENDS_OK, BACKENDS_WARN, BACKENDS_FAIL };

/* Calls `line` for each line; its text is borrowed. `explain`: also each role's chain, and where it
 * was decided. */
void backends_text(struct json_object *result, bool explain,
                   void (*line)(void *arg, enum backends_mark mark, int indent, const char *text),
                   void *arg);
/* The lines of one model's test, as it is told before that answer. */
void backends_text_test(const char *backend, const char *model, struct json_object *test,
                        void (*line)(void *arg, enum backends_mark mark, int indent,
                                     const char *text),
                        void *arg);

#endif
