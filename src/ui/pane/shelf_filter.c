/* The words that restrict a shelf: "kind:function tag:math since:7d solved roman". */
#include <stdio.h>
#include <string.h>

#include "base/day_time.h"
#include "ui/pane/shelf.h"

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
        int64_t at = 0;
        out->since = day_time_since(word + 6, now, &at) ? at / 60000 * 60000 : 0;
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
