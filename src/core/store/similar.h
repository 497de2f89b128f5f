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

#endif
