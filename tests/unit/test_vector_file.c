/* The vector index against brute force: what it finds, takes, refuses and keeps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "../vector_fixture.h"

enum { D = 96, MOST = 64 };

/* ---- data that is hard in different ways ---- */

enum kind { RANDOM, COMPRESSED, CLUSTERED, NEAR, SPARSE, KINDS };

static void make(enum kind kind, float *row, uint64_t *state)
{
    uint64_t shape;
    size_t which;
    memset(row, 0, D * sizeof *row);
    switch (kind) {
    case COMPRESSED: /* all cosines between 0.8 and 1, as some models' are */
        for (size_t i = 0; i < D; i++)
            row[i] = (i < 12 ? 1 : 0.15f) * vectors_random(state) + (i % 3 ? 0.4f : -0.6f);
        return;
    case CLUSTERED:
    case NEAR:
        vectors_random(state);
        which = (size_t)(*state >> 33) % (kind == NEAR ? 300 : 20);
        shape = which * 977 + 5;
        for (size_t i = 0; i < D; i++)
            row[i] =
                vectors_random(&shape) + (kind == NEAR ? 0.01f : 0.15f) * vectors_random(state);
        return;
    case SPARSE: /* few numbers, most of them the same */
        for (int i = 0; i < 3; i++) {
            vectors_random(state);
            row[*state >> 33 & 15] = i ? 1 : 100;
        }
        return;
    default:
        for (size_t i = 0; i < D; i++)
            row[i] = vectors_random(state);
    }
}

struct set {
    int64_t *ids;
    float *rows;
    size_t n;
};

static struct set make_set(enum kind kind, size_t n, int64_t first, uint64_t seed)
{
    struct set s = {calloc(n, sizeof *s.ids), calloc(n * D, sizeof *s.rows), n};
    for (size_t i = 0; i < n; i++) {
        s.ids[i] = first + (int64_t)i * 3;
        make(kind, s.rows + i * D, &seed);
    }
    return s;
}

static void free_set(struct set *s)
{
    free(s->ids);
    free(s->rows);
}

/* ---- brute force ---- */

static int descending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? 1 : x > y ? -1 : 0;
}

/* Hits that are as near as the most-th nearest of those that `takes` allows. Checks everything that
 * holds whatever was missed: order, scores, ids. */
static size_t as_near(const struct set *s, const float *query, const struct vector_hit *hits,
                      size_t found, bool (*takes)(int64_t))
{
    double *all = calloc(s->n, sizeof *all);
    size_t n = 0, good = 0;
    for (size_t i = 0; i < s->n; i++)
        if (!takes || takes(s->ids[i]))
            all[n++] = vectors_cosine(query, s->rows + i * D, D);
    qsort(all, n, sizeof *all, descending);
    assert_true(found <= n);
    for (size_t i = 0; i < found; i++) {
        size_t at = (size_t)(hits[i].id - s->ids[0]) / 3;
        double is;
        assert_true(at < s->n && s->ids[at] == hits[i].id);
        assert_true(!takes || takes(hits[i].id));
        is = vectors_cosine(query, s->rows + at * D, D);
        assert_true(fabs(is - (double)hits[i].score) < 1e-6);
        if (i)
            assert_true(hits[i].score < hits[i - 1].score ||
                        (hits[i].score == hits[i - 1].score && hits[i].id > hits[i - 1].id));
        good += is >= all[found - 1] - 1e-6;
    }
    free(all);
    return good;
}

static bool every_fourth(int64_t id)
{
    return id % 4 == 0;
}

static bool every_fortieth(int64_t id)
{
    return id % 40 == 0;
}

