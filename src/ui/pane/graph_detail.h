/* One step whole, as text: the answer to job.step, or what the events told. */
#ifndef DISE_UI_GRAPH_DETAIL_H
#define DISE_UI_GRAPH_DETAIL_H

#include "base/json.h"
#include "ui/pane/graph.h"
#include "ui/widget/text_view.h"

/* Writes into an empty view. `o` may be NULL: only what is known without asking; `remark` (may be
 * "") stands instead of the rest. */
enum err graph_detail_write(struct text_view *view, const struct graph_node *node,
                            struct json_object *o, const char *remark, const struct canvas *glyphs,
                            int64_t now) MUST_CHECK;
/* Appends the same as plain text, for "copy". */
enum err graph_detail_text(const struct text_view *view, struct buf *out) MUST_CHECK;

#endif
