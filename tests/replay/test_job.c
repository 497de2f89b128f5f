#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "../jobs_fixture.h"

/* What the kinds below do to the world, and what makes them another program. */
static int effects[16], variant;
static int64_t ids[8];
static struct session s;

static enum err count_effect(struct step *step, void *arg, struct buf *out)
{
    int n = (int)(intptr_t)arg;
    struct event ev = {.type = EVENT_JOB_NOTE};
    char text[32];
    effects[n]++;
    snprintf(text, sizeof text, "effect %d", n);
    ev.u.job_note.text = text;
    step_emit(step, &ev);
    return buf_addf(out, "%d", n * 10 + effects[n]);
}

static enum err do_step(struct job *job, const char *name, int n, unsigned flags, int *value)
{
    struct step_desc d = {.name = name,
                          .flags = flags,
                          .input = name,
                          .input_len = strlen(name),
                          .run = count_effect,
                          .arg = (void *)(intptr_t)n};
    struct buf out;
    enum err e;
    buf_init(&out, 64);
    e = job_step(job, &d, &out, NULL);
    if (value)
        *value = atoi(out.data);
    buf_fini(&out);
    return e;
}

static void note(struct job *job, const char *text)
{
    struct event ev = {.type = EVENT_JOB_NOTE};
    ev.u.job_note.text = text;
    job_emit(job, &ev);
}

static void reset(const struct job_kind *const *kinds)
{
    memset(effects, 0, sizeof effects);
    memset(ids, 0, sizeof ids);
    variant = 0;
    session_init(&s, kinds);
}

/* Every durable event came once, in growing order; nothing was left on the loop. */
static void check_stream(void)
{
    int64_t last = 0;
    for (int i = 0; i < s.count; i++) {
        assert_true(s.seen[i].seq > last);
        last = s.seen[i].seq;
    }
    assert_int_equal(s.loop_close, 0);
}

/* ---- a job that waits in its middle ---- */

static enum err run_waiting(struct job *job, void *context, struct json_object *input)
{
    struct buf body;
    int a = 0, b = 0;
    enum err e;
    (void)context;
    (void)input;
    buf_init(&body, 64);
    note(job, "begin");
    e = do_step(job, "first", 1, 0, &a);
    if (!e)
        e = do_step(job, "second", 2, STEP_LAZY, NULL);
    note(job, "before the wait");
    if (!e)
        e = job_wait(job, "go", 0, &body);
    if (e)
        note(job, "cut");
    if (!e)
        e = do_step(job, "third", 3, STEP_INTENT, &b);
    if (!e && (a != 11 || b != 31 || strcmp(body.data, "\"yes\"") != 0))
        e = ERR_INTERNAL;
    buf_fini(&body);
    return e;
}

static const struct job_kind waiting = {"waiting", 1, run_waiting};
static const struct job_kind *const waiting_kinds[] = {&waiting, NULL};

static enum err until_note(struct session *session, const char *text)
{
    enum err e = ERR_OK;
    while (!e && session_count(session, 0, EVENT_JOB_NOTE, text) == 0)
        e = fiber_sleep(1);
    return e;
}

static enum err until_waiting(struct session *session)
{
    enum err e = session_submit(session, "waiting", NULL, &ids[0]);
    if (!e)
        e = until_note(session, "before the wait");
    return e ? e : fiber_sleep(1);
}

static enum err answer(struct session *session)
{
    enum err e = jobs_signal(session->jobs, ids[0], "go", "\"yes\"");
    if (!e)
        e = jobs_signal(session->jobs, ids[0], "go", "\"no\"");
    if (e == ERR_NOT_FOUND) /* it was quick */
        e = ERR_OK;
    return e ? e : session_wait_ends(session, 1);
}

static void a_job_goes_on_where_it_stood(void **state)
{
    (void)state;
    reset(waiting_kinds);
    assert_int_equal(session_run(&s, until_waiting), ERR_OK);
    assert_int_equal(s.loop_close, 0);
    assert_null(session_end(&s, ids[0]));
    assert_int_equal(session_run(&s, answer), ERR_OK);
    check_stream();
    for (int i = 1; i <= 3; i++)
        assert_int_equal(effects[i], 1);
    assert_string_equal(session_end(&s, ids[0])->text, "solved");
    assert_int_equal(session_count(&s, 0, EVENT_JOB_STARTED, NULL), 2);
    assert_int_equal(session_count(&s, 0, EVENT_JOB_NOTE, "begin"), 1);
    assert_int_equal(session_count(&s, 0, EVENT_JOB_NOTE, "effect 1"), 1);
    assert_int_equal(session_count(&s, 0, EVENT_JOB_NOTE, "effect 3"), 1);
    assert_int_equal(session_count(&s, 0, EVENT_JOB_NOTE, "cut"), 0);
    assert_int_equal(session_count(&s, 0, EVENT_JOB_DONE, NULL), 1);
    session_fini(&s);
}