static void finds_what_brute_force_finds(void **state)
{
    bool (*const takes[])(int64_t) = {NULL, every_fourth, every_fortieth};
    (void)state;
    for (enum kind kind = 0; kind < KINDS; kind++) {
        struct set s = make_set(kind, 12000, 1, kind + 1), q = make_set(kind, 20, 1, 99);
        int64_t *among = calloc(s.n, sizeof *among);
        struct vector_hit hits[MOST];
        struct vectors v;
        vectors_begin(&v, D);
        assert_int_equal(vectors_open(&v), ERR_OK);
        for (size_t i = 0; i < s.n; i += 1500)
            assert_int_equal(vectors_upsert(&v, s.ids + i, s.rows + i * D, 1500), ERR_OK);
        assert_int_equal(vectors_count(&v), 12000);
        for (size_t t = 0; t < 3; t++) {
            size_t good = 0, wanted = 0, n = 0;
            for (size_t i = 0; i < s.n && takes[t]; i++)
                if (takes[t](s.ids[i]))
                    among[n++] = s.ids[i];
            for (size_t i = 0; i < q.n; i++) {
                const float *query = q.rows + i * D;
                size_t found = vectors_search(&v, query, 10, takes[t] ? among : NULL, n, hits);
                assert_int_equal(found, 10);
                good += as_near(&s, query, hits, found, takes[t]);
                wanted += 10;
            }
            if (good * 100 < wanted * 99)
                fail_msg("recall %zu of %zu, data %d, filter %zu", good, wanted, kind, t);
        }
        free(among);
        free_set(&s);
        free_set(&q);
        assert_int_equal(vectors_end(&v), 0);
    }
}

static void few_and_many(void **state)
{
    struct set s = make_set(RANDOM, 900, 1, 3);
    struct vector_hit *hits = calloc(2000, sizeof *hits);
    int64_t among[] = {1, 2, 3, 4, 7, 1000000};
    struct vectors v;
    (void)state;
    vectors_begin(&v, D);
    assert_int_equal(vectors_open(&v), ERR_OK);
    assert_int_equal(vectors_search(&v, s.rows, 10, NULL, 0, hits), 0);
    assert_int_equal(vectors_upsert(&v, s.ids, s.rows, 0), ERR_OK);
    assert_int_equal(vectors_upsert(&v, s.ids, s.rows, 1), ERR_OK);
    assert_int_equal(vectors_search(&v, s.rows, 10, NULL, 0, hits), 1);
    assert_true(hits[0].id == 1 && hits[0].score > 0.9999999f && hits[0].score <= 1);
    assert_int_equal(vectors_upsert(&v, s.ids, s.rows, s.n), ERR_OK);
    assert_int_equal(vectors_search(&v, s.rows, 0, NULL, 0, hits), 0);
    assert_int_equal(vectors_search(&v, s.rows, 2000, NULL, 0, hits), 900);
    assert_int_equal(as_near(&s, s.rows, hits, 900, NULL), 900);
    assert_int_equal(vectors_search(&v, s.rows, 899, NULL, 0, hits), 899);
    assert_int_equal(as_near(&s, s.rows, hits, 899, NULL), 899);
    assert_int_equal(vectors_search(&v, s.rows, 10, among, 6, hits), 3); /* 1, 4, 7 */
    assert_int_equal(hits[0].id, 1);
    assert_int_equal(vectors_search(&v, s.rows, 10, among, 0, hits), 0);
    free(hits);
    free_set(&s);
    assert_int_equal(vectors_end(&v), 0);
}

static void equal_ones_by_their_ids(void **state)
{
    struct set s = make_set(RANDOM, 3000, 1, 3);
    struct vector_hit hits[MOST];
    struct vectors v;
    (void)state;
    for (size_t i = 0; i < 40; i++) /* the same direction in other lengths */
        for (size_t j = 0; j < D; j++)
            s.rows[(2900 - i * 70) * D + j] = s.rows[j] * (float)(1 << i % 8);
    vectors_begin(&v, D);
    assert_int_equal(vectors_open(&v), ERR_OK);
    assert_int_equal(vectors_upsert(&v, s.ids, s.rows, s.n), ERR_OK);
    assert_int_equal(vectors_search(&v, s.rows, 30, NULL, 0, hits), 30);
    assert_int_equal(hits[0].id, 1);
    for (size_t i = 1; i < 30; i++)
        assert_int_equal(hits[i].id, s.ids[2900 - (40 - i) * 70]);
    free_set(&s);
    assert_int_equal(vectors_end(&v), 0);
}

