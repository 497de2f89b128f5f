/* The escalation stages of the job in view: which model was asked how, and what came of it. */
#include <stdlib.h>
#include <string.h>

#include "base/figure.h"
#include "base/task_class.h"
#include "ui/pane/stages_gates.h"
#include "ui/ui.h"

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

/* What a candidate is at; before its first token its model may have to be loaded. */
static const char *doing(const struct ui *ui, const struct model_candidate *k)
{
    if (k && k->code)
        return "testing";
    if (k && k->text.len)
        return "writing";
    return strcmp(ui->model.model_state, "starting") == 0 ? "model starts" : "model asked";
}

/* It will not run: merged, without a model, or spared because it never helps; why says which. */
static bool left_out(const struct model_stage *s)
{
    return !s->begun && (*s->why || s->ended);
}

/* Examples and gates are tried side by side. */
static void write_testing(const struct ui *ui, const struct model_candidate *k, int ok, int all,
                          char *out, size_t size)
{
    int passed = 0, gates = 0;
    char more[40] = "";
    if (k)
        model_gates(k, &passed, &gates);
    if (gates)
        snprintf(more, sizeof more, ", gates %d/%d", passed, gates);
    if (all)
        snprintf(out, size, "testing %d/%d%s", ok, all, more);
    else
        snprintf(out, size, "%s%s", doing(ui, k), more);
}

