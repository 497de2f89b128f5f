/* The file that `--record` names: what the models answered, one JSON line an answer
 * (docs/replay.md). It is read as well as written: a question that has an answer there is not asked
 * again. Only where each answer stands is kept in memory. On the loop's thread. */
#ifndef DISE_CORE_RECORD_H
#define DISE_CORE_RECORD_H

#include "core/llm/backend.h"

struct record_file;

/* Opens the file, which is made when it is missing. Lines that are cut or hold no answer of this
 * kind are passed over. ERR_DENIED, ERR_IO. */
enum err record_open(const char *path, struct record_file **out, struct err_info *info) MUST_CHECK;
void record_close(struct record_file *r); /* NULL: nothing happens */

/* The answer to exactly this question, if it has come to its own end or to where the same listener
 * wants no more: delivered in one piece, with the tokens and times that it was recorded with.
 * ERR_NOT_FOUND: the question is to be asked; what the listener may have been given is void, as
 * when a stream breaks. */
enum err record_play(struct record_file *r, const struct llm_request *q,
                     struct llm_reply *reply) MUST_CHECK;
/* Appends an answer at once. `chunks`: [[ms, "text"], …]; borrowed. `error`: how the call failed;
 * such a line is never played here. */
void record_add(struct record_file *r, const struct llm_request *q, struct json_object *chunks,
                const struct llm_reply *reply, enum err error);

#endif
