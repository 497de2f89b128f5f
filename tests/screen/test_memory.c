/* The memory browser without terminal and engine: a small engine of the test's own answers. The
 * pane is drawn alone into a box of each size that the layout gives it, and compared with golden
 * files (DISE_GOLDEN=write writes them anew). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "../screen_fixture.h"
#include "ui/pane/memory.h"

/* ---- an engine ---- */

enum { NOW_S = 1700000009, DAY_S = 86400, MANY = 100000, KEPT_MAX = MANY + 2000 };

static const struct {
    const char *name, *kind, *task, *model, *tag;
    int solved, rating, uses, days;
} kept[] = {
    {"is_prime", "function", "is a number prime? is_prime(7) == True", "qwen2.5-coder-0.5b", "math",
     1, 0, 0, 400},
    {"words", "function", "count the words of a text", "qwen2.5-coder-1.5b", "text", 1, 3, 14, 90},
    {"二进制", "function", "把二进制数转换成十进制数: \"101\" -> 5", "qwen2.5-coder-1.5b", "math",
     1, 0, 2, 31},
    {"program", "function", "draw a spiral of 12 turns as text", "qwen2.5-coder-0.5b", "", 0, 0, 0,
     9},
    {"flow_words", "workflow", "count the words of a text", "", "", 1, 0, 0, 8},
    {"roman_dates", "function", "turn dates into roman numerals, with dots between them",
     "qwen2.5-coder-1.5b", "text", 1, 0, 1204, 6},
    {"flow_roman", "workflow", "turn roman numerals into integers", "", "", 1, 4, 3, 2},
    {"int_to_roman", "function", "integers as roman numerals, 14 -> \"XIV\"", "qwen2.5-coder-1.5b",
     "math", 1, 5, 37, 2},
    {"roman_to_int", "function",
     "turn roman numerals into integers: \"XIV\" -> 14, \"MMXXVI\" -> 2026", "qwen2.5-coder-0.5b",
     "math", 1, 0, 1, 0},
};

static int count;             /* things that there are; 0: those of `kept` */
static bool away[KEPT_MAX];   /* deleted, by number */
static int stars[KEPT_MAX];   /* rated anew, by number; 0: as in `kept` */
static char saved_tool[8192]; /* the person's version of a tool */
static bool refuse_tool;      /* the next text of a tool is invalid */
static double engine_seconds; /* spent in here */
static bool with_total;
static const char *altered_key, *altered_value; /* in every row and thing answered */
static int lists_asked, limit_most;
static const char *degraded = ""; /* why a search goes by words */

static double seconds_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct json_object *row_of(int number)
{
    struct json_object *o = json_object_new_object(), *tags = json_object_new_array();
    int i = (number - 1) % (int)(sizeof kept / sizeof *kept);
    char text[64];
    snprintf(text, sizeof text, "a%d", number);
    json_add_str(o, "id", text);
    snprintf(text, sizeof text, count ? "%s_%d" : "%s", kept[i].name, number);
    json_add_str(o, "name", text);
    json_add_str(o, "kind", count ? "function" : kept[i].kind);
    json_add_str(o, "task", kept[i].task);
    json_add_str(o, "model", kept[i].model);
    json_add_i64(o, "created", (int64_t)(NOW_S - kept[i].days * DAY_S) * 1000);
    json_add_bool(o, "solved", kept[i].solved);
    json_add_i64(o, "rating", stars[number] ? stars[number] : kept[i].rating);
    json_add_i64(o, "uses", kept[i].uses);
    if (*kept[i].tag)
        json_object_array_add(tags, json_object_new_string(kept[i].tag));
    json_object_object_add(o, "tags", tags);
    if (altered_key)
        json_add_str(o, altered_key, altered_value);
    return o;
}

static bool passes(struct json_object *row, struct json_object *params)
{
    const char *query = json_str(params, "query", ""), *kind = json_str(params, "kind", ""),
               *tag = json_str(params, "tag", "");
    struct json_object *tags = json_array(row, "tags"), *solved = json_get(params, "solved");
    if (*query && !strstr(json_str(row, "name", ""), query) &&
        !strstr(json_str(row, "task", ""), query))
        return false;
    if (*kind && strcmp(kind, json_str(row, "kind", "")) != 0)
        return false;
    if (*tag && (!json_object_array_length(tags) ||
                 strcmp(tag, json_object_get_string(json_object_array_get_idx(tags, 0))) != 0))
        return false;
    if (solved && json_object_get_boolean(solved) != json_flag(row, "solved", false))
        return false;
    return json_i64(row, "created", 0) >= json_i64(params, "since", 0);
}

static struct json_object *list_of(struct json_object *params)
{
    struct json_object *o = json_object_new_object(), *list = json_object_new_array();
    int all = count ? count : (int)(sizeof kept / sizeof *kept);
    int64_t before = json_i64(params, "before", all + 1), limit = json_i64(params, "limit", 200);
    bool deleted = json_flag(params, "deleted", false), more = false;
    lists_asked++;
    limit_most = limit > limit_most ? (int)limit : limit_most;
    for (int64_t i = (before > all + 1 ? all + 1 : before) - 1; i > 0 && !more; i--) {
        struct json_object *row;
        if (away[i] != deleted)
            continue;
        row = row_of((int)i);
        more = (int64_t)json_object_array_length(list) == limit;
        if (more || !passes(row, params))
            json_object_put(row);
        else
            json_object_array_add(list, row);
    }
    json_object_object_add(o, "artifacts", list);
    json_add_bool(o, "more", more);
    if (with_total)
        json_add_i64(o, "total", all);
    return o;
}

/* The same ranked, the oldest first: an order that no list has. */
static struct json_object *ranking_of(struct json_object *params)
{
    struct json_object *o = list_of(params), *list = json_array(o, "artifacts"),
                       *results = json_object_new_array();
    for (size_t i = json_object_array_length(list); i-- > 0;)
        json_object_array_add(results, json_object_get(json_object_array_get_idx(list, i)));
    json_object_object_del(o, "artifacts");
    json_object_object_add(o, "results", results);
    json_add_str(o, "degraded", degraded);
    return o;
}

static struct json_object *parsed(const char *text)
{
    struct json_object *o;
    assert_int_equal(json_parse(text, strlen(text), NULL, &o, NULL), ERR_OK);
    return o;
}

static const char *use_days; /* of what is shown */

