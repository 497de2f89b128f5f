/* The escalation stages of the job in view: which model was asked how, and what came of it. */
#include <stdlib.h>
#include <string.h>

#include "base/figure.h"
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
        more = canvas_put_wrapped(c, below, style, text);
        snprintf(text, sizeof text, "%s", s->ended ? s->outcome : s->name);
    }
    canvas_put_fit(c, x + used, y, k.outcome - used, style, text);
    x += k.outcome + 1;
    if (k.tokens) {
        if (s->begun)
            canvas_put_right(c, x, y, k.tokens, STYLE_NUMBER, figure_count(figure, tokens));
        x += k.tokens + 1;
    }
    if (s->begun)
        canvas_put_right(c, c->w - k.seconds, y, k.seconds, STYLE_NUMBER,
                         figure_time(figure, seconds, !s->ended));
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
        canvas_printf(c, 2, y, STYLE_DIM, "%c", pane_letter(k->number));
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

static void draw_stages(struct ui *ui, void *state, struct canvas *whole, bool focused)
{
    const struct model_job *job = model_job(&ui->model, ui->job);
    struct canvas inner = canvas_part(whole, (struct rect){1, 0, whole->w - 2, whole->h}),
                  *c = &inner;
    struct columns k = columns_for(c->w);
    int y = 0, x = 2;
    (void)state;
    (void)focused;
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
    canvas_put_right(c, c->w - k.seconds, y, k.seconds, STYLE_DIM, "time");
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

const struct pane_class pane_stages = {
    .name = "stages",
    .title = "Escalation",
    .draw = draw_stages,
};
