def digit_square_sum(number):
    total = 0
    for digit in str(number):
        total = total + int(digit) ** 2
    return total


def is_happy(number):
    seen = []
    while number != 1:
        if number in seen:
            return False
        seen.append(number)
        number = digit_square_sum(number)
    return True


def happy_numbers(limit):
    return [n for n in range(1, limit + 1) if is_happy(n)]
