/* The program out of a model's answer. Pure functions. */
#ifndef DISE_CORE_EXTRACT_H
#define DISE_CORE_EXTRACT_H

#include "base/buf.h"

/* Whether the first code block of the answer, as far as it has come, is closed: the rest need not
 * be waited for. */
bool extract_closed(const char *text, size_t n);
/* The code of the first block that holds any; without a block the answer itself when it is code, up
 * to where words or another version follow. An unterminated block counts to its end. ERR_INPUT with
 * the reason when there is none. */
enum err extract_code(const char *text, size_t n, struct buf *code,
                      struct err_info *why) MUST_CHECK;

#endif
