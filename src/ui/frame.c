/* Everything around the panes: title bar, boxes with their titles and tabs, key hints and remarks.
 */
#include <string.h>

#include "base/figure.h"
#include "ui/ui.h"

char pane_letter(int number)
{
    return (char)('a' + (number > 0 ? number - 1 : 0) % 26);
}

/* ---- the title bar ---- */

static void draw_title_bar(struct ui *ui, struct canvas *c)
{
    struct model *m = &ui->model;
    const struct model_job *job = model_job(m, ui->job);
    char right[200], tokens[64] = "";
    char figure[FIGURE_SIZE];
    int n = 0, used;
    if (job && job->tokens_out + job->tokens_live > 0) {
        figure_count(figure, job->tokens_out + job->tokens_live);
        snprintf(tokens, sizeof tokens, "%s tok  ", figure);
    }
    if (m->spend >= 0.00005) {
        size_t end = strlen(tokens);
        figure_money(figure, m->spend);
        snprintf(tokens + end, sizeof tokens - end, "%s  ", figure);
    }
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

/* ---- key hints and remarks ---- */

struct hint {
    const char *key, *what;
};

enum { HINTS_MAX = 16 };

/* A pane that has taken a key for itself leaves the other one of the action. */
static struct hint common_hint(const struct ui *ui, struct hint h)
{
    if (!ui->typing && strcmp(h.key, "/") == 0 &&
        action_by_key('/', 0, false, ui->focus) != ACTION_FIND)
        h.key = "^F";
    return h;
}

/* The focused pane's own keys first, then what works everywhere. */
static int collect_hints(const struct ui *ui, struct hint out[HINTS_MAX])
{
    static const struct hint typing[] = {{"Enter", "go"}, {"^P", "palette"}, {"Tab", "pane"},
                                         {"^F", "find"},  {"^C", "cancel"},  {"F1", "help"}},
                             browsing[] = {{"Esc", "back"}, {"/", "find"}, {"z", "zoom"},
                                           {"Tab", "pane"}, {"y", "copy"}, {"?", "help"}};
    const struct hint *common = ui->typing ? typing : browsing;
    int n = 0;
    for (int a = 0; !ui->typing && a < ACTION_COUNT && n < HINTS_MAX - 6; a++)
        if (action_pane((enum action)a) == ui->focus && *action_hint((enum action)a))
            out[n++] = (struct hint){action_keys((enum action)a), action_hint((enum action)a)};
    for (int i = 0; i < 6; i++)
        out[n++] = common_hint(ui, common[i]);
    return n;
}

static int draw_hints(struct ui *ui, struct canvas *c, int y, int room)
{
    struct hint hints[HINTS_MAX];
    int n = collect_hints(ui, hints), x = 1;
    for (int i = 0; i < n; i++) {
        char key[24]; /* the first of an action's keys */
        snprintf(key, sizeof key, "%.*s", (int)strcspn(hints[i].key, " "), hints[i].key);
        if (x + cluster_columns(key, strlen(key)) + 1 + (int)strlen(hints[i].what) + 2 > room)
            break;
        x += canvas_puts(c, x, y, STYLE_KEY, key) + 1;
        x += canvas_puts(c, x, y, STYLE_HINT, hints[i].what) + 2;
    }
    return x;
}

/* "3 of 17" of what is looked for in the focused pane; "" when nothing is. */
static void found_text(struct ui *ui, char *out, size_t size)
{
    const struct pane_class *k = pane_classes[ui->focus];
    size_t at = 0, of = 0, typed;
    *out = 0;
    if (k->found)
        k->found(ui, ui->panes[ui->focus], &at, &of);
    editor_text(ui->search, &typed);
    if (of && at)
        snprintf(out, size, "%zu of %zu", at, of);
    else if (of)
        snprintf(out, size, "%zu match%s", of, of == 1 ? "" : "es");
    else if (ui->searching && typed && k->found)
        snprintf(out, size, "no match");
}

/* What is typed after "/", and how often it is there. */
static void draw_search(struct ui *ui, struct canvas *c, int y)
{
    char count[48];
    int w;
    struct canvas row;
    found_text(ui, count, sizeof count);
    w = (int)strlen(count);
    row = canvas_part(c, (struct rect){1, y, c->w - 2 - (w ? w + 2 : 0), 1});
    editor_draw(ui->search, &row, "/", "what to find", true);
    canvas_put_right(c, c->w - 1 - w, y, w, STYLE_NUMBER, count);
}

static void draw_bottom(struct ui *ui, struct canvas *c, int y)
{
    const char *note = ui->note[0] ? ui->note : ui->model.note.text;
    bool warn = ui->note[0] || strcmp(ui->model.note.level, "info") != 0;
    char count[48];
    int x, room;
    if (ui->searching) {
        draw_search(ui, c, y);
        return;
    }
    found_text(ui, count, sizeof count);
    if (*count && !ui->note[0] && !ui->typing) {
        note = count;
        warn = false;
    }
    x = draw_hints(ui, c, y, c->w / 2 + (*note ? 0 : c->w / 2));
    room = c->w - x - 3;
    if (*note && room > 8) {
        int columns = cluster_columns(note, strlen(note));
        int from = columns < room ? c->w - 1 - columns : x + 2;
        if (warn)
            canvas_puts(c, from - 2, y, STYLE_WARN, canvas_glyph(c, GLYPH_WARN));
        canvas_put_fit(c, from, y, c->w - 1 - from, warn ? STYLE_WARN : STYLE_DIM, note);
    }
}

/* ---- boxes ---- */

void frame_scrollbar(struct ui *ui, int y, int h, size_t above, size_t total)
{
    struct rect r = ui->drawn;
    canvas_scrollbar(&ui->canvas, r.x + r.w - 1, r.y + 1 + y, h, above, (size_t)h, total);
}

void frame_divide(struct ui *ui, int y, bool focused)
{
    canvas_divide(&ui->canvas, ui->drawn, ui->drawn.y + 1 + y,
                  focused ? STYLE_BORDER_FOCUS : STYLE_BORDER);
}

static void add_tab(struct ui *ui, struct rect r, enum pane_id pane)
{
    if (ui->tab_count < (int)(sizeof ui->tabs / sizeof *ui->tabs))
        ui->tabs[ui->tab_count++] = (struct ui_tab){r, pane};
}

enum naming { NAME_WHOLE, NAME_BRIEF, NAME_NUMBER };

static const char *name_of(enum pane_id p, enum naming how)
{
    return how == NAME_WHOLE   ? pane_classes[p]->title
           : how == NAME_BRIEF ? pane_classes[p]->brief
                               : "";
}

/* Narrow: a tab's blank at the right is the next one's at the left. */
static int put_title(struct ui *ui, struct canvas *c, struct rect r, int x, enum pane_id p,
                     enum style s, enum naming how)
{
    char text[64];
    int w;
    snprintf(text, sizeof text, "%d%s%s", p + 1, how == NAME_NUMBER ? "" : " ", name_of(p, how));
    w = cluster_columns(text, strlen(text));
    if (x + w + 2 > r.x + r.w - 1)
        return 0;
    canvas_puts(c, x, r.y, STYLE_BORDER, " ");
    w = canvas_puts(c, x + 1, r.y, s, text);
    canvas_puts(c, x + 1 + w, r.y, STYLE_BORDER, " ");
    w += how == NAME_BRIEF ? 1 : 2;
    add_tab(ui, (struct rect){x, r.y, w, 1}, p);
    return w;
}

/* How the tabs are named: as fully as all of them fit. */
static enum naming names_that_fit(unsigned tabbed, int room)
{
    for (int how = NAME_WHOLE; how < NAME_NUMBER; how++) {
        int w = 1;
        for (int p = 0; p < PANE_COUNT; p++)
            if (tabbed & 1u << p)
                w += (int)strlen(name_of((enum pane_id)p, (enum naming)how)) +
                     (how == NAME_WHOLE ? 4 : 3);
        if (w <= room)
            return (enum naming)how;
    }
    return NAME_NUMBER;
}

static void draw_titles(struct ui *ui, struct canvas *c, struct rect r, enum pane_id shown,
                        bool focused)
{
    enum style own = focused ? STYLE_TITLE_FOCUS : STYLE_TITLE;
    bool tabs = ui->layout.shown == shown && ui->layout.tabbed != 1u << shown;
    enum naming how = tabs ? names_that_fit(ui->layout.tabbed, r.w - 2) : NAME_WHOLE;
    int x = r.x + 1;
    char text[64] = "";
    if (!tabs) {
        x += put_title(ui, c, r, x, shown, own, NAME_WHOLE);
    } else {
        for (int p = 0; p < PANE_COUNT; p++)
            if (ui->layout.tabbed & 1u << p)
                x += put_title(ui, c, r, x, (enum pane_id)p, p == (int)shown ? own : STYLE_HINT,
                               how == NAME_NUMBER && p == (int)shown ? NAME_WHOLE : how);
    }
    x += how == NAME_BRIEF;
    if (pane_classes[shown]->heading)
        pane_classes[shown]->heading(ui, ui->panes[shown], text, sizeof text);
    if (*text && r.x + r.w - x > 8) {
        canvas_puts(c, ++x, r.y, STYLE_BORDER, " ");
        x++;
        x += canvas_put_fit(c, x, r.y, r.x + r.w - x - 3, STYLE_HINT, text);
        canvas_puts(c, x, r.y, STYLE_BORDER, " ");
    }
}

static void draw_pane(struct ui *ui, enum pane_id p)
{
    struct rect r = ui->layout.pane[p];
    struct canvas *c = &ui->canvas, inner;
    bool focused = ui->focus == p;
    if (r.w < 2 || r.h < 2)
        return;
    canvas_box(c, r, focused ? STYLE_BORDER_FOCUS : STYLE_BORDER);
    draw_titles(ui, c, r, p, focused);
    ui->drawn = r;
    ui->inner[p] = (struct rect){r.x + 1, r.y + 1, r.w - 2, r.h - 2};
    inner = canvas_part(c, ui->inner[p]);
    pane_classes[p]->draw(ui, ui->panes[p], &inner, focused);
}

static void lay_out(struct ui *ui)
{
    struct layout_input in = {.area = {0, 1, ui->canvas.w, ui->canvas.h - 2},
                              .shares = ui->shares,
                              .focus = ui->focus,
                              .tab = ui->tab,
                              .zoom = ui->zoom};
    for (int p = 0; p < PANE_COUNT; p++)
        if (ui->panes[p])
            in.present |= 1u << p;
    layout_compute(&in, &ui->layout);
    for (int p = 0; p < PANE_COUNT; p++) {
        bool shown = ui->layout.pane[p].w > 0;
        if (shown != ui->visible[p] && pane_classes[p] && pane_classes[p]->visible)
            pane_classes[p]->visible(ui, ui->panes[p], shown);
        ui->visible[p] = shown;
    }
}

void frame_draw(struct ui *ui)
{
    struct canvas *c = &ui->canvas;
    ui->tab_count = 0;
    if (c->w < UI_MIN_W || c->h < UI_MIN_H) {
        canvas_printf(c, 0, 0, STYLE_WARN, "DiSE needs %d×%d, this is %d×%d", UI_MIN_W, UI_MIN_H,
                      c->w, c->h);
        return;
    }
    lay_out(ui);
    draw_title_bar(ui, c);
    for (int p = 0; p < PANE_COUNT; p++)
        draw_pane(ui, (enum pane_id)p);
    draw_bottom(ui, c, c->h - 1);
    if (ui->overlay != OVERLAY_NONE)
        overlay_draw(ui);
}
