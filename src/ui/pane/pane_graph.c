/* The workflow of the job in view as a graph of its real steps. It follows the step at work until
 * the person moves; a scrubber shows it as it stood at any of the job's events. */
#include <stdlib.h>
#include <string.h>

#include "base/figure.h"
#include "ui/pane/graph_detail.h"
#include "ui/pane/graph_pane.h"
#include "ui/ui.h"

enum {
    PAGE = 2000, /* events asked for at once */
    DETAIL_MAX = 1 << 20,
    WHEEL = 3,
    EVERY_FRAME = 400, /* up to so many steps are laid out anew whenever one is told */
};

/* ---- events ---- */

void graph_pane_fold(struct ui *ui, struct graph_pane *p, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        if (graph_fold(&p->graph, &p->log.events[i])) {
            ui_note(ui, "the workflow is too large to be shown whole");
            break;
        }
    p->stale = true;
}

/* The journal of a job of an earlier build, which told no steps: all of it at once. */
static void fold_steps(struct ui *ui, struct graph_pane *p)
{
    size_t n = p->steps ? json_object_array_length(p->steps) : 0;
    for (size_t i = 0; i < n; i++) {
        struct json_object *o = json_object_array_get_idx(p->steps, i);
        bool fork = strcmp(json_str(o, "state", ""), "fork") == 0;
        struct graph_event ev = {.type = fork ? EVENT_FORK_BEGIN : EVENT_STEP_END,
                                 .seq = (int64_t)i + 1,
                                 .time = json_i64(o, "began", 0),
                                 .number = json_i64(o, "width", 0),
                                 .ms = json_f64(o, "ms", 0),
                                 .path = (char *)json_str(o, "path", ""),
                                 .name = (char *)json_str(o, "name", ""),
                                 .label = (char *)json_str(o, fork ? "labels" : "label", ""),
                                 .outcome = (char *)json_str(o, "outcome", ""),
                                 .why = (char *)json_str(o, "why", "")};
        enum err e = graph_fold(&p->graph, &ev);
        ev.type = EVENT_FORK_END;
        ev.number = json_i64(o, "won", 0);
        if (e || (fork && graph_fold(&p->graph, &ev)))
            ui_note(ui, "the workflow is too large to be shown whole");
    }
    p->stale = true;
}

void graph_pane_refold(struct ui *ui, struct graph_pane *p)
{
    graph_clear(&p->graph);
    p->made = p->counted = 0;
    graph_pane_fold(ui, p, 0, p->replay ? p->at : p->log.n);
    if (!p->replay && !p->graph.n)
        fold_steps(ui, p);
}

static void on_steps(void *arg, struct json_object *result, const struct err_info *info)
{
    struct ui *ui = arg;
    struct graph_pane *p = ui->panes[PANE_GRAPH];
    if (--p->asked || p->steps_job != ui->job || info || p->graph.n)
        return;
    json_object_put(p->steps);
    p->steps = json_object_get(json_array(result, "steps"));
    graph_pane_refold(ui, p);
    ui->dirty = true;
}

static void take(struct ui *ui, struct graph_pane *p, const struct event *ev, bool *again)
{
    bool added, last;
    if (!ev->job || ev->job != ui->job || !ev->seq)
        return;
    if (graph_log_add(&p->log, ev, &added, &last))
        ui_note(ui, "out of memory: a part of the workflow is not shown");
    else if (added && last && !p->replay && !*again)
        graph_pane_fold(ui, p, p->log.n - 1, p->log.n);
    else if (added)
        *again = true;
}

static void ask(struct ui *ui, int64_t after);

static void ask_steps(struct ui *ui)
{
    struct graph_pane *p = ui->panes[PANE_GRAPH];
    struct json_object *o = json_object_new_object();
    p->asked++;
    p->steps_job = ui->job;
    json_add_i64(o, "job", ui->job);
    ui_call(ui, METHOD_JOB_STEPS, o, on_steps, ui);
}

