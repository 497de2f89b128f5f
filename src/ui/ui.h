/* The dashboard without terminal and loop: state, keys and drawing. app.c gives it events of the
 * terminal and of the engine; tests give it recorded ones. */
#ifndef DISE_UI_UI_H
#define DISE_UI_UI_H

#include "base/path.h"
#include "ui/actions.h"
#include "ui/client.h"
#include "ui/layout.h"
#include "ui/model.h"
#include "ui/own_command.h"
#include "ui/term/canvas.h"
#include "ui/term/theme.h"
#include "ui/widget/editor.h"
#include "ui/widget/list_view.h"
#include "ui/widget/text_view.h"

enum { UI_MIN_W = 40, UI_MIN_H = 10 };

enum ui_overlay {
    OVERLAY_NONE,
    OVERLAY_TEXT,
    OVERLAY_PALETTE,
    OVERLAY_SETUP,
    OVERLAY_CONFIRM,
    OVERLAY_BATCH, /* batch_form.c */
    OVERLAY_MENU,  /* menu.c */
};

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
    /* Lets the person change the text in an editor; the name of the file ends in `name`. Appends
     * the new text to `out`. false: `why`. */
    bool (*edit)(void *arg, const char *name, const char *text, struct buf *out, char *why,
                 size_t size);
    /* ui_tick() in `ms` milliseconds or before. */
    void (*wake)(void *arg, int ms);
    /* `dise WORDS…` beside the dashboard (own_command.h). false: `why`. */
    bool (*command)(void *arg, const char *const *words, own_command_fn *done, void *done_arg,
                    char *why, size_t size);
};

/* A pane's name in the title of a tabbed place, to be clicked. */
struct ui_tab {
    struct rect r;
    enum pane_id pane;
};

struct ui {
    struct ui_link link;
    struct model model;
    struct canvas canvas;
    struct editor *input, *search;
    struct text_view *text;  /* the text overlay */
    int64_t job;             /* in view; 0: none */
    void *panes[PANE_COUNT]; /* their states; NULL: there is no such pane */
    bool visible[PANE_COUNT];
    enum pane_id focus, tab; /* tab: chosen last in the tabbed place */
    bool typing;             /* keys go to the input line; only while PANE_TALK has the focus */
    int shares[SHARE_COUNT];
    struct layout layout;               /* of the last drawing, */
    struct rect inner[PANE_COUNT];      /* with the panes' canvases, */
    struct ui_tab tabs[2 * PANE_COUNT]; /* and what can be clicked in the titles */
    int tab_count;
    struct rect drawn; /* the box that is being drawn */
    int dragged;       /* edge that the mouse holds; -1: none */
    enum ui_overlay overlay;
    bool zoom, searching, ready, mouse, plain;
    char overlay_title[64], engine[96]; /* engine: its state in a word, or a sentence */
    bool engine_up;
    struct list_view *palette;
    enum action offered[ACTION_COUNT]; /* in the palette */
    int offered_n;
    struct editor *filter;
    struct batch_form *form; /* NULL until it is opened */
    struct menu_state {
        int group, item;
    } menu;
    struct rect overlay_inner;          /* canvas of the overlay drawn last */
    struct json_object *found, *models; /* of setup.look */
    int setup_choice;
    struct {
        const char *question, *yes; /* NULL: whether to leave */
        void (*done)(struct ui *ui);
    } confirm;
    bool setup_dismissed;
    bool acted;     /* the person pressed something: nothing opens by itself over what they do */
    char note[300]; /* of the ui itself */
    char cwd[PATH_SIZE], clock[8];
    int64_t now; /* ms since 1970, for running times */
    char theme[32];
    bool text_fresh; /* the text overlay was just opened: it begins at its top */
    bool behind;     /* something shows an older state, to be painted when `now` moves on */
    bool dirty;
};

