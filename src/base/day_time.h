/* The time now, and times of the day as people say them. */
#ifndef DISE_BASE_DAY_TIME_H
#define DISE_BASE_DAY_TIME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* Milliseconds since 1970. A job's function asks job_clock(), which is journaled. */
int64_t day_time_now(void);
/* The next moment after `now` (both in ms since 1970) at which the local clock shows `text`,
 * "HH:MM". A time that a change to summer time leaves out is the moment of the change; one that
 * comes twice is the next of the two. ERR_INPUT: `text` is no time of the day. */
enum err day_time_next(const char *text, int64_t now, int64_t *out) MUST_CHECK;
/* The moment that a span before `now` ("90m", "12h", "7d" or "7", "2w", "1y") or a local day or
 * minute ("2026-11-02", "2026-11-02T07:30") names, ms since 1970 and at least 1. false: neither. */
bool day_time_since(const char *text, int64_t now, int64_t *out);

#endif
