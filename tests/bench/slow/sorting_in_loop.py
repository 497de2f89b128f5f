def tie(lengths):
    ropes = []
    for length in lengths:
        ropes.append(length)
    total = 0
    while len(ropes) > 1:
        ropes.sort()
        first = ropes.pop(0)
        second = ropes.pop(0)
        total += first + second
        ropes.append(first + second)
    return total
