/* One short question to a model beside the candidates: a prompt out of tools/llm, an answer that
 * obeys a schema. */
#ifndef DISE_CORE_QUESTION_H
#define DISE_CORE_QUESTION_H

#include "core/pipeline/pipeline_internal.h"
#include "core/pipeline/prompt.h"

struct question {
    const char *tool;                  /* its prompt and role; also the label of the steps */
    const char *schema;                /* of the answer, JSON */
    const struct prompt_value *values; /* for the prompt's template */
    int max_tokens;
};

/* Journaled steps "prompts", "resolve" and "llm"; told as LLM_CALL, counted in the budget. The
 * caller puts *out, an object. ERR_NO_BACKEND, ERR_BUDGET, the errors of the call; ERR_PARSE: the
 * answer is no object. */
enum err question_ask(struct task *t, const struct question *q, struct json_object **out,
                      struct err_info *info) MUST_CHECK;

#endif
