def longest_word(text):
    words = text.split(" ")
    lengths = [len(word) for word in words]
    longest = 0
    for length in lengths:
        if length > longest:
            longest = length
    return longest