static void replaced_and_removed(void **state)
{
    struct set s = make_set(RANDOM, 2500, 1, 3), other = make_set(RANDOM, 2500, 1, 4);
    int64_t gone[] = {1, 4, 7, 5, 1000000};
    struct vector_hit hits[MOST];
    struct vector_file_stats before, after;
    struct vectors v;
    (void)state;
    vectors_begin(&v, D);
    assert_int_equal(vectors_open(&v), ERR_OK);
    assert_int_equal(vectors_upsert(&v, s.ids, s.rows, s.n), ERR_OK);
    assert_int_equal(VECTORS_CALL(&v, STATS, .stats = &before), ERR_OK);
    assert_int_equal(vectors_remove(&v, gone, 5), ERR_OK);
    assert_int_equal(vectors_count(&v), 2497);
    for (size_t i = 0; i < 3; i++)
        assert_true(vectors_search(&v, s.rows + i * D, 5, NULL, 0, hits) == 5 &&
                    hits[0].score < 0.9f);
    assert_int_equal(vectors_upsert(&v, s.ids, other.rows, s.n), ERR_OK); /* all others replaced */
    assert_int_equal(vectors_count(&v), 2500);
    for (size_t i = 0; i < s.n; i += 97) {
        assert_true(vectors_search(&v, other.rows + i * D, 5, NULL, 0, hits) == 5);
        assert_true(hits[0].id == s.ids[i] && hits[0].score > 0.999f);
        assert_true(vectors_search(&v, s.rows + i * D, 5, NULL, 0, hits) == 5);
        assert_true(hits[0].score < 0.9f);
    }
    for (int round = 0; round < 4; round++) { /* what was removed makes room */
        assert_int_equal(vectors_remove(&v, s.ids, 2000), ERR_OK);
        assert_int_equal(vectors_count(&v), 500);
        assert_int_equal(vectors_upsert(&v, s.ids, s.rows, 2000), ERR_OK);
    }
    assert_int_equal(VECTORS_CALL(&v, STATS, .stats = &after), ERR_OK);
    assert_int_equal(before.slots, after.slots);
    assert_int_equal(after.vectors, 2500);
    vectors_close(&v);
    assert_int_equal(vectors_open(&v), ERR_OK);
    assert_int_equal(vectors_count(&v), 2500);
    assert_int_equal(vectors_verify(&v), ERR_OK);
    assert_int_equal(vectors_search(&v, s.rows, 10, NULL, 0, hits), 10);
    assert_int_equal(hits[0].id, 1);
    free_set(&s);
    free_set(&other);
    assert_int_equal(vectors_end(&v), 0);
}

static void what_is_no_vector(void **state)
{
    struct set s = make_set(RANDOM, 100, 1, 3);
    float bad[D] = {0};
    struct vector_hit hits[MOST];
    struct vectors v;
    (void)state;
    vectors_begin(&v, D);
    assert_int_equal(vectors_open(&v), ERR_OK);
    assert_true(vectors_search(&v, bad, 5, NULL, 0, hits) == SIZE_MAX && v.info.code == ERR_INPUT);
    assert_int_equal(vectors_upsert(&v, s.ids, s.rows, 50), ERR_OK);
    memset(s.rows + 99 * D, 0, sizeof bad);
    assert_int_equal(vectors_upsert(&v, s.ids + 50, s.rows + 50 * D, 50), ERR_INPUT);
    assert_non_null(strstr(v.info.message, "298"));
    s.rows[99 * D] = NAN;
    assert_int_equal(vectors_upsert(&v, s.ids + 50, s.rows + 50 * D, 50), ERR_INPUT);
    s.rows[99 * D] = -INFINITY;
    assert_int_equal(vectors_upsert(&v, s.ids + 50, s.rows + 50 * D, 50), ERR_INPUT);
    s.rows[99 * D] = 1;
    s.ids[99] = 0;
    assert_int_equal(vectors_upsert(&v, s.ids + 50, s.rows + 50 * D, 50), ERR_INPUT);
    s.ids[99] = s.ids[60];
    assert_int_equal(vectors_upsert(&v, s.ids + 50, s.rows + 50 * D, 50), ERR_INPUT);
    assert_int_equal(vectors_count(&v), 50); /* nothing of them was taken */
    assert_true(vectors_search(&v, bad, 5, NULL, 0, hits) == SIZE_MAX && v.info.code == ERR_INPUT);
    bad[0] = NAN;
    assert_true(vectors_search(&v, bad, 5, NULL, 0, hits) == SIZE_MAX && v.info.code == ERR_INPUT);
    bad[0] = 1e-30f; /* tiny, but a direction */
    assert_int_equal(vectors_search(&v, bad, 5, NULL, 0, hits), 5);
    bad[0] = 3e38f;
    assert_int_equal(vectors_search(&v, bad, 5, NULL, 0, hits), 5);
    free_set(&s);
    assert_int_equal(vectors_end(&v), 0);
}

