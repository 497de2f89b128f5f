/* Tests that a model writes from the task's words: evidence beside the examples, never truth. */
#include <stdlib.h>
#include <string.h>

#include "core/pipeline/pipeline_internal.h"

enum { TESTS_ASKED = 8, TESTS_USED = 10, TESTS_TOKENS = 250, PROPERTIES_TOKENS = 400 };

/* A model with fewer parameters (billions) writes no properties: it is asked as before. */
static const double writes_properties_from = 3;

/* ---- reading as it streams ---- */

static bool begins(const char *p, size_t n, const char *word)
{
    size_t k = strlen(word);
    return memcmp(p, word, n < k ? n : k) == 0;
}

/* The fence before the tests, comments and empty lines may stand between them. */
static bool may_stand(const char *p, size_t n, int asserts)
{
    return n == 0 || *p == '#' || (begins(p, n, "```") && asserts == 0);
}

/* Counts the assert lines; *other: a line, or the beginning of one, is something else. */
static int count_asserts(const char *text, size_t n, bool *other)
{
    const char *p = text, *end = text + n;
    int asserts = 0;
    *other = false;
    while (p < end && !*other) {
        const char *q = memchr(p, '\n', (size_t)(end - p));
        size_t len;
        bool whole = q != NULL;
        q = q ? q : end;
        while (p < q && (*p == ' ' || *p == '\t' || *p == '\r'))
            p++;
        len = (size_t)(q - p);
        if (begins(p, len, "assert ") && len)
            asserts += whole && len > 7;
        else
            *other = !may_stand(p, len, asserts);
        p = q + whole;
    }
    return asserts;
}

/* The same of the lines that hold a property. */
static int count_properties(const char *text, size_t n)
{
    int count = 0;
    for (const char *p = text, *end = text + n, *q; p < end; p = q + 1) {
        q = memchr(p, '\n', (size_t)(end - p));
        if (!q)
            break;
        count += (size_t)(q - p) > 10 && begins(p, 10, "property: ");
    }
    return count;
}

/* Behind the asserts may stand properties, and nothing behind those. */
static bool enough_with_properties(const char *text, size_t n)
{
    const char *first = memmem(text, n, "\nproperty: ", 11), *last = NULL;
    bool other;
    if (!first) {
        last = memrchr(text, '\n', n);
        last = last ? last + 1 : text;
        if (begins(last, (size_t)(text + n - last), "property: "))
            n = (size_t)(last - text); /* its beginning */
        return count_asserts(text, n, &other) > TESTS_ASKED || other;
    }
    for (const char *p = first + 1, *end = text + n, *q; p < end; p = q + 1) {
        q = memchr(p, '\n', (size_t)(end - p));
        q = q ? q : end;
        if (q > p && !begins(p, (size_t)(q - p), "property: "))
            return true;
    }
    return count_properties(text, n) >= WRITTEN_MAX;
}

/* Small models go on for ever: it ends behind the last assert that is wanted, or at anything else.
 */
static bool enough(const char *text, size_t n)
{
    bool other;
    return count_asserts(text, n, &other) >= TESTS_ASKED || other;
}

/* ---- what came of it ---- */

static void tell(struct job *job, const struct task *t, const struct buf *answer)
{
    struct event ev = {.type = EVENT_TESTS_MADE};
    struct buf text;
    bool other;
    enum err e = ERR_OK;
    int written = count_asserts(answer->data, answer->len, &other);
    buf_init(&text, 1 << 20);
    for (size_t i = 0; !e && t->tests && i < t->tests->count; i++) {
        e = buf_adds(&text, i ? "\n" : "");
        if (!e)
            e = examples_show(&t->tests->list[i], &text);
    }
    for (size_t i = 0; !e && i < t->written_count; i++)
        e = buf_addf(&text, "%sproperty: for %s in %s: %s", text.len ? "\n" : "",
                     t->written[i].name, t->written[i].strategy, t->written[i].expression);
    if (answer->len && answer->data[answer->len - 1] != '\n' && !other)
        written++; /* the last line has no end */
    ev.u.tests_made.usable = t->tests ? (int64_t)t->tests->count : 0;
    ev.u.tests_made.written = written < ev.u.tests_made.usable ? ev.u.tests_made.usable : written;
    ev.u.tests_made.text = e ? "" : text.data;
    job_emit(job, &ev);
    buf_fini(&text);
}

/* As write_prompt() names it. */
static const char *function_of(const struct task *t)
{
    return t->examples.function[0] ? t->examples.function : "solution";
}

/* As Python in t->tests_text, where the answer need not stay. */
static enum err take(struct task *t, const struct buf *answer, bool written)
{
    enum err e;
    free(t->tests);
    t->tests = calloc(1, sizeof *t->tests);
    if (!t->tests)
        return ERR_NOMEM;
    buf_clear(&t->tests_text);
    examples_read_asserts(answer->data, &t->examples, TESTS_USED, t->tests);
    t->written_count = 0;
    if (written && !t->written)
        t->written = calloc(WRITTEN_MAX, sizeof *t->written);
    if (written && t->written)
        t->written_count = properties_read(answer->data, function_of(t), t->written);
    e = examples_python(t->tests, &t->tests_text);
    return e == ERR_TOO_LARGE ? ERR_OK : e; /* then there are none */
}

static enum err ask(struct job *job, struct task *t, const struct stage *s, struct err_info *info)
{
    static const struct errand tests = {"tests", "tester", "write tests", TESTS_TOKENS, enough};
    static const struct errand more = {"tests", "property_tester", "write tests", PROPERTIES_TOKENS,
                                       enough_with_properties};
    const bool properties = config_flag(t->p->config, OPTION_PROPERTIES) &&
                            !task_without(t, "properties") &&
                            router_model_size(s->target.model) >= writes_properties_from;
    struct candidate c;
    struct buf text;
    enum err e;
    buf_init(&text, 4 << 20);
    candidate_init(&c, t, s, 2, NULL);
    c.seed = 0;
    c.errand = properties ? &more : &tests;
    e = candidate_ask(job, &c, &text, info);
    if (!e)
        e = take(t, &text, properties);
    if (e != ERR_CANCELLED)
        tell(job, t, &text);
    candidate_fini(&c);
    buf_fini(&text);
    return e;
}

enum err tests_make(struct job *job, struct task *t, const struct stage *asked,
                    struct err_info *info)
{
    struct json_object *tool = json_object_of(t->prompts, "tester");
    struct stage s = *asked;
    struct err_info why = {0};
    enum err e;
    s.number = 0;
    s.candidates = 1;
    s.temperature = json_f64(tool, "temperature", 0.1);
    e = ask(job, t, &s, &why);
    if (e == ERR_CANCELLED || e == ERR_DIVERGED || e == ERR_NOMEM) {
        if (info)
            *info = why;
        return e;
    }
    return ERR_OK; /* what a model does not write is no evidence, and no reason to give up */
}
