/* The list of jobs: accepting, scheduling, cancelling, resuming them, and delivering what they
 * commit. */
#include <stdlib.h>
#include <string.h>

#include "base/day_time.h"
#include "core/job/job_internal.h"

enum {
    END_RETRY_MS = 200, /* between attempts to store the end of a job */
    AGAIN_MS = 1000,    /* before a coordinator that lost a row is run again */
};

/* ---- delivering commits ---- */

static void broadcast(struct jobs *jobs, const struct entry *e)
{
    struct buf line;
    buf_init(&line, JOB_VALUE_MAX + 4096);
    for (size_t i = 0; i < e->event_count && jobs->options.on_event; i++) {
        const struct pending_event *p = &e->events[i];
        struct json_object *o = NULL;
        struct event ev;
        buf_clear(&line);
        if (p->seq && event_line(&line, p->type, p->seq, e->job, p->time, p->body) == ERR_OK &&
            json_parse(line.data, line.len, NULL, &o, NULL) == ERR_OK &&
            event_decode(o, &ev) == ERR_OK)
            jobs->options.on_event(jobs->options.arg, &ev);
        json_object_put(o);
    }
    buf_fini(&line);
}

/* An ephemeral event that was emitted behind stored ones waits for their commit, so that nobody
 * sees a token of a job that has not been told yet, and is told before what is stored later. */
void root_ephemeral(struct root *root, const struct event *ev)
{
    struct jobs_options *o = &root->jobs->options;
    struct entry *e = root->last;
    if (!o->on_event)
        return;
    if (!e)
        o->on_event(o->arg, ev);
    else if (event_encode(ev, &e->held) || buf_adds(&e->held, "\n"))
        buf_clear(&e->held); /* too much: the stream's text comes again with its end */
}

static void send_held(struct jobs_options *o, const struct buf *held)
{
    for (char *p = held->data, *newline; held->len && (newline = strchr(p, '\n'));
         p = newline + 1) {
        struct json_object *json = NULL;
        struct event ev;
        if (json_parse(p, (size_t)(newline - p), NULL, &json, NULL) == ERR_OK &&
            event_decode(json, &ev) == ERR_OK)
            o->on_event(o->arg, &ev);
        json_object_put(json);
    }
}

void root_hold(struct root *root, bool on)
{
    if (root->holds == on)
        return;
    root->holds = on;
    store_hold(root->jobs->store, on);
}

static void root_free(struct root *root)
{
    root_hold(root, false);
    json_object_put(root->input);
    journal_free(&root->journal);
    entry_free(root->unsaved_end);
    free(root->key);
    free(root->title);
    free(root->result);
    free(root);
}

static void wake(struct await **slot, enum err code)
{
    struct await *a = *slot;
    *slot = NULL;
    if (a)
        await_done(a, code);
}

/* Frees the job when its function is over and all that it wrote has been delivered. */
static void root_release(struct root *root)
{
    struct jobs *jobs = root->jobs;
    if (!root->over || root->entries || root->fiber)
        return;
    roots_remove(jobs, root);
    wake(&root->accepted, ERR_OK);
    root_free(root);
    if (jobs->closing && !jobs->first)
        wake(&jobs->closed, ERR_OK);
}

static void deactivate(struct root *root)
{
    root->jobs->active -= root->active;
    root->active = false;
}

static void on_ended(struct root *root)
{
    struct root *parent = root->parent ? roots_find(root->jobs, root->parent) : NULL;
    root->ended = true;
    deactivate(root);
    if (parent)
        root_ring(parent);
}

static void on_delivered(void *arg, enum err result)
{
    struct entry *e = arg;
    struct root *root = e->root;
    e->outcome = result;
    if (root->last == e)
        root->last = NULL;
    if (!result && e->ends)
        on_ended(root);
    if (!result)
        broadcast(root->jobs, e);
    send_held(&root->jobs->options, &e->held);
    buf_clear(&e->held); /* it may be stored once more */
    if (e->creates) {
        root->refused = result != ERR_OK;
        wake(&root->accepted, result);
    }
    if (result && !e->ends) { /* with a hole in its journal it must not go on */
        root->lost = result;
        if (root->fiber)
            fiber_cancel(root->fiber);
    }
    if (e->await)
        await_done(e->await, ERR_OK); /* the fiber frees it */
    else if (result && e->ends && !root->refused)
        root->unsaved_end = e;
    else
        entry_free(e);
    if (--root->entries == 0) {
        wake(&root->settled, ERR_OK);
        root_release(root);
    }
}

