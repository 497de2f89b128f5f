/* Programs that check code (ruff …): pinned in tools/gate/requirements.txt (the person's lines
 * win), taken from the home's packages or the PATH, else installed in the background when first
 * wanted. */
#ifndef DISE_CORE_PROGRAMS_H
#define DISE_CORE_PROGRAMS_H

#include "base/json.h"
#include "core/sandbox/packages.h"

struct programs;

struct programs_options {
    const char *home, *data; /* borrowed */
    struct packages *packages;
    bool install; /* what is missing may be installed */
};

/* Where a program is. Everything in `mount` must be seen by the run: "" nothing (it lies in /usr).
 */
struct program {
    char path[PATH_SIZE], mount[PATH_SIZE];
};

/* NULL: out of memory. */
struct programs *programs_open(struct sched *s, const struct programs_options *options);
/* Ends what is being installed. On a fiber. */
void programs_close(struct programs *p);

/* Begins to install it when it is pinned, allowed and nowhere; returns at once. */
void programs_want(struct programs *p, const char *name);
/* On a fiber. While it is being installed this waits, but never longer than until PROGRAMS_WAIT_MS
 * after the installation began. ERR_UNAVAILABLE: why, and what to do; ERR_CANCELLED. */
enum { PROGRAMS_WAIT_MS = 15000 };
enum err programs_find(struct programs *p, const char *name, struct program *out,
                       struct err_info *info) MUST_CHECK;
/* The same of a Python package that comes with a program of its name: the folder to import it from,
 * which is that of the home's package, else that of the Python beside the program on the PATH when
 * it has the version of the system's. */
void programs_want_library(struct programs *p, const char *name);
enum err programs_library(struct programs *p, const char *name, char out[PATH_SIZE],
                          struct err_info *info) MUST_CHECK;
/* Whether it is being installed just now, so that the next job may have it. */
bool programs_installing(struct programs *p, const char *name);
/* True once in the engine's life for each word: what is missing is told once. */
bool programs_tell(struct programs *p, const char *word);
/* The pinned programs, for doctor: array of {name, state: ok|warn, detail, remedy}. Caller puts. */
struct json_object *programs_list(struct programs *p);

#endif
