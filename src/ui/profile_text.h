/* A profile (core/check/profile.h) as the rows of a tree, for the command line and the dashboard
 * alike: functions by total time with a bar, their lines with source and memory under them. Pure.
 */
#ifndef DISE_UI_PROFILE_TEXT_H
#define DISE_UI_PROFILE_TEXT_H

#include "base/json.h"

enum profile_part {
    PROFILE_SUMMARY, /* how long and how much in all */
    PROFILE_NOTE,    /* what a reader has to know of the figures */
    PROFILE_HEAD,    /* the names of the columns */
    PROFILE_NODE,    /* a function in the tree of calls */
    PROFILE_HOT,  /* a line that takes a tenth of the time or a quarter of the memory, and more */
    PROFILE_LINE, /* another line */
};

enum profile_fold { PROFILE_LEAF, PROFILE_OPEN, PROFILE_SHUT };

enum { PROFILE_KEY_SIZE = 48, PROFILE_BAR_SIZE = 64 };
/* The share of the time from which on a node is open by itself. */
#define PROFILE_OPEN_FROM 0.05

/* What does not fit a part is "". Borrowed during the call. */
struct profile_row {
    enum profile_part part;
    enum profile_fold fold;
    int depth;
    double share; /* of the whole time, 0 to 1; < 0: none */
    const char *text;
    const char *time, *count, *memory; /* columns, flush right */
    const char *key;                   /* of a node, the same whenever it is the same place */
};

struct profile_out {
    void (*row)(void *arg, const struct profile_row *row);
    /* Whether a node is open; NULL: all are that take a twentieth of the time. */
    bool (*open)(void *arg, const char *key, double share);
    void *arg;
};

void profile_text(struct json_object *profile, const struct profile_out *out);
/* One line: "12 ms, 71 % of it in line 7". */
void profile_brief(struct json_object *profile, char *out, size_t size);
/* A bar of `cells` (at most 20) cells: blocks in eighths of a cell, or '#'. */
void profile_bar(double share, int cells, bool blocks, char out[PROFILE_BAR_SIZE]);
/* "0.012 ms", "12.3 ms", "4.2 s" */
void profile_time(double ms, char *out, size_t size);

#endif
