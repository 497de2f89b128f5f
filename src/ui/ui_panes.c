/* The panes: the conversation of the job in view, and its escalation stages. */
#include <stdlib.h>
#include <string.h>

#include "ui/markup.h"
#include "ui/ui.h"

enum { MARGIN = 6 };

static const struct text_layout words = {.margin = MARGIN, .wrap = TEXT_WRAP_WORD};
static const struct text_layout detail = {.margin = MARGIN, .hang = 2, .wrap = TEXT_WRAP_WORD};

/* ---- the conversation ---- */

static void line(struct ui *ui, struct text_layout layout, enum style label_style,
                 const char *label, enum style s, const char *text)
{
    if (text_view_line(ui->talk, layout, label_style, label) ||
        text_view_add(ui->talk, s, text, strlen(text)))
        ui->note[0] = 0;
}

static void blank(struct ui *ui)
{
    if (text_view_end(ui->talk) > text_view_first(ui->talk))
        line(ui, words, STYLE_TEXT, NULL, STYLE_TEXT, "");
}

static char letter(int number)
{
    return (char)('a' + (number > 0 ? number - 1 : 0) % 26);
}

static void write_checks(struct ui *ui, const struct model_candidate *k)
{
    for (size_t i = 0; i < k->checks_n; i++) {
        const struct model_check *x = &k->checks[i];
        char text[700];
        if (x->ok && (strcmp(x->name, "parse") == 0 || strcmp(x->name, "run") == 0))
            continue;
        if (x->ok)
            snprintf(text, sizeof text, "%s %.300s %s %.200s", canvas_glyph(&ui->canvas, GLYPH_OK),
                     *x->subject ? x->subject : x->name,
                     *x->got ? canvas_glyph(&ui->canvas, GLYPH_ARROW) : "", x->got);
        else
            snprintf(text, sizeof text, "%s %.600s", canvas_glyph(&ui->canvas, GLYPH_FAIL),
                     *x->detail ? x->detail : x->name);
        line(ui, detail, STYLE_TEXT, NULL, x->ok ? STYLE_OK : STYLE_ERROR, text);
    }
}

static void write_candidate(struct ui *ui, const struct model_stage *s,
                            const struct model_candidate *k)
{
    struct markup *m = markup_new(ui->talk, words, STYLE_AGENT, NULL);
    char note[96];
    snprintf(note, sizeof note, "stage %d%s%c  %s", s->number, s->planned > 1 ? " candidate " : "",
             s->planned > 1 ? letter(k->number) : ' ', k->model);
    if (!m)
        return;
    markup_note(m, note);
    if ((k->code && markup_code(m, "python", note)) || markup_feed(m, k->text.data, k->text.len) ||
        markup_end(m))
        ui_note(ui, "out of memory: a part of the answer is not shown");
    markup_free(m);
    if (k->cut)
        line(ui, words, STYLE_TEXT, NULL, STYLE_DIM, "(a part was left out)");
    write_checks(ui, k);
}

static void write_done(struct ui *ui, const struct model_job *job, const struct model_item *it)
{
    struct json_object *checked = NULL;
    bool solved = strcmp(it->label, "solved") == 0;
    char text[600];
    enum style s = solved                                ? STYLE_OK
                   : strcmp(it->label, "cancelled") == 0 ? STYLE_DIM
                                                         : STYLE_ERROR;
    snprintf(text, sizeof text, "%s %s%s%.400s",
             canvas_glyph(&ui->canvas, solved ? GLYPH_OK : GLYPH_FAIL),
             strcmp(it->label, "unsolved") == 0 ? "not solved" : it->label, *it->text ? ": " : "",
             it->text);
    line(ui, detail, STYLE_AGENT, "dise", s, text);
    if (job->result && *job->result && strcmp(job->result, "null") != 0) {
        snprintf(text, sizeof text, "%s %.560s", canvas_glyph(&ui->canvas, GLYPH_ARROW),
                 job->result);
        line(ui, detail, STYLE_TEXT, NULL, STYLE_BOLD, text);
    }
    if (job->checked &&
        json_parse(job->checked, strlen(job->checked), NULL, &checked, NULL) == ERR_OK &&
        *json_str(checked, "text", "")) {
        snprintf(text, sizeof text, "checked: %.500s", json_str(checked, "text", ""));
        line(ui, detail, STYLE_TEXT, NULL, STYLE_DIM, text);
    }
    json_object_put(checked);
    snprintf(text, sizeof text, "%lld calls, %lld tokens, %.1f s%s%s%s", (long long)job->llm_calls,
             (long long)job->tokens_out, job->seconds,
             job->artifact && *job->artifact ? "  kept as " : "",
             job->artifact ? job->artifact : "",
             job->artifact && *job->artifact ? "  (/save FILE, /run ID)" : "");
    line(ui, detail, STYLE_TEXT, NULL, STYLE_DIM, text);
}

