/* What rag.c (open, close, search, status), rag_work.c (the fiber) and rag_copy.c (the store of
 * vectors) share. */
#ifndef DISE_CORE_RAG_INTERNAL_H
#define DISE_CORE_RAG_INTERNAL_H

#include "core/rag/embeddings.h"
#include "core/rag/rag.h"

/* An embedder may be replaced while somebody asks it: the last one closes it. */
struct rag_asked {
    struct embedder *embedder;
    int users;
};

/* What the accessors give: they pass on to what is open at the time. */
struct rag_front_embedder {
    struct embedder base;
    struct rag *rag;
};
struct rag_front_vectors {
    struct vector_store base;
    struct rag *rag;
};

struct rag {
    struct rag_options options;
    char choice[32];
    struct fiber *worker;
    struct await *resting;        /* the worker's, while it has nothing to do */
    bool listed;                  /* all that lacks a vector of the wanted model is on the list */
    bool rung, look;              /* look: who embeds may have changed */
    struct rag_asked *wanted;     /* makes vectors; NULL: none */
    struct rag_asked *asked;      /* turns questions into vectors of the searched model; NULL */
    struct embed_model making;    /* the wanted one, as stored */
    struct embed_model searched;  /* model "": none */
    struct vector_store *vectors; /* of the searched model; NULL: none is open */
    struct fiber_sem gate;        /* one call at a time reaches them */
    int64_t seq, marked;          /* so far they are filled; so far that is kept */
    bool filling;                 /* they are being brought to what the table holds */
    int generation;               /* of `asked` with `vectors` */
    bool recheck;                 /* they are to be filled anew */
    bool verified;                /* since they were opened */
    struct rag_front_embedder front_embedder;
    struct rag_front_vectors front_vectors;
    int failed;
    bool paused, working;      /* there is something to do, and nothing has failed */
    uint64_t chosen_at;        /* loop time; 0: it is to be chosen who embeds */
    char no_embedder[400];     /* why nobody embeds; "": somebody does */
    char problem[400];         /* the embedder's last; "": it went well */
    char vectors_problem[400]; /* the store's */
    char why[440];             /* rag_why */
    bool looked;               /* who embeds has been looked for at least once */
};

struct rag_asked *rag_hold(struct rag_asked *a);
void rag_drop(struct rag_asked *a); /* NULL: nothing happens */
/* The fiber's function; `arg` is the rag. */
enum err rag_work(void *arg);
/* Opens the searched model's vectors when they are not, and takes over what has changed. *moved:
 * something was. */
enum err rag_copy(struct rag *r, bool *moved, struct err_info *info) MUST_CHECK;
void rag_close_vectors(struct rag *r);
/* Keeps how far they have come. */
void rag_mark(struct rag *r);
void rag_fronts_init(struct rag *r);

#endif
