/* Markup, the scrolling view, and the list: what they hold and what they draw. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ui/widget/list_view.h"
#include "ui/widget/markup.h"

static const struct text_layout words = {.wrap = TEXT_WRAP_WORD};

static void drawn(struct text_view *v, int w, int h, const char *expected)
{
    struct canvas c;
    struct buf text;
    assert_int_equal(canvas_init(&c, w, h, false), ERR_OK);
    buf_init(&text, 1 << 16);
    text_view_draw(v, &c);
    assert_int_equal(canvas_text(&c, &text), ERR_OK);
    assert_string_equal(text.data, expected);
    buf_fini(&text);
    canvas_fini(&c);
}

static void line(struct text_view *v, struct text_layout layout, const char *text)
{
    assert_int_equal(text_view_line(v, layout, STYLE_DIM, NULL), ERR_OK);
    assert_int_equal(text_view_add(v, STYLE_TEXT, text, strlen(text)), ERR_OK);
}

static void test_wrapping(void **state)
{
    struct text_view *v = text_view_new(1 << 16);
    (void)state;
    line(v, words, "one two three");
    drawn(v, 8, 3, "one two\nthree\n\n");
    drawn(v, 13, 2, "one two three\n\n");
    text_view_clear(v);
    line(v, (struct text_layout){.margin = 2, .hang = 1, .wrap = TEXT_WRAP_CHAR}, "abcdefgh");
    drawn(v, 7, 3, "  abcde\n   fgh\n\n");
    text_view_clear(v);
    line(v, (struct text_layout){.wrap = TEXT_WRAP_NONE}, "abcdefgh");
    drawn(v, 5, 2, "abcd…\n\n");
    text_view_clear(v);
    line(v, (struct text_layout){.wrap = TEXT_WRAP_RULE}, "py\tnote");
    drawn(v, 12, 1, "py ──── note\n");
    text_view_clear(v);
    line(v, words, "日本語"); /* two columns each; none is cut in half */
    drawn(v, 5, 2, "日本\n語\n");
    text_view_free(v);
}

static void test_scrolling(void **state)
{
    struct text_view *v = text_view_new(1 << 16);
    size_t above, total;
    (void)state;
    for (int i = 0; i < 20; i++) {
        char text[8];
        snprintf(text, sizeof text, "l%d", i);
        line(v, words, text);
    }
    drawn(v, 10, 3, "l17\nl18\nl19\n");
    assert_true(text_view_following(v));
    assert_true(text_view_scroll(v, SCROLL_LINE_UP));
    assert_false(text_view_following(v));
    drawn(v, 10, 3, "l16\nl17\nl18\n");
    line(v, words, "new");
    drawn(v, 10, 3, "l16\nl17\nl18\n"); /* what comes does not push away what is read */
    assert_true(text_view_scroll(v, SCROLL_TOP));
    drawn(v, 10, 3, "l0\nl1\nl2\n");
    assert_false(text_view_scroll(v, SCROLL_LINE_UP));
    assert_true(text_view_scroll(v, SCROLL_PAGE_DOWN));
    assert_true(text_view_scroll(v, SCROLL_END));
    drawn(v, 10, 3, "l18\nl19\nnew\n");
    text_view_position(v, &above, &total);
    assert_int_equal(total, 21);
    assert_int_equal(above, 18);
    assert_int_equal(text_view_line_at(v, 0), 18);
    text_view_goto(v, 5);
    drawn(v, 10, 2, "l5\nl6\n");
    assert_true(text_view_search(v, "L1") == false); /* a capital matches capitals only */
    assert_true(text_view_search(v, "l1"));
    assert_true(text_view_match(v, false));
    assert_false(text_view_search(v, "nowhere"));
    text_view_free(v);
}

/* A stream moves the view once in a while, also when its tail is written anew each time. */
static void test_leaps(void **state)
{
    struct text_view *v = text_view_new(1 << 16);
    (void)state;
    text_view_leap(v, true);
    for (int i = 0; i < 7; i++) {
        char text[8];
        snprintf(text, sizeof text, "l%d", i);
        line(v, words, text);
    }
    drawn(v, 10, 6, "l3\nl4\nl5\nl6\n\n\n");
    text_view_cut(v, 2);
    for (int i = 2; i < 9; i++) {
        char text[8];
        snprintf(text, sizeof text, "l%d", i);
        line(v, words, text);
    }
    drawn(v, 10, 6, "l3\nl4\nl5\nl6\nl7\nl8\n");
    line(v, words, "l9");
    drawn(v, 10, 6, "l6\nl7\nl8\nl9\n\n\n");
    assert_true(text_view_scroll(v, SCROLL_LINE_UP)); /* from where the end is */
    drawn(v, 10, 6, "l3\nl4\nl5\nl6\nl7\nl8\n");
    text_view_scroll(v, SCROLL_END);
    text_view_leap(v, false);
    drawn(v, 10, 6, "l4\nl5\nl6\nl7\nl8\nl9\n");
    text_view_cut(v, 0);
    text_view_leap(v, true);
    line(v, words, "only");
    drawn(v, 10, 3, "only\n\n\n");
    text_view_free(v);
}

static void test_ceiling_and_cut(void **state)
{
    struct text_view *v = text_view_new(1000);
    size_t n, end;
    (void)state;
    for (int i = 0; i < 200; i++)
        line(v, words, "0123456789");
    end = text_view_end(v);
    assert_int_equal(end, 200); /* numbers stay */
    assert_true(text_view_first(v) > 0);
    text_view_get(v, end - 1, &n);
    assert_int_equal(n, 10);
    text_view_cut(v, end - 2);
    assert_int_equal(text_view_end(v), end - 2);
    line(v, words, "again");
    assert_memory_equal(text_view_get(v, end - 2, &n), "again", 5);
    text_view_free(v);
}

