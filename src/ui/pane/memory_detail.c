/* One kept thing or tool written out: what artifact.show and tool.show answer. Fields that are not
 * there are left out. */
#include <stdlib.h>
#include <string.h>

#include "base/figure.h"
#include "ui/pane/memory.h"
#include "ui/pane/memory_profile.h"
#include "ui/rag_text.h"
#include "ui/widget/markup.h"

enum { MARGIN = 9, NUMBERS = 6, LIST_MAX = 40 };

static const struct text_layout words = {.margin = MARGIN, .wrap = TEXT_WRAP_WORD};
static const struct text_layout flush = {.wrap = TEXT_WRAP_WORD};
static const struct text_layout file_text = {.margin = NUMBERS, .wrap = TEXT_WRAP_CHAR};

/* ---- lines ---- */

static void put(struct memory *m, const char *label, enum style s, const char *text)
{
    if (text_view_line(m->detail, words, STYLE_HINT, label) ||
        text_view_add(m->detail, s, text, strlen(text)))
        ui_note(m->ui, "out of memory: a part is not shown");
}

static void blank(struct memory *m)
{
    put(m, NULL, STYLE_TEXT, "");
}

static void put_text(struct memory *m, const char *label, enum style s, struct json_object *o,
                     const char *key)
{
    const char *text = json_str(o, key, "");
    if (*text)
        put(m, label, s, text);
}

/* Any value on one line: text as it is, the rest as JSON. */
static const char *as_text(struct json_object *o)
{
    if (json_object_is_type(o, json_type_string))
        return json_object_get_string(o);
    return json_object_to_json_string_ext(o,
                                          JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_NOSLASHESCAPE);
}

static bool is_empty(struct json_object *o)
{
    return !o || (json_object_is_type(o, json_type_string) && !json_object_get_string_len(o)) ||
           (json_object_is_type(o, json_type_array) && !json_object_array_length(o)) ||
           (json_object_is_type(o, json_type_object) && !json_object_object_length(o));
}

/* A value under a label: a list takes a line for each. */
static void put_value(struct memory *m, const char *label, struct json_object *o)
{
    size_t n = json_object_is_type(o, json_type_array) ? json_object_array_length(o) : 0;
    if (is_empty(o))
        return;
    for (size_t i = 0; i < n && i < LIST_MAX; i++)
        put(m, i ? NULL : label, STYLE_TEXT, as_text(json_object_array_get_idx(o, i)));
    if (n > LIST_MAX)
        put(m, NULL, STYLE_DIM, "and more");
    if (!n)
        put(m, label, STYLE_TEXT, as_text(o));
}

static void code(struct memory *m, const char *language, const char *note, const char *text)
{
    const struct text_layout layout = {.margin = 1, .wrap = TEXT_WRAP_CHAR};
    struct markup *k = markup_new(m->detail, layout, STYLE_HINT, NULL);
    if (!k || markup_code(k, language, note) || markup_feed(k, text, strlen(text)) || markup_end(k))
        ui_note(m->ui, "out of memory: a part is not shown");
    markup_free(k);
}

/* ---- an artifact ---- */

/* {name, ok, subject, expected, got, detail}, or whatever else is there. */
static void put_check(struct memory *m, const char *label, struct json_object *c)
{
    const struct canvas *canvas = &m->ui->canvas;
    const char *subject = json_str(c, "subject", json_str(c, "text", json_str(c, "name", "")));
    const char *got = json_str(c, "got", json_str(c, "expected", ""));
    bool ok = json_flag(c, "ok", true);
    char text[700];
    if (!*subject) {
        put(m, label, STYLE_TEXT, as_text(c));
        return;
    }
    snprintf(text, sizeof text, "%s %.300s%s%s%s%.300s",
             canvas_glyph(canvas, ok ? GLYPH_OK : GLYPH_FAIL), subject, *got ? " " : "",
             *got ? canvas_glyph(canvas, GLYPH_ARROW) : "", *got ? " " : "", got);
    put(m, label, ok ? STYLE_OK : STYLE_ERROR, text);
}

static void put_checks(struct memory *m, const char *label, struct json_object *list)
{
    size_t n = list ? json_object_array_length(list) : 0;
    for (size_t i = 0; i < n && i < LIST_MAX; i++)
        put_check(m, i ? NULL : label, json_object_array_get_idx(list, i));
    if (n > LIST_MAX)
        put(m, NULL, STYLE_DIM, "and more");
}

