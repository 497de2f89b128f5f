/* What the engine does, in figures. Its samples come once a second while jobs run or this pane is
 * on the screen; the events of calls and runs are added at once, until the next sample knows
 * better. The graphs stand still while nothing runs, so that an idle dashboard writes nothing. */
#include <string.h>

#include "base/figure.h"
#include "ui/pane/series.h"
#include "ui/ui.h"

enum {
    FRESH_MS = 2500,  /* so long a sample is the latest word on tokens a second */
    TWO_COLUMNS = 64, /* width from which figures stand side by side */
    GAP = 3,          /* between them */
    LABEL = 8,        /* width of names where there is little room, and where there is more */
    LABEL_WIDE = 13,
    LABEL_WIDE_FROM = 40,
    VALUE = 6, /* width of the figure beside a graph */
    ITEMS = 10,
    SLOW_MS = 50, /* a loop that lags so long is felt */
};

struct metrics_pane {
    struct event_engine_sample f; /* the figures */
    struct series tokens, cpu;    /* a value a second, of the seconds in which something ran */
    struct series first, runs;    /* milliseconds, as events told; until the engine counts */
    double shown_cpu, shown_mb, shown_lag;
    int64_t seq;              /* of the last event counted */
    int64_t sampled;          /* ms since 1970; 0: never */
    int64_t second, streamed; /* when tokens were looked at last, and how many there were */
    uint64_t look;            /* of what was shown last */
    int w;                    /* of the last drawing */
    bool on, any;
};

/* ---- folding ---- */

/* A figure keeps what it shows while it moves by less than its last place. */
static void settle(double *shown, double now)
{
    if (now - *shown > 0.75 || *shown - now > 0.75)
        *shown = (double)(int64_t)(now + 0.5);
}

static void take_sample(struct metrics_pane *p, const struct event_engine_sample *s, int64_t now)
{
    bool busy = s->running || s->queued || s->tokens_s > 0;
    bool ending = p->tokens.n && p->tokens.v[p->tokens.n - 1] > 0;
    bool lags = s->lag_ms >= SLOW_MS || p->shown_lag >= SLOW_MS;
    p->f = *s;
    p->sampled = now;
    p->any = true;
    settle(&p->shown_cpu, s->cpu);
    settle(&p->shown_mb, (double)s->rss_kb / 1024);
    if (busy || ending || lags) /* of an idle loop it is the machine's noise */
        settle(&p->shown_lag, s->lag_ms);
    if (busy || ending) {
        series_push(&p->tokens, s->tokens_s);
        series_push(&p->cpu, s->cpu);
    }
}

static void take_call(struct metrics_pane *p, const struct event_llm_call *c)
{
    p->any = true;
    p->f.calls++;
    p->f.cached += c->cached;
    p->f.spend += c->cost;
    p->f.spend_today += c->cost;
    p->f.tokens_in += c->tokens_in;
    p->f.tokens_cached += c->tokens_cached;
    p->f.tokens_out += c->tokens_out;
    if (c->first_token_ms > 0)
        series_push(&p->first, c->first_token_ms);
    if (!p->sampled) {
        p->f.first_token_p50 = series_percentile(&p->first, 0.5);
        p->f.first_token_p95 = series_percentile(&p->first, 0.95);
    }
}

static void take_run(struct metrics_pane *p, const struct event_sandbox_run *r)
{
    p->any = true;
    p->f.sandbox_runs++;
    series_push(&p->runs, r->wall_ms);
    if (!p->sampled) {
        p->f.sandbox_p50 = series_percentile(&p->runs, 0.5);
        p->f.sandbox_p95 = series_percentile(&p->runs, 0.95);
    }
}

/* From the stream itself where the engine sends no samples. */
static void take_tokens(const struct ui *ui, struct metrics_pane *p)
{
    int64_t passed = ui->now - p->second, told = ui->model.streamed - p->streamed;
    if (passed < 900)
        return;
    if (p->second && passed < 3 * FRESH_MS && ui->now - p->sampled > FRESH_MS) {
        p->any = true;
        p->f.tokens_s = (double)(told > 0 ? told : 0) * 1000 / (double)passed;
        series_push(&p->tokens, p->f.tokens_s);
    }
    p->second = ui->now;
    p->streamed = ui->model.streamed;
}

