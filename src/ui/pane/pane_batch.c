/* Overnight runs: a list of them with the selected one's progress, its tasks, its report. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/figure.h"
#include "ui/pane/batch_form.h"
#include "ui/pane/batch_model.h"
#include "ui/ui.h"
#include "ui/when.h"
#include "ui/widget/markdown.h"

enum level { LEVEL_RUNS, LEVEL_ITEMS, LEVEL_REPORT };
enum { REPORT_MAX = 4 << 20, LIST_LIMIT = 100, RUN_ROWS_MAX = 8, WIDE = 48 };

struct pane {
    struct batch_model m;
    struct list_view *runs, *items;
    struct ui *ui;
    enum level level, before; /* before: the level that the report was opened from */
    int64_t selected, shown;  /* batch; the one whose details were asked for */
    bool asks, visible;       /* asks: whether to cancel */
    char problem[200], found[64];
    struct text_view *view;
    char *report;
    int64_t report_of;
    int report_w; /* columns that the view was written for */
    struct rect list;
};

static struct batch *selected(struct pane *p)
{
    return batch_model_get(&p->m, p->selected);
}

/* ---- requests ---- */

static struct json_object *with_id(const char *key, int64_t id)
{
    struct json_object *o = json_object_new_object();
    json_add_i64(o, key, id);
    return o;
}

static struct pane *pane_of(struct ui *ui)
{
    return ui->panes[PANE_BATCH];
}

static void on_show(void *arg, struct json_object *result, const struct err_info *info)
{
    struct ui *ui = arg;
    struct pane *p = pane_of(ui);
    if (info)
        snprintf(p->problem, sizeof p->problem, "%.199s", info->message);
    else if (batch_model_listed(&p->m, result))
        ui_note(ui, "out of memory: a part of the run is not shown");
    list_view_changed(p->items);
    ui->dirty = true;
}

/* The selection stays on its run when others come; asks for what is not known of it. */
static void refresh(struct ui *ui, struct pane *p)
{
    struct batch *b = selected(p);
    if (!b && p->m.n)
        b = &p->m.batches[0];
    list_view_changed(p->runs);
    list_view_changed(p->items);
    if (!b)
        return;
    p->selected = b->id;
    list_view_select(p->runs, (size_t)(b - p->m.batches));
    if (p->visible && !b->details && p->shown != b->id) {
        p->shown = b->id;
        ui_call(ui, METHOD_BATCH_SHOW, with_id("id", b->id), on_show, ui);
    }
}

static void on_list(void *arg, struct json_object *result, const struct err_info *info)
{
    struct ui *ui = arg;
    struct pane *p = pane_of(ui);
    struct json_object *list = json_array(result, "batches");
    snprintf(p->problem, sizeof p->problem, "%.199s", info ? info->message : "");
    for (size_t i = 0; list && i < json_object_array_length(list); i++)
        if (batch_model_listed(&p->m, json_object_array_get_idx(list, i)))
            break;
    refresh(ui, p);
    ui->dirty = true;
}

static void on_simple(void *arg, struct json_object *result, const struct err_info *info)
{
    struct ui *ui = arg;
    (void)result;
    if (info)
        ui_note(ui, "%s", info->message);
}

static void on_report(void *arg, struct json_object *result, const struct err_info *info)
{
    struct ui *ui = arg;
    struct pane *p = pane_of(ui);
    if (info) {
        ui_note(ui, "%s", info->message);
        return;
    }
    free(p->report);
    p->report = strdup(json_str(result, "markdown", ""));
    p->report_of = p->selected;
    p->report_w = 0;
    if (p->level != LEVEL_REPORT)
        p->before = p->level;
    p->level = LEVEL_REPORT;
    ui->dirty = true;
}

/* ---- lists ---- */

static size_t run_count(void *arg)
{
    return ((struct pane *)arg)->m.n;
}

