/* What lies over the panes: a text (help, lists), the command palette, the set-up screen, a
 * question before leaving. Esc closes. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "ui/menu.h"
#include "ui/pane/batch_form.h"
#include "ui/ui.h"

/* ---- text ---- */

void ui_open_text(struct ui *ui, const char *title)
{
    snprintf(ui->overlay_title, sizeof ui->overlay_title, "%s", title);
    text_view_clear(ui->text);
    ui->overlay = OVERLAY_TEXT;
    ui->text_fresh = true;
    ui->note[0] = 0;
    ui->dirty = true;
}

static PRINTF_LIKE(4, 0) void say(struct ui *ui, int hang, enum style s, const char *format,
                                  va_list args)
{
    struct text_layout layout = {.hang = (uint8_t)hang, .wrap = TEXT_WRAP_WORD};
    char *text = NULL;
    int n = vasprintf(&text, format, args);
    if (n < 0)
        return;
    if (text_view_line(ui->text, layout, STYLE_TEXT, NULL) == ERR_OK &&
        text_view_add(ui->text, s, text, (size_t)n) == ERR_OK)
        ui->dirty = true;
    free(text);
}

void ui_say_hang(struct ui *ui, int hang, enum style s, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(ui, hang, s, format, args);
    va_end(args);
}

void ui_say(struct ui *ui, enum style s, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(ui, 4, s, format, args);
    va_end(args);
}

/* ---- the palette ---- */

/* What has no sense as a command from a list: keys that move a selection, and what would find
 * nothing to work on. */
static bool sensible(struct ui *ui, enum action a)
{
    struct model_job *job = model_job(&ui->model, ui->job);
    bool more = ui->model.jobs_n > 1;
    switch (a) {
    case ACTION_PALETTE:
    case ACTION_GRAPH_LEFT:
    case ACTION_GRAPH_RIGHT:
    case ACTION_GRAPH_UP:
    case ACTION_GRAPH_DOWN:
    case ACTION_GRAPH_PAN_LEFT:
    case ACTION_GRAPH_PAN_RIGHT:
    case ACTION_GRAPH_PAN_UP:
    case ACTION_GRAPH_PAN_DOWN:
        return false;
    case ACTION_CANCEL:
        return job && job->state != MODEL_DONE;
    case ACTION_SAVE:
        return job && model_code(job);
    case ACTION_JOB_NEXT:
        return more && job != ui->model.jobs[ui->model.jobs_n - 1];
    case ACTION_JOB_PREVIOUS:
        return more && job != ui->model.jobs[0];
    case ACTION_WIDER:
    case ACTION_NARROWER:
    case ACTION_HIGHER:
    case ACTION_LOWER:
        return !ui->zoom;
    default:
        return action_pane(a) == PANE_COUNT || ui_has(ui, action_pane(a));
    }
}

static size_t action_count(void *arg)
{
    struct ui *ui = arg;
    return (size_t)ui->offered_n;
}

static void action_draw(void *arg, size_t i, struct canvas *row, bool selected)
{
    enum action a = ((struct ui *)arg)->offered[i];
    int x = 1;
    (void)selected;
    x += canvas_puts(row, x, 0, STYLE_BOLD, action_name(a));
    if (*action_args(a))
        canvas_put_fit(row, x + 1, 0, 24 - x, STYLE_DIM, action_args(a));
    canvas_put_fit(row, 26, 0, row->w - 26 - 14, STYLE_TEXT, action_help(a));
    canvas_put_right(row, row->w - 13, 0, 12, STYLE_KEY, action_keys(a));
}

static int action_score(void *arg, size_t i, const char *filter)
{
    enum action a = ((struct ui *)arg)->offered[i];
    int name = list_view_fuzzy(action_name(a), filter),
        help = list_view_fuzzy(action_help(a), filter);
    return name ? name * 4 : help;
}

