/* The Qdrant store without an engine: ask_qdrant URL [NAME=VALUE …]. Opens the collection, then
 * does what each line of its input says, and prints one JSON object a line: what came of it. The
 * lines:
 * {"do":"upsert","ids":[…],"vectors":[[…]]}, {"do":"remove","ids":[…]},
 * {"do":"search","query":[…],"most":N,"among":[…]}, {"do":"count"},
 * {"do":"scan","after":N,"most":N,"vectors":true}. For tests/e2e/test_qdrant.py. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/qdrant.h"
#include "base/json.h"

typedef struct json_object json;

struct world {
    struct sched *sched;
    struct vector_server options;
    struct vector_store *store;
    struct err_info info;
};

static int64_t *ids_of(json *list, size_t *n)
{
    int64_t *ids;
    *n = list ? json_object_array_length(list) : 0;
    ids = calloc(*n + 1, sizeof *ids);
    for (size_t i = 0; i < *n; i++)
        ids[i] = json_object_get_int64(json_object_array_get_idx(list, i));
    return ids;
}

static void read_row(json *row, float *out, size_t dimensions)
{
    for (size_t i = 0; i < dimensions; i++)
        out[i] = (float)json_object_get_double(json_object_array_get_idx(row, i));
}

static enum err upsert(struct world *w, json *line)
{
    size_t n, d = w->options.dimensions;
    int64_t *ids = ids_of(json_array(line, "ids"), &n);
    float *rows = calloc(n * d + 1, sizeof *rows);
    enum err e;
    for (size_t i = 0; i < n; i++)
        read_row(json_object_array_get_idx(json_array(line, "vectors"), i), rows + i * d, d);
    e = w->store->class->upsert(w->store, ids, rows, n, &w->info);
    free(ids);
    free(rows);
    return e;
}

static enum err search(struct world *w, json *line, json *out)
{
    size_t n, found = 0, most = (size_t)json_i64(line, "most", 10);
    int64_t *among = ids_of(json_array(line, "among"), &n);
    float *query = calloc(w->options.dimensions, sizeof *query);
    struct vector_hit *hits = calloc(most + 1, sizeof *hits);
    json *list = json_object_new_array();
    enum err e;
    read_row(json_array(line, "query"), query, w->options.dimensions);
    e = w->store->class->search(w->store, query, most, json_array(line, "among") ? among : NULL, n,
                                hits, &found, &w->info);
    for (size_t i = 0; i < found; i++) {
        json *hit = json_object_new_array();
        json_object_array_add(hit, json_object_new_int64(hits[i].id));
        json_object_array_add(hit, json_object_new_double((double)hits[i].score));
        json_object_array_add(list, hit);
    }
    json_object_object_add(out, "hits", list);
    free(among);
    free(query);
    free(hits);
    return e;
}

static enum err scan(struct world *w, json *line, json *out)
{
    size_t found = 0, most = (size_t)json_i64(line, "most", 10), d = w->options.dimensions;
    int64_t *ids = calloc(most + 1, sizeof *ids);
    float *rows = json_flag(line, "vectors", false) ? calloc(most * d, sizeof *rows) : NULL;
    json *list = json_object_new_array(), *vectors = json_object_new_array();
    enum err e = w->store->class->scan(w->store, json_i64(line, "after", 0), most, ids, rows,
                                       &found, &w->info);
    for (size_t i = 0; i < found; i++) {
        json *row = json_object_new_array();
        json_object_array_add(list, json_object_new_int64(ids[i]));
        for (size_t k = 0; rows && k < d; k++)
            json_object_array_add(row, json_object_new_double((double)rows[i * d + k]));
        json_object_array_add(vectors, row);
    }
    json_object_object_add(out, "ids", list);
    json_object_object_add(out, "vectors", vectors);
    free(ids);
    free(rows);
    return e;
}

static void print(struct world *w, json *out, enum err e)
{
    json_add_str(out, "code", err_name(e));
    json_add_str(out, "message", e ? w->info.message : "");
    printf("%s\n", json_object_to_json_string_ext(out, JSON_C_TO_STRING_PLAIN));
    fflush(stdout);
    json_object_put(out);
}

static void act(struct world *w, json *line)
{
    json *out = json_object_new_object(), *ids = json_array(line, "ids");
    const char *what = json_str(line, "do", "");
    int64_t count = 0, *list;
    enum err e = ERR_INPUT;
    size_t n;
    memset(&w->info, 0, sizeof w->info);
    if (strcmp(what, "upsert") == 0) {
        e = upsert(w, line);
    } else if (strcmp(what, "remove") == 0) {
        list = ids_of(ids, &n);
        e = w->store->class->remove(w->store, list, n, &w->info);
        free(list);
    } else if (strcmp(what, "search") == 0) {
        e = search(w, line, out);
    } else if (strcmp(what, "scan") == 0) {
        e = scan(w, line, out);
    } else if (strcmp(what, "count") == 0) {
        e = w->store->class->count(w->store, &count, &w->info);
        json_add_i64(out, "count", count);
    }
    print(w, out, e);
}

static enum err session(void *arg)
{
    struct world *w = arg;
    char *line = NULL;
    size_t size = 0;
    ssize_t n;
    enum err e = qdrant_open(w->sched, &w->options, &w->store, &w->info);
    print(w, json_object_new_object(), e);
    while (!e && (n = getline(&line, &size, stdin)) > 0) {
        json *o = NULL;
        if (json_parse(line, (size_t)n, NULL, &o, NULL) == ERR_OK)
            act(w, o);
        json_object_put(o);
    }
    free(line);
    if (!e)
        w->store->class->close(w->store);
    return ERR_OK;
}

int main(int argc, char **argv)
{
    struct world w = {.options = {.url = argc > 1 ? argv[1] : "",
                                  .collection = "dise",
                                  .home = "h0me",
                                  .model = "m",
                                  .dimensions = 4,
                                  .retry_ms = 1}};
    uv_loop_t loop;
    for (int i = 2; i < argc; i++) {
        char *value = strchr(argv[i], '=');
        if (!value)
            return 2;
        *value++ = 0;
        if (strcmp(argv[i], "key") == 0)
            w.options.api_key = value;
        else if (strcmp(argv[i], "collection") == 0)
            w.options.collection = value;
        else if (strcmp(argv[i], "home") == 0)
            w.options.home = value;
        else if (strcmp(argv[i], "model") == 0)
            w.options.model = value;
        else if (strcmp(argv[i], "dimensions") == 0)
            w.options.dimensions = strtoul(value, NULL, 10);
        else if (strcmp(argv[i], "timeout") == 0)
            w.options.timeout_ms = atoi(value);
        else
            return 2;
    }
    uv_loop_init(&loop);
    w.sched = sched_new(&loop);
    fiber_detach(fiber_spawn(w.sched, "session", session, &w), NULL, NULL);
    sched_run(w.sched);
    sched_close(w.sched);
    uv_run(&loop, UV_RUN_DEFAULT);
    return uv_loop_close(&loop) ? 3 : 0;
}