/* What its gates said, over three versions. */
#define FIGURES                                                                                    \
    "\"quality_parts\":{\"lines\":[\"0.82 = success 0.88 \xc3\x97 (0.70 + 0.30 \xc3\x97 merits "   \
    "0.78)\","                                                                                     \
    "\"merits 0.78 = (0.30 \xc3\x97 time 0.84 + 0.50 \xc3\x97 code 0.74) / 0.80\"]},"              \
    "\"gate_score\":0.74,\"gates\":["                                                              \
    "{\"name\":\"ruff_bugs\",\"severity\":\"block\",\"state\":\"passed\",\"score\":1,\"found\":0," \
    "\"ms\":12,\"trend\":[1,1,1],\"change\":0},"                                                   \
    "{\"name\":\"ruff_unused\",\"severity\":\"score\",\"state\":\"passed\",\"score\":1,\"found\":" \
    "0,"                                                                                           \
    "\"fixed\":true,\"ms\":12,\"trend\":[0.5,1],\"change\":0.5},"                                  \
    "{\"name\":\"coverage\",\"severity\":\"score\",\"state\":\"found\",\"score\":0.62,\"found\":"  \
    "1,"                                                                                           \
    "\"value\":62.5,\"unit\":\"%\",\"ms\":410,\"trend\":[0.9,0.8,0.62],\"change\":-0.18,"          \
    "\"value_change\":-17.5},"                                                                     \
    "{\"name\":\"slow\",\"severity\":\"block\",\"state\":\"cut\",\"score\":0.9,\"found\":1,"       \
    "\"ms\":5000},"                                                                                \
    "{\"name\":\"mypy\",\"severity\":\"score\",\"state\":\"missing\",\"why\":\"mypy is not "       \
    "installed\"}]"

static struct json_object *thing_of(struct json_object *params)
{
    struct json_object *o = row_of((int)shelf_number(json_str(params, "id", ""))), *more;
    bool flow = strcmp(json_str(o, "kind", ""), "workflow") == 0;
    more = parsed(
        flow ? "{\"job\":7,\"workflow\":{\"workflow_id\":\"flow_roman\",\"version\":\"1.0.0\","
               "\"inputs\":"
               "{\"text\":{\"type\":\"string\"}},\"steps\":[{\"step_id\":\"classify\",\"type\":"
               "\"llm_call\"}]}}"
             : "{\"function\":\"roman_to_int\",\"source\":\"def roman_to_int(s: str) -> int:\\n    "
               "values = "
               "{\\\"I\\\": 1, \\\"V\\\": 5, \\\"X\\\": 10}\\n    total = 0\\n    for a, b in "
               "zip(s, s[1:] + \\\" "
               "\\\"):\\n        v = values[a]\\n        total += -v if values.get(b, 0) > v else "
               "v\\n    return "
               "total\\n\",\"stage\":2,\"backend\":\"local\",\"tokens_in\":214,\"tokens_out\":96,"
               "\"job\":7,"
               "\"checked\":{\"text\":\"parsed, ran, 2 of 2 examples from the task, 0 "
               "tests\",\"examples\":["
               "{\"subject\":\"roman_to_int(\\\"XIV\\\")\",\"ok\":true,\"got\":\"14\"},"
               "{\"subject\":\"roman_to_int(\\\"MMXXVI\\\")\",\"ok\":true,\"got\":\"2026\"}]},"
               "\"runs\":[{\"job\":9,\"ok\":true,\"input\":{\"s\":\"IX\"},\"result\":9,\"created\":"
               "1699999000000}],"
               "\"parent\":\"a6\",\"prompt\":\"Turn roman numerals into integers.\\nAnswer with "
               "one block.\"," FIGURES "}");
    json_object_object_foreach(more, key, value)
        json_object_object_add(o, key, json_object_get(value));
    json_object_put(more);
    if (altered_key)
        json_add_str(o, altered_key, altered_value);
    if (use_days)
        json_object_object_add(o, "use_days", parsed(use_days));
    return o;
}

#define CODER                                                                                      \
    "name: \"Coder\"\ntype: \"llm\"\nllm:\n  role: fast\n  prompt_template: |\n    "               \
    "{task}{examples}\n"

static struct json_object *tools(void)
{
    struct json_object *o = parsed(
        "{\"tools\":[{\"id\":\"classifier\",\"type\":\"llm\",\"role\":\"fast\",\"tier\":\"content."
        "tier_1\","
        "\"origin\":\"shipped\",\"description\":\"Says what kind of task it "
        "is\",\"last_use\":1699999909000,\"uses\":9},"
        "{\"id\":\"coder\",\"type\":\"llm\",\"role\":\"fast\",\"tier\":\"coding.tier_1\","
        "\"origin\":\"shipped\","
        "\"description\":\"Writes a Python program\",\"last_use\":1699990000000,\"uses\":37},"
        "{\"id\":\"judge\",\"type\":\"llm\",\"role\":\"base\",\"origin\":\"yours\",\"description\":"
        "\"Chooses\"},"
        "{\"id\":\"repairer\",\"type\":\"llm\",\"role\":\"powerful\",\"tier\":\"coding.tier_2\","
        "\"origin\":\"yours\","
        "\"problem\":\"/home/me/tools/repairer.yaml:7:3: a list was "
        "expected\",\"description\":\"Mends\"}]}");
    if (altered_key)
        for (size_t i = 0; i < json_object_array_length(json_array(o, "tools")); i++)
            json_add_str(json_object_array_get_idx(json_array(o, "tools"), i), altered_key,
                         altered_value);
    return o;
}

static struct json_object *tool(void)
{
    struct json_object *o =
        parsed("{\"id\":\"coder\",\"type\":\"llm\",\"role\":\"fast\",\"origin\":\"shipped\","
               "\"description\":\"Writes a Python program from a task in plain words\","
               "\"prompt\":\"{task}{examples}\",\"file\":\"tools/llm/coder.yaml\",\"uses\":37,"
               "\"last_use\":1699990000000}");
    json_add_str(o, "text", *saved_tool ? saved_tool : CODER);
    return o;
}

static struct json_object *versions(void)
{
    struct json_object *o = parsed(
        "{\"versions\":[{\"id\":\"a9\",\"version\":\"1.0.1\",\"solved\":true,\"quality\":0.81,"
        "\"created\":1699999000000,\"reason\":\"solved again\"},{\"id\":\"a8\",\"version\":"
        "\"1.0.0\",\"solved\":true,\"quality\":0.62,\"created\":1699990000000,\"reason\":"
        "\"first\",\"old\":true}]}");
    if (altered_key)
        json_add_str(json_object_array_get_idx(json_array(o, "versions"), 0), altered_key,
                     altered_value);
    return o;
}

