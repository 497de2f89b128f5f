#include "ui/model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/task_class.h"
#include "ui/model_checks.h"
#include "ui/model_engine.h"
#include "ui/model_made.h"

/* Most fields of most jobs are empty; they share this, which is never written or freed. */
static char nothing[1];

static void drop(char *field)
{
    if (field != nothing)
        free(field);
}

static void set(char **field, const char *text)
{
    char *copy = text && *text ? strdup(text) : nothing;
    if (copy) {
        drop(*field);
        *field = copy;
    }
}

static const char *or_empty(const char *s)
{
    return s ? s : "";
}

/* Room for one more in an array that doubles at powers of two; NULL: no memory. */
static void *grow(void *array, size_t n, size_t size)
{
    if (n && (n & (n - 1)))
        return array;
    return realloc(array, (n ? n * 2 : 1) * size);
}

enum { DROPPED_AT_ONCE = 64 };

void model_init(struct model *m)
{
    memset(m, 0, sizeof *m);
}

static void candidate_fini(struct model_candidate *c)
{
    model_checks_free(c);
    buf_fini(&c->text);
    drop(c->model);
    drop(c->outcome);
    drop(c->why);
}

static void stage_fini(struct model_stage *s)
{
    for (size_t i = 0; i < s->candidates_n; i++)
        candidate_fini(&s->candidates[i]);
    free(s->candidates);
    drop(s->name);
    drop(s->model);
    drop(s->why);
    drop(s->outcome);
}

void model_job_reset(struct model_job *job)
{
    for (size_t i = 0; i < job->items_n; i++) {
        free(job->items[i].text);
        free(job->items[i].label);
    }
    free(job->items);
    for (size_t i = 0; i < job->stages_n; i++)
        stage_fini(&job->stages[i]);
    free(job->stages);
    questions_fini(&job->questions);
    job->items = NULL;
    job->stages = NULL;
    job->items_n = job->stages_n = 0;
    job->seq = job->tokens_live = 0;
    job->details = false;
}

static void job_free(struct model_job *job)
{
    model_job_reset(job);
    drop(job->kind);
    drop(job->title);
    drop(job->status);
    drop(job->phase);
    drop(job->class);
    drop(job->complexity);
    drop(job->artifact);
    drop(job->result);
    drop(job->checked);
    drop(job->message);
    free(job);
}

void model_fini(struct model *m)
{
    for (size_t i = 0; i < m->jobs_n; i++)
        job_free(m->jobs[i]);
    free(m->jobs);
    memset(m, 0, sizeof *m);
}

