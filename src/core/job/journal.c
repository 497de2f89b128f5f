/* Rows of the journal: loading them for a replay, writing them with their events. */
#include <stdlib.h>
#include <string.h>

#include "base/day_time.h"
#include "core/job/job_internal.h"

/* ---- loading ---- */

static char *copy(const void *data, size_t n)
{
    char *p = malloc(n + 1);
    if (p) {
        if (n)
            memcpy(p, data, n);
        p[n] = 0;
    }
    return p;
}

static enum err read_record(sqlite3_stmt *st, struct record *r)
{
    const char *message = (const char *)sqlite3_column_text(st, 6);
    memset(r, 0, sizeof *r);
    snprintf(r->path, sizeof r->path, "%s", (const char *)sqlite3_column_text(st, 0));
    r->state = (enum record_state)sqlite3_column_int(st, 1);
    r->attempt = sqlite3_column_int(st, 2);
    r->name = strdup((const char *)sqlite3_column_text(st, 3));
    snprintf(r->input, sizeof r->input, "%s", (const char *)sqlite3_column_text(st, 4));
    r->err = (enum err)sqlite3_column_int(st, 5);
    r->message = message ? strdup(message) : NULL;
    r->value_len = (size_t)sqlite3_column_bytes(st, 7);
    r->value = copy(sqlite3_column_blob(st, 7), r->value_len);
    return r->name && r->value ? ERR_OK : ERR_NOMEM;
}

static void record_free(struct record *r)
{
    free(r->name);
    free(r->message);
    free(r->value);
    free(r->given);
}

static enum err load_rows(sqlite3 *db, int64_t job, const char *where, struct record **rows,
                          size_t *count, struct err_info *info)
{
    char sql[256];
    sqlite3_stmt *st;
    enum err e;
    size_t cap = 0;
    snprintf(sql, sizeof sql,
             "SELECT path,state,attempt,name,input,err,message,value FROM step"
             " WHERE job=? AND %s ORDER BY path",
             where);
    e = store_prepare(db, info, &st, sql, "i", job);
    while (store_row(st, &e, info)) {
        if (*count == cap) {
            struct record *more = realloc(*rows, (cap = cap ? cap * 2 : 32) * sizeof **rows);
            if (!more)
                e = ERR_NOMEM;
            else
                *rows = more;
        }
        if (!e)
            e = read_record(st, &(*rows)[(*count)++]);
    }
    sqlite3_finalize(st);
    return e;
}

static enum err load_signals(sqlite3 *db, int64_t job, char ***out, struct err_info *info)
{
    sqlite3_stmt *st;
    size_t n = 0;
    enum err e = store_prepare(db, info, &st, "SELECT name,body FROM signal WHERE job=?", "i", job);
    while (store_row(st, &e, info)) {
        char **more = realloc(*out, (n + 3) * sizeof *more);
        if (!more) {
            e = ERR_NOMEM;
            break;
        }
        *out = more;
        more[n++] = strdup((const char *)sqlite3_column_text(st, 0));
        more[n++] = strdup((const char *)sqlite3_column_text(st, 1));
        more[n] = NULL;
    }
    sqlite3_finalize(st);
    return e;
}

/* Rows of another version of the job's kind were moved below "~". */
enum err journal_load(sqlite3 *db, void *arg, struct err_info *info)
{
    struct journal_load *load = arg;
    struct journal *j = load->out;
    enum err e = load_rows(db, load->job, "path<'~'", &j->rows, &j->count, info);
    if (!e)
        e = load_rows(db, load->job, "path>='~' AND state=1", &j->earlier, &j->earlier_count, info);
    if (!e)
        e = load_signals(db, load->job, &j->signals, info);
    return e;
}

void journal_free(struct journal *j)
{
    for (size_t i = 0; i < j->count; i++)
        record_free(&j->rows[i]);
    for (size_t i = 0; i < j->earlier_count; i++)
        record_free(&j->earlier[i]);
    for (size_t i = 0; j->signals && j->signals[i]; i++)
        free(j->signals[i]);
    free(j->rows);
    free(j->earlier);
    free(j->signals);
    memset(j, 0, sizeof *j);
}

static int compare(const void *key, const void *row)
{
    return strcmp(key, ((const struct record *)row)->path);
}

struct record *journal_find(struct journal *j, const char *path)
{
    return j->count ? bsearch(path, j->rows, j->count, sizeof *j->rows, compare) : NULL;
}

void journal_use_below(struct journal *j, const char *path)
{
    size_t n = strlen(path);
    for (size_t i = 0; i < j->count; i++)
        if (strncmp(j->rows[i].path, path, n) == 0 &&
            (j->rows[i].path[n] == 0 || j->rows[i].path[n] == '.'))
            j->rows[i].used = true;
}

const struct record *journal_left_over(const struct journal *j)
{
    for (size_t i = 0; i < j->count; i++)
        if (!j->rows[i].used && j->rows[i].state == RECORD_DONE)
            return &j->rows[i];
    return NULL;
}

const struct record *journal_earlier(const struct journal *j, const char *name, const char *input)
{
    for (size_t i = 0; i < j->earlier_count; i++)
        if (strcmp(j->earlier[i].input, input) == 0 && strcmp(j->earlier[i].name, name) == 0 &&
            j->earlier[i].err == ERR_OK)
            return &j->earlier[i];
    return NULL;
}

