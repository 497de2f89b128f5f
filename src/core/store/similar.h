/* What is kept of tasks that are like another one. */
#ifndef DISE_CORE_SIMILAR_H
#define DISE_CORE_SIMILAR_H

#include "base/json.h"
#include "core/store/store.h"

/* The programs that solved the tasks most like this one, of the same class, at most `most`, the
 * likest first: [{id, name, task, source}]. Only those that an example or a test has confirmed,
 * whose sources have no more than `bytes` together. Runs on a store thread. The one place that
 * knows how likeness is found: by words today. Caller puts *out. */
enum err similar_programs(sqlite3 *db, const char *task, const char *class, int most, size_t bytes,
                          struct json_object **out, struct err_info *info) MUST_CHECK;

/* What may answer the same task in other words, found by words: programs that solved tasks which
 * share words with this one, the best match first, at most `most`, each program once: [{id, place,
 * name, function, task, class, model, source, checked, grants}]. Whether one of them is the same
 * task is for core/words/same_task.h to say. Runs on a store thread. Caller puts *out. */
enum err same_candidates(sqlite3 *db, const char *task, int most, struct json_object **out,
                         struct err_info *info) MUST_CHECK;

/* Adds those of the artifacts (by number) that may answer a task, too, and are not in `list` of
 * same_candidates yet, in their order: what was found by meaning. Runs on a store thread. */
enum err same_candidates_add(sqlite3 *db, const int64_t *ids, size_t n, struct json_object *list,
                             struct err_info *info) MUST_CHECK;

#endif