static bool engine(enum protocol_method method, struct json_object *params, client_reply_fn *reply,
                   void *arg)
{
    int number = (int)shelf_number(json_str(params, "id", ""));
    struct json_object *result = NULL;
    struct err_info info = {0};
    double began = seconds_now();
    switch (method) {
    case METHOD_ARTIFACT_LIST:
        result = list_of(params);
        break;
    case METHOD_RAG_SEARCH:
        result = ranking_of(params);
        break;
    case METHOD_ARTIFACT_SHOW:
        result = thing_of(params);
        break;
    case METHOD_ARTIFACT_DELETE:
    case METHOD_ARTIFACT_RESTORE:
        away[number] = method == METHOD_ARTIFACT_DELETE;
        break;
    case METHOD_ARTIFACT_RATE:
        stars[number] = (int)json_i64(params, "rating", 0);
        break;
    case METHOD_TOOL_LIST:
        result = tools();
        break;
    case METHOD_TOOL_SHOW:
        result = tool();
        break;
    case METHOD_TOOL_SAVE:
        if (refuse_tool)
            (void)err_at(&info, ERR_PARSE, "coder.yaml", 4, 9,
                         "there is no role \"fats\"; did you mean fast?");
        else
            snprintf(saved_tool, sizeof saved_tool, "%s", json_str(params, "text", ""));
        break;
    case METHOD_WORKFLOW_LOAD:
        (void)err_at(&info, ERR_PARSE, json_str(params, "name", ""), 3, 14,
                     "the step \"combine\" does not exist");
        break;
    case METHOD_ARTIFACT_RUN:
        result = parsed("{\"job\":7}");
        break;
    case METHOD_RAG_VERSIONS:
        result = versions();
        break;
    case METHOD_RAG_DIFF:
        result = parsed("{\"from\":\"a8 1.0.0\",\"to\":\"a9 1.0.1\",\"bump\":\"patch\",\"diff\":"
                        "\"--- a8\\n+++ a9\\n@@ -1,2 +1,2 @@\\n def roman_to_int(s):\\n-    return "
                        "0\\n+    return 1\\n\",\"changed\":{\"name\":{\"from\":\"roman\",\"to\":"
                        "\"roman_to_int\"}}}");
        break;
    case METHOD_RAG_LINEAGE:
        result =
            parsed("{\"id\":\"a9\",\"version\":\"1.0.1\",\"kind\":\"function\",\"name\":"
                   "\"roman_to_int\",\"job\":7,\"model\":\"qwen\",\"created\":1699999000000,"
                   "\"derived_from\":[{\"id\":\"a8\",\"how\":\"version\",\"version\":\"1.0.0\","
                   "\"name\":\"roman\"}],\"derivatives\":[]}");
        break;
    case METHOD_RAG_REVISE:
        if (refuse_tool)
            (void)err_at(&info, ERR_PARSE, "a9", 2, 5, "this is no Python");
        else
            result = parsed("{\"id\":\"a9\",\"version\":\"2.0.0\",\"reason\":\"edited by hand\","
                            "\"breaking\":\"s became text\"}");
        break;
    case METHOD_RAG_ROLLBACK:
        result = parsed("{\"id\":\"a9\",\"version\":\"1.0.2\",\"reason\":\"rolled back to 1.0.0\","
                        "\"breaking\":\"\"}");
        break;
    default:
        break;
    }
    engine_seconds += seconds_now() - began;
    if (reply)
        reply(arg, result, info.code ? &info : NULL);
    json_object_put(result);
    return true;
}

/* ---- the fixture ---- */

static char edited_from[8192], edited_to[8192], copied[8192];

static bool edit_text(void *arg, const char *name, const char *text, struct buf *out, char *why,
                      size_t size)
{
    (void)arg;
    (void)name;
    snprintf(edited_from, sizeof edited_from, "%s", text);
    snprintf(why, size, "the editor ended with an error");
    return *edited_to && buf_adds(out, edited_to) == ERR_OK;
}

static bool copy_text(void *arg, const char *text, size_t n, char *why, size_t size)
{
    (void)arg;
    (void)why;
    (void)size;
    snprintf(copied, sizeof copied, "%.*s", (int)n, text);
    return true;
}

static void browser(struct ui *ui, int w, int h, bool plain)
{
    count = lists_asked = 0;
    memset(away, 0, sizeof away);
    memset(stars, 0, sizeof stars);
    saved_tool[0] = edited_to[0] = copied[0] = 0;
    refuse_tool = with_total = false;
    answer_with = engine;
    dashboard(ui, w, h, plain);
    ui->link.edit = edit_text;
    ui->link.copy = copy_text;
    ui_focus(ui, PANE_MEMORY);
    ui->zoom = true;
    ui_draw(ui);
}

/* The same with as much room for the pane as a person can give it beside the others. */
static void wide_browser(struct ui *ui)
{
    browser(ui, 160, 60, false);
    ui->shares[SHARE_TALK] = ui->shares[SHARE_METRICS] = 0;
    ui->shares[SHARE_GRAPH] = ui->shares[SHARE_STAGES] = 0;
    ui_draw(ui);
}

static struct memory *memory_of(struct ui *ui)
{
    return ui->panes[PANE_MEMORY];
}

/* The pane alone, in a box as large as the canvas. */
static void draw_alone(struct ui *ui)
{
    struct rect r = {0, 0, ui->canvas.w, ui->canvas.h};
    struct canvas inner = canvas_part(&ui->canvas, (struct rect){1, 1, r.w - 2, r.h - 2});
    char text[64] = "";
    canvas_clear(&ui->canvas);
    canvas_box(&ui->canvas, r, STYLE_BORDER_FOCUS);
    pane_memory.heading(ui, memory_of(ui), text, sizeof text);
    canvas_puts(&ui->canvas, 1, 0, STYLE_TITLE_FOCUS, " Memory ");
    canvas_put_fit(&ui->canvas, 9, 0, r.w - 11, STYLE_HINT, text);
    ui->drawn = r;
    pane_memory.draw(ui, memory_of(ui), &inner, true);
}

static void check_alone(struct ui *ui, int w, int h, const char *name)
{
    int old_w = ui->canvas.w, old_h = ui->canvas.h;
    assert_int_equal(ui_resize(ui, w, h), ERR_OK);
    draw_alone(ui);
    draw_alone(ui);
    check_golden(ui, name);
    assert_int_equal(ui_resize(ui, old_w, old_h), ERR_OK);
}

static const char *selected_id(struct ui *ui)
{
    return json_str(shelf_selected(memory_shelf(memory_of(ui))), "id", "");
}

/* The boxes that 80×24, 60×16, 120×40 and 200×60 give it, and all of a large screen. */
static const struct {
    int w, h;
} sizes[] = {{27, 12}, {34, 5}, {34, 12}, {58, 14}, {52, 12}, {120, 38}, {198, 58}};

