/* What a profile says: the hot spots of a prompt, and the rows of its tree. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "core/check/profile.h"
#include "ui/profile_text.h"

static const char source[] = "def key(row):\n    return row % 1000\n\n\ndef unique(rows):\n"
                             "    seen = []\n    for b in rows:\n        if key(b) not in seen:\n"
                             "            seen.append(key(b))\n    return seen\n";

static struct json_object *parsed(const char *text)
{
    struct json_object *o;
    assert_int_equal(json_parse(text, strlen(text), NULL, &o, NULL), ERR_OK);
    return o;
}

static struct json_object *profile(void)
{
    struct json_object *o;
    struct buf text;
    buf_init(&text, 1 << 20);
    assert_int_equal(buf_read_file(&text, TEST_DATA_DIR "/profile.json", NULL), ERR_OK);
    o = parsed(text.data);
    buf_fini(&text);
    return o;
}

static void spots_are(struct json_object *o, const char *of, const char *expected)
{
    struct buf out;
    buf_init(&out, 1 << 16);
    assert_int_equal(profile_hot_spots(o, of, &out), ERR_OK);
    assert_string_equal(out.len ? out.data : "", expected);
    buf_fini(&out);
    json_object_put(o);
}

static void hot_spots_name_the_dearest_lines(void **state)
{
    (void)state;
    spots_are(profile(), source,
              "- line 8 `if key(b) not in seen:`: 68 % of the time, 2k hits\n"
              "- line 21 ``: 13 % of the time, 1 hit\n"
              "- line 2 `return row % 1000`: 10 % of the time, 3k hits\n"
              "- line 21 ``: 906 kB in 4k blocks at the peak of the memory\n");
}

static void hot_spots_are_few_and_bounded(void **state)
{
    struct json_object *o = parsed("{\"wall_ms\":10,\"lines\":[]}"), *list = json_array(o, "lines");
    char text[400], expected[700];
    (void)state;
    for (int i = 1; i <= 9; i++) {
        struct json_object *row = json_object_new_object();
        json_add_i64(row, "line", i);
        json_add_i64(row, "hits", 1);
        json_add_f64(row, "ms", i == 5 ? 0.1 : 1 + i / 100.0);
        json_object_array_add(list, row);
    }
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = 0;
    snprintf(expected, sizeof expected,
             "- line 9 ``: 11 %% of the time, 1 hit\n- line 8 ``: 11 %% of the time, 1 hit\n"
             "- line 7 ``: 11 %% of the time, 1 hit\n- line 6 ``: 11 %% of the time, 1 hit\n"
             "- line 4 ``: 10 %% of the time, 1 hit\n");
    spots_are(json_object_get(o), "", expected);
    json_object_put(o);
    snprintf(expected, sizeof expected, "- line 1 `%.90s…`: 100 %% of the time, 0 hits\n", text);
    spots_are(parsed("{\"wall_ms\":1,\"lines\":[{\"line\":1,\"ms\":2}]}"), text, expected);
}

static void nothing_measured_gives_no_words(void **state)
{
    (void)state;
    spots_are(NULL, source, "");
    spots_are(parsed("{}"), source, "");
    spots_are(parsed("{\"wall_ms\":0,\"lines\":[{\"line\":1,\"ms\":1}]}"), source, "");
    spots_are(parsed("{\"lines\":7,\"allocations\":\"none\"}"), source, "");
}

/* ---- rows ---- */

struct seen {
    char text[4096];
    const char *turned; /* a node that is not as it would be; NULL: none */
};

static void add_row(void *arg, const struct profile_row *row)
{
    static const char marks[] = {'=', '!', '#', 'n', '*', ' '};
    struct seen *s = arg;
    size_t n = strlen(s->text);
    snprintf(s->text + n, sizeof s->text - n, "%c%c %*s%s|%s|%s|%s\n", marks[row->part],
             row->part != PROFILE_NODE   ? ' '
             : row->fold == PROFILE_SHUT ? '>'
             : row->fold == PROFILE_OPEN ? 'v'
                                         : '-',
             row->depth, "", row->text, row->time, row->count, row->memory);
}

