#include "base/day_time.h"

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

enum { MINUTE = 60, SEARCH_MINUTES = 27 * 60 };

/* "7:05" and "07:05" → 425; -1: neither. */
static int minute_of(const char *text)
{
    int hour = 0, minute = 0, digits = 0;
    for (; *text >= '0' && *text <= '9' && digits < 2; text++, digits++)
        hour = hour * 10 + *text - '0';
    if (!digits || *text++ != ':')
        return -1;
    for (digits = 0; *text >= '0' && *text <= '9'; text++, digits++)
        minute = minute * 10 + *text - '0';
    return digits == 2 && !*text && hour < 24 && minute < 60 ? hour * 60 + minute : -1;
}

static int shown_at(time_t t, int *day)
{
    struct tm tm;
    localtime_r(&t, &tm);
    *day = tm.tm_yday;
    return tm.tm_hour * 60 + tm.tm_min;
}

/* Minute by minute, as the clock on the wall goes: the rules of every time zone are in localtime.
 */
enum err day_time_next(const char *text, int64_t now, int64_t *out)
{
    int wanted = minute_of(text), day, before, before_day;
    time_t t = (time_t)(now / 1000) / MINUTE * MINUTE;
    if (wanted < 0)
        return ERR_INPUT;
    before = shown_at(t, &before_day);
    for (int i = 0; i < SEARCH_MINUTES; i++) {
        int shown;
        bool jumped;
        t += MINUTE;
        shown = shown_at(t, &day);
        jumped = day == before_day && shown > before + 1;
        if (shown == wanted || (jumped && before < wanted && wanted < shown)) {
            *out = (int64_t)t * 1000;
            return ERR_OK;
        }
        before = shown;
        before_day = day;
    }
    return ERR_INPUT;
}