static enum glyph run_glyph(const struct batch *b, enum style *s)
{
    static const struct {
        const char *state;
        enum glyph glyph;
        enum style style;
    } looks[] = {{"scheduled", GLYPH_CLOCK, STYLE_WAITING},
                 {"running", GLYPH_RUN, STYLE_RUNNING},
                 {"paused", GLYPH_RING, STYLE_WARN},
                 {"waiting", GLYPH_WARN, STYLE_WARN},
                 {"done", GLYPH_OK, STYLE_OK},
                 {"cancelled", GLYPH_FAIL, STYLE_DIM}};
    for (size_t i = 0; i < sizeof looks / sizeof *looks; i++)
        if (strcmp(looks[i].state, b->state) == 0) {
            *s = looks[i].style;
            return looks[i].glyph;
        }
    *s = STYLE_DIM;
    return GLYPH_WAIT;
}

static void draw_run(void *arg, size_t i, struct canvas *row, bool is_selected)
{
    struct pane *p = arg;
    const struct batch *b = &p->m.batches[i];
    struct batch_totals t = batch_totals(b);
    enum style s;
    enum glyph g = run_glyph(b, &s);
    char text[64], when[40];
    int right = row->w - 10;
    (void)is_selected;
    canvas_puts(row, 1, 0, s, canvas_glyph(row, g));
    snprintf(text, sizeof text, "%lld/%lld", (long long)t.done, (long long)b->items);
    canvas_put_right(row, row->w - 10, 0, 9, STYLE_NUMBER, text);
    if (row->w >= WIDE) {
        right -= 19;
        if (strcmp(b->state, "scheduled") == 0 && b->start)
            when_clock(b->start, p->ui->now, when, sizeof when);
        else
            snprintf(when, sizeof when, "%s", b->state);
        canvas_put_fit(row, right + 1, 0, 18, s, when);
    }
    canvas_put_fit(row, 3, 0, right - 4, STYLE_TEXT, *b->name ? b->name : "overnight run");
}

static size_t item_count(void *arg)
{
    struct pane *p = arg;
    const struct batch *b = selected(p);
    return b ? b->list_n : 0;
}

static enum glyph item_glyph(enum batch_item_state state, enum style *s)
{
    static const struct {
        enum glyph glyph;
        enum style style;
    } looks[BATCH_ITEM_STATES] = {
        [BATCH_ITEM_WAITING] = {GLYPH_WAIT, STYLE_WAITING},
        [BATCH_ITEM_RUNNING] = {GLYPH_RUN, STYLE_RUNNING},
        [BATCH_ITEM_SOLVED] = {GLYPH_OK, STYLE_OK},
        [BATCH_ITEM_UNSOLVED] = {GLYPH_FAIL, STYLE_ERROR},
        [BATCH_ITEM_FAILED] = {GLYPH_FAIL, STYLE_ERROR},
        [BATCH_ITEM_CANCELLED] = {GLYPH_FAIL, STYLE_DIM},
        [BATCH_ITEM_SKIPPED] = {GLYPH_WAIT, STYLE_DIM},
    };
    *s = looks[state].style;
    return looks[state].glyph;
}

static int digits(size_t n)
{
    int d = 1;
    for (; n >= 10; n /= 10)
        d++;
    return d;
}

static void draw_item(void *arg, size_t i, struct canvas *row, bool is_selected)
{
    struct pane *p = arg;
    const struct batch *b = selected(p);
    const struct batch_item *it = &b->list[i];
    enum style s;
    enum glyph g = item_glyph(it->state, &s);
    const char *cause = it->cause >= 0 ? b->causes[it->cause].text : "";
    char text[48], number[24];
    int x = digits(b->list_n) + 2, right = row->w - 1, share;
    (void)is_selected;
    snprintf(number, sizeof number, "%zu", i + 1);
    canvas_put_right(row, 0, 0, x - 1, STYLE_DIM, number);
    canvas_puts(row, x, 0, s, canvas_glyph(row, g));
    if (it->seconds > 0 || it->tokens > 0) {
        canvas_put_right(row, right - 6, 0, 6, STYLE_NUMBER, figure_time(text, it->seconds, false));
        if (row->w >= WIDE)
            canvas_put_right(row, right - 13, 0, 6, STYLE_NUMBER, figure_count(text, it->tokens));
    }
    right -= row->w >= WIDE ? 14 : 7;
    share = row->w >= WIDE && *cause ? (right - x) / 2 : 0;
    canvas_put_fit(row, x + 2, 0, right - x - 2 - share, STYLE_TEXT,
                   it->title && *it->title ? it->title : "");
    if (share)
        canvas_put_fit(row, right - share + 1, 0, share - 1, s, cause);
}

