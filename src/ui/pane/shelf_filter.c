/* The words that restrict a shelf: "kind:function tag:math since:7d solved roman". */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ui/pane/shelf.h"

static int64_t span_ms(const char *text)
{
    static const struct {
        char unit;
        int64_t ms;
    } units[] = {
        {'m', 60000}, {'h', 3600000}, {'d', 86400000}, {'w', 604800000}, {'y', 365 * 86400000LL}};
    char *end;
    long long n = strtoll(text, &end, 10);
    if (end == text || n <= 0 || n > 100000)
        return 0;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (end[0] == units[i].unit && !end[1])
            return n * units[i].ms;
    return end[0] ? 0 : n * 86400000LL;
}

static void take_word(const char *word, int64_t now, struct shelf_filter *out)
{
    size_t n = strlen(out->query);
    if (strncmp(word, "kind:", 5) == 0) {
        snprintf(out->kind, sizeof out->kind, "%.31s", word + 5);
    } else if (strncmp(word, "tag:", 4) == 0) {
        snprintf(out->tag, sizeof out->tag, "%.63s", word + 4);
    } else if (strncmp(word, "like:", 5) == 0) {
        snprintf(out->like, sizeof out->like, "%.23s", word + 5);
    } else if (strncmp(word, "since:", 6) == 0 && !strchr(word, '-')) { /* a date: the engine's */
        int64_t span = span_ms(word + 6);
        out->since = span && now > span ? (now - span) / 60000 * 60000 : 0;
    } else if (strcmp(word, "solved") == 0 || strcmp(word, "solved:yes") == 0) {
        out->solved = 1;
    } else if (strcmp(word, "unsolved") == 0 || strcmp(word, "solved:no") == 0) {
        out->solved = 0;
    } else if (strcmp(word, "deleted") == 0) {
        out->deleted = true;
    } else {
        snprintf(out->query + n, sizeof out->query - n, "%s%.100s", n ? " " : "", word);
    }
}

void shelf_parse(const char *text, int64_t now, struct shelf_filter *out)
{
    char word[128];
    memset(out, 0, sizeof *out);
    out->solved = -1;
    while (*text) {
        size_t n = strcspn(text, " ");
        snprintf(word, sizeof word, "%.*s", (int)n, text);
        if (*word)
            take_word(word, now, out);
        text += n + (text[n] == ' ');
    }
}
