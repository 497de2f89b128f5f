#include "ui/own_command.h"

#include <string.h>

#include "base/path.h"

enum { TEXT_MAX = 1 << 20, WORDS_MAX = 96 };

static void on_closed(uv_handle_t *h)
{
    struct own_command *c = h->data;
    if (--c->open)
        return;
    c->done(c->arg, c->code, c->text.len ? c->text.data : "");
    buf_fini(&c->text);
}

static void on_ended(uv_process_t *process, int64_t code, int signal)
{
    struct own_command *c = process->data;
    c->code = signal ? -1 : (int)code;
    uv_close((uv_handle_t *)process, on_closed);
}

static void on_room(uv_handle_t *h, size_t wanted, uv_buf_t *out)
{
    static char room[16384]; /* used up before the next one is asked for: one loop, one thread */
    (void)h;
    (void)wanted;
    *out = uv_buf_init(room, sizeof room);
}

/* Of more than TEXT_MAX the end is not shown. */
static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *room)
{
    struct own_command *c = stream->data;
    if (n > 0)
        (void)!buf_add(&c->text, room->base, (size_t)n);
    else if (n < 0)
        uv_close((uv_handle_t *)stream, on_closed);
}

static int start(struct own_command *c, uv_loop_t *loop, char *program, char **words)
{
    uv_stdio_container_t files[3] = {
        {.flags = UV_IGNORE}, {.flags = UV_INHERIT_FD}, {.flags = UV_INHERIT_FD}};
    const uv_process_options_t options = {
        .file = program, .args = words, .exit_cb = on_ended, .stdio = files, .stdio_count = 3};
    uv_file ends[2]; /* one pipe for both outputs, so that their lines stay in order */
    int code = uv_pipe(ends, UV_NONBLOCK_PIPE, 0);
    if (code)
        return code;
    files[1].data.fd = files[2].data.fd = ends[1];
    uv_pipe_init(loop, &c->out, 0);
    c->out.data = c->process.data = c;
    c->open = 2;
    code = uv_spawn(loop, &c->process, &options);
    uv_fs_t closing;
    uv_fs_close(NULL, &closing, ends[1], NULL);
    uv_pipe_open(&c->out, ends[0]);
    uv_read_start((uv_stream_t *)&c->out, on_room, on_read);
    return code;
}

enum err own_command_run(struct own_command *c, uv_loop_t *loop, const char *home,
                         const char *const *words, own_command_fn *done, void *arg,
                         struct err_info *info)
{
    char program[PATH_SIZE];
    const char *argv[WORDS_MAX + 4] = {program, "--home", home};
    int code, n = 0;
    if (c->open)
        return err_set(info, ERR_BUSY, "a command before this one still runs");
    if (path_beside("dise", program, info))
        return err_set(info, ERR_NOT_FOUND, "the program dise is not beside this one");
    while (words[n] && n < WORDS_MAX) {
        argv[3 + n] = words[n];
        n++;
    }
    if (words[n])
        return err_set(info, ERR_INPUT, "at most %d words", WORDS_MAX);
    buf_init(&c->text, TEXT_MAX);
    c->done = done;
    c->arg = arg;
    c->code = -1;
    code = start(c, loop, program, (char **)(uintptr_t)argv);
    if (!code)
        return ERR_OK;
    if (!c->open)
        return err_set(info, ERR_IO, "dise cannot be started: %s", uv_strerror(code));
    snprintf(program, sizeof program, "dise cannot be started: %s\n", uv_strerror(code));
    (void)!buf_adds(&c->text, program);
    uv_close((uv_handle_t *)&c->process, on_closed); /* done() tells it */
    return ERR_OK;
}
