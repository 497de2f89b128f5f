/* Archives of artifacts, as `dise rag export` writes them: JSON lines. The first names the form,
 * the last holds the number of those between and the SHA-256 of all bytes before it:
 *
 *   {"format":"dise-memory","version":1}
 *   {"id":"1f0c…-17","kind":"function","tags":[…],…,"body":{…}}
 *   {"artifacts":1,"sha256":"…"}
 */
#ifndef DISE_BASE_ARCHIVE_FILE_H
#define DISE_BASE_ARCHIVE_FILE_H

#include <stdio.h>

#include "base/json.h"
#include "base/sha256.h"

enum { ARCHIVE_LINE_MAX = 15 << 20 };

struct archive_writer {
    FILE *out; /* borrowed */
    struct sha256 hash;
    int64_t artifacts;
};
/* Writes the first line. ERR_IO, ERR_NOSPACE. */
enum err archive_begin(struct archive_writer *w, FILE *out, struct err_info *info) MUST_CHECK;
enum err archive_add(struct archive_writer *w, struct json_object *line,
                     struct err_info *info) MUST_CHECK;
/* Writes the last line and flushes. */
enum err archive_end(struct archive_writer *w, struct err_info *info) MUST_CHECK;

/* One artifact's line, which is the callee's; an error ends the reading. */
typedef enum err archive_line_fn(void *arg, struct json_object *line);
/* Reads it twice: first to see that it is whole, then line by line. ERR_PARSE with file:line:column
 * before anything is given out when it is none, is cut or was changed; ERR_VERSION: a newer one.
 * `in` can be rewound. */
enum err archive_read(FILE *in, const char *file, archive_line_fn *found, void *arg,
                      struct err_info *info) MUST_CHECK;
/* Whether a text begins like an archive. */
bool archive_is(const char *text, size_t n);

#endif
