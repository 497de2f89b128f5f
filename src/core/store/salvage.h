/* What can be read of a damaged database is taken over into a new one: what was made and learned,
 * the jobs that have ended and what they cost. Unfinished jobs are not: their journal may have
 * holes. */
#ifndef DISE_CORE_SALVAGE_H
#define DISE_CORE_SALVAGE_H

#include "core/store/store.h"

struct salvage {
    int64_t artifacts, jobs; /* that were taken over */
    int64_t unfinished;      /* jobs that were not */
    int64_t incomplete;      /* of the artifacts: their program could not be read; put aside */
    bool torn;               /* some rows could not be read */
};

/* `db` is new and has its schema; `path` is the damaged file, which stays as it is. All or nothing.
 * An error: nothing was taken over. */
enum err store_salvage(sqlite3 *db, const char *path, struct salvage *out,
                       struct err_info *info) MUST_CHECK;

#endif
