/* A batch from its acceptance to its end: a loop of two steps, "begin" (some items become jobs) and
 * "watch" (something has happened). What is decided between them depends on their results only, so
 * that a resumed batch comes to the same decisions. Both are lazy: when their rows are lost in a
 * crash, the keys of the children give the same children again. */
#include "core/batch/batch.h"

#include <stdlib.h>
#include <string.h>

#include "base/day_time.h"
#include "base/log.h"
#include "core/batch/batch_internal.h"

enum {
    TICK_MS = 1000, /* the wall clock is looked at so often: it may be set, and summers begin */
    QUIET_MS = 60000,
    TELL_MS = 1000,  /* between two events that only count on, when items end */
    FAST_MS = 100,   /* faster than one in so many */
    CLOCK_MS = 2000, /* what the clock is off by more was set */
    STRIKES = 3,     /* failures of an item while others get through: it is the item's own fault */
    WIND_UP_MS = 10000,
    RESULT_MAX = 1 << 20
};

struct batch {
    struct pipeline *p;
    struct job *job;
    struct json_object *input; /* of the job, borrowed */
    /* as it was ordered */
    const char *name;
    int64_t id, items, start, width;
    double limit_hours;
    uint64_t looked; /* monotonic, of this process; 0: not yet */
    /* as it stands */
    int64_t next; /* the first item that was never begun */
    struct batch_child list[BATCH_WIDTH_MAX], again[BATCH_WIDTH_MAX];
    int running, waiting;
    bool *finished; /* by item */
    bool begun, paused, down;
    uint64_t back_off;
    char why[BATCH_CAUSE_MAX + 40]; /* down, because */
    const char *limit;              /* that was reached; NULL: none */
    int64_t done, solved, tokens, good;
    double cost;
    int64_t final_tokens; /* of the items that have ended */
    double final_cost;
    int64_t elapsed_ms, now, told, told_done;
    int told_running;
    char state[16];
    /* of this life of the engine only */
    int64_t wall;            /* the clock, ms since 1970 … */
    uint64_t mono;           /* … when the time was this, ns; 0: not yet */
    struct account *account; /* within those of night and day */
};

/* ---- telling ---- */

static void tell_plan(struct batch *b, struct json_object *input)
{
    struct json_object *limits = json_object_of(input, "limits");
    struct event ev = {.type = EVENT_BATCH_PLANNED};
    struct event_batch_planned *p = &ev.u.batch_planned;
    p->name = b->name;
    p->source = json_str(input, "source", "");
    p->items = b->items;
    p->start = b->start;
    p->width = b->width;
    p->limit_tokens = json_i64(limits, "tokens", 0);
    p->limit_money = json_f64(limits, "money", 0);
    p->limit_hours = b->limit_hours;
    job_emit(b->job, &ev);
}

/* How an item has ended; the figures are of the attempts before the last. */
static void tell_item(struct batch *b, int64_t item, int64_t child, const struct batch_end *end,
                      int64_t tokens, double cost, double seconds)
{
    struct event ev = {.type = EVENT_BATCH_ITEM};
    struct event_batch_item *i = &ev.u.batch_item;
    i->item = item;
    i->child = child;
    i->title = end->title;
    i->state = end->status;
    i->cause = end->cause;
    i->tokens = tokens + end->tokens;
    i->cost = cost + end->cost;
    i->seconds = seconds + end->seconds;
    job_emit(b->job, &ev);
}

/* The time of the rest, if it goes on as until now. */
static int64_t expected_end(const struct batch *b)
{
    if (!b->done || b->paused || b->down || !b->now)
        return 0;
    return b->now +
           (int64_t)((double)b->elapsed_ms / (double)b->done * (double)(b->items - b->done));
}

