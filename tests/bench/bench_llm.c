/* What a model call costs beside the model, for bench_llm.py:
 *   bench_llm serve                         a model that takes no time; prints its port
 *   bench_llm curl|dise URL MODEL N WIDTH   N calls, WIDTH at once; prints their times as JSON
 * The model "instant" sends its 50 tokens in one piece, "paced" one every 10 ms. `curl` is the
 * floor: libcurl's multi interface in a bare loop, which reads the stream and looks at nothing. */
#include <curl/curl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "backends/openai.h"
#include "core/llm/router.h"

enum { TOKENS = 50, PACE_MS = 10, WIDTH_MAX = 256, CALLS_MAX = 20000, REQUEST_MAX = 64 << 10 };

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void say(const char *text)
{
    fputs(text, stdout);
    fflush(stdout);
}

/* ---- the model ---- */

#define DATA                                                                                       \
    "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\","
#define TOKEN                                                                                      \
    DATA "\"choices\":[{\"index\":0,\"delta\":{\"content\":\" "                                    \
         "token\"},\"finish_reason\":null}]}\n\n"
#define END                                                                                        \
    DATA "\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n" DATA           \
         "\"choices\":[],\"usage\":{\"prompt_tokens\":20,\"completion_tokens\":50,"                \
         "\"total_tokens\":70}}\n\ndata: [DONE]\n\n"
#define HEAD                                                                                       \
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
#define MODELS "{\"object\":\"list\",\"data\":[{\"id\":\"instant\"},{\"id\":\"paced\"}]}"

struct client {
    uv_tcp_t tcp;
    uv_timer_t timer;
    char request[REQUEST_MAX + 1];
    size_t have;
    int left, open; /* tokens; handles */
};

static char instant[64 << 10];
static size_t instant_len;

static void on_closed(uv_handle_t *h)
{
    struct client *c = h->data;
    if (--c->open == 0)
        free(c);
}

static void drop(struct client *c)
{
    if (uv_is_closing((uv_handle_t *)&c->tcp))
        return;
    uv_close((uv_handle_t *)&c->tcp, on_closed);
    uv_close((uv_handle_t *)&c->timer, on_closed);
}

/* The kernel's buffer takes all of it: the answers are small. */
static void put(struct client *c, const char *data, size_t n)
{
    uv_buf_t b = uv_buf_init((char *)data, (unsigned)n);
    if (uv_try_write((uv_stream_t *)&c->tcp, &b, 1) != (int)n)
        drop(c);
}

static void put_chunk(struct client *c, const char *text)
{
    char out[1024];
    put(c, out, (size_t)snprintf(out, sizeof out, "%zx\r\n%s\r\n", strlen(text), text));
}

static void on_pace(uv_timer_t *t)
{
    struct client *c = t->data;
    if (c->left-- > 0) {
        put_chunk(c, TOKEN);
        return;
    }
    uv_timer_stop(t);
    put_chunk(c, END);
    if (!uv_is_closing((uv_handle_t *)t))
        put(c, "0\r\n\r\n", 5);
}

static void answer(struct client *c)
{
    char out[512];
    if (strncmp(c->request, "GET", 3) == 0) {
        put(c, out,
            (size_t)snprintf(out, sizeof out,
                             "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                             "Content-Length: %zu\r\n\r\n%s",
                             strlen(MODELS), MODELS));
    } else if (strstr(c->request, "paced")) {
        c->left = TOKENS;
        put(c, HEAD, strlen(HEAD));
        uv_timer_start(&c->timer, on_pace, PACE_MS, PACE_MS);
    } else {
        put(c, instant, instant_len);
    }
}

static void on_alloc(uv_handle_t *h, size_t size, uv_buf_t *out)
{
    struct client *c = h->data;
    (void)size;
    *out = uv_buf_init(c->request + c->have, (unsigned)(REQUEST_MAX - c->have));
}

static void on_read(uv_stream_t *s, ssize_t n, const uv_buf_t *b)
{
    struct client *c = s->data;
    const char *end, *length;
    (void)b;
    if (n < 0) {
        drop(c);
        return;
    }
    c->have += (size_t)n;
    c->request[c->have] = 0;
    end = strstr(c->request, "\r\n\r\n");
    length = strcasestr(c->request, "\r\nContent-Length:");
    if (!end)
        return;
    if (length && length < end &&
        c->have < (size_t)(end + 4 - c->request) + strtoul(length + 17, NULL, 10))
        return;
    c->have = 0;
    answer(c);
}

static void on_connection(uv_stream_t *server, int status)
{
    struct client *c = calloc(1, sizeof *c);
    if (!c || status)
        abort();
    uv_tcp_init(server->loop, &c->tcp);
    uv_timer_init(server->loop, &c->timer);
    c->tcp.data = c->timer.data = c;
    c->open = 2;
    if (uv_accept(server, (uv_stream_t *)&c->tcp))
        abort();
    uv_tcp_nodelay(&c->tcp, 1);
    uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read);
}

