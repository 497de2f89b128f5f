/* The vectors of what is kept: made in the background by a backend that does as it is told, kept in
 * the database, copied to a store that is searched. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "../jobs_fixture.h"
#include "../memory_vectors.h"
#include "core/llm/backend.h"
#include "core/llm/router.h"
#include "core/rag/embeddings.h"
#include "core/rag/rag.h"
#include "core/store/artifact.h"

enum { WAIT_MS = 20000 };

/* ---- a backend that embeds ---- */

struct world {
    struct session s;
    char role[32]; /* the configured model; "": none */
    size_t numbers;
    int calls, texts, biggest; /* asked for passages */
    int fail_times;            /* so many calls fail with `fails` */
    enum err fails;
    const char *poison; /* a text with this word makes the call fail with `poison_fails` */
    enum err poison_fails;
    int uneven; /* so many calls give one vector too few */
    bool busy;
    uint64_t takes_ms; /* a call, beside one */
    char last_query[256], last_passage[4096];
    struct memory_rows *rows[2]; /* of the models "one" and "two" */
    enum err vectors_fail;
    struct rag *rag;
    enum err (*test)(struct world *w);
    const char *choice;
};

static struct world *w;

struct fake {
    struct backend base;
};

/* Each word adds to a number of its own first letter's: texts with the same words are near. */
static void vector_of(const char *text, float *out, size_t numbers)
{
    memset(out, 0, numbers * sizeof *out);
    out[0] = 0.1f;
    for (const char *at = text; *at; at++)
        if (at == text || at[-1] == ' ' || at[-1] == '\n')
            out[(unsigned char)*at % numbers] += 1;
}

static enum err fake_embed(struct backend *b, const struct embed_request *q, struct embed_reply *r,
                           struct err_info *info)
{
    const bool query = strncmp(q->texts[0], "query: ", 7) == 0;
    (void)b;
    if (query)
        snprintf(w->last_query, sizeof w->last_query, "%s", q->texts[0]);
    else
        snprintf(w->last_passage, sizeof w->last_passage, "%s", q->texts[0]);
    if (!query) {
        w->calls++;
        w->biggest = (int)q->count > w->biggest ? (int)q->count : w->biggest;
    }
    if (fiber_sleep(1 + w->takes_ms))
        return ERR_CANCELLED;
    if (w->fail_times > 0 && !query) {
        w->fail_times--;
        return err_set(info, w->fails, "it has a bad day");
    }
    for (size_t i = 0; i < q->count; i++)
        if (w->poison && strstr(q->texts[i], w->poison))
            return err_set(info, w->poison_fails, "it does not like that");
    if (!query)
        w->texts += (int)q->count;
    r->count = q->count;
    r->dimensions = w->numbers;
    r->vectors = calloc(r->count * r->dimensions, sizeof(float));
    for (size_t i = 0; i < q->count; i++)
        vector_of(q->texts[i], r->vectors + i * r->dimensions, r->dimensions);
    if (w->uneven > 0) {
        w->uneven--;
        r->count--;
    }
    return ERR_OK;
}

static enum err fake_models(struct backend *b, int timeout_ms, struct json_object **out,
                            struct err_info *info)
{
    (void)b;
    (void)timeout_ms;
    (void)info;
    *out = json_object_new_array();
    return ERR_OK;
}

static void fake_close(struct backend *b)
{
    free(b);
}

static enum err fake_open(struct sched *s, const struct backend_config *config,
                          struct backend **out, struct err_info *info);
static const struct backend_class fake_class = {.name = "fake",
                                                .open = fake_open,
                                                .close = fake_close,
                                                .models = fake_models,
                                                .embed = fake_embed};

static enum err fake_open(struct sched *s, const struct backend_config *config,
                          struct backend **out, struct err_info *info)
{
    struct fake *f = calloc(1, sizeof *f);
    (void)s;
    (void)info;
    f->base.class = &fake_class;
    snprintf(f->base.name, sizeof f->base.name, "%s", config->name);
    *out = &f->base;
    return ERR_OK;
}

