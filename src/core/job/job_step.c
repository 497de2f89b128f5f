/* What a job's function calls: steps, events, fan-outs, signals. */
#include <stdlib.h>
#include <string.h>

#include "base/day_time.h"
#include "base/sha256.h"
#include "core/job/job_internal.h"

static void hash_of(const char *data, size_t n, char out[JOB_HASH_SIZE])
{
    char hex[65];
    sha256_of(data ? data : "", data ? n : 0, hex);
    snprintf(out, JOB_HASH_SIZE, "%.32s", hex);
}

void job_init(struct job *job, struct root *root, const char *prefix)
{
    *job = (struct job){.root = root};
    snprintf(job->prefix, sizeof job->prefix, "%s", prefix);
}

void job_takes_time(struct job *job)
{
    root_hold(job->root, false);
}

int64_t job_id(const struct job *job)
{
    return job->root->id;
}

int64_t job_parent(const struct job *job)
{
    return job->root->parent;
}

struct jobs *job_jobs(const struct job *job)
{
    return job->root->jobs;
}

bool job_cancelled(const struct job *job)
{
    return job->root->cancelled;
}

bool job_closing(const struct job *job)
{
    return job->root->jobs->closing;
}

int64_t job_epoch(const struct job *job)
{
    return job->root->epoch;
}

enum err job_result(struct job *job, const char *json)
{
    char *copy = strdup(json);
    if (!copy)
        return ERR_NOMEM;
    free(job->root->result);
    job->root->result = copy;
    return ERR_OK;
}

void step_path(const struct job *job, char path[JOB_PATH_MAX])
{
    snprintf(path, JOB_PATH_MAX, "%.80s%d", job->prefix, job->next + 1);
}

/* ---- replay ---- */

static enum err diverged(struct job *job, const struct record *r, const char *name,
                         struct err_info *info)
{
    struct err_info *failure = &job->root->failure;
    if (failure->code != ERR_DIVERGED)
        err_set(failure, ERR_DIVERGED,
                "job %lld, step %s: the journal has \"%s\"%s, the program asks for \"%s\"",
                (long long)job->root->id, r->path, r->name,
                strcmp(r->name, name) == 0 ? " with another input" : "", name);
    return err_set(info, ERR_DIVERGED, "%s", failure->message);
}

/* No later step of this handle may take a number: the cut one will want its own at a resume. */
enum err step_cut(struct job *job, struct err_info *info)
{
    job->cut = true;
    return err_set(info, ERR_CANCELLED, "cancelled");
}

/* Whether a new step may begin. A shield holds off a cancellation by a person only: a job that
 * goes on later, and a branch that may run again, must not write past the place of the cut. */
enum err step_may_begin(struct job *job, struct err_info *info)
{
    const struct root *root = job->root;
    if (fiber_check() || root_suspended(root) || root->lost || (job->cut && !root->cancelled))
        return step_cut(job, info);
    return ERR_OK;
}

static enum err give(const struct record *r, struct buf *out, struct err_info *info)
{
    if (r->err) {
        err_set(info, r->err, "%s", r->message ? r->message : err_text(r->err));
        return r->err;
    }
    return out ? buf_add(out, r->value, r->value_len) : ERR_OK;
}

/* The row at this path, checked against what the program asks for. */
enum err step_find(struct job *job, const char *path, const char *name, const char *input,
                   struct record **out, struct err_info *info)
{
    struct record *r = journal_find(&job->root->journal, path);
    *out = r;
    if (!r)
        return ERR_OK;
    r->used = true;
    if (strcmp(r->name, name) != 0 || strcmp(r->input, input) != 0)
        return diverged(job, r, name, info);
    return ERR_OK;
}

/* ---- rows ---- */

struct entry *row_entry(struct job *job, const char *path, const char *name, const char *input,
                        enum record_state state, int attempt)
{
    struct entry *e = entry_new(job->root);
    if (!e)
        return NULL;
    e->has_record = true;
    e->record.began = day_time_now();
    e->record.state = state;
    e->record.attempt = attempt;
    e->record.name = strdup(name);
    snprintf(e->record.path, sizeof e->record.path, "%s", path);
    snprintf(e->record.input, sizeof e->record.input, "%s", input);
    if (!e->record.name) {
        entry_free(e);
        return NULL;
    }
    return e;
}

