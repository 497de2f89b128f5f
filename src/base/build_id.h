/* Which build an executable is: the client compares the running engine with the one that it would
 * start. */
#ifndef DISE_BASE_BUILD_ID_H
#define DISE_BASE_BUILD_ID_H

enum { BUILD_ID_SIZE = 65 };

/* The linker's build id of the running executable as hex; the version when it has none. */
const char *build_id(void);
/* The same of the executable file at `path`; "" when it cannot be read. */
void build_id_of(const char *path, char out[BUILD_ID_SIZE]);

#endif
