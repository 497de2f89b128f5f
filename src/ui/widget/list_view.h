/* A list with one selected row and an incremental filter. It owns no data: it asks its operations.
 * Rows are one line high. */
#ifndef DISE_UI_LIST_VIEW_H
#define DISE_UI_LIST_VIEW_H

#include "ui/term/canvas.h"
#include "ui/widget/scroll.h"

/* `arg` is the owner's; `i` is the owner's index. */
struct list_ops {
    size_t (*count)(void *arg);
    /* Draws row i into a canvas of one line; the selection's ground is put under it afterwards. */
    void (*draw)(void *arg, size_t i, struct canvas *row, bool selected);
    /* How well i fits the filter (not empty): 0 not at all; rows are sorted by it, the best first,
     * equal ones by index. NULL: no filter. */
    int (*score)(void *arg, size_t i, const char *filter);
};

struct list_view;

/* `ops` must outlive the list. NULL: no memory. */
struct list_view *list_view_new(const struct list_ops *ops, void *arg);
void list_view_free(struct list_view *l);
/* The owner's rows changed; the selection stays on its index where it still exists. */
void list_view_changed(struct list_view *l);
/* "" or NULL: all rows. The selection goes to the best row. */
void list_view_filter(struct list_view *l, const char *filter);
const char *list_view_filter_text(const struct list_view *l);
/* Rows that pass the filter. */
size_t list_view_count(struct list_view *l);
/* The owner's index of the selected row; SIZE_MAX when there is none. */
size_t list_view_selected(struct list_view *l);
void list_view_select(struct list_view *l, size_t i);
/* Which of the rows that pass the filter is selected, from 1 (0: none), and how many there are. */
void list_view_place(struct list_view *l, size_t *at, size_t *of);
/* false: it could not move. */
bool list_view_scroll(struct list_view *l, enum scroll how);
/* Rows above the first one of the last drawing. */
size_t list_view_top(const struct list_view *l);
/* Draws into the whole canvas; `focused` shows the selection. */
void list_view_draw(struct list_view *l, struct canvas *c, bool focused);
/* Rows above the first one of the last drawing. */
size_t list_view_top(const struct list_view *l);
/* The owner's index at row y of the last drawing; SIZE_MAX when none. */
size_t list_view_at(const struct list_view *l, int y);

/* A fuzzy score for filters: all letters of `filter` in order, better when they stand together or
 * begin words; 0: no match. Case is ignored. */
int list_view_fuzzy(const char *text, const char *filter);

#endif