static void tell_state(struct batch *b, const char *state, const char *why)
{
    struct event ev = {.type = EVENT_BATCH_STATE};
    struct event_batch_state *s = &ev.u.batch_state;
    bool fast = b->elapsed_ms < b->done * FAST_MS && strcmp(state, "running") == 0;
    if (strcmp(state, b->state) == 0 &&
        ((b->done == b->told_done && b->running == b->told_running) ||
         (fast && b->now - b->told < TELL_MS && b->now >= b->told)))
        return;
    b->told_done = b->done;
    b->told_running = b->running;
    snprintf(b->state, sizeof b->state, "%s", state);
    b->told = b->now;
    s->state = state;
    s->why = why;
    s->done = b->done;
    s->items = b->items;
    s->solved = b->solved;
    s->running = b->running;
    s->tokens = b->tokens;
    s->cost = b->cost;
    s->eta = expected_end(b);
    job_emit(b->job, &ev);
}

static void tell_clock(struct batch *b, int64_t ms)
{
    struct event ev = {.type = EVENT_BATCH_CLOCK};
    ev.u.batch_clock.ms = ms;
    job_emit(b->job, &ev);
}

static void tell(struct batch *b)
{
    if (b->paused)
        tell_state(b, "paused", "");
    else if (!b->begun)
        tell_state(b, "scheduled", "");
    else if (b->down)
        tell_state(b, "waiting", b->why);
    else
        tell_state(b, "running", b->limit ? b->limit : "");
}

/* ---- beginning items ---- */

struct begin {
    struct batch *batch;
    struct batch_child *list; /* child is filled in */
    enum err *results;
    int n;
    struct json_object *inputs;
};

struct begin_one {
    struct begin *begin;
    int index;
};

/* All jobs of a batch have the configuration that it was accepted with. */
static void take_config(const struct batch *b, struct json_object *input)
{
    static const char *const parts[] = {"config", "options"};
    for (size_t i = 0; input && i < sizeof parts / sizeof *parts; i++)
        if (json_object_of(b->input, parts[i]))
            json_object_object_add(input, parts[i],
                                   json_object_get(json_object_of(b->input, parts[i])));
}

static enum err submit_one(void *arg)
{
    struct begin_one *one = arg;
    struct begin *g = one->begin;
    struct batch_child *c = &g->list[one->index];
    struct json_object *o = json_object_array_get_idx(g->inputs, (size_t)one->index);
    char key[64];
    struct submission s = {.kind = json_str(o, "kind", ""),
                           .key = key,
                           .title = json_str(o, "title", ""),
                           .input = json_object_of(o, "input"),
                           .parent = g->batch->id};
    struct err_info info;
    take_config(g->batch, s.input);
    batch_key(g->batch->id, c->item, c->attempt, key);
    g->results[one->index] = jobs_submit_as(job_jobs(g->batch->job), &s, &c->child, &info);
    return ERR_OK;
}

/* At the same time, so that they share a commit. */
static void submit_all(struct begin *g)
{
    struct begin_one ones[BATCH_WIDTH_MAX];
    struct fiber *fibers[BATCH_WIDTH_MAX];
    struct sched *sched = fiber_sched(fiber_current());
    for (int i = 0; i < g->n; i++) {
        ones[i] = (struct begin_one){g, i};
        fibers[i] = g->n > 1 ? fiber_spawn(sched, "begin item", submit_one, &ones[i]) : NULL;
        if (!fibers[i])
            submit_one(&ones[i]);
    }
    for (int i = 0; i < g->n; i++)
        if (fibers[i])
            fiber_join(fibers[i], NULL);
}

/* By scope and kind. The first two have journaled numbers of an older program. */
static const char *const spent[] = {
    "the night's tokens are spent", "the night's money is spent", "the night's seconds are over",
    "the batch's tokens are spent", "the batch's money is spent", "the batch's seconds are over",
    "today's tokens are spent",     "today's money is spent",     "today's seconds are over"};

/* What nothing is left of, in the batch's account or those around it: an index of `spent`, -1:
 * there is some left of everything. */
