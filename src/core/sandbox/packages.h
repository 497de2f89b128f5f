/* Third-party packages that programs may import: a list of trusted ones
 * (tools/trusted_packages.yaml, shipped and the user's), each installed with what it needs into a
 * folder of its own. */
#ifndef DISE_CORE_PACKAGES_H
#define DISE_CORE_PACKAGES_H

#include "core/sandbox/python_env.h"

struct packages {
    const char *home, *data; /* the user's files; the shipped ones */
    struct python_env *python;
    struct fiber_sem installing;
};

struct package {
    char name[64], wanted[160]; /* "numpy", "numpy>=1.26,<3" */
    char purpose[120];
    char folder[PATH_SIZE]; /* where it is or would be */
    bool installed;
};

/* Strings are borrowed and outlive it. */
void packages_init(struct packages *p, const char *home, const char *data,
                   struct python_env *python);
/* The trusted package with this import name. ERR_NOT_FOUND: none; a broken list is ERR_PARSE with
 * its file:line:column. */
enum err packages_find(const struct packages *p, const char *module, struct package *out,
                       struct err_info *info) MUST_CHECK;
/* The same for what the program itself pins ("ruff==1.2", `name` its part before the version): no
 * list is asked. */
enum err packages_pinned(const struct packages *p, const char *name, const char *wanted,
                         struct package *out, struct err_info *info) MUST_CHECK;
/* Installs wheels only, so that nothing of the package runs; on a fiber; a cut leaves nothing. */
enum err packages_install(struct packages *p, const struct package *package,
                          struct err_info *info) MUST_CHECK;

#endif