enum err row_send(struct job *job, struct entry *e, bool lazy, struct err_info *info)
{
    if (lazy)
        return jobs_post(job->root->jobs, STORE_LAZY, e);
    return jobs_commit(job->root->jobs, e, info);
}

/* The beginning of the input's text, for people who look at the step later. */
static enum err keep_given(struct record *r, const struct step_desc *desc)
{
    size_t n = desc->input_len < STEP_INPUT_MAX ? desc->input_len : STEP_INPUT_MAX;
    if (!desc->input || !n || desc->flags & STEP_SILENT)
        return ERR_OK;
    r->given = malloc(n);
    if (!r->given)
        return ERR_NOMEM;
    memcpy(r->given, desc->input, n);
    r->given_len = n;
    r->given_size = desc->input_len;
    return ERR_OK;
}

/* Says that the step begins, so that it can be seen while it runs. Waited for only where the
 * promise must be durable before the effect. */
static enum err write_intent(struct job *job, const char *path, const struct step_desc *desc,
                             const char *input, int attempt, struct err_info *info)
{
    struct entry *e = row_entry(job, path, desc->name, input, RECORD_INTENT, attempt);
    root_hold(job->root, false); /* it takes time from here on */
    if (!e || keep_given(&e->record, desc) || trace_begin(e, path, desc->name, desc->label)) {
        entry_free(e);
        return err_set(info, ERR_NOMEM, "out of memory");
    }
    return row_send(job, e, !(desc->flags & STEP_ONCE), info);
}

enum err row_fill(struct record *r, enum err result, const char *message, struct buf *value)
{
    r->err = result;
    if (message[0] && !(r->message = strdup(message)))
        return ERR_NOMEM;
    r->value_len = value->len;
    r->value = buf_take(value);
    return r->value ? ERR_OK : ERR_NOMEM;
}

/* ---- steps ---- */

/* Result and end, in the entry that is committed as one. */
static enum err end_entry(struct step *step, const struct step_desc *desc, enum err result,
                          double ms, struct buf *value)
{
    const char *message = result ? step->info.message : step->said;
    enum err e = row_fill(&step->entry->record, result, message, value);
    if (!e && !(desc->flags & STEP_SILENT))
        e = trace_end(step->entry, step->path, desc->name, desc->label,
                      step->rejected ? "failed" : trace_outcome(result, desc->flags),
                      result && !message[0] ? err_text(result) : message, ms);
    return e;
}

static enum err run_step(struct job *job, const struct step_desc *desc, struct step *step,
                         struct buf *out, struct err_info *info)
{
    const int64_t began = step->entry->record.began;
    const uint64_t clock = uv_hrtime();
    struct buf value;
    enum err result, e;
    buf_init(&value, JOB_VALUE_MAX);
    result = desc->run(step, desc->arg, &value);
    if (result == ERR_CANCELLED || (result && fiber_check() == ERR_CANCELLED)) {
        buf_fini(&value);
        entry_free(step->entry);
        if (!(desc->flags & (STEP_LAZY | STEP_SILENT)))
            trace_cut(job, step->path, desc->name, desc->label, began, false);
        return step_cut(job, info);
    }
    if (!result && out)
        result = buf_add(out, value.data, value.len);
    e = end_entry(step, desc, result, (double)(uv_hrtime() - clock) / 1e6, &value);
    buf_fini(&value);
    if (e) {
        entry_free(step->entry);
        return err_set(info, e, "out of memory");
    }
    e = row_send(job, step->entry, desc->flags & STEP_LAZY, info);
    if (e)
        return e;
    if (result && info)
        *info = step->info;
    if (result && info && !info->message[0])
        err_set(info, result, "%s", err_text(result));
    return result;
}

