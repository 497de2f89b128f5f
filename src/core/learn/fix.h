/* Mendings that worked, by the error that they mended. */
#ifndef DISE_CORE_FIX_H
#define DISE_CORE_FIX_H

#include "core/pipeline/pipeline_internal.h"

enum { FIX_SIGNATURE = 160, FIX_PIECE_MAX = 500 };

/* The error in a failure's text without what differs from program to program: quoted names,
 * numbers, line numbers. "f(1): line 3: NameError: name 'x' is not defined" → "NameError: name ''
 * is not defined"; a rule of a gate counts as an error's kind. False: it names no error (a wrong
 * value is as manifold as tasks are). Pure. */
bool fix_signature(const char *why, char out[FIX_SIGNATURE]);
/* The lines in which two programs differ, between what they share at the beginning and the end.
 * False: they are the same, or differ in more than FIX_PIECE_MAX bytes. Pure. */
bool fix_pieces(const char *before, const char *after, struct buf *old, struct buf *new);

/* Looks for a mending of the error that c is to mend (journaled) and puts it into c->hint. */
enum err fix_offer(struct job *job, struct candidate *c) MUST_CHECK;
/* The job was solved by c: what it mended is remembered, and whether an offer helped. Not waited
 * for. */
void fix_remember(struct task *t, const struct candidate *c);

#endif
