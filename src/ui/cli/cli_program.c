/* The program that a command is about: one that is kept, or a file. */
#include <string.h>

#include "base/utf8.h"
#include "ui/cli/cli.h"

enum { SOURCE_MAX = 256 << 10 };

static bool is_file(const char *word)
{
    size_t n = strlen(word);
    return strchr(word, '/') || (n > 3 && strcmp(word + n - 3, ".py") == 0);
}

static enum err add_file(const char *path, struct json_object *params, struct err_info *info)
{
    struct buf source;
    size_t bad;
    int line, column;
    enum err e;
    buf_init(&source, SOURCE_MAX);
    e = buf_read_file(&source, path, info);
    if (e == ERR_TOO_LARGE)
        err_set(info, e, "%.300s is longer than %d KB", path, SOURCE_MAX >> 10);
    bad = e ? 0 : utf8_invalid(source.data, source.len);
    if (!e && bad < source.len) {
        utf8_place(source.data, source.len, bad, &line, &column);
        e = err_at(info, ERR_INPUT, path, line, column, "the program is not valid UTF-8 text");
    } else if (!e && strlen(source.data) != source.len) {
        e = err_set(info, ERR_INPUT, "%.300s holds a zero byte; it is no program", path);
    } else if (!e && strspn(source.data, " \t\r\n") == source.len) {
        e = err_set(info, ERR_INPUT, "%.300s is empty", path);
    }
    if (!e) {
        json_add_str(params, "source", source.data);
        json_add_str(params, "file", path);
    }
    buf_fini(&source);
    return e;
}

enum err cli_add_program(struct json_object *params, const char *word, struct err_info *info)
{
    if (is_file(word))
        return add_file(word, params, info);
    json_add_str(params, "id", word);
    return ERR_OK;
}
