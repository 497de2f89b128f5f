import random


def check(f):
    assert f(["ab", "ba", "abc", "AB"]) == [["ab", "ba", "AB"]] and f(["x", "x"]) == [["x", "x"]]


def load():
    rng = random.Random(22)
    return (["".join(rng.choice("abcde") for _ in range(rng.randrange(3, 8))) for _ in range(200)],)
