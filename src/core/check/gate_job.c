#include "core/check/gate_job.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/check/gate.h"
#include "core/check/gate_figures.h"
#include "core/rag/quality.h"

enum { RESULT_BYTES = 2 << 20, TESTS_BYTES = 64 << 10 };

/* ---- what is judged ---- */

struct subject {
    struct json_object *artifact; /* NULL: a program from elsewhere */
    const char *source;
    struct buf shown; /* the calls that its documentation shows */
};

/* What stands behind ">>> ", and the lines with the answer, of all documentation in the source. */
static enum err read_shown(const char *source, struct buf *out)
{
    bool answer = false;
    enum err e = ERR_OK;
    for (const char *p = source; !e && *p;) {
        const char *line = p + strspn(p, " \t");
        size_t n = strcspn(line, "\r\n");
        bool call = n > 4 && strncmp(line, ">>> ", 4) == 0;
        answer = n && (call || (answer && strncmp(line, "\"\"\"", 3) && strncmp(line, "'''", 3)));
        if (answer)
            e = buf_add(out, line, n);
        if (!e && answer)
            e = buf_adds(out, "\n");
        p = line + n;
        p += *p == '\r';
        p += *p == '\n';
    }
    return e == ERR_TOO_LARGE ? ERR_OK : e; /* the first ones do */
}

/* Those that a model wrote are evidence here as they were when it was made. */
static enum err read_tests(struct task *t, const char *text)
{
    t->tests = calloc(1, sizeof *t->tests);
    if (!t->tests)
        return ERR_NOMEM;
    examples_read_asserts(text, &t->examples, EXAMPLES_MAX, t->tests);
    return examples_python(t->tests, &t->tests_text);
}

static enum err read_subject(struct task *t, struct subject *s, struct err_info *info)
{
    const char *id = json_str(t->input, "id", NULL);
    enum err e = id ? task_recall(t, NULL, id, &s->artifact) : ERR_OK;
    if (e)
        return e;
    s->source = json_str(id ? s->artifact : t->input, "source", NULL);
    if (!s->source)
        return err_set(info, ERR_INPUT, "%.20s is no program; gates judge programs",
                       id ? id : "this");
    if (!id)
        e = read_shown(s->source, &s->shown);
    if (!e)
        e = task_examples(t, id ? json_str(s->artifact, "task", "") : s->shown.data);
    if (!e && id && !t->examples.function[0])
        snprintf(t->examples.function, sizeof t->examples.function, "%s",
                 json_str(s->artifact, "function", ""));
    return e ? e : read_tests(t, json_str(s->artifact, "tests", ""));
}

/* ---- judging ---- */

/* Its grants, its function and the tests that it passes are known from a run. */
static enum err judge(struct task *t, struct candidate *c, bool *blocked, struct err_info *info)
{
    enum err e = verify_run(t->job, t, 0, 1, "run", c->code.data, &c->verdict, info);
    if (!e && c->verdict.imported && t->tests->count)
        e = evidence_run(t->job, c, info);
    return e ? e : gate_look(t, c, true, blocked, info);
}

/* ---- the job ---- */

static enum err conclude(const struct candidate *c, bool blocked, struct ending *end)
{
    struct json_object *o = json_object_new_object(), *list = c->verdict.gates;
    size_t n = json_object_array_length(list), passed = 0;
    double score;
    char text[200];
    enum err e;
    for (size_t i = 0; i < n; i++)
        passed += strcmp(json_str(json_object_array_get_idx(list, i), "state", ""), "passed") == 0;
    json_object_object_add(o, "gates", json_object_get(list));
    if (quality_code(list, &score))
        json_add_f64(o, "score", score);
    json_add_bool(o, "blocked", blocked);
    snprintf(text, sizeof text, "%zu of %zu gates%s", passed, n,
             blocked ? ", and one that blocks says no" : "");
    ending_set(end, blocked ? "unsolved" : "solved", ERR_OK, text);
    e = json_print(&end->result, o);
    json_object_put(o);
    return e;
}

static enum err run(struct task *t, struct ending *end, struct err_info *info)
{
    static const struct stage stage = {.candidates = 1};
    struct candidate *c = malloc(sizeof *c); /* too large for a fiber's stack */
    struct subject s = {.artifact = NULL};
    bool blocked = false;
    enum err e;
    if (!c)
        return err_set(info, ERR_NOMEM, "out of memory");
    buf_init(&s.shown, TESTS_BYTES);
    candidate_init(c, t, &stage, 1, NULL);
    e = read_subject(t, &s, info);
    if (!e)
        e = buf_adds(&c->code, s.source);
    if (!e)
        e = gates_load(t, info);
    if (!e && !t->gates)
        e = err_set(info, ERR_INPUT, "there are no gates: gates.enabled is false");
    if (!e)
        e = judge(t, c, &blocked, info);
    if (!e)
        e = conclude(c, blocked, end);
    candidate_fini(c);
    free(c);
    json_object_put(s.artifact);
    buf_fini(&s.shown);
    return e;
}

static enum err run_job(struct job *job, void *context, struct json_object *input)
{
    struct task t;
    struct ending end = {.status = NULL};
    struct err_info info = {0};
    enum err e = task_init(&t, context, job, input);
    buf_init(&end.result, RESULT_BYTES);
    t.plain = true; /* no workflow comes of it */
    if (!e)
        e = job_clock(job, &t.began);
    if (!e)
        e = run(&t, &end, &info);
    task_finish(&t, &end, e, &info);
    buf_fini(&end.result);
    task_fini(&t);
    return e;
}

const struct job_kind gates_job = {"gates", 2, run_job};
