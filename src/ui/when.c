#include "ui/when.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const int64_t DAY = 24 * 3600;

static const char *skip(const char *text)
{
    return text + strspn(text, " ");
}

static bool clock_of(const char *text, int *hour, int *minute)
{
    int used = 0;
    text = skip(text);
    if (!isdigit((unsigned char)*text) || sscanf(text, "%2d:%2d%n", hour, minute, &used) != 2 ||
        !isdigit((unsigned char)text[used - 1]) || !isdigit((unsigned char)text[used - 2]) ||
        *skip(text + used))
        return false;
    return *hour >= 0 && *hour < 24 && *minute >= 0 && *minute < 60;
}

/* The next hour:minute after `now`. */
static int64_t next_clock(int hour, int minute, int64_t now)
{
    time_t seconds = (time_t)(now / 1000), at;
    struct tm day, tm;
    localtime_r(&seconds, &day);
    for (int ahead = 0;; ahead++) {
        tm = day;
        tm.tm_mday += ahead;
        tm.tm_hour = hour;
        tm.tm_min = minute;
        tm.tm_sec = 0;
        tm.tm_isdst = -1;
        at = mktime(&tm);
        if ((int64_t)at * 1000 > now || ahead == 2)
            return (int64_t)at * 1000;
    }
}

bool when_start(const char *text, int64_t now, int64_t *out)
{
    int hour, minute;
    text = skip(text);
    *out = 0;
    if (!*text || strcmp(text, "now") == 0)
        return true;
    if (!clock_of(text, &hour, &minute))
        return false;
    *out = next_clock(hour, minute, now);
    return true;
}

bool when_hours(const char *text, int64_t start, double *out)
{
    int hour, minute;
    char *end;
    text = skip(text);
    *out = 0;
    if (!*text)
        return true;
    if (clock_of(text, &hour, &minute)) {
        *out = (double)(next_clock(hour, minute, start) - start) / 3600e3;
        return true;
    }
    *out = strtod(text, &end);
    end = (char *)skip(end);
    if (end != text && *end == 'h')
        end++;
    return end != text && !*skip(end) && isfinite(*out) && *out >= 0 && *out <= 10000;
}

bool when_count(const char *text, int64_t *out)
{
    char *end;
    double n;
    text = skip(text);
    *out = 0;
    if (!*text)
        return true;
    n = strtod(text, &end);
    if (end == text || !isfinite(n))
        return false;
    if (*end == 'k' || *end == 'K')
        n *= 1e3, end++;
    else if (*end == 'M' || *end == 'm')
        n *= 1e6, end++;
    if (*skip(end) || n < 0 || n > 1e12)
        return false;
    *out = (int64_t)(n + 0.5);
    return true;
}

bool when_money(const char *text, double *out)
{
    char *end;
    text = skip(text);
    *out = 0;
    if (*text == '$')
        text = skip(text + 1);
    if (!*text)
        return true;
    *out = strtod(text, &end);
    return end != text && !*skip(end) && isfinite(*out) && *out >= 0 && *out <= 1e6;
}

const char *when_clock(int64_t at, int64_t now, char *out, size_t size)
{
    time_t a = (time_t)(at / 1000), n = (time_t)(now / 1000);
    struct tm ta, tn;
    char text[40] = "";
    if (at < 0 || at > INT64_C(253402300799000)) { /* beyond the year 9999 */
        snprintf(out, size, "?");
        return out;
    }
    localtime_r(&a, &ta);
    localtime_r(&n, &tn);
    if (ta.tm_year == tn.tm_year && ta.tm_yday == tn.tm_yday) {
        strftime(text, sizeof text, "%H:%M", &ta);
    } else {
        time_t tomorrow = n + DAY;
        localtime_r(&tomorrow, &tn);
        if (ta.tm_year == tn.tm_year && ta.tm_yday == tn.tm_yday)
            strftime(text, sizeof text, "tomorrow %H:%M", &ta);
        else if (a > n && a - n < 6 * DAY)
            strftime(text, sizeof text, "%a %H:%M", &ta);
        else
            strftime(text, sizeof text, "%Y-%m-%d %H:%M", &ta);
    }
    snprintf(out, size, "%s", text);
    return out;
}
