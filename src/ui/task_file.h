/* Lists of tasks: one a line, as words or as a JSON object. Pure. */
#ifndef DISE_UI_TASK_FILE_H
#define DISE_UI_TASK_FILE_H

#include "base/json.h"

/* Appends an object {task, input, kind, tokens} for every line of `text` that is neither blank nor
 * begins with #. A line that begins with { is such an object (task is a must, the rest may be
 * missing), every other line is the task itself. Errors name `file`:line:column. */
enum err task_file_parse(const char *text, size_t n, const char *file, struct json_object *tasks,
                         struct err_info *info) MUST_CHECK;

#endif
