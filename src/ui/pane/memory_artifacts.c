/* Artifacts and workflows in the memory browser: rows, filters, and what is done to one. */
#include <stdlib.h>
#include <string.h>

#include "ui/pane/batch_form.h"
#include "ui/pane/memory.h"

/* ---- short texts ---- */

void memory_age(int64_t now, int64_t then, char out[8])
{
    static const struct {
        int64_t seconds;
        char unit;
    } units[] = {{365 * 86400, 'y'}, {14 * 86400, 'w'}, {86400, 'd'}, {3600, 'h'}, {60, 'm'}};
    int64_t s = (now - then) / 1000;
    out[0] = 0;
    if (then <= 0)
        return;
    snprintf(out, 8, "now");
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (s >= units[i].seconds) {
            int64_t n = s / (units[i].unit == 'w' ? 7 * 86400 : units[i].seconds);
            snprintf(out, 8, "%d%c", (int)(n > 9999 ? 9999 : n), units[i].unit);
            return;
        }
}

void memory_number(size_t n, char out[24])
{
    char digits[24];
    int len = snprintf(digits, sizeof digits, "%zu", n), at = 0;
    for (int i = 0; i < len && at < 22; i++) {
        if (i && (len - i) % 3 == 0)
            out[at++] = ',';
        out[at++] = digits[i];
    }
    out[at] = 0;
}

/* ---- rows ---- */

struct cells {
    const char *name, *task, *kind, *model, *uses, *age;
    int rating;
    enum style name_style, style;
};

static void put_cells(struct canvas *c, const struct cells *k)
{
    int w = c->w, right = w - 1, name = w >= 100 ? 28 : w >= 60 ? 20 : w >= 44 ? 16 : 0, x = 3;
    canvas_put_right(c, right - 4, 0, 4, k->style, k->age);
    right -= 5;
    if (w >= 40) {
        canvas_put_right(c, right - 4, 0, 4, k->style, k->uses);
        right -= 5;
    }
    if (w >= 72) {
        int model = w >= 110 ? 20 : 12;
        canvas_put_fit(c, right - model, 0, model, k->style, k->model);
        right -= model + 2;
    }
    if (w >= 100) {
        canvas_put_fit(c, right - 10, 0, 10, k->style, k->kind);
        right -= 12;
    }
    if (k->rating > 0) {
        canvas_puts(c, right - 2, 0, STYLE_WARN, canvas_glyph(c, GLYPH_STAR));
        canvas_printf(c, right - 1, 0, STYLE_WARN, "%d", k->rating > 5 ? 5 : k->rating);
    }
    right -= 3;
    x += canvas_put_fit(c, x, 0, name ? name : right - x, k->name_style, k->name);
    x = (name ? 3 + name : x) + 2;
    if (right - x > 3)
        canvas_put_fit(c, x, 0, right - x, k->style, k->task);
}

void memory_draw_columns(struct canvas *line)
{
    const struct cells k = {"name", "task", "kind",     "model",   "used",
                            "age",  0,      STYLE_HINT, STYLE_HINT};
    put_cells(line, &k);
}

