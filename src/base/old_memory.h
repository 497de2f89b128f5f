/* What the Python system before this one has left in its data folder, as records for rag.import
 * (core/protocol.def):
 *
 *   {"source": "rag_memory/func_add",   the same entry has the same name for ever
 *    "kind", "name", "task", "created", "uses", "quality": 0 to 1, "tags": [words],
 *    "body": {…},                       what is kept of it, beside these
 *    "links": [{"how": parent|derived_from, "source": "nodes/x"}],
 *    "remarks": [sentences]}            what a person should know; not kept
 *
 * Pure: bytes in, records out. Nothing is trusted: every text is valid UTF-8 afterwards, without a
 * byte order mark and with plain line ends, every number finite, every tag a word. */
#ifndef DISE_BASE_OLD_MEMORY_H
#define DISE_BASE_OLD_MEMORY_H

#include "base/json.h"

enum {
    OLD_ENTRY_MAX = 6 << 20, /* bytes of one entry, and of one file of a node */
    OLD_TAGS_MAX = 32,
    OLD_TAG_MAX = 64, /* bytes of a tag */
};

/* A text out of a file: BOM away, CR LF and CR to LF. ERR_PARSE with the place when it is no UTF-8
 * text. */
enum err old_text(struct buf *text, const char *file, struct err_info *info) MUST_CHECK;
/* The value in such a text, numbers that JSON does not have (NaN) as null. Caller puts *out. */
enum err old_json(const char *text, size_t n, const char *file, int line, int column,
                  struct json_object **out, struct err_info *info) MUST_CHECK;

/* One entry of rag_memory/index.json, which stands at line:column. `key` is its name there, NULL in
 * a list. Caller puts *record. */
enum err old_entry(const char *key, const char *text, size_t n, const char *file, int line,
                   int column, struct json_object **record, struct err_info *info) MUST_CHECK;
/* "add" of an entry func_add or of one whose metadata names the node; "": of none. Borrowed. */
const char *old_entry_node(struct json_object *record);
/* Whether the kind is one of the old system's. */
bool old_kind_known(const char *kind);

/* One file of fix_templates; `name`: the file's without its end. */
enum err old_fix(const char *name, const char *text, size_t n, const char *file,
                 struct json_object **record, struct err_info *info) MUST_CHECK;
/* shared_context.json: an array of records. Caller puts *records. */
enum err old_lessons(const char *text, size_t n, const char *file, struct json_object **records,
                     struct err_info *info) MUST_CHECK;

/* The files of nodes/<id> and registry/<id>; those that there are not stay empty. */
enum old_part {
    OLD_MAIN,
    OLD_TESTS,
    OLD_INTERFACE,
    OLD_SPECIFICATION,
    OLD_PLAN,
    OLD_FEATURE,
    OLD_LOCUST,
    OLD_NODE,
    OLD_METRICS,
    OLD_EVALUATION,
    OLD_PARTS
};
struct old_node {
    const char *id;
    struct buf parts[OLD_PARTS]; /* after old_text */
};
/* The file of a part: "main.py", "add_plan.txt"; *registry: it lies there and not with the node. */
void old_part_file(const char *id, enum old_part part, char out[300], bool *registry);
/* One artifact of them all: a function where there is a program, else a plan. `entry` (may be NULL)
 * is what the index says of it. Broken JSON becomes a remark. Caller puts the result. */
struct json_object *old_node(const struct old_node *node, struct json_object *entry);

/* A file of measurements, line after line: what becomes of it is one artifact of bounded size. */
struct old_perf {
    struct json_object *fields, *last, *remarks;
    int64_t lines, bad;
};
void old_perf_init(struct old_perf *p);
void old_perf_fini(struct old_perf *p);
void old_perf_line(struct old_perf *p, const char *text, size_t n, const char *file);
/* `name`: the file's without its end. Caller puts the result; NULL: there was no line. */
struct json_object *old_perf_record(struct old_perf *p, const char *name);

/* What the readers share (old_memory.c). */
struct json_object *old_record(const char *folder, const char *id, const char *kind);
void old_remark(struct json_object *record, const char *sentence);
void old_add_tags(struct json_object *record, struct json_object *tags);
/* Milliseconds since 1970 of "2024-11-15T10:30:00.123456", with Z or +02:00; 0: it is none. */
int64_t old_time(const char *text);

#endif