/* ---- the session ---- */

static struct json_object *configuration(void)
{
    char text[600];
    struct json_object *o = NULL;
    snprintf(text, sizeof text,
             "{\"backend\":\"mine\",\"backends\":{\"mine\":{\"type\":\"fake\",\"base_url\":"
             "\"http://127.0.0.1:1\"},\"local\":{\"enabled\":false},"
             "\"ollama\":{\"enabled\":false},\"lmstudio\":{\"enabled\":false}},\"model_roles\":{"
             "\"fast\":\"m\"%s%s%s}}",
             w->role[0] ? ",\"embedding\":\"" : "", w->role, w->role[0] ? "\"" : "");
    assert_int_equal(json_parse(text, strlen(text), NULL, &o, NULL), ERR_OK);
    return o;
}

static enum err open_vectors(void *arg, const char *model, size_t dimensions,
                             struct vector_store **out, struct err_info *info)
{
    (void)arg;
    if (w->vectors_fail)
        return err_set(info, w->vectors_fail, "the store cannot be opened");
    return memory_open(w->rows[strstr(model, "two") != NULL], model, dimensions, out, info);
}

static bool is_busy(void *arg)
{
    (void)arg;
    return w->busy;
}

static enum err body(struct session *s)
{
    static const struct backend_class *const classes[] = {&fake_class, NULL};
    struct router_options router = {.classes = classes, .config = configuration()};
    struct rag_options options = {.sched = s->sched,
                                  .store = s->store,
                                  .text_most = 1000,
                                  .retry_ms = 2,
                                  .open_vectors = open_vectors,
                                  .busy = is_busy};
    struct router *r = NULL;
    enum err e = router_open(s->sched, &router, &r, &s->info);
    json_object_put(router.config);
    if (e)
        return e;
    options.embedder = (struct embedder_options){
        .router = r, .store = s->store, .choice = w->choice ? w->choice : "auto"};
    e = rag_open(&options, &w->rag, &s->info);
    if (!e)
        e = w->test(w);
    rag_close(w->rag);
    router_close(r);
    return e;
}

/* One life of an engine. */
static void live(enum err (*test)(struct world *w))
{
    w->test = test;
    assert_int_equal(session_run(&w->s, body), ERR_OK);
    assert_int_equal(w->s.loop_close, 0);
}

static int setup(void **state)
{
    *state = w = calloc(1, sizeof *w);
    session_init(&w->s, NULL);
    snprintf(w->role, sizeof w->role, "e5-one");
    w->numbers = 8;
    w->rows[0] = calloc(1, sizeof *w->rows[0]);
    w->rows[1] = calloc(1, sizeof *w->rows[1]);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    session_fini(&w->s);
    free(w->rows[0]);
    free(w->rows[1]);
    free(w);
    return 0;
}

/* ---- what is kept ---- */

struct adding {
    int from, to;
    const char *task; /* with the number behind it */
};

static enum err add(sqlite3 *db, void *arg, struct err_info *info)
{
    const struct adding *a = arg;
    enum err e = ERR_OK;
    for (int i = a->from; !e && i < a->to; i++) {
        struct json_object *o = json_object_new_object();
        char task[200], id[24];
        snprintf(task, sizeof task, "%s %d", a->task, i);
        json_add_str(o, "kind", "function");
        json_add_str(o, "name", "f");
        json_add_str(o, "task", task);
        json_add_str(o, "code", "def f(): pass");
        e = artifact_insert(db, o, id, info);
        json_object_put(o);
    }
    return e;
}

static enum err add_many(struct world *world, int n, const char *task)
{
    struct adding a = {0, n, task};
    enum err e = store_write(world->s.store, add, &a, &world->s.info);
    rag_ring(world->rag);
    return e;
}

struct statement {
    const char *sql;
    int64_t value;
};

