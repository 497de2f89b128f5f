#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <ftw.h>
#include <glob.h>

#include "base/buf.h"
#include "core/check/syntax.h"
#include "core/pipeline/code_stream.h"

enum { FILE_BYTES = 16 << 20 };

/* ---- what is no beginning of a program ---- */

static const struct {
    const char *text;
    int line;
    const char *why; /* part of the sentence */
} broken[] = {
    {"def f(x):\nreturn x\n", 2, "block is missing after line 1"},
    {"def f(x):\n    if x:\n    return x\n", 3, "block is missing after line 2"},
    {"def f(x):\n    return x\n  y = 1\n", 3, "matches that of no line"},
    {"x = 1\n  y = 2\n", 2, "unexpected indentation"},
    {"x = (1, 2]\n", 1, "does not match the '(' of line 1"},
    {"x = 1)\n", 1, "closes nothing"},
    {"def f(x):\n    return (x +\n\ndef g(x):\n    pass\n", 4, "'(' of line 2 is not closed"},
    {"x = [1,\n     2\nreturn x\n", 3, "'[' of line 1 is not closed"},
    {"x = 'it's'\n", 1, "invalid syntax"},
    {"x = 'abc\n", 1, "string is not closed"},
    {"x = f'{a'\n", 1, "invalid syntax"},
    {"x = 'abc\\\n\n", 2, "string is not closed"},
    {"if x\n    pass\n", 1, "':' is missing"},
    {"def f(x)\n", 1, "':' is missing"},
    {"else:\n    pass\n", 1, "nothing precedes this \"else\""},
    {"if x:\n    pass\ny = 1\nelse:\n    pass\n", 4, "nothing precedes"},
    {"for x in y:\n    pass\nelif x:\n", 3, "nothing precedes"},
    {"try:\n    pass\nx = 1\n", 3, "neither except nor finally"},
    {"def f():\n    try:\n        x()\nf()\n", 4, "neither except nor finally"},
    {"try:\n    pass\nelse:\n    pass\n", 3, "nothing precedes"},
    {"except ValueError:\n", 1, "nothing precedes"},
    {"This function returns x.\n", 1, "invalid syntax at \"function\""},
    {"print \"hello\"\n", 1, "invalid syntax"},
    {"x = 5 apples\n", 1, "invalid syntax at \"apples\""},
    {"Explanation:\n", 1, "no block begins so"},
    {"function f(x) {\n", 1, "invalid syntax"},
    {"x = a ? b : c\n", 1, "no character of a program"},
    {"x = !y\n", 1, "no character"},
    {">>> f(1)\n", 1, "no statement begins"},
    {"x =\n", 1, "ends behind '='"},
    {"x = a and\n", 1, "ends behind \"and\""},
    {"x = 1 + \\ y\n", 1, "backslash"},
    {"return x:\n", 1, "no block begins so"},
};

static bool feed(struct syntax *s, const char *text)
{
    bool sound = true;
    syntax_init(s);
    while (sound && *text) {
        size_t n = strcspn(text, "\n");
        sound = syntax_line(s, text, n);
        text += n + (text[n] == '\n');
    }
    return sound;
}

static void test_broken(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        struct syntax s;
        if (feed(&s, broken[i].text) || s.at != broken[i].line || !strstr(s.why, broken[i].why))
            fail_msg("%s: line %d: %s", broken[i].text, s.at, s.why);
    }
}

/* What newer Pythons allow and the installed one may not, and odd layouts. */
static void test_sound(void **state)
{
    static const char *const sound[] = {
        "x = f\"{a[\"b\"]}\" + f'{x!r:>{w}} {{}} {y:%H:%M} {z=}'\n",
        "x = f'''{\n  a\n} \\N{DASH} {b}'''\n",
        "x = rf'\\N{a}\\d{{2}}' 'b' rb''\n",
        "match x:\n    case [1, *_]:\n        pass\n    case _ if y:\n        pass\n",
        "match = type = case = 1\nmatch(x)\ntype X = int\n",
        "x = 1if y else 0xfor 2\nz = 1..real + 1.e5 + 1_0j + .5\n",
        "if x:\n\n  # note\n\n    pass\n",
        "def f(): return 1\ndef g(): ...\nclass A: pass\n",
        "try: x\nexcept* E: y\nelse: z\nfinally: w\n",
        "async def f():\n    async for x in y:\n        await z\n    else:\n        pass\n",
        "if x := f():\n\tif y:\n\t\tpass\n\telse:\n\t\tpass\n",
        "x = {'a': lambda: 1, **b}[c:d, ...]\nfrom . import *\nfrom ... import x\n",
        "x = 1 + \\\n    2; y = 3;\n@d\ndef f[T](x: T) -> T: ...\n",
        "x = (\n# note\n  not a\n  if b else c\n)\n",
        "x: int\nassert x, 'y'\n*a, b = c\n-x\n~y\n'doc'\n",
        "with (a as b, c as d):\n    pass\nwhile 1: break\nelse: pass\n",
        "   x = 1\n   if x:\n       y = 2\n   z = 3\n", /* of a block in a list */
        ("\xef\xbb\xbf"
         "import os\r\nx = 'a' \\\r\n  'b'\r\n"),
    };
    (void)state;
    for (size_t i = 0; i < sizeof sound / sizeof *sound; i++) {
        struct syntax s;
        if (!feed(&s, sound[i]) || s.unsure)
            fail_msg("%s: line %d: %s", sound[i], s.at, s.why);
    }
}

/* ---- every prefix of every valid program ---- */

static int files;

