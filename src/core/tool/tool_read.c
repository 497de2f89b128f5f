/* What a tool's YAML says, and what is wrong with it. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "base/yaml.h"
#include "core/tool/tool.h"
#include "core/tool/tool_gate.h"

static const char *const types[] = {"executable",
                                    "llm",
                                    "custom",
                                    "openapi",
                                    "mcp",
                                    "stream_producer",
                                    "stream_consumer",
                                    "workflow",
                                    "function",
                                    "community",
                                    "prompt_template",
                                    "data_processor",
                                    "validator",
                                    "database",
                                    "file_system",
                                    "vector_store",
                                    "api_connector",
                                    "cache",
                                    "message_queue",
                                    "fine_tuned_llm",
                                    "training_pipeline",
                                    "optimizer",
                                    "http_fetcher",
                                    "python",
                                    NULL};

/* What the pipeline fills into the prompts of its own roles; words apart by spaces. */
static const struct {
    const char *id, *needs, *knows;
} roles[] = {{"coder", "task", " task similar examples plan function "},
             {"coder_plain", "task", " task similar examples plan function "},
             {"repairer", "task", " task examples plan function code error log history hint "},
             {"analyst", "task", " task examples plan function code error log history hint "},
             {"tester", "task", " task examples plan function "},
             {"overseer", "task", " task examples function "},
             {"classifier", "task", " task "},
             {"same_task", "task", " task kept "},
             {"arithmetic", "task", " task "}};

static bool known_type(const char *type)
{
    for (int i = 0; types[i]; i++)
        if (strcmp(types[i], type) == 0)
            return true;
    return false;
}

/* An entry of a map may leave its type to the block that it has. */
static const char *inferred(struct json_object *o)
{
    static const char *const blocks[][2] = {
        {"llm", "llm"},           {"openapi", "openapi"}, {"executable", "executable"},
        {"http", "http_fetcher"}, {"mcp", "mcp"},         {"custom", "custom"}};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
        if (json_object_of(o, blocks[i][0]))
            return blocks[i][1];
    return json_get(o, "module") && json_get(o, "function") ? "python" : "";
}

/* A text that may stand in the block or at the top, or be a list of lines. */
static const char *text_of(struct json_object *o, const char *key)
{
    struct json_object *v = json_get(o, key);
    return v && !json_object_is_type(v, json_type_null) ? json_object_get_string(v) : NULL;
}

static const char *in_block(struct json_object *o, const char *key, const char *otherwise)
{
    const char *text = text_of(json_object_of(o, "llm"), key);
    text = text ? text : text_of(o, key);
    return text ? text : otherwise;
}

static struct json_object *words_of(struct json_object *o, const char *key)
{
    struct json_object *v = json_get(o, key), *list = json_object_new_array();
    if (v && json_object_is_type(v, json_type_string))
        json_object_array_add(list, json_object_get(v));
    for (size_t i = 0; json_object_is_type(v, json_type_array) && i < json_object_array_length(v);
         i++) {
        struct json_object *word = json_object_array_get_idx(v, i);
        if (word)
            json_object_array_add(list, json_object_new_string(json_object_get_string(word)));
    }
    return list;
}

/* The next {name} of a template; names are words. */
static const char *next_name(const char *p, char out[61])
{
    while ((p = strchr(p, '{'))) {
        size_t n = 0;
        while (isalnum((unsigned char)p[1 + n]) || p[1 + n] == '_')
            n++;
        if (n && n <= 60 && p[1 + n] == '}' && !isdigit((unsigned char)p[1])) {
            snprintf(out, 61, "%.*s", (int)n, p + 1);
            return p;
        }
        p++;
    }
    return NULL;
}

/* The fields of its input_schema by name: a JSON-Schema's properties, or what the old flat files
 * name at once, "type - description" or {type, default, required} each. NULL: it has none. */
