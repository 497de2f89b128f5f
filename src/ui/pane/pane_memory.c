/* The memory browser: what was made, the tools that make it, and the workflows, in three tabs. */
#include <stdlib.h>
#include <string.h>

#include "ui/pane/memory.h"
#include "ui/pane/memory_profile.h"

enum { DETAIL_MAX = 2 << 20 };

static const char *const tab_names[MEMORY_TABS] = {"Artifacts", "Tools", "Workflows"};
static const char *const short_names[MEMORY_TABS] = {"Artifacts", "Tools", "Flows"};
enum { TABS_W = 29 }; /* columns that the whole names take */

/* ---- requests ---- */

void memory_note_error(struct memory *m, const struct err_info *info)
{
    char text[800];
    ui_note(m->ui, "%s", err_format(info, text, sizeof text));
}

static void drop_ask(struct memory_ask *ask)
{
    struct memory_ask **at = &ask->m->asks;
    while (*at != ask)
        at = &(*at)->next;
    *at = ask->next;
    free(ask->text);
    free(ask);
}

static void on_reply(void *arg, struct json_object *result, const struct err_info *info)
{
    struct memory_ask *ask = arg;
    if (info)
        memory_note_error(ask->m, info);
    ask->reply(ask->m, ask, result, info);
    ask->m->ui->dirty = true;
    drop_ask(ask);
}

void memory_call(struct memory *m, enum protocol_method method, struct json_object *params,
                 const char *id, const char *text, memory_reply_fn *reply)
{
    struct memory_ask *ask = calloc(1, sizeof *ask);
    if (!params)
        params = json_object_new_object();
    if (ask && text && !(ask->text = strdup(text))) {
        free(ask);
        ask = NULL;
    }
    if (!ask) {
        json_object_put(params);
        ui_note(m->ui, "out of memory");
        return;
    }
    ask->m = m;
    ask->next = m->asks;
    m->asks = ask;
    ask->reply = reply;
    snprintf(ask->id, sizeof ask->id, "%s", id);
    if (*id)
        json_add_str(params, "id", id);
    ui_call(m->ui, method, params, on_reply, ask);
}

/* ---- tabs ---- */

const char *memory_split(const char *args, char *word, size_t size)
{
    size_t n = strcspn(args, " ");
    snprintf(word, size, "%.*s", (int)n, args);
    args += n;
    return args + strspn(args, " ");
}

struct shelf *memory_shelf(struct memory *m)
{
    return m->tab == MEMORY_TOOLS ? NULL : &m->shelves[m->tab];
}

void memory_refresh(struct memory *m)
{
    for (int t = 0; t < MEMORY_TABS; t++) {
        struct shelf *s = &m->shelves[t];
        s->shown = m->visible && t != MEMORY_TOOLS && t == (int)m->tab;
        shelf_pump(s);
    }
    memory_tools_ask(m);
}

void memory_set_tab(struct memory *m, enum memory_tab tab)
{
    if (m->tab == tab)
        return;
    memory_close_detail(m);
    m->tab = tab;
    memory_refresh(m);
}

void memory_set_words(struct memory *m, const char *words)
{
    struct shelf_filter filter;
    char *own = m->words[m->tab];
    snprintf(own, MEMORY_WORDS, "%s", words);
    m->ui->dirty = true;
    if (m->tab == MEMORY_TOOLS) {
        list_view_filter(m->tools.view, own);
        return;
    }
    shelf_parse(own, m->ui->now, &filter);
    if (m->tab == MEMORY_WORKFLOWS)
        snprintf(filter.kind, sizeof filter.kind, "workflow");
    shelf_set_filter(memory_shelf(m), &filter);
}

/* ---- life ---- */

static enum err open_memory(struct ui *ui, void *state)
{
    struct memory *m = state;
    m->ui = ui;
    for (int t = 0; t < MEMORY_TABS; t++)
        shelf_init(&m->shelves[t], ui);
    snprintf(m->shelves[MEMORY_WORKFLOWS].filter.kind, sizeof m->shelves->filter.kind, "workflow");
    m->detail = text_view_new(DETAIL_MAX);
    return memory_tools_open(m) && m->detail ? ERR_OK : ERR_NOMEM;
}