/* ---- cancelling ---- */

static enum err cancel_three(struct session *session)
{
    enum err e = until_waiting(session); /* ids[0] waits, and holds the only place */
    if (!e)
        e = session_submit(session, "waiting", NULL, &ids[1]);
    if (!e)
        e = jobs_cancel(session->jobs, ids[1]);
    if (!e)
        e = jobs_cancel(session->jobs, ids[0]);
    if (!e && jobs_cancel(session->jobs, 99) != ERR_NOT_FOUND)
        e = ERR_INTERNAL;
    return e ? e : session_wait_ends(session, 2);
}

static enum err nothing(struct session *session)
{
    (void)session;
    return fiber_sleep(20);
}

static void a_cancelled_job_ends_once_and_stays_ended(void **state)
{
    (void)state;
    reset(waiting_kinds);
    s.width = 1;
    assert_int_equal(session_run(&s, cancel_three), ERR_OK);
    assert_int_equal(session_run(&s, nothing), ERR_OK);
    check_stream();
    for (int i = 0; i < 2; i++)
        assert_string_equal(session_end(&s, ids[i])->text, "cancelled");
    assert_int_equal(session_count(&s, 0, EVENT_JOB_DONE, NULL), 2);
    assert_int_equal(session_count(&s, 0, EVENT_JOB_STARTED, NULL), 1);
    assert_int_equal(session_count(&s, ids[0], EVENT_JOB_NOTE, "cut"), 1);
    session_fini(&s);
}

/* ---- another program over the same journal ---- */

static enum err run_variant(struct job *job, void *context, struct json_object *input)
{
    struct step_desc other = {
        .name = "first", .input = "other", .input_len = 5, .run = count_effect, .arg = (void *)1};
    enum err e;
    (void)context;
    (void)input;
    if (variant == 2)
        e = job_step(job, &other, NULL, NULL);
    else
        e = do_step(job, variant == 1 ? "renamed" : "first", 1, 0, NULL);
    if (!e && variant != 3)
        e = do_step(job, "second", 2, 0, NULL);
    if (!e && variant != 3)
        e = job_wait(job, "never", 0, NULL);
    return e;
}

static const struct job_kind variants = {"waiting", 1, run_variant};
static const struct job_kind *const variant_kinds[] = {&variants, NULL};

static enum err two_steps(struct session *session)
{
    enum err e = session_submit(session, "waiting", NULL, &ids[0]);
    return e ? e : until_note(session, "effect 2");
}

static enum err one_end(struct session *session)
{
    return session_wait_ends(session, 1);
}

static void another_program_is_noticed(void **state)
{
    static const char *const says[] = {"", "step 1: the journal has \"first\", the program asks",
                                       "step 1: the journal has \"first\" with another input",
                                       "step 2: the journal has \"second\", the program ended"};
    (void)state;
    for (int v = 1; v <= 3; v++) {
        reset(variant_kinds);
        assert_int_equal(session_run(&s, two_steps), ERR_OK);
        variant = v;
        assert_int_equal(session_run(&s, one_end), ERR_OK);
        assert_string_equal(session_end(&s, ids[0])->text, "failed");
        assert_non_null(strstr(session_end(&s, ids[0])->message, "job 1, "));
        assert_non_null(strstr(session_end(&s, ids[0])->message, says[v]));
        assert_int_equal(effects[1], 1);
        check_stream();
        session_fini(&s);
    }
}

/* ---- another version ---- */

static enum err run_version(struct job *job, void *context, struct json_object *input)
{
    int value = 0;
    enum err e = ERR_OK;
    (void)context;
    (void)input;
    if (variant == 1)
        e = do_step(job, "new", 4, 0, NULL);
    if (!e)
        e = do_step(job, "llm", 1, STEP_INTENT | STEP_REUSE, &value);
    if (!e)
        e = do_step(job, "other", 2, 0, NULL);
    if (!e)
        e = job_wait(job, "go", 0, NULL);
    return e ? e : value == 11 ? ERR_OK : ERR_INTERNAL;
}

