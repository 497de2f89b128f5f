/* What the files of the Qdrant store share. */
#ifndef DISE_BACKENDS_QDRANT_INTERNAL_H
#define DISE_BACKENDS_QDRANT_INTERNAL_H

#include "backends/qdrant.h"
#include "base/json.h"
#include "core/llm/http.h"

enum {
    QDRANT_ROWS = 256,          /* vectors a request … */
    QDRANT_BYTES = 2 << 20,     /* … and bytes: Qdrant refuses requests of more than 32 MB */
    QDRANT_IDS = 10000,         /* ids a request or an answer that has no vectors */
    QDRANT_AMONG = 200000,      /* ids of a filter: about 2 MB */
    QDRANT_BODY_MAX = 24 << 20, /* with the ids of a filter */
    QDRANT_TRIES = 5,           /* of what is done in the background … */
    QDRANT_TRIES_SEARCH = 2,    /* … and of what a person waits for, … */
    QDRANT_SEARCH_MS = 10000,   /* … each of so long at most */
};

#define QDRANT_FIELD      "dise" /* of the payload; its value is `mark` */
#define QDRANT_NAME_CHARS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"

extern const struct vector_store_class qdrant_store;

struct qdrant {
    struct vector_store base;
    struct http *http;
    char *url;          /* of the collection, without a slash at its end */
    char *header, *key; /* "api-key: KEY" and the key inside it; NULL: none */
    char host[128];
    char collection[QDRANT_NAME_MAX];
    char mark[160]; /* HOME/MODEL */
    int timeout_ms, retry_ms;
    /* What one request may hold: our own limits, or lower ones of the collection (strict mode). */
    size_t rows, page, among;
    bool approximate; /* the collection allows no exact search */
};

/* Borrowed. */
struct qdrant_call {
    const char *method, *path; /* below the collection: "/points/query" */
    const struct buf *body;    /* JSON; NULL: none */
    int tries;
    int most_ms; /* 0: the store's own limit */
};

/* One request, made again while it may help (the network, 429, 5xx: with backoff, or after the time
 * that Qdrant asks for). *result: the member `result` of the answer; the caller puts it. Errors, in
 * one sentence that says what to do: NET_…, TIMEOUT, HTTP_RATE and HTTP_SERVER after the last try;
 * HTTP_AUTH, HTTP_CLIENT, NOT_FOUND (the collection is gone), TOO_LARGE, PROTOCOL, CANCELLED. */
enum err qdrant_ask(struct qdrant *q, const struct qdrant_call *c, struct json_object **result,
                    struct err_info *info) MUST_CHECK;
/* What a failed http_fetch means, in the words of qdrant_ask. Returns the code. */
enum err qdrant_fault(const struct qdrant *q, enum err e, const struct http_response *r,
                      struct err_info *info) MUST_CHECK;
/* The object with its HTTP client, before anything is asked; its class closes it. */
enum err qdrant_new(struct sched *s, const struct vector_server *server, struct qdrant **out,
                    struct err_info *info) MUST_CHECK;
/* PROTOCOL: it sent something else than its reference says. */
enum err qdrant_odd(const struct qdrant *q, const char *what, struct err_info *info) MUST_CHECK;

#endif
