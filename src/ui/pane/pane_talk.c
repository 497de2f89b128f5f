/* The conversation of the job in view, and the input line below it. */
#include <stdlib.h>
#include <string.h>

#include "base/figure.h"
#include "base/task_class.h"
#include "ui/profile_text.h"
#include "ui/questions.h"
#include "ui/ui.h"
#include "ui/widget/markup.h"

enum { MARGIN = 6, TALK_MAX = 2 << 20, INPUT_ROWS_MAX = 8 };

/* One piece of the conversation as it stands in the text view. */
struct item {
    size_t line;    /* where it begins */
    uint64_t print; /* fingerprint of what was written */
};

struct talk {
    struct text_view *view;
    struct item *items;
    size_t item_count, item_cap;
    int64_t shown; /* job that the view was written for */
    struct rect input;
};

static const struct text_layout words = {.margin = MARGIN, .wrap = TEXT_WRAP_WORD};
static const struct text_layout detail = {.margin = MARGIN, .hang = 2, .wrap = TEXT_WRAP_WORD};

/* ---- the conversation ---- */

static void line(struct talk *t, struct text_layout layout, enum style label_style,
                 const char *label, enum style s, const char *text)
{
    if (text_view_line(t->view, layout, label_style, label) ||
        text_view_add(t->view, s, text, strlen(text)))
        text_view_clear(t->view);
}

static void blank(struct talk *t)
{
    if (text_view_end(t->view) > text_view_first(t->view))
        line(t, words, STYLE_TEXT, NULL, STYLE_TEXT, "");
}

/* What a gate says: what blocks is a failure, the rest is worth a look or to be known. */
static void write_gate(struct ui *ui, struct talk *t, const struct model_check *x)
{
    bool blocks = x->severity == 'b', scores = x->severity == 's';
    enum glyph glyph = x->ok ? GLYPH_OK : blocks ? GLYPH_FAIL : scores ? GLYPH_WARN : GLYPH_WAIT;
    enum style s = x->ok ? STYLE_OK : blocks ? STYLE_ERROR : scores ? STYLE_WARN : STYLE_DIM;
    char text[700];
    snprintf(text, sizeof text, "%s %.60s: %.600s", canvas_glyph(&ui->canvas, glyph), x->name,
             x->ok ? x->subject : x->detail);
    line(t, detail, STYLE_TEXT, NULL, s, text);
}

static void write_checks(struct ui *ui, struct talk *t, const struct model_candidate *k)
{
    for (size_t i = 0; i < k->checks_n; i++) {
        const struct model_check *x = &k->checks[i];
        char text[700];
        if (x->ok && (strcmp(x->name, "parse") == 0 || strcmp(x->name, "run") == 0))
            continue;
        if (x->severity) {
            write_gate(ui, t, x);
            continue;
        }
        if (x->ok)
            snprintf(text, sizeof text, "%s %.300s %s %.200s", canvas_glyph(&ui->canvas, GLYPH_OK),
                     *x->subject ? x->subject : x->name,
                     *x->got ? canvas_glyph(&ui->canvas, GLYPH_ARROW) : "", x->got);
        else
            snprintf(text, sizeof text, "%s %.600s", canvas_glyph(&ui->canvas, GLYPH_FAIL),
                     *x->detail ? x->detail : x->name);
        line(t, detail, STYLE_TEXT, NULL, x->ok ? STYLE_OK : STYLE_ERROR, text);
    }
}

/* `words_follow`: the answer stands at the job's end, so its stream need not stay. */
static void write_candidate(struct ui *ui, struct talk *t, const struct model_stage *s,
                            const struct model_candidate *k, bool words_follow)
{
    struct markup *m = words_follow ? NULL : markup_new(t->view, words, STYLE_AGENT, NULL);
    char note[96];
    snprintf(note, sizeof note, "stage %d%s%c  %s", s->number, s->planned > 1 ? " candidate " : "",
             s->planned > 1 ? pane_letter(k->number) : ' ', k->model);
    if (!m)
        return;
    markup_note(m, note);
    if ((k->code && markup_code(m, "python", note)) || markup_feed(m, k->text.data, k->text.len) ||
        markup_end(m))
        ui_note(ui, "out of memory: a part of the answer is not shown");
    markup_free(m);
    if (k->cut)
        line(t, words, STYLE_TEXT, NULL, STYLE_DIM, "(a part was left out)");
    write_checks(ui, t, k);
}

