/* A task file or a report of any bytes: tasks or a sentence with its place; lines of the view that
 * fit the width. The first byte says which, and how wide. */
#include <stdlib.h>
#include <string.h>

#include "base/task_file.h"
#include "fuzz_text.h"
#include "ui/widget/markdown.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void tasks(const char *text, size_t n)
{
    struct json_object *list = NULL;
    struct err_info info = {0};
    enum err e = task_file_parse(text, n, "tasks", &list, &info);
    if (e ? list != NULL || !info.message[0] || info.line < 0 || info.column < 0
          : json_object_array_length(list) == 0)
        abort();
    json_object_put(list);
}

static void report(const char *text, size_t n, int width)
{
    struct text_view *v = text_view_new(1 << 18);
    char *copy = fuzz_text(text, n);
    struct canvas c;
    if (!v || canvas_init(&c, width, 40, false))
        abort();
    markdown_show(v, copy, width, n & 1);
    text_view_draw(v, &c);
    canvas_fini(&c);
    text_view_free(v);
    free(copy);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    static bool prepared;
    if (!prepared)
        prepared = cluster_locale();
    if (size < 1)
        return 0;
    if (data[0] & 1)
        tasks((const char *)data + 1, size - 1);
    else
        report((const char *)data + 1, size - 1, 1 + data[0] / 2);
    return 0;
}