static enum err fresh_step(struct job *job, const struct step_desc *desc, const char *path,
                           const char *input, int attempt, struct buf *out, struct err_info *info)
{
    struct step step = {.job = job, .path = path, .attempt = attempt, .events = STEP_EVENT_BASE};
    enum err e = step_may_begin(job, info);
    if (e)
        return e;
    if (attempt > 0 && desc->flags & STEP_ONCE)
        return err_set(info, ERR_STEP_UNKNOWN, "job %lld, step %s \"%s\": %s",
                       (long long)job->root->id, path, desc->name, err_text(ERR_STEP_UNKNOWN));
    if (!(desc->flags & STEP_LAZY))
        e = write_intent(job, path, desc, input, attempt + 1, info);
    if (e)
        return e;
    step.entry = row_entry(job, path, desc->name, input, RECORD_DONE, attempt + 1);
    if (!step.entry)
        return err_set(info, ERR_NOMEM, "out of memory");
    if (desc->flags & STEP_LAZY && keep_given(&step.entry->record, desc)) {
        entry_free(step.entry);
        return err_set(info, ERR_NOMEM, "out of memory");
    }
    return run_step(job, desc, &step, out, info);
}

/* A result that another version of the program got for the same question. */
static enum err reuse(struct job *job, const struct step_desc *desc, const char *path,
                      const struct record *earlier, struct buf *out, struct err_info *info)
{
    struct entry *e = row_entry(job, path, desc->name, earlier->input, RECORD_DONE, 0);
    struct buf value;
    enum err err;
    buf_init(&value, JOB_VALUE_MAX);
    if (!e || keep_given(&e->record, desc) || buf_add(&value, earlier->value, earlier->value_len) ||
        row_fill(&e->record, ERR_OK, "", &value) ||
        trace_end(e, path, desc->name, desc->label, "done", "taken over from before", 0)) {
        buf_fini(&value);
        entry_free(e);
        return err_set(info, ERR_NOMEM, "out of memory");
    }
    err = row_send(job, e, true, info);
    return err ? err : give(earlier, out, info);
}

static enum err numbered_step(struct job *job, const struct step_desc *desc, struct buf *out,
                              struct err_info *info)
{
    char path[JOB_PATH_MAX], input[JOB_HASH_SIZE];
    const struct record *earlier = NULL;
    struct record *r;
    enum err e;
    step_path(job, path);
    hash_of(desc->input, desc->input_len, input);
    e = step_find(job, path, desc->name, input, &r, info);
    if (!e && r && r->state == RECORD_DONE) {
        job->next++;
        job->events = 0;
        return give(r, out, info);
    }
    if (!e && desc->flags & STEP_REUSE)
        earlier = journal_earlier(&job->root->journal, desc->name, input);
    if (!e && earlier)
        e = reuse(job, desc, path, earlier, out, info);
    else if (!e)
        e = fresh_step(job, desc, path, input, r ? r->attempt : 0, out, info);
    job->next++;
    job->events = 0;
    return e;
}

enum err job_step(struct job *job, const struct step_desc *desc, struct buf *out,
                  struct err_info *info)
{
    struct err_info own = {0};
    enum err e = numbered_step(job, desc, out, &own);
    if (e && e != ERR_CANCELLED && job->root->failure.code != ERR_DIVERGED)
        job->root->failure = own;
    if (e && info)
        *info = own;
    return e;
}

enum err job_step_json(struct job *job, const struct step_desc *desc, size_t most,
                       struct json_object **out, struct err_info *info)
{
    struct buf value;
    enum err e;
    buf_init(&value, most);
    e = job_step(job, desc, &value, info);
    if (!e)
        e = json_parse(value.data, value.len, NULL, out, info);
    buf_fini(&value);
    return e;
}

int step_attempt(const struct step *step)
{
    return step->attempt;
}

const char *step_place(const struct step *step)
{
    return step->path;
}

struct job *step_job(struct step *step)
{
    return step->job;
}

void step_say(struct step *step, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(step->said, sizeof step->said, format, args);
    va_end(args);
}

void step_reject(struct step *step)
{
    step->rejected = true;
}

enum err step_fail(struct step *step, enum err code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    memset(&step->info, 0, sizeof step->info);
    step->info.code = code;
    vsnprintf(step->info.message, sizeof step->info.message, format, args);
    va_end(args);
    return code;
}

static enum err clock_step(struct step *step, void *arg, struct buf *out)
{
    (void)step;
    (void)arg;
    return buf_addf(out, "%lld", (long long)day_time_now());
}

enum err job_clock(struct job *job, int64_t *ms)
{
    struct step_desc desc = {.name = "clock", .flags = STEP_LAZY | STEP_SILENT, .run = clock_step};
    struct buf text;
    enum err e;
    buf_init(&text, 32);
    e = job_step(job, &desc, &text, NULL);
    *ms = e ? 0 : strtoll(text.data, NULL, 10);
    buf_fini(&text);
    return e;
}