static const struct job_kind version1 = {"versioned", 1, run_version};
static const struct job_kind version2 = {"versioned", 2, run_version};
static const struct job_kind *const version1_kinds[] = {&version1, NULL};
static const struct job_kind *const version2_kinds[] = {&version2, NULL};

static enum err version_waits(struct session *session)
{
    enum err e = session_submit(session, "versioned", NULL, &ids[0]);
    return e ? e : until_note(session, "effect 2");
}

static void another_version_restarts_with_earlier_answers(void **state)
{
    (void)state;
    reset(version1_kinds);
    assert_int_equal(session_run(&s, version_waits), ERR_OK);
    s.kinds = version2_kinds;
    variant = 1;
    assert_int_equal(session_run(&s, answer), ERR_OK);
    check_stream();
    assert_string_equal(session_end(&s, ids[0])->text, "solved");
    assert_int_equal(effects[1], 1); /* the model was not asked again */
    assert_int_equal(effects[2], 2);
    assert_int_equal(effects[4], 1);
    session_fini(&s);
}

/* ---- fan-outs ---- */

static enum err branch_two_steps(struct job *job, void *arg)
{
    int n = (int)(intptr_t)arg;
    enum err e = do_step(job, "a", n, STEP_INTENT, NULL);
    return e ? e : do_step(job, "b", n + 1, 0, NULL);
}

static enum err slow_effect(struct step *step, void *arg, struct buf *out)
{
    (void)step;
    (void)out;
    effects[(intptr_t)arg]++;
    return fiber_sleep(60000);
}

static enum err branch_slow(struct job *job, void *arg)
{
    struct step_desc d = {.name = "slow", .run = slow_effect, .arg = arg};
    return job_step(job, &d, NULL, NULL);
}

static enum err failing(struct step *step, void *arg, struct buf *out)
{
    (void)out;
    effects[(intptr_t)arg]++;
    return step_fail(step, ERR_NET_BROKEN, "the line broke at %d", 7);
}

static enum err branch_fails(struct job *job, void *arg)
{
    struct step_desc d = {.name = "fails", .run = failing, .arg = arg};
    return job_step(job, &d, NULL, NULL);
}

static enum err run_fans(struct job *job, void *context, struct json_object *input)
{
    struct branch all[] = {{.name = "x", .fn = branch_two_steps, .arg = (void *)1},
                           {.name = "y", .fn = branch_two_steps, .arg = (void *)3}};
    struct branch any[] = {{.name = "slow", .fn = branch_slow, .arg = (void *)5},
                           {.name = "quick", .fn = branch_two_steps, .arg = (void *)6}};
    struct branch bad[] = {{.name = "slow", .fn = branch_slow, .arg = (void *)8},
                           {.name = "fails", .fn = branch_fails, .arg = (void *)9}};
    size_t won = 9;
    enum err e = job_all(job, "all", all, 2);
    (void)context;
    (void)input;
    if (!e)
        e = job_any(job, "any", any, 2, &won);
    if (!e && won != 1)
        e = ERR_INTERNAL;
    if (!e && job_all(job, "bad", bad, 2) != ERR_NET_BROKEN)
        e = ERR_INTERNAL;
    note(job, "before the wait");
    if (!e)
        e = job_wait(job, "go", 0, NULL);
    return e ? e : branch_fails(job, (void *)10);
}

static const struct job_kind fans = {"waiting", 1, run_fans};
static const struct job_kind *const fan_kinds[] = {&fans, NULL};

static void fan_outs_are_replayed_and_errors_come_back(void **state)
{
    (void)state;
    reset(fan_kinds);
    assert_int_equal(session_run(&s, until_waiting), ERR_OK);
    assert_int_equal(session_run(&s, answer), ERR_OK);
    check_stream();
    for (int i = 1; i <= 10; i++)
        assert_int_equal(effects[i], 1);
    assert_string_equal(session_end(&s, ids[0])->text, "failed");
    assert_string_equal(session_end(&s, ids[0])->message, "the line broke at 7");
    session_fini(&s);
}

/* ---- cancelled anywhere ---- */