static void every_tab_looks_as_it_should_at_every_size(void **state)
{
    struct ui ui;
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        int w = sizes[i].w, h = sizes[i].h;
        browser(&ui, 120, 40, false);
        check_alone(&ui, w, h, "memory-artifacts");
        press(&ui, INPUT_ENTER, 0);
        check_alone(&ui, w, h, "memory-detail");
        press(&ui, INPUT_ESC, 0);
        press(&ui, 't', 0);
        check_alone(&ui, w, h, "memory-tools");
        press(&ui, 'j', 0);
        press(&ui, INPUT_ENTER, 0);
        check_alone(&ui, w, h, "memory-tool");
        press(&ui, 't', 0);
        check_alone(&ui, w, h, "memory-workflows");
        ui_fini(&ui);
    }
}

static void it_shows_rows_on_every_screen(void **state)
{
    static const struct {
        int w, h;
    } screens[] = {{40, 10}, {60, 16}, {80, 24}, {120, 40}, {200, 60}};
    struct ui ui;
    (void)state;
    for (size_t i = 0; i < sizeof screens / sizeof *screens; i++) {
        browser(&ui, screens[i].w, screens[i].h, false);
        ui.zoom = false;
        assert_true(on_screen(&ui, "roman_to_int"));
        assert_true(on_screen(&ui, "int_to_roman"));
        ui_fini(&ui);
    }
}

/* ---- filters ---- */

static void words_restrict_the_list(void **state)
{
    struct ui ui;
    (void)state;
    browser(&ui, 120, 40, false);
    press(&ui, '/', 0);
    type(&ui, "roman kind:function");
    assert_string_equal(asked[METHOD_RAG_SEARCH], "{\"limit\":200,\"typing\":true,\"query\":"
                                                  "\"roman\",\"kind\":\"function\"}");
    check_alone(&ui, 58, 14, "memory-filter");
    press(&ui, INPUT_ENTER, 0);
    assert_false(ui.searching);
    assert_true(on_screen(&ui, "roman_dates"));
    assert_string_equal(selected_id(&ui), "a6"); /* the best, wherever one stood */
    press(&ui, 'n', 0);
    assert_string_equal(selected_id(&ui), "a8");
    press(&ui, '/', 0); /* goes on with the words that are there */
    type(&ui, " tag:text since:7d solved");
    press(&ui, INPUT_ENTER, 0);
    assert_non_null(strstr(asked[METHOD_RAG_SEARCH], "\"tag\":\"text\""));
    assert_non_null(strstr(asked[METHOD_RAG_SEARCH], "\"solved\":true"));
    assert_non_null(strstr(asked[METHOD_RAG_SEARCH], "\"since\":1699395180000"));
    assert_string_equal(selected_id(&ui), "a6");
    press(&ui, INPUT_ESC, 0); /* all again, the place kept */
    assert_string_equal(selected_id(&ui), "a6");
    assert_int_equal(memory_shelf(memory_of(&ui))->known, 7);
    assert_int_equal(ui.focus, PANE_MEMORY);
    press(&ui, 'f', 0);
    assert_string_equal(memory_of(&ui)->words[0], "solved");
    press(&ui, 'f', 0);
    assert_string_equal(memory_of(&ui)->words[0], "unsolved");
    assert_string_equal(selected_id(&ui), "a4");
    for (int i = 0; i < 5; i++)
        press(&ui, 'f', 0);
    assert_string_equal(memory_of(&ui)->words[0], "");
    ui_fini(&ui);
}

static void what_is_marked_is_planned_for_the_night(void **state)
{
    struct ui ui;
    char want[64];
    (void)state;
    browser(&ui, 120, 40, false);
    press(&ui, 'x', 0); /* marks and goes on */
    press(&ui, 'j', 0);
    press(&ui, 'x', 0);
    assert_int_equal(memory_of(&ui)->marked_n, 2);
    check_alone(&ui, 58, 14, "memory-marked");
    check_alone(&ui, 34, 12, "memory-marked");
    press(&ui, 'k', 0);
    press(&ui, 'x', 0); /* takes the mark away */
    press(&ui, 'x', 0);
    assert_int_equal(memory_of(&ui)->marked_n, 2);
    press(&ui, 'v', 0);
    assert_int_equal(ui.overlay, OVERLAY_BATCH);
    assert_non_null(strstr(asked[METHOD_BATCH_ESTIMATE], "\"artifacts\":[\"a9\","));
    press(&ui, INPUT_ESC, 0);
    assert_int_equal(ui.overlay, OVERLAY_NONE);
    press(&ui, INPUT_ESC, 0);
    assert_int_equal(memory_of(&ui)->marked_n, 0);
    press(&ui, 'v', 0); /* without marks the selected one */
    snprintf(want, sizeof want, "\"artifacts\":[\"%s\"]", selected_id(&ui));
    assert_non_null(strstr(asked[METHOD_BATCH_ESTIMATE], want));
    ui_fini(&ui);
}

static void no_row_says_why(void **state)
{
    struct ui ui;
    (void)state;
    browser(&ui, 120, 40, false);
    press(&ui, '/', 0);
    type(&ui, "nothing of that kind");
    press(&ui, INPUT_ENTER, 0);
    check_alone(&ui, 34, 12, "memory-none");
    ui_fini(&ui);
}

/* Typing: at most one request between two ticks, and an older answer never takes a newer one's
 * place. */
static struct {
    client_reply_fn *reply;
    void *arg;
    struct json_object *result;
} held[16];
static int held_n, wakes;
static enum protocol_method slow;

static bool slow_engine(enum protocol_method method, struct json_object *params,
                        client_reply_fn *reply, void *arg)
{
    if (method != slow || held_n == 16)
        return engine(method, params, reply, arg);
    held[held_n].reply = reply;
    held[held_n].arg = arg;
    held[held_n++].result = slow == METHOD_ARTIFACT_LIST ? list_of(params)
                            : slow == METHOD_RAG_SEARCH  ? ranking_of(params)
                                                         : NULL;
    return true;
}

static void let_go(int i)
{
    held[i].reply(held[i].arg, held[i].result, NULL);
    json_object_put(held[i].result);
}

static void wake(void *arg, int ms)
{
    (void)arg;
    wakes++;
    assert_in_range(ms, 50, 120);
}

static void the_newest_answer_wins(void **state)
{
    struct ui ui;
    (void)state;
    browser(&ui, 120, 40, false);
    answer_with = slow_engine;
    held_n = wakes = 0;
    slow = METHOD_RAG_SEARCH;
    ui.link.wake = wake;
    press(&ui, '/', 0);
    type(&ui, "ro");
    assert_int_equal(held_n, 1); /* "r" */
    ui_tick(&ui);
    assert_int_equal(held_n, 2); /* "ro", not waiting for the answer to "r" */
    type(&ui, "man_d");
    assert_int_equal(held_n, 2);
    ui_tick(&ui);
    assert_int_equal(held_n, 3);
    assert_non_null(strstr(asked[METHOD_RAG_SEARCH], "roman_d"));
    assert_int_equal(memory_shelf(memory_of(&ui))->known, 7); /* the old rows until then */
    let_go(2);
    assert_int_equal(memory_shelf(memory_of(&ui))->known, 1);
    let_go(0);
    let_go(1);
    assert_int_equal(memory_shelf(memory_of(&ui))->known, 1);
    assert_string_equal(selected_id(&ui), "a6");
    assert_int_equal(wakes, 3);
    ui_fini(&ui);
}

