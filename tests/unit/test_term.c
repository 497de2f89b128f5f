/* The terminal on a pseudo-terminal: what goes out when it is taken, drawn on, given back; copying;
 * colours; and that no text brings a sequence of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>
#include <dirent.h>

#include "../term_output.h"

static struct fake_terminal fake;
static struct term *term;

static void open_term(int w, int h)
{
    struct err_info info = {0};
    assert_true(fake_open(&fake, w, h));
    if (term_open(&term, &(struct term_options){.path = fake.path}, &info))
        fail_msg("%s", info.message);
}

static void close_term(void)
{
    term_close(term);
    term = NULL;
    fake_close(&fake);
}

static bool holds(const struct buf *out, const char *text)
{
    return memmem(out->data, out->len, text, strlen(text)) != NULL;
}

static const char *const modes_on[] = {"\x1b[?2004h", "\x1b[?1004h", "\x1b[?1000h",
                                       "\x1b[?1002h", "\x1b[?1006h", "\x1b[?1049h"};
static const char *const modes_off[] = {"\x1b[?2004l", "\x1b[?1004l", "\x1b[?1000l",
                                        "\x1b[?1002l", "\x1b[?1006l", "\x1b[?1049l"};

static void modes_are_given_back_and_taken_again(void **state)
{
    struct buf out;
    (void)state;
    buf_init(&out, 1 << 20);
    open_term(80, 24);
    fake_read(&fake, &out);
    for (size_t i = 0; i < 6; i++)
        assert_true(holds(&out, modes_on[i]));
    buf_clear(&out);
    term_leave(term); /* what suspending does around its signal */
    fake_read(&fake, &out);
    for (size_t i = 0; i < 6; i++)
        assert_true(holds(&out, modes_off[i]) && !holds(&out, modes_on[i]));
    buf_clear(&out);
    term_enter(term);
    fake_read(&fake, &out);
    for (size_t i = 0; i < 6; i++)
        if (!holds(&out, modes_on[i]))
            fail_msg("%s is missing", modes_on[i] + 1);
    assert_int_equal(foreign_byte(out.data, out.len), out.len);
    close_term();
    buf_fini(&out);
}

static void the_mouse_stays_off_over_a_suspension(void **state)
{
    struct buf out;
    (void)state;
    buf_init(&out, 1 << 20);
    open_term(80, 24);
    term_mouse(term, false);
    term_leave(term);
    fake_read(&fake, &out);
    buf_clear(&out);
    term_enter(term);
    fake_read(&fake, &out);
    assert_true(holds(&out, "\x1b[?2004h"));
    assert_false(holds(&out, "\x1b[?1000h"));
    close_term();
    buf_fini(&out);
}

/* ---- copying ---- */

static void copy(const char *text, size_t n, struct buf *out)
{
    struct err_info info;
    buf_clear(out);
    fake_read(&fake, out);
    buf_clear(out);
    assert_int_equal(term_copy(term, text, n, &info), ERR_OK);
    fake_read(&fake, out);
    for (int i = 0; i < 1000 && term_flush(term) == TERM_BUSY; i++)
        fake_read(&fake, out);
    fake_read(&fake, out);
}

