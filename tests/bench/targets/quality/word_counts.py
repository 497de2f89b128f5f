def word_counts(text):
    words = text.split()
    counts = {}
    for i in range(len(words)):
        if words[i] in counts:
            counts[words[i]] += 1
        else:
            counts[words[i]] = 1
    if len(counts) == 0:
        return {}
    else:
        answer = counts
        return answer