/* An answer in words, as models write them. */
static void write_words(struct ui *ui, struct talk *t, const char *text)
{
    struct markup *m;
    blank(t);
    m = markup_new(t->view, words, STYLE_AGENT, NULL);
    if (!m || markup_feed(m, text, strlen(text)) || markup_end(m))
        ui_note(ui, "out of memory: a part of the answer is not shown");
    markup_free(m);
    blank(t);
}

struct profile_lines {
    struct ui *ui;
    struct talk *t;
};

/* Of a profile its hot lines; the page in the memory browser has the whole tree. */
static void write_profile_row(void *arg, const struct profile_row *row)
{
    const struct profile_lines *p = arg;
    char text[400], bar[PROFILE_BAR_SIZE];
    if (row->part == PROFILE_NOTE)
        line(p->t, detail, STYLE_TEXT, NULL, STYLE_WARN, row->text);
    if (row->part != PROFILE_HOT)
        return;
    profile_bar(row->share, 8, !canvas_ascii(&p->ui->canvas), bar);
    snprintf(text, sizeof text, "%3.0f %%  line %.200s  %s%s%s  %s", 100 * row->share,
             row->text + strspn(row->text, " "), row->time, *row->memory ? ", " : "", row->memory,
             bar);
    line(p->t, detail, STYLE_TEXT, NULL, STYLE_TEXT, text);
}

static bool every_node(void *arg, const char *key, double share)
{
    (void)arg;
    (void)key;
    (void)share;
    return true;
}

static bool write_profile(struct ui *ui, struct talk *t, const struct model_job *job)
{
    struct profile_lines lines = {ui, t};
    const struct profile_out out = {write_profile_row, every_node, &lines};
    struct json_object *o = NULL;
    if (strcmp(job->kind, "profile") != 0 ||
        json_parse(job->result, strlen(job->result), NULL, &o, NULL) != ERR_OK)
        return false;
    profile_text(o, &out);
    json_object_put(o);
    return true;
}

static void write_result(struct ui *ui, struct talk *t, const struct model_job *job)
{
    char text[600];
    if (strcmp(job->kind, "optimize") == 0 || write_profile(ui, t, job))
        return; /* what an optimization has tried was told as it went */
    snprintf(text, sizeof text, "%s %.560s", canvas_glyph(&ui->canvas, GLYPH_ARROW), job->result);
    line(t, detail, STYLE_TEXT, NULL, STYLE_BOLD, text);
}