enum { CROWD = 60 };

static enum err short_effect(struct step *step, void *arg, struct buf *out)
{
    (void)step;
    (void)out;
    return fiber_sleep((uint64_t)(intptr_t)arg);
}

static enum err branch_short(struct job *job, void *arg)
{
    struct step_desc d = {.name = "short", .flags = STEP_INTENT, .run = short_effect, .arg = arg};
    enum err e = ERR_OK;
    for (int i = 0; !e && i < 3; i++)
        e = job_step(job, &d, NULL, NULL);
    return e;
}

static enum err run_crowd(struct job *job, void *context, struct json_object *input)
{
    struct branch b[] = {{.name = "x", .fn = branch_short, .arg = (void *)1},
                         {.name = "y", .fn = branch_short, .arg = (void *)3}};
    struct branch c[] = {{.name = "x", .fn = branch_short, .arg = (void *)2},
                         {.name = "y", .fn = branch_slow, .arg = (void *)5}};
    size_t won;
    enum err e = branch_short(job, (void *)1);
    (void)context;
    (void)input;
    if (!e)
        e = job_all(job, "all", b, 2);
    if (!e)
        e = job_any(job, "any", c, 2, &won);
    /* some wait until they are cancelled, so that a slow machine does not end all before that */
    if (!e && job_wait(job, "never", job_id(job) % 10 == 5 && job_id(job) < CROWD - 12 ? 0 : 3,
                       NULL) != ERR_TIMEOUT)
        e = fiber_check();
    return e;
}

static const struct job_kind crowd = {"crowd", 1, run_crowd};
static const struct job_kind *const crowd_kinds[] = {&crowd, NULL};

/* Cancels them one to nine submissions later, so that they stand in different places however fast
 * the disk is; most of them twice. */
static enum err cancel_crowd(struct session *session)
{
    enum err e = ERR_OK;
    for (int i = 0; !e && i < CROWD; i++) {
        e = session_submit(session, "crowd", NULL, &ids[0]);
        if (!e && i >= 10)
            e = jobs_cancel(session->jobs, i - i % 9);
        if (!e && i >= 12)
            e = jobs_cancel(session->jobs, i - 11);
    }
    return e ? e : session_wait_ends(session, CROWD);
}

static void a_job_can_be_cancelled_anywhere(void **state)
{
    (void)state;
    reset(crowd_kinds);
    s.width = 6;
    assert_int_equal(session_run(&s, cancel_crowd), ERR_OK);
    assert_int_equal(session_run(&s, nothing), ERR_OK);
    check_stream();
    assert_int_equal(session_count(&s, 0, EVENT_JOB_DONE, NULL), CROWD);
    assert_int_equal(session_count(&s, 0, EVENT_JOB_DONE, "cancelled") +
                         session_count(&s, 0, EVENT_JOB_DONE, "solved"),
                     CROWD);
    assert_true(session_count(&s, 0, EVENT_JOB_DONE, "cancelled") > 0);
    session_fini(&s);
}

/* ---- a step that may run only once ---- */

static enum err run_once(struct job *job, void *context, struct json_object *input)
{
    struct step_desc d = {.name = "pay", .flags = STEP_ONCE, .run = slow_effect, .arg = (void *)1};
    (void)context;
    (void)input;
    return job_step(job, &d, NULL, NULL);
}

static const struct job_kind once = {"once", 1, run_once};
static const struct job_kind *const once_kinds[] = {&once, NULL};

static enum err begin_once(struct session *session)
{
    enum err e = session_submit(session, "once", NULL, &ids[0]);
    while (!e && !effects[1])
        e = fiber_sleep(1);
    return e;
}

static void a_step_of_unknown_outcome_is_not_repeated(void **state)
{
    (void)state;
    reset(once_kinds);
    assert_int_equal(session_run(&s, begin_once), ERR_OK);
    assert_int_equal(session_run(&s, one_end), ERR_OK);
    assert_int_equal(effects[1], 1);
    assert_string_equal(session_end(&s, ids[0])->text, "failed");
    assert_non_null(strstr(session_end(&s, ids[0])->message, "\"pay\""));
    session_fini(&s);
}

/* ---- sizes, keys, commits ---- */

