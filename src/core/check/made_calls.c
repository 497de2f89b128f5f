#include "core/check/made_calls.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "core/check/sandbox_step.h"
#include "core/tool/test_data.h"

typedef struct json_object json;

enum {
    SEED = 20,
    ORDINARY = 16,
    EDGES = 8, /* together as many as there are probes */
    PROGRAMS = 8,
    PROGRAM_MAX = 64 << 10,
    JOB_MAX = 2 << 20,
    FILE_MAX = 64 << 10,
    VALUE_MAX = 256 << 10
};

/* ---- whether they are wanted ---- */

/* Arguments without calls and names; *telling: there is a digit or a text with something in it. */
static bool is_plain(const char *p, const char *end, bool *telling)
{
    *telling = false;
    for (char before = 0; p < end; before = *p++) {
        if (*p == '"' || *p == '\'') {
            const char quote = *p++;
            *telling |= p < end && *p != quote;
            while (p < end && *p != quote)
                p += 1 + (*p == '\\');
            if (p >= end)
                return false;
        } else if ((*p == '(' && (isalnum((unsigned char)before) || before == '_')) || *p == '=') {
            return false;
        }
        *telling |= isdigit((unsigned char)*p) != 0;
    }
    return true;
}

static bool example_tells(const struct example *x)
{
    const char *p = x->call ? memchr(x->call, '(', x->call_len) : x->args;
    const char *end = x->call ? x->call + x->call_len : x->args + x->args_len;
    bool telling;
    if (!p)
        return false;
    if (x->call) {
        p++;
        end--; /* its last bracket */
    }
    return is_plain(p, end, &telling) && telling;
}

bool made_calls_values(const struct examples *x)
{
    for (size_t i = 0; i < x->count; i++)
        if (example_tells(&x->list[i]))
            return true;
    return false;
}

/* Whether the text has the head of the function with a type in it. */
static bool has_types(const char *text, const char *function)
{
    char def[80];
    snprintf(def, sizeof def, "def %.64s%s", function, *function ? "(" : "");
    for (const char *p = text; p && (p = strstr(p, def)); p++) {
        const char *open = strchr(p, '('), *line = strchr(p, '\n');
        if (open && (!line || open < line) && memchr(open, ':', strcspn(open, ")")))
            return true;
    }
    return false;
}

static bool any_types(const struct task *t, const struct pool *pool)
{
    const char *function = t->examples.function;
    if (has_types(t->text, function) || (t->plan && has_types(t->plan, function)))
        return true;
    for (size_t i = 0; i < pool->n; i++)
        if (pool->list[i].verdict.accepted &&
            has_types(pool->list[i].code.data, pool->list[i].verdict.function))
            return true;
    return false;
}

bool made_calls_wanted(const struct task *t, const struct pool *pool, bool compared)
{
    const bool tried = properties_wanted(t) && !t->properties.shape_count;
    return !t->made_asked && (compared || tried) && !made_calls_values(&t->examples) &&
           !(t->tests && made_calls_values(t->tests)) && any_types(t, pool);
}

json *made_calls_list(const struct task *t)
{
    json *list = json_array(t->made, "calls");
    return list && json_object_array_length(list) ? list : NULL;
}

/* ---- making them ---- */

struct make_arg {
    struct task *task;
    const struct buf *job;
};

static enum err write_words(const struct task *t, struct buf *out)
{
    enum err e = buf_adds(out, t->text);
    return !e && t->plan ? buf_addf(out, "\n\n%s", t->plan) : e;
}

