/* Whether two tasks ask for the same program in other words. A wrong yes is worse than a no: what
 * differs between the texts decides, not how much they share. Pure. */
#ifndef DISE_CORE_SAME_TASK_H
#define DISE_CORE_SAME_TASK_H

#include "core/words/same_words.h"

enum same_verdict {
    SAME_DIFFERENT, /* another task */
    SAME_ADAPTABLE, /* alike, but something that matters differs */
    SAME_TASK,      /* the same; see `proof` */
};

enum { SAME_WHY = 160 };

struct same_judgement {
    enum same_verdict verdict;
    int proof;          /* so many telling examples of the new task the program must pass as well:
                           all of them are run in any case, and none may fail */
    bool unsure;        /* of SAME_ADAPTABLE: nothing decisive differs, a model may be asked */
    char why[SAME_WHY]; /* a phrase without a capital: "'descending' stands on one side only" */
};

/* `kept`: the task that was solved; `asked`: the new one. */
void same_task(const struct same_text *kept, const struct same_text *asked,
               struct same_judgement *out);
const char *same_verdict_name(enum same_verdict v);

#endif
