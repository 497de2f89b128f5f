/* What jobs have asked and nobody has answered yet, and how a line or a key answers. */
#ifndef DISE_UI_QUESTIONS_H
#define DISE_UI_QUESTIONS_H

#include "core/event.h"

enum { QUESTIONS_MAX = 64 };

struct question {
    int64_t job;
    char id[64], kind[16], choices[128], text[600]; /* choices: words separated by | */
    int64_t since, seconds; /* asked, ms since 1970; it waits so long, 0: as long as the job */
};

struct questions {
    struct question *list; /* the oldest first; NULL: nothing was asked yet */
    int count;
};

/* Follows the events of jobs: one that was answered elsewhere or is no longer waited for goes, a
 * resumed job waits anew; what is too much is not kept. True: the oldest one is another than
 * before. */
bool questions_follow(struct questions *q, const struct event *ev);
void questions_fini(struct questions *q);
/* The oldest one; NULL: none is open. */
const struct question *questions_first(const struct questions *q);
/* Takes the oldest one off. */
void questions_drop(struct questions *q);
/* The choice among `choices` ("run|drop") that a line means: the whole word, or the only one that
 * begins so. NULL: none. Its length goes to *n. */
const char *question_choice(const char *choices, const char *line, size_t *n);
/* For how many seconds it is still waited for; -1: without an end. `since`, `now`: ms since 1970.
 */
int64_t question_left(int64_t since, int64_t seconds, int64_t now);

#endif
