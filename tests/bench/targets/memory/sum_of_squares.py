def sum_of_squares(numbers):
    wanted = [n for n in numbers if n % 3 != 0]
    squares = [n * n for n in wanted]
    return sum([square for square in squares])
