#include "base/day_time.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MINUTE = 60, SEARCH_MINUTES = 27 * 60 };

int64_t day_time_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

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

/* ---- since when ---- */

/* "90m", "12h", "7d", "7" (days), "2w", "1y" in milliseconds. */
static bool read_span(const char *text, int64_t *ms)
{
    static const char units[] = "mhdwy";
    static const int64_t lengths[] = {60000, 3600000, 86400000, 604800000, 365 * 86400000LL};
    char *end = NULL;
    long long n = *text >= '1' && *text <= '9' ? strtoll(text, &end, 10) : 0;
    const char *unit = n ? strchr(units, *end ? *end : 'd') : NULL;
    if (!unit || n > 100000 || (*end && end[1]))
        return false;
    *ms = n * lengths[unit - units];
    return true;
}

static bool read_digits(const char **at, int digits, int *out)
{
    *out = 0;
    for (int i = 0; i < digits; i++, (*at)++) {
        if (**at < '0' || **at > '9')
            return false;
        *out = *out * 10 + (**at - '0');
    }
    return true;
}

bool day_time_since(const char *value, int64_t now, int64_t *out)
{
    struct tm t = {.tm_isdst = -1};
    int year, month, day, hour = 0, minute = 0;
    int64_t span;
    time_t seconds;
    if (read_span(value, &span)) {
        *out = now > span ? now - span : 1;
        return true;
    }
    if (!read_digits(&value, 4, &year) || *value++ != '-' || !read_digits(&value, 2, &month) ||
        *value++ != '-' || !read_digits(&value, 2, &day))
        return false;
    if (*value && (*value++ != 'T' || !read_digits(&value, 2, &hour) || *value++ != ':' ||
                   !read_digits(&value, 2, &minute)))
        return false;
    if (*value || year < 1970 || hour > 23 || minute > 59)
        return false;
    t.tm_year = year - 1900;
    t.tm_mon = month - 1;
    t.tm_mday = day;
    t.tm_hour = hour;
    t.tm_min = minute;
    seconds = mktime(&t);
    if (seconds <= 0 || t.tm_mon != month - 1 || t.tm_mday != day) /* there is no such day */
        return false;
    *out = (int64_t)seconds * 1000;
    return true;
}
