/* The page of a profile in the memory browser: the tree, its keys, measuring. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "../screen_fixture.h"
#include "ui/pane/memory.h"

static bool measured; /* the artifact has a profile */
static int shown;
static const char *refusal;

static struct json_object *parsed(const char *text)
{
    struct json_object *o;
    assert_int_equal(json_parse(text, strlen(text), NULL, &o, NULL), ERR_OK);
    return o;
}

static struct json_object *artifact(void)
{
    struct json_object *o =
        parsed("{\"id\":\"a9\",\"name\":\"solve\",\"kind\":\"function\",\"task\":\"Count\","
               "\"solved\":true,\"created\":1699999000000,\"source\":\"def solve(n):\\n    pass\\n"
               "\",\"function\":\"solve\"}");
    struct buf text;
    shown++;
    if (!measured)
        return o;
    buf_init(&text, 1 << 20);
    assert_int_equal(buf_read_file(&text, TEST_DATA_DIR "/profile.json", NULL), ERR_OK);
    json_object_object_add(o, "profile", parsed(text.data));
    buf_fini(&text);
    return o;
}

static bool engine(enum protocol_method method, struct json_object *params, client_reply_fn *reply,
                   void *arg)
{
    struct json_object *result = NULL;
    struct err_info info = {0};
    (void)params;
    if (method == METHOD_ARTIFACT_LIST)
        result = parsed("{\"artifacts\":[{\"id\":\"a9\",\"name\":\"solve\",\"kind\":\"function\","
                        "\"task\":\"Count\",\"solved\":true,\"created\":1699999000000,\"tags\":[]}]"
                        ",\"more\":false}");
    else if (method == METHOD_ARTIFACT_SHOW)
        result = artifact();
    else if (method == METHOD_ARTIFACT_PROFILE && refusal)
        (void)err_set(&info, ERR_INPUT, "%s", refusal);
    else if (method == METHOD_ARTIFACT_PROFILE)
        result = parsed("{\"job\":12}");
    if (reply)
        reply(arg, result, info.code ? &info : NULL);
    json_object_put(result);
    return true;
}

static void browser(struct ui *ui, int w, int h, bool ascii)
{
    shown = 0;
    refusal = NULL;
    answer_with = engine;
    asked[METHOD_ARTIFACT_PROFILE][0] = 0;
    dashboard(ui, w, h, ascii);
    ui_focus(ui, PANE_MEMORY);
    ui->zoom = true;
    ui_draw(ui);
}

static void done(struct ui *ui, int64_t job, const char *status, const char *message)
{
    struct event ev = {.type = EVENT_JOB_DONE, .job = job, .time = 1700000009000};
    ev.u.job_done.status = status;
    ev.u.job_done.message = message;
    ev.u.job_done.artifact = "a10";
    ev.u.job_done.result = "null";
    ev.u.job_done.checked = "null";
    ev.u.job_done.error = "";
    ui_event(ui, &ev);
}

/* The whole screen, zoomed: 80×24, 60×16, 120×40, and without UTF-8. */
static void it_looks_as_it_should(void **state)
{
    static const struct {
        int w, h;
        bool ascii;
        const char *name;
    } cases[] = {{80, 24, false, "profile"},
                 {60, 16, false, "profile"},
                 {120, 40, false, "profile"},
                 {80, 24, true, "profile-ascii"}};
    struct ui ui;
    (void)state;
    measured = true;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        browser(&ui, cases[i].w, cases[i].h, cases[i].ascii);
        press(&ui, 'p', 0);
        ui_draw(&ui);
        check_golden(&ui, cases[i].name);
        ui_fini(&ui);
    }
}

static void functions_open_and_close(void **state)
{
    struct ui ui;
    (void)state;
    measured = true;
    browser(&ui, 100, 30, false);
    press(&ui, INPUT_ENTER, 0); /* the artifact's own page says it in a line */
    assert_true(on_screen(&ui, "8.40 ms a run, 68 % of it in line 8; p shows it"));
    press(&ui, 'p', 0);
    assert_string_equal(asked[METHOD_ARTIFACT_PROFILE], "");
    assert_true(on_screen(&ui, "if key(b) not in seen:"));
    assert_false(on_screen(&ui, "s += b"));
    press(&ui, INPUT_ENTER, 0); /* solve */
    assert_true(on_screen(&ui, "▶ solve"));
    assert_false(on_screen(&ui, "unique"));
    press(&ui, ' ', 0);
    assert_true(on_screen(&ui, "unique"));
    press(&ui, 'G', 0); /* total */
    press(&ui, INPUT_ENTER, 0);
    assert_true(on_screen(&ui, "s += b"));
    press(&ui, 'j', 0);
    press(&ui, INPUT_ENTER, 0); /* on one of its lines: the function that it stands in */
    assert_false(on_screen(&ui, "s += b"));
    assert_true(on_screen(&ui, "▶ total"));
    press(&ui, INPUT_ESC, 0);
    assert_false(on_screen(&ui, "▶ total"));
    ui_fini(&ui);
}

