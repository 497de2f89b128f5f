#include "core/pipeline/history.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct history {
    struct {
        char why[HISTORY_LINE];
        int programs; /* that failed so */
    } list[HISTORY_MAX];
    int count;
};

/* One line, whole characters only. */
static void copy_line(char out[HISTORY_LINE], const char *text)
{
    size_t n = 0;
    while (text[n] && n < HISTORY_LINE - 1) {
        out[n] = (unsigned char)text[n] < 0x20 ? ' ' : text[n];
        n++;
    }
    while (text[n] && n && ((unsigned char)text[n] & 0xc0) == 0x80)
        n--;
    out[n] = 0;
}

void history_note(struct history **all, const char *why)
{
    struct history *h = *all ? *all : (*all = calloc(1, sizeof *h));
    char line[HISTORY_LINE];
    int programs = 1;
    if (!h)
        return;
    copy_line(line, why);
    for (int i = 0; i < h->count; i++) {
        if (strcmp(h->list[i].why, line) != 0)
            continue;
        programs += h->list[i].programs;
        h->count--;
        memmove(&h->list[i], &h->list[i + 1], (size_t)(h->count - i) * sizeof *h->list);
    }
    if (h->count == HISTORY_MAX)
        memmove(h->list, h->list + 1, (size_t)--h->count * sizeof *h->list);
    snprintf(h->list[h->count].why, HISTORY_LINE, "%s", line);
    h->list[h->count++].programs = programs;
}

void history_free(struct history *h)
{
    free(h);
}

enum err history_write(const struct history *h, struct buf *out)
{
    size_t room = HISTORY_BYTES;
    int first = h ? h->count : 0;
    enum err e;
    if (!h)
        return ERR_OK;
    while (first > 0 && strlen(h->list[first - 1].why) + 20 < room)
        room -= strlen(h->list[--first].why) + 20;
    if (first == h->count)
        return ERR_OK;
    e = buf_adds(out, "\n\nEarlier programs failed so:\n");
    for (int i = first; !e && i < h->count; i++)
        e = h->list[i].programs > 1
                ? buf_addf(out, "- %d programs: %s\n", h->list[i].programs, h->list[i].why)
                : buf_addf(out, "- %s\n", h->list[i].why);
    return e;
}