/* ---- drawing ---- */

static void state_text(struct ui *ui, const struct batch *b, bool wide, char *out, size_t size)
{
    char a[40], d[32];
    double left = (double)(b->eta - ui->now) / 1000;
    if (strcmp(b->state, "scheduled") == 0 && b->start > ui->now)
        snprintf(out, size, "%s%s, in %s", wide ? "scheduled for " : "",
                 when_clock(b->start, ui->now, a, sizeof a),
                 figure_time(d, (double)(b->start - ui->now) / 1000, true));
    else if (strcmp(b->state, "running") == 0 && b->eta > ui->now)
        snprintf(out, size, "%sdone about %s, in %s", wide ? "running, " : "",
                 when_clock(b->eta, ui->now, a, sizeof a), figure_time(d, left, true));
    else
        snprintf(out, size, "%s%s%.150s", b->state, *b->why ? ": " : "", b->why);
}

static void draw_bar(struct canvas *c, int y, int64_t done, int64_t solved, int64_t items)
{
    char text[32];
    double of_all = items > 0 && done < items ? (double)done / (double)items : items > 0;
    double of_done = done > 0 && solved < done ? (double)solved / (double)done : done > 0;
    int w = c->w - 8, full = (int)(of_all * w), good = (int)(of_all * of_done * w);
    for (int x = 0; x < w; x++)
        canvas_puts(c, 1 + x, y,
                    x < good   ? STYLE_OK
                    : x < full ? STYLE_ERROR
                               : STYLE_RULE,
                    canvas_glyph(c, x < full ? GLYPH_BAR_4 : GLYPH_HLINE));
    snprintf(text, sizeof text, "%.0f %%", 100 * of_all);
    canvas_put_right(c, c->w - 6, y, 5, STYLE_NUMBER, text);
}

static int put_count(struct canvas *c, int x, int y, enum glyph g, enum style s, int64_t n,
                     const char *what)
{
    char text[48];
    if (n <= 0)
        return x;
    canvas_puts(c, x, y, s, canvas_glyph(c, g));
    snprintf(text, sizeof text, "%lld %s", (long long)n, c->w < 40 ? "" : what);
    return x + 2 + canvas_puts(c, x + 2, y, STYLE_TEXT, text) + (c->w < 40 ? 1 : 2);
}

static void draw_counts(struct canvas *c, int y, const struct batch *b)
{
    struct batch_totals t = batch_totals(b);
    int64_t bad = t.done - t.solved, left = b->items - t.done - t.running;
    int x = put_count(c, 1, y, GLYPH_OK, STYLE_OK, t.solved, "solved");
    x = put_count(c, x, y, GLYPH_FAIL, STYLE_ERROR, bad, "not");
    x = put_count(c, x, y, GLYPH_RUN, STYLE_RUNNING, t.running, "running");
    put_count(c, x, y, GLYPH_WAIT, STYLE_WAITING, left, "to go");
}

