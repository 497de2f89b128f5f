/* The dashboard without terminal and loop: state, keys and drawing. app.c gives it events of the
 * terminal and of the engine; tests give it recorded ones. */
#ifndef DISE_UI_UI_H
#define DISE_UI_UI_H

#include "base/path.h"
#include "ui/actions.h"
#include "ui/canvas.h"
#include "ui/client.h"
#include "ui/editor.h"
#include "ui/list_view.h"
#include "ui/model.h"
#include "ui/text_view.h"
#include "ui/theme.h"

enum { UI_MIN_W = 40, UI_MIN_H = 10, UI_SIDE_W = 80 };

enum ui_focus { FOCUS_INPUT, FOCUS_TALK, FOCUS_STAGES, FOCUS_COUNT };
enum ui_overlay { OVERLAY_NONE, OVERLAY_TEXT, OVERLAY_PALETTE, OVERLAY_SETUP, OVERLAY_CONFIRM };

/* What the ui needs of the world; app.c provides it, tests leave out what they do not look at. */
struct ui_link {
    /* Sends a request (takes params). */
    void (*call)(void *arg, enum protocol_method method, struct json_object *params,
                 client_reply_fn *reply, void *reply_arg);
    void (*quit)(void *arg);
    void (*suspend)(void *arg);
    void (*redraw)(void *arg);
    void (*set_theme)(void *arg, const char *name);
    void (*set_mouse)(void *arg, bool on);
    bool (*copy)(void *arg, const char *text, size_t n, char *why, size_t size);
    void *arg;
};

/* One piece of the conversation as it stands in the text view. */
struct talk_item {
    size_t line;    /* where it begins */
    uint64_t print; /* fingerprint of what was written */
};

struct ui {
    struct ui_link link;
    struct model model;
    struct canvas canvas;
    struct editor *input, *search;
    struct text_view *talk, *text; /* the conversation; the text overlay */
    struct talk_item *items;
    size_t item_count, item_cap;
    int64_t job, shown_job; /* in view; what `talk` was written for */
    enum ui_focus focus;
    enum ui_overlay overlay;
    bool zoom, searching, ready, mouse, plain;
    char overlay_title[64], engine[96]; /* engine: its state in a word, or a sentence */
    bool engine_up;
    struct list_view *palette;
    struct editor *filter;
    struct json_object *found, *models; /* of setup.look */
    int setup_choice;
    bool setup_dismissed;
    char note[300]; /* of the ui itself */
    char cwd[PATH_SIZE], clock[8];
    int64_t now; /* ms since 1970, for running times */
    char theme[32];
    struct rect talk_rect, stages_rect, input_rect; /* of the last drawing */
    bool text_fresh; /* the text overlay was just opened: it begins at its top */
    bool dirty;
};

/* ERR_NOMEM. `plain`: ASCII borders. */
enum err ui_init(struct ui *ui, const struct ui_link *link, int w, int h, bool plain) MUST_CHECK;
void ui_fini(struct ui *ui);
enum err ui_resize(struct ui *ui, int w, int h) MUST_CHECK;

/* Folds an event of the engine. */
void ui_event(struct ui *ui, const struct event *ev);
/* A key, paste or mouse event of the terminal. */
void ui_input(struct ui *ui, const struct input_event *ev);
/* Ctrl-C: cancels the running job in view; false when there was none. */
bool ui_interrupt(struct ui *ui);
/* A remark in the status line. */
void ui_note(struct ui *ui, const char *format, ...) PRINTF_LIKE(2, 3);
/* Draws everything into ui->canvas. */
void ui_draw(struct ui *ui);

/* For actions. */
void ui_show_job(struct ui *ui, int64_t id);
void ui_step_job(struct ui *ui, int by);
void ui_submit(struct ui *ui, const char *task);
/* Opens the text overlay, empty. */
void ui_open_text(struct ui *ui, const char *title);
/* Adds a line to it. */
void ui_say(struct ui *ui, enum style s, const char *format, ...) PRINTF_LIKE(3, 4);
void ui_open_palette(struct ui *ui);
void ui_open_setup(struct ui *ui);
/* Asks the engine where models may be; opens the set-up screen when there is none. */
void ui_look(struct ui *ui);
void ui_search(struct ui *ui, const char *text);
void ui_confirm_quit(struct ui *ui);
void ui_call(struct ui *ui, enum protocol_method method, struct json_object *params,
             client_reply_fn *reply, void *arg);

/* ui_panes.c: the parts of a frame. */
void pane_talk_update(struct ui *ui);
void pane_talk_draw(struct ui *ui, struct canvas *c);
void pane_stages_draw(struct ui *ui, struct canvas *c);
/* ui_overlay.c */
void overlay_draw(struct ui *ui);
/* true: the overlay took the event. */
bool overlay_input(struct ui *ui, const struct input_event *ev);

#endif