enum err jobs_post(struct jobs *jobs, enum store_when when, struct entry *e)
{
    enum err err = store_post(jobs->store, when, entry_store, e, on_delivered);
    if (err) {
        entry_free(e);
        return err;
    }
    e->root->entries++;
    e->root->last = e;
    return ERR_OK;
}

enum err jobs_commit(struct jobs *jobs, struct entry *e, struct err_info *info)
{
    struct await await;
    enum err err;
    await_init(&await, NULL, NULL);
    e->await = &await;
    err = jobs_post(jobs, STORE_NOW, e);
    if (err)
        return err_set(info, err, "out of memory");
    fiber_shield(true);
    err = await_wait(&await);
    fiber_shield(false);
    if (!err)
        err = e->outcome;
    if (err && info)
        *info = e->info;
    if (err && info && !info->message[0])
        err_set(info, err, "the result could not be kept: %s", err_text(err));
    entry_free(e);
    return err;
}

/* ---- running ---- */

static void start_jobs(struct jobs *jobs);

static void emit_default_end(struct job *job, enum err result, const struct err_info *info)
{
    struct event ev = {.type = EVENT_JOB_DONE};
    ev.u.job_done.status = result == ERR_OK          ? "solved"
                           : result == ERR_CANCELLED ? "cancelled"
                                                     : "failed";
    ev.u.job_done.message = info->message[0] ? info->message : result ? err_text(result) : "";
    ev.u.job_done.error = result ? err_name(result) : "";
    ev.u.job_done.result = job->root->result;
    job_emit(job, &ev);
}

static void emit_start(struct root *root)
{
    struct event ev = {.type = EVENT_JOB_STARTED};
    struct entry *e = entry_new(root);
    ev.u.job_started.epoch = root->epoch;
    if (!e || entry_add_event(e, "0", (int)root->epoch, &ev)) {
        entry_free(e);
        return;
    }
    e->starts = true;
    root->lost = jobs_post(root->jobs, STORE_LAZY, e);
}

static enum err load(struct root *root, struct err_info *info)
{
    struct journal loaded = {0};
    struct journal_load arg = {.job = root->id, .out = &loaded};
    char **early;
    enum err e;
    if (!root->resumed)
        return ERR_OK;
    e = store_read(root->jobs->store, journal_load, &arg, info);
    if (e)
        journal_free(&loaded);     /* half a journal would look like a divergence */
    early = root->journal.signals; /* came while the reader's thread was at work */
    root->journal = loaded;
    for (size_t i = 0; early && early[i]; i += 2) {
        root_signal(root, early[i], early[i + 1]);
        free(early[i]);
        free(early[i + 1]);
    }
    free(early);
    return e;
}

bool root_suspended(const struct root *root)
{
    return root->jobs->closing && !root->cancelled;
}

/* Waits until all that the job wrote has been delivered. */
static void settle(struct root *root)
{
    struct await settled;
    if (!root->entries)
        return;
    await_init(&settled, NULL, NULL);
    root->settled = &settled;
    if (await_wait(&settled))
        root->settled = NULL;
}

/* Why the job failed, when its function gave a code only. */
static void explain(const struct root *root, enum err *e, struct err_info *info)
{
    if (*e && *e == root->failure.code)
        *info = root->failure;
}

/* The end must get into the store, or those who wait for it would wait for ever: it is tried again
 * (a full disk) until it is there or the engine ends. */
