/* A workflow's file: both dialects into the canonical form, each complaint with its place. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/json_place.h"
#include "core/tool/workflow.h"

enum { POINTER_MAX = 512 };

struct reader {
    const char *text, *file;
    size_t n;
    struct json_object *root; /* what was read */
    struct json_object *out;  /* what comes out of it */
    struct err_info *info;
    char pointer[POINTER_MAX]; /* of the mapping that is being checked */
};

static enum err fail(const struct reader *r, const char *pointer, const char *format, ...)
    PRINTF_LIKE(3, 4);
static enum err fail(const struct reader *r, const char *pointer, const char *format, ...)
{
    char message[400];
    int line = 0, column = 0;
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    json_place(r->text, r->n, pointer, &line, &column);
    return err_at(r->info, ERR_INPUT, r->file, line, column, "%s", message);
}

static const char *either(struct json_object *o, const char *name, const char *other)
{
    return json_str(o, name, json_str(o, other, ""));
}

static void copy(struct json_object *to, struct json_object *from, const char *key)
{
    struct json_object *value;
    if (json_object_object_get_ex(from, key, &value))
        json_object_object_add(to, key, json_object_get(value));
}

/* ---- inputs and outputs ---- */

/* A list of {name, …} or an object of them, as an object. */
static enum err read_ports(struct reader *r, const char *key)
{
    struct json_object *given = json_get(r->root, key), *ports = json_object_new_object();
    char pointer[POINTER_MAX];
    json_object_object_add(r->out, key, ports);
    snprintf(pointer, sizeof pointer, "/%s", key);
    if (!given)
        return ERR_OK;
    if (json_object_is_type(given, json_type_object)) {
        json_object_object_foreach(given, name, port)
        {
            snprintf(pointer, sizeof pointer, "/%s/%.200s", key, name);
            if (!json_object_is_type(port, json_type_object))
                return fail(r, pointer, "\"%.80s\" must be an object with its type", name);
            json_object_object_add(ports, name, json_object_get(port));
        }
        return ERR_OK;
    }
    if (!json_object_is_type(given, json_type_array))
        return fail(r, pointer, "%s must be an object or a list", key);
    for (size_t i = 0; i < json_object_array_length(given); i++) {
        struct json_object *port = json_object_array_get_idx(given, i), *one;
        const char *name = json_str(port, "name", "");
        snprintf(pointer, sizeof pointer, "/%s/%zu", key, i);
        if (!*name)
            return fail(r, pointer, "each of the %s needs a name", key);
        if (json_get(ports, name))
            return fail(r, pointer, "the name \"%.80s\" is there twice", name);
        one = json_object_new_object();
        json_object_object_foreach(port, part, value)
        {
            if (strcmp(part, "name") != 0)
                json_object_object_add(one, part, json_object_get(value));
        }
        json_object_object_add(ports, name, one);
    }
    return ERR_OK;
}

/* ---- steps ---- */

static struct json_object *find_step(const struct reader *r, const char *id, size_t n)
{
    struct json_object *steps = json_array(r->out, "steps");
    for (size_t i = 0; i < json_object_array_length(steps); i++) {
        struct json_object *s = json_object_array_get_idx(steps, i);
        const char *other = json_str(s, "step_id", "");
        if (strlen(other) == n && strncmp(other, id, n) == 0)
            return s;
    }
    return NULL;
}

static enum err read_type(struct reader *r, struct json_object *step, const char *pointer,
                          char out[32])
{
    static const char *const types[] = {"", "llm_call", "python_tool", "sub_workflow",
                                        "existing_tool"};
    const char *given = either(step, "type", "step_type");
    char at[POINTER_MAX];
    size_t n = 0;
    for (; given[n] && n < 31; n++)
        out[n] = (char)tolower((unsigned char)given[n]);
    out[n] = 0;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcmp(types[i], out) == 0)
            return ERR_OK;
    snprintf(at, sizeof at, "%.400s/%s", pointer, json_get(step, "type") ? "type" : "step_type");
    return fail(r, at,
                "there is no type of step \"%.40s\"; known are llm_call, python_tool, "
                "sub_workflow and existing_tool",
                given);
}

