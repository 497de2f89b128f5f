#include "ui/pane/stages_gates.h"

#include <stdio.h>
#include <string.h>

#include "base/figure.h"

enum { NAME_WIDTH = 21, NAME_LEAST = 15, SCORE_WIDTH = 5, TIME_WIDTH = 6, NARROW = 48 };

struct columns {
    int name, says, score, time; /* widths; 0: left out */
};

static struct columns columns_for(int w)
{
    struct columns k = {.name = NAME_WIDTH, .score = SCORE_WIDTH, .time = TIME_WIDTH};
    if (w < NARROW)
        k = (struct columns){.name = NAME_LEAST, .score = SCORE_WIDTH};
    k.says = w - 2 - k.name - 1 - k.score - 1 - (k.time ? k.time + 1 : 0);
    return k;
}

int stages_gates_rows(const struct model_job *job)
{
    const struct model_stage *s;
    const struct model_candidate *c = model_gated(job, &s);
    return c ? 1 + (int)c->gates_n : 0;
}

void stages_gates_head(struct canvas *c)
{
    struct columns k = columns_for(c->w);
    int x = 2;
    canvas_put_fit(c, x, 0, k.name, STYLE_DIM, "gate");
    x += k.name + 1;
    canvas_put_fit(c, x, 0, k.says, STYLE_DIM, "says");
    x += k.says + 1;
    canvas_put_right(c, x, 0, k.score, STYLE_DIM, "score");
    if (k.time)
        canvas_put_right(c, c->w - k.time, 0, k.time, STYLE_DIM, "time");
}

/* A gate that did no work says nothing; what a finding means follows from the severity. */
static enum style look_of(const struct model_gate *g, enum glyph *glyph)
{
    const bool blocks = g->severity == 'b', scores = g->severity == 's';
    switch (g->state) {
    case GATE_RUNS:
        *glyph = GLYPH_RUN;
        return STYLE_RUNNING;
    case GATE_PASSED:
        *glyph = GLYPH_OK;
        return STYLE_OK;
    case GATE_MISSING:
        *glyph = GLYPH_HLINE;
        return STYLE_DIM;
    case GATE_CRASHED:
    case GATE_CUT:
        *glyph = GLYPH_WARN;
        return STYLE_WARN;
    case GATE_FOUND:
        break;
    }
    *glyph = blocks ? GLYPH_FAIL : scores ? GLYPH_WARN : GLYPH_WAIT;
    return blocks ? STYLE_ERROR : scores ? STYLE_WARN : STYLE_DIM;
}

static void write_says(const struct model_gate *g, char *out, size_t size)
{
    static const char *const states[] = {"runs",    "passed",  "found",
                                         "missing", "crashed", "came to no end"};
    size_t n = 0;
    if (g->state == GATE_FOUND && g->found)
        n = (size_t)snprintf(out, size, "found %lld", (long long)g->found);
    else
        n = (size_t)snprintf(out, size, "%s", states[g->state]);
    if (g->valued && n < size)
        n += (size_t)snprintf(out + n, size - n, ", %.*f %s", g->value != (double)(int64_t)g->value,
                              g->value, g->unit);
    if (g->fixed && n < size)
        n += (size_t)snprintf(out + n, size - n, ", fixed");
    if (*g->why && n < size)
        snprintf(out + n, size - n, ": %s", g->why);
}

static void draw_gate(const struct ui *ui, struct canvas *c, int y, const struct model_gate *g)
{
    struct columns k = columns_for(c->w);
    char text[300], figure[FIGURE_SIZE];
    enum glyph glyph;
    enum style style = look_of(g, &glyph);
    double ms = g->ms;
    int x = 2;
    if (g->state == GATE_RUNS)
        ms = g->began && ui->now > g->began ? (double)(ui->now - g->began) : 0;
    canvas_puts(c, 0, y, style, canvas_glyph(c, glyph));
    canvas_put_fit(c, x, y, k.name, STYLE_TEXT, g->name);
    x += k.name + 1;
    write_says(g, text, sizeof text);
    canvas_put_fit(c, x, y, k.says, style, text);
    x += k.says + 1;
    snprintf(text, sizeof text, "%.2f", g->score);
    if (g->score >= 0 && g->state != GATE_RUNS)
        canvas_put_right(c, x, y, k.score, g->severity == 'i' ? STYLE_DIM : STYLE_NUMBER, text);
    if (k.time && ms > 0)
        canvas_put_right(c, c->w - k.time, y, k.time, STYLE_NUMBER,
                         g->state == GATE_RUNS ? figure_time(figure, ms / 1000, true)
                                               : figure_ms(figure, ms));
}

void stages_gates_draw(const struct ui *ui, struct canvas *c, const struct model_job *job)
{
    const struct model_stage *s;
    const struct model_candidate *k = model_gated(job, &s);
    char text[200], score[24] = "";
    int passed, all, x;
    if (!k)
        return;
    model_gates(k, &passed, &all);
    if (s->candidates_n > 1)
        snprintf(text, sizeof text, "stage %d %c  %.100s", s->number, pane_letter(k->number),
                 s->model);
    else
        snprintf(text, sizeof text, "stage %d  %.100s", s->number, s->model);
    if (k->gates_told)
        snprintf(score, sizeof score, "  %.2f", k->gate_score);
    x = canvas_put_fit(c, 0, 0, c->w, STYLE_BOLD, text) + 2;
    snprintf(text, sizeof text, "%d of %d passed%s", passed, all, score);
    if (c->w - x > 0)
        canvas_put_fit(c, x, 0, c->w - x, STYLE_DIM, text);
    for (size_t i = 0; i < k->gates_n; i++)
        draw_gate(ui, c, 1 + (int)i, &k->gates[i]);
}