static enum err ask_accounts(struct batch *b, int *which, struct err_info *info)
{
    const struct account *day = spend_day(b->p->spend), *a;
    enum account_kind kind;
    enum err e = spend_look(b->p->spend, info);
    *which = -1;
    if (e)
        return e;
    a = ledger_spent(b->account, false, ledger_now(), &kind);
    if (a)
        *which = (int)kind + (a == b->account ? 3 : a == day ? 6 : 0);
    return ERR_OK;
}

/* The result: "-1" and an index of `spent`, or what became of each item. */
static enum err begin_step(struct step *step, void *arg, struct buf *out)
{
    struct begin *g = arg;
    struct batch_inputs inputs = {.batch = g->batch->id, .list = g->list, .n = g->n};
    struct err_info info = {0};
    int which;
    enum err e = ask_accounts(g->batch, &which, &info);
    if (!e && which >= 0)
        return buf_addf(out, "-1 %d", which);
    inputs.out = g->inputs = json_object_new_array();
    if (!e)
        e = store_read(g->batch->p->store, batch_read_inputs, &inputs, &info);
    if (e)
        step_fail(step, e, "%s", info.message);
    else
        submit_all(g);
    if (!e && (fiber_check() || job_closing(g->batch->job)))
        e = ERR_CANCELLED; /* some may be there and some not: they are found by their keys */
    for (int i = 0; !e && i < g->n; i++) {
        struct json_object *o = json_object_array_get_idx(g->inputs, (size_t)i);
        struct event ev = {.type = EVENT_BATCH_ITEM};
        ev.u.batch_item.item = g->list[i].item;
        ev.u.batch_item.child = g->list[i].child;
        ev.u.batch_item.title = json_str(o, "title", "");
        ev.u.batch_item.state = "running";
        if (!g->results[i])
            step_emit(step, &ev);
        e = buf_addf(out, "%lld %d ", (long long)g->list[i].child, (int)g->results[i]);
    }
    json_object_put(g->inputs);
    return e;
}

/* The next items, those first that are tried again. */
static int choose(struct batch *b, struct batch_child *list)
{
    int64_t room = b->down ? !b->running : b->width - b->running; /* one alone tries the backend */
    int n = 0;
    while (n < room && b->waiting) {
        list[n++] = b->again[0];
        memmove(b->again, b->again + 1, (size_t)--b->waiting * sizeof *b->again);
    }
    while (n < room && b->next <= b->items)
        list[n++] = (struct batch_child){.item = b->next++};
    for (int i = 0; i < n; i++) {
        list[i].good_before = b->good;
        list[i].probe = b->down;
    }
    return n;
}

static void finish_item(struct batch *b, const struct batch_child *c, const struct batch_end *end);
static void try_again(struct batch *b, struct batch_child c, enum err why);

/* Nothing was begun; what waited for another attempt keeps what it has cost. */
static void take_spent(struct batch *b, const struct batch_child *list, int n, const char *text)
{
    const size_t which = strtoul(text, NULL, 10);
    b->limit = spent[which < sizeof spent / sizeof *spent ? which : 0];
    for (int i = 0; i < n; i++)
        if (list[i].attempt)
            b->again[b->waiting++] = list[i];
}

static void take_begun(struct batch *b, struct batch_child *list, int n, const char *text)
{
    if (strncmp(text, "-1 ", 3) == 0) {
        take_spent(b, list, n, text + 3);
        return;
    }
    for (int i = 0; i < n; i++) {
        char *end;
        struct batch_end failed = {.item = list[i].item, .status = "failed"};
        list[i].child = strtoll(text, &end, 10);
        failed.error = (enum err)strtol(end, &end, 10);
        text = end;
        snprintf(failed.cause, sizeof failed.cause, "%s", err_text(failed.error));
        if (!failed.error)
            b->list[b->running++] = list[i];
        else if (batch_transient(failed.error))
            try_again(b, list[i], failed.error);
        else
            finish_item(b, &list[i], &failed);
    }
}