/* Programs whose text is long are passed over: a head is not worth it. */
static enum err describe(const struct task *t, const struct pool *pool, struct buf *out)
{
    json *o = json_object_new_object(), *programs = json_object_new_array();
    const char *function = t->examples.function;
    struct buf words;
    enum err e;
    buf_init(&words, JOB_MAX);
    e = write_words(t, &words);
    for (size_t i = 0; i < pool->n && json_object_array_length(programs) < PROGRAMS; i++) {
        const struct candidate *c = &pool->list[i];
        if (!c->verdict.accepted || c->code.len > PROGRAM_MAX)
            continue;
        json_object_array_add(programs, json_object_new_string(c->code.data));
        if (!*function)
            function = c->verdict.function;
    }
    json_add_str(o, "function", function);
    json_add_i64(o, "takes", t->properties.takes ? t->properties.takes : -1);
    json_add_str(o, "task", e ? "" : words.data);
    json_object_object_add(o, "programs", programs);
    json_add_i64(o, "seed", SEED);
    json_add_i64(o, "count", ORDINARY);
    json_add_i64(o, "edges", EDGES);
    if (!e)
        e = json_print(out, o);
    json_object_put(o);
    buf_fini(&words);
    return e;
}

static enum err run(const struct make_arg *a, struct sandbox_result *r, struct err_info *info)
{
    static const char *const argv[] = {"python3", "-I", "-S", "testdata_calls.py", NULL};
    struct buf texts[TESTDATA_FILES], calls;
    struct sandbox_file files[TESTDATA_FILES + 2];
    struct sandbox_spec spec = {
        .argv = argv, .input = "", .files = files, .file_count = TESTDATA_FILES + 2};
    enum err e = test_data_files(a->task->p, texts, files, info);
    buf_init(&calls, FILE_MAX);
    if (!e)
        e = sandbox_step_runtime(a->task->p, "testdata_calls.py", &calls, info);
    files[TESTDATA_FILES] = (struct sandbox_file){"testdata_calls.py", calls.data, calls.len};
    files[TESTDATA_FILES + 1] = (struct sandbox_file){"calls.json", a->job->data, a->job->len};
    sandbox_step_limits(a->task->p->config, &spec.limits);
    if (!e)
        e = sandbox_run(a->task->p->sandbox, &spec, r, info);
    for (int i = 0; i < TESTDATA_FILES; i++)
        buf_fini(&texts[i]);
    buf_fini(&calls);
    return e;
}

static void say(struct step *step, json *made)
{
    const size_t n = json_object_array_length(json_array(made, "calls"));
    step_say(step, "%zu calls, types of the %s: %.120s", n,
             json_flag(made, "own", false) ? "task" : "programs", json_str(made, "hints", ""));
}

static enum err make_step(struct step *step, void *arg, struct buf *out)
{
    struct sandbox_result r;
    struct err_info info = {0};
    json *made = NULL;
    enum err e;
    sandbox_result_init(&r);
    e = run(arg, &r, &info);
    if (!e) {
        sandbox_step_emit(step, &r);
        if (json_parse(r.out.data, r.out.len, NULL, &made, NULL))
            made = NULL;
        if (json_array(made, "calls"))
            say(step, made);
        else
            step_say(step, "none");
        e = made ? json_print(out, made) : buf_adds(out, "{}");
    } else if (e != ERR_CANCELLED) {
        step_fail(step, e, "%s", info.message[0] ? info.message : err_text(e));
    }
    json_object_put(made);
    sandbox_result_fini(&r);
    return e;
}

enum err made_calls_make(struct task *t, const struct pool *pool)
{
    struct buf job;
    struct make_arg arg = {t, &job};
    struct step_desc desc = {
        .name = "values", .label = "calls for the tests", .run = make_step, .arg = &arg};
    struct err_info info = {0};
    enum err e;
    t->made_asked = true;
    buf_init(&job, JOB_MAX);
    e = describe(t, pool, &job);
    desc.input = job.data;
    desc.input_len = job.len;
    if (!e)
        e = job_step_json(t->job, &desc, VALUE_MAX, &t->made, &info);
    buf_fini(&job);
    return e == ERR_CANCELLED || e == ERR_DIVERGED || e == ERR_NOMEM ? e : ERR_OK;
}