static void on_events(void *arg, struct json_object *result, const struct err_info *info)
{
    struct ui *ui = arg;
    struct graph_pane *p = ui->panes[PANE_GRAPH];
    struct json_object *list = json_array(result, "events");
    size_t n = list ? json_object_array_length(list) : 0;
    bool again = false;
    struct event ev = {0};
    if (info) {
        ui_note(ui, "%s", info->message);
        return;
    }
    for (size_t i = 0; i < n; i++)
        if (event_decode(json_object_array_get_idx(list, i), &ev) == ERR_OK)
            take(ui, p, &ev, &again);
    if (again)
        graph_pane_refold(ui, p);
    if (n >= PAGE && ev.job == ui->job)
        ask(ui, ev.seq);
    else if (!p->graph.n && p->log.n && p->log.events[p->log.n - 1].type == EVENT_JOB_DONE)
        ask_steps(ui);
    ui->dirty = true;
}

static void ask(struct ui *ui, int64_t after)
{
    struct json_object *o = json_object_new_object();
    json_add_i64(o, "job", ui->job);
    json_add_i64(o, "after", after);
    json_add_i64(o, "limit", PAGE);
    ui_call(ui, METHOD_JOB_EVENTS, o, on_events, ui);
}

static void job(struct ui *ui, void *state)
{
    struct graph_pane *p = state;
    graph_log_clear(&p->log);
    graph_clear(&p->graph);
    p->made = p->counted = 0;
    json_object_put(p->steps);
    p->steps = NULL;
    p->zoom = GRAPH_FIT;
    p->moved = p->replay = p->playing = p->open = false;
    p->selected[0] = 0;
    p->stale = true;
    if (ui->job)
        ask(ui, 0);
}

static void event(struct ui *ui, void *state, const struct event *ev)
{
    bool again = false;
    take(ui, state, ev, &again);
    if (again && !((struct graph_pane *)state)->replay)
        graph_pane_refold(ui, state);
}

/* ---- life ---- */

static enum err open_graph(struct ui *ui, void *state)
{
    struct graph_pane *p = state;
    (void)ui;
    graph_init(&p->graph);
    p->zoom = GRAPH_FIT;
    buf_init(&p->copied, DETAIL_MAX);
    p->detail = text_view_new(DETAIL_MAX);
    return p->detail ? ERR_OK : ERR_NOMEM;
}

static void close_graph(struct ui *ui, void *state)
{
    struct graph_pane *p = state;
    (void)ui;
    graph_log_clear(&p->log);
    json_object_put(p->steps);
    graph_scene_fini(&p->scene);
    graph_fini(&p->graph);
    buf_fini(&p->copied);
    text_view_free(p->detail);
}

/* ---- where it looks ---- */

static const struct graph_node *node_of(const struct graph_pane *p, int item)
{
    if (item < 0 || (size_t)item >= p->scene.view.n) /* an empty graph has no step to select */
        return NULL;
    return &p->graph.nodes[p->scene.view.items[item].node];
}

static int selected(const struct graph_pane *p)
{
    return graph_scene_find(&p->scene, &p->graph, p->selected);
}

static void select_item(struct graph_pane *p, int item)
{
    const struct graph_node *node = node_of(p, item);
    if (node)
        snprintf(p->selected, sizeof p->selected, "%s", node->path);
}

/* The step at work that began last, else the one that ended last. */
static int busy(const struct graph_pane *p)
{
    int best = -1;
    for (size_t i = 0; i < p->scene.view.n; i++) {
        const struct graph_node *node = node_of(p, (int)i), *b = node_of(p, best);
        bool runs = node->state == GRAPH_RUNNING, held = b && b->state == GRAPH_RUNNING;
        if (node->seq && (!b || runs > held || (runs == held && node->seq >= b->seq)))
            best = (int)i;
    }
    return best;
}

static int between(int n, int low, int high)
{
    return n > high ? high : n < low ? low : n;
}

