#include "core/llm/http.h"

#include <curl/curl.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum {
    ERROR_BODY_MAX = 64 << 10,
    ERROR_BODY_MS = 1000, /* a refusal's text is worth no longer wait */
    HEADERS_MAX = 256 << 10,
    DEFAULT_CONNECT_MS = 10000,
    END_MS = 50, /* for the end of a response whose content is complete */
};

struct http {
    struct sched *sched;
    CURLM *multi;
    uv_timer_t timer;
};

/* One socket of curl's; lives from its first poll to the close callback. */
struct watch {
    struct http *http;
    uv_poll_t poll;
    curl_socket_t fd;
};

struct call {
    struct http *http;
    const struct http_request *request;
    struct http_response *response;
    struct await await;
    CURL *easy;
    uv_timer_t timer;     /* first and between */
    enum http_late limit; /* that the timer watches */
    uint64_t began;       /* loop time */
    size_t header_bytes;
    bool finished, timed_out, ended, refused; /* ended: HTTP_END; refused: a status from 300 */
    bool looked_again;                        /* since the timer's time is over */
    CURLcode code;
    char message[CURL_ERROR_SIZE];
};

void http_response_init(struct http_response *r, size_t max)
{
    memset(r, 0, sizeof *r);
    buf_init(&r->body, max);
    r->length = r->retry_after_ms = -1;
}

void http_response_fini(struct http_response *r)
{
    buf_fini(&r->body);
}

/* ---- curl on the loop ---- */

static void on_call_closed(uv_handle_t *h)
{
    struct call *c = h->data;
    await_done(&c->await, ERR_OK);
}

static void finish(struct call *c, CURLcode code)
{
    if (c->finished)
        return;
    c->finished = true;
    c->code = code;
    curl_multi_remove_handle(c->http->multi, c->easy);
    uv_close((uv_handle_t *)&c->timer, on_call_closed);
}

/* Always to the end: one event can end several transfers. */
static void drain(struct http *h)
{
    CURLMsg *m;
    int left;
    while ((m = curl_multi_info_read(h->multi, &left))) {
        struct call *c;
        CURLcode code = m->data.result;
        if (m->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&c);
        finish(c, code);
    }
}

/* A poll error goes in as readable and writable: curl then finds the cause itself. */
static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct watch *w = poll->data;
    struct http *h = w->http;
    int flags = 0, running;
    if (status < 0 || events & UV_READABLE)
        flags |= CURL_CSELECT_IN;
    if (status < 0 || events & UV_WRITABLE)
        flags |= CURL_CSELECT_OUT;
    curl_multi_socket_action(h->multi, w->fd, flags, &running);
    drain(h);
}

static void on_watch_closed(uv_handle_t *h)
{
    free(h->data);
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *socket)
{
    struct http *h = arg;
    struct watch *w = socket;
    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (w) {
            uv_poll_stop(&w->poll);
            uv_close((uv_handle_t *)&w->poll, on_watch_closed);
            curl_multi_assign(h->multi, fd, NULL);
        }
        return 0;
    }
    if (!w) {
        w = calloc(1, sizeof *w);
        if (!w || uv_poll_init_socket(sched_loop(h->sched), &w->poll, fd)) {
            free(w);
            return -1;
        }
        w->http = h;
        w->fd = fd;
        w->poll.data = w;
        curl_multi_assign(h->multi, fd, w);
    }
    uv_poll_start(&w->poll,
                  (what & CURL_POLL_IN ? UV_READABLE : 0) |
                      (what & CURL_POLL_OUT ? UV_WRITABLE : 0),
                  on_poll);
    return 0;
}