/* A run of it: {job, status, input, result, created, ms}. */
static void put_run(struct memory *m, const char *label, struct json_object *r)
{
    struct json_object *input = json_get(r, "input"), *result = json_get(r, "result");
    char text[700], age[8];
    bool ok = json_flag(r, "ok", strcmp(json_str(r, "status", "solved"), "solved") == 0);
    if (!input && !result && !json_get(r, "job")) {
        put(m, label, STYLE_TEXT, as_text(r));
        return;
    }
    memory_age(m->ui->now, json_i64(r, "created", 0), age);
    snprintf(text, sizeof text, "%s job %lld  %s  %.280s",
             canvas_glyph(&m->ui->canvas, ok ? GLYPH_OK : GLYPH_FAIL),
             (long long)json_i64(r, "job", 0), age, input ? as_text(input) : "");
    if (json_object_is_type(result, json_type_object) && json_get(result, "result"))
        result = json_get(result, "result"); /* the job's result holds the program's */
    if (result) {
        size_t n = strlen(text);
        snprintf(text + n, sizeof text - n, " %s %.280s", canvas_glyph(&m->ui->canvas, GLYPH_ARROW),
                 as_text(result));
    }
    put(m, label, ok ? STYLE_TEXT : STYLE_ERROR, text);
}

void memory_write_head(struct memory *m, struct json_object *o)
{
    bool known = json_get(o, "solved") != NULL, solved = json_flag(o, "solved", false);
    struct json_object *tags = json_array(o, "tags");
    int rating = (int)json_i64(o, "rating", 0);
    char text[400], age[8];
    size_t n;
    memory_age(m->ui->now, json_i64(o, "created", 0), age);
    snprintf(text, sizeof text, "%s%s%.200s",
             known ? canvas_glyph(&m->ui->canvas, solved ? GLYPH_OK : GLYPH_FAIL) : "",
             known ? " " : "", json_str(o, "name", ""));
    if (text_view_line(m->detail, flush, STYLE_TEXT, NULL) ||
        text_view_add(m->detail, known && !solved ? STYLE_ERROR : STYLE_OK, text, strlen(text)))
        return;
    n = (size_t)snprintf(
        text, sizeof text, "  %.40s%s%.20s  %s%s  used %lld times", json_str(o, "kind", ""),
        *json_str(o, "version", "") ? " v" : "", json_str(o, "version", ""), age,
        *age && strcmp(age, "now") != 0 ? " ago" : "", (long long)json_i64(o, "uses", 0));
    if (json_get(o, "quality"))
        n += (size_t)snprintf(text + n, sizeof text - n, "  quality %.2f",
                              json_f64(o, "quality", 0));
    if (json_flag(o, "old", false))
        n += (size_t)snprintf(text + n, sizeof text - n, "  an older version");
    if (json_i64(o, "deleted", 0) > 0)
        n += (size_t)snprintf(text + n, sizeof text - n, "  deleted");
    if (rating > 0)
        n += (size_t)snprintf(text + n, sizeof text - n, "  %s%d",
                              canvas_glyph(&m->ui->canvas, GLYPH_STAR), rating > 5 ? 5 : rating);
    for (size_t i = 0; tags && i < json_object_array_length(tags) && n < 300; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "  #%.60s",
                              json_object_get_string(json_object_array_get_idx(tags, i)));
    if (text_view_add(m->detail, STYLE_DIM, text, strlen(text)))
        ui_note(m->ui, "out of memory: a part is not shown");
}

/* The programs that the model was shown. */
static void put_models(struct memory *m, struct json_object *list)
{
    char text[200];
    for (size_t i = 0; list && i < json_object_array_length(list) && i < LIST_MAX; i++) {
        struct json_object *of = json_object_array_get_idx(list, i);
        snprintf(text, sizeof text, "%.20s %.100s", json_str(of, "id", ""),
                 json_str(of, "name", ""));
        put(m, i ? NULL : "adapted", STYLE_TEXT, text);
    }
}

