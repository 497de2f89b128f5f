/* The tools' tab of the memory browser: YAML files with the prompts of the pipeline's roles. A
 * changed text is a draft until the engine has taken it, so that nothing typed is lost. */
#include <stdlib.h>
#include <string.h>

#include "ui/pane/memory.h"

/* ---- rows ---- */

static size_t tool_count(void *arg)
{
    struct memory *m = arg;
    return m->tools.list ? json_object_array_length(m->tools.list) : 0;
}

static struct json_object *tool_at(struct memory *m, size_t i)
{
    return m->tools.list && i < tool_count(m) ? json_object_array_get_idx(m->tools.list, i) : NULL;
}

static int tool_score(void *arg, size_t i, const char *filter)
{
    struct json_object *o = tool_at(arg, i);
    static const char *const keys[] = {"id", "name", "type", "role", "description"};
    int best = 0;
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
        int score = list_view_fuzzy(json_str(o, keys[k], ""), filter);
        score = k ? score : score * 4;
        best = score > best ? score : best;
    }
    return best;
}

/* "coder.yaml:7:3: …" instead of the whole path; where room is short "7:3: …". */
static const char *short_problem(const char *text, bool narrow)
{
    const char *colon = strchr(text, ':'), *from = text;
    if (*text == '/')
        for (const char *p = text; *p && (!colon || p < colon); p++)
            if (*p == '/')
                from = p + 1;
    if (narrow && colon && colon[1] >= '0' && colon[1] <= '9')
        from = colon + 1;
    return from;
}

struct cells {
    const char *id, *type, *role, *tier, *what, *age;
    enum style name_style, style;
};

static void put_cells(struct canvas *row, const struct cells *k)
{
    int w = row->w, name = w >= 60 ? 20 : w >= 30 ? 14 : 10, x = 3 + name + 1, right = w - 1;
    canvas_put_fit(row, 3, 0, name, k->name_style, k->id);
    canvas_put_right(row, right - 4, 0, 4, k->style, k->age);
    right -= 5;
    if (w >= 44) {
        canvas_put_fit(row, x, 0, 6, k->style, k->type);
        x += 7;
    }
    canvas_put_fit(row, x, 0, right - x < 10 ? right - x : 10, k->name_style, k->role);
    x += 11;
    if (w >= 60) {
        canvas_put_fit(row, x, 0, 16, k->style, k->tier);
        x += 17;
    }
    if (right - x > 10)
        canvas_put_fit(row, x, 0, right - x, k->style, k->what);
}

void memory_draw_tool_columns(struct canvas *line)
{
    const struct cells k = {"tool",         "type", "role",     "tier",
                            "what it does", "used", STYLE_HINT, STYLE_HINT};
    put_cells(line, &k);
}

static void tool_draw(void *arg, size_t i, struct canvas *row, bool selected)
{
    struct memory *m = arg;
    struct json_object *o = tool_at(m, i), *draft = memory_draft(m, json_str(o, "id", ""));
    const char *problem = json_str(o, "problem", "");
    bool yours = strcmp(json_str(o, "origin", "shipped"), "yours") == 0, bad = *problem || draft;
    int x = row->w >= 60 ? 24 : row->w >= 30 ? 18 : 14;
    char age[8];
    struct cells k = {.id = json_str(o, "id", ""), .name_style = STYLE_TEXT, .style = STYLE_DIM};
    (void)selected;
    canvas_puts(row, 1, 0,
                bad     ? STYLE_WARN
                : yours ? STYLE_ACCENT
                        : STYLE_DIM,
                canvas_glyph(row, bad     ? GLYPH_WARN
                                  : yours ? GLYPH_DOT
                                          : GLYPH_WAIT));
    if (bad) {
        canvas_put_fit(row, 3, 0, x - 4, STYLE_TEXT, k.id);
        canvas_put_fit(row, x, 0, row->w - 1 - x, STYLE_WARN,
                       draft ? "not saved; e goes on" : short_problem(problem, row->w < 44));
        return;
    }
    memory_age(m->ui->now, json_i64(o, "last_use", 0), age);
    k.age = age;
    k.type = json_str(o, "type", "");
    k.role = json_str(o, "role", "");
    k.tier = json_str(o, "tier", "");
    k.what = json_str(o, "description", "");
    put_cells(row, &k);
}

static const struct list_ops ops = {tool_count, tool_draw, tool_score};

bool memory_tools_open(struct memory *m)
{
    m->tools.view = list_view_new(&ops, m);
    m->tools.drafts = json_object_new_object();
    m->tools.stale = true;
    return m->tools.view && m->tools.drafts;
}

void memory_tools_close(struct memory *m)
{
    list_view_free(m->tools.view);
    json_object_put(m->tools.list);
    json_object_put(m->tools.drafts);
}

struct json_object *memory_tool_selected(struct memory *m)
{
    return tool_at(m, list_view_selected(m->tools.view));
}

/* ---- what the engine has ---- */