/* What is like the selected one; without an embedder the heading says by what it was found. */
static void what_is_like_it(void **state)
{
    struct ui ui;
    (void)state;
    browser(&ui, 120, 40, false);
    degraded = "no embedder";
    assert_string_equal(selected_id(&ui), "a9");
    press(&ui, 's', 0);
    assert_string_equal(asked[METHOD_RAG_SEARCH], "{\"limit\":200,\"similar_to\":\"a9\"}");
    assert_true(on_screen(&ui, "7 found by words"));
    assert_true(on_screen(&ui, "/like:a9"));
    press(&ui, INPUT_ESC, 0);
    assert_false(on_screen(&ui, "found"));
    action_line(&ui, "/rag search \"count the words\" quality:>0.5 since:2023-01-01");
    assert_string_equal(asked[METHOD_RAG_SEARCH],
                        "{\"limit\":200,\"typing\":true,\"query\":\"\\\"count the words\\\" "
                        "quality:>0.5 since:2023-01-01\"}");
    degraded = "";
    action_line(&ui, "/rag similar a8");
    assert_string_equal(asked[METHOD_RAG_SEARCH], "{\"limit\":200,\"similar_to\":\"a8\"}");
    assert_true(on_screen(&ui, "7 found "));
    action_line(&ui, "/rag show a8");
    assert_true(memory_of(&ui)->open);
    ui_fini(&ui);
}

/* ---- what is done to one ---- */

static void deleted_and_taken_back(void **state)
{
    struct ui ui;
    (void)state;
    browser(&ui, 120, 40, false);
    press(&ui, 'j', 0);
    press(&ui, 'd', 0);
    assert_true(away[8]);
    assert_string_equal(selected_id(&ui), "a6"); /* the row that came into its place */
    assert_true(on_screen(&ui, "a8 is deleted; u takes it back"));
    press(&ui, 'k', 0);
    press(&ui, 'd', 0);
    assert_true(away[9]);
    check_alone(&ui, 58, 14, "memory-deleted");
    press(&ui, 'u', 0);
    assert_false(away[9]);
    assert_string_equal(selected_id(&ui), "a9");
    assert_true(away[8]);
    press(&ui, 'u', 0);
    assert_false(away[8]);
    assert_string_equal(selected_id(&ui), "a8");
    press(&ui, 'u', 0);
    assert_true(on_screen(&ui, "nothing was deleted since the start"));
    type(&ui, "d"); /* and once more by its command, out of the list of what was deleted */
    action_line(&ui, "/filter deleted");
    assert_string_equal(selected_id(&ui), "a8");
    press(&ui, 'u', 0);
    assert_false(away[8]);
    action_line(&ui, "/delete a5");
    assert_true(away[5]);
    action_line(&ui, "/restore a5");
    assert_false(away[5]);
    ui_fini(&ui);
}

static void uses_of_each_day_are_drawn(void **state)
{
    struct ui ui;
    (void)state;
    use_days = "[0,0,1,4,8,0,2]";
    browser(&ui, 120, 40, false);
    action_line(&ui, "/open a9");
    assert_true(on_screen(&ui, "used       ▁▄█ ▂  in 7 days, at most 8 a day, 2 today"));
    ui_fini(&ui);
    use_days = "[0,0,0]";
    browser(&ui, 120, 40, false);
    action_line(&ui, "/open a9");
    assert_false(on_screen(&ui, "at most"));
    ui_fini(&ui);
    use_days = NULL;
}

static void tags_stars_files_and_runs(void **state)
{
    struct ui ui;
    char text[64];
    (void)state;
    browser(&ui, 120, 40, false);
    answer_with = slow_engine; /* the second press does not wait for the first one's answer */
    slow = METHOD_ARTIFACT_RATE;
    held_n = 0;
    press(&ui, '*', 0);
    press(&ui, '*', 0);
    assert_string_equal(asked[METHOD_ARTIFACT_RATE], "{\"rating\":2,\"id\":\"a9\"}");
    stars[9] = 2;
    let_go(0);
    let_go(1);
    answer_with = engine;
    assert_true(on_screen(&ui, "★2"));
    press(&ui, 'E', 0);
    assert_string_equal(editor_text(ui.input, NULL), "/rag export roman_to_int.jsonl a9");
    ui_focus(&ui, PANE_MEMORY);
    action_line(&ui, "/rate a8 4");
    assert_int_equal(stars[8], 4);
    action_line(&ui, "/rate a8 6");
    assert_int_equal(stars[8], 4);
    press(&ui, '#', 0);
    assert_string_equal(editor_text(ui.input, NULL), "/tag a9 math");
    type(&ui, ",roman");
    press(&ui, INPUT_ENTER, 0);
    assert_string_equal(asked[METHOD_ARTIFACT_TAG],
                        "{\"tags\":[\"math\",\"roman\"],\"id\":\"a9\"}");
    ui_focus(&ui, PANE_MEMORY);
    press(&ui, 'r', 0);
    assert_string_equal(editor_text(ui.input, NULL), "/run a9 {\"s\": }");
    ui_focus(&ui, PANE_MEMORY);
    press(&ui, 'w', 0);
    assert_string_equal(editor_text(ui.input, NULL), "/save-artifact a9 roman_to_int.py");
    ui_focus(&ui, PANE_MEMORY);
    press(&ui, 'y', 0);
    assert_int_equal(strncmp(copied, "def roman_to_int", 16), 0);
    copied[0] = 0;
    press(&ui, INPUT_ENTER, 0);
    press(&ui, 'y', 0);
    assert_int_equal(strncmp(copied, "def roman_to_int", 16), 0);
    snprintf(ui.cwd, sizeof ui.cwd, "/tmp");
    snprintf(text, sizeof text, "/save-artifact a9 dise-memory-%d.py", (int)getpid());
    action_line(&ui, text);
    snprintf(text, sizeof text, "/tmp/dise-memory-%d.py", (int)getpid());
    assert_int_equal(unlink(text), 0);
    ui_fini(&ui);
}

