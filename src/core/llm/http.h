/* HTTP client: libcurl's multi interface on the loop, one call a fiber. */
#ifndef DISE_CORE_HTTP_H
#define DISE_CORE_HTTP_H

#include "base/buf.h"
#include "core/job/fiber.h"

struct http;

enum http_more {
    HTTP_STOP,    /* enough: the connection is closed, the call is a success */
    HTTP_WAITING, /* nothing of worth yet: the first limit goes on */
    HTTP_MORE,    /* the limit between two pieces begins anew */
};

/* Borrowed during the call. Times in ms; 0: no limit. */
struct http_request {
    const char *url;
    const char *const *headers; /* "Name: value"; ends with NULL; may be NULL */
    const char *body;           /* POST when not NULL */
    size_t body_len;
    int64_t from; /* first byte wanted; 0: all */
    int connect_ms, first_ms, between_ms, total_ms;
    /* Pieces of a body with a status below 300; NULL: they go to the response's `body`. */
    enum http_more (*on_data)(void *arg, const char *data, size_t n);
    void *arg;
};

struct http_response {
    long status;
    struct buf body;   /* also the body of an error, its first 64 KiB */
    int64_t length;    /* Content-Length; -1: not told */
    int retry_after_s; /* -1: not told */
    bool stopped;      /* by HTTP_STOP */
    char url[512];     /* after redirections */
};
void http_response_init(struct http_response *r, size_t max); /* max: bytes of `body` */
void http_response_fini(struct http_response *r);

enum err http_open(struct sched *s, struct http **out, struct err_info *info) MUST_CHECK;
/* With no call under way. */
void http_close(struct http *h);

/* Errors: NET_RESOLVE, NET_CONNECT, NET_BROKEN, TIMEOUT, CANCELLED, TOO_LARGE; by status 401 and
 * 403 HTTP_AUTH, 429 HTTP_RATE, other 4xx HTTP_CLIENT, 5xx HTTP_SERVER, each with one sentence that
 * names host and status, never a header. `info->native` is the status or curl's code. */
enum err http_fetch(struct http *h, const struct http_request *request,
                    struct http_response *response, struct err_info *info) MUST_CHECK;

#endif
