/* What kind of task a task is, by name: engine and clients use the same words. Pure. */
#ifndef DISE_BASE_TASK_CLASS_H
#define DISE_BASE_TASK_CLASS_H

#include <stdbool.h>

enum task_class {
    CLASS_ARITHMETIC,
    CLASS_SIMPLE_CONTENT,
    CLASS_COMPLEX_CONTENT,
    CLASS_CODE,
    CLASS_ALGORITHM,
    CLASS_API_CALL,
    CLASS_MULTI_STEP_WORKFLOW,
    CLASS_COUNT, /* none of them */
};

enum complexity { COMPLEXITY_SIMPLE, COMPLEXITY_MODERATE, COMPLEXITY_COMPLEX, COMPLEXITY_COUNT };

/* "CODE", "simple": what is stored and sent. */
const char *class_name(enum task_class c);
const char *complexity_name(enum complexity c);
/* CLASS_COUNT, COMPLEXITY_COUNT: no such name. */
enum task_class class_by_name(const char *name);
enum complexity complexity_by_name(const char *name);
/* "code", "multi-step workflow": what people read. An unknown name is returned as it is. */
const char *class_words(const char *name);
/* What a person says a task is: code, text, arithmetic, or the name of a class in any case.
 * CLASS_COUNT: none of them. */
enum task_class class_said(const char *word);
/* Whether the answer is words and not a program. */
bool class_is_content(enum task_class c);

/* The choice for people, in sentences about a wrong one. */
#define CLASS_SAY "code, text or arithmetic"

#endif
