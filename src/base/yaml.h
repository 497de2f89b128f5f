/* YAML through libyaml into json-c values that remember their places, so that every complaint can
 * name file:line:column. Accepts a UTF-8 BOM. Limits: depth 64, 100,000 nodes, 4 MiB; aliases are
 * expanded within the node limit. A repeated key is an error with its line. */
#ifndef DISE_BASE_YAML_H
#define DISE_BASE_YAML_H

#include "base/json.h"

struct yaml_doc {
    struct json_object *root; /* owned; NULL for an empty document */
    struct yaml_places *places;
    char file[192];
};

/* Scalars: YAML 1.1 core as PyYAML reads it: null/~, true/false (yes/no/on/off too), integers,
 * floats, else text. */
enum err yaml_parse(const char *text, size_t n, const char *file, struct yaml_doc *out,
                    struct err_info *info) MUST_CHECK;
enum err yaml_load(const char *path, struct yaml_doc *out, struct err_info *info) MUST_CHECK;
void yaml_doc_free(struct yaml_doc *doc);
/* Place (1-based) of a value that came out of this document (borrowed pointer into root) or, with
 * `key`, of the member's key. 0,0 when unknown. */
void yaml_place(const struct yaml_doc *doc, struct json_object *value, const char *key, int *line,
                int *column);
/* err_at with the place filled in. */
enum err yaml_fail(const struct yaml_doc *doc, struct json_object *value, const char *key,
                   struct err_info *info, const char *format, ...) PRINTF_LIKE(5, 6);

#endif