static enum err big_effect(struct step *step, void *arg, struct buf *out)
{
    char block[4096];
    enum err e = ERR_OK;
    (void)step;
    effects[1]++;
    memset(block, 'x', sizeof block);
    for (intptr_t i = 0; !e && i < (intptr_t)arg; i++)
        e = buf_add(out, block, sizeof block);
    return e;
}

static enum err run_big(struct job *job, void *context, struct json_object *input)
{
    struct step_desc d = {.name = "big", .run = big_effect, .arg = (void *)256};
    struct buf out;
    enum err e;
    (void)context;
    (void)input;
    buf_init(&out, 2 << 20);
    e = job_step(job, &d, &out, NULL);
    if (!e && out.len != 1 << 20)
        e = ERR_INTERNAL;
    buf_fini(&out);
    d.arg = (void *)5000;
    if (!e && job_step(job, &d, NULL, NULL) != ERR_TOO_LARGE)
        e = ERR_INTERNAL;
    note(job, "before the wait");
    return e ? e : job_wait(job, "go", 0, NULL);
}

static const struct job_kind big = {"waiting", 1, run_big};
static const struct job_kind *const big_kinds[] = {&big, NULL};

static void large_results_are_kept_and_too_large_ones_fail(void **state)
{
    (void)state;
    reset(big_kinds);
    assert_int_equal(session_run(&s, until_waiting), ERR_OK);
    assert_int_equal(session_run(&s, answer), ERR_OK);
    assert_string_equal(session_end(&s, ids[0])->text, "solved");
    assert_int_equal(effects[1], 2);
    session_fini(&s);
}

static int slow_ms; /* of the recall: the machine has other work */

static enum err run_quick(struct job *job, void *context, struct json_object *input)
{
    struct event ev = {.type = EVENT_JOB_DONE};
    enum err e = do_step(job, "recall", 1, STEP_LAZY, NULL);
    (void)context;
    (void)input;
    ev.u.job_done.status = "solved";
    ev.u.job_done.result = "not JSON \xff";
    if (!e && slow_ms)
        e = fiber_sleep((uint64_t)slow_ms);
    if (!e)
        job_emit(job, &ev);
    note(job, "after the end");
    return e;
}

static const struct job_kind quick = {"quick", 1, run_quick};
static const struct job_kind *const quick_kinds[] = {&quick, NULL};

static enum err one_commit(struct session *session)
{
    struct store_stats before, after;
    enum err e;
    store_stats(session->store, &before);
    e = session_submit(session, "quick", NULL, &ids[0]);
    if (!e)
        e = session_wait_ends(session, 1);
    store_stats(session->store, &after);
    ids[1] = after.commits - before.commits;
    return e;
}

static void a_short_job_costs_one_commit(void **state)
{
    (void)state;
    reset(quick_kinds);
    assert_int_equal(session_run(&s, one_commit), ERR_OK);
    check_stream();
    assert_int_equal(ids[1], 1);
    assert_int_equal(session_count(&s, 0, EVENT_JOB_NOTE, "after the end"), 0);
    assert_int_equal(s.seen[s.count - 1].type, EVENT_JOB_DONE);
    session_fini(&s);
}

/* Lazy writes wait a few milliseconds for company, and longer for a job that may end at once. */
static void a_short_job_costs_one_commit_on_a_slow_machine_too(void **state)
{
    (void)state;
    for (int brief = 0; brief < 2; brief++) {
        slow_ms = brief ? 15 : 250; /* a loaded machine holds the short wait up as well */
        reset(quick_kinds);
        s.brief = brief ? &quick : NULL;
        assert_int_equal(session_run(&s, one_commit), ERR_OK);
        assert_int_equal(ids[1] == 1, brief);
        session_fini(&s);
    }
    slow_ms = 0;
}

static enum err submit_same(void *arg)
{
    return session_submit(&s, "quick", "the key", arg);
}

static enum err same_key(struct session *session)
{
    struct fiber *f[4];
    enum err e = ERR_OK;
    for (int i = 0; i < 4; i++)
        f[i] = fiber_spawn(session->sched, "submit", submit_same, &ids[i]);
    for (int i = 0; i < 4; i++) {
        enum err one = ERR_OK;
        if (fiber_join(f[i], &one) || one)
            e = ERR_INTERNAL;
    }
    if (!e)
        e = session_wait_ends(session, 1);
    return e ? e : submit_same(&ids[4]);
}

