/* Cells, clusters and colours. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "ui/term/canvas.h"
#include "ui/term/theme.h"

static void shows(const struct canvas *c, const char *expected)
{
    struct buf text;
    buf_init(&text, 1 << 16);
    assert_int_equal(canvas_text(c, &text), ERR_OK);
    assert_string_equal(text.data, expected);
    buf_fini(&text);
}

static void test_clipping(void **state)
{
    struct canvas c, part;
    (void)state;
    assert_int_equal(canvas_init(&c, 6, 3, false), ERR_OK);
    canvas_puts(&c, -2, 0, STYLE_TEXT, "abcdefghij");
    canvas_puts(&c, 0, -1, STYLE_TEXT, "above");
    canvas_puts(&c, 0, 3, STYLE_TEXT, "below");
    shows(&c, "cdefgh\n\n\n");
    part = canvas_part(&c, (struct rect){2, 1, 3, 9});
    canvas_puts(&part, 0, 0, STYLE_TEXT, "12345");
    canvas_puts(&part, -1, 1, STYLE_TEXT, "abc");
    shows(&c, "cdefgh\n  123\n  bc\n");
    part = canvas_part(&part, (struct rect){9, 9, 3, 3}); /* wholly outside */
    canvas_puts(&part, 0, 0, STYLE_TEXT, "nothing");
    canvas_fill(&part, (struct rect){0, 0, 99, 99}, STYLE_BAR);
    shows(&c, "cdefgh\n  123\n  bc\n");
    canvas_fini(&c);
}

static void test_wide(void **state)
{
    struct canvas c;
    (void)state;
    assert_int_equal(canvas_init(&c, 5, 1, false), ERR_OK);
    assert_int_equal(canvas_puts(&c, 0, 0, STYLE_TEXT, "日本語"), 5); /* half a character: blank */
    shows(&c, "日本\n");
    canvas_puts(&c, 1, 0, STYLE_TEXT, "x"); /* onto a right half: the left one goes, too */
    shows(&c, " x本\n");
    canvas_puts(&c, 2, 0, STYLE_TEXT, "y");
    shows(&c, " xy\n");
    canvas_fini(&c);
}

static void test_fits(void **state)
{
    struct canvas c;
    (void)state;
    assert_int_equal(canvas_init(&c, 12, 4, false), ERR_OK);
    canvas_put_fit(&c, 0, 0, 5, STYLE_TEXT, "abcdefgh");
    canvas_put_fit(&c, 0, 1, 5, STYLE_TEXT, "abcde");
    canvas_put_right(&c, 0, 2, 12, STYLE_TEXT, "right");
    canvas_put_right(&c, 6, 3, 6, STYLE_TEXT, "abcdefgh");
    shows(&c, "abcd…\nabcde\n       right\n      abcde…\n");
    canvas_fini(&c);
}

static void test_boxes(void **state)
{
    struct canvas c;
    (void)state;
    assert_int_equal(canvas_init(&c, 6, 4, false), ERR_OK);
    canvas_box(&c, (struct rect){0, 0, 6, 4}, STYLE_BORDER);
    canvas_divide(&c, (struct rect){0, 0, 6, 4}, 2, STYLE_BORDER);
    shows(&c, "╭────╮\n│    │\n├────┤\n╰────╯\n");
    canvas_set_ascii(&c, true);
    canvas_box(&c, (struct rect){0, 0, 6, 4}, STYLE_BORDER);
    canvas_divide(&c, (struct rect){0, 0, 6, 4}, 2, STYLE_BORDER);
    shows(&c, "+----+\n|    |\n+----+\n+----+\n");
    canvas_clear(&c);
    canvas_box(&c, (struct rect){0, 0, 1, 4}, STYLE_BORDER);
    shows(&c, "\n\n\n\n");
    for (int g = 0; g < GLYPH_COUNT; g++) {
        const char *ascii = canvas_glyph(&c, (enum glyph)g);
        assert_int_equal(strlen(ascii), 1);
        assert_true(*ascii > ' ' && *ascii < 0x7f);
        canvas_set_ascii(&c, false);
        assert_int_equal(cluster_columns(canvas_glyph(&c, (enum glyph)g),
                                         strlen(canvas_glyph(&c, (enum glyph)g))),
                         1);
        canvas_set_ascii(&c, true);
    }
    canvas_fini(&c);
}

