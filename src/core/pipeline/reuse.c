#include "core/pipeline/reuse.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "core/pipeline/question.h"
#include "core/rag/rag.h"
#include "core/store/similar.h"
#include "core/words/classify.h"
#include "core/words/head.h"
#include "core/words/same_task.h"

enum {
    LOOKED_AT = 24,
    NEAR_MS = 50, /* the vectors are waited for; the embedder of this machine takes 5 to 15 */
    NEAR_BYTES = 1000,
    TRIED = 3,
    VALUE_MAX = 2 << 20,
    ASKED_TOKENS = 20,
    ASKED_BYTES = 2000
};

/* ---- what may answer it ---- */

struct find {
    struct task *task;
    struct json_object *found; /* [{id, name, function, task, source, class, model, …}] */
    int64_t near[LOOKED_AT];   /* found by meaning; the words' are looked for besides */
    size_t near_count;
};

static bool is_bare(struct json_object *grants)
{
    static const char *const kinds[] = {"read", "write", "net", "packages"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (json_array(grants, kinds[i]) && json_object_array_length(json_array(grants, kinds[i])))
            return false;
    return true;
}

static void judge_one(struct json_object *o, const struct same_text *asked, struct same_text *kept,
                      struct json_object *out)
{
    struct same_judgement j;
    /* what a person had to allow is not run for another task without a question */
    if (!is_bare(json_object_of(o, "grants")))
        return;
    same_text_read(json_str(o, "task", ""), kept);
    same_task(kept, asked, &j);
    if (j.verdict == SAME_TASK && asked->telling < j.proof) {
        j.verdict = SAME_ADAPTABLE;
        j.unsure = true;
    }
    if (j.verdict != SAME_TASK && !j.unsure)
        return;
    json_object_object_del(o, "grants");
    json_add_bool(o, "same", j.verdict == SAME_TASK);
    json_add_i64(o, "proof", j.proof);
    json_add_str(o, "why", j.why);
    json_object_array_add(out, json_object_get(o));
}

/* The sure ones first, those that need the least proof before others. */
static int compare(const void *a, const void *b)
{
    struct json_object *x = *(struct json_object *const *)a, *y = *(struct json_object *const *)b;
    int64_t by = (int64_t)json_flag(y, "same", false) - (int64_t)json_flag(x, "same", false);
    if (!by)
        by = json_i64(x, "proof", 0) - json_i64(y, "proof", 0);
    if (!by)
        by = json_i64(x, "place", 0) - json_i64(y, "place", 0);
    return by < 0 ? -1 : by > 0;
}

static enum err find(sqlite3 *db, void *arg, struct err_info *info)
{
    struct find *f = arg;
    struct json_object *all = NULL;
    struct same_text *texts = calloc(2, sizeof *texts);
    enum err e = texts ? same_candidates(db, f->task->text, LOOKED_AT, &all, info) : ERR_NOMEM;
    json_object_put(f->found);
    f->found = json_object_new_array();
    if (!e && f->near_count)
        e = same_candidates_add(db, f->near, f->near_count, all, info);
    if (!e)
        same_text_read(f->task->text, &texts[0]);
    for (size_t i = 0; !e && i < json_object_array_length(all); i++)
        judge_one(json_object_array_get_idx(all, i), &texts[0], &texts[1], f->found);
    json_object_array_sort(f->found, compare);
    while (json_object_array_length(f->found) > TRIED)
        json_object_array_del_idx(f->found, TRIED, 1);
    json_object_put(all);
    free(texts);
    return e;
}

static bool is_found(const struct find *f)
{
    return json_flag(json_object_array_get_idx(f->found, 0), "same", false);
}

/* What is near in meaning may have few of its words, and where much is kept others have more of
 * them. Only the rule says what is the same, so what comes too late is only missed. */
static enum err find_near(struct find *f)
{
    struct vector_hit hits[LOOKED_AT];
    char text[NEAR_BYTES + 1];
    enum err e;
    snprintf(text, sizeof text, "%s", f->task->text);
    text[utf8_floor(text, strlen(text))] = 0;
    e = rag_nearest_soon(f->task->p->rag, text, NEAR_MS, LOOKED_AT, hits, &f->near_count, NULL);
    for (size_t i = 0; i < f->near_count; i++)
        f->near[i] = hits[i].id;
    return e == ERR_CANCELLED || e == ERR_NOMEM ? e : ERR_OK;
}

static enum err find_all(struct find *f, struct err_info *info)
{
    enum err e = store_read(f->task->p->store, find, f, info);
    if (e || is_found(f) || !f->task->p->rag)
        return e;
    e = find_near(f);
    return e || !f->near_count ? e : store_read(f->task->p->store, find, f, info);
}

/* A store that cannot be read answers nothing. */
static enum err find_step(struct step *step, void *arg, struct buf *out)
{
    struct find *f = arg;
    struct err_info info = {0};
    struct json_object *first;
    enum err e = find_all(f, &info);
    if (e == ERR_CANCELLED || e == ERR_NOMEM) {
        json_object_put(f->found);
        f->found = NULL;
        return e;
    }
    first = e ? NULL : json_object_array_get_idx(f->found, 0);
    if (e)
        step_say(step, "%.150s", info.message[0] ? info.message : err_text(e));
    else if (!first)
        step_say(step, "no");
    else
        step_say(step, "%s%.20s: %.120s", json_flag(first, "same", false) ? "" : "perhaps ",
                 json_str(first, "id", ""), json_str(first, "why", ""));
    e = e ? buf_adds(out, "[]") : json_print(out, f->found);
    json_object_put(f->found);
    f->found = NULL;
    return e;
}

static enum err look(struct task *t, struct json_object **out, struct err_info *info)
{
    struct find f = {.task = t};
    struct step_desc desc = {.name = "reuse",
                             .label = "the same task in other words?",
                             .flags = STEP_LAZY,
                             .input = t->text,
                             .input_len = strlen(t->text),
                             .run = find_step,
                             .arg = &f};
    enum err e;
    e = job_step_json(t->job, &desc, VALUE_MAX, out, info);
    return e;
}

/* ---- one of them ---- */

struct tried {
    struct json_object *of;
    struct buf code; /* with the name that is asked for */
    bool renamed, ran;
    struct verdict verdict;
};

/* Whether the program has this name for something of its own. */
static bool is_taken(const char *source, const char *name)
{
    const size_t n = strlen(name);
    for (const char *p = source; (p = strstr(p, name)); p += n)
        if ((p == source || !(isalnum((unsigned char)p[-1]) || p[-1] == '_')) &&
            !(isalnum((unsigned char)p[n]) || p[n] == '_'))
            return true;
    return false;
}

/* The program under the name that the task wants. ERR_NOT_FOUND: it cannot have it. */
static enum err name_it(const struct task *t, struct tried *tried)
{
    const char *source = json_str(tried->of, "source", ""),
               *has = json_str(tried->of, "function", ""), *wanted = t->examples.function;
    const size_t n = strlen(source);
    char why[200];
    enum err e = buf_adds(&tried->code, source);
    if (e || !*wanted || strcmp(has, wanted) == 0)
        return e ? e : head_kept(t->text, source, why) ? ERR_OK : ERR_NOT_FOUND;
    if (!*has || is_taken(source, wanted) || strstr(source, "__main__"))
        return ERR_NOT_FOUND;
    tried->renamed = true;
    return buf_addf(&tried->code, "%s\n\n%s = %s\n", n && source[n - 1] == '\n' ? "" : "\n", wanted,
                    has);
}

/* Runs it where the task has something to run it on. */
static enum err run_it(struct task *t, struct tried *tried, struct err_info *info)
{
    char label[60], before[sizeof t->examples.function];
    enum err e;
    tried->ran = t->examples.count || t->given || tried->renamed;
    if (!tried->ran)
        return ERR_OK;
    snprintf(before, sizeof before, "%s", t->examples.function);
    if (!before[0])
        snprintf(t->examples.function, sizeof t->examples.function, "%s",
                 json_str(tried->of, "function", ""));
    snprintf(label, sizeof label, "try %.20s", json_str(tried->of, "id", ""));
    e = verify_run(t->job, t, 0, 1, label, tried->code.data, &tried->verdict, info);
    snprintf(t->examples.function, sizeof t->examples.function, "%s", before);
    return e;
}

static bool passed(const struct tried *tried)
{
    return !tried->ran || (tried->verdict.accepted && !tried->verdict.echoes);
}

/* What was asked for before the program may be taken for something else. */
static void tell_failure(struct task *t, const struct tried *tried)
{
    char text[400];
    snprintf(text, sizeof text, "%.20s looked like the same task, but %.300s: it is not taken",
             json_str(tried->of, "id", ""),
             tried->verdict.why[0] ? tried->verdict.why : "it did not pass");
    task_note(t, "info", text);
    if (json_flag(tried->of, "same", false) && !json_i64(tried->of, "proof", 0))
        pipeline_note_outcome(t, json_str(tried->of, "id", ""), false, 0);
}

/* ---- the model's word ---- */

static const char schema[] = "{\"type\":\"object\",\"properties\":{\"same\":{\"type\":\"string\","
                             "\"enum\":[\"yes\",\"no\"]}},"
                             "\"required\":[\"same\"],\"additionalProperties\":false}";

/* Whether a model says that the two tasks are the same. Without one they are not. */
static enum err ask(struct task *t, struct json_object *of, bool *yes, struct err_info *info)
{
    char kept[ASKED_BYTES + 1], task[ASKED_BYTES + 1];
    const struct prompt_value values[] = {{"kept", kept}, {"task", task}, {NULL, NULL}};
    const struct question q = {"same_task", schema, values, ASKED_TOKENS};
    struct json_object *o = NULL;
    struct err_info why = {0};
    enum err e;
    *yes = false;
    if (strlen(t->text) > ASKED_BYTES || strlen(json_str(of, "task", "")) > ASKED_BYTES)
        return ERR_OK;
    snprintf(kept, sizeof kept, "%s", json_str(of, "task", ""));
    snprintf(task, sizeof task, "%s", t->text);
    job_takes_time(t->job);
    e = question_ask(t, &q, &o, &why);
    if (!e)
        *yes = strcmp(json_str(o, "same", ""), "yes") == 0;
    json_object_put(o);
    if (e != ERR_CANCELLED && e != ERR_NOMEM && e != ERR_DIVERGED)
        return ERR_OK;
    if (info)
        *info = why;
    return e;
}

/* ---- the answer ---- */

static void say(const struct task *t, const struct tried *tried, bool asked, char *out, size_t size)
{
    const int n = (int)t->examples.count;
    char proof[80] = "";
    if (n)
        snprintf(proof, sizeof proof, "; its %d example%s passed", n, n == 1 ? "" : "s");
    else if (t->given)
        snprintf(proof, sizeof proof, "; it was run on the given input");
    snprintf(out, size, "answered from memory %.20s: the same task in other words%s%s",
             json_str(tried->of, "id", ""), asked ? ", as a model says" : "", proof);
}

/* Under another name it is another program, which is kept beside the one that it comes from. */
static struct json_object *describe(struct task *t, const struct tried *tried,
                                    const struct ending *end, int64_t now)
{
    struct json_object *o = json_object_new_object(), *from = json_object_new_object(),
                       *list = json_object_new_array(), *c = NULL;
    char hash[65] = "";
    struct buf code;
    buf_init(&code, 2 * CODE_MAX);
    if (classify_hash(CLASS_CODE, t->text, t->given, hash))
        hash[0] = 0;
    json_add_str(o, "kind", "function");
    json_add_str(o, "name", t->examples.function);
    task_describe(t, hash, o);
    json_add_bool(o, "solved", true);
    json_add_str(o, "function", t->examples.function);
    json_add_str(o, "source", tried->code.data);
    if (task_program(tried->code.data, t->examples.function, &code) == ERR_OK)
        json_add_str(o, "code", code.data);
    json_add_str(o, "model", json_str(tried->of, "model", ""));
    json_add_str(o, "failed", "");
    json_add_i64(o, "job", job_id(t->job));
    json_add_i64(o, "created", now);
    json_object_object_add(o, "grants", grants_json(&tried->verdict.grants));
    json_object_object_add(o, "input", json_object_get(t->given));
    if (json_parse(end->checked, strlen(end->checked), NULL, &c, NULL) == ERR_OK)
        json_object_object_add(o, "checked", c);
    json_add_str(from, "id", json_str(tried->of, "id", ""));
    json_add_str(from, "name", json_str(tried->of, "name", ""));
    json_object_array_add(list, from);
    json_object_object_add(o, "adapted_from", list);
    buf_fini(&code);
    return o;
}

static enum err keep(struct task *t, const struct tried *tried, struct ending *end,
                     struct err_info *info)
{
    struct json_object *o = NULL;
    int64_t now = 0;
    enum err e = tried->renamed ? job_clock(t->job, &now) : ERR_OK;
    if (!e && tried->renamed)
        o = describe(t, tried, end, now);
    if (!e)
        e = task_keep(t, o, t->examples.function, &tried->code, end, info);
    if (!e && !o)
        snprintf(end->artifact, sizeof end->artifact, "%s", json_str(tried->of, "id", ""));
    json_object_put(o);
    return e;
}

/* What was checked of it just now, or when it was made. */
static void describe_check(const struct task *t, const struct tried *tried, struct ending *end)
{
    struct json_object *checked = json_get(tried->of, "checked");
    if (tried->ran)
        task_checked(t, &tried->verdict, end->checked);
    else
        snprintf(end->checked, sizeof end->checked, "%s",
                 checked ? json_object_to_json_string_ext(checked, JSON_C_TO_STRING_PLAIN)
                         : "null");
}

static enum err answer(struct task *t, const struct tried *tried, bool asked, struct ending *end,
                       struct err_info *info)
{
    char text[200];
    enum err e;
    say(t, tried, asked, text, sizeof text);
    task_known_class(t, tried->of);
    ending_set(end, "solved", ERR_OK, text);
    describe_check(t, tried, end);
    e = buf_add(&end->result, tried->verdict.result.data, tried->verdict.result.len);
    if (!e && (asked || tried->renamed))
        e = keep(t, tried, end, info);
    else
        snprintf(end->artifact, sizeof end->artifact, "%s", json_str(tried->of, "id", ""));
    if (tried->ran)
        pipeline_note_outcome(t, json_str(tried->of, "id", ""), true,
                              (int64_t)tried->verdict.wall_ms);
    else
        pipeline_note_use(t, json_str(tried->of, "id", ""));
    return e;
}

static enum err try_one(struct task *t, struct json_object *of, struct ending *end,
                        struct err_info *info)
{
    const bool sure = json_flag(of, "same", false);
    struct tried tried = {.of = of};
    bool yes = true;
    enum err e;
    buf_init(&tried.code, CODE_MAX);
    verdict_init(&tried.verdict);
    e = name_it(t, &tried);
    if (!e)
        e = run_it(t, &tried, info);
    if (!e && !passed(&tried))
        tell_failure(t, &tried);
    else if (!e && !sure)
        e = ask(t, of, &yes, info);
    if (!e && passed(&tried) && yes)
        e = answer(t, &tried, !sure, end, info);
    verdict_fini(&tried.verdict);
    buf_fini(&tried.code);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

/* ---- the whole ---- */

static bool is_wanted(const struct task *t)
{
    enum task_class c = class_by_name(t->class);
    if (json_flag(t->input, "fresh", false) || t->plain || task_without(t, "reuse") ||
        !config_flag(t->p->config, OPTION_REUSE))
        return false;
    return !t->decided || (!class_is_content(c) && c != CLASS_ARITHMETIC);
}

enum err reuse_try(struct task *t, struct ending *end, struct err_info *info)
{
    struct json_object *found = NULL;
    bool ask_one = strcmp(config_text(t->p->config, OPTION_ASK_SAME), "auto") == 0;
    enum err e;
    if (!is_wanted(t))
        return ERR_OK;
    e = look(t, &found, info);
    if (!e && json_object_array_length(found))
        e = task_examples(t, t->text);
    for (size_t i = 0; !e && !end->status && i < json_object_array_length(found); i++) {
        struct json_object *of = json_object_array_get_idx(found, i);
        const bool sure = json_flag(of, "same", false);
        if (!sure && !ask_one)
            break;
        ask_one &= sure; /* one question */
        e = try_one(t, of, end, info);
    }
    if (!end->status) {
        memset(&t->examples, 0, sizeof t->examples);
        buf_clear(&t->examples_text);
    }
    json_object_put(found);
    return e;
}
