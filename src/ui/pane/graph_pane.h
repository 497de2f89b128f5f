/* State of the graph pane, and its replay of a job's events. For pane_graph.c and graph_replay.c.
 */
#ifndef DISE_UI_GRAPH_PANE_H
#define DISE_UI_GRAPH_PANE_H

#include "ui/pane/graph_scene.h"
#include "ui/ui.h"

struct graph_pane {
    struct graph_log log;
    struct graph graph;
    struct json_object *steps; /* of a job whose events tell none; NULL: not asked, not needed */
    int asked;                 /* requests for them that are not answered yet */
    int64_t steps_job;         /* whose they are */
    struct graph_scene scene;
    enum graph_zoom zoom;
    bool stale;            /* the scene is of an older graph */
    bool closer;           /* the level was changed: bring the selected step in */
    int w, h;              /* the size that the scene was made for */
    int64_t made, counted; /* when: ms since 1970, of ui->now */
    size_t count;          /* of the steps that are worth a word */
    bool moved;            /* the person has moved: it does not follow */
    int x, y;              /* of the scene, at the corner */
    bool replay;           /* the graph stands at event `at`, counted from 1 */
    size_t at;
    bool playing;
    int64_t play_from, play_time; /* the clock's and the log's time when play began */
    char selected[GRAPH_PATH];
    char find[64];
    struct text_view *detail;
    bool open; /* the detail shows */
    struct buf copied;
    int drag_x, drag_y;
};

/* Folds the events from … to - 1 of the log into the graph. */
void graph_pane_fold(struct ui *ui, struct graph_pane *p, size_t from, size_t to);
/* The graph anew, as it stands now or at the event of the replay. */
void graph_pane_refold(struct ui *ui, struct graph_pane *p);

/* Stands at an event, counted from 1. */
void graph_replay_at(struct ui *ui, struct graph_pane *p, size_t at);
/* Back to now. */
void graph_replay_end(struct ui *ui, struct graph_pane *p);
/* One event earlier (by -1) or later (1). */
void graph_replay_step(struct ui *ui, struct graph_pane *p, int by);
/* Plays from where it stands, or halts. */
void graph_replay_play(struct ui *ui, struct graph_pane *p);
/* While it plays: on to where ui->now is. */
void graph_replay_on(struct ui *ui, struct graph_pane *p);
/* The scrubber, in the last row. */
void graph_replay_draw(struct graph_pane *p, struct canvas *c);

#endif