static void end_job(struct root *root, enum err e, const struct err_info *info)
{
    struct job job;
    job_init(&job, root, "");
    emit_default_end(&job, e, info);
    settle(root);
    for (int i = 0; root->unsaved_end && !root->jobs->closing; i++) {
        struct entry *end = root->unsaved_end;
        root_tell_unsaved(root, end->outcome, i);
        if (fiber_sleep(END_RETRY_MS))
            return;
        root->unsaved_end = NULL;
        if (jobs_post(root->jobs, STORE_NOW, end))
            return;
        settle(root);
    }
}

static bool is_coordinator(const struct root *root)
{
    return root_lane(root) == LANE_COORDINATOR;
}

static enum err run_root(struct root *root, struct err_info *info)
{
    struct job job;
    enum err e;
    job_init(&job, root, "");
    e = load(root, info);
    root->epoch++;
    emit_start(root);
    if (!e && root->cancelled && !is_coordinator(root))
        e = ERR_CANCELLED;
    if (!e && root->cancelled)
        fiber_cancel(fiber_current());
    return e ? e : root->kind->run(&job, root->jobs->options.context, root->input);
}

/* A coordinator that lost a row (a full disk) forgets this run and begins another out of the
 * store: its children have gone on meanwhile. */
static bool to_run_again(struct root *root)
{
    if (!is_coordinator(root) || !root->lost || root->refused || root->cancelled ||
        root->done_emitted)
        return false;
    settle(root);
    return !root->jobs->closing;
}

static enum err root_main(void *arg)
{
    struct root *root = arg;
    struct err_info info = {0};
    enum err e = root->again ? fiber_sleep(AGAIN_MS) : ERR_OK;
    root->again = false;
    e = run_root(root, &info);
    fiber_shield(true);
    root->again = to_run_again(root);
    if (!root->again) {
        explain(root, &e, &info);
        end_job(root, e, &info);
    }
    fiber_shield(false);
    return e;
}

static void on_root_end(void *arg, enum err result);

static void spawn_root(struct root *root)
{
    char name[48];
    snprintf(name, sizeof name, "job %lld", (long long)root->id);
    root->fiber = fiber_spawn(root->jobs->sched, name, root_main, root);
    if (root->fiber)
        fiber_detach(root->fiber, on_root_end, root);
    else
        on_root_end(root, ERR_NOMEM); /* stays unfinished in the store, for the next start */
}

static void run_again(struct root *root)
{
    journal_free(&root->journal);
    memset(&root->failure, 0, sizeof root->failure);
    root->lost = ERR_OK;
    root->resumed = true;
    spawn_root(root);
}

static void on_root_end(void *arg, enum err result)
{
    struct root *root = arg;
    struct jobs *jobs = root->jobs;
    root->fiber = NULL;
    root_hold(root, false);
    if (root->again && !root->cancelled && !jobs->closing && result != ERR_NOMEM) {
        run_again(root);
        return;
    }
    root->over = true;
    root->state = JOB_DONE;
    deactivate(root);
    jobs->running -= root_lane(root) == LANE_FRONT;
    root_release(root);
    start_jobs(jobs);
}

static void start_one(struct root *root)
{
    root->state = JOB_RUNNING;
    root->active = true;
    root->jobs->active++;
    root->jobs->running += root_lane(root) == LANE_FRONT;
    spawn_root(root);
}

static void start_jobs(struct jobs *jobs)
{
    struct root *next;
    while (!jobs->closing && (next = queue_pop(jobs)))
        start_one(next);
}

/* ---- opening ---- */

static const struct job_kind *find_kind(const struct jobs *jobs, const char *name)
{
    for (int i = 0; jobs->options.kinds[i]; i++)
        if (strcmp(jobs->options.kinds[i]->name, name) == 0)
            return jobs->options.kinds[i];
    return NULL;
}

static enum err run_unknown(struct job *job, void *context, struct json_object *input)
{
    struct event ev = {.type = EVENT_JOB_DONE};
    (void)context;
    (void)input;
    ev.u.job_done.status = "failed";
    ev.u.job_done.error = err_name(ERR_UNSUPPORTED);
    ev.u.job_done.message = "this build does not know this kind of job, or its input is damaged";
    job_emit(job, &ev);
    return ERR_UNSUPPORTED;
}

/* Stands in for a kind of a later build, and for a job whose input cannot be read. */
static const struct job_kind unknown_kind = {"unknown", -1, run_unknown};

