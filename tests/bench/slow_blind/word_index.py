def word_index(text, words):
    """Map every searched word to the numbers of the lines that contain it."""
    index = {}
    for word in words:
        index[word] = []
        line_number = 1
        for line in text.split("\n"):
            line_words = []
            for part in line.split():
                line_words.append(part.strip(".,;:!?").lower())
            if word.lower() in line_words:
                index[word].append(line_number)
            line_number += 1
    return index
