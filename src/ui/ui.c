#include "ui/ui.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "ui/menu.h"
#include "ui/pane/batch_form.h"

enum {
    TEXT_MAX = 1 << 20,
    EVENTS_LIMIT = 4000,
    BRAND_W = 7, /* of the title bar: opens the menu */
};

/* ---- panes ---- */

const struct pane_class *const pane_classes[PANE_COUNT] = {
    [PANE_TALK] = &pane_talk,       [PANE_GRAPH] = &pane_graph,   [PANE_STAGES] = &pane_stages,
    [PANE_METRICS] = &pane_metrics, [PANE_MEMORY] = &pane_memory, [PANE_JOBS] = &pane_jobs,
    [PANE_BATCH] = &pane_batch,
};

bool ui_has(const struct ui *ui, enum pane_id pane)
{
    return ui->panes[pane] != NULL;
}

static enum err open_panes(struct ui *ui)
{
    enum err e = ERR_OK;
    for (int p = 0; !e && p < PANE_COUNT; p++) {
        const struct pane_class *k = pane_classes[p];
        if (!k)
            continue;
        ui->panes[p] = calloc(1, k->size ? k->size : 1);
        if (!ui->panes[p])
            return ERR_NOMEM;
        if (k->open)
            e = k->open(ui, ui->panes[p]);
    }
    return e;
}

static void close_panes(struct ui *ui)
{
    for (int p = 0; p < PANE_COUNT; p++) {
        if (ui->panes[p] && pane_classes[p]->close)
            pane_classes[p]->close(ui, ui->panes[p]);
        free(ui->panes[p]);
    }
}

void ui_focus(struct ui *ui, enum pane_id pane)
{
    if (!ui_has(ui, pane))
        return;
    ui->focus = pane;
    if (pane != PANE_TALK)
        ui->tab = pane;
    ui->typing = false;
    ui->dirty = true;
}

void ui_type(struct ui *ui, const char *text)
{
    ui->focus = PANE_TALK;
    ui->typing = true;
    if (text)
        editor_set(ui->input, text);
    ui->dirty = true;
}

void ui_focus_next(struct ui *ui, int by)
{
    int at = ui->typing ? 0 : (int)ui->focus + 1; /* 0: the input line */
    do
        at = (at + by + PANE_COUNT + 1) % (PANE_COUNT + 1);
    while (at && !ui_has(ui, (enum pane_id)(at - 1)));
    if (at)
        ui_focus(ui, (enum pane_id)(at - 1));
    else
        ui_type(ui, NULL);
}

/* The border that moves: the nearest one of the focused pane's place. */
void ui_grow(struct ui *ui, bool wider, int by)
{
    struct rect r = ui->layout.pane[ui->focus];
    for (int i = 0; i < ui->layout.edge_count; i++) {
        const struct layout_edge *e = &ui->layout.edges[i];
        int near = e->vertical ? e->r.x + 1 : e->r.y + 1;
        int low = e->vertical ? r.x : r.y, high = e->vertical ? r.x + r.w : r.y + r.h;
        if (e->vertical != wider || (near != low && near != high))
            continue;
        ui->shares[e->share] = layout_limit(ui->shares[e->share] + (near == high ? by : -by));
        ui->dirty = true;
        return;
    }
    ui_note(ui, "this pane has all of the %s", wider ? "width" : "height");
}

struct json_object *ui_keep(struct ui *ui)
{
    struct json_object *o = json_object_new_object(), *shares = json_object_new_array();
    for (int i = 0; i < SHARE_COUNT; i++)
        json_object_array_add(shares, json_object_new_int(ui->shares[i]));
    json_object_object_add(o, "shares", shares);
    json_add_bool(o, "zoom", ui->zoom);
    json_add_bool(o, "typing", ui->typing);
    json_add_str(o, "focus", pane_classes[ui->focus]->name);
    json_add_str(o, "tab", ui_has(ui, ui->tab) ? pane_classes[ui->tab]->name : "");
    for (int p = 0; p < PANE_COUNT; p++)
        if (ui->panes[p] && pane_classes[p]->save)
            json_object_object_add(o, pane_classes[p]->name,
                                   pane_classes[p]->save(ui, ui->panes[p]));
    return o;
}

