/* The parts of the calculator: arithmetic_token.c (words and numbers), arithmetic.c (what they
 * say), arithmetic_program.c (the expression as text and as Python). */
#ifndef DISE_CORE_ARITHMETIC_INTERNAL_H
#define DISE_CORE_ARITHMETIC_INTERNAL_H

#include "core/words/arithmetic.h"

enum { TOKENS_MAX = 300, NODES_MAX = 600, DEPTH_MAX = 60, POOL_MAX = 8192 };

enum token_type { TOKEN_END, TOKEN_NUMBER, TOKEN_WORD, TOKEN_SIGN };

struct token {
    enum token_type type;
    const char *text; /* in the pool: digits, a word in lower case, a sign ("**" is "^") */
    double value;     /* of a number */
    bool spaced;      /* white space before it */
    bool spelled;     /* a number in words */
};

struct tokens {
    struct token list[TOKENS_MAX + 1];
    int count;
    char pool[POOL_MAX]; /* their texts, each with its end */
    size_t used;
};
/* False: too long, or (not tolerant) it holds signs that no calculation has. */
bool tokens_read(const char *text, bool tolerant, struct tokens *out);

enum op {
    OP_NUMBER,
    OP_NAME, /* pi, e */
    OP_NEGATE,
    OP_ADD,
    OP_SUBTRACT,
    OP_MULTIPLY,
    OP_DIVIDE,
    OP_MODULO,
    OP_POWER,
    OP_PERCENT,
    OP_FACTORIAL,
    OP_CALL, /* text: the function; a: the first OP_ARGUMENT */
    OP_ARGUMENT,
};

struct node {
    enum op op;
    int a, b;           /* -1: none */
    const char *text;   /* digits, name of a constant or function */
    double value;       /* about; may be infinite */
    double over, under; /* digits before the point of numerator and denominator, at most */
    bool rough;         /* irrational, as far as is known */
};

/* How the result is to be written. */
enum form {
    FORM_PLAIN,
    FORM_DECIMAL,
    FORM_FRACTION,
    FORM_PERCENT,
    FORM_BINARY,
    FORM_OCTAL,
    FORM_HEX
};

struct expression {
    struct node nodes[NODES_MAX];
    int count, root;
    enum form form;
    int significant, places; /* digits that are wanted; -1: not said */
    bool fraction;           /* whole numbers and fraction bars only */
};

/* Appends; ERR_TOO_LARGE. */
enum err expression_text(const struct expression *x, struct buf *out) MUST_CHECK;
enum err expression_program(const struct expression *x, const char *text,
                            struct buf *out) MUST_CHECK;

#endif