static void a_key_gives_one_job(void **state)
{
    (void)state;
    reset(quick_kinds);
    assert_int_equal(session_run(&s, same_key), ERR_OK);
    for (int i = 0; i < 5; i++)
        assert_int_equal(ids[i], 1);
    assert_int_equal(effects[1], 1);
    assert_int_equal(session_run(&s, same_key), ERR_OK);
    assert_int_equal(ids[0], 1);
    assert_int_equal(session_count(&s, 0, EVENT_JOB_DONE, NULL), 1);
    session_fini(&s);
}

static enum err all_events(struct session *session)
{
    struct json_object *list;
    enum err e = one_commit(session);
    if (!e)
        e = jobs_events(session->jobs, 0, 0, 100, &list);
    if (e)
        return e;
    ids[2] = (int64_t)json_object_array_length(list);
    json_object_put(list);
    e = jobs_list(session->jobs, 0, 10, &list);
    if (e)
        return e;
    ids[3] = strcmp(json_str(json_object_array_get_idx(list, 0), "status", ""), "solved");
    json_object_put(list);
    return ERR_OK;
}

static void the_store_tells_the_same_stream(void **state)
{
    (void)state;
    reset(quick_kinds);
    assert_int_equal(session_run(&s, all_events), ERR_OK);
    assert_int_equal(ids[2], s.count);
    assert_int_equal(ids[3], 0);
    session_fini(&s);
}

/* ---- what the workflow graph is told ---- */

static char graph[2048], detail[512];

/* A line a step: path, name, state, outcome. */
static enum err look_at_steps(struct session *session)
{
    struct json_object *list = NULL;
    size_t used = 0;
    enum err e = answer(session);
    if (!e)
        e = jobs_steps(session->jobs, ids[0], &list);
    for (size_t i = 0; !e && i < json_object_array_length(list); i++) {
        struct json_object *o = json_object_array_get_idx(list, i);
        used += (size_t)snprintf(graph + used, sizeof graph - used, "%s %s %s %s\n",
                                 json_str(o, "path", ""), json_str(o, "name", ""),
                                 json_str(o, "state", ""), json_str(o, "outcome", ""));
    }
    json_object_put(list);
    if (!e)
        e = jobs_step(session->jobs, ids[0], "1.2.1", &list);
    if (e)
        return e;
    snprintf(detail, sizeof detail, "%s in %s out %s, %d events, %d attempts",
             json_str(list, "name", ""), json_str(list, "input", ""), json_str(list, "output", ""),
             (int)json_object_array_length(json_array(list, "log")),
             (int)json_i64(list, "attempts", 0));
    json_object_put(list);
    ids[4] = jobs_step(session->jobs, ids[0], "9", &list) == ERR_NOT_FOUND &&
             jobs_steps(session->jobs, 99, &list) == ERR_NOT_FOUND;
    return ERR_OK;
}

static void the_graph_is_told_each_step_once(void **state)
{
    (void)state;
    reset(fan_kinds);
    assert_int_equal(session_run(&s, until_waiting), ERR_OK);
    assert_int_equal(session_run(&s, look_at_steps), ERR_OK);
    check_stream();
    assert_string_equal(graph, "1 all fork done\n"
                               "1.1.1 a done done\n"
                               "1.1.2 b done done\n"
                               "1.2.1 a done done\n"
                               "1.2.2 b done done\n"
                               "2 any fork done\n"
                               "2.1.1 slow done cancelled\n"
                               "2.2.1 a done done\n"
                               "2.2.2 b done done\n"
                               "3 bad fork failed\n"
                               "3.1.1 slow done cancelled\n"
                               "3.2.1 fails done failed\n"
                               "4 wait done done\n"
                               "5 fails done failed\n");
    assert_string_equal(detail, "a in a out 31, 1 events, 1 attempts");
    assert_int_equal(ids[4], 1);
    assert_int_equal(session_count(&s, 0, EVENT_STEP_BEGIN, NULL), 11);
    assert_int_equal(session_count(&s, 0, EVENT_STEP_END, NULL), 11);
    assert_int_equal(session_count(&s, 0, EVENT_FORK_BEGIN, NULL), 3);
    assert_int_equal(session_count(&s, 0, EVENT_FORK_END, NULL), 3);
    session_fini(&s);
}

/* ---- a race that nobody won ---- */

static int learned[2];

