#include "core/pipeline/prompt_fit.h"

#include <stdio.h>
#include <string.h>

/* Where the lines begin behind the heading. */
static size_t heading(const struct buf *text)
{
    const char *end = strstr(text->data, ":\n");
    return end ? (size_t)(end - text->data) + 2 : 0;
}

static int count_lines(const char *text)
{
    int n = 0;
    for (; *text; text++)
        n += *text == '\n';
    return n;
}

/* The beginning of the last line; the heading's end when there is none. */
static size_t last_line(const struct buf *text, size_t from)
{
    size_t at = text->len;
    if (at > from && text->data[at - 1] == '\n')
        at--;
    while (at > from && text->data[at - 1] != '\n')
        at--;
    return at;
}

bool prompt_fit(struct prompt_part *parts, size_t n, double over,
                double (*cost)(void *arg, const char *text, size_t n), void *arg)
{
    for (size_t i = 0; i < n && over > 0; i++) {
        struct prompt_part *p = &parts[i];
        const size_t from = p->lines ? heading(p->text) : 0;
        if (!p->text->len)
            continue;
        p->of = p->lines ? count_lines(p->text->data + from) : 1;
        while (over > 0 && p->text->len) {
            size_t at = p->lines ? last_line(p->text, from) : 0;
            if (at <= from)
                at = 0; /* a heading alone says nothing */
            over -= cost(arg, p->text->data + at, p->text->len - at);
            buf_truncate(p->text, at);
            p->lost++;
        }
    }
    return over <= 0;
}

void prompt_fit_say(const struct prompt_part *parts, size_t n, char *out, size_t size)
{
    size_t said = 0, left = 0, at = 0;
    *out = 0;
    for (size_t i = 0; i < n; i++)
        left += parts[i].lost > 0;
    for (size_t i = 0; i < n && at < size; i++) {
        const struct prompt_part *p = &parts[i];
        if (!p->lost)
            continue;
        said++;
        at += (size_t)snprintf(out + at, size - at, "%s",
                               said == 1      ? ""
                               : said == left ? " and "
                                              : ", ");
        if (at < size && p->lines)
            at += (size_t)snprintf(out + at, size - at, "%d of %d %s", p->lost, p->of, p->what);
        else if (at < size)
            at += (size_t)snprintf(out + at, size - at, "%s", p->what);
    }
}
