/* The protocol between the engine and its clients, as one table (protocol.def). */
#ifndef DISE_CORE_PROTOCOL_H
#define DISE_CORE_PROTOCOL_H

enum {
    PROTOCOL_VERSION = 1,
    PROTOCOL_REQUEST_MAX = 16 << 20, /* bytes of one line */
    PROTOCOL_TASK_MAX = 256 << 10,   /* bytes of a task's text */
};

enum protocol_method {
#define METHOD(id, name, params, result, text) METHOD_##id,
#include "core/protocol.def"
#undef METHOD
    METHOD_COUNT
};

/* "job.submit" */
const char *protocol_name(enum protocol_method method);
/* METHOD_COUNT when unknown. */
enum protocol_method protocol_by_name(const char *name);

/* JSON-RPC error codes: the standard's, and -32000 - enum err for the engine's own; the `data`
 * member holds {"code":"NOT_FOUND","file":…,"line":…,"column":…}. */
enum {
    RPC_PARSE = -32700,
    RPC_INVALID = -32600,
    RPC_NO_METHOD = -32601,
    RPC_PARAMS = -32602,
    RPC_ENGINE = -32000,
};

/* Exit codes of the command line: a contract for scripts. */
enum {
    EXIT_SOLVED = 0,
    EXIT_UNSOLVED = 1,
    EXIT_USAGE = 2,
    EXIT_NO_BACKEND = 3,
    EXIT_BUDGET = 4,
    EXIT_CANCELLED = 130,
};

#endif
