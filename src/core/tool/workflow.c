/* A finished task as a workflow: the steps of its journal and what flowed between them, and behind
 * them the one step that is left to do: running the program on other input. */
#include "core/tool/workflow.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/event.h"
#include "core/job/job.h"

enum { ID_SIZE = 96, PATH_MAX_STEP = 80 };

/* One row of the journal that is told. */
struct row {
    char path[PATH_MAX_STEP], id[ID_SIZE];
    char branch[PATH_MAX_STEP]; /* that it counts to: a run beside the gates to its candidate's */
    char name[24], label[128];
    int64_t stage, candidate; /* of a model's answer; 0: of none */
};

struct maker {
    struct row *rows;
    size_t count;
    struct json_object *artifact, *steps, *root;
    const char *function;
};

/* ---- rows ---- */

static const char *column(sqlite3_stmt *st, int i)
{
    const char *text = (const char *)sqlite3_column_text(st, i);
    return text ? text : "";
}

static int compare_rows(const void *left, const void *right)
{
    return step_path_compare(((const struct row *)left)->path, ((const struct row *)right)->path);
}

/* The path without its last parts. */
static void set_branch(struct row *r, int parts)
{
    snprintf(r->branch, sizeof r->branch, "%s", r->path);
    while (parts-- > 0) {
        char *dot = strrchr(r->branch, '.');
        *(dot ? dot : r->branch) = 0;
    }
}

/* Steps that came to an end, without the bookkeeping between them. The candidate that an answer
 * belongs to stands in the event before its step. */
static enum err read_rows(sqlite3 *db, int64_t job, struct maker *m, struct err_info *info)
{
    sqlite3_stmt *st;
    enum err e =
        store_prepare(db, info, &st,
                      "SELECT s.path,s.name,coalesce(json_extract(e.body,'$.label'),''),"
                      " json_extract(c.body,'$.stage'),json_extract(c.body,'$.candidate'),"
                      " EXISTS(SELECT 1 FROM step f WHERE f.job=s.job AND f.name='all:judge'"
                      "  AND substr(s.path,1,length(f.path)+1)=f.path||'.') FROM step s"
                      " LEFT JOIN event e ON e.job=s.job AND e.path=s.path AND e.type=?2"
                      " LEFT JOIN event c ON c.job=s.job AND c.path=s.path AND c.type=?3"
                      " WHERE s.job=?1 AND s.state=1 AND s.path<'~'"
                      " AND s.name IN('classify','recall','llm','run','choose') LIMIT 400",
                      "iii", job, (int64_t)EVENT_STEP_END, (int64_t)EVENT_CANDIDATE_BEGIN);
    m->rows = calloc(400, sizeof *m->rows);
    while (m->rows && store_row(st, &e, info)) {
        struct row *r = &m->rows[m->count++];
        snprintf(r->path, sizeof r->path, "%s", column(st, 0));
        snprintf(r->name, sizeof r->name, "%s", column(st, 1));
        snprintf(r->label, sizeof r->label, "%s", column(st, 2));
        r->stage = sqlite3_column_int64(st, 3);
        r->candidate = sqlite3_column_int64(st, 4);
        set_branch(r, sqlite3_column_int(st, 5) ? 3 : 1);
        snprintf(r->id, sizeof r->id, "%.12s_%.70s", r->name, r->path);
        for (char *p = r->id; *p; p++)
            if (*p == '.')
                *p = '_';
    }
    sqlite3_finalize(st);
    if (m->count)
        qsort(m->rows, m->count, sizeof *m->rows, compare_rows);
    return e ? e : m->rows ? ERR_OK : ERR_NOMEM;
}

/* The fan-out that a step stands in: "9.2.1" → "9". */
static bool fork_of(const struct row *r, char out[PATH_MAX_STEP])
{
    snprintf(out, PATH_MAX_STEP, "%.*s", (int)strcspn(r->branch, "."), r->branch);
    return r->branch[0] != 0;
}

static bool same_branch(const struct row *a, const struct row *b)
{
    return strcmp(a->branch, b->branch) == 0;
}

/* The nearest step of a name before `at` in its branch. */
static const struct row *before(const struct maker *m, size_t at, const char *name)
{
    for (size_t k = at; k-- > 0;)
        if (same_branch(&m->rows[k], &m->rows[at]) && strcmp(m->rows[k].name, name) == 0)
            return &m->rows[k];
    return NULL;
}

static size_t index_of(const struct maker *m, int64_t stage, int64_t candidate)
{
    for (size_t i = 0; i < m->count; i++)
        if (m->rows[i].stage == stage && m->rows[i].candidate == candidate)
            return i;
    return m->count;
}