static void page_by_page(void **state)
{
    struct set s = make_set(RANDOM, 2500, 1, 3);
    int64_t ids[700] = {0}, after = 0;
    float *rows = calloc(700 * D, sizeof *rows);
    size_t seen = 0, found;
    struct vectors v;
    (void)state;
    vectors_begin(&v, D);
    assert_int_equal(vectors_open(&v), ERR_OK);
    for (size_t i = s.n; i; i -= 50) /* from behind */
        assert_int_equal(vectors_upsert(&v, s.ids + i - 50, s.rows + (i - 50) * D, 50), ERR_OK);
    for (;;) {
        ids[0] = after;
        assert_int_equal(
            VECTORS_CALL(&v, SCAN, .number = ids, .most = 700, .out = rows, .found = &found),
            ERR_OK);
        if (!found)
            break;
        for (size_t i = 0; i < found; i++, seen++) {
            double length = 0;
            assert_int_equal(ids[i], s.ids[seen]);
            for (size_t j = 0; j < D; j++)
                length += (double)rows[i * D + j] * rows[i * D + j];
            assert_true(fabs(length - 1) < 1e-6);
            assert_true(vectors_cosine(rows + i * D, s.rows + seen * D, D) > 1 - 1e-9);
        }
        after = ids[found - 1];
    }
    assert_int_equal(seen, 2500);
    ids[0] = 7;
    assert_int_equal(VECTORS_CALL(&v, SCAN, .number = ids, .most = 3, .found = &found), ERR_OK);
    assert_true(found == 3 && ids[0] == 10 && ids[2] == 16);
    free(rows);
    free_set(&s);
    assert_int_equal(vectors_end(&v), 0);
}

/* ---- beside each other ---- */

struct beside {
    struct vectors *v;
    struct set *s;
    bool writing;
    int searches, wrong;
};

static enum err writes(void *arg)
{
    struct beside *b = arg;
    struct vector_store *s = b->v->store;
    enum err e = ERR_OK;
    for (size_t i = 1000; i < b->s->n && !e; i += 1000) {
        e = s->class->upsert(s, b->s->ids + i, b->s->rows + i * D, 1000, NULL);
        if (!e)
            e = s->class->remove(s, b->s->ids + i, 100, NULL);
    }
    b->wrong += e != ERR_OK;
    b->writing = false;
    return e;
}

static enum err searches(void *arg)
{
    struct beside *b = arg;
    struct vector_store *s = b->v->store;
    while (b->writing) {
        size_t found, at = (size_t)b->searches++ * 37 % 1000;
        struct vector_hit hits[5];
        enum err e = s->class->search(s, b->s->rows + at * D, 5, NULL, 0, hits, &found, NULL);
        b->wrong += e || found != 5 || hits[0].id != b->s->ids[at] || hits[0].score < 0.999f;
    }
    return ERR_OK;
}