static enum err read_step(struct reader *r, struct json_object *given, size_t i)
{
    static const char *const kept[] = {"description",      "prompt_template",
                                       "tool_path",        "generate_tool",
                                       "operation_type",   "workflow_path",
                                       "workflow_spec",    "timeout",
                                       "retry_on_failure", "max_retries",
                                       "parallel_group",   "makes",
                                       "task_for_node",    NULL};
    struct json_object *step = json_object_new_object(), *mapping, *depends;
    const char *id = json_str(given, "step_id", "");
    char pointer[POINTER_MAX], type[32];
    enum err e;
    snprintf(pointer, sizeof pointer, "/steps/%zu", i);
    e = !*id ? fail(r, pointer, "each step needs a step_id")
        : find_step(r, id, strlen(id))
            ? fail(r, pointer, "the step_id \"%.80s\" is there twice", id)
            : read_type(r, given, pointer, type);
    json_object_array_add(json_array(r->out, "steps"), step);
    if (e)
        return e;
    json_add_str(step, "step_id", id);
    json_add_str(step, "type", type);
    json_add_str(step, "tool", either(given, "tool", "tool_name"));
    for (int k = 0; kept[k]; k++)
        copy(step, given, kept[k]);
    mapping = json_get(given, "input_mapping");
    depends = json_get(given, "depends_on");
    snprintf(pointer, sizeof pointer, "/steps/%zu/%s", i,
             mapping && !json_object_is_type(mapping, json_type_object) ? "input_mapping"
                                                                        : "depends_on");
    if ((mapping && !json_object_is_type(mapping, json_type_object)) ||
        (depends && !json_object_is_type(depends, json_type_array)))
        return fail(r, pointer, "input_mapping is an object, depends_on a list of step_ids");
    json_object_object_add(step, "input_mapping",
                           mapping ? json_object_get(mapping) : json_object_new_object());
    json_object_object_add(step, "depends_on",
                           depends ? json_object_get(depends) : json_object_new_array());
    json_add_str(step, "output_name", json_str(given, "output_name", "output"));
    return ERR_OK;
}

static enum err read_steps(struct reader *r)
{
    struct json_object *given = json_array(r->root, "steps");
    size_t n = given ? json_object_array_length(given) : 0;
    enum err e = ERR_OK;
    json_object_object_add(r->out, "steps", json_object_new_array());
    if (n == 0)
        return fail(r, "/steps", "a workflow needs \"steps\", a list of at least one");
    if (n > WORKFLOW_STEPS_MAX)
        return fail(r, "/steps", "a workflow of more than %d steps", WORKFLOW_STEPS_MAX);
    for (size_t i = 0; !e && i < n; i++)
        e = read_step(r, json_object_array_get_idx(given, i), i);
    return e;
}

/* ---- references ---- */

static enum err check_reference(void *arg, const char *ref)
{
    const struct reader *r = arg;
    struct json_object *step;
    const char *name;
    char part[256];
    size_t n;
    if (strncmp(ref, "inputs.", 7) == 0) {
        snprintf(part, sizeof part, "%.*s", (int)strcspn(ref + 7, "."), ref + 7);
        if (json_get(json_object_of(r->out, "inputs"), part))
            return ERR_OK;
        return fail(r, r->pointer, "unknown reference \"%.100s\": there is no input \"%.80s\"", ref,
                    part);
    }
    if (strncmp(ref, "steps.", 6) != 0)
        return fail(r, r->pointer,
                    "unknown reference \"%.100s\": it must begin with inputs. or steps.", ref);
    n = strcspn(ref + 6, ".");
    step = find_step(r, ref + 6, n);
    if (!step)
        return fail(r, r->pointer, "unknown reference \"%.100s\": there is no step \"%.*s\"", ref,
                    (int)n, ref + 6);
    name = ref + 6 + n;
    name += *name == '.';
    snprintf(part, sizeof part, "%.*s", (int)strcspn(name, "."), name);
    if (strcmp(part, json_str(step, "output_name", "")) != 0)
        return fail(r, r->pointer,
                    "unknown reference \"%.100s\": the output of the step is \"%.60s\"", ref,
                    json_str(step, "output_name", ""));
    return ERR_OK;
}

static enum err check_step(struct reader *r, struct json_object *step, size_t i)
{
    struct json_object *depends = json_array(step, "depends_on");
    json_object_object_foreach(json_object_of(step, "input_mapping"), name, value)
    {
        enum err e;
        snprintf(r->pointer, sizeof r->pointer, "/steps/%zu/input_mapping/%.200s", i, name);
        e = workflow_references(value, check_reference, r);
        if (e)
            return e;
    }
    for (size_t k = 0; k < json_object_array_length(depends); k++) {
        const char *id = json_object_get_string(json_object_array_get_idx(depends, k));
        snprintf(r->pointer, sizeof r->pointer, "/steps/%zu/depends_on/%zu", i, k);
        if (!id || !find_step(r, id, strlen(id)))
            return fail(r, r->pointer, "unknown reference: there is no step \"%.80s\"",
                        id ? id : "null");
    }
    return ERR_OK;
}

static enum err check_outputs(struct reader *r)
{
    bool list = json_array(r->root, "outputs") != NULL;
    size_t i = 0;
    json_object_object_foreach(json_object_of(r->out, "outputs"), name, port)
    {
        struct json_object *source = json_get(port, "source_reference");
        enum err e;
        if (list)
            snprintf(r->pointer, sizeof r->pointer, "/outputs/%zu/source_reference", i++);
        else
            snprintf(r->pointer, sizeof r->pointer, "/outputs/%.200s/source_reference", name);
        if (!json_object_is_type(source, json_type_string))
            return fail(r, r->pointer, "the output \"%.80s\" needs a source_reference", name);
        e = workflow_references(source, check_reference, r);
        if (e)
            return e;
    }
    return ERR_OK;
}