/* ERR_NOMEM. `plain`: ASCII borders. */
enum err ui_init(struct ui *ui, const struct ui_link *link, int w, int h, bool plain) MUST_CHECK;
void ui_fini(struct ui *ui);
enum err ui_resize(struct ui *ui, int w, int h) MUST_CHECK;

/* The engine answers, for the first time or again. */
void ui_connected(struct ui *ui);
/* The answer to job.list, the newest first. At the start the newest job is shown. */
void ui_listed(struct ui *ui, struct json_object *jobs);
/* The time that a pane asked for by link.wake has come. */
void ui_tick(struct ui *ui);
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
/* With further members of the request (takes them): plan; class, what the person says the task is.
 */
void ui_submit_as(struct ui *ui, const char *task, struct json_object *params);
/* Opens the text overlay, empty. */
void ui_open_text(struct ui *ui, const char *title);
/* Adds a line to it, of which further rows begin below column `hang` of the first. */
void ui_say_hang(struct ui *ui, int hang, enum style s, const char *format, ...) PRINTF_LIKE(4, 5);
/* The same with rows 4 columns in. */
void ui_say(struct ui *ui, enum style s, const char *format, ...) PRINTF_LIKE(3, 4);
void ui_open_palette(struct ui *ui);
/* Does an action that was chosen from a list; one that needs an argument goes to the input line. */
void ui_choose(struct ui *ui, enum action a);
void ui_open_setup(struct ui *ui);
/* Asks the engine where models may be; where there is none the set-up screen opens, or a note
 * says it to who does something already. */
void ui_look(struct ui *ui);
void ui_search(struct ui *ui, const char *text);
void ui_confirm_quit(struct ui *ui);
/* Asks a question of one line; `done` is called when the answer is y. `yes`: the word for that. The
 * texts stay the caller's and must last. */
void ui_confirm(struct ui *ui, const char *title, const char *question, const char *yes,
                void (*done)(struct ui *ui));
void ui_call(struct ui *ui, enum protocol_method method, struct json_object *params,
             client_reply_fn *reply, void *arg);

/* Copies to the clipboard; writes a new file (relative to where the dashboard was started). Both
 * say in a note what came of it. */
void ui_copy(struct ui *ui, const char *text);
void ui_write_file(struct ui *ui, const char *file, const char *text);

void ui_focus(struct ui *ui, enum pane_id pane);
/* The next pane in the order of their numbers, the input line being the first of all. */
void ui_focus_next(struct ui *ui, int by);
/* Puts the focus on the input line, with text when it is not NULL. */
void ui_type(struct ui *ui, const char *text);
/* Makes the focused pane wider or higher (by thousandths, negative: smaller). */
void ui_grow(struct ui *ui, bool wider, int by);
bool ui_has(const struct ui *ui, enum pane_id pane);
/* What is remembered of layout and panes, for ui.json; caller puts it. And back. */
struct json_object *ui_keep(struct ui *ui);
void ui_recall(struct ui *ui, struct json_object *kept);

/* For ui_init and ui_fini: makes the panes' states, and frees them. */
enum err ui_open_panes(struct ui *ui) MUST_CHECK;
void ui_close_panes(struct ui *ui);

/* frame.c: everything around the panes. */
void frame_draw(struct ui *ui);
/* For a pane while it draws: on its border, beside rows y … y + h - 1 of its canvas. */
void frame_scrollbar(struct ui *ui, int y, int h, size_t above, size_t total);
/* A line across its box in row y of its canvas. */
void frame_divide(struct ui *ui, int y, bool focused);
/* "a" for candidate 1. */
char pane_letter(int number);
/* ui_overlay.c */
void overlay_draw(struct ui *ui);
/* A press or wheel while an overlay is open. */
void overlay_mouse(struct ui *ui, const struct input_event *ev);
/* true: the overlay took the event. */
bool overlay_input(struct ui *ui, const struct input_event *ev);

#endif