static enum pane_id pane_named(const struct ui *ui, const char *name, enum pane_id otherwise)
{
    for (int p = 0; p < PANE_COUNT; p++)
        if (ui_has(ui, (enum pane_id)p) && strcmp(pane_classes[p]->name, name) == 0)
            return (enum pane_id)p;
    return otherwise;
}

void ui_recall(struct ui *ui, struct json_object *kept)
{
    struct json_object *shares = json_array(kept, "shares"), *own;
    for (int i = 0; shares && i < SHARE_COUNT && i < (int)json_object_array_length(shares); i++)
        ui->shares[i] =
            layout_limit(json_object_get_int(json_object_array_get_idx(shares, (size_t)i)));
    ui->zoom = json_flag(kept, "zoom", false);
    ui->focus = pane_named(ui, json_str(kept, "focus", ""), PANE_TALK);
    ui->tab = pane_named(ui, json_str(kept, "tab", ""), ui->tab);
    ui->typing = ui->focus == PANE_TALK && json_flag(kept, "typing", true);
    for (int p = 0; p < PANE_COUNT; p++)
        if (ui->panes[p] && pane_classes[p]->load &&
            (own = json_object_of(kept, pane_classes[p]->name)))
            pane_classes[p]->load(ui, ui->panes[p], own);
}

static void show_job(struct ui *ui, int64_t id)
{
    if (ui->job == id)
        return;
    ui->job = id;
    ui->dirty = true;
    for (int p = 0; p < PANE_COUNT; p++)
        if (ui->panes[p] && pane_classes[p]->job)
            pane_classes[p]->job(ui, ui->panes[p]);
}

/* ---- life ---- */

enum err ui_init(struct ui *ui, const struct ui_link *link, int w, int h, bool plain)
{
    enum err e;
    memset(ui, 0, sizeof *ui);
    ui->link = *link;
    ui->plain = plain;
    ui->mouse = true;
    ui->dirty = true;
    ui->typing = true;
    ui->focus = PANE_TALK;
    ui->tab = PANE_GRAPH;
    ui->dragged = -1;
    memcpy(ui->shares, layout_standard, sizeof ui->shares);
    model_init(&ui->model);
    snprintf(ui->engine, sizeof ui->engine, "starting");
    snprintf(ui->theme, sizeof ui->theme, "dark");
    e = canvas_init(&ui->canvas, w, h, plain);
    if (e)
        return e;
    ui->input = editor_new(true);
    ui->search = editor_new(false);
    ui->filter = editor_new(false);
    ui->text = text_view_new(TEXT_MAX);
    if (!ui->input || !ui->search || !ui->filter || !ui->text)
        return ERR_NOMEM;
    return open_panes(ui);
}

void ui_fini(struct ui *ui)
{
    close_panes(ui);
    list_view_free(ui->palette);
    batch_form_free(ui->form);
    editor_free(ui->input);
    editor_free(ui->search);
    editor_free(ui->filter);
    text_view_free(ui->text);
    json_object_put(ui->found);
    json_object_put(ui->models);
    model_fini(&ui->model);
    canvas_fini(&ui->canvas);
}

enum err ui_resize(struct ui *ui, int w, int h)
{
    ui->dirty = true;
    return canvas_resize(&ui->canvas, w, h);
}

void ui_note(struct ui *ui, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(ui->note, sizeof ui->note, format, args);
    va_end(args);
    ui->dirty = true;
}

