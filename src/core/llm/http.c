#include "core/llm/http.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

enum { ERROR_BODY_MAX = 64 << 10, DEFAULT_CONNECT_MS = 10000 };

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
    uv_timer_t timer; /* first and between */
    bool finished, timed_out;
    CURLcode code;
    char message[CURL_ERROR_SIZE];
};

void http_response_init(struct http_response *r, size_t max)
{
    memset(r, 0, sizeof *r);
    buf_init(&r->body, max);
    r->length = r->retry_after_s = -1;
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

static void on_silence(uv_timer_t *timer)
{
    struct call *c = timer->data;
    c->timed_out = true;
    finish(c, CURLE_OPERATION_TIMEDOUT);
}

static void limit(struct call *c, int ms)
{
    if (ms > 0 && !c->finished)
        uv_timer_start(&c->timer, on_silence, (uint64_t)ms, 0);
    else
        uv_timer_stop(&c->timer);
}

/* Of an error's body only the beginning is kept, and the rest is no error. */
static enum err keep_body(struct call *c, long status, const char *data, size_t n)
{
    struct buf *b = &c->response->body;
    size_t most = status >= 300 && b->max > ERROR_BODY_MAX ? ERROR_BODY_MAX : b->max;
    size_t room = b->len < most ? most - b->len : 0;
    if (n <= room)
        return buf_add(b, data, n);
    return status >= 300 ? buf_add(b, data, room) : ERR_TOO_LARGE;
}

static size_t on_write(char *data, size_t one, size_t n, void *arg)
{
    struct call *c = arg;
    long status = 0;
    curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
    (void)one;
    if (status >= 300 || !c->request->on_data) {
        limit(c, c->request->between_ms);
        return keep_body(c, status, data, n) ? CURL_WRITEFUNC_ERROR : n;
    }
    switch (c->request->on_data(c->request->arg, data, n)) {
    case HTTP_STOP:
        c->response->stopped = true;
        return CURL_WRITEFUNC_ERROR;
    case HTTP_MORE:
        limit(c, c->request->between_ms);
        return n;
    default:
        return n;
    }
}

static void abort_call(struct await *a)
{
    finish(a->data, CURLE_ABORTED_BY_CALLBACK);
}

static void host_of(const char *url, char out[128])
{
    const char *start = strstr(url, "://");
    start = start ? start + 3 : url;
    snprintf(out, 128, "%.*s", (int)strcspn(start, "/?#"), start);
}

/* A proxy of the environment cannot reach this machine's own servers. */
static bool is_loopback(const char *url)
{
    char host[128];
    size_t n;
    host_of(url, host);
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
    curl_easy_setopt(e, CURLOPT_ERRORBUFFER, c->message);
    curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(e, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(e, CURLOPT_MAXREDIRS, 5L);
    curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(e, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(e, CURLOPT_USERAGENT, "dise/" DISE_VERSION);
    curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS,
                     (long)(q->connect_ms ? q->connect_ms : DEFAULT_CONNECT_MS));
    curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, (long)q->total_ms);
    if (q->from > 0)
        curl_easy_setopt(e, CURLOPT_RESUME_FROM_LARGE, (curl_off_t)q->from);
    if (!q->body)
        return;
    curl_easy_setopt(e, CURLOPT_POST, 1L);
    curl_easy_setopt(e, CURLOPT_POSTFIELDS, q->body);
    curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)q->body_len);
}

static enum err curl_error(struct call *c, struct err_info *info)
{
    char host[128];
    enum err e = ERR_NET_BROKEN;
    const char *what = "the connection broke";
    host_of(c->request->url, host);
    switch (c->code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
        e = ERR_NET_RESOLVE;
        what = "its name cannot be resolved";
        break;
    case CURLE_COULDNT_CONNECT:
        e = ERR_NET_CONNECT;
        what = "nothing answers there";
        break;
    case CURLE_OPERATION_TIMEDOUT:
        e = ERR_TIMEOUT;
        what = c->timed_out ? "it has been silent for too long" : "it took too long";
        break;
    case CURLE_WRITE_ERROR:
        e = ERR_TOO_LARGE;
        what = "its answer is larger than the limit";
        break;
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
        e = ERR_INPUT;
        what = "this is not an http or https address";
        break;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
        e = ERR_NET_CONNECT;
        what = "its TLS certificate is not accepted";
        break;
    default:
        break;
    }
    err_set(info, e, "%s: %s (%s)", host, what,
            c->message[0] ? c->message : curl_easy_strerror(c->code));
    if (info)
        info->native = (int)c->code;
    return e;
}

static enum err status_error(struct call *c, struct err_info *info)
{
    long s = c->response->status;
    enum err e = s == 401 || s == 403 ? ERR_HTTP_AUTH
                 : s == 429           ? ERR_HTTP_RATE
                 : s == 408           ? ERR_TIMEOUT
                 : s >= 500           ? ERR_HTTP_SERVER
                                      : ERR_HTTP_CLIENT;
    char host[128];
    host_of(c->request->url, host);
    err_set(info, e, "%s answered %ld: %s", host, s, err_text(e));
    if (info)
        info->native = (int)s;
    return e;
}

static void read_facts(struct call *c)
{
    struct http_response *r = c->response;
    curl_off_t length = -1, retry = 0;
    char *url = NULL;
    curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &r->status);
    curl_easy_getinfo(c->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    curl_easy_getinfo(c->easy, CURLINFO_RETRY_AFTER, &retry);
    curl_easy_getinfo(c->easy, CURLINFO_EFFECTIVE_URL, &url);
    r->length = length;
    if (retry > 0)
        r->retry_after_s = (int)retry;
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
    limit(&c, request->first_ms);
    await_init(&c.await, abort_call, &c);
    if (curl_multi_add_handle(h->multi, c.easy) != CURLM_OK)
        finish(&c, CURLE_FAILED_INIT);
    e = await_wait(&c.await);
    read_facts(&c);
    if (e || c.await.aborted)
        e = err_set(info, ERR_CANCELLED, "cancelled");
    else if (response->stopped)
        e = ERR_OK;
    else if (c.code != CURLE_OK)
        e = curl_error(&c, info);
    else if (response->status >= 300)
        e = status_error(&c, info);
    curl_easy_cleanup(c.easy);
    curl_slist_free_all(headers);
    return e;
}
