def power(base, exponent):
    result = 1
    for _ in range(exponent):
        result *= base
    return result


def polynomial_value(coefficients, x):
    total = 0
    for i in range(len(coefficients)):
        total += coefficients[i] * power(x, i)
    return total


def polynomial_values(coefficients, points):
    values = []
    for x in points:
        values.append(polynomial_value(coefficients, x))
    return values