static struct json_object *input_fields(struct json_object *o)
{
    struct json_object *schema = json_object_of(o, "input_schema");
    struct json_object *properties = json_object_of(schema, "properties");
    const bool by_standard = properties || strcmp(json_str(schema, "type", ""), "object") == 0;
    return by_standard ? properties : schema && json_object_object_length(schema) ? schema : NULL;
}

static bool has_to_be_given(struct json_object *field)
{
    if (json_object_is_type(field, json_type_string))
        return !strstr(json_object_get_string(field), "optional");
    return !json_get(field, "default") && json_flag(field, "required", true);
}

/* What has to be given to run it: the fields of its schema, else what its prompt is filled with. */
static struct json_object *inputs_of(struct json_object *o, const char *prompt)
{
    struct json_object *fields = input_fields(o);
    struct json_object *list = json_object_new_array(), *seen = json_object_new_object();
    char name[61];
    if (fields) {
        json_object_object_foreach(fields, key, value)
        {
            if (has_to_be_given(value))
                json_object_array_add(list, json_object_new_string(key));
        }
    }
    for (; !fields && (prompt = next_name(prompt, name)); prompt++) {
        if (!json_get(seen, name))
            json_object_array_add(list, json_object_new_string(name));
        json_add_bool(seen, name, true);
    }
    json_object_put(seen);
    return list;
}

static void add_fields(struct json_object *out, struct json_object *o)
{
    const char *type = json_str(o, "type", "");
    struct json_object *llm = json_object_of(o, "llm");
    json_add_str(out, "type", *type ? type : inferred(o));
    json_add_str(out, "name", in_block(o, "name", json_str(out, "id", "")));
    json_add_str(out, "description", text_of(o, "description") ? text_of(o, "description") : "");
    json_add_str(out, "role", in_block(o, "role", llm ? "fast" : ""));
    json_add_str(out, "tier", in_block(o, "tier", in_block(o, "model_tier", "")));
    json_object_object_add(out, "tags", words_of(o, "tags"));
    json_add_str(out, "prompt", in_block(o, "prompt_template", ""));
    json_add_str(out, "system", in_block(o, "system_prompt", ""));
    json_add_f64(out, "temperature", json_f64(llm, "temperature", 0.1));
    json_object_object_add(out, "inputs", inputs_of(o, json_str(out, "prompt", "")));
    if (*json_str(json_object_of(o, "function"), "runtime", ""))
        json_add_str(out, "runtime", json_str(json_object_of(o, "function"), "runtime", ""));
    if (json_array(json_object_of(o, "function"), "packages"))
        json_object_object_add(out, "packages",
                               words_of(json_object_of(o, "function"), "packages"));
}

/* What keeps a tool from being used at all. */
static enum err check_use(const struct yaml_doc *doc, struct json_object *out,
                          struct err_info *info)
{
    const char *type = json_str(out, "type", "");
    if (!json_object_is_type(doc->root, json_type_object))
        return err_at(info, ERR_INPUT, doc->file, 1, 1, "a tool is a mapping of keys");
    if (!*type)
        return err_at(info, ERR_INPUT, doc->file, 1, 1,
                      "the tool has no type and no block that tells it");
    if (*json_str(out, "runtime", "") && strcmp(json_str(out, "runtime", ""), "testdata") != 0)
        return yaml_fail(doc, json_object_of(doc->root, "function"), "runtime", info,
                         "the program \"%.40s\" is none of DiSE's; there is testdata",
                         json_str(out, "runtime", ""));
    if (strcmp(type, "llm") != 0)
        return strcmp(type, "executable") == 0 ? tool_gate_check(doc, info) : ERR_OK;
    if (!*json_str(out, "prompt", "") && !*json_str(out, "system", ""))
        return yaml_fail(doc, doc->root, json_get(doc->root, "llm") ? "llm" : "type", info,
                         "a tool of type llm needs the text \"prompt_template\" or "
                         "\"system_prompt\"");
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++) {
        char need[32];
        snprintf(need, sizeof need, "{%s}", roles[i].needs);
        if (strcmp(json_str(out, "id", ""), roles[i].id) == 0 &&
            !strstr(json_str(out, "prompt", ""), need))
            return yaml_fail(doc, json_object_of(doc->root, "llm"), "prompt_template", info,
                             "the prompt must contain %s", need);
    }
    return ERR_OK;
}

