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

/* Kinds: function (a program), text (an answer in words), workflow; and those of the old system's
 * memory: plan, code, sub_workflow, tool, prompt, pattern, performance, evaluation, failure,
 * bug_report, code_fix, debug_data, perf_data, conversation. */
bool artifact_kind_known(const char *kind);

/* The functions below run on a store thread (see store_fn); wrap them in store_read/_write or a
 * journaled step. JSON objects: {id, name, kind, task, task_hash, code, prompt, model, backend,
 * tokens_in, tokens_out, solved, checked:{…}, result, grants:{…}, job, created, attempts:[…]}.
 * The content is `content` (of the kinds without another member for it), `source`, `workflow` or
 * `text`; large members are stored once however often they occur (artifact_content.c). */

/* Inserts; sets *id to the new id ("a17"). A solution of a task that was solved before becomes the
 * next version of that one, as does what names an artifact in `version_of`; a version's number
 * follows from what changed (core/rag/interface.h), `reason` may say why. Taken over besides: tags,
 * rating, uses, last_use, deleted, quality_score (0 to 1, another system's word), version. */
enum err artifact_insert(sqlite3 *db, struct json_object *artifact, char id[24],
                         struct err_info *info) MUST_CHECK;
/* "a17" or "17" → 17; 0: no such name. */
int64_t artifact_number(const char *id);
/* ERR_NOT_FOUND. With tags, rating, uses, last_use and deleted (ms since 1970; 0: it is not), and
 * what versions have: chain (the id of its first), version ("1.0.2"), reason, breaking ("": it
 * breaks no caller), old (another version counts), quality (0 to 1), ok and bad (runs), stale (not
 * shown by searches). Exactly this one, whatever newer versions there are. Caller puts *out. */
enum err artifact_get(sqlite3 *db, const char *id, struct json_object **out,
                      struct err_info *info) MUST_CHECK;
/* The JSON of which the column `body` of this artifact is a part: with its large members, without
 * what has columns of its own. Caller puts *out. */
enum err artifact_body(sqlite3 *db, int64_t number, const char *body,
                       struct json_object **out) MUST_CHECK;
/* What a search may show: the version that counts, not put aside and not stale. For a WHERE. */
#define ARTIFACT_SEARCHED(alias) "(" alias ".deleted=0 AND " alias ".old=0 AND " alias ".stale=0)"
/* Of the solved versions for exactly this task that were not put aside the one that counts, else
 * the newest; ERR_NOT_FOUND. */
enum err artifact_find(sqlite3 *db, const char task_hash[65], struct json_object **out) MUST_CHECK;

/* What a page shows; NULL and 0: all. */
struct artifact_filter {
    int limit;              /* rows of the page, 1 and more */
    int64_t before;         /* only smaller numbers: the next page */
    const char *query;      /* words, each the beginning of a word of name or task */
    const char *kind, *tag; /* without a kind: all but workflows, which stand beside their program;
                               "*": really all */
    int64_t since;          /* ms since 1970 */
    int solved;             /* 1, 0; -1: both */
    bool deleted;           /* those put aside instead of the others */
    bool versions;          /* older versions, too */
    double quality;         /* at least, 0 to 1 */
};
/* Newest first, without code and prompt. *more: there is a next page. Caller puts *out. */
enum err artifact_list(sqlite3 *db, const struct artifact_filter *filter, struct json_object **out,
                       bool *more) MUST_CHECK;
/* The same rows of these numbers, in their order, without those that are not there. Caller puts
 * *out. */
enum err artifact_rows(sqlite3 *db, const int64_t *ids, size_t n, struct json_object **out,
                       struct err_info *info) MUST_CHECK;
/* How many the filter lets through, on all pages together. */
enum err artifact_count(sqlite3 *db, const struct artifact_filter *filter,
                        int64_t *count) MUST_CHECK;

/* Sets the tags (array of strings), the rating, the time it was put aside (0: taken back).
 * ERR_NOT_FOUND. `when`: now, ms since 1970. */
enum err artifact_tag(sqlite3 *db, int64_t number, struct json_object *tags,
                      struct err_info *info) MUST_CHECK;
enum err artifact_rate(sqlite3 *db, int64_t number, int rating, int64_t when,
                       struct err_info *info) MUST_CHECK;
enum err artifact_put_aside(sqlite3 *db, int64_t number, int64_t when,
                            struct err_info *info) MUST_CHECK;
/* Everything (`when` 0: everything is taken back); *count: how many. */
enum err artifact_put_all_aside(sqlite3 *db, int64_t when, int64_t *count,
                                struct err_info *info) MUST_CHECK;
/* A job used it: counted once a job. */
enum err artifact_use(sqlite3 *db, int64_t number, int64_t job, int64_t when,
                      struct err_info *info) MUST_CHECK;
/* The same, and how it ended: a run that did what was wanted or not, in `ms` (0: not known). */
enum err artifact_outcome(sqlite3 *db, int64_t number, int64_t job, bool ok, int64_t ms,
                          int64_t when, struct err_info *info) MUST_CHECK;