static void on_timer(uv_timer_t *timer)
{
    struct http *h = timer->data;
    int running;
    curl_multi_socket_action(h->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    drain(h);
}

static int on_timeout(CURLM *multi, long ms, void *arg)
{
    struct http *h = arg;
    (void)multi;
    if (ms < 0)
        uv_timer_stop(&h->timer);
    else
        uv_timer_start(&h->timer, on_timer, ms == 0 ? 0 : (uint64_t)ms, 0);
    return 0;
}

enum err http_open(struct sched *s, struct http **out, struct err_info *info)
{
    static bool initialised;
    struct http *h = calloc(1, sizeof *h);
    *out = NULL;
    if (!initialised)
        curl_global_init(CURL_GLOBAL_DEFAULT);
    initialised = true;
    if (h)
        h->multi = curl_multi_init();
    if (!h || !h->multi) {
        free(h);
        return err_set(info, ERR_NOMEM, "out of memory");
    }
    h->sched = s;
    uv_timer_init(sched_loop(s), &h->timer);
    h->timer.data = h;
    curl_multi_setopt(h->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(h->multi, CURLMOPT_SOCKETDATA, h);
    curl_multi_setopt(h->multi, CURLMOPT_TIMERFUNCTION, on_timeout);
    curl_multi_setopt(h->multi, CURLMOPT_TIMERDATA, h);
    *out = h;
    return ERR_OK;
}

static void on_http_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void http_close(struct http *h)
{
    curl_multi_cleanup(h->multi);
    uv_close((uv_handle_t *)&h->timer, on_http_closed);
}

/* ---- one call ---- */

/* Timers go before sockets: when this process stood still for so long (a busy machine, Ctrl-Z),
 * what came in time lies there unread. So the sockets get one turn of the loop before the time is
 * over. */
static void on_silence(uv_timer_t *timer)
{
    struct call *c = timer->data;
    if (!c->looked_again) {
        c->looked_again = true;
        uv_timer_start(&c->timer, on_silence, 1, 0);
        return;
    }
    c->timed_out = !c->ended && !c->refused;
    finish(c, c->ended || c->refused ? CURLE_OK : CURLE_OPERATION_TIMEDOUT);
}

static void limit(struct call *c, enum http_late which, int ms)
{
    c->limit = which;
    c->looked_again = false;
    if (ms > 0 && !c->finished)
        uv_timer_start(&c->timer, on_silence, (uint64_t)ms, 0);
    else
        uv_timer_stop(&c->timer);
}

static void begin_refusal(struct call *c)
{
    if (!c->refused)
        limit(c, HTTP_LATE_TOTAL, ERROR_BODY_MS);
    c->refused = true;
}

/* OpenAI's servers tell the wait also in milliseconds. */
static void read_retry_ms(struct call *c, const char *line, size_t n)
{
    static const char name[] = "retry-after-ms:";
    size_t skip = strlen(name);
    char digits[16];
    long ms;
    if (n <= skip || strncasecmp(line, name, skip) != 0)
        return;
    snprintf(digits, sizeof digits, "%.*s", (int)(n - skip), line + skip);
    ms = strtol(digits, NULL, 10);
    if (ms > 0 && ms < INT_MAX)
        c->response->retry_after_ms = (int)ms;
}

/* One line of them a time, the empty one as well. Endless headers are no answer. */
static size_t on_header(char *line, size_t one, size_t n, void *arg)
{
    struct call *c = arg;
    long status = 0;
    (void)one;
    c->header_bytes += n;
    read_retry_ms(c, line, n);
    curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
    if (n <= 2 && status >= (c->request->follow ? 400 : 300))
        begin_refusal(c);
    return c->header_bytes > HEADERS_MAX ? 0 : n;
}

/* Of a refusal's body only the beginning is read, for a short time. */
static size_t keep_refusal(struct call *c, const char *data, size_t n)
{
    struct buf *b = &c->response->body;
    size_t most = b->max > ERROR_BODY_MAX ? ERROR_BODY_MAX : b->max;
    size_t room = b->len < most ? most - b->len : 0;
    begin_refusal(c);
    return buf_add(b, data, n < room ? n : room) || n > room ? CURL_WRITEFUNC_ERROR : n;
}

static size_t keep_body(struct call *c, const char *data, size_t n)
{
    limit(c, HTTP_LATE_BETWEEN, c->request->between_ms);
    return buf_add(&c->response->body, data, n) ? CURL_WRITEFUNC_ERROR : n;
}

static size_t on_write(char *data, size_t one, size_t n, void *arg)
{
    struct call *c = arg;
    long status = 0;
    curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
    (void)one;
    if (c->ended)
        return n;
    if (status >= 300)
        return keep_refusal(c, data, n);
    if (!c->request->on_data)
        return keep_body(c, data, n);
    switch (c->request->on_data(c->request->arg, data, n)) {
    case HTTP_STOP:
        c->response->stopped = true;
        return CURL_WRITEFUNC_ERROR;
    case HTTP_END:
        c->response->stopped = c->ended = true;
        limit(c, HTTP_IN_TIME, END_MS);
        return n;
    case HTTP_MORE:
        limit(c, HTTP_LATE_BETWEEN, c->request->between_ms);
        return n;
    default:
        return n;
    }
}

static void abort_call(struct await *a)
{
    finish(a->data, CURLE_ABORTED_BY_CALLBACK);
}

void http_host(const char *url, char out[128])
{
    const char *start = strstr(url, "://");
    start = start ? start + 3 : url;
    start += strcspn(start, "@/?#") < strcspn(start, "/?#") ? strcspn(start, "@") + 1 : 0;
    snprintf(out, 128, "%.*s", (int)strcspn(start, "/?#"), start);
}

/* A proxy of the environment cannot reach this machine's own servers. */
static bool is_loopback(const char *url)
{
    char host[128];
    size_t n;
    http_host(url, host);
    if (strncmp(host, "[::1]", 5) == 0)
        return true;
    n = strcspn(host, ":");
    return (n == 9 && strncasecmp(host, "localhost", n) == 0) ||
           (strncmp(host, "127.", 4) == 0 && strspn(host, "0123456789.") == n);
}

static void set_options(struct call *c, struct curl_slist *headers)
{
    const struct http_request *q = c->request;
    CURL *e = c->easy;
    const char *ca = getenv("SSL_CERT_FILE");
    if (!ca || !*ca)
        ca = getenv("CURL_CA_BUNDLE");
    if (ca && *ca)
        curl_easy_setopt(e, CURLOPT_CAINFO, ca);
    curl_easy_setopt(e, CURLOPT_URL, q->url);
    if (is_loopback(q->url))
        curl_easy_setopt(e, CURLOPT_PROXY, "");
    curl_easy_setopt(e, CURLOPT_PRIVATE, c);
    curl_easy_setopt(e, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_write);
    curl_easy_setopt(e, CURLOPT_WRITEDATA, c);
    curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(e, CURLOPT_HEADERDATA, c);
    curl_easy_setopt(e, CURLOPT_ERRORBUFFER, c->message);
    curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(e, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, q->follow ? 1L : 0L);
    curl_easy_setopt(e, CURLOPT_MAXREDIRS, 5L);
    curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(e, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(e, CURLOPT_USERAGENT, "dise/" DISE_VERSION);
    curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS,
                     (long)(q->connect_ms ? q->connect_ms : DEFAULT_CONNECT_MS));
    curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, (long)q->total_ms);
    if (q->from > 0)
        curl_easy_setopt(e, CURLOPT_RESUME_FROM_LARGE, (curl_off_t)q->from);
    if (q->method)
        curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST, q->method);
    if (!q->body)
        return;
    curl_easy_setopt(e, CURLOPT_POST, 1L);
    curl_easy_setopt(e, CURLOPT_POSTFIELDS, q->body);
    curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)q->body_len);
}

