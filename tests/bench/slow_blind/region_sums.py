def region_sum(matrix, top, left, bottom, right):
    total = 0
    for row in range(top, bottom + 1):
        for col in range(left, right + 1):
            total += matrix[row][col]
    return total


def region_sums(matrix, queries):
    results = []
    for query in queries:
        top, left, bottom, right = query
        results.append(region_sum(matrix, top, left, bottom, right))
    return results