static void put_origin(struct memory *m, struct json_object *o)
{
    char text[500];
    int64_t job = json_i64(o, "job", 0), stage = json_i64(o, "stage", 0);
    size_t n = (size_t)snprintf(text, sizeof text, "%.100s", json_str(o, "model", ""));
    if (*json_str(o, "backend", ""))
        n += (size_t)snprintf(text + n, sizeof text - n, " at %.120s", json_str(o, "backend", ""));
    if (stage > 0)
        n += (size_t)snprintf(text + n, sizeof text - n, ", stage %lld", (long long)stage);
    if (json_get(o, "tokens_out"))
        n += (size_t)snprintf(text + n, sizeof text - n, ", %lld tokens in, %lld out",
                              (long long)json_i64(o, "tokens_in", 0),
                              (long long)json_i64(o, "tokens_out", 0));
    if (job > 0)
        n += (size_t)snprintf(text + n, sizeof text - n, "%sjob %lld", n ? ", " : "",
                              (long long)job);
    if (n)
        put(m, "made by", STYLE_TEXT, text);
    put_text(m, "workflow", STYLE_TEXT, o, "workflow_artifact");
    put_models(m, json_array(o, "adapted_from"));
    put_value(m, "from", json_get(o, "parent"));
    put_value(m, "lineage", json_get(o, "lineage"));
}

static void put_grants(struct memory *m, struct json_object *grants)
{
    static const char *const kinds[] = {"read", "write", "net"};
    char label[16];
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        snprintf(label, sizeof label, "may %s", kinds[i]);
        put_value(m, label, json_get(grants, kinds[i]));
    }
}

static void put_source(struct memory *m, struct json_object *o)
{
    char *text = memory_source(o);
    bool flow = json_get(o, "workflow") != NULL;
    if (text)
        code(m, flow ? "json" : "python", json_str(o, "id", ""), text);
    free(text);
}

/* What its last checked run used, and how sharp the checks are. */
static void put_measured(struct memory *m, struct json_object *usage, struct json_object *checked)
{
    char text[160], wall[FIGURE_SIZE];
    int64_t mutants = json_i64(checked, "mutants", 0);
    int n = 0;
    if (json_i64(usage, "peak_kb", 0) > 0)
        n = snprintf(text, sizeof text, "%s, %lld MB of memory",
                     figure_ms(wall, json_f64(usage, "wall_ms", 0)),
                     (long long)(json_i64(usage, "peak_kb", 0) + 512) / 1024);
    if (mutants > 0)
        n += snprintf(text + n, sizeof text - (size_t)n,
                      "%sthe checks notice %lld of %lld wrong variants", n ? "; " : "",
                      (long long)json_i64(checked, "mutants_killed", 0), (long long)mutants);
    if (n)
        put(m, "measured", STYLE_TEXT, text);
}

/* One mark for each of the last days, as high as it was used then. */
static void put_use_days(struct memory *m, struct json_object *days)
{
    const size_t n = days ? json_object_array_length(days) : 0;
    int64_t most = 0, today = 0;
    char text[400];
    size_t at = 0;
    for (size_t i = 0; i < n; i++) {
        today = json_object_get_int64(json_object_array_get_idx(days, i));
        most = today > most ? today : most;
    }
    if (!most)
        return;
    for (size_t i = 0; i < n && at + 8 < sizeof text / 2; i++) {
        const int64_t v = json_object_get_int64(json_object_array_get_idx(days, i));
        const int high = v > 0 ? (int)((v * 8 + most - 1) / most) : 0;
        at += (size_t)snprintf(
            text + at, sizeof text - at, "%s",
            high ? canvas_glyph(&m->ui->canvas, (enum glyph)(GLYPH_BAR_1 + high - 1)) : " ");
    }
    snprintf(text + at, sizeof text - at, "  in %zu days, at most %lld a day, %lld today", n,
             (long long)most, (long long)today);
    put(m, "used", STYLE_TEXT, text);
}

/* The first word of a part is its label. */
static void on_quality(void *arg, enum rag_line how, const char *text)
{
    static const enum style styles[] = {[RAG_PLAIN] = STYLE_TEXT,
                                        [RAG_DIM] = STYLE_DIM,
                                        [RAG_GOOD] = STYLE_OK,
                                        [RAG_BAD] = STYLE_ERROR,
                                        [RAG_HEAD] = STYLE_BOLD};
    static const char *const labels[] = {"quality", "gates"};
    struct memory *m = arg;
    const char *label = NULL;
    char ascii[600];
    if (m->ui->plain) {
        rag_text_ascii(text, ascii, sizeof ascii);
        text = ascii;
    }
    for (int i = 0; i < 2; i++)
        if (strncmp(text, labels[i], strlen(labels[i])) == 0) {
            label = labels[i];
            text += strlen(label);
        }
    text += strspn(text, ": ");
    put(m, label, styles[how], text);
}