static void close_memory(struct ui *ui, void *state)
{
    struct memory *m = state;
    (void)ui;
    for (int t = 0; t < MEMORY_TABS; t++)
        shelf_fini(&m->shelves[t]);
    while (m->asks) /* never answered */
        drop_ask(m->asks);
    memory_tools_close(m);
    json_object_put(m->shown);
    memory_history_forget(m);
    memory_profile_close(m);
    text_view_free(m->detail);
    free(m->copied);
}

static void visible(struct ui *ui, void *state, bool shown)
{
    struct memory *m = state;
    (void)ui;
    m->visible = shown;
    memory_refresh(m);
}

static void tick(struct ui *ui, void *state)
{
    struct memory *m = state;
    (void)ui;
    for (int t = 0; t < MEMORY_TABS; t++)
        shelf_tick(&m->shelves[t]);
}

static void event(struct ui *ui, void *state, const struct event *ev)
{
    struct memory *m = state;
    (void)ui;
    memory_profile_event(m, ev);
    if (ev->type == EVENT_ARTIFACT_STORED) {
        shelf_grew(&m->shelves[MEMORY_ARTIFACTS]);
        shelf_grew(&m->shelves[MEMORY_WORKFLOWS]);
    } else if (ev->type == EVENT_ARTIFACT_CHANGED) {
        bool added = strcmp(ev->u.artifact_changed.change, "added") == 0;
        for (int t = 0; t < MEMORY_TABS; t++)
            if (added)
                shelf_grew(&m->shelves[t]);
            else if (!*ev->u.artifact_changed.artifact)
                shelf_all_changed(&m->shelves[t]);
            else
                shelf_changed(&m->shelves[t], ev->u.artifact_changed.artifact);
        if (m->open && strcmp(m->open_id, ev->u.artifact_changed.artifact) == 0)
            memory_show_again(m);
    } else if (ev->type == EVENT_JOB_DONE && ev->u.job_done.artifact &&
               *ev->u.job_done.artifact) { /* it was used */
        for (int t = 0; t < MEMORY_TABS; t++)
            shelf_changed(&m->shelves[t], ev->u.job_done.artifact);
        if (m->open && strcmp(m->open_id, ev->u.job_done.artifact) == 0)
            memory_show_again(m);
    } else if (ev->type == EVENT_TOOL_CHANGED) {
        m->tools.stale = true;
        memory_tools_ask(m);
        if (m->open && strcmp(m->open_id, ev->u.tool_changed.tool) == 0)
            memory_show_again(m);
    }
}

static struct json_object *save(struct ui *ui, void *state)
{
    struct memory *m = state;
    struct json_object *o = json_object_new_object();
    (void)ui;
    json_add_str(o, "tab", tab_names[m->tab]);
    json_object_object_add(o, "drafts", json_object_get(m->tools.drafts));
    return o;
}

static void load(struct ui *ui, void *state, struct json_object *kept)
{
    struct memory *m = state;
    struct json_object *drafts = json_object_of(kept, "drafts");
    (void)ui;
    for (int t = 0; t < MEMORY_TABS; t++)
        if (strcmp(json_str(kept, "tab", ""), tab_names[t]) == 0)
            m->tab = (enum memory_tab)t;
    if (drafts) {
        json_object_put(m->tools.drafts);
        m->tools.drafts = json_object_get(drafts);
    }
}

/* ---- keys and commands ---- */

static void do_artifact(struct memory *m, const char *args)
{
    char verb[MEMORY_ID];
    const char *id = memory_split(args, verb, sizeof verb);
    memory_set_tab(m, MEMORY_ARTIFACTS);
    ui_focus(m->ui, PANE_MEMORY);
    if (strcmp(verb, "show") == 0 && *id)
        memory_open(m, id, false);
    else if (*args)
        memory_set_words(m, strcmp(verb, "list") == 0 ? id : args);
}

