/* What a plain YAML scalar means, by the rules of YAML 1.1 as PyYAML applies them, except that
 * dates and sexagesimal numbers (12:30) stay text. */
#ifndef DISE_BASE_YAML_SCALAR_H
#define DISE_BASE_YAML_SCALAR_H

#include "base/json.h"

/* `text` has n bytes and a NUL behind them. *out is NULL for null. False: out of memory. */
bool yaml_scalar(const char *text, size_t n, struct json_object **out);

#endif
