/* A list of kept things of which only the pages around the view are held, so that 100,000 of them
 * browse like ten. Pages are asked for as they come into view (artifact.list, newest first); rows
 * that the engine answers are held as they came. Where words or likeness are searched for there is
 * one page: the best rows, ranked (rag.search). Of each other page only its bounds and its number
 * of rows are remembered. A new filter shows the old rows until its first answer is there; answers
 * to older filters are dropped. */
#ifndef DISE_UI_SHELF_H
#define DISE_UI_SHELF_H

#include "base/json.h"
#include "ui/term/canvas.h"
#include "ui/widget/scroll.h"

struct ui;

enum { SHELF_ID_BYTES = 24 };

struct shelf_filter {
    char query[128], kind[32], tag[64];
    char like[SHELF_ID_BYTES]; /* what is like this artifact, instead of words */
    int64_t since;             /* ms since 1970; 0: ever */
    int solved;                /* 1 yes, 0 no, -1 both */
    bool deleted;              /* what was deleted instead of what is kept */
    bool workflows;            /* without a kind: workflows, too */
};

struct shelf_page {
    int64_t before;           /* its rows have smaller numbers … */
    int64_t high, low;        /* … from high down to low, as last seen */
    size_t count;             /* rows that show */
    struct json_object *rows; /* NULL: not held now */
    bool stale;               /* something in it has changed */
};

struct shelf_ask;

struct shelf {
    struct ui *ui;
    struct shelf_ask *asks; /* under way; no answer may come after shelf_fini */
    struct shelf_filter filter;
    struct shelf_page *pages;
    size_t n, cap, known; /* known: rows of all pages */
    size_t selected, top;
    int h;
    int64_t total; /* that the engine told; -1: it did not */
    unsigned generation;
    bool shown;    /* somebody looks: requests are sent */
    bool fresh;    /* the filter is new: begin at the front */
    bool complete; /* nothing lies behind the last page */
    bool chasing;  /* on the way to the very end */
    bool asking, waiting, pumping;
    char want[SHELF_ID_BYTES]; /* to be selected when it comes; "": nothing */
    char error[200];           /* of the last answer; nothing is asked until somebody acts */
    bool by_words;             /* a search had no part in meaning: it said why not … */
    bool soon;                 /* … and that it will have, in a few seconds; … */
    bool caught_up;            /* it has by now; */
    char meant[48];            /* what a misspelt word was taken for; "": there is none */
    int64_t again;             /* … it is asked again then (ui->now); 0: it is not */
};

void shelf_init(struct shelf *s, struct ui *ui);
void shelf_fini(struct shelf *s);
/* "kind:function tag:math since:7d solved like:a17 roman": words of that form restrict, the rest is
 * searched for. `now` in ms since 1970. Pure. */
void shelf_parse(const char *text, int64_t now, struct shelf_filter *out);
/* Whether the rows are ranked instead of the newest first. */
bool shelf_is_ranked(const struct shelf *s);
/* The list keeps its place when what is selected passes the filter, too. */
void shelf_set_filter(struct shelf *s, const struct shelf_filter *filter);
/* Sends what is missing; called while drawing and whenever something has changed. */
void shelf_pump(struct shelf *s);
/* The time that shelf_pump asked for (ui->link.wake) has passed. */
void shelf_tick(struct shelf *s);
/* Something came to the front; something with this id has changed. */
void shelf_grew(struct shelf *s);
void shelf_changed(struct shelf *s, const char *id);
/* Anything may have. */
void shelf_all_changed(struct shelf *s);
/* false: it could not move. */
bool shelf_scroll(struct shelf *s, enum scroll how);
void shelf_select(struct shelf *s, size_t i);
/* Selects it now or when its page comes. */
void shelf_want(struct shelf *s, const char *id);
/* Row i, or NULL when its page is not here. Borrowed until the next call. */
struct json_object *shelf_row(const struct shelf *s, size_t i);
struct json_object *shelf_selected(const struct shelf *s);
/* Rows of the canvas, the view's first row at its top. */
void shelf_draw(struct shelf *s, struct canvas *c, bool focused,
                void (*draw)(void *arg, struct json_object *row, struct canvas *line), void *arg);
/* The number in an id: 17 of "a17"; 0: none. */
int64_t shelf_number(const char *id);

#endif
