/* What the engine's answer to hello says of it: whether it is the engine that this client asks for,
 * and what the person should know. Pure. */
#ifndef DISE_UI_ENGINE_GREETING_H
#define DISE_UI_ENGINE_GREETING_H

#include <stdbool.h>

struct json_object;

typedef void greeting_note_fn(void *arg, const char *sentence);

/* Whether an idle engine is to be replaced so that it has what `args` (of a client's engine, ends
 * with NULL; may be NULL) and the files of the configuration ask for. */
bool greeting_outdated(struct json_object *hello, const char *const *args);
/* Each of these in a sentence: what of that it lacks and why it is kept all the same, that it runs
 * without a sandbox unasked, that it keeps an old configuration because the new one is broken. */
void greeting_remarks(struct json_object *hello, const char *const *args, greeting_note_fn *note,
                      void *arg);
/* A provider's key in this environment that it does not have. */
void greeting_missing_keys(struct json_object *hello, greeting_note_fn *note, void *arg);

#endif
