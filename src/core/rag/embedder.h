/* The seam to what turns text into vectors: the managed server of this machine, or a backend whose
 * class can embed (core/llm/backend.h). */
#ifndef DISE_CORE_EMBEDDER_H
#define DISE_CORE_EMBEDDER_H

#include "base/err.h"
#include "core/job/fiber.h"

/* Some models want to be told which side of a search a text is on. */
enum embed_side { EMBED_QUERY, EMBED_PASSAGE };

struct embedder;

struct embedder_class {
    const char *name; /* "local", "backend" */
    /* Vectors of length 1 in the order of the texts, n × *dimensions numbers in *vectors, which the
     * caller frees. On a fiber; cancellable. */
    enum err (*embed)(struct embedder *e, enum embed_side side, const char *const *texts, size_t n,
                      float **vectors, size_t *dimensions, struct err_info *info);
    void (*close)(struct embedder *e); /* on a fiber */
};

/* Every instance begins with this. */
struct embedder {
    const struct embedder_class *class;
    char model[64]; /* vectors of another model cannot be compared */
};

struct router;
struct models;
struct spend;
struct store;

struct embedder_options {
    struct router *router;
    struct models *models; /* NULL: no model of this machine */
    struct spend *spend;   /* today's account pays for what costs money; NULL: none is kept */
    struct store *store;   /* where such calls are told (LLM_CALL of job 0); NULL: nowhere */
    const char *choice;    /* auto|local|backend|none, the option rag.embedder */
};

/* Who embeds, by the options: a model that the configuration names for the role `embedding`, else
 * the installed one of this machine, else one that was found at a server of this machine. Starts
 * nothing. ERR_NO_BACKEND with what to do: nobody. On a fiber. */
enum err embedder_open(const struct embedder_options *o, struct embedder **out,
                       struct err_info *info) MUST_CHECK;
/* The embedder of stored vectors, by what embedder_place said when they were made. */
enum err embedder_open_at(const struct embedder_options *o, const char *place, const char *model,
                          struct embedder **out, struct err_info *info) MUST_CHECK;
/* Where it is asked, and for which model. Borrowed. */
const char *embedder_place(const struct embedder *e, const char **model);
/* Whether a question costs nothing and waits for no start: it is asked on this machine and runs. */
bool embedder_at_hand(const struct embedder *e);
/* Whether a question would have to wait for the one of this machine to start. */
bool embedder_starts(const struct embedder *e);
/* Its address; "" for the one of this machine. */
void embedder_setting(const struct embedder *e, char out[256]);
/* Whether the one of the options is the same as this one. */
bool embedder_is(const struct embedder *a, const struct embedder *b);
/* What a model wants to find before a text of this side; "": nothing. */
const char *embed_prefix(const char *model, enum embed_side side);

#endif
