/* Nodes of the old system: a folder of files is one artifact. */
#include <stdio.h>
#include <string.h>

#include "base/old_memory.h"
#include "base/utf8.h"

typedef struct json_object json;

static const struct {
    const char *file, *member; /* a member of the body; NULL: read apart */
    bool registry, named;      /* named: the node's id stands before it */
} parts[OLD_PARTS] = {
    [OLD_MAIN] = {"main.py", NULL, false, false},
    [OLD_TESTS] = {"test_main.py", "tests", false, false},
    [OLD_INTERFACE] = {"interface.json", NULL, false, false},
    [OLD_SPECIFICATION] = {"specification.md", "specification", false, false},
    [OLD_PLAN] = {"_plan.txt", "plan", false, true},
    [OLD_FEATURE] = {".feature", "feature", false, true},
    [OLD_LOCUST] = {"locust_", "load_test", false, true},
    [OLD_NODE] = {"node.json", NULL, true, false},
    [OLD_METRICS] = {"metrics.json", NULL, true, false},
    [OLD_EVALUATION] = {"evaluation.json", NULL, true, false},
};

void old_part_file(const char *id, enum old_part part, char out[300], bool *registry)
{
    *registry = parts[part].registry;
    if (part == OLD_LOCUST)
        snprintf(out, 300, "locust_%.255s.py", id);
    else
        snprintf(out, 300, "%.255s%s", parts[part].named ? id : "", parts[part].file);
}

/* A part that is JSON; NULL: it is missing, or broken, which is remarked. */
static json *read_part(const struct old_node *node, enum old_part part, json *record)
{
    char file[300], path[620], text[900];
    struct err_info info = {0};
    json *o = NULL;
    bool registry;
    if (!node->parts[part].len)
        return NULL;
    old_part_file(node->id, part, file, &registry);
    snprintf(path, sizeof path, "%s/%.255s/%s", registry ? "registry" : "nodes", node->id, file);
    if (old_json(node->parts[part].data, node->parts[part].len, path, 1, 1, &o, &info)) {
        old_remark(record, err_format(&info, text, sizeof text));
    } else if (!json_object_is_type(o, json_type_object)) {
        snprintf(text, sizeof text, "%s:1:1: an object is expected", path);
        old_remark(record, text);
        json_object_put(o);
        o = NULL;
    }
    return o;
}

static void link_to(json *links, const char *how, json *id)
{
    json *o;
    char source[600];
    if (!json_object_is_type(id, json_type_string) || !json_object_get_string_len(id))
        return;
    o = json_object_new_object();
    snprintf(source, sizeof source, "nodes/%.500s", json_object_get_string(id));
    source[utf8_floor(source, strlen(source))] = 0;
    json_add_str(o, "how", how);
    json_add_str(o, "source", source);
    json_object_array_add(links, o);
}

/* Where it came from: one node or a list of nodes. */
static void add_links(json *record, json *lineage)
{
    json *links = json_object_new_array(), *from = json_get(lineage, "derived_from");
    link_to(links, "parent", json_get(lineage, "parent"));
    if (json_object_is_type(from, json_type_string))
        link_to(links, "derived_from", from);
    for (size_t i = 0;
         json_object_is_type(from, json_type_array) && i < json_object_array_length(from); i++)
        link_to(links, "derived_from", json_object_array_get_idx(from, i));
    if (json_object_array_length(links))
        json_object_object_add(record, "links", links);
    else
        json_object_put(links);
}

static void add_member(json *to, const char *key, json *value)
{
    if (value)
        json_object_object_add(to, key, json_object_get(value));
}

static void add_registry(json *record, json *o)
{
    static const char *const kept[] = {"version", "goals",       "inputs",
                                       "outputs", "constraints", "lineage",
                                       "fit",     "language",    "model_prompts"};
    json *body = json_object_of(record, "body");
    if (!o)
        return;
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        add_member(body, kept[i], json_get(o, kept[i]));
    if (*json_str(o, "title", ""))
        json_add_str(record, "task", json_str(o, "title", ""));
    old_add_tags(record, json_get(o, "tags"));
    json_add_i64(record, "created", old_time(json_str(o, "created_at", "")));
    add_links(record, json_object_of(o, "lineage"));
}

/* What was measured and judged; the judgement is the quality. */
static void add_judgement(json *record, json *metrics, json *evaluation)
{
    json *body = json_object_of(record, "body");
    double score = json_f64(evaluation, "score_overall", -1);
    add_member(body, "metrics", metrics);
    add_member(body, "evaluation", evaluation);
    if (score >= 0)
        json_add_f64(record, "quality", score > 1 ? 1 : score);
}

/* The index knows how often it was used and what was asked for. */
static void add_entry(json *record, json *entry)
{
    json *body = json_object_of(record, "body");
    if (!entry)
        return;
    if (*json_str(entry, "task", ""))
        json_add_str(record, "task", json_str(entry, "task", ""));
    if (json_i64(entry, "created", 0))
        json_add_i64(record, "created", json_i64(entry, "created", 0));
    json_add_i64(record, "uses", json_i64(entry, "uses", 0));
    if (!json_get(record, "quality"))
        add_member(record, "quality", json_get(entry, "quality"));
    old_add_tags(record, json_get(entry, "tags"));
    add_member(body, "metadata", json_get(json_object_of(entry, "body"), "metadata"));
    add_member(body, "interface", json_get(json_object_of(entry, "body"), "interface"));
}

static void add_interface(json *record, json *interface)
{
    if (!interface)
        return;
    json_object_object_add(json_object_of(record, "body"), "interface", json_object_get(interface));
    if (!*json_str(record, "task", ""))
        json_add_str(record, "task", json_str(interface, "description", ""));
}

static void add_texts(json *record, const struct old_node *node)
{
    json *body = json_object_of(record, "body");
    const struct buf *program = &node->parts[OLD_MAIN];
    if (program->len)
        json_add_str(body, "source", program->data);
    for (int i = 0; i < OLD_PARTS; i++)
        if (parts[i].member && node->parts[i].len)
            json_add_str(body, parts[i].member, node->parts[i].data);
    if (!program->len && node->parts[OLD_SPECIFICATION].len)
        json_add_str(body, "content", node->parts[OLD_SPECIFICATION].data);
}

json *old_node(const struct old_node *node, json *entry)
{
    json *record = old_record("nodes", node->id, node->parts[OLD_MAIN].len ? "function" : "plan");
    json *interface = read_part(node, OLD_INTERFACE, record);
    json *about = read_part(node, OLD_NODE, record);
    json *metrics = read_part(node, OLD_METRICS, record);
    json *evaluation = read_part(node, OLD_EVALUATION, record);
    add_texts(record, node);
    add_registry(record, about);
    add_judgement(record, metrics, evaluation);
    add_entry(record, entry);
    add_interface(record, interface);
    json_object_put(interface);
    json_object_put(about);
    json_object_put(metrics);
    json_object_put(evaluation);
    return record;
}
