/* Prompts are tools: YAML files of type llm (tools/llm/<id>.yaml) with the prompt of one role. A
 * file below <home>/tools/llm/ wins over the shipped one; an invalid one is told and the shipped
 * one stays in use. */
#ifndef DISE_CORE_PROMPT_H
#define DISE_CORE_PROMPT_H

#include "base/json.h"

/* {id, role, temperature, system, template} of the tool `id`. `note` (may be NULL) receives the
 * sentence about a file of the user's that cannot be used ("" otherwise). Caller puts *out. */
enum err prompt_load(const char *home, const char *data, const char *id, struct json_object **out,
                     struct err_info *note, struct err_info *info) MUST_CHECK;

struct prompt_value {
    const char *name, *value;
};
/* The template with each {name} replaced by its value; other braces stay. `values` ends with a NULL
 * name. A value is never searched for further names. */
enum err prompt_fill(const char *template, const struct prompt_value *values,
                     struct buf *out) MUST_CHECK;

#endif
