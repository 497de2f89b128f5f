"""Reference solutions of the easier tasks of the class "functions": algorithms and data structures."""


def digit_product(n):
    product = 1
    for digit in str(n):
        if digit != "0":
            product *= int(digit)
    return product


def nth_prime(n):
    primes, number = [], 2
    while len(primes) < n:
        if all(number % prime for prime in primes):
            primes.append(number)
        number += 1
    return primes[-1]


def rotate_right(items, k):
    if not items:
        return []
    cut = len(items) - k % len(items)
    return items[cut:] + items[:cut]


def second_largest(numbers):
    different = sorted(set(numbers))
    return different[-2] if len(different) > 1 else None


def running_max(numbers):
    highest = []
    for number in numbers:
        highest.append(max(highest[-1], number) if highest else number)
    return highest


def brackets_ok(text):
    waiting, closing = [], {"(": ")", "[": "]", "{": "}"}
    for ch in text:
        if ch in closing:
            waiting.append(closing[ch])
        elif ch in ")]}" and (not waiting or waiting.pop() != ch):
            return False
    return not waiting


def flip_table(rows):
    if not rows:
        return []
    return [[row[i] for row in rows] for i in range(len(rows[0]))]


def leap_years(first, last):
    return [year for year in range(first, last + 1)
            if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)]


def clap_numbers(n):
    return ["clap" if number % 7 == 0 or "7" in str(number) else number for number in range(1, n + 1)]


def collatz_steps(n):
    steps = 0
    while n != 1:
        n = n // 2 if n % 2 == 0 else 3 * n + 1
        steps += 1
    return steps


def in_both(a, b):
    found = []
    for item in a:
        if item in b and item not in found:
            found.append(item)
    return found


def has_pair(numbers, target):
    seen = set()
    for number in numbers:
        if target - number in seen:
            return True
        seen.add(number)
    return False


def to_binary(n):
    digits, rest = "", abs(n)
    while rest:
        digits = str(rest % 2) + digits
        rest //= 2
    return ("-" if n < 0 else "") + (digits or "0")


def merge_sorted(a, b):
    merged, i, j = [], 0, 0
    while i < len(a) or j < len(b):
        if j == len(b) or i < len(a) and a[i] <= b[j]:
            merged.append(a[i])
            i += 1
        else:
            merged.append(b[j])
            j += 1
    return merged


def common_divisor(numbers):
    divisor = min(numbers)
    while any(number % divisor for number in numbers):
        divisor -= 1
    return divisor


def divisors(n):
    return [number for number in range(1, n + 1) if n % number == 0]


def diagonal_sum(square):
    total = 0
    for i, row in enumerate(square):
        total += row[i]
        if i != len(row) - 1 - i:
            total += row[len(row) - 1 - i]
    return total


def zeros_last(numbers):
    others = [number for number in numbers if number != 0]
    return others + [0] * (len(numbers) - len(others))


def longest_rise(numbers):
    longest, run, before = 0, 0, None
    for number in numbers:
        run = run + 1 if before is not None and number > before else 1
        longest, before = max(longest, run), number
    return longest


def missing_number(numbers):
    return sum(range(1, len(numbers) + 2)) - sum(numbers)
