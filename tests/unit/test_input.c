#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "ui/term/input.h"

static void describe(const struct input_event *ev, struct buf *log)
{
    char name[24];
    enum err e = ERR_OK;
    switch (ev->type) {
    case INPUT_KEY:
        e = buf_addf(log, "%s ", input_key_name(ev->key, ev->mods, name));
        break;
    case INPUT_MOUSE:
        e = buf_addf(log, "mouse%d/%d/%x@%d,%d ", ev->mouse, ev->button, ev->mods, ev->x, ev->y);
        break;
    case INPUT_PASTE:
        e = buf_addf(log, "paste(%.*s)%s ", (int)ev->n, ev->text, ev->cut ? "cut" : "");
        break;
    case INPUT_BACKGROUND:
        e = buf_addf(log, "bg%06x ", (unsigned)ev->rgb);
        break;
    default:
        e = buf_addf(log, "focus%d ", ev->type == INPUT_FOCUS_IN);
    }
    assert_int_equal(e, ERR_OK);
}

static void take(struct input *in, struct buf *log)
{
    struct input_event ev;
    while (input_next(in, &ev))
        describe(&ev, log);
}

/* The events of `bytes`, cut at a and b, with a flush at the end. */
static void run(const char *bytes, size_t n, size_t a, size_t b, struct buf *log)
{
    struct input *in = input_new();
    size_t cuts[] = {0, a, b, n};
    assert_non_null(in);
    input_bind(in, "\x1b[57X", INPUT_F0 + 20, 0);
    input_bind(in, "\b", INPUT_BACKSPACE, 0);
    for (int i = 0; i < 3; i++) {
        if (i && cuts[i] == cuts[i + 1] && cuts[i] == n)
            continue;
        assert_int_equal(input_feed(in, bytes + cuts[i], cuts[i + 1] - cuts[i]), ERR_OK);
        take(in, log);
    }
    input_flush(in);
    take(in, log);
    assert_int_equal(input_wait(in), -1);
    input_free(in);
}

static const struct {
    const char *bytes, *events;
} cases[] = {
    {"aé你😀", "a é 你 😀 "},
    {"\xff\x41\xe4\xbd\x42\xc3", "\xef\xbf\xbd A \xef\xbf\xbd \xef\xbf\xbd B \xef\xbf\xbd "},
    {"\xe0\x80\x41", "\xef\xbf\xbd \xef\xbf\xbd A "},
    {"\r\t\x7f\b \x01\x1a\x1f\n", "Enter Tab Bksp Bksp Space ^A ^Z ^_ ^J "},
    {"\x1b[A\x1b[B\x1bOC\x1bOD\x1b[H\x1b[F", "Up Down Right Left Home End "},
    {"\x1b[1;5C\x1b[1;2A\x1b[1;3D\x1b[1;7B", "C-Right S-Up M-Left M-C-Down "},
    {"\x1b[5~\x1b[6~\x1b[3~\x1b[2~\x1b[3;5~", "PgUp PgDn Del Ins C-Del "},
    {"\x1bOP\x1b[15~\x1b[24~\x1b[[A\x1b[1;5R\x1b[Z", "F1 F5 F12 F1 C-F3 S-Tab "},
    {"\x1b[a\x1bOa\x1b[3$\x1b[3^", "S-Up C-Up S-Del C-Del "},
    {"\x1b\x1b[A\x1b\x1bOB\x1b\x1b", "M-Up M-Down Esc Esc "},
    {"\x1bx\x1b\r\x1b\x7f\x1bé\x1bO", "M-x M-Enter M-Bksp M-é M-O "},
    {"\x1b", "Esc "},
    {"\x1b[", "M-[ "},
    {"\x1b]", "M-] "},
    {"\x1b[1;5", ""},
    {"\x1b[12\x1b[Ax", "Up x "},
    {"\x1b[97;5u\x1b[27;5;9~\x1b[13;2u\x1b[97;1:3u", "^A C-Tab S-Enter "},
    {"\x1b[200~a\r\nb\rc\x1b[20\x1b[201~d", "paste(a\nb\nc\x1b[20) d "},
    {"\x1b[<0;5;7M\x1b[<0;5;7m\x1b[<64;1;1M\x1b[<32;2;2M\x1b[<20;3;3M",
     "mouse0/1/0@4,6 mouse1/1/0@4,6 mouse3/0/0@0,0 mouse2/1/0@1,1 mouse0/1/5@2,2 "},
    {"\x1b[M !!q", "mouse0/1/0@0,0 q "},
    {"\x1b[I\x1b[O", "focus1 focus0 "},
    {"\x1b]11;rgb:ffff/8080/0000\x1b\\x\x1b]11;rgb:1/2/3\ay", "bgff8000 x bg112233 y "},
    {"\x1b]52;c;Zm9v\az\x1bP1$r0m\x1b\\w\x1b[?2026;2$yv", "z w v "},
    {"\x1b[57X", "F20 "},
    {"\x1b[?1;2c\x1b[5i\x1b[99~!", "! "},
};

