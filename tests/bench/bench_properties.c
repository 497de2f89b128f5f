/* What the words of a set's tasks decide of every answer: reads the set (JSON lines with "prompt")
 * from standard input and prints one JSON line for each task, for bench_properties.py. Without
 * input: how long the rules take. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "core/job/fiber.h"
#include "core/words/properties.h"

enum { ROUNDS = 2000, PYTHON_MAX = 1 << 20 };

static void add_rules(const struct properties *p, struct json_object *o)
{
    struct json_object *rules = json_object_new_array(), *shapes = json_object_new_array();
    for (size_t i = 0; i < p->count; i++) {
        struct json_object *r = json_object_new_object();
        json_add_str(r, "name", p->list[i].name);
        json_add_bool(r, "sure", p->list[i].sure);
        json_add_bool(r, "none", p->list[i].none);
        json_add_str(r, "type", p->list[i].type);
        json_add_str(r, "of", p->list[i].of);
        json_add_str(r, "other", p->list[i].other);
        json_object_array_add(rules, r);
    }
    for (int i = 0; i < p->shape_count; i++)
        json_object_array_add(shapes, json_object_new_string(p->shapes[i]));
    json_object_object_add(o, "rules", rules);
    json_object_object_add(o, "shapes", shapes);
    json_add_i64(o, "takes", p->takes);
    json_add_bool(o, "loose", p->loose);
}

static void add_examples(const struct examples *x, struct json_object *o)
{
    struct json_object *list = json_object_new_array();
    for (size_t i = 0; i < x->count; i++) {
        const struct example *e = &x->list[i];
        struct json_object *one = json_object_new_object();
        json_object_object_add(
            one, e->call ? "call" : "args",
            json_object_new_string_len(e->call ? e->call : e->args,
                                       (int)(e->call ? e->call_len : e->args_len)));
        json_object_object_add(one, "expected",
                               json_object_new_string_len(e->expected, (int)e->expected_len));
        json_object_array_add(list, one);
    }
    json_object_object_add(o, "examples", list);
}

static enum err tell(const char *line, size_t n, struct examples *x)
{
    struct json_object *task = NULL, *o = json_object_new_object();
    struct properties p;
    struct buf python;
    enum err e = json_parse(line, n, NULL, &task, NULL);
    buf_init(&python, PYTHON_MAX);
    examples_read(json_str(task, "prompt", ""), x);
    if (!e)
        e = examples_python(x, &python);
    if (!e) {
        properties_of(json_str(task, "prompt", ""), x, &p);
        json_add_str(o, "task_id", json_str(task, "task_id", ""));
        add_rules(&p, o);
        add_examples(x, o);
        puts(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN));
    }
    buf_fini(&python);
    json_object_put(o);
    json_object_put(task);
    return e;
}

static void measure(struct examples *x)
{
    static const char text[] = "Write a function sort_list(items) that sorts a list of integers in "
                               "ascending order. sort_list([3, 1, 2]) == [1, 2, 3]";
    struct properties p;
    uint64_t began;
    examples_read(text, x);
    began = uv_hrtime();
    for (int i = 0; i < ROUNDS; i++)
        properties_of(text, x, &p);
    printf("rules of a task: %.1f us\n", (double)(uv_hrtime() - began) / 1e3 / ROUNDS);
}

int main(void)
{
    struct examples *x = calloc(1, sizeof *x);
    char *line = NULL;
    size_t size = 0;
    ssize_t n;
    enum err e = x ? ERR_OK : ERR_NOMEM;
    if (!e && isatty(STDIN_FILENO))
        measure(x);
    while (!e && !isatty(STDIN_FILENO) && (n = getline(&line, &size, stdin)) > 0)
        e = tell(line, (size_t)n, x);
    free(line);
    free(x);
    return e ? 1 : 0;
}
