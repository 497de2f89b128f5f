/* Tools that do something like what a task asks for, as far as they are Python that a program could
 * take over: the person's tools of type executable whose command is Python and whose script lies
 * beside their file, and tools with their source_code. A program in the sandbox can call no tool.
 */
#ifndef DISE_CORE_TOOL_SIMILAR_H
#define DISE_CORE_TOOL_SIMILAR_H

#include "core/tool/tool.h"

/* Adds {id, name, task (the description), source, tool: true} for the tools whose descriptions are
 * like the task (content.h), up to `most` objects in `list` and `bytes` of source. Reads files. */
enum err tool_similar(const struct tool_places *places, const char *task, size_t most, size_t bytes,
                      struct json_object *list) MUST_CHECK;

#endif