void ui_call(struct ui *ui, enum protocol_method method, struct json_object *params,
             client_reply_fn *reply, void *arg)
{
    if (ui->link.call)
        ui->link.call(ui->link.arg, method, params, reply, arg);
    else
        json_object_put(params);
}

/* ---- jobs ---- */

static void on_events(void *arg, struct json_object *result, const struct err_info *info)
{
    struct ui *ui = arg;
    struct json_object *list = json_array(result, "events");
    struct model_job *job = NULL;
    if (info) {
        ui_note(ui, "%s", info->message);
        return;
    }
    for (size_t i = 0; list && i < json_object_array_length(list); i++) {
        struct event ev;
        if (event_decode(json_object_array_get_idx(list, i), &ev))
            continue;
        if (!job && (job = model_job(&ui->model, ev.job)) && !job->details)
            model_job_reset(job);
        if (model_fold(&ui->model, &ev))
            ui_note(ui, "out of memory: a part of the job is not shown");
    }
    ui->dirty = true;
}

void ui_show_job(struct ui *ui, int64_t id)
{
    struct model_job *job = model_job(&ui->model, id);
    struct json_object *o;
    show_job(ui, id);
    if (job && job->details)
        return;
    o = json_object_new_object();
    json_add_i64(o, "job", id);
    json_add_i64(o, "after", 0);
    json_add_i64(o, "limit", EVENTS_LIMIT);
    ui_call(ui, METHOD_JOB_EVENTS, o, on_events, ui);
}

void ui_step_job(struct ui *ui, int by)
{
    size_t n = ui->model.jobs_n, at = n;
    for (size_t i = 0; i < n; i++)
        if (ui->model.jobs[i]->id == ui->job)
            at = i;
    if (!n)
        return;
    if (at == n)
        at = n - 1;
    else if ((by < 0 && at == 0) || (by > 0 && at + 1 == n))
        return;
    else
        at = by < 0 ? at - 1 : at + 1;
    ui_show_job(ui, ui->model.jobs[at]->id);
}

/* What a person wants to see at the start: the newest task, not one of a batch's many. */
static const struct model_job *newest(const struct model *m)
{
    for (size_t i = m->jobs_n; i-- > 0;) {
        const struct model_job *job = m->jobs[i];
        if (!job->parent && strcmp(job->kind, "batch") != 0 &&
            strcmp(job->kind, "model_install") != 0)
            return job;
    }
    return NULL;
}

void ui_listed(struct ui *ui, struct json_object *jobs)
{
    const struct model_job *job;
    for (size_t i = json_object_array_length(jobs); i-- > 0;)
        if (model_listed(&ui->model, json_object_array_get_idx(jobs, i)))
            break;
    if (!ui->job && (job = newest(&ui->model)))
        ui_show_job(ui, job->id);
    ui->dirty = true;
}

static void on_submitted(void *arg, struct json_object *result, const struct err_info *info)
{
    struct ui *ui = arg;
    char text[512];
    if (info) {
        ui_note(ui, "%s", err_format(info, text, sizeof text));
        return;
    }
    show_job(ui, json_i64(result, "job", 0));
}

void ui_submit(struct ui *ui, const char *task)
{
    struct json_object *o = json_object_new_object();
    char key[33];
    client_key(key);
    json_add_str(o, "task", task);
    json_add_str(o, "key", key);
    json_add_str(o, "cwd", ui->cwd);
    ui->note[0] = 0;
    ui_call(ui, METHOD_JOB_SUBMIT, o, on_submitted, ui);
}

/* What is on the screen asks again for what it lives on. */
void ui_connected(struct ui *ui)
{
    for (int p = 0; p < PANE_COUNT; p++)
        if (ui->visible[p] && ui->panes[p] && pane_classes[p]->visible)
            pane_classes[p]->visible(ui, ui->panes[p], true);
}