static enum err read_root(struct jobs *jobs, sqlite3_stmt *st, struct root **out)
{
    struct root *r = calloc(1, sizeof *r);
    const char *input = (const char *)sqlite3_column_text(st, 4);
    *out = r;
    if (!r)
        return ERR_NOMEM;
    r->jobs = jobs;
    r->id = sqlite3_column_int64(st, 0);
    snprintf(r->kind_name, sizeof r->kind_name, "%s", (const char *)sqlite3_column_text(st, 1));
    r->kind = find_kind(jobs, r->kind_name);
    if (!r->kind)
        r->kind = &unknown_kind;
    r->title = strdup((const char *)sqlite3_column_text(st, 3));
    r->epoch = sqlite3_column_int64(st, 5);
    r->cancelled = sqlite3_column_int(st, 6);
    r->created = sqlite3_column_int64(st, 7);
    r->parent = sqlite3_column_int64(st, 8);
    r->resumed = true;
    if (!r->title)
        return ERR_NOMEM;
    if (json_parse(input, strlen(input), NULL, &r->input, NULL))
        r->kind = &unknown_kind;
    return ERR_OK;
}

/* Rows of another version of the kind are moved below "~", where only STEP_REUSE looks. */
static enum err set_aside(sqlite3 *db, const struct root *root, int64_t version,
                          struct err_info *info)
{
    enum err e;
    if (root->kind == &unknown_kind || version == root->kind->version)
        return ERR_OK;
    e = store_exec(db, info, "UPDATE step SET path='~'||?||'/'||path WHERE job=? AND path<'~'",
                   "ii", root->epoch, root->id);
    if (!e)
        e = store_exec(db, info,
                       "UPDATE event SET path='~'||?||'/'||path WHERE job=? AND path NOT IN('0')"
                       " AND path<'~'",
                       "ii", root->epoch, root->id);
    return e ? e
             : store_exec(db, info, "UPDATE job SET version=? WHERE id=?", "ii",
                          (int64_t)root->kind->version, root->id);
}

/* Rows of a job whose own row could not be stored: its number is given again. */
static enum err drop_orphans(sqlite3 *db, int64_t first_free, struct err_info *info)
{
    enum err e = store_exec(db, info, "DELETE FROM step WHERE job>=?", "i", first_free);
    return e ? e : store_exec(db, info, "DELETE FROM event WHERE job>=?", "i", first_free);
}

static enum err open_rows(sqlite3 *db, void *arg, struct err_info *info)
{
    struct jobs *jobs = arg;
    sqlite3_stmt *st;
    enum err e = store_prepare(db, info, &st, "SELECT coalesce(max(id),0) FROM job", "");
    if (store_row(st, &e, info))
        jobs->next_id = sqlite3_column_int64(st, 0) + 1;
    sqlite3_finalize(st);
    if (!e) /* never by a number that could not be read: all rows would be above it */
        e = drop_orphans(db, jobs->next_id, info);
    if (e)
        return e;
    e = store_prepare(db, info, &st,
                      "SELECT id,kind,version,title,input,epoch,cancel,created,parent FROM job"
                      " WHERE state<>2 ORDER BY id",
                      "");
    while (store_row(st, &e, info)) {
        struct root *root = NULL;
        e = read_root(jobs, st, &root);
        if (root && roots_add(jobs, root)) {
            root_free(root);
            e = ERR_NOMEM;
        } else if (root) {
            queue_push(jobs, root);
        }
        if (!e)
            e = set_aside(db, root, sqlite3_column_int64(st, 2), info);
    }
    sqlite3_finalize(st);
    return e;
}

enum err jobs_open(struct sched *s, struct store *store, const struct jobs_options *options,
                   struct jobs **out, struct err_info *info)
{
    struct jobs *jobs = calloc(1, sizeof *jobs);
    enum err e;
    *out = NULL;
    if (!jobs)
        return err_set(info, ERR_NOMEM, "out of memory");
    jobs->sched = s;
    jobs->store = store;
    jobs->options = *options;
    jobs->next_id = 1;
    e = store_write(store, open_rows, jobs, info);
    if (e) {
        while (jobs->first) {
            struct root *r = jobs->first;
            jobs->first = r->next;
            root_free(r);
        }
        roots_free(jobs);
        free(jobs);
        return e;
    }
    *out = jobs;
    start_jobs(jobs);
    return ERR_OK;
}