/* ---- steps ---- */

static void refer(struct json_object *mapping, const char *name, const char *id, const char *output)
{
    char text[ID_SIZE + 64];
    snprintf(text, sizeof text, "steps.%s.%s", id, output);
    json_add_str(mapping, name, text);
}

/* A literal that no reader takes for a reference. */
static void literal(struct json_object *mapping, const char *name, const char *text)
{
    struct buf out;
    enum err e = ERR_OK;
    buf_init(&out, WORKFLOW_TEXT_MAX);
    for (const char *p = text; !e && *p; p++) {
        if (p[0] == '$' && p[1] == '{')
            e = buf_adds(&out, "$");
        e = e ? e : buf_add(&out, p, 1);
    }
    json_add_str(mapping, name, out.data);
    buf_fini(&out);
}

static struct json_object *new_step(const char *id, const char *type, const char *description,
                                    const char *tool, const char *output)
{
    struct json_object *s = json_object_new_object();
    json_add_str(s, "step_id", id);
    json_add_str(s, "type", type);
    json_add_str(s, "description", description);
    json_add_str(s, "tool", tool);
    json_object_object_add(s, "input_mapping", json_object_new_object());
    json_add_str(s, "output_name", output);
    json_object_object_add(s, "parallel_group", NULL);
    json_object_object_add(s, "depends_on", json_object_new_array());
    return s;
}

static void depend(struct json_object *step, const char *id)
{
    json_object_array_add(json_array(step, "depends_on"), json_object_new_string(id));
}

static void map_llm(struct maker *m, size_t i, struct json_object *step)
{
    /* what the pipeline fills in out of the job's own course */
    static const char *const unfilled[] = {"examples", "similar", "plan", "log", "history", "hint"};
    struct json_object *mapping = json_object_of(step, "input_mapping");
    struct json_object *from = json_object_of(m->artifact, "repaired_from");
    bool repair = strncmp(m->rows[i].label, "repair", 6) == 0;
    const char *tool = repair                                       ? "repairer"
                       : strncmp(m->rows[i].label, "plain", 5) == 0 ? "coder_plain"
                                                                    : "coder";
    struct json_object *prompt = json_object_of(json_object_of(m->artifact, "prompts"), tool);
    json_add_str(step, "tool", tool);
    json_add_str(step, "prompt_template", json_str(prompt, "template", "{task}"));
    literal(mapping, "task", json_str(m->artifact, "task", ""));
    for (size_t k = 0; k < sizeof unfilled / sizeof *unfilled; k++)
        json_add_str(mapping, unfilled[k], "");
    if (repair && from) {
        size_t k = index_of(m, json_i64(from, "stage", 0), json_i64(from, "candidate", 0));
        if (k < i) {
            refer(mapping, "code", m->rows[k].id, "code");
            if (k + 1 < i && strcmp(m->rows[k + 1].name, "run") == 0)
                refer(mapping, "error", m->rows[k + 1].id, "report");
        }
    }
}

static void map_choose(struct maker *m, size_t i, struct json_object *step)
{
    char fork[PATH_MAX_STEP], other[PATH_MAX_STEP] = "";
    for (size_t k = i; k-- > 0;) {
        if (!fork_of(&m->rows[k], fork))
            break;
        if (other[0] && strcmp(fork, other) != 0)
            break;
        snprintf(other, sizeof other, "%s", fork);
        if (strcmp(m->rows[k].name, "run") == 0)
            refer(json_object_of(step, "input_mapping"), m->rows[k].id, m->rows[k].id, "report");
    }
}

static struct json_object *make_step(struct maker *m, size_t i)
{
    static const struct {
        const char *name, *type, *tool, *output;
    } forms[] = {{"classify", "existing_tool", "intake", "verdict"},
                 {"recall", "existing_tool", "memory", "found"},
                 {"llm", "llm_call", "coder", "code"},
                 {"run", "python_tool", "harness", "report"},
                 {"choose", "existing_tool", "choose", "choice"}};
    const struct row *r = &m->rows[i], *source;
    struct json_object *step = NULL, *mapping;
    char fork[PATH_MAX_STEP];
    for (size_t k = 0; k < sizeof forms / sizeof *forms && !step; k++)
        if (strcmp(forms[k].name, r->name) == 0)
            step = new_step(r->id, forms[k].type, r->label, forms[k].tool, forms[k].output);
    mapping = json_object_of(step, "input_mapping");
    if (strcmp(r->name, "classify") == 0 || strcmp(r->name, "recall") == 0) {
        literal(mapping, "task", json_str(m->artifact, "task", ""));
    } else if (strcmp(r->name, "llm") == 0) {
        map_llm(m, i, step);
    } else if (strcmp(r->name, "choose") == 0) {
        map_choose(m, i, step);
    } else if ((source = before(m, i, "llm"))) {
        refer(mapping, "code", source->id, "code");
        json_add_str(step, "operation_type", "validator");
    }
    if (fork_of(r, fork))
        json_add_str(step, "parallel_group", fork);
    json_add_str(step, "makes", m->function);
    return step;
}