/* Where a job stands or would stand. */
static size_t place_of(const struct model *m, int64_t id)
{
    size_t low = 0, high = m->jobs_n;
    if (high && m->jobs[high - 1]->id < id)
        return high; /* a new one */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (m->jobs[middle]->id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct model_job *model_job(struct model *m, int64_t id)
{
    size_t at = place_of(m, id);
    return at < m->jobs_n && m->jobs[at]->id == id ? m->jobs[at] : NULL;
}

/* Several at once, so that a full model does not move all jobs for every new one. */
static void drop_oldest(struct model *m)
{
    size_t kept = 0, dropped = 0;
    for (size_t i = 0; i < m->jobs_n; i++) {
        struct model_job *job = m->jobs[i];
        if (job->state != MODEL_DONE || dropped == DROPPED_AT_ONCE || job->id == m->viewed) {
            m->jobs[kept++] = job;
            continue;
        }
        m->bytes -= job->bytes;
        job_free(job);
        dropped++;
    }
    m->jobs_n = kept;
}

static struct model_job *job_add(struct model *m, int64_t id)
{
    if (m->jobs_n >= MODEL_JOBS_MAX)
        drop_oldest(m);
    if (m->jobs_n == m->jobs_cap) {
        size_t cap = m->jobs_cap ? m->jobs_cap * 2 : 16;
        struct model_job **jobs = realloc(m->jobs, cap * sizeof *jobs);
        if (!jobs)
            return NULL;
        m->jobs = jobs;
        m->jobs_cap = cap;
    }
    struct model_job *job = calloc(1, sizeof *job);
    if (!job)
        return NULL;
    job->id = id;
    set(&job->kind, "");
    set(&job->title, "");
    set(&job->status, "");
    set(&job->phase, "");
    set(&job->class, "");
    set(&job->complexity, "");
    set(&job->artifact, "");
    set(&job->result, "");
    set(&job->checked, "");
    set(&job->message, "");
    if (!job->message || !job->title || !job->kind || !job->status || !job->phase || !job->class ||
        !job->complexity || !job->artifact || !job->result || !job->checked) {
        job_free(job);
        return NULL;
    }
    size_t at = place_of(m, id);
    memmove(&m->jobs[at + 1], &m->jobs[at], (m->jobs_n - at) * sizeof *m->jobs);
    m->jobs[at] = job;
    m->jobs_n++;
    return job;
}

static struct model_job *job_get(struct model *m, int64_t id)
{
    struct model_job *job = model_job(m, id);
    return job ? job : job_add(m, id);
}

struct model_item *model_item_add(struct model_job *job, enum model_item_type type,
                                  const char *text, const char *label)
{
    struct model_item *items = grow(job->items, job->items_n, sizeof *items);
    if (!items)
        return NULL;
    job->items = items;
    struct model_item *it = &items[job->items_n];
    *it = (struct model_item){.type = type};
    it->text = strdup(or_empty(text));
    it->label = strdup(or_empty(label));
    if (!it->text || !it->label) {
        free(it->text);
        free(it->label);
        return NULL;
    }
    job->items_n++;
    return it;
}

/* What it tells came before what goes on in that stage. */
struct model_item *model_item_early(struct model_job *job)
{
    size_t last = job->items_n - 1, at = 0;
    struct model_item it = job->items[last];
    while (at < last &&
           (job->items[at].type != ITEM_STAGE || job->stages[job->items[at].stage].ended))
        at++;
    memmove(&job->items[at + 1], &job->items[at], (last - at) * sizeof it);
    job->items[at] = it;
    return &job->items[at];
}

static struct model_stage *stage_get(struct model_job *job, int64_t number)
{
    for (size_t i = 0; i < job->stages_n; i++)
        if (job->stages[i].number == number)
            return &job->stages[i];
    if (job->stages_n >= MODEL_STAGES_MAX)
        return NULL;
    struct model_stage *stages = grow(job->stages, job->stages_n, sizeof *stages);
    if (!stages)
        return NULL;
    job->stages = stages;
    struct model_stage *s = &stages[job->stages_n];
    *s = (struct model_stage){.number = (int)number, .shown = -1, .planned = 1};
    set(&s->name, "");
    set(&s->model, "");
    set(&s->why, "");
    set(&s->outcome, "");
    if (!s->name || !s->model || !s->why || !s->outcome) {
        stage_fini(s);
        return NULL;
    }
    job->stages_n++;
    return s;
}

static struct model_candidate *candidate_get(struct model_stage *s, int64_t number)
{
    for (size_t i = 0; i < s->candidates_n; i++)
        if (s->candidates[i].number == number)
            return &s->candidates[i];
    if (s->candidates_n >= MODEL_CANDIDATES_MAX)
        return NULL;
    struct model_candidate *all = grow(s->candidates, s->candidates_n, sizeof *all);
    if (!all)
        return NULL;
    s->candidates = all;
    struct model_candidate *c = &all[s->candidates_n];
    *c = (struct model_candidate){.number = (int)number};
    buf_init(&c->text, MODEL_TEXT_MAX);
    set(&c->model, "");
    set(&c->outcome, "");
    set(&c->why, "");
    if (!c->model || !c->outcome || !c->why) {
        candidate_fini(c);
        return NULL;
    }
    s->candidates_n++;
    return c;
}

const struct model_candidate *model_shown(const struct model_stage *s)
{
    return s->shown >= 0 && (size_t)s->shown < s->candidates_n ? &s->candidates[s->shown] : NULL;
}

/* The candidate that stands for its stage: the accepted one, else the first that still runs and has
 * something to show, else the one that passed most checks. It stays while it runs, so that the
 * text does not jump. */
static void choose_shown(struct model_stage *s)
{
    const struct model_candidate *now = model_shown(s);
    if (now && !*now->outcome)
        return;
    int best = -1, best_rank = -1;
    for (size_t i = 0; i < s->candidates_n; i++) {
        const struct model_candidate *c = &s->candidates[i];
        int ok, all, rank;
        model_checks(c, "", &ok, &all);
        if (strcmp(c->outcome, "accepted") == 0)
            rank = 3000;
        else if (!*c->outcome)
            rank = 2000 + (c->text.len > 0);
        else
            rank = ok + (*c->outcome == 'r') * 2 + (c->text.len > 0); /* rejected, refused */
        if (rank > best_rank) {
            best_rank = rank;
            best = (int)i;
        }
    }
    s->shown = best;
}

static void touch_stage(struct model_job *job, const struct model_stage *s)
{
    for (size_t i = job->items_n; i-- > 0;)
        if (job->items[i].type == ITEM_STAGE && job->items[i].stage == (size_t)(s - job->stages)) {
            job->items[i].rev++;
            return;
        }
}

/* Programs that run side by side may ask at once; each question stands until its answer. */
static enum err fold_question(struct model_job *job, const struct event *ev)
{
    const struct event_job_question *q = &ev->u.job_question;
    const int were = job->questions.count;
    questions_follow(&job->questions, ev);
    if (job->questions.count == were)
        return ERR_OK; /* asked again */
    job->state = MODEL_WAITING;
    return model_item_add(job, ITEM_QUESTION, q->text, q->subject) ? ERR_OK : ERR_NOMEM;
}

static enum err fold_answer(struct model_job *job, const struct event *ev)
{
    const int were = job->questions.count;
    questions_follow(&job->questions, ev);
    if (job->questions.count == were)
        return ERR_OK;
    if (!job->questions.count && job->state == MODEL_WAITING)
        job->state = MODEL_RUNNING;
    return model_item_add(job, ITEM_ANSWER, ev->u.job_answer.answer, "") ? ERR_OK : ERR_NOMEM;
}

/* What runs when its engine dies is asked again after the restart: its half text is void. */
static void forget_streams(struct model_job *job)
{
    model_made_forget(job);
    for (size_t i = 0; i < job->stages_n; i++) {
        struct model_stage *s = &job->stages[i];
        for (size_t k = 0; k < s->candidates_n; k++) {
            struct model_candidate *c = &s->candidates[k];
            if (*c->outcome || c->code)
                continue;
            buf_clear(&c->text);
            job->tokens_live = job->tokens_live > c->tokens ? job->tokens_live - c->tokens : 0;
            c->tokens = 0;
            c->cut = false;
            c->rev++;
        }
        touch_stage(job, s);
    }
}

static enum err fold_delta(struct model *m, struct model_job *job,
                           const struct event_token_delta *d)
{
    struct model_stage *s = stage_get(job, d->stage);
    struct model_candidate *c = s ? candidate_get(s, d->candidate) : NULL;
    if (!c)
        return s ? ERR_TOO_LARGE : ERR_NOMEM;
    if (c->code || *c->outcome)
        return ERR_OK;
    if (d->restart || d->tokens < c->tokens) { /* asked again, also after a crash */
        buf_clear(&c->text);
        c->rev++;
        touch_stage(job, s);
    }
    if (d->dropped) {
        c->cut = true;
        if (buf_adds(&c->text, "\n…\n") != ERR_OK)
            return ERR_OK;
    }
    job->tokens_live += d->tokens - c->tokens;
    m->streamed += d->tokens - c->tokens;
    c->tokens = d->tokens;
    enum err e = buf_adds(&c->text, or_empty(d->text));
    if (e == ERR_TOO_LARGE) {
        c->cut = true;
        e = ERR_OK;
    }
    if (s->shown < 0 || !model_shown(s)->text.len) {
        int before = s->shown;
        choose_shown(s);
        if (!model_shown(s)->text.len)
            s->shown = (int)(c - s->candidates);
        if (before != s->shown)
            touch_stage(job, s);
    }
    return e;
}

static enum err fold_code(struct model_job *job, const struct event_candidate_code *e)
{
    struct model_stage *s = stage_get(job, e->stage);
    struct model_candidate *c = s ? candidate_get(s, e->candidate) : NULL;
    if (!c)
        return ERR_NOMEM;
    buf_fini(&c->text);
    buf_init(&c->text, MODEL_TEXT_MAX);
    c->code = true;
    c->cut = false;
    c->rev++;
    const char *code = or_empty(e->code);
    size_t n = strlen(code);
    c->cut = n > MODEL_TEXT_MAX;
    touch_stage(job, s);
    return buf_add(&c->text, code, c->cut ? MODEL_TEXT_MAX : n);
}

/* Checks and gates. A kept program that runs has stage 0: there is no ladder, the end says what was
 * checked. */
static enum err fold_check(struct model_job *job, const struct event *ev)
{
    int64_t stage = ev->type == EVENT_CHECK  ? ev->u.check.stage
                    : ev->type == EVENT_GATE ? ev->u.gate.stage
                                             : ev->u.gates.stage;
    int64_t number = ev->type == EVENT_CHECK  ? ev->u.check.candidate
                     : ev->type == EVENT_GATE ? ev->u.gate.candidate
                                              : ev->u.gates.candidate;
    struct model_stage *s = stage ? stage_get(job, stage) : NULL;
    struct model_candidate *c = s ? candidate_get(s, number) : NULL;
    enum err e;
    if (!c)
        return stage ? ERR_NOMEM : ERR_OK;
    e = ev->type == EVENT_CHECK  ? model_check_add(c, &ev->u.check)
        : ev->type == EVENT_GATE ? model_gate_told(c, ev->time, &ev->u.gate)
                                 : model_gates_told(c, &ev->u.gates);
    c->rev++;
    touch_stage(job, s);
    return e;
}

static enum err fold_candidate_end(struct model_job *job, const struct event_candidate_end *e)
{
    struct model_stage *s = stage_get(job, e->stage);
    struct model_candidate *c = s ? candidate_get(s, e->candidate) : NULL;
    if (!c)
        return ERR_NOMEM;
    set(&c->outcome, e->outcome);
    set(&c->why, e->why);
    if (e->tokens_out)
        c->tokens = e->tokens_out;
    c->seconds = e->seconds;
    c->rev++;
    model_gates_end(c);
    choose_shown(s);
    touch_stage(job, s);
    return ERR_OK;
}

static enum err fold_stage(struct model_job *job, const struct event *ev)
{
    int64_t number = ev->type == EVENT_STAGE_PLANNED ? ev->u.stage_planned.stage
                     : ev->type == EVENT_STAGE_BEGIN ? ev->u.stage_begin.stage
                                                     : ev->u.stage_end.stage;
    struct model_stage *s = stage_get(job, number);
    if (!s)
        return ERR_NOMEM;
    if (ev->type == EVENT_STAGE_PLANNED) {
        const struct event_stage_planned *p = &ev->u.stage_planned;
        set(&s->name, p->name);
        set(&s->model, p->model);
        set(&s->why, p->why);
        s->temperature = p->temperature;
        s->planned = p->candidates > 0 ? (int)p->candidates : 1;
        return ERR_OK;
    }
    if (ev->type == EVENT_STAGE_BEGIN) {
        if (s->begun)
            return ERR_OK;
        s->begun = true;
        s->begun_at = ev->time;
        struct model_item *it = model_item_add(job, ITEM_STAGE, "", "");
        if (it)
            it->stage = (size_t)(s - job->stages);
        return it ? ERR_OK : ERR_NOMEM;
    }
    const struct event_stage_end *e = &ev->u.stage_end;
    s->ended = true;
    set(&s->outcome, e->outcome);
    set(&s->why, e->why);
    s->tokens_in = e->tokens_in;
    s->tokens_out = e->tokens_out;
    s->seconds = e->seconds;
    choose_shown(s);
    touch_stage(job, s);
    return ERR_OK;
}

/* One quiet line: what DiSE takes the task for, so that a person can say otherwise. */
static enum err fold_class(struct model_job *job, const struct event_classified *c)
{
    char text[240];
    set(&job->class, c->class);
    set(&job->complexity, c->complexity);
    snprintf(text, sizeof text, "%.40s, %.20s: %.120s", class_words(or_empty(c->class)),
             or_empty(c->complexity), or_empty(c->why));
    return model_item_add(job, ITEM_NOTE, text, "info") ? ERR_OK : ERR_NOMEM;
}

/* A job that failed says so wherever the person looks. */
static enum err fold_done(struct model *m, struct model_job *job, const struct event *ev)
{
    const struct event_job_done *d = &ev->u.job_done;
    if (strcmp(d->status, "failed") == 0)
        model_note(m, ev, "error", d->message);
    if (strcmp(job->kind, "model_install") == 0)
        m->progress.active = false;
    job->state = MODEL_DONE;
    job->ended = ev->time;
    questions_fini(&job->questions);
    set(&job->status, d->status);
    set(&job->artifact, d->artifact);
    set(&job->result, d->result);
    set(&job->checked, d->checked);
    set(&job->message, d->message);
    job->llm_calls = d->llm_calls;
    job->tokens_in = d->tokens_in;
    job->tokens_out = d->tokens_out;
    job->tokens_live = 0;
    job->seconds = d->seconds;
    for (size_t i = 0; i < job->stages_n; i++) /* words stand in the result from now on */
        touch_stage(job, &job->stages[i]);
    return model_item_add(job, ITEM_DONE, d->message, d->status) ? ERR_OK : ERR_NOMEM;
}

static enum err fold_started(struct model_job *job, const struct event *ev)
{
    if (job->state == MODEL_QUEUED)
        job->state = MODEL_RUNNING;
    if (!job->started)
        job->started = ev->time;
    job->epoch = ev->u.job_started.epoch;
    questions_follow(&job->questions, ev);
    if (job->epoch < 2)
        return ERR_OK;
    forget_streams(job);
    if (!model_item_add(job, ITEM_NOTE, "resumed after an interruption", "info"))
        return ERR_NOMEM;
    (void)model_item_early(job);
    return ERR_OK;
}

static void fold_batch(struct model_job *job, const struct event_batch_state *b)
{
    job->scheduled = strcmp(or_empty(b->state), "scheduled") == 0;
    job->eta = b->eta;
    job->cost = b->cost;
    set(&job->phase, b->state);
    if (b->tokens > job->tokens_in + job->tokens_out)
        job->tokens_out = b->tokens - job->tokens_in;
}

static enum err fold_created(struct model_job *job, const struct event *ev)
{
    const struct event_job_created *e = &ev->u.job_created;
    set(&job->kind, e->kind);
    set(&job->title, e->title);
    job->parent = e->parent;
    job->created = ev->time;
    job->details = true;
    job->state = MODEL_QUEUED;
    job->llm_calls = job->tokens_in = job->tokens_out = 0;
    return model_item_add(job, ITEM_TASK, *e->task ? e->task : e->title, "") ? ERR_OK : ERR_NOMEM;
}

static enum err fold_note(struct model *m, struct model_job *job, const struct event *ev)
{
    const struct event_job_note *e = &ev->u.job_note;
    model_note(m, ev, e->level, e->text);
    return model_item_add(job, ITEM_NOTE, e->text, e->level) ? ERR_OK : ERR_NOMEM;
}

static enum err fold_candidate_begin(struct model_job *job, const struct event_candidate_begin *e)
{
    struct model_stage *s = stage_get(job, e->stage);
    struct model_candidate *c = s ? candidate_get(s, e->candidate) : NULL;
    if (!c)
        return ERR_NOMEM;
    set(&c->model, e->model);
    choose_shown(s);
    touch_stage(job, s);
    return ERR_OK;
}

/* Tokens of the answer were counted as they streamed. */
static void fold_call(struct model_job *job, const struct event_llm_call *e)
{
    if (job->state == MODEL_DONE)
        return;
    job->llm_calls++;
    job->tokens_in += e->tokens_in;
    job->tokens_out += e->tokens_out;
    job->tokens_live = job->tokens_live > e->tokens_out ? job->tokens_live - e->tokens_out : 0;
}

static enum err fold_job(struct model *m, struct model_job *job, const struct event *ev)
{
    switch (ev->type) {
    case EVENT_JOB_CREATED:
        return fold_created(job, ev);
    case EVENT_JOB_STARTED:
        return fold_started(job, ev);
    case EVENT_JOB_NOTE:
        return fold_note(m, job, ev);
    case EVENT_JOB_QUESTION:
        return fold_question(job, ev);
    case EVENT_JOB_ANSWER:
        return fold_answer(job, ev);
    case EVENT_JOB_DONE:
        return fold_done(m, job, ev);
    case EVENT_PHASE:
        set(&job->phase, ev->u.phase.name);
        return ERR_OK;
    case EVENT_CLASSIFIED:
        return fold_class(job, &ev->u.classified);
    case EVENT_STAGE_PLANNED:
    case EVENT_STAGE_BEGIN:
    case EVENT_STAGE_END:
        return fold_stage(job, ev);
    case EVENT_CANDIDATE_BEGIN:
        return fold_candidate_begin(job, &ev->u.candidate_begin);
    case EVENT_TOKEN_DELTA:
        return ev->u.token_delta.stage == 0 ? model_made_delta(m, job, &ev->u.token_delta)
                                            : fold_delta(m, job, &ev->u.token_delta);
    case EVENT_PLAN:
        return model_made_plan(job, ev->u.plan.text);
    case EVENT_TESTS_MADE:
        return model_made_tests(job, &ev->u.tests_made);
    case EVENT_CANDIDATE_CODE:
        return fold_code(job, &ev->u.candidate_code);
    case EVENT_CHECK:
    case EVENT_GATE:
    case EVENT_GATES:
        return fold_check(job, ev);
    case EVENT_CANDIDATE_END:
        return fold_candidate_end(job, &ev->u.candidate_end);
    case EVENT_LLM_CALL:
        fold_call(job, &ev->u.llm_call);
        return ERR_OK;
    case EVENT_BATCH_STATE:
        fold_batch(job, &ev->u.batch_state);
        return ERR_OK;
    case EVENT_ARTIFACT_STORED:
        set(&job->artifact, ev->u.artifact_stored.artifact);
        return ERR_OK;
    default:
        return ERR_OK;
    }
}

/* The first lines of a job's life, for jobs whose details are not held. */
static void fold_header(struct model_job *job, const struct event *ev)
{
    if (ev->type == EVENT_JOB_STARTED && job->state == MODEL_QUEUED)
        job->state = MODEL_RUNNING;
    if (ev->type == EVENT_JOB_STARTED && !job->started)
        job->started = ev->time;
    if (ev->type == EVENT_PHASE)
        set(&job->phase, ev->u.phase.name);
    if (ev->type == EVENT_BATCH_STATE)
        fold_batch(job, &ev->u.batch_state);
    if (ev->type == EVENT_JOB_QUESTION)
        job->state = MODEL_WAITING;
    if (ev->type == EVENT_JOB_ANSWER && job->state == MODEL_WAITING)
        job->state = MODEL_RUNNING;
    if (ev->type != EVENT_JOB_DONE)
        return;
    job->state = MODEL_DONE;
    job->ended = ev->time;
    set(&job->status, ev->u.job_done.status);
    job->tokens_in = ev->u.job_done.tokens_in;
    job->tokens_out = ev->u.job_done.tokens_out;
    job->seconds = ev->u.job_done.seconds;
}

enum err model_fold(struct model *m, const struct event *ev)
{
    m->version++;
    if (ev->seq > m->seq)
        m->seq = ev->seq;
    if (ev->job == 0 || ev->type == EVENT_PROGRESS) {
        model_fold_engine(m, ev);
        return ERR_OK;
    }
    struct model_job *job = job_get(m, ev->job);
    if (!job)
        return ERR_NOMEM;
    if (ev->type != EVENT_TOKEN_DELTA)
        m->listed++;
    if (ev->type == EVENT_JOB_CREATED && job->details)
        return ERR_OK;
    if (ev->type != EVENT_JOB_CREATED && !job->details) {
        fold_header(job, ev);
        return ERR_OK;
    }
    if (ev->seq && ev->seq <= job->seq)
        return ERR_OK;
    if (ev->seq)
        job->seq = ev->seq;
    enum err e = fold_job(m, job, ev);
    model_weigh(m, job);
    return e;
}

enum err model_listed(struct model *m, struct json_object *o)
{
    int64_t id = json_i64(o, "id", 0);
    if (id <= 0)
        return ERR_PROTOCOL;
    struct model_job *job = job_get(m, id);
    if (!job)
        return ERR_NOMEM;
    m->version++;
    m->listed++;
    if (job->details)
        return ERR_OK; /* its events know better */
    const char *state = json_str(o, "state", "done");
    set(&job->kind, json_str(o, "kind", ""));
    set(&job->title, json_str(o, "title", ""));
    set(&job->status, json_str(o, "status", ""));
    job->state = strcmp(state, "queued") == 0    ? MODEL_QUEUED
                 : strcmp(state, "running") == 0 ? MODEL_RUNNING
                 : strcmp(state, "waiting") == 0 ? MODEL_WAITING
                                                 : MODEL_DONE;
    job->created = json_i64(o, "created", 0);
    job->started = json_i64(o, "started", 0);
    job->ended = json_i64(o, "ended", 0);
    job->parent = json_i64(o, "parent", 0);
    job->tokens_in = json_i64(o, "tokens_in", 0);
    job->tokens_out = json_i64(o, "tokens_out", 0);
    job->cost = json_f64(o, "cost", 0);
    job->seconds = json_f64(o, "seconds", 0);
    return ERR_OK;
}
