/* Tools: YAML files below tools/ (the shipped ones and the person's, whose files win by their id,
 * the file's stem), and maps of tools in a file tools.yaml. The prompts of the pipeline's roles are
 * such tools. A file that cannot be used is listed with its problem and stops nothing.
 *
 * All of this reads files: call it on a thread that may wait (see store_read), or for one file. */
#ifndef DISE_CORE_TOOL_H
#define DISE_CORE_TOOL_H

#include "base/json.h"

enum { TOOL_TEXT_MAX = 1 << 20, TOOL_ID_MAX = 80 };

/* Where tools lie: `home` is the person's data folder, `data` the shipped files'. */
struct tool_places {
    const char *home, *data;
};

/* What a tool's text says: {id, type, name, description, role, tier, tags, prompt, system,
 * temperature, inputs (names of what has to be given to run it), problem}. Never fails on odd
 * content: `problem` has the sentence with its place ("": none), also in `info` (may be NULL),
 * whose code is ERR_OK then. Caller puts. Pure. */
struct json_object *tool_read(const char *text, size_t n, const char *file, const char *id,
                              struct err_info *info);
/* Who plays the tool: its tier, which is the more particular, else its role. Borrowed. */
const char *tool_plays(struct json_object *tool);
/* The stricter look before a person's text is kept: known type, a prompt, known placeholders.
 * Errors name file:line:column. Pure. */
enum err tool_check(const char *text, size_t n, const char *file, const char *id,
                    struct err_info *info) MUST_CHECK;

/* All tools by their ids, as an array of tool_read's objects without prompt and system, with file
 * and origin shipped|yours. Caller puts *out. */
enum err tool_list(const struct tool_places *places, struct json_object **out) MUST_CHECK;
/* One tool with its file's text. ERR_NOT_FOUND. Caller puts *out. */
enum err tool_show(const struct tool_places *places, const char *id, struct json_object **out,
                   struct err_info *info) MUST_CHECK;
/* Calls `file` for each tool's file below root/tools, in the order of their names; true ends it. */
void tool_each(const char *root, bool (*file)(void *arg, const char *path, const char *stem),
               void *arg);
/* The file of a tool in one of the places; ERR_NOT_FOUND. `out` has room for PATH_SIZE. */
enum err tool_file(const char *root, const char *id, char *out) MUST_CHECK;
/* Checks the text and keeps it as the person's version; `file` (PATH_SIZE) is where. */
enum err tool_save(const struct tool_places *places, const char *id, const char *text, char *file,
                   struct err_info *info) MUST_CHECK;
/* Drops the person's version of a shipped tool. ERR_NOT_FOUND: there is none; ERR_INPUT: no shipped
 * one is behind it. */
enum err tool_reset(const struct tool_places *places, const char *id,
                    struct err_info *info) MUST_CHECK;

#endif