static void text_is_copied_by_osc_52(void **state)
{
    char *much = calloc(1, TERM_COPY_MAX + 1);
    struct err_info info = {0};
    struct buf out;
    (void)state;
    buf_init(&out, 1 << 20);
    open_term(80, 24);
    unsetenv("TMUX");
    unsetenv("STY");
    copy("a\x1b]0;b", 6, &out);
    assert_string_equal(out.data, "\x1b]52;c;YRtdMDti\x07");
    setenv("TMUX", "/tmp/tmux,1,0", 1);
    copy("ab", 2, &out);
    assert_string_equal(out.data, "\x1bPtmux;\x1b\x1b]52;c;YWI=\x07\x1b\\");
    unsetenv("TMUX");
    setenv("STY", "1.pts", 1);
    copy("ab", 2, &out);
    assert_string_equal(out.data, "\x1bP\x1b]52;c;YWI=\x07\x1b\\");
    memset(much, 'x', TERM_COPY_MAX + 1);
    copy(much, 3000, &out); /* screen takes strings of at most 768 bytes */
    for (const char *p = out.data, *end; (end = strstr(p, "\x1b\\")); p = end + 2)
        assert_true(end - p <= 760 && strncmp(p, "\x1bP", 2) == 0);
    unsetenv("STY");
    copy(much, TERM_COPY_MAX, &out);
    assert_true(out.len > TERM_COPY_MAX && out.len <= 100000);
    assert_int_equal(term_copy(term, much, TERM_COPY_MAX + 1, &info), ERR_TOO_LARGE);
    assert_non_null(strstr(info.message, "at most"));
    free(much);
    close_term();
    buf_fini(&out);
}

static void a_title_brings_no_sequence(void **state)
{
    struct buf out;
    (void)state;
    buf_init(&out, 1 << 20);
    open_term(80, 24);
    fake_read(&fake, &out);
    buf_clear(&out);
    term_title(term, "a\x07\x1b]52;c;eA==\x07\x9c\xc2\x9d");
    fake_read(&fake, &out);
    assert_string_equal(out.data, "\x1b]2;a]52;c;eA==\x07");
    close_term();
    buf_fini(&out);
}

/* ---- colours ---- */

/* An entry like xterm-direct's, which is in no essential package. */
static const char direct[] = "dise-direct|for this test,\n\tRGB, colors#0x1000000, pairs#0x7FFF,\n"
                             "\tsetab=\\E[%?%p1%{8}%<%t4%p1%d%e48\\:2\\:\\:%p1%{65536}%/"
                             "%d\\:%p1%{256}%/%{255}%&%d\\:%p1%{255}"
                             "%&%d%;m,\n"
                             "\tsetaf=\\E[%?%p1%{8}%<%t3%p1%d%e38\\:2\\:\\:%p1%{65536}%/"
                             "%d\\:%p1%{256}%/%{255}%&%d\\:%p1%{255}"
                             "%&%d%;m,\n\tuse=xterm-256color,\n";

static void draw_ok(struct buf *out)
{
    struct canvas c;
    assert_int_equal(canvas_init(&c, 80, 24, false), ERR_OK);
    canvas_puts(&c, 1, 1, STYLE_OK, "text");
    buf_clear(out);
    fake_read(&fake, out);
    buf_clear(out);
    fake_draw(&fake, term, &c, out);
    canvas_fini(&c);
}

static void true_colour_only_where_terminfo_says_so(void **state)
{
    char folder[] = "/tmp/dise-test-XXXXXX", path[64], command[256];
    struct buf out;
    FILE *f;
    (void)state;
    buf_init(&out, 1 << 20);
    setenv("COLORTERM", "truecolor", 1); /* a promise of the environment is none of the terminal */
    open_term(80, 24);
    assert_int_equal(term_depth(term), COLOR_DEPTH_256);
    draw_ok(&out);
    assert_true(holds(&out, "38;5;") && !holds(&out, "38;2;") && !holds(&out, "38:2:"));
    close_term();
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/source", folder);
    f = fopen(path, "we");
    assert_non_null(f);
    fputs(direct, f);
    fclose(f);
    snprintf(command, sizeof command, "tic -x -o %s %s 2>%s/log", folder, path, folder);
    if (system(command) != 0)
        skip();
    setenv("TERMINFO", folder, 1);
    setenv("TERM", "dise-direct", 1);
    open_term(80, 24);
    assert_int_equal(term_depth(term), COLOR_DEPTH_RGB);
    draw_ok(&out);
    assert_true(holds(&out, "38:2::135:175:95"));
    assert_int_equal(foreign_byte(out.data, out.len), out.len);
    close_term();
    setenv("NO_COLOR", "1", 1);
    open_term(80, 24);
    assert_int_equal(term_depth(term), COLOR_DEPTH_MONO);
    draw_ok(&out);
    assert_false(holds(&out, "38"));
    close_term();
    unsetenv("NO_COLOR");
    unsetenv("TERMINFO");
    setenv("TERM", "xterm-256color", 1);
    snprintf(command, sizeof command, "rm -r %s", folder);
    assert_int_equal(system(command), 0);
    buf_fini(&out);
}