static void write_question(struct ui *ui, const struct model_job *job, const struct model_item *it)
{
    const struct model_question *q = job->question;
    char text[600], keys[200] = "";
    size_t n = 0;
    snprintf(text, sizeof text, "? %.560s", it->text);
    line(ui, detail, STYLE_AGENT, "dise", STYLE_WARN, text);
    while (q && strcmp(q->text, it->text) != 0)
        q = q->next;
    if (!q)
        return;
    for (const char *p = q->choices; *p && n < sizeof keys - 40;) {
        size_t k = strcspn(p, "|");
        n += (size_t)snprintf(keys + n, sizeof keys - n, "[%c] %.*s   ", *p, (int)k, p);
        p += k + (p[k] == '|');
    }
    line(ui, words, STYLE_TEXT, NULL, STYLE_KEY, keys);
}

static void write_item(struct ui *ui, const struct model_job *job, const struct model_item *it)
{
    const struct model_stage *s;
    const struct model_candidate *k;
    switch (it->type) {
    case ITEM_TASK:
        blank(ui);
        line(ui, words, STYLE_USER, "you", STYLE_TEXT, it->text);
        blank(ui);
        break;
    case ITEM_NOTE:
        line(ui, detail, STYLE_TEXT, NULL, strcmp(it->label, "info") == 0 ? STYLE_DIM : STYLE_WARN,
             it->text);
        break;
    case ITEM_STAGE:
        s = &job->stages[it->stage];
        k = model_shown(s);
        if (k)
            write_candidate(ui, s, k);
        break;
    case ITEM_QUESTION:
        write_question(ui, job, it);
        break;
    case ITEM_ANSWER:
        line(ui, words, STYLE_USER, "you", STYLE_TEXT, it->text);
        break;
    case ITEM_DONE:
        write_done(ui, job, it);
        break;
    }
}

/* Changes with everything of the item that shows. */
static uint64_t fingerprint(const struct model_job *job, const struct model_item *it)
{
    uint64_t n = 1 + it->rev;
    if (it->type == ITEM_STAGE) {
        const struct model_stage *s = &job->stages[it->stage];
        const struct model_candidate *k = model_shown(s);
        n = n * 1000003 + (uint64_t)(s->shown + 2);
        if (k)
            n = ((n * 1000003 + k->rev) * 1000003 + k->text.len) * 1000003 + k->checks_n;
    } else if (it->type == ITEM_QUESTION) {
        n = n * 2 + (job->question != NULL);
    }
    return n;
}

static bool make_room(struct ui *ui, size_t n)
{
    struct talk_item *more;
    if (n <= ui->item_cap)
        return true;
    more = realloc(ui->items, (n + 16) * sizeof *more);
    if (!more)
        return false;
    ui->items = more;
    ui->item_cap = n + 16;
    return true;
}

static void welcome(struct ui *ui)
{
    line(ui, words, STYLE_AGENT, "dise", STYLE_TEXT,
         "Say what a program should do. Examples in your words are what it is checked against:");
    line(ui, words, STYLE_TEXT, NULL, STYLE_DIM,
         "turn roman numerals into integers: \"XIV\" -> 14, \"MMXXVI\" -> 2026");
    line(ui, words, STYLE_TEXT, NULL, STYLE_DIM, "? shows keys and commands");
}

/* Writes again only what changed: everything from the first item that looks different on. */
void pane_talk_update(struct ui *ui)
{
    struct model_job *job = model_job(&ui->model, ui->job);
    size_t n = job ? job->items_n : 0, i = 0;
    if (ui->shown_job != ui->job || (!job && ui->item_count == 0 && !text_view_end(ui->talk))) {
        text_view_clear(ui->talk);
        ui->item_count = 0;
        ui->shown_job = ui->job;
        if (!job)
            welcome(ui);
    }
    if (!make_room(ui, n))
        return;
    while (i < n && i < ui->item_count && ui->items[i].print == fingerprint(job, &job->items[i]))
        i++;
    if (i < ui->item_count)
        text_view_cut(ui->talk, ui->items[i].line);
    for (; i < n; i++) {
        ui->items[i] =
            (struct talk_item){text_view_end(ui->talk), fingerprint(job, &job->items[i])};
        write_item(ui, job, &job->items[i]);
    }
    ui->item_count = n;
}

void pane_talk_draw(struct ui *ui, struct canvas *c)
{
    text_view_draw(ui->talk, c);
}

/* ---- the stages ---- */

struct columns {
    int model, t, outcome, tokens, seconds; /* widths; 0: left out */
};