static enum err begin(struct batch *b, struct err_info *info)
{
    struct batch_child list[BATCH_WIDTH_MAX];
    enum err results[BATCH_WIDTH_MAX] = {ERR_OK};
    struct begin g = {.batch = b, .list = list, .results = results};
    char label[64];
    struct step_desc desc = {
        .name = "begin", .label = label, .flags = STEP_LAZY, .run = begin_step, .arg = &g};
    struct buf input, out;
    enum err e = ERR_OK;
    g.n = choose(b, list);
    if (!g.n)
        return ERR_OK;
    if (g.n == 1)
        snprintf(label, sizeof label, "item %lld", (long long)list[0].item);
    else
        snprintf(label, sizeof label, "%d items from %lld on", g.n, (long long)list[0].item);
    buf_init(&input, RESULT_MAX);
    buf_init(&out, RESULT_MAX);
    for (int i = 0; !e && i < g.n; i++)
        e = buf_addf(&input, "%lld/%d ", (long long)list[i].item, list[i].attempt);
    desc.input = input.data;
    desc.input_len = input.len;
    if (!e)
        e = job_step(b->job, &desc, &out, info);
    if (!e)
        take_begun(b, list, g.n, out.data);
    buf_fini(&input);
    buf_fini(&out);
    return e;
}

/* ---- watching ---- */

/* Whether the clock alone has changed something. `ms`: since the watch began. */
static bool due(const struct batch *b, int64_t now, int64_t ms)
{
    if (!b->begun && !b->paused && now >= b->start)
        return true;
    return b->begun && b->down && !b->paused && !b->running && ms >= (int64_t)b->back_off;
}

static uint64_t wait_ms(const struct batch *b, int64_t ms)
{
    if (!b->begun)
        return TICK_MS;
    if (b->down && !b->running && (int64_t)b->back_off > ms)
        return b->back_off - (uint64_t)ms < TICK_MS ? b->back_off - (uint64_t)ms : TICK_MS;
    return QUIET_MS;
}

/* By how much the clock went on more than time since the last call; 0 when it is a trifle. */
static int64_t clock_jump(struct batch *b, int64_t now)
{
    uint64_t mono = uv_hrtime();
    int64_t jump = b->mono ? now - b->wall - (int64_t)((mono - b->mono) / 1000000) : 0;
    b->wall = now;
    b->mono = mono;
    return jump > CLOCK_MS || jump < -CLOCK_MS ? jump : 0;
}

static enum err write_look(const struct batch_look *look, int64_t now, int64_t ms, int64_t jump,
                           bool is_due, struct buf *out)
{
    enum err e = buf_addf(
        out, "{\"now\":%lld,\"ms\":%lld,\"jump\":%lld,\"paused\":%s,\"due\":%s,\"ended\":[",
        (long long)now, (long long)ms, (long long)jump, look->paused ? "true" : "false",
        is_due ? "true" : "false");
    for (int i = 0; !e && i < look->ended; i++) {
        const struct batch_end *end = &look->ends[i];
        e = buf_addf(out,
                     "%s{\"item\":%lld,\"status\":\"%s\",\"error\":%d,\"tokens\":%lld,"
                     "\"cost\":%.9g,\"seconds\":%.3f,\"cause\":",
                     i ? "," : "", (long long)end->item, end->status, (int)end->error,
                     (long long)end->tokens, end->cost, end->seconds);
        if (!e)
            e = json_quote(out, end->cause, strlen(end->cause));
        if (!e)
            e = buf_adds(out, ",\"title\":");
        if (!e)
            e = json_quote(out, end->title, strlen(end->title));
        if (!e)
            e = buf_adds(out, "}");
    }
    return e ? e : buf_adds(out, "]}");
}

