/* Where things lie: the home folder of the user's data, the program's own data, the socket. */
#ifndef DISE_BASE_PATH_H
#define DISE_BASE_PATH_H

#include "base/buf.h"

enum { PATH_SIZE = 1024 };

/* The data folder: `given` (--home), else $DISE_HOME, else $XDG_DATA_HOME/dise, else
 * ~/.local/share/dise; made absolute. Not created. */
enum err path_home(const char *given, char out[PATH_SIZE], struct err_info *info) MUST_CHECK;
/* The folder of the shipped files (tools/, themes/, runtime/): share/dise beside an installed
 * binary, else the source tree. $DISE_DATA overrides both. */
enum err path_data(char out[PATH_SIZE], struct err_info *info) MUST_CHECK;
/* Folder of the shipped Python: <data>/runtime, or src/runtime in the source tree. */
enum err path_runtime(char out[PATH_SIZE], struct err_info *info) MUST_CHECK;
/* Absolute path of the running executable, and of another one beside it. */
enum err path_self(char out[PATH_SIZE], struct err_info *info) MUST_CHECK;
enum err path_beside(const char *name, char out[PATH_SIZE], struct err_info *info) MUST_CHECK;
/* The engine's folder for lock and socket (0700), created: <home>/run; a short one below
 * $XDG_RUNTIME_DIR or /tmp, named by a hash of home, when a socket's path would be too long. */
enum err path_run(const char *home, char out[PATH_SIZE], struct err_info *info) MUST_CHECK;
/* In that folder while a person has stopped the engine and none was started since. */
#define PATH_STOPPED "stopped"

/* "a/b"; ERR_TOO_LARGE when it does not fit. */
enum err path_join(char out[PATH_SIZE], const char *folder, const char *name) MUST_CHECK;
/* Creates the folder and its parents with mode 0700. */
enum err path_mkdirs(const char *path, struct err_info *info) MUST_CHECK;
/* Writes a whole file so that a crash leaves the old or the new one; mode 0600. */
enum err path_write(const char *path, const void *data, size_t n, struct err_info *info) MUST_CHECK;
bool path_exists(const char *path);

#endif
