#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/secret.h"

static const struct {
    const char *name, *text;
    bool retryable;
} table[] = {
#define ERR(name, text, retryable) {#name, text, retryable},
#include "base/err.def"
#undef ERR
};

static PRINTF_LIKE(3, 0) void fill(struct err_info *info, enum err code, const char *format,
                                   va_list args)
{
    info->code = code;
    vsnprintf(info->message, sizeof info->message, format, args);
    secret_hide(info->message);
}

enum err err_set(struct err_info *info, enum err code, const char *format, ...)
{
    if (info) {
        va_list args;
        memset(info, 0, sizeof *info);
        va_start(args, format);
        fill(info, code, format, args);
        va_end(args);
    }
    return code;
}

enum err err_at(struct err_info *info, enum err code, const char *file, int line, int column,
                const char *format, ...)
{
    if (info) {
        va_list args;
        size_t n = file ? strlen(file) : 0;
        memset(info, 0, sizeof *info);
        info->line = line;
        info->column = column;
        if (n >= sizeof info->file)
            file += n - sizeof info->file + 1;
        if (file)
            snprintf(info->file, sizeof info->file, "%s", file);
        va_start(args, format);
        fill(info, code, format, args);
        va_end(args);
    }
    return code;
}

enum err err_errno(struct err_info *info, int number, const char *what)
{
    enum err code = ERR_IO;
    switch (number) {
    case ENOMEM:
        code = ERR_NOMEM;
        break;
    case ENOSPC:
    case EDQUOT:
        code = ERR_NOSPACE;
        break;
    case ENOENT:
    case ENOTDIR:
        code = ERR_NOT_FOUND;
        break;
    case EEXIST:
        code = ERR_EXISTS;
        break;
    case EACCES:
    case EPERM:
    case EROFS:
        code = ERR_DENIED;
        break;
    case ETIMEDOUT:
        code = ERR_TIMEOUT;
        break;
    case ECONNREFUSED:
    case EHOSTUNREACH:
    case ENETUNREACH:
        code = ERR_NET_CONNECT;
        break;
    case EPIPE:
    case ECONNRESET:
        code = ERR_NET_BROKEN;
        break;
    default:
        break;
    }
    err_set(info, code, "%s: %s", what, strerror(number));
    if (info)
        info->native = number;
    return code;
}

const char *err_name(enum err code)
{
    return (unsigned)code < ERR_COUNT ? table[code].name : "UNKNOWN";
}

const char *err_text(enum err code)
{
    return (unsigned)code < ERR_COUNT ? table[code].text : "unknown error";
}

bool err_retryable(enum err code)
{
    return (unsigned)code < ERR_COUNT && table[code].retryable;
}

enum err err_by_name(const char *name)
{
    for (int i = 0; name && i < ERR_COUNT; i++)
        if (strcmp(table[i].name, name) == 0)
            return (enum err)i;
    return ERR_INTERNAL;
}

const char *err_format(const struct err_info *info, char *out, unsigned long size)
{
    const char *text = info->message[0] ? info->message : err_text(info->code);
    if (info->file[0] && info->line)
        snprintf(out, size, "%s:%d:%d: %s", info->file, info->line, info->column, text);
    else if (info->file[0])
        snprintf(out, size, "%s: %s", info->file, text);
    else
        snprintf(out, size, "%s", text);
    return out;
}
