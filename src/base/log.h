/* The engine's log: one line an event of its own life, on stderr or in a file. Never secrets, never
 * what a model or a person wrote. */
#ifndef DISE_BASE_LOG_H
#define DISE_BASE_LOG_H

#include "base/err.h"

/* Sends stderr to the file, which is moved to `<path>.old` when it is larger than 1 MB. */
enum err log_to_file(const char *path, struct err_info *info) MUST_CHECK;
/* "2026-11-23 14:02:11.123 [pid] text" */
void log_line(const char *format, ...) PRINTF_LIKE(1, 2);

#endif
