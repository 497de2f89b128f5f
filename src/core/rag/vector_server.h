/* A server that searches vectors (Qdrant), as the configuration names it, and how it is opened: the
 * composition root hands that in, as the core knows no wire format. */
#ifndef DISE_CORE_VECTOR_SERVER_H
#define DISE_CORE_VECTOR_SERVER_H

#include "core/config.h"
#include "core/rag/vector_store.h"
#include "core/store/store.h"

/* The name of this home, which no other has; a database that was begun anew has another one, as its
 * artifacts are numbered anew. */
enum { VECTOR_HOME_SIZE = 33 };
store_fn vector_home; /* arg: char[VECTOR_HOME_SIZE]. For store_read. */

/* Borrowed during open. */
struct vector_server {
    const char *url;        /* of its REST API: "http://127.0.0.1:6333" */
    const char *api_key;    /* NULL and "": none; never shown */
    const char *collection; /* the beginning of the collection's name; its model follows */
    const char *home;       /* whose artifacts they are: an id without '/' that no other home has */
    const char *model;
    size_t dimensions;
    int timeout_ms; /* of one request; 0: the class's own */
    int retry_ms;   /* the first wait before a request is made again; 0: the class's own */
};

typedef enum err vector_server_open(struct sched *s, const struct vector_server *server,
                                    struct vector_store **out, struct err_info *info);

/* Asks whether it is well and says so in one sentence; needs no home, model and dimensions. */
enum { VECTOR_HEALTH_SIZE = 200 };
typedef enum err vector_server_health(struct sched *s, const struct vector_server *server,
                                      char text[VECTOR_HEALTH_SIZE], struct err_info *info);

/* Drops what it has of models that are not among `keep` (an array of names) and adds what that was
 * called to `gone`; `dry`: only names it. Needs no model and dimensions. */
typedef enum err vector_server_drop_old(struct sched *s, const struct vector_server *server,
                                        struct json_object *keep, bool dry,
                                        struct json_object *gone, struct err_info *info);

/* Where vectors are searched, by rag.store and rag.qdrant.*, else by the old system's rag_memory.
 * *server (NULL: not wanted): url, api_key and collection are filled in, borrowed from `c` and the
 * environment, also when vectors are searched in the file. ERR_INPUT with the place of what the
 * configuration says wrongly. */
enum err vector_choice(const struct config *c, bool *in_server, struct vector_server *server,
                       struct err_info *info) MUST_CHECK;

#endif