static void searches_beside_an_upsert(void **state)
{
    struct set s = make_set(RANDOM, 20000, 1, 3);
    struct vectors v;
    struct beside b = {&v, &s, true, 0, 0};
    (void)state;
    vectors_begin(&v, D);
    assert_int_equal(vectors_open(&v), ERR_OK);
    assert_int_equal(vectors_upsert(&v, s.ids, s.rows, 1000), ERR_OK);
    for (int i = 0; i < 3; i++)
        fiber_detach(fiber_spawn(v.sched, "search", searches, &b), NULL, NULL);
    fiber_detach(fiber_spawn(v.sched, "write", writes, &b), NULL, NULL);
    sched_run(v.sched);
    assert_int_equal(b.wrong, 0);
    assert_true(b.searches > 3);
    assert_int_equal(vectors_count(&v), 20000 - 19 * 100);
    assert_int_equal(vectors_verify(&v), ERR_OK);
    free_set(&s);
    assert_int_equal(vectors_end(&v), 0);
}

static enum err cancelled(void *arg)
{
    struct beside *b = arg;
    struct vector_store *s = b->v->store;
    struct vector_hit hits[5];
    size_t found;
    fiber_cancel(fiber_current());
    b->wrong += s->class->search(s, b->s->rows, 5, NULL, 0, hits, &found, NULL) != ERR_CANCELLED;
    b->wrong += s->class->upsert(s, b->s->ids, b->s->rows, 5, NULL) != ERR_CANCELLED;
    s->class->close(s); /* all the same */
    b->v->store = NULL;
    return ERR_OK;
}

static void cancelled_calls(void **state)
{
    struct set s = make_set(RANDOM, 10, 1, 3);
    struct vectors v;
    struct beside b = {&v, &s, true, 0, 0};
    (void)state;
    vectors_begin(&v, D);
    assert_int_equal(vectors_open(&v), ERR_OK);
    fiber_detach(fiber_spawn(v.sched, "cancelled", cancelled, &b), NULL, NULL);
    sched_run(v.sched);
    assert_int_equal(b.wrong, 0);
    assert_int_equal(vectors_open(&v), ERR_OK);
    assert_int_equal(vectors_count(&v), 0);
    free_set(&s);
    assert_int_equal(vectors_end(&v), 0);
}

static void any_number_of_dimensions(void **state)
{
    static const size_t sizes[] = {1, 2, 63, 64, 65, 320, 1000, 8192};
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        size_t d = sizes[i], n = d > 2 ? 600 : 2;
        float *rows = calloc(n * d, sizeof *rows);
        int64_t *ids = calloc(n, sizeof *ids);
        uint64_t seed = d;
        struct vector_hit hits[2];
        struct vectors v;
        for (size_t j = 0; j < n; j++) {
            ids[j] = (int64_t)j + 1;
            for (size_t k = 0; k < d; k++)
                rows[j * d + k] = vectors_random(&seed);
        }
        if (d < 3) {
            memset(rows, 0, n * d * sizeof *rows);
            rows[0] = 1;
            rows[d] = -1;
        }
        vectors_begin(&v, d);
        assert_int_equal(vectors_open(&v), ERR_OK);
        assert_int_equal(vectors_upsert(&v, ids, rows, n), ERR_OK);
        for (size_t j = 0; j < n; j += 1 + n / 10) {
            assert_int_equal(vectors_search(&v, rows + j * d, 2, NULL, 0, hits), 2);
            assert_int_equal(hits[0].id, ids[j]);
            assert_true(hits[0].score > 0.999999f);
        }
        assert_int_equal(vectors_verify(&v), ERR_OK);
        assert_int_equal(vectors_end(&v), 0);
        free(rows);
        free(ids);
    }
    for (size_t i = 0; i < 2; i++) {
        struct vectors v;
        vectors_begin(&v, i ? 8193 : 0);
        assert_int_equal(vectors_open(&v), ERR_INPUT);
        assert_null(v.store);
        assert_int_equal(vectors_end(&v), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_brute_force_finds),
        cmocka_unit_test(few_and_many),
        cmocka_unit_test(equal_ones_by_their_ids),
        cmocka_unit_test(replaced_and_removed),
        cmocka_unit_test(what_is_no_vector),
        cmocka_unit_test(page_by_page),
        cmocka_unit_test(searches_beside_an_upsert),
        cmocka_unit_test(cancelled_calls),
        cmocka_unit_test(any_number_of_dimensions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
