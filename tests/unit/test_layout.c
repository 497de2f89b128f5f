/* The layout: at every size the panes cover the area without overlap, and what must show, shows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "ui/layout.h"

enum { ALL = (1 << PANE_COUNT) - 1 };

static void compute(int w, int h, enum pane_id focus, bool zoom, const int *shares,
                    struct layout *out)
{
    const struct layout_input in = {.area = {0, 1, w, h - 2},
                                    .shares = shares,
                                    .present = ALL,
                                    .focus = focus,
                                    .tab = PANE_GRAPH,
                                    .zoom = zoom};
    layout_compute(&in, out);
}

static void covers(const struct layout *l, int w, int h)
{
    static char cells[300][600];
    int n = 0;
    memset(cells, 0, sizeof cells);
    for (int p = 0; p < PANE_COUNT; p++) {
        struct rect r = l->pane[p];
        for (int y = r.y; y < r.y + r.h; y++)
            for (int x = r.x; x < r.x + r.w; x++, n++) {
                assert_true(x >= 0 && x < w && y >= 1 && y < h - 1);
                assert_false(cells[y][x]);
                cells[y][x] = 1;
            }
    }
    assert_int_equal(n, w * (h - 2));
}

static void every_size_is_covered(void **state)
{
    (void)state;
    for (int w = 40; w <= 500; w += 23)
        for (int h = 10; h <= 200; h += 7)
            for (int focus = 0; focus < PANE_COUNT; focus++) {
                struct layout l;
                compute(w, h, (enum pane_id)focus, false, layout_standard, &l);
                covers(&l, w, h);
                assert_true(l.pane[focus].w > 0);
            }
}

static void extreme_shares_are_covered(void **state)
{
    int shares[SHARE_COUNT];
    (void)state;
    for (int least = 0; least <= 1000; least += 250) {
        for (int i = 0; i < SHARE_COUNT; i++)
            shares[i] = i % 2 ? least : 1000 - least;
        for (int w = 60; w <= 200; w += 70) {
            struct layout l;
            compute(w, 60, PANE_MEMORY, false, shares, &l);
            covers(&l, w, 60);
        }
    }
}

static void what_shows(void **state)
{
    struct layout l;
    (void)state;
    compute(120, 36, PANE_TALK, false, layout_standard, &l);
    assert_int_equal(l.mode, LAYOUT_ALL);
    for (int p = PANE_TALK; p <= PANE_MEMORY; p++)
        assert_true(l.pane[p].w > 0);
    compute(80, 24, PANE_TALK, false, layout_standard, &l);
    assert_int_equal(l.mode, LAYOUT_SIDE);
    assert_true(l.pane[PANE_TALK].w && l.pane[PANE_STAGES].w && l.pane[PANE_GRAPH].w);
    assert_int_equal(l.tabbed & (1u << PANE_MEMORY), 1u << PANE_MEMORY);
    compute(70, 40, PANE_TALK, false, layout_standard, &l);
    assert_int_equal(l.mode, LAYOUT_PORTRAIT);
    compute(60, 16, PANE_METRICS, false, layout_standard, &l);
    assert_int_equal(l.mode, LAYOUT_ONE);
    assert_true(l.pane[PANE_METRICS].w == 60);
    compute(200, 60, PANE_GRAPH, true, layout_standard, &l);
    assert_true(l.pane[PANE_GRAPH].w == 200);
}

static void an_edge_follows_the_mouse(void **state)
{
    struct layout l;
    int shares[SHARE_COUNT];
    (void)state;
    memcpy(shares, layout_standard, sizeof shares);
    compute(120, 40, PANE_TALK, false, shares, &l);
    for (int i = 0; i < l.edge_count; i++) {
        const struct layout_edge *e = &l.edges[i];
        int by = e->vertical ? e->from + e->length / 2 : e->from + e->length / 3;
        shares[e->share] = layout_drag(e, by, by);
        assert_true(shares[e->share] > 200 && shares[e->share] < 520);
    }
    assert_int_equal(l.edge_count, 4);
    assert_int_equal(layout_drag(&l.edges[0], -5, -5), layout_limit(0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_size_is_covered),
        cmocka_unit_test(extreme_shares_are_covered),
        cmocka_unit_test(what_shows),
        cmocka_unit_test(an_edge_follows_the_mouse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