static void do_similar(struct memory *m, const char *args)
{
    char id[MEMORY_ID], words[MEMORY_ID + 8];
    if (m->tab == MEMORY_TOOLS || !memory_target(m, args, id, NULL))
        return;
    snprintf(words, sizeof words, "like:%s", id);
    memory_close_detail(m);
    memory_set_tab(m, MEMORY_ARTIFACTS);
    memory_set_words(m, words);
    ui_focus(m->ui, PANE_MEMORY);
}

static void do_search(struct memory *m, const char *words)
{
    memory_set_tab(m, MEMORY_ARTIFACTS);
    memory_close_detail(m);
    memory_set_words(m, words);
    ui_focus(m->ui, PANE_MEMORY);
}

static void do_tools(struct memory *m, const char *args)
{
    memory_set_tab(m, MEMORY_TOOLS);
    ui_focus(m->ui, PANE_MEMORY);
    if (*args)
        memory_tool_open(m, args);
}

static void do_open(struct memory *m, const char *args, bool graph)
{
    if (*args)
        ui_focus(m->ui, PANE_MEMORY);
    else if (memory_profile_is_open(m))
        memory_profile_fold(m);
    if (!m->open || *args)
        memory_open(m, args, graph);
}

static void do_next_tab(struct memory *m, const char *args)
{
    (void)args;
    memory_set_tab(m, (enum memory_tab)((m->tab + 1) % MEMORY_TABS));
}

static void do_previous_tab(struct memory *m, const char *args)
{
    (void)args;
    memory_set_tab(m, (enum memory_tab)((m->tab + MEMORY_TABS - 1) % MEMORY_TABS));
}

static void do_open_graph(struct memory *m, const char *args)
{
    do_open(m, args, true);
}

static void do_open_text(struct memory *m, const char *args)
{
    do_open(m, args, false);
}

static void do_filter(struct memory *m, const char *words)
{
    if (*words) {
        memory_set_words(m, words);
        ui_focus(m->ui, PANE_MEMORY);
    } else {
        memory_next_filter(m);
    }
}

static void do_edit(struct memory *m, const char *args)
{
    if (m->tab == MEMORY_TOOLS)
        memory_tool_edit(m, args);
    else
        memory_edit(m, args);
}

static void do_versions(struct memory *m, const char *args)
{
    if (*args)
        ui_focus(m->ui, PANE_MEMORY);
    memory_show_history(m, args);
}

static void do_profile(struct memory *m, const char *args)
{
    if (*args)
        ui_focus(m->ui, PANE_MEMORY);
    memory_profile_show(m, args);
}

static void (*const deeds[ACTION_COUNT])(struct memory *m, const char *args) = {
    [ACTION_ARTIFACT] = do_artifact,
    [ACTION_MEMORY_SEARCH] = do_search,
    [ACTION_MEMORY_LIKE] = do_similar,
    [ACTION_TOOLS] = do_tools,
    [ACTION_WORKFLOW] = memory_workflow,
    [ACTION_MEMORY_TAB] = do_next_tab,
    [ACTION_MEMORY_TAB_BACK] = do_previous_tab,
    [ACTION_MEMORY_OPEN] = do_open_graph,
    [ACTION_MEMORY_DETAIL] = do_open_text,
    [ACTION_MEMORY_FILTER] = do_filter,
    [ACTION_MEMORY_RUN] = memory_run,
    [ACTION_MEMORY_MARK] = memory_mark,
    [ACTION_MEMORY_VERIFY] = memory_verify,
    [ACTION_MEMORY_SAVE] = memory_save,
    [ACTION_MEMORY_EXPORT] = memory_export,
    [ACTION_MEMORY_TAG] = memory_tag,
    [ACTION_MEMORY_RATE] = memory_rate,
    [ACTION_MEMORY_DELETE] = memory_delete,
    [ACTION_MEMORY_RESTORE] = memory_restore,
    [ACTION_MEMORY_EDIT] = do_edit,
    [ACTION_MEMORY_VERSIONS] = do_versions,
    [ACTION_MEMORY_PROFILE] = do_profile,
    [ACTION_MEMORY_ROLLBACK] = memory_rollback,
    [ACTION_MEMORY_RESET] = memory_tool_reset,
    [ACTION_MEMORY_LOAD] = memory_load,
};