static enum err watch_step(struct step *step, void *arg, struct buf *out)
{
    struct batch *b = arg;
    struct batch_look *look = calloc(1, sizeof *look);
    /* from the last look on: what lies between two watches counts, too */
    uint64_t began = b->looked ? b->looked : uv_hrtime();
    struct err_info info = {0};
    enum err e = look ? ERR_OK : ERR_NOMEM;
    while (!e) {
        int64_t now = day_time_now(), ms = (int64_t)((uv_hrtime() - began) / 1000000);
        int64_t jump = clock_jump(b, now);
        bool is_due = due(b, now, ms);
        *look = (struct batch_look){.batch = b->id, .list = b->list, .n = b->running};
        e = store_read(b->p->store, batch_look, look, &info);
        if (e)
            step_fail(step, e, "%s", info.message);
        else if (look->ended || look->paused != b->paused || is_due || jump) {
            e = write_look(look, now, ms, jump, is_due, out);
            b->looked = uv_hrtime();
            break;
        } else
            e = job_bell(b->job, wait_ms(b, ms));
    }
    free(look);
    return e;
}

/* ---- what an end means ---- */

static void finish_item(struct batch *b, const struct batch_child *c, const struct batch_end *end)
{
    b->done++;
    b->solved += strcmp(end->status, "solved") == 0;
    b->finished[c->item] = true;
    b->final_tokens += c->tokens + end->tokens;
    b->final_cost += c->cost + end->cost;
    tell_item(b, c->item, c->child, end, c->tokens, c->cost, c->seconds);
}

static void try_again(struct batch *b, struct batch_child c, enum err why)
{
    int64_t base = config_int(b->p->config, OPTION_BATCH_RETRY_MS),
            most = config_int(b->p->config, OPTION_BATCH_RETRY_MOST_MS);
    if (!b->down || c.probe) /* those begun before it only tell the same outage again */
        b->back_off = b->down ? b->back_off * 2 : (uint64_t)base;
    if (b->back_off > (uint64_t)most)
        b->back_off = (uint64_t)most;
    snprintf(b->why, sizeof b->why, "%s", err_text(why));
    b->down = true;
    c.attempt++;
    c.child = 0;
    b->again[b->waiting++] = c;
}

static void take_end(struct batch *b, struct batch_child c, const struct batch_end *end)
{
    b->tokens += end->tokens;
    b->cost += end->cost;
    if (!batch_transient(end->error)) {
        b->good++;
        b->down = false;
        finish_item(b, &c, end);
        return;
    }
    c.strikes += b->good > c.good_before;
    if (c.strikes >= STRIKES) {
        finish_item(b, &c, end);
        return;
    }
    c.tokens += end->tokens;
    c.cost += end->cost;
    c.seconds += end->seconds;
    try_again(b, c, end->error);
}

static struct batch_end read_end(struct json_object *o)
{
    struct batch_end end = {.item = json_i64(o, "item", 0),
                            .error = (enum err)json_i64(o, "error", 0),
                            .tokens = json_i64(o, "tokens", 0),
                            .cost = json_f64(o, "cost", 0),
                            .seconds = json_f64(o, "seconds", 0)};
    snprintf(end.status, sizeof end.status, "%s", json_str(o, "status", ""));
    snprintf(end.cause, sizeof end.cause, "%s", json_str(o, "cause", ""));
    snprintf(end.title, sizeof end.title, "%s", json_str(o, "title", ""));
    return end;
}

static void check_limits(struct batch *b)
{
    if (!b->limit && b->limit_hours > 0 && (double)b->elapsed_ms >= b->limit_hours * 3600000)
        b->limit = "the batch's hours are over";
}

/* Time counts from the begin on, without pauses and without the time that no engine ran: hours of
 * work, which no change of the clock touches. */