static void take_state(struct metrics_pane *p, const struct event_engine_state *s)
{
    p->any = true;
    p->f.running = s->running;
    p->f.queued = s->queued;
    settle(&p->shown_cpu, s->cpu);
    settle(&p->shown_mb, (double)s->rss_kb / 1024);
    if (!s->running && !s->queued)
        p->f.tokens_s = 0;
}

/* ---- what is shown ---- */

struct item {
    const char *label, *wide; /* where there is room */
    char text[3][96];         /* the longest that fits is shown */
    const struct series *graph;
    double least; /* of the graph's height */
    enum style style;
};

static void say(struct item *it, const char *label, const char *wide, enum style style)
{
    *it = (struct item){.label = label, .wide = wide, .style = style};
}

/* Nothing has been measured: no figure is better than a zero that looks like one. */
static void say_nothing(struct item *it)
{
    memset(it->text, 0, sizeof it->text);
    snprintf(it->text[0], sizeof it->text[0], "-");
    it->style = STYLE_DIM;
}

static int percent(int64_t part, int64_t whole)
{
    return part > 0 && whole > part ? (int)((double)part * 100 / (double)whole + 0.5)
                                    : (part > 0 && whole > 0) * 100;
}

static void say_pair(struct item *it, double p50, double p95, const char *before)
{
    char low[FIGURE_SIZE], high[FIGURE_SIZE];
    if (p50 <= 0 && p95 <= 0) {
        say_nothing(it);
        return;
    }
    figure_ms(low, p50);
    figure_ms(high, p95);
    snprintf(it->text[0], sizeof it->text[0], "%sp50 %s  p95 %s", before, low, high);
    snprintf(it->text[1], sizeof it->text[1], "%s  p95 %s", low, high);
    snprintf(it->text[2], sizeof it->text[2], "%s", low);
}

static void say_tokens(struct item *it, const struct event_engine_sample *f)
{
    char in[FIGURE_SIZE], out[FIGURE_SIZE];
    int cached = percent(f->tokens_cached, f->tokens_in);
    figure_count(in, f->tokens_in);
    figure_count(out, f->tokens_out);
    say(it, "tokens", "tokens", STYLE_NUMBER);
    if (!f->tokens_in && !f->tokens_out) {
        say_nothing(it);
        return;
    }
    snprintf(it->text[0], sizeof it->text[0], "%s in  %s out  %d %% cached", in, out, cached);
    snprintf(it->text[1], sizeof it->text[1], "%s in  %s out", in, out);
    snprintf(it->text[2], sizeof it->text[2], "%s out", out);
}

static void say_reuse(struct item *it, const struct event_engine_sample *f)
{
    int reuse = percent(f->reused, f->tasks);
    say(it, "reuse", "reuse", STYLE_NUMBER);
    if (!f->tasks) {
        say_nothing(it);
        return;
    }
    snprintf(it->text[0], sizeof it->text[0], "%d %%  %lld of %lld task%s  %lld from cache", reuse,
             (long long)f->reused, (long long)f->tasks, figure_s(f->tasks), (long long)f->cached);
    snprintf(it->text[1], sizeof it->text[1], "%d %%  %lld from cache", reuse,
             (long long)f->cached);
    snprintf(it->text[2], sizeof it->text[2], "%d %%", reuse);
}

static void say_spend(struct item *it, const struct event_engine_sample *f)
{
    char money[FIGURE_SIZE], calls[FIGURE_SIZE], today[FIGURE_SIZE];
    figure_money(money, f->spend);
    figure_money(today, f->spend_today);
    figure_count(calls, f->calls);
    say(it, "spend", "spend", STYLE_NUMBER);
    snprintf(it->text[0], sizeof it->text[0], "%s today  %s in %s call%s", today, money, calls,
             figure_s(f->calls));
    snprintf(it->text[1], sizeof it->text[1], "%s today  %s call%s", today, calls,
             figure_s(f->calls));
    snprintf(it->text[2], sizeof it->text[2], "%s", today);
}

