/* What must never be shown: keys that the configuration or the environment holds. Sentences of
 * errors and lines of the log are cleaned of them, because servers quote keys that they refuse. */
#ifndef DISE_BASE_SECRET_H
#define DISE_BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>

/* Notes a value; of "Bearer KEY" the key as well. Short ones (below 8 bytes) are no secrets that
 * could be told from words. On one thread; from any thread secret_hide sees what was noted. */
void secret_note(const char *value);
/* Notes the values of the environment whose names say that they are secrets. */
void secret_note_environment(void);
/* Whether a variable of this name (n bytes) holds a secret. */
bool secret_name(const char *name, size_t n);
/* Overwrites every noted value in `text` with "***" and blanks nothing else; also a value that was
 * cut off at the end of the text. */
void secret_hide(char *text);

#endif
