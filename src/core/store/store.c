#include "core/store/store.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/figure.h"
#include "base/log.h"
#include "base/path.h"
#include "core/store/artifact.h"
#include "core/store/salvage.h"
#include "core/store/tokenizer.h"

enum {
    LAZY_MS = 5,      /* how long a lazy write may wait for company */
    HELD_MS = 500,    /* the same while somebody holds */
    CHECK_MS = 400,   /* bound of quick_check at open */
    GROUP_MAX = 4096, /* requests in one transaction */
    OPEN_WORDS = 300, /* artifacts whose words are indexed before the store is open */
    CACHE_KB = 2048,  /* of each connection */
    SPILL_PAGES =
        8192, /* of one transaction that are held: a full cache is searched at each page */
};

struct request {
    struct request *next;
    store_fn *fn;
    void *arg;
    void (*done)(void *arg, enum err result);
    struct await *await; /* NULL: posted, the request is on the heap */
    struct err_info info;
    enum err result;
};

struct queue {
    struct request *first, **last;
};

/* One thread with its connection. */
struct lane {
    struct store *store;
    pthread_t thread;
    pthread_cond_t wake;
    struct queue queue;
    sqlite3 *db;
    bool urgent;
    int64_t left; /* the writer's: so far words wait to be indexed; its own thread's */
    void (*serve)(struct lane *, struct queue *);
};

struct store {
    struct sched *sched;
    uv_async_t async;
    pthread_mutex_t lock; /* guards the queues, `urgent`, `closing`, `held`, `finished`, `stats` */
    struct lane writer, reader;
    struct queue finished;
    bool closing;
    int held;
    struct store_stats stats;
    char damaged[PATH_SIZE + 16]; /* a file that is there when damage was met */
    /* of the loop's thread */
    int pending;     /* requests not yet delivered */
    int handles;     /* not yet closed */
    uv_check_t turn; /* wakes the writer once a turn, so that its fibers share a commit */
    uv_idle_t hurry; /* keeps the loop from sleeping before that */
};

/* ---- helpers for statements ---- */

enum err store_error(sqlite3 *db, int code, struct err_info *info)
{
    enum err e = ERR_IO;
    switch (code & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return ERR_OK;
    case SQLITE_FULL:
        e = ERR_NOSPACE;
        break;
    case SQLITE_NOMEM:
        e = ERR_NOMEM;
        break;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        e = ERR_CORRUPT;
        break;
    case SQLITE_CONSTRAINT:
        e = ERR_EXISTS;
        break;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        e = ERR_BUSY;
        break;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
        e = ERR_DENIED;
        break;
    case SQLITE_TOOBIG:
        e = ERR_TOO_LARGE;
        break;
    default:
        break;
    }
    err_set(info, e, "database: %s", db ? sqlite3_errmsg(db) : sqlite3_errstr(code));
    if (info)
        info->native = code;
    return e;
}

static enum err prepare(sqlite3 *db, struct err_info *info, sqlite3_stmt **out, const char *sql,
                        const char *types, va_list args)
{
    int code = sqlite3_prepare_v2(db, sql, -1, out, NULL);
    for (int i = 1; code == SQLITE_OK && types[i - 1]; i++) {
        const void *data;
        switch (types[i - 1]) {
        case 'i':
            code = sqlite3_bind_int64(*out, i, va_arg(args, int64_t));
            break;
        case 't':
            code = sqlite3_bind_text(*out, i, va_arg(args, const char *), -1, SQLITE_STATIC);
            break;
        default:
            data = va_arg(args, const void *);
            code = sqlite3_bind_blob64(*out, i, data, va_arg(args, size_t), SQLITE_STATIC);
            break;
        }
    }
    if (code != SQLITE_OK) {
        enum err e = store_error(db, code, info);
        sqlite3_finalize(*out);
        *out = NULL;
        return e;
    }
    return ERR_OK;
}

enum err store_prepare(sqlite3 *db, struct err_info *info, sqlite3_stmt **out, const char *sql,
                       const char *types, ...)
{
    va_list args;
    enum err e;
    va_start(args, types);
    e = prepare(db, info, out, sql, types, args);
    va_end(args);
    return e;
}