void memory_draw_artifact(void *memory, struct json_object *row, struct canvas *line)
{
    struct memory *m = memory;
    bool known = json_get(row, "solved") != NULL, solved = json_flag(row, "solved", false);
    enum glyph symbol = !known ? GLYPH_BULLET : solved ? GLYPH_OK : GLYPH_FAIL;
    bool away = memory_shelf(m) && memory_shelf(m)->filter.deleted;
    int64_t n = json_i64(row, "uses", 0);
    char age[8], uses[24] = "";
    const char *name = json_str(row, "name", "");
    struct cells k = {.name = *name ? name : json_str(row, "id", ""),
                      .task = json_str(row, "task", ""),
                      .kind = json_str(row, "kind", ""),
                      .model = json_str(row, "model", ""),
                      .uses = uses,
                      .age = age,
                      .rating = (int)json_i64(row, "rating", 0),
                      .name_style = away ? STYLE_DIM : STYLE_TEXT,
                      .style = STYLE_DIM};
    memory_age(m->ui->now, json_i64(row, "created", 0), age);
    if (n >= 10000)
        snprintf(uses, sizeof uses, "%lldk", (long long)(n / 1000));
    else if (n > 0)
        snprintf(uses, sizeof uses, "%lld", (long long)n);
    if (memory_marked(m, json_str(row, "id", "")))
        canvas_puts(line, 0, 0, STYLE_ACCENT, canvas_glyph(line, GLYPH_PICK));
    canvas_puts(line, 1, 0,
                !known   ? STYLE_DIM
                : solved ? STYLE_OK
                         : STYLE_ERROR,
                canvas_glyph(line, symbol));
    put_cells(line, &k);
}

/* ---- filters ---- */

void memory_next_filter(struct memory *m)
{
    static const char *const presets[] = {"solved",   "unsolved",      "since:1d",
                                          "since:7d", "kind:function", "deleted"};
    enum { PRESETS = 6 };
    char rest[MEMORY_WORDS] = "", word[MEMORY_WORDS];
    const char *at = m->words[m->tab];
    int next = 0;
    size_t n = 0;
    if (m->tab == MEMORY_TOOLS)
        return;
    while (*at) {
        int i = 0;
        at = memory_split(at, word, sizeof word);
        while (i < PRESETS && strcmp(word, presets[i]) != 0)
            i++;
        if (i < PRESETS)
            next = i + 1;
        else
            n += (size_t)snprintf(rest + n, sizeof rest - n, "%s%s", n ? " " : "", word);
        if (n >= sizeof rest)
            return;
    }
    if (m->tab == MEMORY_WORKFLOWS && next == 4)
        next++;
    if (next < PRESETS)
        snprintf(rest + n, sizeof rest - n, "%s%s", n ? " " : "", presets[next]);
    memory_set_words(m, rest);
}

/* ---- what is done to one ---- */

bool memory_target(struct memory *m, const char *args, char id[MEMORY_ID], const char **rest)
{
    struct shelf *s = memory_shelf(m);
    struct json_object *row = s ? shelf_selected(s) : memory_tool_selected(m);
    const char *after = memory_split(args, id, MEMORY_ID);
    if (rest)
        *rest = after;
    if (!*id)
        snprintf(id, MEMORY_ID, "%s", m->open ? m->open_id : json_str(row, "id", ""));
    if (!*id)
        ui_note(m->ui, "nothing is selected here");
    return *id;
}

/* The row of an id where it is on the shelf of this tab. */
static struct json_object *row_of(struct memory *m, const char *id)
{
    struct shelf *s = memory_shelf(m);
    struct json_object *row = s ? shelf_selected(s) : NULL;
    if (m->open && m->shown && strcmp(m->open_id, id) == 0)
        return m->shown;
    return row && strcmp(json_str(row, "id", ""), id) == 0 ? row : NULL;
}

static void on_workflow(struct memory *m, const struct memory_ask *ask, struct json_object *result,
                        const struct err_info *info)
{
    int64_t job = json_i64(result, "job", 0);
    if (info)
        return;
    if (job <= 0) { /* it came out of a file and never ran */
        memory_show(m, ask->id);
        return;
    }
    ui_show_job(m->ui, job);
    ui_focus(m->ui, ui_has(m->ui, PANE_GRAPH) ? PANE_GRAPH : PANE_TALK);
}

void memory_open(struct memory *m, const char *args, bool graph)
{
    char id[MEMORY_ID];
    if (!memory_target(m, args, id, NULL))
        return;
    if (m->tab == MEMORY_TOOLS)
        memory_tool_open(m, id);
    else if (graph && m->tab == MEMORY_WORKFLOWS)
        memory_call(m, METHOD_ARTIFACT_SHOW, NULL, id, NULL, on_workflow);
    else
        memory_show(m, id);
}

