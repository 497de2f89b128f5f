/* `dise doctor`: what is installed, found, missing, with the remedy. */
#ifndef DISE_CORE_DOCTOR_H
#define DISE_CORE_DOCTOR_H

#include "core/llm/models.h"
#include "core/llm/router.h"
#include "core/rag/vector_server.h"
#include "core/sandbox/programs.h"
#include "core/sandbox/sandbox.h"

struct config;
struct rag; /* core/rag/rag.h */

struct doctor_context {
    const char *home, *data, *runtime;
    struct sandbox *sandbox;
    struct router *router;
    struct models *models;
    struct programs *programs;
    struct rag *rag;
    struct sched *sched;
    vector_server_health *vector_health;
    const struct config *config;
    const char *config_problem; /* "" or why its files cannot be read as they are now */
    const char *store_note;     /* "" or what happened to the database */
};

/* Array of {name, state: ok|warn|fail, detail, remedy}. On a fiber. Caller puts *out. */
enum err doctor_run(const struct doctor_context *c, struct json_object **out) MUST_CHECK;

#endif
