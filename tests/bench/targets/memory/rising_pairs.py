def rising_pairs(numbers):
    count = 0
    for i, second in enumerate(numbers[1:]):
        if second > numbers[i]:
            count += len([n for n in numbers[i:i + 1]])
    return count
