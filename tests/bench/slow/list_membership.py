def new_words(words, known):
    result = []
    for word in words:
        if word not in known and word not in result:
            result.append(word)
    return result
