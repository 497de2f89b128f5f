#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ui/widget/editor.h"

/* Keys separated by blanks, as input_key_parse has them; 'text' in quotes is typed. The cursor is
 * shown as "|". */
static void keys(struct editor *e, const char *line)
{
    while (*line) {
        struct input_event ev = {.type = INPUT_KEY};
        char name[32];
        size_t n = 0;
        if (*line == ' ') {
            line++;
        } else if (*line == '\'') {
            for (line++; *line != '\''; line++) {
                ev.key = (unsigned char)*line;
                editor_event(e, &ev);
            }
            line++;
        } else {
            while (*line && *line != ' ')
                name[n++] = *line++;
            name[n] = 0;
            assert_true(input_key_parse(name, &ev.key, &ev.mods));
            editor_event(e, &ev);
        }
    }
}

static void shows(const struct editor *e, const char *expected)
{
    char text[512];
    size_t n, at = editor_cursor(e);
    const char *now = editor_text(e, &n);
    snprintf(text, sizeof text, "%.*s|%s", (int)at, now, now + at);
    assert_string_equal(text, expected);
}

static const struct {
    const char *keys, *shown;
} edits[] = {
    {"'ab' Left 'x'", "ax|b"},
    {"'one two' ^A", "|one two"},
    {"'one two' ^A ^F ^F ^E", "one two|"},
    {"'one two' M-b", "one |two"},
    {"'one two' ^A M-f", "one| two"},
    {"'one two' C-Left C-Left", "|one two"},
    {"'one two' ^W", "one |"},
    {"'one two' M-Backspace ^Y", "one two|"},
    {"'one two' ^A M-d", "| two"},
    {"'one two' ^U", "|"},
    {"'one two' M-b ^K", "one |"},
    {"'one two' M-b ^K ^A ^Y", "two|one "},
    {"'abc' Backspace", "ab|"},
    {"'abc' ^H", "ab|"},
    {"'abc' Home Delete", "|bc"},
    {"'abc' Home ^D", "|bc"},
    {"Backspace Delete ^W ^U ^K M-d ^T ^_ Left Right Up Down", "|"},
    {"'ab' ^T", "ba|"},
    {"'abc' ^A ^F ^T", "ba|c"},
    {"'one' ^_", "|"},
    {"'one two' ^_", "one |"},
    {"'one' ^_ M-_", "one|"},
    {"'one' ^W 'x' ^_ ^_", "one|"},
    {"'a' M-Enter 'b' Up", "a|\nb"},
    {"'a' ^J 'b' ^A", "a\n|b"},
    {"'a' ^J 'bc' Up ^E Down", "a\nb|c"},
    {"'a' ^J 'bc' ^U", "a\n|"},
};

static void test_keys(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
        struct editor *e = editor_new(true);
        keys(e, edits[i].keys);
        shows(e, edits[i].shown);
        editor_free(e);
    }
}

static void test_submit_and_ignored(void **state)
{
    struct input_event enter = {.type = INPUT_KEY, .key = INPUT_ENTER},
                       d = {.type = INPUT_KEY, .key = 'd', .mods = INPUT_CTRL},
                       f5 = {.type = INPUT_KEY, .key = INPUT_F0 + 5},
                       alt_enter = {.type = INPUT_KEY, .key = INPUT_ENTER, .mods = INPUT_ALT};
    struct editor *e = editor_new(true), *dialog = editor_new(false);
    (void)state;
    assert_int_equal(editor_event(e, &d), EDITOR_IGNORED); /* ^D leaves an empty input */
    assert_int_equal(editor_event(e, &f5), EDITOR_IGNORED);
    keys(e, "'x' ^A");
    assert_int_equal(editor_event(e, &d), EDITOR_CHANGED);
    assert_int_equal(editor_event(e, &enter), EDITOR_SUBMIT);
    assert_int_equal(editor_event(e, &alt_enter), EDITOR_CHANGED);
    assert_int_equal(editor_event(dialog, &alt_enter), EDITOR_IGNORED);
    editor_free(e);
    editor_free(dialog);
}

