/* Answers of the requests about the memory as lines, for the command line and the dashboard alike.
 */
#ifndef DISE_UI_RAG_TEXT_H
#define DISE_UI_RAG_TEXT_H

#include "base/json.h"

enum rag_line { RAG_PLAIN, RAG_DIM, RAG_GOOD, RAG_BAD, RAG_HEAD };

struct rag_out {
    void (*line)(void *arg, enum rag_line how, const char *text);
    void *arg;
};

/* Each takes the result of its request. */
void rag_text_list(struct json_object *result, const struct rag_out *out);
void rag_text_show(struct json_object *result, const struct rag_out *out);
void rag_text_versions(struct json_object *result, const struct rag_out *out);
void rag_text_diff(struct json_object *result, const struct rag_out *out);
void rag_text_lineage(struct json_object *result, const struct rag_out *out);
void rag_text_made(struct json_object *result, const struct rag_out *out); /* rollback, revise */
void rag_text_deleted(struct json_object *result, const struct rag_out *out);
void rag_text_restored(struct json_object *result, const struct rag_out *out);
void rag_text_fixes(struct json_object *result, const struct rag_out *out);
void rag_text_gc(struct json_object *result, const struct rag_out *out);

/* Of the answer of artifact.show, each line behind `before` ("# "): the formula of quality with its
 * figures; what each gate said, with its trend over the versions and the change since the one
 * before. Nothing when it is not known. */
void rag_text_quality(struct json_object *artifact, const char *before, const struct rag_out *out);
void rag_text_gates(struct json_object *artifact, const char *before, const struct rag_out *out);
/* Numbers from 0 to 1 as a line of bars, the last 24 of them. */
void rag_text_trend(struct json_object *scores, char *out, size_t size);
/* The marks of these texts in ASCII, for terminals that have no more. */
void rag_text_ascii(const char *text, char *out, size_t size);

/* What an artifact holds, as a person reads it: its program, workflow (JSON over lines), text or
 * content. Borrowed from it. */
const char *rag_text_content(struct json_object *artifact);
/* "90m", "12h", "7d", "2w", "1y", a number of days, or a day "2026-11-02" (of the local clock): the
 * time that is meant, ms since 1970. ERR_INPUT. */
enum err rag_text_since(const char *text, int64_t now, int64_t *out,
                        struct err_info *info) MUST_CHECK;

#endif
