/* A model's answer of any bytes: the program out of it has no controls, a longer answer stays
 * closed, what ends it early is the same however it comes, and the pane shows the same lines
 * however the stream was cut. The first byte is the cut.
 */
#include <stdlib.h>
#include <string.h>

#include "core/pipeline/code_stream.h"
#include "core/pipeline/extract.h"
#include "ui/widget/markup.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void show(const char *text, size_t n, size_t cut, struct buf *out)
{
    struct text_view *v = text_view_new(1 << 16);
    struct markup *m = markup_new(v, (struct text_layout){0}, STYLE_DIM, "dise");
    struct canvas c;
    if (markup_feed(m, text, cut) || markup_feed(m, text + cut, n - cut) || markup_end(m) ||
        canvas_init(&c, 40, 50, false))
        abort();
    text_view_draw(v, &c);
    if (canvas_text(&c, out) || canvas_styles(&c, out))
        abort();
    canvas_fini(&c);
    markup_free(m);
    text_view_free(v);
}

static void follow(const char *text, size_t n, size_t cut)
{
    struct code_stream whole, split;
    code_stream_init(&whole);
    code_stream_init(&split);
    code_stream_finish(&whole, text, n);
    code_stream_go_on(&split, text, cut);
    code_stream_finish(&split, text, n);
    if (whole.end > n || (whole.bare != CODE_STREAM_NOWHERE && whole.bare > n))
        abort();
    if (!whole.tail && !split.tail && (whole.state != split.state || whole.end != split.end))
        abort();
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct buf code, whole, split;
    const char *text = (const char *)data + 1;
    size_t n = size - 1, cut;
    static bool prepared;
    if (size < 2)
        return 0;
    if (!prepared)
        prepared = cluster_locale();
    cut = data[0] % size;
    buf_init(&code, 1 << 20);
    buf_init(&whole, 1 << 20);
    buf_init(&split, 1 << 20);
    if (extract_code(text, n, &code, NULL) == ERR_OK)
        for (size_t i = 0; i < code.len; i++)
            if (((unsigned char)code.data[i] < 0x20 && !strchr("\n\t", code.data[i])) ||
                code.data[i] == 0x7f || !code.data[i])
                abort();
    follow(text, n, cut);
    show(text, n, 0, &whole);
    show(text, n, cut, &split);
    if (whole.len != split.len || memcmp(whole.data, split.data, whole.len) != 0)
        abort();
    buf_fini(&code);
    buf_fini(&whole);
    buf_fini(&split);
    return 0;
}