static void draw_spend(struct canvas *c, int y, const struct batch *b)
{
    struct batch_totals t = batch_totals(b);
    char text[160], used[24], most[24];
    int n = snprintf(text, sizeof text, "%s", figure_count(used, t.tokens));
    if (b->limit_tokens > 0)
        n +=
            snprintf(text + n, sizeof text - (size_t)n, "/%s", figure_count(most, b->limit_tokens));
    n += snprintf(text + n, sizeof text - (size_t)n, " tokens  %s", figure_money(used, t.cost));
    if (b->limit_money > 0)
        n += snprintf(text + n, sizeof text - (size_t)n, "/%s",
                      figure_money(most, b->limit_money) + 1);
    if (b->width > 0 && c->w >= WIDE)
        n += snprintf(text + n, sizeof text - (size_t)n, "  width %lld", (long long)b->width);
    if (b->limit_hours > 0 && c->w >= WIDE)
        snprintf(text + n, sizeof text - (size_t)n, "  %.3g h at most", b->limit_hours);
    canvas_put_fit(c, 1, y, c->w - 2, STYLE_DIM, text);
}

/* Failures by cause, the most frequent first; returns the row behind them. */
static int draw_causes(struct canvas *c, int y, int end, const struct batch *b)
{
    int order[BATCH_CAUSES_MAX], n = batch_causes(b, order);
    char text[24];
    for (int i = 0; i < n && y < end; i++, y++) {
        snprintf(text, sizeof text, "%lld", (long long)b->causes[order[i]].count);
        canvas_put_right(c, 1, y, 5, STYLE_ERROR, text);
        canvas_put_fit(c, 7, y, c->w - 8, STYLE_TEXT, b->causes[order[i]].text);
    }
    return y;
}

/* The view of the tasks below follows the work. */
static void follow_work(struct pane *p, const struct batch *b)
{
    size_t i = 0;
    while (i < b->list_n && b->list[i].state != BATCH_ITEM_RUNNING)
        i++;
    if (i < b->list_n)
        list_view_select(p->items, i);
}

static void draw_details(struct ui *ui, struct pane *p, struct canvas *c)
{
    const struct batch *b = selected(p);
    struct batch_totals t;
    char text[240];
    enum style s;
    enum glyph g;
    int y = 0;
    if (!b)
        return;
    t = batch_totals(b);
    g = run_glyph(b, &s);
    if (p->asks) {
        canvas_put_fit(c, 1, y++, c->w - 2, STYLE_WARN,
                       c->w < WIDE ? "cancel this run? [y] [n]"
                                   : "cancel this run? [y] [n]   What is solved stays.");
    } else {
        state_text(ui, b, c->w >= WIDE, text, sizeof text);
        canvas_puts(c, 1, y, s, canvas_glyph(c, g));
        canvas_put_fit(c, 3, y++, c->w - 4, s, text);
    }
    draw_bar(c, y++, t.done, t.solved, b->items);
    draw_counts(c, y++, b);
    draw_spend(c, y++, b);
    y = draw_causes(c, y, c->h, b);
    if (c->h - y >= 4 && b->list_n) {
        struct canvas rest = canvas_part(c, (struct rect){0, y + 1, c->w, c->h - y - 1});
        follow_work(p, b);
        list_view_draw(p->items, &rest, false);
    }
}

static void draw_runs(struct ui *ui, struct pane *p, struct canvas *c, bool focused)
{
    int rows = (int)p->m.n, most = c->h / 3 < 3 ? 3 : c->h / 3;
    struct canvas list, rest;
    if (most > RUN_ROWS_MAX)
        most = RUN_ROWS_MAX;
    if (rows > most)
        rows = most;
    p->list = (struct rect){0, 0, c->w, rows};
    list = canvas_part(c, p->list);
    list_view_draw(p->runs, &list, focused);
    if ((int)p->m.n > rows)
        frame_scrollbar(ui, 0, rows, list_view_top(p->runs), p->m.n);
    if (c->h < rows + 2)
        return;
    frame_divide(ui, rows, focused);
    rest = canvas_part(c, (struct rect){0, rows + 1, c->w, c->h - rows - 1});
    draw_details(ui, p, &rest);
}

static void draw_items(struct ui *ui, struct pane *p, struct canvas *c, bool focused)
{
    const struct batch *b = selected(p);
    struct canvas list;
    p->list = (struct rect){0, 1, c->w, c->h - 1};
    list = canvas_part(c, p->list);
    if (!b)
        return;
    draw_counts(c, 0, b);
    list_view_draw(p->items, &list, focused);
    if (b->list_n > (size_t)(list.h > 0 ? list.h : 0))
        frame_scrollbar(ui, 1, list.h, list_view_top(p->items), b->list_n);
}

