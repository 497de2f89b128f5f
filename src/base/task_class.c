#include "base/task_class.h"

#include <string.h>
#include <strings.h>

static const struct {
    const char *name, *words;
} classes[CLASS_COUNT] = {
    [CLASS_ARITHMETIC] = {"ARITHMETIC", "arithmetic"},
    [CLASS_SIMPLE_CONTENT] = {"SIMPLE_CONTENT", "text"},
    [CLASS_COMPLEX_CONTENT] = {"COMPLEX_CONTENT", "long text"},
    [CLASS_CODE] = {"CODE", "code"},
    [CLASS_ALGORITHM] = {"ALGORITHM", "algorithm"},
    [CLASS_API_CALL] = {"API_CALL", "API call"},
    [CLASS_MULTI_STEP_WORKFLOW] = {"MULTI_STEP_WORKFLOW", "workflow"},
};
static const char *const complexities[COMPLEXITY_COUNT] = {"simple", "moderate", "complex"};

const char *class_name(enum task_class c)
{
    return c < CLASS_COUNT ? classes[c].name : "";
}

const char *complexity_name(enum complexity c)
{
    return c < COMPLEXITY_COUNT ? complexities[c] : "";
}

enum task_class class_by_name(const char *name)
{
    int c = 0;
    while (c < CLASS_COUNT && strcmp(classes[c].name, name) != 0)
        c++;
    return (enum task_class)c;
}

enum complexity complexity_by_name(const char *name)
{
    int c = 0;
    while (c < COMPLEXITY_COUNT && strcmp(complexities[c], name) != 0)
        c++;
    return (enum complexity)c;
}

const char *class_words(const char *name)
{
    enum task_class c = class_by_name(name);
    return c < CLASS_COUNT ? classes[c].words : name;
}

enum task_class class_said(const char *word)
{
    if (strcasecmp(word, "text") == 0)
        return CLASS_SIMPLE_CONTENT;
    for (int c = 0; c < CLASS_COUNT; c++)
        if (strcasecmp(word, classes[c].name) == 0)
            return (enum task_class)c;
    return CLASS_COUNT;
}

bool class_is_content(enum task_class c)
{
    return c == CLASS_SIMPLE_CONTENT || c == CLASS_COMPLEX_CONTENT;
}
