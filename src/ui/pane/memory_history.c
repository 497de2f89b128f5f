/* How an artifact became what it is: its versions, what changed since the one before, what it was
 * made of and what became of it; going back to a version, and making one in an editor. */
#include <stdio.h>
#include <string.h>

#include "ui/pane/memory.h"
#include "ui/rag_text.h"

/* ---- the page ---- */

static void on_line(void *arg, enum rag_line how, const char *text)
{
    static const enum style styles[] = {[RAG_PLAIN] = STYLE_TEXT,
                                        [RAG_DIM] = STYLE_DIM,
                                        [RAG_GOOD] = STYLE_OK,
                                        [RAG_BAD] = STYLE_ERROR,
                                        [RAG_HEAD] = STYLE_BOLD};
    static const struct text_layout layout = {.margin = 1, .hang = 2, .wrap = TEXT_WRAP_CHAR};
    struct memory *m = arg;
    char ascii[1000];
    if (m->ui->plain) {
        rag_text_ascii(text, ascii, sizeof ascii);
        text = ascii;
    }
    if (text_view_line(m->detail, layout, STYLE_TEXT, NULL) ||
        text_view_add(m->detail, styles[how], text, strlen(text)))
        ui_note(m->ui, "out of memory: a part is not shown");
}

static void part(struct memory *m, const char *title,
                 void (*write)(struct json_object *, const struct rag_out *), struct json_object *o)
{
    const struct rag_out out = {on_line, m};
    static const struct text_layout rule = {.wrap = TEXT_WRAP_RULE};
    if (text_view_line(m->detail, rule, STYLE_TEXT, NULL) ||
        text_view_add(m->detail, STYLE_HINT, title, strlen(title)))
        return;
    if (o)
        write(o, &out);
    else
        on_line(m, RAG_DIM, "looking");
}

static void write_gates(struct json_object *o, const struct rag_out *out)
{
    rag_text_gates(o, "", out);
}

void memory_write_history(struct memory *m, struct json_object *o)
{
    struct memory_history *h = &m->history;
    memory_write_head(m, o);
    part(m, "versions", rag_text_versions, h->versions);
    if (json_get(o, "gates"))
        part(m, "gates", write_gates, o);
    if (h->older[0])
        part(m, "what changed", rag_text_diff, h->diff);
    part(m, "lineage", rag_text_lineage, h->lineage);
}

void memory_history_forget(struct memory *m)
{
    struct memory_history *h = &m->history;
    json_object_put(h->versions);
    json_object_put(h->diff);
    json_object_put(h->lineage);
    memset(h, 0, sizeof *h);
}

/* ---- asking ---- */

static bool is_for(const struct memory *m, const struct memory_ask *ask)
{
    return m->open && m->history.on && strcmp(m->open_id, ask->id) == 0;
}

static void take(struct memory *m, struct json_object **place, struct json_object *result)
{
    json_object_put(*place);
    *place = json_object_get(result);
    memory_write_again(m);
}

static void on_diff(struct memory *m, const struct memory_ask *ask, struct json_object *result,
                    const struct err_info *info)
{
    if (!info && is_for(m, ask))
        take(m, &m->history.diff, result);
}

static void on_lineage(struct memory *m, const struct memory_ask *ask, struct json_object *result,
                       const struct err_info *info)
{
    if (!info && is_for(m, ask))
        take(m, &m->history.lineage, result);
}

/* The version before it: they come newest first. */
static const char *before(struct json_object *versions, const char *id)
{
    size_t n = versions ? json_object_array_length(versions) : 0;
    for (size_t i = 0; i + 1 < n; i++)
        if (strcmp(json_str(json_object_array_get_idx(versions, i), "id", ""), id) == 0)
            return json_str(json_object_array_get_idx(versions, i + 1), "id", "");
    return "";
}

static void on_versions(struct memory *m, const struct memory_ask *ask, struct json_object *result,
                        const struct err_info *info)
{
    struct memory_history *h = &m->history;
    struct json_object *params;
    if (info || !is_for(m, ask))
        return;
    snprintf(h->older, sizeof h->older, "%s", before(json_array(result, "versions"), ask->id));
    take(m, &h->versions, result);
    if (!h->older[0])
        return;
    params = json_object_new_object();
    json_add_str(params, "from", h->older);
    json_add_str(params, "to", ask->id);
    memory_call(m, METHOD_RAG_DIFF, params, ask->id, NULL, on_diff);
}