void ui_open_palette(struct ui *ui)
{
    static const struct list_ops ops = {action_count, action_draw, action_score};
    if (!ui->palette)
        ui->palette = list_view_new(&ops, ui);
    if (!ui->palette)
        return;
    ui->offered_n = 0;
    for (int own = 1; own >= 0; own--) /* those of the focused pane first */
        for (int a = 0; a < ACTION_COUNT; a++)
            if ((action_pane((enum action)a) == ui->focus) == own && sensible(ui, (enum action)a))
                ui->offered[ui->offered_n++] = (enum action)a;
    editor_set(ui->filter, "");
    list_view_changed(ui->palette);
    list_view_filter(ui->palette, "");
    ui->overlay = OVERLAY_PALETTE;
    ui->dirty = true;
}

void ui_choose(struct ui *ui, enum action a)
{
    const char *args = action_args(a);
    char text[64];
    if (action_pane(a) != PANE_COUNT)
        ui_focus(ui, action_pane(a));
    if (*args && *args != '[' && !strchr(args, '|')) {
        snprintf(text, sizeof text, "/%s ", action_name(a));
        ui_type(ui, text);
        return;
    }
    action_do(ui, a, "");
}

static void choose_action(struct ui *ui)
{
    size_t i = list_view_selected(ui->palette);
    ui->overlay = OVERLAY_NONE;
    if (i != SIZE_MAX)
        ui_choose(ui, ui->offered[i]);
}

static void palette_input(struct ui *ui, const struct input_event *ev)
{
    if (ev->type == INPUT_KEY &&
        (ev->key == INPUT_UP || (ev->key == 'p' && ev->mods == INPUT_CTRL))) {
        list_view_scroll(ui->palette, SCROLL_LINE_UP);
        return;
    }
    if (ev->type == INPUT_KEY &&
        (ev->key == INPUT_DOWN || (ev->key == 'n' && ev->mods == INPUT_CTRL))) {
        list_view_scroll(ui->palette, SCROLL_LINE_DOWN);
        return;
    }
    switch (editor_event(ui->filter, ev)) {
    case EDITOR_SUBMIT:
        choose_action(ui);
        break;
    case EDITOR_CHANGED:
        list_view_filter(ui->palette, editor_text(ui->filter, NULL));
        break;
    default:
        break;
    }
}

/* ---- set-up ---- */

static const char *const choices[] = {"Install Qwen2.5-Coder 0.5B and 1.5B",
                                      "Install Qwen2.5-Coder 0.5B only",
                                      "Enter the address of a server", "Look around first"};
static const char *const choice_notes[] = {
    "1.7 GB with search by meaning; Apache-2.0, MIT", "0.6 GB with search by meaning",
    "anything that speaks OpenAI's format", "everything works but new code"};
enum { CHOICES = 4 };

static void on_looked(void *arg, struct json_object *result, const struct err_info *info)
{
    struct ui *ui = arg;
    if (info)
        return;
    json_object_put(ui->found);
    ui->found = json_object_get(json_array(result, "found"));
    ui->ready = json_flag(result, "ready", false);
    if (!ui->ready && !ui->setup_dismissed && ui->acted)
        ui_note(ui, "there is no language model yet: /setup");
    else if (!ui->ready && !ui->setup_dismissed && ui->overlay == OVERLAY_NONE)
        ui->overlay = OVERLAY_SETUP;
    if (ui->ready && ui->overlay == OVERLAY_SETUP)
        ui->overlay = OVERLAY_NONE;
    ui->dirty = true;
}

void ui_look(struct ui *ui)
{
    ui_call(ui, METHOD_SETUP_LOOK, NULL, on_looked, ui);
}

void ui_open_setup(struct ui *ui)
{
    ui->setup_dismissed = true; /* shown on purpose: it is not opened again by itself */
    ui->overlay = OVERLAY_SETUP;
    ui_look(ui);
}

static void choose_setup(struct ui *ui)
{
    ui->overlay = OVERLAY_NONE;
    ui->setup_dismissed = true;
    if (ui->setup_choice <= 1) /* the smallest, and what the search in memory needs */
        action_do(ui, ACTION_MODEL, "install");
    if (ui->setup_choice == 0)
        action_do(ui, ACTION_MODEL, "install qwen2.5-coder-1.5b");
    if (ui->setup_choice == 2) {
        ui_type(ui, "/connect http://");
    }
}

/* Who was typing before the overlay came goes on: what it does not take closes it and is not lost.
 * It goes past the keys of the dashboard, a question is not answered by the begin of a word. */