static enum err run_sql(sqlite3 *db, void *arg, struct err_info *info)
{
    struct statement *t = arg;
    sqlite3_stmt *st;
    enum err e = store_prepare(db, info, &st, t->sql, "");
    if (e)
        return e;
    t->value = sqlite3_step(st) == SQLITE_ROW ? sqlite3_column_int64(st, 0) : -1;
    sqlite3_finalize(st);
    return ERR_OK;
}

static int64_t sql(const char *text)
{
    struct statement t = {.sql = text};
    if (store_write(w->s.store, run_sql, &t, &w->s.info))
        return -2;
    return t.value;
}

static int64_t status(const char *key, char *text, size_t size)
{
    struct json_object *o = NULL;
    int64_t n;
    if (rag_status(w->rag, &o, &w->s.info))
        return -1;
    n = json_i64(o, key, -1);
    if (text)
        snprintf(text, size, "%s", json_str(o, key, ""));
    json_object_put(o);
    return n;
}

static bool says(const char *key, const char *text)
{
    char value[500];
    status(key, value, sizeof value);
    return strstr(value, text) != NULL;
}

static enum err await_state(const char *key, const char *text)
{
    for (int ms = 0; ms < WAIT_MS; ms += 2) {
        if (says(key, text))
            return ERR_OK;
        if (fiber_sleep(2))
            return ERR_CANCELLED;
    }
    return ERR_TIMEOUT;
}

/* Waits until the searched store holds n. */
static enum err await_rows(const struct memory_rows *rows, size_t n)
{
    for (int ms = 0; ms < WAIT_MS; ms += 2) {
        if (rows->count == n && status("todo", NULL, 0) == 0)
            return ERR_OK;
        if (fiber_sleep(2))
            return ERR_CANCELLED;
    }
    print_error("%zu vectors, not %zu; %d to do\n", rows->count, n, (int)status("todo", NULL, 0));
    return ERR_TIMEOUT;
}

/* ---- tests ---- */

static enum err forty(struct world *world)
{
    struct vector_hit hits[3];
    size_t found = 0;
    enum err e = add_many(world, 40, "zebra");
    if (!e)
        e = add_many(world, 1, "cherry cello");
    if (!e)
        e = await_rows(world->rows[0], 41);
    if (!e)
        e = rag_nearest(world->rag, "cherry cello", 3, NULL, 0, hits, &found, &world->s.info);
    if (e)
        return e;
    return found == 3 && hits[0].id == 41 && hits[1].id != 41 && hits[0].score > hits[1].score
               ? ERR_OK
               : ERR_INTERNAL;
}

static void test_what_is_kept_gets_vectors_and_is_found(void **state)
{
    (void)state;
    live(forty);
    assert_int_equal(w->texts, 41);
    assert_int_equal(w->biggest, 32); /* in batches */
    assert_string_equal(w->last_query, "query: cherry cello");
    assert_int_equal(strncmp(w->last_passage, "passage: f: ", 12), 0);
    assert_null(strstr(w->last_passage, "def f(): pass")); /* its task says what it does */
}

static enum err look_again(struct world *world)
{
    enum err e = await_state("by", "words and meaning");
    return e ? e : await_rows(world->rows[0], 41);
}

static void test_a_restart_embeds_nothing_again(void **state)
{
    (void)state;
    live(forty);
    w->texts = w->rows[0]->upserts = 0;
    live(look_again);
    assert_int_equal(w->texts, 0);
    assert_int_equal(w->rows[0]->upserts, 0);
}

static void test_a_lost_store_is_filled_from_the_database(void **state)
{
    (void)state;
    live(forty);
    w->texts = 0;
    w->rows[0]->count = 0;
    live(look_again);
    assert_int_equal(w->texts, 0);
    w->rows[0]->dimensions = 5; /* what is there is of another model */
    live(look_again);
    assert_int_equal(w->texts, 0);
    w->rows[0]->ids[40] = 999; /* one that nobody knows instead of one that belongs there */
    w->rows[0]->ids[39] = 998;
    w->rows[0]->count = 40;
    live(look_again);
    assert_int_equal(w->rows[0]->ids[40], 41);
}

