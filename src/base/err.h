/* Errors: one enum for policy, one caller-owned struct for what a person needs to read. */
#ifndef DISE_BASE_ERR_H
#define DISE_BASE_ERR_H

#include <stdbool.h>

enum err {
#define ERR(name, text, retryable) ERR_##name,
#include "base/err.def"
#undef ERR
    ERR_COUNT
};

#define MUST_CHECK             __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))

/* What went wrong, for a person. Zero-initialise; the callee fills it only when it fails. */
struct err_info {
    enum err code;
    int native;         /* errno, curl, sqlite or HTTP status; 0 if none */
    int retry_after_ms; /* the peer asks to wait so long; 0: it did not say */
    int line, column;   /* 1-based place in the user's input; 0 if none */
    char file[192];     /* the user's file, or "" */
    char message[512];  /* one sentence: what, and what to do; never a secret */
};

/* Fills `info` (may be NULL) and returns `code`, so that `return err_set(...)` reads well. */
enum err err_set(struct err_info *info, enum err code, const char *format, ...) PRINTF_LIKE(3, 4);
/* The same with the place in the user's input. `file` is copied (its tail, when too long). */
enum err err_at(struct err_info *info, enum err code, const char *file, int line, int column,
                const char *format, ...) PRINTF_LIKE(6, 7);
/* Maps an errno value to the enum (ENOSPC → ERR_NOSPACE …) and says `what` failed. */
enum err err_errno(struct err_info *info, int number, const char *what);

/* "NET_CONNECT"; never NULL. */
const char *err_name(enum err code);
/* The general text of the code; never NULL. */
const char *err_text(enum err code);
bool err_retryable(enum err code);
/* Code by its name ("TIMEOUT"); ERR_INTERNAL when unknown. */
enum err err_by_name(const char *name);
/* "file:line:column: message" with what is known, into `out`; returns `out`. */
const char *err_format(const struct err_info *info, char *out, unsigned long size);

#endif
