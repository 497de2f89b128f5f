#include "ui/ui.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "ui/pane/batch_form.h"

enum {
    TEXT_MAX = 1 << 20,
    EVENTS_LIMIT = 4000,
};

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
    return ui_open_panes(ui);
}

void ui_fini(struct ui *ui)
{
    ui_close_panes(ui);
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
    ui_submit_as(ui, task, json_object_new_object());
}

void ui_submit_as(struct ui *ui, const char *task, struct json_object *o)
{
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
    if (ev->type == EVENT_BACKEND_TESTED)
        action_backend_tested(ui, ev);
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

void ui_draw(struct ui *ui)
{
    ui->dirty = false;
    canvas_clear(&ui->canvas);
    frame_draw(ui);
}
