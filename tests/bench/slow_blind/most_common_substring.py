def count_occurrences(text, part):
    count = 0
    for i in range(len(text) - len(part) + 1):
        if text[i:i + len(part)] == part:
            count += 1
    return count


def most_common_substring(text, length):
    if length <= 0 or length > len(text):
        return ""
    best = ""
    best_count = 0
    for i in range(len(text) - length + 1):
        part = text[i:i + length]
        count = count_occurrences(text, part)
        if count > best_count or (count == best_count and part < best):
            best = part
            best_count = count
    return best