static void draw_report(struct ui *ui, struct pane *p, struct canvas *whole)
{
    struct canvas inner = canvas_part(whole, (struct rect){1, 0, whole->w - 2, whole->h});
    size_t above, total;
    p->list = (struct rect){0};
    bool fresh = !p->report_w;
    if (p->report_w != inner.w) {
        p->report_w = inner.w;
        markdown_show(p->view, p->report ? p->report : "", inner.w, canvas_ascii(&inner));
    }
    text_view_draw(p->view, &inner);
    if (fresh && text_view_scroll(p->view, SCROLL_TOP)) {
        canvas_fill(&inner, (struct rect){0, 0, inner.w, inner.h}, STYLE_TEXT);
        text_view_draw(p->view, &inner);
    }
    text_view_position(p->view, &above, &total);
    if (total > (size_t)(whole->h > 0 ? whole->h : 0))
        frame_scrollbar(ui, 0, whole->h, above, total);
}

static void draw(struct ui *ui, void *state, struct canvas *c, bool focused)
{
    struct pane *p = state;
    if (p->level == LEVEL_REPORT) {
        draw_report(ui, p, c);
    } else if (p->m.n == 0) {
        p->list = (struct rect){0};
        canvas_put_wrapped(c, (struct rect){1, 0, c->w - 2, 2},
                           *p->problem ? STYLE_WARN : STYLE_DIM,
                           *p->problem ? p->problem : "overnight runs stand here; b plans one");
    } else if (p->level == LEVEL_ITEMS) {
        draw_items(ui, p, c, focused);
    } else {
        draw_runs(ui, p, c, focused);
    }
}

static void heading(struct ui *ui, void *state, char *out, size_t size)
{
    struct pane *p = state;
    const struct batch *b = selected(p);
    (void)ui;
    if (b && p->level != LEVEL_RUNS)
        snprintf(out, size, "%.40s %s", b->name, p->level == LEVEL_ITEMS ? "tasks" : "report");
}

/* ---- what a person does ---- */

static void ask_report(struct ui *ui, struct pane *p)
{
    struct batch *b = selected(p);
    struct json_object *o;
    if (!b) {
        ui_note(ui, "there is no overnight run yet; b plans one");
        return;
    }
    o = with_id("id", b->id);
    json_add_bool(o, "verify", false);
    ui_call(ui, METHOD_BATCH_REPORT, o, on_report, ui);
}

static void save_report(struct ui *ui, struct pane *p, const char *args)
{
    char name[64], path[PATH_SIZE];
    struct err_info info;
    if (!p->report) {
        ui_note(ui, "m shows the report; then it can be saved");
        return;
    }
    snprintf(name, sizeof name, "overnight-%lld.md", (long long)p->report_of);
    if (!*args)
        args = name;
    if (*args == '/' ? snprintf(path, sizeof path, "%s", args) >= (int)sizeof path
                     : path_join(path, ui->cwd, args) != ERR_OK)
        ui_note(ui, "the name is too long");
    else if (path_exists(path))
        ui_note(ui, "%s exists already; /save-report FILE chooses another name", path);
    else if (path_write(path, p->report, strlen(p->report), &info))
        ui_note(ui, "%s", info.message);
    else if (chmod(path, 0644) == 0)
        ui_note(ui, "saved %s", path);
}

static void control(struct ui *ui, struct pane *p, int action)
{
    struct batch *b = selected(p);
    if (!b)
        ui_note(ui, "there is no overnight run yet; b plans one");
    else if (batch_ended(b))
        ui_note(ui, "this run has ended");
    else if (action == ACTION_BATCH_PAUSE)
        ui_call(ui, METHOD_BATCH_PAUSE, with_id("id", b->id), on_simple, ui);
    else if (action == ACTION_BATCH_RESUME)
        ui_call(ui, METHOD_BATCH_RESUME, with_id("id", b->id), on_simple, ui);
    else {
        p->level = LEVEL_RUNS;
        p->asks = true;
        ui_focus(ui, PANE_BATCH);
    }
}