static void workflows_open_on_the_graph(void **state)
{
    struct ui ui;
    (void)state;
    browser(&ui, 120, 40, false);
    press(&ui, 'T', 0);
    press(&ui, 'T', 0);
    assert_int_equal(memory_of(&ui)->tab, MEMORY_TOOLS);
    action_line(&ui, "/workflow list");
    assert_non_null(strstr(asked[METHOD_ARTIFACT_LIST], "\"kind\":\"workflow\""));
    press(&ui, 'r', 0);
    assert_string_equal(editor_text(ui.input, NULL), "/run a7 {\"text\": }");
    ui_focus(&ui, PANE_MEMORY);
    press(&ui, ' ', 0);
    assert_true(on_screen(&ui, "\"workflow_id\""));
    press(&ui, INPUT_ESC, 0);
    press(&ui, INPUT_ENTER, 0);
    assert_int_equal(ui.job, 7);
    assert_int_equal(ui.focus, ui_has(&ui, PANE_GRAPH) ? PANE_GRAPH : PANE_TALK);
    action_line(&ui, "/workflow run a7 {\"text\": 1}");
    assert_non_null(strstr(asked[METHOD_ARTIFACT_RUN], "\"input\":{\"text\":1}"));
    snprintf(ui.cwd, sizeof ui.cwd, "%s/screen", TEST_DATA_DIR);
    action_line(&ui, "/workflow load session.jsonl");
    assert_true(on_screen(&ui, "session.jsonl:3:14: the step \"combine\" does not exist"));
    action_line(&ui, "/workflow load no-such-file");
    assert_true(on_screen(&ui, "no-such-file"));
    ui_fini(&ui);
}

/* ---- tools ---- */

static void an_invalid_tool_is_not_taken_and_nothing_typed_is_lost(void **state)
{
    struct ui ui;
    struct json_object *kept_state;
    (void)state;
    wide_browser(&ui);
    action_line(&ui, "/tools");
    press(&ui, 'j', 0);
    press(&ui, 'e', 0); /* the editor fails */
    assert_string_equal(edited_from, CODER);
    assert_true(on_screen(&ui, "the editor ended with an error"));
    assert_null(memory_draft(memory_of(&ui), "coder"));
    snprintf(edited_to, sizeof edited_to, "%s", CODER);
    press(&ui, 'e', 0);
    assert_true(on_screen(&ui, "nothing was changed"));
    assert_string_equal(asked[METHOD_TOOL_SAVE], "");
    refuse_tool = true;
    snprintf(edited_to, sizeof edited_to, "%s",
             "name: \"Coder\"\ntype: \"llm\"\nllm:\n  role: fats\n  prompt_template: |\n    "
             "{task}{examples}\n");
    press(&ui, 'e', 0);
    assert_true(on_screen(&ui, "line 4, column 9"));
    assert_string_equal(saved_tool, "");
    check_alone(&ui, 58, 14, "memory-invalid");
    check_alone(&ui, 34, 12, "memory-invalid");
    press(&ui, INPUT_ESC, 0);
    check_alone(&ui, 58, 14, "memory-draft");
    kept_state = ui_keep(&ui); /* the draft outlives the dashboard */
    ui_fini(&ui);
    answer_with = engine;
    dashboard(&ui, 120, 40, false);
    ui.link.edit = edit_text;
    ui_recall(&ui, kept_state);
    json_object_put(kept_state);
    refuse_tool = false;
    ui_draw(&ui);
    press(&ui, 'j', 0);
    snprintf(edited_to, sizeof edited_to, "%s# better\n", CODER);
    press(&ui, 'e', 0);
    assert_non_null(strstr(edited_from, "fats"));
    assert_string_equal(saved_tool, edited_to);
    assert_null(memory_draft(memory_of(&ui), "coder"));
    assert_true(on_screen(&ui, "coder is saved; the next job uses it"));
    press(&ui, 'R', 0);
    assert_string_equal(asked[METHOD_TOOL_RESET], "");
    press(&ui, 'R', 0);
    assert_string_equal(asked[METHOD_TOOL_RESET], "{\"id\":\"coder\"}");
    ui_fini(&ui);
}

static void versions_are_shown_compared_and_gone_back_to(void **state)
{
    struct ui ui;
    (void)state;
    wide_browser(&ui);
    press(&ui, 'V', 0);
    assert_string_equal(asked[METHOD_RAG_VERSIONS], "{\"id\":\"a9\"}");
    assert_string_equal(asked[METHOD_RAG_DIFF], "{\"from\":\"a8\",\"to\":\"a9\",\"id\":\"a9\"}");
    assert_true(on_screen(&ui, "solved again"));
    assert_true(on_screen(&ui, "+    return 1"));
    assert_true(on_screen(&ui, "roman → roman_to_int"));
    assert_true(on_screen(&ui, "made of"));
    check_alone(&ui, 76, 24, "memory-versions");
    altered_key = "reason";
    altered_value = "altered";
    press(&ui, 'V', 0); /* back to the thing itself */
    assert_false(on_screen(&ui, "made of"));
    press(&ui, 'V', 0);
    altered_key = NULL;
    assert_true(on_screen(&ui, "altered"));
    press(&ui, 'B', 0);
    assert_string_equal(asked[METHOD_RAG_ROLLBACK], "");
    press(&ui, 'j', 0); /* another key: it was not meant */
    press(&ui, 'V', 0);
    press(&ui, 'B', 0);
    assert_string_equal(asked[METHOD_RAG_ROLLBACK], "");
    press(&ui, 'B', 0);
    assert_string_equal(asked[METHOD_RAG_ROLLBACK], "{\"id\":\"a9\"}");
    assert_true(on_screen(&ui, "a9 is version 1.0.2 now: rolled back to 1.0.0"));
    ui_fini(&ui);
}

static void an_edited_program_is_a_version_and_never_lost(void **state)
{
    struct ui ui;
    (void)state;
    wide_browser(&ui);
    press(&ui, 'e', 0); /* the editor fails */
    assert_int_equal(strncmp(edited_from, "def roman_to_int", 16), 0);
    assert_string_equal(asked[METHOD_RAG_REVISE], "");
    refuse_tool = true;
    snprintf(edited_to, sizeof edited_to, "def roman_to_int(text:");
    press(&ui, 'e', 0);
    assert_true(on_screen(&ui, "this is no Python; e goes on with your text"));
    refuse_tool = false;
    snprintf(edited_to, sizeof edited_to, "def roman_to_int(text): return 1\n");
    press(&ui, 'e', 0);
    assert_string_equal(edited_from, "def roman_to_int(text:");
    assert_non_null(strstr(asked[METHOD_RAG_REVISE], "return 1"));
    assert_true(on_screen(&ui, "a9 is version 2.0.0 now: edited by hand; callers break: s became"));
    assert_null(memory_draft(memory_of(&ui), "a9"));
    ui_fini(&ui);
}

/* ---- events ---- */