/* The limit that was passed, and how long it was. Without a connection it is always that one. */
static void tell_late(struct call *c)
{
    struct http_response *r = c->response;
    curl_off_t connected = 0;
    curl_easy_getinfo(c->easy, CURLINFO_PRETRANSFER_TIME_T, &connected);
    r->late = !connected ? HTTP_LATE_CONNECT : c->timed_out ? c->limit : HTTP_LATE_TOTAL;
    r->late_ms = (int)(uv_now(sched_loop(c->http->sched)) - c->began);
    if (r->late == HTTP_LATE_BETWEEN)
        r->late_ms = c->request->between_ms;
}

static const char *late_words(const struct http_response *r)
{
    switch (r->late) {
    case HTTP_LATE_CONNECT:
        return "it cannot be reached: no connection";
    case HTTP_LATE_FIRST:
        return "it did not begin to answer";
    case HTTP_LATE_BETWEEN:
        return "it fell silent: nothing new";
    default:
        return "its answer did not end";
    }
}

/* What a cause of curl's is called here, and what to do about it. */
static enum err cause_of(const struct call *c, const char **what)
{
    long number = 0;
    switch (c->code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
        *what = "its name cannot be resolved; check the address and the network";
        return ERR_NET_RESOLVE;
    case CURLE_COULDNT_CONNECT:
        *what = "nothing answers there; start it, or correct the address";
        return ERR_NET_CONNECT;
    case CURLE_WRITE_ERROR:
        *what = c->header_bytes > HEADERS_MAX
                    ? "its headers do not end; this is not the right server"
                    : "its answer is larger than the limit";
        return c->header_bytes > HEADERS_MAX ? ERR_PROTOCOL : ERR_TOO_LARGE;
    case CURLE_URL_MALFORMAT:
        *what = "this is not an http or https address";
        return ERR_INPUT;
    case CURLE_UNSUPPORTED_PROTOCOL: /* also said of an answer that is not HTTP */
        if (strncasecmp(c->request->url, "http", 4) != 0) {
            *what = "this is not an http or https address";
            return ERR_INPUT;
        } /* fall through */
    case CURLE_WEIRD_SERVER_REPLY:
        *what = "what answers there does not speak HTTP; check the address, and whether it begins "
                "with https";
        return ERR_PROTOCOL;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
        *what = "its TLS certificate is not trusted; if you trust it, name its authority's file in "
                "SSL_CERT_FILE";
        return ERR_NET_TLS;
    case CURLE_SSL_CACERT_BADFILE:
        *what = "the file of certificates cannot be read; check SSL_CERT_FILE and CURL_CA_BUNDLE";
        return ERR_NET_TLS;
    case CURLE_SSL_CONNECT_ERROR:
        curl_easy_getinfo(c->easy, CURLINFO_OS_ERRNO, &number);
        if (number == ECONNRESET || number == EPIPE) {
            *what = "the connection broke while it was being secured; try again";
            return ERR_NET_BROKEN;
        }
        *what = "no secure connection; if it speaks plain HTTP, write http:// in its address";
        return ERR_NET_TLS;
    case CURLE_OUT_OF_MEMORY:
        *what = "out of memory";
        return ERR_NOMEM;
    default:
        *what = "the connection broke; try again";
        return ERR_NET_BROKEN;
    }
}