static void action(struct ui *ui, void *state, int a, const char *args)
{
    struct pane *p = state;
    if (a == ACTION_BATCH_REPORT)
        ask_report(ui, p);
    else if (a == ACTION_BATCH_SAVE)
        save_report(ui, p, args);
    else
        control(ui, p, a);
}

/* One level down: a run's tasks, a task's job. */
static void enter(struct ui *ui, struct pane *p)
{
    struct batch *b = selected(p);
    size_t i = list_view_selected(p->items);
    if (!b || p->level == LEVEL_REPORT)
        return;
    if (p->level == LEVEL_RUNS) {
        p->level = LEVEL_ITEMS;
    } else if (i < b->list_n && b->list[i].child) {
        ui_show_job(ui, b->list[i].child);
        if (ui->layout.mode == LAYOUT_ONE)
            ui_focus(ui, PANE_TALK);
    } else {
        ui_note(ui, "this task has not begun yet");
    }
}

static bool up(struct pane *p)
{
    if (p->level == LEVEL_RUNS)
        return false;
    p->level = p->level == LEVEL_REPORT ? p->before : LEVEL_RUNS;
    return true;
}

static bool input(struct ui *ui, void *state, const struct input_event *ev)
{
    struct pane *p = state;
    if (ev->type != INPUT_KEY || ev->mods)
        return false;
    if (p->asks) {
        p->asks = false;
        if (ev->key == 'y')
            ui_call(ui, METHOD_JOB_CANCEL, with_id("job", p->selected), on_simple, ui);
        return true;
    }
    if (ev->key == INPUT_ESC)
        return up(p);
    if (ev->key == INPUT_ENTER)
        enter(ui, p);
    return ev->key == INPUT_ENTER;
}

static void select_run(struct ui *ui, struct pane *p)
{
    size_t i = list_view_selected(p->runs);
    if (i >= p->m.n)
        return;
    p->selected = p->m.batches[i].id;
    p->asks = false;
    refresh(ui, p);
}

static bool scroll(struct ui *ui, void *state, enum scroll how)
{
    struct pane *p = state;
    bool moved;
    if (p->level == LEVEL_REPORT)
        return text_view_scroll(p->view, how);
    if (p->level == LEVEL_ITEMS)
        return list_view_scroll(p->items, how);
    moved = list_view_scroll(p->runs, how);
    select_run(ui, p);
    return moved;
}

static bool mouse(struct ui *ui, void *state, const struct input_event *ev)
{
    struct pane *p = state;
    struct list_view *l = p->level == LEVEL_ITEMS ? p->items : p->runs;
    size_t i, was;
    if (ev->mouse != INPUT_PRESS || !rect_has(p->list, ev->x, ev->y))
        return false;
    was = list_view_selected(l);
    i = list_view_at(l, ev->y - p->list.y);
    if (i == SIZE_MAX)
        return false;
    if (i == was) {
        enter(ui, p);
        return true;
    }
    list_view_select(l, i);
    if (l == p->runs)
        select_run(ui, p);
    return true;
}

/* ---- find ---- */

static const char *row_text(struct pane *p, size_t i)
{
    struct batch *b = selected(p);
    const char *text = p->level == LEVEL_RUNS ? p->m.batches[i].name : b->list[i].title;
    return text ? text : "";
}

/* The nearest row that holds the text, from the selected one (with `skip`: behind it), around the
 * end. */
static bool go_to_match(struct ui *ui, struct pane *p, bool backwards, bool skip)
{
    struct list_view *l = p->level == LEVEL_RUNS ? p->runs : p->items;
    size_t n = p->level == LEVEL_RUNS ? p->m.n : item_count(p), at = list_view_selected(l);
    for (size_t k = skip; at < n && k < n + skip; k++) {
        size_t i = backwards ? (at + n - k % n) % n : (at + k) % n;
        if (!strcasestr(row_text(p, i), p->found))
            continue;
        list_view_select(l, i);
        if (l == p->runs)
            select_run(ui, p);
        return true;
    }
    return false;
}

