/* What arithmetic.c (sentences) and arithmetic_parse.c (expressions) share. */
#ifndef DISE_CORE_ARITHMETIC_PARSE_H
#define DISE_CORE_ARITHMETIC_PARSE_H

#include "core/words/arithmetic_internal.h"

struct parser {
    struct tokens tokens;
    struct expression x;
    int at, depth, operations;
    bool failed, refused;
    bool angle; /* inside the argument of a sine: "30 degrees" */
    char why[200];
};

/* All node numbers are -1 after a failure, and functions that are given -1 return it. */
int parser_fail(struct parser *p);
int parser_number(struct parser *p, long long n);
int parser_node(struct parser *p, enum op op, int a, int b);
int parser_call(struct parser *p, const char *function, int first, int second);

/* Whether the next tokens are these words and signs, separated by spaces. */
bool parser_sees(const struct parser *p, const char *words);
/* The same, and goes on behind them. */
bool parser_takes(struct parser *p, const char *words);
/* Goes on behind the first of the alternatives, separated by |, that comes next. */
bool parser_takes_any(struct parser *p, const char *alternatives);

int parser_expression(struct parser *p);
/* One operand with its powers, without sums and products around it. */
int parser_operand(struct parser *p);
/* "3, 4 and 5" or "(3, 4, 5)": its OP_ARGUMENT chain. *n: how many. */
int parser_list(struct parser *p, int *n);
/* The chain's members joined by an operation. */
int parser_join(struct parser *p, int list, enum op op);

#endif