/* The formula of quality with this artifact's figures in it (quality_parts). Caller puts *out. */
enum err artifact_quality_parts(sqlite3 *db, int64_t number, struct json_object **out,
                                struct err_info *info) MUST_CHECK;
/* Adds to each of the artifact's `gates` its `trend` (scores over the versions up to this one,
 * oldest first), and `change` and `value_change` since the version before. The figures of a program
 * that was edited are those of the version that `gates_of` names, until it is judged again. */
enum err artifact_gates(sqlite3 *db, int64_t number, struct json_object *artifact,
                        struct err_info *info) MUST_CHECK;
/* Gates have judged it (again): `gates` takes the place of what they said before. ERR_NOT_FOUND. */
enum err artifact_judged(sqlite3 *db, int64_t number, struct json_object *gates, int64_t when,
                         struct err_info *info) MUST_CHECK;
/* Marks as stale what nobody uses and nobody praises (core/rag/quality.h). */
enum err artifact_sweep(sqlite3 *db, int64_t when, int64_t *pruned,
                        struct err_info *info) MUST_CHECK;

/* The versions of the chain that `number` is in, newest first: {id, chain, version, reason,
 * breaking, old, quality, kind, name, model, created, job, solved, deleted, rating, uses,
 * gate_score (when gates have judged it), gates_of}. Caller puts *out. */
enum err artifact_versions(sqlite3 *db, int64_t number, struct json_object **out,
                           struct err_info *info) MUST_CHECK;
/* {from, to, same_chain, bump: none|patch|minor|major, why, diff (unified, of the content),
 * changed: {member: {from, to}}}. Caller puts *out. */
enum err artifact_diff(sqlite3 *db, const char *a, const char *b, struct json_object **out,
                       struct err_info *info) MUST_CHECK;
/* A new version of `of` with the members of `changes` (its `reason` among them). A program is no
 * solution then until something has checked it. */
enum err artifact_revise(sqlite3 *db, const char *of, struct json_object *changes, int64_t when,
                         char id[24], struct err_info *info) MUST_CHECK;
/* A new version with the content of an older one, named by version or id; "": the one before the
 * newest. ERR_NOT_FOUND, ERR_EXISTS: it is the newest. */
enum err artifact_rollback(sqlite3 *db, const char *of, const char *to, int64_t when, char id[24],
                           struct err_info *info) MUST_CHECK;

/* {id, kind, name, version, created, job, step, stage, candidate, model, repaired_from,
 * derived_from: [{id, how, gone, kind, name, version, deleted}], derivatives: [the same]}; how:
 * version, adapted, repaired, program, step, edited, rolled back. Caller puts *out. */
enum err artifact_lineage(sqlite3 *db, const char *id, struct json_object **out,
                          struct err_info *info) MUST_CHECK;

enum { GC_PIECE = 200 };
struct gc_figures {
    int64_t artifacts, contents, bytes, embeddings; /* bytes: of the contents */
};
/* Removes for good what was put aside until `before` (ms since 1970), a piece at a call: added to
 * *out; *more: call again. Then contents that nobody refers to. `dry`: counts only, all at once. */
enum err artifact_gc(sqlite3 *db, int64_t before, bool dry, struct gc_figures *out, bool *more,
                     struct err_info *info) MUST_CHECK;
/* Brings words into the index of the search: of what was kept or changed and has a number above
 * *left, of at most so many artifacts, the newest. *left becomes the largest number that is still
 * to come in, 0: none. The store does it before each commit and goes on with what is left (of an
 * old database, of a large import) while it has nothing else to do. */
enum { WORDS_AT_ONCE = 2000, WORDS_PIECE = 100 };
enum err artifact_index_words(sqlite3 *db, int most, int64_t *left,
                              struct err_info *info) MUST_CHECK;
/* Forgets the index; all comes into it again as above. */
enum err artifact_index_anew(sqlite3 *db, struct err_info *info) MUST_CHECK;
/* All of them, unless a transaction runs: the store does it before it commits. */
enum err artifact_index_soon(sqlite3 *db, struct err_info *info) MUST_CHECK;
/* The newest profile of an artifact (kind performance, made from it by "profiled"), not put aside:
 * its id, "" when there is none, and what it says (NULL: not wanted; caller puts *out). */
enum err artifact_profile(sqlite3 *db, int64_t number, char id[24], struct json_object **out,
                          struct err_info *info) MUST_CHECK;
/* The jobs that used it, newest first: {job, kind, status, created, ended, input, result}. Caller
 * puts *out. */
enum err artifact_runs(sqlite3 *db, int64_t number, int limit, struct json_object **out,
                       struct err_info *info) MUST_CHECK;
/* How many jobs used it on each of the last USE_DAYS days (of this machine's clock), the oldest
 * first, today last; empty when there was none. Caller puts *out. */
enum { USE_DAYS = 30 };
enum err artifact_use_days(sqlite3 *db, int64_t number, int64_t now, struct json_object **out,
                           struct err_info *info) MUST_CHECK;
/* What a job has kept, of one kind; id "": nothing. */
enum err artifact_of_job(sqlite3 *db, int64_t job, const char *kind, char id[24],
                         struct err_info *info) MUST_CHECK;

#endif
