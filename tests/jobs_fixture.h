/* A store and jobs on a fresh loop and folder, for tests and benches: what happens in one "session"
 * is one life of an engine. */
#ifndef DISE_TESTS_JOBS_FIXTURE_H
#define DISE_TESTS_JOBS_FIXTURE_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/job/job.h"

enum { SEEN_MAX = 4096 };

struct seen {
    enum event_type type;
    int64_t seq, job, number; /* number: the epoch; the stage of a token */
    char text[128];           /* of a note; status of an end */
    char message[256];        /* of an end */
};

struct session {
    char path[128];
    uv_loop_t loop;
    struct sched *sched;
    struct store *store;
    struct jobs *jobs;
    const struct job_kind *const *kinds;
    int width;
    const struct job_kind *coordinator; /* of `kinds`; may be NULL */
    const struct job_kind *brief;       /* likewise */
    void *context;                      /* of the kinds; NULL: the session */
    enum err (*body)(struct session *s);
    enum err result;
    enum err opened;
    struct err_info info;
    int loop_close;
    struct seen seen[SEEN_MAX]; /* of all sessions on this folder */
    int count;
};

static void session_see(void *arg, const struct event *ev)
{
    struct session *s = arg;
    struct seen *e = &s->seen[s->count];
    if (s->count == SEEN_MAX)
        return;
    s->count++;
    *e = (struct seen){.type = ev->type, .seq = ev->seq, .job = ev->job};
    if (ev->type == EVENT_JOB_STARTED)
        e->number = ev->u.job_started.epoch;
    if (ev->type == EVENT_TOKEN_DELTA)
        e->number = ev->u.token_delta.stage;
    if (ev->type == EVENT_JOB_NOTE)
        snprintf(e->text, sizeof e->text, "%s", ev->u.job_note.text);
    if (ev->type == EVENT_JOB_DONE) {
        snprintf(e->text, sizeof e->text, "%s", ev->u.job_done.status);
        snprintf(e->message, sizeof e->message, "%s", ev->u.job_done.message);
    }
}

static enum err session_main(void *arg)
{
    struct session *s = arg;
    struct jobs_options options = {.kinds = s->kinds,
                                   .context = s->context ? s->context : s,
                                   .width = s->width ? s->width : 4,
                                   .coordinator = s->coordinator,
                                   .brief = s->brief,
                                   .on_event = session_see,
                                   .arg = s};
    s->opened = store_open(s->sched, s->path, &s->store, &s->info);
    if (!s->store) {
        s->result = s->opened;
        return s->result;
    }
    s->result = ERR_OK;
    if (s->kinds)
        s->result = jobs_open(s->sched, s->store, &options, &s->jobs, &s->info);
    if (!s->result)
        s->result = s->body(s);
    if (s->jobs)
        jobs_close(s->jobs);
    s->jobs = NULL;
    store_close(s->store);
    return s->result;
}

/* A new folder for the database. */
static inline void session_init(struct session *s, const struct job_kind *const *kinds)
{
    char dir[] = "/tmp/dise-jobs-XXXXXX";
    memset(s, 0, sizeof *s);
    s->kinds = kinds;
    snprintf(s->path, sizeof s->path, "%s/store.db", mkdtemp(dir) ? dir : "/nonexistent");
}

/* One life of an engine: opens, runs the body on a fiber, closes. */
static inline enum err session_run(struct session *s, enum err (*body)(struct session *))
{
    struct fiber *f;
    s->body = body;
    uv_loop_init(&s->loop);
    s->sched = sched_new(&s->loop);
    f = fiber_spawn(s->sched, "session", session_main, s);
    fiber_detach(f, NULL, NULL);
    sched_run(s->sched);
    sched_close(s->sched);
    uv_run(&s->loop, UV_RUN_DEFAULT);
    s->loop_close = uv_loop_close(&s->loop);
    return s->result;
}

static int session_remove(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static inline void session_fini(struct session *s)
{
    *strrchr(s->path, '/') = 0;
    nftw(s->path, session_remove, 8, FTW_DEPTH | FTW_PHYS);
}

/* How many such events came; text NULL: any. */
static inline int session_count(const struct session *s, int64_t job, enum event_type type,
                                const char *text)
{
    int n = 0;
    for (int i = 0; i < s->count; i++)
        n += s->seen[i].type == type && (!job || s->seen[i].job == job) &&
             (!text || strcmp(s->seen[i].text, text) == 0);
    return n;
}

/* The end of a job; NULL: not yet. */
static inline const struct seen *session_end(const struct session *s, int64_t job)
{
    for (int i = 0; i < s->count; i++)
        if (s->seen[i].type == EVENT_JOB_DONE && s->seen[i].job == job)
            return &s->seen[i];
    return NULL;
}

/* Waits until `n` jobs have ended in all sessions. */
static inline enum err session_wait_ends(struct session *s, int n)
{
    enum err e = ERR_OK;
    while (!e && session_count(s, 0, EVENT_JOB_DONE, NULL) < n)
        e = fiber_sleep(1);
    return e;
}

static inline enum err session_submit(struct session *s, const char *kind, const char *key,
                                      int64_t *id)
{
    struct json_object *input = json_object_new_object();
    enum err e = jobs_submit(s->jobs, kind, key, "a task", input, id, &s->info);
    json_object_put(input);
    return e;
}

#endif