static void write_done(struct ui *ui, struct talk *t, const struct model_job *job,
                       const struct model_item *it)
{
    struct json_object *checked = NULL;
    char *answer = model_words(job);
    bool solved = strcmp(it->label, "solved") == 0;
    /* Nothing better was found: no failure. */
    bool stays = strcmp(job->kind, "optimize") == 0 && strcmp(it->label, "unsolved") == 0;
    char text[600], tokens[FIGURE_SIZE], time[FIGURE_SIZE];
    enum style s = solved                                         ? STYLE_OK
                   : stays || strcmp(it->label, "cancelled") == 0 ? STYLE_DIM
                                                                  : STYLE_ERROR;
    if (answer && class_by_name(job->class) == CLASS_ARITHMETIC) {
        blank(t);
        line(t, detail, STYLE_TEXT, NULL, STYLE_BOLD, answer);
        blank(t);
    } else if (answer) {
        write_words(ui, t, answer);
    }
    snprintf(text, sizeof text, "%s %s%s%.400s",
             canvas_glyph(&ui->canvas, solved  ? GLYPH_OK
                                       : stays ? GLYPH_WAIT
                                               : GLYPH_FAIL),
             stays                                ? "as it was"
             : strcmp(it->label, "unsolved") == 0 ? "not solved"
                                                  : it->label,
             *it->text ? ": " : "", it->text);
    line(t, detail, STYLE_AGENT, "dise", s, text);
    if (!answer && job->result && *job->result && strcmp(job->result, "null") != 0)
        write_result(ui, t, job);
    if (job->checked && !stays &&
        json_parse(job->checked, strlen(job->checked), NULL, &checked, NULL) == ERR_OK &&
        *json_str(checked, "text", "")) {
        snprintf(text, sizeof text, "checked: %.500s", json_str(checked, "text", ""));
        line(t, detail, STYLE_TEXT, NULL, STYLE_DIM, text);
    }
    json_object_put(checked);
    if (strcmp(job->kind, "batch") == 0) { /* what it cost is counted in its children */
        line(t, detail, STYLE_TEXT, NULL, STYLE_DIM, "/report shows what it came to");
        free(answer);
        return;
    }
    snprintf(text, sizeof text, "%lld call%s, %s token%s, %s%s%s%s", (long long)job->llm_calls,
             figure_s(job->llm_calls), figure_count(tokens, job->tokens_out),
             figure_s(job->tokens_out), figure_time(time, job->seconds, false),
             !job->artifact || !*job->artifact ? ""
             : stays                           ? "  it is "
                                               : "  kept as ",
             job->artifact ? job->artifact : "",
             job->artifact && *job->artifact && !answer ? "  (/save FILE, /run ID)" : "");
    free(answer);
    line(t, detail, STYLE_TEXT, NULL, STYLE_DIM, text);
}

/* The choices with their keys; a plan is agreed to with the keys that are nearest. */
static void write_choices(const struct question *q, char *keys, size_t size)
{
    size_t n = 0;
    if (strcmp(q->kind, "plan") == 0) {
        snprintf(keys, size, "[Enter] go on   [e] edit it   [Esc] drop the task");
        return;
    }
    for (const char *p = q->choices; *p && n < size - 40;) {
        size_t k = strcspn(p, "|");
        n += (size_t)snprintf(keys + n, size - n, "[%c]%s%.*s   ", *p, k > 1 ? " " : "",
                              k > 1 ? (int)k : 0, p);
        p += k + (p[k] == '|');
    }
}

static void write_stage(struct ui *ui, struct talk *t, const struct model_job *job,
                        const struct model_stage *s, const struct model_candidate *k)
{
    char *answer = model_words(job);
    if (!answer && class_is_content(class_by_name(job->class)))
        blank(t); /* prose has no frame of its own */
    write_candidate(ui, t, s, k, answer != NULL);
    free(answer);
}

/* The one that is told by these words (as long as they are kept); NULL: it is open no more. */
static const struct question *question_of(const struct questions *questions, const char *asked)
{
    for (int i = 0; i < questions->count; i++)
        if (strncmp(questions->list[i].text, asked, sizeof questions->list[i].text - 1) == 0)
            return &questions->list[i];
    return NULL;
}

static void write_question(struct ui *ui, struct talk *t, const struct model_job *job,
                           const struct model_item *it)
{
    const struct question *q = question_of(&job->questions, it->text);
    char text[600], keys[200] = "";
    int64_t left;
    snprintf(text, sizeof text, "? %.560s", it->text);
    line(t, detail, STYLE_AGENT, "dise", STYLE_WARN, text);
    if (!q)
        return;
    write_choices(q, keys, sizeof keys);
    line(t, words, STYLE_TEXT, NULL, STYLE_KEY, keys);
    left = question_left(q->since, q->seconds, ui->now);
    if (left < 0)
        return;
    ui->behind = true;
    snprintf(text, sizeof text, "goes on without an answer in %lld s", (long long)left);
    line(t, words, STYLE_TEXT, NULL, STYLE_DIM, text);
}

/* "Edge cases: …": one line of the plan each, the word before the colon stands out by its place. */
static void write_plan(struct talk *t, const char *text)
{
    const char *label = "plan";
    while (*text) {
        size_t n = strcspn(text, "\n");
        char *copy = strndup(text, n);
        if (copy && *copy)
            line(t, detail, STYLE_AGENT, label, STYLE_TEXT, copy);
        label = copy && *copy ? NULL : label;
        free(copy);
        text += n + (text[n] == '\n');
    }
    blank(t);
}