static void test_history(void **state)
{
    struct editor *e = editor_new(true);
    (void)state;
    keys(e, "'sort a list'");
    editor_accept(e);
    keys(e, "'sum a list'");
    editor_accept(e);
    keys(e, "'sum a list'"); /* the same again is one entry */
    editor_accept(e);
    keys(e, "'  '");
    editor_accept(e);
    assert_string_equal(editor_history(e, 1), "sum a list");
    assert_null(editor_history(e, 2));
    keys(e, "Up");
    shows(e, "sum a list|");
    keys(e, "Up Up");
    shows(e, "sort a list|");
    keys(e, "Down Down");
    shows(e, "|");
    keys(e, "'so' Up"); /* only what begins so */
    shows(e, "sort a list|");
    keys(e, "Down");
    shows(e, "so|"); /* and the draft comes back */
    for (int i = 0; i < EDITOR_HISTORY_MAX + 5; i++) {
        char text[16];
        snprintf(text, sizeof text, "entry %d", i);
        assert_int_equal(editor_history_add(e, text), ERR_OK);
    }
    assert_string_equal(editor_history(e, EDITOR_HISTORY_MAX - 1), "entry 504");
    assert_null(editor_history(e, EDITOR_HISTORY_MAX));
    editor_free(e);
}

static void test_paste(void **state)
{
    static char large[EDITOR_MAX + 10];
    struct input_event ev = {.type = INPUT_PASTE, .text = "a\tb\n\x1b[2Jc\x07", .n = 10};
    struct editor *e = editor_new(true), *dialog = editor_new(false);
    (void)state;
    assert_int_equal(editor_event(e, &ev), EDITOR_CHANGED);
    assert_null(strpbrk(editor_text(e, NULL), "\x1b\x07\t"));
    assert_non_null(strchr(editor_text(e, NULL), '\n'));
    editor_event(dialog, &ev);
    assert_null(strchr(editor_text(dialog, NULL), '\n'));
    keys(e, "^_");
    shows(e, "|"); /* a paste is one change */
    memset(large, 'x', sizeof large);
    ev.text = large;
    ev.n = sizeof large;
    keys(e, "'kept'");
    assert_int_equal(editor_event(e, &ev), EDITOR_FULL);
    shows(e, "kept|");
    assert_non_null(strstr(editor_note(e), "65536"));
    editor_free(e);
    editor_free(dialog);
}

static void test_wide_characters(void **state)
{
    struct editor *e = editor_new(true);
    (void)state;
    assert_int_equal(editor_set(e, "a日e\xcc\x81"), EDITOR_CHANGED);
    keys(e, "Left");
    shows(e, "a日|e\xcc\x81"); /* a letter with its mark is one step */
    keys(e, "Left");
    shows(e, "a|日e\xcc\x81");
    keys(e, "Delete Delete");
    shows(e, "a|");
    editor_free(e);
}

static void test_rows(void **state)
{
    struct editor *e = editor_new(true);
    struct canvas c;
    struct buf text;
    int x, y;
    (void)state;
    assert_int_equal(canvas_init(&c, 10, 2, false), ERR_OK);
    buf_init(&text, 1 << 12);
    keys(e, "'0123456789abcdefXYZ'");
    assert_int_equal(editor_rows(e, 10, "> "), 3);
    editor_draw(e, &c, "> ", "nothing", true);
    assert_int_equal(canvas_text(&c, &text), ERR_OK);
    assert_string_equal(text.data, "  89abcdef\n  XYZ\n"); /* scrolled to the cursor */
    assert_true(canvas_cursor_at(&c, &x, &y));
    assert_int_equal(x, 5);
    assert_int_equal(y, 1);
    keys(e, "Up");
    shows(e, "0123456789a|bcdefXYZ");
    editor_click(e, 3, 0);
    shows(e, "01234567"
             "8"
             "|9abcdefXYZ");
    editor_free(e);
    buf_fini(&text);
    canvas_fini(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_submit_and_ignored),
        cmocka_unit_test(test_history),
        cmocka_unit_test(test_paste),
        cmocka_unit_test(test_wide_characters),
        cmocka_unit_test(test_rows),
    };
    if (!cluster_locale())
        return 77;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