static void outcome_text(const struct ui *ui, const struct model_job *job,
                         const struct model_stage *s, char *out, size_t size, enum style *style,
                         enum glyph *glyph)
{
    const struct model_candidate *k = model_shown(s);
    int ok = 0, all = 0;
    if (!s->begun) {
        *style = left_out(s) ? STYLE_DIM : STYLE_WAITING;
        *glyph = left_out(s) ? GLYPH_HLINE : GLYPH_WAIT;
        snprintf(out, size, "%s", *s->why ? s->why : s->name);
        return;
    }
    if (!s->ended) {
        *style = STYLE_RUNNING;
        *glyph = GLYPH_RUN;
        if (k)
            model_checks(k, "example", &ok, &all);
        if (job->questions.count)
            snprintf(out, size, "waits for you");
        else
            write_testing(ui, k, ok, all, out, size);
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
    else if (all && k && model_warnings(k))
        snprintf(out, size, "%s %d/%d %s%d", s->outcome, ok, all,
                 canvas_glyph(&ui->canvas, GLYPH_WARN), model_warnings(k));
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
    char text[300], model[64], figure[FIGURE_SIZE];
    enum style style;
    enum glyph glyph;
    int x = 0, used, more = 0;
    int64_t tokens = s->tokens_out;
    double seconds = s->seconds;
    if (s->begun && !s->ended) {
        for (size_t i = 0; i < s->candidates_n; i++)
            tokens += s->candidates[i].tokens;
        if (s->begun_at && ui->now > s->begun_at)
            seconds = ((double)ui->now - (double)s->begun_at) / 1000;
    }
    outcome_text(ui, job, s, text, sizeof text, &style, &glyph);
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
    if (!s->begun) /* nothing stands behind it */
        k = (struct columns){.outcome = c->w - x};
    used = canvas_puts(c, x, y, style, canvas_glyph(c, glyph)) + 1;
    if (rows > 1 && *s->why && cluster_columns(text, strlen(text)) > k.outcome - used) {
        struct rect below = {4, y + 1, c->w - 4, rows - 1 < WHY_ROWS ? rows - 1 : WHY_ROWS};
        more = canvas_put_wrapped(c, below, style, text);
        snprintf(text, sizeof text, "%s",
                 s->ended      ? s->outcome
                 : left_out(s) ? "left out"
                               : s->name);
    }
    canvas_put_fit(c, x + used, y, k.outcome - used, style, text);
    x += k.outcome + 1;
    if (k.tokens) {
        if (s->begun)
            canvas_put_right(c, x, y, k.tokens, STYLE_NUMBER, figure_count(figure, tokens));
        x += k.tokens + 1;
    }
    if (k.seconds && s->begun)
        canvas_put_right(c, c->w - k.seconds, y, k.seconds, STYLE_NUMBER,
                         figure_time(figure, seconds, !s->ended));
    return 1 + more;
}

/* What has become of a candidate, the most telling first. */
enum fate { ACCEPTED, TESTED, WRITTEN, AWAITED, FAILED, CUT, FATES };

static enum fate fate_of(const struct model_candidate *k)
{
    if (!*k->outcome)
        return k->code ? TESTED : k->text.len ? WRITTEN : AWAITED;
    return strcmp(k->outcome, "accepted") == 0    ? ACCEPTED
           : strcmp(k->outcome, "cancelled") == 0 ? CUT
                                                  : FAILED;
}

static const struct {
    enum style style;
    enum glyph glyph;
} fates[FATES] = {{STYLE_OK, GLYPH_OK},       {STYLE_RUNNING, GLYPH_RUN},
                  {STYLE_RUNNING, GLYPH_RUN}, {STYLE_RUNNING, GLYPH_RUN},
                  {STYLE_DIM, GLYPH_FAIL},    {STYLE_DIM, GLYPH_WAIT}};

/* What became of it, in words. Who passes is accepted only where the stage says so. */
static const char *words_of(const struct model_stage *s, const struct model_candidate *k)
{
    return fate_of(k) == ACCEPTED && s->ended && strcmp(s->outcome, "solved") != 0 ? "passes"
                                                                                   : k->outcome;
}

static void draw_candidate(const struct ui *ui, struct canvas *c, int y,
                           const struct model_stage *s, const struct model_candidate *k)
{
    enum fate fate = fate_of(k);
    canvas_printf(c, 2, y, STYLE_DIM, "%c", pane_letter(k->number));
    canvas_puts(c, 4, y, fates[fate].style, canvas_glyph(c, fates[fate].glyph));
    canvas_put_fit(c, 6, y, c->w - 6, fates[fate].style,
                   !*k->outcome                  ? doing(ui, k)
                   : *k->why && fate != ACCEPTED ? k->why
                                                 : words_of(s, k));
}

/* Too few rows for all: "b ✔ accepted  a c d ✘ rejected". */
static void draw_fates(const struct ui *ui, struct canvas *c, int y, const struct model_stage *s)
{
    int x = 2;
    for (int fate = 0; fate < FATES; fate++) {
        const struct model_candidate *last = NULL;
        for (size_t i = 0; i < s->candidates_n; i++) {
            if (fate_of(&s->candidates[i]) != (enum fate)fate)
                continue;
            last = &s->candidates[i];
            canvas_printf(c, x, y, STYLE_DIM, "%c", pane_letter(last->number));
            x += 2;
        }
        if (!last)
            continue;
        x += canvas_puts(c, x, y, fates[fate].style, canvas_glyph(c, fates[fate].glyph)) + 1;
        x += canvas_put_fit(c, x, y, c->w - x, fates[fate].style,
                            *last->outcome ? words_of(s, last) : doing(ui, last)) +
             2;
    }
}

static int draw_candidates(const struct ui *ui, struct canvas *c, int y, int rows,
                           const struct model_stage *s)
{
    if (rows < (int)s->candidates_n) {
        draw_fates(ui, c, y, s);
        return y + 1;
    }
    for (size_t i = 0; i < s->candidates_n; i++)
        draw_candidate(ui, c, y++, s, &s->candidates[i]);
    return y;
}

/* At the bottom of the pane; what is left above it is the stages'. */
static void draw_progress(struct ui *ui, struct canvas *c)
{
    const struct model *m = &ui->model;
    char text[200];
    double share = m->progress.total > 0 ? (double)m->progress.done / (double)m->progress.total : 0;
    int w = share >= 1 ? c->w : share > 0 ? (int)(share * c->w) : 0;
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

static void draw_head(struct canvas *c)
{
    struct columns k = columns_for(c->w);
    int x = 2;
    canvas_puts(c, 0, 0, STYLE_DIM, "#");
    canvas_puts(c, x, 0, STYLE_DIM, "model");
    x += k.model + 1;
    if (k.t)
        canvas_puts(c, x, 0, STYLE_DIM, "t");
    x += k.t ? k.t + 1 : 0;
    canvas_puts(c, x, 0, STYLE_DIM, "outcome");
    x += k.outcome + 1;
    if (k.tokens)
        canvas_put_right(c, x, 0, k.tokens, STYLE_DIM, "tok");
    canvas_put_right(c, c->w - k.seconds, 0, k.seconds, STYLE_DIM, "time");
}

/* Rows that a stage takes in the shortest form. */
static int least(const struct model_stage *s)
{
    return 1 + (s->candidates_n > 1);
}

static size_t words_in(const char *text)
{
    size_t n = 0;
    for (const char *p = text; *p; p++)
        n += !strchr(" \t\n", *p) && (p == text || strchr(" \t\n", p[-1]));
    return n;
}

/* The plan or the tests, in the columns of the stages; false: there are none. */
static bool draw_made(struct canvas *c, int y, const char *name, const struct model_job *job,
                      const struct model_item *it)
{
    struct columns k = columns_for(c->w);
    const bool asked = it && it->type == ITEM_PLAN && job->questions.count;
    const enum style style = it && it->made && !asked ? STYLE_OK : STYLE_RUNNING;
    char text[120], figure[FIGURE_SIZE];
    int x = 2 + k.model + 1 + (k.t ? k.t + 1 : 0);
    if (!it)
        return false;
    if (!it->made || asked)
        snprintf(text, sizeof text, "%s", asked ? "waits for you" : "writing");
    else if (it->type == ITEM_PLAN)
        snprintf(text, sizeof text, "%zu words", words_in(it->text));
    else
        snprintf(text, sizeof text, "%s", it->label);
    canvas_put_fit(c, 2, y, k.model, STYLE_TEXT, name);
    x += canvas_puts(c, x, y, style, canvas_glyph(c, style == STYLE_OK ? GLYPH_OK : GLYPH_RUN)) + 1;
    canvas_put_fit(c, x, y, c->w - x - (k.tokens ? k.tokens + k.seconds + 2 : 0), style, text);
    if (k.tokens && it->tokens)
        canvas_put_right(c, c->w - k.seconds - 1 - k.tokens, y, k.tokens, STYLE_NUMBER,
                         figure_count(figure, it->tokens));
    return true;
}

static int made_rows(const struct model_job *job)
{
    return (model_made(job, ITEM_PLAN) != NULL) + (model_made(job, ITEM_TESTS) != NULL);
}

/* All stages into a canvas that is high enough for their shortest forms; returns the rows used and
 * where the last one that has begun ends. */
static int draw_all(struct ui *ui, struct canvas *c, const struct model_job *job, int *now)
{
    int y = 0, below = 0;
    y += draw_made(c, y, "plan", job, model_made(job, ITEM_PLAN));
    y += draw_made(c, y, "tests", job, model_made(job, ITEM_TESTS));
    for (size_t i = 0; i < job->stages_n; i++)
        below += least(&job->stages[i]);
    for (size_t i = 0; i < job->stages_n; i++) {
        const struct model_stage *s = &job->stages[i];
        bool fan = s->candidates_n > 1;
        int own = fan && c->h - y - below + 1 >= (int)s->candidates_n ? (int)s->candidates_n : fan;
        below -= least(s);
        y += draw_stage(ui, c, y, c->h - y - below - own, job, s);
        if (fan)
            y = draw_candidates(ui, c, y, c->h - y - below, s);
        if (s->begun)
            *now = y;
    }
    return y;
}

/* ---- the pane ---- */

/* What is drawn may be higher than the pane, so it is drawn on a sheet of which a part shows. */
struct stages {
    struct canvas sheet;
    bool made;   /* the sheet exists */
    int rows, h; /* used of it; that show */
    int top;
    bool moved; /* by the person: it does not follow */
    int64_t job;
    char find[64];
    int match;  /* row of the chosen match */
    bool gates; /* the second page */
};

enum { ROW_BYTES = 1024 };

static void close_stages(struct ui *ui, void *state)
{
    struct stages *p = state;
    (void)ui;
    if (p->made)
        canvas_fini(&p->sheet);
}

static bool make_sheet(struct stages *p, int w, int h, bool ascii)
{
    enum err e = p->made ? canvas_resize(&p->sheet, w, h) : canvas_init(&p->sheet, w, h, ascii);
    p->made |= e == ERR_OK;
    return e == ERR_OK;
}

static int between(int n, int low, int high)
{
    return n > high ? high : n < low ? low : n;
}

/* The row's text up to column x. */
static void row_text(const struct stages *p, int y, char out[ROW_BYTES])
{
    size_t n = 0;
    for (int x = 0; x < p->sheet.w && n < ROW_BYTES - CLUSTER_BYTES - 1; x++) {
        const struct cell *k = canvas_cell(&p->sheet, x, y);
        if (k->width == 0)
            continue;
        memcpy(out + n, k->len ? k->text : " ", k->len ? k->len : 1);
        n += k->len ? k->len : 1;
    }
    out[n] = '\0';
}

/* The column where the text that is looked for stands in a row; -1: nowhere. */
static int found_in(const struct stages *p, int y)
{
    char text[ROW_BYTES];
    const char *at;
    if (!*p->find || !p->made || y >= p->rows)
        return -1;
    row_text(p, y, text);
    at = strcasestr(text, p->find);
    return at ? cluster_columns(text, (size_t)(at - text)) : -1;
}

static void show_part(struct stages *p, struct canvas *c)
{
    for (int y = 0; y < c->h && p->top + y < p->rows; y++) {
        int at = found_in(p, p->top + y);
        for (int x = 0; x < c->w; x++) {
            const struct cell *k = canvas_cell(&p->sheet, x, p->top + y);
            if (k->width)
                canvas_put(c, x, y, (enum style)k->style, k->len ? k->text : " ",
                           k->len ? k->len : 1);
        }
        if (at >= 0)
            canvas_restyle(c, (struct rect){at, y, cluster_columns(p->find, strlen(p->find)), 1},
                           p->top + y == p->match ? STYLE_MATCH_CURRENT : STYLE_MATCH);
    }
}

static void draw_list(struct ui *ui, struct stages *p, struct canvas *c,
                      const struct model_job *job)
{
    int high = p->gates ? stages_gates_rows(job) : made_rows(job), now = 0;
    for (size_t i = 0; !p->gates && i < job->stages_n; i++)
        high += least(&job->stages[i]);
    p->h = c->h;
    if (!make_sheet(p, c->w, high > c->h ? high : c->h, ui->plain))
        return;
    if (p->job != job->id)
        p->moved = false;
    p->job = job->id;
    if (p->gates)
        stages_gates_draw(ui, &p->sheet, job);
    p->rows = p->gates ? high : draw_all(ui, &p->sheet, job, &now);
    if (!p->moved && p->rows > c->h)
        p->top = now > c->h ? now - c->h : 0;
    p->top = between(p->top, 0, p->rows > c->h ? p->rows - c->h : 0);
    show_part(p, c);
    if (p->rows > c->h)
        frame_scrollbar(ui, 1, c->h, (size_t)p->top, (size_t)p->rows);
}

static void draw_stages(struct ui *ui, void *state, struct canvas *whole, bool focused)
{
    struct stages *p = state;
    const struct model_job *job = model_job(&ui->model, ui->job);
    struct canvas c = canvas_part(whole, (struct rect){1, 0, whole->w - 2, whole->h}), list;
    (void)focused;
    p->rows = 0;
    draw_progress(ui, &c);
    if (p->gates && (!job || !stages_gates_rows(job))) {
        canvas_put_fit(&c, 0, 0, c.w, STYLE_DIM, "what the quality gates say stands here");
        return;
    }
    if (!job || (!job->stages_n && !made_rows(job))) {
        canvas_put_fit(&c, 0, 0, c.w, STYLE_DIM,
                       job && job->llm_calls == 0 && job->state == MODEL_DONE
                           ? "no model was asked"
                           : "a task's stages stand here");
        return;
    }
    if (p->gates)
        stages_gates_head(&c);
    else
        draw_head(&c);
    list = canvas_part(&c, (struct rect){0, 1, c.w, c.h - 1});
    if (list.w > 0 && list.h > 0)
        draw_list(ui, p, &list, job);
}

/* What the task was taken for stands in the pane's frame. */
static void heading(struct ui *ui, void *state, char *out, size_t size)
{
    const struct model_job *job = model_job(&ui->model, ui->job);
    const struct stages *p = state;
    if (p->gates)
        snprintf(out, size, "quality gates");
    else if (job && *job->class)
        snprintf(out, size, "%.30s, %.20s", class_words(job->class), job->complexity);
}

/* From the stages to the gates and back. */
static void action(struct ui *ui, void *state, int what, const char *args)
{
    struct stages *p = state;
    (void)args;
    if (what != ACTION_STAGES_GATES)
        return;
    p->gates = !p->gates;
    p->top = 0;
    p->moved = p->gates; /* they are read from the first on */
    p->match = -1;
    ui_focus(ui, PANE_STAGES);
}

static bool scroll(struct ui *ui, void *state, enum scroll how)
{
    struct stages *p = state;
    static const int wheel = 3;
    int old = p->top, most = p->rows > p->h ? p->rows - p->h : 0;
    bool up = how == SCROLL_LINE_UP || how == SCROLL_HALF_UP || how == SCROLL_PAGE_UP ||
              how == SCROLL_WHEEL_UP || how == SCROLL_TOP;
    int n = how == SCROLL_TOP || how == SCROLL_END               ? p->rows
            : how == SCROLL_WHEEL_UP || how == SCROLL_WHEEL_DOWN ? wheel
            : how == SCROLL_PAGE_UP || how == SCROLL_PAGE_DOWN   ? p->h
            : how == SCROLL_HALF_UP || how == SCROLL_HALF_DOWN   ? (p->h + 1) / 2
                                                                 : 1;
    (void)ui;
    p->top = between(up ? old - n : old + n, 0, most);
    p->moved |= p->top != old;
    return p->top != old;
}

/* The next row that holds the text, from `from` on, around the ends. */
static bool go_to_match(struct stages *p, int from, int by)
{
    for (int i = 0; i < p->rows; i++) {
        int y = ((from + by * i) % p->rows + p->rows) % p->rows;
        if (found_in(p, y) < 0)
            continue;
        p->match = y;
        p->moved = true;
        if (y < p->top || y >= p->top + p->h)
            p->top = y - p->h / 2;
        return true;
    }
    return false;
}

static bool find(struct ui *ui, void *state, const char *text)
{
    struct stages *p = state;
    (void)ui;
    snprintf(p->find, sizeof p->find, "%s", text);
    p->match = -1;
    return *text && go_to_match(p, p->top, 1);
}

static bool match(struct ui *ui, void *state, bool backwards)
{
    struct stages *p = state;
    (void)ui;
    return *p->find && go_to_match(p, p->match + (backwards ? -1 : 1), backwards ? -1 : 1);
}

static void found(struct ui *ui, void *state, size_t *at, size_t *of)
{
    struct stages *p = state;
    (void)ui;
    *at = *of = 0;
    for (int y = 0; y < p->rows; y++) {
        *of += found_in(p, y) >= 0;
        if (y == p->match)
            *at = *of;
    }
}

const struct pane_class pane_stages = {
    .name = "stages",
    .title = "Escalation",
    .brief = "Stages",
    .size = sizeof(struct stages),
    .close = close_stages,
    .action = action,
    .scroll = scroll,
    .find = find,
    .match = match,
    .found = found,
    .heading = heading,
    .draw = draw_stages,
};
