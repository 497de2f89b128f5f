#include "ui/pane/batch_model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const item_states[BATCH_ITEM_STATES] = {
    "waiting", "running", "solved", "unsolved", "failed", "cancelled", "skipped"};

const char *batch_item_state_name(enum batch_item_state s)
{
    return item_states[s];
}

static enum batch_item_state state_by_name(const char *name)
{
    for (int i = 0; i < BATCH_ITEM_STATES; i++)
        if (strcmp(item_states[i], name) == 0)
            return (enum batch_item_state)i;
    return BATCH_ITEM_WAITING;
}

static enum err set(char **field, const char *text)
{
    char *copy;
    if (*field && strcmp(*field, text) == 0)
        return ERR_OK;
    copy = strdup(text);
    if (!copy)
        return ERR_NOMEM;
    free(*field);
    *field = copy;
    return ERR_OK;
}

static void batch_fini(struct batch *b)
{
    free(b->name);
    free(b->source);
    free(b->why);
    for (size_t i = 0; i < b->list_n; i++)
        free(b->list[i].title);
    for (int i = 0; i < b->causes_n; i++)
        free(b->causes[i].text);
    free(b->list);
}

void batch_model_fini(struct batch_model *m)
{
    for (size_t i = 0; i < m->n; i++)
        batch_fini(&m->batches[i]);
    free(m->batches);
    memset(m, 0, sizeof *m);
}

struct batch *batch_model_get(struct batch_model *m, int64_t id)
{
    for (size_t i = 0; i < m->n; i++)
        if (m->batches[i].id == id)
            return &m->batches[i];
    return NULL;
}

/* The batch of that id, put in its place when it is new; NULL: no memory, or too old to be kept. */
static struct batch *batch_of(struct batch_model *m, int64_t id)
{
    struct batch *b = batch_model_get(m, id);
    size_t at = 0;
    if (b)
        return b;
    if (!m->batches) {
        m->batches = calloc(BATCH_MODEL_MAX + 1, sizeof *m->batches);
        if (!m->batches)
            return NULL;
    }
    while (at < m->n && m->batches[at].id > id)
        at++;
    if (at == BATCH_MODEL_MAX)
        return NULL;
    memmove(m->batches + at + 1, m->batches + at, (m->n - at) * sizeof *m->batches);
    m->batches[at] = (struct batch){.id = id, .name = strdup(""), .source = strdup("")};
    m->batches[at].why = strdup("");
    b = &m->batches[at];
    snprintf(b->state, sizeof b->state, "scheduled");
    if (++m->n > BATCH_MODEL_MAX)
        batch_fini(&m->batches[--m->n]);
    return b->name && b->source && b->why ? b : NULL;
}

/* ---- items ---- */

static enum err grow_items(struct batch *b, size_t n)
{
    if (n > b->list_cap) {
        size_t cap = n < 64 ? 64 : n + n / 2;
        struct batch_item *more = realloc(b->list, cap * sizeof *more);
        if (!more)
            return ERR_NOMEM;
        b->list = more;
        b->list_cap = cap;
    }
    for (; b->list_n < n; b->list_n++) {
        b->list[b->list_n] = (struct batch_item){.cause = -1};
        b->states[BATCH_ITEM_WAITING]++;
    }
    return ERR_OK;
}

static int cause_of(struct batch *b, const char *text)
{
    for (int i = 0; i < b->causes_n; i++)
        if (strcmp(b->causes[i].text, text) == 0)
            return i;
    if (b->causes_n == BATCH_CAUSES_MAX)
        return BATCH_CAUSES_MAX - 1;
    if (b->causes_n == BATCH_CAUSES_MAX - 1)
        text = "other causes";
    b->causes[b->causes_n] = (struct batch_cause){strdup(text), 0};
    return b->causes[b->causes_n].text ? b->causes_n++ : -1;
}

/* Adds an item to what was counted, or takes it out again (sign -1). */
static void count(struct batch *b, const struct batch_item *it, int sign)
{
    bool ended = it->state > BATCH_ITEM_RUNNING;
    b->states[it->state] += sign;
    b->counted.done += ended ? sign : 0;
    b->counted.solved += it->state == BATCH_ITEM_SOLVED ? sign : 0;
    b->counted.running += it->state == BATCH_ITEM_RUNNING ? sign : 0;
    b->counted.tokens += sign * it->tokens;
    b->counted.cost += sign * it->cost;
    if (it->cause >= 0)
        b->causes[it->cause].count += sign;
}

/* A peer's odd figure must not overflow a sum. */
static int64_t sane(int64_t n)
{
    return n < 0 ? 0 : n > INT64_C(1000000000000) ? INT64_C(1000000000000) : n;
}

/* Milliseconds since 1970 up to the year 9999; 0: not known. */
static int64_t sane_time(int64_t t)
{
    return t < 0 || t > INT64_C(253402300799000) ? 0 : t;
}

static double sane_cost(double d)
{
    return d >= 0 && d < 1e9 ? d : 0;
}

static enum err set_item(struct batch *b, int64_t number, const struct event_batch_item *told)
{
    struct batch_item *it;
    enum err e;
    if (number < 1 || number > BATCH_ITEMS_MAX)
        return ERR_OK;
    e = grow_items(b, (size_t)number);
    if (e)
        return e;
    it = &b->list[number - 1];
    count(b, it, -1);
    it->state = state_by_name(told->state);
    it->child = told->child ? told->child : it->child;
    it->tokens = sane(told->tokens);
    it->cost = sane_cost(told->cost);
    it->seconds = sane_cost(told->seconds);
    it->cause = it->state > BATCH_ITEM_SOLVED && *told->cause ? cause_of(b, told->cause) : -1;
    count(b, it, 1);
    if (b->items < number)
        b->items = number;
    return *told->title || !it->title ? set(&it->title, told->title) : ERR_OK;
}