static struct json_object *read_doc(const char *text, size_t n, const char *file, const char *id,
                                    struct yaml_doc *doc, struct err_info *info)
{
    struct json_object *out = json_object_new_object();
    enum err e = yaml_parse(text, n, file, doc, info);
    json_add_str(out, "id", id);
    add_fields(out, e ? NULL : doc->root);
    if (!e)
        e = check_use(doc, out, info);
    info->code = e;
    return out;
}

const char *tool_plays(struct json_object *tool)
{
    const char *tier = json_str(tool, "tier", ""), *role = json_str(tool, "role", "");
    return *tier ? tier : *role ? role : "fast";
}

struct json_object *tool_read(const char *text, size_t n, const char *file, const char *id,
                              struct err_info *info)
{
    struct yaml_doc doc = {0};
    struct err_info own = {0};
    char problem[800];
    struct json_object *out = read_doc(text, n, file, id, &doc, &own);
    json_add_str(out, "problem", own.code ? err_format(&own, problem, sizeof problem) : "");
    if (info)
        *info = own;
    yaml_doc_free(&doc);
    return out;
}

/* ---- the stricter look ---- */

/* The names that may stand in the braces: the role's, else those of the schema. */
static bool knows(struct json_object *o, const char *id, const char *name)
{
    struct json_object *fields = input_fields(o);
    char word[72];
    snprintf(word, sizeof word, " %.60s ", name);
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
        if (strcmp(roles[i].id, id) == 0)
            return strstr(roles[i].knows, word) != NULL;
    if (!fields || strstr(" prompt task input text code ", word))
        return true;
    return json_object_object_get_ex(fields, name, NULL);
}

/* In the file's text, so that the line is that of the placeholder inside its block. */
static enum err unknown_name(const char *text, size_t n, const char *file, const char *id,
                             const char *name, struct err_info *info)
{
    char needle[72];
    const char *from = strstr(text, "prompt_template"), *at;
    int line = 1, column = 1;
    snprintf(needle, sizeof needle, "{%s}", name);
    at = strstr(from ? from : text, needle);
    if (at)
        utf8_place(text, n, (size_t)(at - text), &line, &column);
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
        if (strcmp(roles[i].id, id) == 0)
            return err_at(info, ERR_INPUT, file, line, column,
                          "the prompt has {%s}, which nothing fills; known are%s", name,
                          roles[i].knows);
    return err_at(info, ERR_INPUT, file, line, column,
                  "the prompt has {%s}, which is not in the tool's input_schema", name);
}

static enum err check_all(const struct yaml_doc *doc, struct json_object *out, const char *text,
                          size_t n, struct err_info *info)
{
    const char *type = json_str(out, "type", ""), *id = json_str(out, "id", "");
    const char *p = json_str(out, "prompt", "");
    char name[61];
    if (!known_type(type))
        return yaml_fail(doc, doc->root, "type", info, "there is no type of tool \"%.40s\"", type);
    while ((p = next_name(p, name))) {
        if (!knows(doc->root, id, name))
            return unknown_name(text, n, doc->file, id, name, info);
        p++;
    }
    return ERR_OK;
}

enum err tool_check(const char *text, size_t n, const char *file, const char *id,
                    struct err_info *info)
{
    struct yaml_doc doc = {0};
    struct err_info own = {0};
    struct json_object *out = read_doc(text, n, file, id, &doc, &own);
    enum err e = own.code;
    if (!e)
        e = check_all(&doc, out, text, n, &own);
    if (e && info)
        *info = own;
    json_object_put(out);
    yaml_doc_free(&doc);
    return e;
}