static struct columns columns_for(int w)
{
    struct columns k = {.model = 14, .t = 3, .tokens = 5, .seconds = 5};
    if (w < 48)
        k = (struct columns){.model = 10, .t = 0, .tokens = 0, .seconds = 5};
    k.outcome =
        w - 2 - k.model - 1 - (k.t ? k.t + 1 : 0) - (k.tokens ? k.tokens + 1 : 0) - k.seconds - 1;
    return k;
}

enum { WHY_ROWS = 3 }; /* of a reason that does not fit beside its stage */

/* Words of `text` into at most `rows` rows of `w` columns; returns the rows used. */
static int put_wrapped(struct canvas *c, struct rect at, enum style s, const char *text)
{
    size_t n = strlen(text);
    int rows = 0;
    while (n && rows < at.h) {
        size_t take = cluster_fit(text, n, at.w, NULL), cut = take;
        if (rows + 1 == at.h) {
            canvas_put_fit(c, at.x, at.y + rows, at.w, s, text);
            return rows + 1;
        }
        while (cut && cut < n && text[cut] != ' ' && text[cut - 1] != ' ')
            cut--;
        if (cut)
            take = cut;
        if (!take)
            break;
        canvas_put(c, at.x, at.y + rows++, s, text, take);
        text += take;
        n -= take;
        while (n && *text == ' ')
            text++, n--;
    }
    return rows;
}

static void outcome_text(const struct model_job *job, const struct model_stage *s, char *out,
                         size_t size, enum style *style, enum glyph *glyph)
{
    const struct model_candidate *k = model_shown(s);
    int ok = 0, all = 0;
    if (!s->begun) {
        *style = STYLE_WAITING;
        *glyph = GLYPH_WAIT;
        snprintf(out, size, "%s", *s->why ? s->why : s->name);
        return; /* why: it cannot run */
    }
    if (!s->ended) {
        *style = STYLE_RUNNING;
        *glyph = GLYPH_RUN;
        if (k)
            model_checks(k, "example", &ok, &all);
        if (job->question)
            snprintf(out, size, "waits for you");
        else if (all)
            snprintf(out, size, "testing %d/%d", ok, all);
        else
            snprintf(out, size, "%s", k && k->code ? "testing" : "writing");
        return;
    }
    *style = strcmp(s->outcome, "solved") == 0   ? STYLE_OK
             : strcmp(s->outcome, "failed") == 0 ? STYLE_ERROR
                                                 : STYLE_DIM;
    *glyph = *style == STYLE_OK ? GLYPH_OK : *style == STYLE_ERROR ? GLYPH_FAIL : GLYPH_WAIT;
    if (k)
        model_checks(k, "example", &ok, &all);
    if (*s->why)
        snprintf(out, size, "%s", s->why);
    else if (all)
        snprintf(out, size, "%s %d/%d", s->outcome, ok, all);
    else
        snprintf(out, size, "%s", s->outcome);
}

/* One stage from row y on, at most `rows` of them; returns the rows used. */
static int draw_stage(struct ui *ui, struct canvas *c, int y, int rows, const struct model_job *job,
                      const struct model_stage *s)
{
    struct columns k = columns_for(c->w);
    char text[300], model[64];
    enum style style;
    enum glyph glyph;
    int x = 0, used, more = 0;
    int64_t tokens = s->tokens_out;
    double seconds = s->seconds;
    if (s->begun && !s->ended) {
        for (size_t i = 0; i < s->candidates_n; i++)
            tokens += s->candidates[i].tokens;
        if (s->begun_at && ui->now > s->begun_at)
            seconds = (double)(ui->now - s->begun_at) / 1000;
    }
    outcome_text(job, s, text, sizeof text, &style, &glyph);
    canvas_printf(c, x, y, STYLE_DIM, "%d", s->number);
    x += 2;
    if (s->planned > 1)
        snprintf(model, sizeof model, "%.50s %s%d", s->model, canvas_glyph(c, GLYPH_TIMES),
                 s->planned);
    else
        snprintf(model, sizeof model, "%.60s", s->model);
    canvas_put_fit(c, x, y, k.model, s->begun ? STYLE_TEXT : STYLE_DIM, model);
    x += k.model + 1;
    if (k.t) {
        canvas_printf(c, x, y, STYLE_DIM, "%.1f", s->temperature);
        x += k.t + 1;
    }
    used = canvas_puts(c, x, y, style, canvas_glyph(c, glyph)) + 1;
    if (rows > 1 && *s->why && cluster_columns(text, strlen(text)) > k.outcome - used) {
        struct rect below = {4, y + 1, c->w - 4, rows - 1 < WHY_ROWS ? rows - 1 : WHY_ROWS};
        more = put_wrapped(c, below, style, text);
        snprintf(text, sizeof text, "%s", s->ended ? s->outcome : s->name);
    }
    canvas_put_fit(c, x + used, y, k.outcome - used, style, text);
    x += k.outcome + 1;
    if (k.tokens) {
        snprintf(text, sizeof text, "%lld", (long long)tokens);
        if (s->begun)
            canvas_put_right(c, x, y, k.tokens, STYLE_NUMBER, text);
        x += k.tokens + 1;
    }
    snprintf(text, sizeof text, "%.1f", seconds);
    if (s->begun)
        canvas_put_right(c, c->w - k.seconds, y, k.seconds, STYLE_NUMBER, text);
    return 1 + more;
}