/* Queued jobs are only forgotten here: they stand in the store. */
static void drop_queued(struct jobs *jobs)
{
    struct root *r, *next;
    for (r = jobs->first; r; r = next) {
        next = r->next;
        if (!r->in_queue)
            continue;
        queue_remove(jobs, r);
        r->over = true;
        root_release(r);
    }
}

void jobs_close(struct jobs *jobs)
{
    struct await closed;
    jobs->closing = true;
    drop_queued(jobs);
    for (struct root *r = jobs->first; r; r = r->next)
        if (r->fiber)
            fiber_cancel(r->fiber);
    fiber_shield(true);
    if (jobs->first) {
        await_init(&closed, NULL, NULL);
        jobs->closed = &closed;
        if (await_wait(&closed))
            jobs->closed = NULL;
    }
    fiber_shield(false);
    roots_free(jobs);
    free(jobs);
}

/* ---- accepting ---- */

struct key_arg {
    const char *key;
    int64_t id;
};

static enum err find_key(sqlite3 *db, void *arg, struct err_info *info)
{
    struct key_arg *a = arg;
    sqlite3_stmt *st;
    enum err e = store_prepare(db, info, &st, "SELECT id FROM job WHERE key=?", "t", a->key);
    if (store_row(st, &e, info))
        a->id = sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    return e;
}

static int64_t listed_key(const struct jobs *jobs, const char *key)
{
    const struct root *r = roots_find_key(jobs, key);
    return r ? r->id : 0;
}

static enum err known_key(struct jobs *jobs, const char *key, int64_t *id, struct err_info *info)
{
    struct key_arg arg = {.key = key};
    enum err e;
    *id = key ? listed_key(jobs, key) : 0;
    if (!key || *id)
        return ERR_OK;
    e = store_read(jobs->store, find_key, &arg, info);
    *id = arg.id ? arg.id : listed_key(jobs, key); /* accepted while we read */
    return e;
}

static struct root *root_new(struct jobs *jobs, const struct job_kind *kind,
                             const struct submission *given)
{
    struct root *r = calloc(1, sizeof *r);
    if (!r)
        return NULL;
    r->jobs = jobs;
    r->kind = kind;
    r->created = day_time_now();
    snprintf(r->kind_name, sizeof r->kind_name, "%s", kind->name);
    r->title = strdup(given->title ? given->title : "");
    r->key = given->key ? strdup(given->key) : NULL;
    r->input = json_object_get(given->input);
    r->parent = given->parent;
    r->id = jobs->next_id; /* roots_add needs it */
    if (!r->title || (given->key && !r->key) || roots_add(jobs, r)) {
        root_free(r);
        return NULL;
    }
    jobs->next_id++;
    return r;
}

static enum err post_creation(struct root *root, const struct submission *given)
{
    struct event ev = {.type = EVENT_JOB_CREATED};
    struct entry *e = entry_new(root);
    if (!e)
        return ERR_NOMEM;
    ev.u.job_created.kind = root->kind_name;
    ev.u.job_created.title = root->title;
    ev.u.job_created.task = json_str(root->input, "task", "");
    ev.u.job_created.parent = root->parent;
    e->creates = true;
    e->also = given->also;
    e->also_arg = given->also_arg;
    e->input = strdup(json_object_to_json_string_ext(root->input, JSON_C_TO_STRING_PLAIN));
    if (!e->input || entry_add_event(e, "0", 0, &ev)) {
        entry_free(e);
        return ERR_NOMEM;
    }
    return jobs_post(root->jobs, STORE_LAZY, e);
}