static const struct {
    const char *text;
    int columns;
} texts[] = {
    {"", 0},
    {"abc", 3},
    {"日本", 4},
    {"e\xcc\x81", 1},
    {"\x1b[31mred", 3},
    {"\x1b]0;t\x07x", 1},
    {"a\x07\x08z", 2},
    {"\xff\xfe", 2},
    {"👍", 2},
    {"\xe2\x80\xae"
     "ab",
     2}, /* right-to-left override draws nothing */
};

static void test_columns(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_int_equal(cluster_columns(texts[i].text, strlen(texts[i].text)), texts[i].columns);
}

/* A stream in any split gives the same clean text. */
static void test_cleaner(void **state)
{
    static const char dirty[] = "a\x1b[1;31mb\x1b]0;title\x07"
                                "c\xe6\x97\xa5\xff\x00\x08\td\r\ne";
    struct buf whole, split;
    (void)state;
    buf_init(&whole, 1000);
    assert_int_equal(cleaner_feed(&(struct cleaner){0}, dirty, sizeof dirty - 1, &whole), ERR_OK);
    assert_non_null(strstr(whole.data, "abc日"));
    assert_null(strpbrk(whole.data, "\x1b\x07\x08\r"));
    for (size_t cut = 0; cut < sizeof dirty; cut++) {
        struct cleaner c = {0};
        buf_init(&split, 1000);
        assert_int_equal(cleaner_feed(&c, dirty, cut, &split), ERR_OK);
        assert_int_equal(cleaner_feed(&c, dirty + cut, sizeof dirty - 1 - cut, &split), ERR_OK);
        assert_string_equal(split.data, whole.data);
        buf_fini(&split);
    }
    buf_fini(&whole);
}

/* ---- colours ---- */

static void test_depths(void **state)
{
    struct theme t;
    (void)state;
    theme_builtin(&t);
    assert_int_equal(theme_nearest(0x000000, COLOR_DEPTH_256), 16);
    assert_int_equal(theme_nearest(0xffffff, COLOR_DEPTH_256), 231);
    assert_int_equal(theme_nearest(0x878787, COLOR_DEPTH_256), 102);
    assert_int_equal(theme_nearest(0x5fafd7, COLOR_DEPTH_256), 74);
    assert_int_equal(theme_nearest(0xcd0000, COLOR_DEPTH_8), 1);
    assert_int_equal(theme_nearest(0xff0000, COLOR_DEPTH_16), 9);
    for (int s = 0; s < STYLE_COUNT; s++)
        for (int g = 0; g < STYLE_COUNT; g++)
            for (int d = COLOR_DEPTH_MONO; d <= COLOR_DEPTH_RGB; d++) {
                static const int most[] = {-1, 7, 15, 255, 0xffffff};
                struct look l = theme_look(&t, (enum style)s, (enum style)g, (enum color_depth)d);
                assert_in_range(l.fg + 1, 0, most[d] + 1);
                assert_in_range(l.bg + 1, 0, most[d] + 1);
            }
    assert_true(theme_is_light(0xffffff));
    assert_false(theme_is_light(0x1c1c1c));
}

/* Without colour, states still look different from plain text. */
static void test_mono(void **state)
{
    static const enum style states[] = {STYLE_RUNNING, STYLE_WARN, STYLE_ERROR,
                                        STYLE_WAITING, STYLE_KEY,  STYLE_DIM};
    struct theme t;
    (void)state;
    theme_builtin(&t);
    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        assert_int_not_equal(theme_look(&t, states[i], STYLE_TEXT, COLOR_DEPTH_MONO).attrs, 0);
    assert_true(theme_look(&t, STYLE_TEXT, STYLE_SELECTION, COLOR_DEPTH_MONO).attrs & LOOK_REVERSE);
}

/* Relative luminance and contrast as WCAG 2.1 defines them. */
static double channel(int32_t value)
{
    double c = (double)(value & 255) / 255;
    return c <= 0.03928 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4);
}

static double luminance(int32_t rgb)
{
    return 0.2126 * channel(rgb >> 16) + 0.7152 * channel(rgb >> 8) + 0.0722 * channel(rgb);
}

