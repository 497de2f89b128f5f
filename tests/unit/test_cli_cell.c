/* Cells of tables are as wide as a terminal shows them, whatever their text is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ui/cli/cli_cell.h"
#include "ui/term/cluster.h"

static char shown[512];

static const char *capture(void (*cell)(const char *text, int width), const char *text, int width)
{
    FILE *before = stdout;
    char *out = NULL;
    size_t n;
    stdout = open_memstream(&out, &n);
    cell(text, width);
    fclose(stdout);
    stdout = before;
    snprintf(shown, sizeof shown, "%s", out);
    free(out);
    return shown;
}

static void a_cell_has_its_width(void **state)
{
    static const char *const texts[] = {
        "",
        "a",
        "exactly8",
        "longer than that",
        "größer",
        "größer als",
        "把二进制",
        "把二进制数转换",
        "a把二进x",
        "e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301",
        "\x1b[31mred\x1b[0m",
        "line\nbreak\tand more",
        "bad \xff\xc3 bytes"};
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        for (int width = 1; width <= 12; width++) {
            capture(cli_cell, texts[i], width);
            if (cluster_columns(shown, strlen(shown)) != width)
                fail_msg("\"%s\" in %d columns: \"%s\"", texts[i], width, shown);
        }
}

static void it_is_cut_between_characters(void **state)
{
    (void)state;
    assert_string_equal(capture(cli_cell, "exactly8", 8), "exactly8");
    assert_string_equal(capture(cli_cell, "exactly8", 7), "exactl…");
    assert_string_equal(capture(cli_cell, "größer als", 7), "größer…");
    assert_string_equal(capture(cli_cell, "把二进制数", 6), "把二… ");
    assert_string_equal(capture(cli_cell, "e\u0301e\u0301e\u0301", 2), "e\u0301…");
    assert_string_equal(capture(cli_last_cell, "short", 80), "short");
    assert_string_equal(capture(cli_last_cell, "\x1b]52;c;aGk=\x07two\nlines", 80), "two lines");
    assert_string_equal(capture(cli_last_cell, "too long", 4), "too…");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cell_has_its_width),
        cmocka_unit_test(it_is_cut_between_characters),
    };
    if (!cluster_locale())
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
