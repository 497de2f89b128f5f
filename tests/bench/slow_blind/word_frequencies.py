import string


def clean(word):
    return "".join([ch for ch in word.lower() if ch not in string.punctuation])


def word_frequencies(text):
    words = [clean(word) for word in text.split()]
    words = [word for word in words if word != ""]
    pairs = []
    for word in words:
        pair = [word, words.count(word)]
        if pair not in pairs:
            pairs.append(pair)
    return sorted(pairs, key=lambda pair: (-pair[1], pair[0]))