/* A scene that fits stands in the middle; else the corner goes as little as brings the box in. */
static void bring(int *corner, int room, int size, int at, int length, int margin)
{
    if (size <= room) {
        *corner = -((room - size) / 2);
        return;
    }
    if (at - margin < *corner)
        *corner = at - margin;
    if (at + length + margin > *corner + room)
        *corner = at + length + margin - room;
    *corner = between(*corner, 0, size - room);
}

static void show_item(struct graph_pane *p, int item)
{
    struct rect r = item < 0 ? (struct rect){0} : p->scene.layout.boxes[item];
    if (p->scene.zoom == GRAPH_FLOW) { /* reads from the top */
        p->x = 0;
        p->y = p->scene.layout.h <= p->h ? 0 : p->y;
        if (p->scene.layout.h <= p->h)
            return;
    } else {
        bring(&p->x, p->w, p->scene.layout.w, r.x, r.w, 4);
    }
    bring(&p->y, p->h, p->scene.layout.h, r.y, r.h, 1);
}

static void pan(struct graph_pane *p, int dx, int dy)
{
    bool flow = p->scene.zoom == GRAPH_FLOW;
    int w = p->scene.layout.w, h = p->scene.layout.h;
    p->moved = true;
    p->x = flow ? 0 : w > p->w ? between(p->x + dx, 0, w - p->w) : -((p->w - w) / 2);
    p->y = h > p->h ? between(p->y + dy, 0, h - p->h) : flow ? 0 : -((p->h - h) / 2);
}

static void move(struct graph_pane *p, int dx, int dy)
{
    int at = selected(p), next = graph_scene_next(&p->scene, at < 0 ? busy(p) : at, dx, dy);
    p->moved = true;
    if (next >= 0)
        select_item(p, next);
    else if (at < 0)
        select_item(p, busy(p));
    show_item(p, selected(p));
}

/* Thousands of steps that nobody walks through are laid out once in as many seconds as they
 * are times EVERY_FRAME: a layout of 3,000 takes ten milliseconds. */
static bool laid_out_lately(const struct ui *ui, const struct graph_pane *p)
{
    return ui->now - p->made < (int64_t)(p->graph.n / EVERY_FRAME) * 1000;
}

static bool is_large(const struct graph_pane *p)
{
    return p->graph.n > EVERY_FRAME && p->scene.view.n > EVERY_FRAME / 2;
}

static void make(struct ui *ui, struct graph_pane *p, int w, int h)
{
    bool alive = p->scene.zoom == GRAPH_FLOW && p->scene.view.n <= 100;
    if (!p->stale && !alive && w == p->w && h == p->h)
        return;
    if (is_large(p) && !p->replay && !p->moved && laid_out_lately(ui, p) && w == p->w &&
        h == p->h) {
        ui->behind = true;
        return;
    }
    p->made = ui->now;
    p->w = w;
    p->h = h;
    if (graph_scene_make(&p->scene, &p->graph, p->zoom, w, h, ui->now))
        ui_note(ui, "out of memory: the workflow is not shown");
    if (selected(p) < 0 || !p->moved)
        select_item(p, busy(p));
    if (!p->moved || p->closer)
        show_item(p, selected(p));
    else
        pan(p, 0, 0);
    p->stale = p->closer = false;
}

/* Events may have come since it was drawn: the scene's places would be those of another graph. */
static void renew(struct ui *ui, struct graph_pane *p)
{
    if (!p->stale)
        return;
    p->made = 0;
    make(ui, p, p->w, p->h);
}

/* Going nearer or farther keeps the level that was chosen by the fit as the begin. */
static void zoom(struct graph_pane *p, int by)
{
    int level = (p->zoom == GRAPH_FIT ? (int)p->scene.zoom : (int)p->zoom) + by;
    if (level >= GRAPH_DOTS && level <= GRAPH_ALL)
        p->zoom = (enum graph_zoom)level;
    p->made = 0;
    p->stale = p->closer = true;
}

/* ---- the detail ---- */