static enum err change_some(struct world *world)
{
    enum err e = add_many(world, 5, "zebra");
    if (!e)
        e = await_rows(world->rows[0], 5);
    world->texts = 0;
    sql("UPDATE artifact SET deleted=1 WHERE id=2");
    sql("UPDATE artifact SET tags='[\"fruit\"]' WHERE id=3");
    sql("UPDATE artifact SET rating=5, uses=7 WHERE id=4");
    rag_ring(world->rag);
    if (!e)
        e = await_rows(world->rows[0], 4);
    if (!e && world->texts != 1)
        return ERR_INTERNAL;
    sql("UPDATE artifact SET deleted=0 WHERE id=2");
    rag_ring(world->rag);
    if (!e)
        e = await_rows(world->rows[0], 5);
    sql("DELETE FROM artifact WHERE id=2");
    rag_ring(world->rag);
    return e ? e : await_rows(world->rows[0], 4);
}

static void test_only_what_changed_is_embedded_again(void **state)
{
    (void)state;
    live(change_some);
    assert_int_equal(w->texts, 1);
    assert_non_null(strstr(w->last_passage, "fruit"));
}

static enum err change_under_way(struct world *world)
{
    enum err e = add_many(world, 1, "zebra");
    while (!e && world->calls < 1)
        e = fiber_sleep(1);
    sql("UPDATE artifact SET tags='[\"fruit\"]'");
    rag_ring(world->rag);
    for (int ms = 0; !e && ms < WAIT_MS && world->calls < 2; ms += 2)
        e = fiber_sleep(2);
    return e ? e : await_rows(world->rows[0], 1);
}

static void test_a_change_while_its_vector_is_made_is_not_lost(void **state)
{
    (void)state;
    w->takes_ms = 100;
    live(change_under_way);
    assert_non_null(strstr(w->last_passage, "fruit"));
}

static enum err same_text(struct world *world)
{
    struct adding a = {7, 8, "zebra"};
    enum err e = ERR_OK;
    for (int i = 0; !e && i < 5; i++)
        e = store_write(world->s.store, add, &a, &world->s.info);
    rag_ring(world->rag);
    return e ? e : await_rows(world->rows[0], 5);
}

static void test_the_same_text_is_embedded_once(void **state)
{
    (void)state;
    live(same_text);
    assert_int_equal(w->texts, 1);
}

static void test_failures_are_tried_again(void **state)
{
    (void)state;
    w->fail_times = 3;
    w->fails = ERR_NET_BROKEN;
    live(forty);
    assert_int_equal(w->texts, 41);
    assert_true(w->calls > 4);
}

static enum err poisoned(struct world *world)
{
    enum err e = add_many(world, 40, "zebra");
    if (!e)
        e = await_rows(world->rows[0], 36);
    if (!e && (status("refused", NULL, 0) != 4 || !says("refused_why", "does not like")))
        return ERR_INTERNAL;
    world->poison = NULL;
    sql("UPDATE artifact SET tags='[\"better\"]' WHERE id=8"); /* another text has another chance */
    rag_ring(world->rag);
    return e ? e : await_rows(world->rows[0], 37);
}

static void test_a_refused_text_blocks_nobody(void **state)
{
    (void)state;
    w->poison = "7"; /* in the tasks 7, 17, 27, 37 */
    w->poison_fails = ERR_HTTP_CLIENT;
    live(poisoned);
}

static void test_a_text_that_breaks_the_server_blocks_nobody(void **state)
{
    (void)state;
    w->poison = "7";
    w->poison_fails = ERR_NET_BROKEN;
    live(poisoned);
}

static enum err two(struct world *world)
{
    enum err e = add_many(world, 2, "zebra");
    if (!e)
        e = await_rows(world->rows[0], 2);
    return e ? e : status("refused", NULL, 0) == 0 ? ERR_OK : ERR_INTERNAL;
}

static void test_a_bad_moment_is_not_the_texts_fault(void **state)
{
    (void)state;
    w->fail_times = 2; /* both, then the first of them alone */
    w->fails = ERR_HTTP_SERVER;
    live(two);
    assert_int_equal(w->texts, 3); /* with the one that shows that the model is well */
}

