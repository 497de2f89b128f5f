#include "ui/cli/cli_cell.h"

#include <stdio.h>
#include <string.h>

#include "ui/term/cluster.h"

/* A line break is a blank; the other controls draw nothing. */
static size_t next(const char *text, size_t n, struct cluster *c)
{
    if (*text != '\n')
        return cluster_next(text, n, c);
    *c = (struct cluster){.text = " ", .len = 1, .width = 1};
    return 1;
}

/* Columns of the text, no more than are needed to know that it is wider than `most`. */
static int columns_of(const char *text, size_t n, int most)
{
    struct cluster c;
    int columns = 0;
    for (size_t at = 0; at < n && columns <= most; columns += c.width)
        at += next(text + at, n - at, &c);
    return columns;
}

static int put(const char *text, int most)
{
    const size_t n = strlen(text);
    const int all = columns_of(text, n, most);
    const int room = all > most ? most - 1 : most;
    struct cluster c;
    int columns = 0;
    for (size_t at = 0; at < n; columns += c.width) {
        at += next(text + at, n - at, &c);
        if (columns + c.width > room)
            break;
        fwrite(c.text, 1, c.len, stdout);
    }
    if (all <= most || most < 1)
        return columns;
    fputs("…", stdout);
    return columns + 1;
}

void cli_last_cell(const char *text, int most)
{
    put(text, most);
}

void cli_cell(const char *text, int width)
{
    for (int columns = put(text, width); columns < width; columns++)
        putchar(' ');
}