static void write_detail(struct ui *ui, struct graph_pane *p, struct json_object *o,
                         const char *remark)
{
    int at = graph_find(&p->graph, p->selected);
    text_view_clear(p->detail);
    if (at >= 0 &&
        graph_detail_write(p->detail, &p->graph.nodes[at], o, remark, &ui->canvas, ui->now))
        ui_note(ui, "out of memory: a part of the step is not shown");
    text_view_scroll(p->detail, SCROLL_TOP);
}

static void on_step(void *arg, struct json_object *result, const struct err_info *info)
{
    struct ui *ui = arg;
    struct graph_pane *p = ui->panes[PANE_GRAPH];
    ui->dirty = true;
    if (!p->open || (result && strcmp(json_str(result, "path", ""), p->selected) != 0))
        return;
    write_detail(ui, p, result, info ? info->message : "");
}

static void open_detail(struct ui *ui, struct graph_pane *p)
{
    int at = selected(p);
    struct json_object *o;
    if (at < 0)
        return;
    p->open = p->moved = true;
    write_detail(ui, p, NULL, node_of(p, at)->branch ? "it has not begun" : "asking …");
    if (node_of(p, at)->branch)
        return;
    o = json_object_new_object();
    json_add_i64(o, "job", ui->job);
    json_add_str(o, "path", p->selected);
    ui_call(ui, METHOD_JOB_STEP, o, on_step, ui);
}

static const char *copy(struct ui *ui, void *state)
{
    struct graph_pane *p = state;
    renew(ui, p);
    if (!p->open && selected(p) < 0)
        return NULL;
    if (!p->open)
        write_detail(ui, p, NULL, "");
    buf_clear(&p->copied);
    return graph_detail_text(p->detail, &p->copied) == ERR_OK ? p->copied.data : NULL;
}

/* ---- finding ---- */

static bool next_match(struct graph_pane *p, int from, int by)
{
    int n = (int)p->scene.view.n;
    for (int i = 1; i <= n; i++) {
        int at = ((from + by * i) % n + n) % n;
        if (!graph_matches(node_of(p, at)->title, p->find))
            continue;
        select_item(p, at);
        p->moved = true;
        show_item(p, at);
        return true;
    }
    return false;
}

static bool find(struct ui *ui, void *state, const char *text)
{
    struct graph_pane *p = state;
    renew(ui, p);
    if (p->open)
        return text_view_search(p->detail, text);
    snprintf(p->find, sizeof p->find, "%s", text);
    return *text && next_match(p, selected(p) - 1, 1);
}

static bool match(struct ui *ui, void *state, bool backwards)
{
    struct graph_pane *p = state;
    renew(ui, p);
    if (p->open)
        return text_view_match(p->detail, backwards);
    return *p->find && next_match(p, selected(p), backwards ? -1 : 1);
}

static void found(struct ui *ui, void *state, size_t *at, size_t *of)
{
    struct graph_pane *p = state;
    int chosen;
    (void)ui;
    *at = *of = 0;
    if (p->open) {
        text_view_found(p->detail, at, of);
        return;
    }
    chosen = selected(p);
    for (size_t i = 0; *p->find && i < p->scene.view.n; i++) {
        if (!graph_matches(node_of(p, (int)i)->title, p->find))
            continue;
        ++*of;
        if ((int)i == chosen)
            *at = *of;
    }
}

/* ---- keys and mouse ---- */