static void put_quality(struct memory *m, struct json_object *o)
{
    const struct rag_out out = {on_quality, m};
    rag_text_quality(o, "", &out);
    rag_text_gates(o, "", &out);
}

static void put_profile(struct memory *m, struct json_object *o)
{
    char text[160];
    memory_profile_brief(o, text, sizeof text - 20);
    if (!*text)
        return;
    strcat(text, "; p shows it");
    put(m, "profile", STYLE_TEXT, text);
}

void memory_write_artifact(struct memory *m, struct json_object *o)
{
    struct json_object *checked = json_object_of(o, "checked"), *list;
    memory_write_head(m, o);
    put_use_days(m, json_array(o, "use_days"));
    put_text(m, "task", STYLE_TEXT, o, "task");
    put_value(m, "input", json_get(o, "input"));
    put_value(m, "result", json_get(o, "result"));
    if (*json_str(checked, "text", ""))
        put(m, "checked", STYLE_TEXT, json_str(checked, "text", ""));
    put_measured(m, json_object_of(o, "usage"), checked);
    put_profile(m, o);
    put_text(m, "failed", STYLE_ERROR, o, "failed");
    blank(m);
    put_source(m, o);
    blank(m);
    list = json_array(checked, "examples");
    put_checks(m, "examples", list ? list : json_array(o, "examples"));
    list = json_array(checked, "tests");
    put_checks(m, "tests", list ? list : json_array(o, "tests"));
    if (json_object_is_type(json_get(o, "tests"), json_type_string))
        put_text(m, "tests", STYLE_TEXT, o, "tests"); /* as a model wrote them */
    put_quality(m, o);
    list = json_array(o, "runs");
    for (size_t i = 0; list && i < json_object_array_length(list) && i < LIST_MAX; i++)
        put_run(m, i ? NULL : "runs", json_object_array_get_idx(list, i));
    put_origin(m, o);
    put_grants(m, json_object_of(o, "grants"));
    put_value(m, "attempts", json_get(o, "attempts"));
    put_text(m, "prompt", STYLE_DIM, o, "prompt");
}

/* ---- a tool ---- */

/* Under the line of a problem: a mark at its column, and what is wrong. */
static enum err put_problem(struct memory *m, int64_t column, const char *problem)
{
    static const struct text_layout layout = {.margin = NUMBERS, .hang = 2, .wrap = TEXT_WRAP_WORD};
    char text[800];
    int blanks = column > 0 && column < 200 ? (int)column - 1 : 0;
    enum err e = text_view_line(m->detail, layout, STYLE_TEXT, NULL);
    snprintf(text, sizeof text, "%*s^ %.560s", blanks, "", problem);
    return e ? e : text_view_add(m->detail, STYLE_ERROR, text, strlen(text));
}

/* The file with its line numbers; the line of the problem (0: none) stands out. */
static void put_file(struct memory *m, const char *text, int64_t line, int64_t column,
                     const char *problem)
{
    for (int64_t number = 1; *text; number++) {
        size_t n = strcspn(text, "\n"), end = text_view_end(m->detail);
        bool bad = number == line;
        char label[24];
        if (bad)
            m->detail_from = end > 3 ? end - 3 : 0;
        snprintf(label, sizeof label, "%4lld", (long long)number);
        if (text_view_line(m->detail, file_text, bad ? STYLE_ERROR : STYLE_HINT, label) ||
            text_view_add(m->detail, bad ? STYLE_ERROR : STYLE_CODE, text, n) ||
            (bad && put_problem(m, column, problem)))
            break;
        text += n + (text[n] == '\n');
    }
}

static void put_tool_head(struct memory *m, struct json_object *o)
{
    static const char *const keys[] = {"type", "role", "tier", "origin"};
    char text[300];
    size_t n = (size_t)snprintf(text, sizeof text, " ");
    if (text_view_line(m->detail, flush, STYLE_TEXT, NULL) ||
        text_view_add(m->detail, STYLE_BOLD, m->open_id, strlen(m->open_id)))
        return;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (*json_str(o, keys[i], ""))
            n += (size_t)snprintf(text + n, sizeof text - n, " %s%.50s",
                                  i == 1   ? "role "
                                  : i == 2 ? "tier "
                                           : "",
                                  json_str(o, keys[i], ""));
    if (text_view_add(m->detail, STYLE_DIM, text, n))
        ui_note(m->ui, "out of memory: a part is not shown");
}