struct circle {
    const struct reader *r;
    const unsigned char *done;
    bool waits;
};

static size_t step_index(const struct reader *r, const char *id, size_t n)
{
    struct json_object *steps = json_array(r->out, "steps"), *step = find_step(r, id, n);
    size_t i = 0;
    while (i < json_object_array_length(steps) && json_object_array_get_idx(steps, i) != step)
        i++;
    return i;
}

static enum err waits_for(void *arg, const char *ref)
{
    struct circle *c = arg;
    if (strncmp(ref, "steps.", 6) == 0)
        c->waits |= !c->done[step_index(c->r, ref + 6, strcspn(ref + 6, "."))];
    return ERR_OK;
}

static bool is_free(const struct reader *r, struct json_object *step, const unsigned char *done)
{
    struct circle c = {r, done, false};
    struct json_object *depends = json_array(step, "depends_on");
    json_object_object_foreach(json_object_of(step, "input_mapping"), name, value)
    {
        (void)name;
        if (workflow_references(value, waits_for, &c))
            return false;
    }
    for (size_t k = 0; k < json_object_array_length(depends); k++) {
        const char *id = json_object_get_string(json_object_array_get_idx(depends, k));
        c.waits |= !done[step_index(r, id, strlen(id))];
    }
    return !c.waits;
}

/* Takes away what waits for nothing until all is gone, or what is left waits for itself. */
static enum err check_circles(const struct reader *r)
{
    unsigned char done[WORKFLOW_STEPS_MAX] = {0};
    struct json_object *steps = json_array(r->out, "steps");
    size_t n = json_object_array_length(steps), left = n, first = 0;
    for (bool moved = true; left && moved;) {
        moved = false;
        for (size_t i = 0; i < n; i++) {
            if (done[i] || !is_free(r, json_object_array_get_idx(steps, i), done))
                continue;
            done[i] = 1;
            moved = true;
            left--;
        }
    }
    while (first < n && done[first])
        first++;
    if (left) {
        char pointer[64];
        snprintf(pointer, sizeof pointer, "/steps/%zu", first);
        return fail(r, pointer,
                    "the step \"%.80s\" waits for itself, through its inputs or "
                    "depends_on",
                    json_str(json_object_array_get_idx(steps, first), "step_id", ""));
    }
    return ERR_OK;
}

/* ---- the whole ---- */

static enum err read_head(struct reader *r)
{
    static const char *const kept[] = {"name",       "description",  "created_by",
                                       "created_at", "tags",         "portable",
                                       "tools",      "dependencies", NULL};
    if (!json_object_is_type(r->root, json_type_object))
        return fail(r, "", "a workflow is one JSON object");
    if (!*json_str(r->root, "workflow_id", ""))
        return fail(r, "/workflow_id", "the workflow needs a workflow_id");
    if (json_get(r->root, "tools") && !json_object_of(r->root, "tools"))
        return fail(r, "/tools", "tools must be an object: id → tool");
    json_add_str(r->out, "workflow_id", json_str(r->root, "workflow_id", ""));
    json_add_str(r->out, "version", json_str(r->root, "version", "1.0.0"));
    for (int k = 0; kept[k]; k++)
        copy(r->out, r->root, kept[k]);
    return ERR_OK;
}

static enum err read_all(struct reader *r)
{
    enum err e = read_head(r);
    if (!e)
        e = read_ports(r, "inputs");
    if (!e)
        e = read_ports(r, "outputs");
    if (!e)
        e = read_steps(r);
    for (size_t i = 0; !e && i < json_object_array_length(json_array(r->out, "steps")); i++)
        e = check_step(r, json_object_array_get_idx(json_array(r->out, "steps"), i), i);
    if (!e)
        e = check_outputs(r);
    return e ? e : check_circles(r);
}

enum err workflow_read(const char *text, size_t n, const char *file, struct json_object **out,
                       struct err_info *info)
{
    struct reader r = {.text = text, .n = n, .file = file ? file : "", .info = info};
    enum err e;
    *out = NULL;
    if (n >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
        r.text += 3;
        r.n -= 3;
    }
    if (n > WORKFLOW_TEXT_MAX)
        return err_set(info, ERR_TOO_LARGE, "a workflow of more than %d MB",
                       WORKFLOW_TEXT_MAX >> 20);
    e = json_parse(r.text, r.n, file, &r.root, info);
    if (e)
        return e;
    r.out = json_object_new_object();
    e = read_all(&r);
    json_object_put(r.root);
    if (e)
        json_object_put(r.out);
    else
        *out = r.out;
    return e;
}
