def overlaps(a, b):
    return a[0] <= b[1] and b[0] <= a[1]


def merge_intervals(intervals):
    merged = [list(interval) for interval in intervals]
    changed = True
    while changed:
        changed = False
        for i in range(len(merged)):
            for j in range(i + 1, len(merged)):
                if overlaps(merged[i], merged[j]):
                    low = min(merged[i][0], merged[j][0])
                    high = max(merged[i][1], merged[j][1])
                    merged = merged[:i] + merged[i + 1:j] + merged[j + 1:] + [[low, high]]
                    changed = True
                    break
            if changed:
                break
    return sorted(merged)