static int serve(void)
{
    uv_loop_t *loop = uv_default_loop();
    uv_tcp_t tcp;
    struct sockaddr_in a;
    int size = sizeof a;
    char line[32];
    static char all[60 << 10];
    for (int i = 0; i < TOKENS; i++)
        strcat(all, TOKEN);
    strcat(all, END);
    instant_len =
        (size_t)snprintf(instant, sizeof instant, HEAD "%zx\r\n%s\r\n0\r\n\r\n", strlen(all), all);
    uv_tcp_init(loop, &tcp);
    uv_ip4_addr("127.0.0.1", 0, &a);
    if (uv_tcp_bind(&tcp, (struct sockaddr *)&a, 0) ||
        uv_listen((uv_stream_t *)&tcp, 512, on_connection) ||
        uv_tcp_getsockname(&tcp, (struct sockaddr *)&a, &size))
        return 1;
    snprintf(line, sizeof line, "%d\n", ntohs(a.sin_port));
    say(line);
    return uv_run(loop, UV_RUN_DEFAULT);
}

/* ---- what the clients share ---- */

struct bench {
    const char *url, *model;
    int calls, width, begun, failed;
    double times[CALLS_MAX];
    int done;
    char why[512];
};

/* Of this program alone: getrusage would tell that of the process that started it. */
static long peak_kb(void)
{
    char line[128];
    long kb = 0;
    FILE *f = fopen("/proc/self/status", "r");
    while (f && fgets(line, sizeof line, f))
        if (strncmp(line, "VmHWM:", 6) == 0)
            kb = strtol(line + 6, NULL, 10);
    if (f)
        fclose(f);
    return kb;
}

static void print(const struct bench *b, double seconds)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    printf("{\"failed\":%d,\"why\":", b->failed);
    printf("\"%s\",\"seconds\":%.4f,\"cpu\":%.4f,\"rss_kb\":%ld,\"times\":[",
           b->failed ? "see standard error" : "", seconds,
           (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
               (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6,
           peak_kb());
    for (int i = 0; i < b->done; i++)
        printf("%s%.4f", i ? "," : "", b->times[i]);
    say("]}\n");
    if (b->failed)
        fprintf(stderr, "%s\n", b->why);
}

#define PROMPT "Write a function that adds two numbers. It takes a and b and returns their sum."

/* ---- the floor ---- */

struct transfer {
    CURL *easy;
    double began;
};

static size_t swallow(char *data, size_t one, size_t n, void *arg)
{
    (void)data;
    (void)arg;
    return one * n;
}

static void start(CURLM *multi, struct bench *b, struct transfer *t)
{
    if (b->begun++ >= b->calls)
        return;
    t->began = now_ms();
    curl_multi_add_handle(multi, t->easy);
}

static void finished(CURLM *multi, struct bench *b, CURLMsg *m)
{
    struct transfer *t;
    CURLcode code = m->data.result;
    long status = 0;
    curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&t);
    curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_multi_remove_handle(multi, t->easy);
    b->times[b->done++] = now_ms() - t->began;
    if (code != CURLE_OK || status != 200) {
        b->failed++;
        snprintf(b->why, sizeof b->why, "%s, %ld", curl_easy_strerror(code), status);
    }
    start(multi, b, t);
}

static void run_curl(struct bench *b)
{
    static struct transfer transfers[WIDTH_MAX];
    CURLM *multi = curl_multi_init();
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
    char url[300], body[600];
    CURLMsg *m;
    int running = 1, left;
    headers = curl_slist_append(headers, "Authorization: Bearer sk-bench");
    snprintf(url, sizeof url, "%s/chat/completions", b->url);
    snprintf(body, sizeof body,
             "{\"model\":\"%s\",\"messages\":[{\"role\":\"user\",\"content\":\"" PROMPT "\"}],"
             "\"temperature\":0,\"max_tokens\":100,\"stream\":true,"
             "\"stream_options\":{\"include_usage\":true}}",
             b->model);
    for (int i = 0; i < b->width; i++) {
        CURL *e = transfers[i].easy = curl_easy_init();
        curl_easy_setopt(e, CURLOPT_URL, url);
        curl_easy_setopt(e, CURLOPT_PROXY, "");
        curl_easy_setopt(e, CURLOPT_HTTPHEADER, headers);
        curl_easy_setopt(e, CURLOPT_POSTFIELDS, body);
        curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, swallow);
        curl_easy_setopt(e, CURLOPT_PRIVATE, &transfers[i]);
        start(multi, b, &transfers[i]);
    }
    while (b->done < b->calls) {
        curl_multi_perform(multi, &running);
        while ((m = curl_multi_info_read(multi, &left)))
            if (m->msg == CURLMSG_DONE)
                finished(multi, b, m);
        if (b->done < b->calls)
            curl_multi_poll(multi, NULL, 0, 1000, NULL);
    }
    for (int i = 0; i < b->width; i++)
        curl_easy_cleanup(transfers[i].easy);
    curl_slist_free_all(headers);
    curl_multi_cleanup(multi);
}