/* ---- text ---- */

static void draw_text(const char *text, size_t n, struct buf *out)
{
    struct canvas c;
    char *line = strndup(text, n);
    assert_int_equal(canvas_init(&c, 60, 20, false), ERR_OK);
    canvas_put(&c, 0, 0, STYLE_TEXT, text, n);
    canvas_puts(&c, 5, 1, STYLE_OK, line);
    canvas_put_fit(&c, 5, 2, 20, STYLE_OK, line);
    canvas_put_right(&c, 5, 3, 20, STYLE_OK, line);
    canvas_put_wrapped(&c, (struct rect){0, 4, 60, 5}, STYLE_OK, line);
    fake_draw(&fake, term, &c, out);
    canvas_fini(&c);
    free(line);
}

static void no_sequence_of_the_corpus_gets_through(void **state)
{
    const char *folder = DISE_SOURCE_DIR "/tests/fuzz/corpus/fuzz_term";
    struct dirent *entry;
    struct buf text, out;
    DIR *dir = opendir(folder);
    int files = 0;
    (void)state;
    assert_non_null(dir);
    buf_init(&text, 1 << 20);
    buf_init(&out, 1 << 22);
    open_term(60, 20);
    fake_read(&fake, &out);
    while ((entry = readdir(dir))) {
        char path[600];
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (entry->d_name[0] == '.')
            continue;
        buf_clear(&text);
        buf_clear(&out);
        assert_int_equal(buf_read_file(&text, path, NULL), ERR_OK);
        draw_text(text.data, text.len, &out);
        if (foreign_byte(out.data, out.len) < out.len)
            fail_msg("%s gets through", entry->d_name);
        files++;
    }
    assert_true(files >= 40);
    closedir(dir);
    close_term();
    buf_fini(&text);
    buf_fini(&out);
}

/* The check itself: each of these would be seen. */
static void the_check_sees_sequences(void **state)
{
    static const char *const foreign[] = {"\x1b]52;c;eA==\x07",
                                          "\x1b]0;x\x07",
                                          "\x1b[?1003;1h",
                                          "\x1b[6n",
                                          "\x1b["
                                          "c",
                                          "\x1b[>c",
                                          "\x1bP",
                                          "\x1b_G",
                                          "\x1b"
                                          "c",
                                          "\x1b[5i",
                                          "\x1b[8;1;1t",
                                          "\xc2\x9b",
                                          "\x9b",
                                          "\x07",
                                          "\x0e",
                                          "\x1b[!p",
                                          "\x1b["};
    (void)state;
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
        if (foreign_byte(foreign[i], strlen(foreign[i])) == strlen(foreign[i]))
            fail_msg("case %zu is not seen", i);
}

static int begin(void **state)
{
    (void)state;
    setenv("TERM", "xterm-256color", 1);
    unsetenv("NO_COLOR");
    return cluster_locale() ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(modes_are_given_back_and_taken_again),
        cmocka_unit_test(the_mouse_stays_off_over_a_suspension),
        cmocka_unit_test(text_is_copied_by_osc_52),
        cmocka_unit_test(a_title_brings_no_sequence),
        cmocka_unit_test(true_colour_only_where_terminfo_says_so),
        cmocka_unit_test(no_sequence_of_the_corpus_gets_through),
        cmocka_unit_test(the_check_sees_sequences),
    };
    return cmocka_run_group_tests(tests, begin, NULL);
}
