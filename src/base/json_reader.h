/* Many small JSON texts one after the other, such as the events of a stream: read without a heap
 * block for each value, into memory that serves the next text again. Texts and results are those of
 * json_parse: what is rare (no JSON at all, NaN, numbers of more than 18 digits, half a surrogate
 * pair, deep nesting) is left to that one to judge. */
#ifndef DISE_BASE_JSON_READER_H
#define DISE_BASE_JSON_READER_H

#include "base/json.h"

enum json_kind {
    JSON_KIND_NULL,
    JSON_KIND_BOOL,
    JSON_KIND_INT,
    JSON_KIND_REAL,
    JSON_KIND_TEXT,
    JSON_KIND_ARRAY,
    JSON_KIND_OBJECT,
};

/* A value. What is in an array or an object stands behind it: the first at [1], the one behind that
 * at [1 + span], and so on. */
struct json_node {
    enum json_kind kind;
    uint32_t span;    /* nodes of this value with all that is in it */
    uint32_t count;   /* values in an array, members of an object */
    const char *key;  /* of a member; NULL: it is none */
    const char *text; /* of TEXT, ends with NUL; of REAL its spelling, NULL: in `real` */
    size_t len;       /* of TEXT, bytes; it may have NULs in it */
    union {
        int64_t whole; /* INT; BOOL 0, 1 */
        double real;
    } number;
};

struct json_reader {
    struct json_node *nodes;
    char *text; /* the copy that the nodes point into */
    char *at;   /* where in it the reading is */
    size_t count, nodes_cap, text_cap;
    struct json_object *odd; /* what json_parse has read; the nodes point into it then */
};

void json_reader_init(struct json_reader *r);
void json_reader_fini(struct json_reader *r);
/* Exactly one value, as json_parse. *out, NULL for the JSON value null, is borrowed until the next
 * reading. ERR_PARSE with line:column. */
enum err json_reader_read(struct json_reader *r, const char *text, size_t n,
                          const struct json_node **out, struct err_info *info) MUST_CHECK;

/* As json_get, json_str …: of several members with one name the last; `o` may be NULL. Borrowed. */
const struct json_node *json_node_get(const struct json_node *o, const char *key);
const char *json_node_str(const struct json_node *o, const char *key, const char *otherwise);
int64_t json_node_i64(const struct json_node *o, const char *key, int64_t otherwise);
bool json_node_flag(const struct json_node *o, const char *key, bool otherwise);
const struct json_node *json_node_array(const struct json_node *o, const char *key);
const struct json_node *json_node_object(const struct json_node *o, const char *key);
bool json_node_is(const struct json_node *v, enum json_kind kind);
/* The first value of an array; NULL: it has none, or `array` is NULL. */
const struct json_node *json_node_first(const struct json_node *array);

#endif
