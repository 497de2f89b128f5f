/* The durable embeddings: table `embedding`, one row per artifact and model, which is the truth for
 * every store of vectors; and `embedding_todo`, the artifacts that are new or were changed and that
 * triggers fill. A vector is made of a text whose hash is kept: the same text is never embedded
 * twice by one model.
 *
 * All functions run on a store thread (store_fn); wrap them in store_read and store_write. */
#ifndef DISE_CORE_EMBEDDINGS_H
#define DISE_CORE_EMBEDDINGS_H

#include "base/json.h"
#include "core/store/store.h"

/* The text that stands for an artifact: "name in words: task (tags)", then the beginning of its
 * specification, else of its content (of a program only where there is no task), at most `most`
 * bytes of that. Whole characters. */
enum err embeddings_text(struct json_object *artifact, size_t most, struct buf *out) MUST_CHECK;

/* ---- making ---- */

enum embed_how {
    EMBED_MAKE,    /* its text is to be embedded */
    EMBED_KNOWN,   /* the vector that it has is that of its text */
    EMBED_COPY,    /* another artifact has the same text */
    EMBED_GONE,    /* put aside or removed: nothing is made */
    EMBED_REFUSED, /* the model does not take the text; `error` says why */
};

struct embed_item {
    int64_t artifact, n;
    enum embed_how how;
    char hash[65];
    char *text;          /* EMBED_MAKE; heap */
    const float *vector; /* that was made; borrowed */
    const char *error;   /* borrowed */
};

enum { EMBED_BATCH_MAX = 32 };

/* What is to be done next, newest artifacts first. */
struct embed_batch {
    const char *model;
    size_t text_most;  /* embeddings_text */
    int most;          /* items, at most EMBED_BATCH_MAX */
    size_t bytes_most; /* of the texts together; one is always taken */
    struct embed_item items[EMBED_BATCH_MAX];
    int count;
    size_t dimensions; /* of the vectors that were made */
};

store_fn embeddings_next; /* arg: struct embed_batch; fills items. For store_read. */
void embeddings_batch_free(struct embed_batch *b);
/* Keeps what became of the batch, all or nothing. For store_write. ERR_PROTOCOL with a sentence:
 * the model has vectors of another length already. */
store_fn embeddings_keep;

struct embed_model {
    char model[64], place[32], name[128];
    char setting[65];   /* a digest of its address and such: when it changes, refused texts are
                           tried again */
    int64_t dimensions; /* 0: none was made yet */
    bool searched;
};
/* arg: struct embed_model: model, place, name, setting; fills the rest */
store_fn embeddings_want;
/* Puts everything that lacks its vector of this model on the list; arg: const char *model. Looks at
 * every artifact. */
store_fn embeddings_list;
/* The model whose vectors are searched; model "": none. */
store_fn embeddings_searched; /* arg: struct embed_model */
store_fn embeddings_search;   /* arg: const char *model: from now on its vectors are searched */

/* Removes vectors of models that are neither searched nor `wanted`, a piece at a call; *more: call
 * again. `dry`: only counts. At the end `models` has the names of those that are gone. */
struct embed_old {
    const char *wanted; /* ""; borrowed */
    bool dry, more;
    int64_t count;              /* added to */
    struct json_object *models; /* an array; the caller's */
};
store_fn embeddings_drop_old;
store_fn embeddings_kept; /* adds the others to `models`; arg: struct embed_old */

struct embed_figures {
    const char *model;
    int64_t artifacts, made, refused, todo; /* of those that are not put aside */
    char refused_why[200];                  /* of one of them */
};
store_fn embeddings_count; /* arg: struct embed_figures */

/* ---- copies: stores of vectors ---- */

/* What has changed behind `after`, in the order of the changes. */
struct embed_change {
    int64_t artifact;
    bool live; /* false: it is to leave the copy */
};
struct embed_changes {
    const char *model;
    size_t dimensions; /* those of another length are left out as if they were not there */
    int64_t after;     /* moved on by the call */
    int most;
    struct embed_change *changes; /* room for `most` */
    float *vectors;               /* room for most × dimensions; row by row, of the live ones */
    int count, live;
    bool end; /* there was nothing more */
};
store_fn embeddings_changes; /* arg: struct embed_changes. For store_read. */

struct embed_copy {
    const char *store, *model;
    int64_t seq;        /* so far it is filled */
    int64_t dimensions; /* 0: `live` is not asked for */
    int64_t live;       /* out: vectors of that length that belong into it by then */
};
store_fn embeddings_copy_read; /* arg: struct embed_copy; seq 0: never filled */
store_fn embeddings_copy_set;  /* arg: struct embed_copy */
store_fn embeddings_clean; /* forgets removed artifacts of which every copy has heard; arg: NULL */

/* Which of the artifacts (ascending ids) belong into a copy; sets keep[i]. For store_read. */
struct embed_check {
    const char *model;
    size_t dimensions;
    const int64_t *ids;
    size_t count;
    bool *keep;
};
store_fn embeddings_check; /* arg: struct embed_check */

#endif
