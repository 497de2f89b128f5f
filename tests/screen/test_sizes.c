/* 10,000 sizes between 1×1 and 500×200 with everything that can be open; and what is remembered of
 * layout and focus between two sessions, also out of a broken file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../screen_fixture.h"
#include "ui/menu.h"
#include "ui/pane/batch_form.h"

enum { RESIZES = 10000 };

static uint32_t next(uint32_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    return *seed ^= *seed << 5;
}

static void open_something(struct ui *ui, uint32_t what)
{
    ui->overlay = OVERLAY_NONE;
    switch (what % 12) {
    case 0:
        action_do(ui, ACTION_HELP, "");
        break;
    case 1:
        menu_open(ui);
        break;
    case 2:
        batch_form_open(ui, "a1");
        break;
    case 3:
        ui_open_palette(ui);
        break;
    case 4:
        ui->overlay = OVERLAY_SETUP;
        break;
    case 5:
        ui->overlay = OVERLAY_CONFIRM;
        break;
    case 6:
        ui->zoom = !ui->zoom;
        break;
    default:
        ui_focus(ui, (enum pane_id)(what / 12 % PANE_COUNT));
    }
}

static void ten_thousand_sizes(void **state)
{
    uint32_t seed = 2463534242;
    struct ui old, ui;
    const struct rect none = {0};
    (void)state;
    dashboard(&old, 120, 40, false);
    dashboard(&ui, 120, 40, false);
    for (int i = 0; i < line_count; i++) {
        fold_line(&old, lines[i]);
        fold_line(&ui, lines[i]);
    }
    ui_draw(&old);
    for (int i = 0; i < RESIZES; i++) {
        int w = 1 + (int)(next(&seed) % 500), h = 1 + (int)(next(&seed) % 200);
        assert_int_equal(ui_resize(&ui, w, h), ERR_OK);
        if (i % 100 == 99)
            open_something(&ui, next(&seed));
        ui_draw(&ui);
        assert_true(ui.canvas.w == w && ui.canvas.h == h);
    }
    ui.overlay = OVERLAY_NONE;
    ui.zoom = false;
    ui_type(&ui, NULL);
    ui.tab = old.tab;
    ui.note[0] = 0;
    assert_int_equal(ui_resize(&ui, 120, 40), ERR_OK);
    ui_draw(&ui);
    assert_int_equal(differences(&old, &ui, none, none), 0);
    ui_fini(&ui);
    ui_fini(&old);
}

/* ---- what is remembered ---- */

static void layout_and_focus_come_back(void **state)
{
    struct ui old, new;
    struct json_object *kept;
    const struct rect none = {0};
    (void)state;
    dashboard(&old, 120, 40, false);
    dashboard(&new, 120, 40, false);
    ui_draw(&old);
    ui_focus(&old, PANE_BATCH);
    ui_draw(&old);
    ui_grow(&old, true, 80);
    ui_grow(&old, false, -80);
    ui_focus(&old, PANE_STAGES);
    ui_draw(&old);
    kept = ui_keep(&old);
    ui_recall(&new, kept);
    ui_draw(&new);
    assert_int_equal(new.focus, PANE_STAGES);
    assert_int_equal(new.tab, old.tab);
    assert_memory_equal(new.shares, old.shares, sizeof old.shares);
    assert_memory_not_equal(new.shares, layout_standard, sizeof new.shares);
    assert_false(new.typing);
    assert_int_equal(differences(&old, &new, none, none), 0);
    json_object_put(kept);
    old.zoom = true;
    kept = ui_keep(&old);
    ui_recall(&new, kept);
    assert_true(new.zoom);
    json_object_put(kept);
    ui_fini(&new);
    ui_fini(&old);
}

static void a_broken_file_does_not_hurt(void **state)
{
    static const char *const broken[] = {
        "{}",
        "[]",
        "7",
        "\"x\"",
        "{\"shares\":7}",
        "{\"shares\":[null,\"x\",1e300,-1,[],{},1,2,3,4,5]}",
        "{\"focus\":7,\"tab\":[]}",
        "{\"focus\":\"nowhere\",\"tab\":\"talk\",\"typing\":true}",
        "{\"focus\":\"batch\",\"typing\":true,\"zoom\":\"x\"}",
        ("{\"batch\":7,\"talk\":[],\"stages\":\"\",\"memory\":{\"tab\":99},\"graph\":{\"zoom\":-4},"
         "\"jobs\":{\"sort\":\"x\"},\"metrics\":null}")};
    (void)state;
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        struct json_object *o;
        struct ui ui;
        dashboard(&ui, 100, 30, false);
        assert_int_equal(json_parse(broken[i], strlen(broken[i]), NULL, &o, NULL), ERR_OK);
        ui_recall(&ui, o);
        ui_draw(&ui);
        assert_true(ui_has(&ui, ui.focus));
        assert_true(!ui.typing || ui.focus == PANE_TALK);
        for (int s = 0; s < SHARE_COUNT; s++)
            assert_int_equal(ui.shares[s], layout_limit(ui.shares[s]));
        type(&ui, "x");
        ui_draw(&ui);
        json_object_put(o);
        ui_fini(&ui);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ten_thousand_sizes),
        cmocka_unit_test(layout_and_focus_come_back),
        cmocka_unit_test(a_broken_file_does_not_hurt),
    };
    return cmocka_run_group_tests(tests, read_session, free_session);
}
