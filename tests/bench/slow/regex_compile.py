import re


def count_lines(lines, words):
    count = 0
    for line in lines:
        for word in words:
            pattern = re.compile(r"\b" + re.escape(word.lower()) + r"\b")
            if pattern.search(line.lower()):
                count += 1
                break
    return count