static bool is_open(void *arg, const char *key, double share)
{
    const struct seen *s = arg;
    return (share >= PROFILE_OPEN_FROM) != (s->turned && strcmp(s->turned, key) == 0);
}

static void rows_are(struct json_object *o, const char *turned, const char *expected)
{
    struct seen s = {.turned = turned};
    const struct profile_out out = {add_row, is_open, &s};
    profile_text(o, &out);
    assert_string_equal(s.text, expected);
    json_object_put(o);
}

#define ABOVE                                                                                      \
    "=  3 examples of its task: 8.40 ms a run, 8.30 ms of the processor, 16.0 MB of memory "       \
    "(1.0 MB by the program); 9 runs; the tracer's 2.1-fold cost is taken off|||\n"                \
    "#  function, line|time|times|memory\n"

static void a_tree_has_functions_and_their_lines(void **state)
{
    (void)state;
    rows_are(profile(), NULL,
             ABOVE
             "nv solve, itself 1.20 ms|8.40 ms|1|\n"
             "*    21  table = [list(range(50)) for _ in range(n)]|1.10 ms|1|906 kB\n"
             "     22  return len(unique(range(n))) + total(range(n)) + len(table)|0.100 ms|1|\n"
             "nv  unique, itself 5.96 ms|6.80 ms|2|\n"
             "       6  seen = []|0.000 ms|2|\n"
             "       7  for b in rows:|0.110 ms|2k|\n"
             "*      8      if key(b) not in seen:|5.70 ms|2k|\n"
             "       9          seen.append(key(b))|0.150 ms|1k|9 kB\n"
             "      10  return seen|0.000 ms|2|\n"
             "nv   key|0.840 ms|3k|\n"
             "        2  return row % 1000|0.840 ms|3k|\n"
             "n>  total|0.400 ms|1|\n");
    rows_are(profile(), "/20", ABOVE "n> solve, itself 1.20 ms|8.40 ms|1|\n");
}

/* Called from two places: its lines stand once, where it takes most. */
static void lines_stand_once(void **state)
{
    (void)state;
    rows_are(
        parsed(
            "{\"wall_ms\":10,\"workload\":\"f()\",\"peak_kb\":2048,\"runs\":1,\"cpu_ms\":10,"
            "\"lines\":[{\"line\":2,\"hits\":1,\"ms\":10,\"in\":1,\"text\":\"work()\"}],"
            "\"tree\":{\"name\":\"f\",\"line\":9,\"calls\":1,\"self_ms\":10,\"total_ms\":10,"
            "\"children\":["
            "{\"name\":\"g\",\"line\":1,\"calls\":1,\"self_ms\":6,\"total_ms\":6,\"children\":[]},"
            "{\"name\":\"h\",\"line\":5,\"calls\":1,\"self_ms\":4,\"total_ms\":4,\"children\":["
            "{\"name\":\"g\",\"line\":1,\"calls\":1,\"self_ms\":4,\"total_ms\":4,\"children\":[]}]}"
            "]}}"),
        NULL,
        "=  f(): 10.0 ms a run, 10.0 ms of the processor, 2.0 MB of memory (2.0 MB by the "
        "program); 1 run|||\n#  function, line|time|times|memory\n"
        "nv f|10.0 ms|1|\nnv  g|6.00 ms|1|\n*      2  work()|10.0 ms|1|\n"
        "nv  h|4.00 ms|1|\nnv   g|4.00 ms|1|\n");
}

static void what_is_odd_is_told(void **state)
{
    (void)state;
    rows_are(
        parsed("{\"wall_ms\":500,\"ended_ms\":5000,\"hangs\":true,\"workload\":\"f(1)\","
               "\"error\":\"ValueError: no\",\"error_line\":3,\"notes\":[\"it came to no end\"],"
               "\"tree\":{}}"),
        NULL,
        "=  f(1): ended after 5.0 s|||\n!  a call failed at line 3: ValueError: no|||\n"
        "!  it came to no end|||\n#  function, line|time|times|memory\n");
    rows_are(NULL, NULL,
             "=  : 0.000 ms a run, 0.000 ms of the processor,  of memory; 0 runs|||\n"
             "#  function, line|time|times|memory\n");
}