enum err store_exec(sqlite3 *db, struct err_info *info, const char *sql, const char *types, ...)
{
    sqlite3_stmt *st;
    va_list args;
    enum err e;
    va_start(args, types);
    e = prepare(db, info, &st, sql, types, args);
    va_end(args);
    if (e)
        return e;
    e = store_error(db, sqlite3_step(st), info);
    sqlite3_finalize(st);
    return e;
}

bool store_row(sqlite3_stmt *st, enum err *e, struct err_info *info)
{
    int code;
    if (*e)
        return false;
    code = sqlite3_step(st);
    *e = store_error(sqlite3_db_handle(st), code, info);
    return code == SQLITE_ROW;
}

/* ---- the threads ---- */

static void queue_init(struct queue *q)
{
    q->first = NULL;
    q->last = &q->first;
}

static void queue_add(struct queue *q, struct request *r)
{
    r->next = NULL;
    *q->last = r;
    q->last = &r->next;
}

static void queue_append(struct queue *q, struct queue *tail)
{
    if (!tail->first)
        return;
    *q->last = tail->first;
    q->last = tail->last;
    queue_init(tail);
}

/* ---- damage ---- */

/* SQLite logs each page that it finds malformed, also where a statement then just ends early. */
static _Thread_local bool met_damage;

