def flip(text):
    result = ""
    for letter in text:
        result = letter.swapcase() + result
    return result
