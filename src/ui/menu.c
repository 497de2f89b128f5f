#include "ui/menu.h"

#include <ctype.h>
#include <string.h>

#include "ui/ui.h"

enum { GROUPS_MAX = 24, ITEMS_MAX = 40, KEYS_W = 12 };

/* The menu of one group: its name and its actions in the order of the table. */
struct group {
    const char *name;
    enum action items[ITEMS_MAX];
    int n, x; /* x: where its name stands in the bar */
};

/* ---- what the table says ---- */

static bool shown(const struct ui *ui, enum action a)
{
    enum pane_id pane = action_pane(a);
    return a != ACTION_MENU && (pane == PANE_COUNT || ui_has(ui, pane));
}

static int collect(const struct ui *ui, struct group out[GROUPS_MAX])
{
    int n = 0;
    for (int a = 0; a < ACTION_COUNT; a++) {
        const char *name = action_group((enum action)a);
        int g = 0;
        if (!shown(ui, (enum action)a))
            continue;
        while (g < n && strcmp(out[g].name, name) != 0)
            g++;
        if (g == GROUPS_MAX)
            continue;
        if (g == n)
            out[n++] = (struct group){.name = name};
        if (out[g].n < ITEMS_MAX)
            out[g].items[out[g].n++] = (enum action)a;
    }
    return n;
}

/* Places the names; the bar is moved so that the open one shows. */
static int place(const struct ui *ui, struct group *groups, int n)
{
    int x = 1, last = 0;
    for (int i = 0; i < n; i++) {
        groups[i].x = x;
        x += (int)strlen(groups[i].name) + 3;
        if (i == ui->menu.group)
            last = x;
    }
    if (last > ui->canvas.w)
        for (int i = 0; i < n; i++)
            groups[i].x -= last - ui->canvas.w;
    return n;
}

static int load(struct ui *ui, struct group groups[GROUPS_MAX])
{
    int n = collect(ui, groups);
    struct menu_state *m = &ui->menu;
    m->group = n ? (m->group + n) % n : 0;
    if (n)
        m->item = (m->item + groups[m->group].n) % groups[m->group].n;
    return place(ui, groups, n);
}

/* The open menu's box, below its name and within the screen. */
static struct rect box_of(const struct ui *ui, const struct group *g)
{
    int w = (int)strlen(g->name) + 4, h = g->n + 2;
    for (int i = 0; i < g->n; i++) {
        int own =
            (int)(strlen(action_name(g->items[i])) + strlen(action_args(g->items[i]))) + KEYS_W + 6;
        w = own > w ? own : w;
    }
    if (w > ui->canvas.w)
        w = ui->canvas.w;
    if (h > ui->canvas.h - 2)
        h = ui->canvas.h - 2;
    return (struct rect){g->x - 1 + w > ui->canvas.w ? ui->canvas.w - w
                         : g->x > 1                  ? g->x - 1
                                                     : 0,
                         1, w, h};
}

/* The first item that shows when not all of them fit. */
static int top_of(const struct ui *ui, int rows)
{
    return ui->menu.item >= rows ? ui->menu.item - rows + 1 : 0;
}

/* ---- doing ---- */

void menu_open(struct ui *ui)
{
    ui->menu.item = 0;
    ui->overlay = OVERLAY_MENU;
    ui->dirty = true;
}

static void choose(struct ui *ui, enum action a)
{
    ui->overlay = OVERLAY_NONE;
    if (action_pane(a) != PANE_COUNT)
        ui_focus(ui, action_pane(a));
    ui_choose(ui, a);
}

/* The next item that begins with the letter. */
static void jump(struct ui *ui, const struct group *g, uint32_t letter)
{
    for (int i = 1; i <= g->n; i++) {
        int at = (ui->menu.item + i) % g->n;
        if ((uint32_t)action_name(g->items[at])[0] == (uint32_t)tolower((int)letter)) {
            ui->menu.item = at;
            return;
        }
    }
}

