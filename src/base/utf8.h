/* UTF-8: decoding, validity, places. */
#ifndef DISE_BASE_UTF8_H
#define DISE_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UTF8_BAD UINT32_MAX

/* Decodes one code point from n > 0 bytes; returns the bytes used (≥ 1). *cp is UTF8_BAD for a
 * byte that starts no valid character (overlong, surrogate, > U+10FFFF, cut); 1 byte is used then.
 */
size_t utf8_decode(const char *text, size_t n, uint32_t *cp);
/* How many bytes of a character are still missing at the end of text: 0 when it does not end
 * inside a valid beginning. */
size_t utf8_missing(const char *text, size_t n);
/* Offset of the first invalid byte; n when all is valid. */
size_t utf8_invalid(const char *text, size_t n);
/* Writes cp as 1–4 bytes to out; returns their number (cp must be valid). */
size_t utf8_encode(uint32_t cp, char out[4]);
/* 1-based line and column (in characters) of byte offset `at`. */
void utf8_place(const char *text, size_t n, size_t at, int *line, int *column);
/* Acts on a terminal instead of being shown: C0, DEL, C1. */
bool utf8_is_control(uint32_t cp);
/* The largest length ≤ n that does not cut a character. */
size_t utf8_floor(const char *text, size_t n);

#endif
