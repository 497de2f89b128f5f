/* What people write and read for times and amounts: "02:00", "2M", "$1". What is
 * shown of amounts is base/figure.h. Pure; local time. */
#ifndef DISE_UI_WHEN_H
#define DISE_UI_WHEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "now", "" (*out 0: at once) or HH:MM, the next such time after `now` (both ms since 1970): today,
 * or tomorrow when it has passed. An hour that the clock leaves out this night becomes the one that
 * follows. false: neither. */
bool when_start(const char *text, int64_t now, int64_t *out);
/* Hours from `start` on: a number ("8", "1.5", "8 h") or HH:MM, the next such time after start.
 * "" is 0: no limit. false: neither. */
bool when_hours(const char *text, int64_t start, double *out);
/* A whole number with k or M behind it: "500k", "2M", "1.5M". "" is 0. */
bool when_count(const char *text, int64_t *out);
/* Dollars: "2", "0.50", "$1". "" is 0. */
bool when_money(const char *text, double *out);

/* "02:00", "tomorrow 02:00", "Fri 02:00" or "2026-11-25 02:00", as near as it is; at most `size`
 * bytes into out, which is returned. */
const char *when_clock(int64_t at, int64_t now, char *out, size_t size);

#endif
