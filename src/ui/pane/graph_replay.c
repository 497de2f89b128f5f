/* The scrubber of the graph pane: the workflow as it stood at any of the job's events. */
#include <string.h>

#include "base/figure.h"
#include "ui/pane/graph_pane.h"

enum { PLAY_MS = 15000 }; /* a replay takes no longer */

void graph_replay_at(struct ui *ui, struct graph_pane *p, size_t at)
{
    size_t old = p->replay ? p->at : p->log.n;
    if (!p->log.n)
        return;
    p->replay = true;
    p->at = at < 1 ? 1 : at > p->log.n ? p->log.n : at;
    p->moved = false;
    if (p->at >= old)
        graph_pane_fold(ui, p, old, p->at);
    else
        graph_pane_refold(ui, p);
}

void graph_replay_end(struct ui *ui, struct graph_pane *p)
{
    p->replay = p->playing = p->moved = false;
    graph_pane_refold(ui, p);
}

void graph_replay_step(struct ui *ui, struct graph_pane *p, int by)
{
    size_t at = p->replay ? p->at : p->log.n;
    p->playing = false;
    graph_replay_at(ui, p, by < 0 && at > 0 ? at - 1 : by > 0 ? at + 1 : at);
}

void graph_replay_play(struct ui *ui, struct graph_pane *p)
{
    if (!p->log.n)
        return;
    p->playing = !p->playing;
    if (p->playing && (!p->replay || p->at >= p->log.n))
        graph_replay_at(ui, p, 1);
    p->play_from = ui->now;
    p->play_time = p->log.events[p->at ? p->at - 1 : 0].time;
}

/* As fast as it went, or faster where that would take longer than PLAY_MS. */
void graph_replay_on(struct ui *ui, struct graph_pane *p)
{
    int64_t whole = p->log.events[p->log.n - 1].time - p->log.events[0].time;
    double speed = whole > PLAY_MS ? (double)whole / PLAY_MS : 1;
    int64_t until = p->play_time + (int64_t)((double)(ui->now - p->play_from) * speed);
    size_t at = p->at;
    while (at < p->log.n && p->log.events[at].time <= until)
        at++;
    if (at != p->at)
        graph_replay_at(ui, p, at);
    if (at >= p->log.n)
        p->playing = false;
    ui->dirty = true; /* the clock draws again */
}

void graph_replay_draw(struct graph_pane *p, struct canvas *c)
{
    const struct graph_event *ev = &p->log.events[p->at - 1];
    char left[48], right[112], time[FIGURE_SIZE];
    int x, w, knob;
    figure_ms(time, (double)(ev->time - p->log.events[0].time));
    snprintf(left, sizeof left, "%s %zu/%zu ",
             canvas_glyph(c, p->playing ? GLYPH_PLAY : GLYPH_PICK), p->at, p->log.n);
    snprintf(right, sizeof right, " %s  %.60s %.20s", time, *ev->path ? ev->path : ev->name,
             *ev->path ? ev->name : "");
    x = canvas_puts(c, 0, c->h - 1, STYLE_ACCENT, left);
    w = c->w - x - (c->w >= 50 ? cluster_columns(right, strlen(right)) : 1 + (int)strlen(time));
    knob = p->log.n > 1 ? (int)((size_t)(w - 1) * (p->at - 1) / (p->log.n - 1)) : 0;
    for (int i = 0; i < w; i++)
        canvas_puts(c, x + i, c->h - 1, i <= knob ? STYLE_ACCENT : STYLE_RULE,
                    canvas_glyph(c, i == knob ? GLYPH_DOT : GLYPH_HLINE));
    if (w > 0)
        canvas_put_fit(c, x + w, c->h - 1, c->w - x - w, STYLE_DIM, right);
}
