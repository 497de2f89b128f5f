/* The store: one SQLite database, one writer thread that commits in groups, one reader thread.
 * Requests are committed in the order in which they were made (first in, first out), so a row that
 * nobody waited for is never missing below one that was acknowledged. */
#ifndef DISE_CORE_STORE_H
#define DISE_CORE_STORE_H

#include <sqlite3.h>

#include "core/job/fiber.h"

struct store;

/* Runs on a store thread, inside the group's transaction (a savepoint per request): touches nothing
 * but `db`, `arg` and `info`. An error rolls this request back, not its neighbours. */
typedef enum err store_fn(sqlite3 *db, void *arg, struct err_info *info);

/* Opens or creates the database, migrates it (numbered migrations in store_migrate.c), checks it
 * after an unclean end. ERR_CORRUPT: the file was moved aside as `<path>.corrupt-<time>` and a new
 * one was begun, with the sentence in `info` and *out valid; a database of a newer program:
 * ERR_VERSION, *out NULL. */
enum err store_open(struct sched *s, const char *path, struct store **out,
                    struct err_info *info) MUST_CHECK;
/* Commits what is queued, ends the threads, closes the files. From the loop's own stack or a fiber.
 */
void store_close(struct store *s);

/* Writes and waits for the durable commit. Not cut by a cancellation once it is queued (the
 * writer owns `arg` until it returns). */
enum err store_write(struct store *s, store_fn *fn, void *arg, struct err_info *info) MUST_CHECK;
/* STORE_LAZY: committed with the next urgent write or after a few milliseconds. */
enum store_when { STORE_LAZY, STORE_NOW };
/* Writes without waiting. The store calls `done(arg, result)` (may be NULL) on the loop's thread
 * after the commit, in the order of the requests. */
enum err store_post(struct store *s, enum store_when when, store_fn *fn, void *arg,
                    void (*done)(void *arg, enum err result)) MUST_CHECK;
/* While somebody holds, lazy writes wait longer for an urgent one (for half a second at most):
 * who knows that a write will follow soon saves a commit. Each hold needs its release. */
void store_hold(struct store *s, bool on);
/* Reads on the reader's connection; sees every write acknowledged before the call. */
enum err store_read(struct store *s, store_fn *fn, void *arg, struct err_info *info) MUST_CHECK;

/* Maps an SQLite result code and keeps its message. SQLITE_OK, _ROW and _DONE are ERR_OK. */
enum err store_error(sqlite3 *db, int code, struct err_info *info);
/* Runs one statement without result; the variable arguments are bound in turn by the letters of
 * `types`: i (int64_t), t (const char *, NULL: null), b (const void *, size_t). */
enum err store_exec(sqlite3 *db, struct err_info *info, const char *sql, const char *types,
                    ...) MUST_CHECK;
/* Prepares and binds in the same way; the caller steps and sqlite3_finalize()s. */
enum err store_prepare(sqlite3 *db, struct err_info *info, sqlite3_stmt **out, const char *sql,
                       const char *types, ...) MUST_CHECK;
/* The next row of a statement: while (store_row(st, &e, info)) reads them all. False when *e is set
 * already (`st` is not touched), when there is no further row, or when the database could not be
 * read: then *e and `info` say so, as what is missing must not be taken for the end. */
bool store_row(sqlite3_stmt *st, enum err *e, struct err_info *info) MUST_CHECK;
/* Brings the schema up to this program's version (store_migrate.c); ERR_VERSION when it is newer.
 */
enum err store_migrate(sqlite3 *db, struct err_info *info) MUST_CHECK;
/* The same up to an older version at most, so that tests have databases of before. */
enum err store_migrate_to(sqlite3 *db, int wanted, struct err_info *info) MUST_CHECK;

struct store_stats {
    int64_t commits, writes, reads;
};
void store_stats(const struct store *s, struct store_stats *out);

#endif