static void on_sqlite_log(void *arg, int code, const char *text)
{
    (void)arg;
    (void)text;
    met_damage |= (code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB;
}

/* After a request: damage that it met is remembered beside the database, which is looked at when it
 * is opened the next time; and nobody takes half an answer for a whole one. */
static void look_for_damage(const struct store *s, struct request *r)
{
    int fd;
    met_damage |= r->result == ERR_CORRUPT && (r->info.native & 0xff) == SQLITE_CORRUPT;
    if (!met_damage)
        return;
    met_damage = false;
    fd = open(s->damaged, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
    if (fd >= 0) {
        close(fd);
        log_line("the database is damaged: %.200s", r->info.message);
    }
    r->result = err_set(&r->info, ERR_CORRUPT,
                        "the database is damaged; `dise restart` puts it aside and takes over "
                        "what can be read of it");
    r->info.native = SQLITE_CORRUPT;
}

/* ---- requests ---- */

static void serve_one(const struct store *s, sqlite3 *db, struct request *r)
{
    int code = sqlite3_exec(db, "SAVEPOINT request", NULL, NULL, NULL);
    if (code != SQLITE_OK) {
        r->result = store_error(db, code, &r->info);
        return;
    }
    r->result = r->fn(db, r->arg, &r->info);
    look_for_damage(s, r);
    if (r->result)
        sqlite3_exec(db, "ROLLBACK TO request", NULL, NULL, NULL);
    code = sqlite3_exec(db, "RELEASE request", NULL, NULL, NULL);
    if (code != SQLITE_OK && !r->result)
        r->result = store_error(db, code, &r->info);
}

static void fail_all(struct queue *batch, enum err e, const struct err_info *info)
{
    for (struct request *r = batch->first; r; r = r->next) {
        r->result = e;
        r->info = *info;
    }
}

/* SQLite itself rolls the transaction back after some errors (disk full, I/O). What followed would
 * then be committed row by row. */
static enum err rolled_back(sqlite3 *db, const struct request *r, struct err_info *info)
{
    if (!sqlite3_get_autocommit(db))
        return ERR_OK;
    if (r->result)
        *info = r->info;
    return r->result ? r->result : err_set(info, ERR_IO, "database: the transaction was undone");
}

/* A search that finds less is no reason to refuse what was to be kept: an error here is one only
 * when it has undone the transaction. */
static enum err index_words(sqlite3 *db, int most, int64_t *left, struct err_info *info)
{
    enum err e = store_error(db, sqlite3_exec(db, "SAVEPOINT words", NULL, NULL, NULL), info);
    if (e)
        return e;
    e = artifact_index_words(db, most, left, info);
    if (e && sqlite3_get_autocommit(db))
        return e;
    if (e) {
        log_line("the words of what was kept cannot be indexed: %s", info->message);
        sqlite3_exec(db, "ROLLBACK TO words", NULL, NULL, NULL);
    }
    return store_error(db, sqlite3_exec(db, "RELEASE words", NULL, NULL, NULL), info);
}

/* One request needs no savepoint: what it did is undone with the transaction. A savepoint keeps the
 * pages before it in memory, in a list that SQLite walks from its beginning whenever a statement
 * inside ends (memjrnlTruncate): a thousand artifacts in one request took a third longer by it. */
static enum err serve_alone(const struct store *s, sqlite3 *db, struct request *r,
                            struct err_info *info)
{
    enum err e;
    r->result = r->fn(db, r->arg, &r->info);
    look_for_damage(s, r);
    e = r->result;
    if (e)
        *info = r->info;
    return e ? e : rolled_back(db, r, info);
}

/* One transaction for the whole batch. */
static void serve_writes(struct lane *lane, struct queue *batch)
{
    int64_t left = batch->first ? lane->left : 0;
    const bool alone = batch->first && !batch->first->next;
    struct err_info info = {0};
    enum err e = store_error(lane->db, sqlite3_exec(lane->db, "BEGIN IMMEDIATE", 0, 0, 0), &info);
    if (!e && alone)
        e = serve_alone(lane->store, lane->db, batch->first, &info);
    for (struct request *r = alone ? NULL : batch->first; !e && r; r = r->next) {
        serve_one(lane->store, lane->db, r);
        e = rolled_back(lane->db, r, &info);
    }
    if (!e)
        e = batch->first ? index_words(lane->db, WORDS_AT_ONCE, &left, &info)
                         : index_words(lane->db, WORDS_PIECE, &left, &info);
    if (!e)
        e = store_error(lane->db, sqlite3_exec(lane->db, "COMMIT", NULL, NULL, NULL), &info);
    if (e) {
        sqlite3_exec(lane->db, "ROLLBACK", NULL, NULL, NULL);
        fail_all(batch, e, &info);
        left = batch->first ? lane->left : 0; /* it is tried again with the next commit */
    }
    lane->left = left;
}

static void serve_reads(struct lane *lane, struct queue *batch)
{
    for (struct request *r = batch->first; r; r = r->next) {
        r->result = r->fn(lane->db, r->arg, &r->info);
        look_for_damage(lane->store, r);
    }
}

static struct timespec in_ms(long ms)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_nsec += ms * 1000000L;
    t.tv_sec += t.tv_nsec / 1000000000L;
    t.tv_nsec %= 1000000000L;
    return t;
}

/* Waits for work: until somebody waits for it, for LAZY_MS and as long as it is held otherwise. */
static void await_work(struct lane *lane)
{
    struct store *s = lane->store;
    struct timespec until;
    bool late = false; /* LAZY_MS are over */
    while (!lane->queue.first && !s->closing && !lane->left)
        pthread_cond_wait(&lane->wake, &s->lock);
    if (lane->urgent || s->closing || !lane->queue.first)
        return;
    until = in_ms(LAZY_MS);
    while (!lane->urgent && !s->closing && !(late && !s->held)) {
        if (!pthread_cond_timedwait(&lane->wake, &s->lock, &until))
            continue;
        if (late)
            return;
        late = true;
        until = in_ms(HELD_MS - LAZY_MS);
    }
}

static void take_batch(struct lane *lane, struct queue *batch)
{
    int n = 0;
    queue_init(batch);
    while (lane->queue.first && n++ < GROUP_MAX) {
        struct request *r = lane->queue.first;
        lane->queue.first = r->next;
        queue_add(batch, r);
    }
    if (!lane->queue.first) {
        queue_init(&lane->queue);
        lane->urgent = false;
    }
}

static void *lane_main(void *arg)
{
    struct lane *lane = arg;
    struct store *s = lane->store;
    struct queue batch;
    pthread_mutex_lock(&s->lock);
    for (;;) {
        await_work(lane);
        if (!lane->queue.first && s->closing)
            break;
        take_batch(lane, &batch);
        pthread_mutex_unlock(&s->lock);
        lane->serve(lane, &batch);
        pthread_mutex_lock(&s->lock);
        s->stats.commits += lane == &s->writer;
        queue_append(&s->finished, &batch);
        uv_async_send(&s->async);
    }
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

/* ---- the loop's side ---- */

static void deliver(struct store *s)
{
    struct queue q;
    pthread_mutex_lock(&s->lock);
    queue_init(&q);
    queue_append(&q, &s->finished);
    pthread_mutex_unlock(&s->lock);
    while (q.first) {
        struct request *r = q.first;
        q.first = r->next;
        if (--s->pending == 0)
            uv_unref((uv_handle_t *)&s->async);
        if (r->await) {
            await_done(r->await, ERR_OK); /* r lives on the fiber's stack: not ours from here */
            continue;
        }
        if (r->done)
            r->done(r->arg, r->result);
        free(r);
    }
}

static void on_async(uv_async_t *async)
{
    deliver(async->data);
}

static void on_hurry(uv_idle_t *idle)
{
    (void)idle;
}

static void on_turn(uv_check_t *check)
{
    struct store *s = check->data;
    uv_check_stop(&s->turn);
    uv_idle_stop(&s->hurry);
    pthread_mutex_lock(&s->lock);
    s->writer.urgent = s->writer.queue.first != NULL;
    pthread_cond_signal(&s->writer.wake);
    pthread_mutex_unlock(&s->lock);
}

static void enqueue(struct lane *lane, struct request *r, bool urgent)
{
    struct store *s = lane->store;
    if (s->pending++ == 0)
        uv_ref((uv_handle_t *)&s->async);
    pthread_mutex_lock(&s->lock);
    queue_add(&lane->queue, r);
    if (lane == &s->writer)
        s->stats.writes++;
    else
        s->stats.reads++;
    if (lane == &s->reader || !urgent) {
        lane->urgent |= urgent;
        pthread_cond_signal(&lane->wake);
    }
    pthread_mutex_unlock(&s->lock);
    if (lane == &s->writer && urgent && !uv_is_active((uv_handle_t *)&s->turn)) {
        uv_check_start(&s->turn, on_turn);
        uv_idle_start(&s->hurry, on_hurry);
    }
}

/* The thread owns `arg` until it is done, so a cancelled fiber still waits for that. */
static enum err request_and_wait(struct lane *lane, store_fn *fn, void *arg, struct err_info *info)
{
    struct await await;
    struct request r = {.fn = fn, .arg = arg, .await = &await};
    enum err e;
    fiber_shield(true);
    await_init(&await, NULL, NULL);
    enqueue(lane, &r, true);
    e = await_wait(&await);
    fiber_shield(false);
    if (!e)
        e = r.result;
    if (e && info)
        *info = r.info;
    return e;
}

enum err store_write(struct store *s, store_fn *fn, void *arg, struct err_info *info)
{
    return request_and_wait(&s->writer, fn, arg, info);
}

enum err store_read(struct store *s, store_fn *fn, void *arg, struct err_info *info)
{
    return request_and_wait(&s->reader, fn, arg, info);
}

enum err store_post(struct store *s, enum store_when when, store_fn *fn, void *arg,
                    void (*done)(void *arg, enum err result))
{
    struct request *r = calloc(1, sizeof *r);
    if (!r)
        return ERR_NOMEM;
    *r = (struct request){.fn = fn, .arg = arg, .done = done};
    enqueue(&s->writer, r, when == STORE_NOW);
    return ERR_OK;
}

void store_stats(const struct store *s, struct store_stats *out)
{
    pthread_mutex_t *lock = (pthread_mutex_t *)(uintptr_t)&s->lock;
    pthread_mutex_lock(lock);
    *out = s->stats;
    pthread_mutex_unlock(lock);
}

void store_hold(struct store *s, bool on)
{
    pthread_mutex_lock(&s->lock);
    s->held += on ? 1 : -1;
    if (!s->held)
        pthread_cond_signal(&s->writer.wake);
    pthread_mutex_unlock(&s->lock);
}

/* ---- opening ---- */

static int stop_checking(void *arg)
{
    const struct timespec *until = arg;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec > until->tv_sec ||
           (now.tv_sec == until->tv_sec && now.tv_nsec > until->tv_nsec);
}

static void damage_mark(const char *path, char out[PATH_SIZE + 16])
{
    snprintf(out, PATH_SIZE + 16, "%.1000s.damaged", path);
}

/* quick_check, given up after CHECK_MS (a large database is then trusted as SQLite left it) unless
 * damage was met: then to its end. */
static enum err check(sqlite3 *db, bool whole, struct err_info *info)
{
    struct timespec until;
    sqlite3_stmt *st;
    enum err e;
    int code;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += CHECK_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    e = store_prepare(db, info, &st, "PRAGMA quick_check(1)", "");
    if (e)
        return e;
    if (!whole)
        sqlite3_progress_handler(db, 1000, stop_checking, &until);
    code = sqlite3_step(st);
    sqlite3_progress_handler(db, 0, NULL, NULL);
    if (code == SQLITE_ROW && strcmp((const char *)sqlite3_column_text(st, 0), "ok") != 0) {
        const char *text = (const char *)sqlite3_column_text(st, 0), *line = strchr(text, '\n');
        e = err_set(info, ERR_CORRUPT, "database: %s", line ? line + 1 : text); /* below a title */
    } else if (code != SQLITE_INTERRUPT)
        e = store_error(db, code, info);
    sqlite3_finalize(st);
    return e;
}

static enum err open_connection(const char *path, sqlite3 **db, struct err_info *info)
{
    char sql[256];
    int code = sqlite3_open_v2(
        path, db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
    if (code == SQLITE_OK) {
        sqlite3_extended_result_codes(*db, 1);
        sqlite3_busy_timeout(*db, 5000);
        snprintf(sql, sizeof sql,
                 "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-%d;"
                 "PRAGMA cache_spill=%d; PRAGMA foreign_keys=ON; PRAGMA temp_store=MEMORY;",
                 CACHE_KB, SPILL_PAGES);
        code = sqlite3_exec(*db, sql, NULL, NULL, NULL);
    }
    enum err e = code == SQLITE_OK ? tokenizer_register(*db, info) : store_error(*db, code, info);
    if (!e)
        return ERR_OK;
    sqlite3_close(*db);
    *db = NULL;
    return e;
}

/* Opens, checks after an unclean end (a write-ahead log was left), migrates. *left as in
 * artifact_index_words. */
static enum err open_checked(const char *path, sqlite3 **db, int64_t *left, struct err_info *info)
{
    char wal[PATH_SIZE + 8];
    struct stat st;
    char mark[PATH_SIZE + 16];
    bool damaged, unclean = snprintf(wal, sizeof wal, "%s-wal", path) < (int)sizeof wal &&
                            stat(wal, &st) == 0 && st.st_size > 0;
    enum err e = open_connection(path, db, info);
    damage_mark(path, mark);
    damaged = access(mark, F_OK) == 0;
    if (!e && (unclean || damaged)) {
        e = check(*db, damaged, info);
        if (e == ERR_CORRUPT) /* a page that could not be read once is no damage */
            e = check(*db, damaged, info);
    }
    if (!e)
        e = store_migrate(*db, info);
    if (!e && damaged) /* then it was the index of words */
        e = artifact_index_anew(*db, info);
    if (!e || e == ERR_CORRUPT)
        unlink(mark);
    met_damage = false;
    if (!e)
        e = index_words(*db, OPEN_WORDS, left, info);
    if (e && *db) {
        sqlite3_close(*db);
        *db = NULL;
    }
    return e;
}

static void move_aside(const char *path, char *to, size_t size)
{
    static const char *const endings[] = {"", "-wal", "-shm"};
    char from[PATH_SIZE + 8], target[PATH_SIZE + 64];
    snprintf(to, size, "%s.corrupt-%lld", path, (long long)time(NULL));
    for (int i = 0; i < 3; i++) {
        snprintf(from, sizeof from, "%s%s", path, endings[i]);
        snprintf(target, sizeof target, "%s%s", to, endings[i]);
        rename(from, target);
    }
}

/* In a sentence: what the new database has of the damaged one. */
static void salvage(sqlite3 *db, const char *damaged, char *out, size_t size)
{
    struct err_info why = {0};
    struct salvage s;
    int n;
    if (store_salvage(db, damaged, &s, &why)) {
        snprintf(out, size, "nothing of it could be read");
        return;
    }
    n = snprintf(out, size, "%lld artifact%s and %lld ended job%s were taken over from it",
                 (long long)(s.artifacts - s.incomplete), figure_s(s.artifacts - s.incomplete),
                 (long long)s.jobs, figure_s(s.jobs));
    if (s.incomplete)
        n +=
            snprintf(out + n, size - (size_t)n,
                     ", %lld artifacts without their program (put aside)", (long long)s.incomplete);
    if (s.unfinished)
        n += snprintf(out + n, size - (size_t)n, "; %lld unfinished jobs are lost",
                      (long long)s.unfinished);
    snprintf(out + n, size - (size_t)n, "%s", s.torn ? "; the rest cannot be read" : "");
}

static enum err open_or_replace(const char *path, sqlite3 **db, int64_t *left,
                                struct err_info *info)
{
    char aside[PATH_SIZE + 32], saved[300];
    struct err_info first = {0};
    enum err e = open_checked(path, db, left, &first);
    if (e != ERR_CORRUPT) {
        if (e && info)
            *info = first;
        return e;
    }
    move_aside(path, aside, sizeof aside);
    e = open_checked(path, db, left, info);
    if (e)
        return e;
    salvage(*db, aside, saved, sizeof saved);
    *left = 0;
    e = index_words(*db, OPEN_WORDS, left, info);
    return err_set(info, ERR_CORRUPT,
                   "the database was damaged (%.100s); it was moved to %.160s and a new one begun: "
                   "%.180s",
                   first.message, aside, saved);
}

static int start_lane(struct store *s, struct lane *lane,
                      void (*serve)(struct lane *, struct queue *))
{
    pthread_condattr_t monotonic;
    lane->store = s;
    lane->serve = serve;
    queue_init(&lane->queue);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&lane->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    return pthread_create(&lane->thread, NULL, lane_main, lane);
}

enum err store_open(struct sched *sched, const char *path, struct store **out,
                    struct err_info *info)
{
    struct store *s = calloc(1, sizeof *s);
    enum err opened, e;
    *out = NULL;
    if (!s)
        return err_set(info, ERR_NOMEM, "out of memory");
    s->sched = sched;
    /* nobody asks how much memory SQLite has, and each allocation took a lock for it; refused after
     * the first store of a process, when it is so already */
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    (void)sqlite3_config(SQLITE_CONFIG_LOG, on_sqlite_log, NULL);
    damage_mark(path, s->damaged);
    opened = open_or_replace(path, &s->writer.db, &s->writer.left, info);
    if (!s->writer.db) {
        free(s);
        return opened;
    }
    e = open_connection(path, &s->reader.db, info);
    if (e) {
        sqlite3_close(s->writer.db);
        free(s);
        return e;
    }
    queue_init(&s->finished);
    pthread_mutex_init(&s->lock, NULL);
    uv_async_init(sched_loop(sched), &s->async, on_async);
    uv_unref((uv_handle_t *)&s->async);
    uv_check_init(sched_loop(sched), &s->turn);
    uv_idle_init(sched_loop(sched), &s->hurry);
    s->async.data = s->turn.data = s->hurry.data = s;
    s->handles = 3;
    if (start_lane(s, &s->writer, serve_writes) || start_lane(s, &s->reader, serve_reads))
        abort(); /* a process without room for two threads cannot go on */
    *out = s;
    return opened;
}

static void on_closed(uv_handle_t *h)
{
    struct store *s = h->data;
    if (--s->handles == 0)
        free(s);
}

void store_close(struct store *s)
{
    pthread_mutex_lock(&s->lock);
    s->closing = true;
    pthread_cond_signal(&s->writer.wake);
    pthread_cond_signal(&s->reader.wake);
    pthread_mutex_unlock(&s->lock);
    pthread_join(s->writer.thread, NULL);
    pthread_join(s->reader.thread, NULL);
    deliver(s);
    sqlite3_close(s->reader.db);
    sqlite3_close(s->writer.db);
    pthread_cond_destroy(&s->writer.wake);
    pthread_cond_destroy(&s->reader.wake);
    pthread_mutex_destroy(&s->lock);
    uv_close((uv_handle_t *)&s->async, on_closed);
    uv_close((uv_handle_t *)&s->turn, on_closed);
    uv_close((uv_handle_t *)&s->hurry, on_closed);
}