static void action(struct ui *ui, void *state, int a, const char *args)
{
    struct graph_pane *p = state;
    static const struct {
        int action, dx, dy;
        bool pan;
    } moves[] = {{ACTION_GRAPH_LEFT, -1, 0, false},      {ACTION_GRAPH_RIGHT, 1, 0, false},
                 {ACTION_GRAPH_UP, 0, -1, false},        {ACTION_GRAPH_DOWN, 0, 1, false},
                 {ACTION_GRAPH_PAN_LEFT, -8, 0, true},   {ACTION_GRAPH_PAN_RIGHT, 8, 0, true},
                 {ACTION_GRAPH_PAN_UP, 0, -WHEEL, true}, {ACTION_GRAPH_PAN_DOWN, 0, WHEEL, true}};
    (void)args;
    renew(ui, p);
    for (size_t i = 0; i < sizeof moves / sizeof *moves; i++)
        if (moves[i].action == a)
            (moves[i].pan ? pan : move)(p, moves[i].dx, moves[i].dy);
    if (a == ACTION_GRAPH_IN || a == ACTION_GRAPH_OUT) {
        zoom(p, a == ACTION_GRAPH_IN ? 1 : -1);
    } else if (a == ACTION_GRAPH_FIT) {
        p->zoom = GRAPH_FIT;
        p->moved = false;
        p->made = 0;
        p->stale = true;
    } else if (a == ACTION_GRAPH_OPEN) {
        open_detail(ui, p);
    } else if (a == ACTION_GRAPH_EARLIER || a == ACTION_GRAPH_LATER) {
        graph_replay_step(ui, p, a == ACTION_GRAPH_EARLIER ? -1 : 1);
    } else if (a == ACTION_GRAPH_FIRST || a == ACTION_GRAPH_LAST) {
        p->playing = false;
        graph_replay_at(ui, p, a == ACTION_GRAPH_FIRST ? 1 : p->log.n);
    } else if (a == ACTION_GRAPH_PLAY) {
        graph_replay_play(ui, p);
    }
}

static bool scroll(struct ui *ui, void *state, enum scroll how)
{
    struct graph_pane *p = state;
    static const int rows[] = {[SCROLL_WHEEL_UP] = -WHEEL, [SCROLL_WHEEL_DOWN] = WHEEL};
    int x = p->x, y = p->y, page = p->h > 2 ? p->h - 1 : 1;
    renew(ui, p);
    if (p->open)
        return text_view_scroll(p->detail, how);
    if (how == SCROLL_TOP || how == SCROLL_END) {
        p->moved = true;
        select_item(p, how == SCROLL_TOP || !p->scene.view.n ? 0 : (int)p->scene.view.n - 1);
        show_item(p, selected(p));
    } else if (how >= SCROLL_WHEEL_UP) {
        bool sideways = p->scene.layout.h <= p->h;
        pan(p, sideways ? 2 * rows[how] : 0, sideways ? 0 : rows[how]);
    } else {
        bool up = how == SCROLL_HALF_UP || how == SCROLL_PAGE_UP || how == SCROLL_LINE_UP;
        int n = how >= SCROLL_PAGE_UP ? page : how >= SCROLL_HALF_UP ? page / 2 : 1;
        pan(p, 0, up ? -n : n);
    }
    return x != p->x || y != p->y;
}

/* The keys of the open detail scroll it; Esc closes it, then ends the replay. */
static bool input(struct ui *ui, void *state, const struct input_event *ev)
{
    struct graph_pane *p = state;
    static const struct {
        uint32_t key;
        enum scroll how;
    } keys[] = {{'j', SCROLL_LINE_DOWN},  {INPUT_DOWN, SCROLL_LINE_DOWN},
                {'k', SCROLL_LINE_UP},    {INPUT_UP, SCROLL_LINE_UP},
                {' ', SCROLL_PAGE_DOWN},  {'g', SCROLL_TOP},
                {INPUT_HOME, SCROLL_TOP}, {'G', SCROLL_END},
                {INPUT_END, SCROLL_END}};
    if (ev->type != INPUT_KEY || ev->mods)
        return false;
    if (ev->key == INPUT_ESC && (p->open || p->replay)) {
        if (p->open)
            p->open = false;
        else
            graph_replay_end(ui, p);
        return true;
    }
    for (size_t i = 0; p->open && i < sizeof keys / sizeof *keys; i++)
        if (keys[i].key == ev->key) {
            text_view_scroll(p->detail, keys[i].how);
            return true;
        }
    return p->open && (ev->key == INPUT_ENTER || ev->key == INPUT_LEFT || ev->key == INPUT_RIGHT);
}