/* ---- events ---- */

void step_emit(struct step *step, struct event *ev)
{
    if (entry_add_event(step->entry, step->path, step->events, ev) == ERR_OK)
        step->events++;
}

/* What the journal says against the end that the kind gave: rows could not be written, or no step
 * asked for some, because the program is not the one that wrote them. */
static void check_end(struct root *root, struct event *ev, char *message, size_t size)
{
    const struct record *r = root->cancelled ? NULL : journal_left_over(&root->journal);
    enum err code = ERR_DIVERGED;
    if (root->lost && !root->cancelled) {
        code = root->lost;
        snprintf(message, size, "the journal could not be written: %s", err_text(code));
    } else if (root->failure.code == ERR_DIVERGED) {
        snprintf(message, size, "%s", root->failure.message);
    } else if (r && strcmp(ev->u.job_done.status, "cancelled") != 0) {
        snprintf(message, size,
                 "job %lld, step %s: the journal has \"%s\", the program ended before it",
                 (long long)root->id, r->path, r->name);
    } else {
        return;
    }
    ev->u.job_done.status = "failed";
    ev->u.job_done.error = err_name(code);
    ev->u.job_done.message = message;
}

static void emit_end(struct root *root, struct event *ev)
{
    struct entry *e;
    char message[512];
    if (root->done_emitted || root->refused || root_suspended(root))
        return;
    check_end(root, ev, message, sizeof message);
    e = entry_new(root);
    if (!e || entry_add_event(e, "end", 0, ev)) {
        entry_free(e);
        return;
    }
    e->ends = true;
    e->ended = day_time_now();
    e->status = strdup(ev->u.job_done.status ? ev->u.job_done.status : "failed");
    e->result = root->result ? strdup(root->result) : NULL;
    root->done_emitted = jobs_post(root->jobs, STORE_NOW, e) == ERR_OK;
}

void root_tell_unsaved(struct root *root, enum err why, int attempt)
{
    struct event ev = {.type = EVENT_JOB_NOTE, .job = root->id, .time = day_time_now()};
    char text[160];
    if (attempt % 100) /* a line every 20 s */
        return;
    snprintf(text, sizeof text,
             "job %lld has ended, but its end cannot be stored: %s; it is tried again until it can",
             (long long)root->id, err_text(why));
    ev.u.job_note.level = "error";
    ev.u.job_note.text = text;
    root_ephemeral(root, &ev);
}

void job_emit(struct job *job, struct event *ev)
{
    char path[JOB_PATH_MAX];
    const struct record *r;
    struct entry *e;
    if (ev->type == EVENT_JOB_DONE) {
        emit_end(job->root, ev);
        return;
    }
    if (job->root->done_emitted || root_suspended(job->root))
        return;
    step_path(job, path);
    r = journal_find(&job->root->journal, path);
    job->events++;
    if (r && r->state == RECORD_DONE)
        return; /* stored before the step that followed it */
    e = entry_new(job->root);
    if (!e || entry_add_event(e, path, job->events, ev)) {
        entry_free(e);
        return;
    }
    if (jobs_post(job->root->jobs, STORE_LAZY, e))
        job->root->lost = ERR_NOMEM;
}

void event_ephemeral(struct job *job, struct event *ev)
{
    ev->job = job->root->id;
    ev->time = day_time_now();
    ev->seq = 0;
    root_ephemeral(job->root, ev);
}

/* ---- signals ---- */

struct deadline {
    uv_timer_t timer;
    struct waiter *waiter; /* NULL when the wait is over */
};

static void on_deadline(uv_timer_t *timer)
{
    struct deadline *d = timer->data;
    if (d->waiter)
        await_done(&d->waiter->await, ERR_TIMEOUT);
}

static void on_deadline_closed(uv_handle_t *h)
{
    free(h->data);
}

static struct deadline *deadline_start(struct root *root, struct waiter *w, uint64_t ms)
{
    struct deadline *d = ms ? calloc(1, sizeof *d) : NULL;
    if (!d)
        return NULL;
    uv_timer_init(sched_loop(root->jobs->sched), &d->timer);
    d->timer.data = d;
    d->waiter = w;
    uv_timer_start(&d->timer, on_deadline, ms, 0);
    return d;
}