/* {"s": } out of "def f(s: str = 1) -> int:"; "" when there is no such line. */
static void arguments_of(const char *code, const char *function, char *out, size_t size)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
    char head[96];
    const char *at;
    size_t n = 0, name;
    int depth = 0;
    bool begins = true; /* a parameter */
    snprintf(head, sizeof head, "def %s(", function);
    at = *function ? strstr(code, head) : strstr(code, "def ");
    out[0] = 0;
    if (!at || !(at = strchr(at, '(')))
        return;
    n += (size_t)snprintf(out, size, "{");
    for (at++; *at && depth >= 0 && n + 60 < size; at++) {
        name = begins ? strspn(at, letters) : 0;
        if (name) {
            n += (size_t)snprintf(out + n, size - n, "%s\"%.*s\": ", n > 1 ? ", " : "",
                                  (int)(name > 40 ? 40 : name), at);
            at += name - 1;
        }
        begins = (begins && !name && strchr(" \n", *at)) || (*at == ',' && depth == 0);
        depth += (strchr("([{", *at) != NULL) - (strchr(")]}", *at) != NULL);
    }
    snprintf(out + n, size - n, "}");
}

/* The names of the inputs of a workflow or a tool: a map, or a list of {name} or names. */
static void inputs_of(struct json_object *workflow, char *out, size_t size)
{
    struct json_object *inputs = json_get(workflow, "inputs");
    size_t n = (size_t)snprintf(out, size, "{");
    if (json_object_is_type(inputs, json_type_object)) {
        json_object_object_foreach(inputs, key, value)
        {
            (void)value;
            if (n + strlen(key) + 8 < size)
                n += (size_t)snprintf(out + n, size - n, "%s\"%s\": ", n > 1 ? ", " : "", key);
        }
    }
    for (size_t i = 0;
         json_object_is_type(inputs, json_type_array) && i < json_object_array_length(inputs);
         i++) {
        struct json_object *one = json_object_array_get_idx(inputs, i);
        const char *key = json_object_is_type(one, json_type_string) ? json_object_get_string(one)
                                                                     : json_str(one, "name", "");
        if (*key && n + strlen(key) + 8 < size)
            n += (size_t)snprintf(out + n, size - n, "%s\"%s\": ", n > 1 ? ", " : "", key);
    }
    snprintf(out + n, size - n, "}");
}

static void on_run(struct memory *m, const struct memory_ask *ask, struct json_object *result,
                   const struct err_info *info)
{
    struct json_object *input = json_get(result, "input"), *flow = json_get(result, "workflow");
    char arguments[512], line[1200];
    if (info)
        return;
    if (json_object_is_type(input, json_type_object) && json_object_object_length(input) > 0)
        snprintf(arguments, sizeof arguments, "%.500s",
                 json_object_to_json_string_ext(input, JSON_C_TO_STRING_SPACED));
    else if (json_object_is_type(flow, json_type_object) || json_array(result, "inputs"))
        inputs_of(flow ? flow : result, arguments, sizeof arguments);
    else
        arguments_of(json_str(result, "source", json_str(result, "code", "")),
                     json_str(result, "function", ""), arguments, sizeof arguments);
    snprintf(line, sizeof line, "/run %s %s", ask->id, arguments);
    ui_type(m->ui, line);
    ui_note(m->ui, "the input is JSON; Enter runs it");
}

void memory_run(struct memory *m, const char *args)
{
    char id[MEMORY_ID];
    if (memory_target(m, args, id, NULL))
        memory_call(m, m->tab == MEMORY_TOOLS ? METHOD_TOOL_SHOW : METHOD_ARTIFACT_SHOW, NULL, id,
                    NULL, on_run);
}

/* ---- verifying again ---- */