void ui_event(struct ui *ui, const struct event *ev)
{
    double spend = ui->model.spend;
    if (model_fold(&ui->model, ev))
        ui_note(ui, "out of memory: a part of the job is not shown");
    if (ev->type == EVENT_JOB_CREATED && !ui->job)
        show_job(ui, ev->job);
    for (int p = 0; p < PANE_COUNT; p++)
        if (ui->panes[p] && pane_classes[p]->event)
            pane_classes[p]->event(ui, ui->panes[p], ev);
    model_trim(&ui->model, ui->job, MODEL_CACHE_MAX);
    /* Whether a sample shows knows the metrics pane. */
    if (ev->type != EVENT_ENGINE_SAMPLE || spend != ui->model.spend)
        ui->dirty = true;
}

void ui_tick(struct ui *ui)
{
    for (int p = 0; p < PANE_COUNT; p++)
        if (ui->panes[p] && pane_classes[p]->tick)
            pane_classes[p]->tick(ui, ui->panes[p]);
}

bool ui_interrupt(struct ui *ui)
{
    struct model_job *job = model_job(&ui->model, ui->job);
    if (!job || job->state == MODEL_DONE)
        return false;
    action_do(ui, ACTION_CANCEL, "");
    return true;
}

/* ---- questions ---- */

static void answer(struct ui *ui, const struct model_job *job, const char *choice, size_t n)
{
    struct json_object *o = json_object_new_object();
    char text[32];
    snprintf(text, sizeof text, "%.*s", (int)n, choice);
    json_add_i64(o, "job", job->id);
    json_add_str(o, "question", job->question->id);
    json_add_str(o, "answer", text);
    ui_call(ui, METHOD_JOB_ANSWER, o, NULL, NULL);
    ui_note(ui, "answered: %s", text);
}

/* The first letter of a choice answers, as long as nothing is being typed. */
static bool question_key(struct ui *ui, const struct input_event *ev)
{
    const struct model_job *job = model_job(&ui->model, ui->job);
    size_t typed;
    editor_text(ui->input, &typed);
    if (!job || !job->question || typed || ev->mods || ev->key >= 0x80)
        return false;
    for (const char *p = job->question->choices; *p;) {
        size_t n = strcspn(p, "|");
        if (n && (uint32_t)*p == ev->key) {
            answer(ui, job, p, n);
            return true;
        }
        p += n + (p[n] == '|');
    }
    return false;
}

/* ---- search ---- */

static bool find_in(struct ui *ui, const char *text)
{
    const struct pane_class *k = pane_classes[ui->focus];
    return k->find && k->find(ui, ui->panes[ui->focus], text);
}

static void find(struct ui *ui, const char *text)
{
    ui->note[0] = 0; /* the count of matches takes its place */
    if (*text && !find_in(ui, text))
        ui_note(ui, "\"%s\" is not in this pane", text);
}

void ui_search(struct ui *ui, const char *text)
{
    ui->typing = false;
    if (!pane_classes[ui->focus]->find)
        ui_focus(ui, PANE_TALK);
    if (*text) {
        find(ui, text);
        return;
    }
    ui->searching = true;
    editor_set(ui->search, "");
}

static bool search_input(struct ui *ui, const struct input_event *ev)
{
    if (ev->type == INPUT_KEY && ev->key == INPUT_ESC) {
        ui->searching = false;
        find_in(ui, "");
        return true;
    }
    switch (editor_event(ui->search, ev)) {
    case EDITOR_SUBMIT:
        ui->searching = false;
        find(ui, editor_text(ui->search, NULL));
        editor_accept(ui->search);
        return true;
    case EDITOR_CHANGED:
        find_in(ui, editor_text(ui->search, NULL));
        return true;
    case EDITOR_IGNORED:
        return ev->type == INPUT_KEY;
    default:
        return true;
    }
}

/* ---- keys ---- */

