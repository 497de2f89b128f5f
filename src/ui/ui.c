#include "ui/ui.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { TALK_MAX = 2 << 20, TEXT_MAX = 1 << 20, EVENTS_LIMIT = 4000, INPUT_ROWS_MAX = 8 };

/* ---- life ---- */

enum err ui_init(struct ui *ui, const struct ui_link *link, int w, int h, bool plain)
{
    enum err e;
    memset(ui, 0, sizeof *ui);
    ui->link = *link;
    ui->plain = plain;
    ui->mouse = true;
    ui->dirty = true;
    model_init(&ui->model);
    snprintf(ui->engine, sizeof ui->engine, "starting");
    snprintf(ui->theme, sizeof ui->theme, "dark");
    e = canvas_init(&ui->canvas, w, h, plain);
    if (e)
        return e;
    ui->input = editor_new(true);
    ui->search = editor_new(false);
    ui->filter = editor_new(false);
    ui->talk = text_view_new(TALK_MAX);
    ui->text = text_view_new(TEXT_MAX);
    return ui->input && ui->search && ui->filter && ui->talk && ui->text ? ERR_OK : ERR_NOMEM;
}

void ui_fini(struct ui *ui)
{
    list_view_free(ui->palette);
    editor_free(ui->input);
    editor_free(ui->search);
    editor_free(ui->filter);
    text_view_free(ui->talk);
    text_view_free(ui->text);
    json_object_put(ui->found);
    json_object_put(ui->models);
    free(ui->items);
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
    ui->job = id;
    ui->dirty = true;
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

static void on_submitted(void *arg, struct json_object *result, const struct err_info *info)
{
    struct ui *ui = arg;
    char text[512];
    if (info) {
        ui_note(ui, "%s", err_format(info, text, sizeof text));
        return;
    }
    ui->job = json_i64(result, "job", 0);
    ui->dirty = true;
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

void ui_event(struct ui *ui, const struct event *ev)
{
    if (model_fold(&ui->model, ev))
        ui_note(ui, "out of memory: a part of the job is not shown");
    if (ev->type == EVENT_JOB_CREATED && !ui->job)
        ui->job = ev->job;
    model_trim(&ui->model, ui->job, MODEL_CACHE_MAX);
    ui->dirty = true;
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

void ui_search(struct ui *ui, const char *text)
{
    ui->focus = FOCUS_TALK;
    if (*text) {
        if (!text_view_search(ui->talk, text))
            ui_note(ui, "\"%s\" is not in the conversation", text);
        return;
    }
    ui->searching = true;
    editor_set(ui->search, "");
}

static bool search_input(struct ui *ui, const struct input_event *ev)
{
    const char *text;
    if (ev->type == INPUT_KEY && ev->key == INPUT_ESC) {
        ui->searching = false;
        text_view_search(ui->talk, "");
        return true;
    }
    switch (editor_event(ui->search, ev)) {
    case EDITOR_SUBMIT:
        ui->searching = false;
        text = editor_text(ui->search, NULL);
        if (*text && !text_view_search(ui->talk, text))
            ui_note(ui, "\"%s\" is not in the conversation", text);
        editor_accept(ui->search);
        return true;
    case EDITOR_CHANGED:
        text_view_search(ui->talk, editor_text(ui->search, NULL));
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

static void key(struct ui *ui, const struct input_event *ev)
{
    bool typing = ui->focus == FOCUS_INPUT;
    enum scroll how;
    enum action a;
    size_t n;
    if (question_key(ui, ev))
        return;
    editor_text(ui->input, &n);
    if (typing && n == 0 && ev->key == '?' && !ev->mods) {
        action_do(ui, ACTION_HELP, "");
        return;
    }
    if (scroll_of(ev, typing, &how)) {
        text_view_scroll(ui->talk, how);
        return;
    }
    if (!typing && (ev->key == 'n' || ev->key == 'N') && !ev->mods) {
        text_view_match(ui->talk, ev->key == 'N');
        return;
    }
    if (ev->key == INPUT_ESC) {
        if (ui->zoom)
            ui->zoom = false;
        ui->focus = FOCUS_INPUT;
        text_view_search(ui->talk, "");
        return;
    }
    if (!typing && ev->key == INPUT_ENTER) {
        ui->focus = FOCUS_INPUT;
        return;
    }
    a = action_by_key(ev->key, ev->mods, typing);
    if (a != ACTION_COUNT && !(typing && ev->mods == INPUT_CTRL && ev->key == 'f' && n)) {
        action_do(ui, a, "");
        return;
    }
    if (typing)
        input_line(ui, ev);
}

static bool inside(struct rect r, int x, int y)
{
    return x >= r.x && x < r.x + r.w && y >= r.y && y < r.y + r.h;
}

static void mouse(struct ui *ui, const struct input_event *ev)
{
    if (ev->mouse == INPUT_WHEEL_UP || ev->mouse == INPUT_WHEEL_DOWN) {
        text_view_scroll(ui->overlay == OVERLAY_TEXT ? ui->text : ui->talk,
                         ev->mouse == INPUT_WHEEL_UP ? SCROLL_WHEEL_UP : SCROLL_WHEEL_DOWN);
        return;
    }
    if (ev->mouse != INPUT_PRESS || ui->overlay != OVERLAY_NONE)
        return;
    if (inside(ui->input_rect, ev->x, ev->y)) {
        ui->focus = FOCUS_INPUT;
        editor_click(ui->input, ev->x - ui->input_rect.x, ev->y - ui->input_rect.y);
    } else if (inside(ui->talk_rect, ev->x, ev->y)) {
        ui->focus = FOCUS_TALK;
    } else if (inside(ui->stages_rect, ev->x, ev->y)) {
        ui->focus = FOCUS_STAGES;
    }
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
        ui->focus = FOCUS_INPUT;
        input_line(ui, ev);
        if (ev->cut)
            ui_note(ui, "the paste was longer than 1 MB; its end is missing");
    } else if (ev->type == INPUT_KEY) {
        key(ui, ev);
    }
}

/* ---- the frame ---- */

static void draw_title_bar(struct ui *ui, struct canvas *c)
{
    struct model *m = &ui->model;
    const struct model_job *job = model_job(m, ui->job);
    char right[200], tokens[40] = "";
    int n = 0, used;
    if (job && job->tokens_out + job->tokens_live > 0)
        snprintf(tokens, sizeof tokens, "%lld tok  ",
                 (long long)(job->tokens_out + job->tokens_live));
    if (m->model_state[0] && strcmp(m->model_state, "stopped") != 0 && c->w >= 100)
        n += snprintf(right + n, sizeof right - (size_t)n, "%s %s  ", m->model, m->model_state);
    if (m->running)
        n += snprintf(right + n, sizeof right - (size_t)n, "%s %lld  ", canvas_glyph(c, GLYPH_PLAY),
                      (long long)m->running);
    if (m->queued)
        n += snprintf(right + n, sizeof right - (size_t)n, "%s %lld  ",
                      canvas_glyph(c, GLYPH_CLOCK), (long long)m->queued);
    n += snprintf(right + n, sizeof right - (size_t)n, "%s%s %s  %s ", tokens,
                  canvas_glyph(c, ui->engine_up ? GLYPH_DOT : GLYPH_RING), ui->engine, ui->clock);
    (void)n;
    canvas_fill(c, (struct rect){0, 0, c->w, 1}, STYLE_BAR);
    used = 1 + canvas_puts(c, 1, 0, STYLE_BRAND, "DiSE") + 2;
    canvas_put_right(c, c->w / 3, 0, c->w - c->w / 3, STYLE_BAR, right);
    canvas_put_fit(c, used, 0, c->w - used - cluster_columns(right, strlen(right)) - 1, STYLE_BAR,
                   job ? job->title : "");
}

static void draw_hints(struct ui *ui, struct canvas *c, int y)
{
    static const struct {
        const char *key, *what;
    } typing[] = {{"Enter", "go"}, {"^P", "palette"}, {"Tab", "pane"},
                  {"^F", "find"},  {"^C", "cancel"},  {"F1", "help"}},
      browsing[] = {{"Esc", "back"}, {"j k", "move"}, {"/", "find"},
                    {"z", "zoom"},   {"y", "copy"},   {"?", "help"}};
    const char *note = ui->note[0] ? ui->note : ui->model.note.text;
    bool warn = ui->note[0] || strcmp(ui->model.note.level, "info") != 0;
    int x = 1, room;
    for (int i = 0; i < 6; i++) {
        const char *key = ui->focus == FOCUS_INPUT ? typing[i].key : browsing[i].key;
        const char *what = ui->focus == FOCUS_INPUT ? typing[i].what : browsing[i].what;
        if (x + 14 > c->w / 2 + (*note ? 0 : c->w / 2))
            break;
        x += canvas_puts(c, x, y, STYLE_KEY, key) + 1;
        x += canvas_puts(c, x, y, STYLE_HINT, what) + 2;
    }
    room = c->w - x - 3;
    if (*note && room > 8) {
        int columns = cluster_columns(note, strlen(note));
        int from = columns < room ? c->w - 1 - columns : x + 2;
        if (warn)
            canvas_puts(c, from - 2, y, STYLE_WARN, canvas_glyph(c, GLYPH_WARN));
        canvas_put_fit(c, from, y, c->w - 1 - from, warn ? STYLE_WARN : STYLE_DIM, note);
    }
}

static struct canvas draw_box(struct canvas *c, struct rect r, const char *title, bool focused)
{
    canvas_box(c, r, focused ? STYLE_BORDER_FOCUS : STYLE_BORDER);
    canvas_puts(c, r.x + 1, r.y, STYLE_BORDER, " ");
    canvas_put_fit(c, r.x + 2, r.y, r.w - 5, focused ? STYLE_TITLE_FOCUS : STYLE_TITLE, title);
    canvas_puts(c, r.x + 2 + cluster_columns(title, strlen(title)), r.y, STYLE_BORDER, " ");
    return canvas_part(c, (struct rect){r.x + 1, r.y + 1, r.w - 2, r.h - 2});
}

static int prompt_rows(struct ui *ui, int width, int height)
{
    int rows = editor_rows(ui->input, width, "› ");
    int most = height / 3 < INPUT_ROWS_MAX ? height / 3 : INPUT_ROWS_MAX;
    return rows > most ? (most < 1 ? 1 : most) : rows;
}

static void draw_input(struct ui *ui, struct canvas *c, struct rect r)
{
    struct canvas part = canvas_part(c, r);
    const char *prompt = ui->plain ? "> " : "› ";
    ui->input_rect = r;
    if (ui->searching) {
        editor_draw(ui->search, &part, "/", "what to find", true);
        return;
    }
    editor_draw(ui->input, &part, prompt,
                ui->engine_up ? "what should the program do?" : "the engine is starting …",
                ui->focus == FOCUS_INPUT && ui->overlay == OVERLAY_NONE);
}

static void draw_talk(struct ui *ui, struct canvas *c, struct rect r)
{
    struct canvas inner;
    char title[64];
    int rows;
    size_t above, total;
    bool focused = ui->focus != FOCUS_STAGES;
    if (ui->model.jobs_n > 1)
        snprintf(title, sizeof title, "1 Conversation  job %lld of %lld", (long long)ui->job,
                 (long long)ui->model.jobs[ui->model.jobs_n - 1]->id);
    else
        snprintf(title, sizeof title, "1 Conversation");
    inner = draw_box(c, r, title, focused);
    rows = prompt_rows(ui, inner.w - 2, inner.h);
    ui->talk_rect = (struct rect){r.x, r.y, r.w, r.h - rows - 2};
    if (inner.h < rows + 3) {
        draw_input(ui, c, (struct rect){r.x + 2, r.y + 1, inner.w - 2, inner.h});
        return;
    }
    struct canvas talk =
        canvas_part(c, (struct rect){r.x + 2, r.y + 1, inner.w - 2, inner.h - rows - 1});
    pane_talk_draw(ui, &talk);
    text_view_position(ui->talk, &above, &total);
    if (total > (size_t)talk.h)
        canvas_scrollbar(c, r.x + r.w - 1, r.y + 1, talk.h, above, (size_t)talk.h, total);
    canvas_divide(c, r, r.y + r.h - rows - 2, focused ? STYLE_BORDER_FOCUS : STYLE_BORDER);
    draw_input(ui, c, (struct rect){r.x + 2, r.y + r.h - rows - 1, inner.w - 2, rows});
}

static void draw_stages(struct ui *ui, struct canvas *c, struct rect r)
{
    struct canvas inner = draw_box(c, r, "2 Escalation", ui->focus == FOCUS_STAGES);
    ui->stages_rect = r;
    struct canvas part = canvas_part(&inner, (struct rect){1, 0, inner.w - 2, inner.h});
    pane_stages_draw(ui, &part);
}

static void draw_panes(struct ui *ui, struct canvas *c, struct rect r)
{
    bool stages_only = ui->focus == FOCUS_STAGES;
    int left;
    ui->talk_rect = ui->stages_rect = ui->input_rect = (struct rect){0};
    if (ui->zoom || r.w < UI_SIDE_W) {
        if (stages_only)
            draw_stages(ui, c, r);
        else
            draw_talk(ui, c, r);
        return;
    }
    left = r.w >= 110 ? r.w * 55 / 100 : r.w * 58 / 100;
    draw_talk(ui, c, (struct rect){r.x, r.y, left, r.h});
    draw_stages(ui, c, (struct rect){r.x + left, r.y, r.w - left, r.h});
}

void ui_draw(struct ui *ui)
{
    struct canvas *c = &ui->canvas;
    ui->dirty = false;
    canvas_clear(c);
    if (c->w < UI_MIN_W || c->h < UI_MIN_H) {
        canvas_printf(c, 0, 0, STYLE_WARN, "DiSE needs %d×%d, this is %d×%d", UI_MIN_W, UI_MIN_H,
                      c->w, c->h);
        return;
    }
    pane_talk_update(ui);
    draw_title_bar(ui, c);
    draw_panes(ui, c, (struct rect){0, 1, c->w, c->h - 2});
    draw_hints(ui, c, c->h - 1);
    if (ui->overlay != OVERLAY_NONE)
        overlay_draw(ui);
}
