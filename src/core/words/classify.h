/* What kind of task a task is, out of its words: cheap rules that know how people write such tasks,
 * and say when they are not sure. Pure. */
#ifndef DISE_CORE_CLASSIFY_H
#define DISE_CORE_CLASSIFY_H

#include "base/json.h"
#include "base/task_class.h"

enum { CLASSIFY_WHY_MAX = 120 };

/* From here on the rules are believed; below it a model is asked. */
#define CLASSIFY_SURE 0.7

struct classification {
    enum task_class class;
    enum complexity complexity;
    double confidence; /* 0..1 */
    char why[CLASSIFY_WHY_MAX];
};

/* `given`: the task comes with an input, so a program is wanted unless the words are clear. */
void classify_rules(const char *text, bool given, struct classification *out);
/* The same when a person has said code (CLASS_CODE), text (CLASS_SIMPLE_CONTENT) or another class:
 * only what they left open. Always sure. */
void classify_as(const char *text, enum task_class said, struct classification *out);
/* The rules' complexity alone. */
enum complexity classify_complexity(const char *text, enum task_class c);
/* 1 simple … 3 complex. */
int classify_tier(enum complexity c);

/* A task may say what it is: "/code TASK", "/text TASK", "/arithmetic TASK" become the member
 * "class" of what was submitted, and TASK its "task". ERR_INPUT: the class is none. */
enum err classify_submitted(struct json_object *params, struct err_info *info) MUST_CHECK;
/* The hash under which the answer to a task of this class is kept: a program, words and a number
 * for the same words are three things. */
enum err classify_hash(enum task_class c, const char *task, struct json_object *input,
                       char out[65]) MUST_CHECK;

#endif