static bool scroll_of(const struct input_event *ev, bool typing, enum scroll *out)
{
    static const struct {
        uint32_t key, mods;
        enum scroll how;
        bool always;
    } keys[] = {{'j', 0, SCROLL_LINE_DOWN, false},
                {'k', 0, SCROLL_LINE_UP, false},
                {INPUT_DOWN, 0, SCROLL_LINE_DOWN, false},
                {INPUT_UP, 0, SCROLL_LINE_UP, false},
                {'g', 0, SCROLL_TOP, false},
                {'G', 0, SCROLL_END, false},
                {INPUT_HOME, 0, SCROLL_TOP, false},
                {INPUT_END, 0, SCROLL_END, false},
                {'d', INPUT_CTRL, SCROLL_HALF_DOWN, false},
                {'u', INPUT_CTRL, SCROLL_HALF_UP, false},
                {INPUT_PAGE_DOWN, 0, SCROLL_PAGE_DOWN, true},
                {INPUT_PAGE_UP, 0, SCROLL_PAGE_UP, true},
                {INPUT_UP, INPUT_CTRL, SCROLL_LINE_UP, true},
                {INPUT_DOWN, INPUT_CTRL, SCROLL_LINE_DOWN, true}};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (keys[i].key == ev->key && keys[i].mods == ev->mods && (keys[i].always || !typing)) {
            *out = keys[i].how;
            return true;
        }
    return false;
}

static bool scroll_pane(struct ui *ui, enum pane_id pane, enum scroll how)
{
    const struct pane_class *k = pane_classes[pane];
    return ui->panes[pane] && k->scroll && k->scroll(ui, ui->panes[pane], how);
}

static void submit(struct ui *ui)
{
    size_t n;
    const char *text = editor_text(ui->input, &n);
    char *copy = strdup(text);
    if (!copy || strspn(text, " \t\n") == n) {
        free(copy);
        return;
    }
    editor_accept(ui->input);
    if (!action_line(ui, copy))
        ui_submit(ui, copy);
    free(copy);
}

static bool input_line(struct ui *ui, const struct input_event *ev)
{
    switch (editor_event(ui->input, ev)) {
    case EDITOR_SUBMIT:
        submit(ui);
        return true;
    case EDITOR_FULL:
        ui_note(ui, "%s", editor_note(ui->input));
        return true;
    case EDITOR_IGNORED:
        return false;
    default:
        return true;
    }
}

static bool pane_takes(struct ui *ui, const struct input_event *ev)
{
    const struct pane_class *k = pane_classes[ui->focus];
    return !ui->typing && k->input && k->input(ui, ui->panes[ui->focus], ev);
}

/* Up one level: out of the zoom, then to the input line. */
static void escape(struct ui *ui)
{
    find_in(ui, "");
    if (ui->zoom && !ui->typing)
        ui->zoom = false;
    else
        ui_type(ui, NULL);
}

/* What every pane has in common. */
static bool browse(struct ui *ui, const struct input_event *ev)
{
    const struct pane_class *k = pane_classes[ui->focus];
    if (ev->key == INPUT_ESC) {
        escape(ui);
    } else if (ui->typing) {
        return false;
    } else if ((ev->key == 'n' || ev->key == 'N') && !ev->mods) {
        ui->note[0] = 0;
        if (!k->match || !k->match(ui, ui->panes[ui->focus], ev->key == 'N'))
            ui_note(ui, "nothing was looked for here; ^F does");
    } else if (ev->key == INPUT_ENTER) {
        ui_type(ui, NULL);
    } else {
        return false;
    }
    return true;
}

