/* The files of a sandboxed run, as the launcher (src/sandbox/main.c) reads them from a descriptor:
 * for each its name, its size in decimal digits, both ended by a zero byte, and its bytes. */
#ifndef DISE_BASE_LAUNCH_FILE_H
#define DISE_BASE_LAUNCH_FILE_H

#include <stdbool.h>
#include <stddef.h>

/* Appends one file to `fd`, a file in memory. false: errno says why. */
bool launch_file_put(int fd, const char *name, const char *data, size_t n);

#endif
