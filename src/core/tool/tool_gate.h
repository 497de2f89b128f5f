/* Quality gates: tools of type `executable` with a block of their own, which judge a program's
 * file.
 *
 *   gate: {severity: block|score|inform, or {quick: …, standard: …, strict: …}, profile: quick,
 *          on: candidate|accepted, when: TEXT, threshold: 0, applies_to: program|function,
 *          rules: [F821, S], except: [S101], value: NAME, unit: TEXT, scale: [WORST, BEST]}
 *   executable: {…, python_package: black, max_lines: 3000, silencers: ['# *noqa'], output: {…}}
 *   auto_fix: {enabled: true, command: ruff, args: [..., "{source_file}"], when: import,
 *              complete: true}
 *
 * Block: a finding keeps the program from being accepted; score: it makes it less good; inform: it
 * is shown. Profile: the lowest one that it belongs to. On candidate: every program is judged,
 * accepted: only the one that would be taken. When: a text
 * without which there is nothing to judge (or to fix). Threshold: so many findings are let pass; of
 * a tool that prints a score, the least that passes; of a `value`, the last figure that passes, in
 * the direction of `scale`. Rules: the beginnings of the codes that this gate is about; none: all.
 * Complete: what such a fix has gone through well has no finding, so that it is not judged again.
 * docs/gates.md says all of it, `output` too (gate_output.h reads it). */
#ifndef DISE_CORE_TOOL_GATE_H
#define DISE_CORE_TOOL_GATE_H

#include "base/yaml.h"
#include "core/tool/tool.h"

/* What a checked program is called where a gate runs. */
#define GATE_FILE "program.py"

/* Whether the tool's block `gate` can be used; ERR_OK also for a tool without one. Pure. */
enum err tool_gate_check(const struct yaml_doc *doc, struct err_info *info) MUST_CHECK;
/* {id, severity (as written), profile, on, only_with, threshold (-1: not given), applies_to, rules,
 * except, value, unit, scale, priority, run, fix, when, complete}; run and fix: {argv, package,
 * files, stdin, json, env, output, silencers, max_lines, wall_ms, memory_mb}, fix NULL when there
 * is none. Placeholders are filled; `files` are those of {tool_dir}, to lie beside the program.
 * *out NULL: no gate. Caller puts. Pure. */
enum err tool_gate_read(const char *text, size_t n, const char *file, const char *id,
                        struct json_object **out, struct err_info *info) MUST_CHECK;

/* quick, standard or strict. */
bool tool_gate_profile_known(const char *profile);
/* All gates of this profile, each with the severity that it has there, highest priority first, the
 * person's file before the shipped one of its id. `problems` gets a sentence for each file that
 * cannot be used, in whose place the shipped one stands. Reads files. Caller puts both. */
enum err tool_gate_list(const struct tool_places *places, const char *profile,
                        struct json_object **out, struct json_object **problems) MUST_CHECK;

#endif
