/* Artifacts from elsewhere: out of the old system's folder (base/old_memory.h) or out of an archive
 * that another home has written. Each has a name for ever (`source`) and a hash of what it says, so
 * that the same one is taken once, however often it comes. The functions run on a store thread (see
 * store_fn).
 *
 * What is taken is never believed to be verified: `solved` is false, and what its maker said of it
 * stays in the body. */
#ifndef DISE_CORE_IMPORT_H
#define DISE_CORE_IMPORT_H

#include "base/json.h"
#include "core/store/store.h"

enum import_result {
    IMPORT_TAKEN,
    IMPORT_CHANGED, /* known by name, but it says something else: taken beside the older one */
    IMPORT_KNOWN,   /* nothing was done */
};

struct import_outcome {
    enum import_result result;
    char id[24]; /* of the artifact here */
};

/* A record as base/old_memory.h makes them; changes it. ERR_INPUT: a member is missing. */
enum err import_record(sqlite3 *db, struct json_object *record, struct import_outcome *out,
                       struct err_info *info) MUST_CHECK;
/* A line of an archive, as export_page gives them; changes it. */
enum err import_line(sqlite3 *db, struct json_object *line, struct import_outcome *out,
                     struct err_info *info) MUST_CHECK;
/* Whether it is an answer that was verified elsewhere, if at all, and not here; or was edited by
 * hand since. Pure. */
bool import_unverified(struct json_object *artifact);
/* It has passed its examples here: from now on it is a solution as those made here are. Nothing
 * happens to others. `examples`: so many; 0: its own tests. `when`: now, ms since 1970. */
enum err import_verified(sqlite3 *db, int64_t number, int examples, int64_t when,
                         struct err_info *info) MUST_CHECK;
/* The programs for which that has not happened yet, oldest first: ["a17", …]. Caller puts *ids. */
enum err import_list_unverified(sqlite3 *db, int limit, struct json_object **ids,
                                struct err_info *info) MUST_CHECK;
/* {"from", "how", "source"}: what came under the first name was made of what came under the other
 * ("nodes/add", "archive/1f0c…-17"). *linked: both are here. */
enum err import_link(sqlite3 *db, struct json_object *link, bool *linked,
                     struct err_info *info) MUST_CHECK;

struct export_page {
    int64_t after; /* only greater numbers; moves on */
    const char *kind;
    struct json_object *only; /* numbers of artifacts, nothing else; NULL: all */
    bool deleted;             /* also what was put aside */
    size_t bytes;             /* a page ends when it has more */
    struct json_object *list; /* the lines; the caller puts it */
    bool more;
};
/* {"id": "1f0c…-17", "kind", "tags", "rating", "uses", "last_use", "deleted", "ok", "bad", "ms",
 * "chain", "version", "reason", "breaking", "links": [{"how", "id"}], "body": {…}}, the body's
 * members in the order of their names. An id means the same artifact in every home; such ids stand
 * also in the body. The quality follows from the rest. */
enum err export_page(sqlite3 *db, struct export_page *page, struct err_info *info) MUST_CHECK;

#endif
