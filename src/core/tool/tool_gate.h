/* Quality gates: tools of type `executable` with a block of their own, which judge a program's
 * file.
 *
 *   gate: {severity: block|score|inform, threshold: 0, applies_to: program|function,
 *          rules: [F821, S], except: [S101]}
 *   auto_fix: {enabled: true, command: ruff, args: [..., "{source_file}"], when: import}
 *
 * Block: a finding keeps the program from being accepted; score: it makes it less good; inform: it
 * is shown. Threshold: so many findings are let pass; of a tool that prints a score, the least that
 * passes. Rules: the beginnings of the codes that this gate is about; none: all. */
#ifndef DISE_CORE_TOOL_GATE_H
#define DISE_CORE_TOOL_GATE_H

#include "base/yaml.h"
#include "core/tool/tool.h"

/* What a checked program is called where a gate runs. */
#define GATE_FILE "program.py"

/* Whether the tool's block `gate` can be used; ERR_OK also for a tool without one. Pure. */
enum err tool_gate_check(const struct yaml_doc *doc, struct err_info *info) MUST_CHECK;
/* {id, severity, threshold (-1: not given), applies_to, rules, except, priority, run, fix, when};
 * run and fix: {argv, files, stdin, json, env, wall_ms, memory_mb}, fix NULL when there is none.
 * Placeholders are filled; `files` are those of {tool_dir}, to lie beside the program. *out NULL:
 * no gate. Caller puts. Pure. */
enum err tool_gate_read(const char *text, size_t n, const char *file, const char *id,
                        struct json_object **out, struct err_info *info) MUST_CHECK;

/* All gates, highest priority first, the person's file before the shipped one of its id. `problems`
 * gets a sentence for each file that cannot be used, in whose place the shipped one stands. Reads
 * files. Caller puts both. */
enum err tool_gate_list(const struct tool_places *places, struct json_object **out,
                        struct json_object **problems) MUST_CHECK;

#endif
