from itertools import permutations


def permutation_rank(word: str) -> int:
    """Return the position, from 1, of the word among all the arrangements of its letters."""
    arrangements = []
    for letters in permutations(word):
        arrangements.append("".join(letters))
    arrangements = sorted(set(arrangements))
    return arrangements.index(word) + 1