static int mark_of(const struct memory *m, const char *id)
{
    int i = 0;
    while (i < m->marked_n && strcmp(m->marked[i], id) != 0)
        i++;
    return i;
}

bool memory_marked(const struct memory *m, const char *id)
{
    return mark_of(m, id) < m->marked_n;
}

/* Marks and goes on, so that one key marks a row after the other. */
void memory_mark(struct memory *m, const char *args)
{
    char id[MEMORY_ID];
    int i;
    if (m->tab != MEMORY_ARTIFACTS || !memory_target(m, args, id, NULL))
        return;
    i = mark_of(m, id);
    if (i < m->marked_n) {
        memmove(m->marked + i, m->marked + i + 1, (size_t)(--m->marked_n - i) * sizeof *m->marked);
    } else if (m->marked_n == MEMORY_MARKS) {
        ui_note(m->ui, "no more than %d can be marked", MEMORY_MARKS);
        return;
    } else {
        snprintf(m->marked[m->marked_n++], SHELF_ID_BYTES, "%.23s", id);
    }
    if (!*args && !m->open)
        shelf_scroll(memory_shelf(m), SCROLL_LINE_DOWN);
}

void memory_verify(struct memory *m, const char *args)
{
    char id[MEMORY_ID], list[MEMORY_MARKS * (SHELF_ID_BYTES + 1)];
    size_t n = 0;
    if (m->tab != MEMORY_ARTIFACTS) {
        ui_note(m->ui, "programs are verified again: they stand under Artifacts");
        return;
    }
    for (int i = 0; i < m->marked_n; i++)
        n += (size_t)snprintf(list + n, sizeof list - n, "%s%s", n ? " " : "", m->marked[i]);
    if (*args)
        batch_form_open(m->ui, args);
    else if (m->marked_n)
        batch_form_open(m->ui, list);
    else if (memory_target(m, "", id, NULL))
        batch_form_open(m->ui, id);
}

/* ---- tags and stars ---- */

static void on_changed(struct memory *m, const struct memory_ask *ask, struct json_object *result,
                       const struct err_info *info)
{
    (void)result;
    if (info)
        return;
    for (int t = 0; t < MEMORY_TABS; t++)
        shelf_changed(&m->shelves[t], ask->id);
    if (ask->text)
        ui_note(m->ui, "%s", ask->text);
    if (m->open && strcmp(m->open_id, ask->id) == 0)
        memory_show_again(m);
}

static void type_tags(struct memory *m, const char *id)
{
    struct json_object *tags = json_array(row_of(m, id), "tags");
    char line[300];
    size_t n = (size_t)snprintf(line, sizeof line, "/tag %s ", id);
    for (size_t i = 0; tags && i < json_object_array_length(tags) && n < 200; i++)
        n += (size_t)snprintf(line + n, sizeof line - n, "%s%.60s", i ? "," : "",
                              json_object_get_string(json_object_array_get_idx(tags, i)));
    ui_type(m->ui, line);
}

void memory_tag(struct memory *m, const char *args)
{
    struct json_object *o, *tags;
    char id[MEMORY_ID], note[160];
    const char *words;
    if (m->tab == MEMORY_TOOLS || !memory_target(m, args, id, &words))
        return;
    if (!*args) {
        type_tags(m, id);
        return;
    }
    o = json_object_new_object();
    tags = json_object_new_array();
    while (*words) {
        size_t n = strcspn(words, ", ");
        if (n)
            json_object_array_add(tags, json_object_new_string_len(words, (int)n));
        words += n + (words[n] != 0);
    }
    json_object_object_add(o, "tags", tags);
    snprintf(note, sizeof note, "%s has %zu tags", id, json_object_array_length(tags));
    memory_call(m, METHOD_ARTIFACT_TAG, o, id, note, on_changed);
}