static enum err failing(struct world *world)
{
    enum err e = add_many(world, 3, "zebra");
    if (!e)
        e = await_state("state", "failing");
    if (!e && (status("refused", NULL, 0) != 0 || !says("problem", "bad day")))
        return ERR_INTERNAL;
    world->fail_times = 0;
    return e ? e : await_rows(world->rows[0], 3);
}

static void test_a_broken_embedder_is_not_the_texts_fault(void **state)
{
    (void)state;
    w->fail_times = 1000000;
    w->fails = ERR_HTTP_SERVER;
    live(failing);
    w->fail_times = 0;
}

static void test_a_wrong_number_of_vectors_is_not_taken(void **state)
{
    (void)state;
    w->uneven = 1;
    live(forty);
}

static enum err other_length(struct world *world)
{
    enum err e = add_many(world, 3, "yak");
    if (!e)
        e = await_state("problem", "gives vectors of 6 numbers now and gave such of 8 before");
    if (!e && (world->rows[0]->count != 41 || !rag_vectors(world->rag)))
        return ERR_INTERNAL;
    world->numbers = 8;
    return e ? e : await_rows(world->rows[0], 44);
}

static void test_vectors_of_another_length_are_told_and_not_kept(void **state)
{
    (void)state;
    live(forty);
    w->numbers = 6;
    live(other_length);
}

static enum err change_model(struct world *world)
{
    struct vector_hit hits[1];
    size_t found = 0;
    enum err e = await_state("searched", "e5-one"); /* while the new ones are made */
    if (!e)
        e = rag_nearest(world->rag, "cherry cello", 1, NULL, 0, hits, &found, &world->s.info);
    if (e || found != 1 || hits[0].id != 41)
        return e ? e : ERR_INTERNAL;
    world->fail_times = 0;
    e = await_state("searched", "two");
    if (!e)
        e = await_rows(world->rows[1], 41);
    if (!e)
        e = rag_nearest(world->rag, "cherry cello", 1, NULL, 0, hits, &found, &world->s.info);
    return e ? e : found == 1 && hits[0].id == 41 ? ERR_OK : ERR_INTERNAL;
}

static void test_another_model_is_searched_when_it_is_complete(void **state)
{
    (void)state;
    live(forty);
    snprintf(w->role, sizeof w->role, "e5-two");
    w->fails = ERR_NET_CONNECT;
    w->fail_times = 1000000;
    w->texts = 0;
    live(change_model);
    assert_int_equal(w->texts, 41);
    snprintf(w->role, sizeof w->role, "e5-one"); /* and back: nothing is lost */
    w->texts = 0;
    live(look_again);
    assert_int_equal(w->texts, 0);
}

static enum err words_only(struct world *world)
{
    struct vector_hit hits[1];
    size_t found = 0;
    enum err e = add_many(world, 3, "zebra");
    if (!e)
        e = await_state("by", "words");
    if (!e && (rag_embedder(world->rag) || rag_vectors(world->rag)))
        return ERR_INTERNAL;
    if (!e && rag_nearest(world->rag, "zebra", 1, NULL, 0, hits, &found, &world->s.info) !=
                  ERR_UNAVAILABLE)
        return ERR_INTERNAL;
    return e;
}

static void test_without_an_embedder_it_says_so(void **state)
{
    (void)state;
    w->role[0] = 0;
    live(words_only);
    snprintf(w->role, sizeof w->role, "e5-one");
    w->choice = "none";
    live(words_only);
    assert_int_equal(w->calls, 0);
    w->choice = "local"; /* what is not installed is not replaced by another */
    live(words_only);
    assert_int_equal(w->calls, 0);
}

static enum err busy(struct world *world)
{
    enum err e = add_many(world, 3, "zebra");
    if (!e)
        e = await_state("state", "paused");
    if (!e && world->calls)
        return ERR_INTERNAL;
    world->busy = false;
    return e ? e : await_rows(world->rows[0], 3);
}

