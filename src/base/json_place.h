/* Where a value stands in a JSON text: json-c remembers no places, a person wants line and column.
 */
#ifndef DISE_BASE_JSON_PLACE_H
#define DISE_BASE_JSON_PLACE_H

#include <stdbool.h>
#include <stddef.h>

/* Place (1-based) of the value at `pointer` (RFC 6901: "/steps/2/tool", ~0 for ~, ~1 for /) in a
 * valid JSON text, or of the last place on the way that exists. True when the whole way did. */
bool json_place(const char *text, size_t n, const char *pointer, int *line, int *column);

#endif
