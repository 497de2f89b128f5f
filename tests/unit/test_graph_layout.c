/* The layout of the workflow graph: what must hold for every graph. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ui/pane/graph_layout.h"

enum { NODES = 120, EDGES = 400, ROUNDS = 400 };

static unsigned seed;

static int below(int n)
{
    seed = seed * 1664525u + 1013904223u;
    return (int)((seed >> 8) % (unsigned)n);
}

static bool meet(struct rect a, struct rect b)
{
    return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}

static bool beside(struct rect r, struct graph_point p, bool down, bool behind)
{
    if (down)
        return p.x >= r.x && p.x < r.x + r.w && p.y == (behind ? r.y + r.h : r.y - 1);
    return p.y >= r.y && p.y < r.y + r.h && p.x == (behind ? r.x + r.w : r.x - 1);
}

static void check_boxes(const struct graph_layout *l)
{
    for (size_t i = 0; i < l->n; i++) {
        assert_true(l->boxes[i].x >= 0 && l->boxes[i].y >= 0);
        assert_true(l->boxes[i].x + l->boxes[i].w <= l->w);
        assert_true(l->boxes[i].y + l->boxes[i].h <= l->h);
        for (size_t j = 0; j < i; j++)
            if (meet(l->boxes[i], l->boxes[j]))
                fail_msg("boxes %zu and %zu overlap", i, j);
    }
}

/* From the source to the target at right angles, and through no box. */
static void check_route(const struct graph_layout *l, const struct graph_layout_input *in, size_t e)
{
    struct graph_route r = l->routes[e];
    const struct graph_point *p = l->points + r.first;
    assert_true(r.n > 0);
    if (!beside(l->boxes[in->edges[e].from], p[0], in->down, true))
        fail_msg("edge %zu does not begin at its source", e);
    if (!beside(l->boxes[in->edges[e].to], p[r.n - 1], in->down, false))
        fail_msg("edge %zu does not end at its target", e);
    for (size_t i = 0; i < r.n; i++) {
        struct graph_point a = p[i ? i - 1 : 0], b = p[i];
        struct rect cells = {a.x < b.x ? a.x : b.x, a.y < b.y ? a.y : b.y, abs(a.x - b.x) + 1,
                             abs(a.y - b.y) + 1};
        assert_true(a.x == b.x || a.y == b.y);
        assert_true(cells.x >= 0 && cells.y >= 0);
        for (size_t k = 0; k < l->n; k++)
            if (meet(cells, l->boxes[k]))
                fail_msg("edge %zu lies in box %zu", e, k);
    }
}

/* The cells across the channels of an edge's k-th stretch; false: it goes along. */
static bool rail(const struct graph_layout *l, size_t e, size_t k, bool down, struct rect *out)
{
    const struct graph_point *a = l->points + l->routes[e].first + k, *b = a + 1;
    *out = (struct rect){a->x < b->x ? a->x : b->x, a->y < b->y ? a->y : b->y, abs(a->x - b->x) + 1,
                         abs(a->y - b->y) + 1};
    return down ? out->w > 1 : out->h > 1;
}

/* Edges that have no end in common may cross, but do not run in one rail. */
static void check_rails(const struct graph_layout *l, const struct graph_layout_input *in)
{
    for (size_t e = 0; e < l->routes_n; e++)
        for (size_t f = 0; f < e; f++) {
            struct rect a, b;
            if (in->edges[e].from == in->edges[f].from || in->edges[e].to == in->edges[f].to)
                continue;
            for (size_t i = 0; i + 1 < l->routes[e].n; i++)
                for (size_t k = 0; k + 1 < l->routes[f].n; k++)
                    if (rail(l, e, i, in->down, &a) && rail(l, f, k, in->down, &b) && meet(a, b))
                        fail_msg("edges %zu and %zu share a rail", e, f);
        }
}