static void say_queue(struct item *it, const struct event_engine_sample *f)
{
    say(it, "queue", "queue", f->running ? STYLE_RUNNING : STYLE_NUMBER);
    snprintf(it->text[0], sizeof it->text[0], "%lld running  %lld queued", (long long)f->running,
             (long long)f->queued);
    snprintf(it->text[1], sizeof it->text[1], "%lld run  %lld wait", (long long)f->running,
             (long long)f->queued);
    snprintf(it->text[2], sizeof it->text[2], "%lld+%lld", (long long)f->running,
             (long long)f->queued);
}

static void say_sandbox(struct item *it, const struct event_engine_sample *f)
{
    char runs[FIGURE_SIZE], low[FIGURE_SIZE], before[40];
    figure_count(runs, f->sandbox_runs);
    figure_ms(low, f->sandbox_p50);
    snprintf(before, sizeof before, "%s %s  ", runs, f->sandbox_runs == 1 ? "run" : "runs");
    say(it, "sandbox", "sandbox", STYLE_NUMBER);
    say_pair(it, f->sandbox_p50, f->sandbox_p95, before);
    snprintf(it->text[1], sizeof it->text[1], "%s%s", before, low);
    snprintf(it->text[2], sizeof it->text[2], "%s", runs);
}

/* In the order of what is worth a row. */
static void collect(const struct metrics_pane *p, struct item out[ITEMS])
{
    const struct event_engine_sample *f = &p->f;
    struct item *it = out;
    say(it, "tok/s", "tokens/s", STYLE_NUMBER);
    snprintf(it->text[0], sizeof it->text[0], "%.0f", f->tokens_s);
    it->graph = &p->tokens;
    say(++it, "first", "first token", STYLE_NUMBER);
    say_pair(it, f->first_token_p50, f->first_token_p95, "");
    say_queue(++it, f);
    say_tokens(++it, f);
    say(++it, "cpu", "engine cpu", STYLE_NUMBER);
    snprintf(it->text[0], sizeof it->text[0], "%.0f %%", p->shown_cpu);
    it->graph = &p->cpu;
    it->least = 10;
    say_reuse(++it, f);
    say_spend(++it, f);
    say_sandbox(++it, f);
    say(++it, "memory", "engine memory", STYLE_NUMBER);
    snprintf(it->text[0], sizeof it->text[0], "%.0f MB", p->shown_mb);
    if (p->shown_mb <= 0)
        say_nothing(it);
    say(++it, "lag", "loop lag", p->shown_lag >= SLOW_MS ? STYLE_WARN : STYLE_NUMBER);
    figure_ms(it->text[0], p->shown_lag > 0 ? p->shown_lag : 0.5);
    if (!p->sampled)
        say_nothing(it);
}

/* ---- has anything changed that can be seen? ---- */

static uint64_t mix(uint64_t h, const void *data, size_t n)
{
    const unsigned char *b = data;
    for (size_t i = 0; i < n; i++)
        h = (h ^ b[i]) * 1099511628211u; /* FNV-1a */
    return h;
}

static double top_of(const struct series *s, size_t shown, double least)
{
    double top = least;
    for (size_t i = s->n - shown; i < s->n; i++)
        top = s->v[i] > top ? s->v[i] : top;
    return top;
}

static uint64_t look_of(const struct metrics_pane *p)
{
    struct item items[ITEMS];
    uint64_t h = 14695981039346656037u;
    collect(p, items);
    for (int i = 0; i < ITEMS; i++) {
        const struct series *s = items[i].graph;
        size_t shown = s && s->n < (size_t)p->w ? s->n : (size_t)p->w;
        for (int k = 0; k < 3; k++)
            h = mix(h, items[i].text[k], strlen(items[i].text[k]) + 1);
        h = mix(h, &items[i].style, sizeof items[i].style);
        double top = s ? top_of(s, shown, items[i].least) : 0;
        for (size_t k = 0; s && k < shown; k++) {
            double part = top > 0 ? s->v[s->n - shown + k] / top : 0;
            int level = part >= 1 ? 8 : part > 0 ? (int)(part * 8) : 0;
            h = mix(h, &level, sizeof level);
        }
    }
    return h;
}