static void tell(struct ui *ui, struct event ev)
{
    ui_event(ui, &ev);
    ui_draw(ui);
}

static void events_refresh_without_moving_the_selection(void **state)
{
    struct ui ui;
    struct event stored = {.type = EVENT_ARTIFACT_STORED, .job = 3},
                 changed = {.type = EVENT_ARTIFACT_CHANGED},
                 tool_changed = {.type = EVENT_TOOL_CHANGED};
    (void)state;
    wide_browser(&ui);
    count = 20;
    stored.u.artifact_stored.artifact = "a20";
    stored.u.artifact_stored.name = stored.u.artifact_stored.kind = "function";
    press(&ui, 'j', 0);
    assert_string_equal(selected_id(&ui), "a8");
    tell(&ui, stored);
    assert_string_equal(selected_id(&ui), "a8");
    assert_true(on_screen(&ui, "words_20"));
    stars[8] = 1;
    changed.u.artifact_changed.artifact = "a8";
    changed.u.artifact_changed.change = "rated";
    tell(&ui, changed);
    assert_true(on_screen(&ui, "★1"));
    away[12] = true;
    changed.u.artifact_changed.artifact = "a12";
    changed.u.artifact_changed.change = "deleted";
    tell(&ui, changed);
    assert_string_equal(selected_id(&ui), "a8");
    assert_int_equal(memory_shelf(memory_of(&ui))->known, 19);
    press(&ui, 't', 0);
    press(&ui, 'j', 0);
    asked[METHOD_TOOL_LIST][0] = 0;
    tool_changed.u.tool_changed.tool = "coder";
    tool_changed.u.tool_changed.change = "saved";
    tell(&ui, tool_changed);
    assert_string_equal(asked[METHOD_TOOL_LIST], "{}");
    assert_string_equal(json_str(memory_tool_selected(memory_of(&ui)), "id", ""), "coder");
    ui_fini(&ui);
}

static void an_altered_answer_changes_exactly_its_pane(void **state)
{
    static const struct {
        int tab, enter;
        const char *key, *value;
    } cases[] = {{0, 0, "name", "other"},
                 {0, 0, "task", "something else"},
                 {1, 0, "role", "god"},
                 {1, 0, "problem", "tools.yaml:2:1: no"},
                 {2, 0, "name", "other"},
                 {0, 1, "prompt", "Other words."},
                 {0, 1, "task", "something else"},
                 {0, 1, "gates_of", "9.9.9"}};
    const struct rect none = {0};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ui old, new;
        struct ui *both[] = {&old, &new};
        for (int k = 0; k < 2; k++) {
            wide_browser(both[k]);
            altered_key = k ? cases[i].key : NULL;
            altered_value = cases[i].value;
            for (int t = 0; t < cases[i].tab; t++)
                press(both[k], 't', 0);
            shelf_changed(&memory_of(both[k])->shelves[0], "a1");
            shelf_changed(&memory_of(both[k])->shelves[0], "a9");
            if (cases[i].enter)
                press(both[k], INPUT_ENTER, 0);
            ui_draw(both[k]);
            if (cases[i].enter)
                press(both[k], 'G', 0);
            if (cases[i].enter && strcmp(cases[i].key, "task") == 0)
                press(both[k], 'g', 0);
            ui_draw(both[k]);
            altered_key = NULL;
        }
        if (differences(&old, &new, old.inner[PANE_MEMORY], none) == 0)
            fail_msg("case %zu: %s is not on the screen", i, cases[i].key);
        ui_fini(&new);
        ui_fini(&old);
    }
}

/* ---- the mouse, plain borders, hostile text ---- */

static void clicks(void **state)
{
    struct ui ui;
    struct input_event ev = {.type = INPUT_MOUSE, .mouse = INPUT_PRESS, .button = 1};
    (void)state;
    browser(&ui, 120, 40, false);
    ev.x = ui.inner[PANE_MEMORY].x + 13;
    ev.y = ui.inner[PANE_MEMORY].y;
    ui_input(&ui, &ev);
    assert_int_equal(memory_of(&ui)->tab, MEMORY_TOOLS);
    ui_draw(&ui);
    ev.y = ui.inner[PANE_MEMORY].y + memory_of(&ui)->list_at.y + 1;
    ui_input(&ui, &ev);
    assert_string_equal(json_str(memory_tool_selected(memory_of(&ui)), "id", ""), "coder");
    assert_false(memory_of(&ui)->open);
    ui_input(&ui, &ev);
    assert_true(memory_of(&ui)->open);
    ui_fini(&ui);
}

static void assert_ascii(struct ui *ui)
{
    struct buf text;
    buf_init(&text, 1 << 20);
    ui_draw(ui);
    assert_int_equal(canvas_text(&ui->canvas, &text), ERR_OK);
    for (size_t i = 0; i < text.len; i++)
        assert_true((unsigned char)text.data[i] < 0x80);
    buf_fini(&text);
}

static void plain_borders_are_ascii(void **state)
{
    struct ui ui;
    (void)state;
    browser(&ui, 100, 30, true);
    for (int tab = 0; tab < 3; tab++) {
        action_line(&ui, "/filter function");
        for (int open = 0; open < 2; open++) {
            assert_ascii(&ui);
            press(&ui, tab == 2 ? ' ' : INPUT_ENTER, 0);
        }
        press(&ui, 't', 0);
    }
    ui_fini(&ui);
}

static void a_thing_and_its_versions_are_ascii(void **state)
{
    struct ui ui;
    (void)state;
    browser(&ui, 100, 60, true);
    press(&ui, INPUT_ENTER, 0);
    assert_true(on_screen(&ui, "0.82 = success 0.88 x (0.70"));
    assert_ascii(&ui);
    press(&ui, 'V', 0);
    assert_true(on_screen(&ui, "solved again"));
    assert_true(on_screen(&ui, ":# +0.50"));
    assert_ascii(&ui);
    ui_fini(&ui);
}

static void hostile_text(void **state)
{
    static const char *const keys[] = {"name", "task",   "model",       "kind",
                                       "id",   "prompt", "description", "problem",
                                       "role", "text",   "source",      "failed"};
    static const char *const evil[] = {"\x1b[2J\x1b]0;title\x07", "\x01\x02\x7f\r\b",
                                       "\u202eabc\n\n\t",
                                       "\xF0\x9F\x91\xA8\xE2\x80\x8D\xF0\x9F\x91\xA9", ""};
    (void)state;
    for (size_t i = 0; i < sizeof keys / sizeof *keys * 5; i++) {
        struct ui ui;
        altered_key = keys[i / 5];
        altered_value = evil[i % 5];
        browser(&ui, 80, 24, false);
        for (int tab = 0; tab < 3; tab++) {
            for (int open = 0; open < 2; open++) {
                ui_draw(&ui);
                for (int y = 0; y < 24; y++)
                    for (int x = 0; x < 80; x++) {
                        const struct cell *c = canvas_cell(&ui.canvas, x, y);
                        for (int k = 0; k < c->len; k++)
                            assert_true((unsigned char)c->text[k] >= 0x20 && c->text[k] != 0x7f);
                    }
                press(&ui, ' ', 0);
            }
            press(&ui, 'r', 0); /* into the input line */
            ui_draw(&ui);
            ui_focus(&ui, PANE_MEMORY);
            press(&ui, 't', 0);
        }
        altered_key = NULL;
        ui_fini(&ui);
    }
}

