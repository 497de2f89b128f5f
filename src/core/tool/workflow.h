/* Workflows: JSON files of steps with their data flow. Two dialects are read (the canonical one and
 * the one with lists, step_type, tool_name and ${…}); what is kept and written is the canonical
 * one:
 *
 *   {"workflow_id", "version", "description", "tags", "portable",
 *    "inputs":  {name: {"type", "required", "default", "description"}},
 *    "outputs": {name: {"type", "description", "source_reference": "steps.ID.OUTPUT"}},
 *    "steps": [{"step_id", "type": llm_call|python_tool|sub_workflow|existing_tool, "description",
 *               "tool", "prompt_template", "input_mapping": {name: value}, "output_name",
 *               "parallel_group", "depends_on": [ids], "makes"}],
 *    "tools": {id: {"tool_id", "name", "type", "source_code", "system_prompt", …}}}
 *
 * A mapping's text is a reference when the whole of it is inputs.NAME…, steps.ID.OUTPUT… or ${…};
 * ${…} inside a longer text is filled in; $${ stands for ${. All else is a literal. `makes` (ours)
 * names the tool that the step produced: it is not repeated while that tool's source is there. */
#ifndef DISE_CORE_WORKFLOW_H
#define DISE_CORE_WORKFLOW_H

#include "base/json.h"
#include "core/store/store.h"

/* The tag of a workflow whose program is a best attempt only. */
#define WORKFLOW_UNSOLVED "unsolved"

enum { WORKFLOW_TEXT_MAX = 8 << 20, WORKFLOW_STEPS_MAX = 512 };

/* Reads, brings into the canonical form and checks: ids, types, references, circles. Errors name
 * file:line:column. Caller puts *out. Pure. */
enum err workflow_read(const char *text, size_t n, const char *file, struct json_object **out,
                       struct err_info *info) MUST_CHECK;

/* A mapping's value in `scope` {"inputs": {…}, "steps": {ID: {OUTPUT: value}}}. ERR_NOT_FOUND names
 * the reference that leads nowhere. Caller puts *out (NULL: JSON's null). Pure. */
enum err workflow_value(struct json_object *scope, struct json_object *mapping,
                        struct json_object **out, struct err_info *info) MUST_CHECK;
/* Calls `found` for every reference in a mapping's text ("steps.a.out"), until one returns an
 * error, which is given back. */
typedef enum err workflow_found(void *arg, const char *reference);
enum err workflow_references(struct json_object *mapping, workflow_found *found,
                             void *arg) MUST_CHECK;

/* The workflow of a task's job, out of its journal; `artifact` is what it keeps (see
 * pipeline.c). On a store thread. Caller puts *out. */
enum err workflow_of_job(sqlite3 *db, int64_t job, struct json_object *artifact,
                         struct json_object **out, struct err_info *info) MUST_CHECK;
/* The artifact that keeps a workflow (borrowed; a reference is taken). Caller puts the result. */
struct json_object *workflow_artifact(struct json_object *workflow, const char *name,
                                      const char *task, int64_t created);

#endif
