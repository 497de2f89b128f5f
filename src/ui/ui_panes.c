/* The panes as a set: which there are, which has the focus, how much room they get, what of them is
 * remembered between sessions. */
#include <stdlib.h>
#include <string.h>

#include "ui/ui.h"

const struct pane_class *const pane_classes[PANE_COUNT] = {
    [PANE_TALK] = &pane_talk,       [PANE_GRAPH] = &pane_graph,   [PANE_STAGES] = &pane_stages,
    [PANE_METRICS] = &pane_metrics, [PANE_MEMORY] = &pane_memory, [PANE_JOBS] = &pane_jobs,
    [PANE_BATCH] = &pane_batch,
};

bool ui_has(const struct ui *ui, enum pane_id pane)
{
    return ui->panes[pane] != NULL;
}

enum err ui_open_panes(struct ui *ui)
{
    enum err e = ERR_OK;
    for (int p = 0; !e && p < PANE_COUNT; p++) {
        const struct pane_class *k = pane_classes[p];
        if (!k)
            continue;
        ui->panes[p] = calloc(1, k->size ? k->size : 1);
        if (!ui->panes[p])
            return ERR_NOMEM;
        if (k->open)
            e = k->open(ui, ui->panes[p]);
    }
    return e;
}

void ui_close_panes(struct ui *ui)
{
    for (int p = 0; p < PANE_COUNT; p++) {
        if (ui->panes[p] && pane_classes[p]->close)
            pane_classes[p]->close(ui, ui->panes[p]);
        free(ui->panes[p]);
    }
}

void ui_focus(struct ui *ui, enum pane_id pane)
{
    if (!ui_has(ui, pane))
        return;
    ui->focus = pane;
    if (pane != PANE_TALK)
        ui->tab = pane;
    ui->typing = false;
    ui->dirty = true;
}

void ui_type(struct ui *ui, const char *text)
{
    ui->focus = PANE_TALK;
    ui->typing = true;
    if (text)
        editor_set(ui->input, text);
    ui->dirty = true;
}

void ui_focus_next(struct ui *ui, int by)
{
    int at = ui->typing ? 0 : (int)ui->focus + 1; /* 0: the input line */
    do
        at = (at + by + PANE_COUNT + 1) % (PANE_COUNT + 1);
    while (at && !ui_has(ui, (enum pane_id)(at - 1)));
    if (at)
        ui_focus(ui, (enum pane_id)(at - 1));
    else
        ui_type(ui, NULL);
}

/* The border that moves: the nearest one of the focused pane's place. */
void ui_grow(struct ui *ui, bool wider, int by)
{
    struct rect r = ui->layout.pane[ui->focus];
    for (int i = 0; i < ui->layout.edge_count; i++) {
        const struct layout_edge *e = &ui->layout.edges[i];
        int near = e->vertical ? e->r.x + 1 : e->r.y + 1;
        int low = e->vertical ? r.x : r.y, high = e->vertical ? r.x + r.w : r.y + r.h;
        if (e->vertical != wider || (near != low && near != high))
            continue;
        ui->shares[e->share] = layout_limit(ui->shares[e->share] + (near == high ? by : -by));
        ui->dirty = true;
        return;
    }
    ui_note(ui, "this pane has all of the %s", wider ? "width" : "height");
}

/* ---- what is remembered ---- */

struct json_object *ui_keep(struct ui *ui)
{
    struct json_object *o = json_object_new_object(), *shares = json_object_new_array();
    for (int i = 0; i < SHARE_COUNT; i++)
        json_object_array_add(shares, json_object_new_int(ui->shares[i]));
    json_object_object_add(o, "shares", shares);
    json_add_bool(o, "zoom", ui->zoom);
    json_add_bool(o, "typing", ui->typing);
    json_add_str(o, "focus", pane_classes[ui->focus]->name);
    json_add_str(o, "tab", ui_has(ui, ui->tab) ? pane_classes[ui->tab]->name : "");
    for (int p = 0; p < PANE_COUNT; p++)
        if (ui->panes[p] && pane_classes[p]->save)
            json_object_object_add(o, pane_classes[p]->name,
                                   pane_classes[p]->save(ui, ui->panes[p]));
    return o;
}

static enum pane_id pane_named(const struct ui *ui, const char *name, enum pane_id otherwise)
{
    for (int p = 0; p < PANE_COUNT; p++)
        if (ui_has(ui, (enum pane_id)p) && strcmp(pane_classes[p]->name, name) == 0)
            return (enum pane_id)p;
    return otherwise;
}

void ui_recall(struct ui *ui, struct json_object *kept)
{
    struct json_object *shares = json_array(kept, "shares"), *own;
    for (int i = 0; shares && i < SHARE_COUNT && i < (int)json_object_array_length(shares); i++)
        ui->shares[i] =
            layout_limit(json_object_get_int(json_object_array_get_idx(shares, (size_t)i)));
    ui->zoom = json_flag(kept, "zoom", false);
    ui->focus = pane_named(ui, json_str(kept, "focus", ""), PANE_TALK);
    ui->tab = pane_named(ui, json_str(kept, "tab", ""), ui->tab);
    ui->typing = ui->focus == PANE_TALK && json_flag(kept, "typing", true);
    for (int p = 0; p < PANE_COUNT; p++)
        if (ui->panes[p] && pane_classes[p]->load &&
            (own = json_object_of(kept, pane_classes[p]->name)))
            pane_classes[p]->load(ui, ui->panes[p], own);
}