/* The text of all lines, with their styles, after feeding in pieces of `step` bytes. */
static void marked(const char *text, size_t step, struct buf *out)
{
    struct text_view *v = text_view_new(1 << 16);
    struct markup *m = markup_new(v, words, STYLE_DIM, "dise");
    struct canvas c;
    size_t n = strlen(text);
    for (size_t i = 0; i < n; i += step)
        assert_int_equal(markup_feed(m, text + i, i + step > n ? n - i : step), ERR_OK);
    assert_int_equal(markup_end(m), ERR_OK);
    assert_int_equal(canvas_init(&c, 40, 30, false), ERR_OK);
    text_view_draw(v, &c);
    assert_int_equal(canvas_text(&c, out), ERR_OK);
    assert_int_equal(canvas_styles(&c, out), ERR_OK);
    canvas_fini(&c);
    markup_free(m);
    text_view_free(v);
}

static void test_markup(void **state)
{
    static const char text[] = "# Title\nSome **bold** and `code`, *plain* and 2 ** "
                               "3.\n```python\ndef f(x):\n    '''\n    "
                               "```\n    '''\n    return \"s\"  # why\n```\nafter "
                               "\x1b[31mred\n```json\n{}\n```\nend ** open";
    struct buf whole, split;
    (void)state;
    buf_init(&whole, 1 << 16);
    marked(text, sizeof text, &whole);
    assert_non_null(strstr(whole.data, "Title\nSome bold and code, *plain* and 2 ** 3."));
    assert_non_null(strstr(whole.data, "python ──"));
    assert_non_null(strstr(whole.data, "json ──"));
    assert_non_null(strstr(whole.data, "     ```\n")); /* of the docstring: it ends no block */
    assert_null(strchr(whole.data, '\x1b'));
    for (size_t step = 1; step < 9; step++) {
        buf_init(&split, 1 << 16);
        marked(text, step, &split);
        assert_string_equal(split.data, whole.data);
        buf_fini(&split);
    }
    buf_fini(&whole);
}

/* ---- the list ---- */

static const char *const names[] = {"cancel", "conversation", "copy", "find", "doctor"};

static size_t count(void *arg)
{
    return *(size_t *)arg;
}

static void draw(void *arg, size_t i, struct canvas *row, bool selected)
{
    (void)arg;
    canvas_printf(row, 0, 0, STYLE_TEXT, "%c%s", selected ? '>' : ' ', names[i]);
}

static int score(void *arg, size_t i, const char *filter)
{
    (void)arg;
    return list_view_fuzzy(names[i], filter);
}

static void test_list(void **state)
{
    static const struct list_ops ops = {count, draw, score};
    size_t rows = 5;
    struct list_view *l = list_view_new(&ops, &rows);
    struct canvas c;
    struct buf text;
    (void)state;
    buf_init(&text, 1 << 12);
    assert_int_equal(canvas_init(&c, 20, 3, false), ERR_OK);
    assert_int_equal(list_view_count(l), 5);
    assert_int_equal(list_view_selected(l), 0);
    assert_true(list_view_scroll(l, SCROLL_END));
    assert_int_equal(list_view_selected(l), 4);
    assert_false(list_view_scroll(l, SCROLL_LINE_DOWN));
    list_view_draw(l, &c, true);
    assert_int_equal(canvas_text(&c, &text), ERR_OK);
    assert_string_equal(text.data, " copy\n find\n>doctor\n");
    assert_int_equal(list_view_at(l, 0), 2);
    list_view_filter(l, "cn");
    assert_int_equal(list_view_count(l), 2);
    assert_int_equal(list_view_selected(l), 0);
    list_view_filter(l, "zz");
    assert_int_equal(list_view_count(l), 0);
    assert_int_equal(list_view_selected(l), SIZE_MAX);
    assert_false(list_view_scroll(l, SCROLL_LINE_DOWN));
    list_view_filter(l, "");
    list_view_select(l, 4);
    rows = 2;
    list_view_changed(l);
    assert_true(list_view_selected(l) < 2);
    rows = 0;
    list_view_changed(l);
    assert_int_equal(list_view_selected(l), SIZE_MAX);
    list_view_draw(l, &c, true);
    canvas_fini(&c);
    buf_fini(&text);
    list_view_free(l);
}

static void test_fuzzy(void **state)
{
    (void)state;
    assert_int_equal(list_view_fuzzy("conversation", "xyz"), 0);
    assert_true(list_view_fuzzy("conversation", "CON") > 0);
    assert_true(list_view_fuzzy("next-job", "nj") > list_view_fuzzy("banana jam", "nj"));
    assert_true(list_view_fuzzy("copy", "co") > list_view_fuzzy("clamor", "co"));
    assert_int_equal(list_view_fuzzy("ab", "ba"), 0); /* in order */
    assert_int_equal(list_view_fuzzy("ab", "abc"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wrapping), cmocka_unit_test(test_scrolling),
        cmocka_unit_test(test_leaps),    cmocka_unit_test(test_ceiling_and_cut),
        cmocka_unit_test(test_markup),   cmocka_unit_test(test_list),
        cmocka_unit_test(test_fuzzy),
    };
    if (!cluster_locale())
        return 77;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
