def peak_load(readings, window):
    """For every window of consecutive readings return the highest one."""
    if window <= 0 or window > len(readings):
        return []
    peaks = []
    start = 0
    while start + window <= len(readings):
        current = readings[start:start + window]
        peaks.append(max(current))
        start += 1
    return peaks
