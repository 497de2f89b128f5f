/* One question to one backend class, without an engine: ask_backend CLASS URL [NAME=VALUE …].
 * Prints one JSON object a call (times=N) with what the class made of it: code, sentence, tokens,
 * text, time and the peak of memory. ask=models|embed|pull asks for that; option.NAME=VALUE is a
 * key of the backend's entry in the configuration. For tests/e2e/test_backend_faults.py and
 * test_conformance.py. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/anthropic.h"
#include "backends/azure.h"
#include "backends/ollama.h"
#include "backends/openai.h"

static const struct backend_class *const classes[] = {&openai_backend, &ollama_backend,
                                                      &anthropic_backend, &azure_backend, NULL};
static const struct llm_message question[] = {{"system", "You are brief."},
                                              {"user", "Say hello to the world."}};

enum what { CHAT, MODELS, EMBED, PULL };

struct world {
    const struct backend_class *class;
    struct sched *sched;
    struct backend_config config;
    struct llm_request request;
    struct llm_reply reply;
    struct embed_reply vectors;
    struct err_info info;
    struct json_object *models, *progress;
    struct llm_message messages[2];
    enum err code;
    double ms;
    int times, dimensions;
    enum what what;
};

static void print(const struct world *w);

static enum llm_more on_progress(void *arg, const char *what, int64_t done, int64_t total)
{
    struct json_object *row = json_object_new_array(), *list = arg;
    json_object_array_add(row, json_object_new_string(what));
    json_object_array_add(row, json_object_new_int64(done));
    json_object_array_add(row, json_object_new_int64(total));
    json_object_array_add(list, row);
    return LLM_MORE;
}

static enum err embed(struct world *w, struct backend *b)
{
    const char *const texts[] = {w->messages[0].content, w->messages[1].content};
    const struct embed_request q = {.model = w->request.model,
                                    .texts = texts,
                                    .count = 2,
                                    .dimensions = w->dimensions,
                                    .total_ms = w->request.total_ms};
    return w->class->embed(b, &q, &w->vectors, &w->info);
}

static enum err pull(struct world *w, struct backend *b)
{
    struct pull_request q = {.model = w->request.model, .on_progress = on_progress};
    json_object_put(w->progress);
    q.arg = w->progress = json_object_new_array();
    return w->class->pull(b, &q, &w->info);
}

static void ask_once(struct world *w, struct backend *b)
{
    uint64_t began = uv_hrtime();
    llm_reply_init(&w->reply);
    if (w->what == MODELS)
        w->code = w->class->models(b, w->request.total_ms, &w->models, &w->info);
    else if (w->what == EMBED)
        w->code = embed(w, b);
    else if (w->what == PULL)
        w->code = pull(w, b);
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
    struct world *w = arg;
    struct backend *b;
    w->request.messages = w->messages;
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

/* NAME=VALUE; the value may be JSON. */
static void take_key(struct world *w, const char *name, const char *value)
{
    char key[64];
    struct json_object *o = NULL;
    snprintf(key, sizeof key, "%.*s", (int)strcspn(name, "="), name);
    if (json_parse(value, strlen(value), NULL, &o, NULL))
        o = json_object_new_string(value);
    json_object_object_add(w->config.options, key, o);
}

static bool take_option(struct world *w, const char *arg)
{
    static const char *const names[] = {
        "first=", "between=", "total=", "tokens=", "times=", "window=", "dimensions="};
    int *const places[] = {&w->request.first_token_ms,
                           &w->request.between_tokens_ms,
                           &w->request.total_ms,
                           &w->request.max_tokens,
                           &w->times,
                           &w->request.context_tokens,
                           &w->dimensions};
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
    else if (strncmp(arg, "schema=", 7) == 0)
        w->request.schema = value;
    else if (strncmp(arg, "keep_alive=", 11) == 0)
        w->request.keep_alive = value;
    else if (strncmp(arg, "seed=", 5) == 0)
        w->request.seed = atoi(value);
    else if (strncmp(arg, "temperature=", 12) == 0)
        w->request.temperature = strtod(value, NULL);
    else if (strncmp(arg, "system=", 7) == 0)
        w->messages[0].content = value;
    else if (strncmp(arg, "user=", 5) == 0)
        w->messages[1].content = value;
    else if (strncmp(arg, "ask=", 4) == 0)
        w->what = strcmp(value, "models") == 0  ? MODELS
                  : strcmp(value, "embed") == 0 ? EMBED
                  : strcmp(value, "pull") == 0  ? PULL
                                                : CHAT;
    else if (strncmp(arg, "option.", 7) == 0)
        take_key(w, arg + 7, value);
    return true;
}

/* Of this program alone: getrusage would tell that of the process that started it. With a sanitizer
 * it says nothing: 0. */
static int64_t peak_kb(void)
{
#if defined __SANITIZE_ADDRESS__
    return 0;
#endif
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

static void add_vectors(struct json_object *o, const struct embed_reply *r)
{
    struct json_object *list = json_object_new_array();
    for (size_t i = 0; r->vectors && i < r->count; i++) {
        struct json_object *row = json_object_new_array();
        for (size_t k = 0; k < r->dimensions; k++)
            json_object_array_add(
                row, json_object_new_double((double)r->vectors[i * r->dimensions + k]));
        json_object_array_add(list, row);
    }
    json_object_object_add(o, "vectors", list);
    json_add_i64(o, "tokens_in", r->tokens_in);
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
    json_add_i64(o, "tokens_thinking", w->reply.tokens_thinking);
    json_add_bool(o, "estimated", w->reply.estimated);
    json_add_bool(o, "truncated", w->reply.truncated);
    json_add_f64(o, "ms", w->ms);
    json_add_i64(o, "rss_kb", peak_kb());
    if (w->models)
        json_object_object_add(o, "models", json_object_get(w->models));
    if (w->progress)
        json_object_object_add(o, "progress", json_object_get(w->progress));
    if (w->what == EMBED)
        add_vectors(o, &w->vectors);
    puts(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN));
    json_object_put(o);
}

int main(int argc, char **argv)
{
    struct world w = {.request = {.model = "m-1", .seed = -1},
                      .messages = {question[0], question[1]},
                      .times = 1};
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
    json_object_put(w.progress);
    embed_reply_fini(&w.vectors);
    return uv_loop_close(&loop) ? 1 : 0;
}