static void action(struct ui *ui, void *state, int a, const char *args)
{
    struct memory *m = state;
    if (a != ACTION_MEMORY_RESET) /* what has to be pressed twice in a row */
        m->tools.reset[0] = 0;
    if (a != ACTION_MEMORY_ROLLBACK)
        m->rollback[0] = 0;
    if (deeds[a])
        deeds[a](m, args);
    ui->dirty = true;
}

/* Esc goes up one level; "/" goes on with the words that are there; copying needs the whole thing
 * first. */
static bool input(struct ui *ui, void *state, const struct input_event *ev)
{
    struct memory *m = state;
    if (ev->type != INPUT_KEY || ev->mods)
        return false;
    if (ev->key == INPUT_ESC && m->open) {
        memory_close_detail(m);
        memory_refresh(m);
    } else if (ev->key == INPUT_ESC && m->tab == MEMORY_ARTIFACTS && m->marked_n) {
        m->marked_n = 0;
    } else if (ev->key == INPUT_ESC && m->words[m->tab][0]) {
        memory_set_words(m, "");
    } else if (ev->key == '/' && !m->open) {
        ui->searching = true;
        editor_set(ui->search, m->words[m->tab]);
    } else if (ev->key == 'y' && !m->open) {
        memory_copy(m);
    } else {
        return false;
    }
    ui->dirty = true;
    return true;
}

static bool find(struct ui *ui, void *state, const char *text)
{
    struct memory *m = state;
    (void)ui;
    if (memory_profile_is_open(m))
        return false;
    if (m->open)
        return text_view_search(m->detail, text);
    memory_set_words(m, text);
    return true;
}

static bool scroll(struct ui *ui, void *state, enum scroll how)
{
    struct memory *m = state;
    (void)ui;
    m->tools.reset[0] = 0;
    if (memory_profile_is_open(m))
        return memory_profile_scroll(m, how);
    if (m->open)
        return text_view_scroll(m->detail, how);
    if (m->tab == MEMORY_TOOLS)
        return list_view_scroll(m->tools.view, how);
    return shelf_scroll(memory_shelf(m), how);
}

/* Every row of a list is a match. */
static bool match(struct ui *ui, void *state, bool backwards)
{
    struct memory *m = state;
    if (m->open)
        return text_view_match(m->detail, backwards);
    if (!m->words[m->tab][0])
        return false;
    scroll(ui, state, backwards ? SCROLL_LINE_UP : SCROLL_LINE_DOWN);
    return true;
}

/* Rows that do not match are not shown. */
static void found(struct ui *ui, void *state, size_t *at, size_t *of)
{
    struct memory *m = state;
    const struct shelf *s = memory_shelf(m);
    (void)ui;
    *at = *of = 0;
    if (m->open) {
        text_view_found(m->detail, at, of);
        return;
    }
    if (s && m->words[m->tab][0] && s->n) {
        *of = s->total >= 0 ? (size_t)s->total : s->known;
        *at = *of ? s->selected + 1 : 0;
    } else if (m->tab == MEMORY_TOOLS && m->words[m->tab][0]) {
        list_view_place(m->tools.view, at, of);
    }
}

static const char *copy(struct ui *ui, void *state)
{
    struct memory *m = state;
    struct json_object *draft = m->tab == MEMORY_TOOLS ? memory_draft(m, m->open_id) : NULL;
    (void)ui;
    free(m->copied);
    m->copied = draft      ? strdup(json_str(draft, "text", ""))
                : m->shown ? memory_source(m->shown)
                           : NULL;
    return m->copied;
}