/* In its branch a step follows the one before; a branch follows what stood before the fan-out, and
 * what comes behind the fan-out follows the ends of its branches. */
static void add_order(struct maker *m, size_t i, struct json_object *step)
{
    const struct row *r = &m->rows[i];
    char fork[PATH_MAX_STEP], other[PATH_MAX_STEP];
    bool inside = fork_of(r, fork);
    for (size_t k = i; k-- > 0;) {
        const struct row *p = &m->rows[k];
        bool last = k + 1 == i || !same_branch(p, p + 1);
        if (!fork_of(p, other)) {
            if (inside || k + 1 == i)
                depend(step, p->id);
            return;
        }
        if (inside && same_branch(p, r)) {
            depend(step, p->id);
            return;
        }
        if (!inside && last)
            depend(step, p->id);
        if (!inside && k > 0) {
            char next[PATH_MAX_STEP];
            if (!fork_of(p - 1, next) || strcmp(next, other) != 0)
                return;
        }
    }
}

/* ---- inputs ---- */

static const char *type_of(struct json_object *value)
{
    switch (json_object_get_type(value)) {
    case json_type_boolean:
        return "boolean";
    case json_type_double:
    case json_type_int:
        return "number";
    case json_type_array:
        return "array";
    case json_type_string:
        return "string";
    default:
        return "object";
    }
}

static const char *annotated(const char *annotation)
{
    static const char *const names[][2] = {
        {"str", "string"}, {"int", "number"}, {"float", "number"}, {"bool", "boolean"},
        {"list", "array"}, {"List", "array"}, {"tuple", "array"},  {"Sequence", "array"}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strncmp(annotation, names[i][0], strlen(names[i][0])) == 0)
            return names[i][1];
    return "object";
}

static void add_input(struct maker *m, struct json_object *mapping, const char *name,
                      const char *type, bool required, struct json_object *value)
{
    struct json_object *port = json_object_new_object();
    char ref[160];
    json_add_str(port, "type", type);
    json_add_bool(port, "required", required);
    if (value)
        json_object_object_add(port, "default", json_object_get(value));
    json_object_object_add(json_object_of(m->root, "inputs"), name, port);
    snprintf(ref, sizeof ref, "inputs.%.120s", name);
    json_add_str(mapping, name, ref);
}

/* One parameter of the function's head: name, annotation, default. */
static void add_parameter(struct maker *m, struct json_object *mapping, const char *p, size_t n)
{
    char name[80];
    const char *colon, *type = "object";
    size_t len = 0;
    while (n && isspace((unsigned char)*p))
        p++, n--;
    while (len < n && (isalnum((unsigned char)p[len]) || p[len] == '_'))
        len++;
    if (!len || len >= sizeof name)
        return; /* *args, a lone star, the slash */
    snprintf(name, sizeof name, "%.*s", (int)len, p);
    colon = memchr(p, ':', n);
    if (colon) {
        for (colon++; *colon == ' '; colon++)
            ;
        type = annotated(colon);
    }
    add_input(m, mapping, name, type, memchr(p, '=', n) == NULL, NULL);
}

/* The parameters of `def function(`, split at the commas that stand in no brackets. */
static void add_signature(struct maker *m, struct json_object *mapping)
{
    char head[160];
    const char *p, *from;
    int depth = 0;
    snprintf(head, sizeof head, "def %.120s(", m->function);
    p = strstr(json_str(m->artifact, "source", ""), head);
    if (!p)
        return;
    for (from = p += strlen(head); *p; p++) {
        bool end = depth == 0 && (*p == ',' || *p == ')');
        if (end) {
            add_parameter(m, mapping, from, (size_t)(p - from));
            from = p + 1;
        }
        if (end && *p == ')')
            return;
        depth += strchr("([{", *p) ? 1 : strchr(")]}", *p) ? -1 : 0;
    }
}

