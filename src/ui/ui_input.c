/* Where a key, a paste or the mouse goes: to an overlay, the pane in focus, a question, an action,
 * the input line. */
#include <stdlib.h>
#include <string.h>

#include "ui/menu.h"
#include "ui/questions.h"
#include "ui/ui.h"

enum {
    BRAND_W = 7,         /* of the title bar: opens the menu */
    PLAN_MAX = 16 << 10, /* bytes of an edited plan */
};

/* ---- questions ---- */

static void answer(struct ui *ui, const struct model_job *job, const char *choice, size_t n)
{
    struct json_object *o = json_object_new_object();
    json_add_i64(o, "job", job->id);
    json_add_str(o, "question", questions_first(&job->questions)->id);
    json_object_object_add(o, "answer", json_object_new_string_len(choice, (int)n));
    ui_call(ui, METHOD_JOB_ANSWER, o, NULL, NULL);
    if (memchr(choice, '\n', n))
        ui_note(ui, "answered: as edited");
    else
        ui_note(ui, "answered: %.*s", (int)(n < 32 ? n : 32), choice);
}

/* The plan in the person's editor; what comes of it is the answer. */
static void edit_plan(struct ui *ui, const struct model_job *job)
{
    const struct model_item *plan = model_made(job, ITEM_PLAN);
    char why[300] = "there is no editor here";
    struct buf changed;
    buf_init(&changed, PLAN_MAX);
    if (!plan || !ui->link.edit ||
        !ui->link.edit(ui->link.arg, "plan.txt", plan->text, &changed, why, sizeof why))
        ui_note(ui, "%s", why);
    else if (strspn(changed.data, " \t\r\n") == changed.len)
        ui_note(ui, "the plan is empty; Esc drops the task");
    else if (strcmp(changed.data, plan->text) == 0)
        ui_note(ui, "nothing was changed");
    else
        answer(ui, job, changed.data, changed.len);
    buf_fini(&changed);
}

static bool plan_key(struct ui *ui, const struct model_job *job, uint32_t key)
{
    if (key == INPUT_ENTER)
        answer(ui, job, "go", 2);
    else if (key == INPUT_ESC)
        answer(ui, job, "cancel", 6);
    else if (key == 'e')
        edit_plan(ui, job);
    else
        return false;
    return true;
}

/* The first letter of a choice answers, as long as nothing is being typed. */
static bool question_key(struct ui *ui, const struct input_event *ev)
{
    const struct model_job *job = model_job(&ui->model, ui->job);
    const struct question *q = job ? questions_first(&job->questions) : NULL;
    const char *choice = NULL;
    size_t typed, n;
    editor_text(ui->input, &typed);
    if (!q || typed || ev->mods)
        return false;
    if (strcmp(q->kind, "plan") == 0)
        return plan_key(ui, job, ev->key);
    if (ev->key < 0x80)
        choice = question_choice(q->choices, (char[]){(char)ev->key, 0}, &n);
    if (choice)
        answer(ui, job, choice, n);
    return choice != NULL;
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
    ui->acted |= ev->type == INPUT_KEY || ev->type == INPUT_PASTE ||
                 (ev->type == INPUT_MOUSE && ev->mouse == INPUT_PRESS);
    if (ev->type == INPUT_MOUSE) {
        mouse(ui, ev);
    } else if (ev->type == INPUT_KEY &&
               action_by_key(ev->key, ev->mods, true, ui->focus) == ACTION_REDRAW) {
        action_do(ui, ACTION_REDRAW, ""); /* whatever is open */
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
