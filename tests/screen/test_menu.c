/* The menu bar: opened by key and mouse, every action of the table reachable in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../screen_fixture.h"

static const struct {
    int w, h;
} sizes[] = {{60, 16}, {80, 24}, {120, 40}, {200, 60}};

static void mouse(struct ui *ui, enum input_mouse what, int x, int y)
{
    const struct input_event ev = {.type = INPUT_MOUSE, .mouse = what, .button = 1, .x = x, .y = y};
    ui_input(ui, &ev);
}

static void it_looks_as_it_should_at_every_size(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct ui ui;
        dashboard(&ui, sizes[i].w, sizes[i].h, false);
        press(&ui, INPUT_F0 + 10, 0);
        ui_draw(&ui);
        check_golden(&ui, "menu-general");
        press(&ui, INPUT_RIGHT, 0);
        press(&ui, INPUT_UP, 0); /* around the end */
        ui_draw(&ui);
        check_golden(&ui, "menu-panes");
        press(&ui, INPUT_ESC, 0);
        assert_int_equal(ui.overlay, OVERLAY_NONE);
        ui_fini(&ui);
    }
}

static void letters_jump_and_enter_does(void **state)
{
    struct ui ui;
    (void)state;
    dashboard(&ui, 80, 24, false);
    press(&ui, INPUT_F0 + 10, 0);
    press(&ui, 'd', 0);
    press(&ui, INPUT_ENTER, 0);
    assert_string_equal(asked[METHOD_DOCTOR], "{}");
    press(&ui, INPUT_F0 + 10, 0);
    press(&ui, INPUT_F0 + 10, 0);
    assert_int_equal(ui.overlay, OVERLAY_NONE);
    ui_fini(&ui);
}

/* Opens the menu at an action by keys. */
static void go_to(struct ui *ui, enum action a)
{
    ui->menu.group = ui->menu.item = 0;
    press(ui, INPUT_F0 + 10, 0);
    for (int i = 0; i < 100; i++) {
        char help[200];
        struct buf text;
        buf_init(&text, 1 << 20);
        ui_draw(ui);
        assert_int_equal(canvas_text(&ui->canvas, &text), ERR_OK);
        snprintf(help, sizeof help, "%.40s", action_help(a)); /* in the last row */
        if (strstr(strrchr(strndupa(text.data, text.len - 1), '\n'), help)) {
            buf_fini(&text);
            return;
        }
        buf_fini(&text);
        press(ui, INPUT_DOWN, 0);
        if (ui->menu.item == 0)
            press(ui, INPUT_RIGHT, 0);
    }
    fail_msg("%s is not in the menu", action_name(a));
}

static void every_action_is_in_it_and_arguments_go_to_the_input_line(void **state)
{
    struct ui ui;
    (void)state;
    dashboard(&ui, 200, 60, false);
    for (int a = 0; a < ACTION_COUNT; a++) {
        enum pane_id pane = action_pane((enum action)a);
        if (a == ACTION_MENU || (pane != PANE_COUNT && !ui_has(&ui, pane)))
            continue;
        go_to(&ui, (enum action)a);
        press(&ui, INPUT_ESC, 0);
    }
    go_to(&ui, ACTION_RUN);
    press(&ui, INPUT_ENTER, 0);
    assert_string_equal(editor_text(ui.input, NULL), "/run ");
    assert_true(ui.typing);
    go_to(&ui, ACTION_BATCH); /* its argument may be left out */
    press(&ui, INPUT_ENTER, 0);
    assert_int_equal(ui.overlay, OVERLAY_BATCH);
    press(&ui, INPUT_ESC, 0);
    go_to(&ui, ACTION_BATCH_PAUSE); /* shows the pane that it is about */
    press(&ui, INPUT_ENTER, 0);
    assert_int_equal(ui.focus, PANE_BATCH);
    ui_fini(&ui);
}

static void the_mouse_opens_and_chooses(void **state)
{
    struct ui ui;
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        dashboard(&ui, sizes[i].w, sizes[i].h, false);
        asked[METHOD_ENGINE_STATUS][0] = 0;
        ui_draw(&ui);
        mouse(&ui, INPUT_PRESS, 2, 0);
        mouse(&ui, INPUT_RELEASE, 2, 0);
        assert_int_equal(ui.overlay, OVERLAY_MENU);
        ui_draw(&ui);
        mouse(&ui, INPUT_PRESS, 5, 5); /* help, palette, quit, status */
        assert_string_equal(asked[METHOD_ENGINE_STATUS], "{}");
        assert_int_equal(ui.overlay, OVERLAY_NONE);
        mouse(&ui, INPUT_PRESS, 2, 0);
        mouse(&ui, INPUT_PRESS, 12, 0);
        assert_int_equal(ui.menu.group, 1);
        mouse(&ui, INPUT_PRESS, sizes[i].w - 1, sizes[i].h - 1);
        assert_int_equal(ui.overlay, OVERLAY_NONE);
        ui_fini(&ui);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_looks_as_it_should_at_every_size),
        cmocka_unit_test(letters_jump_and_enter_does),
        cmocka_unit_test(every_action_is_in_it_and_arguments_go_to_the_input_line),
        cmocka_unit_test(the_mouse_opens_and_chooses),
    };
    return cmocka_run_group_tests(tests, read_session, free_session);
}