static void what_has_none_is_measured(void **state)
{
    struct ui ui;
    (void)state;
    measured = false;
    browser(&ui, 100, 30, false);
    action_line(&ui, "/profile a9"); /* by its command, from elsewhere */
    assert_int_equal(ui.focus, PANE_MEMORY);
    assert_non_null(strstr(asked[METHOD_ARTIFACT_PROFILE], "\"id\":\"a9\""));
    assert_true(on_screen(&ui, "it runs in the sandbox, and is measured"));
    done(&ui, 11, "failed", "another job");
    assert_false(on_screen(&ui, "another job"));
    measured = true;
    done(&ui, 12, "solved", "8.4 ms a run");
    assert_true(on_screen(&ui, "if key(b) not in seen:"));
    asked[METHOD_ARTIFACT_PROFILE][0] = 0;
    press(&ui, 'p', 0); /* again */
    assert_non_null(strstr(asked[METHOD_ARTIFACT_PROFILE], "\"id\":\"a9\""));
    done(&ui, 12, "failed", "the sandbox is gone");
    assert_true(on_screen(&ui, "the sandbox is gone"));
    assert_true(on_screen(&ui, "if key(b) not in seen:")); /* what was measured stays */
    ui_fini(&ui);
}

static void why_it_could_not_be_measured_is_told(void **state)
{
    struct ui ui;
    (void)state;
    measured = false;
    browser(&ui, 100, 30, false);
    press(&ui, 'p', 0);
    done(&ui, 12, "failed", "nothing could be measured: the program ended the process");
    assert_true(on_screen(&ui, "nothing could be measured: the program ended the process"));
    press(&ui, INPUT_ESC, 0);
    refusal = "there is no artifact a9; see dise artifact list";
    press(&ui, 'p', 0);
    assert_true(on_screen(&ui, "there is no artifact a9"));
    press(&ui, INPUT_ESC, 0);
    press(&ui, 't', 0);
    press(&ui, 'p', 0);
    assert_true(on_screen(&ui, "programs are profiled: they stand under Artifacts"));
    ui_fini(&ui);
}

/* A job of the command line is told in the conversation by its hot lines. */
static void the_conversation_has_the_hot_lines(void **state)
{
    struct event created = {.type = EVENT_JOB_CREATED, .job = 12, .time = 1700000000000};
    struct event ev = {.type = EVENT_JOB_DONE, .job = 12, .time = 1700000009000};
    struct buf text;
    struct ui ui;
    (void)state;
    buf_init(&text, 1 << 20);
    assert_int_equal(buf_read_file(&text, TEST_DATA_DIR "/profile.json", NULL), ERR_OK);
    answer_with = engine;
    dashboard(&ui, 120, 40, false);
    created.u.job_created.kind = "profile";
    created.u.job_created.title = created.u.job_created.task = "profile a9: solve";
    ui_event(&ui, &created);
    ui_show_job(&ui, 12);
    ev.u.job_done.status = "solved";
    ev.u.job_done.message = "8.4 ms a run of 3 examples of its task";
    ev.u.job_done.artifact = "a10";
    ev.u.job_done.result = text.data;
    ev.u.job_done.checked = "null";
    ev.u.job_done.error = "";
    ui_event(&ui, &ev);
    assert_true(on_screen(&ui, "solved: 8.4 ms a run of 3 examples of its task"));
    assert_true(on_screen(&ui, "68 %  line 8      if key(b) not in seen:"));
    assert_true(on_screen(&ui, "13 %  line 21  table = [list(range(50))"));
    assert_false(on_screen(&ui, "\"wall_ms\""));
    buf_fini(&text);
    ui_fini(&ui);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_looks_as_it_should),
        cmocka_unit_test(functions_open_and_close),
        cmocka_unit_test(what_has_none_is_measured),
        cmocka_unit_test(the_conversation_has_the_hot_lines),
        cmocka_unit_test(why_it_could_not_be_measured_is_told),
    };
    return cmocka_run_group_tests(tests, read_session, free_session);
}
