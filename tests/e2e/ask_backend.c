/* One question to one backend class, without an engine: ask_backend CLASS URL [NAME=VALUE …].
 * Prints one JSON object a call (times=N) with what the class made of it: code, sentence, tokens,
 * text, time and the peak of memory. For tests/e2e/test_backend_faults.py. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/openai.h"

static const struct backend_class *const classes[] = {&openai_backend, NULL};

struct world {
    const struct backend_class *class;
    struct sched *sched;
    struct backend_config config;
    struct llm_request request;
    struct llm_reply reply;
    struct err_info info;
    struct json_object *models;
    enum err code;
    double ms;
    int times;
    bool ask_models;
};

static void print(const struct world *w);

static void ask_once(struct world *w, struct backend *b)
{
    uint64_t began = uv_hrtime();
    llm_reply_init(&w->reply);
    if (w->ask_models)
        w->code = w->class->models(b, w->request.total_ms, &w->models, &w->info);
    else
        w->code = w->class->chat(b, &w->request, &w->reply, &w->info);
    w->ms = (double)(uv_hrtime() - began) / 1e6;
    print(w);
    llm_reply_fini(&w->reply);
    json_object_put(w->models);
    w->models = NULL;
}

static enum err ask(void *arg)
{
    static const struct llm_message messages[] = {{"system", "You are brief."},
                                                  {"user", "Say hello to the world."}};
    struct world *w = arg;
    struct backend *b;
    w->request.messages = messages;
    w->request.message_count = 2;
    w->code = w->class->open(w->sched, &w->config, &b, &w->info);
    if (w->code) {
        llm_reply_init(&w->reply);
        print(w);
        return ERR_OK;
    }
    for (int i = 0; i < w->times; i++)
        ask_once(w, b);
    w->class->close(b);
    return ERR_OK;
}

static bool take_option(struct world *w, const char *arg)
{
    static const char *const names[] = {"first=", "between=", "total=", "tokens=", "times="};
    int *const places[] = {&w->request.first_token_ms, &w->request.between_tokens_ms,
                           &w->request.total_ms, &w->request.max_tokens, &w->times};
    const char *value = strchr(arg, '=');
    if (!value++)
        return false;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (strncmp(arg, names[i], strlen(names[i])) == 0)
            *places[i] = atoi(value);
    if (strncmp(arg, "model=", 6) == 0)
        w->request.model = value;
    else if (strncmp(arg, "key=", 4) == 0)
        w->config.api_key = value;
    else if (strncmp(arg, "ask=", 4) == 0)
        w->ask_models = strcmp(value, "models") == 0;
    return true;
}

/* Of this program alone: getrusage would tell that of the process that started it. */
static int64_t peak_kb(void)
{
    char line[128];
    long kb = -1;
    FILE *f = fopen("/proc/self/status", "r");
    while (f && fgets(line, sizeof line, f))
        if (strncmp(line, "VmHWM:", 6) == 0)
            kb = strtol(line + 6, NULL, 10);
    if (f)
        fclose(f);
    return kb;
}

static void print(const struct world *w)
{
    struct json_object *o = json_object_new_object();
    json_add_str(o, "code", err_name(w->code));
    json_add_bool(o, "retryable", err_retryable(w->code));
    json_add_str(o, "sentence", w->code ? w->info.message : "");
    json_add_i64(o, "retry_after_ms", w->code ? w->info.retry_after_ms : 0);
    json_add_str(o, "text", w->reply.text.data);
    json_add_str(o, "finish", w->reply.finish);
    json_add_i64(o, "tokens_in", w->reply.tokens_in);
    json_add_i64(o, "tokens_cached", w->reply.tokens_cached);
    json_add_i64(o, "tokens_out", w->reply.tokens_out);
    json_add_bool(o, "estimated", w->reply.estimated);
    json_add_f64(o, "ms", w->ms);
    json_add_i64(o, "rss_kb", peak_kb());
    if (w->models)
        json_object_object_add(o, "models", json_object_get(w->models));
    puts(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN));
    json_object_put(o);
}

int main(int argc, char **argv)
{
    struct world w = {.request = {.model = "m-1", .seed = -1}, .times = 1};
    struct json_object *options = json_object_new_object();
    uv_loop_t loop;
    for (int i = 0; argc > 2 && classes[i]; i++)
        if (strcmp(classes[i]->name, argv[1]) == 0)
            w.class = classes[i];
    if (!w.class)
        return 2;
    w.config = (struct backend_config){.name = argv[1], .base_url = argv[2], .options = options};
    for (int i = 3; i < argc; i++)
        if (!take_option(&w, argv[i]))
            return 2;
    signal(SIGPIPE, SIG_IGN);
    uv_loop_init(&loop);
    w.sched = sched_new(&loop);
    fiber_detach(fiber_spawn(w.sched, "ask", ask, &w), NULL, NULL);
    sched_run(w.sched);
    sched_close(w.sched);
    uv_run(&loop, UV_RUN_DEFAULT);
    json_object_put(options);
    return uv_loop_close(&loop) ? 1 : 0;
}