static enum err curl_error(struct call *c, struct err_info *info)
{
    char host[128];
    const char *what = "";
    enum err e = ERR_TIMEOUT;
    http_host(c->request->url, host);
    if (c->code == CURLE_OPERATION_TIMEDOUT) {
        tell_late(c);
        err_set(info, e, "%s: %s within %.3g s", host, late_words(c->response),
                c->response->late_ms / 1000.0);
    } else {
        e = cause_of(c, &what);
        err_set(info, e, "%s: %s (%s)", host, what,
                c->message[0] ? c->message : curl_easy_strerror(c->code));
    }
    if (info)
        info->native = (int)c->code;
    return e;
}

enum err http_status_error(long s)
{
    switch (s) {
    case 401:
    case 403:
        return ERR_HTTP_AUTH;
    case 402:
        return ERR_HTTP_QUOTA;
    case 413:
        return ERR_PROMPT_LONG;
    case 429:
        return ERR_HTTP_RATE;
    case 408:
    case 425:
        return ERR_HTTP_SERVER;
    default:
        return s >= 500 ? ERR_HTTP_SERVER : s >= 300 ? ERR_HTTP_CLIENT : ERR_OK;
    }
}

static enum err status_error(struct call *c, struct err_info *info)
{
    long s = c->response->status;
    enum err e = http_status_error(s);
    char host[128];
    http_host(c->request->url, host);
    err_set(info, e, "%s answered %ld: %s", host, s, err_text(e));
    if (info)
        info->native = (int)s;
    return e;
}

static void read_facts(struct call *c)
{
    struct http_response *r = c->response;
    curl_off_t length = -1, retry = 0;
    char *url = NULL, *type = NULL;
    curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &r->status);
    curl_easy_getinfo(c->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    curl_easy_getinfo(c->easy, CURLINFO_RETRY_AFTER, &retry);
    curl_easy_getinfo(c->easy, CURLINFO_CONTENT_TYPE, &type);
    curl_easy_getinfo(c->easy, CURLINFO_REDIRECT_URL, &url); /* where one would have led */
    if (!url)
        curl_easy_getinfo(c->easy, CURLINFO_EFFECTIVE_URL, &url);
    r->length = length;
    if (retry > 0 && r->retry_after_ms < 0)
        r->retry_after_ms = retry > INT_MAX / 1000 ? INT_MAX : (int)retry * 1000;
    snprintf(r->type, sizeof r->type, "%.*s", type ? (int)strcspn(type, "; \t") : 0,
             type ? type : "");
    snprintf(r->url, sizeof r->url, "%s", url ? url : c->request->url);
}

enum err http_fetch(struct http *h, const struct http_request *request,
                    struct http_response *response, struct err_info *info)
{
    struct call c = {.http = h, .request = request, .response = response};
    struct curl_slist *headers = NULL;
    enum err e = fiber_check();
    if (e)
        return err_set(info, e, "cancelled");
    c.easy = curl_easy_init();
    if (!c.easy)
        return err_set(info, ERR_NOMEM, "out of memory");
    for (int i = 0; request->headers && request->headers[i]; i++)
        headers = curl_slist_append(headers, request->headers[i]);
    set_options(&c, headers);
    uv_timer_init(sched_loop(h->sched), &c.timer);
    c.timer.data = &c;
    c.began = uv_now(sched_loop(h->sched));
    limit(&c, HTTP_LATE_FIRST, request->first_ms);
    await_init(&c.await, abort_call, &c);
    if (curl_multi_add_handle(h->multi, c.easy) != CURLM_OK)
        finish(&c, CURLE_FAILED_INIT);
    e = await_wait(&c.await);
    read_facts(&c);
    if (e || c.await.aborted)
        e = err_set(info, ERR_CANCELLED, "cancelled");
    else if (response->stopped)
        e = ERR_OK;
    else if (response->status >= 300) /* also when its text did not come whole */
        e = status_error(&c, info);
    else if (c.code != CURLE_OK)
        e = curl_error(&c, info);
    curl_easy_cleanup(c.easy);
    curl_slist_free_all(headers);
    return e;
}