static bool mouse(struct ui *ui, void *state, const struct input_event *ev)
{
    struct memory *m = state;
    int y = ev->y - m->list_at.y;
    size_t was, i;
    if (ev->mouse != INPUT_PRESS)
        return false;
    for (int t = 0; t < MEMORY_TABS; t++)
        if (rect_has(m->tab_at[t], ev->x, ev->y)) {
            memory_set_tab(m, (enum memory_tab)t);
            return true;
        }
    if (memory_profile_is_open(m) && rect_has(m->list_at, ev->x, ev->y))
        return memory_profile_click(m, y);
    if (m->open || !rect_has(m->list_at, ev->x, ev->y))
        return false;
    if (m->tab == MEMORY_TOOLS) {
        was = list_view_selected(m->tools.view);
        i = list_view_at(m->tools.view, y);
        if (i != SIZE_MAX)
            list_view_select(m->tools.view, i);
    } else {
        struct shelf *s = memory_shelf(m);
        was = s->selected;
        i = s->top + (size_t)y < s->known ? s->top + (size_t)y : SIZE_MAX;
        if (i != SIZE_MAX)
            shelf_select(s, i);
    }
    if (i == was && i != SIZE_MAX) /* the second click opens */
        action(ui, state, ACTION_MEMORY_OPEN, "");
    return true;
}

/* ---- drawing ---- */

static const char *rows_word(const struct memory *m, const struct shelf *s, size_t rows)
{
    if (shelf_is_ranked(s))
        return s->soon        ? "found by words so far"
               : s->by_words  ? "found by words"
               : s->caught_up ? "found by words and meaning"
                              : "found";
    if (s->filter.deleted)
        return "deleted";
    if (m->tab != MEMORY_WORKFLOWS)
        return "kept";
    return rows == 1 ? "workflow" : "workflows";
}

static void heading(struct ui *ui, void *state, char *out, size_t size)
{
    struct memory *m = state;
    struct shelf *s = memory_shelf(m);
    const char *dot = canvas_glyph(&ui->canvas, GLYPH_WAIT), *own = m->words[m->tab];
    char count[24];
    size_t rows;
    int n = 0;
    if (m->open) {
        snprintf(out, size, "%s", m->open_id);
        return;
    }
    if (s) {
        bool all = s->total >= 0 || s->complete;
        rows = s->total >= 0 ? (size_t)s->total : s->known;
        memory_number(rows, count);
        n = s->n ? snprintf(out, size, "%s%s %s%s%s", count, all ? "" : "+", rows_word(m, s, rows),
                            s->meant[0] ? " for " : "", s->meant)
                 : 0;
    } else if (m->tools.list) {
        rows = json_object_array_length(m->tools.list);
        n = snprintf(out, size, "%zu tool%s", rows, rows == 1 ? "" : "s");
    }
    if (m->tab == MEMORY_ARTIFACTS && m->marked_n && n >= 0 && (size_t)n < size)
        n += snprintf(out + n, size - (size_t)n, "%s%d marked", n ? ", " : "", m->marked_n);
    if (*own && n >= 0 && (size_t)n < size)
        snprintf(out + n, size - (size_t)n, "%s%s%s/%s", n ? " " : "", n ? dot : "", n ? " " : "",
                 own);
}

static void draw_tabs(struct memory *m, struct canvas *c)
{
    int x = 0;
    for (int t = 0; t < MEMORY_TABS; t++) {
        const char *name = c->w < TABS_W ? short_names[t] : tab_names[t];
        int w = (int)strlen(name) + 2;
        bool shown = t == (int)m->tab;
        m->tab_at[t] = (struct rect){x, 0, w, 1};
        canvas_puts(c, x + 1, 0, shown ? STYLE_TITLE_FOCUS : STYLE_HINT, name);
        if (shown)
            canvas_ground(c, m->tab_at[t], STYLE_SELECTION);
        x += w;
    }
}

