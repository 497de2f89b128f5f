/* How the words of what is kept are cut for the full-text index: the FTS5 tokenizer "dise".
 * - Case and accents do not count, in any script (FTS5's unicode61).
 * - Identifiers are cut where their case or digits begin ("romanToInt", "utf8"), underscores part
 *   words anyhow; the whole stands at the place of its first part, too.
 * - A word stands beside its stem (Porter), at the same place: a query for "sorting" looks for the
 *   stem, the beginning "sorti" for what was written.
 * - Scripts that set no blanks between words (Han, kana, Hangul, Thai …) are cut into characters.
 * The index keeps what this yields: whoever changes it appends a migration that builds the index
 * anew. */
#ifndef DISE_CORE_TOKENIZER_H
#define DISE_CORE_TOKENIZER_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* For one connection; again is no error. With it comes the function dise_cover(TABLE, n) for
 * queries: how much of what the first n phrases of the MATCH ask for the row holds, 0 to 1, each
 * phrase weighed by its inverse document frequency. */
enum err tokenizer_register(sqlite3 *db, struct err_info *info) MUST_CHECK;
/* A character of a script that sets no blanks between words. */
bool tokenizer_is_unspaced(uint32_t cp);

#endif
