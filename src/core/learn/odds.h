/* What a stage's record says about its chances, and whether it is worth a try. Pure. */
#ifndef DISE_CORE_ODDS_H
#define DISE_CORE_ODDS_H

#include "core/store/learned.h"

enum {
    ODDS_LEAST = 20,     /* observations before anything is left out */
    ODDS_TRY_EVERY = 10, /* a stage that is left out gets one of so many jobs, so it may recover */
};

/* Upper bound of the 90 % Wilson score interval of solved/tried; 1 without a try. */
double odds_upper(int solved, int tried);
/* The stage nearly never helps: its upper bound is below `below` (0: never left out). */
bool odds_hopeless(const struct stage_record *r, double below);
/* Which of `n` stages are left out: hopeless ones, unless their turn for a try has come or no
 * later stage would remain. available[i]: it could run. Sets out[i]. */
void odds_decide(const struct stage_record *records, const bool *available, size_t n, double below,
                 bool *out);

#endif