void memory_rate(struct memory *m, const char *args)
{
    struct json_object *o, *row;
    char id[MEMORY_ID], note[160];
    const char *stars;
    int64_t rating;
    if (m->tab == MEMORY_TOOLS || !memory_target(m, args, id, &stars))
        return;
    row = row_of(m, id);
    rating = *stars ? strtoll(stars, NULL, 10) : (json_i64(row, "rating", 0) + 1) % 6;
    if (rating < 0 || rating > 5 || (*stars && strspn(stars, "012345 ") != strlen(stars))) {
        ui_note(m->ui, "a rating is a number from 0 (none) to 5");
        return;
    }
    if (row) { /* shows at once, and the next press counts on from it */
        json_object_object_del(row, "rating");
        json_add_i64(row, "rating", rating);
    }
    o = json_object_new_object();
    json_add_i64(o, "rating", rating);
    snprintf(note, sizeof note, rating ? "%s: %d of 5" : "%s is not rated", id, (int)rating);
    memory_call(m, METHOD_ARTIFACT_RATE, o, id, note, on_changed);
}

/* ---- deleting ---- */

static void remember_deleted(struct memory *m, const char *id)
{
    if (m->deleted_n == MEMORY_UNDO) {
        memmove(m->deleted, m->deleted + 1, sizeof m->deleted - sizeof *m->deleted);
        m->deleted_n--;
    }
    snprintf(m->deleted[m->deleted_n++], SHELF_ID_BYTES, "%.23s", id);
}

static void forget_deleted(struct memory *m, const char *id)
{
    for (int i = m->deleted_n - 1; i >= 0; i--)
        if (strcmp(m->deleted[i], id) == 0) {
            memmove(m->deleted + i, m->deleted + i + 1,
                    (size_t)(m->deleted_n - i - 1) * sizeof *m->deleted);
            m->deleted_n--;
        }
}

static void on_deleted(struct memory *m, const struct memory_ask *ask, struct json_object *result,
                       const struct err_info *info)
{
    (void)result;
    if (info)
        return;
    remember_deleted(m, ask->id);
    if (m->open && strcmp(m->open_id, ask->id) == 0)
        memory_close_detail(m);
    for (int t = 0; t < MEMORY_TABS; t++)
        shelf_changed(&m->shelves[t], ask->id);
    ui_note(m->ui, "%s is deleted; u takes it back", ask->id);
}

void memory_delete(struct memory *m, const char *args)
{
    char id[MEMORY_ID];
    if (m->tab == MEMORY_TOOLS || !memory_target(m, args, id, NULL))
        return;
    if (memory_shelf(m)->filter.deleted && !*args)
        ui_note(m->ui, "%s is deleted already; u takes it back", id);
    else
        memory_call(m, METHOD_ARTIFACT_DELETE, NULL, id, NULL, on_deleted);
}

static void on_restored(struct memory *m, const struct memory_ask *ask, struct json_object *result,
                        const struct err_info *info)
{
    (void)result;
    if (info) {
        remember_deleted(m, ask->id);
        return;
    }
    for (int t = 0; t < MEMORY_TABS; t++) {
        if (!m->shelves[t].filter.deleted)
            shelf_want(&m->shelves[t], ask->id);
        shelf_changed(&m->shelves[t], ask->id);
    }
    ui_note(m->ui, "%s is back", ask->id);
}

void memory_restore(struct memory *m, const char *args)
{
    char id[MEMORY_ID];
    if (!*args && !(memory_shelf(m) && memory_shelf(m)->filter.deleted)) {
        if (!m->deleted_n) {
            ui_note(m->ui,
                    "nothing was deleted since the start; the filter \"deleted\" shows more");
            return;
        }
        args = m->deleted[m->deleted_n - 1];
    }
    if (!memory_target(m, args, id, NULL))
        return;
    forget_deleted(m, id); /* at once: the next press takes back the one before */
    memory_call(m, METHOD_ARTIFACT_RESTORE, NULL, id, NULL, on_restored);
}