static void add_inputs(struct maker *m, struct json_object *mapping)
{
    struct json_object *given = json_object_of(m->artifact, "input");
    if (!given) {
        add_signature(m, mapping);
        return;
    }
    json_object_object_foreach(given, name, value)
    {
        add_input(m, mapping, name, type_of(value), false, value);
    }
}

/* ---- the whole ---- */

static void add_tools(struct maker *m)
{
    struct json_object *tools = json_object_new_object(), *tool = json_object_new_object();
    struct json_object *prompts = json_object_of(m->artifact, "prompts");
    struct json_object *packages = json_get(json_object_of(m->artifact, "grants"), "packages");
    json_object_object_add(m->root, "tools", tools);
    json_add_str(tool, "tool_id", m->function);
    json_add_str(tool, "name", m->function);
    json_add_str(tool, "description", json_str(m->artifact, "task", ""));
    json_add_str(tool, "type", "python");
    json_add_str(tool, "source_code", json_str(m->artifact, "source", ""));
    json_object_object_add(tool, "requirements",
                           packages ? json_object_get(packages) : json_object_new_array());
    json_object_object_add(tools, m->function, tool);
    if (!prompts)
        return;
    json_object_object_foreach(prompts, id, prompt)
    {
        struct json_object *llm = json_object_new_object();
        json_add_str(llm, "tool_id", id);
        json_add_str(llm, "name", id);
        json_add_str(llm, "type", "llm");
        json_add_str(llm, "role", json_str(prompt, "role", "fast"));
        json_add_str(llm, "system_prompt", json_str(prompt, "system", ""));
        json_add_f64(llm, "temperature", json_f64(prompt, "temperature", 0.1));
        json_object_object_add(tools, id, llm);
    }
}

static void add_head(struct maker *m, int64_t job)
{
    struct json_object *outputs = json_object_new_object(), *result = json_object_new_object();
    char id[160];
    snprintf(id, sizeof id, "%.100s_%lld", m->function, (long long)job);
    m->root = json_object_new_object();
    m->steps = json_object_new_array();
    json_add_str(m->root, "workflow_id", id);
    json_add_str(m->root, "version", "1.0.0");
    json_add_str(m->root, "description", json_str(m->artifact, "task", ""));
    json_add_str(m->root, "created_by", "dise");
    if (!json_flag(m->artifact, "solved", true)) { /* its runs are no solutions either */
        struct json_object *tags = json_object_new_array();
        json_object_array_add(tags, json_object_new_string(WORKFLOW_UNSOLVED));
        json_object_object_add(m->root, "tags", tags);
    }
    json_add_bool(m->root, "portable", true);
    json_object_object_add(m->root, "inputs", json_object_new_object());
    json_object_object_add(m->root, "outputs", outputs);
    json_object_object_add(m->root, "steps", m->steps);
    json_add_str(result, "type", "object");
    json_add_str(result, "source_reference", "steps.program.result");
    json_object_object_add(outputs, "result", result);
}

static void add_program_step(struct maker *m)
{
    struct json_object *step =
        new_step("program", "python_tool",
                 json_flag(m->artifact, "solved", true) ? "the accepted program"
                                                        : "the best attempt, which was not right",
                 m->function, "result");
    add_inputs(m, json_object_of(step, "input_mapping"));
    if (m->count)
        depend(step, m->rows[m->count - 1].id);
    json_object_array_add(m->steps, step);
}

enum err workflow_of_job(sqlite3 *db, int64_t job, struct json_object *artifact,
                         struct json_object **out, struct err_info *info)
{
    struct maker m = {.artifact = artifact, .function = json_str(artifact, "function", "")};
    enum err e = read_rows(db, job, &m, info);
    *out = NULL;
    if (!*m.function)
        m.function = "program";
    if (!e) {
        add_head(&m, job);
        for (size_t i = 0; i < m.count; i++) {
            struct json_object *step = make_step(&m, i);
            add_order(&m, i, step);
            json_object_array_add(m.steps, step);
        }
        add_program_step(&m);
        add_tools(&m);
        *out = m.root;
    }
    free(m.rows);
    return e;
}

struct json_object *workflow_artifact(struct json_object *workflow, const char *name,
                                      const char *task, int64_t created)
{
    struct json_object *o = json_object_new_object();
    json_add_str(o, "kind", "workflow");
    json_add_str(o, "name", name);
    json_add_str(o, "task", task);
    json_add_str(o, "task_hash", "");
    json_add_bool(o, "solved", true);
    json_add_str(o, "model", "");
    json_add_i64(o, "created", created);
    json_object_object_add(o, "workflow", json_object_get(workflow));
    return o;
}
