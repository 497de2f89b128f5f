/* Cuts a JSON text that may be too large to hold into the values of its outermost object or array,
 * which then are parsed one by one: a broken one is told, and the others go on. */
#ifndef DISE_BASE_JSON_SPLIT_H
#define DISE_BASE_JSON_SPLIT_H

#include "base/buf.h"

/* One value. `key`: its member's name, unescaped; NULL in an array. `text` is NULL for a value of
 * more than the ceiling. line:column is where it begins. An error ends the reading. */
typedef enum err json_split_fn(void *arg, const char *key, const char *text, size_t n, int line,
                               int column);

enum json_split_state {
    JSON_SPLIT_BEGIN, /* nothing seen but a byte order mark and white space */
    JSON_SPLIT_FIRST, /* behind the bracket: a value, or the end */
    JSON_SPLIT_NAME,
    JSON_SPLIT_IN_NAME,
    JSON_SPLIT_COLON,
    JSON_SPLIT_VALUE,
    JSON_SPLIT_IN_VALUE,
    JSON_SPLIT_COMMA, /* behind a value */
    JSON_SPLIT_END,
};

/* Embedded; to be looked at by json_split.c only. */
struct json_split {
    struct buf name, value;
    json_split_fn *found;
    void *arg;
    enum json_split_state state;
    bool array, in_string, escaped, scalar, too_large, named;
    size_t bytes;
    int depth, line, column, value_line, value_column;
};

/* `max`: bytes of one value. */
void json_split_init(struct json_split *s, size_t max, json_split_fn *found, void *arg);
void json_split_fini(struct json_split *s);
/* The next bytes, cut anywhere. ERR_PARSE with the place when the outer text is broken; what came
 * before has been given out then. */
enum err json_split_add(struct json_split *s, const char *data, size_t n, const char *file,
                        struct err_info *info) MUST_CHECK;
/* There are no more: ERR_PARSE when the text ends too early. */
enum err json_split_end(struct json_split *s, const char *file, struct err_info *info) MUST_CHECK;

#endif
