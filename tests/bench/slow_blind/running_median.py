def median(values):
    ordered = sorted(values)
    middle = len(ordered) // 2
    if len(ordered) % 2 == 1:
        return ordered[middle]
    return (ordered[middle - 1] + ordered[middle]) / 2


def running_median(values):
    medians = []
    for i in range(len(values)):
        medians.append(median(values[:i + 1]))
    return medians
