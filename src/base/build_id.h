/* Which build this is: engine and client compare it in `hello`. */
#ifndef DISE_BASE_BUILD_ID_H
#define DISE_BASE_BUILD_ID_H

/* The linker's build id of the running executable as hex; the version when it has none. */
const char *build_id(void);

#endif