static void event(struct ui *ui, void *state, const struct event *ev)
{
    struct metrics_pane *p = state;
    uint64_t look;
    if (ev->seq && ev->seq <= p->seq)
        return; /* told again after the connection was lost */
    if (ev->seq)
        p->seq = ev->seq;
    switch (ev->type) {
    case EVENT_ENGINE_SAMPLE:
        take_sample(p, &ev->u.engine_sample, ui->now);
        break;
    case EVENT_ENGINE_STATE:
        take_state(p, &ev->u.engine_state);
        break;
    case EVENT_LLM_CALL:
        take_call(p, &ev->u.llm_call);
        break;
    case EVENT_SANDBOX_RUN:
        take_run(p, &ev->u.sandbox_run);
        break;
    case EVENT_TOKEN_DELTA:
        take_tokens(ui, p);
        return;
    default:
        return;
    }
    if (!ui->visible[PANE_METRICS])
        return;
    look = look_of(p);
    ui->dirty |= look != p->look;
    p->look = look;
}

/* ---- drawing ---- */

static void draw_item(struct canvas *c, struct rect r, const struct item *it)
{
    bool wide = r.w >= LABEL_WIDE_FROM;
    int label = wide ? LABEL_WIDE : LABEL, room = r.w - label - 1, k = 0;
    canvas_put_fit(c, r.x, r.y, label, STYLE_DIM, wide ? it->wide : it->label);
    if (it->graph) {
        size_t n = it->graph->n, shown = (size_t)(room > VALUE + 1 ? room - VALUE - 1 : 0);
        shown = shown < n ? shown : n;
        canvas_spark(c, r.x + label + 1, r.y, room - VALUE - 1, STYLE_SPARK, it->graph->v, n,
                     top_of(it->graph, shown, it->least));
        canvas_put_right(c, r.x + r.w - VALUE, r.y, VALUE, it->style, it->text[0]);
        return;
    }
    while (k < 2 && *it->text[k + 1] && cluster_columns(it->text[k], strlen(it->text[k])) > room)
        k++;
    canvas_put_right(c, r.x + label + 1, r.y, room, it->style, it->text[k]);
}

static void draw_metrics(struct ui *ui, void *state, struct canvas *whole, bool focused)
{
    struct metrics_pane *p = state;
    struct canvas inner = canvas_part(whole, (struct rect){1, 0, whole->w - 2, whole->h}),
                  *c = &inner;
    struct item items[ITEMS];
    int columns = c->w >= TWO_COLUMNS ? 2 : 1, rows = (ITEMS + columns - 1) / columns;
    int w = (c->w - (columns - 1) * GAP) / columns;
    (void)ui;
    (void)focused;
    p->w = c->w;
    p->look = look_of(p);
    if (!p->any) {
        canvas_put_fit(c, 0, 0, c->w, STYLE_DIM, "the engine's figures stand here");
        return;
    }
    collect(p, items);
    rows = rows < c->h ? rows : c->h;
    for (int i = 0; i < ITEMS && i < rows * columns; i++)
        draw_item(c, (struct rect){i / rows * (w + GAP), i % rows, w, 1}, &items[i]);
}

static void visible(struct ui *ui, void *state, bool shown)
{
    struct metrics_pane *p = state;
    struct json_object *o = json_object_new_object();
    p->on = shown;
    json_add_bool(o, "on", shown);
    ui_call(ui, METHOD_ENGINE_WATCH, o, NULL, NULL);
}

const struct pane_class pane_metrics = {
    .name = "metrics",
    .title = "Metrics",
    .brief = "Live",
    .size = sizeof(struct metrics_pane),
    .event = event,
    .visible = visible,
    .draw = draw_metrics,
};
