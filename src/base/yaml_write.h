/* JSON values as YAML that yaml_parse reads back to the same. */
#ifndef DISE_BASE_YAML_WRITE_H
#define DISE_BASE_YAML_WRITE_H

#include "base/json.h"

/* Appends the value, which is a mapping or a list, as block YAML; short ones without others inside
 * as {a: 1}. Nested deeper than JSON_DEPTH_MAX: ERR_TOO_LARGE. */
enum err yaml_write(struct buf *out, struct json_object *o) MUST_CHECK;

#endif
