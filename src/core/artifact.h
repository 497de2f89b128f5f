/* What was made: programs with their prompt, checks, runs, model and tokens, kept in the store. */
#ifndef DISE_CORE_ARTIFACT_H
#define DISE_CORE_ARTIFACT_H

#include "base/json.h"
#include "core/store.h"

/* The identity of a task: SHA-256 over the text with white space normalised, and the input. */
void artifact_task_hash(const char *task, struct json_object *input, char out[65]);

/* The functions below run on a store thread (see store_fn); wrap them in store_read/_write or a
 * journaled step. JSON objects: {id, name, kind, task, task_hash, code, prompt, model, backend,
 * tokens_in, tokens_out, solved, checked:{…}, result, grants:{…}, job, created, attempts:[…]}. */

/* Inserts; sets *id to the new id ("a17"). */
enum err artifact_insert(sqlite3 *db, struct json_object *artifact, char id[24],
                         struct err_info *info) MUST_CHECK;
/* ERR_NOT_FOUND. Caller puts *out. */
enum err artifact_get(sqlite3 *db, const char *id, struct json_object **out,
                      struct err_info *info) MUST_CHECK;
/* The newest solved artifact of exactly this task; ERR_NOT_FOUND. */
enum err artifact_find(sqlite3 *db, const char task_hash[65], struct json_object **out) MUST_CHECK;
/* Newest first, without code and prompt; `query` (may be NULL) is searched in name and task. */
enum err artifact_list(sqlite3 *db, int limit, const char *query,
                       struct json_object **out) MUST_CHECK;

#endif