static void on_tools(struct memory *m, const struct memory_ask *ask, struct json_object *result,
                     const struct err_info *info)
{
    struct json_object *list = json_array(result, "tools"), *was = memory_tool_selected(m);
    char id[MEMORY_ID];
    (void)ask;
    m->tools.asking = false;
    snprintf(m->tools.error, sizeof m->tools.error, "%.199s", info ? info->message : "");
    if (!list)
        return;
    snprintf(id, sizeof id, "%s", json_str(was, "id", ""));
    json_object_put(m->tools.list);
    m->tools.list = json_object_get(list);
    list_view_changed(m->tools.view);
    for (size_t i = 0; i < tool_count(m); i++) /* the selection stays on the tool */
        if (strcmp(json_str(tool_at(m, i), "id", ""), id) == 0)
            list_view_select(m->tools.view, i);
    m->ui->dirty = true;
}

void memory_tools_ask(struct memory *m)
{
    if (!m->tools.stale || m->tools.asking || !m->visible || m->tab != MEMORY_TOOLS ||
        !m->ui->engine_up)
        return;
    m->tools.stale = false;
    m->tools.asking = true;
    memory_call(m, METHOD_TOOL_LIST, json_object_new_object(), "", NULL, on_tools);
}

/* ---- drafts ---- */

struct json_object *memory_draft(struct memory *m, const char *id)
{
    return json_object_of(m->tools.drafts, id);
}

void memory_keep_draft(struct memory *m, const char *id, const char *text,
                       const struct err_info *info)
{
    struct json_object *o = json_object_new_object();
    json_add_str(o, "text", text);
    if (info) {
        json_add_str(o, "problem", info->message);
        json_add_i64(o, "line", info->line);
        json_add_i64(o, "column", info->column);
    }
    json_object_object_del(m->tools.drafts, id);
    json_object_object_add(m->tools.drafts, id, o);
}

void memory_tool_open(struct memory *m, const char *id)
{
    memory_set_tab(m, MEMORY_TOOLS);
    memory_show(m, id);
}

static void on_saved(struct memory *m, const struct memory_ask *ask, struct json_object *result,
                     const struct err_info *info)
{
    (void)result;
    m->tools.stale = true;
    if (info) {
        char place[40] = "";
        if (info->line > 0)
            snprintf(place, sizeof place, "%d:%d: ", info->line, info->column);
        memory_keep_draft(m, ask->id, ask->text, info);
        ui_note(m->ui, "not saved: %s%s; e goes on with your text", place, info->message);
    } else {
        json_object_object_del(m->tools.drafts, ask->id);
        ui_note(m->ui, "%s is saved; the next job uses it", ask->id);
    }
    memory_tools_ask(m);
    if (info || (m->open && strcmp(m->open_id, ask->id) == 0))
        memory_tool_open(m, ask->id);
}

/* ---- editing ---- */

static void edit(struct memory *m, const char *id, const char *text)
{
    struct ui *ui = m->ui;
    struct json_object *o;
    char name[MEMORY_ID + 8], why[300] = "there is no editor here";
    struct buf changed;
    buf_init(&changed, MEMORY_FILE_MAX);
    snprintf(name, sizeof name, "%s.yaml", id);
    if (!ui->link.edit || !ui->link.edit(ui->link.arg, name, text, &changed, why, sizeof why)) {
        ui_note(ui, "%s", why);
    } else if (strcmp(changed.data, text) == 0 && !memory_draft(m, id)) {
        ui_note(ui, "nothing was changed");
    } else {
        memory_keep_draft(m, id, changed.data, NULL); /* until the engine has taken it */
        o = json_object_new_object();
        json_add_str(o, "text", changed.data);
        memory_call(m, METHOD_TOOL_SAVE, o, id, changed.data, on_saved);
    }
    buf_fini(&changed);
}

static void on_edit(struct memory *m, const struct memory_ask *ask, struct json_object *result,
                    const struct err_info *info)
{
    if (!info)
        edit(m, ask->id, json_str(result, "text", ""));
}

void memory_tool_edit(struct memory *m, const char *args)
{
    struct json_object *draft;
    char id[MEMORY_ID], *text;
    if (!memory_target(m, args, id, NULL))
        return;
    draft = memory_draft(m, id);
    if (!draft) {
        memory_call(m, METHOD_TOOL_SHOW, NULL, id, NULL, on_edit);
        return;
    }
    text = strdup(json_str(draft, "text", "")); /* the draft is replaced meanwhile */
    if (text)
        edit(m, id, text);
    free(text);
}

/* ---- back to what was shipped ---- */

static void on_reset(struct memory *m, const struct memory_ask *ask, struct json_object *result,
                     const struct err_info *info)
{
    (void)result;
    if (info)
        return;
    json_object_object_del(m->tools.drafts, ask->id);
    m->tools.stale = true;
    memory_tools_ask(m);
    if (m->open && strcmp(m->open_id, ask->id) == 0)
        memory_show_again(m);
    ui_note(m->ui, "%s is the shipped one again", ask->id);
}

void memory_tool_reset(struct memory *m, const char *args)
{
    char id[MEMORY_ID];
    if ((m->tab != MEMORY_TOOLS && !*args) || !memory_target(m, args, id, NULL))
        return;
    if (strcmp(m->tools.reset, id) != 0) {
        snprintf(m->tools.reset, sizeof m->tools.reset, "%s", id);
        ui_note(m->ui, "R again drops your version of %s", id);
        return;
    }
    m->tools.reset[0] = 0;
    memory_call(m, METHOD_TOOL_RESET, NULL, id, NULL, on_reset);
}
