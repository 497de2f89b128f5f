def range_sums(numbers, queries):
    result = []
    for start, stop in queries:
        result.append(sum(numbers[start:stop]))
    return result