static void type_below(struct ui *ui, const struct input_event *ev)
{
    bool text = ev->type == INPUT_PASTE || (ev->type == INPUT_KEY && ev->key >= ' ' &&
                                            ev->key < INPUT_UP && !(ev->mods & ~INPUT_SHIFT));
    if (!text || !ui->typing)
        return;
    ui->setup_dismissed |= ui->overlay == OVERLAY_SETUP;
    ui->overlay = OVERLAY_NONE;
    editor_event(ui->input, ev);
}

static void setup_input(struct ui *ui, const struct input_event *ev)
{
    if (ev->type != INPUT_KEY) {
        type_below(ui, ev);
        return;
    }
    if (ev->key == INPUT_DOWN || ev->key == 'j')
        ui->setup_choice = (ui->setup_choice + 1) % CHOICES;
    else if (ev->key == INPUT_UP || ev->key == 'k')
        ui->setup_choice = (ui->setup_choice + CHOICES - 1) % CHOICES;
    else if (ev->key == INPUT_ENTER)
        choose_setup(ui);
    else
        type_below(ui, ev);
}

static void draw_setup(struct ui *ui, struct canvas *c)
{
    int y = 1;
    canvas_put_fit(c, 1, y++, c->w - 2, STYLE_BOLD,
                   ui->ready ? "Where DiSE looks for a language model:"
                             : "Welcome to DiSE. It needs a language model; it looked here:");
    for (size_t i = 0;
         ui->found && i < json_object_array_length(ui->found) && y < c->h - CHOICES - 2; i++, y++) {
        struct json_object *f = json_object_array_get_idx(ui->found, i);
        bool ok = json_flag(f, "ok", false);
        canvas_puts(c, 2, y, ok ? STYLE_OK : STYLE_ERROR,
                    canvas_glyph(c, ok ? GLYPH_OK : GLYPH_FAIL));
        canvas_put_fit(c, 4, y, 20, STYLE_TEXT, json_str(f, "what", ""));
        canvas_put_fit(c, 25, y, c->w - 26, STYLE_DIM, json_str(f, "detail", ""));
    }
    y++;
    for (int i = 0; i < CHOICES && y < c->h; i++, y++) {
        bool selected = i == ui->setup_choice;
        canvas_puts(c, 1, y, STYLE_ACCENT, selected ? canvas_glyph(c, GLYPH_PICK) : " ");
        canvas_put_fit(c, 3, y, 40, selected ? STYLE_BOLD : STYLE_TEXT, choices[i]);
        canvas_put_fit(c, 44, y, c->w - 45, STYLE_DIM, choice_notes[i]);
        if (selected)
            canvas_ground(c, (struct rect){0, y, c->w, 1}, STYLE_SELECTION);
    }
}

/* ---- leaving ---- */

void ui_confirm_quit(struct ui *ui)
{
    if (model_active(&ui->model) == 0) {
        if (ui->link.quit)
            ui->link.quit(ui->link.arg);
        return;
    }
    ui->confirm.question = NULL;
    snprintf(ui->overlay_title, sizeof ui->overlay_title, "Leave");
    ui->overlay = OVERLAY_CONFIRM;
    ui->dirty = true;
}

void ui_confirm(struct ui *ui, const char *title, const char *question, const char *yes,
                void (*done)(struct ui *ui))
{
    snprintf(ui->overlay_title, sizeof ui->overlay_title, "%s", title);
    ui->confirm.question = question;
    ui->confirm.yes = yes;
    ui->confirm.done = done;
    ui->overlay = OVERLAY_CONFIRM;
    ui->dirty = true;
}

static void draw_confirm(struct ui *ui, struct canvas *c)
{
    size_t n = model_active(&ui->model);
    if (ui->confirm.question) {
        int x = 3 + (int)strlen(ui->confirm.yes) + 3;
        canvas_put_fit(c, 1, 1, c->w - 2, STYLE_TEXT, ui->confirm.question);
        canvas_puts(c, 1, 2, STYLE_KEY, "y");
        canvas_puts(c, 3, 2, STYLE_TEXT, ui->confirm.yes);
        canvas_puts(c, x, 2, STYLE_KEY, "n");
        canvas_puts(c, x + 2, 2, STYLE_TEXT, "leave it");
        return;
    }
    canvas_printf(c, 1, 1, STYLE_TEXT, "%zu job%s running; %s in the engine.", n,
                  n == 1 ? " is" : "s are", n == 1 ? "it goes on" : "they go on");
    canvas_puts(c, 1, 2, STYLE_KEY, "y");
    canvas_puts(c, 3, 2, STYLE_TEXT, "leave");
    canvas_puts(c, 12, 2, STYLE_KEY, "n");
    canvas_puts(c, 14, 2, STYLE_TEXT, "stay");
}

