/* What the rule of reuse says of pairs of tasks: JSON lines {a, b} on standard input, {verdict,
 * proof, unsure, telling, why, function, examples:[{call|args, expected}], kept_function} on
 * standard output (tests/bench/reuse/measure.py). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "core/words/same_task.h"

static struct json_object *example(const struct example *x)
{
    struct json_object *o = json_object_new_object();
    if (x->call)
        json_object_object_add(o, "call", json_object_new_string_len(x->call, (int)x->call_len));
    else
        json_object_object_add(o, "args", json_object_new_string_len(x->args, (int)x->args_len));
    json_object_object_add(o, "expected",
                           json_object_new_string_len(x->expected, (int)x->expected_len));
    return o;
}

static void judge(struct json_object *pair)
{
    static struct same_text a, b;
    static struct examples x;
    struct same_judgement j;
    struct buf python;
    struct json_object *o = json_object_new_object(), *list = json_object_new_array();
    same_text_read(json_str(pair, "a", ""), &a);
    same_text_read(json_str(pair, "b", ""), &b);
    same_task(&a, &b, &j);
    buf_init(&python, 1 << 20);
    examples_read(json_str(pair, "b", ""), &x);
    if (examples_python(&x, &python))
        x.count = 0;
    json_add_str(o, "verdict", same_verdict_name(j.verdict));
    json_add_i64(o, "proof", j.proof);
    json_add_bool(o, "unsure", j.unsure);
    json_add_i64(o, "telling", b.telling);
    json_add_str(o, "why", j.why);
    json_add_str(o, "function", b.function);
    json_add_str(o, "kept_function", a.function);
    for (size_t i = 0; i < x.count; i++)
        json_object_array_add(list, example(&x.list[i]));
    json_object_object_add(o, "examples", list);
    puts(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN));
    json_object_put(o);
    buf_fini(&python);
}

int main(int argc, char **argv)
{
    char *line = NULL;
    size_t size = 0;
    for (int i = 1; i < argc; i++) { /* the words of texts, to look at */
        static struct same_text t;
        same_text_read(argv[i], &t);
        for (int k = 0; k < t.count; k++)
            printf("%d:%s%s ", t.list[k].kind, t.list[k].word, t.list[k].plural ? "s" : "");
        puts("");
    }
    while (argc == 1 && getline(&line, &size, stdin) > 0) {
        struct json_object *o = NULL;
        if (json_parse(line, strlen(line), NULL, &o, NULL)) {
            fprintf(stderr, "bench_same_task: a line is no JSON object\n");
            return 2;
        }
        judge(o);
        json_object_put(o);
    }
    free(line);
    return 0;
}
