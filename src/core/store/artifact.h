/* What was made: programs with their prompt, checks, runs, model and tokens, kept in the store. */
#ifndef DISE_CORE_ARTIFACT_H
#define DISE_CORE_ARTIFACT_H

#include "base/json.h"
#include "core/store/store.h"

/* The identity of a task: SHA-256 over the text with white space normalised, and the input. */
void artifact_task_hash(const char *task, struct json_object *input, char out[65]);
/* The same of a task whose answer is words, apart from the program for the same task. */
enum err artifact_text_hash(const char *task, struct json_object *input, char out[65]) MUST_CHECK;
/* The same of any other kind of answer, named by a word. */
enum err artifact_marked_hash(const char *mark, const char *task, struct json_object *input,
                              char out[65]) MUST_CHECK;

/* The functions below run on a store thread (see store_fn); wrap them in store_read/_write or a
 * journaled step. JSON objects: {id, name, kind, task, task_hash, code, prompt, model, backend,
 * tokens_in, tokens_out, solved, checked:{…}, result, grants:{…}, job, created, attempts:[…]}. */

/* Inserts; sets *id to the new id ("a17"). */
enum err artifact_insert(sqlite3 *db, struct json_object *artifact, char id[24],
                         struct err_info *info) MUST_CHECK;
/* "a17" or "17" → 17; 0: no such name. */
int64_t artifact_number(const char *id);
/* ERR_NOT_FOUND. With tags, rating, uses, last_use and deleted (ms since 1970; 0: it is not).
 * Caller puts *out. */
enum err artifact_get(sqlite3 *db, const char *id, struct json_object **out,
                      struct err_info *info) MUST_CHECK;
/* The newest solved artifact of exactly this task that was not put aside; ERR_NOT_FOUND. */
enum err artifact_find(sqlite3 *db, const char task_hash[65], struct json_object **out) MUST_CHECK;

/* What a page shows; NULL and 0: all. */
struct artifact_filter {
    int limit;         /* rows of the page, 1 and more */
    int64_t before;    /* only smaller numbers: the next page */
    const char *query; /* words, each the beginning of a word of name or task */
    const char *kind,
        *tag;      /* without a kind: all but workflows, which stand beside their program */
    int64_t since; /* ms since 1970 */
    int solved;    /* 1, 0; -1: both */
    bool deleted;  /* those put aside instead of the others */
};
/* Newest first, without code and prompt. *more: there is a next page. Caller puts *out. */
enum err artifact_list(sqlite3 *db, const struct artifact_filter *filter, struct json_object **out,
                       bool *more) MUST_CHECK;
/* How many the filter lets through, on all pages together. */
enum err artifact_count(sqlite3 *db, const struct artifact_filter *filter,
                        int64_t *count) MUST_CHECK;

/* Sets the tags (array of strings), the rating, the time it was put aside (0: taken back).
 * ERR_NOT_FOUND. */
enum err artifact_tag(sqlite3 *db, int64_t number, struct json_object *tags,
                      struct err_info *info) MUST_CHECK;
enum err artifact_rate(sqlite3 *db, int64_t number, int rating, struct err_info *info) MUST_CHECK;
enum err artifact_put_aside(sqlite3 *db, int64_t number, int64_t when,
                            struct err_info *info) MUST_CHECK;
/* A job used it: counted once a job. */
enum err artifact_use(sqlite3 *db, int64_t number, int64_t job, int64_t when,
                      struct err_info *info) MUST_CHECK;
/* The jobs that used it, newest first: {job, kind, status, created, ended, input, result}. Caller
 * puts *out. */
enum err artifact_runs(sqlite3 *db, int64_t number, int limit, struct json_object **out,
                       struct err_info *info) MUST_CHECK;
/* What a job has kept, of one kind; id "": nothing. */
enum err artifact_of_job(sqlite3 *db, int64_t job, const char *kind, char id[24],
                         struct err_info *info) MUST_CHECK;

#endif
