/* HTTP client: libcurl's multi interface on the loop, one call a fiber. */
#ifndef DISE_CORE_HTTP_H
#define DISE_CORE_HTTP_H

#include "base/buf.h"
#include "core/job/fiber.h"

struct http;

enum http_more {
    HTTP_STOP,    /* enough: the connection is closed, the call is a success */
    HTTP_WAITING, /* nothing of worth: the limit that runs goes on */
    HTTP_MORE,    /* the limit between two pieces begins anew */
    HTTP_END,     /* all is here: what follows is dropped, and when the response ends at once, its
                   * connection serves the next call; a success in any case */
};

/* The limit that ended a call. */
enum http_late {
    HTTP_IN_TIME,
    HTTP_LATE_CONNECT,
    HTTP_LATE_FIRST,
    HTTP_LATE_BETWEEN,
    HTTP_LATE_TOTAL
};

/* Borrowed during the call. Times in ms; 0: no limit. */
struct http_request {
    const char *url;
    const char *const *headers; /* "Name: value"; ends with NULL; may be NULL */
    const char *method;         /* NULL: POST with a body, else GET */
    const char *body;           /* may be NULL */
    size_t body_len;
    int64_t from; /* first byte wanted; 0: all */
    bool follow;  /* redirections; never with a key: curl sends all headers to the new place */
    int connect_ms, first_ms, between_ms, total_ms;
    /* Pieces of a body with a status below 300; NULL: they go to the response's `body`. */
    enum http_more (*on_data)(void *arg, const char *data, size_t n);
    void *arg;
};

struct http_response {
    long status;
    struct buf body;     /* also the body of an error, its first 64 KiB */
    int64_t length;      /* Content-Length; -1: not told */
    int retry_after_ms;  /* from now, by Retry-After or retry-after-ms; -1: not told */
    bool stopped;        /* by HTTP_STOP or HTTP_END */
    enum http_late late; /* with TIMEOUT */
    int late_ms;         /* the time that it had */
    char type[48];       /* Content-Type, without parameters; "": not told */
    char url[512];       /* after redirections; of a redirection that was not followed: its aim */
};
void http_response_init(struct http_response *r, size_t max); /* max: bytes of `body` */
void http_response_fini(struct http_response *r);

enum err http_open(struct sched *s, struct http **out, struct err_info *info) MUST_CHECK;
/* With no call under way. */
void http_close(struct http *h);

/* Errors: NET_RESOLVE, NET_CONNECT, NET_TLS, NET_BROKEN, TIMEOUT, CANCELLED, TOO_LARGE, PROTOCOL,
 * INPUT for an address that is none; else by http_status_error. One sentence each that names the
 * host and what to do, never a header. `info->native` is the status or curl's code. A refusal's
 * body is waited for 1 s at most, and then the status decides without it. */
enum err http_fetch(struct http *h, const struct http_request *request,
                    struct http_response *response, struct err_info *info) MUST_CHECK;
/* What a status means by itself: 401 and 403 HTTP_AUTH, 402 HTTP_QUOTA, 413 PROMPT_LONG, 429
 * HTTP_RATE, 408, 425 and all from 500 HTTP_SERVER, the rest from 300 HTTP_CLIENT; else OK. */
enum err http_status_error(long status);
/* "api.openai.com:443" of an address. */
void http_host(const char *url, char out[128]);

#endif