static void take_look(struct batch *b, struct json_object *look)
{
    struct json_object *ended = json_array(look, "ended");
    b->now = json_i64(look, "now", 0);
    if (json_i64(look, "jump", 0))
        tell_clock(b, json_i64(look, "jump", 0));
    if (b->begun && !b->paused)
        b->elapsed_ms += json_i64(look, "ms", 0);
    for (size_t i = 0; ended && i < json_object_array_length(ended); i++) {
        struct batch_end end = read_end(json_object_array_get_idx(ended, i));
        for (int k = 0; k < b->running; k++) {
            struct batch_child c = b->list[k];
            if (c.item != end.item)
                continue;
            b->list[k] = b->list[--b->running];
            take_end(b, c, &end);
            break;
        }
    }
    b->paused = json_flag(look, "paused", false);
    b->begun |= json_flag(look, "due", false) && !b->begun;
    check_limits(b);
}

static enum err watch(struct batch *b, bool *is_due, struct err_info *info)
{
    struct step_desc desc = {
        .name = "watch", .flags = STEP_LAZY | STEP_SILENT, .run = watch_step, .arg = b};
    struct json_object *look = NULL;
    bool begun = b->begun;
    enum err e;
    e = job_step_json(b->job, &desc, RESULT_MAX, &look, info);
    if (!e) {
        take_look(b, look);
        *is_due = begun && json_flag(look, "due", false);
    }
    json_object_put(look);
    return e;
}

/* ---- the whole ---- */

static bool over(const struct batch *b)
{
    return !b->running && (b->limit || (!b->waiting && b->next > b->items));
}

/* Items that could not even begin have ended: the next ones take their places at once. */
static bool something_to_await(const struct batch *b)
{
    return b->running || b->paused || b->down || !b->begun;
}

static enum err work(struct batch *b, struct err_info *info)
{
    bool try = false;
    enum err e = ERR_OK;
    while (!e && !over(b)) {
        if (b->begun && !b->paused && !b->limit && (!b->down || try))
            e = begin(b, info);
        try = false;
        tell(b);
        if (!e && !over(b) && something_to_await(b))
            e = watch(b, &try, info);
    }
    return e;
}

/* What was tried and put back has cost something. */
static struct batch_child tried_before(const struct batch *b, int64_t item)
{
    for (int i = 0; i < b->waiting; i++)
        if (b->again[i].item == item)
            return b->again[i];
    return (struct batch_child){.item = item};
}

static void skip_rest(struct batch *b, const char *state, const char *cause)
{
    struct batch_end end = {.error = ERR_OK};
    snprintf(end.status, sizeof end.status, "%s", state);
    snprintf(end.cause, sizeof end.cause, "%s", cause);
    for (int64_t i = 1; i <= b->items; i++) {
        if (b->finished[i])
            continue;
        struct batch_child c = tried_before(b, i);
        tell_item(b, i, 0, &end, c.tokens, c.cost, c.seconds);
        b->finished[i] = true;
        b->done++;
    }
}

/* The children are found in the store: a cut step may have begun some that this run has not heard
 * of. All of it may be done twice, so it needs no journal. */
static void cancel_children(struct batch *b)
{
    uint64_t until = uv_hrtime() + (uint64_t)WIND_UP_MS * 1000000;
    struct batch_open open = {.batch = b->id};
    struct jobs *jobs = job_jobs(b->job);
    while (!store_read(b->p->store, batch_read_open, &open, NULL) && open.n > 0 &&
           uv_hrtime() < until) {
        for (int i = 0; i < open.n; i++)
            if (jobs_cancel(jobs, open.ids[i]))
                log_line("job %lld of batch %lld could not be cancelled", (long long)open.ids[i],
                         (long long)b->id);
        if (job_closing(b->job) || job_bell(b->job, TICK_MS))
            break;
    }
}

/* Items that were at work or waited for another attempt: how they ended. What their earlier
 * attempts took is told with them. */