static bool find(struct ui *ui, void *state, const char *text)
{
    struct pane *p = state;
    if (p->level == LEVEL_REPORT)
        return text_view_search(p->view, text);
    snprintf(p->found, sizeof p->found, "%s", text);
    return *text && go_to_match(ui, p, false, false);
}

static bool match(struct ui *ui, void *state, bool backwards)
{
    struct pane *p = state;
    if (p->level == LEVEL_REPORT)
        return text_view_match(p->view, backwards);
    return *p->found && go_to_match(ui, p, backwards, true);
}

static void found(struct ui *ui, void *state, size_t *at, size_t *of)
{
    struct pane *p = state;
    size_t n = p->level == LEVEL_RUNS ? p->m.n : item_count(p);
    size_t chosen = list_view_selected(p->level == LEVEL_RUNS ? p->runs : p->items);
    (void)ui;
    *at = *of = 0;
    if (p->level == LEVEL_REPORT) {
        text_view_found(p->view, at, of);
        return;
    }
    for (size_t i = 0; *p->found && i < n; i++) {
        if (!strcasestr(row_text(p, i), p->found))
            continue;
        ++*of;
        if (i == chosen)
            *at = *of;
    }
}

static const char *copy(struct ui *ui, void *state)
{
    struct pane *p = state;
    struct batch *b = selected(p);
    size_t i = list_view_selected(p->items);
    (void)ui;
    if (p->level == LEVEL_REPORT)
        return p->report;
    if (p->level == LEVEL_ITEMS)
        return b && i < b->list_n ? b->list[i].title : NULL;
    return b ? b->source : NULL;
}

/* ---- life ---- */

static enum err open_batch(struct ui *ui, void *state)
{
    static const struct list_ops runs = {run_count, draw_run, NULL},
                                 items = {item_count, draw_item, NULL};
    struct pane *p = state;
    p->ui = ui;
    p->runs = list_view_new(&runs, p);
    p->items = list_view_new(&items, p);
    p->view = text_view_new(REPORT_MAX);
    return p->runs && p->items && p->view ? ERR_OK : ERR_NOMEM;
}

static void close_batch(struct ui *ui, void *state)
{
    struct pane *p = state;
    (void)ui;
    batch_model_fini(&p->m);
    list_view_free(p->runs);
    list_view_free(p->items);
    text_view_free(p->view);
    free(p->report);
}

static void event(struct ui *ui, void *state, const struct event *ev)
{
    struct pane *p = state;
    size_t n = p->m.n;
    if (ev->type != EVENT_BATCH_PLANNED && ev->type != EVENT_BATCH_ITEM &&
        ev->type != EVENT_BATCH_STATE)
        return;
    if (batch_model_fold(&p->m, ev))
        ui_note(ui, "out of memory: a part of the overnight run is not shown");
    if (ev->type == EVENT_BATCH_PLANNED && p->m.n > n)
        p->selected = ev->job; /* the new one is what one wants to see */
    refresh(ui, p);
}

static void visible(struct ui *ui, void *state, bool shown)
{
    struct pane *p = state;
    p->visible = shown;
    if (shown)
        ui_call(ui, METHOD_BATCH_LIST, with_id("limit", LIST_LIMIT), on_list, ui);
}

const struct pane_class pane_batch = {
    .name = "batch",
    .title = "Overnight",
    .brief = "Night",
    .size = sizeof(struct pane),
    .open = open_batch,
    .close = close_batch,
    .event = event,
    .visible = visible,
    .action = action,
    .input = input,
    .mouse = mouse,
    .scroll = scroll,
    .find = find,
    .match = match,
    .found = found,
    .copy = copy,
    .heading = heading,
    .draw = draw,
};