/* As an answer in a fence that streams in, line by line. */
static int stream_file(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    const size_t n = strlen(path);
    struct code_stream a;
    struct buf text;
    size_t at = 0;
    (void)st;
    (void)ftw;
    if (type != FTW_F || n < 3 || strcmp(path + n - 3, ".py") != 0)
        return 0;
    buf_init(&text, FILE_BYTES);
    assert_int_equal(buf_adds(&text, "```python\n"), ERR_OK);
    assert_int_equal(buf_read_file(&text, path, NULL), ERR_OK);
    code_stream_init(&a);
    while (at < text.len && a.state != CODE_STREAM_CLOSED) {
        const char *newline = memchr(text.data + at, '\n', text.len - at);
        at = newline ? (size_t)(newline - text.data) + 1 : text.len;
        if (!code_stream_go_on(&a, text.data, at) && a.state != CODE_STREAM_CLOSED)
            fail_msg("%s: %s", path, a.why);
    }
    buf_fini(&text);
    files++;
    return 0;
}

static void test_valid(void **state)
{
    glob_t found;
    (void)state;
    nftw(DISE_SOURCE_DIR "/tests/bench/solutions", stream_file, 8, FTW_PHYS);
    assert_true(files > 5);
    /* as the distribution compiled them when they were installed */
    if (glob("/usr/lib/python3*", 0, NULL, &found) == 0)
        for (size_t i = 0; i < found.gl_pathc; i++)
            nftw(found.gl_pathv[i], stream_file, 8, FTW_PHYS);
    globfree(&found);
    print_message("%d files\n", files);
}

/* ---- answers ---- */

static const struct {
    const char *text;
    enum code_stream_state state;
    const char *rest; /* what begins where it ends; NULL: not told */
} answers[] = {
    {"```python\nx = 1\n```\nSo.", CODE_STREAM_CLOSED, NULL},
    {"```python\nx = 1\n", CODE_STREAM_BLOCK, NULL},
    {"```python\nx = (1\nreturn x\n", CODE_STREAM_BROKEN, NULL},
    {"Sure, import the module.\nfrom the text we see:\n```python\nx = 1\n", CODE_STREAM_BLOCK,
     NULL},
    {"def f(x):\n    return x\n\nThis function returns x.\n", CODE_STREAM_ENDED, "This"},
    {"def f(x):\n    return x\n\nExplanation:\n- it", CODE_STREAM_ENDED, "Expl"},
    {"def f(x):\n    return x\n```\nIt returns x.\n", CODE_STREAM_ENDED, "```"},
    {"def f(x):\n    return x\n\ndef f(x):\n    return 2 * x\n", CODE_STREAM_ENDED, "def f"},
    {"def f(x):\n    return x\n\ndef g(x):\n    return 2 * x\n", CODE_STREAM_BARE, NULL},
    {"@overload\ndef f(x):\n    ...\n@overload\ndef f(x):\n    ...\n", CODE_STREAM_BARE, NULL},
    {"def f(x): the function\ndef f(x):\n    return x\n", CODE_STREAM_BARE, NULL},
    {"def f(x):\nThis is its head.\n```python\nx = 1\n", CODE_STREAM_BLOCK, NULL},
    {"def f(x):\n    return x\n\n```python\nf(1)\n", CODE_STREAM_BLOCK, NULL},
    {"def f(x):\n    return (x\n    def g():\n", CODE_STREAM_BROKEN, NULL},
    {"I cannot do that.\n", CODE_STREAM_WORDS, NULL},
};

/* Byte by byte and at once: the same. */
static void test_answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        const char *text = answers[i].text;
        struct code_stream a, slow;
        code_stream_init(&a);
        code_stream_init(&slow);
        code_stream_go_on(&a, text, strlen(text));
        for (size_t n = 0; n <= strlen(text); n++)
            code_stream_go_on(&slow, text, n);
        if (a.state != answers[i].state ||
            (answers[i].rest &&
             strncmp(text + a.end, answers[i].rest, strlen(answers[i].rest)) != 0))
            fail_msg("%s: %d %s", text, a.state, a.why);
        assert_int_equal(slow.state, a.state);
        assert_int_equal(slow.end, a.end);
    }
}

/* Feeds `piece` again and again behind `head`; how many bytes are taken, 0: all 20,000. */
static size_t repeat(const char *head, const char *piece, struct code_stream *a, char text[40000])
{
    size_t n = (size_t)sprintf(text, "%s", head);
    code_stream_init(a);
    while (n < 20000) {
        n += (size_t)sprintf(text + n, "%s", piece);
        if (!code_stream_go_on(a, text, n))
            return n;
    }
    return 0;
}

static void test_repetition(void **state)
{
    static char text[40000];
    struct code_stream a;
    size_t n;
    (void)state;
    n = repeat("```python\ndef f(x):\n    y = 1\n", "    y = y + 1\n", &a, text);
    assert_in_range(n, 100, 700);
    assert_string_equal(
        a.why, "line 4: the same lines come again and again, the answer was stopped there");
    assert_int_equal(a.end, strlen("```python\ndef f(x):\n    y = 1\n    y = y + 1\n"));
    n = repeat("```python\n", "if x == 1:\n    y = 2\nz = 3\n", &a, text);
    assert_in_range(n, 100, 1200);
    n = repeat("I am sorry.\n", "I cannot do that.\n", &a, text);
    assert_in_range(n, 100, 1000);
    n = repeat("```python\nx = [", "0, 1, ", &a, text);
    assert_in_range(n, 800, 1200);
    assert_int_equal(a.end, strlen("```python\n"));
    assert_non_null(strstr(a.why, "line 1: the same piece"));
    n = repeat("```python\n# ", "a long note about ", &a, text);
    assert_in_range(n, 800, 1200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_broken),     cmocka_unit_test(test_sound),
        cmocka_unit_test(test_valid),      cmocka_unit_test(test_answers),
        cmocka_unit_test(test_repetition),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