static void confirm_input(struct ui *ui, const struct input_event *ev)
{
    if (ev->type != INPUT_KEY)
        return;
    ui->overlay = OVERLAY_NONE;
    if (ui->confirm.question && ev->key == 'y')
        ui->confirm.done(ui);
    else if (!ui->confirm.question && (ev->key == 'y' || ev->key == INPUT_ENTER) && ui->link.quit)
        ui->link.quit(ui->link.arg);
}

/* ---- all ---- */

static struct rect overlay_rect(const struct ui *ui)
{
    int w = ui->canvas.w - 4, h = ui->canvas.h - 4;
    if (w > 104)
        w = 104;
    if (ui->overlay == OVERLAY_CONFIRM) {
        w = w < 60 ? w : 60;
        h = 6;
    } else if (ui->overlay == OVERLAY_BATCH) {
        w = w < 88 ? w : 88;
        h = h < batch_form_rows() + 2 ? h : batch_form_rows() + 2;
    } else if (ui->overlay == OVERLAY_PALETTE) {
        h = h < 20 ? h : 20;
    } else if (ui->overlay == OVERLAY_SETUP) {
        h = h < 18 ? h : 18;
    }
    return (struct rect){(ui->canvas.w - w) / 2, (ui->canvas.h - h) / 2, w, h};
}

/* Which keys it takes. */
static const char *overlay_keys(enum ui_overlay o)
{
    switch (o) {
    case OVERLAY_TEXT:
        return " j k g G Space move   q or Esc closes ";
    case OVERLAY_PALETTE:
    case OVERLAY_SETUP:
        return " Enter chooses   Esc closes ";
    default:
        return " Esc closes ";
    }
}

void overlay_draw(struct ui *ui)
{
    static const char *const titles[] = {"", "", "Palette", "Set-up", "Leave", "Overnight"};
    struct rect r = overlay_rect(ui);
    struct canvas *c = &ui->canvas, inner, row;
    const char *title;
    if (ui->overlay == OVERLAY_MENU) {
        menu_draw(ui);
        return;
    }
    title = ui->overlay == OVERLAY_TEXT || ui->overlay == OVERLAY_CONFIRM ? ui->overlay_title
                                                                          : titles[ui->overlay];
    canvas_fill(c, r, STYLE_DIALOG);
    canvas_box(c, r, STYLE_DIALOG_BORDER);
    canvas_printf(c, r.x + 2, r.y, STYLE_TITLE_FOCUS, " %s ", title);
    canvas_put_right(c, r.x + 2, r.y + r.h - 1, r.w - 4, STYLE_HINT, overlay_keys(ui->overlay));
    ui->overlay_inner = (struct rect){r.x + 2, r.y + 1, r.w - 4, r.h - 2};
    inner = canvas_part(c, ui->overlay_inner);
    switch (ui->overlay) {
    case OVERLAY_TEXT:
        text_view_draw(ui->text, &inner);
        if (ui->text_fresh && text_view_scroll(ui->text, SCROLL_TOP)) {
            canvas_fill(&inner, (struct rect){0, 0, inner.w, inner.h}, STYLE_DIALOG);
            text_view_draw(ui->text, &inner);
        }
        ui->text_fresh = false;
        break;
    case OVERLAY_PALETTE:
        row = canvas_part(&inner, (struct rect){0, 0, inner.w, 1});
        editor_draw(ui->filter, &row, ui->plain ? "> " : "› ", "a few letters of a command", true);
        row = canvas_part(&inner, (struct rect){0, 2, inner.w, inner.h - 2});
        list_view_draw(ui->palette, &row, true);
        break;
    case OVERLAY_SETUP:
        draw_setup(ui, &inner);
        break;
    case OVERLAY_CONFIRM:
        draw_confirm(ui, &inner);
        break;
    case OVERLAY_BATCH:
        batch_form_draw(ui, &inner);
        break;
    default:
        break;
    }
}