static int draw_candidates(struct canvas *c, int y, const struct model_stage *s)
{
    for (size_t i = 0; i < s->candidates_n && y < c->h; i++, y++) {
        const struct model_candidate *k = &s->candidates[i];
        bool accepted = k->outcome && strcmp(k->outcome, "accepted") == 0;
        bool ended = k->outcome && *k->outcome;
        bool cut = ended && strcmp(k->outcome, "cancelled") == 0;
        enum style style = accepted ? STYLE_OK : ended ? STYLE_DIM : STYLE_RUNNING;
        canvas_printf(c, 2, y, STYLE_DIM, "%c", letter(k->number));
        canvas_puts(c, 4, y, style,
                    canvas_glyph(c, accepted ? GLYPH_OK
                                    : cut    ? GLYPH_WAIT
                                    : ended  ? GLYPH_FAIL
                                             : GLYPH_RUN));
        canvas_put_fit(c, 6, y, c->w - 6, style,
                       ended     ? (*k->why && !accepted ? k->why : k->outcome)
                       : k->code ? "testing"
                                 : "writing");
    }
    return y;
}

/* At the bottom of the pane; what is left above it is the stages'. */
static void draw_progress(struct ui *ui, struct canvas *c)
{
    const struct model *m = &ui->model;
    char text[200];
    double share = m->progress.total > 0 ? (double)m->progress.done / (double)m->progress.total : 0;
    int w = (int)(share * c->w);
    bool bytes = strcmp(m->progress.unit, "bytes") == 0;
    if (!m->progress.active || c->h < 3)
        return;
    if (m->progress.total <= 0)
        snprintf(text, sizeof text, "%s %s %s", m->progress.what, m->progress.item,
                 canvas_glyph(c, GLYPH_ELLIPSIS));
    else
        snprintf(text, sizeof text, "%s %s  %.0f of %.0f%s  %.1f%s/s", m->progress.what,
                 m->progress.item, (double)m->progress.done / (bytes ? 1e6 : 1),
                 (double)m->progress.total / (bytes ? 1e6 : 1), bytes ? " MB" : "",
                 m->progress.rate / (bytes ? 1e6 : 1), bytes ? " MB" : "");
    canvas_put_fit(c, 0, c->h - 2, c->w, STYLE_TEXT, text);
    for (int x = 0; x < c->w; x++)
        canvas_puts(c, x, c->h - 1, x < w ? STYLE_ACCENT : STYLE_RULE,
                    canvas_glyph(c, x < w ? GLYPH_BAR_4 : GLYPH_HLINE));
    *c = canvas_part(c, (struct rect){0, 0, c->w, c->h - 2});
}

void pane_stages_draw(struct ui *ui, struct canvas *c)
{
    const struct model_job *job = model_job(&ui->model, ui->job);
    struct columns k = columns_for(c->w);
    int y = 0, x = 2;
    draw_progress(ui, c);
    if (!job || !job->stages_n) {
        canvas_put_fit(c, 0, 0, c->w, STYLE_DIM,
                       job && job->llm_calls == 0 && job->state == MODEL_DONE
                           ? "no model was asked"
                           : "a task's stages stand here");
        return;
    }
    canvas_puts(c, 0, y, STYLE_DIM, "#");
    canvas_puts(c, x, y, STYLE_DIM, "model");
    x += k.model + 1;
    if (k.t)
        canvas_puts(c, x, y, STYLE_DIM, "t");
    x += k.t ? k.t + 1 : 0;
    canvas_puts(c, x, y, STYLE_DIM, "outcome");
    x += k.outcome + 1;
    if (k.tokens)
        canvas_put_right(c, x, y, k.tokens, STYLE_DIM, "tok");
    canvas_put_right(c, c->w - k.seconds, y, k.seconds, STYLE_DIM, "s");
    y++;
    for (size_t i = 0; i < job->stages_n && y < c->h; i++) {
        const struct model_stage *s = &job->stages[i];
        int needed =
            (int)(job->stages_n - i - 1) + (s->candidates_n > 1 ? (int)s->candidates_n : 0);
        y += draw_stage(ui, c, y, c->h - y - needed, job, s);
        if (s->candidates_n > 1)
            y = draw_candidates(c, y, s);
    }
}