/* ---- DiSE ---- */

struct caller {
    struct bench *bench;
    struct router *router;
    const struct llm_target *target;
};

static enum llm_more on_text(void *arg, const char *text, size_t n)
{
    (void)arg;
    (void)text;
    (void)n;
    return LLM_MORE;
}

static enum err call_on(void *arg)
{
    static const struct llm_message messages[] = {{"user", PROMPT}};
    const struct caller *c = arg;
    struct bench *b = c->bench;
    struct llm_request q = {.messages = messages,
                            .message_count = 1,
                            .max_tokens = 100,
                            .seed = -1,
                            .first_token_ms = 60000,
                            .between_tokens_ms = 30000,
                            .total_ms = 120000,
                            .on_text = on_text};
    while (b->begun++ < b->calls) {
        struct llm_reply reply;
        struct err_info info = {0};
        double began = now_ms();
        llm_reply_init(&reply);
        if (router_chat(c->router, c->target, &q, &reply, &info) || reply.tokens_out != TOKENS) {
            b->failed++;
            snprintf(b->why, sizeof b->why, "%.400s", info.message);
        }
        b->times[b->done++] = now_ms() - began;
        llm_reply_fini(&reply);
    }
    return ERR_OK;
}

struct run {
    struct bench *bench;
    struct sched *sched;
    double seconds;
};

static enum err run_all(void *arg)
{
    static const struct backend_class *const classes[] = {&openai_backend, NULL};
    struct run *r = arg;
    struct bench *b = r->bench;
    struct fiber *fibers[WIDTH_MAX];
    struct router_options options = {.classes = classes};
    struct caller c = {.bench = b};
    struct llm_target target;
    struct err_info info = {0};
    char text[900];
    double began;
    snprintf(text, sizeof text,
             "{\"backend\":\"bench\",\"backends\":{\"bench\":{\"base_url\":\"%s\",\"api_key\":"
             "\"sk-bench\",\"parallel\":%d,\"model_roles\":{\"fast\":\"%s\"}},"
             "\"ollama\":{\"enabled\":false},\"lmstudio\":{\"enabled\":false},"
             "\"openai\":{\"enabled\":false},\"local\":{\"enabled\":false}}}",
             b->url, b->width, b->model);
    if (json_parse(text, strlen(text), NULL, &options.config, &info) ||
        router_open(r->sched, &options, &c.router, &info) ||
        router_resolve(c.router, "fast", &target, &info)) {
        fprintf(stderr, "%s\n", info.message);
        exit(1);
    }
    c.target = &target;
    began = now_ms();
    for (int i = 0; i < b->width; i++)
        fibers[i] = fiber_spawn(r->sched, "caller", call_on, &c);
    for (int i = 0; i < b->width; i++)
        fiber_join(fibers[i], NULL);
    r->seconds = (now_ms() - began) / 1000;
    router_close(c.router);
    json_object_put(options.config);
    return ERR_OK;
}

static double run_dise(struct bench *b)
{
    uv_loop_t loop;
    struct run r = {.bench = b};
    uv_loop_init(&loop);
    r.sched = sched_new(&loop);
    fiber_detach(fiber_spawn(r.sched, "bench", run_all, &r), NULL, NULL);
    sched_run(r.sched);
    sched_close(r.sched);
    uv_run(&loop, UV_RUN_DEFAULT);
    return r.seconds;
}

int main(int argc, char **argv)
{
    static struct bench b;
    double began = now_ms();
    signal(SIGPIPE, SIG_IGN);
    if (argc == 2 && strcmp(argv[1], "serve") == 0)
        return serve();
    if (argc != 6)
        return 2;
    b.url = argv[2];
    b.model = argv[3];
    b.calls = atoi(argv[4]);
    b.width = atoi(argv[5]);
    if (b.calls < 1 || b.calls > CALLS_MAX || b.width < 1 || b.width > WIDTH_MAX)
        return 2;
    curl_global_init(CURL_GLOBAL_DEFAULT);
    if (strcmp(argv[1], "dise") == 0) {
        print(&b, run_dise(&b));
    } else {
        run_curl(&b);
        print(&b, (now_ms() - began) / 1000);
    }
    return b.failed != 0;
}