static void tell_cancelled(struct batch *b)
{
    int64_t begun = b->next + BATCH_WIDTH_MAX; /* a cut step may have begun some more */
    b->tokens = b->final_tokens;
    b->cost = b->final_cost;
    for (int64_t i = 1; i <= b->items && i < begun; i++) {
        struct batch_last last = {.batch = b->id, .item = i};
        if (b->finished[i] || store_read(b->p->store, batch_read_last, &last, NULL) || !last.child)
            continue;
        b->done++;
        b->solved += strcmp(last.end.status, "solved") == 0;
        b->tokens += last.end.tokens;
        b->cost += last.end.cost;
        b->finished[i] = true;
        tell_item(b, i, last.child, &last.end, 0, 0, 0);
    }
}

static void wind_up(struct batch *b)
{
    fiber_shield(true);
    cancel_children(b);
    tell_cancelled(b);
    skip_rest(b, "cancelled", "cancelled");
    b->running = 0;
    b->told = 0;
    tell_state(b, "cancelled", "");
    fiber_shield(false);
}

static void finish(struct batch *b, enum err e, const struct err_info *info)
{
    struct event ev = {.type = EVENT_JOB_DONE};
    struct event_job_done *d = &ev.u.job_done;
    char text[256];
    bool all = b->solved == b->items;
    snprintf(text, sizeof text, "%lld of %lld solved%s%s", (long long)b->solved,
             (long long)b->items, b->limit ? "; " : "", b->limit ? b->limit : "");
    d->status = e == ERR_CANCELLED ? "cancelled" : e ? "failed" : all ? "solved" : "unsolved";
    d->error = e ? err_name(e) : b->limit && !all ? err_name(ERR_BUDGET) : "";
    d->message = e && e != ERR_CANCELLED ? info->message : text;
    d->seconds = (double)b->elapsed_ms / 1000;
    job_emit(b->job, &ev); /* its calls and tokens are its children's, and counted there */
}

static enum err set_up(struct batch *b, struct pipeline *p, struct job *job,
                       struct json_object *input)
{
    struct json_object *limits = json_object_of(input, "limits");
    memset(b, 0, sizeof *b);
    b->p = p;
    b->job = job;
    b->id = job_id(job);
    b->input = input;
    b->name = json_str(input, "name", "");
    b->items = json_i64(input, "items", 0);
    b->start = json_i64(input, "start", 0);
    b->width = json_i64(input, "width", BATCH_WIDTH);
    b->limit_hours = json_f64(limits, "hours", 0);
    b->next = 1;
    if (b->width < 1 || b->width > BATCH_WIDTH_MAX || b->items < 0 || b->items > BATCH_ITEMS_MAX)
        return ERR_INPUT;
    b->finished = calloc((size_t)b->items + 1, sizeof *b->finished);
    return b->finished ? ERR_OK : ERR_NOMEM;
}

/* A job may run before the transaction that accepted it is committed, and the items are in that.
 * The writer's queue is first in, first out: when this is through, they can be read. */
static enum err nothing(sqlite3 *db, void *arg, struct err_info *info)
{
    (void)db;
    (void)arg;
    (void)info;
    return ERR_OK;
}

static enum err run_batch(struct job *job, void *context, struct json_object *input)
{
    struct batch *b = malloc(sizeof *b);
    struct err_info info = {0};
    enum err e = b ? set_up(b, context, job, input) : ERR_NOMEM;
    if (e) {
        free(b);
        return e;
    }
    tell_plan(b, input);
    e = store_write(b->p->store, nothing, NULL, &info);
    if (!e)
        e = spend_enter(b->p->spend, b->id, &b->account, &info);
    if (!e)
        e = work(b, &info);
    if (!e && b->limit)
        skip_rest(b, "skipped", b->limit);
    if (e == ERR_CANCELLED && job_cancelled(job))
        wind_up(b);
    b->told = 0;
    if (!e)
        tell_state(b, "done", b->limit ? b->limit : "");
    if (!e || job_cancelled(job))
        finish(b, e, &info);
    spend_leave(b->p->spend, b->account);
    free(b->finished);
    free(b);
    return e;
}

const struct job_kind batch_kind = {"batch", 1, run_batch};