/* It answers the same rows to every page. */
static void an_engine_that_knows_no_pages(void **state)
{
    struct ui ui;
    struct json_object *list = json_object_new_array();
    (void)state;
    browser(&ui, 120, 40, false);
    for (int i = 150; i > 0; i--)
        json_object_array_add(list, row_of(i));
    answer_with = NULL;
    answers[METHOD_ARTIFACT_LIST] = json_object_new_object();
    json_object_object_add(answers[METHOD_ARTIFACT_LIST], "artifacts", list);
    action_line(&ui, "/filter kind:x");
    press(&ui, 'G', 0);
    ui_draw(&ui);
    assert_int_equal(memory_shelf(memory_of(&ui))->known, 150);
    assert_true(memory_shelf(memory_of(&ui))->complete);
    assert_string_equal(selected_id(&ui), "a1");
    json_object_put(answers[METHOD_ARTIFACT_LIST]);
    answers[METHOD_ARTIFACT_LIST] = NULL;
    ui_fini(&ui);
}

/* ---- 100,000 ---- */

static double seconds_a_key(struct ui *ui, uint32_t key, int times)
{
    double began = seconds_now(), engine_before = engine_seconds;
    for (int i = 0; i < times; i++) {
        press(ui, key, 0);
        ui_draw(ui);
    }
    return (seconds_now() - began - (engine_seconds - engine_before)) / times;
}

static void many_are_browsed_like_few(void **state)
{
    struct ui ui;
    struct shelf *s;
    double few, line, page, last;
    size_t rows = 0;
    int seen = 0;
    (void)state;
    wide_browser(&ui);
    count = 30;
    action_line(&ui, "/filter solved");
    few = seconds_a_key(&ui, 'j', 400);
    ui_fini(&ui);
    wide_browser(&ui);
    count = MANY;
    with_total = true;
    action_line(&ui, "/filter kind:function");
    s = memory_shelf(memory_of(&ui));
    line = seconds_a_key(&ui, 'j', 2000);
    page = seconds_a_key(&ui, INPUT_PAGE_DOWN, 2000);
    assert_true(on_screen(&ui, "100,000 kept"));
    press(&ui, 'G', 0);
    ui_draw(&ui);
    assert_string_equal(selected_id(&ui), "a1");
    assert_int_equal(s->known, MANY);
    for (size_t p = 0; p < s->n; p++)
        rows += s->pages[p].rows ? s->pages[p].count : 0;
    assert_in_range(rows, 1, 8000);
    press(&ui, 'k', 0);
    assert_string_equal(selected_id(&ui), "a2");
    last = seconds_a_key(&ui, 'k', 1000);
    press(&ui, 'g', 0);
    ui_draw(&ui);
    assert_string_equal(selected_id(&ui), "a100000");
    for (; seen < 1500 && shelf_row(s, s->selected); seen++) { /* no row twice, none left out */
        assert_int_equal(shelf_number(selected_id(&ui)), MANY - seen);
        press(&ui, 'j', 0);
    }
    assert_int_equal(seen, 1500);
    assert_in_range(limit_most, 100, 600);
    print_message("a key and its picture: %.0f us among 30; among 100,000 a line %.1f times that, "
                  "a page %.1f "
                  "times, a line near the end %.1f times\n",
                  few * 1e6, line / few, page / few, last / few);
    assert_true(line < 20 * few && page < 40 * few && last < 20 * few);
    ui_fini(&ui);
}

/* More came while nobody looked than one answer holds. */
static void a_flood_leaves_no_gap(void **state)
{
    struct ui ui;
    struct event stored = {.type = EVENT_ARTIFACT_STORED, .job = 3};
    (void)state;
    browser(&ui, 120, 40, false);
    count = 300;
    action_line(&ui, "/filter kind:function");
    ui_focus(&ui, PANE_TALK);
    ui.zoom = true;
    ui_draw(&ui);
    assert_false(memory_of(&ui)->visible);
    stored.u.artifact_stored.artifact = "a1";
    stored.u.artifact_stored.name = stored.u.artifact_stored.kind = "function";
    for (int i = 0; i < 1000; i++)
        ui_event(&ui, &stored);
    count = 1300;
    ui.zoom = false;
    ui_focus(&ui, PANE_MEMORY);
    ui_draw(&ui);
    assert_string_equal(selected_id(&ui), "a300");
    press(&ui, 'g', 0);
    for (int i = 0; i < 1300; i++) {
        assert_int_equal(shelf_number(selected_id(&ui)), 1300 - i);
        press(&ui, 'j', 0);
    }
    ui_fini(&ui);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_tab_looks_as_it_should_at_every_size),
        cmocka_unit_test(it_shows_rows_on_every_screen),
        cmocka_unit_test(words_restrict_the_list),
        cmocka_unit_test(what_is_marked_is_planned_for_the_night),
        cmocka_unit_test(no_row_says_why),
        cmocka_unit_test(the_newest_answer_wins),
        cmocka_unit_test(what_is_like_it),
        cmocka_unit_test(deleted_and_taken_back),
        cmocka_unit_test(uses_of_each_day_are_drawn),
        cmocka_unit_test(tags_stars_files_and_runs),
        cmocka_unit_test(workflows_open_on_the_graph),
        cmocka_unit_test(an_invalid_tool_is_not_taken_and_nothing_typed_is_lost),
        cmocka_unit_test(versions_are_shown_compared_and_gone_back_to),
        cmocka_unit_test(an_edited_program_is_a_version_and_never_lost),
        cmocka_unit_test(events_refresh_without_moving_the_selection),
        cmocka_unit_test(an_altered_answer_changes_exactly_its_pane),
        cmocka_unit_test(clicks),
        cmocka_unit_test(plain_borders_are_ascii),
        cmocka_unit_test(a_thing_and_its_versions_are_ascii),
        cmocka_unit_test(hostile_text),
        cmocka_unit_test(an_engine_that_knows_no_pages),
        cmocka_unit_test(many_are_browsed_like_few),
        cmocka_unit_test(a_flood_leaves_no_gap),
    };
    return cmocka_run_group_tests(tests, read_session, free_session);
}