/* Why there is no row; "" when there are some. */
static const char *emptiness(struct memory *m, enum style *s)
{
    struct shelf *shelf = memory_shelf(m);
    const char *error = shelf ? shelf->error : m->tools.error;
    bool begun = shelf ? shelf->n > 0 : m->tools.list != NULL;
    *s = STYLE_DIM;
    if (*error) {
        *s = STYLE_WARN;
        return error;
    }
    if (shelf ? shelf->known > 0 : list_view_count(m->tools.view) > 0)
        return "";
    if (!m->ui->engine_up)
        return "the engine is starting";
    if (!begun)
        return "looking";
    if (m->words[m->tab][0])
        return "nothing is like that; Esc shows all again";
    if (!shelf)
        return "there are no tools";
    return m->tab == MEMORY_WORKFLOWS ? "no workflow is kept yet; o loads one from a file"
                                      : "nothing is kept yet; solve a task first";
}

static void draw_list(struct memory *m, struct canvas *c, int y, bool focused)
{
    struct shelf *s = memory_shelf(m);
    bool columns = c->w >= 60 && c->h >= 8;
    struct canvas head = canvas_part(c, (struct rect){0, y, c->w, 1}), part;
    enum style style;
    const char *why;
    if (columns && s)
        memory_draw_columns(&head);
    else if (columns)
        memory_draw_tool_columns(&head);
    y += columns;
    m->list_at = (struct rect){0, y, c->w, c->h - y};
    part = canvas_part(c, m->list_at);
    if (s) {
        shelf_draw(s, &part, focused, memory_draw_artifact, m);
        if (s->known > (size_t)part.h)
            frame_scrollbar(m->ui, y, part.h, s->top, s->known);
    } else {
        memory_tools_ask(m);
        list_view_draw(m->tools.view, &part, focused);
    }
    why = emptiness(m, &style);
    if (*why)
        canvas_put_fit(&part, 1, 0, part.w - 2, style, why);
}

static void draw_detail(struct memory *m, struct canvas *c, int y, bool focused)
{
    struct rect r = {1, y, c->w - 2, c->h - y};
    struct canvas part = canvas_part(c, r);
    size_t above, total;
    if (memory_profile_is_open(m)) {
        m->list_at = r;
        memory_profile_draw(m, &part, y, focused);
        return;
    }
    text_view_draw(m->detail, &part);
    if (m->detail_from != SIZE_MAX && m->shown) { /* its place is known after it was laid out */
        text_view_goto(m->detail, text_view_first(m->detail) + m->detail_from);
        m->detail_from = SIZE_MAX;
        canvas_fill(&part, (struct rect){0, 0, part.w, part.h}, STYLE_TEXT);
        text_view_draw(m->detail, &part);
    }
    text_view_position(m->detail, &above, &total);
    if (total > (size_t)part.h)
        frame_scrollbar(m->ui, y, part.h, above, total);
    if (!m->shown)
        canvas_puts(&part, 0, 0, STYLE_DIM, "looking");
}

static void draw(struct ui *ui, void *state, struct canvas *c, bool focused)
{
    struct memory *m = state;
    int y = c->h >= 4;
    memset(m->tab_at, 0, sizeof m->tab_at);
    m->list_at = (struct rect){0};
    if (ui->engine_up && !m->was_up) { /* what happened meanwhile was not told */
        m->tools.stale = true;
        for (int t = 0; t < MEMORY_TABS; t++)
            for (size_t p = 0; p < m->shelves[t].n; p++)
                m->shelves[t].pages[p].stale = true;
    }
    m->was_up = ui->engine_up;
    if (y)
        draw_tabs(m, c);
    if (m->open)
        draw_detail(m, c, y, focused);
    else
        draw_list(m, c, y, focused);
}

const struct pane_class pane_memory = {
    .name = "memory",
    .title = "Memory",
    .brief = "Memory",
    .size = sizeof(struct memory),
    .open = open_memory,
    .close = close_memory,
    .visible = visible,
    .tick = tick,
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
    .save = save,
    .load = load,
};
