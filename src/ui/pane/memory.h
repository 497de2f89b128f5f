/* The parts of the memory browser: pane_memory.c is the pane, memory_artifacts.c and
 * memory_tools.c what its tabs do, memory_detail.c one thing written out, memory_files.c what goes
 * to files and comes from there, memory_history.c versions. */
#ifndef DISE_UI_MEMORY_H
#define DISE_UI_MEMORY_H

#include "ui/pane/shelf.h"
#include "ui/ui.h"

enum memory_tab { MEMORY_ARTIFACTS, MEMORY_TOOLS, MEMORY_WORKFLOWS, MEMORY_TABS };
enum {
    MEMORY_ID = 64,
    MEMORY_WORDS = 160,
    MEMORY_UNDO = 64,
    MEMORY_MARKS = 200,
    MEMORY_FILE_MAX = 1 << 20
};

struct memory_tools {
    struct json_object *list; /* as the engine told them; NULL: not yet */
    struct list_view *view;
    struct json_object *drafts; /* by id: {text, problem, line, column}; not saved yet */
    char reset[MEMORY_ID];      /* R was pressed once on it */
    bool stale, asking;
    char error[200];
};

/* The page of versions; members are NULL until they are answered. */
struct memory_history {
    bool on;
    char older[MEMORY_ID]; /* what is compared with; "": it is the first version */
    struct json_object *versions, *diff, *lineage;
};

struct memory {
    struct ui *ui;
    struct memory_ask *asks; /* under way */
    enum memory_tab tab;
    struct shelf shelves[MEMORY_TABS]; /* that of the tools stays empty */
    char words[MEMORY_TABS][MEMORY_WORDS];
    struct memory_tools tools;
    char deleted[MEMORY_UNDO][SHELF_ID_BYTES]; /* the last ones, newest last */
    int deleted_n;
    char marked[MEMORY_MARKS][SHELF_ID_BYTES]; /* to be verified, in the order of marking */
    int marked_n;
    bool visible, was_up;
    /* one thing written out instead of the list */
    bool open;
    char open_id[MEMORY_ID]; /* wanted or shown */
    struct json_object *shown;
    struct memory_history history;
    struct memory_profile *profile; /* its page, memory_profile.c; NULL: never shown */
    char rollback[MEMORY_ID];       /* B was pressed once on it */
    struct text_view *detail;
    char *copied;                             /* what the last copy() lent out */
    size_t detail_from;                       /* line to begin with, SIZE_MAX: where it is */
    struct rect tab_at[MEMORY_TABS], list_at; /* of the last drawing */
};

/* ---- requests ---- */

struct memory_ask;
typedef void memory_reply_fn(struct memory *m, const struct memory_ask *ask,
                             struct json_object *result, const struct err_info *info);
struct memory_ask {
    struct memory_ask *next; /* of those under way */
    struct memory *m;
    memory_reply_fn *reply;
    char id[MEMORY_ID];
    char *text; /* what the caller gave along; may be NULL */
};
/* Asks the engine about `id` (added to params, which it takes; NULL: {id}). An error becomes a note
 * before `reply` sees it. */
void memory_call(struct memory *m, enum protocol_method method, struct json_object *params,
                 const char *id, const char *text, memory_reply_fn *reply);
/* The error as "file:line:column: message" in a note. */
void memory_note_error(struct memory *m, const struct err_info *info);
/* What is asked for again and again (events, a new filter, the pane came onto the screen). */
void memory_refresh(struct memory *m);

/* ---- pane_memory.c ---- */

struct shelf *memory_shelf(struct memory *m);
void memory_set_tab(struct memory *m, enum memory_tab tab);
void memory_set_words(struct memory *m, const char *words);
/* The first word of args into `word`; returns what follows it. */
const char *memory_split(const char *args, char *word, size_t size);

/* ---- memory_artifacts.c ---- */

void memory_draw_artifact(void *memory, struct json_object *row, struct canvas *line);
/* The names of the columns. */
void memory_draw_columns(struct canvas *line);
void memory_next_filter(struct memory *m);
/* `args` begin with an id, or mean what is selected or open. */
void memory_open(struct memory *m, const char *args, bool graph);
void memory_run(struct memory *m, const char *args);
void memory_mark(struct memory *m, const char *args);
bool memory_marked(const struct memory *m, const char *id);
/* What args name, else what is marked, else what is selected is planned as an overnight run. */
void memory_verify(struct memory *m, const char *args);
void memory_tag(struct memory *m, const char *args);
void memory_rate(struct memory *m, const char *args);
void memory_delete(struct memory *m, const char *args);
void memory_restore(struct memory *m, const char *args);
/* The id that args name, else what is selected or open; false (and a note): none. Behind it to
 * *rest (may be NULL). */
bool memory_target(struct memory *m, const char *args, char id[MEMORY_ID], const char **rest);
/* "3d"; "" when `then` is not known. */
void memory_age(int64_t now, int64_t then, char out[8]);
/* "1,204" */
void memory_number(size_t n, char out[24]);

/* ---- memory_files.c ---- */

void memory_copy(struct memory *m);
void memory_save(struct memory *m, const char *args);
void memory_export(struct memory *m, const char *args);
void memory_load(struct memory *m, const char *file);
void memory_workflow(struct memory *m, const char *args);
/* Program, workflow or file text of what artifact.show or tool.show answered; caller frees. */
char *memory_source(struct json_object *o);

/* ---- memory_tools.c ---- */

bool memory_tools_open(struct memory *m);
void memory_tools_close(struct memory *m);
void memory_tools_ask(struct memory *m);
void memory_draw_tool_columns(struct canvas *line);
struct json_object *memory_tool_selected(struct memory *m);
void memory_tool_open(struct memory *m, const char *id);
void memory_tool_edit(struct memory *m, const char *args);
void memory_tool_reset(struct memory *m, const char *args);
struct json_object *memory_draft(struct memory *m, const char *id);
/* Keeps a changed text until the engine has taken it; info: why it has not, may be NULL. */
void memory_keep_draft(struct memory *m, const char *id, const char *text,
                       const struct err_info *info);

/* ---- memory_history.c ---- */

/* The page of versions of what args name, or what is selected or open; back from there. */
void memory_show_history(struct memory *m, const char *args);
/* Asks for what the page shows, about what is open. */
void memory_history_ask(struct memory *m);
void memory_history_forget(struct memory *m);
void memory_write_history(struct memory *m, struct json_object *o);
void memory_rollback(struct memory *m, const char *args);
void memory_edit(struct memory *m, const char *args);

/* ---- memory_detail.c ---- */

/* Opens the thing's page at once and fills it when the answer comes. */
void memory_show(struct memory *m, const char *id);
/* Asks again for what is open, keeping the place. */
void memory_show_again(struct memory *m);
void memory_close_detail(struct memory *m);
/* Writes what is open once more, at the same place. */
void memory_write_again(struct memory *m);
void memory_write_head(struct memory *m, struct json_object *o);
void memory_write_artifact(struct memory *m, struct json_object *o);
void memory_write_tool(struct memory *m, struct json_object *o);

#endif
