/* The word that a mistyped one was meant to be. Pure. */
#ifndef DISE_BASE_NEAREST_H
#define DISE_BASE_NEAREST_H

/* Letters to insert, delete, replace or swap with their neighbour until `a` is `b` (optimal string
 * alignment distance, Damerau 1964); words over 63 bytes count by their first 63. */
int nearest_distance(const char *a, const char *b);
/* The most errors that a typed word may hold and still be recognised: one, and one more for every
 * four letters. */
int nearest_allowed(const char *typed);

#endif