static void a_tree_out_of_nowhere_is_bounded(void **state)
{
    struct json_object *o = parsed("{\"wall_ms\":1}"), *node = json_object_new_object();
    struct seen s = {.turned = NULL};
    const struct profile_out out = {add_row, NULL, &s};
    int rows = 0;
    (void)state;
    json_object_object_add(o, "tree", node);
    for (int i = 0; i < 60; i++) {
        struct json_object *list = json_object_new_array(), *inner = json_object_new_object();
        json_add_str(node, "name", "f");
        json_add_i64(node, "line", i);
        json_add_f64(node, "total_ms", 1);
        json_object_array_add(list, inner);
        json_object_object_add(node, "children", list);
        node = inner;
    }
    profile_text(o, &out);
    for (const char *at = s.text; (at = strstr(at, " f|")); at++)
        rows++;
    assert_int_equal(rows, 24);
    json_object_put(o);
}

/* Of a long function the dearest lines are shown, in the order of the program. */
static void a_long_function_shows_its_dearest_lines(void **state)
{
    struct json_object *o = parsed("{\"wall_ms\":100,\"lines\":[],\"tree\":{\"name\":\"f\","
                                   "\"line\":1,\"total_ms\":100}}");
    struct seen s = {.turned = NULL};
    const struct profile_out out = {add_row, NULL, &s};
    int rows = 0;
    (void)state;
    for (int i = 1; i <= 100; i++) {
        struct json_object *row = json_object_new_object();
        json_add_i64(row, "line", i);
        json_add_i64(row, "in", 1);
        json_add_f64(row, "ms", i == 99 ? 50 : i % 2 ? 0.1 : 0.2);
        json_add_str(row, "text", "x");
        json_object_array_add(json_array(o, "lines"), row);
    }
    profile_text(o, &out);
    for (const char *at = s.text; (at = strstr(at, "  x|")); at++)
        rows++;
    assert_int_equal(rows, 60);
    assert_non_null(strstr(s.text, "*    99  x|50.0 ms"));
    assert_non_null(strstr(s.text, "      2  x|"));
    assert_non_null(strstr(s.text, "    100  x|"));
    assert_non_null(strstr(s.text, "     17  x|")); /* the first of the cheaper ones */
    assert_null(strstr(s.text, "     19  x|"));
    json_object_put(o);
}

static void bars_and_briefs(void **state)
{
    char bar[PROFILE_BAR_SIZE], text[120];
    struct json_object *o = profile();
    (void)state;
    profile_bar(1, 4, true, bar);
    assert_string_equal(bar, "████");
    profile_bar(0.4, 4, true, bar);
    assert_string_equal(bar, "█▌");
    profile_bar(0, 4, true, bar);
    assert_string_equal(bar, "");
    profile_bar(7, 4, false, bar);
    assert_string_equal(bar, "####");
    profile_bar(0.6, 100, false, bar);
    assert_string_equal(bar, "############");
    profile_brief(o, text, sizeof text);
    assert_string_equal(text, "8.40 ms a run, 68 % of it in line 8");
    json_object_put(o);
    profile_brief(NULL, text, sizeof text);
    assert_string_equal(text, "0.000 ms a run");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hot_spots_name_the_dearest_lines),
        cmocka_unit_test(hot_spots_are_few_and_bounded),
        cmocka_unit_test(nothing_measured_gives_no_words),
        cmocka_unit_test(a_tree_has_functions_and_their_lines),
        cmocka_unit_test(lines_stand_once),
        cmocka_unit_test(what_is_odd_is_told),
        cmocka_unit_test(a_tree_out_of_nowhere_is_bounded),
        cmocka_unit_test(a_long_function_shows_its_dearest_lines),
        cmocka_unit_test(bars_and_briefs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