void memory_history_ask(struct memory *m)
{
    memory_call(m, METHOD_RAG_VERSIONS, NULL, m->open_id, NULL, on_versions);
    memory_call(m, METHOD_RAG_LINEAGE, NULL, m->open_id, NULL, on_lineage);
}

static void show_history(struct memory *m, const char *id)
{
    memory_show(m, id);
    m->history.on = true;
    memory_history_ask(m);
}

void memory_show_history(struct memory *m, const char *args)
{
    char id[MEMORY_ID];
    if (m->tab == MEMORY_TOOLS && !*args) {
        ui_note(m->ui, "a tool has no versions; R twice drops yours");
        return;
    }
    if (!memory_target(m, args, id, NULL))
        return;
    if (m->open && m->history.on && strcmp(m->open_id, id) == 0)
        memory_show(m, id);
    else
        show_history(m, id);
}

/* ---- going back ---- */

static void on_made(struct memory *m, const struct memory_ask *ask, struct json_object *result,
                    const struct err_info *info)
{
    const char *breaking = json_str(result, "breaking", "");
    if (info) {
        if (ask->text) {
            memory_keep_draft(m, ask->id, ask->text, info);
            ui_note(m->ui, "not taken: %s; e goes on with your text", info->message);
        }
        return;
    }
    json_object_object_del(m->tools.drafts, ask->id);
    ui_note(m->ui, "%s is version %s now: %s%s%s", json_str(result, "id", ""),
            json_str(result, "version", ""), json_str(result, "reason", ""),
            *breaking ? "; callers break: " : "", breaking);
    if (m->tab != MEMORY_TOOLS)
        show_history(m, json_str(result, "id", ""));
}

/* Of an older version itself, of the newest the one before. */
void memory_rollback(struct memory *m, const char *args)
{
    struct json_object *params;
    char id[MEMORY_ID];
    bool old;
    if ((m->tab == MEMORY_TOOLS && !*args) || !memory_target(m, args, id, NULL))
        return;
    old = m->open && m->shown && json_flag(m->shown, "old", false);
    if (strcmp(m->rollback, id) != 0) {
        snprintf(m->rollback, sizeof m->rollback, "%s", id);
        ui_note(m->ui, "%s again makes %s%s the version that counts, as a new one", "B",
                old ? "" : "the version before ", id);
        return;
    }
    m->rollback[0] = 0;
    params = json_object_new_object();
    if (old)
        json_add_str(params, "to", id);
    memory_call(m, METHOD_RAG_ROLLBACK, params, id, NULL, on_made);
}

/* ---- in an editor ---- */

static const char *ending_of(struct json_object *o)
{
    const char *kind = json_str(o, "kind", "");
    if (strcmp(kind, "workflow") == 0)
        return "json";
    return json_get(o, "code") || json_get(o, "source") ? "py" : "txt";
}

static void edit(struct memory *m, const char *id, struct json_object *o)
{
    struct json_object *draft = memory_draft(m, id), *params;
    const char *text = draft ? json_str(draft, "text", "") : rag_text_content(o);
    char name[MEMORY_ID + 8], why[300] = "there is no editor here";
    struct ui *ui = m->ui;
    struct buf changed;
    buf_init(&changed, MEMORY_FILE_MAX);
    snprintf(name, sizeof name, "%s.%s", id, ending_of(o));
    if (!ui->link.edit || !ui->link.edit(ui->link.arg, name, text, &changed, why, sizeof why)) {
        ui_note(ui, "%s", why);
    } else if (strcmp(changed.data, text) == 0 && !draft) {
        ui_note(ui, "nothing was changed");
    } else {
        memory_keep_draft(m, id, changed.data, NULL); /* until the engine has taken it */
        params = json_object_new_object();
        json_add_str(params, "content", changed.data);
        json_add_str(params, "reason", "edited by hand");
        memory_call(m, METHOD_RAG_REVISE, params, id, changed.data, on_made);
    }
    buf_fini(&changed);
}

static void on_edit(struct memory *m, const struct memory_ask *ask, struct json_object *result,
                    const struct err_info *info)
{
    if (!info)
        edit(m, ask->id, result);
}

void memory_edit(struct memory *m, const char *args)
{
    char id[MEMORY_ID];
    if (memory_target(m, args, id, NULL))
        memory_call(m, METHOD_ARTIFACT_SHOW, NULL, id, NULL, on_edit);
}