static void any_split_gives_the_same_events(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t n = strlen(cases[i].bytes);
        for (size_t a = 0; a <= n; a++) {
            for (size_t b = a; b <= n; b++) {
                struct buf log;
                buf_init(&log, 4096);
                run(cases[i].bytes, n, a, b, &log);
                if (strcmp(log.data, cases[i].events) != 0)
                    print_error("case %zu cut at %zu, %zu\n", i, a, b);
                assert_string_equal(log.data, cases[i].events);
                buf_fini(&log);
            }
        }
    }
}

static void a_nul_is_control_space(void **state)
{
    struct buf log;
    (void)state;
    buf_init(&log, 100);
    run("\0a", 2, 1, 1, &log);
    assert_string_equal(log.data, "C-Space a ");
    buf_fini(&log);
}

static void only_beginnings_wait(void **state)
{
    struct input *in = input_new();
    struct input_event ev;
    (void)state;
    assert_int_equal(input_wait(in), -1);
    assert_int_equal(input_feed(in, "\x1b", 1), ERR_OK);
    assert_false(input_next(in, &ev));
    assert_true(input_wait(in) > 0);
    assert_int_equal(input_feed(in, "[A", 2), ERR_OK);
    assert_true(input_next(in, &ev));
    assert_int_equal(ev.key, INPUT_UP);
    assert_int_equal(input_wait(in), -1);
    assert_int_equal(input_feed(in, "\x1b[200~half", 10), ERR_OK);
    assert_false(input_next(in, &ev));
    input_flush(in); /* a slow paste is not cut by time */
    assert_int_equal(input_feed(in, " \x1b[201~", 7), ERR_OK);
    assert_true(input_next(in, &ev));
    assert_int_equal(ev.n, 5);
    input_free(in);
}

static void a_huge_paste_is_cut_and_ends(void **state)
{
    static char chunk[65536];
    struct input *in = input_new();
    struct input_event ev;
    (void)state;
    memset(chunk, 'x', sizeof chunk);
    assert_int_equal(input_feed(in, "\x1b[200~", 6), ERR_OK);
    for (int i = 0; i < 160; i++) {
        assert_int_equal(input_feed(in, chunk, sizeof chunk), ERR_OK);
        assert_false(input_next(in, &ev));
    }
    assert_int_equal(input_feed(in, "\x1b[201~q", 7), ERR_OK);
    assert_true(input_next(in, &ev));
    assert_int_equal(ev.type, INPUT_PASTE);
    assert_int_equal(ev.n, INPUT_PASTE_MAX);
    assert_true(ev.cut);
    assert_true(input_next(in, &ev));
    assert_int_equal(ev.key, 'q');
    input_free(in);
}

static void names_and_keys_match(void **state)
{
    static const char *const all[] = {"^P", "M-Enter", "F1", "F12", "Space", "C-Space", "S-Tab",
                                      "j",  "G",       "?",  "^_",  "M-^X",  "PgUp",    "-",
                                      "^",  "/",       ":",  "Esc", "é",     "M-[",     "C-S-Up"};
    uint32_t key, mods;
    char name[24];
    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof *all - 1; i++) {
        assert_true(input_key_parse(all[i], &key, &mods));
        assert_string_equal(input_key_name(key, mods, name), all[i]);
    }
    assert_true(input_key_parse("Ctrl-p", &key, &mods));
    assert_int_equal(key, 'p');
    assert_int_equal(mods, INPUT_CTRL);
    assert_false(input_key_parse("nonsense", &key, &mods));
    assert_false(input_key_parse("", &key, &mods));
    assert_false(input_key_parse("F99", &key, &mods));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_split_gives_the_same_events),
        cmocka_unit_test(a_nul_is_control_space),
        cmocka_unit_test(only_beginnings_wait),
        cmocka_unit_test(a_huge_paste_is_cut_and_ends),
        cmocka_unit_test(names_and_keys_match),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
