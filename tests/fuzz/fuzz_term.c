/* Text of any bytes drawn by the real renderer on a pseudo-terminal: what comes out is printable
 * text and sequences that DiSE itself writes. */
#include <stdlib.h>

#include "../term_output.h"
#include "fuzz_text.h"
#include "ui/widget/markup.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

enum { W = 60, H = 20 };

static struct fake_terminal fake;
static struct term *term;
static struct canvas canvas;
static struct text_view *view;

static void prepare(void)
{
    struct err_info info;
    setenv("TERM", "xterm-256color", 1);
    if (!fake_open(&fake, W, H) ||
        term_open(&term, &(struct term_options){.path = fake.path}, &info) ||
        canvas_init(&canvas, W, H, false) || !(view = text_view_new(1 << 16)))
        abort();
}

static void draw(const char *text, size_t n)
{
    struct markup *m = markup_new(view, (struct text_layout){0}, STYLE_DIM, "dise");
    struct canvas half = canvas_part(&canvas, (struct rect){0, 0, W, H / 2});
    char *line = fuzz_text(text, n);
    canvas_clear(&canvas);
    text_view_clear(view);
    if (!m || markup_feed(m, text, n) || markup_end(m))
        abort();
    text_view_draw(view, &half);
    canvas_put(&canvas, 0, H / 2, STYLE_TEXT, text, n);
    canvas_puts(&canvas, 3, H / 2 + 1, STYLE_OK, line);
    canvas_put_fit(&canvas, 1, H / 2 + 2, 20, STYLE_WARN, line);
    canvas_put_right(&canvas, 1, H / 2 + 3, 30, STYLE_ERROR, line);
    canvas_put_wrapped(&canvas, (struct rect){0, H / 2 + 4, W, 3}, STYLE_CODE, line);
    free(line);
    markup_free(m);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct buf out;
    size_t at;
    if (!term)
        prepare();
    buf_init(&out, 8 << 20);
    fake_read(&fake, &out);
    buf_clear(&out);
    draw((const char *)data, size);
    fake_draw(&fake, term, &canvas, &out);
    at = foreign_byte(out.data, out.len);
    if (at < out.len) {
        fprintf(stderr, "foreign byte %02x at %zu of %zu\n", (unsigned char)out.data[at], at,
                out.len);
        abort();
    }
    buf_fini(&out);
    return 0;
}