static void key(struct ui *ui, const struct input_event *ev)
{
    enum scroll how;
    enum action a;
    size_t n;
    if (pane_takes(ui, ev) || question_key(ui, ev))
        return;
    editor_text(ui->input, &n);
    if (ui->typing && n == 0 && ev->key == '?' && !ev->mods) {
        action_do(ui, ACTION_HELP, "");
        return;
    }
    a = action_by_key(ev->key, ev->mods, ui->typing, ui->focus);
    if (a != ACTION_COUNT && action_pane(a) == ui->focus) {
        action_do(ui, a, "");
        return;
    }
    if (scroll_of(ev, ui->typing, &how)) {
        scroll_pane(ui, ui->focus, how);
        return;
    }
    if (browse(ui, ev))
        return;
    if (a != ACTION_COUNT && !(ui->typing && ev->mods == INPUT_CTRL && ev->key == 'f' && n))
        action_do(ui, a, "");
    else if (ui->typing)
        input_line(ui, ev);
}

/* ---- the mouse ---- */

static enum pane_id pane_at(const struct ui *ui, int x, int y)
{
    for (int p = 0; p < PANE_COUNT; p++)
        if (rect_has(ui->layout.pane[p], x, y))
            return (enum pane_id)p;
    return PANE_COUNT;
}

static bool press_frame(struct ui *ui, const struct input_event *ev)
{
    for (int i = 0; i < ui->tab_count; i++)
        if (rect_has(ui->tabs[i].r, ev->x, ev->y)) {
            ui_focus(ui, ui->tabs[i].pane);
            return true;
        }
    for (int i = 0; i < ui->layout.edge_count; i++)
        if (rect_has(ui->layout.edges[i].r, ev->x, ev->y)) {
            ui->dragged = i;
            return true;
        }
    return false;
}

static bool drag(struct ui *ui, const struct input_event *ev)
{
    if (ui->dragged < 0 || ui->dragged >= ui->layout.edge_count)
        return false;
    const struct layout_edge *e = &ui->layout.edges[ui->dragged];
    if (ev->mouse == INPUT_DRAG && ev->button)
        ui->shares[e->share] = layout_drag(e, ev->x, ev->y);
    else
        ui->dragged = -1;
    return true;
}

static void mouse(struct ui *ui, const struct input_event *ev)
{
    enum pane_id p = pane_at(ui, ev->x, ev->y);
    struct input_event own = *ev;
    if (ui->overlay != OVERLAY_NONE) {
        overlay_mouse(ui, ev);
        return;
    }
    if (ev->mouse == INPUT_PRESS && ev->y == 0 && ev->x < BRAND_W) {
        menu_open(ui);
        return;
    }
    if (ev->mouse == INPUT_WHEEL_UP || ev->mouse == INPUT_WHEEL_DOWN) {
        enum scroll how = ev->mouse == INPUT_WHEEL_UP ? SCROLL_WHEEL_UP : SCROLL_WHEEL_DOWN;
        if (p != PANE_COUNT)
            scroll_pane(ui, p, how);
        return;
    }
    if (drag(ui, ev) || (ev->mouse == INPUT_PRESS && press_frame(ui, ev)) || p == PANE_COUNT)
        return;
    if (ev->mouse == INPUT_PRESS)
        ui_focus(ui, p);
    own.x -= ui->inner[p].x;
    own.y -= ui->inner[p].y;
    if (pane_classes[p]->mouse)
        pane_classes[p]->mouse(ui, ui->panes[p], &own);
}

void ui_input(struct ui *ui, const struct input_event *ev)
{
    ui->dirty = true;
    if (ev->type == INPUT_MOUSE) {
        mouse(ui, ev);
    } else if (ui->overlay != OVERLAY_NONE && overlay_input(ui, ev)) {
        return;
    } else if (ui->searching) {
        search_input(ui, ev);
    } else if (ev->type == INPUT_PASTE) {
        if (pane_takes(ui, ev))
            return;
        ui_type(ui, NULL);
        input_line(ui, ev);
        if (ev->cut)
            ui_note(ui, "the paste was longer than 1 MB; its end is missing");
    } else if (ev->type == INPUT_KEY) {
        key(ui, ev);
    }
}

void ui_draw(struct ui *ui)
{
    ui->dirty = false;
    canvas_clear(&ui->canvas);
    frame_draw(ui);
}