static void test_a_persons_work_goes_first(void **state)
{
    (void)state;
    w->busy = true;
    live(busy);
}

static enum err no_vectors(struct world *world)
{
    enum err e = add_many(world, 41, "zebra");
    if (!e)
        e = await_state("by", "words");
    for (int ms = 0; !e && ms < WAIT_MS && status("embedded", NULL, 0) < 41; ms += 2)
        e = fiber_sleep(2);
    if (!e && (!says("problem", "cannot be opened") || status("embedded", NULL, 0) != 41))
        return ERR_INTERNAL;
    world->vectors_fail = ERR_OK;
    rag_ring(world->rag);
    return e ? e : await_rows(world->rows[0], 41);
}

static void test_vectors_are_made_while_their_store_is_out_of_order(void **state)
{
    (void)state;
    w->vectors_fail = ERR_NET_CONNECT;
    live(no_vectors);
    assert_int_equal(w->texts, 41);
}

static enum err leave_early(struct world *world)
{
    enum err e = add_many(world, 200, "zebra");
    while (!e && world->calls < 2)
        e = fiber_sleep(1);
    return e;
}

static enum err go_on(struct world *world)
{
    return await_rows(world->rows[0], 200);
}

static void test_what_was_made_before_the_end_is_kept(void **state)
{
    (void)state;
    live(leave_early);
    assert_true(w->texts >= 32 && w->texts < 200);
    live(go_on);
    assert_true(w->texts <= 232); /* one batch at most is made twice */
}

/* ---- what holds on to the store ---- */

/* A view of the vectors of one model gives no others. */
static enum err view_change(struct world *world)
{
    struct vector_store *view = rag_view(world->rag);
    int64_t count = 0, ids[2];
    size_t found = 0;
    enum err e = view ? view->class->count(view, &count, &world->s.info) : ERR_UNAVAILABLE;
    if (!e && (count != 41 || view->dimensions != 8 || strcmp(view->class->name, "memory") != 0))
        e = ERR_INTERNAL;
    world->fail_times = 0;
    if (!e)
        e = await_state("searched", "two");
    if (!e)
        e = await_rows(world->rows[1], 41);
    if (!e && view->class->count(view, &count, &world->s.info) != ERR_BUSY)
        e = ERR_INTERNAL;
    if (!e && (view->class->scan(view, 0, 2, ids, NULL, &found, &world->s.info) != ERR_BUSY ||
               found || !strstr(world->s.info.message, "do it again")))
        e = ERR_INTERNAL;
    if (view)
        view->class->close(view);
    return e;
}

static enum err view_when_open(struct world *world)
{
    enum err e = await_state("searched", "e5-one");
    for (int ms = 0; !e && !rag_vectors(world->rag) && ms < WAIT_MS; ms++)
        e = fiber_sleep(1);
    return e ? e : view_change(world);
}

/* The accessor's caller has buffers of the length that it saw. */
static enum err other_numbers(struct world *world)
{
    struct vector_store *v = rag_vectors(world->rag);
    float row[8];
    int64_t id;
    size_t found = 0;
    enum err e = v ? v->class->scan(v, 0, 1, &id, row, &found, &world->s.info) : ERR_UNAVAILABLE;
    if (e || found != 1)
        return e ? e : ERR_INTERNAL;
    v->dimensions = 4; /* as if another model had come since */
    e = v->class->scan(v, 0, 1, &id, row, &found, &world->s.info);
    if (e != ERR_BUSY || found || !strstr(world->s.info.message, "ask again"))
        return ERR_INTERNAL;
    return rag_vectors(world->rag)->class->scan(v, 0, 1, &id, row, &found, &world->s.info);
}

static enum err other_numbers_when_open(struct world *world)
{
    enum err e = await_rows(world->rows[0], 41);
    for (int ms = 0; !e && !rag_vectors(world->rag) && ms < WAIT_MS; ms++)
        e = fiber_sleep(1);
    return e ? e : other_numbers(world);
}

