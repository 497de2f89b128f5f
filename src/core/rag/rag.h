/* The memory's search by meaning, owned by the engine: who embeds, the vectors' store, and the
 * fiber that keeps both in step with what is kept. Nothing waits for it: without an embedder, or
 * while one is out of order, search goes by words and says why.
 *
 * When another model is wanted, the vectors of the one before are searched until all artifacts have
 * one of the new model. */
#ifndef DISE_CORE_RAG_H
#define DISE_CORE_RAG_H

#include "base/json.h"
#include "core/rag/embedder.h"
#include "core/rag/vector_store.h"
#include "core/store/store.h"

struct rag;

struct rag_options {
    struct sched *sched;
    struct store *store;
    struct embedder_options embedder;
    size_t text_most; /* bytes of an artifact's content that are embedded */
    int retry_ms;     /* after the first failure; doubles up to five minutes. 0: a second */
    /* Opens the store of one model's vectors. ERR_CORRUPT with *out: an empty one was begun in the
     * place of what was there. On a fiber. */
    enum err (*open_vectors)(void *arg, const char *model, size_t dimensions,
                             struct vector_store **out, struct err_info *info);
    /* Keeps with the vectors, once all that they were given is durable, how far they have come; and
     * what was kept last (0: nothing; -1: this store cannot). May be NULL: then the database keeps
     * it. */
    enum err (*mark)(struct vector_store *v, int64_t seq, struct err_info *info);
    int64_t (*marked)(const struct vector_store *v);
    /* Compares all that the store holds with its checksums; done once after each opening, when
     * there is nothing else to do. ERR_CORRUPT: it is closed and opened again, which begins anew.
     * NULL: never. On a fiber. */
    enum err (*verify)(struct vector_store *v, struct err_info *info);
    /* Whether a person's work needs the machine now; NULL: never. */
    bool (*busy)(void *arg);
    void *arg;
};

enum err rag_open(const struct rag_options *options, struct rag **out,
                  struct err_info *info) MUST_CHECK;
void rag_close(struct rag *r); /* on a fiber; NULL: nothing happens */
/* Something was kept, changed or installed. Cheap; from anywhere on the loop's thread. NULL:
 * nothing happens. */
void rag_ring(struct rag *r);
/* Whether vectors are missing and being made. */
bool rag_at_work(const struct rag *r);

/* For those who search: both stay valid as long as `r`, whatever is opened behind them, and may be
 * called on several fibers. NULL: there is none now (rag_why). */
struct embedder *rag_embedder(struct rag *r);
struct vector_store *rag_vectors(struct rag *r);
/* The store that is open now, for work that takes long: its calls give ERR_BUSY once another one
 * was opened in its place (of another model, or anew). The caller closes it, which leaves the store
 * open. NULL: there is none (rag_why), or no memory. */
struct vector_store *rag_view(struct rag *r);
/* Somebody else has written to the store: what it holds is made again what the table says, in the
 * background. */
void rag_recheck(struct rag *r);
/* Why search goes by words alone, one sentence with the remedy; "": it does not. */
const char *rag_why(const struct rag *r);
/* Whether meaning has no part in a search only because the embedder of this machine is not up yet,
 * or nobody has looked for one yet: a search starts it, and the same search in a few seconds goes
 * by meaning, too. */
bool rag_starting(const struct rag *r);
/* Whether there is nobody who embeds, by choice or because nothing is installed. */
bool rag_nobody(const struct rag *r);
/* It was looked, nothing is wrong, and there are no vectors: waiting brings none. */
bool rag_empty(const struct rag *r);
/* The model whose vectors are being made; "": none. */
const char *rag_wanted(const struct rag *r);
/* The artifacts whose vectors are nearest to the text, as vector_store_class.search.
 * ERR_UNAVAILABLE with rag_why; errors of embedder and store. On a fiber. */
enum err rag_nearest(struct rag *r, const char *text, size_t most, const int64_t *among,
                     size_t among_count, struct vector_hit *hits, size_t *found,
                     struct err_info *info) MUST_CHECK;

/* The same for somebody who has better things to do than wait: only when the embedder is at hand
 * (embedder_at_hand), and for at most so many ms. ERR_TIMEOUT: it was not done by then; it is given
 * up. */
enum err rag_nearest_soon(struct rag *r, const char *text, uint64_t ms, size_t most,
                          struct vector_hit *hits, size_t *found, struct err_info *info) MUST_CHECK;

/* {embedder: local|backend|none, model, dimensions, searched (the model whose vectors are searched,
 * "": none), state: none|embedding|paused|ready|failing, artifacts, embedded, refused, refused_why,
 * todo, vectors: {kind, count, state: none|filling|ready|failing, problem}, by: words|words and
 * meaning, problem, remedy}. Caller puts. On a fiber. */
enum err rag_status(struct rag *r, struct json_object **out, struct err_info *info) MUST_CHECK;

#endif
