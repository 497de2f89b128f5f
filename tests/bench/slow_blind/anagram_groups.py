def are_anagrams(first, second):
    if len(first) != len(second):
        return False
    return sorted(first.lower()) == sorted(second.lower())


def anagram_groups(words):
    groups = []
    used = []
    for i in range(len(words)):
        if i in used:
            continue
        group = [words[i]]
        used.append(i)
        for j in range(i + 1, len(words)):
            if j not in used and are_anagrams(words[i], words[j]):
                group.append(words[j])
                used.append(j)
        if len(group) > 1:
            groups.append(group)
    return groups