static void write_draft(struct memory *m, struct json_object *draft)
{
    int64_t line = json_i64(draft, "line", 0), column = json_i64(draft, "column", 0);
    const char *problem = json_str(draft, "problem", "the engine has not answered yet");
    char text[700];
    if (line > 0)
        snprintf(text, sizeof text, "%s line %lld, column %lld: %.560s",
                 canvas_glyph(&m->ui->canvas, GLYPH_WARN), (long long)line, (long long)column,
                 problem);
    else
        snprintf(text, sizeof text, "%s %.600s", canvas_glyph(&m->ui->canvas, GLYPH_WARN), problem);
    put(m, "not saved", STYLE_ERROR, text);
    put(m, NULL, STYLE_DIM, "e goes on with your text, which follows; R twice drops it");
    blank(m);
    put_file(m, json_str(draft, "text", ""), line, column, problem);
}

void memory_write_tool(struct memory *m, struct json_object *o)
{
    struct json_object *draft = memory_draft(m, m->open_id);
    char text[80], age[8];
    put_tool_head(m, o);
    put_text(m, "what", STYLE_TEXT, o, "description");
    if (draft) {
        write_draft(m, draft);
        return;
    }
    put_text(m, "problem", STYLE_WARN, o, "problem");
    memory_age(m->ui->now, json_i64(o, "last_use", 0), age);
    if (*age) {
        snprintf(text, sizeof text, "%lld times, last %s%s", (long long)json_i64(o, "uses", 0), age,
                 strcmp(age, "now") == 0 ? "" : " ago");
        put(m, "used", STYLE_TEXT, text);
    }
    put_value(m, "tags", json_get(o, "tags"));
    put_text(m, "system", STYLE_TEXT, o, "system");
    put_text(m, "prompt", STYLE_TEXT, o, "prompt");
    put_text(m, "file", STYLE_DIM, o, "file");
    blank(m);
    put_file(m, json_str(o, "text", ""), 0, 0, "");
}

/* ---- opening ---- */

static void write_shown(struct memory *m)
{
    text_view_clear(m->detail);
    if (m->tab == MEMORY_TOOLS)
        memory_write_tool(m, m->shown);
    else if (memory_profile_is_open(m))
        memory_profile_shown(m);
    else if (m->history.on)
        memory_write_history(m, m->shown);
    else
        memory_write_artifact(m, m->shown);
}

void memory_write_again(struct memory *m)
{
    size_t above = 0, total;
    if (!m->shown)
        return;
    text_view_position(m->detail, &above, &total);
    m->detail_from = above;
    write_shown(m);
    m->ui->dirty = true;
}

static void on_shown(struct memory *m, const struct memory_ask *ask, struct json_object *result,
                     const struct err_info *info)
{
    size_t above = 0, total;
    if (!m->open || strcmp(m->open_id, ask->id) != 0)
        return; /* something else was opened meanwhile */
    if (info) {
        memory_close_detail(m);
        return;
    }
    if (ask->text)
        text_view_position(m->detail, &above, &total);
    json_object_put(m->shown);
    m->shown = json_object_get(result);
    m->detail_from = above;
    write_shown(m);
}

static void ask_for(struct memory *m, const char *id, const char *again)
{
    memory_call(m, m->tab == MEMORY_TOOLS ? METHOD_TOOL_SHOW : METHOD_ARTIFACT_SHOW, NULL, id,
                again, on_shown);
}

void memory_show(struct memory *m, const char *id)
{
    char copy[MEMORY_ID];
    snprintf(copy, sizeof copy, "%s", id);
    memory_close_detail(m);
    memcpy(m->open_id, copy, sizeof copy);
    m->open = true;
    ask_for(m, copy, NULL);
}

void memory_show_again(struct memory *m)
{
    if (m->open)
        ask_for(m, m->open_id, "again");
    if (m->open && m->history.on)
        memory_history_ask(m);
}

void memory_close_detail(struct memory *m)
{
    m->open = false;
    m->open_id[0] = 0;
    m->detail_from = 0;
    json_object_put(m->shown);
    m->shown = NULL;
    memory_history_forget(m);
    memory_profile_forget(m);
    text_view_clear(m->detail);
    m->ui->dirty = true;
}