void menu_input(struct ui *ui, const struct input_event *ev)
{
    struct group groups[GROUPS_MAX];
    int n = load(ui, groups);
    struct menu_state *m = &ui->menu;
    if (ev->type != INPUT_KEY || !n)
        return;
    switch (ev->key) {
    case INPUT_LEFT:
    case INPUT_RIGHT:
    case INPUT_TAB:
        m->group += ev->key == INPUT_LEFT || (ev->mods & INPUT_SHIFT) ? -1 : 1;
        m->item = 0;
        break;
    case INPUT_UP:
    case INPUT_DOWN:
        m->item += ev->key == INPUT_UP ? -1 : 1;
        break;
    case INPUT_HOME:
        m->item = 0;
        break;
    case INPUT_END:
        m->item = -1;
        break;
    case INPUT_ENTER:
        choose(ui, groups[m->group].items[m->item]);
        return;
    case INPUT_F0 + 10:
        ui->overlay = OVERLAY_NONE;
        return;
    default:
        if (ev->key < 0x80 && !ev->mods)
            jump(ui, &groups[m->group], ev->key);
    }
    load(ui, groups); /* around the ends */
}

void menu_mouse(struct ui *ui, const struct input_event *ev)
{
    struct group groups[GROUPS_MAX];
    int n = load(ui, groups), row;
    struct rect box;
    bool wheel = ev->mouse == INPUT_WHEEL_UP || ev->mouse == INPUT_WHEEL_DOWN;
    if (!n)
        return;
    box = box_of(ui, &groups[ui->menu.group]);
    if (wheel) {
        ui->menu.item += ev->mouse == INPUT_WHEEL_UP ? -1 : 1;
        load(ui, groups);
        return;
    }
    if (ev->mouse == INPUT_RELEASE || (ev->mouse == INPUT_DRAG && !ev->button))
        return;
    for (int i = 0; ev->y == 0 && i < n; i++)
        if (ev->x >= groups[i].x - 1 && ev->x < groups[i].x + (int)strlen(groups[i].name) + 2) {
            ui->menu.group = i;
            ui->menu.item = 0;
            return;
        }
    row = ev->y - box.y - 1 + top_of(ui, box.h - 2);
    if (rect_has(box, ev->x, ev->y)) {
        if (ev->y == box.y || ev->y == box.y + box.h - 1 || row >= groups[ui->menu.group].n)
            return;
        ui->menu.item = row;
        if (ev->mouse == INPUT_PRESS)
            choose(ui, groups[ui->menu.group].items[row]);
    } else if (ev->mouse == INPUT_PRESS) {
        ui->overlay = OVERLAY_NONE;
    }
}

/* ---- drawing ---- */

static void draw_item(struct canvas *c, int y, enum action a, bool selected)
{
    char key[24];
    int x = 2 + canvas_puts(c, 2, y, STYLE_TEXT, action_name(a)) + 1;
    canvas_put_fit(c, x, y, c->w - x - KEYS_W - 1, STYLE_DIM, action_args(a));
    snprintf(key, sizeof key, "%s", action_keys(a));
    canvas_put_right(c, c->w - KEYS_W - 1, y, KEYS_W, STYLE_KEY, key);
    if (selected) {
        canvas_puts(c, 0, y, STYLE_ACCENT, canvas_glyph(c, GLYPH_PICK));
        canvas_ground(c, (struct rect){0, y, c->w, 1}, STYLE_SELECTION);
    }
}

void menu_draw(struct ui *ui)
{
    struct group groups[GROUPS_MAX];
    int n = load(ui, groups), top;
    struct canvas *c = &ui->canvas, inner;
    struct group *g = &groups[ui->menu.group];
    struct rect box;
    if (!n)
        return;
    canvas_fill(c, (struct rect){0, 0, c->w, 1}, STYLE_BAR);
    for (int i = 0; i < n; i++) {
        bool open = i == ui->menu.group;
        canvas_puts(c, groups[i].x, 0, open ? STYLE_BOLD : STYLE_BAR, groups[i].name);
        if (open)
            canvas_ground(c, (struct rect){groups[i].x - 1, 0, (int)strlen(groups[i].name) + 2, 1},
                          STYLE_SELECTION);
    }
    box = box_of(ui, g);
    canvas_fill(c, box, STYLE_DIALOG);
    canvas_box(c, box, STYLE_DIALOG_BORDER);
    inner = canvas_part(c, (struct rect){box.x + 1, box.y + 1, box.w - 2, box.h - 2});
    top = top_of(ui, inner.h);
    for (int i = 0; i < inner.h && top + i < g->n; i++)
        draw_item(&inner, i, g->items[top + i], top + i == ui->menu.item);
    canvas_fill(c, (struct rect){0, c->h - 1, c->w, 1}, STYLE_TEXT);
    canvas_put_fit(c, 1, c->h - 1, c->w - 2, STYLE_HINT, action_help(g->items[ui->menu.item]));
}