static void check(const struct graph_layout_input *in)
{
    struct graph_layout l;
    assert_int_equal(graph_layout_make(in, &l), ERR_OK);
    assert_int_equal(l.n, in->n);
    assert_int_equal(l.routes_n, in->n ? in->edges_n : 0);
    check_boxes(&l);
    for (size_t e = 0; e < l.routes_n; e++)
        if (in->edges[e].from >= 0 && in->edges[e].from < in->edges[e].to &&
            in->edges[e].to < (int)in->n)
            check_route(&l, in, e);
        else
            assert_int_equal(l.routes[e].n, 0);
    if (in->edges_n <= 40)
        check_rails(&l, in);
    graph_layout_fini(&l);
}

static void random_graphs(void **state)
{
    static struct rect sizes[NODES];
    static struct graph_edge edges[EDGES];
    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        struct graph_layout_input in = {.sizes = sizes, .edges = edges};
        seed = (unsigned)round * 7919u + 1;
        in.n = (size_t)below(round % 10 ? 20 : NODES) + 1;
        in.edges_n = (size_t)below(round % 10 ? 40 : EDGES);
        in.down = below(2);
        in.lead = below(3);
        in.tail = below(3);
        in.gap = below(3);
        for (size_t i = 0; i < in.n; i++)
            sizes[i] = (struct rect){0, 0, below(12) + 1, below(5) + 1};
        for (size_t e = 0; e < in.edges_n; e++) {
            int a = below((int)in.n), b = below((int)in.n);
            edges[e] = (struct graph_edge){a < b || round % 7 == 0 ? a : b, a < b ? b : a};
        }
        check(&in);
    }
}

/* Forks of forks, as jobs make them: nothing crosses, and each layer is as wide as it must be. */
static void a_fan_is_compact(void **state)
{
    const struct rect sizes[6] = {{0, 0, 8, 1}, {0, 0, 6, 1}, {0, 0, 6, 1},
                                  {0, 0, 6, 1}, {0, 0, 8, 1}, {0, 0, 5, 1}};
    const struct graph_edge edges[] = {{0, 1}, {0, 2}, {0, 3}, {1, 4}, {2, 4}, {3, 4}, {4, 5}};
    const struct graph_layout_input in = {
        .n = 6, .sizes = sizes, .edges = edges, .edges_n = 7, .lead = 1, .tail = 1};
    struct graph_layout l;
    (void)state;
    check(&in);
    assert_int_equal(graph_layout_make(&in, &l), ERR_OK);
    assert_int_equal(l.h, 3);
    assert_int_equal(l.w, 8 + 3 + 6 + 3 + 8 + 2 + 5);
    assert_int_equal(l.boxes[0].y, 1);
    assert_int_equal(l.boxes[2].y, 1);
    assert_int_equal(l.boxes[5].y, 1);
    assert_true(l.boxes[1].y < l.boxes[2].y && l.boxes[2].y < l.boxes[3].y);
    graph_layout_fini(&l);
}

static void crossings_are_undone(void **state)
{
    const struct rect sizes[4] = {{0, 0, 3, 1}, {0, 0, 3, 1}, {0, 0, 3, 1}, {0, 0, 3, 1}};
    const struct graph_edge edges[] = {{0, 3}, {1, 2}};
    const struct graph_layout_input in = {
        .n = 4, .sizes = sizes, .edges = edges, .edges_n = 2, .lead = 1, .tail = 1};
    struct graph_layout l;
    (void)state;
    check(&in);
    assert_int_equal(graph_layout_make(&in, &l), ERR_OK);
    assert_int_equal(l.w, 8); /* two straight edges need no rail */
    assert_int_equal(l.boxes[0].y, l.boxes[3].y);
    assert_int_equal(l.boxes[1].y, l.boxes[2].y);
    graph_layout_fini(&l);
}

static void nothing_and_one(void **state)
{
    const struct rect one = {0, 0, 5, 2};
    struct graph_layout_input in = {.n = 0};
    (void)state;
    check(&in);
    in.n = 1;
    in.sizes = &one;
    check(&in);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_graphs),
        cmocka_unit_test(a_fan_is_compact),
        cmocka_unit_test(crossings_are_undone),
        cmocka_unit_test(nothing_and_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
