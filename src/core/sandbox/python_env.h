/* The private Python environment below the data folder (venv/): made when first needed, never the
 * system's Python. Holds the model's server; its pip installs what programs may import. */
#ifndef DISE_CORE_PYTHON_ENV_H
#define DISE_CORE_PYTHON_ENV_H

#include "base/path.h"
#include "core/job/fiber.h"

struct python_env {
    char folder[PATH_SIZE];
    struct fiber_sem making;
};

/* ERR_TOO_LARGE when the path is too long. */
enum err python_env_init(struct python_env *env, const char *home,
                         struct err_info *info) MUST_CHECK;
/* Path of its interpreter, whether it is there or not. */
enum err python_env_python(const struct python_env *env, char out[PATH_SIZE]) MUST_CHECK;
/* Makes it when it is missing; on a fiber. ERR_UNAVAILABLE with the remedy. */
enum err python_env_make(struct python_env *env, struct err_info *info) MUST_CHECK;

/* The system's interpreter, which runs programs and makes the environment. */
const char *python_system(void);
/* Runs a child that may need the person's settings for pip (PIP_*, proxies, certificates); on a
 * fiber. `what` begins the sentence of a failure; `out` (may be NULL) takes its output. */
enum err python_child(const char *const *argv, const char *what, struct buf *out,
                      struct err_info *info) MUST_CHECK;

#endif