static double contrast(int32_t a, int32_t b)
{
    double x = luminance(a), y = luminance(b);
    return x > y ? (x + 0.05) / (y + 0.05) : (y + 0.05) / (x + 0.05);
}

/* The least contrast of a role: text, what is quiet on purpose, and lines that nobody reads. */
static double least_contrast(enum style s)
{
    switch (s) {
    case STYLE_BORDER:
    case STYLE_RULE:
    case STYLE_SCROLLBAR:
        return 1.3;
    case STYLE_DIM:
    case STYLE_WAITING:
    case STYLE_HINT:
    case STYLE_PLACEHOLDER:
    case STYLE_CODE_COMMENT:
        return 3;
    default:
        return 4.5;
    }
}

/* What a style may stand on. */
static bool stands_on(enum style s, enum style ground)
{
    bool code = s >= STYLE_CODE;
    if (ground == STYLE_TEXT)
        return true;
    if (ground == STYLE_CODE_BLOCK)
        return code || s == STYLE_TEXT || s == STYLE_DIM;
    return !code && s != STYLE_BORDER && s != STYLE_RULE && s != STYLE_SCROLLBAR;
}

/* Both shipped themes load, and what they write can be read on what it stands on. */
static void test_shipped_themes(void **state)
{
    static const struct {
        const char *file;
        int32_t paper; /* the terminal's own background */
    } themes[] = {{"dark.yaml", 0x000000}, {"light.yaml", 0xffffff}};
    static const enum style grounds[] = {STYLE_TEXT, STYLE_DIALOG, STYLE_SELECTION,
                                         STYLE_CODE_BLOCK};
    int bad = 0;
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        char path[512];
        struct err_info info = {0};
        struct theme t;
        snprintf(path, sizeof path, "%s/themes/%s", DISE_SOURCE_DIR, themes[i].file);
        if (theme_load(&t, path, &info))
            fail_msg("%s", info.message);
        assert_int_equal(t.light, i == 1);
        for (int g = 0; g < 4; g++)
            for (int s = 0; s < STYLE_COUNT; s++) {
                struct look l = theme_look(&t, (enum style)s, grounds[g], COLOR_DEPTH_RGB);
                int32_t paper = l.bg == LOOK_NONE ? themes[i].paper : l.bg,
                        ink = l.fg == LOOK_NONE ? ~themes[i].paper & 0xffffff : l.fg;
                double ratio = contrast(ink, paper);
                if (stands_on((enum style)s, grounds[g]) && ratio < least_contrast((enum style)s))
                    print_error("%s: %s on %s has a contrast of %.2f\n", themes[i].file,
                                style_name((enum style)s), style_name(grounds[g]), ratio),
                        bad++;
            }
    }
    assert_int_equal(bad, 0);
}

static void test_wrong_theme(void **state)
{
    static const struct {
        const char *text;
        int line;
    } wrong[] = {
        {"name: x\nroles:\n  nonsense: {fg: \"#ffffff\"}\n", 3},
        {"name: x\nroles:\n  dim: {fg: \"#fffff\"}\n", 3},
        {"name: x\nroles:\n  dim: {attrs: loud}\n", 3},
        {"name: [\n", 2},
    };
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char path[] = "/tmp/dise-theme-XXXXXX";
        struct err_info info = {0};
        struct theme t, dark;
        int fd = mkstemp(path);
        assert_true(fd >= 0);
        assert_int_equal(write(fd, wrong[i].text, strlen(wrong[i].text)), strlen(wrong[i].text));
        close(fd);
        theme_builtin(&dark);
        assert_int_not_equal(theme_load(&t, path, &info), ERR_OK);
        assert_int_equal(info.line, wrong[i].line);
        assert_string_equal(info.file, path);
        assert_memory_equal(t.looks, dark.looks, sizeof t.looks);
        unlink(path);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clipping),       cmocka_unit_test(test_wide),
        cmocka_unit_test(test_fits),           cmocka_unit_test(test_boxes),
        cmocka_unit_test(test_columns),        cmocka_unit_test(test_cleaner),
        cmocka_unit_test(test_depths),         cmocka_unit_test(test_mono),
        cmocka_unit_test(test_shipped_themes), cmocka_unit_test(test_wrong_theme),
    };
    if (!cluster_locale())
        return 77;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