static void text_input(struct ui *ui, const struct input_event *ev)
{
    static const struct {
        uint32_t key, mods;
        enum scroll how;
    } keys[] = {{'j', 0, SCROLL_LINE_DOWN},
                {INPUT_DOWN, 0, SCROLL_LINE_DOWN},
                {'k', 0, SCROLL_LINE_UP},
                {INPUT_UP, 0, SCROLL_LINE_UP},
                {'g', 0, SCROLL_TOP},
                {INPUT_HOME, 0, SCROLL_TOP},
                {'G', 0, SCROLL_END},
                {INPUT_END, 0, SCROLL_END},
                {INPUT_PAGE_DOWN, 0, SCROLL_PAGE_DOWN},
                {' ', 0, SCROLL_PAGE_DOWN},
                {INPUT_PAGE_UP, 0, SCROLL_PAGE_UP},
                {'d', INPUT_CTRL, SCROLL_HALF_DOWN},
                {'u', INPUT_CTRL, SCROLL_HALF_UP}};
    for (size_t i = 0; ev->type == INPUT_KEY && i < sizeof keys / sizeof *keys; i++)
        if (keys[i].key == ev->key && keys[i].mods == ev->mods) {
            text_view_scroll(ui->text, keys[i].how);
            return;
        }
    if (ev->type == INPUT_KEY && (ev->key == 'q' || ev->key == INPUT_ENTER))
        ui->overlay = OVERLAY_NONE;
    else
        type_below(ui, ev);
}

static void palette_mouse(struct ui *ui, const struct input_event *ev)
{
    int y = ev->y - ui->overlay_inner.y - 2;
    size_t i = y >= 0 ? list_view_at(ui->palette, y) : SIZE_MAX;
    if (ev->mouse == INPUT_WHEEL_UP || ev->mouse == INPUT_WHEEL_DOWN) {
        list_view_scroll(ui->palette,
                         ev->mouse == INPUT_WHEEL_UP ? SCROLL_WHEEL_UP : SCROLL_WHEEL_DOWN);
    } else if (ev->mouse == INPUT_PRESS && i != SIZE_MAX) {
        list_view_select(ui->palette, i);
        choose_action(ui);
    }
}

void overlay_mouse(struct ui *ui, const struct input_event *ev)
{
    struct rect r = ui->overlay_inner;
    bool up = ev->mouse == INPUT_WHEEL_UP, down = ev->mouse == INPUT_WHEEL_DOWN;
    if (ui->overlay == OVERLAY_MENU)
        menu_mouse(ui, ev);
    else if (ui->overlay == OVERLAY_TEXT && (up || down))
        text_view_scroll(ui->text, up ? SCROLL_WHEEL_UP : SCROLL_WHEEL_DOWN);
    else if (ui->overlay == OVERLAY_BATCH && ev->mouse == INPUT_PRESS)
        batch_form_press(ui, ev->x - r.x, ev->y - r.y);
    else if (ui->overlay == OVERLAY_PALETTE)
        palette_mouse(ui, ev);
}

bool overlay_input(struct ui *ui, const struct input_event *ev)
{
    if (ev->type == INPUT_KEY && ev->key == INPUT_ESC) {
        ui->setup_dismissed |= ui->overlay == OVERLAY_SETUP;
        ui->overlay = OVERLAY_NONE;
        return true;
    }
    switch (ui->overlay) {
    case OVERLAY_TEXT:
        text_input(ui, ev);
        return true;
    case OVERLAY_PALETTE:
        palette_input(ui, ev);
        return true;
    case OVERLAY_SETUP:
        setup_input(ui, ev);
        return true;
    case OVERLAY_CONFIRM:
        confirm_input(ui, ev);
        return true;
    case OVERLAY_BATCH:
        batch_form_input(ui, ev);
        return true;
    case OVERLAY_MENU:
        menu_input(ui, ev);
        return true;
    default:
        return false;
    }
}