static void write_item(struct ui *ui, struct talk *t, const struct model_job *job,
                       const struct model_item *it)
{
    const struct model_stage *s;
    const struct model_candidate *k;
    switch (it->type) {
    case ITEM_TASK:
        blank(t);
        line(t, words, STYLE_USER, "you", STYLE_TEXT, it->text);
        blank(t);
        break;
    case ITEM_NOTE:
        line(t, detail, STYLE_TEXT, NULL, strcmp(it->label, "info") == 0 ? STYLE_DIM : STYLE_WARN,
             it->text);
        break;
    case ITEM_STAGE:
        s = &job->stages[it->stage];
        k = model_shown(s);
        if (k)
            write_stage(ui, t, job, s, k);
        break;
    case ITEM_QUESTION:
        write_question(ui, t, job, it);
        break;
    case ITEM_ANSWER:
        line(t, words, STYLE_USER, "you", STYLE_TEXT, it->text);
        break;
    case ITEM_DONE:
        write_done(ui, t, job, it);
        break;
    case ITEM_PLAN:
        write_plan(t, it->text);
        break;
    case ITEM_TESTS:
        line(t, detail, STYLE_TEXT, NULL, STYLE_DIM, it->text);
        break;
    }
}

/* Changes with everything of the item that shows. */
static uint64_t fingerprint(const struct ui *ui, const struct model_job *job,
                            const struct model_item *it)
{
    uint64_t n = ((uint64_t)it->rev + 1) * 8 + (uint64_t)it->type;
    if (it->type == ITEM_STAGE) {
        const struct model_stage *s = &job->stages[it->stage];
        const struct model_candidate *k = model_shown(s);
        n = n * 1000003 + (uint64_t)(s->shown + 2);
        if (k)
            n = ((n * 1000003 + k->rev) * 1000003 + k->text.len) * 1000003 + k->checks_n;
    } else if (it->type == ITEM_QUESTION) {
        n = n * 2 + (job->questions.count > 0);
        for (int i = 0; i < job->questions.count; i++) {
            const struct question *q = &job->questions.list[i];
            n = n * 1000003 + (uint64_t)question_left(q->since, q->seconds, ui->now);
        }
    }
    return n;
}

static bool make_room(struct talk *t, size_t n)
{
    struct item *more;
    if (n <= t->item_cap)
        return true;
    more = realloc(t->items, (n + 16) * sizeof *more);
    if (!more)
        return false;
    t->items = more;
    t->item_cap = n + 16;
    return true;
}

static void welcome(struct talk *t)
{
    line(t, words, STYLE_AGENT, "dise", STYLE_TEXT,
         "Say what a program should do. Examples in your words are what it is checked against:");
    line(t, words, STYLE_TEXT, NULL, STYLE_DIM,
         "turn roman numerals into integers: \"XIV\" -> 14, \"MMXXVI\" -> 2026");
    line(t, words, STYLE_TEXT, NULL, STYLE_DIM, "? shows keys and commands");
}

/* Writes again only what changed: everything from the first item that looks different on. */
static void update(struct ui *ui, struct talk *t)
{
    struct model_job *job = model_job(&ui->model, ui->job);
    size_t n = job ? job->items_n : 0, i = 0;
    if (t->shown != ui->job || (!job && t->item_count == 0 && !text_view_end(t->view))) {
        text_view_clear(t->view);
        t->item_count = 0;
        t->shown = ui->job;
        if (!job)
            welcome(t);
    }
    if (!make_room(t, n))
        return;
    while (i < n && i < t->item_count && t->items[i].print == fingerprint(ui, job, &job->items[i]))
        i++;
    if (i < t->item_count)
        text_view_cut(t->view, t->items[i].line);
    for (; i < n; i++) {
        t->items[i] = (struct item){text_view_end(t->view), fingerprint(ui, job, &job->items[i])};
        write_item(ui, t, job, &job->items[i]);
    }
    t->item_count = n;
}