static enum err branch_learns(struct job *job, void *arg)
{
    int n = (int)(intptr_t)arg;
    enum err e = do_step(job, "try", n, 0, &learned[n]);
    return e ? e : ERR_NOT_FOUND;
}

/* What the losers left in memory is input of the next step, as a repair's prompt is. */
static enum err run_losers(struct job *job, void *context, struct json_object *input)
{
    struct branch any[] = {{.name = "x", .fn = branch_learns, .arg = (void *)0},
                           {.name = "y", .fn = branch_learns, .arg = (void *)1}};
    char text[32];
    size_t won;
    enum err e;
    (void)context;
    (void)input;
    memset(learned, 0, sizeof learned);
    if (job_any(job, "race", any, 2, &won) != ERR_NOT_FOUND)
        return ERR_INTERNAL;
    snprintf(text, sizeof text, "%d %d", learned[0], learned[1]);
    e = do_step(job, text, 2, 0, NULL);
    note(job, "before the wait");
    return e ? e : job_wait(job, "go", 0, NULL);
}

static const struct job_kind losers = {"waiting", 1, run_losers};
static const struct job_kind *const loser_kinds[] = {&losers, NULL};

static void a_race_without_winner_leaves_the_same_memory(void **state)
{
    (void)state;
    reset(loser_kinds);
    assert_int_equal(session_run(&s, until_waiting), ERR_OK);
    assert_int_equal(session_run(&s, answer), ERR_OK);
    check_stream();
    assert_string_equal(session_end(&s, ids[0])->text, "solved");
    for (int i = 0; i < 3; i++)
        assert_int_equal(effects[i], 1);
    session_fini(&s);
}

/* ---- events that are not stored, among those that are ---- */

static enum err run_streaming(struct job *job, void *context, struct json_object *input)
{
    char text[16];
    (void)context;
    (void)input;
    for (int i = 0; i < 4; i++) {
        struct event ev = {.type = EVENT_TOKEN_DELTA, .u.token_delta = {.stage = i, .text = "x"}};
        snprintf(text, sizeof text, "%d", i);
        note(job, text);
        event_ephemeral(job, &ev);
    }
    return ERR_OK;
}

static const struct job_kind streaming = {"quick", 1, run_streaming};
static const struct job_kind *const streaming_kinds[] = {&streaming, NULL};

static enum err stream(struct session *session)
{
    enum err e = session_submit(session, "quick", NULL, &ids[0]);
    return e ? e : session_wait_ends(session, 1);
}

/* All notes wait for one commit; each token comes behind its own and before the next. */
static void tokens_come_where_they_were_emitted(void **state)
{
    int at = 0, notes = 0;
    (void)state;
    reset(streaming_kinds);
    assert_int_equal(session_run(&s, stream), ERR_OK);
    for (; at < s.count; at++) {
        if (s.seen[at].type != EVENT_JOB_NOTE)
            continue;
        assert_int_equal(atoi(s.seen[at].text), notes);
        assert_true(at + 1 < s.count);
        assert_int_equal(s.seen[at + 1].type, EVENT_TOKEN_DELTA);
        assert_int_equal(s.seen[at + 1].number, notes++);
    }
    assert_int_equal(notes, 4);
    assert_int_equal(session_count(&s, 0, EVENT_TOKEN_DELTA, NULL), 4);
    session_fini(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_job_goes_on_where_it_stood),
        cmocka_unit_test(a_cancelled_job_ends_once_and_stays_ended),
        cmocka_unit_test(another_program_is_noticed),
        cmocka_unit_test(another_version_restarts_with_earlier_answers),
        cmocka_unit_test(fan_outs_are_replayed_and_errors_come_back),
        cmocka_unit_test(a_job_can_be_cancelled_anywhere),
        cmocka_unit_test(a_step_of_unknown_outcome_is_not_repeated),
        cmocka_unit_test(large_results_are_kept_and_too_large_ones_fail),
        cmocka_unit_test(a_short_job_costs_one_commit),
        cmocka_unit_test(a_short_job_costs_one_commit_on_a_slow_machine_too),
        cmocka_unit_test(a_key_gives_one_job),
        cmocka_unit_test(the_store_tells_the_same_stream),
        cmocka_unit_test(the_graph_is_told_each_step_once),
        cmocka_unit_test(a_race_without_winner_leaves_the_same_memory),
        cmocka_unit_test(tokens_come_where_they_were_emitted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