static void test_vectors_of_another_length_do_not_come_into_old_buffers(void **state)
{
    (void)state;
    live(forty);
    live(other_numbers_when_open);
}

static void test_a_view_ends_with_its_store(void **state)
{
    (void)state;
    live(forty);
    snprintf(w->role, sizeof w->role, "two");
    w->fail_times = 1 << 20;
    w->fails = ERR_NET_BROKEN;
    live(view_when_open);
}

static enum err spoil(struct world *world)
{
    struct vector_store *view = rag_view(world->rag);
    int64_t ids[3] = {1, 2, 999};
    float rows[3][8] = {{1}, {1}, {1}};
    enum err e = view ? view->class->remove(view, ids, 1, &world->s.info) : ERR_UNAVAILABLE;
    if (!e)
        e = view->class->upsert(view, ids + 1, rows[0], 2, &world->s.info);
    if (view)
        view->class->close(view);
    if (!e && world->rows[0]->count != 41)
        e = ERR_INTERNAL;
    rag_recheck(world->rag);
    for (int ms = 0; !e && ms < WAIT_MS; ms++) {
        struct memory_rows *r = world->rows[0];
        if (r->count == 41 && r->ids[0] == 1 && r->ids[40] == 41 && r->vectors[1][0] < 0.9f)
            return ERR_OK;
        e = fiber_sleep(1);
    }
    return e ? e : ERR_TIMEOUT;
}

static enum err spoil_when_open(struct world *world)
{
    enum err e = await_rows(world->rows[0], 41);
    for (int ms = 0; !e && !rag_vectors(world->rag) && ms < WAIT_MS; ms++)
        e = fiber_sleep(1);
    return e ? e : spoil(world);
}

static void test_what_others_wrote_is_made_right_again(void **state)
{
    (void)state;
    live(forty);
    live(spoil_when_open);
}

static void test_the_text_is_cut_at_a_character(void **state)
{
    struct json_object *o = json_object_new_object();
    struct buf out;
    (void)state;
    json_add_str(o, "name", "to_romanDate");
    json_add_str(o, "code", "a€b");
    buf_init(&out, 1000);
    assert_int_equal(embeddings_text(o, 3, &out), ERR_OK);
    assert_string_equal(out.data, "to roman Date\na");
    json_add_str(o, "task", "dates");
    json_object_object_add(o, "tags", json_object_new_array());
    json_object_array_add(json_array(o, "tags"), json_object_new_string("time"));
    buf_clear(&out);
    assert_int_equal(embeddings_text(o, 3, &out), ERR_OK);
    assert_string_equal(out.data, "to roman Date: dates (time)");
    buf_fini(&out);
    json_object_put(o);
}

int main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_what_is_kept_gets_vectors_and_is_found),
        TEST(test_a_restart_embeds_nothing_again),
        TEST(test_a_lost_store_is_filled_from_the_database),
        TEST(test_only_what_changed_is_embedded_again),
        TEST(test_a_change_while_its_vector_is_made_is_not_lost),
        TEST(test_the_same_text_is_embedded_once),
        TEST(test_failures_are_tried_again),
        TEST(test_a_refused_text_blocks_nobody),
        TEST(test_a_text_that_breaks_the_server_blocks_nobody),
        TEST(test_a_bad_moment_is_not_the_texts_fault),
        TEST(test_a_broken_embedder_is_not_the_texts_fault),
        TEST(test_a_wrong_number_of_vectors_is_not_taken),
        TEST(test_vectors_of_another_length_are_told_and_not_kept),
        TEST(test_another_model_is_searched_when_it_is_complete),
        TEST(test_without_an_embedder_it_says_so),
        TEST(test_a_persons_work_goes_first),
        TEST(test_vectors_are_made_while_their_store_is_out_of_order),
        TEST(test_what_was_made_before_the_end_is_kept),
        TEST(test_vectors_of_another_length_do_not_come_into_old_buffers),
        TEST(test_a_view_ends_with_its_store),
        TEST(test_what_others_wrote_is_made_right_again),
        TEST(test_the_text_is_cut_at_a_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