static void abort_wait(struct await *a)
{
    await_done(a, ERR_CANCELLED);
}

static const char *given_signal(const struct root *root, const char *name)
{
    for (char **list = root->journal.signals; list && *list; list += 2)
        if (strcmp(*list, name) == 0)
            return list[1];
    return NULL;
}

void root_signal(struct root *root, const char *name, const char *body)
{
    size_t n = 0;
    char **more;
    if (given_signal(root, name))
        return; /* the journal was loaded after it had been stored */
    while (root->journal.signals && root->journal.signals[n])
        n += 2;
    more = realloc(root->journal.signals, (n + 3) * sizeof *more);
    if (!more)
        return;
    root->journal.signals = more;
    more[n] = strdup(name);
    more[n + 1] = strdup(body);
    more[n + 2] = NULL;
    for (struct waiter *w = root->waiters; w; w = w->next)
        if (strcmp(w->name, name) == 0)
            await_done(&w->await, ERR_OK);
}

static enum err wait_signal(struct root *root, const char *name, uint64_t ms, const char **body)
{
    struct waiter w = {.name = name}, **at;
    struct deadline *d;
    enum err e;
    *body = given_signal(root, name);
    if (*body)
        return ERR_OK;
    await_init(&w.await, abort_wait, NULL);
    w.next = root->waiters;
    root->waiters = &w;
    d = deadline_start(root, &w, ms);
    e = await_wait(&w.await);
    for (at = &root->waiters; *at != &w; at = &(*at)->next)
        ;
    *at = w.next;
    if (d) {
        d->waiter = NULL;
        uv_close((uv_handle_t *)&d->timer, on_deadline_closed);
    }
    *body = given_signal(root, name);
    return *body ? ERR_OK : e;
}

bool job_signalled(const struct job *job, const char *signal)
{
    return given_signal(job->root, signal) != NULL;
}

/* The answer, or that none came in time. */
static enum err write_wait(struct job *job, const char *path, const struct step_desc *desc,
                           const char *input, int64_t began, enum err result, const char *body)
{
    struct entry *entry = row_entry(job, path, desc->name, input, RECORD_DONE, 1);
    struct buf value;
    enum err e;
    buf_init(&value, JOB_VALUE_MAX);
    e = entry && (!body || buf_adds(&value, body) == ERR_OK) ? ERR_OK : ERR_NOMEM;
    if (!e)
        e = row_fill(&entry->record, result, "", &value);
    if (!e) {
        entry->record.began = began;
        e = trace_end(entry, path, desc->name, desc->label, trace_outcome(result, 0),
                      result ? err_text(result) : "", (double)(day_time_now() - began));
    }
    buf_fini(&value);
    if (e) {
        entry_free(entry);
        return e;
    }
    return row_send(job, entry, false, NULL);
}

enum err job_wait(struct job *job, const char *signal, uint64_t ms, struct buf *out)
{
    const struct step_desc desc = {
        .name = "wait", .label = signal, .input = signal, .input_len = strlen(signal)};
    const int64_t began = day_time_now();
    char path[JOB_PATH_MAX], input[JOB_HASH_SIZE];
    const char *body = NULL;
    struct record *r;
    enum err e, result;
    step_path(job, path);
    hash_of(signal, strlen(signal), input);
    e = step_find(job, path, "wait", input, &r, NULL);
    job->next++;
    job->events = 0;
    if (e)
        return e;
    if (r && r->state == RECORD_DONE)
        return give(r, out, NULL);
    e = step_may_begin(job, NULL);
    if (e)
        return e;
    e = write_intent(job, path, &desc, input, 1, NULL);
    if (e)
        return e;
    result = wait_signal(job->root, signal, ms, &body);
    if (result && result != ERR_TIMEOUT) {
        if (result == ERR_CANCELLED)
            trace_cut(job, path, desc.name, signal, began, false);
        return result == ERR_CANCELLED ? step_cut(job, NULL) : result;
    }
    if (!result && out)
        e = buf_adds(out, body);
    if (!e)
        e = write_wait(job, path, &desc, input, began, result, body);
    return e ? e : result;
}
