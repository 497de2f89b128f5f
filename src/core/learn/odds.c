#include "core/learn/odds.h"

#include <math.h>

static const double z90 = 1.6448536269514722; /* the normal distribution's 95 % quantile */

/* E. B. Wilson 1927: unlike the plain share it says something sane about 0 of n. */
double odds_upper(int solved, int tried)
{
    const double n = tried, p = tried ? solved / n : 0, zz = z90 * z90;
    if (tried <= 0)
        return 1;
    return (p + zz / (2 * n) + z90 * sqrt(p * (1 - p) / n + zz / (4 * n * n))) / (1 + zz / n);
}

bool odds_hopeless(const struct stage_record *r, double below)
{
    return r->tried >= ODDS_LEAST && odds_upper(r->solved, r->tried) < below;
}

void odds_decide(const struct stage_record *records, const bool *available, size_t n, double below,
                 bool *out)
{
    bool later = false; /* some stage behind it will run */
    for (size_t i = n; i-- > 0;) {
        out[i] = available[i] && later && odds_hopeless(&records[i], below) &&
                 records[i].skipped + 1 < ODDS_TRY_EVERY;
        later |= available[i] && !out[i];
    }
}