/* ---- writing ---- */

enum err event_line(struct buf *out, enum event_type type, int64_t seq, int64_t job, int64_t time,
                    const char *body)
{
    return buf_addf(out, "{\"type\":\"%s\",\"seq\":%lld,\"job\":%lld,\"time\":%lld%s%s",
                    event_name(type), (long long)seq, (long long)job, (long long)time,
                    body[0] == '{' && body[1] != '}' ? "," : "", body[0] == '{' ? body + 1 : "}");
}

struct entry *entry_new(struct root *root)
{
    struct entry *e = calloc(1, sizeof *e);
    if (e) {
        e->root = root;
        e->job = root->id;
        buf_init(&e->held, JOB_HELD_MAX);
    }
    return e;
}

void entry_free(struct entry *e)
{
    if (!e)
        return;
    for (size_t i = 0; i < e->event_count; i++)
        free(e->events[i].body);
    record_free(&e->record);
    free(e->events);
    free(e->input);
    free(e->status);
    free(e->result);
    buf_fini(&e->held);
    free(e);
}

enum err entry_add_event(struct entry *e, const char *path, int n, const struct event *ev)
{
    struct pending_event *more = realloc(e->events, (e->event_count + 1) * sizeof *more), *p;
    struct buf body;
    enum err err;
    if (!more)
        return ERR_NOMEM;
    e->events = more;
    buf_init(&body, JOB_VALUE_MAX);
    err = event_encode_body(ev, &body);
    if (err) {
        buf_fini(&body);
        return err;
    }
    p = &more[e->event_count];
    memset(p, 0, sizeof *p);
    p->type = ev->type;
    p->n = n;
    p->time = day_time_now();
    snprintf(p->path, sizeof p->path, "%s", path);
    p->body = buf_take(&body);
    e->event_count += p->body != NULL;
    return p->body ? ERR_OK : ERR_NOMEM;
}

static enum err store_record(sqlite3 *db, struct entry *e, struct err_info *info)
{
    const struct record *r = &e->record;
    return store_exec(db, info,
                      "INSERT INTO step(job,path,state,attempt,name,input,err,message,value,time,"
                      "began,given_size,given)"
                      " VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT(job,path) DO UPDATE SET"
                      " state=excluded.state, attempt=excluded.attempt, err=excluded.err,"
                      " message=excluded.message, value=excluded.value, time=excluded.time,"
                      " began=excluded.began WHERE step.state=0",
                      "itiittitbiiib", e->job, r->path, (int64_t)r->state, (int64_t)r->attempt,
                      r->name, r->input, (int64_t)r->err, r->message,
                      (const void *)(r->value ? r->value : ""), r->value_len, day_time_now(),
                      r->began, (int64_t)r->given_size, (const void *)(r->given ? r->given : ""),
                      r->given_len);
}

static enum err store_event(sqlite3 *db, struct entry *e, struct pending_event *p,
                            struct err_info *info)
{
    enum err err =
        store_exec(db, info,
                   "INSERT OR IGNORE INTO event(job,path,n,type,time,body)"
                   " VALUES(?,?,?,?,?,?)",
                   "itiiit", e->job, p->path, (int64_t)p->n, (int64_t)p->type, p->time, p->body);
    p->seq = !err && sqlite3_changes(db) > 0 ? sqlite3_last_insert_rowid(db) : 0;
    return err;
}

/* The root's fields that are read here do not change after its acceptance. */
static enum err store_job(sqlite3 *db, struct entry *e, struct err_info *info)
{
    const struct root *r = e->root;
    return store_exec(db, info,
                      "INSERT INTO job(id,kind,version,key,title,input,state,created,parent)"
                      " VALUES(?,?,?,?,?,?,?,?,?)",
                      "ititttiii", e->job, r->kind_name, (int64_t)r->kind->version, r->key,
                      r->title, e->input, (int64_t)JOB_QUEUED, r->created, r->parent);
}

/* The job's row must be there: it is not when its creation failed. */
static enum err on_job(sqlite3 *db, struct err_info *info, enum err e)
{
    return !e && sqlite3_changes(db) == 0 ? err_set(info, ERR_NOT_FOUND, "no such job") : e;
}

enum err entry_store(sqlite3 *db, void *arg, struct err_info *info)
{
    struct entry *e = arg;
    enum err err = ERR_OK;
    if (e->creates)
        err = store_job(db, e, info);
    if (!err && e->creates && e->also)
        err = e->also(db, e->job, e->also_arg, info);
    if (!err && e->starts)
        err = on_job(db, info,
                     store_exec(db, info, "UPDATE job SET epoch=?, state=? WHERE id=?", "iii",
                                e->root->epoch, (int64_t)JOB_RUNNING, e->job));
    if (!err && e->has_record)
        err = store_record(db, e, info);
    for (size_t i = 0; !err && i < e->event_count; i++)
        err = store_event(db, e, &e->events[i], info);
    if (!err && e->ends)
        err = on_job(
            db, info,
            store_exec(db, info, "UPDATE job SET state=?, status=?, result=?, ended=? WHERE id=?",
                       "ittii", (int64_t)JOB_DONE, e->status, e->result, e->ended, e->job));
    if (err)
        e->info = *info;
    return err;
}
