def totals(lines, names):
    result = []
    for name in names:
        total = 0
        for line in lines:
            parts = line.split(",")
            if parts[0] == name:
                total += int(parts[1])
        result.append(total)
    return result