/* ---- events ---- */

static enum err fold_planned(struct batch *b, const struct event_batch_planned *p)
{
    b->items = p->items > BATCH_ITEMS_MAX || p->items < 0 ? BATCH_ITEMS_MAX : p->items;
    b->start = sane_time(p->start);
    b->width = p->width;
    b->limit_tokens = p->limit_tokens;
    b->limit_money = p->limit_money;
    b->limit_hours = p->limit_hours;
    return set(&b->name, p->name) ? ERR_NOMEM : set(&b->source, p->source);
}

static enum err fold_state(struct batch *b, const struct event_batch_state *s)
{
    snprintf(b->state, sizeof b->state, "%.15s", s->state);
    b->told = (struct batch_totals){sane(s->done), sane(s->solved), sane(s->running),
                                    sane(s->tokens), sane_cost(s->cost)};
    b->eta = sane_time(s->eta);
    if (s->items > 0 && s->items <= BATCH_ITEMS_MAX)
        b->items = s->items;
    return set(&b->why, s->why);
}

enum err batch_model_fold(struct batch_model *m, const struct event *ev)
{
    struct batch *b;
    if (ev->type != EVENT_BATCH_PLANNED && ev->type != EVENT_BATCH_ITEM &&
        ev->type != EVENT_BATCH_STATE)
        return ERR_OK;
    b = batch_of(m, ev->job);
    if (!b || (ev->seq && ev->seq <= b->seq))
        return ERR_OK;
    b->seq = ev->seq;
    if (ev->type == EVENT_BATCH_PLANNED)
        return fold_planned(b, &ev->u.batch_planned);
    if (ev->type == EVENT_BATCH_ITEM)
        return set_item(b, ev->u.batch_item.item, &ev->u.batch_item);
    return fold_state(b, &ev->u.batch_state);
}

/* ---- answers ---- */

static enum err take_items(struct batch *b, struct json_object *tasks)
{
    enum err e = ERR_OK;
    for (size_t i = 0; !e && i < json_object_array_length(tasks); i++) {
        struct json_object *o = json_object_array_get_idx(tasks, i);
        const struct event_batch_item it = {.item = json_i64(o, "item", (int64_t)i + 1),
                                            .child = json_i64(o, "child", 0),
                                            .title = json_str(o, "title", ""),
                                            .state = json_str(o, "state", ""),
                                            .cause = json_str(o, "cause", ""),
                                            .tokens = json_i64(o, "tokens", 0),
                                            .cost = json_f64(o, "cost", 0),
                                            .seconds = json_f64(o, "seconds", 0)};
        e = set_item(b, it.item, &it);
    }
    b->details = !e;
    return e;
}

enum err batch_model_listed(struct batch_model *m, struct json_object *o)
{
    struct json_object *limits = json_object_of(o, "limits"), *tasks = json_array(o, "tasks");
    struct batch *b = batch_of(m, json_i64(o, "id", 0));
    int64_t items = json_i64(o, "items", 0);
    if (!b)
        return ERR_OK;
    snprintf(b->state, sizeof b->state, "%.15s", json_str(o, "state", ""));
    b->start = sane_time(json_i64(o, "start", b->start));
    b->eta = sane_time(json_i64(o, "eta", b->eta));
    b->width = json_i64(o, "width", b->width);
    if (items >= 0 && items <= BATCH_ITEMS_MAX)
        b->items = items;
    b->told.done = sane(json_i64(o, "done", 0));
    b->told.solved = sane(json_i64(o, "solved", 0));
    b->told.running = sane(json_i64(o, "running", b->told.running));
    b->told.tokens = sane(json_i64(o, "tokens", 0));
    b->told.cost = sane_cost(json_f64(o, "cost", 0));
    b->limit_tokens = json_i64(limits, "tokens", b->limit_tokens);
    b->limit_money = json_f64(limits, "money", b->limit_money);
    b->limit_hours = json_f64(limits, "hours", b->limit_hours);
    if (set(&b->name, json_str(o, "name", b->name)) ||
        set(&b->source, json_str(o, "source", b->source)) ||
        set(&b->why, json_str(o, "why", b->why)))
        return ERR_NOMEM;
    return tasks ? take_items(b, tasks) : ERR_OK;
}

/* ---- looking ---- */

static int64_t greater(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

bool batch_ended(const struct batch *b)
{
    return strcmp(b->state, "done") == 0 || strcmp(b->state, "cancelled") == 0;
}

struct batch_totals batch_totals(const struct batch *b)
{
    const struct batch_totals *t = &b->told, *c = &b->counted;
    struct batch_totals out = {.done = greater(t->done, c->done),
                               .solved = greater(t->solved, c->solved),
                               .running = b->details ? c->running : greater(t->running, c->running),
                               .tokens = greater(t->tokens, c->tokens),
                               .cost = t->cost > c->cost ? t->cost : c->cost};
    if (batch_ended(b))
        out.running = 0;
    return out;
}

int batch_causes(const struct batch *b, int out[BATCH_CAUSES_MAX])
{
    int n = 0;
    for (int i = 0; i < b->causes_n; i++) {
        int at = n;
        if (b->causes[i].count <= 0)
            continue;
        while (at > 0 && b->causes[out[at - 1]].count < b->causes[i].count) {
            out[at] = out[at - 1];
            at--;
        }
        out[at] = i;
        n++;
    }
    return n;
}
