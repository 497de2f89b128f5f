/* The vector store of this machine: an exact-grade index in one file (vector_map.h), searched by
 * vector_search.h.
 *
 * Work is done on libuv's thread pool. Any number of searches, scans and counts run side by side;
 * writes come one after the other and hold them up for the copying of 64 rows at a time, so a
 * search sees each row of a running upsert before or after. One search uses one
 * thread: the others of the pool have other work.
 *
 * What is guaranteed: after kill -9 at any point the file opens, and every row that was not being
 * written at that instant is as the last acknowledged call left it. After a loss of power all that
 * was there at the last vector_file_mark() and has not been changed since is there. So who keeps a
 * growing number of its changes (a sequence of rows of the table `embedding`), marks now and then
 * how far it has come, and after opening repeats the changes since vector_file_marked(), has
 * everything. Repeating what is there already does no harm.
 *
 * On disk and in the page cache: about dimensions × 5.2 + 40 bytes a vector, of which a search
 * reads dimensions / 8 + 8 of each and more of the nearest; on the heap 4 to 8 bytes a slot. */
#ifndef DISE_CORE_VECTOR_FILE_H
#define DISE_CORE_VECTOR_FILE_H

#include "core/rag/vector_store.h"

/* Opens or creates the file. ERR_CORRUPT: what was there is damaged, cut off, no vector index, of
 * another version, or holds vectors of another model or other dimensions; it was moved to
 * `<path>.old` (replacing an earlier one) and an empty one was begun, *out is valid, `info` has the
 * sentence: fill it anew. ERR_BUSY: another process has it. ERR_NOSPACE. Otherwise *out is NULL.
 * From a fiber (the loop stays free) or the loop's own stack. */
enum err vector_file_open(struct sched *s, const char *path, const char *model, size_t dimensions,
                          struct vector_store **out, struct err_info *info) MUST_CHECK;

/* The calls of the class give, besides what vector_store.h says: ERR_NOSPACE (nothing was taken,
 * nothing is lost), ERR_CORRUPT (damage was met: close the store and open it again, which begins a
 * new file). */

/* Brings all to the disk, then `mark` (any number of the caller's). On a fiber. */
enum err vector_file_mark(struct vector_store *s, int64_t mark, struct err_info *info) MUST_CHECK;
/* The last mark; 0 in a new file. */
int64_t vector_file_marked(const struct vector_store *s);
/* Compares everything with its checksums, in small pieces beside other work; worth doing once after
 * the opening, in the background (it reads the whole file). ERR_CORRUPT as above. On a fiber. */
enum err vector_file_verify(struct vector_store *s, struct err_info *info) MUST_CHECK;

struct vector_file_stats {
    size_t vectors, slots; /* slots are vectors and room for more */
    size_t file, heap;     /* bytes */
    const char *scan;      /* "plain", "avx2", "avx512" */
};
/* On a fiber. */
enum err vector_file_stats(struct vector_store *s, struct vector_file_stats *out) MUST_CHECK;

#endif
