"""Reference solutions of the easier tasks of the class "text": text processing."""


def count_vowels(text):
    return sum(ch in "aeiou" for ch in text.lower())


def shift_letters(text, shift):
    result = ""
    for ch in text:
        if "a" <= ch <= "z" or "A" <= ch <= "Z":
            first = ord("a") if ch >= "a" else ord("A")
            ch = chr((ord(ch) - first + shift) % 26 + first)
        result += ch
    return result


def letter_runs(text):
    runs = []
    for ch in text:
        if runs and runs[-1][0] == ch:
            runs[-1] = (ch, runs[-1][1] + 1)
        else:
            runs.append((ch, 1))
    return runs


def same_backwards(text):
    kept = [ch for ch in text.lower() if ch.isalnum()]
    return kept == kept[::-1]


def words_by_length(text):
    lengths = {}
    for word in text.split():
        lengths.setdefault(len(word), []).append(word)
    return lengths


def reverse_words(sentence):
    return " ".join(sentence.split()[::-1])


def longest_word(text):
    return max(text.split(), key=len, default="")


def squeeze(text):
    kept = ""
    for ch in text:
        if kept[-1:] != ch:
            kept += ch
    return kept


def word_counts(text):
    counts = {}
    for word in text.lower().split():
        counts[word] = counts.get(word, 0) + 1
    return counts


def first_single(text):
    for ch in text:
        if text.count(ch) == 1:
            return ch
    return None


def shorten(title, width):
    return title if len(title) <= width else title[:width - 3] + "..."


def same_letters(a, b):
    return sorted(a.replace(" ", "").lower()) == sorted(b.replace(" ", "").lower())


def pig_latin(word):
    if word[0] in "aeiou":
        return word + "way"
    for i, ch in enumerate(word):
        if ch in "aeiou":
            return word[i:] + word[:i] + "ay"
    return word + "ay"


def snake_case(name):
    result = ""
    for ch in name:
        if ch.isupper() and result:
            result += "_"
        result += ch.lower()
    return result


def lines_with(text, word):
    return [line for line in text.split("\n") if word.lower() in line.lower()]


def with_spaces(n):
    return f"{n:,}".replace(",", " ")


def find_numbers(text):
    return [int(part) for part in "".join(ch if ch in "0123456789" else " " for ch in text).split()]


def shared_start(words):
    if not words:
        return ""
    start = words[0]
    while not all(word.startswith(start) for word in words):
        start = start[:-1]
    return start


def strip_tags(html):
    kept, inside = "", False
    for ch in html:
        if ch == "<":
            inside = True
        elif ch == ">":
            inside = False
        elif not inside:
            kept += ch
    return kept


def sort_words(text):
    return " ".join(sorted(text.split(), key=lambda word: word.lower()))
