/* An old configuration in the form of today (`dise config migrate`). */
#ifndef DISE_CORE_CONFIG_MIGRATE_H
#define DISE_CORE_CONFIG_MIGRATE_H

#include "base/json.h"
#include "base/path.h"

struct config_migration {
    struct buf text;           /* the new file */
    struct buf screen;         /* the same without any secret */
    struct json_object *notes; /* sentences: what goes where */
    struct json_object *keys;  /* {name of a file beside it: key} */
    bool changed;              /* false: the file is in today's form already */
};

/* Reads the file and says it anew; comments are lost. The result loads to the same values. */
enum err config_migrate(const char *path, struct config_migration *m,
                        struct err_info *info) MUST_CHECK;
void config_migration_fini(struct config_migration *m);
/* Writes the files of the keys, keeps the old text (its name into `backup`) and replaces it. */
enum err config_migration_write(const char *path, const struct config_migration *m,
                                char backup[PATH_SIZE], struct err_info *info) MUST_CHECK;

#endif