static bool mouse(struct ui *ui, void *state, const struct input_event *ev)
{
    struct graph_pane *p = state;
    int x = ev->x - 1, item;
    renew(ui, p);
    if (p->open)
        return false;
    if (ev->mouse == INPUT_DRAG && ev->button)
        pan(p, p->drag_x - x, p->drag_y - ev->y);
    p->drag_x = x;
    p->drag_y = ev->y;
    if (ev->mouse != INPUT_PRESS)
        return true;
    item = graph_scene_at(&p->scene, p->x + x, p->y + ev->y);
    if (item >= 0 && item == selected(p) && p->moved)
        open_detail(ui, p);
    else if (item >= 0)
        select_item(p, item);
    p->moved = p->moved || item >= 0;
    return true;
}

/* ---- drawing ---- */

static bool over(struct ui *ui)
{
    const struct model_job *m = model_job(&ui->model, ui->job);
    return m && m->state == MODEL_DONE;
}

static void count_steps(struct ui *ui, struct graph_pane *p)
{
    if (is_large(p) && !p->replay && p->counted == ui->now) {
        ui->behind |= p->stale;
        return;
    }
    p->counted = ui->now;
    p->count = 0;
    for (size_t i = 0; i < p->graph.n; i++)
        p->count += !p->graph.nodes[i].fork && !p->graph.nodes[i].branch &&
                    !graph_quiet(&p->graph.nodes[i]);
}

static void heading(struct ui *ui, void *state, char *out, size_t size)
{
    struct graph_pane *p = state;
    int64_t from, to;
    char time[FIGURE_SIZE];
    if (!p->log.n)
        return;
    if (p->playing) /* it is drawn before the rest */
        graph_replay_on(ui, p);
    count_steps(ui, p);
    if (!p->count)
        return;
    from = p->log.events[0].time;
    to = p->log.events[(p->replay ? p->at : p->log.n) - 1].time;
    if (!p->replay && !over(ui) && ui->now > to)
        to = ui->now;
    figure_ms(time, (double)(to - from));
    snprintf(out, size, "%zu step%s %s %s", p->count, figure_s((int64_t)p->count),
             canvas_glyph(&ui->canvas, GLYPH_WAIT), time);
}

static void draw_detail(struct ui *ui, struct graph_pane *p, struct canvas *c)
{
    size_t above, total;
    text_view_draw(p->detail, c);
    text_view_position(p->detail, &above, &total);
    if (total > (size_t)c->h)
        frame_scrollbar(ui, 0, c->h, above, total);
}

static void draw(struct ui *ui, void *state, struct canvas *whole, bool focused)
{
    struct graph_pane *p = state;
    struct canvas inner = canvas_part(whole, (struct rect){1, 0, whole->w - 2, whole->h}),
                  *c = &inner;
    struct graph_look look = {.find = p->find, .now = ui->now};
    if (c->w < 1 || c->h < 1)
        return;
    if (p->playing)
        graph_replay_on(ui, p);
    if (p->replay && c->h > 1 && p->log.n) {
        graph_replay_draw(p, c);
        inner = canvas_part(c, (struct rect){0, 0, c->w, c->h - 1});
        look.now = p->log.events[p->at - 1].time;
    }
    make(ui, p, c->w, c->h);
    if (p->open) {
        draw_detail(ui, p, c);
        return;
    }
    if (!p->scene.view.n) {
        canvas_put_fit(c, 0, 0, c->w, STYLE_DIM,
                       !p->log.n                ? "a task's steps stand here as they happen"
                       : over(ui) && !p->replay ? "this job told no steps"
                                                : "the first step is about to begin");
        return;
    }
    look.x = p->x;
    look.y = p->y;
    look.selected = focused && !ui->typing ? selected(p) : -1;
    graph_scene_draw(&p->scene, &p->graph, c, &look);
    if (p->scene.layout.h > c->h)
        frame_scrollbar(ui, 0, c->h, (size_t)(p->y > 0 ? p->y : 0), (size_t)p->scene.layout.h);
}

const struct pane_class pane_graph = {
    .name = "graph",
    .title = "Workflow",
    .brief = "Flow",
    .size = sizeof(struct graph_pane),
    .open = open_graph,
    .close = close_graph,
    .job = job,
    .event = event,
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