/* ---- the pane ---- */

static enum err open_talk(struct ui *ui, void *state)
{
    struct talk *t = state;
    (void)ui;
    t->view = text_view_new(TALK_MAX);
    return t->view ? ERR_OK : ERR_NOMEM;
}

static void close_talk(struct ui *ui, void *state)
{
    struct talk *t = state;
    (void)ui;
    text_view_free(t->view);
    free(t->items);
}

static int prompt_rows(struct ui *ui, int width, int height)
{
    int rows = editor_rows(ui->input, width, "› ");
    int most = height / 3 < INPUT_ROWS_MAX ? height / 3 : INPUT_ROWS_MAX;
    return rows > most ? (most < 1 ? 1 : most) : rows;
}

static void draw_input(struct ui *ui, struct talk *t, struct canvas *c, struct rect r)
{
    struct canvas part = canvas_part(c, r);
    t->input = r;
    editor_draw(ui->input, &part, ui->plain ? "> " : "› ",
                ui->engine_up ? "what should the program do?" : "the engine is starting …",
                ui->typing && ui->overlay == OVERLAY_NONE && !ui->searching);
}

static void draw_talk(struct ui *ui, void *state, struct canvas *c, bool focused)
{
    struct talk *t = state;
    const struct model_job *job = model_job(&ui->model, ui->job);
    size_t above, total;
    int rows = prompt_rows(ui, c->w - 2, c->h);
    struct canvas view = canvas_part(c, (struct rect){1, 0, c->w - 2, c->h - rows - 1});
    t->input = (struct rect){0};
    update(ui, t);
    if (c->h < rows + 3) {
        draw_input(ui, t, c, (struct rect){1, 0, c->w - 2, c->h});
        return;
    }
    text_view_leap(t->view, job && job->state == MODEL_RUNNING);
    text_view_draw(t->view, &view);
    text_view_position(t->view, &above, &total);
    if (total > (size_t)view.h)
        frame_scrollbar(ui, 0, view.h, above, total);
    frame_divide(ui, view.h, focused);
    draw_input(ui, t, c, (struct rect){1, view.h + 1, c->w - 2, rows});
}

static void heading(struct ui *ui, void *state, char *out, size_t size)
{
    (void)state;
    if (ui->job && ui->model.jobs_n > 1)
        snprintf(out, size, "job %lld of %lld", (long long)ui->job,
                 (long long)ui->model.jobs[ui->model.jobs_n - 1]->id);
}

static bool scroll_talk(struct ui *ui, void *state, enum scroll how)
{
    struct talk *t = state;
    (void)ui;
    return text_view_scroll(t->view, how);
}

static bool find(struct ui *ui, void *state, const char *text)
{
    struct talk *t = state;
    update(ui, t);
    return text_view_search(t->view, text);
}

static bool match(struct ui *ui, void *state, bool backwards)
{
    struct talk *t = state;
    (void)ui;
    return text_view_match(t->view, backwards);
}

static void found(struct ui *ui, void *state, size_t *at, size_t *of)
{
    struct talk *t = state;
    (void)ui;
    text_view_found(t->view, at, of);
}

static bool mouse(struct ui *ui, void *state, const struct input_event *ev)
{
    struct talk *t = state;
    if (ev->mouse != INPUT_PRESS)
        return false;
    ui->typing = rect_has(t->input, ev->x, ev->y);
    if (ui->typing)
        editor_click(ui->input, ev->x - t->input.x, ev->y - t->input.y);
    return true;
}

static const char *copy(struct ui *ui, void *state)
{
    struct model_job *job = model_job(&ui->model, ui->job);
    (void)state;
    return job ? model_code(job) : NULL;
}

const struct pane_class pane_talk = {
    .name = "talk",
    .title = "Conversation",
    .brief = "Talk",
    .size = sizeof(struct talk),
    .open = open_talk,
    .close = close_talk,
    .mouse = mouse,
    .scroll = scroll_talk,
    .find = find,
    .match = match,
    .found = found,
    .copy = copy,
    .heading = heading,
    .draw = draw_talk,
};