enum err jobs_submit_as(struct jobs *jobs, const struct submission *given, int64_t *id,
                        struct err_info *info)
{
    const struct job_kind *kind = find_kind(jobs, given->kind);
    const char *key = given->key;
    struct store *store = jobs->store; /* outlives the jobs */
    struct await accepted;
    struct root *root;
    enum err e;
    if (!kind)
        return err_set(info, ERR_UNSUPPORTED, "there is no kind of job named \"%s\"", given->kind);
    e = known_key(jobs, key, id, info);
    if (e || *id)
        return e;
    if (jobs->closing)
        return err_set(info, ERR_UNAVAILABLE, "the engine is ending; try again");
    root = root_new(jobs, kind, given);
    if (!root)
        return err_set(info, ERR_NOMEM, "out of memory");
    root_hold(root, kind == jobs->options.brief);
    if (post_creation(root, given)) {
        roots_remove(jobs, root);
        root_free(root);
        return err_set(info, ERR_NOMEM, "out of memory");
    }
    *id = root->id;
    await_init(&accepted, NULL, NULL);
    root->accepted = &accepted;
    queue_push(jobs, root);
    start_jobs(jobs);
    if (root->in_queue)
        root_hold(root, false);
    fiber_shield(true);
    e = await_wait(&accepted);
    fiber_shield(false);
    if (e == ERR_EXISTS && key) { /* its owner was accepted and ended while we looked */
        struct key_arg arg = {.key = key};
        e = store_read(store, find_key, &arg, info);
        *id = arg.id;
    }
    return e ? err_set(info, e, "the job could not be kept: %s", err_text(e)) : ERR_OK;
}

enum err jobs_submit(struct jobs *jobs, const char *kind, const char *key, const char *title,
                     struct json_object *input, int64_t *id, struct err_info *info)
{
    const struct submission given = {.kind = kind, .key = key, .title = title, .input = input};
    return jobs_submit_as(jobs, &given, id, info);
}

/* ---- cancelling, signals ---- */

struct change_arg {
    int64_t job;
    const char *name, *body;
    bool found, changed;
};

static enum err mark_cancelled(sqlite3 *db, void *arg, struct err_info *info)
{
    struct change_arg *a = arg;
    enum err e = store_exec(db, info, "UPDATE job SET cancel=1 WHERE id=?", "i", a->job);
    a->found = sqlite3_changes(db) > 0;
    return e;
}

enum err jobs_cancel(struct jobs *jobs, int64_t id)
{
    struct change_arg arg = {.job = id};
    struct root *root = roots_find(jobs, id);
    struct job job;
    enum err e;
    if (root) {
        root->cancelled = true;
        if (root->fiber)
            fiber_cancel(root->fiber);
    }
    e = store_write(jobs->store, mark_cancelled, &arg, NULL);
    root = roots_find(jobs, id); /* it may have ended while we waited */
    if (root && root->in_queue && !is_coordinator(root)) {
        struct err_info none = {0};
        queue_remove(jobs, root);
        job_init(&job, root, "");
        emit_default_end(&job, ERR_CANCELLED, &none);
        root->over = true;
        root->state = JOB_DONE;
        root_release(root);
    }
    return e ? e : arg.found ? ERR_OK : ERR_NOT_FOUND;
}

static enum err insert_signal(sqlite3 *db, void *arg, struct err_info *info)
{
    struct change_arg *a = arg;
    enum err e = store_exec(db, info,
                            "INSERT OR IGNORE INTO signal(job,name,body)"
                            " SELECT id,?,? FROM job WHERE id=? AND state<>2",
                            "tti", a->name, a->body, a->job);
    a->changed = sqlite3_changes(db) > 0;
    return e;
}

enum err jobs_signal(struct jobs *jobs, int64_t id, const char *name, const char *body)
{
    struct change_arg arg = {.job = id, .name = name, .body = body};
    struct root *root = roots_find(jobs, id);
    enum err e;
    if (!root)
        return ERR_NOT_FOUND;
    if (strlen(name) >= JOB_SIGNAL_MAX)
        return ERR_TOO_LARGE;
    e = store_write(jobs->store, insert_signal, &arg, NULL);
    root = roots_find(jobs, id);
    if (!e && arg.changed && root)
        root_signal(root, name, body);
    return e;
}
