#include <string.h>

#include "base/json.h"
#include "base/task_class.h"
#include "ui/model.h"

char *model_words(const struct model_job *job)
{
    struct json_object *o = NULL;
    const char *text = NULL;
    char *words = NULL;
    if (job->state != MODEL_DONE || !job->result ||
        json_parse(job->result, strlen(job->result), NULL, &o, NULL))
        return NULL;
    if (json_object_is_type(o, json_type_string))
        text = json_object_get_string(o);
    else if (class_by_name(job->class) == CLASS_ARITHMETIC)
        text = json_str(o, "text", NULL);
    if (text)
        words = strdup(text);
    json_object_put(o);
    return words;
}
