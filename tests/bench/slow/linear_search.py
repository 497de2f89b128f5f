def ranks(numbers, queries):
    result = []
    for query in queries:
        count = 0
        for number in numbers:
            if number < query:
                count += 1
            else:
                break
        result.append(count)
    return result
