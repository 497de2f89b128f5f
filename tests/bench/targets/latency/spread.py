import statistics


def spread(numbers, exact):
    if exact:
        return statistics.pstdev(numbers)
    return max(numbers) - min(numbers)
