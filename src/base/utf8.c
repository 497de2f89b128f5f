#include "base/utf8.h"

#include <string.h>

static size_t expected(unsigned char c, uint32_t *low)
{
    if (c < 0x80)
        return 1;
    if (c >= 0xc2 && c < 0xe0) {
        *low = 0x80;
        return 2;
    }
    if (c >= 0xe0 && c < 0xf0) {
        *low = 0x800;
        return 3;
    }
    if (c >= 0xf0 && c < 0xf5) {
        *low = 0x10000;
        return 4;
    }
    return 0;
}

size_t utf8_decode(const char *text, size_t n, uint32_t *cp)
{
    const unsigned char *p = (const unsigned char *)text;
    uint32_t low = 0, value;
    size_t want = expected(p[0], &low);
    *cp = UTF8_BAD;
    if (want == 0 || want > n)
        return 1;
    if (want == 1) {
        *cp = p[0];
        return 1;
    }
    value = p[0] & (0xffu >> (want + 1));
    for (size_t i = 1; i < want; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 1;
        value = value << 6 | (p[i] & 0x3f);
    }
    if (value < low || value > 0x10ffff || (value >= 0xd800 && value < 0xe000))
        return 1;
    *cp = value;
    return want;
}

size_t utf8_missing(const char *text, size_t n)
{
    uint32_t low = 0;
    for (size_t back = 1; back <= 3 && back <= n; back++) {
        unsigned char c = (unsigned char)text[n - back];
        if ((c & 0xc0) == 0x80)
            continue;
        size_t want = expected(c, &low);
        return want > back ? want - back : 0;
    }
    return 0;
}

/* Bytes of whole words in front that are all ASCII: most texts are nothing else. */
static size_t ascii_run(const char *text, size_t n)
{
    size_t i = 0;
    uint64_t word;
    for (; i + sizeof word <= n; i += sizeof word) {
        memcpy(&word, text + i, sizeof word);
        if (word & UINT64_C(0x8080808080808080))
            break;
    }
    return i;
}

size_t utf8_invalid(const char *text, size_t n)
{
    size_t i = 0;
    uint32_t cp;
    while (i < n) {
        size_t used;
        i += ascii_run(text + i, n - i);
        if (i == n)
            break;
        used = utf8_decode(text + i, n - i, &cp);
        if (cp == UTF8_BAD)
            return i;
        i += used;
    }
    return n;
}

size_t utf8_encode(uint32_t cp, char out[4])
{
    if (cp < 0x80) {
        out[0] = (char)cp;
        return 1;
    }
    if (cp < 0x800) {
        out[0] = (char)(0xc0 | cp >> 6);
        out[1] = (char)(0x80 | (cp & 0x3f));
        return 2;
    }
    if (cp < 0x10000) {
        out[0] = (char)(0xe0 | cp >> 12);
        out[1] = (char)(0x80 | (cp >> 6 & 0x3f));
        out[2] = (char)(0x80 | (cp & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | cp >> 18);
    out[1] = (char)(0x80 | (cp >> 12 & 0x3f));
    out[2] = (char)(0x80 | (cp >> 6 & 0x3f));
    out[3] = (char)(0x80 | (cp & 0x3f));
    return 4;
}

void utf8_place(const char *text, size_t n, size_t at, int *line, int *column)
{
    *line = *column = 1;
    for (size_t i = 0; i < at && i < n; i++) {
        if (text[i] == '\n') {
            ++*line;
            *column = 1;
        } else if (((unsigned char)text[i] & 0xc0) != 0x80) {
            ++*column;
        }
    }
}

size_t utf8_floor(const char *text, size_t n)
{
    size_t back = 0;
    if (utf8_missing(text, n) == 0)
        return n;
    while (back < 3 && back < n && ((unsigned char)text[n - back - 1] & 0xc0) == 0x80)
        back++;
    return n - back - 1;
}

bool utf8_is_control(uint32_t cp)
{
    return cp < 0x20 || (cp >= 0x7f && cp < 0xa0);
}
