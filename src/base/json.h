/* A small typed reader and writer over json-c. A missing key or a value of another type gives the
 * default, so that a peer's odd message never crashes the reader. */
#ifndef DISE_BASE_JSON_H
#define DISE_BASE_JSON_H

#include <json-c/json.h>
#include <stdint.h>

#include "base/buf.h"

enum { JSON_DEPTH_MAX = 64 };

/* Parses exactly one value (depth ≤ JSON_DEPTH_MAX, valid UTF-8, nothing after it). The caller
 * json_object_put()s *out; it is NULL for the JSON value null. ERR_PARSE with line:column. */
enum err json_parse(const char *text, size_t n, const char *file, struct json_object **out,
                    struct err_info *info) MUST_CHECK;

/* Borrowed until `o` is put. `o` may be NULL. */
const char *json_str(struct json_object *o, const char *key, const char *otherwise);
int64_t json_i64(struct json_object *o, const char *key, int64_t otherwise);
double json_f64(struct json_object *o, const char *key, double otherwise);
bool json_flag(struct json_object *o, const char *key, bool otherwise);
/* The member, whatever its type; NULL when missing. Borrowed. */
struct json_object *json_get(struct json_object *o, const char *key);
/* The member when it is an array / an object, else NULL. Borrowed. */
struct json_object *json_array(struct json_object *o, const char *key);
struct json_object *json_object_of(struct json_object *o, const char *key);

/* Adders for building messages; NULL text adds null. */
void json_add_str(struct json_object *o, const char *key, const char *text);
void json_add_i64(struct json_object *o, const char *key, int64_t n);
void json_add_f64(struct json_object *o, const char *key, double n);
void json_add_bool(struct json_object *o, const char *key, bool b);

/* Appends the JSON string literal of `n` bytes of text, quotes included; bytes that are not UTF-8
 * become U+FFFD, controls are escaped, so that the line can go to any terminal or peer. */
enum err json_quote(struct buf *out, const char *text, size_t n) MUST_CHECK;
/* Compact one-line text of a value, appended. */
enum err json_print(struct buf *out, struct json_object *o) MUST_CHECK;

#endif
