def tokenize(text):
    tokens = []
    while text:
        if text[0] == " ":
            text = text[1:]
        elif text[0].isdigit():
            number = ""
            while text and text[0].isdigit():
                number += text[0]
                text = text[1:]
            tokens.append(int(number))
        else:
            tokens.append(text[0])
            text = text[1:]
    return tokens


def parse_factor(tokens):
    token = tokens.pop(0)
    if token == "(":
        value = parse_sum(tokens)
        tokens.pop(0)
        return value
    if token == "-":
        return -parse_factor(tokens)
    return token


def parse_product(tokens):
    value = parse_factor(tokens)
    while tokens and tokens[0] == "*":
        tokens.pop(0)
        value *= parse_factor(tokens)
    return value


def parse_sum(tokens):
    value = parse_product(tokens)
    while tokens and tokens[0] in ("+", "-"):
        operator = tokens.pop(0)
        operand = parse_product(tokens)
        if operator == "+":
            value += operand
        else:
            value -= operand
    return value


def evaluate(expression):
    return parse_sum(tokenize(expression))
