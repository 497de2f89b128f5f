/* Any JSON in the place of a profile: the rows of its tree, its line and its hot spots are bounded
 * texts, whatever it says. */
#include <stdlib.h>
#include <string.h>

#include "core/check/profile.h"
#include "ui/profile_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_row(void *arg, const struct profile_row *row)
{
    char bar[PROFILE_BAR_SIZE];
    (void)arg;
    profile_bar(row->share, 20, true, bar);
    if (strlen(row->text) > 520 || strlen(row->time) > 40 || strlen(row->count) > 40 ||
        strlen(row->memory) > 40 || strlen(row->key) >= PROFILE_KEY_SIZE || row->depth > 30)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct profile_out out = {.row = on_row};
    struct json_object *o = NULL;
    char brief[80];
    struct buf text;
    if (json_parse((const char *)data, size, NULL, &o, NULL))
        return 0;
    buf_init(&text, 1 << 16);
    profile_text(o, &out);
    profile_brief(o, brief, sizeof brief);
    if (profile_hot_spots(o, "def f(x):\n    return x\n", &text) || text.len > 4000)
        abort();
    buf_fini(&text);
    json_object_put(o);
    return 0;
}
