/* The engine: one process a home, one loop, all jobs. */
#ifndef DISE_CORE_ENGINE_H
#define DISE_CORE_ENGINE_H

#include "core/llm/backend.h"
#include "core/rag/vector_server.h"

struct engine_options {
    const char *home;        /* absolute */
    const char *config;      /* --config; NULL: none */
    const char *const *sets; /* --set, ends with NULL; may be NULL */
    const char *record;      /* file that receives the model's answers; NULL: none */
    bool unsafe;             /* run programs without walls where none can be built */
    bool detached;           /* log to <run>/engine.log */
    const struct backend_class *const *classes; /* ends with NULL */
    vector_server_open *vector_server;          /* how Qdrant is opened … */
    vector_server_health *vector_health;        /* … asked how it is … */
    vector_server_drop_old *vector_drop_old;    /* … and rid of what is old */
};

/* Runs until it is told to end or has been idle long enough; returns the exit code. An engine that
 * is at work already is left alone (exit code 0). */
int engine_main(const struct engine_options *options);

#endif
